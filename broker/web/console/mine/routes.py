"""The rows of My page. What care holds asks for level 3; each page of care stands once for oneself and once for another."""

from collections.abc import Iterator
from typing import Final

from broker.web.console.mine import access, blocks, consents, data, giving, logins, powers, questions, start, used
from broker.web.console.mine.turn import CARE_RANK
from broker.web.console.row import MINE, Row, View
from trust_framework.roles import Action

Page = tuple[str, View, str, str]
"""Beneath the person, the view, the method, the tab."""

OF_CARE: Final[tuple[Page, ...]] = (
    ("/samtycken/vard", consents.of_care, "GET", consents.TAB),
    ("/samtycken/vard/<consent>", consents.ask_end, "GET", consents.TAB),
    ("/samtycken/vard/<consent>", consents.end, "POST", consents.TAB),
    ("/sparrar", blocks.listed, "GET", blocks.TAB),
    ("/sparrar/ny", blocks.new, "GET", blocks.TAB),
    ("/sparrar/ny", blocks.weighed, "POST", blocks.TAB),
    ("/sparrar/hav/<block>", blocks.ask_lift, "GET", blocks.TAB),
    ("/sparrar/hav/<block>", blocks.lift, "POST", blocks.TAB),
    ("/sparrar/begaran/<request>", blocks.take_back, "POST", blocks.TAB),
    ("/atkomst", access.read, "GET", access.TAB),
    ("/atkomst/<entry>", questions.shown, "GET", access.TAB),
    ("/atkomst/<entry>/fraga", questions.ask, "POST", access.TAB),
)


def _of_care() -> Iterator[Row]:
    for part, view, method, tab in OF_CARE:
        yield Row(f"{MINE}{part}", view, Action.ENTER, method, tab=tab, rank=CARE_RANK)
    yield Row(f"{MINE}/for/<about>", start.overview, Action.ENTER, tab=start.TAB, rank=CARE_RANK)
    for part, view, method, tab in OF_CARE:
        yield Row(f"{MINE}/for/<about>{part}", view, Action.ENTER, method, tab=tab, rank=CARE_RANK)


ROWS: Final[tuple[Row, ...]] = (
    Row(MINE, start.overview, Action.ENTER, tab=start.TAB),
    Row(f"{MINE}/vem", start.whom, Action.ENTER, tab=start.TAB),
    Row(f"{MINE}/inloggningar", logins.listed, Action.ENTER, tab=logins.TAB),
    Row(f"{MINE}/inloggningar/<reference>", logins.login, Action.ENTER, tab=logins.TAB),
    Row(f"{MINE}/inloggningar/<reference>/inte-jag", logins.ask_disown, Action.ENTER, tab=logins.TAB),
    Row(f"{MINE}/inloggningar/<reference>/inte-jag", logins.disown, Action.ENTER, "POST", tab=logins.TAB),
    Row(f"{MINE}/logga-ut", logins.ask_end, Action.ENTER, tab=logins.TAB),
    Row(f"{MINE}/logga-ut", logins.end, Action.ENTER, "POST", tab=logins.TAB),
    Row(f"{MINE}/samtycken", consents.listed, Action.ENTER, tab=consents.TAB),
    Row(f"{MINE}/samtycken/tjanst/<service>", consents.ask_withdraw, Action.ENTER, tab=consents.TAB),
    Row(f"{MINE}/samtycken/tjanst/<service>", consents.withdraw, Action.ENTER, "POST", tab=consents.TAB),
    Row(f"{MINE}/ombud", powers.listed, Action.ENTER, tab=powers.TAB),
    Row(f"{MINE}/ombud/ny", giving.new, Action.ENTER, tab=powers.TAB, step_up=True, rank=CARE_RANK),
    Row(f"{MINE}/ombud/ny", giving.weighed, Action.ENTER, "POST", tab=powers.TAB, step_up=True, rank=CARE_RANK),
    Row(f"{MINE}/ombud/<representation>", powers.ask_revoke, Action.ENTER, tab=powers.TAB),
    Row(f"{MINE}/ombud/<representation>", powers.revoke, Action.ENTER, "POST", tab=powers.TAB),
    Row(f"{MINE}/ombud/<representation>/inloggningar", used.listed, Action.ENTER, tab=powers.TAB),
    Row(f"{MINE}/ombud/<representation>/avboj", powers.ask_decline, Action.ENTER, tab=powers.TAB),
    Row(f"{MINE}/ombud/<representation>/avboj", powers.decline, Action.ENTER, "POST", tab=powers.TAB),
    Row(f"{MINE}/installningar", data.settings, Action.ENTER, tab=data.TAB),
    Row(f"{MINE}/mina-uppgifter", data.shown, Action.ENTER, tab=data.TAB, step_up=True, rank=CARE_RANK),
    Row(f"{MINE}/mina-uppgifter.json", data.as_json, Action.ENTER, tab=data.TAB, step_up=True, rank=CARE_RANK),
    Row(f"{MINE}/kontroll.py", questions.script, Action.ENTER, tab=access.TAB),
    *_of_care(),
)
