"""The ring: first keys, rotation with overlap, and the snapshot in which every private key is imported once."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from broker.keys.kek import Kek
from broker.keys.making import DAY, NEEDS, NoSuchKey, first_keys, load_ring, need, new_key, removed
from broker.keys.ring import KeyState
from broker.keys.rotation import (
    PUBLISH_BEFORE_USE,
    RETIRE_AFTER,
    Naming,
    TooEarly,
    aborted,
    due,
    missing,
    planned,
    remove_retired,
    rotate,
    taken_back,
)
from broker.keys.rows import KeyChoice
from broker.keys.sealing import SealingVault, Unsealable, new_data_keys
from broker.keys.timeline import coming, latest
from broker.login.effects import Overtaken
from broker.login.keys import chosen, moved
from metadata.wire.signing import UnfitKey, verify
from tests.support.databases import NOW

KEK = Kek(bytes(range(32)))
VAULT = SealingVault(k.unwrapped(KEK) for k in new_data_keys(KEK, NOW))
NAMING = Naming("https://tillit.example", VAULT)
FIRST = first_keys("https://tillit.example", VAULT, NOW)


def applied(rows, changed):
    """The rows after a change, as the store would have them."""
    return tuple({r.kid: r for r in (*rows, *changed)}.values())


def states(rows, use="oidc", alg="ES256"):
    return sorted(r.state.value for r in rows if (r.use, r.alg) == (use, alg))


class TestFirstKeys:
    def test_every_need_has_an_active_key_that_signs_and_verifies(self):
        ring = load_ring(FIRST, VAULT)
        assert missing(FIRST, NEEDS) == ()
        for wanted in NEEDS:
            signer = ring.signer(wanted.use, wanted.alg)
            verify(wanted.alg, signer.public_key, signer.sign(b"data"), b"data")
            assert (signer.certificate is not None) is wanted.certificate

    def test_what_is_missing_is_named(self):
        assert missing(FIRST[1:], NEEDS) == (need("oidc", "ES256"),)

    def test_saml_keys_carry_a_certificate_of_their_own_key(self):
        for row in FIRST:
            if row.certificate is None:
                continue
            certificate = x509.load_der_x509_certificate(row.certificate)
            public = certificate.public_key()
            assert row.public_key == public.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            certificate.verify_directly_issued_by(certificate)
            assert certificate.not_valid_before_utc < dt.datetime.fromtimestamp(NOW, dt.UTC)
            assert certificate.subject.rfc4514_string() == "CN=https://tillit.example"

    def test_names_of_keys_differ(self):
        assert len({row.kid for row in FIRST}) == len(FIRST)

    def test_a_sealed_private_key_opens_only_under_its_own_name(self):
        one, two = FIRST[0], new_key(need("oidc", "ES256"), KeyState.NEXT, "n", VAULT, NOW)
        with pytest.raises(Unsealable):
            load_ring([replace(one, sealed=two.sealed)], VAULT)

    @pytest.mark.parametrize(("use", "alg"), [("oidc", "HS256"), ("oidc", "Ed25519"), ("nothing", "ES256")])
    def test_there_is_no_key_for_what_nobody_needs(self, use, alg):
        with pytest.raises(NoSuchKey):
            rotate(FIRST, use, alg, NOW, NAMING)


class TestRotation:
    def test_a_key_is_published_a_day_then_signs_then_retires_and_is_removed(self):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING))
        assert states(rows) == ["active", "next"]
        old = load_ring(rows, VAULT).signer("oidc", "ES256").kid
        with pytest.raises(TooEarly) as early:
            rotate(rows, "oidc", "ES256", NOW + PUBLISH_BEFORE_USE - 1, NAMING)
        assert early.value.at == NOW + PUBLISH_BEFORE_USE
        then = NOW + PUBLISH_BEFORE_USE
        rows = applied(rows, rotate(rows, "oidc", "ES256", then, NAMING))
        assert states(rows) == ["active", "retiring"]
        assert load_ring(rows, VAULT).signer("oidc", "ES256").kid != old
        assert remove_retired(rows, VAULT, then + RETIRE_AFTER - 1) == ()
        rows = applied(rows, remove_retired(rows, VAULT, then + RETIRE_AFTER))
        assert states(rows) == ["active", "removed"]

    def test_other_keys_stay_as_they_are(self):
        changed = rotate(FIRST, "saml", "RS256", NOW, NAMING, force=True)
        assert {(row.use, row.alg) for row in changed} == {("saml", "RS256")}

    @pytest.mark.parametrize("published", [False, True])
    def test_a_leaked_key_is_replaced_at_once_by_force(self, published):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING)) if published else FIRST
        rows = applied(rows, rotate(rows, "oidc", "ES256", NOW, NAMING, force=True))
        assert states(rows) == ["active", "retiring"]

    def test_published_keys_are_the_active_first_then_next_then_retiring(self):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING, force=True))
        rows = applied(rows, rotate(rows, "oidc", "ES256", NOW, NAMING))
        gone = removed(new_key(need("oidc", "ES256"), KeyState.RETIRING, "n", VAULT, NOW), VAULT, NOW)
        published = load_ring((*rows, gone), VAULT).published("oidc")
        assert [k.state.value for k in published] == ["active", "active", "next", "retiring"]

    def test_what_was_encrypted_to_the_old_key_can_still_be_read_newest_key_first(self):
        rows = applied(FIRST, rotate(FIRST, "saml-encryption", "RS256", NOW + 5, NAMING, force=True))
        ring = load_ring(rows, VAULT)
        publics = [k.public_key().public_numbers() for k in ring.decryption]
        active = ring.signer("saml-encryption", "RS256").public_key.public_numbers()
        assert len(publics) == 2
        assert publics[0] == active


class TestPlans:
    """Dates are data of the rows, and `due` does what has come of them."""

    def test_a_planned_key_signs_from_its_day_and_the_old_one_goes_after_its_time(self):
        day = NOW + 5 * DAY
        rows = applied(FIRST, planned(FIRST, "saml", "RS256", day, NOW, NAMING))
        assert due(rows, day - 1, NAMING) == ()
        rows = applied(rows, due(rows, day, NAMING))
        assert states(rows, "saml", "RS256") == ["active", "retiring"]
        until = day + need("saml", "RS256").retire
        assert due(rows, until - 1, NAMING) == ()
        rows = applied(rows, due(rows, until, NAMING))
        assert states(rows, "saml", "RS256") == ["active", "removed"]

    def test_a_plan_may_be_moved_but_never_closer_than_a_day_after_publication(self):
        rows = applied(FIRST, planned(FIRST, "oidc", "ES256", NOW + 5 * DAY, NOW, NAMING))
        (sooner,) = planned(rows, "oidc", "ES256", NOW + DAY, NOW + 60, NAMING)
        assert (sooner.due_at, sooner.since) == (NOW + DAY, NOW)
        with pytest.raises(TooEarly) as early:
            planned(rows, "oidc", "ES256", NOW + DAY - 1, NOW + 60, NAMING)
        assert early.value.at == NOW + DAY
        with pytest.raises(TooEarly):
            planned(FIRST, "oidc", "ES256", NOW + DAY - 1, NOW, NAMING)

    def test_a_row_whose_day_came_too_soon_waits_until_it_was_published_long_enough(self):
        (made,) = planned(FIRST, "oidc", "ES256", NOW + DAY, NOW, NAMING)
        rows = applied(FIRST, [replace(made, due_at=NOW)])
        assert due(rows, NOW + DAY - 1, NAMING) == ()
        assert due(rows, NOW + DAY, NAMING) != ()

    def test_a_next_key_without_a_day_waits_for_somebody(self):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING))
        assert due(rows, NOW + 1000 * DAY, NAMING, 10 * DAY) != ()
        assert states(applied(rows, due(rows, NOW + 1000 * DAY, NAMING))) == ["active", "next"]

    def test_a_whole_year_by_itself_with_a_fast_clock(self):
        rows, at = FIRST, NOW
        seen = {(row.use, row.alg): {row.kid} for row in rows}
        for _ in range(365):
            at += DAY
            rows = applied(rows, due(rows, at, NAMING, 90 * DAY))
            for row in rows:
                seen[row.use, row.alg].add(row.kid)
                assert row.state is not KeyState.NEXT or row.due_at - row.since >= PUBLISH_BEFORE_USE
            assert missing(rows, NEEDS) == ()
        assert len(seen["oidc", "ES256"]) == 4
        pinned = [wanted for wanted in NEEDS if wanted.pinned]
        assert [len(seen[wanted.use, wanted.alg]) for wanted in pinned] == [1] * len(pinned)

    def test_nothing_comes_by_itself_unless_it_is_switched_on(self):
        assert due(FIRST, NOW + 1000 * DAY, NAMING) == ()
        assert coming(FIRST) == ()

    def test_a_rotation_given_up_leaves_the_active_key_and_no_next_one(self):
        rows = applied(FIRST, planned(FIRST, "oidc", "ES256", NOW + 5 * DAY, NOW, NAMING))
        rows = applied(rows, aborted(rows, "oidc", "ES256", NOW, NAMING))
        assert states(rows) == ["active", "removed"]
        assert due(rows, NOW + 9 * DAY, NAMING) == ()
        with pytest.raises(NoSuchKey):
            aborted(rows, "oidc", "ES256", NOW, NAMING)

    def test_a_switch_taken_back_lets_the_old_key_sign_and_publishes_the_new_one_on(self):
        old = load_ring(FIRST, VAULT).signer("oidc", "ES256").kid
        with pytest.raises(NoSuchKey):
            taken_back(FIRST, "oidc", "ES256", NOW)
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING, force=True))
        rows = applied(rows, taken_back(rows, "oidc", "ES256", NOW + 60))
        assert states(rows) == ["active", "next"]
        assert load_ring(rows, VAULT).signer("oidc", "ES256").kid == old
        assert due(rows, NOW + 100 * DAY, NAMING) == ()

    def test_it_cannot_be_taken_back_past_a_key_that_is_published_since(self):
        rows = applied(FIRST, rotate(FIRST, "oidc", "ES256", NOW, NAMING, force=True))
        rows = applied(rows, rotate(rows, "oidc", "ES256", NOW, NAMING))
        with pytest.raises(NoSuchKey):
            taken_back(rows, "oidc", "ES256", NOW)

    def test_the_timeline_tells_what_comes_the_soonest_first(self):
        rows = applied(FIRST, planned(FIRST, "saml", "RS256", NOW + 15 * DAY, NOW, NAMING))
        rows = applied(rows, rotate(rows, "oidc", "ES256", NOW, NAMING))
        rows = applied(rows, rotate(rows, "oidc", "RS256", NOW, NAMING, force=True))
        told = [(step.what, step.use, step.alg, step.at - NOW) for step in coming(rows)]
        assert told == [
            ("may-sign", "oidc", "ES256", DAY),
            ("removed", "oidc", "RS256", 2 * DAY),
            ("signs", "saml", "RS256", 15 * DAY),
        ]
        assert ("successor", "checkpoint") in {(step.what, step.use) for step in coming(rows, 90 * DAY)}
        assert "federation" not in {step.use for step in coming(rows, 90 * DAY)}
        assert {step.what for step in latest(rows)} == {"signs", "published", "retires"}


class TestChoices:
    def test_a_service_is_signed_for_with_the_key_chosen_for_it_and_others_with_the_active_one(self):
        (new,) = rotate(FIRST, "oidc", "ES256", NOW, NAMING)
        ring = load_ring((*FIRST, new), VAULT, [KeyChoice("booking", new.kid, NOW)])
        assert ring.signer("oidc", "ES256", "booking").kid == new.kid
        assert ring.signer("oidc", "ES256", "other") is ring.signer("oidc", "ES256")
        assert ring.signer("oidc", "RS256", "booking") is ring.signer("oidc", "RS256")

    def test_a_key_that_was_removed_is_nobodys_choice(self):
        gone = removed(FIRST[0], VAULT, NOW)
        assert load_ring([gone], VAULT, [KeyChoice("booking", gone.kid, NOW)]).chosen == {}


class TestRemovedKeys:
    def test_the_private_part_is_gone_and_the_public_part_is_proven(self):
        old = FIRST[-1]
        gone = removed(old, VAULT, NOW)
        (key,) = load_ring([gone], VAULT).keys
        assert (key.state, key.signer.kid) == (KeyState.REMOVED, old.kid)
        with pytest.raises(NoSuchKey):
            key.signer.sign(b"data")
        assert old.sealed != gone.sealed

    def test_a_public_key_put_in_its_place_is_refused(self):
        gone, other = (
            removed(FIRST[-1], VAULT, NOW),
            new_key(need("checkpoint", "Ed25519"), KeyState.NEXT, "n", VAULT, NOW),
        )
        with pytest.raises(UnfitKey):
            load_ring([replace(gone, public_key=other.public_key)], VAULT)
        with pytest.raises(Unsealable):
            load_ring([replace(FIRST[-1], state=KeyState.REMOVED)], VAULT)


class TestInTheStore:
    def test_the_ring_is_kept_and_its_version_tells_of_each_change(self, storage):
        before, version = storage.ring_rows(), storage.ring_version()
        naming = Naming("n", storage.vault)
        storage.save_ring(rotate(before, "oidc", "ES256", NOW, naming))
        assert storage.ring_version() != version
        version = storage.ring_version()
        storage.save_ring(rotate(storage.ring_rows(), "oidc", "ES256", NOW, naming, force=True))
        assert storage.ring_version() != version
        assert states(storage.ring_rows()) == ["active", "retiring"]
        assert storage.ring().signer("oidc", "ES256").kid not in {k.kid for k in before}

    def test_of_two_who_change_the_ring_the_second_is_told(self, storage):
        naming, version = Naming("n", storage.vault), storage.ring_version()
        storage.commit(moved(planned(storage.ring_rows(), "oidc", "ES256", NOW + 2 * DAY, NOW, naming), NOW, version))
        with pytest.raises(Overtaken):
            storage.commit(moved(rotate(storage.ring_rows(), "oidc", "RS256", NOW, naming), NOW, version))
        assert states(storage.ring_rows(), "oidc", "RS256") == ["active"]
        (waiting,) = [row for row in storage.ring_rows() if row.state is KeyState.NEXT]
        assert waiting.due_at == NOW + 2 * DAY

    def test_choices_are_kept_moved_and_ended_and_go_with_their_key(self, storage):
        naming = Naming("n", storage.vault)
        storage.save_ring(rotate(storage.ring_rows(), "oidc", "ES256", NOW, naming))
        old, new = sorted(
            (row for row in storage.ring_rows() if (row.use, row.alg) == ("oidc", "ES256")),
            key=lambda row: row.state.value,
        )
        storage.commit(chosen("booking", new, NOW, "me"))
        storage.commit(chosen("record", old, NOW, "me"))
        storage.commit(chosen("record", new, NOW, "me"))
        assert {(each.service, each.kid) for each in storage.key_choices()} == {
            ("booking", new.kid),
            ("record", new.kid),
        }
        assert storage.ring().signer("oidc", "ES256", "booking").kid == new.kid
        storage.commit(chosen("record", new, NOW, "me", back=True))
        storage.commit(moved(aborted(storage.ring_rows(), "oidc", "ES256", NOW, naming), NOW))
        assert storage.key_choices() == ()
        with pytest.raises(Overtaken):
            storage.commit(chosen("booking", new, NOW, "me"))
