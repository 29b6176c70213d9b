"""Results for people, for terminals and for programs."""

import json

import pytest
from click.testing import CliRunner

from broker.cli import cli
from broker.commands import console

ROWS = [{"check": "keys", "found": "6 active"}, {"check": "a\x1b[31m", "found": "b\u202ec"}]


def test_lines_stand_under_their_columns_and_hold_nothing_that_a_terminal_obeys(capsys):
    console.table(ROWS, ("check", "found"), json_=False)
    assert capsys.readouterr().out == "check   found\nkeys    6 active\na?[31m  b?c\n"


def test_on_a_terminal_they_stand_in_a_table(capsys, monkeypatch):
    monkeypatch.setattr(console.sys.stdout, "isatty", lambda: True, raising=False)
    console.table(ROWS, ("check", "found"), json_=False)
    shown = capsys.readouterr().out
    assert "6 active" in shown
    assert "\u202e" not in shown
    assert "[31m" in shown.replace("\x1b[31m", "")


def test_a_program_gets_the_rows(capsys):
    console.table(ROWS, ("check", "found"), json_=True)
    assert json.loads(capsys.readouterr().out) == ROWS


@pytest.mark.parametrize("arguments", [("demo", "--json"), ("demo", "--port", "80"), ("key", "rotate", "--soon")])
def test_what_help_does_not_describe_is_wrong_usage(arguments):
    assert CliRunner().invoke(cli, list(arguments)).exit_code == 2
