"""The sign-on: what lets a second service know the person without asking again.

One sign-on belongs to one person in one browser. It remembers one identity per level of assurance, since levels match
exactly, and the services that it has served, so that logging out can name them.
"""

from dataclasses import dataclass, replace

from trust_framework.identity import Identity


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds without use, and seconds since identification, after which an identity no longer counts."""

    idle: int = 30 * 60
    absolute: int = 60 * 60


@dataclass(frozen=True, slots=True)
class Participant:
    """A service served in a sign-on: what it calls the person (NameID or sub) and the session (SessionIndex or sid)."""

    service: str
    protocol: str
    subject: str
    session: str
    joined_at: int


@dataclass(frozen=True, slots=True)
class SignOn:
    """`id` is the hash of the opaque handle in the cookie and changes at each identification; `root` never does.

    Participants, grants and pending logins point at the root. `identities` hold the newest identification of each level.
    """

    id: bytes
    root: str
    person: str
    identities: tuple[Identity, ...]
    started_at: int
    used_at: int

    def usable(self, limits: Limits, now: int) -> tuple[Identity, ...]:
        """The identities that still count."""
        if now - self.used_at > limits.idle:
            return ()
        return tuple(i for i in self.identities if now - i.authenticated_at <= limits.absolute)

    def joined_by(self, identity: Identity, new_id: bytes, now: int) -> "SignOn":
        """The sign-on after another identification of the same person, under a new handle, so that none can be fixed.

        One that lay unused too long is not to be joined: its identities would count again.
        """
        others = tuple(i for i in self.identities if i.level != identity.level)
        return replace(self, id=new_id, identities=(identity, *others), used_at=now)
