"""The pages of care staff, in process: who acts in what, how a patient is found, and that nothing of others is to be seen."""

import pytest

from tests.support.console import Console, answered, consoles, document
from tests.support.ward import AT, AtWork, care_providers, shown, staff, wards
from tests.support.world import MEMBER

pytest_plugins = ["tests.support.worlds"]


@pytest.fixture(scope="module")
def console(lasting_worlds) -> Console:
    return wards(lasting_worlds)


@pytest.fixture(scope="module")
def nurse(console: Console) -> AtWork:
    return AtWork.of(console, "carl")


@pytest.fixture(scope="module")
def registrar(console: Console) -> AtWork:
    return AtWork.of(console, "dora")


# --- in what one acts


def test_with_one_commission_nothing_is_asked(console: Console):
    browser = console.world.browser()

    answer = answered(browser, browser.get("/vard"), "carl")

    assert answer.page == "care-search"
    assert "Byt uppdrag" not in answer.text


def test_with_several_commissions_for_care_one_is_chosen_and_those_for_else_are_not_offered(registrar: AtWork):
    page = registrar.get("/vard")

    assert page.page == "care-choose"
    assert page.text.count('class="method"') == 2
    assert "Administration" not in page.text


def test_without_a_commission_for_care_a_page_says_whom_to_ask(console: Console):
    browser = console.sign_on("anna", "/vard")

    assert "inget uppdrag" in shown(browser.get("/vard"))


@pytest.mark.parametrize("path", ["/vard/SE2120000142-C5", "/vard/SE5560360793-C4", f"/vard/SE{MEMBER}-NONE"])
def test_anothers_commission_or_one_for_something_else_than_care_is_missing(nurse: AtWork, registrar: AtWork, path):
    for somebody in (nurse, registrar):
        assert somebody.get(path).status == 404
        assert somebody.get(f"{path}/x").status == 404


def test_a_commission_is_found_however_its_id_is_spelled(nurse: AtWork):
    assert nurse.get(nurse.at.replace("SE", "se")).page == "care-search"


# --- the patient


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Skriv ett nummer"),
        (f"SE{MEMBER}-N1", "HSA-id"),
        (MEMBER, "organisationsnummer"),
        ("191212121213", "går inte ihop"),
        ("Anna Andersson", "ser inte ut som"),
        ("<script>alert(1)</script>", "ser inte ut som"),
        ("1" * 4000, "Texten är för lång"),
    ],
)
def test_what_is_no_patients_number_is_refused_kindly(nurse: AtWork, typed, why):
    answer = nurse.press(nurse.get(nurse.at), nurse.at, number=typed)

    assert (answer.status, answer.page) == (200, "care-search")
    assert why in shown(answer)


@pytest.mark.parametrize("typed", ["191212121212", "121212+1212", "19701063-2391", "991980000003"])
def test_a_patient_is_found_and_stands_in_no_address(nurse: AtWork, typed):
    answer = nurse.press(nurse.get(nurse.at), nurse.at, number=typed)
    page = nurse.get(answer.location)

    digits = typed.replace("-", "").replace("+", "")
    assert digits not in answer.location
    assert page.page == "care-patient"
    assert digits[-4:] in shown(page)
    assert digits[-4:] not in page.text.partition("<body")[0]


def test_the_search_is_recorded_before_the_patient_is_shown(console: Console, nurse: AtWork):
    before = len(console.world.events("care.patient-sought"))

    AtWork.of(console, "carl")

    (*_, event) = console.world.events("care.patient-sought")
    assert len(console.world.events("care.patient-sought")) == before + 1
    assert event["person"] == console.person("anna")
    assert "1212121212" not in str(event)
    assert event["by"] == console.person("carl")


def test_anothers_handle_is_as_missing_as_none(console: Console, nurse: AtWork, registrar: AtWork):
    theirs = registrar.bedside.rsplit("/", 1)[1]

    assert nurse.get(f"{nurse.at}/{theirs}").status == 404
    assert nurse.get(f"{nurse.at}/nobody").status == 404
    assert nurse.get(f"{nurse.at}/{theirs}x").status == 404


def test_a_handle_is_of_the_commission_it_was_made_in(registrar: AtWork):
    handle = registrar.bedside.rsplit("/", 1)[1]

    assert registrar.get(f"{AT['dora-ward']}/{handle}").status == 404


def test_a_handle_that_has_grown_old_leads_back_to_the_search(worlds):
    console = wards(worlds)
    nurse = AtWork.of(console, "carl")
    console.world.clock.now += 8 * 3600
    again = answered(nurse.browser, nurse.page(), "carl")

    assert again.page == "care-search"
    assert "Sök igen" in shown(again)


def test_a_protected_person_has_no_name_on_the_page(worlds):
    whole = document(staff=staff(), care_providers=care_providers())
    for person in whole["persons"]:
        if person["id"] == "anna":
            person["protected"] = "true"
    nurse = AtWork.of(consoles(worlds, whole), "carl")

    said = shown(nurse.page())
    assert "Anna" not in said
    assert "Skyddade personuppgifter" in said


def test_only_registrars_have_pages_of_blocks(nurse: AtWork, registrar: AtWork):
    assert registrar.page("/sparrar").page == "care-entries"
    assert nurse.page("/sparrar").status == 404
    assert nurse.page("/sparrar/ny").status == 404
    assert "/sparrar" not in nurse.page().text
