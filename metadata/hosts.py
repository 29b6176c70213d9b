"""The hosts at which an entity is reached: those whose owner could take part in its logins.

Owns which addresses count: where answers, tokens, logouts and requests go, and where keys are fetched. Addresses that only
people follow (help, logo) do not.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from metadata.register import Endpoint, OidcClient, SamlService, Service

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def hosts(service: Service) -> frozenset[str]:
    """The hosts of a service, in small letters. Private-use schemes of apps (RFC 8252 section 7.1) have none."""
    found = _saml(service.saml) if service.saml else _oidc(service.oidc) if service.oidc else iter(())
    named = (urlsplit(url) for url in found)
    return frozenset(parts.hostname for parts in named if parts.scheme in {"https", "http"} and parts.hostname)


def _saml(service: SamlService) -> Iterator[str]:
    for endpoint in (*service.assertion_consumer_services, *service.single_logout_services):
        yield from _of(endpoint)


def _of(endpoint: Endpoint) -> Iterator[str]:
    yield endpoint.url
    if endpoint.response_url:
        yield endpoint.response_url


def _oidc(client: OidcClient) -> Iterator[str]:
    yield from (*client.redirect_uris, *client.post_logout_redirect_uris)
    yield from filter(None, (client.jwks_uri, client.initiate_login_uri))
