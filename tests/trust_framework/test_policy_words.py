"""A rule is read as a sentence that is made from its data, in both languages."""

import pytest

from trust_framework.members import Profile
from trust_framework.policies import Audience, Effect, Needs, Rule
from trust_framework.policy_words import sentence

CARE = "http://id.swedenconnect.se/ec/1.0/loa3-hsaid"
NAMES = {"rp": {"sv": "Provportalen", "en": "The portal"}, "2321000016": {"sv": "Regionen"}}


@pytest.mark.parametrize(
    ("rule", "sv", "en"),
    [
        (
            Rule(
                Effect.ALLOW,
                Audience(categories=frozenset({CARE})),
                frozenset({"commissionName"}),
                needs=Needs(3, agreement=True),
            ),
            "Släpp uppdrag till tjänster i kategori loa3-hsaid om nivån är 3 eller högre och ett avtal om uppgiften gäller.",
            "Let services of category loa3-hsaid have",
        ),
        (
            Rule(Effect.DENY, Audience(everyone=True), frozenset({"sn", "givenName"})),
            "Släpp inte förnamn och efternamn till alla tjänster.",
            "Do not let every service have",
        ),
        (
            Rule(
                Effect.ALLOW,
                Audience(
                    services=frozenset({"rp", "x"}),
                    members=frozenset({"2321000016"}),
                    member_types=frozenset({"agent"}),
                ),
                sets=frozenset({"http://id.elegnamnden.se/ap/1.0/pnr-01"}),
                needs=Needs(consent=True, profile=Profile.FAPI2),
            ),
            "Släpp uppsättningen pnr-01 till Provportalen och x, tjänster hos Regionen och tjänster hos medlemmar av slaget "  # noqa: ISC004
            "agent om personen säger ja och tjänsten följer profilen fapi2.",
            "Let The portal and x, services of Regionen and services of members that are agent have the set pnr-01 if",
        ),
    ],
)
def test_it_reads_as_a_sentence(rule, sv, en):
    assert sentence(rule, "sv", NAMES) == sv
    assert sentence(rule, "en", NAMES).startswith(en)


def test_without_names_ids_stand():
    assert "rp" in sentence(Rule(Effect.DENY, Audience(services=frozenset({"rp"})), frozenset({"sn"})), "sv")
