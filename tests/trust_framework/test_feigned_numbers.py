"""Which personal numbers are known to be nobody's."""

import pytest

from trust_framework.feigned_numbers import feigned

NOBODY = ["191212121212", "19121212-1212", "199001012385", "199001012393", "189001019802", "201801012384"]
MAYBE_REAL = ["196408233234", "198001019291", "19900101238", "199001019791", "1990010123", "19900101ABCD"]


@pytest.mark.spec("IS", "24")
@pytest.mark.parametrize("number", NOBODY)
def test_a_test_number_is_nobodys(number):
    assert feigned(number)


@pytest.mark.spec("IS", "24")
@pytest.mark.parametrize("number", MAYBE_REAL)
def test_any_other_number_may_be_somebodys_until_the_installation_says_otherwise(number):
    assert not feigned(number)
    assert feigned(number, [number])
