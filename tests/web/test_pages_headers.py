"""The headers of pages: what they may load, where they may post, who may frame them."""

import pytest

from broker.web.pages.headers import origin, page_headers
from broker.web.pages.render import Pages
from broker.web.pages.static import asset, static_files
from tests.support.page_samples import frame, samples

PAGES = Pages()


def headers(name: str, *, secure: bool = True, **around: object) -> dict[str, str]:
    from dataclasses import replace

    return dict(Pages(secure=secure).render(samples()[name], replace(frame(), **around)).headers)


def directives(policy: str) -> dict[str, str]:
    return dict(directive.partition(" ")[::2] for directive in policy.split("; "))


@pytest.mark.spec("RFC 9700", "4.16")
@pytest.mark.parametrize("name", sorted(samples()))
def test_a_page_is_closed_to_all_but_its_needs(name: str):
    said = headers(name)
    policy = directives(said["Content-Security-Policy"])
    page = samples()[name]
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == ("'self'" if page.framed else "'none'")
    assert ("script-src" in policy) is page.scripted
    assert ("connect-src" in policy) is page.connected
    assert ("frame-src" in policy) is page.framing
    assert not [value for value in policy.values() if "unsafe" in value or "*" in value or "data:" in value]
    assert said["Referrer-Policy"] == "no-referrer"
    assert said["Cache-Control"] == "no-store"
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Cookie" in said["Vary"]
    assert said["Content-Type"] == "text/html; charset=utf-8"
    assert said["Content-Language"] == "sv"


def test_only_a_page_with_a_script_of_ours_names_scripts_and_then_without_trust_in_strings():
    policy = directives(headers("u2-scan")["Content-Security-Policy"])
    assert policy["script-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"


def test_forms_may_end_at_this_site_and_the_origins_of_the_login_alone():
    given = directives(headers("u1-choose", form_action=("https://prov.example", "app:"))["Content-Security-Policy"])
    assert given["form-action"] == "'self' https://prov.example app:"
    assert directives(headers("u1-choose")["Content-Security-Policy"])["form-action"] == "'self'"


def test_the_page_that_returns_may_post_to_its_service():
    policy = directives(headers("u9-return")["Content-Security-Policy"])
    assert policy["form-action"] == "'self' https://prov.example"


def test_strict_transport_goes_with_https_alone():
    assert "Strict-Transport-Security" in headers("u1-choose")
    assert "Strict-Transport-Security" not in headers("u1-choose", secure=False)


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://Prov.Example/acs?x=1#y", "https://prov.example"),
        ("https://prov.example:8443/acs", "https://prov.example:8443"),
        ("http://127.0.0.1:51234/cb", "http://127.0.0.1:51234"),
        ("http://[::1]:51234/cb", "http:"),
        ("https://u:p@prov.example/", "https://prov.example"),
        ("com.example.app:/cb", "com.example.app:"),
        ("https://räksmörgås.example/", "https://xn--rksmrgs-5wao1o.example"),
    ],
)
def test_the_source_of_an_address_is_its_origin_or_its_scheme(url: str, source: str):
    assert origin(url) == source


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/acs",
        "//prov.example",
        "https://",
        "https://a;b/",
        "https://a b/",
        "https://'self'/",
        "https://*/",
        "https://a,b",
    ],
)
def test_an_address_that_could_change_the_policy_is_refused(url: str):
    with pytest.raises(ValueError, match=r"."):
        origin(url)


def test_two_origins_alike_are_named_once():
    policy = dict(page_headers(("https://a.example", "https://a.example")))["Content-Security-Policy"]
    assert policy.count("https://a.example") == 1


def test_static_files_are_kept_for_good_under_a_name_that_holds_their_hash():
    import hashlib

    for path, reply in static_files().items():
        said = dict(reply.headers)
        assert hashlib.sha256(reply.body).hexdigest()[:12] in path
        assert said["Cache-Control"] == "public, max-age=31536000, immutable"
        assert said["X-Content-Type-Options"] == "nosniff"
    assert asset("tillit.css") in static_files()


def test_the_vendored_script_keeps_its_licence():
    script = next(reply.body.decode() for path, reply in static_files().items() if "lean-qr" in path)
    assert "MIT" in script or "Permission is hereby granted" in script


def test_both_ways_to_dark_have_the_same_tokens():
    import re

    sheet = next(
        reply.body.decode() for path, reply in static_files().items() if "tillit" in path and path.endswith(".css")
    )
    chosen = re.search(r'data-theme="dark"\] \{(.*?)\}', sheet, re.DOTALL)
    system = re.search(r'data-theme="system"\] \{(.*?)\}', sheet, re.DOTALL)
    assert chosen[1].split() == system[1].split()
    light = re.search(r":root \{(.*?)\}", sheet, re.DOTALL)
    assert set(re.findall(r"--[a-z-]+(?=:)", chosen[1])) <= set(re.findall(r"--[a-z-]+(?=:)", light[1]))
