"""init, plan, apply, key, log, metadata, migrate: black box on SQLite."""

import json
import stat

import pytest

from broker.keys.making import NEEDS
from broker.settings import Settings
from broker.storage.opening import open_storage
from tests.support import federation as good
from tests.support.command_line import CommandLine, environment, tillit
from tests.support.federation import put
from tests.support.trust import PERSONAL_NUMBER

__all__ = ["tillit"]


@pytest.fixture
def file(tillit):
    return tillit.folder / "federation" / "federation.yaml"


def store(tillit, **more):
    env = {name: value for name, value in tillit.env.items() if name.startswith("TILLIT_") and value}
    return open_storage(Settings(base_url=env["TILLIT_BASE_URL"], data_dir=env["TILLIT_DATA_DIR"], **more))


class TestInit:
    def test_makes_key_database_and_first_keys(self, tmp_path):
        tillit = CommandLine(tmp_path, environment(tmp_path / "new" / "data"))
        made = tillit.json("init")
        assert made["made"] is True
        assert stat.S_IMODE((tmp_path / "new/data/kek").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "new/data").stat().st_mode) == 0o700
        assert {row["state"] for row in tillit.json("key", "list")} == {"active"}

    def test_run_again_leaves_everything_as_it_is(self, tillit):
        before = (tillit.folder / "data/kek").read_bytes(), tillit.done("key", "list")
        assert tillit.json("init")["made"] is False
        assert ((tillit.folder / "data/kek").read_bytes(), tillit.done("key", "list")) == before

    def test_says_where_to_go_on(self, tillit):
        assert "tillit apply FILE" in tillit.done("init")

    def test_shows_no_password_of_the_database(self, tmp_path):
        from broker.commands.installation import database_shown

        settings = Settings(base_url="https://a.example.se", database_url="postgresql://tillit:hemligt@db/tillit")
        assert database_shown(settings) == "postgresql://tillit@db/tillit"


class TestSettings:
    @pytest.mark.parametrize(
        ("env", "told"),
        [
            ({"TILLIT_BASE_URL": None}, "setting TILLIT_BASE_URL: is missing"),
            ({"TILLIT_BASE_URL": "https://a.se/x"}, "setting TILLIT_BASE_URL: scheme, host and port only"),
            ({"TILLIT_BASE_URL": "http://a.se"}, "settings: http is allowed with TILLIT_ENV=test"),
            ({"TILLIT_ENV": "play"}, "setting TILLIT_ENV: "),
            ({"TILLIT_THREADS": "many"}, "setting TILLIT_THREADS: "),
            ({"TILLIT_DATA_DIR": "/nonexistent/folder"}, "tillit init"),
            ({"TILLIT_KEY_ENCRYPTION_KEY": "c2hvcnQ="}, "32 bytes"),
        ],
    )
    def test_a_wrong_one_is_told_by_its_variable_with_exit_code_4(self, tillit, env, told):
        result = tillit("key", "list", **env)
        assert (result.exit_code, result.stdout) == (4, "")
        assert told in result.stderr

    def test_a_wrong_key_is_not_shown(self, tillit):
        assert "c2hvcnQ" not in tillit("key", "list", TILLIT_KEY_ENCRYPTION_KEY="c2hvcnQ=").stderr

    def test_they_may_stand_in_a_file(self, tillit):
        config = tillit.folder / "tillit.toml"
        data = json.dumps(str(tillit.folder / "data"))
        config.write_text(f'base_url = "http://127.0.0.1:8440"\nTILLIT_ENV = "test"\ndata_dir = {data}\n')
        tillit.env = {name: None for name in tillit.env if name.startswith("TILLIT_")} | {"TILLIT_CONFIG": str(config)}
        assert len(tillit.json("key", "list")) == len(NEEDS)

    def test_a_database_of_another_key_is_not_ready(self, tillit):
        (tillit.folder / "data/kek").write_text("A" * 43 + "=\n")
        result = tillit("key", "list")
        assert (result.exit_code, "another key-encryption key" in result.stderr) == (4, True)


class TestPlanAndApply:
    def test_a_plan_changes_nothing(self, tillit, file):
        assert "service journal: added" in tillit.done("plan", file)
        assert tillit.json("plan", file)["version"] is None
        assert store(tillit).federation_version() == 0

    def test_apply_saves_a_version_with_its_directory_and_its_event(self, tillit, file):
        applied = tillit.json("apply", file)
        assert (applied["version"], applied["persons"], applied["employments"]) == (1, 2, 1)
        storage = store(tillit)
        kept = storage.federation()
        assert kept.version == 1
        assert applied["digest"].encode() in b"".join(storage.log_pending())
        assert kept.document["services"][0]["id"] == "journal"
        assert b"federation.applied" in b"".join(storage.log_pending())

    def test_the_second_time_says_what_changed(self, tillit, file):
        tillit.done("apply", file)
        assert tillit.json("apply", file)["changes"] == []
        good.written(file.parent, put(("services", 0, "consent"), "ask"))
        lines = tillit.done("apply", file).splitlines()
        assert lines[0] == "service journal: Consent changes from never to ask"
        assert lines[-1] == "applied as version 3"

    def test_a_file_with_faults_is_refused_whole_with_exit_code_3(self, tillit, file):
        tillit.done("apply", file)
        changed = put(("services", 0, "member"), "5560360793")
        changed["services"][1]["consent"] = "never"
        changed["agreements"][0]["services"] = ["x"]
        good.written(file.parent, changed)
        for command in ("plan", "apply"):
            result = tillit(command, file)
            assert (result.exit_code, result.stdout) == (3, "")
            assert len([line for line in result.stderr.splitlines() if line.startswith("tillit: line ")]) == 2
        assert store(tillit).federation_version() == 1

    def test_warnings_go_beside_the_result(self, tillit, file):
        result = tillit("apply", file, "--json", TILLIT_CARD_URL=None)
        assert "warning: line " in result.stderr
        assert json.loads(result.stdout)["warnings"]

    def test_no_secret_and_no_identity_number_stands_in_the_database_or_the_log(self, tillit, file):
        tillit.done("apply", file)
        everything = b"".join(path.read_bytes() for path in (tillit.folder / "data").iterdir())
        for planted in (good.SECRET, "upstream-secret-of-ours", PERSONAL_NUMBER, "Andersson"):
            assert planted.encode() not in everything

    def test_a_present_version_that_cannot_be_read_makes_everything_new(self, tillit, file):
        storage = store(tillit)
        storage.save_federation({"tillit": "0"}, "0" * 64)
        storage.close()
        assert tillit.done("apply", file).startswith(
            "! the federation: the present version cannot be read by this release"
        )

    @pytest.mark.spec("IS", "24")
    def test_in_test_people_who_may_be_real_are_refused_unless_the_installation_names_them_as_nobodys(
        self, tillit, file
    ):
        good.written(file.parent, put(("persons", 0, "personalIdentityNumber"), "196408233234"))
        test = {"TILLIT_ENV": "test", "TILLIT_BASE_URL": "http://127.0.0.1:8440", "TILLIT_CARD_URL": None}
        for command in ("plan", "apply"):
            result = tillit(command, file, **test)
            assert (result.exit_code, "may be real people" in result.stderr) == (3, True)
            assert "1964" not in result.stderr
        assert store(tillit).federation_version() == 0
        names = file.parent / "numbers.txt"
        names.write_text("196408233234\n")
        assert tillit("plan", file, TILLIT_TEST_NUMBERS=str(names), **test).exit_code == 0
        missing = tillit("plan", file, TILLIT_TEST_NUMBERS=str(file.parent / "none"), **test)
        assert (missing.exit_code, "TILLIT_TEST_NUMBERS" in missing.stderr) == (4, True)

    def test_the_example_and_the_schema_are_printed_without_an_installation(self, tmp_path):
        alone = CommandLine(tmp_path, {"TILLIT_BASE_URL": None})
        assert "\nidentity_providers:" in alone.done("apply", "--example")
        schema = json.loads(alone.done("apply", "--schema"))
        assert {"members", "services", "methods"} <= schema["properties"].keys()
        assert schema["additionalProperties"] is False

    def test_apply_of_nothing_is_wrong_usage(self, tillit):
        assert tillit("apply").exit_code == 2

    def test_a_file_that_is_not_there_is_refused(self, tillit):
        assert tillit("apply", tillit.folder / "none.yaml").exit_code == 3


class TestKeys:
    def test_rotation_publishes_first(self, tillit):
        moved = tillit.json("key", "rotate", "oidc", "ES256")
        assert [each["state"] for each in moved] == ["next"]
        states = [row["state"] for row in tillit.json("key", "list") if (row["use"], row["alg"]) == ("oidc", "ES256")]
        assert sorted(states) == ["active", "next"]

    def test_and_does_not_sign_before_a_day_has_passed(self, tillit):
        tillit.done("key", "rotate", "oidc", "ES256")
        result = tillit("key", "rotate", "oidc", "ES256")
        assert (result.exit_code, "may sign from" in result.stdout) == (5, True)

    def test_unless_it_is_forced_for_a_key_that_has_leaked(self, tillit):
        old = {row["kid"] for row in tillit.json("key", "list") if row["use"] == "checkpoint"}
        moved = tillit.json("key", "rotate", "checkpoint", "--force")
        assert moved[0]["state"] == "active"
        states = {row["kid"]: row["state"] for row in tillit.json("key", "list") if row["use"] == "checkpoint"}
        assert states == {old.pop(): "retiring", moved[0]["kid"]: "active"}

    def test_every_change_is_recorded(self, tillit):
        kid = tillit.json("key", "rotate", "oidc", "ES256")[0]["kid"]
        assert any(kid.encode() in leaf and b"key.changed" in leaf for leaf in store(tillit).log_pending())

    def test_a_key_that_is_not_there_is_wrong_usage(self, tillit):
        assert tillit("key", "rotate", "oidc", "HS256").exit_code == 2

    def test_no_private_key_is_listed(self, tillit):
        assert tillit.json("key", "list")[0].keys() == {
            "use",
            "alg",
            "state",
            "kid",
            "since",
            "next",
            "services",
        }

    def test_a_plan_says_when_the_next_key_signs_and_the_list_shows_it(self, tillit):
        (moved,) = tillit.json("key", "rotate", "oidc", "ES256", "--at", "2090-01-02")
        assert (moved["state"], "signs from 2090-01-02 00:00:00Z" in moved["result"]) == ("next", True)
        assert {row["next"] for row in tillit.json("key", "list") if row["kid"] == moved["kid"]} == {
            "signs from 2090-01-02 00:00:00Z"
        }

    @pytest.mark.parametrize("at", ["2020-01-01", "tomorrow", "2026-13-01"])
    def test_a_plan_for_a_day_that_is_too_early_or_none_is_refused(self, tillit, at):
        result = tillit("key", "rotate", "oidc", "ES256", "--at", at)
        assert result.exit_code == (5 if at == "2020-01-01" else 2)
        assert {row["state"] for row in tillit.json("key", "list")} == {"active"}

    def test_a_rotation_can_be_given_up(self, tillit):
        kid = tillit.json("key", "rotate", "oidc", "ES256")[0]["kid"]
        assert tillit.json("key", "rotate", "oidc", "ES256", "--abort")[0]["state"] == "removed"
        assert kid not in {row["kid"] for row in tillit.json("key", "list")}
        assert tillit("key", "rotate", "oidc", "ES256", "--abort").exit_code == 2

    def test_a_switch_can_be_taken_back(self, tillit):
        old = {row["kid"] for row in tillit.json("key", "list") if (row["use"], row["alg"]) == ("oidc", "ES256")}
        tillit.done("key", "rotate", "oidc", "ES256", "--force")
        back = tillit.json("key", "rotate", "oidc", "ES256", "--back")[0]
        assert ({back["kid"]}, back["state"]) == (old, "active")

    @pytest.mark.parametrize(
        "given", [("--force", "--leaked"), ("--abort", "--back"), ("--at", "2090-01-01", "--force")]
    )
    def test_two_ways_at_once_are_wrong_usage(self, tillit, given):
        assert tillit("key", "rotate", "oidc", "ES256", *given).exit_code == 2

    @pytest.mark.parametrize("given", [("--abort",), ("oidc", "--back")])
    def test_what_ends_a_rotation_is_told_of_one_key(self, tillit, given):
        assert tillit("key", "rotate", *given).exit_code == 2

    def test_a_service_has_a_key_of_its_own_until_that_ends(self, tillit, file):
        tillit.done("apply", file)
        kid = tillit.json("key", "rotate", "oidc", "ES256")[0]["kid"]
        service = good.content()["services"][1]["id"]
        assert tillit.json("key", "choose", service, kid)["kid"] == kid
        assert [row["services"] for row in tillit.json("key", "list") if row["kid"] == kid] == [service]
        assert tillit.json("key", "choose", service, kid, "--back")["kid"] is None
        assert {row["services"] for row in tillit.json("key", "list")} == {""}

    def test_a_choice_names_a_service_and_a_key_that_signs_for_services(self, tillit, file):
        tillit.done("apply", file)
        kids = {row["use"]: row["kid"] for row in tillit.json("key", "list")}
        service = good.content()["services"][1]["id"]
        assert tillit("key", "choose", "nobody", kids["oidc"]).exit_code == 2
        assert tillit("key", "choose", service, kids["checkpoint"]).exit_code == 2
        assert tillit("key", "choose", service, "none").exit_code == 2


def sealed(tillit):
    """Seal what waits, as the broker's job does each second."""
    from broker.jobs.sealer import Sealer
    from broker.keys.making import load_ring

    storage = store(tillit)
    ring = load_ring(storage.ring_rows(), storage.vault)
    Sealer(storage, lambda: ring, storage.log_origin(), tillit.folder / "checkpoints").run()
    storage.close()


class TestLog:
    def test_unsealed_rows_are_told(self, tillit, file):
        tillit.done("apply", file)
        told = tillit.done("log", "verify")
        assert "rows are not sealed yet" in told
        assert "cut back" in told

    def test_a_log_is_intact_also_by_the_checkpoints_kept_elsewhere(self, tillit, file):
        tillit.done("apply", file)
        sealed(tillit)
        told = tillit.json("log", "verify", "--checkpoint", tillit.folder / "checkpoints")
        assert (told["ok"], told["unsealed"], told["findings"]) == (True, 0, [])
        assert tillit.json("log", "verify", TILLIT_CHECKPOINT_FILE=str(tillit.folder / "checkpoints"))[
            "checkpoint_file"
        ]

    def test_a_log_cut_back_is_found_with_exit_code_1(self, tillit, file):
        sealed(tillit)
        older = {path.name: path.read_bytes() for path in (tillit.folder / "data").iterdir()}
        tillit.done("apply", file)
        sealed(tillit)
        for path in (tillit.folder / "data").iterdir():
            path.unlink()
        for name, content in older.items():
            (tillit.folder / "data" / name).write_bytes(content)
        (tillit.folder / "data" / "kek").chmod(0o600)
        assert tillit("log", "verify").exit_code == 0
        result = tillit("log", "verify", "--checkpoint", tillit.folder / "checkpoints")
        assert (result.exit_code, "NOT INTACT" in result.stdout) == (1, True)

    def test_keys_known_from_elsewhere_bind_the_log(self, tillit):
        sealed(tillit)
        head = json.loads(tillit.done("log", "export", "-").splitlines()[0])
        assert tillit("log", "verify", "--verifier", head["verifiers"][0]).exit_code == 0
        other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        assert tillit("log", "verify", "--verifier", other).exit_code == 1
        assert tillit("log", "verify", "--verifier", "nonsense").exit_code == 3

    def test_an_export_is_not_written_over(self, tillit):
        sealed(tillit)
        out = tillit.folder / "log.jsonl"
        tillit.done("log", "export", out)
        assert json.loads(out.read_text().splitlines()[0])["format"] == "tillit-log/1"
        assert tillit("log", "export", out).exit_code == 3


class TestMetadata:
    def test_good_metadata_is_told_so(self, tillit):
        assert tillit("metadata", "check", tillit.folder / "federation/journal.xml").exit_code == 0

    def test_metadata_that_would_not_be_taken_is_told_why_with_exit_code_1(self, tillit):
        bad = tillit.folder / "bad.xml"
        bad.write_bytes(
            (tillit.folder / "federation/journal.xml").read_bytes().replace(b"https://sp.example/acs", b"http://x/")
        )
        assert tillit("metadata", "check", bad).exit_code == 1
        report = tillit.json("metadata", "check", bad)
        assert (report["taken"], "address" in {finding["id"] for finding in report["findings"]}) == (False, True)
        assert (
            "adressen är inte en ren https-adress"
            in tillit("metadata", "check", bad, "--language", "sv").stdout.lower()
        )

    def test_a_file_that_is_not_there_is_refused(self, tillit):
        assert tillit("metadata", "check", tillit.folder / "none.xml").exit_code == 3


class TestMigrate:
    def test_brings_a_database_to_this_release(self, tmp_path):
        tillit = CommandLine(tmp_path, environment(tmp_path / "data"))
        assert "schema" in tillit.json("migrate")
        assert tillit.json("init")["made"] is True

    def test_another_release_is_told(self, tillit):
        from broker.storage.migrate import downgrade

        downgrade(f"sqlite:///{tillit.folder / 'data/tillit.db'}", "base")
        result = tillit("key", "list")
        assert (result.exit_code, "tillit migrate" in result.stderr) == (4, True)


@pytest.mark.parametrize("command", [("init",), ("key", "list"), ("log", "verify"), ("doctor", "--offline")])
def test_without_a_terminal_nothing_but_printable_text_is_written(tillit, command):
    result = tillit(*command)
    assert result.stdout
    assert all(line.isprintable() for line in result.stdout.splitlines())
