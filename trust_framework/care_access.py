"""The access decision of care: may this person, in this commission, for this purpose, see these resources of this patient?

One pure function over facts: `trust_framework.rules` holds the rules of each jurisdiction as rows. Every rule sees every
resource; what closes beats what permits, the worst that closes is the answer, and what nothing permits is refused. So the
order of the rules decides nothing but the order of the grounds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from trust_framework.access_facts import AccessFact, FactKind, Place, Reach, counting
from trust_framework.blocks import Block
from trust_framework.care import CareActor, CareProvider, Patient, Resource, Switches
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier
from trust_framework.representation import AgeRules, Representation


class Access(StrEnum):
    """What a decision says of one resource."""

    PERMITTED = "permitted"
    BLOCKED = "blocked"
    NEEDS_CONSENT = "needs-consent"
    NEEDS_RELATION = "needs-relation"
    NEEDS_EMERGENCY = "needs-emergency"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason: the rule's id, what it says (a code of the texts), the place in the law, what it was about (an id)."""

    rule: str
    code: str
    source: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer about one resource, with every reason that made it.

    `hidden`: whoever asks may not even learn that there is such information. The log keeps the ruling; no answer, list or count
    has it (`seen`).
    """

    resource: str
    access: Access
    grounds: tuple[Ground, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class AccessQuestion:
    """Who asks, about whom, what. `through` is the care provider at which a private person asks, who has none of their own;
    `unable_to_consent`: the patient cannot be asked, so that nothing but an emergency can open what is closed.
    """

    actor: CareActor
    patient: Identifier
    resources: tuple[Resource, ...]
    through: str = ""
    unable_to_consent: bool = False

    @property
    def at(self) -> str:
        """The care provider at which it is asked."""
        return self.actor.provider or self.through


@dataclass(frozen=True, slots=True)
class CareFacts:
    """What stands when the question is asked: all of this patient and of nobody else, which is the asker's care.

    `providers`: every provider that the actor, a resource or a block names, by HSA-id; one that is not there has the strictest
    switches. `more` are facts that one rule set alone knows: under the set's id, one value of the type that it says.
    `representations` are what a private person who asks holds or has given, `ages` what that is held to.
    """

    patient: Patient
    blocks: tuple[Block, ...] = ()
    consents: tuple[CareConsent, ...] = ()
    relations: tuple[CareRelation, ...] = ()
    emergencies: tuple[EmergencyAccess, ...] = ()
    providers: Mapping[str, CareProvider] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    representations: tuple[Representation, ...] = ()
    ages: AgeRules = field(default_factory=AgeRules)

    def switches(self, provider: str) -> Switches:
        """What a provider has decided for itself."""
        known = self.providers.get(provider)
        return known.switches if known else _STRICTEST


_STRICTEST: Final = Switches(staff_names_shown=False, guardians_read=False, patient_blocks_directly=False)
SEVERITY: Final = (
    Access.PERMITTED,
    Access.NEEDS_RELATION,
    Access.NEEDS_CONSENT,
    Access.NEEDS_EMERGENCY,
    Access.BLOCKED,
    Access.REFUSED,
)
"""From what opens to what closes most."""
_RANK: Final = {access: rank for rank, access in enumerate(SEVERITY)}
NOTHING: Final[tuple[str, ...]] = ()
"""What a predicate says when its rule is not about this resource."""
HOLDS: Final = ("",)
"""What a predicate says when its rule holds, about nothing that has an id."""


class Asking:
    """A question at a time. Each rule set has its own kind, which works out once what its rules need of all resources."""

    def __init__(self, question: AccessQuestion, facts: CareFacts, now: int) -> None:
        self.actor, self.patient, self.facts, self.now = question.actor, question.patient, facts, now
        self.grounds: dict[tuple[str, str], Ground] = {}


A = TypeVar("A", bound=Asking)
T = TypeVar("T")


class Asker(StrEnum):
    """Whom a rule is about: an employee, a private person or nobody, or whoever asks."""

    ANYBODY = "anybody"
    STAFF = "staff"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class CareRule(Generic[A]):
    """A rule as a row: what follows where it holds, the code of its text, its place in the law.

    `access` None: it neither opens nor closes, and only says something. `predicate` gives what it holds about: an id each,
    `HOLDS` where there is none, `NOTHING` where the rule does not hold. `hides`: as `Ruling.hidden`. `asker`: it is looked at
    for them alone.
    """

    id: str
    access: Access | None
    code: str
    source: str
    predicate: Callable[[A, Resource], tuple[str, ...]]
    hides: bool = False
    asker: Asker = Asker.ANYBODY


@dataclass(frozen=True, slots=True)
class RuleSet(Generic[A]):
    """The rules of a jurisdiction. `asking` is its kind of question; `names` by language.

    `kinds` are the facts that it reads beside those that every set knows, and `gather` makes of those that count, by kind, the
    one value that its rules read in `CareFacts.more`. A set without any has neither. `relations`: whether it asks for patient
    relations, so that log review looks for them. `kept_until`: from when on what is kept of a patient may be erased, by the facts
    about them and whether the register has them as deceased.
    """

    id: str
    names: Mapping[str, str]
    rules: tuple[CareRule[A], ...]
    asking: Callable[[AccessQuestion, CareFacts, int], A]
    kinds: tuple[FactKind, ...] = ()
    gather: Callable[[Mapping[str, Sequence[AccessFact]], int], object] | None = None
    relations: bool = True
    kept_until: Callable[[Sequence[AccessFact], bool], int] | None = None

    def kind(self, id: str) -> FactKind | None:
        """A kind of fact that the set names."""
        return next((kind for kind in self.kinds if kind.id == id), None)

    @property
    def beyond(self) -> frozenset[str]:
        """The kinds of a provider's own facts that may count at other providers, too."""
        return frozenset(kind.id for kind in self.kinds if not kind.of_patient and kind.reach is not Reach.INSIDE)

    def more(self, kept: Iterable[AccessFact], at: Place, now: int) -> Mapping[str, object]:
        """What the set's rules read of facts that were kept, for who asks at a care provider: `CareFacts.more`."""
        if self.gather is None:
            return {}
        own = (fact for fact in kept if fact.rules == self.id)
        return {self.id: self.gather(counting(own, {kind.id: kind for kind in self.kinds}, at), now)}


def more(facts: CareFacts, key: str, default: T) -> T:
    """What one rule set alone knows, or that nothing is known. Raises TypeError for a value of another set."""
    value = facts.more.get(key, default)
    if not isinstance(value, type(default)):
        raise TypeError(f"{key}: {type(value).__name__} is no {type(default).__name__}")
    return value


def decide(question: AccessQuestion, facts: CareFacts, rules: RuleSet[A], now: int) -> tuple[Ruling, ...]:
    """A ruling for each resource, in the question's order, at `now` (epoch seconds)."""
    asking = rules.asking(question, facts, now)
    other = Asker.PRIVATE if question.actor.employee else Asker.STAFF
    concerned = tuple(rule for rule in rules.rules if rule.asker is not other)
    return tuple(_ruling(asking, resource, concerned) for resource in question.resources)


def seen(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """What whoever asked may be told of: all but what is hidden from them."""
    return tuple(ruling for ruling in rulings if not ruling.hidden)


def _ruling(asking: A, resource: Resource, rules: tuple[CareRule[A], ...]) -> Ruling:
    found = [(rule, abouts) for rule in rules if (abouts := rule.predicate(asking, resource))]
    worst, hides = -1, False
    for rule, _ in found:
        worst = worst if rule.access is None else max(worst, _RANK[rule.access])
        hides = hides or rule.hides
    if hides:
        hiding = [(rule, abouts) for rule, abouts in found if rule.hides]
        return Ruling(resource.id, Access.REFUSED, _grounds(hiding, asking), hidden=True)
    if worst < 0:
        return Ruling(resource.id, Access.REFUSED, (*_grounds(found, asking), _UNPERMITTED))
    if worst > 0:
        found = [(rule, abouts) for rule, abouts in found if rule.access is not Access.PERMITTED]
    return Ruling(resource.id, SEVERITY[worst], _grounds(found, asking))


_UNPERMITTED: Final = Ground("default", "not-permitted")


def _grounds(found: Iterable[tuple[CareRule[A], tuple[str, ...]]], asking: A) -> tuple[Ground, ...]:
    """A ground for each thing that a rule is about. Most are the same for many resources: each is made once a question."""
    told = []
    for rule, abouts in found:
        for about in abouts:
            ground = asking.grounds.get((rule.id, about))
            if ground is None:
                ground = asking.grounds[rule.id, about] = Ground(rule.id, rule.code, rule.source, about)
            told.append(ground)
    return tuple(told)
