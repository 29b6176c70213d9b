"""What entries of a federation file mean together: that each id is one, that what is referred to is there.

Works on a file whose entries are well formed and read; one entry alone is judged in `schema` and `entries`.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from broker.federation import care_running, openid_entries
from broker.federation.entries import TEST, UPSTREAM_KINDS, ReadEntry, Upstream, method_kind
from broker.federation.faults import Faults, Place
from broker.federation.schema import FederationFile
from broker.federation.snapshot import CARD
from broker.login.own import IDS
from broker.settings import Environment, Settings
from idp_adapters.catalogue import METHODS
from metadata.client_fields import acts_alone
from trust_framework.agreements import PartyRole
from trust_framework.providers import ProviderTerms
from trust_framework.service_matching import Sought, Unfit, unfit

RESERVED_IDS: Final = frozenset({TEST})


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file with those of its entries that could be read, by position."""

    file: FederationFile
    services: Mapping[int, ReadEntry]
    upstreams: Mapping[int, Upstream]


def check(read: ReadFile, settings: Settings, faults: Faults) -> None:
    """Add what is wrong between entries."""
    _unique(read.file, faults)
    _method_ids(read.file, faults)
    _references(read.file, settings, faults)
    _feeds(read.file, faults)
    _addresses_of_entities(read, settings, faults)
    for place, why in care_running.wrong(read.file):
        faults.add(place, why)
    for place, why in openid_entries.wrong(read.file, known_methods(read.file, settings), settings.base_url):
        faults.add(place, why)


def _unique(file: FederationFile, faults: Faults) -> None:
    upstreams = ((("identity_providers", at, "id"), entry.id) for at, entry in enumerate(file.identity_providers))
    own = ((("methods", name), name) for name in file.methods)
    for named in (
        ((("members", at, "org"), entry.org) for at, entry in enumerate(file.members)),
        ((("services", at, "id"), entry.id) for at, entry in enumerate(file.services)),
        ((("persons", at, "id"), entry.id) for at, entry in enumerate(file.persons)),
        ((("agreements", at, "id"), entry.id) for at, entry in enumerate(file.agreements)),
        ((("feeds", at, "id"), entry.id) for at, entry in enumerate(file.feeds)),
        ((("policies", at, "id"), entry.id) for at, entry in enumerate(file.policies)),
        *care_running.named_things(file),
        (*own, *upstreams),
    ):
        _each_once(named, faults)


def _each_once(named: Iterable[tuple[Place, str]], faults: Faults) -> None:
    seen: dict[str, None] = {}
    for place, name in named:
        if name in seen:
            faults.add(place, f"{name} is another entry's already")
        seen[name] = None


def _method_ids(file: FederationFile, faults: Faults) -> None:
    """Own methods have a kind that is theirs, and nobody takes the name of the test method."""
    for name, given in file.methods.items():
        kind = method_kind(name, given)
        if kind in UPSTREAM_KINDS:
            faults.add(("methods", name), f"{kind} belongs under identity_providers")
        elif kind == TEST or name in RESERVED_IDS:
            faults.add(("methods", name), "the test method is there by itself with TILLIT_ENV=test, and nowhere else")
        elif kind not in METHODS:
            own = sorted(METHODS.keys() - {*UPSTREAM_KINDS, TEST})
            faults.add(("methods", name), f"{kind} is no kind of login method; those are {', '.join(own)}")
    for at, entry in enumerate(file.identity_providers):
        if entry.id in RESERVED_IDS:
            faults.add(("identity_providers", at, "id"), f"{entry.id} is reserved")


def _references(file: FederationFile, settings: Settings, faults: Faults) -> None:
    _owners(file, faults)
    methods = known_methods(file, settings)
    for at, entry in enumerate(file.services):
        if entry.id in IDS:
            faults.add(("services", at, "id"), f"{entry.id} is the name of pages of our own")
        for place, name in enumerate(entry.methods):
            if name not in methods:
                faults.add(("services", at, "methods", place), f"no login method has the id {name}")
    _sharing(file, {entry.id: entry.member for entry in file.services}, {entry.org for entry in file.members}, faults)


def _sharing(file: FederationFile, owners: Mapping[str, str], organisations: AbstractSet[str], faults: Faults) -> None:
    """What agreements and policies name is there, and each service of an agreement is a receiver's."""
    for at, agreement in enumerate(file.agreements):
        _services(("agreements", at, "services"), agreement.services or (), owners, faults)
        for number, terms in enumerate(agreement.versions):
            place: Place = ("agreements", at, "versions", number)
            receivers = {party.org for party in terms.parties if PartyRole.RECEIVER in party.role}
            _services((*place, "services"), terms.services, owners, faults)
            for nth, name in enumerate(terms.services):
                if name in owners and owners[name] not in receivers:
                    faults.add((*place, "services", nth), f"{name} is of no receiver of the agreement")
            for nth, party in enumerate(terms.parties):
                if party.org not in organisations:
                    faults.add((*place, "parties", nth), f"no member has the organisation number {party.org}")
    for at, policy in enumerate(file.policies):
        for rule, where in ((policy, ()), *([(policy.coming, ("next",))] if policy.coming else [])):
            _services(("policies", at, *where, "to", "services"), rule.to.services, owners, faults)


def _services(place: Place, names: Iterable[str], owners: Mapping[str, str], faults: Faults) -> None:
    for nth, name in enumerate(names):
        if name not in owners:
            faults.add((*place, nth), f"no service has the id {name}")


def _feeds(file: FederationFile, faults: Faults) -> None:
    """Each names a member that there is, and a certificate that can verify."""
    from broker.federation.feeds import BadCertificateOfFeed, keys_of

    organisations = {entry.org for entry in file.members}
    for at, entry in enumerate(file.feeds):
        if entry.services is not None and entry.services.member not in organisations:
            no_member = f"no member has the organisation number {entry.services.member}"
            faults.add(("feeds", at, "services", "member"), no_member)
        try:
            keys_of(entry)
        except BadCertificateOfFeed as error:
            faults.add(("feeds", at, "certificate"), str(error))


def _owners(file: FederationFile, faults: Faults) -> None:
    organisations = {entry.org for entry in file.members}
    owned = (
        *((("services", at, "member"), entry.member) for at, entry in enumerate(file.services)),
        *((("identity_providers", at, "member"), entry.member) for at, entry in enumerate(file.identity_providers)),
    )
    for place, org in owned:
        if org is not None and org not in organisations:
            faults.add(place, f"no member has the organisation number {org}")


def known_methods(file: FederationFile, settings: Settings) -> frozenset[str]:
    """Ids of all login methods that the file, or the environment, brings."""
    test = (TEST,) if settings.environment is Environment.TEST else ()
    return frozenset((*file.methods, *(entry.id for entry in file.identity_providers), *test))


def _addresses_of_entities(read: ReadFile, settings: Settings, faults: Faults) -> None:
    """Each entityID and client_id is one entry's, and none is the broker's own."""
    services = [(at, each.service) for at, each in read.services.items()]
    upstreams = [(at, each.entity_id) for at, each in read.upstreams.items() if each.entity_id is not None]
    as_service = [(("services", at, "saml"), s.saml.entity_id) for at, s in services if s.saml]
    as_provider: list[tuple[Place, str]] = [
        (("identity_providers", at, "saml"), entity_id) for at, entity_id in upstreams
    ]
    _each_once([(place, f"entityID {name}") for place, name in as_service], faults)
    _each_once([(place, f"entityID {name}") for place, name in as_provider], faults)
    _each_once(
        [(("services", at, "oidc", "client_id"), f"client_id {s.oidc.client_id}") for at, s in services if s.oidc],
        faults,
    )
    for place, entity_id in (*as_service, *as_provider):
        if entity_id == settings.entity_id:
            faults.add(place, "is this broker itself")


_NOBODY: Final = {
    False: "no login method that the service takes gives any of these levels",
    True: "no login method that the service takes gives any of these levels and fits its entity categories",
}


def warnings(read: ReadFile, providers: Mapping[str, ProviderTerms], settings: Settings) -> Iterator[tuple[Place, str]]:
    """What may be meant, but keeps something from working."""
    for name, given in read.file.methods.items():
        if method_kind(name, given) == CARD and not settings.card_url:
            yield ("methods", name), "cards cannot be used until TILLIT_CARD_URL is set"
    for at, entry in enumerate(read.file.services):
        if acts_alone(entry.oidc or {}):
            continue
        known = read.services.get(at)
        declared = known.service.saml.entity_categories if known and known.service.saml else frozenset[str]()
        sought = Sought(frozenset(entry.levels), declared.union(entry.entity_categories), (entry.methods,))
        why = {unfit(terms, sought) for terms in providers.values()}
        if None not in why:
            yield ("services", at, "levels"), _NOBODY[Unfit.CATEGORY in why]
    for at, each in read.services.items():
        for finding in each.findings:
            yield ("services", at, "saml"), f"{finding.place}: {finding.why}"
    for at, upstream in read.upstreams.items():
        for finding in upstream.findings:
            yield ("identity_providers", at, "saml"), f"{finding.place}: {finding.why}"
