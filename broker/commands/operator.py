"""`tillit operator`: a link by which somebody becomes operator of the federation; for the first one, and in need."""

import click

from broker.commands.console import as_json, show
from broker.commands.installation import read_settings

GOOD_FOR = 15 * 60


@click.command()
@as_json
def operator(*, json_: bool) -> None:
    """Print a link that makes whoever opens it, and logs in, an operator of the federation. Good for 15 minutes, once."""
    from broker.audit.events import RoleOffered
    from broker.federation.alarms import OPERATOR_LINK, raised
    from broker.login.effects import Effects, KeepOnce
    from broker.storage.opening import open_storage
    from broker.web.console.colleagues import BY_COMMAND, invitation, link_of
    from trust_framework.roles import FEDERATION, Role

    settings = read_settings()
    storage = open_storage(settings)
    try:
        now = storage.clock()
        once = invitation(FEDERATION, Role.OPERATOR, BY_COMMAND, now + GOOD_FOR)
        event = RoleOffered(at=now, org=FEDERATION, role=Role.OPERATOR.value, by=BY_COMMAND)
        alarm = raised(OPERATOR_LINK, f"{settings.base_url}/admin/personer", settings, now)
        storage.commit(Effects((KeepOnce(once),), (event,)) + alarm)
    finally:
        storage.close()
    link = link_of(settings.base_url, once)
    show({"link": link, "expires_at": once.expires_at}, [link, "good for 15 minutes, once"], json_=json_)
