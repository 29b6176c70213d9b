"""A copy of the database tells nothing: no identifier, no secret, no token, no private key (KE-01 to KE-03)."""

import base64

import pytest

from broker.keys.sealing import Unsealable
from broker.login.effects import (
    Effects,
    Join,
    KeepOnce,
    KeepPerson,
    PersonKey,
    SaveGrant,
    SaveLogin,
    StartSignOn,
    UseSignOn,
)
from broker.storage.persons import Listed
from broker.storage.schema import METADATA
from idp_adapters.base import Consume
from tests.support import effects as a
from tests.support.databases import NOW
from trust_framework.directory import Commission, StaffEntry
from trust_framework.persons import Person

NUMBER, HSA, NAME, CODE, HANDLE = (
    "199001012385",
    "SE2321000016-PLANT",
    "Plantinder",
    "code-PLANTED-1",
    "handle-PLANTED-2",
)
PLANTED = (
    NUMBER,
    HSA,
    NAME,
    CODE,
    HANDLE,
    "state-PLANTED",
    "subject-PLANTED",
    "commission-PLANTED",
    "evidence-PLANTED",
)


@pytest.fixture
def planted(storage):
    return plant(storage)


def plant(storage):
    """A store that has seen every kind of secret and personal detail."""
    identity = a.identity(attributes={"sn": (NAME,), "personalIdentityNumber": (NUMBER,), "employeeHsaId": (HSA,)})
    sign_on = a.sign_on(identities=(identity,))
    keys = (PersonKey("personalIdentityNumber", NUMBER), PersonKey("employeeHsaId", HSA))
    login = a.login(id=HANDLE, version=1, identity=identity, method_state=b"state-PLANTED")
    grant = a.grant(content={"identity": {"sn": NAME}, "sub": "subject-PLANTED"})
    changes = (
        KeepPerson("person-1", keys),
        StartSignOn(sign_on),
        SaveLogin(login),
        KeepOnce(a.once(secret=CODE, payload={"login_hint": NUMBER})),
        SaveGrant(grant),
        Join(sign_on.root, a.participant(subject="subject-PLANTED")),
        Consume("assertion", HANDLE, NOW + 60),
        UseSignOn(sign_on.root, NOW),
    )
    storage.commit(Effects(changes, (a.identified(evidence={"certificate": f"evidence-PLANTED {NUMBER}"}),)))
    staff = StaffEntry(HSA, {"title": (NAME,)}, (Commission("commission-PLANTED"),))
    listed = Listed(keys, Person("", {"sn": (NAME,), "personalIdentityNumber": (NUMBER,)}), (staff,))
    storage.save_federation({"services": [{"id": "a", "client_secret": CODE}]}, "digest", [listed])
    return storage


def dump(storage) -> bytes:
    """Every value of every row."""
    connection, parts = storage._database.connection(), []
    for name in METADATA.tables:
        for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608  # our own names
            parts += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(parts)


def forms(secret: bytes) -> tuple[bytes, ...]:
    return secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")


def test_no_planted_identifier_secret_or_token_is_in_a_dump(planted):
    found = dump(planted)
    assert len(found) > 3000
    assert [p for p in PLANTED for form in forms(p.encode()) if form in found] == []


def test_no_planted_value_is_in_the_files_of_sqlite(sqlite_storage, tmp_path):
    plant(sqlite_storage)
    found = b"".join(p.read_bytes() for p in (tmp_path / "broker").iterdir() if p.name.startswith("tillit.db"))
    assert len(found) > 3000
    assert [p for p in PLANTED for form in forms(p.encode()) if form in found] == []


def test_no_private_key_and_no_data_key_is_in_a_dump(planted):
    found = dump(planted)
    for key in planted.ring().decryption:
        assert key.private_numbers().p.to_bytes(128, "big") not in found
    for key in planted.vault._keys.values():
        assert key.key not in found


def test_the_planted_values_are_still_there_for_who_may_read_them(planted):
    assert planted.once("code", CODE).payload == {"login_hint": NUMBER}
    assert planted.login(HANDLE).method_state == b"state-PLANTED"
    assert planted.federation_document() == {"services": [{"id": "a", "client_secret": CODE}]}


@pytest.mark.parametrize(
    ("table", "column", "read"),
    [
        ("once", "payload", lambda s: (s.once("code", "one"), s.once("code", "two"))),
        ("grants", "content", lambda s: (s.grant("one"), s.grant("two"))),
        ("logins", "content", lambda s: (s.login("one"), s.login("two"))),
        ("sign_ons", "content", lambda s: (s.sign_on(b"1" * 32), s.sign_on(b"2" * 32))),
    ],
)
def test_a_sealed_value_moved_to_another_row_does_not_open(storage, table, column, read):
    storage.commit(
        Effects(
            (
                *(KeepOnce(a.once(secret=s)) for s in ("one", "two")),
                *(SaveGrant(a.grant(id=s)) for s in ("one", "two")),
                *(SaveLogin(a.login(id=s, version=1)) for s in ("one", "two")),
                *(StartSignOn(a.sign_on(id=s * 32)) for s in (b"1", b"2")),
            )
        )
    )
    assert None not in read(storage)
    first = f"SELECT {column} FROM {table} ORDER BY 1 LIMIT 1"  # noqa: S608  # our own names
    storage._database.connection().execute(f"UPDATE {table} SET {column} = ({first})")  # noqa: S608
    with pytest.raises(Unsealable):
        read(storage)
