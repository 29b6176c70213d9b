"""The test method: log a made-up person in by a hint, for the tests of services. Never outside `TILLIT_ENV=test`.

    test:<persona>[;loa=URI][;commission=HSAID][;result=cancelled|failed]

Owns this grammar and its reading. The personas are the persons of the federation file. The hint comes from OIDC's
`login_hint`, from a SAML Subject or from a query parameter; without one a page asks for it in a field `username`, where
the bare persona is enough. Level words are the level URIs themselves.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from idp_adapters.base import (
    Ask,
    AskHint,
    Authenticated,
    Consume,
    Failed,
    Inbound,
    Resumed,
    Started,
    Tools,
)
from metadata.wire.strict_json import BadJson, read_object
from trust_framework import loa
from trust_framework.identity import Asserted, Subject
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS

PREFIX: Final = "test:"
FIELD: Final = "username"
COMMISSION: Final = "commissionHsaId"
LONGEST: Final = 512
HIGHEST: Final = f"{loa.ELEGNAMNDEN}loa4"
USUAL: Final = f"{loa.ELEGNAMNDEN}loa3"
ONCE_KEPT: Final = 3600
IDENTIFIERS: Final = frozenset({"personalIdentityNumber"})

PERSONA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
OPTIONS: Final[Mapping[str, re.Pattern[str]]] = {
    "loa": re.compile(r"[!-:<-~]{1,200}"),
    "commission": re.compile(r"[A-Za-z0-9-]{1,64}"),
    "result": re.compile(r"cancelled|failed"),
}
RESULTS: Final[Mapping[str, str]] = {"cancelled": "user-cancelled", "failed": "login-failed"}

One = tuple[str, ...]


class NotInTest(Exception):
    """The method was to be made in another environment than test."""


class BadHint(Exception):
    """A hint that is not of the grammar."""


class BadPersona(BadHint):
    """What stands in the place of the persona cannot be one."""


class BadOption(BadHint):
    """An option that is unknown, given twice, or has a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint, read."""

    persona: str
    loa: str | None = None
    commission: str | None = None
    result: str | None = None


def read_hint(text: str) -> Hint:
    """Read a hint of the full grammar. Raises BadHint."""
    if len(text) > LONGEST or not text.startswith(PREFIX):
        raise BadHint("not a hint of the test method")
    persona, *options = text.removeprefix(PREFIX).split(";")
    if not PERSONA.fullmatch(persona):
        raise BadPersona("not a persona")
    given: dict[str, str] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name in given or name not in OPTIONS or not OPTIONS[name].fullmatch(value):
            raise BadOption(name[:20])
        given[name] = value
    return Hint(persona, **given)


class TestSettings(BaseModel):
    """Settings of the test method. The broker fills them in: they are not written in the federation file."""

    __test__ = False  # pytest: not a class of tests
    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Literal["production", "test", "demo"] = Field(
        "production", description="The environment of the broker (TILLIT_ENV). Only `test` can make the method."
    )
    persons: Mapping[str, Mapping[str, One]] = Field(
        default_factory=dict, description="Persona → attributes with catalogue names, each one value or several."
    )
    level: str = Field(USUAL, description="Level URI given when neither the hint nor the service names one.")

    @field_validator("persons", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {key: _as_tuples(attributes) for key, attributes in value.items()}

    def terms(self, method_id: str) -> ProviderTerms:
        """Every level that may be given, and the attributes that some persona has."""
        names = {COMMISSION} | {name for attributes in self.persons.values() for name in attributes}
        return ProviderTerms(
            id=method_id,
            names={"sv": "Provinloggning", "en": "Test login"},
            ceiling=HIGHEST,
            levels={uri: uri for uri in loa.LEVELS if loa.known(uri)},
            attributes={name: name for name in sorted(names)},
            identifiers=IDENTIFIERS & names,
        )

    def adapter(self, method_id: str, tools: Tools) -> "TestMethod":  # noqa: ARG002  # it calls nobody
        """The method. Raises NotInTest."""
        if self.environment != "test":
            raise NotInTest(self.environment)
        return TestMethod(method_id, self)


def _as_tuples(attributes: object) -> object:
    if not isinstance(attributes, Mapping):
        return attributes
    return {name: (value,) if isinstance(value, str) else value for name, value in attributes.items()}


class TestMethod:
    """The adapter. Nobody is asked anything that the hint says."""

    __test__ = False  # pytest: not a class of tests

    def __init__(self, method_id: str, settings: TestSettings) -> None:
        self.id, self.settings = method_id, settings

    def claims(self, hint: str) -> bool:
        """Whether the hint is written for this method (`ClaimsHint`), well or badly."""
        return hint.startswith(PREFIX)

    def start(self, ask: Ask, now: int) -> Started:
        """At once with a hint of ours; else a page, unless no page may be shown."""
        if ask.hint is not None and self.claims(ask.hint):
            answer = self._answer(ask.hint, ask.login, ask.levels, now)
            return replace(answer, pageless=True) if isinstance(answer, Failed) else answer
        if ask.passive:
            return Failed(REASONS["passive-impossible"])
        return AskHint(json.dumps({"login": ask.login, "levels": ask.levels}).encode())

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Resumed:
        """With what stands in the field: a bare persona, or a hint."""
        try:
            kept = read_object(state)
            login, levels = str(kept["login"]), tuple(map(str, kept["levels"]))
        except (BadJson, KeyError, TypeError):
            return Failed(REASONS["internal"], "state not readable")
        text = inbound.parameters.get(FIELD, "").strip()
        return self._answer(text if text.startswith(PREFIX) else PREFIX + text, login, levels, now)

    def _answer(self, text: str, login: str, levels: tuple[str, ...], now: int) -> Authenticated | Failed:
        try:
            hint = read_hint(text)
        except BadHint as error:
            return Failed(REASONS["login-failed"], f"{type(error).__name__}: {error}")
        if hint.result is not None:
            return Failed(REASONS[RESULTS[hint.result]], "as the hint wants", pageless=True)
        person = self.settings.persons.get(hint.persona)
        if person is None:
            return Failed(REASONS["login-failed"], f"no persona {hint.persona}")
        level = hint.loa or next(iter(levels), self.settings.level)
        if not loa.known(level):
            return Failed(REASONS["login-failed"], f"no level {level}")
        commission = {COMMISSION: (hint.commission,)} if hint.commission else {}
        asserted = Asserted(
            subject=Subject(self.id, "persona", hint.persona),
            level=level,
            authenticated_at=now,
            attributes={**person, **commission},
            authn_methods=("test",),
        )
        used = Consume("test-login", login, now + ONCE_KEPT)
        return Authenticated(asserted, (used,), commission=hint.commission, pageless=True)
