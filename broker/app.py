"""`create_app(settings)`: all wiring, one function. What runs where, and what each part is given, is read here."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from broker.care.calling import services_of
from broker.federation.following import Following
from broker.federation.services import Note
from broker.jobs.runner import JobRunner
from broker.jobs.standard import outbound_jobs, standard_jobs
from broker.keys.making import load_ring
from broker.keys.ring import KeyRing
from broker.keys.sealing import secret_hash
from broker.login.chained import extended
from broker.login.own import PROTOCOL as OWN_PAGES
from broker.login.ports import Federation, Services
from broker.protocols.oidc.front import OidcFront
from broker.protocols.openid_federation.own_first import OwnFirst
from broker.protocols.own import OwnFront
from broker.protocols.saml.front import SamlFront
from broker.settings import Environment, Settings
from broker.storage.opening import open_storage
from broker.storage.storage import Storage
from broker.test_issuer import TestIssuer
from broker.web.context import Broker, printable
from broker.web.fetches import KeyFetches
from broker.web.flask_app import pages_app
from broker.web.front import Environ, Front, StartResponse
from broker.web.metrics import Metrics
from broker.web.mount import Mounted
from broker.web.pages.render import Pages
from broker.web.published import Publications
from broker.web.refusals import Refusals
from broker.web.throttle import Throttle
from idp_adapters.base import Tools
from metadata.client_keys import ClientKeys
from metadata.federation.resolving import Resolver
from metadata.wire.egress import Egress, EgressPolicy
from metadata.wire.signing import Signer
from metadata.wire.xml import compile_schemas

log = logging.getLogger("tillit.app")


class NotApplied(Exception):
    """No federation file has been applied yet; see `tillit apply`."""


class Snapshots:
    """The federation and the key ring in memory, looked at again each second by the jobs thread."""

    def __init__(self, storage: Storage, settings: Settings, egress: Egress, note: Note) -> None:
        self._storage, self._settings = storage, settings
        self._tools = Tools(
            base_url=settings.base_url,
            entity_id=settings.entity_id,
            egress=egress,
            signer=self._signer,
            decryption_keys=lambda: self.keys.decryption,
        )
        self._ring = storage.ring_rows(), storage.key_choices()
        self.keys: KeyRing = self._loaded_ring()
        self.following = Following(storage, self._tools, settings, note)
        self.federation: Federation = self._loaded()

    def _signer(self, use: str, alg: str) -> Signer:
        """The present key: methods outlive a ring."""
        return self.keys.signer(use, alg)

    def _loaded_ring(self) -> KeyRing:
        rows, choices = self._ring
        return load_ring(rows, self._storage.vault, choices)

    def _loaded(self) -> Federation:
        loopback = self._settings.environment is Environment.TEST
        return extended(self.following.federation(), self._storage.chained, self._storage.clock, loopback=loopback)

    def refresh(self) -> None:
        """Take up what has changed in the database. The last good snapshot stays when the new one cannot be made."""
        ring = self._storage.ring_rows(), self._storage.key_choices()
        if ring != self._ring:
            before, self._ring = self._ring, ring
            try:
                self.keys = self._loaded_ring()
            except Exception:
                self._ring = before  # it is looked at again the next time
                raise
        if self._storage.federation_version() != self.federation.version:
            self.federation = self._loaded()


@dataclass(frozen=True, slots=True)
class Application:
    """A running broker: a WSGI callable with what it is made of. `close` lets go of everything. Logins go by `egress`, jobs by
    `calls`: what others publish where nobody answers leaves no failure with logins.
    """

    front: Front
    on: Broker
    storage: Storage
    snapshots: Snapshots
    jobs: JobRunner
    errands: JobRunner
    egress: Egress
    calls: Egress
    test_issuer: TestIssuer

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return self.front(environ, start_response)

    def start(self) -> None:
        """Begin the jobs."""
        self.jobs.start()
        self.errands.start()

    def close(self) -> None:
        """Stop the jobs and close connections. An errand that waits for others is not waited for."""
        self.jobs.stop()
        self.test_issuer.close()
        self.errands.stop(timeout=1.0)
        self.calls.close()
        self.egress.close()
        self.storage.close()


def create_app(settings: Settings, clock: Callable[[], int] | None = None) -> Application:
    """Wire a broker. Raises NoKek, WrongSchema, StorageUnavailable when the installation is not ready."""
    clock = clock or (lambda: int(time.time()))
    storage = open_storage(settings, clock=clock)
    egress = Egress(egress_policy(settings))
    metrics = Metrics()
    snapshots = Snapshots(storage, settings, egress, lambda name, error: failed_entry(metrics, "service", name, error))
    services = Services(
        settings=settings,
        store=storage,
        keys=lambda: snapshots.keys,
        federation=lambda: snapshots.federation,
        client_keys=ClientKeys(egress),
        resolver=Resolver(
            OwnFirst(egress, lambda: services, clock),
            own=f"{settings.base_url}/",
            allow_http_loopback=settings.environment is Environment.TEST,
        ),
        hash_secret=lambda secret: secret_hash(storage.vault, secret),
    )
    pages = Pages(
        settings.environment,
        secure=settings.secure and settings.environment is Environment.PRODUCTION,
        contact=settings.contact,
        default_language=settings.default_language,
    )
    pages.warm()
    compile_schemas()
    published = Publications(
        services,
        snapshots.following.contents,
        lambda: snapshots.following.listing,
        lambda what, error: failed_entry(metrics, "publication", what, error),
    )
    refusals = Refusals()
    fetches = KeyFetches()
    jobs = JobRunner(
        storage,
        standard_jobs(
            storage,
            services.keys,
            settings.checkpoint_file,
            settings.sign_on_absolute,
            settings.base_url,
            settings.key_rotation_days * 86400,
        ),
        on_tick=(
            lambda: refresh(snapshots, metrics),
            published.refresh,
            lambda: refusals.record(storage.append),
            lambda: fetches.record(storage.note_fetches),
        ),
    )
    calls = Egress(egress_policy(settings))
    errands = JobRunner(storage, outbound_jobs(storage, calls, settings, lambda: services_of(services)))
    on = Broker(
        services=services,
        pages=pages,
        fronts={"oidc": OidcFront(), "saml": SamlFront(), OWN_PAGES: OwnFront()},
        clock=clock,
        throttle=Throttle(),
        metrics=metrics,
        store=storage,
        publication=lambda: published.current,
        ready=lambda: readiness(snapshots, storage),
        bench=lambda: test_issuer.bench(),  # noqa: PLW0108  # which is made of this
        refusals=refusals,
        trial=lambda: Egress(egress_policy(settings)),
        fetches=fetches,
    )
    test_issuer = TestIssuer(on, storage)
    beside = Mounted(test_issuer.path, test_issuer.wsgi, pages_app(on).wsgi_app)
    return Application(Front(on, beside), on, storage, snapshots, jobs, errands, egress, calls, test_issuer)


def refresh(snapshots: Snapshots, metrics: Metrics) -> None:
    """Look at the database again. A node that cannot take up what it finds there goes on with the last good register: a
    service suspended since is still served, so that must not go unseen.
    """
    try:
        snapshots.refresh()
    except Exception:
        metrics.failures.labels("snapshot").inc()
        raise


def failed_entry(metrics: Metrics, what: str, name: str, error: Exception) -> None:
    """A service cannot be read, or a document not be published: the others go on, and somebody should look."""
    metrics.failures.labels(what).inc()
    log.error("%s %s failed: %s", what, printable(name), type(error).__name__, exc_info=error)


def egress_policy(settings: Settings) -> EgressPolicy:
    """Loopback peers only where there is nothing to protect (test and demo); plain http to them in test only."""
    loopback = settings.environment is not Environment.PRODUCTION
    plain = settings.environment is Environment.TEST
    return EgressPolicy(
        loopback=loopback, plain_loopback=plain, ca_file=str(settings.ca_file) if settings.ca_file else None
    )


def readiness(snapshots: Snapshots, storage: Storage) -> dict[str, bool]:
    """What must hold before a load balancer sends people here."""

    def holds(check: Callable[[], Any]) -> bool:
        try:
            check()
        except Exception:  # noqa: BLE001  # whatever it is, we are not ready
            return False
        return True

    return {
        "database": holds(storage.federation_version),
        "keys": holds(lambda: snapshots.keys.signer("oidc", "ES256")),
        "audit": holds(storage.log_waiting),
        "federation": snapshots.federation.version > 0,
    }
