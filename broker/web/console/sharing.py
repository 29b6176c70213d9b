"""M8: the sharing agreements of a member, seen, signed, stopped, left; and the operator's view of any.

Drafts are `sharing_drafts`'s; what an act comes to is `broker.federation.agreements`'s. A member sees what it is party to, and
nothing else is there for it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from broker.exchange import Reply
from broker.federation import agreement_desk
from broker.federation import agreements as acts
from broker.federation.agreement_desk import AgreementDesk
from broker.federation.agreements import By, NotNow
from broker.federation.register import Entry
from broker.web.console.forms import ConsoleForm
from broker.web.console.gate import member_names
from broker.web.console.listing import Listing, asked
from broker.web.console.people import name_of
from broker.web.console.sharing_forms import FORMS
from broker.web.console.sharing_pages import (
    AgreementCard,
    AgreementList,
    AgreementRow,
    DataRow,
    NoticeRow,
    PartyRow,
    TermsView,
)
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework.agreement_notices import Notice, notices
from trust_framework.agreements import Agreement, AnyAgreement, SharingAgreement, Terms
from trust_framework.attributes import CATALOGUE
from trust_framework.roles import FEDERATION, Action

ORIGIN: Final = "portal"
MOST_TODO: Final = 10
"""Agreements that the first page tells of one by one."""


# --- finding them


def desk(turn: ConsoleTurn) -> AgreementDesk:
    """Where this turn's agreements are worked on."""
    actor, org = turn.actor, turn.org or FEDERATION
    by = By(org, actor.person, actor.name or name_of(actor.person, turn), actor.level)
    return AgreementDesk(turn.store, turn.on.services.settings, turn.now, by, turn.may(Action.SIGN), ORIGIN)


def found_of(agreement: str, turn: ConsoleTurn) -> tuple[Entry, AnyAgreement]:
    """One that the turn may see. Raises Missing."""
    return turn.found(agreement_desk.found(agreement, desk(turn)))


# --- lists and cards


def listed(turn: ConsoleTurn) -> Reply:
    """The agreements that the organisation is party to, and what each waits for; all of them for an operator."""
    wanted = asked(turn)
    page = turn.store.agreements_of(turn.org, wanted.search, wanted.after)
    entries_ = (turn.store.register_entry(acts.KIND, each.id) for each in page.entries)
    rows = tuple(_listed(entry, found, turn) for entry in entries_ if entry and (found := agreement_desk.read(entry)))
    draft = turn.at("/avtal/nytt") if turn.org and turn.may(Action.SIGN) else ""
    listing = Listing(turn.at("/avtal"), rows, page.total, wanted, page.next)
    return turn.render(AgreementList(agreements=listing, draft=draft))


def concerning(org: str, turn: ConsoleTurn, count: int) -> tuple[tuple[AgreementRow, ...], int]:
    """The first few agreements that a member is party to, and how many there are."""
    page = turn.store.agreements_of(org, count=count)
    entries_ = (turn.store.register_entry(acts.KIND, each.id) for each in page.entries)
    return tuple(
        _listed(entry, found, turn) for entry in entries_ if entry and (found := agreement_desk.read(entry))
    ), page.total


def _listed(entry: Entry, found: AnyAgreement, turn: ConsoleTurn) -> AgreementRow:
    return AgreementRow(
        id=entry.id,
        names=names_of(entry),
        url=turn.at(f"/avtal/{entry.id}"),
        standing=found.standing(turn.now).value,
        until=(found if isinstance(found, Agreement) else found.in_force(turn.now)).valid_until,
        to_sign=agreement_desk.to_sign(found, turn.org),
    )


def names_of(entry: Entry) -> Names:
    names = (entry.content or {}).get("names") or (entry.content or {}).get("name")
    return dict(names) if isinstance(names, Mapping) and names else {"sv": entry.id}


def shown(turn: ConsoleTurn, agreement: str) -> Reply:
    """One agreement: terms, parties, signatures, what it waits for, and what the organisation may do with it."""
    entry, found = found_of(agreement, turn)
    return turn.render(_card(entry, found, turn))


def _card(
    entry: Entry, found: AnyAgreement, turn: ConsoleTurn, form: ConsoleForm | None = None, wrong: str = ""
) -> AgreementCard:
    full = found if isinstance(found, SharingAgreement) else None
    forms = _forms(full, turn) if full else {}
    if form is not None:
        forms[form.act.data] = form
    proposed = full.proposed if full else None
    terms = full.in_force(turn.now) if full else _as_terms(found)
    return AgreementCard(
        id=entry.id,
        names=names_of(entry),
        standing=found.standing(turn.now).value,
        terms=_terms(terms, full, turn),
        proposed=_terms(proposed, full, turn) if proposed and proposed is not terms else None,
        back=turn.at("/avtal"),
        action=turn.at(f"/avtal/{entry.id}"),
        notices=tuple(_notice(each, turn) for each in notices((found,), turn.now)),
        stops=tuple((_org(s.org, turn), s.reason) for s in (full.suspensions if full else ()) if s.resumed_at is None),
        forms=forms,
        csrf=turn.csrf(),
        next=turn.at(f"/avtal/{entry.id}/andra") if full and turn.org and turn.may(Action.SIGN) else "",
        short=full is None,
        wrong=wrong,
    )


def _as_terms(found: AnyAgreement) -> Terms:
    """A short form as far as it says anything."""
    short = found if isinstance(found, Agreement) else Agreement("", frozenset(), frozenset(), 0, 0)
    return Terms(1, services=tuple(sorted(short.services)), valid_from=short.valid_from, valid_until=short.valid_until)


def _notice(each: Notice, turn: ConsoleTurn) -> NoticeRow:
    return NoticeRow(kind=each.kind.value, at=each.at, org=_org(each.org, turn) if each.org else {})


def _org(org: str, turn: ConsoleTurn) -> Names:
    return {"sv": "federationen", "en": "the federation"} if org == FEDERATION else member_names(org, turn.turn)


def _terms(terms: Terms, full: SharingAgreement | None, turn: ConsoleTurn) -> TermsView:
    contacts = {one.org: f"{one.name} {one.mail} {one.phone}".strip() for one in (full.contacts if full else ())}
    signed = {one.org: one for one in terms.signatures if one.counts(terms)}
    staying = full.remaining(terms, turn.now) if full else frozenset()
    return TermsView(
        version=terms.version,
        digest=terms.digest,
        purpose=terms.purpose,
        legal_basis=terms.legal_basis,
        transfer=terms.transfer,
        retention_days=terms.retention_days,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        review_at=terms.review_at,
        services=tuple(_service_names(service, turn) for service in terms.services),
        parties=tuple(
            PartyRow(
                names=_org(party.org, turn),
                roles=tuple(sorted(role.value for role in party.roles)),
                contact=contacts.get(party.org, ""),
                signed_by=signed[party.org].name if party.org in signed else "",
                signed_at=signed[party.org].at if party.org in signed else None,
                leaving=party.org not in staying,
            )
            for party in terms.parties
        ),
        data=tuple(
            DataRow(
                label=_label(one.attribute),
                giver=_org(one.giver, turn),
                receiver=_org(one.receiver, turn),
                definition=one.definition,
            )
            for one in terms.data
        ),
        lacking=full.lacking(terms) if full else (),
    )


def _label(name: str) -> Names:
    row = CATALOGUE.get(name)
    return {"sv": row.sv, "en": row.en} if row else {"sv": name}


def _service_names(service: str, turn: ConsoleTurn) -> Names:
    party = turn.on.services.federation().parties.get(service)
    return party.names if party else {"sv": service}


# --- acts


def _forms(found: SharingAgreement, turn: ConsoleTurn) -> dict[str, ConsoleForm]:
    """A form for each act that may be done now."""
    may = agreement_desk.offered(found, desk(turn))
    data = {"digest": found.proposed.digest if found.proposed else ""}
    return {
        act: FORMS[act](None, data={"act": act, **data}, meta={"csrf_context": turn}) for act in FORMS if act in may
    }


def acted(turn: ConsoleTurn, agreement: str) -> Reply:
    """Sign, stop, resume, leave, confirm a contact or note a review: recorded at once, with who did it."""
    entry, found = found_of(agreement, turn)
    act = turn.sent.fields.get("act", "")
    if act not in agreement_desk.offered(found, desk(turn)):
        return turn.render(_card(entry, found, turn, wrong="nothing-to-do"))
    form = FORMS[act].of(turn)
    if not form.valid(turn):
        return turn.render(_card(entry, found, turn, form))
    try:
        effects = agreement_desk.done(entry, found, act, form.given(), desk(turn))
    except NotNow as error:
        return turn.render(_card(entry, found, turn, wrong=error.code))
    if not turn.commit(effects):
        return turn.render(_card(entry, found, turn, wrong="overtaken"))
    return turn.see(turn.at(f"/avtal/{entry.id}"), notice="agreement")


# --- what waits


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """What the member, or the federation, should do about agreements: sixty days ahead, those that have waited longest first."""
    due = turn.store.agreements_due(turn.org, count=MOST_TODO + 1)
    for each in due[:MOST_TODO]:
        if entry := turn.store.register_entry(acts.KIND, each.id):
            yield from _todos(entry, turn)
    if len(due) > MOST_TODO:
        yield Todo("agreements.more", turn.at("/avtal"), "todo.look")


def _todos(entry: Entry, turn: ConsoleTurn) -> Iterator[Todo]:
    found = agreement_desk.read(entry)
    for notice in notices((found,), turn.now) if found else ():
        if not notice.org or not turn.org or notice.org == turn.org:
            yield Todo(f"notice-of.{notice.kind.value}", turn.at(f"/avtal/{entry.id}"), names_of(entry))
