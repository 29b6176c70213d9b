"""Trust marks: which of those that an entity shows may be believed (OpenID Federation section 7)."""

import pytest

from metadata.federation.chain import ChainRefused, validate
from metadata.federation.statement import Reader
from metadata.federation.trust_marks import believed
from metadata.wire.jose import issue
from tests.support.oidfed import ANCHOR, LEAF, NOW, Entities, Party, chain, jwks, key

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "7.3")

ISSUER, OWNER, OTHER = "https://marks.example", "https://owner.example", "https://other.example"
KIND = "https://federation.example/marks/member"


def mark(signed_by=None, typ="trust-mark+jwt", **claims):
    usual = {"iss": ISSUER, "sub": LEAF, "trust_mark_type": KIND, "iat": NOW, "exp": NOW + 100}
    made = {name: value for name, value in (usual | claims).items() if value is not None}
    return issue(made, signed_by or key(ISSUER), typ=typ)


def delegation(signed_by=None, typ="trust-mark-delegation+jwt", **claims):
    usual = {"iss": OWNER, "sub": ISSUER, "trust_mark_type": KIND, "iat": NOW}
    return issue(usual | claims, signed_by or key(OWNER), typ=typ)


def held(*marks, issuers=None, owners=None, now=NOW):
    """The types that hold of the marks that a leaf shows, under an anchor with these claims."""
    said = {} if issuers is None else {"trust_mark_issuers": issuers}
    if owners is not None:
        said["trust_mark_owners"] = owners
    shown = [{"trust_mark_type": KIND, "trust_mark": each} for each in marks]
    entities = Entities(
        Party(LEAF, (ANCHOR,), claims={"trust_marks": shown}),
        Party(ISSUER, (ANCHOR,)),
        Party(ANCHOR, superior=True, claims=said),
    )

    def resolved(id):
        if id not in entities.parties:
            raise ChainRefused("nobody there")
        way = [ANCHOR] if id == ANCHOR else [id, ANCHOR]
        tokens = chain(entities, *way) if len(way) > 1 else [entities[ANCHOR].configuration()]
        return validate(tokens, entities.anchors(ANCHOR), Reader(NOW))

    found = resolved(LEAF)
    return [each.type for each in believed(found.statements[0], found.anchor, resolved, now)]


NAMED = {KIND: [ISSUER]}
OWNED = {KIND: {"sub": OWNER, "jwks": jwks(key(OWNER))}}


def test_a_mark_of_an_issuer_that_the_anchor_names_holds():
    assert held(mark(), issuers=NAMED) == [KIND]
    assert held(mark(exp=None), issuers=NAMED) == [KIND]
    assert held(issuers=NAMED) == []


def test_a_type_without_named_issuers_is_anyones_to_issue_who_is_in_the_federation():
    assert held(mark(), issuers={KIND: []}) == [KIND]
    assert held(mark(iss=OTHER, signed_by=key(OTHER)), issuers={KIND: []}) == []


def test_the_anchor_may_issue_marks_itself():
    assert held(mark(iss=ANCHOR, signed_by=key(ANCHOR)), issuers={KIND: [ANCHOR]}) == [KIND]


@pytest.mark.parametrize(
    "claims",
    [
        {"signed_by": key("stranger")},
        {"signed_by": key(LEAF)},
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "entity-statement+jwt"},
        {"sub": OTHER},
        {"sub": None},
        {"iss": OTHER},
        {"iat": None},
        {"iat": NOW + 61},
        {"exp": NOW - 61},
        {"exp": "never"},
        {"delegation": "x.y.z"},
    ],
)
def test_a_mark_that_is_not_what_it_must_be_does_not_hold(claims):
    assert held(mark(**claims), issuers=NAMED) == []


def test_marks_are_judged_one_by_one():
    assert held(mark(sub=OTHER), mark(), mark(exp=NOW - 61), issuers=NAMED) == [KIND]


@pytest.mark.parametrize("issuers", [None, {}, {KIND: [OTHER]}, {"https://federation.example/marks/x": [ISSUER]}])
def test_a_mark_that_the_anchor_does_not_know_does_not_hold(issuers):
    assert held(mark(), issuers=issuers) == []


def test_a_mark_without_kid_does_not_hold():
    from dataclasses import replace

    assert held(mark(signed_by=replace(key(ISSUER), kid="")), issuers=NAMED) == []


@pytest.mark.spec("OpenID Federation 1.0", "7.2.2")
def test_where_a_type_has_an_owner_the_issuer_needs_its_delegation():
    owned = {"issuers": NAMED, "owners": OWNED}
    assert held(mark(delegation=delegation()), **owned) == [KIND]
    assert held(mark(), **owned) == []
    assert held(mark(delegation=delegation()), issuers=NAMED) == []


@pytest.mark.spec("OpenID Federation 1.0", "7.2.2")
@pytest.mark.parametrize(
    "claims",
    [
        {"signed_by": key("stranger")},
        {"signed_by": key(ISSUER)},
        {"typ": "trust-mark+jwt"},
        {"typ": None},
        {"sub": OTHER},
        {"iss": OTHER},
        {"trust_mark_type": "https://federation.example/marks/x"},
        {"iat": NOW + 61},
        {"exp": NOW - 61},
    ],
)
def test_a_delegation_that_is_not_what_it_must_be_does_not_hold(claims):
    assert held(mark(delegation=delegation(**claims)), issuers=NAMED, owners=OWNED) == []


def test_an_owner_whose_keys_cannot_be_used_delegates_nothing():
    broken = {KIND: {"sub": OWNER, "jwks": {"keys": "x"}}}
    assert held(mark(delegation=delegation()), issuers=NAMED, owners=broken) == []
