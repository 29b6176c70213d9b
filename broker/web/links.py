"""Addresses of a login, and what is signed in them: the way back to the service survives the login itself.

`/login/<id>[/<stage>]?s=<service>.<time>.<mac>`. The signed part names only the service and when the login began.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode

from broker.keys.ring import KeyRing
from broker.keys.sealing import Unsealable
from broker.login.ports import Services
from broker.login.request import Transaction
from broker.login.steps import Stage
from metadata.wire.base64url import base64url, octets_of

CARD_LIFETIME = 600
GIVEN_COOKIE = "ny"
"""The parameter of a redirect that came with the browser's first cookie: without it on arrival, cookies are off."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The service that a login belongs to, and when it began (epoch seconds)."""

    service: str
    began_at: int


def _mac(keys: KeyRing, purpose: str, text: str) -> str:
    return base64url(keys.vault.keyed_hash(purpose, text.encode())[:16])


def login_url(tx: Transaction, stage: Stage, keys: KeyRing) -> str:
    """The path of a login's page, with the signed way back."""
    return part_url(tx, stage.value, keys)


def part_url(tx: Transaction, part: str, keys: KeyRing) -> str:
    """The path of any part of a login, with the signed way back."""
    origin = f"{quote(tx.request.service, safe='')}.{tx.started_at}"
    path = f"/login/{tx.id}" + (f"/{part}" if part else "")
    signed = f"{origin}.{_mac(keys, 'origin', origin)}"
    return f"{path}?{urlencode({'s': signed})}"


def origin(value: str | None, keys: KeyRing) -> Origin | None:
    """What a signed way back says, or None when it is absent or not ours."""
    text, _, mac = (value or "").rpartition(".")
    if not text or not hmac.compare_digest(mac.encode(), _mac(keys, "origin", text).encode()):
        return None
    service, _, began_at = text.rpartition(".")
    return Origin(unquote(service), int(began_at))


def fetch_mark(service: str, keys: KeyRing) -> str:
    """What a service says when it fetches our keys, so that it is known who did: its id, and what shows that we gave it."""
    return f"{service}.{_mac(keys, 'key-fetch', service)}"


def fetched_for(value: str, keys: KeyRing) -> str:
    """The service whose mark this is; empty when it is not one that we gave."""
    service = value.rpartition(".")[0]
    return service if hmac.compare_digest(value.encode(), fetch_mark(service, keys).encode()) else ""


def csrf(browser: bytes, scope: str, keys: KeyRing) -> str:
    """The token that a form of `scope` carries in this browser."""
    return _mac(keys, "csrf", f"{browser.hex()}.{scope}")


def csrf_holds(token: str, browser: bytes, scope: str, keys: KeyRing) -> bool:
    """Whether a form's token is this browser's and this scope's."""
    return hmac.compare_digest(token.encode(), csrf(browser, scope, keys).encode())


def card_url(tx: Transaction, now: int, on: Services) -> str:
    """The address at the card listener for a login: its sealed name, good for ten minutes."""
    sealed = on.keys().vault.seal("card-handoff", f"{now + CARD_LIFETIME}.{tx.id}".encode())
    return f"{on.settings.card_url}/card/{base64url(sealed)}"


def opened_card(handoff: str, now: int, keys: KeyRing) -> str | None:
    """The login that a card address names, or None when it is not ours or too old."""
    try:
        sealed = octets_of(handoff)
        expires, _, login = keys.vault.open("card-handoff", sealed).decode().partition(".")
    except (ValueError, Unsealable):
        return None
    return login if now < int(expires) else None
