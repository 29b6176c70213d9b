"""G1 as a PDF, G5's decisions to remove, G6's files and erasures: two persons, fresh identification, all recorded."""

import hashlib
import json
import re
from html import unescape
from urllib.parse import urlencode

import pytest

from broker.audit.retention import DAY, YEAR, Hold
from broker.audit.verify import verify_log
from broker.jobs.retention import remove
from broker.web.console import pdf, printing
from tests.console.test_log_review import AT, Review, filled, main, part, verified
from tests.support import ward
from tests.support.care_values import PERSONNUMMER
from tests.support.console import NUMBERS, OTHER
from tests.support.world import MEMBER
from trust_framework.identifiers import Identifier
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]

STRANGER = Identifier(PERSONNUMMER, "195006262546")
"""A patient whom the directory does not list."""


@pytest.fixture
def review(worlds):
    return Review(ward.wards(worlds))


def officer(review, name: str):
    """A security officer of the federation, identified now."""
    return review.console.browser(name, (FEDERATION, Role.SECURITY_OFFICER))


def later(review, seconds: int) -> None:
    """Time passes, and the reviewer signs on again."""
    review.world.clock.now += seconds
    review.browser = review.console.sign_on("dora", browser=review.browser, path="/portal")


def posted(review, page_at: str, action: str, browser=None, **typed):
    """Send a form of a page; the answer itself."""
    using = browser or review.browser
    at, fields = filled(using.get(page_at), action)
    return using.post(at, urlencode({**fields, **typed}, doseq=True).encode())


# --- G1


def test_what_was_found_is_a_tagged_pdf_with_the_purpose_and_where_the_log_stood(review, monkeypatch):
    review.read(count=2)
    review.seal()
    drawn = []
    monkeypatch.setattr(pdf, "reply", lambda name, html, real=pdf.reply: (drawn.append(html), real(name, html))[1])
    listed = review.search(reason="Tillsyn 9 § 4")
    file = review.get(unescape(re.search(r'href="([^"]*som=pdf)"', listed.text)[1]))
    assert file.header("Content-Type") == "application/pdf"
    assert file.body.startswith(b"%PDF")
    (html,) = drawn
    for told in ("Tillsyn 9 § 4", "Dora Andersson", "Carl Andersson", review.world.store.log_origin()):
        assert told in html
    made, read = review.world.events("care.extract-made")[-1], review.world.events("care.log-read")[-1]
    assert (made["digest"], made["rows"]) == (hashlib.sha256(file.body).hexdigest(), 2)
    assert (read["what"], read["purpose"]) == ("document", "Tillsyn 9 § 4")
    review.seal()
    assert "Lämnad härifrån, oförändrad" in main(verified(review, file.body))


def test_a_document_that_would_be_too_long_or_cannot_be_made_says_so(review, monkeypatch):
    review.read(count=3)
    url = re.search(r'href="([^"]*som=pdf)"', review.search().text)[1]
    monkeypatch.setattr(printing, "MOST", 2)
    assert "Fler än 500 rader" in main(review.get(url))
    monkeypatch.setattr(printing, "MOST", 3)

    def missing(html):
        raise pdf.Missing

    monkeypatch.setattr(pdf, "made", missing)
    assert "kan inga PDF-filer göras" in main(review.get(url))
    assert review.world.events("care.extract-made") == []


# --- G5


def test_two_security_officers_remove_what_is_due_and_one_alone_does_not(review):
    review.read()
    review.seal()
    later(review, 5 * YEAR + DAY)
    review.seal()
    later(review, 10 * DAY)
    eva, carl = officer(review, "eva"), officer(review, "carl")
    page = review.get("gallring/beslut", eva)
    assert part(page) == "G5-removals"
    assert re.search(r"Åtkomster 5 1 0", main(page))
    assert review.get("gallring/beslut").status == 403

    asked = review.send("gallring/beslut", browser=eva)
    assert part(asked) == "G5-removal"
    assert "Väntar på en andra person" in main(asked)
    order = re.search(rf'action="({AT}/gallring/beslut/[0-9a-f]+)/aterta"', asked.text)[1]
    assert f'action="{order}/besluta"' not in asked.text
    token = filled(asked, "aterta")[1]["csrf"]
    assert "En annan säkerhetsansvarig måste" in main(eva.post(f"{order}/besluta", {"csrf": token}))
    assert remove(review.world.store, review.world.settings) == 0

    assert review.get(order, review.console.browser("anna", (MEMBER, Role.LOG_REVIEWER))).status == 403
    decided = review.send(order, f"{order}/besluta", browser=carl)
    assert "utförs snart" in main(decided)
    assert remove(review.world.store, review.world.settings) >= 1
    done = main(review.get(order, carl))
    assert "Utfört" in done
    assert "Poster som togs bort" in done
    assert "Eva Andersson" in done
    assert "Carl Andersson" in done
    review.seal()
    assert verify_log(review.world.store).ok
    leaves = [json.loads(row.leaf) for row in review.world.store.log_rows() if not row.removal]
    assert [each["act"] for each in leaves if each["event"] == "log.removal-ordered"] == ["asked", "decided", "done"]
    assert review.browser.post(f"{order}/aterta", {"csrf": filled(review.get("sok"), "sok")[1]["csrf"]}).status == 403
    assert review.get("gallring/beslut/none", carl).status == 404
    assert (
        carl.post(f"{order}/brann", {"csrf": filled(review.get("gallring", carl), "gallring")[1]["csrf"]}).status == 404
    )


def test_a_decision_wants_a_person_who_identified_just_now(review):
    review.read()
    review.seal()
    later(review, 6 * YEAR)
    eva = officer(review, "eva")
    page = review.get("gallring/beslut", eva)
    review.world.clock.now += 600
    asked = eva.post(f"{AT}/gallring/beslut", filled(page, "beslut")[1])
    assert asked.status == 303
    assert f"{AT}/gallring/beslut" not in asked.location
    assert review.world.store.removal_orders().rows == ()


def test_what_was_asked_for_is_withdrawn_and_nothing_is_asked_for_when_nothing_is_due(review):
    review.read()
    review.seal()
    eva = officer(review, "eva")
    page = review.get("gallring/beslut", eva)
    assert "Begär gallring" not in main(page)
    token = filled(review.get("gallring", eva), "gallring")[1]["csrf"]
    assert "inget att gallra" in main(eva.post(f"{AT}/gallring/beslut", {"csrf": token}))
    review.world.clock.now += 6 * YEAR
    eva = review.console.sign_on("eva", browser=eva)
    asked = review.send("gallring/beslut", browser=eva)
    order = re.search(rf'action="({AT}/gallring/beslut/[0-9a-f]+)/aterta"', asked.text)[1]
    assert "Återtaget" in main(review.send(order, f"{order}/aterta", browser=eva))
    again = eva.post(f"{order}/aterta", {"csrf": token})
    assert "väntar inte längre" in main(again)
    assert "Gallringsbeslut" in main(review.get("gallring", eva))


# --- G6: files


def request_of(review, number: str, kind: str, **typed) -> str:
    """A request that came today; where its page is."""
    made = review.send("begaran", kind=kind, who=number, asked="", **typed)
    return re.search(rf'href="({AT}/begaran/[0-9a-f]{{16}})/brev', made.text)[1]


@pytest.mark.spec("PDL", "8:5")
def test_an_extract_is_made_on_the_page_of_its_request_and_noted_with_its_digest(review, monkeypatch):
    review.read(count=2)
    review.read(Identifier(PERSONNUMMER, NUMBERS["eva"]))
    review.seal()
    drawn = []
    monkeypatch.setattr(pdf, "reply", lambda name, html, real=pdf.reply: (drawn.append(html), real(name, html))[1])
    at = request_of(review, NUMBERS["anna"], "log-extract")
    assert "Ta fram en fil" in main(review.get(at))
    proven = posted(review, at, f"{at}/fil", which="log-proven")
    assert proven.body.count(b'"record"') == 2
    assert "Som signerat" in main(verified(review, proven.body))
    document = posted(review, at, f"{at}/fil", which="log-pdf")
    assert document.body.startswith(b"%PDF")
    assert "Akuten" in drawn[0]
    page = review.get(at)
    for file in (proven, document):
        digest = hashlib.sha256(file.body).hexdigest()
        assert digest in main(page)
        assert digest in review.get(f"{at}/brev/sv").text
    request = at.rpartition("/")[2]
    reads = review.world.events("care.log-read")
    assert {each["purpose"] for each in reads if each["what"] == "subject-extract"} == {f"Begäran {request}"}
    assert [each["act"] for each in review.world.events("data.request-acted")] == ["received", "extracted", "extracted"]
    assert posted(review, at, f"{at}/fil", which="copy-json").status == 404


def test_an_extract_is_of_the_days_that_were_asked_for(review):
    review.read()
    review.seal()
    at = request_of(review, NUMBERS["anna"], "log-extract", from_day="2020-01-01", to_day="2020-12-31")
    assert posted(review, at, f"{at}/fil", which="log-proven").body.count(b'"record"') == 0


@pytest.mark.spec("GDPR", "15")
def test_a_copy_has_what_is_the_members_own_and_nothing_of_other_members(review):
    review.read()
    review.read(provider=ward.FAR, unit=ward.FAR_UNIT, user=ward.DOCTOR, user_name="Eva Andersson")
    for service in ("rp", "rp2"):
        review.world.code(client_id=service, redirect_uri=f"https://{service}.example.org/cb", scope="openid profile")
    review.seal()
    at = request_of(review, NUMBERS["anna"], "access")
    copy = json.loads(posted(review, at, f"{at}/fil", which="copy-json").body)
    assert {each["service"] for each in copy["logins"]} == {"rp"}
    assert {each["provider"] for each in copy["access_log"]} == {"Region Exempel"}
    assert posted(review, at, f"{at}/fil", which="copy-pdf").body.startswith(b"%PDF")


def test_no_file_is_made_while_somebody_must_be_asked_or_when_all_is_over_or_too_much(review, monkeypatch):
    review.read(count=3)
    at = request_of(review, NUMBERS["anna"], "access")
    form = filled(review.get(at), f"{at}/fil")[1]
    monkeypatch.setattr(printing, "MOST", 2)
    for which in ("log-pdf", "copy-pdf"):
        assert "Fler än 500 rader" in main(posted(review, at, f"{at}/fil", which=which))
    monkeypatch.setattr("broker.web.console.review.request_files.MOST", 2)
    assert "Fler än 500 rader" in main(posted(review, at, f"{at}/fil", which="log-proven"))

    def missing(html):
        raise pdf.Missing

    monkeypatch.undo()
    monkeypatch.setattr(pdf, "made", missing)
    assert "kan inga PDF-filer göras" in main(posted(review, at, f"{at}/fil", which="log-pdf"))
    review.send(at, f"{at}/gor", act="flag", about="Rör en annan person.")
    page = review.get(at)
    assert "Ta fram en fil" not in main(page)
    late = review.browser.post(f"{at}/fil", {**form, "which": "log-proven"})
    assert "måste svara först" in main(late)
    assert review.world.events("care.extract-made") == []
    theirs = review.console.browser("eva", (OTHER, Role.LOG_REVIEWER))
    review.send(at, f"{at}/fraga", giver=OTHER, question="Får vi?")
    asked = theirs.get(at.replace(MEMBER, OTHER))
    assert "Ta fram en fil" not in main(asked)
    token = filled(asked, "rad")[1]["csrf"]
    for path in ("fil", "radera"):
        assert theirs.post(f"{at.replace(MEMBER, OTHER)}/{path}", {"csrf": token, "which": "log-pdf"}).status in {
            403,
            404,
        }


# --- G6: erasure


@pytest.mark.spec("GDPR", "17")
def test_an_erasure_is_decided_by_the_member_and_carried_out_by_the_federations_officer(review):
    review.read(STRANGER)
    review.seal()
    number = "19500626-2546"
    at = request_of(review, number, "erasure")
    assert "minst fem år" in main(review.get(at))
    later(review, 5 * YEAR + DAY)
    at = request_of(review, number, "erasure")
    assert "minst fem år" not in main(review.get(at))
    eva = officer(review, "eva")
    assert "Radera personen" not in main(review.get(at, eva))
    review.send(at, f"{at}/gor", act="decide-erasure", about="Inget hindrar.")
    assert "Radera personen" not in main(review.get(at))
    person = review.world.store.patient(STRANGER)

    review.world.store.set_hold(Hold("h", "person", person, "IVO", "p", review.world.clock.now))
    assert "beslut om bevarande rör personen" in main(review.send(at, f"{at}/radera", browser=eva, erased="Gjort."))
    review.world.store.end_hold("h", "p")
    assert part(review.send(at, f"{at}/radera", browser=eva, erased=" ")) == "G6-request"
    assert review.world.store.patient(STRANGER) == person
    done = review.send(at, f"{at}/radera", browser=eva, erased="Gjort.")

    assert "Personen är raderad." in main(done)
    assert "Besvarad" in main(done)
    assert review.world.store.patient(STRANGER) is None
    assert "går inte längre att läsa" in review.get(f"{at}/brev/sv").text
    review.seal()
    assert verify_log(review.world.store).ok


def test_whom_the_directory_lists_is_not_erased_and_who_has_not_the_right_does_not_erase(review):
    at = request_of(review, NUMBERS["anna"], "erasure")
    assert "finns i katalogen" in main(review.get(at))
    review.send(at, f"{at}/gor", act="decide-erasure", about="Inget hindrar.")
    eva = officer(review, "eva")
    assert "finns i katalogen" in main(review.send(at, f"{at}/radera", browser=eva, erased="Gjort."))
    token = filled(review.get(at), f"{at}/gor")[1]["csrf"]
    assert review.browser.post(f"{at}/radera", {"csrf": token, "erased": "Gjort."}).status == 403
    access = request_of(review, NUMBERS["anna"], "access")
    assert "Besluta om radering" not in main(review.get(access))
