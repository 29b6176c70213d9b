"""The sample SAML service (`The record`): asks for a login, reads the answer strictly, shows it, and logs out.

Owns the service's own state: requests that wait for an answer, and who is logged in. An answer comes by a cross-site POST,
without the browser's cookie, so it is kept under a key and fetched by a GET that has the cookie: only the browser that
asked is logged in.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, redirect, render_template, request, session, url_for

from broker.demo import keys, saml_metadata
from broker.demo.broker_peer import BrokerPeer
from broker.demo.places import Places
from broker.demo.sample import LoggedIn, Remembered, failed, sample_app, who_asks
from metadata.register import REDIRECT, Endpoint
from metadata.wire.egress import EgressFailed
from metadata.wire.redirect import decode, decode_post, encode
from metadata.wire.saml_messages import (
    AssertionContent,
    AuthnRequestSpec,
    Expectations,
    LogoutRequestSpec,
    SamlRefused,
    StatusRefused,
    build_authn_request,
    build_logout_request,
    check_received,
    read_logout_response,
    read_response,
)
from metadata.wire.saml_messages.vocabulary import SAML, SUCCESS
from metadata.wire.xml import XmlRefused, parse, serialized
from metadata.wire.xmlenc import decrypt
from trust_framework.attributes import by_saml_name


@dataclass(frozen=True, slots=True)
class _Pending:
    """A request that was sent: its id, and which browser's session sent it."""

    id: str
    session: str


@dataclass(frozen=True, slots=True)
class _Answer:
    pending: _Pending
    who: LoggedIn


@dataclass(frozen=True, slots=True)
class SamlPart:
    """The protocol half, without a web page in sight."""

    places: Places
    peer: BrokerPeer

    @property
    def entity_id(self) -> str:
        return saml_metadata.entity_id(self.places)

    @property
    def acs(self) -> str:
        return f"{self.places.saml_service}/acs"

    def request(
        self, state: str, *, level: str = "", staff: bool = False, force: bool = False, passive: bool = False
    ) -> tuple[str, str]:
        """The id of a new request, and the address that carries it (SAML profiles section 4.1.3.3)."""
        where = _by_redirect(self.peer.provider().single_sign_on_services)
        spec = AuthnRequestSpec(
            issuer=self.entity_id,
            destination=where,
            acs_url=self.acs,
            issue_instant=int(time.time()),
            class_refs=(level,) if level else (),
            force_authn=force,
            is_passive=passive,
            attribute_consuming_service_index=saml_metadata.AS_STAFF if staff else None,
        )
        signer = keys.signer(self.places, "saml-service")
        return spec.id, encode(where, build_authn_request(spec), relay_state=state, signer=signer)

    def answer(self, value: str, in_response_to: str) -> tuple[AssertionContent, str]:
        """What the answer proves, and the assertion as it came. Raises XmlRefused, SamlRefused, StatusRefused."""
        xml = decode_post(value)
        decryption = (keys.private_key(self.places, "saml-service-encryption"),)
        provider = self.peer.provider()
        expected = Expectations(
            issuer=provider.entity_id,
            keys=provider.signing_keys,
            audience=self.entity_id,
            acs_url=self.acs,
            in_response_to=in_response_to,
            now=int(time.time()),
            decryption_keys=decryption,
        )
        return read_response(xml, expected), _assertion(xml, decryption)

    def logout(self, content: AssertionContent, state: str) -> tuple[str, str]:
        """The id of a logout request, and the address that carries it (SAML profiles section 4.4.3.1)."""
        if content.name_id is None:
            raise TypeError("nobody can be logged out without a name")
        where = _by_redirect(self.peer.provider().single_logout_services)
        indexes = (content.session_index,) if content.session_index else ()
        spec = LogoutRequestSpec(self.entity_id, where, int(time.time()), content.name_id, indexes)
        signer = keys.signer(self.places, "saml-service")
        return spec.id, encode(where, build_logout_request(spec), relay_state=state, signer=signer)

    def logged_out(self, query: bytes, in_response_to: str) -> bool:
        """Whether everybody is logged out; False for a PartialLogout. Raises XmlRefused, SamlRefused."""
        message = decode(query)
        message.verify(self.peer.provider().signing_keys)
        answer = read_logout_response(message.xml)
        check_received(answer, at=f"{self.places.saml_service}/slo", now=int(time.time()), signed=True)
        if answer.issuer != self.peer.entity_id or answer.in_response_to != in_response_to:
            raise SamlRefused("in-response-to")
        if answer.status != SUCCESS:
            raise StatusRefused(answer.status, answer.second_status, "", proven=True)
        return answer.second_status is None


def _by_redirect(endpoints: tuple[Endpoint, ...]) -> str:
    return next(endpoint.url for endpoint in endpoints if endpoint.binding == REDIRECT)


def _assertion(xml: bytes, decryption: Any) -> str:
    """The assertion to look at: decrypted where it came encrypted. Nothing is judged by it."""
    root = parse(xml)
    encrypted = root.find(f"{{{SAML}}}EncryptedAssertion")
    if encrypted is not None:
        return decrypt(encrypted, decryption).decode()
    return serialized(root).decode()


def shown(content: AssertionContent, raw: str) -> LoggedIn:
    """The person as the page shows them: catalogue names where there is one."""
    details: dict[str, str] = {}
    for attribute in content.attributes:
        row = by_saml_name(attribute.name)
        details[row.name if row else attribute.name] = ", ".join(attribute.values)
    name_id = content.name_id.value if content.name_id else ""
    return LoggedIn(name_id, content.authn_context_class_ref, details, {"assertion": raw}, {"content": content})


@dataclass(frozen=True, slots=True)
class Site:
    """The service's pages, one method each, and what it remembers between them."""

    part: SamlPart
    pending: Remembered[_Pending] = field(default_factory=Remembered)
    answers: Remembered[_Answer] = field(default_factory=Remembered)
    logouts: Remembered[_Pending] = field(default_factory=Remembered)
    people: Remembered[LoggedIn] = field(default_factory=Remembered)
    used: Remembered[str] = field(default_factory=Remembered)

    def start(self) -> str:
        """`/`: who is logged in, and the ways to log in."""
        told = request.args.get("told", "")
        who = self.people.get(who_asks())
        return render_template("saml.html", who=who, told=told if told in {"logged-out", "logged-out-partly"} else "")

    def metadata(self) -> Response:
        """`/metadata`: also the entityID."""
        return Response(saml_metadata.write(self.part.places), mimetype="application/samlmetadata+xml")

    def login(self) -> Any:
        """Ask the broker."""
        relay_state, asked = secrets.token_urlsafe(16), request.args
        sent, url = self.part.request(
            relay_state,
            level=asked.get("level", ""),
            staff=asked.get("who") == "staff",
            force="force" in asked,
            passive="passive" in asked,
        )
        self.pending.put(relay_state, _Pending(sent, who_asks()))
        return redirect(url, 303)

    def acs(self) -> Any:
        """The broker's answer (SAML profiles section 4.1.4.3): judged here, fetched by the browser at `landed`."""
        pending = self.pending.take(request.form.get("RelayState", ""))
        if pending is None:
            return failed("not-here")
        try:
            content, raw = self.part.answer(request.form.get("SAMLResponse", ""), pending.id)
        except StatusRefused as error:
            return failed("refused", status=403, top=error.top, second=error.second, message=error.message)
        except (XmlRefused, SamlRefused) as error:
            return failed("not-accepted", reason=error.reason)
        if self.used.get(content.assertion_id):
            return failed("not-accepted", reason="assertion used before")
        self.used.put(content.assertion_id, pending.id)
        handle = secrets.token_urlsafe(24)
        self.answers.put(handle, _Answer(pending, shown(content, raw)))
        return redirect(url_for("landed", h=handle), 303)

    def landed(self) -> Any:
        """Log in the browser that asked, under a new session id."""
        answer = self.answers.take(request.args.get("h", ""))
        if answer is None or answer.pending.session != who_asks():
            return failed("not-here")
        session["id"] = secrets.token_urlsafe(24)
        self.people.put(who_asks(), answer.who)
        return redirect("/", 303)

    def log_out(self) -> Any:
        """Forget the person here, and ask the broker for single logout."""
        who = self.people.take(who_asks())
        if who is None:
            return redirect("/", 303)
        relay_state = secrets.token_urlsafe(16)
        sent, url = self.part.logout(who.secret["content"], relay_state)
        self.logouts.put(relay_state, _Pending(sent, who_asks()))
        return redirect(url, 303)

    def slo(self) -> Any:
        """The broker's answer to that."""
        pending = self.logouts.take(request.args.get("RelayState", ""))
        if pending is None or pending.session != who_asks():
            return failed("not-here")
        try:
            complete = self.part.logged_out(request.query_string, pending.id)
        except StatusRefused as error:
            return failed("refused", status=403, top=error.top, second=error.second)
        except (XmlRefused, SamlRefused) as error:
            return failed("not-accepted", reason=error.reason)
        return redirect(url_for("start", told="logged-out" if complete else "logged-out-partly"), 303)


def make_app(places: Places, peer: BrokerPeer) -> Flask:
    """The service as a WSGI application."""
    app, site = sample_app("saml", places), Site(SamlPart(places, peer))
    for rule, view in (("/", site.start), ("/metadata", site.metadata), ("/login", site.login)):
        app.add_url_rule(rule, view_func=view)
    app.add_url_rule("/landed", view_func=site.landed)
    app.add_url_rule("/slo", view_func=site.slo)
    app.add_url_rule("/acs", view_func=site.acs, methods=["POST"])
    app.add_url_rule("/logout", view_func=site.log_out, methods=["POST"])
    app.register_error_handler(EgressFailed, lambda _: failed("down", status=502))
    return app
