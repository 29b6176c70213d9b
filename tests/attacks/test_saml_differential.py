"""Our verifier accepts a subset of what libxmlsec1 accepts: shown with signed messages that were changed at random.

What both accept must also be, octet for octet, what was signed.
"""

import contextlib
import random

import pytest

from metadata.wire.saml_messages import SamlRefused, build_response, read_authn_request, read_response
from metadata.wire.saml_messages.vocabulary import saml
from metadata.wire.xml import XmlRefused, parse
from metadata.wire.xmldsig import verify
from tests.support import saml as s
from tests.support.saml_mutations import mutated

FULL = 10_000


def by_xmlsec(prefixes: str = "") -> bytes:
    root = s.without_signature(s.response())
    s.signed_by_xmlsec(root, s.rsa_key(), "rsa-sha512", "sha384", prefixes)
    return s.octets(root)


def originals() -> list[bytes]:
    return [
        s.response(s.rsa_signer()),
        s.response(s.ec_signer()),
        build_response(s.response_spec(), s.ec_signer(), sign_assertion=True),
        by_xmlsec(),
        by_xmlsec("xs saml"),
        s.authn_request(s.ec_signer()),
        s.logout_request(s.rsa_signer()),
    ]


def ours(message: bytes) -> bytes | None:
    try:
        return verify(parse(message), s.public())
    except XmlRefused:
        return None


def compare(count: int, seed: int) -> None:
    chance = random.Random(seed)
    messages = originals()
    signed = {message: ours(message) for message in messages}
    taken = 0
    for _ in range(count):
        original = chance.choice(messages)
        changed = mutated(original, chance)
        accepted = ours(changed)
        if accepted is not None:
            taken += 1
            assert s.xmlsec_accepts(changed, s.public()), changed
            assert accepted == signed[original], changed
    assert taken, "changes outside what is signed must be among them, or this shows nothing"


def test_nothing_is_accepted_that_an_independent_verifier_refuses():
    compare(FULL // 100, seed=1)


@pytest.mark.long
def test_nothing_is_accepted_that_an_independent_verifier_refuses_in_full():
    compare(FULL, seed=2)


def read_without_fear(count: int, seed: int) -> None:
    """Whatever comes, a reader gives what was signed or a SamlRefused, never another exception or another value."""
    chance = random.Random(seed)
    answer, request = (
        build_response(s.response_spec(), s.ec_signer(), sign_assertion=True),
        s.authn_request(s.ec_signer()),
    )
    content, asked = read_response(answer, s.expectations()), read_authn_request(request, lambda i: s.public())
    for _ in range(count):
        with contextlib.suppress(SamlRefused):
            assert read_response(mutated(answer, chance), s.expectations()) == content
        try:
            read = read_authn_request(mutated(request, chance), lambda i: s.public())
            assert read == asked or not read.signed
        except SamlRefused:
            pass


def test_a_changed_message_reads_as_it_was_signed_or_not_at_all():
    read_without_fear(FULL // 100, seed=3)


@pytest.mark.long
def test_a_changed_message_reads_as_it_was_signed_or_not_at_all_in_full():
    read_without_fear(FULL, seed=4)


@pytest.mark.parametrize("by", [s.rsa_signer(), s.ec_signer()], ids=["RSA", "P-256"])
def test_every_kind_of_message_we_emit_verifies_elsewhere(by):
    both = build_response(s.response_spec(), by, sign_assertion=True)
    for message in (s.response(by), both, s.authn_request(by), s.logout_request(by), s.response_encrypted(by)):
        assert s.xmlsec_accepts(message, [by.public_key])
        assert ours(message) is not None
    assert s.xmlsec_accepts(both, [by.public_key], saml("Assertion"))
