"""Levels of assurance: exact, never raised, compared only within a family (Sweden Connect, Registry for Identifiers)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trust import LOA2, LOA3, LOA4, NONRESIDENT3, UNCERTIFIED3
from trust_framework import loa
from trust_framework.loa import LEVELS, Family, expand_comparison, expand_minimum

LOA1 = "http://id.elegnamnden.se/loa/1.0/loa1"
SIGMESSAGE = "http://id.elegnamnden.se/loa/1.0/loa3-sigmessage"
SAMBI3 = "http://id.sambi.se/loa/loa3"
SC = "http://id.swedenconnect.se/loa/1.0/"
EL = "http://id.elegnamnden.se/loa/1.0/"
ALL = (LOA1, LOA2, LOA3, LOA4, SAMBI3, UNCERTIFIED3)
uris = st.sampled_from([*LEVELS, "urn:unknown", ""])


@pytest.mark.parametrize(
    ("uri", "family", "rank"),
    [
        (LOA1, Family.SWEDISH, 1),
        (LOA2, Family.SWEDISH, 2),
        (LOA3, Family.SWEDISH, 3),
        (LOA4, Family.SWEDISH, 4),
        (SC + "loa2-nonresident", Family.NONRESIDENT, 2),
        (SC + "loa3-nonresident", Family.NONRESIDENT, 3),
        (SC + "loa4-nonresident", Family.NONRESIDENT, 4),
        (SC + "uncertified-loa2", Family.UNCERTIFIED, 2),
        (SC + "uncertified-loa3", Family.UNCERTIFIED, 3),
        (EL + "eidas-low", Family.EIDAS, 2),
        (EL + "eidas-sub", Family.EIDAS, 3),
        (EL + "eidas-high", Family.EIDAS, 4),
        (EL + "eidas-nf-low", Family.EIDAS, 2),
        (EL + "eidas-nf-sub", Family.EIDAS, 3),
        (EL + "eidas-nf-high", Family.EIDAS, 4),
        (SC + "uncertified-eidas-low", Family.EIDAS_PROXY, 2),
        (SC + "uncertified-eidas-sub", Family.EIDAS_PROXY, 3),
        (SC + "uncertified-eidas-high", Family.EIDAS_PROXY, 4),
        ("http://eidas.europa.eu/LoA/low", Family.EU, 2),
        ("http://eidas.europa.eu/LoA/substantial", Family.EU, 3),
        ("http://eidas.europa.eu/LoA/high", Family.EU, 4),
        ("http://eidas.europa.eu/NotNotified/LoA/low", Family.EU_NOT_NOTIFIED, 2),
        ("http://id.sambi.se/loa/loa2", Family.SAMBI, 2),
        ("http://id.sambi.se/loa/loa3", Family.SAMBI, 3),
        ("http://id.sambi.se/loa/loa4", Family.SAMBI, 4),
        ("http://id.skolfederation.se/loa/loa2", Family.SKOLFEDERATION, 2),
        ("http://id.skolfederation.se/loa/loa3", Family.SKOLFEDERATION, 3),
        ("http://id.skolfederation.se/loa/bas", Family.SKOLFEDERATION, 0),
        ("http://id.skolfederation.se/loa/2fa", Family.SKOLFEDERATION, 0),
        ("idporten-loa-low", Family.NORWAY, 1),
        ("idporten-loa-substantial", Family.NORWAY, 3),
        ("idporten-loa-high", Family.NORWAY, 4),
        ("eidas-loa-substantial", Family.NORWAY_FOREIGN, 3),
        ("eidas-loa-high", Family.NORWAY_FOREIGN, 4),
        ("Level3", Family.NORWAY_OLD, 3),
        ("Level4", Family.NORWAY_OLD, 4),
    ],
)
def test_a_level_has_its_family_and_rank(uri, family, rank):
    assert (LEVELS[uri].family, loa.rank(uri), loa.known(uri)) == (family, rank, True)


@pytest.mark.parametrize(
    "uri", ["", "loa3", LOA3 + " ", LOA3.upper(), LOA3 + "/", "http://id.elegnamnden.se/loa/1.0/loa5", SIGMESSAGE]
)
def test_what_is_not_exactly_a_level_in_force_is_not_known_and_has_no_rank(uri):
    assert not loa.known(uri)
    assert loa.rank(uri) == 0


@pytest.mark.parametrize(
    ("uri", "retired"),
    [
        (SIGMESSAGE, True),
        (LOA4 + "-sigm", True),
        (SC + "uncertified-loa3-sigmessage", True),
        (LOA3, False),
        ("", False),
    ],
)
def test_signature_message_levels_are_retired(uri, retired):
    assert loa.retired(uri) is retired


def test_a_row_marked_retired_is_retired_whatever_its_name(monkeypatch):
    monkeypatch.setitem(LEVELS, "urn:old", loa.Level("urn:old", Family.SAMBI, 2, retired=True))
    assert loa.retired("urn:old")
    assert not loa.known("urn:old")


@pytest.mark.spec("Sweden Connect Registry for Identifiers", "3.1.1.2")
@pytest.mark.parametrize(
    ("received", "given_on"),
    [(f"{EL}eidas-{n}{w}", f"{SC}uncertified-eidas-{w}") for n in ("", "nf-") for w in ("low", "sub", "high")]
    + [(LOA3, LOA3), (UNCERTIFIED3, UNCERTIFIED3), ("urn:unknown", "urn:unknown")],
)
def test_a_proxy_relabels_eidas_and_nothing_else(received, given_on):
    assert loa.relabel(received) == given_on


@given(uris)
def test_relabelling_twice_changes_nothing_more_and_never_raises_a_rank(uri):
    once = loa.relabel(uri)
    assert loa.relabel(once) == once
    assert loa.rank(once) <= loa.rank(uri) or not loa.known(uri)


@pytest.mark.parametrize(("uri", "expected"), [(NONRESIDENT3, True), (LOA3, False), ("urn:unknown", False)])
def test_nonresident_levels_are_marked(uri, expected):
    assert loa.nonresident(uri) is expected


@pytest.mark.parametrize(
    ("uri", "floor", "expected"),
    [
        (LOA3, LOA2, True),
        (LOA2, LOA3, False),
        (LOA3, LOA3, True),
        ("urn:unknown", "urn:unknown", True),
        ("urn:unknown", LOA2, False),
        (LOA4, "urn:unknown", False),
        (LOA4, SAMBI3, False),
        (LOA4, UNCERTIFIED3, False),
        ("http://id.skolfederation.se/loa/loa3", "http://id.skolfederation.se/loa/bas", False),
        (SIGMESSAGE, LOA2, False),
    ],
)
def test_strength_is_compared_within_a_family_only(uri, floor, expected):
    assert loa.at_least(uri, floor) is expected


@pytest.mark.parametrize(
    ("uri", "ceiling", "expected"),
    [
        (LOA3, LOA3, True),
        (LOA2, LOA3, True),
        (LOA4, LOA3, False),
        (SAMBI3, LOA3, True),
        ("http://id.sambi.se/loa/loa4", LOA3, False),
        ("urn:unknown", LOA4, False),
        (LOA2, "urn:unknown", False),
        (SIGMESSAGE, LOA4, False),
        ("http://id.skolfederation.se/loa/bas", LOA2, True),
        (LOA2, "http://id.skolfederation.se/loa/bas", False),
    ],
)
def test_a_ceiling_bounds_by_rank_and_the_unknown_is_outside_it(uri, ceiling, expected):
    assert loa.within(uri, ceiling) is expected


@pytest.mark.spec("SAML core", "3.3.2.2.1")
@pytest.mark.parametrize(
    ("comparison", "asked", "expected"),
    [
        ("exact", (LOA3, LOA2), (LOA3, LOA2)),
        ("exact", (LOA3, LOA3), (LOA3,)),
        ("exact", ("urn:unknown", LOA2), (LOA2,)),
        ("exact", ("urn:unknown",), ()),
        ("exact", (), ()),
        ("minimum", (LOA2,), (LOA2, LOA3, LOA4)),
        ("minimum", (LOA3, LOA2), (LOA3, LOA4, LOA2)),
        ("minimum", (LOA4, SAMBI3), (LOA4, SAMBI3)),
        ("minimum", ("urn:unknown",), ()),
        ("maximum", (LOA3,), (LOA3, LOA2, LOA1)),
        ("maximum", (LOA1, LOA2), (LOA2, LOA1)),
        ("maximum", (SAMBI3,), (SAMBI3,)),
        ("better", (LOA2,), (LOA3, LOA4)),
        ("better", (LOA2, LOA3), (LOA4,)),
        ("better", (LOA2, SAMBI3), ()),
        ("better", (LOA4,), ()),
        ("better", (), ()),
    ],
)
def test_a_comparison_becomes_an_ordered_set(comparison, asked, expected):
    assert expand_comparison(comparison, asked, ALL) == expected


def test_a_comparison_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="comparison"):
        expand_comparison("Exact", (LOA3,), ALL)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["exact", "minimum", "maximum", "better"]),
    st.lists(uris, max_size=4),
    st.lists(uris, max_size=6),
)
def test_no_comparison_gives_a_level_that_cannot_be_given(comparison, asked, candidates):
    result = expand_comparison(comparison, asked, candidates)
    assert set(result) <= set(candidates)
    assert len(set(result)) == len(result)


@settings(max_examples=60, deadline=None)
@given(st.lists(uris, max_size=4), st.lists(uris, max_size=6))
def test_a_minimum_never_gives_less_than_something_asked_for(asked, candidates):
    for level in expand_minimum(asked, candidates):
        assert any(level == uri or loa.rank(level) >= loa.rank(uri) > 0 for uri in asked)


@pytest.mark.spec("Sweden Connect deployment profile", "5.3.1")
def test_only_the_exact_level_satisfies():
    assert loa.satisfies(LOA3, (LOA2, LOA3))
    assert not loa.satisfies(LOA4, (LOA2, LOA3))
