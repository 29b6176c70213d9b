"""Test logins for programs: which services are in test, what was tried and how it went, and a login prepared for a browser."""

from typing import Final

from broker.audit import trace
from broker.federation.testing import Tested
from broker.protocols.testing.choice import WITHOUT, BadChoice, read_form
from broker.protocols.testing.run import Run, StepName
from broker.web.api import values
from broker.web.api.errors import ApiError
from broker.web.api.logins import in_words, language
from broker.web.api.turn import ApiTurn
from trust_framework.explanation import Reader

_OF_SAML_ALONE: Final = frozenset({StepName.SIGNATURE})
_OF_OIDC_ALONE: Final = frozenset({StepName.REDEEMED, StepName.USERINFO})


def services(turn: ApiTurn) -> values.TestList:
    """The member's services in test, each with how it went last."""
    bench = turn.on.bench()
    found = []
    for each in bench.services(turn.org):
        last = next(iter(bench.runs(each.id, turn.org)), None)
        passed = bench.passed(each.id, each.digest)
        outcome = last.outcome if last else "none"
        found.append(values.TestedService(id=each.id, draft=each.draft, passed=passed, outcome=outcome))
    unread = {id_: each.why for id_, each in bench.now().unread.items() if each.org == turn.org}
    return values.TestList(issuer=bench.base_url, services=tuple(found), unread=unread)


def prepared(turn: ApiTurn, service: str) -> values.TestAddress:
    """Prepare a test login for the browser that opens the address."""
    _tested(service, turn)
    wish = turn.body
    form = {name: getattr(wish, name) for name in ("person", "method", "level", "commission", "answer")}
    try:
        choice = read_form({**form, **{WITHOUT + name: "yes" for name in wish.without}})
    except BadChoice as error:
        raise ApiError("malformed", f"{error}") from error
    return values.TestAddress(address=turn.on.bench().prepare(choice, service, turn.now))


def runs(turn: ApiTurn, service: str) -> values.TestRuns:
    """The test logins of a service."""
    tested = _tested(service, turn)
    return values.TestRuns(runs=tuple(_run(each, tested) for each in turn.on.bench().runs(service, turn.org)))


def run(turn: ApiTurn, service: str, reference: str) -> values.TestRun:
    """One test login: step by step, and what became of each detail, and why."""
    tested, bench = _tested(service, turn), turn.on.bench()
    kept = turn.found(bench.run(reference, service, turn.org))
    absent = _OF_SAML_ALONE if kept.protocol == "oidc" else _OF_OIDC_ALONE
    step = kept.step(StepName.ATTRIBUTES)
    result = step.note if step is not None and not step.ok else trace.RELEASED
    told = in_words(
        trace.verdicts(kept.trace), result, service, Reader.OPERATOR, bench.now().federation, language(turn)
    )
    return _run(kept, tested).model_copy(
        update={
            "steps": tuple(_step(name, kept) for name in StepName if name not in absent),
            "explanation": told.model_copy(update={"reference": reference, "at": kept.started_at, "occasion": "test"}),
        }
    )


def _tested(service: str, turn: ApiTurn) -> Tested:
    return turn.found(turn.on.bench().tested(service, turn.org))


def _run(kept: Run, tested: Tested) -> values.TestRun:
    return values.TestRun(
        reference=kept.reference,
        at=kept.started_at,
        protocol=kept.protocol,
        person=kept.choice.person if kept.choice else "",
        answer=kept.choice.answer.value if kept.choice else "",
        outcome=kept.outcome,
        present=kept.digest == tested.digest,
    )


def _step(name: StepName, kept: Run) -> values.TestStep:
    step = kept.step(name)
    if step is None:
        return values.TestStep(name=name.value, state="none")
    return values.TestStep(name=name.value, state="ok" if step.ok else "err", note=step.note)
