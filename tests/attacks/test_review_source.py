"""Where a request comes from: the throttle counts by it and an e-ID issuer is told it, so it must be neither forged nor lost."""

import pytest

from broker.web.front import request_of


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "remote"),
    [
        ("", "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1, unix", "", "6.6.6.6,203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "203.0.113.9", "unix"),
        ("", "", "203.0.113.9", "unix"),
    ],
)
def test_the_source_is_what_a_trusted_peer_says_and_else_the_peer(worlds, trusted, peer, forwarded, remote):
    world = worlds.make(trusted_proxy=trusted)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    assert request_of(environ, world.app.on, b"").remote == remote
