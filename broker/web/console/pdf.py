"""A document as a tagged PDF (PDF/UA-1), made by WeasyPrint, which is not there unless it was installed with the extra `pdf`.

Nothing is fetched for a document: neither from the network nor from files. The library is imported when the first one is
made, since it is heavy.
"""

from importlib.resources import files
from typing import Any, Final, NoReturn

from broker.exchange import Reply

TAGGED: Final = "pdf/ua-1"
STYLE: Final = "print.css"


class Missing(Exception):
    """WeasyPrint is not installed, or a library that it needs is not there."""


class Fetched(Exception):
    """A document asked for something that is not in it. The library leaves it out, and goes on."""


def reply(name: str, html: str) -> Reply:
    """The file `<name>.pdf`. Raises Missing."""
    return Reply(
        200,
        (
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", f'attachment; filename="{name}.pdf"'),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ),
        made(html),
    )


def made(html: str) -> bytes:
    """The document. Raises Missing."""
    try:
        import weasyprint  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:
        raise Missing from error
    nothing = fetcher(weasyprint.urls.URLFetcher)
    style = weasyprint.CSS(string=_style(), url_fetcher=nothing)
    document = weasyprint.HTML(string=html, url_fetcher=nothing)
    return bytes(document.write_pdf(stylesheets=[style], pdf_variant=TAGGED))


def fetcher(base: Any) -> Any:
    """A fetcher that fetches nothing. `base` is the library's own, whose shape it has."""

    class Nothing(base):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> NoReturn:  # noqa: ARG002  # as the library calls it
            raise Fetched(url[:200])

    return Nothing()


def _style() -> str:
    return (files("broker.web.console") / STYLE).read_text(encoding="utf-8")
