"""M6 for one service: the keys by which it proves itself, their use in the log, the next one, and one that is phased out.

Either change is a proposal like any other: drafted here, told in words and sent in on its own page. What a change makes of
the entry is `broker.federation.own_keys`'s.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from wtforms.fields import HiddenField, RadioField, SelectChoice, TextAreaField

from broker.exchange import Reply
from broker.federation import own_keys, proposals
from broker.federation.own_keys import USES, Content, Unfit
from broker.federation.plan import LATELY
from broker.federation.register import Entry
from broker.web.console.forms import ConsoleForm, longest, required
from broker.web.console.keys_pages import OpenChange, ServiceKey, ServiceKeys
from broker.web.console.proposals import desk
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.links import fetch_mark
from metadata.described_keys import DescribedKey
from trust_framework.approval import Refusal, Refused
from trust_framework.days import DAY
from trust_framework.roles import Action

SERVICE: Final = "service"
AT: Final = "/nycklar/tjanst"
MOST_OPEN: Final = 100
BOTH: Final = "both"


class NextKeyForm(ConsoleForm):
    """A certificate, or for an OpenID client a public key, that the service will prove itself with."""

    use = RadioField(
        "own-keys.use", choices=[SelectChoice(each, "own-keys.use." + each) for each in USES], default="signing"
    )
    key = TextAreaField("own-keys.key", [required(), longest(20_000)])


class PhaseOutForm(ConsoleForm):
    """The key that goes, by its id, and what it is for."""

    use = HiddenField("own-keys.use")
    key = HiddenField("own-keys.key", [required(), longest(64)])


def shown(turn: ConsoleTurn, service: str) -> Reply:
    """The keys of a service, what the log knows of their use, and how the next one is added."""
    standing = _standing(turn, service)
    return _page(turn, standing, _next_form(turn, standing))


def added(turn: ConsoleTurn, service: str) -> Reply:
    """The next key is proposed."""
    standing = _standing(turn, service)
    form = _next_form(turn, standing)

    def change(content: Content) -> Content:
        return own_keys.with_next(content, form.key.data, USES[form.use.data] if "use" in form else "signing")

    return _proposed(turn, standing, form, change)


def phased_out(turn: ConsoleTurn, service: str) -> Reply:
    """It is proposed that a key goes."""
    form = PhaseOutForm.of(turn)
    use = form.use.data or ""
    return _proposed(
        turn,
        _standing(turn, service),
        form,
        lambda content: own_keys.without(content, form.key.data, USES.get(use, use)),
    )


def _proposed(turn: ConsoleTurn, standing: Entry, form: ConsoleForm, change: Callable[[Content], Content]) -> Reply:
    """A draft with the change, shown with its words; or the page again with what is wrong."""
    if form.valid(turn):
        try:
            content = change(standing.content or {})
        except Unfit as error:
            form.form_errors.append("own-keys.fault." + error.fault)
        else:
            answer = proposals.draft(SERVICE, standing.id, turn.org, content, turn.actor, desk(turn))
            if isinstance(answer, Refused):
                form.form_errors.append("refused." + answer.why)
            elif turn.commit(answer.effects):
                return turn.see(turn.at(f"/forslag/{answer.proposal.id}"), "draft-saved")
            else:
                form.form_errors.append("refused." + Refusal.OVERTAKEN)
    return _page(turn, standing, form)


def _standing(turn: ConsoleTurn, service: str) -> Entry:
    entry = turn.store.register_entry(SERVICE, service)
    standing = turn.found(entry, entry.org if entry else None)
    if standing.content is None:
        raise Missing
    return standing


def _page(turn: ConsoleTurn, standing: Entry, form: ConsoleForm) -> Reply:
    content = standing.content or {}
    elsewhere = own_keys.published_at(content)
    at = turn.at(f"{AT}/{standing.id}")
    changing = not elsewhere and turn.may(Action.EDIT)
    return turn.render(
        ServiceKeys(
            names=dict(content.get("names") or {}) or {"sv": standing.id},
            protocol="saml" if content.get("saml") else "oidc",
            keys=tuple(_keys(content, turn.store.key_use(standing.id, turn.now - LATELY), turn.now)),
            ours=_ours(turn, standing),
            elsewhere=elsewhere,
            open=tuple(_open(turn, standing.id)),
            form=(form if isinstance(form, NextKeyForm) else _next_form(turn, standing, fresh=True))
            if changing
            else None,
            wrong=form,
            action=at,
            phasing_out=f"{at}/fasa-ut" if changing else "",
            csrf=turn.csrf(),
            back=turn.at("/nycklar"),
        )
    )


def _ours(turn: ConsoleTurn, standing: Entry) -> str:
    """The address at which this service fetches our keys: the document's, with the service's mark."""
    services = turn.on.services
    document = "/saml/metadata" if (standing.content or {}).get("saml") else "/oidc/jwks"
    return f"{services.settings.base_url}{document}?{urlencode({'service': fetch_mark(standing.id, services.keys())})}"


def _next_form(turn: ConsoleTurn, standing: Entry, *, fresh: bool = False) -> NextKeyForm:
    """The form as it was sent, or a `fresh` one. An OpenID client's keys are for one use alone."""
    form = NextKeyForm(meta={"csrf_context": turn}) if fresh else NextKeyForm.of(turn)
    if not (standing.content or {}).get("saml"):
        del form.use
    return form


def _keys(content: Content, use: Mapping[str, float], now: int) -> Iterator[ServiceKey]:
    held = own_keys.keys_of(content)
    begun = max((each.valid_from or 0 for each in held if use.get(each.id)), default=None)
    for each in held:
        alone = sum(_covers(other, each) for other in held) == 1
        days = None if each.valid_until is None else (each.valid_until - now) // DAY
        share = None if each.use == "encryption" else _share(use, each.id)
        yield ServiceKey(
            each.id,
            each.short,
            each.kind,
            each.use or BOTH,
            each.valid_until,
            days,
            share,
            told=bool(use),
            alone=alone,
            place=_place(each, use, begun),
        )


def _place(each: DescribedKey, use: Mapping[str, float], begun: int | None) -> str:
    """Where a key is in its life, as far as the logins tell: one that proves them is active; one that proves none is next when
    it began later than those that do, and else on its way out. Of encryption nothing can be told.
    """
    if begun is None or each.use == "encryption":
        return ""
    if use.get(each.id):
        return "active"
    return "next" if (each.valid_from or 0) > begun else "retiring"


def _covers(other: DescribedKey, each: DescribedKey) -> bool:
    """Whether a key can stand in for another."""
    return other.use in {None, each.use} if each.use else other.use is None


def _share(use: Mapping[str, float], key: str) -> int:
    """Percent of the logins of late; what is used at all is at least one."""
    share = use.get(key, 0.0)
    return max(1, round(share * 100)) if share else 0


def _open(turn: ConsoleTurn, service: str) -> Iterator[OpenChange]:
    """Changes of the service that are on their way."""
    for each in turn.store.proposal_page("open", turn.org, SERVICE, count=MOST_OPEN).proposals:
        if each.object == service:
            yield OpenChange(turn.at(f"/forslag/{each.id}"), each.stage.value, each.changed_at)
