"""What pages of the consoles are made of: forms, lists, files for spreadsheets, what was sent, notices."""

import csv
import io

import pytest
from wtforms import BooleanField, FieldList, FormField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice

from broker.exchange import Request
from broker.web.console import csv as files
from broker.web.console.forms import UNKNOWN_FIELD, ConsoleForm, line, longest, required
from broker.web.console.gate import read, seen
from broker.web.console.listing import Asked, Listing
from broker.web.console.row import UPLOAD, Row
from broker.web.console.turn import TOKEN_SCOPE, notice_of, signed_notice
from broker.web.turn import Turn
from tests.support.console_samples import FormTurn
from tests.support.page_samples import CSRF
from tests.support.world import Worlds
from trust_framework.reasons import Refusal
from trust_framework.roles import Action

pytest_plugins = ["tests.support.worlds"]


class Name(ConsoleForm):
    name = StringField("service.name", [required(), longest(5), line])
    on = BooleanField("service.state")


class Part(ConsoleForm):
    class Meta:
        csrf = False

    url = StringField("service.name")


class Many(ConsoleForm):
    kinds = SelectMultipleField(
        "service.state", choices=[SelectChoice("a", "tab.start"), SelectChoice("b", "tab.start")]
    )
    parts = FieldList(FormField(Part), min_entries=1)


# --- forms ------------------------------------------------------------------------------------------------------------


def test_a_form_starts_from_what_is_known_and_keeps_what_is_typed():
    assert Name.of(FormTurn(), {"name": "Å"}).name.data == "Å"
    assert Name.of(FormTurn(name="typed"), {"name": "Å"}).name.data == "typed"


def test_a_form_carries_the_token_of_the_browser():
    assert Name.of(FormTurn()).csrf.current_token == CSRF


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ({"name": "ok"}, []),
        ({"name": ""}, ["form.required"]),
        ({"on": "y"}, ["form.required"]),
        ({"name": "too long"}, ["form.too-long"]),
        ({"name": "a\x7fb"}, ["form.control"]),
    ],
)
def test_a_form_says_what_is_wrong_with_each_field(typed, faults):
    turn = FormTurn(**typed)
    form = Name.of(turn)

    assert form.valid(turn) == (not faults)
    assert [fault for _, _, fault in form.faults] == faults
    assert all((id_, label) == ("name", "service.name") for id_, label, _ in form.faults)


@pytest.mark.spec("AD", "05")
@pytest.mark.parametrize("extra", ["state", "org", "__class__", "name-0"])
def test_a_field_that_the_form_does_not_have_is_refused(extra: str):
    turn = FormTurn(name="ok", **{extra: "x"})
    form = Name.of(turn)

    assert not form.valid(turn)
    assert UNKNOWN_FIELD in form.form_errors


def test_the_librarys_own_faults_are_texts_of_ours():
    turn = FormTurn(kinds="c")
    form = Many.of(turn)

    assert not form.valid(turn)
    assert [fault for _, _, fault in form.faults] == ["form.choice"]
    assert form.parts.ngettext("a", "b", 2) == "form.invalid"


def test_a_form_knows_the_fields_of_its_parts():
    turn = FormTurn(**{"csrf": "x", "kinds": "a", "parts-0-url": "https://a.example"})
    form = Many.of(turn)

    assert form.valid(turn)
    assert form.data["parts"] == [{"url": "https://a.example"}]


# --- what was sent ----------------------------------------------------------------------------------------------------


@pytest.fixture
def turn(worlds: Worlds) -> Turn:
    return Turn.of(Request("POST", "/portal/x"), worlds.make().app.on)


UPLOADING = Row("/portal/<org>/x", len, Action.EDIT, "POST", files=True)


def posted(turn: Turn, body: bytes, content_type: str, row: Row = UPLOADING):
    cookie = f"tillit={turn.held.browser}."
    request = Request("POST", "/portal/x", headers={"content-type": content_type, "cookie": cookie}, body=body)
    return read(Turn.of(request, turn.on), row)


def multipart(token: str, *parts: str) -> tuple[bytes, str]:
    head = 'Content-Disposition: form-data; name="csrf"\r\n\r\n' + token
    body = "".join(f"--B\r\n{part}\r\n" for part in (head, *parts)) + "--B--\r\n"
    return body.encode(), "multipart/form-data; boundary=B"


def test_a_file_comes_beside_the_fields(turn: Turn):
    file = 'Content-Disposition: form-data; name="metadata"; filename="sp.xml"\r\nContent-Type: text/xml\r\n\r\n<a/>'
    body, kind = multipart(turn.csrf(TOKEN_SCOPE), file, 'Content-Disposition: form-data; name="why"\r\n\r\nÅ')

    sent = posted(turn, body, kind)

    assert sent.files["metadata"].read() == b"<a/>"
    assert sent.fields["why"] == "Å"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"csrf=x", "text/plain"),
        (b"csrf=x", ""),
        (b"{}", "application/json"),
        (b"--B\r\n", "multipart/form-data"),
        (b"nothing", "multipart/form-data; boundary=B"),
        (b"csrf=%ff", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 101), "application/x-www-form-urlencoded"),
        (
            b"".join(b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' for _ in range(201))
            + b"--B--\r\n",
            "multipart/form-data; boundary=B",
        ),
    ],
)
def test_what_is_no_form_is_refused(turn: Turn, body: bytes, content_type: str):
    with pytest.raises(Refusal) as refused:
        posted(turn, body, content_type)
    assert refused.value.reason.code in {"request-malformed", "form-stale"}


def test_a_form_without_files_takes_no_other_kind_of_form(turn: Turn):
    body, kind = multipart(turn.csrf(TOKEN_SCOPE))
    with pytest.raises(Refusal):
        posted(turn, body, kind, Row("/portal/<org>/x", len, Action.EDIT, "POST"))


def test_two_tokens_are_none(turn: Turn):
    token = turn.csrf(TOKEN_SCOPE)
    with pytest.raises(Refusal):
        posted(turn, f"csrf={token}&csrf={token}".encode(), "application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("a\x00b\x1b[31m\x85\ufffe", "ab[31m"), ("a\tb\r\nc", "a\tb\r\nc"), ("Å 👩‍⚕️ שלום", "Å 👩‍⚕️ שלום")],
)
def test_characters_that_nobody_typed_are_left_out(typed: str, kept: str):
    assert seen(typed) == kept


def test_a_row_says_how_much_it_takes():
    assert UPLOADING.limit == UPLOAD
    assert (UPLOADING.area, UPLOADING.of_member, UPLOADING.scope, UPLOADING.parts) == ("/portal", True, "member", ())
    assert Row("/admin/x/<path:id>", len, Action.VIEW).parts == ("id",)


# --- notices ----------------------------------------------------------------------------------------------------------


def test_a_notice_is_shown_in_the_browser_that_it_was_made_for_and_no_other(turn: Turn):
    signed = signed_notice("saved", turn)

    def told(value: str, browser: str = turn.held.browser) -> str:
        request = Request("GET", "/portal", f"besked={value}".encode(), {"cookie": f"tillit={browser}."})
        return notice_of(Turn.of(request, turn.on))

    assert told(signed) == "saved"
    assert told(signed, "x" * 43) == ""
    assert told(signed.replace("saved", "approved")) == ""
    assert told("saved") == told("") == told(".") == ""


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_keeps_what_was_asked_for_when_it_goes_on():
    listing = Listing("/admin/x", ("a",), 9, Asked("å &", "active", "61.a"), "62.b", csv=True)

    assert listing.next_url == "/admin/x?q=%C3%A5+%26&lage=active&efter=62.b"
    assert listing.first_url == "/admin/x?q=%C3%A5+%26&lage=active"
    assert listing.csv_url == "/admin/x?q=%C3%A5+%26&lage=active&som=csv"
    assert listing.narrowed


def test_a_whole_list_goes_nowhere():
    listing = Listing("/admin/x", (), 0)

    assert (listing.next_url, listing.csv_url, listing.first_url, listing.narrowed) == (None, None, "/admin/x", False)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+46 8 1", "'+46 8 1"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\n=1", "'\n=1"),
        ("\x00=1", "'=1"),
        ("|x", "'|x"),
        ("-12", "-12"),
        ("-1,5", "-1,5"),
        ("plain =1", "plain =1"),
        (7, "7"),
        (None, ""),
        ('a"b', 'a"b'),
    ],
)
def test_a_cell_is_no_formula(cell, kept):
    assert files.guarded(cell) == kept


def test_a_file_for_a_spreadsheet_is_downloaded_and_reads_back():
    reply = files.reply("services", ("Namn", "Läge"), [("=A1", 'x"y\nz'), ("Å", None)])
    headers = dict(reply.headers)

    assert headers["Content-Disposition"] == 'attachment; filename="services.csv"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    text = reply.body.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [["Namn", "Läge"], ["'=A1", 'x"y\nz'], ["Å", ""]]
