"""The fronts of the test issuer: they answer as those of production do, or wrongly on purpose, and keep what they answered.

The answer is made by the same front; here stands only what it is given that is not so, and the note of it in the run.
"""

from dataclasses import dataclass
from typing import Any, Protocol, cast

from broker.login.effects import Effects
from broker.login.ports import Services, Store
from broker.login.steps import Answer, Issue, Tell
from broker.protocols.front import Front
from broker.protocols.oidc.front import OidcFront
from broker.protocols.saml.answers import recipient_of, signer_for
from broker.protocols.saml.front import SamlFront
from broker.protocols.testing import answers, messages
from broker.protocols.testing.choice import AnswerKind, Choice
from broker.protocols.testing.run import NoteRun, Run, Step, StepName
from metadata.register import SamlService, Service
from metadata.wire.saml_messages.response import build_response
from metadata.wire.saml_messages.values import ResponseSpec

NOBODY = Choice("")


class RunStore(Store, Protocol):
    """What is read of test logins."""

    def test_run(self, reference: str) -> Run | None: ...

    def test_runs(self, service: str, org: str) -> tuple[Run, ...]: ...

    def test_preset(self, browser: bytes, service: str) -> Choice | None: ...


def runs(on: Services) -> RunStore:
    """The test issuer's store, which has them."""
    return cast("RunStore", on.store)


def choice_of(reference: str, on: Services) -> Choice:
    """What was chosen for a login; nothing, when it went on without."""
    run = runs(on).test_run(reference)
    return NOBODY if run is None or run.choice is None else run.choice


def earlier(run: Run | None, on: Services) -> tuple[str, ...]:
    """What a replay repeats: of the service's last login before this one."""
    found = runs(on).test_runs(run.service, run.org) if run else ()
    return next((each.replayable for each in found if each.replayable and run and each.reference != run.reference), ())


class TestedOidc(Front):
    """A code, whose ID token may then be wrong (`broker.protocols.testing.token`)."""

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        choice, party = choice_of(issue.reference, on), on.federation().parties[issue.request.service]
        answer = OidcFront().issue(answers.altered(choice, issue, party), now, on)
        return _noted(answer, issue.reference, choice.answer)

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:
        return _told(OidcFront(), tell, now, on)


class TestedSaml(Front):
    """A Response, right or wrong."""

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        run = runs(on).test_run(issue.reference)
        choice, party = choice_of(issue.reference, on), on.federation().parties[issue.request.service]
        sealing = _Sealing(choice.answer, earlier(run, on))
        answer = SamlFront(sealing).issue(answers.altered(choice, issue, party), now, on)
        return _noted(answer, issue.reference, choice.answer, sealing.clear, sealing.replayable)

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:
        return _told(SamlFront(), tell, now, on)


@dataclass(slots=True)
class _Sealing:
    """Makes the octets of one Response, and remembers what it said before it was encrypted."""

    answer: AnswerKind
    earlier: tuple[str, ...]
    clear: bytes = b""
    replayable: tuple[str, ...] = ()

    def __call__(self, spec: ResponseSpec, service: Service, saml: SamlService, on: Services) -> bytes:
        said = answers.saml_spec(spec, self.answer, self.earlier)
        signer = signer_for(service, on)
        if self.answer is AnswerKind.WRONG_SIGNATURE:
            signer = answers.forged(signer)
        signed = saml.want_assertions_signed
        recipient = recipient_of(saml)
        response = build_response(said, signer, sign_assertion=signed, recipient=recipient)
        self.clear = build_response(said, signer, sign_assertion=signed) if recipient else response
        self.replayable = (spec.assertion_id, spec.in_response_to or "")
        return response


def _told(front: Front, tell: Tell, now: int, on: Services) -> Answer:
    """No, in the protocol's words, which the run keeps. Where nobody was identified, that is why."""
    answer = front.tell(tell, now, on)
    run = runs(on).test_run(tell.reference)
    nobody = run is None or run.step(StepName.PERSON) is None
    steps = (Step(StepName.PERSON, ok=False, note=tell.reason.code),) if nobody else ()
    return _with(answer, tell.reference, {"answer": messages.answered(answer.delivery), "steps": steps})


def _noted(
    answer: Answer, reference: str, kind: AnswerKind, clear: bytes = b"", replayable: tuple[str, ...] = ()
) -> Answer:
    fields: dict[str, Any] = {
        "answer": messages.answered(answer.delivery, clear),
        "steps": (Step(StepName.ANSWERED, ok=True, note=kind.value),),
    }
    return _with(answer, reference, fields | ({"replayable": replayable} if replayable else {}))


def _with(answer: Answer, reference: str, fields: dict[str, Any]) -> Answer:
    note = NoteRun(reference, tuple(fields.items()))
    return Answer(answer.delivery, answer.effects + Effects((note,)))
