"""Names under which a service asks for several attributes at once: scopes, attribute sets, entity categories.

Rows only. What is asked for is still bounded by what the service is registered for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_AP: Final = "http://id.elegnamnden.se/ap/1.0/"
_EC: Final = "http://id.elegnamnden.se/ec/1.0/"
_SC_AP: Final = "http://id.swedenconnect.se/ap/1.0/"
_SC_EC: Final = "http://id.swedenconnect.se/ec/1.0/"
_SC_EC_SC: Final = "http://id.swedenconnect.se/ec/sc/"
_OIDC_SE: Final = "https://id.oidc.se/scope/"
_SC_SCOPE: Final = "https://id.swedenconnect.se/scope/"
ON_BEHALF_SCOPE: Final = "urn:tillit:scope:on-behalf-of"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Catalogue names: those that belong to the set whatever happens, and those that come if they can."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All of them, the required first."""
        return self.required + self.optional


# OpenID Connect Core 5.4; OIDC Sweden claims and scopes 3; Sweden Connect claims and scopes. `naturalPersonNumber` asks
# for one of two numbers, so neither is required by itself.
SCOPES: dict[str, Bundle] = {
    "profile": Bundle(optional=("displayName", "sn", "givenName", "middleName", "gender", "dateOfBirth")),
    "email": Bundle(optional=("mail",)),
    "phone": Bundle(optional=("telephoneNumber",)),
    "address": Bundle(optional=("street", "postalCode", "l", "countryOfResidence")),
    f"{_OIDC_SE}naturalPersonInfo": Bundle(optional=("sn", "givenName", "middleName", "displayName", "dateOfBirth")),
    f"{_OIDC_SE}naturalPersonNumber": Bundle(optional=("personalIdentityNumber", "coordinationNumber")),
    f"{_OIDC_SE}naturalPersonOrgId": Bundle(("orgAffiliation",), ("displayName", "o", "organizationIdentifier")),
    f"{_OIDC_SE}sign": Bundle(("userSignature",)),
    f"{_OIDC_SE}signApproval": Bundle(),
    f"{_SC_SCOPE}eidasNaturalPersonIdentity": Bundle(("prid", "pridPersistence", "eidasPersonIdentifier")),
    f"{_SC_SCOPE}eidasSwedishIdentity": Bundle(
        optional=("mappedPersonalIdentityNumber", "mappedCoordinationNumber", "personalIdentityNumberBinding")
    ),
    ON_BEHALF_SCOPE: Bundle(
        optional=(
            "representedRelation",
            "representedName",
            "representedPersonalIdentityNumber",
            "representedOrganizationIdentifier",
        )
    ),
}

# Sweden Connect attribute specification 2
_NATURAL_PERSON: Final = ("sn", "givenName", "displayName")
_PNR: Final = Bundle((*_NATURAL_PERSON, "personalIdentityNumber"), ("dateOfBirth",))
_NAME: Final = Bundle(_NATURAL_PERSON)
_ORG: Final = Bundle(("displayName", "orgAffiliation", "o"), ("organizationIdentifier",))
_HSA: Final = Bundle((*_NATURAL_PERSON, "employeeHsaId"), ("dateOfBirth",))
_EIDAS: Final = Bundle(
    (
        "prid",
        "pridPersistence",
        "eidasPersonIdentifier",
        "dateOfBirth",
        "sn",
        "givenName",
        "c",
        "transactionIdentifier",
    ),
    (
        "birthName",
        "placeOfBirth",
        "eidasNaturalPersonAddress",
        "gender",
        "mappedPersonalIdentityNumber",
        "personalIdentityNumberBinding",
    ),
)
_PNR_DELIVERY: Final = Bundle((*_PNR.required, "dateOfBirth"))

ATTRIBUTE_SETS: dict[str, Bundle] = {
    f"{_AP}pseudonym-01": Bundle(),
    f"{_AP}natural-person-01": _NAME,
    f"{_AP}pnr-01": _PNR,
    f"{_AP}org-person-01": _ORG,
    f"{_AP}eidas-natural-person-01": _EIDAS,
    f"{_SC_AP}hsaid-01": _HSA,
}

# Sweden Connect entity categories (service entity categories): a level and an attribute set; the set is what matters here
ENTITY_CATEGORIES: dict[str, Bundle] = {
    **{f"{_EC}loa{level}-pnr": _PNR for level in (2, 3, 4)},
    **{f"{_SC_EC}loa{level}-orgid": _ORG for level in (2, 3, 4)},
    **{f"{_SC_EC}loa{level}-name": _NAME for level in (2, 3, 4)},
    f"{_EC}eidas-naturalperson": _EIDAS,
    f"{_EC}eidas-pnr-delivery": _PNR_DELIVERY,
    f"{_SC_EC}loa3-hsaid": _HSA,
    f"{_SC_EC_SC}uncertified-loa3-pnr": _PNR,
    f"{_SC_EC_SC}uncertified-loa3-hsaid": _HSA,
}

ACCEPTS_COORDINATION_NUMBER: Final = "http://id.swedenconnect.se/general-ec/1.0/accepts-coordination-number"


def of_scopes(scopes: Iterable[str]) -> Bundle:
    """What the scopes ask for together; an unknown scope asks for nothing."""
    return _together(SCOPES[scope] for scope in scopes if scope in SCOPES)


def of_categories(categories: Iterable[str]) -> Bundle:
    """What a service's entity categories ask for together; a category without attributes asks for nothing."""
    return _together(ENTITY_CATEGORIES[category] for category in categories if category in ENTITY_CATEGORIES)


def _together(bundles: Iterable[Bundle]) -> Bundle:
    kept = tuple(bundles)
    required = dict.fromkeys(name for bundle in kept for name in bundle.required)
    optional = dict.fromkeys(name for bundle in kept for name in bundle.optional if name not in required)
    return Bundle(tuple(required), tuple(optional))
