"""What a release rests on: the agreement's terms at the version that let it go, else what the service was registered with."""

import pytest

from tests.support.agreements import agreement, signed, terms
from tests.support.trust import NOW
from trust_framework.agreements import Agreement
from trust_framework.case import Verdict
from trust_framework.explanation import Reader, explained
from trust_framework.grounds import NOTHING, Ground, Registered, ground

FULL = agreement(signed(terms()), signed(terms(2, purpose="Uppföljning", legal_basis="PDL 7 kap.")))
SHORT = Agreement("A-9", frozenset({"s"}), frozenset({"sn"}), 0, NOW)
HELD = {"A-17": FULL, "A-9": SHORT}
REGISTERED = Registered({"sn": "Visas i bokningen"}, "GDPR 6.1 b")
OWN = Ground("Visas i bokningen", "GDPR 6.1 b")


@pytest.mark.spec("IS", "16")
@pytest.mark.parametrize(
    ("basis", "attribute", "registered", "rests"),
    [
        ("A-17/1", "sn", REGISTERED, Ground("Vård och behandling", "Patientdatalagen 2 kap.")),
        ("R3/2 A-17/2", "sn", REGISTERED, Ground("Uppföljning", "PDL 7 kap.")),
        ("A-17/3", "sn", REGISTERED, OWN),
        ("A-9/1", "sn", REGISTERED, OWN),
        ("A-18/1", "sn", REGISTERED, OWN),
        ("R3/2", "sn", REGISTERED, OWN),
        ("", "sn", REGISTERED, OWN),
        ("", "givenName", REGISTERED, Ground("", "GDPR 6.1 b")),
        ("", "sn", NOTHING, Ground()),
    ],
)
def test_a_release_rests_on_the_terms_that_let_it_go_else_on_the_registration(basis, attribute, registered, rests):
    assert ground(Verdict("registered", "released", attribute, "", "login", basis), HELD, registered) == rests


@pytest.mark.parametrize("reader", Reader)
def test_every_reader_is_told_of_what_went_and_of_nothing_else(reader):
    verdicts = (Verdict("registered", "released", "sn"), Verdict("registered", "not-allowed", "givenName"))
    went, stayed = explained(verdicts, "released", reader, "sv", HELD, registered=REGISTERED).lines
    assert (went.purpose, went.legal_basis) == ("Visas i bokningen", "GDPR 6.1 b")
    assert (stayed.purpose, stayed.legal_basis) == ("", "")
