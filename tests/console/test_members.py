"""A member's card, and the changes that its own people make and propose."""

import pytest

from tests.support.console import OTHER, Console, consoles, document, operator, owner
from tests.support.world import LEVEL3, MEMBER, Worlds
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]
SECURITY = {"security_name": "Säkerhet", "security_mail": "sec@example.se"}


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def entry(console: Console, org: str = MEMBER):
    return console.world.store.register_entry("member", org).content


def saved(browser, part: str, **fields: str):
    page = browser.get(f"/portal/{MEMBER}/medlem/{part}")
    action, hidden = page.form(f"/medlem/{part}")
    chosen = {"level": ""} if part == "tillit" else {}  # a browser sends the first of a list
    return browser.follow(browser.post(action, {**hidden, **chosen, **fields}))


def test_contacts_are_changed_at_once_confirmed_and_shown_on_the_card(console):
    anna = owner(console)
    card = saved(
        anna, "kontakter", **SECURITY, technical_name="Drift", technical_mail="drift@example.se", confirmed="y"
    )
    assert (card.page, card.status) == ("member", 200)
    assert "sec@example.se" in card.text
    assert entry(console)["contacts"]["security"] == {
        "name": "Säkerhet",
        "mail": "sec@example.se",
        "confirmed": "2026-11-25",
    }
    assert "support" not in entry(console)["contacts"]
    assert 'class="state warn"' not in card.text.partition('id="tjanster"')[0]


def test_contacts_of_other_purposes_and_earlier_confirmations_stay(console):
    anna = owner(console)
    saved(anna, "kontakter", **SECURITY, confirmed="y")
    console.world.clock.now += 400 * 86_400
    card = saved(owner(console, "anna"), "kontakter", security_name="Ny", security_mail="ny@example.se")
    assert entry(console)["contacts"]["security"]["confirmed"] == "2026-11-25"
    assert "Behöver bekräftas" in card.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"security_name": "x"},
        {"security_name": "x", "security_mail": "nobody"},
        {**SECURITY, "support_name": "only a name"},
        {**SECURITY, "support_mail": "only@mail.se"},
        {**SECURITY, "admin": "yes"},
        {**SECURITY, "technical_name": "x" * 201, "technical_mail": "a@b.se"},
    ],
)
def test_contacts_that_are_not_whole_are_not_kept_and_what_was_typed_stays(console, fields):
    page = saved(owner(console), "kontakter", **fields)
    assert page.page == "member-contacts"
    assert 'role="alert"' in page.text
    assert "contacts" not in entry(console)


def test_a_declaration_and_an_agent_are_proposed_and_held(console):
    anna = owner(console)
    page = saved(
        anna, "tillit", level=LEVEL3, reviewer="Granskningsnämnden", expires="2027-12-31",
        agent=OTHER, until="2027-01-31", reason="Ny upphandling",
    )  # fmt: skip
    assert page.page not in {"member-trust", "member"}
    assert "trust_declarations" not in entry(console)
    (listed,) = console.world.store.proposal_page("waiting", MEMBER).proposals
    proposal = console.world.store.proposal(listed.id)
    assert proposal.content["agents"] == [{"org": OTHER, "roles": ["technical"], "until": "2027-01-31"}]
    assert (proposal.danger.value, proposal.acts[-1].reason) == ("dangerous", "Ny upphandling")


@pytest.mark.spec("IS", "22")
def test_a_new_assessment_of_the_risks_is_proposed_and_then_stands_on_the_card_with_its_day(worlds):
    from tests.support.console import document

    made = {"made": "2025-01-01", "by": "Säkerhetsgruppen", "again": "2026-01-01"}
    whole = document()
    declared = {"level": LEVEL3, "reviewer": "x", "expires": "2026-01-01"}
    whole["members"][0] |= {"risk_assessment": made, "trust_declarations": [declared]}
    console = consoles(worlds, whole)
    anna = owner(console)
    card = anna.get(f"/portal/{MEMBER}/medlem")
    assert ("har gått ut" in card.text, "state.expired" in card.text) == (True, False)
    assert ("2026-01-01" in card.text, "tjänsterna stoppas 30 dagar efter dagen" in card.text) == (True, True)
    saved(anna, "tillit", assessor="Granskningsnämnden", assessed="2026-11-01", again="2027-10-31")
    (listed,) = console.world.store.proposal_page("waiting", MEMBER).proposals
    proposal = console.world.store.proposal(listed.id)
    assert proposal.content["risk_assessment"] == {
        "made": "2026-11-01", "by": "Granskningsnämnden", "again": "2027-10-31",
    }  # fmt: skip
    assert proposal.danger.value == "dangerous"


@pytest.mark.parametrize(
    "fields",
    [
        {"assessor": "x", "again": "2027-12-31"},
        {"assessor": "x", "assessed": "igår", "again": "2027-12-31"},
        {"assessor": "x", "assessed": "2026-11-01"},
        {"level": LEVEL3},
        {"level": LEVEL3, "reviewer": "x", "expires": "snart"},
        {"level": "urn:x", "reviewer": "x", "expires": "2027-12-31"},
        {"agent": OTHER},
        {"agent": "123", "until": "2027-12-31"},
        {"until": "2027-02-30", "agent": OTHER},
        {"remove": "d7"},
        {},
    ],
)
def test_a_change_that_is_not_whole_or_changes_nothing_is_not_proposed(console, fields):
    page = saved(owner(console), "tillit", **fields)
    assert page.page == "member-trust"
    assert 'role="alert"' in page.text
    assert console.world.store.proposal_page(org=MEMBER).total == 0


def test_what_is_ticked_is_taken_out(worlds):
    agents = [{"org": OTHER, "until": "2030-01-01"}]
    declared = [{"level": LEVEL3, "reviewer": "x", "expires": "2030-01-01"}]
    members = [
        {"org": MEMBER, "name": {"sv": "Region Exempel"}, "agents": agents, "trust_declarations": declared},
        {"org": OTHER, "name": {"sv": "Exempelkommunen"}},
    ]
    from tests.support.console import document

    console = consoles(worlds, {**document(), "members": members})
    page = saved(owner(console), "tillit", remove="a0")
    assert page.page != "member-trust", page.text
    (listed,) = console.world.store.proposal_page("waiting", MEMBER).proposals
    content = console.world.store.proposal(listed.id).content
    assert (content["agents"], content["trust_declarations"]) == ([], declared)


def test_an_agent_s_people_see_the_member_and_may_not_more_than_it_says(worlds):
    from tests.support.console import document

    members = [
        {"org": MEMBER, "name": {"sv": "Region Exempel"}, "agents": [{"org": OTHER, "until": "2030-01-01"}]},
        {"org": OTHER, "name": {"sv": "Exempelkommunen"}},
    ]
    console = consoles(worlds, {**document(), "members": members})
    carl = console.browser("carl", (OTHER, Role.TECHNICAL))
    assert carl.get(f"/portal/{MEMBER}/medlem").page == "member"
    assert carl.get(f"/portal/{MEMBER}/medlem/kontakter").page == "member-contacts"
    console.world.clock.now = 1_900_000_000
    carl = console.sign_on("carl")
    assert carl.get(f"/portal/{MEMBER}/medlem").status == 404


def test_a_reader_sees_the_card_and_changes_nothing(console):
    reader = console.browser("carl", (MEMBER, Role.READER))
    card = reader.get(f"/portal/{MEMBER}/medlem")
    assert card.page == "member"
    assert "/medlem/kontakter" not in card.text
    assert reader.get(f"/portal/{MEMBER}/medlem/kontakter").page == "not-allowed"


def test_an_operator_sees_every_member_s_card_with_where_to_stop_it(console):
    dora = operator(console)
    card = dora.get(f"/admin/medlemmar/{OTHER}")
    assert (card.page, card.status) == ("member", 200)
    assert f"/admin/register/member/{OTHER}/stopp" in card.text
    assert "Exempelkommunen" in card.text
    assert dora.get("/admin/medlemmar/2120001439").status == 404
    assert dora.get("/admin/medlemmar/rp").status == 404


X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KEYS = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "f1", "alg": "EdDSA", "use": "sig", "x": "' + X + '"}]}'
ENTITY = {"entity_id": "https://region.example", "jwks": KEYS}
ABOUT = {"name_sv": "Region Exempel", "name_en": "Example Region", "type": "user-organisation"}


def proposed(console: Console) -> dict:
    (listed,) = console.world.store.proposal_page("waiting", MEMBER).proposals
    proposal = console.world.store.proposal(listed.id)
    return {**proposal.content, "danger": proposal.danger.value}


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({"name_sv": "Region Nytt"}, {"name": {"sv": "Region Nytt", "en": "Example Region"}, "danger": "careful"}),
        ({"type": "service-provider"}, {"type": "service-provider", "danger": "dangerous"}),
        ({"roles": "e-service-owner"}, {"roles": ["e-service-owner"], "danger": "dangerous"}),
        ({**ENTITY, "intermediate": "y"}, {"danger": "dangerous"}),
    ],
)
def test_what_a_member_is_is_changed_by_a_proposal(console, fields, changed):
    card = owner(console).get(f"/portal/{MEMBER}/medlem")
    assert "/medlem/uppgifter" in card.text
    page = saved(owner(console), "uppgifter", **{**ABOUT, **fields})
    assert page.page == "O2", page.text
    found = proposed(console)
    assert {name: found[name] for name in changed} == changed
    if "jwks" in fields:
        entity = found["openid_federation"]
        assert (entity["entity_id"], entity["intermediate"]) == ("https://region.example", True)
        assert entity["jwks"]["keys"][0]["kid"] == "f1"
    assert "openid_federation" not in entry(console)


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"name_sv": " "}, {"name_en": ""}, {"name_sv": "a" * 201}, {"type": "pirate"},
        {"type": "agent", "roles": "api-owner"}, {"roles": "pirate"}, {"state": "left"}, {"org": OTHER},
        {"entity_id": "https://region.example"}, {"jwks": KEYS}, {**ENTITY, "jwks": "{"}, {**ENTITY, "jwks": "[]"},
        {**ENTITY, "jwks": '{"keys": []}'}, {**ENTITY, "jwks": '{"a":' * 3000}, {**ENTITY, "entity_id": "http://x.example"},
        {**ENTITY, "entity_id": "https://x.example?q=1"}, {**ENTITY, "jwks": KEYS.replace('"x"', '"d": "AAAA", "x"')},
        {**ENTITY, "jwks": KEYS.replace('"kid": "f1", ', "")}, {**ENTITY, "jwks": "x" * 20_001},
        {"reason": "x" * 2001},
    ],
)  # fmt: skip
def test_what_is_not_whole_or_changes_nothing_is_not_proposed(console, fields):
    page = saved(owner(console), "uppgifter", **{**ABOUT, **fields})
    assert page.page == "member-about"
    assert 'role="alert"' in page.text
    assert console.world.store.proposal_page(org=MEMBER).total == 0


def test_what_the_page_does_not_ask_for_stays_and_an_entity_can_be_taken_out(worlds):
    import json

    whole = document()
    declared = [{"level": LEVEL3, "reviewer": "x", "expires": "2030-01-01"}]
    entity = {"entity_id": "https://region.example", "jwks": json.loads(KEYS), "entity_types": ["openid_relying_party"]}
    whole["members"][0] |= {"trust_declarations": declared, "openid_federation": entity, "roles": ["e-service-owner"]}
    console = consoles(worlds, whole)
    anna = owner(console)
    shown = anna.get(f"/portal/{MEMBER}/medlem/uppgifter")
    assert 'value="https://region.example"' in shown.text
    action, fields = shown.form("/medlem/uppgifter")
    stays = {**ENTITY, "roles": "e-service-owner"}
    anna.follow(anna.post(action, {**fields, **ABOUT, **stays, "name_sv": "Region Nytt"}))
    found = proposed(console)
    assert found["openid_federation"]["entity_types"] == ["openid_relying_party"]
    assert (found["trust_declarations"], found["roles"]) == (declared, ["e-service-owner"])

    carl = owner(console, "carl")
    _, hidden = carl.get(f"/portal/{MEMBER}/medlem/uppgifter").form("/medlem/uppgifter")
    carl.follow(carl.post(action, {**hidden, **ABOUT, "entity_id": "", "jwks": ""}))
    listed = console.world.store.proposal_page("waiting").proposals
    contents = [console.world.store.proposal(each.id).content for each in listed]
    assert sorted("openid_federation" in content for content in contents) == [False, True]
