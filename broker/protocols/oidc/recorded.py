"""The record of a grant that was decided anew: by a refresh, a code redeemed, or userinfo."""

from broker.audit import trace
from broker.audit.events import Decided
from broker.login.effects import Effects, Grant
from broker.login.ports import Services
from broker.protocols.oidc.content import Content
from broker.protocols.oidc.errors import InvalidGrant
from trust_framework.decide import Decision, Refused, Released


class NotReleased(InvalidGrant):
    """A new decision about an old grant came to no. `effects` are its record."""

    def __init__(
        self, effects: Effects, detail: str, what: str = "the person's details may no longer be released"
    ) -> None:
        super().__init__(what, detail)
        self.effects = effects

    @classmethod
    def by(cls, decided: Decided) -> "NotReleased":
        """By the decision whose event this is."""
        return cls(Effects(events=(decided,)), decided.reason or decided.decision)


def decided(
    grant: Grant, content: Content, decision: Decision, names: tuple[str, ...], occasion: str, now: int, on: Services
) -> Decided:
    """The event. `names` are the details that this answer would carry."""
    federation = on.federation()
    released = decision.attributes if isinstance(decision, Released) else {}
    return Decided(
        at=now,
        reference=content.reference,
        service=grant.client,
        member=federation.parties[grant.client].member.org,
        person=grant.person or "",
        method=content.identity.method,
        level=content.identity.level,
        authenticated_at=content.identity.authenticated_at,
        commission=content.commission or "",
        on_behalf=content.on_behalf,
        decision=type(decision).__name__,
        reason=decision.reason.code if isinstance(decision, Refused) else "",
        released=tuple(name for name in names if name in released),
        trace=trace.rows(decision.trace),
        occasion=occasion,
        register=federation.version,
    )
