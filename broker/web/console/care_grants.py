"""Pages of what lets care staff in: consents to read what other providers have recorded, and patient relations.

Both are listed, registered for one's own unit or oneself there, shown, ended and voided in the same way; a row of `KINDS` says
what differs. What may be entered is `broker.care.consents`'s and `broker.care.relations`'s.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from broker.care import consents, relations
from broker.care.acts import ActWish
from broker.care.calling import Done
from broker.care.consents import ConsentWish
from broker.care.relations import RelationWish
from broker.exchange import Reply
from broker.web.console.care_blocks import note
from broker.web.console.care_desk import Bedside, at_bedside
from broker.web.console.care_doing import Deed, Doing, asked, at_once, reviewed
from broker.web.console.care_forms import ConsentForm, ReasonForm, RelationForm
from broker.web.console.care_pages import ActRow, CareEntries, CareEntry, EntryRow, Fact, Way
from broker.web.console.turn import Missing
from trust_framework import patient_numbers
from trust_framework.care_consents import CareConsent, ConsentType
from trust_framework.care_relations import CareRelation
from trust_framework.identifiers import Identifier

Entry = CareConsent | CareRelation
Form = ConsentForm | RelationForm


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between consents and relations: their place in the paths, their texts, their service and their form."""

    name: str
    list: str
    service: Any
    form: type[Form]
    title: Callable[[Any], str]
    wish: Callable[[Bedside, Any], Any]


def _consent_wish(place: Bedside, form: ConsentForm) -> ConsentWish:
    desk = place.desk
    return ConsentWish(
        form.id.data,
        ConsentType(form.type.data),
        place.patient,
        desk.provider.hsa_id,
        desk.unit,
        form.employee(desk),
        form.period,
        form.representative(place.turn.now),
        ActWish(reason=form.reason.data or ""),
    )


def _relation_wish(place: Bedside, form: RelationForm) -> RelationWish:
    desk = place.desk
    return RelationWish(
        form.id.data,
        place.patient,
        desk.provider.hsa_id,
        desk.unit,
        form.employee(desk),
        form.period,
        ActWish(reason=form.reason.data or ""),
    )


CONSENT: Final = Kind(
    "consent", "/samtycken", consents, ConsentForm, lambda entry: f"consent-{entry.type.value}", _consent_wish
)
RELATION: Final = Kind(
    "relation",
    "/relationer",
    relations,
    RelationForm,
    lambda entry: "relation-me" if entry.employee else "relation-unit",
    _relation_wish,
)
KINDS: Final = (CONSENT, RELATION)


# --- lists and entries


def _listed(kind: Kind) -> Callable[[Bedside], Reply]:
    def view(place: Bedside) -> Reply:
        everything = place.turn.query.get("alla") == "1"
        found = [(entry, _state(entry, place.turn.now)) for entry in _ours(kind, place)]
        rows = (_row(kind, place, *pair) for pair in reversed(found) if everything or pair[1] in {"stands", "coming"})
        page = CareEntries(
            around=place.around(kind.list[1:]),
            kind=kind.name,
            rows=tuple(rows),
            new=place.at(f"{kind.list}/ny") if place.desk.unit else "",
            all=everything,
            switch=place.at(kind.list if everything else f"{kind.list}?alla=1"),
        )
        return place.turn.render(page)

    view.__doc__ = f"The {kind.name}s of a patient at your provider."
    return at_bedside(view)


def _ours(kind: Kind, place: Bedside) -> tuple[Entry, ...]:
    found: tuple[Entry, ...] = kind.service.of_patient(
        place.patient, place.desk.caller, place.desk.services, place.turn.now
    )
    return found


def _row(kind: Kind, place: Bedside, entry: Entry, state: str) -> EntryRow:
    return EntryRow(
        url=place.at(f"{kind.list}/{entry.id}"),
        title=kind.title(entry),
        place=place.desk.unit_names(entry.unit),
        state=state,
        since=entry.registered.registered_at,
        until=entry.period.end,
    )


def _state(entry: Entry, now: int) -> str:
    if entry.deleted:
        return "deleted"
    if entry.cancelled:
        return "cancelled"
    if entry.period.over(now):
        return "over"
    return "coming" if now < entry.period.first else "stands"


def _entry(kind: Kind, place: Bedside, id: str) -> Entry:
    """An entry about this patient at the reader's provider. Raises Missing."""
    for found in _ours(kind, place):
        if found.id == id:
            return found
    raise Missing


def _shown(kind: Kind) -> Callable[..., Reply]:
    def view(place: Bedside, **parts: str) -> Reply:
        entry = _entry(kind, place, parts[kind.name])
        state = _state(entry, place.turn.now)
        at = f"{kind.list}/{entry.id}"
        page = CareEntry(
            around=place.around(kind.list[1:]),
            kind=kind.name,
            state=state,
            facts=_facts(kind, place, entry),
            acts=tuple(_acts(entry)),
            ways=tuple(Way(code=f"{kind.name}-{act}", url=place.at(f"{at}/{PATHS[act]}")) for act in _may(state)),
            back=place.at(kind.list),
        )
        return place.turn.render(page)

    view.__doc__ = f"A {kind.name} with its history."
    return at_bedside(view)


def _acts(entry: Entry) -> Iterator[ActRow]:
    for code, act in (
        ("registered", entry.registered),
        ("cancelled", entry.cancelled),
        ("deleted", entry.deleted),
    ):
        if act:
            yield ActRow(code=code, at=act.registered_at, by=act.registered_by.employee, reason=act.reason)


def _facts(kind: Kind, place: Bedside, entry: Entry) -> tuple[Fact, ...]:
    spoke = entry.represented_by if isinstance(entry, CareConsent) else None
    return (
        Fact(label="care.list.what", code=kind.title(entry)),
        _at(place, entry.unit, entry.employee),
        *_when(entry.period.start, entry.period.end),
        *_spoken_for(spoke),
    )


def _at(place: Bedside, unit: str, employee: str) -> Fact:
    names = (place.desk.unit_names(unit), *((employee,) if employee else ()))
    return Fact(label="care.lift.for", values=names, code="" if employee else "whom-unit")


def _when(start: int | None, end: int | None) -> Iterator[Fact]:
    yield Fact(label="care.from", at=start) if start is not None else Fact(label="care.from", code="now")
    yield Fact(label="care.through", at=end) if end is not None else Fact(label="care.through", code="open")


def _spoken_for(spoke: Identifier | None) -> Iterator[Fact]:
    if spoke:
        yield Fact(label="care.consent.by", values=(patient_numbers.written(spoke),))


# --- registering


def _new(kind: Kind) -> Callable[[Bedside], Reply]:
    def view(place: Bedside) -> Reply:
        turn, desk = place.turn, place.desk
        if not desk.unit:
            raise Missing
        form = kind.form.at(desk)

        def call() -> Done[Any]:
            done: Done[Any] = kind.service.register(kind.wish(place, form), desk.caller, desk.services, turn.now)
            return done

        good = turn.posted and form.valid(turn) and _spoken(form, turn.now)
        deed = Deed(kind.name, _wished(kind, place, form), _consequences(kind, form)) if good else Deed(kind.name)
        doing = Doing(place, deed, place.at(f"{kind.list}/ny"), place.at(kind.list), call)
        return reviewed(form, doing) if good else asked(form, doing)

    view.__doc__ = f"Register a {kind.name}: what will be is shown in words first."
    return at_bedside(view)


def _spoken(form: Form, now: int) -> bool:
    """Whether the number of who spoke for the patient, when there is one, can be somebody's."""
    if isinstance(form, ConsentForm):
        form.representative(now)
        return not form.represented_by.errors
    return True


def _wished(kind: Kind, place: Bedside, form: Form) -> tuple[Fact, ...]:
    period, spoke = form.period, form.representative(place.turn.now) if isinstance(form, ConsentForm) else None
    title = form.type.data if isinstance(form, ConsentForm) else form.whom.data
    return (
        Fact(label="care.list.what", code=f"{kind.name}-{title}"),
        _at(place, place.desk.unit, form.employee(place.desk)),
        *_when(period.start, period.end),
        *_spoken_for(spoke),
        *note(form.reason.data),
    )


def _consequences(kind: Kind, form: Form) -> tuple[str, ...]:
    if isinstance(form, ConsentForm) and form.emergency:
        return ("emergency.reviewed", "emergency.told", "consent.block")
    return ("consent.block",) if kind is CONSENT else ("relation",)


# --- ending


def _ended(kind: Kind, act: str) -> Callable[..., Reply]:
    def view(place: Bedside, **parts: str) -> Reply:
        turn, desk = place.turn, place.desk
        entry = _entry(kind, place, parts[kind.name])
        if act not in _may(_state(entry, turn.now)):
            raise Missing
        form = ReasonForm.at(desk)
        service = getattr(kind.service, act)

        def call() -> Done[Any]:
            done: Done[Any] = service(entry.id, ActWish(reason=form.reason.data), desk.caller, desk.services, turn.now)
            return done

        deed = Deed(f"{kind.name}-{act}", _facts(kind, place, entry), (act,), stands=entry, final=True)
        at = f"{kind.list}/{entry.id}"
        return at_once(form, Doing(place, deed, place.at(f"{at}/{PATHS[act]}"), place.at(at), call))

    view.__doc__ = f"{'End' if act == 'cancel' else 'Void'} a {kind.name}."
    return at_bedside(view)


def _may(state: str) -> tuple[str, ...]:
    """What may be done with an entry in a state."""
    if state == "deleted":
        return ()
    return ("cancel", "delete") if state in {"stands", "coming"} else ("delete",)


PATHS: Final = {"cancel": "avsluta", "delete": "makulera"}

consents_listed, relations_listed = (_listed(kind) for kind in KINDS)
consent_new, relation_new = (_new(kind) for kind in KINDS)
consent_shown, relation_shown = (_shown(kind) for kind in KINDS)
consent_cancelled, relation_cancelled = (_ended(kind, "cancel") for kind in KINDS)
consent_deleted, relation_deleted = (_ended(kind, "delete") for kind in KINDS)
