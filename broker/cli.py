"""The command line: which commands there are. Imports click and nothing else before it knows which one is meant.

What a command does is in `broker.commands`, one file each; what its exit codes mean, and how errors are told, in
`broker.commands.errors`.
"""

from importlib import import_module
from typing import Final

import click

from broker.commands import COMMANDS, HIDDEN

EPILOG: Final = """\b
Exit codes: 0 done; 1 something was found that is not as it should be;
2 wrong usage; 3 the file is refused; 4 the installation is not ready
(settings, keys, database); 5 too early; 70 an error of tillit itself.

Settings are read from TILLIT_* and from the TOML file that TILLIT_CONFIG names.
"""


class Commands(click.Group):
    """The commands by name, imported when one of them is meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's interface
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(f"broker.commands.{module}"), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items() if name not in HIDDEN])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of ours becomes its sentence and its exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            raise  # whoever read our output has seen enough; click ends quietly
        except Exception as error:  # noqa: BLE001  # the one place that tells errors
            from broker.commands.errors import tell

            ctx.exit(tell(error))


@click.command(
    cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="tillit", prog_name="tillit")
def cli() -> None:
    """tillit: federated identity and single sign-on."""


def main() -> None:
    """The `tillit` program."""
    cli(prog_name="tillit")


if __name__ == "__main__":
    main()
