"""`tillit reference`: the pages of the documentation that are made from the program, so that they cannot differ from it."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import click

from broker.audit.kinds import kinds
from broker.commands import COMMANDS, HIDDEN
from broker.commands.errors import MEANINGS
from broker.federation.reference import key_table
from broker.federation.reference import page as federation_file
from broker.settings import Settings
from trust_framework.access_facts import Eyes, FactField, Reach
from trust_framework.attribute import SAML_NAMES
from trust_framework.attributes import CATALOGUE
from trust_framework.care_access import SEVERITY, RuleSet
from trust_framework.rules import SETS


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


def endpoint_page() -> str:
    """`docs/endpoints.md`."""
    return "\n".join(_endpoints()) + "\n"


def _endpoints() -> Iterator[str]:
    from broker.web.console.routes import CONSOLE
    from broker.web.flask_app import PAGES as SHOWN
    from broker.web.front import ROUTES

    yield from (
        "# Endpoints",
        "",
        "Every address that a broker answers at. `limit` is the longest body in bytes. This page is made from the routing",
        "tables (`tillit reference`). `/metrics` is on the management listener only, `/card/…` on the card listener.",
        "",
        "| address | methods | limit | what |",
        "|---|---|---|---|",
    )
    for path, route in ROUTES.items():
        if not path.startswith("/static/"):
            address = f"{path}…" if path.endswith("/") else path
            yield f"| `{address}` | {', '.join(route.methods)} | {route.limit or '–'} | {_first(route.view)} |"
    for rule, view, methods in SHOWN:
        yield f"| `{rule}` | {', '.join(methods)} | {'–' if methods == ('GET',) else 65536} | {_first(view)} |"
    for row in CONSOLE:
        yield f"| `{row.rule}` | {row.method} | {row.limit or '–'} | {_first(row.view)} |"
    yield from _of_the_test_issuer()
    yield from _of_the_contracts()


def _of_the_contracts() -> Iterator[str]:
    """What answers on the listener of mutual TLS."""
    from broker.protocols.rivta.contracts import OPERATIONS
    from broker.web.rivta_listener import MOST_BODY

    yield from (
        "",
        "## The RIV-TA contracts",
        "",
        "On the listener of `TILLIT_RIVTA_URL`, over mutual TLS, by POST; `?wsdl` gives the WSDL of each. See rivta.md.",
        "",
        "| address | SOAPAction | limit | what |",
        "|---|---|---|---|",
    )
    for each in OPERATIONS:
        yield f"| `{each.path}` | `{each.soap_action}` | {MOST_BODY} | {each.about} |"


def _of_the_test_issuer() -> Iterator[str]:
    """What answers beneath `/test`, and there otherwise than here."""
    from broker.web import flask_app, front
    from broker.web.testing.routes import PAGES as SHOWN
    from broker.web.testing.routes import ROUTES

    known = [path for path in ROUTES if not path.startswith("/static/")]
    yield from ("", "## The test issuer", "", "Beneath `/test`, for services in test alone (`test-logins.md`):", "")
    yield ", ".join(f"`{path}`" for path in dict.fromkeys((*known, *(rule for rule, _, _ in SHOWN)))) + "."
    yield from ("", "Otherwise than above:", "", "| address | methods | limit | what |", "|---|---|---|---|")
    for path in known:
        if ROUTES[path] is not front.ROUTES[path]:
            route = ROUTES[path]
            yield f"| `{path}` | {', '.join(route.methods)} | {route.limit or '–'} | {_first(route.view)} |"
    for rule, view, methods in SHOWN:
        if (rule, view, methods) not in flask_app.PAGES:
            yield f"| `{rule}` | {', '.join(methods)} | {'–' if methods == ('GET',) else 65536} | {_first(view)} |"


def route_page() -> str:
    """`docs/routes.md`."""
    return "\n".join(_routes()) + "\n"


def _routes() -> Iterator[str]:
    from broker.web.console.routes import CONSOLE
    from trust_framework.roles import IN_FEDERATION, IN_MEMBER, Action

    yield from (
        "# The portal and the console: roles and routes",
        "",
        "Who may open which page, from the table of routes and the table of roles (`tillit reference`). A role in an",
        "organisation reaches that organisation's pages and no other; one in the federation reaches the console, and members'",
        "pages as far as its actions go. `5 min`: the person must have identified within five minutes.",
        "",
        "| route | what | about | action | step-up | roles in the organisation | roles in the federation |",
        "|---|---|---|---|---|---|---|",
    )
    for row in CONSOLE:
        everybody = row.action is Action.ENTER
        in_member = [role for role, actions in IN_MEMBER.items() if row.of_member and row.action in actions]
        in_federation = [role for role, actions in IN_FEDERATION.items() if row.action in actions]
        who = (
            ("everybody", "everybody") if everybody else (", ".join(in_member) or "–", ", ".join(in_federation) or "–")
        )
        step_up = "5 min" if row.step_up else "–"
        what = _first(row.view)
        yield f"| {row.method} `{row.rule}` | {what} | {row.scope} | {row.action} | {step_up} | {who[0]} | {who[1]} |"


def _first(thing: object) -> str:
    """The first paragraph of a docstring, in one line, without the address that it may begin with."""
    text = " ".join((getattr(thing, "__doc__", "") or "").split("\n\n")[0].split()).replace("|", "or")
    if text.startswith("`/") and ": " in text:
        text = text.split(": ", 1)[1]
    return text[:1].upper() + text[1:]


def event_page() -> str:
    """`docs/audit-events.md`."""
    return "\n".join(_events()) + "\n"


def _events() -> Iterator[str]:
    yield from (
        "# Audit events",
        "",
        "Every event of the log. Each also has `at` (epoch seconds), `reference` (ties page, log and support call together) and",
        "a random `salt`; fields that are empty are left out. `person` is the register's random id; details are named, never",
        "given. This page is made from the events (`tillit reference`).",
    )
    for event in sorted(kinds().values(), key=lambda e: e.name):
        names = [f.name for f in fields(event) if f.name not in {"at", "reference"}]
        yield from ("", f"## `{event.name}`", "", " ".join((event.__doc__ or "").split()), "")
        yield f"Kept as `{event.retention}`. Fields: {', '.join(f'`{name}`' for name in names)}."


def attribute_page() -> str:
    """`docs/attributes.md`."""
    return "\n".join(_attributes()) + "\n"


def _attributes() -> Iterator[str]:
    yield from (
        "# Attributes",
        "",
        "The catalogue: one attribute inside, many names outside. A service is registered for catalogue names, and is answered",
        "under the name it asked with, else the first. This page is made from the catalogue (`tillit reference`).",
        "",
        "| attribute | what | from | SAML | claim | several |",
        "|---|---|---|---|---|---|",
    )
    for row in CATALOGUE.values():
        saml = ", ".join(f"`{row.names[family]}`" for family in SAML_NAMES if family in row.names) or "–"
        several = "yes" if row.multi_valued else "no"
        yield f"| `{row.name}` | {row.en} ({row.sv}) | {row.source} | {saml} | `{row.claim()}` | {several} |"


def access_rule_page() -> str:
    """`docs/access-rules.md`."""
    return "\n".join(_access_rules()) + "\n"


def _access_rules() -> Iterator[str]:
    yield from (
        "# Access rules of care",
        "",
        "Whether somebody may see something recorded of a patient is decided by the rule set of their care provider (`rules` of",
        "`care_providers` in the federation file). Every rule looks at every resource. What closes beats what permits; where",
        "several rules close, the answer is the last of these:",
        f"{', '.join(f'`{access}`' for access in SEVERITY if access != 'permitted')}.",
        "What nothing permits is `refused` with the code `not-permitted`. A remark (–) neither opens nor closes. Each ground of",
        "an answer names rule, code, source and what it was about. Sources whose section nobody has verified say so; have a",
        "lawyer confirm all of them. This page is made from the rules (`tillit reference`).",
        "",
        "Some rule sets read facts beside blocks, consents, relations and emergency access. Record systems enter them",
        "([docs/care.md](care.md)); the kinds stand beneath the rules of their set, with the fields that each says (`?`: may be",
        "left out). One that begins, or ends, `by a second person` is confirmed by another employee than the one who entered it,",
        "and by none whom it names. It counts for who asks `inside` the provider that entered it, or `everywhere` under the",
        "rules; `an authority's everywhere`: inside, and where the provider is the rules' authority (`authority` of",
        "`care_providers`), everywhere.",
    )
    for rules in SETS.values():
        yield from ("", f"## `{rules.id}`: {rules.names['en']}", "")
        yield from ("| rule | answer | holds | code | source |", "|---|---|---|---|---|")
        for row in rules.rules:
            answer = "hidden" if row.hides else f"`{row.access}`" if row.access else "–"
            yield f"| `{row.id}` | {answer} | {_first(row.predicate)} | `{row.code}` | {row.source} |"
        if rules.kinds:
            yield from _fact_kinds(rules)


def _fact_kinds(rules: RuleSet[Any]) -> Iterator[str]:
    yield from ("", f"### Facts that `{rules.id}` reads", "")
    yield from ("| kind | what it is | `says` | about | begins | ends | source |", "|---|---|---|---|---|---|---|")
    for kind in rules.kinds:
        about = f"{'a patient' if kind.of_patient else 'the provider'}, {_REACH[kind.reach]}"
        lasts = "" if kind.lasts is None else f", after {kind.lasts // 3600} h"
        says = ", ".join(map(_fact_field, kind.fields))
        begins, ends = _EYES[kind.begun], f"{_EYES[kind.ended]}{lasts}"
        yield f"| `{kind.id}` | {kind.about} | {says} | {about} | {begins} | {ends} | {kind.source} |"


_REACH: Final = {Reach.INSIDE: "inside", Reach.AUTHORITY: "an authority's everywhere", Reach.ALL: "everywhere"}
_EYES: Final = {Eyes.ONE: "at once", Eyes.TWO: "by a second person", Eyes.CODE: "by the patient's code"}


def _fact_field(field: FactField) -> str:
    choices = f" ({', '.join(sorted(field.choices))})" if field.choices else ""
    return f"`{field.name}`: {field.type}{choices}{'' if field.needed else '?'}"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "federation-file.md": federation_file,
    "command-line.md": command_page,
    "endpoints.md": endpoint_page,
    "routes.md": route_page,
    "audit-events.md": event_page,
    "attributes.md": attribute_page,
    "access-rules.md": access_rule_page,
}
