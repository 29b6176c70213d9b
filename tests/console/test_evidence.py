"""O2: what a decision is made by stands on the page of the proposal; and what belongs to a member on its card."""

import pytest

from broker.federation import proposals
from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects
from broker.protocols.testing.choice import Choice
from broker.protocols.testing.run import KeepRun, Message, Run, Step, StepName
from tests.console.test_proposals import actor, alert, desk, post, proposed
from tests.support import saml_metadata as make
from tests.support.console import OTHER, Console, consoles, operator, owner
from tests.support.world import LEVEL3, MEMBER, Worlds

CATEGORY = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
pytest_plugins = ["tests.support.worlds"]


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def run(console: Console, reference: str, digest: str, *, ok: bool = True, at: int = 0, service: str = "rp") -> None:
    """A test login that is kept."""
    steps = tuple(Step(name, ok) for name in (StepName.RECEIVED, StepName.ANSWERED, StepName.REDEEMED))
    now = console.world.clock.now + at
    kept = Run(
        reference, service, MEMBER, digest, "oidc", now, Message("raw"), steps, Choice("anna"), Message("answer")
    )
    console.world.app.on.bench().store.commit(Effects((KeepRun(kept),)))


def put(console: Console, kind: str, id: str, content: dict, org: str = MEMBER) -> None:
    """An entry as a file would have it."""
    change = EntryChange(kind, id, content, org, "file")
    console.world.store.commit(Effects((ChangeRegister((change,), console.world.clock.now),)))


def proposal(console: Console, **changes) -> str:
    owner(console, "anna")
    return proposed(console, **(changes or {"levels": [LEVEL3]}))


def digest(console: Console, id: str) -> str:
    return console.world.store.proposal(id).digest


def test_the_report_stands_open_where_there_are_warnings_and_says_the_checks_that_hold(console):
    id_ = proposal(console)
    page = operator(console).get(f"/admin/forslag/{id_}")
    assert "Kontroll av det som lämnats in" in page.text
    assert "Kontroll – 0 fel" in page.text
    assert "Ingen delad hemlighet" not in page.text  # rp has one, of which the page gives a hint
    assert "Hemligheten är känd på båda sidor" in page.text
    assert "Svarsadresserna (redirect_uris)" in page.text


def test_the_member_sees_the_same(console):
    anna = owner(console, "anna")
    id_ = proposed(console, levels=[LEVEL3])
    page = anna.get(f"/portal/{MEMBER}/forslag/{id_}")
    assert "Hemligheten är känd på båda sidor" in page.text


def test_the_latest_test_logins_lead_to_their_steps(console):
    id_ = proposal(console)
    for number in range(7):
        run(console, f"RUN{number}", digest(console, id_), ok=number == 6, at=number)
    dora = operator(console)
    page = dora.get(f"/admin/forslag/{id_}")
    assert [f"RUN{number}" in page.text for number in range(7)] == [False, False, True, True, True, True, True]
    assert "5 av 7 visas" in page.text
    shown = dora.get(f"/admin/forslag/{id_}/prov/RUN6")
    assert (shown.status, shown.page) == (200, "M4-run")
    assert f"/admin/forslag/{id_}" in shown.text
    assert dora.get(f"/admin/forslag/{id_}/prov/RUN6?flik=begaran").status == 200


def test_a_test_login_of_another_service_is_missing_and_so_is_one_of_no_proposal(console):
    id_ = proposal(console)
    run(console, "OTHER", "d", service="rp2")
    dora = operator(console)
    assert dora.get(f"/admin/forslag/{id_}/prov/OTHER").status == 404
    assert dora.get("/admin/forslag/none/prov/OTHER").status == 404


def test_what_was_tested_before_the_last_change_is_told_as_such(console):
    id_ = proposal(console)
    run(console, "EARLIER", "another digest")
    page = operator(console).get(f"/admin/forslag/{id_}")
    assert "Ingen testinloggning med just det här innehållet" in page.text
    assert "EARLIER" in page.text


def test_the_member_s_declarations_and_assessment_stand_with_their_last_days(console):
    declared = [{"level": LEVEL3, "reviewer": "Granskaren", "expires": "2020-01-31"}]
    assessed = {"made": "2025-01-01", "by": "Säkerhet", "again": "2025-06-30"}
    member = console.world.store.register_entry("member", MEMBER).content
    put(console, "member", MEMBER, {**member, "trust_declarations": declared, "risk_assessment": assessed})
    page = operator(console).get(f"/admin/forslag/{proposal(console)}")
    for said in ("Granskaren", "2020-01-31", "har gått ut", "2025-06-30"):
        assert said in page.text, said


def test_earlier_decisions_about_the_same_entry_stand_with_their_reasons(console):
    owner(console, "anna")
    store, dora = console.world.store, operator(console)
    for number in range(7):
        before = store.proposal(proposed(console, reason=f"Skäl {number}", levels=[LEVEL3], attributes=["sn"]))
        said = proposals.reject(before, f"Nej {number}", actor(console, "dora"), desk(console))
        store.commit(said.effects)
    page = dora.get(f"/admin/forslag/{proposed(console, levels=[LEVEL3])}")
    assert [f"Nej {number}" in page.text for number in range(7)].count(True) == 5
    assert "5 av 7 visas" in page.text
    decided = dora.get(f"/admin/forslag/{before.id}")
    assert "Kontroll av det som lämnats in" not in decided.text


def test_an_error_that_came_since_is_told_with_its_remedy_and_the_approval_is_refused(console):
    declared = make.entity_attribute("http://macedir.org/entity-category", CATEGORY)
    xml = make.entity(entity_id="https://bok.example/saml", extensions=declared).decode()
    content = {"id": "bok", "member": MEMBER, "levels": [LEVEL3], "saml": {"metadata_xml": xml}}
    put(console, "service", "bok", content)
    owner(console, "anna")
    id_ = proposed(console, id="bok", consent="ask")
    federation = dict(console.world.store.register_entry("federation", "").content)
    put(console, "federation", "", {**federation, "entity_categories": [{"uri": CATEGORY, "attributes": ["sn"]}]}, "")
    dora = operator(console)
    page = dora.get(f"/admin/forslag/{id_}")
    assert "Kontroll – 1 fel" in page.text
    assert "Entitetskategorin är inte en som federationen går i god för." in page.text
    refused = post(dora, page, "approve")
    assert "Kontrollen hittar fel som först måste rättas." in alert(refused)


def test_a_card_shows_providers_and_agreements_each_the_first_few(console):
    for number in range(22):
        terms = {"id": f"idp{number}", "names": {"sv": f"Utfärdare {number}"}, "oidc": {"issuer": "https://op.example"}}
        put(console, "identity_provider", f"idp{number}", terms, OTHER)
    dora = operator(console)
    card = dora.get(f"/admin/medlemmar/{OTHER}")
    assert card.status == 200
    assert "20 av 22 visas" in card.text
    assert "/admin/register/identity_provider/idp0" in card.text
    assert "/admin/avtal/A-2" in card.text
    anna = owner(console, "anna", OTHER)
    own = anna.get(f"/portal/{OTHER}/medlem")
    assert "Utfärdare 0" in own.text
    assert "identity_provider" not in own.text
    assert f"/portal/{OTHER}/avtal/A-2" in own.text
