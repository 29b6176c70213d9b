"""The copy of another node's blocks, when an answer of that node would open too much of it: the card, and the page where an
operator accepts or refuses that.
"""

from collections.abc import Iterator
from typing import Final

from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields import SelectChoice

from broker.care import copy_bound
from broker.care.calling import CareRefused
from broker.care.copies import STATE, state_of
from broker.care.copy_bound import Held, Word
from broker.exchange import Reply
from broker.web.console.forms import ConsoleForm, longest, required
from broker.web.console.people import name_of
from broker.web.console.review.forms import LONGEST_REASON, in_words
from broker.web.console.sharing_forms import text as in_text
from broker.web.console.sheet import Cell, Doing, Done, Sheet, at, said, text
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from trust_framework.roles import Action

AT: Final = "/kopia"
ACCEPT, REFUSE = "accept", "refuse"
LONGEST_NUMBER: Final = 20


class JudgeForm(ConsoleForm):
    """Whether what is held is right, and why; `since` and `opens` say what was looked at."""

    since = HiddenField()
    opens = HiddenField()
    word = SelectField(
        "copy.word",
        choices=[SelectChoice("", "copy.choose"), *(SelectChoice(w, "copy." + w) for w in (REFUSE, ACCEPT))],
    )
    reason = TextAreaField("copy.reason", [required(), in_words, longest(LONGEST_REASON), in_text])


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """A card for as long as something is held; what it says changes once somebody has refused it."""
    if turn.org or copy_bound.held(turn.store) is None:
        return
    yield Todo("copy.waits." + _state(copy_bound.word(turn.store)), turn.at(AT), "copy.look")


def _state(word: Word | None) -> str:
    return "held" if word is None else "accepted" if word.accepted else "refused"


def shown(turn: ConsoleTurn) -> Reply:
    """What is held, of how much, since when; what was said of it."""
    return _shown(turn, JudgeForm.of(turn))


def _shown(turn: ConsoleTurn, form: JudgeForm, wrong: str = "") -> Reply:
    held, word = copy_bound.held(turn.store), copy_bound.word(turn.store)
    page = Sheet(
        part="O-copy",
        title="copy.title",
        lead="copy.lead" if held else "copy.none",
        alerts=(wrong,) if wrong else (),
        facts=tuple(_facts(turn, held, word)),
        done=_said(turn, word),
        doings=_doings(turn, held, form),
    )
    return turn.render(page)


def _facts(turn: ConsoleTurn, held: Held | None, word: Word | None) -> Iterator[tuple[str, Cell]]:
    state = state_of(turn.store.setting(STATE))
    if state.synced_at is not None:
        yield "copy.synced", at(state.synced_at)
    if state.doubts:
        yield "copy.doubts", text(str(len(state.doubts)))
    if held:
        yield "review.state", said("copy.state." + _state(word), "warn")
        yield "copy.since", at(held.since)
        yield "copy.opens", text(f"{held.opens} / {held.standing}")
        yield "copy.most", text(str(held.most))


def _said(turn: ConsoleTurn, word: Word | None) -> tuple[Done, ...]:
    if word is None:
        return ()
    deed = "copy.done." + (ACCEPT if word.accepted else REFUSE)
    return (Done(at=word.at, who=name_of(word.by, turn), said=deed, words=tuple(word.reason.splitlines())),)


def _doings(turn: ConsoleTurn, held: Held | None, form: JudgeForm) -> tuple[Doing, ...]:
    if held is None or not turn.may(Action.SUSPEND):
        return ()
    judging = Doing(
        said="copy.judge",
        action=turn.at(AT),
        button="copy.judge",
        form=form,
        lead="copy.judge.lead",
        fields=(("since", str(held.since)), ("opens", str(held.opens))),
    )
    return (judging,)


def judged(turn: ConsoleTurn) -> Reply:
    """An operator's word. What came in its place or beside it meanwhile has not been looked at, and is not accepted with it."""
    form = JudgeForm.of(turn)
    word = form.word.data
    if not form.valid(turn):
        return _shown(turn, form)
    if word not in {ACCEPT, REFUSE}:
        return _shown(turn, form, "copy.choose-one")
    try:
        effects = copy_bound.judge(
            _number(form.since.data or ""),
            _number(form.opens.data or ""),
            accept=word == ACCEPT,
            reason=form.reason.data,
            by=turn.actor.person,
            store=turn.store,
            now=turn.now,
        )
    except CareRefused:
        return _shown(turn, form, "copy.not-waiting")
    if not turn.commit(effects):
        return _shown(turn, form, "copy.not-waiting")
    return turn.see(turn.at(AT), f"copy-{word}")


def _number(posted: str) -> int:
    """A number as the form was given it; what is none, or too long for one, was not shown by it."""
    return int(posted) if posted.isdecimal() and len(posted) < LONGEST_NUMBER else 0
