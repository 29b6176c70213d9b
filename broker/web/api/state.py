"""How the federation fares, for programs: addresses, chains, settings, drift, and who has our newest keys."""

from broker.web.api import state_values as values
from broker.web.api.register import named, searched
from broker.web.api.turn import ApiTurn
from broker.web.console.addresses import STATES
from broker.web.console.configuration import MOST_COUNTED, MOST_DRIFT, settings_shown
from broker.web.console.keys import held_by, newest_of


def addresses(turn: ApiTurn) -> values.AddressList:
    """Where entries publish, and how each address fares; `state` may be `failing`."""
    asked = searched(turn)
    state = asked.state if asked.state in STATES else ""
    found = turn.store.address_page(turn.org, asked.search, state, asked.after, asked.count)
    rows = tuple(
        values.Address(
            kind=each.state.kind,
            id=each.state.id,
            org=each.org,
            url=each.state.url,
            checked_at=each.state.checked_at,
            good_at=each.state.good_at,
            failing_since=each.state.failing_since,
            error=each.state.error,
            proposal=each.state.proposal,
        )
        for each in found.addresses
    )
    return values.AddressList(addresses=rows, total=found.total, next=found.next)


def chains(turn: ApiTurn) -> values.ChainList:
    """Services that came by a trust chain, by their identifiers."""
    asked = searched(turn)
    found = turn.store.chained_page(asked.search, asked.after, asked.count)
    rows = tuple(
        values.Chain(
            entity_id=each.entity_id,
            anchor=each.anchor,
            superior=each.superior,
            way=each.way,
            trust_marks=each.trust_marks,
            checked_at=each.checked_at,
            expires_at=each.expires_at,
        )
        for each in found.services
    )
    return values.ChainList(services=rows, total=found.total, next=found.next)


def whole(turn: ApiTurn) -> values.State:
    """The version of the register, the settings, and what differs from the file that was applied last."""
    return values.State(
        version=turn.store.federation_version(),
        settings=tuple(
            values.Setting(name=each.name, value=each.value, origin=each.origin)
            for each in settings_shown(turn.on.services.settings)
        ),
        drifted=turn.store.register_drifted_count(MOST_COUNTED),
        drift=tuple(named(each) for each in turn.store.register_drifted(MOST_DRIFT)),
    )


def keys_held(turn: ApiTurn) -> values.HeldList:
    """Whether the member's services have fetched our newest keys, as far as it is known."""
    asked = searched(turn)
    found = turn.store.register_page("service", turn.org, asked.search, "", asked.after, asked.count)
    rows = held_by(turn.store, found.entries, newest_of(turn.store.ring_rows()))
    return values.HeldList(
        held=tuple(
            values.Held(service=each.service, document=each.document, at=each.at, newest=each.new, how=each.how)
            for each in rows
        ),
        next=found.next,
    )
