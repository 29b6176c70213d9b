"""What the contract suite of login methods needs of each: a line here, and a function beside the method's own helpers."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from idp_adapters.base import Adapter, Ask, Inbound
from trust_framework.providers import ProviderTerms

NOW = 1_800_000_000

# kind → "module:function" of a function without parameters that gives an UnderTest
FACTORIES: dict[str, str] = {
    "bankid": "tests.support.phone:under_test",
    "card": "tests.support.card_world:under_test",
    "oidc": "tests.support.upstream:oidc_under_test",
    "saml": "tests.support.upstream:saml_under_test",
    "test": "tests.support.personas:under_test",
}


@dataclass(frozen=True)
class UnderTest:
    """A method made for the suite. `completing` drives one login, begun with the ask given at `NOW`, to where the next
    `resume(state, inbound, now)` identifies the person, and gives those three.
    """

    adapter: Adapter
    terms: ProviderTerms
    completing: Callable[[Ask], tuple[bytes, Inbound, int]]


def under_test(kind: str) -> UnderTest:
    module, _, function = FACTORIES[kind].partition(":")
    return getattr(import_module(module), function)()


def ask(**changes) -> Ask:
    values = {
        "login": "login-1",
        "return_url": "https://tillit.example/login/login-1/return",
        "service_name": "Provportalen",
        "requester": "https://sp.example/metadata",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "remote": "192.0.2.7",
    }
    return Ask(**{**values, **changes})
