"""The audit events, one dataclass each. A new event is a class here and nothing else.

Events hold names and internal ids, never values of personal details and never secrets: `person` is the register's random
id, attributes are named. The log's schema and the event reference are generated from these classes.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has. `at` is epoch seconds, `reference` ties page, log and support call together."""

    at: int
    reference: str = ""
    name: ClassVar[str] = ""
    retention: ClassVar[str] = "login"

    def content(self) -> dict[str, Any]:
        """The event as JSON values, with its name."""
        return {"event": type(self).name, **{k: v for k, v in asdict(self).items() if v not in ("", None, (), {})}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """A login, reuse, refresh or userinfo was decided: for whom, for which service, how, and by which rules.

    `trace` rows are (rule, outcome, attribute, note, source, basis) without what is empty at their end; `basis` names the
    policy and the agreement with their versions. `released` names what goes; `register` is the version of the register that
    decided. `on_behalf` is the representation by which the person acts for another.
    """

    name: ClassVar[str] = "login.decided"
    service: str
    member: str
    person: str = ""
    method: str = ""
    level: str = ""
    authenticated_at: int = 0
    commission: str = ""
    on_behalf: str = ""
    decision: str
    reason: str = ""
    released: tuple[str, ...] = ()
    trace: tuple[tuple[str, ...], ...] = ()
    occasion: str = "login"
    register: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionIssued(Decided):
    """A SAML assertion leaves, with the decision that let it. `proved_by` is the id of the key that signed the request."""

    name: ClassVar[str] = "saml.assertion-issued"
    assertion: str = ""
    in_response_to: str = ""
    proved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeIssued(Decided):
    """An authorization code leaves, with the decision that let it. `grant` ties it to its tokens, `proved_by` is the id of the
    key that signed the request object.
    """

    name: ClassVar[str] = "oidc.code-issued"
    grant: str = ""
    proved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensIssued(Event):
    """Tokens leave the token endpoint. `tokens` names their kinds, `access` is the access token's jti. A refresh is decided
    anew, and has its `trace` as a login has. `proved_by` is the id of the key with which the client proved itself.
    """

    name: ClassVar[str] = "oidc.tokens-issued"
    service: str
    grant: str = ""
    grant_type: str
    person: str = ""
    tokens: tuple[str, ...] = ()
    access: str = ""
    scope: str = ""
    released: tuple[str, ...] = ()
    trace: tuple[tuple[str, ...], ...] = ()
    register: int = 0
    proved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified(Event):
    """A method identified a person. `evidence` is what the method gave as proof (sealed by storage before it is kept)."""

    name: ClassVar[str] = "login.identified"
    service: str
    method: str
    person: str
    level: str
    dropped: tuple[tuple[str, str], ...] = ()
    evidence: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Event):
    """A method did not identify anybody, or the person turned back."""

    name: ClassVar[str] = "login.failed"
    service: str
    method: str = ""
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """A known service's request was refused before anybody was asked."""

    name: ClassVar[str] = "request.refused"
    service: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementChanged(Event):
    """A party of a sharing agreement drafted, signed, stopped, resumed, confirmed or reviewed it, joined or left. `version` is
    that of the newest terms, `person` who acted for `org`, `level` that of the login.
    """

    name: ClassVar[str] = "agreement.changed"
    retention: ClassVar[str] = "operation"
    agreement: str
    version: int
    act: str
    org: str
    person: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsRead(Event):
    """Somebody read how requests of a service ended: all of them, or (`sought`) the one with a reference."""

    name: ClassVar[str] = "log.read"
    retention: ClassVar[str] = "operation"
    person: str
    org: str
    of: str = ""
    sought: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSimulated(Event):
    """Somebody asked what a person would get at a service. Nothing left but the answer on a page."""

    name: ClassVar[str] = "login.simulated"
    retention: ClassVar[str] = "operation"
    person: str
    org: str
    of: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEnded(Event):
    """A grant was revoked. `cause`: revoked by its client, used again, logged out, refused by a new decision."""

    name: ClassVar[str] = "oidc.grant-ended"
    service: str
    grant: str
    person: str = ""
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnEnded(Event):
    """A person logged out, or was. `served` are the services of the sign-on."""

    name: ClassVar[str] = "sign-on.ended"
    person: str
    served: tuple[str, ...] = ()
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded(Event):
    """A person agreed, or declined, to release details to a service."""

    name: ClassVar[str] = "consent.recorded"
    retention: ClassVar[str] = "consent"
    person: str
    service: str
    given: bool
    attributes: tuple[str, ...] = ()
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesOpened(Decided):
    """A person signed on to the portal or the console, with the decision that let them."""

    name: ClassVar[str] = "own.pages-opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChained(Event):
    """A service came by a trust chain, or its chain was looked at again: to which anchor, in which way, until when."""

    name: ClassVar[str] = "federation.service-chained"
    retention: ClassVar[str] = "operation"
    service: str
    member: str
    anchor: str
    superior: str
    way: str
    digest: str
    trust_marks: tuple[str, ...] = ()
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUnchained(Event):
    """The trust chain of a service no longer holds, so the service is gone. `cause` is the code of OpenID Federation."""

    name: ClassVar[str] = "federation.service-unchained"
    retention: ClassVar[str] = "operation"
    service: str
    anchor: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInvited(Event):
    """A member's client was let register itself, once, with these levels and details at the most. `by` is who let it."""

    name: ClassVar[str] = "register.client-invited"
    retention: ClassVar[str] = "operation"
    org: str
    levels: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    until: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOffered(Event):
    """Somebody made a link by which a role can be taken. `by` is a person, or `command` for whoever is on the machine."""

    name: ClassVar[str] = "role.offered"
    retention: ClassVar[str] = "operation"
    org: str
    role: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven(Event):
    """A person was given a role, until `until` when it says so. `by` is who gave it."""

    name: ClassVar[str] = "role.given"
    retention: ClassVar[str] = "operation"
    person: str
    org: str
    role: str
    by: str
    until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnded(Event):
    """A role was taken back."""

    name: ClassVar[str] = "role.ended"
    retention: ClassVar[str] = "operation"
    person: str
    org: str
    role: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalActed(Event):
    """Somebody did something to a proposed change of an entry: `what`, for `body` (the member or the federation), to just
    the content that `digest` stands for. `stage` is where the proposal is after it.
    """

    name: ClassVar[str] = "proposal.acted"
    retention: ClassVar[str] = "operation"
    proposal: str
    kind: str
    entry: str
    org: str = ""
    actor: str
    body: str
    what: str
    stage: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationApplied(Event):
    """A federation file became the register."""

    name: ClassVar[str] = "federation.applied"
    retention: ClassVar[str] = "operation"
    version: int
    digest: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChanged(Event):
    """An entry of the register changed; `digest` is empty when it has gone. `actor` and `proposal` say by whom and after
    which approval, `org` whose it is.
    """

    name: ClassVar[str] = "register.changed"
    retention: ClassVar[str] = "operation"
    version: int
    kind: str
    entry: str
    org: str = ""
    digest: str = ""
    origin: str
    actor: str = ""
    proposal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainProofChanged(Event):
    """A member was asked to prove a host, proved it, or a host that was proven is so no longer: it fails, or its proof has ended
    (`outdated`). `state` says which.
    """

    name: ClassVar[str] = "domain-proof.changed"
    retention: ClassVar[str] = "operation"
    org: str
    host: str
    state: str
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterExported(Event):
    """An operator took the whole register, as it was at a version, as a file."""

    name: ClassVar[str] = "register.exported"
    retention: ClassVar[str] = "operation"
    version: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTaken(Event):
    """Another federation's feed changed the register: entries that came or changed, went, and entities left out."""

    name: ClassVar[str] = "feed.taken"
    retention: ClassVar[str] = "operation"
    feed: str
    changed: int = 0
    gone: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFailed(Event):
    """Another federation's feed could not be fetched or believed; what it brought stays while it is valid."""

    name: ClassVar[str] = "feed.failed"
    retention: ClassVar[str] = "operation"
    feed: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataLooked(Event):
    """The address at which a service publishes its metadata or keys was looked at, and what was found is news: proposed,
    `published` where it was harmless, or not to be believed (`error`), in which case what is registered stays. `kind` says what
    else than a service it is about.
    """

    name: ClassVar[str] = "metadata.looked-at"
    retention: ClassVar[str] = "operation"
    service: str
    kind: str = ""
    error: str = ""
    proposal: str = ""
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChanged(Event):
    """A key of the ring changed state, or when it will. `due_at` is when it goes on by itself, `by` who or what did it."""

    name: ClassVar[str] = "key.changed"
    retention: ClassVar[str] = "operation"
    use: str
    kid: str
    state: str
    due_at: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChosen(Event):
    """A service is signed for with a key of its own choice; without `kid`, with the active one again."""

    name: ClassVar[str] = "key.chosen"
    retention: ClassVar[str] = "operation"
    service: str
    use: str
    kid: str = ""
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeGiven(Event):
    """A member is told, so many `days` before, that something of an entry runs out; 0 once it has. Of kind
    `host`, the entry is a host whose proof fails. Without `mail` there was
    nobody to write to.
    """

    name: ClassVar[str] = "notice.given"
    retention: ClassVar[str] = "operation"
    org: str
    kind: str
    entry: str
    what: str
    days: int
    mail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTold(Event):
    """A member's contacts are told of a change (`what`: `changed` without an approval since it is harmless, `submitted`,
    `published`, `returned`, `rejected`), or that an entry was `suspended`, which no proposal is about.
    """

    name: ClassVar[str] = "notice.change"
    retention: ClassVar[str] = "operation"
    org: str
    proposal: str
    kind: str
    entry: str
    what: str
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTold(Event):
    """A party's contact is told of an act on a sharing agreement; `version` is that of the newest terms."""

    name: ClassVar[str] = "notice.agreement"
    retention: ClassVar[str] = "operation"
    org: str
    agreement: str
    version: int
    act: str
    mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised(Event):
    """Something that concerns the federation's own safety: `operator-link`, `operator-made` (on the server), `review-overdue`
    (`about` is the proposal), `host-failing`, `host-ended` (the host). Without `mail` there was nobody to write to.
    """

    name: ClassVar[str] = "alarm.raised"
    retention: ClassVar[str] = "operation"
    what: str
    about: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSent(Event):
    """A mail was handed in, or given up. `result` is `sent` or `failed`."""

    name: ClassVar[str] = "mail.sent"
    retention: ClassVar[str] = "operation"
    mail: str
    org: str
    result: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRemoved(Event):
    """The content of leaves was removed when their time was over; their hashes stay. `rows` leaves, whose positions have this
    `digest`; each of them names the `removal`. `archived` says of a month how many
    were of entries that were not here any more.
    """

    name: ClassVar[str] = "log.content-removed"
    retention: ClassVar[str] = "log"
    removal: str
    rows: int
    digest: str
    archived: tuple[tuple[str, ...], ...] = ()
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChanged(Event):
    """A legal hold was set or ended: nothing that it is about may be removed while it stands. `by` is who did it."""

    name: ClassVar[str] = "log.hold-changed"
    retention: ClassVar[str] = "log"
    hold: str
    act: str
    about: str
    by: str
