"""What a stranger may send to the SAML front: each gets a page of 4xx, never an answer to an address it chose, never a 5xx.

The rules of signatures and wrapping have tests of their own at the message boundary; here the whole broker is asked.
"""

import zlib
from base64 import b64encode
from urllib.parse import quote

import pytest
from lxml import etree

from metadata.wire.saml_messages.building import finished
from metadata.wire.saml_messages.vocabulary import SAML, SAMLP, saml, samlp
from metadata.wire.xml import add
from tests.support import saml as s
from tests.support.saml_peer import Peer, packed
from tests.support.world import federation

SP = Peer()
PLAIN = Peer("plain", signed=False)
ENDPOINTS = ("/saml/sso", "/saml/slo")


@pytest.fixture
def world(worlds):
    return worlds.make(federation(SP.entry(), PLAIN.entry()))


def request_xml(world, **given):
    return etree.tostring(PLAIN.authn_request(world, **given))


def dtd(world):
    return b'<!DOCTYPE x [<!ENTITY e "anna">]>' + request_xml(world)


def external(world):
    return b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + request_xml(world)


def laughs(world):
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "lol"}">' for i in range(10))
    return f"<!DOCTYPE x [{entities}]>".encode() + request_xml(world).replace(b"</saml:Issuer>", b"&a9;</saml:Issuer>")


def instruction(world):
    return request_xml(world).replace(b"</saml:Issuer>", b"<?p x?></saml:Issuer>")


def split_issuer(world):
    return request_xml(world).replace(b"plain.example.org", b"plain.example.org<!-- -->")


def deep(world):
    nested = b"<x>" * 200 + b"</x>" * 200
    return request_xml(world).replace(
        b"</saml:Issuer>", b"</saml:Issuer><samlp:Extensions>" + nested + b"</samlp:Extensions>"
    )


def many_attributes(world):
    attributes = " ".join(f'a{i}="1"' for i in range(20_000)).encode()
    return request_xml(world).replace(b" Version=", b" " + attributes + b" Version=")


def wrapped(world):
    """The signed request inside an unsigned one with another address."""
    signed = etree.fromstring(finished(SP.authn_request(world), SP.signer))
    evil = SP.authn_request(world, acs_url="https://evil.example/acs")
    extensions = etree.Element(samlp("Extensions"))
    evil.insert(1, extensions)
    extensions.append(signed)
    return etree.tostring(evil)


def moved_signature(world):
    """The signature of a good request put into another one."""
    signed = etree.fromstring(finished(SP.authn_request(world), SP.signer))
    evil = SP.authn_request(world, acs_url="https://evil.example/acs")
    signature = signed.find(f"{s.DS}Signature")
    evil.insert(1, signature)
    return etree.tostring(evil)


def two_issuers(world):
    root = PLAIN.authn_request(world)
    extra = add(root, saml("Issuer"), SP.entity_id)
    root.remove(extra)
    root.insert(0, extra)
    return etree.tostring(root)


def unicode_id(world):
    return request_xml(world, id="_ok").replace(b'ID="_ok"', 'ID="_å\u202e"'.encode())


def nul(world):
    return request_xml(world).replace(b"plain", b"pl\x00ain")


def utf16(world):
    return request_xml(world).decode().encode("utf-16")


def wrong_namespace(world):
    return request_xml(world).replace(SAMLP.encode(), b"urn:oasis:names:tc:SAML:1.0:protocol")


def foreign_issuer_element(world):
    return request_xml(world).replace(SAML.encode(), b"urn:other")


def not_saml(_world):
    return b"<html/>"


def empty(_world):
    return b""


def huge_number(world):
    return request_xml(world, acs_index="9" * 5000)


def negative_number(world):
    return request_xml(world, attributes_index="-1")


def no_bool(world):
    return request_xml(world, force="maybe")


def odd_instant(world):
    return request_xml(world, issue_instant="9999-99-99T99:99:99Z")


def scripted_issuer(world):
    return request_xml(world, issuer='"><script>alert(1)</script>')


def log_lines(world):
    return request_xml(world, issuer="https://x.example/\u2028\u202e[31m evil")


MESSAGES = [
    dtd, external, laughs, instruction, split_issuer, deep, many_attributes, wrapped, moved_signature,
    two_issuers, unicode_id, nul, utf16, wrong_namespace, foreign_issuer_element, not_saml, empty, huge_number,
    negative_number, no_bool, odd_instant, scripted_issuer, log_lines,
]  # fmt: skip


def assert_page(answer):
    assert 400 <= answer.status < 500, (answer.status, answer.text[:300])
    assert answer.page == "U10"
    assert not answer.location
    assert b'name="SAMLResponse"' not in answer.body
    assert b"<script>alert" not in answer.body
    assert b"evil.example" not in answer.body
    assert not answer.header("Set-Cookie")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("make", MESSAGES, ids=lambda m: m.__name__)
def test_a_hostile_message_gets_a_page_by_either_binding(world, endpoint, make):
    xml = make(world)
    before = world.store.commits

    by_query = world.browser().get(f"{endpoint}?SAMLRequest={quote(packed(xml), safe='')}")
    by_form = world.browser().post(endpoint, {"SAMLRequest": b64encode(xml).decode()})

    assert_page(by_query)
    assert_page(by_form)
    assert world.store.commits == before


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_deflate_bomb_stops_at_the_limit(world, endpoint):
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = deflater.compress(b"<a>" + b" " * 150_000_000) + deflater.flush()
    value = quote(b64encode(bomb).decode(), safe="")
    assert len(value) < 250_000

    assert_page(world.browser().get(f"{endpoint}?SAMLRequest={value}"))


@pytest.mark.parametrize("tail", [b"x", b"\x00" * 10])
def test_octets_after_the_deflate_stream_are_refused(world, tail):
    deflater = zlib.compressobj(wbits=-15)
    octets = deflater.compress(request_xml(world)) + deflater.flush() + tail

    assert_page(world.browser().get("/saml/sso?SAMLRequest=" + quote(b64encode(octets).decode(), safe="")))


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, "/saml/acs"])
def test_a_body_over_the_limit_is_not_read(world, endpoint):
    answer = world.request("POST", endpoint, b"SAMLRequest=" + b"A" * (512 * 1024))

    assert (answer.status, answer.cause) == (413, "request-too-large")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("length", ["-1", "1e3", "²", "99999999999999999999", "x"])
def test_a_length_that_is_no_number_is_refused(world, endpoint, length):
    import io

    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": endpoint, "QUERY_STRING": "", "CONTENT_LENGTH": length,
        "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO(b"SAMLRequest=x"),
    }  # fmt: skip
    seen = []

    b"".join(world.app(environ, lambda status, headers, exc=None: seen.append(status)))

    assert seen[0].startswith("4")


@pytest.mark.parametrize("fields", [101, 5_000])
def test_a_form_of_very_many_fields_is_refused(world, fields):
    body = "&".join(f"a{i}=1" for i in range(fields)).encode()

    answer = world.request("POST", "/saml/sso", body, Content_Type="application/x-www-form-urlencoded")

    assert_page(answer)


def test_what_a_stranger_names_is_one_line_in_the_log(world, caplog):
    caplog.set_level("INFO", logger="tillit.web")
    evil = b"https://x.example/&#10;FORGED &#x202e;x"
    xml = request_xml(world).replace(PLAIN.entity_id.encode(), evil)

    world.browser().get(f"/saml/sso?SAMLRequest={quote(packed(xml), safe='')}")
    world.browser().get("/saml/sso?SAMLRequest=" + quote("\u2028\u202e\u001b[31m\r\nFORGED"))

    assert len(caplog.records) >= 2
    for record in caplog.records:
        assert getattr(record, "detail", "").isprintable()
        assert "\n" not in record.getMessage()


def test_a_refusal_of_a_long_request_is_a_short_page(world):
    answer = world.browser().get("/saml/sso?SAMLRequest=" + "A" * 200_000)

    assert_page(answer)
    assert len(answer.body) < 20_000


def test_a_refusal_never_names_what_was_wrong_inside(world):
    unknown = world.browser().get(PLAIN.redirect(world, by=None, issuer="https://stranger.example"))
    unsigned = world.browser().get(SP.redirect(world, by=None))

    for answer in (unknown, unsigned):
        for word in ("Traceback", "lxml", "xmlsec", "signature-", "stranger.example"):
            assert word not in answer.text
