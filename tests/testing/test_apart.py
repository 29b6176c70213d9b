"""The test issuer's store: made by itself on each database, apart from the other, and thrown away when it must be."""

import base64
import secrets

import pytest

from broker.app import create_app
from broker.login.effects import AlreadyUsed, Effects
from broker.protocols.testing.choice import Choice
from broker.protocols.testing.run import KeepPreset, KeepRun, Message, NoteRun, Run, UsePreset
from broker.storage import backup
from broker.storage.opening import open_storage
from idp_adapters.base import Ask, Failed, Inbound
from idp_adapters.simulated import Simulated
from tests.support.world import LEVEL3

RUN = Run("AAAA-BBBB", "rp", "5560360793", "d1", "oidc", 1_800_000_000, Message("raw"))


@pytest.fixture
def app(store_settings, clock):
    made = create_app(store_settings, clock)
    yield made
    made.close()


def test_it_has_keys_and_a_log_of_its_own(app):
    own, other = app.test_issuer.made().storage, app.storage
    # RSA keys come round again in a run of tests (`tests.support.worlds`), so the others tell.
    own_keys, others = ({row.kid for row in each.ring_rows() if row.alg != "RS256"} for each in (own, other))
    assert own_keys
    assert own_keys.isdisjoint(others)
    assert own.log_origin() == f"{other.log_origin().removesuffix('/log')}/test/log"
    own.commit(Effects((KeepRun(RUN),)))
    assert own.test_run(RUN.reference) == RUN
    assert other.test_run(RUN.reference) is None


def test_it_is_the_same_after_a_restart(app, store_settings, clock):
    kids = {row.kid for row in app.test_issuer.made().storage.ring_rows()}
    again = create_app(store_settings, clock)
    assert {row.kid for row in again.test_issuer.made().storage.ring_rows()} == kids
    again.close()


def test_another_key_encryption_key_begins_it_anew(app, store_settings, clock):
    made = app.test_issuer.made().storage
    kids = {row.kid for row in made.ring_rows()}
    app.close()
    (store_settings.data_dir / "kek").chmod(0o600)
    other = base64.b64encode(secrets.token_bytes(32)).decode()
    main = open_storage(store_settings, clock=clock)
    from broker.storage.apart import apart, open_apart

    settings = apart(store_settings.beneath("test"), store_settings)
    changed = settings._with({"key_encryption_key": type(settings.key_encryption_key)(other)})
    anew = open_apart(changed, clock)
    assert {row.kid for row in anew.ring_rows()}.isdisjoint(kids)
    assert main.ring_rows()
    anew.close()
    main.close()


@pytest.mark.postgres
def test_a_backup_leaves_it_out(postgres_server, tmp_path, clock):
    settings = postgres_server.settings(tmp_path / "broker")
    app = create_app(settings, clock)
    app.test_issuer.made()
    app.close()
    backup.dump(settings.database, tmp_path / "dump")
    kept = (tmp_path / "dump").read_bytes()
    assert b"role_grants" in kept
    assert b"tillit_test" not in kept
    postgres_server.drop(settings)


# --- runs and presets, on each database


def test_a_note_is_added_to_a_run_that_is_kept_and_to_no_other(storage):
    storage.commit(Effects((KeepRun(RUN),)))
    storage.commit(Effects((NoteRun(RUN.reference, (("choice", Choice("anna")),)), NoteRun("none", ()))))
    assert storage.test_run(RUN.reference).choice == Choice("anna")


def test_a_preset_is_the_last_one_chosen_and_is_used_once(storage, clock):
    for person in ("anna", "karin"):
        storage.commit(Effects((KeepPreset(b"b", "rp", Choice(person), clock() + 600),)))
    assert storage.test_preset(b"b", "rp") == Choice("karin")
    assert storage.test_preset(b"c", "rp") is None
    storage.commit(Effects((UsePreset(b"b", "rp"),)))
    assert storage.test_preset(b"b", "rp") is None
    with pytest.raises(AlreadyUsed):
        storage.commit(Effects((UsePreset(b"b", "rp"),)))


def test_the_newest_fifty_are_kept_and_evidence_is_the_last_pass(storage):
    from dataclasses import replace

    for number in range(52):
        run = replace(RUN, reference=f"R{number:03}", started_at=RUN.started_at + number)
        storage.commit(Effects((KeepRun(run),)))
    kept = storage.test_runs("rp", RUN.org)
    assert len(kept) == 50
    assert kept[0].reference == "R051"
    assert storage.tested("rp", "d1") is None


# --- the simulated method alone


def simulated(*levels):
    return Simulated("bankid", {"anna": {"givenName": ("Anna",)}}, levels or (LEVEL3,))


def ask(**more):
    return Ask("login", "https://here", "Service", "rp", **more)


def test_a_passive_request_fails_without_a_page():
    assert isinstance(simulated().start(ask(passive=True), 0), Failed)


def test_a_state_that_nobody_made_fails():
    for state in (b"", b"{}", b'{"login": 1}'):
        assert simulated().resume(state, Inbound({"person": "anna"}), 0).reason.code == "internal"
