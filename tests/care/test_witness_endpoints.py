"""Two brokers that witness each other's log: over HTTP, remembered before it is signed."""

import pytest

from broker.audit.checkpoint import BadCheckpoint, read_note
from broker.audit.witness import Cosignature, Cosigner, cosigned_at, request
from broker.jobs.sealer import Sealer
from broker.jobs.witnesses import Witness, show_checkpoints, witness_jobs, witnesses
from broker.login.effects import Overtaken
from broker.storage.opening import open_storage
from broker.web import witness as endpoint
from metadata.wire.outbound import EgressFailed, Response
from tests.support import effects as make
from tests.support.databases import Clock, sqlite_settings


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Another installation's log."""
    folder = tmp_path_factory.mktemp("log")
    storage = open_storage(sqlite_settings(folder), clock=Clock())
    grow(storage)
    yield storage
    storage.close()


def grow(storage, many=3):
    storage.append(make.code_issued() for _ in range(many))
    Sealer(storage, storage.ring, storage.log_origin(), None).run()


@pytest.fixture
def world(worlds, log):
    return worlds.make(witnessed_logs=" ".join(one.text for one in log.log_verifiers()))


def add(world, body):
    return world.request("POST", endpoint.ADD, body, **{"Content-Type": "text/plain"})


def who(world):
    return Cosigner.parse(world.request("GET", "/log/witness/key").text)


class Egress:
    """Posts to a broker in process."""

    def __init__(self, world):
        self.world, self.sent = world, []

    def fetch(self, outbound):
        assert outbound.url == "https://witness.example/log/witness/add-checkpoint"
        self.sent.append(outbound.body)
        if self.world is None:
            raise EgressFailed("away", outbound.url)
        answer = add(self.world, outbound.body)
        return Response(answer.status, {}, answer.body)


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
class TestOverHttp:
    def test_it_signs_what_continues_what_it_knows_and_tells_what_it_knows(self, world, log):
        first = log.log_note()
        answer = add(world, request(0, (), first))
        assert answer.status == 200
        assert cosigned_at(first, answer.text, who(world)) == world.clock()
        grow(log)
        size = read_note(first).size
        note, proof = log.log_consistency(size)
        told = add(world, request(0, (), note))
        assert (told.status, told.body, told.header("Content-Type")) == (409, f"{size}\n".encode(), "text/x.tlog.size")
        assert add(world, request(size, proof[1:], note)).status == 422
        assert add(world, request(size, proof, note)).status == 200
        assert add(world, request(read_note(note).size, (), note)).status == 200
        assert add(world, request(size, proof, note)).status == 409

    def test_another_log_or_what_is_no_request_is_refused(self, world, log):
        assert add(world, b"x").status == 400
        assert add(world, request(0, (), log.log_note().replace("localhost", "elsewhere"))).status == 404
        assert add(world, b"x" * 70_000).status == 413
        assert world.request("GET", endpoint.ADD).status == 405

    def test_of_two_requests_at_once_one_is_told_what_is_known_now(self, world, log, monkeypatch):
        def first(*_):
            raise Overtaken("witness")

        assert add(world, request(0, (), log.log_note())).status == 200
        grow(log)
        known = world.store.witnessed(log.log_origin())
        note, proof = log.log_consistency(known.size)
        monkeypatch.setattr(type(world.store), "remember_witnessed", first)
        answer = add(world, request(known.size, proof, note))
        assert (answer.status, answer.body) == (409, f"{known.size}\n".encode())

    def test_who_witnesses_nobody_says_so(self, worlds):
        assert add(worlds.make(), b"old 0\n\nx").status == 404

    def test_who_asks_too_often_is_slowed_down(self, world, monkeypatch):
        from broker.web.throttle import Throttle

        monkeypatch.setattr(Throttle, "allows", lambda *_: False)
        assert add(world, b"x").status == 429


class TestOurOwnLog:
    @pytest.fixture
    def asked(self, world):
        return Witness("https://witness.example/log/witness", who(world))

    def test_our_checkpoints_are_shown_and_the_cosignatures_kept(self, world, log, asked):
        egress = Egress(world)
        grow(log)
        show_checkpoints(log, egress, [asked])
        (kept,) = log.cosignatures()
        assert kept.note == log.log_note()
        assert cosigned_at(kept.note, kept.line, asked.who) == world.clock()
        sent = len(egress.sent)
        show_checkpoints(log, egress, [asked])
        assert len(egress.sent) == sent
        grow(log)
        show_checkpoints(log, egress, [asked])
        assert log.cosignatures()[0].size == read_note(log.log_note()).size
        assert len(egress.sent) == sent + 1

    def test_a_witness_that_is_away_or_answers_nonsense_is_asked_again(self, world, log, asked):
        grow(log)
        before = log.cosignatures()
        for reply in (None, Response(500, {}, b""), Response(409, {}, b"x"), Response(200, {}, b"\xff\nx\n"),
                      Response(409, {}, b"99999999")):  # fmt: skip
            egress = Egress(None)
            if reply is not None:
                egress.fetch = lambda _, reply=reply: reply
            show_checkpoints(log, egress, [asked])
            assert log.cosignatures() == before
        show_checkpoints(log, Egress(world), [asked])
        assert log.cosignatures() != before

    def test_the_published_checkpoint_has_its_cosignatures(self, world, asked):
        storage = world.store
        assert world.request("GET", "/log/witnessed").status == 404
        Sealer(storage, storage.ring, storage.log_origin(), None).run()
        note = storage.log_note()
        line = "— w.example AAAA\n"
        storage.keep_cosignature(Cosignature("w.example", read_note(note).size, note, line, 1))
        assert world.request("GET", "/log/checkpoint").text == note + line
        assert world.request("GET", "/log/witnessed").text == note + line

    def test_a_log_without_a_checkpoint_shows_nothing(self, sqlite_storage, asked):
        show_checkpoints(sqlite_storage, Egress(None), [asked])

    def test_the_setting_names_witnesses_in_pairs(self, log, asked):
        (found,) = witnesses(f"https://witness.example/log/witness/ {asked.who.text}")
        assert found == asked
        assert witnesses("") == ()
        for wrong in ("https://witness.example", "https://witness.example x"):
            with pytest.raises(BadCheckpoint):
                witnesses(wrong)
        assert [job.name for job in witness_jobs(log, Egress(None), f"{found.url} {found.who.text}")] == ["witnesses"]
        assert witness_jobs(log, Egress(None), "") == ()
