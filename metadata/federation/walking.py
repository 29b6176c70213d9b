"""From an entity up to our trust anchors: which statements to fetch, and how many at the most (OpenID Federation 1.0 10.1).

Owns the way through `authority_hints`, shortest first, and the budget of one walk. Each statement is kept by its address for
a while, since many entities share their superiors. Whether a way that was found is a chain, `metadata.federation.chain` says.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from metadata.federation.chain import DEEPEST, Anchors, ChainRefused
from metadata.federation.entity_id import configuration_url
from metadata.federation.statement import TYP, Reader, Statement, StatementRefused
from metadata.wire.egress import EgressFailed, EgressRefused, Fetches, Outbound

MOST_FETCHES: Final = 64
MOST_HINTS: Final = 8
SECONDS: Final = 10.0
KEPT: Final = 600.0
MOST_KEPT: Final = 2000
MEDIA_TYPE: Final = f"application/{TYP}"
_OK: Final = 200
_SERVER_ERROR: Final = 500


class Unreachable(ChainRefused):
    """Somebody on the way does not answer as it should: the chain may be there all the same, and trying later may help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "temporarily_unavailable")


class StatementCache:
    """Statements as they were fetched, by address. Safe to share among threads; `clock` is monotonic seconds.

    What stands at an address that begins with `own` is ours, at hand, and never kept.
    """

    def __init__(self, egress: Fetches, clock: Callable[[], float], own: str) -> None:
        self._egress, self.clock, self._own = egress, clock, own
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def kept(self, url: str) -> str | None:
        """What was fetched there lately."""
        with self._lock:
            found = self._kept.get(url)
        return found[0] if found and self.clock() - found[1] < KEPT else None

    def fetch(self, url: str) -> str:
        """What is there now. Raises Unreachable, and ChainRefused when whoever answers says that there is nothing."""
        try:
            response = self._egress.fetch(Outbound("GET", url, {"Accept": MEDIA_TYPE}, purpose="federation"))
        except EgressFailed as error:
            raise Unreachable(str(error)) from error
        except EgressRefused as error:
            raise ChainRefused(str(error)) from error
        if response.status >= _SERVER_ERROR:
            raise Unreachable(f"{url} answers {response.status}")
        media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if response.status != _OK or media_type != MEDIA_TYPE or not response.body.isascii():
            raise ChainRefused(f"{url} answers {response.status} {media_type}")
        return response.body.decode()

    def keep(self, url: str, token: str) -> None:
        """Remember a statement that could be read; the oldest gives way."""
        if self._own and url.startswith(self._own):
            return
        with self._lock:
            self._kept[url] = token, self.clock()
            self._kept.move_to_end(url)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Way:
    """Statements from the subject up to `at`, whose own configuration is not among them but for the subject's."""

    statements: tuple[Statement, ...]
    at: Statement


@dataclass
class Walk:
    """One walk. `faults` collects why ways ended; `unreachable` says whether one of them might have gone on."""

    cache: StatementCache
    reader: Reader
    anchors: Anchors
    faults: list[str] = field(default_factory=list)
    unreachable: bool = False
    _fetched: int = 0
    _until: float = 0.0

    def ways(self, subject: str, own: Statement | None = None) -> Iterator[tuple[Statement, ...]]:
        """Each way to an anchor, shortest first. `own` is the subject's configuration where it was handed over."""
        self._until = self.cache.clock() + SECONDS
        first = own or self._configuration(subject)
        waiting = deque([_Way((first,), first)])
        while waiting:
            way = waiting.popleft()
            if way.at.subject in self.anchors:
                yield way.statements if way.at is first else (*way.statements, way.at)
            elif len(way.statements) + 1 < DEEPEST:
                waiting.extend(self._steps(way))
            else:
                self.faults.append("a way that is too long")

    def _steps(self, way: _Way) -> Iterator[_Way]:
        hints = [hint for hint in way.at.texts("authority_hints") if hint not in self._passed(way)]
        hints.sort(key=lambda hint: hint not in self.anchors)
        for hint in hints[:MOST_HINTS]:
            try:
                yield self._step(way, hint)
            except ChainRefused as error:
                self.unreachable |= isinstance(error, Unreachable)
                self.faults.append(f"{hint}: {error.reason}")

    def _passed(self, way: _Way) -> set[str]:
        """Whom the way has passed: a hint that leads back is a loop (section 10.1)."""
        return {each.subject for each in way.statements} | {way.at.subject}

    def _step(self, way: _Way, hint: str) -> _Way:
        """Up to one superior: its configuration, and what it says of the entity below."""
        superior = self._configuration(hint)
        endpoint = superior.endpoint("federation_fetch_endpoint")
        if endpoint is None:
            raise ChainRefused("no federation_fetch_endpoint")
        query = urlencode({"sub": way.at.subject})
        said = self._statement(f"{endpoint}{'&' if '?' in endpoint else '?'}{query}", self.reader.read)
        if (said.issuer, said.subject) != (hint, way.at.subject):
            raise ChainRefused("another statement than the one asked for")
        return _Way((*way.statements, said), superior)

    def _configuration(self, entity_id: str) -> Statement:
        return self._statement(
            configuration_url(entity_id), lambda token: self.reader.read_configuration(token, entity_id)
        )

    def _statement(self, url: str, read: Callable[[str], Statement]) -> Statement:
        """The statement at the address. One that was kept is looked at again, since it may have expired."""
        if (kept := self.cache.kept(url)) is not None:
            try:
                return read(kept)
            except StatementRefused:
                pass
        self._spend()
        token = self.cache.fetch(url)
        try:
            statement = read(token)
        except StatementRefused as error:
            raise ChainRefused(f"{url}: {error.reason}") from error
        self.cache.keep(url, token)
        return statement

    def _spend(self) -> None:
        self._fetched += 1
        if self._fetched > MOST_FETCHES:
            raise ChainRefused("too many statements on the way")
        if self.cache.clock() > self._until:
            raise Unreachable("the way takes too long")
