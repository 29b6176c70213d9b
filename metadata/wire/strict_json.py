"""JSON from outside, read so that two readers can never disagree about it (RFC 8259, RFC 7493).

Owns the one strict reader of JSON objects that others sent. What the members mean is left to the caller.
"""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

MAXIMUM_DEPTH = 16


class BadJson(Exception):
    """The bytes are not one JSON object, or array, that every reader would understand alike."""


def read_object(raw: bytes, *, depth: int = MAXIMUM_DEPTH) -> dict[str, Any]:
    """The object in `raw`. Raises BadJson for all else: not UTF-8, a member twice, NaN or Infinity (also as 1e999),
    nesting over `depth`, and text that is no Unicode scalar text or holds NUL (RFC 7493 sections 2.1 to 2.3).
    """
    value = _read(raw, depth)
    if not isinstance(value, dict):
        raise BadJson("not an object")
    return value


def read_array(raw: bytes, *, depth: int = MAXIMUM_DEPTH) -> list[Any]:
    """The array in `raw`, read as strictly. Raises BadJson."""
    value = _read(raw, depth)
    if not isinstance(value, list):
        raise BadJson("not an array")
    return value


def _read(raw: bytes, depth: int) -> Any:
    try:
        value = _DECODER.decode(raw.decode())
        # Brackets are an upper bound of the depth, so that the usual small object is not walked at all. What is no text can
        # only have been written as an escape: the octets are UTF-8, and control characters as they are were refused.
        if b"\\u" in raw:
            _walk(value, depth)
        elif raw.count(b"{") + raw.count(b"[") > depth:
            _refuse_deep(value, depth)
    except (ValueError, RecursionError) as error:
        raise BadJson("not readable") from error
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("a member twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadJson("a number out of range")
    return number


def _constant(_name: str) -> NoReturn:
    raise BadJson("NaN or Infinity")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_float=_finite, parse_constant=_constant)


def _refuse_deep(value: Any, depth: int) -> None:
    """Raises BadJson where the nesting is too deep."""
    if depth == 0:
        raise BadJson("nested too deep")
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            _refuse_deep(child, depth - 1)


def _walk(value: Any, depth: int) -> None:
    """Raises BadJson where the nesting is too deep, and for text that could not be stored or sent on."""
    if isinstance(value, str):
        if "\0" in value or not _is_scalar_text(value):
            raise BadJson("text that is not text")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise BadJson("nested too deep")
        for child in _children(value):
            _walk(child, depth - 1)


def _children(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return (*value.keys(), *value.values()) if isinstance(value, dict) else value


def _is_scalar_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
