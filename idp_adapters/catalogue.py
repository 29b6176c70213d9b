"""The login methods, one line each: kind → "module:Class". To add a method, write its file and a line here.

A class named here is a pydantic model of the method's settings (from the federation file) with two functions:
`terms(id) -> ProviderTerms` and `adapter(id, tools) -> Adapter`. Modules are imported when a method of their kind is in
use, never before.
"""

from importlib import import_module
from typing import Protocol, cast

from idp_adapters.base import Adapter, Tools
from trust_framework.providers import ProviderTerms

METHODS: dict[str, str] = {
    "card": "idp_adapters.methods.card:CardSettings",
    "bankid": "idp_adapters.methods.bankid:BankIdSettings",
    "saml": "idp_adapters.methods.saml:SamlSettings",
    "oidc": "idp_adapters.methods.oidc:OidcSettings",
    "test": "idp_adapters.methods.test:TestSettings",
}


class MethodSettings(Protocol):
    """Settings of one method, able to make it."""

    def terms(self, method_id: str) -> ProviderTerms: ...

    def adapter(self, method_id: str, tools: Tools) -> Adapter: ...


class UnknownMethod(Exception):
    """No line of the catalogue has this kind."""


def settings_class(kind: str) -> type[MethodSettings]:
    """The settings class of a kind of method. Raises UnknownMethod."""
    if kind not in METHODS:
        raise UnknownMethod(kind)
    module, _, name = METHODS[kind].partition(":")
    return cast("type[MethodSettings]", getattr(import_module(module), name))
