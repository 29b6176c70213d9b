"""Corrections in service: who got a wrong detail is found in the log, told, and told again until it acknowledges.

What a receiver is told names details and references of its own logins, never a value nor a person. Which receivers there are and
when they are told is `trust_framework.corrections`'s.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from broker.audit.review_events import CorrectionTold, DataCorrected
from broker.audit.trace import LoggedPage
from broker.care.calling import Caller, CareRefused, Done, ResultCode
from broker.care.filings import FilingStore, SaveCorrection
from broker.login.effects import Change, Effects
from broker.login.mail import KeepMail, Mail, one_line
from trust_framework import corrections
from trust_framework.corrections import Correction, Receipt

LONGEST: Final = 2_000
_PAGE: Final = 500
MOST_EVENTS: Final = 20_000
"""Logins of one person that are looked through, the newest."""


class ReleaseLog(Protocol):
    """What finds the logins of a person."""

    def log_of_person(self, person: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage: ...


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was wrong, of whom, and why it is corrected. `given` are the (service, detail) that the corrector gives; None: all."""

    person: str
    attributes: tuple[str, ...]
    reason: str
    given: frozenset[tuple[str, str]] | None = None


def register(
    wrong: Wrong, org: str, owners: Mapping[str, str], log: ReleaseLog, who: Caller, now: int
) -> Done[Correction]:
    """Enter a correction with everybody who got the detail. `owners` are the members of the services."""
    reason = wrong.reason.strip()
    if not reason or len(reason) > LONGEST or not wrong.attributes:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-reason", "reason")
    got = corrections.receivers(_released(wrong.person, log), wrong.attributes, owners, wrong.given)
    made = Correction(secrets.token_hex(8), org, wrong.person, wrong.attributes, reason, who.person, now, got)
    event = DataCorrected(
        at=now,
        reference=who.reference,
        correction=made.id,
        org=org,
        person=wrong.person,
        attributes=wrong.attributes,
        services=tuple(one.service for one in got),
        by=who.by,
    )
    return Done(made, Effects((SaveCorrection(made),), (event,)))


def _released(person: str, log: ReleaseLog) -> Iterator[Mapping[str, Any]]:
    before, left = 2**62, MOST_EVENTS
    while left > 0:
        page = log.log_of_person(person, 0, before, _PAGE)
        yield from (each.event for each in page.events)
        left -= len(page.events)
        if page.before is None:
            return
        before = page.before


def found(id: str, org: str, store: FilingStore) -> Correction:
    """A correction that a member made; another's is as missing as none."""
    there = store.correction(id)
    if there is None or there.org != org:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "correction")
    return there


def received(id: str, service: str, org: str, store: FilingStore) -> tuple[Correction, Receipt]:
    """A correction that a service of the member got, with its receipt; another's is as missing as none."""
    there = store.correction(id)
    mine = next((one for one in there.receipts if (one.service, one.org) == (service, org)), None) if there else None
    if there is None or mine is None:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "correction")
    return there, mine


def acknowledge(id: str, service: str, org: str, store: FilingStore, who: Caller, now: int) -> Done[Correction]:
    """A receiver says that it knows; it is told no more. Saying so twice is the same as once."""
    before, mine = received(id, service, org, store)
    after = corrections.acknowledged(before, service, who.by, now)
    if after is None:
        return Done(before)
    event = CorrectionTold(
        at=now,
        reference=who.reference,
        correction=id,
        service=service,
        org=mine.org,
        act="acknowledged",
        times=len(mine.told),
        by=who.by,
    )
    return Done(after, Effects((SaveCorrection(after, before),), (event,)))


# --- telling ------------------------------------------------------------------------------------------------------------


def tell(correction: Correction, mails: Mapping[str, tuple[str, ...]], base_url: str, now: int) -> Effects:
    """Tell each receiver that is to be told now. `mails` are the addresses of members; one without any finds it on its page."""
    due = corrections.due(correction, now)
    after = corrections.told(correction, (one.service for one in due), now)
    letters = {one.service: _mail(correction, one, mails.get(one.org, ()), base_url, now) for one in due}
    changes: list[Change] = [SaveCorrection(after, correction)]
    changes += [KeepMail(mail) for mail in letters.values() if mail is not None]
    events = (
        CorrectionTold(
            at=now,
            correction=correction.id,
            service=one.service,
            org=one.org,
            act="told",
            times=len(one.told) + 1,
            mail=mail.id if (mail := letters[one.service]) else "",
        )
        for one in due
    )
    return Effects(tuple(changes), tuple(events))


def _mail(correction: Correction, one: Receipt, to: tuple[str, ...], base_url: str, now: int) -> Mail | None:
    if not to:
        return None
    page = f"{base_url}/portal/{one.org}/rattelser"
    api = f"{base_url}/api/v1/members/{one.org}/corrections"
    subject = f"Rättelse av lämnade uppgifter / Correction of released details: {one_line(one.service)}"
    text = "\n".join(_letter(correction, one, page, api))
    return Mail(secrets.token_hex(16), one.org, to, subject, f"{text}\n", now, now)


def _letter(correction: Correction, one: Receipt, page: str, api: str) -> Iterable[str]:
    details = ", ".join(one.attributes)
    references = ", ".join(one.references[:10])
    yield f"En uppgift som tjänsten {one_line(one.service)} har fått är rättad: {details}."
    yield f"Inloggningar: {references}"
    yield "Hämta uppgiften på nytt vid personens nästa inloggning och rätta det som sparats. Kvittera sedan rättelsen:"
    yield page
    yield "Påminnelser kommer tills den är kvitterad."
    yield ""
    yield f"A detail that the service {one_line(one.service)} was given has been corrected: {details}."
    yield f"Logins: {references}"
    yield "Fetch it anew at the person's next login, correct what was kept, and acknowledge:"
    yield page
    yield f"or by the API: {api}"
    yield f"Reminders follow until then. Correction {correction.id}."
