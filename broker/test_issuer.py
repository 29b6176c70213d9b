"""The test issuer: a second broker of this process at `<base>/test`, for services that are not yet in force.

All wiring of it, and with that its isolation: settings, store, keys, log, persons, sign-ons and codes are its own. Of the other
broker it reads the register and nothing else, and how a client's secret is hashed there. It is made at the first request that
comes beneath its path, so that an installation whose members test nothing pays nothing.
"""

import threading
import time
from collections.abc import Iterable
from typing import Final

from broker.federation import entries, made_up
from broker.federation.testing import PATH, InTest, ReadBefore, ReadsRegister, federation_in_test, open_drafts
from broker.jobs.runner import Job, JobRunner
from broker.jobs.sealer import Sealer
from broker.jobs.standard import expire
from broker.keys.making import load_ring
from broker.login.ports import Federation, Services
from broker.protocols.testing.fronts import TestedOidc, TestedSaml
from broker.settings import Environment
from broker.storage.apart import apart, open_apart
from broker.storage.persons import Listed
from broker.storage.recording import Recording
from broker.web.answers import refused
from broker.web.bench import Bench
from broker.web.context import Broker
from broker.web.flask_app import pages_app
from broker.web.front import Environ, Front, StartResponse, request_of, written
from broker.web.metrics import Metrics
from broker.web.mount import WSGI
from broker.web.pages.render import Pages
from broker.web.testing.routes import PAGES, ROUTES
from broker.web.throttle import Throttle
from broker.web.turn import Turn
from trust_framework.reasons import REASONS

PAUSE: Final = 10.0
"""Seconds after which it is tried again, when it could not be made."""


class _Snapshot:
    """What the test issuer serves, looked at again each second."""

    def __init__(self, main: Services, register: ReadsRegister) -> None:
        self._main, self._register = main, register
        self._before: ReadBefore = {}
        self._lock = threading.Lock()
        self._at = entries.when(main.settings)
        self._served: Federation | None = None
        self._seen: tuple[object, ...] = ()
        self.refresh()

    def refresh(self) -> None:
        """Take up what has changed in the register or in a draft."""
        with self._lock:
            main = self._main.federation()
            seen = (self._register.federation_version(), open_drafts(self._register))
            if self._served is not main or self._seen != seen:
                self.now: InTest = federation_in_test(main, self._register, self._at, self._before)
                self._served, self._seen = main, seen

    def newest(self) -> InTest:
        """With what was changed just now."""
        self.refresh()
        return self.now

    def federation(self) -> Federation:
        return self.now.federation


class Made:
    """The test issuer, running."""

    def __init__(self, main: Broker, register: ReadsRegister) -> None:
        services = main.services
        settings = apart(services.settings.beneath(PATH), services.settings)
        directory = tuple(Listed(each.keys, each.person, each.staff) for each in made_up.listed())
        self.storage: Recording = open_apart(settings, main.clock, directory)
        self.snapshot = _Snapshot(services, register)
        ring = load_ring(self.storage.ring_rows(), self.storage.vault)
        own = Services(
            settings=settings,
            store=self.storage,
            keys=lambda: ring,
            federation=self.snapshot.federation,
            client_keys=services.client_keys,
            resolver=services.resolver,
            hash_secret=services.hash_secret,
        )
        self.on = Broker(
            services=own,
            pages=_pages(own),
            fronts={"oidc": TestedOidc(), "saml": TestedSaml()},
            clock=main.clock,
            throttle=Throttle(),
            metrics=Metrics(),
            store=self.storage,
            publication=main.publication,
            ready=main.ready,
            bench=lambda: self.bench,
        )
        self.bench = Bench(settings.base_url, self.snapshot.newest, self.storage)
        self.front = Front(self.on, pages_app(self.on, PAGES, ()).wsgi_app, ROUTES)
        self.jobs = JobRunner(self.storage, self._jobs(own), on_tick=(self.snapshot.refresh,))

    def _jobs(self, own: Services) -> Iterable[Job]:
        """Its log is sealed and what has expired deleted, as elsewhere; nothing is fetched, and no key is changed."""
        sealer = Sealer(self.storage, own.keys, self.storage.log_origin(), None)
        absolute = own.settings.sign_on_absolute
        return (Job("seal", 1, sealer.run), Job("expire", 15, lambda: expire(self.storage, absolute)))

    def close(self) -> None:
        """Stop the jobs and close connections."""
        self.jobs.stop()
        self.storage.close()


def _pages(own: Services) -> Pages:
    """The same pages, marked as a test environment's."""
    production = own.settings.environment is Environment.PRODUCTION
    return Pages(
        Environment.TEST,
        secure=own.settings.secure and production,
        contact=own.settings.contact,
        default_language=own.settings.default_language,
    )


class TestIssuer:
    """Makes the test issuer when it is first asked for, and gives it from then on."""

    __test__ = False  # pytest: not a class of tests

    def __init__(self, main: Broker, register: ReadsRegister) -> None:
        self._main, self._register = main, register
        self._lock = threading.Lock()
        self._made: Made | None = None
        self._not_before = 0.0
        self.path = f"/{PATH}"

    def made(self) -> Made:
        """The running test issuer. Raises NoKek, StorageUnavailable."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    made = Made(self._main, self._register)
                    made.jobs.start()
                    self._made = made
        return self._made

    def bench(self) -> Bench:
        """The test issuer as pages see it, with what was changed just now. Raises NoKek, StorageUnavailable."""
        return self.made().bench

    def wsgi(self) -> WSGI:
        """What serves its requests; a page that says that it cannot be used, while it cannot be made."""
        if self._made is None and time.monotonic() < self._not_before:
            return self._unavailable
        try:
            return self.made().front
        except Exception as error:  # noqa: BLE001  # production goes on whatever becomes of the test issuer
            self._main.note_failure("test issuer", error)
            self._not_before = time.monotonic() + PAUSE
            return self._unavailable

    def _unavailable(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        turn = Turn.of(request_of(environ, self._main, b""), self._main)
        return written(refused(REASONS["maintenance"], turn), environ["REQUEST_METHOD"], start_response)

    def close(self) -> None:
        """Stop it, if it ever ran."""
        if self._made is not None:
            self._made.close()
