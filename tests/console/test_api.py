"""The JSON API: who may call it, what it gives, what it refuses, and that its description is true."""

import json
import re

import pytest

from broker.care.filings import SaveCorrection
from broker.federation.domains import KeepProof
from broker.jobs.hosts import tell_of_hosts
from broker.login.effects import Effects
from broker.web.api.errors import CAUSES
from broker.web.api.openapi import ROWS
from broker.web.api.routes import API, ApiRow
from metadata.wire.egress import Response
from tests.metadata.test_validate import NUMBER
from tests.support import saml_metadata
from tests.support.console import OTHER, Console, consoles, document, operator, owner, service
from tests.support.egress import FakeEgress
from tests.support.world import LEVEL2, LEVEL3, MEMBER, Answer, Worlds
from trust_framework.corrections import Correction, Receipt
from trust_framework.domains import DomainProof
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
SCOPES = "openid register:read register:write"
GRANTS = ["authorization_code", "refresh_token", "client_credentials"]


def tool(id: str, member: str = MEMBER, **oidc):
    return service(id, member, scope=SCOPES, grant_types=GRANTS, **oidc)


@pytest.fixture
def console(worlds: Worlds) -> Console:
    whole = document()
    whole["services"] = [*whole["services"], tool("tool"), tool("tool2", OTHER)]
    return consoles(worlds, whole)


def machine(console: Console, client: str = "tool", scope: str = "register:read register:write") -> str:
    return console.world.token(client, grant_type="client_credentials", scope=scope).json["access_token"]


def person(console: Console, name: str, *roles, level: str = LEVEL3) -> str:
    console.grant(name, *roles)
    return personal(console, name, "tool", SCOPES, level)


def personal(console: Console, name: str, client: str, scope: str, level: str = LEVEL3) -> str:
    """An access token that a persona let a client have."""
    world, uri = console.world, f"https://{client}.example.org/cb"
    hint = f"test:{name};loa={level}"
    code = world.code(
        world.browser(), client, scope=scope, redirect_uri=uri, login_hint=hint, acr_values=level, prompt="login"
    )
    return world.redeem(code, client, redirect_uri=uri).json["access_token"]


def call(console: Console, method: str, path: str, token: str = "", body: object = None, **headers: str) -> Answer:
    given = {"Authorization": f"Bearer {token}", **headers} if token else dict(headers)
    if body is not None:
        given.setdefault("Content-Type", "application/json")
    octets = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    return console.world.request(method, f"/api/v1{path}", octets, **given)


def changed(console: Console, id: str = "rp", **changes) -> dict:
    content = dict(console.world.store.register_entry("service", id).content)
    return {"kind": "service", "id": id, "content": {**content, **changes}}


NAMES = {"sv": "Nytt namn", "en": "New name"}


class TestReading:
    def test_a_client_sees_the_services_of_its_member(self, console: Console):
        found = call(console, "GET", f"/members/{MEMBER}/services", machine(console)).json
        assert {each["id"] for each in found["entries"]} == {"rp", "tool"}
        assert found["total"] == 2

    def test_a_list_is_searched_and_paged(self, console: Console):
        token, seen, after = machine(console), [], ""
        while after is not None:
            page = call(console, "GET", f"/members/{MEMBER}/services?count=1&after={after}", token).json
            seen += [each["id"] for each in page["entries"]]
            after = page["next"]
        assert sorted(seen) == ["rp", "tool"]
        assert call(console, "GET", f"/members/{MEMBER}/services?q=zzz", token).json["total"] == 0

    def test_an_entry_is_told_without_its_secrets(self, console: Console):
        found = call(console, "GET", f"/members/{MEMBER}/services/rp", machine(console))
        assert found.json["content"]["oidc"]["client_id"] == "rp"
        kept = console.world.store.register_entry("service", "rp").content["oidc"]["client_secret_hash"]
        assert kept not in found.text

    @pytest.mark.parametrize(
        "path",
        ["/members/{other}/services", "/members/{other}/services/rp2", "/members/{mine}/services/rp2",
         "/members/{mine}/services/rp2/history", "/members/{other}/hosts", "/members/{other}/proposals"],
    )  # fmt: skip
    def test_what_is_anothers_is_as_missing_as_what_never_was(self, console: Console, path: str):
        token = machine(console)
        theirs = call(console, "GET", path.format(other=OTHER, mine=MEMBER), token)
        never = call(console, "GET", f"/members/{MEMBER}/services/never-was", token)
        assert theirs.status == never.status == 404
        told = [{name: value for name, value in each.json.items() if name != "reference"} for each in (theirs, never)]
        assert told[0] == told[1]

    def test_an_operator_sees_every_member_and_the_whole(self, console: Console):
        token = person(console, "dora", (FEDERATION, Role.OPERATOR))
        assert call(console, "GET", "/register/member", token).json["total"] == 2
        assert call(console, "GET", f"/members/{OTHER}/services/rp2", token).status == 200
        assert call(console, "GET", "/register/service/rp2/history", token).json["versions"][0]["origin"] == "file"
        whole = call(console, "GET", "/export", token).json
        assert {each["id"] for each in whole["services"]} == {"rp", "rp2", "tool", "tool2"}


class TestTokens:
    @pytest.mark.parametrize(
        ("headers", "code", "challenge"),
        [
            ({}, "no-token", "Bearer"),
            ({"Authorization": "Basic eA=="}, "no-token", "Bearer"),
            ({"Authorization": "Bearer "}, "no-token", "Bearer"),
            ({"Authorization": "Bearer nonsense"}, "token", 'Bearer error="invalid_token"'),
        ],
    )
    def test_a_call_without_a_token_of_ours_is_told_so(self, console: Console, headers, code: str, challenge: str):
        answer = call(console, "GET", f"/members/{MEMBER}/services", **headers)
        assert (answer.status, answer.json["code"]) == (401, code)
        assert answer.header("WWW-Authenticate") == challenge

    def test_a_token_for_something_else_does_not_open_it(self, console: Console):
        token = personal(console, "anna", "rp", "openid")
        assert call(console, "GET", f"/members/{MEMBER}/services", token).json["code"] == "token"

    def test_reading_is_no_right_to_change(self, console: Console):
        answer = call(
            console, "POST", f"/members/{MEMBER}/proposals", machine(console, scope="register:read"), changed(console)
        )
        assert (answer.status, answer.json["code"]) == (403, "scope")

    def test_a_token_ends_with_its_client(self, console: Console):
        token = machine(console)
        suspended = {
            **document(),
            "services": [*document()["services"], {**tool("tool"), "state": "suspended"}, tool("tool2", OTHER)],
        }
        console.world.reapply(suspended)
        assert call(console, "GET", f"/members/{MEMBER}/services", token).json["code"] == "token"

    def test_a_person_needs_level_3(self, console: Console):
        token = person(console, "anna", (MEMBER, Role.OWNER), level=LEVEL2)
        assert call(console, "GET", f"/members/{MEMBER}/services", token).json["code"] == "level"

    def test_what_only_a_person_may_do_needs_one_who_has_just_identified(self, console: Console):
        token = person(console, "dora", (FEDERATION, Role.OPERATOR))
        console.world.clock.now += 299
        assert call(console, "POST", "/register/service/rp/suspend", token, {"reason": "Breach"}).status == 200
        console.world.clock.now += 2
        late = call(console, "POST", "/register/service/rp2/suspend", token, {"reason": "Breach"})
        assert late.status == 401
        assert call(console, "GET", "/export", machine(console)).json["code"] in {"step-up", "not-allowed"}

    def test_a_role_that_does_not_suffice_is_told(self, console: Console):
        reader = person(console, "carl", (MEMBER, Role.READER))
        assert call(console, "GET", f"/members/{MEMBER}/services", reader).status == 200
        assert (
            call(console, "POST", f"/members/{MEMBER}/proposals", reader, changed(console)).json["code"]
            == "not-allowed"
        )
        assert call(console, "GET", "/register/member", reader).json["code"] == "not-allowed"


class TestProposals:
    def test_a_client_proposes_and_two_operators_approve(self, console: Console):
        token = machine(console)
        begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, changed(console, names=NAMES)).json
        assert (begun["stage"], begun["danger"], begun["needed"]) == ("draft", "careful", 2)
        path = f"/members/{MEMBER}/proposals/{begun['id']}"
        assert call(console, "POST", f"{path}/submit", token, {"reason": "please"}).json["stage"] == "submitted"
        for name in ("dora", "eva"):
            operator = person(console, name, (FEDERATION, Role.OPERATOR))
            decided = call(console, "POST", f"/proposals/{begun['id']}/approve", operator,
                           {"reason": "Looked at", "seen": begun["digest"]})  # fmt: skip
            assert decided.status == 200, decided.text
        assert decided.json["stage"] == "published"
        entry = console.world.store.register_entry("service", "rp")
        assert (entry.content["names"], entry.origin) == (NAMES, "api")
        assert call(console, "GET", f"{path}", token).json["acts"][-1]["what"] == "published"

    def test_an_emergency_takes_two_operators_here_too_and_is_reviewed_by_a_third(self, console: Console):
        token = machine(console)
        wish = changed(console, attributes=["givenName", "sn", "displayName", "mail"])
        begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, wish).json
        call(console, "POST", f"/members/{MEMBER}/proposals/{begun['id']}/submit", token, {"reason": "please"})
        given = {"reason": "Fire", "seen": begun["digest"]}

        def act(name: str, what: str = "emergency") -> tuple[int, str]:
            answer = call(console, "POST", f"/proposals/{begun['id']}/{what}", by[name], given)
            return answer.status, answer.json.get("stage") or answer.json["code"]

        by = {name: person(console, name, (FEDERATION, Role.OPERATOR)) for name in ("dora", "eva", "carl")}
        by["tool"] = token
        assert act("tool") == (401, "step-up")
        assert act("dora") == (200, "submitted")
        assert act("dora") == (409, "refused.approved-already")
        assert act("dora", "approve") == (409, "refused.approved-already")
        assert act("dora", "publish") == (409, "refused.wrong-stage")
        assert "mail" not in console.world.store.register_entry("service", "rp").content["attributes"]
        assert act("eva") == (200, "published")
        assert act("eva", "review") == (409, "refused.own-proposal")
        assert console.world.store.proposal(begun["id"]).review_due is not None
        assert act("carl", "review") == (200, "published")
        assert console.world.store.proposal(begun["id"]).review_due is None

    def test_an_operator_takes_it_up_and_the_member_is_told(self, console: Console):
        token, operator = machine(console), person(console, "dora", (FEDERATION, Role.OPERATOR))
        begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, changed(console, names=NAMES)).json
        path = f"/members/{MEMBER}/proposals/{begun['id']}"
        call(console, "POST", f"{path}/submit", token, {})
        assert call(console, "GET", path, token).json["in_review"] is False

        taken = call(console, "POST", f"/proposals/{begun['id']}/take-up", operator, {})
        assert (taken.status, taken.json["stage"], taken.json["in_review"]) == (200, "submitted", True)
        assert call(console, "GET", path, token).json["in_review"] is True
        again = call(console, "POST", f"/proposals/{begun['id']}/take-up", operator, {})
        assert (again.status, again.json["code"]) == (409, "refused.wrong-stage")

    def test_a_proposal_that_was_overtaken_is_made_anew_from_what_stands(self, console: Console):
        token = machine(console)
        begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, changed(console, names=NAMES)).json
        path, operator = (
            f"/members/{MEMBER}/proposals/{begun['id']}",
            person(console, "dora", (FEDERATION, Role.OPERATOR)),
        )
        call(console, "POST", "/register/service/rp/suspend", operator, {"reason": "Breach"})
        assert call(console, "GET", path, token).json["wrong"] == ["overtaken"]

        anew = call(console, "POST", f"{path}/rebase", token)
        assert (anew.status, anew.json["wrong"], anew.json["stage"]) == (200, [], "draft")
        assert call(console, "POST", f"/proposals/{begun['id']}/rebase", operator, {}).status == 200

    def test_a_proposal_is_changed_and_taken_back(self, console: Console):
        token = machine(console)
        begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, changed(console, names=NAMES)).json
        path = f"/members/{MEMBER}/proposals/{begun['id']}"
        other = call(console, "PUT", path, token, {"content": changed(console, attributes=[])["content"]}).json
        assert other["digest"] != begun["digest"]
        assert call(console, "POST", f"{path}/withdraw", token, {}).json["stage"] == "withdrawn"
        again = call(console, "POST", f"{path}/submit", token, {})
        assert (again.status, again.json["code"]) == (409, "refused.wrong-stage")

    def test_a_client_approves_nothing(self, console: Console):
        token = machine(console)
        begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, changed(console, names=NAMES)).json
        answer = call(
            console, "POST", f"/proposals/{begun['id']}/approve", token, {"reason": "x", "seen": begun["digest"]}
        )
        assert answer.json["code"] == "step-up"

    @pytest.mark.parametrize(
        ("wish", "code"),
        [
            ({"kind": "service", "id": "rp2"}, "refused.name-held"),
            ({"kind": "policy", "id": "x"}, "malformed"),
            ({"kind": "method", "id": "card"}, "malformed"),
            ({"kind": "nothing", "id": "x"}, "malformed"),
        ],
    )
    def test_what_is_not_the_members_cannot_be_proposed(self, console: Console, wish, code: str):
        whole = {**wish, "content": changed(console)["content"]}
        assert call(console, "POST", f"/members/{MEMBER}/proposals", machine(console), whole).json["code"] == code

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"null", b'{"kind": "service"}', b'{"kind":"service","kind":"member","id":"x","content":null}',
         b'{"kind":"service","id":"rp","content":null,"state":"published"}', b'{"kind":1,"id":"rp","content":null}',
         b'{"kind":"service","id":"rp","content":"x"}', b"\xff\xfe",
         b'{"kind":"service","id":"' + b"x" * 2001 + b'","content":null}',
         b'{"a":' * 200 + b"1" + b"}" * 200],
    )  # fmt: skip
    def test_a_body_that_is_not_what_is_taken_is_refused_and_never_told_back(self, console: Console, body: bytes):
        answer = call(console, "POST", f"/members/{MEMBER}/proposals", machine(console), body)
        assert (answer.status, answer.json["code"]) == (400, "malformed")
        assert "published" not in answer.text
        assert console.world.store.proposal_page().total == 0

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
    def test_a_body_of_another_kind_is_refused(self, console: Console, kind: str):
        answer = call(
            console,
            "POST",
            f"/members/{MEMBER}/proposals",
            machine(console),
            changed(console),
            **{"Content-Type": kind},
        )
        assert answer.json["code"] == "malformed"


class TestHosts:
    def test_a_member_asks_and_is_told_what_to_show(self, console: Console):
        token = machine(console)
        asked = call(console, "POST", f"/members/{MEMBER}/hosts", token, {"host": "new.example.org"}).json
        assert asked["state"] == "asked"
        assert asked["well_known"] == "https://new.example.org/.well-known/tillit-domain-proof"
        again = call(console, "POST", f"/members/{MEMBER}/hosts", token, {"host": "new.example.org"}).json
        assert again == asked
        assert call(console, "GET", f"/members/{MEMBER}/hosts", token).json["hosts"] == [asked]

    @pytest.mark.parametrize("host", ["", "a b", "a/b", "https://a.se", "a.se:1"])
    def test_only_a_host_can_be_proven(self, console: Console, host: str):
        assert (
            call(console, "POST", f"/members/{MEMBER}/hosts", machine(console), {"host": host}).json["code"]
            == "malformed"
        )

    def test_a_look_tells_what_was_found_in_place_of_the_line_and_when_is_looked_next(self, console: Console):
        token = machine(console)
        call(console, "POST", f"/members/{MEMBER}/hosts", token, {"host": "seen.example.org"})
        object.__setattr__(console.world.app.on, "trial", lambda: FakeEgress({}))
        object.__setattr__(console.world.app.on, "texts", lambda _name: ("tillit-domain-proof=x",))
        seen = call(console, "POST", f"/members/{MEMBER}/hosts/seen.example.org/look", token).json
        assert (seen["state"], seen["missed"]) == ("asked", ["answer", "another"])
        assert seen["checked_at"] == console.world.clock.now
        assert seen["next_at"] > seen["checked_at"]

    def test_a_host_that_was_looked_at_just_now_is_told_of_as_it_was_and_nothing_is_kept(
        self, console: Console, monkeypatch
    ):
        store, now, token = console.world.store, console.world.clock.now, machine(console)
        store.commit(Effects((KeepProof(DomainProof(MEMBER, "rests.example.org", "t0ken", now, now)),)))
        kept: list[object] = []
        monkeypatch.setattr(store, "commit", lambda effects: kept.extend(effects.changes))
        seen = call(console, "POST", f"/members/{MEMBER}/hosts/rests.example.org/look", token).json
        assert (seen["state"], seen["checked_at"]) == ("asked", now)
        assert not any(isinstance(change, KeepProof) for change in kept)

    def test_a_proof_that_has_ended_is_asked_for_anew_with_another_token(self, console: Console):
        token, now = machine(console), console.world.clock.now
        ended = DomainProof(MEMBER, "gone.example.org", "t0ken", now).shown(now).ended(now)
        console.world.store.commit(Effects((KeepProof(ended),)))
        first = call(console, "POST", f"/members/{MEMBER}/hosts", token, {"host": "gone.example.org"}).json
        assert (first["state"], "t0ken" in first["line"]) == ("outdated", True), "what comes of the end is done first"
        tell_of_hosts(console.world.store, console.world.app.on.services.settings)
        asked = call(console, "POST", f"/members/{MEMBER}/hosts", token, {"host": "gone.example.org"}).json
        assert asked["state"] == "asked"
        assert "t0ken" not in asked["line"]

    def test_no_more_hosts_than_anybody_proves(self, console: Console, monkeypatch):
        monkeypatch.setattr("broker.federation.domains.MOST", 0)
        refused = call(console, "POST", f"/members/{MEMBER}/hosts", machine(console), {"host": "many.example.org"})
        assert refused.json["code"] == "malformed"

    def test_a_host_never_asked_for_is_missing(self, console: Console):
        assert call(console, "POST", f"/members/{MEMBER}/hosts/x.example.org/look", machine(console)).status == 404


def name(row: ApiRow) -> str:
    return f"{row.method} {row.rule}"


def filled(row: ApiRow, org: str = MEMBER) -> str:
    return re.sub(r"<(\w+)>", lambda part: org if part[1] == "org" else "never-was", row.rule)


class TestEveryCall:
    @pytest.mark.parametrize("row", API, ids=name)
    def test_needs_a_token(self, console: Console, row: ApiRow):
        assert call(console, row.method, filled(row)).json["code"] == "no-token"

    @pytest.mark.parametrize("row", [row for row in API if "<org>" in row.rule], ids=name)
    def test_of_another_member_is_missing(self, console: Console, row: ApiRow):
        token = person(console, "anna", (MEMBER, Role.OWNER)) if row.step_up else machine(console)
        foreign = call(console, row.method, filled(row, OTHER), token, {} if row.takes else None)
        assert (foreign.status, foreign.json["code"]) == (404, "missing")

    @pytest.mark.parametrize(("method", "path", "code"), [
        ("GET", "/", "missing"), ("GET", "/nothing", "missing"), ("POST", "/export", "method"),
        ("PUT", "/proposals", "method"), ("GET", "/proposals/%2e%2e", "no-token"),
    ])  # fmt: skip
    def test_an_address_or_method_that_is_none_is_told_before_anything_else(self, console: Console, method, path, code):
        assert call(console, method, path).json["code"] == code


class TestDescription:
    def test_every_call_stands_in_it_once_with_its_models(self, console: Console):
        told = console.world.browser().get("/api/v1/openapi.json").json
        assert told["openapi"].startswith("3.1")
        listed = {(method.upper(), path) for path, calls in told["paths"].items() for method in calls}
        assert listed == {(row.method, re.sub(r"<(\w+)>", r"{\1}", row.rule)) for row in ROWS} | {("POST", "/validate")}
        named = [call["operationId"] for calls in told["paths"].values() for call in calls.values()]
        assert len(named) == len(set(named))

    def test_every_reference_in_it_leads_somewhere(self, console: Console):
        answer = console.world.browser().get("/api/v1/openapi.json")
        schemas = answer.json["components"]["schemas"]
        references = set(re.findall(r'"#/components/schemas/(\w+)"', answer.text))
        assert references <= schemas.keys()
        assert "Problem" in references

    def test_every_cause_is_an_error(self):
        assert all(400 <= cause.status < 600 and cause.title for cause in CAUSES.values())


@pytest.mark.spec("IS", "07")
def test_a_program_fetches_corrections_of_what_its_member_was_given_and_acknowledges_them(console):
    receipts = (Receipt("rp", MEMBER, ("sn",), ("R-1",)), Receipt("rp2", OTHER, ("sn",), ("R-2",)))
    made = Correction("k1", OTHER, console.person("anna"), ("sn",), "Fel.", "p", console.world.clock.now, receipts)
    console.world.store.commit(Effects((SaveCorrection(made),)))
    token, at = machine(console), f"/members/{MEMBER}/corrections"

    (one,) = call(console, "GET", at, token).json["corrections"]
    assert (one["service"], one["references"], one["attributes"]) == ("rp", ["R-1"], ["sn"])
    assert call(console, "POST", f"{at}/k1/rp2", token).status == 404
    assert call(console, "POST", f"{at}/k1/rp", token).json == {"done": True}
    assert call(console, "POST", f"{at}/k1/rp", token).json == {"done": True}

    assert call(console, "GET", at, token).json == {"corrections": []}
    assert [event["by"] for event in console.world.events("data.correction-told")] == ["client:tool"]


def test_a_service_s_metadata_may_be_named_by_address(console: Console):
    url, xml = "https://sp.example/metadata", saml_metadata.entity(entity_id="https://sp.example/metadata")
    object.__setattr__(console.world.app.on, "trial", lambda: FakeEgress({("GET", url): Response(200, {}, xml)}))
    wish = {
        "kind": "service",
        "id": "sp",
        "content": {"id": "sp", "member": MEMBER, "levels": [LEVEL2], "saml": {"metadata_url": url}},
    }
    begun = call(console, "POST", f"/members/{MEMBER}/proposals", machine(console), wish)
    assert begun.status == 200
    kept = console.world.store.proposal(begun.json["id"]).content["saml"]
    assert kept == {"metadata_url": url, "metadata_xml": xml.decode()}
    object.__setattr__(console.world.app.on, "trial", lambda: FakeEgress({}))
    refused = call(console, "POST", f"/members/{MEMBER}/proposals", machine(console), {**wish, "id": "sp2"})
    assert (refused.status, refused.json["code"]) == (409, "refused.not-fetched")


class TestLeaving:
    """A member asks to leave, and takes services out; an operator proposes both, and that what was stopped is in force."""

    def test_an_owner_asks_and_a_client_takes_a_service_out(self, console: Console):
        token, anna = machine(console), person(console, "anna", (MEMBER, Role.OWNER))
        taken = call(console, "POST", f"/members/{MEMBER}/services/rp/leave", token, {"reason": "Ersatt"})
        assert (taken.json["stage"], taken.json["content"]["state"], taken.json["needed"]) == ("submitted", "left", 2)
        assert call(console, "POST", f"/members/{MEMBER}/leave", token, {"reason": "x"}).json["code"] == "step-up"
        left = call(console, "POST", f"/members/{MEMBER}/leave", anna, {"reason": "Slås samman"})
        assert (left.json["kind"], left.json["entry"], left.json["content"]["state"]) == ("member", MEMBER, "left")
        lacking = call(console, "POST", f"/members/{MEMBER}/leave", anna, {"reason": " "})
        assert (lacking.status, lacking.json["code"]) == (409, "refused.no-reason")

    def test_a_service_of_another_member_is_missing(self, console: Console):
        answer = call(console, "POST", f"/members/{MEMBER}/services/rp2/leave", machine(console), {"reason": "x"})
        assert answer.status == 404

    def test_an_operator_proposes_both_ways(self, console: Console):
        dora = person(console, "dora", (FEDERATION, Role.OPERATOR))
        call(console, "POST", "/register/service/rp/suspend", dora, {"reason": "Breach"})
        again = call(console, "POST", "/register/service/rp/activate", dora, {"reason": "Mended"})
        assert (again.json["stage"], again.json["content"]["state"]) == ("submitted", "active")
        gone = call(console, "POST", "/register/service/rp2/leave", dora, {"reason": "Closed"})
        assert (gone.json["stage"], gone.json["org"]) == ("submitted", OTHER)
        assert (
            call(console, "POST", "/register/agreement/A-1/leave", dora, {"reason": "x"})
            .json["code"]
            .startswith("refused")
        )


class TestFindings:
    def test_a_proposal_tells_what_the_validator_says_and_an_error_is_named_when_it_holds(self, console: Console):
        number = make_number(OTHER)
        xml = saml_metadata.entity(entity_id="https://sp9.example/sp", after=number).decode()
        content = {"id": "sp9", "levels": [LEVEL3], "names": NAMES, "saml": {"metadata_xml": xml}}
        token = machine(console)
        begun = call(
            console, "POST", f"/members/{MEMBER}/proposals", token, {"kind": "service", "id": "sp9", "content": content}
        )
        told = {each["id"]: each["severity"] for each in begun.json["findings"]}
        assert told["wrong-organisation"] == "error"
        assert "warning" in told.values()
        sent = call(console, "POST", f"/members/{MEMBER}/proposals/{begun.json['id']}/submit", token, {"reason": "Ny"})
        assert (sent.status, sent.json["code"]) == (409, "refused.findings")
        assert sent.json["detail"] == ["wrong-organisation: The organisation number is not that of the member."]

    def test_a_draft_that_is_shaped_as_no_entry_is_told_of_and_can_be_opened(self, console: Console):
        token, anna, dora = machine(console), owner(console, "anna"), operator(console)
        for number, odd in enumerate(ODD):
            wish = {"kind": "service", "id": f"odd{number}", "content": {"id": f"odd{number}", **odd}}
            begun = call(console, "POST", f"/members/{MEMBER}/proposals", token, wish)
            assert (odd, begun.status) == (odd, 200)
            assert begun.json["wrong"]
            for browser, place in ((anna, f"/portal/{MEMBER}"), (dora, "/admin")):
                shown = browser.get(f"{place}/forslag/{begun.json['id']}")
                assert (odd, shown.status, shown.page) == (odd, 200, "O2")


ODD = (
    {"names": ["a"], "oidc": {}},
    {"contact": "a", "oidc": {}},
    {"oidc": "a"},
    {"saml": {"metadata_xml": "x"}, "entity_categories": None},
    {"levels": 5, "methods": 5, "oidc": {}},
)


def make_number(org: str) -> str:
    return saml_metadata.organization(extensions=NUMBER.replace("2021001234", org))
