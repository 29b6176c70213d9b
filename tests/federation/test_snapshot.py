"""The register as the running broker has it."""

import json
import subprocess
import sys
from datetime import date

import pytest

from broker.federation import entries
from broker.federation.reading import loaded, only_to_look_at
from broker.federation.sharing_schema import AgreementEntry
from broker.federation.snapshot import load
from broker.login.own import IDS
from metadata.register import SamlProvider
from tests.support import federation as good
from tests.support.federation import put, settings
from tests.support.saml_metadata import entity, organization, sp_role
from tests.support.trust import LOA2, LOA3, LOA4, ORG
from trust_framework.agreements import Standing
from trust_framework.days import DAY, day_after
from trust_framework.members import ConsentPolicy, Profile, State
from trust_framework.policies import Effect, Needs


@pytest.fixture
def folder(tmp_path):
    return good.folder(tmp_path / "federation")


@pytest.fixture
def federation(folder):
    return loaded(good.read(folder).content, settings())


def test_services_and_parties_share_their_ids(federation):
    assert federation.parties.keys() == federation.register.services.keys() == {"journal", "boka", *IDS}


def test_a_saml_service_is_found_by_its_entity_id_and_a_client_by_its_client_id(federation):
    assert federation.register.by_entity_id("https://sp.example/metadata").id == "journal"
    assert federation.register.by_client_id("boka").id == "boka"


def test_a_party_has_the_terms_that_the_file_gives_it(federation):
    journal, boka = federation.parties["journal"], federation.parties["boka"]
    assert (journal.member.org, journal.levels, journal.required) == (ORG, (LOA3, LOA2), {"employeeHsaId"})
    assert (boka.consent, boka.profile, boka.state) == (ConsentPolicy.ASK, Profile.DEFAULT, State.ACTIVE)


def test_providers_and_methods_share_their_ids(federation):
    assert federation.providers.keys() == federation.methods.keys() == {"card", "bankid", "region", "kommun"}
    assert federation.provider_entities == {"https://idp.example/metadata": "region"}


def test_a_provider_has_the_terms_that_the_file_gives_it(federation):
    region = federation.providers["region"]
    assert (region.ceiling, region.gives(), region.identifiers) == (LOA3, (LOA3,), {"personalIdentityNumber"})
    assert region.names["sv"] == "Region Exempel"
    assert federation.providers["kommun"].names["sv"] == "op.example.se"


def test_a_clients_secret_is_known_by_its_hash(federation):
    assert federation.register.by_client_id("boka").oidc.secret_hash == good.hashed(good.SECRET)


def test_the_federation_has_a_name_also_when_the_file_has_none(federation):
    assert federation.names == {"sv": "Provfederationen", "en": "The test federation"}
    assert loaded({"tillit": "1"}, settings()).names["sv"] == "tillit"


def test_before_any_file_was_applied_there_is_an_empty_register():
    federation = load({}, 0, only_to_look_at(settings()), settings())
    assert (federation.version, set(federation.parties), federation.methods) == (0, IDS, {})


def test_an_agreement_holds_from_the_first_swedish_day_through_the_last(federation):
    agreement = federation.agreements[0]
    assert [agreement.valid(at) for at in (1767221999, 1767222000, 1924988399, 1924988400)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("changed", "sv", "en"),
    [
        (good.content(), "Boka tid", "Book a time"),
        (put(("services", 1, "name"), {"sv": "Tider", "en": "Times"}), "Tider", "Times"),
        (put(("services", 1, "oidc", "client_name"), "Tider"), "Tider", "Book a time"),
    ],
)
def test_a_name_of_the_file_wins_over_one_of_the_registration(folder, changed, sv, en):
    boka = loaded(good.read(folder, changed).content, settings()).parties["boka"]
    assert (boka.name("sv"), boka.name("en")) == (sv, en)


def test_a_client_without_any_name_is_called_by_its_id(folder):
    changed = good.content()
    for name in ("client_name", "client_name#en"):
        del changed["services"][1]["oidc"][name]
    assert loaded(good.read(folder, changed).content, settings()).parties["boka"].name("sv") == "boka"


def test_a_saml_service_is_called_and_found_as_its_metadata_says(folder):
    (folder / "journal.xml").write_bytes(entity(sp_role(), after=organization("https://journal.example/")))
    federation = loaded(good.read(folder).content, settings())
    assert federation.parties["journal"].name("sv") == "Exempel"
    assert federation.register.services["journal"].home == "https://journal.example/"


@pytest.mark.parametrize(
    ("more", "home"),
    [
        ({}, "https://boka.example.se/"),
        ({"initiate_login_uri": "https://boka.example.se/login"}, "https://boka.example.se/login"),
    ],
)
def test_a_lost_person_is_sent_to_the_clients_start_else_to_its_page(folder, more, home):
    changed = good.content()
    changed["services"][1]["oidc"] |= more
    assert loaded(good.read(folder, changed).content, settings()).register.services["boka"].home == home


def test_cards_are_there_only_with_a_card_listener(folder):
    content = good.read(folder).content
    assert "card" not in loaded(content, settings(card_url="")).methods
    assert "card" in loaded(content, settings()).methods


@pytest.mark.parametrize("environment", ["production", "demo", "test"])
def test_the_test_method_is_there_in_test_and_nowhere_else(folder, environment):
    with_settings = settings(TILLIT_ENV=environment)
    content = good.read(folder, with_settings=with_settings).content
    assert ("test" in loaded(content, with_settings).methods) is (environment == "test")


def test_a_document_of_a_test_broker_brings_no_test_method_to_production(folder):
    content = good.read(folder, with_settings=settings(TILLIT_ENV="test")).content
    assert content["persons"]
    assert "test" not in loaded(content, settings()).methods


def test_a_provider_that_is_suspended_is_so_in_its_terms(folder):
    changed = put(("identity_providers", 0, "state"), "suspended")
    assert loaded(good.read(folder, changed).content, settings()).providers["region"].state is State.SUSPENDED


def test_an_empty_word_stands_for_an_answer_that_says_no_level(folder):
    changed = put(("identity_providers", 1, "levels"), {"": LOA2})
    assert loaded(good.read(folder, changed).content, settings()).providers["kommun"].levels == {"": LOA2}


def test_the_upstream_is_spoken_to_as_its_metadata_says(federation):
    provider = federation.methods["region"].settings.provider
    assert isinstance(provider, SamlProvider)
    assert provider.entity_id == "https://idp.example/metadata"


LOADING = """
import json, sys
from broker.federation.snapshot import load
from broker.federation.reading import only_to_look_at
from broker.settings import Settings
settings = Settings(base_url="https://login.example.se", card_url="")
load(json.load(sys.stdin), 1, only_to_look_at(settings), settings)
print(*sorted(name for name in sys.modules if name.startswith(("idp_adapters.methods.", "saml2", "sqlalchemy", "flask"))))
"""


def test_loading_imports_the_methods_in_use_and_nothing_heavy(folder):
    changed = good.content()
    del changed["methods"]["bankid"]
    changed["identity_providers"].pop(1)
    content = good.read(folder, changed, with_settings=settings(card_url="")).content
    done = subprocess.run(
        [sys.executable, "-c", LOADING],
        input=json.dumps(content),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split() == ["idp_adapters.methods.saml"]


def test_the_terms_of_a_card_are_those_of_its_policies(federation):
    assert federation.providers["card"].gives() == (LOA4,)


def test_an_agreement_in_full_and_a_policy_are_read_with_their_days(folder):
    federation = loaded(good.read(folder, good.with_sharing()).content, settings())
    short, full = federation.agreements
    (terms,) = full.versions
    assert (full.id, full.standing(good.NOW), full.lacking(terms)) == ("avtal-2", Standing.UNSIGNED, ())
    assert (terms.valid_from, terms.valid_until) == (short.valid_from, short.valid_until)
    (policy,) = federation.policies.all
    assert policy.rule.names == {"givenName", "sn", "displayName"}
    assert policy.rule.needs == Needs(2, agreement=True, consent=True, profile=Profile.DEFAULT)
    assert (policy.coming.effect, policy.coming.audience.everyone) == (Effect.DENY, True)


def test_the_agreements_of_a_service_are_found_by_its_id(folder):
    signed = good.with_sharing()
    terms = entries.agreement(AgreementEntry.model_validate(signed["agreements"][1])).versions[0]
    signed["agreements"][1]["versions"][0]["signatures"] = [
        {"org": org, "person": "p1", "name": "Eva", "level": LOA3, "at": "1770000000", "digest": terms.digest}
        for org in terms.orgs
    ]
    federation = loaded(good.read(folder, signed).content, settings())
    assert [each.id for each in federation.agreements_of["boka"]] == ["avtal-1", "avtal-2"]
    assert federation.agreements_of.get("journal") is None


@pytest.mark.spec("facts/threats", "FR-07")
@pytest.mark.parametrize(("said", "grace"), [(None, 30), ("0", 0), (90, 90)])
def test_a_provider_is_bounded_by_the_declarations_of_its_member_and_the_grace_of_the_federation(folder, said, grace):
    changed = put(("identity_providers", 0, "member"), ORG)
    changed["members"][0]["trust_declarations"] = [{"level": LOA3, "reviewer": "x", "expires": "2026-11-30"}]
    if said is not None:
        changed["declaration_grace_days"] = said
    federation = loaded(good.read(folder, changed).content, settings())
    after = day_after(date(2026, 11, 30)) + grace * DAY

    assert federation.providers["region"].gives_at(after - 1) == (LOA3,)
    assert federation.providers["region"].gives_at(after) == ()
    assert federation.providers["kommun"].declared == ()


@pytest.mark.spec("facts/threats", "FR-07")
@pytest.mark.parametrize(
    ("last", "grace", "ends"),
    [
        ("2026-10-10", 30, date(2026, 11, 9)),
        ("2027-03-10", 30, date(2027, 4, 9)),
        ("2027-03-27", 1, date(2027, 3, 28)),
        ("2026-10-24", 0, date(2026, 10, 24)),
    ],
)
def test_the_grace_of_a_declaration_is_counted_in_swedish_days_also_when_the_clock_is_moved(folder, last, grace, ends):
    changed = put(("identity_providers", 0, "member"), ORG)
    changed["members"][0]["trust_declarations"] = [{"level": LOA3, "reviewer": "x", "expires": last}]
    changed["declaration_grace_days"] = grace
    region = loaded(good.read(folder, changed).content, settings()).providers["region"]
    assert [region.gives_at(day_after(ends) + second) for second in (-1, 0)] == [(LOA3,), ()]
