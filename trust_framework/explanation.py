"""Why, and why not: the verdicts of a decision in words, for the person, the service's team and the operator.

Owns the sentences, in both languages, and what each reader may be told. The verdicts themselves are made in `decide` and
`release` and kept in the log; nothing here decides anything, and no sentence holds a value of anything personal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework.agreements import AnyAgreement
from trust_framework.attribute import Source
from trust_framework.attributes import CATALOGUE
from trust_framework.case import Verdict
from trust_framework.days import day_of
from trust_framework.grounds import NOTHING, Ground, Registered, ground
from trust_framework.outcome import DELIVERED, Outcome
from trust_framework.reasons import REASONS

Words = tuple[str, str]
"""Swedish, English."""


class Reader(StrEnum):
    """Who is told. The service's team is told nothing that the login itself did not tell the service of the person."""

    PERSON = "person"
    TEAM = "team"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one detail: its name in words, the outcome, why, where the value is, and what it rests on. One that went has
    the purpose and the legal basis that it went for, empty where nobody has said them.
    """

    attribute: str
    label: str
    outcome: Outcome
    result: str
    because: str
    source: str = ""
    basis: tuple[str, ...] = ()
    purpose: str = ""
    legal_basis: str = ""

    @property
    def given(self) -> bool:
        return self.outcome in DELIVERED


@dataclass(frozen=True, slots=True)
class Explanation:
    """A whole decision in words. `remedy` says what can be done about a refusal; `rules` are those that were tried."""

    outcome: str
    because: str
    remedy: str = ""
    lines: tuple[Line, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()


RESULTS: Final[Mapping[Outcome, Words]] = {
    Outcome.RELEASED: ("lämnad", "released"),
    Outcome.CHANGED: ("lämnad i annan form", "released in another form"),
    Outcome.NOT_REQUESTED: ("inte begärd", "not requested"),
    Outcome.NOT_ALLOWED: ("inte tillåten", "not allowed"),
    Outcome.NO_AGREEMENT: ("avtal saknas", "no agreement"),
    Outcome.CONSENT_MISSING: ("samtycke saknas", "consent missing"),
    Outcome.BLOCKED: ("spärrad", "blocked"),
    Outcome.LEVEL_TOO_LOW: ("för låg nivå", "level too low"),
    Outcome.MISSING: ("saknades i källan", "missing at the source"),
    Outcome.SOURCE_SILENT: ("källan svarade inte", "the source did not answer"),
    Outcome.ALLOWED: ("godtagen", "passed"),
    Outcome.ASKED: ("en fråga ställdes", "a question was asked"),
    Outcome.REFUSED: ("nej", "no"),
}

SOURCES: Final[Mapping[str, Words]] = {
    Source.LOGIN: ("e-legitimationen", "the e-ID"),
    Source.PERSON: ("personregistret", "the person register"),
    Source.STAFF: ("katalogen", "the directory"),
    Source.COMMISSION: ("katalogen", "the directory"),
    Source.DERIVED: ("härledd här", "made here"),
    Source.REPRESENTATION: ("valet av vem det gäller", "the choice of whom it is about"),
}

_BECAUSE: Final[Mapping[tuple[str, str], Words]] = {
    ("requested", ""): ("tjänsten bad inte om den", "the service did not ask for it"),
    ("registered", Outcome.RELEASED): ("begärd och tillåten", "requested and allowed"),
    ("registered", Outcome.NOT_ALLOWED): ("tjänsten är inte anmäld för den", "the service is not registered for it"),
    ("category", Outcome.RELEASED): (
        "begärd, och hör till tjänstens entitetskategori", "requested, and belongs to the service's entity category"),
    ("category", Outcome.NOT_ALLOWED): (
        "den hör till en entitetskategori som tjänsten inte har ({note})",
        "it belongs to an entity category that the service does not have ({note})"),
    ("policy", Outcome.RELEASED): ("begärd, och tillåten enligt {basis}", "requested, and allowed by {basis}"),
    ("policy", "denied"): ("{basis} säger nej", "{basis} says no"),
    ("policy", "audience"): ("ingen regel släpper den till tjänsten", "no rule lets the service have it"),
    ("policy", "profile"): ("{basis} kräver en annan profil", "{basis} needs another profile"),
    ("policy", "missing"): ("{basis} kräver ett avtal, och det finns inget", "{basis} needs an agreement, and there is none"),
    ("policy", Outcome.LEVEL_TOO_LOW): ("{basis} kräver nivå {note}", "{basis} needs level {note}"),
    ("agreement", "expired"): ("avtal {agreement} gick ut {day}", "agreement {agreement} expired on {day}"),
    ("agreement", "not-yet"): ("avtal {agreement} har inte börjat gälla", "agreement {agreement} has not begun"),
    ("agreement", "suspended"): ("avtal {agreement} är stoppat", "agreement {agreement} is suspended"),
    ("agreement", "review-overdue"): (
        "avtal {agreement} har inte setts över i tid", "the review of agreement {agreement} is overdue"),
    ("agreement", "ended"): ("avtal {agreement} har upphört", "agreement {agreement} has ended"),
    ("agreement", "not-covered"): ("avtal {agreement} omfattar den inte", "agreement {agreement} does not cover it"),
    ("agreement", "purpose"): (
        "tjänsten vill ha den för något annat än det som avtal {agreement} gäller",
        "the service wants it for something else than what agreement {agreement} is about"),
    ("agreement", "stale"): (
        "den lämnades för längre sedan än avtal {agreement} tillåter, och måste hämtas på nytt",
        "it was asserted longer ago than agreement {agreement} allows, and must be had anew"),
    ("agreement", ""): ("avtal {agreement} gäller inte", "agreement {agreement} is not in force"),
    ("protected-person", ""): ("personen har skyddade uppgifter", "the person's details are protected"),
    ("nonresident", ""): (
        "nivån är för dem som inte bor i Sverige, och inga svenska nummer följer med den",
        "the level is for those who do not live in Sweden, and no Swedish number goes with it"),
    ("coordination-number", Outcome.NOT_ALLOWED): (
        "tjänsten tar inte emot samordningsnummer", "the service takes no coordination numbers"),
    ("coordination-number", Outcome.CHANGED): ("lämnad som samordningsnummer", "released as a coordination number"),
    ("representation", ""): ("personen företräder ingen annan", "the person acts for nobody else"),
    ("source", Outcome.MISSING): ("{source} har inget värde", "{source} has no value"),
    ("source", Outcome.SOURCE_SILENT): ("{source} svarade inte", "{source} did not answer"),
    ("value", ""): ("värdet är ett annat än tjänsten bad om", "the value is not the one asked for"),
    ("derived", ""): ("begärd, och gjord av andra uppgifter", "requested, and made from other details"),
    ("consent", ""): ("personen har inte sagt ja", "the person has not said yes"),
    ("level", ""): ("inloggningen nådde inte nivån", "the login did not reach the level"),
}  # fmt: skip
_OF_READER: Final[Mapping[tuple[Reader, str], Words]] = {
    (Reader.PERSON, "protected-person"): ("dina uppgifter är skyddade", "your details are protected"),
    (Reader.PERSON, "consent"): ("du har inte sagt ja", "you have not said yes"),
}
_NOTHING_THERE: Final = Verdict("source", Outcome.MISSING)
_RULES: Final[Mapping[str, Words]] = {
    "party-in-force": ("tjänsten och dess ägare är i kraft", "the service and its owner are in force"),
    "person-not-blocked": ("personen är inte stoppad", "the person is not blocked"),
    "method-allowed": ("sättet att logga in är tillåtet", "the way to log in is allowed"),
    "level-reached": ("nivån är nådd", "the level is reached"),
    "fresh-enough": ("inloggningen är färsk nog", "the login is fresh enough"),
    "commission-settled": ("uppdraget är klart", "the commission is settled"),
    "representation-settled": ("vem det gäller är klart", "for whom the person acts is settled"),
    "required-delivered": ("det som tjänsten kräver finns", "what the service requires is there"),
    "consent-given": ("samtycke finns där det behövs", "consent is given where it is needed"),
}


def explained(
    verdicts: Iterable[Verdict],
    result: str,
    reader: Reader,
    language: str,
    agreements: Mapping[str, AnyAgreement],
    about: Mapping[str, str] | None = None,
    registered: Registered = NOTHING,
) -> Explanation:
    """A decision in words. `result` is `released` or the code of a reason; `agreements` are those that there are now, by id,
    for their days and terms; `registered` is what the service was registered with when it was decided.
    """
    kept = tuple(verdicts)
    lines = tuple(_line(one, reader, language, agreements, registered) for one in kept if one.attribute)
    rules = tuple(_rule(one, language) for one in kept if not one.attribute) if reader is Reader.OPERATOR else ()
    reason = REASONS.get(result)
    if reason is None:
        said = ("Inloggningen gick bra.", "The login went well."), ("", "")
        return Explanation(result, _in(said[0], language), "", lines, rules)
    told = reason.told(language, about or {})
    return Explanation(result, told.what, told.todo, lines, rules)


def _line(
    one: Verdict, reader: Reader, language: str, agreements: Mapping[str, AnyAgreement], registered: Registered
) -> Line:
    if reader is Reader.TEAM and one.rule == "protected-person":
        one = Verdict(_NOTHING_THERE.rule, _NOTHING_THERE.outcome, one.attribute, "", _source_of(one.attribute or ""))
    row = CATALOGUE.get(one.attribute or "")
    outcome = Outcome(one.outcome)
    rests_on = ground(one, agreements, registered) if outcome in DELIVERED else Ground()
    return Line(
        attribute=one.attribute or "",
        label=row.label(language) if row else one.attribute or "",
        outcome=outcome,
        result=_in(RESULTS[outcome], language),
        because=_because(one, reader, language, agreements),
        source=_in(SOURCES.get(one.source, ("", "")), language),
        basis=tuple(one.basis.split()),
        purpose=rests_on.purpose,
        legal_basis=rests_on.legal_basis,
    )


def _source_of(attribute: str) -> str:
    return CATALOGUE[attribute].source.value if attribute in CATALOGUE else ""


def _because(one: Verdict, reader: Reader, language: str, agreements: Mapping[str, AnyAgreement]) -> str:
    keys = ((one.rule, one.note), (one.rule, one.outcome), (one.rule, ""))
    words = _OF_READER.get((reader, one.rule)) or next((_BECAUSE[key] for key in keys if key in _BECAUSE), ("", ""))
    agreement = one.basis.split(" ")[-1].rpartition("/")[0]
    return _in(words, language).format(
        basis=one.basis.split(" ")[0],
        note=one.note,
        agreement=agreement,
        day=_last_day(agreements.get(agreement)),
        source=_in(SOURCES.get(one.source, ("källan", "the source")), language),
    )


def _last_day(agreement: AnyAgreement | None) -> str:
    """The last day of an agreement that has run out; a dash when it is not there any more."""
    if agreement is None:
        return "–"
    until = max((terms.valid_until for terms in getattr(agreement, "signed", ())), default=0)
    return day_of(until - 1 if until else getattr(agreement, "valid_until", 1) - 1).isoformat()


def _rule(one: Verdict, language: str) -> tuple[str, str]:
    words = _in(_RULES.get(one.rule, (one.rule, one.rule)), language)
    result = _in(RESULTS[Outcome(one.outcome)], language)
    return words, f"{result} ({one.note})" if one.note else result


def _in(words: Words, language: str) -> str:
    return words[0] if language == "sv" else words[1]
