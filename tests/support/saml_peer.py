"""A SAML service provider for tests: its metadata, requests with any fault by either binding, and a strict reader of answers.

It signs with keys of its own and checks what it receives twice: with our reader and with python-xmlsec, so that the two
opinions must agree.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from lxml import etree

from metadata.wire.redirect import decode, encode
from metadata.wire.saml_messages import (
    AssertionContent,
    Expectations,
    LogoutRequestSpec,
    LogoutResponse,
    NameId,
    StatusRefused,
    build_logout_request,
    new_id,
    read_logout_response,
    read_response,
)
from metadata.wire.saml_messages.building import finished, message
from metadata.wire.saml_messages.opening import instant_text
from metadata.wire.saml_messages.vocabulary import PERSISTENT, SAML, SAMLP, saml, samlp
from metadata.wire.signing import PublicKey, Signer
from metadata.wire.xml import Element, add
from tests.support import saml as s
from tests.support import saml_metadata as md
from tests.support.world import LEVEL2, LEVEL3, MEMBER, NAMES, NOW, Answer, Browser, World

XMLSIG = "{http://www.w3.org/2000/09/xmldsig#}"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
SET_ATTRIBUTES = {
    "id": "ID",
    "issue_instant": "IssueInstant",
    "destination": "Destination",
    "acs_url": "AssertionConsumerServiceURL",
    "acs_index": "AssertionConsumerServiceIndex",
    "binding": "ProtocolBinding",
    "attributes_index": "AttributeConsumingServiceIndex",
    "force": "ForceAuthn",
    "passive": "IsPassive",
    "version": "Version",
}


@dataclass(frozen=True)
class Received:
    """An answer, read. `post_to` is where the form sends it."""

    post_to: str
    relay_state: str | None
    xml: bytes
    content: AssertionContent | None = None
    status: tuple[str, str | None] = ("Success", None)
    message: str = ""

    @property
    def root(self) -> Any:
        return etree.fromstring(self.xml)

    @property
    def encrypted(self) -> bool:
        return self.root.find(saml("EncryptedAssertion")) is not None

    @property
    def assertion_signed(self) -> bool:
        found = self.root.find(saml("Assertion"))
        return found is not None and found.find(f"{XMLSIG}Signature") is not None

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """By friendly name."""
        return {a.friendly_name: a.values for a in self.content.attributes}

    @property
    def signature_method(self) -> str:
        return self.root.find(f"{XMLSIG}Signature/{XMLSIG}SignedInfo/{XMLSIG}SignatureMethod").get("Algorithm")


@dataclass(frozen=True)
class Peer:
    """One service provider. What its metadata says is data here, so that a test states only what matters to it."""

    id: str = "sp"
    key: str = "peer-sp"
    signed: bool = True
    wants_signed: bool = False
    encrypts: bool = False
    ecdsa: bool = False
    acs: tuple[tuple[str, int, bool], ...] = ()
    asks: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    logout: tuple[str, ...] = (md.REDIRECT, md.POST)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"https://{self.id}.example.org"

    @property
    def entity_id(self) -> str:
        return f"{self.host}/metadata"

    @property
    def endpoints(self) -> tuple[tuple[str, int, bool], ...]:
        return self.acs or ((f"{self.host}/acs", 0, True), (f"{self.host}/acs/other", 1, False))

    @property
    def signer(self) -> Signer:
        return s.rsa_signer(self.key)

    # --- in the federation file

    def metadata(self) -> str:
        """Its metadata document."""
        certificate = md.certificate(s.rsa_key(self.key))
        keys = md.key("signing", certificate) + (md.key("encryption", certificate) if self.encrypts else "")
        slo = "".join(md.slo(f"{self.host}/slo", binding=binding) for binding in self.logout)
        acs = "".join(
            md.acs(url, index, more=' isDefault="true"' if default else "") for url, index, default in self.endpoints
        )
        flags = (
            f'AuthnRequestsSigned="{str(self.signed).lower()}" WantAssertionsSigned="{str(self.wants_signed).lower()}"'
        )
        extensions = ""
        if self.categories:
            extensions = md.entity_attribute("http://macedir.org/entity-category", *self.categories)
        methods = f'<alg:SigningMethod Algorithm="{ECDSA}"/>' if self.ecdsa else ""
        role = md.sp_role(slo + acs + "".join(self.asks), keys=keys, flags=flags, extensions=methods)
        return md.entity(role, entity_id=self.entity_id, extensions=extensions).decode()

    def entry(self, **changes: Any) -> dict[str, Any]:
        """Its entry."""
        entry = {
            "id": self.id,
            "member": MEMBER,
            "names": {"sv": f"Tjänsten {self.id}", "en": f"Service {self.id}"},
            "levels": [LEVEL2, LEVEL3],
            "attributes": NAMES,
            "information_url": f"{self.host}/",
            "saml": {"metadata_xml": self.metadata()},
        }
        return {**entry, **self.extra, **changes}

    # --- requests

    def authn_request(
        self, world: World, *, levels: tuple[str, ...] = (), comparison: str = "exact", **given: Any
    ) -> Element:
        """An AuthnRequest as a tree. An attribute given as None is left out; `edit` changes the tree at the end."""
        attributes: dict[str, Any] = {
            "id": new_id(),
            "destination": f"{world.base}/saml/sso",
            "version": "2.0",
            **{name: given[name] for name in SET_ATTRIBUTES if name in given},
        }
        attributes.setdefault("issue_instant", instant_text(world.clock()))
        root = message("AuthnRequest", given.get("issuer", self.entity_id), world.clock(), {})
        for name, value in attributes.items():
            root.attrib.pop(SET_ATTRIBUTES[name], None)
            if value is not None:
                root.set(SET_ATTRIBUTES[name], str(value).lower() if isinstance(value, bool) else str(value))
        self._children(root, levels, comparison, given)
        if edit := given.get("edit"):
            edit(root)
        return root

    def _children(self, root: Element, levels: tuple[str, ...], comparison: str, given: dict[str, Any]) -> None:
        if (subject := given.get("subject")) is not None:
            value, kind = subject if isinstance(subject, tuple) else (subject, None)
            add(add(root, saml("Subject")), saml("NameID"), value, {"Format": kind} if kind else {})
        if (policy := given.get("name_id")) is not None:
            add(root, samlp("NameIDPolicy"), None, policy)
        if levels or "decl" in given:
            asked = add(root, samlp("RequestedAuthnContext"), None, {"Comparison": comparison})
            for level in levels:
                add(asked, saml("AuthnContextClassRef"), level)
            for decl in given.get("decl", ()):
                add(asked, saml("AuthnContextDeclRef"), decl)
        if "idps" in given or "proxy_count" in given:
            scoping = add(root, samlp("Scoping"))
            if "proxy_count" in given:
                scoping.set("ProxyCount", str(given["proxy_count"]))
            if given.get("idps"):
                listed = add(scoping, samlp("IDPList"))
                for idp in given["idps"]:
                    add(listed, samlp("IDPEntry"), None, {"ProviderID": idp})

    def redirect(
        self, world: World, *, by: Signer | bool | None = True, relay: str | None = "relay", **given: Any
    ) -> str:
        """The URL of a request by HTTP-Redirect, signed unless `by` is None."""
        by = self.signer if by is True else by
        xml = etree.tostring(self.authn_request(world, **given))
        url = encode(f"{world.base}/saml/sso", xml, relay_state=relay, signer=by or None)
        hint = given.get("hint", "test:anna")
        return url if hint is None else f"{url}&login_hint={quote(hint)}"

    def post(
        self, world: World, *, by: Signer | bool | None = True, relay: str | None = "relay", **given: Any
    ) -> dict[str, str]:
        """The form of a request by HTTP-POST."""
        by = self.signer if by is True else by
        given.setdefault("subject", "test:anna")
        xml = finished(self.authn_request(world, **given), by or None)
        form = {"SAMLRequest": b64encode(xml).decode()}
        return form if relay is None else {**form, "RelayState": relay}

    def login(self, world: World, browser: Browser | None = None, **given: Any) -> "Received":
        """A whole login by the test method, without a page."""
        browser = browser or world.browser()
        return self.read(world, browser.follow(browser.get(self.redirect(world, **given))))

    # --- answers

    def read(self, world: World, answer: Answer) -> Received:
        """The Response in a form: read strictly by our reader, and by python-xmlsec; they must agree."""
        post_to, xml, relay = delivered(answer)
        root = etree.fromstring(xml)
        keys = broker_keys(world)
        assert s.xmlsec_accepts(xml, keys), "libxmlsec1 refuses the Response"
        expected = Expectations(
            issuer=f"{world.base}/saml/metadata",
            keys=keys,
            audience=self.entity_id,
            acs_url=post_to,
            in_response_to=root.get("InResponseTo"),
            now=world.clock(),
            decryption_keys=(s.rsa_key(self.key),) if self.encrypts else (),
            want_assertion_signed=self.wants_signed,
        )
        try:
            content = read_response(xml, expected)
        except StatusRefused as error:
            if not error.proven:
                raise
            top, second = error.top.removeprefix(STATUS), error.second and error.second.removeprefix(STATUS)
            return Received(post_to, relay, xml, None, (top, second), error.message)
        return Received(post_to, relay, xml, content)

    # --- logout

    def logout_request(
        self, world: World, content: AssertionContent, *, by: Signer | None = None, **changes: Any
    ) -> bytes:
        """A LogoutRequest for a login."""
        spec = LogoutRequestSpec(
            issuer=self.entity_id,
            destination=f"{world.base}/saml/slo",
            now=world.clock(),
            name_id=content.name_id,
            session_indexes=(content.session_index,),
        )
        return build_logout_request(replace(spec, **changes), by)

    def logout_url(
        self, world: World, content: AssertionContent, *, by: Signer | bool | None = True, **changes: Any
    ) -> str:
        """By HTTP-Redirect."""
        by = self.signer if by is True else by
        xml = self.logout_request(world, content, **changes)
        return encode(f"{world.base}/saml/slo", xml, relay_state="bye", signer=by or None)

    def logout_form(
        self, world: World, content: AssertionContent, *, by: Signer | bool | None = True, **changes: Any
    ) -> dict[str, str]:
        """By HTTP-POST."""
        by = self.signer if by is True else by
        xml = self.logout_request(world, content, by=by or None, **changes)
        return {"SAMLRequest": b64encode(xml).decode(), "RelayState": "bye"}

    def read_logout(self, world: World, answer: Answer) -> tuple[LogoutResponse, str | None, str]:
        """The LogoutResponse in a redirect or form: its value, RelayState and where it goes. The signature is proven."""
        keys = broker_keys(world)
        if answer.status == 303:
            parts = urlsplit(answer.location)
            carried = decode(parts.query.encode())
            carried.verify(keys)
            return read_logout_response(carried.xml), carried.relay_state, answer.location.partition("?")[0]
        post_to, xml, relay = delivered(answer)
        assert s.xmlsec_accepts(xml, keys)
        return read_logout_response(xml, lambda _: keys), relay, post_to


def delivered(answer: Answer) -> tuple[str, bytes, str | None]:
    """Target, octets and RelayState of the form that answers a service."""
    assert answer.page == "U9", (answer.status, answer.page, answer.cause, answer.location, answer.text[:1500])
    post_to, fields = answer.fields()
    return post_to, b64decode(fields["SAMLResponse"]), fields.get("RelayState")


def broker_keys(world: World) -> list[PublicKey]:
    """The broker's signing keys, as its metadata gives them."""
    from metadata.saml import read_provider

    document = world.request("GET", "/saml/metadata").body
    return list(read_provider(document, allow_http_loopback=True).provider.signing_keys)


def packed(xml: bytes) -> str:
    """Raw DEFLATE and base64."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return b64encode(deflater.compress(xml) + deflater.flush()).decode()


def query_signed(peer: Peer, xml: bytes, *, relay: str | None, alg: str, enquote: Callable[[str], str]) -> str:
    """A query whose values are encoded in the sender's own way, signed over just those octets."""
    query = f"SAMLRequest={enquote(packed(xml))}"
    if relay is not None:
        query += f"&RelayState={enquote(relay)}"
    query += f"&SigAlg={enquote(alg)}"
    return f"{query}&Signature={enquote(b64encode(peer.signer.sign(query.encode())).decode())}"


__all__ = ["NOW", "PERSISTENT", "SAML", "SAMLP", "NameId", "Peer", "Received", "parse_qs"]
