"""Integration snippets: a ready text for a usual stack, with the member's own values.

Each is a file of `snippet_texts` in which `@name@` stands for a value. Values are checked before they are put in: what
could end a string or a line in any of the languages is refused, so that no value becomes code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

SAFE: Final = re.compile(r"[A-Za-z0-9._~:/?#@!*+,;=%-]+( [A-Za-z0-9._~:/-]+)*|")
"""Signs of addresses and ids, and words of a scope: no quotes, backslashes, dollar signs, brackets, ampersands."""

_NAME: Final = re.compile(r"@([a-z_]+)@")


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that we have a text for."""

    id: str
    name: str
    protocol: str
    file: str


STACKS: Final = (
    Stack("python", "Python", "oidc", "python.py"),
    Stack("node", "Node.js", "oidc", "node.mjs"),
    Stack("spring", "Spring Boot", "oidc", "spring.yaml"),
    Stack("aspnet", "ASP.NET Core", "oidc", "aspnet.cs"),
    Stack("keycloak", "Keycloak", "oidc", "keycloak.json"),
    Stack("mod_auth_openidc", "Apache mod_auth_openidc", "oidc", "mod_auth_openidc.conf"),
    Stack("mod_auth_mellon", "Apache mod_auth_mellon", "saml", "mod_auth_mellon.conf"),
    Stack("shibboleth", "Shibboleth SP", "saml", "shibboleth2.xml"),
)


class UnfitValue(ValueError):
    """A value cannot stand in a text of program code."""


def values_of(base_url: str, service: str, content: Mapping[str, object]) -> dict[str, str]:
    """What stands in the texts, of an entry of the register."""
    oidc = content.get("oidc")
    registered = oidc if isinstance(oidc, Mapping) else {}
    words = str(registered.get("scope", "openid")).split()
    redirects = registered.get("redirect_uris") or ("",)
    return {
        "issuer": base_url,
        "service": service,
        "client_id": str(registered.get("client_id", "")),
        "redirect_uri": str(redirects[0]),
        "scope": "+".join(words),
        "scope_list": ",".join(words),
        "scope_words": " ".join(words),
    }


def snippet(stack: Stack, values: Mapping[str, str]) -> str:
    """The text. Raises UnfitValue."""
    text = files("broker.federation").joinpath("snippet_texts", f"{stack.file}.txt").read_text("utf-8")
    return _NAME.sub(lambda found: _fit(values[found[1]]), text)


def _fit(value: str) -> str:
    if not SAFE.fullmatch(value):
        raise UnfitValue(value[:100])
    return value
