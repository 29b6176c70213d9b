"""`tillit key`: which keys there are, what comes next and when, and moving on to the next."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import click

from broker.commands.console import as_json, day_and_time, show, table
from broker.commands.errors import Exit
from broker.commands.installation import now, opened, read_settings
from broker.keys.making import NEEDS, Need, NoSuchKey
from broker.keys.ring import KeyState
from broker.keys.rotation import Naming, TooEarly, aborted, planned, replace_leaked, rotate, taken_back
from broker.keys.rows import KeyChoice, KeyRow
from broker.keys.timeline import Step, coming
from broker.login.keys import chosen, moved
from broker.settings import Settings
from broker.storage.storage import Storage

COLUMNS = ("use", "alg", "state", "kid", "since", "next", "services")
BY: Final = "command"
NEXT: Final = {
    "may-sign": "may sign from",
    "signs": "signs from",
    "successor": "gets a successor at",
    "removed": "is removed at",
}


@click.group()
def key() -> None:
    """The keys that sign assertions, tokens, metadata and the log's checkpoints, and the one that decrypts."""


@key.command("list")
@click.option("--all", "all_", is_flag=True, help="Also those that were removed.")
@as_json
def list_(*, all_: bool, json_: bool) -> None:
    """List the keys and what comes of each: next ones are published and do not sign yet, retiring ones no longer sign."""
    settings = read_settings()
    with opened(settings) as storage:
        kept, choices = storage.ring_rows(), storage.key_choices()
    rows = [row for row in kept if all_ or row.state is not KeyState.REMOVED]
    order = {need: place for place, need in enumerate((need.use, need.alg) for need in NEEDS)}
    rows.sort(key=lambda row: (order.get((row.use, row.alg), len(order)), row.since))
    steps = {step.kid: step for step in coming(kept, settings.key_rotation_days * 86400)}
    table([_shown(row, steps.get(row.kid), choices) for row in rows], COLUMNS, json_=json_)


def _shown(row: KeyRow, step: Step | None, choices: Iterable[KeyChoice]) -> dict[str, str]:
    return {
        "use": row.use,
        "alg": row.alg,
        "state": row.state.value,
        "kid": row.kid,
        "since": day_and_time(row.since),
        "next": f"{NEXT[step.what]} {day_and_time(step.at)}" if step else "",
        "services": ", ".join(choice.service for choice in choices if choice.kid == row.kid),
    }


class _Time(click.ParamType[int]):
    """A day or a time, in UTC."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail("a day or time like 2026-12-08 or 2026-12-08T04:00", param, ctx)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


@key.command("rotate")
@click.argument("use", required=False)
@click.argument("alg", required=False)
@click.option("--at", type=_Time(), help="Publish the next key now, and let it sign from then on by itself (UTC).")
@click.option("--force", is_flag=True, help="At once, without publishing first. The old key stays published.")
@click.option("--leaked", is_flag=True, help="At once, and nobody may believe the old keys: they are removed.")
@click.option("--abort", is_flag=True, help="Give the rotation up: the next key, which has not signed yet, goes.")
@click.option("--back", is_flag=True, help="The key that signed before signs again; the newer one waits, published.")
@as_json
def rotate_(
    use: str | None,
    alg: str | None,
    *,
    at: int | None,
    force: bool,
    leaked: bool,
    abort: bool,
    back: bool,
    json_: bool,
) -> None:
    """Move on to the next key of USE (oidc, saml, saml-encryption, saml-metadata, checkpoint, federation) and ALG; of all,
    when none is named.

    Run twice, a day apart: the first time publishes the next key, the second makes it sign. The one that signed before is
    still published for two days, so no login fails on the way. With --at, once is enough while the broker runs.
    """
    ways = {"--at": at is not None, "--force": force, "--leaked": leaked, "--abort": abort, "--back": back}
    if sum(ways.values()) > 1:
        raise click.UsageError(f"{' and '.join(name for name, given in ways.items() if given)} exclude each other")
    needs = _needs(use, alg)
    if (abort or back) and len(needs) > 1:
        raise click.UsageError("name one USE and ALG")
    settings = read_settings()
    with opened(settings) as storage:
        naming = Naming(settings.base_url, storage.vault)
        move = _move(naming, at, force=force, leaked=leaked, abort=abort, back=back)
        done = [_moved(need, move, storage, settings) for need in needs]
    show(done, [f"{each['use']} {each['alg']}: {each['result']}" for each in done], json_=json_)
    if all(each["too_early"] for each in done):
        raise click.exceptions.Exit(Exit.TOO_EARLY)


Move = Callable[..., tuple[KeyRow, ...]]


def _move(naming: Naming, at: int | None, *, force: bool, leaked: bool, abort: bool, back: bool) -> Move:
    if leaked:
        return partial(replace_leaked, by=naming)
    if abort:
        return partial(aborted, by=naming)
    if back:
        return taken_back
    if at is not None:
        return lambda rows, use, alg, now: planned(rows, use, alg, at, now, naming)
    return partial(rotate, by=naming, force=force)


def _needs(use: str | None, alg: str | None) -> list[Need]:
    found = [need for need in NEEDS if use in {None, need.use} and alg in {None, need.alg}]
    if not found:
        raise NoSuchKey(" ".join(filter(None, (use, alg))))
    return found


def _moved(need: Need, move: Move, storage: Storage, settings: Settings) -> dict[str, object]:
    """One key moved on, in one commit with its events."""
    at, version = now(), storage.ring_version()
    result: dict[str, object] = {"use": need.use, "alg": need.alg, "too_early": False}
    try:
        changed = move(storage.ring_rows(), need.use, need.alg, at)
    except TooEarly as error:
        return result | {"too_early": True, "result": f"the next key may sign from {day_and_time(error.at)}"}
    storage.commit(moved(changed, at, version, BY))
    newest = changed[-1]
    return result | {
        "kid": newest.kid,
        "state": newest.state.value,
        "result": f"{newest.kid} {_told(newest, settings)}",
    }


def _told(row: KeyRow, settings: Settings) -> str:
    if row.state is KeyState.ACTIVE:
        return "signs now"
    if row.state is KeyState.REMOVED:
        return "is removed"
    if row.due_at is None:
        return "is published; run this again in a day"
    return f"is published, and signs from {day_and_time(row.due_at)} while {settings.base_url} runs"


@key.command("choose")
@click.argument("service")
@click.argument("kid")
@click.option("--back", is_flag=True, help="No longer: the active key signs for it again.")
@as_json
def choose(service: str, kid: str, *, back: bool, json_: bool) -> None:
    """Sign for SERVICE with key KID, whichever is active: the next key for it first, or an old one for a while still."""
    with opened(read_settings()) as storage:
        row = _choosable(kid, storage)
        if storage.register_entry("service", service) is None:
            raise click.UsageError(f"there is no service {service}")
        storage.commit(chosen(service, row, now(), BY, back=back))
    result = {"service": service, "use": row.use, "alg": row.alg, "kid": None if back else row.kid}
    line = f"{service}: the active {row.use} {row.alg} key signs" if back else f"{service}: {row.kid} signs"
    show(result, [line], json_=json_)


def _choosable(kid: str, storage: Storage) -> KeyRow:
    """A key that signs for services. Raises NoSuchKey."""
    for row in storage.ring_rows():
        if row.kid == kid and row.use in {"oidc", "saml"} and row.state is not KeyState.REMOVED:
            return row
    raise NoSuchKey(kid)
