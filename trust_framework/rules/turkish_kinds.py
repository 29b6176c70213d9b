"""The facts that the Turkish rules read, as kinds that can be entered, and how entered facts become a `TurkishFacts`.

Articles of the Regulation on Personal Health Data stand beside each. What opens something asks for two people where the
regulation has an authority decide or a document shown (articles 7, 8(2), 10, 11); what closes something for others holds at
once, and two people open it again. Several choices of one person all hold: a window is open where each leaves it open; so do
several limits of one type. What the ministry restricts, and the misuse of an employee, hold at every provider (6(6), 21(2)).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Final

from trust_framework.access_facts import (
    AccessFact,
    Entering,
    Eyes,
    FactField,
    FactKind,
    FieldType,
    Reach,
    Refusal,
    one_at_a_time,
    one_for_each,
)
from trust_framework.care import Period
from trust_framework.days import midnight
from trust_framework.rules.turkish_duties import authorisation_refusal, kept_until
from trust_framework.rules.turkish_facts import (
    BY_REGULATION,
    CODE_OPENS,
    VISIT,
    ZONE,
    Appointment,
    Authorisation,
    ChildChoice,
    CodeEntry,
    Heir,
    LawyersPower,
    LinkedProcess,
    Parent,
    PrivacyChoice,
    Restriction,
    SecrecyOrder,
    Stay,
    TurkishFacts,
    Visit,
    Window,
    is_child,
)

Facts = Sequence[AccessFact]

# --- when a fact may be entered


def _dead(entering: Entering) -> str | None:
    """Nobody cares for, acts for, or chooses for the dead (article 11 leaves them to their heirs)."""
    return "deceased" if _died(entering) else None


def _alive(entering: Entering) -> str | None:
    return None if _died(entering) else "not-deceased"


def _died(entering: Entering) -> bool:
    ours = (each for each in entering.kept if each.rules == entering.fact.rules)
    return entering.patient.deceased or any(each.holds(entering.now) for each in _deaths(ours))


def _to_come(entering: Entering) -> str | None:
    """Nobody dies tomorrow."""
    return "in-the-future" if midnight(_day(entering.fact), ZONE) > entering.now else None


def _grown(entering: Entering) -> str | None:
    return None if is_child(entering.patient, entering.now) else "not-a-child"


def _beyond_three(entering: Entering) -> str | None:
    """Three people of a unit at most, named by another (article 7(1))."""
    return authorisation_refusal(_authorisation(entering.fact), map(_authorisation, entering.others), entering.now)


def _window_shut(entering: Entering) -> str | None:
    """What an appointment's care led to began while the window was open; it opens none anew (article 6(3)b)."""
    fact = entering.fact
    mine = [each for each in entering.kept if each.rules == fact.rules and each.provider == fact.provider]
    booked = [each for each in mine if each.id == fact.says["appointment"] and each.holds(entering.now)]
    linked = [each for each in mine if each.kind == fact.kind]
    open_then = any(each.stands(_counts_from(fact)) for each in _appointments(booked, linked))
    return None if open_then else "window-not-open"


def _first_of(*refusals: Refusal) -> Refusal:
    def refusal(entering: Entering) -> str | None:
        return next((why for each in refusals if (why := each(entering)) is not None), None)

    return refusal


def _employee(name: str = "physician") -> FactField:
    return FactField(name, FieldType.EMPLOYEE)


def _person(name: str = "person") -> FactField:
    return FactField(name, FieldType.PERSON)


_PLACE: Final = FactField("place", FieldType.PLACE)
_WINDOWS: Final = FactField("windows", FieldType.WORDS, needed=False, choices=frozenset(Window))

KINDS: Final = (
    FactKind(
        "family-physician",
        "The physician with whom the person is registered.",
        "Article 6(3)a",
        (_employee(),),
        reach=Reach.INSIDE,
        refusal=_first_of(_dead, one_at_a_time),
    ),
    FactKind(
        "privacy-choice",
        "Which windows the person leaves open (all of the regulation's where none are named), and whether they hide their past.",
        "Articles 6(2), 6(5)",
        (_WINDOWS, FactField("hidden", FieldType.FLAG, needed=False)),
        refusal=_first_of(_dead, one_at_a_time),
    ),
    FactKind(
        "appointment",
        "A physician whom the person has booked, and the day in Turkey.",
        "Article 6(3)b",
        (_employee(), FactField("day", FieldType.DAY)),
        reach=Reach.INSIDE,
        refusal=_dead,
    ),
    FactKind(
        "linked-process",
        "Something that an appointment's care led to; the window, if it is open then, stays so until it ends.",
        "Article 6(3)b",
        (FactField("appointment", FieldType.FACT, of="appointment"),),
        reach=Reach.INSIDE,
        refusal=_first_of(_dead, _window_shut),
    ),
    FactKind(
        "visit",
        "The person came in at the provider, or at a unit of it.",
        "Article 6(3)c",
        (_PLACE,),
        ahead=False,
        reach=Reach.INSIDE,
        lasts=VISIT,
        refusal=_dead,
    ),
    FactKind(
        "stay",
        "The person was admitted to the provider, or to a unit of it, until discharged.",
        "Article 6(3)ç",
        (_PLACE,),
        ahead=False,
        reach=Reach.INSIDE,
        refusal=_dead,
    ),
    FactKind(
        "code",
        "A physician asks for the code that goes to the person's own number, and sees what is hidden once it is entered.",
        "Article 6(5)",
        (_employee(),),
        begun=Eyes.CODE,
        registrar=False,
        ahead=False,
        reach=Reach.INSIDE,
        lasts=CODE_OPENS,
        code_for="physician",
        refusal=_dead,
    ),
    FactKind(
        "secrecy-order",
        "A court hides the information from all who are not named.",
        "Article 12(1)",
        (
            FactField("order", FieldType.WORD),
            FactField("employees", FieldType.EMPLOYEES, needed=False),
            FactField("persons", FieldType.PERSONS, needed=False),
        ),
        ended=Eyes.TWO,
        secret=True,
        refusal=one_for_each("order"),
    ),
    FactKind(
        "parent",
        "A parent of the child, with or without custody.",
        "Article 8",
        (_person(), FactField("custody", FieldType.FLAG)),
        refusal=_first_of(_dead, _grown, one_for_each("person")),
    ),
    FactKind(
        "child-choice",
        "Whether the child is able to judge and asks parents for permission, and which parents have it.",
        "Article 8(1)",
        (
            FactField("able_to_judge", FieldType.FLAG),
            FactField("asks_permission", FieldType.FLAG),
            FactField("permitted", FieldType.PERSONS, needed=False),
        ),
        refusal=_first_of(_dead, _grown, one_at_a_time),
    ),
    FactKind(
        "lawyers-power",
        "A lawyer's power of attorney; special: with the person's explicit consent to their health data.",
        "Article 10(1)",
        (_person("lawyer"), FactField("special", FieldType.FLAG)),
        begun=Eyes.TWO,
        reach=Reach.INSIDE,
        refusal=_dead,
    ),
    FactKind(
        "death",
        "The person has died, and on which day: what is kept of them is for twenty years.",
        "Article 11",
        (FactField("day", FieldType.DAY),),
        begun=Eyes.TWO,
        ended=Eyes.TWO,
        ahead=False,
        closes=False,
        refusal=_first_of(_to_come, one_at_a_time),
    ),
    FactKind(
        "heir",
        "An heir of the dead, and the certificate of inheritance that was shown.",
        "Article 11(1)",
        (_person(), FactField("certificate", FieldType.WORD, needed=False)),
        begun=Eyes.TWO,
        reach=Reach.INSIDE,
        refusal=_first_of(_alive, one_for_each("person")),
    ),
    FactKind(
        "authorisation",
        "Somebody whom the head of a unit has named to match information with whom it is about.",
        "Article 7(1)",
        (FactField("unit", FieldType.UNIT), _employee("employee"), _employee("named_by")),
        of_patient=False,
        begun=Eyes.TWO,
        ahead=False,
        reach=Reach.INSIDE,
        refusal=_beyond_three,
    ),
    FactKind(
        "misuse",
        "An employee whose authorisations were all revoked.",
        "Article 21(2)",
        (_employee("employee"),),
        of_patient=False,
        ended=Eyes.TWO,
        refusal=one_for_each("employee"),
    ),
    FactKind(
        "restricted-type",
        "A type of information whose privacy goes further, and the licences of which care staff need one.",
        "Article 6(6)",
        (FactField("type", FieldType.WORD), FactField("licences", FieldType.WORDS, needed=False)),
        of_patient=False,
        ended=Eyes.TWO,
        reach=Reach.AUTHORITY,
        refusal=one_for_each("type"),
    ),
    FactKind(
        "parent-limits",
        "The types of information that a parent without custody may see.",
        "Article 8(2)",
        (FactField("types", FieldType.WORDS),),
        of_patient=False,
        begun=Eyes.TWO,
        reach=Reach.AUTHORITY,
        refusal=one_at_a_time,
    ),
)

# --- what the rules read


def gather(of: Mapping[str, Facts], now: int) -> TurkishFacts:
    """What counts now. Where times are the rules' own affair, what has ended is told too."""
    held = {kind: [fact for fact in facts if fact.holds(now)] for kind, facts in of.items()}
    limits = [fact.words("types") for fact in held["parent-limits"]] or [frozenset()]
    return TurkishFacts(
        family_physician=_family_physician(held["family-physician"]),
        choice=_choice(held["privacy-choice"]),
        appointments=tuple(_appointments(held["appointment"], of["linked-process"])),
        visits=tuple(Visit(fact.id, str(fact.says["place"]), fact.begins) for fact in held["visit"]),
        stays=tuple(Stay(fact.id, str(fact.says["place"]), fact.begins, fact.until) for fact in of["stay"]),
        codes=tuple(CodeEntry(f.id, str(f.says["physician"]), f.begins, f.until or now) for f in held["code"]),
        restrictions=tuple(Restriction(str(f.says["type"]), f.words("licences")) for f in held["restricted-type"]),
        orders=tuple(map(_order, of["secrecy-order"])),
        authorisations=tuple(map(_authorisation, of["authorisation"])),
        misusers=frozenset(str(fact.says["employee"]) for fact in held["misuse"]),
        parents=tuple(Parent(fact.person("person"), bool(fact.says["custody"])) for fact in held["parent"]),
        child=_child(held["child-choice"]),
        noncustodial_types=reduce(frozenset.intersection, limits),
        powers=tuple(map(_power, of["lawyers-power"])),
        heirs=tuple(Heir(fact.person("person"), str(fact.says.get("certificate", ""))) for fact in held["heir"]),
        died=bool(held["death"]),
    )


def kept(facts: Facts, deceased: bool) -> int:
    """From when on what is kept of a patient may be erased (article 11(2)): of the living the law on erasing decides, which sets
    no time here. Of several days of death the last counts; one that was entered by mistake has ended.
    """
    days = [_day(fact) for fact in _deaths(facts) if fact.until is None]
    return kept_until(max(days, default=None)) if days or deceased else 0


def _deaths(facts: Iterable[AccessFact]) -> Iterable[AccessFact]:
    return (fact for fact in facts if fact.kind == "death" and fact.confirmed is not None)


def _day(fact: AccessFact) -> date:
    return date.fromisoformat(str(fact.says["day"]))


def _family_physician(registered: Facts) -> str:
    """Where two hold since one was entered ahead of its time: the later."""
    latest = max(registered, key=lambda fact: (fact.begins, fact.id), default=None)
    return "" if latest is None else str(latest.says["physician"])


def _choice(made: Facts) -> PrivacyChoice | None:
    if not made:
        return None
    windows = [frozenset(map(Window, fact.says.get("windows", BY_REGULATION))) for fact in made]
    hidden = any(fact.says.get("hidden", False) for fact in made)
    return PrivacyChoice(reduce(frozenset.intersection, windows), hidden)


def _child(made: Facts) -> ChildChoice:
    asking = [fact for fact in made if fact.says["able_to_judge"] and fact.says["asks_permission"]]
    if not asking:
        return ChildChoice()
    permitted = reduce(frozenset.intersection, (fact.persons("permitted") for fact in asking))
    return ChildChoice(able_to_judge=True, asks_permission=True, permitted=permitted)


def _appointments(booked: Facts, linked: Facts) -> Iterable[Appointment]:
    for fact in booked:
        mine = (each for each in linked if each.says["appointment"] == fact.id)
        processes = tuple(LinkedProcess(each.id, _counts_from(each), each.until) for each in mine)
        yield Appointment(fact.id, str(fact.says["physician"]), _day(fact), processes)


def _counts_from(process: AccessFact) -> int:
    """Since when it counts: an earlier start that was said later opens nothing for the time between, nor from then on."""
    return max(process.begins, process.registered.registered_at)


def _order(fact: AccessFact) -> SecrecyOrder:
    known = fact.words("employees") | fact.persons("persons")
    return SecrecyOrder(fact.id, fact.begins, known, fact.until)


def _authorisation(fact: AccessFact) -> Authorisation:
    says = {name: str(fact.says[name]) for name in ("unit", "employee", "named_by")}
    return Authorisation(fact.id, **says, at=fact.begins, revoked_at=fact.until)


def _power(fact: AccessFact) -> LawyersPower:
    period = Period(fact.begins, None if fact.until is None else fact.until - 1)
    return LawyersPower(fact.id, fact.person("lawyer"), bool(fact.says["special"]), period)
