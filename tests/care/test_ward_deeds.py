"""What care staff do on their pages: blocks, lifts, consents, relations, emergency access; each is shown in words first."""

import re
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from broker.care import requests
from broker.care.calling import Caller, CallerKind
from broker.care.changes import SaveBlock
from broker.login.effects import Overtaken
from tests.support.console import Console, consoles, document
from tests.support.ward import (
    CLINIC,
    FAR,
    FAR_UNIT,
    NURSE,
    PATIENT,
    PROVIDER,
    WARD,
    AtWork,
    care_providers,
    commission,
    shown,
    wards,
)
from tests.support.world import MEMBER, Answer
from trust_framework import patient_numbers
from trust_framework.access_log import AccessSought
from trust_framework.blocks import BlockType
from trust_framework.care_requests import CareRequest, Wish
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]
ANNA = Identifier("1.2.752.129.2.1.3.1", "191212121212")
INNER = {"type": "Inner", "unit": CLINIC}


@pytest.fixture
def console(worlds) -> Console:
    return wards(worlds)


@pytest.fixture
def registrar(console: Console) -> AtWork:
    return AtWork.of(console, "dora")


@pytest.fixture
def nurse(console: Console) -> AtWork:
    return AtWork.of(console, "carl")


def block(registrar: AtWork, **typed: object) -> str:
    """A block at the clinic, registered; its id."""
    registrar.register("/sparrar/ny", **{**INNER, **typed})
    return registrar.first("/sparrar")


def blocks(console: Console) -> tuple:
    return console.world.store.blocks_of(console.person("anna"))


# --- blocks


@pytest.mark.spec("CB", "06")
def test_a_block_is_shown_in_words_and_stands_when_that_is_confirmed(console: Console, registrar: AtWork):
    review = registrar.fill("/sparrar/ny", **INNER, reason="Patienten ringde")

    assert "Registrera spärren?" in shown(review)
    assert "Inget är gjort" not in shown(review)
    assert "Medicinmottagningen" in shown(review)
    assert blocks(console) == ()
    done = registrar.confirm(review)

    (made,) = blocks(console)
    assert (made.type, made.unit, made.registered.reason) == ("Inner", CLINIC, "Patienten ringde")
    assert "Spärren är registrerad" in registrar.get(done.location).text
    (event,) = console.world.events("care.block-changed")
    assert (event["act"], event["by"]) == ("registered", console.person("dora"))


def test_pressed_twice_it_is_one_block(console: Console, registrar: AtWork):
    review = registrar.fill("/sparrar/ny", **INNER)

    assert registrar.confirm(review).status == registrar.confirm(review).status == 303
    assert len(blocks(console)) == 1


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({}, "Hur långt spärren räcker"),
        ({"type": "Inner"}, "En inre spärr gäller en enhet"),
        ({"type": "Outer", "unit": CLINIC}, "En yttre spärr gäller hela vårdgivaren"),
        ({"type": "Inner", "unit": "SE1-FOREIGN"}, "Enhet"),
        ({"type": "Sideways"}, "Hur långt spärren räcker"),
        ({**INNER, "excluded": "und"}, "Typer som lämnas öppna"),
        ({**INNER, "start": "2026-02-30"}, "från och med"),
        ({**INNER, "start": "2026-03-02", "end": "2026-03-01"}, "före den första"),
        ({**INNER, "end": "9999-12-31"}, "till och med"),
        ({**INNER, "reason": "x" * 1025}, "Anteckning"),
        ({**INNER, "patient": "195006262546"}, "fält"),
    ],
)
def test_a_form_that_does_not_hold_says_why_and_changes_nothing(console: Console, registrar: AtWork, typed, why):
    answer = registrar.fill("/sparrar/ny", **typed)

    assert (answer.status, answer.page) == (200, "care-form")
    assert why in shown(answer)
    assert blocks(console) == ()


@pytest.mark.parametrize("bend", ["shown", "type", "unit", "excluded"])
@pytest.mark.spec("CB", "06")
def test_what_was_not_shown_is_not_done(console: Console, registrar: AtWork, bend):
    review = registrar.fill("/sparrar/ny", **INNER)
    bent = {"shown": "x", "type": "Outer", "unit": WARD, "excluded": "lak"}[bend]
    more = {"unit": ""} if bend == "type" else {}

    answer = registrar.press(review, registrar.bedside, **{bend: bent, **more})

    assert answer.page == "care-review"
    assert "Inget är gjort" in shown(answer)
    assert blocks(console) == ()


def test_another_persons_confirmation_does_nothing_here(console: Console, registrar: AtWork):
    other = AtWork.of(console, "dora")
    _, fields = registrar.fill("/sparrar/ny", **INNER).form(registrar.bedside)
    _, own = other.page("/sparrar/ny").form(other.bedside)

    answer = other.browser.post(f"{other.bedside}/sparrar/ny", {**fields, "csrf": own["csrf"]})

    assert answer.page == "care-review"
    assert blocks(console) == ()


def test_what_was_typed_can_be_changed_from_the_page_that_shows_it(registrar: AtWork):
    review = registrar.fill("/sparrar/ny", **INNER, reason="Nästan rätt")

    form = registrar.press(review, registrar.bedside, change="yes")

    assert form.page == "care-form"
    assert "Nästan rätt" in form.text
    assert f'value="{CLINIC}" selected' in form.text


def test_a_block_is_copied_lifted_revoked_and_voided_and_its_history_stays(console: Console, registrar: AtWork):
    first = block(registrar)
    copy = registrar.confirm(registrar.fill(f"/sparrar/{first}/kopiera", type="Inner", unit=WARD))
    assert copy.status == 303
    assert {each.unit for each in blocks(console)} == {CLINIC, WARD}

    gone = registrar.fill(f"/sparrar/{first}/hav", reason="Patienten har ändrat sig")
    assert gone.status == 303, shown(gone)
    page = registrar.page(f"/sparrar/{first}")
    assert "Patienten har ändrat sig" in page.text
    assert "/hav" not in page.text
    assert registrar.page(f"/sparrar/{first}/hav").status == 404

    second = registrar.first("/sparrar")
    assert registrar.fill(f"/sparrar/{second}/makulera", reason="Fel patient").status == 303
    assert "Inget är registrerat" in shown(registrar.page("/sparrar"))
    assert shown(registrar.page("/sparrar?alla=1")).count("Inre spärr") == 2


def test_a_lift_is_for_ones_own_unit_within_the_limits(console: Console, registrar: AtWork):
    far = block(registrar, unit=WARD)
    lift = f"/sparrar/{far}/hav-tillfalligt"

    late = registrar.fill(lift, why="PatientsConsent", unit=CLINIC, until="2026-12-24T12:00", whom="unit")
    assert "längre än vårdgivaren tillåter" in shown(registrar.confirm(late))
    past = registrar.fill(lift, why="PatientsConsent", unit=CLINIC, until="2025-12-24T12:00", whom="unit")
    assert "redan varit" in shown(registrar.confirm(past))
    alone = registrar.fill(lift, why="Emergency", unit=CLINIC, until="2026-11-26T12:00", whom="unit", reason="")
    assert "bara öppna för dig själv" in shown(alone)
    assert registrar.page().text.count("Det finns spärrade uppgifter") == 1

    registrar.register(
        lift, why="PatientsConsent", unit=CLINIC, until="2026-11-27T12:00", whom="me", reason="Bad om det"
    )
    assert "Inget är spärrat för dig" in shown(registrar.page())
    assert "hävd för dig" in shown(registrar.page())
    assert "Hävd för en tid" in shown(registrar.page("/sparrar"))

    page = registrar.page(f"/sparrar/{far}")
    ending = re.search(rf"/sparrar/{far}/havning/[0-9a-f-]+", page.text)
    assert registrar.fill(ending[0], reason="Klart").status == 303
    assert registrar.page(ending[0]).status == 404
    assert "Det finns spärrade uppgifter" in shown(registrar.page())


def test_an_outer_block_is_lifted_for_another_providers_unit_by_its_own_registrar(console: Console, registrar: AtWork):
    doctor = AtWork.of(console, "eva")
    outer = block(registrar, type="Outer", unit="")
    lift = f"/sparrar/{outer}/hav-tillfalligt"
    assert "Närvården – Exempelkommunens vård" in registrar.page(lift).text
    assert "Det finns spärrade uppgifter" in shown(doctor.page())

    wrong = registrar.fill(lift, why="PatientsConsent", unit=FAR_UNIT, until="2026-11-27T12:00", whom="me")
    assert "bara på din egen enhet" in shown(wrong)
    registrar.register(lift, why="PatientsConsent", unit=FAR_UNIT, until="2026-11-27T12:00", whom="unit")

    assert "hävd för dig" in shown(doctor.page())
    assert "Det finns spärrade uppgifter" not in shown(doctor.page())


def test_a_lift_in_an_emergency_begins_a_review(console: Console, registrar: AtWork):
    far = block(registrar, unit=WARD)

    review = registrar.fill(
        f"/sparrar/{far}/hav-tillfalligt",
        why="Emergency",
        unit=CLINIC,
        until="2026-11-25T20:00",
        whom="me",
        reason="Medvetslös",
    )
    assert "granskare" in shown(review)
    assert registrar.confirm(review).status == 303
    (opened,) = console.world.events("care.case-opened")
    assert opened["person"] == console.person("anna")


def test_a_block_that_changed_meanwhile_is_read_again_first(console: Console, registrar: AtWork):
    far = block(registrar, unit=WARD)
    page = registrar.page(f"/sparrar/{far}/hav")
    registrar.register(
        f"/sparrar/{far}/hav-tillfalligt", why="PatientsConsent", unit=CLINIC, until="2026-11-27T12:00", whom="unit"
    )

    answer = registrar.press(page, "/hav", reason="Patienten vill")

    assert answer.page == "care-form"
    assert "Inget är gjort" in shown(answer)
    assert blocks(console)[0].revoked is None


@pytest.mark.parametrize(
    "part",
    ["/sparrar/{}", "/sparrar/{}/hav", "/sparrar/{}/makulera", "/sparrar/{}/kopiera", "/sparrar/{}/hav-tillfalligt"],
)
def test_another_patients_or_providers_block_is_as_missing_as_none(console: Console, registrar: AtWork, part):
    theirs = block(registrar)
    other_patient = AtWork.of(console, "dora", "199001012385")

    for path in (part.format(theirs), part.format("0b8c2f34-0000-4000-8000-000000000000")):
        missing = other_patient.page(path)
        assert (missing.status, missing.cause) == (404, "not-found")


# --- consents and relations


def test_a_consent_is_registered_shown_ended_and_voided(console: Console, nurse: AtWork):
    nurse.register("/samtycken/ny", type="Consent", whom="me", end="2027-01-31", represented_by="640823-3234")
    id_ = nurse.first("/samtycken")

    page = nurse.page(f"/samtycken/{id_}")
    assert "19640823-3234" in page.text
    assert NURSE in page.text
    assert "Patientens samtycke finns" in shown(nurse.page())
    assert nurse.fill(f"/samtycken/{id_}/avsluta", reason="Togs tillbaka").status == 303
    assert "Inget samtycke finns" in shown(nurse.page())
    assert nurse.page(f"/samtycken/{id_}/avsluta").status == 404
    assert nurse.fill(f"/samtycken/{id_}/makulera", reason="Fel").status == 303
    assert nurse.page(f"/samtycken/{id_}/makulera").status == 404
    assert [event["act"] for event in console.world.events("care.consent-changed")] == [
        "registered",
        "cancelled",
        "deleted",
    ]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({}, "Typ av samtycke"),
        ({"type": "Consent"}, "Vem det gäller"),
        ({"type": "Emergency", "whom": "unit", "reason": "Brådskar"}, "bara öppna för dig själv"),
        ({"type": "Emergency", "whom": "me"}, "Anteckning"),
        ({"type": "Consent", "whom": "me", "represented_by": "nobody"}, "ser inte ut som"),
        ({"type": "Consent", "whom": "me", "represented_by": NURSE}, "HSA-id"),
        ({"type": "Consent", "whom": "me", "start": "2026-12-02", "end": "2026-12-01"}, "före den första"),
    ],
)
def test_a_consent_that_does_not_hold_says_why(console: Console, nurse: AtWork, typed, why):
    answer = nurse.fill("/samtycken/ny", **typed)

    assert (answer.status, answer.page) == (200, "care-form")
    assert why in shown(answer)
    assert console.world.store.care_consents_of(console.person("anna")) == ()


def test_a_consent_that_is_over_already_is_refused_by_the_register(nurse: AtWork):
    review = nurse.fill("/samtycken/ny", type="Consent", whom="unit", start="2025-01-01", end="2025-01-31")

    assert "redan varit" in shown(nurse.confirm(review))


def test_a_relation_is_registered_for_the_unit_and_ended(console: Console, nurse: AtWork):
    nurse.register("/relationer/ny", whom="unit", start="2026-12-24")
    id_ = nurse.first("/relationer")

    assert "Börjar senare" in shown(nurse.page("/relationer"))
    assert "Ingen patientrelation finns" in shown(nurse.page())
    assert nurse.fill(f"/relationer/{id_}/avsluta", reason="Utskriven").status == 303
    assert "Inget är registrerat" in shown(nurse.page("/relationer"))


def test_another_providers_consents_are_missing(console: Console, nurse: AtWork):
    nurse.register("/samtycken/ny", type="Consent", whom="unit")
    id_ = nurse.first("/samtycken")
    doctor = AtWork.of(console, "eva")

    assert "Inget är registrerat" in shown(doctor.page("/samtycken?alla=1"))
    for part in ("", "/avsluta", "/makulera"):
        assert doctor.page(f"/samtycken/{id_}{part}").status == 404


# --- emergency access


def emergency(somebody: AtWork, **typed: str) -> Answer:
    return somebody.fill("/nod", **{"reason": "Medvetslös", "hours": "1", "understood": "y", **typed})


@pytest.mark.spec("CB", "05")
def test_emergency_access_is_begun_with_a_reason_told_and_ended(console: Console, nurse: AtWork):
    page = nurse.page("/nod")
    assert "granskas" in shown(page)
    assert "checked" not in page.text

    begun = emergency(nurse)

    assert begun.status == 303, shown(begun)
    first = shown(nurse.get(begun.location))
    assert "Nödåtkomst pågår" in first
    assert "Medvetslös" in first
    assert len(console.world.events("care.case-opened")) == 1
    ended = nurse.press(nurse.page(), "/avsluta")
    assert ended.status == 303
    assert "Nödåtkomst pågår" not in shown(nurse.get(ended.location))
    assert len(console.world.events("care.emergency-ended")) == 1


@pytest.mark.spec("sweden", "10:26")
@pytest.mark.parametrize("patient", ["19121212-1212", "19701063-2391"])
def test_opening_in_an_emergency_is_in_the_access_log_once(console: Console, patient):
    nurse = AtWork.of(console, "carl", patient)
    page = nurse.page("/nod")
    for _ in range(2):
        nurse.press(page, "/nod", reason="Medvetslös\r\noch ensam", hours="1", understood="y")
    nurse.confirm(nurse.fill("/samtycken/ny", type="Emergency", whom="me", reason="Kan inte frågas"))

    person = console.world.store.patient(patient_numbers.read(patient, date(2026, 11, 25)))
    rows = console.world.store.access_page(AccessSought(person=person), count=10).rows
    assert [(row.record.activity, row.record.user, row.record.unit) for row in rows] == [
        ("Nödöppning", NURSE, WARD),
        ("Nödöppning", NURSE, WARD),
    ]
    assert {row.record.arguments for row in rows} == {"Medvetslös och ensam", "Kan inte frågas"}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"reason": ""}, "Varför vården inte kan vänta"),
        ({"reason": "   "}, "Varför vården inte kan vänta"),
        ({"understood": ""}, "Kryssa för"),
        ({"hours": "48"}, "Hur länge"),
        ({"hours": "soon"}, "Hur länge"),
        ({"shown": "x"}, "Inget är gjort"),
        ({"patient": "199001012385"}, "fält"),
    ],
)
@pytest.mark.spec("CB", "05")
def test_emergency_access_is_not_begun_by_halves(console: Console, nurse: AtWork, typed, why):
    answer = emergency(nurse, **typed)

    assert (answer.status, answer.page) == (200, "care-form")
    assert why in shown(answer)
    assert console.world.events("care.emergency-begun") == []


def test_emergency_access_is_of_this_patient_and_this_person_alone(console: Console, nurse: AtWork):
    emergency(nurse)
    own = re.search(r"/nod/([^/]+)/avsluta", nurse.page().text)[0]

    other_patient = AtWork.of(console, "carl", "196408233234")
    other_person = AtWork.of(console, "dora-ward")
    assert "Nödåtkomst pågår" not in shown(other_patient.page())
    assert "Nödåtkomst pågår" not in shown(other_person.page())
    for somebody in (other_patient, other_person):
        _, fields = somebody.page().form("/svar")
        assert somebody.browser.post(f"{somebody.bedside}{own}", {"csrf": fields["csrf"]}).status == 404
    assert console.world.events("care.emergency-ended") == []


def test_emergency_access_runs_out_by_itself(console: Console, nurse: AtWork):
    emergency(nurse)
    assert console.world.store.emergencies_of(console.person("anna"))[0].until == console.world.clock.now + 3600


@pytest.mark.spec("sweden", "7.5")
def test_where_it_is_blocked_is_told_in_an_emergency_to_who_asks_and_recorded(
    console: Console, registrar: AtWork, nurse: AtWork
):
    block(registrar)
    before = nurse.page()
    assert "Det finns spärrade uppgifter" in shown(before)
    assert "Medicinmottagningen" not in before.text
    assert f"{nurse.bedside}/var" not in before.text
    _, fields = before.form("/svar")
    untold = nurse.browser.post(f"{nurse.bedside}/var", {"csrf": fields["csrf"]})
    assert "Medicinmottagningen" not in untold.text

    emergency(nurse)
    opened = nurse.page()
    assert "Medicinmottagningen" not in opened.text
    told = nurse.press(opened, f"{nurse.bedside}/var")

    assert "Medicinmottagningen" in shown(told)
    events = console.world.events("care.block-revealed")
    assert [event["level"] for event in events] == ["EXISTS", "EXISTS", "WHERE"]
    assert {event["by"] for event in events} == {console.person("carl")}


# --- hostile text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "=1+1", "{{7*7}}"])
def test_hostile_text_is_shown_as_text(registrar: AtWork, text):
    id_ = block(registrar, reason=text)

    page = registrar.page(f"/sparrar/{id_}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49" not in shown(registrar.page(f"/sparrar/{id_}")).partition("Historik")[2].partition("2026")[0]


# --- what patients asked for


def asked(console: Console, **changes: object) -> CareRequest:
    """A patient's request to the provider, which does not let patients set blocks themselves."""
    person, block_id = console.person("anna"), str(uuid4())
    wish = CareRequest("", Wish.BLOCK, ANNA, PROVIDER, block_id, 0, BlockType.INNER, CLINIC, note="Jag vill inte")
    patient = Caller(CallerKind.PATIENT, person=person)
    store = console.world.store
    call = requests.ask(replace(wish, **changes), patient, person, store, console.world.clock.now)
    store.commit(call.effects)
    return call.result


def answer(registrar: AtWork, wish: CareRequest, **typed: str) -> Answer:
    """Open what a patient asked for from the first page, and answer."""
    opened = registrar.press(registrar.get(registrar.at), "/onskemal", request=wish.id)
    assert opened.status == 303, shown(opened)
    page = registrar.get(opened.location)
    return registrar.press(page, f"/onskemal/{wish.id}", **typed)


def test_what_a_patient_asked_for_is_done_by_a_registrar_and_answered(console: Console, registrar: AtWork):
    wish = asked(console)
    first = registrar.get(registrar.at)
    assert PATIENT in shown(first)
    assert "1212121212" not in first.text.replace(PATIENT, "")

    done = answer(registrar, wish, verdict="done", answer="Klart")

    assert done.status == 303, shown(done)
    (made,) = blocks(console)
    assert (made.id, made.unit, made.registered.reason) == (wish.block, CLINIC, "Jag vill inte")
    (after,) = console.world.store.care_requests_of(console.person("anna"))
    assert (after.state, after.answer) == ("done", "Klart")
    assert wish.id not in registrar.get(registrar.at).text

    lifting = asked(console, wish=Wish.LIFT, block=made.id)
    assert answer(registrar, lifting, verdict="done").status == 303
    assert blocks(console)[0].revoked is not None


@pytest.mark.parametrize(
    ("typed", "why"), [({}, "Svar"), ({"verdict": "declined"}, "Svar till patienten"), ({"verdict": "maybe"}, "Svar")]
)
def test_an_answer_is_chosen_and_a_refusal_told_in_words(console: Console, registrar: AtWork, typed, why):
    wish = asked(console)

    said = answer(registrar, wish, **typed)

    assert (said.status, said.page) == (200, "care-form")
    assert why in shown(said)
    assert console.world.store.care_requests_of(console.person("anna"))[0].state == "waiting"
    assert answer(registrar, wish, verdict="declined", answer="Ring oss").status == 303
    assert blocks(console) == ()


def test_what_a_patient_asked_of_others_or_that_is_answered_is_missing(
    console: Console, registrar: AtWork, nurse: AtWork
):
    wish = asked(console)
    elsewhere = asked(console, provider=FAR, unit="", type=BlockType.OUTER)
    other_patient = AtWork.of(console, "dora", "199001012385")
    for somebody, id_ in (
        (registrar, elsewhere.id),
        (nurse, wish.id),
        (registrar, "never-was"),
        (other_patient, wish.id),
    ):
        assert somebody.page(f"/onskemal/{id_}").status == 404
    for id_ in (elsewhere.id, "never-was"):
        assert registrar.press(registrar.get(registrar.at), "/onskemal", request=id_).status == 404
    assert answer(registrar, wish, verdict="done").status == 303
    assert registrar.page(f"/onskemal/{wish.id}").status == 404


# --- the edges


def test_a_block_of_some_days_and_types_is_told_so_and_its_copy_begins_like_it(registrar: AtWork):
    id_ = block(registrar, start="2026-01-01", end="2026-03-31", excluded="lak")

    page = shown(registrar.page(f"/sparrar/{id_}"))
    assert "2026-01-01 – 2026-03-31" in page
    assert "Läkemedel" in page
    copy = registrar.page(f"/sparrar/{id_}/kopiera").text
    assert 'value="2026-01-01"' in copy
    assert 'value="lak" checked' in copy
    half = registrar.fill("/sparrar/ny", **INNER, start="2026-01-01")
    assert "2026-01-01 – …" in shown(half)


def test_who_acts_at_no_unit_finds_patients_and_enters_nothing(worlds):
    lone = [{"person": "carl", "hsa_id": NURSE, "commissions": [commission(f"SE{MEMBER}-C1", "")]}]
    nurse = AtWork.of(consoles(worlds, document(staff=lone, care_providers=care_providers())), "carl")

    page = nurse.page()
    assert "Nödåtkomst" not in shown(page)
    assert "/ny" not in page.text
    for part in ("/nod", "/samtycken/ny", "/relationer/ny"):
        assert nurse.page(part).status == 404
    assert "/ny" not in nurse.page("/samtycken").text


def test_a_relation_that_is_not_asked_for_is_told_so(worlds):
    nurse = AtWork.of(wards(worlds, relation_needed="false"), "carl")

    assert "kräver ingen patientrelation" in shown(nurse.page())


def test_what_another_request_did_first_is_read_again(console: Console, registrar: AtWork, monkeypatch):
    far = block(registrar, unit=WARD)
    page = registrar.page(f"/sparrar/{far}/hav")
    real = console.world.store.commit

    def overtaken(effects):
        if any(isinstance(change, SaveBlock) for change in effects.changes):
            raise Overtaken("block")
        real(effects)

    monkeypatch.setattr(type(console.world.store), "commit", lambda _, effects: overtaken(effects))
    answered = registrar.press(page, "/hav", reason="Patienten vill")

    assert answered.page == "care-form"
    assert "Inget är gjort" in shown(answered)
