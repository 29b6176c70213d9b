"""Metadata of one service by address: what is found there is proposed, what is harmless goes in at once, and the last good
stays whatever the address says.
"""

import json
from dataclasses import replace

import pytest

from broker.federation import proposals
from broker.federation.addresses import EVERY, NEAR, AddressState, NotFetched, due, fetched
from broker.jobs.addresses import look_at_addresses
from broker.login.effects import Overtaken
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support import approvals as a
from tests.support import feeds as f
from tests.support import saml_metadata as m
from tests.support.approvals import ORG
from tests.support.egress import FakeEgress
from tests.support.proposing import SETTINGS, Office
from tests.support.saml import rsa_key
from trust_framework.approval import Stage

URL = "https://sp.example/metadata"
NOW = f.NOW
ACS, OTHER_ACS = m.acs("https://localhost/acs"), m.acs("https://localhost/other")


def document(acs=ACS, mail="it@sp.example", entity_id="https://sp.example/sp", flags=""):
    who = f'<md:ContactPerson contactType="support"><md:EmailAddress>mailto:{mail}</md:EmailAddress></md:ContactPerson>'
    return m.entity(m.sp_role(acs), after=who, entity_id=entity_id, flags=flags)


def content(xml=None, **saml):
    return {
        "id": "sp",
        "member": ORG,
        "levels": [f.LOA3],
        "names": {"sv": "SP"},
        "saml": {"metadata_xml": (xml or document()).decode(), "metadata_url": URL, **saml},
    }


def answer(octets, status=200, etag='"1"'):
    return Response(status, {"etag": etag} if etag else {}, octets)


class Place:
    """A store with one service, and the address of its metadata."""

    def __init__(self, office, **saml):
        self.office, self.store = office, office.store
        self.store.clock = lambda: office.now
        self.egress = FakeEgress({})
        office.standing("service", "sp", content(**saml))

    def serve(self, given, etag='"1"'):
        self.egress.answers["GET", URL] = answer(given, etag=etag) if isinstance(given, bytes) else given

    def look(self):
        look_at_addresses(self.store, self.egress, SETTINGS)
        self.office.now += EVERY
        return self.state

    @property
    def state(self):
        return self.store.address_states()["sp"]

    @property
    def xml(self):
        return self.office.entry("sp")["saml"]["metadata_xml"]

    @property
    def proposal(self):
        return self.store.proposal(self.state.proposal)


@pytest.fixture
def office(sqlite_storage):
    return Office(sqlite_storage, now=NOW)


@pytest.fixture
def place(office):
    return Place(office)


def test_the_same_document_changes_nothing(place):
    place.serve(document())
    assert place.look() == AddressState("sp", NOW, '"1"')
    assert place.store.proposal_page().total == 0


def test_what_is_harmless_is_published_at_once(place):
    new = document(mail="help@sp.example")
    place.serve(new)
    place.look()
    assert place.xml == new.decode()
    assert place.proposal.stage is Stage.PUBLISHED


def test_what_touches_trust_waits_for_two_of_the_federation_and_the_last_good_serves(place):
    new = document(OTHER_ACS)
    place.serve(new)
    place.look()
    assert place.xml == document().decode()
    assert place.proposal.stage is Stage.SUBMITTED
    place.office.approve(place.proposal, a.ASTA, a.BIRK)
    assert place.xml == new.decode()


def test_the_same_change_is_proposed_once(place):
    place.serve(document(OTHER_ACS))
    first = place.look().proposal
    place.serve(document(OTHER_ACS), etag='"2"')
    assert place.look().proposal == first
    assert place.store.proposal_page().total == 1


def test_another_change_takes_the_place_of_the_one_that_waits(place):
    place.serve(document(OTHER_ACS))
    first = place.look().proposal
    new = document(m.acs("https://localhost/third"))
    place.serve(new)
    assert place.look().proposal == first
    assert place.proposal.content["saml"]["metadata_xml"] == new.decode()
    assert place.store.proposal_page().total == 1


def test_a_change_that_is_taken_back_at_the_address_is_withdrawn(place):
    place.serve(document(OTHER_ACS))
    id_ = place.look().proposal
    place.serve(document(), etag='"3"')
    assert place.look().proposal == ""
    assert place.store.proposal(id_).stage is Stage.WITHDRAWN


def test_a_change_that_was_rejected_is_proposed_again_only_when_something_changes(place):
    place.serve(document(OTHER_ACS))
    place.look()
    place.office.keep(proposals.reject(place.proposal, "Nej", a.ASTA, place.office.desk))
    place.serve(document(OTHER_ACS), etag="")
    for _ in range(3):
        place.look()
    assert (place.store.proposal_page().total, place.proposal.stage) == (1, Stage.REJECTED)
    place.serve(document(m.acs("https://localhost/third")))
    place.look()
    assert (place.store.proposal_page().total, place.proposal.stage) == (2, Stage.SUBMITTED)


def test_nothing_is_sent_for_when_nothing_is_new(place):
    place.serve(document())
    place.look()
    place.serve(Response(304, {}, b""))
    assert place.look() == AddressState("sp", NOW + EVERY, '"1"')
    assert place.egress.calls[-1].headers["If-None-Match"] == '"1"'


def test_a_document_that_only_lasts_longer_is_taken_when_the_copy_nears_its_end(office):
    def lasting(seconds):
        return document(flags=f'validUntil="{f.time(NOW + seconds)}"')

    place = Place(office, xml=lasting(2 * NEAR))
    place.serve(lasting(3 * NEAR))
    place.look()
    assert place.xml == lasting(2 * NEAR).decode()
    office.now = NOW + NEAR + EVERY
    place.look()
    assert place.xml == lasting(3 * NEAR).decode()


# --- what cannot be believed

WRONG = {
    "nobody answers": (EgressFailed("nobody there", URL), "fetch"),
    "it leads where nobody may go": (EgressRefused("private address", URL), "fetch"),
    "it is gone": (answer(b"", 404), "fetch: status 404"),
    "it redirects": (answer(b"", 302), "fetch: status 302"),
    "not modified, though nothing was known": (answer(b"", 304), "fetch: status 304"),
    "no XML": (answer(b"hello"), "document"),
    "a document type": (answer(b"<!DOCTYPE x>" + document()), "document"),
    "half of it": (answer(document()[:400]), "document"),
    "too long": (answer(document() + b" " * (2 * 1024 * 1024)), "document: too long"),
    "another entity": (answer(document(entity_id="https://evil.example/sp")), "document: another entity"),
    "past its end": (answer(document(flags=f'validUntil="{f.time(NOW)}"')), "valid-until: passed"),
    "an aggregate": (answer(m.aggregate(document(), f.service("b"))), "document"),
    "an identity provider": (answer(f.provider("sp").replace(b"/idp", b"/sp")), ""),
    "answers to nowhere": (answer(document(m.acs("http://sp.example/acs"))), "refused: unfit"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_believed_leaves_what_there_is(place, name):
    given, why = WRONG[name]
    place.serve(given)
    state = place.look()
    assert state.error.startswith(why)
    assert state.error
    assert (state.failing_since, state.etag) == (NOW, "")
    assert place.xml == document().decode()
    assert place.look().failing_since == NOW
    place.serve(document())
    assert (place.look().error, place.state.failing_since) == ("", 0)


def test_news_is_in_the_log_and_what_is_no_news_is_not(place):
    place.serve(answer(b"", 404))
    place.look()
    place.look()
    place.serve(document(mail="help@sp.example"))
    place.look()
    told = [event for event in map(json.loads, place.store.log_pending()) if event["event"] == "metadata.looked-at"]
    assert [(each.get("error"), each.get("published")) for each in told] == [("fetch: status 404", False), (None, True)]


# --- signed by a key that was approved


@pytest.fixture
def pinned(office):
    return Place(office, metadata_certificate=f.pem())


def test_a_document_signed_by_the_key_that_was_approved_is_taken(pinned):
    pinned.serve(f.single(document(mail="help@sp.example")))
    assert pinned.look().error == ""
    assert "help@sp.example" in pinned.xml
    assert "Signature" not in pinned.xml


UNSIGNED = {
    "unsigned": document(mail="x@sp.example"),
    "signed by another": f.single(document(mail="x@sp.example"), key=rsa_key("stranger")),
    "changed since": f.single(document(mail="x@sp.example")).replace(b"x@sp", b"y@sp"),
    "of two": f.document(document(), f.service("b")),
    "past its end": f.single(document(mail="x@sp.example"), until=NOW),
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_no_other_document_is(pinned, name):
    pinned.serve(UNSIGNED[name])
    assert pinned.look().error
    assert pinned.xml == document().decode()


def test_a_certificate_that_is_none_fetches_nothing():
    egress = FakeEgress({("GET", URL): answer(document())})
    with pytest.raises(NotFetched, match="certificate"):
        fetched({"metadata_url": URL, "metadata_certificate": "x"}, egress, NOW)


# --- when

NOT_DUE = {
    "no address": (lambda e: replace(e, content={**e.content, "saml": {"metadata_xml": "x"}}), 0),
    "a client": (lambda e: replace(e, content={"id": "x", "oidc": {}}), 0),
    "stopped": (lambda e: replace(e, content={**e.content, "state": "suspended"}), 0),
    "gone": (lambda e: replace(e, content=None), 0),
    "looked at just now": (lambda e: e, NOW - EVERY + 1),
}


@pytest.mark.parametrize("name", NOT_DUE)
def test_an_address_is_not_looked_at(place, name):
    change, checked = NOT_DUE[name]
    entry = place.store.register_entry("service", "sp")
    assert due(entry, AddressState("sp"), NOW)
    assert not due(change(entry), AddressState("sp", checked), NOW)


def test_a_proposal_that_somebody_was_before_is_made_the_next_time(place, monkeypatch):
    place.serve(document(OTHER_ACS))
    commit = type(place.store).commit

    def first(store, effects):
        monkeypatch.setattr(type(place.store), "commit", commit)
        raise Overtaken("proposal")

    monkeypatch.setattr(type(place.store), "commit", first)
    look_at_addresses(place.store, place.egress, SETTINGS)
    assert "sp" not in place.store.address_states()
    assert place.look().proposal
