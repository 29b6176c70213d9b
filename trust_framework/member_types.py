"""Kinds of members, as rows: what each may be in the federation, and what must be in place before a change of theirs is valid.

Owns which documents and whose approvals each type of member, kind of entry and class of change needs. Whether a document
is in place is found out by whoever asks; who may approve for whom is `trust_framework.approval`'s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework.danger import Danger


class MemberRole(StrEnum):
    """What a member is in the federation. One member may be several."""

    E_SERVICE_OWNER = "e-service-owner"
    IDENTITY_PROVIDER = "identity-provider"
    ATTRIBUTE_SOURCE = "attribute-source"
    E_ID_ISSUER = "e-id-issuer"
    API_OWNER = "api-owner"
    REGIONAL_FEDERATION = "regional-federation"


class MemberType(StrEnum):
    """The kind of organisation: one that uses (användarorganisation), provides, issues, federates, or acts for others
    (ombud).
    """

    USER_ORGANISATION = "user-organisation"
    SERVICE_PROVIDER = "service-provider"
    E_ID_ISSUER = "e-id-issuer"
    REGIONAL_FEDERATION = "regional-federation"
    AGENT = "agent"


class Document(StrEnum):
    """What must be in place. The console's checklist has a line for each."""

    AGREEMENT = "agreement"  # the member has signed the federation's agreement (avtal), and it holds
    TRUST_DECLARATION = (
        "trust-declaration"  # reviewed, not run out, and of the level that is wanted (tillitsdeklaration)
    )
    RISK_ASSESSMENT = "risk-assessment"  # recorded, and not older than a year (IS-22)
    SECURITY_CONTACT = "security-contact"  # a named point of contact, confirmed within a year (IS-08)
    REPRESENTATION = "representation"  # who applies may speak for the organisation
    ROLE = "role"  # the member has the role that such an entry takes
    DOMAIN_PROOF = "domain-proof"  # control of every host is shown (FR-03)
    ATTRIBUTE_REASONS = "attribute-reasons"  # each attribute wanted has its reason
    TEST_LOGIN = "test-login"  # somebody has logged in with just this at the test issuer
    TOLD_APART = "told-apart"  # an approver says why a name that looks like another member's will not be taken for it


class Purpose(StrEnum):
    """What a change is for: a new entry, a new member that signs the agreement later, another content, into force (again),
    or out of the register.
    """

    JOIN = "join"
    ADMIT = "admit"
    CHANGE = "change"
    RESUME = "resume"
    LEAVE = "leave"


class Approver(StrEnum):
    """Who may give an approval: somebody of the federation, or of the member too."""

    FEDERATION = "federation"
    ANY = "any"


NOBODY: Final = ()
EITHER: Final = (Approver.FEDERATION, Approver.ANY)
TWO_OPERATORS: Final = (Approver.FEDERATION, Approver.FEDERATION)


@dataclass(frozen=True, slots=True)
class Required:
    """What a change needs: one approval for each place, of different people, and every document."""

    approvals: tuple[Approver, ...]
    documents: frozenset[Document]


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A type of member: what it may be, what it brings to join, and who approves its careful changes."""

    roles: frozenset[MemberRole]
    joining: frozenset[Document]
    careful: tuple[Approver, ...] = EITHER


_R, _D = MemberRole, Document
_BASIC: Final = frozenset({_D.AGREEMENT, _D.REPRESENTATION, _D.RISK_ASSESSMENT, _D.SECURITY_CONTACT})
_TRUSTED: Final = _BASIC | {_D.TRUST_DECLARATION}

TYPES: Final[Mapping[MemberType, TypeRow]] = {
    MemberType.USER_ORGANISATION: TypeRow(
        frozenset({_R.E_SERVICE_OWNER, _R.IDENTITY_PROVIDER, _R.ATTRIBUTE_SOURCE, _R.API_OWNER}), _TRUSTED
    ),
    MemberType.SERVICE_PROVIDER: TypeRow(frozenset({_R.E_SERVICE_OWNER, _R.API_OWNER, _R.ATTRIBUTE_SOURCE}), _BASIC),
    MemberType.E_ID_ISSUER: TypeRow(
        frozenset({_R.E_ID_ISSUER, _R.IDENTITY_PROVIDER, _R.E_SERVICE_OWNER}), _TRUSTED, TWO_OPERATORS
    ),
    MemberType.REGIONAL_FEDERATION: TypeRow(frozenset(_R), _TRUSTED, TWO_OPERATORS),
    MemberType.AGENT: TypeRow(frozenset(), _BASIC),
}

_ROLES_OF: Final[Mapping[str, frozenset[MemberRole]]] = {
    "service": frozenset({_R.E_SERVICE_OWNER, _R.API_OWNER}),
    "identity_provider": frozenset({_R.IDENTITY_PROVIDER, _R.E_ID_ISSUER, _R.REGIONAL_FEDERATION}),
}
"""By kind of entry: the roles of which its member must have one."""

DOCUMENTS: Final[Mapping[tuple[str, Danger], frozenset[Document]]] = {
    ("service", Danger.CAREFUL): frozenset({_D.AGREEMENT}),
    ("service", Danger.DANGEROUS): frozenset({_D.AGREEMENT, _D.ROLE, _D.ATTRIBUTE_REASONS, _D.TEST_LOGIN}),
    ("identity_provider", Danger.CAREFUL): frozenset({_D.AGREEMENT}),
    ("identity_provider", Danger.DANGEROUS): frozenset({_D.AGREEMENT, _D.ROLE, _D.TRUST_DECLARATION}),
}
"""What an entry of each kind needs for a change of each class. A member's own entry needs what its type brings. Whatever the
kind, a dangerous change of an entry that names hosts needs proof of them.
"""

VOUCHED: Final = frozenset({_D.AGREEMENT, _D.REPRESENTATION, _D.RISK_ASSESSMENT, _D.TOLD_APART})
"""What an operator may vouch for having seen; the rest is found out by itself."""

NEVER_WAIVED: Final = frozenset({_D.TOLD_APART})
"""What an emergency does not do without: nothing is so urgent that it must be called nearly as another is."""


def vouchable(kind: str) -> frozenset[Document]:
    """What an operator may vouch for in a proposal about an entry of this kind. A member's declaration is reviewed when it
    joins (tillitsgranskning); what it then says bounds its providers by itself.
    """
    return VOUCHED | {Document.TRUST_DECLARATION} if kind == "member" else VOUCHED


_RESUMING: Final = frozenset({_D.AGREEMENT})
_MEMBERS: Final[Mapping[Purpose, frozenset[Document]]] = {
    Purpose.JOIN: _TRUSTED,
    Purpose.ADMIT: _TRUSTED - {_D.AGREEMENT},
    Purpose.CHANGE: frozenset({_D.TRUST_DECLARATION, _D.SECURITY_CONTACT}),
}
"""Which of what its type brings a member's own entry needs."""


def required(
    type: MemberType, kind: str, danger: Danger, purpose: Purpose = Purpose.CHANGE, *, named_hosts: bool = False
) -> Required:
    """What a change of an entry of a member of this type needs before it is valid. `named_hosts`: the entry names some."""
    if danger is Danger.HARMLESS:
        return Required(NOBODY, frozenset())
    row = TYPES[type]
    approvals = row.careful if danger is Danger.CAREFUL else TWO_OPERATORS
    proof = {_D.DOMAIN_PROOF} if named_hosts and danger is Danger.DANGEROUS and purpose is not Purpose.LEAVE else set()
    return Required(approvals, _documents(row, kind, danger, purpose) | proof)


def _documents(row: TypeRow, kind: str, danger: Danger, purpose: Purpose) -> frozenset[Document]:
    if purpose is Purpose.LEAVE:
        return frozenset()
    if purpose is Purpose.RESUME:
        return _RESUMING
    if kind == "member":
        return _MEMBERS[purpose] & row.joining if danger is Danger.DANGEROUS else frozenset()
    return DOCUMENTS.get((kind, danger), frozenset())


def roles_of(type: MemberType, chosen: Iterable[MemberRole]) -> frozenset[MemberRole]:
    """What a member is: what it chose of what its type may be, all of that when it chose nothing."""
    may_be = TYPES[type].roles
    return may_be & frozenset(chosen) or may_be


def fits(kind: str, roles: frozenset[MemberRole]) -> bool:
    """Whether a member with these roles may have entries of this kind."""
    return kind not in _ROLES_OF or bool(_ROLES_OF[kind] & roles)
