"""Tables that must be whole, and what a SAML sign-on costs: commits, keys read and XML parsed; never seconds."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

import metadata.saml
from broker.login.effects import Change
from broker.protocols.oidc import errors as oidc
from broker.protocols.oidc.client_auth import METHODS
from broker.protocols.oidc.grants import GRANTS
from broker.protocols.saml import statuses as saml
from broker.storage.changing import APPLY
from broker.web.flask_app import PAGES
from broker.web.front import ROUTES
from broker.web.pages.error import STATUS, STATUS_OF_CODE
from broker.web.pages.frame import Page
from broker.web.pages.render import Pages
from broker.web.throttle import LIMITS
from idp_adapters.catalogue import METHODS as LOGIN_METHODS
from idp_adapters.catalogue import settings_class
from metadata.oidc import AUTH_METHODS, GRANT_TYPES
from tests.support.saml_peer import Peer
from tests.support.world import client, federation
from trust_framework.reasons import ERROR_CLASSES, REASONS, Kind
from trust_framework.rules import SETS


@pytest.mark.parametrize("table", [saml.BY_KIND, oidc.BY_KIND, STATUS], ids=["SAML", "OpenID Connect", "HTTP"])
def test_every_kind_of_reason_is_in_every_table(table):
    assert set(table) == set(Kind)


def test_codes_that_are_named_apart_are_reasons():
    assert set(STATUS_OF_CODE) <= set(REASONS)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_reason_speaks_both_languages_and_leads_on(code):
    reason = REASONS[code]

    assert reason.code == code
    assert reason.ways
    assert reason.error_class in ERROR_CLASSES
    assert reason.service_text.isascii()
    assert reason.service_text.endswith(".")
    for sentences in (reason.sv, reason.en):
        assert sentences.what.strip()
        assert sentences.todo.strip()
    assert reason.sv != reason.en


def test_every_reason_that_the_code_names_exists():
    named = set()
    for package in ("broker", "idp_adapters"):
        for path in Path(str(files(package))).rglob("*.py"):
            named |= set(re.findall(r'REASONS\["([a-z-]+)"', path.read_text()))

    assert named <= set(REASONS)
    assert len(named) > 20


def _pages(cls=Page):
    for one in cls.__subclasses__():
        yield one
        yield from _pages(one)


def test_every_page_has_a_template_and_a_mark():
    pages = [page for page in _pages() if page.__module__.startswith("broker.")]
    templates = files("broker.web") / "templates"

    assert len(pages) >= 15
    for page in pages:
        assert templates.joinpath(page.template).is_file(), page
        assert re.fullmatch(r"[UMO]\d+(-[a-z]+)?|[a-z-]+", page.mark), page


def test_every_template_can_be_compiled():
    for environment in Pages()._environments.values():
        for name in environment.list_templates():
            environment.get_template(name)


def test_what_people_log_in_with_is_compiled_at_the_start_and_the_consoles_are_not():
    pages = Pages()
    pages.warm()
    names = {key[1] for key in pages._environments["sv"].cache}

    assert {"choose_method.html", "error.html", "scan_code.html", "return.html", "ask_consent.html"} <= names
    assert not any(name.startswith(("admin", "portal", "console", "review")) for name in names), names


def test_no_two_routes_are_one():
    rules = [(rule, method) for rule, _, methods in PAGES for method in methods]

    assert len(rules) == len(set(rules))
    assert not {rule for rule, _ in rules} & set(ROUTES)


def test_every_view_says_what_it_is():
    for rule, view, methods in PAGES:
        assert view.__doc__ or view.__module__.endswith("login"), rule
        assert len(methods) == 1, rule


def test_what_may_be_registered_is_what_is_implemented():
    assert set(GRANTS) == set(GRANT_TYPES)
    assert set(METHODS) == set(AUTH_METHODS)
    assert all(name == module.GRANT_TYPE for name, module in GRANTS.items())


@pytest.mark.parametrize("kind", LOGIN_METHODS)
def test_every_login_method_has_settings_that_make_it(kind):
    made = settings_class(kind)

    assert callable(made.terms)
    assert callable(made.adapter)


def test_every_change_can_be_applied():
    of_ours = {each for each in Change.__subclasses__() if each.__module__.startswith("broker.")}
    # by name: a dataclass with slots is made anew, and the first making may still be in memory
    assert {each.__qualname__ for each in of_ours} | {"Consume"} == {each.__qualname__ for each in APPLY}


def test_every_limit_is_of_a_kind_that_is_counted():
    counted = set()
    for path in files("broker").joinpath("web").iterdir():
        if path.name.endswith(".py"):
            counted |= set(re.findall(r'(?:allows|spent)\(\s*"([a-z-]+)"', path.read_text()))

    assert {limit.kind for limit in LIMITS} >= counted


# --- what a sign-on costs

SP = Peer()
ENCRYPTED = Peer("encrypted", key="encrypted", encrypts=True, wants_signed=True)


@pytest.fixture
def warm(worlds):
    """A broker, and a browser that is signed on at both services."""
    world = worlds.make(federation(SP.entry(), ENCRYPTED.entry(), client()))
    browser = world.browser()
    for peer in (SP, ENCRYPTED):
        peer.login(world, browser)
    return world, browser


@pytest.mark.parametrize("peer", [SP, ENCRYPTED], ids=lambda p: p.id)
def test_a_saml_sign_on_with_a_session_is_one_commit(warm, peer):
    world, browser = warm
    url = peer.redirect(world, hint=None)
    before = world.store.commits

    assert browser.get(url).page == "U9"

    assert world.store.commits - before == 1


def test_by_post_it_is_one_more(warm):
    world, browser = warm
    form = SP.post(world, subject=None)
    before = world.store.commits

    landed = browser.request("POST", "/saml/sso", form, cookies=False)
    assert browser.get(landed.location).page == "U9"

    assert world.store.commits - before == 2


@pytest.mark.parametrize("peer", [SP, ENCRYPTED], ids=lambda p: p.id)
def test_a_warm_sign_on_reads_no_key_and_no_metadata(warm, peer, monkeypatch):
    world, browser = warm
    url = peer.redirect(world, hint=None)
    calls = []

    def counted(owner, name):
        original = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *a, **k: calls.append(name) or original(*a, **k))

    counted(serialization, "load_der_private_key")
    counted(serialization, "load_pem_private_key")
    counted(serialization, "load_der_public_key")
    counted(metadata.saml, "read_service")
    counted(metadata.saml, "read_provider")
    counted(metadata.saml, "read_entity")

    assert browser.get(url).page == "U9"

    assert calls == []


def test_a_request_is_parsed_once(warm, monkeypatch):
    from metadata.wire.saml_messages import opening

    world, browser = warm
    url = SP.redirect(world, hint=None)
    calls = []
    original = opening.parse
    monkeypatch.setattr(opening, "parse", lambda octets: calls.append(len(octets)) or original(octets))

    browser.get(url)

    assert len(calls) == 1


def test_no_code_outside_the_rules_of_care_names_a_jurisdiction():
    root = Path(str(files("trust_framework"))).parent
    found = []
    for path in (each for package in ("broker", "trust_framework") for each in (root / package).rglob("*.py")):
        if path.is_relative_to(root / "trust_framework" / "rules"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            own_name = isinstance(node, ast.Constant) and node.value in SETS
            imported = isinstance(node, ast.ImportFrom) and str(node.module).startswith("trust_framework.rules.")
            if own_name or imported:
                found.append(f"{path.relative_to(root)}:{node.lineno}")
    assert found == []
