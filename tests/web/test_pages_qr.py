"""The code drawn on the server says what it was given, with a quiet zone round it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.web.pages.qr import QUIET, qr_path
from tests.support.qr_reader import read_path


@settings(max_examples=25, deadline=None)
@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789.-:/?="), min_size=14, max_size=130))
def test_a_drawn_code_reads_back_as_its_text(text: str):
    _, path = qr_path(f"q{text}")
    assert read_path(path) == f"q{text}"


@pytest.mark.spec("ISO/IEC 18004", "6.3.8")
def test_a_code_has_four_light_modules_on_every_side():
    side, path = qr_path("bankid.a.0.b")
    rights = [int(x) + int(length) for x, length in re.findall(r"M(\d+) \d+h(\d+)", path)]
    tops = [int(y) for y in re.findall(r"M\d+ (\d+)h", path)]
    assert max(rights) == side - QUIET
    assert (min(tops), max(tops)) == (QUIET, side - QUIET - 1)
    assert min(int(x) for x in re.findall(r"M(\d+) ", path)) == QUIET
