"""Consent to release (samtycke): what was shown to the person, and whether that is on record.

A consent is for one recipient, one set of details and one text: another set or another wording asks again.
"""

import hashlib
import json
from typing import Final

from trust_framework.attributes import CATALOGUE, Sensitivity
from trust_framework.case import Case
from trust_framework.identity import Attributes
from trust_framework.members import ConsentPolicy, RelyingParty

TEXT_VERSION: Final = "1"
"""Goes up when the words of the consent page change what is agreed to."""


def shown_hash(
    party: RelyingParty, attributes: Attributes, *, with_values: bool = False, text_version: str = TEXT_VERSION
) -> str:
    """The hash of what the consent page shows. With `with_values`, a changed value asks again too."""
    details = {name: list(attributes[name]) if with_values else [] for name in attributes}
    shown = [text_version, party.id, party.member.org, dict(party.names), details]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def personal(attributes: Attributes) -> bool:
    """Whether anything in it tells of a person. What the catalogue does not know is taken to."""
    return any(
        name not in CATALOGUE or CATALOGUE[name].sensitivity is not Sensitivity.NOT_PERSONAL for name in attributes
    )


def missing(case: Case, attributes: Attributes, *, wanted: bool = False) -> str | None:
    """The hash that must be agreed to before the attributes go, or None when nothing more is needed. `wanted`: a release
    policy asks for it, whatever the service's terms say.
    """
    asks = wanted or case.party.consent is ConsentPolicy.ASK
    if not asks or not personal(attributes):
        return None
    shown = shown_hash(case.party, attributes)
    agreed = {case.agreed, *(consent.shown for consent in case.consents)}
    return None if shown in agreed else shown
