"""Which language and look a reader gets, and the links that choose them."""

import pytest

from broker.exchange import Request
from broker.web.pages.language import accepted, choose_language, choose_theme, language_of, same_site, theme_of


def asking(cookie: str = "", accept: str = "", path: str = "/", query: bytes = b"") -> Request:
    headers = {key: value for key, value in (("cookie", cookie), ("accept-language", accept)) if value}
    return Request("GET", path, query, headers)


@pytest.mark.parametrize(
    ("cookie", "asked", "accept", "language"),
    [
        ("", (), "", "sv"),
        ("", (), "en", "en"),
        ("", (), "en-GB,sv;q=0.9", "en"),
        ("", (), "fr, de;q=0.9, en;q=0.1", "en"),
        ("", (), "en;q=0, sv", "sv"),
        ("", (), "fr", "sv"),
        ("", (), "*", "sv"),
        ("", (), ";;;q=x,,", "sv"),
        ("", ("en-US",), "sv", "en"),
        ("", ("fr", "en"), "sv", "en"),
        ("", ("sv_SE",), "en", "sv"),
        ("__Host-tillit-lang=sv", ("en",), "en", "sv"),
        ("tillit-lang=en", ("sv",), "sv", "en"),
        ("tillit-lang=xx", ("en",), "sv", "en"),
        ("tillit-lang=../../etc", (), "", "sv"),
    ],
)
def test_the_readers_choice_goes_before_the_request_before_the_browser_before_the_default(
    cookie: str, asked: tuple[str, ...], accept: str, language: str
):
    assert language_of(asking(cookie, accept), asked) == language


def test_the_default_language_is_a_setting():
    assert language_of(asking(), default="en") == "en"
    assert language_of(asking(), default="xx") == "sv"


@pytest.mark.spec("RFC 9110", "12.5.4")
def test_languages_come_in_the_order_of_their_weight():
    assert accepted("a;q=0.2, b, c;q=0.9, d;q=0") == ("b", "c", "a")
    assert accepted("a;q=wrong, b") == ("b",)


@pytest.mark.parametrize(
    ("cookie", "theme"),
    [
        ("", "system"),
        ("tillit-theme=dark", "dark"),
        ("__Host-tillit-theme=light", "light"),
        ("tillit-theme=pink", "system"),
    ],
)
def test_the_look_is_the_choice_or_the_systems(cookie: str, theme: str):
    assert theme_of(asking(cookie)) == theme


def test_a_choice_is_kept_in_a_cookie_and_leads_back():
    reply = choose_language(asking(path="/sprak/en", query=b"next=/login/4f%3Fa%3D1%26b%3D%C3%A5"), secure=True)
    said = dict(reply.headers)
    assert reply.status == 303
    assert said["Location"] == "/login/4f?a=1&b=%C3%A5"
    assert said["Set-Cookie"] == "__Host-tillit-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure"
    over_http = dict(choose_theme(asking(path="/utseende/dark"), secure=False).headers)
    assert over_http["Set-Cookie"] == "tillit-theme=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    assert over_http["Location"] == "/"


@pytest.mark.parametrize("path", ["/sprak/xx", "/sprak/", "/sprak/en;x", "/sprak/en%0d%0aa"])
def test_an_unknown_choice_sets_nothing(path: str):
    reply = choose_language(asking(path=path, query=b"next=/a"), secure=True)
    assert reply.status == 303
    assert "Set-Cookie" not in dict(reply.headers)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elak.example/",
        "//elak.example/",
        "/\\elak.example",
        "\\\\elak.example",
        "/\t/elak.example",
        "/\n/elak.example",
        "/a\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "",
        "login",
        "/a\\b",
    ],
)
def test_the_way_back_never_leads_elsewhere(elsewhere: str):
    assert same_site(elsewhere) == "/"


def test_a_query_that_cannot_be_read_leads_to_the_start_page():
    reply = choose_language(asking(path="/sprak/en", query=b"next=%ff"), secure=True)
    assert dict(reply.headers)["Location"] == "/"
