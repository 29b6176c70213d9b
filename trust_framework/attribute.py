"""The shape of an attribute: one thing known about a person, with the many names it goes by outside.

The rows are in `trust_framework.attributes`; what a value must look like is in `trust_framework.values`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from trust_framework.values import TEXT, Check


class Source(StrEnum):
    """Where the value comes from."""

    LOGIN = "login"  # the e-ID or identity provider, else the person register
    PERSON = "person"  # the person register, else the login
    STAFF = "staff"  # one employment of the person, in the directory
    COMMISSION = "commission"  # one commission of the person, in the directory
    DERIVED = "derived"  # made here from other values or from the login itself; nobody may assert it
    REPRESENTATION = (
        "representation"  # whom the person acts for in this login, when they chose to; nobody may assert it
    )


MADE_HERE: Final = frozenset({Source.DERIVED, Source.REPRESENTATION})
"""What no provider may assert, and no directory says."""


class Sensitivity(StrEnum):
    """How a value is treated where people see it: shown, or masked until asked for."""

    NOT_PERSONAL = "not-personal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Scope(StrEnum):
    """What bounds the values that a provider may assert: the part named here must be among the provider's scopes."""

    ORGANISATION = "organisation"  # after the last @, an organisation number; without a declared scope nothing passes
    HSA = "hsa"  # a prefix of the HSA-id, if the provider has any such scope
    MAIL = "mail"  # after the last @, a domain, if the provider has any such scope


class Names(StrEnum):
    """Families of outside names."""

    SWEDEN_CONNECT = "sweden-connect"
    SAMBI = "sambi"
    SAMBI_LEGACY = "sambi-legacy"
    OIDC = "oidc"
    OIDC_SWEDEN = "oidc-sweden"
    SWEDEN_CONNECT_OIDC = "sweden-connect-oidc"
    INERA = "inera"
    TILLIT = "tillit"  # our own, where no specification has a name


SAML_NAMES: Final = (Names.SWEDEN_CONNECT, Names.SAMBI, Names.SAMBI_LEGACY, Names.TILLIT)
CLAIM_NAMES: Final = (Names.OIDC, Names.OIDC_SWEDEN, Names.SWEDEN_CONNECT_OIDC, Names.INERA, Names.TILLIT)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of the catalogue. `name` is the catalogue name, used everywhere inside tillit.

    A claim name with a dot is a member of an object (`address.locality`, OIDC Core 5.1.1). `unchosen`: tells of every
    employment or commission, so that none need be chosen. `swedish_number`: never goes with a nonresident level.
    `contact`: address or contact, never told about a person with protected identity.
    """

    name: str
    sv: str
    en: str
    source: Source
    names: Mapping[Names, str] = field(default_factory=dict)
    multi_valued: bool = False
    sensitivity: Sensitivity = Sensitivity.PERSONAL
    check: Check = TEXT
    scim: str | None = None
    scope: Scope | None = None
    unchosen: bool = False
    swedish_number: bool = False
    contact: bool = False

    @property
    def label_key(self) -> str:
        """The key of the label among the translations."""
        return f"attribute.{self.name}"

    def label(self, language: str) -> str:
        """The label to show, Swedish or English."""
        return self.sv if language == "sv" else self.en

    def saml_name(self, families: tuple[Names, ...] = SAML_NAMES) -> str | None:
        """The name in the first of the families that has one."""
        return next((self.names[family] for family in families if family in self.names), None)

    def claim(self, families: tuple[Names, ...] = CLAIM_NAMES) -> str:
        """The claim name in the first of the families that has one, else the catalogue name."""
        return next((self.names[family] for family in families if family in self.names), self.name)
