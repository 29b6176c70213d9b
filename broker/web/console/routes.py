"""The one table of the portal and the console: which page stands where, which right it needs, whom it is about.

A page is a row. A route without a row does not exist; `docs/routes.md` and the tests of foreign objects and forged forms are
made from here. In the navigation the rows of a tab come in this order.
"""

from broker.web.console import entry, start, testing
from broker.web.console.row import Row
from trust_framework.roles import Action

CONSOLE: tuple[Row, ...] = (
    # --- the door
    Row("/portal", entry.portal, Action.ENTER),
    Row("/portal/fortsatt", entry.held, Action.ENTER),
    Row("/admin/fortsatt", entry.held, Action.ENTER),
    # --- a member's portal
    Row("/portal/<org>", start.portal, Action.VIEW, tab="start"),
    Row("/portal/<org>/prova", testing.services, Action.VIEW, tab="testing"),
    Row("/portal/<org>/prova/<service>", testing.service, Action.VIEW, tab="testing"),
    Row("/portal/<org>/prova/<service>", testing.service, Action.EDIT, "POST", tab="testing"),
    Row("/portal/<org>/prova/<service>/<reference>", testing.run, Action.VIEW, tab="testing"),
    # --- the operator's console
    Row("/admin", start.dashboard, Action.VIEW_FEDERATION, tab="start"),
)
