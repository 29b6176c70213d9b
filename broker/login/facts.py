"""The facts a decision needs, gathered once and only as far as the request makes them matter."""

from broker.login.ports import Services
from broker.login.request import LoginRequest, Transaction
from trust_framework.attributes import CATALOGUE, Source
from trust_framework.decide import Case
from trust_framework.facts import DIRECTORY
from trust_framework.identity import Identity
from trust_framework.members import ConsentPolicy, RelyingParty
from trust_framework.on_behalf import Mandate
from trust_framework.persons import Person
from trust_framework.providers import gone
from trust_framework.representation import Representation, described


def case_of(tx: Transaction, on: Services) -> Case:
    """The case of a login whose person is identified."""
    if tx.identity is None or tx.person is None:
        raise TypeError("a case needs an identified person")
    return gather(tx.request, tx.identity, tx.person, tx.commission, on, on_behalf=tx.on_behalf, consented=tx.consented)


def gather(
    request: LoginRequest,
    identity: Identity,
    person_id: str,
    commission: str | None,
    on: Services,
    *,
    on_behalf: str | None = None,
    consented: str | None = None,
    unattended: bool = False,
) -> Case:
    """The case of a person and a request, whoever asks: a login, a refresh, userinfo.

    `on_behalf` is for whom the person chose to act, `consented` the hash of what they agreed to in this very step, not yet on
    record.
    """
    federation = on.federation()
    party = federation.parties[request.service]
    person = on.store.person(person_id) or Person(person_id)
    asks = party.consent is ConsentPolicy.ASK or federation.policies.asks(party, party.attributes)
    consents = on.store.consents(person_id, party.id) if asks else ()
    return Case(
        party=party,
        wanted=request.wanted,
        identity=identity,
        person=person,
        staff=on.store.staff(person_id) if wants_directory(request, party) else (),
        commission=commission,
        consents=consents,
        agreed=consented,
        agreements=federation.agreements_of.get(party.id, ()),
        policies=federation.policies,
        categories=federation.categories,
        unattended=unattended,
        terms=federation.providers.get(identity.method) or gone(identity.method),
        mandates=mandates(person_id, on) if wants_representation(request, party) else (),
        on_behalf=on_behalf,
        ages=on.settings.ages,
    )


def mandates(person_id: str, on: Services) -> tuple[Mandate, ...]:
    """What a person holds of others' representations, whether they hold now or not. Of who has been forgotten, nothing."""
    held = (one for one in on.store.representations_of(person_id) if one.representative == person_id != one.person)
    return tuple(mandate for one in held if (mandate := _mandate(one, on)))


def _mandate(one: Representation, on: Services) -> Mandate | None:
    if one.organisation:
        return Mandate(one, described(None, "", {}))
    person = on.store.person(one.person)
    if person is None:
        return None
    known = {**(one.given.giver if one.given else {}), **person.attributes}
    return Mandate(one, described(person, one.person, known), known)


def wants_representation(request: LoginRequest, party: RelyingParty) -> bool:
    """Whether people may act for others at the service, and it asks for a detail of whom, which it may have."""
    return bool(party.on_behalf_of) and any(
        asked.name in party.attributes and CATALOGUE[asked.name].source is Source.REPRESENTATION
        for asked in request.wanted.requested
        if asked.name in CATALOGUE
    )


def wants_directory(request: LoginRequest, party: RelyingParty) -> bool:
    """Whether any detail that the service asks for, and may have, comes from the directory, or a commission is needed."""
    return request.wanted.acting_in is not None or any(
        asked.name in party.attributes and CATALOGUE[asked.name].source in DIRECTORY
        for asked in request.wanted.requested
        if asked.name in CATALOGUE
    )
