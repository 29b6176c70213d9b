"""Who is told of a breach by mail: those who answer for data and for security at the member, and at others that it touches.

Each organisation is told of a breach once, in the commit that says that it is touched; the member is reminded a day before the
authority must know, and when the time is out. A mail names the case, organisations and times, and nothing that was written of
the breach but whom to ask: what happened may itself be somebody's data.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from broker.audit.review_events import BreachTold
from broker.federation.notices import recipients
from broker.federation.register import Entry
from broker.login.effects import NOTHING, Effects
from broker.login.mail import KeepMail, Mail, NoteNotice
from broker.settings import Settings
from trust_framework.breaches import Breach
from trust_framework.days import ZONE

KIND: Final = "breach"
ROLES: Final = ("data_protection", "security")
"""Contacts of a member that hear of breaches, by purpose; without any, those that hear of everything else."""

AHEAD, LATE = 24, 0
"""Hours before the authority must know at which the member is reminded."""

Words = tuple[str, str]
OPENED: Final = (
    "En personuppgiftsincident är öppnad hos er. Tillsynsmyndigheten ska få veta det senast {due}.",
    "A personal data breach was opened at your organisation. The supervisory authority must know by {due}.",
)
TOUCHED: Final = (
    (
        "En personuppgiftsincident hos {name} rör er organisation. De fick veta det {known}. Fråga {contact}.\n"
        "Är ni personuppgiftsansvariga för något av det räknas er egen tid, 72 timmar, från att ni fick veta det."
    ),
    (
        "A personal data breach at {name} touches your organisation. They became aware of it on {known}. Ask {contact}.\n"
        "If you are the controller of any of it, your own time, 72 hours, counts from when you became aware."
    ),
)
REMINDED: Final[Mapping[int, Words]] = {
    AHEAD: (
        "Tillsynsmyndigheten ska få veta om incidenten senast {due}, och ingen har antecknat att det är gjort.",
        "The supervisory authority must know of the breach by {due}, and nobody has noted that it does.",
    ),
    LATE: (
        "Tiden för att anmäla incidenten gick ut {due}. Anmäl den ändå, med skälet till att det dröjde.",
        "The time to notify the breach ran out on {due}. Notify it all the same, with the reason for the delay.",
    ),
}


class MailStore(Protocol):
    """Where contacts are read, and who has been told."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...


def told(breach: Breach, store: MailStore, settings: Settings, now: int) -> Effects:
    """Tell the member, and the others that the breach touches, who have not been told of it."""
    known = store.notices_told(KIND, breach.id)
    found = NOTHING
    for org in dict.fromkeys((breach.org, *breach.facts.members)):
        if _key(breach, f"told:{org}") not in known:
            found += _told(breach, org, OPENED if org == breach.org else TOUCHED, store, settings, now)
            found += Effects((NoteNotice(*_key(breach, f"told:{org}"), 0, now),))
    return found


def reminders(breach: Breach, store: MailStore, settings: Settings, now: int) -> Effects:
    """Remind the member while the clock runs: of the nearest time that has passed, once."""
    passed = [hours for hours in REMINDED if breach.running and now >= breach.due - hours * 3600]
    key = _key(breach, "clock")
    if not passed or store.notices_told(KIND, breach.id).get(key, AHEAD + 1) <= passed[-1]:
        return NOTHING
    mark = Effects((NoteNotice(*key, passed[-1], now),))
    return _told(breach, breach.org, REMINDED[passed[-1]], store, settings, now) + mark


def _key(breach: Breach, what: str) -> tuple[str, str, str, int]:
    return KIND, breach.id, what, breach.due


def _told(breach: Breach, org: str, texts: Words, store: MailStore, settings: Settings, now: int) -> Effects:
    """The mail, where there is somebody to write to and a server that takes it; that it was due is recorded all the same."""
    to = _recipients(_content(org, store))
    mail = _mail(breach, org, to, texts, store, settings, now) if to and settings.smtp_host else None
    event = BreachTold(at=now, breach=breach.id, org=org, mail=mail.id if mail else "")
    return Effects((KeepMail(mail),) if mail else (), (event,))


def _content(org: str, store: MailStore) -> Mapping[str, Any]:
    entry = store.register_entry("member", org)
    return (entry.content if entry else None) or {}


def _recipients(member: Mapping[str, Any]) -> tuple[str, ...]:
    contacts = member.get("contacts") or {}
    chosen = (contacts[role].get("mail") for role in ROLES if role in contacts)
    return tuple(dict.fromkeys(mail for mail in chosen if mail)) or recipients(member, ())


def _mail(
    breach: Breach, org: str, to: Iterable[str], texts: Words, store: MailStore, settings: Settings, now: int
) -> Mail:
    named = {
        "name": _name(breach.org, store),
        "due": _moment(breach.due),
        "known": _moment(breach.known_at),
        "contact": _plain(breach.facts.contact) or _name(breach.org, store),
    }
    own = org == breach.org
    page = f"{settings.base_url}/granskning/{org}/incidenter{f'/{breach.id}' if own else ''}"
    text = "\n".join(_lines(texts, named, breach.id, page if own else ""))
    subject = f"Personuppgiftsincident / Personal data breach: {breach.id}"
    return Mail(secrets.token_hex(16), org, tuple(to), subject, text, now, now)


def _lines(texts: Words, named: Mapping[str, str], id: str, page: str) -> Iterator[str]:
    for words, case, see in zip(texts, ("Ärende", "Case"), ("Se", "See"), strict=True):
        yield words.format(**named)
        yield f"{case}: {id}"
        if page:
            yield f"{see} {page}"
        yield ""


def _name(org: str, store: MailStore) -> str:
    names = _content(org, store).get("names") or _content(org, store).get("name") or {}
    return _plain(names.get("sv") or next(iter(names.values()), org))


def _plain(text: str) -> str:
    """One line, without control or direction characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200]


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, ZONE).strftime("%Y-%m-%d %H:%M")
