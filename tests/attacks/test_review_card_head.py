"""The card listener reads heads on one thread: no line that a stranger sends may keep it busy (CPU grows with the octets)."""

import pytest

from broker.web.card_http import MAXIMUM_HEAD, BadHead, parse_head

START = b"GET /card/abcdefgh HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.timeout(20)  # it took hours, not seconds
@pytest.mark.parametrize(
    "filling",
    [b" ", b"\t", b" \t", b"x ", b"\xa0"],
    ids=["spaces", "tabs", "both", "spaced letters", "no-break spaces"],
)
@pytest.mark.parametrize("end", [b"\x01", b"\x00", b"\n", b"\r"], ids=["control", "nul", "line feed", "return"])
def test_a_long_field_line_that_ends_badly_is_refused_at_once(filling, end):
    room = MAXIMUM_HEAD - len(START) - 4
    with pytest.raises(BadHead) as refused:
        parse_head(START + b"a:" + filling * (room // len(filling)) + end)
    assert refused.value.status == 400


def test_white_space_around_a_value_is_no_part_of_it():
    head = parse_head(START + b"a: \t b c\t \r\nb:\r\nc:d")
    assert head.fields[1:] == (("a", "b c"), ("b", ""), ("c", "d"))


@pytest.mark.parametrize("line", [b"a :b", b" a:b", b"a", b":b", b"a\x00:b", b"\xe5:b", b"a:\x7f", b"a" * 129 + b":b"])
def test_what_is_no_field_line_is_refused(line):
    with pytest.raises(BadHead):
        parse_head(START + line)
