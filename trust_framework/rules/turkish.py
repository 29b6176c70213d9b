"""Turkish rules: the Regulation on Personal Health Data (Kişisel Sağlık Verileri Hakkında Yönetmelik), articles 6–12 and 21.

Four kinds of people ask: care staff, people of the ministry's units (by their purpose), private persons (no employee, a person),
and nobody. The regulation knows no emergency access, so none opens anything here. The set knows facts of its own
(`turkish_kinds`), which its rules read as a `TurkishFacts`.
"""

from collections.abc import Iterator
from typing import Final

from trust_framework.blocks import binds, lift_for
from trust_framework.care import EVER, Purpose, Resource
from trust_framework.care_access import NOTHING, Access, AccessQuestion, Asking, CareFacts, CareRule, RuleSet, more
from trust_framework.rules.predicates import by_provider, holds, inverted_period, no_provider, other_rules, selected
from trust_framework.rules.turkish_duties import standing_authorisations
from trust_framework.rules.turkish_facts import BY_REGULATION, PHYSICIANS, TurkishFacts, Window, is_child
from trust_framework.rules.turkish_kinds import KINDS, gather, kept

ID: Final = "tr"
MINISTRY: Final = frozenset({Purpose.ADMINISTRATION, Purpose.STATISTICS, Purpose.QUALITY})
"""Planning and running of health services and their financing, supervision and regulation (article 7(2))."""

_EPISODES: Final = frozenset({Window.APPOINTMENT, Window.VISIT, Window.STAY})
Standing = tuple[Window, str, int]
"""A window that stands: its kind, the id of what opened it, since when."""


class TurkishAsking(Asking):
    """With who asks, the windows that stand for them, and those that the person's choice leaves open."""

    def __init__(self, question: AccessQuestion, facts: CareFacts, now: int) -> None:
        super().__init__(question, facts, now)
        actor, self.tr = self.actor, more(facts, ID, TurkishFacts())
        self.staff = bool(actor.employee and actor.provider)
        self.person = "" if actor.employee else actor.person
        self.own = self.person != "" and self.person == facts.patient.person
        self.caring = self.staff and actor.purpose == Purpose.CARE
        self.ministry = self.staff and actor.purpose in MINISTRY
        self.physician = self.caring and not PHYSICIANS.isdisjoint(actor.licences)
        self.choice = self.tr.choice.windows if self.tr.choice else BY_REGULATION
        self.hidden = bool(self.tr.choice and self.tr.choice.hidden)
        standing = tuple(self._windows()) if self.physician else ()
        self.shut = tuple(each for each in standing if each[0] not in self.choice)
        self.windows = tuple(each for each in standing if each[0] in self.choice)
        self.open = {each: tuple(id_ for window, id_, _ in self.windows if window is each) for each in Window}
        self.code = self._code() if self.physician else NOTHING
        self.since = min((at for window, _, at in self.windows if window in _EPISODES), default=EVER)
        self.restricted = self._restricted()
        self.orders = tuple(o.id for o in self.tr.orders if not self.own and o.hides_from(actor, now))
        self.minor = is_child(facts.patient, now)
        self.authorised = self._authorised() if self.ministry else NOTHING
        self._capacities()
        bound = [] if self.own or self.ministry else [b for b in facts.blocks if binds(b, actor)]
        self.lifted = by_provider(block for block in bound if lift_for(block, actor, now))
        self.closed = by_provider(block for block in bound if not lift_for(block, actor, now))

    def _capacities(self) -> None:
        """In what capacities a private person asks: of the living parents and lawyers, of the dead heirs."""
        alive = not (self.facts.patient.deceased or self.tr.died)
        named = self.person != "" and not self.own
        parents = [p for p in self.tr.parents if named and alive and p.person == self.person]
        self.parent = bool(parents)
        self.custody = self.parent and all(parent.custody for parent in parents)
        self.stopped = self.parent and self.tr.child.stops(self.person)
        powers = [p for p in self.tr.powers if named and alive and p.lawyer == self.person and p.period.holds(self.now)]
        self.powers = tuple(power.id for power in powers if power.special)
        self.general = tuple(power.id for power in powers if not power.special)
        heirs = [h for h in self.tr.heirs if named and not alive and h.person == self.person]
        self.heir, self.certificates = bool(heirs), tuple(heir.certificate for heir in heirs if heir.certificate)

    def _restricted(self) -> dict[str, frozenset[str]]:
        """Article 6(6): by type, the licences that each restriction of it lets."""
        found: dict[str, frozenset[str]] = {}
        for each in self.tr.restrictions:
            found[each.type] = found.get(each.type, each.licences) & each.licences
        return found

    def _authorised(self) -> tuple[str, ...]:
        """Article 7(1): by name, for the unit that the person acts in."""
        standing = standing_authorisations(self.tr.authorisations, self.actor.unit, self.now)
        return tuple(each.id for each in standing if each.employee == self.actor.employee)

    def _windows(self) -> Iterator[Standing]:
        """Article 6(3), and any physician where the person chose that."""
        actor, tr, now = self.actor, self.tr, self.now
        if tr.family_physician == actor.employee:
            yield Window.FAMILY, "", -EVER
        for booked in tr.appointments:
            if booked.physician == actor.employee and booked.stands(now):
                yield Window.APPOINTMENT, booked.id, booked.opens
        here = {actor.provider, actor.unit} - {""}
        for visit in tr.visits:
            if visit.place in here and visit.stands(now):
                yield Window.VISIT, visit.id, visit.at
        for stay in tr.stays:
            if stay.place in here and stay.stands(now):
                yield Window.STAY, stay.id, stay.admitted_at
        if Window.ANY_PHYSICIAN in self.choice:
            yield Window.ANY_PHYSICIAN, "", -EVER

    def _code(self) -> tuple[str, ...]:
        mine = (code for code in self.tr.codes if code.physician == self.actor.employee)
        return tuple(code.id for code in mine if code.stands(self.now))

    def as_parent(self, resource: Resource) -> bool:
        """Whether a parent may see it: a child's, all of it with custody, and without what the directorate allows."""
        within = self.custody or resource.type in self.tr.noncustodial_types
        return self.parent and self.minor and not self.stopped and within

    def entitled(self, resource: Resource) -> bool:
        """Whether a private person has a right to it in any capacity."""
        return self.own or bool(self.powers or self.certificates) or self.as_parent(resource)

    def past(self, resource: Resource) -> bool:
        """Whether the information is older than the episode of care in which it is asked for, or of another provider."""
        return resource.provider != self.actor.provider or resource.recorded.first < self.since


def order(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A court hides it from all who are not to know, and that there is anything to hide."""
    return asking.orders


def misuser(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """An employee whose authorisations were all revoked for misuse."""
    return holds(asking.staff and asking.actor.employee in asking.tr.misusers)


def nobody(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Nobody in particular asks, or for no care provider."""
    return holds(not asking.staff and not asking.person)


def unknown_purpose(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Staff whose purpose is neither care nor planning, running or supervising it."""
    return holds(asking.staff and not asking.caring and not asking.ministry)


def no_physician(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Care staff who are no physicians."""
    return holds(asking.caring and not asking.physician)


def block(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """What the person blocked is closed to all but themselves and those who plan, run and supervise."""
    return selected(asking.closed, resource)


def lifted(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A block that is lifted for the asker for a time."""
    return selected(asking.lifted, resource)


def code_missing(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Past information that the person hid, and no code that they shared with this physician."""
    return holds(asking.physician and asking.hidden and not asking.code and asking.past(resource))


def hidden_from_parents(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """What a child hid is hidden from its parents, too; a lawyer has the person's express word, an heir the law's."""
    entitled = asking.powers or asking.certificates
    return holds(asking.hidden and not entitled and asking.as_parent(resource))


def choice_shut(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A window stands, and the person chose to leave it shut."""
    if asking.windows or asking.code:
        return NOTHING
    return tuple(id_ for _, id_, _ in asking.shut)


def no_window(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """No window stands for this physician."""
    return holds(asking.physician and not asking.windows and not asking.code and not asking.shut)


def sensitive(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A class of information that care staff see with certain licences alone."""
    licences = asking.restricted.get(resource.type)
    return holds(asking.staff and licences is not None and licences.isdisjoint(asking.actor.licences))


def not_authorised(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """People of the ministry whom the head of their unit has not named."""
    return holds(asking.ministry and not asking.authorised)


def authorised(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """People of the ministry whom the head of their unit has named, three of a unit at most."""
    return asking.authorised


def family(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """The person's family physician, without limit in time."""
    return _open(asking, Window.FAMILY)


def appointment(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """The booked physician, on the day until the linked processes have ended."""
    return _open(asking, Window.APPOINTMENT)


def visit(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Physicians where the person came in, for 24 hours."""
    return _open(asking, Window.VISIT)


def stay(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Physicians where the person was admitted, until discharge."""
    return _open(asking, Window.STAY)


def any_physician(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Any physician, by the person's own choice."""
    return _open(asking, Window.ANY_PHYSICIAN)


def _open(asking: TurkishAsking, window: Window) -> tuple[str, ...]:
    return asking.open.get(window, NOTHING)


def code(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A physician who entered the code that the person shared."""
    return asking.code


def oneself(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """The person's own information."""
    return holds(asking.own)


def parent(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A parent with custody of a child."""
    return holds(asking.custody and asking.as_parent(resource))


def other_parent(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A parent without custody, within the limits that the directorate has set."""
    return holds(not asking.custody and asking.as_parent(resource))


def lawyer(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A lawyer whose power has the special clause."""
    return asking.powers


def heir(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """An heir of the dead, with a certificate of inheritance."""
    return asking.certificates


def child_forbids(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A child able to judge asks its parents for permission, and this one has none."""
    return holds(asking.stopped and asking.minor and not asking.entitled(resource))


def beyond_custody(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A parent without custody, beyond the limits that the directorate has set."""
    limited = asking.parent and asking.minor and not asking.custody and not asking.stopped
    return holds(limited and not asking.entitled(resource))


def of_age(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A parent whose child is none any more."""
    return holds(asking.parent and not asking.minor and not asking.entitled(resource))


def general_power(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """A lawyer whose powers are all general."""
    return NOTHING if asking.entitled(resource) else asking.general


def certificate_missing(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """An heir who has shown no certificate of inheritance."""
    return holds(asking.heir and not asking.entitled(resource))


def no_right(asking: TurkishAsking, resource: Resource) -> tuple[str, ...]:
    """Anybody else: relatives are told by care staff, under the regulation on patients' rights."""
    known = asking.own or asking.parent or asking.powers or asking.general or asking.heir
    return holds(asking.person and not known)


_REFUSED, _BLOCKED, _PERMITTED, _CONSENT = Access.REFUSED, Access.BLOCKED, Access.PERMITTED, Access.NEEDS_CONSENT

RULES: Final[tuple[CareRule[TurkishAsking], ...]] = (
    CareRule("row", _REFUSED, "inverted-period", "Article 6(1)", inverted_period),
    CareRule("place", _REFUSED, "provider-missing", "Article 6(1)", no_provider),
    CareRule("rules", _REFUSED, "other-rules", "Articles 2(1), 15(1)", other_rules(ID)),
    CareRule("order", _REFUSED, "hidden-by-court", "Article 12(1)", order, hides=True),
    CareRule("misuse", _REFUSED, "authorisations-revoked", "Article 21(2)", misuser),
    CareRule("asker", _REFUSED, "commission-missing", "Article 6(1)", nobody),
    CareRule("purpose", _REFUSED, "purpose-unknown", "Articles 6(1), 7(2)", unknown_purpose),
    CareRule("block", _BLOCKED, "privacy-block", "Article 6(2)", block),
    CareRule("choice", _BLOCKED, "privacy-choice", "Article 6(2)", choice_shut),
    CareRule("physician", _REFUSED, "not-a-physician", "Article 6(3)", no_physician),
    CareRule("window", Access.NEEDS_RELATION, "no-window", "Article 6(3)", no_window),
    CareRule("hidden", _CONSENT, "code-needed", "Article 6(5)", code_missing),
    CareRule("hidden-from-all", _BLOCKED, "history-hidden", "Article 6(5)", hidden_from_parents),
    CareRule("sensitive", _REFUSED, "sensitive-class", "Article 6(6)", sensitive),
    CareRule("named", _REFUSED, "not-authorised", "Article 7(1)", not_authorised),
    CareRule("child", _CONSENT, "child-permission-needed", "Article 8(1)", child_forbids),
    CareRule("custody", _REFUSED, "beyond-custody", "Article 8(2)", beyond_custody),
    CareRule("of-age", _REFUSED, "of-age", "Article 8(1)", of_age),
    CareRule("relative", _REFUSED, "no-right", "Article 9(1)", no_right),
    CareRule("power", _REFUSED, "general-power", "Article 10(1)", general_power),
    CareRule("inheritance", _REFUSED, "certificate-missing", "Article 11(1)", certificate_missing),
    CareRule("oneself", _PERMITTED, "own-information", "Articles 4(1)d, 6(2)", oneself),
    CareRule("family", _PERMITTED, "family-physician", "Article 6(3)a", family),
    CareRule("appointment", _PERMITTED, "appointment", "Article 6(3)b", appointment),
    CareRule("visit", _PERMITTED, "visit", "Article 6(3)c", visit),
    CareRule("stay", _PERMITTED, "stay", "Article 6(3)ç", stay),
    CareRule("any-physician", _PERMITTED, "privacy-choice-open", "Article 6(2)", any_physician),
    CareRule("code", _PERMITTED, "code-shared", "Article 6(5)", code),
    CareRule("authorised", _PERMITTED, "authorised", "Article 7(1)", authorised),
    CareRule("parent", _PERMITTED, "parent", "Article 8(1)", parent),
    CareRule("other-parent", _PERMITTED, "parent-without-custody", "Article 8(2)", other_parent),
    CareRule("lawyer", _PERMITTED, "special-power", "Article 10(1)", lawyer),
    CareRule("heir", _PERMITTED, "heir", "Article 11(1)", heir),
    CareRule("lift", None, "block-lifted", "Article 6(2)", lifted),
)

TURKISH: Final = RuleSet(
    ID,
    {"sv": "Turkiets förordning om personliga hälsouppgifter", "en": "The Turkish regulation on personal health data"},
    RULES,
    TurkishAsking,
    KINDS,
    gather,
    relations=False,
    kept_until=kept,
)
