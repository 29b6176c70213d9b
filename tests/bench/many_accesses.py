"""A store in which one patient has 200 accesses among millions of others', as it would be after eighteen months.

The others' rows are as long as real ones, with all the indexes of the table, but written by the database itself: they are not
sealed, and no leaf names them. What is measured is finding and opening the one patient's.
"""

from functools import cache
from typing import Final

from broker.care import access_log
from broker.care.calling import Caller, CallerKind, CareServices
from broker.jobs.sealer import Sealer
from broker.settings import Settings
from broker.storage import access_months
from broker.storage.access_log import ACCESS
from broker.storage.database import Unit
from broker.storage.opening import open_storage
from broker.storage.storage import Storage
from tests.support import care_values as a
from tests.support.access_records import record, resource
from trust_framework.care import CareProvider
from trust_framework.care_register import CareRegister

OURS: Final = 200
DAY: Final = 86_400
SPAN: Final = 540 * DAY
AT_ONCE: Final = 500_000
EACH: Final = 10
"""Accesses of each other patient, on the average."""

FIRST: Final = 2**60
"""Numbers of entries that no call gives."""

CALLER: Final = Caller(CallerKind.CLIENT, client="journal", providers=frozenset({a.PROVIDER}))
REGISTER: Final = CareRegister({a.PROVIDER: CareProvider(a.PROVIDER, "2321000016")})

_POSTGRESQL: Final = """
INSERT INTO access_log
SELECT {first} + n, {now} - (random() * {span})::bigint, 'p' || lpad((random() * {patients})::bigint::text, 21, '0'),
       decode(md5(n::text), 'hex'), '{provider}', '{unit}', '{provider}', 0, decode(repeat(md5(n::text), 52), 'hex')
FROM generate_series(1, {count}) AS n
"""
_SQLITE: Final = """
INSERT INTO access_log
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count})
SELECT {first} + n, {now} - abs(random() % {span}), printf('p%021d', abs(random() % {patients})),
       randomblob(16), '{provider}', '{unit}', '{provider}', 0, randomblob(832)
FROM counted
"""


def ours(storage: Storage, now: int) -> None:
    """The one patient's accesses, over the time, stored and sealed as by StoreLog."""
    mine = [record(resource(a.PATIENT), at=now - place * SPAN // OURS) for place in range(OURS)]
    storage.commit(access_log.store(mine, CALLER, CareServices(storage, REGISTER), now).effects)
    Sealer(storage, cache(storage.ring), storage.log_origin(), None).run()


def filled(settings: Settings, count: int) -> None:
    """Fill a store, and put the one patient among the others."""
    storage = open_storage(settings)
    others(storage, count)
    ours(storage, storage.clock())
    storage.close()


def others(storage: Storage, count: int) -> None:
    """The others' rows. Indexes are made at the end, which is faster and leaves them as they would be."""
    database, now = storage._database, storage.clock()
    with Unit(database) as unit:
        access_months.made(unit, [now - SPAN, now])
    indexes = sorted(ACCESS.indexes, key=lambda each: str(each.name))
    for each in indexes:
        each.drop(database.engine)
    if database.sqlite:
        database.connection().execute("PRAGMA synchronous=OFF")
    for first in range(0, count, AT_ONCE):
        many = min(AT_ONCE, count - first)
        _insert(storage, FIRST + first, many, now, max(1, count // EACH))
    for each in indexes:
        each.create(database.engine)
    database.connection().execute("ANALYZE access_log")
    database.forget_connection()


def _insert(storage: Storage, first: int, count: int, now: int, patients: int) -> None:
    database = storage._database
    values = {"first": first, "now": now, "span": SPAN, "patients": patients, "count": count}
    places = {"provider": a.PROVIDER, "unit": a.UNIT}
    with Unit(database) as unit:
        unit.script((_SQLITE if database.sqlite else _POSTGRESQL).format(**values, **places))
