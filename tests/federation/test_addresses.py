"""Metadata of one service by address: what is found there is proposed, what is harmless goes in at once, and the last good
stays whatever the address says.
"""

import json

import pytest

from broker.federation import proposals
from broker.federation.addresses import EVERY, NEAR, AddressState, NotFetched, fetched
from broker.federation.domains import KeepProof
from broker.jobs.addresses import look_at_addresses
from broker.login.effects import Effects, Overtaken
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from metadata.wire.jose import public_jwk
from tests.metadata.test_private_keys import PRIVATE
from tests.support import approvals as a
from tests.support import feeds as f
from tests.support import saml_metadata as m
from tests.support.approvals import ORG
from tests.support.egress import FakeEgress
from tests.support.oidc import KEY
from tests.support.proposing import SETTINGS, Office, client
from tests.support.saml import rsa_key
from trust_framework.approval import Stage
from trust_framework.domains import DomainProof

DAY = 86_400
URL, ENTITY = "https://sp.example/metadata", "https://sp.example/sp"
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
        proof = DomainProof(ORG, "sp.example", "t0ken", office.now).shown(office.now)
        office.store.commit(Effects((KeepProof(proof),)))

    def serve(self, given, etag='"1"'):
        self.egress.answers["GET", URL] = answer(given, etag=etag) if isinstance(given, bytes) else given

    def look(self):
        look_at_addresses(self.store, self.egress, SETTINGS)
        self.office.now += EVERY
        return self.state

    @property
    def state(self):
        return self.store.address_state("service", "sp")

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
    assert place.look() == AddressState("sp", NOW, '"1"', url=URL, good_at=NOW, held=(ENTITY,))
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
    again = NOW + EVERY
    assert place.look() == AddressState("sp", again, '"1"', url=URL, good_at=again, held=(ENTITY,))
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


# --- how old it is


def ends(seconds):
    return f'validUntil="{f.time(NOW + seconds)}"'


@pytest.mark.spec("facts/threats", "FR-01")
def test_a_document_older_than_the_one_seen_last_is_not_believed_and_the_newer_stays(place):
    place.serve(document(mail="new@sp.example", flags=ends(20 * DAY)))
    seen = place.look()
    assert (seen.valid_until, seen.created_at, seen.error) == (NOW + 20 * DAY, None, "")
    place.serve(document(OTHER_ACS, flags=ends(19 * DAY)))
    back = place.look()
    assert back.error == "rolled-back: older than the last"
    assert (back.last, back.good_at, back.proposal) == (seen.last, seen.good_at, seen.proposal)
    assert "new@sp.example" in place.xml
    place.serve(document(mail="newer@sp.example", flags=ends(21 * DAY)))
    assert place.look().error == ""
    assert "newer@sp.example" in place.xml


def test_not_even_one_older_than_a_newer_that_was_not_approved(place):
    place.serve(document(OTHER_ACS, flags=ends(20 * DAY)))
    waiting = place.look().proposal
    place.serve(document(m.acs("https://localhost/third"), flags=ends(19 * DAY)))
    assert place.look().error.startswith("rolled-back")
    assert place.store.proposal(waiting).content["saml"]["metadata_xml"].count("localhost/other") == 1


@pytest.mark.spec("facts/threats", "FR-01")
def test_once_those_who_approve_have_said_no_it_makes_nothing_older(place):
    place.serve(document(OTHER_ACS, flags=ends(20 * DAY)))
    place.look()
    place.office.keep(proposals.reject(place.proposal, "Nej", a.ASTA, place.office.desk))
    place.serve(document(mail="new@sp.example", flags=ends(19 * DAY)))
    seen = place.look()
    assert (seen.error, seen.valid_until) == ("", NOW + 19 * DAY)
    assert "new@sp.example" in place.xml


@pytest.mark.spec("facts/threats", "FR-01")
def test_a_document_made_in_the_future_is_not_believed_and_one_that_stands_locks_nothing(office):
    made = '<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" '
    made += 'publisher="x" creationInstant="{}"/></md:Extensions>'

    def dated(day, mail):
        xml = document(mail=mail)
        at = xml.index(b"<md:SPSSODescriptor")
        return xml[:at] + made.format(day).encode() + xml[at:]

    place = Place(office, xml=dated("2099-01-01T00:00:00Z", "old@sp.example"))
    place.serve(dated("2099-01-02T00:00:00Z", "later@sp.example"))
    assert place.look().error == "document: made later than now"
    place.serve(dated(f.time(NOW), "new@sp.example"))
    assert place.look().error == ""
    assert "new@sp.example" in place.proposal.content["saml"]["metadata_xml"]


def test_the_copy_that_stands_is_the_first_to_be_older_than(office):
    place = Place(office, xml=document(flags=ends(20 * DAY)))
    place.serve(document(OTHER_ACS, flags=ends(19 * DAY)))
    assert place.look().error.startswith("rolled-back")
    assert place.store.proposal_page().total == 0


@pytest.mark.parametrize(("days", "why"), [(400, ""), (401, "too-long: holds too far ahead")])
def test_a_document_that_holds_for_ever_is_not_believed(place, days, why):
    place.serve(document(mail="new@sp.example", flags=ends(days * DAY)))
    assert place.look().error == why


def test_a_signed_document_is_not_replayed_while_it_holds_though_its_end_is_not_kept(pinned):
    old, new = (
        f.single(document(mail=mail), until=NOW + days * DAY)
        for mail, days in (("a@sp.example", 6), ("b@sp.example", 7))
    )
    pinned.serve(new)
    assert pinned.look().valid_until == NOW + 7 * DAY
    pinned.serve(old)
    assert pinned.look().error.startswith("rolled-back")
    assert "b@sp.example" in pinned.xml


def test_of_a_signed_group_of_one_the_time_of_its_making_counts(pinned):
    pinned.serve(f.document(document(mail="b@sp.example"), created=NOW, until=NOW + DAY))
    seen = pinned.look()
    assert (seen.created_at, seen.valid_until, seen.error) == (NOW, NOW + DAY, "")
    pinned.serve(f.document(document(mail="a@sp.example"), created=NOW - 1, until=NOW + 3 * DAY))
    assert pinned.look().error.startswith("rolled-back")


def test_a_private_key_that_is_published_there_is_kept_nowhere(place):
    leaked = PRIVATE["DER of PKCS 8, Ed25519"]
    place.serve(document(mail="new@sp.example").replace(b"<md:SP", f"<!-- {leaked} --><md:SP".encode()))
    assert place.look().error.startswith("refused: private-key")
    assert place.xml == document().decode()
    assert place.store.proposal_page().total == 0


# --- when

NEVER = {
    "no address": lambda c: {**c, "saml": {"metadata_xml": c["saml"]["metadata_xml"]}},
    "a client with keys of its own": lambda c: client("sp"),
    "stopped": lambda c: {**c, "state": "suspended"},
    "gone": lambda c: None,
}


@pytest.mark.parametrize("name", NEVER)
def test_an_address_that_an_entry_in_force_no_longer_says_is_not_looked_at(place, name):
    place.serve(answer(b"", 404))
    assert place.look().error
    place.office.standing("service", "sp", NEVER[name](content()))

    assert place.look() is None
    assert len(place.egress.calls) == 1


def test_it_is_looked_at_once_an_hour(place):
    place.serve(document())
    look_at_addresses(place.store, place.egress, SETTINGS)
    place.office.now += EVERY - 1
    look_at_addresses(place.store, place.egress, SETTINGS)
    assert len(place.egress.calls) == 1
    place.office.now += 1
    look_at_addresses(place.store, place.egress, SETTINGS)
    assert len(place.egress.calls) == 2


def test_a_change_of_the_entry_keeps_what_is_known_and_another_address_is_looked_at_at_once(place):
    place.serve(document())
    known = place.look()
    place.office.standing("service", "sp", {**content(), "names": {"sv": "Annat"}})
    assert place.state == known
    place.office.standing("service", "sp", content(metadata_url=URL + "/new"))
    assert place.state == AddressState("sp", url=URL + "/new")
    assert place.store.addresses_due(9) == (place.state,)


def test_what_is_learned_of_an_address_that_has_been_left_meanwhile_is_not_kept(place):
    class Leaving(FakeEgress):
        def fetch(self, call):
            place.office.standing("service", "sp", content(metadata_url=URL + "/new"))
            return answer(b"", 404)

    look_at_addresses(place.store, Leaving({}), SETTINGS)
    assert place.state == AddressState("sp", url=URL + "/new")


def test_addresses_are_listed_by_member_and_by_whether_they_fail(place):
    place.serve(answer(b"", 404))
    place.look()
    for number in range(3):
        place.office.standing(
            "service", f"c{number}", client(f"c{number}", oidc={"jwks_uri": f"https://localhost/{number}"})
        )
    page = place.store.address_page(count=2)
    assert ([each.state.id for each in page.addresses], page.total) == (["c0", "c1"], 4)
    rest = place.store.address_page(after=page.next, count=2)
    assert ([each.state.id for each in rest.addresses], rest.next) == (["c2", "sp"], None)
    (failing,) = place.store.address_page(ORG, state="failing").addresses
    assert (failing.state.id, failing.org, failing.names) == ("sp", ORG, {"sv": "SP"})
    assert place.store.address_page("9999999999").total == 0
    assert [each.state.id for each in place.store.address_page(search="localhost/1").addresses] == ["c1"]
    assert place.store.address_page(search="%").total == 0


# --- identity providers, and keys of clients


def idp(xml, **saml):
    return {
        "id": "idp",
        "ceiling": f.LOA3,
        "levels": {f.LOA3: f.LOA3},
        "saml": {"metadata_xml": xml.decode(), "metadata_url": URL, **saml},
    }


def provider(mail="it@idp.example", host="a"):
    who = f'<md:ContactPerson contactType="support"><md:EmailAddress>mailto:{mail}</md:EmailAddress></md:ContactPerson>'
    return m.entity(m.idp_role(m.sso(f"https://{host}.example/sso")), after=who, entity_id="https://a.example/idp")


@pytest.mark.parametrize(("org", "given"), [("", {}), (ORG, {"member": ORG})], ids=["the federation's", "a member's"])
def test_an_identity_providers_metadata_is_kept_up_with_in_the_same_way(office, org, given):
    office.store.clock = lambda: office.now
    office.standing("identity_provider", "idp", {**idp(provider()), **given}, org)
    egress = FakeEgress({("GET", URL): answer(provider(mail="help@idp.example"))})

    look_at_addresses(office.store, egress, SETTINGS)
    assert "help@idp.example" in office.entry("idp", "identity_provider")["saml"]["metadata_xml"]

    office.now += EVERY
    egress.answers["GET", URL] = answer(provider(host="evil"), etag='"2"')
    look_at_addresses(office.store, egress, SETTINGS)
    state = office.store.address_state("identity_provider", "idp")
    assert office.store.proposal(state.proposal).stage is Stage.SUBMITTED
    assert "evil" not in office.entry("idp", "identity_provider")["saml"]["metadata_xml"]
    told = [event for event in map(json.loads, office.store.log_pending()) if event["event"] == "metadata.looked-at"]
    assert [(each["service"], each["kind"]) for each in told] == [("idp", "identity_provider")] * 2


KEYS_URI = "https://localhost/jwks"
GOOD = {"keys": [{**public_jwk(KEY), "kid": "first"}]}
KEYS = {
    "good ones": (answer(json.dumps(GOOD).encode()), "", ("first",)),
    "none": (answer(b'{"keys": []}'), "keys", ()),
    "a private one": (answer(json.dumps({"keys": [{**GOOD["keys"][0], "d": "AAAA"}]}).encode()), "keys", ()),
    "no document": (answer(b"hello"), "fetch", ()),
    "nobody there": (EgressFailed("nobody there", KEYS_URI), "fetch", ()),
    "gone": (answer(b"", 404), "fetch", ()),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_clients_keys_are_looked_at_and_nothing_is_changed_by_it(office, name):
    office.store.clock = lambda: office.now
    office.standing(
        "service", "journal", client(oidc={"jwks_uri": KEYS_URI, "token_endpoint_auth_method": "private_key_jwt"})
    )
    given, why, held = KEYS[name]

    look_at_addresses(office.store, FakeEgress({("GET", KEYS_URI): given}), SETTINGS)

    state = office.store.address_state("service", "journal")
    assert (state.error.partition(":")[0], state.held, state.good_at, state.keys) == (
        why,
        held,
        0 if why else NOW,
        True,
    )
    assert office.store.proposal_page().total == 0


def test_a_proposal_that_somebody_was_before_is_made_the_next_time(place, monkeypatch):
    place.serve(document(OTHER_ACS))
    commit = type(place.store).commit

    def first(store, effects):
        monkeypatch.setattr(type(place.store), "commit", commit)
        raise Overtaken("proposal")

    monkeypatch.setattr(type(place.store), "commit", first)
    look_at_addresses(place.store, place.egress, SETTINGS)
    assert place.state == AddressState("sp", url=URL)
    assert place.look().proposal
