"""What access decisions of care cost: `.venv/bin/python -m tests.bench.care_decision [--database sqlite|postgresql]`.

One patient and 50 resources of four providers, a question at a time, in this process, with as many blocks, consents, relations
and lifts as a patient who uses them all has. Figures are decisions (of 50 rulings each) per CPU-second; nothing is asserted here.
"recorded" loads the facts from the database, decides, and records the answer in a commit with an fsync.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from broker.care import access_facts, decisions, relations
from broker.care import blocks as blocks_
from broker.care.access_facts import FactWish
from broker.care.blocks import BlockWish
from broker.care.calling import CareServices, carried_out
from broker.care.relations import RelationWish
from broker.login.effects import Effects, KeepPerson, PersonKey
from broker.settings import Settings
from broker.storage.opening import create_storage, open_storage
from broker.storage.storage import Storage
from tests.bench.care_server import KINDS, postgres, url_of
from tests.support import care_values as values
from tests.support.care import (
    DAY,
    HOUR,
    NOW,
    consent,
    emergency,
    facts,
    inner,
    lift,
    outer,
    provider,
    question,
    relation,
    resource,
)
from tests.support.databases import settings_at
from trust_framework.blocks import BlockType, evaluate
from trust_framework.care import Period, patient_key
from trust_framework.care_access import Access, AccessQuestion, CareFacts, decide
from trust_framework.care_register import CareRegister
from trust_framework.rules import SETS
from trust_framework.rules.turkish_facts import Appointment, LinkedProcess, Restriction, Stay, TurkishFacts, Visit

PROVIDERS = [f"SE232100001{n}-A" for n in range(4)]
RESOURCES = 50
TYPES = ("und", "lak", "upp", "vko", "")


def resources(count: int) -> list[Any]:
    """Of four providers with three units each, of five types, over two years."""
    return [
        resource(
            f"{PROVIDERS[n % 4]}U{n % 3}",
            PROVIDERS[n % 4],
            Period(NOW - n * 15 * DAY, NOW - n * 15 * DAY + HOUR),
            id=str(n),
            type=TYPES[n % 5],
        )
        for n in range(count)
    ]


def asked(count: int = RESOURCES) -> AccessQuestion:
    return question(*resources(count), provider=PROVIDERS[0], unit=f"{PROVIDERS[0]}U0", licences=("LK",))


def swedish(blocks: int) -> CareFacts:
    """Half of the blocks inner, some of them lifted; consents and relations, ended ones among them."""
    here = {"provider": PROVIDERS[0], "unit": f"{PROVIDERS[0]}U0"}
    mine = lift(unit=here["unit"])
    stands: list[Any] = []
    for n in range(blocks):
        closes = {"id": f"b{n}", "information": Period(NOW - (n + 20) * 30 * DAY, NOW - n * 30 * DAY)}
        lifts = (mine,) if n % 4 == 0 else ()
        stands.append(
            inner(f"{PROVIDERS[n % 4]}U{n % 3}", PROVIDERS[n % 4], lifts=lifts, excluded=frozenset({"lak"}), **closes)
            if n % 2
            else outer(PROVIDERS[n % 4], lifts=lifts, **closes)
        )
    stands += [consent(id=f"c{n}", period=Period(NOW - DAY, NOW + n), **here) for n in range(-5, 5)]
    stands += [relation(id=f"r{n}", period=Period(NOW - DAY, NOW + n), **here) for n in range(-5, 5)]
    return facts(*stands, providers=tuple(provider(each, outer_lift_by_others=True) for each in PROVIDERS))


def in_emergency(blocks: int) -> CareFacts:
    standing = swedish(blocks)
    by = asked(1).actor
    known = (emergency(actor=by),)
    return CareFacts(standing.patient, standing.blocks, emergencies=known, providers=standing.providers)


def turkish(blocks: int) -> CareFacts:
    standing = swedish(blocks)
    doctor = asked(1).actor.employee
    tr = TurkishFacts(
        appointments=(Appointment("a", doctor, date(2026, 9, 20), (LinkedProcess("p", NOW - DAY),)),),
        visits=(Visit("v", PROVIDERS[0], NOW - HOUR),),
        stays=(Stay("s", PROVIDERS[0], NOW - DAY),),
        restrictions=(Restriction("vko", frozenset({"PS"})),),
    )
    providers = {each: provider(each, rules="tr") for each in PROVIDERS}
    return CareFacts(standing.patient, standing.blocks, providers=providers, more={"tr": tr})


def deciding(rules: str, known: CareFacts) -> Callable[[], Any]:
    whole, chosen = asked(), SETS[rules]
    return lambda: decide(whole, known, chosen, NOW)


def whole_service(settings: Settings, blocks: int) -> tuple[Storage, Callable[[], Any]]:
    """The decision service over a store of its own: half of the patient's blocks are of the asker's own unit."""
    create_storage(settings, NOW)
    storage = open_storage(settings, clock=lambda: NOW)
    storage.commit(Effects((KeepPerson("p1", (PersonKey(*patient_key(values.PATIENT)),)),)))
    on, who, entered = CareServices(storage, values.register()), values.client(), values.entered()
    for n in range(blocks):
        unit, old = (values.UNIT, values.OTHER_UNIT)[n % 2], Period(None, NOW - n * 30 * DAY)
        wish = BlockWish(values.new_id(), BlockType.INNER, values.PATIENT, values.PROVIDER, unit, old, entered=entered)
        carried_out(lambda wish=wish: blocks_.register(wish, who, on, NOW), storage)
    wish = RelationWish(values.new_id(), values.PATIENT, values.PROVIDER, values.OTHER_UNIT, entered=entered)
    carried_out(lambda: relations.register(wish, who, on, NOW), storage)
    rows = tuple(values.resource(str(n), (values.UNIT, values.OTHER_UNIT)[n % 2]) for n in range(RESOURCES))
    asked_ = AccessQuestion(values.actor(unit=values.OTHER_UNIT), values.PATIENT, rows)
    return storage, lambda: decisions.answered(asked_, who, on, NOW)


def whole_service_of_facts(settings: Settings, visits: int) -> tuple[Storage, Callable[[], Any]]:
    """As `whole_service`, for a physician of a provider whose rules read facts: the patient has come in so often."""
    create_storage(settings, NOW)
    storage = open_storage(settings, clock=lambda: NOW)
    storage.commit(Effects((KeepPerson("p1", (PersonKey(*patient_key(values.PATIENT)),)),)))
    register = CareRegister({values.PROVIDER: values.provider(rules="tr")})
    on, who, entered = CareServices(storage, register), values.client(), values.entered()
    for _ in range(visits):
        says = {"place": values.PROVIDER}
        wish = FactWish(values.new_id(), "visit", values.PROVIDER, says, values.PATIENT, entered=entered)
        carried_out(lambda wish=wish: access_facts.register(wish, who, on, NOW), storage)
    rows = tuple(values.resource(str(n)) for n in range(RESOURCES))
    physician = values.actor(employee=values.DOCTOR, licences=("LK",))
    asked_ = AccessQuestion(physician, values.PATIENT, rows)
    assert all(ruling.access is Access.PERMITTED for ruling in decisions.answered(asked_, who, on, NOW))
    return storage, lambda: decisions.answered(asked_, who, on, NOW)


def rate(work: Callable[[], Any], seconds: float) -> float:
    """Calls per CPU-second of this process, after a tenth of that time to warm up."""
    for budget in (seconds / 10, seconds):
        calls, start = 0, time.process_time()
        while (spent := time.process_time() - start) < budget:
            for _ in range(20):
                work()
            calls += 20
    return round(calls / spent, 1)


def recorded(
    kind: str, many: int, seconds: float, service: Callable[[Settings, int], tuple[Storage, Callable[[], Any]]]
) -> float:
    """The rate of whole answers, on that database."""
    with tempfile.TemporaryDirectory() as folder, postgres(kind) as server:
        settings = settings_at(Path(folder) / "broker", url_of(server))
        storage, work = service(settings, many)
        found = rate(work, seconds)
        storage.close()
    return found


def figures(kind: str, seconds: float) -> dict[str, float]:
    """All rows."""
    whole, check = asked(), swedish(10).blocks
    cases = {
        "Swedish rules, no blocks": deciding("se", swedish(0)),
        "Swedish rules, 10 blocks": deciding("se", swedish(10)),
        "Swedish rules, 50 blocks": deciding("se", swedish(50)),
        "Swedish rules, 10 blocks, emergency": deciding("se", in_emergency(10)),
        "Turkish rules, 10 blocks": deciding("tr", turkish(10)),
        "CheckBlocks alone, 50 rows, 10 blocks": lambda: evaluate(whole.actor, whole.resources, check, NOW),
    }
    told = {name: rate(work, seconds) for name, work in cases.items()}
    return {
        **told,
        "Swedish rules, 10 blocks, recorded": recorded(kind, 10, seconds, whole_service),
        "Turkish rules, 20 visits, recorded": recorded(kind, 20, seconds, whole_service_of_facts),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    json.dump(figures(given.database, given.seconds), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
