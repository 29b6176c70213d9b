"""Corrections for programs: what a member's services were given and is corrected, and saying that they know."""

from broker.care import corrections
from broker.care.calling import Caller, CallerKind, CareRefused
from broker.web.api import values
from broker.web.api.errors import ApiError
from broker.web.api.turn import ApiTurn


def listed(turn: ApiTurn) -> values.CorrectionList:
    """The corrections that services of the member have not acknowledged."""
    found = (
        values.Correction(
            id=one.id, service=receipt.service, attributes=receipt.attributes, references=receipt.references, at=one.at
        )
        for one in turn.store.corrections_to(turn.org)
        for receipt in one.receipts
        if receipt.org == turn.org and receipt.acknowledged_at is None
    )
    return values.CorrectionList(corrections=tuple(found))


def acknowledged(turn: ApiTurn, correction: str, service: str) -> values.Done:
    """A service knows, and has fetched the details anew. Saying so again is no fault."""
    who = Caller(CallerKind.CLIENT, client=turn.actor.person, member=turn.org)
    try:
        done = corrections.acknowledge(correction, service, turn.org, turn.store, who, turn.now)
    except CareRefused:
        raise ApiError("missing") from None
    turn.commit(done.effects)
    return values.Done()
