"""Login at an upstream SAML identity provider, against one that is as strict as a good one and bends on command."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from itertools import permutations
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from idp_adapters.base import Authenticated, Failed, Inbound, PostForm, Redirect
from idp_adapters.methods.saml import REASON_OF_STATUS, SamlSettings, request_id
from idp_adapters.simulators.upstream import Call, Fault
from metadata.register import POST, Endpoint
from metadata.saml import read_provider
from metadata.wire import redirect, signing
from metadata.wire.saml_messages import (
    Attribute,
    ErrorSpec,
    NameId,
    ResponseSpec,
    build_error_response,
    build_response,
    read_authn_request,
)
from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT
from tests.support import pki
from tests.support import saml as messages
from tests.support.upstream import (
    ACS,
    BROKER,
    ENTITY_ID,
    GIVEN_NAME,
    IDP,
    LOA2,
    LOA3,
    NOW,
    SN,
    Clock,
    InProcess,
    ask,
    carried,
    identity_provider,
    landed,
    oidc_settings,
    open_id_provider,
    pressed,
    saml_ask,
    saml_provider,
    saml_settings,
    signer,
    tools,
    walked,
)


class World:
    """One provider, and the broker's adapter for it."""

    def __init__(self, idp=None, **settings):
        self.clock = Clock()
        self.idp = identity_provider(clock=self.clock, **(idp or {}))
        self.adapter = saml_settings(**settings).adapter("idp", tools(InProcess()))

    def start(self, **asked):
        return self.adapter.start(saml_ask(**asked), self.clock.now)

    def resume(self, step, inbound):
        return self.adapter.resume(step.state, inbound, self.clock.now)

    def login(self, **asked):
        step = self.start(**asked)
        return self.resume(step, landed(carried(self.idp, step).body))

    def answered(self, build, **asked):
        """The outcome of an answer that a test makes from a good one's description."""
        step = self.start(**asked)
        kept = json.loads(step.state)
        spec = ResponseSpec(
            issuer=f"{IDP}/metadata",
            audience=ENTITY_ID,
            acs_url=ACS,
            in_response_to=kept["request_id"],
            now=NOW,
            name_id=NameId("anna", PERSISTENT),
            authn_context_class_ref=LOA3,
            authn_instant=NOW,
            session_index="_s",
            attributes=(Attribute(GIVEN_NAME, ("Anna",)),),
        )
        xml = build(spec)
        return self.resume(step, Inbound({"SAMLResponse": redirect.encode_post(xml), "RelayState": "login-1"}))


def answer(by=None, **changes):
    return lambda spec: build_response(replace(spec, **changes), by or signer("idp.example"))


def reason(step):
    assert isinstance(step, Failed), step
    return step.reason.code


def outcome(step):
    return None if isinstance(step, Authenticated) else reason(step)


def request_of(step):
    if isinstance(step, PostForm):
        return read_authn_request(
            redirect.decode_post(step.fields["SAMLRequest"]),
            lambda _: [signer("broker-saml", "RS256").public_key],
        )
    return read_authn_request(redirect.decode(urlsplit(step.url).query.encode()).xml)


BY_POST = saml_provider(single_sign_on_services=(Endpoint(f"{IDP}/sso", POST),))

# --- the good way


@pytest.mark.spec("SAML profiles", "4.1")
@pytest.mark.parametrize("provider", [saml_provider(), BY_POST], ids=["redirect", "post"])
@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize("assertion_signed", [False, True])
def test_a_person_is_identified_with_the_level_time_and_attributes_given(provider, encrypt, assertion_signed):
    world = World(
        idp={"encrypt": encrypt, "want_assertions_signed": assertion_signed},
        provider=provider,
        want_assertions_signed=assertion_signed,
    )
    world.idp.authorities = ("https://eid.example",)

    step = world.login(levels=(LOA3,))

    assert isinstance(step, Authenticated), step
    asserted = step.asserted
    assert (asserted.subject.issuer, asserted.subject.format) == (f"{IDP}/metadata", PERSISTENT)
    assert asserted.subject.value == "anna"
    assert asserted.level == LOA3
    assert asserted.authenticated_at == NOW
    assert asserted.attributes == {GIVEN_NAME: ("Anna",), SN: ("Andersson",)}
    assert asserted.authorities == (f"{IDP}/metadata", "https://eid.example")
    assert b64decode(asserted.evidence["saml_response"]).startswith(b"<samlp:Response")


@pytest.mark.spec("SAML core", "3.4.1")
@pytest.mark.parametrize("provider", [saml_provider(), BY_POST], ids=["redirect", "post"])
def test_the_request_is_signed_and_carries_what_was_asked(provider):
    world = World(provider=provider, name_id_format=PERSISTENT)

    step = world.start(levels=(LOA3, LOA2), force=True)

    request = request_of(step)
    assert request.issuer == ENTITY_ID
    assert (request.destination, request.acs_url) == (f"{IDP}/sso", ACS)
    assert request.id.startswith("_login-1.")
    assert request.requested_authn_context.comparison == "exact"
    assert request.requested_authn_context.class_refs == (LOA3, LOA2)
    assert (request.force_authn, request.is_passive) == (True, False)
    assert request.requester_ids == ("https://service.example/metadata",)
    assert request.provider_name == "The service"
    assert request.name_id_policy.format == PERSISTENT
    assert carried(world.idp, step).status == 200, "the provider takes no unsigned request"


@pytest.mark.parametrize("max_age", [0, 300])
def test_a_bound_on_the_age_asks_the_provider_to_identify_anew(max_age):
    assert request_of(World().start(max_age=max_age)).force_authn is True


def test_http_redirect_is_used_where_the_provider_has_it_and_post_where_not():
    assert isinstance(World().start(), Redirect)
    assert isinstance(World(provider=BY_POST).start(), PostForm)


def test_the_browser_leaves_to_the_addresses_of_the_metadata_and_those_registered():
    assert World(origins=("https://login.example",)).adapter.leaves_to() == (
        f"{IDP}/sso", f"{IDP}/sso", "https://login.example",
    )  # fmt: skip


def test_a_service_whose_name_no_xml_can_carry_is_our_own_error():
    assert reason(World().start(service_name="a\x00b")) == "internal"
    assert request_of(World().start(service_name="")).provider_name is None


def test_no_level_asked_means_none_in_the_request():
    assert request_of(World().start()).requested_authn_context is None


def test_no_two_requests_have_one_id_and_each_begins_with_its_login():
    first, second = request_id("login-1"), request_id("login-1")

    assert first != second
    assert first[1:].partition(".")[0] == second[1:].partition(".")[0] == "login-1"


@pytest.mark.spec("SAML bindings", "3.4.3")
@pytest.mark.parametrize("provider", [saml_provider(), BY_POST], ids=["redirect", "post"])
def test_relay_state_is_the_login_and_left_out_when_longer_than_80_bytes(provider):
    world = World(provider=provider)
    short, long = "a" * 80, "a" * 81

    assert landed(carried(world.idp, world.start(login=short)).body).parameters["RelayState"] == short
    assert "RelayState" not in landed(carried(world.idp, world.start(login=long)).body).parameters
    assert isinstance(world.login(login=long), Authenticated)


def test_requests_may_be_signed_by_a_p256_key():
    message = redirect.decode(urlsplit(World(signing_alg="ES256").start().url).query.encode())

    message.verify([signer("broker-saml", "ES256").public_key])


def test_an_assertion_is_consumed_once_until_it_is_useless():
    first, second = World().login(), World().login()

    (one,), (other,) = first.consume, second.consume
    assert one.kind == "upstream-assertion"
    assert one.key.startswith(f"{IDP}/metadata _")
    assert one.key != other.key
    assert one.expires_at == NOW + 300 + 60


def test_an_attribute_named_twice_has_the_values_of_both():
    found = World().answered(answer(attributes=(Attribute("a", ("1",)), Attribute("a", ("2",)))))

    assert found.asserted.attributes == {"a": ("1", "2")}


# --- who


@pytest.mark.parametrize(
    ("name_id", "expected"),
    [
        (NameId("t-1", TRANSIENT), (TRANSIENT, "t-1")),
        (NameId("x"), ("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", "x")),
    ],
)
def test_the_key_to_a_person_is_the_name_id_with_its_format(name_id, expected):
    subject = World().answered(answer(name_id=name_id)).asserted.subject

    assert (subject.format, subject.value) == expected


PAIRWISE = "urn:oasis:names:tc:SAML:attribute:pairwise-id"


def test_the_key_may_be_an_attribute():
    world = World(subject=PAIRWISE)

    subject = world.answered(answer(attributes=(Attribute(PAIRWISE, ("ab@home.example",)),))).asserted.subject

    assert (subject.format, subject.value) == (PAIRWISE, "ab@home.example")


@pytest.mark.parametrize("attributes", [(), (Attribute(PAIRWISE, ("a", "b")),), (Attribute(PAIRWISE, ()),)])
def test_a_key_that_is_none_or_several_identifies_nobody(attributes):
    found = World(subject=PAIRWISE).answered(answer(attributes=attributes))

    assert reason(found) == "upstream-value"
    assert found.about["detail_en"] == "who you are"


def test_an_assertion_without_a_name_identifies_nobody():
    def unnamed(spec):
        root = messages.without_signature(build_response(spec, signer("idp.example")))
        subject = messages.assertion_of(root).find("{*}Subject")
        subject.remove(subject.find("{*}NameID"))
        messages.signed_by_xmlsec(root, messages.ec_key("unnamed"), "ecdsa-sha256", prefixes="xs")
        return messages.octets(root)

    world = World(provider=saml_provider(signing_keys=(messages.ec_key("unnamed").public_key(),)))

    assert reason(world.answered(unnamed)) == "upstream-value"


# --- level and freshness


@pytest.mark.spec("SAML core", "3.3.2.2.1")
@pytest.mark.parametrize(
    ("asked", "given", "certified", "expected"),
    [
        ((LOA3,), LOA3, (), None),
        ((LOA3, LOA2), LOA2, (), None),
        ((), LOA2, (), None),
        ((LOA3,), LOA2, (), "level-too-low"),
        ((LOA2,), LOA3, (), "level-too-low"),
        ((LOA3,), f"{LOA3} ", (), None),  # white space around a URI is not part of it
        ((LOA3,), LOA3.upper(), (), "level-too-low"),
        ((LOA3,), "urn:x", (), "level-too-low"),
        ((LOA3,), LOA3, (LOA3,), None),
        ((LOA3,), LOA3, (LOA2,), "upstream-level"),
        ((), LOA3, (LOA2,), "upstream-level"),
    ],
)
def test_a_level_must_be_among_those_asked_and_those_certified(asked, given, certified, expected):
    world = World(provider=saml_provider(assurance_certification=frozenset(certified)))

    assert outcome(world.answered(answer(authn_context_class_ref=given), levels=asked)) == expected


@pytest.mark.spec("Sweden Connect deployment profile", "6.3")
@pytest.mark.parametrize(
    ("asked", "instant", "expected"),
    [
        ({"force": True}, NOW, None),
        ({"force": True}, NOW - 60, None),
        ({"force": True}, NOW - 61, "upstream-time"),
        ({"max_age": 300}, NOW - 360, None),
        ({"max_age": 300}, NOW - 361, "upstream-time"),
        ({"max_age": 0}, NOW - 61, "upstream-time"),
        ({"force": True, "max_age": 300}, NOW - 61, "upstream-time"),
        ({}, NOW - 10**6, None),
        ({}, NOW + 61, "upstream-time"),
    ],
)
def test_a_login_must_be_as_fresh_as_asked(asked, instant, expected):
    assert outcome(World().answered(answer(authn_instant=instant), **asked)) == expected


# --- answers that are not for this login


def test_relay_state_may_be_lost_and_never_another():
    world = World()
    step = world.start()
    parameters = dict(landed(carried(world.idp, step).body).parameters)

    assert outcome(world.resume(step, Inbound({**parameters, "RelayState": "login-2"}))) == "upstream-used"
    del parameters["RelayState"]
    assert outcome(world.resume(step, Inbound(parameters))) is None


def test_relay_state_that_we_did_not_send_is_refused():
    world = World()
    step = world.start(login="a" * 81)
    parameters = landed(carried(world.idp, step).body).parameters

    assert outcome(world.resume(step, Inbound({**parameters, "RelayState": ""}))) == "upstream-used"


@pytest.mark.spec("SAML profiles", "4.1.4.3")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"in_response_to": "_another"}, "upstream-used"),
        ({"in_response_to": None}, "upstream-used"),
        ({"issuer": "https://evil.example"}, "upstream-used"),
        ({"issuer": f"{IDP}/metadata/"}, "upstream-used"),
        ({"audience": "https://another.example"}, "upstream-used"),
        ({"audience": f"{ENTITY_ID}/"}, "upstream-used"),
        ({"acs_url": f"{ACS}/"}, "upstream-used"),
        ({"acs_url": ACS.upper()}, "upstream-used"),
        ({"acs_url": "https://another.example/acs"}, "upstream-used"),
        ({"now": NOW - 361}, "upstream-time"),
        ({"now": NOW + 61}, "upstream-time"),
        ({"lifetime": -61}, "upstream-time"),
        ({"session_not_on_or_after": NOW - 60}, "upstream-time"),
        ({"now": NOW - 299}, None),
        ({"now": NOW + 60}, None),
        ({"by": signer("idp.example-stranger")}, "upstream-signature"),
        ({"by": signer("two.example")}, "upstream-signature"),
    ],
)
def test_an_answer_that_breaks_a_rule_identifies_nobody(changes, expected):
    assert outcome(World().answered(answer(**changes))) == expected


def swapped(old, new):
    return lambda spec: answer()(spec).replace(old, new)


def commented(spec):
    return answer()(spec).replace(b">anna<", b">an<!-- x -->na<")


def unsigned(spec):
    return messages.octets(messages.without_signature(answer()(spec)))


def second_assertion(spec):
    root = messages.tree(answer()(spec))
    root.append(messages.twin(messages.assertion_of(root)))
    return messages.octets(root)


def evil_before(spec):
    """The original stays as it was signed, behind an assertion about another (signature wrapping)."""
    signed = build_response(spec, signer("idp.example"), sign_assertion=True)
    root = messages.tree(signed)
    root.remove(messages.signature_of(root))
    evil = messages.twin(messages.assertion_of(root))
    evil.set("ID", "_evil")
    evil.remove(messages.signature_of(evil))
    evil.find("{*}Subject/{*}NameID").text = "admin"
    messages.assertion_of(root).addprevious(evil)
    return messages.octets(root)


def with_doctype(spec):
    return b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + answer()(spec)


ATTACKS = {
    "no signature": unsigned,
    "another person": swapped(b">anna<", b">admin<"),
    "another level": swapped(LOA3.encode(), LOA2.encode()),
    "a comment in the name": commented,
    "a processing instruction in the name": swapped(b">anna<", b">an<?p x?>na<"),
    "a second assertion": second_assertion,
    "a forged assertion before the signed one": evil_before,
    "a document type": with_doctype,
    "SHA-1": swapped(b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#ecdsa-sha1"),
    "another digest": swapped(b"xmlenc#sha256", b"xmldsig#sha1"),
    "not XML": lambda _: b"<Response",
    "another message": lambda _: messages.authn_request(),
    "empty": lambda _: b"",
    "too large": lambda spec: answer()(spec) + b" " * 300_000,
    "deep": lambda _: b"<a>" * 300 + b"</a>" * 300,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_answer_that_was_tampered_with_is_not_trusted(attack):
    assert reason(World().answered(attack)) == "upstream-signature"


@pytest.mark.parametrize(
    "parameters", [{}, {"SAMLResponse": "not base64!"}, {"SAMLResponse": ""}, {"SAMLResponse": "A" * 600_000}]
)
def test_what_is_no_answer_is_the_providers_error(parameters):
    world = World()

    assert reason(world.resume(world.start(), Inbound(parameters))) in {"upstream-error", "upstream-signature"}


@pytest.mark.parametrize("state", [b"", b"{}", b"not json", b'{"levels": 1}', b'{"levels": [], "more": 1}'])
def test_a_state_that_is_not_ours_is_our_own_error(state):
    assert reason(World().adapter.resume(state, Inbound(), NOW)) == "internal"


@pytest.mark.spec("SAML core", "3.2.2.2")
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("second", "expected"),
    [*REASON_OF_STATUS.items(), (None, "upstream-error"), ("urn:x:unknown", "upstream-error")],
)
def test_each_status_of_a_provider_has_a_meaning(second, expected, signed):
    def error(spec):
        refusal = ErrorSpec(
            spec.issuer, spec.acs_url, spec.in_response_to, spec.now,
            "urn:oasis:names:tc:SAML:2.0:status:Responder", second, "text of theirs",
        )  # fmt: skip
        xml = build_error_response(refusal, signer("idp.example"))
        return xml if signed else messages.octets(messages.without_signature(xml))

    found = World().answered(error)

    assert reason(found) == expected
    assert "text of theirs" in found.detail


@pytest.mark.parametrize(
    ("fault", "asked", "expected"),
    [
        (Fault.WRONG_ISSUER, {}, "upstream-used"),
        (Fault.WRONG_KEY, {}, "upstream-signature"),
        (Fault.UNSIGNED, {}, "upstream-signature"),
        (Fault.REPLAY, {}, "upstream-used"),
        (Fault.OLD, {}, "upstream-time"),
        (Fault.OTHER_AUDIENCE, {}, "upstream-used"),
        (Fault.LOWER_LEVEL, {"levels": (LOA3,)}, "level-too-low"),
        (Fault.ERROR, {}, "upstream-error"),
        (Fault.CANCEL, {}, "user-cancelled"),
    ],
)
@pytest.mark.parametrize("before", [0, 1])
def test_each_misbehaviour_of_the_simulator_is_seen_and_the_next_login_is_good(fault, asked, expected, before):
    world = World()
    for _ in range(before):
        world.login()
    world.idp.script.set(fault)

    assert reason(world.login(**asked)) == expected
    assert isinstance(world.login(**asked), Authenticated)


def test_an_encrypted_answer_for_another_key_is_not_trusted():
    world = World(idp={"encrypt": True})
    step = world.start()
    inbound = landed(carried(world.idp, step).body)
    other = replace(tools(InProcess()), decryption_keys=lambda: (messages.rsa_key("other"),))

    found = saml_settings().adapter("idp", other).resume(step.state, inbound, NOW)

    assert reason(found) == "upstream-signature"


# --- mix-up, over both kinds


def sides():
    """Two OpenID Providers and two SAML identity providers, with the broker's adapter for each."""
    clock = Clock()
    ops = {n: open_id_provider(f"https://{n}.example", clock, method="op") for n in ("op-1", "op-2")}
    idps = {n: identity_provider(f"https://{n}.example", clock) for n in ("idp-1", "idp-2")}
    egress = InProcess({f"https://{name}.example": op for name, op in ops.items()})
    adapters = {n: oidc_settings(f"https://{n}.example").adapter(n, tools(egress)) for n in ops}
    adapters |= {n: saml_settings(f"https://{n}.example").adapter(n, tools(egress)) for n in idps}
    return {**ops, **idps}, adapters


def begun(name, adapters):
    return adapters[name].start(ask("op") if name.startswith("op") else saml_ask(), NOW)


def came_back(name, simulators, step):
    if name.startswith("op"):
        return walked(simulators[name], step.url)
    return landed(carried(simulators[name], step).body)


@pytest.mark.spec("RFC 9700", "4.4")
@pytest.mark.parametrize(("asked", "answering"), list(permutations(["op-1", "op-2", "idp-1", "idp-2"], 2)))
def test_an_answer_of_one_provider_ends_no_login_at_another(asked, answering):
    simulators, adapters = sides()
    waiting, other = begun(asked, adapters), begun(answering, adapters)
    foreign = came_back(answering, simulators, other)

    assert isinstance(adapters[asked].resume(waiting.state, foreign, NOW), Failed)
    assert isinstance(adapters[asked].resume(other.state, foreign, NOW), Failed), "its state is another's too"
    assert isinstance(adapters[answering].resume(other.state, foreign, NOW), Authenticated), "and it was a good one"


@pytest.mark.parametrize(("asked", "answering"), list(permutations(["idp-1", "idp-2"], 2)))
def test_a_provider_that_answers_the_request_sent_to_another_is_not_taken_for_it(asked, answering):
    simulators, adapters = sides()
    step = begun(asked, adapters)
    kept = json.loads(step.state)
    for issuer in (asked, answering):
        spec = ResponseSpec(
            issuer=f"https://{issuer}.example/metadata",
            audience=ENTITY_ID,
            acs_url=ACS,
            in_response_to=kept["request_id"],
            now=NOW,
            name_id=NameId("anna", PERSISTENT),
            authn_context_class_ref=LOA3,
            authn_instant=NOW,
            session_index="_s",
        )
        xml = build_response(spec, simulators[answering].signer)

        found = adapters[asked].resume(step.state, Inbound({"SAMLResponse": b64encode(xml).decode()}), NOW)

        assert reason(found) in {"upstream-signature", "upstream-used"}
        confused = adapters[answering].resume(step.state, Inbound({"SAMLResponse": b64encode(xml).decode()}), NOW)
        assert reason(confused) == "upstream-used", "it was not asked"


# --- settings


def test_terms_are_those_of_the_federation_file_bounded_by_the_metadata():
    terms = saml_settings(names={"sv": "Hemma"}, identifiers={"personalIdentityNumber"}).terms("home")

    assert (terms.id, terms.ceiling) == ("home", LOA3)
    assert terms.names == {"sv": "Hemma", "en": "Hemma"}
    assert terms.attributes[GIVEN_NAME] == "givenName"
    assert terms.identifiers == {"personalIdentityNumber"}
    assert saml_settings().terms("x").names["en"] == f"{IDP}/metadata"


@pytest.mark.spec("Sweden Connect deployment profile", "6.2.1")
@pytest.mark.parametrize(
    ("registered", "declared", "expected"),
    [
        ({"a"}, {"a", "b"}, {"a"}),
        ({"a"}, {"b"}, set()),
        ({"a"}, set(), {"a"}),
        (set(), {"b"}, {"b"}),
        (set(), set(), set()),
    ],
)
def test_a_scope_must_be_both_registered_and_declared_where_both_are_said(registered, declared, expected):
    settings = saml_settings(scopes=registered, provider=saml_provider(scopes=frozenset(declared)))

    assert settings.terms("x").scopes == expected


@pytest.mark.parametrize(
    "provider",
    [
        saml_provider(single_sign_on_services=()),
        saml_provider(single_sign_on_services=(Endpoint(f"{IDP}/sso", "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"),)),
        saml_provider(signing_keys=()),
        {"entity_id": f"{IDP}/metadata"},
    ],
)
def test_a_provider_that_cannot_be_asked_or_believed_is_no_method(provider):
    with pytest.raises(ValidationError):
        SamlSettings(provider=provider, ceiling=LOA3, levels={})


# --- the simulator


def test_a_person_may_choose_who_they_are_or_cancel():
    world = World(idp={"default_person": None})
    step = world.start(levels=(LOA2,))
    page = carried(world.idp, step)
    assert b"simulator" in page.body

    chosen = pressed(world.idp, page.body, person="bo", level=LOA2)
    again = pressed(world.idp, carried(world.idp, step).body, cancel="1")

    assert world.resume(step, landed(chosen.body)).asserted.attributes == {GIVEN_NAME: ("Bo", "Bosse")}
    assert reason(world.resume(step, landed(again.body))) == "user-cancelled"


def test_a_choice_that_is_none_is_asked_again_and_a_login_that_is_over_stays_over():
    world = World(idp={"default_person": None})
    page = carried(world.idp, world.start())

    assert b"<fieldset" in pressed(world.idp, page.body, person="nobody", level=LOA3).body
    assert pressed(world.idp, page.body, person="bo", level=LOA3).status == 400


def test_the_simulator_says_no_to_passive_and_to_levels_it_has_not():
    assert reason(World(idp={"default_person": None}).login(passive=True)) == "passive-impossible"
    assert reason(World().login(levels=("urn:unknown",))) == "level-too-low"


@pytest.mark.parametrize("provider", [saml_provider(), BY_POST], ids=["redirect", "post"])
def test_the_simulator_takes_no_request_that_is_not_signed_by_a_service_it_knows(provider):
    world = World(provider=provider)
    stranger = replace(tools(InProcess()), signer=lambda *_: signer("stranger", "RS256"))
    unknown = replace(tools(InProcess()), entity_id=f"{BROKER}/other")

    for lent in (stranger, unknown):
        step = saml_settings(provider=provider).adapter("idp", lent).start(saml_ask(), NOW)
        assert carried(world.idp, step).status == 400


@pytest.mark.parametrize("asked", [{"return_url": "https://evil.example/acs"}])
def test_the_simulator_answers_at_registered_addresses_only(asked):
    world = World()

    assert carried(world.idp, world.start(**asked)).status == 400


def test_the_simulator_takes_no_old_request_and_no_unsigned_post():
    world = World()
    step = world.start()
    world.clock.now += 1000

    assert carried(world.idp, step).status == 400
    body = b"SAMLRequest=" + redirect.encode_post(messages.authn_request()).replace("+", "%2B").encode()
    assert world.idp.answer(Call("POST", "/sso", b"", body)).status == 400


def test_the_metadata_of_the_simulator_is_read_as_that_of_any_provider():
    issued = pki.Authority.root().leaf("idp.example")
    key = signing.signer(issued.key, kid="idp", alg="ES256", certificate=issued.der)
    world = World(idp={"scopes": ("home.example",), "signer": key})
    metadata = world.idp.answer(Call("GET", "/metadata", b"", b"")).body

    provider = read_provider(metadata).provider

    assert provider.entity_id == f"{IDP}/metadata"
    assert provider.assurance_certification == {LOA3, LOA2}
    assert provider.scopes == {"home.example"}
    assert provider.want_authn_requests_signed
    world.adapter = saml_settings(provider=provider).adapter("idp", tools(InProcess()))
    assert isinstance(world.login(levels=(LOA3,)), Authenticated)


def test_the_simulator_is_down_when_told_so_and_serves_its_page_parts():
    world = World()
    assert world.idp.answer(Call("GET", "/submit.js", b"", b"")).status == 200
    assert world.idp.answer(Call("GET", "/style.css", b"", b"")).status == 200
    assert world.idp.answer(Call("GET", "/nothing", b"", b"")).status == 404
    assert world.idp.answer(Call("POST", "/sso", b"", b"x" * 600_000)).status == 413

    world.idp.script.set(Fault.DOWN)

    assert carried(world.idp, world.start()).status == 503
