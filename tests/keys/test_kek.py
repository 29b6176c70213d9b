"""The key-encryption key: where it may come from, and what is refused."""

import base64
import stat

import pytest

from broker.keys.kek import Kek, NoKek, create_kek, kek_path, load_kek
from broker.keys.sealing import SealingVault, new_data_keys
from broker.login.effects import Effects, KeepOnce
from broker.storage.opening import open_storage
from tests.support import effects as a
from tests.support.databases import NOW, settings_at, sqlite_settings

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()


def test_init_makes_a_file_that_only_its_owner_reads_and_never_replaces_it(tmp_path):
    settings = settings_at(tmp_path)
    assert create_kek(settings)
    path = kek_path(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = load_kek(settings)
    assert len(first.key) == 32
    assert not create_kek(settings)
    assert load_kek(settings) == first


def test_a_key_from_the_environment_needs_no_file(tmp_path):
    settings = settings_at(tmp_path, key_encryption_key=TEXT)
    assert not create_kek(settings)
    assert load_kek(settings) == Kek(KEY)
    assert not kek_path(settings).exists()


def test_a_setting_may_name_another_file(tmp_path):
    path = tmp_path / "elsewhere"
    path.write_text(TEXT + "\n")
    path.chmod(0o600)
    assert load_kek(settings_at(tmp_path, key_encryption_key=f"file:{path}")) == Kek(KEY)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode):
    settings = settings_at(tmp_path)
    create_kek(settings)
    kek_path(settings).chmod(mode)
    with pytest.raises(NoKek, match="chmod 600"):
        load_kek(settings)


@pytest.mark.parametrize(
    "text", ["", "short", "!" * 44, base64.b64encode(KEY[:31]).decode(), base64.b64encode(KEY * 2).decode(), "å"]
)
@pytest.mark.parametrize("where", ["file", "environment"])
def test_what_is_not_32_bytes_of_base64_is_refused(tmp_path, text, where):
    settings = settings_at(tmp_path)
    if where == "environment" and text:
        settings = settings_at(tmp_path, key_encryption_key=text)
    else:
        create_kek(settings)
        kek_path(settings).write_text(text)
    with pytest.raises(NoKek):
        load_kek(settings)


def test_without_a_key_there_is_no_store(tmp_path):
    settings = sqlite_settings(tmp_path)
    kek_path(settings).unlink()
    with pytest.raises(NoKek):
        open_storage(settings)


def test_a_store_opened_with_another_key_is_refused(tmp_path):
    settings = sqlite_settings(tmp_path)
    with pytest.raises(NoKek, match="another"):
        open_storage(settings, Kek(KEY))


def test_the_key_shows_in_no_representation(tmp_path):
    kek = Kek(KEY)
    keys = [k.unwrapped(kek) for k in new_data_keys(kek, NOW)]
    shown = repr(kek) + repr(keys) + repr(SealingVault(keys)) + repr(settings_at(tmp_path, key_encryption_key=TEXT))
    for secret in (KEY, *(k.key for k in keys)):
        assert repr(secret)[2:20] not in shown
        assert secret.hex() not in shown
    assert TEXT not in shown


def test_a_wrapped_key_that_was_changed_or_exchanged_is_refused():
    kek = Kek(KEY)
    one, two, *_ = new_data_keys(kek, NOW)
    assert one.unwrapped(kek).key != two.unwrapped(kek).key
    for wrapped in (two.wrapped, one.wrapped[:-1], one.wrapped[:30] + b"\0" + one.wrapped[31:], b""):
        with pytest.raises(NoKek):
            type(one)(one.number, one.record_class, wrapped, NOW).unwrapped(kek)


def test_another_key_can_take_over_while_the_store_is_open(tmp_path):
    settings, new = sqlite_settings(tmp_path), Kek(KEY)
    old, storage, once = load_kek(settings), open_storage(settings), a.once()
    storage.commit(Effects((KeepOnce(once),)))
    storage.rewrap(k.rewrapped(old, new) for k in storage.data_keys())
    assert storage.once("code", once.secret) == once
    storage.close()
    with pytest.raises(NoKek):
        open_storage(settings)
    again = open_storage(settings, new)
    assert again.once("code", once.secret) == once
    again.close()
