"""My page, what care holds: blocks with their consequences, requests to staff, the access log, its files and its proof."""

import csv
import html
import io
import json
import re
import sys
import zlib
from pathlib import Path

import pytest
from weasyprint.urls import URLFetcher

from broker.audit import standalone
from broker.care import block_lifts, blocks, cases, consents
from broker.care.access_values import StoreAccess
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, carried_out, services_of
from broker.care.cases import Deed
from broker.care.changes import SaveEmergency, SaveReviewCase
from broker.care.consents import ConsentWish
from broker.care.filings import ReviewServices
from broker.login.effects import Effects
from broker.web.console import pdf
from broker.web.console.mine import access
from tests.care.test_my_page import MINE, press, said
from tests.support import care_values as a
from tests.support.mine_world import SECRET_NURSE, Family, family_of
from tests.support.world import Answer, Browser
from trust_framework.access_log import AccessSought, checked
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import Activity, Period
from trust_framework.care_consents import ConsentType
from trust_framework.care_requests import RequestState
from trust_framework.review_cases import Outcome

pytest_plugins = ["tests.support.worlds"]


@pytest.fixture
def home(worlds) -> Family:
    """A family of one test."""
    return family_of(worlds)


@pytest.fixture(scope="module")
def shared(lasting_worlds) -> Family:
    """A family that nobody changes."""
    return family_of(lasting_worlds)


@pytest.fixture(scope="module")
def anna(shared: Family) -> Browser:
    return shared.open()


# --- blocks ---------------------------------------------------------------------------------------------------------------


def wished(browser: Browser, about: str = "", **fields: str) -> Answer:
    """The form of a new block, filled in and sent."""
    page = browser.get(f"{MINE}{about}/sparrar/ny")
    given = {"reach": "outer", "provider": a.PROVIDER, "unit": "", "first": "", "last": "", **fields}
    return browser.post(*page.form("/sparrar/ny", **given))


def test_an_inner_block_says_what_it_means_before_it_is_set_and_holds_at_once(home: Family):
    browser = home.open()
    sure = wished(browser, reach="inner", unit=a.UNIT, first="2026-01-01", last="2026-02-28")
    words = said(sure)
    assert sure.page == "U11-sure"
    assert "Det som Hjärtmottagningen har skrivit syns bara där." in words
    assert "Bara det som skrevs de dagar du valde stängs." in words
    assert "I en nödsituation kan spärren öppnas." in words
    assert home.store.blocks_of(home.person("anna")) == ()
    done = press(browser, sure, "/sparrar/ny")
    assert "Spärren gäller nu." in said(done)
    assert "skrivet 2026-01-01 – 2026-02-28" in said(done)
    (block,) = home.store.blocks_of(home.person("anna"))
    assert (block.type, block.unit, block.provider, block.stands) == (BlockType.INNER, a.UNIT, a.PROVIDER, True)
    assert home.world.events("care.block-changed")[-1]["kind"] == "patient"


def test_pressing_twice_sets_one_block(home: Family):
    browser = home.open()
    sure = wished(browser)
    first, second = (browser.post(*sure.form("/sparrar/ny")) for _ in range(2))
    assert first.status == second.status == 303
    assert len(home.store.blocks_of(home.person("anna"))) == 1


WRONG = [
    ({"reach": "inner"}, "Välj vilken enhet det gäller."),
    ({"reach": "inner", "unit": a.FAR_UNIT}, "Enheten hör till en annan vårdgivare."),
    ({"first": "2026-02-01", "last": "2026-01-01"}, "Den sista dagen är före den första"),
    ({"first": "2030-01-01"}, "Den sista dagen är före den första"),
    ({"first": "1066-01-01"}, "Den sista dagen är före den första"),
    ({"first": "2026-02-30"}, ""),
    ({"provider": "SE2321000016-NONE"}, ""),
    ({"reach": "both"}, ""),
    ({"more": "x"}, ""),
]


@pytest.mark.parametrize(("fields", "why"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_a_block_that_cannot_be_is_told_and_nothing_is_set(fields, why: str, anna: Browser, shared: Family):
    page = wished(anna, **fields)
    assert page.page == "U11-block"
    assert why in said(page)
    assert 'id="wrong"' in page.text


def test_where_patients_do_not_block_for_themselves_it_waits_for_care(home: Family):
    browser = home.open()
    assert "Här pratar vården med dig först: Vård Två" in said(browser.get(f"{MINE}/sparrar/ny"))
    sure = wished(browser, provider=a.OTHER_PROVIDER)
    assert "Vård Två pratar med dig innan spärren sätts." in said(sure)
    done = press(browser, sure, "/sparrar/ny", note="Ring mig")
    assert "Väntar på vården" in said(done)
    assert "Du skrev: Ring mig" in said(done)
    assert home.store.blocks_of(home.person("anna")) == ()
    ((request, person),) = home.store.care_requests_of_provider(a.OTHER_PROVIDER)
    assert (request.note, person) == ("Ring mig", home.person("anna"))
    again = browser.follow(browser.post(*sure.form("/sparrar/ny")))
    assert "Du har redan bett om det." in said(again)
    back = press(browser, again, "/sparrar/begaran/")
    assert "Du tog tillbaka det" in said(back)
    assert home.store.care_request(request.id)[0].state is RequestState.WITHDRAWN


def test_a_block_is_lifted_for_good_where_the_patient_may(home: Family):
    id_ = home.block()
    browser = home.open()
    done = press(browser, browser.get(f"{MINE}/sparrar/hav/{id_}"), "/sparrar/hav/")
    assert "Spärren är hävd." in said(done)
    assert "Spärrar som har hävts" in said(done)
    assert home.store.block(id_)[0].revoked is not None
    assert browser.get(f"{MINE}/sparrar/hav/{id_}").cause == "not-found"


def test_else_the_patient_asks_for_it_once(home: Family):
    id_ = home.block(type=BlockType.OUTER, unit="", provider=a.OTHER_PROVIDER)
    browser = home.open()
    sure = browser.get(f"{MINE}/sparrar/hav/{id_}")
    assert "Be vården häva spärren?" in said(sure)
    done = press(browser, sure, "/sparrar/hav/")
    assert "Du har bett vården häva den." in said(done)
    assert f"{MINE}/sparrar/hav/{id_}" not in done.text
    assert home.store.block(id_)[0].stands


def test_blocks_are_told_in_words_with_lifts_and_what_is_left_open(home: Family):
    now = home.world.clock.now
    plain = a.block(registered=a.act(now))
    open_, asked = (a.lift(plain, until=now + 60, reason=reason) for reason in reversed(LiftReason))
    home.block(lifts=(open_, asked, a.lift(plain, until=now - 1)), excluded=frozenset({"lak"}), registered=a.act(now))
    home.block(deleted=a.act(now))
    words = said(home.open().get(f"{MINE}/sparrar"))
    assert "Syns ändå: läkemedel" in words
    assert words.count("Öppen för en tid Akuten får läsa till") == 1
    assert words.count("Öppnad i en nödsituation Akuten får läsa till") == 1
    assert "Spärrar som har hävts" not in words
    assert a.UNIT not in words


def test_who_holds_a_power_for_it_blocks_for_another_and_is_named_in_the_log(home: Family):
    browser, bo = home.open(), f"/for/{home.about('bo')}"
    done = press(browser, wished(browser, bo), "/sparrar/ny")
    assert "Sidan gäller Bo Ek. Du har fullmakt" in said(done)
    assert len(home.store.blocks_of(home.person("bo"))) == 1
    event = home.world.events("care.block-changed")[-1]
    assert (event["person"], event["by"]) == (home.person("bo"), home.person("anna"))


def test_a_patient_without_a_number_sees_the_pages_and_sets_nothing(home: Family):
    browser = home.world.browser()
    page = browser.follow(browser.get(MINE))
    while page.page in {"test", "U1"}:
        press_ = {"username": "test:secret;loa=http://id.elegnamnden.se/loa/1.0/loa3"}
        page = browser.follow(browser.post(*page.fields(**(press_ if page.page == "test" else {"method": "test"}))))
    assert browser.get(f"{MINE}/sparrar").page == "U11-blocks"
    assert wished(browser).cause == "not-found"


# --- the access log ---------------------------------------------------------------------------------------------------------


def test_an_access_is_told_in_plain_words_without_codes(home: Family):
    home.accessed(types=("lak", "und", "zzz9"))
    words = said(home.open().get(f"{MINE}/atkomst"))
    told = "Hjärtmottagningen läste dina läkemedel, provsvar och undersökningar och andra uppgifter."
    assert told in words
    assert "Region Ett Sjuksköterska, Anna Åkesson Vård och behandling" in words
    for code in (a.UNIT, a.PROVIDER, a.NURSE, "zzz9", "SE2321000016"):
        assert code not in words


def test_names_are_told_only_where_the_provider_tells_them_and_never_of_staff_with_protected_identity(home: Family):
    home.accessed(user_name="Sägs Här")
    home.accessed(far=True, user_name="Sägs Aldrig")
    home.accessed(user=SECRET_NURSE, user_name="Skyddad Sköterska")
    browser = home.open()
    page = browser.get(f"{MINE}/atkomst").text + browser.get(f"{MINE}/atkomst?som=csv").text
    assert "Sägs Här" in page
    assert "Sägs Aldrig" not in page
    assert "Skyddad" not in page


def test_an_emergency_is_marked_and_its_review_can_be_followed(home: Family):
    home.accessed(activity=Activity.EMERGENCY.value)
    case = a.case(patient=home.number("anna"))
    person = home.person("anna")
    emergency = a.emergency(patient=home.number("anna"), case=case.id)
    home.store.commit(Effects((SaveEmergency(emergency, person), SaveReviewCase(case, person))))
    browser = home.open()
    words = said(browser.get(f"{MINE}/atkomst"))
    assert "öppnade dina provsvar och undersökningar i en nödsituation." in words
    assert "Nödöppning" in words
    assert "Granskas" in words
    closed = a.replace(case, closed_at=home.world.clock.now)
    home.store.commit(Effects((SaveReviewCase(closed, person, case),)))
    assert "Granskad" in said(browser.get(MINE))


def test_lifts_and_consents_in_an_emergency_are_told_as_emergencies_with_their_review(home: Family):
    patient, who, now = home.number("anna"), a.client(), home.world.clock.now
    why = a.entered(reason="Medvetslös")
    made = (a.new_id(), patient, a.PROVIDER, a.UNIT)
    block = BlockWish(made[0], BlockType.INNER, *made[1:], entered=why)
    lift = LiftWish(a.new_id(), block.id, now + 60, a.OTHER_UNIT, LiftReason.EMERGENCY, a.NURSE, why)
    consent = ConsentWish(a.new_id(), ConsentType.EMERGENCY, *made[1:], a.NURSE, entered=why)
    on = services_of(home.world.app.on.services)
    for function, wish in ((blocks.register, block), (block_lifts.lift, lift), (consents.register, consent)):
        carried_out(lambda f=function, w=wish: f(w, who, on, now), on.store)
    words = said(home.open().get(f"{MINE}/atkomst"))
    assert words.count("öppnade uppgifter.") == words.count("Granskas") == 2
    assert words.count("Nödöppning") == 2


FILTERS = [
    ("", 3),
    ("vardgivare=" + a.PROVIDER, 2),
    ("vardgivare=" + a.OTHER_PROVIDER, 1),
    (f"vardgivare={a.PROVIDER}&enhet={a.UNIT}", 2),
    (f"enhet={a.OTHER_UNIT}", 0),
    ("nod=yes", 1),
    ("fran=2026-11-24&till=2026-11-24", 1),
    ("fran=2026-11-25", 2),
    ("till=2026-11-23", 0),
    ("vardgivare=x'--", 0),
]


@pytest.fixture(scope="module")
def filtered(lasting_worlds) -> tuple[Family, Browser]:
    home = family_of(lasting_worlds)
    home.accessed(at=home.world.clock.now - 86_400)
    home.accessed()
    home.accessed(far=True, activity=Activity.EMERGENCY.value)
    return home, home.open()


@pytest.mark.parametrize(("query", "rows"), FILTERS)
def test_the_list_is_narrowed_and_the_files_with_it(query: str, rows: int, filtered):
    _, browser = filtered
    page = browser.get(f"{MINE}/atkomst?{query}")
    assert page.text.partition("<tbody>")[2].count("<tr>") == rows
    lines = list(csv.reader(io.StringIO(browser.get(f"{MINE}/atkomst?{query}&som=csv").text)))
    assert len(lines) == rows + 1
    proven = browser.get(f"{MINE}/atkomst?{query}&som=utdrag").text.splitlines()
    assert json.loads(proven[0])["format"] == "tillit-extract/1"


@pytest.mark.parametrize("query", ["fran=x", "till=2026-02-30", "fran=2026-02-01&till=2026-01-01", "fran=0001-01-01"])
def test_days_that_cannot_be_are_told_and_give_no_file(query: str, filtered):
    _, browser = filtered
    page = browser.get(f"{MINE}/atkomst?{query}&som=csv")
    assert page.page == "U11-access"
    assert "Dagarna går inte att läsa" in said(page)


def test_what_is_exported_is_what_is_shown(filtered):
    _, browser = filtered
    page = browser.get(f"{MINE}/atkomst")
    cells = [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in page.text.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    ]
    shown = [(at, what, provider, role, why) for at, what, provider, role, why, _ in cells]
    lines = list(csv.reader(io.StringIO(browser.get(f"{MINE}/atkomst?som=csv").text)))[1:]
    told = []
    for at, _, provider, role, who, what, why, source in lines:
        whole = f"{what} Uppgifterna kom från {source}." if source else what
        told.append((at, whole, provider, f"{role}, {who}" if who else role, why))
    assert told == shown


def test_nothing_read_is_told_as_that_and_the_files_are_not_offered(anna: Browser):
    page = anna.get(f"{MINE}/atkomst")
    assert "Ingen har öppnat uppgifterna här ännu." in said(page)
    assert "som=csv" not in page.text


@pytest.mark.spec("AD", "09")
def test_a_spreadsheet_runs_nothing_that_a_record_holds(home: Family):
    home.accessed(user_name="=cmd|' /C calc'!A0", title="@sum(1)")
    lines = home.open().get(f"{MINE}/atkomst?som=csv").text.splitlines()
    assert "'=cmd|" in lines[1]
    assert all(not cell.startswith(("=", "@", "+", "-")) for cell in next(csv.reader([lines[1]])))


def test_a_long_log_is_paged(home: Family):
    now = home.world.clock.now
    records = tuple(checked(home.access(at=now - n), now) for n in range(access.PAGE + 5))
    home.store.commit(Effects((StoreAccess(records, now, "test"),)))
    browser = home.open()
    page = browser.get(f"{MINE}/atkomst")
    assert "55 rader" in said(page)
    assert page.text.partition("<tbody>")[2].count("<tr>") == access.PAGE
    following = re.search(r'href="([^"]+)" rel="next"', page.text)[1]
    rest = browser.get(following)
    assert rest.text.partition("<tbody>")[2].count("<tr>") == 5
    assert len(browser.get(f"{MINE}/atkomst?som=csv").text.splitlines()) == 56


def test_reading_the_log_is_itself_recorded_with_how(home: Family):
    home.accessed()
    browser = home.open()
    for query in ("", "?som=csv", "?som=utdrag"):
        browser.get(f"{MINE}/atkomst{query}")
    browser.get(f"{MINE}/for/{home.about('bo')}/atkomst")
    reads = [each for each in home.world.events("own.care-read") if each["what"] == "access-log"]
    assert [each["form"] for each in reads] == ["page", "csv", "utdrag", "page"]
    assert (reads[-1]["person"], reads[-1]["by"]) == (home.person("bo"), home.person("anna"))
    assert reads[-1]["representation"] == home.about("bo")


def test_guardians_see_nothing_of_a_provider_that_lets_no_guardian_read(home: Family):
    home.accessed("alva")
    hidden = home.accessed("alva", far=True)
    browser, alva = home.open(), home.about("alva")
    page = browser.get(f"{MINE}/for/{alva}/atkomst")
    words = said(page)
    assert "läste provsvar och undersökningar" in words  # not «dina»
    assert "Vård Två" not in words
    assert "1 rad " in words
    assert browser.get(f"{MINE}/for/{alva}/atkomst/{hidden}").cause == "not-found"
    assert "Vård Två" not in browser.get(f"{MINE}/for/{alva}/atkomst?som=csv").text
    now = home.world.clock.now
    far = {"provider": a.OTHER_PROVIDER, "registered": a.act(now)}
    home.block("alva", type=BlockType.OUTER, unit="", **far)
    home.consent("alva", unit=a.FAR_UNIT, period=Period(now - 1, None), **far)
    home.emergency("alva", actor=a.actor(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT))
    for part in ("", "/sparrar", "/samtycken/vard", "/atkomst"):
        assert "Två" not in said(browser.get(f"{MINE}/for/{alva}{part}"))


# --- PDF --------------------------------------------------------------------------------------------------------------------


def _inflated(part: bytes) -> bytes:
    """A stream of a PDF, when this is one; else itself."""
    try:
        return zlib.decompressobj().decompress(part)
    except zlib.error:
        return part


def test_the_document_is_a_tagged_pdf(filtered):
    _, browser = filtered
    narrowed = f"fran=2026-11-24&till=2026-11-26&vardgivare={a.PROVIDER}&enhet={a.UNIT}"
    assert browser.get(f"{MINE}/atkomst?som=pdf&nod=yes&{narrowed}").body.startswith(b"%PDF")
    answer = browser.get(f"{MINE}/atkomst?som=pdf")
    assert answer.header("Content-Type") == "application/pdf"
    assert answer.body.startswith(b"%PDF-1.7")
    inside = b"".join(_inflated(part) for part in answer.body.split(b"stream\n"))
    assert b"/MarkInfo" in inside
    assert b"pdfuaid" in inside
    assert b"/StructTreeRoot" in inside
    assert answer.header("Content-Disposition") == 'attachment; filename="atkomstlogg.pdf"'


def test_nothing_is_fetched_for_a_document():
    nothing = pdf.fetcher(URLFetcher)
    for url in ("https://x.example/a.css", "file:///etc/passwd", "data:text/css,a{}"):
        with pytest.raises(pdf.Fetched):
            nothing(url)
    page = '<!DOCTYPE html><html lang="sv"><title>t</title><img alt="x" src="file:///etc/hostname">'
    assert pdf.made(page).startswith(b"%PDF")


def test_without_weasyprint_a_page_says_so_and_offers_the_other_file(filtered, monkeypatch):
    _, browser = filtered
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    page = browser.get(f"{MINE}/atkomst?som=pdf&vardgivare={a.PROVIDER}")
    assert (page.status, page.page) == (501, "U11-unprinted")
    assert f"vardgivare={a.PROVIDER}" in page.text
    assert "som=csv" in page.text


@pytest.mark.parametrize("form", ["pdf", "csv", "utdrag"])
def test_a_file_of_too_many_rows_is_not_made_and_never_cut_short(form: str, filtered, monkeypatch):
    _, browser = filtered
    monkeypatch.setitem(access.LIMITS, form, 2)
    page = browser.get(f"{MINE}/atkomst?som={form}")
    assert (page.status, page.page) == (413, "U11-unprinted")
    assert "får ha 2 rader" in said(page)
    assert ("som=csv" in page.text) is (form != "csv")
    assert browser.get(f"{MINE}/atkomst?som={form}&vardgivare={a.PROVIDER}").status == 200


# --- one access: proof and question --------------------------------------------------------------------------------------------


def test_an_access_that_is_not_sealed_yet_waits_for_its_proof(home: Family):
    entry = home.accessed()
    browser = home.open()
    assert "förseglas inom kort" in said(browser.get(f"{MINE}/atkomst/{entry}"))
    home.seal()
    page = browser.get(f"{MINE}/atkomst/{entry}")
    assert "Raden finns i den förseglade loggen." in said(page)
    assert home.store.log_state().note.splitlines()[0] in page.text


def test_a_row_that_was_tampered_with_is_told(home: Family):
    entry = home.accessed()
    home.seal()
    browser = home.open()
    connection = home.store._database.connection()
    connection.execute("UPDATE log SET leaf = CAST(replace(CAST(leaf AS TEXT), 'test', 'evil') AS BLOB)")
    assert "stämmer inte med den förseglade loggen" in said(browser.get(f"{MINE}/atkomst/{entry}"))


@pytest.mark.spec("RFC 9162", "2.1.3")
@pytest.mark.parametrize("path", ["/atkomst?som=utdrag", "/atkomst/{entry}?som=utdrag"])
def test_an_extract_is_verified_by_the_script_that_goes_with_it(path: str, home: Family, tmp_path, capsys):
    entry = home.accessed(user_name="Hemliga Namnet")
    home.accessed(far=True)
    home.seal()
    browser = home.open()
    answer = browser.get(MINE + path.format(entry=entry))
    assert "Hemliga Namnet" not in answer.text
    assert a.NURSE not in answer.text
    assert "Läsa" in json.loads(json.loads(answer.text.splitlines()[1])["record"])["activity"]["activityType"]
    script = tmp_path / "check.py"
    script.write_bytes(browser.get(f"{MINE}/kontroll.py").body)
    assert script.read_bytes() == Path(standalone.__file__).read_bytes()
    extract = tmp_path / "extract.jsonl"
    extract.write_bytes(answer.body)
    (key,) = json.loads(answer.text.splitlines()[0])["verifiers"]
    assert standalone.main([str(extract), "--key", key]) == 0
    lines = answer.text.splitlines()
    changed = json.loads(lines[1])
    changed["record"] = changed["record"].replace("Region Ett", "Region Tre")
    extract.write_text("\n".join([lines[0], json.dumps(changed), *lines[2:]]) + "\n")
    assert standalone.main([str(extract), "--key", key]) == 1
    capsys.readouterr()


def reviewed(home: Family, case: str, what: str, words: str = "", outcome: Outcome | None = None) -> None:
    """A reviewer does something with a case."""
    federation = home.world.app.on.services.federation()
    on = ReviewServices(home.store, federation.care, federation.version)
    who = Caller(CallerKind.STAFF, person=home.person("dora"), providers=frozenset({a.PROVIDER}))
    carried_out(lambda: cases.act(case, Deed(what, words, outcome), who, on, home.world.clock.now), home.store)


def test_a_question_is_received_looked_at_and_answered_and_the_patient_sees_it(home: Family):
    entry = home.accessed()
    browser = home.open()
    page = browser.get(f"{MINE}/atkomst/{entry}")
    sent = press(browser, page, "/fraga", words="Jag har aldrig varit där.")
    assert "Frågan är skickad." in said(sent)
    assert "Mottaget" in said(sent)
    (case,) = home.store.review_cases_of(home.person("anna"))
    assert (case.about, case.employee, case.unit) == (entry, a.NURSE, a.UNIT)
    assert "/fraga" not in sent.text
    reviewed(home, case.id, "take")
    reviewed(home, case.id, "note", "En hemlig anteckning")
    assert "Granskas" in said(browser.get(f"{MINE}/atkomst"))
    assert "hemlig anteckning" not in browser.get(f"{MINE}/atkomst/{entry}").text
    assert "1 väntar på svar" in said(browser.get(MINE))
    reviewed(home, case.id, "answer", "Vi har pratat med personen.")
    words = said(browser.get(f"{MINE}/atkomst"))
    assert "Besvarat" in words
    assert "Vi har pratat med personen." in words
    assert "1 besvarad" in said(browser.get(MINE))
    reviewed(home, case.id, "assess", "Befogat", Outcome.JUSTIFIED)
    assert "/fraga" in browser.get(f"{MINE}/atkomst/{entry}").text
    reviewed(home, case.id, "reopen", "En gång till")
    assert "Granskas" in said(browser.get(f"{MINE}/atkomst"))


def test_a_question_without_words_or_with_too_many_is_not_sent(home: Family):
    entry = home.accessed()
    browser = home.open()
    page = browser.get(f"{MINE}/atkomst/{entry}")
    for words in ("", "x" * 1001, "   "):
        answer = browser.follow(browser.post(*page.form("/fraga", words=words)))
        assert home.store.review_cases_of(home.person("anna")) == ()
        assert answer.page == "U11-entry"


def test_a_guardian_asks_about_an_access_to_the_child_s_information(home: Family):
    entry = home.accessed("alva")
    browser, alva = home.open(), home.about("alva")
    press(browser, browser.get(f"{MINE}/for/{alva}/atkomst/{entry}"), "/fraga", words="Varför?")
    (case,) = home.store.review_cases_of(home.person("alva"))
    assert case.patient == home.number("alva")
    assert home.world.events("care.case-opened")[-1]["by"] == home.person("anna")


def test_every_link_of_every_page_leads_somewhere(home: Family):
    now = home.world.clock.now
    for name in ("anna", "alva", "bo"):
        home.accessed(name)
        home.block(name, registered=a.act(now))
        home.consent(name, period=Period(now - 1, None), registered=a.act(now))
    home.seal()
    browser = home.open()
    people = [f"{MINE}/for/{home.about(name)}" for name in ("alva", "bo")]
    waiting, seen = [MINE, *people], set()
    while waiting:
        path = waiting.pop()
        if path in seen or "som=pdf" in path:
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status == 200, path
        if answer.header("Content-Type").startswith("text/html"):
            waiting += re.findall(r'href="(/min-sida[^"#]*)"', html.unescape(answer.text))
    assert len(seen) > 40
    assert f"{MINE}/kontroll.py" in seen


@pytest.mark.long
def test_fifty_thousand_rows_are_shown_a_page_at_a_time_and_exported_whole(home: Family):
    now, browser = home.world.clock.now, home.open()
    for batch in range(100):
        records = tuple(checked(home.access(at=now - batch * 500 - n), now) for n in range(500))
        home.store.commit(Effects((StoreAccess(records, now, "test"),)))
    page = browser.get(f"{MINE}/atkomst")
    assert "50000 rader" in said(page)
    assert len(page.body) < 120_000
    assert len(browser.get(f"{MINE}/atkomst?som=csv").text.splitlines()) == 50_001
    assert browser.get(f"{MINE}/atkomst?som=pdf").status == 413
    assert home.store.access_count(AccessSought(person=home.person("anna")), 100_000) == 50_000
