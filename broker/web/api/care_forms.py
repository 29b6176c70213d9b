"""Between care's models and its values: what was sent becomes a wish, what stands becomes an answer."""

from broker.care.acts import ActWish
from broker.web.api import care_values as values
from trust_framework.blocks import Block, Lift
from trust_framework.care import Act, CareActor, Period, Resource, Staff
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier

# --- what was sent


def identifier(sent: values.Number) -> Identifier:
    return Identifier(sent.oid.strip(), sent.value)


def period(sent: values.Span) -> Period:
    return Period(sent.start, sent.end)


def _staff(sent: values.StaffNamed | None) -> Staff | None:
    return None if sent is None else Staff(sent.employee, sent.assignment, sent.assignment_name)


def entered(sent: values.Entered) -> ActWish:
    return ActWish(sent.requested_at, _staff(sent.requested_by), _staff(sent.registered_by), sent.reason)


def actor(sent: values.Actor | None) -> CareActor | None:
    if sent is None:
        return None
    return CareActor(sent.employee, sent.unit, sent.provider, sent.purpose, sent.commission, licences=sent.licences)


def resources(sent: tuple[values.Row, ...]) -> tuple[Resource, ...]:
    return tuple(Resource(one.id, one.provider, one.unit, period(one.recorded), one.type) for one in sent)


# --- what stands


def number(known: Identifier) -> values.Number:
    return values.Number(oid=known.oid, value=known.value)


def _named(known: Staff) -> values.StaffNamed:
    return values.StaffNamed(
        employee=known.employee, assignment=known.assignment, assignment_name=known.assignment_name
    )


def acted(known: Act) -> values.Acted:
    return values.Acted(
        requested_at=known.requested_at,
        requested_by=_named(known.requested_by),
        registered_at=known.registered_at,
        registered_by=_named(known.registered_by),
        reason=known.reason,
    )


def maybe(known: Act | None) -> values.Acted | None:
    return None if known is None else acted(known)


def _span(known: Period) -> values.Span:
    return values.Span(start=known.start, end=known.end)


def _lift(known: Lift) -> values.Lifted:
    return values.Lifted(
        id=known.id,
        until=known.until,
        unit=known.unit,
        employee=known.employee,
        reason=known.reason,
        registered=acted(known.registered),
        cancelled=maybe(known.cancelled),
    )


def block(known: Block) -> values.Block:
    return values.Block(
        id=known.id,
        type=known.type,
        patient=number(known.patient),
        provider=known.provider,
        unit=known.unit,
        information=_span(known.information),
        excluded=tuple(sorted(known.excluded)),
        owner=known.owner,
        local=known.local,
        registered=acted(known.registered),
        lifts=tuple(map(_lift, known.lifts)),
        revoked=maybe(known.revoked),
        deleted=maybe(known.deleted),
    )


def consent(known: CareConsent) -> values.Consent:
    return values.Consent(
        id=known.id,
        type=known.type,
        patient=number(known.patient),
        provider=known.provider,
        unit=known.unit,
        employee=known.employee,
        period=_span(known.period),
        represented_by=number(known.represented_by) if known.represented_by else None,
        registered=acted(known.registered),
        cancelled=maybe(known.cancelled),
        deleted=maybe(known.deleted),
    )


def relation(known: CareRelation) -> values.Relation:
    return values.Relation(
        id=known.id,
        patient=number(known.patient),
        provider=known.provider,
        unit=known.unit,
        employee=known.employee,
        period=_span(known.period),
        registered=acted(known.registered),
        cancelled=maybe(known.cancelled),
        deleted=maybe(known.deleted),
    )


def emergency(known: EmergencyAccess) -> values.Emergency:
    return values.Emergency(
        id=known.id,
        patient=number(known.patient),
        employee=known.actor.employee,
        unit=known.actor.unit,
        provider=known.actor.provider,
        reason=known.reason,
        at=known.at,
        until=known.until,
        case=known.case,
        ended_at=known.ended_at,
    )
