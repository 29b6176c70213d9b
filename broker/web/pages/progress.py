"""How far a login on another device has come: the sentence for each message key, and the answer to the script.

The keys are what methods put in `Wait.message`; each has the text `progress.<key>` in every catalogue.
"""

import json

from broker.exchange import Reply
from broker.web.pages.texts import LANGUAGES, texts

MESSAGES = (
    "eid.scan",
    "eid.open-app",
    "eid.started",
    "eid.document",
    "eid.call",
    "eid.sign",
    "eid.processing",
    "eid.done",
)


def sentence(message: str, language: str, app: str) -> str:
    """The sentence of a message key; of a key that we do not know, that we are waiting."""
    key = f"progress.{message}" if message in MESSAGES else "progress.waiting"
    return str(texts(language if language in LANGUAGES else "sv").get(key)) % {"app": app}


def status_reply(message: str, language: str, app: str, *, qr_text: str | None = None, go: str | None = None) -> Reply:
    """The answer at `status_url`: what to say, what to draw, and, when the waiting is over, the path to go on to."""
    body = {"text": sentence(message, language, app), "qr": qr_text, "go": go}
    return Reply(
        200,
        (
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ),
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
    )
