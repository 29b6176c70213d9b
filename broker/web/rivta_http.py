"""HTTP of the contracts' listener: requests with a body of known or chunked length, on connections that live on.

Pure functions over octets, and the reading of one body; the head is read as the card listener reads it. Two lengths, a length
that is no number, or a coding other than chunked are refused, since the next request would begin somewhere else
(RFC 9112 sections 6.3 and 11.2).
"""

import re
from http import HTTPStatus
from typing import Final

from broker.exchange import Reply
from broker.web.card_http import BadHead, Head
from broker.web.card_tls import Stream

CHUNKED: Final = -1
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_LENGTH: Final = re.compile(r"[0-9]{1,9}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;.*)?")
_MOST_TRAILERS: Final = 20

_ALWAYS: Final = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


def length_of(head: Head, most: int) -> int:
    """How long the body is, CHUNKED when it says so itself. Raises BadHead."""
    codings, lengths = head.all("transfer-encoding"), head.all("content-length")
    if codings:
        if lengths or [coding.lower() for coding in codings] != ["chunked"]:
            raise BadHead(400, "a body of two lengths")
        return CHUNKED
    if not lengths:
        return 0
    if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
        raise BadHead(400, "Content-Length")
    if int(lengths[0]) > most:
        raise BadHead(413, "a body that is too long")
    return int(lengths[0])


async def body_of(stream: Stream, length: int, most: int) -> bytes:
    """The body itself. Raises BadHead."""
    return await _chunks(stream, most) if length == CHUNKED else await stream.read_exactly(length)


async def _chunks(stream: Stream, most: int) -> bytes:
    """RFC 9112 section 7.1, trailers read over."""
    pieces: list[bytes] = []
    total = 0
    while size := _size(await stream.read_line()):
        total += size
        if total > most:
            raise BadHead(413, "a body that is too long")
        pieces.append(await stream.read_exactly(size))
        if await stream.read_exactly(2) != b"\r\n":
            raise BadHead(400, "a chunk's end")
    for _ in range(_MOST_TRAILERS):
        if not await stream.read_line():
            return b"".join(pieces)
    raise BadHead(431, "trailers")


def _size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise BadHead(400, "a chunk's length")
    return int(found[1], 16)


def expects_continue(head: Head) -> bool:
    """Whether the client waits for a word before it sends the body (RFC 9110 section 10.1.1)."""
    return any(each.lower() == "100-continue" for each in head.all("expect"))


def stays(head: Head) -> bool:
    """Whether the client wants to use the connection again. HTTP/1.0 is taken as wanting to close."""
    return not any("close" in each.lower() for each in head.all("connection"))


def on_the_wire(reply: Reply, *, last: bool, told_of: bool = False) -> bytes:
    """A reply on a connection that goes on unless it is the `last`. A body that is only `told_of` (HEAD) has its length there."""
    more = (("Connection", "close"),) if last else ()
    fields = (*reply.headers, *_ALWAYS, *more, ("Content-Length", str(len(reply.body))))
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if told_of else reply.body)
