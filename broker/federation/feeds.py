"""Feeds: other federations' metadata fetched, verified, filtered and made entries of the register, on the feed's terms.

What a feed brings has the origin `feed:<id>`. A fetch that fails, or brings what cannot be believed, leaves what there is,
until the validity of that has passed; then it goes, for nobody vouches for it any more. The feed itself is an entry like
any other, approved like any other; which of its entities are taken is `metadata.feeds`'s affair.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from pydantic import ValidationError

from broker.federation import entries
from broker.federation.entries import BadEntry, When
from broker.federation.feed_entry import FeedEntry
from broker.federation.register import FEED, Content, Entry, EntryChange, digest
from broker.federation.schema import ProviderEntry, ServiceEntry
from broker.login.effects import Change
from metadata.feeds import PROVIDER, SERVICE, Left, Offered, each_read, through
from metadata.validity import Dates, doubt
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.saml_feed import SignedFeed, read_signed
from metadata.wire.signing import PublicKey, UnfitKey
from metadata.wire.x509 import BadCertificate, load_pem_or_der_certificate, public_key
from metadata.wire.xml import XmlRefused
from trust_framework.members import State

DAY: Final = 86400
MOST_LEFT: Final = 200
"""Entities left out that are told by name; the rest are counted."""

Held = Callable[[EntryChange], str]
"""Which name of an entry is not free for it (an entityID, an address); empty when all are."""


class BadCertificateOfFeed(ValueError):
    """The certificate cannot verify a feed; the text says why."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a feed has fared. Times are epoch seconds; `failing_since` and `error` are of the last tries, when they failed."""

    id: str
    checked_at: int = 0
    valid_until: int = 0
    created_at: int = 0
    etag: str = ""
    taken: int = 0
    left: tuple[tuple[str, str], ...] = ()
    left_count: int = 0
    terms: str = ""
    error: str = ""
    failing_since: int = 0


@dataclass(frozen=True, slots=True)
class KeepFeed(Change):
    """Keep how a feed has fared."""

    state: FeedState


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of a look at a feed: what changes in the register, and how the feed has fared."""

    state: FeedState
    changes: tuple[EntryChange, ...] = ()


class _Failed(Exception):
    """The feed cannot be believed now. The text is a short machine word, and what it is about."""


def keys_of(feed: FeedEntry) -> tuple[PublicKey, ...]:
    """The key that signs the feed. The certificate is a container, and not looked at otherwise. Raises
    BadCertificateOfFeed.
    """
    try:
        return (public_key(load_pem_or_der_certificate(feed.certificate.encode())),)
    except (BadCertificate, UnfitKey) as error:
        raise BadCertificateOfFeed(f"cannot be used: {error}") from error


def due(feed: FeedEntry, state: FeedState, now: int) -> bool:
    """Whether the feed is to be looked at: its time has come, its terms changed, or what it brought has run out."""
    if feed.state is not State.ACTIVE:
        return state.taken > 0
    aged = now >= state.checked_at + feed.refresh_minutes * 60
    return aged or terms_of(feed) != state.terms or bool(state.taken and now >= state.valid_until)


def terms_of(feed: FeedEntry) -> str:
    """Changes whenever what the feed brings may have to change with it."""
    return digest(feed.model_dump(mode="json", exclude={"names", "refresh_minutes"}))


def refreshed(
    feed: FeedEntry, state: FeedState, mine: Sequence[Entry], held: Held, egress: Fetches, now: int
) -> Refreshed:
    """Look at a feed. `mine` are the entries that it brought before."""
    if feed.state is not State.ACTIVE:
        return Refreshed(FeedState(feed.id, checked_at=now), _gone(feed, mine))
    same_terms = state.terms == terms_of(feed)
    try:
        found = _fetched(feed, state.etag if same_terms and now < state.valid_until else "", egress)
        if found is None:
            return Refreshed(replace(state, checked_at=now, error="", failing_since=0))
        signed, etag = found
        until = _believed(signed, feed, state, now)
        wanted, left = _wanted(feed, signed, held, now)
        _not_empty(mine, wanted)
    except _Failed as error:
        return _failed(feed, state, mine, str(error), now)
    told = tuple((each.entity_id[:500], each.why) for each in left[:MOST_LEFT])
    fared = FeedState(feed.id, now, until, signed.created_at or 0, etag, len(wanted), told, len(left), terms_of(feed))
    return Refreshed(fared, tuple(_changes(feed, mine, wanted)))


def unrecorded(state: FeedState, error: str, now: int) -> Refreshed:
    """What is kept of a look whose changes could not be written."""
    return Refreshed(replace(state, checked_at=now, error=error, failing_since=state.failing_since or now))


def ended(feed: str, mine: Sequence[Entry]) -> tuple[EntryChange, ...]:
    """What goes with a feed that is no longer in the register."""
    return tuple(EntryChange(each.kind, each.id, None, each.org, FEED + feed) for each in mine)


def _gone(feed: FeedEntry, mine: Sequence[Entry]) -> tuple[EntryChange, ...]:
    return ended(feed.id, mine)


def _failed(feed: FeedEntry, state: FeedState, mine: Sequence[Entry], error: str, now: int) -> Refreshed:
    """The last good stays while it is valid."""
    since = state.failing_since or now
    fared = replace(state, checked_at=now, error=error, failing_since=since)
    if mine and now >= state.valid_until:
        return Refreshed(replace(fared, taken=0), _gone(feed, mine))
    return Refreshed(fared)


def _fetched(feed: FeedEntry, etag: str, egress: Fetches) -> tuple[SignedFeed, str] | None:
    """The verified documents as one; None when nothing is new."""
    if not feed.entities:
        found = _document(feed, feed.url, etag, egress)
        return None if found is None else (_verified(found[0], feed), found[1])
    asked = [_document(feed, _query(feed.url, each), "", egress) for each in feed.entities]
    signed = [_verified(found[0], feed) for found in asked if found is not None]
    parts = tuple(part for each in signed for part in each.parts)
    ends = [each.valid_until for each in signed]
    until = None if None in ends else min(end for end in ends if end is not None)
    return SignedFeed(parts, until, None), ""


def _query(base: str, entity_id: str) -> str:
    """The address of one entity (Metadata Query Protocol section 2.1)."""
    return f"{base.rstrip('/')}/entities/{quote(entity_id, safe='')}"


def _document(feed: FeedEntry, url: str, etag: str, egress: Fetches) -> tuple[bytes, str] | None:
    headers = {"Accept": "application/samlmetadata+xml"} | ({"If-None-Match": etag} if etag else {})
    purpose = "default" if feed.entities else "aggregate"
    try:
        answer = egress.fetch(Outbound("GET", url, headers, purpose=purpose))
    except (EgressFailed, EgressRefused) as error:
        raise _Failed(f"fetch: {error}") from error
    if answer.status == 304 and etag:  # noqa: PLR2004
        return None
    if answer.status != 200:  # noqa: PLR2004
        raise _Failed(f"fetch: status {answer.status}")
    given = answer.headers.get("etag", "")
    return answer.body, given if given.isascii() and given.isprintable() and len(given) <= 200 else ""  # noqa: PLR2004


def _verified(octets: bytes, feed: FeedEntry) -> SignedFeed:
    try:
        return read_signed(octets, keys_of(feed))
    except XmlRefused as error:
        raise _Failed(f"document: {error.reason}") from error


def _believed(signed: SignedFeed, feed: FeedEntry, state: FeedState, now: int) -> int:
    """Until when what the document says holds. Refuses one without an end, past it, too long, or older than the last."""
    until = signed.valid_until
    if until is None:
        raise _Failed("valid-until: missing")
    last = Dates(state.valid_until, state.created_at)
    if why := doubt(Dates(until, signed.created_at), last, feed.max_days * DAY, now):
        raise _Failed(why)
    return until


def _wanted(
    feed: FeedEntry, signed: SignedFeed, held: Held, now: int
) -> tuple[dict[tuple[str, str], Content], list[Left]]:
    """The entries that the feed brings, by kind and id, and what is left out."""
    found, unread = each_read(signed.parts)
    role = SERVICE if feed.services is not None else PROVIDER
    passed, left = through((f"keep role {role}", *feed.steps), found)
    wanted: dict[tuple[str, str], Content] = {}
    for each in passed:
        kind, content = _entry(feed, each)
        why = _unfit(kind, content, each, now)
        if not why and (name := held(_change(feed, kind, content))):
            why = f"is not free: {name}"
        if why:
            left.append(Left(each.entity_id, why))
        else:
            wanted[kind, content["id"]] = content
    return wanted, unread + left


def _not_empty(mine: Sequence[Entry], wanted: Mapping[tuple[str, str], Content]) -> None:
    """A feed that brought something and now brings nothing is broken sooner than empty."""
    if mine and not wanted:
        raise _Failed("empty")


def _entry(feed: FeedEntry, each: Offered) -> tuple[str, dict[str, Any]]:
    id_ = f"{feed.id}.{hashlib.sha256(each.entity_id.encode()).hexdigest()[:16]}"
    saml = {"metadata_xml": each.octets.decode()}
    if feed.services is not None:
        return "service", {"id": id_, "saml": saml, **_given(feed.services.model_dump(mode="json"))}
    terms: Mapping[str, Any] = feed.identity_providers.model_dump(mode="json") if feed.identity_providers else {}
    return "identity_provider", {"id": id_, "saml": saml, "scopes": sorted(each.scopes), **_given(terms)}


def _given(terms: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in terms.items() if value not in ([], {})}


def _unfit(kind: str, content: Content, each: Offered, now: int) -> str:
    """Why an entity cannot be an entry, or nothing."""
    if each.valid_until is not None and each.valid_until <= now:
        return "its validity has passed"
    try:
        if kind == "service":
            entries.service(ServiceEntry.model_validate(content), When(now=now))
        else:
            entries.upstream(ProviderEntry.model_validate(content), When(now=now))
    except BadEntry as error:
        return error.why
    except ValidationError as error:
        return f"cannot be used: {error.errors()[0]['msg']}"
    return ""


def _change(feed: FeedEntry, kind: str, content: Content) -> EntryChange:
    org = feed.services.member if feed.services is not None else ""
    return EntryChange(kind, content["id"], content, org, FEED + feed.id)


def _changes(
    feed: FeedEntry, mine: Sequence[Entry], wanted: Mapping[tuple[str, str], Content]
) -> Iterator[EntryChange]:
    before = {each.key: each for each in mine}
    for (kind, id_), content in wanted.items():
        known = before.get((kind, id_))
        if known is None or known.digest != digest(content):
            yield _change(feed, kind, content)
    yield from ended(feed.id, [each for key, each in before.items() if key not in wanted])
