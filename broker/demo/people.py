"""The people of the demo: made-up names under official test numbers, their employments, commissions and cards.

Rows only. The numbers are among those that the Swedish Tax Agency has set aside for tests; organisation numbers have a
check digit that holds and belong to nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

REGION: Final = "2329999912"
SUPPLIER: Final = "5599999918"
OTHER_PROVIDER: Final = "2129999914"


@dataclass(frozen=True, slots=True)
class Persona:
    """A person. `number` is empty for one who is known by a staff id alone; `born` is the day of birth where no number tells."""

    id: str
    given_name: str
    surname: str
    number: str = ""
    mail: str = ""
    phone: bool = True
    born: str = ""

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"


PERSONAS: Final = {
    persona.id: persona
    for persona in (
        Persona("tolvan", "Tolvan", "Tolvansson", "191212121212", "tolvan@region.example"),
        Persona("astrid", "Astrid", "Exempelberg", "195006262546", "astrid@region.example"),
        Persona("bo", "Bo", "Provström", "197309069289", "bo@region.example"),
        Persona("cecilia", "Cecilia", "Testlund", "198906059483", "cecilia@privat.example"),
        Persona("dagny", "Dagny", "Samordning", "197010632391", phone=False),
        Persona("ester", "Ester", "Utlandsson", mail="ester@region.example"),
        Persona("folke", "Folke", "Reservkvist", mail="folke@region.example"),
        Persona("gunnel", "Gunnel", "Spärrgren", mail="gunnel@region.example"),
        Persona("alva", "Alva", "Testlund", phone=False, born="2018-01-01"),
    )
}


ROLES: Final = (
    ("astrid", "operator", ""),
    ("bo", "operator", ""),
    ("tolvan", "owner", REGION),
    ("bo", "log-reviewer", REGION),
    ("cecilia", "owner", SUPPLIER),
)
"""Who may do what in the portal and the console: person, role, organisation (none: the federation)."""


FOR_OTHERS: Final = "family"
"""The service at which people act for others."""

REPRESENTATIONS: Final = (
    {
        "id": "fullmakt-1",
        "person": "tolvan",
        "representative": "cecilia",
        "kind": "power",
        "valid_until": "2035-12-31",
        "may": ["read", "ask", "block", "lift", "end-consent"],
        "services": [FOR_OTHERS],
    },
    {"id": "barn-1", "person": "alva", "representative": "cecilia", "kind": "guardian"},
    {
        "id": "firma-1",
        "organisation": {"number": SUPPLIER, "name": "Exempelbolaget AB"},
        "representative": "cecilia",
        "kind": "signatory",
    },
)
"""Who may act for whom: Cecilia for her child, by a power of attorney, and for her company."""


def hsa_id(suffix: str, organisation: str = REGION) -> str:
    """An id of the directory (HSA-id)."""
    return f"SE{organisation}-{suffix}"


@dataclass(frozen=True, slots=True)
class Commission:
    """A commission (medarbetaruppdrag). `provider` is (HSA-id, name, organisation number), `unit` (HSA-id, name)."""

    hsa_id: str
    name: str
    purpose: str
    provider: tuple[str, str, str] | None
    unit: tuple[str, str] | None = None
    rights: tuple[str, ...] = ()

    def entry(self) -> dict[str, object]:
        """As the federation file has it. Without a provider it is incomplete, and so never used."""
        entry: dict[str, object] = {
            "hsa_id": self.hsa_id,
            "commissionName": self.name,
            "commissionPurpose": self.purpose,
        }
        if self.rights:
            entry["commissionRight"] = list(self.rights)
        if self.provider:
            names = ("healthCareProviderHsaId", "healthCareProviderName", "healthcareProviderId")
            entry |= dict(zip(names, self.provider, strict=True))
        if self.unit:
            entry |= dict(zip(("healthCareUnitHsaId", "healthCareUnitName"), self.unit, strict=True))
        return entry


@dataclass(frozen=True, slots=True)
class Employment:
    """An employment with the commissions that it carries."""

    person: str
    hsa_id: str
    details: Mapping[str, str]
    commissions: tuple[Commission, ...] = ()

    def entry(self) -> dict[str, object]:
        """As the federation file has it."""
        entry: dict[str, object] = {"person": self.person, "hsa_id": self.hsa_id, **self.details}
        if self.commissions:
            entry["commissions"] = [commission.entry() for commission in self.commissions]
        return entry


_REGION_CARE: Final = (hsa_id("V001"), "Region Exempel, vården", REGION)
_OTHER_CARE: Final = (hsa_id("V002", OTHER_PROVIDER), "Närvård Exempel", OTHER_PROVIDER)
_CLINIC: Final = (hsa_id("E201"), "Medicinmottagningen")
_EMERGENCY: Final = (hsa_id("E202"), "Akuten")
_LOCAL: Final = (hsa_id("E301", OTHER_PROVIDER), "Närvårdsmottagningen")
CARE_PROVIDERS: Final = ((_REGION_CARE, (_CLINIC, _EMERGENCY)), (_OTHER_CARE, (_LOCAL,)))
"""Care providers with their units."""

RECORD_SYSTEM: Final = hsa_id("S001")
"""The region's record system, as its certificate names it."""

REGISTRAR: Final = "BIF;Spärradministratör"
"""The system role of who registers blocks."""

_AT_REGION: Final = {"o": "Region Exempel", "organizationIdentifier": REGION}
CARE: Final = "Vård och behandling"

COMMISSION_CLINIC: Final = hsa_id("U101")
COMMISSION_ADMIN: Final = hsa_id("U102")

STAFF: Final = (
    Employment(
        "tolvan",
        hsa_id("1001"),
        {**_AT_REGION, "title": "Läkare", "healthcareProfessionalLicense": "LK"},
        (
            Commission(
                COMMISSION_CLINIC,
                "Läkare på medicinmottagningen",
                CARE,
                _REGION_CARE,
                _CLINIC,
                ("Läsa;alla;SJF", "Skriva;alla;VE"),
            ),
            Commission(COMMISSION_ADMIN, "Administration av vården", "Administration", _REGION_CARE),
            Commission(hsa_id("U103"), "Ett uppdrag utan vårdgivare", CARE, None),
        ),
    ),
    Employment(
        "astrid",
        hsa_id("1002"),
        {**_AT_REGION, "title": "Sjuksköterska", "healthcareProfessionalLicense": "SJ"},
        (Commission(hsa_id("U104"), "Sjuksköterska på akuten", CARE, _REGION_CARE, _EMERGENCY),),
    ),
    Employment("bo", hsa_id("1003"), {**_AT_REGION, "title": "IT-tekniker"}),
    Employment(
        "ester",
        hsa_id("1004"),
        {**_AT_REGION, "title": "Forskare"},
        (
            Commission(hsa_id("U105"), "Forskning", "Kvalitetssäkring", _REGION_CARE),
            Commission(hsa_id("U106", OTHER_PROVIDER), "Jour på närvården", CARE, _OTHER_CARE, _LOCAL),
        ),
    ),
    Employment("folke", hsa_id("1005"), {**_AT_REGION, "title": "Undersköterska"}),
    Employment(
        "gunnel",
        hsa_id("1006"),
        {**_AT_REGION, "title": "Vårdadministratör", "systemRole": REGISTRAR},
        (Commission(hsa_id("U107"), "Spärradministratör", CARE, _REGION_CARE, _CLINIC),),
    ),
)
STAFF_ID: Final = {employment.person: employment.hsa_id for employment in STAFF}


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card to be made. `issuer` is the CA's own id of an issuing CA; `flaw` what is wrong with the card, if anything."""

    name: str
    person: str
    issuer: str
    sv: str
    en: str
    flaw: str = ""
    key: str = "p256"

    @property
    def by_number(self) -> bool:
        """Whether the card holds the personal number in the place of the staff id."""
        return self.issuer.startswith("person-id")


CARDS: Final = (
    CardRow("tolvan", "tolvan", "person-hsa-3", "tjänstekort, nivå 3; flera uppdrag", "staff card, level 3; several assignments",
            key="rsa"),
    CardRow("astrid", "astrid", "person-hsa-3", "tjänstekort, nivå 3; ett uppdrag", "staff card, level 3; one assignment",
            key="rsa"),
    CardRow("bo", "bo", "person-hsa-3", "tjänstekort, nivå 3; inget uppdrag", "staff card, level 3; no assignment"),
    CardRow("tolvan-4", "tolvan", "person-hsa-4", "tjänstekort, nivå 4", "staff card, level 4"),
    CardRow("folke-reserve", "folke", "person-hsa-2", "reservkort, nivå 2", "reserve card, level 2"),
    CardRow("cecilia-id", "cecilia", "person-id-3", "kort med personnummer, nivå 3", "card with a personal number, level 3"),
    CardRow("ester", "ester", "person-hsa-3", "tjänstekort, nivå 3; två uppdrag", "staff card, level 3; two assignments"),
    CardRow("ester-revoked", "ester", "person-hsa-3", "ett förlorat kort som är spärrat", "a lost card that is revoked",
            "revoked"),
    CardRow("ester-expired", "ester", "person-hsa-3", "ett kort som är för gammalt", "a card that is too old", "expired"),
    CardRow("gunnel", "gunnel", "person-hsa-3", "tjänstekort, nivå 3; registrerar spärrar",
            "staff card, level 3; registers blocks"),
    CardRow("tolvan-signing", "tolvan", "person-hsa-3", "den del av kortet som skriver under", "the signing half of a card",
            "signing"),
    CardRow("stranger", "tolvan", "stranger", "ett kort från en okänd utfärdare", "a card of a CA that nobody here knows",
            "stranger"),
)  # fmt: skip
