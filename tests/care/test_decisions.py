"""The decision service: facts as they stand when the answer is recorded, and nothing where they cannot be read or recorded."""

import json
from dataclasses import replace

import pytest

from broker.care import block_checks, blocks, consents, decisions, emergencies, relations
from broker.care.access_values import LogIdTaken
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, CareRefused, Done, ResultCode, carried_out
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.relations import RelationWish
from broker.login.effects import Effects, Overtaken, StorageUnavailable
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.block_reveal import Level
from trust_framework.blocks import BlockType
from trust_framework.care import Period
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier

ACTOR = a.actor(unit=a.OTHER_UNIT, commission="SE2321000016-A1")
FOREIGN = a.resource("far", unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER)


def question(*resources, **changes):
    return replace(AccessQuestion(ACTOR, a.PATIENT, resources or (a.resource(),)), **changes)


def ask(care, *resources, **changes):
    return [one.access for one in care(decisions.decide, question(*resources, **changes), a.client()).result]


def block(care, **changes):
    made = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    return care(blocks.register, replace(made, **changes), a.client()).result


def relate(care):
    care(
        relations.register,
        RelationWish(a.new_id(), a.PATIENT, a.PROVIDER, a.OTHER_UNIT, entered=a.entered()),
        a.client(),
    )


def consent(care):
    made = ConsentWish(a.new_id(), ConsentType.CONSENT, a.PATIENT, a.PROVIDER, a.OTHER_UNIT, entered=a.entered())
    return care(consents.register, made, a.client()).result


def test_an_answer_for_each_resource_from_what_stands_now(care):
    assert ask(care, a.resource(), FOREIGN) == [Access.NEEDS_RELATION, Access.NEEDS_CONSENT]
    relate(care)
    given = consent(care)
    assert ask(care, a.resource(), FOREIGN) == [Access.PERMITTED] * 2
    made = block(care)
    assert ask(care, a.resource(), FOREIGN) == [Access.BLOCKED, Access.PERMITTED]
    care(consents.cancel, given.id, a.entered(), a.client())
    assert ask(care, a.resource(), FOREIGN) == [Access.BLOCKED, Access.NEEDS_CONSENT]
    care(blocks.revoke, made.id, a.entered(), a.client())
    assert ask(care, a.resource(), FOREIGN) == [Access.PERMITTED, Access.NEEDS_CONSENT]


def test_the_answer_and_what_made_it_are_on_record_without_a_number_or_an_employee(care):
    relate(care)
    block(care)
    ask(care, a.resource("19121212-1212"), a.resource(unit=a.OTHER_UNIT))
    (event,) = care.events("care.decided")
    assert event["rulings"] == [["blocked", "inner-block"], ["permitted", "inside"]]
    told = {name: event[name] for name in ("person", "provider", "unit", "rules", "register", "by", "kind")}
    assert told == {
        "person": "p1",
        "provider": a.PROVIDER,
        "unit": a.OTHER_UNIT,
        "rules": "se",
        "register": 7,
        "by": "journal",
        "kind": "client",
    }
    assert a.NURSE not in json.dumps(event)
    assert "1212-1212" not in json.dumps(event)


def test_of_a_patient_whom_nobody_knows_nothing_stands(care):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    assert ask(care, patient=reserve) == [Access.NEEDS_RELATION]
    assert "person" not in care.events("care.decided")[0]
    assert care.store.patient(reserve) is None


def test_ids_are_the_same_however_they_are_spelled_and_what_is_none_is_refused(care):
    block(care)
    relate(care)
    lower = a.resource(unit=a.UNIT.lower(), provider=f" {a.PROVIDER.lower()}")
    nowhere = replace(a.resource(), provider="Region Ett")
    assert ask(care, lower, nowhere) == [Access.BLOCKED, Access.REFUSED]


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"resources": ()}, "VALIDATION_ERROR", "too-many"),
        ({"resources": (a.resource(),) * 501}, "VALIDATION_ERROR", "too-many"),
        ({"patient": Identifier(a.PERSONNUMMER, "1")}, "VALIDATION_ERROR", "patient-number"),
        ({"actor": a.actor(provider=a.OTHER_PROVIDER)}, "ACCESSDENIED", "foreign-provider"),
        ({"actor": a.actor(commission="x")}, "VALIDATION_ERROR", "hsa-id"),
        ({"actor": a.actor(unit=a.FAR_UNIT)}, "VALIDATION_ERROR", "unknown-unit"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(care, changes, code, reason):
    with refused(code, reason):
        ask(care, **changes)
    assert care.events("care.decided") == []


def test_a_provider_whose_rules_this_release_does_not_have_is_told_so(care):
    providers = {a.PROVIDER: a.provider(rules="gone")}
    care.on = replace(care.on, register=replace(care.on.register, providers=providers))
    with refused("ERROR", "unknown-rules"):
        ask(care)


@pytest.mark.spec("threats", "CB-01")
class TestInTheSameCommit:
    @pytest.mark.parametrize("step", ["block", "withdraw"])
    def test_what_changes_between_facts_and_record_is_seen(self, care, step):
        """A block is set, or a consent withdrawn, after the facts were read: the answer is made anew."""
        relate(care)
        given = consent(care)
        done = []

        def decided():
            answer = decisions.decide(question(a.resource(), FOREIGN), a.client(), care.on, NOW)
            if not done:
                done.append(answer)
                if step == "block":
                    block(care)
                else:
                    care(consents.cancel, given.id, a.entered(), a.client())
            return answer

        found = [one.access for one in carried_out(decided, care.store).result]
        assert [one.access for one in done[0].result] == [Access.PERMITTED] * 2
        assert (
            found
            == {
                "block": [Access.BLOCKED, Access.PERMITTED],
                "withdraw": [Access.PERMITTED, Access.NEEDS_CONSENT],
            }[step]
        )
        assert len(care.events("care.decided")) == 1

    def test_the_first_block_of_a_patient_whom_nobody_knew_is_seen(self, care):
        care.switched(relation_needed=False)
        reserve, done = Identifier("1.2.752.74.9.2", "19121212SF1A"), []

        def decided():
            answer = decisions.decide(question(patient=reserve), a.client(), care.on, NOW)
            if not done:
                done.append(answer)
                block(care, patient=reserve)
            return answer

        (found,) = carried_out(decided, care.store).result
        assert [done[0].result[0].access, found.access] == [Access.PERMITTED, Access.BLOCKED]
        assert len(care.events("care.decided")) == 1

    def test_another_patients_changes_do_not_matter(self, care):
        relate(care)
        answer = decisions.decide(question(), a.client(), care.on, NOW)
        block(care, patient=a.OTHER_PATIENT)
        care.store.commit(answer.effects)
        assert len(care.events("care.decided")) == 1

    def test_what_is_overtaken_again_and_again_is_no_answer(self, care):
        def decided():
            answer = decisions.decide(question(), a.client(), care.on, NOW)
            block(care)
            return answer

        with refused("ERROR", "overtaken"):
            carried_out(decided, care.store)
        assert care.events("care.decided") == []


class Failing:
    """A store that fails from some call on."""

    def __init__(self, store, *names):
        self._store, self._names = store, names

    def __getattr__(self, name):
        if name in self._names:
            raise StorageUnavailable("down")
        return getattr(self._store, name)


@pytest.mark.spec("threats", "CB-02")
@pytest.mark.parametrize(
    "name", ["patient", "care_version", "blocks_of", "care_consents_of", "relations_of", "emergencies_of", "commit"]
)
def test_where_the_store_fails_everything_is_refused(care, name):
    relate(care)
    on = replace(care.on, store=Failing(care.store, name))
    found = decisions.answered(question(a.resource("1"), a.resource("2")), a.client(), on, NOW)
    assert [(one.resource, one.access, one.grounds[0].code) for one in found] == [
        ("1", Access.REFUSED, "service-unavailable"),
        ("2", Access.REFUSED, "service-unavailable"),
    ]
    assert decisions.answered(question(), a.client(), care.on, NOW)[0].access is Access.PERMITTED


def test_several_questions_are_one_commit_and_one_that_cannot_be_asked_keeps_back_none(care):
    relate(care)
    wrong = question(patient=Identifier(a.PERSONNUMMER, "1"))
    before = care.store.commits
    asked = (question(), wrong, question(patient=a.OTHER_PATIENT))
    first, second, third = decisions.all_answered(asked, a.client(), care.on, NOW)
    assert care.store.commits == before + 1
    assert (first[0].access, third[0].access) == (Access.PERMITTED, Access.NEEDS_RELATION)
    assert (second.code, second.reason) == (ResultCode.VALIDATION_ERROR, "patient-number")
    assert len(care.events("care.decided")) == 2
    with refused("VALIDATION_ERROR", "patient-number"):
        decisions.answered(wrong, a.client(), care.on, NOW)


class TestChecks:
    def test_rows_are_judged_each_by_itself(self, care):
        made = block(care, information=Period(NOW - 100, NOW - 50), excluded=frozenset({"lak"}))
        rows = (
            a.resource("inside", recorded=Period(NOW - 60, NOW - 60)),
            a.resource("overlapping", recorded=Period(NOW - 60, NOW)),
            a.resource("outside", recorded=Period(NOW - 49, NOW)),
            a.resource("undated", recorded=Period()),
            a.resource("excluded", recorded=Period(NOW - 60, NOW - 60), type=" lak"),
            a.resource("unspecified", recorded=Period(NOW - 60, NOW - 60), type="LAK"),
            a.resource("unknown type", recorded=Period(NOW - 60, NOW - 60), type="xyz"),
            a.resource("own unit", unit=a.OTHER_UNIT),
            a.resource("turned round", recorded=Period(2, 1)),
            a.resource("nowhere", unit="x"),
        )
        done = block_checks.check(ACTOR, a.PATIENT, rows, a.client(), care.on, NOW)
        assert done.code is ResultCode.INFO
        told = {one.resource: (one.status, one.blocks) for one in done.result}
        assert {name for name, (status, _) in told.items() if status == "BLOCKED"} == {
            "inside",
            "overlapping",
            "undated",
            "unknown type",
            "unspecified",
        }
        assert {name for name, (status, _) in told.items() if status == "VALIDATIONERROR"} == {
            "turned round",
            "nowhere",
        }
        assert told["inside"][1] == (made.id,)

    def test_of_a_patient_whom_nobody_knows_nothing_is_blocked(self, care):
        reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
        done = block_checks.check(ACTOR, reserve, (a.resource(),), a.client(), care.on, NOW)
        assert (done.code, done.result[0].status) == (ResultCode.OK, "OK")

    def test_too_many_rows_and_nobody_asking_are_refused(self, care):
        with refused("VALIDATION_ERROR", "too-many"):
            block_checks.check(ACTOR, a.PATIENT, (a.resource(),) * 5001, a.client(), care.on, NOW)
        with refused("VALIDATION_ERROR", "no-actor"):
            block_checks.check(None, a.PATIENT, (a.resource(),), a.client(), care.on, NOW)

    @pytest.mark.spec("facts/sweden", "10, row 27")
    def test_what_the_caller_says_was_told_never_takes_a_step_ahead_of_the_record(self, care):
        block(care)
        begin(care)
        assert [step(care, Level.OPEN) for _ in range(4)] == ["EXISTS", "WHERE", "OPEN", "OPEN"]
        assert [event["level"] for event in care.events("care.block-revealed")] == ["EXISTS", "WHERE", "OPEN", "OPEN"]

    def test_a_step_may_be_taken_again_and_that_takes_nothing_back(self, care):
        block(care)
        begin(care)
        told = [step(care, said) for said in (0, 1, 1, 0, 2)]
        assert told == ["EXISTS", "WHERE", "WHERE", "EXISTS", "OPEN"]

    def test_that_something_is_blocked_is_told_on_record_and_so_is_each_time(self, care):
        block(care)
        assert [step(care, Level.WHERE) for _ in range(2)] == ["EXISTS", "EXISTS"]
        events = care.events("care.block-revealed")
        assert [(event["level"], event["by"]) for event in events] == [("EXISTS", "journal")] * 2

    def test_what_was_told_counts_for_an_hour_and_for_one_person_in_one_commission_about_one_patient(self, care):
        block(care)
        block(care, patient=a.OTHER_PATIENT)
        others = [replace(ACTOR, employee=a.DOCTOR), replace(ACTOR, commission="SE2321000016-A2")]
        for who in (ACTOR, *others):
            begin(care, who)
        begin(care, patient=a.OTHER_PATIENT)
        step(care)
        for other in others:
            assert step(care, Level.EXISTS, other) == "EXISTS"
        assert step(care, Level.EXISTS, patient=a.OTHER_PATIENT) == "EXISTS"
        care.pass_time(3600)
        assert step(care, Level.EXISTS) == "EXISTS"
        care.pass_time(3599)
        assert step(care, Level.EXISTS) == "WHERE"

    def test_a_new_block_between_two_steps_is_told_as_it_stands(self, care):
        first = block(care)
        begin(care)
        step(care)
        care(blocks.revoke, first.id, a.entered(), a.client())
        assert step(care, Level.EXISTS) == "NOTHING"
        second = block(care)
        assert step(care, Level.EXISTS) == "WHERE"
        assert care(block_checks.reveal, ACTOR, a.PATIENT, Level.WHERE, a.client()).result.opened == (second.id,)

    def test_a_step_that_cannot_be_recorded_is_not_told(self, care, monkeypatch):
        block(care)
        monkeypatch.setattr(care.store, "commit", unavailable)
        with pytest.raises(StorageUnavailable):
            step(care)

    def test_a_patient_nobody_knows_has_nothing_to_reveal(self, care):
        reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
        done = care(block_checks.reveal, ACTOR, reserve, Level.NOTHING, a.client())
        assert (done.result.level, done.effects) == (Level.NOTHING, Effects())


def begin(care, who=ACTOR, patient=a.PATIENT):
    care(emergencies.begin, EmergencyWish(patient, "Unconscious", actor=who), a.client())


def step(care, told=Level.NOTHING, who=ACTOR, patient=a.PATIENT):
    return care(block_checks.reveal, who, patient, told, a.client()).result.level.name


def unavailable(effects):
    raise StorageUnavailable("full")


class TestCarriedOut:
    def test_a_log_id_that_is_taken_is_the_callers_fault(self):
        class Store:
            def commit(self, effects):
                raise LogIdTaken("x")

        with refused("VALIDATION_ERROR", "log-id-taken"):
            carried_out(lambda: Done(1, Effects(events=("x",))), Store())

    def test_what_is_overtaken_is_made_anew_and_what_does_nothing_is_not_committed(self):
        class Store:
            overtaken = 3

            def commit(self, effects):
                self.overtaken -= 1
                if self.overtaken >= 0:
                    raise Overtaken("x")

        store, made = Store(), []
        call = lambda: made.append(1) or Done(len(made), Effects(events=("x",)))  # noqa: E731
        assert carried_out(call, store).result == 4
        assert carried_out(lambda: Done("nothing"), None).result == "nothing"

    def test_a_refusal_says_its_code_reason_and_field(self):
        assert str(CareRefused(ResultCode.NOTFOUND, "unknown", "id")) == "NOTFOUND unknown id"

    def test_the_installation_acts_for_every_provider_and_needs_no_employee(self, care):
        made = BlockWish(a.new_id(), BlockType.OUTER, a.PATIENT, a.OTHER_PROVIDER)
        done = care(blocks.register, made, Caller(CallerKind.SYSTEM, client="job"))
        assert done.result.registered.registered_by.employee == ""
