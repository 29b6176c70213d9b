"""The commands, one file each. This table is all that is read before it is known which one is meant."""

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("demo:demo", "The whole federation on this machine, to click in or to check."),
    "init": ("init:init", "Make the data folder, the keys and the database."),
    "plan": ("apply:plan", "Tell what a federation file would change."),
    "apply": ("apply:apply", "Make a federation file the register."),
    "serve": ("serve:serve", "Run the broker."),
    "doctor": ("doctor:doctor", "Look for what is wrong, and say what mends it."),
    "invite": ("invite:invite_", "Let a member's client register itself, once."),
    "operator": ("operator:operator", "Print a link that makes somebody the federation's operator."),
    "key": ("keys:key", "List and rotate the keys that sign."),
    "log": ("log:log", "Verify, export, archive and thin out the log."),
    "person": ("person:person", "Erase a person, as was decided."),
    "metadata": ("metadata:metadata", "Check metadata before it is applied."),
    "backup": ("backup:backup", "Write everything to one file, while the broker runs."),
    "restore": ("backup:restore", "Put a backup in place, and verify it."),
    "migrate": ("migrate:migrate", "Bring the database to this release's schema."),
    "reference": ("reference:reference", "Write the reference pages of the documentation."),
}
"""Name → function in `broker.commands`, and its sentence in `--help`."""

HIDDEN: Final = frozenset({"reference"})
