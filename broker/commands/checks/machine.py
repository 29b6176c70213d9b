"""Checks of this machine: folder, keys' file, certificates, addresses, disk. Nothing is asked of others."""

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from broker.commands.checks.finding import Finding, Patient, fault, ok, warning
from broker.commands.errors import NotReady
from broker.commands.listening import card_place, main_place
from broker.keys.kek import NoKek, load_kek
from broker.settings import LOOPBACK, Environment, Settings
from broker.storage.backup import is_sqlite

DAY: Final = 24 * 3600
EXPIRES_SOON: Final = 30 * DAY
LITTLE: Final = 1 << 30
TOO_LITTLE: Final = 100 << 20


def environment(patient: Patient) -> Iterator[Finding]:
    """Whether a broker that others reach is run as one for tests."""
    settings = patient.settings
    host = urlsplit(settings.base_url).hostname or ""
    if settings.environment is not Environment.PRODUCTION and host not in LOOPBACK:
        yield warning(
            "environment",
            f"TILLIT_ENV is {settings.environment.value}, at an address that others reach",
            "set TILLIT_ENV=production",
        )
    else:
        yield ok("environment", settings.environment.value)


def folder(patient: Patient) -> Iterator[Finding]:
    """The data folder is there and nobody else's to read."""
    path = patient.settings.data_dir
    if not path.is_dir():
        yield fault("data folder", f"{path}: no such folder", "run: tillit init, or set TILLIT_DATA_DIR")
    elif path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning("data folder", f"{path}: others may look into it", f"run: chmod 700 {path}")
    else:
        yield ok("data folder", str(path))


def kek(patient: Patient) -> Iterator[Finding]:
    """The key-encryption key can be read, by its owner alone."""
    try:
        found = load_kek(patient.settings)
    except NoKek as error:
        mend = "run: chmod 600 on the file" if "others" in str(error) else "put the key back, or run: tillit init"
        yield fault("key-encryption key", str(error), mend)
    else:
        yield ok("key-encryption key", f"id {found.id.hex()}")


def disk(patient: Patient) -> Iterator[Finding]:
    """There is room for the database and the log to grow."""
    path = patient.settings.data_dir if patient.settings.data_dir.is_dir() else Path.cwd()
    free = shutil.disk_usage(path).free
    text = f"{free >> 20} MiB free at {path}"
    if free < TOO_LITTLE:
        yield fault("disk", text, "make room: no login is answered that cannot be recorded")
    elif free < LITTLE and is_sqlite(patient.settings.database):
        yield warning("disk", text, "make room, or move TILLIT_DATA_DIR")
    else:
        yield ok("disk", text)


def addresses(patient: Patient) -> Iterator[Finding]:
    """Where we are to listen is an address of this machine."""
    try:
        place = main_place(patient.settings)
    except NotReady as error:
        yield fault("address", str(error), "set TILLIT_LISTEN=host:port")
    else:
        yield ok("address", f"{patient.settings.base_url} at {place}")


def tls(patient: Patient) -> Iterator[Finding]:
    """Certificate and key of the main listener."""
    settings = patient.settings
    if not settings.secure:
        yield ok("TLS", "none: http on loopback, for tests")
        return
    if settings.tls_cert is None and settings.tls_key is None:
        yield ok("TLS", "ended by a proxy")
        return
    if settings.tls_cert is None or settings.tls_key is None:
        yield fault("TLS", "one of certificate and key is missing", "set both TILLIT_TLS_CERT and TILLIT_TLS_KEY")
        return
    yield from _certificate("TLS", settings, settings.base_url, patient.now)


def cards(patient: Patient) -> Iterator[Finding]:
    """The card listener has an address, a certificate for it, and a name of its own."""
    settings = patient.settings
    if not settings.card_url:
        yield ok("card listener", "off")
        return
    try:
        place = card_place(settings)
    except NotReady as error:
        yield fault("card listener", str(error), "set TILLIT_CARD_LISTEN=host:port or unix:PATH")
        return
    if urlsplit(settings.card_url).netloc == urlsplit(settings.base_url).netloc:
        yield fault(
            "card listener", "has the same host and port as the broker", "give TILLIT_CARD_URL another host or port"
        )
    elif place is not None and place.path is not None:
        yield ok("card listener", f"{settings.card_url} behind a proxy at {place}")
    elif settings.tls_cert is None or settings.tls_key is None:
        yield fault(
            "card listener",
            "has no certificate",
            "set TILLIT_TLS_CERT and TILLIT_TLS_KEY, or TILLIT_CARD_LISTEN=unix:PATH behind a proxy",
        )
    else:
        yield from _certificate("card listener", settings, settings.card_url, patient.now)


def roots(patient: Patient) -> Iterator[Finding]:
    """Extra root certificates can be read."""
    path = patient.settings.ca_file
    if path is None:
        return
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        yield fault("extra roots", f"{path}: no PEM certificates", "mend the file, or unset TILLIT_CA_FILE")
    else:
        yield ok("extra roots", f"{len(found)} in {path}")


def _certificate(check: str, settings: Settings, url: str, now: int) -> Iterator[Finding]:
    """The first certificate of the chain is for the address, belongs to the key, and is valid for a while."""
    mend = "have a certificate issued, and set TILLIT_TLS_CERT and TILLIT_TLS_KEY to it"
    try:
        chain = x509.load_pem_x509_certificates(_read(settings.tls_cert))
        key = load_pem_private_key(_read(settings.tls_key), None)
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or "no PEM certificate and unencrypted key"
        yield fault(check, f"{settings.tls_cert}, {settings.tls_key}: {why}", mend)
        return
    host, leaf = urlsplit(url).hostname or "", chain[0]
    left = (leaf.not_valid_after_utc - datetime.fromtimestamp(now, UTC)).total_seconds()
    if key.public_key() != leaf.public_key():
        yield fault(check, "the key is not the certificate's", mend)
    elif not _names(leaf, host):
        yield fault(check, f"the certificate is not for {host}", mend)
    elif left <= 0:
        yield fault(check, f"the certificate has expired, {leaf.not_valid_after_utc:%Y-%m-%d}", mend)
    elif left < EXPIRES_SOON:
        yield warning(check, f"the certificate expires {leaf.not_valid_after_utc:%Y-%m-%d}", mend)
    else:
        yield ok(check, f"for {host}, until {leaf.not_valid_after_utc:%Y-%m-%d}")


def _read(path: Path | None) -> bytes:
    if path is None:
        raise ValueError("no path")
    return path.read_bytes()


def _names(certificate: x509.Certificate, host: str) -> bool:
    """Whether a browser at that host would take the certificate as its (RFC 6125: a wildcard is the first label whole)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    if host in {str(address) for address in names.get_values_for_type(x509.IPAddress)}:
        return True
    hosts = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return host in hosts or f"*.{host.partition('.')[2]}" in hosts
