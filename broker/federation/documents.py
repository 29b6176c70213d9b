"""The checklist of a proposal: which documents are in place, found out by itself; what an approver vouches for is not here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Protocol

from broker.federation import domains, shapes
from broker.federation.member import SECURITY
from broker.federation.register import Content
from broker.settings import Settings
from metadata.client_fields import acts_alone
from trust_framework import loa
from trust_framework.days import day_of
from trust_framework.domains import DomainProof
from trust_framework.member_types import Document, MemberRole, MemberType, fits, roles_of
from trust_framework.members import State

CONFIRMED_WITHIN: Final = timedelta(days=366)

Tested = Callable[[str, str], bool]
"""Whether somebody has logged in at the test issuer to this service with the content of this digest."""


class ReadsProofs(Protocol):
    """What is read of domain proofs."""

    def domain_proofs(self, org: str) -> tuple[DomainProof, ...]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at: the content wanted for an entry of a member (or for the member itself), and its digest. `resuming`: it
    stood in force as it is, and was stopped.
    """

    kind: str
    object: str
    org: str
    content: Content
    member: Content
    digest: str = ""
    resuming: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the checklist. `lacks` says what is missing, as words of the content."""

    document: Document
    done: bool
    lacks: tuple[str, ...] = ()


def found(
    documents: Iterable[Document], asked: Asked, store: ReadsProofs, tested: Tested, settings: Settings, now: int
) -> tuple[Found, ...]:
    """The checklist, in the order of the documents."""
    looking = _Looking(asked, store, tested, settings, now)
    return tuple(looking.at(document) for document in sorted(documents, key=list(Document).index))


@dataclass(frozen=True, slots=True)
class _Looking:
    asked: Asked
    store: ReadsProofs
    tested: Tested
    settings: Settings
    now: int

    def at(self, document: Document) -> Found:
        lacks = _LOOKS[document](self) if shapes.fits(self.asked.kind, self.asked.content) else None
        return Found(document, lacks == (), lacks or ())

    @property
    def today(self) -> date:
        return day_of(self.now)

    def agreement(self) -> tuple[str, ...] | None:
        """An active member has signed; a new one's signature is vouched for."""
        active = self.asked.kind != "member" and self.asked.member.get("state", "active") == State.ACTIVE.value
        return () if active else None

    def vouched(self) -> tuple[str, ...] | None:
        return None

    def risk_assessment(self) -> tuple[str, ...] | None:
        """One on record that need not be made anew yet; else it is vouched for."""
        again = (self.asked.member.get("risk_assessment") or {}).get("again")
        return () if again and _day(again) >= self.today else None

    def trust_declaration(self) -> tuple[str, ...] | None:
        """One that holds today; for a provider, one of the level that it may give."""
        ceiling = str(self.asked.content.get("ceiling", "")) if self.asked.kind == "identity_provider" else ""
        holding = [each for each in self.asked.member.get("trust_declarations", ()) if self._holds(each)]
        enough = any(loa.rank(str(each["level"])) >= loa.rank(ceiling) for each in holding)
        return () if enough else (ceiling,) if ceiling else None

    def _holds(self, declaration: Mapping[str, Any]) -> bool:
        return _day(declaration.get("expires")) >= self.today

    def security_contact(self) -> tuple[str, ...] | None:
        contact = self.asked.member.get("contacts", {}).get(SECURITY)
        fresh = contact and _day(contact.get("confirmed")) >= self.today - CONFIRMED_WITHIN
        return () if fresh else None

    def role(self) -> tuple[str, ...] | None:
        type_ = MemberType(self.asked.member.get("type", MemberType.USER_ORGANISATION))
        chosen = [MemberRole(role) for role in self.asked.member.get("roles", ())]
        return () if fits(self.asked.kind, roles_of(type_, chosen)) else None

    def domain_proof(self) -> tuple[str, ...] | None:
        proofs, asked = self.store.domain_proofs(self.asked.org), self.asked
        return domains.lacked(asked.kind, asked.content, proofs, self.settings, self.now, resuming=asked.resuming)

    def attribute_reasons(self) -> tuple[str, ...] | None:
        reasons = self.asked.content.get("reasons", {})
        return tuple(name for name in self.asked.content.get("attributes", ()) if not reasons.get(name))

    def test_login(self) -> tuple[str, ...] | None:
        """Nobody logs in to a client that acts alone."""
        if acts_alone(self.asked.content.get("oidc") or {}):
            return ()
        return () if self.tested(self.asked.object, self.asked.digest) else None


_LOOKS: Final[Mapping[Document, Callable[[_Looking], tuple[str, ...] | None]]] = {
    Document.AGREEMENT: _Looking.agreement,
    Document.REPRESENTATION: _Looking.vouched,
    Document.RISK_ASSESSMENT: _Looking.risk_assessment,
    Document.TRUST_DECLARATION: _Looking.trust_declaration,
    Document.SECURITY_CONTACT: _Looking.security_contact,
    Document.ROLE: _Looking.role,
    Document.DOMAIN_PROOF: _Looking.domain_proof,
    Document.ATTRIBUTE_REASONS: _Looking.attribute_reasons,
    Document.TEST_LOGIN: _Looking.test_login,
    Document.TOLD_APART: _Looking.vouched,
}


def _day(value: object) -> date:
    """A day as it is written in an entry; one that is not there is long past."""
    return date.fromisoformat(str(value)) if value else date.min
