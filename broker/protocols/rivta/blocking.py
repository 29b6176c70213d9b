"""informationsecurity:authorization:blocking 4 (spärr): its operations, as rows.

Blocks that are copied between nodes (RegisterBlock and its kin) are `replication`.
"""

from collections.abc import Iterable
from typing import Final

from broker.care import block_changes, block_checks, block_lifts, blocks
from broker.care.block_checks import MOST_ROWS
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import CareRefused, Done
from broker.care.paging import OVERLAP
from broker.care.providers import entry_id, own_provider
from broker.protocols.rivta import reading, writing
from broker.protocols.rivta.operation import Call, Domain, Operation, inside, plain
from broker.protocols.rivta.reading import written_flag, written_instant
from metadata.wire.soap import Content, Fields
from trust_framework.blocks import Block, BlockType, Lift, LiftReason
from trust_framework.care import Resource

BLOCKING: Final = Domain(
    "blocking",
    "urn:riv:informationsecurity:authorization:blocking",
    "urn:riv:informationsecurity:authorization:blocking:4",
    "4.0",
    (("VALIDATION_ERROR", "VALIDATIONERROR"),),
)

NEVER: Final = 0
_DESCRIBED: Final = {"lak": "Läkemedel - Ordination/förskrivning", "upp": "Uppmärksamhetsinformation"}


# --- reading -----------------------------------------------------------------------------------------------------------------


def get_blocks(asked: Fields, call: Call) -> Done[Content]:
    """Blocks that stand with the lifts that hold: of care providers, all, or a page of those changed since; of one patient, if so
    asked.
    """
    named, since = asked.texts("careProviderIds"), reading.maybe_instant(asked, "createdOnOrAfter")
    if asked.child("patientId"):
        return _of_one(named, since, asked, call)
    if since is None:
        found = block_changes.whole(named, call.who, call.on, call.now)
    else:
        found = block_changes.changed(named, since, call.who, call.on, call.now)
    return _told(found.blocks, found.next, found.latest_cancellation, call.now)


def _of_one(named: tuple[str, ...], since: int | None, asked: Fields, call: Call) -> Done[Content]:
    wanted = frozenset(own_provider(each, call.who, call.on).hsa_id for each in named) or call.who.providers
    known = block_changes.of_patient(reading.identifier(asked, "patientId"), call.on)
    found = [block for block in known if block.stands and block.provider in wanted]
    shown = [block for block in found if since is None or _entered(block) >= since]
    ended = [call.on.store.latest_cancellation(provider) or NEVER for provider in wanted]
    return _told(shown, call.now - OVERLAP, max(ended, default=NEVER), call.now)


def _entered(block: Block) -> int:
    """When a block, or the last of its lifts, was entered where it was."""
    return max(act.registered_at for act in (block.registered, *(lift.registered for lift in block.lifts)))


def _told(found: Iterable[Block], following: int, ended: int | None, now: int) -> Done[Content]:
    return Done(
        (
            *writing.each("blocks", (_block(block, now) for block in found)),
            ("nextCreatedOnOrAfter", written_instant(following)),
            ("latestCancellation", written_instant(ended or NEVER)),
        )
    )


def get_extended_blocks(asked: Fields, call: Call) -> Done[Content]:
    """Every block of a patient at a care provider, ended ones too."""
    provider = own_provider(asked.text("careProviderId"), call.who, call.on).hsa_id
    known = blocks.of_patient(reading.identifier(asked, "patientId"), call.who, call.on, call.now)
    found = [block for block in known if block.provider == provider]
    return Done(writing.each("blocks", (_extended(block) for block in found)))


def get_patient_ids(asked: Fields, call: Call) -> Done[Content]:
    """Which patients have a block that stands at a care provider, each once."""
    provider = own_provider(asked.text("careProviderId"), call.who, call.on).hsa_id
    found = block_changes.patients(provider, call.who, call.on, call.now)
    return Done(writing.each("patientIds", map(writing.identifier, found)))


def check_blocks(asked: Fields, call: Call) -> Done[Content]:
    """Each row: open, blocked, or wrong in itself, which leaves the other rows their answer."""
    rows = tuple(map(_row, asked.children("informationEntities")))
    patient = reading.identifier(asked, "patientId")
    checked = block_checks.check(reading.actor(asked), patient, rows, call.who, call.on, call.now)
    told = ((("status", one.status.value), ("rowNumber", one.resource)) for one in checked.result)
    return Done(writing.each("checkResults", told), checked.effects, checked.code)


def _row(asked: Fields) -> Resource:
    """A row; one whose dates no calendar has is nobody's, and cannot be judged."""
    number = asked.text("rowNumber")
    try:
        recorded = reading.period(asked, "informationStartDate", "informationEndDate")
    except CareRefused:
        return Resource(number, "")
    provider, unit = asked.text("informationCareProviderId"), asked.text("informationCareUnitId")
    return Resource(number, provider, unit, recorded, asked.text("informationType"))


# --- changing ----------------------------------------------------------------------------------------------------------------


def block_wish(asked: Fields) -> BlockWish:
    """What is said of a block that is to be entered, but for who enters it."""
    excluded = frozenset(asked.texts("excludedInformationTypes"))
    return BlockWish(
        asked.text("blockId"),
        BlockType(asked.text("blockType")),
        reading.identifier(asked, "patientId"),
        asked.text("informationCareProviderId"),
        asked.text("informationCareUnitId"),
        reading.period(asked, "informationStartDate", "informationEndDate"),
        excluded,
    )


def register(asked: Fields, call: Call) -> Done[Content]:
    """Enter a block."""
    wish = block_wish(asked)
    entered = reading.act(asked, "registerAction", call.now)
    owned = BlockWish(
        wish.id,
        wish.type,
        wish.patient,
        wish.provider,
        wish.unit,
        wish.information,
        wish.excluded,
        call.who.client,
        entered,
    )
    return _nothing_more(blocks.register(owned, call.who, call.on, call.now))


def revoke(asked: Fields, call: Call) -> Done[Content]:
    """Lift a block for good."""
    why = reading.act(asked, "revokeAction", call.now, "revokeReasonText")
    return _nothing_more(blocks.revoke(asked.text("blockId"), why, call.who, call.on, call.now))


def delete(asked: Fields, call: Call) -> Done[Content]:
    """Void a mistaken block."""
    why = reading.act(asked, "deleteAction", call.now, "deleteReasonText")
    return _nothing_more(blocks.delete(asked.text("blockId"), why, call.who, call.on, call.now))


def lift(asked: Fields, call: Call) -> Done[Content]:
    """Lift a block for a time."""
    wish = LiftWish(
        asked.text("temporaryRevokeId"),
        asked.text("blockId"),
        reading.instant(asked, "endDate"),
        asked.text("revokedForCareUnitId"),
        LiftReason(asked.text("revokeReason")),
        asked.text("revokedForEmployeeId"),
        reading.act(asked, "registerAction", call.now, "revokeReasonText"),
    )
    return _nothing_more(block_lifts.lift(wish, call.who, call.on, call.now))


def cancel_lift(asked: Fields, call: Call) -> Done[Content]:
    """End a lift before its time."""
    why = reading.act(asked, "cancellationInfo", call.now, "cancelReasonText")
    return _nothing_more(block_lifts.cancel(asked.text("temporaryRevokeId"), why, call.who, call.on, call.now))


def _named(asked: Fields, _: Call) -> str:
    """The block that a call names."""
    return entry_id(asked.text("blockId"))


def _of_lift(asked: Fields, call: Call) -> str:
    """The block of the lift that it names."""
    found = call.on.store.block_of_lift(entry_id(asked.text("temporaryRevokeId")))
    return found[0].id if found else ""


def _nothing_more(done: Done[Block]) -> Done[Content]:
    return Done((), done.effects, done.code)


# --- blocks as answers ---------------------------------------------------------------------------------------------------------


def _block(block: Block, now: int) -> Content:
    """BlockType, with the lifts that hold now."""
    held = (lift for lift in block.lifts if lift.cancelled is None and now < lift.until)
    return (
        *_head(block),
        *writing.each("temporaryRevokes", map(_lift, held)),
        *writing.maybe("ownerId", block.owner),
    )


def _head(block: Block) -> Content:
    described = (
        (("infoTypeId", each), ("infoTypeDescription", _DESCRIBED.get(each, each))) for each in sorted(block.excluded)
    )
    return (
        ("blockId", block.id),
        ("blockType", block.type.value),
        *writing.maybe_instant("informationStartDate", block.information.start),
        *writing.maybe_instant("informationEndDate", block.information.end),
        *writing.maybe("informationCareUnitId", block.unit),
        ("informationCareProviderId", block.provider),
        ("patientId", writing.identifier(block.patient)),
        *writing.each("excludedInformationTypes", described),
    )


def _lift(of: Lift) -> Content:
    return (
        ("temporaryRevokeId", of.id),
        ("endDate", written_instant(of.until)),
        ("revokedForCareUnitId", of.unit),
        *writing.maybe("revokedForEmployeeId", of.employee),
    )


def _extended(block: Block) -> Content:
    """ExtendedBlockType."""
    return (
        *_head(block),
        ("registrationInfo", writing.act(block.registered)),
        *writing.maybe_act("permanentRevokedInfo", block.revoked),
        *writing.maybe_act("deletionInfo", block.deleted),
        *writing.each("temporaryRevokes", (_extended_lift(lift, told=block.local) for lift in block.lifts)),
        *writing.maybe("ownerId", block.owner),
        ("locallyCreated", written_flag(block.local)),
    )


def _extended_lift(of: Lift, *, told: bool) -> Content:
    """ExtendedTemporaryRevokeType; whether its reason was `told` to this node."""
    return (
        *_lift(of),
        *writing.maybe("revocationReason", of.reason.value if told else None),
        *writing.maybe("revocationReasonText", of.registered.reason),
        ("registrationInfo", writing.act(of.registered)),
        *writing.maybe_act("cancellationInfo", of.cancelled),
    )


_UNTOLD: Final[Content] = (
    ("nextCreatedOnOrAfter", written_instant(NEVER)),
    ("latestCancellation", written_instant(NEVER)),
)

OPERATIONS: Final = (
    Operation(
        "GetBlocks",
        BLOCKING,
        get_blocks,
        inside("blockHeader", needed=_UNTOLD),
        4,
        "Blocks that stand, all or new ones.",
    ),
    Operation(
        "GetExtendedBlocksForPatient",
        BLOCKING,
        get_extended_blocks,
        inside("getExtendedBlocksResult"),
        4,
        "A patient's blocks with their history.",
    ),
    Operation(
        "GetPatientIds", BLOCKING, get_patient_ids, inside("getPatientIdResult"), 4, "Patients who have a block."
    ),
    Operation(
        "CheckBlocks",
        BLOCKING,
        check_blocks,
        inside("checkBlocksResult"),
        4,
        "Whether information is blocked.",
        most=MOST_ROWS,
    ),
    *(
        Operation(name, BLOCKING, answer, plain(), 4, about, replicated=block)
        for name, answer, about, block in (
            ("RegisterExtendedBlock", register, "Registers a block.", _named),
            ("RevokeExtendedBlock", revoke, "Lifts a block for good.", _named),
            ("DeleteExtendedBlock", delete, "Voids a mistaken block.", _named),
            ("RegisterTemporaryExtendedRevoke", lift, "Lifts a block for a time.", _named),
            ("CancelTemporaryExtendedRevoke", cancel_lift, "Ends a lift before its time.", _of_lift),
        )
    ),
)
