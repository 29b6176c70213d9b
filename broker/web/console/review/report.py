"""G2: the report of a review, on its page and as a file: what was looked at, how it was drawn, what came of it, who reviewed, and
who signed it when.

As a document it is sealed as every other: its digest is an event of the log. The report's own digest, which the log has since it
was signed, stands in it.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Final

from broker.audit.review_events import ExtractMade
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console import printing
from broker.web.console.handing_out import file_reply
from broker.web.console.people import name_in_files, name_of
from broker.web.console.review.desk import Desk
from broker.web.console.review.entries import note
from broker.web.console.sheet import Cell, Column, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn
from trust_framework.days import day_of
from trust_framework.log_drawing import Selection
from trust_framework.log_review import RULE_IDS, RULES
from trust_framework.review_report import Report, Review

NAMES: Final = {rule.id: rule.names for rule in RULES}
PDF: Final = "pdf"


def so_far(review: Review) -> int:
    """How many accesses were examined, also while it is drawn."""
    return review.drawing.examined if review.drawing else review.examined


def standing(review: Review, now: int) -> Cell:
    """Where a review is."""
    if review.drawing is not None:
        return said("review.drawing", "warn")
    if review.reported_at is not None:
        return said("review.reported", "ok")
    return said("review.overdue", "err") if review.overdue(now) else said("review.going-on", "warn")


def period(selection: Selection) -> str:
    """The days that are looked at."""
    return f"{day_of(selection.since).isoformat()} – {day_of(selection.until).isoformat()}"


Naming = Callable[[str, ConsoleTurn], str]
"""What somebody is called: on a page that the person of the turn sees, or in a file that others get."""


def facts(here: Desk, report: Report, name: Naming = name_of) -> tuple[tuple[str, Cell], ...]:
    """What was looked at, how it was drawn, and who signed it."""
    review, wanted = report.review, report.review.selection
    by = said("review.by-plan") if review.plan else text(name(review.made_by, here.turn))
    return (
        ("review.state", standing(review, here.turn.now)),
        ("review.provider", text(here.name(here.on.register.providers[wanted.provider].names, wanted.provider))),
        ("review.unit", text(here.unit(wanted.unit)) if wanted.unit else said("review.any-unit")),
        ("review.percent", text(f"{wanted.percent} %")),
        ("review.most", text(str(wanted.most))),
        *((("review.seed", text(review.seed)), ("review.log-size", text(str(review.log_size)))) if review.seed else ()),
        ("review.made", at(review.made_at)),
        ("review.who", by),
        *((("review.sign-by", text(day_of(review.due - 1).isoformat())),) if review.due else ()),
        ("review.examined", text(str(so_far(review)))),
        ("review.hit", text(str(review.drawing.hit if review.drawing else review.hit))),
        ("review.drawn", text(str(review.drawn))),
        ("review.sampled", text(str(review.sampled))),
        ("review.open", text(str(report.open))),
        *_signed(here, report, name),
    )


def _signed(here: Desk, report: Report, name: Naming) -> tuple[tuple[str, Cell], ...]:
    """Who signed it and when; and that it says something else now, when a case of it was opened again."""
    review = report.review
    if review.reported_at is None:
        return ()
    changed = (("review.changed", said("review.changed.since", "warn")),) if report.digest != review.digest else ()
    return (
        ("review.signed", at(review.reported_at)),
        ("review.signed-by", text(name(review.reported_by, here.turn))),
        ("review.digest", text(review.digest)),
        *changed,
    )


def tables(here: Desk, report: Report, name: Naming = name_of) -> tuple[Table, ...]:
    """What the rules found, what came of the cases, and who looked."""
    outcomes = tuple((said("review.outcome." + each), figure(number)) for each, number in report.by_outcome.items())
    people = tuple((text(name(each, here.turn)), figure(number), at(last)) for each, number, last in report.reviewers)
    counted = Column(said="review.number", figure=True)
    return (
        _by_rule(report),
        Table(
            caption="review.by-outcome",
            columns=(Column(said="review.outcome"), counted),
            rows=outcomes,
            empty="review.nothing",
        ),
        Table(
            caption="review.reviewers",
            columns=(Column(said="review.who"), counted, Column(said="review.latest")),
            rows=people,
            empty="review.nothing",
        ),
    )


def _by_rule(report: Report) -> Table:
    """Of how many accesses each rule holds, and how many of those became cases; chance last."""
    review = report.review
    held = review.drawing.matched if review.drawing else review.matched
    rules = [
        (text(NAMES[each]), figure(held[each]), figure(report.by_rule.get(each, 0)))
        for each in RULE_IDS
        if each in held
    ]
    if review.sample:
        rules.append((said("review.by-chance"), figure(review.sample), figure(review.sampled)))
    return Table(
        caption="review.by-rule",
        columns=(
            Column(said="review.rule"),
            Column(said="review.held", figure=True),
            Column(said="review.drawn", figure=True),
        ),
        rows=rules,
        empty="review.nothing",
    )


def made(here: Desk, report: Report, form: str) -> Reply:
    """The report as a file, recorded. Raises `pdf.Missing`."""
    review = report.review
    reply = _document(here, report) if form == PDF else _for_a_machine(report)
    sealed = ExtractMade(
        at=here.turn.now,
        reference=here.who.reference,
        provider=review.selection.provider,
        digest=hashlib.sha256(reply.body).hexdigest(),
        rows=review.drawn,
        by=here.who.person,
    )
    here.turn.commit(Effects(events=(note(here, "report", review.id, review.drawn), sealed)))
    return reply


def _document(here: Desk, report: Report) -> Reply:
    of = period(report.review.selection)
    told, listed = facts(here, report, name_in_files), tables(here, report, name_in_files)
    page = printing.printed(here.turn, "review.report", here.who.reference, told, listed, of)
    return printing.reply(f"granskning-{report.review.id}", page, here.turn)


def _for_a_machine(report: Report) -> Reply:
    """What the digest is over, and the signature: the sealed log has the same digest when it was signed off."""
    review = report.review
    signed = {"signed_at": review.reported_at, "signed_by": review.reported_by, "signed_digest": review.digest}
    whole = {**report.content(), "digest": report.digest, **signed}
    body = json.dumps(whole, sort_keys=True, ensure_ascii=False, indent=1).encode()
    return file_reply(f"granskning-{review.id}.json", body, "application/json")
