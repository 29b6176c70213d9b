"""The form of what a member is: its names, its type and roles, and what it is in an OpenID Federation."""

import json
from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import ValidationError as Unfit
from wtforms.fields import BooleanField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from broker.federation.openid_schema import SubordinateEntry
from broker.web.console.forms import ConsoleForm, line, longest, required, written
from broker.web.console.turn import ConsoleTurn
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.approval import LONGEST_REASON
from trust_framework.member_types import TYPES, MemberRole, MemberType

LONGEST_NAME: Final = 200
LONGEST_KEYS: Final = 20_000
OPENID: Final = "openid_federation"


class MemberForm(ConsoleForm):
    """What the organisation is called, what it is, and where it stands in an OpenID Federation (both fields, or neither)."""

    name_sv = StringField("apply.name-sv", [required(), written, longest(LONGEST_NAME), line])
    name_en = StringField("apply.name-en", [required(), written, longest(LONGEST_NAME), line])
    type = SelectField("apply.type", choices=[SelectChoice(each.value, "member-type." + each) for each in MemberType])
    roles = SelectMultipleField(
        "apply.roles", choices=[SelectChoice(each.value, "member-role." + each) for each in MemberRole]
    )
    entity_id = StringField("member.entity-id", [longest(LONGEST_NAME), line])
    jwks = TextAreaField("member.entity-jwks", [longest(LONGEST_KEYS)])
    intermediate = BooleanField("member.intermediate")
    reason = TextAreaField("trust.reason", [longest(LONGEST_REASON)])

    @classmethod
    def showing(cls, turn: ConsoleTurn, content: Mapping[str, Any]) -> Self:
        """The form with what stands."""
        names = content.get("names") or content.get("name") or {}
        entity = content.get(OPENID) or {}
        told = {
            "name_sv": names.get("sv", ""),
            "name_en": names.get("en", ""),
            "type": content.get("type", MemberType.USER_ORGANISATION.value),
            "roles": list(content.get("roles", ())),
            "entity_id": entity.get("entity_id", ""),
            "jwks": json.dumps(entity["jwks"], indent=2) if "jwks" in entity else "",
            "intermediate": bool(entity.get("intermediate")),
        }
        return cls.of(turn, told)

    def validate_roles(self, field: SelectMultipleField) -> None:
        """What its type may be."""
        known = {each.value: TYPES[each] for each in MemberType}
        may_be = {role.value for role in known[self.type.data].roles} if self.type.data in known else set()
        if set(field.data or ()) - may_be:
            raise ValidationError("apply.roles.wrong")

    def validate_jwks(self, field: TextAreaField) -> None:
        """Public keys of an entity whose identifier is one, or nothing of either."""
        given = [(self.entity_id.data or "").strip(), (field.data or "").strip()]
        if any(given) and not all(given):
            raise ValidationError("member.entity.whole")
        if all(given):
            _entity(*given)

    def content(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The member's entry as the form has it; what the form does not ask for stays."""
        kept = {name: value for name, value in before.items() if name not in {"type", "roles", OPENID}}
        names = {"sv": self.name_sv.data.strip(), "en": self.name_en.data.strip()}
        told: dict[str, Any] = {"name" if "name" in before else "names": names}
        if "type" in before or self.type.data != MemberType.USER_ORGANISATION.value:
            told["type"] = self.type.data
        if self.roles.data or before.get("roles") == []:
            told["roles"] = list(self.roles.data or ())
        return {**kept, **told, **self._openid(before.get(OPENID) or {})}

    def _openid(self, before: Mapping[str, Any]) -> dict[str, Any]:
        if not (self.entity_id.data or "").strip():
            return {}
        entity = _entity(self.entity_id.data.strip(), self.jwks.data.strip())
        rest = {name: value for name, value in before.items() if name != "intermediate"}
        below = {"intermediate": True} if self.intermediate.data else {}
        return {OPENID: {**rest, **entity, **below}}


def _entity(entity_id: str, pasted: str) -> dict[str, Any]:
    """An entity with its keys. Raises ValidationError."""
    try:
        found = {"entity_id": entity_id, "jwks": read_object(pasted.encode())}
        SubordinateEntry.model_validate(found)
    except BadJson as error:
        raise ValidationError("member.entity.not-json") from error
    except Unfit as error:
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        raise ValidationError("member.entity.bad-id" if "entity_id" in wrong else "member.entity.bad-keys") from error
    return found
