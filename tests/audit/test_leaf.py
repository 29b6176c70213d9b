"""An event as a leaf: canonical, salted, without evidence, without anything that could deceive a reader."""

import dataclasses
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.audit import care_events, events, person_events
from broker.audit.leaf import evidence_of, leaf
from tests.support import effects as a

DEFINED = {**vars(events), **vars(care_events), **vars(person_events)}
CLASSES = [c for c in DEFINED.values() if isinstance(c, type) and issubclass(c, events.Event) and c.name]


def test_a_leaf_is_compact_sorted_ascii_and_says_what_the_event_says():
    event = a.code_issued()
    found = leaf(event)
    content = json.loads(found)
    salt = content.pop("salt")
    assert found == json.dumps({**content, "salt": salt}, sort_keys=True, separators=(",", ":")).encode("ascii")
    assert len(bytes.fromhex(salt)) == 16
    assert content == json.loads(json.dumps(event.content()))


def test_two_leaves_of_one_event_differ_by_their_salt():
    assert leaf(a.code_issued()) != leaf(a.code_issued())


def test_what_is_empty_is_left_out_but_numbers_and_booleans_are_not():
    event = events.ConsentRecorded(at=0, person="p", service="s", given=False)
    assert set(json.loads(leaf(event))) == {"at", "event", "given", "person", "salt", "service"}


def test_evidence_is_named_by_its_hash_alone():
    event = a.identified()
    assert evidence_of(event) == ("person-1", b'{"certificate":"MIIB 199001012385"}')
    found = leaf(event, b"sealed")
    assert json.loads(found)["evidence"] == hashlib.sha256(b"sealed").hexdigest()
    assert b"199001012385" not in found
    assert evidence_of(a.identified(evidence={})) is None
    assert evidence_of(a.code_issued()) is None


def test_control_and_bidi_characters_are_escaped():
    found = leaf(a.code_issued(reason="a\r\nb\x1b[31m\u202egpj.exe\u2028"))
    assert found.isascii()
    assert not any(byte < 0x20 for byte in found)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_event_can_be_a_leaf(cls):
    values = {"str": "x", "int": 1, "bool": True, "tuple[str, ...]": ("x",), "dict[str, str]": {"a": "b"}}
    values["tuple[tuple[str, str], ...]"], values["tuple[tuple[str, str, str], ...]"] = (
        (("a", "b"),),
        (("a", "b", "c"),),
    )
    values["tuple[tuple[str, ...], ...]"] = (("a", "b"),)
    event = cls(
        **{
            f.name: values[str(getattr(f.type, "__name__", f.type)) if f.type in {str, int, bool} else str(f.type)]
            for f in dataclasses.fields(cls)
        }
    )
    content = json.loads(leaf(event))
    assert content["event"] == cls.name
    assert set(content) == {f.name for f in dataclasses.fields(cls) if f.name != "evidence"} | {"event", "salt"}


@settings(max_examples=50, deadline=None)
@given(st.text(), st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=3))
def test_any_text_goes_through(text, trace):
    content = json.loads(leaf(a.code_issued(reason=text, trace=tuple(trace))))
    assert content.get("reason", "") == text
    assert [tuple(row) for row in content.get("trace", [])] == trace
