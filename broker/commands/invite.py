"""`tillit invite`: a member's client may register itself, once."""

import click

from broker.commands.console import as_json, day_and_time, show
from broker.commands.installation import now, opened, read_settings
from broker.federation.registering import Terms, invite, levels_of
from trust_framework.attributes import CATALOGUE

HOUR = 3600


@click.command("invite")
@click.argument("org")
@click.option(
    "--level", "levels", multiple=True, required=True, help="Level URI that its service may ask for; repeatable."
)
@click.option("--attribute", "attributes", multiple=True, help="Catalogue name that it may get; repeatable.")
@click.option("--hours", default=24, type=click.IntRange(1, 24 * 30), help="How long it may be used.")
@as_json
def invite_(org: str, levels: tuple[str, ...], attributes: tuple[str, ...], hours: int, *, json_: bool) -> None:
    """Make an initial access token (RFC 7591) for a client of the member ORG. Its service stands in test until it is approved.

    The token is shown once and kept hashed.
    """
    try:
        terms = Terms(org, levels_of(levels), attributes)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if unknown := sorted(set(attributes) - CATALOGUE.keys()):
        raise click.BadParameter(f"{unknown[0]} is not in the attribute catalogue")
    until = now() + hours * HOUR
    with opened(read_settings()) as storage:
        if storage.register_entry("member", org) is None:
            raise click.BadParameter(f"no member has the organisation number {org}")
        token, effects = invite(terms, now(), until)
        storage.commit(effects)
    told = {"member": org, "initial_access_token": token, "until": day_and_time(until)}
    show(told, (f"{name}: {value}" for name, value in told.items()), json_=json_)
