"""Sharing agreements, release policies and entity categories, from what the file says to the values that decisions look at.

Days become moments here, and nowhere else. What the values mean is `trust_framework.agreements`, `…policies` and
`…entity_categories`.
"""

from collections.abc import Iterable

from broker.federation.sharing_schema import (
    AgreementEntry,
    CategoryEntry,
    PartyContactEntry,
    PolicyEntry,
    RuleEntry,
    TermsEntry,
)
from trust_framework.agreements import (
    Contact,
    DataField,
    Extra,
    Leave,
    Party,
    Review,
    SharingAgreement,
    Signature,
    Suspension,
    Terms,
)
from trust_framework.attribute_sets import ATTRIBUTE_SETS
from trust_framework.days import day_after, midnight
from trust_framework.entity_categories import Categories
from trust_framework.policies import Audience, Needs, Policy, Rule


def agreement(entry: AgreementEntry) -> SharingAgreement:
    """An agreement in full."""
    return SharingAgreement(
        id=entry.id,
        versions=tuple(map(terms, entry.versions)),
        contacts=tuple(map(_contact, entry.contacts)),
        reviews=tuple(Review(**dict(one)) for one in entry.reviews),
        suspensions=tuple(Suspension(**dict(one)) for one in entry.suspensions),
        leaves=tuple(Leave(**dict(one)) for one in entry.leaves),
        extras=tuple(Extra(**dict(one)) for one in entry.extras),
    )


def terms(entry: TermsEntry) -> Terms:
    """One version of what is agreed."""
    return Terms(
        version=entry.version,
        parties=tuple(Party(one.org, frozenset(one.role)) for one in entry.parties),
        purpose=entry.purpose,
        legal_basis=entry.legal_basis,
        services=entry.services,
        data=tuple(DataField(**dict(one)) for one in entry.data),
        retention_days=entry.retention_days,
        transfer=entry.transfer,
        valid_from=midnight(entry.valid_from),
        valid_until=day_after(entry.valid_until),
        review_at=midnight(entry.review) if entry.review else 0,
        signatures=tuple(Signature(**dict(one)) for one in entry.signatures),
    )


def _contact(entry: PartyContactEntry) -> Contact:
    return Contact(entry.org, entry.name, entry.mail, entry.phone, midnight(entry.confirmed))


def policy(entry: PolicyEntry) -> Policy:
    """A release policy, with the version that will follow it."""
    return Policy(entry.id, rule(entry), rule(entry.coming) if entry.coming else None)


def rule(entry: RuleEntry) -> Rule:
    """One version of a policy."""
    to, needs = entry.to, entry.needs
    return Rule(
        effect=entry.effect,
        audience=Audience(
            everyone=to.all,
            services=frozenset(to.services),
            categories=frozenset(to.categories),
            members=frozenset(to.members),
            member_types=frozenset(to.member_types),
        ),
        attributes=frozenset(entry.attributes),
        sets=frozenset(entry.sets),
        needs=Needs(needs.level, needs.agreement, needs.consent, needs.profile) if needs else Needs(),
        version=entry.version,
        since=midnight(entry.since) if entry.since else 0,
    )


def categories(listed: Iterable[CategoryEntry]) -> Categories:
    """Which details belong to which entity category."""
    found: dict[str, frozenset[str]] = {}
    for one in listed:
        found[one.uri] = found.get(one.uri, frozenset()).union(one.attributes, *map(_of_set, one.sets))
    return Categories(found)


def _of_set(uri: str) -> tuple[str, ...]:
    return ATTRIBUTE_SETS[uri].names()
