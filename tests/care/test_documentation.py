"""The examples of docs/care.md: run in their order, they do what the page says."""

import json
import re
from pathlib import Path

import pytest

from tests.support.care_world import call, document, machine, provider, tool
from tests.support.world import MEMBER

pytest_plugins = ["tests.support.worlds"]
PAGE = (Path(__file__).parents[2] / "docs" / "care.md").read_text("utf-8")
CALL = re.compile(r"`POST (/api/v1/care\S*)`\n\n```json\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


@pytest.fixture(scope="module")
def answers(lasting_worlds):
    """What the calls of the page gave, in their order, with what the page says that they give."""
    whole = document()
    whole["care_providers"].append(provider("SE2329000001-VG9", MEMBER, "SE2329000001-U1", rules="tr"))
    whole["services"].append(tool("sender", scope="openid care:code"))
    world = lasting_worlds.make(whole)
    token, found = machine(world), []
    for path, body, told in CALL.findall(PAGE):
        rest = path.removeprefix("/api/v1/care")
        if rest.endswith("/enter"):
            sent = call(world, rest.replace("/enter", "/code"), machine(world, "sender", "care:code"))
            body = body.replace("CODE", sent.json["code"])  # noqa: PLW2901  # as the page says
        answer = call(world, rest, token, json.loads(body))
        found.append((path, answer, json.loads(told) if told else None))
    return found


def test_every_example_is_taken(answers):
    assert [(path, answer.status) for path, answer, _ in answers] == [(path, 200) for path, _, _ in answers]
    assert len(answers) == 18


def test_what_the_page_says_of_an_answer_is_true(answers):
    told = [(answer.json, expected) for _, answer, expected in answers if expected is not None]
    assert len(told) == 3
    for given, expected in told:
        assert given == expected


def test_the_decision_is_as_told(answers):
    given = [answer.json["decisions"][0]["rulings"] for path, answer, _ in answers if path.endswith("/decisions")]
    assert [[one["access"] for one in rulings] for rulings in given] == [
        ["blocked", "permitted", "permitted"],
        ["permitted"],
        ["permitted"],
    ]


def test_what_waits_is_as_told(answers):
    waits = [(path.rpartition("/")[2], answer.json["waits"]) for path, answer, _ in answers if "/facts" in path]
    assert waits == [
        ("facts", ""),
        ("end", ""),
        ("facts", "colleague"),
        ("confirm", ""),
        ("facts", "code"),
        ("enter", ""),
    ]
