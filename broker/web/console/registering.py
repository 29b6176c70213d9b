"""A member's client may register itself (RFC 7591): an initial access token, made here and shown once."""

from typing import Final

from wtforms import SelectField
from wtforms.fields import SelectChoice

from broker.exchange import Reply
from broker.federation.registering import Terms, invite
from broker.protocols.oidc.wire import REGISTRATION
from broker.web.console.forms import ConsoleForm
from broker.web.console.registering_pages import RegisterClient, RegisterWith
from broker.web.console.turn import ConsoleTurn
from trust_framework import loa

GOOD_FOR: Final = 24 * 3600


class LevelForm(ConsoleForm):
    """The weakest level that the service takes; it may ask for stronger ones too."""

    level = SelectField("registering.level")


def _levels(turn: ConsoleTurn) -> list[str]:
    """What people can be identified with here, the weakest first."""
    federation = turn.on.services.federation()
    return sorted({level for terms in federation.providers.values() for level in terms.gives()}, key=loa.rank)


def _form(turn: ConsoleTurn) -> LevelForm:
    form = LevelForm.of(turn)
    form.level.choices = [SelectChoice(uri, {"sv": uri, "en": uri}) for uri in _levels(turn)]
    return form


def asked(turn: ConsoleTurn) -> Reply:
    """What registering is, and the form."""
    return turn.render(RegisterClient(form=_form(turn), action=turn.at("/registrera")))


def made(turn: ConsoleTurn) -> Reply:
    """Make a token. The details that the service may have come with its proposal: until then it gets none."""
    form = _form(turn)
    if not form.valid(turn):
        return turn.render(RegisterClient(form=form, action=turn.at("/registrera")))
    levels = _levels(turn)
    terms = Terms(turn.org, tuple(levels[levels.index(form.level.data) :]))
    token, effects = invite(terms, turn.now, turn.now + GOOD_FOR, by=turn.actor.person)
    turn.commit(effects)
    address = turn.on.services.settings.base_url + REGISTRATION
    page = RegisterWith(address=address, token=token, until=turn.now + GOOD_FOR, back=turn.at("/prova"))
    return turn.render(page)
