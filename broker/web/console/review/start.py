"""The door of log review, and what waits there: cases, clocks, requests, corrections."""

from collections.abc import Iterator, Mapping

from broker.care.filings import CasesAsked
from broker.exchange import Reply
from broker.web.answers import see_other
from broker.web.console.entry_pages import ChoosePortal, NoRole
from broker.web.console.review.desk import Desk, desk, services
from broker.web.console.review.report import period
from broker.web.console.row import REVIEW
from broker.web.console.sheet import Column, Sheet, Table, figure, said, text
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from trust_framework.days import day_of
from trust_framework.review_cases import CaseKind, CaseState
from trust_framework.review_report import Review
from trust_framework.roles import FEDERATION, Action, may

SHOWN = 5
SECOND = {
    "sv": ("ärende väntar på en andra person", "ärenden väntar på en andra person"),
    "en": ("case waits for a second person", "cases wait for a second person"),
}
QUESTIONS = {
    "sv": ("fråga från patienter om åtkomst", "frågor från patienter om åtkomst"),
    "en": ("question of patients about access", "questions of patients about access"),
}


def door(turn: ConsoleTurn) -> Reply:
    """Goes on to the one organisation whose log the person reviews, or lets them choose. Who reviews for the federation chooses
    among the care providers.
    """
    if may(turn.actor, Action.REVIEW_LOG, FEDERATION):
        return turn.render(_everywhere(turn))
    own = [org for org in turn.actor.orgs if may(turn.actor, Action.REVIEW_LOG, org)]
    if len(own) == 1:
        return see_other(f"{REVIEW}/{own[0]}")
    return turn.render(ChoosePortal() if own else NoRole())


def _everywhere(turn: ConsoleTurn) -> Sheet:
    providers = sorted(services(turn).register.providers.values(), key=lambda each: each.hsa_id)
    rows = tuple(
        (text(each.names or {"sv": each.hsa_id}, f"{REVIEW}/{each.org}?vg={each.hsa_id}"), text(each.hsa_id))
        for each in providers
    )
    columns = (Column(said="review.provider"), Column(said="review.hsa-id"))
    table = Table(caption="review.providers", columns=columns, rows=rows, empty="review.providers.none")
    return Sheet(part="door", title="review.title", tables=(table,))


def start(turn: ConsoleTurn) -> Reply:
    """What waits, and how many cases there are."""
    at = desk(turn)
    counts = turn.store.review_case_counts(at.id) if at.provider else {}
    rows = tuple(
        (
            said("review.state." + each.value, url=at.at("/arenden", lage=each.value)),
            figure(counts.get(each, 0)),
        )
        for each in CaseState
    )
    table = Table(
        caption="review.cases",
        columns=(Column(said="review.state"), Column(said="review.number", figure=True)),
        rows=rows,
        empty="review.cases.none",
    )
    page = Sheet(
        part="start",
        title="review.title",
        of=at.name(at.provider.names, at.id) if at.provider else "",
        lead="" if at.provider else "review.no-provider",
        todo=tuple(waiting(turn)),
        narrowing=at.choice(),
        here=turn.at(),
        tables=(table,) if at.provider else (),
    )
    return turn.render(page)


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """What somebody must do something about: emergencies first, then what has a day."""
    if not turn.org or not turn.may(Action.REVIEW_LOG):
        return
    at = desk(turn)
    base = f"{REVIEW}/{turn.org}"
    for provider in at.providers:
        emergencies = turn.store.review_cases(
            CasesAsked(provider.hsa_id, "open", CaseKind.EMERGENCY.value, count=SHOWN)
        )
        for case, _ in emergencies.rows:
            yield Todo(_emergency(at, case.employee, case.unit), f"{base}/arenden/{case.id}", "review.look")
        for review in turn.store.log_reviews_running(provider.hsa_id)[:SHOWN]:
            if review.due and review.drawing is None:
                yield Todo(_review(review, turn.now), f"{base}/granskningar/{review.id}", "review.look")
        at_provider = f"{base}/arenden?vg={provider.hsa_id}"
        second = turn.store.review_case_counts(provider.hsa_id).get(CaseState.SECOND, 0)
        if second:
            yield Todo(_number(second, SECOND), f"{at_provider}&lage=second", "review.look")
        asked = turn.store.review_cases(CasesAsked(provider.hsa_id, "open", CaseKind.PATIENT_ASKS.value, count=1)).total
        if asked:
            yield Todo(_number(asked, QUESTIONS), f"{at_provider}&lage=open&slag=patient-asks", "review.look")
    yield from _duties(turn, base)


def _duties(turn: ConsoleTurn, base: str) -> Iterator[Todo]:
    for breach in turn.store.breaches_running(turn.org):
        hours = (breach.due - turn.now) // 3600
        yield Todo(_clock(hours), f"{base}/incidenter/{breach.id}", "review.look")
    for request in turn.store.subject_requests_consulting(turn.org):
        yield Todo("request.advice-wanted", f"{base}/begaran/{request.id}", "review.look")
    late = [one for one in turn.store.subject_requests(turn.org, "open").rows if one.due < turn.now + 7 * 86_400]
    for request in late[:SHOWN]:
        yield Todo("request.due-soon", f"{base}/begaran/{request.id}", "review.look")
    if turn.store.corrections_waiting(turn.org, count=1).total:
        yield Todo("correction.waits", f"/portal/{turn.org}/rattelser", "review.look")


def _emergency(at: Desk, employee: str, unit: str) -> dict[str, str]:
    who, where = at.staff(employee), at.unit(unit)
    return {
        "sv": f"Nödåtkomst väntar på granskning: {who}, {where}.",
        "en": f"Emergency access waits for review: {who}, {where}.",
    }


def _review(review: Review, now: int) -> dict[str, str]:
    days, by = period(review.selection), day_of((review.due or now) - 1).isoformat()
    if review.overdue(now):
        return {
            "sv": f"Försenad logggranskning av {days}: rapporten skulle vara signerad {by}.",
            "en": f"Overdue log review of {days}: the report was to be signed by {by}.",
        }
    return {
        "sv": f"Logggranskning av {days}: signera rapporten senast {by}.",
        "en": f"Log review of {days}: sign the report by {by}.",
    }


def _number(number: int, words: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """How many: the words for one, and for more."""
    return {lang: f"{number} {one if number == 1 else many}." for lang, (one, many) in words.items()}


def _clock(hours: int) -> dict[str, str]:
    if hours < 0:
        return {
            "sv": f"Personuppgiftsincident: 72 timmar gick ut för {-hours} timmar sedan.",
            "en": f"Personal data breach: the 72 hours ran out {-hours} hours ago.",
        }
    return {
        "sv": f"Personuppgiftsincident: {hours} timmar kvar att anmäla.",
        "en": f"Personal data breach: {hours} hours left to notify.",
    }
