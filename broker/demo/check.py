"""The self-check: every flow in order, timed, with a sentence where it did not hold; as a table or as data.

Owns the list of flows. One flow's failure does not keep the next from being tried.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from broker.demo.browser import NotHeld
from broker.demo.flows import (
    Flow,
    Stage,
    care,
    choices,
    contracts,
    leaving,
    logins,
    notes,
    record,
    refusals,
    tokens,
    trials,
)
from broker.demo.places import Places

FLOWS: Final[Sequence[tuple[str, Flow]]] = (
    ("card → SAML", logins.card_to_saml),
    ("card → SAML, then OIDC without a question", logins.second_service_asks_nothing),
    ("card → OIDC, then SAML without a question", logins.card_to_oidc_then_saml),
    ("refresh: rotation", tokens.refresh_rotation),
    ("mobile e-ID on another device → OIDC", logins.mobile_by_code),
    ("mobile e-ID on this device → OIDC", logins.mobile_on_this_device),
    ("upstream SAML → OIDC", logins.upstream_saml_to_oidc),
    ("upstream OIDC → SAML", logins.upstream_openid_to_saml),
    ("step-up from level 2 to level 4", logins.step_up),
    ("level 4 by card only", logins.level_four_by_card_only),
    ("level too low is refused", logins.level_is_never_lowered),
    ("fresh login wanted (ForceAuthn, prompt=login)", logins.force_authn),
    ("no question allowed, no session (IsPassive, prompt=none)", logins.passive_without_session),
    ("no question allowed, with session", logins.passive_with_session),
    ("commission: choice among several", choices.commission_choice),
    ("commission: one only, no question", choices.single_commission_asks_nothing),
    ("commission: none, refused", choices.no_commission),
    ("on whose behalf: a child, an organisation, oneself", choices.on_behalf),
    ("consent: refused, given, not asked again", choices.consent),
    ("card revoked", refusals.bad_card("ester-revoked", "cert-revoked")),
    ("card expired", refusals.bad_card("ester-expired", "cert-expired")),
    ("card for signing", refusals.bad_card("tolvan-signing", "cert-kind")),
    ("no card", refusals.bad_card(None, "cert-none")),
    ("card of an unknown issuer", refusals.bad_card("stranger", "cert-issuer")),
    ("card whose status cannot be learned; then by the list", refusals.status_unknown),
    ("mobile e-ID blocked", refusals.mobile_blocked),
    ("mobile e-ID declined on the phone", refusals.mobile_declined),
    ("mobile e-ID not in time", refusals.mobile_expired),
    ("mobile e-ID cancelled on the screen", refusals.mobile_cancelled_on_screen),
    ("upstream login cancelled", refusals.upstream_cancelled),
    ("unknown client or address: a page, no redirect", refusals.unknown_client),
    ("SAML request without its signature", refusals.unsigned_request),
    ("SAML request replayed", refusals.replayed_request),
    ("service: userinfo, refresh, API by introspection", tokens.service_uses_its_tokens),
    ("token revoked", tokens.revocation),
    ("client credentials", tokens.client_credentials),
    ("code used twice: refused, and its tokens die", tokens.code_replay),
    ("code with another verifier", tokens.wrong_verifier),
    ("refresh: reuse ends the family", tokens.refresh_reuse),
    ("logout over OIDC", leaving.rp_initiated_logout),
    ("logout over OIDC with another service", leaving.rp_logout_with_others),
    ("logout over SAML", leaving.saml_logout),
    ("logout over SAML with another service (PartialLogout)", leaving.saml_partial_logout),
    ("test issuer: a made-up person, a service in test", trials.test_login),
    ("test issuer: answers that are wrong on purpose", trials.wrong_answers),
    ("test issuer: neither issuer knows the other's services", trials.not_in_production),
    ("care: blocked for another unit, opened in an emergency", care.block_and_emergency),
    ("care: reviewed, seen by the patient, proven to anybody", care.reviewed_and_seen),
    ("care: a record system sets a block over SOAP, and is told of it", contracts.block_over_soap),
    ("care: a record behind the guard: open, blocked, opened in an emergency", notes.read_behind_the_guard),
    ("log: checkpoints grow", record.checkpoints_grow),
    ("log verify", record.log_verifies),
)
"""Name of a row → the flow. A family of refresh tokens is made early, so that it has grown old when it is needed."""


@dataclass(frozen=True, slots=True)
class Result:
    """A row: `detail` says what did not hold."""

    flow: str
    ok: bool
    seconds: float
    detail: str = ""


def check(places: Places, flows: Sequence[tuple[str, Flow]] = FLOWS) -> list[Result]:
    """Drive every flow."""
    stage = Stage(places)
    return [_result(name, flow, stage) for name, flow in flows]


def _result(name: str, flow: Flow, stage: Stage) -> Result:
    began = time.monotonic()
    try:
        flow(stage)
    except NotHeld as error:
        return Result(name, ok=False, seconds=_since(began), detail=str(error))
    except Exception as error:  # noqa: BLE001  # whatever broke, the row is red and says so
        return Result(name, ok=False, seconds=_since(began), detail=f"{type(error).__name__}: {error}")
    return Result(name, ok=True, seconds=_since(began))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def report(results: Sequence[Result], *, as_json: bool) -> None:
    """Print the rows: as JSON, as a drawn table on a terminal, else as lines."""
    if as_json:
        sys.stdout.write(json.dumps([asdict(result) for result in results], indent=2, ensure_ascii=False) + "\n")
    elif sys.stdout.isatty():
        _draw(results)
    else:
        width = max(len(result.flow) for result in results)
        for result in results:
            row = f"{'ok' if result.ok else 'FAILED':<6}  {result.flow:<{width}}  {result.seconds:6.2f} s  {result.detail}"
            sys.stdout.write(row.rstrip() + "\n")
        sys.stdout.write(_sum(results) + "\n")


def _sum(results: Sequence[Result]) -> str:
    held = sum(result.ok for result in results)
    return f"{held} of {len(results)} held, {sum(result.seconds for result in results):.1f} s"


def _draw(results: Sequence[Result]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "Flow", "Seconds", "What did not hold", box=None, pad_edge=False)
    for result in results:
        word = Text("ok", "green") if result.ok else Text("FAILED", "bold red")
        table.add_row(word, result.flow, f"{result.seconds:.2f}", Text(result.detail))
    console = Console()
    console.print(table)
    console.print(Text(_sum(results)))
