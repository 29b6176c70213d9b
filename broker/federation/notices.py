"""Notices of what runs out: which are due, what they say in two languages, and to whom they go. Pure.

Each thing is told of at 90, 30, 14, 7 and 1 days, and when it has run out; each once. When the clock has passed several of
them at once, one notice tells of the nearest. A member gets one mail for all that is due.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.federation.runs_out import RunsOut, of_entry
from broker.login.mail import one_line
from trust_framework.days import DAY, day_of
from trust_framework.members import State

THRESHOLDS: Final = (90, 30, 14, 7, 1, 0)
"""Days before; 0 is once it has run out."""

HORIZON: Final = THRESHOLDS[0] * DAY
MOST: Final = 100
"""Things told of in one mail; the rest come in the next."""

SILENT: Final = frozenset({State.LEFT.value, State.SUSPENDED.value})
"""States in which nothing of an entry need be renewed."""

ROLES: Final = ("technical", "administrative")
"""Contacts of a member that notices go to, by purpose."""

WHAT: Final[Mapping[str, tuple[str, str]]] = {
    "certificate": ("Certifikat {detail}", "Certificate {detail}"),
    "certificate-signing": ("Certifikat för signering {detail}", "Signing certificate {detail}"),
    "certificate-encryption": ("Certifikat för kryptering {detail}", "Encryption certificate {detail}"),
    "metadata": ("Metadatans giltighet", "Validity of the metadata"),
    "agreement": ("Överenskommelsen", "The agreement"),
    "review": ("Dag för granskning av överenskommelsen", "Day of review of the agreement"),
    "declaration": ("Tillitsdeklaration {detail}", "Trust declaration {detail}"),
    "risk-assessment": ("Riskbedömningen", "The risk assessment"),
    "agent": ("Ombud {detail}", "Agent {detail}"),
}
DAYS: Final = frozenset({"agreement", "declaration", "risk-assessment", "agent", "review"})
"""What has a last day, and ends with it."""

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "service": ("Tjänsten", "Service"),
    "identity_provider": ("Legitimeringstjänsten", "Identity provider"),
    "agreement": ("Överenskommelsen", "Agreement"),
    "member": ("Organisationen", "Organisation"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A thing to tell of, at a threshold that it has passed."""

    kind: str
    entry: str
    names: Mapping[str, str]
    ends: RunsOut
    threshold: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What is told of, whichever the threshold."""
        return self.kind, self.entry, self.ends.name, self.ends.at


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is told: whom it goes to, and what it says."""

    to: tuple[str, ...]
    subject: str
    text: str


def threshold(at: int, now: int) -> int | None:
    """The nearest threshold that has been passed, or None while the end is far off."""
    passed = [days for days in THRESHOLDS if now >= at - days * DAY]
    return passed[-1] if passed else None


def due(
    kind: str,
    entry: str,
    content: Mapping[str, Any],
    names: Mapping[str, str],
    told: Mapping[tuple[str, str, str, int], int],
    now: int,
) -> tuple[Due, ...]:
    """What of an entry is to be told of now. `told` has the nearest threshold that each thing was told of at."""
    found = []
    for ends in of_entry(kind, content):
        passed = threshold(ends.at, now)
        if passed is not None:
            one = Due(kind, entry, names, ends, passed)
            if passed < told.get(one.key, HORIZON):
                found.append(one)
    return tuple(found)


def recipients(member: Mapping[str, Any], services: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Who is told: the member's technical and administrative contacts, else any of its contacts, else those that its
    services name.
    """
    contacts = member.get("contacts") or {}
    named = [contacts[role].get("mail") for role in ROLES if role in contacts]
    others = [each.get("mail") for each in contacts.values()]
    of_services = [(service.get("contact") or {}).get("mail") for service in services]
    chosen = next((mails for mails in (named, others, of_services) if any(mails)), [])
    return tuple(dict.fromkeys(mail for mail in chosen if mail))


def letter(to: tuple[str, ...], found: Iterable[Due], base_url: str, org: str) -> Letter:
    """One mail, in Swedish and in English. It names services and days, never a person."""
    things = sorted(found, key=lambda one: (one.ends.at, one.entry))
    gone = any(one.threshold == 0 for one in things)
    head = ("Har gått ut", "Has run out") if gone else ("Går snart ut", "Runs out soon")
    first, more = _name(things[0], "sv"), len(things) - 1
    subject = f"{head[0]} / {head[1]}: {one_line(first)[:80]}" + (f" (+{more})" if more else "")
    page = f"{base_url}/portal/{org}/nycklar"
    parts = [
        "Detta behöver bytas eller förnyas i tid, annars kan inloggningen sluta fungera:",
        "",
        *(_told(one, "sv") for one in things),
        "",
        f"Se {page}",
        "",
        "---",
        "",
        "This needs to be replaced or renewed in time, or logins may stop working:",
        "",
        *(_told(one, "en") for one in things),
        "",
        f"See {page}",
    ]
    return Letter(to, subject, "\n".join(parts) + "\n")


def _told(one: Due, language: str) -> str:
    at = 0 if language == "sv" else 1
    what = WHAT[one.ends.what][at].format(detail=one.ends.detail).strip()
    day = day_of(one.ends.at - 1 if one.ends.what in DAYS else one.ends.at)
    words = (("gick ut" if one.threshold == 0 else "går ut"), ("ran out" if one.threshold == 0 else "runs out"))
    return one_line(f"- {KINDS[one.kind][at]} {_name(one, language)}: {what} {words[at]} {day.isoformat()}")


def _name(one: Due, language: str) -> str:
    return one.names.get(language) or next(iter(one.names.values()), one.entry)
