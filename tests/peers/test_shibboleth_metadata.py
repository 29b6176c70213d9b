"""The Shibboleth SP, as Debian ships it, knows the federation by what is published alone: by query (MDQ), or all of it."""

from collections.abc import Iterator

import pytest

from tests.support import apache, broker_process, pki, shibboleth
from tests.support.broker_process import BrokerProcess
from tests.support.mellon import document
from tests.support.shibboleth import BY_QUERY, WHOLE, Shibboleth
from tests.support.visitor import Visitor

pytestmark = [
    pytest.mark.peers,
    pytest.mark.xdist_group("apache"),
    pytest.mark.skipif(bool(shibboleth.missing()), reason=shibboleth.missing()),
]
WAYS = pytest.mark.parametrize("provider", [BY_QUERY, WHOLE], ids=["by query", "all of it"])


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerProcess]:
    with broker_process.running() as started:
        yield started


def certificate(broker: BrokerProcess) -> bytes:
    return document(f"{broker.base}/metadata/certificates.pem")


def log_in(person: Visitor, service: Shibboleth) -> dict[str, str]:
    page = person.press(person.get(service.page), username="anna")
    page = person.arrive(page, until=service.base)
    assert person.at == service.page, (person.trail, page.text, service.log)
    return apache.environment(page.text)


@WAYS
def test_a_person_logs_in_with_a_provider_found_in_what_is_published(broker: BrokerProcess, provider: str):
    with shibboleth.running(broker, provider, certificate(broker)) as service:
        shibboleth.registered(broker, service, f"shib-{service.base.rpartition(':')[2]}")

        told = log_in(Visitor(), service)

        assert (told["givenName"], told["sn"]) == ("Anna", "Andersson")
        assert told["Shib-Identity-Provider"] == f"{broker.base}/saml/metadata"


@WAYS
def test_what_another_key_signed_is_not_believed(broker: BrokerProcess, provider: str):
    stranger = pki.Authority.root("stranger", key=pki.rsa_key(3072))
    with shibboleth.running(broker, provider, stranger.pem) as service:
        person = Visitor()
        person.get(service.page)

        assert not person.visited(f"{broker.base}/saml/sso"), service.log
        assert "signature" in service.log.lower()


def test_what_holds_for_longer_than_was_agreed_is_not_believed(broker: BrokerProcess):
    with shibboleth.running(broker, BY_QUERY, certificate(broker), longest=3600) as service:
        person = Visitor()
        person.get(service.page)

        assert not person.visited(f"{broker.base}/saml/sso"), service.log
