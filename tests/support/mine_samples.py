"""A sample of every page of My page, with friendly names or hostile ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wtforms.fields import SelectChoice

from broker.web.console.mine.blocks import BlockForm
from broker.web.console.mine.care_pages import (
    AccessList,
    AccessRow,
    BlockCard,
    Blocks,
    NewBlock,
    NoFile,
    OneAccess,
    Option,
    Proof,
    QuestionCard,
    RequestCard,
)
from broker.web.console.mine.giving import PowerForm
from broker.web.console.mine.login_pages import (
    CareConsentCard,
    ConsentCard,
    LoginsForMe,
    OwnConsents,
    OwnExplained,
    OwnLogin,
    OwnLogins,
    OwnOccasion,
    SignOnRow,
)
from broker.web.console.mine.pages import (
    AboutView,
    ChooseWhom,
    DataSection,
    Disowned,
    Emergency,
    GivePower,
    Overview,
    OwnData,
    Part,
    PowerRow,
    Representatives,
    Settings,
    Sure,
    TooYoung,
)
from broker.web.console.mine.questions import QuestionForm
from broker.web.console.mine.turn import TABS
from broker.web.pages.frame import Page
from broker.web.pages.leave import ServiceLeft
from broker.web.pages.whom import Choice
from tests.support.page_samples import CSRF, NOW, Cast
from trust_framework.access_words import Told
from trust_framework.case import Verdict
from trust_framework.explanation import Reader, explained

HERE = "/min-sida"


def _about(cast: Cast) -> AboutView:
    return AboutView(cast.value, "guardian", 9, f"{HERE}/vem")


def _told(cast: Cast, **changes: Any) -> Told:
    whole = Told(
        "e1",
        NOW,
        cast.unit["sv"] if isinstance(cast.unit, dict) else str(cast.unit),
        cast.value,
        "läste dina läkemedel och andra uppgifter",
        "Vård och behandling",
        emergency=False,
        role="Sjuksköterska",
        who=cast.value,
        source=cast.value,
    )
    return replace(whole, **changes)


def _emergency(cast: Cast) -> Emergency:
    return Emergency(at=NOW, unit=cast.value, provider=cast.value, state="open")


def _question(cast: Cast, **changes: Any) -> QuestionCard:
    whole = QuestionCard(
        at=NOW,
        unit=cast.value,
        provider=cast.value,
        question=cast.value,
        state="received",
        answers=(),
        url=f"{HERE}/atkomst/e1",
    )
    return replace(whole, **changes)


def _start(cast: Cast) -> Overview:
    return Overview(
        about=_about(cast),
        parts=tuple(Part(name=name, url=f"{HERE}{part}") for name, part in TABS if part),
        emergencies=(_emergency(cast), replace(_emergency(cast), state="closed", unit="")),
        waiting=1,
        answered=2,
        questions_url=f"{HERE}/atkomst",
        whom=f"{HERE}/vem",
        strong=False,
    )


def _whom(cast: Cast) -> ChooseWhom:
    me = Choice(value="jag", name=cast.value, kind="self", chosen=True)
    child = Choice(value="r1", name=cast.value, kind="guardian", age=1, until=NOW)
    power = Choice(value="r2", name=cast.value, kind="power", until=NOW)
    return ChooseWhom(action=f"{HERE}/vem", choices=(me, child, power))


def _logins_for_me(cast: Cast) -> LoginsForMe:
    logins = _logins(cast).logins
    return LoginsForMe(
        name=cast.value, kind="power", logins=logins, total=4711, days=90, back="/x", next_url="?e=1", first_url="?"
    )


def _logins(cast: Cast) -> OwnLogins:
    sign_on = SignOnRow(
        started_at=NOW,
        used_at=NOW,
        method=cast.app,
        level=3,
        services=(cast.service, cast.owner),
        here=True,
        url=f"{HERE}/logga-ut?var=x",
    )
    login = OwnLogin(
        at=NOW,
        service=cast.service,
        method=cast.app,
        level=3,
        well=True,
        told={"sv": "Gick bra", "en": "Went well"},
        reference="7K3M-Q9TD",
        url=f"{HERE}/inloggningar/7K3M-Q9TD",
    )
    return OwnLogins(
        sign_ons=(sign_on, replace(sign_on, here=False, services=())),
        end_all=f"{HERE}/logga-ut",
        logins=(login, replace(login, well=False, told={"sv": "Du avbröt.", "en": "You cancelled."}, level=0)),
        total=4711,
        days=90,
        next_url="?efter=1",
        first_url="?",
    )


def _login(cast: Cast) -> OwnExplained:
    verdicts = (
        Verdict("registered", "released", "givenName", "", "login"),
        Verdict("requested", "not-requested", "mail", "", ""),
        Verdict("policy", "not-allowed", "sn", "audience", "person"),
    )
    told = explained(verdicts, "released", Reader.PERSON, "sv", {})
    return OwnExplained(
        reference="7K3M-Q9TD",
        service=cast.service,
        method=cast.app,
        level=3,
        occasions=(OwnOccasion(at=NOW, explanation=replace(told, because=cast.value, remedy=cast.value)),),
        back=f"{HERE}/inloggningar",
        not_me=f"{HERE}/inloggningar/7K3M-Q9TD/inte-jag",
    )


def _consents(cast: Cast) -> OwnConsents:
    card = ConsentCard(service=cast.service, owner=cast.owner, details=(cast.app,), since=NOW, url="/x")
    care = CareConsentCard(
        unit=cast.value,
        provider=cast.value,
        kind="consent",
        since=NOW,
        until=NOW,
        personal=True,
        ended_at=None,
        url="/x",
    )
    return OwnConsents(
        about=_about(cast),
        release=(card, replace(card, owner={}, details=())),
        care=(care, replace(care, kind="emergency", until=None, personal=False), replace(care, ended_at=NOW, url="")),
    )


def _block(cast: Cast, **changes: Any) -> BlockCard:
    whole = BlockCard(
        inner=True,
        unit=cast.value,
        provider=cast.value,
        since=NOW,
        recorded_from=NOW,
        recorded_until=NOW,
        open=("lak", "upp"),
        lifts=((cast.value, NOW, False), (cast.value, NOW, True)),
        ended_at=None,
        mistaken=False,
        lift_url="/x",
        asked=False,
    )
    return replace(whole, **changes)


def _blocks(cast: Cast) -> Blocks:
    request = RequestCard(
        wish="block",
        inner=True,
        unit=cast.value,
        provider=cast.value,
        asked_at=NOW,
        state="waiting",
        answer="",
        note=cast.value,
        url="/x",
    )
    plain = _block(cast, inner=False, unit="", recorded_from=None, recorded_until=None, open=(), lifts=(), asked=True)
    return Blocks(
        standing=(_block(cast), plain),
        ended=(_block(cast, ended_at=NOW),),
        requests=(request, replace(request, wish="lift", state="declined", answer=cast.value, url="", inner=False)),
        new_url="/x",
        csrf=CSRF,
        guardian=True,
    )


def _new_block(cast: Cast, turn: Any) -> NewBlock:
    form = BlockForm.of(turn)
    form.provider.choices = [SelectChoice("p", cast.owner)]
    form.unit.choices = [SelectChoice("", "own.block.unit.all"), SelectChoice("u", cast.service)]
    form.validate()
    form.unit.errors = ["own.block.unit.missing"]
    return NewBlock(form=form, action="/x", back="/y", through_staff=(cast.value, cast.value))


def _sure(cast: Cast, deed: str = "ask-block") -> Sure:
    filled = {"unit": cast.value, "provider": cast.value, "service": cast.value, "name": cast.value}
    return Sure(
        about=_about(cast),
        deed=deed,
        filled=filled,
        said=(("own.sure.block.inner", filled), ("own.sure.block.emergency", filled)),
        action="/x",
        csrf=CSRF,
        back="/y",
        fields=(("sure", "yes"),),
        note=True,
    )


def _access(cast: Cast) -> AccessList:
    row = AccessRow(told=_told(cast), url=f"{HERE}/atkomst/e1")
    emergency = AccessRow(told=_told(cast, emergency=True, why="Nödöppning", who="", source="", role=""), url="/x")
    return AccessList(
        rows=(row, emergency),
        total=4711,
        most=100_000,
        url=f"{HERE}/atkomst",
        providers=(Option(value="p", name=cast.value, chosen=True),),
        units=(Option(value="u", name=cast.value, chosen=False),),
        asked={"fran": "2026-11-01", "nod": "yes"},
        before="x",
        first=False,
        emergencies=(_emergency(cast),),
        questions=(_question(cast), _question(cast, state="answered", answers=((NOW, cast.value),))),
        wrong="own.access.wrong-days",
    )


def _one(cast: Cast, turn: Any, **changes: Any) -> OneAccess:
    proof = Proof(
        position=11,
        size=4711,
        root="k" * 43 + "=",
        path=("h" * 43 + "=",) * 3,
        checkpoint="broker.example/log\n4711\nkkkk\n\n— broker.example/log abcd\n",
        holds=True,
    )
    form = QuestionForm.of(turn)
    form.validate()
    whole = OneAccess(
        about=_about(cast),
        told=_told(cast),
        back=f"{HERE}/atkomst",
        proof=proof,
        extract_url="?som=utdrag",
        script_url=f"{HERE}/kontroll.py",
        verifiers=("broker.example/log+1234abcd+" + "k" * 44,),
        question=_question(cast, state="looked-at"),
        ask="/x",
        form=form,
    )
    return replace(whole, **changes)


def _powers(cast: Cast) -> Representatives:
    power = PowerRow(
        name=cast.value,
        kind="power",
        state="holds",
        deeds=("read", "ask"),
        services=(cast.service, cast.owner),
        start=NOW,
        until=NOW,
        url="/x",
        logins="/y",
    )
    gone = replace(power, name="", kind="guardian", state="protected", start=None, until=None, url="", logins="")
    return Representatives(
        given=(power, replace(power, state="not-begun")),
        held=(gone,),
        whom=f"{HERE}/vem",
        guardian_until=13,
        self_from=16,
        give="/x",
    )


def _give(cast: Cast, turn: Any) -> GivePower:
    form = PowerForm.of(turn)
    form.services.choices = [SelectChoice("s", cast.service), SelectChoice("o", cast.owner)]
    form.validate()
    form.number.errors = ["own.give.number.wrong"]
    return GivePower(form=form, action="/x", back="/y", years=10, services=2, search=cast.value, searchable=True)


def _data(cast: Cast) -> OwnData:
    thing = (("Förnamn", cast.value), ("protected", "False"))
    return OwnData(
        sections=(
            DataSection(name="person", things=(thing,), total=1),
            DataSection(name="logins", things=(thing, thing), total=4711),
            DataSection(name="roles", things=(), total=0),
        ),
        json_url="/x",
        most=100,
    )


def mine_makers(form_turn: Callable[[], Any]) -> dict[str, Callable[[Cast], Page]]:
    """Every page of My page by the name of its picture."""
    return {
        "u11-start": _start,
        "u6-whom": _whom,
        "u11-closed": lambda _: TooYoung(why="too-young", self_from=16, back=HERE),
        "u11-logins": _logins,
        "u11-login": _login,
        "u11-logins-for-me": _logins_for_me,
        "u11-consents": _consents,
        "u11-blocks": _blocks,
        "u11-new-block": lambda c: _new_block(c, form_turn()),
        "u11-sure": _sure,
        "u11-access": _access,
        "u11-one-access": lambda c: _one(c, form_turn()),
        "u11-no-file": lambda _: NoFile(why="missing", most=2000, csv_url="/x", back="/y"),
        "u11-representatives": _powers,
        "u11-give": lambda c: _give(c, form_turn()),
        "u11-settings": lambda _: Settings(
            languages=(("sv", "Svenska", "/sprak/sv?next=/x"), ("en", "English", "/sprak/en?next=/x")),
            themes=(("light", "/utseende/light?next=/x"), ("system", "/utseende/system?next=/x")),
            theme="system",
            data_url="/x",
            json_url="/y",
        ),
        "u11-data": _data,
        "u11-disowned": lambda c: Disowned(
            reference="7K3M-Q9TD",
            services=(ServiceLeft(names=c.service, out=False, url="https://x.example/"),),
            mailed=True,
        ),
    }
