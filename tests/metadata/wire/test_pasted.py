"""An assertion that somebody pasted: read for its words, whatever its signature, and refused where it has none to read."""

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.wire.pasted import NotReadable, read_pasted

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
LEVEL = "http://id.elegnamnden.se/loa/1.0/loa3"


def attribute(name: str, *values: str) -> str:
    listed = "".join(f"<s:AttributeValue>{value}</s:AttributeValue>" for value in values)
    return f'<s:Attribute Name="{name}">{listed}</s:Attribute>'


def assertion(*attributes: str, level: str = LEVEL) -> str:
    context = f"<s:AuthnContext><s:AuthnContextClassRef> {level} </s:AuthnContextClassRef></s:AuthnContext>"
    return (
        f'<s:Assertion xmlns:s="{SAML}"><s:AuthnStatement>{context if level else ""}</s:AuthnStatement>'
        f"<s:AttributeStatement>{''.join(attributes)}</s:AttributeStatement></s:Assertion>"
    )


def within(inner: str) -> str:
    return f'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol">{inner}</p:Response>'


def packed(inner: str) -> str:
    return b64encode(within(inner).encode()).decode()


@pytest.mark.parametrize("wrap", [str, within, packed, lambda text: f"  {text}\n"])
def test_an_assertion_is_read_alone_or_in_a_response_as_xml_or_base64(wrap):
    read = read_pasted(wrap(assertion(attribute("a", "1", "2"), attribute("b", "å"), attribute("a", "3"))))
    assert (read.level, read.attributes) == (LEVEL, {"a": ("1", "2", "3"), "b": ("å",)})


def test_claims_are_read_without_what_is_not_about_the_person():
    read = read_pasted(
        '{"iss": "x", "sub": "y", "acr": "3", "name": "Anna", "orgs": ["1", "2", 3], "ok": true, "n": 7}'
    )
    assert (read.level, read.attributes) == ("3", {"name": ("Anna",), "orgs": ("1", "2")})


def test_what_says_no_level_has_none():
    assert read_pasted(assertion(level="")).level == ""
    assert read_pasted("{}").level == ""


def test_values_with_markup_inside_are_no_values():
    assert read_pasted(assertion(attribute("a", "<b/>"), attribute("c", "ok"))).attributes == {"a": (), "c": ("ok",)}


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 70_000, "length"),
        ("hello", "form"),
        ("{", "form"),
        ('{"a": 1, "a": 2}', "form"),
        ("<a/>", "no-assertion"),
        ("<a", "not-well-formed"),
        (within(assertion() + assertion()), "no-assertion"),
        (within(f'<s:EncryptedAssertion xmlns:s="{SAML}"/>'), "encrypted"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype"),
    ],
)
def test_anything_else_is_refused_with_its_reason(pasted, reason):
    with pytest.raises(NotReadable) as refused:
        read_pasted(pasted)
    assert refused.value.reason == reason


@given(st.text(max_size=300))
def test_nothing_that_is_pasted_breaks_anything(pasted):
    with suppress(NotReadable):
        assert read_pasted(pasted).attributes is not None
