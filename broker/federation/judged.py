"""What the validator says of an entry, with all that the register knows around it: one judgement for the page of its report, for
who sends it in, who approves it, and its publication.

Owns the gathering of the context: whose the entry is, what stands, which names are taken, what it is vouched for. The engine is
`metadata.validate`; nothing is fetched. An error holds the entry; a warning is shown.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from broker.federation import client_metadata, shapes
from broker.federation.entries import SECRET_HASH
from broker.federation.register import FEDERATION, Content, Entry
from broker.settings import Environment, Settings
from metadata.context import Context, Reached
from metadata.findings import Finding, Report, Severity
from metadata.validate import check
from metadata.validity import Dates
from metadata.wire.saml_metadata import read_entity
from metadata.wire.xml import XmlRefused
from trust_framework.approval import Proposal
from trust_framework.domains import DomainProof
from trust_framework.members import State
from trust_framework.names import Holding, Name

SERVICE: Final = "service"
KINDS: Final = frozenset({SERVICE, "identity_provider"})
_KEPT_SECRET: Final = "file:kept-as-a-keyed-hash"
_NOTHING: Final = Report(())

Serves = Callable[[frozenset[str]], bool]
"""Whether some login method can serve the service, given the entity categories that it declares."""


class ReadsRegister(Protocol):
    """What is read of the register."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def register_holders(self, name: Name) -> tuple[Holding, ...]: ...

    def register_near(self, name: Name) -> tuple[Holding, ...]: ...

    def domain_proofs(self, org: str) -> tuple[DomainProof, ...]: ...


def document(kind: str, content: Content, base_url: str) -> bytes | None:
    """What was handed in, as the validator takes it: metadata, or a client's registration with what the entry says of the service
    beside it, as far as it can be read. Of an upstream OpenID Provider there is nothing. What is kept of a client's secret stands
    there as a secret that is kept elsewhere, which it is.
    """
    saml = content.get("saml")
    if isinstance(saml, Mapping):
        return str(saml.get("metadata_xml", "")).encode()
    if kind != SERVICE:
        return None
    told = client_metadata.whole(shapes.readable(kind, content), base_url)
    if told.pop(SECRET_HASH, None):
        told["client_secret"] = _KEPT_SECRET
    return json.dumps(told, indent=1, ensure_ascii=False).encode()


def report(
    proposal: Proposal,
    store: ReadsRegister,
    settings: Settings,
    now: int,
    served: Serves | None = None,
    reached: Reached | None = None,
) -> Report:
    """The report on what is wanted; an empty one where there is no document to look at. `reached` is what came of trying its
    addresses, where somebody has.
    """
    content = proposal.content
    asked = content if proposal.kind in KINDS else None
    given = None if asked is None else document(proposal.kind, asked, settings.base_url)
    if content is None or given is None:
        return _NOTHING
    test, told = settings.environment is Environment.TEST, shapes.readable(proposal.kind, content)
    return check(
        given,
        Context(
            now=now,
            allow_http_loopback=test,
            production=not test,
            organisation=proposal.org or None,
            names=_names(proposal.org, store),
            scopes=_scopes(proposal, told, store, now),
            categories=frozenset(map(str, told.get("entity_categories", ()))),
            governed=_governed(store) if proposal.kind == SERVICE else None,
            register=store,
            kind=proposal.kind,
            entry=proposal.object,
            registered=standing_dates(proposal.kind, proposal.object, store),
            served=served,
            reached=reached,
        ),
    )


def errors(proposal: Proposal, store: ReadsRegister, settings: Settings, now: int) -> tuple[Finding, ...]:
    """The errors that hold it. What leaves the federation is not held by what is wrong with it."""
    if (proposal.content or {}).get("state") == State.LEFT.value:
        return ()
    found = report(proposal, store, settings, now).findings
    return tuple(finding for finding in found if finding.severity is Severity.ERROR)


def _names(org: str, store: ReadsRegister) -> frozenset[str] | None:
    """The names of the member that owns it; None where none does."""
    member = store.register_entry("member", org) if org else None
    return None if member is None else frozenset((member.content or {}).get("names", {}).values())


def _scopes(proposal: Proposal, content: Content, store: ReadsRegister, now: int) -> frozenset[str] | None:
    """What an identity provider may speak for: what its entry says, which is approved with it, and what is its member's own."""
    if proposal.kind == SERVICE:
        return None
    proven = {proof.host for proof in store.domain_proofs(proposal.org) if proof.holds(now)} if proposal.org else set()
    return frozenset({*map(str, content.get("scopes", ())), *proven, *filter(None, (proposal.org,))})


def _governed(store: ReadsRegister) -> frozenset[str]:
    """The categories with which details go: what any other says of a service bounds only itself."""
    entry = store.register_entry(FEDERATION, "")
    listed = ((entry.content if entry else None) or {}).get("entity_categories", ())
    return frozenset(str(each["uri"]) for each in listed)


def standing_dates(kind: str, id: str, store: ReadsRegister) -> Dates | None:
    """The dates of the metadata that stands; None where none stands."""
    entry = store.register_entry(kind, id)
    saml = ((entry.content if entry else None) or {}).get("saml") or {}
    return dates_of(str(saml["metadata_xml"])) if saml.get("metadata_xml") else None


def dates_of(xml: str) -> Dates | None:
    """The dates of a document of one entity; None when it cannot be read."""
    try:
        entity = read_entity(xml.encode())
    except XmlRefused:
        return None
    return Dates(entity.valid_until, entity.created)
