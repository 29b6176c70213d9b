"""A verified request to log somebody in, the same whichever protocol it came by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trust_framework.decide import Wanted
from trust_framework.identity import Identity


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What a front made of a request that it has verified against the register.

    `protocol` names the front that will answer. `return_url` was proven and is proven again when answered, so that a
    pending login never outlives the register's word. `methods` are the only login methods that will do (empty: any); `front`
    is what the front itself must remember (JSON values only: state, nonce, request id, …). `languages` in order.
    """

    service: str
    protocol: str
    wanted: Wanted
    return_url: str
    methods: tuple[str, ...] = ()
    hint: str | None = None
    languages: tuple[str, ...] = ()
    front: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One pending login. `id` is the opaque handle in its addresses; `version` makes each change a compare-and-set.

    `browser` is the hash of the secret of the browser that began it; once a person is identified, `sign_on` is the root of
    the sign-on that this gave, and only the browser holding it may go on (a planted browser secret is then worth nothing).
    `on_behalf` is for whom they chose to act (see `trust_framework.on_behalf`).
    `method_state` is the method's own, None while no method is at work, `consented` the hash of what the person agreed to.
    `pageless`: the method answers for the person, so no page is shown on the way. `failure` is the code of the last reason
    explained, which the service is told should the person turn back. Times are epoch seconds.
    """

    id: str
    reference: str
    request: LoginRequest
    browser: bytes
    started_at: int
    expires_at: int
    version: int = 0
    levels: tuple[str, ...] = ()
    method: str | None = None
    method_state: bytes | None = None
    identity: Identity | None = None
    person: str | None = None
    sign_on: str | None = None
    pageless: bool = False
    commission: str | None = None
    on_behalf: str | None = None
    consented: str | None = None
    failure: str | None = None

    def next(self, **changes: Any) -> "Transaction":
        """The transaction after a step."""
        return replace(self, version=self.version + 1, **changes)


@dataclass(frozen=True, slots=True)
class Visit:
    """The browser that a request came with. `browser` is the hash of its secret; `sign_on_id` that of its handle."""

    browser: bytes
    sign_on_id: bytes | None = None
    language: str = "sv"
    user_agent: str = ""
    remote: str = ""
