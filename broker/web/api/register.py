"""The register for programs: lists, entries, histories, hosts, the whole as a federation file."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from broker.audit.events import RegisterExported
from broker.federation import domains
from broker.federation import register as entries
from broker.federation.domains import LABEL, WELL_KNOWN, NotAHost, TooMany, line
from broker.federation.lost_hosts import dealt_with
from broker.federation.register import ListedEntry
from broker.login.effects import NOTHING, Effects
from broker.web.api import values
from broker.web.api.errors import ApiError
from broker.web.api.turn import ApiTurn
from broker.web.console.register import SHOWN, masked
from trust_framework.domains import DomainProof

MOST = 200


def services(turn: ApiTurn) -> values.EntryList:
    """The member's services, by name."""
    return _list(turn, "service")


def kind(turn: ApiTurn, kind: str) -> values.EntryList:
    """The entries of a kind, by name."""
    if kind not in SHOWN:
        raise ApiError("missing")
    return _list(turn, kind)


@dataclass(frozen=True, slots=True)
class Searched:
    """Which part of a list a call asks for."""

    search: str
    state: str
    after: str
    count: int


def searched(turn: ApiTurn) -> Searched:
    """The part that the parameters name. Raises ApiError(malformed)."""
    query = turn.turn.looked_for()
    count = query.get("count", "50")
    if not (count.isascii() and count.isdigit() and len(count) <= len(str(MOST)) and 1 <= int(count) <= MOST):
        raise ApiError("malformed", f"count: from 1 to {MOST}")
    return Searched(query.get("q", "")[:100], query.get("state", ""), query.get("after", ""), int(count))


def _list(turn: ApiTurn, kind: str) -> values.EntryList:
    asked = searched(turn)
    found = turn.store.register_page(kind, turn.org, asked.search, asked.state, asked.after, asked.count)
    shown = tuple(named(each) for each in found.entries)
    return values.EntryList(entries=shown, total=found.total, next=found.next)


def named(each: ListedEntry) -> values.Named:
    """An entry as lists show it."""
    about = each.about
    return values.Named(
        kind=each.kind,
        id=each.id,
        org=each.org,
        names=about.names,
        state=about.state,
        protocol=about.protocol,
        subject=about.subject,
        version=each.version,
        origin=each.origin,
        changed_at=each.changed_at,
        expires_at=about.expires_at,
    )


def service(turn: ApiTurn, service: str) -> values.Entry:
    """One of the member's services as it stands."""
    return _entry_of(turn, "service", service)


def service_history(turn: ApiTurn, service: str) -> values.History:
    """Every version of one of the member's services."""
    return _history_of(turn, "service", service)


def entry(turn: ApiTurn, kind: str, id: str) -> values.Entry:
    """An entry as it stands."""
    return _entry_of(turn, kind, id)


def history(turn: ApiTurn, kind: str, id: str) -> values.History:
    """Every version of an entry."""
    return _history_of(turn, kind, id)


def _entry_of(turn: ApiTurn, kind: str, id: str) -> values.Entry:
    found = turn.store.register_entry(kind, id) if kind in SHOWN else None
    return _version(turn.found(found, found.org if found else None))


def _history_of(turn: ApiTurn, kind: str, id: str) -> values.History:
    versions = turn.store.register_history(kind, id) if kind in SHOWN else ()
    turn.found(versions[0] if versions else None, versions[0].org if versions else None)
    own = [each for each in versions if not turn.org or each.org == turn.org]
    return values.History(versions=tuple(_version(each) for each in own))


def _version(each: entries.Entry) -> values.Entry:
    return values.Entry(
        kind=each.kind,
        id=each.id,
        org=each.org,
        version=each.version,
        origin=each.origin,
        at=each.at,
        reason=each.reason,
        proposal=each.proposal,
        digest=each.digest,
        content=None if each.content is None else masked(each.content),
    )


def export(turn: ApiTurn) -> dict[str, Any]:
    """The whole register as one federation file, secrets as their keyed hashes. Who takes it is on record."""
    version = turn.store.federation_version()
    document = entries.put_together(turn.store.register_entries(version))
    turn.commit(Effects(events=(RegisterExported(at=turn.now, version=version, by=turn.actor.person),)))
    return {"tillit": "1", **document}


# --- hosts


def hosts(turn: ApiTurn) -> values.Proofs:
    """The hosts that the member has been asked to prove."""
    return values.Proofs(hosts=tuple(_proof(each, turn.now) for each in turn.store.domain_proofs(turn.org)))


def ask(turn: ApiTurn) -> values.Proof:
    """Ask for a proof of a host: what it is to show. One that has been asked for keeps its token, until it has ended and what
    comes of that has been done.
    """
    try:
        known = turn.store.domain_proofs(turn.org)
        dealt = partial(dealt_with, store=turn.store, now=turn.now)
        proof, effects = domains.wished(turn.org, turn.body.host, known, turn.now, turn.actor.person, dealt)
    except NotAHost as error:
        raise ApiError("malformed", "host: is no host name") from error
    except TooMany as error:
        raise ApiError("malformed", f"host: one of more than {domains.MOST}") from error
    if effects != NOTHING:
        turn.commit(effects)
    return _proof(proof, turn.now)


def look(turn: ApiTurn, host: str) -> values.Proof:
    """Look at a host now."""
    before = turn.found(_known(turn, host))
    after = turn.on.look_at_host(before, turn.now)
    if after is not before:
        turn.commit(domains.noted(before, after, turn.now, turn.actor.person))
    return _proof(after, turn.now)


def _known(turn: ApiTurn, host: str) -> DomainProof | None:
    return next((each for each in turn.store.domain_proofs(turn.org) if each.host == host), None)


def _proof(each: DomainProof, now: int) -> values.Proof:
    return values.Proof(
        host=each.host,
        state=each.state(now).value,
        line=line(each),
        well_known=f"https://{each.host}{WELL_KNOWN}",
        dns_name=f"{LABEL}.{each.host}",
        proven_at=each.proven_at,
        failing_since=each.failing_since,
        ends_at=each.ended_at or each.ends_at,
        checked_at=each.checked_at or None,
        next_at=each.next_at,
        missed=tuple((each.missed or "").split()),
    )
