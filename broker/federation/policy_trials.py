"""A change of a release policy: what it would do over all services, and proposing it. For pages and programs alike."""

from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from broker.federation import proposals, sharing
from broker.federation.proposals import Answer, Desk, Done
from broker.federation.register import Content
from broker.federation.sharing_schema import PolicyEntry
from broker.login.own import IDS
from broker.login.ports import Federation
from trust_framework.approval import Refused
from trust_framework.dry_run import Impact, Terms, impacts
from trust_framework.policies import Policies, Policy
from trust_framework.roles import Actor

KIND: Final = "policy"


def read(content: Content | None) -> Policy | None:
    """The policy that an entry says, None when it says none."""
    try:
        return sharing.policy(PolicyEntry.model_validate(content))
    except ValidationError:
        return None


def impacts_of(wanted: Policy, federation: Federation, now: int) -> tuple[Impact, ...]:
    """What the change would do over all services, once it has begun."""
    others = tuple(each for each in federation.policies.all if each.id != wanted.id)
    at = max(now, (wanted.coming or wanted.rule).since)

    def agreements(service: str) -> tuple[Any, ...]:
        return federation.agreements_of.get(service, ())

    parties = (party for id_, party in federation.parties.items() if id_ not in IDS)
    before = Terms(federation.policies, agreements, federation.categories)
    return impacts(parties, before, replace(before, policies=Policies((*others, wanted))), at)


def proposed(content: Content, actor: Actor, desk: Desk) -> Answer:
    """The change, drafted and sent in at once: others approve it."""
    drafted = proposals.draft(KIND, str(content["id"]), "", content, actor, desk)
    if isinstance(drafted, Refused):
        return drafted
    sent = proposals.submit(drafted.proposal, "", actor, desk)
    return sent if isinstance(sent, Refused) else Done(sent.proposal, drafted.effects + sent.effects)
