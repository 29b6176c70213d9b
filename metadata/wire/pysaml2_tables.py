"""The one use of pysaml2: its attribute maps, its entity category tables, and its model as a second reader of metadata.

Imported when first asked, by the command that checks a file, never by a start or a request. Its cryptography, bindings and
stores are not used (docs/decisions/020-what-pysaml2-does.md).
"""

from functools import cache
from importlib import import_module
from typing import Any, Final

_URI: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
_CATEGORY_MODULES: Final = ("refeds", "swamid", "edugain", "incommon")


@cache
def _maps() -> tuple[Any, ...]:
    factory = import_module("saml2.attribute_converter").ac_factory
    return tuple(factory())


def uri_name(name: str) -> str | None:
    """The attribute name in URI form of one in the basic, AD FS or Shibboleth families, or of a friendly name."""
    wanted = name.lower()
    local = next((each._fro[wanted] for each in _maps() if wanted in each._fro), name)  # noqa: SLF001  no public way
    by_local = next(each._to for each in _maps() if each.name_format == _URI)  # noqa: SLF001
    found = by_local.get(local.lower())
    return None if found is None else str(found)


@cache
def _categories() -> dict[str, frozenset[str]]:
    """What each known entity category asks for, by friendly names; for a pair of categories, each of the two."""
    found: dict[str, frozenset[str]] = {}
    for module in _CATEGORY_MODULES:
        release = import_module(f"saml2.entity_category.{module}").RELEASE
        for categories, attributes in release.items():
            for category in categories if isinstance(categories, tuple) else (categories,):
                found[category] = found.get(category, frozenset()) | frozenset(attributes)
    return found


def asked_by_category(category: str) -> frozenset[str] | None:
    """The friendly names of the attributes that an entity category of other federations stands for."""
    return _categories().get(category)


def objection(document: str) -> str | None:
    """Why pysaml2, as another implementation, does not take an EntityDescriptor that we have parsed; None if it does."""
    model, validate = import_module("saml2.md"), import_module("saml2.validate")
    try:
        model.entity_descriptor_from_string(document).verify()
    except (validate.NotValid, validate.OutsideCardinality, ValueError) as error:
        return str(error)
    return None
