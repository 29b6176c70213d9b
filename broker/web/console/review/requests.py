"""G6: what persons ask for, each with its day: extracts of the log, access, correction, erasure. Where some of it may have to be
kept back, the member that gave the data is asked before an answer goes.
"""

from datetime import datetime, time

from wtforms.fields import SelectChoice

from broker.care import subject_requests
from broker.care.calling import CareRefused, ResultCode
from broker.care.calling import Done as Carried
from broker.care.subject_requests import DEEDS, Asked
from broker.exchange import Reply
from broker.web.console import pdf
from broker.web.console.forms import ConsoleForm
from broker.web.console.gate import member_names
from broker.web.console.handing_out import file_reply
from broker.web.console.people import name_of
from broker.web.console.review import erasing
from broker.web.console.review.desk import Desk, desk, person_by_number, today
from broker.web.console.review.entries import TooLong
from broker.web.console.review.forms import (
    KINDS,
    AdviseForm,
    ConsultForm,
    EraseForm,
    RequestActForm,
    RequestFileForm,
    RequestForm,
    fresh,
)
from broker.web.console.review.request_files import OFFERED, made
from broker.web.console.review.retention import not_allowed
from broker.web.console.sheet import Cell, Column, Doing, Done, Link, Narrowing, Sheet, Table, at, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.days import ZONE, day_after, midnight
from trust_framework.request_letters import letter
from trust_framework.roles import Action
from trust_framework.subject_requests import RequestAct, RequestKind, RequestState, SubjectRequest

MOODS = {
    RequestState.RECEIVED: "warn",
    RequestState.CONSULTING: "warn",
    RequestState.READY: "warn",
    RequestState.ANSWERED: "ok",
    RequestState.REFUSED: "off",
}


def listed(turn: ConsoleTurn) -> Reply:
    """The member's requests, the newest first, and a form that enters one."""
    here = desk(turn)
    form = RequestForm.of(turn, {"received": today(turn)})
    form.kind.choices = list(KINDS)
    return _listed(here, form)


def _listed(here: Desk, form: RequestForm) -> Reply:
    turn = here.turn
    state = turn.query.get("lage", "")
    state = state if state in {"open", *RequestState} else ""
    found = turn.store.subject_requests(turn.org, state, turn.query.get("efter", ""))
    table = Table(
        caption="request.list",
        columns=tuple(
            Column(said=each)
            for each in ("request.received", "request.kind", "review.patient", "request.due", "review.state")
        ),
        rows=tuple(_row(here, each) for each in found.rows),
        empty="request.none",
        total=found.total,
        next=turn.at(f"/begaran?lage={state}&efter={found.next}") if found.next else "",
    )
    options = (
        ("", "review.any"),
        ("open", "review.state.open"),
        *((s.value, "request.state." + s.value) for s in RequestState),
    )
    page = Sheet(
        part="G6",
        title="request.list",
        narrowing=(Narrowing(name="lage", said="review.state", options=options, chosen=state),),
        here=turn.at("/begaran"),
        tables=(table,),
        doings=(Doing(said="request.new", action=turn.at("/begaran"), button="request.new", form=form),),
    )
    return turn.render(page)


def _row(here: Desk, request: SubjectRequest) -> tuple[Cell, ...]:
    late = not request.done and request.due <= here.turn.now
    return (
        at(request.received_at, here.turn.at(f"/begaran/{request.id}")),
        said("request.kind." + request.kind.value),
        text(here.patient(request.person, None) or request.person[:8]),
        said("request.late", "err") if late else at(request.due - 1),
        said("request.state." + request.state.value, MOODS[request.state]),
    )


def received(turn: ConsoleTurn) -> Reply:
    """Enter a request."""
    here = desk(turn)
    form = RequestForm.of(turn)
    form.kind.choices = list(KINDS)
    if not form.valid(turn):
        return _listed(here, form)
    person, wrong = person_by_number(form.who.data, turn)
    if wrong:
        form.who.errors = [wrong]
        return _listed(here, form)
    came = int(datetime.combine(form.received.data, time(12), ZONE).timestamp())
    asked = Asked(
        RequestKind(form.kind.data),
        person,
        min(came, turn.now) if form.received.data <= today(turn) else came,
        form.asked.data,
        midnight(form.from_day.data) if form.from_day.data else None,
        day_after(form.to_day.data) - 1 if form.to_day.data else None,
    )
    try:
        done = subject_requests.receive(asked, turn.org, here.who, turn.now)
    except CareRefused as refused:
        form.received.errors = ["review.not." + refused.reason]
        return _listed(here, form)
    turn.commit(done.effects)
    return turn.see(turn.at(f"/begaran/{done.result.id}"), notice="request-kept")


# --- one request --------------------------------------------------------------------------------------------------------


def _found(here: Desk, id_: str) -> SubjectRequest:
    try:
        return subject_requests.found(id_, here.turn.org, here.on.store)
    except CareRefused:
        raise Missing from None


def shown(turn: ConsoleTurn, request: str) -> Reply:
    """One request: what was asked, what was done, and what may be done now."""
    here = desk(turn)
    return _shown(here, _found(here, request))


def _shown(here: Desk, request: SubjectRequest, wrong: str = "", sent: ConsoleForm | None = None) -> Reply:
    turn = here.turn
    own = request.org == turn.org
    url = turn.at(f"/begaran/{request.id}")
    page = Sheet(
        part="G6-request",
        title="request.one",
        of=request.id,
        back=Link(url=turn.at("/begaran"), said="request.back"),
        alerts=(*((wrong,) if wrong else ()), *(erasing.alerts(here, request) if own else ())),
        facts=_facts(here, request),
        done=tuple(_act(here, each) for each in request.acts),
        doings=tuple(_own(here, request, url, sent) if own else _asked(here, request, url, sent)),
        links=_letters(url) if own else (),
    )
    return turn.render(page)


def _letters(url: str) -> tuple[Link, ...]:
    return (
        Link(url=f"{url}/brev/sv", said="request.letter.sv", file=True),
        Link(url=f"{url}/brev/en", said="request.letter.en", file=True),
    )


def _facts(here: Desk, request: SubjectRequest) -> tuple[tuple[str, Cell], ...]:
    found = (
        ("request.kind", said("request.kind." + request.kind.value)),
        ("review.state", said("request.state." + request.state.value, MOODS[request.state])),
        ("review.patient", text(here.patient(request.person, None) or request.person[:8])),
        ("request.received", at(request.received_at)),
        ("request.due", at(request.due - 1)),
        ("review.since", at(request.since)),
        ("review.until", at(request.until)),
    )
    return tuple((key, cell) for key, cell in found if cell.text or cell.said or cell.at is not None)


def _act(here: Desk, act: RequestAct) -> Done:
    who = name_of(act.person, here.turn)
    names = member_names(act.org, here.turn.turn) if act.org else {}
    return Done(
        at=act.at,
        who=f"{who} · {here.name(names, act.org)}" if act.org else who,
        said="request.act." + act.what,
        words=tuple(act.note.splitlines()),
    )


def _own(here: Desk, request: SubjectRequest, url: str, sent: ConsoleForm | None) -> list[Doing]:
    if request.done:
        return []
    act = sent if isinstance(sent, RequestActForm) else fresh(RequestActForm, here.turn)
    act.act.choices = _deeds(request)
    ask = sent if isinstance(sent, ConsultForm) else fresh(ConsultForm, here.turn)
    return [
        *_files(here, request, url),
        *erasing.doing(here, request, url, sent),
        Doing(said="request.do", action=f"{url}/gor", button="request.do", form=act, lead="request.do.lead"),
        Doing(
            said="request.consult",
            action=f"{url}/fraga",
            button="request.consult",
            form=ask,
            lead="request.consult.lead",
        ),
    ]


def _deeds(request: SubjectRequest) -> list[SelectChoice]:
    """What may be done with it; an erasure is decided where one is asked for."""
    erasure = request.kind is RequestKind.ERASURE
    return [SelectChoice(name, "request.do." + name) for name in DEEDS if erasure or name != "decide-erasure"]


def _files(here: Desk, request: SubjectRequest, url: str) -> list[Doing]:
    """The files that answer it; none while who gave the data must be asked first."""
    if request.kind not in OFFERED or request.state is RequestState.CONSULTING:
        return []
    form = fresh(RequestFileForm, here.turn)
    form.which.choices = [SelectChoice(name, "request.file." + name) for name in OFFERED[request.kind]]
    return [Doing(said="request.file", action=f"{url}/fil", button="request.file", form=form, lead="request.file.lead")]


def handed_out(turn: ConsoleTurn, request: str) -> Reply:
    """A file for the person."""
    here = desk(turn)
    there = _found(here, request)
    form = RequestFileForm.of(turn)
    form.which.choices = [SelectChoice(name, "request.file." + name) for name in OFFERED.get(there.kind, ())]
    if there.org != turn.org or not form.valid(turn):
        raise Missing
    try:
        return made(here, there, form.which.data)
    except CareRefused as refused:
        return _shown(here, _found(here, request), "review.not." + refused.reason)
    except TooLong:
        return _shown(here, there, "review.not.pdf-long")
    except pdf.Missing:
        return _shown(here, there, "review.not.pdf-missing")


def erased(turn: ConsoleTurn, request: str) -> Reply:
    """The person of a request is erased, as another person decided: the security officer alone."""
    here = desk(turn)
    there = _found(here, request)
    if there.org != turn.org:
        raise Missing
    if not turn.may(Action.HOLD_LOG):
        return not_allowed(turn)
    form = EraseForm.of(turn)
    if not form.valid(turn):
        return _shown(here, there, sent=form)
    wrong = erasing.carried_out(here, there, form.erased.data)
    if wrong:
        return _shown(here, _found(here, request), wrong, form)
    return turn.see(turn.at(f"/begaran/{request}"), notice="request-erased")


def _asked(here: Desk, request: SubjectRequest, url: str, sent: ConsoleForm | None) -> list[Doing]:
    if request.state is not RequestState.CONSULTING:
        return []
    form = sent if isinstance(sent, AdviseForm) else fresh(AdviseForm, here.turn)
    return [Doing(said="request.advise", action=f"{url}/rad", button="request.advise", form=form)]


def acted(turn: ConsoleTurn, request: str, deed: str) -> Reply:
    """Do something with a request, or say what a member that was asked says."""
    here = desk(turn)
    there = _found(here, request)
    own = there.org == turn.org
    forms: dict[str, type[ConsoleForm]] = {"gor": RequestActForm, "fraga": ConsultForm} if own else {"rad": AdviseForm}
    if deed not in forms:
        raise Missing
    form = forms[deed].of(turn)
    if isinstance(form, RequestActForm):
        form.act.choices = _deeds(there)
    if not form.valid(turn):
        return _shown(here, there, sent=form)
    try:
        done = _done(here, there, form)
    except CareRefused as refused:
        return _shown(here, there, "review.not." + refused.reason, form)
    if not turn.commit(done.effects):
        return _shown(here, _found(here, request), "review.not.overtaken", form)
    return turn.see(turn.at(f"/begaran/{request}"), notice="request-kept")


def _done(here: Desk, request: SubjectRequest, form: ConsoleForm) -> Carried[SubjectRequest]:
    turn = here.turn
    match form:
        case ConsultForm():
            giver = form.giver.data.replace("-", "").strip()
            if turn.store.register_entry("member", giver) is None or giver == turn.org:
                raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-member")
            return subject_requests.consult(request, giver, form.question.data, here.who, turn.now)
        case AdviseForm():
            return subject_requests.advise(request, turn.org, form.advice.data, here.who, turn.now)
        case RequestActForm():
            return subject_requests.act(request, form.act.data, form.about.data, here.who, turn.now)
    raise Missing


def draft(turn: ConsoleTurn, request: str, language: str) -> Reply:
    """The draft of the letter to the person, in one language."""
    here = desk(turn)
    there = _found(here, request)
    if there.org != turn.org or language not in {"sv", "en"}:
        raise Missing
    names = member_names(turn.org, turn.turn)
    name = names.get(language) or next(iter(names.values()))
    body = letter(there, name, language, turn.now).encode()
    return file_reply(f"brev-{there.id}-{language}.txt", body, "text/plain; charset=utf-8")
