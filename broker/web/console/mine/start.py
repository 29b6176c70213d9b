"""U11, the overview, and U6: whom it is about."""

from typing import Final

from broker.exchange import Reply
from broker.web.answers import see_other
from broker.web.console.mine.consents import note
from broker.web.console.mine.pages import Choice, ChooseWhom, Overview, Part
from broker.web.console.mine.questions import ANSWERED, emergencies, questions
from broker.web.console.mine.turn import OwnTurn, born, held_now, name_of, own, strong
from broker.web.console.row import MINE
from broker.web.console.turn import ConsoleTurn
from trust_framework.days import midnight
from trust_framework.representation import Deed, Kind, age, turns

TAB: Final = "own-start"
SHOWN: Final = 5
MYSELF: Final = "jag"


def overview(turn: ConsoleTurn, about: str = "") -> Reply:
    """What there is, and what has happened; of care only when the login is one that opens it."""
    mine = own(turn, about)
    opened = strong(turn) and mine.may(Deed.READ)
    if opened:
        note(mine, "overview")
    asked = questions(mine) if opened else ()
    page = Overview(
        about=mine.about(),
        parts=tuple(Part(name=name, url=url) for name, url in mine.parts() if name != TAB),
        emergencies=emergencies(mine)[:SHOWN] if opened else (),
        waiting=sum(one.state != ANSWERED for one in asked),
        answered=sum(one.state == ANSWERED for one in asked),
        questions_url=mine.at("/atkomst"),
        whom=f"{MINE}/vem" if about or next(held_now(turn), None) else "",
        strong=strong(turn),
    )
    return mine.render(page, TAB)


def whom(turn: ConsoleTurn) -> Reply:
    """Choose whom it is about: oneself, or somebody whom one may act for now."""
    mine = own(turn)
    chosen = turn.query.get("om", "")
    known = {one.id for one, _ in held_now(turn)}
    if chosen == MYSELF or chosen in known:
        return see_other(MINE if chosen == MYSELF else f"{MINE}/for/{chosen}")
    return mine.render(ChooseWhom(action=f"{MINE}/vem", choices=tuple(_choices(mine))), TAB)


def _choices(mine: OwnTurn) -> list[Choice]:
    found = [Choice(value=MYSELF, name=mine.name or mine.turn.actor.name, kind="self", chosen=True)]
    until_years = mine.turn.on.services.settings.guardian_until
    for one, known in held_now(mine.turn):
        guardian = one.kind is Kind.GUARDIAN
        ends = turns(born(known), until_years) if guardian and not one.despite_age else None
        limits = [at for at in (one.until, midnight(ends) if ends else None) if at is not None]
        years = age(born(known), mine.now) if guardian else None
        choice = Choice(
            value=one.id,
            name=name_of(known),
            kind=one.kind.value,
            age=years,
            until=min(limits, default=0) - 1 if limits else None,
        )
        found.append(choice)
    return found
