"""People and their roles, of an organisation and of the federation: who has which, inviting, taking a role, ending one.

A role is given by a link that can be used once. Whoever opens it logs in, sees what is offered, and takes it; the name that
lists show is the one of that login. Who may give a role is `trust_framework.roles.may_grant`, asked again when it is taken.
"""

from typing import Final

from wtforms import SelectField
from wtforms.fields import SelectChoice

from broker.audit.events import RoleEnded, RoleGiven, RoleOffered
from broker.exchange import Reply
from broker.federation.alarms import OPERATOR_MADE, raised
from broker.login.effects import NOTHING, Effects, EndRole, GrantRole, KeepOnce, Once, UseOnce
from broker.login.handles import new_secret
from broker.web.console.colleagues_pages import Invitation, Invited, People, PersonRow
from broker.web.console.confirm import Confirm
from broker.web.console.forms import ConsoleForm
from broker.web.console.gate import member_names
from broker.web.console.listing import Listing, asked
from broker.web.console.people import name_of
from broker.web.console.row import ADMIN, PORTAL
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from trust_framework.roles import (
    FEDERATION,
    OF_FEDERATION,
    OF_MEMBER,
    Action,
    Actor,
    Role,
    RoleGrant,
    active,
    may_grant,
)

KIND: Final = "invitation"
BY_COMMAND: Final = "command"
GOOD_FOR: Final = 7 * 24 * 3600
ROLES: Final = {True: tuple(sorted(OF_MEMBER)), False: tuple(sorted(OF_FEDERATION))}
"""The roles that there are: in an organisation, and in the federation."""


class Invite(ConsoleForm):
    """Which role the invited shall have."""

    role = SelectField("people.role")


def _where(turn: ConsoleTurn) -> str:
    return turn.org or FEDERATION


def _form(turn: ConsoleTurn) -> Invite:
    form = Invite.of(turn)
    may = [role for role in ROLES[bool(turn.org)] if may_grant(turn.actor, "", role, _where(turn))]
    form.role.choices = [SelectChoice(role.value, f"role.{role.value}") for role in may]
    return form


def people(turn: ConsoleTurn) -> Reply:
    """Who has which role here."""
    return _people(turn, _form(turn))


def _people(turn: ConsoleTurn, form: Invite) -> Reply:
    wanted = asked(turn)
    found = turn.store.role_page(_where(turn), wanted.after)
    rows = tuple(_row(grant, turn) for grant in found.grants)
    offered = form if form.role.choices and turn.may(Action.GRANT_ROLES) else None
    listing = Listing(turn.at("/personer"), rows, found.total, wanted, found.next, searched=False)
    return turn.render(People(rows=listing, action=turn.at("/personer"), form=offered))


def _row(grant: RoleGrant, turn: ConsoleTurn) -> PersonRow:
    ends = may_grant(turn.actor, grant.person, grant.role, grant.org)
    return PersonRow(
        name=grant.name or name_of(grant.person, turn),
        role=grant.role.value,
        at=grant.at,
        by="" if grant.by == BY_COMMAND else name_of(grant.by, turn),
        until=grant.until,
        end=turn.at(f"/personer/{grant.person}/{grant.role.value}") if ends else None,
    )


def invite(turn: ConsoleTurn) -> Reply:
    """Make a link by which somebody can take a role."""
    form = _form(turn)
    if not form.valid(turn):
        return _people(turn, form)
    once = invitation(_where(turn), Role(form.role.data), turn.actor.person, turn.now + GOOD_FOR)
    event = RoleOffered(at=turn.now, org=once.owner, role=form.role.data, by=turn.actor.person)
    turn.commit(Effects((KeepOnce(once),), (event,)))
    link = link_of(turn.on.services.settings.base_url, once)
    return turn.render(Invited(link=link, role=form.role.data, until=once.expires_at, back=turn.at("/personer")))


def invitation(org: str, role: Role, by: str, until: int) -> Once:
    """An invitation that can be used once. `by` is a person, or `BY_COMMAND`."""
    return Once(KIND, new_secret(), org, until, {"role": role.value, "by": by})


def link_of(base_url: str, once: Once) -> str:
    """The address that is passed on."""
    return f"{base_url}{PORTAL}/inbjudan?kod={once.secret}"


# --- taking it --------------------------------------------------------------------------------------------------------


def offered(turn: ConsoleTurn) -> Reply:
    """What an invitation offers to whoever opens it."""
    code = turn.query.get("kod", "")
    once, role = _open(code, turn)
    page = Invitation(org=_names(once.owner, turn), role=role, action=f"{PORTAL}/inbjudan", csrf=turn.csrf(), code=code)
    return turn.render(page)


def taken(turn: ConsoleTurn) -> Reply:
    """Take the role that an invitation offers."""
    code = turn.sent.fields.get("kod", "")
    once, role = _open(code, turn)
    actor, by = turn.actor, str(once.payload["by"])
    grant = RoleGrant(actor.person, once.owner, role, by, turn.now, name=actor.name)
    event = RoleGiven(at=turn.now, person=actor.person, org=once.owner, role=role.value, by=by)
    alarm = NOTHING
    if by == BY_COMMAND:
        settings = turn.on.services.settings
        alarm = raised(OPERATOR_MADE, f"{settings.base_url}{ADMIN}/personer", settings, turn.now)
    if not turn.commit(Effects((UseOnce(KIND, code, turn.now), GrantRole(grant)), (event,)) + alarm):
        raise Missing
    return turn.see(ADMIN if once.owner == FEDERATION else f"{PORTAL}/{once.owner}", notice="role-taken")


def _open(code: str, turn: ConsoleTurn) -> tuple[Once, Role]:
    """The invitation, still good, from somebody who may still give the role, and to somebody else. Raises Missing."""
    once = turn.store.once(KIND, code)
    if once is None or once.used_at is not None or once.expires_at <= turn.now:
        raise Missing
    role, by = Role(once.payload["role"]), str(once.payload["by"])
    giver = Actor(by, grants=active(turn.store.role_grants(by), turn.now))
    if by != BY_COMMAND and not may_grant(giver, turn.actor.person, role, once.owner):
        raise Missing
    return once, role


def _names(org: str, turn: ConsoleTurn) -> Names:
    return turn.on.services.federation().names if org == FEDERATION else member_names(org, turn.turn)


# --- ending it --------------------------------------------------------------------------------------------------------


def ask_end(turn: ConsoleTurn, person: str, role: str) -> Reply:
    """Whether a role shall be taken back."""
    grant = _grant(person, role, turn)
    name = grant.name or name_of(person, turn)
    page = Confirm(
        title={"sv": "Ta tillbaka rollen?", "en": "Take the role back?"},
        changes=(
            {
                "sv": f"{name} kan inte längre göra det som rollen tillåter, från och med nu.",
                "en": f"From now on {name} can no longer do what the role allows.",
            },
        ),
        button={"sv": "Ta tillbaka rollen", "en": "Take the role back"},
        action=turn.at(f"/personer/{person}/{role}"),
        csrf=turn.csrf(),
        cancel=turn.at("/personer"),
        undo={"sv": "Rollen kan ges igen med en ny inbjudan.", "en": "It can be given again by a new invitation."},
    )
    return turn.render(page)


def end(turn: ConsoleTurn, person: str, role: str) -> Reply:
    """Take a role back."""
    grant = _grant(person, role, turn)
    event = RoleEnded(at=turn.now, person=person, org=grant.org, role=role, by=turn.actor.person)
    turn.commit(Effects((EndRole(person, grant.org, grant.role),), (event,)))
    return turn.see(turn.at("/personer"), notice="role-ended")


def _grant(person: str, role: str, turn: ConsoleTurn) -> RoleGrant:
    """A role that stands here, and that the actor may take back. Raises Missing."""
    theirs = turn.store.own_role_grants(person)
    found = next((grant for grant in theirs if grant.org == _where(turn) and grant.role.value == role), None)
    grant = turn.found(found)
    if not may_grant(turn.actor, person, grant.role, grant.org):
        raise Missing
    return grant
