"""The access log over HTTP: stored, read and proven by record systems, published for everybody."""

import base64
import json

import pytest

from broker.audit import standalone
from broker.audit.checkpoint import by_name_and_id, open_note
from broker.audit.tiles import merged
from broker.audit.tree import leaf_hash, root, verify_consistency, verify_inclusion
from broker.jobs.sealer import Sealer
from broker.web.throttle import Throttle
from tests.support import care_values as a
from tests.support.care_world import PATIENT, call, care_world, machine, nurse
from trust_framework.days import DAY

PERIOD = {"start": 0}


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return care_world(lasting_worlds)


@pytest.fixture(scope="module")
def journal(world):
    return machine(world)


def sent(world, **changes):
    """A record as a record system sends it."""
    whole = {
        "id": a.new_id(),
        "system": "SE2321000016-SYS1",
        "activity": "Läsa",
        "at": world.clock() - 60,
        "purpose": "Vård och behandling",
        "user": a.NURSE,
        "user_name": "Anna Åkesson",
        "provider": a.PROVIDER,
        "unit": a.UNIT,
        "resources": [{"type": "Journaltext", "provider": a.PROVIDER, "unit": a.UNIT, "patient": PATIENT}],
    }
    return {**whole, **changes}


def store(world, token, *records):
    return call(world, "/log", token, {"records": records})


def seal(world):
    storage = world.app.storage
    Sealer(storage, storage.ring, storage.log_origin(), None).run()
    return storage.log_state()


def search(world, token, **changes):
    return call(
        world, "/log/search", token, {"provider": a.PROVIDER, "purpose": "uppföljning", "period": PERIOD, **changes}
    )


class TestRecordSystems:
    def test_what_is_stored_is_read_again(self, world, journal):
        one = sent(world, title="Läkare")
        assert store(world, journal, one).json == {"stored": 1}
        found = search(world, journal, user=a.NURSE.lower()).json
        assert found["state"] == "OK"
        entry = next(each for each in found["entries"] if each["record"]["id"] == one["id"])
        told = {name: value for name, value in entry["record"].items() if value not in ("", None)}
        assert told["title"] == "Läkare"
        assert told["resources"][0]["patient"] == PATIENT

    def test_of_a_patient_and_by_others(self, world, journal):
        long_ago = world.clock() - 400 * DAY
        theirs = sent(world, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT, user=a.FAR_DOCTOR, at=long_ago)
        store(world, machine(world, "far"), theirs)
        asked = {"patient": PATIENT, "provider": a.PROVIDER, "purpose": "begäran", "period": PERIOD}
        theirs = call(world, "/log/patient", journal, asked).json["entries"]
        assert {each["record"]["provider"] for each in theirs} <= {a.PROVIDER}
        asked = {"provider": a.PROVIDER, "purpose": "uppföljning", "period": {"start": long_ago, "end": long_ago + 1}}
        others = call(world, "/log/others", journal, asked).json["entries"]
        assert [each["record"]["user"] for each in others] == [a.FAR_DOCTOR]

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"unit": a.FAR_UNIT}, "invalid.unknown-unit", "careUnitId"),
            ({"activity": "Titta"}, "invalid.unknown-activity", "activityType"),
            ({"provider": a.OTHER_PROVIDER}, "denied.provider", "careProviderId"),
            ({"at": 4_000_000_000}, "invalid.future", "startDate"),
        ],
    )
    def test_what_cannot_be_stored_is_told_by_code_and_field(self, world, journal, changes, code, field):
        answer = store(world, journal, sent(world), sent(world, **changes))
        assert (answer.json["code"], answer.json["detail"]) == (code, [field])

    def test_a_log_id_that_is_taken_is_told(self, world, journal):
        one = sent(world)
        store(world, journal, one)
        for records in ((sent(world), one), (one, one)):
            answer = store(world, journal, *records)
            assert (answer.status, answer.json["code"]) == (400, "invalid.log-id-taken")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"records": []},
            {"records": [{}]},
            {"records": {}},
            {"records": [{"id": "x"}] * 501},
            {"records": [None]},
            [],
        ],
    )
    def test_another_body_is_refused(self, world, journal, body):
        assert call(world, "/log", journal, body).status == 400

    def test_a_full_call_is_taken(self, world, journal):
        far = machine(world, "far")
        records = [sent(world, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT, arguments="a" * 500) for _ in range(500)]
        assert store(world, far, *records).json == {"stored": 500}

    def test_staff_neither_store_nor_read(self, world):
        token = nurse(world)
        assert store(world, token, sent(world)).json["code"] == "denied.provider"
        assert search(world, token).json["code"] == "denied.provider"

    def test_reading_alone_stores_nothing(self, world):
        assert store(world, machine(world, scope="care:read"), sent(world)).status == 403

    def test_a_report_that_is_not_there_is_missing(self, world, journal):
        assert call(world, "/log/reports/unknown", journal, {"purpose": "uppföljning"}).status == 404

    def test_entries_are_proven_to_whoever_has_the_published_checkpoint(self, world, journal, tmp_path, capsys):
        one = sent(world)
        store(world, journal, one)
        entry = next(e for e in search(world, journal).json["entries"] if e["record"]["id"] == one["id"])
        seal(world)
        asked = {"provider": a.PROVIDER, "purpose": "utlämnande", "entries": [entry["entry"]]}
        proven = call(world, "/log/proofs", journal, asked).json
        head = {"format": "tillit-extract/1", "checkpoint": proven["checkpoint"]}
        lines = [json.dumps(each) for each in (head, *proven["rows"])]
        (tmp_path / "extract").write_text("\n".join(lines) + "\n")
        (tmp_path / "published").write_bytes(world.request("GET", "/log/checkpoint").body + b"\n")
        key = world.request("GET", "/log/keys").body.decode().splitlines()[0]
        arguments = [str(tmp_path / "extract"), "--key", key, "--checkpoint", str(tmp_path / "published")]
        assert standalone.main(arguments) == 0, capsys.readouterr().out
        assert one["id"] in proven["rows"][0]["record"]


class TestEverybody:
    @pytest.fixture
    def state(self, world, journal):
        store(
            world, machine(world, "far"), *(sent(world, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT) for _ in range(300))
        )
        return seal(world)

    @pytest.mark.spec("C2SP tlog-checkpoint", "Note text")
    def test_the_checkpoint_is_signed_by_the_published_key(self, world, state):
        answer = world.request("GET", "/log/checkpoint")
        assert answer.header("Content-Type") == "text/plain; charset=utf-8"
        assert answer.body.decode() == state.note
        keys = world.request("GET", "/log/keys").body.decode().splitlines()
        assert keys == [one.text for one in world.app.storage.log_verifiers()]
        assert open_note(state.note, by_name_and_id(world.app.storage.log_verifiers())).size == state.size

    @pytest.mark.spec("C2SP tlog-tiles", "Merkle Tree")
    def test_tiles_are_those_of_the_tree(self, world, state):
        hashes = [leaf_hash(row.leaf) for row in world.app.storage.log_rows()]
        full = world.request("GET", "/log/tile/0/000")
        assert full.body == b"".join(hashes[:256])
        width = state.size % 256
        partial = world.request("GET", f"/log/tile/0/{state.size // 256:03}.p/{width}")
        assert partial.body == b"".join(hashes[-width:])
        above = world.request("GET", f"/log/tile/1/000.p/{state.size // 256}").body
        assert above[:32] == merged(hashes[:256])
        assert "immutable" in full.header("Cache-Control")

    @pytest.mark.parametrize(
        "path",
        [
            "0/999",
            "0/000.p/0",
            "0/000.p/257",
            "9/000",
            "1/001",
            "x/000",
            "0/",
            "",
            "0/0",
            "00/000",
            "-1/000",
            "0/x999/x999/x999/x999/x999/x999/999",
        ],
    )
    def test_a_tile_that_is_not_there_is_not_found(self, world, path):
        assert world.request("GET", f"/log/tile/{path}").status == 404

    def test_proofs_verify(self, world, state):
        checkpoint = open_note(state.note, by_name_and_id(world.app.storage.log_verifiers()))
        rows = [row.leaf for row in world.app.storage.log_rows()]
        told = world.request("GET", "/log/proof/inclusion?position=7").json
        path = [base64.b64decode(part) for part in told["proof"]]
        verify_inclusion(7, checkpoint.size, base64.b64decode(told["leaf_hash"]), path, checkpoint.root)
        assert told["leaf_hash"] == base64.b64encode(leaf_hash(rows[7])).decode()
        told = world.request("GET", "/log/proof/consistency?from=200").json
        path = [base64.b64decode(part) for part in told["proof"]]
        old = root([leaf_hash(leaf) for leaf in rows[:200]])
        verify_consistency(200, told["to"], old, checkpoint.root, path)
        assert told["checkpoint"] == state.note

    @pytest.mark.parametrize("what", ["consistency?from=", "inclusion?position="])
    @pytest.mark.parametrize("number", ["", "-1", "01", "x", "1&x=2", "1" * 20, "%ff", "%D9%A3"])
    def test_what_is_no_number_is_refused(self, world, what, number):
        assert world.request("GET", f"/log/proof/{what}{number}").status == 400

    @pytest.mark.parametrize("what", ["consistency?from=0", "consistency?from=99999999", "inclusion?position=99999999"])
    def test_what_the_log_has_not_is_not_found(self, world, what):
        assert world.request("GET", f"/log/proof/{what}").status == 404

    @pytest.mark.parametrize("path", ["/log/proof/consistency?from=1", "/log/tile/0/000"])
    def test_who_asks_too_often_is_slowed_down(self, world, path, monkeypatch):
        monkeypatch.setattr(Throttle, "allows", lambda *_: False)
        assert world.request("GET", path).status == 429
