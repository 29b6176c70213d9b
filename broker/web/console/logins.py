"""M5 and O5: how a service's logins went, one of them with its reasons, and what a supposed login would come to.

A member sees its own services and its people masked; the federation sees all. Reading is recorded, and so is supposing.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from wtforms import BooleanField, SelectField, StringField
from wtforms.fields import SelectChoice

from broker.audit import trace
from broker.audit.events import LoginSimulated, LoginsRead
from broker.audit.trace import RELEASED, Logged, Sought, finding_of
from broker.exchange import Reply
from broker.federation.register import Entry
from broker.login.effects import Effects, PersonKey
from broker.login.own import IDS
from broker.login.ports import Services
from broker.login.simulation import Supposed, result_of, simulate
from broker.web import grounds
from broker.web.answers import see_other
from broker.web.console import csv
from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.listing import Listing
from broker.web.console.listing import asked as asked_of
from broker.web.console.logins_pages import (
    Day,
    Explained,
    LoginList,
    LoginRow,
    LoginServices,
    Occasion,
    Search,
    ServiceLink,
)
from broker.web.console.people import name_of
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework import loa
from trust_framework.case import Verdict
from trust_framework.days import day_of, midnight
from trust_framework.explanation import Explanation, Reader, explained
from trust_framework.reasons import REASONS
from trust_framework.roles import FEDERATION, Action

SHOWN_DAYS: Final = 14
CSV_MOST: Final = 5000
LONGEST_REFERENCE: Final = 20
FILTERS: Final = ("lage", "metod", "fran", "till")
LONGEST_CURSOR: Final = 19
NEWEST: Final = 2**62
FAULTS: Final = "faults"
WELL: Final[Names] = {"sv": "Gick bra", "en": "Went well"}


# --- a member's services ---------------------------------------------------------------------------------------------------


def services(turn: ConsoleTurn) -> Reply:
    """The organisation's services, each with a link to its logins and faults; searched and paged."""
    wanted = asked_of(turn)
    found = turn.store.register_page("service", turn.org, wanted.search, "", wanted.after)
    links = tuple(
        ServiceLink(names=each.about.names or {"sv": each.id}, url=turn.at(f"/inloggningar/{each.id}"))
        for each in found.entries
    )
    suppose = turn.at("/forklara") if turn.may(Action.SIMULATE) else ""
    listing = Listing(turn.at("/inloggningar"), links, found.total, wanted, found.next)
    return turn.render(LoginServices(services=listing, suppose=suppose))


def logins(turn: ConsoleTurn, service: str) -> Reply:
    """A service's logins and faults: searched, narrowed, paged, with a chart; or as a file for a spreadsheet."""
    entry = own_service(service, turn)
    wrong = turn.query.get("q", "").strip().upper()[:LONGEST_REFERENCE]
    if wrong and of_service(wrong, service, turn):
        return see_other(turn.at(f"/inloggningar/{service}/{wrong}"))
    asked = {name: turn.query[name] for name in FILTERS if turn.query.get(name)}
    sought = _sought(service, asked)
    _note(turn, service)
    if turn.query.get("som") == "csv":
        return _file(service, sought, turn)
    page = turn.store.log_page(sought, cursor(turn.query.get("efter", "")))
    shown = LoginList(
        names=_names(entry),
        url=turn.at(f"/inloggningar/{service}"),
        back=turn.at("/inloggningar"),
        rows=tuple(_row(each, turn) for each in page.events),
        total=page.total,
        results=_results(),
        methods={id_: each.names for id_, each in turn.on.services.federation().providers.items()},
        days=_days(service, turn),
        asked=asked,
        before=page.before,
        wrong=wrong,
    )
    return turn.render(shown)


def cursor(written: str) -> int:
    """Where a page begins; one that is not ours begins anew."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < LONGEST_CURSOR else NEWEST


def own_service(service: str, turn: ConsoleTurn) -> Entry:
    """A service of the turn's member as it stands or last stood. Raises Missing."""
    versions = turn.store.register_history("service", service)
    newest = versions[0] if versions else None
    return turn.found(newest, newest.org if newest else None)


def _names(entry: Entry) -> Names:
    names = (entry.content or {}).get("names") or (entry.content or {}).get("name")
    return dict(names) if isinstance(names, Mapping) and names else {"sv": entry.id}


def of_service(reference: str, service: str, turn: ConsoleTurn) -> tuple[Logged, ...]:
    """The events of a reference that are this service's. What waits to be recorded on this node is recorded first."""
    turn.on.refusals.record(lambda events: turn.on.services.store.commit(Effects(events=tuple(events))))
    return tuple(e for e in turn.store.log_by_reference(reference) if e.event.get("service") == service)


def _sought(service: str, asked: Mapping[str, str]) -> Sought:
    result = asked.get("lage", "")
    since, until = _day(asked.get("fran")), _day(asked.get("till"))
    return Sought(
        service=service,
        result="" if result == FAULTS else result,
        method=asked.get("metod", ""),
        faults=result == FAULTS,
        since=midnight(since) if since else 0,
        until=midnight(until + timedelta(days=1)) if until else NEWEST,
    )


def _day(written: str | None) -> date | None:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 3000 else None  # noqa: PLR2004


def _results() -> dict[str, Names]:
    words = {
        code: {"sv": each.sv.what, "en": each.en.what} for code, each in REASONS.items() if "{" not in each.sv.what
    }
    return {RELEASED: WELL, **words}


def _note(turn: ConsoleTurn, service: str, sought: str = "") -> None:
    """Reading is itself recorded."""
    read = LoginsRead(at=turn.now, person=turn.actor.person, org=turn.org or FEDERATION, of=service, sought=sought)
    turn.on.services.store.commit(Effects(events=(read,)))


def _row(each: Logged, turn: ConsoleTurn) -> LoginRow:
    event = each.event
    found = finding_of(event)
    result = found.result if found else ""
    reason = REASONS.get(result)
    told = {lang: reason.told(lang, {}).what for lang in ("sv", "en")} if reason else WELL
    return LoginRow(
        at=event["at"],
        reference=event.get("reference", ""),
        url=turn.at(f"/inloggningar/{event['service']}/{event.get('reference', '')}"),
        result=result,
        told=told,
        level=_level(event),
        method=_method(event, turn),
        subject=masked(event.get("service", ""), event.get("person", "")),
    )


def masked(service: str, person: str) -> str:
    """A mark of a person at a service: the same for the same, and nothing else can be learned of it."""
    return f"•••{hashlib.sha256(f'{service}:{person}'.encode()).hexdigest()[:4]}" if person else ""


def _level(event: Mapping[str, Any]) -> str:
    return str(event.get("level", "")).rpartition("/")[2]


def _method(event: Mapping[str, Any], turn: ConsoleTurn) -> str:
    id_ = str(event.get("method", ""))
    terms = turn.on.services.federation().providers.get(id_)
    return terms.names.get(turn.frame.language, id_) if terms else id_


def _days(service: str, turn: ConsoleTurn) -> tuple[Day, ...]:
    """The last days, each with its logins and faults, and how high their bars are."""
    today = day_of(turn.now)
    first = today - timedelta(days=SHOWN_DAYS - 1)
    counts = {first + timedelta(days=n): [0, 0] for n in range(SHOWN_DAYS)}
    for hour, result, number in turn.store.log_hours(Sought(service, since=midnight(first))):
        if (day := day_of(hour)) in counts:
            counts[day][result != RELEASED] += number
    most = max((well + bad for well, bad in counts.values()), default=0) or 1
    return tuple(
        Day(
            day=day.isoformat(),
            logins=well,
            faults=bad,
            left=place * 20,
            login_height=round(100 * well / most),
            fault_height=round(100 * bad / most),
        )
        for place, (day, (well, bad)) in enumerate(counts.items())
    )


def _file(service: str, sought: Sought, turn: ConsoleTurn) -> Reply:
    head = ("at", "reference", "result", "level", "method", "person")
    rows = ((row.at, row.reference, row.result, row.level, row.method, row.subject) for row in _all(sought, turn))
    return csv.reply(f"inloggningar-{service}", head, rows)


def _all(sought: Sought, turn: ConsoleTurn) -> Iterator[LoginRow]:
    before, left = NEWEST, CSV_MOST
    while left > 0:
        page = turn.store.log_page(sought, before, 500)
        yield from (_row(each, turn) for each in page.events)
        left -= len(page.events)
        if page.before is None:
            return
        before = page.before


# --- one login --------------------------------------------------------------------------------------------------------------


def login(turn: ConsoleTurn, service: str, reference: str) -> Reply:
    """One login of an own service by its reference: what went, what did not, and why."""
    entry = own_service(service, turn)
    found = of_service(reference, service, turn)
    turn.found(found or None)
    _note(turn, service, reference)
    return turn.render(_explained(reference, found, _names(entry), turn, turn.at(f"/inloggningar/{service}")))


def search(turn: ConsoleTurn) -> Reply:
    """Any login by its reference, or what a supposed one would come to."""
    reference = turn.query.get("referens", "").strip().upper()[:LONGEST_REFERENCE]
    found = _anywhere(reference, turn) if reference else ()
    if found:
        service = str(found[0].event.get("service", ""))
        _note(turn, service, reference)
        names = _service_names(service, turn)
        return turn.render(_explained(reference, found, names, turn, turn.at("/forklara")))
    page = Search(search=turn.at("/forklara"), action=turn.at("/forklara"), form=_suppose(turn), wrong=reference)
    return turn.render(page)


def _anywhere(reference: str, turn: ConsoleTurn) -> tuple[Logged, ...]:
    turn.on.refusals.record(lambda events: turn.on.services.store.commit(Effects(events=tuple(events))))
    return turn.store.log_by_reference(reference)


def _service_names(service: str, turn: ConsoleTurn) -> Names:
    party = turn.on.services.federation().parties.get(service)
    return party.names if party else {"sv": service}


def _explained(reference: str, found: tuple[Logged, ...], service: Names, turn: ConsoleTurn, back: str) -> Explained:
    occasions = tuple(_occasion(each, turn) for each in found)
    return Explained(reference=reference, service=service, occasions=occasions, back=back, links=_links(turn))


def _occasion(each: Logged, turn: ConsoleTurn) -> Occasion:
    event = each.event
    found = finding_of(event)
    person, service = event.get("person", ""), event.get("service", "")
    return Occasion(
        at=event["at"],
        kind=str(event.get("occasion") or event["event"].rpartition(".")[2]),
        explanation=in_words(
            trace.verdicts(event.get("trace", ())),
            found.result if found else "",
            service,
            turn,
            int(event.get("register", 0)),
        ),
        level=_level(event),
        method=_method(event, turn),
        subject=masked(service, person) if turn.org else name_of(person, turn),
        register=event.get("register", 0),
        sealed=each.position is not None,
    )


def in_words(
    verdicts: tuple[Verdict, ...], result: str, service: str, turn: ConsoleTurn, register: int = 0
) -> Explanation:
    federation = turn.on.services.federation()
    names = _service_names(service, turn)
    about = {"service": names.get(turn.frame.language) or next(iter(names.values()), service)}
    agreements = {one.id: one for one in federation.agreements_of.get(service, ())}
    reader = Reader.TEAM if turn.org else Reader.OPERATOR
    rests = grounds.registered(service, register, turn.store)
    return explained(verdicts, result, reader, turn.frame.language, agreements, about, rests)


def _links(turn: ConsoleTurn) -> dict[str, str]:
    """Where rules and agreements are read, by id."""
    federation = turn.on.services.federation()
    policies = {one.id: f"/admin/policyer/{one.id}" for one in federation.policies.all} if not turn.org else {}
    where = turn.at("/avtal")
    reachable = {one.id for one in federation.agreements}
    return {**policies, **({id_: f"{where}/{id_}" for id_ in reachable} if not turn.org else {})}


# --- supposing --------------------------------------------------------------------------------------------------------------


class SupposeForm(ConsoleForm):
    """What is supposed: who, at which service, how and how well identified, in which commission."""

    service = StringField("suppose.service", [required(), longest(64), line])
    person = StringField("suppose.person", [required(), longest(64), line])
    method = SelectField("suppose.method", validate_choice=True)
    level = SelectField("suppose.level", validate_choice=True)
    commission = StringField("suppose.commission", [longest(64), line])
    agrees = BooleanField("suppose.agrees")


def _suppose(turn: ConsoleTurn) -> SupposeForm:
    federation = turn.on.services.federation()
    form = SupposeForm.of(turn)
    form.method.choices = [SelectChoice(id_, each.names) for id_, each in federation.providers.items()]
    able = {level for each in federation.providers.values() for level in each.gives()}
    form.level.choices = [SelectChoice(uri, {"sv": uri, "en": uri}) for uri in sorted(able, key=loa.rank)]
    return form


def suppose(turn: ConsoleTurn) -> Reply:
    """What somebody would get at a service, decided as a real login is."""
    form = _suppose(turn)
    where = turn.at("/forklara")
    if not form.valid(turn):
        return turn.render(Search(search=where, action=where, form=form))
    service = form.service.data.strip()
    person = person_of(form.person.data.strip(), turn.on.services)
    known = service in turn.on.services.federation().parties and service not in IDS
    if person is None or not known:
        (form.service if not known else form.person).errors = ["suppose.unknown"]
        return turn.render(Search(search=where, action=where, form=form))
    supposed = Supposed(
        service,
        person,
        form.method.data,
        form.level.data,
        form.commission.data.strip() or None,
        agrees=form.agrees.data,
    )
    decision = simulate(supposed, turn.now, turn.on.services)
    asked = LoginSimulated(at=turn.now, person=turn.actor.person, org=turn.org or FEDERATION, of=service, about=person)
    turn.on.services.store.commit(Effects(events=(asked,)))
    told = in_words(decision.trace, result_of(decision), service, turn)
    names = _service_names(service, turn)
    page = Search(search=where, action=where, form=form, simulated=told, service=names, links=_links(turn))
    return turn.render(page)


def person_of(number: str, services: Services) -> str | None:
    """The person with an identity number; None when nobody, or several, have it."""
    plain = number.replace("-", "").replace(" ", "")
    kinds = ("personalIdentityNumber", "coordinationNumber")
    found = services.store.persons_by_keys(tuple(PersonKey(kind, plain) for kind in kinds))
    return next(iter(found)) if len(found) == 1 else None
