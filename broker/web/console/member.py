"""A member in the portal and the console: its card, and the changes of its own entry that its people propose (O2)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from broker.exchange import Reply
from broker.federation import proposals
from broker.federation.documents import CONFIRMED_WITHIN
from broker.federation.proposals import Done
from broker.federation.register import Content, Entry, ListedEntry
from broker.web.console.declarations import assessment, declarations
from broker.web.console.forms import ConsoleForm
from broker.web.console.gate import member_names
from broker.web.console.member_about_form import MemberForm
from broker.web.console.member_forms import PURPOSES, ContactsForm, TrustForm, number
from broker.web.console.member_pages import (
    AgentRow,
    ContactRow,
    MemberAbout,
    MemberCard,
    MemberContacts,
    MemberTrust,
)
from broker.web.console.people import name_of
from broker.web.console.proposals import desk
from broker.web.console.register import entry_rows
from broker.web.console.register_pages import EntryRow, VersionRow
from broker.web.console.sharing import concerning
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.approval import Refusal, Refused
from trust_framework.days import day_of
from trust_framework.roles import Action

ENTITIES: Final = 20
"""Services, identity providers and agreements shown on the card; the rest stand in their lists."""

VERSIONS: Final = 20
TECHNICAL: Final = "technical"


# --- the card


def own(turn: ConsoleTurn) -> Reply:
    """The organisation as the federation knows it."""
    return _card(turn.org, turn)


def card(turn: ConsoleTurn, member: str) -> Reply:
    """A member: state, roles, contacts, trust declarations, agents, services, identity providers, agreements, history."""
    return _card(member, turn)


def _card(org: str, turn: ConsoleTurn) -> Reply:
    versions = turn.store.register_history("member", org)
    if not versions or versions[0].content is None:
        raise Missing
    content = versions[0].content
    found = turn.store.register_page("service", org, count=ENTITIES)
    providers = turn.store.register_page("identity_provider", org, count=ENTITIES)
    agreements, agreements_total = concerning(org, turn, ENTITIES)
    return turn.render(
        MemberCard(
            names=member_names(org, turn.turn),
            org=org,
            state=str(content.get("state", "active")),
            reason=str(content.get("reason", "")),
            type=str(content.get("type", "user-organisation")),
            roles=tuple(content.get("roles", ())),
            contacts=_contacts(content, turn),
            declarations=declarations(content, turn.now),
            assessment=assessment(content, turn.now),
            agents=_agents(content, turn),
            entities=entry_rows(found.entries, turn),
            entities_total=found.total,
            providers=_providers(providers.entries, turn),
            providers_total=providers.total,
            agreements=agreements,
            agreements_total=agreements_total,
            all_agreements=turn.at("/avtal") if turn.org else turn.at(f"/avtal?q={org}"),
            open_proposals=turn.store.proposal_page("open", org, count=1).total,
            proposals=turn.at("/forslag?lage=open") if turn.org else turn.at(f"/forslag?lage=open&q={org}"),
            history=tuple(_version(each, turn) for each in versions[:VERSIONS]),
            edit=turn.at("/medlem") if turn.org and turn.may(Action.EDIT) else "",
            leave=turn.at("/medlem/lamna") if turn.org and turn.may(Action.SIGN) else "",
            stop=turn.at(f"/register/member/{org}/stopp") if not turn.org and turn.may(Action.SUSPEND) else "",
        )
    )


def _providers(found: tuple[ListedEntry, ...], turn: ConsoleTurn) -> tuple[EntryRow, ...]:
    """A member has no page of its identity providers: they are changed by who runs the federation, or by the API."""
    return tuple(replace(each, url="") if turn.org else each for each in entry_rows(found, turn))


def _contacts(content: Content, turn: ConsoleTurn) -> tuple[ContactRow, ...]:
    oldest = (_today(turn) - CONFIRMED_WITHIN).isoformat()
    return tuple(
        ContactRow(
            purpose=purpose,
            name=contact["name"],
            mail=contact["mail"],
            phone=contact.get("phone", ""),
            confirmed=str(contact.get("confirmed", "")),
            stale=str(contact.get("confirmed", "")) < oldest,
        )
        for purpose, contact in content.get("contacts", {}).items()
    )


def _agents(content: Content, turn: ConsoleTurn) -> tuple[AgentRow, ...]:
    today = _today(turn).isoformat()
    return tuple(
        AgentRow(
            names=member_names(each["org"], turn.turn),
            org=each["org"],
            roles=tuple(each.get("roles", (TECHNICAL,))),
            until=str(each["until"]),
            holds=str(each["until"]) >= today,
        )
        for each in content.get("agents", ())
    )


def _version(entry: Entry, turn: ConsoleTurn) -> VersionRow:
    return VersionRow(
        version=entry.version,
        at=entry.at,
        origin=entry.origin.partition(":")[0],
        who=name_of(entry.actor, turn),
        reason=entry.reason,
        url="" if turn.org else turn.at(f"/register/member/{entry.id}/version/{entry.version}"),
        gone=entry.content is None,
    )


def _today(turn: ConsoleTurn) -> date:
    return day_of(turn.now)


# --- changes


def contacts(turn: ConsoleTurn) -> Reply:
    """The organisation's contacts, to be changed and confirmed."""
    return _contacts_page(ContactsForm.showing(turn, _own(turn).get("contacts", {})), turn)


def contacts_kept(turn: ConsoleTurn) -> Reply:
    """The contacts are changed at once: they are a matter of form."""
    form, content = ContactsForm.of(turn), _own(turn)
    if not form.valid(turn):
        return _contacts_page(form, turn)
    told = form.contacts(content.get("contacts", {}), _today(turn).isoformat())
    return _propose({**content, "contacts": told}, "", turn, form) or _contacts_page(form, turn)


def _contacts_page(form: ContactsForm, turn: ConsoleTurn) -> Reply:
    back = turn.at("/medlem")
    return turn.render(MemberContacts(form=form, purposes=PURPOSES, action=f"{back}/kontakter", back=back))


def trust(turn: ConsoleTurn) -> Reply:
    """The organisation's trust declarations and agents, of which changes are proposed."""
    return _trust_page(_trust_form(_own(turn), turn), turn)


def trust_proposed(turn: ConsoleTurn) -> Reply:
    """The change is sent to the operators."""
    content = _own(turn)
    form = _trust_form(content, turn)
    if not form.valid(turn):
        return _trust_page(form, turn)
    reply = _propose(_changed(content, form), form.reason.data or "", turn, form)
    return reply or _trust_page(form, turn)


def _trust_page(form: TrustForm, turn: ConsoleTurn) -> Reply:
    back = turn.at("/medlem")
    return turn.render(MemberTrust(form=form, action=f"{back}/tillit", back=back))


def _trust_form(content: Content, turn: ConsoleTurn) -> TrustForm:
    declared = [(f"d{at}", _declared(each)) for at, each in enumerate(content.get("trust_declarations", ()))]
    agents = [(f"a{at}", {**member_names(each["org"], turn.turn)}) for at, each in enumerate(content.get("agents", ()))]
    return TrustForm.about(turn, (*declared, *agents))


def _declared(each: Mapping[str, Any]) -> dict[str, str]:
    told = f"{each['level']} ({each['expires']})"
    return {"sv": told, "en": told}


def _changed(content: Content, form: TrustForm) -> dict[str, Any]:
    """The entry without what goes, and with what comes."""
    gone = set(form.remove.data or ())
    declared = [d for at, d in enumerate(content.get("trust_declarations", ())) if f"d{at}" not in gone]
    agents = [a for at, a in enumerate(content.get("agents", ())) if f"a{at}" not in gone]
    if form.level.data:
        expires, reviewer = form.expires.data.strip(), form.reviewer.data.strip()
        declared.append({"level": form.level.data, "reviewer": reviewer, "expires": expires})
    if form.agent.data:
        agents.append({"org": number(form.agent.data), "roles": [TECHNICAL], "until": form.until.data.strip()})
    told = {"trust_declarations": declared, "agents": agents}
    changed = {**content, **{name: value for name, value in told.items() if value or name in content}}
    return {**changed, "risk_assessment": _assessed(form)} if form.again.data else changed


def _assessed(form: TrustForm) -> dict[str, str]:
    given = {"made": form.assessed, "by": form.assessor, "again": form.again}
    return {name: (field.data or "").strip() for name, field in given.items()}


def about(turn: ConsoleTurn) -> Reply:
    """What the organisation is called and is; a change of it is proposed."""
    content = _own(turn)
    form = MemberForm.showing(turn, content)
    if turn.posted and form.valid(turn):
        reply = _propose(form.content(content), form.reason.data or "", turn, form)
        if reply is not None:
            return reply
    back = turn.at("/medlem")
    return turn.render(MemberAbout(form=form, action=f"{back}/uppgifter", back=back))


def _own(turn: ConsoleTurn) -> Content:
    entry = turn.found(turn.store.register_entry("member", turn.org))
    return entry.content or {}


def _propose(content: Content, reason: str, turn: ConsoleTurn, form: ConsoleForm) -> Reply | None:
    """Propose and send in; None when it was refused, which the form then says."""
    here = desk(turn)
    drafted = proposals.draft("member", turn.org, turn.org, content, turn.actor, here)
    sent = drafted if isinstance(drafted, Refused) else proposals.submit(drafted.proposal, reason, turn.actor, here)
    if isinstance(drafted, Refused) or isinstance(sent, Refused):
        why = sent.why if isinstance(sent, Refused) else Refusal.NOT_ALLOWED
    elif turn.commit(drafted.effects + sent.effects):
        return _onwards(sent, turn)
    else:
        why = Refusal.OVERTAKEN
    form.form_errors.append("refused." + why)
    return None


def _onwards(sent: Done, turn: ConsoleTurn) -> Reply:
    where = turn.at("/medlem") if sent.published else turn.at(f"/forslag/{sent.proposal.id}")
    return turn.see(where, notice=f"stage.{sent.proposal.stage}")
