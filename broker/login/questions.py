"""The questions between identification and release: at which page each is put, and what answers it where no page may be shown.

A new question is a row of `STAGES`, an answer here, and its page. What the person answers goes back through `journey`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, assert_never

from broker.login.request import Transaction
from broker.login.steps import Stage
from trust_framework.case import AskCommission, AskConsent, AskOnBehalf
from trust_framework.on_behalf import MYSELF

Question = AskCommission | AskOnBehalf | AskConsent

STAGES: Final[Mapping[type[Question], Stage]] = {
    AskCommission: Stage.COMMISSION,
    AskOnBehalf: Stage.ON_BEHALF,
    AskConsent: Stage.CONSENT,
}


def by_itself(tx: Transaction, question: Question) -> Transaction:
    """The login as its method answers for the person: the first commission, for nobody else, and yes."""
    match question:
        case AskCommission(choices):
            return replace(tx, commission=choices[0].hsa_id)
        case AskOnBehalf():
            return replace(tx, on_behalf=MYSELF)
        case AskConsent(shown=shown):
            return replace(tx, consented=shown)
        case _:
            assert_never(question)
