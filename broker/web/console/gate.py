"""The one place that lets anybody into a console: a form of ours, a sign-on that suffices, a right that the table names.

Deny by default: a route without a row does not exist, and a row's action must be allowed by `trust_framework.roles`.
Another member's page, and an object that is another's, are the page of an address that does not exist.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Final

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from broker.exchange import BadRequest, Reply, Request
from broker.login import own
from broker.login.effects import Effects, KeepOnce, Once, Overtaken, UseSignOn
from broker.login.handles import new_reference, new_secret
from broker.login.steps import Explain
from broker.web import explain, requests
from broker.web.console.entry_pages import NoRole, NotAllowed
from broker.web.console.frame import ConsoleFrame, other_places, roles, tabs
from broker.web.console.row import ADMIN, FORM, Row
from broker.web.console.turn import TOKEN_SCOPE, ConsoleTurn, Missing, Sent, notice_of
from broker.web.pages.frame import Names
from broker.web.turn import Turn, leaving_origins
from metadata.private_keys import private_key_in
from metadata.register import UnprovenAddress, own_address
from trust_framework.persons import called
from trust_framework.reasons import REASONS, Refusal
from trust_framework.roles import FEDERATION, Action, Actor, active, may

HELD = "held-form"
HELD_FOR = 15 * 60
NOTED_EVERY = 60
"""Seconds: how long a form waits for its sender to identify; how often the use of a sign-on is noted."""

MOST_PARTS = 200
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
Served = Callable[..., Reply]


def served(row: Row, rows: Iterable[Row]) -> Served:
    """The view of a row behind the gate."""

    def view(turn: Turn, org: str = "", **parts: str) -> Reply:
        sent = read(turn, row) if row.method == "POST" else Sent()
        standing = own.standing(
            own.AREAS[row.area],
            turn.visit().sign_on_id,
            turn.now,
            turn.on.services,
            rank=row.rank,
            step_up=row.step_up,
        )
        if standing is None or not _noted(standing, turn):
            return log_in(row, sent, turn)
        actor = actor_of(standing, turn)
        if stopped := _stopped(row, rows, actor, org, turn):
            return stopped
        try:
            return row.view(ConsoleTurn(turn, row, actor, org, frame_of(row, rows, actor, org, turn), sent), **parts)
        except Missing:
            return missing(turn)

    view.__doc__ = row.view.__doc__
    return view


# --- what was sent ----------------------------------------------------------------------------------------------------


def read(turn: Turn, row: Row) -> Sent:
    """The form, which this browser was given by us. Raises Refusal(form-stale), Refusal(request-malformed)."""
    try:
        sent = _multipart(turn.request) if row.files else Sent(MultiDict(turn.request.form()))
    except (BadRequest, HTTPException, ValueError) as error:
        raise Refusal(REASONS["request-malformed"], "not a form") from error
    tokens = sent.fields.getlist("csrf")
    turn.check_form(TOKEN_SCOPE, {"csrf": tokens[0] if len(tokens) == 1 else ""})
    return Sent(MultiDict((name, seen(value)) for name, value in sent.fields.items(multi=True)), sent.files)


def seen(text: str) -> str:
    """What was typed, without characters that nobody typed and no page can show."""
    return _UNSEEN.sub("", text)


def _multipart(request: Request) -> Sent:
    mimetype, options = parse_options_header(request.headers.get("content-type", ""))
    if mimetype != "multipart/form-data":
        return Sent(MultiDict(request.form()))
    parser = FormDataParser(
        stream_factory=_in_memory,
        max_form_memory_size=len(request.body) or 1,
        max_form_parts=MOST_PARTS,
        silent=False,
    )
    _, fields, files = parser.parse(io.BytesIO(request.body), mimetype, len(request.body), options)
    return Sent(MultiDict(fields), MultiDict(files))


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where a file is kept while it is read: the body is bounded, and in memory already."""
    return io.BytesIO()


# --- who is there -----------------------------------------------------------------------------------------------------


def actor_of(standing: own.Standing, turn: Turn) -> Actor:
    """The person who is signed on, with the roles that hold now."""
    identity, person = standing.identity, standing.sign_on.person
    grants = active(turn.on.services.store.role_grants(person), turn.now)
    return Actor(person, called(identity.attributes), grants, identity.level, identity.authenticated_at)


def _noted(standing: own.Standing, turn: Turn) -> bool:
    """Note the use of the sign-on (idle limit); False when it has just ended."""
    if turn.now - standing.sign_on.used_at < NOTED_EVERY:
        return True
    try:
        turn.on.services.store.commit(Effects((UseSignOn(standing.sign_on.root, turn.now),)))
    except Overtaken:
        return False
    return True


def log_in(row: Row, sent: Sent, turn: Turn) -> Reply:
    """Begin a login that comes back here. What was typed into a form waits for the person; a file must be chosen again."""
    path, keep = turn.here(), Effects()
    if row.method == "POST" and sum(map(len, sent.fields.values())) <= FORM:
        kept = _held(sent, turn)
        path, keep = f"{row.area}/fortsatt?h={kept.secret}", Effects((KeepOnce(kept),))
    wanted = own.request(own.AREAS[row.area], _ours(path, row, turn), turn.now, rank=row.rank, step_up=row.step_up)
    return requests.begun(wanted, keep, turn)


def _ours(path: str, row: Row, turn: Turn) -> str:
    """The address of the page, when it may be returned to, else that of the console's first page."""
    base = turn.on.services.settings.base_url
    try:
        return own_address(turn.on.services.federation().register.services[own.AREAS[row.area].id], f"{base}{path}").url
    except UnprovenAddress:
        return f"{base}{row.area}"


def _held(sent: Sent, turn: Turn) -> Once:
    """A form that waits for the browser that sent it, and for the person who was signed on there, if anybody was. A private key
    does not wait: it is kept nowhere.
    """
    visit = turn.visit()
    sign_on = turn.on.services.store.sign_on(visit.sign_on_id) if visit.sign_on_id else None
    typed = ((name, value) for name, value in sent.fields.items(multi=True) if name != "csrf")
    fields = [[name, value if private_key_in(value) is None else ""] for name, value in typed]
    person = sign_on.person if sign_on else ""
    payload = {"path": turn.request.path, "fields": fields, "person": person, "files": any(sent.files.values())}
    return Once(HELD, new_secret(), visit.browser.hex(), turn.now + HELD_FOR, payload)


# --- what they may ----------------------------------------------------------------------------------------------------


def _stopped(row: Row, rows: Iterable[Row], actor: Actor, org: str, turn: Turn) -> Reply | None:
    """Why the actor goes no further, or None."""
    where = row.where(org)
    if row.of_member and not may(actor, Action.VIEW, org):
        return missing(turn)
    if row.of_member and turn.on.store.register_entry("member", org) is None:
        return missing(turn)
    if may(actor, row.action, where):
        return None
    frame = frame_of(row, rows, actor, org, turn)
    alone = row.area == ADMIN and not actor.roles(FEDERATION)
    return turn.on.pages.render(NoRole() if alone else NotAllowed(action=row.action.value), frame)


def missing(turn: Turn) -> Reply:
    """The page of what does not exist."""
    return explain.page(Explain(REASONS["not-found"], new_reference()), turn)


def frame_of(row: Row, rows: Iterable[Row], actor: Actor, org: str, turn: Turn) -> ConsoleFrame:
    """What stands around the page."""
    plain = turn.frame()
    names = {each: member_names(each, turn) for each in {*actor.orgs, *([org] if org else [])}}
    return ConsoleFrame(
        federation=plain.federation,
        language=plain.language,
        theme=plain.theme,
        here=plain.here,
        form_action=leaving_origins(turn.on),
        tabs=tabs(rows, row, actor, org),
        who=actor.name,
        roles=roles(actor, row, org),
        org=names.get(org, {}),
        places=other_places(actor, row, org, names),
        notice=notice_of(turn),
        area=row.area,
        idle_minutes=own.limits(turn.on.services.settings).idle // 60,
    )


def member_names(org: str, turn: Turn) -> Names:
    """What an organisation is called."""
    entry = turn.on.store.register_entry("member", org)
    names = (entry.content or {}).get("names") or (entry.content or {}).get("name") if entry else None
    return dict(names) if names else {"sv": org}
