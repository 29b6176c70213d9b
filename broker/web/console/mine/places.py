"""What care providers and units are called on My page: names, never HSA-ids."""

from collections.abc import Mapping

from broker.web.console.mine.turn import OwnTurn
from trust_framework.access_words import named
from trust_framework.care import CareProvider
from trust_framework.identifiers import hsa_compare_form

NOBODY: Mapping[str, str] = {"sv": "En vårdgivare", "en": "A care provider"}
NOWHERE: Mapping[str, str] = {"sv": "En enhet", "en": "A unit"}


def provider_name(id: str, mine: OwnTurn) -> str:
    """What a care provider is called."""
    found = mine.care.register.provider(id)
    return named(found.names if found else {}, mine.language) or NOBODY[mine.language]


def unit_name(id: str, mine: OwnTurn) -> str:
    """What a care unit is called; nothing for no unit."""
    if not id:
        return ""
    found = mine.care.register.provider_of_unit(id)
    return named(found.units[hsa_compare_form(id)].names if found else {}, mine.language) or NOWHERE[mine.language]


def providers(mine: OwnTurn) -> list[CareProvider]:
    """Every care provider, by name."""
    return sorted(mine.care.register.providers.values(), key=lambda one: (named(one.names, mine.language), one.hsa_id))
