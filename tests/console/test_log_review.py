"""G1, G2, G4: the log is searched with a reason, reviews are drawn, cases are closed by another person; each look is recorded."""

import hashlib
import random
import re
import subprocess
import sys
from html import unescape
from urllib.parse import urlencode

import html5lib
import pytest

from broker.care import cases
from broker.care.access_values import StoreAccess
from broker.care.calling import Caller, CallerKind
from broker.care.cases import Question
from broker.care.filings import ReviewServices
from broker.exchange import Reply
from broker.jobs import reviews as jobs
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects
from broker.web.console import pdf
from broker.web.console.review import search, search_files
from tests.support import ward
from tests.support.access_records import record, resource
from tests.support.care_values import PERSONNUMMER
from tests.support.console import NUMBERS, OTHER
from tests.support.reviewing import draw
from tests.support.world import MEMBER
from trust_framework.access_log import AccessSought
from trust_framework.care import Activity
from trust_framework.days import day_of
from trust_framework.identifiers import Identifier
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]

AT = f"/granskning/{MEMBER}"
ANNA = Identifier(PERSONNUMMER, NUMBERS["anna"])


class Review:
    """A member that is a care provider, somebody who reviews its log, and accesses in it."""

    def __init__(self, console) -> None:
        self.console, self.world = console, console.world
        self.browser = console.browser("dora", (MEMBER, Role.LOG_REVIEWER))

    def read(self, patient: Identifier = ANNA, count: int = 1, **more) -> None:
        """Accesses of the nurse."""
        now = self.world.clock.now
        of = resource(patient, provider=ward.PROVIDER, unit=ward.WARD)
        usual = {"provider": ward.PROVIDER, "unit": ward.WARD, "user": ward.NURSE, "user_name": "Carl Andersson"}
        records = tuple(record(of, **{"at": now - n, **usual, **more}) for n in range(count))
        self.world.store.commit(Effects((StoreAccess(records, now, "journal"),)))

    def get(self, part: str = "", browser=None):
        return (browser or self.browser).get(part if part.startswith("/") else f"{AT}/{part}".rstrip("/"))

    def send(self, part: str, action: str | None = None, browser=None, **typed):
        """Fill in the form of a page, and follow where it leads."""
        using = browser or self.browser
        at, fields = filled(self.get(part, using), action or part)
        return using.follow(using.post(at, urlencode({**fields, **typed}, doseq=True).encode()))

    def search(self, reason: str = "Ärende 17", **typed):
        return self.send("sok", **{"reason": reason, "number": "", "employee": "", **typed})

    def seal(self) -> None:
        Sealer(self.world.store, self.world.store.ring, self.world.store.log_origin(), None).run()

    def second(self, name: str = "eva"):
        """Another reviewer's browser."""
        return self.console.browser(name, (MEMBER, Role.LOG_REVIEWER))


def filled(page, action: str) -> tuple[str, dict[str, object]]:
    """A form of a page as the browser shows it: what is typed in, chosen and ticked."""
    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    form = next(form for form in tree.iter("form") if action in form.get("action", "") and form.get("method") == "post")
    found: dict[str, object] = {}
    for field in form.iter():
        name, kind = field.get("name"), field.get("type", "")
        if field.tag == "textarea":
            found[name] = field.text or ""
        elif field.tag == "select":
            options = list(field.iter("option"))
            chosen = next((each for each in options if each.get("selected") is not None), options[0])
            found[name] = chosen.get("value")
        elif field.tag == "input" and kind == "checkbox":
            if field.get("checked") is not None:
                found[name] = [*found.get(name, []), field.get("value")]
        elif field.tag == "input" and kind != "file":
            found[name] = field.get("value", "")
    return form.get("action"), found


@pytest.fixture
def review(worlds):
    return Review(ward.wards(worlds))


@pytest.fixture(scope="module")
def lasting(lasting_worlds):
    """For tests that leave nothing behind that another would see."""
    return Review(ward.wards(lasting_worlds))


def main(page) -> str:
    """What a page says."""
    text = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub("<[^>]+>", " ", text)).split())


def part(page) -> str:
    return re.search(r'data-part="([^"]+)"', page.text)[1]


def first_link(page, path: str) -> str:
    return re.search(rf'href="({re.escape(path)}[^"?#/]+)"', page.text)[1]


# --- the door


def test_who_reviews_one_log_is_brought_to_it_and_sees_what_waits(lasting):
    lasting.read(activity=Activity.EMERGENCY.value)
    page = lasting.browser.follow(lasting.browser.get("/granskning"))
    assert part(page) == "start"
    assert "Region Exempel" in main(page)
    assert "Inget" in main(page)


def test_an_owner_without_the_role_does_not_get_in_and_a_security_officer_of_the_federation_does(lasting):
    owner = lasting.console.browser("anna", (MEMBER, Role.OWNER))
    assert owner.get(AT).status == 403
    officer = lasting.console.browser("eva", (FEDERATION, Role.SECURITY_OFFICER))
    assert officer.get(AT).status == 200
    door = officer.get("/granskning")
    assert f'href="{AT}?vg={ward.PROVIDER}"' in door.text
    assert "Exempelkommunens vård" in main(door)
    operator = lasting.console.browser("carl", (FEDERATION, Role.OPERATOR))
    assert operator.get(AT).status == 403


# --- G1


@pytest.mark.spec("LO", "06")
def test_nothing_is_shown_without_a_reason_and_no_number_stands_in_an_address(review):
    review.read()
    refused = review.search(reason=" ", number=NUMBERS["anna"])
    assert part(refused) == "G1"
    assert "Carl" not in main(refused)

    page = review.search(number="19121212-1212")

    assert part(page) == "G1-list"
    assert "Carl Andersson" in main(page)
    (read,) = review.world.events("care.log-read")
    assert (read["purpose"], read["person"], read["rows"], read["what"]) == (
        "Ärende 17", review.console.person("anna"), 1, "page",
    )  # fmt: skip
    assert read["by"] == review.console.person("dora")


NARROWED = [
    ({}, True),
    ({"employee": ward.NURSE.lower()}, True),
    ({"employee": ward.DOCTOR}, False),
    ({"unit": ward.CLINIC}, False),
    ({"unit": ward.WARD}, True),
    ({"activity": "Läsa"}, True),
    ({"activity": "Nödöppning"}, False),
    ({"log_id": "nobody"}, False),
    ({"since": "2020-01-01", "until": "2020-01-02"}, False),
    ({"number": NUMBERS["eva"]}, False),
    ({"others": "y"}, False),
]
WRONG = [
    ({"number": "190001010000"}, "Numret ser inte ut"),
    ({"number": "195006262546"}, "Ingen i registret"),
    ({"employee": "x"}, "HSA-id"),
    ({"since": "2026-11-02", "until": "2026-11-01"}, "slutar innan"),
    ({"until": "9999-12-31"}, "Till och med"),
    ({"since": ""}, "Från och med"),
    ({"activity": "Titta"}, "Aktivitet"),
    ({"log_id": "a" * 37}, "Referens"),
    ({"log_id": "a", "others": "y"}, "bland våra egna"),
    ({"unit": "SE-none"}, "Vårdenhet"),
]


def test_a_search_is_narrowed(review):
    review.read()
    for typed, shown in NARROWED:
        page = review.search(**typed)
        assert part(page) == "G1-list", typed
        assert ("Carl Andersson" in main(page)) is shown, typed


def test_a_search_that_cannot_be_made_says_why_and_reads_nothing(lasting):
    for typed, said in WRONG:
        page = lasting.search(**typed)
        assert part(page) == "G1", typed
        assert said in main(page)
    assert lasting.world.events("care.log-read") == []


def test_a_search_is_its_makers_alone(review):
    review.read()
    address = review.send("sok", reason="x", number="", employee="")
    assert address.status == 200
    found = re.search(rf'href="({AT}/sok/[^"/]+)/\d+"', address.text)[1]
    assert review.second().get(found).status == 404
    review.world.clock.now += 9 * 3600
    again = review.console.sign_on("dora", browser=review.browser, path="/portal")
    assert again.get(found).status == 404


def test_more_than_a_page_goes_on_and_all_of_it_is_a_file_whose_digest_is_sealed(review):
    review.read(count=52)
    page = review.search()
    following = unescape(re.search(r'href="([^"]*efter=[^"]+)"', page.text)[1])
    assert review.get(following).text.count("<tr><th") == 2
    file = review.get(unescape(re.search(r'href="([^"]*som=csv)"', page.text)[1]))
    assert file.text.count(ward.NURSE) == 52
    (made,) = review.world.events("care.extract-made")
    assert (made["digest"], made["rows"]) == (hashlib.sha256(file.body).hexdigest(), 52)
    assert review.get(f"{following}x").status == 404


def test_a_reference_finds_its_entry_whenever_it_was(review):
    review.read(count=2)
    review.read(at=review.world.clock.now - 90 * 86_400, id="ab-7", user_name="Ute Hittad")
    page = review.search(log_id=" AB-7 ")
    assert main(page).count("Ute Hittad") == 1
    assert "Carl" not in main(page)
    assert "1 rad" in main(page)
    assert "AB-7" in main(page)
    file = review.get(unescape(re.search(r'href="([^"]*som=csv)"', page.text)[1])).text
    assert "ab-7" in file
    assert file.count("Vård och behandling") == 1
    assert "Ändamål" in file


@pytest.mark.spec("ui", "1, rule 9")
def test_how_many_there_are_is_told_and_no_file_is_cut_short(review, monkeypatch):
    review.read(count=3)
    page = review.search()
    assert "3 rader" in main(page)
    for module in (search, search_files):
        monkeypatch.setattr(module, "MOST", 2)
    at = re.search(rf'href="({AT}/sok/[^"/?]+)\?som', page.text)[1]
    assert "Mer än 2 rader" in main(review.get(at))
    for form in ("csv", "bevis"):
        assert "ingen fil alls" in main(review.get(f"{at}?som={form}"))
    assert review.world.events("care.extract-made") == []
    monkeypatch.setattr(search_files, "MOST", 3)
    more = {"after": 0}
    count = type(review.world.store).access_count

    def meanwhile(store, sought, most):
        """Somebody logs while a file is made."""
        found = count(store, sought, most)
        if not more["after"]:
            more["after"] = 1
            review.read()
        return found

    monkeypatch.setattr(type(review.world.store), "access_count", meanwhile)
    assert "ingen fil alls" in main(review.get(f"{at}?som=csv"))
    assert review.world.events("care.extract-made") == []


def test_one_entry_says_everything_and_a_case_is_opened_about_it(review):
    review.read()
    listed = review.search()
    entry = re.search(rf'href="({AT}/sok/[^"/]+/\d+)"', listed.text)[1]
    page = review.get(entry)
    assert part(page) == "G1-entry"
    assert "senaste året" in main(page)
    assert "Inte än" in main(page)
    assert review.world.events("care.log-read")[-1]["what"] == "entry"

    assert "Öppna ett ärende" in main(review.send(entry, remark=" "))
    case = review.send(entry, remark="Konstig tid.")

    assert part(case) == "G2-case"
    assert "Konstig tid." in main(case)
    theirs = f"{entry.rpartition('/')[0]}/999999"
    assert review.get(theirs).status == 404


def test_the_name_of_a_person_with_protected_identity_is_in_no_list_and_no_file_of_a_search(review):
    people = ward.document(staff=ward.staff(), care_providers=ward.care_providers())
    for one in people["persons"]:
        if one["id"] == "anna":
            one["protected"] = True
    review.world.reapply(people)
    review.read()
    page = review.search()
    assert "Anna" not in main(page)
    assert "19121212" not in main(page)
    assert "••••" in main(page)

    review.seal()
    listed = review.search()
    file = review.get(unescape(re.search(r'href="([^"]*som=bevis)"', listed.text)[1])).body
    assert file.count(b'"proof"') == 1
    assert NUMBERS["anna"].encode() not in file
    assert "Som signerat" in main(verified(review, file))
    entry = review.get(re.search(rf'href="({AT}/sok/[^"/]+/\d+)"', listed.text)[1])
    alone = review.get(re.search(rf'href="({AT}/integritet/bevis/[^"]+)"', entry.text)[1])
    assert NUMBERS["anna"].encode() in alone.body


# --- G2


def asked(review, **typed):
    now = review.world.clock.now
    day = {"first_day": day_of(now - 86_400).isoformat(), "last_day": day_of(now).isoformat()}
    return review.send("granskningar", **{**day, "percent": "0", "at_unit": "", **typed})


def drawn(review, **typed):
    """A review that the broker's jobs have drawn; its page."""
    page = asked(review, **typed)
    draw(review.world.store, register(review))
    return review.get(f"granskningar/{id_of(page)}")


def id_of(page) -> str:
    return re.search(r"granskning=([0-9a-f]+)", page.text)[1]


def register(review):
    return review.world.app.on.services.federation().care


def test_a_review_is_drawn_its_cases_assessed_and_its_report_signed(review):
    review.read()
    report = drawn(review)
    assert part(report) == "G2-report"
    assert "ingen patientrelation 1 1" in main(report)
    url = re.search(rf'href="({AT}/granskningar/[^"/]+)/rapport"', report.text)[1]
    assert "Alla ärenden måste ha en bedömning" in main(review.send(url))

    cases = review.get("arenden?lage=new")
    case = first_link(cases, f"{AT}/arenden/")
    review.send(case, f"{case}/take")
    closed = review.send(case, f"{case}/assess", outcome="justified", finding="Sökte vård.")
    assert "Avslutat" in main(closed)
    signed = review.send(url)

    assert "Rapporten är signerad." in main(signed)
    file = review.get(f"{url}/rapport").json
    assert file["by_outcome"] == {"justified": 1}
    assert file["digest"] == review.world.events("care.review-reported")[-1]["digest"]
    assert file["review"]["seed"] in main(signed)
    assert "signerad" in main(review.get("granskningar")).lower()


def test_a_report_is_a_document_that_says_who_reviewed_and_who_signed_it_when(review, monkeypatch):
    made = []
    monkeypatch.setattr(pdf, "reply", lambda name, html: (made.append(html), Reply(200, (), html.encode()))[1])
    review.read()
    url = re.search(rf'href="({AT}/granskningar/[^"/]+)/rapport"', drawn(review).text)[1]
    case = first_link(review.get("arenden"), f"{AT}/arenden/")
    review.send(case, f"{case}/assess", browser=review.second(), outcome="justified", finding="Sökte vård.")
    assert "Signerad av" not in review.get(f"{url}/rapport?som=pdf").text
    signed = review.send(url)
    assert "Signerad av Dora Andersson" in main(signed)

    document = review.get(f"{url}/rapport?som=pdf")

    words = " ".join(unescape(re.sub("<[^>]+>", " ", made[-1])).split())
    digest = review.world.events("care.review-reported")[-1]["digest"]
    for told in ("Signerad av Dora Andersson", "Eva Andersson", "Ser befogad ut", digest, "Region Exempel"):
        assert told in words, told
    sealed = review.world.events("care.extract-made")[-1]
    assert sealed["digest"] == hashlib.sha256(document.body).hexdigest()
    assert review.get(f"{url}/rapport").json["signed_by"] == review.console.person("dora")
    assert "öppnats igen" not in main(signed)
    review.send(case, f"{case}/reopen", again="Ett tips.")
    assert "Ett ärende har öppnats igen" in main(review.get(url))


def test_without_what_makes_documents_the_page_of_the_report_says_so(review, monkeypatch):
    def missing(name, html):
        raise pdf.Missing

    monkeypatch.setattr(pdf, "reply", missing)
    url = re.search(rf'href="({AT}/granskningar/[^"/]+)/rapport"', drawn(review).text)[1]
    assert "kan inga PDF-filer göras" in main(review.get(f"{url}/rapport?som=pdf"))
    assert review.world.events("care.extract-made") == []


def test_a_review_is_drawn_in_the_background_and_its_page_says_how_far_it_is(review):
    review.read(count=3)
    page = asked(review, most="2")
    assert "Dras" in main(page)
    assert "Ladda om sidan" in main(page)
    assert "Signera rapporten" not in main(page)
    assert "Dras" in main(review.get("granskningar"))
    url = f"{AT}/granskningar/{id_of(page)}"
    assert review.get(f"{url}/rapport").status == 404
    assert f'href="{url}/rapport"' not in page.text
    forged = filled(review.get("granskningar"), "granskningar")[1]["csrf"]
    refused = review.browser.post(url, {"csrf": forged})
    assert "Urvalet dras fortfarande" in main(review.browser.follow(refused))

    draw(review.world.store, register(review))

    shown = main(review.get(url))
    assert "Fler åtkomster svarade mot urvalet" in shown
    assert "ingen patientrelation 3 2" in shown
    assert "Dras" not in shown
    assert "Högst antal ärenden 2" in shown
    told = review.get(f"{url}/rapport").json["review"]
    assert (told["examined"], told["hit"], told["drawn"], told["left_out"]) == (3, 3, 2, True)


UNDRAWN = [
    ({"last_day": "9999-12-31"}, "Till och med"),
    ({"first_day": "2026-01-02", "last_day": "2026-01-01"}, "slutar innan"),
    ({"first_day": "2020-01-01"}, "längre än ett år"),
    ({"percent": "101"}, "Andel"),
    ({"most": "0"}, "Högst antal"),
    ({"most": "2001"}, "Högst antal"),
    ({"at_unit": "SE-none"}, "Vårdenhet"),
    ({"rules": "none"}, "Regler"),
]


def test_a_review_that_cannot_be_drawn_says_why(lasting):
    for typed, said in UNDRAWN:
        page = asked(lasting, **typed)
        assert part(page) == "G2", typed
        assert said in main(page), typed
    assert lasting.world.events("care.review-asked") == []


# --- plans


def planned(review, **typed):
    return review.send("granskningsplaner", **{"every": "1", "interval": "weeks", "days": "7", **typed})


@pytest.mark.spec("ui.md", "G2")
def test_a_plan_asks_for_reviews_by_itself_and_the_pages_say_what_is_next_and_what_is_overdue(review):
    review.read()
    assert "Ingen plan" in main(review.get("granskningar"))
    assert "Ingen granskning är signerad ännu" in main(review.get("granskningar"))
    page = planned(review)
    assert "Planen är sparad." in main(page)
    (plan,) = review.world.store.review_plans(ward.PROVIDER).rows
    assert f"Nästa enligt plan {plan.next.isoformat()}" in main(review.get("granskningar"))

    review.world.clock.now = plan.due
    review.console.sign_on("dora", browser=review.browser, path="/portal")
    on = ReviewServices(review.world.store, register(review))
    jobs.ask(review.world.store, lambda: on)
    draw(review.world.store, register(review))
    (made,) = review.world.store.log_reviews(ward.PROVIDER).rows
    assert "Enligt plan" in main(review.get(f"granskningar/{made.id}"))
    assert "signera rapporten senast" in main(review.get())

    review.world.clock.now = made.due
    review.console.sign_on("dora", browser=review.browser, path="/portal")
    assert "Försenad logggranskning" in main(review.get())
    assert "Försenad" in main(review.get("granskningar"))
    assert "Försenad" in main(review.get(f"granskningar/{made.id}"))
    assert "Försenad" not in main(review.get("granskningsplaner"))
    review.world.clock.now = plan.asked().due + 86_400
    review.console.sign_on("dora", browser=review.browser, path="/portal")
    assert "Försenad" in main(review.get("granskningsplaner"))


def test_the_latest_review_that_was_signed_stands_on_the_page(review):
    page = drawn(review)
    review.send(f"granskningar/{id_of(page)}")
    assert f"Senaste granskningen signerades {day_of(review.world.clock.now).isoformat()}" in main(
        review.get("granskningar")
    )


def test_a_plan_is_shown_and_ended_by_whoever_reviews_the_log(review):
    planned(review, interval="months", rules=["own-record"])
    (plan,) = review.world.store.review_plans(ward.PROVIDER).rows
    url = f"granskningsplaner/{plan.id}"
    page = main(review.get(url))
    assert "egen journal" in page
    assert "Antal månader mellan gångerna: 1" in page
    assert "Planen är avslutad." in main(review.send(url))
    assert "Avslutad" in main(review.get("granskningsplaner"))
    assert "Avsluta planen" not in main(review.get(url))
    assert review.get("granskningsplaner/none").status == 404
    assert [each["act"] for each in review.world.events("care.review-planned")] == ["made", "ended"]


UNPLANNED = [
    ({"every": "0"}, "Hur ofta"),
    ({"every": "61"}, "Hur ofta"),
    ({"days": "367"}, "Dagar som granskas"),
    ({"interval": "years"}, "Veckor eller månader"),
    ({"first_time": "2020-01-01"}, "en dag som har varit"),
    ({"first_time": ""}, "Första gången"),
    ({"percent": "-1"}, "Andel"),
    ({"most": "0"}, "Högst antal"),
    ({"rules": "none"}, "Regler"),
    ({"at_unit": "SE-none"}, "Vårdenhet"),
]


def test_a_plan_that_cannot_be_made_says_why(lasting):
    for typed, said in UNPLANNED:
        page = planned(lasting, **typed)
        assert part(page) == "G2-plans", typed
        assert said in main(page), typed
    assert lasting.world.store.review_plans(ward.PROVIDER).rows == ()


@pytest.mark.spec("CB", "05")
def test_nobody_reviews_an_own_access_on_the_pages_either(review):
    review.read()
    drawn(review)
    case = first_link(review.get("arenden"), f"{AT}/arenden/")
    nurse = review.console.browser("carl", (MEMBER, Role.LOG_REVIEWER))
    page = nurse.get(case)
    assert "Du kan inte granska det du själv har gjort" in main(page)
    assert f'action="{case}' not in page.text
    mine = review.get(case)
    at, fields = filled(mine, f"{case}/take")
    own = filled(nurse.get(f"{AT}/sok"), "sok")[1]["csrf"]
    refused = nurse.post(at, {**fields, "csrf": own})
    assert "Du kan inte granska" in main(refused)


def test_a_suspicion_is_closed_by_another_person_and_a_breach_may_come_of_it(review):
    review.read()
    drawn(review)
    case = first_link(review.get("arenden"), f"{AT}/arenden/")
    page = review.send(case, f"{case}/assess", outcome="suspected", finding="Ingen relation.")
    assert "Väntar på andra person" in main(page)
    again = review.send(case, f"{case}/assess", outcome="suspected", finding="Säker.")
    assert "En annan person måste avsluta" in main(again)
    assert "1 ärende väntar på en andra person" in main(review.get())
    done = review.send(case, f"{case}/assess", browser=review.second(), outcome="suspected", finding="Håller med.")
    assert "Avslutat" in main(done)
    assert f"{AT}/incidenter?arende=" in done.text
    note = review.send(case, f"{case}/reopen", again="Ny uppgift.")
    assert "Nytt" in main(note)
    assert "Anteckning:" in main(review.send(case, f"{case}/note", remark=""))


def test_the_worklist_is_narrowed_by_state_and_kind(review):
    review.read()
    drawn(review)
    assert len(re.findall(r"<tr><th", review.get("arenden?lage=open&slag=rule").text)) == 1
    assert len(re.findall(r"<tr><th", review.get("arenden?lage=closed").text)) == 0
    assert len(re.findall(r"<tr><th", review.get("arenden?slag=emergency").text)) == 0
    assert len(re.findall(r"<tr><th", review.get("arenden?lage=nonsense&slag=x").text)) == 1


def test_persons_are_put_on_the_watch_list_and_taken_off_it(lasting):
    assert "Ingen i registret" in main(lasting.send("bevakning", watched="195006262546"))
    page = lasting.send("bevakning", watched=NUMBERS["eva"])
    assert "Eva Andersson" in main(page)
    person = lasting.console.person("eva")
    off = lasting.send(f"bevakning/{person}")
    assert "Ingen bevakas." in main(off)
    assert lasting.get(f"bevakning/{person}").status == 404


def test_an_emergency_access_is_told_at_once_and_closed_by_somebody_else(review):
    nurse = ward.AtWork.of(review.console, "carl")
    begun = nurse.fill("/nod", reason="Medvetslös vid ankomst.", hours="1", understood="y")
    assert begun.status == 303, ward.shown(begun)
    start = review.get()
    assert "Nödåtkomst väntar på granskning" in main(start)
    case = re.search(rf'href="({AT}/arenden/[^"?]+)"', start.text)[1]
    page = review.get(case)
    assert "Medvetslös vid ankomst." in main(page)
    own = review.console.browser("carl", (MEMBER, Role.LOG_REVIEWER))
    assert "Du kan inte granska det du själv har gjort" in main(own.get(case))
    done = review.send(case, f"{case}/assess", outcome="justified", finding="Ambulansjournalen visar samma sak.")
    assert "Avslutat" in main(done)
    assert "Nödåtkomst väntar" not in main(review.get())


def test_a_question_of_a_patient_is_answered_on_the_case(review):
    review.read()
    (row,) = review.world.store.access_page(AccessSought(provider=ward.PROVIDER)).rows
    person = review.console.person("anna")
    asked = Question(row.id, ward.PROVIDER, ANNA, "Varför lästes detta?", ward.NURSE, ward.WARD)
    on = ReviewServices(review.world.store, review.world.app.on.services.federation().care, 1)
    done = cases.ask(asked, Caller(CallerKind.PATIENT, person), on, review.world.clock.now)
    review.world.store.commit(done.effects)
    assert "1 fråga från patienter" in main(review.get())
    case = f"{AT}/arenden/{done.result.id}"
    page = review.send(case, f"{case}/answer", reply="Du sökte vård den dagen.")
    assert "svar till patienten" in main(page)
    assert "Varför lästes detta?" in main(page)


# --- G4


@pytest.mark.spec("LO", "06")
def test_who_read_what_in_the_log_and_why_is_found_again(review):
    review.read()
    review.search(reason="Ärende 99", number=NUMBERS["anna"])
    review.seal()
    page = review.get("lasningar")
    assert part(page) == "G4"
    for told in ("Ärende 99", "Dora Andersson", "En sida av en sökning", "Anna Andersson"):
        assert told in main(page)
    assert review.get("lasningar?efter=0").text.count("<tr><th") == 0
    assert review.get("lasningar?efter=x").status == 200


# --- a member that is no care provider, and one that is two


def test_a_member_that_is_no_care_provider_is_told_so(review):
    people = ward.document(staff=ward.staff(), care_providers=ward.care_providers()[1:])
    review.world.reapply(people)
    for each in ("", "sok", "granskningar", "arenden", "lasningar"):
        assert "ingen vårdgivare" in main(review.get(each)) or each == "lasningar"
    assert review.get("bevakning").status == 404


def test_of_two_care_providers_one_is_chosen_and_anothers_is_missing(review):
    second = {**ward.care_providers()[1], "member": MEMBER}
    review.world.reapply(ward.document(staff=ward.staff(), care_providers=[ward.care_providers()[0], second]))
    page = review.get(f"arenden?vg={ward.FAR}")
    assert "Exempelkommunens vård" in main(page)
    assert review.get("arenden?vg=SE-none").status == 404
    assert review.get(f"/granskning/{OTHER}").status == 404


@pytest.mark.spec("LO", "06")
def test_a_reading_of_the_second_providers_log_is_recorded_with_that_provider(review):
    other = {**ward.care_providers()[1], "member": MEMBER}
    review.world.reapply(ward.document(staff=ward.staff(), care_providers=[ward.care_providers()[0], other]))
    assert ward.FAR < ward.PROVIDER
    review.read()
    review.seal()
    listed = review.send(f"sok?vg={ward.PROVIDER}", "/sok", reason="Hos den andra", number="", employee="")
    assert f"sok?vg={ward.PROVIDER}" in listed.text
    at = re.search(rf'href="({AT}/sok/[^"/]+)/\d+"', listed.text)[1]
    entry = review.get(re.search(rf'href="({AT}/sok/[^"/]+/\d+)"', listed.text)[1])
    proof = unescape(re.search(rf'href="({AT}/integritet/bevis/[^"]+)"', entry.text)[1])
    assert review.get(f"{at}?som=csv").status == review.get(proof).status == 200
    assert review.get(proof.partition("?")[0]).status == 404  # of the first provider it is no entry
    day = day_of(review.world.clock.now).isoformat()
    report = review.send(f"granskningar?vg={ward.PROVIDER}", "/granskningar", last_day=day, percent="100")
    draw(review.world.store, register(review))
    url = f"{AT}/granskningar/{id_of(report)}"
    cases = unescape(re.search(r'href="([^"]+granskning=[^"]+)"', review.get(url).text)[1])
    assert review.get(first_link(review.get(cases), f"{AT}/arenden/")).status == 200
    assert review.get(f"{url}/rapport").status == 200
    review.seal()

    read = review.world.events("care.log-read")
    assert {each["what"] for each in read} == {"page", "file", "entry", "proof", "report", "case"}
    assert {each["provider"] for each in (*read, *review.world.events("care.extract-made"))} == {ward.PROVIDER}
    assert "Hos den andra" in main(review.get(f"lasningar?vg={ward.PROVIDER}"))
    assert "Hos den andra" not in main(review.get(f"lasningar?vg={ward.FAR}"))


# --- G3


def verified(review, body: bytes):
    """A file sent to be verified."""
    at, fields = filled(review.get("integritet"), "integritet/fil")
    boundary = "b0undary"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{fields["csrf"]}\r\n'.encode()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="extract"; filename="x"\r\n\r\n'
    whole = b"".join([*parts, head.encode(), body, f"\r\n--{boundary}--\r\n".encode()])
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return review.browser.post(at, whole, **kind)


@pytest.mark.spec("LO", "03")
def test_an_extract_verifies_on_the_page_and_with_the_script_alone_and_one_changed_byte_is_found(review, tmp_path):
    review.read(count=3)
    review.seal()
    listed = review.search()
    extract = review.get(unescape(re.search(r'href="([^"]*som=bevis)"', listed.text)[1])).body
    assert extract.count(b'"record"') == 3

    assert "Som signerat" in main(verified(review, extract))
    keys = [each.text for each in review.world.store.log_verifiers()]
    script = tmp_path / "kontroll.py"
    script.write_bytes(review.get("integritet/kontroll").body)
    file = tmp_path / "utdrag.jsonl"
    file.write_bytes(extract)
    command = [sys.executable, "-I", str(script), str(file), *(part for key in keys for part in ("--key", key))]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0  # our own script

    for at in random.Random(7).sample(range(extract.index(b"\n") + 1, len(extract)), 12):
        changed = extract[:at] + bytes([extract[at] ^ 1]) + extract[at + 1 :]
        page = verified(review, changed)
        assert "Filen är inte som den lämnades ut" in main(page), at


def test_a_table_that_was_saved_is_known_again_and_a_changed_one_is_not(review):
    review.read()
    listed = review.search()
    file = review.get(unescape(re.search(r'href="([^"]*som=csv)"', listed.text)[1])).body
    review.seal()
    assert "Lämnad härifrån, oförändrad" in main(verified(review, file))
    assert "Okänd eller ändrad" in main(verified(review, file + b" "))
    assert "Filen är inte som" in main(verified(review, b'{"format":"tillit-extract/1"}'))
    assert "Fil:" in main(verified(review, b""))


def test_a_part_of_the_log_is_verified_now_and_that_is_recorded(review):
    review.read(count=3)
    review.seal()
    page = review.send("integritet", "integritet/del", first="0", last="5")
    assert "Som signerat" in main(page)
    assert "0 – 5 (6)" in main(page)
    assert "Inget vittne har signerat" in main(page)
    (event,) = review.world.events("log.verified")
    assert (event["first"], event["last"], event["checked"], event["wrong"]) == (0, 5, 6, 0)
    assert "kommer före första" in main(review.send("integritet", "integritet/del", first="5", last="0"))
    assert "Första platsen" in main(review.send("integritet", "integritet/del", first="-1"))


def test_the_proof_of_an_entry_is_a_file_of_its_own(review):
    review.read()
    review.seal()
    listed = review.search()
    entry = re.search(rf'href="({AT}/sok/[^"/]+/\d+)"', listed.text)[1]
    page = review.get(entry)
    proof = review.get(re.search(rf'href="({AT}/integritet/bevis/[^"]+)"', page.text)[1])
    assert "Som signerat" in main(verified(review, proof.body))
    assert review.world.events("care.log-read")[-1]["what"] == "proof"
    assert review.get("integritet/bevis/999999").status == 404


# --- G5


def test_what_may_go_is_counted_and_a_hold_of_the_security_officer_keeps_what_it_is_about(review):
    review.read()
    review.seal()
    officer = review.console.browser("eva", (FEDERATION, Role.SECURITY_OFFICER))
    review.world.clock.now += 6 * 366 * 86_400
    officer = review.console.sign_on("eva", browser=officer)
    reviewer = review.console.sign_on("dora", browser=review.browser)
    before = review.get("gallring", officer)
    assert re.search(r"Åtkomster 5 (?!\d)", main(before))
    assert f'href="{AT}/gallring?rakna=ja' in before.text
    assert re.search(r"Åtkomster 5 1 0", main(review.get("gallring?rakna=ja", officer)))

    assert "Personnummer" in main(review.send("gallring", browser=officer, about="person", held="x", because="Tvist."))
    assert "Skäl:" in main(review.send("gallring", browser=officer, about="all", because=" "))
    page = review.send("gallring", browser=officer, about="person", held=NUMBERS["anna"], because="Tvist.")
    assert re.search(r"Åtkomster 5 0 1", main(review.get("gallring?rakna=ja", officer)))
    assert "Anna Andersson" in main(page)

    theirs = main(review.get("gallring", reviewer))
    assert "Anna Andersson" not in theirs
    assert "Besluta om bevarande" not in theirs
    hold = re.search(rf'href="({AT}/gallring/[0-9a-f]+)"', page.text)[1]
    assert review.get(hold, reviewer).status == 403
    token = filled(review.get("sok", reviewer), "sok")[1]["csrf"]
    for path in ("gallring", hold):
        at = path if path.startswith("/") else f"{AT}/{path}"
        assert reviewer.post(at, {"csrf": token}).status == 403
    review.send("gallring", browser=officer, about="provider", because="Tillsyn.")
    assert "Tillsyn." in main(review.get("gallring", reviewer))
    assert "Hävt" in main(review.send(hold, browser=officer))
    assert review.get(hold, officer).status == 404
    assert [event["act"] for event in review.world.events("log.hold-changed")] == ["set", "set", "ended"]
