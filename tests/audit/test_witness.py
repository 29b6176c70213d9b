"""A witness signs what continues the checkpoint that it knows, and nothing else; its cosignature is read by anybody."""

import base64

import pytest

from broker.audit.checkpoint import BadCheckpoint, Checkpoint, Verifier, read_note, sign, verifier
from broker.audit.tree import consistency_proof, leaf_hash, root
from broker.audit.witness import (
    Asked,
    Cosignature,
    Cosigner,
    NotCosigned,
    accepted,
    cosigned,
    cosigned_at,
    key_from,
    published,
    read_request,
    request,
    witnessed,
)
from metadata.wire.signing import signer

ORIGIN, NAME, AT = "example.org/log", "witness.example/w", 1_800_000_000
LEAVES = [leaf_hash(bytes([n])) for n in range(30)]
KEY = key_from(b"k" * 32)
LOG = signer(key_from(b"l" * 32), kid="log", alg="Ed25519")
LOGS = {ORIGIN: (verifier(ORIGIN, LOG.public_key),)}
WHO = Cosigner(NAME, KEY.public_key())


def note(size, leaves=LEAVES):
    return sign(Checkpoint(ORIGIN, size, root(leaves[:size])), LOG)


def checkpoint(size):
    return read_note(note(size))


def proof(old, new):
    return tuple(consistency_proof(old, LEAVES[:new])) if 0 < old < new else ()


def asks(old, new, **changes):
    found = {"old": old, "proof": proof(old, new), "note": note(new), **changes}
    return Asked(**found)


REFUSED = {
    "another log": (asks(7, 20, note=note(20).replace(ORIGIN, "other.org/log")), 404),
    "no checkpoint": (asks(7, 20, note="x"), 400),
    "no signature of a known key": (asks(7, 20, note=note(20).replace("— example.org", "— examplf.org")), 403),
    "a bad signature": (asks(7, 20, note=note(20).replace("\n20\n", "\n21\n")), 403),
    "an old size beyond the new one": (asks(21, 20), 400),
    "another old size": (asks(6, 20), 409),
    "nothing known of what we know": (asks(0, 20), 409),
    "no proof": (asks(7, 20, proof=()), 422),
    "another proof": (asks(7, 20, proof=proof(6, 20)), 422),
    "a proof too long": (asks(7, 20, proof=(*proof(7, 20), b"x" * 32)), 422),
    "a fork": (asks(7, 20, note=note(20, LEAVES[::-1])), 422),
    "a fork of the same size": (asks(7, 7, note=note(7, LEAVES[::-1])), 409),
    "a proof where none belongs": (asks(7, 7, proof=(b"x" * 32,)), 422),
}


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
class TestAskingAWitness:
    @pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 30), (1, 2), (7, 20), (16, 17), (20, 20)])
    def test_a_checkpoint_that_continues_the_known_one_is_accepted(self, old, new):
        known = checkpoint(old) if old else None
        assert accepted(asks(old, new), LOGS, known) == checkpoint(new)

    @pytest.mark.parametrize("what", REFUSED)
    def test_what_does_not_continue_it_is_refused(self, what):
        asked, status = REFUSED[what]
        with pytest.raises(NotCosigned) as refused:
            accepted(asked, LOGS, checkpoint(7))
        assert refused.value.status == status
        assert refused.value.size == (7 if status == 409 else None)

    def test_a_proof_from_nothing_is_refused(self):
        with pytest.raises(NotCosigned) as refused:
            accepted(asks(0, 5, proof=(b"x" * 32,)), LOGS, None)
        assert refused.value.status == 422

    def test_a_request_is_read_as_it_is_written(self):
        asked = asks(7, 20)
        assert read_request(request(asked.old, asked.proof, asked.note)) == asked
        assert read_request(request(0, (), note(3))) == asks(0, 3)

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"old 1", b"old 1\n", b"old 01\n\nx", b"old -1\n\nx", b"old x\n\nx", b"old \n\nx", b"1\n\nx", b"new 1\n\nx",
            b"old 1\n***\n\nx", b"old 1\nAAAA\n\nx", b"\xff\n\n", b"old 1111111111111111111\n\nx", "old ٣\n\nx".encode(),
            b"old 1\n" + b"\n".join([base64.b64encode(b"x" * 32)] * 64) + b"\n\nx",
        ],
    )  # fmt: skip
    def test_another_request_is_refused(self, body):
        with pytest.raises(NotCosigned) as refused:
            read_request(body)
        assert refused.value.status == 400


@pytest.mark.spec("C2SP tlog-cosignature", "Format")
class TestCosignatures:
    def test_a_cosignature_tells_when_and_verifies(self):
        line = cosigned(note(5), KEY, NAME, AT)
        assert cosigned_at(note(5), line, WHO) == AT
        stamp = base64.b64decode(line.split()[2])
        assert (len(stamp), stamp[:4], int.from_bytes(stamp[4:12], "big")) == (76, WHO.key_id, AT)
        KEY.public_key().verify(stamp[12:], f"cosignature/v1\ntime {AT}\n{checkpoint(5).text()}".encode())

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda line: line.replace("— ", "- "),
            lambda line: line.replace(NAME, "another"),
            lambda line: f"— {NAME} AAAA\n",
            lambda line: f"— {NAME} ***\n",
            lambda line: line[:-8] + "AAAAAA=\n",
            lambda line: cosigned(note(6), KEY, NAME, AT),
            lambda line: cosigned(note(5), key_from(b"z" * 32), NAME, AT),
            lambda line: "",
        ],
    )
    def test_another_line_is_no_cosignature(self, spoil):
        with pytest.raises(BadCheckpoint):
            cosigned_at(note(5), spoil(cosigned(note(5), KEY, NAME, AT)), WHO)

    def test_a_witnesss_key_is_read_as_it_is_written_and_is_no_logs_key(self):
        assert Cosigner.parse(WHO.text) == WHO
        with pytest.raises(BadCheckpoint):
            Verifier.parse(WHO.text)
        log = LOGS[ORIGIN][0].text
        for text in (
            log,
            "",
            "x",
            WHO.text.replace(NAME, "a b"),
            WHO.text[:-4],
            WHO.text.replace(WHO.key_id.hex(), "00000000"),
        ):
            with pytest.raises(BadCheckpoint):
                Cosigner.parse(text)

    def test_what_is_published_has_the_cosignatures_of_its_own_checkpoint(self):
        def one(size, witness="w"):
            line = cosigned(note(size), KEY, NAME, AT)
            return Cosignature(witness, size, note(size), line, AT)

        kept = (one(5), one(7, "x"), one(7, "y"))
        assert published(note(9), kept) == note(9)
        assert published(note(5), kept) == note(5) + kept[0].line
        assert witnessed(kept) == note(7) + kept[1].line + kept[2].line
        assert witnessed(()) == ""
        assert read_note(witnessed(kept)) == checkpoint(7)
