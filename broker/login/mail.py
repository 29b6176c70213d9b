"""Mail that waits to be sent, and the changes that keep it: what is told of and the mail that tells are one commit."""

from dataclasses import dataclass, field

from broker.login.effects import Change


def one_line(text: str) -> str:
    """A text of somebody else's as it may stand in a mail's line: without control or direction characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it is kept until it is sent. `state` is `waiting`, `sent` or `failed`; `next_at` when it is tried (again)."""

    id: str
    org: str
    to: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    made_at: int
    next_at: int | None
    attempts: int = 0
    state: str = "waiting"
    error: str = ""


@dataclass(frozen=True, slots=True)
class KeepMail(Change):
    """Insert a mail, or note how it went. What it says is kept until it was sent or given up."""

    mail: Mail


@dataclass(frozen=True, slots=True)
class NoteNotice(Change):
    """A thing that runs out was told of at a threshold."""

    kind: str
    entry: str
    what: str
    expires_at: int
    threshold: int
    at: int
