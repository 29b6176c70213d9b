"""Every page of the consoles, in both languages: valid, titled, marked, nothing inline, and hostile text shown as text."""

from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from broker.web.console import routes
from broker.web.pages.frame import Page
from tests.support.console_samples import console_frame, console_samples
from tests.support.page_samples import FRIENDLY, hostile
from tests.web.test_pages_html import HOSTILE, PAGES, every, parsed, static_files, text_of

SAMPLES = console_samples()
LANGUAGES = ("sv", "en")


def rendered(page: Page, language: str = "sv", cast=FRIENDLY, **around: object) -> str:
    return PAGES.render(page, console_frame(cast, language, **around)).body.decode()


def pages(cls: type[Page] = Page) -> set[str]:
    """Names of the classes: each is made twice, the second time with slots."""
    ours = {one.__name__ for one in cls.__subclasses__() if one.__module__.startswith("broker.web.console")}
    return ours.union(*(pages(one) for one in cls.__subclasses__()))


def test_the_samples_show_every_page_of_the_consoles():
    assert routes.CONSOLE
    assert {type(page).__name__ for page in SAMPLES.values()} == pages()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_page_is_valid_has_its_mark_one_heading_and_a_title_that_says_where(name: str, language: str):
    tree = parsed(rendered(SAMPLES[name], language))
    (heading,) = every(tree, "h1")

    assert tree.get("lang") == language
    assert tree.find("body").get("data-page") == SAMPLES[name].mark
    title = tree.find("head/title").text
    assert title.startswith(f"{text_of(heading)} – ")
    assert title.endswith(f"– {FRIENDLY.federation[language]}")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_page_has_landmarks_headings_in_order_and_unique_ids(name: str):
    tree = parsed(rendered(SAMPLES[name], notice=""))
    levels = [int(element.tag[1]) for element in every(tree, "h1", "h2", "h3", "h4")]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]

    assert [len(list(every(tree, part))) for part in ("header", "main", "footer")] == [1, 1, 1]
    assert all(nav.get("aria-label") for nav in every(tree, "nav"))
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name: str):
    known = static_files()
    for element in parsed(rendered(SAMPLES[name])).iter():
        assert element.tag not in {"style", "object", "embed", "video", "audio", "base", "iframe"}
        if element.tag == "img":
            assert element.get("src").startswith("/logos/")
        assert not [key for key in element.attrib if key == "style" or key.startswith("on")]
        if element.tag in {"script", "link"}:
            assert (element.get("src") or element.get("href")) in known
        if element.tag == "script":
            assert not (element.text or "").strip()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_tables_say_what_they_are_and_fields_have_labels(name: str):
    tree = parsed(rendered(SAMPLES[name]))
    labelled = {label.get("for") for label in every(tree, "label")}
    ids = {element.get("id") for element in tree.iter()}

    for table in every(tree, "table"):
        assert table.find("caption") is not None
        assert all(cell.get("scope") in {"col", "row"} for cell in every(table, "th"))
    for field in every(tree, "input", "select", "textarea"):
        if field.get("type") != "hidden":
            assert field.get("id") in labelled or field.get("aria-label"), field.attrib
        assert set((field.get("aria-describedby") or "").split()) <= ids
    for link in every(tree, "a"):
        if (link.get("href") or "").startswith("#"):
            assert link.get("href")[1:] in ids


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_form_that_changes_something_posts_a_token_to_this_site(name: str):
    for form in every(parsed(rendered(SAMPLES[name])), "form"):
        action = urlsplit(form.get("action"))
        assert not action.netloc
        fields = {field.get("name") for field in every(form, "input")}
        if form.get("method") == "post":
            assert "csrf" in fields
        else:
            assert "csrf" not in fields


@pytest.mark.spec("AD", "02")
@pytest.mark.parametrize("kind", sorted(HOSTILE))
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_hostile_text_stays_text(name: str, kind: str):
    cast = hostile(HOSTILE[kind])
    shown = parsed(rendered(console_samples(cast)[name], cast=cast))
    friendly = parsed(rendered(SAMPLES[name]))

    assert [element.tag for element in shown.iter()] == [element.tag for element in friendly.iter()]
    assert not [key for element in shown.iter() for key in element.attrib if key.startswith("on")]
    for link in every(shown, "a"):
        assert urlsplit(link.get("href") or "").scheme in {"", "http", "https", "mailto", "tel"}


def test_the_notice_is_told_to_assistive_technology():
    shown = parsed(rendered(SAMPLES["m1-start"], notice=""))
    assert not [e for e in every(shown, "div") if e.get("class") == "notice"]
