"""Entries of the access log as a file that anybody can verify with the stand-alone script (`broker/audit/standalone.py`)."""

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from broker.exchange import Reply
from broker.web.console.handing_out import extract_of, file_reply
from broker.web.console.mine.turn import OwnTurn
from trust_framework.staff_told import AsTold

SCRIPT: Final = "standalone.py"


def reply(rows: Iterable[AsTold], mine: OwnTurn) -> Reply:
    """The file. Entries that wait to be sealed (a second) are not in it."""
    return file_reply("utdrag.jsonl", extract_of(mine.store, rows), "application/jsonl")


def names(leaf: bytes, text: str) -> bool:
    """Whether a leaf names a text by its hash."""
    return bool(json.loads(leaf).get("record") == hashlib.sha256(text.encode()).hexdigest())


def script() -> Reply:
    """The script that verifies it, as it is shipped."""
    source = (files("broker.audit") / SCRIPT).read_bytes()
    return file_reply(f"tillit-{SCRIPT}", source, "text/x-python; charset=utf-8")
