"""What a member's contacts are told by mail of changes to its entries, in Swedish and English.

A harmless change that nobody else has looked at goes to those who run things. A dangerous one goes, when it is sent in and when
it is valid, to every contact; so does a stop, and a proposal that was sent back or rejected. That takes the place of a call on
the telephone: whoever acts in the member's name cannot do it unseen. The contacts are those from before the change. A mail names
entries, never a person or what somebody wrote as a reason: those stand behind the address, for who may see them.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from broker.audit.events import ChangeTold
from broker.federation.aspects import KINDS
from broker.federation.notices import recipients
from broker.login.effects import NOTHING, Effects
from broker.login.mail import KeepMail, Mail, one_line
from broker.settings import Settings
from trust_framework.approval import Proposal, Stage
from trust_framework.danger import Danger

Words = tuple[str, str]


class Step(StrEnum):
    """What has happened to a member's entry, or to a proposal about it."""

    CHANGED = "changed"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    RETURNED = "returned"
    REJECTED = "rejected"
    SUSPENDED = "suspended"


TEXTS: Final[Mapping[Step, tuple[Words, Words]]] = {
    Step.CHANGED: (
        ("Ändrat", "Changed"),
        (
            "En ändring av {kind} {name} är publicerad. Den räknas som harmlös, så ingen annan har granskat den.",
            "A change of {kind} {name} is published. It counts as harmless, so nobody else has looked at it.",
        ),
    ),
    Step.SUBMITTED: (
        ("Inskickat", "Sent in"),
        (
            "En ändring av {kind} {name} är inskickad. Den kan vara farlig och väntar på att federationen godkänner den.",
            "A change of {kind} {name} has been sent in. It may be dangerous, and waits for the federation to approve it.",
        ),
    ),
    Step.PUBLISHED: (
        ("Publicerat", "Published"),
        (
            "En ändring av {kind} {name} är godkänd och gäller nu.",
            "A change of {kind} {name} is approved and valid now.",
        ),
    ),
    Step.RETURNED: (
        ("Ska kompletteras", "To be completed"),
        (
            "Förslaget om {kind} {name} är tillbaka hos er för komplettering. Skälet står i portalen.",
            "The proposal about {kind} {name} is back with you to be completed. The reason is in the portal.",
        ),
    ),
    Step.REJECTED: (
        ("Avslaget", "Rejected"),
        (
            "Förslaget om {kind} {name} är avslaget. Skälet står i portalen.",
            "The proposal about {kind} {name} is rejected. The reason is in the portal.",
        ),
    ),
    Step.SUSPENDED: (
        ("Stoppat", "Suspended"),
        (
            "Federationen har stoppat {kind} {name}. Inga inloggningar går igenom. Skälet står i portalen.",
            "The federation has suspended {kind} {name}. No logins go through. The reason is in the portal.",
        ),
    ),
}
"""The first word of the subject, and the text, of each step."""

_NOT_YOU: Final = (
    "Var det inte ni: se {page} och hör av er till federationen.",
    "If it was not you: see {page} and tell the federation.",
)
_SEE: Final = ("Se {page}", "See {page}")
_OWN_DOING: Final = frozenset({Step.CHANGED, Step.SUBMITTED, Step.PUBLISHED})
"""Steps that begin with somebody of the member, or who says so."""

_DECIDED: Final[Mapping[Stage, Step]] = {Stage.RETURNED: Step.RETURNED, Stage.REJECTED: Step.REJECTED}


@dataclass(frozen=True, slots=True)
class _Told:
    """What a mail is about. `page` is where it leads, within the broker."""

    step: Step
    kind: str
    entry: str
    org: str
    name: str
    proposal: str
    page: str

    def subject(self) -> str:
        return f"{' / '.join(TEXTS[self.step][0])}: {self.name}"

    def text(self, base_url: str) -> str:
        last = _NOT_YOU if self.step in _OWN_DOING else _SEE
        swedish, english = (
            (
                TEXTS[self.step][1][language].format(kind=KINDS[self.kind][language], name=self.name),
                last[language].format(page=f"{base_url}/{self.page}"),
            )
            for language in (0, 1)
        )
        return "\n".join((*swedish, "", "---", "", *english, ""))


def step_of(before: Stage | None, after: Proposal) -> Step | None:
    """What of a step of a proposal the member's contacts are told; None for nothing."""
    if after.stage is before:
        return None
    if after.stage is Stage.PUBLISHED and after.danger is Danger.HARMLESS:
        return Step.CHANGED
    if after.danger is Danger.DANGEROUS and after.stage is Stage.PUBLISHED:
        return Step.PUBLISHED
    if after.danger is Danger.DANGEROUS and after.stage is Stage.SUBMITTED and before is not Stage.APPROVED:
        return Step.SUBMITTED
    return _DECIDED.get(after.stage)


def of_proposal(
    step: Step, proposal: Proposal, member: Mapping[str, Any], names: Mapping[str, str], settings: Settings, now: int
) -> Effects:
    """The mail of a step of a proposal. `member` is the member's entry as it was before it."""
    new = proposal.kind == "member" and proposal.wanted.base == 0
    page = f"portal/ansok/{proposal.id}" if new else f"portal/{proposal.org}/forslag/{proposal.id}"
    told = _Told(step, proposal.kind, proposal.object, proposal.org, _name(names, proposal.object), proposal.id, page)
    to = recipients(member, ()) if step is Step.CHANGED else everybody(member)
    return _told(told, to, settings, now)


def of_suspension(
    kind: str, id: str, org: str, member: Mapping[str, Any], names: Mapping[str, str], settings: Settings, now: int
) -> Effects:
    """The mail of a stop, to the member that it belongs to; of what is the federation's own there is none."""
    page = f"portal/{org}/tjanster/{id}" if kind == "service" else f"portal/{org}/medlem"
    told = _Told(Step.SUSPENDED, kind, id, org, _name(names, id), "", page)
    return _told(told, everybody(member), settings, now)


def everybody(member: Mapping[str, Any]) -> tuple[str, ...]:
    """Every contact of a member that has an address, each once."""
    contacts = member.get("contacts") or {}
    mails: Iterable[Any] = (each.get("mail") for each in contacts.values() if isinstance(each, Mapping))
    return tuple(dict.fromkeys(mail for mail in mails if isinstance(mail, str) and mail))


def _told(told: _Told, to: tuple[str, ...], settings: Settings, now: int) -> Effects:
    """Nothing waits for a mail server that there is not."""
    if not to or not settings.smtp_host:
        return NOTHING
    id_ = secrets.token_hex(16)
    mail = Mail(id_, told.org, to, told.subject(), told.text(settings.base_url), now, now)
    event = ChangeTold(
        at=now, org=told.org, proposal=told.proposal, kind=told.kind, entry=told.entry, what=told.step, mail=id_
    )
    return Effects((KeepMail(mail),), (event,))


def _name(names: Mapping[str, str], id: str) -> str:
    return one_line(names.get("sv") or next(iter(names.values()), id))[:80]
