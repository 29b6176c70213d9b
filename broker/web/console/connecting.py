"""M2: a service is connected in six short steps, each saved as it is left, in any order until it is sent in.

What is under work is a draft proposal (`broker.federation.proposals`), which the test issuer serves at once. Owns the steps and
their pages; what the fields mean in the entry is `connecting_content`'s, what is wrong with it the validator's (`checking`).
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.exchange import Reply
from broker.federation import addresses, domains, logos, proposals
from broker.federation.proposals import Answer
from broker.web import bench
from broker.web import logos as pictures
from broker.web.console import connecting_content as content_of
from broker.web.console import hosts
from broker.web.console.connecting_content import Content
from broker.web.console.connecting_forms import (
    AboutForm,
    AcceptedForm,
    BeginForm,
    DetailsForm,
    SendForm,
    StepForm,
    TechnicalForm,
    why_form,
)
from broker.web.console.connecting_pages import ConnectStart, ConnectStep, Draft, Step
from broker.web.console.proposals import desk
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from metadata.client_fields import acts_alone
from trust_framework import loa
from trust_framework.approval import WITH_AUTHOR, Proposal, Refusal, Refused
from trust_framework.attribute_sets import ENTITY_CATEGORIES
from trust_framework.attributes import CATALOGUE

SERVICE: Final = "service"
LOGO: Final = "logotyp.png"
FAMILIES: Final[Mapping[loa.Family, Names]] = {
    loa.Family.SWEDISH: {"sv": "Tillitsnivå {rank}", "en": "Level of assurance {rank}"},
    loa.Family.NONRESIDENT: {
        "sv": "Tillitsnivå {rank} för den som inte är folkbokförd",
        "en": "Level of assurance {rank} of people not registered in Sweden",
    },
    loa.Family.UNCERTIFIED: {
        "sv": "Nivå {rank} utan godkänd utfärdare",
        "en": "Level {rank} of an issuer that is not certified",
    },
    loa.Family.EIDAS: {"sv": "eIDAS, nivå {rank}: {word}", "en": "eIDAS, level {rank}: {word}"},
    loa.Family.SAMBI: {"sv": "Sambi, nivå {rank}", "en": "Sambi, level {rank}"},
}
"""The families of levels among which a service chooses, and what their levels are called; others are written into the
federation file.
"""
OFFERED: Final = tuple(
    level.uri
    for family in FAMILIES
    for level in loa.LEVELS.values()
    if level.family is family and level.rank > 1 and loa.known(level.uri)
)

# --- the steps


@dataclass(frozen=True, slots=True)
class Stage:
    """A step with fields: its form of a content, and the content after it. `done` says whether it holds what it must."""

    form: Callable[[ConsoleTurn, Content], StepForm]
    after: Callable[[Any, Content], Content]
    done: Callable[[Content], bool]


def _about_form(turn: ConsoleTurn, content: Content) -> StepForm:
    form = AboutForm.of(turn, content_of.about_data(content))
    if not content.get("logo"):
        del form.no_logo
    return form


def _details_form(turn: ConsoleTurn, content: Content) -> StepForm:
    data = content_of.details_data(content)
    known = dict.fromkeys(
        (*ENTITY_CATEGORIES, *turn.on.services.federation().categories.details, *data["entity_categories"])
    )
    return DetailsForm.choosing(turn, data, bench.attributes(CATALOGUE), known)


def _why_form(turn: ConsoleTurn, content: Content) -> StepForm:
    chosen = content.get("attributes", ())
    names = {each.value: each.names for each in bench.attributes(CATALOGUE) if each.value in chosen}
    return why_form(names).of(turn, content_of.why_data(content))


def _level_form(turn: ConsoleTurn, content: Content) -> StepForm:
    data = content_of.level_data(content)
    methods = {name: terms.names for name, terms in turn.on.services.federation().providers.items()}
    levels = dict.fromkeys((*OFFERED, *data["levels"]))
    gone = {name: {"sv": name} for name in data["methods"]}
    return AcceptedForm.choosing(turn, data, levels, _level_name, {**gone, **methods})


def _level_name(uri: str) -> Names:
    if uri not in OFFERED:
        return {"sv": uri}
    level = loa.LEVELS[uri]
    return {
        language: told.format(rank=level.rank, word=uri.rpartition("/")[2])
        for language, told in FAMILIES[level.family].items()
    }


STAGES: Final[Mapping[str, Stage]] = {
    "om": Stage(_about_form, content_of.about, lambda c: bool(c.get("names"))),
    "teknik": Stage(
        lambda turn, c: TechnicalForm.of(turn, content_of.technical_data(c)),
        content_of.technical,
        lambda c: bool(c.get("saml") or c.get("oidc")),
    ),
    "uppgifter": Stage(_details_form, content_of.details, lambda c: bool(c.get("attributes"))),
    "skal": Stage(_why_form, content_of.why, lambda c: set(c.get("reasons") or {}) >= set(c.get("attributes", ()))),
    "niva": Stage(_level_form, content_of.level, lambda c: bool(c.get("levels"))),
}
STEPS: Final = ("om", "teknik", "kontroll", "uppgifter", "niva", "testa", "skicka")
"""In the order in which they are offered; any may be taken first."""
OF_PEOPLE: Final = ("uppgifter", "niva", "testa")
"""Steps about who logs in: a client that acts alone has none of them."""


def way(content: Content) -> tuple[str, ...]:
    """The steps of what is connected."""
    alone = acts_alone(content.get("oidc") or {})
    return tuple(step for step in STEPS if not (alone and step in OF_PEOPLE))


def after(step: str, content: Content) -> str:
    """The step that follows; the reasons, one for each detail, are a side step of the details."""
    steps = way(content)
    return "niva" if step == "skal" else steps[(steps.index(step) if step in steps else 0) + 1]


def steps(draft: Proposal, present: str, turn: ConsoleTurn) -> tuple[Step, ...]:
    """The way, with what is done."""
    content = dict(draft.content or {})
    done = {name: stage.done(content) for name, stage in STAGES.items()}
    offered = way(content)
    done["testa"] = "testa" in offered and turn.on.bench().passed(draft.object, draft.digest) is not None
    return tuple(
        Step(
            label="connect.step." + name, url=at(draft, name, turn), done=done.get(name, False), current=name == present
        )
        for name in offered
    )


def at(draft: Proposal, step: str, turn: ConsoleTurn) -> str:
    """The address of a step."""
    return turn.at(f"/anslut/{draft.id}/{step}")


def named(draft: Proposal) -> Names:
    """What a draft is called."""
    return dict((draft.content or {}).get("names") or {}) or {"sv": draft.object}


def open_draft(turn: ConsoleTurn, id: str) -> Proposal:
    """A draft of a service of this member. Raises Missing."""
    found = turn.found(turn.store.proposal(id, turn.org))
    if found.kind != SERVICE or found.content is None:
        raise Missing
    return found


# --- views


def _fetched(form: StepForm, turn: ConsoleTurn) -> bool:
    """Fetch the metadata that a form names by address, in place of what stood in the field; False when that fails. A file that
    is sent with it goes before.
    """
    if not isinstance(form, TechnicalForm) or not form.saml or form.file.data:
        return True
    if not (given := content_of.published_at(form))["metadata_url"]:
        return True
    try:
        with turn.on.trial() as egress:
            found = addresses.fetched(given, egress, turn.now)
    except addresses.NotFetched:
        form.metadata_url.errors = [*form.metadata_url.errors, "form.not-fetched"]
        return False
    form.document = found.xml if found else ""
    return True


def start(turn: ConsoleTurn) -> Reply:
    """Begin with a new service, or go on with one that is under work."""
    form = BeginForm.of(turn, {"mail": _own_mail(turn)})
    if turn.posted and form.valid(turn):
        answer = _begun(form, turn)
        if isinstance(answer, Refused):
            form.form_errors.append("refused." + answer.why)
        elif turn.commit(answer.effects):
            return turn.see(at(answer.proposal, "teknik", turn), notice="draft-saved")
        else:
            form.form_errors.append("refused." + Refusal.OVERTAKEN)
    return turn.render(ConnectStart(form=form, action=turn.at("/anslut"), drafts=_drafts(turn)))


def _own_mail(turn: ConsoleTurn) -> str:
    """Where people may turn to the member, as it has said already: to those of its support, else of its security."""
    member = turn.store.register_entry("member", turn.org)
    contacts = (member.content or {}).get("contacts") or {} if member else {}
    found = (contacts[purpose].get("mail") for purpose in ("support", "security") if purpose in contacts)
    return str(next(found, "") or "")


def _begun(form: BeginForm, turn: ConsoleTurn) -> Answer:
    id_ = _new_id(form.name_sv.data or "")
    content = content_of.begun(form, {"id": id_, "member": turn.org})
    return proposals.draft(SERVICE, id_, turn.org, content, turn.actor, desk(turn))


def _new_id(name: str) -> str:
    """A lasting id that says a little: the name in plain letters, and something that no other has."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return f"{re.sub('[^a-z0-9]+', '-', plain).strip('-')[:40] or 'service'}-{secrets.token_hex(3)}"


def _drafts(turn: ConsoleTurn) -> tuple[Draft, ...]:
    found = turn.store.proposal_page("open", turn.org, SERVICE, count=20).proposals
    return tuple(
        Draft(
            names=each.names or {"sv": each.object},
            url=turn.at(f"/anslut/{each.id}/om"),
            stage=each.stage.value,
            changed_at=each.changed_at,
        )
        for each in found
    )


def change(turn: ConsoleTurn, service: str) -> Reply:
    """Begin a change of a service that stands: its content as a draft."""
    entry = turn.store.register_entry(SERVICE, service)
    standing = turn.found(entry, entry.org if entry else None)
    if standing.content is None:
        raise Missing
    answer = proposals.draft(SERVICE, service, turn.org, standing.content, turn.actor, desk(turn))
    if isinstance(answer, Refused) or not turn.commit(answer.effects):
        return turn.see(turn.at(f"/tjanster/{service}"), notice="draft-refused")
    return turn.see(at(answer.proposal, "om", turn), notice="draft-saved")


def step(turn: ConsoleTurn, proposal: str, step: str) -> Reply:
    """One step with its fields; what is sent is saved, and the next step follows."""
    draft, stage = open_draft(turn, proposal), STAGES.get(step)
    if stage is None:
        raise Missing
    content = dict(draft.content or {})
    form = stage.form(turn, content)
    if turn.posted and form.valid(turn) and _fetched(form, turn):
        content = stage.after(form, content)
        answer = proposals.edit(draft, content, turn.actor, desk(turn))
        if isinstance(answer, Refused):
            form.form_errors.append("refused." + answer.why)
        elif turn.commit(answer.effects):
            return turn.see(at(draft, after(step, content), turn), notice="draft-saved")
        else:
            form.form_errors.append("refused." + Refusal.OVERTAKEN)
    return turn.render(
        ConnectStep(
            step=step,
            names=named(draft),
            steps=steps(draft, step, turn),
            form=form,
            action=at(draft, step, turn),
            each=at(draft, "skal", turn) if step == "uppgifter" and content.get("attributes") else "",
            logo=at(draft, LOGO, turn) if step == "om" and logos.image_of(content) else "",
        )
    )


def logo(turn: ConsoleTurn, proposal: str) -> Reply:
    """The logo of a draft, for those who may open it: it is approved by nobody, and stands at no public address."""
    image = logos.image_of(open_draft(turn, proposal).content or {})
    if image is None:
        raise Missing
    return pictures.of_draft(image)


def tested(turn: ConsoleTurn, proposal: str) -> Reply:
    """Where the test login of this draft is made, and how the last went."""
    draft = open_draft(turn, proposal)
    return turn.render(
        ConnectStep(
            step="testa",
            names=named(draft),
            steps=steps(draft, "testa", turn),
            form=None,
            action="",
            next=at(draft, "skicka", turn),
            tested_at=turn.on.bench().passed(draft.object, draft.digest),
            testing=turn.at(f"/prova/{draft.object}"),
            hosts=_unproven(draft, turn),
        )
    )


def summary(turn: ConsoleTurn, proposal: str) -> Reply:
    """All of it in words, and sending it in."""
    draft = open_draft(turn, proposal)
    entry = turn.store.register_entry(SERVICE, draft.object)
    form = SendForm.about(turn, change=entry is not None)
    if turn.posted and form.valid(turn):
        answer = proposals.submit(draft, form.reason.data or "", turn.actor, desk(turn))
        if isinstance(answer, Refused):
            form.form_errors.append("refused." + answer.why)
        elif turn.commit(answer.effects):
            return turn.see(turn.at(f"/forslag/{draft.id}"), notice=f"stage.{answer.proposal.stage}")
        else:
            form.form_errors.append("refused." + Refusal.OVERTAKEN)
    told = proposals.words(
        SERVICE, draft.object, entry.content if entry else None, draft.content, turn.on.services.settings
    )
    return turn.render(
        ConnectStep(
            step="skicka",
            names=named(draft),
            steps=steps(draft, "skicka", turn),
            form=form if draft.stage in WITH_AUTHOR else None,
            action=at(draft, "skicka", turn),
            changes=tuple((each.danger.value, {"sv": each.sv, "en": each.en}) for each in told or ()),
            lacking=tuple(_lacking(draft)),
            hosts=_unproven(draft, turn),
            proposal=turn.at(f"/forslag/{draft.id}"),
        )
    )


def _unproven(draft: Proposal, turn: ConsoleTurn) -> tuple[tuple[str, str], ...]:
    """The hosts of the draft that remain to be proven: that may take days, so that it is said before the draft is sent in."""
    proofs, settings = turn.store.domain_proofs(turn.org), turn.on.services.settings
    return hosts.where(turn, domains.lacked(SERVICE, draft.content or {}, proofs, settings, turn.now) or ())


def _lacking(draft: Proposal) -> Iterable[str]:
    """Texts of the steps that still lack something."""
    content = dict(draft.content or {})
    return ("connect.step." + name for name in way(content) if name in STAGES and not STAGES[name].done(content))
