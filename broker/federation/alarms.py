"""What is told at once, by mail, of what concerns the federation's own safety.

An alarm (`AlarmRaised`) goes to the addresses of `TILLIT_ALARM_MAIL`, and is in the log whether or not there are any. A mail
names organisations, entries and days, never a person. What runs out is `notices`'s, what members are told of changes
`change_mail`'s.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from broker.audit.events import AlarmRaised
from broker.login.effects import Effects
from broker.login.mail import KeepMail, Mail, NoteNotice
from broker.settings import Settings
from trust_framework.days import day_of

Words = tuple[str, str]

JOB_FAILING: Final = "job-failing"
PERSON_FORGOTTEN: Final = "person-forgotten"
OPERATOR_LINK: Final = "operator-link"
OPERATOR_MADE: Final = "operator-made"
COPY_HELD: Final = "copy-held"
REVIEW_OVERDUE: Final = "review-overdue"
HOST_FAILING: Final = "host-failing"
HOST_ENDED: Final = "host-ended"
_LINK: Final = (
    (
        "På servern har någon skapat en länk som gör den som öppnar den till federationsoperatör: en gång, i 15 minuter.\n"
        "Är det inte väntat, ta reda på vem som har tillgång till servern."
    ),
    (
        "On the server somebody made a link by which whoever opens it becomes an operator of the federation: once, within\n"
        "15 minutes. If nobody expected it, find out who has access to the server."
    ),
)
_MADE: Final = (
    "Länken som skapades på servern har använts. Ta tillbaka rollen om den inte ska vara kvar.",
    "The link that was made on the server has been used. Take the role back if it shall not stay.",
)
_OVERDUE: Final = (
    "En ändring publicerades med nödvägen och skulle ha granskats senast {day}. Nödvägen är stängd tills det är gjort.",
    "A change was published by the emergency path and was to be reviewed by {day}. That path is closed until it is done.",
)
_FAILING: Final = (
    (
        "Ett återkommande arbete ({about}) misslyckas. Det som det ska göra blir inte gjort förrän orsaken är åtgärdad.\n"
        "Feltypen står hos `tillit doctor`, resten i serverns logg."
    ),
    (
        "A recurring job ({about}) fails. What it is for is not done until the cause is mended.\n"
        "`tillit doctor` tells the class of the error, the server's log the rest."
    ),
)
_FORGOTTEN: Final = (
    "På servern har någon raderat en person, med beslut {about}. Är det inte väntat, ta reda på vem som når servern.",
    "On the server somebody erased a person, by decision {about}. If nobody expected it, find out who has access to it.",
)
_HELD: Final = (
    (
        "Enligt den andra noden har fler spärrar upphört eller hävts än vad som får ske på en gång ({about}).\n"
        "Kopian hålls kvar som den var, och blir snart för gammal att svara från, tills någon godtar eller avvisar det."
    ),
    (
        "The other node says that more blocks have ended, or are lifted, than may be at once ({about}).\n"
        "The copy is held as it was, and will soon be too old to answer from, until somebody accepts or refuses that."
    ),
)
_HOST_FAILING: Final = (
    (
        "Värden {about} är styrkt av en medlem, men visar inte längre beviset. Medlemmens kontakter är underrättade.\n"
        "Är det inte rättat {day} stoppas det som har adresser där. Kan någon annan ha tagit över värden, stoppa redan nu."
    ),
    (
        "A member has proven the host {about}, but it shows the proof no longer. The member's contacts are told. If it is not\n"
        "mended on {day}, what has addresses there is stopped. If somebody may have taken the host over, stop it now."
    ),
)
_HOST_ENDED: Final = (
    (
        "Beviset för värden {about} har upphört: det har saknats för länge, eller så har någon annan styrkt värden.\n"
        "Medlemmens tjänster och identitetsutfärdare med adresser där är stoppade, och medlemmens kontakter underrättade."
    ),
    (
        "The proof of the host {about} has ended: it was missing for too long, or somebody else has proven the host.\n"
        "The member's services and identity providers with addresses there are stopped, and the member's contacts are told."
    ),
)
TEXTS: Final[Mapping[str, tuple[Words, Words]]] = {
    OPERATOR_LINK: (
        ("En länk för en ny federationsoperatör har skapats", "A link for a new operator of the federation was made"),
        _LINK,
    ),
    JOB_FAILING: (("Ett återkommande arbete misslyckas", "A recurring job fails"), _FAILING),
    PERSON_FORGOTTEN: (("En person har raderats på servern", "A person was erased on the server"), _FORGOTTEN),
    HOST_FAILING: (("En värd visar inte sitt bevis", "A host does not show its proof"), _HOST_FAILING),
    HOST_ENDED: (("Beviset för en värd har upphört", "The proof of a host has ended"), _HOST_ENDED),
    OPERATOR_MADE: (("En länk från servern gav någon en roll", "A link from the server gave somebody a role"), _MADE),
    COPY_HELD: (("Kopian av andras spärrar hålls kvar", "The copy of others' blocks is held"), _HELD),
    REVIEW_OVERDUE: (
        ("En granskning efter nödväg är försenad", "A review after an emergency is overdue"),
        _OVERDUE,
    ),
}
"""Subject and text of each alarm, in Swedish and English."""


def raised(what: str, page: str, settings: Settings, now: int, about: str = "", day: str = "") -> Effects:
    """The alarm, and its mail where mail can be sent to somebody. `page` is where it is looked into."""
    subjects, texts = TEXTS[what]
    to = tuple(each.strip() for each in settings.alarm_mail.split(",") if each.strip())
    told = tuple(each.format(day=day, about=about) for each in texts)
    body = "\n".join([told[0], "", f"Se {page}", "", "---", "", told[1], "", f"See {page}", ""])
    kept = _mail("", to, " / ".join(subjects), body, settings, now)
    event = AlarmRaised(at=now, what=what, about=about, mail=kept.mail.id if kept else "")
    return Effects((kept,) if kept else (), (event,))


def _mail(org: str, to: tuple[str, ...], subject: str, text: str, settings: Settings, now: int) -> KeepMail | None:
    """Nothing waits for a mail server that there is not."""
    if not to or not settings.smtp_host:
        return None
    return KeepMail(Mail(secrets.token_hex(16), org, to, subject, text, now, now))


def overdue(
    reviews: Iterable[tuple[str, int]], told: Iterable[str], settings: Settings, now: int
) -> tuple[Effects, ...]:
    """An alarm for each review (proposal, day) that is overdue and was not told of."""
    known = set(told)
    return tuple(
        raised(REVIEW_OVERDUE, f"{settings.base_url}/admin/forslag/{id_}", settings, now, id_, day_of(at).isoformat())
        + Effects((NoteNotice("proposal", id_, REVIEW_OVERDUE, at, 0, now),))
        for id_, at in reviews
        if id_ not in known
    )
