"""What of a member's entries runs out soon, each by its name, as cards "to do" on M1. The whole list is M6 (`keys`)."""

from collections.abc import Iterator
from typing import Final

from broker.federation import runs_out
from broker.federation.register import ListedEntry
from broker.federation.runs_out import RunsOut
from broker.web.console import keys, own_keys
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework.days import DAY

SOON: Final = 90 * DAY
NAMED: Final = 4
"""Entries that have a card of their own; what more there is stands on one card."""

Words = tuple[str, str]
CERTIFICATE: Final[Words] = ("Certifikatet för {}", "The certificate of {}")
WHAT: Final[dict[str, Words]] = {
    "metadata": ("Metadata för {}", "The metadata of {}"),
    "agreement": ("Överenskommelsen {}", "The agreement {}"),
    "review": ("Tiden att se över överenskommelsen {}", "The time for reviewing the agreement {}"),
    "declaration": ("Tillitsdeklarationen för {}", "The trust declaration of {}"),
    "risk-assessment": ("Riskbedömningen för {}", "The risk assessment of {}"),
    "agent": ("Uppdraget för ett ombud för {}", "The delegation to an agent of {}"),
}
MORE: Final = {
    "sv": "Fler certifikat, avtal eller intyg går ut inom 90 dagar, eller har gått ut: {}.",
    "en": "More certificates, agreements or declarations run out within 90 days, or have: {}.",
}


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """The member's entries of which something runs out within 90 days, or has, the soonest first."""
    if not turn.org:
        return
    before = turn.now + SOON
    soon = turn.store.register_ending_count(turn.org, before)
    listed = turn.store.register_ending(turn.org, count=min(soon, NAMED)).entries if soon else ()
    yield from (_card(each, end, turn) for each in listed if (end := _first(each, turn)))
    if soon > len(listed):
        told = {language: text.format(soon - len(listed)) for language, text in MORE.items()}
        yield Todo(told, turn.at(keys.AT), "keys.look")


def _first(listed: ListedEntry, turn: ConsoleTurn) -> RunsOut | None:
    entry = turn.store.register_entry(listed.kind, listed.id)
    return next(iter(runs_out.of_entry(listed.kind, entry.content)), None) if entry and entry.content else None


def _card(listed: ListedEntry, end: RunsOut, turn: ConsoleTurn) -> Todo:
    names = listed.about.names or {"sv": listed.id}
    if listed.kind == "service" and end.what.startswith("certificate"):
        return Todo(_told(end, names, turn.now), turn.at(f"{own_keys.AT}/{listed.id}"), "keys.change-certificate")
    return Todo(_told(end, names, turn.now), turn.at(keys.AT), "keys.look")


def _told(end: RunsOut, names: Names, now: int) -> Names:
    what, when = WHAT.get(end.what, CERTIFICATE), _when((end.at - now) // DAY)
    return {
        language: f"{what[place].format(names.get(language) or next(iter(names.values())))} {when[place]}."
        for place, language in enumerate(("sv", "en"))
    }


def _when(days: int) -> Words:
    if days < 0:
        return "har gått ut", "has run out"
    if days == 0:
        return "går ut inom ett dygn", "runs out within a day"
    return f"går ut om {days} {'dag' if days == 1 else 'dagar'}", f"runs out in {days} {'day' if days == 1 else 'days'}"
