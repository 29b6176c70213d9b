"""What is remembered of a provider's documents: when they were fetched, and why that failed since."""

import pytest

from metadata.published import Heard, PublishedProvider
from metadata.wire.egress import EgressFailed

ISSUER = "https://op.example"


class Silent:
    """An egress client that reaches nobody."""

    def fetch(self, *_):
        raise EgressFailed("no answer" + "!" * 300)


def test_before_anything_was_fetched_nothing_is_known():
    assert PublishedProvider(ISSUER, Silent()).heard == Heard()


def test_a_failure_is_remembered_with_its_cause_and_the_last_success_beside_it():
    published = PublishedProvider(ISSUER, Silent())
    published.heard = Heard(50)

    with pytest.raises(EgressFailed):
        published.endpoints(100)

    assert (published.heard.fetched_at, published.heard.failed_at) == (50, 100)
    assert published.heard.why.startswith("EgressFailed: no answer!")
    assert len(published.heard.why) == 200
