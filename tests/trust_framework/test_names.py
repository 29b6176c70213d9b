"""Names have one holder, whatever way they are spelt, and rest for a year once released."""

import pytest

from trust_framework.names import QUARANTINE, Held, Holding, Name, NameKind, alike, held

NOW = 1_800_000_000
DAY = 86_400
ID = NameKind.ENTITY_ID


def holding(
    value="https://sp.example.se/metadata", org="a", entry="one", kind=ID, entry_kind="service", released_at=None
):
    return Holding(Name(kind, value), entry_kind, entry, org, released_at)


@pytest.mark.spec("facts/threats", "FR-02")
@pytest.mark.parametrize(
    "other",
    [
        "https://sp.example.se/metadata/",
        "HTTPS://SP.EXAMPLE.SE/Metadata",
        "https://sp.example.se:443/metadata",
        "https://sp.example.se/%6detadata",
        "https://sp.example.se/ｍetadata",
    ],
)
def test_another_spelling_is_the_same_name(other):
    assert Name(ID, other).key == Name(ID, "https://sp.example.se/metadata").key


@pytest.mark.parametrize(
    "other", ["https://sp.example.se/metadata2", "https://sp.example.se:8443/metadata", "http://sp.example.se/metadata"]
)
def test_another_name_is_another_name(other):
    assert Name(ID, other).key != Name(ID, "https://sp.example.se/metadata").key
    assert Name(ID, "http://sp.example.se:80/x").key == "http://sp.example.se/x"


@pytest.mark.parametrize(
    "other",
    [
        "https://sр.example.se/",
        "https://5p.example.se",
        "https://sp.exarnple.se",
        "https://sp.exämple.se",
        "https://sp-example.se",
    ],
)
def test_names_that_people_take_for_each_other_are_told_to_the_approver(other):
    mine = holding("https://sp.example.se", org="b")
    assert alike(mine, [holding(other)])
    assert not held(mine, [], NOW)


def test_a_member_s_own_names_a_released_one_and_the_same_one_are_not_alike():
    mine = holding("https://sp.example.se")
    other = "https://5p.example.se"
    assert not alike(
        mine, [holding(other), holding(other, org="b", released_at=1), holding(org="b", value=mine.name.value)]
    )


@pytest.mark.spec("facts/threats", "FR-02")
@pytest.mark.parametrize(
    ("kind", "other", "free"),
    [
        (ID, {"org": "b"}, False),
        (ID, {"org": "a"}, False),
        (ID, {"org": "a", "entry_kind": "identity_provider"}, True),
        (ID, {"org": "b", "entry_kind": "identity_provider"}, False),
        (NameKind.CLIENT_ID, {"org": "a"}, False),
        (NameKind.ADDRESS, {"org": "b"}, False),
        (NameKind.ADDRESS, {"org": "a"}, True),
        (NameKind.HOST, {"org": "b"}, True),
    ],
)
def test_a_name_has_one_holder(kind, other, free):
    found = held(holding(kind=kind), [holding(kind=kind, entry="two", **other)], NOW)
    assert (found is None) is free
    assert free or found == Held(Name(kind, "https://sp.example.se/metadata"))


@pytest.mark.spec("facts/threats", "FR-02")
@pytest.mark.parametrize("kind", NameKind)
def test_a_released_name_rests_a_year_for_everybody_but_its_member(kind):
    gone = holding(kind=kind, entry="two", org="b", released_at=NOW)
    assert held(holding(kind=kind), [gone], NOW + 364 * DAY) == Held(gone.name, NOW + QUARANTINE)
    assert held(holding(kind=kind), [gone], NOW + QUARANTINE) is None
    assert held(holding(kind=kind, org="b"), [gone], NOW) is None


def test_an_entry_s_own_names_never_stand_against_it():
    assert held(holding(), [holding(), holding(released_at=NOW)], NOW) is None


def test_a_host_that_a_member_has_already_is_not_taken_from_it_when_another_lets_it_go():
    gone = holding(kind=NameKind.HOST, entry="two", org="b", released_at=NOW)
    mine = holding(kind=NameKind.HOST, entry="three")
    assert held(holding(kind=NameKind.HOST), [gone, mine], NOW) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example:8443/sp", "http://a.example/sp"),
        ("https://p\N{CYRILLIC SMALL LETTER A}y.example", "https://xn--py-7kc.example"),
        ("https://a\N{ZERO WIDTH SPACE}b.example", "https://ab.example"),
        ("urn:x:journal", "urn:x:joumal"),
    ],
)
def test_scheme_port_punycode_and_unseen_letters_are_no_difference(one, other):
    assert Name(NameKind.ENTITY_ID, one).looks == Name(NameKind.ENTITY_ID, other).looks


@pytest.mark.parametrize("label", ["xn--\N{SNOWMAN}", "xn--\N{DEGREE SIGN}a-", "xn--99999999999"])
def test_a_label_that_is_no_punycode_is_taken_as_it_is(label):
    assert label.partition("--")[0] in Name(NameKind.ENTITY_ID, f"https://{label}.example").looks
