"""Trust chains: what makes one, and each way of not being one (OpenID Federation sections 4, 6.2 and 10.2)."""

from itertools import pairwise

import pytest

from metadata.federation.chain import DEEPEST, ChainRefused, validate
from metadata.federation.statement import Reader
from tests.support.oidfed import ANCHOR, DAY, LEAF, MIDDLE, NOW, Entities, Party, chain, jwks, key, keys_of, three

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "10.2")

RP = "openid_relying_party"
WAY = (LEAF, MIDDLE, ANCHOR)
OTHER = "https://other.example"


def judged(tokens, anchors=None, now=NOW):
    return validate(tokens, three().anchors(ANCHOR) if anchors is None else anchors, Reader(now))


def refused(tokens, **more):
    with pytest.raises(ChainRefused) as caught:
        judged(tokens, **more)
    return caught.value


def chained(**changes):
    """The usual chain with some of its statements made anew: by place, with claims and `signed_by`."""
    entities = three()
    leaf, middle, anchor = (entities[each] for each in WAY)
    made = [
        leaf.configuration(**changes.get("own", {})),
        middle.says(leaf, **changes.get("middle", {})),
        anchor.says(middle, **changes.get("anchor", {})),
        anchor.configuration(**changes.get("top", {})),
    ]
    return [token for place, token in enumerate(made) if place not in changes.get("without", ())]


def test_a_chain_gives_the_subjects_metadata_its_superior_and_the_first_end():
    found = judged(chained(middle={"exp": NOW + 100}))
    assert (found.subject, found.superior, found.anchor.subject) == (LEAF, MIDDLE, ANCHOR)
    assert found.metadata == {RP: {"redirect_uris": [f"{LEAF}/cb"]}}
    assert found.expires_at == NOW + 100
    assert found.subject_keys == keys_of(key(LEAF))
    assert len(found.tokens) == 4


def test_an_anchor_is_a_chain_of_its_own():
    found = judged([three()[ANCHOR].configuration()])
    assert (found.subject, found.superior, found.subject_keys) == (ANCHOR, ANCHOR, keys_of(key(ANCHOR)))


def test_a_subject_right_below_the_anchor_needs_no_intermediate():
    entities = Entities(Party(LEAF, (ANCHOR,)), Party(ANCHOR, superior=True))
    assert judged(chain(entities, LEAF, ANCHOR)).superior == ANCHOR


def test_an_anchor_may_sign_with_a_key_that_its_own_configuration_adds():
    """Rollover (section 11.2): the configuration is signed with the key that we hold, and lists the next."""
    both = jwks(key(ANCHOR), key("next"))
    judged(chained(top={"jwks": both}, anchor={"signed_by": key("next")}))
    refused(chained(anchor={"signed_by": key("next")}))


STRANGER = {"signed_by": key("stranger")}


@pytest.mark.parametrize(
    "changes",
    [
        {"own": STRANGER},
        {"middle": STRANGER},
        {"anchor": STRANGER},
        {"top": STRANGER},
        {"middle": {"signed_by": key(LEAF)}},
        {"anchor": {"signed_by": key(MIDDLE)}},
        {"top": {"jwks": jwks(key("stranger")), **STRANGER}},
        {"middle": {"jwks": jwks(key("stranger"))}},
        {"anchor": {"jwks": jwks(key("stranger"))}},
        {"own": {"jwks": jwks(key("stranger")), **STRANGER}},
        {"middle": {"iss": OTHER}},
        {"middle": {"sub": OTHER}},
        {"anchor": {"iss": OTHER}},
        {"anchor": {"sub": OTHER}},
        {"anchor": {"sub": LEAF}},
        {"middle": {"iss": LEAF, "source_endpoint": None}},
        {"own": {"authority_hints": [ANCHOR]}},
        {"own": {"authority_hints": None}},
        {"own": {"sub": OTHER}},
        {"top": {"sub": MIDDLE}},
        {"own": {"typ": "JWT"}},
        {"middle": {"typ": "trust-mark+jwt"}},
        {"anchor": {"exp": NOW - 61}},
        {"top": {"iat": NOW + 120}},
        {"middle": {"exp": None}},
        {"middle": {"jwks": None}},
        {"anchor": {"crit": ["x"]}},
        {"anchor": {"metadata_policy_crit": ["regexp"]}},
        {"without": (0,)},
        {"without": (1,)},
        {"without": (2,)},
        {"without": (3,)},
        {"without": (1, 2)},
        {"without": (0, 1, 2, 3)},
    ],
)
def test_what_is_no_chain_is_refused(changes):
    refused(chained(**changes))


def test_statements_in_another_order_or_one_twice_are_refused():
    one, two, three_, four = chained()
    for tokens in ([four, three_, two, one], [one, three_, two, four], [one, two, two, three_, four], [one, one]):
        refused(tokens)


def test_an_anchor_that_is_none_of_ours_is_refused_by_its_own_code():
    assert refused(chained(), anchors={OTHER: keys_of(key(ANCHOR))}).code == "invalid_trust_anchor"
    assert refused(chained(), anchors={}).code == "invalid_trust_anchor"


def test_an_anchor_under_other_keys_than_ours_is_refused():
    refused(chained(), anchors={ANCHOR: keys_of(key("stranger"))})


def test_a_chain_is_refused_once_any_statement_has_expired():
    tokens = chained(anchor={"exp": NOW + 100})
    judged(tokens, now=NOW + 159)
    assert refused(tokens, now=NOW + 161).reason == "expired"
    refused(chained(), now=NOW + DAY + 61)


def ladder(count, **about):
    """A subject below `count` intermediates below the anchor, and the ids on the way."""
    way = [LEAF, *(f"https://m{n}.example" for n in range(1, count + 1)), ANCHOR]
    parties = [
        Party(lower, (upper,), metadata={RP: {"x": 1}, "oauth_client": {"y": 1}}, superior=lower != LEAF)
        for lower, upper in pairwise(way)
    ]
    entities = Entities(*parties, Party(ANCHOR, superior=True))
    for lower, upper in pairwise(way):
        entities[upper].about[lower] = about.get(upper.removeprefix("https://").partition(".")[0], {})
    return chain(entities, *way)


def test_a_chain_longer_than_ten_statements_is_refused():
    assert len(ladder(DEEPEST - 3)) == DEEPEST
    judged(ladder(DEEPEST - 3))
    refused(ladder(DEEPEST - 2))


def test_a_loop_is_refused_even_when_every_signature_holds():
    a, b = "https://a.example", "https://b.example"
    entities = Entities(
        Party(LEAF, (a,)),
        Party(a, (b, ANCHOR), superior=True),
        Party(b, (a,), superior=True),
        Party(ANCHOR, superior=True),
    )
    assert refused(chain(entities, LEAF, a, b, a, ANCHOR)).reason == "a loop"
    judged(chain(entities, LEAF, a, ANCHOR))


# --- constraints


def limits(**constraints):
    return {"constraints": constraints}


@pytest.mark.spec("OpenID Federation 1.0", "6.2.1")
@pytest.mark.parametrize(
    ("about", "holds"),
    [
        ({"anchor": limits(max_path_length=2)}, True),
        ({"anchor": limits(max_path_length=2), "m2": limits(max_path_length=1)}, True),
        ({"m1": limits(max_path_length=0)}, True),
        ({"anchor": limits(max_path_length=3)}, True),
        ({"anchor": limits(max_path_length=1)}, False),
        ({"m2": limits(max_path_length=0)}, False),
        ({"anchor": limits(max_path_length=5), "m2": limits(max_path_length=0)}, False),
    ],
)
def test_max_path_length_counts_the_intermediates_below(about, holds):
    """A subject under m1 under m2 under the anchor, as in the example of the section."""
    tokens = ladder(2, **about)
    if holds:
        judged(tokens)
    else:
        assert "max_path_length" in refused(tokens).reason


def naming(**names):
    return limits(naming_constraints=names)


@pytest.mark.spec("OpenID Federation 1.0", "6.2.2")
@pytest.mark.parametrize(
    ("about", "holds"),
    [
        ({"anchor": naming(permitted=[".example"])}, True),
        ({"anchor": naming(permitted=["m1.example", "m2.example", "rp.example"])}, True),
        ({"anchor": naming(permitted=["RP.Example"]), "m1": {}}, False),
        ({"m1": naming(permitted=["RP.Example"])}, True),
        ({"m1": naming(permitted=[".rp.example"])}, False),
        ({"m1": naming(permitted=["example"])}, False),
        ({"anchor": naming(permitted=[])}, False),
        ({"anchor": naming(excluded=["rp.example"])}, False),
        ({"anchor": naming(excluded=["m1.example"])}, False),
        ({"anchor": naming(permitted=[".example"], excluded=[".example"])}, False),
        ({"anchor": naming(excluded=["anchor.example"])}, True),
        ({"m1": naming(excluded=["m1.example"])}, True),
    ],
)
def test_names_are_held_to_for_every_entity_below(about, holds):
    tokens = ladder(2, **about)
    if holds:
        judged(tokens)
    else:
        assert "name" in refused(tokens).reason


@pytest.mark.spec("OpenID Federation 1.0", "6.2.3")
@pytest.mark.parametrize(
    ("about", "kinds"),
    [
        ({}, {RP, "oauth_client"}),
        ({"anchor": limits(allowed_entity_types=[RP])}, {RP}),
        ({"anchor": limits(allowed_entity_types=[])}, set()),
        ({"anchor": limits(allowed_entity_types=[RP]), "m1": limits(allowed_entity_types=["oauth_client"])}, set()),
        ({"m1": limits(allowed_entity_types=[RP, "oauth_client", "x"])}, {RP, "oauth_client"}),
    ],
)
def test_entity_types_that_are_not_allowed_are_left_out(about, kinds):
    assert judged(ladder(2, **about)).metadata.keys() == kinds


def test_the_entity_itself_is_always_allowed_to_be_one():
    entities = Entities(
        Party(LEAF, (ANCHOR,), metadata={"federation_entity": {"organization_name": "L"}, RP: {}}),
        Party(ANCHOR, superior=True, about={LEAF: limits(allowed_entity_types=[])}),
    )
    assert judged(chain(entities, LEAF, ANCHOR)).metadata == {"federation_entity": {"organization_name": "L"}}


# --- metadata and policy


def ruled(name, **operators):
    return {"metadata_policy": {RP: {name: operators}}}


@pytest.mark.spec("OpenID Federation 1.0", "6.1.4")
def test_the_superiors_metadata_comes_before_the_policies_and_reaches_only_its_own_subject():
    tokens = ladder(
        2,
        m1={"metadata": {RP: {"x": 2}, "openid_provider": {"issuer": LEAF}}},
        m2={"metadata": {RP: {"x": 3}}},
        anchor=ruled("x", one_of=[2, 5]),
    )
    assert judged(tokens).metadata[RP] == {"x": 2}
    assert "openid_provider" not in judged(tokens).metadata


@pytest.mark.spec("OpenID Federation 1.0", "6.1.1")
@pytest.mark.parametrize(
    "about",
    [
        {"anchor": ruled("x", one_of=[1]), "m2": ruled("x", one_of=[2])},
        {"anchor": ruled("x", value=1), "m1": ruled("x", value=2)},
        {"anchor": ruled("g", subset_of=["a"]), "m1": ruled("g", add=["b"])},
        {"anchor": ruled("z", essential=True)},
        {"anchor": ruled("x", one_of=[7])},
        {"anchor": {"metadata_policy": {RP: {"x": {"one_of": 7}}}}},
        {"m1": {"metadata": {RP: {"x": 9}}}, "anchor": ruled("x", one_of=[1])},
    ],
)
def test_a_policy_that_is_widened_broken_or_contradicted_makes_the_chain_invalid(about):
    assert refused(ladder(2, **about)).code == "invalid_metadata"


def test_policies_apply_from_the_anchor_down():
    tokens = ladder(2, anchor=ruled("g", default=["a", "b"], subset_of=["a", "b"]), m1=ruled("g", subset_of=["a"]))
    assert judged(tokens).metadata[RP]["g"] == ["a"]
