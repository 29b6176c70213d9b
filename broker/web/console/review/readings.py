"""G4: who read what in the log, when and why. Each reading of a log is itself an event; here they are found again."""

from broker.audit.trace import Logged, Sought
from broker.exchange import Reply
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk
from broker.web.console.sheet import Cell, Column, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn

PAGE = 50
NEWEST = 2**62
WHATS = frozenset({"page", "file", "extract", "document", "subject-extract", "entry", "case", "report", "proof"})


def listed(turn: ConsoleTurn) -> Reply:
    """The readings of the provider's access log, and of the member's logins, the newest first."""
    here = desk(turn)
    after = turn.query.get("efter", "")
    before = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else NEWEST  # noqa: PLR2004
    asked = f"log:{here.id}" if here.provider else f"log:{turn.org}"
    found = turn.store.log_page(Sought(asked), before, PAGE)
    table = Table(
        caption="reading.list",
        columns=(
            Column(said="review.at"),
            Column(said="review.who"),
            Column(said="reading.what"),
            Column(said="review.reason"),
            Column(said="review.patient"),
            Column(said="reading.rows", figure=True),
        ),
        rows=tuple(_row(here, each) for each in found.events),
        empty="reading.none",
        total=found.total,
        next=here.at("/lasningar", efter=str(found.before)) if found.before is not None else "",
        first=here.at("/lasningar") if after else "",
    )
    page = Sheet(
        part="G4",
        title="reading.list",
        of=here.name(here.provider.names, here.id) if here.provider else "",
        lead="reading.lead",
        narrowing=here.choice(),
        here=turn.at("/lasningar"),
        tables=(table,),
    )
    return turn.render(page)


def _row(here: Desk, each: Logged) -> tuple[Cell, ...]:
    event = each.event
    what = str(event.get("what", ""))
    of_care = event["event"] == "care.log-read"
    patient = str(event.get("person", "")) if of_care else ""
    reader = str(event.get("by" if of_care else "person", ""))
    return (
        at(int(event["at"])),
        text(name_of(reader, here.turn)),
        said("reading.what." + what) if what in WHATS else text(what or str(event.get("of", ""))),
        text(str(event.get("purpose") or event.get("sought", ""))),
        text(here.patient(patient, None) or patient[:8]),
        figure(event.get("rows", "")),
    )
