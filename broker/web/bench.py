"""The test bench: what the portal and the test issuer know of services in test, their runs, and who may be chosen."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from broker.federation import made_up
from broker.federation.testing import InTest, Tested
from broker.login.effects import Effects, KeepOnce, Once
from broker.protocols.testing.choice import AnswerKind, Choice
from broker.protocols.testing.fronts import RunStore
from broker.protocols.testing.run import Run
from broker.web.pages.frame import Names
from trust_framework import loa
from trust_framework.attributes import CATALOGUE

PRESET: Final = "test-preset"
PRESET_LIFETIME: Final = 600


class BenchStore(RunStore, Protocol):
    """What is read of the test issuer's store."""

    def tested(self, service: str, digest: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """The running test issuer as pages see it. Runs are looked up together with the member that they belong to."""

    base_url: str
    now: Callable[[], InTest]
    store: BenchStore

    def tested(self, service: str, org: str) -> Tested | None:
        """The member's service as it is in test now."""
        found = self.now().tested.get(service)
        return found if found is not None and found.org == org else None

    def services(self, org: str, now: InTest | None = None) -> tuple[Tested, ...]:
        """The member's services that are in test, by id; of `now` where that was asked for already."""
        own = [each for each in (now or self.now()).tested.values() if each.org == org]
        return tuple(sorted(own, key=lambda each: each.id))

    def runs(self, service: str, org: str) -> tuple[Run, ...]:
        """The runs of the member's service, the newest first."""
        return self.store.test_runs(service, org)

    def run(self, reference: str, service: str, org: str) -> Run | None:
        """One of them."""
        found = self.store.test_run(reference)
        return found if found is not None and (found.service, found.org) == (service, org) else None

    def passed(self, service: str, digest: str) -> int | None:
        """When the service last logged somebody in with just this content: evidence for who approves it."""
        return self.store.tested(service, digest)

    def prepare(self, choice: Choice, service: str, now: int) -> str:
        """Keep a choice for whichever browser comes with it first; the address to send it to."""
        secret = secrets.token_urlsafe(32)
        once = Once(PRESET, secret, service, now + PRESET_LIFETIME, {**asdict(choice), "answer": choice.answer.value})
        self.store.commit(Effects((KeepOnce(once),)))
        return f"{self.base_url}/forbered?h={secret}"


def no_bench() -> Bench:
    """Where there is no test issuer."""
    raise LookupError("no test issuer")


def choice_from(payload: Mapping[str, Any]) -> Choice:
    """What `prepare` kept."""
    given = {**payload, "without": tuple(payload["without"]), "answer": AnswerKind(payload["answer"])}
    return Choice(**given)


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose; `first` is what is chosen unless another is."""

    value: str
    names: Names
    first: bool = False


def persons() -> tuple[Option, ...]:
    """The made-up persons."""
    return tuple(Option(person, names, place == 0) for place, (person, names) in enumerate(made_up.labels().items()))


def label_of(person: str) -> Names:
    """What a made-up person is called in lists."""
    return made_up.labels().get(person, {"sv": person, "en": person})


def levels(given: Iterable[str], acceptable: Iterable[str]) -> tuple[Option, ...]:
    """The levels that a method can give, the strongest first; the one wanted most is chosen."""
    given = sorted(given, key=loa.rank, reverse=True)
    first = next((level for level in acceptable if level in given), "")
    return tuple(
        Option(level, {"sv": f"{loa.rank(level)} – {level}", "en": f"{loa.rank(level)} – {level}"}, level == first)
        for level in given
    )


def attributes(names: Iterable[str]) -> tuple[Option, ...]:
    """Details that an answer could lack."""
    return tuple(
        Option(name, {"sv": CATALOGUE[name].sv, "en": CATALOGUE[name].en}) for name in names if name in CATALOGUE
    )
