"""O7: login methods and upstream providers: how they are, what their words mean to us, and the button that stops one.

Stopping is one operator's act, at once, with a reason: it lets nobody in. Starting again is a change of the register like any
other, and needs its approvals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from broker.exchange import Reply
from broker.federation import entries
from broker.federation.described import described
from broker.federation.proposals import suspend
from broker.federation.register import Entry
from broker.login.ports import Federation
from broker.web.console.methods_forms import StopForm, TryForm
from broker.web.console.methods_pages import (
    AttributeRow,
    LevelRow,
    MethodList,
    MethodRow,
    MethodView,
    StopMethod,
    Tried,
    TriedRow,
)
from broker.web.console.proposals import desk
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from idp_adapters.base import HearsOf
from metadata.described_keys import DescribedKey
from metadata.published import Heard
from metadata.wire.pasted import NotReadable, Pasted, read_pasted
from trust_framework import loa
from trust_framework.approval import Refusal as Why
from trust_framework.approval import Refused
from trust_framework.attributes import CATALOGUE
from trust_framework.identity import Asserted, Subject
from trust_framework.members import State
from trust_framework.providers import Accepted, ProviderTerms, accept
from trust_framework.reasons import Refusal
from trust_framework.roles import Action

AT: Final = "/inloggningssatt"
UPSTREAM: Final = "identity_provider"
KINDS: Final = (UPSTREAM, "method")
NOBODY: Final = Subject("pasted", "pasted", "pasted")


def methods(turn: ConsoleTurn) -> Reply:
    """O7. Every login method and upstream provider, and how it is."""
    federation = turn.on.services.federation()
    rows = tuple(_row(id_, federation, turn) for id_ in federation.providers)
    return turn.render(MethodList(methods=rows))


def _row(id_: str, federation: Federation, turn: ConsoleTurn) -> MethodRow:
    terms, heard = federation.providers[id_], _heard(id_, federation)
    return MethodRow(
        names=terms.names,
        url=turn.at(f"{AT}/{id_}"),
        kind=_kind(id_, _entry(id_, turn)),
        state=terms.state.value,
        levels=terms.gives_at(turn.now),
        trouble=heard is not None and heard.failed_at is not None,
        overdue=terms.overdue_since(turn.now) is not None,
    )


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """Providers in force that did not answer when what they publish was fetched last."""
    federation = turn.on.services.federation()
    for id_, terms in federation.providers.items() if not turn.org else ():
        heard = _heard(id_, federation)
        if heard is not None and heard.failed_at is not None and terms.state is State.ACTIVE:
            yield Todo(_silent(terms.names), turn.at(f"{AT}/{id_}"), "methods.look")


def _silent(names: Names) -> Names:
    swedish, english = (names.get(code) or next(iter(names.values())) for code in ("sv", "en"))
    return {"sv": f"{swedish} svarade inte sist.", "en": f"{english} did not answer last time."}


def method(turn: ConsoleTurn, provider: str) -> Reply:
    """O7. One method: its keys, its peer, what its levels and details mean to us, and a try of something pasted."""
    terms = turn.found(turn.on.services.federation().providers.get(provider))
    form = TryForm.of(turn)
    if not (turn.posted and form.valid(turn)):
        return turn.render(_view(terms, form, None, turn))
    try:
        tried = _tried(read_pasted(form.pasted.data or ""), terms, turn.now)
    except NotReadable as error:
        form.pasted.errors = [UNREADABLE.get(error.reason, "methods.unreadable.form")]
        tried = None
    return turn.render(_view(terms, form, tried, turn))


UNREADABLE: Final = {"encrypted": "methods.unreadable.encrypted", "no-assertion": "methods.unreadable.no-assertion"}
"""Causes that have a sentence of their own."""


def _view(terms: ProviderTerms, form: TryForm, tried: Tried | None, turn: ConsoleTurn) -> MethodView:
    federation, entry = turn.on.services.federation(), _entry(terms.id, turn)
    return MethodView(
        names=terms.names,
        kind=_kind(terms.id, entry),
        state=terms.state.value,
        subject=_subject(terms.id, entry, turn),
        ceiling=terms.ceiling,
        changed_at=entry.at if entry else None,
        heard=_heard(terms.id, federation),
        keys=_keys(entry, turn),
        levels=tuple(_level(theirs, ours, terms, turn.now) for theirs, ours in terms.levels.items()),
        attributes=tuple(AttributeRow(theirs, ours, _word(ours)) for theirs, ours in terms.attributes.items()),
        scopes=tuple(sorted(terms.scopes)),
        form=form,
        action=turn.at(f"{AT}/{terms.id}"),
        tried=tried,
        overdue_since=terms.overdue_since(turn.now),
        reason=terms.reason if terms.state is not State.ACTIVE else "",
        since=terms.since if terms.state is not State.ACTIVE else None,
        **_ways(terms, entry, turn),
    )


def _ways(terms: ProviderTerms, entry: Entry | None, turn: ConsoleTurn) -> dict[str, str]:
    """Where it is stopped, or its start proposed, by whoever may."""
    if entry is None or not turn.may(Action.SUSPEND):
        return {}
    if terms.state is State.ACTIVE:
        return {"stop_url": turn.at(f"{AT}/{terms.id}/stoppa")}
    return {"start_url": turn.at(f"/register/{entry.kind}/{entry.id}/stopp")}


def _level(theirs: str, ours: str, terms: ProviderTerms, now: int) -> LevelRow:
    issued = loa.relabel(ours)
    held = issued not in terms.gives()
    return LevelRow(theirs, issued, held, overdue=not held and issued not in terms.gives_at(now))


def _word(name: str) -> Names:
    row = CATALOGUE.get(name)
    return {"sv": row.sv, "en": row.en} if row else {"sv": name, "en": name}


def _kind(id_: str, entry: Entry | None) -> str:
    if entry is None or entry.content is None:
        return "test"
    if entry.kind == UPSTREAM:
        return "saml" if "saml" in entry.content else "oidc"
    return entries.method_kind(id_, entry.content)


def _entry(id_: str, turn: ConsoleTurn) -> Entry | None:
    """Its entry in the register. The test method has none: the environment brings it."""
    return next((entry for kind in KINDS if (entry := turn.store.register_entry(kind, id_))), None)


def _subject(id_: str, entry: Entry | None, turn: ConsoleTurn) -> str:
    """Whom we ask: an entityID or an issuer."""
    if entry is None or entry.kind != UPSTREAM:
        return ""
    by_id = {found: entity for entity, found in turn.on.services.federation().provider_entities.items()}
    oidc = (entry.content or {}).get("oidc") or {}
    return by_id.get(id_, str(oidc.get("issuer", "")))


def _heard(id_: str, federation: Federation) -> Heard | None:
    adapter = federation.methods[id_]
    return adapter.heard() if isinstance(adapter, HearsOf) else None


def _keys(entry: Entry | None, turn: ConsoleTurn) -> tuple[DescribedKey, ...]:
    """Keys and certificates that its entry names, those that end first before the others."""
    if entry is None or entry.content is None:
        return ()
    facts = described(entry.kind, entry.id, entry.content, turn.on.services.settings)
    found = {word for words in facts.values() for word in words if isinstance(word, DescribedKey)}
    return tuple(sorted(found, key=lambda key: (key.valid_until is None, key.valid_until or 0, key.id)))


# --- a try


def _tried(pasted: Pasted, terms: ProviderTerms, now: int) -> Tried:
    """What a login with these words would give: the same function as in a login maps and bounds them."""
    terms = replace(terms, state=State.ACTIVE)
    asserted = Asserted(NOBODY, pasted.level, now, pasted.attributes)
    accepted, refusal = _accepted(asserted, terms)
    issued = accepted.identity.level if accepted and refusal is None else ""
    rows = tuple(_tried_row(theirs, terms, accepted) for theirs in pasted.attributes)
    reason = refusal.reason if refusal else None
    return Tried(pasted.level, issued, rows, {"sv": reason.sv.what, "en": reason.en.what} if reason else {})


def _accepted(asserted: Asserted, terms: ProviderTerms) -> tuple[Accepted | None, Refusal | None]:
    """What would be accepted, and why the login would be refused. Of a level that is refused, the details are shown too, as
    they would be with one that is not.
    """
    try:
        return accept(asserted, terms), None
    except Refusal as refusal:
        for word in terms.in_its_words(terms.gives()):
            try:
                return accept(replace(asserted, level=word), terms), refusal
            except Refusal:
                break
        return None, refusal


def _tried_row(theirs: str, terms: ProviderTerms, accepted: Accepted | None) -> TriedRow:
    ours = terms.attributes.get(theirs)
    if accepted is None:
        return TriedRow(theirs, _word(ours) if ours else {}, (), "refused")
    rules: Mapping[str, str] = {dropped.attribute: dropped.rule for dropped in accepted.dropped}
    if ours is None:
        return TriedRow(theirs, {}, (), "unmapped")
    values = accepted.identity.attributes.get(ours, ())
    rule = rules.get(ours) or rules.get(theirs) or ("" if values else "empty")
    return TriedRow(theirs, _word(ours), tuple(values), rule)


# --- stopping


def stop(turn: ConsoleTurn, provider: str) -> Reply:
    """O7. What stopping a method does, then, with a reason, it is stopped: at once, for every login, also those under way."""
    federation = turn.on.services.federation()
    terms, entry = turn.found(federation.providers.get(provider)), turn.found(_entry(provider, turn))
    form = StopForm.of(turn)
    if turn.posted and form.valid(turn):
        effects = suspend(entry.kind, entry.id, form.reason.data or "", turn.actor, desk(turn))
        if isinstance(effects, Refused):
            form.form_errors.append("refused." + effects.why)
        elif turn.commit(effects):
            return turn.see(turn.at(f"{AT}/{provider}"), notice="method-stopped")
        else:
            form.form_errors.append("refused." + Why.OVERTAKEN)
    page = StopMethod(
        names=terms.names,
        form=form,
        action=turn.at(f"{AT}/{provider}/stoppa"),
        cancel=turn.at(f"{AT}/{provider}"),
        others=_others(terms, federation, turn.now),
    )
    return turn.render(page)


def _others(stopped: ProviderTerms, federation: Federation, now: int) -> Mapping[str, Names]:
    """By level that it gives: the other methods in force that give it too."""
    active = [
        terms for terms in federation.providers.values() if terms.state is State.ACTIVE and terms.id != stopped.id
    ]
    able = {level: [terms.names for terms in active if level in terms.gives_at(now)] for level in stopped.gives_at(now)}
    return {level: _joined(names) for level, names in able.items()}


def _joined(several: list[Names]) -> Names:
    languages = ("sv", "en")
    return {
        code: ", ".join(names.get(code) or next(iter(names.values()), "") for names in several) for code in languages
    }
