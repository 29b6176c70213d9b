"""The data map (PR-03): every column that holds anything, what for, on what basis, how long. Made from the tables.

Run as a program it writes `docs/data-map.md`; a test fails when the page is not what the tables say.
"""

from pathlib import Path

from sqlalchemy import Table

from broker.storage.schema import METADATA
from broker.storage.tables import About

PAGE = Path(__file__).parents[2] / "docs" / "data-map.md"
_HEAD = """# Data map

What the database keeps, column by column: what for, on what basis, and for how long. This page is made from the tables
(`python -m broker.storage.data_map`). "Sealed" is AES-256-GCM under a data key of the record's class, or of the person,
which is itself kept only under the key-encryption key; "keyed hash" is HMAC-SHA-256. Person ids are random and mean
nothing outside the register.
"""


class Unmapped(Exception):
    """A table or column that says nothing of itself."""


def render() -> str:
    """The page. Raises Unmapped."""
    return "\n".join([_HEAD, *(_section(METADATA.tables[name]) for name in sorted(METADATA.tables))])


def _section(table: Table) -> str:
    about = table.info.get("about")
    if not isinstance(about, About) or not (about.purpose and about.basis and about.retention):
        raise Unmapped(table.name)
    lines = [
        f"## {table.name}\n",
        f"{about.purpose}.\n",
        f"- Basis: {about.basis}",
        f"- Retention: {about.retention}\n",
        "| column | what for |",
        "|---|---|",
    ]
    for column in table.columns:
        if not column.doc:
            raise Unmapped(f"{table.name}.{column.name}")
        lines.append(f"| `{column.name}` | {column.doc} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
