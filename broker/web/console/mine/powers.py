"""U11, those who act for one: who may act for the person, for whom the person may act, and taking back what was given."""

from typing import Final

from broker.audit.person_events import RepresentationChanged
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.login.person import RevokeRepresentation
from broker.web.console.mine.pages import PowerRow, Representatives, Sure
from broker.web.console.mine.turn import OwnTurn, age_rules, described, name_of, own
from broker.web.console.row import MINE
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.representation import Kind, Representation, Why, standing

TAB: Final = "own-representatives"


def listed(turn: ConsoleTurn) -> Reply:
    """Who may act for the person, and for whom the person may act."""
    mine, rules = own(turn), age_rules(turn)
    every = [one for one in turn.store.representations_of(mine.person) if one.kind is not Kind.OWN]
    page = Representatives(
        given=tuple(_row(one, mine) for one in every if one.person == mine.person),
        held=tuple(_row(one, mine) for one in every if one.person != mine.person),
        whom=f"{MINE}/vem",
        guardian_until=rules.guardian_until,
        self_from=rules.self_from,
    )
    return mine.render(page, TAB)


def _row(one: Representation, mine: OwnTurn) -> PowerRow:
    """Of somebody with protected identity nothing is told to those who may not act for them, not even the name."""
    given = one.person == mine.person
    why = _why(one, mine)
    other = mine.store.person(one.representative if given else one.person)
    known = other.attributes if other and not (other.protected and why is not Why.HOLDS) else {}
    return PowerRow(
        name=name_of(known),
        kind=one.kind.value,
        state=why.value,
        deeds=tuple(sorted(deed.value for deed in one.lets)),
        start=one.start or None,
        until=one.until - 1 if one.until is not None else None,
        url=mine.at(f"/ombud/{one.id}") if _revocable(one, mine) else "",
    )


def _why(one: Representation, mine: OwnTurn) -> Why:
    person = mine.store.person(one.person)
    known = mine.attributes if one.person == mine.person else person.attributes if person else {}
    return standing(one, described(person, one.person, known), age_rules(mine.turn), mine.now)


def _revocable(one: Representation, mine: OwnTurn) -> bool:
    """A power of attorney is taken back by who gave it. Guardianship is not the child's to end here."""
    theirs = one.person == mine.person and one.kind is Kind.POWER
    return theirs and _why(one, mine) in {Why.HOLDS, Why.NOT_BEGUN}


def ask_revoke(turn: ConsoleTurn, representation: str) -> Reply:
    """The question before a power is taken back."""
    mine = own(turn)
    one = _found(mine, representation)
    other = turn.store.person(one.representative)
    page = Sure(
        deed="revoke",
        filled={"name": name_of(other.attributes if other else {})},
        said=(("own.sure.revoke.now", {}),),
        action=mine.at(f"/ombud/{one.id}"),
        csrf=turn.csrf(),
        back=mine.at("/ombud"),
    )
    return mine.render(page, TAB)


def revoke(turn: ConsoleTurn, representation: str) -> Reply:
    """Take a power back: it ends at once."""
    mine = own(turn)
    one = _found(mine, representation)
    event = RepresentationChanged(
        at=turn.now,
        act="revoked",
        representation=one.id,
        person=one.person,
        representative=one.representative,
        kind=one.kind.value,
        by=mine.by,
    )
    turn.commit(Effects((RevokeRepresentation(one.id, one.person, turn.now),), (event,)))
    return turn.see(mine.at("/ombud"), "own-revoked")


def _found(mine: OwnTurn, representation: str) -> Representation:
    """A power that the person gave and can take back. Raises Missing."""
    given = (one for one in mine.store.representations_of(mine.person) if one.id == representation)
    one = mine.turn.found(next(given, None))
    if not _revocable(one, mine):
        raise Missing
    return one
