"""Which keys prove the requests of a service, as numbers by the day, counted with the logins (`broker.audit.tally`)."""

from collections.abc import Mapping

from sqlalchemy import Executable, bindparam, case, func, select

from broker.audit.tally import DAY, GOOD, KeyCell
from broker.storage.counts import COUNTS
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

KEY_USE = table(
    "key_use",
    About(
        "How many logins of a service each of its keys proved",
        "Public interest: no key that is in use is removed unknowingly (GDPR 6.1 e); no person is in the numbers",
        "60 days",
    ),
    text("service", "The service's id", primary_key=True),
    number("starts_at", "When the day began", primary_key=True, autoincrement=False),
    text("what", "What the key proved: `request` or `client`", primary_key=True),
    text("key", "The key's id: of its SubjectPublicKeyInfo", primary_key=True),
    number("number", "How many logins"),
)
_K, _C = KEY_USE.c, COUNTS.c
_KEY = ("service", "starts_at", "what", "key")


def _add(insert: InsertOf) -> Executable:
    new = insert(KEY_USE).values({name: bindparam(name) for name in (*_KEY, "number")})
    changed = {"number": _K.number + new.excluded.number}
    return new.on_conflict_do_update(index_elements=list(_KEY), set_=changed)  # type: ignore[no-any-return]


_ADD = Kept(_add)
_OF = Kept(
    select(_K.what, _K.key, func.sum(_K.number))
    .where(_K.service == bindparam("of"), _K.starts_at >= bindparam("since"))
    .group_by(_K.what, _K.key)
)
_ALL = Kept(
    select(func.sum(case((_C.cause == GOOD, _C.number), else_=0))).where(
        _C.span == DAY, _C.service == bindparam("of"), _C.starts_at >= bindparam("since")
    )
)


def add(unit: Unit, counted: Mapping[KeyCell, int]) -> None:
    """Add what was counted to what was."""
    for cell in sorted(counted, key=lambda each: (each.service, each.starts_at, each.what, each.key)):
        unit.run(_ADD, {**{name: getattr(cell, name) for name in _KEY}, "number": counted[cell]})


def shares(database: Database, service: str, since: int) -> dict[str, float]:
    """The share of a service's logins from the day of `since` on that each key proved; empty when there were none."""
    asked = {"of": service, "since": since - since % DAY}
    whole = (database.row(_ALL, asked) or (0,))[0] or 0
    found: dict[str, float] = {}
    if whole:
        for _, key, times in database.rows(_OF, asked):
            found[key] = max(found.get(key, 0.0), min(1.0, times / whole))
        found.setdefault("", 0.0)
    return found
