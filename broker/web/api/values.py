"""What the API takes and gives, as models: their JSON Schemas are those of the OpenAPI document. Unknown members are refused."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LONGEST = 2_000
Text = Annotated[str, StringConstraints(max_length=LONGEST)]


class Model(BaseModel):
    """Closed to members that it does not name."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Problem(Model):
    """An error (RFC 9457). `code` is for programs, `reference` for a support call."""

    title: str
    status: int
    code: str
    reference: str = ""
    detail: tuple[str, ...] = ()


class Named(Model):
    """An entry of the register as lists show it. `expires_at` is when something of it runs out first (epoch seconds)."""

    kind: str
    id: str
    org: str
    names: Mapping[str, str]
    state: str
    protocol: str
    subject: str
    version: int
    origin: str
    changed_at: int
    expires_at: int | None = None


class EntryList(Model):
    """Some entries by name; `next` is given as `after` for the next ones."""

    entries: tuple[Named, ...]
    total: int
    next: str | None = None


class Entry(Model):
    """One version of an entry. `content` is what the federation file says of it, without secrets; null when it has gone."""

    kind: str
    id: str
    org: str
    version: int
    origin: str
    at: int
    reason: str
    proposal: str
    digest: str
    content: Mapping[str, Any] | None


class History(Model):
    """Every version of an entry, the newest first."""

    versions: tuple[Entry, ...]


class Wish(Model):
    """A change of an entry: its whole new content, or null to take it out."""

    kind: Text = Field(examples=["service"])
    id: Text
    content: Mapping[str, Any] | None


class Content(Model):
    """Another content for a proposal."""

    content: Mapping[str, Any] | None


class Decision(Model):
    """Why something is done; to approve also the `digest` that was seen, and the documents seen elsewhere."""

    reason: Text = ""
    seen: Text = ""
    vouched: tuple[Text, ...] = ()


class Changed(Model):
    """One sentence of what changes, with its class: harmless, careful or dangerous."""

    danger: str
    sv: str
    en: str


class Check(Model):
    """A document that must be in place, and what is lacking."""

    document: str
    done: bool
    lacks: tuple[str, ...] = ()


class Finding(Model):
    """What the validator says of a proposed entry: an `error` holds it, a `warning` or `hint` does not."""

    id: str
    severity: str
    place: str
    detail: str
    why: str
    remedy: str


class ActDone(Model):
    """What was done to a proposal."""

    at: int
    body: str
    what: str
    reason: str


class Proposal(Model):
    """A change on its way. `wrong` keeps it from being published; `approvals` of `needed` are there. `in_review`: an operator
    has begun to look at it. `membership`: of an application that is not decided, where the member stands.
    """

    id: str
    kind: str
    entry: str
    org: str
    stage: str
    danger: str
    digest: str
    emergency: bool
    in_review: bool
    membership: str | None
    content: Mapping[str, Any] | None
    changes: tuple[Changed, ...]
    checks: tuple[Check, ...]
    acts: tuple[ActDone, ...]
    approvals: int
    needed: int
    wrong: tuple[str, ...]
    findings: tuple[Finding, ...]


class ListedProposal(Model):
    """A proposal as lists show it."""

    id: str
    kind: str
    entry: str
    org: str
    stage: str
    danger: str
    names: Mapping[str, str]
    changed_at: int


class ProposalList(Model):
    """Some proposals, the last changed first."""

    proposals: tuple[ListedProposal, ...]
    total: int
    next: str | None = None


class Host(Model):
    """A host that a member is to prove."""

    host: Text


class Proof(Model):
    """What a host is to show (`line`, at `well_known` or in a TXT record of `dns_name`), and whether it does: `missed` says
    what the last look found in its place, at the host and in the DNS; one that fails ends at `ends_at`.
    """

    host: str
    state: str
    line: str
    well_known: str
    dns_name: str
    proven_at: int | None = None
    failing_since: int | None = None
    ends_at: int | None = None
    checked_at: int | None = None
    next_at: int | None = None
    missed: tuple[str, ...] = ()


class Proofs(Model):
    """The hosts of a member."""

    hosts: tuple[Proof, ...]


class Correction(Model):
    """Details that a service was given and that were wrong: fetch them anew. `references` are those of its logins."""

    id: str
    service: str
    attributes: tuple[str, ...]
    references: tuple[str, ...]
    at: int


class CorrectionList(Model):
    """The corrections that wait to be acknowledged."""

    corrections: tuple[Correction, ...]


class Done(Model):
    """It is done."""

    done: bool = True


class TestedService(Model):
    """A service in test, or what an open draft says of one. `passed` is when its present content last logged somebody in."""

    id: str
    draft: bool
    passed: int | None
    outcome: str


class TestList(Model):
    """The services of a member that are in test, at which issuer, and those that cannot be served there, with why."""

    issuer: str
    services: tuple[TestedService, ...]
    unread: Mapping[str, str]


class TestWish(Model):
    """A test login: who (a made-up person), how, and how the service is answered. What is empty is left to the page."""

    person: Text = Field(examples=["anna"])
    method: Text = ""
    level: Text = ""
    commission: Text = ""
    without: tuple[Text, ...] = ()
    answer: Text = "succeeded"


class TestAddress(Model):
    """Where to send a browser first; its next login to the service goes on by itself. Good once, for ten minutes."""

    address: str


class TestStep(Model):
    """A step of a test login: `ok`, `err` or `none`, and what went wrong."""

    name: str
    state: str
    note: str = ""


class TestRun(Model):
    """A test login. `present`: it was made with the content as it is now."""

    reference: str
    at: int
    protocol: str
    person: str
    answer: str
    outcome: str
    present: bool
    steps: tuple[TestStep, ...] = ()
    explanation: "Explained | None" = None


class TestRuns(Model):
    """Test logins of a service, the newest first."""

    runs: tuple[TestRun, ...]


class Line(Model):
    """What became of one detail, and why; of one that went, for what and on what legal basis."""

    attribute: str
    label: str
    outcome: str
    because: str
    source: str = ""
    basis: tuple[str, ...] = ()
    purpose: str = ""
    legal_basis: str = ""


class Explained(Model):
    """A decision in words, in the language asked for (`lang`: `sv` or `en`). `reference` is empty for a supposed one."""

    reference: str
    service: str
    at: int
    occasion: str
    result: str
    because: str
    remedy: str
    level: str
    method: str
    subject: str
    lines: tuple[Line, ...]


class Explanations(Model):
    """Everything that happened under one reference, oldest first."""

    occasions: tuple[Explained, ...]


class Login(Model):
    """A login or fault of a service. `subject` is a mark of the person at that service alone."""

    at: int
    reference: str
    result: str
    level: str
    method: str
    subject: str


class LoginList(Model):
    """Some logins and faults, the newest first; `next` is given as `before` for older ones."""

    logins: tuple[Login, ...]
    total: int
    next: int | None = None


class Supposition(Model):
    """A login that is only thought of: `person` by identity number, at a service, by a method, at a level."""

    service: Text
    person: Text
    method: Text
    level: Text
    commission: Text = ""
    agrees: bool = False
