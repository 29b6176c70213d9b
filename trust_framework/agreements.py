"""Sharing agreements between members: which details a service may get while an agreement holds.

Owns the values of an agreement and what follows from them at a time: its state, what it governs, what it lets go. What its
parties must be told ahead is `agreement_notices`. An agreement has one or more versions of its terms; a version holds once
every party has signed just that content, so that a change with one signature missing leaves the version before in force. A
detail that a signed agreement names for a service goes to it only while some agreement lets it; what none names follows the
service's terms and the release policies alone. How an agreement is changed is `broker.federation.agreements`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from trust_framework import loa
from trust_framework.days import DAY
from trust_framework.members import RelyingParty

YEAR: Final = 366 * DAY
"""The longest between two reviews, and between two confirmations of a contact."""

GRACE: Final = 30 * DAY
"""How long an agreement still holds when its review, or a contact's confirmation, is overdue."""

LONGEST_EXTRA: Final = 31 * DAY
"""How long a single field beyond the agreed ones may go, with a recorded consideration."""

SIGNING_RANK: Final = 3
"""The weakest level, by rank, with which an agreement is signed."""

MANDATORY: Final = (
    "giver", "receiver", "purpose", "legal_basis", "services", "data", "definitions", "retention", "transfer", "days",
    "review", "contacts",
)  # fmt: skip
"""What an agreement must hold before it can be signed, in the words of `lacking`; signatures come last."""


class PartyRole(StrEnum):
    """What a party does with the data. One may do both."""

    GIVER = "giver"
    RECEIVER = "receiver"


class Standing(StrEnum):
    """The state of an agreement. In the first two the details that it names may go."""

    ACTIVE = "active"
    REVIEW_DUE = "review-due"  # a review or the confirmation of a contact is late; it still holds for a while
    INCOMPLETE = "incomplete"
    UNSIGNED = "unsigned"
    NOT_YET = "not-yet"
    SUSPENDED = "suspended"
    REVIEW_OVERDUE = "review-overdue"
    EXPIRED = "expired"
    ENDED = "ended"  # too few parties are left
    NOT_COVERED = "not-covered"  # it holds, and no longer names the detail


IN_FORCE: Final = frozenset({Standing.ACTIVE, Standing.REVIEW_DUE})


@dataclass(frozen=True, slots=True)
class Party:
    """A member that is party to an agreement, by organisation number."""

    org: str
    roles: frozenset[PartyRole]


@dataclass(frozen=True, slots=True)
class DataField:
    """A detail that one party lets another have. `definition` says what it means between them."""

    attribute: str
    giver: str
    receiver: str
    definition: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A named person's signature for a party, over the digest of the terms, with the level of the login it was made in."""

    org: str
    person: str
    name: str
    level: str
    at: int
    digest: str

    def counts(self, terms: "Terms") -> bool:
        """Whether it is over these very terms, and made by somebody who was identified well enough."""
        return self.digest == terms.digest and loa.rank(self.level) >= SIGNING_RANK


@dataclass(frozen=True)
class Terms:
    """One version of what is agreed. Holds from `valid_from` until just before `valid_until`; `services` are ids of the
    receivers' services. `retention_days`: how long a receiver may keep what it got.
    """

    version: int
    parties: tuple[Party, ...] = ()
    purpose: str = ""
    legal_basis: str = ""
    services: tuple[str, ...] = ()
    data: tuple[DataField, ...] = ()
    retention_days: int = 0
    transfer: str = ""
    valid_from: int = 0
    valid_until: int = 0
    review_at: int = 0
    signatures: tuple[Signature, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that is agreed, whatever the order in which it was written down."""
        told = [
            self.version, sorted((p.org, sorted(p.roles)) for p in self.parties), self.purpose, self.legal_basis,
            sorted(self.services), sorted((d.attribute, d.giver, d.receiver, d.definition) for d in self.data),
            self.retention_days, self.transfer, self.valid_from, self.valid_until, self.review_at,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    @property
    def orgs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(party.org for party in self.parties))

    def having(self, role: PartyRole) -> frozenset[str]:
        """The parties with a role."""
        return frozenset(party.org for party in self.parties if role in party.roles)

    @cached_property
    def signed_by(self) -> frozenset[str]:
        """The parties for whom a signature counts."""
        return frozenset(one.org for one in self.signatures if one.counts(self))


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the other parties turn to. `confirmed_at` is when the party last said that this is still right."""

    org: str
    name: str
    mail: str = ""
    phone: str = ""
    confirmed_at: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A review of the agreement by its parties."""

    org: str
    person: str
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """A stop that a party made at once. It lasts until a review says that it may end."""

    org: str
    person: str
    at: int
    reason: str
    resumed_at: int | None = None
    review: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """A party on its way out. Nothing of it is shared from `at`; it has left when it is decided what becomes of what it
    `gave` and of what it `received`. `version` is the last version that it is party to: it may come back in a later one.
    """

    org: str
    at: int
    version: int
    gave: str = ""
    received: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.gave and self.received)


@dataclass(frozen=True, slots=True)
class Extra:
    """A detail beyond the agreed ones, for one service and a short time, with the consideration of who gives it."""

    attribute: str
    service: str
    giver: str
    person: str
    consideration: str
    at: int
    until: int

    def goes(self, now: int) -> bool:
        in_time = self.at <= now < self.until <= self.at + LONGEST_EXTRA
        return in_time and bool(self.consideration)


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement in its short form: days, services and details, whose signing is somebody else's affair.

    `services` are service ids, `attributes` catalogue names. Valid from `valid_from` until just before `valid_until`.
    """

    id: str
    services: frozenset[str]
    attributes: frozenset[str]
    valid_from: int
    valid_until: int
    version: int = 1

    def standing(self, now: int) -> Standing:
        if now < self.valid_from:
            return Standing.NOT_YET
        return Standing.ACTIVE if now < self.valid_until else Standing.EXPIRED

    def valid(self, now: int) -> bool:
        return self.standing(now) in IN_FORCE

    def reference(self, now: int) -> str:  # noqa: ARG002  # the shape of an agreement
        return f"{self.id}/{self.version}"

    def binds(self, now: int) -> "Bound":
        """The short form says neither purpose nor retention."""
        return Bound(self.reference(now))

    @property
    def reach(self) -> frozenset[str]:
        """The services that it says anything about."""
        return self.services

    def names(self, party: RelyingParty) -> frozenset[str]:
        """The details of a service that it governs, whether it lets them go or not."""
        return self.attributes if party.id in self.services else frozenset()

    def lets(self, party: RelyingParty, now: int) -> frozenset[str]:
        """The details that it lets a service have now."""
        return self.names(party) if self.valid(now) else frozenset()


@dataclass(frozen=True)
class SharingAgreement:
    """An agreement in full. `versions` in order, the newest last."""

    id: str
    versions: tuple[Terms, ...]
    contacts: tuple[Contact, ...] = ()
    reviews: tuple[Review, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    leaves: tuple[Leave, ...] = ()
    extras: tuple[Extra, ...] = ()

    @cached_property
    def signed(self) -> tuple[Terms, ...]:
        """The versions that every party has signed that must."""
        return tuple(terms for terms in self.versions if not self.lacking(terms) and not self.unsigned_by(terms))

    def in_force(self, now: int) -> Terms:
        """The version that counts: the newest signed one that has begun, else the oldest signed, else the newest of all."""
        begun = [terms for terms in self.signed if terms.valid_from <= now]
        return begun[-1] if begun else (*self.signed, self.versions[-1])[0]

    @property
    def proposed(self) -> Terms | None:
        """The version that waits for signatures, if the newest one does."""
        newest = self.versions[-1]
        return None if newest in self.signed else newest

    def standing(self, now: int) -> Standing:
        terms = self.in_force(now)
        if terms not in self.signed:
            return Standing.INCOMPLETE if self.lacking(terms) else Standing.UNSIGNED
        if now >= terms.valid_until:
            return Standing.EXPIRED
        if len(self.remaining(terms, now)) < 2:  # noqa: PLR2004  # nobody shares alone
            return Standing.ENDED
        if any(one.resumed_at is None for one in self.suspensions):
            return Standing.SUSPENDED
        if now < terms.valid_from:
            return Standing.NOT_YET
        return self._by_review(now)

    def _by_review(self, now: int) -> Standing:
        due = min((self.review_due(now), *(at for _, at in self.confirmations_due(now))))
        if now < due:
            return Standing.ACTIVE
        return Standing.REVIEW_DUE if now < due + GRACE else Standing.REVIEW_OVERDUE

    def valid(self, now: int) -> bool:
        return self.standing(now) in IN_FORCE

    def reference(self, now: int) -> str:
        return f"{self.id}/{self.in_force(now).version}"

    def binds(self, now: int) -> "Bound":
        """The purpose that was agreed on, and the retention: what is older must be had anew before it is used."""
        terms = self.in_force(now)
        return Bound(self.reference(now), terms.purpose, terms.retention_days * DAY)

    @cached_property
    def reach(self) -> frozenset[str]:
        """The services that it says anything about."""
        return frozenset((*(s for terms in self.signed for s in terms.services), *(e.service for e in self.extras)))

    def names(self, party: RelyingParty) -> frozenset[str]:
        """The details of a service that it governs: whatever a signed version or an extra ever named."""
        found = {extra.attribute for extra in self.extras if extra.service == party.id}
        for terms in self.signed:
            if party.id in terms.services:
                found.update(one.attribute for one in terms.data if one.receiver == party.member.org)
        return frozenset(found)

    def lets(self, party: RelyingParty, now: int) -> frozenset[str]:
        """The details that it lets a service have now, those of parties on their way out left out."""
        if not self.valid(now):
            return frozenset()
        terms, owner = self.in_force(now), party.member.org
        staying = self.remaining(terms, now)
        if party.id not in terms.services or owner not in staying:
            return frozenset()
        agreed = {one.attribute for one in terms.data if one.receiver == owner and one.giver in staying}
        givers = terms.having(PartyRole.GIVER) & staying
        beyond = (e.attribute for e in self.extras if e.service == party.id and e.giver in givers and e.goes(now))
        return frozenset((*agreed, *beyond))

    def remaining(self, terms: Terms, now: int) -> frozenset[str]:
        """The parties that still share."""
        return frozenset(terms.orgs).difference(
            one.org for one in self.leaves if one.at <= now and terms.version <= one.version
        )

    def lacking(self, terms: Terms) -> tuple[str, ...]:
        """What must still be filled in before the terms can be signed, in the words of `MANDATORY`."""
        return tuple(name for name in MANDATORY if not _filled(name, terms, self.contacts))

    def unsigned_by(self, terms: Terms) -> tuple[str, ...]:
        """The parties whose signature the terms lack: all of them, and all of the version before that have not left.

        A version that only goes on without those who have left takes nothing from anybody and asks nobody.
        """
        earlier = next((one for one in reversed(self.versions) if one.version < terms.version), None)
        gone = frozenset(
            leave.org for leave in self.leaves if leave.complete and earlier and leave.version >= earlier.version
        )
        if earlier and gone and terms.digest == without(earlier, gone).digest:
            return self.unsigned_by(earlier)
        needed = (*terms.orgs, *(org for org in (earlier.orgs if earlier else ()) if org not in gone))
        return tuple(org for org in dict.fromkeys(needed) if org not in terms.signed_by)

    def review_due(self, now: int) -> int:
        """When the next review is due: the day agreed on, or a year after the last one that was made."""
        return max((self.in_force(now).review_at, *(one.at + YEAR for one in self.reviews)))

    def confirmations_due(self, now: int) -> tuple[tuple[str, int], ...]:
        """By party that still shares: when its contact must be confirmed anew."""
        staying = self.remaining(self.in_force(now), now)
        return tuple((one.org, one.confirmed_at + YEAR) for one in self.contacts if one.org in staying)


AnyAgreement = Agreement | SharingAgreement


def without(terms: Terms, orgs: frozenset[str]) -> Terms:
    """The next version of the terms, going on without these parties."""
    return Terms(
        version=terms.version + 1,
        parties=tuple(party for party in terms.parties if party.org not in orgs),
        purpose=terms.purpose,
        legal_basis=terms.legal_basis,
        services=terms.services,
        data=tuple(one for one in terms.data if one.giver not in orgs and one.receiver not in orgs),
        retention_days=terms.retention_days,
        transfer=terms.transfer,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        review_at=terms.review_at,
    )


def _filled(name: str, terms: Terms, contacts: Iterable[Contact]) -> bool:
    """Whether one mandatory part is there."""
    match name:
        case "giver" | "receiver":
            return bool(terms.having(PartyRole(name)))
        case "data":
            return bool(terms.data) and all(_between_parties(one, terms) for one in terms.data)
        case "definitions":
            return all(one.definition for one in terms.data)
        case "retention":
            return terms.retention_days > 0
        case "days":
            return terms.valid_from < terms.valid_until
        case "review":
            return 0 < terms.review_at <= terms.valid_from + YEAR
        case "contacts":
            reachable = {one.org for one in contacts if one.name and (one.mail or one.phone) and one.confirmed_at}
            return reachable.issuperset(terms.orgs)
        case _:
            return bool(getattr(terms, name))


def _between_parties(one: DataField, terms: Terms) -> bool:
    return one.giver in terms.having(PartyRole.GIVER) and one.receiver in terms.having(PartyRole.RECEIVER)


# --- what a decision looks at


@dataclass(frozen=True, slots=True)
class Bound:
    """What an agreement that lets a detail go binds it to: the purpose, and how many seconds after it was asserted it may still
    be used; then it must be had anew. Empty and None where the agreement does not say. `basis` names it.
    """

    basis: str
    purpose: str = ""
    fresh_for: int | None = None

    def serves(self, purpose: str) -> bool:
        """Whether what a service says that it wants the detail for is what was agreed; a service need not say."""
        wanted = _said(purpose)
        return not wanted or not self.purpose or wanted == _said(self.purpose)

    def stale(self, asserted_at: int, now: int) -> bool:
        return self.fresh_for is not None and now > asserted_at + self.fresh_for


def _said(purpose: str) -> str:
    """A purpose as it is compared: letter case and spaces tell nothing."""
    return " ".join(purpose.split()).casefold()


@dataclass(frozen=True, slots=True)
class Cover:
    """What agreements say of a service's details at a time: those that may go, by the first agreement that lets them, and what
    each that does binds them to; and those that are held back, by the agreement that does not and its state.
    """

    open: Mapping[str, str] = field(default_factory=dict)
    lapsed: Mapping[str, tuple[str, Standing]] = field(default_factory=dict)
    bound: Mapping[str, tuple[Bound, ...]] = field(default_factory=dict)


UNCOVERED: Final = Cover()


def cover(agreements: Iterable[AnyAgreement], party: RelyingParty, now: int) -> Cover:
    """What these agreements say of a service's details now. One that lets a detail go is enough."""
    let: dict[str, str] = {}
    bound: dict[str, tuple[Bound, ...]] = {}
    held: dict[str, tuple[str, Standing]] = {}
    for agreement in agreements:
        names = agreement.names(party)
        if not names:
            continue
        goes, reference = agreement.lets(party, now), agreement.reference(now)
        binds = (agreement.binds(now),) if goes else ()
        for name in goes:
            let.setdefault(name, reference)
            bound[name] = bound.get(name, ()) + binds
        standing = agreement.standing(now)
        why = Standing.NOT_COVERED if standing in IN_FORCE else standing
        held.update(dict.fromkeys(names - goes, (reference, why)))
    return Cover(let, {name: told for name, told in held.items() if name not in let}, bound)
