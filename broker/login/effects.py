"""What a step changes, as values. `commit(effects)` in storage applies them in one transaction, or none of them.

Nothing else writes. A step returns its effects; the view commits them once, then answers.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from broker.audit.events import Event
from broker.login.request import Transaction
from broker.login.sign_on import Participant, SignOn
from idp_adapters.base import Consume
from trust_framework.roles import Role, RoleGrant

T = TypeVar("T")
ATTEMPTS: Final = 12


class AlreadyUsed(Exception):
    """Something that may be used once was used before. `used_at` is None where the first use left no time."""

    def __init__(self, kind: str, used_at: int | None = None) -> None:
        super().__init__(kind)
        self.kind, self.used_at = kind, used_at


class Overtaken(Exception):
    """Another request moved this login or sign-on forward first."""


class TwoPersons(Overtaken):
    """Two numbers that are said to be one person's are known as two persons; nobody makes them one."""


class StorageUnavailable(Exception):
    """The database cannot record now; nothing may leave."""


def anew(work: Callable[[], T]) -> T:
    """Do work that ends with a commit. What another request overtook is done anew, from what stands then. Raises Overtaken when
    it changes all the time.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(Overtaken):
            return work()
    return work()


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A key under which a person is found: `kind` is an attribute of the catalogue, or `subject` with issuer and format."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person let a client have: the root of code, access and refresh tokens.

    `client` is the service's id, `person` None for client credentials, `sign_on` the root of a sign-on, `content` the
    front's own (JSON, stored sealed).
    """

    id: str
    client: str
    person: str | None
    sign_on: str | None
    expires_at: int
    content: Mapping[str, Any] = field(default_factory=dict)
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """A secret that may be used once. Each `kind` is a key space of its own; the secret itself is stored hashed.

    `owner` is who may use it (a service's id, a login's id); `payload` JSON, stored sealed; `used_at` set by its use.
    """

    kind: str
    secret: str = field(repr=False)
    owner: str
    expires_at: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    grant: str | None = None
    used_at: int | None = None


class Change:
    """The base of what a step does to the store. What each change does there is a row of `broker.storage.storage`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SaveLogin(Change):
    """Insert a login (version 0 or 1) or move it on by compare-and-set on the version before. Raises Overtaken."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class EndLogin(Change):
    """The login is answered. Raises AlreadyUsed("login") when it was before; a login never saved is ended at once."""

    transaction: Transaction
    at: int


@dataclass(frozen=True, slots=True)
class StartSignOn(Change):
    """Insert a sign-on, or give one that stands (same `root`) its new handle, identities and time of use.

    From then on the old handle finds nothing.
    """

    sign_on: SignOn


@dataclass(frozen=True, slots=True)
class UseSignOn(Change):
    """Note the use (idle limit). Raises Overtaken when the sign-on has ended."""

    root: str
    at: int


@dataclass(frozen=True, slots=True)
class EndSignOn(Change):
    """End a sign-on, and every grant that hangs on it but those with offline access (`content["offline"]`)."""

    root: str
    at: int


@dataclass(frozen=True, slots=True)
class Join(Change):
    """The sign-on has served this service, which calls the person and the session so from now on."""

    root: str
    participant: Participant


@dataclass(frozen=True, slots=True)
class KeepPerson(Change):
    """A person not seen before, or new keys of one already known."""

    person: str
    keys: tuple[PersonKey, ...]


@dataclass(frozen=True, slots=True)
class ForgetPerson(Change):
    """Destroy a person's key and whatever finds them. Raises Held (`broker.audit.retention`) while a legal hold is about them."""

    person: str
    at: int


@dataclass(frozen=True, slots=True)
class KeepOnce(Change):
    """Store a single-use secret."""

    once: Once


@dataclass(frozen=True, slots=True)
class UseOnce(Change):
    """Use it. Raises AlreadyUsed when it was used, has expired or never was."""

    kind: str
    secret: str = field(repr=False)
    at: int = 0


@dataclass(frozen=True, slots=True)
class SaveGrant(Change):
    """Insert a grant."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class EndGrant(Change):
    """Revoke a grant and with it everything that came of it."""

    id: str
    at: int


@dataclass(frozen=True, slots=True)
class RecordConsent(Change):
    """The person agreed that `service` gets what was shown (hash): these details."""

    person: str
    service: str
    shown: str
    at: int
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantRole(Change):
    """A person has a role from now on; given again, with another end."""

    grant: RoleGrant


@dataclass(frozen=True, slots=True)
class EndRole(Change):
    """The person has the role no longer."""

    person: str
    org: str
    role: Role


@dataclass(frozen=True, slots=True)
class ChainedService:
    """What was resolved of a service: its registration as RFC 7591 has it, by which anchor and how it came, until when."""

    entity_id: str
    anchor: str
    superior: str
    way: str
    registration: Mapping[str, Any] = field(repr=False)
    trust_marks: tuple[str, ...]
    expires_at: int
    checked_at: int


@dataclass(frozen=True, slots=True)
class ChainedPage:
    """Some of them, how many there are, and the identifier after which the next ones stand."""

    services: tuple[ChainedService, ...]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class KeepChained(Change):
    """The service came, or was looked at again; what was known of it before is over."""

    service: ChainedService


@dataclass(frozen=True, slots=True)
class DropChained(Change):
    """Its chain no longer holds."""

    entity_id: str


AnyChange = Change | Consume
"""What a step may change; a method's assertion id is consumed as the method names it."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Changes and audit events of one step, applied together."""

    changes: tuple[AnyChange, ...] = ()
    events: tuple[Event, ...] = ()

    def __add__(self, other: "Effects") -> "Effects":
        return Effects(self.changes + other.changes, self.events + other.events)


NOTHING = Effects()
