"""The first pages: of a member's portal (M1) and of the operator's console (O1)."""

from collections.abc import Iterator
from typing import Final

from broker.audit.tally import EVERYTHING, FAULT, RELEASED
from broker.audit.verified import Verified
from broker.exchange import Reply
from broker.federation.numbers import MethodCount
from broker.web.console import services, tally
from broker.web.console.configuration import MOST_DRIFT
from broker.web.console.services import WEEK, percent
from broker.web.console.start_pages import (
    CauseRow,
    Dashboard,
    Figure,
    LogState,
    MethodHealth,
    PortalStart,
)
from broker.web.console.turn import ConsoleTurn
from broker.web.console.waiting import waiting
from trust_framework.reasons import REASONS
from trust_framework.roles import Action

RECENT: Final = 15
"""Minutes of which the logins per minute are the mean."""

MOST_CAUSES: Final = 10


# --- M1 -----------------------------------------------------------------------------------------------------------------


def portal(turn: ConsoleTurn) -> Reply:
    """M1. What waits for the organisation, and its services."""
    connect = turn.at("/anslut") if turn.may(Action.EDIT) else ""
    return turn.render(PortalStart(todo=waiting(turn), services=services.listed(turn), connect=connect))


# --- O1 -----------------------------------------------------------------------------------------------------------------


def dashboard(turn: ConsoleTurn) -> Reply:
    """O1. What waits for the federation, and how it is."""
    minutes = turn.store.logins_by_minute(turn.now - RECENT * 60)
    page = Dashboard(
        todo=waiting(turn),
        figures=tuple(_figures(turn)),
        per_minute=f"{sum(each.good for each in minutes) / RECENT:.1f}",
        methods=tuple(_method(each, turn) for each in turn.store.logins_by_method(turn.now - WEEK)),
        causes=_causes(turn),
        log=LogState(
            sealed=turn.store.log_state().size,
            waiting=turn.store.log_waiting(),
            checkpoint_at=turn.store.log_checkpoint_at(),
            verified=Verified.read(turn.store),
        ),
    )
    return turn.render(page)


def _figures(turn: ConsoleTurn) -> Iterator[Figure]:
    for name, kind in (("members", "member"), ("services", "service"), ("providers", "identity_provider")):
        count = turn.store.register_page(kind, count=1).total
        yield Figure(name=name, value=str(count), url=turn.at(f"/register/{kind}"))
    if not turn.may(Action.VIEW_CONFIGURATION):
        return
    drift = turn.store.register_drifted_count(MOST_DRIFT + 1)
    shown = str(drift) if drift <= MOST_DRIFT else f"> {MOST_DRIFT}"
    yield Figure(name="drift", value=shown, url=turn.at("/installningar"))


def _method(count: MethodCount, turn: ConsoleTurn) -> MethodHealth:
    terms = turn.on.services.federation().providers.get(count.method)
    upstream = turn.store.register_entry("identity_provider", count.method) is not None
    whole = count.good + count.faults
    return MethodHealth(
        names=terms.names if terms else {"sv": count.method},
        url=turn.at(f"/register/{'identity_provider' if upstream else 'method'}/{count.method}"),
        good=count.good,
        faults=count.faults,
        share=percent(count.faults / whole if whole else None),
        last_good=count.last_good or None,
        good_url=tally.at(turn, cause=RELEASED, method=count.method),
        faults_url=tally.at(turn, cause=FAULT, method=count.method),
    )


def _causes(turn: ConsoleTurn) -> tuple[CauseRow, ...]:
    """The causes of the last seven days, most first, each with how it was the seven days before."""
    store, now = turn.store, turn.now
    before = {each.cause: each.number for each in store.faults_by_cause(EVERYTHING, now - 2 * WEEK, now - WEEK)}
    found = store.faults_by_cause(EVERYTHING, now - WEEK, now)
    return tuple(
        CauseRow(
            code=each.cause,
            text=_sentence(each.cause),
            number=each.number,
            before=before.get(each.cause, 0),
            url=tally.at(turn, cause=each.cause),
        )
        for each in found[:MOST_CAUSES]
    )


def _sentence(code: str) -> dict[str, str]:
    reason = REASONS.get(code)
    return {lang: reason.told(lang, {}).what for lang in ("sv", "en")} if reason else {}
