"""What a grant remembers: enough to decide again later, for refresh, userinfo and introspection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from broker.login.effects import Grant
from broker.login.facts import gather
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.login.steps import Issue
from broker.protocols.oidc import authorization_details
from metadata.register import OidcClient
from trust_framework.attribute_sets import of_scopes
from trust_framework.decide import Case, RequestedAttribute, Wanted
from trust_framework.identity import Identity, Subject
from trust_framework.on_behalf import MYSELF
from trust_framework.patient_context import ContextWish


@dataclass(frozen=True, slots=True)
class Content:
    """The grant of a person to a client. `front` is that of the LoginRequest (scope, destinations, nonce). `on_behalf`: the
    representation by which the person acts for another.
    """

    sub: str
    sid: str
    scope: str
    identity: Identity
    requested: tuple[RequestedAttribute, ...]
    commission: str | None
    id_token: tuple[str, ...]
    userinfo: tuple[str, ...]
    reference: str
    context: ContextWish | None = None
    on_behalf: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON values; `offline` is what storage looks at when a sign-on ends."""
        identity = self.identity
        return {
            "offline": "offline_access" in self.scope.split(" "),
            "sub": self.sub,
            "sid": self.sid,
            "scope": self.scope,
            "identity": [
                identity.method,
                [identity.subject.issuer, identity.subject.format, identity.subject.value],
                identity.level,
                identity.authenticated_at,
                {name: list(values) for name, values in identity.attributes.items()},
                list(identity.authn_methods),
                list(identity.authorities),
            ],
            "requested": [_wish(r) for r in self.requested],
            "commission": self.commission,
            **({"on_behalf": self.on_behalf} if self.on_behalf else {}),
            "id_token": list(self.id_token),
            "userinfo": list(self.userinfo),
            "reference": self.reference,
            **({"context": authorization_details.element(self.context)} if self.context else {}),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Content":
        """What `to_json` made."""
        method, subject, level, at, attributes, amr, authorities = content["identity"]
        return cls(
            sub=content["sub"],
            sid=content["sid"],
            scope=content["scope"],
            identity=Identity(
                method,
                Subject(*subject),
                level,
                at,
                {name: tuple(values) for name, values in attributes.items()},
                tuple(amr),
                tuple(authorities),
            ),
            requested=tuple(_read_wish(*each) for each in content["requested"]),
            commission=content["commission"],
            id_token=tuple(content["id_token"]),
            userinfo=tuple(content["userinfo"]),
            reference=content["reference"],
            on_behalf=content.get("on_behalf", ""),
            context=authorization_details.read_element(content["context"]) if "context" in content else None,
        )


def _wish(one: RequestedAttribute) -> list[Any]:
    told: list[Any] = [one.name, one.essential, list(one.values)]
    return [*told, one.purpose] if one.purpose else told


def _read_wish(name: str, essential: bool, values: Iterable[str], purpose: str = "") -> RequestedAttribute:
    return RequestedAttribute(name, essential, tuple(values), purpose=purpose)


def of_issue(issue: Issue, sub: str, sid: str, context: ContextWish | None = None) -> Content:
    """What to remember of a login that is answered with a code."""
    front = issue.request.front
    return Content(
        sub=sub,
        sid=sid,
        scope=front["scope"],
        identity=issue.identity,
        requested=issue.request.wanted.requested,
        commission=issue.commission,
        id_token=tuple(front["id_token"]),
        userinfo=tuple(front["userinfo"]),
        reference=issue.reference,
        context=context,
        on_behalf=issue.on_behalf,
    )


def case_again(grant: Grant, content: Content, on: Services) -> Case:
    """The case of a grant looked at anew: nobody can be asked, and freshness was judged at the login. Who did not act for
    another then is not asked whether they do now.
    """
    identity, context = content.identity, content.context
    wanted = Wanted(
        (identity.level,),
        content.requested,
        asked_at=identity.authenticated_at,
        acting_in=context.commissions() if context else None,
    )
    request = LoginRequest(service=grant.client, protocol="oidc", wanted=wanted, return_url="")
    return gather(
        request,
        identity,
        grant.person or "",
        content.commission,
        on,
        on_behalf=content.on_behalf or MYSELF,
        unattended=True,
    )


def as_registered(content: Content, client: OidcClient) -> Content:
    """The same grant without the scope values that the client is no longer registered for."""
    return narrowed(content, " ".join(value for value in content.scope.split(" ") if value in client.scope))


def narrowed(content: Content, scope: str) -> Content:
    """The same grant with a smaller scope: what the scope values that are gone asked for goes out no more."""
    gone = set(of_scopes(content.scope.split(" ")).names()) - set(of_scopes(scope.split(" ")).names())
    return replace(
        content,
        scope=scope,
        id_token=tuple(name for name in content.id_token if name not in gone),
        userinfo=tuple(name for name in content.userinfo if name not in gone),
    )
