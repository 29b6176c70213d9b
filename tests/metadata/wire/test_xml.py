"""The only XML parser refuses what no honest peer sends; what it writes survives the way there and back."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from metadata.wire.xml import (
    MAX_DEPTH,
    MESSAGE_LIMIT,
    Element,
    XmlRefused,
    add,
    canonical,
    check_schema,
    new,
    parse,
    serialized,
    text,
)

spec = pytest.mark.spec
XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")).filter(
    lambda value: all(c in "\t\n\r" or c >= " " for c in value)
)


def refused(data: bytes, **options: object) -> str:
    with pytest.raises(XmlRefused) as caught:
        parse(data, **options)  # type: ignore[arg-type]
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-well-formed"),
        (b"<a>", "not-well-formed"),
        (b"<a/><b/>", "not-well-formed"),
        (b"<a/>\x00", "not-well-formed"),
        (b"<a>\x01</a>", "not-well-formed"),
        (b"<a>&#0;</a>", "not-well-formed"),
        (b"<a>&#xFFFE;</a>", "not-well-formed"),
        (b"<a>\xff</a>", "not-well-formed"),
        (b"<a>\xc0\x80</a>", "not-well-formed"),
        (b"<a>\xed\xa0\x80</a>", "not-well-formed"),
        (b"<a>&unknown;</a>", "not-well-formed"),
        (b'<a b="1" b="2"/>', "not-well-formed"),
        (b"<p:a/>", "not-well-formed"),
        ("<a/>".encode("utf-16"), "not-well-formed"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "not-well-formed"),
        ("<a/>".encode("utf-32"), "not-well-formed"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<!DOCTYPE a [<!ENTITY e "boo">]><a>&e;</a>', "doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "doctype"),
        (b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x">%p;]><a/>', "doctype"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xc3\xa5</a>", "declaration"),
        (b"<?xml version='1.0' encoding='utf-16'?><a/>", "declaration"),
        (b"<?xml version='1.1'?><a/>", "declaration"),
        (b"<?xml-stylesheet href='x'?><a/>", "declaration"),
        (b"<a/><?p x?>", "processing-instruction"),
        (b"<a>x<?p x?>y</a>", "processing-instruction"),
        (b"<!-- c --><a/>", "comment"),
        (b"<a>x<!-- c -->y</a>", "comment"),
        (b"<a/><!-- c -->", "comment"),
        (b'<a xml:id="x"/>', "id-name"),
        (b'<a Id="x"/>', "id-name"),
        (b'<a id="x"/>', "id-name"),
        (b'<a AssertionID="x"/>', "id-name"),
        (b'<a xmlns:o="urn:o" o:ID="x"/>', "id-name"),
        (b'<a xmlns="http://www.w3.org/2000/09/xmldsig#" ID="x"/>', "id-name"),
        (b'<a ID="x"><b ID="x"/></a>', "duplicate-id"),
        (b'<a ID="x"><b xmlns="http://www.w3.org/2000/09/xmldsig#" Id="x"/></a>', "duplicate-id"),
        (b"<a>" + b"x" * MESSAGE_LIMIT + b"</a>", "size"),
        (b"<a>" + b"<b/>" * (MESSAGE_LIMIT // 16) + b"</a>", "too-many-nodes"),
        (b"<a " + b" ".join(b'a%d=""' % i for i in range(20_000)) + b"/>", "too-many-nodes"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "depth"),
    ],
)
def test_a_document_that_is_not_small_and_plain_is_refused(data, reason):
    assert refused(data) == reason


@pytest.mark.parametrize(
    "data",
    [
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b"<?xml version='1.0'?><a/>",
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n<a/>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>',
        b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH,
        b'<a ID="x"><b ID="y"/><c xmlns="http://www.w3.org/2001/04/xmlenc#" Id="z"/></a>',
    ],
)
def test_a_plain_document_is_read(data):
    assert parse(data).tag == "a"


def test_a_doctype_that_hides_from_the_raw_search_is_found_in_the_tree(monkeypatch):
    monkeypatch.setattr("metadata.wire.xml._plain_utf8", lambda data: None)

    assert refused(b"<!DOCTYPE a><a/>") == "doctype"


def test_a_metadata_file_may_have_comments_and_a_wider_limit_but_text_never_reads_around_one():
    root = parse(b"<!-- by hand --><a><b>x<!-- c -->y</b></a>", limit=1024, comments=True)

    assert canonical(root) == b"<a><b>xy</b></a>"
    with pytest.raises(XmlRefused, match="mixed-content"):
        text(root[0])


@pytest.mark.parametrize("inner", [b"a<b/>c", b"<b>a</b>"])
def test_text_of_an_element_with_children_is_refused_never_a_prefix(inner):
    with pytest.raises(XmlRefused, match="mixed-content"):
        text(parse(b"<a>" + inner + b"</a>"))


@pytest.mark.parametrize(
    ("written", "read"),
    [(b"", ""), (b"<![CDATA[a<b]]>", "a<b"), (b"&#97;&lt;b", "a<b"), (b" a ", " a "), (b"a<![CDATA[b]]>c", "abc")],
)
def test_cdata_entities_and_white_space_are_one_value(written, read):
    assert text(parse(b"<a>" + written + b"</a>")) == read


@spec("Exclusive XML Canonicalization", "2")
def test_canonical_octets_are_exclusive_without_comments_and_keep_named_prefixes():
    root = parse(b'<r:R xmlns:r="urn:r" xmlns:xs="urn:xs"><r:A b="2" a="xs:s"></r:A></r:R>')

    assert canonical(root[0]) == b'<r:A xmlns:r="urn:r" a="xs:s" b="2"></r:A>'
    assert canonical(root[0], ("xs",)) == b'<r:A xmlns:r="urn:r" xmlns:xs="urn:xs" a="xs:s" b="2"></r:A>'


def test_canonicalisation_that_fails_or_gives_nothing_is_refused(monkeypatch):
    with pytest.raises(XmlRefused, match="canonicalisation"):
        canonical(parse(b'<a xmlns:b="relative"><b:c/></a>'))
    monkeypatch.setattr("metadata.wire.xml.etree.tostring", lambda *a, **k: b"")
    with pytest.raises(XmlRefused, match="canonicalisation"):
        canonical(parse(b"<a/>"))


@given(value=XML_TEXT, attribute=XML_TEXT)
@settings(max_examples=200, deadline=None)
def test_every_value_survives_the_way_there_and_back(value, attribute):
    root = new("a", {})
    add(root, "b", value, {"c": attribute})

    back = parse(serialized(root), limit=1 << 24)

    assert (text(back[0]), back[0].get("c")) == (value, attribute)
    assert canonical(back) == canonical(root)


@pytest.mark.parametrize("char", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
@pytest.mark.parametrize(
    "write",
    [
        lambda c: add(new("a", {}), "b", c),
        lambda c: add(new("a", {}), "b", None, {"c": c}),
        lambda c: new("a", {}, {"c": c}),
    ],
)
def test_a_character_that_xml_cannot_carry_is_refused(char, write):
    with pytest.raises(XmlRefused, match="character"):
        write("x" + char)


SAMLP = b'xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"'
MD = b'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'


def test_a_message_that_breaks_the_schema_is_refused_with_the_place():
    with pytest.raises(XmlRefused, match="schema") as caught:
        check_schema(parse(b"<p:Response " + SAMLP + b"/>"))
    assert "ID" in caught.value.detail


def entity(extension: bytes) -> Element:
    return parse(
        b'<md:EntityDescriptor entityID="urn:e" ' + MD + b"><md:Extensions>" + extension + b"</md:Extensions>"
        b'<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        b'<md:SingleSignOnService Binding="urn:b" Location="https://i"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )


@pytest.mark.parametrize(
    "extension",
    [
        b'<s:Scope xmlns:s="urn:mace:shibboleth:metadata:1.0" regexp="false">example.org</s:Scope>',
        b'<a:SigningMethod xmlns:a="urn:oasis:names:tc:SAML:metadata:algsupport" Algorithm="urn:x"/>',
        (
            b'<a:EntityAttributes xmlns:a="urn:oasis:names:tc:SAML:metadata:attribute">'
            b'<s:Attribute xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" Name="n"/></a:EntityAttributes>'
        ),
        b'<u:Unheard xmlns:u="urn:unheard"/>',
    ],
)
def test_metadata_with_known_and_unheard_extensions_is_valid(extension):
    check_schema(entity(extension), "metadata")


def test_metadata_with_a_broken_known_extension_is_refused():
    with pytest.raises(XmlRefused, match="schema"):
        check_schema(entity(b'<a:SigningMethod xmlns:a="urn:oasis:names:tc:SAML:metadata:algsupport"/>'), "metadata")


def test_a_schema_hint_in_the_document_is_never_followed():
    hint = b' xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="urn:e file:///etc/passwd"'
    check_schema(
        parse(serialized(entity(b'<u:U xmlns:u="urn:e"/>')).replace(b" entityID", hint + b" entityID", 1)), "metadata"
    )


def test_without_pysaml2_the_schemas_are_missed_aloud(monkeypatch):
    monkeypatch.setattr("metadata.wire.xml.find_spec", lambda name: None)
    from metadata.wire import xml

    with pytest.raises(ModuleNotFoundError, match="schemas"):
        xml._compiled.__wrapped__("messages")


def test_schemas_are_compiled_one_at_a_time(monkeypatch):
    from metadata.wire import xml

    inside, seen = [], []

    def compiled(name):
        inside.append(name)
        time.sleep(0.01)
        seen.append(len(inside))
        inside.pop()
        return etree.XMLSchema(
            etree.XML('<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="a"/></s:schema>')
        )

    monkeypatch.setattr(xml, "_compiled", compiled)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: check_schema(etree.XML("<a/>")), range(8)))
    assert seen == [1] * 8
