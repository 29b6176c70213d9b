"""A patient context as values: whose question it is, and what may be left of a wish."""

import pytest

from tests.support.care_values import NURSE, OTHER_PATIENT, OTHER_UNIT, PATIENT, PROVIDER, UNIT
from trust_framework.care import CareActor, Resource
from trust_framework.directory import NOWHERE, Acting, Commission, StaffEntry
from trust_framework.patient_context import ACTIONS, OWN, ContextWish, actor_of, question

COMMISSION = Commission(
    "se2321000016-a1",
    {
        "healthCareUnitHsaId": (UNIT.lower(),),
        "healthCareProviderHsaId": (PROVIDER.lower(),),
        "commissionPurpose": ("Statistik",),
    },
)
STAFF = StaffEntry(NURSE.lower(), {"healthcareProfessionalLicense": ("SJ", "BM")}, (COMMISSION,))
MINE, THEIRS = Resource("mine", PROVIDER, UNIT), Resource("theirs", PROVIDER, OTHER_UNIT)
WISH = ContextWish(PATIENT, ("read", "write"), resources=(MINE, THEIRS))


def test_who_asks_is_the_person_in_the_commission():
    expected = CareActor(NURSE, UNIT, PROVIDER, "Statistik", "SE2321000016-A1", "anna", ("SJ", "BM"))
    assert actor_of(Acting(STAFF, COMMISSION), "anna") == expected


def test_a_commission_that_the_login_alone_knows_brings_its_own_employee():
    told = Commission("SE2321000016-A1", {**COMMISSION.attributes, "employeeHsaId": (NURSE,)})
    assert actor_of(Acting(commission=told), "anna").employee == NURSE


def without(name):
    kept = {key: value for key, value in COMMISSION.attributes.items() if key != name}
    return Acting(STAFF, Commission("SE2321000016-A1", kept))


NOBODY = {
    "no commission": NOWHERE,
    "an employment alone": Acting(STAFF),
    "a commission of nobody": Acting(commission=COMMISSION),
    "a commission without provider": without("healthCareProviderHsaId"),
}


@pytest.mark.parametrize("case", NOBODY)
def test_nobody_asks(case):
    assert actor_of(NOBODY[case], "anna") is None


def test_a_commission_without_purpose_is_care_s():
    assert actor_of(without("commissionPurpose"), "").purpose == "Vård och behandling"


def test_a_commission_right_under_the_provider_has_no_unit():
    actor = actor_of(without("healthCareUnitHsaId"), "")
    assert actor.unit == ""
    assert question(ContextWish(PATIENT, ("read",)), actor).resources == (Resource(OWN, PROVIDER),)


def test_emergency_access_is_never_asked_for_by_a_token():
    assert set(ACTIONS) == {"read", "write", "sign", "print", "countersign", "delete"}


def test_what_a_commission_must_have_is_what_was_said():
    wish = ContextWish(PATIENT, ("read",), UNIT, "SE2321000016-A1", "Statistik")
    assert wish.commissions() == {
        "healthCareUnitHsaId": (UNIT,),
        "commissionHsaId": ("SE2321000016-A1",),
        "commissionPurpose": ("Statistik",),
    }
    assert WISH.commissions() == {}
    assert WISH.chosen("se2321000016-a1").commissions() == {"commissionHsaId": ("SE2321000016-A1",)}


NARROWER = {
    "the same": (WISH, WISH),
    "an action less": (ContextWish(PATIENT, ("write",)), ContextWish(PATIENT, ("write",), resources=(MINE, THEIRS))),
    "a resource less": (ContextWish(PATIENT, ("read",), resources=(THEIRS,)),) * 2,
}


@pytest.mark.spec("RFC 9396", "6.1")
@pytest.mark.parametrize("case", NARROWER)
def test_less_may_be_asked_for(case):
    asked, granted = NARROWER[case]
    assert WISH.narrowed_to(asked) == granted


WIDER = {
    "another patient": ContextWish(OTHER_PATIENT, ("read",)),
    "another action": ContextWish(PATIENT, ("sign",)),
    "another resource": ContextWish(PATIENT, ("read",), resources=(Resource("more", PROVIDER),)),
    "another unit": ContextWish(PATIENT, ("read",), care_unit=UNIT),
    "another commission": ContextWish(PATIENT, ("read",), commission="SE2321000016-A1"),
    "another purpose": ContextWish(PATIENT, ("read",), purpose="Statistik"),
}


@pytest.mark.spec("RFC 9396", "6.1")
@pytest.mark.parametrize("case", WIDER)
def test_more_is_not_given(case):
    assert WISH.narrowed_to(WIDER[case]) is None


LEFT = [
    ({"read"}, {"mine"}, ContextWish(PATIENT, ("read",), resources=(MINE,))),
    ({"read", "write", "sign"}, {"mine", "theirs", "more"}, WISH),
    (set(), {"mine"}, None),
    ({"sign"}, {"mine"}, None),
    ({"read"}, set(), None),
    ({"read"}, {"more"}, None),
]


@pytest.mark.parametrize(("actions", "resources", "left"), LEFT)
def test_nothing_left_of_a_wish_is_never_the_whole_of_it(actions, resources, left):
    assert WISH.only(actions, resources) == left


def test_a_wish_without_resources_keeps_its_meaning():
    wish = ContextWish(PATIENT, ("read",))
    assert wish.only({"read"}, {OWN}) == wish
