"""A whole broker with every kind of login method, each with its simulator in process: no socket is opened.

`Everything` stands for the outside: the person's phone and cards, the home organisations, and the net that reaches them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from broker.exchange import Request as HttpRequest
from broker.web.landings import land_card
from broker.web.turn import Turn
from idp_adapters.simulators.ca import ISSUERS, TestCa, make_wsgi_app
from idp_adapters.simulators.oidc_op import OpenIdProvider
from idp_adapters.simulators.phone import PhoneSimulator
from idp_adapters.simulators.phone import Request as PhoneRequest
from idp_adapters.simulators.saml_idp import SamlIdentityProvider
from idp_adapters.simulators.upstream import Call
from metadata.register import POST, EncryptionKey, Endpoint, SamlService
from metadata.wire.egress import EgressFailed, Outbound, Response
from metadata.wire.jose import PublicKeySet
from metadata.wire.signing import Signer, signer
from tests.support import card_world as cards
from tests.support import upstream as up
from tests.support.phone import pem
from tests.support.saml_metadata import certificate
from tests.support.world import BASE, LEVEL2, LEVEL3, NOW, Answer, Browser, World, Worlds

CARD_URL = "https://localhost:8441"
PHONE, CA = "https://eid.example", cards.HOST
ENTITY = f"{BASE}/saml/metadata"


@dataclass
class Everything:
    """The outside of one broker. `down` names origins that do not answer."""

    folder: Path
    down: set[str] = field(default_factory=set)
    world: World | None = None

    def __post_init__(self) -> None:
        self.phone = PhoneSimulator(self.time, pause=lambda _: None)
        self.ca = TestCa(self.folder / "ca", CA, self.time)
        self._responder = make_wsgi_app(self.ca, self.time)
        options: dict[str, Any] = {"levels": (LEVEL3, LEVEL2), "default_person": "anna", "clock": self.time}
        self.op = OpenIdProvider(
            up.OP,
            [up.Client("tillit", (f"{BASE}/login/upstream/op/callback",), keys=self._oidc_keys)],
            [up.ANNA, up.BO],
            signer=up.signer("op.example"),
            stranger=up.signer("op.example-stranger", kid="op.example"),
            **options,
        )
        self.idp = SamlIdentityProvider(
            up.IDP,
            self._saml_service,
            [up.SAML_ANNA, up.SAML_BO],
            signer=_with_certificate("idp.example"),
            stranger=up.signer("idp.example-stranger", kid="idp.example"),
            **options,
        )

    def time(self) -> int:
        """The broker's time."""
        return self.world.clock() if self.world else NOW

    # --- what the broker reaches

    def fetch(self, outbound: Outbound) -> Response:
        """The broker's outbound client."""
        parts = urlsplit(outbound.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin in self.down:
            raise EgressFailed("timeout", parts.netloc)
        if origin == PHONE:
            shown = b"shown" if outbound.tls and outbound.tls.certificate else b""
            kind = outbound.headers["content-type"]
            answer = self.phone.answer(PhoneRequest(outbound.method, parts.path, {}, kind, outbound.body, shown, "sv"))
            return Response(answer.status, dict(answer.headers), answer.body)
        if origin == CA:
            body = outbound.body or b""
            return cards.call_wsgi(self._responder, outbound.method, outbound.url, body, outbound.headers)
        return up.InProcess({up.OP: self.op, up.IDP: self.idp}).fetch(outbound)

    def close(self) -> None:
        """Nothing is open."""

    def _oidc_keys(self) -> PublicKeySet:
        keys = self.world.app.snapshots.keys.published("oidc")
        return PublicKeySet.of([(key.signer.kid, key.signer.public_key) for key in keys])

    def _saml_service(self, entity_id: str) -> SamlService | None:
        ring = self.world.app.snapshots.keys
        if entity_id != ENTITY:
            return None
        return SamlService(
            ENTITY,
            (Endpoint(f"{BASE}/saml/acs", POST, 0, is_default=True),),
            signing_keys=tuple(key.signer.public_key for key in ring.published("saml")),
            encryption_keys=tuple(EncryptionKey(key.public_key()) for key in ring.decryption),
        )

    # --- in the federation file

    def parts(self, **changes: Any) -> dict[str, Any]:
        """Methods and providers of the federation file."""
        level2 = {"http://id.elegnamnden.se/loa/1.0/loa2": LEVEL2}
        names = {"given_name": "givenName"}
        oidc = {"issuer": up.OP, "client_id": "tillit", "token_endpoint_auth_method": "private_key_jwt"}
        providers = [
            {"id": "op", "oidc": oidc, "ceiling": LEVEL2, "levels": level2, "attributes": names},
            {
                "id": "idp",
                "saml": {"metadata_xml": self.idp.metadata().decode()},
                "ceiling": LEVEL3,
                "levels": {LEVEL3: LEVEL3, LEVEL2: LEVEL2},
                "attributes": {up.GIVEN_NAME: "givenName", up.SN: "sn"},
                "name": {"sv": "Region Exempels inloggning", "en": "Region Example's login"},
            },
        ]
        methods = {
            "bankid": {"url": PHONE, **pem(), "level": LEVEL3},
            "card": {
                "anchors": [path.read_text() for path in self.ca.anchors()],
                "policies": {ISSUERS["person-hsa-3"].policy: LEVEL3, ISSUERS["person-hsa-2"].policy: LEVEL2},
            },
        }
        return {"identity_providers": providers, "methods": methods, **changes}

    # --- what a person does

    def insert_card(self, answer: Answer, *certificates: bytes) -> Answer:
        """Press on at the page of the card: the listener sees these certificates and sends the browser back."""
        link = next(part for part in answer.text.split('"') if part.startswith(f"{CARD_URL}/card/"))
        handoff = link.rpartition("/")[2]
        turn = Turn.of(HttpRequest("GET", f"/card/{handoff}", remote="127.0.0.1"), self.world.app.on)
        reply = land_card(turn, handoff, certificates)
        return Answer(reply.status, list(reply.headers), reply.body)

    def card(self, **options: Any) -> bytes:
        """The certificate of a good card, or one issued with `options`."""
        return self.ca.issue_card(cards.KAJSA, **{"issuer": "person-hsa-3", "key": "p256", **options}).der()

    def scan(self, browser: Browser, page: Answer) -> str:
        """Scan the code that the page shows now: the order as the phone knows it."""
        status = page.text.partition('data-status="')[2].partition('"')[0]
        return self.phone.orders.scan(browser.get(status).json["qr"])

    def home(self, answer: Answer) -> Answer:
        """Where a home organisation leads the browser, which was sent there."""
        if answer.status == 303:
            parts = urlsplit(answer.location)
            call = Call("GET", parts.path, parts.query.encode(), b"")
            simulator = self.op if answer.location.startswith(up.OP) else self.idp
        else:
            raise AssertionError(answer.text)
        given = simulator.answer(call)
        return Answer(given.status, [*given.headers], given.body)

    def came_home(self, browser: Browser, answer: Answer) -> Answer:
        """Go there and back: the browser at the broker again."""
        given = self.home(answer)
        if given.location:
            return browser.follow(browser.get(given.location))
        form = up.Form.of(given.body)
        landed = browser.request("POST", "/saml/acs", form.hidden, cookies=False, Sec_Fetch_Site="cross-site")
        return browser.follow(landed)


def _with_certificate(name: str) -> Signer:
    key = up.private_key(name, "ES256")
    return signer(key, kid=name, alg="ES256", certificate=certificate(key))


def everything(worlds: Worlds, monkeypatch: Any, tmp_path: Path, document: Any) -> Everything:
    """A broker with all methods. `document(outside)` gives its federation file."""
    outside = Everything(tmp_path)
    monkeypatch.setattr("broker.app.Egress", lambda _policy: outside)
    outside.world = worlds.make(document(outside), card_url=CARD_URL)
    return outside
