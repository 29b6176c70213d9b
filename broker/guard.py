"""A guard for a service that is called with access tokens: asks the broker at each request, and lets nothing pass unasked.

Needs Python alone: import it from here, or copy this one file into the service. It is a WSGI middleware and a decorator:

    guard = Guard("https://login.example.se", "journal-api", secret)
    app.wsgi_app = guard.middleware(app.wsgi_app, open_paths={"/healthz"})

    @app.get("/patients/<number>/labs")
    @guard.needs("read", patient=lambda number: ("1.2.752.129.2.1.3.1", number))
    def labs(number): ...

A request is answered 401 without a token that is alive and meant for this service, 403 when the token does not open what is
asked for, and 503 when the broker is down, slow or says something that it cannot mean. A good answer is believed for at most
30 seconds; a bad one is never kept.
"""

import base64
import hashlib
import http.client
import io
import json
import re
import socket
import ssl
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

LONGEST_KEPT: Final = 30
"""Seconds: a block that a patient sets is in force here no later than so long after it was set."""

TYPE: Final = "urn:tillit:patient-context"
MOST_KEPT: Final = 10_000
MOST_CONNECTIONS: Final = 16
LONGEST_ANSWER: Final = 64 * 1024
LONGEST_TOKEN: Final = 16 * 1024
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)

Patient = tuple[str, str]
"""Kind of number (OID) and number, as the broker writes it."""

F = TypeVar("F", bound=Callable[..., Any])


class Denied(Exception):
    """The request does not pass. `status` 401, 403 or 503; `code` as RFC 6750 section 3.1 has it, empty for none."""

    def __init__(self, status: int, code: str = "", why: str = "") -> None:
        super().__init__(f"{status} {code} {why}".strip())
        self.status, self.code = status, code

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What goes with the status: there is never a body."""
        told = [("Cache-Control", "no-store"), ("Content-Length", "0")]
        if self.status != HTTPStatus.SERVICE_UNAVAILABLE:
            error = f', error="{self.code}"' if self.code else ""
            told.append(("WWW-Authenticate", f'Bearer realm="tillit"{error}'))
        return told


@dataclass(frozen=True)
class Context:
    """What the broker says of a token. `patient` is None for a token without patient context; `resources` are by id."""

    subject: str
    client: str
    scope: frozenset[str] = frozenset()
    patient: Patient | None = field(default=None, repr=False)
    actions: frozenset[str] = frozenset()
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    employee: str = ""
    commission: str = ""
    care_unit: str = ""
    care_provider: str = ""
    purpose: str = ""

    def check(self, action: str = "", patient: Patient | None = None, resource: str = "", scope: str = "") -> "Context":
        """This context, when it opens all that is named. Raises Denied."""
        opens = (
            (not action or action in self.actions)
            and (patient is None or self.patient == tuple(patient))
            and (not resource or resource in self.resources)
            and (not scope or scope in self.scope)
        )
        if not opens:
            raise Denied(403, "insufficient_scope", "the token does not open this")
        return self


_current: ContextVar[Context | None] = ContextVar("tillit_context", default=None)


def current() -> Context:
    """The context of the request that is being answered. Raises Denied where no middleware has let one in."""
    if (found := _current.get()) is None:
        raise Denied(401, "", "no token was looked at")
    return found


class Guard:
    """Asks one broker, as one service. Threads share it.

    `keep` is for how many seconds a good answer is believed, 0 for not at all; `timeout` within how many the broker must have
    answered, everything counted. `tls` is for a broker whose certificate needs roots of its own.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        keep: float = 10,
        timeout: float = 2,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not 0 <= keep <= LONGEST_KEPT:
            raise ValueError(f"keep is from 0 to {LONGEST_KEPT} seconds")
        self._issuer, self._client_id, self._keep, self._clock = issuer, client_id, keep, clock
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()
        self._authorization = "Basic " + base64.b64encode(pair).decode()
        self._broker = _Broker(issuer, timeout, tls)
        self._kept: OrderedDict[bytes, tuple[float, Context]] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of what is kept. The guard may be used again."""
        with self._lock:
            self._kept.clear()
        self._broker.close()

    # --- asking

    def context(self, authorization: str | None) -> Context:
        """What the token in an Authorization header opens. Raises Denied."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not (token := token.strip()):
            raise Denied(401)
        if len(token) > LONGEST_TOKEN or not _TOKEN.fullmatch(token):
            raise Denied(401, "invalid_token")
        key = hashlib.sha256(token.encode()).digest()
        return self._remembered(key) or self._asked(token, key)

    def _remembered(self, key: bytes) -> Context | None:
        with self._lock:
            until, context = self._kept.get(key, (0.0, None))
            if context is not None and self._clock() >= until:
                del self._kept[key]
                return None
            return context

    def _asked(self, token: str, key: bytes) -> Context:
        asked_at = self._clock()
        told = self._broker.ask(urlencode({"token": token}).encode(), self._authorization)
        context = self._understood(told)
        until = min(asked_at + self._keep, told["exp"])
        if self._clock() < until:
            with self._lock:
                self._kept[key] = until, context
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return context

    def _understood(self, told: Mapping[str, Any]) -> Context:
        """The answer as a context. Raises Denied for a token that is not alive, and for an answer that cannot be meant."""
        if told.get("active") is False:
            raise Denied(401, "invalid_token")
        audience = told.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        sane = (
            told.get("active") is True
            and told.get("iss") == self._issuer
            and told.get("token_type") == "Bearer"
            and type(told.get("exp")) is int
            and all(isinstance(told.get(name), str) for name in ("sub", "client_id", "scope"))
        )
        if not sane:
            raise Denied(503, "", "the broker's answer is not one of ours")
        if self._client_id not in named or told["exp"] <= self._clock():
            raise Denied(401, "invalid_token")
        try:
            return _context(told)
        except (KeyError, TypeError, ValueError) as error:
            raise Denied(503, "", "the broker's answer is malformed") from error

    # --- standing before a service

    def middleware(
        self, app: Callable[..., Iterable[bytes]], open_paths: Collection[str] = ()
    ) -> Callable[..., Iterable[bytes]]:
        """The service behind the guard. `open_paths` are those that anybody may ask for; no other request reaches the
        service without a token. The context is `current()` there, and `environ["tillit.context"]`.
        """

        def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            environ.pop("tillit.context", None)
            if environ.get("PATH_INFO", "") in open_paths:
                return app(environ, start_response)
            try:
                context = self.context(environ.get("HTTP_AUTHORIZATION"))
            except Denied as denied:
                start_response(f"{denied.status} {http.client.responses[denied.status]}", denied.headers)
                return [b""]
            environ["tillit.context"] = context
            with _letting_in(context):
                return app(environ, start_response)

        return guarded

    def needs(
        self,
        action: str = "",
        *,
        patient: Callable[..., Patient] | None = None,
        resource: Callable[..., str] | None = None,
        scope: str = "",
    ) -> Callable[[F], F]:
        """A view of Flask, or of what answers like it, that is called only with a context that opens what is named.

        `patient` and `resource` are worked out of the view's own arguments; what they raise lets nothing pass.
        """

        def decorate(view: F) -> F:
            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                try:
                    context = current()
                    about = patient(*args, **kwargs) if patient else None
                    context.check(action, about, resource(*args, **kwargs) if resource else "", scope)
                except Denied as denied:
                    return "", denied.status, denied.headers
                return view(*args, **kwargs)

            return guarded  # type: ignore[return-value]  # it is called as the view is

        return decorate


@contextmanager
def _letting_in(context: Context) -> Iterator[None]:
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def _context(told: Mapping[str, Any]) -> Context:
    """Raises KeyError, TypeError, ValueError."""
    plain = {"subject": told["sub"], "client": told["client_id"], "scope": frozenset(told["scope"].split(" "))}
    details = told.get("authorization_details", [])
    if not details:
        return Context(**plain)
    (about,) = details
    if about["type"] != TYPE:
        raise ValueError(about["type"])
    patient = about["patient"]

    def text(name: str) -> str:
        return str(about.get(name, ""))

    return Context(
        **plain,
        patient=(str(patient["system"]), str(patient["value"])),
        actions=frozenset(map(str, about["actions"])),
        resources={str(each["id"]): dict(each) for each in about["resources"]},
        employee=text("employee"),
        commission=text("commission"),
        care_unit=text("care_unit"),
        care_provider=text("care_provider"),
        purpose=text("purpose"),
    )


# --- the broker over HTTP -----------------------------------------------------------------------------------------------


class _Broker:
    """The introspection endpoint (RFC 7662), over connections that are kept. Anything but a good answer in time is Denied."""

    def __init__(self, issuer: str, timeout: float, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(issuer)
        if parts.scheme != "https" and (
            parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "::1", "localhost"}
        ):
            raise ValueError("the broker is reached by https")
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._path, self._timeout = f"{parts.path}/oidc/introspect", timeout
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._idle: deque[_Connection] = deque()

    def ask(self, body: bytes, authorization: str) -> Mapping[str, Any]:
        """The answer, a JSON object. Raises Denied."""
        deadline = time.monotonic() + self._timeout
        try:
            status, answer = self._answer(body, authorization, deadline)
            told = json.loads(answer) if status == HTTPStatus.OK else None
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            raise Denied(503, "", "the broker did not answer") from error
        if not isinstance(told, dict):
            raise Denied(503, "", f"the broker answered {status}")
        return told

    def close(self) -> None:
        """Let go of the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _answer(self, body: bytes, authorization: str, deadline: float) -> tuple[int, bytes]:
        while True:
            try:
                kept = self._idle.pop()
            except IndexError:
                return self._over(self._connected(deadline), body, authorization, deadline)
            try:  # one that was kept may have been closed meanwhile: the question changes nothing, so it may be asked again
                return self._over(kept, body, authorization, deadline)
            except TimeoutError:
                raise
            except (OSError, http.client.HTTPException):
                continue

    def _connected(self, deadline: float) -> "_Connection":
        plain = socket.create_connection((self._host, self._port), timeout=_left(deadline))
        try:
            plain.settimeout(_left(deadline))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Connection(self._tls.wrap_socket(plain, server_hostname=self._host) if self._tls else plain)
        except BaseException:
            plain.close()
            raise

    def _over(self, on: "_Connection", body: bytes, authorization: str, deadline: float) -> tuple[int, bytes]:
        kept = False
        try:
            on.deadline = deadline
            on.send(self._request(body, authorization))
            answer = http.client.HTTPResponse(on)  # type: ignore[arg-type]  # only makefile is asked of it
            answer.begin()
            octets = answer.read(LONGEST_ANSWER + 1)
            if len(octets) > LONGEST_ANSWER:
                raise ValueError("the answer is too long")
            kept = answer.isclosed() and not answer.will_close and len(self._idle) < MOST_CONNECTIONS
            return answer.status, octets
        finally:
            if kept:
                self._idle.append(on)
            else:
                on.close()

    def _request(self, body: bytes, authorization: str) -> bytes:
        host = f"[{self._host}]" if ":" in self._host else self._host
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {host}:{self._port}\r\nAuthorization: {authorization}\r\n"
            "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode("ascii") + body


def _left(deadline: float) -> float:
    """The seconds that are left. Raises TimeoutError."""
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError("too slow")
    return left


class _Connection(io.RawIOBase):
    """A socket that is read until a deadline, however small the pieces that come."""

    def __init__(self, over: socket.socket) -> None:
        self._socket, self.deadline = over, 0.0

    def send(self, octets: bytes) -> None:
        """All of them, in time."""
        self._socket.settimeout(_left(self.deadline))
        self._socket.sendall(octets)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads from. Closing it does not close the connection."""
        return io.BufferedReader(_Reading(self))

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self.deadline))
        return self._socket.recv_into(buffer)

    def close(self) -> None:
        self._socket.close()
        super().close()


class _Reading(io.RawIOBase):
    """One answer's view of a connection."""

    def __init__(self, over: _Connection) -> None:
        self._over = over

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._over.readinto(buffer)
