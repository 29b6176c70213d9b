"""What every login method holds, whatever its protocol. A method that is not in `tests.support.adapters` fails here."""

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp_adapters.base import Authenticated, CanCancel, Failed, Inbound, Resumed, Started
from idp_adapters.catalogue import METHODS
from tests.support.adapters import NOW, ask, under_test
from trust_framework.reasons import REASONS

STATE_LIMIT = 4096
ASKS = {
    "plain": {},
    "in English": {"language": "en"},
    "on this device": {"same_device": True},
    "forced, with a maximum age": {"force": True, "max_age": 0},
    "passive": {"passive": True},
    "with a strange hint": {"hint": "\u202e<script>\x00" * 50},
    "with a message": {"message": "# Hej\n" * 500},
    "of a nameless service": {"service_name": ""},
    "with levels": {"levels": ("a level nobody has", "another")},
    "without a browser": {"user_agent": "", "remote": ""},
    "with a huge browser": {"user_agent": "Ö" * 5000},
}
HOSTILE = {
    "nothing": Inbound(),
    "empty values": Inbound({"username": "", "nonce": "", "SAMLResponse": "", "code": "", "state": "", "error": ""}),
    "oversized values": Inbound(
        {"username": "x" * 10**5, "SAMLResponse": "A" * 10**6, "code": "c" * 10**5, "state": "s"}
    ),
    "strange letters": Inbound(
        {"username": "\ud800\x00\u202e", "nonce": "\ud800é", "SAMLResponse": "%%%", "state": "\x00"}
    ),
    "markup": Inbound({"SAMLResponse": "PHNhbWxwOlJlc3BvbnNlLz4=", "username": "<script>"}),
    "an error": Inbound({"error": "access_denied", "error_description": "x", "state": "s"}),
    "odd octets": Inbound(query=b"\xff\xfe&&==&SAMLResponse"),
    "rubbish certificates": Inbound(certificates=(b"", b"\x30\x03\x02\x01\x05", b"\xff" * 10_000)),
}


@pytest.fixture(params=sorted(METHODS))
def method(request):
    return under_test(request.param)


def state_of(started) -> bytes:
    return getattr(started, "state", b"")


@pytest.mark.parametrize("changes", ASKS.values(), ids=ASKS.keys())
def test_starting_gives_one_of_the_agreed_values_and_a_small_state(method, changes):
    started = method.adapter.start(ask(**changes), NOW)

    assert isinstance(started, get_args(Started))
    assert isinstance(state_of(started), bytes)
    assert len(state_of(started)) <= STATE_LIMIT
    assert not isinstance(started, Authenticated)
    if isinstance(started, Failed):
        assert REASONS[started.reason.code] is started.reason


@pytest.mark.parametrize("inbound", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_hostile_that_comes_back_identifies_anybody_or_breaks_the_method(method, inbound):
    state = state_of(method.adapter.start(ask(), NOW))

    resumed = method.adapter.resume(state, inbound, NOW + 3)

    assert isinstance(resumed, get_args(Resumed))
    assert not isinstance(resumed, Authenticated)
    if isinstance(resumed, Failed):
        assert REASONS[resumed.reason.code] is resumed.reason
    assert len(state_of(resumed)) <= STATE_LIMIT


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b"\xff", b"{" * 100, b"x" * 10_000], ids=range(6))
def test_a_state_that_the_method_did_not_write_fails_as_a_value(method, state):
    assert isinstance(method.adapter.resume(state, Inbound(), NOW + 3), Failed)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parameters=st.dictionaries(
        st.sampled_from(["username", "nonce", "code", "state", "SAMLResponse", "device"]), st.text()
    )
)
def test_no_parameters_at_all_raise(method, parameters):
    state = state_of(method.adapter.start(ask(), NOW))

    assert not isinstance(method.adapter.resume(state, Inbound(parameters), NOW + 3), Authenticated)


def test_who_is_identified_comes_with_a_level_of_the_terms_and_something_that_is_used_once(method):
    state, inbound, now = method.completing(ask())

    answer = method.adapter.resume(state, inbound, now)

    assert isinstance(answer, Authenticated), answer
    assert answer.asserted.level in method.terms.levels
    assert answer.asserted.authenticated_at <= now + 60
    assert answer.asserted.subject.value
    assert answer.consume or inbound.certificates  # a card proves in the handshake that it is there
    assert all(once.key and once.expires_at > now for once in answer.consume)


def test_the_same_answer_again_identifies_nobody_or_names_the_same_single_use(method):
    state, inbound, now = method.completing(ask())
    first = method.adapter.resume(state, inbound, now)

    again = method.adapter.resume(state, inbound, now + 3)

    assert isinstance(first, Authenticated)
    if isinstance(again, Authenticated):
        assert {(c.kind, c.key) for c in again.consume} == {(c.kind, c.key) for c in first.consume}


def test_what_came_back_for_one_login_does_not_identify_in_another(method):
    _state, inbound, now = method.completing(ask())
    other = method.adapter.start(ask(login="login-2"), NOW)

    answer = method.adapter.resume(state_of(other), inbound, now)

    if isinstance(answer, Authenticated):  # only where the person shows it anew: own words, or a card in the handshake
        assert inbound.certificates or inbound.parameters.keys() == {"username"}


def test_names_stand_in_both_languages(method):
    assert all(method.terms.names.get(language) for language in ("sv", "en"))


def test_terms_name_levels_a_ceiling_and_only_identifiers_that_are_mapped(method):
    assert method.terms.levels
    assert method.terms.ceiling
    assert method.terms.identifiers <= set(method.terms.attributes.values())


def test_cancelling_anything_raises_nothing(method):
    if isinstance(method.adapter, CanCancel):
        method.adapter.cancel(state_of(method.adapter.start(ask(), NOW)), NOW)
        method.adapter.cancel(b"rubbish", NOW)
