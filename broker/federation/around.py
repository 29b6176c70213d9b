"""What is known around a document that a member hands in: gathered from the register for the validator.

Owns the way from the register to the values of `metadata.context`.
"""

from collections.abc import Mapping
from typing import Any

from broker.login.ports import Federation
from metadata.context import KnownIds
from metadata.register import Service


def known_ids(federation: Federation) -> KnownIds:
    """Every identifier and address for answers of the register, with the organisation that has it."""
    owners: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for id_, service in federation.register.services.items():
        org = federation.parties[id_].member.org
        owners |= dict.fromkeys(identifiers(service), org)
        addresses |= dict.fromkeys(_answers(service), org)
    owners |= dict.fromkeys(federation.provider_entities, "")
    return KnownIds.of(owners, addresses)


def identifiers(service: Service) -> frozenset[str]:
    """What a service is called in its protocol."""
    names = (service.saml.entity_id if service.saml else None, service.oidc.client_id if service.oidc else None)
    return frozenset(name for name in names if name is not None)


def _answers(service: Service) -> tuple[str, ...]:
    saml = service.saml.assertion_consumer_services if service.saml else ()
    return (*(each.url for each in saml), *(service.oidc.redirect_uris if service.oidc else ()))


def member_names(content: Mapping[str, Any]) -> frozenset[str]:
    """The names of a member's entry."""
    names = content.get("names") or content.get("name") or {}
    return frozenset(names.values()) if isinstance(names, Mapping) else frozenset()
