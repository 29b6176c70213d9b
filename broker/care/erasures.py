"""Erasing a person (radering): the person's own key is destroyed, and nobody can read any more what was sealed under it, here, in
archives or in backups.

Owns what stands against it. What must be kept by law is not erased (GDPR 17.3 b): accesses to a patient's information, five years
at least (HSLF-FS 2016:40 chapter 4 section 9), and what rules keep of the dead. Whom the directory lists would be
back with its next version. A block that went with its patient would open what it closes, at whichever provider. A legal hold is
storage's to see, in the commit that erases.
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

from broker.audit.archive import Archive
from broker.audit.person_events import PersonForgotten
from broker.audit.removed import month_of
from broker.audit.retention import YEAR, YEARS
from broker.care.access_facts import kind_of
from broker.care.calling import Caller, CareRefused, Done, ResultCode
from broker.care.changes import SameCare
from broker.care.copies import STATE, state_of
from broker.care.subject_requests import kept
from broker.login.effects import Effects, ForgetPerson
from trust_framework import subject_requests
from trust_framework.access_facts import AccessFact
from trust_framework.access_log import AccessSought
from trust_framework.blocks import Block
from trust_framework.directory import StaffEntry
from trust_framework.persons import Person
from trust_framework.rules import SETS
from trust_framework.subject_requests import SubjectRequest

LISTED: Final = "erasure-listed"
KEPT: Final = "erasure-kept"
KEPT_BY_RULES: Final = "erasure-kept-by-rules"
STANDING: Final = "erasure-standing"
UNKNOWN: Final = "erasure-unknown"


class ErasureStore(Protocol):
    """What is looked at before a person is erased."""

    def person(self, id: str) -> Person | None: ...

    def staff(self, person: str) -> tuple[StaffEntry, ...]: ...

    def access_count(self, sought: AccessSought, most: int) -> int: ...

    def blocks_of(self, person: str) -> tuple[Block, ...]: ...

    def access_facts_of(self, person: str) -> tuple[AccessFact, ...]: ...

    def care_version(self, person: str) -> int: ...

    def setting(self, name: str) -> Any: ...

    def access_archives(self) -> tuple[Archive, ...]: ...

    def log_mentions(self, person: str, since: int) -> bool: ...


def hindrance(person: str, store: ErasureStore, years: int, now: int) -> str:
    """Why a person may not be erased now; empty when nothing stands against it."""
    known = store.person(person)
    if known is None:
        return UNKNOWN
    if known.attributes or store.staff(person):
        return LISTED
    since = now - max(years, YEARS["access"]) * YEAR
    if store.access_count(AccessSought(person=person, since=since), 1):
        return KEPT
    if _away(store.access_archives(), since) and store.log_mentions(person, since):
        return KEPT
    facts = store.access_facts_of(person)
    if _kept_by_rules(facts, now, deceased=known.deceased):
        return KEPT_BY_RULES
    return STANDING if _closed(person, facts, store, now) else ""


def _kept_by_rules(facts: tuple[AccessFact, ...], now: int, *, deceased: bool) -> bool:
    """Whether the rules of a provider where the person was cared for have it kept still."""
    for rules in SETS.values():
        own = [fact for fact in facts if fact.rules == rules.id]
        if own and rules.kept_until and now < rules.kept_until(own, deceased):
            return True
    return False


def _closed(person: str, facts: Iterable[AccessFact], store: ErasureStore, now: int) -> bool:
    """Whether something is closed by what care has of the person: a block that stands or cannot be read, a fact that holds."""
    doubts = state_of(store.setting(STATE)).doubts.values()
    closing = (fact for fact in facts if (kind := kind_of(fact)) is None or kind.closes)
    held = any(fact.holds(now) for fact in closing) or any(one == person for _, one in doubts)
    return held or any(block.stands for block in store.blocks_of(person))


def _away(archives: Iterable[Archive], since: int) -> bool:
    """Whether entries that must still be kept are in archives: the log alone knows whom they are about."""
    return any(one.restored_at is None and one.month >= month_of(since) for one in archives)


def carry_out(
    request: SubjectRequest, words: str, who: Caller, store: ErasureStore, years: int, now: int
) -> Done[SubjectRequest]:
    """Erase the person of a request whose erasure another person decided, in one commit with its record. Raises CareRefused."""
    done = kept(subject_requests.erase(request, who.person, words, now), request, who, now)
    seen = store.care_version(request.person)
    if hinders := hindrance(request.person, store, years, now):
        raise CareRefused(ResultCode.INVALIDSTATE, hinders)
    return Done(done.result, done.effects + forgetting(request.person, request.id, who.by, seen, now))


def forgetting(person: str, decision: str, by: str, seen: int, now: int) -> Effects:
    """The person is forgotten, with the event; `decision` is the request, or the reference of the decision. `seen` is the version
    of what care has of them, read before it was looked what stands against it: what is entered meanwhile goes with nobody.
    """
    event = PersonForgotten(at=now, person=person, decision=decision, by=by)
    return Effects((SameCare(person, seen), ForgetPerson(person, now)), (event,))
