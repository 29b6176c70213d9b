"""Which methods a login may use: the smallest choice that satisfies the request, and what each is asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from broker.login.ports import Federation, Services
from broker.login.request import Transaction, Visit
from idp_adapters.base import Adapter, Ask, CanStartHere, ClaimsHint
from trust_framework.members import State
from trust_framework.providers import ProviderTerms
from trust_framework.service_matching import Sought, Unfit, unfit


@dataclass(frozen=True, slots=True)
class Offered:
    """Method ids: those that will do, in the order to show them, and those that exist but will not, with the cause.

    Causes are those of `service_matching.Unfit`. `stopped` are those of them that would do, were they not stopped.
    """

    usable: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...] = ()
    stopped: tuple[str, ...] = ()


def acceptable(tx: Transaction, federation: Federation) -> tuple[str, ...]:
    """The level URIs that will do now: raised by the decision, else asked for, else the service's own."""
    return tx.levels or tx.request.wanted.levels or federation.parties[tx.request.service].levels


def offered(tx: Transaction, federation: Federation, now: int) -> Offered:
    """Sort the federation's methods into those that will do and those that will not."""
    party = federation.parties[tx.request.service]
    sought = Sought(frozenset(acceptable(tx, federation)), party.known_as, (party.methods, tx.request.methods), now)
    usable: list[str] = []
    hidden: list[tuple[str, str]] = []
    for method in _in_order(party.methods, federation.methods):
        if why := unfit(federation.providers[method], sought):
            hidden.append((method, why.value))
        else:
            usable.append(method)
    pointed_at = tuple(m for m in usable if _claims(federation.methods[m], tx.request.hint))
    stopped = tuple(m for m, why in hidden if why == Unfit.STOPPED and _only_stopped(federation.providers[m], sought))
    return Offered(pointed_at or tuple(usable), tuple(hidden), stopped)


def _only_stopped(terms: ProviderTerms, sought: Sought) -> bool:
    """Whether nothing but a stop, which may be lifted, keeps it from being used."""
    return terms.state is State.SUSPENDED and unfit(replace(terms, state=State.ACTIVE), sought) is None


def _claims(adapter: Adapter, hint: str | None) -> bool:
    return hint is not None and isinstance(adapter, ClaimsHint) and adapter.claims(hint)


def _in_order(preferred: tuple[str, ...], known: Iterable[str]) -> list[str]:
    return [*(m for m in preferred if m in set(known)), *(m for m in known if m not in preferred)]


def ask(tx: Transaction, method: str, visit: Visit, on: Services, *, same_device: bool) -> Ask:
    """What the journey wants of a method, in that method's words."""
    federation = on.federation()
    party = federation.parties[tx.request.service]
    terms = federation.providers[method]
    wanted = tx.request.wanted
    return Ask(
        login=tx.id,
        return_url=return_url(tx, method, federation, on),
        service_name=party.name(visit.language),
        requester=_requester(tx, federation),
        levels=terms.in_its_words(acceptable(tx, federation)),
        force=wanted.force,
        passive=wanted.passive,
        max_age=wanted.max_age,
        language=visit.language,
        hint=tx.request.hint,
        user_agent=visit.user_agent,
        remote=visit.remote,
        same_device=same_device,
    )


def return_url(tx: Transaction, method: str, federation: Federation, on: Services) -> str:
    """Where a method's answers come: its own registered address, the one for all SAML providers, or this very login."""
    base = on.settings.base_url
    if method in federation.provider_entities.values():
        return f"{base}/saml/acs"
    if isinstance(federation.methods[method], CanStartHere):
        return f"{base}/login/{tx.id}/mobil"
    return f"{base}/login/upstream/{method}/callback"


def _requester(tx: Transaction, federation: Federation) -> str:
    service = federation.register.services[tx.request.service]
    if service.saml:
        return service.saml.entity_id
    return service.oidc.client_id if service.oidc else service.id
