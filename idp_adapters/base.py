"""The interface of a login method.

A method is two functions: `start` says where to send the person, `resume` reads what came back. It sees no web
framework, no database and no clock: it gets its settings, signers and the egress client as values when it is made, and
the time with each call. What it must remember goes in `state`, opaque bytes that the journey stores sealed and gives
back. Capabilities beside it are separate and small. Methods do not know each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from metadata.published import Heard
from metadata.wire.egress import Egress
from metadata.wire.signing import PrivateKey, Signer
from trust_framework.identity import Asserted
from trust_framework.reasons import Reason


@dataclass(frozen=True, slots=True)
class Ask:
    """What the journey wants of the method.

    `login` is unique to this login and may travel (InResponseTo, state). `levels` are in the provider's own words
    (already mapped back), in order of preference; empty means any. `return_url` is the broker's address to which this
    method's answers come. `force` asks for a fresh identification; `max_age` in seconds. `service_name` and `message`
    may be shown to the person; `requester` is the id of the service asking (RequesterID, originalClientId); `hint` is
    the service's hint of the subject.
    """

    login: str
    return_url: str
    service_name: str
    requester: str
    levels: tuple[str, ...] = ()
    force: bool = False
    passive: bool = False
    max_age: int | None = None
    language: str = "sv"
    hint: str | None = None
    message: str | None = None
    user_agent: str = ""
    remote: str = ""
    same_device: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the browser there (303)."""

    url: str
    state: bytes


@dataclass(frozen=True, slots=True)
class PostForm:
    """Send the browser there with a form (SAML POST binding)."""

    url: str
    fields: Mapping[str, str]
    state: bytes


@dataclass(frozen=True, slots=True)
class AskCertificate:
    """Send the browser to the card listener, which alone asks for a client certificate."""

    state: bytes


@dataclass(frozen=True, slots=True)
class AskHint:
    """Show one page with a field named `username`, and resume with it (the test method only)."""

    state: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """The person acts elsewhere. `qr_text` is drawn now and changes; `start_link` opens the app on this device.

    `message` is a message key of the page (see `broker/web/translations`), `expires_at` epoch seconds.
    """

    message: str
    state: bytes
    expires_at: int
    qr_text: str | None = None
    start_link: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The method did not identify the person. `detail` is for the log; `about` may fill the page's sentences.

    `pageless`: the service is told at once, without a page.
    """

    reason: Reason
    detail: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    state: bytes = b""
    pageless: bool = False


@dataclass(frozen=True, slots=True)
class Consume:
    """Something that may be used once only, until `expires_at` (epoch seconds): an assertion id, a jti, an order.

    `proved_by` is the id of the key that signed it, for the log.
    """

    kind: str
    key: str
    expires_at: int
    proved_by: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The method identified the person. The journey consumes every `consume` in the commit that uses the identity.

    `commission` is one that the method knows to be chosen. `pageless`: the method answers for the person, and no page
    follows (the test method).
    """

    asserted: Asserted
    consume: Sequence[Consume] = ()
    commission: str | None = None
    pageless: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """What came back: the parameters of a return by GET or a landed POST, a certificate, a press on a page.

    `certificates` are DER, the person's first, then any intermediates; empty when the browser sent none. `query` keeps
    the octets received (signatures of the SAML Redirect binding are over them).
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    query: bytes = b""
    certificates: tuple[bytes, ...] = ()
    user_agent: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the broker lends every method. `signer` gives the present signing key for a JOSE algorithm name and a use
    (`"saml"` or `"oidc"`), `decryption_keys` those to which upstream answers may be encrypted; both are asked at each
    call, since keys rotate. `entity_id` is the broker's SAML entityID, `base_url` its issuer.
    """

    base_url: str
    entity_id: str
    egress: Egress
    signer: Callable[[str, str], Signer]
    decryption_keys: Callable[[], Sequence[PrivateKey]]


Started = Redirect | PostForm | AskCertificate | AskHint | Wait | Authenticated | Failed
Resumed = Authenticated | Wait | Failed


class Adapter(Protocol):
    """A login method, made once from its settings and used by many threads."""

    def start(self, ask: Ask, now: int) -> Started:
        """Begin. Authenticated at once only where no person is needed (the test method with a hint)."""
        ...

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Resumed:
        """Continue with what came back, or look how far the person has come elsewhere."""
        ...


@runtime_checkable
class CanCancel(Protocol):
    """The person pressed Cancel: tell the provider, best effort."""

    def cancel(self, state: bytes, now: int) -> None: ...


@runtime_checkable
class CanStartHere(Protocol):
    """The method can start an app on this device or on another (mobile e-ID); the choice page offers both."""

    same_device: bool


@runtime_checkable
class LeavesTo(Protocol):
    """The method sends the browser to other sites: their addresses, for the policy on where forms may end."""

    def leaves_to(self) -> tuple[str, ...]: ...


@runtime_checkable
class HearsOf(Protocol):
    """The method fetches what its peer publishes: how that went, for whoever looks after it."""

    def heard(self) -> Heard: ...


@runtime_checkable
class ClaimsHint(Protocol):
    """The method can tell from a hint alone that it is meant, and is then chosen without asking."""

    def claims(self, hint: str) -> bool: ...


@runtime_checkable
class CanLogOut(Protocol):
    """Address to which the person is sent to log out at the provider, or None."""

    def logout_url(self, identity_subject: str, return_url: str, now: int) -> str | None: ...
