"""G2: the worklist of cases, and one case: what it is about, what was done, what may be done by whom."""

from typing import Final

from broker.care import cases
from broker.care.calling import CareRefused
from broker.care.cases import Deed
from broker.care.filings import CasesAsked
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console.forms import ConsoleForm
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk
from broker.web.console.review.entries import facts_of, note
from broker.web.console.review.forms import OUTCOMES, AnswerForm, AssessForm, NoteForm, ReopenForm, TakeForm, fresh
from broker.web.console.review.report import NAMES
from broker.web.console.sheet import Cell, Column, Doing, Done, Link, Narrowing, Sheet, Table, at, said, text, words
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.review_cases import BEGUN_BY_STAFF, CaseKind, CaseState, Outcome, ReviewCase, hindered, state

MOODS: Final = {
    CaseState.NEW: "warn",
    CaseState.TAKEN: "warn",
    CaseState.ASKED: "warn",
    CaseState.SECOND: "err",
    CaseState.CLOSED: "ok",
}
FORMS: Final[dict[str, type[ConsoleForm]]] = {
    "take": TakeForm,
    "assess": AssessForm,
    "note": NoteForm,
    "answer": AnswerForm,
    "reopen": ReopenForm,
}


# --- the worklist -------------------------------------------------------------------------------------------------------


def listed(turn: ConsoleTurn) -> Reply:
    """The cases of a care provider, by state, kind and review."""
    here = desk(turn)
    asked = CasesAsked(
        here.id, _one_of(turn, "lage", {"open", *CaseState}), _one_of(turn, "slag", set(CaseKind)),
        turn.query.get("granskning", ""), turn.query.get("efter", ""),
    )  # fmt: skip
    found = turn.store.review_cases(asked)
    here.people.meet((person for _, person in found.rows), (case.employee for case, _ in found.rows))
    kept = {"lage": asked.state, "slag": asked.kind, "granskning": asked.review}
    table = Table(
        caption="review.cases",
        columns=tuple(Column(said="review." + name) for name in ("opened", "kind", "employee", "patient", "state")),
        rows=tuple(_row(here, case, person) for case, person in found.rows),
        empty="review.cases.none",
        total=found.total,
        next=here.at("/arenden", **kept, efter=found.next) if found.next else "",
        first=here.at("/arenden", **kept) if asked.after else "",
    )
    page = Sheet(
        part="G2-cases",
        title="review.cases",
        of=here.name(here.provider.names, here.id) if here.provider else "",
        lead="" if here.provider else "review.no-provider",
        narrowing=(*here.choice(), *_narrowing(asked)),
        here=turn.at("/arenden"),
        tables=(table,),
    )
    return turn.render(page)


def _one_of(turn: ConsoleTurn, name: str, known: set[str]) -> str:
    value = turn.query.get(name, "")
    return value if value in known else ""


def _narrowing(asked: CasesAsked) -> tuple[Narrowing, ...]:
    states = (
        ("", "review.any"),
        ("open", "review.state.open"),
        *((s.value, "review.state." + s.value) for s in CaseState),
    )
    kinds = (("", "review.any"), *((kind.value, "review.kind." + kind.value) for kind in CaseKind))
    return (
        Narrowing(name="lage", said="review.state", options=states, chosen=asked.state),
        Narrowing(name="slag", said="review.kind", options=kinds, chosen=asked.kind),
    )


def _row(here: Desk, case: ReviewCase, person: str) -> tuple[Cell, ...]:
    where = state(case)
    return (
        at(case.opened_at, here.turn.at(f"/arenden/{case.id}")),
        _why(case),
        text(here.staff(case.employee)),
        text(here.patient(person, case.patient)),
        said("review.state." + where.value, MOODS[where]),
    )


def _why(case: ReviewCase) -> Cell:
    """Why there is a case: its kind, and the rules that hold."""
    if case.kind is not CaseKind.RULE:
        return said("review.kind." + case.kind.value)
    told = [NAMES.get(rule, {"sv": rule}) for rule in case.rules]
    names = {lang: ", ".join(each.get(lang, each["sv"]) for each in told) for lang in ("sv", "en")}
    return Cell(said="review.kind." + case.kind.value, text={lang: f"· {name}" for lang, name in names.items()})


# --- one case -----------------------------------------------------------------------------------------------------------


def _found(here: Desk, id_: str) -> tuple[Desk, ReviewCase, str]:
    """A case with its patient's id, and the desk of the provider whose log it is of."""
    try:
        case, person = cases.found(id_, here.who, here.on)
    except CareRefused:
        raise Missing from None
    return here.of(case.provider), case, person


def shown(turn: ConsoleTurn, case: str) -> Reply:
    """One case. That somebody read what it is about is recorded before it is shown."""
    here, found, person = _found(desk(turn), case)
    turn.commit(Effects(events=(note(here, "case", case[:8], 1, person=person),)))
    return _shown(here, found, person)


def _shown(
    here: Desk, case: ReviewCase, person: str, wrong: str = "", sent: tuple[str, ConsoleForm] | None = None
) -> Reply:
    turn = here.turn
    stopped = hindered(case, person, cases.reviewer(here.who, here.on))
    alerts = (*((wrong,) if wrong else ()), *(("review.not." + stopped.value,) if stopped else ()))
    page = Sheet(
        part="G2-case",
        title="review.case",
        of=case.id[:8],
        back=Link(url=here.at("/arenden"), said="review.cases.back"),
        alerts=alerts,
        facts=() if stopped else _facts(here, case, person),
        done=() if stopped else tuple(_act(here, each) for each in case.acts),
        doings=() if stopped else tuple(_doings(here, case, sent)),
        links=() if stopped else _links(here, case),
    )
    return turn.render(page)


def _facts(here: Desk, case: ReviewCase, person: str) -> tuple[tuple[str, Cell], ...]:
    where = state(case)
    common = (
        ("review.kind", _why(case)),
        ("review.state", said("review.state." + where.value, MOODS[where])),
        ("review.opened", at(case.opened_at)),
        *((("review.unknown", said("review.unknown.second", "warn")),) if cases.nobodys(case, here.on) else ()),
    )
    row = here.on.store.access_row(case.about) if case.about and case.kind not in BEGUN_BY_STAFF else None
    if row is not None:
        return (*common, *facts_of(here, row))
    emergency = here.on.store.emergency(case.about) if case.about and case.kind in BEGUN_BY_STAFF else None
    if emergency and (emergency[0].actor.provider, emergency[1]) != (case.provider, person):
        emergency = None  # its id is the caller's: another's may have the same
    told = (
        ("review.employee", text(here.staff(case.employee))),
        ("review.patient", text(here.patient(person, case.patient, whole=True))),
        ("review.unit", text(here.unit(case.unit))),
        *(
            (("review.reason", words(emergency[0].reason)), ("review.until", at(emergency[0].until)))
            if emergency
            else ()
        ),
    )
    return (*common, *((key, cell) for key, cell in told if cell.text or cell.lines or cell.at is not None))


def _act(here: Desk, act: object) -> Done:
    from trust_framework.review_cases import CaseAct

    assert isinstance(act, CaseAct)  # noqa: S101  # for the reader of types
    return Done(
        at=act.at,
        who=name_of(act.person, here.turn),
        said="review.act." + act.what,
        words=tuple(act.note.splitlines()),
        outcome="review.outcome." + act.outcome.value if act.outcome else "",
    )


def _doings(here: Desk, case: ReviewCase, sent: tuple[str, ConsoleForm] | None) -> list[Doing]:
    where = state(case)
    if where is CaseState.CLOSED:
        wanted = ["reopen"]
    else:
        wanted = [*(["take"] if where is CaseState.NEW else []), "assess", "note"]
        wanted += ["answer"] if case.kind is CaseKind.PATIENT_ASKS else []
    return [_doing(here, case, name, sent) for name in wanted]


def _doing(here: Desk, case: ReviewCase, name: str, sent: tuple[str, ConsoleForm] | None) -> Doing:
    form = sent[1] if sent and sent[0] == name else fresh(FORMS[name], here.turn)
    if isinstance(form, AssessForm):
        form.outcome.choices = list(OUTCOMES)
    lead = "review.do." + name + ".lead"
    return Doing(
        said="review.do." + name,
        action=here.turn.at(f"/arenden/{case.id}/{name}"),
        button="review.do." + name,
        form=form,
        lead=lead,
    )


def _links(here: Desk, case: ReviewCase) -> tuple[Link, ...]:
    turn = here.turn
    drawn = (Link(url=turn.at(f"/granskningar/{case.review}"), said="review.case.review"),) if case.review else ()
    breach = Outcome.SUSPECTED in {act.outcome for act in case.acts}
    return (*drawn, *((Link(url=turn.at(f"/incidenter?arende={case.id}"), said="breach.from-case"),) if breach else ()))


def acted(turn: ConsoleTurn, case: str, deed: str) -> Reply:
    """Do something with a case."""
    here, found, person = _found(desk(turn), case)
    if deed not in FORMS:
        raise Missing
    form = FORMS[deed].of(turn)
    if isinstance(form, AssessForm):
        form.outcome.choices = list(OUTCOMES)
    if not form.valid(turn):
        return _shown(here, found, person, sent=(deed, form))
    try:
        done = cases.act(case, _deed(deed, form), here.who, here.on, turn.now)
    except CareRefused as refused:
        return _shown(here, found, person, "review.not." + refused.reason, (deed, form))
    if not turn.commit(done.effects):
        return _shown(*_found(here, case), "review.not.overtaken", (deed, form))
    return turn.see(turn.at(f"/arenden/{case}"), notice="case-kept")


def _deed(name: str, form: ConsoleForm) -> Deed:
    match form:
        case AssessForm():
            return Deed(name, form.finding.data, Outcome(form.outcome.data))
        case NoteForm():
            return Deed(name, form.remark.data)
        case AnswerForm():
            return Deed(name, form.reply.data)
        case ReopenForm():
            return Deed(name, form.again.data)
    return Deed(name)
