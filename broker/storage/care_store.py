"""What `Storage` reads of care: blocks, consents, relations, facts, emergencies and cases.

Each method is a line; what it does stands in the file of its aggregate.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from broker.care.filings import CasesAsked, FiledPage, Reviewed
from broker.care.outbox import BlockDue
from broker.care.review_values import AccessPortion, Traced
from broker.login.effects import PersonKey
from broker.storage import (
    breaches,
    care_blocks,
    care_cases,
    care_consents,
    care_emergencies,
    care_facts,
    care_outbox,
    care_relations,
    care_requests,
    care_review_plans,
    care_reviews,
    care_told,
    care_versions,
    care_watched,
    corrections,
    persons,
    review_crowds,
    review_drawing,
    review_facts,
    subject_requests,
)
from broker.storage.part import Part
from trust_framework.access_facts import AccessFact
from trust_framework.block_reveal import Level
from trust_framework.blocks import Block
from trust_framework.breaches import Breach
from trust_framework.care import CareActor, patient_key
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.care_requests import CareRequest
from trust_framework.corrections import Correction
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier
from trust_framework.log_drawing import Selection
from trust_framework.log_review import Crowd
from trust_framework.persons import Person
from trust_framework.review_cases import CaseKind, CaseState, ReviewCase
from trust_framework.review_plans import ReviewPlan
from trust_framework.review_report import Review
from trust_framework.subject_requests import SubjectRequest

T = TypeVar("T")


class CareStore(Part):
    """A part of `Storage`."""

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

    def block_untold(self, id: str) -> bool:
        """Whether another node has not been told of a block as it stands here."""
        return care_outbox.waits(self._database, id)

    def copies_standing(self, after: str, before: int, count: int) -> tuple[tuple[str, str], ...]:
        """Copies of other nodes' blocks that have not ended, by id and provider, in the order of ids."""
        return care_blocks.copies(self._database, after, before, count)

    def copies_count(self) -> int:
        """How many of them there are."""
        return care_blocks.copies_count(self._database)

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

    def access_facts_at(self, provider: str, beyond: Collection[str]) -> tuple[AccessFact, ...]:
        """A provider's own and those of these kinds that others have and have not ended, oldest first."""
        return care_facts.counting_at(self._database, provider, beyond)

    def access_code(self, fact: str, code: str) -> str:
        """The keyed hash of a code of a fact."""
        return care_facts.code(self._database, fact, code)

    def emergency(self, id: str) -> tuple[EmergencyAccess, str] | None:
        return care_emergencies.read(self._database, id)

    def emergencies_counted(self, by: str) -> int:
        """How many emergencies there ever were by a person, or an employee whom nobody knows."""
        return care_emergencies.counted(self._database, by)

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

    def known_persons(self, ids: frozenset[str]) -> Mapping[str, Person]:
        """What the register knows of many persons, by their ids."""
        return review_facts.known(self._database, ids)

    def reviewed(self, people: frozenset[str], patients: frozenset[str]) -> Reviewed:
        """What is known of the many people of a review."""
        return review_facts.reviewed(self._database, people, patients)

    def patients_asking(self, provider: str) -> frozenset[str]:
        """Patients who asked about an access at a care provider, and have no end of it yet."""
        return care_cases.asking(self._database, provider)

    def log_review(self, id: str) -> Review | None:
        """A review of a care provider's log."""
        return care_reviews.STORED.one(self._database, id)

    def log_reviews(self, provider: str, after: str = "", count: int = 50, state: str = "") -> FiledPage[Review]:
        """A page of a care provider's reviews, the newest first."""
        return care_reviews.STORED.page(self._database, provider, state, after, count)

    def log_reviews_running(self, provider: str) -> tuple[Review, ...]:
        """Those that are drawn, or to be signed by a day, the most urgent first."""
        return care_reviews.STORED.running(self._database, provider)

    def log_reviews_drawing(self, count: int, after: Review | None = None) -> tuple[Review, ...]:
        """Reviews that are being drawn, whoever's they are, the oldest first; those after the last that was seen."""
        return care_reviews.due(self._database, self.clock(), count, care_reviews.DRAWING, after)

    def log_reviews_overdue(self, count: int, after: Review | None = None) -> tuple[Review, ...]:
        """Reviews that should have been signed, whoever's they are, and that nobody was reminded of."""
        return care_reviews.due(self._database, self.clock(), count, care_reviews.OPEN, after)

    def review_plan(self, id: str) -> ReviewPlan | None:
        """A plan of reviews."""
        return care_review_plans.STORED.one(self._database, id)

    def review_plans(self, provider: str, after: str = "", count: int = 50, state: str = "") -> FiledPage[ReviewPlan]:
        """A page of a care provider's plans, the newest first."""
        return care_review_plans.STORED.page(self._database, provider, state, after, count)

    def review_plans_due(self, count: int, after: ReviewPlan | None = None) -> tuple[ReviewPlan, ...]:
        """Plans by which a review is to be asked for now, whoever's they are; those after the last that was seen."""
        return care_review_plans.due(self._database, self.clock(), count, after)

    def access_portion(self, sought: Traced, count: int) -> AccessPortion:
        """The next accesses that a review is drawn from."""
        return review_drawing.portion(self._database, sought, count)

    def access_crowds(self, selection: Selection, since: int, until: int) -> tuple[Crowd, ...]:
        """When somebody read many patients, in a part of a review's time."""
        return review_crowds.crowds(self._database, selection, since, until)

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
