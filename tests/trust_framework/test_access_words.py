"""An access in the words of the patient: what was done with what, by whom, and that no code is ever shown."""

import re
from dataclasses import replace

import pytest

from tests.support import care_values as a
from tests.support.access_records import record, resource
from trust_framework.access_log import AccessRow
from trust_framework.access_words import DID, WHY, Told, named, told
from trust_framework.care import Activity, CareProvider, CareUnit, Purpose
from trust_framework.care_register import CareRegister
from trust_framework.staff_told import AsTold

CLINIC = CareUnit(a.UNIT, {"sv": "Hjärtmottagningen", "en": "The Heart Clinic"})
PROVIDER = CareProvider(a.PROVIDER, "5560360793", {"sv": "Region Ett", "en": "Region One"}, {a.UNIT: CLINIC})
REGISTER = CareRegister({a.PROVIDER: PROVIDER})


def words(language: str = "sv", *types: str, own: bool = True, register: CareRegister = REGISTER, **changes) -> Told:
    things = tuple(resource(type=one) for one in types or ("lak",))
    row = AsTold(AccessRow("1", "p1", record(*things, **changes), ""))
    return told(row, language, register, own=own)


SENTENCES = [
    (Activity.READ, "Hjärtmottagningen läste dina läkemedel."),
    (Activity.WRITE, "Hjärtmottagningen skrev i dina läkemedel."),
    (Activity.SIGN, "Hjärtmottagningen signerade dina läkemedel."),
    (Activity.PRINT, "Hjärtmottagningen skrev ut dina läkemedel."),
    (Activity.COUNTERSIGN, "Hjärtmottagningen godkände dina läkemedel."),
    (Activity.DELETE, "Hjärtmottagningen tog bort dina läkemedel."),
    (Activity.EMERGENCY, "Hjärtmottagningen öppnade dina läkemedel i en nödsituation."),
]


@pytest.mark.parametrize(("activity", "sentence"), SENTENCES)
def test_every_activity_has_its_sentence(activity: Activity, sentence: str):
    assert words(activity=activity.value).sentence == sentence


THINGS = [
    (("und",), "dina provsvar och undersökningar"),
    (("lak", "LAK", "Läkemedel"), "dina läkemedel"),
    (("lak", "upp", "vko"), "dina läkemedel, varningar och viktiga uppgifter och besök och andra kontakter"),
    (("zzz",), "dina uppgifter"),
    (("lak", "1.2.752.9"), "dina läkemedel och andra uppgifter"),
    (("Journaltext", "Journalanteckning"), "dina anteckningar"),
    (("Röntgenbild",), "dina uppgifter (röntgenbild)"),
    (("lak", "Röntgenbild", "zz1"), "dina läkemedel och andra uppgifter (röntgenbild)"),
    (("URN:X-77",), "dina uppgifter"),
]


@pytest.mark.parametrize(("types", "things"), THINGS)
def test_what_it_was_is_named_in_words_and_what_has_none_is_information(types, things: str):
    assert words("sv", *types).did == f"läste {things}"


def test_in_english_what_only_swedish_has_words_for_is_information():
    assert words("en", "lak", "Röntgenbild").sentence == "The Heart Clinic read your medicines and other information."


def test_of_somebody_else_it_is_not_yours():
    assert words(own=False).did == "läste läkemedel"
    assert words("en", own=False).did == "read medicines"


def test_names_are_the_register_s_then_the_record_s_and_never_an_hsa_id():
    gone = words(register=CareRegister())
    assert (gone.unit, gone.provider) == ("Vårdcentralen", "Region Ett")
    bare = replace(PROVIDER, names={"sv": a.PROVIDER}, units={a.UNIT: CareUnit(a.UNIT, {"sv": a.UNIT})})
    nameless = words(register=CareRegister({a.PROVIDER: bare}), unit_name="", provider_name="")
    assert (nameless.unit, nameless.provider) == ("", "En vårdgivare")
    assert nameless.sentence == "En vårdgivare läste dina läkemedel."
    assert named({}, "sv") == ""


def test_who_it_was_is_the_name_that_is_told():
    assert words().who == "Anna Åkesson"
    assert words(user_name="").who == ""


ROLES = [
    ("Sjuksköterska", "Vård", "Sjuksköterska"),
    ("", "Vård på vårdcentralen", "Vård på vårdcentralen"),
    ("LK", "Läkare", "Läkare"),
    ("207020", "", ""),
    ("", a.UNIT, ""),
    ("", "SE2321000016-A1", ""),
]


@pytest.mark.parametrize(("title", "assignment", "role"), ROLES)
def test_a_role_is_words_or_nothing(title: str, assignment: str, role: str):
    assert words(title=title, assignment=assignment).role == role


def test_whose_information_it_was_is_told_when_it_was_another_provider_s():
    assert words().source == ""
    away = resource(provider=a.OTHER_PROVIDER, provider_name="Vård Två")
    assert told(AsTold(AccessRow("1", "p1", record(away), "")), "sv", REGISTER, own=True).source == "Vård Två"


def test_an_emergency_has_its_own_reason_and_mark():
    emergency = words(activity=Activity.EMERGENCY.value)
    assert (emergency.emergency, emergency.why) == (True, "Nödöppning")
    assert words("en", activity=Activity.EMERGENCY.value).why == "Opened in an emergency"
    assert words().emergency is False


def test_every_activity_and_purpose_has_words_in_both_languages():
    assert set(DID) == set(Activity)
    assert set(WHY) == set(Purpose)
    for swedish, english in (*DID.values(), *WHY.values()):
        assert swedish
        assert english
    assert words(purpose="unknown").why == ""


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_code_of_any_kind_is_in_the_words(language: str):
    shown = words(language, "lak", "zzz9", title="LK", assignment="SE2321000016-A1")
    text = f"{shown.sentence} {shown.provider} {shown.role} {shown.why} {shown.who}"
    assert not re.search(r"SE\d|\b[a-z]{3}\d\b|\bLK\b", text)
