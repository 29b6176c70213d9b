"""The hosts that members prove to be theirs: begun here, with what is to be shown where, looked at, and told why not.

How a proof is judged is `broker.federation.domains`'s. An operator sees how all of them stand and proves none: only the host
itself can say whose it is.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final
from urllib.parse import urlencode

from wtforms import StringField

from broker.exchange import Reply
from broker.federation import domains
from broker.federation.domains import LABEL, WELL_KNOWN, NotAHost, TooMany
from broker.federation.lost_hosts import dealt_with
from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.gate import member_names
from broker.web.console.hosts_pages import FederationHosts, HostRow, HostShown, MemberHosts
from broker.web.console.listing import Listing, asked
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from trust_framework.domains import DomainProof, ProofState
from trust_framework.roles import Action

AT: Final = "/domaner"
WISH: Final = "vard"
"""The parameter with a host that the form begins with."""
STATES: Final = tuple(state.value for state in ProofState)
DRAFTS: Final = 20
LATEST: Final = 5
"""Open proposals whose hosts are looked for: here, and on the first page."""


class HostForm(ConsoleForm):
    """A host to prove."""

    host = StringField("host.one", [required(), longest(253), line])


# --- a member's


def listed(turn: ConsoleTurn) -> Reply:
    """The member's hosts, and those that its open proposals want."""
    return _list(turn, HostForm.of(turn, {"host": turn.query.get(WISH, "")[:253]}))


def begun(turn: ConsoleTurn) -> Reply:
    """A host is asked about: what it is to show is on its own page."""
    form = HostForm.of(turn)
    if form.valid(turn):
        try:
            return _begun(turn, form.host.data or "")
        except NotAHost:
            form.host.errors = [*form.host.errors, "host.no-host"]
        except TooMany:
            form.form_errors.append("host.too-many")
    return _list(turn, form)


def _begun(turn: ConsoleTurn, text: str) -> Reply:
    """Raises NotAHost and TooMany."""
    known = turn.store.domain_proofs(turn.org)
    dealt = partial(dealt_with, store=turn.store, now=turn.now)
    proof, effects = domains.wished(turn.org, text, known, turn.now, turn.actor.person, dealt)
    kept = turn.commit(effects)
    added = "host-begun" if kept and effects.changes else ""
    return turn.see(_at(proof.host, turn), notice="host-ends" if proof.ended_at is not None else added)


def _list(turn: ConsoleTurn, form: HostForm) -> Reply:
    proofs, may = turn.store.domain_proofs(turn.org), turn.may(Action.EDIT)
    return turn.render(
        MemberHosts(
            hosts=tuple(_row(each, turn) for each in proofs),
            wanted=tuple(sorted(_wanted(turn, DRAFTS) - {each.host for each in proofs})),
            form=form if may else None,
            action=turn.at(AT),
            csrf=turn.csrf(),
        )
    )


def _wanted(turn: ConsoleTurn, most: int) -> set[str]:
    """The hosts that want proof of the member's open proposals, those last changed."""
    found: set[str] = set()
    for each in turn.store.proposal_page("open", turn.org, count=most).proposals:
        proposal = turn.store.proposal(each.id, turn.org)
        if proposal is not None and proposal.content is not None:
            settings = turn.on.services.settings
            found.update(domains.lacked(proposal.kind, proposal.content, (), settings, turn.now) or ())
    return found


def shown(turn: ConsoleTurn, host: str) -> Reply:
    """One host: how it stands, and what it is to show."""
    return _page(turn, _found(turn, host))


def looked(turn: ConsoleTurn, host: str) -> Reply:
    """The host is looked at now; or, where its proof has ended, another is begun."""
    before = _found(turn, host)
    if before.ended_at is not None or before.stale(turn.now):
        return _begun(turn, before.host)
    after = turn.on.look_at_host(before, turn.now)
    if after is not before:
        turn.commit(domains.noted(before, after, turn.now, turn.actor.person))
    return turn.see(_at(host, turn), notice="host-proven" if after.holds(turn.now) else "host-not-proven")


def _found(turn: ConsoleTurn, host: str) -> DomainProof:
    return turn.found(next((each for each in turn.store.domain_proofs(turn.org) if each.host == host), None))


def _at(host: str, turn: ConsoleTurn) -> str:
    return turn.at(f"{AT}/{host}")


def _row(each: DomainProof, turn: ConsoleTurn) -> HostRow:
    return HostRow(
        host=each.host,
        url=turn.at(f"{AT}/{each.host}"),
        state=each.state(turn.now).value,
        checked_at=each.checked_at or None,
        next_at=each.next_at,
        ends_at=each.ended_at or each.ends_at,
    )


def _page(turn: ConsoleTurn, each: DomainProof) -> Reply:
    state = each.state(turn.now)
    return turn.render(
        HostShown(
            host=each.host,
            state=state.value,
            line=domains.line(each),
            well_known=f"https://{each.host}{WELL_KNOWN}",
            dns_name=f"{LABEL}.{each.host}",
            in_dns=not domains.is_address(each.host),
            checked_at=each.checked_at or None,
            proven_at=each.proven_at,
            failing_since=each.failing_since,
            ends_at=each.ended_at or each.ends_at,
            next_at=each.next_at,
            missed=tuple(_missed(each)),
            renews=state is ProofState.OUTDATED or each.stale(turn.now),
            action=_at(each.host, turn) if turn.may(Action.EDIT) else "",
            csrf=turn.csrf(),
            back=turn.at(AT),
        )
    )


def _missed(each: DomainProof) -> Iterator[str]:
    at_host, _, in_dns = (each.missed or "").partition(" ")
    if at_host == domains.STALE:
        yield "host.stale"
    if at_host in domains.AT_HOST:
        yield "host.at-host." + at_host
    if in_dns in domains.IN_DNS:
        yield "host.in-dns." + in_dns


# --- the federation's


def of_all(turn: ConsoleTurn) -> Reply:
    """The hosts of all members, searched, narrowed to a state, and paged."""
    wanted = asked(turn)
    state = wanted.state if wanted.state in STATES else ""
    found = turn.store.domain_proof_page(wanted.search, state, wanted.after)
    rows = tuple(_row_of_all(each, turn) for each in found.proofs)
    return turn.render(FederationHosts(hosts=Listing(turn.at(AT), rows, found.total, wanted, found.next, STATES)))


def _row_of_all(each: DomainProof, turn: ConsoleTurn) -> HostRow:
    row = _row(each, turn)
    return HostRow(
        host=row.host,
        url=turn.at(f"/medlemmar/{each.org}"),
        state=row.state,
        checked_at=row.checked_at,
        next_at=row.next_at,
        ends_at=row.ends_at,
        org=member_names(each.org, turn.turn),
    )


def count_of(turn: ConsoleTurn) -> int:
    """How many there are."""
    return turn.store.domain_proof_page(count=1).total


# --- what others show of them


def where(turn: ConsoleTurn, hosts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each of these hosts with the page where it is proven; an operator has none."""
    known = {each.host for each in turn.store.domain_proofs(turn.org)} if turn.org and hosts else set()
    return tuple((host, _page_of(host, host in known, turn)) for host in hosts)


def _page_of(host: str, known: bool, turn: ConsoleTurn) -> str:
    if not turn.org:
        return ""
    return _at(host, turn) if known else turn.at(f"{AT}?{urlencode({WISH: host})}")


FAILING: Final = {
    "sv": "Värdar som inte längre visar sitt bevis: {}.",
    "en": "Hosts that no longer show their proof: {}.",
}
OPEN: Final = {"sv": "Värdar som återstår att styrka: {}.", "en": "Hosts that remain to be proven: {}."}


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """Hosts of a member that want something done; in the federation, those that fail."""
    if not turn.org:
        yield from _card(FAILING, turn.store.domain_proofs_failing_count(), turn, f"?lage={ProofState.FAILING.value}")
        return
    states = {proof.host: proof.state(turn.now) for proof in turn.store.domain_proofs(turn.org)}
    remain = {host for host, state in states.items() if state is ProofState.ASKED} | (
        _wanted(turn, LATEST) - set(states)
    )
    yield from _card(
        FAILING, sum(state in {ProofState.FAILING, ProofState.OUTDATED} for state in states.values()), turn
    )
    yield from _card(OPEN, len(remain), turn)


def _card(text: Names, number: int, turn: ConsoleTurn, query: str = "") -> Iterator[Todo]:
    if number:
        told = {language: words.format(number) for language, words in text.items()}
        yield Todo(told, turn.at(f"{AT}{query}"), "todo.look")
