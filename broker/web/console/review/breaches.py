"""Breaches of personal data: a case with its clock, what is known, drafts of what is told to whom."""

from datetime import datetime
from typing import Any

from wtforms.fields import SelectChoice

from broker.care import breaches
from broker.care.breaches import DEEDS, Known
from broker.care.calling import CareRefused
from broker.exchange import Reply
from broker.federation import breach_mail
from broker.login.effects import Effects
from broker.web.console.forms import ConsoleForm
from broker.web.console.gate import member_names
from broker.web.console.handing_out import file_reply
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk
from broker.web.console.review.forms import BreachActForm, BreachForm, fresh
from broker.web.console.sheet import Cell, Column, Doing, Done, Link, Sheet, Table, at, said, text, words
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework import breach_letters
from trust_framework.breach_letters import LANGUAGES, LETTERS
from trust_framework.breaches import Breach, BreachAct, BreachFacts, BreachState, Risk, lacking
from trust_framework.days import ZONE

MOODS = {BreachState.OPEN: "err", BreachState.NOTIFIED: "warn", BreachState.EXEMPT: "warn", BreachState.CLOSED: "ok"}
FACTS = ("what", "kinds", "about", "records", "consequences", "measures", "contact")
HINTS = (("members", "breach.members.hint"),)


def listed(turn: ConsoleTurn) -> Reply:
    """The member's breaches, the newest first, and a form that opens one."""
    here = desk(turn)
    form = BreachForm.of(turn, {"known_at": _local(turn.now)})
    return _listed(here, form)


def _local(moment: int | None) -> datetime | None:
    return None if moment is None else datetime.fromtimestamp(moment, ZONE).replace(tzinfo=None)


def _instant(local: datetime | None) -> int | None:
    return None if local is None else int(local.replace(tzinfo=ZONE).timestamp())


def _listed(here: Desk, form: BreachForm) -> Reply:
    turn = here.turn
    found = turn.store.breaches(turn.org, turn.query.get("efter", ""))
    table = Table(
        caption="breach.list",
        columns=tuple(Column(said=each) for each in ("breach.known", "breach.what", "breach.due", "review.state")),
        rows=tuple(_row(here, each) for each in found.rows),
        empty="breach.none",
        total=found.total,
        next=turn.at(f"/incidenter?efter={found.next}") if found.next else "",
    )
    case = turn.query.get("arende", "")[:64]
    doing = Doing(
        said="breach.new",
        action=turn.at("/incidenter"),
        button="breach.new",
        form=form,
        lead="breach.new.lead",
        hints=HINTS,
        fields=(("case", case),) if case else (),
    )
    page = Sheet(part="breaches", title="breach.list", lead="breach.lead", tables=(table,), doings=(doing,))
    return turn.render(page)


def _row(here: Desk, breach: Breach) -> tuple[Cell, ...]:
    return (
        at(breach.known_at, here.turn.at(f"/incidenter/{breach.id}")),
        text(breach.facts.what[:80]),
        _clock(breach, here.turn.now),
        said("breach.state." + breach.state.value, MOODS[breach.state]),
    )


def _clock(breach: Breach, now: int) -> Cell:
    """How long there is left, or when it was done."""
    if not breach.running:
        return at(breach.at("notified"))
    hours, late = divmod(abs(breach.due - now), 3600)[0], now > breach.due
    told = {"sv": f"{hours} timmar", "en": f"{hours} hours"}
    return Cell(at=breach.due, said="breach.late" if late else "breach.left", mood="err" if late else "warn", text=told)


def _facts_of(form: BreachForm) -> BreachFacts:
    return BreachFacts(
        form.what.data.strip(),
        _instant(form.happened_at.data),
        form.kinds.data.strip(),
        form.about.data,
        form.records.data,
        form.consequences.data.strip(),
        form.measures.data.strip(),
        form.contact.data.strip(),
        Risk(form.risk.data),
        tuple(dict.fromkeys(_orgs(form))),
    )


def _orgs(form: BreachForm) -> list[str]:
    """The organisation numbers that were typed, with or without hyphens."""
    return [each.replace("-", "") for each in (form.members.data or "").replace(",", " ").split()]


def _valid(form: BreachForm, here: Desk) -> bool:
    """Whether the form is whole, and names other members alone."""
    if not form.valid(here.turn):
        return False
    store, own = here.turn.store, here.turn.org
    if any(org == own or store.register_entry("member", org) is None for org in _orgs(form)):
        form.members.errors = ["review.not.unknown-member"]
        return False
    return True


def begun(turn: ConsoleTurn) -> Reply:
    """Open a breach: the clock runs from when somebody became aware."""
    here = desk(turn)
    case = turn.sent.fields.pop("case", "")
    form = BreachForm.of(turn)
    if not _valid(form, here):
        return _listed(here, form)
    known = Known(_instant(form.known_at.data) or 0, _facts_of(form), str(case)[:64])
    try:
        done = breaches.begin(known, turn.org, here.who, turn.now)
    except CareRefused as refused:
        form.known_at.errors = ["review.not." + refused.reason]
        return _listed(here, form)
    turn.commit(done.effects + _mails(done.result, turn))
    return turn.see(turn.at(f"/incidenter/{done.result.id}"), notice="breach-kept")


def _mails(breach: Breach, turn: ConsoleTurn) -> Effects:
    """Those who are to be told, and have not been."""
    return breach_mail.told(breach, turn.store, turn.on.services.settings, turn.now)


# --- one breach ---------------------------------------------------------------------------------------------------------


def _found(here: Desk, id_: str) -> Breach:
    try:
        return breaches.found(id_, here.turn.org, here.on.store)
    except CareRefused:
        raise Missing from None


def shown(turn: ConsoleTurn, breach: str) -> Reply:
    """One breach: its clock, what is known and what is missing, what was done, and the drafts."""
    here = desk(turn)
    return _shown(here, _found(here, breach))


def _shown(here: Desk, breach: Breach, wrong: str = "", sent: ConsoleForm | None = None) -> Reply:
    turn = here.turn
    url = turn.at(f"/incidenter/{breach.id}")
    missing = (
        tuple("breach.lacks." + name for name in lacking(breach.facts))
        if breach.state is not BreachState.CLOSED
        else ()
    )
    drafts = tuple(
        Link(url=f"{url}/utkast/{kind}/{language}", said="breach.draft." + kind + "." + language, file=True)
        for kind in LETTERS
        for language in LANGUAGES
    )
    page = Sheet(
        part="breach",
        title="breach.one",
        of=breach.id,
        back=Link(url=turn.at("/incidenter"), said="breach.back"),
        alerts=(*((wrong,) if wrong else ()), *missing),
        facts=_facts(here, breach),
        done=tuple(_act(here, each) for each in breach.acts),
        doings=() if breach.state is BreachState.CLOSED else tuple(_doings(here, breach, url, sent)),
        links=drafts,
    )
    return turn.render(page)


def _facts(here: Desk, breach: Breach) -> tuple[tuple[str, Cell], ...]:
    facts = breach.facts
    found = (
        ("review.state", said("breach.state." + breach.state.value, MOODS[breach.state])),
        ("breach.known", at(breach.known_at)),
        ("breach.due", _clock(breach, here.turn.now) if breach.running else at(breach.due)),
        ("breach.happened", at(facts.happened_at)),
        ("breach.risk", said("breach.risk." + facts.risk.value)),
        *(
            ("breach." + name, words(str(getattr(facts, name))))
            for name in FACTS
            if getattr(facts, name) not in ("", None)
        ),
        ("breach.members", text(", ".join(_named(here, org) for org in facts.members))),
    )
    return tuple((key, cell) for key, cell in found if cell.said or cell.text or cell.lines or cell.at is not None)


def _named(here: Desk, org: str) -> str:
    return f"{here.name(member_names(org, here.turn.turn), org)} ({org})"


def _act(here: Desk, act: BreachAct) -> Done:
    return Done(
        at=act.at,
        who=name_of(act.person, here.turn),
        said="breach.act." + act.what,
        words=tuple(act.note.splitlines()),
    )


def _doings(here: Desk, breach: Breach, url: str, sent: ConsoleForm | None) -> list[Doing]:
    act = sent if isinstance(sent, BreachActForm) else fresh(BreachActForm, here.turn)
    act.deed.choices = [SelectChoice(name, "breach.do." + name) for name in DEEDS]
    known = sent if isinstance(sent, BreachForm) else fresh(BreachForm, here.turn, _data(breach))
    return [
        Doing(said="breach.do", action=f"{url}/gor", button="breach.do", form=act, lead="breach.do.lead"),
        Doing(said="breach.describe", action=f"{url}/beskriv", button="breach.describe", form=known, hints=HINTS),
    ]


def _data(breach: Breach) -> dict[str, Any]:
    facts = breach.facts
    plain = {name: getattr(facts, name) for name in (*FACTS, "risk")}
    return {
        **plain,
        "risk": facts.risk.value,
        "members": " ".join(facts.members),
        "happened_at": _local(facts.happened_at),
        "known_at": _local(breach.known_at),
    }


def acted(turn: ConsoleTurn, breach: str, deed: str) -> Reply:
    """Write down more, or that something was done."""
    here = desk(turn)
    there = _found(here, breach)
    forms: dict[str, type[ConsoleForm]] = {"gor": BreachActForm, "beskriv": BreachForm}
    if deed not in forms:
        raise Missing
    form = forms[deed].of(turn)
    if isinstance(form, BreachActForm):
        form.deed.choices = [SelectChoice(name, "breach.do." + name) for name in DEEDS]
    if not (_valid(form, here) if isinstance(form, BreachForm) else form.valid(turn)):
        return _shown(here, there, sent=form)
    try:
        if isinstance(form, BreachActForm):
            done = breaches.act(there, form.deed.data, form.told.data, here.who, turn.now)
        else:
            done = breaches.describe(there, _facts_of(form), here.who, turn.now)
    except CareRefused as refused:
        return _shown(here, there, "review.not." + refused.reason, form)
    if not turn.commit(done.effects + _mails(done.result, turn)):
        return _shown(here, _found(here, breach), "review.not.overtaken", form)
    return turn.see(turn.at(f"/incidenter/{breach}"), notice="breach-kept")


def draft(turn: ConsoleTurn, breach: str, letter: str, language: str) -> Reply:
    """The draft of a letter, in one language."""
    here = desk(turn)
    there = _found(here, breach)
    if letter not in LETTERS or language not in LANGUAGES:
        raise Missing
    names = member_names(turn.org, turn.turn)
    name = names.get(language) or next(iter(names.values()))
    body = breach_letters.letter(letter, there, name, language).encode()
    return file_reply(f"incident-{there.id}-{letter}-{language}.txt", body, "text/plain; charset=utf-8")
