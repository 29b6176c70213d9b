"""Status codes: every kind of reason has its own answer in SAML, with the sentence and the reference in words.

SAML core section 3.2.2.2, Sweden Connect deployment profile section 6.4 and Registry for Identifiers section 3.1.3.
"""

import re

import pytest

from broker.login.request import LoginRequest
from broker.login.steps import Tell
from broker.protocols.saml.front import SamlFront
from broker.protocols.saml.statuses import BY_KIND
from metadata.wire.saml_messages.vocabulary import REQUESTER, RESPONDER
from tests.support.saml_peer import Peer
from tests.support.world import federation
from trust_framework.decide import Wanted
from trust_framework.reasons import REASONS, Kind

S = "urn:oasis:names:tc:SAML:2.0:status:"
CANCEL = "http://id.elegnamnden.se/status/1.0/cancel"
TABLE = {
    Kind.CANCELLED: (REQUESTER, CANCEL),
    Kind.NOT_AUTHENTICATED: (REQUESTER, f"{S}AuthnFailed"),
    Kind.LEVEL: (REQUESTER, f"{S}NoAuthnContext"),
    Kind.INTERACTION: (RESPONDER, f"{S}NoPassive"),
    Kind.CONSENT: (REQUESTER, f"{S}RequestDenied"),
    Kind.NOT_ALLOWED: (REQUESTER, f"{S}RequestDenied"),
    Kind.UNKNOWN_PERSON: (REQUESTER, f"{S}UnknownPrincipal"),
    Kind.REQUEST: (REQUESTER, f"{S}RequestUnsupported"),
    Kind.EXPIRED: (REQUESTER, f"{S}AuthnFailed"),
    Kind.BUSY: (RESPONDER, None),
    Kind.UNAVAILABLE: (RESPONDER, None),
    Kind.INTERNAL: (RESPONDER, None),
}
SP = Peer()


def test_the_table_is_what_the_specifications_say_for_every_kind():
    assert BY_KIND == TABLE
    assert set(TABLE) == set(Kind)


@pytest.mark.parametrize("code", sorted(REASONS))
@pytest.mark.spec("SAML core", "3.2.2.2")
def test_every_reason_has_an_answer_that_the_service_can_read(worlds_once, code):
    world = worlds_once
    reason = REASONS[code]
    front = {"id": "_asked", "relay_state": "relay", "name_id": None, "subject": None}
    request = LoginRequest("sp", "saml", Wanted((), (), world.clock()), f"{SP.host}/acs", front=front)

    answer = SamlFront().tell(Tell(request, "7K3M-Q9TD", reason), world.clock(), world.app.on.services)

    from base64 import b64decode

    from metadata.wire.saml_messages.opening import status
    from metadata.wire.xml import parse

    root = parse(b64decode(answer.delivery.fields["SAMLResponse"]))
    top, second, message = status(root)
    assert (top, second) == TABLE[reason.kind]
    assert message == f"{reason.service_text} (ref 7K3M-Q9TD)"
    assert root.get("InResponseTo") == "_asked"
    assert answer.delivery.fields["RelayState"] == "relay"
    assert answer.delivery.url == f"{SP.host}/acs"
    assert b"Assertion " not in b64decode(answer.delivery.fields["SAMLResponse"])


@pytest.fixture(scope="module")
def worlds_once(all_worlds):
    world = all_worlds.make(federation(SP.entry()))
    yield world
    world.app.close()


@pytest.mark.parametrize(
    ("hint", "status"),
    [
        ("test:anna;result=cancelled", ("Requester", CANCEL)),
        ("test:anna;result=failed", ("Requester", "AuthnFailed")),
        ("test:nobody", ("Requester", "AuthnFailed")),
    ],
)
def test_a_person_who_turned_back_is_told_as_such_with_the_reference_of_the_login(worlds, hint, status):
    world = worlds.make(federation(SP.entry()))
    browser = world.browser()

    told = SP.login(world, browser, hint=hint)

    (event,) = world.events("login.failed")
    assert told.status == status
    assert told.message.endswith(f"(ref {event['reference']})")


def test_what_is_answered_at_once_has_its_reference_in_the_log(worlds, caplog):
    caplog.set_level("INFO", logger="tillit.web")
    world = worlds.make(federation(SP.entry()))

    told = SP.login(world, levels=("urn:x",))

    reference = re.search(r"\(ref ([^)]+)\)", told.message)[1]
    (record,) = [r for r in caplog.records if r.message == "refused"]
    assert (record.reference, record.cause) == (reference, "request-level")
