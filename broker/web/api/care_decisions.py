"""Access decisions for programs: may this person, in this commission, see these resources of this patient?"""

from broker.care import decisions
from broker.care.calling import CareRefused, ResultCode
from broker.web.api import care_forms as forms
from broker.web.api import care_values as values
from broker.web.api.care_turn import CareTurn
from trust_framework.care import CareActor
from trust_framework.care_access import AccessQuestion, Ruling
from trust_framework.rules.swedish import SwedishFacts

NOBODY = CareActor("", "", "")
"""In place of an actor that was left out: staff are known by their token, and a system that names nobody is told so."""


def decided(turn: CareTurn) -> values.AccessDecisions:
    """An answer for each question. What cannot be decided or recorded is refused."""
    return values.AccessDecisions(decisions=tuple(_decided(question, turn) for question in turn.body.questions))


def _decided(asked: values.Question, turn: CareTurn) -> values.AccessDecision:
    actor = forms.actor(asked.actor) or NOBODY
    question = AccessQuestion(actor, forms.identifier(asked.patient), forms.resources(asked.resources))
    more = {"se": SwedishFacts(unable_to_consent=asked.unable_to_consent)}
    try:
        rulings = decisions.answered(question, turn.who, turn.on, turn.now, more)
    except CareRefused as refused:
        return values.AccessDecision(problem=f"{_WORDS.get(refused.code, 'invalid')}.{refused.reason}")
    return values.AccessDecision(rulings=tuple(map(_ruling, rulings)))


_WORDS = {ResultCode.ACCESSDENIED: "denied", ResultCode.ERROR: "unavailable"}


def _ruling(one: Ruling) -> values.Ruling:
    grounds = tuple(
        values.GroundTold(rule=each.rule, code=each.code, source=each.source, about=each.about) for each in one.grounds
    )
    return values.Ruling(id=one.resource, access=one.access.value, grounds=grounds)
