"""`POST /api/v1/validate`: the validator for whoever has a file."""

import json

from broker.web.throttle import LIMITS
from metadata.validate import Context, check
from tests.metadata.test_validate import client, service

FILE = service(flags="")
PATH = "/api/v1/validate"


def posted(world, document):
    return world.request("POST", PATH, document)


def test_a_file_is_answered_with_the_report_of_the_same_engine(world):
    answer = posted(world, FILE)
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    report = check(FILE, Context(now=world.clock(), allow_http_loopback=True, production=False, register=world.store))
    assert answer.json == json.loads(json.dumps(report.as_json()))
    assert answer.json["taken"] is True
    assert answer.json["not_run"]["wrong-organisation"] == "organisation"


def test_a_client_that_the_register_has_is_told(world):
    answer = posted(world, client(client_id="rp")).json
    assert "id-taken" in {finding["id"] for finding in answer["findings"]}


def test_a_broken_file_is_a_report_and_no_error(world):
    for document in (b"<!DOCTYPE a><a/>", b"", b"\x00"):
        answer = posted(world, document)
        assert (answer.status, answer.json["taken"]) == (200, False)


def test_a_file_that_is_too_long_is_not_read(world):
    assert posted(world, b"<" + b" " * 8 * 1024 * 1024).status == 413


def test_who_asks_too_often_waits(world):
    limit = next(limit for limit in LIMITS if limit.kind == "validate")
    statuses = [posted(world, b"x").status for _ in range(limit.most + 1)]
    assert (statuses.count(200), statuses[-1]) == (limit.most, 429)
    assert posted(world, b"x").header("retry-after") == "60"


def test_it_is_posted_to(world):
    assert world.request("GET", PATH).status == 405
