"""M8: the sharing agreements of a member, seen, signed, stopped, left; and the operator's view of any.

Drafts are `sharing_drafts`'s; what an act comes to is `broker.federation.agreements`'s. A member sees what it is party to, and
nothing else is there for it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from broker.exchange import Reply
from broker.federation import agreements as acts
from broker.federation import entries, sharing_mail
from broker.federation.agreements import By, NotNow, What
from broker.federation.register import Entry
from broker.federation.sharing_schema import AgreementEntry
from broker.login.effects import Effects
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
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from trust_framework.agreement_notices import Notice, notices
from trust_framework.agreements import Agreement, AnyAgreement, SharingAgreement, Terms
from trust_framework.attributes import CATALOGUE
from trust_framework.roles import FEDERATION, Action

ORIGIN: Final = "portal"
MOST_TODO: Final = 10
"""Agreements that the first page tells of one by one."""


# --- finding them


def _read(entry: Entry) -> AnyAgreement | None:
    try:
        return entries.agreement(AgreementEntry.model_validate(entry.content))
    except ValidationError:
        return None


def _concerned(entry: Entry, turn: ConsoleTurn) -> bool:
    """Whether the turn may see it: a party of any version, or whose service a short form names."""
    content = entry.content or {}
    if not turn.org or turn.org in acts.parties(content):
        return True
    services = (turn.store.register_entry("service", each) for each in content.get("services") or ())
    return any(each is not None and each.org == turn.org for each in services)


def found_of(agreement: str, turn: ConsoleTurn) -> tuple[Entry, AnyAgreement]:
    """One that the turn may see. Raises Missing."""
    entry = turn.store.register_entry(acts.KIND, agreement)
    kept: Entry = turn.found(entry if entry and _concerned(entry, turn) else None)
    found = _read(kept)
    if found is None:
        raise Missing
    return kept, found


# --- lists and cards


def listed(turn: ConsoleTurn) -> Reply:
    """The agreements that the organisation is party to, and what each waits for; all of them for an operator."""
    wanted = asked(turn)
    page = turn.store.agreements_of(turn.org, wanted.search, wanted.after)
    entries_ = (turn.store.register_entry(acts.KIND, each.id) for each in page.entries)
    rows = tuple(_listed(entry, found, turn) for entry in entries_ if entry and (found := _read(entry)))
    draft = turn.at("/avtal/nytt") if turn.org and turn.may(Action.SIGN) else ""
    listing = Listing(turn.at("/avtal"), rows, page.total, wanted, page.next)
    return turn.render(AgreementList(agreements=listing, draft=draft))


def concerning(org: str, turn: ConsoleTurn, count: int) -> tuple[tuple[AgreementRow, ...], int]:
    """The first few agreements that a member is party to, and how many there are."""
    page = turn.store.agreements_of(org, count=count)
    entries_ = (turn.store.register_entry(acts.KIND, each.id) for each in page.entries)
    return tuple(_listed(entry, found, turn) for entry in entries_ if entry and (found := _read(entry))), page.total


def _listed(entry: Entry, found: AnyAgreement, turn: ConsoleTurn) -> AgreementRow:
    return AgreementRow(
        id=entry.id,
        names=names_of(entry),
        url=turn.at(f"/avtal/{entry.id}"),
        standing=found.standing(turn.now).value,
        until=(found if isinstance(found, Agreement) else found.in_force(turn.now)).valid_until,
        to_sign=_may_sign(found, turn),
    )


def _may_sign(found: AnyAgreement, turn: ConsoleTurn) -> bool:
    waiting = found.proposed if isinstance(found, SharingAgreement) else None
    return waiting is not None and turn.org in found.unsigned_by(waiting) and not found.lacking(waiting)  # type: ignore[union-attr]


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
    may = {"suspend"} if not turn.org else _acts(found, turn) if turn.may(Action.SIGN) else set()
    if any(s.org == _body(turn) and s.resumed_at is None for s in found.suspensions):
        may = (may | {"resume"}) - {"suspend"}
    proposed = found.proposed
    data = {"digest": proposed.digest if proposed else ""}
    return {
        act: FORMS[act](None, data={"act": act, **data}, meta={"csrf_context": turn}) for act in FORMS if act in may
    }


def _acts(found: SharingAgreement, turn: ConsoleTurn) -> set[str]:
    may = {"confirm"}
    if _may_sign(found, turn):
        may.add("sign")
    if found.signed and turn.org in found.remaining(found.in_force(turn.now), turn.now):
        may |= {"suspend", "leave", "review"}
    if any(leave.org == turn.org and not leave.complete for leave in found.leaves):
        may.add("left")
    return may


def _body(turn: ConsoleTurn) -> str:
    return turn.org or FEDERATION


def by(turn: ConsoleTurn) -> By:
    actor = turn.actor
    return By(_body(turn), actor.person, actor.name or name_of(actor.person, turn), actor.level)


Act = Callable[[Mapping[str, Any], By, Any, int], dict[str, Any]]
_ACTS: Final[Mapping[str, tuple[What, Act]]] = {
    "sign": (What.SIGNED, lambda c, by, form, now: acts.signed(c, by, form.digest.data, now)),
    "suspend": (What.SUSPENDED, lambda c, by, form, now: acts.suspended(c, by, on_one_line(form.stop_reason), now)),
    "resume": (What.RESUMED, lambda c, by, form, now: acts.resumed(c, by, on_one_line(form.resume_review), now)),
    "leave": (What.LEAVING, lambda c, by, _, now: acts.leaving(c, by, now)),
    "left": (
        What.LEFT,
        lambda c, by, form, now: acts.left(c, by, on_one_line(form.gave), on_one_line(form.received), now),
    ),
    "confirm": (
        What.CONFIRMED,
        lambda c, by, form, now: acts.confirmed(
            c,
            by,
            {
                "name": form.contact_name.data.strip(),
                "mail": form.contact_mail.data.strip(),
                "phone": (form.contact_phone.data or "").strip(),
            },
            now,
        ),
    ),
    "review": (What.REVIEWED, lambda c, by, form, now: acts.reviewed(c, by, on_one_line(form.review_note), now)),
}


def on_one_line(field: Any) -> str:
    """What was typed, on one line, as the register keeps texts."""
    return " ".join((field.data or "").split())


def acted(turn: ConsoleTurn, agreement: str) -> Reply:
    """Sign, stop, resume, leave, confirm a contact or note a review: recorded at once, with who did it."""
    entry, found = found_of(agreement, turn)
    act = turn.sent.fields.get("act", "")
    offered = _forms(found, turn) if isinstance(found, SharingAgreement) else {}
    if act not in offered:
        return turn.render(_card(entry, found, turn, wrong="nothing-to-do"))
    form = FORMS[act].of(turn)
    if not form.valid(turn):
        return turn.render(_card(entry, found, turn, form))
    what, change = _ACTS[act]
    try:
        made = change(entry.content or {}, by(turn), form, turn.now)
        effects = recorded(entry, entry.id, made, _joining(what, found, turn), turn)
    except NotNow as error:
        return turn.render(_card(entry, found, turn, wrong=error.code))
    if not turn.commit(effects):
        return turn.render(_card(entry, found, turn, wrong="overtaken"))
    return turn.see(turn.at(f"/avtal/{entry.id}"), notice="agreement")


def recorded(entry: Entry | None, id_: str, made: Mapping[str, Any], what: What, turn: ConsoleTurn) -> Effects:
    """The act as it is recorded, with the mails that tell the parties of it. Nothing waits for a mail server there is not."""
    who, settings = by(turn), turn.on.services.settings
    expected = entry.version if entry else 0
    effects = acts.effects(id_, made, what, who, turn.now, ORIGIN, expected=expected)
    if not settings.smtp_host:
        return effects
    post = sharing_mail.Post(sharing_mail.members_of(turn.store), settings.base_url, turn.now)
    return effects + sharing_mail.told(entry.content if entry else None, made, what, who, post)


def _joining(what: What, found: AnyAgreement, turn: ConsoleTurn) -> What:
    """The signature of one who was not party before is how it joins."""
    signed = found.signed if isinstance(found, SharingAgreement) else ()
    return What.JOINED if what is What.SIGNED and signed and turn.org not in signed[-1].orgs else what


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
    found = _read(entry)
    for notice in notices((found,), turn.now) if found else ():
        if not notice.org or not turn.org or notice.org == turn.org:
            yield Todo(f"notice-of.{notice.kind.value}", turn.at(f"/avtal/{entry.id}"), names_of(entry))
