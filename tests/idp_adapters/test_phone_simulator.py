"""The simulated mobile e-ID speaks the real wire protocol: over mutual TLS, with its errors, times and evidence."""

import base64
import json
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPSConnection
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from idp_adapters.base import Authenticated, Failed, Inbound, Wait
from idp_adapters.simulators.phone import PERSONS, PhoneSimulator
from idp_adapters.simulators.phone_faults import FAULTS, Fault
from idp_adapters.simulators.phone_orders import NotForTheApp, Orders, Refused
from metadata.wire.egress import Egress, EgressFailed, EgressPolicy, Outbound, Purpose, TlsIdentity
from tests.support.adapters import NOW, ask
from tests.support.phone import Clock, settings, tools
from tests.support.pki import Authority

PERSON, BLOCKED = PERSONS[0], PERSONS[3]
AUTH = {"endUserIp": "192.0.2.7", "userVisibleData": base64.b64encode(b"Log in").decode()}


class Served:
    """A simulator that is served on loopback, and the keys that go with it."""

    def __init__(self, folder):
        self.clock = Clock()
        self.simulator = PhoneSimulator(self.clock)
        self.authority, self.other = Authority.root("RP CA"), Authority.root("Other CA")
        server, self.client = self.authority.server("127.0.0.1"), self.authority.leaf("tillit")
        self.stranger = self.other.leaf("stranger")
        files = {"cert": server.pem, "key": server.key_pem, "client_ca": self.authority.pem}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        self.running = self.simulator.serve("127.0.0.1", 0, **{name: folder / name for name in files})
        self.egress = Egress(EgressPolicy(loopback=True))

    def identity(self, client=None) -> TlsIdentity:
        return TlsIdentity(client and client.pem, client and client.key_pem, self.authority.pem)

    def call(self, path, body, *, client=True, content_type="application/json", verb="POST"):
        identity = self.identity(self.client if client is True else client)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.running.url}{path}"
        response = self.egress.fetch(Outbound(verb, url, {"content-type": content_type}, raw, tls=identity))
        return response.status, json.loads(response.body)

    def api(self, method, body, **options):
        return self.call(f"/rp/v6.0/{method}", body, **options)

    def control(self, action, **body):
        return self.call(f"/control/{action}", body, client=None)

    def page(self, path, form=None, language="sv"):
        context = ssl.create_default_context(cadata=self.authority.pem.decode())
        connection = HTTPSConnection("127.0.0.1", self.running.port, context=context, timeout=10)
        headers = {"Accept-Language": language}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if form is None else "POST", path, form and urlencode(form), headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def method(self, client=None, ca=None):
        client = client or self.client
        made = settings(
            url=f"{self.running.url}/rp/v6.0",
            cert=client.pem.decode(),
            key=client.key_pem.decode(),
            ca=(ca or self.authority).pem.decode(),
            start_url=f"{self.running.url}/phone",
        )
        return made.adapter("bankid", tools(self.egress))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    made = Served(tmp_path_factory.mktemp("phone"))
    yield made
    made.egress.close()
    made.running.stop()


@pytest.fixture(autouse=True)
def _calm(request):
    if "served" in request.fixturenames:
        simulator = request.getfixturevalue("served").simulator
        simulator._mischief.clear()
        # One simulator serves all tests here: an order that another one left waiting would stand first in the list.
        simulator.orders._orders.clear()


# --- the whole way over mutual TLS


def test_a_person_with_a_phone_logs_in_over_mutual_tls(served):
    adapter = served.method()
    waiting = adapter.start(ask(), int(served.clock.at))
    assert isinstance(waiting, Wait), waiting

    served.control("open", qr=waiting.qr_text)
    served.clock.at += 2
    waiting = adapter.resume(waiting.state, Inbound(), int(served.clock.at))
    handle = next(o.handle for o in served.simulator.orders._orders.values() if o.hint == "started")
    served.control("approve", handle=handle, personalNumber=PERSON.number)
    served.clock.at += 2
    answer = adapter.resume(waiting.state, Inbound(), int(served.clock.at))

    assert waiting.message == "eid.started"
    assert isinstance(answer, Authenticated), answer
    assert answer.asserted.attributes["personalNumber"] == (PERSON.number,)


@pytest.mark.parametrize(
    ("client", "ca"), [("stranger", "authority"), ("client", "other")], ids=["our certificate", "their certificate"]
)
def test_a_certificate_of_another_ca_ends_in_service_down(served, client, ca):
    adapter = served.method(getattr(served, client), getattr(served, ca))

    failed = adapter.start(ask(), NOW)

    assert isinstance(failed, Failed)
    assert failed.reason.code == "eid-service-down"


def test_a_service_that_is_gone_is_service_down():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    made = settings(url=f"https://127.0.0.1:{port}").adapter("bankid", tools(Egress(EgressPolicy(loopback=True))))

    assert made.start(ask(), NOW).reason.code == "eid-service-down"


def test_the_api_wants_a_client_certificate_and_the_phone_does_not(served):
    assert served.api("auth", AUTH, client=None) == (
        401,
        {"errorCode": "unauthorized", "details": "Client certificate required"},
    )
    response, text = served.page("/phone")
    assert response.status == 200
    assert "simulator" in text


def test_a_client_certificate_of_another_ca_does_not_get_through_the_handshake(served):
    with pytest.raises(EgressFailed):
        served.api("auth", AUTH, client=served.stranger)


def test_the_handshake_names_the_client_ca_so_that_browsers_do_not_offer_other_cards(served):
    from OpenSSL import SSL

    with socket.create_connection(("127.0.0.1", served.running.port), timeout=10) as raw:
        raw.settimeout(None)
        connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), raw)
        connection.set_connect_state()
        connection.do_handshake()
        names = [name.CN for name in connection.get_client_ca_list()]
        connection.shutdown()

    assert names == ["RP CA"]


@pytest.mark.parametrize("octets", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05rubbish"])
def test_a_peer_that_does_not_speak_tls_harms_nobody(served, octets):
    with socket.create_connection(("127.0.0.1", served.running.port), timeout=10) as raw:
        raw.sendall(octets)
        with suppress(OSError):  # the peer may have hung up first
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(1024):
                pass

    assert served.page("/phone")[0].status == 200


def test_many_at_once_are_served(served):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(served.page("/phone")[0].status)) for _ in range(40)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert statuses == [200] * 40


# --- errors of the API


@pytest.mark.parametrize(
    ("method", "body", "options", "status", "code"),
    [
        ("auth", AUTH, {"content_type": "text/plain"}, 415, "unsupportedMediaType"),
        ("auth", AUTH, {"verb": "PUT"}, 405, "methodNotAllowed"),
        ("transfer", AUTH, {}, 404, "notFound"),
        ("auth", b"{", {}, 400, "invalidParameters"),
        ("auth", b"[]", {}, 400, "invalidParameters"),
        ("auth", {}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "endUserIp": "here"}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "personalNumber": PERSON.number}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "userVisibleData": "not base64!"}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "userVisibleData": "/w=="}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "userVisibleData": ""}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "userVisibleData": "A" * 1504}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "userVisibleDataFormat": "html"}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "requirement": []}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "requirement": {"age": 18}}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "requirement": {"certificatePolicies": "1.2"}}, {}, 400, "invalidParameters"),
        ("auth", {**AUTH, "web": {"userAgent": "x"}}, {}, 400, "invalidParameters"),
        (
            "auth",
            {**AUTH, "web": {"userAgent": "x" * 257, "referringDomain": "a", "deviceIdentifier": "b"}},
            {},
            400,
            "invalidParameters",
        ),
        ("sign", {"endUserIp": "192.0.2.7"}, {}, 400, "invalidParameters"),
        ("collect", {"orderRef": "unknown"}, {}, 400, "invalidParameters"),
        ("collect", {"orderRef": 7}, {}, 400, "invalidParameters"),
        ("cancel", {"orderRef": "unknown"}, {}, 400, "invalidParameters"),
    ],
)
@pytest.mark.spec("BankID RP API", "errors")
def test_a_wrong_call_gets_the_error_of_the_protocol(served, method, body, options, status, code):
    answered, content = served.api(method, body, **options)

    assert (answered, content["errorCode"]) == (status, code)


def test_a_body_that_is_too_large_is_not_read_to_the_end(served):
    status, content = served.api("auth", b" " * (512 * 1024 + 1))

    assert (status, content["errorCode"]) == (413, "invalidParameters")


def test_sign_takes_longer_texts_than_auth(served):
    status, content = served.api("sign", {**AUTH, "userVisibleData": base64.b64encode(b"x" * 3000).decode()})

    assert status == 200
    assert set(content) == {"orderRef", "autoStartToken", "qrStartToken", "qrStartSecret"}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_shows_once_and_the_method_bears_it(served, fault):
    adapter = served.method()
    waiting = adapter.start(ask(), int(served.clock.at))
    served.control("fault", fault=fault)
    served.clock.at += 2

    answer = adapter.resume(waiting.state, Inbound(), int(served.clock.at))

    assert isinstance(answer, Wait | Failed)
    assert not served.simulator._mischief
    expected = {"maintenance": "eid-service-down", "in-progress": "eid-in-progress", "unauthorized": "eid-service-down"}
    if fault in expected:
        assert answer.reason.code == expected[fault]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("odd-number", "eid-service-down"), ("no-signature", "eid-service-down"), ("high-risk", "eid-risk")],
)
def test_a_completion_with_a_lie_identifies_nobody(served, fault, reason):
    adapter = served.method()
    waiting = adapter.start(ask(), int(served.clock.at))
    order = served.simulator.orders.scan(waiting.qr_text)
    served.simulator.orders.approve(order, PERSON.number)
    served.control("fault", fault=fault)
    served.clock.at += 2

    answer = adapter.resume(waiting.state, Inbound(), int(served.clock.at))

    assert answer.reason.code == reason


def test_a_service_slower_than_the_outbound_limit_is_service_down(served):
    hasty = Egress(EgressPolicy(loopback=True), purposes={"default": Purpose("default", seconds=0.3)})
    made = served.method().settings.adapter("bankid", tools(hasty))
    served.control("fault", fault="slow", seconds=1)

    failed = made.start(ask(), int(served.clock.at))
    hasty.close()

    assert isinstance(failed, Failed)
    assert failed.reason.code == "eid-service-down"


@pytest.mark.parametrize("seconds", [-1, 11, float("nan")])
def test_a_fault_that_is_unknown_or_too_slow_cannot_be_made(seconds):
    with pytest.raises(ValueError, match="no such fault"):
        Fault.named("slow", seconds)
    with pytest.raises(ValueError, match="no such fault"):
        Fault.named("unheard-of")


# --- orders and time


@pytest.fixture
def orders():
    return Orders(Clock(), PERSONS)


def qr(orders, order, seconds=None, age=0):
    from idp_adapters.methods.bankid import qr_text

    return qr_text(
        order.qr_token, order.qr_secret, int(orders.clock.at - order.created) - age if seconds is None else seconds
    )


def collected(orders, order):
    orders.clock.at += 1
    return orders.collect(order.ref)


def test_an_order_that_nobody_opens_fails_after_thirty_seconds(orders):
    order = orders.give("auth", AUTH)

    orders.clock.at += 28
    assert collected(orders, order)["hintCode"] == "outstandingTransaction"
    assert collected(orders, order) == {"orderRef": order.ref, "status": "failed", "hintCode": "startFailed"}


def test_an_order_that_is_opened_expires_after_three_minutes(orders):
    order = orders.give("auth", AUTH)
    orders.scan(qr(orders, order))

    orders.clock.at += 178
    assert collected(orders, order)["hintCode"] == "started"
    assert collected(orders, order)["hintCode"] == "expiredTransaction"


def test_a_finished_order_is_given_out_once(orders):
    order = orders.give("auth", AUTH)
    orders.approve(orders.scan(qr(orders, order)), PERSON.number)

    assert collected(orders, order)["status"] == "complete"
    with pytest.raises(Refused, match="invalidParameters"):
        collected(orders, order)


@pytest.mark.parametrize(("outcome", "kept"), [("complete", 180), ("failed", 300)])
def test_a_finished_order_is_kept_for_a_while(orders, outcome, kept):
    order = orders.give("auth", AUTH)
    orders.scan(qr(orders, order))
    if outcome == "complete":
        orders.approve(order, PERSON.number)
    else:
        orders.fail(order, "userCancel")

    orders.clock.at += kept
    with pytest.raises(Refused, match="invalidParameters"):
        collected(orders, order)


def test_collecting_more_often_than_each_second_is_too_much(orders):
    order = orders.give("auth", AUTH)
    orders.collect(order.ref)

    orders.clock.at += 0.5
    with pytest.raises(Refused, match="tooManyRequests"):
        orders.collect(order.ref)


def test_a_second_order_for_the_same_person_ends_the_first_and_gives_none(orders):
    named = {**AUTH, "requirement": {"personalNumber": PERSON.number}}
    first = orders.give("auth", named)

    with pytest.raises(Refused, match="alreadyInProgress"):
        orders.give("auth", named)

    assert collected(orders, first)["hintCode"] == "cancelled"
    assert orders.give("auth", named).status == "pending"


def test_an_order_for_another_person_fails(orders):
    order = orders.give("auth", {**AUTH, "requirement": {"personalNumber": PERSONS[1].number}})
    orders.approve(orders.scan(qr(orders, order)), PERSON.number)

    assert collected(orders, order)["status"] == "failed"


def test_a_blocked_person_fails_with_certificate_error(orders):
    order = orders.give("auth", AUTH)
    orders.approve(orders.scan(qr(orders, order)), BLOCKED.number)

    assert collected(orders, order)["hintCode"] == "certificateErr"


def test_a_cancelled_order_is_gone(orders):
    order = orders.give("auth", AUTH)
    orders.cancel(order.ref)

    for call in (orders.collect, orders.cancel):
        with pytest.raises(Refused, match="invalidParameters"):
            call(order.ref)


def test_a_finished_order_cannot_be_cancelled_or_approved_again(orders):
    order = orders.give("auth", AUTH)
    orders.fail(orders.scan(qr(orders, order)), "userCancel")

    with pytest.raises(Refused, match="invalidParameters"):
        orders.cancel(order.ref)
    with pytest.raises(NotForTheApp):
        orders.approve(order, PERSON.number)


# --- the QR code, as the issuer checks it


@pytest.mark.parametrize(("age", "read"), [(-2, True), (0, True), (5, True), (6, False), (25, False), (-3, False)])
def test_a_code_is_read_only_within_its_window(orders, age, read):
    order = orders.give("auth", AUTH)
    orders.clock.at += 25

    if read:
        assert orders.scan(qr(orders, order, age=age)) is order
    else:
        with pytest.raises(NotForTheApp, match="old-code"):
            orders.scan(qr(orders, order, age=age))


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"), "forged-code"),
        (lambda text: text.replace(".0.", ".1."), "forged-code"),
        (lambda text: text.rpartition(".")[0], "forged-code"),
        (lambda text: text.replace("bankid", "other"), "not-a-code"),
        (lambda text: text.replace(".0.", ".x."), "not-a-code"),
        (lambda text: text.replace(".0.", ".1234567."), "not-a-code"),
        (lambda text: text.replace(".0.", ".."), "not-a-code"),
        (lambda text: "bankid.00000000." + text.split(".", 2)[2], "no-order"),
        (lambda _: "", "not-a-code"),
        (lambda _: "åäö", "not-a-code"),
    ],
)
def test_a_code_that_is_not_genuine_opens_nothing(orders, change, cause):
    order = orders.give("auth", AUTH)

    with pytest.raises(NotForTheApp, match=cause):
        orders.scan(change(qr(orders, order)))
    assert order.hint == "outstandingTransaction"


def test_an_order_is_opened_by_one_app_only(orders):
    order = orders.give("auth", AUTH)
    orders.scan(qr(orders, order))

    for again in (lambda: orders.scan(qr(orders, order)), lambda: orders.open_link(order.start_token)):
        with pytest.raises(NotForTheApp, match="no-order"):
            again()


# --- evidence


def test_the_signature_is_a_real_xml_signature_over_what_was_shown(orders):
    import xmlsec
    from lxml import etree

    order = orders.give("auth", {**AUTH, "userNonVisibleData": base64.b64encode(b"hidden").decode()})
    orders.approve(orders.scan(qr(orders, order)), PERSON.number)
    data = collected(orders, order)["completionData"]

    root = etree.fromstring(base64.b64decode(data["signature"]))
    certificate = x509.load_der_x509_certificate(base64.b64decode(root.findtext(".//{*}X509Certificate")))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        base64.b64decode(root.findtext(".//{*}X509Certificate")), xmlsec.KeyFormat.CERT_DER
    )
    signed = root.find(".//{*}bankIdSignedData")
    context.register_id(signed, "Id")
    context.verify(root)

    assert root.findtext(".//{*}usrVisibleData") == AUTH["userVisibleData"]
    assert PERSON.number in certificate.subject.rfc4514_string()
    certificate.verify_directly_issued_by(orders.issuer.certificate)
    assert "no real issuer" in orders.issuer.certificate.subject.rfc4514_string()
    root.find(".//{*}usrVisibleData").text = "AAAA"
    with pytest.raises(xmlsec.Error):
        context.verify(root)


def test_the_ocsp_answer_is_real_and_bound_to_the_signature(orders):
    import hashlib

    order = orders.give("auth", AUTH)
    orders.approve(orders.scan(qr(orders, order)), PERSON.number)
    data = collected(orders, order)["completionData"]

    answer = ocsp.load_der_ocsp_response(base64.b64decode(data["ocspResponse"]))
    nonce = answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce

    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert nonce == hashlib.sha256(base64.b64decode(data["signature"])).digest()


def test_risk_is_told_only_when_asked_for(orders):
    order = orders.give("auth", {**AUTH, "returnRisk": True})
    orders.approve(orders.scan(qr(orders, order)), PERSON.number)

    assert collected(orders, order)["completionData"]["risk"] == "low"


# --- the phone's pages


def test_a_person_scans_chooses_and_identifies(served):
    adapter = served.method()
    waiting = adapter.start(ask(service_name="<Provportalen>"), int(served.clock.at))

    response, _ = served.page("/phone/scan", {"qr": f" {waiting.qr_text}\n"})
    asking = response.headers["Location"]
    _, shown = served.page(asking)
    response, _ = served.page(asking, {"answer": "approve", "person": PERSON.number})
    _, done = served.page(response.headers["Location"])

    assert "Provportalen" in shown
    assert "<script" not in shown
    assert PERSON.name in shown
    assert "Klart" in done
    served.clock.at += 2
    assert isinstance(adapter.resume(waiting.state, Inbound(), int(served.clock.at)), Authenticated)


def test_a_person_picks_a_waiting_order_from_the_list_and_refuses_in_english(served):
    adapter = served.method()
    waiting = adapter.start(ask(service_name="The listed one"), int(served.clock.at))

    _, front = served.page("/phone", language="en")
    handle = served.simulator.orders.waiting()[0].handle
    response, _ = served.page("/phone/open?lang=en", {"order": handle})
    asking = response.headers["Location"]
    response, _ = served.page(asking, {"answer": "decline"})
    _, done = served.page(response.headers["Location"])

    assert "The listed one" in front
    assert 'lang="en"' in front
    assert "Nothing was done" in done
    served.clock.at += 2
    assert adapter.resume(waiting.state, Inbound(), int(served.clock.at)).reason.code == "user-cancelled"


def test_a_start_link_opens_the_phone_and_the_app_returns_with_the_nonce(served):
    adapter = served.method()
    waiting = adapter.start(ask(same_device=True), int(served.clock.at))

    response, _ = served.page(waiting.start_link.removeprefix(served.running.url))
    response, _ = served.page(response.headers["Location"], {"answer": "approve", "person": PERSON.number})
    back = response.headers["Location"]
    served.clock.at += 2
    answer = adapter.resume(waiting.state, Inbound({"nonce": back.partition("nonce=")[2]}), int(served.clock.at))

    assert response.status == 303
    assert back.startswith("https://tillit.example/login/login-1/return?nonce=")
    assert isinstance(answer, Authenticated)


@pytest.mark.parametrize(
    ("path", "form", "status", "text"),
    [
        ("/phone/scan", {"qr": "hello"}, 409, "inte en QR-kod"),
        ("/phone/scan", {}, 409, "inte en QR-kod"),
        ("/phone/open", {"order": "unknown"}, 409, "finns inte"),
        ("/phone/order/unknown", None, 404, "finns inte"),
        ("/phone/order/unknown", {"answer": "approve"}, 409, "finns inte"),
        ("/phone?autostarttoken=unknown", None, 409, "finns inte"),
        ("/elsewhere", None, 404, "Sidan finns inte"),
        ("/phone", {"x": "y"}, 404, "Sidan finns inte"),
    ],
)
def test_a_wrong_step_on_the_phone_gets_a_sentence(served, path, form, status, text):
    response, shown = served.page(path, form)

    assert response.status == status
    assert text in shown
    assert 'role="status"' in shown


def test_approving_without_a_person_gets_a_sentence(served):
    served.method().start(ask(), int(served.clock.at))
    handle = served.simulator.orders.waiting()[0].handle

    response, shown = served.page(f"/phone/order/{handle}", {"answer": "approve"})

    assert response.status == 409
    assert "Välj vem du är" in shown


def test_pages_allow_no_script_and_are_whole(served):
    import html5lib

    served.method().start(ask(), int(served.clock.at))
    for path in ("/phone", "/phone?lang=en", "/elsewhere"):
        response, text = served.page(path)
        parser = html5lib.HTMLParser(strict=True)
        parser.parse(text)

        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "<script" not in text
        assert "simulator" in text
    response, _ = served.page("/phone.css")
    assert response.headers["Content-Type"] == "text/css"


# --- control


def test_a_program_sees_what_waits_but_no_secret(served):
    served.method().start(ask(), int(served.clock.at))

    status, content = served.call("/control/orders", b"", client=None, verb="GET")

    order = served.simulator.orders.waiting()[0]
    assert status == 200
    assert content["waiting"][0]["handle"] == order.handle
    assert order.ref not in json.dumps(content)
    assert order.qr_secret not in json.dumps(content)


@pytest.mark.parametrize(
    ("action", "body", "hint"),
    [
        ("decline", {}, "userCancel"),
        ("fail", {"hint": "notSupportedByUserApp"}, "notSupportedByUserApp"),
        ("fail", {"hint": "transactionRiskBlocked"}, "transactionRiskBlocked"),
        ("step", {"hint": "userMrtd"}, "userMrtd"),
        ("open", {}, "started"),
        ("approve", {"personalNumber": BLOCKED.number}, "certificateErr"),
    ],
)
def test_a_program_acts_as_the_person_and_the_app(served, action, body, hint):
    served.method().start(ask(), int(served.clock.at))
    handle = served.simulator.orders.waiting()[0].handle

    status, content = served.control(action, handle=handle, **body)

    assert (status, content["hint"]) == (200, hint)


def test_a_program_that_starts_by_link_learns_where_the_app_returns(served):
    waiting = served.method().start(ask(same_device=True), int(served.clock.at))
    token = waiting.start_link.partition("autostarttoken=")[2].partition("&")[0]

    status, content = served.control("approve", autostarttoken=token, personalNumber=PERSON.number)

    assert status == 200
    assert "nonce=" in content["returnUrl"]


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("dance", {}, 400),
        ("approve", {}, 400),
        ("approve", {"handle": "unknown"}, 409),
        ("approve", {"qr": "hello", "personalNumber": PERSON.number}, 409),
        ("fault", {"fault": "unheard-of"}, 400),
        ("fault", {"fault": "slow", "seconds": 99}, 400),
        ("fault", {"fault": "slow", "times": "many"}, 400),
        ("fault", {}, 400),
    ],
)
def test_a_wrong_order_to_the_control_is_refused(served, action, body, status):
    assert served.control(action, **body)[0] == status


def test_a_page_of_another_site_cannot_use_the_control(served):
    status, _ = served.call("/control/calm", b"{}", client=None, content_type="text/plain")

    assert status == 405


def test_calm_ends_all_faults(served):
    served.control("fault", fault="maintenance", times=5)

    assert served.control("calm") == (200, {"faults": 0})
    assert isinstance(served.method().start(ask(), int(served.clock.at)), Wait)
