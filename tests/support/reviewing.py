"""Reviews of a log carried through in tests: what a broker's jobs do in the background."""

from broker.care.filings import ReviewServices
from broker.jobs import reviews as jobs
from broker.jobs.sealer import Sealer
from broker.storage.storage import Storage
from trust_framework.care_register import CareRegister


def seal(store: Storage) -> None:
    """What was recorded comes into the tree."""
    Sealer(store, store.ring, store.log_origin(), None).run()


def draw(store: Storage, register: CareRegister) -> None:
    """Draw every review that is asked for, to its end."""
    seal(store)
    while store.log_reviews_drawing(1):
        jobs.draw(store, lambda: ReviewServices(store, register))
