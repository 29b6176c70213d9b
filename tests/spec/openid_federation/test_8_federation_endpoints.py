"""The federation endpoints, from outside: what a trust anchor, and what a leaf publishes (OpenID Federation sections 3, 8, 9)."""

from urllib.parse import urlencode

import pytest

from broker.keys.rotation import Naming, replace_leaked
from metadata.federation.chain import validate
from metadata.federation.statement import Reader
from metadata.wire.jose import issue, read_jwks
from tests.support.oidfed import ANCHOR, LEAF, Entities, Party, jwks, key
from tests.support.oidfed_world import (
    AGREED_MARK,
    FETCH,
    LIST,
    MARK,
    MARK_LIST,
    MARK_STATUS,
    MEMBER_ENTITY,
    MEMBER_MARK,
    MIDDLE_ENTITY,
    NAMED_MARK,
    OLD_KEYS,
    OTHER_ORG,
    RESOLVE,
    RP_ENTITY,
    US,
    WELL_KNOWN,
    anchor,
    entities,
    entity,
    error,
    opened,
    operator,
    published,
    reaching,
    with_entity,
)
from tests.support.world import MEMBER, NOW, claims, client, federation

STATEMENT, MARK_TYP, STATUS_TYP = "entity-statement+jwt", "trust-mark+jwt", "trust-mark-status-response+jwt"
DAY = 86400


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(operator())


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


@pytest.fixture(scope="module")
def leaf(lasting_worlds):
    mark = {"trust_mark_type": MEMBER_MARK, "trust_mark": issue({"trust_mark_type": MEMBER_MARK}, key("m"))}
    return lasting_worlds.make(
        federation(
            with_entity(client("rp"), entity(RP_ENTITY)),
            openid_federation={"authority_hints": [ANCHOR], "trust_anchors": [anchor()], "trust_marks": [mark]},
        ),
        contact="help@federation.example",
    )


def get(world, path, **parameters):
    return world.request("GET", f"{path}?{urlencode(parameters, doseq=True)}" if parameters else path)


def configuration(world):
    return opened(get(world, WELL_KNOWN), STATEMENT, world)


# --- the entity configuration


@pytest.mark.spec("OpenID Federation 1.0", "9")
def test_a_trust_anchor_publishes_its_configuration(world):
    said = configuration(world)
    assert (said["iss"], said["sub"], said["iat"], said["exp"]) == (US, US, NOW, NOW + 2 * DAY)
    assert "authority_hints" not in said
    assert said["trust_mark_issuers"] == {MEMBER_MARK: [US], AGREED_MARK: [US], NAMED_MARK: [US]}
    about = said["metadata"]["federation_entity"]
    assert {name for name in about if name.endswith("_endpoint")} == {
        "federation_fetch_endpoint",
        "federation_list_endpoint",
        "federation_resolve_endpoint",
        "federation_trust_mark_status_endpoint",
        "federation_trust_mark_list_endpoint",
        "federation_trust_mark_endpoint",
        "federation_historical_keys_endpoint",
    }
    assert about["organization_name"] == "tillit"


@pytest.mark.spec("OpenID Federation 1.0", "5.1.3")
def test_our_metadata_as_a_provider_is_that_of_discovery(world):
    provider = configuration(world)["metadata"]["openid_provider"]
    discovered = get(world, "/.well-known/openid-configuration").json
    assert discovered.items() <= provider.items()
    assert provider["client_registration_types_supported"] == []
    assert "federation_registration_endpoint" not in provider


@pytest.mark.spec("OpenID Federation 1.0", "3.1.1")
def test_federation_keys_are_no_keys_of_other_protocols(world):
    federation_kids = {each["kid"] for each in published(world)["keys"]}
    assert federation_kids
    assert federation_kids.isdisjoint(each["kid"] for each in get(world, "/oidc/jwks").json["keys"])


@pytest.mark.spec("OpenID Federation 1.0", "5.1.1")
def test_a_leaf_names_its_superiors_and_has_no_endpoints_of_superiors(leaf):
    said = configuration(leaf)
    assert said["authority_hints"] == [ANCHOR]
    assert [each["trust_mark_type"] for each in said["trust_marks"]] == [MEMBER_MARK]
    about = said["metadata"]["federation_entity"]
    assert {name for name in about if name.endswith("_endpoint")} == {
        "federation_resolve_endpoint",
        "federation_historical_keys_endpoint",
    }
    assert about["contacts"] == ["help@federation.example"]
    assert error(get(leaf, FETCH, sub=RP_ENTITY)) == (404, "not_found")
    assert error(get(leaf, LIST)) == (404, "not_found")


def test_a_broker_in_no_federation_says_nothing(lasting_worlds):
    alone = lasting_worlds.make()
    for path in (WELL_KNOWN, FETCH, LIST, RESOLVE, MARK, MARK_LIST, OLD_KEYS):
        assert error(get(alone, path)) == (404, "not_found")
    assert error(alone.request("POST", MARK_STATUS, {})) == (404, "not_found")


def test_the_configuration_may_be_cached_a_few_minutes(world):
    assert get(world, WELL_KNOWN).header("Cache-Control") == "public, max-age=300"
    assert get(world, FETCH, sub=RP_ENTITY).header("Cache-Control") == "no-store"


# --- subordinate statements


@pytest.mark.spec("OpenID Federation 1.0", "8.1")
def test_a_statement_about_a_subordinate_has_its_keys_our_policy_and_its_constraints(world):
    said = opened(get(world, FETCH, sub=MIDDLE_ENTITY), STATEMENT, world)
    assert (said["iss"], said["sub"], said["exp"]) == (US, MIDDLE_ENTITY, NOW + DAY // 2)
    assert said["jwks"] == jwks(key(MIDDLE_ENTITY))
    assert said["source_endpoint"] == US + FETCH
    assert said["constraints"] == {"max_path_length": 1}
    assert said["metadata_policy"] == {
        "openid_relying_party": {"subject_type": {"value": "pairwise", "essential": True}}
    }


@pytest.mark.spec("OpenID Federation 1.0", "8.1")
@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({}, (400, "invalid_request")),
        ({"sub": ""}, (400, "invalid_request")),
        ({"sub": [RP_ENTITY, RP_ENTITY]}, (400, "invalid_request")),
        ({"sub": US}, (400, "invalid_request")),
        ({"sub": "https://stranger.example"}, (404, "not_found")),
        ({"sub": RP_ENTITY + "/"}, (404, "not_found")),
        ({"sub": "\x00"}, (404, "not_found")),
    ],
)
def test_a_statement_that_there_is_not_is_refused(world, parameters, refused):
    assert error(get(world, FETCH, **parameters)) == refused


def test_parameters_that_cannot_be_read_are_refused(world):
    assert error(world.request("GET", FETCH + "?sub=%ff")) == (400, "invalid_request")


@pytest.mark.spec("OpenID Federation 1.0", "8")
def test_parameters_that_are_not_known_are_ignored(world):
    assert get(world, FETCH, sub=RP_ENTITY, more="x").status == 200


@pytest.mark.parametrize("stop", ["service", "member"])
def test_a_service_or_member_that_is_stopped_is_no_subordinate_any_more(lasting_worlds, stop):
    document = operator()
    part = document["services"] if stop == "service" else document["members"]
    part[0]["state"] = "suspended"
    stopped = lasting_worlds.make(document)
    assert error(get(stopped, FETCH, sub=RP_ENTITY)) == (404, "not_found")
    assert RP_ENTITY not in get(stopped, LIST).json
    assert error(get(stopped, MARK, trust_mark_type=MEMBER_MARK, sub=RP_ENTITY)) == (404, "not_found")


def test_a_service_in_test_is_no_subordinate_yet(lasting_worlds):
    document = operator()
    document["services"][0]["state"] = "test"
    assert RP_ENTITY not in get(lasting_worlds.make(document), LIST).json


# --- listing


@pytest.mark.spec("OpenID Federation 1.0", "8.2")
@pytest.mark.parametrize(
    ("parameters", "listed"),
    [
        ({}, [MEMBER_ENTITY, MIDDLE_ENTITY, RP_ENTITY]),
        ({"entity_type": "openid_relying_party"}, [RP_ENTITY]),
        ({"entity_type": "federation_entity"}, [MEMBER_ENTITY, MIDDLE_ENTITY, RP_ENTITY]),
        ({"entity_type": ["openid_provider", "openid_relying_party"]}, [RP_ENTITY]),
        ({"entity_type": "openid_provider"}, []),
        ({"intermediate": "true"}, [MIDDLE_ENTITY]),
        ({"intermediate": "false"}, [MEMBER_ENTITY, RP_ENTITY]),
        ({"trust_marked": "true"}, [MEMBER_ENTITY, MIDDLE_ENTITY, RP_ENTITY]),
        ({"trust_marked": "false"}, [MEMBER_ENTITY, MIDDLE_ENTITY, RP_ENTITY]),
        ({"trust_mark_type": AGREED_MARK}, [RP_ENTITY]),
        ({"trust_mark_id": NAMED_MARK}, [MIDDLE_ENTITY]),
        ({"trust_mark_type": "https://federation.example/marks/none"}, []),
        ({"trust_mark_type": NAMED_MARK, "intermediate": "false"}, []),
    ],
)
def test_the_list_is_filtered_as_asked(world, parameters, listed):
    answer = get(world, LIST, **parameters)
    assert (answer.status, answer.header("Content-Type")) == (200, "application/json")
    assert answer.json == sorted(listed)


@pytest.mark.parametrize(
    "parameters", [{"intermediate": "yes"}, {"trust_marked": "1"}, {"intermediate": ["true", "true"]}]
)
def test_a_filter_that_is_no_boolean_is_refused(world, parameters):
    assert error(get(world, LIST, **parameters)) == (400, "invalid_request")


# --- trust marks


@pytest.mark.spec("OpenID Federation 1.0", "8.6")
def test_a_trust_mark_is_given_to_whoever_has_it(world):
    mark = opened(get(world, MARK, trust_mark_type=AGREED_MARK, sub=RP_ENTITY), MARK_TYP, world)
    assert mark == {"iss": US, "sub": RP_ENTITY, "trust_mark_type": AGREED_MARK, "iat": NOW, "exp": NOW + 30 * DAY}
    member = opened(get(world, MARK, trust_mark_type=MEMBER_MARK, sub=MEMBER_ENTITY), MARK_TYP, world)
    assert member["ref"] == "https://federation.example/about"


@pytest.mark.spec("OpenID Federation 1.0", "8.6")
@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({}, (400, "invalid_request")),
        ({"sub": RP_ENTITY}, (400, "invalid_request")),
        ({"trust_mark_type": AGREED_MARK}, (400, "invalid_request")),
        ({"trust_mark_type": AGREED_MARK, "sub": MEMBER_ENTITY}, (404, "not_found")),
        ({"trust_mark_type": NAMED_MARK, "sub": RP_ENTITY}, (404, "not_found")),
        ({"trust_mark_type": "https://federation.example/marks/none", "sub": RP_ENTITY}, (404, "not_found")),
        ({"trust_mark_type": MEMBER_MARK, "sub": "https://stranger.example"}, (404, "not_found")),
    ],
)
def test_a_trust_mark_that_the_entity_does_not_have_is_refused(world, parameters, refused):
    assert error(get(world, MARK, **parameters)) == refused


@pytest.mark.spec("OpenID Federation 1.0", "8.5")
def test_the_entities_with_a_mark_are_listed(world):
    assert get(world, MARK_LIST, trust_mark_type=AGREED_MARK).json == [RP_ENTITY]
    assert get(world, MARK_LIST, trust_mark_type=MEMBER_MARK, sub=RP_ENTITY).json == [RP_ENTITY]
    assert get(world, MARK_LIST, trust_mark_type=NAMED_MARK, sub=RP_ENTITY).json == []
    assert error(get(world, MARK_LIST)) == (400, "invalid_request")
    assert error(get(world, MARK_LIST, trust_mark_type="x")) == (404, "not_found")


def status(world, token):
    return opened(world.request("POST", MARK_STATUS, {"trust_mark": token}), STATUS_TYP, world)


def mark_of(world, kind=AGREED_MARK, sub=RP_ENTITY):
    return get(world, MARK, trust_mark_type=kind, sub=sub).text


@pytest.mark.spec("OpenID Federation 1.0", "8.4")
def test_the_status_of_a_mark_follows_its_time_and_its_ground(world):
    token = mark_of(world)
    assert status(world, token) == {"iss": US, "iat": NOW, "trust_mark": token, "status": "active"}
    world.clock.now = NOW + 30 * DAY
    assert status(world, token)["status"] == "expired"
    world.clock.now = NOW + 45 * DAY  # the agreement ended with the year
    assert get(world, LIST, trust_mark_type=AGREED_MARK).json == []


@pytest.mark.spec("OpenID Federation 1.0", "8.4")
def test_a_mark_whose_ground_is_gone_is_revoked(lasting_worlds):
    world = lasting_worlds.make(operator())
    token = mark_of(world)
    document = operator()
    document["services"][0]["state"] = "suspended"
    world.reapply(document)
    assert status(world, token)["status"] == "revoked"


def test_a_mark_with_our_name_that_we_did_not_sign_is_invalid(world):
    good = claims(mark_of(world))
    assert status(world, issue(good, key("stranger"), typ=MARK_TYP))["status"] == "invalid"
    ours = world.app.snapshots.keys.signer("federation", "ES256")
    assert status(world, issue(good, ours, typ="JWT"))["status"] == "invalid"
    assert status(world, issue({**good, "iat": NOW + 600}, ours, typ=MARK_TYP))["status"] == "invalid"


@pytest.mark.spec("OpenID Federation 1.0", "8.4")
@pytest.mark.parametrize(
    ("form", "refused"),
    [
        ({}, (400, "invalid_request")),
        ({"trust_mark": "x.y"}, (400, "invalid_request")),
        ({"trust_mark": issue({"iss": ANCHOR}, key("m"), typ=MARK_TYP)}, (404, "not_found")),
        ({"trust_mark": issue({"sub": US}, key("m"), typ=MARK_TYP)}, (400, "invalid_request")),
    ],
)
def test_the_status_of_what_is_no_mark_of_ours_is_refused(world, form, refused):
    assert error(world.request("POST", MARK_STATUS, form)) == refused


def test_the_status_is_asked_for_by_post_of_a_form(world):
    assert get(world, MARK_STATUS).status == 405
    answer = world.request("POST", MARK_STATUS, b"{}", Content_Type="application/json")
    assert error(answer) == (400, "invalid_request")


# --- historical keys


@pytest.mark.spec("OpenID Federation 1.0", "8.7")
def test_keys_that_have_gone_are_told_with_their_end(lasting_worlds):
    world = lasting_worlds.make(operator())
    assert opened(get(world, OLD_KEYS), "jwk-set+jwt", world) == {"iss": US, "iat": NOW, "keys": []}
    before = published(world)["keys"]
    vault = world.store.vault
    changed = replace_leaked(world.store.ring_rows(), "federation", "ES256", NOW, Naming("tillit", vault))
    world.store.save_ring(changed)
    world.app.snapshots.refresh()
    (gone,) = opened(get(world, OLD_KEYS), "jwk-set+jwt", world)["keys"]
    assert gone == {**before[0], "exp": NOW}
    assert gone["kid"] not in {each["kid"] for each in published(world)["keys"]}


# --- resolving


def below(world):
    """A service below the region below us, and the keys to reach them by."""
    found = entities(
        Party(
            LEAF,
            (MIDDLE_ENTITY,),
            metadata={"openid_relying_party": {"redirect_uris": [f"{LEAF}/cb"]}, "oauth_client": {}},
        ),
        Party(MIDDLE_ENTITY, (US,), superior=True),
    )
    reaching(world, found)
    return found


@pytest.mark.spec("OpenID Federation 1.0", "8.3")
def test_an_anchor_resolves_whoever_is_below_it_with_its_own_statements_at_hand(world):
    found = below(world)
    said = opened(get(world, RESOLVE, sub=LEAF, trust_anchor=US), "resolve-response+jwt", world)
    assert (said["iss"], said["sub"], said["exp"]) == (US, LEAF, NOW + DAY // 2)
    assert said["metadata"] == {
        "openid_relying_party": {"redirect_uris": [f"{LEAF}/cb"], "subject_type": "pairwise"},
        "oauth_client": {},
    }
    chain = validate(said["trust_chain"], {US: read_jwks(published(world))}, Reader(NOW, allow_http_loopback=True))
    assert chain.metadata == said["metadata"]
    assert not [url for url in found.fetched if url.startswith(US)]


@pytest.mark.spec("OpenID Federation 1.0", "8.3")
def test_a_resolver_tells_the_entity_types_asked_for(world):
    below(world)
    asked = {"sub": LEAF, "trust_anchor": US}
    one = get(world, RESOLVE, **asked, entity_type="oauth_client")
    assert opened(one, "resolve-response+jwt", world)["metadata"].keys() == {"oauth_client"}
    both = get(world, RESOLVE, **asked, entity_type=["oauth_client", "openid_relying_party"])
    assert len(opened(both, "resolve-response+jwt", world)["metadata"]) == 2
    none = get(world, RESOLVE, **asked, entity_type="openid_provider")
    assert opened(none, "resolve-response+jwt", world)["metadata"] == {}


@pytest.mark.spec("OpenID Federation 1.0", "8.3")
@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({}, (400, "invalid_request")),
        ({"sub": LEAF}, (400, "invalid_request")),
        ({"trust_anchor": US}, (400, "invalid_request")),
        ({"sub": [LEAF, LEAF], "trust_anchor": US}, (400, "invalid_request")),
        ({"sub": LEAF, "trust_anchor": "https://stranger.example"}, (404, "invalid_trust_anchor")),
        ({"sub": "https://nobody.example", "trust_anchor": US}, (503, "temporarily_unavailable")),
        ({"sub": "not-an-entity", "trust_anchor": US}, (404, "invalid_subject")),
        ({"sub": "https://lonely.example", "trust_anchor": US}, (404, "invalid_trust_anchor")),
        ({"sub": "https://unknown.example", "trust_anchor": US}, (400, "invalid_trust_chain")),
        ({"sub": "https://public.example", "trust_anchor": US}, (400, "invalid_metadata")),
    ],
)
def test_what_cannot_be_resolved_is_refused_by_its_code(lasting_worlds, parameters, refused):
    document = operator()
    document["services"][0]["openid_federation"] = entity(
        "https://public.example", metadata_policy={"openid_relying_party": {"contacts": {"essential": "true"}}}
    )
    world = lasting_worlds.make(document)
    reaching(
        world,
        entities(
            Party("https://lonely.example"),
            Party("https://unknown.example", (US,)),
            Party("https://public.example", (US,), metadata={"openid_relying_party": {"subject_type": "public"}}),
        ),
    )
    assert error(get(world, RESOLVE, **parameters)) == refused


@pytest.mark.spec("OpenID Federation 1.0", "8.3")
def test_one_of_several_anchors_may_be_used(world):
    below(world)
    answer = get(world, RESOLVE, sub=LEAF, trust_anchor=["https://stranger.example", US])
    assert opened(answer, "resolve-response+jwt", world)["sub"] == LEAF


def test_what_we_say_of_others_counts_at_once(lasting_worlds):
    world = lasting_worlds.make(operator())
    below(world)
    assert get(world, RESOLVE, sub=LEAF, trust_anchor=US).status == 200
    changed = operator()
    changed["members"][1]["state"] = "suspended"
    world.reapply(changed)
    assert error(get(world, RESOLVE, sub=LEAF, trust_anchor=US)) == (400, "invalid_trust_chain")
    world.reapply(operator())
    assert get(world, RESOLVE, sub=LEAF, trust_anchor=US).status == 200


def test_an_anchor_resolves_itself(world):
    reaching(world, entities())
    said = opened(get(world, RESOLVE, sub=US, trust_anchor=US), "resolve-response+jwt", world)
    assert len(said["trust_chain"]) == 1


@pytest.mark.spec("OpenID Federation 1.0", "8.3")
def test_only_trust_marks_that_hold_and_that_we_still_stand_by_are_told(lasting_worlds):
    world = lasting_worlds.make(operator())
    tokens = {kind: mark_of(world, kind) for kind in (MEMBER_MARK, AGREED_MARK)}
    forged = issue(claims(tokens[AGREED_MARK]), key("stranger"), typ=MARK_TYP)
    shown = [{"trust_mark_type": kind, "trust_mark": token} for kind, token in tokens.items()]
    shown.append({"trust_mark_type": AGREED_MARK, "trust_mark": forged})
    reaching(world, entities(Party(RP_ENTITY, (US,), claims={"trust_marks": shown})))

    def told():
        said = opened(get(world, RESOLVE, sub=RP_ENTITY, trust_anchor=US), "resolve-response+jwt", world)
        return [each["trust_mark_type"] for each in said.get("trust_marks", [])]

    assert told() == [MEMBER_MARK, AGREED_MARK]
    document = operator()
    document["agreements"][0]["until"] = "2026-01-02"
    world.reapply(document)
    assert told() == [MEMBER_MARK]


@pytest.mark.spec("OpenID Federation 1.0", "8.3")
def test_a_leaf_resolves_others_under_the_anchors_that_it_trusts(leaf):
    other = "https://op.example"
    reaching(leaf, Entities(Party(other, (ANCHOR,)), Party(ANCHOR, superior=True), now=NOW))
    assert get(leaf, RESOLVE, sub=other, trust_anchor=ANCHOR).status == 200
    assert error(get(leaf, RESOLVE, sub=other, trust_anchor=US)) == (404, "invalid_trust_anchor")


def test_one_source_may_make_us_resolve_so_many_chains_a_minute(lasting_worlds):
    world = lasting_worlds.make(operator())
    answers = [get(world, RESOLVE, sub=US, trust_anchor="https://stranger.example") for _ in range(121)]
    assert {answer.status for answer in answers[:120]} == {404}
    assert error(answers[120]) == (429, "temporarily_unavailable")
    assert answers[120].header("Retry-After")


def test_below_ourselves_only_what_we_say_is_answered_at_hand(world):
    """An address of ours that is no statement is not asked for over the network either."""
    found = entities(
        Party("https://odd.example", (f"{US}/x",)),
    )
    reaching(world, found)
    assert error(get(world, RESOLVE, sub="https://odd.example", trust_anchor=US)) == (400, "invalid_trust_chain")
    assert not [url for url in found.fetched if url.startswith(US)]


def test_another_member_stays_when_one_is_stopped(lasting_worlds):
    document = operator()
    document["members"][0]["state"] = "suspended"
    world = lasting_worlds.make(document)
    assert get(world, LIST).json == [MIDDLE_ENTITY]
    assert {MEMBER, OTHER_ORG} == {member["org"] for member in document["members"]}
