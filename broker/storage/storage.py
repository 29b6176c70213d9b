"""`Storage`: the reads by key and the one write that the journey, the fronts and the jobs lean on.

Each change type has one function, in the file of its aggregate; the table below is the whole dispatch. Whatever fails
inside `commit` leaves nothing behind.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

from broker.audit.checkpoint import LogRow, TreeState, Verifier, verifier
from broker.audit.events import Event, FederationApplied
from broker.audit.tally import tally, tally_keys
from broker.audit.trace import Logged, LoggedPage, Sought
from broker.care.access_values import QueueReport, StoreAccess
from broker.care.changes import (
    CountEmergency,
    KeepTold,
    SameCare,
    SaveAccessFact,
    SaveBlock,
    SaveCareConsent,
    SaveEmergency,
    SaveRelation,
    SaveReviewCase,
    StillUnknown,
)
from broker.care.filings import (
    CasesAsked,
    FiledPage,
    Reviewed,
    SaveBreach,
    SaveCorrection,
    SaveRemovalOrder,
    SaveRequest,
    SaveReview,
    Unwatch,
    Watch,
)
from broker.care.outbox import BlockDue, BlockSent, BlockUnsent
from broker.care.requests import SaveCareRequest
from broker.federation.addresses import AddressPage, AddressState, KeepAddress
from broker.federation.agreements import KIND as AGREEMENT
from broker.federation.concerned import FIRST, AgreementDue
from broker.federation.domains import KeepProof
from broker.federation.feeds import FeedState, KeepFeed
from broker.federation.numbers import CauseCount, Logins, MethodCount, MinuteCount
from broker.federation.proposing import ListedProposal, ProposalPage, RolePage, SameRoles, SaveProposal
from broker.federation.register import (
    ChangeRegister,
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
from broker.keys.making import load_ring
from broker.keys.ring import KeyRing
from broker.keys.rows import KeyChoice, KeyRow
from broker.keys.sealing import SealingVault, Unsealable, WrappedKey
from broker.login import effects as change
from broker.login.effects import (
    ChainedPage,
    ChainedService,
    DropChained,
    Effects,
    Grant,
    KeepChained,
    Once,
    Overtaken,
    PersonKey,
    StorageUnavailable,
)
from broker.login.keys import ChooseKey, ClientAddress, KeyFetch, SaveRing
from broker.login.mail import KeepMail, Mail, NoteNotice
from broker.login.person import (
    ConsentKept,
    EndGrants,
    GiveRepresentation,
    RevokeRepresentation,
    StandingSignOn,
    WithdrawConsent,
)
from broker.login.request import Transaction
from broker.login.sign_on import Participant, SignOn
from broker.protocols.testing.choice import Choice
from broker.protocols.testing.run import KeepPreset, KeepRun, NoteRun, Run, UsePreset
from broker.storage import (
    access_log,
    access_reports,
    addresses,
    agreement_parties,
    breaches,
    care_blocks,
    care_cases,
    care_consents,
    care_emergencies,
    care_facts,
    care_outbox,
    care_relations,
    care_requests,
    care_reviews,
    care_told,
    care_versions,
    care_watched,
    chained,
    consents,
    corrections,
    counts,
    delegations,
    domains,
    expiry,
    feeds,
    forgetting,
    grants,
    jobs,
    key_use,
    keys,
    log,
    log_orders,
    log_rows,
    logins,
    names,
    notices,
    once,
    persons,
    proposals,
    references,
    register,
    representations,
    review_facts,
    roles,
    settings,
    sign_ons,
    subject_requests,
    test_runs,
)
from broker.storage import fetches as key_fetches
from broker.storage.database import RETRIES, Database, GaveWay, Unit
from broker.storage.grouping import Grouping
from broker.storage.joined import Joined
from broker.storage.log import Sealing
from broker.storage.log_store import LogStore
from broker.storage.persons import Listed
from broker.storage.register import FederationVersion
from idp_adapters.base import Consume
from metadata.wire.signing import UnfitKey
from trust_framework.access_facts import AccessFact
from trust_framework.approval import Proposal, Stage
from trust_framework.block_reveal import Level
from trust_framework.blocks import Block
from trust_framework.breaches import Breach
from trust_framework.care import CareActor, patient_key
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.care_requests import CareRequest
from trust_framework.corrections import Correction
from trust_framework.decide import ConsentGiven
from trust_framework.directory import StaffEntry
from trust_framework.domains import DomainProof
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier
from trust_framework.log_review import Review
from trust_framework.names import Holding, Name, held
from trust_framework.persons import Person
from trust_framework.representation import Kind, Representation
from trust_framework.review_cases import CaseKind, CaseState, ReviewCase
from trust_framework.roles import RoleGrant
from trust_framework.subject_requests import SubjectRequest

T = TypeVar("T")
Apply = Callable[[Unit, Any], None]

APPLY: dict[type, Apply] = {
    change.UseOnce: once.use,
    Consume: once.consume,
    change.EndLogin: logins.end,
    change.SaveLogin: logins.save,
    change.KeepPerson: persons.keep,
    change.StartSignOn: sign_ons.start,
    change.UseSignOn: sign_ons.use,
    change.SaveGrant: grants.save,
    change.KeepOnce: once.keep,
    change.Join: sign_ons.join,
    change.RecordConsent: consents.record,
    change.GrantRole: roles.grant,
    change.EndRole: roles.end,
    SaveCareRequest: care_requests.save,
    GiveRepresentation: representations.give,
    RevokeRepresentation: representations.revoke,
    WithdrawConsent: consents.withdraw,
    EndGrants: grants.end_of_person,
    change.EndGrant: grants.end,
    change.EndSignOn: sign_ons.end,
    change.ForgetPerson: forgetting.forget,
    SameRoles: roles.require,
    StillUnknown: persons.require_unknown,
    SameCare: care_versions.require,
    CountEmergency: care_emergencies.count,
    SaveProposal: proposals.save,
    ChangeRegister: register.change,
    SaveRing: keys.change,
    ChooseKey: keys.choose,
    KeepProof: domains.keep,
    NoteNotice: notices.note,
    KeepMail: notices.keep,
    UsePreset: test_runs.use_preset,
    KeepPreset: test_runs.keep_preset,
    KeepRun: test_runs.keep,
    NoteRun: test_runs.note,
    KeepChained: chained.keep,
    DropChained: chained.drop,
    KeepFeed: feeds.keep,
    KeepAddress: addresses.keep,
    SaveBlock: care_blocks.save,
    KeepTold: care_told.keep,
    SaveCareConsent: care_consents.save,
    SaveRelation: care_relations.save,
    SaveAccessFact: care_facts.save,
    SaveEmergency: care_emergencies.save,
    SaveReviewCase: care_cases.save,
    BlockSent: care_outbox.sent,
    BlockUnsent: care_outbox.unsent,
    SaveReview: care_reviews.save,
    Watch: care_watched.watch,
    Unwatch: care_watched.unwatch,
    SaveBreach: breaches.save,
    SaveRequest: subject_requests.save,
    SaveCorrection: corrections.save,
    SaveRemovalOrder: log_orders.save,
    StoreAccess: access_log.store,
    QueueReport: access_reports.keep,
}
"""What is done with each change, in the order in which it is done: what can refuse comes first, grants before what hangs
on them. One order for all also keeps PostgreSQL from deadlocks.
"""

LOG_ORIGIN = "log-origin"
_ORDER = {kind: (place, apply) for place, (kind, apply) in enumerate(APPLY.items())}


def _place(one: object) -> int:
    return _ORDER[type(one)][0]


class Storage(LogStore):
    """Made by `open_storage`. Used by many threads; each has its own connection."""

    def __init__(self, database: Database, clock: Callable[[], int] = lambda: int(time.time())) -> None:
        self._database = database
        self._counting = threading.Lock()
        self._grouping = Grouping(database) if database.sqlite else None
        self._joined = Joined()
        self.clock = clock
        self.commits = 0

    @property
    def vault(self) -> SealingVault:
        """The vault that everything here is sealed with."""
        return self._database.vault

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def probe(self) -> None:
        """Write a mark, durably: whether a login could be recorded now. Raises StorageUnavailable."""
        self.save_setting("probe", self.clock())

    # --- the one write of a request

    def commit(self, effects: Effects) -> None:
        """Apply all effects and append the events, durably, or nothing. Raises AlreadyUsed, Overtaken,
        StorageUnavailable.
        """
        changes = sorted(self._joined.unknown(effects.changes), key=_place)
        self._write(lambda unit: _apply(unit, changes, effects.events))
        with self._counting:
            self.commits += 1
            self._joined.note(changes)

    def _write(self, work: Callable[[Unit], T]) -> T:
        for _ in range(RETRIES):
            try:
                if self._grouping is not None:
                    return self._grouping.write(work)
                with Unit(self._database) as unit:
                    return work(unit)
            except GaveWay:
                continue
        raise StorageUnavailable("gave way too often")

    # --- reads by key

    def login(self, id: str) -> Transaction | None:
        return logins.read(self._database, id, self.clock())

    def sign_on(self, id: bytes) -> SignOn | None:
        return sign_ons.read(self._database, id)

    def participants(self, root: str) -> tuple[Participant, ...]:
        return sign_ons.participants(self._database, root)

    def person(self, id: str) -> Person | None:
        return persons.read(self._database, id)

    def persons_by_keys(self, keys: tuple[PersonKey, ...]) -> frozenset[str]:
        return persons.by_keys(self._database, keys)

    def staff(self, person: str) -> tuple[StaffEntry, ...]:
        return persons.staff(self._database, person)

    def consents(self, person: str, service: str) -> tuple[ConsentGiven, ...]:
        return consents.read(self._database, person, service)

    def role_grants(self, person: str) -> tuple[RoleGrant, ...]:
        """The person's roles, own ones first, then those for members whose agent the person belongs to."""
        own = roles.of_person(self._database, person)
        return (*own, *delegations.of_person(self._database, own))

    def own_role_grants(self, person: str) -> tuple[RoleGrant, ...]:
        """The roles that the person was given, without those that follow from them."""
        return roles.of_person(self._database, person)

    def once(self, kind: str, secret: str) -> Once | None:
        return once.read(self._database, kind, secret)

    def grant(self, id: str) -> Grant | None:
        return grants.read(self._database, id)

    def chained(self, entity_id: str) -> ChainedService | None:
        return chained.read(self._database, entity_id)

    def chained_page(self, search: str = "", after: str = "", count: int = 50) -> ChainedPage:
        """Services that came by a trust chain, by their identifiers."""
        return chained.page(self._database, search, after, count)

    def setting(self, name: str) -> Any:
        return settings.read(self._database, name)

    # --- My page

    def representations_of(self, person: str) -> tuple[Representation, ...]:
        """Those that a person has given, and those that they hold, whether they hold now or not."""
        return representations.of_person(self._database, person)

    def consents_of(self, person: str) -> tuple[ConsentKept, ...]:
        """Everything that a person has agreed to let services have."""
        return consents.of_person(self._database, person)

    def sign_ons_of(self, person: str) -> tuple[StandingSignOn, ...]:
        """The person's sign-ons that have not ended, with the services that each has served."""
        found = sign_ons.of_person(self._database, person)
        return tuple(StandingSignOn(one, tuple(p.service for p in self.participants(one.root))) for one in found)

    def log_of_person(self, person: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of a person's own logins, the newest first."""
        return references.of_person(self._database, person, since, before, count)

    def log_waiting_of_person(self, person: str) -> tuple[Logged, ...]:
        """A person's logins that are not sealed yet."""
        return references.waiting_of_person(self._database, person)

    # --- administration

    def save_setting(self, name: str, value: Any) -> None:
        """Set a mark of the installation."""
        self._write(lambda unit: settings.save(unit, name, value))

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
        return register.expiring(self._database, before)

    def register_ending(self, org: str, after: str = "", count: int = 50) -> EntryPage:
        """A page of a member's entries of which something runs out, or has, the soonest first."""
        return register.ending(self._database, org, after, count)

    def register_ending_count(self, org: str, before: int) -> int:
        """Of how many of a member's entries something runs out before a time, or has."""
        return register.ending_count(self._database, org, before)

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
        """Proven hosts that are to be looked at again."""
        return domains.due(self._database, self.clock(), count)

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

    # --- proposals

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

    def forget_person(self, id: str, events: tuple[Event, ...] = ()) -> bool:
        """Forget a person, recorded; whether there was one. Raises Held."""
        known = self.person(id) is not None
        self.commit(Effects((change.ForgetPerson(id, self.clock()),), events))
        return known

    def role_grants_of(self, org: str) -> tuple[RoleGrant, ...]:
        """The roles given in an organisation, or in the federation."""
        return roles.of_org(self._database, org)

    def role_page(self, org: str, after: str = "", count: int = 50) -> RolePage:
        """A page of the roles that hold in an organisation, or in the federation, oldest first."""
        return roles.page(self._database, org, self.clock(), after, count)

    # --- care

    def patient(self, patient: Identifier) -> str | None:
        """The register's id of who has this number, None for nobody known."""
        found = persons.by_keys(self._database, (PersonKey(*patient_key(patient)),))
        return next(iter(found), None)

    def care_version(self, person: str) -> int:
        """Grows with every change of what care has of a patient, or of a provider's own facts."""
        return care_versions.read(self._database, person)

    def block(self, id: str) -> tuple[Block, str] | None:
        """A block, ended or not, with its patient's id."""
        return care_blocks.read(self._database, id)

    def block_of_lift(self, lift: str) -> tuple[Block, str] | None:
        """The block that a lift belongs to, with its patient's id."""
        return care_blocks.of_lift(self._database, lift)

    def blocks_of(self, person: str) -> tuple[Block, ...]:
        """Every block of a patient, ended ones among them, oldest first."""
        return care_blocks.of_person(self._database, person)

    def blocks_changed(self, provider: str, since: int, until: int, count: int) -> tuple[tuple[Block, str], ...]:
        """Blocks of a provider (empty: of all) that stand and changed between two instants, the oldest change first."""
        return care_blocks.changed(self._database, provider, since, until, count)

    def block_instants(self, provider: str, since: int, count: int) -> tuple[int, ...]:
        """When each of them was last changed."""
        return care_blocks.instants(self._database, provider, since, count)

    def blocks_due(self, count: int) -> tuple[BlockDue, ...]:
        """Blocks entered here that another node is to be told of now."""
        return care_outbox.due(self._database, self.clock(), count)

    def copies_standing(self, after: str, before: int, count: int) -> tuple[tuple[str, str], ...]:
        """Copies of other nodes' blocks that have not ended, by id and provider, in the order of ids."""
        return care_blocks.copies(self._database, after, before, count)

    def latest_cancellation(self, provider: str) -> int | None:
        """When a block of the provider (empty: of any), or a lift, last ended before its time."""
        return care_blocks.latest_cancellation(self._database, provider)

    def told_of_blocks(self, actor: CareActor, person: str) -> Level:
        """How much of what a patient has closed the actor has lately been told."""
        return care_told.read(self._database, actor, person, self.clock())

    def care_consent(self, id: str) -> tuple[CareConsent, str] | None:
        return care_consents.read(self._database, id)

    def care_consents_of(self, person: str) -> tuple[CareConsent, ...]:
        return care_consents.of_person(self._database, person)

    def care_consents_changed(self, provider: str, since: int, count: int) -> tuple[tuple[CareConsent, str], ...]:
        """Consents of a provider that changed at or after an instant, the oldest change first, each with its patient's id."""
        return care_consents.changed(self._database, provider, since, count)

    def relation(self, id: str) -> tuple[CareRelation, str] | None:
        return care_relations.read(self._database, id)

    def relations_of(self, person: str) -> tuple[CareRelation, ...]:
        return care_relations.of_person(self._database, person)

    def relations_changed(self, provider: str, since: int, count: int) -> tuple[tuple[CareRelation, str], ...]:
        """Relations of a provider that changed at or after an instant, the oldest change first, each with its patient's id."""
        return care_relations.changed(self._database, provider, since, count)

    def access_fact(self, id: str) -> tuple[AccessFact, str] | None:
        """A fact that a rule set names, with its patient's id; with none where it is a provider's own."""
        return care_facts.read(self._database, id)

    def access_facts_of(self, person: str) -> tuple[AccessFact, ...]:
        """Every fact about a patient, oldest first."""
        return care_facts.of_person(self._database, person)

    def access_facts_of_provider(self, provider: str) -> tuple[AccessFact, ...]:
        """Every fact of a provider's own, oldest first."""
        return care_facts.of_provider(self._database, provider)

    def access_code(self, fact: str, code: str) -> str:
        """The keyed hash of a code of a fact."""
        return care_facts.code(self._database, fact, code)

    def emergency(self, id: str) -> tuple[EmergencyAccess, str] | None:
        return care_emergencies.read(self._database, id)

    def emergencies_counted(self, employee: str) -> int:
        """How many emergencies of an employee there ever were."""
        return care_emergencies.counted(self._database, employee)

    def emergencies_of(self, person: str) -> tuple[EmergencyAccess, ...]:
        return care_emergencies.of_person(self._database, person)

    def review_cases_about(self, kind: CaseKind, employee: str, since: int) -> int:
        """How many cases of a kind about an employee were opened at or after an instant."""
        return care_cases.count_of(self._database, kind, employee, since)

    def care_request(self, id: str) -> tuple[CareRequest, str] | None:
        """A request of a patient to care staff, with the patient's id."""
        return care_requests.read(self._database, id)

    def care_requests_of(self, person: str) -> tuple[CareRequest, ...]:
        """Every request of a patient, oldest first."""
        return care_requests.of_person(self._database, person)

    def care_requests_of_provider(
        self, provider: str, state: str = "waiting", count: int = 200
    ) -> tuple[tuple[CareRequest, str], ...]:
        """A provider's in one state, oldest first, each with its patient."""
        return care_requests.of_provider(self._database, provider, state, count)

    def review_case(self, id: str) -> tuple[ReviewCase, str] | None:
        """A case of log review with its patient's id."""
        return care_cases.read(self._database, id)

    # --- what is filed

    def watched(self, provider: str) -> frozenset[str]:
        """The persons on a care provider's watch list."""
        return care_watched.watched(self._database, provider)

    def watches(self, provider: str, person: str) -> bool:
        """Whether a person is on a care provider's watch list."""
        return care_watched.watches(self._database, provider, person)

    def watched_page(self, provider: str, after: str = "", count: int = 50) -> FiledPage[str]:
        """A page of the persons on a care provider's watch list, by id."""
        return care_watched.page(self._database, provider, after, count)

    def review_cases(self, asked: CasesAsked) -> FiledPage[tuple[ReviewCase, str]]:
        """A page of a care provider's cases, the newest first, each with its patient's id."""
        return care_cases.page(self._database, asked)

    def review_cases_of(self, person: str) -> tuple[ReviewCase, ...]:
        """The cases about a patient, oldest first."""
        return care_cases.of_person(self._database, person)

    def review_case_counts(self, provider: str, review: str = "") -> dict[CaseState, int]:
        """How many cases there are in each state."""
        return care_cases.counts(self._database, provider, review)

    def person_owners(self, keys: Sequence[PersonKey]) -> Mapping[PersonKey, str]:
        """Whom each of many keys finds."""
        return review_facts.owners(self._database, keys)

    def reviewed(self, people: frozenset[str], patients: frozenset[str]) -> Reviewed:
        """What is known of the many people of a review."""
        return review_facts.reviewed(self._database, people, patients)

    def patients_asking(self, provider: str) -> frozenset[str]:
        """Patients who asked about an access at a care provider, and have no end of it yet."""
        return care_cases.asking(self._database, provider)

    def log_review(self, id: str) -> Review | None:
        """A review of a care provider's log."""
        return care_reviews.STORED.one(self._database, id)

    def log_reviews(self, provider: str, after: str = "", count: int = 50) -> FiledPage[Review]:
        """A page of a care provider's reviews, the newest first."""
        return care_reviews.STORED.page(self._database, provider, "", after, count)

    def breach(self, id: str) -> Breach | None:
        """A breach."""
        return breaches.STORED.one(self._database, id)

    def breaches(self, org: str, after: str = "", count: int = 50) -> FiledPage[Breach]:
        """A page of a member's breaches, the newest first."""
        return breaches.STORED.page(self._database, org, "", after, count)

    def breaches_due(self, before: int, count: int) -> tuple[Breach, ...]:
        """Breaches of which the authority must know before a time and does not, whoever's they are."""
        return breaches.STORED.due(self._database, before, count)

    def breaches_running(self, org: str) -> tuple[Breach, ...]:
        """A member's breaches whose clock runs, the most urgent first."""
        return breaches.STORED.running(self._database, org)

    def subject_request(self, id: str) -> SubjectRequest | None:
        """A person's request."""
        return subject_requests.STORED.one(self._database, id)

    def subject_requests(
        self, org: str, state: str = "", after: str = "", count: int = 50
    ) -> FiledPage[SubjectRequest]:
        """A page of a member's requests, the newest first; `state` may be `open`."""
        return subject_requests.STORED.page(self._database, org, state, after, count)

    def subject_requests_consulting(self, org: str) -> tuple[SubjectRequest, ...]:
        """Requests to others about which this member was asked and has not answered."""
        return subject_requests.consulting(self._database, org)

    def correction(self, id: str) -> Correction | None:
        """A correction."""
        return corrections.STORED.one(self._database, id)

    def corrections(self, org: str, after: str = "", count: int = 50) -> FiledPage[Correction]:
        """A page of the corrections that a member made, the newest first."""
        return corrections.STORED.page(self._database, org, "", after, count)

    def corrections_to(self, org: str) -> tuple[Correction, ...]:
        """Corrections that services of this member have not acknowledged."""
        return corrections.to(self._database, org)

    def corrections_waiting(self, org: str, after: str = "", count: int = 50) -> FiledPage[Correction]:
        """A page of them, the oldest first."""
        return corrections.page_to(self._database, org, after, count)

    def corrections_due(self, count: int) -> tuple[Correction, ...]:
        """Corrections of which some receiver must be told now."""
        return corrections.STORED.due(self._database, self.clock(), count)

    # --- test logins, in the test issuer's store

    def test_run(self, reference: str) -> Run | None:
        """A test login by its reference."""
        return test_runs.read(self._database, reference)

    def test_runs(self, service: str, org: str) -> tuple[Run, ...]:
        """The test logins of a member's service, the newest first."""
        return test_runs.of_service(self._database, service, org)

    def tested(self, service: str, digest: str) -> int | None:
        """When a service last passed a test login with this content, or None."""
        return test_runs.tested(self._database, service, digest)

    def test_preset(self, browser: bytes, service: str) -> Choice | None:
        """What was chosen for a browser's next login to a service."""
        return test_runs.preset(self._database, browser, service, self.clock())

    # --- keys

    def ring_rows(self) -> tuple[KeyRow, ...]:
        """Every key of the ring there ever was."""
        return keys.read(self._database)

    def ring(self) -> KeyRing:
        """A fresh snapshot of the ring: imports every private key, so keep it and look at `ring_version`."""
        return load_ring(self.ring_rows(), self.vault, self.key_choices())

    def key_choices(self) -> tuple[KeyChoice, ...]:
        """Which services are signed for with a key of their own."""
        return keys.choices(self._database)

    def ring_version(self) -> str:
        """Changes whenever a key comes or changes its state; cheap."""
        return keys.version(self._database)

    def save_ring(self, rows: Iterable[KeyRow], events: tuple[Event, ...] = ()) -> None:
        """Insert keys or note their states, with the events of the change."""
        kept = tuple(rows)

        def work(unit: Unit) -> None:
            keys.save(unit, kept)
            log.append(unit, events)

        self._write(work)

    def note_fetches(self, fetches: Iterable[KeyFetch], proofs: Iterable[ClientAddress] = ()) -> None:
        """Note who fetched our keys, and from where clients proved themselves."""
        kept, proved = tuple(fetches), tuple(proofs)
        self._write(lambda unit: key_fetches.note(unit, kept, proved))

    def fetches_latest(self, count: int = 50) -> tuple[KeyFetch, ...]:
        """The latest fetches of our keys."""
        return key_fetches.latest(self._database, count)

    def fetches_of(self, service: str) -> tuple[KeyFetch, ...]:
        """Of each document the latest fetch that is known to be a service's, by what its client said or where it came from."""
        return key_fetches.of_service(self._database, service)

    def fetches_by_service(self, count: int = 50) -> tuple[tuple[str, str, int], ...]:
        """Service, document and when it was last fetched for that service; the latest first."""
        return key_fetches.by_service(self._database, count)

    def data_keys(self) -> tuple[WrappedKey, ...]:
        """The wrapped data keys."""
        return keys.data_keys(self._database)

    def rewrap(self, rewrapped: Iterable[WrappedKey]) -> None:
        """Note every data key under a new key-encryption key, all or none."""
        kept = tuple(rewrapped)
        self._write(lambda unit: keys.rewrap(unit, kept))

    # --- the log

    def append(self, events: Iterable[Event]) -> None:
        """Record events of jobs and commands, which have no other effects."""
        self.commit(Effects(events=tuple(events)))

    def seal_log(self, extend: log.Extend, count: int) -> Sealing | None:
        """One turn of the sealer; None when nothing waits. Raises Overtaken when another node was first."""
        if not log.anything_waits(self._database):
            return None
        try:
            with Unit(self._database, repeatable=True) as unit:
                return log.seal(unit, extend, references.note, self.clock(), count)
        except GaveWay as error:
            raise Overtaken("log") from error

    def log_waiting(self) -> int:
        """How many events are not sealed yet."""
        return log.waiting(self._database)

    def log_state(self) -> TreeState:
        """Where the tree stands."""
        return log.state(self._database)

    def log_rows(self, first: int = log.LOWEST) -> Iterator[LogRow]:
        """The sealed rows in order."""
        return log_rows.rows(self._database, first)

    def log_pending(self) -> tuple[bytes, ...]:
        """Leaves not sealed yet."""
        return log.pending(self._database)

    def log_by_reference(self, reference: str) -> tuple[Logged, ...]:
        """How the requests with a reference ended, oldest first."""
        return references.by_reference(self._database, reference)

    def log_page(self, sought: Sought, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of a service's logins and faults, the newest first."""
        return references.page(self._database, sought, before, count)

    def log_hours(self, sought: Sought) -> tuple[tuple[int, str, int], ...]:
        """How many of a service's requests ended how in each hour."""
        return references.hours(self._database, sought)

    def log_checkpoints(self, count: int) -> tuple[tuple[int, int, str], ...]:
        """The newest signed checkpoints: size, when it was signed, the note."""
        return log.latest_notes(self._database, count)

    def log_checkpoint_at(self) -> int | None:
        """When the newest checkpoint was signed, None before the first."""
        return log.checkpoint_at(self._database)

    def count_logins(self, unlisted: frozenset[str] = frozenset(), batch: int = 2000) -> int:
        """Count the next sealed rows; how many there were. One node at a time (the job's lease)."""
        first = self.setting(counts.CURSOR) or 0
        found = list(islice(log_rows.leaves(self._database, first, batch), batch))
        if found:
            counted = tally((leaf for _, leaf in found), unlisted)
            keys_counted = tally_keys(leaf for _, leaf in found)

            def work(unit: Unit) -> None:
                counts.add(unit, counted)
                key_use.add(unit, keys_counted)
                settings.save(unit, counts.CURSOR, found[-1][0] + 1)

            self._write(work)
        return len(found)

    def logins_of(self, service: str, since: int) -> Logins:
        """Logins and faults of a service since a day; of all services when it is empty."""
        return counts.of_service(self._database, service, since)

    def key_use(self, service: str, since: int) -> dict[str, float]:
        """The share of a service's logins since a day that each key proved, by key id; empty when there were none."""
        return key_use.shares(self._database, service, since)

    def faults_by_cause(self, service: str, since: int, until: int) -> tuple[CauseCount, ...]:
        """Faults of a service, or of all, by cause, most first."""
        return counts.by_cause(self._database, service, since, until)

    def logins_by_method(self, since: int) -> tuple[MethodCount, ...]:
        """How each method has fared since a day."""
        return counts.by_method(self._database, since)

    def logins_by_minute(self, since: int) -> tuple[MinuteCount, ...]:
        """The minutes since then in which anything happened."""
        return counts.by_minute(self._database, since)

    def log_notes(self) -> tuple[str, ...]:
        """The signed checkpoints kept here, oldest first."""
        return log.notes(self._database)

    def log_origin(self) -> str:
        """The log's name, given once when the store was made."""
        return str(self.setting(LOG_ORIGIN))

    def log_verifiers(self) -> tuple[Verifier, ...]:
        """The keys that may have signed checkpoints, removed ones too. A row that is not proven to be the ring's own (its
        private key, or the proof left in its place, does not open) counts as no key.
        """
        found = []
        for row in self.ring_rows():
            if row.use == "checkpoint":
                with suppress(Unsealable, UnfitKey):
                    (key,) = load_ring((row,), self.vault).keys
                    found.append(verifier(self.log_origin(), key.signer.public_key))
        return tuple(found)

    def evidence(self, person: str, sealed: bytes) -> bytes | None:
        """Evidence opened; None when the person was forgotten."""
        return persons.open_evidence(self._database, person, sealed)

    # --- jobs

    def take_lease(self, name: str, holder: str, until: int) -> bool:
        """Take a job's lease, or make one's own longer."""
        now = self.clock()
        return self._write(lambda unit: jobs.take(unit, name, holder, now, until))

    def give_back_leases(self, holder: str) -> None:
        """Let other nodes take this node's jobs at once."""
        self._write(lambda unit: jobs.give_back(unit, holder))

    def note_job(self, name: str, error: str = "") -> None:
        """Note that a job ran to its end, or failed with this class of error."""
        at = self.clock()
        self._write(lambda unit: jobs.failed(unit, name, at, error) if error else jobs.ran(unit, name, at))

    def job_states(self) -> tuple[jobs.JobState, ...]:
        """All jobs, for the status page."""
        return jobs.states(self._database)

    def expire(self, absolute: int, count: int = expiry.BATCH) -> int:
        """Delete one batch of whatever has expired; how many rows went."""
        now = self.clock()
        return self._write(lambda unit: expiry.expire(unit, now, absolute, count))

    def thin_checkpoints(self) -> int:
        """Of old checkpoints, keep the last of each day."""
        now = self.clock()
        return self._write(lambda unit: expiry.thin_checkpoints(unit, now))


def _filed(unit: Unit, listed: Iterable[Listed], at: int) -> tuple[Event, ...]:
    """Make the directory what is listed, with who has which role and who may act for whom."""
    people = persons.replace_directory(unit, listed)
    given = roles.replace_filed(unit, {id_: one.roles for id_, one in people.items()}, at)
    return (*given, *representations.replace_filed(unit, people, at))


def _apply(unit: Unit, changes: Iterable[object], events: tuple[Event, ...]) -> None:
    for one in changes:
        _ORDER[type(one)][1](unit, one)
    log.append(unit, events)
