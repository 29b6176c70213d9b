"""Values to JSON and back: the same again, and readable for the release before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.login.request import Transaction
from broker.storage.codec import CannotStore, Codec, dumps, loads
from tests.support import effects as a
from trust_framework.identity import Identity, Subject

TEXT = st.text(max_size=12)
ATTRIBUTES = st.dictionaries(TEXT, st.lists(TEXT, max_size=3).map(tuple), max_size=3)
IDENTITIES = st.builds(
    Identity,
    method=TEXT,
    subject=st.builds(Subject, TEXT, TEXT, TEXT),
    level=TEXT,
    authenticated_at=st.integers(0, 2**40),
    attributes=ATTRIBUTES,
    authn_methods=st.lists(TEXT, max_size=3).map(tuple),
    authorities=st.lists(TEXT, max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.none() | IDENTITIES, st.binary(max_size=30), TEXT, st.dictionaries(TEXT, st.none() | TEXT | st.integers()))
def test_a_login_comes_back_as_it_was(identity, state, text, front):
    from dataclasses import replace

    tx = a.login(identity=identity, method_state=state, reference=text, levels=(text,))
    tx = replace(tx, request=replace(tx.request, front=front))
    codec = Codec(Transaction)
    assert codec.decode(codec.encode(tx)) == tx


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    number: int = 0


@dataclass(frozen=True)
class Everything:
    name: str
    flag: bool | None = None
    raw: bytes | None = None
    colour: Colour = Colour.RED
    set_of: frozenset[str] = frozenset()
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    pair: tuple[str, int] = ("", 0)
    pairs: tuple[tuple[str, str], ...] = ()
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    anything: Any = None


WHOLE = Everything(
    "n", True, b"\x00\xff", Colour.RED, frozenset({"b", "a"}), Inner(3), (Inner(), Inner(1)), ("a", 1), (("x", "y"),),
    {"k": Inner(2)}, {"free": [1, None]},
)  # fmt: skip


@pytest.mark.parametrize("value", [WHOLE, Everything("n"), Everything("", flag=False, raw=b"")])
def test_every_kind_of_field_comes_back(value):
    codec = Codec(Everything)
    assert codec.decode(codec.encode(value)) == value


def test_defaults_are_left_out():
    assert Codec(Everything).encode(Everything("n")) == b'{"name":"n"}'


def test_what_a_newer_release_wrote_is_passed_over_and_what_an_older_one_did_not_has_its_default():
    assert Codec(Everything).decode(b'{"name":"n","new":[1]}') == Everything("n")
    assert Codec(tuple[Inner, ...]).decode(b'[{"number":1},{}]') == (Inner(1), Inner())
    assert Codec(str).decode(Codec(str).encode("å")) == "å"


@pytest.mark.parametrize("hint", [complex, str | int, set[str], dict[int, str], tuple[bytes, str], object])
def test_a_type_that_has_no_place_in_json_is_refused_when_the_plan_is_made(hint):
    with pytest.raises(CannotStore):
        Codec(hint)


def test_json_is_compact_and_not_a_number_is_refused():
    assert loads(dumps({"a": [1, "å"]})) == {"a": [1, "å"]}
    assert dumps({"a": [1, "å"]}) == '{"a":[1,"å"]}'.encode()
    with pytest.raises(ValueError, match="float"):
        dumps(float("nan"))
