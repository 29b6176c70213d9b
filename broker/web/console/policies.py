"""O4: release policies in plain sentences, their history, what a change would do over all services, and proposing it.

A change is a proposal like any other: it is tried here, and takes effect when others have approved it, on its first day.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField
from wtforms.fields import HiddenField, SelectChoice
from wtforms.validators import Optional

from broker.exchange import Reply
from broker.federation import policy_trials as trials
from broker.federation.policy_trials import KIND
from broker.federation.register import Content, Entry
from broker.login.ports import Federation
from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.listing import Listing, asked
from broker.web.console.policies_pages import ImpactRow, PastRow, PolicyList, PolicyView, RuleRow
from broker.web.console.proposals import desk
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework.approval import Refusal, Refused
from trust_framework.attribute_sets import ATTRIBUTE_SETS
from trust_framework.attributes import CATALOGUE
from trust_framework.dry_run import Impact
from trust_framework.members import Profile
from trust_framework.policies import Effect, Rule
from trust_framework.policy_words import sentence
from trust_framework.roles import Action

NEW: Final = "ny"
MOST_SHOWN: Final = 100
LISTS: Final = ("services", "categories", "members", "member_types")
NEEDS: Final = ("agreement", "consent")


class PolicyForm(ConsoleForm):
    """A rule as fields. Lists are ids with spaces between."""

    act = HiddenField("policy.act", [line])
    id = StringField("policy.id", [required(), longest(64), line])
    name_sv = StringField("policy.name-sv", [required(), longest(200), line])
    name_en = StringField("policy.name-en", [required(), longest(200), line])
    effect = SelectField(
        "policy.effect", choices=[SelectChoice(each.value, "policy.effect." + each) for each in Effect]
    )
    all = BooleanField("policy.all")
    services = StringField("policy.services", [longest(2000), line])
    categories = StringField("policy.categories", [longest(2000), line])
    members = StringField("policy.members", [longest(2000), line])
    member_types = StringField("policy.member-types", [longest(200), line])
    attributes = SelectMultipleField("policy.attributes", choices=[])
    sets = SelectMultipleField("policy.sets", choices=[])
    level = SelectField("policy.level", choices=[SelectChoice(str(n), "policy.level." + str(n)) for n in range(5)])
    agreement = BooleanField("policy.agreement")
    consent = BooleanField("policy.consent")
    profile = SelectField(
        "policy.profile",
        choices=[SelectChoice("", "policy.any"), *(SelectChoice(p.value, {"sv": p.value}) for p in Profile)],
    )
    since = DateField("policy.since", [Optional()])

    @classmethod
    def choosing(cls, turn: ConsoleTurn, data: Mapping[str, Any] | None = None) -> Self:
        """The form with the catalogue to choose from."""
        form = cls.of(turn, data)
        form.attributes.choices = [SelectChoice(row.name, {"sv": row.sv, "en": row.en}) for row in CATALOGUE.values()]
        form.sets.choices = [SelectChoice(uri, {"sv": uri, "en": uri}) for uri in ATTRIBUTE_SETS]
        return form


# --- the rules


def listed(turn: ConsoleTurn) -> Reply:
    """Every rule in one sentence, with the version that follows it; searched and paged."""
    wanted = asked(turn)
    found = turn.store.register_page(KIND, "", wanted.search, "", wanted.after)
    entries = (turn.store.register_entry(KIND, each.id) for each in found.entries)
    rows = tuple(_row(entry, turn) for entry in entries if entry is not None)
    draft = turn.at(f"/policyer/{NEW}") if turn.may(Action.MANAGE_POLICY) else ""
    return turn.render(
        PolicyList(rules=Listing(turn.at("/policyer"), rows, found.total, wanted, found.next), draft=draft)
    )


def _row(entry: Entry, turn: ConsoleTurn) -> RuleRow:
    policy = trials.read(entry.content)
    return RuleRow(
        id=entry.id,
        names=dict((entry.content or {}).get("names") or (entry.content or {}).get("name") or {"sv": entry.id}),
        url=turn.at(f"/policyer/{entry.id}"),
        sentence=_told(policy.rule, turn) if policy else {},
        version=policy.rule.version if policy else 0,
        coming=_told(policy.coming, turn) if policy and policy.coming else {},
        since=policy.coming.since if policy and policy.coming else 0,
    )


def _told(rule: Rule, turn: ConsoleTurn) -> Names:
    return sentences(rule, turn.on.services.federation())


def sentences(rule: Rule, federation: Federation) -> Names:
    """The rule in one sentence of each language."""
    parties = federation.parties
    names = {id_: parties[id_].names for id_ in rule.audience.services if id_ in parties}
    return {lang: sentence(rule, lang, names) for lang in ("sv", "en")}


def new(turn: ConsoleTurn) -> Reply:
    """The form of a new rule."""
    return turn.render(_view(PolicyForm.choosing(turn, {"effect": "allow", "level": "0"}), None, turn, NEW))


def shown(turn: ConsoleTurn, policy: str) -> Reply:
    """One rule, its history, and the form to change it; filled with an earlier version to undo a change."""
    history = turn.store.register_history(KIND, policy)
    turn.found(history or None)
    wanted = turn.query.get("fran", "")
    from_ = next((each for each in history if str(each.version) == wanted and each.content), history[0])
    return turn.render(_view(PolicyForm.choosing(turn, _filled(from_.content or {})), history, turn, policy))


def _view(form: PolicyForm, history: tuple[Entry, ...] | None, turn: ConsoleTurn, at: str, **more: Any) -> PolicyView:
    standing = trials.read(history[0].content) if history else None
    past = tuple(
        PastRow(at=each.at, sentence=_told(read.rule, turn), undo=turn.at(f"/policyer/{at}?fran={each.version}"))
        for each in history or ()
        if (read := trials.read(each.content))
    )
    return PolicyView(
        form=form,
        action=turn.at(f"/policyer/{at}"),
        back=turn.at("/policyer"),
        sentence=_told(standing.rule, turn) if standing else {},
        history=past,
        **more,
    )


def _filled(content: Content) -> dict[str, Any]:
    names = content.get("names") or content.get("name") or {}
    to, needs = content.get("to") or {}, content.get("needs") or {}
    return {
        "id": content.get("id", ""),
        "name_sv": names.get("sv", ""),
        "name_en": names.get("en", ""),
        "effect": content.get("effect", "allow"),
        "all": str(to.get("all", "")).lower() == "true",
        **{name: " ".join(to.get(name, ())) for name in LISTS},
        "attributes": list(content.get("attributes", ())),
        "sets": list(content.get("sets", ())),
        "level": str(needs.get("level", 0)),
        **{name: str(needs.get(name, "")).lower() == "true" for name in NEEDS},
        "profile": str(needs.get("profile") or ""),
    }


# --- changing one


def drafted(turn: ConsoleTurn) -> Reply:
    """Try a new rule, or propose it."""
    return _changed(None, turn, NEW)


def changed(turn: ConsoleTurn, policy: str) -> Reply:
    """Try a change of a rule, or propose it."""
    history = turn.store.register_history(KIND, policy)
    turn.found(history or None)
    return _changed(history, turn, policy)


def _changed(history: tuple[Entry, ...] | None, turn: ConsoleTurn, at: str) -> Reply:
    form = PolicyForm.choosing(turn)
    if not form.valid(turn):
        return turn.render(_view(form, history, turn, at))
    content = _content(form, history[0] if history else None, at)
    wanted = trials.read(content)
    if wanted is None:
        return turn.render(_view(form, history, turn, at, wrong="malformed"))
    if form.act.data == "propose":
        return _proposed(content, form, history, turn, at)
    found = trials.impacts_of(wanted, turn.on.services.federation(), turn.now)
    return turn.render(
        _view(
            form,
            history,
            turn,
            at,
            tried=True,
            proposed=_told(wanted.coming or wanted.rule, turn),
            touched=len(found),
            losing=sum(bool(one.lost) for one in found),
            impacts=tuple(_impact(one, turn) for one in found[:MOST_SHOWN]),
        )
    )


def _content(form: PolicyForm, standing: Entry | None, at: str) -> dict[str, Any]:
    """What the form says, as the register keeps it: with a first day, as the version that follows the one that stands."""
    before = (standing.content if standing else None) or {}
    rule: dict[str, Any] = {
        "effect": form.effect.data,
        "to": _to(form),
        "version": int(before.get("version", 1)) + 1 if before else 1,
    }
    rule |= {name: form[name].data for name in ("attributes", "sets") if form[name].data}
    if needs := _needs(form):
        rule["needs"] = needs
    names = {"sv": form.name_sv.data.strip(), "en": form.name_en.data.strip()}
    head = {"id": standing.id if standing else form.id.data.strip() if at == NEW else at, "names": names}
    if form.since.data is None:
        return {**head, **rule}
    if not before:
        return {**head, **rule, "since": form.since.data.isoformat()}
    kept = {name: value for name, value in before.items() if name not in {"id", "name", "names", "next", "coming"}}
    return {**head, **kept, "coming": {**rule, "since": form.since.data.isoformat()}}


def _to(form: PolicyForm) -> dict[str, Any]:
    if form.all.data:
        return {"all": True}
    return {name: form[name].data.split() for name in LISTS if (form[name].data or "").split()}


def _needs(form: PolicyForm) -> dict[str, Any]:
    found: dict[str, Any] = {name: True for name in NEEDS if form[name].data}
    if form.level.data != "0":
        found["level"] = int(form.level.data)
    if form.profile.data:
        found["profile"] = form.profile.data
    return found


def _impact(one: Impact, turn: ConsoleTurn) -> ImpactRow:
    names = turn.on.services.federation().parties[one.service].names
    return ImpactRow(names=names, lost=_labels(one.lost), gained=_labels(one.gained), other=_labels(one.other))


def _labels(names: tuple[str, ...]) -> tuple[Names, ...]:
    rows = ((name, CATALOGUE.get(name)) for name in names)
    return tuple({"sv": row.sv, "en": row.en} if row else {"sv": name} for name, row in rows)


def _proposed(
    content: dict[str, Any], form: PolicyForm, history: tuple[Entry, ...] | None, turn: ConsoleTurn, at: str
) -> Reply:
    """Make the proposal and send it in: others approve it."""
    found = trials.proposed(content, turn.actor, desk(turn))
    if isinstance(found, Refused):
        return turn.render(_view(form, history, turn, at, wrong="unfit" if found.why is Refusal.UNFIT else "refused"))
    if not turn.commit(found.effects):
        return turn.render(_view(form, history, turn, at, wrong="overtaken"))
    return turn.see(turn.at(f"/forslag/{found.proposal.id}"), notice="policy-proposed")
