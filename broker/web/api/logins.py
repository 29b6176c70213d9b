"""How logins went, for programs: a service's logins and faults, one of them with its reasons, and what a supposed one gives.

A member sees its own services and its people masked; the federation sees all. Reading is recorded, and so is supposing.
"""

from collections.abc import Mapping
from typing import Any, Final

from broker.audit import trace
from broker.audit.events import LoginSimulated, LoginsRead
from broker.audit.trace import Logged, Sought, finding_of
from broker.login.effects import Effects
from broker.login.own import IDS
from broker.login.ports import Federation
from broker.login.simulation import Supposed, result_of, simulate
from broker.web import grounds
from broker.web.api import values
from broker.web.api.errors import ApiError
from broker.web.api.turn import ApiTurn
from broker.web.console.logins import LONGEST_REFERENCE, NEWEST, cursor, masked, person_of
from trust_framework.case import Verdict
from trust_framework.explanation import Reader, explained
from trust_framework.grounds import NOTHING, Registered
from trust_framework.roles import FEDERATION

LANGUAGES: Final = ("sv", "en")


def listed(turn: ApiTurn, service: str) -> values.LoginList:
    """A service's logins and faults, the newest first. `since` and `until` are epoch seconds, `result` a reason's code."""
    _own(service, turn)
    query = turn.turn.looked_for()
    sought = Sought(
        service=service,
        result=query.get("result", "")[:100],
        method=query.get("method", "")[:100],
        since=_seconds(query.get("since", "0")),
        until=_seconds(query.get("until", str(NEWEST))),
    )
    _note(turn, service)
    page = turn.store.log_page(sought, cursor(query.get("before", "")))
    return values.LoginList(logins=tuple(map(_row, page.events)), total=page.total, next=page.before)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(NEWEST))):
        raise ApiError("malformed", "since, until: are epoch seconds")
    return int(text)


def one(turn: ApiTurn, service: str, reference: str) -> values.Explanations:
    """One login of an own service by its reference: what went, what did not, and why."""
    _own(service, turn)
    found = [each for each in _found(reference, turn) if each.event.get("service") == service]
    return _told(turn, found, service, reference)


def anywhere(turn: ApiTurn, reference: str) -> values.Explanations:
    """Any login by its reference, for the federation."""
    found = list(_found(reference, turn))
    return _told(turn, found, str(found[0].event.get("service", "")) if found else "", reference)


def supposed(turn: ApiTurn) -> values.Explained:
    """What somebody would get at a service, decided as a real login is."""
    wish, services = turn.body, turn.on.services
    federation = services.federation()
    person = person_of(wish.person, services)
    known = wish.service in federation.parties and wish.service not in IDS
    if person is None or not known or wish.method not in federation.providers:
        raise ApiError("missing")
    supposed_ = Supposed(
        wish.service, person, wish.method, wish.level, wish.commission.strip() or None, agrees=wish.agrees
    )
    decision = simulate(supposed_, turn.now, services)
    asked = LoginSimulated(
        at=turn.now, person=turn.actor.person, org=turn.org or FEDERATION, of=wish.service, about=person
    )
    turn.commit(Effects(events=(asked,)))
    rests = grounds.registered(wish.service, 0, turn.on.store)
    verdicts, result = decision.trace, result_of(decision)
    told = in_words(verdicts, result, wish.service, Reader.OPERATOR, federation, language(turn), rests)
    return told.model_copy(
        update={"at": turn.now, "occasion": "supposed", "level": wish.level, "method": wish.method, "subject": person}
    )


def language(turn: ApiTurn) -> str:
    """The language of the sentences: `lang`, English unless it says Swedish."""
    return "sv" if turn.turn.looked_for().get("lang") == "sv" else "en"


def _own(service: str, turn: ApiTurn) -> None:
    versions = turn.store.register_history("service", service)
    turn.found(versions[0] if versions else None, versions[0].org if versions else None)


def _found(reference: str, turn: ApiTurn) -> tuple[Logged, ...]:
    """The events of a reference. What waits to be recorded on this node is recorded first."""
    turn.on.refusals.record(lambda events: turn.on.services.store.commit(Effects(events=tuple(events))))
    return turn.store.log_by_reference(reference.strip().upper()[:LONGEST_REFERENCE])


def _note(turn: ApiTurn, service: str, sought: str = "") -> None:
    read = LoginsRead(at=turn.now, person=turn.actor.person, org=turn.org or FEDERATION, of=service, sought=sought)
    turn.commit(Effects(events=(read,)))


def _told(turn: ApiTurn, found: list[Logged], service: str, reference: str) -> values.Explanations:
    turn.found(found or None)
    _note(turn, service, reference)
    return values.Explanations(occasions=tuple(_occasion(each.event, turn) for each in found))


def _row(each: Logged) -> values.Login:
    event = each.event
    found = finding_of(event)
    return values.Login(
        at=event["at"],
        reference=event.get("reference", ""),
        result=found.result if found else "",
        level=event.get("level", ""),
        method=event.get("method", ""),
        subject=masked(event.get("service", ""), event.get("person", "")),
    )


def _occasion(event: Mapping[str, Any], turn: ApiTurn) -> values.Explained:
    found, service, person = finding_of(event), event.get("service", ""), event.get("person", "")
    told = in_words(
        trace.verdicts(event.get("trace", ())),
        found.result if found else "",
        service,
        Reader.TEAM if turn.org else Reader.OPERATOR,
        turn.on.services.federation(),
        language(turn),
        grounds.registered(service, int(event.get("register", 0)), turn.on.store),
    )
    return told.model_copy(
        update={
            "reference": event.get("reference", ""),
            "at": event["at"],
            "occasion": str(event.get("occasion") or event["event"].rpartition(".")[2]),
            "level": event.get("level", ""),
            "method": event.get("method", ""),
            "subject": masked(service, person) if turn.org else person,
        }
    )


def in_words(
    verdicts: tuple[Verdict, ...],
    result: str,
    service: str,
    reader: Reader,
    federation: Federation,
    lang: str,
    registered: Registered = NOTHING,
) -> values.Explained:
    """A decision in words, as the pages say it."""
    party = federation.parties.get(service)
    names = party.names if party else {"sv": service}
    about = {"service": names.get(lang) or next(iter(names.values()), service)}
    agreements = {each.id: each for each in federation.agreements_of.get(service, ())}
    told = explained(verdicts, result, reader, lang, agreements, about, registered)
    return values.Explained(
        reference="",
        service=service,
        at=0,
        occasion="",
        result=result,
        because=told.because,
        remedy=told.remedy,
        level="",
        method="",
        subject="",
        lines=tuple(
            values.Line(
                attribute=each.attribute,
                label=each.label,
                outcome=each.outcome.value,
                because=each.because,
                source=each.source,
                basis=each.basis,
                purpose=each.purpose,
                legal_basis=each.legal_basis,
            )
            for each in told.lines
        ),
    )
