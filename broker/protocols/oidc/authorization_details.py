"""authorization_details (RFC 9396): the JSON of the one type that is understood, read into a wish and written again.

Every member of an element must be known and well-formed, since one that was ignored would be one that somebody counts on
(section 5). The texts of errors name members and never hold what was sent: it is about a patient.
"""

from collections.abc import Mapping
from typing import Any, Final

from metadata.wire.strict_json import BadJson, read_array
from trust_framework.care import EVER, PATIENT_KINDS, Period, Purpose, Resource, patient_identifier
from trust_framework.identifiers import Identifier, hsa_compare_form, hsa_id
from trust_framework.patient_context import ACTIONS, OWN, TYPE, ContextWish

PARAMETER: Final = "authorization_details"
MOST_RESOURCES: Final = 20
"""An access token travels in a header. Who asks about more asks the decision service, which takes many at once."""

LONGEST: Final = 64
"""Characters of an id, or of a type of information."""

_DEPTH: Final = 5
_MEMBERS: Final = frozenset({"type", "patient", "actions", "care_unit", "commission", "purpose", "resources"})
_OF_RESOURCE: Final = frozenset({"id", "provider", "unit", "from", "to", "type"})


class BadDetails(Exception):
    """The details are not ones that can be granted. `member` names where, the text says why (RFC 9396 section 5)."""

    code = "invalid_authorization_details"

    def __init__(self, member: str, why: str) -> None:
        super().__init__(f"{member} {why}")
        self.member = member


def read(text: str) -> ContextWish | None:
    """The wish in the parameter, None for an empty one. Raises BadDetails."""
    if not text:
        return None
    try:
        elements = read_array(text.encode(), depth=_DEPTH)
    except (BadJson, UnicodeEncodeError) as error:
        raise BadDetails(PARAMETER, "is not a JSON array of bounded depth") from error
    if len(elements) != 1:  # a token is about one patient, in one commission
        raise BadDetails(PARAMETER, "holds no element, or more than one")
    return read_element(elements[0])


def read_element(element: Any) -> ContextWish:
    """The wish in one element. Raises BadDetails."""
    members = _object(element, PARAMETER)
    if members.get("type") != TYPE:
        raise BadDetails("type", "is missing or not supported")
    _known(members, _MEMBERS, "")
    return ContextWish(
        patient=_patient(members.get("patient")),
        actions=_actions(members.get("actions")),
        care_unit=_hsa(members, "care_unit"),
        commission=_hsa(members, "commission"),
        purpose=_purpose(members),
        resources=_resources(members.get("resources", [])),
    )


def element(wish: ContextWish) -> dict[str, Any]:
    """The wish as an element again: what `read_element` takes."""
    chosen = {"care_unit": wish.care_unit, "commission": wish.commission, "purpose": wish.purpose}
    return {
        "type": TYPE,
        "patient": {"system": wish.patient.oid, "value": wish.patient.value},
        "actions": list(wish.actions),
        **{name: value for name, value in chosen.items() if value},
        **({"resources": [resource(each) for each in wish.resources]} if wish.resources else {}),
    }


def resource(one: Resource) -> dict[str, Any]:
    """A resource as a member of `resources`."""
    told = {
        "id": one.id,
        "provider": one.provider,
        "unit": one.unit or None,
        "from": one.recorded.start,
        "to": one.recorded.end,
        "type": one.type or None,
    }
    return {name: value for name, value in told.items() if value is not None}


# --- the members ------------------------------------------------------------------------------------------------------


def _object(value: Any, member: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadDetails(member, "is not an object")
    return value


def _known(members: Mapping[str, Any], known: frozenset[str], within: str) -> None:
    if not members.keys() <= known:
        raise BadDetails(within or PARAMETER, "holds a member that is not known")


def _text(members: Mapping[str, Any], name: str, within: str = "") -> str:
    """A short text, empty when absent."""
    value = members.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable() or (name in members and not value):
        raise BadDetails(within + name, "is not a short text")
    return value


def _hsa(members: Mapping[str, Any], name: str, within: str = "") -> str:
    """An HSA-id in compare form, empty when absent."""
    value = _text(members, name, within)
    if value and not hsa_id(value):
        raise BadDetails(within + name, "is not an HSA-id")
    return hsa_compare_form(value)


def _patient(value: Any) -> Identifier:
    members = _object(value, "patient")
    _known(members, frozenset({"system", "value"}), "patient")
    system, number = _text(members, "system", "patient."), _text(members, "value", "patient.")
    if system not in {kind.oid for kind in PATIENT_KINDS}:
        raise BadDetails("patient.system", "is not a kind of patient number that is known")
    if (found := patient_identifier(system, number)) is None:
        raise BadDetails("patient.value", "cannot be a number of this kind")
    return found


def _actions(value: Any) -> tuple[str, ...]:
    """At least one; the words in an order of ours, so that the same wish is always the same text."""
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each in ACTIONS for each in value):
        raise BadDetails("actions", f"is not a list of {', '.join(ACTIONS)}")
    return tuple(action for action in ACTIONS if action in value)


def _purpose(members: Mapping[str, Any]) -> str:
    value = _text(members, "purpose")
    if value and value not in set(Purpose):
        raise BadDetails("purpose", "is none of the purposes of a commission")
    return value


def _resources(value: Any) -> tuple[Resource, ...]:
    if not isinstance(value, list) or len(value) > MOST_RESOURCES:
        raise BadDetails("resources", f"is not a list of at most {MOST_RESOURCES}")
    found = tuple(map(_resource, value))
    if len({each.id for each in found}) != len(found):
        raise BadDetails("resources", "holds an id twice")
    return found


def _resource(value: Any) -> Resource:
    members = _object(value, "resources")
    _known(members, _OF_RESOURCE, "resources")
    within = "resources."
    if not (id_ := _text(members, "id", within)) or id_ == OWN:
        raise BadDetails("resources.id", "is missing, or a word that means something here")
    if not (provider := _hsa(members, "provider", within)):
        raise BadDetails("resources.provider", "is missing")
    recorded = Period(_instant(members, "from"), _instant(members, "to"))
    if recorded.inverted:
        raise BadDetails("resources.to", "is before from")
    return Resource(id_, provider, _hsa(members, "unit", within), recorded, _text(members, "type", within))


def _instant(members: Mapping[str, Any], name: str) -> int | None:
    """Whole epoch seconds (NumericDate), None when absent."""
    value = members.get(name)
    if name in members and (type(value) is not int or not -EVER < value < EVER):
        raise BadDetails(f"resources.{name}", "is not a whole number of seconds")
    return value
