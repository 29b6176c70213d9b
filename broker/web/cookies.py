"""The one cookie that matters: the browser's secret and, once somebody has signed on, the handle of the sign-on.

Value: `<browser secret>.<handle>`; a malformed value counts as none. SameSite=Lax: a cross-site POST comes without it and
is landed first (`journey.land`). Language and appearance have cookies of their own, which hold no secret.
"""

import re
from dataclasses import dataclass
from typing import Final

from broker.exchange import Request
from broker.login.handles import hashed, new_secret
from broker.login.request import Visit
from broker.settings import Settings

_VALUE = re.compile(r"([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})?")


@dataclass(frozen=True, slots=True)
class Held:
    """What the browser holds. `fresh`: it held nothing, and the secret was made now and must be set."""

    browser: str
    handle: str | None = None
    fresh: bool = False

    def with_handle(self, handle: str | None) -> "Held":
        return Held(self.browser, handle, self.fresh)


NOBODY: Final = Held("")
"""Held by whoever asks for what is the same for everybody: nothing is read of them, and nothing set."""


def held(request: Request, settings: Settings) -> Held:
    """What this browser holds, or a new secret for it."""
    found = _VALUE.fullmatch(request.cookie(settings.cookie_name) or "")
    return Held(found[1], found[2]) if found else Held(new_secret(), fresh=True)


def set_cookie(held: Held, settings: Settings) -> tuple[str, str]:
    """The Set-Cookie header. Over https the name's prefix makes the browser insist on Secure, Path=/ and no Domain."""
    secure = "; Secure" if settings.secure else ""
    value = f"{settings.cookie_name}={held.browser}.{held.handle or ''}"
    return "Set-Cookie", f"{value}; Path=/; HttpOnly; SameSite=Lax{secure}"


def visit(request: Request, held: Held, language: str) -> Visit:
    """The browser as the journey sees it: hashes, never secrets."""
    return Visit(
        browser=hashed(held.browser),
        sign_on_id=hashed(held.handle) if held.handle else None,
        language=language,
        user_agent=request.headers.get("user-agent", "")[:256],
        remote=request.remote,
    )
