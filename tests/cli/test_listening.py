"""Where listeners listen, from settings alone."""

import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from broker.commands.errors import NotReady
from broker.commands.listening import Place, card_place, main_place, rivta_place
from broker.commands.serving import rivta_listener
from broker.settings import Settings
from tests.support import pki


def settings(**more):
    return Settings(**{"base_url": "https://127.0.0.1:8440", "listen": "", **more})


@pytest.mark.parametrize(
    ("listen", "place", "written"),
    [
        ("127.0.0.1:9000", Place("127.0.0.1", 9000), "127.0.0.1:9000"),
        ("localhost:9000", Place("127.0.0.1", 9000), "127.0.0.1:9000"),
        ("0.0.0.0:443", Place("0.0.0.0", 443), "0.0.0.0:443"),
        ("[::1]:9000", Place("::1", 9000), "[::1]:9000"),
        ("unix:/run/tillit/main.sock", Place(path=Path("/run/tillit/main.sock")), "unix:/run/tillit/main.sock"),
    ],
)
def test_it_is_what_the_setting_says(listen, place, written):
    found = main_place(settings(listen=listen))
    assert (found, str(found)) == (place, written)


@pytest.mark.parametrize(
    "listen", ["9000", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:x", ":9000", "no.host.invalid:1"]
)
def test_what_is_no_address_of_this_machine_is_told_by_the_setting(listen):
    with pytest.raises(NotReady, match="TILLIT_LISTEN"):
        main_place(settings(listen=listen))


def test_else_it_is_host_and_port_of_the_base_url():
    assert main_place(settings(tls_cert="a", tls_key="b")) == Place("127.0.0.1", 8440)
    assert main_place(settings(base_url="https://127.0.0.1", tls_cert="a", tls_key="b")).port == 443
    assert main_place(settings(base_url="http://127.0.0.1:8440", TILLIT_ENV="test")) == Place("127.0.0.1", 8440)


def test_https_without_certificate_needs_to_be_told_where_the_proxy_reaches_us():
    with pytest.raises(NotReady, match="TILLIT_TLS_CERT"):
        main_place(settings())


def test_the_card_listener_is_where_its_url_says_or_its_setting():
    assert card_place(settings()) is None
    assert card_place(settings(card_url="https://127.0.0.1:8441")) == Place("127.0.0.1", 8441)
    found = card_place(settings(card_url="https://127.0.0.1:8441", card_listen="unix:/run/card.sock"))
    assert found == Place(path=Path("/run/card.sock"))


def test_the_contracts_listener_is_where_its_url_says_or_its_setting():
    assert rivta_place(settings()) is None
    assert rivta_place(settings(rivta_url="https://127.0.0.1:8449")) == Place("127.0.0.1", 8449)
    found = rivta_place(settings(rivta_url="https://127.0.0.1:8449", rivta_listen="unix:/run/rivta.sock"))
    assert found == Place(path=Path("/run/rivta.sock"))
    with pytest.raises(NotReady, match="TILLIT_RIVTA_LISTEN"):
        rivta_place(settings(rivta_url="https://127.0.0.1:8449", rivta_listen="nowhere"))
    with pytest.raises(ValueError, match="https only"):
        settings(rivta_url="http://127.0.0.1:8449")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "TILLIT_TLS_CERT"),
        ({"tls_cert": "cert.pem", "tls_key": "key.pem"}, "TILLIT_RIVTA_CA"),
        ({"rivta_ocsp": "on"}, "TILLIT_RIVTA_OCSP needs TILLIT_RIVTA_CA"),
        ({"rivta_ocsp": "on", "rivta_ca": "/nowhere/ca.pem"}, "TILLIT_RIVTA_CA: .*nowhere"),
    ],
)
def test_the_contracts_listener_says_what_it_needs(given, missing):
    with pytest.raises(NotReady, match=missing):
        rivta_listener(None, settings(rivta_url="https://127.0.0.1:8449", **given))


@pytest.mark.parametrize("by", ["itself", "unix", "tls"])
def test_the_contracts_listener_starts_where_it_is_reached(tmp_path, by):
    authority = pki.Authority.root()
    server = authority.server("127.0.0.1")
    files = {"cert.pem": server.pem, "key.pem": server.key_pem, "ca.pem": authority.pem}
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    cert, key, ca = (tmp_path / name for name in files)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ways = {
        "itself": {"rivta_ca": ca},
        "unix": {"rivta_listen": f"unix:{tmp_path}/rivta.sock"},
        "tls": {"rivta_proxy_cert": ca},
    }
    place = {"rivta_url": f"https://127.0.0.1:{port}", "tls_cert": cert, "tls_key": key}
    asked = {"rivta_ca": ca, "rivta_ocsp": "on"}
    stop = rivta_listener(SimpleNamespace(on=None, egress=None), settings(**place, **{**asked, **ways[by]}))
    assert stop is not None
    stop()
    assert rivta_listener(None, settings()) is None
