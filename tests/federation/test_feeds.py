"""What a feed changes in the register, and what it cannot: the last good stays, and nothing outlives its validity."""

import pytest
from pydantic import ValidationError

from broker.federation.feed_entry import FeedEntry
from broker.federation.feeds import FeedState, due, ended, refreshed, terms_of
from broker.federation.register import Entry, EntryChange, digest
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support import feeds as f
from tests.support.egress import FakeEgress
from tests.support.saml import rsa_key

NOW, DAY = f.NOW, f.DAY
NEW = FeedState("other")


def nobody(_change: EntryChange) -> str:
    return ""


def look(feed: FeedEntry, served: object, state: FeedState = NEW, mine: tuple[Entry, ...] = (), now: int = NOW, **more):
    egress = more.pop("egress", None) or FakeEgress(
        {("GET", f.URL): f.answer(served) if isinstance(served, bytes) else served}
    )
    return refreshed(feed, state, mine, more.pop("held", nobody), egress, now)


def kept(found) -> tuple[Entry, ...]:
    """The entries that stand after the changes."""
    return tuple(
        Entry(c.kind, c.id, c.org, c.content, digest(c.content), 1, origin=c.origin)
        for c in found.changes if c.content is not None
    )  # fmt: skip


def brought(*names: str, **more):
    first = look(f.feed(**more), f.document(*(f.service(name) for name in names)))
    return first.state, kept(first)


class TestTaking:
    def test_services_come_in_on_the_feeds_terms_and_belong_to_its_member(self):
        terms = {"member": f.OPERATOR, "levels": [f.LOA3], "attributes": ["givenName"], "consent": "ask"}
        found = look(f.feed(services=terms), f.document(f.service("a"), f.provider("b")))
        (change,) = found.changes
        assert (change.kind, change.org, change.origin) == ("service", f.OPERATOR, "feed:other")
        assert change.id.startswith("other.")
        assert {name: change.content[name] for name in terms} == terms
        assert 'entityID="https://a.example/sp"' in change.content["saml"]["metadata_xml"]
        assert (found.state.taken, found.state.valid_until, found.state.etag) == (1, NOW + 7 * DAY, '"1"')
        assert found.state.left == (("https://b.example/idp", "keep role service"),)

    def test_providers_come_in_with_the_scopes_that_the_operator_vouches_for(self):
        found = look(f.feed(identity_providers=f.PROVIDERS), f.document(f.provider("b", scope="b.example")))
        (change,) = found.changes
        assert (change.kind, change.org) == ("identity_provider", "")
        assert change.content["scopes"] == ["b.example"]
        assert change.content["ceiling"] == f.LOA3

    def test_a_name_that_somebody_else_has_stays_theirs(self):
        def held(change):
            assert (change.kind, change.org, change.origin) == ("service", f.OPERATOR, "feed:other")
            return "a.example" if "a.example" in change.content["saml"]["metadata_xml"] else ""

        found = look(f.feed(), f.document(f.service("a"), f.service("b")), held=held)
        assert found.state.left == (("https://a.example/sp", "is not free: a.example"),)
        assert len(found.changes) == 1

    def test_an_entity_that_would_be_refused_from_a_member_is_left_out_alone(self):
        http = f.service("a").replace(b"https://a.example/acs", b"http://a.example/acs")
        expired = f.service("e", flags=f'validUntil="{f.time(NOW)}"')
        found = look(f.feed(), f.document(http, f.service("b"), expired))
        assert {name for name, _ in found.state.left} == {"https://a.example/sp", "https://e.example/sp"}
        assert len(found.changes) == 1

    def test_only_what_changed_is_written_and_what_vanished_goes(self):
        state, mine = brought("a", "b")
        again = f.document(f.service("b"), f.service("c"), created=NOW + 60, until=NOW + 8 * DAY)
        found = look(f.feed(), again, state, mine, NOW + 3600)
        told = {(change.id == mine[0].id, change.content is None) for change in found.changes}
        assert told == {(True, True), (False, False)}

    def test_the_same_publication_renewed_changes_nothing(self):
        state, mine = brought("a")
        found = look(
            f.feed(), f.document(f.service("a"), created=NOW + 60, until=NOW + 8 * DAY), state, mine, NOW + 3600
        )
        assert found.changes == ()
        assert found.state.valid_until == NOW + 8 * DAY

    def test_nothing_is_read_when_the_server_says_that_nothing_is_new(self):
        state, mine = brought("a")
        egress = FakeEgress({("GET", f.URL): Response(304, {}, b"")})
        found = refreshed(f.feed(), state, mine, nobody, egress, NOW + 3600)
        assert egress.calls[0].headers["If-None-Match"] == '"1"'
        assert egress.calls[0].purpose == "aggregate"
        assert (found.changes, found.state.checked_at) == ((), NOW + 3600)

    def test_new_terms_are_taken_up_though_the_document_is_the_same(self):
        state, mine = brought("a")
        stricter = f.feed(steps=["drop entity https://a.example/sp", "keep role service"])
        assert due(stricter, state, NOW + 1)
        egress = FakeEgress({("GET", f.URL): f.answer(f.document(f.service("a"), f.service("b")))})
        found = refreshed(stricter, state, mine, nobody, egress, NOW + 1)
        assert "If-None-Match" not in egress.calls[0].headers
        assert {change.content is None for change in found.changes} == {True, False}


class TestMdq:
    URL = "https://mdq.other-federation.example/"

    def at(self, *entities: str, **answers: object):
        made = {("GET", f"{self.URL}entities/{quoted}"): given for quoted, given in answers.items()}
        return f.feed(url=self.URL, entities=entities), FakeEgress(made)

    def test_each_entity_is_asked_for_by_name_and_verified_by_itself(self):
        ids = ("https://a.example/sp", "https://b.example/sp")
        feed, egress = self.at(*ids)
        for name, until in (("a", NOW + 5 * DAY), ("b", NOW + 3 * DAY)):
            url = f"{self.URL}entities/https%3A%2F%2F{name}.example%2Fsp"
            egress.answers["GET", url] = f.answer(f.single(f.service(name), until))
        found = refreshed(feed, NEW, (), nobody, egress, NOW)
        assert len(found.changes) == 2
        assert found.state.valid_until == NOW + 3 * DAY
        assert {call.purpose for call in egress.calls} == {"default"}

    @pytest.mark.parametrize("served", [f.single(f.service("a"), None), f.single(f.service("a"), key=rsa_key("else"))])
    def test_one_that_cannot_be_believed_fails_the_look(self, served):
        feed, egress = self.at("https://a.example/sp")
        egress.answers["GET", f"{self.URL}entities/https%3A%2F%2Fa.example%2Fsp"] = f.answer(served)
        assert refreshed(feed, NEW, (), nobody, egress, NOW).state.error


BAD = {
    "no connection": EgressFailed("connect"),
    "not allowed": EgressRefused("address"),
    "server error": Response(500, {}, b""),
    "redirect": Response(302, {"location": "https://e.example"}, b""),
    "not modified, unasked": Response(304, {}, b""),
    "cut off": f.document(f.service("a"))[:-40],
    "nothing": b"",
    "another key": f.document(f.service("a"), key=rsa_key("somebody")),
    "changed": f.document(f.service("a"), change=(b"a.example/acs", b"e.example/acs")),
    "no end": f.document(f.service("a"), until=None),
    "ended": f.document(f.service("a"), until=NOW + 3600),
    "too long": f.document(f.service("a"), until=NOW + 60 * DAY),
    "rolled back": f.document(f.service("a"), created=NOW - 1),
    "rolled back, undated": f.document(f.service("a"), created=None, until=NOW + 7 * DAY - 1),
    "empty": f.document(created=NOW + 1, until=NOW + 8 * DAY),
    "none left": f.document(f.provider("a"), created=NOW + 1, until=NOW + 8 * DAY),
}


class TestFailing:
    @pytest.mark.parametrize("name", sorted(BAD))
    def test_the_last_good_stays_and_the_reason_is_told(self, name):
        state, mine = brought("a")
        state = FeedState(**{each: getattr(state, each) for each in FeedState.__slots__} | {"etag": ""})
        found = look(f.feed(), BAD[name], state, mine, NOW + 3600)
        assert found.changes == ()
        assert found.state.error
        assert found.state.failing_since == NOW + 3600
        assert (found.state.taken, found.state.valid_until) == (1, NOW + 7 * DAY)

    def test_since_when_it_fails_is_kept_and_success_forgets_it(self):
        state, mine = brought("a")
        failing = look(f.feed(), EgressFailed("x"), state, mine, NOW + 100).state
        failing = look(f.feed(), EgressFailed("y"), failing, mine, NOW + 200).state
        assert failing.failing_since == NOW + 100
        well = look(f.feed(), f.document(f.service("a")), failing, mine, NOW + 300).state
        assert (well.failing_since, well.error) == (0, "")

    def test_what_nobody_vouches_for_any_more_goes(self):
        state, mine = brought("a")
        assert due(
            f.feed(), FeedState("other", NOW + 7 * DAY, NOW + 7 * DAY, taken=1, terms=state.terms), NOW + 7 * DAY
        )
        found = look(f.feed(), EgressFailed("x"), state, mine, NOW + 7 * DAY)
        assert [change.content for change in found.changes] == [None]
        assert found.state.taken == 0

    def test_a_feed_that_never_brought_anything_may_be_empty(self):
        assert look(f.feed(), f.document()).state.error == ""


class TestWhen:
    @pytest.mark.parametrize(
        ("changes", "state", "now", "expected"),
        [
            ({}, NEW, NOW, True),
            ({}, FeedState("other", NOW, terms=terms_of(f.feed())), NOW + 3599, False),
            ({}, FeedState("other", NOW, terms=terms_of(f.feed())), NOW + 3600, True),
            ({"refresh_minutes": 5}, FeedState("other", NOW, terms=terms_of(f.feed())), NOW + 300, True),
            ({"state": "suspended"}, FeedState("other", NOW), NOW + DAY, False),
            ({"state": "suspended"}, FeedState("other", NOW, taken=3), NOW, True),
        ],
    )
    def test_a_feed_is_due_when_its_time_has_come_or_its_terms_have_changed(self, changes, state, now, expected):
        assert due(f.feed(**changes), state, now) is expected

    def test_a_suspended_feed_takes_out_what_it_brought(self):
        state, mine = brought("a", "b")
        found = look(f.feed(state="suspended"), EgressFailed("unasked"), state, mine)
        assert [change.content for change in found.changes] == [None, None]
        assert ended("other", mine) == found.changes


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://md.example/"},
        {"url": "javascript:1"},
        {"identity_providers": f.PROVIDERS, "services": {"member": f.OPERATOR, "levels": [f.LOA3]}},
        {"services": None},
        {"steps": ["keep everything"]},
        {"refresh_minutes": 1},
        {"max_days": 400},
        {"services": {"member": f.OPERATOR, "levels": []}},
        {"services": {"member": "1", "levels": [f.LOA3]}},
        {"identity_providers": {**f.PROVIDERS, "ceiling": "loa3"}},
        {"colour": "red"},
    ],
)
def test_a_feed_of_another_shape_is_refused(changes):
    with pytest.raises(ValidationError):
        f.feed(**changes)
