"""The test method: its grammar, and that it cannot be made anywhere but in test."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from idp_adapters.base import AskHint, Authenticated, Failed, Inbound
from idp_adapters.catalogue import settings_class
from idp_adapters.methods import test as method
from tests.support.adapters import NOW, ask
from tests.support.personas import adapter, settings
from trust_framework import loa
from trust_framework.providers import accept

LOA2, LOA3, LOA4 = (f"http://id.elegnamnden.se/loa/1.0/loa{rank}" for rank in (2, 3, 4))


# --- where it may be


@pytest.mark.parametrize("environment", ["production", "demo"])
def test_it_cannot_be_made_outside_test(environment):
    with pytest.raises(method.NotInTest):
        settings(environment=environment).adapter("test", None)


def test_an_environment_that_nobody_named_is_production():
    made = settings_class("test")()

    assert made.environment == "production"
    with pytest.raises(method.NotInTest):
        made.adapter("test", None)


@pytest.mark.parametrize(
    "changes",
    [{"environment": "Test"}, {"environment": ""}, {"persons": "all"}, {"persons": {"a": "b"}}, {"surprise": 1}],
)
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValidationError):
        settings(**changes)


# --- grammar


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("test:kalle", method.Hint("kalle")),
        ("test:bo.b@example.se", method.Hint("bo.b@example.se")),
        (f"test:kalle;loa={LOA3}", method.Hint("kalle", loa=LOA3)),
        ("test:kalle;commission=SE165565594230-1000", method.Hint("kalle", commission="SE165565594230-1000")),
        ("test:kalle;result=cancelled", method.Hint("kalle", result="cancelled")),
        ("test:kalle;result=failed", method.Hint("kalle", result="failed")),
        (f"test:k;result=failed;commission=SE1-2;loa={LOA2}", method.Hint("k", LOA2, "SE1-2", "failed")),
    ],
)
def test_a_hint_is_read(text, read):
    assert method.read_hint(text) == read


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", method.BadHint),
        ("kalle", method.BadHint),
        ("TEST:kalle", method.BadHint),
        (" test:kalle", method.BadHint),
        ("test:" + "k" * 600, method.BadHint),
        ("test:", method.BadPersona),
        ("test: kalle", method.BadPersona),
        ("test:kalle\n", method.BadPersona),
        ("test:-kalle", method.BadPersona),
        ("test:" + "k" * 65, method.BadPersona),
        ("test:kåre", method.BadPersona),
        ("test:;loa=x", method.BadPersona),
        ("test:kalle;", method.BadOption),
        ("test:kalle;loa", method.BadOption),
        ("test:kalle;loa=", method.BadOption),
        ("test:kalle;loa=a b", method.BadOption),
        (f"test:kalle;loa={LOA3};loa={LOA3}", method.BadOption),
        ("test:kalle;LOA=x", method.BadOption),
        ("test:kalle;admin=1", method.BadOption),
        ("test:kalle;commission=", method.BadOption),
        ("test:kalle;commission=SE1/2", method.BadOption),
        ("test:kalle;commission=" + "S" * 65, method.BadOption),
        ("test:kalle;result=ok", method.BadOption),
        ("test:kalle;result=cancelled\n", method.BadOption),
        ("test:kalle;;result=failed", method.BadOption),
    ],
)
def test_what_is_not_of_the_grammar_is_an_error_of_its_kind(text, error):
    with pytest.raises(method.BadHint) as raised:
        method.read_hint(text)

    assert type(raised.value) is error


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        read = method.read_hint(f"test:{text}")
    except method.BadHint:
        return
    assert text.startswith(read.persona)


# --- start


def start(hint, **changes):
    return adapter().start(ask(hint=hint, **changes), NOW)


def test_a_hint_logs_in_without_any_page():
    answer = start("test:astrid")

    assert isinstance(answer, Authenticated)
    asserted = answer.asserted
    assert (asserted.subject.issuer, asserted.subject.format, asserted.subject.value) == ("test", "persona", "astrid")
    assert asserted.level == LOA3
    assert asserted.authenticated_at == NOW
    assert asserted.attributes == {
        "personalIdentityNumber": ("195006262546",),
        "givenName": ("Astrid",),
        "sn": ("Exempelberg",),
        "mail": ("a@x.se", "b@x.se"),
    }
    assert answer.consume[0].key == "login-1"


@pytest.mark.parametrize(
    ("hint", "levels", "level"),
    [
        ("test:kalle", (), LOA3),
        ("test:kalle", (LOA4, LOA3), LOA4),
        (f"test:kalle;loa={LOA2}", (), LOA2),
        (f"test:kalle;loa={LOA2}", (LOA4,), LOA2),
        ("test:kalle;loa=http://id.sambi.se/loa/loa3", (LOA4,), "http://id.sambi.se/loa/loa3"),
    ],
)
def test_the_level_is_the_hints_else_the_first_wanted_else_the_usual(hint, levels, level):
    assert start(hint, levels=levels).asserted.level == level


def test_a_commission_goes_out_so_that_it_is_chosen_beforehand():
    answer = start("test:kalle;commission=SE165565594230-1000")

    assert answer.asserted.attributes["commissionHsaId"] == ("SE165565594230-1000",)


@pytest.mark.parametrize(
    ("hint", "reason"),
    [
        ("test:kalle;result=cancelled", "user-cancelled"),
        ("test:nobody;result=cancelled", "user-cancelled"),
        ("test:kalle;result=failed", "login-failed"),
        ("test:nobody", "login-failed"),
        ("test:", "login-failed"),
        ("test:kalle;admin=1", "login-failed"),
        ("test:kalle;loa=http://id.example/loa9", "login-failed"),
        ("test:kalle;loa=http://id.elegnamnden.se/loa/1.0/loa3-sigmessage", "login-failed"),
    ],
)
def test_a_hint_can_want_or_make_the_login_fail(hint, reason):
    failed = start(hint)

    assert isinstance(failed, Failed)
    assert failed.reason.code == reason
    assert failed.detail


@pytest.mark.parametrize("hint", [None, "", "kalle@example.se", "191212121212", "TEST:kalle"])
def test_without_a_hint_of_ours_a_page_asks(hint):
    assert isinstance(start(hint), AskHint)


def test_without_a_hint_nothing_can_be_done_passively():
    assert start(None, passive=True).reason.code == "passive-impossible"
    assert isinstance(start("test:kalle", passive=True), Authenticated)


@pytest.mark.parametrize(
    ("hint", "claimed"),
    [("test:kalle", True), ("test:", True), ("TEST:kalle", False), (" test:kalle", False), ("kalle@x.se", False)],
)
def test_the_method_knows_its_own_hints(hint, claimed):
    assert adapter().claims(hint) is claimed


# --- resume


def resume(username, **changes):
    made = adapter()
    state = made.start(ask(**changes), NOW).state
    return made.resume(state, Inbound({} if username is None else {"username": username}), NOW + 9)


@pytest.mark.parametrize("username", ["kalle", "  kalle ", "test:kalle", f"test:kalle;loa={LOA3}"])
def test_the_field_takes_a_persona_or_a_hint(username):
    answer = resume(username)

    assert answer.asserted.subject.value == "kalle"
    assert answer.asserted.level == LOA3
    assert answer.asserted.authenticated_at == NOW + 9


def test_the_levels_wanted_are_remembered_while_the_page_is_shown():
    assert resume("kalle", levels=(LOA4,)).asserted.level == LOA4


@pytest.mark.parametrize("username", [None, "", " ", "nobody", "kalle;admin=1", "test:", "\ud800", "k" * 10**6])
def test_anything_else_in_the_field_fails(username):
    assert resume(username).reason.code == "login-failed"


@pytest.mark.parametrize("state", [b"", b"{}", b'{"login":"x"}', b'{"login":"x","levels":7}', b"\xff"])
def test_a_state_that_is_not_ours_ends_the_login(state):
    assert adapter().resume(state, Inbound({"username": "kalle"}), NOW).reason.code == "internal"


# --- terms


def test_every_level_that_may_be_given_maps_to_itself():
    terms = settings().terms("test")

    assert terms.levels == {uri: uri for uri in loa.LEVELS if loa.known(uri)}
    assert all(loa.within(uri, terms.ceiling) for uri in terms.levels)


def test_the_attributes_are_those_of_the_personas_and_the_commission():
    terms = settings().terms("test")

    assert terms.attributes == {
        name: name for name in ("commissionHsaId", "givenName", "mail", "personalIdentityNumber", "sn")
    }
    assert terms.identifiers == {"personalIdentityNumber"}
    assert settings(persons={}).terms("test").identifiers == frozenset()


def test_what_the_method_asserts_is_accepted_under_its_own_terms():
    answer = start("test:astrid;commission=SE165565594230-1000")

    accepted = accept(answer.asserted, settings().terms("test"))

    assert accepted.identity.level == LOA3
    assert accepted.identity.attributes["commissionHsaId"] == ("SE165565594230-1000",)
    assert accepted.identity.attributes["personalIdentityNumber"] == ("195006262546",)
