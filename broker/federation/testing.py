"""The federation of the test issuer: services that are not yet in force, simulated methods, made-up persons.

Owns which entries of the register the test issuer serves, and as what: a service in state `test`, or what an open draft says
of one, under an otherwise unchanged federation. A service in force is served elsewhere, and only there. What cannot be read is
left out, and said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol

from pydantic import ValidationError

from broker.federation import directory, entries
from broker.federation.directory import Listed
from broker.federation.entries import BadEntry, ReadEntry, When
from broker.federation.faults import Faults
from broker.federation.proposing import ProposalPage
from broker.federation.register import Content, Entry, EntryPage, digest
from broker.federation.schema import FederationFile, MemberEntry, ServiceEntry
from broker.federation.trusted import trusted_part
from broker.federation.yaml_text import read_yaml
from broker.login.ports import Federation
from idp_adapters.base import Adapter
from idp_adapters.simulated import ISSUER, Simulated
from metadata.register import Register, Service
from trust_framework.approval import Proposal
from trust_framework.attributes import CATALOGUE, Source
from trust_framework.identity import Attributes
from trust_framework.members import RelyingParty, State
from trust_framework.providers import RESERVED, ProviderTerms

PATH: Final = "test"
"""Where the test issuer stands beneath the other."""

_PAGE: Final = 200
_STOPPED: Final = frozenset({"suspended", "left"})
_SIMULATED: Final = {"sv": "{} (simulerad)", "en": "{} (simulated)"}


ReadBefore = dict[str, tuple[ServiceEntry, ReadEntry]]
"""Services read before, by the digest of their content."""


class ReadsRegister(Protocol):
    """What is read of the register."""

    def federation_version(self) -> int: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def register_page(
        self, kind: str, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> EntryPage: ...

    def proposal_page(
        self, stage: str = "", org: str = "", kind: str = "", *, after: str = "", count: int = 50
    ) -> ProposalPage: ...

    def proposal(self, id: str, org: str | None = None) -> Proposal | None: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """What an open draft says of a service: the content that is to be approved, and its digest."""

    id: str
    org: str
    content: Content = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class Tested:
    """A service as the test issuer serves it. `digest` is that of the content; a draft is not in force in any state."""

    id: str
    org: str
    digest: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A service that cannot be tested as it stands, and why."""

    org: str
    why: str


@dataclass(frozen=True, slots=True)
class InTest:
    """The federation, what each of its services was made from, and those that could not be read."""

    federation: Federation
    tested: Mapping[str, Tested]
    unread: Mapping[str, Unread] = field(default_factory=dict)


def drafts(register: ReadsRegister) -> tuple[Draft, ...]:
    """What the open proposals say of services, the last changed first: a service of several is tested as the last says."""
    found = (register.proposal(id_) for id_, _ in open_drafts(register))
    return tuple(
        Draft(each.object, each.org, each.wanted.content, each.wanted.digest)
        for each in found
        if each is not None and each.wanted.content is not None
    )


def open_drafts(register: ReadsRegister) -> tuple[tuple[str, int], ...]:
    """The open proposals about services, each with its version: what tells that something has changed."""
    found: list[tuple[str, int]] = []
    after: str | None = ""
    while after is not None:
        page = register.proposal_page("open", kind="service", after=after, count=_PAGE)
        found += [(listed.id, listed.version) for listed in page.proposals]
        after = page.next
    return tuple(found)


def in_test(register: ReadsRegister) -> tuple[Draft, ...]:
    """The services of the register in state test, as they stand there."""
    return tuple(
        Draft(entry.id, entry.org, entry.content, digest(trusted_part("service", entry.content)))
        for id_ in _listed(register)
        if (entry := register.register_entry("service", id_)) and entry.content is not None
    )


def _listed(register: ReadsRegister) -> Iterator[str]:
    after: str | None = ""
    while after is not None:
        page = register.register_page("service", state=State.TEST.value, after=after, count=_PAGE)
        yield from (listed.id for listed in page.entries)
        after = page.next


def federation_in_test(main: Federation, register: ReadsRegister, at: When, read_before: ReadBefore) -> InTest:
    """What the test issuer serves now. A draft takes the place of the entry that it would change."""
    drafted = {draft.id: draft for draft in reversed(drafts(register))}
    standing = {each.id: each for each in in_test(register) if each.id not in drafted}
    read = _Read(register, at, read_before)
    for each in (*standing.values(), *drafted.values()):
        read.take(each, draft=each.id in drafted)
    for key in read_before.keys() - read.used:
        del read_before[key]
    terms, methods = _simulated(main)
    federation = replace(
        main,
        register=Register(read.services),
        parties=read.parties,
        providers=terms,
        methods=methods,
        provider_entities={},
        entity=None,
    )
    return InTest(federation, read.tested, read.unread)


class _Read:
    """Services taken one at a time, the first of a name wins: a draft cannot take another's entityID or client_id."""

    def __init__(self, register: ReadsRegister, at: When, before: ReadBefore) -> None:
        self._register, self._at, self._before = register, at, before
        self._names: set[str] = set()
        self.used: set[str] = set()
        self.services: list[Service] = []
        self.parties: dict[str, RelyingParty] = {}
        self.tested: dict[str, Tested] = {}
        self.unread: dict[str, Unread] = {}

    def take(self, each: Draft, *, draft: bool) -> None:
        """Read it, or note why it cannot be read."""
        try:
            self._add(each, draft=draft)
        except BadEntry as error:
            self.unread[each.id] = Unread(each.org, error.why)
        except ValidationError as error:
            places = (".".join(map(str, one["loc"])) for one in error.errors())
            self.unread[each.id] = Unread(each.org, ", ".join(places))

    def _add(self, each: Draft, *, draft: bool) -> None:
        entry, read = self._understood(each)
        name = read.service.saml.entity_id if read.service.saml else read.service.oidc.client_id  # type: ignore[union-attr]
        if name in self._names:
            raise BadEntry((), "another service in test has this entityID or client_id")
        member = self._member(each.org)
        self._names.add(name)
        self.services.append(read.service)
        self.parties[entry.id] = entries.party(entry, member, read)
        self.tested[entry.id] = Tested(entry.id, each.org, each.digest, draft)

    def _understood(self, each: Draft) -> tuple[ServiceEntry, ReadEntry]:
        """What it says, which is read once however often another changes."""
        key = digest(each.content)
        if key not in self._before:
            entry = ServiceEntry.model_validate({**each.content, "state": State.ACTIVE.value})
            self._before[key] = entry, entries.service(entry, self._at)
        self.used.add(key)
        return self._before[key]

    def _member(self, org: str) -> Any:
        """Its member as one in force: testing needs no approval, and stops with the member."""
        found = self._register.register_entry("member", org)
        if found is None or found.content is None or found.content.get("state") in _STOPPED:
            raise BadEntry(("member",), "its member is not in the federation, or is stopped")
        return entries.member(MemberEntry.model_validate({**found.content, "state": State.ACTIVE.value}))


# --- methods and persons


def _simulated(main: Federation) -> tuple[dict[str, ProviderTerms], dict[str, Adapter]]:
    """Each method of the federation, simulated. One that has none yet gets one."""
    terms: dict[str, ProviderTerms] = {}
    methods: dict[str, Adapter] = {}
    for real in main.providers.values():
        terms[real.id] = _terms(real)
        known = {id_: _known(person, terms[real.id]) for id_, person in persons().items()}
        methods[real.id] = Simulated(real.id, known, terms[real.id].gives())
    return terms, methods


def _known(person: Attributes, terms: ProviderTerms) -> Attributes:
    """What the method would know of a person."""
    return {name: values for name, values in person.items() if name in terms.attributes}


def _terms(real: ProviderTerms) -> ProviderTerms:
    """The real terms in our own words: the same levels and details, of persons that are nobody's."""
    names = set(real.attributes.values()) or _ASSERTABLE
    return replace(
        real,
        names={
            language: _SIMULATED[language].format(name)
            for language, name in real.names.items()
            if language in _SIMULATED
        },
        levels={level: level for level in real.gives()},
        attributes={name: name for name in sorted(names)},
        scopes=frozenset({"2329999912", "region.example", "privat.example"}),
        identifiers=real.identifiers & names,
    )


_ASSERTABLE: Final = frozenset(
    name for name, row in CATALOGUE.items() if row.source is Source.LOGIN and name not in RESERVED
)


@cache
def _file() -> tuple[FederationFile, Mapping[str, Mapping[str, str]]]:
    read = read_yaml((files("broker.federation") / "test_persons.yaml").read_bytes()).content
    labels = read.pop("labels")
    return FederationFile.model_validate({"tillit": "1", **read}), labels


def persons() -> Mapping[str, Attributes]:
    """What is known of each made-up person, by the id that a test names."""
    return {person.id: person.__pydantic_extra__ or {} for person in _file()[0].persons}


def labels() -> Mapping[str, Mapping[str, str]]:
    """What each made-up person is to a team that tests, by language."""
    return _file()[1]


def listed() -> tuple[Listed, ...]:
    """The directory of the made-up persons."""
    faults = Faults({})
    found = directory.listed(_file()[0], faults, test_method=ISSUER)
    faults.stop_if_any()
    return found
