"""Reviews of a care provider's log in service: drawn, listed, reported and signed off.

Owns what a review knows beside the accesses, and how many it may look at. The rules and the sample are
`trust_framework.log_review`'s; the cases that come of it `broker.care.cases`'s.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from broker.audit.review_events import ReviewMade, ReviewReported, WatchChanged
from broker.care.calling import Caller, CareRefused, Done, ResultCode
from broker.care.changes import SaveReviewCase
from broker.care.filings import CasesAsked, ReviewServices, SaveReview, Unwatch, Watch
from broker.login.effects import Effects, PersonKey
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.care import CareProvider
from trust_framework.directory import StaffEntry, same_id
from trust_framework.identifiers import Identifier, hsa_compare_form
from trust_framework.log_review import (
    RULE_IDS,
    Drawn,
    Known,
    Reading,
    Report,
    Review,
    Selection,
    draw,
    report,
)
from trust_framework.persons import Person
from trust_framework.review_cases import CaseAct, CaseKind, ReviewCase
from trust_framework.rules import SETS

MOST_EXAMINED: Final = 20_000
MOST_DRAWN: Final = 500
"""What one review looks at, and how many cases may come of it: more is a shorter time, or fewer in a hundred."""

LONGEST: Final = 366 * 86_400
UNKNOWN: Final = 0
"""When somebody died, as far as the register tells: it says that they did, and not when."""
_PAGE: Final = 500
EMPLOYEE: Final = "employeeHsaId"
PROVIDER: Final = "healthCareProviderHsaId"
UNIT: Final = "healthCareUnitHsaId"


# --- making one ---------------------------------------------------------------------------------------------------------


def make(selection: Selection, who: Caller, on: ReviewServices, now: int) -> Done[Review]:
    """Draw what must be looked at, and open a case for each. The seed is made here: nobody chooses whom chance finds."""
    provider = _own(selection.provider, who, on)
    wanted = _checked(replace(selection, provider=provider.hsa_id, unit=hsa_compare_form(selection.unit)), provider)
    rows = tuple(_rows(wanted, on))
    readings = tuple(_readings(rows, on))
    patients = {row.id: next((one.patient for one in row.record.resources if one.patient), None) for row in rows}
    seed = secrets.token_hex(16)
    drawn = draw(readings, known_of(readings, provider, on), wanted, seed)
    if len(drawn) > MOST_DRAWN:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "too-many-drawn", str(len(drawn)))
    made = Review(
        secrets.token_hex(16),
        wanted,
        seed,
        who.person,
        now,
        len(readings),
        len(drawn),
        sum(one.sampled for one in drawn),
    )
    saved = tuple(_opened(one, patients[one.reading.id], made, who, now) for one in drawn)
    event = ReviewMade(
        at=now,
        reference=who.reference,
        review=made.id,
        provider=wanted.provider,
        unit=wanted.unit,
        since=wanted.since,
        until=wanted.until,
        percent=wanted.percent,
        rules=wanted.rules,
        seed=seed,
        examined=made.examined,
        drawn=made.drawn,
        by=who.by,
    )
    return Done(made, Effects((SaveReview(made), *saved), (event,)))


def _own(provider: str, who: Caller, on: ReviewServices) -> CareProvider:
    found = on.register.provider(provider)
    if found is None or not who.may_act_for(found.hsa_id):
        raise CareRefused(ResultCode.NOTFOUND, "unknown-provider", "provider")
    return found


def _checked(selection: Selection, provider: CareProvider) -> Selection:
    if not 0 <= selection.until - selection.since <= LONGEST:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-period", "until")
    if selection.unit and selection.unit not in provider.units:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-unit", "unit")
    if not 0 <= selection.percent <= 100 or not frozenset(selection.rules) <= frozenset(RULE_IDS):  # noqa: PLR2004  # a share
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-selection", "percent")
    return selection


def _rows(selection: Selection, on: ReviewServices) -> Iterator[AccessRow]:
    """The accesses of the time, those of patients; raises CareRefused when there are more than a review can look at."""
    sought = AccessSought(
        provider=selection.provider, unit=selection.unit, since=selection.since, until=selection.until
    )
    before, seen = None, 0
    while True:
        page = on.store.access_page(sought, before, _PAGE)
        seen += len(page.rows)
        if seen > MOST_EXAMINED:
            raise CareRefused(ResultCode.VALIDATION_ERROR, "too-many-examined", str(MOST_EXAMINED))
        yield from (row for row in page.rows if row.person)
        before = page.before
        if before is None:
            return


def _readings(rows: Sequence[AccessRow], on: ReviewServices) -> Iterator[Reading]:
    keys = [PersonKey(EMPLOYEE, user) for user in dict.fromkeys(row.record.user for row in rows)]
    persons = {key.value: person for key, person in on.store.person_owners(keys).items()}
    for row in rows:
        one, by = row.record, persons.get(row.record.user, "")
        yield Reading(row.id, one.at, one.user, one.unit, one.provider, row.person, by, one.activity, one.purpose)


def person_of(employee: str, on: ReviewServices) -> str:
    """The register's id of who has this employment; empty for nobody known."""
    found = on.store.persons_by_keys((PersonKey(EMPLOYEE, employee),))
    return next(iter(found), "")


# --- what the rules know --------------------------------------------------------------------------------------------------


def known_of(readings: Iterable[Reading], provider: CareProvider, on: ReviewServices) -> Known:
    """What the register knows of those who read and of those who were read about."""
    examined = tuple(readings)
    patients = frozenset(one.patient for one in examined)
    staff = {one.employee: one.person for one in examined}
    found = on.store.reviewed((patients | frozenset(staff.values())) - {""}, patients)
    persons, employments = found.persons, found.staff
    return Known(
        surnames={each: _surname(person) for each, person in persons.items()},
        colleagues=frozenset(each for each in patients if _employed(employments.get(each, ()), provider)),
        units={employee: _units(employee, employments.get(person, ())) for employee, person in staff.items() if person},
        relations={each: found.relations.get(each, ()) for each in patients} if _asks_relations(provider) else None,
        watched=on.store.watched(provider.hsa_id),
        protected=frozenset(each for each in patients if each in persons and persons[each].protected),
        deceased={each: UNKNOWN for each in patients if each in persons and persons[each].deceased},
        asked=patients & on.store.patients_asking(provider.hsa_id),
    )


def _asks_relations(provider: CareProvider) -> bool:
    return provider.rules not in SETS or SETS[provider.rules].relations


def _surname(person: Person) -> str:
    return next(iter(person.attributes.get("sn", ())), "")


def _employed(staff: Iterable[StaffEntry], provider: CareProvider) -> bool:
    named = (name for entry in staff for one in entry.commissions for name in one.attributes.get(PROVIDER, ()))
    return any(same_id(name, provider.hsa_id) for name in named)


def _units(employee: str, staff: Iterable[StaffEntry]) -> frozenset[str]:
    """The units at which the employee has a commission. One placed under the provider itself names no unit, and is none."""
    mine = (entry for entry in staff if same_id(entry.hsa_id, employee))
    named = (name for entry in mine for one in entry.commissions for name in one.attributes.get(UNIT, ()))
    return frozenset(hsa_compare_form(name) for name in named)


def _opened(drawn: Drawn, patient: Identifier | None, review: Review, who: Caller, now: int) -> SaveReviewCase:
    reading = drawn.reading
    case = ReviewCase(
        secrets.token_hex(16),
        CaseKind.RULE if drawn.rules else CaseKind.SAMPLED,
        review.selection.provider,
        now,
        reading.employee,
        reading.unit,
        patient,
        reading.id,
        drawn.rules,
        review.id,
        (CaseAct(now, who.person, "opened"),),
    )
    return SaveReviewCase(case, reading.patient)


# --- reading and reporting ------------------------------------------------------------------------------------------------


def found(id: str, who: Caller, on: ReviewServices) -> Review:
    """A review of a provider that the caller acts for; another's is as missing as none."""
    there = on.store.log_review(id)
    if there is None or not who.may_act_for(there.selection.provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "review")
    return there


def reported(review: Review, on: ReviewServices) -> Report:
    """The review in numbers, as its cases are now."""
    return report(review, _cases(review, on))


def _cases(review: Review, on: ReviewServices) -> Iterator[ReviewCase]:
    asked = CasesAsked(review.selection.provider, review=review.id, count=_PAGE)
    while True:
        page = on.store.review_cases(asked)
        yield from (case for case, _ in page.rows)
        if page.next is None:
            return
        asked = replace(asked, after=page.next)


def sign_off(id: str, who: Caller, on: ReviewServices, now: int) -> Done[Report]:
    """The review is done: every case has its outcome. The digest of the report is an event of the sealed log, which signs it."""
    review = found(id, who, on)
    if review.reported_at is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "reported-already", "review")
    told = reported(review, on)
    if told.open:
        raise CareRefused(ResultCode.INVALIDSTATE, "cases-open", str(told.open))
    after = replace(review, reported_at=now, digest=told.digest)
    event = ReviewReported(
        at=now,
        reference=who.reference,
        review=id,
        provider=review.selection.provider,
        digest=told.digest,
        cases=review.drawn,
        suspected=told.by_outcome.get("suspected", 0),
        by=who.by,
    )
    return Done(replace(told, review=after), Effects((SaveReview(after, review),), (event,)))


# --- the watch list -------------------------------------------------------------------------------------------------------


def watch(person: str, provider: str, who: Caller, on: ReviewServices, now: int, *, off: bool = False) -> Done[None]:
    """Put a person on the provider's watch list, or take them off it."""
    own = _own(provider, who, on)
    change = Unwatch(own.hsa_id, person) if off else Watch(own.hsa_id, person, now, who.by)
    event = WatchChanged(
        at=now, reference=who.reference, provider=own.hsa_id, person=person, act="off" if off else "on", by=who.by
    )
    return Done(None, Effects((change,), (event,)))
