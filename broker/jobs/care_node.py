"""Keeping up with another node of care (the national one): what is entered here is told there, what is entered elsewhere is
copied here (`care_copy`). Everything goes on while the other is down: our own blocks wait in an outbox until it has them.
"""

import base64
import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from broker.care.block_changes import BlockChanges, Unread
from broker.care.block_json import NoBlock, from_json, to_json, unread_of
from broker.care.calling import CareServices
from broker.care.copy_bound import Held
from broker.care.outbox import BlockDue, BlockSent, BlockUnsent
from broker.federation import alarms
from broker.jobs.care_copy import copy
from broker.jobs.care_node_soap import RivtaNode
from broker.jobs.node import Node, NodeFailed, NodeStore, note
from broker.jobs.runner import Job
from broker.login.effects import Effects
from broker.settings import Settings
from metadata.wire.connections import TlsIdentity
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.blocks import Block

REFUSALS: Final = frozenset(range(400, 500)) - {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
"""Statuses of a call that would be answered the same another time."""

AT_ONCE: Final = 200
FIRST_WAIT: Final = 30
LONGEST_WAIT: Final = 3600
COPY_EVERY: Final = 60
"""Seconds between looks at what has changed there."""


class CareNode:
    """The other node by its JSON API, with a token of our client there."""

    def __init__(self, url: str, client_id: str, secret: str, egress: Fetches) -> None:
        self._url, self._egress = url, egress
        self._basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._token = ""

    def put(self, block: Block) -> None:
        self.call("/replicas", to_json(block))

    def changes(self, since: int | None) -> BlockChanges:
        answer = self.call("/blocks/changes", {} if since is None else {"since": since})
        following, ended, more = answer.get("next"), answer.get("latest_cancellation"), answer.get("more", False)
        if not isinstance(following, int) or not isinstance(more, bool):
            raise NodeFailed("no changes")
        found, unread = _blocks(answer)
        return BlockChanges(found, following, ended if isinstance(ended, int) else None, more, unread)

    def call(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call; a token that is no longer taken is replaced once. Raises NodeFailed."""
        for fresh in (not self._token, True):
            if fresh:
                self._token = self._new_token()
            answer = self._post(
                f"/api/v1/care{path}", json.dumps(body).encode(), "application/json", f"Bearer {self._token}"
            )
            if answer[0] != HTTPStatus.UNAUTHORIZED:
                break
        return self._read(*answer)

    def _new_token(self) -> str:
        form = urlencode({"grant_type": "client_credentials", "scope": "care:read care:write"}).encode()
        kind, authorization = "application/x-www-form-urlencoded", f"Basic {self._basic}"
        given = self._read(*self._post("/oidc/token", form, kind, authorization)).get("access_token")
        if not isinstance(given, str):
            raise NodeFailed("no token")
        return given

    def _post(self, path: str, body: bytes, kind: str, authorization: str) -> tuple[int, bytes]:
        headers = {"Content-Type": kind, "Authorization": authorization}
        try:
            answer = self._egress.fetch(Outbound("POST", self._url + path, headers, body, "care"))
        except (EgressFailed, EgressRefused) as error:
            raise NodeFailed(error.reason) from error
        return answer.status, answer.body

    def _read(self, status: int, body: bytes) -> Mapping[str, Any]:
        if status != HTTPStatus.OK:
            raise NodeFailed(f"status {status}", refused=status in REFUSALS)
        try:
            return read_object(body)
        except BadJson as error:
            raise NodeFailed("no JSON") from error


def tell(store: NodeStore, node: Node) -> None:
    """Tell the other node of our blocks that it does not have as they stand. The first that it cannot be told of for its own
    sake ends the turn; one that it refuses does not keep back the others.
    """
    for due in store.blocks_due(AT_ONCE):
        found = store.block(due.block)
        try:
            if found is not None:
                node.put(found[0])
        except NodeFailed as failed:
            note(store, failed.why)
            store.commit(Effects((BlockUnsent(due, store.clock() + _wait(due), failed.why),)))
            if not failed.refused:
                return
        else:
            store.commit(Effects((BlockSent(due),)))


def _wait(due: BlockDue) -> int:
    return int(min(FIRST_WAIT * 2 ** min(due.attempts, 10), LONGEST_WAIT))


def _blocks(answer: Mapping[str, Any]) -> tuple[tuple[Block, ...], tuple[Unread, ...]]:
    """The blocks, and what of those that are none can be read. Raises NodeFailed where nobody knows whose one is."""
    given = answer.get("blocks")
    if not isinstance(given, list):
        raise NodeFailed("no changes")
    found, unread = [], []
    for each in given:
        try:
            found.append(from_json(each))
        except NoBlock:
            unread.append(_unread(each))
    return tuple(found), tuple(unread)


def _unread(given: Any) -> Unread:
    try:
        return unread_of(given)
    except NoBlock as error:
        raise NodeFailed("no blocks") from error


def care_node_jobs(
    store: NodeStore, egress: Fetches, settings: Settings, on: Callable[[], CareServices]
) -> tuple[Job, ...]:
    """The jobs of a broker that has another node to keep up with."""
    if not settings.care_node_url:
        return ()
    node = _node(settings, egress, store.clock)
    return (
        Job("care-tell", 5, lambda: tell(store, node)),
        Job("care-copy", COPY_EVERY, lambda: copy(store, node, on, partial(alarm, settings))),
    )


def alarm(settings: Settings, held: Held) -> Effects:
    """Word by mail that a reading was held: numbers, and where it is looked into."""
    page, about = f"{settings.base_url}/admin/kopia", f"{held.opens} / {held.standing}"
    return alarms.raised(alarms.COPY_HELD, page, settings, held.since, about)


def _node(settings: Settings, egress: Fetches, clock: Callable[[], int]) -> Node:
    if "{operation}" in settings.care_node_url:
        identity = TlsIdentity.read(settings.care_node_cert, settings.care_node_key, settings.care_node_ca)
        return RivtaNode(settings.care_node_url, settings.care_node_address, identity, egress, clock)
    given = settings.care_node_client_secret
    secret = revealed(given.get_secret_value() if given else "")
    return CareNode(settings.care_node_url, settings.care_node_client_id, secret, egress)


def revealed(value: str) -> str:
    """A secret, or the text of the file that `file:` names."""
    return Path(value.removeprefix("file:")).read_text().strip() if value.startswith("file:") else value
