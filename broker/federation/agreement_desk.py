"""What a party, or the federation, may do with a sharing agreement now, and each act as it is recorded.

Pages and programs alike ask here, so that both offer the same and refuse the same. A member sees what it is or was party to, and
nothing else is there for it. What an act makes of the content is `broker.federation.agreements`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pydantic import ValidationError

from broker.federation import agreements as acts
from broker.federation import entries, sharing_mail
from broker.federation.agreements import By, NotNow, What
from broker.federation.register import Content, Entry
from broker.federation.sharing_schema import AgreementEntry
from broker.login.effects import Effects
from broker.settings import Settings
from trust_framework.agreements import AnyAgreement, PartyRole, SharingAgreement, Terms
from trust_framework.roles import FEDERATION


class AgreementStore(sharing_mail.Entries, Protocol):
    """What is read of storage."""

    def register_history(self, kind: str, id: str) -> tuple[Entry, ...]: ...


@dataclass(frozen=True, slots=True)
class AgreementDesk:
    """Where agreements are worked on. `by.org` is the party that acts, or the federation; `signing`: whether the person may
    bind the party. `origin` is what the register keeps as the way that the change came.
    """

    store: AgreementStore
    settings: Settings
    now: int
    by: By
    signing: bool
    origin: str

    @property
    def org(self) -> str:
        """The party, empty for the federation."""
        return "" if self.by.org == FEDERATION else self.by.org


def read(entry: Entry) -> AnyAgreement | None:
    """The agreement that an entry says, None when it says none."""
    try:
        return entries.agreement(AgreementEntry.model_validate(entry.content))
    except ValidationError:
        return None


def found(id: str, desk: AgreementDesk) -> tuple[Entry, AnyAgreement] | None:
    """An agreement that concerns the party; any for the federation."""
    entry = desk.store.register_entry(acts.KIND, id)
    agreement = read(entry) if entry and _concerned(entry, desk) else None
    return (entry, agreement) if entry and agreement else None


def _concerned(entry: Entry, desk: AgreementDesk) -> bool:
    """Whether the party may see it: one of any version, or whose service a short form names."""
    content = entry.content or {}
    if not desk.org or desk.org in acts.parties(content):
        return True
    services = (desk.store.register_entry("service", each) for each in content.get("services") or ())
    return any(each is not None and each.org == desk.org for each in services)


def to_sign(agreement: AnyAgreement, org: str) -> bool:
    """Whether the party's signature is what a complete draft waits for."""
    if not isinstance(agreement, SharingAgreement) or agreement.proposed is None:
        return False
    waiting = agreement.proposed
    return org in agreement.unsigned_by(waiting) and not agreement.lacking(waiting)


def offered(agreement: AnyAgreement, desk: AgreementDesk) -> frozenset[str]:
    """The acts that may be done now, by name (`ACTS`). A short form of the federation file offers none."""
    if not isinstance(agreement, SharingAgreement):
        return frozenset()
    may = {"suspend"} if not desk.org else _of_party(agreement, desk) if desk.signing else set()
    if any(s.org == desk.by.org and s.resumed_at is None for s in agreement.suspensions):
        may = (may | {"resume"}) - {"suspend"}
    return frozenset(may)


def _of_party(agreement: SharingAgreement, desk: AgreementDesk) -> set[str]:
    may = {"confirm"}
    if to_sign(agreement, desk.org):
        may.add("sign")
    if agreement.signed and desk.org in agreement.remaining(agreement.in_force(desk.now), desk.now):
        may |= {"suspend", "leave", "review"}
    if any(leave.org == desk.org and not leave.complete for leave in agreement.leaves):
        may.add("left")
    return may


Given = Mapping[str, str]
Act = Callable[[Content, By, Given, int], dict[str, Any]]
ACTS: Final[Mapping[str, tuple[What, tuple[str, ...], Act]]] = {
    "sign": (What.SIGNED, ("digest",), lambda c, by, it, now: acts.signed(c, by, it["digest"], now)),
    "suspend": (What.SUSPENDED, ("reason",), lambda c, by, it, now: acts.suspended(c, by, it["reason"], now)),
    "resume": (What.RESUMED, ("review",), lambda c, by, it, now: acts.resumed(c, by, it["review"], now)),
    "leave": (What.LEAVING, (), lambda c, by, _, now: acts.leaving(c, by, now)),
    "left": (What.LEFT, ("gave", "received"), lambda c, by, it, now: acts.left(c, by, it["gave"], it["received"], now)),
    "confirm": (What.CONFIRMED, ("name", "mail"), lambda c, by, it, now: acts.confirmed(c, by, _contact(it), now)),
    "review": (What.REVIEWED, ("note",), lambda c, by, it, now: acts.reviewed(c, by, it["note"], now)),
}
"""By name: what it is on record, what must be given with it, and what it makes of the content."""


def _contact(given: Given) -> dict[str, str]:
    return {"name": given["name"], "mail": given["mail"], "phone": given.get("phone", "")}


def done(entry: Entry, agreement: AnyAgreement, act: str, given: Given, desk: AgreementDesk) -> Effects:
    """An act as it is recorded, with who did it and the mails that tell the parties. Raises NotNow."""
    if act not in offered(agreement, desk):
        raise NotNow("nothing-to-do")
    what, needed, change = ACTS[act]
    texts = {name: on_one_line(text) for name, text in given.items()}
    if not all(texts.get(name) for name in needed):
        raise NotNow("incomplete-act")
    made = change(entry.content or {}, desk.by, texts, desk.now)
    return _recorded(entry, entry.id, made, _joining(what, agreement, desk), desk)


def on_one_line(text: str | None) -> str:
    """What was typed, on one line, as the register keeps texts."""
    return " ".join((text or "").split())


def _joining(what: What, agreement: AnyAgreement, desk: AgreementDesk) -> What:
    """The signature of one who was not party before is how it joins."""
    signed = agreement.signed if isinstance(agreement, SharingAgreement) else ()
    return What.JOINED if what is What.SIGNED and signed and desk.org not in signed[-1].orgs else what


def drafted(entry: Entry | None, terms: Content, head: Content, desk: AgreementDesk) -> Effects:
    """A new agreement, or the next version of one (`entry`), as it is recorded. It holds when all parties have signed. `head` has
    id and names, `terms` what a version of the federation file says. Raises NotNow.
    """
    id_ = entry.id if entry else str(head["id"])
    if entry is None and desk.store.register_history(acts.KIND, id_):
        raise NotNow("taken")
    content = {k: v for k, v in (entry.content or {}).items() if k != "name"} if entry else None
    made = acts.drafted(content, terms, {**head, "id": id_}, desk.by)
    _are_there(acts.read(made).versions[-1], desk)
    return _recorded(entry, id_, made, What.DRAFTED, desk)


def _are_there(terms: Terms, desk: AgreementDesk) -> None:
    """Every party is a member, and every service a receiver's. Raises NotNow."""
    for party in terms.parties:
        if desk.store.register_entry("member", party.org) is None:
            raise NotNow("no-member")
    receivers = {party.org for party in terms.parties if PartyRole.RECEIVER in party.roles}
    for service in terms.services:
        standing = desk.store.register_entry("service", service)
        if standing is None or standing.org not in receivers:
            raise NotNow("no-service")


def _recorded(entry: Entry | None, id_: str, made: Content, what: What, desk: AgreementDesk) -> Effects:
    """Nothing waits for a mail server that there is not."""
    expected = entry.version if entry else 0
    effects = acts.effects(id_, made, what, desk.by, desk.now, desk.origin, expected=expected)
    if not desk.settings.smtp_host:
        return effects
    post = sharing_mail.Post(sharing_mail.members_of(desk.store), desk.settings.base_url, desk.now)
    return effects + sharing_mail.told(entry.content if entry else None, made, what, desk.by, post)
