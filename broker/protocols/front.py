"""What the web asks of a protocol's front, and the two ways in which a request can be refused.

A front is a module-like value with two functions. Its name is `LoginRequest.protocol`.
"""

from typing import Protocol

from broker.login.ports import Services
from broker.login.steps import Answer, Issue, Tell
from trust_framework.reasons import REASONS, Reason


class Front(Protocol):
    """The side of a protocol that answers a service. Both raise UnprovenAddress when the register no longer knows it."""

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        """The assertion or code, and the event that must be on record before it leaves."""
        ...

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:
        """The protocol's own word for a refusal, with the reason's sentence and the reference."""
        ...


class Answered(Exception):
    """The request is wrong, and its sender is proven: the protocol's error goes to the address in `answer`.

    A request whose sender or address is unproven raises `trust_framework.reasons.Refusal` instead, and gets a page.
    `reason` and `reference` are what the answer tells, for the log.
    """

    def __init__(self, answer: Answer, reason: Reason = REASONS["request-malformed"], reference: str = "") -> None:
        super().__init__(answer.delivery.address.service)
        self.answer, self.reason, self.reference = answer, reason, reference
