"""How requests ended is found again by reference, and by service and time, on each database."""

from functools import cache

import pytest

from broker.audit.events import Decided, LoginFailed, RequestRefused, SignOnEnded, TokensIssued
from broker.audit.trace import Sought
from broker.jobs.sealer import Sealer
from tests.support import effects as a
from tests.support.effects import NOW


def seal(storage):
    Sealer(storage, cache(storage.ring), storage.log_origin(), None, 3).run()


def failed(number: int, reason: str = "user-cancelled", **more) -> LoginFailed:
    given = {"at": NOW + number, "reference": f"R-{number}", "service": "svc", "method": "card", "reason": reason}
    return LoginFailed(**{**given, **more})


@pytest.mark.parametrize("sealed", [True, False])
def test_events_are_found_by_their_reference_sealed_or_not(storage, sealed):
    refused = RequestRefused(at=NOW, reference="7K3M-Q9TD", service="svc", reason="request-address")
    storage.append(
        (
            a.code_issued(decision="Released"),
            failed(1),
            refused,
            a.identified(),
            SignOnEnded(at=NOW, person="p", cause="person"),
        )
    )
    if sealed:
        seal(storage)
    found = storage.log_by_reference("7K3M-Q9TD")
    assert [each.event["event"] for each in found] == ["oidc.code-issued", "request.refused"]
    assert [each.position is not None for each in found] == [sealed, sealed]
    assert found[0].event["trace"]
    assert storage.log_by_reference("nothing") == ()


def test_logins_for_another_are_found_by_the_representation_newest_first_and_paged(storage):
    def logged_in(n: int, on_behalf: str = "r-1", **more):
        return a.code_issued(decision="Released", at=NOW + n, reference=f"R-{n}", on_behalf=on_behalf, **more)

    storage.append((logged_in(0), logged_in(1, ""), logged_in(2, "r-2"), logged_in(3), logged_in(4)))
    assert [e.event["reference"] for e in storage.log_waiting_by_representation("r-1")] == ["R-4", "R-3", "R-0"]
    seal(storage)
    assert storage.log_waiting_by_representation("r-1") == ()
    first = storage.log_by_representation("r-1", count=2)
    last = storage.log_by_representation("r-1", before=first.before, count=2)
    assert [[e.event["reference"] for e in page.events] for page in (first, last)] == [["R-4", "R-3"], ["R-0"]]
    assert (first.total, last.before) == (3, None)
    assert storage.log_by_representation("r-1", since=NOW + 4).total == 1
    assert storage.log_by_representation("") == storage.log_by_representation("unknown")


def test_tokens_are_found_when_they_were_decided_anew(storage):
    given = {"at": NOW, "reference": "T-1", "service": "svc", "grant_type": "refresh_token"}
    storage.append((TokensIssued(**given), TokensIssued(**given, trace=(("requested", "released", "sn"),))))
    seal(storage)
    assert len(storage.log_by_reference("T-1")) == 1


def test_what_a_reference_only_looks_like_is_not_found(storage):
    storage.append((failed(1, detail='","reference":"X-1","y":"'),))
    assert storage.log_by_reference("X-1") == ()


def test_a_services_list_is_its_own_newest_first_and_paged(storage):
    storage.append(tuple(failed(n) for n in range(7)))
    storage.append((failed(8, service="another"),))
    seal(storage)
    first = storage.log_page(Sought("svc"), count=3)
    second = storage.log_page(Sought("svc"), first.before, count=3)
    last = storage.log_page(Sought("svc"), second.before, count=3)
    told = [[each.event["reference"] for each in page.events] for page in (first, second, last)]
    assert told == [["R-6", "R-5", "R-4"], ["R-3", "R-2", "R-1"], ["R-0"]]
    assert (first.total, last.before) == (7, None)


@pytest.mark.parametrize(
    ("narrowed", "references"),
    [
        ({}, ["D-1", "R-3", "7K3M-Q9TD", "R-1"]),
        ({"faults": True}, ["D-1", "R-3", "R-1"]),
        ({"result": "released"}, ["7K3M-Q9TD"]),
        ({"result": "level-too-low"}, ["R-3"]),
        ({"method": "bankid"}, ["R-3"]),
        ({"since": NOW + 2}, ["D-1", "R-3"]),
        ({"until": NOW + 3}, ["7K3M-Q9TD", "R-1"]),
    ],
)
def test_a_list_is_narrowed_by_result_method_and_time(storage, narrowed, references):
    refused = Decided(at=NOW + 4, reference="D-1", service="svc", member="m", decision="Refused", reason="attr-missing")
    storage.append(
        (
            failed(1),
            a.code_issued(decision="Released", at=NOW + 1),
            failed(3, "level-too-low", method="bankid"),
            refused,
        )
    )
    seal(storage)
    page = storage.log_page(Sought("svc", **narrowed))
    assert [each.event["reference"] for each in page.events] == references
    assert page.total == len(references)


def test_requests_are_counted_by_hour_and_result(storage):
    hour = NOW - NOW % 3600
    storage.append(
        (
            a.code_issued(decision="Released", at=hour),
            a.code_issued(decision="Released", at=hour + 3599),
            failed(0, at=hour),
            failed(0, at=hour + 3600),
        )
    )
    seal(storage)
    assert sorted(storage.log_hours(Sought("svc"))) == [
        (hour, "released", 2),
        (hour, "user-cancelled", 1),
        (hour + 3600, "user-cancelled", 1),
    ]
    assert storage.log_hours(Sought("svc", faults=True, since=hour + 3600)) == ((hour + 3600, "user-cancelled", 1),)
