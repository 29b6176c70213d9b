"""Access decisions for programs: may this person, in this commission, see these resources of this patient?"""

from broker.care import decisions
from broker.care.calling import CareRefused, ResultCode
from broker.web.api import care_forms as forms
from broker.web.api import care_values as values
from broker.web.api.care_turn import CareTurn
from trust_framework.care import CareActor
from trust_framework.care_access import AccessQuestion, Ruling

NOBODY = CareActor("", "", "")
"""In place of an actor that was left out: staff are known by their token, and a system that names nobody is told so."""


def decided(turn: CareTurn) -> values.AccessDecisions:
    """An answer for each question. What cannot be decided or recorded is refused."""
    answers = decisions.all_answered(map(_asked, turn.body.questions), turn.who, turn.on, turn.now)
    return values.AccessDecisions(decisions=tuple(map(_told, answers)))


def _asked(sent: values.Question) -> decisions.Asked:
    patient, resources = forms.identifier(sent.patient), forms.resources(sent.resources)
    if sent.person is not None:
        return decisions.PrivateQuestion(forms.identifier(sent.person), sent.through, patient, resources)
    actor = forms.actor(sent.actor) or NOBODY
    return AccessQuestion(actor, patient, resources, unable_to_consent=sent.unable_to_consent)


def _told(answer: decisions.Answer) -> values.AccessDecision:
    if isinstance(answer, CareRefused):
        return values.AccessDecision(problem=f"{_WORDS.get(answer.code, 'invalid')}.{answer.reason}")
    return values.AccessDecision(rulings=tuple(map(_ruling, answer)))


_WORDS = {ResultCode.ACCESSDENIED: "denied", ResultCode.ERROR: "unavailable"}


def _ruling(one: Ruling) -> values.Ruling:
    grounds = tuple(
        values.GroundTold(rule=each.rule, code=each.code, source=each.source, about=each.about) for each in one.grounds
    )
    return values.Ruling(id=one.resource, access=one.access.value, grounds=grounds)
