"""Record systems whose certificate may have been revoked: their CA is asked at each call's beginning, and without an answer that
may be believed nobody is let in. The CA is the test CA, with OCSP and CRL; once over real connections, otherwise in process.
"""

import threading
from contextlib import contextmanager
from wsgiref.simple_server import make_server

import pytest
import requests
from cryptography import x509

from broker.exchange import Reply
from broker.web import rivta_standing as module
from broker.web.rivta import rivta
from broker.web.rivta_listener import serve_rivta
from broker.web.rivta_standing import Standing
from broker.web.rivta_tls import VerifyingContext
from idp_adapters.revocation import RevocationCheck
from idp_adapters.simulators.ca import TestCa, Trouble, make_wsgi_app
from metadata.wire.egress import Egress, EgressPolicy
from metadata.wire.soap import SoapRefused
from metadata.wire.x509 import public_bytes
from tests.support import care_values as a
from tests.support import pki
from tests.support.card_world import HOST, NOW, WsgiEgress
from tests.support.gallery import _Silent, _Threaded
from tests.support.nginx import free_port
from tests.support.rivta import JOURNAL, envelope, running

ASKED = "urn:riv:informationsecurity:authorization:blocking:GetPatientIdsResponder:4"
REVOKED, UNTOLD = "the client's certificate has been revoked", "nobody says whether the client's certificate stands"


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return TestCa(tmp_path_factory.mktemp("ca"), HOST, lambda: NOW)


@pytest.fixture
def world(ca):
    ca.outage.ocsp = ca.outage.crl = Trouble.NONE
    return World(ca)


class World:
    """The check with the CA behind it, and a system's certificate."""

    def __init__(self, ca, **options):
        self.ca, self.now = ca, NOW
        self.egress = WsgiEgress(make_wsgi_app(ca, lambda: self.now))
        self.anchors = x509.load_pem_x509_certificates(ca.function_ca.read_bytes())
        self.standing = Standing(RevocationCheck(self.egress, **options), self.anchors)
        self.system = issued(ca)

    def asked(self, *certificates):
        """Why a call would be refused; empty when it would not."""
        try:
            self.standing.require(certificates or self.system, self.now)
        except SoapRefused as refused:
            return refused.sentence
        return ""


def issued(ca):
    chain, _ = ca.client_certificate("journal.example", JOURNAL)
    return tuple(map(public_bytes, x509.load_pem_x509_certificates(chain)))


def test_a_certificate_that_stands_is_asked_about_once_a_minute(world):
    assert [world.asked() for _ in range(3)] == [""] * 3
    assert world.egress.calls == ["ocsp"]


def test_a_certificate_that_was_revoked_is_refused(world):
    world.ca.revoke(x509.load_der_x509_certificate(world.system[0]))
    assert world.asked() == REVOKED


def test_one_that_is_revoked_while_it_is_used_is_refused_when_the_answer_before_is_stale(world):
    assert world.asked() == ""
    world.ca.revoke(x509.load_der_x509_certificate(world.system[0]))
    world.now += 3601
    assert world.asked() == REVOKED


@pytest.mark.parametrize("trouble", [each for each in Trouble if each not in {Trouble.NONE, Trouble.SLOW}])
def test_without_a_believable_answer_of_the_responder_the_list_decides(world, trouble):
    world.ca.outage.ocsp = trouble
    told = world.asked()
    if trouble is Trouble.UNKNOWN:  # the CA's own word that it issued no such certificate
        assert told == UNTOLD
        return
    assert (told, world.egress.calls) == ("", ["ocsp", "crl"])


def test_a_list_names_what_was_revoked(world):
    world.ca.outage.ocsp = Trouble.DOWN
    world.ca.revoke(x509.load_der_x509_certificate(world.system[0]))
    assert world.asked() == REVOKED


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.GARBAGE, Trouble.EXPIRED, Trouble.WRONG_SIGNER])
def test_without_any_answer_nobody_is_let_in(world, trouble):
    world.ca.outage.ocsp = world.ca.outage.crl = trouble
    assert world.asked() == UNTOLD


def test_a_responder_that_is_away_is_not_asked_at_each_call_and_is_asked_again(world):
    world.ca.outage.ocsp = world.ca.outage.crl = Trouble.DOWN
    assert [world.asked() for _ in range(5)] == [UNTOLD] * 5
    assert world.egress.calls == ["ocsp", "crl"]
    world.ca.outage.ocsp = Trouble.NONE
    world.now += int(module.REFUSED.total_seconds())
    assert world.asked() == ""


def test_answers_made_beforehand_count_where_the_setting_says_so(ca):
    ca.outage.ocsp, ca.outage.crl = Trouble.NO_NONCE, Trouble.DOWN
    assert World(ca).asked() == UNTOLD
    assert World(ca, nonce=False).asked() == ""


def test_a_path_to_a_root_asks_about_the_ca_between_too(world):
    world.standing = Standing(
        RevocationCheck(world.egress), x509.load_pem_x509_certificates(world.ca.root_path.read_bytes())
    )
    assert world.asked() == ""
    assert len(world.egress.calls) == 2


@pytest.mark.parametrize("what", ["a certificate of another CA", "octets that are none"])
def test_what_leads_to_no_anchor_is_refused_without_asking(world, what):
    stranger = pki.Authority.root("Some Other Root").leaf("journal.example", serial_number=JOURNAL)
    sent = stranger.der if what.startswith("a certificate") else b"\x30\x03abc"
    assert (world.asked(sent), world.egress.calls) == (UNTOLD, [])


def test_who_has_no_certificate_is_left_to_the_contracts(world):
    world.standing.require((), NOW)
    assert world.egress.calls == []


# --- over real connections


def now():
    return int(pki.NOW.timestamp())


@contextmanager
def responder(ca, port):
    """The CA's status addresses over http."""
    with make_server("127.0.0.1", port, make_wsgi_app(ca, now), _Threaded, _Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@contextmanager
def asking_listener(folder, ca, egress):
    """The contracts' listener, with the CA's word asked for."""
    server = running(folder)
    server.on.clock = now
    standing = Standing(RevocationCheck(egress), x509.load_pem_x509_certificates(ca.function_ca.read_bytes()))
    contexts = VerifyingContext(folder / "cert.pem", folder / "key.pem", ca.function_ca)
    listener = serve_rivta("127.0.0.1:0", contexts, lambda r, c: rivta(r, c, server.on, standing), lambda _: Reply(200))
    listener.start()
    yield f"https://localhost:{listener.port}/rivta/GetPatientIds/4"
    listener.stop()
    server.stop()


def called(url, folder, ca, *, revoked=False):
    """GetPatientIds as a system with a certificate of its own."""
    chain, key = ca.client_certificate("journal.example", JOURNAL)
    (folder / "journal.pem").write_bytes(chain + key)
    if revoked:
        ca.revoke(x509.load_pem_x509_certificates(chain)[0])
    return requests.post(
        url,
        envelope(
            f'<r:GetPatientIds xmlns:r="{ASKED}"><r:careProviderId>{a.PROVIDER}</r:careProviderId></r:GetPatientIds>'
        ),
        headers={"Content-Type": "text/xml", "SOAPAction": f'"{ASKED}:GetPatientIds"'},
        cert=str(folder / "journal.pem"),
        verify=str(folder / "ca.pem"),
        timeout=10,
    )


def test_over_tls_a_revoked_system_is_told_so_and_another_is_answered(tmp_path):
    port = free_port()
    ca = TestCa(tmp_path / "ca", f"http://127.0.0.1:{port}", now)
    egress = Egress(EgressPolicy(loopback=True, plain_loopback=True))
    with responder(ca, port), asking_listener(tmp_path, ca, egress) as url:
        let_in, refused = called(url, tmp_path, ca), called(url, tmp_path, ca, revoked=True)
    egress.close()
    assert (let_in.status_code, "<" in let_in.text, REVOKED in let_in.text) == (200, True, False)
    assert (refused.status_code, REVOKED in refused.text) == (500, True)
