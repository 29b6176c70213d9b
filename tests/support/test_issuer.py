"""The test issuer of a world, as services in test meet it: the same helpers, beneath its path."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from broker.federation.proposing import SaveProposal
from broker.federation.register import digest
from broker.federation.trusted import trusted_part
from broker.login.effects import Effects
from broker.storage.apart import open_apart
from tests.support.world import MEMBER, Answer, Browser, World, client
from trust_framework.approval import Act, Body, Proposal, Stage, Wanted, What

PATH = "/test"


class InTest(World):
    """The broker beneath `/test` of another."""

    def __init__(self, world: World, *, anew: bool = False) -> None:
        super().__init__(world.app, world.settings, world.clock, world.base + PATH)
        self.main = world
        if not anew:
            _furnish(world)

    @property
    def made(self) -> Any:
        return self.app.test_issuer.made()

    @property
    def store(self):
        return self.made.storage

    @property
    def bench(self):
        return self.made.bench

    def request(self, method: str, url: str, form: Mapping[str, str] | bytes | None = None, **headers: str) -> Answer:
        parts = urlsplit(url)
        if not parts.path.startswith(PATH + "/"):
            url = PATH + url.removeprefix(self.main.base)
        return super().request(method, url, form, **headers)

    def authorize_url(self, client_id: str = "rp", **changes: str | None) -> str:
        return PATH + super().authorize_url(client_id, **{"login_hint": None, **changes})

    def reapply(self, document: Mapping[str, Any]) -> None:
        super().reapply(document)
        self.made.snapshot.refresh()

    def logged_in(self, browser: Browser | None = None, client_id: str = "rp", **chosen: str) -> Answer:
        """The service's answer after a test login that was chosen on the page."""
        browser = browser or self.browser()
        page = browser.follow(browser.get(self.authorize_url(client_id)))
        return self.chosen(browser, page, **chosen)

    def chosen(self, browser: Browser, page: Answer, **chosen: str) -> Answer:
        """What follows when the page is answered."""
        action, fields = page.form("/test", **{"person": "anna", **chosen})
        return browser.follow(browser.post(action, fields))

    def code(self, browser: Browser | None = None, client_id: str = "rp", **changes: str | None) -> str:
        answer = (browser or self.browser()).get(
            self.authorize_url(client_id, **{"login_hint": "test:anna", **changes})
        )
        answer = self.browser_of(browser, answer)
        return answer.sent_back["code"]

    def browser_of(self, browser: Browser | None, answer: Answer) -> Answer:
        assert browser is not None, "give the browser"
        return browser.follow(answer)


_made: dict[bytes, Path] = {}


def _furnish(world: World) -> None:
    """Give the world a store that was made for an earlier one under the same key: making RSA keys is slow."""
    folder = world.settings.data_dir / "test"
    kek = (world.settings.data_dir / "kek").read_bytes()
    if folder.exists():
        return
    if kek in _made:
        shutil.copytree(_made[kek], folder)
        return
    settings = world.settings.beneath("test")
    open_apart(settings, world.clock).close()
    _made[kek] = Path(
        shutil.copytree(folder, world.settings.data_dir.parent / f"test-issuer-{world.settings.data_dir.name}")
    )


def drafted(testing: InTest, content: Mapping[str, Any], id: str = "rp", org: str = MEMBER) -> str:
    """An open proposal of this content, taken up by the test issuer; its digest."""
    wanted = Wanted(content, digest(trusted_part("service", content)))
    act = Act(testing.clock(), "tekla", "Tekla", Body.MEMBER, What.DRAFTED, wanted.digest)
    proposal = Proposal(f"p-{id}", "service", id, org, wanted, Stage.DRAFT, "tekla", (act,))
    testing.main.store.commit(Effects((SaveProposal(proposal, 0, {}),)))
    testing.made.snapshot.refresh()
    return wanted.digest


def in_test(client_id: str = "rp", **more: Any) -> dict[str, Any]:
    """A client in state test."""
    return client(client_id, state="test", **more)
