"""What the validator finds wrong holds a change: when it is sent in, approved and published, by whichever path it came."""

import json
from dataclasses import replace
from typing import Any

import pytest

from broker.federation import judged, proposals
from broker.federation.proposing import SaveProposal
from broker.login.effects import Effects
from tests.metadata.test_private_keys import PRIVATE
from tests.metadata.test_validate import NUMBER
from tests.support import saml_metadata as make
from tests.support.approvals import ASTA, BIRK, NILS, ORG, OTHER_ORG, OVE, TEKLA
from tests.support.proposing import LOA3, SETTINGS, Office, client, member, why
from trust_framework.approval import Refused, Stage
from trust_framework.member_types import Document

CATEGORY = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
RPI = "urn:oasis:names:tc:SAML:metadata:rpi"
SAML_ID = "https://sp.example/sp"
TOLD_APART = frozenset({Document.TOLD_APART})


@pytest.fixture
def office(sqlite_storage):
    return Office(sqlite_storage)


def dated(day: str) -> str:
    return f'<mdrpi:PublicationInfo xmlns:mdrpi="{RPI}" publisher="x" creationInstant="{day}T00:00:00Z"/>'


def numbered(org: str) -> str:
    return make.organization(extensions=NUMBER.replace("2021001234", org))


def saml(id: str = "journal", acs: str = "https://localhost/acs", entity_id: str = SAML_ID, **more: Any):
    """A SAML service's content; `more` is of its metadata."""
    xml = make.entity(make.sp_role(make.acs(acs)), entity_id=entity_id, **more).decode()
    return {"id": id, "member": ORG, "levels": [LOA3], "names": {"sv": id.title()}, "saml": {"metadata_xml": xml}}


def provider(scope: str = "", categories: str = "", **more: Any):
    scopes = f'<shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="false">{scope}</shibmd:Scope>'
    role = make.idp_role(make.sso("https://localhost/sso"), extensions=scopes if scope else "")
    xml = make.entity(role, entity_id="https://idp.example/idp", extensions=categories).decode()
    terms = {"ceiling": LOA3, "levels": {LOA3: LOA3}, "names": {"sv": "Idp"}}
    return {"id": "idp", "member": ORG, "saml": {"metadata_xml": xml}, **terms, **more}


def told(answer) -> list[str]:
    """The findings that a refusal names."""
    assert why(answer) == "findings"
    return [each.partition(":")[0] for each in answer.about]


def sent_in_before(office, content, stage=Stage.SUBMITTED, by=()):
    """A proposal that was sent in when nobody looked, with what has been approved since."""
    proposal = replace(office.draft(content, id=content["id"]), stage=stage)
    sent = proposals.approval.submitted(replace(proposal, stage=Stage.DRAFT), TEKLA, "Tack", office.now)
    for one in by:
        needs = proposals.needs(sent, office.desk)
        sent = proposals.approval.approved(sent, needs, one, "Bra", office.now, seen=sent.digest)
    assert not isinstance(sent, Refused)
    office.store.commit(Effects((SaveProposal(sent, 1),)))
    assert sent.stage is stage
    return office.store.proposal(sent.id)


WRONG = {
    "wrong-organisation": saml(after=numbered(OTHER_ORG)),
    "page-address": saml(after=make.organization("javascript:alert(1)")),
}


@pytest.mark.spec("facts/threats", "FR-01")
class TestAnErrorHolds:
    def test_what_is_sent_in(self, office):
        draft = office.draft(WRONG["wrong-organisation"])
        assert told(proposals.submit(draft, "Tack", TEKLA, office.desk)) == ["wrong-organisation"]
        assert office.store.proposal(draft.id).stage is Stage.DRAFT
        assert "wrong-organisation" in proposals.wrong(draft, office.desk)[0]

    def test_each_approval(self, office):
        sent = sent_in_before(office, WRONG["wrong-organisation"])
        answer = proposals.approve(sent, "Bra", sent.digest, ASTA, office.desk)
        assert told(answer) == ["wrong-organisation"]
        assert "The organisation number is not that of the member." in answer.about[0]

    def test_the_emergency_path(self, office):
        sent = sent_in_before(office, WRONG["wrong-organisation"])
        assert told(proposals.emergency(sent, "Nu", sent.digest, ASTA, office.desk)) == ["wrong-organisation"]

    def test_publication(self, office):
        approved = sent_in_before(office, WRONG["wrong-organisation"], Stage.APPROVED, (ASTA, BIRK))
        assert told(proposals.publish(approved, ASTA, office.desk)) == ["wrong-organisation"]
        assert office.entry() is None

    def test_whoever_may_not_approve_hears_only_that(self, office):
        sent = sent_in_before(office, WRONG["wrong-organisation"])
        assert why(proposals.approve(sent, "Bra", sent.digest, NILS, office.desk)) == "not-allowed"

    def test_what_cannot_be_read_is_told_as_before(self, office):
        draft = office.draft(WRONG["page-address"])
        assert why(proposals.submit(draft, "Tack", TEKLA, office.desk)) == "unfit"

    def test_a_document_older_than_what_stands(self, office):
        office.standing("service", "journal", saml(extensions=dated("2026-05-01")))
        older = saml(extensions=dated("2026-04-30"), acs="https://localhost/other")
        draft = office.draft(older)
        assert told(proposals.submit(draft, "Tack", TEKLA, office.desk)) == ["rolled-back"]
        newer = saml(extensions=dated("2026-05-02"), acs="https://localhost/other")
        office.approve(office.submit(office.keep(proposals.edit(draft, newer, TEKLA, office.desk))), ASTA, BIRK)
        assert office.entry()["saml"] == newer["saml"]

    def test_one_that_has_been_overtaken_by_a_newer_while_it_waited(self, office):
        office.standing("service", "journal", saml(extensions=dated("2026-05-01")))
        sent = office.sent_in(saml(extensions=dated("2026-05-02"), acs="https://localhost/other"))
        office.standing("service", "journal", saml(extensions=dated("2026-05-03")))
        assert told(proposals.approve(sent, "Bra", sent.digest, ASTA, office.desk)) == ["rolled-back"]

    def test_a_category_that_came_to_be_governed_while_it_waited(self, office):
        declared = make.entity_attribute("http://macedir.org/entity-category", CATEGORY)
        sent = office.sent_in(saml(extensions=declared))
        office.standing("federation", "", {"entity_categories": [{"uri": CATEGORY, "attributes": ["sn"]}]}, "")
        assert told(proposals.approve(sent, "Bra", sent.digest, ASTA, office.desk)) == ["category-not-allowed"]

    def test_a_category_that_the_entry_applies_for_is_the_approvers_to_judge(self, office):
        office.standing("federation", "", {"entity_categories": [{"uri": CATEGORY, "attributes": ["sn"]}]}, "")
        declared = make.entity_attribute("http://macedir.org/entity-category", CATEGORY)
        content = saml(extensions=declared) | {"entity_categories": [CATEGORY]}
        assert office.approve(office.sent_in(content), ASTA, BIRK).stage is Stage.PUBLISHED

    def test_a_provider_s_scope_and_category_that_its_entry_does_not_name(self, office):
        declared = make.entity_attribute("http://macedir.org/entity-category", CATEGORY)
        draft = office.draft(provider("other.example", declared), kind="identity_provider")
        found = told(proposals.submit(draft, "Tack", TEKLA, office.desk))
        assert sorted(found) == ["category-not-allowed", "foreign-scope"]
        named = provider("other.example", declared, scopes=["other.example"], entity_categories=[CATEGORY])
        edited = office.keep(proposals.edit(draft, named, TEKLA, office.desk))
        assert office.submit(edited).stage is Stage.SUBMITTED

    def test_a_provider_speaks_for_its_own_organisation(self, office):
        draft = office.draft(provider(ORG), kind="identity_provider")
        assert office.submit(draft).stage is Stage.SUBMITTED

    def test_what_leaves_is_not_held_by_what_is_wrong_with_it(self, office):
        office.standing("service", "journal", {**WRONG["wrong-organisation"], "state": "active"})
        leaving = office.keep(proposals.leave("service", "journal", "Avvecklad", OVE, office.desk))
        assert office.approve(leaving, ASTA, BIRK).stage is Stage.PUBLISHED
        assert office.entry()["state"] == "left"

    def test_what_is_suspended_comes_back_only_without_errors(self, office):
        office.standing("service", "journal", {**WRONG["wrong-organisation"], "state": "suspended"})
        back = office.keep(proposals.activate("service", "journal", "Igen", ASTA, office.desk))
        assert told(proposals.approve(back, "Bra", back.digest, BIRK, office.desk)) == ["wrong-organisation"]


class TestWhatIsLookedAt:
    def test_a_client_s_kept_secret_is_no_fault(self, office):
        secret = {"client_secret": "s" * 40, "token_endpoint_auth_method": "client_secret_basic"}
        sent = office.sent_in(client(oidc=secret))
        assert office.approve(sent, ASTA, BIRK).stage is Stage.PUBLISHED

    def test_warnings_and_hints_hold_nothing(self, office):
        sent = office.sent_in(client())
        report = judged.report(sent, office.store, SETTINGS, office.now)
        assert report.findings
        assert not report.refuses

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("member", member()),
            ("identity_provider", {"id": "op", "oidc": {"issuer": "https://op.example"}, "levels": {}}),
            ("service", None),
        ],
    )
    def test_where_there_is_no_document_nothing_is_said(self, office, kind, content):
        bare = replace(office.draft(), kind=kind)
        report = judged.report(
            replace(bare, wanted=replace(bare.wanted, content=content)), office.store, SETTINGS, office.now
        )
        assert (report.findings, report.passed, report.not_run) == ((), (), {})

    def test_an_entry_of_the_federation_itself_belongs_to_no_organisation(self, office):
        content = {name: value for name, value in provider("other.example").items() if name != "member"}
        draft = office.draft(content, ASTA, kind="identity_provider", org="")
        report = judged.report(draft, office.store, SETTINGS, office.now)
        assert {"wrong-organisation", "organisation-name"} <= report.not_run.keys()
        assert "foreign-scope" in {finding.id for finding in report.findings}

    def test_an_empty_service_is_told_what_it_lacks(self, office):
        draft = office.draft({"id": "journal", "member": ORG})
        assert judged.report(draft, office.store, SETTINGS, office.now).refuses

    def test_metadata_that_cannot_be_read_has_no_dates(self, office):
        assert judged.dates_of("<broken") is None
        office.standing("service", "journal", client())
        assert judged.standing_dates("service", "journal", office.store) is None


@pytest.mark.spec("facts/threats", "FR-02")
class TestALookAlike:
    @pytest.fixture
    def sent(self, office):
        theirs = saml("bank", entity_id="https://bank.example/sp") | {"member": OTHER_ORG}
        office.standing("service", "bank", theirs, OTHER_ORG)
        return office.sent_in(saml(acs="https://localhost/b", entity_id="https://bank.examp1e/sp"))

    def test_is_told_as_a_warning_and_may_be_sent_in(self, office, sent):
        found = judged.report(sent, office.store, SETTINGS, office.now).findings
        assert [each.severity.value for each in found if each.id == "id-look-alike"] == ["warning"]
        assert sent.stage is Stage.SUBMITTED

    def test_is_approved_by_nobody_who_does_not_say_that_they_can_be_told_apart(self, office, sent):
        answer = proposals.approve(sent, "Bra", sent.digest, ASTA, office.desk)
        assert (why(answer), answer.about) == ("documents-lacking", ("told-apart",))

    def test_is_approved_by_name_and_reason_which_are_on_record(self, office, sent):
        first = office.approve(sent, ASTA, vouched=TOLD_APART)
        live = office.approve(first, BIRK)
        assert live.stage is Stage.PUBLISHED
        acts = [(act.actor, act.vouched, act.reason) for act in live.acts if act.what == "approved"]
        assert acts == [("asta", ("told-apart",), "Bra"), ("birk", (), "Bra")]

    def test_is_not_waived_by_an_emergency(self, office, sent):
        answer = proposals.emergency(sent, "Nu", sent.digest, ASTA, office.desk)
        assert (why(answer), answer.about) == ("documents-lacking", ("told-apart",))
        first = office.approve(sent, ASTA, vouched=TOLD_APART)
        live = office.keep(proposals.emergency(first, "Nu", first.digest, BIRK, office.desk))
        assert live.stage is Stage.PUBLISHED

    def test_an_acknowledgement_falls_with_the_edit_of_what_it_was_about(self, office, sent):
        first = office.approve(sent, ASTA, vouched=TOLD_APART)
        changed = {**first.content, "consent": "ask"}
        again = office.submit(office.keep(proposals.edit(first, changed, TEKLA, office.desk)))
        assert why(proposals.approve(again, "Bra", again.digest, BIRK, office.desk)) == "documents-lacking"

    def test_is_looked_at_once_and_not_at_each_later_change(self, office, sent):
        live = office.approve(office.approve(sent, ASTA, vouched=TOLD_APART), BIRK)
        later = office.sent_in({**live.content, "consent": "ask", "levels": [LOA3], "attributes": ["sn"],
                                "reasons": {"sn": "Kallelser"}})  # fmt: skip
        assert proposals.look_alikes(later, office.desk) == ()
        assert office.approve(later, BIRK, ASTA).stage is Stage.PUBLISHED


# --- private keys


def kept_anywhere(office, secret: str) -> bool:
    """Whether a text stands in anything that was kept."""
    found = office.store.proposal_page(count=100).proposals
    contents = [office.store.proposal(each.id).content for each in found]
    return secret in json.dumps(contents)


@pytest.mark.spec("SAML Metadata Interoperability Profile", "2.6.1")
@pytest.mark.parametrize("name", ["PEM of PKCS 8", "DER of PKCS 1", "a JWK written as text"])
class TestAPrivateKey:
    def test_begins_no_draft(self, office, name):
        content = client() | {"names": {"sv": PRIVATE[name]}}
        answer = proposals.draft("service", "journal", ORG, content, TEKLA, office.desk)
        assert why(answer) == "private-key"
        assert answer.about[0].startswith("/names/sv holds a private key, so nothing was kept.")
        assert office.store.proposal_page().total == 0

    def test_gets_into_none(self, office, name):
        draft = office.draft(saml())
        xml = saml()["saml"]["metadata_xml"].replace("<md:SPSSO", f"<!-- {PRIVATE[name]} --><md:SPSSO")
        changed = {**saml(), "saml": {"metadata_xml": xml}}
        assert why(proposals.edit(draft, changed, TEKLA, office.desk)) == "private-key"
        assert not kept_anywhere(office, PRIVATE[name][:200])

    def test_of_our_own_method_is_the_operator_s_to_give(self, office, name):
        answer = proposals.draft("method", "bankid", "", {"key": PRIVATE[name]}, ASTA, office.desk)
        assert not isinstance(answer, Refused)


ODD = [
    ("service", {"names": ["a"], "oidc": {}}),
    ("service", {"contact": "a", "oidc": {}}),
    ("service", {"oidc": "a"}),
    ("service", {"oidc": ["a"]}),
    ("service", {"saml": {"metadata_xml": "x"}, "entity_categories": None}),
    ("service", {"saml": {"metadata_xml": "x"}, "entity_categories": 5}),
    ("service", {"saml": {"metadata_xml": 5}}),
    ("service", {"saml": {}}),
    ("service", {"saml": "a"}),
    ("service", {"saml": ["a"], "oidc": ["b"]}),
    ("service", {"levels": 5, "oidc": {}}),
    ("service", {"levels": [["a"]], "methods": 5, "entity_categories": [{}], "oidc": {}}),
    ("service", {"logo": 5, "privacy_url": {}, "information_url": [], "oidc": {}}),
    ("service", {"unheard": 5, "oidc": {"redirect_uris": 5, "client_name": {}}}),
    ("service", {}),
    ("identity_provider", {"saml": {"metadata_xml": "x"}, "scopes": 5}),
    ("identity_provider", {"saml": 5, "scopes": None}),
    ("identity_provider", {"oidc": 5}),
]
"""By kind: a draft may hold anything."""


@pytest.mark.parametrize(("kind", "odd"), ODD, ids=lambda each: each if isinstance(each, str) else json.dumps(each))
def test_of_a_draft_that_is_shaped_as_no_entry_what_can_be_read_is_judged(office, kind, odd):
    draft = office.draft({"id": "x", **odd}, kind=kind, id="x")
    assert isinstance(judged.report(draft, office.store, SETTINGS, office.now).findings, tuple)
    assert why(proposals.submit(draft, "Tack", TEKLA, office.desk)) == "unfit"


def test_what_is_odd_beside_a_registration_takes_nothing_from_what_is_said_of_it(office):
    content = client(oidc={"redirect_uris": ["http://elsewhere.example/cb"]}, contact={"mail": "it@localhost"})
    told = [
        {
            each.id
            for each in judged.report(office.draft({**content, **odd}), office.store, SETTINGS, office.now).findings
        }
        for odd in ({}, {"levels": 5, "unheard": []})
    ]
    assert told[0] == told[1] != set()
