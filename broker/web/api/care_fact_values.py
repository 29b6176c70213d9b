"""What the calls about facts that a rule set names take and give, as models."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from broker.web.api.care_values import Acted, Entered, EntryId, HsaId, Instant, Number, Word
from broker.web.api.values import Model


class NewFact(Model):
    """A fact to enter under the caller's UUID. Which kinds there are and what each `says` stands in docs/access-rules.md; it
    begins now unless `since` says when, and holds until just before `until`.
    """

    id: EntryId
    kind: Word = Field(examples=["visit"])
    provider: HsaId
    patient: Number | None = None
    says: Mapping[str, Any] = Field(default_factory=dict, max_length=20, examples=[{"place": "SE2321000016-U1"}])
    since: Instant | None = None
    until: Instant | None = None
    entered: Entered = Entered()


class AccessFact(Model):
    """A fact as it stands. `waits` says for what: `colleague` or `code` before it holds, `end` where an end was asked for."""

    id: str
    kind: str
    rules: str
    provider: str
    patient: Number | None = None
    says: Mapping[str, Any]
    since: int
    until: int | None = None
    waits: str = ""
    registered: Acted
    confirmed: Acted | None = None
    ending: Acted | None = None
    ended: Acted | None = None


class FactsAsked(Model):
    """Of a patient, or of a provider's own."""

    patient: Number | None = None
    provider: HsaId = ""

    @model_validator(mode="after")
    def _one(self) -> "FactsAsked":
        if (self.patient is None) == (self.provider == ""):
            raise ValueError("either patient or provider")
        return self


class FactList(Model):
    """Some facts, oldest first."""

    facts: tuple[AccessFact, ...]


class Agreeing(Model):
    """That a second person agrees."""

    entered: Entered = Entered()


class EnteredCode(Model):
    """The code that the patient shared."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    entered: Entered = Entered()


class MadeCode(Model):
    """A code, for the patient alone, and when it is too old."""

    code: str
    expires_at: int
