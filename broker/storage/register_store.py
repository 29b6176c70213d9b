"""What `Storage` reads and writes of the federation: register, proposals, roles, what is told of them.

Each method is a line; what it does stands in the file of its aggregate.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from broker.audit.events import Event, FederationApplied
from broker.federation.addresses import AddressPage, AddressState
from broker.federation.agreements import KIND as AGREEMENT
from broker.federation.concerned import FIRST, AgreementDue
from broker.federation.domains import ProofPage
from broker.federation.feeds import FeedState
from broker.federation.proposing import ListedProposal, ProposalPage, RolePage
from broker.federation.register import (
    Entry,
    EntryChange,
    EntryPage,
    ListedEntry,
    RegisterChanges,
    about,
    after,
    applied,
    drift,
    put_together,
)
from broker.login.effects import Overtaken
from broker.login.mail import Mail
from broker.storage import (
    addresses,
    agreement_parties,
    domains,
    ending,
    feeds,
    log,
    names,
    notices,
    persons,
    proposals,
    register,
    representations,
    roles,
)
from broker.storage.database import Unit
from broker.storage.part import Part
from broker.storage.persons import Listed
from broker.storage.register import FederationVersion
from trust_framework.approval import Proposal, Stage
from trust_framework.domains import DomainProof
from trust_framework.names import Holding, Name, held
from trust_framework.representation import Kind
from trust_framework.roles import RoleGrant


class RegisterStore(Part):
    """A part of `Storage`."""

    def federation_version(self) -> int:
        """The newest version of the register, 0 before the first."""
        return register.version(self._database)

    def federation(self, version: int | None = None) -> FederationVersion | None:
        """The register at one version as a federation file says it, the newest when none is named."""
        return register.read(self._database, self.federation_version() if version is None else version)

    def federation_document(self) -> Mapping[str, Any]:
        """The register as a federation file says it, empty before the first version."""
        return put_together(register.current(self._database))

    def federation_after(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the register would say once the file is applied: what the portal has changed since stays."""
        current = register.current(self._database)
        return put_together(after(current, applied(current, register.told(self._database), document)))

    def save_federation(
        self,
        document: Mapping[str, Any],
        digest: str,
        listed: Iterable[Listed] | None = None,
        changes: tuple[str, ...] = (),
        reference: str = "",
    ) -> int:
        """Make the file's entries those of the register, and `listed` the directory (None leaves it), in one commit with
        its event. Raises Overtaken when the register was changed meanwhile.
        """
        at, directory = self.clock(), None if listed is None else tuple(listed)
        seen = self.federation_version()
        wanted = applied(register.current(self._database), register.told(self._database), document)

        def work(unit: Unit) -> int:
            version = register.write(unit, wanted, at)
            if version != seen + 1:
                raise Overtaken("federation")
            applied_ = FederationApplied(at=at, reference=reference, version=version, digest=digest, changes=changes)
            if directory is not None:
                log.append(unit, _filed(unit, directory, at))
            log.append(unit, (applied_,))
            return version

        return self._write(work)

    def save_directory(self, listed: Iterable[Listed]) -> None:
        """Make the directory what is listed, outside any version of the register."""
        kept = tuple(listed)
        at = self.clock()
        self._write(lambda unit: log.append(unit, _filed(unit, kept, at)))

    def register_entries(self, version: int | None = None) -> tuple[Entry, ...]:
        """Everything that stands in the register, or stood at a version."""
        if version is None:
            return register.current(self._database)
        return register.as_of(self._database, version)

    def register_kind(self, kind: str) -> tuple[Entry, ...]:
        """What stands of one kind."""
        return register.of_kind(self._database, kind)

    def register_of_origin(self, origin: str) -> tuple[Entry, ...]:
        """What stands and was last changed by this origin."""
        return register.of_origin(self._database, origin)

    def feed_states(self) -> dict[str, FeedState]:
        """How each feed has fared."""
        return feeds.states(self._database)

    def address_state(self, kind: str, id: str) -> AddressState | None:
        """How the address at which an entry publishes has fared, None where it has none."""
        return addresses.one(self._database, kind, id)

    def addresses_due(self, count: int) -> tuple[AddressState, ...]:
        """The addresses that are to be looked at now, who has waited longest first."""
        return addresses.due(self._database, self.clock(), count)

    def address_page(
        self, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> AddressPage:
        """A page of the addresses at which entries publish; `state` may be `failing`."""
        return addresses.page(self._database, org, search, state, after, count)

    def register_entry(self, kind: str, id: str) -> Entry | None:
        """An entry that stands, or None."""
        return register.entry(self._database, kind, id)

    def register_history(self, kind: str, id: str) -> tuple[Entry, ...]:
        """Every version of an entry, the newest first."""
        return register.history(self._database, kind, id)

    def register_since(self, version: int) -> tuple[Entry, ...]:
        """What was written after a version, the oldest first."""
        return register.since(self._database, version)

    def register_exact(self, kind: str, id: str, version: int) -> Entry | None:
        """An entry as one version of it says, or None."""
        return register.exact(self._database, kind, id, version)

    def register_first_at(self, kind: str, id: str) -> int | None:
        """When an entry first came, None when it never did."""
        return register.first_at(self._database, kind, id)

    def register_changed(self, after: int) -> RegisterChanges:
        """What has changed since a version, as lists show it; everything that stands when that is 0."""
        return register.changed(self._database, after)

    def register_version_at(self, at: int) -> int:
        """The version that was the newest at a time, 0 before the first."""
        return register.version_at(self._database, at)

    def register_drift(self) -> tuple[Entry, ...]:
        """What is not as the last applied file said."""
        return tuple(drift(register.current(self._database), register.told(self._database)))

    def register_counts_at(self, version: int) -> Mapping[str, int]:
        """How many entries of each kind stood at a version."""
        return register.counts_at(self._database, version)

    def register_drifted(self, count: int) -> tuple[ListedEntry, ...]:
        """The first of what `register_drift` would give, as lists show it, the newest change first."""
        return register.drifted(self._database, count)

    def register_drifted_count(self, most: int) -> int:
        """How many entries are not as the last applied file said, counted up to a bound."""
        return register.drifted_count(self._database, most)

    def register_page(
        self, kind: str, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> EntryPage:
        """A page of the entries of a kind that stand, by name."""
        return register.page(self._database, kind, org, search, state, after, count)

    def register_taking(self, kind: Kind, search: str = "", count: int = 50) -> tuple[ListedEntry, ...]:
        """Active services at which people may act for others by this kind of representation, by name."""
        return register.taking(self._database, kind.value, search, count)

    def agreements_of(self, party: str = "", search: str = "", after: str = "", count: int = 50) -> EntryPage:
        """A page of the agreements by name: those that concern a member, or all."""
        return register.page(self._database, AGREEMENT, "", search, "", after, count, party)

    def agreements_due(self, party: str = "", after: AgreementDue = FIRST, count: int = 50) -> tuple[AgreementDue, ...]:
        """Agreements of which a member, or anybody, may have to be told something now, those that have waited longest first."""
        return agreement_parties.due(self._database, self.clock(), party, after, count)

    def register_subjects(self, kind: str, subject: str) -> tuple[ListedEntry, ...]:
        """The entries of a kind with this entityID, issuer or client_id."""
        return register.by_subject(self._database, kind, subject)

    def register_expiring(self, before: int) -> tuple[ListedEntry, ...]:
        """What runs out before a time, or has, the soonest first."""
        return ending.expiring(self._database, before)

    def register_ending(self, org: str, after: str = "", count: int = 50) -> EntryPage:
        """A page of a member's entries of which something runs out, or has, the soonest first."""
        return ending.of_member(self._database, org, after, count)

    def register_ending_count(self, org: str, before: int) -> int:
        """Of how many of a member's entries something runs out before a time, or has."""
        return ending.count_of(self._database, org, before)

    def register_ending_within(self, since: int, before: int, after: str = "", count: int = 50) -> EntryPage:
        """A page of the federation's entries of which something runs out in that time, the soonest first."""
        return ending.within(self._database, since, before, after, count)

    def register_ending_within_count(self, since: int, before: int) -> int:
        """How many those are."""
        return ending.count_within(self._database, since, before)

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]:
        """The nearest threshold (days) at which each thing of an entry that runs out was told of."""
        return notices.told(self._database, kind, entry)

    def mails_due(self, count: int) -> tuple[Mail, ...]:
        """Mails to be sent now."""
        return notices.due(self._database, self.clock(), count)

    def mails_latest(self, count: int = 50) -> tuple[Mail, ...]:
        """The newest mails, sent or not."""
        return notices.latest(self._database, count)

    def domain_proofs(self, org: str) -> tuple[DomainProof, ...]:
        """A member's proofs of hosts."""
        return domains.of_member(self._database, org)

    def domain_proofs_due(self, count: int) -> tuple[DomainProof, ...]:
        """Proofs whose hosts are to be looked at."""
        return domains.due(self._database, self.clock(), count)

    def domain_proofs_shown(self, count: int) -> tuple[DomainProof, ...]:
        """Proofs that were seen most lately."""
        return domains.shown(self._database, count)

    def domain_proofs_at(self, host: str) -> tuple[DomainProof, ...]:
        """The proofs that members have of one host."""
        return domains.of_host(self._database, host)

    def domain_proofs_failing(self) -> tuple[DomainProof, ...]:
        """Proofs that fail, or ended lately."""
        return domains.failing(self._database, self.clock())

    def domain_proofs_failing_count(self) -> int:
        """How many proofs fail and have not ended."""
        return domains.failing_count(self._database)

    def domain_proof_page(self, search: str = "", state: str = "", after: str = "", count: int = 50) -> ProofPage:
        """A page of all members' proofs, by host."""
        return domains.page(self._database, search, state, after, count)

    def register_holders(self, name: Name) -> tuple[Holding, ...]:
        """Who has or had a name."""
        return names.holders(self._database, name)

    def register_held(self, change: EntryChange) -> str:
        """A name of an entry that is not free for it; empty when all are."""
        wanted = about(change.kind, change.content or {}).names_held
        return next((name.value for name in wanted if self._held(change, name)), "")

    def _held(self, change: EntryChange, name: Name) -> bool:
        holding = Holding(name, change.kind, change.id, change.org)
        return held(holding, names.holders(self._database, name), self.clock()) is not None

    def register_near(self, name: Name) -> tuple[Holding, ...]:
        """Who has a name, or one that people may take for it."""
        return names.near(self._database, name)

    # --- proposals and roles

    def proposal(self, id: str, org: str | None = None) -> Proposal | None:
        """A proposal; of the member `org` when one is named."""
        return proposals.read(self._database, id, org)

    def proposal_page(
        self,
        stage: str = "",
        org: str = "",
        kind: str = "",
        object: str = "",
        author: str = "",
        search: str = "",
        after: str = "",
        count: int = 50,
    ) -> ProposalPage:
        """A page of proposals, the last changed first. `stage` may be `open` or `waiting` (for approvers) too."""
        return proposals.page(self._database, proposals.Asked(stage, org, kind, object, author, search, after, count))

    def proposals_open(self, kind: str) -> tuple[tuple[str, int], ...]:
        """The open proposals about entries of a kind, each with its version, the last changed first."""
        return proposals.open_versions(self._database, kind)

    def reviews_due(self, before: int) -> tuple[ListedProposal, ...]:
        """Emergencies whose review must be done before a time."""
        return proposals.due(self._database, before)

    def proposal_counts(self, org: str = "") -> Mapping[Stage, int]:
        """How many proposals there are at each stage."""
        return proposals.counts(self._database, org)

    def role_grants_of(self, org: str) -> tuple[RoleGrant, ...]:
        """The roles given in an organisation, or in the federation."""
        return roles.of_org(self._database, org)

    def role_page(self, org: str, after: str = "", count: int = 50) -> RolePage:
        """A page of the roles that hold in an organisation, or in the federation, oldest first."""
        return roles.page(self._database, org, self.clock(), after, count)


def _filed(unit: Unit, listed: Iterable[Listed], at: int) -> tuple[Event, ...]:
    """Make the directory what is listed, with who has which role and who may act for whom."""
    people = persons.replace_directory(unit, listed)
    given = roles.replace_filed(unit, {id_: one.roles for id_, one in people.items()}, at)
    return (*given, *representations.replace_filed(unit, people, at))
