"""The names that an entry gives its entity, and what is told when one of them is not free."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from broker.federation.hosts import LOOPBACK, named
from broker.login.effects import Overtaken
from metadata.register import Service
from trust_framework.names import Held, Name, NameKind


class NameHeld(Overtaken):
    """A name is another's, or rests after its release."""

    def __init__(self, held: Held) -> None:
        super().__init__(held.name.value)
        self.held = held


def of_service(service: Service, content: Mapping[str, Any]) -> tuple[Name, ...]:
    """The names of a service, as it was read from this content. Loopback is everybody's own."""
    return tuple(dict.fromkeys((*_of_service(service), *_hosts("service", content))))


def _of_service(service: Service) -> Iterator[Name]:
    if service.saml is not None:
        yield Name(NameKind.ENTITY_ID, service.saml.entity_id)
    elif service.oidc is not None:
        yield Name(NameKind.CLIENT_ID, service.oidc.client_id)
    yield from (Name(NameKind.ADDRESS, url) for url in _answered_at(service) if urlsplit(url).hostname not in LOOPBACK)


def _hosts(kind: str, content: Mapping[str, Any]) -> Iterator[Name]:
    yield from (Name(NameKind.HOST, host) for host in sorted(named(kind, content) - LOOPBACK))


def _answered_at(service: Service) -> Iterator[str]:
    """Where answers go that hold something of a person."""
    if service.saml is not None:
        yield from (endpoint.url for endpoint in service.saml.assertion_consumer_services)
    elif service.oidc is not None:
        yield from service.oidc.redirect_uris


def of_provider(subject: str, content: Mapping[str, Any]) -> tuple[Name, ...]:
    """The names of an upstream provider: its entityID or issuer, and its hosts. One without a subject could not be read."""
    return (Name(NameKind.ENTITY_ID, subject), *_hosts("identity_provider", content)) if subject else ()
