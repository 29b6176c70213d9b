"""Sharing agreements for programs: seen, drafted, signed, stopped and left by the same functions as in the pages.

Every change is a person's: it asks for one who has just identified, and a signature for the level of `SIGNING_RANK`.
"""

from collections.abc import Callable
from typing import Any, Final

from broker.federation import agreement_desk
from broker.federation import agreements as acts
from broker.federation.agreement_desk import AgreementDesk
from broker.federation.agreements import By, NotNow
from broker.federation.register import Content, Entry
from broker.login.effects import Effects
from broker.web.api import agreement_values as values
from broker.web.api.errors import ApiError
from broker.web.api.register import searched
from broker.web.api.turn import ApiTurn
from trust_framework.agreement_notices import notices
from trust_framework.agreements import AnyAgreement, SharingAgreement
from trust_framework.persons import called
from trust_framework.roles import FEDERATION, Action, may

ORIGIN: Final = "api"


def desk(turn: ApiTurn) -> AgreementDesk:
    """Where this call's agreements are worked on."""
    actor, org = turn.actor, turn.org or FEDERATION
    by = By(org, actor.person, actor.name or _name(turn), actor.level)
    return AgreementDesk(turn.store, turn.on.services.settings, turn.now, by, may(actor, Action.SIGN, org), ORIGIN)


def _name(turn: ApiTurn) -> str:
    known = turn.store.person(turn.actor.person)
    return called(known.attributes) if known else ""


def listed(turn: ApiTurn) -> values.AgreementList:
    """The agreements that the member is party to, by name; all of them for the federation."""
    asked = searched(turn)
    page = turn.store.agreements_of(turn.org, asked.search, asked.after, asked.count)
    entries = (turn.store.register_entry(acts.KIND, each.id) for each in page.entries)
    rows = tuple(_row(entry, found, turn) for entry in entries if entry and (found := agreement_desk.read(entry)))
    return values.AgreementList(agreements=rows, total=page.total, next=page.next)


def _row(entry: Entry, found: AnyAgreement, turn: ApiTurn) -> values.ListedAgreement:
    return values.ListedAgreement(
        id=entry.id,
        version=entry.version,
        standing=found.standing(turn.now).value,
        to_sign=agreement_desk.to_sign(found, turn.org),
    )


def shown(turn: ApiTurn, agreement: str) -> values.AgreementShown:
    """One agreement: what the federation file would say of it, what it waits for, and what may be done with it now."""
    entry, found = turn.found(agreement_desk.found(agreement, desk(turn)))
    return _shown(entry, found, turn)


def _shown(entry: Entry, found: AnyAgreement, turn: ApiTurn) -> values.AgreementShown:
    waiting = found.proposed if isinstance(found, SharingAgreement) else None
    return values.AgreementShown(
        **_row(entry, found, turn).model_dump(),
        content=_told(entry.content or {}, turn.org),
        digest=waiting.digest if waiting else "",
        unsigned=tuple(sorted(found.unsigned_by(waiting))) if isinstance(found, SharingAgreement) and waiting else (),
        lacking=found.lacking(waiting) if isinstance(found, SharingAgreement) and waiting else (),
        acts=tuple(sorted(agreement_desk.offered(found, desk(turn)))),
        notices=tuple(
            values.AgreementNotice(kind=each.kind.value, at=each.at, org=each.org)
            for each in notices((found,), turn.now)
        ),
    )


def _told(content: Content, org: str) -> dict[str, Any]:
    """What is agreed, without the register's ids of the persons of other parties; the federation is told those too."""

    def without(acts: Any) -> list[dict[str, Any]]:
        return [
            {k: v for k, v in act.items() if k != "person" or not org or org in (act.get("org"), act.get("giver"))}
            for act in acts
        ]

    told = {name: without(acts) if name in _OF_PERSONS else acts for name, acts in content.items()}
    versions = [
        {k: without(v) if k == "signatures" else v for k, v in each.items()} for each in content.get("versions", ())
    ]
    return told | ({"versions": versions} if versions else {})


_OF_PERSONS: Final = frozenset({"reviews", "suspensions", "extras"})
"""Lists of an agreement in which each row says who did it."""


def drafted(turn: ApiTurn) -> values.AgreementShown:
    """Draft a new agreement. It holds when all parties have signed."""
    body = turn.body
    return _done(body.id, lambda at: agreement_desk.drafted(None, body.terms, _head(body), at), turn)


def redrafted(turn: ApiTurn, agreement: str) -> values.AgreementShown:
    """Draft the next version. The one in force goes on until all have signed this."""
    entry, found = turn.found(agreement_desk.found(agreement, desk(turn)))
    if not isinstance(found, SharingAgreement):
        raise ApiError("refused", why="short-form")
    body = turn.body
    return _done(agreement, lambda at: agreement_desk.drafted(entry, body.terms, _head(body), at), turn)


def _head(body: values.AgreementTerms) -> dict[str, object]:
    return {"id": body.id, "names": dict(body.names)}


def acted(turn: ApiTurn, agreement: str, act: str) -> values.AgreementShown:
    """Do something with an agreement: sign, suspend, resume, leave, left, confirm, review."""
    entry, found = turn.found(agreement_desk.found(agreement, desk(turn)))
    if act not in agreement_desk.ACTS:
        raise ApiError("missing")
    given = turn.body.model_dump()
    return _done(agreement, lambda at: agreement_desk.done(entry, found, act, given, at), turn)


def _done(agreement: str, change: Callable[[AgreementDesk], Effects], turn: ApiTurn) -> values.AgreementShown:
    try:
        turn.commit(change(desk(turn)))
    except NotNow as error:
        raise ApiError("refused", why=error.code) from error
    return shown(turn, agreement)
