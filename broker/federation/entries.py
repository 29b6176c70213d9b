"""One entry of the register at a time, from what the file says to the values that the broker works with.

The one place where an entry is understood: reading a file checks with it, the snapshot loads with it, the plan compares
with it. Every function takes entries whose outside parts have been brought in (`reading`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, cast

from broker.federation import sharing
from broker.federation.faults import Place
from broker.federation.schema import AgreementEntry, MemberEntry, ProviderEntry, ServiceEntry
from broker.settings import Environment, Settings
from idp_adapters.catalogue import MethodSettings, settings_class
from metadata.client_fields import InvalidClientMetadata
from metadata.findings import Finding
from metadata.logos import logo_of
from metadata.register import OidcProvider, Service
from trust_framework.agreements import Agreement, AnyAgreement
from trust_framework.days import day_after, days_later, midnight
from trust_framework.member_types import roles_of
from trust_framework.members import Declaration, Member, RelyingParty, State
from trust_framework.providers import ProviderTerms

if TYPE_CHECKING:
    from metadata.saml import MetadataRefused

SECRET_HASH: Final = "client_secret_hash"
"""Under this key a registration keeps what is kept of its secret."""

METADATA: Final = ("metadata", "metadata_xml", "metadata_url", "metadata_certificate")
UPSTREAM_KINDS: Final = ("saml", "oidc")
TEST: Final = "test"
METHOD_STATES: Final = (State.ACTIVE.value, State.SUSPENDED.value, State.LEFT.value)
OURS: Final = frozenset({"kind", "state", "reason"})
"""Keys of a method that are not settings of its kind."""


_REGISTERED_WITH: Final = tuple(each.name for each in fields(OidcProvider))
_TERMS: Final = ("ceiling", "levels", "attributes", "scopes", "identifiers")


class BadEntry(Exception):
    """An entry is not one. `place` is within the entry."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """A service's technical entry, with what its own metadata says that it is called, and what was left out of that."""

    service: Service
    names: Mapping[str, str]
    information_url: str | None = None
    privacy_url: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """In what an entry is read: http on loopback or not, and at which time, where expired metadata is to be refused."""

    allow_http_loopback: bool = False
    now: int | None = None


def when(settings: Settings, now: int | None = None) -> When:
    """Test systems may be reached on loopback without TLS."""
    return When(settings.environment is Environment.TEST, now)


def service(entry: ServiceEntry, at: When) -> ReadEntry:
    """Its metadata or registration, read. Raises BadEntry."""
    if entry.saml is not None:
        return _saml_service(entry.id, entry.saml.metadata_xml or "", at)
    return _oidc_service(entry.id, entry.oidc or {}, at)


def _saml_service(id: str, xml: str, at: When) -> ReadEntry:
    from metadata.saml import MetadataRefused, read_service

    try:
        read = read_service(xml.encode(), now=at.now, allow_http_loopback=at.allow_http_loopback)
    except MetadataRefused as error:
        raise BadEntry(("saml",), refusal(error)) from error
    about = read.about
    service = Service(id, saml=read.service, home=about.home)
    return ReadEntry(service, about.names, about.home, about.privacy_url, about.findings)


def refusal(error: "MetadataRefused") -> str:
    """A refusal of metadata as people read it."""
    detail = f": {error.detail}" if error.detail else ""
    return f"the metadata is refused ({error}){detail}"


def _oidc_service(id: str, registration: Mapping[str, Any], at: When) -> ReadEntry:
    from metadata.oidc import read_client

    members = {name: value for name, value in registration.items() if name != SECRET_HASH}
    if SECRET_HASH in registration:
        members["client_secret"] = registration[SECRET_HASH]
    try:
        client = read_client(members, allow_http_loopback=at.allow_http_loopback, hash_secret=bytes.fromhex)
    except InvalidClientMetadata as error:
        raise BadEntry(("oidc", error.field), str(error).removeprefix(f"{error.field}: ")) from error
    home = client.initiate_login_uri or client.client_uri
    return ReadEntry(
        Service(id, oidc=client, home=home),
        _client_names(registration),
        client.client_uri,
        privacy_url=registration.get("policy_uri"),
    )


def _client_names(registration: Mapping[str, Any]) -> dict[str, str]:
    """`client_name`, and with a language tag (RFC 7591 section 2.2)."""
    plain = registration.get("client_name")
    names = {language: registration.get(f"client_name#{language}", plain) for language in ("sv", "en")}
    return {language: name for language, name in names.items() if isinstance(name, str)}


def party(entry: ServiceEntry, member: Member, read: ReadEntry) -> RelyingParty:
    """The service's terms. What the file tells people wins over what its metadata tells; one without a name has its id. What it
    is for is told by the entry alone: a description in metadata changes without anybody's approval.
    """
    return RelyingParty(
        id=entry.id,
        member=member,
        names=entry.names or read.names or {"sv": entry.id, "en": entry.id},
        levels=entry.levels,
        methods=entry.methods,
        attributes=frozenset(entry.attributes),
        required=frozenset(entry.required),
        consent=entry.consent,
        profile=entry.profile,
        state=entry.state,
        accepts_coordination_number=entry.accepts_coordination_number,
        contact=entry.contact.model_dump(exclude_none=True) if entry.contact else {},
        information_url=entry.information_url or read.information_url,
        categories=frozenset(entry.entity_categories),
        on_behalf_of=frozenset(entry.on_behalf_of),
        declared=read.service.saml.entity_categories if read.service.saml else frozenset(),
        description=entry.description or {},
        privacy_url=entry.privacy_url or read.privacy_url,
        logo=logo_of(entry.logo).digest if entry.logo else "",
        reasons=entry.reasons,
    )


def member(entry: MemberEntry) -> Member:
    """The organisation."""
    types = frozenset((entry.type.value, *(role.value for role in roles_of(entry.type, entry.roles))))
    reassess_by = day_after(entry.risk_assessment.again) if entry.risk_assessment else None
    declarations = tuple(Declaration(each.level, day_after(each.expires)) for each in entry.trust_declarations)
    return Member(entry.org, entry.names, entry.state, types, reassess_by, declarations)


def agreement(entry: AgreementEntry) -> AnyAgreement:
    """The agreement; its days are those of Sweden, the last included."""
    if entry.versions:
        return sharing.agreement(entry)
    first, last = entry.valid_from, entry.valid_until
    if first is None or last is None:
        raise BadEntry((), "has no days")
    services, attributes = frozenset(entry.services or ()), frozenset(entry.attributes or ())
    return Agreement(entry.id, services, attributes, midnight(first), day_after(last))


def method_kind(id: str, given: Mapping[str, Any]) -> str:
    """The kind of one of the broker's own methods."""
    return str(given.get("kind", id))


def method(id: str, given: Mapping[str, Any]) -> MethodSettings:
    """Settings of one of the broker's own methods. Raises pydantic's ValidationError and UnknownMethod."""
    method_state(given)
    return made(method_kind(id, given), {name: value for name, value in given.items() if name not in OURS})


def method_state(given: Mapping[str, Any]) -> State:
    """Whether one of the broker's own methods is on: it is, unless it says `suspended` or `left`. Raises BadEntry."""
    said = given.get("state", State.ACTIVE.value)
    if said not in METHOD_STATES:
        raise BadEntry(("state",), f"is one of {', '.join(METHOD_STATES)}")
    return State(said)


def made(kind: str, values: Mapping[str, Any]) -> MethodSettings:
    """Settings of a kind of method. Raises as `method` does."""
    return cast("Callable[..., MethodSettings]", settings_class(kind))(**values)


@dataclass(frozen=True, slots=True)
class Upstream:
    """An upstream provider's settings; `entity_id` is that of a SAML provider."""

    settings: MethodSettings
    entity_id: str | None = None
    findings: tuple[Finding, ...] = ()
    categories: frozenset[str] = frozenset()


def upstream(entry: ProviderEntry, at: When) -> Upstream:
    """An upstream provider, read. Raises BadEntry and pydantic's ValidationError."""
    given = dict(entry.saml if entry.saml is not None else entry.oidc or {})
    terms = {name: getattr(entry, name) for name in _TERMS}
    if twice := given.keys() & {*terms, "names", "provider"}:
        raise BadEntry((entry.kind, min(twice)), "belongs beside id, not here")
    if entry.saml is not None:
        return _saml_upstream(entry, given, terms, at)
    provider = {name: given.pop(name) for name in _REGISTERED_WITH if name in given}
    return Upstream(made("oidc", {"provider": provider, "names": entry.names or {}, **terms, **given}))


def _saml_upstream(entry: ProviderEntry, given: Mapping[str, Any], terms: Mapping[str, Any], at: When) -> Upstream:
    from metadata.saml import MetadataRefused, read_provider

    xml = str(given.get("metadata_xml", "")).encode()
    try:
        read = read_provider(xml, now=at.now, allow_http_loopback=at.allow_http_loopback)
    except MetadataRefused as error:
        raise BadEntry(("saml",), refusal(error)) from error
    rest = {name: value for name, value in given.items() if name not in METADATA}
    names = entry.names or read.about.names
    settings = made("saml", {"provider": read.provider, "names": names, **terms, **rest})
    return Upstream(settings, read.provider.entity_id, read.about.findings, read.about.entity_categories)


def terms_of(entry: ProviderEntry, read: Upstream) -> ProviderTerms:
    """What the provider is trusted with, in the state that the file gives it, and the categories that it is known by."""
    categories = read.categories | frozenset(entry.entity_categories)
    terms = read.settings.terms(entry.id)
    return replace(terms, state=entry.state, categories=categories, reason=entry.reason or "")


def in_force(
    entry: ProviderEntry, terms: ProviderTerms, members: Mapping[str, Member], grace_days: int
) -> ProviderTerms:
    """The terms as they hold: a provider whose member is not active is stopped, and one whose member has trust declarations
    gives no more than they carry, that many days beyond their last.
    """
    if entry.member is None:
        return terms
    owner = members.get(entry.member)
    if owner is None or owner.state is not State.ACTIVE:
        return replace(terms, state=State.SUSPENDED, reason="")
    return replace(terms, declared=tuple(replace(d, until=days_later(d.until, grace_days)) for d in owner.declarations))
