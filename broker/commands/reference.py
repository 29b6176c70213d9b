"""`tillit reference`: the pages of the documentation that are made from the program, so that they cannot differ from it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click

from broker.cli import COMMANDS, HIDDEN
from broker.commands.errors import MEANINGS
from broker.federation.reference import key_table
from broker.federation.reference import page as federation_file
from broker.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def reference(folder: Path) -> None:
    """Write the reference pages to FOLDER."""
    for name, made in PAGES.items():
        (folder / name).write_text(made(), encoding="utf-8")


def settings_page() -> str:
    """`docs/settings.md`."""
    return "\n".join(_settings()) + "\n"


def _settings() -> Iterator[str]:
    yield from (
        "# Settings",
        "",
        "Each setting is a variable of the environment, or a key of the TOML file that `TILLIT_CONFIG` names; variables win.",
        "In the file a setting has its name in lower case and without `TILLIT_`, only `TILLIT_ENV` is written whole. This page",
        "is made from the settings themselves (`tillit reference`).",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    )
    for line in list(key_table(Settings.model_fields))[2:]:
        name, rest = line.removeprefix("| `").split("`", 1)
        variable = name if name.startswith("TILLIT_") else f"TILLIT_{name.upper()}"
        yield f"| `{variable}`{rest}"


def command_page() -> str:
    """`docs/command-line.md`."""
    return "\n".join(_commands()) + "\n"


def _commands() -> Iterator[str]:
    yield from (
        "# The command line",
        "",
        "`tillit COMMAND --help` says what each command takes. Results go to standard output, everything else to standard error.",
        "With `--json` the result is one JSON value. Without a terminal no control characters are written. This page is made",
        "from the program (`tillit reference`).",
        "",
        "| command | what it does |",
        "|---|---|",
    )
    yield from (f"| `tillit {name}` | {text} |" for name, (_, text) in COMMANDS.items() if name not in HIDDEN)
    yield from ("", "## Exit codes", "", "| code | meaning |", "|---|---|")
    yield from (f"| {code.value} | {text} |" for code, text in MEANINGS.items())


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "federation-file.md": federation_file,
    "command-line.md": command_page,
}
