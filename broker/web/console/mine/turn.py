"""Whom a page of My page is about, and what may be done there: the person themselves, or somebody whom they act for.

What is another's, what care is closed for, and a representation that does not hold are all as missing as what never was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from broker.care import concealed
from broker.care.calling import Caller, CallerKind, CareServices, services_of
from broker.exchange import Reply
from broker.login import own as own_pages
from broker.login.facts import mandates
from broker.login.handles import new_reference
from broker.web.console.frame import Tab
from broker.web.console.mine.pages import AboutView, TooYoung
from broker.web.console.row import MINE
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Page
from broker.web.ports import ConsoleStore
from trust_framework import loa
from trust_framework.care import PATIENT_KINDS
from trust_framework.identifiers import Identifier
from trust_framework.identity import Attributes
from trust_framework.on_behalf import Mandate
from trust_framework.representation import (
    AgeRules,
    Deed,
    Kind,
    Representation,
    Why,
    age,
    born,
    described,
    name_of,
    own_deeds,
    own_standing,
    standing,
)

CARE_RANK: Final = 3
"""The level that opens what care holds (all access to it asks for strong authentication)."""

TABS: Final = (
    ("own-start", ""),
    ("own-logins", "/inloggningar"),
    ("own-consents", "/samtycken"),
    ("own-blocks", "/sparrar"),
    ("own-access", "/atkomst"),
    ("own-representatives", "/ombud"),
    ("own-settings", "/installningar"),
)
OF_CARE: Final = {
    "own-start": "",
    "own-consents": "/samtycken/vard",
    "own-blocks": "/sparrar",
    "own-access": "/atkomst",
}
"""The parts that there are of somebody else: what care holds, and nothing besides."""

_NUMBER: Final = "personalIdentityNumber"


@dataclass(frozen=True, slots=True)
class Hidden:
    """The care providers of which nothing is shown; `all` of them, known or not, while a court's order holds."""

    some: frozenset[str] = frozenset()
    all: bool = False

    def __contains__(self, provider: str) -> bool:
        return self.all or provider in self.some

    def __bool__(self) -> bool:
        return self.all or bool(self.some)


@dataclass(frozen=True, slots=True)
class OwnTurn:
    """A turn of My page. `person` is whom it is about; `deeds` what may be done with what care holds of them, `why` the reason
    when that is nothing; `representation` by what one acts for another; `concealed` whether a court hides from them what there
    is.
    """

    turn: ConsoleTurn
    person: str
    attributes: Attributes = field(default_factory=dict, repr=False)
    deeds: frozenset[Deed] = frozenset()
    why: Why = Why.HOLDS
    representation: Representation | None = None
    concealed: bool = False

    @property
    def now(self) -> int:
        return self.turn.now

    @property
    def store(self) -> ConsoleStore:
        return self.turn.store

    @property
    def language(self) -> str:
        return self.turn.frame.language

    @property
    def care(self) -> CareServices:
        """What calls to care's registers work with."""
        return services_of(self.turn.on.services)

    def at(self, part: str = "") -> str:
        """A path of this person's pages."""
        return f"{MINE}/for/{self.representation.id}{part}" if self.representation else f"{MINE}{part}"

    def may(self, deed: Deed) -> bool:
        return deed in self.deeds

    def require(self, deed: Deed) -> None:
        """Raises Missing."""
        if deed not in self.deeds:
            raise Missing

    @property
    def caller(self) -> Caller:
        """The patient as care's registers know who calls; who acts for them is named as the one who did it."""
        by = self.representation.representative if self.representation else ""
        return Caller(CallerKind.PATIENT, person=self.person, reference=new_reference(), representative=by)

    @property
    def by(self) -> str:
        """Who reads and acts."""
        return self.turn.actor.person

    @property
    def hidden(self) -> Hidden:
        """Care providers of which nothing is shown: to a guardian, those that let no guardian read."""
        if self.representation is None or self.representation.kind is not Kind.GUARDIAN:
            return Hidden(all=self.concealed)
        known = self.care.register.providers
        return Hidden(frozenset(id_ for id_, one in known.items() if not one.switches.guardians_read), self.concealed)

    @property
    def number(self) -> Identifier | None:
        """The patient's number, typed; None when nothing tells it."""
        value = next(iter(self.attributes.get(_NUMBER, ())), "")
        return next((Identifier(kind.oid, value) for kind in PATIENT_KINDS if kind.valid(value)), None)

    @property
    def name(self) -> str:
        """What the person is called."""
        return name_of(self.attributes)

    def about(self) -> AboutView | None:
        """What pages say of whom they are about, when it is somebody else."""
        if self.representation is None:
            return None
        years = age(born(self.attributes), self.now)
        return AboutView(self.name, self.representation.kind.value, years, f"{MINE}/vem")

    def render(self, page: Page, tab: str) -> Reply:
        """The page, with this person's tabs around it."""
        shown = (Tab(name, url, name == tab) for name, url in self.parts())
        return self.turn.showing(tabs=tuple(shown)).render(page)

    def parts(self) -> Iterator[tuple[str, str]]:
        """The parts of My page that there are of this person, with their addresses."""
        if self.representation is None:
            yield from ((name, self.at(part)) for name, part in TABS)
        else:
            yield from ((name, self.at(OF_CARE[name])) for name, _ in TABS if name in OF_CARE)


def own(turn: ConsoleTurn, about: str = "") -> OwnTurn:
    """Whom the turn is about: who is signed on, or whom the representation `about` is for. Raises Missing."""
    if about:
        return _for_another(turn, about)
    person = turn.actor.person
    attributes = _own_attributes(turn)
    given, rules = turn.store.representations_of(person), age_rules(turn)
    of = described(turn.store.person(person), person, attributes)
    why, deeds = own_standing(of, given, rules, turn.now), own_deeds(of, given, rules, turn.now)
    return OwnTurn(turn, person, attributes, deeds, why)


def _for_another(turn: ConsoleTurn, about: str) -> OwnTurn:
    held = turn.found(next((one for one in held_now(turn) if one.id == about), None))
    one = held.representation
    mine = OwnTurn(turn, one.person, held.attributes, one.lets, Why.HOLDS, one)
    return replace(mine, concealed=concealed.hidden(mine.person, mine.caller, mine.care, mine.now))


def held_now(turn: ConsoleTurn) -> Iterator[Mandate]:
    """The representations of others that let do anything on My page now, with what is known of whom they are for."""
    for one in mandates(turn.actor.person, turn.on.services):
        if one.representation.lets and standing(one.representation, one.about, age_rules(turn), turn.now) is Why.HOLDS:
            yield one


def closed(mine: OwnTurn, tab: str) -> Reply | None:
    """The page that says why care is closed for the person themselves, or None when it is open."""
    if mine.why is Why.HOLDS:
        return None
    ages = age_rules(mine.turn)
    return mine.render(TooYoung(why=mine.why.value, self_from=ages.self_from, back=mine.at()), tab)


def age_rules(turn: ConsoleTurn) -> AgeRules:
    """The ages as the installation has them."""
    return turn.on.services.settings.ages


def strong(turn: ConsoleTurn) -> bool:
    """Whether the login is one that opens what care holds."""
    return loa.rank(turn.actor.level) >= CARE_RANK


def _own_attributes(turn: ConsoleTurn) -> Attributes:
    """What the register knows of who is signed on, and, where it is silent, what the login said."""
    person = turn.store.person(turn.actor.person)
    known = dict(person.attributes) if person else {}
    there = own_pages.standing(own_pages.AREAS[MINE], turn.turn.visit().sign_on_id, turn.now, turn.on.services)
    told = there.identity.attributes if there else {}
    return {**told, **known}
