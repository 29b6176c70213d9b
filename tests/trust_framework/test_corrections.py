"""Corrections: every receiver in the log is told, again and again, until it acknowledges; none else is."""

import pytest

from trust_framework.corrections import MOST_REFERENCES, Correction, acknowledged, due, receivers, told
from trust_framework.days import DAY

NOW = 1_800_000_000
OWNERS = {"rp": "5560360793", "rp2": "2120000142"}
EVENTS = (
    {"service": "rp", "reference": "R-3", "released": ("sn", "mail")},
    {"service": "rp2", "reference": "R-2", "released": ("sn",)},
    {"service": "rp", "reference": "R-1", "released": ("sn",)},
    {"service": "rp", "reference": "R-1", "released": ("sn",)},
    {"service": "rp", "reference": "R-0", "released": ("givenName",)},
    {"service": "gone", "reference": "R-9", "released": ("sn",)},
    {"service": "rp2", "reference": "", "released": ()},
)


def correction(**more) -> Correction:
    got = receivers(EVENTS, ("sn",), OWNERS, **more)
    return Correction("k-1", "5560360793", "p-eva", ("sn",), "Fel efternamn.", "p-asta", NOW, got)


@pytest.mark.spec("IS", "07")
def test_every_service_that_got_the_detail_is_a_receiver_with_the_references_by_which_it_did():
    got = correction().receipts
    assert [(one.service, one.org, one.attributes, one.references) for one in got] == [
        ("rp", "5560360793", ("sn",), ("R-3", "R-1")),
        ("rp2", "2120000142", ("sn",), ("R-2",)),
    ]


@pytest.mark.spec("IS", "19")
def test_who_corrects_sees_the_receivers_of_what_it_gives_and_no_others():
    assert [one.service for one in correction(given=frozenset({("rp2", "sn"), ("rp", "mail")})).receipts] == ["rp2"]
    assert correction(given=frozenset()).receipts == ()


def test_a_receiver_of_many_logins_is_given_the_newest():
    many = [{"service": "rp", "reference": f"R-{n}", "released": ("sn",)} for n in range(MOST_REFERENCES + 5)]
    (one,) = receivers(many, ("sn",), OWNERS)
    assert one.references == tuple(f"R-{n}" for n in range(MOST_REFERENCES))


@pytest.mark.spec("IS", "07")
def test_a_receiver_is_told_at_once_and_after_one_three_and_then_every_seven_days():
    now, gaps, case = NOW, [], correction()
    for _ in range(6):
        assert {one.service for one in due(case, now)} == {"rp", "rp2"}
        case = told(case, ("rp", "rp2"), now)
        assert due(case, now) == ()
        gaps.append(case.next_at - now)
        now = case.next_at
    assert gaps == [DAY, 3 * DAY, 7 * DAY, 7 * DAY, 7 * DAY, 7 * DAY]


@pytest.mark.spec("IS", "07")
def test_who_acknowledges_is_told_no_more_and_when_all_have_it_is_over():
    case = told(correction(), ("rp", "rp2"), NOW)
    first = acknowledged(case, "rp", "p-lars", NOW + 5)
    assert first.open == 1
    assert [one.service for one in due(first, NOW + 99 * DAY)] == ["rp2"]
    assert acknowledged(first, "rp", "p-lars", NOW + 6) is None
    assert acknowledged(first, "other", "p-lars", NOW + 6) is None
    done = acknowledged(first, "rp2", "p-siv", NOW + 7)
    assert (done.open, done.next_at) == (0, None)
    assert [one.acknowledged_by for one in done.receipts] == ["p-lars", "p-siv"]
