"""The answering half of the authorization endpoint: a code, or an error, at the proven redirect URI."""

import secrets

from broker.audit.events import CodeIssued, LoginFailed
from broker.care.calling import Done
from broker.login import record
from broker.login.effects import NOTHING, Effects, Grant, Join, KeepOnce, Once, SaveGrant
from broker.login.handles import new_secret
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.login.sign_on import Participant
from broker.login.steps import Answer, Issue, Tell
from broker.protocols.oidc import authorize
from broker.protocols.oidc.authorization_details import read_element
from broker.protocols.oidc.content import of_issue
from broker.protocols.oidc.errors import code_of
from broker.protocols.oidc.patient_context import Context, Holder, NotPermitted, decided
from broker.protocols.oidc.subject import session_of, subject_of
from metadata.register import OidcClient, ReturnAddress, UnprovenAddress, redirect_address
from trust_framework.reasons import REASONS, Reason

CODE_LIFETIME = 60
GRANT_LIFETIME = 8 * 3600


class OidcFront:
    """See `broker.protocols.front.Front`."""

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        """A code, its grant, and the record of both (RFC 6749 section 4.1.2)."""
        client, address = _proven(issue.request, on)
        keys = on.keys()
        sub = subject_of(client, issue.person, keys)
        if not all(sub in named for named in issue.request.front["expected"]):
            # another person than the request named (OpenID Connect Core sections 3.1.2.1 and 5.5.1)
            return self._refused(issue, REASONS["subject-mismatch"], NOTHING, now, on)
        try:
            context = _context(issue, now, on)
        except NotPermitted as refused:
            return self._refused(issue, refused.reason, refused.effects, now, on)
        sid = session_of(issue.request.service, issue.sign_on, keys)
        grant = Grant(
            id=secrets.token_hex(16),
            client=issue.request.service,
            person=issue.person,
            sign_on=issue.sign_on,
            expires_at=now + GRANT_LIFETIME,
            content=of_issue(issue, sub, sid, context.result.wish if context else None).to_json(),
        )
        code = new_secret()
        joined = Participant(issue.request.service, "oidc", sub, sid, now)
        event = CodeIssued(
            **record.of_issue(issue, now, on.federation()),
            grant=grant.id,
            proved_by=issue.request.front.get("proved_by", ""),
        )
        effects = Effects(
            (SaveGrant(grant), KeepOnce(_code(code, issue, grant, now)), Join(issue.sign_on, joined)), (event,)
        )
        recorded = context.effects if context else NOTHING
        return Answer(authorize.success(address, code, issue.request.front["state"], on), effects + recorded)

    def _refused(self, issue: Issue, reason: Reason, effects: Effects, now: int, on: Services) -> Answer:
        """What the request asked for cannot be given to this person, whoever may log in."""
        told = self.tell(Tell(issue.request, issue.reference, reason), now, on)
        service, method = issue.request.service, issue.identity.method
        event = LoginFailed(at=now, reference=issue.reference, service=service, method=method, reason=reason.code)
        return Answer(told.delivery, told.effects + effects + Effects(events=(event,)))

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:  # noqa: ARG002  # the shape of Front
        """An error response (OpenID Connect Core section 3.1.2.6)."""
        _, address = _proven(tell.request, on)
        description = f"{tell.reason.service_text} (ref {tell.reference})"
        return authorize.refusal(address, code_of(tell.reason), description, tell.request.front["state"], on)


def _proven(request: LoginRequest, on: Services) -> tuple[OidcClient, ReturnAddress]:
    service = on.federation().register.services.get(request.service)
    if service is None or service.oidc is None:
        raise UnprovenAddress("the service has left the register")
    return service.oidc, redirect_address(service, request.return_url)


def _context(issue: Issue, now: int, on: Services) -> Done[Context] | None:
    """The patient context that was asked for, decided in the commission that was chosen and bound to it. Raises
    NotPermitted.
    """
    if "context" not in issue.request.front:
        return None
    holder = Holder(issue.person, issue.request.service, issue.reference)
    return decided(read_element(issue.request.front["context"]), issue.acting, holder, now, on)


def _code(code: str, issue: Issue, grant: Grant, now: int) -> Once:
    """The code and what it is bound to (RFC 6749 section 4.1.3, RFC 7636 section 4.4)."""
    front = issue.request.front
    payload = {"uri": issue.request.return_url, "challenge": front["challenge"], "nonce": front["nonce"]}
    return Once("code", code, issue.request.service, now + CODE_LIFETIME, payload, grant.id)
