"""What steps take of a feed, and which documents are believed to be its operator's."""

import pytest

from metadata.feeds import PROPERTIES, BadStep, Left, each_read, read_step, through
from metadata.wire.saml_feed import read_signed
from metadata.wire.xml import XmlRefused
from tests.support import feeds as f
from tests.support import saml_metadata as m
from tests.support.saml import rsa_key

KEYS = (f.operator_key().public_key(),)
CATEGORY, HIDDEN = "http://macedir.org/entity-category", "http://refeds.org/category/hide-from-discovery"
ASSURANCE = "urn:oasis:names:tc:SAML:attribute:assurance-certification"
SERVICE = f.service("s")
PROVIDER = f.provider("p", m.entity_attribute(CATEGORY, HIDDEN), scope="p.example")
CERTIFIED = f.provider("c", m.entity_attribute(ASSURANCE, f.LOA3))
FOREIGN = f.service("x").replace(f.AUTHORITY.encode(), b"https://third.example")
BOTH = m.entity(
    m.idp_role(m.sso("https://b.example/sso")) + m.sp_role(m.acs("https://b.example/acs")),
    entity_id="https://b.example/b",
)


def taken(*steps: str) -> set[str]:
    entities, left = each_read(read_signed(f.document(SERVICE, PROVIDER, CERTIFIED, FOREIGN, BOTH), KEYS).parts)
    assert left == []
    return {each.entity_id.split("/")[2].split(".")[0] for each in through(steps, entities)[0]}


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ((), "spcxb"),
        (("keep role service",), "sxb"),
        (("keep role identity-provider",), "pcb"),
        (("keep role service identity-provider",), "spcxb"),
        (("drop role service",), "pc"),
        ((f"keep registration-authority {f.AUTHORITY}",), "spc"),
        ((f"drop registration-authority {f.AUTHORITY} https://third.example",), "b"),
        ((f"drop entity-category {HIDDEN}",), "scxb"),
        ((f"keep assurance-certification {f.LOA3}",), "c"),
        (("keep scope p.example",), "p"),
        (("keep scope example",), ""),
        (("keep entity https://s.example/sp https://p.example/idp",), "sp"),
        (("drop entity https://s.example/sp", "keep role service"), "xb"),
        (("keep role service", f"keep registration-authority {f.AUTHORITY}"), "s"),
        (("keep role nothing",), ""),
    ],
)
def test_steps_run_one_after_the_other(steps, left):
    assert taken(*steps) == set(left)


def test_each_entity_that_is_left_out_is_told_with_its_step():
    entities, _ = each_read(read_signed(f.document(SERVICE, PROVIDER), KEYS).parts)
    _, left = through(("drop entity https://none.example", "keep role service"), entities)
    assert left == [Left("https://p.example/idp", "keep role service")]


@pytest.mark.parametrize(
    "sentence", ["", "keep", "keep role", "take role service", "keep nothing x", "Keep role service", "drop  role"]
)
def test_a_sentence_that_is_no_step_is_refused(sentence):
    with pytest.raises(BadStep):
        read_step(sentence)


def test_every_property_is_named_when_one_is_unknown():
    with pytest.raises(BadStep) as told:
        read_step("keep colour red")
    assert all(name in str(told.value) for name in PROPERTIES)


class TestReading:
    def test_what_changes_from_one_publication_to_the_next_is_no_part_of_an_entity(self):
        first = read_signed(f.document(SERVICE, until=f.NOW + 100), KEYS)
        second = read_signed(f.document(f.service("s", flags='cacheDuration="PT1H" ID="_e"'), until=f.NOW + 900), KEYS)
        assert first.parts[0].octets == second.parts[0].octets
        assert (first.valid_until, second.valid_until) == (f.NOW + 100, f.NOW + 900)

    def test_an_entity_ends_with_the_earliest_of_all_that_is_around_it(self):
        inner = m.aggregate(f.service("s", flags=f'validUntil="{f.time(f.NOW + 50)}"'), f.service("t"), flags="")
        inner = inner.replace(
            b"EntitiesDescriptor ", f'EntitiesDescriptor validUntil="{f.time(f.NOW + 70)}" '.encode(), 1
        )
        found, _ = each_read(read_signed(f.document(inner, until=f.NOW + 100), KEYS).parts)
        assert [each.valid_until for each in found] == [f.NOW + 50, f.NOW + 70]

    def test_an_entity_that_cannot_be_read_or_stands_twice_is_left_out_alone(self):
        broken = SERVICE.replace(b"AssertionConsumerService", b"Nonsense").replace(b"https://s.", b"https://broken.")
        nameless = SERVICE.replace(b'entityID="https://s.example/sp"', b'entityID=""')
        found, left = each_read(read_signed(f.document(broken, SERVICE, SERVICE, nameless), KEYS).parts)
        assert [each.entity_id for each in found] == ["https://s.example/sp"]
        assert [each.entity_id for each in left] == ["https://broken.example/sp", "https://s.example/sp", ""]

    @pytest.mark.parametrize(
        "octets",
        [
            pytest.param(f.document(SERVICE, key=rsa_key("somebody")), id="another key"),
            pytest.param(m.aggregate(SERVICE), id="unsigned"),
            pytest.param(f.document(SERVICE, change=(b"https://s.example/acs", b"https://e.example/acs")), id="changed"),
            pytest.param(f.document(SERVICE, change=(b"</md:EntitiesDescriptor>", SERVICE + b"</md:EntitiesDescriptor>")),
                         id="one more after signing"),
            pytest.param(m.aggregate(f.document(SERVICE)), id="signed inside another root"),
            pytest.param(m.aggregate(f.single(SERVICE)), id="only an entity is signed"),
            pytest.param(b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + f.document(SERVICE), id="doctype"),
            pytest.param(f.document(SERVICE)[:-30], id="cut off"),
            pytest.param(b"", id="nothing"),
            pytest.param(b"<html/>", id="a page"),
            pytest.param(f.signed(b'<a ID="_a"/>'), id="signed, but no metadata"),
            pytest.param(f.document(SERVICE, change=(b'creationInstant="', b'creationInstant="x')), id="changed time"),
        ],
    )  # fmt: skip
    def test_nothing_is_read_of_what_the_operator_did_not_sign(self, octets):
        with pytest.raises(XmlRefused):
            read_signed(octets, KEYS)

    @pytest.mark.parametrize("flags", ['validUntil="never"', 'validUntil="2026-13-01T00:00:00Z"'])
    def test_a_time_that_is_none_is_refused(self, flags):
        with pytest.raises(XmlRefused):
            read_signed(f.signed(m.aggregate(SERVICE, flags=f'ID="_x" {flags}')), KEYS)

    def test_more_octets_than_the_limit_are_refused_before_they_are_parsed(self):
        with pytest.raises(XmlRefused, match="size"):
            read_signed(f.document(SERVICE), KEYS, limit=1000)
