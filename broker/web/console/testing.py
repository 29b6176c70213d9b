"""M4: test logins of a member's services, before they are approved. Whatever is shown here is of made-up persons."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from broker.audit import trace
from broker.exchange import Reply
from broker.federation.register import digest
from broker.federation.testing import Tested
from broker.federation.trusted import trusted_part
from broker.login.ports import Federation
from broker.protocols.testing.choice import WITHOUT, read_form
from broker.protocols.testing.run import Run, StepName
from broker.web import bench, grounds
from broker.web.answers import see_other
from broker.web.bench import Bench
from broker.web.console.listing import PAGE, Listing, asked
from broker.web.console.testing_forms import TestForm
from broker.web.console.testing_pages import RunRow, ServiceRow, StepRow, TestRun, TestService, TestServices
from broker.web.console.todo import Todo
from broker.web.console.turn import ConsoleTurn
from trust_framework.explanation import Explanation, Reader, explained
from trust_framework.grounds import NOTHING, Registered
from trust_framework.reasons import REASONS

MOST_TODO: Final = 5
MOST_DRAFTS: Final = 5
_TODO: Final = {
    "sv": "{} har inte provats med sitt nuvarande innehåll.",
    "en": "{} has not been tested with its present content.",
}
TABS = ("steg", "begaran", "svar", "uppgifter")


def waiting(turn: ConsoleTurn) -> Iterator[Todo]:
    """The member's services in test that have not passed with their present content, a few of them."""
    if not turn.org:
        return
    try:
        found = turn.on.bench()
    except Exception as error:  # noqa: BLE001  # the first page is shown whatever becomes of the test issuer
        turn.on.note_failure("test issuer", error)
        return
    now = found.now()
    parties = now.federation.parties
    untested = (each for each in found.services(turn.org, now) if found.passed(each.id, each.digest) is None)
    for each in islice(untested, MOST_TODO):
        names = parties[each.id].names
        told = {language: _TODO[language].format(name) for language, name in names.items() if language in _TODO}
        yield Todo(told, turn.at(f"/prova/{each.id}"), "tab.testing")


def services(turn: ConsoleTurn) -> Reply:
    """The member's services in test, each with how it went last; paged."""
    found, wanted = turn.on.bench(), asked(turn)
    now = found.now()
    own = found.services(turn.org, now)
    rest = [each for each in own if each.id > wanted.after]
    rows = tuple(_service_row(each, now.federation, found, turn) for each in rest[:PAGE])
    more = rest[PAGE - 1].id if len(rest) > PAGE else None
    listing = Listing(turn.at("/prova"), rows, len(own), wanted, more, searched=False)
    unread = ((id_, each.why) for id_, each in now.unread.items() if each.org == turn.org)
    return turn.render(TestServices(services=listing, unread=dict(islice(unread, PAGE)), issuer=found.base_url))


def _service_row(each: Tested, federation: Federation, found: Bench, turn: ConsoleTurn) -> ServiceRow:
    last = next(iter(found.runs(each.id, turn.org)), None)
    return ServiceRow(
        names=federation.parties[each.id].names,
        url=turn.at(f"/prova/{each.id}"),
        draft=each.draft,
        outcome=last.outcome if last else "none",
        passed=found.passed(each.id, each.digest),
    )


def service(turn: ConsoleTurn, service: str) -> Reply:
    """The form of a test login, and the logins before. What is chosen holds for this browser's next login."""
    found = turn.on.bench()
    tested, federation = turn.found(found.tested(service, turn.org)), found.now().federation
    form = _form(turn, service, federation)
    if turn.posted and form.valid(turn):
        return see_other(found.prepare(read_form(_sent(form)), service, turn.now))
    page = TestService(
        form=form,
        action=turn.at(f"/prova/{service}"),
        names=federation.parties[service].names,
        issuer=found.base_url,
        entity_id=f"{found.base_url}/saml/metadata",
        protocol="saml" if federation.register.services[service].saml else "oidc",
        draft=tested.draft,
        passed=found.passed(service, tested.digest),
        runs=tuple(_run_row(run, tested, turn) for run in found.runs(service, turn.org)),
    )
    return turn.render(page)


def _form(turn: ConsoleTurn, service: str, federation: Federation) -> TestForm:
    party = federation.parties[service]
    methods = {
        id_: each.names for id_, each in federation.providers.items() if not party.methods or id_ in party.methods
    }
    able = {level for id_ in methods for level in federation.providers[id_].gives()}
    return TestForm.choosing(
        turn, bench.persons(), methods, bench.levels(able, ()), bench.attributes(sorted(party.attributes))
    )


def _sent(form: TestForm) -> dict[str, str]:
    """As the page of the test issuer would send it."""
    chosen = {name: form[name].data or "" for name in ("person", "method", "level", "answer")}
    return {**chosen, **{WITHOUT + name: "yes" for name in form.without.data or ()}}


def _run_row(run: Run, tested: Tested, turn: ConsoleTurn) -> RunRow:
    return RunRow(
        at=run.started_at,
        reference=run.reference,
        url=turn.at(f"/prova/{run.service}/{run.reference}"),
        person=bench.label_of(run.choice.person) if run.choice else {},
        answer=run.choice.answer.value if run.choice else "",
        outcome=run.outcome,
        present=run.digest == tested.digest,
    )


def run(turn: ConsoleTurn, service: str, reference: str) -> Reply:
    """One test login: step by step, the messages raw and in parts, each detail and why."""
    tested = turn.found(turn.on.bench().tested(service, turn.org))
    back = turn.at(f"/prova/{service}")
    return _run(tested, reference, back, f"{back}/{reference}", turn)


def run_proposed(turn: ConsoleTurn, proposal: str, reference: str) -> Reply:
    """The same, for who decides on what was tested."""
    proposed = turn.found(turn.store.proposal(proposal))
    tested = turn.found(turn.on.bench().tested(proposed.object, proposed.org))
    back = turn.at(f"/forslag/{proposal}")
    return _run(tested, reference, back, f"{back}/prov/{reference}", turn)


def _run(tested: Tested, reference: str, back: str, at: str, turn: ConsoleTurn) -> Reply:
    found = turn.on.bench()
    kept = turn.found(found.run(reference, tested.id, tested.org))
    page = TestRun(
        names=found.now().federation.parties[tested.id].names,
        back=back,
        run=_run_row(kept, tested, turn),
        protocol=kept.protocol,
        tab=turn.query.get("flik", "") if turn.query.get("flik") in TABS else TABS[0],
        tabs=tuple((name, f"{at}?flik={name}") for name in TABS),
        steps=_steps(kept),
        request=kept.request,
        answer=kept.answer,
        tokens=kept.tokens,
        explanation=_explained(kept, found.now().federation, _registered(kept, turn), turn.turn.language()),
    )
    return turn.render(page)


def _steps(kept: Run) -> tuple[StepRow, ...]:
    """Every step of the protocol, taken or not."""
    absent = {StepName.SIGNATURE} if kept.protocol == "oidc" else {StepName.REDEEMED, StepName.USERINFO}
    return tuple(_step(name, kept) for name in StepName if name not in absent)


def _step(name: StepName, kept: Run) -> StepRow:
    step = kept.step(name)
    if step is None:
        return StepRow(name.value, "none")
    reason = None if step.ok else REASONS.get(step.note)
    told = {"sv": reason.sv.what, "en": reason.en.what} if reason else {"sv": step.note, "en": step.note}
    word = name is StepName.ANSWERED
    return StepRow(name.value, "ok" if step.ok else "err", {} if word else told, step.note if word else "")


def _registered(kept: Run, turn: ConsoleTurn) -> Registered:
    """Why the service needs each detail, and on what legal basis, in the content that was tested; nothing when that is gone."""
    entry = turn.store.register_entry("service", kept.service)
    drafts = turn.store.proposal_page("open", kept.org, "service", kept.service, count=MOST_DRAFTS).proposals
    proposals = (turn.store.proposal(each.id, kept.org) for each in drafts)
    tested = [each.content for each in proposals if each is not None and each.digest == kept.digest]
    if entry is not None and entry.content and digest(trusted_part("service", entry.content)) == kept.digest:
        tested.append(entry.content)
    return next((grounds.told_by(content) for content in tested if content), NOTHING)


def _explained(kept: Run, federation: Federation, registered: Registered, language: str) -> Explanation:
    """What was decided of each detail, and why, told as to an operator: the person is made up."""
    step = kept.step(StepName.ATTRIBUTES)
    result = step.note if step is not None and not step.ok else trace.RELEASED
    agreements = {each.id: each for each in federation.agreements}
    return explained(trace.verdicts(kept.trace), result, Reader.OPERATOR, language, agreements, registered=registered)
