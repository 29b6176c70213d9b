"""Lists that are paged by the database, on each: no page is like another, all pages together are all of it, none is another's."""

from collections.abc import Callable
from typing import Any

import pytest

from broker.audit.retention import Hold
from broker.care.filings import HoldsAsked, SaveCorrection, Watch
from broker.federation.addresses import AddressState, KeepAddress
from broker.federation.concerned import FIRST, AgreementDue
from broker.federation.proposing import SaveProposal
from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects, GrantRole
from broker.login.keys import ClientAddress, How, KeyFetch
from broker.storage import fetches as key_fetches
from broker.storage.storage import Storage
from tests.support import approvals as a
from tests.support.databases import NOW
from tests.support.proposing import client
from trust_framework import approval
from trust_framework.agreement_notices import NOTICE
from trust_framework.corrections import Correction, Receipt
from trust_framework.days import DAY
from trust_framework.roles import Role, RoleGrant

pytest_plugins = ["tests.support.databases"]

ORG, OTHER, THIRD = a.ORG, a.OTHER_ORG, "2120000142"


def change(storage: Storage, *changes: EntryChange) -> None:
    storage.commit(Effects((ChangeRegister(changes, NOW),)))


def service(id: str, org: str = ORG, **more: Any) -> EntryChange:
    return EntryChange("service", id, client(id, org, **more), org, "portal")


def short(id: str, *services: str, until: str = "2030-12-31", name: str = "") -> EntryChange:
    content = {
        "id": id, "names": {"sv": name or id}, "services": list(services), "attributes": ["sn"],
        "valid_from": "2026-01-01", "valid_until": until,
    }  # fmt: skip
    return EntryChange("agreement", id, content, "", "portal")


def draft(id: str, *orgs: str) -> EntryChange:
    parties = [{"org": org, "role": ["giver", "receiver"]} for org in orgs]
    version = {"version": 1, "parties": parties, "valid_from": "2026-01-01", "valid_until": "2030-12-31"}
    return EntryChange("agreement", id, {"id": id, "names": {"sv": id}, "versions": [version]}, "", "portal")


def through(page: Callable[..., Any], rows: str, **asked: Any) -> tuple[list[Any], int]:
    """All pages of two, one after the other, and the total that each must tell."""
    found, after, totals = [], "", set()
    for _ in range(9):
        one = page(**asked, after=after, count=2)
        assert len(getattr(one, rows)) <= 2
        found += getattr(one, rows)
        totals.add(one.total)
        if one.next is None:
            break
        after = one.next
    (total,) = totals
    return found, total


def ids(entries: list[Any]) -> list[str]:
    return [each.id for each in entries]


class TestAgreements:
    def test_a_member_has_those_that_it_is_party_to_and_those_that_name_its_services(self, storage):
        change(storage, service("ours"), service("theirs", OTHER))
        change(storage, draft("d1", ORG, OTHER), draft("d2", OTHER, THIRD), draft("d3", ORG, THIRD))
        change(storage, short("s1", "ours"), short("s2", "theirs"), short("s3", "theirs", "ours"))
        assert ids(through(storage.agreements_of, "entries", party=ORG)[0]) == ["d1", "d3", "s1", "s3"]
        assert ids(through(storage.agreements_of, "entries", party=THIRD)[0]) == ["d2", "d3"]
        assert through(storage.agreements_of, "entries", party="9999999999") == ([], 0)
        assert through(storage.agreements_of, "entries")[1] == 6
        assert ids(storage.agreements_of(ORG, "D3").entries) == ["d3"]

    def test_what_an_agreement_says_anew_counts_and_one_that_is_gone_is_nobodys(self, storage):
        change(storage, draft("d1", ORG, OTHER))
        change(storage, draft("d1", OTHER, THIRD))
        assert storage.agreements_of(ORG).total == 0
        assert storage.agreements_of(THIRD).total == 1
        change(storage, EntryChange("agreement", "d1", None, "", "portal"))
        assert storage.agreements_of(THIRD).total == storage.agreements_of().total == 0
        assert storage.agreements_due() == ()

    def test_a_service_takes_its_agreements_with_it_to_another_member(self, storage):
        change(storage, service("s"), short("a", "s"))
        change(storage, service("s", OTHER))
        assert (storage.agreements_of(ORG).total, storage.agreements_of(OTHER).total) == (0, 1)

    def test_those_are_due_that_wait_for_signatures_or_end_within_sixty_days(self, storage, clock):
        change(
            storage,
            service("s"),
            draft("unsigned", ORG, OTHER),
            short("soon", "s", until="2027-02-01"),
            short("far", "s"),
        )
        due = storage.agreements_due()
        assert ids(due) == ["unsigned", "soon"]
        assert due[0].since == 0
        assert ids(storage.agreements_due(THIRD)) == []
        assert ids(storage.agreements_due(ORG)) == ["unsigned", "soon"]
        assert ids(storage.agreements_due(after=due[0], count=1)) == ["soon"]
        assert storage.agreements_due(after=due[1]) == ()
        clock.now = due[1].since + NOTICE
        assert ids(storage.agreements_due()) == ["unsigned"]
        assert AgreementDue() == FIRST

    def test_one_that_cannot_be_read_concerns_nobody_and_stands_in_the_operators_list(self, storage):
        change(storage, EntryChange("agreement", "x", {"id": "x", "services": ["s"]}, "", "file"))
        assert storage.agreements_due() == ()
        assert storage.agreements_of().total == 1
        assert storage.agreements_of(ORG).total == 0


def test_what_of_a_members_entries_runs_out_comes_in_the_order_of_its_days(storage):
    def member(org: str, *days: str) -> EntryChange:
        declared = [{"level": "x", "reviewer": "N", "expires": day} for day in days]
        return EntryChange("member", org, {"org": org, "names": {}, "trust_declarations": declared}, org, "portal")

    change(storage, member(ORG, "2028-01-01"), member(OTHER, "2027-01-20"), service("never"))
    for number, day in enumerate(("2027-05-01", "2027-01-25", "2027-05-01")):
        agent = {"agents": [{"org": OTHER, "roles": ["technical"], "until": day}]}
        content = {"org": f"m{number}", "names": {}, **agent}
        change(storage, EntryChange("member", f"m{number}", content, ORG, "portal"))
    found, total = through(storage.register_ending, "entries", org=ORG)
    assert (ids(found), total) == (["m1", "m0", "m2", ORG], 4)
    assert storage.register_ending_count(ORG, NOW + 90 * DAY) == 1
    assert ids(storage.register_ending(ORG, "nonsense", 1).entries) == ["m1"]


def test_roles_come_oldest_first_without_those_that_have_run_out(storage, clock):
    grants = [RoleGrant(f"p{n}", ORG, Role.READER, "x", NOW - n, name=f"N{n}") for n in range(5)]
    grants += [RoleGrant("p9", ORG, Role.OWNER, "x", NOW, NOW), RoleGrant("p8", OTHER, Role.OWNER, "x", NOW)]
    storage.commit(Effects(tuple(map(GrantRole, grants))))
    found, total = through(storage.role_page, "grants", org=ORG)
    assert ([each.name for each in found], total) == (["N4", "N3", "N2", "N1", "N0"], 5)
    assert storage.role_page(ORG, "nonsense", 1).grants == (grants[4],)


def test_open_proposals_are_told_with_their_versions(storage):
    def proposal(id: str, kind: str = "service") -> approval.Proposal:
        return a.done(approval.drafted(id, kind, "x", ORG, a.wanted(), a.TEKLA, NOW + len(id)))

    sent = a.done(approval.submitted(proposal("sent"), a.TEKLA, "", NOW + 9))
    gone = a.done(approval.withdrawn(proposal("gone"), a.TEKLA, "", NOW + 9))
    kept = (proposal("d"), sent, gone, proposal("member", "member"))
    storage.commit(Effects(tuple(SaveProposal(each, 0) for each in kept)))
    assert storage.proposals_open("service") == (("sent", 2), ("d", 1))


def test_corrections_that_wait_for_a_member_come_oldest_first(storage):
    def correction(number: int, org: str = ORG) -> Correction:
        receipt = Receipt("s", org, ("sn",), ("r",))
        return Correction(f"c{number}", OTHER, "p", ("sn",), "x", "y", NOW - number, (receipt,))

    storage.commit(Effects(tuple(SaveCorrection(each) for each in (*map(correction, range(5)), correction(9, THIRD)))))
    found, total = through(storage.corrections_waiting, "rows", org=ORG)
    assert (ids(found), total) == (["c4", "c3", "c2", "c1", "c0"], 5)
    assert ids(storage.corrections_waiting(ORG, "nonsense", 1).rows) == ["c4"]


def test_a_watch_list_is_paged_and_asked_about_one(storage):
    storage.commit(Effects((*(Watch("V1", f"p{n}", NOW, "x") for n in range(5)), Watch("V2", "p9", NOW, "x"))))
    assert through(storage.watched_page, "rows", provider="V1") == ([f"p{n}" for n in range(5)], 5)
    assert storage.watches("V1", "p1")
    assert not storage.watches("V1", "p9")


def test_holds_about_persons_are_for_who_may_see_them(storage):
    kinds = ("all", ""), ("provider", "V1"), ("provider", "V2"), ("person", "p")
    holds = [Hold(f"h{n}", kind, about, f"Skäl {n}", "x", NOW + n) for n, (kind, about) in enumerate(kinds)]
    for hold in holds:
        storage.set_hold(hold)

    def page(persons: bool, after: str, count: int) -> Any:
        return storage.log_holds_page(HoldsAsked("V1", persons, after, count))

    assert through(page, "rows", persons=False) == ([holds[1], holds[0]], 2)
    assert through(page, "rows", persons=True) == (holds[::-1], 4)
    assert storage.log_hold("h3") == holds[3]
    assert storage.log_hold("h9") is None


def test_addresses_are_looked_at_in_turn_and_paged(storage, clock):
    for name in ("a", "b", "c"):
        change(storage, service(name, oidc={"jwks_uri": f"https://{name}.example/jwks"}))
    assert ids(storage.addresses_due(2)) == ["a", "b"]
    failed = AddressState("a", NOW, error="fetch: x", failing_since=NOW, url="https://a.example/jwks", keys=True)
    storage.commit(Effects((KeepAddress(failed),)))
    assert ids(storage.addresses_due(9)) == ["b", "c"]
    assert storage.address_state("service", "a") == failed
    found, total = through(storage.address_page, "addresses", org=ORG)
    assert ([each.state.id for each in found], total) == (["a", "b", "c"], 3)
    assert [each.state.id for each in storage.address_page(state="failing").addresses] == ["a"]
    assert storage.address_page(OTHER).total == 0
    clock.now = failed.next_at
    assert ids(storage.addresses_due(9)) == ["b", "c", "a"]


def test_of_a_services_fetches_the_latest_of_each_document_is_read(storage):
    for n, document in enumerate(("jwks", "saml", "jwks", "mdq")):
        said = KeyFetch(document, f"192.0.2.{n}", "192.0.2.0/24", f"client/{n}", "sp" if n else "", NOW + n, NOW + n)
        storage.note_fetches([said], [ClientAddress("sp", "192.0.2.0", NOW)])
    found = [(one.document, one.last_at, one.how, one.shared) for one in storage.fetches_of("sp")]
    assert found == [("mdq", NOW + 3, How.SAID, 0), ("jwks", NOW + 2, How.SAID, 0), ("saml", NOW + 1, How.SAID, 0)]
    again = KeyFetch("jwks", "192.0.2.0", "192.0.2.0/24", "client", "", NOW + 9, NOW + 9)
    storage.note_fetches([again], [ClientAddress("other", "192.0.2.0", NOW)])
    newest, *_ = storage.fetches_of("sp")
    assert (newest.document, newest.how, newest.shared) == ("jwks", How.ADDRESS, 1)


@pytest.mark.parametrize("after", ["", "x", "1.x", "9" * 40 + ".a.b", "-1.a.b"])
def test_a_cursor_that_is_not_ours_does_no_harm(storage, after):
    for page in (storage.register_ending, storage.role_page, storage.corrections_waiting, storage.watched_page):
        assert page(ORG, after).total == 0
    assert storage.agreements_of(ORG, "", after).total == storage.address_page(ORG, after=after).total == 0


def test_of_fetches_the_latest_are_kept_and_no_more_than_there_is_room_for(storage, monkeypatch):
    monkeypatch.setattr(key_fetches, "MOST", 3)
    for turn in range(5):
        fetched = [KeyFetch("jwks", f"192.0.2.{turn}", "192.0.2.0/24", f"agent {turn}", "", NOW + turn, NOW + turn)]
        storage.note_fetches(fetched)
    assert [each.agent for each in storage.fetches_latest()] == ["agent 4", "agent 3", "agent 2"]
    storage.note_fetches([KeyFetch("jwks", "192.0.2.2", "192.0.2.0/24", "agent 2", "", NOW + 9, NOW + 9)])
    assert [each.agent for each in storage.fetches_latest()] == ["agent 2", "agent 4", "agent 3"]
