"""Pages of the simulated phone, in Swedish and English: no script, and each says that it is a simulator.

Owns the texts and the HTML. Everything that comes from outside is escaped here.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from idp_adapters.simulators.phone_faults import Answer
from idp_adapters.simulators.phone_orders import Order, Person

HEADERS: Final = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
STYLE: Final = """
:root{color-scheme:light dark;background:Canvas;color:CanvasText}
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:0 auto;padding:1rem}
.note{border:2px dashed;padding:.5rem 1rem}
textarea{width:100%;box-sizing:border-box;font:inherit}
button{font:inherit;min-height:2.75rem;padding:.5rem 1rem;margin:.25rem 0;width:100%;cursor:pointer}
fieldset{margin:1rem 0}label{display:block;padding:.4rem 0}
blockquote{white-space:pre-wrap;overflow-wrap:anywhere;border-left:4px solid;margin:1rem 0;padding-left:1rem}
:focus-visible{outline:3px solid;outline-offset:2px}
"""

TEXTS: Final[dict[str, dict[str, str]]] = {
    "sv": {
        "title": "Telefon (simulator)",
        "note": "Det här är en simulator. Personerna är påhittade och ingen riktig e-legitimation används.",
        "scan": "Skanna QR-kod",
        "scan-label": "Text från QR-koden",
        "scan-button": "Läs av",
        "waiting": "Väntande förfrågningar",
        "none": "Ingen väntar.",
        "open": "Öppna",
        "reload": "Uppdatera listan",
        "ask": "Någon vill att du legitimerar dig",
        "person": "Vem är du?",
        "blocked": "spärrad e-legitimation",
        "approve": "Legitimera",
        "decline": "Avbryt",
        "done-complete": "Klart. Du har legitimerat dig.",
        "done-failed": "Det blev inget. Förfrågan är avslutad.",
        "back": "Till telefonens start",
        "not-found": "Sidan finns inte.",
        "no-order": "Förfrågan finns inte, är avslutad eller öppnad på annat håll.",
        "no-person": "Välj vem du är.",
        "not-a-code": "Texten är inte en QR-kod av rätt slag.",
        "forged-code": "QR-koden är inte äkta.",
        "old-code": "QR-koden är för gammal. Läs av den som visas nu.",
        "language": "English",
        "other": "en",
    },
    "en": {
        "title": "Phone (simulator)",
        "note": "This is a simulator. The persons are made up, and no real e-ID is used.",
        "scan": "Scan QR code",
        "scan-label": "Text of the QR code",
        "scan-button": "Read",
        "waiting": "Waiting requests",
        "none": "Nobody is waiting.",
        "open": "Open",
        "reload": "Reload the list",
        "ask": "Somebody wants you to identify yourself",
        "person": "Who are you?",
        "blocked": "blocked e-ID",
        "approve": "Identify",
        "decline": "Cancel",
        "done-complete": "Done. You have identified yourself.",
        "done-failed": "Nothing was done. The request is over.",
        "back": "To the phone's start",
        "not-found": "There is no such page.",
        "no-order": "The request does not exist, is over, or was opened elsewhere.",
        "no-person": "Choose who you are.",
        "not-a-code": "The text is not a QR code of the right kind.",
        "forged-code": "The QR code is not genuine.",
        "old-code": "The QR code is too old. Read the one that is shown now.",
        "language": "Svenska",
        "other": "sv",
    },
}


def front(waiting: Iterable[Order], language: str) -> Answer:
    """Scan, or pick a waiting order."""
    text = TEXTS[language]
    rows = "".join(
        f'<li><blockquote>{escape(order.visible)}</blockquote><form method="post" action="/phone/open?lang={language}">'
        f'<button name="order" value="{escape(order.handle)}">{text["open"]}</button></form></li>'
        for order in waiting
    )
    return _page(
        f"<h1>{text['title']}</h1><h2>{text['scan']}</h2>"
        f'<form method="post" action="/phone/scan?lang={language}"><label for="qr">{text["scan-label"]}</label>'
        f'<textarea id="qr" name="qr" rows="4" required autocomplete="off" spellcheck="false"></textarea>'
        f"<button>{text['scan-button']}</button></form><h2>{text['waiting']}</h2>"
        + (f"<ul>{rows}</ul>" if rows else f"<p>{text['none']}</p>")
        + f'<p><a href="/phone?lang={language}">{text["reload"]}</a></p>',
        language,
    )


def ask(order: Order, persons: Iterable[Person], language: str) -> Answer:
    """What is asked, who answers, and the two answers."""
    text = TEXTS[language]
    choices = "".join(_choice(person, text["blocked"], first=n == 0) for n, person in enumerate(persons))
    return _page(
        f"<h1>{text['ask']}</h1><blockquote>{escape(order.visible)}</blockquote>"
        f'<form method="post" action="/phone/order/{escape(order.handle)}?lang={language}">'
        f"<fieldset><legend>{text['person']}</legend>{choices}</fieldset>"
        f'<button name="answer" value="approve">{text["approve"]}</button>'
        f'<button name="answer" value="decline" formnovalidate>{text["decline"]}</button></form>',
        language,
    )


def _choice(person: Person, blocked: str, *, first: bool) -> str:
    mark = f" ({blocked})" if person.blocked else ""
    return (
        f'<label><input type="radio" name="person" value="{escape(person.number)}"{" checked" if first else ""}> '
        f"{escape(person.name)}, {escape(person.number)}{mark}</label>"
    )


def finished(order: Order | None, language: str) -> Answer:
    """The order is over, well or not."""
    if order is None:
        return told("no-order", language, 404)
    return told(f"done-{order.status}", language, 200)


def told(key: str, language: str, status: int) -> Answer:
    """One sentence and the way back."""
    text = TEXTS[language]
    return _page(
        f'<h1>{text["title"]}</h1><p role="status">{text[key]}</p>'
        f'<p><a href="/phone?lang={language}">{text["back"]}</a></p>',
        language,
        status,
    )


def _page(content: str, language: str, status: int = 200) -> Answer:
    text = TEXTS[language]
    html = (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{text["title"]}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/phone.css">'
        f'</head><body data-page="phone"><main><p class="note">{text["note"]}</p>{content}</main>'
        f'<footer><a href="/phone?lang={text["other"]}" lang="{text["other"]}">{text["language"]}</a></footer>'
        "</body></html>"
    )
    return Answer(status, html.encode(), (("Content-Type", "text/html; charset=utf-8"), *HEADERS))
