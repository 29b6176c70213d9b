"""Every end-user page, in both languages: valid, titled, marked, light, with nothing inline and nothing from elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pytest

from broker.settings import Environment
from broker.web.pages.frame import Page
from broker.web.pages.render import Pages
from broker.web.pages.static import static_files
from tests.support.page_samples import FRIENDLY, frame, hostile, samples

PAGES = Pages(Environment.DEMO, contact="hjalp@federation.example")
SAMPLES = samples()
FRAMED = {"u2-frame", "u2-frame-done"}
WHOLE = sorted(set(SAMPLES) - FRAMED)
LANGUAGES = ("sv", "en")
MARKS = {
    "U1",
    "U2",
    "U3",
    "U4",
    "U5",
    "U6",
    "U7",
    "U8",
    "U9",
    "U10",
    "U12",
    "U14",
    "U12-ask",
    "U2-frame",
    "test",
    "accessibility",
    "error-url",
    "test-choice",
    "test-chosen",
}

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>&lt;b&gt;",
    "template": "{{ 7*7 }}{% raw %} %(service)s %s ${x}",
    "right to left": "\u202eevil\u202c \u2067noops\u2069 شركة",
    "long": "Lång" * 125,
    "emoji": "👩‍⚕️🏥 Sjukhuset",
    "controls": "a\x00b\x1bc\r\nd\x7f",
}


def rendered(page: Page, language: str = "sv", **around: object) -> str:
    return PAGES.render(page, replace(frame(language=language), **around)).body.decode()


def parsed(html: str) -> Element:
    """The tree of a page. Raises when the HTML has any fault."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def every(tree: Element, *names: str) -> Iterator[Element]:
    return (element for element in tree.iter() if element.tag in names)


def test_the_samples_show_every_page_of_the_login():
    assert {page.mark for page in SAMPLES.values()} == MARKS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_page_is_valid_html_with_its_language_and_its_mark(name: str, language: str):
    tree = parsed(rendered(SAMPLES[name], language))
    assert tree.get("lang") == language
    assert tree.find("body").get("data-page") == SAMPLES[name].mark
    assert tree.find("head/meta[@charset='utf-8']") is not None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WHOLE)
def test_a_page_has_one_heading_that_begins_its_title_and_the_federation_ends_it(name: str, language: str):
    tree = parsed(rendered(SAMPLES[name], language))
    headings = list(every(tree, "h1"))
    assert len(headings) == 1
    title = tree.find("head/title").text
    assert title.startswith(f"{text_of(headings[0])} – ")
    assert title.endswith(f"– {FRIENDLY.federation[language]}")


@pytest.mark.parametrize("name", WHOLE)
def test_a_page_has_the_landmarks_and_a_skip_link(name: str):
    tree = parsed(rendered(SAMPLES[name]))
    assert [len(list(every(tree, part))) for part in ("header", "main", "footer")] == [1, 1, 1]
    assert all(nav.get("aria-label") for nav in every(tree, "nav"))
    assert tree.find("body/a").get("href") == "#main"


@pytest.mark.parametrize("name", WHOLE)
def test_headings_come_in_order(name: str):
    levels = [int(element.tag[1]) for element in every(parsed(rendered(SAMPLES[name])), "h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name: str):
    tree = parsed(rendered(SAMPLES[name]))
    known = static_files()
    for element in tree.iter():
        assert element.tag != "style"
        assert not [key for key in element.attrib if key == "style" or key.startswith("on")]
        if element.tag == "script":
            assert not (element.text or "").strip()
        if element.tag in {"script", "link"}:
            assert (element.get("src") or element.get("href")) in known
        if element.tag == "img":
            assert element.get("src").startswith("/logos/")
        if element.tag in {"object", "embed", "video", "audio", "base"}:
            pytest.fail(f"{element.tag} has no place here")
        if element.tag == "iframe":
            assert not urlsplit(element.get("src")).netloc


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_page_with_all_that_it_loads_weighs_at_most_40_kilobytes(name: str):
    html = rendered(SAMPLES[name])
    loaded = [reply for path, reply in static_files().items() if path in html]
    assert len(html.encode()) + sum(len(reply.body) for reply in loaded) <= 40_000


def test_own_scripts_weigh_at_most_10_kilobytes_and_the_style_sheet_14_packed():
    import gzip

    own = [r.body for path, r in static_files().items() if path.endswith(".js") and "lean-qr" not in path]
    sheets = b"".join(r.body for path, r in static_files().items() if path.endswith(".css"))
    assert sum(map(len, own)) <= 10_000
    assert len(gzip.compress(sheets)) <= 14_000


@pytest.mark.parametrize("name", WHOLE)
def test_every_form_that_changes_something_posts_a_csrf_field(name: str):
    for form in every(parsed(rendered(SAMPLES[name])), "form"):
        fields = {field.get("name") for field in every(form, "input")}
        if form.get("method") == "post" and form.get("id") != "return":
            assert "csrf" in fields
        if form.get("method") == "get":
            assert fields == {"q"}


@pytest.mark.parametrize("name", WHOLE)
def test_no_page_is_a_dead_end(name: str):
    main = next(every(parsed(rendered(SAMPLES[name])), "main"))
    assert [e for e in every(main, "a", "button") if e.get("hidden") is None]


@pytest.mark.parametrize("name", WHOLE)
def test_every_field_has_a_label_and_every_id_is_used_once(name: str):
    tree = parsed(rendered(SAMPLES[name]))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    labelled = {label.get("for") for label in every(tree, "label")}
    assert len(ids) == len(set(ids))
    for field in every(tree, "input"):
        assert field.get("type") == "hidden" or field.get("id") in labelled
    for element in tree.iter():
        for pointer in ("aria-labelledby", "aria-describedby", "for", "form"):
            assert set((element.get(pointer) or "").split()) <= set(ids)


@pytest.mark.parametrize("kind", sorted(HOSTILE))
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_hostile_names_stay_text(name: str, kind: str):
    cast = hostile(HOSTILE[kind])
    page, calm = samples(cast)[name], SAMPLES[name]
    html = PAGES.render(page, frame(cast)).body.decode()
    tree = parsed(html)
    assert [e.tag for e in tree.iter() if e.tag in {"script", "img", "svg"}] == [
        e.tag for e in parsed(rendered(calm)).iter() if e.tag in {"script", "img", "svg"}
    ]
    assert not re.search("[\u202a-\u202e\u2066\u2067\x00-\x08\x0b-\x1f\x7f]", html.replace("\n", ""))


def test_hostile_names_do_not_cut_a_line_or_an_attribute():
    page = samples(hostile(HOSTILE["controls"]))["u1-choose"]
    assert "abc d" in parsed(rendered(page)).find("head/title").text


def test_the_address_of_a_service_becomes_a_link_only_when_it_is_on_the_web():
    page = samples()["u12-partly"]
    bad = replace(page, service=replace(page.service, back="javascript:alert(1)"))
    assert "javascript:" not in rendered(bad)
    assert "https://prov.example/start" in rendered(page)


def test_an_app_is_started_only_by_an_address_that_no_browser_runs_itself():
    page = samples()["u3-open"]
    assert "data:text" not in rendered(replace(page, start_link="data:text/html,x"))
    assert "bankid:///?autostarttoken=1" in rendered(replace(page, start_link="bankid:///?autostarttoken=1"))


def test_the_language_link_names_itself_in_its_own_language_and_keeps_the_page():
    links = [
        a for a in every(parsed(rendered(SAMPLES["u1-choose"], here="/login/4f0c?a=1&b=å")), "a") if a.get("hreflang")
    ]
    assert [(a.get("lang"), a.text, a.get("href")) for a in links] == [
        ("en", "English", "/sprak/en?next=/login/4f0c%3Fa%3D1%26b%3D%C3%A5")
    ]


def test_a_page_that_cannot_be_shown_again_has_no_links_that_would_come_back_to_it():
    assert "/sprak/" not in rendered(SAMPLES["u9-return"])
    assert "/sprak/" not in rendered(SAMPLES["u10-level"], here="")


@pytest.mark.parametrize(
    ("environment", "shown"), [(Environment.PRODUCTION, False), (Environment.TEST, True), (Environment.DEMO, True)]
)
def test_only_a_real_environment_says_nothing_about_being_one(environment: Environment, shown: bool):
    body = Pages(environment).render(SAMPLES["u1-choose"], frame()).body.decode()
    assert ("Testmiljö" in body) is shown


def test_the_reference_stands_on_every_page_of_a_login():
    assert all("7K3M-Q9TD" in rendered(SAMPLES[name]) for name in WHOLE)
    assert "7K3M" not in rendered(SAMPLES["u1-choose"], reference=None)


def test_the_login_methods_are_buttons_in_the_order_given_with_the_last_used_said():
    buttons = [b for b in every(parsed(rendered(SAMPLES["u1-choose"])), "button") if b.get("name") == "method"]
    assert [b.get("value") for b in buttons] == ["card", "bankid:elsewhere", "bankid:here", "region"]
    assert "Du valde det här förra gången" in text_of(buttons[0])
    assert text_of(buttons[1]) == "BankID på en annan enhet (QR-kod)"


def test_hidden_methods_are_named_with_the_reason():
    said = text_of(parsed(rendered(SAMPLES["u1-choose"])))
    assert "Provportalen kräver tillitsnivå 3. Därför visas inte: Lösenord." in said
    assert "Provportalen tar inte emot: Region Exempel, BankID." in said


def test_sensitive_values_are_covered_until_the_person_looks():
    tree = parsed(rendered(SAMPLES["u7-consent"]))
    covered = " ".join(text_of(d) for d in every(next(every(tree, "table")), "details"))
    assert "19121212-1212" in covered
    assert "Anna Andersson" not in covered


def test_the_form_that_returns_carries_every_field_in_order():
    form = next(f for f in every(parsed(rendered(SAMPLES["u9-return"])), "form"))
    assert form.get("action") == "https://prov.example/acs"
    assert [i.get("name") for i in every(form, "input")] == ["SAMLResponse", "RelayState"]


def test_a_field_of_the_form_that_returns_arrives_as_it_was():
    value = "\"><script>alert(1)</script>&amp;'"
    page = replace(SAMPLES["u9-return"], fields=(("RelayState", value), ("submit", "x")))
    fields = [(i.get("name"), i.get("value")) for i in every(parsed(rendered(page)), "input")]
    assert fields == [("RelayState", value), ("submit", "x")]


def test_braces_in_a_name_are_no_template():
    assert "{{ 7*7 }}" in parsed(rendered(samples(hostile(HOSTILE["template"]))["u1-choose"])).find("head/title").text


def test_a_partial_logout_says_so_and_tells_about_the_card():
    said = text_of(parsed(rendered(SAMPLES["u12-partly"])))
    assert "Du är delvis utloggad" in said
    assert "Ta ut ditt kort." in said
    assert "Du är utloggad" in text_of(next(every(parsed(rendered(SAMPLES["u12-out"])), "h1")))


def test_the_test_login_has_a_field_named_username():
    assert parsed(rendered(SAMPLES["test-login"])).find(".//input[@name='username']") is not None


def test_the_frame_with_the_code_renews_itself_and_stops_when_there_is_no_code():
    shown, done = (PAGES.render(SAMPLES[name], frame()) for name in ("u2-frame", "u2-frame-done"))
    assert dict(shown.headers)["Refresh"] == "2"
    assert "Refresh" not in dict(done.headers)
    assert "<svg" in shown.body.decode()
