"""How a deed of care staff is done: shown in words, bound to what was shown, and then recorded.

The token of a page that shows what will be is made of all that it shows, of the patient and of what stands in the register. An
answer with another token gets the page anew, and nothing is done (threats CB-06).
"""

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Final

from broker.care.calling import CareRefused, Done
from broker.exchange import Reply
from broker.web import links
from broker.web.console.care_desk import Bedside
from broker.web.console.care_forms import DeedForm
from broker.web.console.care_pages import CareForm, CareReview, Fact

SECRET: Final = frozenset({"csrf", "shown", "change"})
REFUSED: Final = {
    "already-over": "already-over",
    "answered-already": "answered-already",
    "beyond-commission": "beyond-commission",
    "block-ended": "ended",
    "ended": "ended",
    "inverted-period": "inverted",
    "lift-too-long": "too-long",
    "no-reason": "no-reason",
    "not-registrar": "not-registrar",
    "not-this-providers-to-lift": "lifted-by-owner-only",
    "other-content": "other-content",
    "overtaken": "changed",
    "real-number": "real-number",
    "stale-copy": "stale-copy",
    "too-long": "too-long",
}
"""By reason of a refusal: the text that pages have for it, `care.refused.<code>`. Any other is said in general words."""


def why(refused: CareRefused) -> str:
    """The text that says why it was not done."""
    return REFUSED.get(refused.reason, "other")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something about to be done: its code (texts `care.do.<code>`, `care.lead.<code>`), what it is about, what will come of it
    (texts `care.then.<code>`). `stands` is what the register says of it now; `final`: it cannot be taken back.
    """

    code: str
    facts: tuple[Fact, ...] = ()
    consequences: Sequence[str] = ()
    stands: Any = None
    final: bool = False
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Doing:
    """A deed with where its form is, where one comes from and goes afterwards, and the call that does it. `at_once`: the form
    itself shows all that will be.
    """

    place: Bedside
    deed: Deed
    action: str
    back: str
    call: Callable[[], Done[Any]]
    then: str = ""
    at_once: bool = False


def token(place: Bedside, deed: Deed) -> str:
    """What binds an answer to what this browser was shown."""
    shown = json.dumps([_plain(deed), place.patient.oid, place.patient.value, place.desk.id], default=sorted)
    digest = sha256(shown.encode()).hexdigest()
    return links.csrf(place.turn.turn.visit().browser, f"care:{digest}", place.turn.on.services.keys())


def _plain(deed: Deed) -> dict[str, Any]:
    return asdict(deed)


def _agrees(form: DeedForm, doing: Doing) -> bool:
    return hmac.compare_digest((form.shown.data or "").encode(), token(doing.place, doing.deed).encode())


def asked(form: DeedForm, doing: Doing, wrong: str = "") -> Reply:
    """The form of a deed, bound to what it shows where that is all."""
    form.shown.data = token(doing.place, doing.deed) if doing.at_once else ""
    deed = doing.deed
    page = CareForm(
        around=doing.place.around(),
        code=deed.code,
        form=form,
        action=doing.action,
        back=doing.back,
        facts=deed.facts,
        consequences=deed.consequences,
        wrong=wrong,
        danger=deed.danger,
        final=deed.final,
    )
    return doing.place.turn.render(page)


def at_once(form: DeedForm, doing: Doing) -> Reply:
    """A deed whose form shows already what will be: done when its answer agrees with that."""
    turn, doing = doing.place.turn, replace(doing, at_once=True)
    if not turn.posted or not form.valid(turn):
        return asked(form, doing)
    if not _agrees(form, doing):
        return asked(form, doing, "changed")
    return _done(form, doing)


def reviewed(form: DeedForm, doing: Doing) -> Reply:
    """A deed whose form has been filled in rightly: shown in words first, and done when that is answered."""
    if form.change.data:
        return asked(form, doing)
    if not _agrees(form, doing):
        return _review(doing, changed=bool(form.shown.data))
    return _done(form, doing)


def _review(doing: Doing, *, changed: bool) -> Reply:
    turn, deed = doing.place.turn, doing.deed
    kept = tuple((name, value) for name, value in turn.sent.fields.items(multi=True) if name not in SECRET)
    page = CareReview(
        around=doing.place.around(),
        code=deed.code,
        facts=deed.facts,
        consequences=deed.consequences,
        action=doing.action,
        csrf=turn.csrf(),
        fields=(*kept, ("shown", token(doing.place, deed))),
        final=deed.final,
        changed=changed,
    )
    return turn.render(page)


def _done(form: DeedForm, doing: Doing) -> Reply:
    turn = doing.place.turn
    try:
        done = doing.call()
    except CareRefused as refused:
        return asked(form, doing, why(refused))
    if not turn.commit(done.effects):
        return asked(form, doing, "changed")
    return turn.see(doing.then or doing.back, notice=f"care-{doing.deed.code}")
