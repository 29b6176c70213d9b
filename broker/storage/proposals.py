"""Proposals: each as it is now, moved on by compare-and-set, and its acts, which are added and never changed.

Every act names the hash of the one before, so that a history that was touched is seen. What an act makes of a proposal is
`trust_framework.approval`'s affair. A lookup for a member names the member: another's proposal is as missing as none.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Index, Text, and_, bindparam, cast, column, func, insert, not_, or_, select, tuple_, update
from sqlalchemy import table as named

from broker.federation.proposing import ListedProposal, ProposalPage, SaveProposal
from broker.login.effects import Overtaken
from broker.storage.codec import Codec, dumps, loads
from broker.storage.cursors import position
from broker.storage.database import Database, Kept, Row, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.approval import OPEN, WITH_APPROVERS, Act, Proposal, Stage, Wanted
from trust_framework.danger import Danger

_BASIS: Final = "Public interest: who let whom into the federation, and why, must be answerable (GDPR 6.1 e)"
PROPOSALS = table(
    "proposals",
    About(
        "Changes of the register on their way to approval, and those that were decided",
        _BASIS,
        "As long as the federation",
    ),
    text("id", "Random id", primary_key=True),
    text("kind", "Kind of the entry that it changes"),
    text("object", "The entry's id"),
    text("org", "Organisation number of the member that the entry belongs to"),
    text("stage", "draft, submitted, approved, published …"),
    text("danger", "harmless, careful or dangerous"),
    text("author", "The register's random id of who began it"),
    number("emergency", "1 when the emergency path was taken"),
    number("review_due", "When an emergency must have been reviewed", nullable=True),
    number("opened_at", "When it was begun"),
    number("changed_at", "When it was last changed"),
    number("version", "How many acts there are; the next one must have been made from this"),
    text("search", "Names and ids in small letters"),
    octets("names", "What the entry is called by language, as JSON"),
    octets("document", "What is wanted, with digests, as JSON, sealed"),
    Index(None, "changed_at", "id"),
    Index(None, "stage", "changed_at"),
    Index(None, "org", "changed_at"),
    Index("ix_proposals_entry", "kind", "object"),
    Index(None, "review_due"),
)
ACTS = table(
    "proposal_acts",
    About("What was done to a proposal, by whom and why", _BASIS, "As long as the federation"),
    text("proposal", "The proposal's id", primary_key=True),
    number("number", "Counts from 1", primary_key=True, autoincrement=False),
    text("previous", "Hash of the act before"),
    text("hash", "SHA-256 of this act with the hash before"),
    octets("document", "Who, when, what, with which reason, as JSON, sealed"),
)
_P, _A = PROPOSALS.c, ACTS.c
_CHANGING: Final = (
    "stage",
    "danger",
    "emergency",
    "review_due",
    "changed_at",
    "version",
    "search",
    "names",
    "document",
)
_ADD = Kept(insert(PROPOSALS).values({c.name: bindparam(c.name) for c in PROPOSALS.columns}))
_MOVE = Kept(
    update(PROPOSALS)
    .where(_P.id == bindparam("row"), _P.version == bindparam("before"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_ADD_ACT = Kept(insert(ACTS).values({c.name: bindparam(c.name) for c in ACTS.columns}))
_ONE: Final = (
    _P.id,
    _P.kind,
    _P.object,
    _P.org,
    _P.stage,
    _P.author,
    _P.emergency,
    _P.review_due,
    _P.version,
    _P.document,
)
_READ = Kept(select(*_ONE).where(_P.id == bindparam("row")))
_ACTS = Kept(
    select(_A.number, _A.previous, _A.hash, _A.document).where(_A.proposal == bindparam("row")).order_by(_A.number)
)
_LAST = Kept(select(_A.hash).where(_A.proposal == bindparam("row")).order_by(_A.number.desc()).limit(1))


def _any_or(column: Any, name: str) -> Any:
    given = cast(bindparam(name), Text)
    return or_(given == "", column == given)


def _staged(word: str, stages: Iterable[Stage]) -> Any:
    """A word of a filter that stands for several stages."""
    return and_(cast(bindparam("stage"), Text) == word, or_(*(_P.stage == stage.value for stage in stages)))


_THERE = named("register_index", column("kind"), column("id"))
_NEW_MEMBER = and_(
    _P.kind == "member", not_(select(_THERE.c.id).where(_THERE.c.kind == "member", _THERE.c.id == _P.object).exists())
)
_DANGEROUS = _P.danger == Danger.DANGEROUS.value
_STAGED: Final = or_(
    _any_or(_P.stage, "stage"),
    _staged("open", OPEN),
    _staged("waiting", WITH_APPROVERS),
    and_(_staged("applications", WITH_APPROVERS), _NEW_MEMBER),
    and_(_staged("held", WITH_APPROVERS), _DANGEROUS, not_(_NEW_MEMBER)),
    and_(_staged("careful", WITH_APPROVERS), not_(_DANGEROUS), not_(_NEW_MEMBER)),
)
_MATCHES = and_(
    _STAGED,
    _any_or(_P.org, "org"),
    _any_or(_P.kind, "kind"),
    _any_or(_P.object, "object"),
    _any_or(_P.author, "author"),
    _P.search.like(bindparam("like"), escape="\\"),
)
_LISTED: Final = (
    _P.id, _P.kind, _P.object, _P.org, _P.stage, _P.danger, _P.author, _P.emergency, _P.review_due, _P.opened_at,
    _P.changed_at, _P.version, _P.names,
)  # fmt: skip
_PAGE = Kept(
    select(*_LISTED)
    .where(_MATCHES, tuple_(_P.changed_at, _P.id) < tuple_(bindparam("at"), bindparam("after")))
    .order_by(_P.changed_at.desc(), _P.id.desc())
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_MATCHES))
_OPEN = Kept(
    select(_P.id, _P.version)
    .where(or_(*(_P.stage == stage.value for stage in OPEN)), _P.kind == bindparam("kind"))
    .order_by(_P.changed_at.desc(), _P.id.desc())
)
_DUE = Kept(select(*_LISTED).where(_P.review_due <= bindparam("before")).order_by(_P.review_due, _P.id))
_COUNTS = Kept(select(_P.stage, func.count()).where(_any_or(_P.org, "org")).group_by(_P.stage))
_PROPOSED: Codec[Wanted] = Codec(Wanted)
_ACT: Codec[Act] = Codec(Act)


class Touched(Exception):
    """A proposal's history is not as it was written."""


# --- writing


def save(unit: Unit, change: SaveProposal) -> None:
    """Insert a proposal, or move it on from the version that it was made from. Raises Overtaken."""
    proposal, before = change.proposal, change.before
    row = {
        "stage": proposal.stage.value,
        "danger": proposal.danger.value,
        "emergency": int(proposal.emergency),
        "review_due": proposal.review_due,
        "changed_at": proposal.acts[-1].at,
        "version": proposal.version,
        "search": " ".join((*change.names.values(), proposal.object, proposal.org, proposal.id)).casefold(),
        "names": dumps(dict(change.names)),
        "document": unit.vault.seal("federation", _PROPOSED.encode(proposal.wanted), _bound(proposal.id)),
    }
    if before == 0:
        told = {name: getattr(proposal, name) for name in ("id", "kind", "object", "org", "author")}
        unit.run(_ADD, {**row, **told, "opened_at": proposal.acts[0].at})
    elif not unit.run(_MOVE, {**row, "row": proposal.id, "before": before}):
        raise Overtaken("proposal")
    _add_acts(unit, proposal, before)


def _bound(id: str) -> bytes:
    return f"proposal.{id}".encode()


def _add_acts(unit: Unit, proposal: Proposal, before: int) -> None:
    last = unit.row(_LAST, {"row": proposal.id})
    previous = last[0] if last else ""
    for place, act in enumerate(proposal.acts[before:], start=before + 1):
        hashed = act_hash(proposal.id, place, act, previous)
        sealed = unit.vault.seal("federation", _ACT.encode(act), _act_bound(proposal.id, place))
        told = {"proposal": proposal.id, "number": place, "previous": previous, "hash": hashed}
        unit.run(_ADD_ACT, {**told, "document": sealed})
        previous = hashed


def _act_bound(id: str, place: int) -> bytes:
    return f"proposal.{id}.{place}".encode()


def act_hash(id: str, place: int, act: Act, previous: str) -> str:
    """SHA-256 over an act, its place and the act before."""
    told = json.dumps([id, place, asdict(act), previous], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


# --- reading


def read(database: Database, id: str, org: str | None) -> Proposal | None:
    """A proposal with its acts; None when there is none, or it is not this member's. Raises Touched."""
    found = database.row(_READ, {"row": id})
    if found is None or (org is not None and found[3] != org):
        return None
    _, kind, object_, owner, stage, author, emergency, review_due, version, sealed = found
    wanted = _PROPOSED.decode(database.vault.open("federation", sealed, _bound(id)))
    acts = _acts(database, id)
    return Proposal(
        id, kind, object_, owner, wanted, Stage(stage), author, acts[:version], bool(emergency), review_due, version
    )


def _acts(database: Database, id: str) -> tuple[Act, ...]:
    acts: list[Act] = []
    last = ""
    for place, previous, hashed, sealed in database.rows(_ACTS, {"row": id}):
        act = _ACT.decode(database.vault.open("federation", sealed, _act_bound(id, place)))
        if previous != last or act_hash(id, place, act, previous) != hashed or place != len(acts) + 1:
            raise Touched(id)
        acts.append(act)
        last = hashed
    return tuple(acts)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which proposals a list shows. `stage` may be `open` or `waiting` (for approvers) too, and of those that wait
    `applications` of new members, what is `held` since it is dangerous, or the rest, which is `careful`; `after` is the
    `next` before.
    """

    stage: str = ""
    org: str = ""
    kind: str = ""
    object: str = ""
    author: str = ""
    search: str = ""
    after: str = field(default="")
    count: int = 50


def page(database: Database, asked: Asked) -> ProposalPage:
    """A page of proposals, the last changed first."""
    like = "%" + asked.search.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    names = ("stage", "org", "kind", "object", "author")
    matching = {**{name: getattr(asked, name) for name in names}, "like": like}
    at, id_ = position(asked.after)
    rows = database.rows(_PAGE, {**matching, "at": at, "after": id_, "count": asked.count + 1})
    total = database.rows(_COUNT, matching)[0][0]
    shown = tuple(_listed(row) for row in rows[: asked.count])
    more = f"{shown[-1].changed_at}.{shown[-1].id}" if len(rows) > asked.count else None
    return ProposalPage(shown, total, more)


def _listed(row: Row) -> ListedProposal:
    id_, kind, object_, org, stage, danger, author, emergency, review_due, opened_at, changed_at, version, names = row
    return ListedProposal(
        id_, kind, object_, org, Stage(stage), Danger(danger), author, bool(emergency), review_due, opened_at, changed_at,
        version, loads(names),
    )  # fmt: skip


def due(database: Database, before: int) -> tuple[ListedProposal, ...]:
    """Emergencies whose review must be done before a time, the most urgent first."""
    return tuple(_listed(row) for row in database.rows(_DUE, {"before": before}))


def open_versions(database: Database, kind: str) -> tuple[tuple[str, int], ...]:
    """The open proposals about entries of a kind, each with its version, the last changed first."""
    return tuple((id_, version) for id_, version in database.rows(_OPEN, {"kind": kind}))


def counts(database: Database, org: str = "") -> Mapping[Stage, int]:
    """How many proposals there are at each stage."""
    rows: Iterable[tuple[str, int]] = database.rows(_COUNTS, {"org": org})
    return {Stage(stage): count for stage, count in rows}
