"""Where listeners listen, from settings alone."""

from pathlib import Path

import pytest

from broker.commands.errors import NotReady
from broker.commands.listening import Place, card_place, main_place
from broker.settings import Settings


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
