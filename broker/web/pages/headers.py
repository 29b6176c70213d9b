"""The security headers of pages: one place says what a page of this site may load, post to and be framed by.

`form-action` is checked by browsers along the redirects that follow a post, so it names every origin at which a login
may end (CSP level 3, section 6.4.1), and nothing more.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

Headers = tuple[tuple[str, str], ...]

HSTS = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def origin(url: str) -> str:
    """The CSP source of an address: its origin; the scheme alone for apps and for IPv6 hosts, which CSP cannot name.

    Raises ValueError when the address cannot stand in a header.
    """
    parts = urlsplit(url)
    if not _SCHEME.fullmatch(parts.scheme):
        raise ValueError("no scheme in the address")
    if parts.scheme not in {"http", "https"} or parts.netloc.startswith("["):
        return f"{parts.scheme}:"
    host = parts.netloc.rpartition("@")[2].lower()
    if not _HOST.fullmatch(host):
        host = _ascii(host)
    return f"{parts.scheme}://{host}"


def _ascii(host: str) -> str:
    """An internationalised host as browsers send it."""
    encoded = host.encode("idna").decode("ascii")
    if not _HOST.fullmatch(encoded):
        raise ValueError("the host cannot stand in a header")
    return encoded


@lru_cache(maxsize=1024)
def page_headers(
    form_action: tuple[str, ...] = (),
    *,
    secure: bool = True,
    scripted: bool = False,
    connected: bool = False,
    framing: bool = False,
    framed: bool = False,
) -> Headers:
    """Headers of a page. `form_action` are origins beside our own; the flags say what the page needs: its own scripts,
    their connections home, a frame of ours inside it, being inside one.
    """
    policy = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'"]
    policy += ["script-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"] if scripted else []
    policy += ["connect-src 'self'"] if connected else []
    policy += ["frame-src 'self'"] if framing else []
    policy += ["form-action " + " ".join(dict.fromkeys(("'self'", *form_action)))]
    policy += ["frame-ancestors 'self'" if framed else "frame-ancestors 'none'"]
    return (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "; ".join(policy)),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Vary", "Cookie, Accept-Language"),
        *((HSTS,) if secure else ()),
    )
