"""A review of a care provider's log is drawn, a portion a call, whoever makes it and whenever: how far it is stands in the
review, and is saved by who read it so. Whoever is killed in the middle has done nothing.

First a seed is drawn and the size of the sealed log noted, in the log itself: nobody chooses whom chance finds, and nobody tries
another seed unseen. Then it is counted who came back day after day; then the accesses are examined in order of time; at last a
case is opened for each that was drawn.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from broker.audit.review_events import ReviewBegun, ReviewMade
from broker.care.calling import Done
from broker.care.changes import SaveReviewCase
from broker.care.filings import ReviewServices
from broker.care.review_values import PARTS, AccessTrace, CountReturning, ForgetReturning, SaveReview, Traced
from broker.care.telling import EMPLOYEE
from broker.login.effects import Effects, PersonKey
from trust_framework.access_log import AccessRow
from trust_framework.care import Activity, CareProvider
from trust_framework.directory import StaffEntry, same_id
from trust_framework.identifiers import hsa_compare_form
from trust_framework.log_drawing import Candidate, Drawing, examined, finished, sample_size
from trust_framework.log_review import Crowd, Known, Reading
from trust_framework.persons import Person
from trust_framework.review_cases import CaseAct, CaseKind, ReviewCase
from trust_framework.review_report import Review
from trust_framework.rules import SETS

PORTION: Final = 10_000
"""Accesses that are examined at once."""

AT_ONCE: Final = 250
"""Cases that are opened at once."""

UNKNOWN: Final = 0
"""When somebody died, as far as the register tells: it says that they did, and not when."""
PROVIDER: Final = "healthCareProviderHsaId"
UNIT: Final = "healthCareUnitHsaId"


def step(review: Review, drawing: Drawing, provider: CareProvider, on: ReviewServices, now: int) -> Done[Review]:
    """The next portion of a review that is being drawn, or its next cases."""
    if not review.seed:
        return _begun(review, on, now)
    if drawing.counted < PARTS and "returning" in review.selection.rules:
        after = replace(review, drawing=replace(drawing, counted=drawing.counted + 1))
        count = CountReturning(review.id, review.selection, drawing.counted)
        return Done(after, Effects((SaveReview(after, review), count)))
    if drawing.chosen is None:
        after = replace(review, drawing=_further(review, drawing, provider, on))
        return Done(after, Effects((SaveReview(after, review),)))
    return _opened(review, drawing, drawing.chosen, on, now)


def _begun(review: Review, on: ReviewServices, now: int) -> Done[Review]:
    after = replace(review, seed=secrets.token_hex(16), log_size=on.store.log_state().size)
    event = ReviewBegun(
        at=now,
        review=review.id,
        provider=review.selection.provider,
        seed=after.seed,
        log_size=after.log_size,
    )
    return Done(after, Effects((SaveReview(after, review),), (event,)))


# --- examining ------------------------------------------------------------------------------------------------------------


def _further(review: Review, drawing: Drawing, provider: CareProvider, on: ReviewServices) -> Drawing:
    """The drawing after the next accesses; when there are none, with what is drawn."""
    portion = on.store.access_portion(Traced(review.id, review.selection, drawing.last, review.log_size), PORTION)
    if portion.last is None:
        return finished(drawing, review.selection, review.seed)
    at, record = portion.last
    here = replace(drawing, at=at, record=record)
    if not portion.traces:
        return here
    return _examined(portion.traces, review, _with_crowds(portion.traces, review, here, on), provider, on)


def _examined(
    traces: Sequence[AccessTrace], review: Review, drawing: Drawing, provider: CareProvider, on: ReviewServices
) -> Drawing:
    readings = tuple(_readings(traces, provider, on))
    known = known_of(readings, provider, on)
    counted = replace(
        known,
        limits=review.selection.limits,
        crowded=_crowded(traces, drawing.crowds),
        returning=frozenset(one.id for one in traces if one.returning),
    )
    return examined(drawing, readings, counted, review.selection, review.seed)


def _with_crowds(traces: Sequence[AccessTrace], review: Review, drawing: Drawing, on: ReviewServices) -> Drawing:
    """The drawing with the crowds of this portion. The database finds them, and for an hour ahead: an hour of a large provider
    has many portions, and each access is counted a few times and not once for each of them.
    """
    selection = review.selection
    first, last = traces[0].at, traces[-1].at
    if "many-patients" not in selection.rules or last <= drawing.crowds_to:
        return drawing
    until = max(last, first + selection.limits.within)
    return replace(drawing, crowds=on.store.access_crowds(selection, first, until), crowds_to=until)


def _crowded(traces: Iterable[AccessTrace], crowds: Iterable[Crowd]) -> frozenset[str]:
    """Those of an hour with many patients."""
    spans: dict[str, list[Crowd]] = {}
    for crowd in crowds:
        spans.setdefault(crowd.employee, []).append(crowd)
    theirs = ((one, spans.get(one.employee.hex(), ())) for one in traces)
    return frozenset(one.id for one, mine in theirs if any(each.since <= one.at <= each.until for each in mine))


def _readings(traces: Sequence[AccessTrace], provider: CareProvider, on: ReviewServices) -> Iterable[Reading]:
    """The accesses as the rules see them. Of each employee one entry is opened: it tells whose the others are too."""
    first = {one.employee: int(one.id) for one in reversed(traces)}
    entries = {int(row.id): row.record.user for row in on.store.access_rows(sorted(first.values()))}
    users = {employee: entries.get(number, "") for employee, number in first.items()}
    keys = [PersonKey(EMPLOYEE, user) for user in users.values()]
    persons = {key.value: person for key, person in on.store.person_owners(keys).items()}
    for one in traces:
        user = users[one.employee]
        activity = Activity.EMERGENCY if one.emergency else Activity.READ
        yield Reading(one.id, one.at, user, one.unit, provider.hsa_id, one.patient, persons.get(user, ""), activity)


# --- what the rules know --------------------------------------------------------------------------------------------------


def known_of(readings: Iterable[Reading], provider: CareProvider, on: ReviewServices) -> Known:
    """What the register knows of those who read and of those who were read about."""
    seen = tuple(readings)
    patients = frozenset(one.patient for one in seen)
    staff = {one.employee: one.person for one in seen}
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


# --- cases ----------------------------------------------------------------------------------------------------------------


def _opened(
    review: Review, drawing: Drawing, chosen: tuple[Candidate, ...], on: ReviewServices, now: int
) -> Done[Review]:
    """Cases of the next accesses that were drawn; with the last of them, the review is drawn."""
    now_opened, left = chosen[:AT_ONCE], chosen[AT_ONCE:]
    rows = {row.id: row for row in on.store.access_rows([int(one.id) for one in now_opened])}
    found = [one for one in now_opened if one.id in rows]  # a patient may have been forgotten since it was examined
    saved = tuple(_case(one, rows[one.id], review, now) for one in found)
    so_far = replace(
        review,
        drawn=review.drawn + len(saved),
        sampled=review.sampled + sum(one.sampled for one in found),
        drawing=replace(drawing, chosen=left),
    )
    if left:
        return Done(so_far, Effects((SaveReview(so_far, review), *saved)))
    after = _drawn(so_far, drawing, now)
    return Done(after, Effects((SaveReview(after, review), *saved, ForgetReturning(review.id)), (_made(after, now),)))


def _case(one: Candidate, row: AccessRow, review: Review, now: int) -> SaveReviewCase:
    case = ReviewCase(
        secrets.token_hex(16),
        CaseKind.RULE if one.rules else CaseKind.SAMPLED,
        review.selection.provider,
        now,
        row.record.user,
        row.record.unit,
        next((each.patient for each in row.record.resources if each.patient), None),
        row.id,
        one.rules,
        review.id,
        (CaseAct(now, review.made_by, "opened"),),
    )
    return SaveReviewCase(case, row.person)


def _drawn(review: Review, drawing: Drawing, now: int) -> Review:
    return replace(
        review,
        examined=drawing.examined,
        hit=drawing.hit,
        matched=drawing.matched,
        sample=sample_size(drawing.examined, review.selection.percent),
        left_out=drawing.left_out,
        drawn_at=now,
        drawing=None,
    )


def _made(review: Review, now: int) -> ReviewMade:
    wanted = review.selection
    return ReviewMade(
        at=now,
        review=review.id,
        provider=wanted.provider,
        unit=wanted.unit,
        since=wanted.since,
        until=wanted.until,
        percent=wanted.percent,
        rules=wanted.rules,
        seed=review.seed,
        examined=review.examined,
        hit=review.hit,
        sample=review.sample,
        most=wanted.most,
        drawn=review.drawn,
        by=review.made_by,
    )
