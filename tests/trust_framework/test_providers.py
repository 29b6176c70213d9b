"""A provider's word becomes ours: mapped, bounded by ceiling and scopes, never raised, never by default."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trust import (
    BEFORE,
    COORDINATION_NUMBER,
    LOA2,
    LOA3,
    LOA4,
    NONRESIDENT3,
    PERSONAL_NUMBER,
    UNCERTIFIED3,
    asserted,
    terms,
)
from trust_framework import loa
from trust_framework.attributes import CATALOGUE, Attribute, Source
from trust_framework.identity import Identity, Subject
from trust_framework.members import State
from trust_framework.providers import RESERVED, Dropped, accept
from trust_framework.reasons import Refusal

EIDAS = "http://id.elegnamnden.se/loa/1.0/eidas-nf-sub"
PROXIED = "http://id.swedenconnect.se/loa/1.0/uncertified-eidas-sub"
SUBJECT = Subject("https://idp.example.se", "persistent", "a1")


def mapping(*names: str) -> dict[str, str]:
    return {f"their-{name}": name for name in names}


def accepted(attributes: dict[str, Any], level: str = "three", **more: Any):
    given_terms = terms(attributes=mapping(*(name.removeprefix("their-") for name in attributes)), **more)
    return accept(asserted(level, attributes), given_terms)


def refusal(**more: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        accept(**more)
    return raised.value


def test_an_assertion_becomes_an_identity_in_our_words():
    said = asserted(
        "three",
        {"urn:oid:2.5.4.42": ("Anna",), "urn:oid:2.5.4.4": ("Andersson",)},
        authn_methods=("card",),
        authorities=("https://upstream.example.se",),
    )
    result = accept(said, terms(attributes={"urn:oid:2.5.4.42": "givenName", "urn:oid:2.5.4.4": "sn"}))
    assert result.identity == Identity(
        method="region-exempel",
        subject=SUBJECT,
        level=LOA3,
        authenticated_at=BEFORE,
        attributes={"givenName": ("Anna",), "sn": ("Andersson",)},
        authn_methods=("card",),
        authorities=("https://upstream.example.se",),
    )
    assert result.dropped == ()


# --- level


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("four", "upstream-level"),
        ("", "level-too-low"),
        ("Three", "level-too-low"),
        (LOA3, "level-too-low"),
        ("urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified", "level-too-low"),
        ("three\n", "level-too-low"),
        ("unknown", "upstream-level"),
        ("retired", "upstream-level"),
    ],
)
def test_a_level_that_is_not_mapped_or_is_above_the_ceiling_is_refused(word, code):
    levels = {"three": LOA3, "four": LOA4, "unknown": "urn:unknown", "retired": LOA3 + "-sigm"}
    refused = refusal(asserted=asserted(word), terms=terms(levels=levels))
    assert refused.reason.code == code


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.sampled_from([*loa.LEVELS, "urn:unknown"]))
def test_no_word_and_no_ceiling_ever_give_more_than_what_is_mapped_and_bounded(word, ceiling):
    bound = terms(ceiling=ceiling)
    try:
        level = accept(asserted(word), bound).identity.level
    except Refusal:
        return
    assert level == loa.relabel(bound.levels[word])
    assert loa.rank(level) <= loa.rank(ceiling)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(loa.LEVELS)), st.sampled_from(sorted(loa.LEVELS)))
def test_every_level_under_every_ceiling(level, ceiling):
    bound = terms(levels={"x": level}, ceiling=ceiling)
    given_on = loa.relabel(level)
    within = loa.known(level) and loa.known(ceiling) and loa.rank(given_on) <= loa.rank(ceiling)
    assert bound.gives() == ((given_on,) if within else ())
    assert bound.in_its_words((given_on,)) == (("x",) if within else ())
    if within:
        assert accept(asserted("x"), bound).identity.level == given_on
    else:
        assert refusal(asserted=asserted("x"), terms=bound).reason.code == "upstream-level"


@pytest.mark.spec("Sweden Connect Registry for Identifiers", "3.1.1.2")
def test_eidas_is_relabelled_since_we_are_a_proxy():
    bound = terms(levels={EIDAS: EIDAS}, ceiling=LOA4)
    assert accept(asserted(EIDAS), bound).identity.level == PROXIED
    assert bound.gives() == (PROXIED,)
    assert bound.in_its_words((PROXIED, LOA3)) == (EIDAS,)


def test_what_a_provider_gives_is_said_in_our_words_and_back_in_its_own():
    bound = terms(levels={"b": LOA3, "a": LOA2, "b2": LOA3, "d": LOA4})
    assert bound.gives() == (LOA3, LOA2)
    assert bound.in_its_words((LOA2, LOA3, LOA4, UNCERTIFIED3)) == ("a", "b", "b2")
    assert bound.in_its_words(()) == ()


def test_a_suspended_provider_identifies_nobody():
    assert refusal(asserted=asserted(), terms=terms(state=State.SUSPENDED)).reason.code == "blocked-method"


# --- attributes


@pytest.mark.parametrize(
    ("attributes", "kept", "dropped"),
    [
        ({"their-mail": ("a@example.se",)}, {"mail": ("a@example.se",)}, ()),
        ({"their-mail": ()}, {}, ()),
        ({"their-givenName": ("Anna", "Eva")}, {}, (("givenName", "too-many"),)),
        ({"their-givenName": ("A" * 300,)}, {}, (("givenName", "too-long"),)),
        ({"their-mail": ("not mail",)}, {}, (("mail", "malformed"),)),
        ({"their-mail": tuple(f"a{n}@b.se" for n in range(10_000))}, {}, (("mail", "too-many"),)),
        ({"their-employeeHsaId": ("1",)}, {}, (("employeeHsaId", "malformed"),)),
        ({"their-coordinationNumber": (COORDINATION_NUMBER,)}, {}, (("their-coordinationNumber", "reserved"),)),
        ({"their-levelOfAssurance": (LOA4,)}, {}, (("their-levelOfAssurance", "reserved"),)),
        ({"their-authnMethod": ("card",)}, {}, (("their-authnMethod", "reserved"),)),
        ({"their-shoeSize": ("43",)}, {}, (("their-shoeSize", "not-in-catalogue"),)),
    ],
)
def test_an_attribute_is_kept_or_dropped_with_a_rule(attributes, kept, dropped):
    result = accepted(attributes)
    assert result.identity.attributes == kept
    assert result.dropped == tuple(Dropped(*pair) for pair in dropped)


def test_what_is_not_mapped_is_dropped_even_under_our_own_names():
    said = asserted("three", {"givenName": ("Anna",), "mail": ("a@example.se",), "ro\x00les": ("admin",)})
    result = accept(said, terms(attributes={"mail": "mail"}))
    assert result.identity.attributes == {"mail": ("a@example.se",)}
    assert result.dropped == (Dropped("givenName", "unmapped"), Dropped("roles", "unmapped"))


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_never_given_by_a_provider_even_when_it_is_in_the_catalogue(name, monkeypatch):
    monkeypatch.setitem(CATALOGUE, name, Attribute(name, "x", "x", Source.LOGIN))
    result = accepted({f"their-{name}": ("admin",)})
    assert result.identity.attributes == {}
    assert result.dropped == (Dropped(f"their-{name}", "reserved"),)


def test_two_of_its_names_for_one_of_ours_are_put_together():
    def told(first: str, second: str):
        said = asserted("three", {"new": (first,), "old": (second,)})
        return accept(said, terms(attributes={"new": "givenName", "old": "givenName"}))

    assert told("Anna", "Anna").identity.attributes == {"givenName": ("Anna",)}
    assert told("Anna", "Eva").dropped == (Dropped("givenName", "too-many"),)


@pytest.mark.parametrize("value", ["198906059484", "19890605-9483", "qqq"])
def test_a_bad_national_identifier_refuses_the_login_and_its_value_is_told_to_nobody(value):
    said = asserted("three", {"pnr": (value,)})
    bound = terms(attributes={"pnr": "personalIdentityNumber"}, identifiers=frozenset({"personalIdentityNumber"}))
    refused = refusal(asserted=said, terms=bound)
    assert refused.reason.code == "upstream-value"
    assert refused.about == {"detail_sv": "Personnummer", "detail_en": "Personal identity number"}
    assert value not in refused.detail


def test_a_bad_number_of_a_provider_that_is_not_authorised_for_it_is_only_dropped():
    result = accepted({"their-personalIdentityNumber": ("198906059484",)})
    assert result.dropped == (Dropped("personalIdentityNumber", "malformed"),)


@pytest.mark.parametrize(
    "name", ["personalIdentityNumber", "previousPersonalIdentityNumber", "mappedPersonalIdentityNumber"]
)
def test_no_swedish_number_goes_with_a_nonresident_level(name):
    levels = {"three": NONRESIDENT3}
    result = accepted({f"their-{name}": (PERSONAL_NUMBER,), "their-sn": ("A",)}, levels=levels, ceiling=NONRESIDENT3)
    assert result.identity.attributes == {"sn": ("A",)}
    assert result.dropped == (Dropped(name, "nonresident"),)


@pytest.mark.parametrize(
    ("name", "value", "scopes", "kept"),
    [
        ("orgAffiliation", "a1@2321000016", {"2321000016"}, True),
        ("orgAffiliation", "a@5590026042@2321000016", {"2321000016"}, True),
        ("orgAffiliation", "a@2321000016@5590026042", {"2321000016"}, False),
        ("orgAffiliation", "a1@5590026042", {"2321000016"}, False),
        ("orgAffiliation", "a1@2321000016", set(), False),
        ("employeeHsaId", "SE2321000016-1", {"SE2321000016"}, True),
        ("employeeHsaId", "se2321000016-1", {"SE2321000016"}, True),
        ("employeeHsaId", "SE5590026042-1", {"SE2321000016"}, False),
        ("employeeHsaId", "SE5590026042-1", {"2321000016", "seminarium.example.se"}, True),
        ("employeeHsaId", "SE5590026042-1", set(), True),
        ("mail", "a@example.se", {"example.se"}, True),
        ("mail", "a@EXAMPLE.se", {"Example.SE"}, True),
        ("mail", "a@evil.example", {"example.se"}, False),
        ("mail", "a@sub.example.se", {"example.se"}, False),
        ("mail", "a@evil.example", {"2321000016"}, True),
        ("mail", "a@evil.example", set(), True),
    ],
)
def test_a_scoped_value_is_kept_within_the_scopes_of_its_provider(name, value, scopes, kept):
    result = accepted({f"their-{name}": (value,)}, scopes=frozenset(scopes))
    assert result.identity.attributes == ({name: (value,)} if kept else {})
    assert result.dropped == (() if kept else (Dropped(name, "scope"),))


def test_of_several_scoped_values_those_inside_are_kept():
    result = accepted({"their-mail": ("a@example.se", "a@evil.example")}, scopes=frozenset({"example.se"}))
    assert result.identity.attributes == {"mail": ("a@example.se",)}
    assert result.dropped == (Dropped("mail", "scope"),)


# --- subject and notes


@pytest.mark.parametrize(
    "subject",
    [
        Subject("", "persistent", "a1"),
        Subject("https://idp.example.se", "persistent", ""),
        Subject("https://idp.example.se", "persistent", "a1\x00"),
        Subject("https://idp.example.se", "persistent", " a1"),
        Subject("https://idp.example.se", "persistent", "a\u202e1"),
        Subject("https://idp.example.se", "persistent", "a" * 513),
        Subject("https://idp.example.se\n", "persistent", "a1"),
        Subject("https://idp.example.se", "\x1b", "a1"),
    ],
)
def test_a_subject_that_is_no_clean_key_refuses_the_login(subject):
    assert refusal(asserted=asserted(subject=subject), terms=terms()).reason.code == "upstream-value"


def test_methods_and_authorities_are_few_short_and_clean():
    said = asserted(authn_methods=("pwd\x1b",) * 50, authorities=("x" * 10_000,))
    who = accept(said, terms()).identity
    assert who.authn_methods == ("pwd",) * 16
    assert who.authorities == ("x" * 512,)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.one_of(st.sampled_from(sorted(CATALOGUE)), st.text(max_size=12)),
        st.lists(st.text(max_size=40), max_size=3).map(tuple),
        max_size=6,
    ),
    st.dictionaries(st.sampled_from(sorted(CATALOGUE)), st.sampled_from([*sorted(CATALOGUE), *RESERVED]), max_size=6),
)
def test_nothing_comes_through_that_is_not_mapped_to_the_catalogue(attributes, names):
    result = accept(asserted("three", attributes), terms(attributes=names))
    mapped = {names[theirs] for theirs in attributes if theirs in names}
    assert set(result.identity.attributes) <= mapped & set(CATALOGUE) - RESERVED
