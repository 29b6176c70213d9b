"""The part of an entry that an approval is bound to."""

import pytest

from broker.federation.entries import When, party, service
from broker.federation.plan import class_of, entry_changes
from broker.federation.schema import ServiceEntry
from broker.federation.trusted import trusted_part
from tests.support.federation import settings
from tests.support.saml_metadata import acs, entity, organization, sp_role
from tests.support.trust import LOA3, ORG
from trust_framework.danger import Danger
from trust_framework.members import Member

LOGO = "<mdui:Logo width='10' height='10'>https://sp.example/logo.svg</mdui:Logo>"
TEXT = "<mdui:Description xml:lang='sv'>En tjänst.</mdui:Description><mdui:Keywords xml:lang='sv'>vård</mdui:Keywords>"
NAME = "<mdui:DisplayName xml:lang='sv'>Journalen</mdui:DisplayName>"
CONTACT = (
    '<md:ContactPerson contactType="technical"><md:EmailAddress>mailto:a@b.se</md:EmailAddress></md:ContactPerson>'
)


def info(*parts):
    return f"<mdui:UIInfo>{''.join(parts)}</mdui:UIInfo>"


def saml(document=None, **more):
    xml = (document or entity(sp_role())).decode()
    return {"id": "journal", "member": ORG, "levels": [LOA3], "saml": {"metadata_xml": xml}, **more}


def oidc(**more):
    registration = {
        "client_id": "boka",
        "redirect_uris": ["https://boka.example.se/cb"],
        "jwks_uri": "https://boka.example.se/j",
    }
    return {"id": "boka", "member": ORG, "levels": [LOA3], "oidc": {**registration, **more}}


SIGNED_LATER = 'ID="_m2" validUntil="2040-01-01T00:00:00Z" cacheDuration="PT1H"'
HARMLESS = [
    (saml(), saml(contact={"mail": "a@b.se"})),
    (saml(), saml(entity(sp_role(extensions=info(LOGO))))),
    (saml(), saml(entity(sp_role(extensions=info(TEXT, LOGO))))),
    (saml(entity(sp_role(extensions=info(NAME)))), saml(entity(sp_role(extensions=info(NAME, TEXT))))),
    (saml(), saml(entity(after=CONTACT))),
    (saml(), saml(entity(flags=SIGNED_LATER))),
    (saml(), saml(b"<!-- new -->\n" + entity(sp_role()).replace(b"><", b">\n  <"))),
    (oidc(), oidc(logo_uri="https://boka.example.se/l.svg", contacts=["it@b.se"], software_version="2")),
]
WEIGHTY = [
    (saml(), saml(attributes=["sn"])),
    (saml(), saml(entity(sp_role(acs("https://b.example/acs"))))),
    (saml(), saml(entity(sp_role(extensions=info(NAME))))),
    (saml(), saml(entity(after=organization()))),
    (saml(), saml(entity(sp_role(flags='errorURL="https://sp.example/e"')))),
    (oidc(), oidc(client_name="Boka")),
    (oidc(), oidc(redirect_uris=["https://boka.example.se/cb2"])),
]


@pytest.mark.parametrize(("before", "after"), HARMLESS)
def test_what_only_dresses_an_entry_is_outside_the_trusted_part(before, after):
    assert before != after
    assert trusted_part("service", before) == trusted_part("service", after)
    found = entry_changes("service", before["id"], before, after, settings())
    assert class_of("service", before, after, found) is Danger.HARMLESS


@pytest.mark.parametrize(("before", "after"), WEIGHTY)
def test_everything_else_is_within_it_and_never_harmless(before, after):
    assert trusted_part("service", before) != trusted_part("service", after)
    found = entry_changes("service", before["id"], before, after, settings())
    assert class_of("service", before, after, found) is not Danger.HARMLESS


def test_a_default_that_is_written_out_is_no_change_in_words_and_still_not_harmless():
    before, after = saml(), saml(consent="never")
    assert entry_changes("service", "journal", before, after, settings()) == ()
    assert class_of("service", before, after, ()) is Danger.CAREFUL


def test_an_entry_that_comes_or_goes_is_not_harmless():
    for before, after in ((None, saml()), (saml(), None)):
        found = entry_changes("service", "journal", before, after, settings())
        assert class_of("service", before, after, found) is Danger.DANGEROUS


def test_what_cannot_be_read_stays_as_it_is():
    broken = saml()
    broken["saml"]["metadata_xml"] = "<!DOCTYPE a><a/>"
    assert trusted_part("service", broken) == broken
    assert trusted_part("service", {"id": "a", "saml": {"metadata": "a.xml"}}) == {
        "id": "a",
        "saml": {"metadata": "a.xml"},
    }


def test_of_a_kind_without_harmless_aspects_everything_is_trusted():
    assert trusted_part("policy", {"contact": "a"}) == {"contact": "a"}


TOLD = ("names", "description", "information_url", "privacy_url", "logo", "reasons")
"""What a person is told of a service before they let details go to it."""


def told(content):
    terms = ServiceEntry.model_validate(content)
    shown = party(terms, Member(ORG, {"sv": "Regionen"}), service(terms, When()))
    return {name: getattr(shown, name) for name in TOLD}


@pytest.mark.parametrize(("before", "after"), HARMLESS)
def test_what_needs_nobodys_approval_changes_nothing_that_people_decide_by(before, after):
    assert told(after) == told(before)


def test_what_a_service_is_for_is_told_as_it_was_approved():
    described = saml(entity(sp_role(extensions=info(TEXT))), description={"sv": "Journalen."})
    assert told(described)["description"] == {"sv": "Journalen."}
