"""The made-up persons of the test issuer, and the federation's methods as they log them in: simulated.

Owns what each person is, and what a simulated method keeps of a real one: its id, its name, its levels, the details it knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from broker.federation import directory
from broker.federation.directory import Listed
from broker.federation.faults import Faults
from broker.federation.schema import FederationFile
from broker.federation.yaml_text import read_yaml
from idp_adapters.base import Adapter
from idp_adapters.simulated import ISSUER, Simulated
from trust_framework import loa
from trust_framework.attributes import CATALOGUE, Source
from trust_framework.identity import Attributes
from trust_framework.providers import RESERVED, ProviderTerms

_NAMES: Final = {"sv": "{} (simulerad)", "en": "{} (simulated)"}
_SCOPES: Final = frozenset({"2329999912", "region.example", "privat.example"})
_ASSERTABLE: Final = frozenset(
    name for name, row in CATALOGUE.items() if row.source is Source.LOGIN and name not in RESERVED
)
_ANY: Final = ProviderTerms(
    id="simulated",
    names={"sv": "E-legitimation", "en": "e-ID"},
    ceiling=f"{loa.ELEGNAMNDEN}loa4",
    levels={uri: uri for uri in loa.LEVELS if loa.known(uri)},
    identifiers=frozenset({"personalIdentityNumber"}),
)
"""The method of a federation that has none yet."""


def methods(real: Mapping[str, ProviderTerms]) -> tuple[dict[str, ProviderTerms], dict[str, Adapter]]:
    """Each method of the federation, simulated, by id: its terms, and what logs persons in."""
    terms = {each.id: _terms(each) for each in _real(real)}
    return terms, {id_: Simulated(id_, _known(each), each.gives()) for id_, each in terms.items()}


def _real(real: Mapping[str, ProviderTerms]) -> Iterable[ProviderTerms]:
    return real.values() or (_ANY,)


def _terms(real: ProviderTerms) -> ProviderTerms:
    """The real terms in our own words: the same levels and details, of persons that are nobody's."""
    names = set(real.attributes.values()) or _ASSERTABLE
    return replace(
        real,
        names={language: _NAMES[language].format(name) for language, name in real.names.items() if language in _NAMES},
        levels={level: level for level in real.gives()},
        attributes={name: name for name in sorted(names)},
        scopes=_SCOPES,
        identifiers=real.identifiers & names,
    )


def _known(terms: ProviderTerms) -> dict[str, Attributes]:
    """What a method would know of each person."""
    return {
        id_: {name: values for name, values in person.items() if name in terms.attributes}
        for id_, person in persons().items()
    }


@cache
def _file() -> tuple[FederationFile, Mapping[str, Mapping[str, str]]]:
    read = read_yaml((files("broker.federation") / "test_persons.yaml").read_bytes()).content
    labels = read.pop("labels")
    return FederationFile.model_validate({"tillit": "1", **read}), labels


def persons() -> Mapping[str, Attributes]:
    """What is known of each made-up person, by the id that a test names."""
    return {person.id: person.__pydantic_extra__ or {} for person in _file()[0].persons}


def labels() -> Mapping[str, Mapping[str, str]]:
    """What each made-up person is to a team that tests, by language."""
    return _file()[1]


def listed() -> tuple[Listed, ...]:
    """The directory of the made-up persons."""
    faults = Faults({})
    found = directory.listed(_file()[0], faults, test_method=ISSUER)
    faults.stop_if_any()
    return found
