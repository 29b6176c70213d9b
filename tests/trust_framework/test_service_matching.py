"""Service matching of Sweden Connect: one of the entity categories, all of the properties, one of the contracts."""

import pytest

from tests.support.trust import LOA2, terms
from tests.support.trust import LOA4 as LEVEL4
from trust_framework.attribute_sets import ACCEPTS_COORDINATION_NUMBER, ENTITY_CATEGORIES
from trust_framework.members import Declaration, State
from trust_framework.service_matching import CategoryType, Sought, Unfit, matches, mismatches, type_of, unfit

DECLARED = "http://id.elegnamnden.se/loa/1.0/loa3"
LOA3, LOA4 = "http://id.elegnamnden.se/ec/1.0/loa3-pnr", "http://id.elegnamnden.se/ec/1.0/loa4-pnr"
HSA = "http://id.swedenconnect.se/ec/1.0/loa3-hsaid"
OWN = "http://id.swedenconnect.se/ec/region.se/loa3-own"
MOBILE, SCAL2 = "http://id.elegnamnden.se/sprop/1.0/mobile-auth", "http://id.elegnamnden.se/sprop/1.0/scal2"
PREPAID = "http://id.swedenconnect.se/contract/sc/prepaid-auth-2021"
SYSTEM = "http://id.swedenconnect.se/contract/sc/eid-authorization-system"
SIGNS = "http://id.elegnamnden.se/st/1.0/sigservice"
FOREIGN = "http://refeds.org/category/research-and-scholarship"
E, P, C = CategoryType.ENTITY, CategoryType.PROPERTY, CategoryType.CONTRACT

CASES = {
    "nothing is declared": ([], [], ()),
    "one of several is enough": ([LOA3, LOA4], [LOA4, HSA], ()),
    "none in common": ([LOA3], [LOA4, HSA], (E,)),
    "a higher level is another category": ([LOA3], [LOA4], (E,)),
    "the provider declares none": ([LOA3], [], (E,)),
    "the service asks for none": ([], [LOA3], ()),
    "an organisation's own category": ([OWN], [OWN], ()),
    "an organisation's own category that the provider lacks": ([OWN], [LOA3], (E,)),
    "letter case tells URIs apart": ([LOA3], [LOA3.upper()], (E,)),
    "all properties are there": ([MOBILE, SCAL2], [SCAL2, MOBILE], ()),
    "one property is missing": ([MOBILE, SCAL2], [MOBILE], (P,)),
    "a property that the service does not need": ([], [MOBILE], ()),
    "no contract is declared: for all": ([PREPAID], [], ()),
    "one contract is the service's": ([PREPAID], [PREPAID, SYSTEM], ()),
    "no contract is the service's": ([PREPAID], [SYSTEM], (C,)),
    "the service has no contract": ([], [PREPAID, SYSTEM], (C,)),
    "types and general categories match nothing": ([SIGNS, ACCEPTS_COORDINATION_NUMBER, FOREIGN], [], ()),
    "a category in common does not make up for a property": ([LOA3, SCAL2], [LOA3], (P,)),
    "everything is wrong": ([LOA3, MOBILE], [LOA4, PREPAID], (E, P, C)),
}


@pytest.mark.spec("Sweden Connect entity categories", "2")
@pytest.mark.parametrize("name", CASES)
def test_a_provider_fits_a_service_or_is_told_by_what_it_does_not(name):
    service, provider, wrong = CASES[name]
    assert mismatches(service, provider) == wrong
    assert matches(service, provider) == (not wrong)


@pytest.mark.parametrize("category", ENTITY_CATEGORIES)
def test_every_category_that_asks_for_attributes_is_matched(category):
    assert type_of(category) is CategoryType.ENTITY


# --- who can serve a service

SERVED = {
    "nothing is in the way": ({}, {}, None),
    "it is stopped": ({"state": State.SUSPENDED}, {}, Unfit.STOPPED),
    "its member has left": ({"state": State.LEFT}, {}, Unfit.STOPPED),
    "the service takes others": ({}, {"methods": (("bankid",),)}, Unfit.SERVICE),
    "the service takes it, the request does not": ({}, {"methods": (("region-exempel",), ("bankid",))}, Unfit.SERVICE),
    "a list that says nothing": ({}, {"methods": ((), ("region-exempel",))}, None),
    "it gives no such level": ({}, {"levels": frozenset({LEVEL4})}, Unfit.LEVEL),
    "its ceiling is lower": ({"ceiling": LOA2}, {}, Unfit.LEVEL),
    "the declaration that carried the level has run out": (
        {"declared": (Declaration(DECLARED, 100),)}, {"at": 100}, Unfit.OVERDUE,
    ),
    "the declaration still counts": ({"declared": (Declaration(DECLARED, 100),)}, {"at": 99}, None),
    "another day is nobody's affair": ({"declared": (Declaration(DECLARED, 100),)}, {}, None),
    "the one that counts carries less": ({"declared": (Declaration(LOA2, 200),)}, {"at": 1}, Unfit.OVERDUE),
    "it has another category": ({"categories": frozenset({HSA})}, {"categories": frozenset({LOA3})}, Unfit.CATEGORY),
    "it has the category": ({"categories": frozenset({LOA3})}, {"categories": frozenset({LOA3})}, None),
    "it declares nothing that counts": ({"categories": frozenset({SIGNS})}, {"categories": frozenset({LOA3})}, None),
    "it declares nothing": ({}, {"categories": frozenset({LOA3})}, None),
    "it wants a contract": ({"categories": frozenset({PREPAID})}, {}, Unfit.CATEGORY),
    "the first cause is told": (
        {"state": State.SUSPENDED, "categories": frozenset({PREPAID})}, {"methods": (("bankid",),)}, Unfit.STOPPED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SERVED)
def test_a_provider_can_serve_a_service_or_is_told_why_not(name):
    provider, sought, why = SERVED[name]
    whole = {"levels": frozenset({DECLARED}), **sought}
    assert unfit(terms(**provider), Sought(**whole)) == why
