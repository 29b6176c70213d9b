"""What every store holds, on each database: reads by key, and the one write."""

import threading
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.keys.making import NEEDS
from broker.login.effects import (
    AlreadyUsed,
    Change,
    Effects,
    EndGrant,
    EndLogin,
    EndSignOn,
    Join,
    KeepOnce,
    KeepPerson,
    Overtaken,
    PersonKey,
    RecordConsent,
    SaveGrant,
    SaveLogin,
    StartSignOn,
    UseOnce,
    UseSignOn,
)
from broker.storage.storage import Storage
from idp_adapters.base import Consume
from tests.support import effects as a
from tests.support.databases import NOW, Clock
from trust_framework.decide import ConsentGiven
from trust_framework.persons import Person


def commit(storage: Storage, *changes: Change) -> None:
    storage.commit(Effects(changes))


class TestLogins:
    def test_a_saved_login_comes_back_as_it_was(self, storage):
        tx = a.login(version=1, identity=a.identity(), person="p", sign_on="r", levels=(a.LEVEL,), pageless=True)
        commit(storage, SaveLogin(tx))
        assert storage.login(tx.id) == tx

    @pytest.mark.parametrize("version", [0, 1])
    def test_a_login_begins_at_version_0_or_1_and_only_once(self, storage, version):
        tx = a.login(version=version)
        commit(storage, SaveLogin(tx))
        with pytest.raises(Overtaken):
            commit(storage, SaveLogin(tx))

    def test_a_login_begun_at_version_0_moves_on_to_1(self, storage):
        tx = a.login()
        commit(storage, SaveLogin(tx))
        commit(storage, SaveLogin(tx.next(method="card")))
        assert storage.login(tx.id).method == "card"

    def test_of_two_requests_that_move_a_login_on_the_second_is_overtaken(self, storage):
        tx = a.login(version=1)
        commit(storage, SaveLogin(tx))
        commit(storage, SaveLogin(tx.next(method="first")))
        with pytest.raises(Overtaken):
            commit(storage, SaveLogin(tx.next(method="second")))
        assert storage.login(tx.id).method == "first"

    def test_a_login_that_was_never_saved_cannot_be_moved_on(self, storage):
        with pytest.raises(Overtaken):
            commit(storage, SaveLogin(a.login(version=2)))

    def test_an_answered_login_says_so_and_moves_no_more(self, storage):
        tx = a.login(version=1)
        commit(storage, SaveLogin(tx))
        commit(storage, EndLogin(tx, NOW + 5))
        with pytest.raises(AlreadyUsed) as used:
            storage.login(tx.id)
        assert (used.value.kind, used.value.used_at) == ("login", NOW + 5)
        with pytest.raises(Overtaken):
            commit(storage, SaveLogin(tx.next()))

    @pytest.mark.parametrize("version", [0, 1, 2])
    def test_a_login_is_answered_once(self, storage, version):
        tx = a.login(version=min(version, 1))
        commit(storage, SaveLogin(tx))
        if version > 1:
            tx = tx.next()
            commit(storage, SaveLogin(tx))
        commit(storage, EndLogin(tx, NOW))
        with pytest.raises(AlreadyUsed) as used:
            commit(storage, EndLogin(tx, NOW + 1))
        assert used.value.used_at == NOW

    def test_a_login_never_saved_is_answered_at_once_and_once(self, storage):
        commit(storage, EndLogin(a.login(), NOW))
        tx = a.login(version=1)
        commit(storage, EndLogin(tx, NOW))
        with pytest.raises(AlreadyUsed):
            commit(storage, EndLogin(tx, NOW))

    @pytest.mark.parametrize("version", [0, 1])
    def test_who_looked_before_the_login_moved_on_cannot_answer_it(self, storage, version):
        tx = a.login(version=version)
        commit(storage, SaveLogin(tx))
        commit(storage, SaveLogin(tx.next()))
        with pytest.raises(Overtaken):
            commit(storage, EndLogin(tx, NOW))

    def test_steps_that_were_not_saved_on_the_way_do_not_hinder_the_answer(self, storage):
        tx = a.login(version=1)
        commit(storage, SaveLogin(tx))
        commit(storage, EndLogin(tx.next().next(), NOW))

    def test_unknown_and_expired_logins_are_not_there(self, storage, clock: Clock):
        tx = a.login(version=1)
        commit(storage, SaveLogin(tx))
        assert storage.login("another") is None
        clock.now = tx.expires_at - 1
        assert storage.login(tx.id) == tx
        clock.now = tx.expires_at
        assert storage.login(tx.id) is None

    def test_a_browser_keeps_its_newest_fifty_logins_and_others_keep_theirs(self, storage):
        others = a.login(version=1, expires_at=NOW + 1)
        commit(storage, SaveLogin(others))
        mine = [a.login(version=1, browser=b"b" * 32, expires_at=NOW + 100 + n) for n in range(53)]
        for tx in mine:
            commit(storage, SaveLogin(tx))
        there = [storage.login(tx.id) is not None for tx in mine]
        assert there == [False] * 3 + [True] * 50
        assert storage.login(others.id) is not None


class TestSignOns:
    def test_a_sign_on_is_found_by_its_handle_alone(self, storage):
        sign_on = a.sign_on(identities=(a.identity(), a.identity(level="other")))
        commit(storage, StartSignOn(sign_on))
        assert storage.sign_on(sign_on.id) == sign_on
        assert storage.sign_on(sign_on.root.encode()) is None

    def test_after_another_identification_the_old_handle_finds_nothing(self, storage):
        old = a.sign_on()
        commit(storage, StartSignOn(old))
        commit(storage, Join(old.root, a.participant()))
        new = old.joined_by(a.identity(level="higher"), b"n" * 32, NOW + 5)
        commit(storage, StartSignOn(new))
        assert storage.sign_on(old.id) is None
        assert storage.sign_on(new.id) == new
        assert storage.participants(new.root) == (a.participant(),)

    def test_a_sign_on_never_becomes_another_persons(self, storage):
        sign_on = a.sign_on()
        commit(storage, StartSignOn(sign_on))
        with pytest.raises(Overtaken):
            commit(storage, StartSignOn(replace(sign_on, id=b"x" * 32, person="somebody else")))
        assert storage.sign_on(sign_on.id) == sign_on

    def test_use_moves_the_idle_limit(self, storage):
        sign_on = a.sign_on()
        commit(storage, StartSignOn(sign_on))
        commit(storage, UseSignOn(sign_on.root, NOW + 77))
        assert storage.sign_on(sign_on.id) == replace(sign_on, used_at=NOW + 77)

    def test_an_ended_sign_on_is_gone_and_can_be_neither_used_nor_renewed(self, storage):
        sign_on = a.sign_on()
        commit(storage, StartSignOn(sign_on))
        commit(storage, EndSignOn(sign_on.root, NOW))
        assert storage.sign_on(sign_on.id) is None
        for change in (UseSignOn(sign_on.root, NOW), StartSignOn(sign_on)):
            with pytest.raises(Overtaken):
                commit(storage, change)

    def test_a_sign_on_that_never_was_cannot_be_used(self, storage):
        with pytest.raises(Overtaken):
            commit(storage, UseSignOn("nothing", NOW))

    def test_ending_a_sign_on_revokes_its_grants_but_those_with_offline_access(self, storage):
        mine, offline, others = (
            a.grant(sign_on="r"),
            a.grant(sign_on="r", content={"offline": True}),
            a.grant(sign_on="o"),
        )
        commit(storage, *(SaveGrant(g) for g in (mine, offline, others)), EndSignOn("r", NOW + 3))
        assert [storage.grant(g.id).revoked_at for g in (mine, offline, others)] == [NOW + 3, None, None]

    def test_participants_are_those_served_each_once_and_stay_to_be_told_of_the_end(self, storage):
        sign_on = a.sign_on()
        one, two = a.participant(), a.participant(service="svc-2", protocol="saml")
        commit(storage, StartSignOn(sign_on), Join(sign_on.root, one), Join(sign_on.root, two))
        commit(storage, Join(sign_on.root, replace(one, joined_at=NOW + 9)))
        commit(storage, EndSignOn(sign_on.root, NOW))
        assert storage.participants(sign_on.root) == (one, two)
        assert storage.participants("another") == ()


class TestPersons:
    KEYS = (PersonKey("personalIdentityNumber", "199001012385"), PersonKey("subject", "https://op.example|sub|77"))

    def test_a_new_person_is_found_by_each_key(self, storage):
        commit(storage, KeepPerson("p1", self.KEYS))
        for key in self.KEYS:
            assert storage.persons_by_keys((key,)) == {"p1"}
        assert storage.person("p1") == Person("p1")
        assert storage.person("p2") is None
        assert storage.staff("p1") == ()

    def test_kind_and_value_of_a_key_do_not_flow_together(self, storage):
        commit(storage, KeepPerson("p1", (PersonKey("a", "b:c"),)))
        assert storage.persons_by_keys((PersonKey("a:b", "c"), PersonKey("a", "b"))) == frozenset()

    def test_a_known_person_gets_more_keys(self, storage):
        commit(storage, KeepPerson("p1", self.KEYS[:1]))
        commit(storage, KeepPerson("p1", self.KEYS))
        assert storage.persons_by_keys(self.KEYS) == {"p1"}

    def test_keys_of_two_persons_find_both(self, storage):
        commit(storage, KeepPerson("p1", self.KEYS[:1]), KeepPerson("p2", self.KEYS[1:]))
        assert storage.persons_by_keys(self.KEYS) == {"p1", "p2"}

    def test_of_two_logins_that_make_the_same_person_the_second_is_overtaken(self, storage):
        commit(storage, KeepPerson("p1", self.KEYS))
        with pytest.raises(Overtaken):
            commit(storage, KeepPerson("p2", (PersonKey("new", "1"), *self.KEYS)))
        assert storage.person("p2") is None
        assert storage.persons_by_keys((PersonKey("new", "1"),)) == frozenset()

    def test_a_consent_is_on_record_for_this_person_and_service_and_renewed_in_place(self, storage):
        commit(storage, RecordConsent("p1", "svc", "h1", NOW), RecordConsent("p1", "svc", "h2", NOW + 1))
        commit(storage, RecordConsent("p1", "svc", "h1", NOW + 2))
        assert storage.consents("p1", "svc") == (ConsentGiven("h2", NOW + 1), ConsentGiven("h1", NOW + 2))
        assert storage.consents("p1", "other") == storage.consents("p2", "svc") == ()


class TestOnce:
    def test_a_secret_is_read_as_it_is_used_once_and_then_shows_when(self, storage):
        once = a.once(grant="g1")
        commit(storage, KeepOnce(once))
        assert storage.once("code", once.secret) == once
        commit(storage, UseOnce("code", once.secret, NOW + 1))
        assert storage.once("code", once.secret) == replace(once, used_at=NOW + 1)
        with pytest.raises(AlreadyUsed) as used:
            commit(storage, UseOnce("code", once.secret, NOW + 2))
        assert (used.value.kind, used.value.used_at) == ("code", NOW + 1)

    def test_a_secret_that_never_was_is_refused_without_a_time(self, storage):
        with pytest.raises(AlreadyUsed) as used:
            commit(storage, UseOnce("code", "nothing", NOW))
        assert used.value.used_at is None

    @pytest.mark.parametrize(("at", "works"), [(NOW + 59, True), (NOW + 60, False), (NOW + 999, False)])
    def test_a_secret_works_until_it_expires_and_is_still_shown_after(self, storage, at, works):
        once = a.once()
        commit(storage, KeepOnce(once))
        if works:
            commit(storage, UseOnce("code", once.secret, at))
        else:
            with pytest.raises(AlreadyUsed):
                commit(storage, UseOnce("code", once.secret, at))
            assert storage.once("code", once.secret) == once

    def test_the_secret_of_a_revoked_grant_cannot_be_used(self, storage):
        grant = a.grant()
        once = a.once(grant=grant.id)
        commit(storage, KeepOnce(once), SaveGrant(grant))
        commit(storage, EndGrant(grant.id, NOW))
        with pytest.raises(AlreadyUsed) as used:
            commit(storage, UseOnce("code", once.secret, NOW))
        assert used.value.used_at is None

    def test_another_message_id_is_accepted_once_for_each_kind(self, storage):
        commit(storage, Consume("assertion", "id-1", NOW + 60), Consume("jti", "id-1", NOW + 60))
        with pytest.raises(AlreadyUsed) as used:
            commit(storage, Consume("assertion", "id-1", NOW + 60))
        assert used.value.kind == "assertion"

    def test_of_eight_that_try_each_code_at_once_one_wins(self, storage):
        codes = [a.once() for _ in range(200)]
        commit(storage, *(KeepOnce(c) for c in codes))
        won: Counter[str] = Counter()
        lost = []
        together = threading.Barrier(8)

        def consume() -> None:
            together.wait()
            for code in codes:
                try:
                    commit(storage, UseOnce("code", code.secret, NOW))
                except AlreadyUsed as used:
                    lost.append(used.used_at)
                else:
                    won[code.secret] += 1

        threads = [threading.Thread(target=consume) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == {code.secret: 1 for code in codes}
        assert lost == [NOW] * (7 * 200)


KINDS = st.sampled_from(["code", "refresh", "par", "request", "code:", "c", "1:c", "landing"])
SECRETS = st.text(st.sampled_from(":1cx\x00é"), max_size=6)


class TestKeySpaces:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(kind=KINDS, other=KINDS, secret=SECRETS, tail=SECRETS)
    def test_no_key_of_one_kind_can_be_read_used_or_spent_as_another(self, sqlite_storage, kind, other, secret, tail):
        storage, marked = sqlite_storage, a.once().secret
        kept = a.once(kind=kind, secret=f"{marked}{secret}")
        commit(storage, KeepOnce(kept))
        tries = {(other, kept.secret), (kind + secret[:1], secret[1:]), (other, f"{kind}:{kept.secret}"), (kind, tail)}
        for strange, key in tries - {(kind, kept.secret)}:
            assert storage.once(strange, key) is None
            with pytest.raises(AlreadyUsed):
                commit(storage, UseOnce(strange, key, NOW))
        commit(storage, Consume(kind, kept.secret, NOW + 60))
        assert storage.once(kind, kept.secret) == kept


class TestGrants:
    def test_a_grant_comes_back_as_it_was_and_keeps_the_time_of_its_first_revocation(self, storage):
        grant = a.grant(sign_on="r", content={"scope": "openid", "claims": {"a": [1, None, "å"]}})
        nobodys = a.grant(person=None)
        commit(storage, SaveGrant(grant), SaveGrant(nobodys))
        assert (storage.grant(grant.id), storage.grant(nobodys.id)) == (grant, nobodys)
        commit(storage, EndGrant(grant.id, NOW + 1))
        commit(storage, EndGrant(grant.id, NOW + 2))
        assert storage.grant(grant.id) == replace(grant, revoked_at=NOW + 1)
        assert storage.grant("another") is None


class TestCommit:
    def test_an_oidc_sign_on_from_a_session_is_one_commit(self, storage):
        sign_on = a.sign_on()
        commit(storage, StartSignOn(sign_on))
        before = storage.commits
        storage.commit(a.oidc_sign_on(sign_on.root))
        assert storage.commits == before + 1
        assert storage.log_waiting() == len(NEEDS) + 1

    def test_reads_commit_nothing(self, storage):
        before = storage.commits
        storage.login("x"), storage.sign_on(b"x"), storage.participants("x"), storage.person("x"), storage.staff("x")
        storage.consents("x", "y"), storage.once("x", "y"), storage.grant("x"), storage.setting("x")
        storage.persons_by_keys((PersonKey("a", "b"),)), storage.federation_version(), storage.federation_document()
        assert storage.commits == before

    def test_a_refusal_at_the_end_undoes_what_came_before(self, storage):
        sign_on, once = a.sign_on(), a.once()
        commit(storage, KeepOnce(once))
        effects = Effects(
            (
                StartSignOn(sign_on),
                KeepPerson("p1", TestPersons.KEYS),
                Consume("jti", "1", NOW),
                UseSignOn("ended", NOW),
            ),
            (a.code_issued(),),
        )
        before = storage.commits, storage.log_waiting()
        with pytest.raises(Overtaken):
            storage.commit(effects)
        assert storage.sign_on(sign_on.id) is None
        assert storage.person("p1") is None
        assert (storage.commits, storage.log_waiting()) == before
        commit(storage, Consume("jti", "1", NOW))

    def test_grants_may_follow_what_hangs_on_them_and_secrets_live_as_long_as_the_grant(self, storage, clock: Clock):
        grant = a.grant(expires_at=NOW + 8000)
        once = a.once(grant=grant.id)
        commit(storage, KeepOnce(once), SaveGrant(grant))
        clock.now = NOW + 60 + 3601
        storage.expire(3600)
        assert storage.once("code", once.secret) == once


class TestExpiry:
    def fill(self, storage: Storage) -> None:
        sign_on = a.sign_on()
        commit(storage, SaveLogin(a.login(version=1)), StartSignOn(sign_on), Join(sign_on.root, a.participant()))
        commit(storage, KeepOnce(a.once()), Consume("jti", "1", NOW + 60), SaveGrant(a.grant()))

    def test_what_has_not_expired_stays(self, storage, clock: Clock):
        self.fill(storage)
        clock.now = NOW + 200
        assert storage.expire(3600) == 0

    def test_everything_goes_in_the_end(self, storage, clock: Clock):
        self.fill(storage)
        clock.now = NOW + 10**6
        assert storage.expire(3600) == 5
        assert storage.expire(3600) == 0

    def test_no_batch_is_larger_than_asked_for(self, storage, clock: Clock):
        commit(storage, *(KeepOnce(a.once()) for _ in range(25)))
        clock.now = NOW + 10**6
        assert [storage.expire(3600, 10) for _ in range(4)] == [10, 10, 5, 0]

    def test_a_hundred_thousandth_of_a_flood_of_abandoned_logins_leaves_nothing(self, storage, clock: Clock):
        for n in range(10):
            commit(storage, *(SaveLogin(a.login(version=1, expires_at=NOW + n)) for _ in range(10)))
        clock.now = NOW + 4000
        assert storage.expire(3600) == 100


class TestSettings:
    def test_a_mark_is_read_as_it_was_last_set(self, storage):
        assert storage.setting("mark") is None
        for value in ({"a": [1, None]}, "text", 7):
            storage.save_setting("mark", value)
            assert storage.setting("mark") == value
