"""For whom a person acts at a service: what may be chosen, what is told of it, and what stops it; tables of cases."""

from dataclasses import replace
from datetime import date

import pytest

from tests.support import trust as t
from trust_framework.case import AskOnBehalf, Refused, Released
from trust_framework.days import day_of, midnight
from trust_framework.decide import decide
from trust_framework.explanation import Reader, explained
from trust_framework.on_behalf import MYSELF, Mandate
from trust_framework.policies import Audience, Effect, Policies, Policy, Rule
from trust_framework.representation import (
    AT_SERVICES,
    EVERYTHING,
    AgeRules,
    Deed,
    Given,
    Kind,
    Organisation,
    Representation,
    Represented,
    ends_at,
    may_give,
    name_of,
)

NAMES = (
    "representedRelation",
    "representedName",
    "representedPersonalIdentityNumber",
    "representedOrganizationIdentifier",
)
NUMBER = "201705012381"
NOW = midnight(date(2026, 11, 25)) + 3600


def mandate(kind: Kind = Kind.GUARDIAN, id: str = "r1", *, of: Represented | None = None, **more: object) -> Mandate:
    """What the person of the case holds: by default of a child of nine."""
    if kind is Kind.SIGNATORY:
        firm = Organisation("5560360793", "Exempelkommunen")
        return Mandate(Representation(id, "", "p1", kind, organisation=firm, **more), Represented(""))
    if kind is Kind.POWER:
        more = {"services": frozenset({"provportalen"}), **more}
    about = of or Represented("c1", "2017-05-01")
    known = {"givenName": ("Alva",), "sn": ("Ek",), "personalIdentityNumber": (NUMBER,)}
    return Mandate(Representation(id, about.person, "p1", kind, **more), about, known)


def asked(*mandates: Mandate, takes=AT_SERVICES, names=NAMES, wants=NAMES, chosen: str | None = None, **more: object):
    """The decision about a login at a service that takes these kinds, registered for `names` and asking for `wants`."""
    to = t.party(*names, on_behalf_of=frozenset(takes), **more.pop("party", {}))
    wanted = t.wanted(*wants, **more.pop("wanted", {}), asked_at=NOW)
    who = t.identity(at=NOW)
    return decide(t.case(to, wanted, who, mandates=mandates, on_behalf=chosen, **more), NOW)


def offered(decision: object) -> set[str]:
    """The representations that the person may choose among; none when they are not asked."""
    return {one.id for one in decision.choices} if isinstance(decision, AskOnBehalf) else set()


# --- what may be chosen


@pytest.mark.spec("1177 Journalen", "age rules")
@pytest.mark.parametrize(
    ("day", "today", "offers"),
    [
        ("2013-11-26", "2026-11-25", True),
        ("2013-11-25", "2026-11-25", False),
        ("2010-11-25", "2026-11-25", False),
        ("2012-02-29", "2025-02-27", True),
        ("2012-02-29", "2025-02-28", False),
        ("2026-11-25", "2026-11-25", True),
        ("", "2026-11-25", False),
    ],
)
def test_a_guardian_may_choose_a_child_until_the_day_of_thirteen(day, today, offers):
    one = mandate(of=Represented("c1", day))
    to = t.party(*NAMES, on_behalf_of=frozenset({Kind.GUARDIAN}))
    at = midnight(date.fromisoformat(today))
    case = t.case(to, t.wanted(*NAMES, asked_at=at), t.identity(at=at), mandates=(one,))
    assert isinstance(decide(case, at), AskOnBehalf if offers else Released)


OFFERED = [
    ("a child", mandate(), True),
    ("a protected child", mandate(of=Represented("c1", "2017-05-01", protected=True)), False),
    ("a child that has died", mandate(of=Represented("c1", "2017-05-01", deceased=True)), False),
    ("a child over thirteen, decided in the case", mandate(of=Represented("c1", "2012-01-01"), despite_age=True), True),
    ("a power", mandate(Kind.POWER, until=NOW + 1), True),
    ("a power of somebody protected", mandate(Kind.POWER, of=Represented("b", "1940-01-01", protected=True)), True),
    ("a power that was taken back", mandate(Kind.POWER, revoked_at=NOW), False),
    ("a power that has run out", mandate(Kind.POWER, until=NOW), False),
    ("a power that has not begun", mandate(Kind.POWER, start=NOW + 1), False),
    ("a power for another service", mandate(Kind.POWER, services=frozenset({"other"})), False),
    ("a power for My page alone", mandate(Kind.POWER, services=frozenset(), deeds=frozenset({Deed.READ})), False),
    ("an organisation", mandate(Kind.SIGNATORY), True),
    ("a signatory that was", mandate(Kind.SIGNATORY, until=NOW), False),
    ("a child let in for itself", mandate(Kind.OWN), False),
]


@pytest.mark.parametrize(("one", "offers"), [row[1:] for row in OFFERED], ids=[row[0] for row in OFFERED])
def test_what_holds_here_and_now_may_be_chosen_and_nothing_else(one, offers):
    assert offered(asked(one)) == ({"r1"} if offers else set())


def test_another_ones_representation_is_not_offered():
    one = mandate()
    theirs = replace(one, representation=replace(one.representation, representative="p2"))
    assert isinstance(asked(theirs), Released)


@pytest.mark.parametrize("kind", AT_SERVICES)
def test_a_service_is_offered_only_the_kinds_that_it_takes(kind):
    every = [mandate(each, each.value) for each in AT_SERVICES]
    assert offered(asked(*every, takes={kind})) == {kind.value}
    assert isinstance(asked(*every, takes=()), Released)


@pytest.mark.parametrize(
    ("names", "wants", "offers"),
    [
        (NAMES, NAMES, True),
        (NAMES, NAMES[:1], True),
        (NAMES, (), False),
        ((), NAMES, False),
        (NAMES, ("givenName",), False),
        (NAMES, NAMES[3:], False),
    ],
    ids=["all", "one", "asks for nothing", "not registered", "asks for other things", "asks for what a child has not"],
)
def test_nobody_is_asked_for_whom_when_the_service_would_not_be_told(names, wants, offers):
    assert bool(offered(asked(mandate(), names=names, wants=wants))) is offers


def test_nobody_is_asked_when_a_policy_keeps_it_from_the_service():
    deny = Policies((Policy("R1", Rule(Effect.DENY, Audience(everyone=True), frozenset({"representedName"}))),))
    held = asked(mandate(), names=NAMES[1:2], wants=NAMES[1:2], policies=deny)
    assert isinstance(held, Released)
    assert held.attributes == {}


# --- what is chosen


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (mandate(), {"representedRelation": ("guardian",), "representedName": ("Alva Ek",), NAMES[2]: (NUMBER,)}),
        (
            mandate(Kind.SIGNATORY),
            {"representedRelation": ("signatory",), "representedName": ("Exempelkommunen",), NAMES[3]: ("5560360793",)},
        ),
        (replace(mandate(), attributes={}), {"representedRelation": ("guardian",)}),
    ],
    ids=["a child", "an organisation", "of whom nothing is known"],
)
def test_the_service_is_told_of_the_one_chosen_and_the_person_stays_the_subject(one, told):
    done = asked(one, mandate(Kind.POWER, "r2"), chosen="r1", names=(*NAMES, "givenName"), wants=(*NAMES, "givenName"))
    assert isinstance(done, Released)
    assert done.on_behalf == "r1"
    assert done.attributes == {**told, "givenName": ("Anna",)}


def test_who_acts_for_themselves_is_told_as_nobody_else():
    done = asked(mandate(), chosen=MYSELF)
    assert isinstance(done, Released)
    assert (done.attributes, done.on_behalf) == ({}, "")
    (line,) = {line.because for line in explained(done.trace, "released", Reader.PERSON, "sv", {}).lines}
    assert line == "personen företräder ingen annan"


STOPPED = [
    ("a power taken back since", mandate(Kind.POWER, revoked_at=NOW), "represent-none"),
    ("a power that has run out since", mandate(Kind.POWER, until=NOW), "represent-none"),
    ("a child that has turned thirteen", mandate(of=Represented("c1", "2013-11-25")), "represent-age"),
    ("a child whose age is no longer known", mandate(of=Represented("c1", "")), "represent-age"),
    (
        "a child that is protected now",
        mandate(of=Represented("c1", "2017-05-01", protected=True)),
        "represent-protected",
    ),
    ("one who has died", mandate(Kind.POWER, of=Represented("b", deceased=True)), "represent-none"),
    ("a representation that never was", mandate(id="r2"), "represent-none"),
    ("a power for another service", mandate(Kind.POWER, services=frozenset({"other"})), "represent-none"),
]


@pytest.mark.parametrize(("one", "reason"), [row[1:] for row in STOPPED], ids=[row[0] for row in STOPPED])
@pytest.mark.parametrize("unattended", [False, True])
def test_what_was_chosen_and_holds_no_longer_stops_the_login_and_every_refresh(one, reason, unattended):
    decision = asked(one, chosen="r1", unattended=unattended)
    assert isinstance(decision, Refused)
    assert decision.reason.code == reason


@pytest.mark.parametrize("change", ["the kind", "the detail", "another's", "the number alone, withheld"])
def test_a_choice_that_the_service_is_no_longer_told_of_is_never_released_as_if_for_oneself(change):
    one = mandate()
    match change:
        case "the kind":
            decision = asked(one, chosen="r1", takes=(Kind.POWER,))
        case "the detail":
            decision = asked(one, chosen="r1", names=("givenName",), wants=("givenName", *NAMES))
        case "another's":
            theirs = replace(one, representation=replace(one.representation, representative="p2"))
            decision = asked(theirs, chosen="r1")
        case _:
            coordination = replace(one, attributes={"personalIdentityNumber": (t.COORDINATION_NUMBER,)})
            decision = asked(coordination, chosen="r1", names=NAMES[2:3], wants=NAMES[2:3])
    assert isinstance(decision, Refused)
    assert decision.reason.code == "represent-none"


def test_nobody_is_asked_when_nobody_may_be():
    for more in ({"wanted": {"passive": True}}, {"unattended": True}):
        decision = asked(mandate(), **more)
        assert isinstance(decision, Refused)
        assert decision.reason.code == "choice-required"


def test_ages_are_those_of_the_installation():
    grown = mandate(of=Represented("c1", "2012-01-01"))
    assert offered(asked(grown, ages=AgeRules(guardian_until=16))) == {"r1"}


# --- powers that persons give


def test_a_power_for_services_lets_nothing_be_read_unless_it_says_so():
    at_service = Representation("r", "b", "p1", Kind.POWER, services=frozenset({"x"}))
    assert at_service.lets == frozenset()
    assert replace(at_service, deeds=frozenset({Deed.READ})).lets == {Deed.READ}
    assert replace(at_service, services=frozenset()).lets == {Deed.READ, Deed.ASK}
    assert replace(at_service, services=frozenset(), deeds=EVERYTHING).lets == EVERYTHING
    assert mandate(Kind.SIGNATORY).representation.lets == frozenset()


@pytest.mark.parametrize(
    ("about", "gives"),
    [
        (Represented("a", "1990-01-01"), True),
        (Represented("a", "2010-11-25"), True),
        (Represented("a", "2010-11-26"), False),
        (Represented("a", ""), True),
        (Represented("a", "1990-01-01", deceased=True), False),
        (Represented("a", "1990-01-01", protected=True), True),
    ],
)
def test_a_power_is_given_by_who_is_old_enough_to_see_their_own(about, gives):
    assert may_give(about, AgeRules(), NOW) is gives


def test_a_choice_ends_with_the_power_or_with_childhood_whichever_comes_first():
    child, rules = Represented("c1", "2017-05-01"), AgeRules()
    guardian = mandate().representation
    assert day_of(ends_at(guardian, child, rules)) == date(2030, 5, 1)
    assert ends_at(replace(guardian, until=NOW), child, rules) == NOW
    assert ends_at(replace(guardian, despite_age=True), child, rules) is None
    assert ends_at(guardian, Represented("c1"), rules) is None
    assert ends_at(mandate(Kind.POWER, until=5).representation, child, rules) == 5


def test_whom_it_is_for_is_called_by_what_is_known():
    assert mandate().name == "Alva Ek"
    assert mandate(Kind.SIGNATORY).name == "Exempelkommunen"
    assert name_of({}) == ""
    assert Given("1", "Eva").giver == {}
