"""What `Storage` reads and writes of keys.

Each method is a line; what it does stands in the file of its aggregate.
"""

from collections.abc import Iterable
from contextlib import suppress

from broker.audit.checkpoint import Verifier, verifier
from broker.audit.events import Event
from broker.keys.making import load_ring
from broker.keys.ring import KeyRing
from broker.keys.rows import KeyChoice, KeyRow
from broker.keys.sealing import Unsealable, WrappedKey
from broker.login.keys import ClientAddress, KeyFetch
from broker.storage import fetches as key_fetches
from broker.storage import keys, log
from broker.storage.database import Unit
from broker.storage.part import Part
from metadata.wire.signing import UnfitKey

LOG_ORIGIN = "log-origin"


class KeyStore(Part):
    """A part of `Storage`."""

    def ring_rows(self) -> tuple[KeyRow, ...]:
        """Every key of the ring there ever was."""
        return keys.read(self._database)

    def ring(self) -> KeyRing:
        """A fresh snapshot of the ring: imports every private key, so keep it and look at `ring_version`."""
        return load_ring(self.ring_rows(), self.vault, self.key_choices())

    def key_choices(self) -> tuple[KeyChoice, ...]:
        """Which services are signed for with a key of their own."""
        return keys.choices(self._database)

    def ring_version(self) -> str:
        """Changes whenever a key comes or changes its state; cheap."""
        return keys.version(self._database)

    def save_ring(self, rows: Iterable[KeyRow], events: tuple[Event, ...] = ()) -> None:
        """Insert keys or note their states, with the events of the change."""
        kept = tuple(rows)

        def work(unit: Unit) -> None:
            keys.save(unit, kept)
            log.append(unit, events)

        self._write(work)

    def note_fetches(self, fetches: Iterable[KeyFetch], proofs: Iterable[ClientAddress] = ()) -> None:
        """Note who fetched our keys, and from where clients proved themselves."""
        kept, proved = tuple(fetches), tuple(proofs)
        self._write(lambda unit: key_fetches.note(unit, kept, proved))

    def fetches_latest(self, count: int = 50) -> tuple[KeyFetch, ...]:
        """The latest fetches of our keys."""
        return key_fetches.latest(self._database, count)

    def fetches_of(self, service: str) -> tuple[KeyFetch, ...]:
        """Of each document the latest fetch that is known to be a service's, by what its client said or where it came from."""
        return key_fetches.of_service(self._database, service)

    def fetches_by_service(self, count: int = 50) -> tuple[tuple[str, str, int], ...]:
        """Service, document and when it was last fetched for that service; the latest first."""
        return key_fetches.by_service(self._database, count)

    def data_keys(self) -> tuple[WrappedKey, ...]:
        """The wrapped data keys."""
        return keys.data_keys(self._database)

    def rewrap(self, rewrapped: Iterable[WrappedKey]) -> None:
        """Note every data key under a new key-encryption key, all or none."""
        kept = tuple(rewrapped)
        self._write(lambda unit: keys.rewrap(unit, kept))

    def log_origin(self) -> str:
        """The log's name, given once when the store was made."""
        return str(self.setting(LOG_ORIGIN))

    def log_verifiers(self) -> tuple[Verifier, ...]:
        """The keys that may have signed checkpoints, removed ones too. A row that is not proven to be the ring's own (its
        private key, or the proof left in its place, does not open) counts as no key.
        """
        found = []
        for row in self.ring_rows():
            if row.use == "checkpoint":
                with suppress(Unsealable, UnfitKey):
                    (key,) = load_ring((row,), self.vault).keys
                    found.append(verifier(self.log_origin(), key.signer.public_key))
        return tuple(found)
