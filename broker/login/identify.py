"""From a method's word to a person of the federation: map, bound, recognise."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from broker.login.effects import PersonKey
from broker.login.ports import Services
from broker.login.request import Transaction
from idp_adapters.base import Authenticated
from trust_framework.identity import Identity
from trust_framework.providers import Dropped, ProviderTerms, accept
from trust_framework.reasons import REASONS, Refusal


@dataclass(frozen=True, slots=True)
class Known:
    """A person identified. `keys` are the keys by which the register shall find them from now on."""

    identity: Identity
    person: str
    keys: tuple[PersonKey, ...]
    proof: Authenticated
    dropped: tuple[Dropped, ...] = ()


def settle(tx: Transaction, proof: Authenticated, on: Services) -> Known:
    """Accept what the method asserted within its terms, and find or make the person. Raises Refusal."""
    terms = on.federation().providers[tx.method or ""]
    accepted = accept(proof.asserted, terms)
    keys = person_keys(accepted.identity, terms)
    found = on.store.persons_by_keys(keys)
    if len(found) > 1:
        raise Refusal(REASONS["upstream-value"], "the identifiers belong to different persons")
    person = next(iter(found)) if found else uuid.uuid4().hex
    return Known(accepted.identity, person, keys, proof, accepted.dropped)


def person_keys(identity: Identity, terms: ProviderTerms) -> tuple[PersonKey, ...]:
    """The keys of a person: national identifiers that this provider may vouch for, and its own subject.

    Names, mail and telephone never link two identities: providers do not verify them.
    """
    subject = identity.subject
    own = PersonKey("subject", f"{subject.issuer}\x1f{subject.format}\x1f{subject.value}")
    vouched = (
        PersonKey(name, value) for name in sorted(terms.identifiers) for value in identity.attributes.get(name, ())
    )
    return (*vouched, own)


def in_order_wanted(identities: Iterable[Identity], levels: tuple[str, ...]) -> list[Identity]:
    """Identities whose level the service asked for, most wanted first; all, when it asked for none."""
    if not levels:
        return list(identities)
    return sorted((i for i in identities if i.level in levels), key=lambda i: levels.index(i.level))
