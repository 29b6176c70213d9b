"""M2 and M3: a new service from nothing to sent in, through the pages."""

import re

import pytest

from broker.web.console.connecting import STAGES, STEPS
from broker.web.throttle import Limit, Throttle
from metadata.wire.egress import EgressRefused, Response
from tests.support import feeds
from tests.support import saml_metadata as make
from tests.support.connecting import ABOUT, PORTAL, at, begun, draft, sent
from tests.support.console import OTHER, Console, answered, consoles, owner
from tests.support.egress import FakeEgress
from tests.support.world import LEVEL3, MEMBER, NOW, Browser
from trust_framework.approval import Stage

pytest_plugins = ["tests.support.worlds"]
SAML = make.entity(make.sp_role(make.slo("https://bok.example/slo") + make.acs("https://bok.example/acs")),
                   entity_id="https://bok.example/saml").decode()  # fmt: skip


@pytest.fixture
def console(worlds) -> Console:
    return consoles(worlds)


@pytest.fixture
def anna(console: Console) -> Browser:
    return owner(console, "anna")


def test_a_service_goes_from_nothing_to_sent_in_with_at_most_twelve_fields(console, anna):
    filled = [name for name, value in ABOUT.items() if value]
    technology = begun(anna)
    assert technology.page == "M2"
    report = sent(anna, technology, protocol="saml", metadata=SAML)
    assert report.page == "M3"
    details = anna.get(at(console, "uppgifter"))
    level = sent(anna, details, attributes="sn", why="Kallelser adresseras till personen")
    testing = sent(anna, level, levels=LEVEL3)
    assert f"{PORTAL}/prova/{draft(console).object}" in testing.text
    summary = anna.get(at(console, "skicka"))
    assert "Adress för svar: https://bok.example/acs" in summary.text
    followed = sent(anna, summary, reason="Ny tjänst")
    filled += ["protocol", "metadata", "attributes", "why", "levels", "reason"]
    assert len(filled) <= 12
    assert draft(console).stage is Stage.SUBMITTED
    assert "/forslag/" in followed.text or followed.page == "O2"
    content = draft(console).content
    assert content["names"] == {"sv": "Tidbokning för hälsa", "en": "Booking"}
    assert content["reasons"] == {"sn": "Kallelser adresseras till personen"}
    assert (content["levels"], content["member"]) == ([LEVEL3], MEMBER)
    assert re.fullmatch("tidbokning-for-halsa-[0-9a-f]{6}", draft(console).object)


def test_each_step_is_saved_and_may_be_taken_in_any_order(console, anna):
    begun(anna)
    sent(anna, anna.get(at(console, "niva")), levels=LEVEL3)
    assert draft(console).content["levels"] == [LEVEL3]
    assert draft(console).content["names"]["en"] == "Booking"
    page = anna.get(at(console, "om"))
    assert 'value="Booking"' in page.text
    sent(anna, page, **{**ABOUT, "name_en": "Appointments"})
    assert draft(console).content["names"]["en"] == "Appointments"
    assert "Appointments" in anna.get(f"{PORTAL}/anslut").text or "Tidbokning" in anna.get(f"{PORTAL}/anslut").text


def test_each_detail_may_have_a_reason_of_its_own(console, anna):
    begun(anna)
    page = anna.get(at(console, "uppgifter"))
    assert "/skal" not in page.text
    sent(anna, page, attributes=["sn", "givenName"], why="Kallelser adresseras till personen")
    side = anna.get(at(console, "uppgifter"))
    assert at(console, "skal") in side.text

    sent(anna, anna.get(at(console, "skal")), sn="Står på kallelsen", givenName="Tilltal på sidorna")

    own = {"sn": "Står på kallelsen", "givenName": "Tilltal på sidorna"}
    assert draft(console).content["reasons"] == own
    sent(anna, anna.get(at(console, "uppgifter")), attributes=["sn", "givenName"])
    assert draft(console).content["reasons"] == own
    sent(anna, anna.get(at(console, "skal")), sn="   ", givenName="x")
    assert draft(console).content["reasons"] == own


def test_levels_of_several_families_are_offered_in_words(console, anna):
    begun(anna)
    page = anna.get(at(console, "niva"))
    for said in ("Tillitsnivå 3", "som inte är folkbokförd", "eIDAS, nivå 4: eidas-high", "Sambi, nivå 3"):
        assert said in page.text
    assert "sigmessage" not in page.text
    sent(anna, page, levels=["http://id.sambi.se/loa/loa3", LEVEL3])
    assert set(draft(console).content["levels"]) == {"http://id.sambi.se/loa/loa3", LEVEL3}


def test_the_report_tells_faults_with_line_and_remedy_and_goes_when_they_are_mended(console, anna):
    broken = SAML.replace("https://bok.example/acs", "http://bok.example/acs")
    report = sent(anna, begun(anna), protocol="saml", metadata=broken)
    assert "Kontroll – 1 fel" in report.text
    assert "Adressen är inte en ren https-adress." in report.text
    assert "Så åtgärdar du:" in report.text
    mended = sent(anna, anna.get(at(console, "teknik")), protocol="saml", metadata=SAML)
    assert "Kontroll – 0 fel" in mended.text
    told = anna.get(at(console, "kontroll.json"))
    assert (told.status, told.json["taken"], told.json["counts"]["errors"]) == (200, True, 0)
    assert told.header("content-disposition") == 'attachment; filename="kontroll.json"'


def test_the_report_can_be_narrowed(console, anna):
    sent(anna, begun(anna), protocol="saml", metadata=SAML)
    everything, errors = (anna.get(f"{at(console, 'kontroll')}?visa={only}").text for only in ("allt", "fel"))
    assert "Tips" in everything
    assert "Inget att anmärka här." in errors
    assert anna.get(f"{at(console, 'kontroll')}?visa=x").text.count("card") == everything.count("card")


def test_the_report_knows_the_member_and_the_register(console, anna):
    other = make.entity(make.sp_role(), entity_id="https://bok.example/saml", after=make.organization(
        extensions="<md:Extensions><o:OrganizationNumber xmlns:o='http://id.swedenconnect.se/authn/1.0/md-org-ext/ns'>"
        f"{OTHER}</o:OrganizationNumber></md:Extensions>"))  # fmt: skip
    sent(anna, begun(anna), protocol="saml", metadata=other.decode())
    found = {each["id"] for each in anna.get(at(console, "kontroll.json")).json["findings"]}
    assert {"wrong-organisation", "organisation-name"} <= found


def test_a_client_is_registered_without_a_secret(console, anna):
    report = sent(
        anna, begun(anna), protocol="oidc", redirect_uris="https://bok.example/cb\nhttps://bok.example/cb2",
        jwks_uri="https://bok.example/jwks",
    )  # fmt: skip
    assert report.page == "M3"
    registration = draft(console).content["oidc"]
    assert registration["redirect_uris"] == ["https://bok.example/cb", "https://bok.example/cb2"]
    assert (registration["token_endpoint_auth_method"], registration["client_id"]) == (
        "private_key_jwt",
        draft(console).object,
    )
    page = anna.get(at(console, "teknik"))
    assert "https://bok.example/cb2" in page.text
    sent(anna, page, protocol="oidc", redirect_uris="https://bok.example/cb", jwks_uri="", application_type="native")
    assert draft(console).content["oidc"]["token_endpoint_auth_method"] == "none"
    assert anna.get(at(console, "kontroll.json")).json["taken"] is True


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        ("om", {"name_sv": ""}, "name_sv"),
        ("om", {"mail": "nobody"}, "Skriv en e-postadress."),
        ("om", {"information_url": "javascript:alert(1)"}, "Skriv en https-adress"),
        ("teknik", {"protocol": "saml", "metadata": ""}, "metadata"),
        ("teknik", {"protocol": "oidc", "redirect_uris": " "}, "redirect_uris"),
        ("teknik", {"protocol": "wsfed"}, "protocol"),
        ("teknik", {"protocol": "oidc", "redirect_uris": "https://a.example/", "jwks_uri": "http://a.example/"}, "https-adress"),
        ("uppgifter", {"why": "x"}, "attributes"),
        ("uppgifter", {"attributes": "wages", "why": "x"}, "attributes"),
        ("niva", {"levels": "http://id.example/loa9"}, "levels"),
        ("skicka", {"reason": ""}, "reason"),
    ],
)  # fmt: skip
def test_what_will_not_do_is_told_and_nothing_is_saved(console, anna, step, fields, said):
    begun(anna)
    before = draft(console).content
    answer = sent(anna, anna.get(at(console, step)), **fields)
    assert 'role="alert"' in answer.text
    assert said in answer.text
    assert draft(console).content == before


def test_an_incomplete_service_is_not_sent_in(console, anna):
    begun(anna)
    page = anna.get(at(console, "skicka"))
    assert "Det här saknas än:" in page.text
    answer = sent(anna, page, reason="Ny tjänst")
    assert 'role="alert"' in answer.text
    assert draft(console).stage is Stage.DRAFT


def test_an_edit_that_another_overtook_is_told(console, anna, monkeypatch):
    begun(anna)
    page = anna.get(at(console, "niva"))
    monkeypatch.setattr("broker.web.console.turn.ConsoleTurn.commit", lambda *_: False)
    assert 'role="alert"' in sent(anna, page, levels=LEVEL3).text
    assert 'role="alert"' in sent(anna, anna.get(f"{PORTAL}/anslut"), **ABOUT).text


def test_a_change_of_a_service_that_stands_begins_with_its_content(console, anna):
    assert f"{PORTAL}/anslut" in anna.get(PORTAL).text
    page = anna.get(f"{PORTAL}/tjanster/rp")
    action, fields = page.form("/andra")
    assert anna.follow(anna.post(action, fields)).page == "M2"
    standing = console.world.store.register_entry("service", "rp").content
    assert {**draft(console).content, "state": "active"} == {**standing, "state": "active", "member": MEMBER}
    assert anna.post(f"{PORTAL}/tjanster/rp2/andra", fields).status == 404
    again = anna.follow(anna.post(action, fields))
    assert again.status == 200


def test_steps_that_there_are_not_and_proposals_of_other_kinds_are_missing(console, anna):
    begun(anna)
    assert anna.get(at(console, "annat")).status == 404
    assert anna.get(f"{PORTAL}/anslut/never-was/om").status == 404


def test_every_step_with_fields_is_among_the_steps():
    assert set(STAGES) - {"skal"} < set(STEPS)  # the reasons are a side step of the details


# --- metadata by address

ADDRESS = "https://bok.example/saml"


def publishing(console, answer):
    """What stands at the address."""
    egress = FakeEgress({("GET", ADDRESS): answer})
    object.__setattr__(console.world.app.on, "trial", lambda: egress)
    return egress


def test_metadata_is_fetched_from_where_it_is_published_and_the_address_is_kept(console, anna):
    publishing(console, Response(200, {}, SAML.encode()))
    report = sent(anna, begun(anna), protocol="saml", metadata_url=ADDRESS)
    assert report.page == "M3"
    assert draft(console).content["saml"] == {"metadata_xml": SAML, "metadata_url": ADDRESS}
    again = anna.get(at(console, "teknik"))
    assert f'value="{ADDRESS}"' in again.text


@pytest.mark.parametrize(
    "answer", [Response(404, {}, b""), EgressRefused("private address", ADDRESS), Response(200, {}, b"<x/>")]
)
def test_an_address_that_gives_nothing_good_is_told_at_its_field(console, anna, answer):
    publishing(console, answer)
    page = sent(anna, begun(anna), protocol="saml", metadata_url=ADDRESS)
    assert page.page == "M2"
    assert "Adressen gav inga metadata som går att lita på." in page.text
    assert "saml" not in draft(console).content


def test_a_file_that_is_sent_beside_an_address_goes_before_and_a_client_has_no_address(console, anna):
    egress = publishing(console, Response(404, {}, b""))
    begun(anna)
    sent(anna, anna.get(at(console, "teknik")), protocol="oidc", metadata_url=ADDRESS,
         redirect_uris="https://bok.example/cb")  # fmt: skip
    assert egress.calls == []
    assert "saml" not in draft(console).content


def test_a_certificate_says_whose_key_signs_what_is_published(console, anna):
    publishing(console, Response(200, {}, SAML.encode()))
    page = sent(anna, begun(anna), protocol="saml", metadata_url=ADDRESS, metadata_certificate=feeds.pem())
    assert "Adressen gav inga metadata" in page.text
    publishing(console, Response(200, {}, feeds.single(SAML.encode(), until=NOW + 86_400)))
    assert sent(anna, page, protocol="saml", metadata_url=ADDRESS, metadata_certificate=feeds.pem()).page == "M3"
    assert draft(console).content["saml"]["metadata_certificate"] == feeds.pem().strip()


@pytest.mark.spec("AD", "04")
def test_what_was_typed_beside_a_file_waits_while_the_person_identifies_anew(console, anna):
    action, fields = begun(anna).form("/anslut")
    console.world.clock.now += 15 * 60 + 1

    page = answered(anna, anna.post(action, {**fields, "metadata": SAML}))
    assert page.page == "held"
    anna.post(*page.form("/teknik"))
    assert "entityID" in draft(console).content["saml"]["metadata_xml"]


@pytest.mark.parametrize(("status", "said"), [(404, False), (None, True)])
def test_whether_the_addresses_answer_is_tried_when_that_is_asked_for(console, anna, status, said):
    egress = NoNet({("HEAD", "https://bok.example/"): Response(404, {}, b"")} if status else {})
    object.__setattr__(console.world.app.on, "trial", lambda: egress)
    report = sent(anna, begun(anna), protocol="saml", metadata=SAML)
    assert "adresserna har inte provats" in report.text
    assert egress.calls == []
    tried = anna.get(f"{at(console, 'kontroll')}?prova=ja")
    assert ("Värden svarade inte med TLS just nu" in tried.text) is said
    assert "Adresserna svarar med TLS" in tried.text or said
    assert "adresserna har inte provats" not in tried.text
    assert [call.url for call in egress.calls] == ["https://bok.example/"]
    found = anna.get(f"{at(console, 'kontroll')}.json?prova=ja").json
    assert ("host-unreachable" in {each["id"] for each in found["findings"]}) is said


def test_trying_too_often_tries_nothing(console, anna):
    egress = NoNet()
    object.__setattr__(console.world.app.on, "trial", lambda: egress)
    object.__setattr__(console.world.app.on, "throttle", Throttle((Limit("reach", "source", 1),)))
    sent(anna, begun(anna), protocol="saml", metadata=SAML)
    for _ in range(3):
        page = anna.get(f"{at(console, 'kontroll')}?prova=ja")
    assert "adresserna har inte provats" in page.text
    assert len(egress.calls) == 1


class NoNet(FakeEgress):
    """An egress client for once."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
