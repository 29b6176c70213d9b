"""SIGKILL in the middle of blocks, consents and emergencies entered by record systems over JSON: each change that was answered is
there, with its event in the proven log, and an emergency with its case and its entry of the access log; nothing is there by half.
"""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from broker.audit.verify import verify_log
from broker.care.filings import CasesAsked
from broker.jobs.sealer import Sealer
from broker.storage.storage import Storage
from tests.support import care_values as a
from tests.support.care_world import ACTOR, ENTERED, PATIENT, new_block
from tests.support.killing import MOST_SECONDS, Deed, done_despite_kills
from tests.support.server import Server
from trust_framework.access_log import AccessSought
from trust_framework.care import Activity
from trust_framework.identifiers import Identifier
from trust_framework.review_cases import CaseKind

pytest_plugins = ["tests.support.killed_servers"]

FULL, A_HUNDREDTH = (4_000, 12), (40, 1)
"""Changes that are answered at least, and kills among them."""

EVENTS = {
    "block": ("care.block-changed", "registered", "block"),
    "revoked": ("care.block-changed", "revoked", "block"),
    "consent": ("care.consent-changed", "registered", "consent"),
    "cancelled": ("care.consent-changed", "cancelled", "consent"),
    "emergency": ("care.emergency-begun", "", "emergency"),
}
"""By kind of change: its event, what that says was done, and the field with the id."""

AGAIN = (b'"exists', b'"state')


def changes(system: int) -> Iterator[Deed]:
    """Changes of a record system, each under ids of its own: one ends what another began."""
    for number in count():
        block, consent, emergency = a.new_id(), a.new_id(), a.new_id()
        patient = {"oid": a.PERSONNUMMER, "value": PEOPLE[(system + number) % len(PEOPLE)].value}
        new = {"id": consent, "patient": patient, "provider": a.PROVIDER, "unit": a.UNIT, "entered": ENTERED}
        asked = {"id": emergency, "patient": patient, "actor": ACTOR, "reason": "Medvetslös"}
        yield Deed(f"block {block}", "/blocks", new_block(id=block, patient=patient))
        yield Deed(f"emergency {emergency}", "/emergencies", asked)
        yield Deed(f"consent {consent}", "/consents", new)
        yield Deed(f"revoked {block}", f"/blocks/{block}/revoke", {"entered": ENTERED})
        yield Deed(f"cancelled {consent}", f"/consents/{consent}/cancel", {"entered": ENTERED})


PEOPLE = (Identifier(**PATIENT), *a.numbers(6))


def in_the_log(store: Storage) -> Counter[tuple[str, str, str]]:
    """The events of changes that the sealed log has: name, what was done, of which id."""
    found: Counter[tuple[str, str, str]] = Counter()
    names = {name: field for name, _, field in EVENTS.values()}
    for row in store.log_rows():
        event = json.loads(row.leaf)
        if event["event"] in names:
            found[event["event"], event.get("act", ""), event[names[event["event"]]]] += 1
    return found


def in_the_registers(store: Storage) -> set[str]:
    """The changes that stand in the registers, as deeds are called."""
    found: set[str] = set()
    for person in filter(None, map(store.patient, PEOPLE)):
        for block in store.blocks_of(person):
            found |= {f"block {block.id}"} | ({f"revoked {block.id}"} if block.revoked else set())
        for consent in store.care_consents_of(person):
            found |= {f"consent {consent.id}"} | ({f"cancelled {consent.id}"} if consent.cancelled else set())
        found |= {f"emergency {one.id}" for one in store.emergencies_of(person)}
    return found


def emergencies_with_cases_and_entries(store: Storage) -> tuple[set[str], int, int]:
    """The emergencies that cases are about, how many cases there are, and how many entries of the access log."""
    asked = CasesAsked(a.PROVIDER, kind=CaseKind.EMERGENCY.value, count=100_000)
    cases = [case for case, _ in store.review_cases(asked).rows]
    entries = store.access_count(AccessSought(provider=a.PROVIDER, activity=Activity.EMERGENCY.value), 100_000)
    return {f"emergency {case.about}" for case in cases}, len(cases), entries


def holds_after_kills(server: Server, enough: int, kills: int) -> None:
    answered = done_despite_kills(server, changes, AGAIN, enough, kills)
    with server.storage() as store:
        Sealer(store, store.ring, store.log_origin(), server.settings.checkpoint_file).run()
        stands = in_the_registers(store)
        assert answered <= stands, "what was answered is there"
        events = in_the_log(store)
        assert set(events.values()) == {1}, "nothing was done twice"
        kinds = {each: each.split(" ") for each in stands}
        told = {(EVENTS[kind][0], EVENTS[kind][1], id_) for kind, id_ in kinds.values()}
        assert told == set(events), "each change has its event, and each event its change"
        emergencies = {each for each in stands if each.startswith("emergency ")}
        assert emergencies_with_cases_and_entries(store) == (emergencies, len(emergencies), len(emergencies))
        report = verify_log(store, server.settings.checkpoint_file)
        assert report.ok, report.findings


@pytest.mark.spec("threats", "RE-03")
def test_what_was_answered_before_a_kill_stands_with_its_event_its_case_and_its_entry(sqlite_server: Server):
    holds_after_kills(sqlite_server, *A_HUNDREDTH)


@pytest.mark.long
@pytest.mark.timeout(MOST_SECONDS)
@pytest.mark.spec("threats", "RE-03")
def test_a_dozen_kills_in_four_thousand_changes_leave_nothing_by_half(server: Server):
    holds_after_kills(server, *FULL)
