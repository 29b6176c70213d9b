"""What every table shares: the metadata, the types, and the data map that each table and column must fill in.

Owns the words of the data map (PR-03): `about` says why a table exists, on what basis, and how long rows stay; `col` says
what a column is for. `docs/data-map.md` is made from them.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.schema import SchemaItem

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

HEAD = "0003"
"""The newest migration; a test compares it with Alembic's own."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Integers of 64 bits; SQLite counts by itself only what is called INTEGER."""


@dataclass(frozen=True, slots=True)
class About:
    """A table's line of the data map."""

    purpose: str
    basis: str
    retention: str


def table(name: str, about: About, *items: SchemaItem, **options: Any) -> Table:
    """A table with its line of the data map. STRICT: SQLite too then keeps nothing but the column's type."""
    return Table(name, METADATA, *items, info={"about": about}, sqlite_strict=True, **options)


def text(name: str, purpose: str, **options: Any) -> Column[str]:
    """A column of text."""
    return Column(name, Text, doc=purpose, **_required(options))


def octets(name: str, purpose: str, **options: Any) -> Column[bytes]:
    """A column of bytes: a hash, or something sealed."""
    return Column(name, LargeBinary, doc=purpose, **_required(options))


def number(name: str, purpose: str, **options: Any) -> Column[int]:
    """A column of whole numbers; times are epoch seconds."""
    return Column(name, NUMBER, doc=purpose, **_required(options))


def _required(options: dict[str, Any]) -> dict[str, Any]:
    return {"nullable": False, **options}
