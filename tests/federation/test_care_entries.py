"""Care providers and the systems that call for them, from the file to the running broker."""

import copy

import pytest

from broker.federation.faults import BadFederation
from broker.federation.plan import changes, danger_of
from broker.federation.reading import loaded
from tests.federation.test_following import Node, saml
from tests.support import federation as good
from tests.support.federation import settings
from tests.support.world import MEMBER
from trust_framework.care_register import NO_CARE
from trust_framework.danger import Danger

PROVIDER = good.CARE["care_providers"][0]
CONSUMER = good.CARE["care_consumers"][0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return good.folder(tmp_path_factory.mktemp("federation"))


def care(content):
    return loaded(content, settings()).care


def test_a_provider_is_found_by_its_hsa_id_however_it_is_spelled(folder):
    register = care(good.read(folder, good.with_care()).content)
    provider = register.provider(" se2321000016-V1 ")
    assert (provider.org, provider.names["sv"], provider.rules) == (good.ORG, "Region Exempel", "se")
    assert list(provider.units) == ["SE2321000016-U1", "SE2321000016-U2"]
    assert provider.units["SE2321000016-U2"].names["sv"] == "SE2321000016-U2"
    assert (provider.switches.consent_lift_days, provider.switches.emergency_hours) == (3, 24)
    assert (provider.registrars, provider.review_contact) == (frozenset({"BIF;Spärradministratör"}), "logg@example.se")
    assert register.provider_of_unit("se2321000016-u2") is provider
    assert register.provider_of_unit("SE2321000016-U3") is register.provider("SE2321000016-V2") is None
    assert register.of_member(good.ORG) == {"SE2321000016-V1"}
    assert register.of_member("5560000001") == frozenset()


def test_an_authority_is_one_of_its_own_rule_set(folder):
    register = care(good.read(folder, changed("care_providers", authority="true", rules="tr")).content)
    assert (register.authorities("tr"), register.authorities("se")) == ({"SE2321000016-V1"}, frozenset())
    assert care(good.read(folder, good.with_care()).content).authorities("se") == frozenset()


def test_a_consumer_is_found_by_its_hsa_id_and_by_its_client(folder):
    register = care(good.read(folder, good.with_care()).content)
    consumer = register.consumer("se2321000016-s1")
    assert (consumer.contracts, consumer.providers) == (frozenset({"CheckBlocks"}), frozenset({"SE2321000016-V1"}))
    assert register.consumer("SE2321000016-S2") is None
    assert (register.of_service("boka"), register.of_service("journal")) == ({"SE2321000016-V1"}, frozenset())


def test_a_file_without_care_has_nobody(folder):
    assert care(good.read(folder).content) == NO_CARE


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_what_a_member_that_is_not_active_has_takes_no_part(folder, state):
    changed = good.with_care()
    changed["members"][0]["state"] = state
    assert care(good.read(folder, changed).content) == NO_CARE


def changed(section: str, **values):
    whole = good.with_care()
    whole[section][0] |= values
    return whole


def twice(section: str, **values):
    whole = good.with_care()
    whole[section].append({**copy.deepcopy(whole[section][0]), **values})
    return whole


LOWER = "se2321000016-v1"
BAD = {
    "a provider that is no HSA-id": (
        changed("care_providers", hsa_id="Region"),
        "care_providers[0].hsa_id",
        "no HSA-id",
    ),
    "an unknown key": (changed("care_providers", vat="1"), "care_providers[0].vat", "may stand"),
    "an unknown switch": (changed("care_providers", switches={"x": "1"}), "care_providers[0].switches.x", "may stand"),
    "a member that there is not": (
        changed("care_providers", member="5560000001"),
        "care_providers[0].member",
        "no member has",
    ),
    "a rule set that there is not": (changed("care_providers", rules="no"), "care_providers[0].rules", "no rule set"),
    "a lift for more than a week": (
        changed("care_providers", switches={"consent_lift_days": "8"}),
        "care_providers[0].switches.consent_lift_days",
        "7",
    ),
    "an emergency for more than a day": (
        changed("care_providers", switches={"emergency_hours": "25"}),
        "care_providers[0].switches.emergency_hours",
        "24",
    ),
    "an emergency for no time": (
        changed("care_providers", switches={"emergency_hours": "0"}),
        "care_providers[0].switches.emergency_hours",
        "1",
    ),
    "a contact that is no mail address": (
        changed("care_providers", review_contact="logg"),
        "care_providers[0].review_contact",
        "mail",
    ),
    "a provider twice in two spellings": (
        twice("care_providers", hsa_id=LOWER, units=[]),
        "care_providers[1].hsa_id",
        "another entry's",
    ),
    "a unit of two providers": (
        twice("care_providers", hsa_id="SE2321000016-V2", units=[{"hsa_id": "se2321000016-u1"}]),
        "care_providers[1].units[0].hsa_id",
        "another entry's",
    ),
    "a consumer twice": (twice("care_consumers"), "care_consumers[1].hsa_id", "another entry's"),
    "a consumer of no member": (
        changed("care_consumers", member="5560000001"),
        "care_consumers[0].member",
        "no member has",
    ),
    "a consumer with a client that there is not": (
        changed("care_consumers", service="nobody"),
        "care_consumers[0].service",
        "no service has",
    ),
    "a consumer for a provider that there is not": (
        changed("care_consumers", providers=["SE2321000016-V9"]),
        "care_consumers[0].providers[0]",
        "no care provider has",
    ),
}


@pytest.mark.parametrize(("content", "place", "why"), BAD.values(), ids=BAD)
def test_a_file_with_something_wrong_in_care_is_refused_with_the_place(folder, content, place, why):
    with pytest.raises(BadFederation) as found:
        good.read(folder, content)
    (fault,) = found.value.faults
    assert place in str(fault)
    assert why in str(fault)


def test_what_changes_who_may_see_more_is_dangerous_and_told_in_words(folder):
    before = good.read(folder, good.with_care()).content
    wider = changed("care_providers", switches={"outer_lift_by_others": "true", "consent_lift_days": "3"})
    wider["care_consumers"][0]["contracts"].append("RegisterExtendedBlock")
    found = changes(before, good.read(folder, wider).content, settings())
    assert danger_of(found) is Danger.DANGEROUS
    assert {change.line("sv") for change in found} == {
        "vårdgivare SE2321000016-V1: Vårdgivarens val läggs till: outer_lift_by_others → true",
        "vårdgivare SE2321000016-V1: Vårdgivarens val tas bort: outer_lift_by_others → false",
        "vårdsystem SE2321000016-S1: Tjänstekontrakt läggs till: RegisterExtendedBlock",
    }


def test_writing_out_a_default_is_no_change(folder):
    before = good.read(folder, good.with_care()).content
    same = changed("care_providers", switches={"consent_lift_days": "3", "emergency_hours": "24"})
    assert changes(before, good.read(folder, same).content, settings()) == ()


def test_a_node_follows_the_register_with_the_members_that_care_needs(sqlite_storage, tmp_path):
    node = Node(sqlite_storage, tmp_path)
    provider = {**copy.deepcopy(dict(PROVIDER)), "member": MEMBER}
    consumer = {key: value for key, value in CONSUMER.items() if key != "service"} | {"member": MEMBER}
    found = node.apply(saml("one"), care_providers=[provider], care_consumers=[consumer]).care
    assert (list(found.providers), list(found.consumers)) == (["SE2321000016-V1"], ["SE2321000016-S1"])
    assert (found.of_service("boka"), found.may_copy("boka"), found.may_copy("")) == (frozenset(), False, False)
    assert node.change("care_provider", "SE2321000016-V1", None).care.providers == {}
