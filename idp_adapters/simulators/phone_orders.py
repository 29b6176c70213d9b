"""The orders of the simulated mobile e-ID: what the relying party API and the app do to them, and time.

Owns the life of an order and the check of a scanned QR code. HTTP is `phone`, signatures are `phone_signing`. Everything
here is made up: no real issuer, no real person.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from idp_adapters.simulators.phone_signing import Evidence, Issuer

UNOPENED: Final = frozenset({"outstandingTransaction", "noClient"})
VISIBLE_LIMIT: Final = {"auth": 1500, "sign": 40_000}
HIDDEN_LIMIT: Final = {"auth": 1500, "sign": 200_000}
AUTH_KEYS: Final = frozenset({
    "endUserIp", "requirement", "userVisibleData", "userNonVisibleData", "userVisibleDataFormat", "returnUrl",
    "returnRisk", "web", "app",
})  # fmt: skip
REQUIREMENT_KEYS: Final = frozenset({"pinCode", "mrtd", "certificatePolicies", "personalNumber", "cardReader"})
POLICY: Final = "1.2.3.4.25"  # mobile e-ID of the test environment
MOST_ORDERS: Final = 5000


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up holder of an e-ID under one of the official test numbers. `blocked`: its certificate is revoked."""

    number: str
    given_name: str
    surname: str
    blocked: bool = False

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: to open the app, for the whole order, that a finished order is kept (complete, failed), between two
    collects, and how old and how new a scanned code may be.
    """

    start: float = 30
    order: float = 180
    complete_kept: float = 180
    failed_kept: float = 300
    between_collects: float = 1
    code_old: float = 5
    code_new: float = 2


class Refused(Exception):
    """An error of the relying party API: its code; details in English."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(f"{code}: {details}")
        self.code, self.details = code, details


class NotForTheApp(Exception):
    """The app cannot do that: an unknown, old or forged code, or an order that is over. Holds a message key."""


@dataclass(slots=True)
class Order:
    """An order. `handle` is the app's own name for it; `opened_by` is "qr", "link" or "list"."""

    body: Mapping[str, Any]
    created: float
    ref: str = field(default_factory=lambda: str(uuid.uuid4()))
    start_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    qr_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    qr_secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    handle: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    status: str = "pending"
    hint: str = "outstandingTransaction"
    opened_by: str = ""
    person: Person | None = None
    evidence: Evidence | None = None
    finished: float = 0.0
    given_out: bool = False
    collected: float = float("-inf")

    @property
    def visible(self) -> str:
        return base64.b64decode(self.body.get("userVisibleData", "")).decode("utf-8", "replace")

    @property
    def return_url(self) -> str | None:
        """Where the app sends the person: only when it was started on the same device."""
        url = self.body.get("returnUrl")
        return url if self.opened_by == "link" and isinstance(url, str) else None

    @property
    def required(self) -> str | None:
        number = self.body.get("requirement", {}).get("personalNumber")
        return number if isinstance(number, str) else None


class Orders:
    """All orders of one simulator, in memory, behind one lock."""

    def __init__(self, clock: Callable[[], float], persons: Iterable[Person], times: Times | None = None) -> None:
        self.clock, self.times = clock, times or Times()
        self.persons = {person.number: person for person in persons}
        self.issuer = Issuer()
        self._lock = threading.RLock()
        self._orders: dict[str, Order] = {}

    # --- the relying party's side

    def give(self, kind: str, body: Mapping[str, Any]) -> Order:
        """Auth or sign. Raises Refused; a second order that names a person ends the first, and none is given."""
        check_body(kind, body)
        with self._lock:
            self._tidy()
            order = Order(body, self.clock())
            running = [other for other in self._pending() if order.required and self._concerns(other, order.required)]
            for other in running:
                self._finish(other, "failed", "cancelled")
            if running:
                raise Refused("alreadyInProgress", "Order already in progress for pno")
            self._orders[order.ref] = order
            return order

    def collect(self, ref: object) -> dict[str, Any]:
        """How far the order has come. A finished order is given out once. Raises Refused."""
        with self._lock:
            order = self._known(ref)
            now = self.clock()
            if now - order.collected < self.times.between_collects:
                raise Refused("tooManyRequests", "Collect less often")
            order.collected = now
            if order.status == "pending":
                return {"orderRef": order.ref, "status": order.status, "hintCode": order.hint}
            kept = self.times.complete_kept if order.status == "complete" else self.times.failed_kept
            if order.given_out or now - order.finished > kept:
                raise Refused("invalidParameters", "No such order")
            order.given_out = True
            if order.status == "failed":
                return {"orderRef": order.ref, "status": order.status, "hintCode": order.hint}
            return {"orderRef": order.ref, "status": order.status, "completionData": completion(order, now)}

    def cancel(self, ref: object) -> None:
        """The relying party calls the order off. Raises Refused."""
        with self._lock:
            order = self._known(ref)
            if order.status != "pending":
                raise Refused("invalidParameters", "No such order")
            del self._orders[order.ref]

    # --- the app's side

    def waiting(self) -> list[Order]:
        """Orders that no app has opened, the newest first."""
        with self._lock:
            return sorted((o for o in self._pending() if o.hint in UNOPENED), key=lambda o: o.created, reverse=True)

    def scan(self, text: str) -> Order:
        """Open the order of a QR code, checked as the issuer's back-end does. Raises NotForTheApp."""
        prefix, token, seconds, code = (*text.strip().split("."), "", "", "", "")[:4]
        if prefix != "bankid" or not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 6:  # noqa: PLR2004
            raise NotForTheApp("not-a-code")
        with self._lock:
            order = self._running("qr_token", token)
            expected = hmac.new(order.qr_secret.encode(), seconds.encode(), hashlib.sha256).hexdigest()
            if not hmac.compare_digest(code.encode(), expected.encode()):
                raise NotForTheApp("forged-code")
            age = self.clock() - order.created - int(seconds)
            if not -self.times.code_new <= age <= self.times.code_old:
                raise NotForTheApp("old-code")
            return self._open(order, "qr")

    def open_link(self, token: str) -> Order:
        """Open the order of a start link. Raises NotForTheApp."""
        with self._lock:
            return self._open(self._running("start_token", token), "link")

    def open_listed(self, handle: str) -> Order:
        """Open an order from the list: a convenience of the simulator. Raises NotForTheApp."""
        with self._lock:
            return self._open(self._running("handle", handle), "list")

    def held(self, handle: str) -> Order:
        """An order that the app has open. Raises NotForTheApp when it is over."""
        with self._lock:
            return self._running("handle", handle)

    def done(self, handle: str) -> Order | None:
        """An order in any state, by its handle."""
        with self._lock:
            return next((order for order in self._orders.values() if order.handle == handle), None)

    def step(self, order: Order, hint: str) -> None:
        """The app tells how far it is (`started`, `userMrtd`, `userSign` …)."""
        with self._lock:
            order.hint = hint

    def approve(self, order: Order, number: str) -> None:
        """The person writes the code. Raises NotForTheApp for a person that this phone does not have."""
        person = self.persons.get(number)
        if person is None:
            raise NotForTheApp("no-person")
        with self._lock:
            self._running("handle", order.handle)
            for other in self._pending():
                if other is not order and other.person == person:
                    self._finish(other, "failed", "cancelled")
            order.person = person
            if person.blocked:
                self._finish(order, "failed", "certificateErr")
            elif order.required not in {None, number}:
                self._finish(order, "failed", "other")
            else:
                order.evidence = self.issuer.sign(person.number, person.given_name, person.surname, order.body)
                self._finish(order, "complete", "")

    def fail(self, order: Order, hint: str) -> None:
        """The person refuses, or the app cannot (`userCancel`, `notSupportedByUserApp` …)."""
        with self._lock:
            self._running("handle", order.handle)
            self._finish(order, "failed", hint)

    # --- inside, under the lock

    def _pending(self) -> list[Order]:
        for order in self._orders.values():
            self._age(order)
        return [order for order in self._orders.values() if order.status == "pending"]

    def _age(self, order: Order) -> None:
        if order.status != "pending":
            return
        age = self.clock() - order.created
        if age >= self.times.order:
            self._finish(order, "failed", "expiredTransaction")
        elif order.hint in UNOPENED and age >= self.times.start:
            self._finish(order, "failed", "startFailed")

    def _known(self, ref: object) -> Order:
        order = self._orders.get(ref) if isinstance(ref, str) else None
        if order is None:
            raise Refused("invalidParameters", "No such order")
        self._age(order)
        return order

    def _running(self, attribute: str, value: str) -> Order:
        found = next((o for o in self._pending() if getattr(o, attribute) == value), None)
        if found is None:
            raise NotForTheApp("no-order")
        return found

    def _open(self, order: Order, how: str) -> Order:
        if order.opened_by:
            raise NotForTheApp("no-order")  # opened by another app before
        order.opened_by, order.hint = how, "started"
        return order

    def _concerns(self, order: Order, number: str) -> bool:
        return order.required == number or (order.person is not None and order.person.number == number)

    def _finish(self, order: Order, status: str, hint: str) -> None:
        order.status, order.hint, order.finished = status, hint, self.clock()

    def _tidy(self) -> None:
        """Forget what is long over; when all places are taken, give no order."""
        gone = self.clock() - self.times.order - self.times.failed_kept - self.times.complete_kept
        self._orders = {ref: order for ref, order in self._orders.items() if order.created > gone}
        if len(self._orders) >= MOST_ORDERS:
            raise Refused("tooManyRequests", "Too many orders")


def completion(order: Order, now: float) -> dict[str, Any]:
    """What `completionData` holds for an order that is complete."""
    if order.person is None or order.evidence is None:
        raise Refused("internalError", "complete without a person")
    issued = dt.datetime.fromtimestamp(now, dt.UTC) - dt.timedelta(days=100)
    data: dict[str, Any] = {
        "user": {
            "personalNumber": order.person.number,
            "name": order.person.name,
            "givenName": order.person.given_name,
            "surname": order.person.surname,
        },
        "device": {"ipAddress": order.body["endUserIp"], "uhi": order.evidence.device},
        "bankIdIssueDate": issued.date().isoformat(),
        "stepUp": {"mrtd": False},
        "signature": order.evidence.signature,
        "ocspResponse": order.evidence.ocsp_response,
    }
    if order.body.get("returnRisk"):
        data["risk"] = "low"
    return data


def check_body(kind: str, body: Mapping[str, Any]) -> None:
    """The rules of the API for a body of auth or sign. Raises Refused("invalidParameters")."""
    requirement = body.get("requirement", {})
    if unknown := set(body) - AUTH_KEYS:
        raise Refused("invalidParameters", f"Unknown {min(unknown)}")
    if not isinstance(requirement, dict) or set(requirement) - REQUIREMENT_KEYS:
        raise Refused("invalidParameters", "Invalid requirement")
    policies = requirement.get("certificatePolicies", [POLICY])
    if not isinstance(policies, list) or not all(isinstance(policy, str) for policy in policies):
        raise Refused("invalidParameters", "Invalid certificatePolicies")
    try:
        ipaddress.ip_address(body.get("endUserIp", ""))
    except ValueError as error:
        raise Refused("invalidParameters", "Invalid endUserIp") from error
    if kind == "sign" and "userVisibleData" not in body:
        raise Refused("invalidParameters", "Missing userVisibleData")
    _check_base64(body, "userVisibleData", VISIBLE_LIMIT[kind])
    _check_base64(body, "userNonVisibleData", HIDDEN_LIMIT[kind])
    if body.get("userVisibleDataFormat", "simpleMarkdownV1") != "simpleMarkdownV1":
        raise Refused("invalidParameters", "Invalid userVisibleDataFormat")
    _check_web(body)


def _check_web(body: Mapping[str, Any]) -> None:
    web = body.get("web")
    if web is None:
        return
    if not isinstance(web, dict) or set(web) != {"referringDomain", "userAgent", "deviceIdentifier"}:
        raise Refused("invalidParameters", "Invalid web")
    if "app" in body or len(str(web["userAgent"])) > 256:  # noqa: PLR2004
        raise Refused("invalidParameters", "Invalid web")


def _check_base64(body: Mapping[str, Any], name: str, limit: int) -> None:
    value = body.get(name)
    if value is None:
        return
    try:
        if not isinstance(value, str) or not 0 < len(value) <= limit:
            raise Refused("invalidParameters", f"Invalid {name}")
        base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refused("invalidParameters", f"Invalid {name}") from error
