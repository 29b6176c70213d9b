"""A test CA like that of a staff PKI: cards of every kind, good and bad, server certificates, OCSP and CRLs.

Owns the keys and the ledger of what was issued, kept in a folder so that a restart is the same CA:

    ca.pem           the root, for browsers and clients to trust
    issuers/*.pem    the issuing CAs; `anchors()` names those of persons' cards, for the card method
    keys/*.pem       private keys (0600)    issued.json  the ledger    cards/*.p12  cards written by `write_card`

It is a simulator: it asks nobody who they are. The real profiles of SITHS and Efos are public only in part; where they
are not known (subject layout, policy OIDs) the card method takes configuration, and this CA has values of its own.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from idp_adapters.simulators.ca_certificates import (
    DAY,
    ISSUERS,
    STRANGER,
    Authority,
    Holder,
    Key,
    Validity,
    card,
    client,
    issuing,
    new_key,
    root,
    server,
)
from idp_adapters.simulators.ca_status import Outage, Responder, Revoked, Trouble, WsgiApp, make_status_app

__all__ = ["ISSUERS", "Card", "Holder", "Outage", "TestCa", "Trouble", "make_wsgi_app"]

PEM: Final = serialization.Encoding.PEM
CARD_LIFETIME: Final = 365 * DAY
SERVER_LIFETIME: Final = 365 * DAY


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate of a card with its key, and the issuing CA's certificate that goes with it."""

    certificate: x509.Certificate
    key: Key
    issuer: x509.Certificate

    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def pem(self) -> bytes:
        """Certificate and issuing CA, as a TLS client sends them."""
        return self.certificate.public_bytes(PEM) + self.issuer.public_bytes(PEM)

    def key_pem(self) -> bytes:
        return _key_pem(self.key)

    def p12(self, name: str, password: str) -> bytes:
        """PKCS #12 for loading into a browser; `name` is what its chooser shows."""
        protection = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(
            name.encode(), self.key, self.certificate, [self.issuer], protection
        )


class TestCa:
    """The CA in `directory`, made at first use. `base_url` is where its status app answers (http)."""

    __test__ = False  # a class for tests, not one of tests

    def __init__(self, directory: Path, base_url: str, clock: Callable[[], int]) -> None:
        self.directory, self._base_url, self._clock = directory, base_url.rstrip("/"), clock
        self.outage = Outage()
        self._lock = threading.Lock()
        for folder in ("keys", "issuers", "cards"):
            (directory / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ledger: dict[str, dict[str, Any]] = self._read_ledger()
        self._root = self._load_or_make("root", None)
        self._authorities = {name: self._load_or_make(name, self._root) for name in ISSUERS}

    @property
    def root_path(self) -> Path:
        """`ca.pem`: what browsers and clients trust."""
        return self.directory / "ca.pem"

    def anchors(self) -> tuple[Path, ...]:
        """PEM files for the card method: the issuing CAs of persons' cards, neither the root nor the function CA."""
        return tuple(self._certificate_path(name) for name in ISSUERS if name != "function")

    def policies(self) -> Mapping[str, str]:
        """Issuer id → policy OID."""
        return {name: row.policy for name, row in ISSUERS.items()}

    def issue_card(
        self,
        holder: Holder,
        issuer: str = "person-hsa-3",
        *,
        signing: bool = False,
        key: str = "rsa",
        validity: Validity | None = None,
    ) -> Card:
        """A card's login certificate, or its signing certificate. An expired card is one with a past `validity`."""
        authority, private = self._authorities[issuer], new_key(key)
        certificate = card(
            holder,
            private,
            authority,
            ISSUERS[issuer].policy,
            validity or self._from_now(CARD_LIFETIME),
            signing=signing,
        )
        self._record(issuer, certificate)
        return Card(certificate, private, authority.certificate)

    def expired_card(self, holder: Holder, *, key: str = "rsa") -> Card:
        """A card that stopped being valid yesterday."""
        now = self._clock()
        return self.issue_card(holder, key=key, validity=Validity(now - 400 * DAY, now - DAY))

    def revoked_card(self, holder: Holder, *, key: str = "rsa") -> Card:
        """A card that was lost."""
        lost = self.issue_card(holder, key=key)
        self.revoke(lost.certificate)
        return lost

    def stranger_card(self, holder: Holder, *, key: str = "rsa") -> Card:
        """A card from a CA that nobody here knows, made for the occasion."""
        now, own, private = self._clock(), new_key("p256"), new_key(key)
        unknown_root = Authority(root(own, now), own)
        ca_key = new_key("p256")
        authority = Authority(issuing(STRANGER, ca_key, unknown_root, now), ca_key)
        certificate = card(holder, private, authority, STRANGER.policy, self._from_now(CARD_LIFETIME))
        return Card(certificate, private, authority.certificate)

    def write_card(self, card: Card, name: str, password: str) -> Path:
        """The card as `cards/{name}.p12`, readable by the owner alone."""
        path = self.directory / "cards" / f"{name}.p12"
        _write(path, card.p12(f"TEST {name}", password))
        return path

    def revoke(self, certificate: x509.Certificate, reason: str = "key_compromise") -> None:
        """Revoke now. `reason` is a name of `x509.ReasonFlags`. KeyError for what this CA did not issue."""
        with self._lock:
            self._ledger[_serial(certificate.serial_number)] |= {"revoked": self._clock(), "reason": reason}
            self._write_ledger()

    def server_certificate(self, names: Sequence[str] = ("localhost", "127.0.0.1")) -> tuple[bytes, bytes]:
        """(certificate chain, key) in PEM for a server with these host names and addresses."""
        return self._function(lambda key, by, policy, time: server(names, key, by, policy, time))

    def client_certificate(self, name: str, identifier: str = "") -> tuple[bytes, bytes]:
        """(certificate chain, key) in PEM with which a server, or a system with an HSA-id, is the client of another."""
        return self._function(lambda key, by, policy, time: client(name, key, by, policy, time, identifier))

    @property
    def function_ca(self) -> Path:
        """PEM of the CA that issues what `client_certificate` gives."""
        return self._certificate_path("function")

    def authority(self, issuer: str) -> Authority | None:
        """An issuing CA, or the root for its own list."""
        return self._root if issuer == "root" else self._authorities.get(issuer)

    def known(self, issuer: str, serial: int) -> bool:
        """Whether `issuer` issued a certificate of that number."""
        return self._ledger.get(_serial(serial), {}).get("issuer") == issuer

    def revoked(self, issuer: str) -> Mapping[int, Revoked]:
        """What `issuer` has revoked."""
        with self._lock:
            return {
                int(serial, 16): Revoked(row["revoked"], row["reason"])
                for serial, row in self._ledger.items()
                if row["issuer"] == issuer and "revoked" in row
            }

    def _function(self, make: Callable[[Key, Authority, str, Validity], x509.Certificate]) -> tuple[bytes, bytes]:
        authority, key = self._authorities["function"], new_key("p256")
        certificate = make(key, authority, ISSUERS["function"].policy, self._from_now(SERVER_LIFETIME))
        self._record("function", certificate)
        return certificate.public_bytes(PEM) + authority.certificate.public_bytes(PEM), _key_pem(key)

    def _load_or_make(self, id: str, signed_by: Authority | None) -> Authority:
        key_path, path = self.directory / "keys" / f"{id}.pem", self._certificate_path(id)
        if not key_path.exists() or not path.exists():
            key, now = new_key("p256"), self._clock()
            made = root(key, now) if signed_by is None else issuing(ISSUERS[id], key, signed_by, now)
            _write(key_path, _key_pem(key))
            path.write_bytes(made.public_bytes(PEM))
            if signed_by is not None:
                self._record("root", made)
        loaded = serialization.load_pem_private_key(key_path.read_bytes(), None)
        if not isinstance(loaded, Key):
            raise TypeError(f"{key_path} holds another kind of key")
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        places = (f"{self._base_url}/{place}" for place in (f"ocsp/{id}", f"crl/{id}.crl", f"ca/{id}.cer"))
        return Authority(certificate, loaded, *places)

    def _certificate_path(self, id: str) -> Path:
        return self.root_path if id == "root" else self.directory / "issuers" / f"{id}.pem"

    def _from_now(self, seconds: int) -> Validity:
        now = self._clock()
        return Validity(now - DAY, now + seconds)

    def _record(self, issuer: str, certificate: x509.Certificate) -> None:
        with self._lock:
            self._ledger[_serial(certificate.serial_number)] = {"issuer": issuer}
            self._write_ledger()

    def _read_ledger(self) -> dict[str, dict[str, Any]]:
        path = self.directory / "issued.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def _write_ledger(self) -> None:
        path = self.directory / "issued.json"
        _write(path.with_suffix(".new"), json.dumps(self._ledger, indent=1).encode())
        path.with_suffix(".new").replace(path)


def make_wsgi_app(ca: TestCa, clock: Callable[[], int]) -> WsgiApp:
    """The CA's OCSP and CRL addresses as a plain WSGI app, for http."""
    return make_status_app(Responder(ca, ca.outage), clock)


def _serial(number: int) -> str:
    return f"{number:x}"


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """A file that only the owner may read, from its first byte."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
