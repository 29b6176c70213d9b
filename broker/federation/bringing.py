"""The file's content with all that it refers to in place: metadata, PEM, secrets; clients' secrets as keyed hashes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import BaseModel

from broker.federation.entries import SECRET_HASH, UPSTREAM_KINDS, method_kind
from broker.federation.faults import Faults, Place
from broker.federation.outside import Outside, Unreadable
from idp_adapters.catalogue import UnknownMethod, settings_class
from metadata.oidc import MINIMUM_SECRET

Values = Mapping[str, Any]
_KEYED_HASH: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Bringing:
    """Brings things into one file; what cannot be had goes to `faults`. Expects content of the right shape."""

    outside: Outside
    faults: Faults
    hash_secret: Callable[[str], bytes]
    short_secrets: bool = False

    def bring(self, content: Values) -> dict[str, Any]:
        """The whole content; nothing of the original is changed."""
        brought = dict(content)
        lists = (("services", self._service), ("identity_providers", self._upstream), ("feeds", self._feed))
        for key, change in lists:
            if key in content:
                brought[key] = [change(entry, (key, place)) for place, entry in enumerate(content[key])]
        if "methods" in content:
            brought["methods"] = {name: self._method(name, given) for name, given in content["methods"].items()}
        return brought

    def _service(self, entry: Values, place: Place) -> Values:
        if logo := entry.get("logo"):
            entry = {**entry, "logo": self._had(self.outside.logo, logo, (*place, "logo"))}
        if "saml" in entry:
            return {**entry, "saml": self._metadata(entry["saml"], (*place, "saml"))}
        return {**entry, "oidc": self._registration(entry["oidc"], (*place, "oidc"))}

    def _upstream(self, entry: Values, place: Place) -> Values:
        if "saml" in entry:
            return {**entry, "saml": self._metadata(entry["saml"], (*place, "saml"))}
        oidc = dict(entry["oidc"])
        if "client_secret" in oidc:
            oidc["client_secret"] = self._had(
                self.outside.secret, oidc["client_secret"], (*place, "oidc", "client_secret")
            )
        return {**entry, "oidc": oidc}

    def _metadata(self, saml: Values, place: Place) -> Values:
        if certificate := saml.get("metadata_certificate"):
            saml = {**saml, "metadata_certificate": self._pem(certificate, (*place, "metadata_certificate"))}
        if ("metadata" in saml) == ("metadata_xml" in saml):
            self.faults.add(place, "has either metadata (a path) or metadata_xml (the text)")
            return saml
        if "metadata" not in saml:
            return saml
        xml = self._had(self.outside.metadata, saml["metadata"], (*place, "metadata"))
        return {"metadata_xml": xml, **{name: value for name, value in saml.items() if name != "metadata"}}

    def _registration(self, registration: Values, place: Place) -> Values:
        """A client's registration, with the keyed hash of its secret in the secret's place."""
        if SECRET_HASH in registration:
            self._kept(registration, place)
        if "client_secret" not in registration:
            return registration
        secret = self._had(self.outside.secret, registration["client_secret"], (*place, "client_secret"))
        if secret and len(secret) < MINIMUM_SECRET and not self.short_secrets:
            self.faults.add((*place, "client_secret"), f"is shorter than {MINIMUM_SECRET} characters")
        rest = {name: value for name, value in registration.items() if name != "client_secret"}
        return {**rest, SECRET_HASH: self.hash_secret(secret).hex()}

    def _kept(self, registration: Values, place: Place) -> None:
        """What an export says of a secret: it holds where the key-encryption key is the same."""
        if "client_secret" in registration:
            self.faults.add((*place, SECRET_HASH), f"has either client_secret or {SECRET_HASH}")
        elif not _KEYED_HASH.fullmatch(str(registration[SECRET_HASH])):
            self.faults.add((*place, SECRET_HASH), "is no keyed hash as an export has it")

    def _feed(self, entry: Values, place: Place) -> Values:
        return {**entry, "certificate": self._pem(entry["certificate"], (*place, "certificate"))}

    def _method(self, id: str, given: Values) -> Values:
        """A method's settings with the PEM that its settings class marks."""
        brought = dict(given)
        for name in pem_settings(method_kind(id, given)):
            if name in given:
                brought[name] = self._pem(given[name], ("methods", id, name))
        return brought

    def _pem(self, value: Any, place: Place) -> Any:
        if isinstance(value, list):
            return [self._pem(each, (*place, at)) for at, each in enumerate(value)]
        return self._had(self.outside.pem, value, place)

    def _had(self, read: Callable[[str], str], value: Any, place: Place) -> str:
        if not isinstance(value, str):
            self.faults.add(place, "must be a text")
            return ""
        try:
            return read(value)
        except Unreadable as error:
            self.faults.add(place, str(error))
            return ""


def pem_settings(kind: str) -> tuple[str, ...]:
    """Names of a method's settings that hold PEM, as marked in its settings class."""
    if kind in UPSTREAM_KINDS:
        return ()
    try:
        model = cast("type[BaseModel]", settings_class(kind))
    except UnknownMethod:
        return ()
    marked = ((name, field.json_schema_extra) for name, field in model.model_fields.items())
    return tuple(name for name, extra in marked if isinstance(extra, dict) and extra.get("pem"))
