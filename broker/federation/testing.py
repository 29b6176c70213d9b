"""The services of the test issuer: those that are not yet in force, under an otherwise unchanged federation.

Owns which entries of the register it serves, and as what: a service in state `test`, or what an open draft says of one. A service
in force is served elsewhere, and only there. What cannot be read is left out, and said. Who logs in there is `made_up`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from pydantic import ValidationError

from broker.federation import entries, made_up
from broker.federation.entries import BadEntry, ReadEntry, When
from broker.federation.member import MemberEntry
from broker.federation.register import Content, Entry, EntryPage, ListedEntry, digest
from broker.federation.schema import ServiceEntry
from broker.federation.trusted import trusted_part
from broker.login.ports import Federation
from metadata.register import Register, Service
from trust_framework.approval import Proposal
from trust_framework.members import Member, RelyingParty, State

PATH: Final = "test"
"""Where the test issuer stands beneath the other."""

_PAGE: Final = 200
_STOPPED: Final = frozenset({State.SUSPENDED.value, State.LEFT.value})


class ReadsRegister(Protocol):
    """What is read of the register."""

    def federation_version(self) -> int: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def register_page(
        self, kind: str, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> EntryPage: ...

    def proposals_open(self, kind: str) -> tuple[tuple[str, int], ...]: ...

    def proposal(self, id: str, org: str | None = None) -> Proposal | None: ...


@dataclass(frozen=True, slots=True)
class Tested:
    """A service as the test issuer serves it. `digest` is what an approval of this content would be bound to."""

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A content that may be served, read; `why` it cannot be, when nothing could be read."""

    tested: Tested
    entry: ServiceEntry | None = None
    read: ReadEntry | None = None
    why: str = ""


ReadBefore = dict[tuple[str, str, int], Candidate | None]
"""What was read before, by where it stands, its id and its version there: a change of one costs the reading of one."""

Load = Callable[[], Candidate | None]


def open_drafts(register: ReadsRegister) -> tuple[tuple[str, int], ...]:
    """The open proposals about services, each with its version, the last changed first."""
    return register.proposals_open("service")


def _listed(register: ReadsRegister) -> Iterator[ListedEntry]:
    """The services in state test."""
    after: str | None = ""
    while after is not None:
        page = register.register_page("service", state=State.TEST.value, after=after, count=_PAGE)
        yield from page.entries
        after = page.next


def _candidates(register: ReadsRegister, at: When) -> Iterator[tuple[tuple[str, str, int], Load]]:
    """Everything that may be served, by what it is kept under; what is to win comes last."""
    for listed in _listed(register):
        yield ("entry", listed.id, listed.version), partial(_of_entry, register, listed.id, at)
    for id_, version in reversed(open_drafts(register)):
        yield ("draft", id_, version), partial(_of_draft, register, id_, at)


def _of_entry(register: ReadsRegister, id: str, at: When) -> Candidate | None:
    found = register.register_entry("service", id)
    if found is None or found.content is None:
        return None
    tested = Tested(found.id, found.org, digest(trusted_part("service", found.content)))
    return _read(tested, found.content, at)


def _of_draft(register: ReadsRegister, id: str, at: When) -> Candidate | None:
    """What a draft wants its service to be; nothing when it would take it out."""
    found = register.proposal(id)
    if found is None or found.content is None:
        return None
    return _read(Tested(found.object, found.org, found.digest, draft=True), found.content, at)


def _read(tested: Tested, content: Content, at: When) -> Candidate:
    try:
        entry = ServiceEntry.model_validate({**content, "state": State.ACTIVE.value})
        return Candidate(tested, entry, entries.service(entry, at))
    except BadEntry as error:
        return Candidate(tested, why=error.why)
    except ValidationError as error:
        places = (".".join(map(str, one["loc"])) for one in error.errors())
        return Candidate(tested, why=", ".join(places))


def federation_in_test(main: Federation, register: ReadsRegister, at: When, before: ReadBefore) -> InTest:
    """What the test issuer serves now. A draft takes the place of the entry that it would change."""
    known = {key: before[key] if key in before else load() for key, load in _candidates(register, at)}
    before.clear()
    before.update(known)
    chosen = {each.tested.id: each for each in known.values() if each is not None}
    served = _Served(register)
    for each in chosen.values():
        served.take(each)
    terms, methods = made_up.methods(main.providers)
    federation = replace(
        main,
        register=Register(served.services),
        parties=served.parties,
        providers=terms,
        methods=methods,
        provider_entities={},
        entity=None,
    )
    return InTest(federation, served.tested, served.unread)


class _Served:
    """Services taken one at a time; the first of a name has it: a draft cannot take another's entityID or client_id."""

    def __init__(self, register: ReadsRegister) -> None:
        self._register = register
        self._names: set[str] = set()
        self._members: dict[str, Member | None] = {}
        self.services: list[Service] = []
        self.parties: dict[str, RelyingParty] = {}
        self.tested: dict[str, Tested] = {}
        self.unread: dict[str, Unread] = {}

    def take(self, each: Candidate) -> None:
        """Serve it, or note why not."""
        if why := self._add(each):
            self.unread[each.tested.id] = Unread(each.tested.org, why)

    def _add(self, each: Candidate) -> str:
        """Why it is not served, or nothing."""
        if each.entry is None or each.read is None:
            return each.why
        name = _name(each.read.service)
        if name in self._names:
            return "another service in test has this entityID or client_id"
        member = self._member(each.tested.org)
        if member is None:
            return "its member is not in the federation, or is stopped"
        self._names.add(name)
        self.services.append(each.read.service)
        self.parties[each.tested.id] = entries.party(each.entry, member, each.read)
        self.tested[each.tested.id] = each.tested
        return ""

    def _member(self, org: str) -> Member | None:
        """Its member as one in force: testing needs no approval, and stops with the member."""
        if org not in self._members:
            found = self._register.register_entry("member", org)
            content = found.content if found else None
            stopped = content is None or content.get("state") in _STOPPED
            self._members[org] = None if stopped else _in_force(content or {})
        return self._members[org]


def _in_force(content: Content) -> Member:
    return entries.member(MemberEntry.model_validate({**content, "state": State.ACTIVE.value}))


def _name(service: Service) -> str:
    if service.saml is not None:
        return service.saml.entity_id
    return service.oidc.client_id if service.oidc else service.id
