"""We as a witness of other logs: the checkpoint that continues what we know is remembered, then signed (C2SP tlog-witness)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Verifier
from broker.audit.witness import Cosigner, NotCosigned, accepted, cosigned, key_from, read_request
from broker.exchange import Reply
from broker.keys.sealing import SealingVault
from broker.login.effects import Overtaken
from broker.web.turn import Turn

ADD: Final = "/log/witness/add-checkpoint"
_TEXT: Final = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"))
_SIZE: Final = (("Content-Type", "text/x.tlog.size"), ("Cache-Control", "no-store"))


def add_checkpoint(turn: Turn) -> Reply:
    """Another log's checkpoint, to be cosigned (C2SP tlog-witness)."""
    settings = turn.on.services.settings
    logs = _logs(settings.witnessed_logs)
    if not logs:
        return Reply(404, _TEXT, b"we witness no log\n")
    if not turn.on.throttle.allows("proof", turn.source()):
        return Reply(429, _TEXT, b"too many requests\n")
    try:
        line = _cosigned(turn, logs, name_of(settings.base_url))
    except NotCosigned as refused:
        if refused.size is not None:
            return Reply(409, _SIZE, f"{refused.size}\n".encode())
        return Reply(refused.status, _TEXT, f"{refused}\n".encode())
    return Reply(200, _TEXT, line.encode())


def key(turn: Turn) -> Reply:
    """Our key as a witness, for logs that want our cosignature and for whoever verifies it."""
    settings = turn.on.services.settings
    who = Cosigner(name_of(settings.base_url), key_of(turn.on.store.vault).public_key())
    return Reply(200, _TEXT, f"{who.text}\n".encode())


def _cosigned(turn: Turn, logs: Mapping[str, Sequence[Verifier]], name: str) -> str:
    asked = read_request(turn.request.body)
    origin = asked.note.partition("\n")[0]
    known = turn.on.store.witnessed(origin) if origin in logs else None
    new = accepted(asked, logs, known)
    try:
        turn.on.store.remember_witnessed(known, new)
    except Overtaken as error:
        found = turn.on.store.witnessed(origin)
        raise NotCosigned(409, "another request was first", found.size if found else 0) from error
    return cosigned(asked.note, key_of(turn.on.store.vault), name, turn.now)


def name_of(base_url: str) -> str:
    """Our name as a witness: the issuer without its scheme, and `/witness`."""
    return f"{base_url.partition('://')[2]}/witness"


def key_of(vault: SealingVault) -> Ed25519PrivateKey:
    """Our key as a witness. Others pin it, so it never changes: it follows from the installation's hash key."""
    return key_from(vault.keyed_hash("witness", b"Ed25519"))


@lru_cache(maxsize=8)
def _logs(text: str) -> Mapping[str, Sequence[Verifier]]:
    found: dict[str, list[Verifier]] = defaultdict(list)
    for each in text.split():
        verifier = Verifier.parse(each)
        found[verifier.name].append(verifier)
    return found
