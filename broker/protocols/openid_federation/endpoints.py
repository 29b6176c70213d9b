"""The federation endpoints (OpenID Federation 1.0 section 8): from a request to a reply, each named after its section.

They are everybody's to ask; none takes client authentication. What a reply says is made in `statements`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broker.exchange import BadRequest, Reply, Request
from broker.login.ports import Services
from broker.protocols.openid_federation import statements
from broker.protocols.openid_federation.errors import (
    FederationError,
    InvalidRequest,
    InvalidSubject,
    InvalidTrustAnchor,
    NotFound,
    Refused,
)
from metadata.federation import documents
from metadata.federation.chain import Anchors, Chain, ChainRefused
from metadata.federation.own import MarkType, OwnEntity, Role
from metadata.federation.trust_marks import TYP as TRUST_MARK
from metadata.federation.trust_marks import TrustMark, believed
from metadata.wire.claims import JoseRefused, check_times
from metadata.wire.jose import claimed, verify
from metadata.wire.signing import ALGORITHMS

MAX_AGE = 300
_JSON = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a request, in order; those that are not known are ignored (section 8)."""

    sent: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, request: Request) -> "Asked":
        try:
            return cls(request.form() if request.method == "POST" else request.parameters())
        except BadRequest as error:
            raise InvalidRequest("the parameters cannot be read") from error

    def all(self, *names: str) -> tuple[str, ...]:
        """Every value of a parameter that may be repeated, under any of its names."""
        return tuple(value for name, value in self.sent if name in names and value)

    def one(self, *names: str) -> str | None:
        """The value of a parameter that stands once, or None."""
        found = self.all(*names)
        if len(found) > 1:
            raise InvalidRequest(f"{names[0]} is repeated")
        return found[0] if found else None

    def needed(self, name: str) -> str:
        """The value of a parameter that must be there."""
        if (value := self.one(name)) is None:
            raise InvalidRequest(f"required request parameter {name} is missing")
        return value

    def flag(self, name: str) -> bool | None:
        """A boolean parameter, or None."""
        value = self.one(name)
        if value not in {None, "true", "false"}:
            raise InvalidRequest(f"{name} is neither true nor false")
        return None if value is None else value == "true"


Endpoint = Callable[[Asked, OwnEntity, int, Services], Reply]


def endpoint(answer: Endpoint) -> Callable[[Request, int, Services], Reply]:
    """The endpoint as it is served: not at all where we are no entity, and with its errors as JSON."""

    def served(request: Request, now: int, on: Services) -> Reply:
        try:
            own = on.federation().entity
            if own is None:
                raise NotFound("this server is in no OpenID Federation")
            return answer(Asked.of(request), own, now, on)
        except FederationError as error:
            return error.reply()

    served.__doc__ = answer.__doc__
    return served


def _token(token: str, typ: str, *, max_age: int = 0) -> Reply:
    cached = f"public, max-age={max_age}" if max_age else "no-store"
    return Reply(200, (("Content-Type", f"application/{typ}"), ("Cache-Control", cached)), token.encode())


def _listing(entities: Sequence[str]) -> Reply:
    return Reply(200, _JSON, json.dumps(sorted(entities)).encode())


def configuration(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:  # noqa: ARG001  # all have one shape
    """Our entity configuration (section 9)."""
    return _token(statements.configuration(own, now, on), documents.STATEMENT, max_age=MAX_AGE)


def fetch(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:
    """What we say of an entity below us (section 8.1)."""
    subject = asked.needed("sub")
    if subject == own.entity_id:
        raise InvalidRequest("sub is this entity itself; see its configuration")
    if (said := statements.about(own, subject, now, on)) is None:
        raise NotFound("no such subordinate")
    return _token(said, documents.STATEMENT)


def listing(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:  # noqa: ARG001
    """Who is right below us (section 8.2). `trust_mark_id` is what drafts called the type of a mark."""
    _superiors_only(own)
    kind = asked.one("trust_mark_type", "trust_mark_id")
    found = own.listed(
        now,
        entity_types=asked.all("entity_type"),
        marks=() if kind is None else (kind,),
        marked=asked.flag("trust_marked") or None,
        intermediate=asked.flag("intermediate"),
    )
    return _listing(found)


def _superiors_only(own: OwnEntity) -> None:
    if not own.superior:
        raise NotFound("this entity has no subordinates")


def resolve(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:
    """What becomes of an entity's metadata under a trust anchor (section 8.3)."""
    subject, wanted = asked.needed("sub"), asked.all("trust_anchor")
    if not wanted:
        raise InvalidRequest("required request parameter trust_anchor is missing")
    anchors = {name: keys for name, keys in anchors_of(own, on).items() if name in wanted}
    if not anchors:
        raise InvalidTrustAnchor("none of these is a trust anchor here")
    if not on.resolver.reader(now).is_entity(subject):
        raise InvalidSubject("sub is no entity identifier")
    try:
        chain = on.resolver.resolve(subject, anchors, now, on.federation().version)
    except ChainRefused as error:
        raise Refused(error) from error
    marks = marks_of(chain, own, now, on)
    claims = documents.resolved(own, chain, marks, asked.all("entity_type"), now)
    return _token(statements.signed(claims, documents.RESOLVED, on), documents.RESOLVED)


def anchors_of(own: OwnEntity, on: Services) -> Anchors:
    """The anchors whose chains we resolve: ourselves among them when we are one."""
    ourselves = {own.entity_id: statements.own_keys(on)} if own.role is Role.TRUST_ANCHOR else {}
    return {**own.anchors, **ourselves}


def marks_of(chain: Chain, own: OwnEntity, now: int, on: Services) -> tuple[TrustMark, ...]:
    """The entity's trust marks that hold and are active: of our own those that it still has, of others' what they say."""
    anchors, version = anchors_of(own, on), on.federation().version
    anchor = {chain.anchor.subject: anchors[chain.anchor.subject]}

    def issuers(issuer: str) -> Chain:
        return on.resolver.resolve(issuer, anchor, now, version)

    def active(mark: TrustMark) -> bool:
        if mark.issuer == own.entity_id:
            return mark.type in own.marked(chain.subject, now)
        try:
            on.resolver.check_active(mark.token, issuers(mark.issuer), now)
        except ChainRefused:
            return False
        return True

    return tuple(filter(active, believed(chain.statements[0], chain.anchor, issuers, now)))


def trust_mark(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:
    """A trust mark that we give an entity (section 8.6)."""
    kind, subject = _mark_type(asked, own), asked.needed("sub")
    mark = statements.trust_mark(own, kind, subject, now, on)
    if mark is None:
        raise NotFound("the entity does not have this trust mark")
    return _token(mark, documents.TRUST_MARK)


def _mark_type(asked: Asked, own: OwnEntity) -> MarkType:
    kind = own.mark_types.get(asked.needed("trust_mark_type"))
    if kind is None:
        raise NotFound("no such trust mark is given here")
    return kind


def trust_marked(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:  # noqa: ARG001
    """Who has a trust mark of us (section 8.5)."""
    kind, subject = _mark_type(asked, own), asked.one("sub")
    return _listing([each for each in kind.holders(now) if subject in {None, each}])


def trust_mark_status(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:
    """Whether a trust mark of ours is still good (section 8.4)."""
    token = asked.needed("trust_mark")
    try:
        issuer = claimed(token, "iss")
    except JoseRefused as error:
        raise InvalidRequest("trust_mark is no trust mark") from error
    if issuer != own.entity_id:
        raise NotFound("the trust mark is another entity's")
    claims = documents.mark_status(own, token, _status(token, own, now, on), now)
    return _token(statements.signed(claims, documents.MARK_STATUS, on), documents.MARK_STATUS)


def _status(token: str, own: OwnEntity, now: int, on: Services) -> str:
    try:
        claims = verify(token, statements.own_keys(on), algorithms=tuple(ALGORITHMS), typ=(TRUST_MARK,)).claims
        check_times({**claims, "exp": now + 1}, now, skew=0)
    except JoseRefused:
        return "invalid"
    if claims["exp"] <= now:
        return "expired"
    return "active" if claims["trust_mark_type"] in own.marked(claims["sub"], now) else "revoked"


def historical_keys(asked: Asked, own: OwnEntity, now: int, on: Services) -> Reply:  # noqa: ARG001
    """The keys that we signed with and do no more (section 8.7)."""
    return _token(statements.historical_keys(own, now, on), documents.KEY_SET, max_age=MAX_AGE)
