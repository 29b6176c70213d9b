"""Metadata policies: the standard operators, which of them go together, merging down a chain (OpenID Federation section 6.1)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metadata.federation import policy
from metadata.federation.operators import OPERATORS, PolicyError, key

KIND = "openid_relying_party"


def one(**operators):
    """A policy for one parameter, `p`."""
    return {KIND: {"p": operators}}


def resolved(*policies, critical=()):
    return policy.resolve([(each, critical) for each in policies])


def merged(first, second, name="p"):
    return dict(resolved({KIND: {name: first}}, {KIND: {name: second}})[KIND][name])


MISSING = object()


def applied(operators, value=MISSING, name="p"):
    metadata = {KIND: {} if value is MISSING else {name: value}}
    return policy.apply(resolved({KIND: {name: operators}}), metadata)[KIND].get(name, MISSING)


# --- one operator at a time

APPLIED = [
    ({"value": "a"}, "b", "a"),
    ({"value": "a"}, MISSING, "a"),
    ({"value": ["a"]}, ["b"], ["a"]),
    ({"value": False}, True, False),
    ({"value": 7}, MISSING, 7),
    ({"value": None}, "b", MISSING),
    ({"value": None}, MISSING, MISSING),
    ({"add": ["a"]}, MISSING, ["a"]),
    ({"add": ["a", "b"]}, ["b", "c"], ["b", "c", "a"]),
    ({"add": [{"x": 1}]}, [{"x": 1}], [{"x": 1}]),
    ({"default": "a"}, MISSING, "a"),
    ({"default": "a"}, "b", "b"),
    ({"default": ["a"]}, [], []),
    ({"one_of": ["a", "b"]}, "b", "b"),
    ({"one_of": ["a", "b"]}, MISSING, MISSING),
    ({"one_of": [1, 2]}, 2, 2),
    ({"subset_of": ["a", "b", "c"]}, ["a", "e"], ["a"]),
    ({"subset_of": ["a", "b", "c"]}, ["d", "e"], []),
    ({"subset_of": ["a", "b", "c"]}, MISSING, MISSING),
    ({"superset_of": ["a"]}, ["b", "a"], ["b", "a"]),
    ({"superset_of": ["a"]}, MISSING, MISSING),
    ({"essential": False}, MISSING, MISSING),
    ({"essential": True}, {"any": "object"}, {"any": "object"}),
    ({"essential": True, "subset_of": ["a", "b", "c"]}, ["d", "e"], []),
    ({"essential": True, "default": "a"}, MISSING, "a"),
    ({"default": "a", "one_of": ["a"]}, MISSING, "a"),
    ({"add": ["a"], "default": ["b"]}, MISSING, ["a"]),
    ({"add": ["a"], "subset_of": ["a", "b"]}, ["b", "c"], ["b", "a"]),
    ({"value": ["a", "b"], "superset_of": ["a"], "subset_of": ["a", "b", "c"]}, ["z"], ["a", "b"]),
]


@pytest.mark.spec("OpenID Federation 1.0", "6.1.3.1")
@pytest.mark.parametrize(("operators", "value", "result"), APPLIED)
def test_an_operator_does_to_a_parameter_what_its_section_says(operators, value, result):
    assert applied(operators, value) == result


BROKEN = [
    ({"one_of": ["a"]}, "b"),
    ({"one_of": ["a"]}, ["a"]),
    ({"one_of": [True]}, 1),
    ({"add": ["a"]}, "a"),
    ({"subset_of": ["a"]}, "a"),
    ({"superset_of": ["a"]}, "a"),
    ({"superset_of": ["a", "b"]}, ["a"]),
    ({"essential": True}, MISSING),
    ({"essential": True, "subset_of": ["a"]}, MISSING),
    ({"default": "c", "one_of": ["a"]}, MISSING),
    ({"subset_of": ["a", "b"], "superset_of": ["a"]}, ["b"]),
]


@pytest.mark.spec("OpenID Federation 1.0", "6.1.4.2")
@pytest.mark.parametrize(("operators", "value"), BROKEN)
def test_metadata_that_breaks_the_policy_is_refused_and_the_parameter_is_named(operators, value):
    with pytest.raises(PolicyError, match="p: "):
        applied(operators, value)


# --- scope is a text of words that operators see as an array


@pytest.mark.spec("OpenID Federation 1.0", "6.1.3.1.8")
@pytest.mark.parametrize(
    ("operators", "value", "result"),
    [
        ({"subset_of": ["openid", "email"]}, "openid phone", "openid"),
        ({"default": "openid email"}, MISSING, "openid email"),
        ({"default": ["openid", "email"]}, MISSING, "openid email"),
        ({"add": ["email"]}, "openid", "openid email"),
        ({"value": "openid"}, "email", "openid"),
        ({"superset_of": ["openid"]}, "email openid", "email openid"),
        ({"essential": True}, "openid", "openid"),
    ],
)
def test_scope_is_ruled_word_by_word_and_stays_a_text(operators, value, result):
    assert applied(operators, value, name="scope") == result


def test_a_scope_that_lacks_a_word_it_must_have_is_refused():
    with pytest.raises(PolicyError):
        applied({"superset_of": ["openid"]}, "email", name="scope")


# --- which operators go together

TOGETHER = [
    {"value": ["a", "b"], "add": ["a"]},
    {"value": "a", "default": "b"},
    {"value": "a", "one_of": ["a", "b"]},
    {"value": ["a"], "subset_of": ["a", "b"]},
    {"value": ["a", "b"], "superset_of": ["a"]},
    {"value": None, "essential": False},
    {"value": "a", "essential": True},
    {"add": ["a"], "subset_of": ["a", "b"], "superset_of": ["b"], "default": ["b"], "essential": True},
    {"one_of": ["a"], "default": "a", "essential": True},
    {"subset_of": ["a"], "superset_of": ["a"]},
]
NOT_TOGETHER = [
    {"value": ["a"], "add": ["b"]},
    {"value": None, "add": ["b"]},
    {"value": None, "default": "b"},
    {"value": "c", "one_of": ["a", "b"]},
    {"value": ["a"], "one_of": ["a", "b"]},
    {"value": None, "one_of": ["a"]},
    {"value": ["a", "c"], "subset_of": ["a", "b"]},
    {"value": None, "subset_of": ["a"]},
    {"value": ["a"], "superset_of": ["b"]},
    {"value": None, "superset_of": ["b"]},
    {"value": None, "essential": True},
    {"add": ["c"], "subset_of": ["a", "b"]},
    {"add": ["a"], "one_of": ["a"]},
    {"one_of": ["a"], "subset_of": ["a"]},
    {"one_of": ["a"], "superset_of": ["a"]},
    {"subset_of": ["a"], "superset_of": ["a", "b"]},
]


@pytest.mark.spec("OpenID Federation 1.0", "6.1.3.1")
@pytest.mark.parametrize("operators", TOGETHER)
def test_operators_that_agree_may_stand_together(operators):
    assert resolved(one(**operators)) == one(**operators)


@pytest.mark.spec("OpenID Federation 1.0", "6.1.3.1")
@pytest.mark.parametrize("operators", NOT_TOGETHER)
def test_operators_that_conflict_may_not_stand_together_nor_be_brought_together_by_a_merge(operators):
    with pytest.raises(PolicyError):
        resolved(one(**operators))
    (first, second) = operators
    with pytest.raises(PolicyError):
        resolved(one(**{first: operators[first]}), one(**{second: operators[second]}))


# --- merging

MERGED = [
    ({"value": "a"}, {"value": "a"}, {"value": "a"}),
    ({"value": ["a", "b"]}, {"value": ["b", "a"]}, {"value": ["a", "b"]}),
    ({"value": None}, {"value": None}, {"value": None}),
    ({"add": ["a"]}, {"add": ["b", "a"]}, {"add": ["a", "b"]}),
    ({"default": "a"}, {"default": "a"}, {"default": "a"}),
    ({"one_of": ["a", "b"]}, {"one_of": ["b", "c"]}, {"one_of": ["b"]}),
    ({"subset_of": ["a", "b"]}, {"subset_of": ["b", "c"]}, {"subset_of": ["b"]}),
    ({"subset_of": ["a"]}, {"subset_of": ["b"]}, {"subset_of": []}),
    ({"superset_of": ["a"]}, {"superset_of": ["b"]}, {"superset_of": ["a", "b"]}),
    ({"essential": True}, {"essential": False}, {"essential": True}),
    ({"essential": False}, {"essential": True}, {"essential": True}),
    ({"one_of": ["a"]}, {"default": "a"}, {"one_of": ["a"], "default": "a"}),
]


@pytest.mark.spec("OpenID Federation 1.0", "6.1.4.1")
@pytest.mark.parametrize(("superior", "subordinate", "result"), MERGED)
def test_merging_asks_for_what_either_asks_for(superior, subordinate, result):
    assert merged(superior, subordinate) == result


CONFLICTS = [
    ({"value": "a"}, {"value": "b"}),
    ({"value": None}, {"value": "b"}),
    ({"value": ["a"]}, {"value": ["a", "b"]}),
    ({"value": True}, {"value": 1}),
    ({"default": "a"}, {"default": "b"}),
    ({"default": ["a"]}, {"default": ["b"]}),
    ({"one_of": ["a"]}, {"one_of": ["b"]}),
    ({"subset_of": ["a"]}, {"add": ["b"]}),
    ({"subset_of": ["a"]}, {"superset_of": ["b"]}),
    ({"subset_of": ["a", "b"], "superset_of": ["a"]}, {"subset_of": ["b"]}),
    ({"value": ["a", "b"]}, {"subset_of": ["a"]}),
    ({"one_of": ["a", "b"]}, {"value": "c"}),
    ({"value": None}, {"essential": True}),
]


@pytest.mark.spec("OpenID Federation 1.0", "6.1.4.1")
@pytest.mark.parametrize(("superior", "subordinate"), CONFLICTS)
def test_a_subordinate_that_conflicts_with_its_superior_makes_the_policy_void(superior, subordinate):
    with pytest.raises(PolicyError):
        merged(superior, subordinate)


def test_scope_given_as_text_and_as_list_merges():
    assert merged({"subset_of": ["openid", "email"]}, {"subset_of": ["openid"]}, name="scope") == {
        "subset_of": ["openid"]
    }
    assert merged({"default": "openid email"}, {"default": ["email", "openid"]}, name="scope") == {
        "default": ["openid", "email"]
    }


def test_policies_of_other_types_and_parameters_stand_beside_each_other():
    one_, two = {"a": {"x": {"value": 1}}}, {"b": {"x": {"value": 2}}, "a": {"y": {"essential": True}}}
    assert resolved(one_, two) == {"a": {"x": {"value": 1}, "y": {"essential": True}}, "b": {"x": {"value": 2}}}
    assert policy.apply(resolved(one_, two), {"a": {"y": 0}, "c": {"z": 1}}) == {"a": {"y": 0, "x": 1}, "c": {"z": 1}}


# --- malformed


@pytest.mark.spec("OpenID Federation 1.0", "6.1.2")
@pytest.mark.parametrize(
    "malformed",
    [
        [],
        "text",
        {KIND: []},
        {KIND: {"p": "value"}},
        {KIND: {"p": None}},
        one(add="a"),
        one(add=[None]),
        one(one_of="a"),
        one(subset_of={"a": 1}),
        one(superset_of=None),
        one(essential="true"),
        one(essential=None),
        one(default=None),
        one(value=()),
    ],
)
def test_a_malformed_policy_is_refused(malformed):
    with pytest.raises(PolicyError):
        resolved(malformed)


@pytest.mark.spec("OpenID Federation 1.0", "6.1.3.2")
def test_an_operator_that_is_not_known_is_ignored_unless_it_is_critical_anywhere_in_the_chain():
    unknown = one(regexp="^a", essential=True)
    assert resolved(unknown) == one(essential=True)
    with pytest.raises(PolicyError, match="regexp"):
        resolved(unknown, critical=["regexp"])
    with pytest.raises(PolicyError, match="regexp"):
        policy.resolve([(unknown, ()), (None, ("regexp",))])


def test_a_chain_without_policies_leaves_metadata_as_it_is():
    metadata = {KIND: {"p": ["x"], "scope": "openid email"}}
    assert policy.apply(policy.resolve([(None, ()), (None, ())]), metadata) == metadata


# --- the published example (section 6.1.5)

ANCHOR = {
    "grant_types": {
        "default": ["authorization_code"],
        "subset_of": ["authorization_code", "refresh_token"],
        "superset_of": ["authorization_code"],
    },
    "token_endpoint_auth_method": {"one_of": ["private_key_jwt", "self_signed_tls_client_auth"], "essential": True},
    "token_endpoint_auth_signing_alg": {"one_of": ["PS256", "ES256"]},
    "subject_type": {"value": "pairwise"},
    "contacts": {"add": ["helpdesk@federation.example.org"]},
}
ORGANISATION = {
    "grant_types": {"subset_of": ["authorization_code"]},
    "token_endpoint_auth_method": {"one_of": ["self_signed_tls_client_auth"]},
    "contacts": {"add": ["helpdesk@org.example.org"]},
}


@pytest.mark.spec("OpenID Federation 1.0", "6.1.5")
def test_the_example_of_the_specification_resolves_as_it_says():
    both = resolved({KIND: ANCHOR}, {KIND: ORGANISATION})
    assert both[KIND] == {
        **ANCHOR,
        "grant_types": {**ANCHOR["grant_types"], "subset_of": ["authorization_code"]},
        "token_endpoint_auth_method": {"one_of": ["self_signed_tls_client_auth"], "essential": True},
        "contacts": {"add": ["helpdesk@federation.example.org", "helpdesk@org.example.org"]},
    }
    own = {
        "redirect_uris": ["https://rp.example.org/callback"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "contacts": ["rp_admins@rp.example.org"],
    }
    superior = {"sector_identifier_uri": "https://org.example.org/sector-ids.json"}
    superior["policy_uri"] = "https://org.example.org/policy.html"
    metadata = policy.override({KIND: own}, {KIND: superior, "openid_provider": {"issuer": "https://x.example"}})
    assert policy.apply(both, metadata) == {
        KIND: {
            **own,
            **superior,
            "grant_types": ["authorization_code"],
            "subject_type": "pairwise",
            "contacts": [*own["contacts"], *both[KIND]["contacts"]["add"]],
        }
    }


# --- a subordinate may never widen

WORDS = st.sampled_from(["a", "b", "c", "d"])
LISTS = st.lists(WORDS, max_size=4, unique=True)
SINGLE_OPERATORS = {
    "value": st.none() | WORDS,
    "default": WORDS,
    "one_of": LISTS.filter(bool),
    "essential": st.booleans(),
}
ARRAY_OPERATORS = {
    "value": st.none() | LISTS,
    "default": LISTS,
    "add": LISTS,
    "subset_of": LISTS,
    "superset_of": LISTS,
    "essential": st.booleans(),
}
CASES = st.one_of(
    st.tuples(*(st.fixed_dictionaries({}, optional=SINGLE_OPERATORS) for _ in range(2)), st.just(MISSING) | WORDS),
    st.tuples(*(st.fixed_dictionaries({}, optional=ARRAY_OPERATORS) for _ in range(2)), st.just(MISSING) | LISTS),
)


def as_sets(value):
    return frozenset(map(key, value)) if isinstance(value, list) else value


@given(case=CASES)
@pytest.mark.spec("OpenID Federation 1.0", "6.1.1")
def test_whatever_a_subordinate_adds_the_superiors_policy_still_holds_of_the_result(case):
    superior, subordinate, value = case
    try:
        outcome = applied(merged(superior, subordinate), value)
    except PolicyError:
        assume(False)
    assert as_sets(applied(superior, outcome)) == as_sets(outcome)


@given(case=CASES)
def test_merging_a_policy_with_itself_changes_nothing(case):
    superior, _, value = case
    try:
        alone = applied(superior, value)
    except PolicyError:
        assume(False)
    assert as_sets(applied(merged(superior, superior), value)) == as_sets(alone)


@given(case=CASES)
def test_the_order_in_which_three_are_merged_two_by_two_does_not_matter(case):
    first, second, _ = case

    def outcome(*policies):
        try:
            found = resolved(*policies)[KIND]["p"]
        except PolicyError:
            return None
        return {name: as_sets(each) for name, each in found.items()}

    try:
        both = resolved(one(**first), one(**second))
    except PolicyError:
        assume(False)
    assert outcome(both, one(**second)) == outcome(one(**first), one(**second))


def test_the_operators_are_applied_in_the_order_of_the_specification():
    assert list(OPERATORS) == ["value", "add", "default", "one_of", "subset_of", "superset_of", "essential"]
