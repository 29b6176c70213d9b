"""Tokens with patient context at a provider whose rules read facts: a window that shuts between any two steps stops the next."""

from dataclasses import replace

import pytest

from broker.care import access_facts
from broker.care.access_facts import FactWish
from broker.care.acts import ActWish
from broker.care.calling import carried_out
from tests.support import care_values as a
from tests.support.patient_world import (
    MINE,
    STEPS,
    SYSTEM,
    asked,
    care_of,
    details,
    document,
    just_before_commit,
    tokens,
)
from trust_framework.care_register import CareRegister

pytest_plugins = ["tests.support.worlds"]


@pytest.fixture(scope="module")
def world(lasting_worlds):
    """The employee is a physician, and the provider is under the rules that name facts."""
    whole = document()
    whole["staff"][0]["healthcareProfessionalLicense"] = ["LK"]
    world = lasting_worlds.make(whole)
    register = CareRegister({a.PROVIDER: a.provider(rules="tr")})
    world.app.snapshots.federation = replace(world.app.snapshots.federation, care=register)
    return world


def admit(world):
    wish = FactWish(a.new_id(), "stay", a.PROVIDER, {"place": a.UNIT}, a.OTHER_PATIENT)
    register = lambda: access_facts.register(wish, SYSTEM, care_of(world), world.clock.now)  # noqa: E731
    return carried_out(register, world.store).result.id


def discharge(world, stay):
    carried_out(lambda: access_facts.end(stay, ActWish(), SYSTEM, care_of(world), world.clock.now), world.store)


@pytest.mark.spec("Regulation on Personal Health Data", "6(3)ç")
@pytest.mark.parametrize("at_once", [False, True], ids=["before the step", "between its decision and its record"])
@pytest.mark.parametrize("step", STEPS)
def test_a_discharge_between_any_two_steps_stops_the_next(world, monkeypatch, step, at_once):
    stay = admit(world)
    told = tokens(world, details(resources=[MINE]))
    code = asked(world, details(resources=[MINE])).sent_back["code"]
    if at_once:
        just_before_commit(world, monkeypatch, lambda: discharge(world, stay))
    else:
        discharge(world, stay)
    assert STEPS[step](world, code, told)


def test_without_a_window_there_is_no_code(world):
    assert "code" not in asked(world, details(resources=[MINE])).sent_back
