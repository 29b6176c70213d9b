"""U11, consents: what services may have of the person, and who in care may read what others have recorded."""

from typing import Final

from broker.audit.person_events import ConsentWithdrawn, OwnCareRead
from broker.care import consents as care_consents
from broker.care.calling import CareRefused, ResultCode, carried_out
from broker.care.consents import PatientsEnd
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.login.person import ConsentKept, WithdrawConsent
from broker.web.console.mine.login_pages import CareConsentCard, ConsentCard, OwnConsents
from broker.web.console.mine.logins import service_names
from broker.web.console.mine.pages import Sure
from broker.web.console.mine.places import provider_name, unit_name
from broker.web.console.mine.turn import OwnTurn, closed, own
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.frame import Names
from trust_framework.attributes import CATALOGUE
from trust_framework.care import current
from trust_framework.care_consents import CareConsent
from trust_framework.representation import Deed

TAB: Final = "own-consents"


def listed(turn: ConsoleTurn) -> Reply:
    """What services may have; those of care are a page of their own."""
    mine = own(turn)
    release = tuple(_release(one, mine) for one in turn.store.consents_of(mine.person))
    return mine.render(OwnConsents(release=release, care=None, care_url=mine.at("/samtycken/vard")), TAB)


def _release(one: ConsentKept, mine: OwnTurn) -> ConsentCard:
    party = mine.turn.on.services.federation().parties.get(one.service)
    return ConsentCard(
        service=service_names(one.service, mine.turn),
        owner=party.member.names if party else {},
        details=tuple(_detail(name) for name in one.attributes),
        since=one.given_at,
        url=mine.at(f"/samtycken/tjanst/{one.service}"),
    )


def _detail(name: str) -> Names:
    row = CATALOGUE.get(name)
    return {"sv": row.sv, "en": row.en} if row else {"sv": name}


def ask_withdraw(turn: ConsoleTurn, service: str) -> Reply:
    """The question before a consent to release is taken back."""
    mine = own(turn)
    turn.found(_given(mine, service))
    names = service_names(service, turn)
    page = Sure(
        deed="withdraw",
        filled={"service": names.get(mine.language) or next(iter(names.values()))},
        said=(("own.sure.withdraw.next", {}), ("own.sure.withdraw.kept", {})),
        action=mine.at(f"/samtycken/tjanst/{service}"),
        csrf=turn.csrf(),
        back=mine.at("/samtycken"),
    )
    return mine.render(page, TAB)


def withdraw(turn: ConsoleTurn, service: str) -> Reply:
    """Take back what a service may have."""
    mine = own(turn)
    turn.found(_given(mine, service))
    event = ConsentWithdrawn(at=turn.now, person=mine.person, service=service)
    turn.commit(Effects((WithdrawConsent(mine.person, service),), (event,)))
    return turn.see(mine.at("/samtycken"), "own-withdrawn")


def _given(mine: OwnTurn, service: str) -> ConsentKept | None:
    return next((one for one in mine.store.consents_of(mine.person) if one.service == service), None)


# --- of care ------------------------------------------------------------------------------------------------------------


def of_care(turn: ConsoleTurn, about: str = "") -> Reply:
    """Who in care may read what others have recorded, and until when."""
    mine = own(turn, about)
    if stopped := closed(mine, TAB):
        return stopped
    mine.require(Deed.READ)
    note(mine, "consents")
    given, hidden = reversed(turn.store.care_consents_of(mine.person)), mine.hidden
    cards = tuple(_card(one, mine) for one in given if one.deleted is None and one.provider not in hidden)
    return mine.render(OwnConsents(about=mine.about(), release=None, care=cards), TAB)


def note(mine: OwnTurn, what: str, form: str = "page") -> None:
    """That somebody reads what care holds of a person is recorded."""
    read = OwnCareRead(
        at=mine.now,
        person=mine.person,
        by=mine.by,
        what=what,
        form=form,
        representation=mine.representation.id if mine.representation else "",
    )
    mine.store.commit(Effects(events=(read,)))


def _card(one: CareConsent, mine: OwnTurn) -> CareConsentCard:
    over = one.cancelled.registered_at if one.cancelled else None
    if over is None and one.period.over(mine.now):
        over = one.period.end
    return CareConsentCard(
        unit=unit_name(one.unit, mine),
        provider=provider_name(one.provider, mine),
        kind=one.type.value.lower(),
        since=one.period.start or one.registered.registered_at,
        until=one.period.end,
        personal=bool(one.employee),
        ended_at=over,
        url=mine.at(f"/samtycken/vard/{one.id}") if over is None and mine.may(Deed.END_CONSENT) else "",
    )


def ask_end(turn: ConsoleTurn, consent: str, about: str = "") -> Reply:
    """The question before a consent of care ends."""
    mine = own(turn, about)
    one = _standing(mine, consent)
    page = Sure(
        about=mine.about(),
        deed="end-consent",
        filled={"unit": unit_name(one.unit, mine), "provider": provider_name(one.provider, mine)},
        said=(("own.sure.end-consent.read", {}), ("own.sure.end-consent.emergency", {})),
        action=mine.at(f"/samtycken/vard/{consent}"),
        csrf=turn.csrf(),
        back=mine.at("/samtycken/vard"),
    )
    return mine.render(page, TAB)


def end(turn: ConsoleTurn, consent: str, about: str = "") -> Reply:
    """End a consent of care at once."""
    mine = own(turn, about)
    one = _standing(mine, consent)
    care, who = mine.care, mine.caller
    try:
        ending = PatientsEnd(one.id, one.patient)
        carried_out(lambda: care_consents.end_by_patient(ending, who, care, turn.now), care.store)
    except CareRefused as refused:
        if refused.code is ResultCode.ERROR:
            raise
        raise Missing from refused
    return turn.see(mine.at("/samtycken/vard"), "own-consent-ended")


def _standing(mine: OwnTurn, consent: str) -> CareConsent:
    """A consent of the person that is shown, and can still end. Raises Missing."""
    mine.require(Deed.END_CONSENT)
    found = mine.store.care_consent(consent)
    one = mine.turn.found(found[0] if found and found[1] == mine.person else None)
    if not current(one, mine.now) or one.provider in mine.hidden:
        raise Missing
    return one
