"""A block as JSON, and back: what one node hands another, and what the JSON API gives."""

from collections.abc import Mapping
from typing import Any

from broker.care.block_changes import Unread
from trust_framework.blocks import Block, BlockType, Lift, LiftReason
from trust_framework.care import Act, Period, Staff
from trust_framework.identifiers import Identifier

Json = Mapping[str, Any]


class NoBlock(ValueError):
    """The JSON is no block."""


def to_json(block: Block) -> dict[str, Any]:
    """The block with its lifts."""
    return {
        "id": block.id,
        "type": block.type.value,
        "patient": {"oid": block.patient.oid, "value": block.patient.value},
        "provider": block.provider,
        "unit": block.unit,
        "information": {"start": block.information.start, "end": block.information.end},
        "excluded": sorted(block.excluded),
        "owner": block.owner,
        "local": block.local,
        "registered": _act(block.registered),
        "lifts": [_lift(lift) for lift in block.lifts],
        "revoked": _maybe(block.revoked),
        "deleted": _maybe(block.deleted),
    }


def _lift(lift: Lift) -> dict[str, Any]:
    return {
        "id": lift.id,
        "until": lift.until,
        "unit": lift.unit,
        "employee": lift.employee,
        "reason": lift.reason.value,
        "registered": _act(lift.registered),
        "cancelled": _maybe(lift.cancelled),
    }


def _act(act: Act) -> dict[str, Any]:
    return {
        "requested_at": act.requested_at,
        "requested_by": _staff(act.requested_by),
        "registered_at": act.registered_at,
        "registered_by": _staff(act.registered_by),
        "reason": act.reason,
    }


def _maybe(act: Act | None) -> dict[str, Any] | None:
    return None if act is None else _act(act)


def _staff(staff: Staff) -> dict[str, str]:
    return {
        "employee": staff.employee,
        "assignment": staff.assignment,
        "assignment_name": staff.assignment_name,
    }


def from_json(given: Any) -> Block:
    """The block that another node says. Raises NoBlock."""
    try:
        return _block(given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoBlock(type(error).__name__) from error


def unread_of(given: Any) -> Unread:
    """What can be read of a block that is none. Raises NoBlock where it says neither its id nor whose information it closes."""
    if not isinstance(given, Mapping):
        raise NoBlock("none")
    id_, provider = _text(given.get("id")), _text(given.get("provider"))
    try:
        patient = Identifier(_text(given["patient"]["oid"]), _text(given["patient"]["value"]))
    except (KeyError, TypeError, NoBlock):
        return Unread(id_, provider)
    return Unread(id_, provider, patient)


def _block(given: Json) -> Block:
    id_ = _text(given["id"])
    information = given["information"]
    return Block(
        id_,
        BlockType(given["type"]),
        Identifier(_text(given["patient"]["oid"]), _text(given["patient"]["value"])),
        _text(given["provider"]),
        _acted(given["registered"]),
        unit=_text(given["unit"]),
        information=Period(_instant(information["start"]), _instant(information["end"])),
        excluded=frozenset(map(_text, given["excluded"])),
        lifts=tuple(_lifted(lift, id_) for lift in given["lifts"]),
        owner=_text(given["owner"]),
        local=False,
        revoked=_maybe_acted(given["revoked"]),
        deleted=_maybe_acted(given["deleted"]),
    )


def _lifted(given: Json, block: str) -> Lift:
    return Lift(
        _text(given["id"]),
        block,
        _whole(given["until"]),
        _text(given["unit"]),
        LiftReason(given["reason"]),
        _acted(given["registered"]),
        employee=_text(given["employee"]),
        cancelled=_maybe_acted(given["cancelled"]),
    )


def _acted(given: Json) -> Act:
    return Act(
        _whole(given["requested_at"]),
        _named(given["requested_by"]),
        _whole(given["registered_at"]),
        _named(given["registered_by"]),
        _text(given["reason"]),
    )


def _maybe_acted(given: Json | None) -> Act | None:
    return None if given is None else _acted(given)


def _named(given: Json) -> Staff:
    return Staff(_text(given["employee"]), _text(given["assignment"]), _text(given["assignment_name"]))


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1024:  # noqa: PLR2004  # the longest text of a block: a reason
        raise NoBlock("text")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**53:
        raise NoBlock("number")
    return value


def _instant(value: Any) -> int | None:
    return None if value is None else _whole(value)
