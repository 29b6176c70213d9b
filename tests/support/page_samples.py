"""A sample of every page, with friendly names or hostile ones, and the frame around them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from broker.web.bench import Option
from broker.web.pages.consent import AskConsentPage, ChooseCommission, CommissionView, DetailView
from broker.web.pages.error import ErrorPage, ErrorUrlPage
from broker.web.pages.frame import Action, Contact, Frame, Names, Page, ServiceView
from broker.web.pages.inform import Accessibility, ServiceLink, Start
from broker.web.pages.leave import LoggedOut, LogOutAsk, ReturnToService, ServiceLeft
from broker.web.pages.login import (
    ChooseMethod,
    HiddenMethods,
    InsertCard,
    MethodView,
    OpenApp,
    QrFrame,
    RaiseLevel,
    ScanCode,
    Search,
    StoppedMethod,
    TestLogin,
)
from broker.web.pages.testing import ChosenBefore, TestChoice
from broker.web.pages.whom import Choice, ChooseOnBehalf
from trust_framework.reasons import REASONS, Way

NOW = 1_795_340_340
LATER = 4_000_000_000
REFERENCE = "7K3M-Q9TD"
CSRF = "b64-of-a-mac"


@dataclass(frozen=True, slots=True)
class Cast:
    """The names that a sample speaks of."""

    service: Names
    owner: Names
    federation: Names
    app: Names
    unit: str
    value: str


FRIENDLY = Cast(
    service={"sv": "Provportalen", "en": "The Lab Portal"},
    owner={"sv": "Region Exempel", "en": "Example Region"},
    federation={"sv": "Vårdfederationen", "en": "Care Federation"},
    app={"sv": "BankID"},
    unit="Hjärtmottagningen, Exempelsjukhuset",
    value="Anna Andersson",
)


def hostile(text: str) -> Cast:
    """Every name is the same hostile text."""
    names = {"sv": text, "en": text}
    return Cast(service=names, owner=names, federation=names, app=names, unit=text, value=text)


def frame(cast: Cast = FRIENDLY, language: str = "sv", theme: str = "system") -> Frame:
    return Frame(
        federation=cast.federation, language=language, theme=theme, reference=REFERENCE, here="/login/4f0c?steg=2"
    )


def post(url: str) -> Action:
    return Action(url, csrf=CSRF)


def samples(cast: Cast = FRIENDLY) -> dict[str, Page]:
    """Every page by the name of its picture."""
    service = ServiceView(
        names=cast.service, owner=cast.owner, back="https://prov.example/start", logo="/logos/rp/1.png"
    )
    return {name: make(service, cast) for name, make in _MAKERS.items()}


def _methods(cast: Cast) -> tuple[MethodView, ...]:
    return (
        MethodView(
            value="card",
            names={"sv": "SITHS-kort i den här datorn", "en": "SITHS card in this computer"},
            icon="card",
            last_used=True,
        ),
        MethodView(value="bankid:elsewhere", names=cast.app, icon="qr", variant="elsewhere"),
        MethodView(value="bankid:here", names=cast.app, icon="phone", variant="here"),
        MethodView(
            value="region",
            names=cast.owner,
            icon="house",
            note={"sv": "Din organisations inloggning", "en": "Your organisation's login"},
        ),
    )


def _choose(service: ServiceView, cast: Cast) -> ChooseMethod:
    return ChooseMethod(
        service=service,
        action="/login/4f0c",
        csrf=CSRF,
        methods=_methods(cast),
        hidden=(
            HiddenMethods(why="level", names=({"sv": "Lösenord", "en": "Password"},)),
            HiddenMethods(why="service", names=(cast.owner, cast.app)),
        ),
        stopped=(
            StoppedMethod(names=cast.app, reason=cast.value, since=1_795_000_000),
            StoppedMethod(names=cast.owner),
        ),
        needed={"sv": "tillitsnivå 3", "en": "level of assurance 3"},
        remember=True,
        cancel=post("/login/4f0c/avbryt"),
    )


def _many(service: ServiceView, cast: Cast) -> ChooseMethod:
    more = tuple(MethodView(value=f"idp-{n}", names={"sv": f"Exempelkommun {n}"}) for n in range(12))
    return ChooseMethod(
        service=service,
        action="/login/4f0c",
        csrf=CSRF,
        methods=_methods(cast)[:2],
        more=more,
        search=Search(url="/login/4f0c", query=cast.value, count=12),
        cancel=post("/login/4f0c/avbryt"),
    )


def _raise(service: ServiceView, cast: Cast) -> RaiseLevel:
    return RaiseLevel(
        service=service,
        action="/login/4f0c",
        csrf=CSRF,
        methods=_methods(cast)[:2],
        present={"sv": "tillitsnivå 2", "en": "level of assurance 2"},
        needed={"sv": "tillitsnivå 3", "en": "level of assurance 3"},
        cancel=post("/login/4f0c/avbryt"),
    )


def _scan(service: ServiceView, cast: Cast) -> ScanCode:
    return ScanCode(
        service=service,
        app=cast.app,
        message="eid.scan",
        expires_at=LATER,
        status_url="/login/4f0c/mobil/status",
        frame_url="/login/4f0c/mobil/kod",
        done=post("/login/4f0c/mobil"),
        here=post("/login/4f0c/mobil/har"),
        other=Action("/login/4f0c/byt"),
        cancel=post("/login/4f0c/avbryt"),
    )


def _open(service: ServiceView, cast: Cast) -> OpenApp:
    return OpenApp(
        service=service,
        app=cast.app,
        start_link="https://app.bankid.com/?autostarttoken=67df3917&redirect=null",
        message="eid.open-app",
        expires_at=LATER,
        status_url="/login/4f0c/mobil/status?har",
        done=post("/login/4f0c/mobil"),
        qr=post("/login/4f0c/mobil/qr"),
        other=Action("/login/4f0c/byt"),
        cancel=post("/login/4f0c/avbryt"),
    )


def _commission(service: ServiceView, cast: Cast) -> ChooseCommission:
    return ChooseCommission(
        service=service,
        action="/login/4f0c/uppdrag",
        csrf=CSRF,
        choices=(
            CommissionView(value="SE2321000000-1ABC", name="Vård och behandling", unit=cast.unit, provider=cast.value),
            CommissionView(value="SE2321000000-1ABD", name="Statistik", unit=cast.unit, provider="Region Exempel"),
            CommissionView(value="SE2321000000-1ABE", name="Kvalitetssäkring"),
        ),
        remember=True,
        cancel=post("/login/4f0c/avbryt"),
    )


def _on_behalf(service: ServiceView, cast: Cast) -> ChooseOnBehalf:
    choices = (
        Choice(value="myself", name=cast.value, kind="self", chosen=True),
        Choice(value="r1", name=cast.value, kind="guardian", age=9, until=LATER),
        Choice(value="r2", name=cast.value, kind="power", until=LATER),
        Choice(value="r3", name=cast.unit, kind="signatory"),
        Choice(value="r4", name="", kind="power"),
    )
    action, cancel = "/login/4f0c/vem", post("/login/4f0c/avbryt")
    return ChooseOnBehalf(service=service, action=action, csrf=CSRF, choices=choices, cancel=cancel)


def _consent(service: ServiceView, cast: Cast) -> AskConsentPage:
    eid = {"sv": "din e-legitimation", "en": "your e-ID"}
    return AskConsentPage(
        service=service,
        action="/login/4f0c/samtycke",
        csrf=CSRF,
        shown="f00d",
        details=(
            DetailView(names={"sv": "Namn", "en": "Name"}, values=(cast.value,), source=eid),
            DetailView(
                names={"sv": "Personnummer", "en": "Personal number"},
                values=("19121212-1212",),
                source=eid,
                sensitive=True,
            ),
            DetailView(
                names={"sv": "Uppdrag", "en": "Assignment"},
                values=(cast.unit, "Statistik"),
                source={"sv": "katalogen", "en": "the directory"},
            ),
        ),
        about={"sv": "Här ser du dina prover.", "en": "Here you see your tests."},
        privacy="https://prov.example/personuppgifter",
        contact=Contact(names=cast.owner, mail="support@region.example"),
    )


def _error(code: str) -> Callable[[ServiceView, Cast], ErrorPage]:
    def make(service: ServiceView, cast: Cast) -> ErrorPage:
        return ErrorPage(
            reason=REASONS[code],
            at=NOW,
            about={"detail": cast.value},
            service=service,
            ways={
                Way.RETRY: post("/login/4f0c/om"),
                Way.OTHER_METHOD: Action("/login/4f0c/byt"),
                Way.SERVICE: Action("https://prov.example/start"),
                Way.COOKIES: Action("/#kakor"),
            },
            contact=Contact(
                names=cast.owner,
                url="https://region.example/help",
                mail="support@region.example",
                phone="+46 10 123 45 67",
            ),
            help_at=(cast.owner, "https://idp.region.example/error?code=OTHER_ERROR"),
            details={"method": cast.value, "asked": "tillitsnivå 3", "got": "tillitsnivå 2", "missing": "uppdrag"},
        )

    return make


_MAKERS: dict[str, Callable[[ServiceView, Cast], Page]] = {
    "u1-choose": _choose,
    "u1-many": _many,
    "u2-scan": _scan,
    "u2-frame": lambda _s, c: QrFrame(
        app=c.app, message="eid.scan", qr_text="bankid.67df3917-fa0d-44e5-b327-edcc928297f8.0." + "d" * 64
    ),
    "u2-frame-done": lambda _s, c: QrFrame(app=c.app, message="eid.started"),
    "u3-open": _open,
    "u4-card": lambda s, c: InsertCard(
        service=s,
        card={"sv": "SITHS-kort", "en": "SITHS card"},
        go_on="https://kort.example/login/4f0c",
        other=Action("/login/4f0c/byt"),
        cancel=post("/login/4f0c/avbryt"),
    ),
    "u5-commission": _commission,
    "u6-on-behalf": _on_behalf,
    "u6-on-behalf-missing": lambda s, c: replace(_on_behalf(s, c), missing=True),
    "u5-missing": lambda s, c: ChooseCommission(
        service=s,
        action="/login/4f0c/uppdrag",
        csrf=CSRF,
        missing=True,
        search=Search(url="/login/4f0c", query="", count=1),
        choices=(CommissionView(value="SE2321000000-1ABC", name=c.unit, unit=c.unit),),
    ),
    "u7-consent": _consent,
    "u7-nothing": lambda s, c: AskConsentPage(
        service=s, action="/login/4f0c/samtycke", csrf=CSRF, shown="f00d", details=()
    ),
    "u8-raise": _raise,
    "u9-return": lambda s, _c: ReturnToService(
        service=s,
        action="https://prov.example/acs",
        fields=(("SAMLResponse", "PHNhbWxwOlJlc3BvbnNl" * 100), ("RelayState", "ss:mem:8f2b")),
    ),
    "u10-level": _error("level-too-low"),
    "u10-expired": _error("login-expired"),
    "u10-cancelled": _error("user-cancelled"),
    "u10-bare": lambda _s, _c: ErrorPage(reason=REASONS["internal"], at=NOW),
    "u10-not-found": lambda _s, _c: ErrorPage(reason=REASONS["not-found"], at=NOW),
    "u12-ask": lambda s, c: LogOutAsk(
        action="/oidc/logout", csrf=CSRF, services=(c.service, c.owner), service=s, stay=Action("https://prov.example/")
    ),
    "u12-out": lambda s, c: LoggedOut(services=(ServiceLeft(names=c.service, out=True),), service=s, again="/"),
    "u12-partly": lambda s, c: LoggedOut(
        services=(
            ServiceLeft(names=c.service, out=True),
            ServiceLeft(names=c.owner, out=False, url="https://journal.example/"),
        ),
        card=True,
        service=s,
    ),
    "u14-start": lambda _s, c: Start(
        services=(ServiceLink(names=c.service, url="https://prov.example/", note=c.owner),),
        areas=("/min-sida", "/vard", "/granskning", "/portal", "/admin"),
    ),
    "test-login": lambda s, c: TestLogin(service=s, action="/login/4f0c", csrf=CSRF, cancel=post("/login/4f0c/avbryt")),
    "test-wrong": lambda s, c: TestLogin(service=s, action="/login/4f0c", csrf=CSRF, wrong=c.value),
    "test-choice": lambda s, c: TestChoice(
        service=s,
        method=c.app,
        action="/login/4f0c/test",
        csrf=CSRF,
        persons=(Option("anna", c.owner, first=True), Option("bo", c.app)),
        levels=(Option("http://id.elegnamnden.se/loa/1.0/loa3", c.owner),),
        attributes=(Option("sn", c.owner),),
        cancel=post("/login/4f0c/avbryt"),
    ),
    "test-choice-wrong": lambda s, c: TestChoice(
        service=s, method=c.app, action="/x", csrf=CSRF, persons=(Option("anna", c.owner),), wrong=True
    ),
    "test-chosen": lambda s, c: ChosenBefore(service=s, person=c.owner, answer="expired"),
    "test-chosen-nowhere": lambda s, c: ChosenBefore(service=replace(s, back=None), person=c.owner, answer="succeeded"),
    "accessibility": lambda _s, c: Accessibility(reviewed="2026-11-22", known_faults=(c.owner,)),
    "error-url": lambda s, c: ErrorUrlPage(
        error_class="AUTHORIZATION_FAILURE", service=s, at=NOW, transaction=REFERENCE
    ),
    "error-url-bare": lambda _s, _c: ErrorUrlPage(),
}
