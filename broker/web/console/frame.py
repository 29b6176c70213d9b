"""What stands around a page of a console: the navigation, who acts and as what, and a notice of what was just done."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from broker.web.console.row import ADMIN, PORTAL, REVIEW, Row
from broker.web.pages.frame import Frame, Names
from trust_framework.roles import FEDERATION, Action, Actor, may


@dataclass(frozen=True, slots=True)
class Tab:
    """An entry of the navigation; its word is the text `tab.<name>`."""

    name: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Another console that the person may go to: the portal or the log review of an organisation; no names: the federation's."""

    url: str
    names: Names = field(default_factory=dict)
    area: str = PORTAL


@dataclass(frozen=True, slots=True)
class ConsoleFrame(Frame):
    """`who` is the person's name, `roles` are codes of the roles that count here, `org` the organisation's names;
    `area` the first part of the path. `idle_minutes`: without use, after which the person identifies again.
    """

    tabs: tuple[Tab, ...] = ()
    who: str = ""
    roles: tuple[str, ...] = ()
    org: Names = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    notice: str = ""
    area: str = ADMIN
    idle_minutes: int = 15


def tabs(rows: Iterable[Row], at: Row, actor: Actor, org: str) -> tuple[Tab, ...]:
    """The entries that the actor may open, in the order of the table."""
    found: dict[str, Tab] = {}
    for row in rows:
        opens = row.method == "GET" and row.tab and not row.parts and row.area == at.area
        if opens and row.of_member == at.of_member and row.tab not in found and may(actor, row.action, row.where(org)):
            url = row.rule.replace("<org>", org)
            found[row.tab] = Tab(row.tab, url, row.tab == at.tab)
    return tuple(found.values())


def roles(actor: Actor, at: Row, org: str) -> tuple[str, ...]:
    """The roles that count here: those in the organisation, and those in the federation."""
    held = (actor.roles(org) if at.of_member else frozenset()) | actor.roles(FEDERATION)
    return tuple(sorted(role.value for role in held))


def other_places(actor: Actor, at: Row, org: str, names: dict[str, Names]) -> tuple[Place, ...]:
    """The other consoles that the person has a role in."""
    portals = (
        Place(f"{PORTAL}/{each}", names.get(each, {"sv": each}))
        for each in actor.orgs
        if each != org or at.area != PORTAL
    )
    reviews = (
        Place(f"{REVIEW}/{each}", names.get(each, {"sv": each}), REVIEW)
        for each in actor.orgs
        if may(actor, Action.REVIEW_LOG, each) and (each != org or at.area != REVIEW)
    )
    admin = (Place(ADMIN),) if actor.roles(FEDERATION) and at.area != ADMIN else ()
    return (*admin, *portals, *reviews)
