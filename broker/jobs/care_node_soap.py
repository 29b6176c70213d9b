"""The other node by the RIV-TA contracts of blocks: our blocks are registered there, its changes are read with GetBlocks.

A block is one call, each of its lifts another; every one of them may be made again. What the contracts do not carry (who entered
a block, why it was lifted) stays where it was entered.
"""

from collections.abc import Callable
from typing import Final

from broker.care.block_changes import BlockChanges
from broker.jobs.node import NodeFailed
from broker.protocols.rivta.asking import Asked, NoAnswer, changes_of, get_blocks, told
from metadata.wire.connections import TlsIdentity
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from trust_framework.blocks import Block

FIRST: Final = 0
"""With an instant before all blocks GetBlocks may be answered in pages; without any it is answered in one, or not at all."""


class RivtaNode:
    """The other node at `url`, in which `{operation}` stands for an operation's name; `address` is its logical address."""

    def __init__(
        self, url: str, address: str, identity: TlsIdentity, egress: Fetches, clock: Callable[[], int]
    ) -> None:
        self._url, self._address, self._identity = url, address, identity
        self._egress, self._clock = egress, clock

    def put(self, block: Block) -> None:
        for asked in told(block, self._clock()):
            octets = self._sent(asked)
            try:
                asked.check(asked.answer(octets).need("result"))
            except NoAnswer as error:
                raise NodeFailed(error.why, refused=error.refused) from error

    def changes(self, since: int | None) -> BlockChanges:
        asked = get_blocks(FIRST if since is None else since)
        octets = self._sent(asked)
        try:
            return changes_of(asked, octets, self._clock())
        except NoAnswer as error:
            raise NodeFailed(error.why) from error

    def _sent(self, asked: Asked) -> bytes:
        """What came back; a fault comes with 500."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{asked.soap_action}"'}
        url = self._url.replace("{operation}", asked.operation)
        call = Outbound("POST", url, headers, asked.octets(self._address), "care", self._identity)
        try:
            answer = self._egress.fetch(call)
        except (EgressFailed, EgressRefused) as error:
            raise NodeFailed(error.reason) from error
        if answer.status not in {200, 500}:
            raise NodeFailed(f"status {answer.status}")
        return answer.body
