"""The sample SAML service's own metadata: who it is, where answers go, what it asks for, and its keys."""

from typing import Final

from broker.demo import keys
from broker.demo.federation import COMMISSION, PERSON
from broker.demo.places import Places
from metadata.register import POST, REDIRECT
from metadata.wire.saml_messages.vocabulary import NAME_FORMAT_URI, PERSISTENT
from metadata.wire.saml_metadata_values import (
    ACS,
    SLO,
    SP_ROLE,
    AttributeService,
    Entity,
    Interface,
    Key,
    Localized,
    Location,
    Organization,
    Requested,
    Role,
)
from metadata.wire.saml_metadata_writer import write_entity
from metadata.wire.xmlenc import AES_256_GCM, OAEP_MGF1P, SHA256
from trust_framework.attributes import CATALOGUE

AS_PERSON: Final = 0
AS_STAFF: Final = 1
"""Indexes of the two sets of attributes that it asks for; the second needs a commission."""


def entity_id(places: Places) -> str:
    return f"{places.saml_service}/metadata"


def write(places: Places) -> bytes:
    """The document. It is not signed: whoever adds the service to a federation vouches for it."""
    home = places.saml_service
    role = Role(
        kind=SP_ROLE,
        keys=(
            Key("signing", keys.certificate(places, "saml-service")),
            Key(
                "encryption", keys.certificate(places, "saml-service-encryption"),
                methods=(AES_256_GCM, OAEP_MGF1P), oaep_digests=(SHA256,),
            ),
        ),
        locations=(
            Location(SLO, REDIRECT, f"{home}/slo"),
            Location(ACS, POST, f"{home}/acs", index=0, is_default=True),
        ),
        signs=True,
        wants_signed=False,
        name_id_formats=(PERSISTENT,),
        attribute_services=(
            _asks(AS_PERSON, "Journalen", "The record", PERSON, required=PERSON[1:3], is_default=True),
            _asks(AS_STAFF, "Journalen för personal", "The record for staff", (*PERSON[:3], *COMMISSION), COMMISSION[:3]),
        ),
        interface=Interface(
            names=_both("Journalen", "The record"),
            information_urls=_both(f"{home}/", f"{home}/"),
        ),
    )  # fmt: skip
    organization = Organization(
        _both("Region Exempel", "Region Example"),
        _both("Region Exempel", "Region Example"),
        _both(f"{home}/", f"{home}/"),
    )
    return write_entity(Entity(entity_id(places), (role,), organization=organization))


def _both(sv: str, en: str) -> tuple[Localized, ...]:
    return Localized("sv", sv), Localized("en", en)


def _asks(
    index: int, sv: str, en: str, names: tuple[str, ...], required: tuple[str, ...], *, is_default: bool = False
) -> AttributeService:
    return AttributeService(
        index,
        is_default,
        _both(sv, en),
        tuple(Requested(_saml_name(name), NAME_FORMAT_URI, required=name in required) for name in names),
    )


def _saml_name(name: str) -> str:
    found = CATALOGUE[name].saml_name()
    if found is None:
        raise ValueError(f"{name} has no SAML name")
    return found
