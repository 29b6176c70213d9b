"""Our checkpoints shown to witnesses, who sign that the log only grew since they last saw it (C2SP tlog-witness)."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

from broker.audit.checkpoint import BadCheckpoint, read_note
from broker.audit.witness import Cosignature, Cosigner, cosigned_at, request
from broker.jobs.runner import Job
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound, Response

EVERY: Final = 30
CONFLICT: Final = 409
MOST_DIGITS: Final = 18


class WitnessedStore(Protocol):
    """What showing checkpoints needs of the store."""

    def clock(self) -> int: ...

    def log_note(self) -> str: ...

    def log_consistency(self, old: int) -> tuple[str, tuple[bytes, ...]]: ...

    def cosignatures(self) -> tuple[Cosignature, ...]: ...

    def keep_cosignature(self, one: Cosignature) -> None: ...


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: where it is asked, and its key."""

    url: str
    who: Cosigner


def witnesses(text: str) -> tuple[Witness, ...]:
    """What the setting says: address and key of each, separated by spaces, in turn. Raises BadCheckpoint."""
    words = text.split()
    if len(words) % 2:
        raise BadCheckpoint("each witness has an address and a key")
    pairs = zip(words[::2], words[1::2], strict=True)
    return tuple(Witness(url.rstrip("/"), Cosigner.parse(key)) for url, key in pairs)


def show_checkpoints(store: WitnessedStore, egress: Fetches, asked: Sequence[Witness]) -> None:
    """Show the newest checkpoint to each witness that has not seen it. One that does not answer is asked again next time."""
    note = store.log_note()
    if not note:
        return
    seen = {one.witness: one for one in store.cosignatures()}
    for witness in asked:
        last = seen.get(witness.who.name)
        if last is None or not last.line or last.size < read_note(note).size:
            _show(store, egress, witness, last.size if last else 0)


def _show(store: WitnessedStore, egress: Fetches, witness: Witness, old: int) -> None:
    answer = _asked(store, egress, witness, old)
    if answer is not None and answer[1].status == CONFLICT:
        known = answer[1].body.decode("ascii", "replace").strip()
        if not (known.isascii() and known.isdigit() and len(known) <= MOST_DIGITS):
            return
        answer = _asked(store, egress, witness, int(known))
    if answer is None or answer[1].status != HTTPStatus.OK:
        return
    note, response = answer
    for line in response.body.decode("utf-8", "replace").splitlines():
        try:
            at = cosigned_at(note, line, witness.who)
        except BadCheckpoint:
            continue
        store.keep_cosignature(Cosignature(witness.who.name, read_note(note).size, note, f"{line}\n", at))


def _asked(store: WitnessedStore, egress: Fetches, witness: Witness, old: int) -> tuple[str, Response] | None:
    """The checkpoint that was shown, and the answer; None when there was none, or the witness knows more than we have."""
    try:
        note, proof = store.log_consistency(old) if old else (store.log_note(), ())
    except ValueError:
        return None
    body = request(old, proof if old < read_note(note).size else (), note)
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        return note, egress.fetch(Outbound("POST", f"{witness.url}/add-checkpoint", headers, body))
    except (EgressFailed, EgressRefused):
        return None


def witness_jobs(store: WitnessedStore, egress: Fetches, setting: str) -> tuple[Job, ...]:
    """The job, where there are witnesses. Raises BadCheckpoint for a setting that names none rightly."""
    asked = witnesses(setting)
    return (Job("witnesses", EVERY, lambda: show_checkpoints(store, egress, asked)),) if asked else ()
