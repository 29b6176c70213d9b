"""What would happen if: the decision about a made-up login, by the same facts and the same function as a real one.

Owns how a supposition becomes a case. It writes nothing and asks no method: who the person is, and how they log in, is
supposed; everything else is as it stands now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from broker.login.facts import gather
from broker.login.ports import Services
from broker.login.request import LoginRequest
from trust_framework.case import AskConsent, Case, Decision, RequestedAttribute, Wanted
from trust_framework.decide import decide
from trust_framework.identity import Attributes, Identity, Subject
from trust_framework.outcome import Outcome
from trust_framework.policies import Policies

SUPPOSED = "simulation"


@dataclass(frozen=True, slots=True)
class Supposed:
    """A login that is only thought of. `requested` None: everything that the service is registered for. `told` is what the
    method would say of the person beside the register; `agrees`: the person says yes to whatever is asked.
    """

    service: str
    person: str
    method: str
    level: str
    commission: str | None = None
    requested: tuple[RequestedAttribute, ...] | None = None
    told: Attributes = field(default_factory=dict)
    agrees: bool = False


def case_of(supposed: Supposed, now: int, on: Services) -> Case:
    """The case of the supposition, with the facts as they stand."""
    party = on.federation().parties[supposed.service]
    person = on.store.person(supposed.person)
    known: Mapping[str, tuple[str, ...]] = {**(person.attributes if person else {}), **supposed.told}
    wishes = supposed.requested
    if wishes is None:
        wishes = tuple(RequestedAttribute(name) for name in sorted(party.attributes))
    identity = Identity(supposed.method, Subject(SUPPOSED, SUPPOSED, supposed.person), supposed.level, now, known)
    request = LoginRequest(supposed.service, SUPPOSED, Wanted((), wishes, asked_at=now), "")
    return gather(request, identity, supposed.person, supposed.commission, on)


def simulate(supposed: Supposed, now: int, on: Services, policies: Policies | None = None) -> Decision:
    """The decision. `policies` are those to suppose, when not those that stand. Commissions are chosen as supposed, and
    where none was, the question is the answer.
    """
    case = case_of(supposed, now, on)
    if policies is not None:
        case = replace(case, policies=policies)
    decision = decide(case, now)
    if isinstance(decision, AskConsent) and supposed.agrees:
        return decide(replace(case, agreed=decision.shown), now)
    return decision


def result_of(decision: Decision) -> str:
    """How a simulation ended, in the words of the log: `released`, or the code of a reason."""
    stopped = (verdict.note for verdict in decision.trace if verdict.outcome in {Outcome.ASKED, Outcome.REFUSED})
    return next(stopped, "released")
