"""Simulator of a mobile e-ID of the BankID type: the relying party API, version 6, and the phone of made-up persons.

Owns the HTTP side. `/rp/v6.0/…` wants a client certificate of the given CA; `/phone…` are pages for a person, and
`/control/…` lets a program act as one (JSON). The rules of orders are in `phone_orders`. For tests and demo only: nobody
is authenticated to the phone.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote
from wsgiref.types import StartResponse, WSGIEnvironment

from idp_adapters.simulators import phone_pages as pages
from idp_adapters.simulators.phone_faults import Answer, Fault
from idp_adapters.simulators.phone_orders import NotForTheApp, Order, Orders, Person, Refused, Times
from idp_adapters.simulators.serving import CLIENT_CERTIFICATE, Running, serve
from metadata.wire.strict_json import BadJson, read_object

BASE: Final = "/rp/v6.0/"
BODY_LIMIT: Final = 512 * 1024
# The official test numbers of the Swedish Tax Agency, with made-up names.
PERSONS: Final = (
    Person("191212121212", "Tolvan", "Tolvansson"),
    Person("195006262546", "Astrid", "Exempelberg"),
    Person("197309069289", "Bo", "Provström"),
    Person("198906059483", "Cecilia", "Testlund", blocked=True),
    Person("197010632391", "Dagny", "Samordning"),
)
STATUS_OF: Final[Mapping[str, int]] = {
    "alreadyInProgress": 400,
    "invalidParameters": 400,
    "unauthorized": 401,
    "notFound": 404,
    "methodNotAllowed": 405,
    "requestTimeout": 408,
    "unsupportedMediaType": 415,
    "tooManyRequests": 429,
    "internalError": 500,
    "maintenance": 503,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the simulator reads of a request."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    body: bytes
    certificate: bytes
    language: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


class PhoneSimulator:
    """The simulator as a WSGI application (`wsgi`). `clock` gives epoch seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        persons: Iterable[Person] = PERSONS,
        times: Times | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.orders = Orders(clock, persons, times)
        self.pause = pause
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._mischief: list[Fault] = []

    def serve(self, host: str, port: int, *, cert: Path, key: Path, client_ca: Path) -> Running:
        """Answer over TLS until stopped. Client certificates are asked for, and demanded on the API's paths."""
        return serve(self.wsgi, host, port, cert=cert, key=key, client_ca=client_ca)

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.answer(_request(environ))
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start_response(status, [*answer.headers, ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def answer(self, request: Request) -> Answer:
        if len(request.body) > BODY_LIMIT:
            return Answer.json(413, {"errorCode": "invalidParameters", "details": "Too large"})
        if request.path.startswith(BASE):
            return self._api(request)
        if request.path.startswith("/control/"):
            return self._control(request)
        return self._phone(request)

    # --- the relying party API

    def _api(self, request: Request) -> Answer:
        method = request.path.removeprefix(BASE)
        fault = self._mischief.pop(0) if self._mischief else None
        try:
            _admit(request, fault)
            answer = Answer.json(200, self._call(method, request))
        except Refused as error:
            answer = Answer.json(STATUS_OF[error.code], {"errorCode": error.code, "details": error.details})
            if error.code == "tooManyRequests":
                answer = answer.adding(("RateLimit-Limit", "1"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "1"))
        if fault is None:
            return answer
        self.pause(fault.seconds)
        return fault.change(answer)

    def _call(self, method: str, request: Request) -> dict[str, Any]:
        if method not in {"auth", "sign", "collect", "cancel"}:
            raise Refused("notFound", "No such method")
        if request.method != "POST":
            raise Refused("methodNotAllowed", "Only POST")
        if request.content_type.partition(";")[0].strip().lower() != "application/json":
            raise Refused("unsupportedMediaType", "Only application/json")
        try:
            body = read_object(request.body)
        except BadJson as error:
            raise Refused("invalidParameters", "Invalid JSON") from error
        self.calls.append((method, body))
        del self.calls[:-1000]
        if method == "collect":
            return self.orders.collect(body.get("orderRef"))
        if method == "cancel":
            self.orders.cancel(body.get("orderRef"))
            return {}
        order = self.orders.give(method, body)
        return {
            "orderRef": order.ref,
            "autoStartToken": order.start_token,
            "qrStartToken": order.qr_token,
            "qrStartSecret": order.qr_secret,
        }

    # --- a program in a person's place

    def _control(self, request: Request) -> Answer:
        """JSON only, so that no page of another site can act here."""
        action = request.path.removeprefix("/control/")
        if action == "orders" and request.method == "GET":
            return Answer.json(200, {"waiting": [_summary(order) for order in self.orders.waiting()]})
        if request.method != "POST" or request.content_type.partition(";")[0].strip() != "application/json":
            return Answer.json(405, {"error": "POST application/json"})
        try:
            return Answer.json(200, self._act(action, read_object(request.body)))
        except (BadJson, KeyError, TypeError, ValueError) as error:
            return Answer.json(400, {"error": f"{type(error).__name__}: {error}"})
        except NotForTheApp as error:
            return Answer.json(409, {"error": str(error)})

    def _act(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """`open` {qr | autostarttoken | handle}; `step` and `fail` {…, hint}; `approve` {…, personalNumber}; `decline`;
        `fault` {fault, times, seconds}; `calm`. An order that is open already is named by `handle`.
        """
        if action == "fault":
            made = Fault.named(body["fault"], float(body.get("seconds", 0)))
            self._mischief += [made] * min(int(body.get("times", 1)), 1000)
            return {"faults": len(self._mischief)}
        if action == "calm":
            self._mischief.clear()
            return {"faults": 0}
        if action not in {"open", "step", "fail", "decline", "approve"}:
            raise ValueError("no such action")
        order = self._order_of(body)
        match action:
            case "step":
                self.orders.step(order, str(body["hint"]))
            case "fail":
                self.orders.fail(order, str(body["hint"]))
            case "decline":
                self.orders.fail(order, "userCancel")
            case "approve":
                self.orders.approve(order, str(body["personalNumber"]))
        return {**_summary(order), "returnUrl": order.return_url}

    def _order_of(self, body: Mapping[str, Any]) -> Order:
        if "qr" in body:
            return self.orders.scan(str(body["qr"]))
        if "autostarttoken" in body:
            return self.orders.open_link(str(body["autostarttoken"]))
        order = self.orders.held(str(body["handle"]))
        return order if order.opened_by else self.orders.open_listed(order.handle)

    # --- a person

    def _phone(self, request: Request) -> Answer:
        language = request.language
        try:
            if request.path == "/phone.css":
                return Answer(200, pages.STYLE.encode(), (("Content-Type", "text/css"),))
            if request.path == "/phone" and request.method == "GET":
                return self._front_page(request)
            if request.path == "/phone/scan" and request.method == "POST":
                return _to(self.orders.scan(request.form.get("qr", "")), language)
            if request.path == "/phone/open" and request.method == "POST":
                return _to(self.orders.open_listed(request.form.get("order", "")), language)
            if request.path.startswith("/phone/order/"):
                return self._order_page(request, request.path.removeprefix("/phone/order/"))
        except NotForTheApp as error:
            return pages.told(str(error), language, 409)
        return pages.told("not-found", language, 404)

    def _front_page(self, request: Request) -> Answer:
        if token := request.query.get("autostarttoken"):
            return _to(self.orders.open_link(token), request.language)
        return pages.front(self.orders.waiting(), request.language)

    def _order_page(self, request: Request, handle: str) -> Answer:
        language = request.language
        if request.method == "GET":
            order = self.orders.done(handle)
            if order is None or order.status != "pending":
                return pages.finished(order, language)
            return pages.ask(order, self.orders.persons.values(), language)
        order = self.orders.held(handle)
        if request.form.get("answer") == "approve":
            self.orders.approve(order, request.form.get("person", ""))
        else:
            self.orders.fail(order, "userCancel")
        if order.return_url is not None and order.return_url.startswith(("https://", "http://")):
            return Answer(303, b"", (("Location", order.return_url), *pages.HEADERS))
        return _to(order, language)


def _admit(request: Request, fault: Fault | None) -> None:
    if not request.certificate:
        raise Refused("unauthorized", "Client certificate required")
    if fault is not None and fault.error:
        raise Refused(fault.error, "Simulated")


def _summary(order: Order) -> dict[str, Any]:
    return {"handle": order.handle, "status": order.status, "hint": order.hint, "text": order.visible}


def _to(order: Order, language: str) -> Answer:
    return Answer(303, b"", (("Location", f"/phone/order/{quote(order.handle)}?lang={language}"), *pages.HEADERS))


def _request(environ: WSGIEnvironment) -> Request:
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), BODY_LIMIT + 1) if length.isascii() and length.isdigit() else 0
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    wanted = query.get("lang") or environ.get("HTTP_ACCEPT_LANGUAGE", "sv")[:2]
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", ""),
        query=query,
        content_type=environ.get("CONTENT_TYPE", ""),
        body=environ["wsgi.input"].read(size) if size else b"",
        certificate=environ.get(CLIENT_CERTIFICATE, b""),
        language="en" if wanted == "en" else "sv",
    )
