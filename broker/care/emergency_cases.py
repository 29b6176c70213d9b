"""What every emergency begins, whichever way it is made: a review case, word to the reviewer at once, an alarm when somebody
does it often (threats CB-05).

Nothing here says whether the emergency is let: it is, and is then looked at by another person.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from broker.audit.care_events import CaseOpened
from broker.care.calling import Caller, CareServices
from broker.care.changes import CountEmergency, SaveReviewCase
from broker.login.effects import Effects
from broker.login.mail import KeepMail, Mail
from trust_framework.care import CareProvider
from trust_framework.emergency import counted_since, too_many
from trust_framework.identifiers import Identifier
from trust_framework.review_cases import CaseAct, CaseKind, ReviewCase

SUBJECTS: Final = {
    CaseKind.EMERGENCY: "Nödåtkomst att granska / Emergency access to review",
    CaseKind.EMERGENCY_RATE: "Många nödåtkomster av samma person / Many emergency accesses by one person",
}


@dataclass(frozen=True, slots=True)
class Emergency:
    """What happened: by which employee at which unit, about which patient, why; `about` is the id of what was entered."""

    about: str
    provider: CareProvider
    unit: str
    employee: str
    patient: Identifier
    person: str
    reason: str


def opened(emergency: Emergency, who: Caller, on: CareServices, now: int) -> tuple[str, Effects]:
    """The case's id, and what goes with the emergency in one commit. The reviewer gets word by mail where the provider names
    an address; the case waits on the reviewers' page in any event.
    """
    counted = CountEmergency(emergency.employee, on.store.emergencies_counted(emergency.employee))
    first = _case(CaseKind.EMERGENCY, emergency, who, now)
    effects = Effects((counted,)) + _effects(first, emergency, who, now)
    if _alarming(emergency.employee, on, now):
        effects += _effects(_case(CaseKind.EMERGENCY_RATE, emergency, who, now), emergency, who, now)
    return first.id, effects


def _alarming(employee: str, on: CareServices, now: int) -> bool:
    """Whether this one is more than a day should see. One alarm is raised for each further one: an alarm that was closed
    must not hide the next.
    """
    return too_many(on.store.review_cases_about(CaseKind.EMERGENCY, employee, counted_since(now)) + 1)


def _case(kind: CaseKind, emergency: Emergency, who: Caller, now: int) -> ReviewCase:
    act = CaseAct(now, who.by, "opened", emergency.reason)
    return ReviewCase(
        secrets.token_urlsafe(16),
        kind,
        emergency.provider.hsa_id,
        now,
        emergency.employee,
        emergency.unit,
        emergency.patient,
        emergency.about,
        (kind.value,),
        acts=(act,),
    )


def _effects(case: ReviewCase, emergency: Emergency, who: Caller, now: int) -> Effects:
    mail = _mail(case, emergency.provider, now)
    told = () if mail is None else (KeepMail(mail),)
    event = CaseOpened(
        at=now,
        reference=who.reference,
        case=case.id,
        case_kind=case.kind.value,
        provider=case.provider,
        person=emergency.person,
        about=emergency.about,
        mail=mail.id if mail else "",
        by=who.by,
    )
    return Effects((SaveReviewCase(case, emergency.person), *told), (event,))


def _mail(case: ReviewCase, provider: CareProvider, now: int) -> Mail | None:
    """Word of the case, with nothing about the patient or the employee: mail is read by anybody."""
    if not provider.review_contact:
        return None
    sv, en = (provider.names.get(language, provider.hsa_id) for language in ("sv", "en"))
    text = (
        f"Ett nytt ärende väntar på granskning hos {sv} ({case.unit}). Ärende: {case.id}\nLogga in på /granskning.\n\n"
        f"A new case waits for review at {en} ({case.unit}). Case: {case.id}\nLog in at /granskning.\n"
    )
    to = (provider.review_contact,)
    return Mail(secrets.token_hex(16), provider.org, to, SUBJECTS[case.kind], text, now, now)
