"""The contracts of blocks from the other side: what this node asks another one, and what its answers say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from broker.care.block_changes import BlockChanges, Unread
from broker.care.calling import CareRefused
from broker.protocols.rivta import reading, writing
from broker.protocols.rivta.blocking import BLOCKING
from broker.protocols.rivta.reading import written_instant
from metadata.wire.soap import Content, Fields, SoapRefused, fields, read_answer, request
from trust_framework.blocks import Block, BlockType, Lift, LiftReason
from trust_framework.care import Act, Staff

MAJOR: Final = 4
MOST_BYTES: Final = 32 * 1024 * 1024
DONE: Final = frozenset({"OK", "INFO"})
KEPT: Final = DONE | {"ALREADYEXISTS"}
GONE: Final = DONE | {"NOTFOUND", "INVALIDSTATE"}


class NoAnswer(Exception):
    """What came back is no answer, or says that the call is not done. `refused`: it will not be done later either."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.why, self.refused = why, refused


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to make: its operation and what stands in it; after the result codes `done` there is nothing more to do."""

    operation: str
    content: Content
    done: frozenset[str] = DONE

    @property
    def _namespace(self) -> str:
        return f"{BLOCKING.namespace}:{self.operation}Responder:{MAJOR}"

    @property
    def soap_action(self) -> str:
        """What the header SOAPAction says."""
        return f"{self._namespace}:{self.operation}"

    def octets(self, address: str) -> bytes:
        """The envelope, to a logical address."""
        return request(address, self._namespace, self.operation, BLOCKING.types, self.content)

    def answer(self, octets: bytes) -> Fields:
        """The answer. Raises NoAnswer for a fault, and for what is none."""
        try:
            message = read_answer(octets, MOST_BYTES)
            if (message.namespace, message.name) != (self._namespace, f"{self.operation}Response"):
                raise NoAnswer("fault" if message.name == "Fault" else "another answer")
            return fields(message, frozenset({self._namespace, BLOCKING.types}))
        except SoapRefused as error:
            raise NoAnswer("no answer") from error

    def check(self, result: Fields) -> None:
        """See that it is done. Raises NoAnswer."""
        code = result.text("resultCode")
        if code not in self.done:
            raise NoAnswer(f"{self.operation} {code}"[:100], refused=code not in {"ERROR", ""})


# --- our blocks, told ----------------------------------------------------------------------------------------------------------


def told(block: Block, now: int) -> Iterator[Asked]:
    """The calls that make another node's copy what the block is; each may be made again."""
    if not block.stands:
        yield Asked("UnregisterBlock", (("blockId", block.id),), GONE)
        return
    yield Asked("RegisterBlock", _block(block), KEPT)
    for lift in block.lifts:
        if lift.cancelled is not None:
            yield Asked("UnregisterTemporaryRevoke", (("temporaryRevokeId", lift.id),), GONE)
        elif now < lift.until:
            yield Asked("RegisterTemporaryRevoke", (("temporaryRevokeRegistration", _lift(lift)),), KEPT)


def _block(block: Block) -> Content:
    return (
        ("blockId", block.id),
        ("blockType", block.type.value),
        ("patientId", writing.identifier(block.patient)),
        *writing.maybe_instant("informationStartDate", block.information.start),
        *writing.maybe_instant("informationEndDate", block.information.end),
        *writing.maybe("informationCareUnitId", block.unit),
        ("informationCareProviderId", block.provider),
        *(("excludedInformationTypes", each) for each in sorted(block.excluded)),
    )


def _lift(lift: Lift) -> Content:
    return (
        ("temporaryRevokeId", lift.id),
        ("blockId", lift.block),
        ("endDate", written_instant(lift.until)),
        ("revokedForCareUnitId", lift.unit),
        *writing.maybe("revokedForEmployeeId", lift.employee),
    )


# --- theirs, read --------------------------------------------------------------------------------------------------------------


def get_blocks(since: int) -> Asked:
    """GetBlocks: what changed since."""
    return Asked("GetBlocks", (("createdOnOrAfter", written_instant(since)),))


def changes_of(asked: Asked, octets: bytes, now: int) -> BlockChanges:
    """What GetBlocks says; whether there is more it has no field for. Raises NoAnswer."""
    header = asked.answer(octets).need("blockHeader")
    asked.check(header.need("result"))
    try:
        following, ended = (
            reading.instant(header, "nextCreatedOnOrAfter"),
            reading.instant(header, "latestCancellation"),
        )
    except CareRefused as error:
        raise NoAnswer("no blocks") from error
    read = [_read_or_not(each, now) for each in header.children("blocks")]
    found = tuple(each for each in read if isinstance(each, Block))
    unread = tuple(each for each in read if isinstance(each, Unread))
    return BlockChanges(found, following, ended, None, unread)


def _read_or_not(of: Fields, now: int) -> Block | Unread:
    """What of a block that cannot be read tells whom it is about. Raises NoAnswer where it does not say whose it is."""
    try:
        return _read(of, now)
    except (CareRefused, ValueError) as error:
        id_, provider = of.text("blockId"), of.text("informationCareProviderId")
        if not (id_ and provider):
            raise NoAnswer("no blocks") from error
        return Unread(id_, provider, reading.maybe_identifier(of, "patientId"))


def _read(of: Fields, now: int) -> Block:
    """BlockType. Who entered it is not told."""
    return Block(
        of.text("blockId"),
        BlockType(of.text("blockType")),
        reading.identifier(of, "patientId"),
        of.text("informationCareProviderId"),
        _entered(now),
        of.text("informationCareUnitId"),
        reading.period(of, "informationStartDate", "informationEndDate"),
        frozenset(each.text("infoTypeId") for each in of.children("excludedInformationTypes")),
        tuple(_read_lift(each, of.text("blockId"), now) for each in of.children("temporaryRevokes")),
        of.text("ownerId"),
        local=False,
    )


def _read_lift(of: Fields, block: str, now: int) -> Lift:
    """TemporaryRevokeType. The reason is not told: it stands as the milder one."""
    return Lift(
        of.text("temporaryRevokeId"),
        block,
        reading.instant(of, "endDate"),
        of.text("revokedForCareUnitId"),
        LiftReason.PATIENTS_CONSENT,
        _entered(now),
        of.text("revokedForEmployeeId"),
    )


def _entered(now: int) -> Act:
    return Act(now, Staff(""), now, Staff(""))
