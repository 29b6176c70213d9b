"""Looking at hosts for proof that they are a member's: what a member is asked to show, where, and what an entry lacks.

The host shows `tillit-domain-proof=<token>` on a line of its own at https://HOST/.well-known/tillit-domain-proof, or in a TXT
record of `_tillit.HOST`. The token is made for one member and one host, so that showing it says nothing for another.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from broker.audit.events import DomainProofChanged, Event
from broker.federation import hosts
from broker.federation.register import Content
from broker.login.effects import NOTHING, Change, Effects
from broker.settings import Settings
from metadata.wire.addresses import BadUrl, read_url
from metadata.wire.dns_texts import Texts
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.xml import XmlRefused
from trust_framework.domains import DAY, DomainProof, ProofState, lacking, lost

WELL_KNOWN: Final = "/.well-known/tillit-domain-proof"
LABEL: Final = "_tillit"
PREFIX: Final = "tillit-domain-proof="
LONGEST: Final = 8192
PAUSE: Final = 10
"""Seconds between looks at a host that people ask for."""

AT_HOST: Final = (
    "network", "tls", "timeout", "resting", "answer", "refused", "redirect", "status", "long", "absent", "another",
)  # fmt: skip
IN_DNS: Final = ("address", "unanswered", "absent", "another")
"""What can be found in place of the line: of a proof's `missed`, which says both with a space between."""

UNREACHED: Final = frozenset({"network", "timeout", "resting"})
"""Of those, what is found as well where it is our own network that fails."""

STALE: Final = "stale"
"""Of a proof whose token would prove nothing: nobody looked."""

_FAILURES: Final = {
    "network": "network",
    "tls": "tls",
    "timeout": "timeout",
    "resting after failures": "resting",
    "too many calls at once": "resting",
}
"""What an egress client says, in our words; anything else is an answer that could not be read."""


MOST: Final = 500
"""Hosts that one member may ask to prove."""

LATELY: Final = 60 * DAY
"""How long a proof that has ended is still looked for by what comes of that."""


class NotAHost(Exception):
    """The text is no host name that a service could be reached at."""


class TooMany(Exception):
    """The member has asked to prove as many hosts as anybody may."""


@dataclass(frozen=True, slots=True)
class KeepProof(Change):
    """Keep a proof, or renew what is kept of it. `instead` is the token of the one whose place it takes: raises Overtaken when
    that is not there.
    """

    proof: DomainProof
    instead: str = ""


@dataclass(frozen=True, slots=True)
class LookSoon(Change):
    """Look soon at the proofs that others have of a host: it may have changed hands."""

    host: str
    org: str


@dataclass(frozen=True, slots=True)
class ProofPage:
    """Some proofs of a list; `total` match, `next` continues after the last."""

    proofs: tuple[DomainProof, ...]
    total: int
    next: str | None = None


def asked(org: str, host: str, now: int) -> DomainProof:
    """A new proof to be shown at a host. Raises NotAHost."""
    return DomainProof(org, _host(host), secrets.token_urlsafe(24), now)


def wished(
    org: str, text: str, known: Sequence[DomainProof], now: int, actor: str, dealt_with: Callable[[DomainProof], bool]
) -> tuple[DomainProof, Effects]:
    """The proof of a host for a member that `known` are the proofs of, and what is to be kept: one that has been asked for
    keeps its token, one that was missing for long gets another. One that has ended stays until what comes of that has been
    done (`dealt_with`), which nobody would know of once it is replaced. Raises NotAHost and TooMany.
    """
    wanted = asked(org, text, now)
    before = next((each for each in known if each.host == wanted.host), None)
    if before is None:
        if len(known) >= MOST:
            raise TooMany(org)
        return wanted, begun(wanted, now, actor)
    if before.state(now) is ProofState.OUTDATED:
        if before.ended_at is None:
            ended = before.ended(now)
            return ended, noted(before, ended, now, actor)
        if not dealt_with(before):
            return before, NOTHING
    elif before.stale(now):
        wanted = before.renewed(wanted.token, now)
    else:
        return before, NOTHING
    return wanted, begun(wanted, now, actor, instead=before.token)


def _host(text: str) -> str:
    try:
        target = read_url(f"https://{text.strip().lower()}/")
    except BadUrl as error:
        raise NotAHost(str(error)) from error
    if target.port != 443 or target.host != text.strip().lower():  # noqa: PLR2004  # a host, and nothing else
        raise NotAHost(text[:100])
    return target.host


def line(proof: DomainProof) -> str:
    """What the host is to show."""
    return PREFIX + proof.token


def looked(proof: DomainProof, egress: Fetches, texts: Texts, now: int) -> DomainProof:
    """The proof after a look at the host. One that has ended, or was missing for long, stays so whatever is shown: its token is
    known to everybody.
    """
    if proof.state(now) is ProofState.OUTDATED:
        return proof if proof.ended_at is not None else proof.ended(now)
    if proof.stale(now):
        return proof.not_shown(now, STALE)
    missed = _missed(proof, egress, texts)
    return proof.not_shown(now, missed) if missed else proof.shown(now)


def answers(proof: DomainProof, egress: Fetches) -> bool:
    """Whether the host answers at all, whatever it says."""
    return _at_host(proof, egress) not in UNREACHED


def unreached(proof: DomainProof) -> bool:
    """Whether the last look got no answer from the host."""
    return (proof.missed or "").partition(" ")[0] in UNREACHED


def rests(proof: DomainProof, now: int) -> bool:
    """Whether the host was looked at just now, so that what was found then is the answer."""
    return now < proof.checked_at + PAUSE


def _missed(proof: DomainProof, egress: Fetches, texts: Texts) -> str:
    """What is found in place of the line at the host and in the DNS; empty when either shows it."""
    at_host = _at_host(proof, egress)
    in_dns = _in_dns(proof, texts) if at_host else ""
    return f"{at_host} {in_dns}" if in_dns else ""


def _at_host(proof: DomainProof, egress: Fetches) -> str:
    """Lines of the document at the host itself. A redirect is an answer from elsewhere, and shows nothing."""
    try:
        answer = egress.fetch(Outbound("GET", f"https://{proof.host}{WELL_KNOWN}"))
    except EgressRefused:
        return "refused"
    except EgressFailed as error:
        return _FAILURES.get(error.reason, "answer")
    if answer.status != HTTPStatus.OK:
        elsewhere = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
        return "redirect" if elsewhere else "status"
    if len(answer.body) > LONGEST:
        return "long"
    return _found(proof, answer.body.decode("utf-8", "replace").split())


def _in_dns(proof: DomainProof, texts: Texts) -> str:
    if is_address(proof.host):
        return "address"
    try:
        return _found(proof, [text.strip() for text in texts(f"{LABEL}.{proof.host}")])
    except EgressFailed:
        return "unanswered"


def _found(proof: DomainProof, lines: Iterable[str]) -> str:
    """What some lines lack: nothing, when the proof's is among them."""
    known = [each for each in lines if each.startswith(PREFIX)]
    return "" if line(proof) in known else "another" if known else "absent"


def is_address(host: str) -> bool:
    """Whether the host is an address, of which the DNS holds no texts."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def noted(before: DomainProof, after: DomainProof, now: int, actor: str = "") -> Effects:
    """What is kept of a look, with the event where the state of the proof changed. That a host is proven anew is looked into
    wherever another member has it.
    """
    states = before.state(now), after.state(now)
    if states[0] is states[1] and before.ended_at == after.ended_at:
        return Effects((KeepProof(after),))
    also: tuple[Change, ...] = (LookSoon(after.host, after.org),) if states[1] is ProofState.PROVEN else ()
    return Effects((KeepProof(after), *also), (_event(after, states[1], now, actor),))


def begun(proof: DomainProof, now: int, actor: str, instead: str = "") -> Effects:
    """What is kept of a proof that a member has asked for, in place of one that has ended."""
    return Effects((KeepProof(proof, instead),), (_event(proof, ProofState.ASKED, now, actor),))


def _event(proof: DomainProof, state: ProofState, now: int, actor: str) -> Event:
    return DomainProofChanged(at=now, org=proof.org, host=proof.host, state=state.value, actor=actor)


def lacked(
    kind: str,
    content: Content,
    proofs: Iterable[DomainProof],
    settings: Settings,
    now: int,
    *,
    resuming: bool = False,
) -> tuple[str, ...] | None:
    """The hosts of an entry that its member has not proven; None when the entry cannot be read. Of one that was stopped and is
    to be in force again (`resuming`), only those that the member has lost meanwhile: all else was published before.
    """
    try:
        wanted = hosts.to_prove(kind, content, settings)
    except XmlRefused:
        return None
    return (lost if resuming else lacking)(wanted, proofs, now)
