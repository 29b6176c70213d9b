"""The federation's metadata as it is asked for: one entity (MDQ) or all for an audience, signed, straight from what is kept.

Owns the HTTP of it: names in the path, validators, compression. What is published, and when it is made, is
`metadata.publication`. An answer must be asked after each time (`no-cache`), so that no cache goes on giving an entity that was
stopped; asking costs little, as each has a tag. Metadata Query Protocol (draft-young-md-query), SAML profile of it
(draft-young-md-query-saml).
"""

import threading
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from ssl import DER_cert_to_PEM_cert
from typing import Final

from broker.exchange import Pieces, Reply
from broker.web.documents import fetched
from broker.web.published import SIGNING
from broker.web.turn import Turn
from metadata.publication import AUDIENCES, SHA1, Answer, sha1

View = Callable[[Turn], Reply]
ENTITIES: Final = "/entities/"
SHORT: Final = 32 * 1024
KEPT: Final = 1024
_TYPE: Final = ("Content-Type", "application/samlmetadata+xml")
_ALWAYS: Final = (("Cache-Control", "public, no-cache"), ("Vary", "Accept-Encoding"))
_UNKNOWN: Final = Reply(
    404,
    (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")),
    b"No such entity is published.\n",
)


def one_entity(turn: Turn) -> Reply:
    """One entity's signed metadata, named by its entityID, percent-encoded, or by `{sha1}` and that one's digest (MDQ)."""
    name = turn.request.path.removeprefix(ENTITIES)
    if name in _our_names(turn.on.services.settings.entity_id):
        fetched("mdq", turn)
    answer = turn.on.publication().entity(name, turn.now)
    return _UNKNOWN if answer is None else _answered(answer, turn)


@lru_cache(maxsize=8)
def _our_names(entity_id: str) -> frozenset[str]:
    """What our own metadata, with our keys, is asked for by; a fetch of another's tells nothing of who knows our keys."""
    return frozenset({entity_id, SHA1 + sha1(entity_id)})


def everything(turn: Turn) -> Reply:
    """Every entity's metadata in one signed document (MDQ: all entities)."""
    return _group("all", turn)


def views() -> dict[str, View]:
    """A view for each audience."""
    return {audience: _for(audience) for audience in AUDIENCES}


def _for(audience: str) -> View:
    def view(turn: Turn) -> Reply:
        return _group(audience, turn)

    view.__doc__ = f"The signed metadata of {audience.replace('-', ' ')}, in one document."
    return view


def certificates(turn: Turn) -> Reply:
    """The certificates of the keys that sign what is published, the present one first, to be compared before they are trusted."""
    keys = turn.on.services.keys().published(SIGNING)
    certified = (key.signer.certificate for key in keys if key.signer.certificate is not None)
    pem = "".join(DER_cert_to_PEM_cert(der) for der in certified)
    return Reply(200, (("Content-Type", "application/x-pem-file"), _ALWAYS[0]), pem.encode())


def _group(audience: str, turn: Turn) -> Reply:
    fetched("aggregate", turn)  # we are among the entities of each
    return _answered(turn.on.publication().group(audience, turn.now), turn)


def _answered(answer: Answer, turn: Turn) -> Reply:
    """The document, or that it has not changed; each encoding has a tag of its own (RFC 9110 section 8.8.3.3)."""
    told = turn.request.headers
    packed = accepts_gzip(told.get("accept-encoding", ""))
    known, since = told.get("if-none-match", ""), told.get("if-modified-since", "")
    if (known or since) and unchanged(answer, known, since):
        return Reply(304, _headers(answer, packed=packed))
    return READY.reply(answer, packed=packed)


def _headers(answer: Answer, *, packed: bool) -> tuple[tuple[str, str], ...]:
    tag = f'"{answer.tag}-gzip"' if packed else f'"{answer.tag}"'
    return (*_ALWAYS, ("ETag", tag), ("Last-Modified", formatdate(answer.changed_at, usegmt=True)))


class Ready:
    """Replies as they were sent last, so that the next one costs a look: those of single entities, as many as `KEPT`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], Reply] = {}
        self._making_room = threading.Lock()

    def reply(self, answer: Answer, *, packed: bool) -> Reply:
        """The document whole, or in pieces when it is long."""
        key = answer.tag, packed
        kept = self._kept.get(key)
        if kept is None:
            kept = _reply(answer, packed=packed)
            if kept.pieces is None:
                self._keep(key, kept)
        return kept

    def _keep(self, key: tuple[str, bool], reply: Reply) -> None:
        with self._making_room:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = reply


READY: Final = Ready()
"""By tag, which names one sequence of octets whoever serves it."""


def _reply(answer: Answer, *, packed: bool) -> Reply:
    document = answer.document
    encoding = (("Content-Encoding", "gzip"),) if packed else ()
    headers = (_TYPE, *encoding, *_headers(answer, packed=packed))
    length, walk = (document.gzip_length, document.gzip) if packed else (document.length, document.plain)
    if length > SHORT:
        return Reply(200, headers, pieces=Pieces(length, walk))
    return Reply(200, headers, b"".join(walk()))


def unchanged(answer: Answer, tags: str, since: str) -> bool:
    """Whether the caller has the document already, in either encoding; a time counts only without tags (RFC 9110 13.1.3)."""
    if tags:
        known = {each.strip().removeprefix("W/").strip('"').removesuffix("-gzip") for each in tags.split(",")}
        return answer.tag in known or "*" in known
    try:
        return bool(since) and int(parsedate_to_datetime(since).timestamp()) >= answer.changed_at
    except (ValueError, OverflowError):
        return False


@lru_cache(maxsize=256)
def accepts_gzip(header: str) -> bool:
    """Whether gzip may be sent (RFC 9110 section 12.5.3): named, or meant by `*`, and not with the weight 0."""
    weights = {}
    for each in header.lower().split(","):
        coding, _, parameter = each.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "")
    weight = weights.get("gzip", weights.get("*"))
    return weight is not None and not (weight.startswith("q=0") and not weight.strip("q=0."))
