"""Files that leave the log: saved under a name of ours, and entries with their proofs."""

import io
from collections.abc import Iterable

from broker.audit.export import ProvenRow, write_extract
from broker.audit.tree import BadProof
from broker.exchange import Reply
from broker.web.console.turn import Missing
from broker.web.ports import ConsoleStore
from trust_framework.staff_told import AsTold


def file_reply(name: str, body: bytes, kind: str) -> Reply:
    """A file to save. `name` is ours."""
    return Reply(
        200,
        (
            ("Content-Type", kind),
            ("Content-Disposition", f'attachment; filename="{name}"'),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ),
        body,
    )


def extract_of(store: ConsoleStore, rows: Iterable[AsTold]) -> bytes:
    """Entries with their proofs under one signed checkpoint. Those that are not sealed yet (a second) are not in it. Where who
    accessed is not told, it is a hash in the entry's text.
    """
    sealed = {row.position: row for row in rows if row.position is not None}
    try:
        signed, proofs = store.log_proofs(sorted(sealed))
    except BadProof:
        raise Missing from None
    proven = [
        ProvenRow(position, leaf, path, sealed[position].text, sealed[position].identity_text)
        for position, (leaf, path) in sorted(proofs.items())
    ]
    out = io.StringIO()
    write_extract(out, store.log_verifiers(), signed, proven)
    return out.getvalue().encode()
