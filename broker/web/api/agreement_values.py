"""What the API takes and gives of sharing agreements and release policies, as models."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from broker.web.api.values import Model, Text


class ListedAgreement(Model):
    """An agreement in a list. `to_sign`: a complete draft waits for the caller's member."""

    id: str
    version: int
    standing: str
    to_sign: bool


class AgreementList(Model):
    """Some agreements by name; `next` is given as `after` for the next ones."""

    agreements: tuple[ListedAgreement, ...]
    total: int
    next: str | None = None


class AgreementNotice(Model):
    """What falls due of an agreement: which day (epoch seconds), and for whom when not for all."""

    kind: str
    at: int
    org: str


class AgreementShown(ListedAgreement):
    """An agreement as a federation file says it, without the ids of other parties' persons. `digest` is of the terms that wait
    for the signatures of `unsigned`; `lacking` keeps them from being signed; `acts` may be done by the caller now.
    """

    content: Mapping[str, Any]
    digest: str
    unsigned: tuple[str, ...]
    lacking: tuple[str, ...]
    acts: tuple[str, ...]
    notices: tuple[AgreementNotice, ...]


class AgreementTerms(Model):
    """A draft: the names, and the terms as a version of the federation file says them (without number and signatures)."""

    id: Text = Field(examples=["A-20"])
    names: Mapping[str, Text]
    terms: Mapping[str, Any]


class AgreementDeed(Model):
    """What an act needs: sign `digest`; suspend `reason`; resume `review`; left `gave` and `received`; confirm `name`, `mail` and
    perhaps `phone`; review `note`. Leave needs nothing.
    """

    digest: Text = ""
    reason: Text = ""
    review: Text = ""
    gave: Text = ""
    received: Text = ""
    name: Text = ""
    mail: Text = ""
    phone: Text = ""
    note: Text = ""


class Rule(Model):
    """A release policy as the federation file says it."""

    content: Mapping[str, Any]


class RuleImpact(Model):
    """What a change of a policy does to one service: attributes that it loses, gains, or gets on other conditions."""

    service: str
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    other: tuple[str, ...]


class RuleTrial(Model):
    """What a change of a policy would do over all services, and how it reads."""

    sentence: Mapping[str, str]
    impacts: tuple[RuleImpact, ...]
