"""A store that knows two patients, and care's services over it."""

from dataclasses import replace

import pytest

from broker.care.calling import CareServices, carried_out
from broker.login.effects import Effects, KeepPerson, PersonKey
from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.care import patient_key


class Care:
    """Calls on a store; each is committed."""

    def __init__(self, store, register, clock):
        self.clock = clock
        self.store, self.on = store, CareServices(store, register, 7)
        self.now = NOW

    def __call__(self, function, *arguments):
        """Make a call and commit what it does."""
        return carried_out(lambda: function(*arguments, self.on, self.now), self.store)

    def switched(self, **switches):
        """The same providers, with other switches."""
        self.on = replace(self.on, register=a.register(**switches))
        return self

    def pass_time(self, seconds):
        """The clock goes on, for calls and for the store."""
        self.now += seconds
        self.clock.now += seconds

    def events(self, name):
        """The events of a name, as kept."""
        import json

        found = [json.loads(leaf) for leaf in self.store.log_pending()]
        return [event for event in found if event["event"] == name]


@pytest.fixture
def care(sqlite_storage, clock):
    """Care's services; p1 and p2 are patients."""
    keys = tuple(PersonKey(*patient_key(p)) for p in (a.PATIENT, a.OTHER_PATIENT))
    sqlite_storage.commit(Effects((KeepPerson("p1", keys[:1]), KeepPerson("p2", keys[1:]))))
    return Care(sqlite_storage, a.register(), clock)
