"""The door of a console: which portal is yours, and the form that waited while you identified."""

from broker.exchange import Reply
from broker.login.effects import Effects, Once, UseOnce
from broker.web.answers import record, refused, see_other
from broker.web.console.entry_pages import ChoosePortal, Held, NoRole
from broker.web.console.gate import HELD
from broker.web.console.row import PORTAL
from broker.web.console.turn import ConsoleTurn


def portal(turn: ConsoleTurn) -> Reply:
    """The portal: goes on to the one organisation that the person has a role in, or lets them choose."""
    if len(turn.actor.orgs) == 1:
        return see_other(f"{PORTAL}/{turn.actor.orgs[0]}")
    return turn.render(ChoosePortal() if turn.frame.places else NoRole())


def held(turn: ConsoleTurn) -> Reply:
    """The form that waited while its sender identified: shown once, to the browser and the person that sent it."""
    secret = turn.query.get("h", "")
    kept = turn.store.once(HELD, secret)
    if kept is None or not _theirs(kept, turn):
        return see_other(turn.row.area)
    if reason := record(Effects((UseOnce(HELD, secret, turn.now),)), turn.turn):
        return refused(reason, turn.turn)
    fields = tuple((str(name), str(value)) for name, value in kept.payload["fields"])
    page = Held(
        action=str(kept.payload["path"]),
        csrf=turn.csrf(),
        fields=fields,
        cancel=turn.row.area,
        files=bool(kept.payload.get("files")),
    )
    return turn.render(page)


def _theirs(kept: Once, turn: ConsoleTurn) -> bool:
    same_browser = kept.owner == turn.turn.visit().browser.hex()
    same_person = kept.payload["person"] in {"", turn.actor.person}
    return same_browser and same_person and kept.used_at is None and turn.now < kept.expires_at
