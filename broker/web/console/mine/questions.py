"""What a patient has asked about accesses, how emergency accesses were looked at, and one access with its proof and a question.

The patient sees where a question stands (received, looked at, answered) and what they are told word for word; nothing else of
the case.
"""

import base64
from typing import Final

from wtforms import TextAreaField
from wtforms.validators import Length

from broker.audit.checkpoint import Checkpoint, read_note
from broker.audit.tree import BadProof, leaf_hash, verify_inclusion
from broker.care import cases
from broker.care.calling import CareRefused, ResultCode, carried_out
from broker.care.cases import LONGEST_QUESTION, Question
from broker.care.filings import ReviewServices
from broker.exchange import Reply
from broker.web.console.forms import ConsoleForm, required
from broker.web.console.mine import extract
from broker.web.console.mine.care_pages import OneAccess, Proof, QuestionCard
from broker.web.console.mine.consents import note
from broker.web.console.mine.pages import Emergency
from broker.web.console.mine.places import provider_name, unit_name
from broker.web.console.mine.reading import Reading
from broker.web.console.mine.turn import OwnTurn, closed, own
from broker.web.console.row import MINE
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.representation import Deed
from trust_framework.review_cases import CaseKind, ReviewCase

TAB: Final = "own-access"
RECEIVED, LOOKED_AT, ANSWERED = "received", "looked-at", "answered"


class QuestionForm(ConsoleForm):
    """What the patient wonders about an access."""

    words = TextAreaField("own.ask.words", [required(), Length(max=LONGEST_QUESTION, message="form.too-long")])


def questions(mine: OwnTurn) -> tuple[QuestionCard, ...]:
    """What the patient has asked, the newest first."""
    return tuple(_question(one, mine) for one in _asked(mine))


def _asked(mine: OwnTurn) -> list[ReviewCase]:
    """The patient's own cases, the newest first."""
    cases_, hidden = mine.store.review_cases_of(mine.person), mine.hidden
    return [one for one in reversed(cases_) if one.kind is CaseKind.PATIENT_ASKS and one.provider not in hidden]


def _question(case: ReviewCase, mine: OwnTurn) -> QuestionCard:
    words = next((act.note for act in case.acts if act.what == "opened"), "")
    answers = tuple((act.at, act.note) for act in case.acts if act.what == "answered")
    return QuestionCard(
        at=case.opened_at,
        unit=unit_name(case.unit, mine),
        provider=provider_name(case.provider, mine),
        question=words,
        state=state(case),
        answers=answers,
        url=mine.at(f"/atkomst/{case.about}"),
    )


def state(case: ReviewCase) -> str:
    """Where a question stands, as the patient is told."""
    words = [act.what for act in case.acts]
    again = max((n for n, word in enumerate(words) if word == "reopened"), default=0)
    if case.closed_at is not None or "answered" in words[again:]:
        return ANSWERED
    return LOOKED_AT if set(words) - {"opened"} else RECEIVED


def emergencies(mine: OwnTurn) -> tuple[Emergency, ...]:
    """When somebody opened what was closed because care could not wait (an access, a lift, a consent: each began a case), the
    newest first, and whether it was looked at.
    """
    cases_, hidden = mine.store.review_cases_of(mine.person), mine.hidden
    return tuple(
        Emergency(
            at=one.opened_at,
            unit=unit_name(one.unit, mine),
            provider=provider_name(one.provider, mine),
            state="open" if one.closed_at is None else "closed",
        )
        for one in reversed(cases_)
        if one.kind is CaseKind.EMERGENCY and one.provider not in hidden
    )


# --- one access ----------------------------------------------------------------------------------------------------------


def shown(turn: ConsoleTurn, entry: str, about: str = "") -> Reply:
    """One access: all that is told of it, whether it is authentic, and a question about it; or its extract."""
    mine = own(turn, about)
    if stopped := closed(mine, TAB):
        return stopped
    reading, row = _found(mine, entry)
    if turn.query.get("som") == "utdrag":
        note(mine, "access", "utdrag")
        return extract.reply(reading.told((row,)), mine)
    note(mine, "access")
    return _page(row, QuestionForm.of(turn), reading)


def _found(mine: OwnTurn, entry: str) -> tuple[Reading, AccessRow]:
    """An entry of the patient's log that may be shown. Raises Missing."""
    mine.require(Deed.READ)
    row = mine.store.access_row(entry)
    reading = Reading(mine, {}, AccessSought(person=mine.person))
    found = mine.turn.found(row if row and row.person == mine.person else None)
    if not reading.shows(found):
        raise Missing
    return reading, found


def _page(row: AccessRow, form: QuestionForm, reading: Reading) -> Reply:
    mine = reading.mine
    path = mine.at(f"/atkomst/{row.id}")
    case = next((one for one in _asked(mine) if one.about == row.id), None)
    page = OneAccess(
        about=mine.about(),
        told=next(reading.in_words((row,))),
        back=mine.at("/atkomst"),
        proof=proof_of(row, mine),
        extract_url=f"{path}?som=utdrag",
        script_url=f"{MINE}/kontroll.py",
        verifiers=tuple(one.text for one in mine.store.log_verifiers()),
        question=_question(case, mine) if case else None,
        ask=f"{path}/fraga",
        form=form,
        asks=mine.may(Deed.ASK) and (case is None or case.closed_at is not None),
    )
    return mine.render(page, TAB)


def proof_of(row: AccessRow, mine: OwnTurn) -> Proof | None:
    """What proves that the entry stands in the log, followed to the root that was signed; None while it is not sealed."""
    if row.position is None:
        return None
    try:
        signed, proofs = mine.store.log_proofs((row.position,))
    except BadProof:
        return _proof(row.position, mine.store.log_state().note, ())
    if row.position not in proofs:
        return None
    leaf, path = proofs[row.position]
    return _proof(row.position, signed, path, holds=_holds(row, leaf, path, read_note(signed)))


def _holds(row: AccessRow, leaf: bytes, path: tuple[bytes, ...], signed: Checkpoint) -> bool:
    """Whether the leaf names the entry's text, and the path leads from it to the signed root."""
    try:
        verify_inclusion(row.position or 0, signed.size, leaf_hash(leaf), path, signed.root)
    except BadProof:
        return False
    return extract.names(leaf, row.text)


def _proof(position: int, signed: str, path: tuple[bytes, ...], *, holds: bool = False) -> Proof:
    checkpoint = read_note(signed)
    return Proof(
        position=position,
        size=checkpoint.size,
        root=base64.b64encode(checkpoint.root).decode(),
        path=tuple(base64.b64encode(one).decode() for one in path),
        checkpoint=signed,
        holds=holds,
    )


def ask(turn: ConsoleTurn, entry: str, about: str = "") -> Reply:
    """Ask the care provider's log reviewers about an access."""
    mine = own(turn, about)
    reading, row = _found(mine, entry)
    mine.require(Deed.ASK)
    form = QuestionForm.of(turn)
    if not form.valid(turn):
        return _page(row, form, reading)
    number, record = turn.found(mine.number), row.record
    question = Question(row.id, record.provider, number, form.words.data, record.user, record.unit)
    care, who = mine.care, mine.caller
    on = ReviewServices(turn.store, care.register, care.version)
    try:
        carried_out(lambda: cases.ask(question, who, on, turn.now), care.store)
    except CareRefused as refused:
        if refused.code is ResultCode.NOTFOUND:
            raise Missing from refused
        return turn.see(mine.at(f"/atkomst/{entry}"), "own-too-many-questions")
    return turn.see(mine.at(f"/atkomst/{entry}"), "own-question-sent")


def script(turn: ConsoleTurn) -> Reply:
    """The script that verifies an extract, for anybody's own machine."""
    own(turn)
    return extract.script()
