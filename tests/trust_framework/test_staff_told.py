"""What of a member of staff is told to whom, of an access that the log has: every reader, every switch, protected and not."""

from dataclasses import replace
from itertools import product

import pytest

from tests.support import care_values as a
from tests.support.access_records import record
from trust_framework.access_log import AccessRow, identity_text_of
from trust_framework.care import CareProvider, Switches
from trust_framework.care_register import CareRegister
from trust_framework.staff_told import Reader, as_told, reader_of

NAME, NUMBER = "Anna Åkesson", "198906059483"


def register(*, names_shown: bool = True) -> CareRegister:
    switches = Switches(staff_names_shown=names_shown)
    return CareRegister({a.PROVIDER: CareProvider(a.PROVIDER, "5560360793", switches=switches)})


def entry() -> AccessRow:
    one = record()
    return AccessRow("1", "p1", one, '{"logId":"x"}', 7, identity_text_of(one, "salt"))


TOLD = [
    # reader, names shown, protected: name, number and the text that proves both
    (Reader.PATIENT, True, False, NAME, False),
    (Reader.PATIENT, False, False, "", False),
    (Reader.PATIENT, True, True, "", False),
    (Reader.PATIENT, False, True, "", False),
    (Reader.OWNER, True, False, NAME, True),
    (Reader.OWNER, False, False, NAME, True),
    (Reader.OWNER, True, True, "", False),
    (Reader.OWNER, False, True, "", False),
    (Reader.OTHERS, True, False, "", False),
    (Reader.OTHERS, False, False, "", False),
    (Reader.OTHERS, True, True, "", False),
    (Reader.OTHERS, False, True, "", False),
]


def test_the_table_has_every_reader_with_every_switch():
    assert {row[:3] for row in TOLD} == set(product(Reader, (True, False), (True, False)))


@pytest.mark.spec("Sweden", "10, row 21")
@pytest.mark.spec("HSLF-FS 2016:40", "4:10")
@pytest.mark.parametrize(("reader", "shown", "protected", "name", "whole"), TOLD)
def test_name_and_number_are_told_to_those_who_may_know(reader, shown, protected, name, whole):
    told = as_told(entry(), reader, register(names_shown=shown), protected=protected)
    assert told.record.user_name == name
    assert told.record.person_id == (NUMBER if whole else "")
    assert bool(told.identity_text) is whole


def test_what_is_told_else_is_what_the_log_has():
    whole = entry()
    told = as_told(whole, Reader.OTHERS, register(), protected=True)
    assert replace(told, identity_text=whole.identity_text, record=whole.record) == whole
    assert replace(told.record, user_name=NAME, person_id=NUMBER) == whole.record


def test_a_care_provider_that_nobody_knows_shows_no_names():
    assert as_told(entry(), Reader.PATIENT, CareRegister(), protected=False).record.user_name == ""


def test_who_answers_for_the_log_is_who_acts_for_the_care_provider_whose_staff_accessed():
    assert reader_of(entry(), {a.PROVIDER, a.OTHER_PROVIDER}) is Reader.OWNER
    assert reader_of(entry(), {a.OTHER_PROVIDER}) is Reader.OTHERS
    assert reader_of(entry(), ()) is Reader.OTHERS
