"""Who a person is: what a login method asserted, and what tillit makes of it.

Owns the two values that every login passes through: `Asserted`, in the words of whoever identified the person, and
`Identity`, in the federation's own words after `trust_framework.providers.accept` has mapped and bounded it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Attributes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A key to a person that is unique within its issuer: (entity, kind of identifier, value)."""

    issuer: str
    format: str
    value: str


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a login method says, untranslated. Level and attribute names are the provider's; time is epoch seconds.
    `dated`: the provider vouches for `authenticated_at`; else it is when it answered, and may be long after the login.

    `evidence` (signatures, OCSP answers, certificates; base64 or text) is kept sealed with the log and never released.
    """

    subject: Subject
    level: str
    authenticated_at: int
    attributes: Attributes = field(default_factory=dict)
    authn_methods: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """A person identified, in our words: `level` is a level URI we may issue, attributes have catalogue names."""

    method: str
    subject: Subject
    level: str
    authenticated_at: int
    attributes: Attributes = field(default_factory=dict)
    authn_methods: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    dated: bool = True
