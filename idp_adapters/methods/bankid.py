"""Mobile e-ID of the BankID type: the relying party API, version 6 (`/rp/v6.0`: auth, collect, cancel).

Owns the method's settings, the order (one attempt of one person), its animated QR code, and what every status, hint
code and error of the API means to a login. The polling, the browser's cookie and the pages are the broker's.

An order is bound to the browser that began it. The reference of the order and the secret of the QR code stay in
`state`. On another device only the QR text leaves, new each second. On this device only the start link leaves, and then
nothing is collected before the app has sent the person back to this very browser with the order's nonce: a start link
that was passed on to somebody else's phone never ends in a login here. To go from QR code to start link a page
resumes with `device=same`; to go back it chooses the method again, which begins a new order.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from idp_adapters.base import Ask, Authenticated, Consume, Failed, Inbound, Resumed, Started, Tools, Wait
from metadata.wire.egress import EgressFailed, EgressRefused, Outbound, TlsIdentity
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.identity import Asserted, Subject
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS

LEVEL_WORD: Final = "bankid"
COLLECT_INTERVAL: Final = 2
PATIENCE: Final = 3  # answers in a row that may fail while the person is busy with the app
KEPT_AFTER: Final = 300  # seconds that the API remembers a finished order
NONCE, DEVICE, SAME_DEVICE = "nonce", "device", "same"

# What a pending order tells the person; a hint code that is not here is `eid.processing`.
HINTS: Final[Mapping[str, str]] = {
    "outstandingTransaction": "eid.scan",
    "noClient": "eid.scan",
    "started": "eid.started",
    "userMrtd": "eid.document",
    "userCallConfirm": "eid.call",
    "userSign": "eid.sign",
    "other": "eid.processing",
}
SCAN, OPEN_APP, PROCESSING = "eid.scan", "eid.open-app", "eid.processing"
MESSAGES: Final = (SCAN, OPEN_APP, "eid.started", "eid.document", "eid.call", "eid.sign", PROCESSING)

# Why an order failed; a hint code that is not here is `login-failed`.
FAILURES: Final[Mapping[str, str]] = {
    "expiredTransaction": "eid-expired-order",
    "certificateErr": "eid-blocked",
    "userCancel": "user-cancelled",
    "userDeclinedCall": "user-cancelled",
    "cancelled": "eid-in-progress",  # the issuer ended this order because the person began another
    "startFailed": "eid-not-started",
    "notSupportedByUserApp": "eid-app-old",
    "transactionRiskBlocked": "eid-risk",
}

# Errors of the API. What is not here means that the service, or our agreement with it, does not work now.
START_ERRORS: Final[Mapping[str, str]] = {"alreadyInProgress": "eid-in-progress", "tooManyRequests": "server-busy"}
COLLECT_ERRORS: Final[Mapping[str, str]] = {
    "alreadyInProgress": "eid-in-progress",
    "invalidParameters": "eid-expired-order",  # finished and collected before, or too long ago
    "notFound": "eid-expired-order",
}
PASSING: Final = frozenset({"requestTimeout", "tooManyRequests", "internalError"})
ERROR_OF_STATUS: Final[Mapping[int, str]] = {
    400: "invalidParameters",
    401: "unauthorized",
    404: "notFound",
    405: "methodNotAllowed",
    408: "requestTimeout",
    415: "unsupportedMediaType",
    429: "tooManyRequests",
    500: "internalError",
    503: "maintenance",
}
KNOWN_ERRORS: Final = frozenset(ERROR_OF_STATUS.values()) | {"alreadyInProgress"}

RISKS: Final = ("low", "moderate", "high")
TOKEN = re.compile(r"[A-Za-z0-9-]{8,128}")
PERSONAL_NUMBER = re.compile(r"[0-9]{12}")
MOBILE = re.compile(r"Android|iPhone|iPad|iPod")


class BankIdSettings(BaseModel):
    """`methods.bankid` of the federation file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Base address of the API, e.g. https://appapi2.test.bankid.com/rp/v6.0.")
    cert: str = Field(
        description="Our certificate for the API: path of a PEM file, or PEM.", json_schema_extra={"pem": True}
    )
    key: str = Field(repr=False, description="Its key: path of a PEM file, or PEM.", json_schema_extra={"pem": True})
    ca: str = Field(
        description="The only root that the API's certificate may chain to: path of a PEM file, or PEM.",
        json_schema_extra={"pem": True},
    )
    name_sv: str = Field("Mobil e-legitimation", description="Name on Swedish pages.")
    name_en: str = Field("Mobile e-ID", description="Name on English pages.")
    level: str = Field(
        "http://id.swedenconnect.se/loa/1.0/uncertified-loa3",
        description="Level URI given. A broker that is not itself approved may only give an uncertified level.",
    )
    certificate_policies: tuple[str, ...] = Field(
        (), alias="certificatePolicies", description="OIDs of the kinds of e-ID accepted; empty means all."
    )
    pin_code: bool = Field(False, alias="pinCode", description="Demand the code also where biometrics would do.")
    highest_risk: Literal["low", "moderate", "high"] = Field(
        "moderate", description="Highest risk, as the issuer sees it, with which a login is accepted."
    )
    require_return: bool = Field(
        True, description="On the same device, wait until the app has sent the person back to the same browser."
    )
    start_url: str | None = Field(
        None, description="Address that opens the app on this device; empty means the app's own."
    )
    start_life: Annotated[int, Field(ge=10, le=180)] = Field(30, description="Seconds to open the app.")
    order_life: Annotated[int, Field(ge=30, le=180)] = Field(180, description="Seconds that an order lives.")
    visible_limit: Annotated[int, Field(ge=200, le=40_000)] = Field(
        1500, description="Largest text shown in the app, in characters of base64."
    )

    @field_validator("url")
    @classmethod
    def _base(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("an https address without query")
        return urlunsplit(parts._replace(path=parts.path.rstrip("/") or "/rp/v6.0"))

    def terms(self, method_id: str) -> ProviderTerms:
        """Always the one level; the issuer's personal number is authoritative."""
        return ProviderTerms(
            id=method_id,
            names={"sv": self.name_sv, "en": self.name_en},
            ceiling=self.level,
            levels={LEVEL_WORD: self.level},
            attributes={
                "personalNumber": "personalIdentityNumber",
                "givenName": "givenName",
                "surname": "sn",
                "name": "displayName",
                "orderRef": "transactionIdentifier",
            },
            identifiers=frozenset({"personalIdentityNumber"}),
        )

    def adapter(self, method_id: str, tools: Tools) -> "BankId":
        return BankId(method_id, self, tools)


def qr_text(token: str, secret: str, seconds: int) -> str:
    """The frame of the animated QR code `seconds` after the order was given. The secret never leaves the server."""
    code = hmac.new(secret.encode("ascii"), str(seconds).encode("ascii"), hashlib.sha256).hexdigest()
    return f"bankid.{token}.{seconds}.{code}"


class NoAnswer(Exception):
    """The service did not answer, or not in its own protocol. It may do so in a moment."""


class ApiError(Exception):
    """The service answered with an error of its protocol."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(f"{code}: {details[:200]}")
        self.code = code


class UnreadableState(Exception):
    """The state is not one that this method wrote."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is remembered of an order. `here` says that its start link has been shown, `back` that the app returned."""

    ref: str
    start_token: str
    qr_token: str
    qr_secret: str
    nonce: str
    started: int
    collected: int
    here: bool
    mobile: bool
    back: bool = False
    message: str = SCAN
    failures: int = 0

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def of(cls, state: bytes) -> "Order":
        try:
            return cls(**read_object(state))
        except (BadJson, TypeError) as error:
            raise UnreadableState from error


class BankId:
    """The adapter. `same_device` marks that the method can start the app on this device (`CanStartHere`)."""

    same_device = True

    def __init__(self, method_id: str, settings: BankIdSettings, tools: Tools) -> None:
        self.id, self.settings = method_id, settings
        self.api = Api(settings, tools)
        self.domain = urlsplit(tools.base_url).hostname or ""

    def start(self, ask: Ask, now: int) -> Started:
        """Give an order. Nobody is named: who scans the code or opens the link is whom we learn of."""
        if ask.passive:
            return Failed(REASONS["passive-impossible"])
        nonce = secrets.token_urlsafe(24)
        try:
            reply = self.api.call("auth", self._auth(ask, nonce))
            ref, start_token, qr_token, qr_secret = (
                _token(reply, name) for name in ("orderRef", "autoStartToken", "qrStartToken", "qrStartSecret")
            )
        except ApiError as error:
            return Failed(REASONS[START_ERRORS.get(error.code, "eid-service-down")], f"auth: {error}")
        except NoAnswer as error:
            return Failed(REASONS["eid-service-down"], f"auth: {error}")
        mobile = bool(MOBILE.search(ask.user_agent))
        order = Order(ref, start_token, qr_token, qr_secret, nonce, now, now, ask.same_device, mobile)
        return self._wait(order, now)

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Resumed:
        """Look how far the person has come: at most one collect each two seconds, else only the next QR frame."""
        try:
            order = Order.of(state)
        except UnreadableState:
            return Failed(REASONS["internal"], "state not readable")
        nonce = inbound.parameters.get(NONCE)
        if nonce is not None and not hmac.compare_digest(nonce.encode("utf-8", "replace"), order.nonce.encode()):
            return Failed(REASONS["other-browser"], "return with the nonce of another order")
        order = replace(order, back=order.back or nonce is not None)
        if inbound.parameters.get(DEVICE) == SAME_DEVICE and order.message == SCAN:
            order = replace(order, here=True)
        if now >= order.started + self.settings.order_life:
            self.cancel(state, now)
            return Failed(REASONS["eid-expired-order"], "not finished in time")
        if self._must_return(order) or now - order.collected < COLLECT_INTERVAL:
            return self._wait(order, now)
        return self._collect(replace(order, collected=now), now)

    def cancel(self, state: bytes, now: int) -> None:  # noqa: ARG002  # the interface passes the time
        """Tell the app that the order is off. Best effort: an order that cannot be cancelled dies by itself."""
        try:
            self.api.call("cancel", {"orderRef": Order.of(state).ref})
        except (UnreadableState, ApiError, NoAnswer):
            return

    def _auth(self, ask: Ask, nonce: str) -> dict[str, Any]:
        requirement: dict[str, Any] = {"pinCode": self.settings.pin_code}
        if self.settings.certificate_policies:
            requirement["certificatePolicies"] = list(self.settings.certificate_policies)
        body: dict[str, Any] = {
            "endUserIp": ask.remote,
            "returnUrl": _with_nonce(ask.return_url, nonce),
            "returnRisk": True,
            "requirement": requirement,
            "userVisibleData": visible(ask, self.settings.visible_limit),
            "userVisibleDataFormat": "simpleMarkdownV1",
        }
        if ask.user_agent:
            seen = hashlib.sha256(f"{ask.user_agent}\n{ask.remote}".encode("utf-8", "replace")).hexdigest()
            body["web"] = {
                "referringDomain": self.domain,
                "userAgent": ask.user_agent[:256],
                "deviceIdentifier": seen,
            }
        return body

    def _must_return(self, order: Order) -> bool:
        return order.here and self.settings.require_return and not order.back

    def _wait(self, order: Order, now: int) -> Wait:
        """What the page shows: the QR frame of this second or the start link, never both."""
        unopened = order.message == SCAN
        life = self.settings.start_life if unopened and not order.here else self.settings.order_life
        state, ends = order.to_bytes(), order.started + life
        if not unopened:
            return Wait(order.message, state, ends)
        if order.here:
            return Wait(OPEN_APP, state, ends, start_link=self._start_link(order))
        return Wait(SCAN, state, ends, qr_text=qr_text(order.qr_token, order.qr_secret, max(0, now - order.started)))

    def _start_link(self, order: Order) -> str:
        own = "https://app.bankid.com/" if order.mobile else "bankid:///"
        # The app returns to the order's returnUrl; `redirect` is what versions without it read.
        return f"{self.settings.start_url or own}?autostarttoken={quote(order.start_token)}&redirect=null"

    def _collect(self, order: Order, now: int) -> Resumed:
        try:
            reply = self.api.collect(order.ref)
            return self._progress(replace(order, failures=0), reply, now)
        except ApiError as error:
            if error.code not in PASSING:
                return Failed(REASONS[COLLECT_ERRORS.get(error.code, "eid-service-down")], f"collect: {error}")
            trouble = str(error)
        except NoAnswer as error:
            trouble = str(error)
        order = replace(order, failures=order.failures + 1)
        if order.failures >= PATIENCE:
            return Failed(REASONS["eid-service-down"], f"collect: {trouble}")
        return self._wait(order, now)

    def _progress(self, order: Order, reply: Mapping[str, Any], now: int) -> Resumed:
        hint = reply.get("hintCode")
        code = hint if isinstance(hint, str) else ""
        match reply.get("status"):
            case "pending":
                return self._wait(replace(order, message=HINTS.get(code, PROCESSING)), now)
            case "failed":
                return Failed(REASONS[FAILURES.get(code, "login-failed")], f"order failed: {code[:60]}")
            case "complete":
                return self._completed(order, reply.get("completionData"), now)
        raise NoAnswer("collect answered with an unknown status")

    def _completed(self, order: Order, data: Any, now: int) -> Resumed:
        """A completion is given out once, so one that cannot be read ends the login."""
        try:
            attributes, evidence = completion(data)
        except NoAnswer as error:
            return Failed(REASONS["eid-service-down"], f"completion: {error}")
        risk = evidence.get("risk", "")  # the issuer leaves it out when it cannot tell
        if risk and (risk not in RISKS or RISKS.index(risk) > RISKS.index(self.settings.highest_risk)):
            return Failed(REASONS["eid-risk"], f"risk {risk[:20]}")
        asserted = Asserted(
            subject=Subject(self.id, "personalNumber", attributes["personalNumber"]),
            level=LEVEL_WORD,
            authenticated_at=now,
            attributes={**{name: (value,) for name, value in attributes.items()}, "orderRef": (order.ref,)},
            authn_methods=("mfa",),
            evidence={**evidence, "orderRef": order.ref},
        )
        gone = order.started + self.settings.order_life + KEPT_AFTER
        return Authenticated(asserted, (Consume("eid-order", order.ref, gone),))


class Api:
    """The relying party API: JSON by POST over mutual TLS, its root pinned."""

    def __init__(self, settings: BankIdSettings, tools: Tools) -> None:
        self.url, self.egress = settings.url, tools.egress
        self.tls = TlsIdentity(*map(_pem, (settings.cert, settings.key, settings.ca)))

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a method. Raises ApiError, NoAnswer."""
        headers = {"content-type": "application/json"}
        outbound = Outbound("POST", f"{self.url}/{method}", headers, json.dumps(body).encode(), tls=self.tls)
        try:
            response = self.egress.fetch(outbound)
        except (EgressFailed, EgressRefused) as error:
            raise NoAnswer(str(error)) from error
        try:
            reply = read_object(response.body)
        except BadJson as error:
            if response.status == HTTPStatus.OK:
                raise NoAnswer("answer is not JSON") from error
            reply = {}
        if response.status == HTTPStatus.OK:
            return reply
        code = reply.get("errorCode")
        if not isinstance(code, str) or code not in KNOWN_ERRORS:
            code = ERROR_OF_STATUS.get(response.status, "internalError")
        raise ApiError(code, f"HTTP {response.status} {reply.get('details', '')}")

    def collect(self, ref: str) -> dict[str, Any]:
        """How far the order has come, by the service's word on this very order. Raises ApiError, NoAnswer."""
        reply = self.call("collect", {"orderRef": ref})
        if reply.get("orderRef") != ref:
            raise NoAnswer("collect answered for another order")
        return reply


def visible(ask: Ask, limit: int) -> str:
    """What the app shows (userVisibleData): the service's name and purpose, then its message, never more than `limit`
    characters of base64. Both come from services, so nothing of theirs but the message may carry markup, and no tags.
    """
    swedish = ask.language == "sv"
    name = re.sub(r"[\x00-\x1f\x7f*_#+|~`\\<>\[\]]+", " ", ask.service_name).strip()[:100]
    opening = f"Legitimera dig för att logga in på {name}." if swedish else f"Identify yourself to log in to {name}."
    caution = (
        "Gå bara vidare om det var du som började." if swedish else "Go on only if it was you who began this login."
    )
    message = re.sub(r"[\x00-\x09\x0b-\x1f\x7f<>]+", " ", ask.message or "").strip()
    text = f"{opening}\n\n{caution}" + (f"\n\n{message}" if message else "")
    octets = text.encode("utf-8", "replace")[: limit // 4 * 3]
    return base64.b64encode(octets.decode("utf-8", "ignore").encode()).decode()


def completion(data: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Attributes and evidence of completionData. Raises NoAnswer where its shape is not the protocol's."""
    data = _object(data, "completionData")
    user, device, step_up = (_object(data.get(name), name) for name in ("user", "device", "stepUp"))
    names = ("personalNumber", "givenName", "surname", "name")
    attributes = {name: _text(user, name, 256) for name in names}
    if not PERSONAL_NUMBER.fullmatch(attributes["personalNumber"]):
        raise NoAnswer("personalNumber is not twelve digits")
    evidence = {name: _text(data, name, 200_000) for name in ("signature", "ocspResponse")}
    evidence |= {name: _text(device, name, 256) for name in ("ipAddress", "uhi") if name in device}
    evidence |= {name: _text(data, name, 64) for name in ("bankIdIssueDate", "risk") if name in data}
    evidence["mrtd"] = "true" if step_up.get("mrtd") is True else "false"
    return attributes, evidence


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NoAnswer(f"{name} is not an object")
    return value


def _text(values: Mapping[str, Any], name: str, limit: int) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise NoAnswer(f"{name} is missing or not a text of the right size")
    return value


def _token(reply: Mapping[str, Any], name: str) -> str:
    value = reply.get(name)
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise NoAnswer(f"{name} is missing or not a token")
    return value


def _with_nonce(url: str, nonce: str) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({NONCE: nonce}))))
    return urlunsplit(parts._replace(query=query, fragment=""))


def _pem(value: str) -> bytes:
    """The PEM itself, or the file at that path."""
    return value.encode() if "-----BEGIN " in value else Path(value).read_bytes()
