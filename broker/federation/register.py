"""The register as entries: a federation file taken apart into its members, services and the rest, and put together again.

An entry is found by kind and id; its content is what stands in the federation file under that id. Owns what an entry is,
how a file is compared with the register, and what an applied file may touch: what it says, and what an earlier file said.
Where entries are kept is `broker.storage.register`; what a content means is `entries`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from broker.federation import entries, runs_out
from broker.federation.entries import BadEntry, When
from broker.federation.names import of_provider, of_service
from broker.federation.schema import ProviderEntry, ServiceEntry
from broker.login.effects import Change
from metadata.register import Service
from metadata.wire.xml import XmlRefused
from trust_framework.members import State
from trust_framework.names import Name

Key = tuple[str, str]
"""Kind and id."""

Content = Mapping[str, Any]

FEDERATION: Final = "federation"
"""The kind of the one entry that holds whatever the file says beside its lists; its id is empty."""

SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "members": ("member", "org"),
    "services": ("service", "id"),
    "identity_providers": ("identity_provider", "id"),
    "agreements": ("agreement", "id"),
    "policies": ("policy", "id"),
    "feeds": ("feed", "id"),
    "care_providers": ("care_provider", "hsa_id"),
    "care_consumers": ("care_consumer", "hsa_id"),
}
"""By key of the file: the kind of its entries, and which of their keys is the id."""

LEFT: Final = State.LEFT.value
"""The state of what has left: it stands for the record, and its names rest."""

METHODS: Final = ("methods", "method")
KINDS: Final = (FEDERATION, *(kind for kind, _ in SECTIONS.values()), METHODS[1])
FILE: Final = "file"
"""The origin of what an applied file said. Others are `portal`, `api` and `feed:<id>`."""
FEED: Final = "feed:"
"""What the origin of what another federation told begins with; its feed's id follows."""


@dataclass(frozen=True, slots=True)
class About:
    """What lists show and search without opening the content. `subject` is an entityID, issuer or client_id, `entity` the
    entity identifier of OpenID Federation; `names_held` are what others know the entity by, worked out from a content and
    not kept in lists; `on_behalf_of` the kinds of representation that a service takes.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    protocol: str = ""
    subject: str = ""
    expires_at: int | None = None
    names_held: tuple[Name, ...] = ()
    entity: str = ""
    on_behalf_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of an entry. `content` is None when the entry has gone; `org` is the member that it belongs to.

    `place` orders entries as they first came; `previous` is the hash of the entry's version before (see `row_hash`).
    """

    kind: str
    id: str
    org: str
    content: Content | None = field(repr=False)
    digest: str
    version: int
    place: int = 0
    origin: str = FILE
    at: int = 0
    actor: str = ""
    reason: str = ""
    proposal: str = ""
    previous: str = ""

    @property
    def key(self) -> Key:
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A new content for an entry, or None to take it out. `expected` is the version that it was made from (0: none).

    `actor` is the id of a person or client; `proposal` what was approved.
    """

    kind: str
    id: str
    content: Content | None = field(repr=False)
    org: str
    origin: str
    actor: str = ""
    reason: str = ""
    proposal: str = ""
    expected: int | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class ChangeRegister(Change):
    """Several entries changed at once, as one version. Raises Overtaken when one is not as expected."""

    changes: tuple[EntryChange, ...]
    at: int


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry as a list shows it."""

    kind: str
    id: str
    org: str
    version: int
    origin: str
    changed_at: int
    about: About


@dataclass(frozen=True, slots=True)
class RegisterChanges:
    """What stands now of all that has changed since a version, and the keys of what has gone."""

    listed: tuple[ListedEntry, ...]
    gone: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries of a list in the order of their names; `total` of them match, `next` continues after the last."""

    entries: tuple[ListedEntry, ...]
    total: int
    next: str | None = None


def digest(content: Content | None) -> str:
    """SHA-256 over a content in one fixed notation; empty for what has gone."""
    return "" if content is None else hashlib.sha256(_canonical(content)).hexdigest()


def row_hash(entry: Entry) -> str:
    """SHA-256 over everything of a version but its content, which `digest` stands for. The next version names it."""
    told = (entry.kind, entry.id, entry.org, entry.digest, entry.version, entry.origin, entry.at, entry.actor)
    return hashlib.sha256(_canonical([*told, entry.reason, entry.proposal, entry.previous])).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def take_apart(document: Mapping[str, Any]) -> dict[Key, Content]:
    """The entries of a file that has been read, in its order."""
    rest = {name: value for name, value in document.items() if name not in SECTIONS and name != METHODS[0]}
    found: dict[Key, Content] = {(FEDERATION, ""): rest} if rest else {}
    for section, (kind, id_key) in SECTIONS.items():
        found |= {(kind, each[id_key]): each for each in document.get(section, ())}
    return found | {(METHODS[1], name): given for name, given in document.get(METHODS[0], {}).items()}


def put_together(current: Iterable[Entry]) -> dict[str, Any]:
    """The file that says what these entries say; empty for no entries."""
    document: dict[str, Any] = {}
    sections = {kind: section for section, (kind, _) in SECTIONS.items()}
    for entry in sorted(current, key=lambda entry: (entry.kind != FEDERATION, entry.place)):
        if entry.kind == FEDERATION:
            document |= entry.content or {}
        elif entry.kind == METHODS[1]:
            document.setdefault(METHODS[0], {})[entry.id] = entry.content
        else:
            document.setdefault(sections[entry.kind], []).append(entry.content)
    return document


def owner(kind: str, id: str, content: Content | None) -> str:
    """The organisation number of the member that an entry belongs to; empty for what is the federation's own."""
    return id if kind == "member" else str((content or {}).get("member", ""))


def applied(current: Iterable[Entry], told: Mapping[Key, str], document: Mapping[str, Any]) -> tuple[EntryChange, ...]:
    """What applying a file changes. `told` has the digest that a file said last of entries which others changed since.

    A file that says of such an entry what it said before leaves it as it is; one that says something new takes it back,
    be it what stands.
    What no file ever said is left alone.
    """
    present, wanted = {entry.key: entry for entry in current}, take_apart(document)
    changes = []
    for (kind, id_), content in wanted.items():
        entry, new = present.get((kind, id_)), digest(content)
        said = None if entry is None else entry.digest if entry.origin == FILE else told.get((kind, id_))
        if new != said:
            changes.append(EntryChange(kind, id_, content, owner(kind, id_, content), FILE))
    gone = [entry for key, entry in present.items() if key not in wanted and entry.origin == FILE]
    return (*changes, *(EntryChange(entry.kind, entry.id, None, entry.org, FILE) for entry in gone))


def after(current: Iterable[Entry], changes: Iterable[EntryChange]) -> tuple[Entry, ...]:
    """The entries once these changes are made, for looking at; versions and history are not true of them."""
    found = {entry.key: entry for entry in current}
    last = max((entry.place for entry in found.values()), default=0)
    for number, change in enumerate(changes, start=1):
        place = found[change.key].place if change.key in found else last + number
        found[change.key] = Entry(
            change.kind, change.id, change.org, change.content, digest(change.content), 0, place, change.origin
        )
    return tuple(entry for entry in found.values() if entry.content is not None)


def drift(current: Iterable[Entry], told: Mapping[Key, str]) -> Iterator[Entry]:
    """Entries that are not as the last applied file said: changed since, or added without it."""
    for entry in current:
        if entry.origin != FILE and entry.digest != told.get(entry.key):
            yield entry


def about(kind: str, content: Content) -> About:
    """What lists show of a content. One that cannot be read is shown by its id."""
    entity = content.get("openid_federation")
    return replace(
        _about(kind, content),
        entity=str(entity.get("entity_id", "")) if isinstance(entity, Mapping) else "",
        on_behalf_of=tuple(map(str, content.get("on_behalf_of") or ())),
        expires_at=min((each.at for each in runs_out.of_entry(kind, content)), default=None),
    )


def _about(kind: str, content: Content) -> About:
    names = content.get("names") or content.get("name")
    state = str(content.get("state", "active"))
    shown = {key: name for key, name in names.items() if isinstance(name, str)} if isinstance(names, Mapping) else {}
    if kind != "service":
        protocol, subject = _other_subject(kind, content)
        held = _held(subject, content) if kind == "identity_provider" and state != LEFT else ()
        return About(shown, state, protocol, subject, names_held=held)
    try:
        read = entries.service(ServiceEntry.model_validate(content), When(allow_http_loopback=True))
    except (BadEntry, ValidationError):
        return About(shown, state)
    held = of_service(read.service, content) if state != LEFT else ()
    return About(shown or dict(read.names), state, *_subject(read.service), names_held=held)


def _held(subject: str, content: Content) -> tuple[Name, ...]:
    """The names of a provider; a draft that cannot be read has none yet."""
    try:
        return of_provider(subject, content)
    except XmlRefused:
        return ()


def _other_subject(kind: str, content: Content) -> tuple[str, str]:
    """The protocol and the issuer or entityID of what is no service; of most, none."""
    oidc = content.get("oidc")
    if isinstance(oidc, Mapping):
        return "oidc", str(oidc.get("issuer", ""))
    if kind != "identity_provider" or not content.get("saml"):
        return "saml" if content.get("saml") else "", ""
    try:
        upstream = entries.upstream(ProviderEntry.model_validate(content), When(allow_http_loopback=True))
    except (BadEntry, ValidationError):
        return "saml", ""
    return "saml", upstream.entity_id or ""


def _subject(service: Service) -> tuple[str, str]:
    if service.saml is not None:
        return "saml", service.saml.entity_id
    return "oidc", service.oidc.client_id if service.oidc else ""
