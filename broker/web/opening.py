"""Opening a pending login from its address: only the browser that began it may, and a lost person gets a way back."""

import hmac

from broker.login.effects import AlreadyUsed
from broker.login.request import Transaction
from broker.web import links
from broker.web.turn import Turn
from trust_framework.reasons import REASONS, Refusal

LONGEST_LOGIN = 24 * 3600
AT_ONCE = 60  # a browser that follows a redirect later than this is another browser, not one that keeps no cookies


def opened(id: str, turn: Turn) -> Transaction:
    """The login at this address, in the browser it belongs to. Raises Refusal, which names the service if it can."""
    tx = pending(id, turn)
    _check_browser(tx, turn)
    return tx


def pending(id: str, turn: Turn) -> Transaction:
    """The login at this address, whoever asks. Raises Refusal."""
    came_from = links.origin(turn.parameters().get("s"), turn.on.services.keys())
    about = {"service_id": came_from.service} if came_from else {}
    try:
        tx = turn.on.services.store.login(id)
    except AlreadyUsed as error:
        raise Refusal(REASONS["login-used"], "", about) from error
    if tx is None or tx.expires_at <= turn.now:
        recent = came_from is not None and turn.now - came_from.began_at < LONGEST_LOGIN
        raise Refusal(REASONS["login-expired" if recent or tx else "bookmarked"], "", about)
    if tx.request.service not in turn.on.services.federation().parties:
        raise Refusal(REASONS["not-member"], "the service has left the register")
    return tx


def _check_browser(tx: Transaction, turn: Turn) -> None:
    """The browser's secret, and after identification the sign-on that this login gave (no planted secret will do)."""
    about = {"service_id": tx.request.service}
    if turn.held.fresh:
        given = links.GIVEN_COOKIE in turn.parameters() and turn.now - tx.started_at < AT_ONCE
        raise Refusal(REASONS["cookies-off" if given else "other-browser"], "no cookie", about)
    visit = turn.visit()
    if not hmac.compare_digest(tx.browser, visit.browser):
        raise Refusal(REASONS["other-browser"], "another browser", about)
    if tx.sign_on is None:
        return
    sign_on = turn.on.services.store.sign_on(visit.sign_on_id) if visit.sign_on_id else None
    if sign_on is None or sign_on.root != tx.sign_on:
        raise Refusal(REASONS["other-browser"], "without the sign-on of this login", about)
