"""A federation with many of everything that a list shows: `crowded` fills a world, `everywhere` gives the address of each page.

One member has all the services, is party to all the agreements and answers for all the cases, which is the worst that a list of
a member can be; one person may see everything. Addresses are made from the table of routes: a part of a path that nothing here
stands for fails, so that a new list cannot be forgotten.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from broker.audit.care_events import AccessLogRead
from broker.audit.events import CodeIssued, Event
from broker.audit.retention import Hold
from broker.care.access_values import StoreAccess
from broker.care.changes import SaveBlock, SaveCareConsent, SaveEmergency, SaveRelation, SaveReviewCase
from broker.care.filings import SaveBreach, SaveCorrection, SaveRequest, Watch
from broker.care.requests import SaveCareRequest
from broker.care.review_values import SavePlan, SaveReview
from broker.federation import agreements
from broker.federation.addresses import AddressState, KeepAddress
from broker.federation.agreements import By
from broker.federation.domains import KeepProof
from broker.federation.proposing import SaveProposal
from broker.federation.register import KINDS, ChangeRegister, EntryChange
from broker.jobs.sealer import Sealer
from broker.login.effects import ChainedService, Change, Effects, GrantRole, KeepChained, KeepOnce, Once
from broker.login.keys import KeyFetch
from broker.web.console.routes import CONSOLE
from broker.web.console.row import ADMIN, CARE, PORTAL, REVIEW, Row
from tests.support import access_records, care_values, ward
from tests.support import saml_metadata as make
from tests.support.console import NUMBERS, OTHER, Console
from tests.support.world import LEVEL3, MEMBER, Browser
from trust_framework import approval
from trust_framework.approval import Proposal, Wanted
from trust_framework.breaches import Breach, BreachAct, BreachFacts
from trust_framework.care import Act as CareAct
from trust_framework.care import Period, Staff
from trust_framework.care_requests import CareRequest, Wish
from trust_framework.corrections import Correction, Receipt
from trust_framework.days import DAY, day_of
from trust_framework.domains import DomainProof
from trust_framework.identifiers import Identifier, luhn
from trust_framework.log_drawing import Selection
from trust_framework.review_cases import CaseAct, CaseKind, ReviewCase
from trust_framework.review_plans import Interval, ReviewPlan
from trust_framework.review_report import Review
from trust_framework.roles import FEDERATION, Actor, Role, RoleGrant
from trust_framework.subject_requests import RequestAct, RequestKind, SubjectRequest

AREAS: Final = (ADMIN, PORTAL, REVIEW, CARE)
BATCH: Final = 500
FEW: Final = 10
"""Of what no member has as many of as it has services, there is a tenth, of legal holds a hundredth."""

AT_BEDSIDE: Final = 50
"""Of what is entered about one patient."""

ANNA: Final = Identifier(care_values.PERSONNUMMER, NUMBERS["anna"])
HEAD: Final = f"{ward.AT['dora'].rpartition('/')[2]}"
SECRET: Final = "a-search-that-somebody-made-before"


T = TypeVar("T")


def batched(things: Iterator[T]) -> Iterator[tuple[T, ...]]:
    """Some hundred at a time."""
    while some := tuple(islice(things, BATCH)):
        yield some


def number_of(serial: int) -> str:
    """An organisation number that is none of the others."""
    stem = f"556{serial:06}"
    return next(stem + digit for digit in "0123456789" if luhn(stem + digit))


@dataclass
class Crowd:
    """So many of everything in a world, and who looks at it."""

    console: Console
    many: int
    share: int = FEW
    browser: Browser = field(init=False)
    person: str = field(init=False)

    def __post_init__(self) -> None:
        self.person = self.console.person("dora")
        self.store = self.console.world.store
        self.now = self.console.world.clock.now
        self.anna = self.console.person("anna")

    def fill(self) -> None:
        """Everything, in commits of some hundred."""
        for entries in batched(self._entries()):
            self.store.commit(Effects((ChangeRegister(entries, self.now - DAY),)))
        for changes in batched(self._changes()):
            self.store.commit(Effects(changes))
        for events in batched(self._events()):
            self.store.commit(Effects(events=events))
        for hold in self._holds():
            self.store.set_hold(hold)
        self.store.note_fetches(self._fetches())
        Sealer(self.store, self.store.ring, self.store.log_origin(), None).run()
        while self.store.count_logins():
            pass
        self.console.world.app.snapshots.refresh()
        roles = [(org, role) for org in (MEMBER, FEDERATION) for role in Role]
        self.browser = self.console.browser("dora", *roles)
        self.console.sign_on("dora", CARE, browser=self.browser)

    # --- the register

    def _entries(self) -> Iterator[EntryChange]:
        for serial in range(self.many):
            org = number_of(serial)
            yield EntryChange("member", org, self._member(org, serial), org, "portal")
        text = make.shibboleth_sp().decode()
        for serial in range(self.many):
            yield EntryChange("service", f"tj-{serial}", self._service(serial, text), MEMBER, "portal")
        for serial in range(self.many):
            yield EntryChange("agreement", f"av-{serial}", self._agreement(serial), "", "portal")
        for serial in range(self.many):
            yield EntryChange("policy", f"po-{serial}", self._policy(serial), "", "portal")

    def _member(self, org: str, serial: int) -> dict[str, Any]:
        return {
            "org": org,
            "names": {"sv": f"Kommunen nummer {serial}", "en": f"Town number {serial}"},
            "trust_declarations": [{"level": LEVEL3, "reviewer": "Nämnden", "expires": "2030-01-31"}],
        }

    def _service(self, serial: int, text: str) -> dict[str, Any]:
        """An OIDC client; each tenth a SAML service whose certificate ends some day, and each tenth one is in test."""
        more: dict[str, Any] = {"state": "test"} if serial % FEW == 1 else {}
        if serial % FEW:
            more["oidc"] = {
                "client_id": f"klient-{serial}",
                "token_endpoint_auth_method": "none",
                "redirect_uris": [f"https://tj-{serial}.example.org/cb"],
            }
        else:
            address = {"metadata_url": f"https://sp{serial}.example/shibboleth"}
            more["saml"] = {"metadata_xml": text.replace("shib.example", f"sp{serial}.example"), **address}
        names = {"sv": f"E-tjänsten nummer {serial}", "en": f"E-service number {serial}"}
        common = {"id": f"tj-{serial}", "member": MEMBER, "names": names, "levels": [LEVEL3]}
        return {**common, "attributes": ["givenName", "sn"], **more}

    def _agreement(self, serial: int) -> dict[str, Any]:
        """Signed by both; each hundredth ends within sixty days, and each tenth waits for our signature."""
        until = day_of(self.now + (30 * DAY if serial % 100 == 0 else 300 * DAY))
        terms = {
            "parties": [{"org": OTHER, "role": ["giver"]}, {"org": MEMBER, "role": ["receiver"]}],
            "purpose": "Vård och behandling",
            "legal_basis": "Patientdatalagen",
            "services": [f"tj-{serial}"],
            "data": [{"attribute": "sn", "giver": OTHER, "receiver": MEMBER, "definition": "Efternamn"}],
            "retention_days": 90,
            "transfer": "Vid inloggning",
            "valid_from": day_of(self.now - 30 * DAY).isoformat(),
            "valid_until": until.isoformat(),
            "review": day_of(self.now + 299 * DAY).isoformat(),
        }
        contacts = [
            {"org": org, "name": "Avtal", "mail": "a@example.se", "confirmed": day_of(self.now - DAY).isoformat()}
            for org in (OTHER, MEMBER)
        ]
        names = {"sv": f"Avtalet nummer {serial}", "en": f"Agreement number {serial}"}
        head = {"id": f"av-{serial}", "names": names, "contacts": contacts}
        made = agreements.drafted(None, terms, head, self._by(OTHER))
        for org in (OTHER, *(() if serial % FEW == 1 else (MEMBER,))):
            digest = agreements.read(made).versions[-1].digest
            made = agreements.signed(made, self._by(org), digest, self.now - DAY)
        return made

    def _by(self, org: str) -> By:
        return By(org, self.anna, "Anna Andersson", LEVEL3)

    def _policy(self, serial: int) -> dict[str, Any]:
        names = {"sv": f"Regeln nummer {serial}", "en": f"Rule number {serial}"}
        return {
            "id": f"po-{serial}",
            "names": names,
            "effect": "allow",
            "to": {"services": [f"tj-{serial}"]},
            "attributes": ["sn"],
        }

    # --- what is kept beside it

    def _changes(self) -> Iterator[Change]:
        few = -(-self.many // self.share)
        yield from (SaveProposal(each, 0, {"sv": f"Ändring {each.id}"}) for each in self._proposals())
        yield from (KeepChained(self._chained(serial)) for serial in range(self.many))
        yield from (SaveReviewCase(self._case(serial), self.anna) for serial in range(self.many))
        yield from (SaveReview(self._review(serial)) for serial in range(few))
        yield from (SavePlan(self._plan(serial)) for serial in range(few))
        yield from (SaveBreach(self._breach(serial)) for serial in range(few))
        yield from (SaveRequest(self._request(serial)) for serial in range(few))
        yield from (SaveCorrection(self._correction(serial)) for serial in range(few))
        yield from (Watch(ward.PROVIDER, f"watched-{serial}", self.now, self.person) for serial in range(few))
        yield from (KeepAddress(AddressState(f"tj-{n}", self.now - DAY)) for n in range(0, self.many, FEW))
        yield from (KeepProof(DomainProof(MEMBER, f"tj-{n}.example.org", f"t{n}", self.now)) for n in range(FEW))
        yield from (
            KeepProof(DomainProof(number_of(n), f"h-{n}.example.org", f"t{n}", self.now).shown(self.now))
            for n in range(self.many)
        )
        for org in (MEMBER, FEDERATION):
            role = Role.READER if org == MEMBER else Role.OPERATOR
            yield from (
                GrantRole(RoleGrant(f"colleague-{n}", org, role, self.person, self.now, name=f"Kollega {n}"))
                for n in range(few)
            )
        yield from (StoreAccess((self._access(serial),), self.now, "journal") for serial in range(self.many))
        yield from (SaveCareRequest(self._wish(serial), self.anna) for serial in range(few))
        for _ in range(AT_BEDSIDE):
            yield from self._bedside()
        sought = {"provider": ward.PROVIDER, "reason": "x", "person": "", "employee": "", "unit": "", "since": 0}
        sought |= {"until": self.now, "activity": "", "log_id": "", "others": False}
        yield KeepOnce(Once("log-search", SECRET, f"{MEMBER}:{self.person}", self.now + DAY, sought))

    def _proposals(self) -> Iterator[Proposal]:
        """Of the tens, one is a draft, one was sent in, and the others are closed."""
        author = Actor("author", "Tekla", (RoleGrant("author", MEMBER, Role.TECHNICAL, "test", 0),))
        for serial in range(self.many):
            content = self._service(serial - serial % FEW + 2, "")
            wanted = Wanted(content, f"{serial:064x}")
            made = _proposal(
                approval.drafted(f"pr-{serial}", "service", content["id"], MEMBER, wanted, author, self.now)
            )
            if serial % FEW:
                made = _proposal(approval.submitted(made, author, "", self.now))
            if serial % FEW > 1:
                made = _proposal(approval.withdrawn(made, author, "Behövs inte", self.now))
            yield made

    def _chained(self, serial: int) -> ChainedService:
        return ChainedService(
            f"https://kedja-{serial}.example",
            "https://ankare.example",
            "https://mellan.example",
            "automatic",
            {"client_id": f"https://kedja-{serial}.example"},
            ("https://ankare.example/marke",),
            self.now + DAY,
            self.now,
        )

    def _case(self, serial: int) -> ReviewCase:
        kind = (CaseKind.EMERGENCY, CaseKind.SAMPLED, CaseKind.RULE, CaseKind.PATIENT_ASKS)[serial % 4]
        opened = (CaseAct(self.now - serial, self.person, "opened"),)
        where = {"employee": ward.NURSE, "unit": ward.WARD, "patient": ANNA}
        return ReviewCase(f"arende-{serial}", kind, ward.PROVIDER, self.now - serial, acts=opened, **where)

    def _review(self, serial: int) -> Review:
        days = Selection(ward.PROVIDER, self.now - 7 * DAY, self.now - 1)
        return Review(f"granskning-{serial}", days, self.person, self.now - serial, "seed", 9, 100, drawn=5, sampled=5)

    def _plan(self, serial: int) -> ReviewPlan:
        whole, day = Selection(ward.PROVIDER, 0, 0), day_of(self.now).isoformat()
        return ReviewPlan(f"plan-{serial}", whole, 1, Interval.WEEKS, day, 7, self.person, self.now - serial)

    def _breach(self, serial: int) -> Breach:
        """One in ten has a clock that runs."""
        done = ("opened", "exempted", "closed") if serial % FEW else ("opened",)
        acts = tuple(BreachAct(self.now, self.person, what) for what in done)
        return Breach(f"incident-{serial}", MEMBER, self.now - serial, BreachFacts("Fel mottagare"), acts)

    def _request(self, serial: int) -> SubjectRequest:
        acts = (RequestAct(self.now, self.person, "received"),)
        kind = RequestKind.LOG_EXTRACT
        return SubjectRequest(f"begaran-{serial}", MEMBER, kind, self.anna, self.now - serial, acts)

    def _correction(self, serial: int) -> Correction:
        receipt = Receipt(f"tj-{serial}", MEMBER, ("sn",), ("7K3M-Q9TD",))
        given = ("sn",), "Fel", self.person, self.now - serial
        return Correction(f"rattelse-{serial}", MEMBER, self.anna, *given, (receipt,))

    def _access(self, serial: int) -> Any:
        of = access_records.resource(ANNA, provider=ward.PROVIDER, unit=ward.WARD)
        who = {"provider": ward.PROVIDER, "unit": ward.WARD, "user": ward.NURSE, "user_name": "Carl Andersson"}
        return access_records.record(of, at=self.now - serial, **who)

    def _wish(self, serial: int) -> CareRequest:
        block = care_values.new_id()
        return CareRequest(care_values.new_id(), Wish.BLOCK, ANNA, ward.PROVIDER, block, self.now - serial)

    def _bedside(self) -> Iterator[Change]:
        """What one patient has a few of: a block, a consent, a relation, an emergency access."""
        staff = Staff(ward.REGISTRAR)
        act = CareAct(self.now - DAY, staff, self.now - DAY, staff)
        place = {"patient": ANNA, "provider": ward.PROVIDER, "unit": ward.WARD, "registered": act}
        days = Period(self.now - DAY, self.now + 30 * DAY)
        asked = care_values.actor(unit=ward.WARD, provider=ward.PROVIDER, employee=ward.NURSE)
        opened = care_values.emergency(patient=ANNA, actor=asked, at=self.now - DAY, until=self.now)
        yield SaveBlock(care_values.block(**place), self.anna)
        yield SaveCareConsent(care_values.consent(**place, period=days, represented_by=None), self.anna)
        yield SaveRelation(care_values.relation(**place, period=days), self.anna)
        yield SaveEmergency(opened, self.anna)

    def _holds(self) -> Iterator[Hold]:
        for serial in range(-(-self.many // self.share**2)):
            yield Hold(f"hold-{serial}", "person", self.anna, "Rättegång", self.person, self.now - serial)

    def _fetches(self) -> list[KeyFetch]:
        return [
            KeyFetch("jwks", f"192.0.2.{n % 250}", "192.0.2.0/24", f"client/{n}", f"tj-{n}", self.now, self.now)
            for n in range(self.many)
        ]

    # --- the log

    def _events(self) -> Iterator[Event]:
        for serial in range(self.many):
            yield CodeIssued(
                at=self.now - serial,
                reference=f"{serial:04X}-AAAA"[-9:],
                service="tj-2",
                member=MEMBER,
                person=self.anna,
                method="test",
                level=LEVEL3,
                decision="released",
                released=("sn",),
                trace=(("level", "allowed"), ("attribute", "allowed", "sn")),
            )
            what = {"what": "page", "purpose": "Granskning", "provider": ward.PROVIDER, "rows": 50}
            yield AccessLogRead(at=self.now - serial, person=self.anna, by=self.person, kind="staff", **what)

    # --- the pages

    def places(self) -> list[tuple[Row, str]]:
        """Every page of the four areas with an address of each kind of list."""
        rows = (row for row in CONSOLE if row.method == "GET" and row.area in AREAS)
        return [(row, _filled(row, parts)) for row in rows for parts in self._parts(row)]

    def _parts(self, row: Row) -> list[dict[str, str]]:
        given = {"org": MEMBER, **PARTS}
        if row.rule.startswith(CARE):
            given["patient"] = self._handle()
        if row.rule.endswith("/register/<kind>"):
            return [{**given, "kind": kind} for kind in KINDS if kind != FEDERATION]
        return [given]

    def _handle(self) -> str:
        """The name that the patient has in addresses."""
        if not hasattr(self, "_bed"):
            at = ward.AtWork(self.console, "dora", self.browser, ward.AT["dora"]).with_patient(ward.PATIENT)
            self._bed = at.bedside.rpartition("/")[2]
        return self._bed


PARTS: Final = {
    "service": "tj-2",
    "host": "tj-2.example.org",
    "agreement": "av-2",
    "policy": "po-2",
    "member": number_of(2),
    "provider": "test",
    "kind": "service",
    "id": "tj-2",
    "reference": "0002-AAAA",
    "version": "3",
    "person": "colleague-2",
    "role": "reader",
    "proposal": "pr-0",
    "step": "om",
    "application": "pr-0",
    "commission": HEAD,
    "block": "none",
    "lift": "none",
    "consent": "none",
    "relation": "none",
    "emergency": "none",
    "case": "arende-2",
    "deed": "take",
    "review": "granskning-2",
    "plan": "plan-2",
    "search": SECRET,
    "entry": "none",
    "request": "begaran-2",
    "breach": "incident-0",
    "letter": "authority",
    "language": "sv",
    "correction": "rattelse-2",
    "hold": "hold-0",
    "order": "none",
}
"""By name of a part of a path: one of the many. `none` where only a page about one thing has the part."""


def _filled(row: Row, parts: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: parts[part[1]], row.rule)


def _proposal(outcome: approval.Outcome) -> Proposal:
    assert isinstance(outcome, Proposal), outcome
    return outcome


def crowded(console: Console, many: int, share: int = FEW) -> Crowd:
    """Fill a world whose wards are `tests.support.ward`'s; of what there is less of, one in `share`."""
    made = Crowd(console, many, share)
    made.fill()
    return made
