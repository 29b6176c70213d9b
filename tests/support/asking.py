"""The test method's page as a page of any other method: what is typed there is explained, asked about and consented to.

The test method itself answers for the person. Journeys that are about the questions use its page to say who is there.
"""

from dataclasses import replace

import pytest

from idp_adapters.base import Authenticated, Failed
from idp_adapters.methods.test import TestMethod


@pytest.fixture(autouse=True)
def asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed names lead to pages."""
    original = TestMethod.resume

    def resume(self, state, inbound, now):
        met = original(self, state, inbound, now)
        return replace(met, pageless=False) if isinstance(met, Authenticated | Failed) else met

    monkeypatch.setattr(TestMethod, "resume", resume)
