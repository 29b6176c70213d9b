"""From a step to a reply: commit once, then answer. The one place where a login's effects are committed.

A front's answer and the journey's step are recorded together. When the record cannot be made, nothing leaves.
"""

from collections.abc import Mapping

from broker.exchange import Reply
from broker.login.effects import AlreadyUsed, Effects, Overtaken, SaveLogin, StorageUnavailable
from broker.login.handles import new_reference
from broker.login.steps import Answer, Delivery, Explain, Issue, Leave, Outcome, Show, Stage, Step, Tell
from broker.web import explain, links
from broker.web.cookies import set_cookie
from broker.web.pages.frame import ServiceView
from broker.web.pages.leave import ReturnToService
from broker.web.turn import Turn
from metadata.register import UnprovenAddress
from trust_framework.reasons import REASONS, Reason, Refusal

_USED: Mapping[str, str] = {
    "login": "login-used",
    "saml-request": "request-replayed",
    "request-object": "request-replayed",
    "landing": "login-used",
}


def settle(step: Step, turn: Turn, *, again: bool = True) -> Reply:
    """Let the front answer, commit everything once, and only then make the reply. An answer that rests on what changed
    meanwhile (a patient's registers) is made anew, once.
    """
    outcome, effects = step.outcome, step.effects
    delivery: Delivery | None = None
    if isinstance(outcome, Issue | Tell):
        try:
            answer = _front_answer(outcome, turn)
        except UnprovenAddress as error:
            outcome = Explain(REASONS["request-address"], outcome.reference)
            turn.on.note_refusal(outcome.reason, str(error), outcome.reference, _service(step.outcome))
        else:
            delivery, effects = answer.delivery, effects + answer.effects
    try:
        reason = record(effects, turn)
    except Overtaken:
        return settle(step, turn, again=False) if again and delivery else _overtaken(step, turn)
    if reason:
        return refused(reason, turn, service=_service(step.outcome))
    reply = deliver(delivery, turn) if delivery else _shown(outcome, turn)
    return _with_cookie(reply, step, turn)


def _front_answer(outcome: Issue | Tell, turn: Turn) -> Answer:
    front = turn.on.fronts[outcome.request.protocol]
    services = turn.on.services
    if isinstance(outcome, Issue):
        return front.issue(outcome, turn.now, services)
    return front.tell(outcome, turn.now, services)


def record(effects: Effects, turn: Turn) -> Reason | None:
    """Commit; the reason to refuse with when that cannot be. Raises Overtaken."""
    if not (effects.changes or effects.events):
        return None
    try:
        turn.on.services.store.commit(effects)
    except AlreadyUsed as error:
        return REASONS[_USED.get(error.kind, "upstream-used")]
    except StorageUnavailable as error:
        turn.on.note_failure("storage", error)
        return REASONS["maintenance"]
    return None


def _overtaken(step: Step, turn: Turn) -> Reply:
    """Another request moved this login first: show where it stands now. Nothing of this step remains."""
    moved = next((c.transaction for c in step.effects.changes if isinstance(c, SaveLogin)), None)
    if moved is None:
        return refused(REASONS["login-used"], turn, service=_service(step.outcome))
    return see_other(links.login_url(moved, Stage.CONTINUE, turn.on.services.keys()))


def _with_cookie(reply: Reply, step: Step, turn: Turn) -> Reply:
    """Set the cookie when the browser is new to us, or has a new sign-on."""
    if not (turn.held.fresh or step.handle):
        return reply
    held = turn.held.with_handle(step.handle or turn.held.handle)
    return reply.adding(set_cookie(held, turn.on.services.settings))


def deliver(delivery: Delivery, turn: Turn) -> Reply:
    """Send the browser to a proven address. 303, never 307, which would repeat a POST (RFC 9700 section 4.12)."""
    if not delivery.fields:
        return see_other(delivery.url)
    service = explain.service_view(delivery.address.service, turn) or ServiceView({})
    return _form(service, delivery.url, delivery.fields, turn)


def _form(service: ServiceView, url: str, fields: Mapping[str, str], turn: Turn) -> Reply:
    return turn.on.pages.render(
        ReturnToService(service=service, action=url, fields=tuple(fields.items())), turn.frame()
    )


def see_other(url: str) -> Reply:
    """303 to an address that is ours or proven."""
    return Reply(303, (("Location", url), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")))


def _shown(outcome: Outcome, turn: Turn) -> Reply:
    match outcome:
        case Show(stage, tx):
            url = links.login_url(tx, stage, turn.on.services.keys())
            return see_other(f"{url}&{links.GIVEN_COOKIE}=1" if turn.held.fresh else url)
        case Leave(url, fields):
            return _form(ServiceView({}), url, fields, turn) if fields else see_other(url)
        case Explain():
            return explain.page(outcome, turn)
        case _:
            raise TypeError("an answer to a service is delivered, not shown")


def refused(reason: Reason, turn: Turn, *, service: str | None = None, detail: str = "") -> Reply:
    """The page for a request that cannot be served and has no login to go on with."""
    reference = new_reference()
    turn.on.note_refusal(reason, detail, reference, service)
    return explain.page(Explain(reason, reference), turn, service=service)


def failed(what: str, reason: Reason, error: BaseException, turn: Turn) -> Reply:
    """The page for a failure of ours: the person gets the reference that the log has it under."""
    reference = new_reference()
    turn.on.note_failure(what, error, reference)
    return explain.page(Explain(reason, reference), turn)


def of_refusal(refusal: Refusal, turn: Turn) -> Reply:
    """The page for a Refusal."""
    return refused(refusal.reason, turn, service=refusal.about.get("service_id"), detail=refusal.detail)


def _service(outcome: Outcome) -> str | None:
    match outcome:
        case Issue() | Tell():
            return outcome.request.service
        case Show() | Explain() if outcome.transaction:
            return outcome.transaction.request.service
        case _:
            return None
