"""A private key that somebody pastes, uploads or registers is refused by every way in, and stands nowhere afterwards."""

import json
from base64 import b64encode

import pytest

from tests.console.test_api import call, machine, tool
from tests.console.test_connecting import ABOUT, SAML, at, begun, draft, sent
from tests.metadata.test_private_keys import PRIVATE
from tests.support.console import Console, answered, consoles, document, owner
from tests.support.registering import GOOD, Registering
from tests.support.registering import document as registry
from tests.support.world import MEMBER

pytest_plugins = ["tests.support.worlds"]
pytestmark = pytest.mark.spec("SAML Metadata Interoperability Profile 1.0", "2.6.1")
KEY = PRIVATE["PEM of PKCS 1"]
DER = PRIVATE["DER of PKCS 8, EC"]
LEAKING = SAML.replace("<md:SPSSO", f"<!-- {DER} --><md:SPSSO")


def stands_nowhere(world, *secrets: str) -> None:
    """No file of the installation holds a line of the key, or the base64 of one."""
    (line,) = [each.splitlines()[1].strip()[:48] for each in secrets] or [""]
    sought = {line.encode(), b64encode(line.encode())[:40]}
    for path in world.settings.data_dir.rglob("*"):
        octets = path.read_bytes() if path.is_file() else b""
        assert not any(each in octets for each in sought), path
    for each in world.store.proposal_page(count=100).proposals:
        assert line not in json.dumps(world.store.proposal(each.id).content)


@pytest.fixture
def console(worlds) -> Console:
    whole = document()
    whole["services"] = [*whole["services"], tool("tool")]
    return consoles(worlds, whole)


@pytest.mark.parametrize("secret", [KEY, DER])
def test_pasted_into_a_field_it_is_not_kept_and_not_shown_again(console, secret):
    anna = owner(console)
    begun(anna)
    before = draft(console)
    answer = sent(anna, anna.get(at(console, "teknik")), protocol="saml", metadata=f"{secret}\n{SAML}")
    assert 'role="alert"' in answer.text
    assert "skapa ett nytt nyckelpar" in answer.text
    assert secret.splitlines()[1] not in answer.text
    assert draft(console) == before
    stands_nowhere(console.world, secret)


def test_uploaded_in_a_comment_it_is_not_kept(console):
    anna = owner(console)
    begun(anna)
    action, held = anna.get(at(console, "teknik")).form("/anslut")
    fields = {**held, "protocol": "saml", "metadata": ""}
    mark = "----between"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="sp.xml"\r\n\r\n{LEAKING}\r\n--{mark}--\r\n'
    )
    kind = f"multipart/form-data; boundary={mark}"
    answer = anna.request("POST", action, "".join(parts).encode(), Content_Type=kind, Origin=console.world.base)
    assert "skapa ett nytt nyckelpar" in answer.text
    assert DER.splitlines()[1] not in answer.text
    assert "saml" not in draft(console).content
    stands_nowhere(console.world, DER)


@pytest.mark.parametrize("page", [f"/portal/{MEMBER}/anslut"])
def test_pasted_into_a_name_it_begins_nothing(console, page):
    anna = owner(console)
    answer = sent(anna, anna.get(page), **{**ABOUT, "name_sv": " ".join(KEY.split())[:190]})
    assert "privat nyckel" in answer.text
    assert console.world.store.proposal_page().total == 0


@pytest.mark.parametrize("content", [
    {"id": "rp9", "saml": {"metadata_xml": LEAKING}},
    {"id": "rp9", "oidc": {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "d": DER.splitlines()[1]}]}}},
    {"id": "rp9", "names": {"sv": f"x\n{DER}"}},
])  # fmt: skip
def test_sent_to_the_api_it_begins_nothing(console, content):
    wish = {"kind": "service", "id": "rp9", "content": content}
    answer = call(console, "POST", f"/members/{MEMBER}/proposals", machine(console), wish)
    assert (answer.status, answer.json["code"]) == (409, "refused.private-key")
    assert "make a new key pair" in answer.json["detail"][0]
    assert DER.splitlines()[1] not in answer.text
    stands_nowhere(console.world, DER)


def test_sent_to_the_api_as_a_reason_it_is_refused_too(console):
    token = machine(console)
    wish = {"kind": "service", "id": "rp", "content": dict(console.world.store.register_entry("service", "rp").content)}
    id_ = call(console, "POST", f"/members/{MEMBER}/proposals", token, wish).json["id"]
    answer = call(console, "POST", f"/members/{MEMBER}/proposals/{id_}/submit", token, {"reason": KEY})
    assert answer.json["code"] == "refused.private-key"
    stands_nowhere(console.world, KEY)


@pytest.mark.parametrize("changes", [
    {"client_name": f"x\n{DER}"},
    {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": DER.splitlines()[1]}]}},
    {"client_uri": f"https://rp.example/\n{DER}"},
    {"something_unknown": f"x\n{DER}"},
])  # fmt: skip
def test_registered_it_makes_no_client(worlds, changes):
    at_ = Registering(worlds.make(registry()))
    answer = at_.register(**changes)
    assert answer.status == 400
    assert "make a new key pair" in answer.json["error_description"]
    stands_nowhere(at_.world, f"x\n{DER}")


def test_written_into_a_registration_that_stands_it_changes_nothing(worlds):
    at_ = Registering(worlds.make(registry()))
    told = at_.register().json
    before = at_.entry(told)
    answer = at_.manage("PUT", told, {**GOOD, "client_id": told["client_id"], "client_name": f"x\n{DER}"})
    assert (answer.status, answer.json["error"]) == (400, "invalid_client_metadata")
    assert at_.entry(told) == before
    stands_nowhere(at_.world, DER)


def test_waiting_while_its_sender_identifies_anew_it_is_left_out(console):
    anna = owner(console)
    action, fields = begun(anna).form("/anslut")
    console.world.clock.now += 15 * 60 + 1
    page = answered(
        anna, anna.post(action, {**fields, "metadata": f"{DER}\n{SAML}", "metadata_url": "https://bok.example/md"})
    )
    assert page.page == "held"
    _, waited = page.form("/teknik")
    assert (waited["metadata"], waited["metadata_url"]) == ("", "https://bok.example/md")
    stands_nowhere(console.world, DER)
