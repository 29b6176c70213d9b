"""What single entries publish at an address: fetched, verified, and looked at again; the last good stays until something better.

The entry of a SAML service or identity provider may say where its metadata is published (`saml.metadata_url`) and whose key
signs it there. What is found there later is proposed like any other change of the entry: what is harmless is published at once,
what touches trust waits for those who approve it, and meanwhile the register's copy serves. A client's keys (`jwks_uri`) are its
own to change: a look at them changes nothing, and tells its team what a login would find. Other federations' feeds are
`broker.federation.feeds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from broker.federation import proposals
from broker.federation.judged import dates_of
from broker.federation.proposals import Desk, Done
from broker.federation.register import Entry
from broker.login.effects import NOTHING, Change, Effects
from metadata.validity import LONGEST as LONGEST_VALID
from metadata.validity import Dates, believable, doubt, latest
from metadata.wire.jose import read_jwks
from metadata.wire.jwk import BadKeySet
from metadata.wire.oidc_messages import OidcRefused, read_document
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.saml_feed import SignedFeed, read_signed
from metadata.wire.saml_metadata import read_entity
from metadata.wire.signing import UnfitKey
from metadata.wire.x509 import BadCertificate, load_pem_or_der_certificate, public_key
from metadata.wire.xml import XmlRefused
from trust_framework.approval import OPEN, Proposal, Refused, Stage
from trust_framework.days import day_of
from trust_framework.members import State
from trust_framework.roles import FEDERATION, MACHINE, Actor, Role, RoleGrant

EVERY: Final = 3600
"""Seconds from one look at an address to the next."""

LONGEST: Final = 2 * 1024 * 1024
NEAR: Final = 7 * 86_400
"""Seconds before its own end from which a copy is replaced by one that says the same and lasts longer."""

ORIGIN: Final = "address"
SERVICE: Final = "service"
KINDS: Final = (SERVICE, "identity_provider")
IN_FORCE: Final = frozenset({State.ACTIVE.value, State.TEST.value})
NO_DATES: Final = Dates()
_TURNED_DOWN: Final = frozenset({Stage.REJECTED, Stage.WITHDRAWN})
LONGEST_WORD: Final = 200
_REASON: Final = "What is published at the address of the metadata has changed."


class NotFetched(Exception):
    """The address gives no metadata that can be believed. The text is a short machine word, and what it is about."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an entry publishes something: its metadata, or the keys of a client."""

    url: str
    keys: bool = False


@dataclass(frozen=True, slots=True)
class AddressState:
    """How the address of an entry has fared. Times are epoch seconds; `failing_since` and `error` are of the last looks, when
    they failed, `good_at` is the last that did not, `held` what it found, in short, `valid_until` and `created_at` what that
    said of its age. `proposal` is the one that was made of what was found last.
    """

    id: str
    checked_at: int = 0
    etag: str = ""
    error: str = ""
    failing_since: int = 0
    proposal: str = ""
    kind: str = SERVICE
    url: str = ""
    keys: bool = False
    good_at: int = 0
    held: tuple[str, ...] = ()
    valid_until: int | None = None
    created_at: int | None = None

    @property
    def last(self) -> Dates:
        """What the last good document said of its age."""
        return Dates(self.valid_until, self.created_at)

    @property
    def next_at(self) -> int:
        """When it is looked at again; 0 for one that never was."""
        return self.checked_at + EVERY if self.checked_at else 0


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """An address as lists show it, with the member that its entry belongs to and the entry's names."""

    state: AddressState
    org: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AddressPage:
    """Some addresses of a list; `total` match, `next` continues after the last."""

    addresses: tuple[ListedAddress, ...]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class KeepAddress(Change):
    """Keep how an address has fared."""

    state: AddressState


@dataclass(frozen=True, slots=True)
class Found:
    """What is published at an address: the document as it is to be kept, its ETag, and what it says of its age."""

    xml: str
    etag: str = ""
    dates: Dates = NO_DATES


def address_of(kind: str, content: Mapping[str, Any]) -> Address | None:
    """The address that an entry in force is to be looked at, or None."""
    if kind not in KINDS or content.get("state", State.ACTIVE.value) not in IN_FORCE:
        return None
    saml, oidc = (content.get(protocol) or {} for protocol in ("saml", "oidc"))
    if url := str(saml.get("metadata_url") or ""):
        return Address(url)
    url = str(oidc.get("jwks_uri") or "") if kind == SERVICE else ""
    return Address(url, keys=True) if url else None


def fetched(saml: Mapping[str, Any], egress: Fetches, now: int, etag: str = "", last: Dates = NO_DATES) -> Found | None:
    """What stands at `metadata_url`, verified with `metadata_certificate` where there is one; None when nothing is new. What
    holds too long, no longer, or is older than the `last` is not believed (FR-01). Raises NotFetched.
    """
    headers = {"Accept": "application/samlmetadata+xml"} | ({"If-None-Match": etag} if etag else {})
    try:
        answer = egress.fetch(Outbound("GET", str(saml["metadata_url"]), headers))
    except (EgressFailed, EgressRefused) as error:
        raise NotFetched(f"fetch: {error}") from error
    if answer.status == 304 and etag:  # noqa: PLR2004
        return None
    if answer.status != 200:  # noqa: PLR2004
        raise NotFetched(f"fetch: status {answer.status}")
    if len(answer.body) > LONGEST:
        raise NotFetched("document: too long")
    given = answer.headers.get("etag", "")
    kept = given if given.isascii() and given.isprintable() and len(given) <= 200 else ""  # noqa: PLR2004
    xml, dates = _verified(answer.body, str(saml.get("metadata_certificate") or ""))
    if why := doubt(dates, last, LONGEST_VALID, now):
        raise NotFetched(why)
    return Found(xml, kept, dates)


def _verified(octets: bytes, certificate: str) -> tuple[str, Dates]:
    """The entity's document, of the signed octets where a certificate says whose key signs it, and its dates."""
    try:
        signed = Dates()
        if certificate:
            key = public_key(load_pem_or_der_certificate(certificate.encode()))
            octets, signed = _only_entity(read_signed(octets, (key,), limit=LONGEST))
        entity = read_entity(octets)
        ends = (each for each in (signed.valid_until, entity.valid_until) if each is not None)
        return octets.decode(), Dates(min(ends, default=None), signed.created or entity.created)
    except (BadCertificate, UnfitKey) as error:
        raise NotFetched("certificate: cannot be used") from error
    except XmlRefused as error:
        raise NotFetched(f"document: {error.reason}") from error
    except UnicodeDecodeError as error:
        raise NotFetched("document: not UTF-8") from error


def _only_entity(signed: SignedFeed) -> tuple[bytes, Dates]:
    """The entity of a signed document. Its dates are told here, for its end is left out of what is kept."""
    if len(signed.parts) != 1:
        raise NotFetched("document: not one entity")
    ends = (*signed.parts[0].ends, *(() if signed.valid_until is None else (signed.valid_until,)))
    return signed.parts[0].octets, Dates(min(ends, default=None), signed.created_at)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a look: how the address fares, and what is to be done about what was found there, in this order."""

    state: AddressState
    steps: tuple[Effects, ...] = ()
    published: bool = False


def looked_at(entry: Entry, state: AddressState, egress: Fetches, desk: Desk) -> Looked:
    """Look at the address of an entry."""
    content = entry.content or {}
    try:
        fared = replace(state, checked_at=desk.now, good_at=desk.now, error="", failing_since=0)
        if "saml" not in content:
            return Looked(replace(fared, held=_key_ids(state.url, egress)))
        etag = state.etag if not state.error else ""
        found = fetched(content["saml"], egress, desk.now, etag, _last(content["saml"], state, desk))
        if found is None:
            return Looked(fared)
        ends, made = found.dates.valid_until, found.dates.created
        fared = replace(fared, etag=found.etag, held=_told(found.xml), valid_until=ends, created_at=made)
        return _proposed(entry, _after(content, found.xml), fared, desk)
    except NotFetched as error:
        since = state.failing_since or desk.now
        return Looked(replace(state, checked_at=desk.now, etag="", error=str(error), failing_since=since))


def _last(saml: Mapping[str, Any], state: AddressState, desk: Desk) -> Dates:
    """What a document may not be older than: what stands, and what was found since. What nobody signs counts no more once those
    who approve have said no to it, or whoever could write there would decide what is old.
    """
    standing = believable(dates_of(saml["metadata_xml"]) or NO_DATES, LONGEST_VALID, desk.now)
    asked = desk.store.proposal(state.proposal) if state.proposal and not saml.get("metadata_certificate") else None
    return standing if asked is not None and asked.stage in _TURNED_DOWN else latest(state.last, standing)


def _key_ids(url: str, egress: Fetches) -> tuple[str, ...]:
    """The keys that a client publishes, by their ids, as a login would find them."""
    try:
        found = read_jwks(read_document(egress.fetch(Outbound("GET", url)), "jwks_uri"))
    except (EgressFailed, EgressRefused, OidcRefused) as error:
        raise NotFetched(f"fetch: {error}") from error
    except BadKeySet as error:
        raise NotFetched("keys: cannot be used") from error
    if not found.keys:
        raise NotFetched("keys: none that can be used")
    return tuple((key.kid or "–")[:LONGEST_WORD] for key in found.keys)


def _told(xml: str) -> tuple[str, ...]:
    """What a document says, in short: whose it is, and until when it holds."""
    entity = read_entity(xml.encode())
    ends = () if entity.valid_until is None else (f"validUntil {day_of(entity.valid_until).isoformat()}",)
    return (entity.entity_id[:LONGEST_WORD], *ends)


def _after(content: Mapping[str, Any], xml: str) -> dict[str, Any]:
    """The content with what was found, which must be of the same entity."""
    if _entity(xml) != _entity(content["saml"]["metadata_xml"]):
        raise NotFetched("document: another entity")
    return {**content, "saml": {**content["saml"], "metadata_xml": xml}}


def _entity(xml: str) -> str:
    return read_entity(xml.encode()).entity_id


def _proposed(entry: Entry, after: Mapping[str, Any], state: AddressState, desk: Desk) -> Looked:
    """The change as a proposal: the one that is open, with another content, or a new one."""
    actor, earlier = _machine(entry), desk.store.proposal(state.proposal) if state.proposal else None
    still = earlier if earlier is not None and earlier.stage in OPEN else None
    if after == entry.content or _says_the_same(entry, after, desk):
        return _nothing_new(still, actor, state, desk)
    if earlier is not None and earlier.content == after:  # it waits, or somebody has said no to just this
        return Looked(state)
    made = (
        proposals.edit(still, after, actor, desk)
        if still is not None
        else proposals.draft(entry.kind, entry.id, entry.org, after, actor, desk)
    )
    if isinstance(made, Refused):
        raise NotFetched(f"refused: {made.why}")
    sent = proposals.submit(made.proposal, _REASON, actor, desk)
    if isinstance(sent, Refused):
        raise NotFetched(f"refused: {sent.why} {'; '.join(sent.about)}"[:500].strip())
    return Looked(replace(state, proposal=sent.proposal.id), (made.effects, sent.effects), sent.published)


def _says_the_same(entry: Entry, after: Mapping[str, Any], desk: Desk) -> bool:
    """Whether a document differs in nothing that anybody would be told of, and the copy that stands lasts a good while."""
    standing = entry.content or {}
    ends = read_entity(standing["saml"]["metadata_xml"].encode()).valid_until
    lasts = ends is None or ends > desk.now + NEAR
    return lasts and proposals.words(entry.kind, entry.id, standing, after, desk.settings) == ()


def _nothing_new(still: Proposal | None, actor: Actor, state: AddressState, desk: Desk) -> Looked:
    """What stands is what is published: a proposal that is still open has been overtaken."""
    if still is None:
        return Looked(state)
    answer = proposals.withdraw(still, _REASON, actor, desk)
    return Looked(replace(state, proposal=""), (answer.effects if isinstance(answer, Done) else NOTHING,))


def _machine(entry: Entry) -> Actor:
    """Who proposes: nobody of the member, so that the federation approves (as of what a member's client writes). Of what belongs
    to no member, nobody of the federation.
    """
    name = f"{MACHINE}{ORIGIN}:{entry.id}"
    org, role = (entry.org, Role.TECHNICAL) if entry.org else (FEDERATION, Role.OPERATOR)
    return Actor(name, ORIGIN, (RoleGrant(name, org, role, ORIGIN, 0),))
