"""A client looks after its registration, as long as its service stands in test (RFC 7592 section 2)."""

import pytest

from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects
from metadata.wire.jwk import public_jwk
from tests.support.oidc import KEY
from tests.support.registering import GOOD, REGISTER, Registering, document
from tests.support.world import CALLBACK, LEVEL3, NOW

pytestmark = pytest.mark.spec("RFC 7592", "2")

TWO = "https://rp.example.org/two"
OURS = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")


@pytest.fixture
def at(worlds):
    return Registering(worlds.make(document()))


def wanted(told, **changes):
    """What a client sends to change its registration: all of it, without what is ours."""
    body = {name: value for name, value in told.items() if name not in OURS}
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def error(answer):
    return answer.status, answer.json["error"]


def assert_not_known(answer):
    assert answer.status == 401
    assert answer.header("WWW-Authenticate").startswith("Bearer")


@pytest.mark.spec("RFC 7592", "2.1")
def test_a_client_reads_what_is_registered_with_its_token_and_without_its_secret(at):
    told = at.register().json
    answer = at.manage("GET", told)
    assert answer.status == 200
    shown = answer.json
    assert shown == {
        n: v for n, v in told.items() if n not in {"client_secret", "client_secret_expires_at", "client_id_issued_at"}
    }


@pytest.mark.spec("RFC 7592", "2.2")
def test_a_client_replaces_its_registration_as_a_whole(at):
    told = at.register(default_max_age=300).json
    changed = at.manage("PUT", told, wanted(told, redirect_uris=[TWO], default_max_age=None))
    assert changed.status == 200, changed.text
    assert changed.json["redirect_uris"] == [TWO]
    assert "default_max_age" not in changed.json
    assert "client_secret" not in changed.json
    kept = at.entry(told).content["oidc"]
    assert kept["redirect_uris"] == [TWO]
    assert kept["client_secret_hash"]
    assert at.manage("GET", told).json["redirect_uris"] == [TWO]


def test_a_change_keeps_what_others_said_of_the_service(at):
    told = at.register().json
    entry = at.entry(told)
    content = {**entry.content, "names": {"sv": "Journalen"}, "attributes": ["sn"]}
    change = EntryChange("service", entry.id, content, entry.org, "portal")
    at.world.store.commit(Effects((ChangeRegister((change,), NOW),)))
    at.manage("PUT", told, wanted(told, redirect_uris=[TWO], default_acr_values=[LEVEL3]))
    content = at.entry(told).content
    assert (content["names"], content["attributes"], content["levels"]) == ({"sv": "Journalen"}, ["sn"], [LEVEL3])


def test_a_client_that_moves_to_keys_loses_its_secret_and_back_gets_a_new_one(at):
    told = at.register().json
    keys = {"jwks": {"keys": [public_jwk(KEY)]}, "token_endpoint_auth_method": "private_key_jwt"}
    assert "client_secret" not in at.manage("PUT", told, wanted(told, client_secret=None, **keys)).json
    assert "client_secret_hash" not in at.entry(told).content["oidc"]
    back = at.manage("PUT", told, wanted(told, client_secret=None)).json
    assert back["client_secret"] != told["client_secret"]


@pytest.mark.spec("RFC 7592", "2.2")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": None}, "invalid_client_metadata"),
        ({"client_id": "other"}, "invalid_client_metadata"),
        ({"client_secret": "another-secret-that-is-long"}, "invalid_client_metadata"),
        ({"client_secret": 7}, "invalid_client_metadata"),
        ({"registration_access_token": "x"}, "invalid_client_metadata"),
        ({"registration_client_uri": "https://x.example"}, "invalid_client_metadata"),
        ({"client_secret_expires_at": 0}, "invalid_client_metadata"),
        ({"client_id_issued_at": 0}, "invalid_client_metadata"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://x.example"]}, "invalid_redirect_uri"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
    ],
)
def test_a_change_that_may_not_be_is_refused_and_changes_nothing(at, changes, code):
    told = at.register().json
    before = at.entry(told)
    assert error(at.manage("PUT", told, wanted(told, **changes))) == (400, code)
    assert at.entry(told) == before


def test_of_two_changes_at_once_one_is_told_to_read_again(at, monkeypatch):
    told = at.register().json
    stale = at.entry(told)
    at.manage("PUT", told, wanted(told, redirect_uris=[TWO]))
    real = type(at.world.store).register_entry
    monkeypatch.setattr(
        type(at.world.store),
        "register_entry",
        lambda self, kind, name: stale if kind == "service" else real(self, kind, name),
    )
    assert at.manage("PUT", told, wanted(told, redirect_uris=[CALLBACK])).status == 409


@pytest.mark.spec("RFC 7592", "2.3")
def test_a_client_takes_itself_out_and_its_token_with_it(at):
    told = at.register().json
    answer = at.manage("DELETE", told)
    assert (answer.status, answer.body) == (204, b"")
    assert at.entry(told) is None
    for method in ("GET", "DELETE"):
        assert_not_known(at.manage(method, told))
    assert_not_known(at.manage("PUT", told, wanted(told)))


# --- whose it is


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_the_token_of_this_client_serves(at, method):
    told, other = at.register().json, at.register(redirect_uris=[TWO]).json
    body = wanted(told) if method == "PUT" else None
    assert_not_known(at.manage(method, told, body, token="x" * 43))
    assert_not_known(at.manage(method, told, body, token=other["registration_access_token"]))
    assert_not_known(at.manage(method, told, body, token=at.token()))
    assert_not_known(at.send(method, body))
    assert_not_known(at.send(method, body, told["registration_access_token"]))
    assert_not_known(at.send(method, body, told["registration_access_token"], "?client_id=nobody"))
    assert at.entry(told)
    assert at.entry(other)


def test_a_client_of_the_federation_file_has_no_such_token(at):
    assert_not_known(at.send("GET", token="x" * 43, query="?client_id=rp"))


def test_a_token_that_has_expired_is_none(at):
    told = at.register().json
    at.world.clock.now = NOW + 10 * 365 * 86400
    assert_not_known(at.manage("GET", told))


def test_an_entry_that_somebody_else_took_out_is_gone(at):
    told = at.register().json
    entry = at.entry(told)
    change = EntryChange("service", entry.id, None, entry.org, "portal")
    at.world.store.commit(Effects((ChangeRegister((change,), NOW),)))
    assert_not_known(at.manage("GET", told))


# --- once it is in force


@pytest.mark.parametrize("state", ["active", "suspended", "left"])
def test_a_service_that_has_left_test_is_read_only_for_its_client(at, state):
    told = at.register().json
    entry = at.entry(told)
    change = EntryChange("service", entry.id, {**entry.content, "state": state}, entry.org, "portal")
    at.world.store.commit(Effects((ChangeRegister((change,), NOW),)))
    assert at.manage("GET", told).status == 200
    assert error(at.manage("PUT", told, wanted(told, redirect_uris=[TWO]))) == (403, "access_denied")
    assert error(at.manage("DELETE", told)) == (403, "access_denied")
    assert at.entry(told).content["oidc"]["redirect_uris"] == GOOD["redirect_uris"]


def test_the_answer_is_kept_by_no_cache(at):
    assert at.manage("GET", at.register().json).header("Cache-Control") == "no-store"
    assert at.world.request("GET", REGISTER).header("Cache-Control") == "no-store"
