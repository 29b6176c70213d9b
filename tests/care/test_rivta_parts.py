"""Pages, instants and lists of the contracts, without a server."""

import pytest

from broker.care.calling import CareRefused
from broker.care.paging import page
from broker.protocols.rivta import reading
from metadata.wire import soap
from metadata.wire.soap import Fields
from tests.support.databases import NOW


def at(text):
    return reading.instant(Fields({"at": [text]}), "at")


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("2027-01-15T08:00:00Z", NOW),
        ("2027-01-15T09:00:00+01:00", NOW),
        ("2027-01-15T09:00:00", NOW),  # Swedish time, winter
        ("2027-07-15T10:00:00", NOW + 181 * 86_400),  # summer
        ("2027-01-15T08:00:00.999Z", NOW),
        ("2024-02-29T00:00:00Z", 1_709_164_800),
        ("1899-12-31T23:59:59Z", -2_208_988_801),
    ],
)
def test_an_instant_is_read_in_its_zone(text, epoch):
    assert at(text) == epoch


NO_INSTANTS = (
    "",
    "2027-01-15",
    "2027-01-15T24:00:00Z",
    "2026-02-29T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "12027-01-15T00:00:00Z",
    "2027-01-15T08:00:00 Z",
    "2027-01-15T08:00:00+25:00",
)


@pytest.mark.parametrize("text", NO_INSTANTS)
def test_an_instant_that_no_calendar_has_is_refused(text):
    with pytest.raises(CareRefused) as found:
        at(text)
    assert (found.value.code, found.value.field) == ("VALIDATION_ERROR", "at")


def entries(*seconds):
    return lambda since, count: [each for each in seconds if each[0] >= since][:count]


def test_pages_have_whole_seconds_and_every_entry_once():
    rows = [(second, number) for number, second in enumerate((1, 1, 2, 3, 3, 3, 3, 3, 4))]
    fetch, got, since = entries(*rows), [], 0
    for _ in range(20):
        found = page(fetch, lambda each: each[0], since, NOW, size=2)
        got += found.entries
        since = found.next
        if not found.more:
            break
    assert got == rows
    assert since == NOW - 60


def test_no_entry_is_lost_whose_change_is_later_than_it_says():
    """An end that was set to come stands in no act; the store knows when."""
    rows = [
        (stored, stored if number % 3 else 1, number) for number, stored in enumerate((2, 3, 4, 4, 5, 6, 6, 7, 8, 9))
    ]
    fetch, got, since = entries(*rows), [], 0
    for _ in range(20):
        found = page(fetch, lambda each: each[1], since, NOW, size=2)
        got += found.entries
        assert found.next > since
        since = found.next
        if not found.more:
            break
    assert set(got) == set(rows)


def test_a_second_with_more_than_any_page_is_an_error():
    with pytest.raises(CareRefused):
        page(lambda _, count: [1] * count, lambda _: 1, 0, NOW, size=40_000)


def test_a_relation_without_an_end_ends_with_the_calendar():
    assert reading.written_instant(reading.last_instant(None)) == "9999-12-31T23:59:59Z"
    assert reading.last_instant(NOW) == NOW


def test_what_xml_cannot_carry_is_replaced_in_an_answer():
    octets = soap.answer("urn:a", "XResponse", "urn:t", (("text", "a\x00b\ud800c\tå"),))
    assert "a\ufffdb\ufffdc\tå" in octets.decode()


def test_fields_are_asked_for_without_knowing_whether_they_are_there():
    some = Fields({"a": ["x", "y"], "b": [Fields({"c": ["z"]})]})
    assert (some.text("a"), some.texts("a"), some.text("b"), some.texts("b")) == ("x", ("x", "y"), "", ())
    assert (some.child("a"), some.need("a").text("x"), [each.text("c") for each in some.children("b")]) == (
        None,
        "",
        ["z"],
    )
