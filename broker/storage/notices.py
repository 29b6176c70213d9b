"""What has been told of things that run out, and the mails that tell, until they are sent."""

from collections.abc import Mapping

from sqlalchemy import Executable, Index, bindparam, select

from broker.login.mail import KeepMail, Mail, NoteNotice
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

_BASIS = "Public interest: running the federation (GDPR 6.1 e)"
NOTICES = table(
    "notices",
    About(
        "Of which things that run out a member has been told, so that it is told once", _BASIS, "A year after the end"
    ),
    text("kind", "Kind of entry", primary_key=True),
    text("entry", "The entry's id", primary_key=True),
    text("what", "What of it runs out", primary_key=True),
    number("expires_at", "When", primary_key=True, autoincrement=False),
    number("threshold", "Days before at which it was last told"),
    number("at", "When it was told"),
    Index(None, "expires_at"),
)
MAILS = table(
    "mails",
    About("Mail to contacts of members", _BASIS, "What it says until it is sent; that it was, 90 days"),
    text("id", "A random name", primary_key=True),
    text("org", "Organisation number of the member that it is for"),
    octets("content", "Addresses, subject and text, sealed; nothing once it was sent or given up"),
    number("made_at", "When it was made"),
    number("next_at", "When it is tried, or tried again", nullable=True),
    number("attempts", "How often it was tried"),
    text("state", "waiting, sent or failed"),
    text("error", "Class of the last failure"),
    Index(None, "next_at"),
    Index(None, "made_at"),
)
_N, _M = NOTICES.c, MAILS.c
_KEY = ("kind", "entry", "what", "expires_at")


def _note(insert: InsertOf) -> Executable:
    new = insert(NOTICES).values({column.name: bindparam(column.name) for column in NOTICES.columns})
    changed = {name: new.excluded[name] for name in ("threshold", "at")}
    return new.on_conflict_do_update(index_elements=list(_KEY), set_=changed)  # type: ignore[no-any-return]


def _keep(insert: InsertOf) -> Executable:
    new = insert(MAILS).values({column.name: bindparam(column.name) for column in MAILS.columns})
    changed = {name: new.excluded[name] for name in ("content", "next_at", "attempts", "state", "error")}
    return new.on_conflict_do_update(index_elements=["id"], set_=changed)  # type: ignore[no-any-return]


_NOTE, _KEEP = Kept(_note), Kept(_keep)
_TOLD = Kept(
    select(_N.what, _N.expires_at, _N.threshold).where(_N.kind == bindparam("of"), _N.entry == bindparam("id"))
)
_COLUMNS = (_M.id, _M.org, _M.content, _M.made_at, _M.next_at, _M.attempts, _M.state, _M.error)
_DUE = Kept(select(*_COLUMNS).where(_M.next_at <= bindparam("now")).order_by(_M.next_at).limit(bindparam("count")))
_LATEST = Kept(select(*_COLUMNS).order_by(_M.made_at.desc(), _M.id).limit(bindparam("count")))


def note(unit: Unit, change: NoteNotice) -> None:
    """Note that it was told."""
    unit.run(_NOTE, {column.name: getattr(change, column.name) for column in NOTICES.columns})


def told(database: Database, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]:
    """The nearest threshold at which each thing of an entry was told of."""
    rows = database.rows(_TOLD, {"of": kind, "id": entry})
    return {(kind, entry, what, expires_at): threshold for what, expires_at, threshold in rows}


def keep(unit: Unit, change: KeepMail) -> None:
    """Keep a mail as it is now."""
    mail = change.mail
    says = {"to": list(mail.to), "subject": mail.subject, "text": mail.text} if mail.next_at is not None else {}
    unit.run(
        _KEEP,
        {
            **{name: getattr(mail, name) for name in ("id", "org", "made_at", "next_at", "attempts", "state", "error")},
            "content": unit.vault.seal("mail", dumps(says), mail.id.encode()),
        },
    )


def due(database: Database, now: int, count: int) -> tuple[Mail, ...]:
    """Mails to be sent now, those that have waited longest first."""
    return tuple(_read(database, row) for row in database.rows(_DUE, {"now": now, "count": count}))


def latest(database: Database, count: int) -> tuple[Mail, ...]:
    """The newest mails, for the console: to whom and what they say is there only while they wait."""
    return tuple(_read(database, row) for row in database.rows(_LATEST, {"count": count}))


def _read(database: Database, row: tuple[str, str, bytes, int, int | None, int, str, str]) -> Mail:
    id_, org, content, made_at, next_at, attempts, state, error = row
    says = loads(database.vault.open("mail", content, id_.encode()))
    to, subject, text_ = tuple(says.get("to", ())), says.get("subject", ""), says.get("text", "")
    return Mail(id_, org, to, subject, text_, made_at, next_at, attempts, state, error)
