"""O8: every setting with its value and where it comes from, the register as one file, and how it differs from the file
that was applied last.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from broker.audit.events import RegisterExported
from broker.exchange import Reply
from broker.federation.register import ListedEntry, put_together
from broker.login.effects import Effects
from broker.settings import Settings, origin_of, shown_value, variable
from broker.web.console.configuration_pages import Configuration, DriftRow, SettingRow
from broker.web.console.listing import Listing
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.roles import Action

MOST_DRIFT: Final = 200
MOST_COUNTED: Final = 1000
"""How many that are not as the file says are shown, and counted."""


def shown(turn: ConsoleTurn) -> Reply:
    """O8. Settings, drift, and the way to the whole register as one file."""
    rows = tuple(_drift(entry, turn) for entry in turn.store.register_drifted(MOST_DRIFT))
    drifted = turn.store.register_drifted_count(MOST_COUNTED)
    page = Configuration(
        settings=tuple(settings_shown(turn.on.services.settings)),
        drift=Listing(turn.at("/installningar"), rows, drifted, searched=False),
        version=turn.store.federation_version(),
        export=turn.at("/installningar/export") if turn.may(Action.EXPORT) else None,
    )
    return turn.render(page)


def settings_shown(settings: Settings) -> Iterator[SettingRow]:
    """Every setting, as may be shown."""
    for name, field in type(settings).model_fields.items():
        yield SettingRow(
            name=variable(name),
            value=shown_value(settings, name),
            origin=origin_of(settings, name),
            description=field.description or "",
        )


def _drift(entry: ListedEntry, turn: ConsoleTurn) -> DriftRow:
    return DriftRow(
        kind=entry.kind,
        names=entry.about.names or {"sv": entry.id or entry.kind},
        url=turn.at(f"/register/{entry.kind}/{entry.id}"),
        origin=entry.origin.partition(":")[0],
        at=entry.changed_at,
    )


def export(turn: ConsoleTurn) -> Reply:
    """The whole register, or as it was at a version, as one federation file. Who takes it is on record."""
    newest = turn.store.federation_version()
    asked = turn.query.get("version", "") or str(newest)
    if not (asked.isascii() and asked.isdigit() and len(asked) <= len(str(newest)) and int(asked) <= newest):
        raise Missing
    document = put_together(turn.store.register_entries(int(asked)))
    event = RegisterExported(at=turn.now, version=int(asked), by=turn.actor.person)
    turn.commit(Effects(events=(event,)))
    return _file(document, asked)


def _file(document: Mapping[str, Any], version: str) -> Reply:
    """JSON, which is YAML too: `tillit apply` takes it as it is."""
    written = json.dumps({"tillit": "1", **document}, indent=2, ensure_ascii=False)
    return Reply(
        200,
        (
            ("Content-Type", "application/yaml"),
            ("Content-Disposition", f'attachment; filename="federation-{version}.yaml"'),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ),
        f"{written}\n".encode(),
    )
