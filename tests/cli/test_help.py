"""What anybody sees first: help, at once, in one screen; and the reference pages, which cannot differ from the program."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from broker.cli import cli
from broker.commands import COMMANDS, HIDDEN
from broker.commands.errors import MEANINGS, Exit
from broker.commands.reference import PAGES

DOCS = Path(__file__).parents[2] / "docs"
SCREEN = 40
HEAVY = (
    "sqlalchemy",
    "pydantic",
    "cryptography",
    "lxml",
    "flask",
    "rich",
    "granian",
    "yaml",
    "saml2",
    "broker.commands.",
)


def imported_by(*arguments: str) -> list[str]:
    """Modules that are there when the command has answered."""
    code = (
        "import sys\nfrom broker.cli import cli\n"
        f"cli({list(arguments)!r}, standalone_mode=False)\n"
        "print('\\n' + ' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stderr.splitlines()[-1].split()


def test_help_imports_nothing_heavy():
    assert [name for name in imported_by("--help") if name.startswith(HEAVY)] == []


def test_help_of_one_command_imports_no_other_command():
    commands = {name for name in imported_by("demo", "--help") if name.startswith("broker.commands.")}
    assert commands == {"broker.commands.demo"}


def leaves(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += leaves(command, (*before, name)) if isinstance(command, click.Group) else []
        found.append((*before, name))
    return found


@pytest.mark.parametrize("command", [(), *leaves(cli)], ids=" ".join)
def test_every_command_has_help_in_one_screen(command):
    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) <= SCREEN
    assert all(line.isprintable() for line in result.stdout.splitlines())
    assert result.stdout.startswith("Usage: ")


def test_help_names_every_command_that_is_meant_for_people():
    listed = CliRunner().invoke(cli, ["--help"]).stdout
    assert all(f"  {name} " in listed for name in COMMANDS.keys() - HIDDEN)
    assert not any(f"  {name} " in listed for name in HIDDEN)


def test_help_tells_every_exit_code():
    listed = CliRunner().invoke(cli, ["--help"]).stdout
    assert MEANINGS.keys() == set(Exit)
    assert all(f"{code.value} " in listed for code in Exit)


def test_a_command_that_is_not_there_is_wrong_usage():
    result = CliRunner().invoke(cli, ["fly"])
    assert (result.exit_code, "No such command 'fly'" in result.stderr) == (2, True)


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(cli, ["--version"]).stdout.startswith("tillit, version ")


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_page_is_current(name, tmp_path):
    CliRunner().invoke(cli, ["reference", str(tmp_path)])
    assert (DOCS / name).read_text() == (tmp_path / name).read_text(), "run: tillit reference docs"
