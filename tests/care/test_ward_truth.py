"""Block × lift × consent × relation × emergency × unit × provider: the page says what the decision service says (ui.md 7)."""

import itertools
import re
from uuid import uuid4

import pytest

from broker.care import block_lifts, blocks, consents, decisions, emergencies, relations
from broker.care.acts import ActWish
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, Done, carried_out, services_of
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.relations import RelationWish
from broker.web.console import care_patient
from broker.web.pages.texts import texts
from tests.support.console import Console
from tests.support.ward import CLINIC, DOCTOR, FAR, FAR_UNIT, NURSE, PROVIDER, UNITS, WARD, AtWork, shown, wards
from tests.support.world import MEMBER
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import CareActor, Resource, Staff
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier
from trust_framework.rules import SETS

pytest_plugins = ["tests.support.worlds"]

HOUR = 3600
OVER = ActWish(reason="The row is over")
ANNA = Identifier("1.2.752.129.2.1.3.1", "191212121212")
SYSTEM = Caller(CallerKind.SYSTEM, staff=Staff(NURSE))
ACTORS = {
    "carl": CareActor(NURSE, WARD, PROVIDER, commission=f"SE{MEMBER}-C1"),
    "eva": CareActor(DOCTOR, FAR_UNIT, FAR, commission="SE2120000142-C5"),
}
PLACES = {CLINIC: PROVIDER, WARD: PROVIDER, FAR_UNIT: FAR}
BLOCKED = ("nothing", "inner", "outer", "lifted")
"""Of what the clinic has recorded."""

CASES = list(itertools.product(ACTORS, BLOCKED, (False, True), (False, True), (False, True)))


@pytest.fixture(scope="module")
def console(lasting_worlds) -> Console:
    """Other providers' blocks may be lifted and opened, so that all of the table is reached."""
    return wards(lasting_worlds, outer_lift_by_others="true")


@pytest.fixture(scope="module")
def at_work(console: Console) -> dict[str, AtWork]:
    return {name: AtWork.of(console, name) for name in ACTORS}


class Scene:
    """What stands about the patient for one row of the table; all of it ends with the row."""

    def __init__(self, console: Console, actor: CareActor) -> None:
        self.world, self.actor = console.world, actor
        self.on = services_of(console.world.app.on.services)
        self._ends: list = []

    def do(self, call, end=None) -> Done:
        done = carried_out(call, self.on.store)
        if end:
            self._ends.append(lambda: end(done.result.id, OVER, SYSTEM, self.on, self.world.clock.now))
        return done

    @property
    def now(self) -> int:
        return self.world.clock.now

    def set(self, blocked: str, *, consent: bool, relation: bool, emergency: bool) -> None:
        own = (ANNA, self.actor.provider, self.actor.unit)
        if blocked != "nothing":
            type_, unit = (BlockType.OUTER, "") if blocked == "outer" else (BlockType.INNER, CLINIC)
            wish = BlockWish(str(uuid4()), type_, ANNA, PROVIDER, unit)
            block = self.do(lambda: blocks.register(wish, SYSTEM, self.on, self.now), blocks.revoke).result
            if blocked == "lifted":
                lift = LiftWish(str(uuid4()), block.id, self.now + HOUR, self.actor.unit, LiftReason.PATIENTS_CONSENT)
                self.do(lambda: block_lifts.lift(lift, SYSTEM, self.on, self.now))
        if consent:
            given = ConsentWish(str(uuid4()), ConsentType.CONSENT, *own)
            self.do(lambda: consents.register(given, SYSTEM, self.on, self.now), consents.cancel)
        if relation:
            related = RelationWish(str(uuid4()), *own)
            self.do(lambda: relations.register(related, SYSTEM, self.on, self.now), relations.cancel)
        if emergency:
            opening = EmergencyWish(ANNA, "Medvetslös", actor=self.actor)
            begun = self.do(lambda: emergencies.begin(opening, SYSTEM, self.on, self.now)).result
            self._ends.append(lambda: emergencies.end(begun.id, SYSTEM, self.on, self.now))

    def clear(self) -> None:
        self.world.clock.now += 1
        for end in self._ends:
            carried_out(end, self.on.store)

    def decided(self) -> dict[str, str]:
        """What the service says of each unit."""
        resources = tuple(Resource(unit, provider, unit) for unit, provider in PLACES.items())
        question = AccessQuestion(self.actor, ANNA, resources)
        return {one.resource: one.access.value for one in decisions.answered(question, SYSTEM, self.on, self.now)}


def told(answer) -> set[tuple[str, str, int]]:
    """The table of the page: place, answer, how many units."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td[^>]*>(.*?)</td>', answer.text, re.DOTALL)
    found = set()
    for place, said in rows:
        words, _, count = place.partition(' <span class="note">')
        plain = re.sub(r"<[^>]+>", "", said).strip()
        found.add((words.strip(), plain, int(re.match(r"\d+", count)[0])))
    return found


def expected(actor: CareActor, decided: dict[str, str]) -> set[tuple[str, str, int]]:
    """The same out of the service's answers, by place."""
    names = {"mine": {WARD: "Akuten", FAR_UNIT: "Närvården"}[actor.unit]}
    names |= {"ours": {PROVIDER: "Region Exempel", FAR: "Exempelkommunens vård"}[actor.provider]}
    names |= {"theirs": "Andra vårdgivare"}
    counted: dict[tuple[str, str], int] = {}
    for unit, provider in PLACES.items():
        place = "theirs" if provider != actor.provider else "mine" if unit == actor.unit else "ours"
        key = names[place], texts("sv").get(f"care.access.{decided[unit]}")
        counted[key] = counted.get(key, 0) + 1
    return {(place, str(said), count) for (place, said), count in counted.items()}


@pytest.mark.spec("CB", "04")
@pytest.mark.parametrize(("name", "blocked", "consent", "relation", "emergency"), CASES)
def test_the_page_says_what_the_decision_service_says(
    console: Console, at_work: dict[str, AtWork], name, blocked, consent, relation, emergency
):
    scene, somebody = Scene(console, ACTORS[name]), at_work[name]
    scene.set(blocked, consent=consent, relation=relation, emergency=emergency)
    try:
        page = somebody.page()
        answer = somebody.press(page, "/svar", type="")
        decided = scene.decided()

        assert told(answer) == expected(ACTORS[name], decided), shown(answer)
        binds = blocked == "inner" or (blocked == "outer" and name == "eva")
        assert ("Det finns spärrade uppgifter" in shown(page)) is binds
        assert ("Patientens samtycke finns" in shown(page)) is consent
        assert ("En patientrelation finns" in shown(page)) is relation
        assert ("Nödåtkomst pågår" in shown(page)) is emergency
        if binds and not emergency:
            assert decided[CLINIC] != "permitted"
            assert "Medicinmottagningen" not in shown(answer)
    finally:
        scene.clear()


def test_every_unit_is_asked_about_and_the_page_says_when_some_are_not(
    console: Console, at_work: dict[str, AtWork], monkeypatch
):
    """More units than one question holds are several questions, in one commit; more than those hold are left out, and said so."""
    somebody = at_work["carl"]
    whole = told(somebody.press(somebody.page(), "/svar", type=""))
    before = len(console.world.events("care.decided"))
    monkeypatch.setattr(decisions, "MOST_RESOURCES", 1)
    answer = somebody.press(somebody.page(), "/svar", type="")
    assert told(answer) == whole
    assert "inte med i svaret" not in answer.text
    assert len(console.world.events("care.decided")) == before + len(UNITS)
    monkeypatch.setattr(care_patient, "BATCHES", len(UNITS) - 1)
    short = somebody.press(somebody.page(), "/svar", type="")
    assert "1 enhet är inte med i svaret" in shown(short)
    assert sum(count for _, _, count in told(short)) == len(UNITS) - 1


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_answer_and_every_ground_of_every_rule_set_has_its_words(language):
    codes = [f"care.ground.{rule.code}" for rules in SETS.values() for rule in rules.rules]
    codes += [f"care.access.{access.value}" for access in Access]
    codes += ["care.ground.not-permitted", "care.ground.service-unavailable"]

    assert [code for code in codes if str(texts(language).get(code)) == code] == []
