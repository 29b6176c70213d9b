"""A broker with a nurse, her commissions, a client that may ask for patient context, and the API that it calls."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from broker.care import blocks, consents, relations
from broker.care.acts import ActWish
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, CareServices, carried_out
from broker.care.consents import ConsentWish
from broker.care.relations import RelationWish
from tests.support.care_values import (
    FAR_UNIT,
    NURSE,
    OTHER_PATIENT,
    OTHER_PROVIDER,
    OTHER_UNIT,
    PROVIDER,
    UNIT,
    register,
)
from tests.support.oidc import active, error, refresh
from tests.support.world import CALLBACK, MEMBER, World, client, federation
from trust_framework.blocks import BlockType
from trust_framework.care import Staff
from trust_framework.care_consents import ConsentType
from trust_framework.patient_context import TYPE

A1, A2 = "SE2321000016-A1", "SE2321000016-A2"
SCOPE = "openid offline_access api"
SYSTEM = Caller(CallerKind.SYSTEM, client="test", staff=Staff(NURSE))


def commission(hsa_id: str = A1, unit: str = UNIT, **changes: Any) -> dict[str, Any]:
    """A commission of the nurse."""
    return {
        "hsa_id": hsa_id,
        "commissionName": f"Uppdrag {hsa_id}",
        "commissionPurpose": "Vård och behandling",
        "healthCareProviderHsaId": PROVIDER,
        "healthCareProviderName": "Region Exempel",
        "healthcareProviderId": MEMBER,
        "healthCareUnitHsaId": unit,
        "healthCareUnitName": f"Enhet {unit}",
        **changes,
    }


def document(*commissions: dict[str, Any], **rp: Any) -> dict[str, Any]:
    """The federation file."""
    staff = [{"person": "anna", "hsa_id": NURSE, "commissions": list(commissions or (commission(),))}]
    asks = {"scope": SCOPE, "authorization_details_types": [TYPE], **rp}
    services = (client("rp", **asks), client("api"), client("bystander"), client("plain", scope=SCOPE))
    return federation(*services, staff=staff)


def patient_world(
    worlds: Any, *commissions: dict[str, Any], settings: dict[str, Any] | None = None, **rp: Any
) -> World:
    """The broker, with care's providers in its running register and a relation of the nurse to the patient."""
    return with_care(worlds.make(document(*commissions, **rp), **settings or {}))


def with_care(world: World) -> World:
    """The same broker, with care's providers and the relation."""
    _with_providers(world)
    relate(world)
    return world


def _with_providers(world: World) -> None:
    snapshots = world.app.snapshots
    snapshots.federation = replace(snapshots.federation, care=register())


def reapply(world: World, content: dict[str, Any]) -> None:
    """Another federation file, with the same providers."""
    world.reapply(content)
    _with_providers(world)


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[int]:
    """A WSGI application over real HTTP in this process: its port."""
    with make_server("127.0.0.1", port, app, handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Silent(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: Any) -> None:
        pass


def care_of(world: World) -> CareServices:
    """Care's services of the broker."""
    return CareServices(world.store, world.app.snapshots.federation.care, 1)


def relate(world: World, unit: str = UNIT) -> None:
    """The nurse takes part in the patient's care, at a unit."""
    wish = RelationWish(str(uuid4()), OTHER_PATIENT, PROVIDER, unit, NURSE)
    carried_out(lambda: relations.register(wish, SYSTEM, care_of(world), world.clock.now), world.store)


def consent(world: World) -> str:
    """The patient lets the nurse's unit read what other care providers have recorded."""
    wish = ConsentWish(str(uuid4()), ConsentType.CONSENT, OTHER_PATIENT, PROVIDER, UNIT)
    return carried_out(lambda: consents.register(wish, SYSTEM, care_of(world), world.clock.now), world.store).result.id


def withdraw(world: World, id: str) -> None:
    """The patient takes a consent back."""
    carried_out(lambda: consents.cancel(id, ActWish(), SYSTEM, care_of(world), world.clock.now), world.store)


def part(world: World) -> None:
    """The nurse takes part in the patient's care no longer."""
    for each in world.store.relations_of(world.store.patient(OTHER_PATIENT)):
        if each.stands:
            carried_out(
                lambda id_=each.id: relations.cancel(id_, ActWish(), SYSTEM, care_of(world), world.clock.now),  # type: ignore[misc]
                world.store,
            )


def block(world: World, unit: str = OTHER_UNIT) -> str:
    """The patient closes what a unit has recorded."""
    wish = BlockWish(str(uuid4()), BlockType.INNER, OTHER_PATIENT, PROVIDER, unit)
    return carried_out(lambda: blocks.register(wish, SYSTEM, care_of(world), world.clock.now), world.store).result.id


def open_all(world: World) -> None:
    """No block stands any more."""
    person = world.store.patient(OTHER_PATIENT)
    for each in world.store.blocks_of(person):
        if each.stands:
            unblock(world, each.id)


def unblock(world: World, id: str) -> None:
    """The patient opens it again."""
    carried_out(lambda: blocks.revoke(id, ActWish(), SYSTEM, care_of(world), world.clock.now), world.store)


MINE = {"id": "mine", "provider": PROVIDER, "unit": UNIT}
THEIRS = {"id": "theirs", "provider": PROVIDER, "unit": OTHER_UNIT}
FAR = {"id": "far", "provider": OTHER_PROVIDER, "unit": FAR_UNIT}


def details(**changes: Any) -> dict[str, Any]:
    """An element; a member given as None is left out."""
    whole = {
        "type": TYPE,
        "patient": {"system": OTHER_PATIENT.oid, "value": OTHER_PATIENT.value},
        "actions": ["read"],
        "resources": [MINE, THEIRS],
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def asked(world: World, *elements: Any, client_id: str = "rp", text: str | None = None, **changes: str | None) -> Any:
    """The answer to an authorization request by POST, at the end of a login without pages."""
    form = {
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": SCOPE,
        "state": "the-state",
        "code_challenge": world.pkce.challenge,
        "code_challenge_method": "S256",
        "login_hint": "test:anna",
        "authorization_details": json.dumps(list(elements or (details(),))) if text is None else text,
        **changes,
    }
    browser = world.browser()
    return browser.follow(browser.post("/oidc/authorize", {k: v for k, v in form.items() if v is not None}))


def tokens(world: World, *elements: Any, **changes: str | None) -> Any:
    """The token response of a whole login."""
    answer = asked(world, *elements, **changes)
    assert "code" in answer.sent_back, (answer.status, answer.location, answer.cause)
    redeemed = world.redeem(answer.sent_back["code"])
    assert redeemed.status == 200, redeemed.text
    return redeemed.json


def just_before_commit(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something happens after a decision and before its record."""
    commit, done = world.store.commit, []

    def overtaken(effects):
        if not done and any(type(change).__name__ == "SameCare" for change in effects.changes):
            done.append(1)
            monkeypatch.setattr(type(world.store), "commit", lambda _, effects: commit(effects))
            act()
        return commit(effects)

    monkeypatch.setattr(type(world.store), "commit", lambda _, effects: overtaken(effects))


STEPS = {
    "code": lambda world, code, _: error(world.redeem(code)) == "invalid_grant",
    "refresh": lambda world, _, told: error(refresh(world, told["refresh_token"])) == "invalid_grant",
    "introspection": lambda world, _, told: not active(world, told["access_token"], "api"),
}
"""Whether a step of a broker lets nothing out: given a code and a token response for what was closed since."""
