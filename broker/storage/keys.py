"""Rows of the key ring, and the wrapped data keys. What they mean is `broker.keys`' affair."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Executable, bindparam, insert, select, update

from broker.keys.ring import KeyState
from broker.keys.rows import KeyRow
from broker.keys.sealing import WrappedKey
from broker.storage.database import Database, InsertOf, Kept, Unit
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
)
_FIELDS = ("kid", "use", "alg", "state", "since", "public_key", "sealed", "certificate")
_D, _R = DATA_KEYS.c, RING.c


def _save(insert: InsertOf) -> Executable:
    new = insert(RING).values({n: bindparam(n) for n in _FIELDS})
    changed = {n: new.excluded[n] for n in ("state", "since", "sealed")}
    return new.on_conflict_do_update(index_elements=["kid"], set_=changed)  # type: ignore[no-any-return]


_SAVE = Kept(_save)
_READ = Kept(select(*(_R[n] for n in _FIELDS)).order_by(_R.since, _R.kid))
_STATES = Kept(select(_R.kid, _R.state).order_by(_R.kid))
_SAVE_DATA_KEY = Kept(
    insert(DATA_KEYS).values({n: bindparam(n) for n in ("number", "record_class", "wrapped", "created_at")})
)
_REWRAP = Kept(update(DATA_KEYS).where(_D.number == bindparam("row")).values(wrapped=bindparam("wrapped")))
_READ_DATA_KEYS = Kept(select(_D.number, _D.record_class, _D.wrapped, _D.created_at).order_by(_D.number))


def save(unit: Unit, rows: Iterable[KeyRow]) -> None:
    """Insert keys, or note their new states."""
    for row in rows:
        unit.run(_SAVE, {n: getattr(row, n) for n in _FIELDS} | {"state": row.state.value})


def read(database: Database) -> tuple[KeyRow, ...]:
    """Every key there ever was, oldest state first."""
    return tuple(
        KeyRow(kid, use, alg, KeyState(state), since, public, sealed, certificate)
        for kid, use, alg, state, since, public, sealed, certificate in database.rows(_READ, {})
    )


def version(database: Database) -> str:
    """A digest of which keys are in which state."""
    return hashlib.sha256(repr(database.rows(_STATES, {})).encode()).hexdigest()


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
