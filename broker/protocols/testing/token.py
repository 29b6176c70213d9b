"""The token endpoint of the test issuer: production's answer, with the ID token that was chosen, kept in the run."""

import json
from typing import Any

from broker.exchange import BadRequest, Reply, Request
from broker.login.effects import Effects
from broker.login.ports import Services
from broker.protocols.oidc import token as true
from broker.protocols.oidc.wire import json_reply
from broker.protocols.testing import answers, messages
from broker.protocols.testing.choice import AnswerKind
from broker.protocols.testing.fronts import choice_of, earlier, runs
from broker.protocols.testing.run import NoteRun, Run, Step, StepName
from metadata.wire.jose import issue, unverified

_OK = 200


def token(request: Request, now: int, on: Services) -> Reply:
    """The token endpoint (RFC 6749 section 3.2)."""
    run = _run_of(request, on)
    reply = true.token(request, now, on)
    if run is None:
        return reply
    document = json.loads(reply.body)
    if reply.status != _OK:
        refused = Step(StepName.REDEEMED, ok=False, note=str(document.get("error", "")))
        _note(run, {"tokens": messages.token_answer(document), "steps": (refused,)}, on)
        return reply
    told = _wrong(document, run, on) if "id_token" in document else document
    _note(run, {"tokens": messages.token_answer(told), **_nonce(document)}, on)
    return json_reply(told)


def _run_of(request: Request, on: Services) -> Run | None:
    """The run that a code or refresh token comes of."""
    try:
        form = dict(request.form())
    except BadRequest:
        return None
    once = next((found for kind in ("code", "refresh") if (found := _once(kind, form, on))), None)
    grant = on.store.grant(once.grant) if once and once.grant else None
    return runs(on).test_run(str(grant.content.get("reference", ""))) if grant else None


def _once(kind: str, form: dict[str, str], on: Services) -> Any:
    secret = form.get("code" if kind == "code" else "refresh_token")
    return on.store.once(kind, secret) if secret else None


def _wrong(document: dict[str, Any], run: Run, on: Services) -> dict[str, Any]:
    """The response with its ID token as it was chosen to be."""
    answer = choice_of(run.reference, on).answer
    header, claims = unverified(document["id_token"])
    signer = on.keys().signer("oidc", str(header["alg"]))
    if answer is AnswerKind.WRONG_SIGNATURE:
        signer = answers.forged(signer)
    low = answers.lower_level(on.federation().parties[run.service], ())
    wrong = answers.id_token_claims(claims, answer, low, earlier(run, on))
    return {**document, "id_token": issue(wrong, signer)}


def _nonce(document: dict[str, Any]) -> dict[str, Any]:
    if "id_token" not in document:
        return {}
    nonce = unverified(document["id_token"])[1].get("nonce")
    return {"replayable": (str(nonce),)} if nonce else {}


def _note(run: Run, fields: dict[str, Any], on: Services) -> None:
    on.store.commit(Effects((NoteRun(run.reference, tuple(fields.items())),)))
