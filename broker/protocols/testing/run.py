"""A test login as it is kept: what was asked, what was chosen, what was answered, and each step of the way.

A run is found by the login's reference. Its steps are what the audit events of the login say (`following`), so that a team is
shown what the log would say; the messages are kept raw and read, which only made-up persons allow.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from broker.login.effects import Change
from broker.protocols.testing.choice import AnswerKind, Choice

KEPT: Final = 30 * 86_400
"""Seconds that a run is kept."""

OF_SERVICE: Final = 50
"""Runs that are kept of a service: the newest."""


class StepName(StrEnum):
    """The steps of a test login, in their order."""

    RECEIVED = "received"
    SIGNATURE = "signature"
    ADDRESS = "address"
    LEVEL = "level"
    PERSON = "person"
    ATTRIBUTES = "attributes"
    ANSWERED = "answered"
    REDEEMED = "redeemed"
    USERINFO = "userinfo"


@dataclass(frozen=True, slots=True)
class Step:
    """How one step went; `note` is a reason's code, a level or another word of ours."""

    name: StepName
    ok: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A protocol message: the text sent, its parts by name, and the text once decrypted where that is another."""

    raw: str
    parts: tuple[tuple[str, str], ...] = ()
    clear: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One test login. `digest` is that of the service's content it was tested with; `trace` has the decision's verdicts.

    `replayable` is what a later answer repeats to be a replay: the assertion's id and InResponseTo, or the nonce.
    """

    reference: str
    service: str
    org: str
    digest: str
    protocol: str
    started_at: int
    request: Message
    steps: tuple[Step, ...] = ()
    choice: Choice | None = None
    answer: Message | None = None
    tokens: Message | None = None
    trace: tuple[tuple[str, ...], ...] = ()
    replayable: tuple[str, ...] = ()

    @property
    def expires_at(self) -> int:
        return self.started_at + KEPT

    def step(self, name: StepName) -> Step | None:
        """The step, when it has been taken."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def passed(self) -> bool:
        """Whether the service was answered as in production, and, where that shows, took the answer."""
        honest = self.choice is not None and self.choice.answer is AnswerKind.SUCCEEDED and not self.choice.without
        needed = (StepName.ANSWERED, StepName.REDEEMED) if self.protocol == "oidc" else (StepName.ANSWERED,)
        good = all((step := self.step(name)) is not None and step.ok for name in needed)
        return honest and good and all(step.ok for step in self.steps)

    @property
    def outcome(self) -> str:
        """One word for the whole: `passed`, `answered` (on purpose wrongly), `told` (no, in the protocol's words),
        `failed` (a step went wrong) or `open`.
        """
        if self.passed:
            return "passed"
        if any(not step.ok for step in self.steps):
            cancelled = (
                self.choice is not None and self.choice.answer is AnswerKind.CANCELLED and self.answer is not None
            )
            return "told" if cancelled else "failed"
        return "answered" if self.answer is not None else "open"


@dataclass(frozen=True, slots=True)
class KeepRun(Change):
    """Keep a run, or what has become of it."""

    run: Run


@dataclass(frozen=True, slots=True)
class NoteRun(Change):
    """What else is known of a run that is kept: fields of `Run` by name."""

    reference: str
    fields: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class KeepPreset(Change):
    """The next login to a service in a browser goes on as chosen. `browser` is the hash of the browser's secret."""

    browser: bytes
    service: str
    choice: Choice
    expires_at: int


@dataclass(frozen=True, slots=True)
class UsePreset(Change):
    """Use it up. Raises AlreadyUsed when it is gone."""

    browser: bytes
    service: str
