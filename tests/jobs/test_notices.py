"""Notices of what runs out: each thing at each threshold once, by mail to a real server, whatever goes wrong on the way."""

import datetime as dt
import json
import socket
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from broker.federation.notices import THRESHOLDS, recipients, threshold
from broker.federation.register import ChangeRegister, EntryChange
from broker.federation.runs_out import of_entry
from broker.jobs.notices import FIRST_WAIT, GIVEN_UP, LONGEST_WAIT, give_notice, send_mail
from broker.jobs.smtp import NotSent, Post, Refused, ascii_address
from broker.login.effects import Effects
from broker.login.mail import KeepMail, Mail
from broker.settings import Settings
from tests.support import pki
from tests.support import saml_metadata as md
from tests.support.databases import NOW
from tests.support.mailbox import PASSWORD, USER, Mailbox, serving
from trust_framework.days import DAY, day_of

ORG, BASE = "5560360793", "https://tillit.example"
TECHNICAL, OFFICE = "drift@region.example", "kansli@region.example"
CONTACTS = {
    "technical": {"name": "Drift", "mail": TECHNICAL},
    "administrative": {"name": "Kansli", "mail": OFFICE},
    "security": {"name": "Anna Andersson", "mail": "anna@region.example"},
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def settings(port, **changes):
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": "tillit@tillit.example"}
    return Settings(base_url=BASE, **{**given, **changes})


def until(days):
    return day_of(NOW + days * DAY).isoformat()


def put(storage, *entries):
    changes = tuple(EntryChange(kind, id_, content, org, origin) for kind, id_, org, content, origin in entries)
    storage.commit(Effects((ChangeRegister(changes, NOW),)))


def member(**more):
    return ("member", ORG, ORG, {"org": ORG, "names": {"sv": "Region Ö", "en": "Region"}, **more}, "portal")


def agreement(id_="avtal", days=100, org=ORG, origin="portal", **more):
    content = {"id": id_, "services": ["s"], "attributes": ["sn"], "from": until(-100), "until": until(days), **more}
    return ("agreement", id_, org, content, origin)


def service(id_="boka", ends=100, **more):
    xml = md.entity(
        md.sp_role(keys=md.key(der=md.certificate(ends=dt.datetime.fromtimestamp(NOW + ends * DAY, dt.UTC))))
    )
    content = {"id": id_, "member": ORG, "levels": ["x"], "saml": {"metadata_xml": xml.decode()}, **more}
    return ("service", id_, ORG, content, "portal")


def days_pass(clock, days):
    clock.now = NOW + days * DAY + DAY // 2


@pytest.fixture
def mailbox():
    with serving(Mailbox(), free_port()) as box:
        yield box


def told(storage, mailbox):
    """What a turn of both jobs sends."""
    before = len(mailbox.received)
    give_notice(storage, BASE)
    send_mail(storage, Post(settings(mailbox.port)))
    return mailbox.received[before:]


class TestWhatRunsOut:
    def test_certificates_of_saml_metadata_and_its_validity(self):
        kind, _, _, content, _ = service(ends=10)
        (found,) = of_entry(kind, content)
        assert (found.what, found.at) == ("certificate-signing", NOW + 10 * DAY)

    def test_certificates_of_a_key_set(self):
        leaf = pki.Authority.root().server("rp.example")
        end = int(leaf.certificate.not_valid_after_utc.timestamp())
        keys = [{"kid": "k", "x5c": [b64encode(leaf.der).decode()]}, {"kid": "m", "x5c": ["!"]}, {"x5c": [7]}, "x", {}]
        (found,) = of_entry("service", {"oidc": {"jwks": {"keys": keys}}})
        assert (found.name, found.at) == ("certificate:k", end)

    def test_declarations_agents_agreements_and_their_review(self):
        content = {
            "trust_declarations": [{"level": "loa3", "reviewer": "x", "expires": "2027-01-31"}],
            "agents": [{"org": "1", "until": "2026-12-31"}, {"org": "2", "until": "never"}],
            "risk_assessment": {"made": "2026-01-01", "by": "x", "again": "2027-02-28"},
        }
        found = [each.name for each in of_entry("member", content)]
        assert found == ["agent:1", "declaration:loa3", "risk-assessment"]
        versions = [{"until": "2020-01-01"}, {"until": "2027-06-30", "review": "2027-01-01"}]
        assert [found.what for found in of_entry("agreement", {"versions": versions})] == ["review", "agreement"]

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("service", {}),
            ("service", {"saml": {"metadata_xml": "<x"}}),
            ("service", {"saml": {"metadata_xml": ""}}),
            ("service", {"oidc": {"jwks": {"keys": "x"}}}),
            ("identity_provider", {"saml": {"metadata_xml": md.entity(md.sp_role()).decode()}}),
            ("method", {"saml": {"metadata_xml": "x"}}),
            ("agreement", {}),
            ("agreement", {"versions": "x", "until": ["2027-01-01"]}),
            ("member", {}),
            ("member", {"trust_declarations": ["x", {}], "agents": 7, "risk_assessment": {}}),
            ("member", {"risk_assessment": "2027-01-01"}),
            ("federation", {"names": {}}),
        ],
    )
    def test_what_cannot_be_read_has_no_end(self, kind, content):
        assert of_entry(kind, content) == ()

    @pytest.mark.parametrize(
        ("left", "passed"),
        [(91, None), (90, 90), (31, 90), (30, 30), (14, 14), (8, 14), (7, 7), (2, 7), (1, 1), (0, 0), (-400, 0)],
    )
    def test_the_nearest_threshold_counts(self, left, passed):
        assert threshold(NOW + left * DAY, NOW) == passed

    def test_the_register_lists_what_runs_out_the_soonest_first(self, storage):
        put(storage, member(), agreement("far", 400), agreement("near", 5), service(ends=20))
        assert [each.id for each in storage.register_expiring(NOW + 90 * DAY)] == ["near", "boka"]


class TestNotices:
    def test_a_thing_is_told_of_once_at_each_threshold_in_both_languages(self, storage, clock, mailbox):
        put(storage, member(contacts=CONTACTS), service(ends=100, names={"sv": "Boka tid", "en": "Booking"}))
        subjects = []
        for day in range(102):
            days_pass(clock, day)
            subjects += [message["Subject"] for _, message in told(storage, mailbox)]
        assert len(subjects) == len(THRESHOLDS)
        assert [subject.startswith("Har gått ut / Has run out: Boka tid") for subject in subjects] == [False] * 5 + [
            True
        ]
        to, message = mailbox.received[0]
        assert to == [TECHNICAL, OFFICE]
        text = message.get_content()
        end = day_of(NOW + 100 * DAY).isoformat()
        assert "- Tjänsten Boka tid: Certifikat för signering" in text
        assert f"går ut {end}" in text
        assert "- Service Booking: Signing certificate" in text
        assert f"runs out {end}" in text
        assert f"{BASE}/portal/{ORG}/nycklar" in text
        assert "Anna" not in message.as_string()
        assert (message["From"], message["Auto-Submitted"]) == ("tillit <tillit@tillit.example>", "auto-generated")

    def test_when_the_clock_jumps_over_several_thresholds_one_mail_tells_of_the_nearest(self, storage, clock, mailbox):
        put(storage, member(contacts=CONTACTS), agreement(days=100))
        days_pass(clock, 92)
        assert len(told(storage, mailbox)) == 1
        clock.now -= 60 * DAY
        assert told(storage, mailbox) == []
        days_pass(clock, 99)
        assert len(told(storage, mailbox)) == 1

    def test_a_member_gets_one_mail_for_all_that_is_due(self, storage, clock, mailbox):
        put(storage, member(contacts=CONTACTS), agreement("a", 29), agreement("b", 6), service(ends=3))
        ((_, message),) = told(storage, mailbox)
        assert message["Subject"].endswith("(+2)")
        assert told(storage, mailbox) == []

    def test_something_that_is_renewed_is_told_of_anew(self, storage, clock, mailbox):
        put(storage, member(contacts=CONTACTS), agreement(days=5))
        told(storage, mailbox)
        put(storage, agreement(days=29))
        assert len(told(storage, mailbox)) == 1

    @pytest.mark.parametrize("entry", [agreement(days=5, origin="feed:eu"), service(ends=5, state="left")])
    def test_what_nobody_of_ours_answers_for_is_not_told_of(self, storage, mailbox, entry):
        put(storage, member(contacts=CONTACTS), entry)
        assert told(storage, mailbox) == []

    def test_without_anybody_to_write_to_it_is_recorded_and_told_no_more(self, storage, mailbox):
        put(storage, member(), agreement(days=5))
        assert told(storage, mailbox) == []
        events = [json.loads(leaf) for leaf in storage.log_pending() if b"notice.given" in leaf]
        assert [(event["entry"], event["days"], "mail" in event) for event in events] == [("avtal", 7, False)]
        assert told(storage, mailbox) == []

    @pytest.mark.parametrize(
        ("contacts", "services", "to"),
        [
            (CONTACTS, [], (TECHNICAL, OFFICE)),
            ({"security": CONTACTS["security"]}, [{"contact": {"mail": "s@x.se"}}], ("anna@region.example",)),
            ({}, [{"contact": {"mail": "s@x.se"}}, {}, {"contact": None}], ("s@x.se",)),
            ({}, [], ()),
        ],
    )
    def test_role_contacts_come_first_then_any_contact_then_those_of_the_services(self, contacts, services, to):
        assert recipients({"contacts": contacts}, services) == to

    def test_no_name_of_an_entry_comes_into_a_header_of_its_own(self, storage, mailbox):
        evil = "Boka\r\nBcc: everybody@evil.example\r\n\r\nHej \u202e"
        put(storage, member(contacts=CONTACTS), service(ends=5, names={"sv": evil, "en": evil}))
        ((to, message),) = told(storage, mailbox)
        assert to == [TECHNICAL, OFFICE]
        assert message["Bcc"] is None
        assert "\n" not in message["Subject"]
        assert "\u202e" not in message.get_content()


class TestSending:
    def waiting(self, storage, *to):
        mail = Mail("m1", ORG, to or (TECHNICAL,), "Ämne", "Text åäö\n", NOW, NOW)
        storage.commit(Effects((KeepMail(mail),)))

    def one(self, storage):
        (mail,) = storage.mails_latest()
        return mail

    def test_what_was_sent_says_no_more_what_it_said(self, storage, mailbox):
        self.waiting(storage)
        send_mail(storage, Post(settings(mailbox.port)))
        mail = self.one(storage)
        assert (mail.state, mail.to, mail.text, mail.next_at) == ("sent", (), "", None)
        assert any(b"mail.sent" in leaf for leaf in storage.log_pending())
        send_mail(storage, Post(settings(mailbox.port)))
        assert len(mailbox.received) == 1

    def test_a_server_that_is_down_is_tried_again_ever_later_and_given_up_after_a_week(self, storage, clock):
        self.waiting(storage)
        post, waits = Post(settings(free_port())), []
        while (mail := self.one(storage)).state == "waiting":
            clock.now = mail.next_at
            send_mail(storage, post)
            waits.append((self.one(storage).next_at or clock.now) - clock.now)
        assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
        assert max(waits) == LONGEST_WAIT
        assert (mail.state, mail.error) == ("failed", "ConnectionRefusedError")
        assert clock.now - NOW >= GIVEN_UP

    def test_it_goes_when_the_server_is_back(self, storage, clock):
        self.waiting(storage)
        port = free_port()
        send_mail(storage, Post(settings(port)))
        clock.now += FIRST_WAIT
        with serving(Mailbox(), port) as box:
            send_mail(storage, Post(settings(port)))
        assert (self.one(storage).state, len(box.received)) == ("sent", 1)

    def test_a_recipient_who_is_refused_keeps_it_from_nobody_else(self, storage, mailbox):
        mailbox.answers[TECHNICAL] = "550 no such user"
        self.waiting(storage, TECHNICAL, OFFICE)
        send_mail(storage, Post(settings(mailbox.port)))
        assert [to for to, _ in mailbox.received] == [[OFFICE]]
        assert self.one(storage).state == "sent"

    def test_one_who_is_put_off_alone_gets_it_later(self, storage, clock, mailbox):
        mailbox.answers[TECHNICAL] = "451 later"
        self.waiting(storage, TECHNICAL, OFFICE)
        send_mail(storage, Post(settings(mailbox.port)))
        assert self.one(storage).to == (TECHNICAL,)
        mailbox.answers.clear()
        clock.now += FIRST_WAIT
        send_mail(storage, Post(settings(mailbox.port)))
        assert [to for to, _ in mailbox.received] == [[OFFICE], [TECHNICAL]]
        assert len({message["Message-ID"] for _, message in mailbox.received}) == 1

    def test_when_all_are_refused_it_has_failed(self, storage, mailbox):
        mailbox.answers[TECHNICAL] = "550 no such user"
        self.waiting(storage)
        send_mail(storage, Post(settings(mailbox.port)))
        assert (self.one(storage).state, self.one(storage).error) == ("failed", "refused")

    @pytest.mark.parametrize(
        ("address", "ascii_"),
        [
            ("a@b.se", "a@b.se"),
            ("drift@räksmörgås.se", "drift@xn--rksmrgs-5wao1o.se"),
            ("a@b.se\r\nBcc: c@d.se", ""),
            ("a b@c.se", ""),
            ("a@b", ""),
            ("<a@b.se>", ""),
            ("a@b.se,c@d.se", ""),
            ("å@b.se", ""),
            ("a@.se", ""),
            ("", ""),
        ],
    )
    def test_an_address_is_one_plain_address_or_none(self, address, ascii_):
        assert ascii_address(address) == ascii_

    def test_a_mail_without_any_address_is_refused_before_anybody_is_asked(self):
        with pytest.raises(Refused):
            Post(settings(1)).send(Mail("m", ORG, ("no address",), "s", "t", NOW, NOW), NOW)


class TestSecurity:
    @pytest.fixture
    def material(self, tmp_path):
        root = pki.Authority.root()
        server = root.server("127.0.0.1")
        for name, content in {
            "c.pem": server.pem,
            "k.pem": server.key_pem,
            "ca.pem": root.certificate.public_bytes(Encoding.PEM),
        }.items():
            (tmp_path / name).write_bytes(content)
        return tmp_path

    MAIL = Mail("m", ORG, (TECHNICAL,), "s", "t", NOW, NOW)

    def post(self, port, security, **more):
        return Post(settings(port, smtp_security=security, **more))

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_mail_goes_over_tls_to_a_server_that_is_known(self, material, security):
        with serving(Mailbox(), free_port(), security=security, cert=material / "c.pem", key=material / "k.pem") as box:
            self.post(box.port, security, ca_file=material / "ca.pem").send(self.MAIL, NOW)
            assert (len(box.received), box.secured[0] or security == "tls") == (1, True)

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_server_that_nobody_vouches_for_gets_nothing(self, material, security):
        with serving(Mailbox(), free_port(), security=security, cert=material / "c.pem", key=material / "k.pem") as box:
            with pytest.raises(NotSent):
                self.post(box.port, security).send(self.MAIL, NOW)
            assert box.received == []

    def test_a_server_without_starttls_gets_nothing(self, mailbox):
        with pytest.raises(NotSent):
            self.post(mailbox.port, "starttls").send(self.MAIL, NOW)
        assert mailbox.received == []

    @pytest.mark.parametrize("given", [PASSWORD, "file"])
    def test_the_broker_logs_in_where_it_has_a_user(self, material, given):
        if given == "file":
            (material / "password").write_text(PASSWORD + "\n")
            given = f"file:{material / 'password'}"
        files = {"cert": material / "c.pem", "key": material / "k.pem"}
        with serving(Mailbox(), free_port(), security="starttls", auth=True, **files) as box:
            more = {"ca_file": material / "ca.pem", "smtp_user": USER}
            self.post(box.port, "starttls", smtp_password=given, **more).send(self.MAIL, NOW)
            assert (box.logins, len(box.received)) == ([USER], 1)
            with pytest.raises(NotSent):
                self.post(box.port, "starttls", smtp_password="wrong", **more).send(self.MAIL, NOW)

    @pytest.mark.parametrize(
        "changes", [{"mail_from": ""}, {"smtp_host": "mail.example.se"}, {"smtp_security": "ssl"}, {"smtp_port": 70000}]
    )
    def test_settings_that_would_send_in_the_clear_or_from_nobody_are_refused(self, changes):
        with pytest.raises(ValueError, match=r"smtp|TILLIT"):
            settings(25, **changes)

    def test_the_password_is_shown_nowhere(self):
        assert PASSWORD not in repr(settings(25, smtp_password=PASSWORD))
