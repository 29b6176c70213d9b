"""Fixtures of whole brokers in process; see `tests.support.world`."""

from collections.abc import Iterator
from functools import cache

import pytest
from cryptography.hazmat.primitives import serialization

from tests.support.world import World, Worlds


@pytest.fixture(scope="session")
def all_worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """The one prepared installation of a run. Its private keys are read once: that is slow, and all worlds have the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_der_private_key", cache(serialization.load_der_private_key))
        yield Worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def worlds(all_worlds: Worlds) -> Iterator[Worlds]:
    """Makes brokers for one test, and closes them after it."""
    yield all_worlds
    all_worlds.close()


@pytest.fixture(scope="module")
def lasting_worlds(all_worlds: Worlds) -> Iterator[Worlds]:
    """Makes brokers that a whole module looks at; for long tables."""
    apart = all_worlds.apart()
    yield apart
    apart.close()


@pytest.fixture
def world(worlds: Worlds) -> World:
    """A broker with one client, `rp`, and the test method."""
    return worlds.make()
