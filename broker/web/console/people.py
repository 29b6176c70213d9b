"""What a person is called in the consoles: by the directory, by whoever invited them, or by nothing but a short id."""

from broker.web.console.turn import ConsoleTurn

SHORT = 8


def name_of(person: str, turn: ConsoleTurn) -> str:
    """The person's name as far as the register knows it; empty for nobody."""
    if not person:
        return ""
    if person == turn.actor.person and turn.actor.name:
        return turn.actor.name
    known = turn.store.person(person)
    told = {name: values[0] for name, values in (known.attributes if known else {}).items() if values}
    name = told.get("displayName") or " ".join(told[part] for part in ("givenName", "sn") if part in told)
    return name or person[:SHORT]
