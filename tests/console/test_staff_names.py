"""Who of the staff is named in log review and in what is handed out: nobody with protected identity, and to a person who asked no
more than My page tells.
"""

import json
import re
from html import unescape

import pytest

from broker.exchange import Reply
from broker.web.console import pdf
from broker.web.console.review import request_files
from tests.console.test_duty_pages import posted, request_of
from tests.console.test_log_review import AT, Review, drawn, first_link, main
from tests.support import ward
from tests.support.access_records import resource
from tests.support.care_values import PERSONNUMMER
from tests.support.console import NUMBERS
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]

NAME, NUMBER = "Hemliga Carlsson", "198906059483"


@pytest.fixture(scope="module")
def guarded(lasting_worlds) -> Review:
    """The nurse and the reviewer have protected identity."""
    review = Review(ward.wards(lasting_worlds))
    people = ward.document(staff=ward.staff(), care_providers=ward.care_providers())
    for one in people["persons"]:
        if one["id"] in {"carl", "dora"}:
            one["protected"] = "true"
    review.world.reapply(people)
    return review


@pytest.fixture(scope="module")
def silent(lasting_worlds) -> Review:
    """Nobody is protected, and the providers show patients no names."""
    return Review(ward.wards(lasting_worlds, staff_names_shown="false"))


@pytest.fixture
def documents(monkeypatch):
    """What stands in the documents that are made; they are not laid out."""
    made: list[str] = []
    monkeypatch.setattr(pdf, "reply", lambda name, html: (made.append(html), Reply(200, (), name.encode()))[1])
    return made


def every_view(review: Review) -> dict[str, str]:
    """The newest access wherever a reviewer meets it."""
    listed = review.search()
    at = re.search(rf'href="({AT}/sok/[^"/]+)/\d+"', listed.text)[1]
    entry = re.search(rf'href="({AT}/sok/[^"/]+/\d+)"', listed.text)[1]
    found = {"list": main(listed), "entry": main(review.get(entry))}
    proof = re.search(r'href="([^"]*/integritet/bevis/\d+)"', review.get(entry).text)[1]
    files = {"csv": f"{at}?som=csv", "proven": f"{at}?som=bevis", "proof": proof, "pdf": f"{at}?som=pdf"}
    found |= {name: review.get(unescape(url)).body.decode("utf-8", "replace") for name, url in files.items()}
    drawn(review)
    cases = review.get("arenden")
    found["cases"] = main(cases)
    found["case"] = main(review.get(first_link(cases, f"{AT}/arenden/")))
    return found


@pytest.mark.spec("Sweden", "10, row 21")
def test_staff_with_protected_identity_are_named_on_no_page_and_in_no_file_of_log_review(guarded, documents):
    guarded.read(user_name=NAME, person_id=NUMBER)
    guarded.seal()
    seen = every_view(guarded)
    for where, shown in {**seen, "document": documents[0]}.items():
        assert NAME not in shown, where
        assert NUMBER not in shown, where
        assert "Carl" not in shown, where
    for where in ("list", "entry", "csv", "cases", "case"):
        assert ward.NURSE in seen[where], where


@pytest.mark.spec("Sweden", "10, row 21")
def test_who_makes_a_document_is_not_named_in_it_when_their_identity_is_protected(guarded, silent, documents):
    for review in (guarded, silent):
        review.read()
        at = unescape(re.search(r'href="([^"]*som=pdf)"', review.search().text)[1])
        assert review.get(at).status == 200
        report = re.search(rf'href="({AT}/granskningar/[^"/]+/rapport[?]som=pdf)"', drawn(review).text)[1]
        assert review.get(report).status == 200
    assert ["Dora Andersson" in one for one in documents] == [False, False, True, True]


@pytest.mark.spec("Sweden", "10, row 21")
def test_a_reader_of_the_log_with_protected_identity_is_not_named_to_others(guarded):
    guarded.read()
    guarded.search(reason="Läst av en skyddad")
    guarded.seal()
    page = main(guarded.get("lasningar", guarded.second()))
    assert "Läst av en skyddad" in page
    assert "Dora" not in page


def test_a_reviewer_is_told_who_it_was_whatever_patients_are_told(silent, documents):
    silent.read(user_name="Ute Öppen", person_id=NUMBER)
    silent.seal()
    seen = every_view(silent)
    for where in ("list", "entry", "csv"):
        assert "Ute Öppen" in seen[where], where
    assert "Ute Öppen" in documents[0]
    for where in ("proven", "proof"):
        assert NUMBER in seen[where], where
    assert f"Carl Andersson ({ward.NURSE})" in seen["cases"]


def test_an_entry_without_a_name_is_named_by_the_directory_where_it_is_the_own_providers(silent):
    silent.read(user=ward.REGISTRAR, user_name="")
    assert f"Dora Andersson ({ward.REGISTRAR})" in main(silent.search(employee=ward.REGISTRAR))


def test_of_another_care_providers_staff_the_reviewer_is_told_the_hsa_id_alone(silent):
    of = resource(None, provider=ward.PROVIDER, unit=ward.WARD)
    silent.read(resources=(of,), provider=ward.FAR, unit=ward.FAR_UNIT, user=ward.DOCTOR, user_name="Eva Långt Bort")
    page = main(silent.search(others="y"))
    assert ward.DOCTOR in page
    assert "Eva" not in page


def files_for(review: Review, number: str) -> tuple[str, list[dict[str, object]]]:
    """The file with proofs that a person's request is answered with: its text and its rows; and the document is made."""
    at = request_of(review, number, "log-extract")
    proven = posted(review, at, f"{at}/fil", which="log-proven").body.decode()
    assert posted(review, at, f"{at}/fil", which="log-pdf").status == 200
    return proven, [json.loads(line) for line in proven.splitlines()[1:]]


@pytest.mark.spec("PDL", "8:5")
def test_a_file_for_a_person_names_staff_as_my_page_does_and_proves_who_they_are_to_nobody(guarded, silent, documents):
    eva = Identifier(PERSONNUMMER, NUMBERS["eva"])
    for review in (guarded, silent):
        review.read(eva, user_name=NAME, person_id=NUMBER)
        review.read(eva, user=ward.DOCTOR, user_name="Ute Öppen", person_id=NUMBER)
        review.seal()
        proven, rows = files_for(review, NUMBERS["eva"])
        assert [("record" in row, "identity" in row) for row in rows] == [(True, False)] * 2
        for told in (NAME, "Ute Öppen", NUMBER, ward.NURSE, ward.DOCTOR):
            assert told not in proven
    assert [(NAME in one, "Ute Öppen" in one, NUMBER in one) for one in documents] == [
        (False, True, False),
        (False, False, False),
    ]


def test_entries_are_counted_before_any_is_read_for_a_file(silent, monkeypatch):
    silent.read(Identifier(PERSONNUMMER, NUMBERS["carl"]), count=3)
    at = request_of(silent, NUMBERS["carl"], "log-extract")
    monkeypatch.setattr(request_files, "MOST", 2)
    store, read = type(silent.world.store), []
    monkeypatch.setattr(store, "access_page", lambda *given: read.append(given))
    assert "ingen fil alls" in main(posted(silent, at, f"{at}/fil", which="log-proven"))
    assert read == []
