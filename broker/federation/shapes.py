"""Whether what a proposal holds is shaped as an entry is. A draft may hold anything, and is read all the same.

Owns which model is which kind's, and what of a content can be read. What its values mean together is `checks`.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from broker.federation.member import MemberEntry
from broker.federation.register import Content
from broker.federation.schema import ProviderEntry, ServiceEntry
from broker.federation.values import Entry

_MODELS: Final[Mapping[str, type[Entry]]] = {
    "member": MemberEntry,
    "service": ServiceEntry,
    "identity_provider": ProviderEntry,
}


def fits(kind: str, content: Content) -> bool:
    """Whether all of it is shaped as an entry of the kind is; of other kinds nothing is asked."""
    try:
        if model := _MODELS.get(kind):
            model.model_validate(content)
    except ValidationError:
        return False
    return True


def readable(kind: str, content: Content) -> dict[str, Any]:
    """What stands under the keys that are shaped as those of an entry are: of what is under work, what there is of it so far."""
    try:
        _MODELS[kind].model_validate(content)
    except ValidationError as error:
        odd = {str(fault["loc"][0]) for fault in error.errors(include_url=False, include_input=False) if fault["loc"]}
        return {key: value for key, value in content.items() if key not in odd}
    return dict(content)
