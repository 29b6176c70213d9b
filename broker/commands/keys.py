"""`tillit key`: which keys there are, and moving on to the next."""

from collections.abc import Callable
from functools import partial

import click

from broker.audit.events import KeyChanged
from broker.commands.console import as_json, day_and_time, show, table
from broker.commands.errors import Exit
from broker.commands.installation import now, opened, read_settings
from broker.keys.making import NEEDS, Need, NoSuchKey
from broker.keys.ring import KeyState
from broker.keys.rotation import Naming, TooEarly, replace_leaked, rotate
from broker.keys.rows import KeyRow
from broker.storage.storage import Storage

COLUMNS = ("use", "alg", "state", "kid", "since")


@click.group()
def key() -> None:
    """The keys that sign assertions, tokens, metadata and the log's checkpoints, and the one that decrypts."""


@key.command("list")
@click.option("--all", "all_", is_flag=True, help="Also those that were removed.")
@as_json
def list_(*, all_: bool, json_: bool) -> None:
    """List the keys: next ones are published and do not sign yet, retiring ones no longer sign."""
    with opened(read_settings()) as storage:
        rows = [row for row in storage.ring_rows() if all_ or row.state is not KeyState.REMOVED]
    order = {need: place for place, need in enumerate((need.use, need.alg) for need in NEEDS)}
    rows.sort(key=lambda row: (order.get((row.use, row.alg), len(order)), row.since))
    table([_shown(row) for row in rows], COLUMNS, json_=json_)


def _shown(row: KeyRow) -> dict[str, str]:
    return {
        "use": row.use,
        "alg": row.alg,
        "state": row.state.value,
        "kid": row.kid,
        "since": day_and_time(row.since),
    }


@key.command("rotate")
@click.argument("use", required=False)
@click.argument("alg", required=False)
@click.option("--force", is_flag=True, help="At once, without publishing first. The old key stays published.")
@click.option("--leaked", is_flag=True, help="At once, and nobody may believe the old keys: they are removed.")
@as_json
def rotate_(use: str | None, alg: str | None, *, force: bool, leaked: bool, json_: bool) -> None:
    """Move on to the next key of USE (oidc, saml, saml-encryption, saml-metadata, checkpoint) and ALG; of all, when none is
    named.

    Run twice, a day apart: the first time publishes the next key, the second makes it sign. The one that signed before is
    still published for two days, so no login fails on the way.
    """
    settings = read_settings()
    with opened(settings) as storage:
        naming = Naming(settings.base_url, storage.vault)
        move = partial(replace_leaked, by=naming) if leaked else partial(rotate, by=naming, force=force)
        done = [_moved(need, move, storage) for need in _needs(use, alg)]
    show(done, [f"{each['use']} {each['alg']}: {each['result']}" for each in done], json_=json_)
    if all(each["too_early"] for each in done):
        raise click.exceptions.Exit(Exit.TOO_EARLY)


def _needs(use: str | None, alg: str | None) -> list[Need]:
    found = [need for need in NEEDS if use in {None, need.use} and alg in {None, need.alg}]
    if not found:
        raise NoSuchKey(" ".join(filter(None, (use, alg))))
    return found


def _moved(need: Need, move: Callable[..., tuple[KeyRow, ...]], storage: Storage) -> dict[str, object]:
    """One key moved on, in one commit with its events."""
    at = now()
    result: dict[str, object] = {"use": need.use, "alg": need.alg, "too_early": False}
    try:
        changed = move(storage.ring_rows(), need.use, need.alg, at)
    except TooEarly as error:
        return result | {"too_early": True, "result": f"the next key may sign from {day_and_time(error.at)}"}
    storage.save_ring(
        changed, tuple(KeyChanged(at=at, use=row.use, kid=row.kid, state=row.state.value) for row in changed)
    )
    newest = changed[-1]
    text = "signs now" if newest.state is KeyState.ACTIVE else "is published; run this again in a day"
    return result | {"kid": newest.kid, "state": newest.state.value, "result": f"{newest.kid} {text}"}
