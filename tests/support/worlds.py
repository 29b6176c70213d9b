"""Fixtures of whole brokers in process; see `tests.support.world`."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count

import pytest
from cryptography.hazmat.primitives import serialization

from broker.keys import making
from metadata.wire.signing import PrivateKey
from tests.support.world import World, Worlds


@pytest.fixture(scope="session")
def all_worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """The one prepared installation of a run. RSA keys are slow to make and to read: those of the installation are read once, and
    what a world makes beside them comes round again, long after that world.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_der_private_key", cache(serialization.load_der_private_key))
        made = Worlds(tmp_path_factory.mktemp("worlds"))
        patch.setitem(making._MAKE, "RS256", _again(making._MAKE["RS256"], 32))
        yield made


def _again(make: Callable[[], PrivateKey], many: int) -> Callable[[], PrivateKey]:
    """Makes so many, then gives them again in turn."""
    kept: list[PrivateKey] = []
    turn = count()

    def given() -> PrivateKey:
        if len(kept) < many:
            kept.append(make())
            return kept[-1]
        return kept[next(turn) % many]

    return given


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
