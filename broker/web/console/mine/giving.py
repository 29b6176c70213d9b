"""U11, giving a power of attorney: to whom by their number, for what, until when. It asks who the register knows of nobody.

The number's person is made when there is none, as care makes a patient: whoever logs in with the number later holds the power.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import Final

from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.fields import DateField, SelectChoice

from broker.audit.person_events import RepresentationChanged
from broker.care import patients
from broker.exchange import Reply
from broker.login.effects import Change, Effects, KeepPerson, Overtaken, PersonKey, anew
from broker.login.person import GiveRepresentation
from broker.web.console.forms import ConsoleForm, line, longest, required, written
from broker.web.console.mine.pages import GivePower, Sure
from broker.web.console.mine.powers import TAB, given, myself
from broker.web.console.mine.turn import OwnTurn, age_rules, own
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from trust_framework.attributes import clean
from trust_framework.days import DAY, day_after, day_of
from trust_framework.on_behalf import NUMBER
from trust_framework.representation import LONGEST_YEARS, PLAIN, Given, Kind, Representation, birthday, may_give
from trust_framework.values import BadValue

MOST_GIVEN: Final = 20
"""Powers of one person that stand at a time."""

MOST_A_DAY: Final = 40
"""Powers that one person gives in a day, those taken back among them: each may make a person."""

MOST_SHOWN: Final = 50
"""Services that the form shows; others are found by search."""

LONGEST_SEARCH: Final = 100
_TOLD: Final = (NUMBER, "givenName", "sn", "displayName", "dateOfBirth")
"""What a power says of its giver, to those who are shown it."""


class PowerForm(ConsoleForm):
    """To whom, for what, until when."""

    number = StringField("own.give.number", [required(), longest(20), line])
    name = StringField("own.give.name", [required(), longest(100), line, written])
    care = BooleanField("own.give.care")
    services = SelectMultipleField("own.give.services")
    last = DateField("own.give.last", [required()])


def new(turn: ConsoleTurn) -> Reply:
    """The form. `q` in the address finds services by name."""
    mine = _giver(turn)
    return _form_page(_form(mine), mine)


def _giver(turn: ConsoleTurn) -> OwnTurn:
    """Who may give a power. Raises Missing."""
    mine = own(turn)
    if not may_give(myself(mine), age_rules(turn), turn.now):
        raise Missing
    return mine


def _form(mine: OwnTurn) -> PowerForm:
    form = PowerForm.of(mine.turn)
    chosen = mine.turn.sent.fields.getlist("services")[:MOST_SHOWN]
    offered = {**_found(mine), **{id_: names for id_ in chosen if (names := _taking(id_, mine))}}
    form.services.choices = [SelectChoice(id_, names) for id_, names in offered.items()]
    return form


def _search(mine: OwnTurn) -> str:
    return mine.turn.query.get("q", "").strip()[:LONGEST_SEARCH]


def _found(mine: OwnTurn) -> Mapping[str, Names]:
    listed = mine.store.register_taking(Kind.POWER, _search(mine), MOST_SHOWN)
    return {one.id: one.about.names for one in listed}


def _taking(service: str, mine: OwnTurn) -> Names:
    """What a service is called that takes powers of attorney; nothing for one that does not."""
    party = mine.turn.on.services.federation().parties.get(service)
    return party.names if party is not None and Kind.POWER in party.on_behalf_of else {}


def _form_page(form: PowerForm, mine: OwnTurn) -> Reply:
    search, shown = _search(mine), len(form.services.choices)
    page = GivePower(
        form=form,
        action=mine.at("/ombud/ny"),
        back=mine.at("/ombud"),
        search=search,
        searchable=bool(search) or shown >= MOST_SHOWN,
        services=shown,
        years=LONGEST_YEARS,
    )
    return mine.render(page, TAB)


def weighed(turn: ConsoleTurn) -> Reply:
    """What the power would let the other do, before it is given; with `sure`, give it."""
    mine = _giver(turn)
    sure = turn.sent.fields.pop("sure", "")
    form = _form(mine)
    if not (form.valid(turn) and _fits(form, mine)):
        return _form_page(form, mine)
    if sure != "yes":
        return mine.render(_sure(form, mine), TAB)
    return _give(form, mine)


def _fits(form: PowerForm, mine: OwnTurn) -> bool:
    """Whether the parts go together; else the fields say why not."""
    number = _number(form)
    if not number:
        form.number.errors = ["own.give.number.wrong"]
    elif not patients.taken(number, mine.care):
        form.number.errors = ["patient-number.real"]
    elif mine.number is not None and number == mine.number.value:
        form.number.errors = ["own.give.yourself"]
    if not form.care.data and not form.services.data:
        form.care.errors = ["own.give.nothing"]
    today = day_of(mine.now)
    if not today <= form.last.data <= birthday(today, today.year + LONGEST_YEARS):
        form.last.errors = ["own.give.last.wrong"]
    form.form_errors += _too_many(_given_here(mine), mine)
    return not (form.errors or form.form_errors)


def _given_here(mine: OwnTurn) -> list[Representation]:
    """The powers that the person has ever given on My page."""
    return [one for one in given(mine) if one.given]


def _too_many(mine_given: list[Representation], mine: OwnTurn) -> Iterator[str]:
    """Why no more may be given now."""
    standing = [one for one in mine_given if one.revoked_at is None and (one.until or 0) > mine.now]
    if len(standing) >= MOST_GIVEN:
        yield "own.give.too-many"
    if len([one for one in mine_given if one.start > mine.now - DAY]) >= MOST_A_DAY:
        yield "own.give.too-many-today"


def _number(form: PowerForm) -> str:
    """The number in twelve digits, empty when it cannot be one."""
    typed = "".join(sign for sign in form.number.data if sign not in " -")
    try:
        return clean(NUMBER, (typed,))[0]
    except BadValue:
        return ""


def _sure(form: PowerForm, mine: OwnTurn) -> Sure:
    fields = tuple((name, str(value)) for name, value in mine.turn.sent.fields.items(multi=True) if name != "csrf")
    return Sure(
        deed="give",
        filled={"name": form.name.data, "number": _number(form)},
        said=tuple(_meant(form, mine)),
        action=mine.at("/ombud/ny"),
        csrf=mine.turn.csrf(),
        back=mine.at("/ombud"),
        fields=(*fields, ("sure", "yes")),
    )


def _meant(form: PowerForm, mine: OwnTurn) -> Iterator[tuple[str, Mapping[str, str]]]:
    if form.care.data:
        yield "own.sure.give.care", {}
    for id_, names in ((id_, _taking(id_, mine)) for id_ in form.services.data):
        yield "own.sure.give.service", {"service": names.get(mine.language) or next(iter(names.values()), id_)}
    yield "own.sure.give.until", {"day": form.last.data.isoformat()}


def _give(form: PowerForm, mine: OwnTurn) -> Reply:
    """Keep it: the receiver holds it from now on. Of several at once each is weighed with those before it."""
    try:
        return anew(lambda: _given(form, mine))
    except Overtaken:
        return mine.turn.see(mine.at("/ombud"), "own-not-done")


def _given(form: PowerForm, mine: OwnTurn) -> Reply:
    before = _given_here(mine)
    if wrong := [*_too_many(before, mine)]:
        form.form_errors += wrong
        return _form_page(form, mine)
    number, last = _number(form), form.last.data
    receiver, made = _person(number, mine)
    known = {name: values for name, values in mine.attributes.items() if name in _TOLD}
    one = Representation(
        secrets.token_urlsafe(16),
        mine.person,
        receiver,
        Kind.POWER,
        start=mine.now,
        until=day_after(last),
        deeds=PLAIN[Kind.POWER] if form.care.data else frozenset(),
        services=frozenset(form.services.data),
        given=Given(number, form.name.data.strip(), known),
    )
    changes = (*made, GiveRepresentation(one, len(before)))
    mine.turn.on.services.store.commit(Effects(changes, (_event(one, mine),)))
    return mine.turn.see(mine.at("/ombud"), "own-given")


def _person(number: str, mine: OwnTurn) -> tuple[str, tuple[Change, ...]]:
    """Whose number it is, and what makes a person of one that nobody has had here."""
    key = PersonKey(NUMBER, number)
    found = next(iter(mine.turn.on.services.store.persons_by_keys((key,))), None)
    if found is not None:
        return found, ()
    person = secrets.token_urlsafe(16)
    return person, (KeepPerson(person, (key,)),)


def _event(one: Representation, mine: OwnTurn) -> RepresentationChanged:
    return RepresentationChanged(
        at=mine.now,
        act="given",
        representation=one.id,
        person=one.person,
        representative=one.representative,
        kind=one.kind.value,
        by=mine.by,
        services=tuple(sorted(one.services)),
        deeds=tuple(sorted(one.deeds)),
        until=one.until or 0,
    )
