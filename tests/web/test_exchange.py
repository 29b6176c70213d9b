"""Query strings and forms as pairs (application/x-www-form-urlencoded)."""

import pytest

from broker.exchange import MAX_FIELDS, BadRequest, pairs


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"", []),
        (b"a", [("a", "")]),
        (b"a=&&b=c=d", [("a", ""), ("b", "c=d")]),
        (b"a=1&a=2", [("a", "1"), ("a", "2")]),
        (b"%C3%A5=a+b%20c", [("å", "a b c")]),
        (b"a=%2500", [("a", "%00")]),
        (b"a=%0", [("a", "%0")]),
    ],
)
def test_pairs_are_read_in_order_and_decoded_once(octets, found):
    assert pairs(octets) == found


@pytest.mark.parametrize(
    "octets",
    [b"a=%ff", b"a=\xc3\xa5", b"a=%ED%A0%80", b"&".join([b"a"] * (MAX_FIELDS + 1))],
)
def test_what_is_no_text_is_refused(octets):
    with pytest.raises(BadRequest):
        pairs(octets)
