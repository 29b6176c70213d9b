"""An OpenID Connect client that the self-check drives by hand, to do what a good client never does.

It is the client `demo-booking` with its own key. Only the browser's part, up to the code, goes through pages.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from broker.demo import keys
from broker.demo.federation import API, CLIENTS
from broker.demo.person import Person, hold
from broker.demo.places import Places
from metadata.wire.jose import issue
from metadata.wire.oidc_messages import code_challenge

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer."""

    status: int
    content: dict[str, Any]

    def error(self) -> str:
        return str(self.content.get("error", ""))


@dataclass(frozen=True, slots=True)
class Code:
    """A code on its way, with what is needed to redeem it."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str


class RawClient:
    """`demo-booking`, whose calls are made one by one."""

    def __init__(self, places: Places) -> None:
        self.places, self.client = places, CLIENTS["booking"]
        self.callback = self.client.callback(places)
        self._signer = keys.signer(places, "oidc-service")

    def code(self, person: Person, **more: str) -> Code:
        """Log the person in with their card, and catch the code before it reaches the service."""
        verifier, nonce, state = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "client_id": self.client.client_id,
            "redirect_uri": self.callback,
            "response_type": "code",
            "scope": self.client.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge(verifier),
            "code_challenge_method": "S256",
            **more,
        }
        page = person.browser.get(f"{self.places.broker}/oidc/authorize?{urlencode(asked)}", stop=self.callback)
        if page.status == 200:  # noqa: PLR2004
            page = person.log_in_with_card(page, stop=self.callback)
        hold(page.location.startswith(self.callback), f"expected an answer to the client, got {page}")
        answer = dict(parse_qsl(urlsplit(page.location).query))
        hold(answer.get("state") == state and answer.get("iss") == self.places.broker, f"got {answer}")
        hold("code" in answer, f"expected a code, got {answer}")
        return Code(answer["code"], verifier, nonce)

    def redeem(self, code: Code) -> Answer:
        """RFC 6749 section 4.1.3."""
        return self.token(
            grant_type="authorization_code", code=code.code, code_verifier=code.verifier, redirect_uri=self.callback
        )

    def tokens(self, person: Person) -> dict[str, Any]:
        """A whole login's tokens."""
        answer = self.redeem(self.code(person))
        hold(answer.status == 200, f"the code was not redeemed: {answer}")  # noqa: PLR2004
        return answer.content

    def token(self, **form: str) -> Answer:
        """The token endpoint, with private_key_jwt."""
        return self._post("/oidc/token", {**form, **self._assertion()})

    def refresh(self, token: str) -> Answer:
        """RFC 6749 section 6."""
        return self.token(grant_type="refresh_token", refresh_token=token)

    def revoke(self, token: str) -> Answer:
        """RFC 7009."""
        return self._post("/oidc/revoke", {"token": token, **self._assertion()})

    def introspect(self, token: str) -> Answer:
        """RFC 7662, by the API that the token is for."""
        pair = f"{API}:{keys.secret(self.places, 'api')}".encode()
        basic = f"Basic {base64.b64encode(pair).decode()}"
        return self._post("/oidc/introspect", {"token": token}, Authorization=basic)

    def userinfo(self, token: str) -> Answer:
        """OpenID Connect Core section 5.3."""
        return self._get(f"{self.places.broker}/oidc/userinfo", token)

    def results(self, token: str) -> Answer:
        """The API itself."""
        return self._get(f"{self.places.api}/results", token)

    def _assertion(self) -> dict[str, str]:
        now = int(time.time())
        claims = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.places.broker,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return {"client_assertion_type": ASSERTION, "client_assertion": issue(claims, self._signer)}

    def _post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        browser, body = Person(self.places).browser, urlencode(form).encode()
        page = browser.call("POST", self.places.broker + path, body, "application/x-www-form-urlencoded", **headers)
        return Answer(page.status, json.loads(page.body or b"{}"))

    def _get(self, url: str, token: str) -> Answer:
        page = Person(self.places).browser.call("GET", url, Authorization=f"Bearer {token}")
        try:
            return Answer(page.status, json.loads(page.body or b"{}"))
        except ValueError:
            return Answer(page.status, {})
