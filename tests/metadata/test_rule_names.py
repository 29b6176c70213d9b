"""Each rule is told in words where it holds, in both languages."""

import pytest

from metadata import client_rules, document_rules, federation_rules, saml_advice, saml_rules, validate
from metadata.context import NOTHING_KNOWN
from metadata.rule_names import NAMES, named
from tests.support import saml_metadata as make

TABLES = (
    document_rules.WHOLE, saml_rules.RULES, saml_advice.ADVICE, federation_rules.RULES, client_rules.ADVICE, validate.FIXED,
    (client_rules.REDIRECT_URI, client_rules.CLIENT_METADATA, client_rules.PRIVATE_KEY, client_rules.no_provider(NOTHING_KNOWN)),
)  # fmt: skip
RULES = {*document_rules.FORMS, *(rule.id for table in TABLES for rule in table)}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_has_a_few_words_in_each_language(rule):
    swedish, english = named(rule, "sv"), named(rule, "en")
    assert swedish != english
    assert all(0 < len(words) < 60 for words in (swedish, english))


def test_no_two_rules_have_the_same_words():
    assert len(set(NAMES.values())) == len(NAMES)


def test_whatever_a_report_says_to_have_passed_has_its_words():
    for document in (make.entity(), b'{"client_id": "rp", "redirect_uris": ["https://rp.example/cb"]}'):
        passed = validate.check(document).passed
        assert passed
        assert all(named(rule, "sv") for rule in passed)
