"""Services that came by a trust chain, on each database."""

from dataclasses import replace

from broker.login.effects import ChainedService, DropChained, Effects, KeepChained
from tests.support.databases import NOW

ONE = ChainedService(
    entity_id="https://rp.example",
    anchor="https://anchor.example",
    superior="https://middle.example",
    way="automatic",
    registration={"client_id": "https://rp.example", "redirect_uris": ["https://rp.example/cb"], "default_max_age": 7},
    trust_marks=("https://marks.example/a",),
    expires_at=NOW + 1000,
    checked_at=NOW,
)


def keep(storage, service):
    storage.commit(Effects((KeepChained(service),)))


def test_what_is_kept_is_found_whole(storage):
    keep(storage, ONE)
    assert storage.chained(ONE.entity_id) == ONE
    assert storage.chained("https://other.example") is None


def test_what_comes_later_takes_its_place(storage):
    keep(storage, ONE)
    later = replace(ONE, way="explicit", registration={}, trust_marks=(), expires_at=NOW + 5000, checked_at=NOW + 9)
    keep(storage, later)
    assert storage.chained(ONE.entity_id) == later


def test_what_is_dropped_is_gone(storage):
    keep(storage, ONE)
    keep(storage, replace(ONE, entity_id="https://two.example"))
    storage.commit(Effects((DropChained(ONE.entity_id),)))
    assert storage.chained(ONE.entity_id) is None
    assert storage.chained("https://two.example") is not None


def test_what_has_expired_goes_after_a_while(storage):
    keep(storage, replace(ONE, expires_at=NOW - 901))
    keep(storage, replace(ONE, entity_id="https://two.example", expires_at=NOW - 899))
    storage.expire(3600)
    assert storage.chained(ONE.entity_id) is None
    assert storage.chained("https://two.example") is not None


def test_they_are_listed_by_name_searched_and_paged(storage):
    names = [f"https://{name}.example" for name in ("a", "b_b", "c", "d")]
    for name in reversed(names):
        keep(storage, replace(ONE, entity_id=name))
    first = storage.chained_page("", "", 3)
    assert ([each.entity_id for each in first.services], first.total, first.next) == (names[:3], 4, names[2])
    rest = storage.chained_page("", first.next, 3)
    assert ([each.entity_id for each in rest.services], rest.next) == (names[3:], None)
    assert [each.entity_id for each in storage.chained_page("B_B").services] in ([names[1]], [])
    assert [each.entity_id for each in storage.chained_page("b_b").services] == [names[1]]
    assert storage.chained_page("%").total == storage.chained_page("\\").total == 0
    assert first.services[0] == replace(ONE, entity_id=names[0])
