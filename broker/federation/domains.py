"""Looking at hosts for proof that they are a member's: what a member is asked to show, where, and what an entry lacks.

The host shows `tillit-domain-proof=<token>` on a line of its own at https://HOST/.well-known/tillit-domain-proof, or in a TXT
record of `_tillit.HOST`. The token is made for one member and one host, so that showing it says nothing for another.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from pydantic import ValidationError

from broker.audit.events import DomainProofChanged, Event
from broker.federation import entries
from broker.federation.entries import BadEntry
from broker.federation.register import Content
from broker.federation.schema import ServiceEntry
from broker.login.effects import Change, Effects
from broker.settings import Environment, Settings
from metadata.hosts import LOOPBACK, hosts
from metadata.wire.addresses import BadUrl, read_url
from metadata.wire.dns_texts import Texts
from metadata.wire.outbound import EgressFailed, EgressRefused, Fetches, Outbound
from trust_framework.domains import DomainProof, ProofState, lacking

WELL_KNOWN: Final = "/.well-known/tillit-domain-proof"
LABEL: Final = "_tillit"
PREFIX: Final = "tillit-domain-proof="
LONGEST: Final = 8192


class NotAHost(Exception):
    """The text is no host name that a service could be reached at."""


@dataclass(frozen=True, slots=True)
class KeepProof(Change):
    """Keep a proof, or renew what is kept of one."""

    proof: DomainProof


def asked(org: str, host: str, now: int) -> DomainProof:
    """A new proof to be shown at a host. Raises NotAHost."""
    return DomainProof(org, _host(host), secrets.token_urlsafe(24), now)


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
    """The proof after a look at the host."""
    return proof.shown(now) if _shows(proof, egress, texts) else proof.not_shown(now)


def _shows(proof: DomainProof, egress: Fetches, texts: Texts) -> bool:
    return line(proof) in _well_known(proof.host, egress) or line(proof) in _records(proof.host, texts)


def _well_known(host: str, egress: Fetches) -> Iterable[str]:
    """Lines of the document at the host itself. A redirect is an answer from elsewhere, and shows nothing."""
    try:
        answer = egress.fetch(Outbound("GET", f"https://{host}{WELL_KNOWN}"))
    except (EgressFailed, EgressRefused):
        return ()
    if answer.status != 200 or len(answer.body) > LONGEST:  # noqa: PLR2004
        return ()
    return answer.body.decode("utf-8", "replace").split()


def _records(host: str, texts: Texts) -> Iterable[str]:
    if _is_address(host):
        return ()
    try:
        return [text.strip() for text in texts(f"{LABEL}.{host}")]
    except EgressFailed:
        return ()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def noted(before: DomainProof, after: DomainProof, now: int, actor: str = "") -> Effects:
    """What is kept of a look, with the event where the state of the proof changed."""
    states = before.state(now), after.state(now)
    events: tuple[Event, ...] = ()
    if states[0] is not states[1]:
        events = (_event(after, states[1], now, actor),)
    return Effects((KeepProof(after),), events)


def begun(proof: DomainProof, now: int, actor: str) -> Effects:
    """What is kept of a proof that a member has asked for."""
    return Effects((KeepProof(proof),), (_event(proof, ProofState.ASKED, now, actor),))


def _event(proof: DomainProof, state: ProofState, now: int, actor: str) -> DomainProofChanged:
    return DomainProofChanged(at=now, org=proof.org, host=proof.host, state=state.value, actor=actor)


def lacked(content: Content, proofs: Iterable[DomainProof], settings: Settings, now: int) -> tuple[str, ...]:
    """The hosts of a service's entry that its member has not proven. Loopback needs no proof where it may be reached."""
    free = frozenset() if settings.environment is Environment.PRODUCTION else LOOPBACK
    return lacking(hosts_of(content) - free, proofs, now)


def hosts_of(content: Content) -> frozenset[str]:
    """The hosts of a service's entry; none when it cannot be read (which is told elsewhere)."""
    try:
        entry: Any = ServiceEntry.model_validate(content)
        return hosts(entries.service(entry, entries.When(allow_http_loopback=True)).service)
    except (BadEntry, ValidationError):
        return frozenset()
