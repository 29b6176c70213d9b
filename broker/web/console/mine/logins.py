"""U11, logins: where a person is signed on, their logins of the last ninety days, why one went as it did, and ending them."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from broker.audit import trace
from broker.audit.person_events import LoginDisowned, OwnLoginsRead
from broker.audit.trace import RELEASED, Logged, finding_of
from broker.exchange import Reply
from broker.login import record as records
from broker.login.effects import Effects, EndSignOn
from broker.login.handles import new_reference
from broker.login.mail import KeepMail, Mail
from broker.login.person import EndGrants, StandingSignOn
from broker.web import explain, grounds
from broker.web.console.mine.login_pages import OwnExplained, OwnLogin, OwnLogins, OwnOccasion, SignOnRow
from broker.web.console.mine.pages import Disowned, Sure
from broker.web.console.mine.turn import OwnTurn, own
from broker.web.console.turn import ConsoleTurn
from broker.web.logout import forgetting
from broker.web.pages.frame import Names
from broker.web.pages.leave import LoggedOut, ServiceLeft
from trust_framework import loa
from trust_framework.explanation import Explanation, Reader, explained
from trust_framework.reasons import REASONS

TAB: Final = "own-logins"
DAYS: Final = 90
DAY: Final = 24 * 3600
NEWEST: Final = 2**62
LONGEST_CURSOR: Final = 19
WELL: Final[Names] = {"sv": "Gick bra", "en": "Went well"}
DISOWNED: Final = "En person säger att en inloggning inte var deras / A person says that a login was not theirs"


def listed(turn: ConsoleTurn) -> Reply:
    """Where the person is signed on, and their logins of the last ninety days."""
    mine = own(turn)
    before = cursor(turn.query.get("efter", ""))
    since = turn.now - DAYS * DAY
    page = turn.store.log_of_person(mine.person, since, before)
    fresh = turn.store.log_waiting_of_person(mine.person) if before == NEWEST else ()
    noted(mine)
    shown = OwnLogins(
        sign_ons=tuple(_sign_on(one, turn) for one in _usable(mine)),
        end_all=mine.at("/logga-ut"),
        logins=tuple(login_row(each.event, mine) for each in (*fresh, *page.events)),
        total=page.total + len(fresh),
        days=DAYS,
        next_url=f"{mine.at('/inloggningar')}?efter={page.before}" if page.before is not None else None,
        first_url=mine.at("/inloggningar") if before != NEWEST else "",
    )
    return mine.render(shown, TAB)


def _usable(mine: OwnTurn) -> Iterator[StandingSignOn]:
    """The sign-ons that still count anywhere; one that lies unused has not ended, and serves nobody."""
    limits = records.limits(mine.turn.on.services.settings)
    return (one for one in mine.store.sign_ons_of(mine.person) if one.sign_on.usable(limits, mine.now))


def cursor(written: str) -> int:
    """After which login a page goes on, as the address says."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < LONGEST_CURSOR else NEWEST


def noted(mine: OwnTurn, sought: str = "") -> None:
    """Reading is itself recorded."""
    read = OwnLoginsRead(at=mine.now, person=mine.person, sought=sought)
    mine.store.commit(Effects(events=(read,)))


def _sign_on(one: StandingSignOn, turn: ConsoleTurn) -> SignOnRow:
    newest = max(one.sign_on.identities, key=lambda identity: identity.authenticated_at)
    return SignOnRow(
        started_at=one.sign_on.started_at,
        used_at=one.sign_on.used_at,
        method=_method(newest.method, turn),
        level=loa.rank(newest.level),
        services=tuple(service_names(service, turn) for service in one.services),
        here=one.sign_on.id == turn.turn.visit().sign_on_id,
        url=f"/min-sida/logga-ut?var={handle(one)}",
    )


def handle(one: StandingSignOn) -> str:
    """What an address calls a sign-on: neither its name nor the hash that its cookie is found by."""
    return hashlib.sha256(f"own-sign-on:{one.sign_on.root}".encode()).hexdigest()[:24]


def login_row(event: Mapping[str, Any], mine: OwnTurn) -> OwnLogin:
    """A login in words."""
    found = finding_of(event)
    result = found.result if found else ""
    reason = REASONS.get(result)
    about = {"service": service_names(str(event["service"]), mine.turn).get(mine.language, str(event["service"]))}
    told = {lang: reason.told(lang, about).what for lang in ("sv", "en")} if reason else WELL
    reference = str(event.get("reference", ""))
    return OwnLogin(
        at=int(event["at"]),
        service=service_names(str(event["service"]), mine.turn),
        method=_method(str(event.get("method", "")), mine.turn),
        level=loa.rank(str(event.get("level", ""))),
        well=result == RELEASED,
        told=told,
        reference=reference,
        url=mine.at(f"/inloggningar/{reference}"),
    )


def service_names(service: str, turn: ConsoleTurn) -> Names:
    """What a service is called, or was."""
    party = turn.on.services.federation().parties.get(service)
    if party is not None:
        return party.names
    versions = turn.store.register_history("service", service)
    content = (versions[0].content if versions else None) or {}
    names = content.get("names") or content.get("name")
    return dict(names) if isinstance(names, Mapping) and names else {"sv": service}


def _method(id: str, turn: ConsoleTurn) -> Names:
    terms = turn.on.services.federation().providers.get(id)
    return terms.names if terms else {"sv": id}


# --- one login ----------------------------------------------------------------------------------------------------------


def login(turn: ConsoleTurn, reference: str) -> Reply:
    """One of the person's logins: what was handed over, what was not, and why."""
    mine = own(turn)
    found = _found(mine, reference)
    noted(mine, reference)
    first = found[0].event
    page = OwnExplained(
        reference=reference,
        service=service_names(str(first["service"]), turn),
        method=_method(str(first.get("method", "")), turn),
        level=loa.rank(str(first.get("level", ""))),
        occasions=tuple(OwnOccasion(at=e.event["at"], explanation=_in_words(e, mine)) for e in found),
        back=mine.at("/inloggningar"),
        not_me=mine.at(f"/inloggningar/{reference}/inte-jag"),
    )
    return mine.render(page, TAB)


def _found(mine: OwnTurn, reference: str) -> tuple[Logged, ...]:
    """The events of a reference that are the person's own. Raises Missing."""
    events = mine.store.log_by_reference(reference)
    return mine.turn.found(tuple(e for e in events if e.event.get("person") == mine.person) or None)


def _in_words(each: Logged, mine: OwnTurn) -> Explanation:
    """The person's own, shortened version: no rules, and no word of what others hold."""
    event, federation = each.event, mine.turn.on.services.federation()
    service = str(event["service"])
    verdicts = trace.verdicts(event.get("trace", ()))
    found = finding_of(event)
    agreements = {one.id: one for one in federation.agreements_of.get(service, ())}
    names = service_names(service, mine.turn)
    about = {"service": names.get(mine.language) or next(iter(names.values()), service)}
    rests = grounds.registered(service, int(event.get("register", 0)), mine.turn.store)
    return explained(verdicts, found.result if found else "", Reader.PERSON, mine.language, agreements, about, rests)


# --- ending ----------------------------------------------------------------------------------------------------------------


def ask_end(turn: ConsoleTurn) -> Reply:
    """The question before one sign-on, or all of them, end."""
    mine = own(turn)
    chosen = turn.query.get("var", "")
    ending = turn.found(tuple(_chosen(mine, chosen)) or None)
    page = Sure(
        deed="end-one" if chosen else "end-all",
        said=tuple(("own.sure.end.service", {"service": name}) for name in _names(ending, mine)),
        action=mine.at("/logga-ut"),
        csrf=turn.csrf(),
        back=mine.at("/inloggningar"),
        fields=(("var", chosen),) if chosen else (),
    )
    return mine.render(page, TAB)


def end(turn: ConsoleTurn) -> Reply:
    """End one sign-on, or all of them with every access that was left to services."""
    mine = own(turn)
    chosen = turn.sent.fields.get("var", "")
    ending = turn.found(tuple(_chosen(mine, chosen)) or None)
    _commit_end(ending, mine, everywhere=not chosen)
    if any(one.sign_on.id == turn.turn.visit().sign_on_id for one in ending):
        return forgetting(_logged_out(ending, turn), turn.turn)
    return turn.see(mine.at("/inloggningar"), "own-ended")


def _chosen(mine: OwnTurn, chosen: str) -> Iterator[StandingSignOn]:
    return (one for one in mine.store.sign_ons_of(mine.person) if not chosen or handle(one) == chosen)


def _names(ending: Iterable[StandingSignOn], mine: OwnTurn) -> list[str]:
    services = sorted({service for one in ending for service in one.services})
    names = (service_names(service, mine.turn) for service in services)
    return [each.get(mine.language) or next(iter(each.values())) for each in names]


def _commit_end(
    ending: Iterable[StandingSignOn], mine: OwnTurn, *, everywhere: bool, more: Effects | None = None
) -> None:
    kept = tuple(ending)
    services = mine.turn.on.services
    changes = tuple(EndSignOn(one.sign_on.root, mine.now) for one in kept)
    grants = (EndGrants(mine.person, mine.now),) if everywhere else ()
    events = tuple(records.ended(one.sign_on, "person", mine.now, services) for one in kept)
    mine.store.commit(Effects((*grants, *changes), events) + (more or Effects()))


def _logged_out(ending: Iterable[StandingSignOn], turn: ConsoleTurn) -> Reply:
    page = LoggedOut(services=_left(ending, turn), card="card" in turn.on.services.federation().methods)
    return turn.on.pages.render(page, turn.turn.frame())


def _left(ending: Iterable[StandingSignOn], turn: ConsoleTurn) -> tuple[ServiceLeft, ...]:
    """The services that were served, which we cannot end for them."""
    services = sorted({service for one in ending for service in one.services})
    views = [view for service in services if (view := explain.service_view(service, turn.turn))]
    return tuple(ServiceLeft(names=view.names, out=False, url=view.back) for view in views)


# --- this was not me --------------------------------------------------------------------------------------------------------


def ask_disown(turn: ConsoleTurn, reference: str) -> Reply:
    """The question before a login is said to be somebody else's."""
    mine = own(turn)
    found = _found(mine, reference)[0].event
    names = service_names(str(found["service"]), turn)
    service = names.get(mine.language) or next(iter(names.values()))
    page = Sure(
        deed="disown",
        filled={"service": service},
        said=tuple((f"own.sure.disown.{n}", {}) for n in ("out", "tell")),
        action=mine.at(f"/inloggningar/{reference}/inte-jag"),
        csrf=turn.csrf(),
        back=mine.at(f"/inloggningar/{reference}"),
    )
    return mine.render(page, TAB)


def disown(turn: ConsoleTurn, reference: str) -> Reply:
    """A login was not the person's: everything ends, it is recorded, and the federation is told."""
    mine = own(turn)
    found = _found(mine, reference)[0].event
    ending = turn.store.sign_ons_of(mine.person)
    mail = _mail(reference, turn)
    event = LoginDisowned(
        at=turn.now,
        reference=new_reference(),
        person=mine.person,
        of=reference,
        service=str(found["service"]),
        ended=len(ending),
        mail=mail.id if mail else "",
    )
    told = (KeepMail(mail),) if mail else ()
    _commit_end(ending, mine, everywhere=True, more=Effects(told, (event,)))
    page = Disowned(reference=reference, services=_left(ending, turn), mailed=mail is not None)
    reply = turn.on.pages.render(page, turn.showing(tabs=(), places=()).frame)
    return forgetting(reply, turn.turn)


def _mail(reference: str, turn: ConsoleTurn) -> Mail | None:
    """Word to the federation's contact, when that is a mail address: the reference and nothing of the person."""
    to = turn.on.services.settings.contact
    if "@" not in to or "://" in to:
        return None
    text = f"{DISOWNED}\n\nReferens / reference: {reference}\n{turn.on.services.settings.base_url}/admin/forklara\n"
    return Mail(secrets.token_urlsafe(16), "", (to,), DISOWNED, text, turn.now, turn.now)
