"""The mobile e-ID method against its simulator in the same process, and against an e-ID service that says what it is told."""

import json
from dataclasses import dataclass, field
from functools import cache

from idp_adapters.base import Ask, Inbound, Tools, Wait
from idp_adapters.methods.bankid import BankId, BankIdSettings
from idp_adapters.simulators.phone import PERSONS, PhoneSimulator, Request
from metadata.wire.egress import EgressFailed, Outbound, Response
from tests.support.adapters import NOW, UnderTest, ask
from tests.support.pki import Authority

PERSON = PERSONS[0]
URL = "https://eid.example/rp/v6.0"


@dataclass
class Clock:
    """Time that only the test moves."""

    at: float = NOW

    def __call__(self) -> float:
        return self.at


@cache
def pem() -> dict[str, str]:
    authority = Authority.root("Test RP CA")
    client = authority.leaf("tillit")
    return {"cert": client.pem.decode(), "key": client.key_pem.decode(), "ca": authority.pem.decode()}


def settings(**changes) -> BankIdSettings:
    return BankIdSettings(**{"url": URL, **pem(), **changes})


def tools(egress) -> Tools:
    return Tools("https://tillit.example", "https://tillit.example/saml/metadata", egress, None, lambda: ())


@dataclass
class Direct:
    """An egress client that hands the call to the simulator without a network."""

    simulator: PhoneSimulator
    seen: list[Outbound] = field(default_factory=list)

    def fetch(self, outbound: Outbound) -> Response:
        self.seen.append(outbound)
        path = outbound.url.removeprefix("https://eid.example")
        certificate = b"shown" if outbound.tls and outbound.tls.certificate else b""
        answer = self.simulator.answer(
            Request(outbound.method, path, {}, outbound.headers["content-type"], outbound.body, certificate, "sv")
        )
        return Response(answer.status, dict(answer.headers), answer.body)


TOKENS = {
    "orderRef": "131daac9-16c6-4618-beb0-365768f37288",
    "autoStartToken": "7c40b5c9-fa74-49cf-b98c-bfe651f9a7c6",
    "qrStartToken": "67df3917-fa0d-44e5-b327-edcc928297f8",
    "qrStartSecret": "d28db9a7-4cde-429e-a983-359be676944c",
}
COMPLETION = {
    "user": {
        "personalNumber": "191212121212",
        "name": "Tolvan Tolvansson",
        "givenName": "Tolvan",
        "surname": "Tolvansson",
    },
    "device": {"ipAddress": "198.51.100.4", "uhi": "OZvYM9VvyiAmG7NA5jU5zqGcVpo="},
    "bankIdIssueDate": "2026-02-01",
    "stepUp": {"mrtd": False},
    "signature": "PD94bWw+",
    "ocspResponse": "MIIHfgoBAKCCB3cw",
}


@dataclass
class Scripted:
    """An egress client whose next answers are written down: a Response, an exception, or JSON for 200."""

    answers: list = field(default_factory=list)
    calls: list[tuple[str, dict]] = field(default_factory=list)

    def fetch(self, outbound: Outbound) -> Response:
        self.calls.append((outbound.url.rpartition("/")[2], json.loads(outbound.body)))
        answer = self.answers.pop(0) if self.answers else EgressFailed("network")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(200, {}, json.dumps(answer).encode())


def error(status: int, code: str | None = None) -> Response:
    return Response(status, {}, b"" if code is None else json.dumps({"errorCode": code, "details": "x"}).encode())


def collected(status: str, hint: str | None = None, **more) -> dict:
    return {"orderRef": TOKENS["orderRef"], "status": status, **({"hintCode": hint} if hint else {}), **more}


@dataclass
class World:
    """A method, its simulator and their clock."""

    clock: Clock
    simulator: PhoneSimulator
    egress: Direct
    adapter: BankId

    @classmethod
    def made(cls, **changes) -> "World":
        clock = Clock()
        simulator = PhoneSimulator(clock, pause=lambda _seconds: None)
        egress = Direct(simulator)
        return cls(clock, simulator, egress, settings(**changes).adapter("bankid", tools(egress)))

    def start(self, **changes) -> Wait:
        waiting = self.adapter.start(ask(**changes), int(self.clock.at))
        assert isinstance(waiting, Wait), waiting
        return waiting

    def look(self, state: bytes, seconds: float = 2, **parameters: str):
        """Let time pass, then resume."""
        self.clock.at += seconds
        return self.adapter.resume(state, Inbound(parameters), int(self.clock.at))

    def calls(self, method: str) -> list[dict]:
        return [body for name, body in self.simulator.calls if name == method]


def under_test() -> UnderTest:
    world = World.made()

    def completing(asked: Ask) -> tuple[bytes, Inbound, int]:
        waiting = world.adapter.start(asked, NOW)
        world.simulator.orders.approve(world.simulator.orders.scan(waiting.qr_text), PERSON.number)
        world.clock.at += 3
        return waiting.state, Inbound(), NOW + 3

    return UnderTest(world.adapter, settings().terms("bankid"), completing)
