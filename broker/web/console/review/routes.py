"""The rows of `/granskning`, and of the portal's side of corrections."""

from broker.web.console import entry
from broker.web.console.review import (
    acknowledging,
    breaches,
    cases,
    corrections,
    readings,
    requests,
    reviews,
    search,
    start,
)
from broker.web.console.row import Row
from trust_framework.roles import Action

_R, _AT = Action.REVIEW_LOG, "/granskning/<org>"

ROWS: tuple[Row, ...] = (
    Row("/granskning", start.door, Action.ENTER),
    Row("/granskning/fortsatt", entry.held, Action.ENTER),
    Row(_AT, start.start, _R, tab="start"),
    Row(f"{_AT}/arenden", cases.listed, _R, tab="cases"),
    Row(f"{_AT}/arenden/<case>", cases.shown, _R, tab="cases"),
    Row(f"{_AT}/arenden/<case>/<deed>", cases.acted, _R, "POST", tab="cases"),
    Row(f"{_AT}/granskningar", reviews.listed, _R, tab="reviews"),
    Row(f"{_AT}/granskningar", reviews.drawn, _R, "POST", tab="reviews"),
    Row(f"{_AT}/granskningar/<review>", reviews.shown, _R, tab="reviews"),
    Row(f"{_AT}/granskningar/<review>", reviews.signed, _R, "POST", step_up=True, tab="reviews"),
    Row(f"{_AT}/granskningar/<review>/rapport", reviews.as_file, _R, tab="reviews"),
    Row(f"{_AT}/bevakning", reviews.watch, _R, tab="reviews"),
    Row(f"{_AT}/bevakning", reviews.watched, _R, "POST", tab="reviews"),
    Row(f"{_AT}/bevakning/<person>", reviews.ask_unwatch, _R, tab="reviews"),
    Row(f"{_AT}/bevakning/<person>", reviews.unwatch, _R, "POST", tab="reviews"),
    Row(f"{_AT}/sok", search.form, _R, tab="log-search"),
    Row(f"{_AT}/sok", search.asked, _R, "POST", tab="log-search"),
    Row(f"{_AT}/sok/<search>", search.result, _R, tab="log-search"),
    Row(f"{_AT}/sok/<search>/<entry>", search.entry, _R, tab="log-search"),
    Row(f"{_AT}/sok/<search>/<entry>", search.opened, _R, "POST", tab="log-search"),
    Row(f"{_AT}/lasningar", readings.listed, _R, tab="log-readings"),
    Row(f"{_AT}/begaran", requests.listed, _R, tab="requests"),
    Row(f"{_AT}/begaran", requests.received, _R, "POST", tab="requests"),
    Row(f"{_AT}/begaran/<request>", requests.shown, _R, tab="requests"),
    Row(f"{_AT}/begaran/<request>/<deed>", requests.acted, _R, "POST", tab="requests"),
    Row(f"{_AT}/begaran/<request>/brev/<language>", requests.draft, _R, tab="requests"),
    Row(f"{_AT}/incidenter", breaches.listed, _R, tab="breaches"),
    Row(f"{_AT}/incidenter", breaches.begun, _R, "POST", tab="breaches"),
    Row(f"{_AT}/incidenter/<breach>", breaches.shown, _R, tab="breaches"),
    Row(f"{_AT}/incidenter/<breach>/<deed>", breaches.acted, _R, "POST", tab="breaches"),
    Row(f"{_AT}/incidenter/<breach>/utkast/<letter>/<language>", breaches.draft, _R, tab="breaches"),
    Row(f"{_AT}/rattelser", corrections.listed, _R, tab="corrections"),
    Row(f"{_AT}/rattelser", corrections.made, _R, "POST", step_up=True, tab="corrections"),
    Row(f"{_AT}/rattelser/<correction>", corrections.shown, _R, tab="corrections"),
    Row("/portal/<org>/rattelser", acknowledging.listed, Action.VIEW, tab="corrections"),
    Row("/portal/<org>/rattelser/<correction>/<service>", acknowledging.shown, Action.VIEW, tab="corrections"),
    Row(
        "/portal/<org>/rattelser/<correction>/<service>",
        acknowledging.acknowledged,
        Action.EDIT,
        "POST",
        tab="corrections",
    ),
)
