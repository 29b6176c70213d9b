"""What the parties of a sharing agreement do with it: draft, sign, stop, resume, leave, confirm, review.

Each act is a function from the entry's content to its next content. Signing is the approval: a version takes effect only with
a named person's signature for every party, so an act needs no other. Whether the result holds is `trust_framework.agreements`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from broker.audit.events import AgreementChanged
from broker.federation import sharing
from broker.federation.register import ChangeRegister, Content, EntryChange
from broker.federation.sharing_schema import AgreementEntry
from broker.login.effects import Effects
from trust_framework import loa
from trust_framework.agreements import SIGNING_RANK, SharingAgreement, Terms
from trust_framework.days import DAY, day_of

KIND: Final = "agreement"


class What(StrEnum):
    """An act, as events and forms name it."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    JOINED = "joined"
    LEAVING = "leaving"
    LEFT = "left"
    CONFIRMED = "confirmed"
    REVIEWED = "reviewed"
    EXTRA = "extra"


class NotNow(Exception):
    """The act cannot be done. `code` is a text `agreement.not.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class By:
    """Who acts for which party: a person of the register by id and name, and the level of the login."""

    org: str
    person: str
    name: str
    level: str


def read(content: Content) -> SharingAgreement:
    """The agreement in full that a content says. Raises NotNow for the short form and for what is none."""
    try:
        entry = AgreementEntry.model_validate(content)
    except ValidationError as error:
        raise NotNow("malformed") from error
    if not entry.versions:
        raise NotNow("short-form")
    return sharing.agreement(entry)


def parties(content: Content) -> frozenset[str]:
    """Everybody who is, was or would be party to it; nobody of a short form."""
    versions = content.get("versions") or ()
    return frozenset(party["org"] for version in versions for party in version.get("parties", ()))


def drafted(content: Content | None, terms: Mapping[str, Any], head: Mapping[str, Any], by: By) -> dict[str, Any]:
    """A new agreement, or the next version of one; nothing of it holds before all have signed. A draft that nobody has
    signed is replaced. `head` has id, names and contacts. Signatures are what `signed` makes: those in `terms` are nobody's.
    """
    earlier: Sequence[Mapping[str, Any]] = [] if content is None else [dict(v) for v in content["versions"]]
    if earlier and not earlier[-1].get("signatures"):
        earlier = earlier[:-1]
    number = earlier[-1]["version"] + 1 if earlier else 1
    draft = {name: value for name, value in terms.items() if name != "signatures"} | {"version": number}
    made = {**(content or {}), **head, "versions": [*earlier, draft]}
    found = read(made)
    if by.org not in found.versions[-1].orgs:
        raise NotNow("no-party")
    if content is not None and by.org not in parties(content):
        raise NotNow("no-party")
    return made


def signed(content: Content, by: By, digest: str, now: int) -> dict[str, Any]:
    """The signature of a party on what waits for it; `digest` is of the terms that the person was shown."""
    found = read(content)
    waiting = found.proposed
    if waiting is None or by.org not in found.unsigned_by(waiting):
        raise NotNow("nothing-to-sign")
    if found.lacking(waiting):
        raise NotNow("incomplete")
    if digest != waiting.digest:
        raise NotNow("changed")
    if loa.rank(by.level) < SIGNING_RANK:
        raise NotNow("level")
    one = {
        "org": by.org, "person": by.person, "name": by.name, "level": by.level, "at": now, "digest": waiting.digest,
    }  # fmt: skip
    versions = list(content["versions"])
    last = dict(versions[-1])
    kept = [each for each in last.get("signatures", ()) if each["org"] != by.org]
    versions[-1] = {**last, "signatures": [*kept, one]}
    return {**content, "versions": versions}


def suspended(content: Content, by: By, reason: str, now: int) -> dict[str, Any]:
    """Either party, or the federation, stops it at once."""
    found = read(content)
    if by.org in found.versions[-1].orgs and any(s.org == by.org and s.resumed_at is None for s in found.suspensions):
        raise NotNow("stopped-already")
    stop = {"org": by.org, "person": by.person, "at": now, "reason": reason}
    return {**content, "suspensions": [*content.get("suspensions", ()), stop]}


def resumed(content: Content, by: By, review: str, now: int) -> dict[str, Any]:
    """Who stopped it lets it go on, after a review."""
    stops = [dict(each) for each in content.get("suspensions", ())]
    open_ = [each for each in stops if each["org"] == by.org and not each.get("resumed_at")]
    if not open_:
        raise NotNow("not-stopped")
    for each in open_:
        each |= {"resumed_at": now, "review": review}
    return {**content, "suspensions": stops}


def leaving(content: Content, by: By, now: int) -> dict[str, Any]:
    """A party goes: nothing of it is shared from now on."""
    found = read(content)
    terms = found.in_force(now)
    if by.org not in found.remaining(terms, now):
        raise NotNow("no-party")
    one = {"org": by.org, "at": now, "version": terms.version}
    return {**content, "leaves": [*content.get("leaves", ()), one]}


def left(content: Content, by: By, gave: str, received: str, now: int) -> dict[str, Any]:
    """It is decided what becomes of what was shared: the party has left, and a version goes on without it for the rest."""
    leaves = [dict(each) for each in content.get("leaves", ())]
    mine = next(
        (each for each in leaves if each["org"] == by.org and not (each.get("gave") and each.get("received"))), None
    )
    if mine is None:
        raise NotNow("not-leaving")
    mine |= {"gave": gave, "received": received}
    made: dict[str, Any] = {**content, "leaves": leaves}
    terms = read(made).in_force(now)
    if len(set(terms.orgs) - {by.org}) > 1:
        made["versions"] = [*_signed_versions(content), _without(content, terms, by.org)]
    return made


def _signed_versions(content: Content) -> list[Mapping[str, Any]]:
    """The versions but a draft, which was of other parties and is drafted anew."""
    versions = list(content["versions"])
    return versions[:-1] if read(content).proposed else versions


def _without(content: Content, terms: Terms, org: str) -> dict[str, Any]:
    version = next(each for each in content["versions"] if each["version"] == terms.version)
    kept = {name: value for name, value in version.items() if name != "signatures"}
    return {
        **kept,
        "version": terms.version + 1,
        "parties": [party for party in version["parties"] if party["org"] != org],
        "data": [each for each in version["data"] if org not in {each["giver"], each["receiver"]}],
    }


def confirmed(content: Content, by: By, contact: Mapping[str, str], now: int) -> dict[str, Any]:
    """A party says whom to turn to, and that it is right today."""
    others = [each for each in content.get("contacts", ()) if each["org"] != by.org]
    one = {"org": by.org, **contact, "confirmed": day_of(now).isoformat()}
    return {**content, "contacts": [*others, one]}


def reviewed(content: Content, by: By, note: str, now: int) -> dict[str, Any]:
    """A party has gone through the agreement."""
    one = {"org": by.org, "person": by.person, "at": now, "note": note}
    return {**content, "reviews": [*content.get("reviews", ()), one]}


def granted_extra(
    content: Content, by: By, attribute: str, service: str, consideration: str, days: int, now: int
) -> dict[str, Any]:
    """A giver lets one more detail go for a while, having considered it."""
    one = {
        "attribute": attribute, "service": service, "giver": by.org, "person": by.person,
        "consideration": consideration, "at": now, "until": now + days * DAY,
    }  # fmt: skip
    made = {**content, "extras": [*content.get("extras", ()), one]}
    if not read(made).extras[-1].goes(now):
        raise NotNow("too-long")
    return made


def effects(
    id: str, content: Content, act: What, by: By, now: int, origin: str, expected: int | None = None
) -> Effects:
    """The act as it is recorded: the next version of the entry, and its event. Raises NotNow for what is no agreement."""
    version = read(content).versions[-1].version
    change = EntryChange(KIND, id, content, "", origin, by.person, act.value, expected=expected)
    event = AgreementChanged(
        at=now, agreement=id, version=version, act=act.value, org=by.org, person=by.person, level=by.level
    )
    return Effects((ChangeRegister((change,), now),), (event,))
