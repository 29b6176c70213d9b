"""Values to JSON and back, by the types of their fields.

Owns how frozen dataclasses are kept in sealed columns. A plan is made once for each class; fields that have their default
are left out, and names that a class does not know are passed over, so that two releases can run side by side. What is
typed `Any` must be JSON values already (a tuple in it comes back as a list).
"""

import base64
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
Convert = Callable[[Any], Any]

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False, allow_nan=False).encode


class CannotStore(TypeError):
    """A field has a type that has no place in JSON. Found when the plan is made, not when a value is stored."""


def dumps(value: Any) -> bytes:
    """JSON values as compact UTF-8."""
    return _dump(value).encode()


def loads(data: bytes) -> Any:
    """What `dumps` wrote."""
    return json.loads(data)


class Codec(Generic[T]):
    """The plan of one class."""

    __slots__ = ("_decode", "_encode")

    def __init__(self, of: Any) -> None:
        self._encode = _encoder(of)
        self._decode = _decoder(of)

    def encode(self, value: T) -> bytes:
        """The value as compact JSON."""
        return dumps(self._encode(value) if self._encode else value)

    def decode(self, data: bytes) -> T:
        """The value again."""
        plain = json.loads(data)
        return cast("T", self._decode(plain) if self._decode else plain)


@cache
def _encoder(hint: Any) -> Convert | None:
    """What turns a value of this type into JSON; None when the JSON writer takes it as it is."""
    kind = _kind(hint)
    return kind if kind is None else kind[0]


@cache
def _decoder(hint: Any) -> Convert | None:
    kind = _kind(hint)
    return kind if kind is None else kind[1]


_Pair = tuple[Convert | None, Convert | None]


@cache
def _kind(hint: Any) -> _Pair | None:
    """Encoder and decoder of a type."""
    if hint in {str, int, bool, float, Any, type(None)}:
        return None
    if hint is bytes:
        return (lambda v: base64.b64encode(v).decode()), base64.b64decode
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda v: v.value), hint
    if is_dataclass(hint):
        return _dataclass_encoder(hint), _dataclass_decoder(hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return _optional(hint, args)
    if origin is tuple:
        return _tuple(args)
    if origin is frozenset:
        return sorted, frozenset
    if origin in {dict, Mapping} and args[0] is str:
        return _mapping(args[1])
    raise CannotStore(str(hint))


def _optional(hint: Any, args: tuple[Any, ...]) -> _Pair:
    wanted = [a for a in args if a is not type(None)]
    if len(wanted) != 1:
        raise CannotStore(str(hint))
    encode, decode = _encoder(wanted[0]), _decoder(wanted[0])
    return (
        None if encode is None else lambda v: None if v is None else encode(v),
        None if decode is None else lambda v: None if v is None else decode(v),
    )


def _tuple(args: tuple[Any, ...]) -> _Pair:
    if len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004  # tuple[X, ...]
        encode, decode = _encoder(args[0]), _decoder(args[0])
        return (
            None if encode is None else lambda v: [encode(item) for item in v],
            tuple if decode is None else lambda v: tuple([decode(item) for item in v]),
        )
    if any(_kind(a) for a in args):
        raise CannotStore(str(args))
    return None, tuple


def _mapping(value: Any) -> _Pair:
    encode, decode = _encoder(value), _decoder(value)
    return (
        dict if encode is None else lambda v: {k: encode(item) for k, item in v.items()},
        None if decode is None else lambda v: {k: decode(item) for k, item in v.items()},
    )


def _dataclass_encoder(cls: Any) -> Convert:
    hints = typing.get_type_hints(cls)
    plan = [(f.name, _default(f), _encoder(hints[f.name])) for f in fields(cls)]

    def encode(value: Any) -> dict[str, Any]:
        out = {}
        for name, default, convert in plan:
            found = getattr(value, name)
            if found is not default and found != default:
                out[name] = convert(found) if convert else found
        return out

    return encode


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def _dataclass_decoder(cls: Any) -> Convert:
    hints = typing.get_type_hints(cls)
    plan = {f.name: _decoder(hints[f.name]) for f in fields(cls)}

    def decode(plain: Any) -> Any:
        known = {}
        for name, found in plain.items():
            if name in plan:
                convert = plan[name]
                known[name] = convert(found) if convert else found
        return cls(**known)

    return decode
