"""The views of the test issuer: each request is kept as a run, and a choice takes the place of a login.

Every login asks, so that a team can be another person each time; only a request that may show no page uses the sign-on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from broker.exchange import Reply
from broker.login import journey, methods
from broker.login.effects import Effects, UseOnce
from broker.login.handles import new_reference
from broker.login.request import LoginRequest, Transaction
from broker.login.steps import Explain, Leave, Show, Step
from broker.protocols.front import Answered
from broker.protocols.oidc import authorize as oidc_authorize
from broker.protocols.saml import sso as saml_sso
from broker.protocols.testing import messages
from broker.protocols.testing.choice import AnswerKind, BadChoice, Choice, read_form, read_hint
from broker.protocols.testing.fronts import runs
from broker.protocols.testing.run import KeepPreset, KeepRun, NoteRun, Run, StepName, UsePreset
from broker.protocols.testing.run import Step as Taken
from broker.web import bench, explain, login, requests
from broker.web.answers import record, refused, settle
from broker.web.cookies import set_cookie
from broker.web.opening import opened
from broker.web.pages.testing import ChosenBefore, TestChoice
from broker.web.turn import Turn
from idp_adapters.base import Inbound
from metadata.register import UnknownService
from metadata.wire.xml_parts import parts
from trust_framework.reasons import REASONS, Reason, Refusal

_STEP_OF: Final = {
    "request-signature": StepName.SIGNATURE,
    "request-address": StepName.ADDRESS,
    "request-level": StepName.LEVEL,
}

Read = Callable[[], tuple[LoginRequest, Effects]]


# --- requests


def authorize(turn: Turn) -> Reply:
    """The authorization endpoint, GET and POST (OpenID Connect Core section 3.1.2.1)."""
    return _begin("oidc", lambda: oidc_authorize.read(turn.request, turn.now, turn.on.services), turn)


def single_sign_on(turn: Turn) -> Reply:
    """The single sign-on service, Redirect and POST (SAML profiles section 4.1.4.1)."""

    def read() -> tuple[LoginRequest, Effects]:
        asked, used = saml_sso.read(turn.request, turn.now, turn.on.services)
        return asked, Effects((used,))

    return _begin("saml", read, turn)


def _begin(protocol: str, read: Read, turn: Turn) -> Reply:
    try:
        asked, used = read()
    except Answered as error:
        _keep_refused(protocol, error.reason, turn, error)
        return requests.answer(error, turn)
    except Refusal as refusal:
        _keep_refused(protocol, refusal.reason, turn)
        raise
    wanted = asked.wanted
    asked = replace(asked, wanted=replace(wanted, force=wanted.force or not wanted.passive))
    return requests.begun(asked, used, turn, lambda step: Effects((KeepRun(_run(asked, step, turn)),)))


def _run(asked: LoginRequest, step: Step, turn: Turn) -> Run:
    """A run of a request that may be served, as far as it has come."""
    signed = (Taken(StepName.SIGNATURE, ok=True),) if asked.protocol == "saml" else ()
    levels = " ".join(asked.wanted.levels)
    reason = step.outcome.reason.code if isinstance(step.outcome, Explain) else ""
    taken = (
        Taken(StepName.RECEIVED, ok=True),
        *signed,
        Taken(StepName.ADDRESS, ok=True, note=asked.return_url),
        Taken(StepName.LEVEL, ok=not reason, note=reason or levels),
    )
    return _new(asked.service, asked.protocol, _reference(step), taken, turn)


def _reference(step: Step) -> str:
    match step.outcome:
        case Show(transaction=tx):
            return tx.reference
        case Leave():
            raise TypeError("a simulated method sends nobody anywhere")
        case told:
            return told.reference


def _new(service: str, protocol: str, reference: str, taken: tuple[Taken, ...], turn: Turn) -> Run:
    tested = turn.on.bench().now().tested[service]
    request = messages.asked(turn.request, protocol)
    return Run(reference, service, tested.org, tested.digest, protocol, turn.now, request, taken)


def _keep_refused(protocol: str, reason: Reason, turn: Turn, answered: Answered | None = None) -> None:
    """A request that cannot be served is a run too, when it says whose it is; nobody has proven that it is."""
    service = _claimed(protocol, turn)
    if service is None or not turn.on.throttle.allows("login-begun", turn.source()):
        return
    failing = _STEP_OF.get(reason.code, StepName.RECEIVED)
    order = [StepName.RECEIVED, StepName.SIGNATURE, StepName.ADDRESS, StepName.LEVEL]
    before = tuple(Taken(name, ok=True) for name in order[: order.index(failing)])
    taken = (*before, Taken(failing, ok=False, note=reason.code))
    reference = answered.reference if answered and answered.reference else new_reference()
    run = _new(service, protocol, reference, taken, turn)
    if answered:
        run = replace(run, answer=messages.answered(answered.answer.delivery))
    record(Effects((KeepRun(run),)), turn)


def _claimed(protocol: str, turn: Turn) -> str | None:
    """The service that a request says it is from."""
    register = turn.on.services.federation().register
    message = messages.asked(turn.request, protocol)
    try:
        if protocol == "saml":
            return register.by_entity_id(dict(parts(message.raw.encode())).get("AuthnRequest/Issuer", "")).id
        return register.by_client_id(dict(message.parts).get("client_id", "")).id
    except UnknownService:
        return None


# --- choosing


def choose(turn: Turn, id: str) -> Reply:
    """U1, unless it was chosen before."""
    tx = opened(id, turn)
    choice = _chosen_before(tx, turn)
    usable = methods.offered(tx, turn.on.services.federation(), turn.now).usable
    if choice is None or not usable:
        return login.choose(turn, id)
    method = choice.method if choice.method in usable else usable[0]
    return settle(journey.start(tx, method, turn.visit(tx.request), turn.now, turn.on.services), turn)


def test_login(turn: Turn, id: str) -> Reply:
    """The page on which the person, the level and the answer are chosen, unless they were before."""
    tx = opened(id, turn)
    choice = _chosen_before(tx, turn)
    return _page(tx, turn, wrong=False) if choice is None else _go_on(tx, choice, turn)


def test_answered(turn: Turn, id: str) -> Reply:
    """The choice was made."""
    tx = opened(id, turn)
    try:
        choice = read_form(turn.check_form(tx.id))
    except BadChoice:
        return _page(tx, turn, wrong=True)
    return _go_on(tx, replace(choice, method=tx.method or ""), turn)


def _chosen_before(tx: Transaction, turn: Turn) -> Choice | None:
    """By the service's hint, or in the portal for this browser. A login that went on so once asks from then on."""
    run = runs(turn.on.services).test_run(tx.reference)
    if run is None or run.choice is not None:
        return None
    try:
        hinted = read_hint(tx.request.hint)
    except BadChoice:
        hinted = None
    return hinted or runs(turn.on.services).test_preset(turn.visit().browser, tx.request.service)


def _go_on(tx: Transaction, choice: Choice, turn: Turn) -> Reply:
    """Note the choice, and let the method answer as it says."""
    services, browser, service = turn.on.services, turn.visit().browser, tx.request.service
    preset = runs(services).test_preset(browser, service)
    used = (UsePreset(browser, service),) if preset is not None else ()
    if reason := record(Effects((NoteRun(tx.reference, (("choice", choice),)), *used)), turn):
        return refused(reason, turn, service=service)
    given = {"person": choice.person, "level": choice.level, "commission": choice.commission}
    if choice.answer is AnswerKind.CANCELLED:
        given["cancelled"] = "yes"
    step = journey.resume(tx, Inbound(given), turn.visit(tx.request), turn.now, services)
    return settle(step, turn)


def _page(tx: Transaction, turn: Turn, *, wrong: bool) -> Reply:
    federation = turn.on.services.federation()
    party = federation.parties[tx.request.service]
    terms = federation.providers.get(tx.method or "")
    asked = [wish.name for wish in tx.request.wanted.requested if wish.name in party.attributes]
    page = TestChoice(
        service=login.service_of(tx, turn),
        method=terms.names if terms else {},
        action=f"/login/{tx.id}/test",
        csrf=turn.csrf(tx.id),
        persons=bench.persons(),
        levels=bench.levels(terms.gives() if terms else (), methods.acceptable(tx, federation)),
        attributes=bench.attributes(asked),
        wrong=wrong,
        cancel=explain.back(tx, turn),
    )
    return login.page_of(page, tx, turn)


# --- what was chosen in the portal


def prepared(turn: Turn) -> Reply:
    """The portal sends the browser here with what was chosen: its next login to that service goes on by itself."""
    secret = turn.parameters().get("h", "")
    once = turn.on.services.store.once("test-preset", secret)
    if once is None or once.used_at is not None or once.expires_at <= turn.now:
        raise Refusal(REASONS["login-expired"], "no such choice")
    view = explain.service_view(once.owner, turn)
    if view is None:
        raise Refusal(REASONS["not-member"], "the service is not in test")
    choice = bench.choice_from(once.payload)
    kept = KeepPreset(turn.visit().browser, once.owner, choice, turn.now + bench.PRESET_LIFETIME)
    if reason := record(Effects((UseOnce("test-preset", secret, turn.now), kept)), turn):
        return refused(reason, turn)
    page = ChosenBefore(service=view, person=bench.label_of(choice.person), answer=choice.answer.value)
    reply = turn.on.pages.render(page, turn.frame())
    return reply.adding(set_cookie(turn.held, turn.on.services.settings)) if turn.held.fresh else reply
