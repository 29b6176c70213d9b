"""Samples of the pages of care staff, with friendly names or hostile ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from wtforms.fields import SelectChoice

from broker.web.console.care_forms import AskForm, BlockForm, EmergencyForm, LiftForm, PatientForm
from broker.web.console.care_pages import (
    ActRow,
    AnswerRow,
    Around,
    Banner,
    Blocked,
    CareChoose,
    CareEntries,
    CareEntry,
    CareForm,
    CarePatient,
    CareReview,
    CareSearch,
    DeskRow,
    EntryRow,
    Fact,
    LiftRow,
    Opened,
    Part,
    Standing,
    Way,
    WishRow,
)
from broker.web.pages.frame import Page, clean
from tests.support.page_samples import CSRF, NOW, Cast

AT = "/vard/SE2329999912-U104/aGFuZGxl"


def care_makers(form_turn: Callable[..., Any]) -> Mapping[str, Callable[[Cast], Page]]:
    """Every page of care staff by the name of its picture. `form_turn` gives a turn that came from nowhere."""
    return {
        "v1-choose": lambda c: CareChoose(
            rows=(
                DeskRow(name=c.unit, url="/vard/x", provider=c.owner, unit=c.service, registrar=True),
                DeskRow(name=c.value, url="/vard/y", provider=c.owner, unit={}, registrar=False),
            )
        ),
        "v1-none": lambda _: CareChoose(rows=()),
        "v2-search": lambda c: CareSearch(
            around=_around(c),
            form=_searched(form_turn, c),
            action="/vard/x",
            waiting=(WishRow(id="x", number="19121212-1212", wish="wish-block", place=c.service, at=NOW),),
            open="/vard/x/onskemal",
            csrf=CSRF,
        ),
        "v3-patient": lambda c: _patient(form_turn, c),
        "v3-emergency": lambda c: replace(
            _patient(form_turn, c),
            here=Blocked(count=1, units=(c.service, c.app)),
            elsewhere=Blocked(lifted=1, until=NOW),
            answers=_answers(c),
            left_out=1200,
            reveal=f"{AT}/var",
            emergency="",
            opened=Opened(until=NOW, reason=c.value, action=f"{AT}/nod/x/avsluta"),
            wrong="other",
        ),
        "v4-blocks": lambda c: CareEntries(
            around=_around(c, patient=True),
            kind="block",
            rows=(
                EntryRow(url="/x", title="inner", place=c.service, state="lifted", since=NOW, until=NOW),
                EntryRow(url="/y", title="outer", place=c.owner, state="revoked", since=NOW),
            ),
            new=f"{AT}/sparrar/ny",
            switch=f"{AT}/sparrar?alla=1",
        ),
        "v4-none": lambda c: CareEntries(
            around=_around(c, patient=True), kind="consent", rows=(), new="", all=True, switch=f"{AT}/samtycken"
        ),
        "v5-block": _block,
        "v6-block": lambda c: _block_form(form_turn, c),
        "v6-lift": lambda c: replace(
            _block_form(form_turn, c), code="block-lift", form=_lift_form(form_turn, c), facts=_facts(c)
        ),
        "v6-emergency": lambda c: CareForm(
            around=_around(c, patient=True),
            code="emergency",
            form=_emergency_form(form_turn),
            action=f"{AT}/nod",
            back=AT,
            consequences=("emergency.patient", "emergency.reviewed", "emergency.told", "emergency.others"),
            danger=True,
        ),
        "v7-review": lambda c: CareReview(
            around=_around(c, patient=True),
            code="block",
            facts=_facts(c),
            action=f"{AT}/sparrar/ny",
            csrf=CSRF,
            fields=(("reason", clean(c.value)), ("shown", "x")),
            consequences=("block.inner", "block.always"),
            final=True,
            changed=True,
        ),
    }


def _around(c: Cast, *, patient: bool = False) -> Around:
    banner = Banner(number="19121212-1212", kind="personnummer", name=c.value, born="1912-12-12", protected=True)
    parts = (
        Part(name="patient", url=AT, current=True),
        Part(name="sparrar", url=f"{AT}/sparrar"),
        Part(name="samtycken", url=f"{AT}/samtycken"),
        Part(name="relationer", url=f"{AT}/relationer"),
    )
    return Around(
        commission=c.value,
        provider=c.owner,
        unit=c.service,
        search="/vard/x",
        change="/vard",
        registrar=True,
        patient=banner if patient else None,
        parts=parts if patient else (),
    )


def _searched(form_turn: Callable[..., Any], c: Cast) -> PatientForm:
    form = PatientForm.of(form_turn(number=clean(c.value)))
    assert form.patient(NOW, SimpleNamespace(feigned=None)) is None
    return form


def _patient(form_turn: Callable[..., Any], c: Cast) -> CarePatient:
    return CarePatient(
        around=_around(c, patient=True),
        here=Blocked(count=2),
        elsewhere=Blocked(incomplete=True),
        standing=(Standing(code="no-consent", way=Way(code="consent", url="/x")), Standing(code="relation", until=NOW)),
        form=AskForm.of(form_turn()),
        action=f"{AT}/svar",
        emergency=f"{AT}/nod",
        csrf=CSRF,
    )


def _answers(c: Cast) -> tuple[AnswerRow, ...]:
    return (
        AnswerRow(place=c.service, access="permitted", grounds=("own-provider",), count=1),
        AnswerRow(place=c.owner, access="blocked", grounds=("inner-block", "block-lifted"), count=4711),
    )


def _facts(c: Cast) -> tuple[Fact, ...]:
    return (
        Fact(label="care.block.type", code="inner"),
        Fact(label="care.block.unit", values=(c.service, c.value)),
        Fact(label="care.lift.until", at=NOW),
    )


def _block(c: Cast) -> CareEntry:
    return CareEntry(
        around=_around(c, patient=True),
        kind="block",
        state="lifted",
        facts=_facts(c),
        acts=(ActRow(code="registered", at=NOW, by=c.value, reason=c.value), ActRow(code="lifted", at=NOW)),
        ways=(Way(code="block-lift", url="/x"), Way(code="block-revoke", url="/x")),
        back=f"{AT}/sparrar",
        lifts=(
            LiftRow(reason="Emergency", unit=c.service, until=NOW, state="stands", employee=c.value, cancel="/x"),
            LiftRow(reason="PatientsConsent", unit=c.service, until=NOW, state="ended"),
        ),
    )


def _block_form(form_turn: Callable[..., Any], c: Cast) -> CareForm:
    turn = form_turn(type="Inner", start="2026-02-30")
    form = BlockForm.of(turn)
    form.unit.choices = [SelectChoice("", "care.block.unit.none"), SelectChoice("u", c.service)]
    form.valid(turn)
    form.reason.data = clean(c.value)
    return CareForm(around=_around(c, patient=True), code="block", form=form, action="/x", back=AT, wrong="changed")


def _emergency_form(form_turn: Callable[..., Any]) -> EmergencyForm:
    form = EmergencyForm.of(form_turn())
    form.hours.choices = [SelectChoice(1, {"sv": "1 h"})]
    return form


def _lift_form(form_turn: Callable[..., Any], c: Cast) -> LiftForm:
    form = LiftForm.of(form_turn())
    form.unit.choices = [SelectChoice("u", c.service)]
    return form
