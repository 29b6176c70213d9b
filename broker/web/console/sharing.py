"""M8: the sharing agreements of a member, seen, drafted, signed, stopped, left; and the operator's view of any.

What an act comes to is `broker.federation.agreements`'s. A member sees what it is party to, and nothing else is there for it.
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
from broker.web.console.people import name_of
from broker.web.console.sharing_forms import FORMS, DraftForm, orgs
from broker.web.console.sharing_pages import (
    AgreementCard,
    AgreementDraft,
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
from trust_framework import agreements
from trust_framework.agreements import Agreement, AnyAgreement, SharingAgreement, Terms
from trust_framework.attributes import CATALOGUE
from trust_framework.roles import FEDERATION, Action

ORIGIN: Final = "portal"


# --- finding them


def _agreements(turn: ConsoleTurn) -> Iterator[tuple[Entry, AnyAgreement]]:
    """The agreements that the turn's member is concerned by; all of them where the turn has none."""
    after = ""
    while True:
        page = turn.store.register_page(acts.KIND, after=after, count=500)
        for listed in page.entries:
            entry = turn.store.register_entry(acts.KIND, listed.id)
            if entry and _concerned(entry, turn) and (found := _read(entry)):
                yield entry, found
        if not page.next:
            return
        after = page.next


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


def _one(agreement: str, turn: ConsoleTurn) -> tuple[Entry, AnyAgreement]:
    """One that the turn may see. Raises Missing."""
    entry = turn.store.register_entry(acts.KIND, agreement)
    kept: Entry = turn.found(entry if entry and _concerned(entry, turn) else None)
    found = _read(kept)
    if found is None:
        raise Missing
    return kept, found


# --- lists and cards


def listed(turn: ConsoleTurn) -> Reply:
    """The agreements that the organisation is party to, and what each waits for."""
    rows = tuple(_listed(entry, found, turn) for entry, found in _agreements(turn))
    draft = turn.at("/avtal/nytt") if turn.org and turn.may(Action.SIGN) else ""
    return turn.render(AgreementList(agreements=rows, draft=draft))


def _listed(entry: Entry, found: AnyAgreement, turn: ConsoleTurn) -> AgreementRow:
    return AgreementRow(
        id=entry.id,
        names=_names(entry),
        url=turn.at(f"/avtal/{entry.id}"),
        standing=found.standing(turn.now).value,
        until=(found if isinstance(found, Agreement) else found.in_force(turn.now)).valid_until,
        to_sign=_may_sign(found, turn),
    )


def _may_sign(found: AnyAgreement, turn: ConsoleTurn) -> bool:
    waiting = found.proposed if isinstance(found, SharingAgreement) else None
    return waiting is not None and turn.org in found.unsigned_by(waiting) and not found.lacking(waiting)  # type: ignore[union-attr]


def _names(entry: Entry) -> Names:
    names = (entry.content or {}).get("names") or (entry.content or {}).get("name")
    return dict(names) if isinstance(names, Mapping) and names else {"sv": entry.id}


def shown(turn: ConsoleTurn, agreement: str) -> Reply:
    """One agreement: terms, parties, signatures, what it waits for, and what the organisation may do with it."""
    entry, found = _one(agreement, turn)
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
        names=_names(entry),
        standing=found.standing(turn.now).value,
        terms=_terms(terms, full, turn),
        proposed=_terms(proposed, full, turn) if proposed and proposed is not terms else None,
        back=turn.at("/avtal"),
        action=turn.at(f"/avtal/{entry.id}"),
        notices=tuple(_notice(each, turn) for each in agreements.notices((found,), turn.now)),
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


def _notice(each: agreements.Notice, turn: ConsoleTurn) -> NoticeRow:
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


def _by(turn: ConsoleTurn) -> By:
    actor = turn.actor
    return By(_body(turn), actor.person, actor.name or name_of(actor.person, turn), actor.level)


Act = Callable[[Mapping[str, Any], By, Any, int], dict[str, Any]]
_ACTS: Final[Mapping[str, tuple[What, Act]]] = {
    "sign": (What.SIGNED, lambda c, by, form, now: acts.signed(c, by, form.digest.data, now)),
    "suspend": (What.SUSPENDED, lambda c, by, form, now: acts.suspended(c, by, _line(form.stop_reason), now)),
    "resume": (What.RESUMED, lambda c, by, form, now: acts.resumed(c, by, _line(form.resume_review), now)),
    "leave": (What.LEAVING, lambda c, by, _, now: acts.leaving(c, by, now)),
    "left": (What.LEFT, lambda c, by, form, now: acts.left(c, by, _line(form.gave), _line(form.received), now)),
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
    "review": (What.REVIEWED, lambda c, by, form, now: acts.reviewed(c, by, _line(form.review_note), now)),
}


def _line(field: Any) -> str:
    """What was typed, on one line, as the register keeps texts."""
    return " ".join((field.data or "").split())


def acted(turn: ConsoleTurn, agreement: str) -> Reply:
    """Sign, stop, resume, leave, confirm a contact or note a review: recorded at once, with who did it."""
    entry, found = _one(agreement, turn)
    act = turn.sent.fields.get("act", "")
    offered = _forms(found, turn) if isinstance(found, SharingAgreement) else {}
    if act not in offered:
        return turn.render(_card(entry, found, turn, wrong="nothing-to-do"))
    form = FORMS[act].of(turn)
    if not form.valid(turn):
        return turn.render(_card(entry, found, turn, form))
    what, change = _ACTS[act]
    try:
        made = change(entry.content or {}, _by(turn), form, turn.now)
        effects = _effects(entry, entry.id, made, _joining(what, found, turn), turn)
    except NotNow as error:
        return turn.render(_card(entry, found, turn, wrong=error.code))
    if not turn.commit(effects):
        return turn.render(_card(entry, found, turn, wrong="overtaken"))
    return turn.see(turn.at(f"/avtal/{entry.id}"), notice="agreement")


def _effects(entry: Entry | None, id_: str, made: Mapping[str, Any], what: What, turn: ConsoleTurn) -> Effects:
    """The act as it is recorded, with the mails that tell the parties of it. Nothing waits for a mail server there is not."""
    by, settings = _by(turn), turn.on.services.settings
    expected = entry.version if entry else 0
    effects = acts.effects(id_, made, what, by, turn.now, ORIGIN, expected=expected)
    if not settings.smtp_host:
        return effects
    post = sharing_mail.Post(sharing_mail.members_of(turn.store), settings.base_url, turn.now)
    return effects + sharing_mail.told(entry.content if entry else None, made, what, by, post)


def _joining(what: What, found: AnyAgreement, turn: ConsoleTurn) -> What:
    """The signature of one who was not party before is how it joins."""
    signed = found.signed if isinstance(found, SharingAgreement) else ()
    return What.JOINED if what is What.SIGNED and signed and turn.org not in signed[-1].orgs else what


# --- drafts


def new(turn: ConsoleTurn) -> Reply:
    """The form of a new agreement."""
    return turn.render(_draft(DraftForm.choosing(turn), turn, "/avtal/nytt"))


def _draft(form: DraftForm, turn: ConsoleTurn, at: str, wrong: str = "") -> AgreementDraft:
    return AgreementDraft(form=form, action=turn.at(at), back=turn.at("/avtal"), wrong=wrong)


def drafted(turn: ConsoleTurn) -> Reply:
    """Draft a new agreement. It holds when all parties have signed."""
    return _keep(DraftForm.choosing(turn), None, turn, "/avtal/nytt")


def next_version(turn: ConsoleTurn, agreement: str) -> Reply:
    """The form of the next version, filled with what is agreed now."""
    entry, found = _one(agreement, turn)
    full = turn.found(found if isinstance(found, SharingAgreement) else None)
    wrong = "" if _even((entry.content or {})["versions"][-1]) else "uneven"
    return turn.render(_draft(DraftForm.choosing(turn, _filled(entry, full)), turn, f"/avtal/{entry.id}/andra", wrong))


def _even(version: Mapping[str, Any]) -> bool:
    """Whether the form can say these terms: each giver gives the same details to each other receiver."""
    rows = {(each["giver"], each["receiver"], each["attribute"]) for each in version.get("data", ())}
    givers, receivers, attributes = ({row[n] for row in rows} for n in range(3))
    return rows == {(g, r, a) for g in givers for r in receivers for a in attributes if g != r}


def _filled(entry: Entry, found: SharingAgreement) -> dict[str, Any]:
    names, version = _names(entry), (entry.content or {})["versions"][-1]
    data = version.get("data", ())
    definitions = {each["attribute"]: each.get("definition", "") for each in data}
    kept = {name: version.get(name) for name in ("purpose", "legal_basis", "retention_days", "transfer")}
    days = AgreementEntry.model_validate(entry.content).versions[-1]
    return {
        **kept,
        "id": found.id,
        "name_sv": names.get("sv", ""),
        "name_en": names.get("en", ""),
        "giver": " ".join(dict.fromkeys(each["giver"] for each in data)),
        "receiver": " ".join(dict.fromkeys(each["receiver"] for each in data)),
        "services": " ".join(version.get("services", ())),
        "attributes": list(definitions),
        "definitions": "\n".join(definitions.values()),
        "valid_from": days.valid_from,
        "valid_until": days.valid_until,
        "review": days.review,
    }


def redrafted(turn: ConsoleTurn, agreement: str) -> Reply:
    """Draft the next version. The one in force goes on until all have signed this."""
    entry, found = _one(agreement, turn)
    turn.found(found if isinstance(found, SharingAgreement) else None)
    return _keep(DraftForm.choosing(turn), entry, turn, f"/avtal/{entry.id}/andra")


def _keep(form: DraftForm, entry: Entry | None, turn: ConsoleTurn, at: str) -> Reply:
    if not form.valid(turn):
        return turn.render(_draft(form, turn, at))
    id_ = entry.id if entry else form.id.data.strip()
    if entry is None and turn.store.register_history(acts.KIND, id_):
        return turn.render(_draft(form, turn, at, "taken"))
    head: dict[str, Any] = {"id": id_, "names": {"sv": form.name_sv.data.strip(), "en": form.name_en.data.strip()}}
    if wrong := _unfit(form, turn):
        return turn.render(_draft(form, turn, at, wrong))
    try:
        content = {k: v for k, v in (entry.content or {}).items() if k != "name"} if entry else None
        made = acts.drafted(content, _typed(form), head, _by(turn))
        effects = _effects(entry, id_, made, What.DRAFTED, turn)
    except NotNow as error:
        return turn.render(_draft(form, turn, at, error.code))
    if not turn.commit(effects):
        return turn.render(_draft(form, turn, at, "overtaken"))
    return turn.see(turn.at(f"/avtal/{id_}"), notice="agreement")


def _unfit(form: DraftForm, turn: ConsoleTurn) -> str:
    """Why the terms name something that is not there, or not a receiver's; empty when they do not."""
    receivers = orgs(form.receiver)
    for org in (*orgs(form.giver), *receivers):
        if turn.store.register_entry("member", org) is None:
            return "no-member"
    for service in form.services.data.split():
        found = turn.store.register_entry("service", service)
        if found is None or found.org not in receivers:
            return "no-service"
    return ""


def _typed(form: DraftForm) -> dict[str, Any]:
    """The terms as the register keeps them: a definition a line, in the order of the details."""
    givers, receivers = orgs(form.giver), orgs(form.receiver)
    lines = [line.strip() for line in form.definitions.data.splitlines()]
    return {
        "parties": [
            {"org": org, "role": [role for role, who in (("giver", givers), ("receiver", receivers)) if org in who]}
            for org in dict.fromkeys((*givers, *receivers))
        ],
        "purpose": _line(form.purpose),
        "legal_basis": _line(form.legal_basis),
        "services": form.services.data.split(),
        "data": [
            {"attribute": name, "giver": giver, "receiver": receiver, "definition": lines[n] if n < len(lines) else ""}
            for giver in givers
            for receiver in receivers
            if giver != receiver
            for n, name in enumerate(form.attributes.data)
        ],
        "retention_days": form.retention_days.data,
        "transfer": _line(form.transfer),
        "valid_from": form.valid_from.data.isoformat(),
        "valid_until": form.valid_until.data.isoformat(),
        **({"review": form.review.data.isoformat()} if form.review.data else {}),
    }


# --- what waits


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """What the member, or the federation, should do about agreements: sixty days ahead."""
    federation = turn.on.services.federation()
    for found in federation.agreements:
        if turn.org and not _is_party(found, turn):
            continue
        for notice in agreements.notices((found,), turn.now):
            if not notice.org or not turn.org or notice.org == turn.org:
                names = turn.store.register_entry(acts.KIND, found.id)
                yield Todo(
                    f"notice-of.{notice.kind.value}",
                    turn.at(f"/avtal/{found.id}"),
                    _names(names) if names else {"sv": found.id},
                )


def _is_party(found: AnyAgreement, turn: ConsoleTurn) -> bool:
    if isinstance(found, SharingAgreement):
        return any(turn.org in terms.orgs for terms in found.versions)
    parties = turn.on.services.federation().parties
    return any(service in parties and parties[service].member.org == turn.org for service in found.reach)
