"""The pages of hosts: a member begins, shows what it is told to show, and sees how it went; the operator sees all of them."""

import re
from html import unescape

import pytest

from broker.federation import proposals
from broker.federation.domains import KeepProof
from broker.federation.proposals import Desk, Done
from broker.jobs.hosts import tell_of_hosts
from broker.login.effects import Effects
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support.console import OTHER, Console, consoles, operator, owner
from tests.support.egress import FakeEgress
from tests.support.world import MEMBER, Answer, Browser
from trust_framework.domains import DAY, DomainProof, ProofState
from trust_framework.roles import Actor, Role, active

pytest_plugins = ["tests.support.worlds"]
HOST = "bok.example.se"
AT = f"/portal/{MEMBER}/domaner"
URL = f"https://{HOST}/.well-known/tillit-domain-proof"


@pytest.fixture
def console(worlds) -> Console:
    return consoles(worlds)


@pytest.fixture
def anna(console: Console) -> Browser:
    return owner(console)


def main(page: Answer) -> str:
    text = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub("<[^>]+>", " ", text)).split())


def answering(console: Console, at_host: object, texts: tuple[str, ...] = ()) -> FakeEgress:
    """What the broker finds at the host, and in the DNS."""
    egress = FakeEgress({("GET", URL): at_host})
    object.__setattr__(console.world.app.on, "trial", lambda: egress)
    object.__setattr__(console.world.app.on, "texts", lambda _name: texts)
    return egress


def begun(browser: Browser, host: str = HOST) -> Answer:
    action, held = browser.get(AT).form("/domaner")
    return browser.follow(browser.post(action, {**held, "host": host}))


def pressed(browser: Browser, console: Console) -> Answer:
    """Kontrollera nu, a while after the last time."""
    console.world.clock.now += 60
    action, held = browser.get(f"{AT}/{HOST}").form(f"/domaner/{HOST}")
    return browser.follow(browser.post(action, held))


def proof(console: Console, org: str = MEMBER) -> DomainProof:
    (found,) = console.world.store.domain_proofs(org)
    return found


def line(console: Console) -> str:
    return f"tillit-domain-proof={proof(console).token}"


def kept(console: Console, **changes: object) -> DomainProof:
    """A proof of the member's, as it may have become."""
    now = console.world.clock.now
    made = DomainProof(**{"org": MEMBER, "host": HOST, "token": "t0ken", "asked_at": now, **changes})
    console.world.store.commit(Effects((KeepProof(made),)))
    return made


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_team_is_told_exactly_what_to_show_and_where(console, anna):
    page = begun(anna)
    words = main(page)
    assert page.page == "M9"
    for told in (line(console), URL, f"curl -i {URL}", f"_tillit.{HOST}", f"dig +short TXT _tillit.{HOST}"):
        assert told in words
    assert f'_tillit.{HOST}. 3600 IN TXT "{line(console)}"' in words
    assert "återstår att styrka" in words
    assert begun(anna, f" {HOST.upper()} ").status == 200
    assert line(console) in main(anna.get(f"{AT}/{HOST}")), "who asks again is told the same"
    assert main(anna.get(AT)).count(HOST) == 1


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_host_that_shows_the_line_is_proven_when_it_is_looked_at(console, anna):
    begun(anna)
    answering(console, Response(200, {}, line(console).encode()))
    words = main(pressed(anna, console))
    assert "Värden visar beviset" in words
    assert "styrkt" in words
    assert [event["state"] for event in console.world.events("domain-proof.changed")] == ["asked", "proven"]
    assert console.world.events("domain-proof.changed")[-1]["actor"] == console.person("anna")


def test_a_record_in_the_dns_will_do(console, anna):
    begun(anna)
    answering(console, EgressFailed("connect"), (line(console),))
    assert "Värden visar beviset" in main(pressed(anna, console))


SEEN = [
    (EgressFailed("network"), (), "Filen: värden finns inte i DNS, eller så svarar ingen på dess port 443."),
    (EgressFailed("resting after failures"), (), "Filen: värden svarade inte nyss. Vi frågar den igen om en stund."),
    (EgressFailed("tls"), (), "Filen: värdens certifikat kan inte godtas."),
    (EgressRefused("address"), (), "Filen: värden har en adress som inte är öppen för internet"),
    (Response(404, {}, b""), (), "Filen: värden svarar, men inte med status 200."),
    (Response(301, {"location": "/"}, b""), (), "Filen: värden svarar med en omdirigering."),
    (Response(200, {}, b"hello"), (), "DNS: det finns ingen TXT-post med ett bevis på namnet."),
    (Response(200, {}, b"tillit-domain-proof=x"), (), "Filen: där står ett bevis, men inte detta."),
    (EgressFailed("timeout"), ("tillit-domain-proof=x",), "DNS: posten har ett bevis, men inte detta."),
]


def test_what_was_seen_in_its_place_is_told_in_words(console, anna):
    begun(anna)
    for answer, texts, said in SEEN:
        answering(console, answer, texts)
        words = main(pressed(anna, console))
        assert "Beviset finns inte där." in words
        assert said in words
    assert proof(console).state(console.world.clock.now) is ProofState.ASKED


def test_who_presses_again_at_once_is_answered_without_another_call(console, anna):
    begun(anna)
    egress = answering(console, Response(404, {}, b""))
    pressed(anna, console)
    action, held = anna.get(f"{AT}/{HOST}").form(f"/domaner/{HOST}")
    anna.post(action, held)
    assert len(egress.calls) == 1


def test_what_is_no_host_is_told_so(console, anna):
    action, held = anna.get(AT).form("/domaner")
    for host in ("https://bok.example.se", "bok.example.se/x", "", "a b", "bok.example.se:444", "x" * 300, "a\nb"):
        answer = anna.post(action, {**held, "host": host})
        assert answer.status == 200
        assert 'aria-invalid="true"' in answer.text
    assert console.world.store.domain_proofs(MEMBER) == ()


def test_no_more_hosts_than_anybody_proves(console, anna, monkeypatch):
    monkeypatch.setattr("broker.federation.domains.MOST", 1)
    begun(anna)
    action, held = anna.get(AT).form("/domaner")
    assert "Fler värdar kan inte läggas till" in anna.post(action, {**held, "host": "b.example.se"}).text


def test_a_host_that_fails_says_since_when_and_what_comes_of_it(console, anna):
    now = console.world.clock.now
    kept(console, proven_at=now - DAY, checked_at=now, failing_since=now, missed="status absent")
    words = main(anna.get(f"{AT}/{HOST}"))
    assert "Värden har inte visat beviset sedan" in words
    assert "stoppas tjänster" in words
    assert "Vi ser efter nästa gång" in words
    assert "visar inte beviset" in main(anna.get(AT))
    assert "Värdar som inte längre visar sitt bevis: 1." in anna.get(f"/portal/{MEMBER}").text


@pytest.mark.spec("facts/threats", "FR-03")
def test_a_proof_that_has_ended_is_begun_anew_with_another_token(console, anna):
    now = console.world.clock.now
    old = kept(console, proven_at=now - DAY, checked_at=now, failing_since=now, ended_at=now)
    answering(console, Response(200, {}, b"tillit-domain-proof=t0ken"))
    page = anna.get(f"{AT}/{HOST}")
    assert "Begär ett nytt bevis" in page.text
    assert "Kontrollera nu" not in page.text
    assert old.token not in page.text
    words = main(pressed(anna, console))
    assert "Begär ett nytt bevis om någon minut" in words
    assert proof(console).token == old.token, "what comes of the end is done first"
    tell_of_hosts(console.world.store, console.world.app.on.services.settings)
    shown = main(pressed(anna, console))
    assert proof(console).token != old.token
    assert proof(console).state(now) is ProofState.ASKED
    assert line(console) in shown


def test_a_proof_that_has_run_out_by_itself_is_ended_and_then_begun_anew(console, anna):
    now = console.world.clock.now
    old = kept(console, proven_at=now - 400 * DAY, checked_at=now - 400 * DAY)
    pressed(anna, console)
    tell_of_hosts(console.world.store, console.world.app.on.services.settings)
    pressed(anna, console)
    assert proof(console).token != old.token


def test_a_proof_that_was_missing_for_a_day_is_begun_anew_while_it_still_fails(console, anna):
    now = console.world.clock.now
    old = kept(console, asked_at=now - 9 * DAY, proven_at=now - 8 * DAY, checked_at=now, failing_since=now - 2 * DAY)
    page = anna.get(f"{AT}/{HOST}")
    assert "Beviset har saknats i mer än ett dygn." in main(page)
    assert old.token not in page.text
    words = main(pressed(anna, console))
    assert proof(console).token != old.token
    assert proof(console).failing_since == old.failing_since
    assert line(console) in words


def test_a_reader_sees_the_hosts_and_changes_nothing(console):
    kept(console)
    reader = console.browser("carl", (MEMBER, Role.READER))
    for at in (AT, f"{AT}/{HOST}"):
        page = reader.get(at)
        assert page.status == 200
        assert "<button" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert reader.post(f"{AT}/{HOST}", {"csrf": "x"}).status in {400, 403, 404}


# --- where hosts are wanted


UNPROVEN = {"redirect_uris": ["https://rp.example.org/cb", f"https://{HOST}/cb"], "subject_type": "public"}


def proposed(console: Console) -> str:
    """A change of the member's service that brings a host, sent in."""
    world, person = console.world, console.person("anna")
    actor = Actor(person, "Anna", active(world.store.role_grants(person), world.clock.now))
    desk = Desk(world.store, world.app.on.services.settings, world.clock.now)
    entry = world.store.register_entry("service", "rp")
    content = {**entry.content, "oidc": {**entry.content["oidc"], **UNPROVEN}}
    begun = proposals.draft("service", "rp", MEMBER, content, actor, desk)
    assert isinstance(begun, Done), begun
    world.store.commit(begun.effects)
    sent = proposals.submit(begun.proposal, "Ny värd", actor, desk)
    assert isinstance(sent, Done), sent
    world.store.commit(sent.effects)
    return begun.proposal.id


def test_a_proposal_says_which_hosts_lack_a_proof_and_leads_its_member_there(console, anna):
    at = proposed(console)
    kept(console, host="rp.example.org")
    page = anna.get(f"/portal/{MEMBER}/forslag/{at}")
    assert "Dessa värdar är inte styrkta" in main(page)
    assert f'href="{AT}?vard={HOST}"' in page.text
    assert f'href="{AT}/rp.example.org"' in page.text
    assert f'value="{HOST}"' in anna.get(f"{AT}?vard={HOST}").text


@pytest.mark.spec("facts/threats", "FR-03")
def test_an_operator_sees_who_proves_them_and_can_vouch_for_none(console, anna):
    at = proposed(console)
    page = operator(console).get(f"/admin/forslag/{at}")
    words = main(page)
    assert HOST in words
    assert "Medlemmen styrker dem själv i portalen. Ingen kan gå i god för dem." in words
    assert 'value="domain-proof"' not in page.text
    action, held = page.form("/forslag/")
    told = operator(console, "eva").get(f"/admin/forslag/{at}").form("/forslag/")[1]
    assert "vouched" not in held
    assert "vouched" not in told
    assert action


def test_hosts_of_open_proposals_wait_on_the_first_page_and_are_begun_with_a_press(console, anna):
    proposed(console)
    assert "Värdar som återstår att styrka: 2." in anna.get(f"/portal/{MEMBER}").text
    page = anna.get(AT)
    assert "Värdar i era pågående ärenden" in main(page)
    forms = re.findall(r'name="host" value="([^"]+)"', page.text)
    assert forms == [HOST, "rp.example.org"]
    begun(anna, HOST)
    assert "Värdar som återstår att styrka: 2." in anna.get(f"/portal/{MEMBER}").text
    kept(console, token=proof(console).token, proven_at=console.world.clock.now)
    assert "Värdar som återstår att styrka: 1." in anna.get(f"/portal/{MEMBER}").text


def test_connecting_a_service_says_before_it_is_sent_in_which_hosts_remain(console, anna):
    action, held = anna.get(f"/portal/{MEMBER}/anslut").form("/anslut")
    about = {"name_sv": "Bok", "name_en": "Book", "mail": "it@bok.example.se"}
    page = anna.follow(anna.post(action, {**held, **about}))
    action, held = page.form("/anslut")
    anna.post(action, {**held, "protocol": "oidc", "redirect_uris": f"https://{HOST}/cb", "application_type": "web"})
    draft = action.split("/anslut/")[1].split("/")[0]
    for step in ("testa", "skicka"):
        summary = anna.get(f"/portal/{MEMBER}/anslut/{draft}/{step}")
        assert "återstår att styrka" in main(summary)
        assert f'href="{AT}?vard={HOST}"' in summary.text
    kept(console, proven_at=console.world.clock.now)
    assert "återstår att styrka" not in main(anna.get(f"/portal/{MEMBER}/anslut/{draft}/skicka"))


# --- the operator's


def test_the_operator_sees_all_hosts_and_those_that_fail(console):
    now = console.world.clock.now
    kept(console, proven_at=now, checked_at=now, failing_since=now)
    kept(console, org=OTHER, host="kommun.example.se", proven_at=now, checked_at=now)
    dora = operator(console)
    assert "Värdar som inte längre visar sitt bevis: 1." in dora.get("/admin").text
    listed = main(dora.get("/admin/domaner"))
    assert HOST in listed
    assert "Exempelkommunen" in listed
    failing = main(dora.get("/admin/domaner?lage=failing"))
    assert HOST in failing
    assert "kommun.example.se" not in failing
    assert "kommun.example.se" in main(dora.get("/admin/domaner?q=kommun"))
    assert "/admin/domaner" in dora.get("/admin/register").text


def test_another_member_s_host_is_missing(console, anna):
    kept(console, org=OTHER)
    assert (anna.get(f"{AT}/{HOST}").status, anna.get(f"{AT}/never.example.se").status) == (404, 404)
