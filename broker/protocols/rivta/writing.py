"""Types that the domains share, as the content of answers: numbers, who acted, results."""

from collections.abc import Iterable

from broker.care.calling import CareRefused, ResultCode
from broker.protocols.rivta.operation import Domain
from broker.protocols.rivta.reading import written_instant
from broker.protocols.rivta.texts import sentence
from metadata.wire.soap import Content
from trust_framework.care import Act, Staff
from trust_framework.identifiers import Identifier

Named = tuple[str, "str | Content"]


def result(domain: Domain, code: str, text: str = "") -> Content:
    """ResultType."""
    return (("resultCode", domain.word(code)), *maybe("resultText", text))


def refusal(domain: Domain, error: CareRefused) -> Content:
    """The result of a call that is not done, with a sentence that may be shown to people."""
    text = sentence(error.code, error.reason, error.field)
    return (("resultCode", domain.word(error.code, error.reason)), *maybe("resultText", text))


def done(domain: Domain, code: ResultCode) -> Content:
    """The result of a call that is done; INFO says what is not as it should."""
    return result(domain, code, sentence(code, "rows") if code is ResultCode.INFO else "")


def untold(domain: Domain) -> Content:
    """The result of a call that is done here, and has not reached the other node in the time that the caller would wait."""
    return result(domain, ResultCode.INFO, sentence(ResultCode.INFO, "not-replicated"))


def maybe(name: str, value: "str | Content | None") -> tuple[Named, ...]:
    """An element that is left out when it is empty."""
    return ((name, value),) if value else ()


def maybe_instant(name: str, at: int | None) -> tuple[Named, ...]:
    """An instant that is left out when there is none."""
    return () if at is None else ((name, written_instant(at)),)


def identifier(of: Identifier) -> Content:
    """IIType."""
    return (("root", of.oid), ("extension", of.value))


def act(of: Act) -> Content:
    """ActionType."""
    return (
        ("requestDate", written_instant(of.requested_at)),
        ("requestedBy", _staff(of.requested_by)),
        ("registrationDate", written_instant(of.registered_at)),
        ("registeredBy", _staff(of.registered_by)),
        *maybe("reasonText", of.reason),
    )


def maybe_act(name: str, of: Act | None) -> tuple[Named, ...]:
    """An act that is left out when it did not happen."""
    return () if of is None else ((name, act(of)),)


def _staff(of: Staff) -> Content:
    """ActorType. A patient who acted has no employee's id: the element is there, and empty."""
    return (
        ("employeeId", of.employee),
        *maybe("assignmentId", of.assignment),
        *maybe("assignmentName", of.assignment_name),
    )


def each(name: str, contents: Iterable[Content]) -> Content:
    """An element for each."""
    return tuple((name, content) for content in contents)
