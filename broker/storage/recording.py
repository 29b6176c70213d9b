"""The test issuer's store: each commit also takes the runs that it is about a step further, in the same transaction."""

from broker.login.effects import Effects
from broker.protocols.testing.following import gathered, references
from broker.storage.storage import Storage


class Recording(Storage):
    """A store whose commits are followed (`broker.protocols.testing.following`)."""

    def commit(self, effects: Effects) -> None:
        """As `Storage.commit`, with the runs."""
        kept = [run for reference in references(effects) if (run := self.test_run(reference)) is not None]
        super().commit(Effects(gathered(effects, kept), effects.events))
