"""Which entities of the register are published, and what was approved of each.

Owns the choice: SAML services of active members, and SAML identity providers, that are active themselves; nothing in test,
no proposal, nothing that another federation publishes. An entity's content is read when its form is made, by the version
that the list names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from broker.federation import entries
from broker.federation.entries import When
from broker.federation.listing import Contents, Listing
from broker.federation.logos import logo_path
from broker.federation.register import FEED, ListedEntry
from broker.federation.schema import ProviderEntry, ServiceEntry
from metadata.entity_form import Approved, merged, published_form
from metadata.logos import logo_of
from metadata.publication import Candidate
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE, Entity, Logo, Registration

ACTIVE: Final = "active"


@dataclass(frozen=True, slots=True)
class Published:
    """Makes candidates of the list. `authority` is the address of the federation, which registers its entities."""

    contents: Contents = field(repr=False)
    authority: str
    at: When

    def candidates(self, listing: Listing) -> tuple[Candidate, ...]:
        """One an entityID; one that stands for a service and for a provider has both roles."""
        found: dict[str, list[_Source]] = {}
        for source in self._sources(listing):
            found.setdefault(source.listed.about.subject, []).append(source)
        return tuple(self._candidate(entity_id, tuple(sources)) for entity_id, sources in found.items())

    def _sources(self, listing: Listing) -> Iterator["_Source"]:
        for service in _active(listing, "service"):
            if member := _active_member(listing, service.org):
                yield _Source(service, member)
        for provider in _active(listing, "identity_provider"):
            owner = _active_member(listing, provider.org)
            if owner or not provider.org:
                yield _Source(provider, owner)

    def _candidate(self, entity_id: str, sources: tuple["_Source", ...]) -> Candidate:
        return Candidate(
            entity_id=entity_id,
            roles=frozenset(source.role for source in sources),
            digest=" ".join(source.version for source in sources),
            changed_at=max(source.listed.changed_at for source in sources),
            form=lambda: merged(tuple(self._form(source) for source in sources)),
        )

    def _form(self, source: "_Source") -> Entity:
        return published_form(self._service(source) if source.role == SP_ROLE else self._provider(source))

    def _service(self, source: "_Source") -> Approved:
        entry = ServiceEntry.model_validate(self.contents.entry(source.listed).content)
        return Approved(
            document=((entry.saml and entry.saml.metadata_xml) or "").encode(),
            role=SP_ROLE,
            registration=self._registration(source.listed),
            **self._owner(source),
            names=entry.names or {},
            descriptions=entry.description or {},
            information_url=entry.information_url,
            privacy_url=entry.privacy_url,
            logos=self._logos(entry),
            attributes=frozenset(entry.attributes),
            entity_categories=entry.entity_categories,
            allow_http_loopback=self.at.allow_http_loopback,
        )

    def _logos(self, entry: ServiceEntry) -> tuple[Logo, ...]:
        if entry.logo is None:
            return ()
        image = logo_of(entry.logo)
        return (Logo(self.authority + logo_path(entry.id, image.digest), image.width, image.height),)

    def _provider(self, source: "_Source") -> Approved:
        entry = ProviderEntry.model_validate(self.contents.entry(source.listed).content)
        terms = entries.terms_of(entry, entries.upstream(entry, self.at))
        return Approved(
            document=str((entry.saml or {}).get("metadata_xml", "")).encode(),
            role=IDP_ROLE,
            registration=self._registration(source.listed),
            **self._owner(source),
            names=entry.names or {},
            entity_categories=entry.entity_categories,
            levels=tuple(word for word in terms.in_its_words(terms.gives()) if word),
            scopes=entry.scopes,
            allow_http_loopback=self.at.allow_http_loopback,
        )

    def _owner(self, source: "_Source") -> dict[str, Any]:
        """Number and names of the organisation, as the register has them."""
        if source.member is None:
            return {}
        member = self.contents.member(source.member)
        return {"organisation": member.org, "organisation_names": member.names}

    def _registration(self, listed: ListedEntry) -> Registration:
        return Registration(self.authority, self.contents.first_at(listed))


@dataclass(frozen=True, slots=True)
class _Source:
    """An entry that is published, and its member where it has one."""

    listed: ListedEntry
    member: ListedEntry | None = None

    @property
    def role(self) -> str:
        return SP_ROLE if self.listed.kind == "service" else IDP_ROLE

    @property
    def version(self) -> str:
        return f"{self.listed.version}.{self.listed.id}.{self.member.version if self.member else ''}"


def _active_member(listing: Listing, org: str) -> ListedEntry | None:
    member = listing.find("member", org)
    return member if member is not None and member.about.state == ACTIVE else None


def _active(listing: Listing, kind: str) -> Iterator[ListedEntry]:
    for entry in listing.of(kind):
        about = entry.about
        if about.protocol == "saml" and about.state == ACTIVE and about.subject and not entry.origin.startswith(FEED):
            yield entry
