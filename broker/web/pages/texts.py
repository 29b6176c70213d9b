"""The words of the pages: one catalogue a language, read from its .po files (one an area of pages) when the pages are made.

A text has a key (`choose.title`), so that no language is the source of another; what one catalogue lacks comes from the
Swedish one. Reading both files takes some 20 ms, so they are not shipped compiled.
"""

import io
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from markupsafe import Markup

LANGUAGES = {"sv": "Svenska", "en": "English"}
"""The languages that are complete, each with its own name for itself."""


class Texts:
    """The words of one language. Their own markup is trusted; what is filled in (`%(service)s`) is escaped."""

    def __init__(self, language: str) -> None:
        self.catalogue = Translations()
        folder = files("broker.web") / "translations" / language / "LC_MESSAGES"
        for source in sorted(folder.iterdir(), key=lambda each: each.name):
            if source.name.endswith(".po"):
                self.catalogue.merge(_compiled(source.read_bytes(), language))
        self._known: dict[str, Markup] = {}
        if language != "sv":
            self.catalogue.add_fallback(texts("sv").catalogue)

    def get(self, key: str, **values: object) -> Markup:
        """The text of a key, which says itself when nothing is known (a test proves that it never does)."""
        text = self._known.get(key)
        if text is None:
            text = self._known[key] = Markup(self.catalogue.gettext(key))  # noqa: S704  # our own words
        return text % values if values else text

    def count(self, key: str, many: str, number: int, **values: object) -> Markup:
        """The text for this number of things, which may be filled in as `%(num)s`."""
        text = Markup(self.catalogue.ngettext(key, many, number))  # noqa: S704  # our own words
        return text % {"num": number, **values}


def _compiled(source: bytes, language: str) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def texts(language: str) -> Texts:
    """The words of a language in `LANGUAGES`."""
    return Texts(language)
