"""A login method of the test issuer: a real method's name and terms, and made-up persons instead of whoever would log in.

It is no row of the catalogue: no federation file can name it, and only the test issuer makes it. The page that it asks for
names a person, a level, and whether the person gives up.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from idp_adapters.base import Ask, AskHint, Authenticated, Consume, Failed, Inbound, Resumed, Started
from metadata.wire.strict_json import BadJson, read_object
from trust_framework.identity import Asserted, Attributes, Subject
from trust_framework.reasons import REASONS

PERSON: Final = "person"
LEVEL: Final = "level"
COMMISSION: Final = "commission"
CANCELLED: Final = "cancelled"
"""Parameters that say who logs in, how safely, in which commission, and whether the person turns back."""

ISSUER: Final = "test"
FORMAT: Final = "persona"
_ONCE_KEPT: Final = 3600


@dataclass(frozen=True, slots=True)
class Simulated:
    """The adapter. `persons` has what the method knows of each, with catalogue names; `levels` what it can give."""

    id: str
    persons: Mapping[str, Attributes] = field(repr=False)
    levels: tuple[str, ...]

    def start(self, ask: Ask, now: int) -> Started:  # noqa: ARG002  # nothing is dated before somebody answers
        """Ask who it shall be."""
        if ask.passive:
            return Failed(REASONS["passive-impossible"])
        wanted = [level for level in ask.levels if level in self.levels]
        return AskHint(json.dumps({"login": ask.login, "levels": wanted or self.levels}).encode())

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Resumed:
        """As the page says."""
        try:
            kept = read_object(state)
            login, levels = str(kept["login"]), tuple(map(str, kept["levels"]))
        except (BadJson, KeyError, TypeError):
            return Failed(REASONS["internal"], "state not readable")
        given = inbound.parameters
        if given.get(CANCELLED):
            return Failed(REASONS["user-cancelled"], "as was chosen", pageless=True)
        person, level = given.get(PERSON, ""), given.get(LEVEL) or levels[0]
        if person not in self.persons or level not in self.levels:
            return Failed(REASONS["login-failed"], "no such person or level")
        asserted = Asserted(
            subject=Subject(ISSUER, FORMAT, person),
            level=level,
            authenticated_at=now,
            attributes=self.persons[person],
            authn_methods=("test",),
        )
        return Authenticated(asserted, (Consume("test-login", login, now + _ONCE_KEPT),), given.get(COMMISSION) or None)
