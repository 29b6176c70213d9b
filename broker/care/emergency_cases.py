"""What every emergency begins, whichever way it is made: a review case, word to the reviewer at once, and to the patient where
the provider lets it, its entry in the access log, an alarm when somebody does it often (threats CB-05). All of it is one commit
with what was entered.

Nothing here says whether the emergency is let: it is, and is then looked at by another person.
"""

import secrets
from typing import Final

from broker.audit.care_events import CaseOpened
from broker.care import emergency_log, employees
from broker.care.calling import Caller, CareServices
from broker.care.changes import CountEmergency, SaveReviewCase
from broker.care.emergency_log import Emergency
from broker.care.employees import Employee
from broker.login.effects import Effects
from broker.login.mail import KeepMail, Mail
from trust_framework.care import CareProvider
from trust_framework.emergency import counted_since, too_many
from trust_framework.review_cases import CaseAct, CaseKind, ReviewCase

PATIENTS_SUBJECT: Final = "Nytt på Min sida / News on My page"
PATIENTS_TEXT: Final = (
    "Det finns något nytt att läsa om dig på Min sida. Av säkerhetsskäl skriver vi inte i ett mejl vad det gäller.\n"
    "Gå till Min sida så som du brukar, och logga in.\n\n"
    "There is news about you on My page. For safety we do not say in a mail what it is about.\n"
    "Go to My page as you usually do, and log in.\n"
)
"""A mail is read by anybody: that somebody is in care is not in it, nor a link that others could imitate."""

SUBJECTS: Final = {
    CaseKind.EMERGENCY: "Nödåtkomst att granska / Emergency access to review",
    CaseKind.EMERGENCY_RATE: "Många nödåtkomster av samma person / Many emergency accesses by one person",
}


def opened(emergency: Emergency, who: Caller, on: CareServices, now: int) -> tuple[str, Effects]:
    """The case's id, and what goes with the emergency in one commit. The reviewer gets word by mail where the provider names
    an address; the case waits on the reviewers' page in any event.
    """
    by = employees.employee(emergency.employee, on)
    first = _case(CaseKind.EMERGENCY, emergency, who, now)
    effects = Effects((CountEmergency(by.whose, on.store.emergencies_counted(by.whose)),))
    effects += _effects(first, emergency, who, now, _patients_mail(emergency, on, now)) + emergency_log.entered(
        emergency, by, who, on, now
    )
    if _alarming(by, on, now):
        effects += _effects(_case(CaseKind.EMERGENCY_RATE, emergency, who, now), emergency, who, now)
    return first.id, effects


def _alarming(by: Employee, on: CareServices, now: int) -> bool:
    """Whether this one is more than a day should see of one person, by whichever of their HSA-ids. One alarm is raised for each
    further one: an alarm that was closed must not hide the next.
    """
    since = counted_since(now)
    return too_many(sum(on.store.review_cases_about(CaseKind.EMERGENCY, each, since) for each in by.ids) + 1)


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


def _effects(case: ReviewCase, emergency: Emergency, who: Caller, now: int, to_patient: Mail | None = None) -> Effects:
    mail = _mail(case, emergency.provider, now)
    told = tuple(KeepMail(each) for each in (mail, to_patient) if each is not None)
    event = CaseOpened(
        at=now,
        reference=who.reference,
        case=case.id,
        case_kind=case.kind.value,
        provider=case.provider,
        person=emergency.person,
        about=emergency.about,
        mail=mail.id if mail else "",
        patient_mail=to_patient.id if to_patient else "",
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


def _patients_mail(emergency: Emergency, on: CareServices, now: int) -> Mail | None:
    """Word to the patient as soon as it has happened, to the first address that the register has. None where the provider does
    not want it, nobody knows an address, the person's details are protected, or the person has died.
    """
    known = on.store.person(emergency.person) if emergency.provider.switches.emergency_mailed else None
    if known is None or known.protected or known.deceased:
        return None
    to = known.attributes.get("mail", ())[:1]
    if not to:
        return None
    return Mail(secrets.token_hex(16), emergency.provider.org, to, PATIENTS_SUBJECT, PATIENTS_TEXT, now, now)
