"""From a page and its frame to a reply. Owns the template environments, one a language, compiled once.

A page is data and a template draws it: no template reads anything but its page, its frame and the words.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from babel.dates import format_datetime, get_timezone
from babel.numbers import format_decimal
from jinja2 import BytecodeCache, PackageLoader, StrictUndefined, Template
from jinja2 import Environment as Templates
from jinja2.bccache import Bucket
from jinja2.meta import find_referenced_templates

from broker.exchange import Reply
from broker.settings import Environment
from broker.web.pages.frame import Frame, Page, app_link, clean, in_language, web_link
from broker.web.pages.headers import origin, page_headers
from broker.web.pages.language import LANGUAGE_PATH, THEME_PATH
from broker.web.pages.progress import sentence
from broker.web.pages.qr import qr_path
from broker.web.pages.static import asset
from broker.web.pages.texts import LANGUAGES, texts

_MOMENTS = {"date": "yyyy-MM-dd", "clock": "HH:mm", "moment": "yyyy-MM-dd HH:mm"}


class Pages:
    """Renders pages; used by many threads. `contact` is the address that pages show when nothing nearer is known."""

    def __init__(
        self,
        environment: Environment = Environment.PRODUCTION,
        *,
        secure: bool = True,
        contact: str = "",
        time_zone: str = "Europe/Stockholm",
        default_language: str = "sv",
    ) -> None:
        self._secure = secure
        self._default = default_language if default_language in LANGUAGES else "sv"
        shared = {
            "asset": asset,
            "contact_address": contact,
            "environment": environment.value,
            "languages": LANGUAGES,
            "language_path": LANGUAGE_PATH,
            "theme_path": THEME_PATH,
            "qr_path": qr_path,
            "web_link": web_link,
            "app_link": app_link,
        }
        zone = get_timezone(time_zone)
        self._environments = {language: _templates(language, zone, shared) for language in LANGUAGES}
        self._compiled: dict[tuple[str, str], Template] = {}

    def warm(self) -> None:
        """Compile what people log in with now, so that no login waits for it. The consoles' templates are many and seldom asked
        for: each is compiled when it is first shown.
        """
        first = self._environments[self._default]
        names = _with_parents({page.template for page in _of_logins(Page)}, first)
        for environment in self._environments.values():
            for name in names:
                environment.get_template(name)

    def render(self, page: Page, frame: Frame) -> Reply:
        """The reply that shows the page."""
        language = frame.language if frame.language in LANGUAGES else self._default
        body = self._template(language, page.template).render(page=page, frame=frame, language=language)
        headers = page_headers(
            (*frame.form_action, *map(origin, page.posts_to)),
            secure=self._secure,
            scripted=page.scripted,
            connected=page.connected,
            framing=page.framing,
            framed=page.framed,
        )
        return Reply(page.status, (*headers, ("Content-Language", language), *page.extra_headers), body.encode())

    def document(self, template: str, document: object, language: str) -> str:
        """A document that is no page of a browser (one to print), drawn as pages are."""
        return self._template(language, template).render(page=document, language=language)

    def moment(self, language: str) -> Callable[[int], str]:
        """How a moment is written in a language, for files that hold what pages show."""
        found: Callable[[int], str] = self._environments[language].filters["moment"]
        return found

    def _template(self, language: str, name: str) -> Template:
        found = self._compiled.get((language, name))
        if found is None:
            found = self._compiled[language, name] = self._environments[language].get_template(name)
        return found


class _CompiledOnce(BytecodeCache):
    """The environments of a process share what one of them has compiled: those of all languages, and the test issuer's."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _CompiledOnce()
_LOADER = PackageLoader("broker.web")


def _templates(language: str, zone: Any, shared: dict[str, object]) -> Templates:
    """The templates with the words, names and times of one language."""
    found = Templates(
        loader=_LOADER,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_COMPILED,
    )
    found.globals.update(shared)
    words = texts(language)
    found.globals.update({"_": words.get, "ngettext": words.count})
    found.globals["progress"] = lambda message, app: sentence(message, language, app)
    found.filters["named"] = lambda names: in_language(names, language)
    found.filters["told"] = lambda said: in_language(said, language) if isinstance(said, Mapping) else words.get(said)
    found.filters["value"] = lambda said: in_language(said, language) if isinstance(said, Mapping) else clean(str(said))
    found.filters["clean"] = clean
    found.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    found.filters["number"] = lambda value: format_decimal(value, locale=language)
    found.filters["uri_part"] = lambda text: quote(text, safe="@+")
    found.filters.update({name: _clock(pattern, zone, language) for name, pattern in _MOMENTS.items()})
    found.filters["iso"] = lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def _of_logins(kind: type[Page]) -> Iterator[type[Page]]:
    """The pages of this package: those that people meet on the way of a login."""
    for page in kind.__subclasses__():
        if page.__module__.startswith(__package__) and "template" in vars(page):
            yield page
        yield from _of_logins(page)


def _with_parents(names: set[str], environment: Templates) -> set[str]:
    """The templates and those that they extend or import."""
    found: set[str] = set()
    asked = set(names)
    while asked:
        name = asked.pop()
        found.add(name)
        source, *_ = _LOADER.get_source(environment, name)
        asked |= {each for each in find_referenced_templates(environment.parse(source)) if each} - found
    return found


def _clock(pattern: str, zone: Any, language: str) -> Callable[[int], str]:
    """A filter from epoch seconds to local time."""
    return lambda at: format_datetime(datetime.fromtimestamp(at, UTC), pattern, zone, language)
