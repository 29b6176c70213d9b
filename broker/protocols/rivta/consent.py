"""informationsecurity:authorization:consent 2 (samtycke): its operations, as rows."""

from typing import Final

from broker.care import consents
from broker.care.calling import Done
from broker.care.consents import ConsentWish, PatientsEnd
from broker.care.providers import own_provider
from broker.protocols.rivta import reading, writing
from broker.protocols.rivta.history import NO_PAGE, ended_at, of_provider, paged, starts_at
from broker.protocols.rivta.operation import Call, Domain, Operation, inside, plain
from broker.protocols.rivta.reading import written_flag, written_instant
from metadata.wire.soap import Content, Fields
from trust_framework.care import current
from trust_framework.care_consents import CareConsent, ConsentType

CONSENT: Final = Domain(
    "consent",
    "urn:riv:informationsecurity:authorization:consent",
    "urn:riv:informationsecurity:authorization:consent:2",
    "2.0",
)

SCOPE: Final = "NationalLevel"


# --- reading -----------------------------------------------------------------------------------------------------------------


def get_for_patient(asked: Fields, call: Call) -> Done[Content]:
    """A patient's consents at a care provider that are not over."""
    found = [consent for consent in _of_patient(asked, call) if current(consent, call.now)]
    return Done(writing.each("pdlAssertions", map(_assertion, found)))


def get_extended(asked: Fields, call: Call) -> Done[Content]:
    """A patient's consents at a care provider with their history; those that are over if asked for."""
    return _extended_of(_of_patient(asked, call), asked, call)


def get_all_extended(asked: Fields, call: Call) -> Done[Content]:
    """A patient's consents at every care provider that the call reaches: the asker is the patient."""
    return _extended_of(
        consents.of_patient(reading.identifier(asked, "patientId"), call.who, call.on, call.now), asked, call
    )


def _of_patient(asked: Fields, call: Call) -> tuple[CareConsent, ...]:
    provider = own_provider(asked.text("careProviderId"), call.who, call.on).hsa_id
    found = consents.of_patient(reading.identifier(asked, "patientId"), call.who, call.on, call.now)
    return tuple(consent for consent in found if consent.provider == provider)


def _extended_of(found: tuple[CareConsent, ...], asked: Fields, call: Call) -> Done[Content]:
    ended_too = reading.flag(asked, "getCancelledFlag")
    shown = [consent for consent in found if ended_too or current(consent, call.now)]
    return Done(writing.each("pdlAssertions", map(_extended, shown)))


def get_for_provider(asked: Fields, call: Call) -> Done[Content]:
    """A care provider's consents that are not over, page by page; if asked for, which of them have been ended."""
    found = of_provider(call.on.store.care_consents_changed, asked, call)
    return Done(
        (
            *paged(found),
            *writing.each("assertions", map(_assertion, found.standing)),
            *writing.each("cancelledAssertions", map(_cancelled, found.ended)),
        )
    )


def check(asked: Fields, call: Call) -> Done[Content]:
    """Whether an actor has the patient's consent, or its emergency form."""
    patient = reading.identifier(asked, "patientId")
    found = consents.check(reading.actor(asked), patient, call.who, call.on, call.now).consent
    kind = found.type.value if found else None
    return Done((("hasConsent", written_flag(found is not None)), *writing.maybe("assertionType", kind)))


# --- changing ----------------------------------------------------------------------------------------------------------------


def register(asked: Fields, call: Call) -> Done[Content]:
    """Enter a consent."""
    wish = ConsentWish(
        asked.text("assertionId"),
        ConsentType(asked.text("assertionType")),
        reading.identifier(asked, "patientId"),
        asked.text("careProviderId"),
        asked.text("careUnitId"),
        asked.text("employeeId"),
        reading.period(asked, "startDate", "endDate"),
        reading.maybe_identifier(asked, "representedBy"),
        reading.act(asked, "registrationAction", call.now),
    )
    return _nothing_more(consents.register(wish, call.who, call.on, call.now))


def cancel(asked: Fields, call: Call) -> Done[Content]:
    """End a consent."""
    why = reading.act(asked, "cancellationAction", call.now)
    return _nothing_more(consents.cancel(asked.text("assertionId"), why, call.who, call.on, call.now))


def delete(asked: Fields, call: Call) -> Done[Content]:
    """Void a mistaken consent."""
    why = reading.act(asked, "deletionAction", call.now)
    return _nothing_more(consents.delete(asked.text("assertionId"), why, call.who, call.on, call.now))


def end_by_patient(asked: Fields, call: Call) -> Done[Content]:
    """The patient, through a service of theirs, ends a consent at a care provider that the call reaches."""
    wish = PatientsEnd(
        asked.text("assertionId"),
        reading.identifier(asked, "patientId"),
        reading.maybe_instant(asked, "endDateTime"),
        reading.maybe_identifier(asked, "representedById"),
    )
    return _nothing_more(consents.end_by_patient(wish, call.who, call.on, call.now))


def _nothing_more(done: Done[CareConsent]) -> Done[Content]:
    return Done((), done.effects, done.code)


# --- consents as answers -----------------------------------------------------------------------------------------------------


def _assertion(consent: CareConsent) -> Content:
    """PDLAssertionType."""
    return (
        ("assertionId", consent.id),
        ("assertionType", consent.type.value),
        ("scope", SCOPE),
        ("careProviderId", consent.provider),
        ("careUnitId", consent.unit),
        *writing.maybe("employeeId", consent.employee),
        ("startDate", written_instant(starts_at(consent))),
        *writing.maybe_instant("endDate", consent.period.end),
        ("patientId", writing.identifier(consent.patient)),
    )


def _extended(consent: CareConsent) -> Content:
    """ExtendedPDLAssertionType."""
    spoken = writing.identifier(consent.represented_by) if consent.represented_by else None
    return (
        ("pDLAssertion", _assertion(consent)),
        *writing.maybe("representedBy", spoken),
        ("registrationInfo", writing.act(consent.registered)),
        *writing.maybe_act("cancellationInfo", consent.cancelled),
        *writing.maybe_act("deletionInfo", consent.deleted),
    )


def _cancelled(consent: CareConsent) -> Content:
    """CancelledAssertionType."""
    return (("assertionId", consent.id), ("cancellationDate", written_instant(ended_at(consent))))


_NO_CONSENT: Final[Content] = (("hasConsent", written_flag(False)),)

OPERATIONS: Final = (
    Operation(
        "GetConsentsForPatient", CONSENT, get_for_patient, inside("getConsentsResult"), 2, "A patient's consents."
    ),
    Operation(
        "GetConsentsForCareProvider",
        CONSENT,
        get_for_provider,
        inside("getAllAssertionsResult", needed=NO_PAGE),
        2,
        "A care provider's consents, page by page.",
    ),
    Operation(
        "GetExtendedConsentsForPatient",
        CONSENT,
        get_extended,
        inside("getExtendedConsentsResult"),
        2,
        "A patient's consents with their history.",
    ),
    Operation(
        "CheckConsent", CONSENT, check, inside("checkResult", needed=_NO_CONSENT), 2, "Whether there is consent."
    ),
    Operation("RegisterExtendedConsent", CONSENT, register, plain(), 2, "Registers a consent."),
    Operation("CancelExtendedConsent", CONSENT, cancel, plain(), 2, "Ends a consent."),
    Operation("DeleteExtendedConsent", CONSENT, delete, plain(), 2, "Voids a mistaken consent."),
    Operation(
        "GetAllExtendedConsentsForPatient",
        CONSENT,
        get_all_extended,
        inside("getExtendedConsentsResult"),
        1,
        "A patient's consents at all care providers, for the patient.",
    ),
    Operation("EndConsentByPatient", CONSENT, end_by_patient, plain(), 1, "The patient ends a consent."),
)
