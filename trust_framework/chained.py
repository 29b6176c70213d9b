"""Services that come by a trust chain, without an entry of their own: what the federation's terms let them do.

A member of the federation answers for everybody below an anchor; the terms say the rest, and whoever is not let in by them is
a stopped party, so that the log, the decision and the pages treat it like any other service. How chains are found and what
they prove is `metadata.federation`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from trust_framework.members import ConsentPolicy, Member, Profile, RelyingParty, State

AUTOMATIC: Final = "automatic"
EXPLICIT: Final = "explicit"


@dataclass(frozen=True, slots=True)
class ChainTerms:
    """The terms of all services below one anchor. `registration` names how they may come, `stopped` who may not."""

    member: Member
    levels: tuple[str, ...]
    methods: tuple[str, ...] = ()
    attributes: frozenset[str] = frozenset()
    consent: ConsentPolicy = ConsentPolicy.ASK
    profile: Profile = Profile.DEFAULT
    trust_marks: frozenset[str] = frozenset()
    registration: frozenset[str] = frozenset({AUTOMATIC, EXPLICIT})
    stopped: frozenset[str] = frozenset()

    def admits(self, entity_id: str, way: str, trust_marks: Collection[str]) -> bool:
        """Whether this entity may come this way with these trust marks, and goes on being served."""
        return entity_id not in self.stopped and way in self.registration and self.trust_marks <= set(trust_marks)

    def party(
        self, entity_id: str, names: Mapping[str, str], *, admitted: bool, information_url: str | None = None
    ) -> RelyingParty:
        """The service's terms. Its id is its entity identifier, which no entry of the register can have."""
        return RelyingParty(
            id=entity_id,
            member=self.member,
            names=names or {"sv": entity_id, "en": entity_id},
            levels=self.levels,
            methods=self.methods,
            attributes=self.attributes,
            consent=self.consent,
            profile=self.profile,
            state=State.ACTIVE if admitted else State.SUSPENDED,
            information_url=information_url,
        )
