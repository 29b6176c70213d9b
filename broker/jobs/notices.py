"""Jobs: members are told of what runs out, and mail that waits is sent."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, Protocol

from broker.audit.events import MailSent, NoticeGiven
from broker.federation import alarms
from broker.federation.notices import HORIZON, MOST, SILENT, Due, due, letter, recipients
from broker.federation.proposing import ListedProposal
from broker.federation.register import FEED, Content, ListedEntry
from broker.jobs.agreements import AgreementStore, tell_parties
from broker.jobs.runner import Job
from broker.jobs.smtp import NotSent, Post, Refused
from broker.login.effects import Effects
from broker.login.mail import KeepMail, Mail, NoteNotice
from broker.settings import Settings
from trust_framework.days import DAY

FIRST_WAIT: Final = 300
LONGEST_WAIT: Final = 6 * 3600
GIVEN_UP: Final = 7 * DAY
AT_ONCE: Final = 20
"""Mails handed in a turn."""


class NoticeStore(AgreementStore, Protocol):
    """What these jobs need of the store."""

    def register_expiring(self, before: int) -> tuple[ListedEntry, ...]: ...

    def reviews_due(self, before: int) -> tuple[ListedProposal, ...]: ...

    def mails_due(self, count: int) -> tuple[Mail, ...]: ...


def give_notice(store: NoticeStore, base_url: str) -> None:
    """Make a mail for each member of what is due, with a mark for each thing, in one commit a member."""
    now = store.clock()
    listed = [each for each in store.register_expiring(now + HORIZON) if _told_of(each)]
    for org, entries in groupby(sorted(listed, key=_owner), key=_owner):
        _give(store, org, tuple(entries), base_url, now)


def _told_of(listed: ListedEntry) -> bool:
    """Entries that a member of ours answers for: another federation tells its own."""
    return not listed.origin.startswith(FEED) and listed.about.state not in SILENT


def _owner(listed: ListedEntry) -> str:
    return listed.org


def _give(store: NoticeStore, org: str, listed: tuple[ListedEntry, ...], base_url: str, now: int) -> None:
    found: list[Due] = []
    contents: list[Content] = []
    for each in listed:
        entry = store.register_entry(each.kind, each.id)
        if entry is None or entry.content is None or entry.content.get("versions"):
            continue  # an agreement in full is told of to its parties
        told = store.notices_told(each.kind, each.id)
        found += due(each.kind, each.id, entry.content, each.about.names, told, now)
        contents.append(entry.content)
    if found:
        store.commit(_effects(org, found[:MOST], _to(store, org, contents), base_url, now))


def _to(store: NoticeStore, org: str, contents: Iterable[Content]) -> tuple[str, ...]:
    member = store.register_entry("member", org) if org else None
    content: Mapping[str, Any] = (member.content if member else None) or {}
    return recipients(content, contents)


def _effects(org: str, found: Iterable[Due], to: tuple[str, ...], base_url: str, now: int) -> Effects:
    """Without anybody to write to there is no mail; that it was due is recorded, and the start page shows it."""
    things = tuple(found)
    id_ = secrets.token_hex(16) if to else ""
    marks = tuple(NoteNotice(*one.key, one.threshold, now) for one in things)
    events = tuple(
        NoticeGiven(at=now, org=org, kind=one.kind, entry=one.entry, what=one.ends.what, days=one.threshold, mail=id_)
        for one in things
    )
    if not to:
        return Effects(marks, events)
    told = letter(to, things, base_url, org)
    return Effects((*marks, KeepMail(Mail(id_, org, told.to, told.subject, told.text, now, now))), events)


def look_for_overdue(store: NoticeStore, settings: Settings) -> None:
    """Raise an alarm, once, for each emergency whose review is overdue."""
    now = store.clock()
    late = [(each.id, each.review_due or now) for each in store.reviews_due(now)]
    told = [id_ for id_, _ in late if store.notices_told("proposal", id_)]
    for effects in alarms.overdue(late, told, settings, now):
        store.commit(effects)


def send_mail(store: NoticeStore, post: Post) -> None:
    """Hand in what waits. One that cannot be sent now is tried again after ever longer waits, for a week."""
    for mail in store.mails_due(AT_ONCE):
        now = store.clock()
        store.commit(_outcome(mail, post, now))


def _outcome(mail: Mail, post: Post, now: int) -> Effects:
    try:
        later = post.send(mail, now)
    except Refused:
        return _ended(mail, "failed", "refused", now)
    except NotSent as error:
        return _again(mail, mail.to, str(error), now)
    return _again(mail, later, "later", now) if later else _ended(mail, "sent", "", now)


def _again(mail: Mail, to: tuple[str, ...], error: str, now: int) -> Effects:
    if now - mail.made_at >= GIVEN_UP:
        return _ended(mail, "failed", error, now)
    wait = min(FIRST_WAIT * 2**mail.attempts, LONGEST_WAIT)
    return Effects((KeepMail(replace(mail, to=to, next_at=now + wait, attempts=mail.attempts + 1, error=error)),))


def _ended(mail: Mail, state: str, error: str, now: int) -> Effects:
    kept = replace(mail, next_at=None, attempts=mail.attempts + 1, state=state, error=error)
    return Effects((KeepMail(kept),), (MailSent(at=now, mail=mail.id, org=mail.org, result=state, error=error),))


def mail_jobs(store: NoticeStore, post: Post, base_url: str) -> tuple[Job, ...]:
    """The jobs of a broker that can send mail."""
    return (
        Job("notices", 3600, lambda: give_notice(store, base_url)),
        Job("agreements", 3600, lambda: tell_parties(store, base_url)),
        Job("mail", 30, lambda: send_mail(store, post)),
    )
