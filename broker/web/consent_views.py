"""The questions between identification and release: in which commission, and whether details may go.

A question is put again from the decision itself each time, so that it never outlives its reason.
"""

from broker.exchange import Reply
from broker.login import journey
from broker.login.facts import case_of
from broker.login.request import Transaction
from broker.login.steps import Stage
from broker.web import explain, links
from broker.web.answers import see_other, settle
from broker.web.login import page_of, service_of
from broker.web.opening import opened
from broker.web.pages import consent as consent_pages
from broker.web.pages.frame import Names
from broker.web.turn import Turn
from trust_framework.attributes import CATALOGUE
from trust_framework.decide import AskCommission, AskConsent, decide


def scope(tx: Transaction) -> str:
    """What a form is for: this login, and the person it was shown to. Should another identify in the same login, a page
    that still stands open answers nothing for them.
    """
    return f"{tx.id}.{tx.sign_on}"


def commission(turn: Turn, id: str) -> Reply:
    """U5, when it is still the question."""
    return _commission_page(opened(id, turn), turn)


def _commission_page(tx: Transaction, turn: Turn, *, missing: bool = False) -> Reply:
    if tx.identity is None:
        return see_other(links.login_url(tx, Stage.CHOICE, turn.on.services.keys()))
    decision = decide(case_of(tx, turn.on.services), turn.now)
    if not isinstance(decision, AskCommission):
        return settle(journey.finish(tx, turn.now, turn.on.services), turn)
    page = consent_pages.ChooseCommission(
        service=service_of(tx, turn),
        action=f"/login/{tx.id}/uppdrag",
        csrf=turn.csrf(scope(tx)),
        choices=tuple(_commission_view(c.hsa_id, dict(c.attributes)) for c in decision.choices),
        missing=missing,
        cancel=explain.back(tx, turn),
    )
    return page_of(page, tx, turn)


def _commission_view(hsa_id: str, known: dict[str, tuple[str, ...]]) -> consent_pages.CommissionView:
    def first(*names: str) -> str:
        return next((known[name][0] for name in names if known.get(name)), "")

    return consent_pages.CommissionView(
        value=hsa_id,
        name=first("commissionName", "commissionPurpose", "employeeHsaId") or hsa_id,
        unit=first("healthCareUnitName"),
        provider=first("healthCareProviderName", "o"),
    )


def commission_answered(turn: Turn, id: str) -> Reply:
    """A commission was chosen."""
    tx = opened(id, turn)
    choice = turn.check_form(scope(tx)).get("commission")
    if not choice or tx.identity is None:
        return _commission_page(tx, turn, missing=True)
    return settle(journey.commission_chosen(tx, choice, turn.now, turn.on.services), turn)


def consent(turn: Turn, id: str) -> Reply:
    """U7, when it is still the question."""
    tx = opened(id, turn)
    if tx.identity is None:
        return see_other(links.login_url(tx, Stage.CHOICE, turn.on.services.keys()))
    decision = decide(case_of(tx, turn.on.services), turn.now)
    if not isinstance(decision, AskConsent):
        return settle(journey.finish(tx, turn.now, turn.on.services), turn)
    party = turn.on.services.federation().parties[tx.request.service]
    page = consent_pages.AskConsentPage(
        service=service_of(tx, turn),
        action=f"/login/{tx.id}/samtycke",
        csrf=turn.csrf(scope(tx)),
        shown=decision.shown,
        details=tuple(
            _detail(name, values, decision.sources[name], party.reasons.get(name, ""))
            for name, values in decision.attributes.items()
        ),
        about=party.description,
        privacy=party.privacy_url,
        contact=explain.contact(tx.request.service, turn),
    )
    return page_of(page, tx, turn)


SOURCES: dict[str, Names] = {
    "login": {"sv": "din e-legitimation", "en": "your e-identification"},
    "person": {"sv": "personregistret", "en": "the person register"},
    "staff": {"sv": "katalogen", "en": "the directory"},
    "commission": {"sv": "katalogen", "en": "the directory"},
    "derived": {"sv": "uträknat ur andra uppgifter", "en": "worked out from other details"},
}


def _detail(name: str, values: tuple[str, ...], source: str, why: str) -> consent_pages.DetailView:
    """A detail as it would go. Why the service wants it is in the words of the service's team, whatever the language."""
    row = CATALOGUE[name]
    names = {"sv": row.sv, "en": row.en}
    return consent_pages.DetailView(
        names=names,
        values=values,
        source=SOURCES.get(source, {}),
        why={"sv": why} if why else None,
        sensitive=row.sensitivity == "sensitive",
    )


def consent_answered(turn: Turn, id: str) -> Reply:
    """The person said yes or no to exactly what was shown."""
    tx = opened(id, turn)
    form = turn.check_form(scope(tx))
    answer = form.get("answer")
    if tx.identity is None or answer not in {"yes", "no"}:
        return see_other(links.login_url(tx, Stage.CONSENT, turn.on.services.keys()))
    step = journey.consent_answered(tx, form.get("shown", ""), given=answer == "yes", now=turn.now, on=turn.on.services)
    return settle(step, turn)
