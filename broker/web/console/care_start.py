"""The first pages of care staff: the commission one acts in, asked for only when there are several, and finding a patient."""

from broker.audit.care_events import PatientSought
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.answers import see_other
from broker.web.console import care_wishes
from broker.web.console.care_desk import Desk, at_desk, desks, handle_of
from broker.web.console.care_forms import PatientForm
from broker.web.console.care_pages import CareChoose, CareSearch, DeskRow
from broker.web.console.turn import ConsoleTurn


def choose(turn: ConsoleTurn) -> Reply:
    """Which commission you act in; with one, nothing is asked."""
    found = desks(turn)
    if len(found) == 1:
        return see_other(found[0].at())
    return turn.render(CareChoose(rows=tuple(map(_row, found))))


def _row(desk: Desk) -> DeskRow:
    around = desk.around()
    return DeskRow(
        name=around.commission, url=desk.at(), provider=around.provider, unit=around.unit, registrar=desk.registrar
    )


@at_desk
def search(desk: Desk) -> Reply:
    """Find a patient."""
    return _search(desk, PatientForm.of(desk.turn))


def _search(desk: Desk, form: PatientForm) -> Reply:
    page = CareSearch(
        around=desk.around(),
        form=form,
        action=desk.at(),
        waiting=care_wishes.waiting(desk),
        open=desk.at(care_wishes.PART),
        csrf=desk.turn.csrf(),
    )
    return desk.turn.render(page)


@at_desk
def sought(desk: Desk) -> Reply:
    """Go on to the patient whose number was typed; that somebody looked is recorded first."""
    turn, form = desk.turn, PatientForm.of(desk.turn)
    patient = form.patient(turn.now, desk.services) if form.valid(turn) else None
    if patient is None:
        return _search(desk, form)
    event = PatientSought(
        at=turn.now,
        person=desk.services.store.patient(patient) or "",
        by=turn.actor.person,
        **desk.place(),
    )
    turn.commit(Effects((), (event,)))
    return see_other(desk.at(f"/{handle_of(desk, patient)}"))
