"""Release policies for programs: what a change would do over all services, and proposing it."""

from broker.federation import policy_trials as trials
from broker.web.api import agreement_values as models
from broker.web.api import values
from broker.web.api.errors import ApiError
from broker.web.api.proposals import desk, done
from broker.web.api.turn import ApiTurn
from broker.web.console.policies import sentences
from trust_framework.policies import Policy


def tried(turn: ApiTurn) -> models.RuleTrial:
    """What a new or changed policy would do over all services. Nothing is kept."""
    wanted = _wanted(turn)
    federation = turn.on.services.federation()
    return models.RuleTrial(
        sentence=dict(sentences(wanted.coming or wanted.rule, federation)),
        impacts=tuple(
            models.RuleImpact(service=each.service, lost=each.lost, gained=each.gained, other=each.other)
            for each in trials.impacts_of(wanted, federation, turn.now)
        ),
    )


def proposed(turn: ApiTurn) -> values.Proposal:
    """Propose a new or changed policy: it is sent in at once, and others approve it."""
    _wanted(turn)
    return done(trials.proposed(turn.body.content, turn.actor, desk(turn)), turn)


def _wanted(turn: ApiTurn) -> Policy:
    wanted = trials.read(turn.body.content)
    if wanted is None:
        raise ApiError("malformed", "content: is no policy")
    return wanted
