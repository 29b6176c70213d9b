"""Two services that tillit did not write, as Debian ships them: Apache with mod_auth_mellon over SAML, Apache with
mod_auth_openidc over OpenID Connect. Each is added to a running broker with one file and `tillit apply`.
"""

import base64
import zlib
from collections.abc import Iterator

import pytest

from tests.support import apache, broker_process, mellon, mod_openidc
from tests.support.apache import Apache
from tests.support.broker_process import BrokerProcess
from tests.support.visitor import Visitor
from tests.support.world import query

pytestmark = [
    pytest.mark.peers,
    pytest.mark.xdist_group("apache"),
    pytest.mark.skipif(bool(apache.missing("auth_mellon")), reason=apache.missing("auth_mellon")),
    pytest.mark.skipif(bool(apache.missing("auth_openidc")), reason=apache.missing("auth_openidc")),
]


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerProcess]:
    with broker_process.running() as started:
        yield started


@pytest.fixture(scope="module")
def saml_service(broker: BrokerProcess) -> Iterator[Apache]:
    with mellon.running(broker) as service:
        yield service


@pytest.fixture(scope="module")
def oidc_service(broker: BrokerProcess) -> Iterator[Apache]:
    with mod_openidc.running(broker) as service:
        yield service


def log_in(person: Visitor, service: Apache, username: str = "anna") -> dict[str, str]:
    """Open the service, identify by the page of the test method, come back; what the application is told."""
    page = person.press(person.get(service.page), username=username)
    page = person.arrive(page, until=service.base)
    assert person.at == service.page, (page.text, service.log)
    return apache.environment(page.text)


def log_out_of_mellon(person: Visitor, service: Apache) -> bytes:
    """Ask mellon to end it everywhere; the LogoutResponse that it got."""
    person.get(f"{service.base}/mellon/logout?ReturnTo={service.base}/out.html")
    assert person.at == f"{service.base}/out.html", service.log
    answer = next(step for step in reversed(person.trail) if "SAMLResponse=" in step)
    return zlib.decompress(base64.b64decode(query(answer)["SAMLResponse"][0]), wbits=-15)


def asks_again(person: Visitor, service: Apache) -> bool:
    """Whether the person must identify to come in."""
    return 'name="username"' in person.get(service.page).text


# --- logging in


def test_mellon_logs_a_person_in(saml_service: Apache):
    person = Visitor()

    told = log_in(person, saml_service)

    assert (told["MELLON_GIVENNAME"], told["MELLON_SURNAME"]) == ("Anna", "Andersson")
    response = base64.b64decode(person.forms[-1]["SAMLResponse"])
    assert b"EncryptedAssertion>" in response, "mellon's metadata has a key for encryption"
    assert b"Andersson" not in response


def test_mod_auth_openidc_logs_a_person_in(oidc_service: Apache):
    told = log_in(Visitor(), oidc_service)

    assert (told["OIDC_CLAIM_given_name"], told["OIDC_CLAIM_family_name"]) == ("Anna", "Andersson")
    assert told["REMOTE_USER"] == told["OIDC_CLAIM_sub"]


def test_a_login_hint_of_the_test_method_needs_no_page(oidc_service: Apache, broker: BrokerProcess):
    person = Visitor()

    page = person.get(f"{oidc_service.base}/inside/bo/page.shtml")

    assert apache.environment(page.text)["OIDC_CLAIM_given_name"] == "Bo"
    assert not person.visited(f"{broker.base}/login")


# --- one sign-on


def test_a_login_over_saml_serves_openid_connect_too(saml_service: Apache, oidc_service: Apache, broker: BrokerProcess):
    person = Visitor()
    log_in(person, saml_service)
    person.trail.clear()

    page = person.get(oidc_service.page)

    assert apache.environment(page.text)["OIDC_CLAIM_given_name"] == "Anna"
    assert not person.visited(f"{broker.base}/login"), person.trail


def test_a_login_over_openid_connect_serves_saml_too(saml_service: Apache, oidc_service: Apache, broker: BrokerProcess):
    person = Visitor()
    log_in(person, oidc_service)
    person.trail.clear()

    page = person.arrive(person.get(saml_service.page), until=saml_service.base)

    assert apache.environment(page.text)["MELLON_GIVENNAME"] == "Anna"
    assert not person.visited(f"{broker.base}/login"), person.trail


# --- logging out


def test_logging_out_of_mellon_ends_the_sign_on(saml_service: Apache, oidc_service: Apache):
    person = Visitor()
    log_in(person, saml_service)

    answer = log_out_of_mellon(person, saml_service)

    assert b"status:Success" in answer
    assert b"PartialLogout" not in answer
    assert asks_again(person, saml_service)
    assert asks_again(person, oidc_service)


@pytest.mark.spec("SAML core", "3.7.3.2")
def test_mellon_hears_of_services_that_were_not_told(saml_service: Apache, oidc_service: Apache):
    person = Visitor()
    log_in(person, saml_service)
    person.get(oidc_service.page)

    answer = log_out_of_mellon(person, saml_service)

    assert b"status:Success" in answer
    assert b"PartialLogout" in answer
    assert asks_again(person, saml_service)


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_logging_out_of_mod_auth_openidc_ends_the_sign_on(saml_service: Apache, oidc_service: Apache):
    person = Visitor()
    log_in(person, oidc_service)

    person.get(f"{oidc_service.base}/inside/callback?logout={oidc_service.base}/out.html")

    assert person.at == f"{oidc_service.base}/out.html", person.trail
    assert asks_again(person, oidc_service)
    assert asks_again(person, saml_service)


def test_a_logout_names_the_services_that_are_not_told(
    saml_service: Apache, oidc_service: Apache, broker: BrokerProcess
):
    person = Visitor()
    log_in(person, saml_service)
    person.get(oidc_service.page)

    page = person.get(f"{oidc_service.base}/inside/callback?logout={oidc_service.base}/out.html")

    assert person.at.startswith(f"{broker.base}/oidc/logout"), person.trail
    assert "Tjänsten med mellon" in page.text
    assert f"{oidc_service.base}/out.html" in page.text, "the way on to where the client wanted"
    assert asks_again(person, oidc_service)


# --- refusals


def test_a_cancelled_login_is_told_to_mellon(saml_service: Apache):
    person = Visitor()

    page = person.press(person.get(saml_service.page), username="test:anna;result=cancelled")
    person.arrive(page, until=saml_service.base)

    assert person.at == f"{saml_service.base}/out.html"
    assert 'StatusCode2="http://id.elegnamnden.se/status/1.0/cancel"' in saml_service.log


@pytest.mark.spec("SAML core", "3.4.1")
def test_a_passive_request_without_a_sign_on_is_answered_to_mellon(saml_service: Apache):
    person = Visitor()

    page = person.get(f"{saml_service.base}/mellon/login?ReturnTo={saml_service.page}&IsPassive=true")
    person.arrive(page, until=saml_service.base)

    assert person.at == f"{saml_service.base}/out.html"
    assert 'status:Responder", StatusCode2="urn:oasis:names:tc:SAML:2.0:status:NoPassive"' in saml_service.log


@pytest.mark.spec("RFC 9207", "2")
def test_a_cancelled_login_is_told_to_mod_auth_openidc(oidc_service: Apache, broker: BrokerProcess):
    """The issuer stands in error answers too; this release of the module takes such an answer for an invitation to log
    in (OpenID Connect Core section 4), and declines it.
    """
    person = Visitor()

    page = person.press(person.get(oidc_service.page), username="test:anna;result=cancelled")
    page = person.arrive(page, until=oidc_service.base)

    answer = query(person.at)
    assert (answer["error"], answer["iss"]) == (["access_denied"], [broker.base])
    assert "id='refused'" in page.text
    assert asks_again(person, oidc_service)
