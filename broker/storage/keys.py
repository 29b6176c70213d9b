"""Rows of the key ring, and the wrapped data keys. What they mean is `broker.keys`' affair."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Executable, bindparam, delete, insert, select, update

from broker.keys.ring import KeyState
from broker.keys.rows import KeyChoice, KeyRow
from broker.keys.sealing import WrappedKey
from broker.login.effects import Overtaken
from broker.login.keys import ChooseKey, SaveRing
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.tables import About, number, octets, table, text

_BASIS = "Security of processing (GDPR 32)"
DATA_KEYS = table(
    "data_keys",
    About("Keys that seal everything else", _BASIS, "As long as anything is sealed under them"),
    number("number", "Counts from 1, never reused", primary_key=True, autoincrement=False),
    text("record_class", "Which records it seals"),
    octets("wrapped", "The key, encrypted under the key-encryption key"),
    number("created_at", "When it was made"),
)
RING = table(
    "ring",
    About("Keys that sign and decrypt", _BASIS, "Private keys until removed; public keys as long as the log"),
    text("kid", "The key's name", primary_key=True),
    text("use", "What it is for"),
    text("alg", "Algorithm, named as RFC 7518 does"),
    text("state", "next, active, retiring or removed"),
    number("since", "When it came to this state"),
    octets("public_key", "DER SubjectPublicKeyInfo"),
    octets("sealed", "DER PKCS #8, sealed; once removed, a sealed proof that the public key was ours"),
    octets("certificate", "DER certificate, for SAML", nullable=True),
    number("due_at", "When it goes on to its next state by itself", nullable=True),
    number("made_at", "When it was made and published", nullable=True),
)
CHOICES = table(
    "ring_choices",
    About(
        "Which key signs for a service that is not to have the active one", _BASIS, "Until ended or the key is removed"
    ),
    text("service", "The service's id", primary_key=True),
    text("use", "What the key is for", primary_key=True),
    text("alg", "Its algorithm", primary_key=True),
    text("kid", "The key's name"),
    number("at", "When it was chosen"),
)
_FIELDS = ("kid", "use", "alg", "state", "since", "public_key", "sealed", "certificate", "due_at", "made_at")
_D, _R, _C = DATA_KEYS.c, RING.c, CHOICES.c


def _save(insert: InsertOf) -> Executable:
    new = insert(RING).values({n: bindparam(n) for n in _FIELDS})
    changed = {n: new.excluded[n] for n in ("state", "since", "sealed", "due_at")}
    return new.on_conflict_do_update(index_elements=["kid"], set_=changed)  # type: ignore[no-any-return]


_SAVE = Kept(_save)
_READ = Kept(select(*(_R[n] for n in _FIELDS)).order_by(_R.since, _R.kid))
_STATES = Kept(select(_R.kid, _R.state, _R.due_at).order_by(_R.kid))
_LOCK = Kept(select(_R.kid).order_by(_R.kid).with_for_update())
_STANDING = Kept(select(_R.kid).where(_R.kid == bindparam("kid"), _R.state != KeyState.REMOVED.value).with_for_update())


def _choose(insert: InsertOf) -> Executable:
    new = insert(CHOICES).values({n: bindparam(n) for n in ("service", "use", "alg", "kid", "at")})
    changed = {n: new.excluded[n] for n in ("kid", "at")}
    return new.on_conflict_do_update(index_elements=["service", "use", "alg"], set_=changed)  # type: ignore[no-any-return]


_CHOOSE = Kept(_choose)
_UNCHOOSE = Kept(
    delete(CHOICES).where(_C.service == bindparam("of"), _C.use == bindparam("for_"), _C.alg == bindparam("with_"))
)
_END_CHOICES = Kept(delete(CHOICES).where(_C.kid == bindparam("gone")))
_CHOICES = Kept(select(_C.service, _C.kid, _C.at).order_by(_C.service, _C.kid))
_SAVE_DATA_KEY = Kept(
    insert(DATA_KEYS).values({n: bindparam(n) for n in ("number", "record_class", "wrapped", "created_at")})
)
_REWRAP = Kept(update(DATA_KEYS).where(_D.number == bindparam("row")).values(wrapped=bindparam("wrapped")))
_READ_DATA_KEYS = Kept(select(_D.number, _D.record_class, _D.wrapped, _D.created_at).order_by(_D.number))


def save(unit: Unit, rows: Iterable[KeyRow]) -> None:
    """Insert keys, or note their new states. Nobody is signed for any more with one that is removed."""
    for row in rows:
        unit.run(_SAVE, {n: getattr(row, n) for n in _FIELDS} | {"state": row.state.value})
        if row.state is KeyState.REMOVED:
            unit.run(_END_CHOICES, {"gone": row.kid})


def change(unit: Unit, change: SaveRing) -> None:
    """See SaveRing. Who changes the ring has all its rows, so that two never go by the same version."""
    unit.rows(_LOCK, {})
    if change.expected is not None and change.expected != _digest(unit.rows(_STATES, {})):
        raise Overtaken("ring")
    save(unit, change.rows)


def choose(unit: Unit, change: ChooseKey) -> None:
    """See ChooseKey."""
    if change.kid is None:
        unit.run(_UNCHOOSE, {"of": change.service, "for_": change.use, "with_": change.alg})
        return
    if unit.row(_STANDING, {"kid": change.kid}) is None:
        raise Overtaken("ring")
    fields = ("service", "use", "alg", "kid", "at")
    unit.run(_CHOOSE, {name: getattr(change, name) for name in fields})


def choices(database: Database) -> tuple[KeyChoice, ...]:
    """Which service has a key of its own."""
    return tuple(KeyChoice(*row) for row in database.rows(_CHOICES, {}))


def read(database: Database) -> tuple[KeyRow, ...]:
    """Every key there ever was, oldest state first."""
    return tuple(
        KeyRow(kid, use, alg, KeyState(state), since, public, sealed, certificate, due_at, made_at)
        for kid, use, alg, state, since, public, sealed, certificate, due_at, made_at in database.rows(_READ, {})
    )


def version(database: Database) -> str:
    """A digest of which keys are in which state, and until when."""
    return _digest(database.rows(_STATES, {}))


def _digest(rows: list[Row]) -> str:
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def data_keys(database: Database) -> tuple[WrappedKey, ...]:
    """The wrapped data keys."""
    return tuple(WrappedKey(*row) for row in database.rows(_READ_DATA_KEYS, {}))


def save_data_keys(unit: Unit, keys: Iterable[WrappedKey]) -> None:
    """Insert wrapped data keys."""
    for k in keys:
        unit.run(
            _SAVE_DATA_KEY,
            {"number": k.number, "record_class": k.record_class, "wrapped": k.wrapped, "created_at": k.created_at},
        )


def rewrap(unit: Unit, keys: Iterable[WrappedKey]) -> None:
    """Note data keys under their new wrapping."""
    for k in keys:
        unit.run(_REWRAP, {"row": k.number, "wrapped": k.wrapped})
