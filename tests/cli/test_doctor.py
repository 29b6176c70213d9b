"""Faults seeded into an installation, each found by name, with what mends it."""

import os
import shutil
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace

import pytest

from broker.audit.events import KeyChanged
from broker.commands.checks import machine, network, records
from broker.commands.checks.finding import State
from broker.keys.making import need, new_key
from broker.keys.ring import KeyState
from broker.settings import Settings
from broker.storage.opening import open_storage
from metadata.wire.egress import Outbound, Response
from tests.support import federation as good
from tests.support import pki
from tests.support.command_line import tillit
from tests.support.federation import put
from tests.support.saml_metadata import entity, sp_role

__all__ = ["tillit"]


@pytest.fixture(scope="module")
def authority():
    return pki.Authority.root()


@pytest.fixture
def healthy(tillit, authority):
    """An installation that nothing is wrong with: applied, sealed, with certificates and checkpoints."""
    certify(tillit, authority.server("localhost", **lasting(400)))
    tillit.env |= {
        "TILLIT_TLS_CERT": str(tillit.folder / "tls.pem"),
        "TILLIT_TLS_KEY": str(tillit.folder / "tls.key"),
        "TILLIT_CHECKPOINT_FILE": str(tillit.folder / "checkpoints"),
    }
    tillit.done("apply", tillit.folder / "federation/federation.yaml")
    seal(tillit)
    return tillit


def lasting(days):
    now = pki.dt.datetime.now(pki.dt.UTC)
    return {"not_before": now - timedelta(days=500), "not_after": now + timedelta(days=days)}


def certify(tillit, issued, key=None):
    (tillit.folder / "tls.pem").write_bytes(issued.pem)
    (tillit.folder / "tls.key").write_bytes(key or issued.key_pem)


def store(tillit):
    return open_storage(Settings(base_url="https://localhost:8440", data_dir=tillit.folder / "data"))


def seal(tillit):
    from broker.jobs.sealer import Sealer
    from broker.keys.making import load_ring

    with closing(store(tillit)) as storage:
        ring = load_ring(storage.ring_rows(), storage.vault)
        Sealer(storage, lambda: ring, storage.log_origin(), tillit.folder / "checkpoints").run()


def found(tillit, **env):
    return tillit.json("doctor", "--offline", **env)


def test_a_healthy_installation_has_no_finding(healthy):
    assert [row for row in found(healthy) if row["state"] != "ok"] == []
    assert healthy("doctor", "--offline").exit_code == 0
    assert len(found(healthy)) >= 15


def write_over(path, content=b"nothing"):
    path.write_bytes(content)


def age_keys(tillit):
    with closing(store(tillit)) as storage:
        row = new_key(need("oidc", "ES256"), KeyState.ACTIVE, "old", storage.vault, 1_600_000_000)
        storage.save_ring([row])


def retire_keys(tillit):
    from dataclasses import replace

    with closing(store(tillit)) as storage:
        rows = [row for row in storage.ring_rows() if row.use == "checkpoint"]
        storage.save_ring([replace(row, state=KeyState.RETIRING) for row in rows])


def fail_job(tillit):
    with closing(store(tillit)) as storage:
        storage.take_lease("seal", "node", storage.clock() - 10)
        storage.note_job("seal", "OSError")


def wait_rows(tillit):
    with closing(store(tillit)) as storage:
        storage.append([KeyChanged(at=storage.clock(), use="oidc", kid="k", state="next")])


def future_key(tillit):
    with closing(store(tillit)) as storage:
        storage.save_ring([new_key(need("oidc", "ES256"), KeyState.NEXT, "new", storage.vault, storage.clock() + 7200)])


def expiring_metadata(tillit):
    until = (pki.dt.datetime.now(pki.dt.UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    xml = entity(sp_role(), flags=f'validUntil="{until}"').decode()
    good.written(tillit.folder / "federation", put(("services", 0, "saml"), {"metadata_xml": xml}))
    tillit.done("apply", tillit.folder / "federation/federation.yaml")


def empty_register(tillit):
    with closing(store(tillit)) as storage:
        storage.save_federation({"tillit": "1"}, "0" * 64)


def unreadable_register(tillit):
    with closing(store(tillit)) as storage:
        storage.save_federation({"tillit": "7"}, "0" * 64)


def older_data(tillit):
    saved = tillit.folder / "saved"
    shutil.copytree(tillit.folder / "data", saved)
    wait_rows(tillit)
    seal(tillit)
    shutil.rmtree(tillit.folder / "data")
    shutil.copytree(saved, tillit.folder / "data")


SEEDED = [
    ("no base URL", lambda t: None, {"TILLIT_BASE_URL": None}, "settings", "fault", "TILLIT_CONFIG"),
    ("no data folder", lambda t: shutil.rmtree(t.folder / "data"), {}, "data folder", "fault", "tillit init"),
    ("a folder that all may read", lambda t: (t.folder / "data").chmod(0o755), {}, "data folder", "warning", "chmod 700"),
    ("no key", lambda t: (t.folder / "data/kek").unlink(), {}, "key-encryption key", "fault", "put the key back"),
    ("a key that all may read", lambda t: (t.folder / "data/kek").chmod(0o644), {}, "key-encryption key", "fault", "chmod 600"),
    ("another key", lambda t: write_over(t.folder / "data/kek", b"A" * 43 + b"="), {}, "database", "fault", "key-encryption key"),
    ("no database", lambda t: (t.folder / "data/tillit.db").unlink(), {}, "database", "fault", "tillit migrate"),
    ("a damaged database", lambda t: write_over(t.folder / "data/tillit.db", b"x" * 9000), {}, "database", "fault", "start it"),
    (
        "a database that does not answer",
        lambda t: None,
        {"TILLIT_DATABASE_URL": "postgresql://tillit@127.0.0.1:1/tillit"},
        "database",
        "fault",
        "TILLIT_DATABASE_URL",
    ),
    ("no active key", retire_keys, {}, "keys", "fault", "tillit key rotate checkpoint Ed25519 --force"),
    ("an old key", age_keys, {}, "keys", "warning", "tillit key rotate oidc ES256"),
    ("a clock that is slow", future_key, {}, "clock", "fault", "NTP"),
    ("no federation file", empty_register, {}, "federation", "warning", "add a login method"),
    ("a register of another release", unreadable_register, {}, "federation", "fault", "tillit apply FILE"),
    ("metadata about to run out", expiring_metadata, {}, "metadata", "warning", "fetch it anew"),
    ("a job that failed", fail_job, {}, "jobs", "warning", "output"),
    ("rows that nobody seals", wait_rows, {}, "log", "warning", "tillit serve"),
    ("a log cut back", older_data, {}, "checkpoints", "fault", "tillit log verify --checkpoint"),
    ("no checkpoints elsewhere", lambda t: None, {"TILLIT_CHECKPOINT_FILE": None}, "checkpoints", "warning", "another disk"),
    ("lost checkpoints", lambda t: (t.folder / "checkpoints").unlink(), {}, "checkpoints", "fault", "write to its folder"),
    ("spoilt checkpoints", lambda t: write_over(t.folder / "checkpoints", b"\xff"), {}, "checkpoints", "fault", "keep it aside"),
    ("no certificate file", lambda t: (t.folder / "tls.pem").unlink(), {}, "TLS", "fault", "TILLIT_TLS_CERT"),
    ("a certificate that is none", lambda t: write_over(t.folder / "tls.pem"), {}, "TLS", "fault", "TILLIT_TLS_CERT"),
    ("no key of the certificate", lambda t: None, {"TILLIT_TLS_KEY": None}, "TLS", "fault", "both"),
    ("a certificate for another name", lambda t: None, {"TILLIT_BASE_URL": "https://a.se"}, "TLS", "fault", "issued"),
    ("a card listener without certificate", lambda t: None,
     {"TILLIT_TLS_CERT": None, "TILLIT_TLS_KEY": None, "TILLIT_LISTEN": "127.0.0.1:1"}, "card listener", "fault", "unix:PATH"),
    ("a card listener on the broker's port", lambda t: None, {"TILLIT_CARD_URL": "https://localhost:8440"}, "card listener",
     "fault", "another host or port"),
    ("a card listener nowhere", lambda t: None, {"TILLIT_CARD_LISTEN": "here"}, "card listener", "fault", "TILLIT_CARD_LISTEN"),
    ("an address that is none", lambda t: None, {"TILLIT_LISTEN": "no.such.host.invalid:1"}, "address", "fault", "TILLIT_LISTEN"),
    ("TLS ended nowhere", lambda t: None, {"TILLIT_TLS_CERT": None, "TILLIT_TLS_KEY": None}, "address", "fault", "TILLIT_LISTEN"),
    ("extra roots that are none", lambda t: None, {"TILLIT_CA_FILE": "/dev/null"}, "extra roots", "fault", "TILLIT_CA_FILE"),
    ("a test broker that others reach", lambda t: None, {"TILLIT_ENV": "demo", "TILLIT_BASE_URL": "https://login.example.se"},
     "environment", "warning", "TILLIT_ENV=production"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "env", "check", "state", "mend"), [pytest.param(*row[1:], id=row[0].replace(" ", "-")) for row in SEEDED]
)
def test_a_seeded_fault_is_found_with_what_mends_it(healthy, seed, env, check, state, mend):
    seed(healthy)
    rows = [row for row in found(healthy, **env) if row["check"] == check]
    assert [row["state"] for row in rows if mend in row["mend"]] == [state], rows
    assert healthy("doctor", "--offline", **env).exit_code == (1 if state == "fault" or check == "environment" else 0)


@pytest.mark.parametrize(
    ("issued", "state", "word"),
    [
        (lambda ca: ca.server("localhost", **lasting(-1)), State.FAULT, "has expired"),
        (lambda ca: ca.server("localhost", **lasting(10)), State.WARNING, "expires"),
        (lambda ca: ca.server("*.example.se", **lasting(400)), State.FAULT, "is not for localhost"),
        (lambda ca: ca.leaf("localhost", **lasting(400)), State.FAULT, "is not for localhost"),
    ],
)
def test_certificates_are_looked_at_before_browsers_do(healthy, authority, issued, state, word):
    certify(healthy, issued(authority))
    row = next(row for row in found(healthy) if row["check"] == "TLS")
    assert (row["state"], word in row["found"]) == (state.value, True)


def test_a_key_of_another_certificate_is_found(healthy, authority):
    certify(healthy, authority.server("localhost", **lasting(400)), authority.server("localhost").key_pem)
    assert "the key is not the certificate's" in {row["found"] for row in found(healthy)}


@pytest.mark.parametrize(
    ("host", "names", "named"),
    [
        ("a.example.se", ("a.example.se",), True),
        ("a.example.se", ("*.example.se",), True),
        ("a.b.example.se", ("*.example.se",), False),
        ("example.se", ("*.example.se",), False),
        ("127.0.0.1", ("127.0.0.1",), True),
        ("127.0.0.2", ("127.0.0.1",), False),
    ],
)
@pytest.mark.spec("RFC 6125", "6.4.3")
def test_a_wildcard_stands_for_the_first_label_alone(authority, host, names, named):
    assert machine._names(authority.server(*names).certificate, host) is named


@pytest.mark.parametrize(("free", "state"), [(50 << 20, State.FAULT), (500 << 20, State.WARNING), (5 << 30, State.OK)])
def test_a_full_disk_is_found(healthy, monkeypatch, free, state):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert next(row["state"] for row in found(healthy) if row["check"] == "disk") == state.value


def test_a_great_many_rows_that_wait_are_a_fault(healthy, monkeypatch):
    wait_rows(healthy)
    monkeypatch.setattr(records, "MANY_WAITING", 0)
    assert next(row["state"] for row in found(healthy) if row["check"] == "log") == "fault"


def test_a_check_that_fails_itself_is_a_finding(healthy, monkeypatch):
    def broken(path):
        raise RuntimeError("no")

    monkeypatch.setattr(machine.shutil, "disk_usage", broken)
    row = next(row for row in found(healthy) if row["check"] == "disk")
    assert row["state"] == "fault"
    assert "RuntimeError" in row["found"]


def test_upstreams_that_do_not_answer_are_faults_each(healthy):
    rows = {row["check"]: row for row in healthy.json("doctor")}
    assert {rows[f"upstream {name}"]["state"] for name in ("region", "kommun", "bankid")} == {"fault"}


def test_a_proxy_may_end_tls_for_both_listeners(healthy):
    env = {
        "TILLIT_TLS_CERT": None,
        "TILLIT_TLS_KEY": None,
        "TILLIT_LISTEN": "127.0.0.1:8080",
        "TILLIT_CARD_LISTEN": f"unix:{healthy.folder}/card.sock",
    }
    assert {row["state"] for row in found(healthy, **env)} == {"ok"}


def test_no_finding_shows_a_secret(healthy):
    env = {"TILLIT_DATABASE_URL": "postgresql://tillit:hemligt@127.0.0.1:1/tillit"}
    assert "hemligt" not in healthy("doctor", **env).output
    assert os.environ.get("EID_KEY") is None


@pytest.mark.parametrize(
    ("date", "clock"),
    [
        ("Fri, 15 Jan 2027 08:00:30 GMT", []),
        ("Fri, 15 Jan 2027 08:02:00 GMT", ["ours is 120 seconds behind that of region"]),
        ("Fri, 15 Jan 2027 07:55:00 GMT", ["ours is 300 seconds ahead of that of region"]),
        ("some day", []),
    ],
)
def test_an_upstream_that_answers_tells_also_whether_our_clock_is_right(date, clock):
    egress = SimpleNamespace(fetch=lambda call: Response(404, {"date": date}, b""))
    found = list(network._asked("region", Outbound("GET", "https://idp.example/sso"), egress, 1_800_000_000))
    assert [finding.text for finding in found if finding.check == "clock"] == clock
    assert (found[-1].state, found[-1].text) == (State.OK, "answers (404)")
