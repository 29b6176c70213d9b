"""What `Storage` reads on the way of a login, and of one person.

Each method is a line; what it does stands in the file of its aggregate.
"""

from broker.audit.events import Event
from broker.audit.trace import Logged, LoggedPage
from broker.login import effects as change
from broker.login.effects import ChainedPage, ChainedService, Effects, Grant, Once, PersonKey
from broker.login.person import ConsentKept, StandingSignOn
from broker.login.request import Transaction
from broker.login.sign_on import Participant, SignOn
from broker.storage import (
    chained,
    consents,
    delegations,
    grants,
    logins,
    once,
    persons,
    references,
    representations,
    roles,
    sign_ons,
)
from broker.storage.part import Part
from trust_framework.decide import ConsentGiven
from trust_framework.directory import StaffEntry
from trust_framework.persons import Person
from trust_framework.representation import Representation
from trust_framework.roles import RoleGrant


class PersonStore(Part):
    """A part of `Storage`."""

    def login(self, id: str) -> Transaction | None:
        return logins.read(self._database, id, self.clock())

    def sign_on(self, id: bytes) -> SignOn | None:
        return sign_ons.read(self._database, id)

    def participants(self, root: str) -> tuple[Participant, ...]:
        return sign_ons.participants(self._database, root)

    def person(self, id: str) -> Person | None:
        return persons.read(self._database, id)

    def persons_by_keys(self, keys: tuple[PersonKey, ...]) -> frozenset[str]:
        return persons.by_keys(self._database, keys)

    def staff(self, person: str) -> tuple[StaffEntry, ...]:
        return persons.staff(self._database, person)

    def consents(self, person: str, service: str) -> tuple[ConsentGiven, ...]:
        return consents.read(self._database, person, service)

    def role_grants(self, person: str) -> tuple[RoleGrant, ...]:
        """The person's roles, own ones first, then those for members whose agent the person belongs to."""
        own = roles.of_person(self._database, person)
        return (*own, *delegations.of_person(self._database, own))

    def own_role_grants(self, person: str) -> tuple[RoleGrant, ...]:
        """The roles that the person was given, without those that follow from them."""
        return roles.of_person(self._database, person)

    def once(self, kind: str, secret: str) -> Once | None:
        return once.read(self._database, kind, secret)

    def grant(self, id: str) -> Grant | None:
        return grants.read(self._database, id)

    def chained(self, entity_id: str) -> ChainedService | None:
        return chained.read(self._database, entity_id)

    def chained_page(self, search: str = "", after: str = "", count: int = 50) -> ChainedPage:
        """Services that came by a trust chain, by their identifiers."""
        return chained.page(self._database, search, after, count)

    # --- My page

    def representations_of(self, person: str) -> tuple[Representation, ...]:
        """Those that a person has given, and those that they hold, whether they hold now or not."""
        return representations.of_person(self._database, person)

    def consents_of(self, person: str) -> tuple[ConsentKept, ...]:
        """Everything that a person has agreed to let services have."""
        return consents.of_person(self._database, person)

    def sign_ons_of(self, person: str) -> tuple[StandingSignOn, ...]:
        """The person's sign-ons that have not ended, with the services that each has served."""
        found = sign_ons.of_person(self._database, person)
        return tuple(StandingSignOn(one, tuple(p.service for p in self.participants(one.root))) for one in found)

    def log_of_person(self, person: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of a person's own logins, the newest first."""
        return references.of_person(self._database, person, since, before, count)

    def log_waiting_of_person(self, person: str) -> tuple[Logged, ...]:
        """A person's logins that are not sealed yet."""
        return references.waiting(self._database, "person", person)

    def log_by_representation(self, id: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of the logins for another by a representation, the newest first."""
        return references.by_representation(self._database, id, since, before, count)

    def log_waiting_by_representation(self, id: str) -> tuple[Logged, ...]:
        """Those that are not sealed yet."""
        return references.waiting(self._database, "on_behalf", id)

    def forget_person(self, id: str, events: tuple[Event, ...] = ()) -> bool:
        """Forget a person, recorded; whether there was one. Raises Held."""
        known = self.person(id) is not None
        self.commit(Effects((change.ForgetPerson(id, self.clock()),), events))
        return known

    def evidence(self, person: str, sealed: bytes) -> bytes | None:
        """Evidence opened; None when the person was forgotten."""
        return persons.open_evidence(self._database, person, sealed)
