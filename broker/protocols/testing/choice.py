"""What a team chooses for a test login: who logs in, by which method, how safely, and how the service is answered.

    test:<person>[;method=ID][;level=URI][;commission=HSAID][;without=NAME,NAME][;answer=WORD]

Owns the choice, its form and this grammar of a `login_hint`, by which a login goes on without a page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework.attributes import CATALOGUE

PREFIX: Final = "test:"
LONGEST: Final = 1024
WITHOUT: Final = "without."
"""Before a catalogue name: a field of the form that is ticked when the answer shall lack it."""

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LEVEL: Final = re.compile(r"[!-:<-~]{1,200}")
_OPTIONS: Final = frozenset({"method", "level", "commission", "without", "answer"})


class BadChoice(Exception):
    """What was sent is no choice."""


class AnswerKind(StrEnum):
    """How the service is answered. All but the first two are wrong on purpose: the service must say no."""

    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    LEVEL_TOO_LOW = "level-too-low"
    MISSING_ATTRIBUTE = "missing-attribute"
    WRONG_SIGNATURE = "wrong-signature"
    EXPIRED = "expired"
    WRONG_AUDIENCE = "wrong-audience"
    REPLAYED = "replayed"


HONEST: Final = frozenset({AnswerKind.SUCCEEDED, AnswerKind.CANCELLED})


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice. What is empty is left to the page, or to what the service asks for."""

    person: str
    method: str = ""
    level: str = ""
    commission: str = ""
    without: tuple[str, ...] = ()
    answer: AnswerKind = AnswerKind.SUCCEEDED


def read_form(form: Mapping[str, str]) -> Choice:
    """The fields of the page. Raises BadChoice."""
    ticked = ",".join(name.removeprefix(WITHOUT) for name in form if name.startswith(WITHOUT))
    options = {name: form.get(name, "") for name in _OPTIONS - {"without"}} | {"without": ticked}
    return _choice(form.get("person", ""), {name: value for name, value in options.items() if value})


def read_hint(text: str | None) -> Choice | None:
    """A hint of ours; None for any other. Raises BadChoice."""
    if text is None or not text.startswith(PREFIX):
        return None
    if len(text) > LONGEST:
        raise BadChoice("the hint is too long")
    person, *rest = text.removeprefix(PREFIX).split(";")
    options: dict[str, str] = {}
    for option in rest:
        name, _, value = option.partition("=")
        if name in options or name not in _OPTIONS:
            raise BadChoice(f"option {name[:20]}")
        options[name] = value
    return _choice(person, options)


def _choice(person: str, options: Mapping[str, str]) -> Choice:
    words = {"person": person} | {name: options[name] for name in ("method", "commission") if name in options}
    if bad := [name for name, value in words.items() if not _WORD.fullmatch(value)]:
        raise BadChoice(bad[0])
    if "level" in options and not _LEVEL.fullmatch(options["level"]):
        raise BadChoice("level")
    without = tuple(dict.fromkeys(filter(None, options.get("without", "").split(","))))
    if not CATALOGUE.keys() >= set(without):
        raise BadChoice("without")
    answer = options.get("answer", AnswerKind.SUCCEEDED)
    if answer not in set(AnswerKind):
        raise BadChoice("answer")
    return Choice(**words, level=options.get("level", ""), without=without, answer=AnswerKind(answer))
