"""The federation's metadata as it is asked for: one entity (MDQ) or all for an audience, signed, straight from what is kept.

Owns the HTTP of it: names in the path, validators, compression. What is published, and when it is made, is
`metadata.publication`. An answer must be asked after each time (`no-cache`), so that no cache goes on giving an entity that was
stopped; asking costs little, as each has a tag. Metadata Query Protocol (draft-young-md-query), SAML profile of it
(draft-young-md-query-saml).
"""

from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from ssl import DER_cert_to_PEM_cert
from typing import Final

from broker.exchange import Pieces, Reply
from broker.web.published import SIGNING
from broker.web.turn import Turn
from metadata.publication import AUDIENCES, Answer

View = Callable[[Turn], Reply]
ENTITIES: Final = "/entities/"
_TYPE: Final = ("Content-Type", "application/samlmetadata+xml")
_ALWAYS: Final = (("Cache-Control", "public, no-cache"), ("Vary", "Accept-Encoding"))
_UNKNOWN: Final = Reply(
    404,
    (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")),
    b"No such entity is published.\n",
)


def one_entity(turn: Turn) -> Reply:
    """One entity's signed metadata, named by its entityID, percent-encoded, or by `{sha1}` and that one's digest (MDQ)."""
    answer = turn.on.publication().entity(turn.request.path.removeprefix(ENTITIES), turn.now)
    return _UNKNOWN if answer is None else _answered(answer, turn)


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
    return _answered(turn.on.publication().group(audience, turn.now), turn)


def _answered(answer: Answer, turn: Turn) -> Reply:
    """The document, or that it has not changed; each encoding has a tag of its own (RFC 9110 section 8.8.3.3)."""
    told = turn.request.headers
    packed = accepts_gzip(told.get("accept-encoding", ""))
    tag = f'"{answer.tag}-gzip"' if packed else f'"{answer.tag}"'
    headers = (*_ALWAYS, ("ETag", tag), ("Last-Modified", formatdate(answer.changed_at, usegmt=True)))
    if unchanged(answer, told.get("if-none-match", ""), told.get("if-modified-since", "")):
        return Reply(304, headers)
    document = answer.document
    if packed:
        pieces = Pieces(document.gzip_length, document.gzip)
        return Reply(200, (_TYPE, ("Content-Encoding", "gzip"), *headers), pieces=pieces)
    return Reply(200, (_TYPE, *headers), pieces=Pieces(document.length, document.plain))


def unchanged(answer: Answer, tags: str, since: str) -> bool:
    """Whether the caller has the document already, in either encoding; a time counts only without tags (RFC 9110 13.1.3)."""
    if tags:
        known = {each.strip().removeprefix("W/").strip('"').removesuffix("-gzip") for each in tags.split(",")}
        return answer.tag in known or "*" in known
    try:
        return bool(since) and int(parsedate_to_datetime(since).timestamp()) >= answer.changed_at
    except (ValueError, OverflowError):
        return False


def accepts_gzip(header: str) -> bool:
    """Whether gzip may be sent (RFC 9110 section 12.5.3): named, or meant by `*`, and not with the weight 0."""
    weights = {}
    for each in header.lower().split(","):
        coding, _, parameter = each.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "")
    weight = weights.get("gzip", weights.get("*"))
    return weight is not None and not (weight.startswith("q=0") and not weight.strip("q=0."))
