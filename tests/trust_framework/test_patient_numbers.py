"""A patient's number as it is typed: which kind it is, and why it is none. Only official test numbers stand here."""

from datetime import date

import pytest

from trust_framework.care import PATIENT_KINDS
from trust_framework.identifiers import KINDS, Identifier
from trust_framework.patient_numbers import NoPatient, kind_of, read, written

TODAY = date(2026, 11, 25)
TOLVAN = Identifier(KINDS["personnummer"].oid, "191212121212")
CECILIA = Identifier(KINDS["personnummer"].oid, "198906059483")
DAGNY = Identifier(KINDS["samordningsnummer"].oid, "197010632391")


@pytest.mark.parametrize(
    ("typed", "patient"),
    [
        ("191212121212", TOLVAN),
        ("19121212-1212", TOLVAN),
        (" 19121212 1212 ", TOLVAN),
        ("121212+1212", TOLVAN),
        ("19121212\u20131212", TOLVAN),
        ("19121212\u00a01212", TOLVAN),
        ("890605-9483", CECILIA),
        ("8906059483", CECILIA),
        ("701063-2391", DAGNY),
        ("19701063-2391", DAGNY),
    ],
)
def test_a_number_is_read_however_people_write_it(typed, patient):
    assert read(typed, TODAY) == patient


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("reserve-stockholm", "991980000003"),
        ("reserve-vastra-gotaland", "19121212K064"),
        ("reserve-varmland", "19121212SF1A"),
        ("reserve-varmland", "19121212-sf1a"),
        ("reserve-inera", "191212321218"),
    ],
)
def test_a_reserve_number_is_one_of_its_kind(kind, typed):
    found = read(typed, TODAY)

    assert isinstance(found, Identifier), found
    assert (found.oid, kind_of(found)) == (KINDS[kind].oid, kind)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", NoPatient.MISSING),
        ("  \u00a0 ", NoPatient.MISSING),
        ("SE2329999912-1002", NoPatient.STAFF),
        ("se2329999912-1002", NoPatient.STAFF),
        ("2329999912", NoPatient.ORGANISATION),
        ("232999-9912", NoPatient.ORGANISATION),
        ("191212121213", NoPatient.DIGITS),
        ("191213321212", NoPatient.DIGITS),
        ("121212-1213", NoPatient.DIGITS),
        ("20270101-0000", NoPatient.DIGITS),
        ("19121212121", NoPatient.UNKNOWN),
        ("1912121212121", NoPatient.UNKNOWN),
        ("19121212+1212", NoPatient.UNKNOWN),
        ("Tolvan Tolvansson", NoPatient.UNKNOWN),
        ("<script>alert(1)</script>", NoPatient.UNKNOWN),
        ("1" * 4000, NoPatient.UNKNOWN),
        ("１９１２１２１２１２１２", NoPatient.UNKNOWN),
    ],
)
def test_what_is_no_patients_number_says_why(typed, why):
    assert read(typed, TODAY) is why


@pytest.mark.parametrize(
    ("today", "century"), [(date(2012, 12, 12), "20"), (date(2012, 12, 11), "19"), (date(2026, 1, 1), "20")]
)
def test_the_century_is_the_latest_in_which_the_day_has_been(today, century):
    found = read("121212-1212", today)

    assert found == Identifier(KINDS["personnummer"].oid, f"{century}1212121212")


def test_a_number_is_written_with_its_hyphen_and_its_kind_is_named():
    assert written(TOLVAN) == "19121212-1212"
    assert written(Identifier("1.2", "x")) == "x"
    assert kind_of(DAGNY) == "samordningsnummer"
    assert kind_of(Identifier("1.2", "x")) == ""
    assert {kind_of(Identifier(kind.oid, "x")) for kind in PATIENT_KINDS} == set(KINDS) - {"hsa-id"}
