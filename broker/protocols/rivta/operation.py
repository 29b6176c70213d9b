"""What an operation of a service contract is: a row that names it, says what it does, and how its answer is wrapped."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.care.calling import Caller, CareServices, Done
from metadata.wire.soap import Content, Fields
from metadata.wire.wsdl import Interaction, wsdl

SCHEMAS: Final = Path(__file__).parent / "schemas"


@dataclass(frozen=True, slots=True)
class Domain:
    """A service domain. `namespace` is that of its operations, without one's name; `types` that of its types; `words` are result
    codes and reasons that have a code of their own in it. One with `capitals` begins its elements with them, and its requests end
    in Request.
    """

    name: str
    namespace: str
    types: str
    version: str
    words: tuple[tuple[str, str], ...] = ()
    capitals: bool = False

    def word(self, code: str, reason: str = "") -> str:
        """A result code as this domain spells it."""
        words = dict(self.words)
        return words.get(reason) or words.get(code, code)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a consumer: who, what it works with, when."""

    who: Caller
    on: CareServices
    now: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A row. `answer` does what is asked and gives what the answer says beside its result; `wrapped` puts the two together, with
    the fields that the schema wants even of a refusal. `under` is the part of a domain that is in parts; `most` is how many rows
    a request may have in one list. `replicated` says which block another node is to be told of, where a call may wait for that.
    """

    name: str
    domain: Domain
    answer: Callable[[Fields, Call], Done[Content]]
    wrapped: Callable[[Content, Content], Content]
    major: int
    about: str
    under: str = ""
    most: int = 500
    replicated: Callable[[Fields, Call], str] | None = None

    @property
    def namespace(self) -> str:
        """That of request and answer."""
        return f"{self._stem}:{self.name}Responder:{self.major}"

    @property
    def _stem(self) -> str:
        return f"{self.domain.namespace}:{self.under}" if self.under else self.domain.namespace

    @property
    def request(self) -> str:
        """The name of the request's element."""
        return f"{self.name}Request" if self.domain.capitals else self.name

    @property
    def soap_action(self) -> str:
        """What the header SOAPAction says."""
        return f"{self.namespace}:{self.name}"

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/rivta/{self.name}/{self.major}"

    @property
    def schema(self) -> str:
        """The file of its schema."""
        return f"{self.name}Responder_{self.major}.0.xsd"

    def described(self, base: str) -> bytes:
        """Its WSDL, with the address at which it is served."""
        return wsdl(
            Interaction(
                operation=self.name,
                namespace=f"{self._stem}:{self.name}:{self.major}:rivtabp21",
                responder=self.namespace,
                request=self.request,
                response=f"{self.name}Response",
                soap_action=self.soap_action,
                schema=self.schema,
                folder="../schemas",
                location=f"{base}{self.path}",
                about=self.about,
            )
        )


# --- how answers are wrapped


def plain(name: str = "result") -> Callable[[Content, Content], Content]:
    """The result alone."""
    return lambda result, more: ((name, result), *more)


def inside(name: str, result: str = "result", needed: Content = ()) -> Callable[[Content, Content], Content]:
    """The result, and what else there is, inside one element. `needed` stands for what a refusal has not got."""

    def wrap(found: Content, more: Content) -> Content:
        return ((name, ((result, found), *(more or needed))),)

    return wrap
