"""The examples of docs/care.md: run in their order, they do what the page says."""

import json
import re
from pathlib import Path

import pytest

from tests.support.care_world import call, care_world, machine

pytest_plugins = ["tests.support.worlds"]
PAGE = (Path(__file__).parents[2] / "docs" / "care.md").read_text("utf-8")
CALL = re.compile(r"`POST (/api/v1/care\S*)`\n\n```json\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


@pytest.fixture(scope="module")
def answers(lasting_worlds):
    """What the calls of the page gave, in their order, with what the page says that they give."""
    world = care_world(lasting_worlds)
    token, found = machine(world), []
    for path, body, told in CALL.findall(PAGE):
        answer = call(world, path.removeprefix("/api/v1/care"), token, json.loads(body))
        found.append((path, answer, json.loads(told) if told else None))
    return found


def test_every_example_is_taken(answers):
    assert [(path, answer.status) for path, answer, _ in answers] == [(path, 200) for path, _, _ in answers]
    assert len(answers) == 9


def test_what_the_page_says_of_an_answer_is_true(answers):
    told = [(answer.json, expected) for _, answer, expected in answers if expected is not None]
    assert len(told) == 2
    for given, expected in told:
        assert given == expected


def test_the_decision_is_as_told(answers):
    (given,) = [answer.json for path, answer, _ in answers if path.endswith("/decisions")]
    assert [one["access"] for one in given["decisions"][0]["rulings"]] == ["blocked", "permitted", "permitted"]
