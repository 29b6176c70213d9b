"""Odd paths and methods: no reply repeats the Host header, none repeats a POST elsewhere."""

import pytest


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make()


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "//login/logga-ut",
        "/login//logga-ut",
        "//login//logga-ut",
        "//tillganglighet",
        "/login//x",
        "/sprak//en",
        "//sprak/en",
    ],
)
def test_two_slashes_lead_to_no_other_host_and_repeat_no_form(shared, method, path):
    """A framework that tidies paths up answers 308 to a host that the request itself names."""
    form = {} if method == "POST" else None
    answer = shared.request(method, f"http://h{path}", form, Host="evil.example")
    assert answer.status in {200, 303, 403, 404}
    assert answer.location in {"", "/"}
    assert not any("evil.example" in value for _, value in answer.headers)
    assert answer.status == 303 or answer.header("Content-Security-Policy").startswith("default-src 'none'")


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/login/x", "/login/logga-ut", "/", "/oidc/token", "/saml/sso"])
def test_methods_that_nobody_needs_are_refused(shared, method, path):
    assert shared.request(method, path).status in {404, 405}
