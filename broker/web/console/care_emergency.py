"""Emergency access on the pages of care staff: of one patient, with a reason, for hours, in one's own commission; and its end."""

from typing import Any

from broker.care import emergencies
from broker.care.calling import CareRefused, Done, carried_out
from broker.care.emergencies import EmergencyWish
from broker.exchange import Reply
from broker.web.console.care_desk import Bedside, at_bedside
from broker.web.console.care_doing import Deed, Doing, at_once
from broker.web.console.care_forms import EmergencyForm
from broker.web.console.turn import Missing
from trust_framework.emergency import EmergencyAccess, emergency_for

HOUR = 3600


def mine(place: Bedside) -> EmergencyAccess | None:
    """The emergency access that the reader has to this patient now."""
    if place.person is None:
        return None
    found = place.desk.services.store.emergencies_of(place.person)
    return emergency_for(found, place.desk.actor, place.patient, place.desk.provider.switches, place.turn.now)


@at_bedside
def begin(place: Bedside) -> Reply:
    """Open a patient's information because care cannot wait."""
    form = EmergencyForm.at(place.desk)
    return at_once(form, _doing(place, form))


def _doing(place: Bedside, form: EmergencyForm) -> Doing:
    desk, turn = place.desk, place.turn
    if not desk.unit:
        raise Missing
    consequences = ("emergency.patient", "emergency.reviewed", "emergency.told", "emergency.others")
    deed = Deed("emergency", consequences=consequences, stands=desk.provider.switches.emergency_hours, danger=True)

    def call() -> Done[Any]:
        until = turn.now + form.hours.data * HOUR
        wish = EmergencyWish(place.patient, form.reason.data, form.id.data, until=until)
        return emergencies.begin(wish, desk.caller, desk.services, turn.now)

    return Doing(place, deed, place.at("/nod"), place.at(), call)


@at_bedside
def end(place: Bedside, emergency: str) -> Reply:
    """End your emergency access before its time."""
    turn, desk = place.turn, place.desk
    standing = mine(place)
    if standing is None or standing.id != emergency:
        raise Missing
    try:
        carried_out(lambda: emergencies.end(emergency, desk.caller, desk.services, turn.now), desk.services.store)
    except CareRefused as refused:
        raise Missing from refused
    return turn.see(place.at(), notice="care-emergency-end")
