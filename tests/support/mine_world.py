"""A broker with two care providers of different policy, a family, and what care has done with them, for tests of My page."""

from collections.abc import Mapping
from typing import Any

from broker.care.access_values import StoreAccess
from broker.care.changes import SaveAccessFact, SaveBlock, SaveCareConsent, SaveEmergency, SaveRelation, SaveReviewCase
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects, PersonKey
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.console import NUMBERS, OTHER, Console, consoles, document
from tests.support.world import MEMBER, Browser, Worlds
from trust_framework.access_log import AccessRecord, AccessSought, checked
from trust_framework.identifiers import Identifier

ANNA, ALVA, TIM, LO, BO = "191212121212", "201705012381", "201203102395", "201806152391", "194001012394"
CHILDREN = {"alva": ALVA, "tim": TIM, "lo": LO, "bo": BO}
SECRET_NURSE = "SE2321000016-SECRET"
CLINIC, HOSPITAL = "Hjärtmottagningen", "Fjärrsjukhuset"


def care_providers() -> list[dict[str, Any]]:
    """One that tells names and lets patients block; one that does neither, and lets no guardian read."""
    return [
        {
            "hsa_id": a.PROVIDER,
            "member": MEMBER,
            "name": {"sv": "Region Ett", "en": "Region One"},
            "units": [
                {"hsa_id": a.UNIT, "name": {"sv": CLINIC, "en": "The Heart Clinic"}},
                {"hsa_id": a.OTHER_UNIT, "name": {"sv": "Akuten", "en": "The Emergency Room"}},
            ],
        },
        {
            "hsa_id": a.OTHER_PROVIDER,
            "member": OTHER,
            "name": {"sv": "Vård Två", "en": "Care Two"},
            "units": [{"hsa_id": a.FAR_UNIT, "name": {"sv": HOSPITAL, "en": "The Far Hospital"}}],
            "switches": {"staff_names_shown": "false", "patient_blocks_directly": "false", "guardians_read": "false"},
        },
    ]


def representation(id: str, person: str, **changes: Any) -> dict[str, Any]:
    """Anna is a guardian."""
    return {"id": id, "person": person, "representative": "anna", "kind": "guardian", **changes}


REPRESENTATIONS = [
    representation("R-alva", "alva"),
    representation("R-tim", "tim"),
    representation("R-lo", "lo"),
    representation("R-bo", "bo", kind="power", valid_until="2027-03-01", may=["read", "ask", "block", "lift"]),
    representation("R-eva", "anna", representative="eva", kind="power", valid_until="2027-03-01"),
]


def family(**parts: Any) -> dict[str, Any]:
    """The federation file."""
    whole = document(
        care_providers=care_providers(),
        representations=REPRESENTATIONS,
        staff=[{"person": "carl", "hsa_id": a.NURSE}, {"person": "secret", "hsa_id": SECRET_NURSE}],
        **parts,
    )
    names = {"alva": "Alva", "tim": "Tim", "lo": "Lo", "bo": "Bo Viktor"}
    whole["persons"] += [
        {
            "id": id_,
            "personalIdentityNumber": number,
            "givenName": names[id_],
            "sn": "Ek",
            "protected": str(id_ == "lo"),
        }
        for id_, number in CHILDREN.items()
        if id_ != "bo"
    ]
    whole["persons"] = [p for p in whole["persons"] if p["id"] != "bo"] + [
        {"id": "bo", "personalIdentityNumber": BO, "givenName": "Bo", "sn": "Ek"},
        {"id": "secret", "givenName": "Hemlig", "sn": "Person", "protected": "true"},
    ]
    return whole


class Family:
    """The world, and who is who in it."""

    def __init__(self, console: Console) -> None:
        self.console, self.world = console, console.world
        self.store = console.world.store

    def person(self, name: str) -> str:
        """The register's id of somebody."""
        number = {**NUMBERS, **CHILDREN}[name]
        (found,) = self.store.persons_by_keys((PersonKey("personalIdentityNumber", number),))
        return found

    def number(self, name: str) -> Identifier:
        """Their number, typed."""
        return Identifier(a.PERSONNUMMER, {**NUMBERS, **CHILDREN}[name])

    def about(self, name: str, representative: str = "anna") -> str:
        """What the addresses call the representation of somebody."""
        me = self.person(representative)
        ids = (r.id for r in self.store.representations_of(me) if r.person == self.person(name))
        return next(ids)

    def open(self, name: str = "anna", level: str | None = None) -> Browser:
        """A browser in which somebody has opened My page."""
        given = {"level": level} if level else {}
        return self.console.sign_on(name, "/min-sida", **given)

    def accessed(self, name: str = "anna", *, far: bool = False, **changes: Any) -> str:
        """An access to somebody's information, stored; the id of its entry."""
        one = self.access(name, far=far, **changes)
        now = self.world.clock.now
        self.store.commit(Effects((StoreAccess((checked(one, now),), now, "test"),)))
        page = self.store.access_page(AccessSought(person=self.person(name)), None, 1000)
        return next(row.id for row in page.rows if row.record.id == one.id)

    def access(self, name: str = "anna", *, far: bool = False, **changes: Any) -> AccessRecord:
        """A record of an access, at the clinic or at the far hospital."""
        types = changes.pop("types", ("und",))
        where: Mapping[str, Any] = {"provider": a.PROVIDER, "unit": a.UNIT}
        if far:
            where = {"provider": a.OTHER_PROVIDER, "unit": a.FAR_UNIT}
        things = tuple(resource(self.number(name), type=type_, **where) for type_ in types)
        given = {"at": self.world.clock.now - 60, "user": a.NURSE, **where, **changes}
        return record(*things, **given)

    def seal(self) -> None:
        """Give what waits its place in the tree."""
        Sealer(self.store, self.store.ring, self.store.log_origin(), None).run()

    def block(self, name: str = "anna", **changes: Any) -> str:
        """A block of somebody, as care set it."""
        block = a.block(patient=self.number(name), **changes)
        self.store.commit(Effects((SaveBlock(block, self.person(name)),)))
        return block.id

    def consent(self, name: str = "anna", **changes: Any) -> str:
        """A consent of care."""
        consent = a.consent(patient=self.number(name), represented_by=None, **changes)
        self.store.commit(Effects((SaveCareConsent(consent, self.person(name)),)))
        return consent.id

    def emergency(self, name: str = "anna", **changes: Any) -> str:
        """An emergency access with its case."""
        one = a.emergency(patient=self.number(name), **changes)
        acting, person = one.actor, self.person(name)
        case = a.case(id=one.case, patient=one.patient, provider=acting.provider, unit=acting.unit, about=one.id)
        self.store.commit(Effects((SaveEmergency(one, person), SaveReviewCase(case, person))))
        return one.id

    def relation(self, name: str = "anna") -> str:
        """A patient relation."""
        one = a.relation(patient=self.number(name))
        self.store.commit(Effects((SaveRelation(one, self.person(name)),)))
        return one.id

    def fact(self, kind: str, says: Mapping[str, Any], name: str = "anna", **changes: Any) -> str:
        """A fact that a rule set names, ended already."""
        one = a.fact(rules="tr", kind=kind, says=says, patient=self.number(name), ended=a.act(), **changes)
        self.store.commit(Effects((SaveAccessFact(one, self.person(name)),)))
        return one.id


def family_of(worlds: Worlds, **settings: Any) -> Family:
    """A family in a world of its own."""
    return Family(consoles(worlds, family(), **settings))
