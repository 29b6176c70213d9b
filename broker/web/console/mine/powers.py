"""U11, those who act for one: who may act for the person, for whom the person may act, and taking back what was given."""

from dataclasses import replace
from typing import Final

from broker.audit.person_events import RepresentationChanged
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.login.facts import mandates
from broker.login.person import DeclineRepresentation, RevokeRepresentation
from broker.web.console.mine.logins import service_names
from broker.web.console.mine.pages import PowerRow, Representatives, Sure
from broker.web.console.mine.turn import OwnTurn, age_rules, own
from broker.web.console.row import MINE
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.on_behalf import Mandate
from trust_framework.representation import (
    Kind,
    Representation,
    Represented,
    Why,
    described,
    may_give,
    name_of,
    standing,
)

TAB: Final = "own-representatives"


def listed(turn: ConsoleTurn) -> Reply:
    """Who may act for the person, and for whom the person may act."""
    mine, rules = own(turn), age_rules(turn)
    page = Representatives(
        given=tuple(_given_row(one, mine) for one in given(mine)),
        held=tuple(_held_row(one, mine) for one in mandates(mine.person, turn.on.services)),
        whom=f"{MINE}/vem",
        guardian_until=rules.guardian_until,
        self_from=rules.self_from,
        give=mine.at("/ombud/ny") if may_give(myself(mine), rules, turn.now) else "",
    )
    return mine.render(page, TAB)


def given(mine: OwnTurn) -> list[Representation]:
    """Those by which others may act for the person, whether they hold now or not."""
    every = mine.store.representations_of(mine.person)
    return [one for one in every if one.person == mine.person and one.kind is not Kind.OWN]


def myself(mine: OwnTurn) -> Represented:
    """The person as the rules of representation look at them."""
    return described(mine.store.person(mine.person), mine.person, mine.attributes)


def _given_row(one: Representation, mine: OwnTurn) -> PowerRow:
    url = mine.at(f"/ombud/{one.id}") if _revocable(one, mine) else ""
    row = _row(one, receiver(one, mine), _why(one, mine), mine, url)
    return replace(row, logins=mine.at(f"/ombud/{one.id}/inloggningar"))


def receiver(one: Representation, mine: OwnTurn) -> str:
    """What who was given it is called: as the giver wrote, and no word of whether the register knows them. A guardian with
    protected identity is not named.
    """
    if one.given:
        return f"{one.given.name} ({one.given.number})"
    person = mine.store.person(one.representative)
    return name_of({} if person is None or person.protected else person.attributes)


def _held_row(one: Mandate, mine: OwnTurn) -> PowerRow:
    """Of somebody with protected identity nothing is told to those who may not act for them, not even the name."""
    why = _held_why(one, mine)
    url = mine.at(f"/ombud/{one.representation.id}/avboj") if _declinable(one, mine) else ""
    return _row(one.representation, _giver(one, mine), why, mine, url)


def _giver(one: Mandate, mine: OwnTurn) -> str:
    """What who gave it is called, as far as it is told."""
    return "" if one.about.protected and _held_why(one, mine) is not Why.HOLDS else one.name


def _held_why(one: Mandate, mine: OwnTurn) -> Why:
    return standing(one.representation, one.about, age_rules(mine.turn), mine.now)


def _declinable(one: Mandate, mine: OwnTurn) -> bool:
    """A power may be declined by who was given it, as long as it may be used."""
    return one.representation.kind is Kind.POWER and _held_why(one, mine) in {Why.HOLDS, Why.NOT_BEGUN}


def _row(one: Representation, name: str, why: Why, mine: OwnTurn, url: str = "") -> PowerRow:
    return PowerRow(
        name=name,
        kind=one.kind.value,
        state=why.value,
        deeds=tuple(sorted(deed.value for deed in one.lets)),
        services=tuple(service_names(service, mine.turn) for service in sorted(one.services)),
        start=one.start or None,
        until=one.until - 1 if one.until is not None else None,
        url=url,
    )


def _why(one: Representation, mine: OwnTurn) -> Why:
    return standing(one, myself(mine), age_rules(mine.turn), mine.now)


def _revocable(one: Representation, mine: OwnTurn) -> bool:
    """A power of attorney is taken back by who gave it. Guardianship is not the child's to end here."""
    return one.kind is Kind.POWER and _why(one, mine) in {Why.HOLDS, Why.NOT_BEGUN}


def ask_revoke(turn: ConsoleTurn, representation: str) -> Reply:
    """The question before a power is taken back."""
    mine = own(turn)
    one = _found(mine, representation)
    page = Sure(
        deed="revoke",
        filled={"name": receiver(one, mine)},
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
    change = RevokeRepresentation(one.id, one.person, turn.now)
    done = turn.commit(Effects((change,), (_ended("revoked", one, mine),)))
    return turn.see(mine.at("/ombud"), "own-revoked" if done else "own-not-done")


def _ended(act: str, one: Representation, mine: OwnTurn) -> RepresentationChanged:
    """The event of a power that one of the two ends."""
    return RepresentationChanged(
        at=mine.now,
        act=act,
        representation=one.id,
        person=one.person,
        representative=one.representative,
        kind=one.kind.value,
        by=mine.by,
    )


def ask_decline(turn: ConsoleTurn, representation: str) -> Reply:
    """The question before a power is declined that somebody gave the person."""
    mine = own(turn)
    one = _held(mine, representation)
    page = Sure(
        deed="decline",
        filled={"name": _giver(one, mine)},
        said=(("own.sure.revoke.now", {}), ("own.sure.decline.told", {})),
        action=mine.at(f"/ombud/{one.representation.id}/avboj"),
        csrf=turn.csrf(),
        back=mine.at("/ombud"),
    )
    return mine.render(page, TAB)


def decline(turn: ConsoleTurn, representation: str) -> Reply:
    """Decline a power: it ends at once, and who gave it sees why."""
    mine = own(turn)
    one = _held(mine, representation).representation
    change = DeclineRepresentation(one.id, mine.person, turn.now)
    done = turn.commit(Effects((change,), (_ended("declined", one, mine),)))
    return turn.see(mine.at("/ombud"), "own-declined" if done else "own-not-done")


def _held(mine: OwnTurn, representation: str) -> Mandate:
    """A power that the person was given and can decline. Raises Missing."""
    held = mandates(mine.person, mine.turn.on.services)
    one = mine.turn.found(next((one for one in held if one.representation.id == representation), None))
    if not _declinable(one, mine):
        raise Missing
    return one


def _found(mine: OwnTurn, representation: str) -> Representation:
    """A power that the person gave and can take back. Raises Missing."""
    one = mine.turn.found(next((one for one in given(mine) if one.id == representation), None))
    if not _revocable(one, mine):
        raise Missing
    return one
