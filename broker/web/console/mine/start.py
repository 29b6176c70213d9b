"""U11, the overview, and U6: whom it is about."""

from typing import Final

from broker.exchange import Reply
from broker.web.answers import see_other
from broker.web.console.mine.consents import note
from broker.web.console.mine.pages import ChooseWhom, Overview, Part
from broker.web.console.mine.questions import ANSWERED, emergencies, questions
from broker.web.console.mine.turn import OwnTurn, age_rules, held_now, own, strong
from broker.web.console.row import MINE
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.whom import Choice, choice_of
from trust_framework.representation import Deed

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
    known = {one.id for one in held_now(turn)}
    if chosen == MYSELF or chosen in known:
        return see_other(MINE if chosen == MYSELF else f"{MINE}/for/{chosen}")
    return mine.render(ChooseWhom(action=f"{MINE}/vem", choices=tuple(_choices(mine))), TAB)


def _choices(mine: OwnTurn) -> list[Choice]:
    me = Choice(value=MYSELF, name=mine.name or mine.turn.actor.name, kind="self", chosen=True)
    return [me, *(choice_of(one, age_rules(mine.turn), mine.now) for one in held_now(mine.turn))]
