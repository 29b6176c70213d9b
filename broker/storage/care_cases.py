"""Cases of log review (logguppföljning), each as it is now with every act on it."""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Index, Text, and_, bindparam, cast, func, or_, select, tuple_, update

from broker.care.changes import SaveReviewCase
from broker.care.filings import CasesAsked, FiledPage
from broker.keys.sealing import open_under, seal_under
from broker.login.effects import Overtaken
from broker.storage.care_entries import BASIS, adding, opened_key
from broker.storage.codec import Codec
from broker.storage.cursors import position
from broker.storage.database import Database, Kept, Row, Unit
from broker.storage.filed import any_or
from broker.storage.persons import PERSONS, data_key
from broker.storage.tables import About, number, octets, table, text
from trust_framework.review_cases import CaseKind, CaseState, ReviewCase, state

CASES = table(
    "care_cases",
    About("Accesses that somebody else must look at, and what came of it", BASIS, "As long as the provider's log"),
    text("id", "Random id", primary_key=True),
    text("person", "The register's random id of the patient, empty when about nobody in particular"),
    text("provider", "HSA-id of the care provider whose case it is"),
    text("kind", "Why there is a case"),
    octets("employee", "Keyed hash of the HSA-id of whom it is about, to count the cases of one; empty for nobody"),
    text("state", "new, taken, asked, second or closed"),
    text("review", "The review that drew it, else empty"),
    number("made_at", "When it was opened"),
    number("closed_at", "When it was closed", nullable=True),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "The case, sealed under the patient's key, or for nobody's under the installation's"),
    Index(None, "person", "made_at"),
    Index(None, "employee", "made_at"),
    Index(None, "provider", "made_at", "id"),
    Index(None, "review", "state"),
)
_C = CASES.c
_PURPOSE: Final = "care-case"
_CODEC: Final[Codec[ReviewCase]] = Codec(ReviewCase)
_ADD = adding(CASES)
_MOVE = Kept(
    update(CASES)
    .where(_C.id == bindparam("row"), _C.mark == bindparam("before"))
    .values({name: bindparam(name) for name in ("state", "closed_at", "mark", "content")})
)
_SINCE = Kept(
    select(func.count()).where(
        _C.employee == bindparam("employee"), _C.made_at >= bindparam("since"), _C.kind == bindparam("kind")
    )
)
_COLUMNS = (_C.id, _C.person, PERSONS.c.data_key, _C.content)
_READ = select(*_COLUMNS).outerjoin(PERSONS, PERSONS.c.id == _C.person)
_ONE = Kept(_READ.where(_C.id == bindparam("row")))


_MATCHES = and_(
    _C.provider == bindparam("provider"),
    or_(any_or(_C.state, "state"), and_(cast(bindparam("state"), Text) == "open", _C.closed_at.is_(None))),
    any_or(_C.kind, "kind"),
    any_or(_C.review, "review"),
)
_PAGE = Kept(
    _READ.add_columns(_C.made_at)
    .where(_MATCHES, tuple_(_C.made_at, _C.id) < tuple_(bindparam("at"), bindparam("after")))
    .order_by(_C.made_at.desc(), _C.id.desc())
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_MATCHES))
_OF_PERSON = Kept(_READ.where(_C.person == bindparam("row")).order_by(_C.made_at, _C.id))
_ASKING = Kept(
    select(_C.person).where(
        _C.provider == bindparam("provider"), _C.kind == bindparam("kind"), _C.closed_at.is_(None), _C.person != ""
    )
)
_COUNTS = Kept(
    select(_C.state, func.count())
    .where(_C.provider == bindparam("provider"), any_or(_C.review, "review"))
    .group_by(_C.state)
)


def save(unit: Unit, change: SaveReviewCase) -> None:
    """Insert a case, or move it on from what was read. Raises Overtaken."""
    case, plain = change.case, _CODEC.encode(change.case)
    row = {
        "state": state(case).value,
        "closed_at": case.closed_at,
        "mark": unit.vault.keyed_hash(_PURPOSE, plain),
        "content": _sealed(unit, case.id, change.person, plain),
    }
    if change.before is None:
        told = {
            "id": case.id,
            "person": change.person,
            "provider": case.provider,
            "kind": case.kind.value,
            "employee": _employee(unit, case.employee),
            "review": case.review,
            "made_at": case.opened_at,
        }
        if not unit.run(_ADD, {**row, **told}):
            raise Overtaken(_PURPOSE)
    else:
        before = unit.vault.keyed_hash(_PURPOSE, _CODEC.encode(change.before))
        if not unit.run(_MOVE, {**row, "row": case.id, "before": before}):
            raise Overtaken(_PURPOSE)


def _employee(at: Database | Unit, employee: str) -> bytes:
    return at.vault.keyed_hash("care-employee", employee.encode()) if employee else b""


def _sealed(unit: Unit, id: str, person: str, plain: bytes) -> bytes:
    if not person:
        return unit.vault.seal(_PURPOSE, plain, id.encode())
    key = data_key(unit, person)
    if key is None:
        raise Overtaken("person")
    return seal_under(key, _PURPOSE, plain, f"{person}.{id}".encode())


def read(database: Database, id: str) -> tuple[ReviewCase, str] | None:
    """A case by its id, with its patient; None when unknown, or the patient was forgotten."""
    return next(_opened(database, database.rows(_ONE, {"row": id})), None)


def _opened(database: Database, rows: Iterable[Row]) -> Iterator[tuple[ReviewCase, str]]:
    """The cases in rows that begin as `_READ` does, but for those of patients who were forgotten."""
    keys: dict[str, bytes] = {}
    for id_, person, sealed, content, *_ in rows:
        if not person:
            yield _CODEC.decode(database.vault.open(_PURPOSE, content, id_.encode())), ""
        elif sealed is not None:
            key = opened_key(database, person, sealed, keys)
            yield _CODEC.decode(open_under(key, _PURPOSE, content, f"{person}.{id_}".encode())), person


def count_of(database: Database, kind: CaseKind, employee: str, since: int) -> int:
    """How many cases of a kind about an employee were opened at or after an instant."""
    values = {"kind": kind.value, "employee": _employee(database, employee), "since": since}
    return int(database.rows(_SINCE, values)[0][0])


def page(database: Database, asked: CasesAsked) -> FiledPage[tuple[ReviewCase, str]]:
    """A page of a care provider's cases, the newest first. Those of patients who were forgotten are left out, and counted."""
    at, id_ = position(asked.after)
    matching = {name: getattr(asked, name) for name in ("provider", "state", "kind", "review")}
    rows = database.rows(_PAGE, {**matching, "at": at, "after": id_, "count": asked.count + 1})
    total = database.rows(_COUNT, matching)[0][0]
    last = rows[asked.count - 1] if len(rows) > asked.count else None
    return FiledPage(tuple(_opened(database, rows[: asked.count])), total, f"{last[4]}.{last[0]}" if last else None)


def of_person(database: Database, person: str) -> tuple[ReviewCase, ...]:
    """The cases about a patient, oldest first."""
    return tuple(case for case, _ in _opened(database, database.rows(_OF_PERSON, {"row": person})))


def asking(database: Database, provider: str) -> frozenset[str]:
    """Patients who asked about an access at a care provider, and have no end of it yet."""
    values = {"provider": provider, "kind": CaseKind.PATIENT_ASKS.value}
    return frozenset(row[0] for row in database.rows(_ASKING, values))


def counts(database: Database, provider: str, review: str) -> dict[CaseState, int]:
    """How many cases there are in each state."""
    rows = database.rows(_COUNTS, {"provider": provider, "review": review})
    return {CaseState(state_): number_ for state_, number_ in rows}
