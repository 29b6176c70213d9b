"""The one table of the portal and the console: which page stands where, which right it needs, whom it is about.

A page is a row. A route without a row does not exist; `docs/routes.md` and the tests of foreign objects and forged forms are
made from here. In the navigation the rows of a tab come in this order.
"""

from broker.web.console import (
    applying,
    colleagues,
    configuration,
    entry,
    keys,
    logins,
    member,
    methods,
    proposals,
    register,
    registering,
    start,
    testing,
)
from broker.web.console.row import Row
from trust_framework.roles import Action

CONSOLE: tuple[Row, ...] = (
    # --- the door
    Row("/portal", entry.portal, Action.ENTER),
    Row("/portal/fortsatt", entry.held, Action.ENTER),
    Row("/admin/fortsatt", entry.held, Action.ENTER),
    Row("/portal/inbjudan", colleagues.offered, Action.ENTER),
    Row("/portal/inbjudan", colleagues.taken, Action.ENTER, "POST"),
    Row("/portal/ansok", applying.form, Action.ENTER),
    Row("/portal/ansok", applying.sent, Action.ENTER, "POST"),
    Row("/portal/ansok/<application>", applying.shown, Action.ENTER),
    # --- a member's portal
    Row("/portal/<org>", start.portal, Action.VIEW, tab="start"),
    Row("/portal/<org>/prova", testing.services, Action.VIEW, tab="testing"),
    Row("/portal/<org>/prova/<service>", testing.service, Action.VIEW, tab="testing"),
    Row("/portal/<org>/prova/<service>", testing.service, Action.EDIT, "POST", tab="testing"),
    Row("/portal/<org>/prova/<service>/<reference>", testing.run, Action.VIEW, tab="testing"),
    Row("/portal/<org>/registrera", registering.asked, Action.EDIT, tab="registering"),
    Row("/portal/<org>/registrera", registering.made, Action.EDIT, "POST", tab="registering"),
    Row("/portal/<org>/tjanster/<service>", register.service, Action.VIEW, tab="start"),
    Row("/portal/<org>/tjanster/<service>/version/<int:version>", register.service_version, Action.VIEW, tab="start"),
    Row("/portal/<org>/nycklar", keys.of_member, Action.VIEW, tab="keys"),
    Row("/portal/<org>/nycklar/kalender", keys.kalender, Action.VIEW, tab="keys"),
    Row("/portal/<org>/personer", colleagues.people, Action.VIEW, tab="people"),
    Row("/portal/<org>/personer", colleagues.invite, Action.GRANT_ROLES, "POST", step_up=True, tab="people"),
    Row("/portal/<org>/personer/<person>/<role>", colleagues.ask_end, Action.GRANT_ROLES, tab="people"),
    Row(
        "/portal/<org>/personer/<person>/<role>", colleagues.end, Action.GRANT_ROLES, "POST", step_up=True, tab="people"
    ),
    Row("/portal/<org>/medlem", member.own, Action.VIEW, tab="member"),
    Row("/portal/<org>/medlem/kontakter", member.contacts, Action.EDIT, tab="member"),
    Row("/portal/<org>/medlem/kontakter", member.contacts_kept, Action.EDIT, "POST", tab="member"),
    Row("/portal/<org>/medlem/tillit", member.trust, Action.EDIT, tab="member"),
    Row("/portal/<org>/medlem/tillit", member.trust_proposed, Action.EDIT, "POST", step_up=True, tab="member"),
    Row("/portal/<org>/forslag", proposals.listed, Action.VIEW, tab="proposals"),
    Row("/portal/<org>/forslag/<proposal>", proposals.shown, Action.VIEW, tab="proposals"),
    Row("/portal/<org>/forslag/<proposal>", proposals.decided, Action.EDIT, "POST", step_up=True, tab="proposals"),
    Row("/portal/<org>/inloggningar", logins.services, Action.VIEW_LOGINS, tab="logins"),
    Row("/portal/<org>/inloggningar/<service>", logins.logins, Action.VIEW_LOGINS, tab="logins"),
    Row("/portal/<org>/inloggningar/<service>/<reference>", logins.login, Action.VIEW_LOGINS, tab="logins"),
    # --- the operator's console
    Row("/admin", start.dashboard, Action.VIEW_FEDERATION, tab="start"),
    Row("/admin/medlemmar/<member>", member.card, Action.VIEW_FEDERATION, tab="register"),
    Row("/admin/forslag", proposals.listed, Action.VIEW_FEDERATION, tab="proposals"),
    Row("/admin/forslag/<proposal>", proposals.shown, Action.VIEW_FEDERATION, tab="proposals"),
    Row("/admin/forslag/<proposal>", proposals.decided, Action.APPROVE, "POST", step_up=True, tab="proposals"),
    Row("/admin/register", register.start, Action.VIEW_FEDERATION, tab="register"),
    Row("/admin/register/<kind>", register.entries, Action.VIEW_FEDERATION, tab="register"),
    Row("/admin/register/<kind>/<id>", register.entry, Action.VIEW_FEDERATION, tab="register"),
    Row(
        "/admin/register/<kind>/<id>/version/<int:version>",
        register.entry_version,
        Action.VIEW_FEDERATION,
        tab="register",
    ),
    Row("/admin/personer", colleagues.people, Action.VIEW_FEDERATION, tab="people"),
    Row("/admin/personer", colleagues.invite, Action.GRANT_ROLES, "POST", step_up=True, tab="people"),
    Row("/admin/personer/<person>/<role>", colleagues.ask_end, Action.GRANT_ROLES, tab="people"),
    Row("/admin/personer/<person>/<role>", colleagues.end, Action.GRANT_ROLES, "POST", step_up=True, tab="people"),
    Row("/admin/register/<kind>/<id>/stopp", proposals.stop, Action.SUSPEND, tab="register"),
    Row("/admin/register/<kind>/<id>/stopp", proposals.stopped, Action.SUSPEND, "POST", step_up=True, tab="register"),
    Row("/admin/forklara", logins.search, Action.SIMULATE, tab="explain"),
    Row("/admin/forklara", logins.suppose, Action.SIMULATE, "POST", tab="explain"),
    Row("/admin/installningar", configuration.shown, Action.VIEW_CONFIGURATION, tab="configuration"),
    Row("/admin/installningar/export", configuration.export, Action.EXPORT, step_up=True, tab="configuration"),
    Row("/admin/nycklar", keys.own, Action.MANAGE_KEYS, tab="keys"),
    Row("/admin/nycklar", keys.changed, Action.MANAGE_KEYS, "POST", step_up=True, tab="keys"),
    Row("/admin/inloggningssatt", methods.methods, Action.VIEW_FEDERATION, tab="methods"),
    Row("/admin/inloggningssatt/<provider>", methods.method, Action.VIEW_FEDERATION, tab="methods"),
    Row("/admin/inloggningssatt/<provider>", methods.method, Action.SIMULATE, "POST", tab="methods"),
    Row("/admin/inloggningssatt/<provider>/stoppa", methods.stop, Action.SUSPEND, tab="methods"),
    Row("/admin/inloggningssatt/<provider>/stoppa", methods.stop, Action.SUSPEND, "POST", step_up=True, tab="methods"),
)
