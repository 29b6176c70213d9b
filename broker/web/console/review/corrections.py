"""Corrections: details of persons that were wrong, who got them and who knows."""

from wtforms.fields import SelectChoice

from broker.care import corrections
from broker.care.calling import CareRefused
from broker.care.corrections import Wrong
from broker.exchange import Reply
from broker.web.console.review.desk import Desk, desk, person_by_number
from broker.web.console.review.forms import CorrectionForm
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text, words
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import in_language
from trust_framework.agreements import SharingAgreement
from trust_framework.attributes import CATALOGUE
from trust_framework.corrections import Correction


def listed(turn: ConsoleTurn) -> Reply:
    """The corrections that the member made, and those that it was told of."""
    here = desk(turn)
    return _listed(here, _form(CorrectionForm.of(turn)))


def _form(form: CorrectionForm) -> CorrectionForm:
    form.attributes.choices = [SelectChoice(row.name, {"sv": row.sv, "en": row.en}) for row in CATALOGUE.values()]
    return form


def _listed(here: Desk, form: CorrectionForm) -> Reply:
    turn = here.turn
    mine = turn.store.corrections(turn.org, turn.query.get("efter", ""))
    made = Table(
        caption="correction.by-us",
        columns=(
            Column(said="correction.at"),
            Column(said="review.patient"),
            Column(said="correction.attributes"),
            Column(said="correction.receivers", figure=True),
            Column(said="correction.open", figure=True),
        ),
        rows=tuple(_made(here, each) for each in mine.rows),
        empty="correction.by-us.none",
        total=mine.total,
        next=turn.at(f"/rattelser?efter={mine.next}") if mine.next else "",
    )
    page = Sheet(
        part="corrections",
        title="correction.list",
        lead="correction.lead",
        tables=(made,),
        doings=(
            Doing(
                said="correction.new",
                action=turn.at("/rattelser"),
                button="correction.new",
                form=form,
                lead="correction.new.lead",
            ),
        ),
    )
    return turn.render(page)


def _made(here: Desk, one: Correction) -> tuple[Cell, ...]:
    return (
        at(one.at, here.turn.at(f"/rattelser/{one.id}")),
        text(here.patient(one.person, None) or one.person[:8]),
        text(details(here.turn, one.attributes)),
        figure(len(one.receipts)),
        figure(one.open),
    )


def details(turn: ConsoleTurn, attributes: tuple[str, ...]) -> str:
    """What details are called."""
    rows = ((name, CATALOGUE.get(name)) for name in attributes)
    language = turn.frame.language
    return ", ".join(in_language({"sv": row.sv, "en": row.en}, language) if row else name for name, row in rows)


def made(turn: ConsoleTurn) -> Reply:
    """Correct a detail: every service that got it from us is told."""
    here = desk(turn)
    form = _form(CorrectionForm.of(turn))
    if not form.valid(turn):
        return _listed(here, form)
    person, wrong = person_by_number(form.whose.data, turn)
    if wrong:
        form.whose.errors = [wrong]
        return _listed(here, form)
    federation = turn.on.services.federation()
    owners = {id_: party.member.org for id_, party in federation.parties.items() if party.member.org}
    told = Wrong(person, tuple(form.attributes.data), form.why.data, _given(turn))
    done = corrections.register(told, turn.org, owners, turn.store, here.who, turn.now)
    turn.commit(done.effects)
    return turn.see(turn.at(f"/rattelser/{done.result.id}"), notice="correction-kept")


def _given(turn: ConsoleTurn) -> frozenset[tuple[str, str]]:
    """The details that the member gives, by service: only who gave a detail corrects it, and nobody else learns who got it."""
    agreements = (one for one in turn.on.services.federation().agreements if isinstance(one, SharingAgreement))
    return frozenset(
        (service, field.attribute)
        for one in agreements
        for terms in one.signed
        for field in terms.data
        if field.giver == turn.org
        for service in terms.services
    )


def shown(turn: ConsoleTurn, correction: str) -> Reply:
    """One correction that the member made: who was told when, and who knows."""
    here = desk(turn)
    try:
        one = corrections.found(correction, turn.org, here.on.store)
    except CareRefused:
        raise Missing from None
    rows = tuple(
        (
            text(each.service),
            text(details(turn, each.attributes)),
            figure(len(each.told)),
            said("correction.known", "ok") if each.acknowledged_at else said("correction.waiting", "warn"),
            at(each.acknowledged_at or each.next_at or None),
        )
        for each in one.receipts
    )
    table = Table(
        caption="correction.receivers",
        columns=(
            Column(said="correction.service"),
            Column(said="correction.attributes"),
            Column(said="correction.told", figure=True),
            Column(said="review.state"),
            Column(said="correction.when"),
        ),
        rows=rows,
        empty="correction.receivers.none",
    )
    page = Sheet(
        part="correction",
        title="correction.one",
        of=one.id,
        back=Link(url=turn.at("/rattelser"), said="correction.back"),
        facts=(
            ("correction.at", at(one.at)),
            ("review.patient", text(here.patient(one.person, None) or one.person[:8])),
            ("correction.attributes", text(details(turn, one.attributes))),
            ("correction.why", words(one.reason)),
        ),
        tables=(table,),
    )
    return turn.render(page)
