"""What the parties of a sharing agreement are told by mail, in Swedish and English: what was done with it, and what falls due.

A mail goes to the party's contact of the agreement, else to the contacts of the member. It names organisations, the agreement
and days, never a person or what somebody wrote as a reason. The contacts are those from before the act: who changes where mail
goes does not choose who hears of it.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from broker.audit.events import AgreementTold, NoticeGiven
from broker.federation.agreements import KIND, By, NotNow, What, read
from broker.federation.notices import recipients
from broker.federation.register import Content, Entry
from broker.login.effects import NOTHING, Effects
from broker.login.mail import KeepMail, Mail, NoteNotice
from trust_framework.agreement_notices import Notice, NoticeKind, notices
from trust_framework.agreements import GRACE, SharingAgreement, Terms
from trust_framework.days import day_of
from trust_framework.roles import FEDERATION

Words = tuple[str, str]
Members = Callable[[str], Mapping[str, Any]]
"""A member's entry by organisation number; empty for one that is not there."""

AGREED: Final = "agreed"
DONE: Final[Mapping[str, Words]] = {
    What.DRAFTED: (
        "{who} har lagt fram version {version} för underskrift.",
        "{who} has put forward version {version}.",
    ),
    What.JOINED: ("{who} har skrivit under och går med.", "{who} has signed and joins."),
    AGREED: (
        "Version {version} är underskriven av alla parter och gäller från {day}.",
        "Version {version} is signed by all parties and holds from {day}.",
    ),
    What.SUSPENDED: (
        "{who} har stoppat den. Inget delas förrän {who} låter den fortsätta.",
        "{who} has suspended it. Nothing is shared until {who} lets it go on.",
    ),
    What.RESUMED: ("{who} låter den fortsätta.", "{who} lets it go on."),
    What.LEAVING: (
        "{who} lämnar den. Inget delas med eller från {who} längre.",
        "{who} leaves it. Nothing is shared with or from {who} any more.",
    ),
    What.LEFT: ("{who} har lämnat den.", "{who} has left it."),
}
"""What is told of, by act, and of a version that everybody has signed. Other acts concern nobody else."""

AHEAD, LATE = 60, 0
"""The two times at which something due is told of, in days before, each once for each day that it is due."""

FALLS_DUE: Final[Mapping[NoticeKind, tuple[Words, Words]]] = {
    NoticeKind.EXPIRES: (
        ("Den upphör att gälla {day}.", "It expires on {day}."),
        ("Den upphörde att gälla {day}.", "It expired on {day}."),
    ),
    NoticeKind.REVIEW: (
        ("Den ska granskas senast {day}.", "It is to be reviewed by {day}."),
        (
            "Den skulle ha granskats senast {day}. Är det inte gjort {last} slutar den gälla.",
            "It was to be reviewed by {day}. Unless that is done by {last} it no longer holds.",
        ),
    ),
    NoticeKind.CONTACT: (
        ("Er kontakt ska bekräftas senast {day}.", "Your contact is to be confirmed by {day}."),
        (
            "Er kontakt skulle ha bekräftats senast {day}. Är det inte gjort {last} slutar den gälla.",
            "Your contact was to be confirmed by {day}. Unless that is done by {last} the agreement no longer holds.",
        ),
    ),
    NoticeKind.EXTRA_ENDS: (
        ("En uppgift utöver de avtalade lämnas ut till {day}.", "A detail beyond the agreed ones goes until {day}."),
        ("", ""),
    ),
}
"""What has a day: told ahead, and told late."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a mail about an agreement is made with."""

    members: Members
    base_url: str
    now: int


class Entries(Protocol):
    """Where entries are read."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...


def members_of(store: Entries) -> Members:
    """The members as the register has them now."""

    def one(org: str) -> Mapping[str, Any]:
        entry = store.register_entry("member", org)
        return (entry.content if entry else None) or {}

    return one


# --- acts


def told(before: Content | None, after: Content, act: What, by: By, post: Post) -> Effects:
    """The mails about an act, to be committed with it: one to each party that it concerns and that can be written to."""
    earlier, later = _before(before), read(after)
    lines = tuple(_happened(earlier, later, act, by, post))
    concerned = _concerned(earlier, later, act, by, post.now) if lines else ()
    contacts = (earlier, later) if earlier else (later,)
    made = NOTHING
    for org in concerned:
        kept = _mail(org, contacts, after, lines, post)
        if kept:
            event = AgreementTold(
                at=post.now, org=org, agreement=later.id, version=later.versions[-1].version, act=act.value,
                mail=kept.mail.id,
            )  # fmt: skip
            made += Effects((kept,), (event,))
    return made


def _before(before: Content | None) -> SharingAgreement | None:
    try:
        return read(before) if before else None
    except NotNow:
        return None


def _happened(
    earlier: SharingAgreement | None, later: SharingAgreement, act: What, by: By, post: Post
) -> Iterator[Words]:
    """What was done, a line each: the act, and a version that holds by it."""
    anew = _signed_anew(earlier, later)
    newest = later.versions[-1]
    if act in DONE:
        yield _words(DONE[act], who=_called(by.org, post.members), version=newest.version)
    if anew:
        day = day_of(newest.valid_from).isoformat()
        yield _words(DONE[AGREED], version=newest.version, day=day)


def _signed_anew(earlier: SharingAgreement | None, later: SharingAgreement) -> bool:
    """Whether the newest version has its last signature by the act."""
    known = {terms.version for terms in earlier.signed} if earlier else set()
    return any(terms is later.versions[-1] and terms.version not in known for terms in later.signed)


def _concerned(
    earlier: SharingAgreement | None, later: SharingAgreement, act: What, by: By, now: int
) -> tuple[str, ...]:
    """Who shares by what is agreed, who acted, and who is party to new terms; a draft that is drafted anew is news only to
    those who were not in it.
    """
    newest = later.versions[-1]
    if act is What.DRAFTED and earlier and earlier.versions[-1].version == newest.version:
        return tuple(org for org in newest.orgs if org not in earlier.versions[-1].orgs)
    standing = earlier or later
    terms = standing.in_force(now)
    sharing = tuple(org for org in terms.orgs if org in standing.remaining(terms, now))
    actor = () if by.org == FEDERATION else (by.org,)
    drawn_in = newest.orgs if act in {What.DRAFTED, What.JOINED, What.SIGNED} else ()
    return tuple(dict.fromkeys((*sharing, *actor, *drawn_in)))


# --- what falls due


def due(content: Content, known: Mapping[tuple[str, str, str, int], int], post: Post) -> Effects:
    """The mails about what of an agreement falls due, and a mark for each so that it is told of once for its day. `known`
    has the nearest threshold that each was told of at.
    """
    found = read(content)
    fresh = tuple(one for one in _dated(found, post.now) if _threshold(one, post.now) < known.get(_key(one), AHEAD + 1))
    marks = tuple(NoteNotice(*_key(one), _threshold(one, post.now), post.now) for one in fresh)
    made = Effects(marks)
    for org in _sharing(found, post.now):
        theirs = tuple(one for one in fresh if one.org in {"", org})
        if theirs:
            made += _noticed(org, theirs, found, content, post)
    return made


def _sharing(found: SharingAgreement, now: int) -> tuple[str, ...]:
    terms: Terms = found.in_force(now)
    return tuple(org for org in terms.orgs if org in found.remaining(terms, now))


def _dated(found: SharingAgreement, now: int) -> Iterator[Notice]:
    """What is due within sixty days, or is late. An expiry is told of for a month after."""
    yield from (one for one in notices((found,), now) if one.kind in FALLS_DUE)
    terms = found.in_force(now)
    if terms in found.signed and terms.valid_until <= now < terms.valid_until + GRACE:
        yield Notice(found.id, NoticeKind.EXPIRES, terms.valid_until)


def _threshold(one: Notice, now: int) -> int:
    return LATE if now >= one.at else AHEAD


def _key(one: Notice) -> tuple[str, str, str, int]:
    return KIND, one.agreement, f"{one.kind.value}:{one.org}" if one.org else one.kind.value, one.at


def _noticed(org: str, theirs: Iterable[Notice], found: SharingAgreement, content: Content, post: Post) -> Effects:
    """The mail to one party. Without anybody to write to, that it was due is recorded all the same."""
    things = tuple(theirs)
    lines = tuple(_line(one, post.now) for one in things)
    kept = _mail(org, (found,), content, lines, post)
    id_ = kept.mail.id if kept else ""
    events = tuple(
        NoticeGiven(
            at=post.now, org=org, kind=KIND, entry=found.id, what=one.kind.value,
            days=_threshold(one, post.now), mail=id_,
        )
        for one in things
    )  # fmt: skip
    return Effects((kept,) if kept else (), events)


def _line(one: Notice, now: int) -> Words:
    texts = FALLS_DUE[one.kind][1 if _threshold(one, now) == LATE else 0]
    return _words(texts, day=_day(one), last=day_of(one.at + GRACE - 1).isoformat())


def _day(one: Notice) -> str:
    """The last day of an agreement; the day itself of what is to be done."""
    return day_of(one.at - 1 if one.kind is NoticeKind.EXPIRES else one.at).isoformat()


# --- a mail


def _words(texts: Words, **named: Any) -> Words:
    """Both languages, filled in. `who` is in both."""
    who: Words = named.pop("who", ("", ""))
    return texts[0].format(who=who[0], **named), texts[1].format(who=who[1], **named)


def _called(org: str, members: Members) -> Words:
    if org == FEDERATION:
        return "Federationen", "The federation"
    return _both(members(org), org)


def _both(content: Mapping[str, Any], otherwise: str) -> Words:
    """What an entry is called, in Swedish and in English, on one line."""
    names = content.get("names") or content.get("name") or {}
    swedish = names.get("sv") or next(iter(names.values()), otherwise)
    return _plain(swedish), _plain(names.get("en") or swedish)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:80]


def _mail(
    org: str, agreements: Iterable[SharingAgreement], content: Content, lines: Iterable[Words], post: Post
) -> KeepMail | None:
    """The mail to a party, or None when it has no address: the first of these agreements that knows a contact has the say."""
    theirs = (one.mail for found in agreements for one in found.contacts if one.org == org and one.mail)
    first = next(theirs, "")
    to = (first,) if first else recipients(post.members(org), ())
    if not to:
        return None
    name, page = _both(content, str(content["id"])), f"{post.base_url}/portal/{org}/avtal/{content['id']}"
    swedish, english = zip(*lines, strict=True)
    text = "\n".join(
        (
            f"Om överenskommelsen {name[0]}:", "", *swedish, "", f"Se {page}", "", "---", "",
            f"About the agreement {name[1]}:", "", *english, "", f"See {page}", "",
        )
    )  # fmt: skip
    subject = f"Överenskommelse / Agreement: {name[0]}"
    return KeepMail(Mail(secrets.token_hex(16), org, to, subject, text, post.now, post.now))
