"""Texts in the DNS, asked of a small real server on loopback."""

import dns.flags
import dns.message
import dns.nameserver
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from metadata.wire import dns_texts as module
from metadata.wire.dns_texts import dns_texts
from metadata.wire.egress import EgressFailed
from tests.support.name_server import server, texts


def refused(code):
    def answer(query):
        made = dns.message.make_response(query)
        made.set_rcode(code)
        return made.to_wire()

    return answer


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.5)


def test_the_texts_at_a_name_are_told_each_put_together_from_its_parts():
    with server(texts('"one"', '"two" "parts"')) as servers:
        assert set(dns_texts("_tillit.app.example.se", servers=servers)) == {"one", "twoparts"}


@pytest.mark.parametrize("answer", [texts(), refused(dns.rcode.NXDOMAIN)])
def test_a_name_without_texts_has_none(answer):
    with server(answer) as servers:
        assert dns_texts("_tillit.app.example.se", servers=servers) == ()


@pytest.mark.parametrize("answer", [refused(dns.rcode.SERVFAIL), lambda _query: None, lambda _query: b"nonsense"])
def test_a_server_that_fails_lies_or_is_silent_is_a_failure(answer):
    with server(answer) as servers, pytest.raises(EgressFailed):
        dns_texts("_tillit.app.example.se", servers=servers)


@pytest.mark.parametrize("name", ["a" * 64 + ".se", "a..se", "." * 300])
def test_a_name_that_is_none_is_a_failure(name):
    with server(texts()) as servers, pytest.raises(EgressFailed):
        dns_texts(name, servers=servers)


def configured(monkeypatch, nameservers):
    """What the machine's own file says."""
    monkeypatch.setattr(
        dns.resolver.Resolver, "read_resolv_conf", lambda self, _file: setattr(self, "nameservers", nameservers)
    )


def test_without_servers_the_machine_s_own_are_asked(monkeypatch):
    with server(texts('"one"')) as ((address, port),):
        configured(monkeypatch, [dns.nameserver.Do53Nameserver(address, port)])
        assert dns_texts("_tillit.app.example.se") == ("one",)


def test_a_machine_that_has_none_is_a_failure(monkeypatch):
    def nothing(_self, _file):
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", nothing)
    with pytest.raises(EgressFailed):
        dns_texts("_tillit.app.example.se")
