"""`tillit backup` and `tillit restore`: one file with the database, what it is, and on request the key that opens it.

The file is a tar: `manifest.json` first, then the database, then perhaps `kek`. Without the key-encryption key nobody can
read what is sealed in it, so the key is kept elsewhere unless somebody asks for it here.
"""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from broker.audit.verify import verify_log
from broker.commands.console import as_json, day_and_time, show
from broker.commands.errors import Exit, NotReady, Refused, readable
from broker.commands.installation import database_shown, now, opened, read_settings
from broker.keys.kek import kek_path
from broker.settings import Settings
from broker.storage.backup import dump, exists, is_sqlite, put_back
from broker.storage.storage import Storage
from broker.storage.tables import HEAD

FORMAT: Final = "tillit-backup/1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
KEK: Final = "kek"
MAXIMUM_MANIFEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is. `kind` is sqlite or postgresql."""

    format: str
    kind: str
    schema: str
    created_at: int
    base_url: str
    federation: int
    log_size: int
    sha256: str
    with_key: bool


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--with-key", is_flag=True, help="Also the key-encryption key: whoever has the file can then read everything."
)
@as_json
def backup(file: Path, *, with_key: bool, json_: bool) -> None:
    """Write the whole database to FILE while the broker runs.

    The key-encryption key is not in it unless asked for: keep a copy of it elsewhere.
    """
    settings = read_settings()
    if file.exists():
        raise Refused(f"{file}: is there already; nothing is overwritten")
    with _folder(file.absolute().parent) as folder, opened(settings) as storage:
        database = folder / DATABASE
        seen = _manifest(settings, storage, with_key=with_key)
        dump(settings.database, database)
        manifest = replace(seen, sha256=_sha256(database))
        _write(folder / "tar", manifest, database, _kek(settings) if with_key else None)
        (folder / "tar").replace(file)
    show(asdict(manifest) | {"file": str(file)}, [f"written: {file}", *_about(manifest)], json_=json_)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", "replacing", is_flag=True, help="Also where there is a database already: it is lost.")
@as_json
def restore(file: Path, *, replacing: bool, json_: bool) -> None:
    """Put the backup FILE in place, and verify it. Stop the broker first, on every node.

    The key-encryption key must be in place, or in the backup.
    """
    settings = read_settings()
    _check_target(settings, replacing=replacing)
    with _folder(_staging(settings)) as folder:
        manifest = _unpacked(readable(file), folder)
        _check_fits(manifest, settings)
        _put_key(folder / KEK, settings)
        put_back(settings.database, folder / DATABASE)
    with opened(settings) as storage:
        report = verify_log(storage)
        found = [finding.text for finding in report.findings]
        if storage.log_state().size < manifest.log_size:
            found.append("the log is shorter than the backup says")
        version = storage.federation_version()
    value = asdict(manifest) | {"restored_to": database_shown(settings), "log_findings": found, "federation": version}
    lines = [f"restored: {database_shown(settings)}", *_about(manifest)]
    show(value, [*lines, *(f"log: {each}" for each in found), *([] if found else ["log: intact"])], json_=json_)
    if found:
        raise click.exceptions.Exit(Exit.FOUND)


def _about(manifest: Manifest) -> list[str]:
    key = "the key-encryption key is in it: guard the file like the key" if manifest.with_key else "without the key"
    return [
        f"  {manifest.kind}, schema {manifest.schema}, of {day_and_time(manifest.created_at)}",
        f"  federation version {manifest.federation}, {manifest.log_size} rows of the log, {key}",
    ]


@contextmanager
def _folder(beside: Path) -> Iterator[Path]:
    """A folder for unfinished things, on the disk where they will end."""
    if not beside.is_dir():
        raise Refused(f"{beside}: no such folder")
    with tempfile.TemporaryDirectory(prefix=".tillit-", dir=beside) as name:
        yield Path(name)


def _manifest(settings: Settings, storage: Storage, *, with_key: bool) -> Manifest:
    """What the copy will at least hold, seen before it is made; its hash comes afterwards."""
    return Manifest(
        format=FORMAT,
        kind=_kind(settings),
        schema=HEAD,
        created_at=now(),
        base_url=settings.base_url,
        federation=storage.federation_version(),
        log_size=storage.log_state().size,
        sha256="",
        with_key=with_key,
    )


def _kind(settings: Settings) -> str:
    return "sqlite" if is_sqlite(settings.database) else "postgresql"


def _sha256(file: Path) -> str:
    with file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()


def _kek(settings: Settings) -> bytes:
    given = settings.key_encryption_key.get_secret_value() if settings.key_encryption_key else ""
    if given and not given.startswith("file:"):
        return given.encode()
    return (Path(given.removeprefix("file:")) if given else kek_path(settings)).read_bytes()


def _write(target: Path, manifest: Manifest, database: Path, kek: bytes | None) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            _add(tar, MANIFEST, json.dumps(asdict(manifest), indent=2).encode())
            tar.add(database, DATABASE, filter=_anonymous)
            if kek is not None:
                _add(tar, KEK, kek)
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = _anonymous(tarfile.TarInfo(name))
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _staging(settings: Settings) -> Path:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return settings.data_dir


def _check_target(settings: Settings, *, replacing: bool) -> None:
    if not exists(settings.database):
        return
    if not replacing:
        raise Refused(f"{database_shown(settings)}: is there already; --replace loses it")
    if _in_use(settings):
        raise NotReady("a broker uses the database now: stop it first")


def _in_use(settings: Settings) -> bool:
    """Whether a node holds a lease that has not run out."""
    try:
        with opened(settings) as storage:
            return any(job.leased_until > now() for job in storage.job_states())
    except Exception:  # noqa: BLE001  # a database that cannot be read is why one restores
        return False


def _unpacked(file: Path, folder: Path) -> Manifest:
    """The members of the tar that we know, as files in the folder. Raises Refused."""
    try:
        with tarfile.open(file, "r:") as tar:
            members = {member.name: member for member in tar if member.isreg()}
            for name in (MANIFEST, DATABASE, *({KEK} & members.keys())):
                source = tar.extractfile(members[name])
                if source is not None:
                    _spool(source, folder / name)
        if (folder / MANIFEST).stat().st_size > MAXIMUM_MANIFEST:
            raise Refused(f"{file}: not a backup of tillit")
        manifest = _read_manifest(json.loads((folder / MANIFEST).read_bytes()))
    except (tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise Refused(f"{file}: not a backup of tillit") from error
    if _sha256(folder / DATABASE) != manifest.sha256:
        raise Refused(f"{file}: damaged, the database is not the one that was written")
    return manifest


def _read_manifest(given: Mapping[str, Any]) -> Manifest:
    manifest = Manifest(**given)
    if manifest.format != FORMAT:
        raise ValueError(manifest.format)
    return manifest


def _spool(source: Any, target: Path) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := source.read(1 << 20):
            file.write(block)


def _check_fits(manifest: Manifest, settings: Settings) -> None:
    if manifest.kind != _kind(settings):
        raise Refused(f"the backup is of {manifest.kind}, TILLIT_DATABASE_URL is {_kind(settings)}")
    if manifest.schema != HEAD:
        raise Refused(f"the backup has schema {manifest.schema}, this release {HEAD}; use the release that wrote it")


def _put_key(kek: Path, settings: Settings) -> None:
    """The key of the backup, where there is none yet; never in the place of another."""
    if not kek.exists() or settings.key_encryption_key is not None or kek_path(settings).exists():
        return
    _spool(io.BytesIO(kek.read_bytes()), kek_path(settings))
