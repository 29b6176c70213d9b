"""Checkpoints in the formats of C2SP: the specification's own key, and what a verifier must refuse."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    TreeState,
    Verifier,
    by_name_and_id,
    extend,
    notes_of,
    open_note,
    origin,
    read_note,
    sign,
    verifier,
)
from broker.audit.tree import leaf_hash, root
from metadata.wire.signing import signer

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = signer(PRIVATE, kid="k", alg="Ed25519")
OTHER = signer(Ed25519PrivateKey.generate(), kid="o", alg="Ed25519")
NAME = "tillit.example:8440/log"
KNOWN = by_name_and_id([verifier(NAME, SIGNER.public_key)])
POINT = Checkpoint(NAME, 5, bytes(range(32)))


@pytest.mark.spec("C2SP signed-note", "verifier keys")
def test_the_specifications_example_key_is_read_and_written_back():
    text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    key = Verifier.parse(text)
    assert (key.name, key.key_id.hex(), key.text) == ("example.com/foo", "530d903a", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
        "example.com/foo+530d903a+!!!!",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(BadCheckpoint):
        Verifier.parse(text)


@pytest.mark.spec("C2SP tlog-checkpoint", "note text")
def test_a_note_is_three_lines_a_gap_and_a_signature_line():
    note = sign(POINT, SIGNER)
    text, line = note.split("\n\n")
    assert text == f"{NAME}\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert line.startswith(f"— {NAME} ")
    stamp = base64.b64decode(line.split(" ")[2])
    assert stamp[:4] == verifier(NAME, SIGNER.public_key).key_id
    PRIVATE.public_key().verify(stamp[4:], f"{text}\n".encode())
    assert open_note(note, KNOWN) == read_note(note) == POINT


def test_the_logs_name_is_the_issuer_without_its_scheme():
    assert origin("https://tillit.example:8440") == NAME


def test_only_ed25519_signs_checkpoints():
    with pytest.raises(BadCheckpoint):
        verifier(NAME, ec.generate_private_key(ec.SECP256R1()).public_key())


def test_signatures_by_unknown_keys_are_passed_over():
    note, others = sign(POINT, SIGNER), sign(POINT, OTHER).split("\n\n")[1]
    assert open_note(note + others, KNOWN) == POINT
    assert open_note(note.replace("\n\n", "\n\n" + others), KNOWN) == POINT
    with pytest.raises(BadCheckpoint, match="no known key"):
        open_note(sign(POINT, OTHER), KNOWN)


def test_a_bad_signature_by_a_known_key_spoils_the_note_though_another_is_good():
    note = sign(POINT, SIGNER)
    bad = sign(Checkpoint(NAME, 6, POINT.root), SIGNER).split("\n\n")[1]
    with pytest.raises(BadCheckpoint, match="bad signature"):
        open_note(note + bad, KNOWN)


def test_a_known_key_under_another_name_is_unknown():
    with pytest.raises(BadCheckpoint):
        open_note(sign(Checkpoint("other/log", 5, POINT.root), SIGNER), KNOWN)


def changed(old: str, new: str) -> str:
    return sign(POINT, SIGNER).replace(old, new, 1)


def resigned(text: str) -> str:
    stamp = verifier(NAME, SIGNER.public_key).key_id + SIGNER.sign(text.encode())
    return f"{text}\n— {NAME} {base64.b64encode(stamp).decode()}\n"


@pytest.mark.parametrize(
    "note",
    [
        "", "\n\n", sign(POINT, SIGNER)[:-1], sign(POINT, SIGNER) + "\n", changed("\n5\n", "\n6\n"), changed("\n\n", "\n"),
        changed("— ", "- "), changed("— ", "—"), changed("AAEC", "AAED"), changed("AAEC", "A!EC"), changed("\n5\n", "\n5\r\n"),
        changed("— ", "— x "), sign(POINT, SIGNER) + "— short AAAA\n", sign(POINT, SIGNER) + "— b+d AAAAAAAAAA==\n",
        sign(POINT, SIGNER) * 2, sign(POINT, SIGNER) + sign(POINT, OTHER).split("\n\n")[1] * 16, "x" * 70_000,
        resigned(f"{NAME}\n05\n{'A' * 43}=\n"), resigned(f"{NAME}\n-5\n{'A' * 43}=\n"), resigned(f"{NAME}\n٥\n{'A' * 43}=\n"),
        resigned(f"{NAME}\n5\nAAAA\n"), resigned(f"{NAME}\n5\n"), resigned(f"a b\n5\n{'A' * 43}=\n"), resigned(f"{NAME}\n\n"),
    ],
)  # fmt: skip
def test_a_note_that_is_not_well_formed_or_not_signed_is_refused(note):
    with pytest.raises(BadCheckpoint):
        open_note(note, KNOWN)


def test_further_lines_of_text_are_allowed():
    assert open_note(resigned(f"{NAME}\n5\n{base64.b64encode(POINT.root).decode()}\nmore\n"), KNOWN) == POINT


def test_the_tree_grows_from_what_was_stored_and_is_signed_as_it_then_is():
    leaves = [str(n).encode() for n in range(11)]
    state = TreeState(0, b"", "")
    for batch in (leaves[:3], leaves[3:4], leaves[4:]):
        grown = extend(state, batch, NAME, SIGNER)
        state = TreeState(grown.size, grown.frontier, grown.note)
    assert open_note(state.note, KNOWN) == Checkpoint(NAME, 11, root([leaf_hash(e) for e in leaves]))


@pytest.mark.parametrize("spoil", ["frontier", "note"])
def test_a_tree_that_is_not_the_one_signed_before_is_not_signed(spoil):
    grown = extend(TreeState(0, b"", ""), [b"1", b"2"], NAME, SIGNER)
    other = extend(TreeState(0, b"", ""), [b"1", b"3"], NAME, SIGNER)
    frontier, note = (other.frontier, grown.note) if spoil == "frontier" else (grown.frontier, other.note)
    with pytest.raises(BadCheckpoint, match="not the one that was signed"):
        extend(TreeState(2, frontier, note), [b"4"], NAME, SIGNER)


def test_a_file_of_notes_is_taken_apart_and_a_torn_end_is_shown():
    one, two = sign(POINT, SIGNER), sign(Checkpoint(NAME, 6, POINT.root), SIGNER)
    assert notes_of("") == ([], "")
    assert notes_of(one) == ([one], "")
    assert notes_of(f"{one}\n{two}\n") == ([one, two], "")
    for cut in (1, len(NAME) + 2, two.index("\n\n") + 1, two.index("—") + 1, len(two) - 5):
        assert notes_of(f"{one}\n{two[:cut]}") == ([one], two[:cut])
