"""Identity numbers: what can be one and what cannot. Only official test numbers stand here."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_framework import identifiers as ids

PERSONAL = ["195006262546", "197309069289", "198906059483", "191212121212"]
COORDINATION = ["197010632391"]


@pytest.mark.parametrize("value", PERSONAL)
def test_a_test_number_is_a_personal_number_and_nothing_else(value):
    assert ids.personal_number(value)
    assert not ids.coordination_number(value)
    assert [kind.oid for kind in ids.typed(value)] == ["1.2.752.129.2.1.3.1"]


@pytest.mark.parametrize("value", COORDINATION)
def test_a_coordination_number_has_sixty_added_to_the_day(value):
    assert ids.coordination_number(value)
    assert not ids.personal_number(value)
    assert ids.personal_or_coordination_number(value)
    assert [kind.oid for kind in ids.typed(value)] == ["1.2.752.129.2.1.3.3"]


def with_luhn(first_eleven: str) -> str:
    return next(first_eleven + str(d) for d in range(10) if ids.luhn(first_eleven[2:] + str(d)))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "198906059484",  # check digit
        "8906059483",  # ten digits
        "19890605-9483",
        "19890605948３",  # a digit of another script
        " 198906059483",
        "198906059483\n",
        with_luhn("19890230001"),  # 30 February
        with_luhn("19891305001"),  # month 13
        with_luhn("19890600001"),  # day 0
        with_luhn("19890660001"),  # 60 added to no day
        with_luhn("19890692001"),  # 60 added to day 32
        with_luhn("99890605001"),  # century
        with_luhn("00000605001"),  # no such year
        "19890605948x",
    ],
)
def test_what_is_no_personal_or_coordination_number(value):
    assert not ids.personal_or_coordination_number(value)


@pytest.mark.parametrize("century", ["18", "19", "20"])
def test_both_the_date_and_the_century_count(century):
    assert ids.personal_number(with_luhn(century + "960229001"[:9]))


def test_a_leap_day_exists_in_leap_years_only():
    assert ids.personal_number(with_luhn("20000229001"))
    assert not ids.personal_number(with_luhn("19000229001"))


def test_a_birth_date_comes_out_of_a_personal_number_only():
    assert ids.birth_date("198906059483") == "1989-06-05"
    assert ids.birth_date("197010632391") is None
    assert ids.birth_date("") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1989-06-05", True), ("1989-02-30", False), ("1989-6-5", False), ("19890605", False), ("0000-01-01", False)],
)
def test_a_date_must_exist(value, expected):
    assert ids.real_date(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2321000016", True),
        ("5590026042", True),
        ("2021003898", True),
        ("5590026043", False),  # check digit
        ("195006262546"[2:], False),  # a personal number: third digit below 2
        ("232100-0016", False),
        ("162321000016", False),
        ("", False),
    ],
)
def test_an_organisation_number_has_a_third_digit_of_two_or_more(value, expected):
    assert ids.organisation_number(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("SE2321000016-1ABC", True),
        ("se2321000016-1abc", True),
        ("SE165565594230-1000", True),
        ("TST5565594230-1000", True),
        ("SE2321000016-" + "A" * 19, True),
        ("SE2321000016-" + "A" * 20, False),
        ("SE2321000016-", False),
        ("SE2321000016-Å1", False),
        ("SE2321000016-1@2", False),
        ("SE232100001-1ABC", False),
        ("SE23210000161-1ABC", False),
        ("NO2321000016-1ABC", False),
        ("SE2321000016-1 2", False),
        ("SE2321000016-1ABC\n", False),
        ("", False),
    ],
)
def test_an_hsa_id_is_read_strictly(value, expected):
    assert ids.hsa_id(value) is expected


def test_hsa_ids_are_compared_without_case_and_tell_their_organisation():
    assert ids.hsa_compare_form(" se2321000016-1abc ") == "SE2321000016-1ABC"
    assert ids.hsa_organisation("SE165565594230-1000") == "5565594230"
    assert ids.hsa_organisation("SE2321000016-1000") == "2321000016"
    assert ids.hsa_organisation("2321000016") is None
    assert ids.hsa_organisation("SE2321000016-" + "A" * 40) is None


def luhn_end(head: str, digits: str) -> str:
    return next(head + str(d) for d in range(10) if ids.luhn(digits + str(d)))


STOCKHOLM = luhn_end("99198912345", "8912345")
INERA = luhn_end("19890632001", "890632001")
GOTALAND = luhn_end("19890605K06", "890605506")


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (ids.stockholm_reserve, STOCKHOLM, True),
        (ids.stockholm_reserve, luhn_end("99197912345", "7912345"), False),
        (ids.stockholm_reserve, luhn_end("99230012345", "0012345"), False),
        (ids.stockholm_reserve, "98" + STOCKHOLM[2:], False),
        (ids.stockholm_reserve, STOCKHOLM[:-1] + str((int(STOCKHOLM[-1]) + 1) % 10), False),
        (ids.stockholm_reserve, "99", False),
        (ids.inera_reserve, INERA, True),
        (ids.inera_reserve, luhn_end("19890631001", "890631001"), False),
        (ids.inera_reserve, luhn_end("19890660001", "890660001"), False),
        (ids.inera_reserve, luhn_end("19891332001", "891332001"), False),
        (ids.inera_reserve, INERA[:-1] + str((int(INERA[-1]) + 1) % 10), False),
        (ids.inera_reserve, "1989", False),
        (ids.vastra_gotaland_reserve, GOTALAND, True),
        (ids.vastra_gotaland_reserve, luhn_end("19890605M06", "890605706"), True),
        (ids.vastra_gotaland_reserve, luhn_end("19890605X89", "890605889"), True),
        (ids.vastra_gotaland_reserve, luhn_end("19890605K05", "890605505"), False),
        (ids.vastra_gotaland_reserve, luhn_end("19890605K90", "890605590"), False),
        (ids.vastra_gotaland_reserve, luhn_end("19890631K06", "890631506"), False),
        (ids.vastra_gotaland_reserve, GOTALAND.replace("K", "M"), False),
        (ids.vastra_gotaland_reserve, GOTALAND.replace("K", "A"), False),
        (ids.varmland_reserve, "19890605SF1A", True),
        (ids.varmland_reserve, "19890605SL9Z", True),
        (ids.varmland_reserve, "19890605SA1A", False),
        (ids.varmland_reserve, "19890605SF11", False),
        (ids.varmland_reserve, "19890631SF1A", False),
    ],
)
def test_reserve_numbers(check, value, expected):
    assert check(value) is expected


def test_a_number_is_kept_with_its_kind_and_source():
    (found,) = ids.typed("se2321000016-1abc", "card")
    assert found == ids.Identifier("1.2.752.129.2.1.4.1", "SE2321000016-1ABC", "card")
    assert ids.typed("anna@example.se") == ()


def test_every_kind_has_an_oid_of_its_own():
    assert len({kind.oid for kind in ids.KINDS.values()}) == len(ids.KINDS)


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9]{8,14}", fullmatch=True)))
def test_no_text_makes_a_check_fail_otherwise_than_by_saying_no(text):
    for kind in ids.KINDS.values():
        assert kind.valid(text) in {True, False}
    assert ids.organisation_number(text) in {True, False}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PERSONAL + COORDINATION), st.integers(2, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(value, place, by):
    wrong = value[:place] + str((int(value[place]) + by) % 10) + value[place + 1 :]
    assert not ids.luhn(wrong[2:])
