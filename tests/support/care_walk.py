"""A walk through care's registers: random acts through the services, and a plain account of what each should mean.

The account knows only what was accepted and when it ends; it shares no condition with the code that decides.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from broker.care import block_lifts, blocks, consents, emergencies, relations
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, CareRefused
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.relations import RelationWish
from tests.support import care_values as a
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import CareActor, Period, Resource
from trust_framework.care_access import Access
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier

HOUR = 3600
EVER = 10**11
HOME = {a.UNIT: a.PROVIDER, a.OTHER_UNIT: a.PROVIDER, a.FAR_UNIT: a.OTHER_PROVIDER}
COMMISSION = "SE2321000016-A1"
ACTORS = (
    CareActor(a.NURSE, a.OTHER_UNIT, a.PROVIDER, commission=COMMISSION),
    CareActor(a.DOCTOR, a.UNIT, a.PROVIDER, commission=COMMISSION),
    CareActor(a.FAR_DOCTOR, a.FAR_UNIT, a.OTHER_PROVIDER, commission=COMMISSION),
)
AGES = (0, 10, 400)
"""How many days before the walk something was recorded."""
TYPES = ("", "lak", "upp")


@dataclass
class Entry:
    """What was accepted: all that was wished, and from when until when it holds."""

    kind: str
    said: dict[str, Any]
    start: int = -EVER
    until: int = EVER
    """The first instant at which it no longer holds."""


@dataclass
class Walk:
    """The acts on one patient, and what they come to."""

    care: Any
    patient: Identifier
    person: str
    chance: Random
    switches: dict[str, bool]
    entries: dict[str, Entry] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    # --- acts

    def step(self) -> None:
        """One act, or time that passes."""
        acts = (
            self._block, self._block, self._end_block, self._lift, self._lift, self._cancel_lift, self._consent,
            self._end_consent, self._relation, self._relation, self._end_relation, self._emergency, self._end_emergency,
            self._wait, self._wait,
        )  # fmt: skip
        self.chance.choice(acts)()

    def _call(self, function: Any, *arguments: Any) -> bool:
        """Whether it was accepted."""
        try:
            self.care(function, *arguments)
        except CareRefused as refused:
            self.done.append(f"{function.__qualname__} {arguments}: {refused}")
            return False
        self.done.append(f"{function.__qualname__} {arguments}")
        return True

    def _of(self, kind: str) -> str | None:
        return self.chance.choice([id_ for id_, each in self.entries.items() if each.kind == kind] or [None])

    def _system(self, provider: str) -> Caller:
        return Caller(CallerKind.CLIENT, client="journal", providers=frozenset({provider}))

    def _block(self) -> None:
        unit, inner, id_ = self.chance.choice(list(HOME)), self.chance.random() < 0.6, a.new_id()
        excluded = frozenset(self.chance.sample(["lak", "upp"], self.chance.choice([0, 0, 1])))
        dates = self.chance.choice(
            [Period(), Period(None, self.care.now - 5 * a.DAY), Period(self.care.now - 50 * a.DAY)]
        )
        kind = BlockType.INNER if inner else BlockType.OUTER
        said = {"provider": HOME[unit], "unit": unit if inner else "", "excluded": excluded, "information": dates}
        wish = BlockWish(id_, kind, self.patient, entered=a.entered(), **said)
        who = a.patient(self.person) if self.chance.random() < 0.3 else self._system(HOME[unit])
        if self._call(blocks.register, wish, who):
            self.entries[id_] = Entry("block", said)

    def _end_block(self) -> None:
        if id_ := self._of("block"):
            end = self.chance.choice([blocks.revoke, blocks.delete])
            if self._call(end, id_, a.entered(), self._system(self.entries[id_].said["provider"])):
                self.entries[id_].until = -EVER

    def _lift(self) -> None:
        block, id_, unit = self._of("block"), a.new_id(), self.chance.choice(list(HOME))
        if block is None:
            return
        reason = self.chance.choice(list(LiftReason))
        until = self.care.now + self.chance.choice([1, HOUR, 24 * HOUR, 24 * HOUR + 1, 7 * a.DAY, 7 * a.DAY + 1])
        employee = self.chance.choice(["", *(actor.employee for actor in ACTORS)])
        wish = LiftWish(id_, block, until, unit, reason, employee, a.entered(reason="Behövs"))
        longest = 24 * HOUR if reason is LiftReason.EMERGENCY else 7 * a.DAY
        owner = self.entries[block].said["provider"]
        by = self.chance.choice([owner, HOME[unit]])
        may = by == owner or self.switches["outer_lift_by_others"]
        stands = self.entries[block].until > self.care.now
        let = self._call(block_lifts.lift, wish, self._system(by))
        assert let is (may and stands and until - self.care.now <= longest), self.done[-1]
        if let:
            self.entries[id_] = Entry("lift", {"block": block, "unit": unit, "employee": employee}, until=until)

    def _cancel_lift(self) -> None:
        if id_ := self._of("lift"):
            lifted = self.entries[id_].said
            by = self.chance.choice([HOME[lifted["unit"]], self.entries[lifted["block"]].said["provider"]])
            if self._call(block_lifts.cancel, id_, a.entered(), self._system(by)):
                self.entries[id_].until = -EVER

    def _said(self) -> dict[str, Any]:
        unit = self.chance.choice(list(HOME))
        employee = self.chance.choice(["", *(actor.employee for actor in ACTORS)])
        return {"provider": HOME[unit], "unit": unit, "employee": employee}

    def _period(self) -> Period:
        end = self.chance.choice([None, self.care.now, self.care.now + HOUR, self.care.now + 30 * a.DAY])
        return Period(self.chance.choice([None, self.care.now - HOUR, self.care.now + HOUR]), end)

    def _entered(self, kind: str, id_: str, said: dict[str, Any], period: Period) -> None:
        start = self.care.now if period.start is None else period.start
        self.entries[id_] = Entry(kind, said, start, EVER if period.end is None else period.end + 1)

    def _consent(self) -> None:
        id_, said, period = a.new_id(), self._said(), self._period()
        wish = ConsentWish(id_, ConsentType.CONSENT, self.patient, period=period, entered=a.entered(), **said)
        if self._call(consents.register, wish, self._system(said["provider"])):
            self._entered("consent", id_, said, period)

    def _end_consent(self) -> None:
        if id_ := self._of("consent"):
            entry, who = self.entries[id_], self._system(self.entries[id_].said["provider"])
            end = self.care.now + self.chance.choice([0, 10, HOUR])
            way = self.chance.choice(["cancel", "delete", "patient"])
            if way == "delete":
                ended = self._call(consents.delete, id_, a.entered(), who)
            elif way == "cancel":
                ended = self._call(lambda *rest: consents.cancel(id_, a.entered(), who, *rest))
            else:
                ended = self._ended_by_patient(id_, end)
                if ended and end > self.care.now:
                    entry.until = min(entry.until, end + 1)
                    return
            if ended:
                entry.until = -EVER

    def _ended_by_patient(self, id_: str, end: int) -> bool:
        def call(on: Any, now: int) -> Any:
            wish = consents.PatientsEnd(id_, self.patient, end)
            return consents.end_by_patient(wish, a.patient(self.person), on, now)

        return self._call(call)

    def _relation(self) -> None:
        id_, said, period = a.new_id(), self._said(), self._period()
        wish = RelationWish(id_, self.patient, period=period, entered=a.entered(), **said)
        if self._call(relations.register, wish, self._system(said["provider"])):
            self._entered("relation", id_, said, period)

    def _end_relation(self) -> None:
        if id_ := self._of("relation"):
            end = self.chance.choice([relations.cancel, relations.delete])
            if self._call(end, id_, a.entered(), self._system(self.entries[id_].said["provider"])):
                self.entries[id_].until = -EVER

    def _emergency(self) -> None:
        actor, id_ = self.chance.choice(ACTORS), a.new_id()
        until = self.care.now + self.chance.choice([1, HOUR, 24 * HOUR])
        wish = EmergencyWish(self.patient, "Medvetslös", id_, actor, until)
        if self._call(emergencies.begin, wish, self._system(actor.provider)):
            self.entries[id_] = Entry("emergency", {"actor": actor}, self.care.now, until)

    def _end_emergency(self) -> None:
        if id_ := self._of("emergency"):
            ended = self._call(emergencies.end, id_, self._system(self.entries[id_].said["actor"].provider))
            self.entries[id_].until = -EVER if ended else self.entries[id_].until

    def _wait(self) -> None:
        """Some time, or until just before, at or after the instant at which something begins or ends."""
        edges = [at for entry in self.entries.values() for at in (entry.start, entry.until) if at > self.care.now]
        edge = self.chance.choice(edges) if edges else self.care.now + 60
        near = min(edge + self.chance.choice([-1, 0, 1]), self.care.now + 40 * a.DAY)
        self.care.now = max(self.care.now, near)
        self.done.append(f"now {self.care.now}")

    # --- what it comes to

    def _holding(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        now = self.care.now
        return [(id_, e.said) for id_, e in self.entries.items() if e.kind == kind and e.start <= now < e.until]

    def _mine(self, kind: str, actor: CareActor) -> bool:
        return any(
            (said["provider"], said["unit"]) == (actor.provider, actor.unit)
            and said["employee"] in {"", actor.employee}
            for _, said in self._holding(kind)
        )

    def emergency(self, actor: CareActor) -> bool:
        """Whether the actor has opened the patient's information in an emergency."""
        return any(said["actor"] == actor for _, said in self._holding("emergency"))

    def closing(self, actor: CareActor, resource: Resource) -> list[str]:
        """The blocks that close the resource to the actor, lifts seen and emergencies not."""
        lifted = {
            said["block"]
            for _, said in self._holding("lift")
            if said["unit"] == actor.unit and said["employee"] in {"", actor.employee}
        }
        found = []
        for id_, said in self._holding("block"):
            inner = bool(said["unit"])
            there = resource.unit == said["unit"] if inner else resource.provider == said["provider"]
            stranger = actor.unit != said["unit"] if inner else actor.provider != said["provider"]
            at, dates = resource.recorded.start or 0, said["information"]
            then = (dates.start is None or dates.start <= at) and (dates.end is None or at <= dates.end)
            if there and stranger and then and resource.type not in said["excluded"] and id_ not in lifted:
                found.append(id_)
        return found

    def expected(self, actor: CareActor, resource: Resource) -> Access:
        """What the patient data law says of one resource, in its plainest words."""
        foreign, emergency = resource.provider != actor.provider, self.emergency(actor)
        opens = emergency and (not foreign or self.switches["outer_lift_by_others"])
        if self.closing(actor, resource) and not opens:
            return Access.BLOCKED
        if emergency:
            return Access.PERMITTED
        if foreign and not self._mine("consent", actor):
            return Access.NEEDS_CONSENT
        asked = foreign or self.switches["relation_needed"]
        return Access.NEEDS_RELATION if asked and not self._mine("relation", actor) else Access.PERMITTED

    def resources(self) -> tuple[Resource, ...]:
        """Something of every unit, of some age and type."""
        made = []
        for number, unit in enumerate(HOME):
            at = self.care.now - self.chance.choice(AGES) * a.DAY
            made.append(Resource(str(number), HOME[unit], unit, Period(at, at), self.chance.choice(TYPES)))
        return tuple(made)
