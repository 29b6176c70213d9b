"""U11, settings, and a copy of everything that is held of a person (GDPR article 15): to be read, and as JSON.

Both are made from one value. Of others it tells what the pages tell and no more: no names of staff that a care provider keeps
to itself, no words of a case but the patient's own and those meant for the patient.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from broker.audit.person_events import OwnDataExported
from broker.care.access_facts import kind_of
from broker.care.fact_contents import own_words
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console.handing_out import file_reply
from broker.web.console.mine.pages import DataSection, OwnData, Settings
from broker.web.console.mine.places import provider_name, unit_name
from broker.web.console.mine.questions import questions
from broker.web.console.mine.reading import Reading
from broker.web.console.mine.turn import OwnTurn, own
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.language import LANGUAGE_PATH, THEME_PATH, THEMES
from broker.web.pages.texts import LANGUAGES
from trust_framework.access_log import AccessSought
from trust_framework.access_words import Told
from trust_framework.attributes import CATALOGUE
from trust_framework.care import EVER
from trust_framework.representation import Deed, Why

TAB: Final = "own-settings"
FORMAT: Final = "tillit-own-data/1"
EVERY: Final = 2**31
MOST_READ: Final = 100
"""Things of a kind that the page shows; the file has all of them."""

BATCH: Final = 500
Things = Iterable[Mapping[str, Any]]


def settings(turn: ConsoleTurn) -> Reply:
    """Language, look, and a copy of everything."""
    mine = own(turn)
    here = turn.turn.here()
    page = Settings(
        languages=tuple((code, name, f"{LANGUAGE_PATH}{code}?next={here}") for code, name in LANGUAGES.items()),
        themes=tuple((theme, f"{THEME_PATH}{theme}?next={here}") for theme in THEMES),
        theme=turn.frame.theme,
        data_url=mine.at("/mina-uppgifter"),
        json_url=mine.at("/mina-uppgifter.json"),
    )
    return mine.render(page, TAB)


def shown(turn: ConsoleTurn) -> Reply:
    """Everything that is held of the person, to be read."""
    mine = _exporting(turn, "page")
    sections = tuple(section(name, tuple(things), mine) for name, things in held(mine))
    return mine.render(OwnData(sections=sections, json_url=mine.at("/mina-uppgifter.json"), most=MOST_READ), TAB)


def as_json(turn: ConsoleTurn) -> Reply:
    """Everything that is held of the person, for a machine."""
    mine = _exporting(turn, "json")
    body = as_octets(held(mine), turn.now)
    return file_reply("mina-uppgifter.json", body, "application/json")


def as_octets(found: Iterable[tuple[str, Things]], now: int) -> bytes:
    """What is held as a file for a machine."""
    whole = {
        "format": FORMAT,
        "made_at": _plain(now),
        **{name: _plain(tuple(things)) for name, things in found},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _exporting(turn: ConsoleTurn, form: str) -> OwnTurn:
    """Who takes a copy, which is recorded. Raises Missing for who may not see what care holds."""
    mine = own(turn)
    if mine.why is not Why.HOLDS or not mine.may(Deed.EXPORT):
        raise Missing
    event = OwnDataExported(at=turn.now, person=mine.person, by=mine.by, form=form)
    turn.on.services.store.commit(Effects(events=(event,)))
    return mine


def held(mine: OwnTurn) -> Iterator[tuple[str, Things]]:
    """Everything, kind by kind; each thing as names and values."""
    store, person = mine.store, mine.person
    yield "person", (_details(mine, store.person(person)),)
    yield "employments", (_employment(one) for one in store.staff(person))
    yield "representations", (_fields(one, person) for one in store.representations_of(person))
    yield "sign_ons", (_sign_on(one) for one in store.sign_ons_of(person))
    yield "questions", (_question(one) for one in questions(mine))
    yield from held_by(mine, Share())


@dataclass(frozen=True, slots=True)
class Share:
    """Whose part of what is held: that of a member with its services and care providers; None for all of them."""

    org: str | None = None
    services: frozenset[str] | None = None
    providers: frozenset[str] | None = None

    def of(self, name: str, value: str) -> bool:
        """Whether something of this organisation, service or care provider is in it."""
        among = getattr(self, name)
        return among is None or value in among


def held_by(mine: OwnTurn, share: Share) -> Iterator[tuple[str, Things]]:
    """What is held of the person for one member, or for all, kind by kind."""
    store, person = mine.store, mine.person

    def of_care(entries: Iterable[Any]) -> Iterator[Any]:
        return (one for one in entries if share.of("providers", one.provider))

    grants = (g for g in store.role_grants(person) if share.org in {None, g.org})
    consents = (c for c in store.consents_of(person) if share.of("services", c.service))
    emergencies = (e for e in store.emergencies_of(person) if share.of("providers", e.actor.provider))
    yield "roles", ({"org": g.org, "role": g.role, "at": g.at, "until": g.until} for g in grants)
    yield "logins", (each for each in _logins(mine) if share.of("services", str(each.get("service", ""))))
    yield "consents", ({"service": c.service, "details": c.attributes, "at": c.given_at} for c in consents)
    yield "care_consents", (_entry(one, mine) for one in of_care(store.care_consents_of(person)))
    yield "blocks", (_entry(one, mine) for one in of_care(store.blocks_of(person)))
    yield "block_requests", (_entry(one, mine) for one in of_care(store.care_requests_of(person)))
    yield "care_relations", (_entry(one, mine) for one in of_care(store.relations_of(person)))
    yield "care_facts", (_fact(*each, mine) for each in _facts(mine) if share.of("providers", each[0].provider))
    yield "emergency_accesses", ({"at": e.at, "until": e.until, **_place(e.actor, mine)} for e in emergencies)
    yield "access_log", (_access(asdict(told)) for told in accesses(mine, share.providers))


def accesses(
    mine: OwnTurn, providers: frozenset[str] | None, since: int = 0, until: int = EVER, most: int = EVERY
) -> Iterator[Told]:
    """Entries of the patient's access log in words, of these care providers or of all."""
    for provider in ("",) if providers is None else sorted(providers):
        reading = Reading(mine, {}, AccessSought(person=mine.person, provider=provider, since=since, until=until))
        yield from reading.words(most)


def _details(mine: OwnTurn, register: Any) -> dict[str, Any]:
    marks = {name: getattr(register, name) for name in ("protected", "blocked", "deceased")} if register else {}
    return {"id": mine.person, **{name: list(values) for name, values in mine.attributes.items()}, **marks}


def _employment(entry: Any) -> dict[str, Any]:
    commissions = [{"hsa_id": one.hsa_id, **one.attributes} for one in entry.commissions]
    return {"hsa_id": entry.hsa_id, **entry.attributes, "commissions": commissions}


def _fields(one: Any, person: str) -> dict[str, Any]:
    """A representation. The other one in it is named by nothing that leads to them, but as the person wrote it themselves."""
    kept = {"kind": one.kind, "start": one.start or None, "until": one.until, "revoked_at": one.revoked_at}
    told = {"number": one.given.number, "name": one.given.name} if one.given and one.person == person else {}
    side = "given" if one.person == person else "held"
    return {**kept, "side": side, "may": sorted(one.lets), "services": sorted(one.services), "to": told}


def _sign_on(one: Any) -> dict[str, Any]:
    identities = [{"method": i.method, "level": i.level, "at": i.authenticated_at} for i in one.sign_on.identities]
    kept = {"started_at": one.sign_on.started_at, "used_at": one.sign_on.used_at}
    return {**kept, "services": one.services, "identifications": identities}


def _logins(mine: OwnTurn) -> Iterator[dict[str, Any]]:
    """Every login on record, not those of the last days alone."""
    names = ("at", "reference", "service", "method", "level", "event", "reason", "released")
    waiting = mine.store.log_waiting_of_person(mine.person)
    yield from ({name: each.event[name] for name in names if each.event.get(name)} for each in waiting)
    before = 2**62
    while True:
        page = mine.store.log_of_person(mine.person, 0, before, BATCH)
        for each in page.events:
            yield {name: each.event[name] for name in names if each.event.get(name)}
        if page.before is None:
            return
        before = page.before


_OF_OTHERS: Final = frozenset({"employee", "registered", "represented_by", "patient", "owner", "local", "lifts"})
_ACTS: Final = ("revoked", "deleted", "cancelled")


def _entry(one: Any, mine: OwnTurn) -> dict[str, Any]:
    """An entry of care without who of the staff entered it."""
    names = [name for name in one.__dataclass_fields__ if name not in _OF_OTHERS and name not in _ACTS]
    kept = {name: getattr(one, name) for name in names if name not in {"unit", "provider"}}
    registered = getattr(one, "registered", None)
    ends = {f"{name}_at": act.registered_at for name in _ACTS if (act := getattr(one, name, None)) is not None}
    entered = {"registered_at": registered.registered_at} if registered else {}
    return {**kept, **entered, **ends, **_place(one, mine)}


def _facts(mine: OwnTurn) -> Iterator[tuple[Any, Any]]:
    """What rules know of the person, each with its kind. What is kept secret from all who need not know is left out."""
    for one in mine.store.access_facts_of(mine.person):
        kind = kind_of(one)
        if kind is not None and not kind.secret:
            yield one, kind


def _fact(one: Any, kind: Any, mine: OwnTurn) -> dict[str, Any]:
    """What rules know of the person, without whom else it names."""
    ends = {"cancelled_at": one.ended.registered_at} if one.ended else {}
    kept = {
        "kind": one.kind,
        "provider": provider_name(one.provider, mine),
        "start": one.since,
        "until": one.until,
    }
    return {**kept, **own_words(one.says, kind), "registered_at": one.registered.registered_at, **ends}


def _place(one: Any, mine: OwnTurn) -> dict[str, str]:
    return {"provider": provider_name(one.provider, mine), "unit": unit_name(one.unit, mine)}


def _question(one: Any) -> dict[str, Any]:
    answers = [{"at": at, "words": words} for at, words in one.answers]
    kept = {"at": one.at, "provider": one.provider, "unit": one.unit, "question": one.question}
    return {**kept, "state": one.state, "answers": answers}


def _access(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in ("", False)}


# --- as values of JSON, and as words ---------------------------------------------------------------------------------------


_MOMENTS: Final = frozenset({"at", "until", "start", "end"})


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _plain(value: Any, name: str = "at", moment: Callable[[int], str] = _iso) -> Any:
    """A value as JSON has it: moments as they are written, what is empty left out."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, int):
        return moment(value) if (name in _MOMENTS or name.endswith("_at")) and value > 0 else value
    if is_dataclass(value) and not isinstance(value, type):
        value = {key: getattr(value, key) for key in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        plain = {key: _plain(each, key, moment) for key, each in value.items()}
        return {key: each for key, each in plain.items() if each not in (None, "", [], {})}
    return [_plain(each, name, moment) for each in (sorted(value) if isinstance(value, frozenset) else value)]


def section(name: str, things: tuple[Mapping[str, Any], ...], mine: OwnTurn, most: int = MOST_READ) -> DataSection:
    """What is held of a kind, to be read."""
    moment = mine.turn.on.pages.moment(mine.language)
    shown_ = tuple(tuple(_pairs(_plain(one, "", moment), mine)) for one in things[:most])
    return DataSection(name=name, things=shown_, total=len(things))


def _pairs(value: Any, mine: OwnTurn, path: str = "") -> Iterator[tuple[str, str]]:
    """A thing as pairs of a word and a value, what lies within told with where it lies."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _pairs(each, mine, f"{path} · {_word(key, mine)}" if path else _word(key, mine))
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        for place, one in enumerate(value, 1):
            yield from _pairs(one, mine, f"{path} {place}")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else _said(value, mine)


def _said(value: Any, mine: OwnTurn) -> str:
    if isinstance(value, bool):
        return _YES_NO[mine.language][not value]
    return str(value)


_YES_NO: Final = {"sv": ("ja", "nej"), "en": ("yes", "no")}
_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "answers": ("svar", "answers"),
    "at": ("när", "when"),
    "blocked": ("får inte logga in", "may not log in"),
    "cancelled_at": ("avslutat", "ended"),
    "commissions": ("uppdrag", "assignments"),
    "deceased": ("avliden", "deceased"),
    "deleted_at": ("struket som fel", "struck as a mistake"),
    "details": ("uppgifter", "details"),
    "did": ("vad", "what"),
    "emergency": ("nödsituation", "emergency"),
    "end": ("till", "until"),
    "event": ("händelse", "event"),
    "excluded": ("syns ändå", "still seen"),
    "identifications": ("legitimering", "identification"),
    "information": ("skrivet", "written"),
    "kind": ("sort", "kind"),
    "level": ("nivå", "level"),
    "may": ("får", "may"),
    "method": ("sätt", "way"),
    "org": ("organisation", "organisation"),
    "period": ("tid", "time"),
    "protected": ("skyddade uppgifter", "protected details"),
    "provider": ("vårdgivare", "care provider"),
    "question": ("fråga", "question"),
    "reason": ("orsak", "reason"),
    "reference": ("referens", "reference"),
    "registered_at": ("infört", "entered"),
    "released": ("lämnade uppgifter", "details given"),
    "revoked_at": ("återkallat", "taken back"),
    "role": ("roll", "role"),
    "service": ("tjänst", "service"),
    "services": ("tjänster", "services"),
    "side": ("given eller mottagen", "given or held"),
    "source": ("uppgifterna kom från", "the details came from"),
    "start": ("från", "from"),
    "started_at": ("började", "began"),
    "state": ("läge", "state"),
    "to": ("given till", "given to"),
    "type": ("sort", "kind"),
    "unit": ("enhet", "unit"),
    "until": ("till", "until"),
    "used_at": ("senast", "last used"),
    "who": ("namn", "name"),
    "why": ("skäl", "reason"),
    "wish": ("önskan", "wish"),
    "words": ("ord", "words"),
}


def _word(key: str, mine: OwnTurn) -> str:
    row, field = CATALOGUE.get(key), _FIELDS.get(key)
    if field is not None:
        return field[mine.language != "sv"]
    return row.label(mine.language) if row else key.replace("_", " ")
