"""The one table of the API: which call stands where, the scope and the right it needs, what it takes and gives.

A call is a row; the OpenAPI document is made from here. `/api/v1/validate` is beside it, for whoever has a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from broker.web.api import (
    agreement_values,
    agreements,
    corrections,
    logins,
    policies,
    proposals,
    register,
    state,
    state_values,
    testing,
    values,
)
from broker.web.api.turn import READ, WRITE
from trust_framework.roles import Action


@dataclass(frozen=True, slots=True)
class ApiRow:
    """One call. A rule with `<org>` is about that member's own things; others are the federation's.

    `takes` is the model of the body, `gives` that of the answer (None: a federation file); `query` are names of parameters.
    """

    method: str
    rule: str
    view: Callable[..., Any]
    action: Action
    takes: type[values.Model] | None = None
    gives: type[values.Model] | None = None
    step_up: bool = False
    query: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """Reading needs less than changing."""
        return READ if self.method == "GET" else WRITE


_PAGED, _V, _A, _S = ("q", "state", "after", "count"), values, agreement_values, state_values
_MEMBER, _ENTRY = "/members/<org>", "/register/<kind>/<id>"

API: tuple[ApiRow, ...] = (
    ApiRow("GET", f"{_MEMBER}/services", register.services, Action.VIEW, gives=_V.EntryList, query=_PAGED),
    ApiRow("GET", f"{_MEMBER}/services/<service>", register.service, Action.VIEW, gives=_V.Entry),
    ApiRow("GET", f"{_MEMBER}/services/<service>/history", register.service_history, Action.VIEW, gives=_V.History),
    ApiRow(
        "POST", f"{_MEMBER}/services/<service>/leave", proposals.service_leaving, Action.SUBMIT, _V.Decision, _V.Proposal
    ),
    ApiRow("POST", f"{_MEMBER}/leave", proposals.leaving, Action.SIGN, _V.Decision, _V.Proposal, step_up=True),
    ApiRow("GET", f"{_MEMBER}/hosts", register.hosts, Action.VIEW, gives=_V.Proofs),
    ApiRow("POST", f"{_MEMBER}/hosts", register.ask, Action.EDIT, _V.Host, _V.Proof),
    ApiRow("POST", f"{_MEMBER}/hosts/<host>/look", register.look, Action.EDIT, gives=_V.Proof),
    ApiRow(
        "GET",
        f"{_MEMBER}/proposals",
        proposals.listed,
        Action.VIEW,
        gives=_V.ProposalList,
        query=("q", "stage", "after"),
    ),
    ApiRow("POST", f"{_MEMBER}/proposals", proposals.begun, Action.EDIT, _V.Wish, _V.Proposal),
    ApiRow("GET", f"{_MEMBER}/proposals/<proposal>", proposals.shown, Action.VIEW, gives=_V.Proposal),
    ApiRow("PUT", f"{_MEMBER}/proposals/<proposal>", proposals.edited, Action.EDIT, _V.Content, _V.Proposal),
    ApiRow("POST", f"{_MEMBER}/proposals/<proposal>/submit", proposals.sent, Action.SUBMIT, _V.Decision, _V.Proposal),
    ApiRow(
        "POST", f"{_MEMBER}/proposals/<proposal>/withdraw", proposals.withdrawn, Action.SUBMIT, _V.Decision, _V.Proposal
    ),
    ApiRow("POST", f"{_MEMBER}/proposals/<proposal>/rebase", proposals.rebased, Action.EDIT, gives=_V.Proposal),
    ApiRow("GET", f"{_MEMBER}/corrections", corrections.listed, Action.VIEW, gives=_V.CorrectionList),
    ApiRow(
        "POST", f"{_MEMBER}/corrections/<correction>/<service>", corrections.acknowledged, Action.EDIT, gives=_V.Done
    ),
    ApiRow("GET", f"{_MEMBER}/test", testing.services, Action.VIEW, gives=_V.TestList),
    ApiRow("GET", f"{_MEMBER}/test/<service>", testing.runs, Action.VIEW, gives=_V.TestRuns),
    ApiRow("POST", f"{_MEMBER}/test/<service>", testing.prepared, Action.EDIT, _V.TestWish, _V.TestAddress),
    ApiRow("GET", f"{_MEMBER}/test/<service>/<reference>", testing.run, Action.VIEW, gives=_V.TestRun, query=("lang",)),
    ApiRow(
        "GET",
        f"{_MEMBER}/services/<service>/logins",
        logins.listed,
        Action.VIEW_LOGINS,
        gives=_V.LoginList,
        query=("result", "method", "since", "until", "before"),
    ),
    ApiRow(
        "GET",
        f"{_MEMBER}/services/<service>/logins/<reference>",
        logins.one,
        Action.VIEW_LOGINS,
        gives=_V.Explanations,
        query=("lang",),
    ),
    ApiRow(
        "GET", "/logins/<reference>", logins.anywhere, Action.SIMULATE, gives=_V.Explanations, query=("lang",)
    ),
    ApiRow("POST", "/simulations", logins.supposed, Action.SIMULATE, _V.Supposition, _V.Explained, query=("lang",)),
    ApiRow("GET", "/register/<kind>", register.kind, Action.VIEW_FEDERATION, gives=_V.EntryList, query=_PAGED),
    ApiRow("GET", _ENTRY, register.entry, Action.VIEW_FEDERATION, gives=_V.Entry),
    ApiRow("GET", f"{_ENTRY}/history", register.history, Action.VIEW_FEDERATION, gives=_V.History),
    ApiRow("POST", f"{_ENTRY}/suspend", proposals.suspended, Action.SUSPEND, _V.Decision, _V.Done, step_up=True),
    ApiRow("POST", f"{_ENTRY}/activate", proposals.resumed, Action.PROPOSE, _V.Decision, _V.Proposal, step_up=True),
    ApiRow("POST", f"{_ENTRY}/leave", proposals.taken_out, Action.PROPOSE, _V.Decision, _V.Proposal, step_up=True),
    ApiRow(
        "GET", "/proposals", proposals.listed, Action.VIEW_FEDERATION, gives=_V.ProposalList, query=("q", "stage", "after")
    ),
    ApiRow("GET", "/proposals/<proposal>", proposals.shown, Action.VIEW_FEDERATION, gives=_V.Proposal),
    ApiRow(
        "POST",
        "/proposals/<proposal>/<act>",
        proposals.acted,
        Action.APPROVE,
        _V.Decision,
        _V.Proposal,
        step_up=True,
    ),
    ApiRow("GET", f"{_MEMBER}/agreements", agreements.listed, Action.VIEW, gives=_A.AgreementList, query=_PAGED),
    ApiRow("POST", f"{_MEMBER}/agreements", agreements.drafted, Action.SIGN, _A.AgreementTerms, _A.AgreementShown, step_up=True),
    ApiRow("GET", f"{_MEMBER}/agreements/<agreement>", agreements.shown, Action.VIEW, gives=_A.AgreementShown),
    ApiRow(
        "PUT",
        f"{_MEMBER}/agreements/<agreement>",
        agreements.redrafted,
        Action.SIGN,
        _A.AgreementTerms,
        _A.AgreementShown,
        step_up=True,
    ),
    ApiRow(
        "POST",
        f"{_MEMBER}/agreements/<agreement>/<act>",
        agreements.acted,
        Action.SIGN,
        _A.AgreementDeed,
        _A.AgreementShown,
        step_up=True,
    ),
    ApiRow("GET", "/agreements", agreements.listed, Action.VIEW_FEDERATION, gives=_A.AgreementList, query=_PAGED),
    ApiRow("GET", "/agreements/<agreement>", agreements.shown, Action.VIEW_FEDERATION, gives=_A.AgreementShown),
    ApiRow(
        "POST",
        "/agreements/<agreement>/<act>",
        agreements.acted,
        Action.SUSPEND,
        _A.AgreementDeed,
        _A.AgreementShown,
        step_up=True,
    ),
    ApiRow("POST", "/policies/trial", policies.tried, Action.MANAGE_POLICY, _A.Rule, _A.RuleTrial),
    ApiRow("POST", "/policies", policies.proposed, Action.MANAGE_POLICY, _A.Rule, _V.Proposal, step_up=True),
    ApiRow("GET", f"{_MEMBER}/addresses", state.addresses, Action.VIEW, gives=_S.AddressList, query=_PAGED),
    ApiRow("GET", "/addresses", state.addresses, Action.VIEW_FEDERATION, gives=_S.AddressList, query=_PAGED),
    ApiRow("GET", f"{_MEMBER}/keys-held", state.keys_held, Action.VIEW, gives=_S.HeldList, query=_PAGED),
    ApiRow("GET", "/chains", state.chains, Action.VIEW_FEDERATION, gives=_S.ChainList, query=_PAGED),
    ApiRow("GET", "/state", state.whole, Action.VIEW_CONFIGURATION, gives=_S.State),
    ApiRow("GET", "/export", register.export, Action.EXPORT, step_up=True),
)  # fmt: skip
