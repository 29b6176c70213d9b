"""What storage is given: complete, self-contained, without a client's secret, and without people."""

import json

import pytest

from broker.federation.faults import BadFederation
from broker.federation.outside import Outside
from broker.federation.reading import digest, loaded, read_file, read_text
from broker.federation.reference import example
from broker.login.effects import PersonKey
from broker.login.own import IDS
from tests.support import federation as good
from tests.support import pki
from tests.support.federation import NOW, hashed, put, settings
from tests.support.saml_metadata import entity, idp_role, sp_role
from tests.support.trust import LOA4, OTHER_NUMBER, PERSONAL_NUMBER


@pytest.fixture
def folder(tmp_path):
    return good.folder(tmp_path / "federation")


@pytest.fixture
def document(folder):
    return good.read(folder)


def in_test(**more):
    return settings(TILLIT_ENV="test", **more)


def test_the_document_is_json_and_loads_without_the_folder(folder, document):
    kept = json.loads(json.dumps(document.content))
    for file in folder.iterdir():
        file.unlink()
    assert loaded(kept, settings()).parties.keys() == {"journal", "boka", *IDS}


def test_metadata_stands_in_it_as_text(document):
    assert document.content["services"][0]["saml"].keys() == {"metadata_xml"}
    assert "https://sp.example/acs" in document.content["services"][0]["saml"]["metadata_xml"]
    assert document.content["identity_providers"][0]["saml"].keys() == {"metadata_xml", "signing_alg"}


def test_pem_stands_in_it_without_the_words_before_it(document):
    methods = document.content["methods"]
    assert methods["card"]["anchors"][0].startswith("-----BEGIN CERTIFICATE-----\n")
    assert methods["bankid"]["key"] == good.ENVIRON["EID_KEY"]


def test_of_a_clients_secret_only_the_keyed_hash_is_kept(document):
    client = document.content["services"][1]["oidc"]
    assert "client_secret" not in client
    assert client["client_secret_hash"] == hashed(good.SECRET).hex()
    assert good.SECRET not in json.dumps(document.content)


def test_a_secret_that_we_present_ourselves_is_kept_for_the_store_to_seal(document):
    assert document.content["identity_providers"][1]["oidc"]["client_secret"] == "upstream-secret-of-ours"


def test_no_secret_is_shown_by_repr(document):
    assert "upstream-secret" not in repr(document)
    assert "VERY" not in repr(Outside(None, {"A": "VERY SECRET"}))


@pytest.mark.parametrize("secret", ["env:CLIENT", "file:client-secret"])
def test_a_secret_may_be_elsewhere(folder, secret):
    (folder / "client-secret").write_text("a-secret-in-another-place\n")
    changed = put(("services", 1, "oidc", "client_secret"), secret)
    outside = Outside(folder, {**good.ENVIRON, "CLIENT": "a-secret-in-another-place"})
    read = read_text(good._dumped(changed), outside, settings(), hashed, NOW)
    assert read.content["services"][1]["oidc"]["client_secret_hash"] == hashed("a-secret-in-another-place").hex()


def test_people_are_the_directorys_and_in_no_version_of_the_register(document):
    assert not {"persons", "staff"} & document.content.keys()
    assert PERSONAL_NUMBER not in json.dumps(document.content)
    anna, bo = document.listed
    assert anna.keys == (
        PersonKey("personalIdentityNumber", PERSONAL_NUMBER),
        PersonKey("employeeHsaId", "SE2321000016-E1"),
    )
    assert anna.person.attributes["givenName"] == ("Anna",)
    assert anna.staff[0].commissions[0].hsa_id == "SE2321000016-C1"
    assert (bo.keys, bo.person.protected) == ((PersonKey("personalIdentityNumber", OTHER_NUMBER),), True)


def test_in_test_persons_stay_as_personas_and_are_found_by_their_persona(folder):
    document = good.read(folder, with_settings=in_test())
    assert [person["id"] for person in document.content["persons"]] == ["anna", "bo"]
    assert "staff" not in document.content
    assert document.listed[0].keys[-1] == PersonKey("subject", "test\x1fpersona\x1fanna")


def test_in_test_services_may_be_on_loopback_with_short_secrets_and_name_the_test_method(folder):
    changed = put(("services", 1, "oidc", "redirect_uris"), ["http://127.0.0.1:9000/callback"])
    changed["services"][1] |= {"methods": ["test"]}
    changed["services"][1]["oidc"] |= {"client_secret": "short", "client_uri": "http://127.0.0.1:9000/"}
    assert loaded(good.read(folder, changed, with_settings=in_test()).content, in_test())
    with pytest.raises(BadFederation):
        good.read(folder, changed)


def test_the_digest_is_of_the_document_and_not_of_how_the_file_is_written(folder, document):
    again = good.read(folder, json.dumps(good.content()).encode())
    assert again.digest == document.digest == digest(document.content)
    (folder / "journal.xml").write_bytes(entity(sp_role(), entity_id="https://other.example/metadata"))
    assert good.read(folder).digest != document.digest


def test_the_same_keys_may_be_called_names(folder, document):
    changed = good.content()
    changed["members"][0]["names"] = changed["members"][0].pop("name")
    assert (
        loaded(good.read(folder, changed).content, settings()).parties == loaded(document.content, settings()).parties
    )


def test_a_file_is_read_from_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EID_KEY", good.ENVIRON["EID_KEY"])
    path = good.written(tmp_path / "elsewhere")
    assert read_file(path, settings(), hashed, NOW).content["services"]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFederation, match="No such file"):
        read_file(tmp_path / "none.yaml", settings(), hashed, NOW)


@pytest.mark.parametrize("octets", [b"hello", b"- a\n- b\n", b""])
def test_what_has_no_keys_is_refused(folder, octets):
    with pytest.raises(BadFederation):
        good.read(folder, octets)


def test_the_smallest_file_is_a_version_alone(folder):
    federation = loaded(good.read(folder, {"tillit": "1"}).content, settings())
    assert (set(federation.parties), federation.methods) == (IDS, {})


@pytest.mark.parametrize(
    ("changed", "with_settings", "warning"),
    [
        (good.content(), settings(card_url=""), "methods.card: cards cannot be used until TILLIT_CARD_URL is set"),
        (
            put(("services", 1, "levels"), ["http://id.sambi.se/loa/loa3"]),
            settings(),
            "no login method that the service takes",
        ),
        (put(("services", 0, "methods"), ["kommun"]) | {}, settings(), ""),
        (put(("identity_providers", 1, "state"), "suspended") | {}, settings(), ""),
    ],
)
def test_what_cannot_work_as_it_is_is_warned_of(folder, changed, with_settings, warning):
    warned = [str(fault) for fault in good.read(folder, changed, with_settings=with_settings).warnings]
    assert any(warning in each for each in warned) if warning else warned == []


def test_a_suspended_provider_gives_no_level(folder):
    changed = put(("services", 1, "methods"), ["kommun"])
    changed["services"][1]["levels"] = changed["identity_providers"][1]["levels"]["two"].split()
    assert good.read(folder, changed).warnings == ()
    changed["identity_providers"][1]["state"] = "suspended"
    assert "gives any of these levels" in str(good.read(folder, changed).warnings[0])


@pytest.mark.spec("Sweden Connect entity categories", "2")
def test_a_service_whose_categories_no_provider_has_is_warned_of(folder):
    changed = put(("services", 1, "methods"), ["kommun"])
    changed["services"][1]["levels"] = changed["identity_providers"][1]["levels"]["two"].split()
    ours, theirs = (f"http://id.elegnamnden.se/ec/1.0/loa3-{name}" for name in ("pnr", "name"))
    changed["services"][1]["entity_categories"] = [ours]
    changed["identity_providers"][1]["entity_categories"] = [ours]
    assert good.read(folder, changed).warnings == ()
    changed["identity_providers"][1]["entity_categories"] = [theirs]
    assert "and fits its entity categories" in str(good.read(folder, changed).warnings[0])


def test_a_commission_that_nobody_can_choose_is_warned_of(folder):
    changed = good.content()
    del changed["staff"][0]["commissions"][0]["commissionPurpose"]
    assert "staff[0].commissions[0]: lacks something mandatory" in str(good.read(folder, changed).warnings[0])


def test_what_was_left_out_of_metadata_is_warned_of(folder):
    described = entity(idp_role(), entity_id="urn-without-scheme")
    changed = put(("identity_providers", 0, "saml"), {"metadata_xml": described.decode()})
    assert "identity_providers[0].saml" in str(good.read(folder, changed).warnings[0])


def test_one_kind_of_method_may_stand_twice(folder):
    changed = put(("methods", "old-card"), {"kind": "card", "anchors": ["ca.pem"], "policies": {good.POLICY: LOA4}})
    assert {"card", "old-card"} <= loaded(good.read(folder, changed).content, settings()).methods.keys()


def test_the_printed_example_is_a_file_that_can_be_applied(tmp_path, monkeypatch):
    authority = pki.Authority.root()
    for name, content in {
        "metadata/journal.xml": entity(sp_role()),
        "metadata/region.xml": entity(idp_role(), entity_id="https://idp.example/metadata"),
        "certificates/card-root.pem": authority.pem,
        "certificates/rp.pem": authority.pem,
        "certificates/bankid-ca.pem": authority.pem,
        "secrets/rp-key.pem": authority.key_pem,
        "secrets/kommun": b"a-secret-that-is-long-enough",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    outside = Outside(tmp_path, {"BOKA_CLIENT_SECRET": "a-secret-that-is-long-enough"})
    document = read_text(example().encode(), outside, settings(), hashed, NOW)
    assert document.warnings == ()
    assert loaded(document.content, settings()).methods.keys() == {"region", "kommun", "card", "bankid"}
