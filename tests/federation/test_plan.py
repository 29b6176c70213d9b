"""What a plan says, and which of it is dangerous."""

import pytest

from broker.federation.plan import DANGERS, changes
from tests.support import federation as good
from tests.support.federation import put, settings, without
from tests.support.saml import ec_key
from tests.support.saml_metadata import acs, certificate, entity, idp_role, key, sp_role, sso
from tests.support.trust import LOA2, LOA3, LOA4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return good.folder(tmp_path_factory.mktemp("federation"))


def planned(folder, changed, before=None):
    old = good.read(folder, before).content
    return [str(change) for change in changes(old, good.read(folder, changed).content, settings())]


def metadata(*roles, entity_id="https://sp.example/metadata"):
    return {"metadata_xml": entity("".join(roles), entity_id=entity_id).decode()}


OTHER_KEY = key(der=certificate(ec_key("other")))


def test_the_same_file_changes_nothing(folder):
    assert planned(folder, good.content()) == []


def test_writing_out_a_default_changes_nothing(folder):
    changed = good.content()
    changed["services"][0] |= {"consent": "never", "profile": "default", "state": "active"}
    changed["services"][1]["oidc"] |= {"grant_types": ["authorization_code"], "subject_type": "pairwise"}
    changed["methods"]["card"] |= {"ocsp": "true", "subject": "serialNumber"}
    assert planned(folder, changed) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (put(("services", 1, "oidc", "redirect_uris", 1), "https://boka.example.se/b"),
         "! service boka: redirect_uris: added https://boka.example.se/b"),
        (put(("services", 1, "oidc", "client_secret"), "another-secret-of-theirs"), "! service boka: client_secret changed"),
        (put(("services", 1, "oidc", "scope"), "openid offline_access"), "! service boka: scope: added offline_access"),
        (put(("services", 1, "oidc", "client_name"), "Tider"), "service boka: client_name: added Tider"),
        (put(("services", 1, "attributes", 3), "mail"), "! service boka: attributes: added mail"),
        (put(("services", 1, "attributes"), ["sn"]), "service boka: attributes: removed givenName"),
        (put(("services", 1, "levels", 1), LOA2), f"! service boka: levels: added {LOA2}"),
        (put(("services", 0, "levels"), [LOA3]), f"service journal: levels: removed {LOA2}"),
        (put(("services", 1, "consent"), "never"), "! service boka: consent: added never"),
        (put(("services", 0, "profile"), "fapi2"), "! service journal: profile: removed default"),
        (put(("services", 0, "required"), []), "! service journal: required: removed employeeHsaId"),
        (put(("services", 0, "state"), "suspended"), "! service journal: state: added suspended"),
        (put(("services", 0, "contact"), {"mail": "a@b.se"}), "service journal: contact: added mail → a@b.se"),
        (put(("members", 0, "state"), "suspended"), "! member 2321000016: state: added suspended"),
        (put(("members", 0, "name", "sv"), "Regionen"), "member 2321000016: name: added sv → Regionen"),
        (put(("name", "sv"), "Federationen"), "federation: name: added sv → Federationen"),
        (without("services", 0), "! service journal removed"),
        (without("identity_providers", 0), "! identity provider region removed"),
        (without("methods", "bankid"), "! method bankid removed"),
        (put(("agreements",), []), "! agreement avtal-1 removed"),
        (put(("agreements", 0, "until"), "2031-12-31"), "! agreement avtal-1: until: added 2031-12-31"),
        (put(("identity_providers", 1, "oidc", "issuer"), "https://op2.example.se"),
         "! identity provider kommun: issuer: added https://op2.example.se"),
        (put(("identity_providers", 0, "ceiling"), LOA4), f"! identity provider region: ceiling: added {LOA4}"),
        (put(("identity_providers", 0, "scopes"), ["example.se"]), "! identity provider region: scopes: added example.se"),
        (put(("identity_providers", 0, "identifiers"), []),
         "identity provider region: identifiers: removed personalIdentityNumber"),
        (put(("methods", "card", "ocsp"), "false"), "! method card: ocsp: no"),
        (put(("methods", "card", "policies", "1.2.752.999.2"), LOA3), f"! method card: policies: added 1.2.752.999.2 → {LOA3}"),
        (put(("methods", "bankid", "key"), "-----BEGIN PRIVATE KEY-----\nB\n-----END PRIVATE KEY-----\n"),
         "! method bankid: key changed"),
        (put(("services", 0, "saml"), metadata(sp_role(acs("https://evil.example/acs")))),
         "! service journal: assertion consumer service: added https://evil.example/acs"),
        (put(("services", 0, "saml"), metadata(sp_role(), entity_id="https://sp2.example/")),
         "! service journal: entityID: added https://sp2.example/"),
        (put(("services", 0, "saml"), metadata(sp_role(keys=key("signing")))), "! service journal: encryption key: removed"),
        (put(("identity_providers", 0, "saml"), metadata(idp_role(sso("https://x.example/")), entity_id="https://idp.example/metadata")),
         "! identity provider region: single sign-on service: added https://x.example/"),
        (put(("identity_providers", 0, "saml"), metadata(idp_role(keys=key() + OTHER_KEY), entity_id="https://idp.example/metadata")),
         "! identity provider region: signing key: added sha256"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words_and_marked_when_it_is_dangerous(folder, changed, said):
    lines = planned(folder, changed)
    assert any(line.startswith(said) for line in lines), lines


def test_a_service_that_no_longer_signs_its_requests_is_dangerous(folder):
    signing = put(("services", 0, "saml"), metadata(sp_role(flags='AuthnRequestsSigned="true"')))
    assert "! service journal: signs its requests: no" in planned(folder, good.content(), signing)
    assert "service journal: signs its requests: yes" in planned(folder, signing)


def test_a_new_service_is_told_with_its_addresses_keys_and_terms(folder):
    lines = planned(folder, good.content(), without("services", 0))
    assert "service journal added" in lines
    assert "service journal: assertion consumer service: https://sp.example/acs" in lines
    assert any(line.startswith("service journal: signing key: sha256 ") for line in lines)
    assert not any(line.startswith("!") for line in lines)


def test_from_nothing_everything_is_new_and_nothing_dangerous(folder):
    found = changes({}, good.read(folder).content, settings())
    assert {"service boka added", "method card added", "member 2321000016 added"} <= {change.text for change in found}
    assert not any(change.dangerous for change in found)


def test_no_plan_tells_a_secret(folder):
    changed = put(("services", 1, "oidc", "client_secret"), "another-secret-of-theirs")
    changed["identity_providers"][1]["oidc"]["client_secret"] = "another-secret-of-ours"
    changed["methods"]["bankid"]["key"] = "-----BEGIN PRIVATE KEY-----\nVERYSECRET\n-----END PRIVATE KEY-----\n"
    told = "\n".join([*planned(folder, changed), *planned(folder, changed, {"tillit": "1"})])
    assert "client_secret changed" in told
    for secret in ("another-secret", "upstream-secret", "VERYSECRET", good.hashed("another-secret-of-theirs").hex()):
        assert secret not in told


def test_a_long_word_is_cut_and_made_printable(folder):
    changed = put(("services", 1, "oidc", "client_name"), "x" * 500)
    assert all(len(line) < 300 and line.isprintable() for line in planned(folder, changed))


def test_every_danger_is_of_an_aspect_that_a_plan_knows(folder):
    """A row of the table that no longer names anything would mark nothing."""
    from broker.federation.plan import _facts

    known = {}
    for (kind, _), facts in _facts(good.read(folder).content, settings()).items():
        known.setdefault(kind, set()).update(facts)
    missing = {(kind, aspect) for kind, rows in DANGERS.items() for aspect in rows if aspect not in known[kind]}
    assert not missing
