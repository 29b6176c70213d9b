"""Mobile e-ID, relying party API version 6: what each status, hint code, error and silence means to a login."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from idp_adapters.base import Authenticated, CanCancel, CanStartHere, Failed, Inbound, Wait
from idp_adapters.methods import bankid
from idp_adapters.methods.bankid import MESSAGES, BankIdSettings, qr_text, visible
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support.adapters import NOW, ask
from tests.support.phone import COMPLETION, PERSON, TOKENS, URL, Scripted, World, collected, error, pem, settings, tools
from trust_framework.providers import accept

QR_TOKEN, QR_SECRET = TOKENS["qrStartToken"], TOKENS["qrStartSecret"]
MOBILE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"


def scripted(*answers, **changes):
    egress = Scripted([TOKENS, *answers])
    adapter = settings(**changes).adapter("bankid", tools(egress))
    return adapter, egress


def started(adapter, **changes) -> Wait:
    waiting = adapter.start(ask(**changes), NOW)
    assert isinstance(waiting, Wait), waiting
    return waiting


def after_collect(*answers, **changes):
    """The method's answer to one collect."""
    adapter, _ = scripted(*answers, **changes)
    return adapter.resume(started(adapter).state, Inbound(), NOW + 2)


# --- settings


def test_the_level_is_uncertified_unless_the_federation_says_otherwise():
    terms = settings().terms("bankid")

    assert terms.ceiling == "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"
    assert terms.levels == {"bankid": terms.ceiling}
    assert settings(level="http://id.elegnamnden.se/loa/1.0/loa3").terms("b").ceiling.endswith("/1.0/loa3")


@pytest.mark.spec("Sweden Connect BankID profile", "2.1")
def test_attributes_have_the_names_of_the_catalogue():
    assert settings().terms("bankid").attributes == {
        "personalNumber": "personalIdentityNumber",
        "givenName": "givenName",
        "surname": "sn",
        "name": "displayName",
        "orderRef": "transactionIdentifier",
    }


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://eid.example/rp/v6.0", "https://eid.example/rp/v6.0"),
        ("https://eid.example/rp/v6.0/", "https://eid.example/rp/v6.0"),
        ("https://eid.example", "https://eid.example/rp/v6.0"),
        ("https://eid.example:8442/", "https://eid.example:8442/rp/v6.0"),
    ],
)
def test_the_address_of_the_api_is_completed(given, used):
    assert settings(url=given).url == used


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://eid.example/rp/v6.0"},
        {"url": "https://"},
        {"url": "https://eid.example/?x=1"},
        {"url": "https://eid.example/#x"},
        {"order_life": 181},
        {"start_life": 5},
        {"highest_risk": "extreme"},
        {"surprise": "1"},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValidationError):
        settings(**changes)


def test_certificates_are_read_from_files_or_given_as_pem(tmp_path):
    paths = {}
    for name, value in pem().items():
        (tmp_path / name).write_text(value)
        paths[name] = str(tmp_path / name)

    from_files = BankIdSettings(url=URL, **paths).adapter("bankid", tools(Scripted()))
    given = settings().adapter("bankid", tools(Scripted()))

    assert from_files.api.tls == given.api.tls
    assert from_files.api.tls.ca == pem()["ca"].encode()
    assert "PRIVATE KEY" not in repr(settings())


# --- start


def test_an_order_names_nobody_and_tells_the_app_who_asks_and_why():
    adapter, egress = scripted()

    started(adapter, message="För att öppna din *journal*.")

    (method, body), *_ = egress.calls
    assert method == "auth"
    text = base64.b64decode(body["userVisibleData"]).decode()
    assert "Provportalen" in text
    assert "För att öppna din *journal*." in text
    assert body["userVisibleDataFormat"] == "simpleMarkdownV1"
    assert body["endUserIp"] == "192.0.2.7"
    assert body["web"]["referringDomain"] == "tillit.example"
    assert body["web"]["userAgent"].startswith("Mozilla/5.0")
    assert body["requirement"] == {"pinCode": False}
    assert "personalNumber" not in json.dumps(body)


def test_requirements_of_the_federation_are_sent():
    adapter, egress = scripted(certificatePolicies=["1.2.752.78.1.5"], pinCode=True)

    started(adapter)

    assert egress.calls[0][1]["requirement"] == {"pinCode": True, "certificatePolicies": ["1.2.752.78.1.5"]}


def test_without_a_browser_name_nothing_is_said_of_the_browser():
    adapter, egress = scripted()

    started(adapter, user_agent="")

    assert "web" not in egress.calls[0][1]


def test_a_long_browser_name_is_cut_to_what_the_api_takes():
    adapter, egress = scripted()

    started(adapter, user_agent="x" * 1000)

    assert len(egress.calls[0][1]["web"]["userAgent"]) == 256


def test_the_return_address_carries_a_nonce_of_this_order():
    adapter, egress = scripted()
    egress.answers.append(TOKENS)

    started(adapter, return_url="https://tillit.example/login/x?step=1#part")
    started(adapter)

    first, second = (urlsplit(body["returnUrl"]) for _, body in egress.calls)
    assert first.path == "/login/x"
    assert not first.fragment
    assert parse_qs(first.query)["step"] == ["1"]
    assert len(parse_qs(first.query)["nonce"][0]) >= 32
    assert parse_qs(first.query)["nonce"] != parse_qs(second.query)["nonce"]


def test_a_login_that_may_not_show_a_page_is_not_begun():
    adapter, egress = scripted()

    answer = adapter.start(ask(passive=True), NOW)

    assert answer.reason.code == "passive-impossible"
    assert not egress.calls


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error(400, "alreadyInProgress"), "eid-in-progress"),
        (error(400, "invalidParameters"), "eid-service-down"),
        (error(401, "unauthorized"), "eid-service-down"),
        (error(404, "notFound"), "eid-service-down"),
        (error(405, "methodNotAllowed"), "eid-service-down"),
        (error(408, "requestTimeout"), "eid-service-down"),
        (error(415, "unsupportedMediaType"), "eid-service-down"),
        (error(429, "tooManyRequests"), "server-busy"),
        (error(429), "server-busy"),
        (error(500, "internalError"), "eid-service-down"),
        (error(503, "maintenance"), "eid-service-down"),
        (error(503), "eid-service-down"),
        (error(418, "teapot"), "eid-service-down"),
        (Response(302, {"location": "https://evil.example"}, b""), "eid-service-down"),
        (Response(500, {}, b'{"errorCode": 7}'), "eid-service-down"),
        (Response(200, {}, b"<html>"), "eid-service-down"),
        (Response(200, {}, b"[]"), "eid-service-down"),
        (Response(200, {}, b'{"orderRef":"a","orderRef":"b"}'), "eid-service-down"),
        ({}, "eid-service-down"),
        ({**TOKENS, "qrStartSecret": None}, "eid-service-down"),
        ({**TOKENS, "autoStartToken": "short"}, "eid-service-down"),
        ({**TOKENS, "autoStartToken": "7c40b5c9&redirect=https://evil.example"}, "eid-service-down"),
        ({**TOKENS, "orderRef": "x" * 129}, "eid-service-down"),
        (EgressFailed("timeout"), "eid-service-down"),
        (EgressFailed("tls"), "eid-service-down"),
        (EgressRefused("address"), "eid-service-down"),
    ],
)
def test_an_order_that_is_not_given_is_a_cause_and_never_an_exception(answer, reason):
    adapter = settings().adapter("bankid", tools(Scripted([answer])))

    failed = adapter.start(ask(), NOW)

    assert isinstance(failed, Failed)
    assert failed.reason.code == reason
    assert failed.detail


# --- what the app shows


def test_texts_of_a_service_cannot_carry_tags_or_markup_of_their_own():
    text = base64.b64decode(visible(ask(service_name="# <b>Banken*\x00\n| x", message="<script>\x07ok"), 1500)).decode()

    assert "Banken" in text
    assert not set("<>#*|\x00\x07") & set(text)


def test_the_text_is_in_the_language_of_the_person():
    assert "Identify yourself" in base64.b64decode(visible(ask(language="en"), 1500)).decode()
    assert "Legitimera dig" in base64.b64decode(visible(ask(language="sv"), 1500)).decode()


@pytest.mark.parametrize("limit", [200, 201, 1500, 40_000])
def test_the_text_is_never_longer_than_the_api_takes(limit):
    data = visible(ask(service_name="Å" * 500, message="ö€😀" * 20_000), limit)

    assert len(data) <= limit
    assert base64.b64decode(data).decode().startswith("Legitimera dig")


# --- QR code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (0, "dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8"),
        (1, "949d559bf23403952a94d103e67743126381eda00f0b3cbddbf7c96b1adcbce2"),
        (2, "a9e5ec59cb4eee4ef4117150abc58fad7a85439a6a96ccbecc3668b41795b3f3"),
        (30, "814d7fd38e2276625b6815152e3554c663acca689260c092203b48ca4e5c09a3"),
    ],
)
@pytest.mark.spec("BankID RP API", "QR code")
def test_frames_of_the_animated_code_are_those_of_the_vectors(seconds, code):
    assert qr_text(QR_TOKEN, QR_SECRET, seconds) == f"bankid.{QR_TOKEN}.{seconds}.{code}"


def test_the_frame_changes_each_second_without_asking_the_service():
    adapter, egress = scripted()
    waiting = started(adapter)

    frames = [waiting.qr_text]
    for second in (0, 1):
        waiting = adapter.resume(waiting.state, Inbound(), NOW + second)
        frames.append(waiting.qr_text)

    assert frames == [qr_text(QR_TOKEN, QR_SECRET, t) for t in (0, 0, 1)]
    assert [method for method, _ in egress.calls] == ["auth"]


def test_a_clock_that_goes_back_gives_the_first_frame_and_no_call():
    adapter, egress = scripted()

    waiting = adapter.resume(started(adapter).state, Inbound(), NOW - 30)

    assert waiting.qr_text == qr_text(QR_TOKEN, QR_SECRET, 0)
    assert len(egress.calls) == 1


@pytest.mark.parametrize("same_device", [False, True])
def test_nothing_secret_is_in_what_the_page_gets(same_device):
    adapter, egress = scripted()
    waiting = started(adapter, same_device=same_device)

    shown = f"{waiting.message} {waiting.qr_text} {waiting.start_link} {waiting.expires_at}"

    assert TOKENS["orderRef"] not in shown
    assert QR_SECRET not in shown
    assert (TOKENS["autoStartToken"] in shown) is same_device
    assert (QR_TOKEN in shown) is not same_device
    assert parse_qs(urlsplit(egress.calls[0][1]["returnUrl"]).query)["nonce"][0] not in shown


# --- collect: status and hint codes


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        ("outstandingTransaction", "eid.scan"),
        ("noClient", "eid.scan"),
        ("started", "eid.started"),
        ("userMrtd", "eid.document"),
        ("userCallConfirm", "eid.call"),
        ("userSign", "eid.sign"),
        ("other", "eid.processing"),
        ("somethingNew", "eid.processing"),
        (None, "eid.processing"),
    ],
)
def test_a_pending_order_waits_with_a_message(hint, message):
    waiting = after_collect(collected("pending", hint))

    assert isinstance(waiting, Wait)
    assert waiting.message == message
    assert waiting.message in MESSAGES
    assert (waiting.qr_text is not None) is (message == "eid.scan")
    assert waiting.start_link is None
    assert waiting.expires_at == NOW + (30 if message == "eid.scan" else 180)


@pytest.mark.parametrize(
    ("hint", "reason"),
    [
        ("expiredTransaction", "eid-expired-order"),
        ("certificateErr", "eid-blocked"),
        ("userCancel", "user-cancelled"),
        ("userDeclinedCall", "user-cancelled"),
        ("cancelled", "eid-in-progress"),
        ("startFailed", "eid-not-started"),
        ("notSupportedByUserApp", "eid-app-old"),
        ("transactionRiskBlocked", "eid-risk"),
        ("other", "login-failed"),
        ("somethingNew", "login-failed"),
        (None, "login-failed"),
    ],
)
def test_a_failed_order_ends_the_login_with_its_cause(hint, reason):
    failed = after_collect(collected("failed", hint))

    assert isinstance(failed, Failed)
    assert failed.reason.code == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error(400, "alreadyInProgress"), "eid-in-progress"),
        (error(400, "invalidParameters"), "eid-expired-order"),
        (error(404, "notFound"), "eid-expired-order"),
        (error(401, "unauthorized"), "eid-service-down"),
        (error(405, "methodNotAllowed"), "eid-service-down"),
        (error(415, "unsupportedMediaType"), "eid-service-down"),
        (error(503, "maintenance"), "eid-service-down"),
    ],
)
def test_an_error_that_lasts_ends_the_login(answer, reason):
    failed = after_collect(answer)

    assert isinstance(failed, Failed)
    assert failed.reason.code == reason


PASSING = {
    "rate": error(429, "tooManyRequests"),
    "internal": error(500, "internalError"),
    "time-out": error(408, "requestTimeout"),
    "bad gateway": error(502),
    "silence": EgressFailed("timeout"),
    "garbage": Response(200, {}, b"<html>"),
    "another order": {
        **collected("complete", completionData=COMPLETION),
        "orderRef": "00000000-0000-4000-8000-000000000000",
    },
    "unknown status": collected("meditating"),
    "no status": {"orderRef": TOKENS["orderRef"]},
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING.keys())
def test_trouble_that_may_pass_is_borne_twice_and_then_ends_the_login(trouble):
    adapter, _ = scripted(trouble, trouble, trouble)
    answer = started(adapter)

    for turn in (1, 2):
        answer = adapter.resume(answer.state, Inbound(), NOW + 2 * turn)
        assert isinstance(answer, Wait)
    answer = adapter.resume(answer.state, Inbound(), NOW + 6)

    assert isinstance(answer, Failed)
    assert answer.reason.code == "eid-service-down"


def test_trouble_that_passes_is_forgotten():
    trouble = EgressFailed("timeout")
    pending = collected("pending", "userSign")
    adapter, _ = scripted(trouble, trouble, pending, trouble, trouble, collected("complete", completionData=COMPLETION))
    answer = started(adapter)

    for turn in range(1, 7):
        answer = adapter.resume(answer.state, Inbound(), NOW + 2 * turn)

    assert isinstance(answer, Authenticated)


# --- completion


@pytest.mark.spec("Sweden Connect BankID profile", "2.1")
def test_a_complete_order_identifies_the_person_and_keeps_the_evidence():
    answer = after_collect(collected("complete", completionData={**COMPLETION, "risk": "low"}))

    assert isinstance(answer, Authenticated)
    asserted = answer.asserted
    assert (asserted.subject.issuer, asserted.subject.value) == ("bankid", "191212121212")
    assert asserted.level == "bankid"
    assert asserted.authenticated_at == NOW + 2
    assert asserted.attributes == {
        "personalNumber": ("191212121212",),
        "givenName": ("Tolvan",),
        "surname": ("Tolvansson",),
        "name": ("Tolvan Tolvansson",),
        "orderRef": (TOKENS["orderRef"],),
    }
    assert asserted.evidence == {
        "signature": "PD94bWw+",
        "ocspResponse": "MIIHfgoBAKCCB3cw",
        "ipAddress": "198.51.100.4",
        "uhi": "OZvYM9VvyiAmG7NA5jU5zqGcVpo=",
        "bankIdIssueDate": "2026-02-01",
        "risk": "low",
        "mrtd": "false",
        "orderRef": TOKENS["orderRef"],
    }
    (once,) = answer.consume
    assert (once.kind, once.key) == ("eid-order", TOKENS["orderRef"])
    assert once.expires_at > NOW + 180


def without(name: str) -> dict:
    return {key: value for key, value in COMPLETION.items() if key != name}


def with_user(**changes) -> dict:
    return {**COMPLETION, "user": {**COMPLETION["user"], **changes}}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "complete",
        {},
        without("user"),
        without("device"),
        without("stepUp"),
        without("signature"),
        without("ocspResponse"),
        {**COMPLETION, "signature": ""},
        {**COMPLETION, "signature": 7},
        {**COMPLETION, "signature": "A" * 200_001},
        {**COMPLETION, "user": []},
        {**COMPLETION, "stepUp": True},
        {**COMPLETION, "risk": 3},
        {**COMPLETION, "device": {"ipAddress": 7}},
        with_user(personalNumber="19121212-1212"),
        with_user(personalNumber="1912121212121"),
        with_user(personalNumber="１９１２１２１２１２１２"),
        with_user(personalNumber="191212121212\n"),
        with_user(personalNumber=191212121212),
        with_user(givenName=""),
        with_user(surname=None),
        with_user(name="x" * 257),
    ],
)
def test_a_completion_of_another_shape_identifies_nobody(data):
    failed = after_collect(collected("complete", completionData=data))

    assert isinstance(failed, Failed)
    assert failed.reason.code == "eid-service-down"


def test_what_the_issuer_may_leave_out_may_be_missing():
    answer = after_collect(
        collected("complete", completionData={**without("bankIdIssueDate"), "device": {}, "stepUp": {"mrtd": True}})
    )

    assert isinstance(answer, Authenticated)
    assert answer.asserted.evidence["mrtd"] == "true"
    assert "uhi" not in answer.asserted.evidence


@pytest.mark.parametrize(
    ("risk", "highest", "accepted"),
    [
        ("low", "low", True),
        ("moderate", "low", False),
        ("moderate", "moderate", True),
        ("high", "moderate", False),
        ("high", "high", True),
        ("extreme", "high", False),
        (None, "low", True),
    ],
)
def test_a_risk_above_the_highest_accepted_stops_the_login(risk, highest, accepted):
    data = COMPLETION if risk is None else {**COMPLETION, "risk": risk}

    answer = after_collect(collected("complete", completionData=data), highest_risk=highest)

    assert isinstance(answer, Authenticated) is accepted
    if not accepted:
        assert answer.reason.code == "eid-risk"


# --- order hygiene, against the simulator


def test_the_service_is_asked_at_most_each_two_seconds_however_often_the_page_asks():
    world = World.made()
    waiting = world.start()

    for _ in range(40):
        waiting = world.look(waiting.state, 0.5)

    assert len(world.calls("collect")) == 10


def test_a_completion_is_collected_once_and_a_repeat_of_the_request_identifies_nobody():
    world = World.made()
    waiting = world.start()
    world.simulator.orders.approve(world.simulator.orders.scan(waiting.qr_text), PERSON.number)

    first = world.look(waiting.state)
    again = world.look(waiting.state)

    assert isinstance(first, Authenticated)
    assert isinstance(again, Failed)
    assert again.reason.code == "eid-expired-order"


def test_after_a_failure_nothing_more_is_asked_of_the_page():
    world = World.made()
    waiting = world.start()
    world.simulator.orders.fail(world.simulator.orders.scan(waiting.qr_text), "userCancel")

    failed = world.look(waiting.state)

    assert failed.reason.code == "user-cancelled"
    assert not failed.state


def test_cancel_tells_the_service_and_the_phone_cannot_open_the_order_any_more():
    world = World.made()
    waiting = world.start()

    world.adapter.cancel(waiting.state, NOW)

    assert isinstance(world.adapter, CanCancel)
    assert len(world.calls("cancel")) == 1
    assert not world.simulator.orders.waiting()


@pytest.mark.parametrize("answer", [error(503, "maintenance"), EgressFailed("timeout"), Response(200, {}, b"<html>")])
def test_cancel_is_best_effort(answer):
    adapter, egress = scripted(answer)

    adapter.cancel(started(adapter).state, NOW)
    adapter.cancel(b"rubbish", NOW)

    assert [method for method, _ in egress.calls] == ["auth", "cancel"]


def test_an_order_past_its_life_is_called_off_and_ends_the_login():
    world = World.made()
    waiting = world.start()
    world.simulator.orders.scan(waiting.qr_text)

    failed = world.look(waiting.state, 180)

    assert failed.reason.code == "eid-expired-order"
    assert len(world.calls("cancel")) == 1
    assert not world.calls("collect")


def test_a_code_that_nobody_scans_fails_as_not_started():
    world = World.made()

    assert world.look(world.start().state, 31).reason.code == "eid-not-started"


# --- on this device


def returned(world: World) -> str:
    """The nonce that the app brings back."""
    return parse_qs(urlsplit(world.calls("auth")[-1]["returnUrl"]).query)["nonce"][0]


@pytest.mark.parametrize(
    ("user_agent", "changes", "opens"),
    [
        (MOBILE, {}, "https://app.bankid.com/?"),
        ("Mozilla/5.0 (Windows NT 10.0)", {}, "bankid:///?"),
        (MOBILE, {"start_url": "https://127.0.0.1:8442/phone"}, "https://127.0.0.1:8442/phone?"),
    ],
)
def test_the_start_link_opens_the_app_of_the_device(user_agent, changes, opens):
    adapter, _ = scripted(**changes)

    waiting = started(adapter, same_device=True, user_agent=user_agent)

    assert isinstance(adapter, CanStartHere)
    assert waiting.message == "eid.open-app"
    assert waiting.start_link == f"{opens}autostarttoken={TOKENS['autoStartToken']}&redirect=null"
    assert waiting.qr_text is None
    assert waiting.expires_at == NOW + 180


def test_a_login_on_this_device_ends_when_the_app_returns_to_the_same_browser():
    world = World.made()
    waiting = world.start(same_device=True)
    token = parse_qs(urlsplit(waiting.start_link).query)["autostarttoken"][0]
    order = world.simulator.orders.open_link(token)
    world.simulator.orders.approve(order, PERSON.number)

    before = world.look(waiting.state, 5)
    answer = world.look(before.state, 1, nonce=returned(world))

    assert isinstance(before, Wait)
    assert isinstance(answer, Authenticated)
    assert len(world.calls("collect")) == 1


def test_a_start_link_relayed_to_another_phone_never_logs_in_the_browser_that_began():
    world = World.made()
    waiting = world.start(same_device=True)
    token = parse_qs(urlsplit(waiting.start_link).query)["autostarttoken"][0]
    world.simulator.orders.approve(world.simulator.orders.open_link(token), PERSON.number)

    for _ in range(100):
        waiting = world.look(waiting.state)
        if isinstance(waiting, Failed):
            break
        assert isinstance(waiting, Wait)

    assert waiting.reason.code == "eid-expired-order"
    assert not world.calls("collect")


@pytest.mark.parametrize("nonce", ["", "x", "\ud800", "é", "A" * 10_000])
def test_a_return_with_another_nonce_is_refused(nonce):
    world = World.made()

    failed = world.look(world.start(same_device=True).state, nonce=nonce)

    assert failed.reason.code == "other-browser"


def test_the_nonce_of_another_order_is_refused():
    world = World.made()
    mine = world.start(same_device=True)
    world.start(same_device=True)

    assert world.look(mine.state, nonce=returned(world)).reason.code == "other-browser"


def test_after_the_return_the_page_waits_for_the_service_as_usual():
    world = World.made()
    waiting = world.start(same_device=True)
    world.simulator.orders.open_link(parse_qs(urlsplit(waiting.start_link).query)["autostarttoken"][0])

    waiting = world.look(waiting.state, 3, nonce=returned(world))
    waiting = world.look(waiting.state, 2)

    assert waiting.message == "eid.started"
    assert len(world.calls("collect")) == 2


def test_a_federation_may_do_without_the_return():
    world = World.made(require_return=False)
    waiting = world.start(same_device=True)
    order = world.simulator.orders.open_link(parse_qs(urlsplit(waiting.start_link).query)["autostarttoken"][0])
    world.simulator.orders.approve(order, PERSON.number)

    assert isinstance(world.look(waiting.state), Authenticated)


def test_a_page_can_go_from_the_code_to_this_device_and_must_then_return():
    world = World.made()

    waiting = world.look(world.start().state, 1, device="same")
    waiting = world.look(waiting.state, 5)

    assert waiting.start_link
    assert waiting.qr_text is None
    assert not world.calls("collect")


def test_a_code_that_has_been_scanned_is_not_moved_to_this_device():
    world = World.made()
    waiting = world.start()
    world.simulator.orders.scan(waiting.qr_text)
    waiting = world.look(waiting.state)

    waiting = world.look(waiting.state, 2, device="same")

    assert waiting.message == "eid.started"
    assert waiting.start_link is None


@pytest.mark.parametrize("word", ["other", "", "SAME"])
def test_any_other_word_for_a_device_changes_nothing(word):
    world = World.made()

    assert world.look(world.start().state, 1, device=word).qr_text


# --- state


def test_the_state_survives_and_is_small():
    world = World.made()
    waiting = world.start()
    bankid.Order.of(waiting.state)

    assert len(waiting.state) < 1024
    assert bankid.Order.of(waiting.state).to_bytes() == waiting.state


@pytest.mark.parametrize("state", [b"", b"{}", b"[1]", b"\xff", b'{"ref":"x","surprise":1}'])
def test_a_state_that_is_not_ours_ends_the_login(state):
    adapter, egress = scripted()

    assert adapter.resume(state, Inbound(), NOW).reason.code == "internal"
    assert not egress.calls


def test_tables_hold_only_causes_of_the_catalogue_and_messages_of_the_list():
    causes = {*bankid.FAILURES.values(), *bankid.START_ERRORS.values(), *bankid.COLLECT_ERRORS.values()}

    assert causes <= set(bankid.REASONS)
    assert set(bankid.HINTS.values()) <= set(MESSAGES)
    assert len(MESSAGES) == len(set(MESSAGES))


def test_what_the_method_asserts_is_accepted_under_its_own_terms():
    answer = after_collect(collected("complete", completionData=COMPLETION))

    accepted = accept(answer.asserted, settings().terms("bankid"))

    assert accepted.identity.level == "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"
    assert accepted.identity.attributes == {
        "personalIdentityNumber": ("191212121212",),
        "givenName": ("Tolvan",),
        "sn": ("Tolvansson",),
        "displayName": ("Tolvan Tolvansson",),
        "transactionIdentifier": (TOKENS["orderRef"],),
    }
    assert not accepted.dropped
