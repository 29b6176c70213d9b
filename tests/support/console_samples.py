"""A sample of every page of the consoles, with friendly names or hostile ones, and the frame around them.

A new page is a line in `_MAKERS`. Fields that are posted unseen were cleaned by the gate. Forms are made as a view makes
them, on a turn that came from nowhere.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.fields import SelectChoice

from broker.audit.verified import Verified
from broker.federation.register import KINDS
from broker.protocols.testing.run import Message
from broker.web import bench
from broker.web.console.addresses_pages import AddressList, AddressRow
from broker.web.console.chained_pages import ChainedList, ChainedRow
from broker.web.console.colleagues import Invite
from broker.web.console.colleagues_pages import Invitation, Invited, People, PersonRow
from broker.web.console.configuration_pages import Configuration, DriftRow, SettingRow
from broker.web.console.confirm import Confirm
from broker.web.console.connecting import STEPS
from broker.web.console.connecting_forms import (
    AboutForm,
    AcceptedForm,
    BeginForm,
    DetailsForm,
    SendForm,
    TechnicalForm,
    why_form,
)
from broker.web.console.connecting_pages import ConnectStart, ConnectStep, Draft, ReportShown, Step
from broker.web.console.ending_pages import EndingEntry, EndingList
from broker.web.console.entry_pages import ChoosePortal, Held, NoRole, NotAllowed
from broker.web.console.evidence import Checked, EarlierRow, Evidence, TestLogins
from broker.web.console.findings import FindingRow, PassedRow
from broker.web.console.forms import ConsoleForm
from broker.web.console.frame import ConsoleFrame, Place, Tab
from broker.web.console.hosts import HostForm
from broker.web.console.hosts_pages import FederationHosts, HostRow, HostShown, MemberHosts
from broker.web.console.keys_pages import (
    Change,
    EndRow,
    FederationKeys,
    FetchRow,
    HeldRow,
    KeyLine,
    MemberKeys,
    OpenChange,
    OwnChoice,
    OwnKey,
    OwnStep,
    Reach,
    ServiceKey,
    ServiceKeys,
)
from broker.web.console.leaving_pages import Leave, LeaveForm
from broker.web.console.listing import Asked, Listing
from broker.web.console.logins import SupposeForm
from broker.web.console.logins_pages import (
    Day,
    Explained,
    LoginList,
    LoginRow,
    LoginServices,
    Occasion,
    Search,
    ServiceLink,
)
from broker.web.console.member_about_form import MemberForm
from broker.web.console.member_forms import PURPOSES, ContactsForm, TrustForm
from broker.web.console.member_pages import (
    AgentRow,
    AssessmentRow,
    ContactRow,
    DeclarationRow,
    MemberAbout,
    MemberCard,
    MemberContacts,
    MemberTrust,
)
from broker.web.console.methods_forms import StopForm, TryForm
from broker.web.console.methods_pages import (
    AttributeRow,
    LevelRow,
    MethodList,
    MethodRow,
    MethodView,
    StopMethod,
    Tried,
    TriedRow,
)
from broker.web.console.own_keys import NextKeyForm
from broker.web.console.policies import PolicyForm
from broker.web.console.policies_pages import ImpactRow, PastRow, PolicyList, PolicyView, RuleRow
from broker.web.console.proposals_forms import ApplyForm, DecisionForm
from broker.web.console.proposals_pages import ActRow, Apply, CheckRow, ProposalList, ProposalRow, ProposalShown, Stop
from broker.web.console.register_pages import (
    EntryRow,
    EntryShown,
    Fact,
    KindCount,
    RegisterList,
    RegisterStart,
    VersionRow,
    VersionShown,
)
from broker.web.console.registering import LevelForm
from broker.web.console.registering_pages import RegisterClient, RegisterWith
from broker.web.console.sharing_forms import FORMS, DraftForm
from broker.web.console.sharing_pages import (
    AgreementCard,
    AgreementDraft,
    AgreementList,
    AgreementRow,
    DataRow,
    NoticeRow,
    PartyRow,
    TermsView,
)
from broker.web.console.snippets_pages import Snippets, StackLink
from broker.web.console.start_pages import (
    CauseRow,
    Dashboard,
    Figure,
    LogState,
    MethodHealth,
    PortalService,
    PortalStart,
)
from broker.web.console.supposing import OwnForm
from broker.web.console.supposing_pages import SupposeOwn
from broker.web.console.tally_pages import Tally, TallyRow
from broker.web.console.testing import TABS
from broker.web.console.testing_forms import TestForm
from broker.web.console.testing_pages import RunRow, ServiceRow, StepRow, TestRun, TestService, TestServices
from broker.web.console.todo import Todo
from broker.web.pages.frame import Page, clean
from metadata.described_keys import DescribedKey
from metadata.published import Heard
from tests.support.care_samples import care_makers
from tests.support.mine_samples import mine_makers
from tests.support.page_samples import CSRF, FRIENDLY, NOW, Cast
from tests.support.sheet_samples import sheet_makers
from trust_framework.agreement_notices import NoticeKind
from trust_framework.agreements import Standing
from trust_framework.case import Verdict
from trust_framework.explanation import Explanation, Line, Reader, explained
from trust_framework.outcome import Outcome

ORG = "5560360793"
TOLD = Line("sn", "Efternamn", Outcome.RELEASED, "lämnad", "begärd och tillåten")
LEVEL3 = "http://id.elegnamnden.se/loa/1.0/loa3"


def console_frame(cast: Cast = FRIENDLY, language: str = "sv", theme: str = "system", **changes: Any) -> ConsoleFrame:
    """The frame of a member's portal, with everything in it."""
    whole = ConsoleFrame(
        federation=cast.federation,
        language=language,
        theme=theme,
        here=f"/portal/{ORG}",
        tabs=(Tab("start", f"/portal/{ORG}", current=True),),
        who=cast.value,
        roles=("operator", "owner"),
        org=cast.owner,
        places=(Place("/admin"), Place("/portal/2120000142", cast.service)),
    )
    return replace(whole, **changes)


class FormTurn:
    """As much of a `ConsoleTurn` as a form looks at: what was posted, and a token."""

    def __init__(self, **posted: str) -> None:
        self.sent = type("Sent", (), {"fields": MultiDict(posted), "files": MultiDict()})
        self.posted = bool(posted)

    def csrf(self) -> str:
        return CSRF


def listing(url: str, *rows: Any, cast: Cast = FRIENDLY, **more: Any) -> Listing:
    """A list with more pages before and after, searched for something."""
    around = {"asked": Asked(cast.value, "active", "61.rp"), "next": "62.rp", "states": ("active", "test"), "csv": True}
    return Listing(url, rows, 4711, **{**around, **more})


def console_samples(cast: Cast = FRIENDLY) -> dict[str, Page]:
    """Every page by the name of its picture."""
    makers = {**_MAKERS, **care_makers(FormTurn), **sheet_makers(FormTurn), **mine_makers(FormTurn)}
    return {name: make(cast) for name, make in makers.items()}


def _todo(cast: Cast) -> tuple[Todo, ...]:
    return (Todo(cast.service, f"/portal/{ORG}/x", "todo.title"), Todo(cast.owner, "/admin/x", cast.app))


def _confirm(cast: Cast) -> Confirm:
    return Confirm(
        title=cast.service,
        changes=(cast.owner, cast.app),
        button=cast.service,
        action="/admin/x",
        csrf=CSRF,
        cancel="/admin",
        fields=(("reason", clean(cast.value)),),
    )


def _start(cast: Cast) -> PortalStart:
    row = PortalService(
        names=cast.service,
        id=cast.value,
        url="/portal/x",
        environment="production",
        status="published",
        change="waiting",
        protocol="saml",
        logins=10_000,
        faults="< 1 %",
    )
    new = replace(row, environment="test", change="", protocol="", logins=0, faults="")
    rows = (
        *(replace(new, status=status) for status in ("draft", "tested", "waiting", "test")),
        row,
        replace(row, status="stopped", change="draft"),
        replace(row, status="left", change=""),
    )
    services = listing(f"/portal/{ORG}", *rows, cast=cast)
    return PortalStart(todo=_todo(cast), services=services, connect="/portal/x/anslut")


def _dashboard(cast: Cast) -> Dashboard:
    lists = {"good_url": "/admin/antal?lage=released&metod=x", "faults_url": "/admin/antal?lage=fault&metod=x"}
    method = MethodHealth(names=cast.app, url="/admin/x", good=9_000, faults=10, share="< 1 %", last_good=NOW, **lists)
    return Dashboard(
        todo=_todo(cast),
        figures=(Figure(name="members", value="10 000", url="/admin"), Figure(name="drift", value="2", url="/admin")),
        per_minute="417.0",
        methods=(method, replace(method, good=0, share="", last_good=None)),
        causes=(
            CauseRow(code="user-cancelled", text=cast.service, number=10, before=7, url="/admin/antal?lage=x"),
            CauseRow(code=cast.value, text={}, number=1, before=0, url="/admin/antal?lage=y"),
        ),
        log=LogState(sealed=10, waiting=1, checkpoint_at=NOW, verified=Verified(NOW, 0, 9, 0)),
    )


def _rows(cast: Cast) -> tuple[EntryRow, ...]:
    states = ("active", "test", "suspended", "left")
    return tuple(
        EntryRow(
            names=cast.service,
            id=cast.value,
            url="/admin/register/service/rp",
            subject=cast.value,
            state=state,
            protocol="saml",
            org=cast.owner,
            changed_at=NOW,
        )
        for state in states
    )


def _version(cast: Cast, **changes: Any) -> VersionRow:
    whole = VersionRow(version=7, at=NOW, origin="portal", who=cast.value, reason=cast.unit, url="/admin/x", gone=False)
    return replace(whole, **changes)


def _entry(cast: Cast) -> EntryShown:
    return EntryShown(
        kind="service",
        names=cast.service,
        id=cast.value,
        facts=(Fact(label={"sv": "namn", "en": "name"}, values=(cast.service, cast.owner)),),
        history=(_version(cast), _version(cast, version=3, origin="file", who="", gone=True)),
        state="active",
        back="/admin/register/service",
        org=cast.owner,
        change="/portal/x/andra",
        leave="/portal/x/lamna",
        csrf=CSRF,
        address=_address(cast),
    )


def _register_then(cast: Cast) -> RegisterStart:
    counts = tuple(KindCount(name=kind, count=10_000, url=f"/admin/register/{kind}") for kind in KINDS[1:])
    then = {"asked": cast.value, "at": NOW, "then": 4, "counts": counts, "export": "/admin/installningar/export"}
    return RegisterStart(kinds=counts, version=12, **then)


def _configuration(cast: Cast) -> Configuration:
    drift = DriftRow(kind="service", names=cast.service, url="/admin/x", origin="portal", at=NOW)
    setting = SettingRow(name="TILLIT_BASE_URL", value=cast.value, origin="environment", description="The issuer.")
    return Configuration(
        settings=(setting, replace(setting, value="", origin="default")),
        drift=Listing("/admin/installningar", (drift,), 1, searched=False),
        version=12,
        export="/admin/installningar/export",
    )


def _test_form(**posted: str) -> TestForm:
    form = TestForm.choosing(
        FormTurn(**posted), bench.persons(), {}, bench.levels((LEVEL3,), ()), bench.attributes(("sn",))
    )
    if posted:
        form.valid(FormTurn(**posted))
    return form


def _run_row(cast: Cast, **changes: Any) -> RunRow:
    whole = {"at": NOW, "reference": "AAAA-BBBB", "url": "/portal/x", "person": cast.service, "answer": "expired"}
    return RunRow(**{**whole, "outcome": "answered", "present": False, **changes})


def _test_service(cast: Cast, protocol: str = "saml", **changes: Any) -> TestService:
    whole: dict[str, Any] = {
        "form": _test_form(),
        "action": "/portal/x",
        "names": cast.service,
        "issuer": "https://login.example.org/test",
        "entity_id": "https://login.example.org/test/saml/metadata",
        "protocol": protocol,
        "draft": True,
        "passed": NOW,
        "runs": (_run_row(cast), _run_row(cast, person={}, answer="", outcome="failed", present=True)),
    }
    return TestService(**{**whole, **changes})


def _test_run(cast: Cast, tab: str = "steg", protocol: str = "saml") -> TestRun:
    said = Message(clean(cast.value), ((cast.value, cast.value),), clean(cast.value))
    return TestRun(
        names=cast.service,
        back="/portal/x",
        run=_run_row(cast),
        protocol=protocol,
        tab=tab,
        tabs=tuple((name, f"/portal/x?flik={name}") for name in TABS),
        steps=(
            StepRow("received", "ok"),
            StepRow("signature", "err", cast.service),
            StepRow("answered", "ok", {}, "expired"),
        ),
        request=said,
        answer=said,
        tokens=said if protocol == "oidc" else None,
        explanation=Explanation(
            "released",
            clean(cast.value),
            clean(cast.value),
            (TOLD, replace(TOLD, label=clean(cast.value))),
            (("a", "b"),),
        ),
    )


def _test_services(cast: Cast) -> TestServices:
    row = ServiceRow(names=cast.service, url="/portal/x", draft=True, outcome="passed", passed=NOW)
    unread = {clean(cast.value): cast.value}
    return TestServices(
        services=listing("/portal/x", row, searched=False, states=(), csv=False),
        unread=unread,
        issuer="https://login.example.org/test",
    )


def _people(cast: Cast) -> People:
    turn = FormTurn(role="king")
    form = Invite.of(turn)
    form.role.choices = [SelectChoice("owner", "role.owner"), SelectChoice("reader", "role.reader")]
    form.valid(turn)
    row = PersonRow(name=cast.value, role="owner", at=NOW, by=cast.value, until=None, end="/portal/x")
    return People(
        rows=listing("/portal/x", row, replace(row, by="", until=NOW, end=None), searched=False, states=(), csv=False),
        action="/portal/x",
        form=form,
    )


def _level_form() -> LevelForm:
    turn = FormTurn(level="x")
    form = LevelForm.of(turn)
    form.level.choices = [SelectChoice(LEVEL3, {"sv": LEVEL3, "en": LEVEL3})]
    form.valid(turn)
    return form


def _method_rows(cast: Cast) -> tuple[MethodRow, ...]:
    return tuple(
        MethodRow(
            cast.service, "/admin/x", kind, state, (LEVEL3,) if state == "active" else (), trouble=state == "active"
        )
        for kind, state in (("saml", "active"), ("card", "suspended"))
    )


def _method(cast: Cast, **changes: Any) -> MethodView:
    key = DescribedKey("a" * 32, "RSA 3072", "signing", fingerprint="b" * 64, valid_from=NOW, valid_until=NOW)
    whole: dict[str, Any] = {
        "names": cast.service,
        "kind": "oidc",
        "state": "active",
        "subject": cast.value,
        "ceiling": LEVEL3,
        "changed_at": NOW,
        "heard": Heard(None, NOW, cast.value),
        "keys": (key, replace(key, id="c" * 32, fingerprint=None, valid_until=None)),
        "levels": (LevelRow(cast.value, LEVEL3, held=False), LevelRow("", LEVEL3, held=True)),
        "attributes": (AttributeRow(cast.value, "sn", cast.owner),),
        "scopes": (cast.value,),
        "form": _form(TryForm),
        "action": "/admin/x",
        "stop_url": "/admin/x/stoppa",
    }
    return MethodView(**{**whole, **changes})


def _form(kind: type[ConsoleForm], **posted: str) -> Any:
    form = kind.of(FormTurn(**posted))
    if posted:
        form.valid(FormTurn(**posted))
    return form


def _tried(cast: Cast) -> Tried:
    rows = (TriedRow(cast.value, cast.owner, (cast.value, cast.value), ""), TriedRow(cast.value, {}, (), "unmapped"))
    return Tried(cast.value, "", rows, cast.service)


def _stop(cast: Cast, **posted: str) -> StopMethod:
    others = {LEVEL3: cast.app, "http://id.elegnamnden.se/loa/1.0/loa2": {"sv": "", "en": ""}}
    return StopMethod(
        names=cast.service, form=_form(StopForm, **posted), action="/admin/x", cancel="/admin", others=others
    )


def _proposal_row(cast: Cast, stage: str = "submitted") -> ProposalRow:
    return ProposalRow(
        url="/admin/forslag/x", names=cast.service, kind="service", org=cast.owner, stage=stage, danger="dangerous",
        changed_at=NOW, emergency=True,
    )  # fmt: skip


def _proposal_list(cast: Cast) -> ProposalList:
    rows = (_proposal_row(cast), _proposal_row(cast, "returned"))
    return ProposalList(proposals=listing("/admin/forslag", *rows, cast=cast, states=("waiting", "open", "draft")))


def _decision(*vouchable: str, **posted: str) -> DecisionForm:
    form = DecisionForm.about(FormTurn(**posted), vouchable, "a" * 64)
    if posted:
        form.valid(FormTurn(**posted))
    return form


def _proposal(cast: Cast, **changes: Any) -> ProposalShown:
    acts = (
        ActRow(at=NOW, who=cast.value, body="member", what="submitted", reason=cast.value),
        ActRow(at=NOW, who=cast.value, body="federation", what="approved", reason=cast.value, counts=True),
    )
    whole = ProposalShown(
        names=cast.service,
        kind="service",
        object=cast.value,
        org=cast.owner,
        stage="submitted",
        danger="dangerous",
        emergency=False,
        review_due=None,
        author=cast.value,
        changes=(("dangerous", cast.service), ("careful", cast.owner), ("harmless", cast.owner)),
        checks=(
            CheckRow(document="test-login", done=True),
            CheckRow(document="agreement", done=False),
            CheckRow(document="representation", done=False, vouched=True),
            CheckRow(document="domain-proof", done=False, lacks=(clean(cast.value),)),
        ),
        acts=acts,
        approvals=1,
        needed=2,
        wrong=(),
        look_alikes=(),
        raw=("", clean(cast.value)),
        action="/admin/forslag/x",
        back="/admin/forslag",
        form=_decision("agreement"),
        offers=("rebase", "approve", "return", "reject", "emergency"),
        hosts=((clean(cast.value), ""),),
        evidence=_evidence(cast),
    )
    return replace(whole, **changes)


def _proposal_stands(cast: Cast) -> ProposalShown:
    return _proposal(
        cast,
        stage="published",
        emergency=True,
        review_due=NOW,
        changes=(),
        checks=(),
        wrong=(clean(cast.value),),
        look_alikes=((clean(cast.value), cast.owner),),
        evidence=_untried(cast),
        offers=(),
        stands="refused.own-proposal",
    )


def _apply(cast: Cast, **posted: str) -> Apply:
    form = ApplyForm.of(FormTurn(**posted))
    if posted:
        form.valid(FormTurn(**posted))
    return Apply(form=form, earlier=(_proposal_row(cast),))


def _member(cast: Cast, **more: Any) -> MemberCard:
    value = cast.value
    contact = ContactRow(purpose="security", name=value, mail=value, phone=value, confirmed="2026-01-01", stale=False)
    agent = AgentRow(names=cast.owner, org=ORG, roles=("technical", "reader"), until="2027-01-01", holds=True)
    declaration = DeclarationRow(level=LEVEL3, reviewer=value, expires="2027-01-01", holds=True)
    given = {
        "names": cast.owner,
        "org": ORG,
        "state": "suspended",
        "reason": value,
        "type": "user-organisation",
        "roles": ("e-service-owner", "api-owner"),
        "contacts": (contact, replace(contact, purpose="billing", phone="", confirmed="", stale=True)),
        "declarations": (declaration, replace(declaration, holds=False)),
        "assessment": AssessmentRow(made="2025-01-01", by=value, again="2026-01-01", holds=False),
        "agents": (agent, replace(agent, holds=False)),
        "entities": _rows(cast),
        "entities_total": 10_000,
        "providers": (*_rows(cast)[:2], replace(_rows(cast)[0], url="")),
        "providers_total": 30,
        "agreements": _agreement_rows(cast),
        "agreements_total": 30,
        "all_agreements": "/admin/avtal?q=x",
        "open_proposals": 2,
        "proposals": "/admin/forslag",
        "history": (_version(cast), _version(cast, url="")),
        "edit": f"/portal/{ORG}/medlem",
        "leave": f"/portal/{ORG}/medlem/lamna",
        "stop": "/admin/x/stopp",
    }
    return MemberCard(**{**given, **more})


def _own_form(**posted: str) -> Any:
    form = OwnForm.of(FormTurn(**posted))
    form.method.choices = [SelectChoice("card", {"sv": "Kort", "en": "Card"})]
    form.level.choices = [SelectChoice("loa3", {"sv": "loa3", "en": "loa3"})]
    if posted:
        form.valid(FormTurn(**posted))
    return form


def _leave(cast: Cast) -> Leave:
    return Leave(
        kind="member",
        names=cast.owner,
        state="active",
        services=((f"/portal/{ORG}/tjanster/x", cast.service),),
        agreements=((f"/portal/{ORG}/avtal/x", cast.app),),
        under_way=(f"/portal/{ORG}/forslag/x",),
        form=_form(LeaveForm),
        action=f"/portal/{ORG}/medlem/lamna",
        back=f"/portal/{ORG}/medlem",
    )


_BARE: dict[str, Any] = {
    "reason": "", "roles": (), "contacts": (), "declarations": (), "assessment": None, "agents": (), "entities": (),
    "entities_total": 0, "providers": (), "providers_total": 0, "agreements": (), "agreements_total": 0,
    "edit": "", "stop": "",
}  # fmt: skip


def _member_contacts(cast: Cast, **posted: str) -> MemberContacts:
    turn = FormTurn(**posted)
    told = {"security": {"name": clean(cast.value), "mail": "a@example.se"}}
    form = ContactsForm.of(turn) if posted else ContactsForm.showing(turn, told)
    if posted:
        form.valid(turn)
    return MemberContacts(form=form, purposes=PURPOSES, action="/portal/x", back="/portal")


def _member_trust(cast: Cast, **posted: str) -> MemberTrust:
    turn = FormTurn(**posted)
    form = TrustForm.about(turn, (("d0", cast.service), ("a0", cast.owner)))
    if posted:
        form.valid(turn)
    return MemberTrust(form=form, action="/portal/x", back="/portal")


def _stopped(cast: Cast) -> Stop:
    return Stop(
        names=cast.service,
        kind="member",
        state="suspended",
        reason=cast.value,
        form=_decision(),
        action="/admin/x",
        back="/admin/x",
        offers=("activate", "leave"),
    )


def _terms_view(cast: Cast, **changes: Any) -> TermsView:
    given: dict[str, Any] = {
        "version": 2,
        "digest": "ab" * 32,
        "purpose": cast.value,
        "legal_basis": cast.unit,
        "transfer": cast.value,
        "retention_days": 90,
        "valid_from": NOW,
        "valid_until": NOW + 86400,
        "review_at": NOW,
        "services": (cast.service, cast.service),
        "parties": (
            PartyRow(
                names=cast.owner, roles=("giver", "receiver"), contact=cast.value, signed_by=cast.value, signed_at=NOW
            ),
            PartyRow(names=cast.owner, roles=("receiver",), leaving=True),
        ),
        "data": (DataRow(label=cast.service, giver=cast.owner, receiver=cast.owner, definition=cast.value),),
        "lacking": ("purpose", "contacts"),
    }
    return TermsView(**{**given, **changes})


def _agreement(cast: Cast, **changes: Any) -> AgreementCard:
    forms = {act: kind(None, data={"act": act}, meta={"csrf_context": FormTurn()}) for act, kind in FORMS.items()}
    given: dict[str, Any] = {
        "id": "A-17",
        "names": cast.service,
        "standing": "review-due",
        "terms": _terms_view(cast),
        "proposed": _terms_view(cast, version=3, lacking=()),
        "back": "/portal/x",
        "action": "/portal/x",
        "notices": tuple(NoticeRow(kind=kind.value, at=NOW, org=cast.owner) for kind in NoticeKind),
        "stops": ((cast.owner, cast.value),),
        "forms": forms,
        "csrf": CSRF,
        "next": "/portal/x/andra",
        "wrong": "changed",
    }
    return AgreementCard(**{**given, **changes})


def _agreement_rows(cast: Cast) -> tuple[AgreementRow, ...]:
    return tuple(
        AgreementRow(id="A-17", names=cast.service, url="/portal/x", standing=code.value, until=NOW, to_sign=bool(n))
        for n, code in enumerate(Standing)
    )


def _agreements(cast: Cast) -> AgreementList:
    rows = _agreement_rows(cast)
    return AgreementList(agreements=listing("/portal/x/avtal", *rows, cast=cast), draft="/portal/x/nytt")


def _hosts(c: Cast) -> tuple[HostRow, ...]:
    return tuple(
        HostRow(
            host=clean(c.value),
            url="/portal/x/domaner/h",
            state=state,
            checked_at=None if state == "asked" else NOW,
            next_at=None if state == "outdated" else NOW,
            ends_at=NOW if state == "failing" else None,
        )
        for state in ("asked", "proven", "failing", "outdated")
    )


def _host(c: Cast) -> HostShown:
    return HostShown(
        host=clean(c.value),
        state="asked",
        line="tillit-domain-proof=Rk5uT2tlbi1vZi10aGlzLWhvc3Q",
        well_known="https://tjanst.exempel.se/.well-known/tillit-domain-proof",
        dns_name="_tillit.tjanst.exempel.se",
        in_dns=True,
        checked_at=NOW,
        proven_at=None,
        failing_since=None,
        ends_at=None,
        next_at=None,
        missed=("host.at-host.status", "host.in-dns.absent"),
        renews=False,
        action="/portal/x/domaner/h",
        csrf=CSRF,
        back="/portal/x/domaner",
    )


def _address(cast: Cast, **changes: Any) -> AddressRow:
    given: dict[str, Any] = {
        "kind": "service", "url": "https://sp.example/metadata", "entry": "/admin/register/service/x", "names": cast.service,
        "keys": False, "checked_at": NOW, "good_at": NOW - 7200, "next_at": NOW + 3600, "failing_since": NOW - 3600,
        "error": "fetch", "detail": cast.value, "held": (cast.value,), "proposal": "/admin/forslag/x", "org": cast.owner,
    }  # fmt: skip
    return AddressRow(**{**given, **changes})


def _never(cast: Cast) -> AddressRow:
    return _address(cast, keys=True, checked_at=0, good_at=0, next_at=0, error="", held=(), proposal="", org={})


def _draft_form(**typed: str) -> DraftForm:
    return DraftForm.choosing(FormTurn(**typed))


def _policies(cast: Cast) -> PolicyList:
    one = RuleRow(id="R3", names=cast.service, url="/admin/x", sentence=cast.owner, version=2)
    return PolicyList(
        rules=listing("/admin/policyer", one, replace(one, coming=cast.app, since=NOW), cast=cast),
        draft="/admin/policyer/ny",
    )


def _policy(cast: Cast, **changes: Any) -> PolicyView:
    impact = ImpactRow(names=cast.service, lost=(cast.app, cast.owner), gained=(), other=(cast.owner,))
    given: dict[str, Any] = {
        "form": PolicyForm.choosing(FormTurn()),
        "action": "/admin/policyer/R3",
        "back": "/admin/policyer",
        "sentence": cast.owner,
        "history": (PastRow(at=NOW, sentence=cast.owner, undo="/admin/policyer/R3?fran=1"),),
        "tried": True,
        "proposed": cast.app,
        "touched": 14,
        "losing": 3,
        "impacts": (impact,),
        "wrong": "unfit",
    }
    return PolicyView(**{**given, **changes})


def _why(cast: Cast) -> Explanation:
    trace = (
        Verdict("level-reached", "allowed"),
        Verdict("policy", "released", "sn", "", "login", "R3/2 A-17/1"),
        Verdict("agreement", "no-agreement", "mail", "expired", "person", "A-17/1"),
        Verdict("registered", "not-allowed", cast.value[:60]),
    )
    return explained(trace, "attr-missing", Reader.OPERATOR, "sv", {}, {"service": cast.unit, "detail": cast.value})


def _logins(cast: Cast, **changes: Any) -> LoginList:
    row = LoginRow(
        at=NOW,
        reference="7K3M-Q9TD",
        url=f"/portal/{ORG}/inloggningar/rp/7K3M-Q9TD",
        result="released",
        told=cast.service,
        level="loa3",
        method=cast.unit,
        subject="•••3fa9",
    )
    given: dict[str, Any] = {
        "names": cast.service,
        "url": f"/portal/{ORG}/inloggningar/rp",
        "back": f"/portal/{ORG}/inloggningar",
        "rows": (row, replace(row, result="user-cancelled", told=cast.owner, subject="")),
        "total": 2,
        "results": {"released": cast.service, "user-cancelled": cast.owner},
        "methods": {"card": cast.app},
        "days": (Day(day="2026-11-24", logins=3, faults=1, left=0, login_height=75, fault_height=25),),
        "asked": {"lage": "faults"},
        "before": 17,
    }
    return LoginList(**{**given, **changes})


def _explained(cast: Cast) -> Explained:
    why = _why(cast)
    one = Occasion(
        at=NOW, kind="login", explanation=why, level="loa3", method=cast.unit, subject=cast.value, register=7
    )
    two = replace(one, kind="refused", sealed=False, register=0, subject="", method="", level="")
    return Explained(
        reference="7K3M-Q9TD",
        service=cast.service,
        occasions=(one, two),
        back="/admin/forklara",
        links={"R3": "/admin/x"},
    )


def _suppose_form(**typed: str) -> SupposeForm:
    form = SupposeForm(MultiDict(typed) if typed else None, meta={"csrf_context": FormTurn()})
    form.method.choices = [SelectChoice("card", {"sv": "Kort", "en": "Card"})]
    form.level.choices = [SelectChoice(LEVEL3, {"sv": LEVEL3, "en": LEVEL3})]
    if typed:
        form.validate()
    return form


def _explaining(cast: Cast, **changes: Any) -> Search:
    where = "/admin/forklara"
    return Search(**{"search": where, "action": where, "form": _suppose_form(), "service": cast.service, **changes})


def _connect_steps(present: str) -> tuple[Step, ...]:
    return tuple(
        Step(label=f"connect.step.{name}", url="/portal/x", done=name == "om", current=name == present)
        for name in STEPS
    )


def _connect(cast: Cast, step: str = "om", **more: Any) -> ConnectStep:
    forms: dict[str, Callable[[], ConsoleForm]] = {
        "om": lambda: AboutForm.of(
            FormTurn(), {"name_sv": clean(cast.value), "mail": "x", "description_sv": clean(cast.value), "phone": "1"}
        ),
        "teknik": lambda: TechnicalForm.of(FormTurn(), {"metadata": clean(cast.value), "scope": clean(cast.value)}),
        "uppgifter": lambda: DetailsForm.choosing(
            FormTurn(), {"on_behalf_of": ["power"]}, bench.attributes(("sn", "givenName")), (clean(cast.value),)
        ),
        "skal": lambda: why_form({"sn": cast.app}).of(FormTurn(), {"sn": clean(cast.value)}),
        "niva": lambda: AcceptedForm.choosing(
            FormTurn(), {"methods": ["app"]}, (LEVEL3,), lambda _: cast.app, {"app": cast.app}
        ),
        "skicka": lambda: SendForm.of(FormTurn()),
    }
    form = forms[step]() if step in forms else None
    whole = {"step": step, "names": cast.service, "steps": _connect_steps(step), "form": form, "action": "/portal/x"}
    return ConnectStep(**{**whole, **more})


def _findings(cast: Cast) -> tuple[FindingRow, ...]:
    row = FindingRow(
        id="no-acs",
        severity="error",
        place=clean(cast.value),
        line=37,
        detail=cast.value,
        why=cast.service,
        remedy=cast.owner,
        rule="SAML metadata 2.4",
        fix="/portal/x#metadata",
    )
    return row, replace(row, severity="warning", line=None, detail=""), replace(row, severity="hint", place="")


def _passed(cast: Cast) -> tuple[PassedRow, ...]:
    return PassedRow(id="no-sso", names=cast.service), PassedRow(id="doctype", names=cast.owner)


def _evidence(cast: Cast) -> Evidence:
    run = RunRow(
        at=NOW, reference="7K3M-Q9TD", url="/admin/forslag/x/prov/y", person=cast.service, answer="succeeded", outcome="passed",
        present=True,
    )  # fmt: skip
    failed = replace(run, person={}, answer="", outcome="failed", present=False)
    return Evidence(
        checked=Checked(errors=1, warnings=1, hints=1, findings=_findings(cast), more=1, passed=_passed(cast)),
        tested=TestLogins(runs=(run, failed), total=9, passed_at=NOW),
        declarations=(DeclarationRow(level=LEVEL3, reviewer=cast.value, expires="2027-01-01", holds=True),),
        assessment=AssessmentRow(made="2025-01-01", by=cast.value, again="2026-01-01", holds=False),
        earlier=(EarlierRow(url="/admin/forslag/y", stage="rejected", changed_at=NOW, reason=cast.value),),
        earlier_total=7,
        every="/admin/forslag?q=x",
    )


def _untried(cast: Cast) -> Evidence:
    nothing = Checked(errors=0, warnings=0, hints=0, findings=(), more=0, passed=_passed(cast))
    return replace(
        _evidence(cast), checked=nothing, tested=TestLogins(runs=(), total=0, passed_at=None), earlier_total=1
    )


def _report(cast: Cast) -> ReportShown:
    return ReportShown(
        names=cast.service,
        steps=_connect_steps("kontroll"),
        findings=_findings(cast),
        errors=1,
        warnings=1,
        hints=1,
        passed=_passed(cast),
        more=3,
        not_run=((_passed(cast)[0], "check.needs.scopes"),),
        only="allt",
        url="/portal/x",
        trying="/portal/x?prova=ja",
        json_url="/portal/x.json",
        share="https://login.example.org/portal/x",
        back="/portal/x",
        next="/portal/x",
    )


_MAKERS: dict[str, Callable[[Cast], Page]] = {
    "o4-policies": _policies,
    "o4-policies-none": lambda _: PolicyList(rules=Listing("/admin/policyer", (), 0)),
    "o4-policy": _policy,
    "o4-policy-new": lambda c: _policy(c, sentence={}, history=(), tried=False, impacts=(), wrong=""),
    "m8-agreements": _agreements,
    "m8-agreements-none": lambda _: AgreementList(agreements=Listing("/portal/x/avtal", (), 0)),
    "m8-agreement": _agreement,
    "m8-agreement-short": lambda c: _agreement(
        c,
        short=True,
        proposed=None,
        forms={},
        notices=(),
        stops=(),
        next="",
        wrong="",
        terms=_terms_view(c, parties=()),
    ),
    "m8-draft": lambda _: AgreementDraft(form=_draft_form(), action="/portal/x", back="/portal", wrong="no-member"),
    "m5-services": lambda c: LoginServices(
        services=listing("/portal/x", ServiceLink(names=c.service, url="/portal/x"), cast=c)
    ),
    "m5-services-none": lambda _: LoginServices(services=Listing("/portal/x", (), 0)),
    "m5-logins": _logins,
    "m5-logins-none": lambda c: _logins(c, rows=(), total=0, days=(), asked={}, before=None, wrong=c.value[:20]),
    "o5-explained": _explained,
    "o5-search": lambda c: _explaining(c, wrong=c.value[:20]),
    "o5-supposed": lambda c: _explaining(c, simulated=_why(c), form=_suppose_form(service=clean(c.value)[:60])),
    "m4-services": _test_services,
    "m4-services-none": lambda _: TestServices(
        services=Listing("/portal/x", (), 0, searched=False), unread={}, issuer="https://login.example.org/test"
    ),
    "m4-test": _test_service,
    "m4-test-none": lambda c: _test_service(c, "oidc", form=_test_form(person="x"), draft=False, passed=None, runs=()),
    "m4-run": _test_run,
    "m4-run-request": lambda c: _test_run(c, "begaran"),
    "m4-run-answer": lambda c: _test_run(c, "svar", "oidc"),
    "m4-run-answer-none": lambda c: replace(_test_run(c, "svar"), answer=None),
    "m4-run-details": lambda c: _test_run(c, "uppgifter"),
    "m4-run-details-none": lambda c: replace(_test_run(c, "uppgifter"), explanation=Explanation("released", "x")),
    "o4-chained": lambda c: ChainedList(
        services=Listing(
            "/admin/kedjor",
            tuple(
                ChainedRow(
                    names=c.service if state == "active" else {},
                    entity_id=c.value,
                    anchor=c.value,
                    superior=c.value,
                    way=way,
                    trust_marks=(c.value,),
                    checked_at=NOW,
                    expires_at=NOW,
                    state=state,
                )
                for state, way in (("active", "automatic"), ("expired", "explicit"), ("off", "automatic"))
            ),
            3,
            csv=True,
        )
    ),
    "o4-addresses": lambda c: AddressList(
        addresses=listing(
            "/admin/adresser", _address(c), _address(c, error=""), _never(c), cast=c, states=("failing",), csv=False
        )
    ),
    "o4-hosts": lambda c: FederationHosts(
        hosts=listing(
            "/admin/domaner",
            *(replace(row, org=c.service, url="/admin/medlemmar/1") for row in _hosts(c)),
            cast=c,
            states=("failing",),
            csv=False,
        )
    ),
    "o4-hosts-none": lambda _: FederationHosts(hosts=Listing("/admin/domaner", (), 0)),
    "m9-hosts": lambda c: MemberHosts(
        hosts=_hosts(c),
        wanted=(clean(c.value),),
        form=_form(HostForm, host=clean(c.value)[:253]),
        action="/portal/x/domaner",
        csrf=CSRF,
    ),
    "m9-hosts-none": lambda _: MemberHosts(hosts=(), wanted=(), form=None, action="/portal/x/domaner", csrf=CSRF),
    "m9-host": _host,
    "m9-host-proven": lambda c: replace(_host(c), state="proven", missed=(), proven_at=NOW, next_at=NOW),
    "m9-host-failing": lambda c: replace(
        _host(c), state="failing", proven_at=NOW, failing_since=NOW, ends_at=NOW + 86400, in_dns=False
    ),
    "m9-host-stale": lambda c: replace(
        _host(c), state="failing", renews=True, failing_since=NOW, ends_at=NOW, missed=("host.stale",)
    ),
    "m9-host-ended": lambda c: replace(_host(c), state="outdated", renews=True, ends_at=NOW),
    "m9-host-seen": lambda c: replace(_host(c), state="outdated", renews=True, missed=(), action=""),
    "o4-addresses-none": lambda _: AddressList(addresses=Listing("/admin/adresser", (), 0)),
    "o4-chained-none": lambda _: ChainedList(services=Listing("/admin/kedjor", (), 0)),
    "o6-keys": lambda c: FederationKeys(
        keys=(
            OwnKey("saml", "RS256", "0123abcd", "active", NOW),
            OwnKey("saml", "RS256", "4567abcd", "next", NOW, KeyLine("signs", NOW + 86400), c.value),
            OwnKey("oidc", "ES256", "89ababcd", "retiring", NOW, KeyLine("removed", NOW + 86400)),
        ),
        choices=(OwnChoice("journal", "saml", "RS256", "4567abcd"),),
        changes=(Change("saml", "RS256", ("abort", "switch")), Change("oidc", "ES256", ("plan", "switch", "back"))),
        reach=Reach(3, 2, 1),
        held=(HeldRow(c.value, "mdq", NOW), HeldRow("journal", "jwks", NOW, new=True)),
        fetches=(FetchRow("jwks", "192.0.2.0/24", c.value, c.value, NOW), FetchRow("saml", "", "", "", NOW)),
        action="/admin/nycklar",
        csrf="token",
    ),
    "o6-keys-none": lambda _: FederationKeys(
        keys=(),
        choices=(),
        changes=(),
        reach=Reach(0, 0, 0),
        held=(),
        fetches=(),
        action="/admin/nycklar",
        csrf="token",
    ),
    "o5-own": lambda _: SupposeOwn(form=_own_form(), action="/portal/x/forklara", back="/portal/x/inloggningar"),
    "o5-own-wrong": lambda _: SupposeOwn(
        form=_own_form(service=" "), action="/portal/x/forklara", back="/portal/x/inloggningar"
    ),
    "o1-tally": lambda c: Tally(
        rows=Listing(
            "/admin/antal",
            (
                TallyRow(names=c.service, url="/portal/x/inloggningar/y", org=c.owner, number=4711),
                TallyRow(names=c.app, url="", org={}, number=1),
            ),
            2,
            searched=False,
        ),
        number=4720,
        cause="user-cancelled",
        told=c.app,
        method=c.owner,
    ),
    "o1-tally-none": lambda _: Tally(
        rows=Listing("/admin/antal", (), 0, searched=False), number=0, cause="fault", told={}, method={}
    ),
    "o1-ends": lambda c: EndingList(
        ends=Listing(
            "/admin/utgar",
            (
                EndingEntry(
                    kind="service",
                    names=c.service,
                    url="/admin/register/service/x",
                    org=c.owner,
                    ends=(
                        EndRow("service", c.service, "certificate-signing", c.value, NOW, -1),
                        EndRow("service", c.service, "metadata", "", NOW + 86400, 1),
                    ),
                    reached=True,
                ),
                EndingEntry(
                    kind="agreement",
                    names=c.app,
                    url="/admin/register/agreement/x",
                    org={},
                    ends=(EndRow("agreement", c.app, "agreement", "", NOW, 0),),
                    reached=False,
                ),
            ),
            4711,
            Asked(state="soon"),
            next="1.service.x",
            states=("expired", "soon"),
            searched=False,
        ),
        choices=(("expired", 1, "/admin/utgar?lage=expired"), ("soon", 4711, "/admin/utgar?lage=soon")),
    ),
    "o1-ends-none": lambda _: EndingList(
        ends=Listing("/admin/utgar", (), 0, searched=False), choices=(("expired", 0, "/admin/utgar?lage=expired"),)
    ),
    "m6-keys": lambda c: MemberKeys(
        ends=Listing(
            f"/portal/{ORG}/nycklar",
            (
                EndRow("service", c.service, "certificate-signing", c.value, NOW, -1),
                EndRow("service", c.service, "metadata", "", NOW + 86400, 1),
                EndRow("member", c.owner, "declaration", "", NOW + 86400 * 400, 400),
            ),
            4711,
            next="1.service.x",
            searched=False,
        ),
        newest=NOW,
        coming=(OwnStep(NOW + 86400, "signs", "oidc", "ES256", "abc"),),
        services=((f"/portal/{ORG}/nycklar/tjanst/journal", c.service),),
        more=f"/portal/{ORG}/nycklar?tjanster=61.x",
        held=(
            HeldRow(c.value, "jwks", NOW, new=True, how="said"),
            HeldRow(c.value, "aggregate", NOW - 1, how="address", shared=2),
            HeldRow(c.value),
        ),
        calendar_url=f"/portal/{ORG}/nycklar/kalender",
    ),
    "m6-keys-none": lambda _: MemberKeys(
        ends=Listing("/portal/x", (), 0, searched=False),
        newest=NOW,
        coming=(),
        services=(),
        held=(),
        calendar_url="/portal/x",
    ),
    "m6-service-keys": lambda c: ServiceKeys(
        names=c.service,
        protocol="saml",
        keys=(
            ServiceKey("a1", "AB:CD:EF:01", "RSA 3072", "signing", NOW, -1, 98, told=True, alone=False),
            ServiceKey("a2", "AB:CD:EF:02", "P-256", "both", NOW + 86400, 1, 0, told=True, alone=False),
            ServiceKey("a3", "AB:CD:EF:03", "RSA 3072", "encryption", None, None, None, told=True, alone=True),
        ),
        ours="https://login.example.se/oidc/jwks?mark=abc",
        elsewhere="",
        open=(OpenChange("/portal/x/forslag/1", "submitted", NOW),),
        form=_form(NextKeyForm, key=clean(c.value)),
        wrong=_form(NextKeyForm, key=clean(c.value)),
        action="/portal/x/nycklar/tjanst/journal",
        phasing_out="/portal/x/nycklar/tjanst/journal/fasa-ut",
        csrf=CSRF,
        back="/portal/x/nycklar",
    ),
    "m6-service-keys-elsewhere": lambda c: ServiceKeys(
        names=c.service,
        protocol="oidc",
        keys=(ServiceKey("a1", "AB:CD:EF:01", "P-256", "signing", None, None, 0, told=False, alone=True),),
        ours="https://login.example.se/oidc/jwks?mark=abc",
        elsewhere=c.value,
        open=(),
        form=None,
        wrong=_form(NextKeyForm),
        action="/portal/x",
        phasing_out="",
        csrf=CSRF,
        back="/portal/x/nycklar",
    ),
    "m6-service-keys-none": lambda c: ServiceKeys(
        names=c.service,
        protocol="saml",
        keys=(),
        ours="https://login.example.se/oidc/jwks?mark=abc",
        elsewhere="",
        open=(),
        form=None,
        wrong=_form(NextKeyForm),
        action="/portal/x",
        phasing_out="",
        csrf=CSRF,
        back="/portal/x/nycklar",
    ),
    "o7-methods": lambda c: MethodList(methods=_method_rows(c)),
    "o7-methods-none": lambda _: MethodList(methods=()),
    "o7-method": _method,
    "o7-method-bare": lambda c: _method(
        c,
        subject="",
        changed_at=None,
        heard=None,
        keys=(),
        levels=(),
        attributes=(),
        scopes=(),
        stop_url=None,
        start_url="/admin/x",
    ),
    "o7-method-tried": lambda c: _method(c, heard=Heard(NOW), tried=_tried(c)),
    "o7-method-issued": lambda c: _method(c, tried=Tried("", LEVEL3, ())),
    "o7-method-wrong": lambda c: _method(c, form=_form(TryForm, pasted="")),
    "o7-stop": _stop,
    "o7-stop-wrong": lambda c: _stop(c, reason=""),
    "o2-proposals": _proposal_list,
    "o2-proposals-none": lambda _: ProposalList(proposals=Listing("/admin/forslag", (), 0)),
    "o2-proposal": _proposal,
    "o2-proposal-refused": lambda c: _proposal(c, form=_decision("agreement", act="approve", reason="x" * 3000)),
    "o2-proposal-stands": _proposal_stands,
    "o2-stop": _stopped,
    "o2-member": _member,
    "o2-member-bare": lambda c: _member(c, **_BARE),
    "member-contacts": _member_contacts,
    "member-contacts-wrong": lambda c: _member_contacts(c, security_name=clean(c.value)[:100], technical_mail="nobody"),
    "leave-member": _leave,
    "leave-wrong": lambda c: replace(_leave(c), form=_form(LeaveForm, reason=" ")),
    "leave-service": lambda c: replace(_leave(c), kind="service", services=(), agreements=(), under_way=()),
    "leave-not": lambda c: replace(_leave(c), state="suspended", form=None),
    "member-about": lambda _: MemberAbout(form=_form(MemberForm), action="/portal/x", back="/portal"),
    "member-about-wrong": lambda _: MemberAbout(
        form=_form(MemberForm, name_sv=" ", jwks="{", roles="pirate"), action="/portal/x", back="/portal"
    ),
    "member-trust": _member_trust,
    "member-trust-wrong": lambda c: _member_trust(c, reviewer="x", expires="tomorrow", agent="1", until=""),
    "apply": _apply,
    "apply-wrong": lambda c: _apply(c, org="1", type="agent", roles="api-owner", mail="nobody"),
    "m2-start": lambda c: ConnectStart(
        form=BeginForm.of(FormTurn()),
        action="/portal/x",
        drafts=(Draft(names=c.service, url="/portal/x", stage="draft", changed_at=NOW),),
    ),
    "m2-start-wrong": lambda _: ConnectStart(form=_form(BeginForm, mail="nobody"), action="/portal/x", drafts=()),
    "m2-about": lambda c: _connect(c, logo="/logos/rp/1.png"),
    "m2-reasons": lambda c: _connect(c, "skal"),
    "m2-technology": lambda c: _connect(c, "teknik"),
    "m2-details": lambda c: _connect(c, "uppgifter"),
    "m2-level": lambda c: _connect(c, "niva"),
    "m2-test": lambda c: _connect(c, "testa", tested_at=NOW, testing="/portal/y", next="/portal/z"),
    "m2-test-none": lambda c: _connect(c, "testa", testing="/portal/y", next="/portal/z"),
    "m2-send": lambda c: _connect(
        c, "skicka", changes=(("dangerous", c.service),), lacking=("connect.step.niva",), proposal="/portal/x"
    ),
    "m2-sent": lambda c: _connect(c, "skicka", form=None, proposal="/portal/x"),
    "m3-report": _report,
    "m3-report-none": lambda c: replace(_report(c), findings=(), errors=0, not_run=(), only="fel"),
    "m7-snippets": lambda c: Snippets(
        names=c.service,
        back="/portal/x",
        stacks=(
            StackLink(name="Python", url="/portal/x?stack=python", current=True),
            StackLink(name="Node.js", url="/x"),
        ),
        stack="Python",
        text=clean(c.value),
    ),
    "m7-snippets-none": lambda c: Snippets(names=c.service, back="/portal/x", stacks=(), stack="Python", text=""),
    "m0-choose": lambda _: ChoosePortal(),
    "m1-start": _start,
    "m1-empty": lambda _: PortalStart(todo=(), services=Listing(f"/portal/{ORG}", (), 0)),
    "o1-dashboard": _dashboard,
    "o1-empty": lambda _: Dashboard(
        todo=(),
        figures=(),
        per_minute="0.0",
        methods=(),
        causes=(),
        log=LogState(sealed=0, waiting=0, checkpoint_at=None),
    ),
    "register": _register_then,
    "register-wrong": lambda c: replace(_register_then(c), wrong=True, at=None, then=0),
    "register-services": lambda c: RegisterList(
        kind="service", entries=listing("/admin/register/service", *_rows(c), cast=c)
    ),
    "register-members": lambda _: RegisterList(kind="member", entries=Listing("/admin/register/member", (), 0)),
    "register-entry": _entry,
    "register-version": lambda c: VersionShown(
        kind="service",
        names=c.service,
        row=_version(c),
        changes=(("dangerous", c.service), ("harmless", c.owner)),
        raw=clean(c.value),
        back="/admin/x",
    ),
    "o8-configuration": _configuration,
    "register-client": lambda _: RegisterClient(form=_level_form(), action="/x"),
    "register-with": lambda _: RegisterWith(
        address="https://x.example/oidc/register", token="abc", until=NOW, back="/x"
    ),
    "people": _people,
    "people-none": lambda _: People(rows=Listing("/portal/x", (), 0, searched=False), action="/portal/x"),
    "invited": lambda _: Invited(link="https://x.example/portal/inbjudan?kod=abc", role="owner", until=NOW, back="/x"),
    "invitation": lambda c: Invitation(org=c.owner, role="owner", action="/x", csrf=CSRF, code="abc"),
    "no-role": lambda _: NoRole(),
    "not-allowed": lambda _: NotAllowed(action="approve"),
    "held": lambda c: Held(action="/admin/x", csrf=CSRF, fields=(("name", clean(c.value)),), cancel="/admin"),
    "confirm": _confirm,
    "confirm-danger": lambda c: replace(_confirm(c), danger=True, undo=c.app),
}
