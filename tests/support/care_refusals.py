"""How tests say that a call is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from broker.care.calling import CareRefused, ResultCode


@contextmanager
def refused(code: str, reason: str) -> Iterator[None]:
    """The call is refused with this code of the contracts, for this reason."""
    with pytest.raises(CareRefused) as found:
        yield
    assert (found.value.code, found.value.reason) == (ResultCode(code), reason)
