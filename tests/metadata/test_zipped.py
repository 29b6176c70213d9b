"""Parts compressed once and joined: always the same octets, whichever way they are sent."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from metadata.zipped import CHUNK, gathered, joined, zipped


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_parts_joined_are_the_octets_one_after_another(pieces):
    document = joined([zipped(piece) for piece in pieces])

    assert b"".join(document.plain()) == b"".join(pieces)
    assert document.length == sum(map(len, pieces))


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_the_gzip_form_is_one_file_with_one_member(pieces):
    document = joined([zipped(piece) for piece in pieces])
    file = b"".join(document.gzip())

    assert len(file) == document.gzip_length
    assert gzip.decompress(file) == b"".join(pieces)
    one_member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert one_member.decompress(file) == b"".join(pieces)
    assert one_member.eof
    assert one_member.unused_data == b""


def test_what_is_sent_comes_in_pieces_worth_sending():
    pieces = list(gathered([b"x" * 1000] * 200))

    assert b"".join(pieces) == b"x" * 200_000
    assert all(CHUNK <= len(piece) < CHUNK + 1000 for piece in pieces[:-1])
    assert list(gathered([b"x" * CHUNK])) == [b"x" * CHUNK]
    assert list(gathered([])) == []


def test_a_document_can_be_walked_again():
    document = joined([zipped(b"<a>"), zipped(b"</a>")])
    assert list(document.plain()) == list(document.plain()) == [b"<a></a>"]
