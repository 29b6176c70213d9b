"""How things are kept that are filed, worked on and closed: one row each, found by owner, state and day, its content sealed.

Owns what reviews, breaches, requests and corrections have in common; each has its table in a file of its own, with
`filed_table`'s columns. Written by compare-and-set on a keyed hash of the content, as entries of care are. They hold random ids
of persons and no more, and are therefore sealed under the installation's key.
"""

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Index, Table, Text, and_, bindparam, cast, func, or_, select, tuple_, update
from sqlalchemy.schema import SchemaItem

from broker.care.filings import FiledPage
from broker.login.effects import Overtaken
from broker.storage.care_entries import adding
from broker.storage.codec import Codec
from broker.storage.cursors import position
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

T = TypeVar("T")
FIRST: Final = (-1, "")
"""Before everything that is due."""


def filed_table(name: str, about: About, *more: SchemaItem) -> Table:
    """A table of filed things."""
    return table(
        name,
        about,
        text("id", "Random id", primary_key=True),
        text("owner", "Organisation number, or HSA-id of the care provider, that it belongs to"),
        text("state", "Where it is"),
        number("open", "1 while somebody must still do something"),
        number("made_at", "When it was filed"),
        number("due_at", "When something must next be done", nullable=True),
        octets("mark", "Keyed hash of the content; who writes names that of what they read"),
        octets("content", "All of it with every act, as JSON, sealed"),
        *more,
        Index(None, "owner", "made_at", "id"),
        Index(None, "due_at"),
    )


def any_or(column: Any, name: str) -> Any:
    """Whether a column has the value of a parameter, or the parameter is empty."""
    given = cast(bindparam(name), Text)
    return or_(given == "", column == given)


class Filed(Generic[T]):
    """The things of one table. `purpose` names what they are sealed for."""

    def __init__(self, of: Table, kind: type[T], purpose: str) -> None:
        self._codec: Codec[T] = Codec(kind)
        self._purpose = purpose
        c = self.columns = of.c
        names = [column.name for column in of.columns]
        changing = [name for name in names if name not in {"id", "owner", "made_at"}]
        self.read = select(c.id, c.content)
        self._add = adding(of)
        self._move = Kept(
            update(of)
            .where(c.id == bindparam("row"), c.mark == bindparam("before"))
            .values({name: bindparam(name) for name in changing})
        )
        self._one = Kept(self.read.where(c.id == bindparam("row")))
        matches = and_(
            c.owner == bindparam("owner"),
            or_(any_or(c.state, "state"), and_(cast(bindparam("state"), Text) == "open", c.open == 1)),
        )
        self._page = Kept(
            select(c.id, c.content, c.made_at)
            .where(matches, tuple_(c.made_at, c.id) < tuple_(bindparam("at"), bindparam("after")))
            .order_by(c.made_at.desc(), c.id.desc())
            .limit(bindparam("count"))
        )
        self._count = Kept(select(func.count()).where(matches))
        self._running = Kept(
            self.read.where(c.owner == bindparam("owner"), c.open == 1, c.due_at.is_not(None)).order_by(c.due_at, c.id)
        )
        self._due = Kept(
            self.read.where(
                c.due_at <= bindparam("at"),
                tuple_(c.due_at, c.id) > tuple_(bindparam("since"), bindparam("after")),
                any_or(c.state, "state"),
            )
            .order_by(c.due_at, c.id)
            .limit(bindparam("count"))
        )

    def save(self, unit: Unit, id: str, value: T, before: T | None, row: Mapping[str, Any]) -> None:
        """Insert, or move on from what was read; `row` has the other columns. Raises Overtaken."""
        plain = self._codec.encode(value)
        told = {**row, "mark": self._mark(unit, plain), "content": unit.vault.seal(self._purpose, plain, id.encode())}
        if before is None:
            if not unit.run(self._add, {**told, "id": id}):
                raise Overtaken(self._purpose)
            return
        changed = {name: value for name, value in told.items() if name not in {"owner", "made_at"}}
        if not unit.run(self._move, {**changed, "row": id, "before": self._mark(unit, self._codec.encode(before))}):
            raise Overtaken(self._purpose)

    def _mark(self, unit: Unit, plain: bytes) -> bytes:
        return unit.vault.keyed_hash(self._purpose, plain)

    def one(self, database: Database, id: str) -> T | None:
        """One by its id."""
        found = self.opened(database, self._one, {"row": id})
        return found[0] if found else None

    def page(self, database: Database, owner: str, state: str, after: str, count: int) -> FiledPage[T]:
        """A page of what an owner has, the newest first; `state` may be `open`."""
        at, id_ = position(after)
        asked = {"owner": owner, "state": state}
        rows = database.rows(self._page, {**asked, "at": at, "after": id_, "count": count + 1})
        total = database.rows(self._count, asked)[0][0]
        more = f"{rows[count - 1][2]}.{rows[count - 1][0]}" if len(rows) > count else None
        return FiledPage(tuple(self.open_one(database, row) for row in rows[:count]), total, more)

    def running(self, database: Database, owner: str) -> tuple[T, ...]:
        """What an owner must do something about by a day, the most urgent first."""
        return self.opened(database, self._running, {"owner": owner})

    def due(
        self, database: Database, at: int, count: int, state: str = "", after: tuple[int, str] = FIRST
    ) -> tuple[T, ...]:
        """What must be done now, whoever's it is, the most urgent first; `after` is when the last one was due that the caller has
        seen, and its id: what could not be done does not keep anybody from what comes behind it.
        """
        since, id_ = after
        return self.opened(
            database, self._due, {"at": at, "count": count, "state": state, "since": since, "after": id_}
        )

    def opened(self, database: Database, statement: Kept, values: Mapping[str, Any]) -> tuple[T, ...]:
        """What a statement that begins with `read` finds."""
        return tuple(self.open_one(database, row) for row in database.rows(statement, values))

    def open_one(self, database: Database, row: Any) -> T:
        """What a row that begins with the columns of `read` holds."""
        return self._codec.decode(database.vault.open(self._purpose, row[1], row[0].encode()))
