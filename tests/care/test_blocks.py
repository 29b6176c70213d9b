"""Blocks through the service: who may set which, what is refused, and what is the same sent twice."""

from dataclasses import replace

import pytest

from broker.care import blocks
from broker.care.acts import ActWish
from broker.care.blocks import BlockWish, CopyWish
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.blocks import BlockType
from trust_framework.care import Period, Staff
from trust_framework.identifiers import Identifier

pytestmark = pytest.mark.spec("TKB blocking 4.0.4", "RegisterExtendedBlock")
INNER, OUTER = BlockType.INNER, BlockType.OUTER


def wish(**changes):
    whole = BlockWish(a.new_id(), INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    return replace(whole, **changes)


def test_a_block_registered_is_found_with_who_asked_and_who_entered_it(care):
    asked = a.entered(requested_at=NOW - 60, requested_by=a.staff(a.DOCTOR), reason="The patient's wish")
    made = wish(
        information=Period(NOW - 99, NOW), excluded=frozenset({" lak"}), owner=a.PROVIDER.lower(), entered=asked
    )
    done = care(blocks.register, made, a.client())
    assert done.code == "OK"
    found, person = care.store.block(made.id)
    assert (found, person) == (done.result, "p1")
    assert (found.unit, found.excluded, found.owner) == (a.UNIT, frozenset({"lak"}), a.PROVIDER)
    entered = found.registered
    assert (entered.requested_by.employee, entered.registered_by.employee) == (a.DOCTOR, a.NURSE)
    assert (entered.requested_at, entered.registered_at, entered.reason) == (NOW - 60, NOW, "The patient's wish")
    (event,) = care.events("care.block-changed")
    assert (event["act"], event["person"], event["by"], event["kind"]) == ("registered", "p1", "journal", "client")
    assert a.NURSE not in str(event)


def test_a_patient_whom_nobody_knew_becomes_a_person(care):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    care(blocks.register, wish(patient=reserve), a.client())
    person = care.store.patient(reserve)
    assert len(care.store.blocks_of(person)) == 1
    care(blocks.register, wish(patient=reserve), a.client())
    assert len(care.store.blocks_of(person)) == 2


def test_the_same_block_sent_again_is_well_and_changes_nothing(care):
    made = wish()
    first = care(blocks.register, made, a.client()).result
    care.now += 60
    again = care(blocks.register, replace(made, provider=f" {a.PROVIDER.lower()} ", id=made.id.upper()), a.client())
    assert (again.code, again.result) == ("OK", first)
    assert len(care.events("care.block-changed")) == 1


OTHER = {
    "patient": {"patient": a.OTHER_PATIENT},
    "unit": {"unit": a.OTHER_UNIT},
    "type": {"type": OUTER, "unit": ""},
    "period": {"information": Period(NOW - 5, NOW)},
    "excluded": {"excluded": frozenset({"upp"})},
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_another_block_under_the_same_id_is_refused(care, change):
    made = wish()
    care(blocks.register, made, a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(blocks.register, replace(made, **change), a.client())


def test_an_id_that_another_provider_has_used_is_taken(care):
    made = wish()
    care(blocks.register, made, a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(
            blocks.register,
            replace(made, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT),
            a.client(a.OTHER_PROVIDER),
        )


@pytest.mark.parametrize("end", [blocks.revoke, blocks.delete])
def test_a_block_that_has_ended_cannot_be_registered_again(care, end):
    made = wish()
    care(blocks.register, made, a.client())
    care(end, made.id, a.entered(), a.client())
    with refused("INVALIDSTATE", "ended"):
        care(blocks.register, made, a.client())


BAD = {
    "no id": ({"id": " "}, "id"),
    "an id too long": ({"id": "a" * 37}, "id"),
    "an id with a space in it": ({"id": "a b"}, "id"),
    "an id that is not ascii": ({"id": "ä"}, "id"),
    "a provider that is no HSA-id": ({"provider": "Region Ett"}, "hsa-id"),
    "a provider too long": ({"provider": "SE2321000016-" + "A" * 30}, "hsa-id"),
    "a provider nobody knows": ({"provider": "SE2321000016-XX"}, "unknown-provider"),
    "a unit that is no HSA-id": ({"unit": "SE232100001-U1"}, "hsa-id"),
    "a unit nobody knows": ({"unit": "SE2321000016-XX"}, "unknown-unit"),
    "another provider's unit": ({"unit": a.FAR_UNIT}, "unknown-unit"),
    "inner without a unit": ({"unit": ""}, "unit-missing"),
    "outer with a unit": ({"type": OUTER}, "unit-not-for-outer"),
    "dates turned round": ({"information": Period(NOW, NOW - 1)}, "inverted-period"),
    "a date before calendars": ({"information": Period(-(10**11), None)}, "no-instant"),
    "a date after calendars": ({"information": Period(None, 10**12)}, "no-instant"),
    "a type that cannot be left open": ({"excluded": frozenset({"lak", "und"})}, "unknown-information-type"),
    "a type in capitals, which is another": ({"excluded": frozenset({"LAK"})}, "unknown-information-type"),
    "an owner that is no HSA-id": ({"owner": "x"}, "hsa-id"),
    "a reason too long": ({"entered": a.entered(reason="x" * 1025)}, "reason-too-long"),
    "asked for tomorrow": ({"entered": a.entered(requested_at=NOW + a.DAY)}, "in-the-future"),
    "asked for never": ({"entered": a.entered(requested_at=10**12)}, "no-instant"),
    "entered by nobody": ({"entered": ActWish()}, "no-actor"),
    "entered by no HSA-id": ({"entered": ActWish(registered_by=Staff("nurse"))}, "hsa-id"),
    "entered in no assignment": ({"entered": ActWish(registered_by=Staff(a.NURSE, "x"))}, "hsa-id"),
    "entered in an assignment with too long a name": (
        {"entered": ActWish(registered_by=Staff(a.NURSE, "", "x" * 257))},
        "name-too-long",
    ),
}


@pytest.mark.parametrize(("change", "reason"), BAD.values(), ids=BAD)
def test_a_block_that_says_something_impossible_is_refused_and_leaves_nothing(care, change, reason):
    made = wish(**change)
    with refused("VALIDATION_ERROR", reason):
        care(blocks.register, made, a.client())
    assert care.store.blocks_of("p1") == ()
    assert care.events("care.block-changed") == []


KINDS = {
    "personnummer": ("1.2.752.129.2.1.3.1", "191212121212"),
    "samordningsnummer": ("1.2.752.129.2.1.3.3", "197010632391"),
    "stockholm": ("1.2.752.97.3.1.3", "991990000018"),
    "vgr": ("1.2.752.113.11.0.2.1.1.1", "19121212K061"),
    "varmland": ("1.2.752.74.9.2", "19121212SF1A"),
    "inera": ("1.2.752.129.2.1.3.2", "201401321233"),
}


def _numbers():
    """Of every kind, the number with each last character; those that the kind's own check lets are left to other tests."""
    from trust_framework.care import patient_identifier

    for name, (oid, number) in KINDS.items():
        for digit in "0123456789":
            changed = number[:-1] + digit
            if patient_identifier(oid, changed) is None:
                yield pytest.param(oid, changed, id=f"{name}-{digit}")


@pytest.mark.parametrize(("oid", "value"), list(_numbers()))
def test_a_number_with_a_wrong_check_digit_is_nobodys(care, oid, value):
    with refused("VALIDATION_ERROR", "patient-number"):
        care(blocks.register, wish(patient=Identifier(oid, value)), a.client())


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        ("1.2.752.129.2.1.3.3", "191212121212"),
        ("1.2.752.129.2.1.3.1", "197010632391"),
        ("1.2.752.129.2.1.3.1", "19121212-1212"),
        ("1.2.752.129.2.1.3.1", "121212-1212"),
        ("1.2.752.129.2.1.3.1", "191302301234"),
        ("1.2.752.129.2.1.3.1", "200102291234"),
        ("1.2.752.129.2.1.3.1", "١٩١٢١٢١٢١٢١٢"),
        ("1.2.752.129.2.1.4.1", a.NURSE),
        ("1.2.3", "191212121212"),
        ("", "191212121212"),
        ("1.2.752.129.2.1.3.1", ""),
    ],
)
def test_a_number_of_another_kind_or_spelling_is_nobodys(care, oid, value):
    with refused("VALIDATION_ERROR", "patient-number"):
        care(blocks.register, wish(patient=Identifier(oid, value)), a.client())


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title, lambda v: f"  {v}\t"])
def test_hsa_ids_are_the_same_however_they_are_spelled(care, spelling):
    made = wish(provider=spelling(a.PROVIDER), unit=spelling(a.UNIT))
    assert care(blocks.register, made, a.client()).result.unit == a.UNIT


class TestWhoMay:
    def test_a_system_enters_nothing_for_another_provider(self, care):
        with refused("ACCESSDENIED", "foreign-provider"):
            care(blocks.register, wish(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), a.client())

    def test_staff_need_the_registrars_role(self, care):
        made = wish()
        with refused("ACCESSDENIED", "not-registrar"):
            care(blocks.register, made, a.nurse())
        done = care(blocks.register, made, a.registrar())
        assert done.result.registered.registered_by.employee == a.NURSE
        with refused("ACCESSDENIED", "not-registrar"):
            care(blocks.revoke, made.id, ActWish(), a.nurse())
        with refused("ACCESSDENIED", "not-registrar"):
            care(blocks.delete, made.id, ActWish(), a.nurse())

    def test_staff_cannot_enter_in_anothers_name(self, care):
        made = wish(entered=a.entered(a.DOCTOR))
        assert care(blocks.register, made, a.registrar()).result.registered.registered_by.employee == a.NURSE

    def test_a_patient_blocks_at_any_provider_and_revokes(self, care):
        made = wish(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT, entered=ActWish())
        block = care(blocks.register, made, a.patient()).result
        assert block.registered.registered_by == Staff("")
        assert care(blocks.revoke, made.id, ActWish(), a.patient()).result.revoked is not None

    def test_where_the_provider_says_so_a_patient_blocks_through_staff(self, care):
        made = wish()
        care(blocks.register, made, a.client())
        care.switched(patient_blocks_directly=False)
        with refused("ACCESSDENIED", "through-staff"):
            care(blocks.register, wish(), a.patient())
        with refused("ACCESSDENIED", "through-staff"):
            care(blocks.revoke, made.id, ActWish(), a.patient())

    @pytest.mark.parametrize("patient", [a.OTHER_PATIENT, Identifier("1.2.752.74.9.2", "19121212SF1A")])
    def test_a_guardian_cannot_block_for_a_child(self, care, patient):
        with refused("ACCESSDENIED", "guardian"):
            care(blocks.register, wish(patient=patient), a.patient())

    def test_a_patient_voids_nothing(self, care):
        made = wish()
        care(blocks.register, made, a.patient())
        with refused("ACCESSDENIED", "through-staff"):
            care(blocks.delete, made.id, ActWish(), a.patient())

    @pytest.mark.parametrize("end", [blocks.revoke, blocks.delete])
    @pytest.mark.parametrize("who", [a.client(a.OTHER_PROVIDER), a.patient("p2")])
    def test_anothers_block_is_as_missing_as_none(self, care, end, who):
        made = wish()
        care(blocks.register, made, a.client())
        with refused("NOTFOUND", "unknown"):
            care(end, made.id, a.entered(), who)
        with refused("NOTFOUND", "unknown"):
            care(end, a.new_id(), a.entered(), who)


def test_a_revoked_block_is_kept_with_who_revoked_it_and_revoked_once(care):
    made = wish()
    care(blocks.register, made, a.client())
    care(blocks.revoke, made.id, a.entered(a.DOCTOR), a.client())
    found, _ = care.store.block(made.id)
    assert (found.revoked.registered_by.employee, found.stands) == (a.DOCTOR, False)
    with refused("INVALIDSTATE", "ended"):
        care(blocks.revoke, made.id, a.entered(), a.client())


def test_a_deleted_block_is_kept_and_deleted_once_also_after_it_was_revoked(care):
    made = wish()
    care(blocks.register, made, a.client())
    care(blocks.revoke, made.id, a.entered(), a.client())
    care(blocks.delete, made.id, a.entered(), a.client())
    assert care.store.block(made.id)[0].deleted is not None
    with refused("INVALIDSTATE", "ended"):
        care(blocks.delete, made.id, a.entered(), a.client())


def test_a_copy_is_a_new_block_with_what_was_to_be_different(care):
    made = wish(excluded=frozenset({"lak"}), information=Period(NOW - 99, NOW))
    care(blocks.register, made, a.client())
    care(blocks.revoke, made.id, a.entered(), a.client())
    like = CopyWish(made.id, a.new_id(), unit=a.OTHER_UNIT, entered=a.entered())
    block = care(blocks.copy, like, a.client()).result
    assert (block.id, block.unit, block.excluded, block.stands) == (like.id, a.OTHER_UNIT, made.excluded, True)
    assert block.information == made.information
    outer = CopyWish(made.id, a.new_id(), OUTER, None, Period(), frozenset(), a.entered())
    block = care(blocks.copy, outer, a.client()).result
    assert (block.type, block.unit, block.information, block.excluded) == (OUTER, "", Period(), frozenset())
    with refused("NOTFOUND", "unknown"):
        care(blocks.copy, replace(like, id=a.new_id()), a.client(a.OTHER_PROVIDER))


def test_a_list_has_the_callers_own_providers_blocks_and_the_patients_all(care):
    ours, theirs = wish(), wish(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT)
    care(blocks.register, ours, a.client())
    care(blocks.register, theirs, a.client(a.OTHER_PROVIDER))
    assert [b.id for b in blocks.of_patient(a.PATIENT, a.client(), care.on, NOW)] == [ours.id]
    assert {b.id for b in blocks.of_patient(a.PATIENT, a.patient(), care.on, NOW)} == {ours.id, theirs.id}
    assert blocks.of_patient(Identifier("1.2.752.74.9.2", "19121212SF1A"), a.client(), care.on, NOW) == ()
    with refused("ACCESSDENIED", "guardian"):
        blocks.of_patient(a.OTHER_PATIENT, a.patient(), care.on, NOW)


def test_a_block_of_a_provider_that_has_left_can_be_seen_and_not_changed(care):
    made = wish()
    care(blocks.register, made, a.client())
    care.on = replace(care.on, register=replace(a.register(), providers={}))
    assert len(blocks.of_patient(a.PATIENT, a.client(), care.on, NOW)) == 1
    with refused("VALIDATION_ERROR", "unknown-provider"):
        care(blocks.revoke, made.id, a.entered(), a.client())
