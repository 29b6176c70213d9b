"""The front of the broker's own pages: it answers a login by bringing the browser back to the page that was asked for.

What the pages want of a login, and when a sign-on suffices, is `broker.login.own`.
"""

from broker.audit.events import PagesOpened
from broker.login import record
from broker.login.effects import Effects
from broker.login.ports import Services
from broker.login.steps import Answer, Delivery, Issue, Tell
from metadata.register import own_address


class OwnFront:
    """See `broker.protocols.front.Front`."""

    def issue(self, issue: Issue, now: int, on: Services) -> Answer:
        """Back to the page; what it shows is decided there."""
        address = own_address(on.federation().register.services[issue.request.service], issue.request.return_url)
        event = PagesOpened(**record.of_issue(issue, now, on.federation()))
        return Answer(Delivery(address, address.url), Effects(events=(event,)))

    def tell(self, tell: Tell, now: int, on: Services) -> Answer:  # noqa: ARG002  # the shape of Front
        """To the start page: the page that was asked for would only ask for a login again."""
        address = own_address(on.federation().register.services[tell.request.service], f"{on.settings.base_url}/")
        return Answer(Delivery(address, address.url))
