"""Persons with roles in a world with two members, and browsers in which they are signed on to the consoles."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from broker.login.effects import Effects, GrantRole, PersonKey
from tests.support.world import LEVEL3, MEMBER, PERSONS, Answer, Browser, World, Worlds, client, federation
from trust_framework.roles import FEDERATION, Role, RoleGrant

OTHER = "2120000142"
NUMBERS = {"anna": "191212121212", "carl": "199001012385", "dora": "196408233234", "eva": "198001019291"}


def service(id: str, member: str = MEMBER, **oidc: Any) -> dict[str, Any]:
    """A client with an address of its own."""
    return client(id, member=member, redirect_uris=[f"https://{id}.example.org/cb"], **oidc)


def document(**parts: Any) -> dict[str, Any]:
    """A federation file of two members, each with a service and an agreement, and persons with numbers."""
    members = [
        {"org": MEMBER, "name": {"sv": "Region Exempel", "en": "Example Region"}},
        {"org": OTHER, "name": {"sv": "Exempelkommunen", "en": "Example Town"}},
    ]
    agreements = [
        {"id": f"A-{n}", "services": [s], "attributes": ["sn"], "valid_from": "2026-01-01", "valid_until": "2030-12-31"}
        for n, s in ((1, "rp"), (2, "rp2"))
    ]
    persons = [p for p in PERSONS if p["id"] != "anna"] + [
        {
            "id": name,
            "personalIdentityNumber": number,
            "givenName": name.title(),
            "sn": "Andersson",
            "displayName": f"{name.title()} Andersson",
        }
        for name, number in NUMBERS.items()
    ]
    services = (service("rp"), service("rp2", OTHER))
    whole = {"members": members, "agreements": agreements, "persons": persons, **parts}
    return federation(*services, **whole)


@dataclass(frozen=True)
class Console:
    """A world, and who is who in it."""

    world: World

    def person(self, name: str) -> str:
        """The register's id of a persona."""
        (found,) = self.world.store.persons_by_keys((PersonKey("personalIdentityNumber", NUMBERS[name]),))
        return found

    def grant(self, name: str, *roles: tuple[str, Role], until: int | None = None) -> None:
        """Give a persona roles."""
        person = self.person(name)
        given = (GrantRole(RoleGrant(person, org, role, "test", self.world.clock.now, until)) for org, role in roles)
        self.world.store.commit(Effects(tuple(given)))

    def sign_on(self, name: str, path: str = "/portal", level: str = LEVEL3, browser: Browser | None = None) -> Browser:
        """A browser in which the persona has opened a console."""
        browser = browser or self.world.browser()
        answer = answered(browser, browser.get(path), name, level)
        assert answer.status in {200, 403, 404}, (answer.status, answer.location, answer.cause)
        return browser

    def browser(self, name: str, *roles: tuple[str, Role], level: str = LEVEL3) -> Browser:
        """A persona with these roles, signed on."""
        self.grant(name, *roles)
        return self.sign_on(name, level=level)


def answered(browser: Browser, answer: Answer, name: str = "anna", level: str = LEVEL3) -> Answer:
    """Go on from a page of ours that sent the browser to log in: by the test method, to where it leads."""
    page = browser.follow(answer)
    while page.page in {"test", "U1", "U8"}:
        press = {"username": f"test:{name};loa={level}"} if page.page == "test" else {"method": "test"}
        page = browser.follow(browser.post(*page.fields(**press)))
    return page


def consoles(worlds: Worlds, document_: dict[str, Any] | None = None, **settings: Any) -> Console:
    """A console over a world."""
    return Console(worlds.make(document_ or document(), **settings))


def operator(console: Console, name: str = "dora") -> Browser:
    """A browser of a federation operator."""
    return console.browser(name, (FEDERATION, Role.OPERATOR))


def owner(console: Console, name: str = "anna", org: str = MEMBER) -> Browser:
    """A browser of a member's owner."""
    return console.browser(name, (org, Role.OWNER))


def texts(answers: Iterable[Answer]) -> list[str]:
    """The bodies of answers."""
    return [answer.text for answer in answers]
