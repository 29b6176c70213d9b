"""An entry without what may change at once: the part that an approval is bound to.

Owns what of an entry's content is left out of the approved digest: the harmless aspects (`aspects`), wherever they stand,
in the entry, in a client's registration, in SAML metadata.
"""

from collections.abc import Mapping
from typing import Any, Final

from broker.federation.aspects import harmless_names
from metadata.wire.saml_metadata_trusted import trusted_form
from metadata.wire.xml import XmlRefused

METADATA: Final = "metadata_xml"


def trusted_part(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content without its harmless aspects, metadata in canonical form. What cannot be read stays as it is."""
    harmless = harmless_names(kind)
    kept = _without(content, harmless)
    for protocol in ("saml", "oidc"):
        if isinstance(within := kept.get(protocol), Mapping):
            kept[protocol] = _without(within, harmless)
    saml = kept.get("saml")
    if isinstance(saml, Mapping) and isinstance(xml := saml.get(METADATA), str):
        kept["saml"] = {**saml, METADATA: _trusted_metadata(xml)}
    return kept


def _without(values: Mapping[str, Any], harmless: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name.partition("#")[0] not in harmless}


def _trusted_metadata(xml: str) -> str:
    try:
        return trusted_form(xml.encode()).decode()
    except XmlRefused:
        return xml
