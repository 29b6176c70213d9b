"""M8: drafts of sharing agreements: a new one, or the next version of one that is agreed."""

from collections.abc import Mapping
from typing import Any

from broker.exchange import Reply
from broker.federation import agreement_desk
from broker.federation.agreement_desk import on_one_line
from broker.federation.agreements import NotNow
from broker.federation.register import Entry
from broker.federation.sharing_schema import AgreementEntry
from broker.web.console.sharing import desk, found_of, names_of
from broker.web.console.sharing_forms import DraftForm, orgs
from broker.web.console.sharing_pages import AgreementDraft
from broker.web.console.turn import ConsoleTurn
from trust_framework.agreements import SharingAgreement


def new(turn: ConsoleTurn) -> Reply:
    """The form of a new agreement."""
    return turn.render(_draft(DraftForm.choosing(turn), turn, "/avtal/nytt"))


def _draft(form: DraftForm, turn: ConsoleTurn, at: str, wrong: str = "") -> AgreementDraft:
    return AgreementDraft(form=form, action=turn.at(at), back=turn.at("/avtal"), wrong=wrong)


def drafted(turn: ConsoleTurn) -> Reply:
    """Draft a new agreement. It holds when all parties have signed."""
    return _keep(DraftForm.choosing(turn), None, turn, "/avtal/nytt")


def next_version(turn: ConsoleTurn, agreement: str) -> Reply:
    """The form of the next version, filled with what is agreed now."""
    entry, found = found_of(agreement, turn)
    full = turn.found(found if isinstance(found, SharingAgreement) else None)
    wrong = "" if _even((entry.content or {})["versions"][-1]) else "uneven"
    return turn.render(_draft(DraftForm.choosing(turn, _filled(entry, full)), turn, f"/avtal/{entry.id}/andra", wrong))


def _even(version: Mapping[str, Any]) -> bool:
    """Whether the form can say these terms: each giver gives the same details to each other receiver."""
    rows = {(each["giver"], each["receiver"], each["attribute"]) for each in version.get("data", ())}
    givers, receivers, attributes = ({row[n] for row in rows} for n in range(3))
    return rows == {(g, r, a) for g in givers for r in receivers for a in attributes if g != r}


def _filled(entry: Entry, found: SharingAgreement) -> dict[str, Any]:
    names, version = names_of(entry), (entry.content or {})["versions"][-1]
    data = version.get("data", ())
    definitions = {each["attribute"]: each.get("definition", "") for each in data}
    kept = {name: version.get(name) for name in ("purpose", "legal_basis", "retention_days", "transfer")}
    days = AgreementEntry.model_validate(entry.content).versions[-1]
    return {
        **kept,
        "id": found.id,
        "name_sv": names.get("sv", ""),
        "name_en": names.get("en", ""),
        "giver": " ".join(dict.fromkeys(each["giver"] for each in data)),
        "receiver": " ".join(dict.fromkeys(each["receiver"] for each in data)),
        "services": " ".join(version.get("services", ())),
        "attributes": list(definitions),
        "definitions": "\n".join(definitions.values()),
        "valid_from": days.valid_from,
        "valid_until": days.valid_until,
        "review": days.review,
    }


def redrafted(turn: ConsoleTurn, agreement: str) -> Reply:
    """Draft the next version. The one in force goes on until all have signed this."""
    entry, found = found_of(agreement, turn)
    turn.found(found if isinstance(found, SharingAgreement) else None)
    return _keep(DraftForm.choosing(turn), entry, turn, f"/avtal/{entry.id}/andra")


def _keep(form: DraftForm, entry: Entry | None, turn: ConsoleTurn, at: str) -> Reply:
    if not form.valid(turn):
        return turn.render(_draft(form, turn, at))
    id_ = entry.id if entry else form.id.data.strip()
    head = {"id": id_, "names": {"sv": form.name_sv.data.strip(), "en": form.name_en.data.strip()}}
    try:
        effects = agreement_desk.drafted(entry, _typed(form), head, desk(turn))
    except NotNow as error:
        return turn.render(_draft(form, turn, at, error.code))
    if not turn.commit(effects):
        return turn.render(_draft(form, turn, at, "overtaken"))
    return turn.see(turn.at(f"/avtal/{id_}"), notice="agreement")


def _typed(form: DraftForm) -> dict[str, Any]:
    """The terms as the register keeps them: a definition a line, in the order of the details."""
    givers, receivers = orgs(form.giver), orgs(form.receiver)
    lines = [line.strip() for line in form.definitions.data.splitlines()]
    return {
        "parties": [
            {"org": org, "role": [role for role, who in (("giver", givers), ("receiver", receivers)) if org in who]}
            for org in dict.fromkeys((*givers, *receivers))
        ],
        "purpose": on_one_line(form.purpose.data),
        "legal_basis": on_one_line(form.legal_basis.data),
        "services": form.services.data.split(),
        "data": [
            {"attribute": name, "giver": giver, "receiver": receiver, "definition": lines[n] if n < len(lines) else ""}
            for giver in givers
            for receiver in receivers
            if giver != receiver
            for n, name in enumerate(form.attributes.data)
        ],
        "retention_days": form.retention_days.data,
        "transfer": on_one_line(form.transfer.data),
        "valid_from": form.valid_from.data.isoformat(),
        "valid_until": form.valid_until.data.isoformat(),
        **({"review": form.review.data.isoformat()} if form.review.data else {}),
    }
