"""What a new federation file would change, in words, for whoever must say yes before it is applied.

Owns which changes are dangerous: those that let somebody in, let more details out, weaken how somebody is known, or stop
people who log in today. Secrets are never told, only that they changed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum, Flag, auto
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import BaseModel

from broker.federation import entries
from broker.federation.bringing import pem_settings
from broker.federation.entries import SECRET_HASH
from broker.federation.schema import Entry, FederationFile, ProviderEntry, ServiceEntry
from broker.settings import Settings
from idp_adapters.catalogue import MethodSettings
from metadata.register import Endpoint, OidcClient, OidcProvider, SamlProvider, SamlService
from metadata.wire.signing import PublicKey

Words = frozenset[str]
Facts = dict[str, Words]
"""An entry as aspects, each with the words that it holds."""

Key = tuple[str, str]
"""Kind and id of an entry."""

LONGEST: Final = 200
YES: Final = "yes"
"""The one word of something that is on; what is off has none."""

HIDDEN: Final = frozenset({"client_secret", SECRET_HASH, "key"})


class Danger(Flag):
    """Which direction of a change is dangerous."""

    ADDED = auto()
    REMOVED = auto()
    EITHER = ADDED | REMOVED


_A, _R, _E = Danger.ADDED, Danger.REMOVED, Danger.EITHER
DANGERS: Final[Mapping[str, Mapping[str, Danger]]] = {
    "member": {"state": _E},
    "service": {
        "entityID": _E, "assertion consumer service": _A, "single logout service": _A, "signing key": _A,
        "encryption key": _E, "signs its requests": _R, "wants assertions signed": _R,
        "client_id": _E, "redirect_uris": _A, "post_logout_redirect_uris": _A, "client_secret": _E, "jwks": _E,
        "jwks_uri": _E, "token_endpoint_auth_method": _E, "grant_types": _A, "scope": _A, "application_type": _E,
        "subject_type": _E, "sector_identifier": _E, "member": _E, "levels": _A, "methods": _E, "attributes": _A,
        "required": _R, "consent": _E, "profile": _E, "state": _E, "accepts_coordination_number": _E,
    },
    "identity provider": {
        "entityID": _E, "single sign-on service": _A, "signing key": _A, "issuer": _E, "client_id": _E,
        "client_secret": _E, "ceiling": _E, "levels": _E, "attributes": _A, "scopes": _A, "identifiers": _A,
        "subject": _E, "id_token_signed_response_alg": _E, "want_assertions_signed": _E, "state": _E,
    },
    "method": {
        "kind": _E, "anchors": _A, "ca": _E, "url": _E, "cert": _E, "key": _E, "policies": _E, "issuers": _E,
        "subject": _E, "identifiers": _E, "ceiling": _E, "level": _E, "ocsp": _E, "crl": _E, "nonce": _E,
        "certificatePolicies": _E, "highest_risk": _E, "require_return": _E,
    },
    "agreement": {"services": _E, "attributes": _E, "until": _A},
}  # fmt: skip
"""By kind of entry and aspect. What is not here changes how things look, not who is trusted with what."""

GOING: Final = frozenset({"member", "service", "identity provider", "method", "agreement"})
"""Kinds whose entries are missed when they go: people can no longer log in, or details are no longer held back."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `dangerous` ones want a second look."""

    text: str
    dangerous: bool = False

    def __str__(self) -> str:
        return f"! {self.text}" if self.dangerous else self.text


def changes(old: Mapping[str, Any], new: Mapping[str, Any], settings: Settings) -> tuple[Change, ...]:
    """From one document to another, in the order of the new one; what goes stands last. `old` may be empty."""
    before, after = _facts(old, settings), _facts(new, settings)
    found: list[Change] = []
    for key, facts in after.items():
        found += _changed(key, before[key], facts) if key in before else _came(key, facts)
    found += [Change(f"{_named(key)} removed", key[0] in GOING) for key in before if key not in after]
    return tuple(found)


def _named(key: Key) -> str:
    return " ".join(filter(None, key))


def _came(key: Key, facts: Facts) -> Iterator[Change]:
    yield Change(f"{_named(key)} added")
    for aspect in DANGERS.get(key[0], {}):
        for word in sorted(facts.get(aspect, ())):
            if aspect not in HIDDEN:
                yield Change(f"{_named(key)}: {aspect}: {_short(word)}")


def _changed(key: Key, before: Facts, after: Facts) -> Iterator[Change]:
    for aspect in dict.fromkeys((*after, *before)):
        danger = DANGERS.get(key[0], {}).get(aspect, Danger(0))
        added = sorted(after.get(aspect, frozenset()) - before.get(aspect, frozenset()))
        removed = sorted(before.get(aspect, frozenset()) - after.get(aspect, frozenset()))
        if aspect in HIDDEN:
            if added or removed:
                yield Change(f"{_named(key)}: {aspect} changed", bool(danger))
            continue
        for word in added:
            said = "yes" if word == YES else f"added {_short(word)}"
            yield Change(f"{_named(key)}: {aspect}: {said}", Danger.ADDED in danger)
        for word in removed:
            said = "no" if word == YES else f"removed {_short(word)}"
            yield Change(f"{_named(key)}: {aspect}: {said}", Danger.REMOVED in danger)


def _short(word: str) -> str:
    line = "".join(letter if letter.isprintable() else "?" for letter in word)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _facts(content: Mapping[str, Any], settings: Settings) -> dict[Key, Facts]:
    file = FederationFile.model_validate(content or {"tillit": "1"})
    found: dict[Key, Facts] = {("federation", ""): {"name": _words(file.names)}}
    found |= {("member", entry.org): _plain(entry) for entry in file.members}
    found |= {("service", entry.id): _service(entry, settings) for entry in file.services}
    found |= {("identity provider", entry.id): _provider(entry, settings) for entry in file.identity_providers}
    found |= {("method", name): _method(name, given) for name, given in file.methods.items()}
    found |= {("agreement", entry.id): _plain(entry) for entry in file.agreements}
    return found


_ALIASES: Final = {"names": "name", "valid_from": "from", "valid_until": "until"}


def _plain(entry: Entry, *without: str) -> Facts:
    """What stands in the file, key by key, defaults included, so that leaving a key out is no change."""
    return {
        _ALIASES.get(name, name): _words(value)
        for name, value in entry
        if name not in {"id", "org", "saml", "oidc", *without}
    }


def _words(value: Any) -> Words:
    """A value as words: lists by their items, mappings as `theirs → ours`."""
    if value is None or value is False:
        return frozenset()
    if value is True:
        return frozenset({YES})
    if isinstance(value, Enum):
        return frozenset({str(value.value)})
    if isinstance(value, Entry):
        return _words({name: each for name, each in value if each is not None})
    if isinstance(value, Mapping):
        return frozenset(f"{name} → {_text(each)}" for name, each in value.items())
    if isinstance(value, Sequence | frozenset) and not isinstance(value, str):
        return frozenset(_text(each) for each in value)
    return frozenset({str(value)})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _service(entry: ServiceEntry, settings: Settings) -> Facts:
    read = entries.service(entry, entries.when(settings))
    if read.service.saml is not None:
        return _plain(entry) | _saml_service(read.service.saml)
    return _plain(entry) | _client(read.service.oidc, entry.oidc or {})


def _client(client: OidcClient | None, registration: Mapping[str, Any]) -> Facts:
    """The client as it is understood, defaults included, and what it is called."""
    facts = {name: _words(value) for name, value in registration.items() if name.startswith("client_name")}
    if client is not None:
        facts |= {field.name: _words(getattr(client, field.name)) for field in fields(client)}
    jwks = registration.get("jwks") or {}
    keys = _pem([_text(key) for key in jwks.get("keys", ())])
    secret = _words(registration.get(SECRET_HASH))
    return {**facts, "jwks": keys, "secret_hash": frozenset(), "client_secret": secret}


def _saml_service(service: SamlService) -> Facts:
    return {
        "entityID": _words(service.entity_id),
        "assertion consumer service": _urls(service.assertion_consumer_services),
        "single logout service": _urls(service.single_logout_services),
        "signing key": _keys(service.signing_keys),
        "encryption key": _keys([each.key for each in service.encryption_keys]),
        "signs its requests": _words(service.authn_requests_signed),
        "wants assertions signed": _words(service.want_assertions_signed),
        "asks for": _words([name for each in service.attribute_consuming_services for name in each.requested]),
    }


def _provider(entry: ProviderEntry, settings: Settings) -> Facts:
    """The entry, the provider's own settings with their defaults, and what it is reached by."""
    read = entries.upstream(entry, entries.when(settings))
    provider = getattr(read.settings, "provider", None)
    own = {name: words for name, words in _effective(read.settings).items() if name not in entry.model_fields_set}
    if isinstance(provider, SamlProvider):
        return own | _plain(entry) | _saml_provider(provider)
    registered = fields(provider) if isinstance(provider, OidcProvider) else ()
    return own | _plain(entry) | {field.name: _words(getattr(provider, field.name)) for field in registered}


def _saml_provider(provider: SamlProvider) -> Facts:
    return {
        "entityID": _words(provider.entity_id),
        "single sign-on service": _urls(provider.single_sign_on_services),
        "signing key": _keys(provider.signing_keys),
        "certified for": _words(provider.assurance_certification),
        "scopes of its metadata": _words(provider.scopes),
    }


def _method(name: str, given: Mapping[str, Any]) -> Facts:
    kind = entries.method_kind(name, given)
    pem = {key: _pem(given[key]) for key in pem_settings(kind) if key in given}
    return {**_effective(entries.method(name, given)), **pem, "kind": _words(kind)}


def _effective(settings: MethodSettings) -> Facts:
    """Settings as they are understood, so that writing out a default is no change."""
    model = settings if isinstance(settings, BaseModel) else None
    values = model.model_dump(by_alias=True, exclude={"provider", "names"}) if model else {}
    return {name: _words(value) for name, value in values.items()}


def _pem(value: Any) -> Words:
    """PEM, or keys as text, by fingerprint of each whole."""
    parts = value if isinstance(value, list | tuple) else [value]
    return frozenset(f"sha256 {hashlib.sha256(str(part).encode()).hexdigest()[:32]}" for part in parts)


def _urls(endpoints: Sequence[Endpoint]) -> Words:
    """Addresses, also those that answers go to (ResponseLocation)."""
    return frozenset(url for each in endpoints for url in (each.url, each.response_url) if url)


def _keys(keys: Sequence[PublicKey]) -> Words:
    """Keys by the SHA-256 of their SubjectPublicKeyInfo."""
    return frozenset(
        f"sha256 {hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:32]}"
        for key in keys
    )
