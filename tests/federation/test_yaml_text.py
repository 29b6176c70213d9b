"""The notation of the file: texts only, each key once, and no more values than were written."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.federation.faults import BadFederation
from broker.federation.yaml_text import MAXIMUM_DEPTH, MAXIMUM_OCTETS, read_yaml


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a: 0123", "0123"),
        ("a: 198906059483", "198906059483"),
        ("a: no", "no"),
        ("a: null", "null"),
        ("a: 1.10", "1.10"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 0x1f", "0x1f"),
        ("a: 12:30", "12:30"),
        ("a: ''", ""),
        ("a: |\n  <x>\n  </x>\n", "<x>\n</x>\n"),
        ("\ufeffa: b", "b"),
        ("a: &x b\nc: *x\n", "b"),
    ],
)
def test_every_scalar_is_the_text_that_was_written(written, value):
    assert read_yaml(written.encode()).content["a"] == value


LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (ord("a") + n, ord("a") + n, b", ".join([b"*%c" % (ord("a") + n - 1)] * 10))
    for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"a: 1\na: 2\n", "line 2: a: stands twice"),
        (b"a:\n", "has no value"),
        (b"a: [b, ]\nc: [,]\n", "not YAML"),
        (b"a: b: c\n", "not YAML"),
        (b"a: 'b\n", "not YAML"),
        (b"a: \xff\n", "not UTF-8"),
        (b"a: \x00\n", "not YAML"),
        (b"a: b\n---\na: c\n", "more than one document"),
        (b"a: !!python/object/apply:os.system [ls]\n", "tag"),
        (b"a: !!int 1\n", "tag"),
        (b"!!set {a: b}\n", "tag"),
        (b"a: !x b\n", "tag"),
        (b"? [a]\n: b\n", "key that is not a text"),
        (b"? {a: b}\n: b\n", "key that is not a text"),
        (b"a: *b\n", "alias"),
        (b"a: &a [*a]\n", "alias of something that is not complete"),
        (b"a: &a {b: *a}\n", "alias of something that is not complete"),
        (LAUGHS, "aliases counted"),
        (b"a: " + b"[" * 5000, "nest"),
        (b"a: " + b"{b: " * 5000, "nest"),
        (b"- " * 5000 + b"a", "nest"),
        (b"a: " + b"[" * 30 + b"]" * 30, "nested too deeply"),
        (b"#" * (MAXIMUM_OCTETS + 1), "larger than 8 MiB"),
    ],
)
def test_what_is_no_plain_file_is_refused(octets, why):
    with pytest.raises(BadFederation) as refused:
        read_yaml(octets)
    assert why in str(refused.value)


def test_a_merge_key_is_a_key_like_any_other():
    assert read_yaml(b"a: &a {b: c}\nd: {<<: *a}\n").content["d"] == {"<<": {"b": "c"}}


def test_an_empty_file_has_no_keys():
    assert read_yaml(b"# nothing\n").content == {}


def test_lists_may_be_nested_as_deep_as_any_file_needs():
    deep = b"[" * MAXIMUM_DEPTH + b"a" + b"]" * MAXIMUM_DEPTH
    assert read_yaml(deep).content


def test_each_place_knows_its_line():
    lines = read_yaml(b"a:\n  - b: c\n    d: e\n  - f\n").lines
    assert [lines[place] for place in [("a",), ("a", 0), ("a", 0, "d"), ("a", 1)]] == [1, 2, 3, 4]


@given(st.binary(max_size=200))
def test_any_octets_are_a_file_or_refused(octets):
    with suppress(BadFederation):
        read_yaml(octets)
