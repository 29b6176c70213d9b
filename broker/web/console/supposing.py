"""O5 for a team: what somebody would get at one of its own services, decided as a real login is, and told without any value.

Whom it is supposed of is the one who asks, or somebody who has logged in to that very service, by the reference of that login:
a team learns nothing here of people whom its service does not know (decision 179).
"""

from typing import Any, Final

from wtforms.fields import BooleanField, SelectChoice, SelectField, StringField

from broker.audit.events import LoginSimulated
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.login.own import IDS
from broker.login.simulation import Supposed, result_of, simulate
from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.logins import in_words, of_service
from broker.web.console.supposing_pages import SupposeOwn
from broker.web.console.turn import ConsoleTurn
from trust_framework import loa

AT: Final = "/forklara"
LONGEST_ID: Final = 64
LONGEST_REFERENCE: Final = 20


class OwnForm(ConsoleForm):
    """What is supposed: at which service, whose login (empty: the asker's), how and how well identified."""

    service = StringField("suppose.service", [required(), longest(LONGEST_ID), line])
    reference = StringField("suppose.reference", [longest(LONGEST_REFERENCE), line])
    method = SelectField("suppose.method", validate_choice=True)
    level = SelectField("suppose.level", validate_choice=True)
    agrees = BooleanField("suppose.agrees")


def asked(turn: ConsoleTurn) -> Reply:
    """The form; and once it is sent, what it comes to."""
    form = _form(turn)
    supposed = _supposed(form, turn) if turn.posted and form.valid(turn) else None
    if supposed is None:
        return turn.render(SupposeOwn(form=form, action=turn.at(AT), back=turn.at("/inloggningar")))
    decision = simulate(supposed, turn.now, turn.on.services)
    event = LoginSimulated(
        at=turn.now, person=turn.actor.person, org=turn.org, of=supposed.service, about=supposed.person
    )
    turn.on.services.store.commit(Effects(events=(event,)))
    told = in_words(decision.trace, result_of(decision), supposed.service, turn)
    names = turn.on.services.federation().parties[supposed.service].names
    page = SupposeOwn(form=form, action=turn.at(AT), back=turn.at("/inloggningar"), simulated=told, service=names)
    return turn.render(page)


def _form(turn: ConsoleTurn) -> OwnForm:
    federation = turn.on.services.federation()
    form = OwnForm.of(turn, {"service": turn.query.get("tjanst", "")[:LONGEST_ID]})
    form.method.choices = [SelectChoice(id_, each.names) for id_, each in federation.providers.items()]
    able = {level for each in federation.providers.values() for level in each.gives()}
    form.level.choices = [SelectChoice(uri, {"sv": uri, "en": uri}) for uri in sorted(able, key=loa.rank)]
    return form


def _supposed(form: OwnForm, turn: ConsoleTurn) -> Supposed | None:
    """What is supposed; None when the service is not the member's, or the reference is of no login there. Another's service is
    told of as one that is not there.
    """
    service, reference = form.service.data.strip(), (form.reference.data or "").strip().upper()
    if not _is_own(service, turn):
        form.service.errors = ["suppose.unknown"]
        return None
    found: dict[str, Any] = {"person": turn.actor.person}
    if reference:
        events = [each.event for each in of_service(reference, service, turn) if each.event.get("person")]
        if not events:
            form.reference.errors = ["suppose.no-login"]
            return None
        found = dict(events[-1])
    return Supposed(
        service,
        str(found["person"]),
        form.method.data,
        form.level.data,
        found.get("commission") or None,
        agrees=form.agrees.data,
    )


def _is_own(service: str, turn: ConsoleTurn) -> bool:
    entry = turn.store.register_entry("service", service)
    return (
        entry is not None
        and entry.org == turn.org
        and service not in IDS
        and service in turn.on.services.federation().parties
    )
