"""Mail over SMTP (RFC 5321), by the operator's own server. The only place that speaks SMTP.

Nothing of what is sent comes into a header unchecked: addresses are plain ASCII of one form, the subject one printable line.
"""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from broker.login.mail import Mail
from broker.settings import Settings

SECONDS: Final = 20
ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
PERMANENT: Final = range(500, 600)


class NotSent(Exception):
    """The server could not be reached, or would not take it now; it may be tried again."""


class Refused(Exception):
    """Nobody of the recipients will have it."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where mail is handed in, and from whom it is."""

    settings: Settings

    def send(self, mail: Mail, now: int) -> tuple[str, ...]:
        """Hand in a mail; the recipients to whom it must be tried again. Raises NotSent, Refused."""
        to = tuple(address for address in map(ascii_address, mail.to) if address)
        if not to:
            raise Refused
        try:
            with self._connection() as server:
                refused = server.send_message(self._message(mail, to, now), self.settings.mail_from, to)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            raise NotSent(type(error).__name__) from error
        return _again(refused, to)

    def _connection(self) -> smtplib.SMTP:
        """Connected, over TLS, and authenticated where there is a user. A server without STARTTLS gets nothing."""
        settings = self.settings
        host, port = settings.smtp_host, settings.smtp_port
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=self._tls())
        else:
            server = smtplib.SMTP(host, port or (587 if settings.smtp_security == "starttls" else 25), timeout=SECONDS)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=self._tls())
            if settings.smtp_user:
                server.login(settings.smtp_user, password(settings))
        except BaseException:
            server.close()
            raise
        return server

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.settings.ca_file is not None:
            context.load_verify_locations(str(self.settings.ca_file))
        return context

    def _message(self, mail: Mail, to: tuple[str, ...], now: int) -> EmailMessage:
        """The same mail tried again has the same Message-ID, so that a reader may see that it is one."""
        message = EmailMessage()
        message["From"] = Address(display_name="tillit", addr_spec=self.settings.mail_from)
        message["To"] = tuple(Address(addr_spec=address) for address in to)
        message["Subject"] = "".join(letter if letter.isprintable() else "?" for letter in mail.subject)[:200]
        message["Date"] = formatdate(now)
        message["Message-ID"] = f"<{mail.id}@{urlsplit(self.settings.base_url).hostname}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine answers
        message.set_content(mail.text)
        return message


def ascii_address(address: str) -> str:
    """A mail address as it travels, its domain in ASCII (RFC 5890); empty for one that is none."""
    local, at, domain = address.rpartition("@")
    try:
        found = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return ""
    return found if ADDRESS.fullmatch(found) else ""


def password(settings: Settings) -> str:
    """The password, itself or in a file. Raises OSError."""
    given = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    return Path(given.removeprefix("file:")).read_text("utf-8").strip() if given.startswith("file:") else given


def _again(refused: Mapping[str, tuple[int, bytes]], to: tuple[str, ...]) -> tuple[str, ...]:
    """Who said "later" (4xx). Who said no (5xx) is left out; raises Refused when all did."""
    later = tuple(address for address, (code, _) in refused.items() if code not in PERMANENT)
    if not later and len(refused) == len(to):
        raise Refused
    return later
