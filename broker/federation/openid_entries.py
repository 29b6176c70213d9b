"""OpenID Federation as the register says it: from entries of the federation file to what we are among entities.

Owns who is below us (members' entities, while they and their members are in force), the terms of services that come by a
chain, and what is wrong between such entries. Single values are judged in `openid_schema`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from broker.federation import client_metadata
from broker.federation.faults import Place
from broker.federation.openid_schema import (
    ChainTermsEntry,
    ConstraintsEntry,
    OpenIdFederationEntry,
    SubordinateEntry,
    TrustMarkTypeEntry,
)
from broker.federation.schema import FederationFile
from metadata.federation import policy
from metadata.federation.constraints import FEDERATION_ENTITY
from metadata.federation.own import MarkType, OwnEntity, Role, Subordinate
from metadata.federation.policy import PolicyError
from metadata.federation.statement import federation_keys
from trust_framework.agreements import AnyAgreement
from trust_framework.chained import ChainTerms
from trust_framework.members import Member, State

DAY = 86400


@dataclass(frozen=True, slots=True)
class _Below:
    """An entity of a member, where it stands, and whether it is in force. `service` is its service's id, if it has one, `shown`
    what the register says of it to people.
    """

    place: Place
    entry: SubordinateEntry
    kind: str
    in_force: bool
    service: str = ""
    shown: Mapping[str, object] = field(default_factory=dict)


def own_entity(
    file: FederationFile, members: Mapping[str, Member], agreements: Mapping[str, AnyAgreement], entity_id: str
) -> OwnEntity | None:
    """What we are, or None when the register puts us in no OpenID Federation. Raises PolicyError."""
    said = file.openid_federation
    if said is None:
        return None
    below = [each for each in _entities(file, entity_id) if each.in_force]
    ids = {each.service: each.entry.entity_id for each in below if each.service}
    subordinates = {each.entry.entity_id: _subordinate(each, said) for each in below}
    return OwnEntity(
        entity_id=entity_id,
        role=Role(said.role),
        authority_hints=said.authority_hints,
        anchors={each.entity_id: federation_keys(each.jwks) for each in said.trust_anchors},
        terms={
            anchor: _terms(services, members)
            for anchor, services in _all_terms(said, entity_id)
            if services.member in members
        },
        subordinates=subordinates if said.role != "leaf" else {},
        mark_types={
            each.type: _mark_type(each, subordinates.keys(), ids, agreements) for each in said.trust_mark_types
        },
        trust_marks=tuple(each.model_dump() for each in said.trust_marks),
        mark_issuers=said.trust_mark_issuers,
        mark_owners={kind: owner.model_dump() for kind, owner in said.trust_mark_owners.items()},
    )


def _entities(file: FederationFile, base_url: str) -> Iterator[_Below]:
    """Whatever of the register is an entity, wherever it stands."""
    states = {entry.org: entry.state for entry in file.members}
    for at, member in enumerate(file.members):
        if member.openid_federation:
            place: Place = ("members", at, "openid_federation")
            yield _Below(place, member.openid_federation, "", member.state is State.ACTIVE)
    for at, service in enumerate(file.services):
        if service.openid_federation:
            in_force = service.state is State.ACTIVE and states.get(service.member) is State.ACTIVE
            kind = "openid_relying_party" if service.oidc is not None else ""
            place = ("services", at, "openid_federation")
            shown = client_metadata.shown(service, base_url) if kind else {}
            yield _Below(place, service.openid_federation, kind, in_force, service.id, shown)
    for at, provider in enumerate(file.identity_providers):
        if provider.openid_federation:
            kind = "openid_provider" if provider.oidc is not None else ""
            place = ("identity_providers", at, "openid_federation")
            yield _Below(place, provider.openid_federation, kind, provider.state is State.ACTIVE)


def _subordinate(below: _Below, said: OpenIdFederationEntry) -> Subordinate:
    entry = below.entry
    types = entry.entity_types or tuple(filter(None, (below.kind,)))
    return Subordinate(
        entity_id=entry.entity_id,
        jwks=entry.jwks,
        entity_types=frozenset({FEDERATION_ENTITY, *types}),
        intermediate=entry.intermediate,
        metadata=_metadata(below),
        metadata_policy=policy.merge(said.metadata_policy, entry.metadata_policy),
        constraints=_constraints(entry.constraints or said.constraints),
    )


def _metadata(below: _Below) -> Mapping[str, Mapping[str, object]]:
    """What we say of the entity (OpenID Federation 1.0 section 3.1.3): what its entry says, and what people are shown."""
    given = below.entry.metadata
    if not below.shown:
        return given
    return {**given, below.kind: {**below.shown, **given.get(below.kind, {})}}


def _all_terms(said: OpenIdFederationEntry, entity_id: str) -> Iterator[tuple[str, ChainTermsEntry]]:
    """By anchor, ourselves among them."""
    if said.services:
        yield entity_id, said.services
    yield from ((each.entity_id, each.services) for each in said.trust_anchors if each.services)


def _constraints(entry: ConstraintsEntry | None) -> Mapping[str, object]:
    return entry.model_dump(mode="json", exclude_none=True) if entry else {}


def _terms(entry: ChainTermsEntry, members: Mapping[str, Member]) -> ChainTerms:
    return ChainTerms(
        member=members[entry.member],
        levels=entry.levels,
        methods=entry.methods,
        attributes=frozenset(entry.attributes),
        consent=entry.consent,
        profile=entry.profile,
        trust_marks=frozenset(entry.trust_marks),
        registration=frozenset(entry.registration),
        stopped=frozenset(entry.stopped),
    )


def _mark_type(
    entry: TrustMarkTypeEntry,
    everybody: Iterable[str],
    ids: Mapping[str, str],
    agreements: Mapping[str, AnyAgreement],
) -> MarkType:
    agreement = agreements.get(entry.agreement) if entry.agreement is not None else None
    if agreement is not None:
        holders = {ids[service] for service in agreement.reach if service in ids}
    elif entry.agreement is not None:  # the agreement has gone
        holders = set()
    else:
        holders = set(everybody if entry.entities is None else entry.entities)
    return MarkType(entry.type, frozenset(holders), entry.days * DAY, agreement, entry.logo_uri, entry.ref)


def wrong(file: FederationFile, methods: frozenset[str], entity_id: str) -> Iterator[tuple[Place, str]]:
    """What is wrong between entries, each with its place."""
    yield from _unique(file, entity_id)
    yield from _wrong_issuers(file, methods)
    said = file.openid_federation
    if said is not None:
        yield from _wrong_anchors(said, file, methods, entity_id)
        yield from _wrong_marks(said, file)
        yield from _wrong_policies(said, file, entity_id)


def _unique(file: FederationFile, entity_id: str) -> Iterator[tuple[Place, str]]:
    seen = {entity_id}
    for below in _entities(file, entity_id):
        if below.entry.entity_id in seen:
            yield (*below.place, "entity_id"), f"{below.entry.entity_id} is another entity already"
        seen.add(below.entry.entity_id)


def _wrong_issuers(file: FederationFile, methods: frozenset[str]) -> Iterator[tuple[Place, str]]:
    """Issuers of software statements stand once, for a member that is there."""
    organisations, seen = {member.org for member in file.members}, set[str]()
    for at, issuer in enumerate(file.software_statement_issuers):
        place: Place = ("software_statement_issuers", at)
        if issuer.issuer in seen:
            yield (*place, "issuer"), f"{issuer.issuer} is another issuer already"
        seen.add(issuer.issuer)
        if issuer.member not in organisations:
            yield (*place, "member"), f"no member has the organisation number {issuer.member}"
        for name in sorted(set(issuer.methods) - methods):
            yield (*place, "methods"), f"no login method has the id {name}"


def _wrong_anchors(
    said: OpenIdFederationEntry, file: FederationFile, methods: frozenset[str], entity_id: str
) -> Iterator[tuple[Place, str]]:
    seen, organisations = {entity_id}, {member.org for member in file.members}
    terms: list[tuple[Place, ChainTermsEntry | None]] = [(("openid_federation", "services"), said.services)]
    for at, anchor in enumerate(said.trust_anchors):
        place: Place = ("openid_federation", "trust_anchors", at)
        if anchor.entity_id in seen:
            yield (*place, "entity_id"), f"{anchor.entity_id} is another anchor already, or this broker itself"
        seen.add(anchor.entity_id)
        terms.append(((*place, "services"), anchor.services))
    for place, services in terms:
        if services and services.member not in organisations:
            yield (*place, "member"), f"no member has the organisation number {services.member}"
        for name in sorted(set(services.methods if services else ()) - methods):
            yield (*place, "methods"), f"no login method has the id {name}"


def _wrong_marks(said: OpenIdFederationEntry, file: FederationFile) -> Iterator[tuple[Place, str]]:
    agreements = {agreement.id for agreement in file.agreements}
    for at, mark in enumerate(said.trust_mark_types):
        if mark.agreement is not None and mark.agreement not in agreements:
            place: Place = ("openid_federation", "trust_mark_types", at, "agreement")
            yield place, f"no agreement has the id {mark.agreement}"


def _wrong_policies(said: OpenIdFederationEntry, file: FederationFile, entity_id: str) -> Iterator[tuple[Place, str]]:
    for below in _entities(file, entity_id):
        try:
            policy.merge(said.metadata_policy, below.entry.metadata_policy)
        except PolicyError as error:
            yield (*below.place, "metadata_policy"), f"conflicts with that for everybody: {error}"
