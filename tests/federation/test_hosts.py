"""Which hosts an entry names, and that none comes into force in whatever field without a proof."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from broker.federation import domains, hosts, proposals
from broker.federation.domains import KeepProof
from broker.login.effects import Effects
from broker.settings import Environment, Settings
from metadata.oidc import REGISTERED_MEMBERS
from metadata.wire.jose import public_jwk
from metadata.wire.saml_metadata_addresses import addresses
from metadata.wire.signing import signer
from metadata.wire.xml import XmlRefused
from tests.support.approvals import ASTA, BIRK, FRIDA, ORG, OTHER_ORG, OVE, TEKLA
from tests.support.proposing import LOA3, Office, client, member, why
from tests.support.saml import ec_key
from tests.support.saml_metadata import entity, idp_role, sp_role, sso
from trust_framework.approval import Stage
from trust_framework.danger import Danger
from trust_framework.domains import DomainProof
from trust_framework.member_types import Document
from trust_framework.names import QUARANTINE

NOW = 1_800_000_000
NEW = "new.example.se"
NEW_URL = f"https://{NEW}/x"
OWN = "own.example.se"
JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "_", "y": "_", "kid": "a", "x5u": f"https://{OWN}/x5u"}]}
ENTITY = {
    "entity_id": f"https://{OWN}",
    "jwks": JWKS,
    "metadata": {
        "openid_relying_party": {"redirect_uris": [f"https://{OWN}/cb"], "client_name": "n", "scope": "openid"}
    },
    "metadata_policy": {"openid_relying_party": {"redirect_uris": {"add": [f"https://{OWN}/cb"]}}},
}
CLIENT = {
    "id": "app",
    "member": ORG,
    "levels": [LOA3],
    "names": {"sv": "App"},
    "attributes": ["sn"],
    "reasons": {"sn": "s"},
    "legal_basis": "law",
    "reason": "r",
    "required": ["sn"],
    "entity_categories": ["c"],
    "contact": {"mail": "a@b.se", "url": "u"},
    "information_url": "i",
    "privacy_url": "p",
    "description": {"sv": "Journal"},
    "openid_federation": ENTITY,
    "oidc": {
        name: [f"https://{OWN}/{name}"] if name.endswith("uris") else f"https://{OWN}/{name}"
        for name in sorted(REGISTERED_MEMBERS - {"jwks", "application_type"})
    },
}
PROVIDER = {
    "id": "op",
    "member": ORG,
    "ceiling": LOA3,
    "levels": {"theirs": LOA3},
    "attributes": {"theirs": "sn"},
    "scopes": ["example.se"],
    "identifiers": ["personalIdentityNumber"],
    "openid_federation": ENTITY,
    "oidc": {
        "issuer": f"https://{OWN}",
        "client_id": "c",
        "client_secret": "s",
        "scope": "openid",
        "origins": [f"https://{OWN}"],
    },
}
STANDING_CLIENT = {"id": "app", "member": ORG, "oidc": {"redirect_uris": [f"https://{OWN}/cb"]}}
SAML = {"id": "sp", "member": ORG, "levels": [LOA3], "saml": {"metadata_url": f"https://{OWN}/m", "metadata_xml": ""}}

ASKED = {
    "redirect_uris", "post_logout_redirect_uris", "jwks_uri", "initiate_login_uri", "sector_identifier_uri", "metadata_url",
    "issuer", "origins", "entity_id", "x5u", "add",
}  # fmt: skip
"""Fields of the entries above that lead somewhere."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to each text of an entry."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from leaves(each, (*path, place))
    elif path[-1] != "metadata_xml":
        yield path


def with_new(content: Mapping[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The entry with an address at a new host in one of its fields."""
    changed = deepcopy(dict(content))
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = NEW_URL
    return changed


ENTRIES = {"service": [CLIENT, SAML], "identity_provider": [PROVIDER], "member": [member(openid_federation=ENTITY)]}
PATHS = [
    pytest.param(kind, content, path, id=f"{kind} {'.'.join(map(str, path))}")
    for kind, contents in ENTRIES.items()
    for content in contents
    for path in leaves(content)
    if not content.get("saml", {}).get("metadata_xml")
]


@pytest.mark.spec("facts/threats", "FR-03")
@pytest.mark.parametrize(("kind", "content", "path"), PATHS)
def test_an_address_in_any_field_names_its_host_unless_the_field_is_known_to_lead_nowhere(kind, content, path):
    content = {**content, "saml": {"metadata_url": f"https://{OWN}/m"}} if "saml" in content else content
    fields = {str(step).partition("#")[0] for step in path if isinstance(step, str)}
    told = NEW in hosts.named(kind, with_new(content, path))
    assert told is not bool(fields & hosts.UNASKED)
    assert told or not fields & ASKED


@given(name=st.text(max_size=20), deep=st.lists(st.sampled_from(["a", "b", 0]), max_size=4))
@hypothesis_settings(max_examples=50)
def test_an_address_in_a_field_that_nobody_has_thought_of_names_its_host(name, deep):
    value: Any = NEW_URL
    for step in deep:
        value = [value] if step == 0 else {step: value}
    assert (NEW in hosts.named("service", {**client(), name: value})) is (name.partition("#")[0] not in hosts.UNASKED)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://App.Example.SE/cb", "app.example.se"),
        ("HTTPS://app.example.se", "app.example.se"),
        ("https://app.example.se.:8443/cb", "app.example.se"),
        (" https://app.example.se", "app.example.se"),
        ("//app.example.se/cb", "app.example.se"),
        ("https://user@app.example.se/", "app.example.se"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https:app.example.se", "https:app.example.se"),
        ("https:///cb", "https:///cb"),
        ("https://[nothing", "https://[nothing"),
    ],
)
def test_whatever_a_browser_would_follow_names_a_host_and_what_cannot_be_read_names_one_that_nobody_proves(url, host):
    assert hosts.named("service", {"oidc": {"redirect_uris": [url]}}) == {host}


@pytest.mark.parametrize(
    "content",
    [{"privacy_url": NEW_URL}, {"description": {"sv": NEW_URL}}, {"oidc": {"policy_uri": NEW_URL}}],
)
def test_pages_and_words_that_people_read_name_no_host(content):
    assert hosts.named("service", content) == frozenset()


@pytest.mark.parametrize(
    "url", ["se.example.app:/cb", "javascript:alert(1)", "mailto:a@b.se", "example.se", "openid", ""]
)
def test_what_leads_to_no_host_names_none(url):
    assert hosts.named("service", {"oidc": {"redirect_uris": [url]}}) == frozenset()


def test_a_native_client_s_loopback_is_the_person_s_own_device():
    uris = ["http://127.0.0.1/cb", "http://[::1]:5000/cb", "https://app.example.se/cb", "https://127.0.0.1/cb"]
    native = {"oidc": {"application_type": "native", "redirect_uris": uris}}
    assert hosts.named("service", native) == {"app.example.se", "127.0.0.1"}
    web = {"oidc": {"redirect_uris": uris}}
    assert hosts.named("service", web) == {"app.example.se", "127.0.0.1", "::1"}


@pytest.mark.parametrize("kind", ["agreement", "policy", "feed", "method", "federation", "care_provider"])
def test_what_the_federation_enters_for_itself_is_its_own_answer(kind):
    assert hosts.named(kind, {"url": NEW_URL}) == frozenset()


FURTHER = f"""<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" errorURL="https://e.example/">
<md:Extensions><init:RequestInitiator xmlns:init="urn:oasis:names:tc:SAML:profiles:SSO:request-init" Binding="b"
 Location="https://i.example/"/><mdui:UIInfo><mdui:Logo height="1" width="1">https://logo.example/</mdui:Logo></mdui:UIInfo></md:Extensions>
<md:ArtifactResolutionService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://a.example/" index="0"/>
<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://l.example/"
 ResponseLocation=" https://r.example/ "/>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://{OWN}/acs" index="0"/>
</md:SPSSODescriptor>"""
MORE = '<md:AdditionalMetadataLocation namespace="urn:x">https://m.example/</md:AdditionalMetadataLocation>'


def test_every_address_of_saml_metadata_counts_also_those_that_we_do_not_use_ourselves():
    document = entity(FURTHER, after=MORE)
    found = {f"https://{name}.example/" for name in "eialrm"} | {f"https://{OWN}/acs"}
    assert addresses(document) == found
    content = {**SAML, "saml": {"metadata_xml": document.decode()}}
    assert hosts.named("service", content) == {OWN, *(f"{name}.example" for name in "eialrm")}


XML_ELSEWHERE = {**ENTITY, "metadata": {"openid_relying_party": {"metadata_xml": "x", "client_name": "n"}}}


@pytest.mark.parametrize(
    "content",
    [
        {**STANDING_CLIENT, "openid_federation": XML_ELSEWHERE},
        {**STANDING_CLIENT, "metadata_xml": "x"},
        {**STANDING_CLIENT, "saml": "x"},
        {**STANDING_CLIENT, "saml": {"metadata_xml": ["x"]}},
        {**STANDING_CLIENT, "saml": {"more": {"metadata_xml": "x"}}},
    ],
)
def test_only_what_stands_as_the_metadata_of_a_saml_entity_is_read_as_such(content):
    assert hosts.named("service", content) == {OWN}
    hidden = {**content, "openid_federation": {**ENTITY, "metadata": {"x": {"metadata_xml": NEW_URL}}}}
    assert hosts.named("service", hidden) == {OWN, NEW}


def test_metadata_that_cannot_be_read_names_hosts_that_are_not_known():
    with pytest.raises(XmlRefused):
        hosts.named("service", {**SAML, "saml": {"metadata_xml": "<"}})
    production = Settings(base_url="https://tillit.example.se")
    assert domains.lacked("service", {**SAML, "saml": {"metadata_xml": "<"}}, (), production, NOW) is None


@pytest.mark.parametrize(
    ("environment", "lacking"), [(Environment.DEMO, ()), (Environment.PRODUCTION, ("127.0.0.1", "localhost"))]
)
def test_loopback_needs_no_proof_where_it_may_be_reached(environment, lacking):
    content = {"oidc": {"redirect_uris": ["https://127.0.0.1:9/cb", "https://localhost/cb"]}}
    given = Settings(base_url="https://tillit.example.se", TILLIT_ENV=environment)
    assert domains.lacked("service", content, (), given, NOW) == lacking


# --- what comes into force


@pytest.fixture
def office(sqlite_storage):
    return Office(sqlite_storage)


def proven(office, host: str, org: str = ORG) -> DomainProof:
    proof = DomainProof(org, host, f"token-{host}-{org}", office.now).shown(office.now)
    office.store.commit(Effects((KeepProof(proof),)))
    return proof


def provider(**oidc: Any) -> dict[str, Any]:
    return {
        "id": "op", "member": ORG, "ceiling": LOA3, "levels": {"x": LOA3},
        "oidc": {"issuer": f"https://{OWN}", "client_id": "x", "client_secret": "s" * 32, **oidc},
    }  # fmt: skip


def saml_provider(role: str) -> dict[str, Any]:
    xml = entity(role, entity_id=f"https://{OWN}/idp").decode()
    return {"id": "idp", "member": ORG, "ceiling": LOA3, "levels": {"x": LOA3}, "saml": {"metadata_xml": xml}}


def lacks(office, proposal) -> tuple[str, ...] | None:
    """The hosts that a proposal lacks a proof of; None where no proof is wanted."""
    found = {each.document: each for each in proposals.checklist(proposal, office.desk)}
    proof = found.get(Document.DOMAIN_PROOF)
    return None if proof is None else proof.lacks


@pytest.mark.spec("facts/threats", "FR-03")
@pytest.mark.parametrize(
    ("content", "lacking"),
    [
        (provider(), (OWN,)),
        (provider(origins=["https://login.example.se"]), ("login.example.se", OWN)),
        (saml_provider(idp_role(sso(url=f"https://{OWN}/sso"))), (OWN,)),
        (saml_provider(idp_role(sso(url=f"https://{OWN}/sso"), flags='errorURL="https://fel.example.se/"')),
         ("fel.example.se", OWN)),
    ],
)  # fmt: skip
def test_a_provider_whose_hosts_are_not_proven_is_not_approved(office, content, lacking):
    sent = office.sent_in(content, kind="identity_provider")
    assert lacks(office, sent) == lacking
    assert why(proposals.approve(sent, "Bra", sent.digest, ASTA, office.desk)) == "documents-lacking"
    for host in lacking:
        proven(office, host, OTHER_ORG)
    assert lacks(office, sent) == lacking  # another member's proof is none of this one's
    for host in lacking:
        proven(office, host)
    assert office.approve(sent, ASTA, BIRK).stage is Stage.PUBLISHED


STANDING = client(oidc={"redirect_uris": [f"https://{OWN}/cb"]})
BRINGING = [
    client(oidc={"redirect_uris": [f"https://{OWN}/cb"], name: [NEW_URL] if name.endswith("uris") else NEW_URL})
    for name in ("initiate_login_uri", "post_logout_redirect_uris", "redirect_uris", "jwks_uri")
]


@pytest.mark.spec("facts/threats", "FR-03")
@pytest.mark.parametrize("content", BRINGING, ids=lambda content: "-".join(content["oidc"]))
def test_a_change_that_brings_a_host_in_any_field_is_dangerous_and_waits_for_its_proof(office, content):
    office.standing("service", "journal", {**STANDING, "state": "active"})
    proven(office, OWN)
    draft = office.draft(content)
    assert draft.danger is Danger.DANGEROUS
    assert lacks(office, draft) == (NEW,)


def test_a_change_that_brings_no_host_is_of_its_own_class(office):
    office.standing("service", "journal", {**STANDING, "state": "active"})
    same = client(oidc={"redirect_uris": [f"https://{OWN}/cb"], "initiate_login_uri": f"https://{OWN}/in"})
    draft = office.draft(same)
    assert (draft.danger, lacks(office, draft)) == (Danger.CAREFUL, None)
    page = client(oidc={"redirect_uris": [f"https://{OWN}/cb"], "tos_uri": NEW_URL})
    assert office.draft(page).danger is Danger.CAREFUL


def test_saml_metadata_with_an_address_that_we_do_not_use_ourselves_waits_for_its_proof(office):
    def content(flags: str = "") -> dict[str, Any]:
        xml = entity(sp_role(flags=flags), entity_id=f"https://{OWN}/sp").decode()
        return {"id": "journal", "member": ORG, "levels": [LOA3], "saml": {"metadata_xml": xml}}

    office.standing("service", "journal", {**content(), "state": "active"})
    draft = office.draft(content(f'errorURL="{NEW_URL}"'))
    assert draft.danger is Danger.DANGEROUS
    assert NEW in lacks(office, draft)


def test_a_member_that_becomes_an_entity_at_a_host_proves_it(office):
    keys = {"keys": [public_jwk(signer(ec_key("now"), kid="now", alg="ES256"))]}
    draft = office.draft(member(openid_federation={**ENTITY, "jwks": keys}), by=OVE, kind="member")
    assert (draft.danger, lacks(office, draft)) == (Danger.DANGEROUS, (OWN,))


@pytest.mark.parametrize("kind", ["service", "member"])
def test_a_draft_with_odd_metadata_of_an_openid_entity_is_kept_and_judged(office, kind):
    keys = {"keys": [public_jwk(signer(ec_key("now"), kid="now", alg="ES256"))]}
    entity_ = {**XML_ELSEWHERE, "jwks": keys}
    content = client(openid_federation=entity_) if kind == "service" else member(openid_federation=entity_)
    draft = office.draft(content, by=TEKLA if kind == "service" else OVE, kind=kind)
    assert draft.danger is Danger.DANGEROUS
    assert OWN in (lacks(office, draft) or ())


def test_a_change_whose_hosts_cannot_be_told_is_dangerous(office):
    odd = {**provider(), "saml": {"metadata_xml": "<"}}
    assert office.draft(odd, kind="identity_provider").danger is Danger.DANGEROUS


def test_taking_an_entry_out_brings_no_host():
    assert hosts.brought("service", {**SAML, "saml": {"metadata_xml": "<"}}, None) == frozenset()


def test_what_names_no_host_wants_no_proof(office):
    machine = client(oidc={"grant_types": ["client_credentials"], "redirect_uris": [], "jwks": {"keys": []}})
    assert lacks(office, office.draft(machine)) is None


@pytest.mark.parametrize("content", [{"id": "x"}, {**SAML, "saml": {"metadata_xml": "<"}}])
def test_what_cannot_be_read_has_proven_nothing(office, content):
    draft = office.draft({"id": "x", **content, "member": ORG})
    found = {each.document: each.done for each in proposals.checklist(draft, office.desk)}
    assert not found.get(Document.DOMAIN_PROOF, False)


@pytest.mark.spec("facts/threats", "FR-02")
def test_the_host_of_a_provider_that_has_left_is_nobody_else_s_for_a_year_whatever_is_proven(office):
    office.standing("identity_provider", "op", {**provider(), "state": "active"})
    office.standing("identity_provider", "op", {**provider(), "state": "left"})
    proven(office, OWN, OTHER_ORG)
    theirs = client("theirs", OTHER_ORG, oidc={"redirect_uris": [f"https://{OWN}/cb"]})
    draft = office.draft(theirs, by=FRIDA, org=OTHER_ORG)
    assert why(proposals.submit(draft, "Tack", FRIDA, office.desk)) == "name-held"
    office.now += QUARANTINE
    proven(office, OWN, OTHER_ORG)
    assert office.submit(draft, FRIDA).stage is Stage.SUBMITTED
    mine = client("mine", oidc={"redirect_uris": [f"https://{OWN}/cb"]})
    assert office.sent_in(mine).stage is Stage.SUBMITTED


def test_a_host_that_fails_takes_no_new_changes(office):
    proof = proven(office, OWN)
    office.store.commit(Effects((KeepProof(proof.not_shown(office.now, "status absent")),)))
    office.standing("service", "journal", {**STANDING, "state": "active"})
    sent = office.sent_in(client(oidc={"redirect_uris": [f"https://{OWN}/cb", f"https://{OWN}/cb2"]}), by=TEKLA)
    assert lacks(office, sent) == (OWN,)
    assert why(proposals.approve(sent, "Bra", sent.digest, ASTA, office.desk)) == "documents-lacking"
