"""The way of connecting a service, as a team's browser takes it: forms filled in and sent, the draft that comes of them."""

import html
import re
from collections.abc import Mapping
from typing import Any

from tests.support.console import Console
from tests.support.world import MEMBER, Answer, Browser

PORTAL = f"/portal/{MEMBER}"
ABOUT = {"name_sv": "Tidbokning för hälsa", "name_en": "Booking", "mail": "it-drift@bok.example", "information_url": ""}


def sent(browser: Browser, page: Answer, **fields: Any) -> Answer:
    """Fill in the form of a page, and go where it leads."""
    action, held = page.form("/anslut")
    answer = browser.post(action, {**held, **fields})
    return browser.follow(answer) if answer.status == 303 else answer


def uploaded(browser: Browser, page: Answer, files: Mapping[str, bytes], **fields: str) -> Answer:
    """The same with files."""
    action, held = page.form("/anslut")
    parts = [(f'name="{name}"', value.encode()) for name, value in {**held, **fields}.items()]
    parts += [(f'name="{name}"; filename="file"', octets) for name, octets in files.items()]
    whole = b"".join(
        b"--B\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + octets + b"\r\n"
        for head, octets in parts
    )
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = browser.post(action, whole + b"--B--\r\n", **kind)
    return browser.follow(answer) if answer.status == 303 else answer


def begun(browser: Browser, **more: str) -> Answer:
    """A service with a name: the page of its technology."""
    return sent(browser, browser.get(f"{PORTAL}/anslut"), **{**ABOUT, **more})


def draft(console: Console) -> Any:
    """The newest open draft of the member."""
    found = console.world.store.proposal_page("open", MEMBER, "service").proposals
    return console.world.store.proposal(found[0].id, MEMBER)


def content(console: Console) -> dict[str, Any]:
    """What the draft says."""
    return dict(draft(console).content)


def at(console: Console, step: str) -> str:
    """The address of a step of the draft."""
    return f"{PORTAL}/anslut/{draft(console).id}/{step}"


def labelled(page: Answer) -> dict[str, str]:
    """The labels of a page, by the id of what they label."""
    found = re.findall(r'<label for="([^"]*)">(.*?)</label>', page.text, re.DOTALL)
    return {name: html.unescape(re.sub(r"<[^>]*>.*", "", label, flags=re.DOTALL)).strip() for name, label in found}
