"""How the self-check tells what it found: a red row never hides, and never keeps the next flow from being tried."""

import json

from broker.demo.browser import NotHeld
from broker.demo.check import Result, check, report
from broker.demo.places import Places


def good(stage):
    stage.kept["seen"] = True


def not_held(stage):
    raise NotHeld("the card was let in")


def broken(stage):
    raise ConnectionRefusedError("nobody there")


def test_a_flow_that_does_not_hold_is_red_with_its_reason_and_the_next_is_tried(tmp_path):
    flows = [("one", not_held), ("two", broken), ("three", good)]

    results = check(Places(tmp_path), flows)

    assert [(row.flow, row.ok, row.detail) for row in results] == [
        ("one", False, "the card was let in"),
        ("two", False, "ConnectionRefusedError: nobody there"),
        ("three", True, ""),
    ]


def test_a_table_for_a_log_has_a_line_for_each_flow_and_the_sum(capsys):
    report([Result("card", ok=True, seconds=0.5), Result("phone", ok=False, seconds=1.0, detail="why")], as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["ok", "card", "0.50", "s"]
    assert lines[1].split() == ["FAILED", "phone", "1.00", "s", "why"]
    assert lines[2] == "1 of 2 held, 1.5 s"


def test_a_table_for_a_terminal_says_the_same(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")

    report([Result("phone", ok=False, seconds=1.0, detail="why [not]")], as_json=False)

    told = capsys.readouterr().out
    assert "FAILED" in told
    assert "why [not]" in told
    assert "0 of 1 held" in told


def test_data_for_a_program_is_a_list_of_rows(capsys):
    report([Result("card → SAML", ok=True, seconds=0.5)], as_json=True)

    assert json.loads(capsys.readouterr().out) == [{"flow": "card → SAML", "ok": True, "seconds": 0.5, "detail": ""}]
