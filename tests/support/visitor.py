"""A browser without a screen, over real HTTP: cookies by host, redirects, and forms pressed as a person would."""

from collections.abc import Mapping
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from tests.support.world import Answer

MOST_STEPS = 20
ONCE_MORE = urllib3.Retry(total=1, redirect=False, status=0, allowed_methods={"GET"})
"""As a browser does when the peer has closed a connection that was kept."""


class Visitor:
    """One person's browser. `trail` is every address that was asked for, in order, `forms` what was sent."""

    def __init__(self, **pool: object) -> None:
        self._pool = urllib3.PoolManager(retries=ONCE_MORE, timeout=30, **pool)
        self._cookies: dict[str, dict[str, str]] = {}
        self.trail: list[str] = []
        self.forms: list[Mapping[str, str]] = []
        self.at = ""

    def get(self, url: str) -> Answer:
        """Ask for an address and go where it leads."""
        return self._go("GET", url, None)

    def press(self, answer: Answer, action_part: str = "", **typed: str) -> Answer:
        """Send the first form whose action contains a text, and go where it leads."""
        action, fields = answer.form(action_part, **typed)
        return self._go("POST", urljoin(self.at, action), fields)

    def arrive(self, answer: Answer, *, until: str) -> Answer:
        """Press through pages that only carry a message on, until one at an address of `until`."""
        for _ in range(MOST_STEPS):
            if self.at.startswith(until):
                return answer
            answer = self.press(answer)
        raise AssertionError(f"never came to {until}: {self.trail}")

    def _go(self, method: str, url: str, form: Mapping[str, str] | None) -> Answer:
        for _ in range(MOST_STEPS):
            answer = self._ask(method, url, form)
            if answer.status not in {301, 302, 303, 307}:
                return answer
            url = urljoin(url, answer.location)
            if answer.status != 307:
                method, form = "GET", None
        raise AssertionError(f"too many redirects: {self.trail}")

    def _ask(self, method: str, url: str, form: Mapping[str, str] | None) -> Answer:
        self.at = url
        self.trail.append(f"{method} {url}")
        cookies = self._cookies.setdefault(urlsplit(url).netloc, {})
        headers = {"User-Agent": "Mozilla/5.0 (test)", "Accept": "text/html"}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if form is not None:
            self.forms.append(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form).encode() if form is not None else None
        got = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        for line in got.headers.getlist("set-cookie"):
            pair, *attributes = line.split(";")
            name, _, value = pair.partition("=")
            cookies[name] = value
            if not value or any(a.strip().lower() == "max-age=0" for a in attributes):
                del cookies[name]
        return Answer(got.status, list(got.headers.items()), got.data)

    def visited(self, text: str) -> bool:
        """Whether one of the addresses asked for contains a text."""
        return any(text in step for step in self.trail)
