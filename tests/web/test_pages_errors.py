"""One entry a cause: its status, its marks, its words and its ways on, in both languages."""

from dataclasses import replace

import pytest

from broker.settings import Environment
from broker.web.pages.error import STATUS, STATUS_OF_CODE, ErrorPage, error_url_page, status_of
from broker.web.pages.frame import Action, Contact, ServiceView
from broker.web.pages.render import Pages
from tests.support.page_samples import NOW, REFERENCE, frame
from trust_framework.reasons import ERROR_CLASSES, REASONS, Kind, Way

PAGES = Pages(Environment.TEST, contact="https://federation.example/kontakt")
SERVICE = ServiceView(names={"sv": "Provportalen", "en": "The Lab Portal"}, back="https://prov.example/")
WAYS = {
    Way.RETRY: Action("/login/1/om", csrf="x"),
    Way.OTHER_METHOD: Action("/login/1/byt"),
    Way.SERVICE: Action("https://prov.example/"),
    Way.COOKIES: Action("/#kakor"),
}
KNOWN = {"https://prov.example/sp": SERVICE}


def page(code: str, **more: object) -> ErrorPage:
    return replace(ErrorPage(reason=REASONS[code], at=NOW, service=SERVICE, ways=WAYS), **more)


def shown(code: str, language: str = "sv", **more: object) -> str:
    return PAGES.render(page(code, **more), frame(language=language)).body.decode()


def test_every_kind_of_cause_has_a_status():
    assert set(STATUS) == set(Kind)
    assert set(STATUS_OF_CODE) <= set(REASONS)
    assert {status_of(reason) for reason in REASONS.values()} <= {400, 403, 404, 409, 410, 413, 429, 500, 503}


@pytest.mark.parametrize("code", sorted(REASONS))
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_cause_is_told_in_words_with_its_marks_and_its_status(code: str, language: str):
    reason = REASONS[code]
    reply = PAGES.render(page(code, about={"detail": "uppdrag & <b>"}), frame(language=language))
    body = reply.body.decode()
    told = reason.told(language, {"service": SERVICE.names[language], "detail": "uppdrag &amp; &lt;b&gt;"})
    assert reply.status == status_of(reason)
    assert f'data-cause="{code}" data-reference="{REFERENCE}"' in body
    assert told.what.replace("'", "&#39;") in body
    assert told.todo.replace("'", "&#39;") in body
    assert '<time datetime="2026-11-22T09:39:00Z">2026-11-22 10:39</time>' in body


@pytest.mark.parametrize("code", sorted(REASONS))
def test_each_way_on_of_a_cause_is_shown_once_in_its_order(code: str):
    body = shown(code)
    wanted = [WAYS[way].url for way in REASONS[code].ways if way in WAYS]
    places = [body.index(f'"{url}"') for url in wanted]
    assert places == sorted(places)
    assert all(body.count(f'"{url}"') == 1 for url in wanted if url != "/#kakor")


def test_without_ways_on_there_is_still_the_service_and_else_the_start_page():
    assert 'href="https://prov.example/"' in shown("internal", ways={})
    bare = shown("internal", ways={}, service=None)
    assert 'class="button second" href="/"' in bare


def test_whoever_can_help_is_named_with_every_way_to_reach_them():
    contact = Contact(names={"sv": "Region Exempel"}, url="https://region.example/", mail="a@b.example", phone="+46 10")
    body = shown("attr-missing", contact=contact)
    assert "Kontakta Region Exempel" in body
    assert 'href="mailto:a@b.example"' in body
    assert 'href="tel:+46%2010"' in body
    assert 'href="https://region.example/"' in body


def test_a_contact_address_that_would_run_is_not_a_link():
    contact = Contact(names={"sv": "Elak"}, url="javascript:alert(1)", mail="x?cc=y&body=z")
    body = shown("attr-missing", contact=contact)
    assert "javascript:" not in body
    assert 'href="mailto:x%3Fcc%3Dy%26body%3Dz"' in body


def test_technical_details_hold_only_what_may_be_named():
    body = shown("level-too-low", details={"asked": "nivå 3", "got": "nivå 2", "personnummer": "191212121212"})
    assert "nivå 3" in body
    assert "191212121212" not in body


def test_waiting_is_asked_for_where_waiting_helps():
    headers = {
        code: dict(PAGES.render(page(code), frame()).headers) for code in ("too-many", "maintenance", "not-member")
    }
    assert headers["too-many"]["Retry-After"] == headers["maintenance"]["Retry-After"] == "60"
    assert "Retry-After" not in headers["not-member"]


@pytest.mark.spec("REFEDS errorURL v1", "2")
@pytest.mark.parametrize("error_class", sorted(ERROR_CLASSES))
@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_error_url_page_tells_each_class_with_the_name_of_a_known_service(error_class: str, language: str):
    given = error_url_page(
        {"code": error_class, "rp": "https://prov.example/sp", "ts": str(NOW), "tid": REFERENCE.lower()},
        KNOWN.get,
        NOW + 9,
    )
    body = PAGES.render(given, frame(language=language)).body.decode()
    assert SERVICE.names[language] in body
    assert "2026-11-22 10:39" in body
    assert REFERENCE in body


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"code": "<script>", "rp": "https://elak.example/", "ts": "x", "tid": "<b>"},
        {"code": "identification_failure", "ts": "-5", "tid": "7K3M-Q9TI"},
        {"ts": "9" * 30, "tid": "7K3M-Q9TD0", "ctx": "191212121212"},
        {"ts": "٣", "rp": ""},
        {"ts": str(NOW + 100_000)},
        {"ts": "0"},
    ],
)
def test_what_the_error_url_page_cannot_match_it_does_not_show(parameters: dict[str, str]):
    given = error_url_page(parameters, KNOWN.get, NOW)
    body = PAGES.render(given, replace(frame(), reference=None)).body.decode()
    assert (given.error_class, given.service, given.at, given.transaction) == (None, None, None, None)
    assert not [value for value in parameters.values() if len(value) > 3 and value in body]
    assert "Tjänsten kunde inte släppa in dig" in body
