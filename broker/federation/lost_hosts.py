"""What comes of a host that no longer shows its member's proof: whom it is told, and which entries stop when it has ended.

Told at once when a second look fails as well, and again 14, 7 and 1 days before the end. When the proof has ended, because the
host failed for too long or has become another's, the member's services and providers that name the host are stopped like by an
operator: what they send may be somebody else's. How proofs end is `trust_framework.domains`'.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from broker.audit.events import NoticeGiven
from broker.federation import alarms, hosts
from broker.federation.domains import LATELY
from broker.federation.notices import recipients
from broker.federation.register import ChangeRegister, Entry, EntryChange
from broker.login.effects import NOTHING, Effects
from broker.login.mail import KeepMail, Mail, NoteNotice
from broker.settings import Settings
from metadata.wire.xml import XmlRefused
from trust_framework.days import day_of
from trust_framework.domains import DAY, HOUR, DomainProof
from trust_framework.members import State

KIND: Final = "host"
FAILING: Final = "domain-proof"
ENDED: Final = "domain-proof-ended"
ORIGIN: Final = "hosts"
OWNERS: Final = ("service", "identity_provider")
"""Kinds of entries that are stopped. A member that is itself an entity of an OpenID Federation there is for operators to stop."""

ACTIVE: Final = State.ACTIVE.value
THRESHOLDS: Final = (30, 14, 7, 1)
"""Days before the end at which it is told."""

_SUBJECTS: Final = {
    FAILING: ("Värden {host} visar inte sitt bevis", "The host {host} does not show its proof"),
    ENDED: ("Värden {host} är inte längre er", "The host {host} is no longer yours"),
}
_TEXTS: Final = {
    FAILING: (
        (
            "Värden {host} är styrkt som er, men visar inte längre beviset. Nya ändringar av tjänster där godkänns inte.\n"
            "Efter ett dygn behövs ett nytt bevis, som ni begär på sidan nedan.\n"
            "Är det inte rättat {day} stoppas era tjänster och identitetsutfärdare som har adresser där.\n"
            "Är värden inte er längre, ta bort adresserna dit redan nu."
        ),
        (
            "The host {host} is proven to be yours, but shows the proof no longer. New changes of services there are not\n"
            "approved. After a day a new proof is needed, for which you ask at the page below.\n"
            "If it is not mended on {day}, your services and identity providers with addresses there are stopped.\n"
            "If the host is not yours any more, remove the addresses at once."
        ),
    ),
    ENDED: (
        (
            "Beviset för värden {host} gäller inte längre: det har saknats för länge, eller så har någon annan styrkt värden.\n"
            "Tjänster och identitetsutfärdare som stoppades: {stopped}.\n"
            "Styrk värden på nytt, eller föreslå en ändring utan adresser där. Federationen tar dem i drift igen."
        ),
        (
            "The proof of the host {host} has ended: it was missing for too long, or somebody else has proven the host.\n"
            "Services and identity providers that were stopped: {stopped}.\n"
            "Prove the host anew, or propose a change without addresses there. The federation puts them into force again."
        ),
    ),
}
_REASON: Final = (
    "Beviset för värden {host} har upphört: det som skickas dit kan hamna hos någon annan. / "
    "The proof of the host {host} has ended: what is sent there may reach somebody else."
)


class ReadsMarks(Protocol):
    """What is read of what was told."""

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...


def told(
    proof: DomainProof,
    marks: Mapping[tuple[str, str, str, int], int],
    member: Mapping[str, Any],
    settings: Settings,
    now: int,
) -> Effects:
    """That a host fails: the mail to its member, and the first time the alarm; nothing while it has been told, or a second look
    has not failed yet. `marks` are the thresholds that were told of.
    """
    since, ends_at = proof.failing_since, proof.ends_at
    if since is None or ends_at is None or proof.ended_at is not None or proof.checked_at < since + HOUR:
        return NOTHING
    key = (KIND, _key(proof), FAILING, ends_at)
    passed = [days for days in THRESHOLDS if now >= ends_at - days * DAY][-1]
    if passed >= marks.get(key, THRESHOLDS[0] + 1):
        return NOTHING
    first = (
        alarms.raised(alarms.HOST_FAILING, _console(settings), settings, now, proof.host, day_of(ends_at).isoformat())
        if key not in marks
        else NOTHING
    )
    mail = _mail(proof, FAILING, member, settings, now, day=day_of(ends_at).isoformat())
    return first + mail + _noted(proof, FAILING, ends_at, passed, now, mail)


def ended(
    proof: DomainProof,
    marks: Mapping[tuple[str, str, str, int], int],
    member: Mapping[str, Any],
    entries: Iterable[Entry],
    settings: Settings,
    now: int,
) -> Effects:
    """That a proof has ended: the entries that name the host are stopped, and everybody is told, once. `entries` are those of
    the member.
    """
    key = (KIND, _key(proof), ENDED, proof.ended_at or 0)
    if proof.ended_at is None or key in marks:
        return NOTHING
    changes = tuple(_stopped(proof.host, entries))
    stop = Effects((ChangeRegister(changes, now),)) if changes else NOTHING
    names = ", ".join(sorted(change.id for change in changes)) or "–"
    alarm = alarms.raised(alarms.HOST_ENDED, _console(settings), settings, now, proof.host)
    mail = _mail(proof, ENDED, member, settings, now, stopped=names)
    return stop + alarm + mail + _noted(proof, ENDED, proof.ended_at, 0, now, mail)


def dealt_with(proof: DomainProof, store: ReadsMarks, now: int) -> bool:
    """Whether what comes of the end of a proof has been done, so that another may take its place. Marks are kept for longer
    than an end is looked for; long after it, there is nothing more to come.
    """
    at = proof.ended_at or 0
    return now >= at + LATELY or (KIND, _key(proof), ENDED, at) in store.notices_told(KIND, _key(proof))


def _stopped(host: str, entries: Iterable[Entry]) -> Iterator[EntryChange]:
    """Every entry in force that names the host, and one that cannot be read: nobody knows what it names."""
    for entry in entries:
        content = entry.content or {}
        if entry.content is not None and content.get("state", ACTIVE) == ACTIVE and _names(host, entry):
            reason = _REASON.format(host=host)
            stopped = {**content, "state": State.SUSPENDED.value, "reason": reason}
            yield EntryChange(
                entry.kind, entry.id, stopped, entry.org, ORIGIN, reason=reason, expected=entry.version
            )  # fmt: skip


def _names(host: str, entry: Entry) -> bool:
    try:
        return host in hosts.named(entry.kind, entry.content or {})
    except XmlRefused:
        return True


def _key(proof: DomainProof) -> str:
    return f"{proof.org} {proof.host}"


def _console(settings: Settings) -> str:
    return f"{settings.base_url}/admin/domaner?lage=failing"


def _noted(proof: DomainProof, what: str, at: int, threshold: int, now: int, mail: Effects) -> Effects:
    id_ = next((change.mail.id for change in mail.changes if isinstance(change, KeepMail)), "")
    event = NoticeGiven(at=now, org=proof.org, kind=KIND, entry=proof.host, what=what, days=threshold, mail=id_)
    return Effects((NoteNotice(KIND, _key(proof), what, at, threshold, now),), (event,))


def _mail(
    proof: DomainProof,
    what: str,
    member: Mapping[str, Any],
    settings: Settings,
    now: int,
    day: str = "",
    stopped: str = "",
) -> Effects:
    """Nothing waits for a mail server that there is not, nor for contacts that a member has not named."""
    to = recipients(member, ())
    if not to or not settings.smtp_host:
        return NOTHING
    page = f"{settings.base_url}/portal/{proof.org}/domaner/{proof.host}"
    sv, en = (each.format(host=proof.host, day=day, stopped=stopped) for each in _TEXTS[what])
    text = "\n".join([sv, "", f"Se {page}", "", "---", "", en, "", f"See {page}", ""])
    subject = " / ".join(each.format(host=proof.host) for each in _SUBJECTS[what])
    return Effects((KeepMail(Mail(secrets.token_hex(16), proof.org, to, subject, text, now, now)),))
