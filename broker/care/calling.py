"""Who calls care's registers, what they work with, and how they answer: the same for JSON, SOAP, pages and jobs.

A service function takes a wish (values as the caller sent them), the `Caller`, `CareServices` and the time. It returns `Done`,
whose effects the caller commits before anything leaves, or raises `CareRefused`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar, cast

from broker.care.access_values import LogIdTaken
from broker.care.ports import CareStore
from broker.login.effects import NOTHING, Effects, Overtaken, anew
from broker.login.ports import Services
from trust_framework.care import CareActor, Staff
from trust_framework.care_register import CareRegister
from trust_framework.representation import AgeRules

T = TypeVar("T")


class CallerKind(StrEnum):
    """What calls: staff on a page or with a token, a record system, the patient on My page, or the installation itself (a job,
    a copy from another node).
    """

    STAFF = "staff"
    CLIENT = "client"
    PATIENT = "patient"
    SYSTEM = "system"


class ResultCode(StrEnum):
    """How a call went, in the words of the contracts (Result.resultCode). Only OK and INFO mean that it was done."""

    OK = "OK"
    INFO = "INFO"
    ERROR = "ERROR"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    ACCESSDENIED = "ACCESSDENIED"
    NOTFOUND = "NOTFOUND"
    ALREADYEXISTS = "ALREADYEXISTS"
    INVALIDSTATE = "INVALIDSTATE"


class CareRefused(Exception):
    """The call is not done. `code` is the contracts' word, `reason` says why (a code of the texts), `field` what was wrong."""

    def __init__(self, code: ResultCode, reason: str, field: str = "") -> None:
        super().__init__(f"{code} {reason} {field}".strip())
        self.code, self.reason, self.field = code, reason, field


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `person` is the register's id of the human (the patient's own on My page), `client` the id of the system;
    `staff` is who is entered as having acted; `providers` are those that the caller may act for, by HSA-id in compare form;
    `actor` is the commission that staff have chosen, `system_roles` what it lets them do in systems (systemRole). `reference`
    ties page, log and support call together.
    """

    kind: CallerKind
    person: str = ""
    member: str = ""
    client: str = ""
    staff: Staff = field(default_factory=lambda: Staff(""))
    providers: frozenset[str] = frozenset()
    actor: CareActor | None = None
    system_roles: frozenset[str] = frozenset()
    reference: str = ""
    representative: str = ""

    def may_act_for(self, provider: str) -> bool:
        """Whether the caller may read and write entries of a provider (HSA-id in compare form)."""
        return self.kind is CallerKind.SYSTEM or provider in self.providers

    @property
    def by(self) -> str:
        """Who acted, as events name them: a person's random id, else a system's."""
        return self.representative or self.person or self.client


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The call is done once `effects` are committed. INFO says that something in `result` was not as it should."""

    result: T
    effects: Effects = NOTHING
    code: ResultCode = ResultCode.OK


def carried_out(call: Callable[[], Done[T]], store: CareStore) -> Done[T]:
    """Make a call, anew when another overtook it, and commit what it does. Raises CareRefused, StorageUnavailable."""

    def made() -> Done[T]:
        done = call()
        if done.effects != NOTHING:
            store.commit(done.effects)
        return done

    try:
        return anew(made)
    except Overtaken as error:
        raise CareRefused(ResultCode.ERROR, "overtaken") from error
    except LogIdTaken as error:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "log-id-taken", "logId") from error


@dataclass(frozen=True, slots=True)
class CareServices:
    """What a call works with: the store and the providers of the running register, at its `version`. `stale_after`: seconds for
    which a copy of another node's blocks may be answered from; 0 where there is no other node. `most_opened`: the share of the
    copies, in hundredths, that may end or be lifted by what it says in a day. `ages`: of guardians and children. `feigned`:
    where nothing is real, further numbers that the installation says are nobody's; None where numbers are people's.
    """

    store: CareStore
    register: CareRegister
    version: int = 0
    stale_after: int = 0
    most_opened: int = 100
    ages: AgeRules = field(default_factory=AgeRules)
    feigned: frozenset[str] | None = None


def services_of(on: Services) -> CareServices:
    """What care works with, out of what every step works with."""
    federation, settings = on.federation(), on.settings
    return CareServices(
        cast("CareStore", on.store),
        federation.care,
        federation.version,
        settings.care_node_stale_after if settings.care_node_url else 0,
        settings.care_node_most_opened,
        settings.ages,
        settings.feigned_numbers,
    )
