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
from tests.support.console import NUMBERS

pytest_plugins = ["tests.support.worlds"]

NAME, NUMBER = "Hemliga Carlsson", "198906059483"


def reviewing(worlds, protected: str = "", **switches: str) -> Review:
    """A provider whose log has an access by the nurse; who is protected, and the provider's switches."""
    review = Review(ward.wards(worlds, **switches))
    if protected:
        people = ward.document(staff=ward.staff(), care_providers=ward.care_providers(**switches))
        for one in people["persons"]:
            if one["id"] == protected:
                one["protected"] = "true"
        review.world.reapply(people)
    return review


@pytest.fixture
def documents(monkeypatch):
    """What stands in the documents that are made; they are not laid out."""
    made: list[str] = []
    monkeypatch.setattr(pdf, "reply", lambda name, html: (made.append(html), Reply(200, (), name.encode()))[1])
    return made


def every_view(review: Review) -> dict[str, str]:
    """The access wherever a reviewer meets it."""
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
def test_staff_with_protected_identity_are_named_on_no_page_and_in_no_file_of_log_review(worlds, documents):
    review = reviewing(worlds, protected="carl")
    review.read(user_name=NAME, person_id=NUMBER)
    review.seal()
    seen = every_view(review)
    for where, shown in {**seen, "document": documents[0]}.items():
        assert NAME not in shown, where
        assert NUMBER not in shown, where
        assert "Carl" not in shown, where
    for where in ("list", "entry", "csv", "cases", "case"):
        assert ward.NURSE in seen[where], where


def test_a_reviewer_is_told_who_the_others_are(worlds, documents):
    review = reviewing(worlds, staff_names_shown="false")
    review.read(user_name="Ute Öppen", person_id=NUMBER)
    review.seal()
    seen = every_view(review)
    for where in ("list", "entry", "csv"):
        assert "Ute Öppen" in seen[where], where
    assert "Ute Öppen" in documents[0]
    assert NUMBER in seen["proven"]
    assert NUMBER in seen["proof"]
    for where in ("cases", "case"):
        assert "Carl Andersson" in seen[where] or "Ute Öppen" in seen[where], where


def test_an_entry_without_a_name_is_named_by_the_directory_where_it_is_the_own_providers(worlds):
    review = reviewing(worlds)
    review.read(user_name="")
    assert "Carl" in main(review.search())


def test_of_another_care_providers_staff_the_reviewer_is_told_the_hsa_id_alone(worlds):
    review = reviewing(worlds)
    of = resource(None, provider=ward.PROVIDER, unit=ward.WARD)
    review.read(resources=(of,), provider=ward.FAR, unit=ward.FAR_UNIT, user=ward.DOCTOR, user_name="Eva Långt Bort")
    page = main(review.search(others="y"))
    assert ward.DOCTOR in page
    assert "Eva" not in page


@pytest.mark.spec("PDL", "8:5")
@pytest.mark.parametrize(
    ("protected", "switches", "named"),
    [("", {}, True), ("", {"staff_names_shown": "false"}, False), ("carl", {}, False)],
)
def test_a_file_for_a_person_tells_of_staff_what_my_page_tells(protected, switches, named, worlds, documents):
    review = reviewing(worlds, protected, **switches)
    review.read(user_name=NAME, person_id=NUMBER)
    review.seal()
    at = request_of(review, NUMBERS["anna"], "log-extract")
    proven = posted(review, at, f"{at}/fil", which="log-proven").body.decode()
    assert posted(review, at, f"{at}/fil", which="log-pdf").status == 200
    rows = [json.loads(line) for line in proven.splitlines()[1:]]
    assert [("record" in row, "identity" in row) for row in rows] == [(True, False)]
    for told in (NAME, NUMBER, ward.NURSE):
        assert told not in proven
    assert (NAME in documents[0]) is named
    assert NUMBER not in documents[0]


def test_entries_are_counted_before_any_is_read_for_a_file(worlds, monkeypatch):
    review = reviewing(worlds)
    review.read(count=3)
    at = request_of(review, NUMBERS["anna"], "log-extract")
    monkeypatch.setattr(request_files, "MOST", 2)
    read = []
    page = type(review.world.store).access_page
    monkeypatch.setattr(
        type(review.world.store), "access_page", lambda *given, **more: (read.append(given), page(*given, **more))[1]
    )
    assert "ingen fil alls" in main(posted(review, at, f"{at}/fil", which="log-proven"))
    assert read == []


@pytest.mark.spec("Sweden", "10, row 21")
def test_a_reader_of_the_log_with_protected_identity_is_not_named_to_others(worlds):
    review = reviewing(worlds, protected="dora")
    review.read()
    review.search()
    other = review.second()
    assert "Dora" not in main(review.get("lasningar", other))
