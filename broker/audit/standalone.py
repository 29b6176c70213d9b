"""Verify an exported tillit log without tillit. Needs Python and the package cryptography, nothing else.

    python3 standalone.py EXPORT --key 'NAME+ID+KEY' [--checkpoint FILE]

EXPORT is what `tillit log export` wrote. KEY is the log's verifier key, from somewhere else than the export. FILE holds
signed checkpoints that were kept elsewhere; without it, rows cut off at the end cannot be noticed. Exit code 0: all holds.
Hashes: RFC 9162 section 2.1. Checkpoints: C2SP tlog-checkpoint and signed-note.
"""

import argparse
import base64
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


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Tree:
    """Grows by leaves; keeps only the roots of full subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self.roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        node, size = sha256(b"\x00" + leaf), self.size
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


def read_checkpoints(text: str, keys: list[Key], faults: list[str]) -> list[tuple[int, bytes]]:
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


def verify(lines: Iterator[str], keys: list[Key], outside: list[tuple[int, bytes]], faults: list[str]) -> int:
    """Read the export line by line; wherever somebody signed, the root of what was read must be the one signed."""
    head = json.loads(next(lines, "{}"))
    if head.get("format") != "tillit-log/1":
        raise ValueError("not an exported log")
    wanted = {*outside, *read_checkpoints("\n".join(head["checkpoints"]), keys, faults)}
    sizes = {size for size, _ in wanted}
    tree, roots = Tree(), {}
    for line in lines:
        take(json.loads(line), tree, faults)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
    if tree.size and tree.size not in sizes:
        faults.append(f"no signed checkpoint of {tree.size} rows")
    for size, root in sorted(wanted):
        if size and roots.get(size) != root:
            faults.append(f"checkpoint of {size} rows: the rows are {'others' if size in roots else 'missing'}")
    return tree.size


def take(row: dict[str, Any], tree: Tree, faults: list[str]) -> None:
    """The next row: its position, its evidence, its leaf."""
    if row["position"] != tree.size:
        faults.append(f"after {tree.size} rows comes position {row['position']}")
    evidence = row["evidence"]
    found = None if evidence is None else hashlib.sha256(base64.b64decode(evidence, validate=True)).hexdigest()
    if json.loads(row["leaf"]).get("evidence") != found:
        faults.append(f"position {row['position']}: the evidence is not the one that the leaf names")
    tree.append(row["leaf"].encode())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an exported tillit log.")
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("--key", action="append", required=True, help="verifier key of the log: NAME+ID+KEY")
    parser.add_argument("--checkpoint", type=pathlib.Path, help="file of checkpoints that was kept elsewhere")
    given = parser.parse_args(arguments)
    faults: list[str] = []
    keys = [read_key(text) for text in given.key]
    outside = read_checkpoints(given.checkpoint.read_text("utf-8"), keys, faults) if given.checkpoint else []
    with given.export.open(encoding="utf-8") as lines:
        size = verify(lines, keys, outside, faults)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if not given.checkpoint:
        sys.stdout.write("No checkpoint file was given: rows cut off at the end would not be noticed.\n")
    sys.stdout.write(f"{size} rows: {'NOT AS SIGNED' if faults else 'all as signed'}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
