"""A register with two members, people with roles in it, and proposals on their way through the real store."""

from dataclasses import dataclass, field
from typing import Any

from broker.federation import proposals
from broker.federation.proposals import Desk, Done
from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects, EndRole, GrantRole
from broker.settings import Environment, Settings
from broker.storage.storage import Storage
from tests.support import approvals as a
from tests.support.approvals import ORG, OTHER_ORG
from tests.support.databases import NOW
from trust_framework.approval import Proposal, Refused
from trust_framework.roles import Actor, RoleGrant

LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
SETTINGS = Settings(base_url="https://login.example.se", TILLIT_ENV=Environment.TEST)
PEOPLE = (a.TEKLA, a.OVE, a.OLGA, a.LARS, a.ASTA, a.BIRK, a.CILLA, a.SIV, a.DUBBEL, a.FRIDA)
CONTACT = {"security": {"name": "Säkerhet", "mail": "sec@example.se", "confirmed": "2026-11-01"}}
DECLARED = [{"level": LOA3, "reviewer": "Granskningsnämnden", "expires": "2100-01-31"}]


def member(org: str = ORG, **more: Any) -> dict[str, Any]:
    """A member's content with all that can be found out of itself."""
    return {"org": org, "names": {"sv": f"Medlem {org}"}, "contacts": CONTACT, "trust_declarations": DECLARED, **more}


def client(id: str = "journal", org: str = ORG, **more: Any) -> dict[str, Any]:
    """An OpenID client's content; its host is loopback, so that no proof of it is wanted in test."""
    oidc = {
        "client_id": f"client-{id}",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [f"https://localhost/{id}"],
        **more.pop("oidc", {}),
    }
    return {"id": id, "member": org, "levels": [LOA3], "names": {"sv": id.title()}, "oidc": oidc, **more}


@dataclass
class Office:
    """A store with members, people, and everything that they do."""

    store: Storage
    now: int = NOW
    passed: set[tuple[str, str]] = field(default_factory=set)
    everything_tested: bool = True

    def __post_init__(self) -> None:
        entries = [EntryChange("member", org, member(org), org, "file") for org in (ORG, OTHER_ORG)]
        grants = [GrantRole(grant) for person in PEOPLE for grant in person.grants]
        self.store.commit(Effects((ChangeRegister(tuple(entries), self.now), *grants)))

    @property
    def desk(self) -> Desk:
        return Desk(self.store, SETTINGS, self.now, self._tested, lambda secret: secret.encode().ljust(32)[:32])

    def _tested(self, service: str, digest: str) -> bool:
        return self.everything_tested or (service, digest) in self.passed

    def standing(self, kind: str, id: str, content: dict[str, Any], org: str = ORG) -> None:
        """Something that stands in the register already."""
        self.store.commit(Effects((ChangeRegister((EntryChange(kind, id, content, org, "file"),), self.now),)))

    def entry(self, id: str = "journal", kind: str = "service") -> Any:
        found = self.store.register_entry(kind, id)
        return found.content if found else None

    def keep(self, answer: proposals.Answer) -> Proposal:
        """Commit what was done, and read it anew."""
        assert isinstance(answer, Done), answer
        self.store.commit(answer.effects)
        kept = self.store.proposal(answer.proposal.id)
        assert kept == answer.proposal
        return kept

    def draft(
        self, content: Any = None, by: Actor = a.TEKLA, kind: str = "service", id: str = "", org: str = ORG
    ) -> Proposal:
        content = client() if content is None else content
        return self.keep(proposals.draft(kind, id or content.get("id") or content["org"], org, content, by, self.desk))

    def sent_in(self, content: Any = None, by: Actor = a.TEKLA, **more: Any) -> Proposal:
        return self.submit(self.draft(content, by, **more), by)

    def submit(self, proposal: Proposal, by: Actor = a.TEKLA) -> Proposal:
        return self.keep(proposals.submit(proposal, "Tack", by, self.desk))

    def approve(self, proposal: Proposal, *by: Actor, **more: Any) -> Proposal:
        for one in by:
            proposal = self.keep(proposals.approve(proposal, "Bra", proposal.digest, one, self.desk, **more))
        return proposal

    def dismiss(self, person: Actor) -> None:
        """Take all roles of somebody."""
        ended = tuple(
            EndRole(grant.person, grant.org, grant.role) for grant in self.store.own_role_grants(person.person)
        )
        self.store.commit(Effects(ended))

    def give(self, person: Actor, *grants: RoleGrant) -> None:
        self.store.commit(Effects(tuple(GrantRole(grant) for grant in grants)))


def why(answer: Any) -> str:
    """The code of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.why.value
