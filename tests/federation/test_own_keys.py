"""The next key of a service and one fewer, as another content of its entry; what is pasted wrongly changes nothing."""

import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.federation.own_keys import Fault, Unfit, keys_of, published_at, with_next, without
from metadata.described_keys import key_id
from metadata.wire.jwk import public_jwk
from tests.support import saml_metadata as md
from tests.support.oidc import key
from tests.support.saml import ec_key, rsa_key

OLD, NEXT = key(kid="old"), key(kid="next")
SAML = {"id": "journal", "names": {"sv": "Journal"}, "saml": {"metadata_xml": md.entity().decode()}}
OIDC = {"id": "rp", "oidc": {"client_id": "rp", "jwks": {"keys": [public_jwk(OLD)]}}}
PRIVATE = {**public_jwk(NEXT), "d": "AAAA"}


def pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{md.in_lines(der)}\n-----END CERTIFICATE-----\n"


CERTIFICATE = pem(md.certificate(rsa_key("next")))
PRIVATE_PEM = rsa_key("next").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def ids(content):
    return [each.id for each in keys_of(content)]


def fault(act, *given):
    with pytest.raises(Unfit) as refused:
        act(*given)
    return refused.value.fault


class TestSaml:
    def test_a_certificate_is_added_and_the_old_one_goes_later(self):
        both = with_next(SAML, CERTIFICATE, "signing")
        (old, _, new) = keys_of(both)
        assert (new.use, new.id) == ("signing", key_id(rsa_key("next").public_key()))
        assert [each.id for each in keys_of(without(both, old.id, "signing"))] == [old.id, new.id]
        assert {**both, "saml": SAML["saml"]} == SAML

    def test_the_same_key_for_another_use_is_another(self):
        ours = pem(md.certificate())
        assert fault(with_next, SAML, ours, "signing") is Fault.THERE
        only_signing = {**SAML, "saml": {"metadata_xml": md.entity(md.sp_role(keys=md.key())).decode()}}
        assert len(keys_of(with_next(only_signing, ours, "encryption"))) == 2

    @pytest.mark.parametrize("key_id_", ["", "unknown"])
    def test_a_key_that_is_not_there_cannot_go(self, key_id_):
        assert fault(without, SAML, key_id_, "signing") is Fault.MISSING

    @pytest.mark.parametrize("xml", ["", "<x/>", md.entity(md.idp_role()).decode()])
    def test_what_cannot_be_read_has_no_keys_and_gets_none(self, xml):
        broken = {**SAML, "saml": {"metadata_xml": xml}}
        assert keys_of(broken) == ()
        assert fault(with_next, broken, CERTIFICATE, "signing") is Fault.UNREADABLE
        assert fault(without, broken, "a", "signing") is Fault.MISSING


class TestOidc:
    @pytest.mark.parametrize(
        "pasted",
        [json.dumps(public_jwk(NEXT)), json.dumps({"keys": [public_jwk(NEXT)]}), f"  {json.dumps(public_jwk(NEXT))}\n"],
    )
    def test_a_public_key_is_added_and_the_old_one_goes_later(self, pasted):
        both = with_next(OIDC, pasted, None)
        assert ids(both) == [key_id(OLD.public_key), key_id(NEXT.public_key)]
        left = without(both, key_id(OLD.public_key), None)
        assert left["oidc"] == {"client_id": "rp", "jwks": {"keys": [public_jwk(NEXT)]}}

    def test_a_key_without_a_name_gets_one(self):
        unnamed = {name: value for name, value in public_jwk(NEXT).items() if name != "kid"}
        added = with_next(OIDC, json.dumps(unnamed), None)["oidc"]["jwks"]["keys"][-1]
        assert len(added["kid"]) == 43

    def test_a_certificate_comes_with_its_end(self):
        der = md.certificate(ec_key("next"))
        added = with_next(OIDC, pem(der), None)["oidc"]["jwks"]["keys"][-1]
        assert (added["x5c"], added["use"], len(added["kid"])) == ([b64encode(der).decode()], "sig", 43)

    def test_the_first_key_of_a_client_and_the_last(self):
        bare = {"id": "rp", "oidc": {"client_id": "rp"}}
        one = with_next(bare, json.dumps(public_jwk(NEXT)), None)
        assert without(one, key_id(NEXT.public_key), None) == bare

    def test_a_key_is_not_added_twice_nor_taken_away_twice(self):
        assert fault(with_next, OIDC, json.dumps(public_jwk(OLD)), None) is Fault.THERE
        assert fault(without, OIDC, key_id(NEXT.public_key), None) is Fault.MISSING

    def test_keys_that_cannot_be_read_are_passed_over(self):
        broken = {"oidc": {"jwks": {"keys": ["x", public_jwk(OLD)]}}}
        assert keys_of(broken) == ()
        assert without(broken, key_id(OLD.public_key), None) == {"oidc": {"jwks": {"keys": ["x"]}}}
        assert keys_of({"oidc": {"jwks": "text"}}) == ()


@pytest.mark.parametrize("content", [SAML, OIDC])
@pytest.mark.parametrize("pasted", ["", "x", "{", "{}", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_key_is_refused(content, pasted):
    assert fault(with_next, content, pasted, "signing") is Fault.UNREADABLE


@pytest.mark.parametrize(
    "pasted",
    [
        json.dumps({"keys": []}),
        json.dumps({"keys": [public_jwk(NEXT), public_jwk(OLD)]}),
        json.dumps({"keys": "x"}),
        json.dumps({"keys": ["x"]}),
        json.dumps({"kty": "oct", "kid": "a"}),
        json.dumps({**public_jwk(NEXT), "use": "enc"}),
        json.dumps({"kty": "oct"}),
    ],
)
def test_a_key_set_that_is_not_one_usable_key_is_refused(pasted):
    assert fault(with_next, OIDC, pasted, None) is Fault.UNREADABLE


@pytest.mark.parametrize(("content", "pasted"), [(SAML, PRIVATE_PEM), (OIDC, PRIVATE_PEM), (OIDC, json.dumps(PRIVATE))])
def test_a_private_key_is_refused_and_named_as_one(content, pasted):
    assert fault(with_next, content, pasted, "signing") is Fault.PRIVATE


@pytest.mark.parametrize(
    "content",
    [
        {"saml": {**SAML["saml"], "metadata_url": "https://sp.example/md"}},
        {"oidc": {"client_id": "rp", "jwks_uri": "https://sp.example/md"}},
    ],
)
def test_who_publishes_its_keys_changes_them_there(content):
    assert published_at(content) == "https://sp.example/md"
    assert fault(with_next, content, CERTIFICATE, "signing") is Fault.ELSEWHERE
    assert fault(without, content, "a", "signing") is Fault.ELSEWHERE
