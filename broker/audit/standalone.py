"""Verify an exported tillit log, or records out of one, without tillit. Needs Python and the package cryptography, nothing else.

    python3 standalone.py FILE --key 'NAME+ID+KEY' [--checkpoint FILE] [--consistency FILE]

The first FILE is a whole log (what `tillit log export` wrote), or an extract: some records, each with the proof that it is in
the log (what a patient downloads, or an archive of a month). KEY is the log's verifier key, from somewhere else than the file.
--checkpoint names signed checkpoints that were kept or published elsewhere; without them, rows cut off at the end, or a log made
for one reader, cannot be noticed. --consistency is the log's own answer (/log/proof/consistency?from=SIZE) that a newer
checkpoint, which the reader has from elsewhere, continues that of an extract. Exit code 0: all holds. Hashes and proofs: RFC 9162
section 2.1. Checkpoints: C2SP tlog-checkpoint and signed-note.
"""

import argparse
import base64
import datetime as dt
import hashlib
import json
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE = re.compile(
    "(?P<text>[^\n]+\n(?P<size>[0-9]+)\n(?P<root>[^\n]+)\n(?:[^\n]+\n)*)\n(?P<signatures>(?:— [^\n]+\n)+)\n*"
)
Key = tuple[str, bytes, Ed25519PublicKey]
Signed = tuple[int, bytes]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Tree:
    """Grows by leaves; keeps only the roots of full subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self.roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        self.append_hash(sha256(b"\x00" + leaf))

    def append_hash(self, node: bytes) -> None:
        size = self.size
        while size & 1:
            node, size = sha256(b"\x01" + self.roots.pop() + node), size >> 1
        self.roots.append(node)
        self.size += 1

    def root(self) -> bytes:
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = sha256(b"\x01" + left + node)
        return node


def read_key(text: str) -> Key:
    """A verifier key (C2SP signed-note)."""
    name, key_id, encoded = text.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if raw[0] != 1 or hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] != key_id:
        raise ValueError("not an Ed25519 verifier key")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(raw[1:])


def read_checkpoints(text: str, keys: list[Key], faults: list[str]) -> list[Signed]:
    """Size and root of every checkpoint that one of the keys has signed; anything else is a fault."""
    found, end = [], 0
    while match := NOTE.match(text, end):
        end = match.end()
        if signed(match, keys, faults):
            found.append((int(match["size"]), base64.b64decode(match["root"], validate=True)))
        else:
            faults.append(f"checkpoint of {match['size']} rows: none of the keys has signed it")
    if text[end:].strip():
        faults.append("something that is no checkpoint where checkpoints should be")
    return found


def signed(match: re.Match[str], keys: list[Key], faults: list[str]) -> bool:
    """Whether a known key has signed. A bad signature by a known key is a fault in any case."""
    good = False
    for line in match["signatures"].splitlines():
        name, encoded = line[2:].split(" ", 1)
        stamp = base64.b64decode(encoded, validate=True)
        for key in (k for known, key_id, k in keys if (known, key_id) == (name, stamp[:4])):
            try:
                key.verify(stamp[4:], match["text"].encode())
                good = True
            except InvalidSignature:
                faults.append(f"checkpoint of {match['size']} rows: bad signature")
    return good


def verify(
    lines: Iterator[str],
    keys: list[Key],
    outside: list[Signed] | None,
    faults: list[str],
    newer: dict[str, Any] | None = None,
) -> int:
    """Read the file line by line, of whichever kind it is; how many rows."""
    head = json.loads(next(lines, "{}"))
    if head.get("format") == "tillit-log/1":
        return verify_log(head, lines, keys, outside or [], faults)
    if head.get("format") in {"tillit-extract/1", "tillit-archive/1"}:
        return verify_extract(head, lines, keys, outside, faults, newer)
    raise ValueError("neither an exported log nor an extract of one")


def verify_log(
    head: dict[str, Any], lines: Iterator[str], keys: list[Key], outside: list[Signed], faults: list[str]
) -> int:
    """A whole log: wherever somebody signed, the root of what was read must be the one signed."""
    wanted = {*outside, *read_checkpoints("\n".join(head["checkpoints"]), keys, faults)}
    sizes = {size for size, _ in wanted}
    tree, roots, removed = Tree(), {}, Removed()
    for line in lines:
        take(json.loads(line), tree, removed, faults)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
    if tree.size and tree.size not in sizes:
        faults.append(f"no signed checkpoint of {tree.size} rows")
    for size, root in sorted(wanted):
        if size and roots.get(size) != root:
            faults.append(f"checkpoint of {size} rows: the rows are {'others' if size in roots else 'missing'}")
    removed.compare(faults)
    return tree.size


def take(row: dict[str, Any], tree: Tree, removed: "Removed", faults: list[str]) -> None:
    """The next row: its position, its evidence, its leaf; or the leaf's hash alone, where its content was removed."""
    if row["position"] != tree.size:
        faults.append(f"after {tree.size} rows comes position {row['position']}")
    if row.get("removal"):
        removed.leaf(row["position"], row["removal"])
        tree.append_hash(bytes.fromhex(row["hash"]))
        return
    leaf = read_leaf(row["leaf"])
    evidence = row["evidence"]
    found = None if evidence is None else sha256(base64.b64decode(evidence, validate=True)).hex()
    if found is None and leaf.get("event") == "care.access":
        removed.entry(leaf["occurred"])
    elif leaf.get("evidence") != found:
        faults.append(f"position {row['position']}: the evidence is not the one that the leaf names")
    removed.hear(leaf)
    tree.append(row["leaf"].encode())


def read_leaf(text: str) -> dict[str, Any]:
    """What a leaf says; nothing when somebody has made it unreadable, which its hash tells."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


class Removed:
    """What is missing, and what the log itself says of that: content removed when its time was over, months archived."""

    def __init__(self) -> None:
        self.leaves: dict[str, list[int]] = {}
        self.entries: dict[str, int] = {}
        self.told: dict[str, tuple[int, str]] = {}
        self.archives: dict[str, tuple[str, int]] = {}
        self.forgotten: dict[str, int] = {}

    def leaf(self, position: int, removal: str) -> None:
        self.leaves.setdefault(removal, []).append(position)

    def entry(self, occurred: int) -> None:
        month = dt.datetime.fromtimestamp(occurred, dt.UTC).strftime("%Y-%m")
        self.entries[month] = self.entries.get(month, 0) + 1

    def hear(self, leaf: dict[str, Any]) -> None:
        if leaf.get("event") == "log.content-removed":
            self.told[leaf["removal"]] = leaf["rows"], leaf["digest"]
            for month, entries in leaf.get("archived", ()):
                self.forgotten[month] = self.forgotten.get(month, 0) + int(entries)
        elif leaf.get("event") == "care.entries-archived":
            self.archives[leaf["archive"]] = leaf["month"], leaf["entries"]
        elif leaf.get("event") == "care.entries-restored":
            self.archives.pop(leaf["archive"], None)

    def compare(self, faults: list[str]) -> None:
        for removal in sorted(self.leaves.keys() | self.told.keys()):
            positions = self.leaves.get(removal, [])
            digest = sha256(b"".join(p.to_bytes(8, "big") for p in positions)).hex()
            if self.told.get(removal) != (len(positions), digest):
                faults.append(f"removal {removal}: the log says something else of what was removed")
        archived = {month: -entries for month, entries in self.forgotten.items()}
        for month, entries in self.archives.values():
            archived[month] = archived.get(month, 0) + entries
        faults += [
            f"{month}: {self.entries.get(month, 0)} entries are missing, {archived.get(month, 0)} should be"
            for month in sorted(self.entries.keys() | archived.keys())
            if self.entries.get(month, 0) != archived.get(month, 0)
        ]


def verify_extract(
    head: dict[str, Any],
    lines: Iterator[str],
    keys: list[Key],
    outside: list[Signed] | None,
    faults: list[str],
    newer: dict[str, Any] | None = None,
) -> int:
    """Records with their proofs: each text is the one that its leaf names, each leaf in the tree that was signed."""
    signed = read_checkpoints(head["checkpoint"], keys, faults)
    if len(signed) != 1:
        faults.append("not one signed checkpoint")
        return 0
    size, root = signed[0]
    if outside is not None and not continued(size, root, newer, keys, outside, faults):
        compare_outside(size, root, head.get("consistency", []), outside, faults)
    rows = 0
    for line in lines:
        row, rows = json.loads(line), rows + 1
        if fault := extract_fault(row, size, root):
            faults.append(f"position {row['position']}: {fault}")
    if rows != head.get("rows", rows):
        faults.append(f"{head['rows']} records were written, {rows} are here")
    return rows


def extract_fault(row: dict[str, Any], size: int, root: bytes) -> str:
    """What is wrong with a record, or nothing."""
    leaf = json.loads(row["leaf"])
    if row.get("record") is not None and leaf.get("record") != sha256(row["record"].encode()).hex():
        return "the record is not the one that the leaf names"
    if (
        row.get("identity") is not None
        and json.loads(row["record"])["user"]["identity"] != sha256(row["identity"].encode()).hex()
    ):
        return "the identity is not the one that the record names"
    if (
        row.get("evidence") is not None
        and leaf.get("evidence") != sha256(base64.b64decode(row["evidence"], validate=True)).hex()
    ):
        return "the evidence is not the one that the leaf names"
    path = [base64.b64decode(part, validate=True) for part in row["proof"]]
    return (
        ""
        if included(row["position"], size, row["leaf"].encode(), path, root)
        else "it is not in the tree that was signed"
    )


def included(index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> bool:
    """RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, sha256(b"\x00" + leaf)
    for part in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = sha256(b"\x01" + part + node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01" + node + part)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def compare_outside(size: int, root: bytes, proofs: list[Any], outside: list[Signed], faults: list[str]) -> None:
    """The extract's checkpoint is one of those kept elsewhere, or is shown to continue one or to be continued by one."""
    if (size, root) in outside:
        return
    if any(size == other for other, _ in outside):
        faults.append(f"another tree of {size} rows was signed elsewhere")
        return
    for proof in proofs:
        old = int(proof["size"])
        path = [base64.b64decode(part, validate=True) for part in proof["proof"]]
        if any(old == other and continues(old, size, other_root, root, path) for other, other_root in outside):
            return
    faults.append(
        f"none of the checkpoints from elsewhere has {size} rows, and nothing shows that the log continues one of them"
    )


def continued(
    size: int, root: bytes, newer: dict[str, Any] | None, keys: list[Key], outside: list[Signed], faults: list[str]
) -> bool:
    """Whether a checkpoint from elsewhere is shown to continue the extract's."""
    if newer is None or newer["from"] != size:
        return False
    path = [base64.b64decode(part, validate=True) for part in newer["proof"]]
    signed = read_checkpoints(newer["checkpoint"], keys, faults)
    return any((one in outside) and continues(size, one[0], root, one[1], path) for one in signed)


def continues(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2, for an older tree that is smaller."""
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else proof
    fn, sn, fr, sr = old - 1, new - 1, path[0], path[0]
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    for part in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01" + part + fr), sha256(b"\x01" + part + sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01" + sr + part)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an exported tillit log, or an extract of one.")
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("--key", action="append", required=True, help="verifier key of the log: NAME+ID+KEY")
    parser.add_argument("--checkpoint", type=pathlib.Path, help="file of checkpoints that was kept elsewhere")
    parser.add_argument(
        "--consistency", type=pathlib.Path, help="the log's proof that a newer checkpoint continues an extract's"
    )
    given = parser.parse_args(arguments)
    faults: list[str] = []
    keys = [read_key(text) for text in given.key]
    outside = read_checkpoints(given.checkpoint.read_text("utf-8"), keys, faults) if given.checkpoint else None
    with given.export.open(encoding="utf-8") as lines:
        newer = json.loads(given.consistency.read_text("utf-8")) if given.consistency else None
        size = verify(lines, keys, outside, faults, newer)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if not given.checkpoint:
        sys.stdout.write(
            "No checkpoint from elsewhere was given: rows cut off at the end, or another log, would not be noticed.\n"
        )
    sys.stdout.write(f"{size} rows: {'NOT AS SIGNED' if faults else 'all as signed'}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
