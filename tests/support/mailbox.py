"""A mail server on loopback that keeps what it is given: plain, with STARTTLS or over TLS; it may refuse or put off."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "tillit", "a-password-of-the-mail-server"


@dataclass
class Mailbox:
    """What came, and which addresses are answered with something else than 250."""

    answers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=policy.default)))
        self.secured.append(session.ssl is not None)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(data.login.decode())
        return AuthResult(success=good)


class _Controller(Controller):
    def __init__(self, mailbox: Mailbox, port: int, *, implicit: bool, **options: Any) -> None:
        self._options = options
        super().__init__(mailbox, hostname="127.0.0.1", port=port, ssl_context=options.pop("implicit_context", None))

    def factory(self) -> SMTP:
        return SMTP(self.handler, **self._options)


@contextmanager
def serving(
    mailbox: Mailbox,
    port: int,
    *,
    security: str = "none",
    cert: Path | None = None,
    key: Path | None = None,
    auth: bool = False,
) -> Iterator[Mailbox]:
    """The server, while the block runs."""
    options: dict[str, Any] = {}
    if cert is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        else:
            options["implicit_context"] = context
    if auth:
        options |= {
            "authenticator": mailbox.authenticate,
            "auth_required": True,
            "auth_require_tls": security == "starttls",
        }
    controller = _Controller(mailbox, port, implicit=security == "tls", **options)
    mailbox.port = port
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
