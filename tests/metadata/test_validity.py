"""How old a document is, and whether that can be believed: one rule for feeds, addresses and what is handed in."""

import pytest

from metadata.validity import SKEW, Dates, believable, doubt, latest, made_later, rolled_back

NOW, DAY = 1_790_000_000, 86_400

OLDER = [
    ("made before", Dates(None, 9), Dates(None, 10)),
    ("made before, though it holds longer", Dates(30, 9), Dates(20, 10)),
    ("ends before, and neither says when it was made", Dates(19), Dates(20)),
    ("ends before, and no longer says when it was made", Dates(19), Dates(20, 10)),
]
AS_NEW = [
    ("the same", Dates(20, 10), Dates(20, 10)),
    ("made later, though it ends sooner", Dates(19, 11), Dates(20, 10)),
    ("made for the first time", Dates(19, 1), Dates(20)),
    ("says nothing", Dates(), Dates(20, 10)),
    ("says an end for the first time", Dates(1), Dates(None, 10)),
    ("nothing was there", Dates(20, 10), Dates()),
]


@pytest.mark.spec("facts/threats", "FR-01")
@pytest.mark.parametrize(("_", "new", "last"), OLDER, ids=[row[0] for row in OLDER])
def test_a_document_is_older_than_the_last(_, new, last):
    assert rolled_back(new, last)


@pytest.mark.parametrize(("_", "new", "last"), AS_NEW, ids=[row[0] for row in AS_NEW])
def test_a_document_is_as_new_as_the_last(_, new, last):
    assert not rolled_back(new, last)


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (Dates(NOW), "valid-until: passed"),
        (Dates(NOW + 1, 5), "rolled-back: older than the last"),
        (Dates(NOW + 14 * DAY, 10), ""),
        (Dates(NOW + 14 * DAY + 1, 10), "too-long: holds too far ahead"),
        (Dates(None, 10), ""),
        (Dates(), ""),
        (Dates(None, NOW + SKEW), ""),
        (Dates(None, NOW + SKEW + 1), "document: made later than now"),
        (Dates(NOW + DAY, NOW + 50_000 * DAY), "document: made later than now"),
    ],
)
def test_what_is_not_believed_says_why(new, why):
    assert doubt(new, Dates(NOW, 10), 14 * DAY, NOW) == why


def test_the_latest_of_two_is_told_date_by_date():
    assert latest(Dates(1, None), Dates(None, 4)) == Dates(1, 4)
    assert latest(Dates(1, 5), Dates(3, 4)) == Dates(3, 5)
    assert latest(Dates(), Dates()) == Dates()


@pytest.mark.spec("facts/threats", "FR-01")
@pytest.mark.parametrize(
    ("last", "left"),
    [
        (Dates(), Dates()),
        (Dates(NOW + 14 * DAY, NOW + SKEW), Dates(NOW + 14 * DAY, NOW + SKEW)),
        (Dates(NOW + 14 * DAY + 1, 10), Dates(None, 10)),
        (Dates(NOW, NOW + SKEW + 1), Dates(NOW)),
        (Dates(NOW + 15 * DAY, NOW + DAY), Dates()),
    ],
)
def test_a_time_too_far_ahead_makes_no_later_document_older(last, left):
    assert believable(last, 14 * DAY, NOW) == left
    assert doubt(Dates(NOW + DAY, NOW + SKEW), last, 14 * DAY, NOW) == ""


def test_what_does_not_say_when_it_was_made_was_not_made_later():
    assert not made_later(Dates(NOW + DAY), NOW)
