"""What is done with each change that a commit holds: one function a type, in the file of its aggregate."""

from collections.abc import Callable, Iterable
from typing import Any

from broker.audit.events import Event
from broker.care.access_values import QueueReport, StoreAccess
from broker.care.changes import (
    CountEmergency,
    KeepMark,
    KeepTold,
    SameCare,
    SaveAccessFact,
    SaveBlock,
    SaveCareConsent,
    SaveEmergency,
    SaveRelation,
    SaveReviewCase,
    StillUnknown,
)
from broker.care.filings import SaveBreach, SaveCorrection, SaveRemovalOrder, SaveRequest, Unwatch, Watch
from broker.care.outbox import BlockSent, BlockUnsent
from broker.care.requests import SaveCareRequest
from broker.care.review_values import CountReturning, ForgetReturning, SavePlan, SaveReview
from broker.federation.addresses import KeepAddress
from broker.federation.domains import KeepProof, LookSoon
from broker.federation.feeds import KeepFeed
from broker.federation.proposing import SameRoles, SaveProposal
from broker.federation.register import ChangeRegister
from broker.login import effects as change
from broker.login.effects import DropChained, KeepChained
from broker.login.keys import ChooseKey, SaveRing
from broker.login.mail import KeepMail, NoteNotice
from broker.login.person import (
    DeclineRepresentation,
    EndGrants,
    GiveRepresentation,
    RevokeRepresentation,
    WithdrawConsent,
)
from broker.protocols.testing.run import KeepPreset, KeepRun, NoteRun, UsePreset
from broker.storage import (
    access_log,
    access_reports,
    addresses,
    breaches,
    care_blocks,
    care_cases,
    care_consents,
    care_emergencies,
    care_facts,
    care_outbox,
    care_relations,
    care_requests,
    care_review_plans,
    care_reviews,
    care_told,
    care_versions,
    care_watched,
    chained,
    consents,
    corrections,
    domains,
    feeds,
    forgetting,
    grants,
    keys,
    log,
    log_orders,
    logins,
    notices,
    once,
    persons,
    proposals,
    register,
    representations,
    review_drawing,
    roles,
    settings,
    sign_ons,
    subject_requests,
    test_runs,
)
from broker.storage.database import Unit
from idp_adapters.base import Consume

Apply = Callable[[Unit, Any], None]

APPLY: dict[type, Apply] = {
    change.UseOnce: once.use,
    Consume: once.consume,
    change.EndLogin: logins.end,
    change.SaveLogin: logins.save,
    change.KeepPerson: persons.keep,
    change.StartSignOn: sign_ons.start,
    change.UseSignOn: sign_ons.use,
    change.SaveGrant: grants.save,
    change.KeepOnce: once.keep,
    change.Join: sign_ons.join,
    change.RecordConsent: consents.record,
    change.GrantRole: roles.grant,
    change.EndRole: roles.end,
    SaveCareRequest: care_requests.save,
    GiveRepresentation: representations.give,
    RevokeRepresentation: representations.revoke,
    DeclineRepresentation: representations.decline,
    WithdrawConsent: consents.withdraw,
    EndGrants: grants.end_of_person,
    change.EndGrant: grants.end,
    change.EndSignOn: sign_ons.end,
    SameRoles: roles.require,
    StillUnknown: persons.require_unknown,
    SameCare: care_versions.require,
    change.ForgetPerson: forgetting.forget,
    CountEmergency: care_emergencies.count,
    SaveProposal: proposals.save,
    ChangeRegister: register.change,
    SaveRing: keys.change,
    ChooseKey: keys.choose,
    KeepProof: domains.keep,
    LookSoon: domains.look_soon,
    NoteNotice: notices.note,
    KeepMail: notices.keep,
    UsePreset: test_runs.use_preset,
    KeepPreset: test_runs.keep_preset,
    KeepRun: test_runs.keep,
    NoteRun: test_runs.note,
    KeepChained: chained.keep,
    DropChained: chained.drop,
    KeepFeed: feeds.keep,
    KeepAddress: addresses.keep,
    SaveBlock: care_blocks.save,
    KeepTold: care_told.keep,
    KeepMark: settings.keep,
    SaveCareConsent: care_consents.save,
    SaveRelation: care_relations.save,
    SaveAccessFact: care_facts.save,
    SaveEmergency: care_emergencies.save,
    SaveReviewCase: care_cases.save,
    BlockSent: care_outbox.sent,
    BlockUnsent: care_outbox.unsent,
    SaveReview: care_reviews.save,
    SavePlan: care_review_plans.save,
    CountReturning: review_drawing.count,
    ForgetReturning: review_drawing.forget_review,
    Watch: care_watched.watch,
    Unwatch: care_watched.unwatch,
    SaveBreach: breaches.save,
    SaveRequest: subject_requests.save,
    SaveCorrection: corrections.save,
    SaveRemovalOrder: log_orders.save,
    StoreAccess: access_log.store,
    QueueReport: access_reports.keep,
}
"""What is done with each change, in the order in which it is done: what can refuse comes first, grants before what hangs
on them. One order for all also keeps PostgreSQL from deadlocks.
"""

_ORDER = {kind: (place, apply) for place, (kind, apply) in enumerate(APPLY.items())}


def place(one: object) -> int:
    """Where in the order a change is done."""
    return _ORDER[type(one)][0]


def apply(unit: Unit, changes: Iterable[object], events: tuple[Event, ...]) -> None:
    """Make the changes and append the events, in the unit's transaction."""
    for one in changes:
        _ORDER[type(one)][1](unit, one)
    log.append(unit, events)
