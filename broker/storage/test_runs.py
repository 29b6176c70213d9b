"""Test logins and what was chosen for the next one. In use in the test issuer's own store alone; elsewhere both stay empty."""

from sqlalchemy import Executable, Index, bindparam, delete, func, select

from broker.login.effects import AlreadyUsed
from broker.protocols.testing.choice import Choice
from broker.protocols.testing.following import noted
from broker.protocols.testing.run import OF_SERVICE, KeepPreset, KeepRun, NoteRun, Run, UsePreset
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

TEST_RUNS = table(
    "test_runs",
    About(
        "Test logins of services that are not in force, step by step",
        "None needed: made-up persons",
        "Thirty days, and the newest fifty of a service",
    ),
    text("reference", "The login's reference", primary_key=True),
    text("service", "The service that was tested"),
    text("org", "The member that it belongs to"),
    text("digest", "Digest of the service's content that was tested"),
    number("passed", "1 when the login went as in production"),
    number("started_at", "When it began"),
    number("expires_at", "When it is deleted"),
    octets("content", "Messages, choice and steps, sealed"),
    Index(None, "service", "started_at"),
    Index(None, "expires_at"),
)
TEST_PRESETS = table(
    "test_presets",
    About("What was chosen for a browser's next test login", "None needed: nothing personal", "Ten minutes"),
    octets("browser", "Hash of the browser's secret", primary_key=True),
    text("service", "The service", primary_key=True),
    number("expires_at", "When it can no longer be used"),
    octets("content", "The choice, sealed"),
    Index(None, "expires_at"),
)
_RUN: Codec[Run] = Codec(Run)
_CHOICE: Codec[Choice] = Codec(Choice)
_R, _P = TEST_RUNS.c, TEST_PRESETS.c


def _keep(insert: InsertOf) -> Executable:
    new = insert(TEST_RUNS).values({c.name: bindparam(c.name) for c in TEST_RUNS.columns})
    changed = {name: new.excluded[name] for name in ("passed", "content")}
    return new.on_conflict_do_update(index_elements=["reference"], set_=changed)  # type: ignore[no-any-return]


def _preset(insert: InsertOf) -> Executable:
    new = insert(TEST_PRESETS).values({c.name: bindparam(c.name) for c in TEST_PRESETS.columns})
    changed = {name: new.excluded[name] for name in ("expires_at", "content")}
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["browser", "service"], set_=changed
    )


_KEEP, _PRESET = Kept(_keep), Kept(_preset)
_newest = (
    select(_R.reference).where(_R.service == bindparam("of")).order_by(_R.started_at.desc()).limit(bindparam("count"))
)
_BOUND = Kept(delete(TEST_RUNS).where(_R.service == bindparam("of"), _R.reference.not_in(_newest)))
_READ = Kept(select(_R.content).where(_R.reference == bindparam("row")))
_OF = Kept(
    select(_R.reference, _R.content)
    .where(_R.service == bindparam("service"), _R.org == bindparam("org"))
    .order_by(_R.started_at.desc(), _R.reference)
    .limit(OF_SERVICE)
)
_TESTED = Kept(
    select(func.max(_R.started_at)).where(
        _R.service == bindparam("service"), _R.digest == bindparam("digest"), _R.passed == 1
    )
)
_READ_PRESET = Kept(
    select(_P.content).where(
        _P.browser == bindparam("browser"), _P.service == bindparam("service"), _P.expires_at > bindparam("at")
    )
)
_USE_PRESET = Kept(delete(TEST_PRESETS).where(_P.browser == bindparam("b"), _P.service == bindparam("s")))


def keep(unit: Unit, change: KeepRun) -> None:
    """Keep a run; of a service no more than its newest."""
    run = change.run
    content = unit.vault.seal("test-run", _RUN.encode(run), run.reference.encode())
    known = {"reference": run.reference, "service": run.service, "org": run.org, "digest": run.digest}
    times = {"started_at": run.started_at, "expires_at": run.expires_at}
    unit.run(_KEEP, {**known, **times, "passed": int(run.passed), "content": content})
    unit.run(_BOUND, {"of": run.service, "count": OF_SERVICE})


def note(unit: Unit, change: NoteRun) -> None:
    """Keep what else is known of a run; nothing, when it is gone."""
    found = unit.row(_READ, {"row": change.reference})
    if found is not None:
        run = _RUN.decode(unit.vault.open("test-run", found[0], change.reference.encode()))
        keep(unit, KeepRun(noted(run, change)))


def read(database: Database, reference: str) -> Run | None:
    """A run by its reference."""
    found = database.row(_READ, {"row": reference})
    return _opened(database, reference, found[0]) if found else None


def of_service(database: Database, service: str, org: str) -> tuple[Run, ...]:
    """The runs of a member's service, the newest first."""
    rows = database.rows(_OF, {"service": service, "org": org})
    return tuple(_opened(database, reference, content) for reference, content in rows)


def tested(database: Database, service: str, digest: str) -> int | None:
    """When a service last passed with this content, or None."""
    found = database.row(_TESTED, {"service": service, "digest": digest})
    return found[0] if found else None


def _opened(database: Database, reference: str, content: bytes) -> Run:
    return _RUN.decode(database.vault.open("test-run", content, reference.encode()))


def keep_preset(unit: Unit, change: KeepPreset) -> None:
    """Keep a choice for a browser's next login to a service."""
    key = {"browser": change.browser, "service": change.service}
    content = unit.vault.seal("test-preset", _CHOICE.encode(change.choice), change.browser)
    unit.run(_PRESET, {**key, "expires_at": change.expires_at, "content": content})


def use_preset(unit: Unit, change: UsePreset) -> None:
    """Use it up. Raises AlreadyUsed when it is gone."""
    if not unit.run(_USE_PRESET, {"b": change.browser, "s": change.service}):
        raise AlreadyUsed("login")


def preset(database: Database, browser: bytes, service: str, now: int) -> Choice | None:
    """What was chosen for a browser's next login to a service."""
    found = database.row(_READ_PRESET, {"browser": browser, "service": service, "at": now})
    return _CHOICE.decode(database.vault.open("test-preset", found[0], browser)) if found else None
