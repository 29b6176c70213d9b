"""Swedish rules for private persons who ask through a care provider's own system: the patient, a guardian, the holder of a power.

Ages, what each kind of representation lets do and when one holds are `trust_framework.representation`'s, by which My page goes
too. Blocks concern staff, and whom the patient has not asked: they close nothing to the patient and to who holds a power, and
everything to a guardian, who opens nothing that a child has blocked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from trust_framework.care import Patient, Resource
from trust_framework.care_access import NOTHING, Access, Asker, Asking, CareFacts, CareRule
from trust_framework.representation import (
    Deed,
    Kind,
    Representation,
    Represented,
    Why,
    own_deeds,
    own_standing,
    standing,
)
from trust_framework.rules.predicates import holds


@dataclass(frozen=True, slots=True)
class PrivateRight:
    """What lets a private person see it, and what does not: about themself; by a power, as a guardian (ids of representations);
    and why one does not hold. Each is about the patient.
    """

    own: bool = False
    why: Why = Why.HOLDS
    reads: bool = False
    powers: tuple[str, ...] = ()
    guardian: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    stopped: Mapping[Why, tuple[str, ...]] | None = None

    @property
    def free(self) -> bool:
        """Whether blocks do not concern the asker: the patient, and whom the patient asked to act for them."""
        return self.reads or bool(self.powers)

    @property
    def entitled(self) -> bool:
        return self.free or bool(self.guardian)

    @property
    def known(self) -> bool:
        """Whether they are the patient, or were ever given anything for them."""
        return self.own or bool(self.powers or self.guardian or self.idle or self.stopped)


def right_of(person: str, facts: CareFacts, now: int) -> PrivateRight:
    """What a person, by the register's id, has a right to of the patient."""
    about = _represented(facts.patient)
    if person == about.person:
        deeds = own_deeds(about, facts.representations, facts.ages, now)
        why = own_standing(about, facts.representations, facts.ages, now)
        return PrivateRight(own=True, why=why, reads=Deed.READ in deeds)
    held = [one for one in facts.representations if (one.person, one.representative) == (about.person, person)]
    found = {one.id: standing(one, about, facts.ages, now) for one in held}
    good = [one for one in held if found[one.id] is Why.HOLDS]
    stopped: dict[Why, tuple[str, ...]] = {}
    for id_, why in found.items():
        if why is not Why.HOLDS:
            stopped[why] = (*stopped.get(why, ()), id_)
    reading = [one for one in good if Deed.READ in one.lets]
    return PrivateRight(
        powers=_ids(reading, Kind.POWER),
        guardian=_ids(reading, Kind.GUARDIAN),
        idle=tuple(one.id for one in good if one not in reading),
        stopped=stopped,
    )


def _represented(patient: Patient) -> Represented:
    return Represented(patient.person, patient.born, patient.protected, patient.deceased)


def _ids(given: list[Representation], kind: Kind) -> tuple[str, ...]:
    return tuple(one.id for one in given if one.kind is kind)


class PrivateAsking(Asking):
    """A question of which it is known what right a private person has."""

    private: PrivateRight


def oneself(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
    """The patient's own information, from the age at which a person sees it, or since they were let in before."""
    return holds(asking.private.reads)


def power(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
    """The patient gave them a power of attorney for it."""
    return asking.private.powers


def guardian(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
    """A guardian, until the child's age, or by a decision in the case; where the care provider lets guardians see."""
    return asking.private.guardian if _guardians_read(asking, resource) else NOTHING


def guardians_closed(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
    """A guardian, and the information of a care provider that lets no guardian see."""
    closed = not asking.private.free and not _guardians_read(asking, resource)
    return asking.private.guardian if closed else NOTHING


def _guardians_read(asking: PrivateAsking, resource: Resource) -> bool:
    return asking.facts.switches(resource.provider).guardians_read


def stranger(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
    """Anybody else: nothing says that they may act for the patient."""
    return holds(asking.actor.person and not asking.private.known)


def not_for_reading(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
    """What they were given is not for reading what care has recorded."""
    right = asking.private
    if right.own:
        return holds(right.why is Why.HOLDS and not right.reads)
    return NOTHING if right.entitled else right.idle


def _stopped(about: str, *reasons: Why) -> Callable[[PrivateAsking, Resource], tuple[str, ...]]:
    """That nothing else entitles them and what would does not hold, for one of these reasons."""

    def predicate(asking: PrivateAsking, resource: Resource) -> tuple[str, ...]:
        right = asking.private
        if right.own:
            return holds(right.why in reasons)
        stopped = right.stopped or {}
        return NOTHING if right.entitled else tuple(id_ for why in reasons for id_ in stopped.get(why, ()))

    predicate.__doc__ = about
    return predicate


too_young = _stopped("A child who does not see their own yet, and has not been let in.", Why.TOO_YOUNG)
too_old = _stopped("A guardian, of a child from whose age on guardians see nothing.", Why.TOO_OLD)
age_unknown = _stopped("A guardian, of somebody whose age is not known.", Why.AGE_UNKNOWN)
protected = _stopped("A guardian, of a child with protected identity.", Why.PROTECTED)
deceased = _stopped("The patient has died, and what was given for them with it.", Why.DECEASED)
not_now = _stopped(
    "What they were given has not begun, has ended or was taken back.", Why.NOT_BEGUN, Why.ENDED, Why.REVOKED
)

_AGES: Final = "1177 Journalen, Socialstyrelsen (section of law unverified)"
_OWN: Final = "PDL ch. 5 (section unverified); " + _AGES
_POWER: Final = "A power of attorney (section of law unverified)"


def _row(
    id: str,
    access: Access,
    code: str,
    source: str,
    predicate: Callable[[PrivateAsking, Resource], tuple[str, ...]],
) -> CareRule[PrivateAsking]:
    return CareRule(id, access, code, source, predicate, asker=Asker.PRIVATE)


PRIVATE_RULES: Final[tuple[CareRule[PrivateAsking], ...]] = (
    _row("stranger", Access.REFUSED, "no-representation", _POWER, stranger),
    _row("child", Access.REFUSED, "too-young", _AGES, too_young),
    _row("grown", Access.REFUSED, "guardian-too-old-a-child", _AGES, too_old),
    _row("age", Access.REFUSED, "age-unknown", _AGES, age_unknown),
    _row("protected", Access.REFUSED, "protected-identity", _AGES, protected),
    _row("deceased", Access.REFUSED, "deceased", _POWER, deceased),
    _row("not-now", Access.REFUSED, "representation-not-now", _POWER, not_now),
    _row("not-for-reading", Access.REFUSED, "representation-not-for-reading", _POWER, not_for_reading),
    _row("guardians-closed", Access.REFUSED, "guardians-closed", _AGES, guardians_closed),
    _row("oneself", Access.PERMITTED, "own-information", _OWN, oneself),
    _row("power", Access.PERMITTED, "power-of-attorney", _POWER, power),
    _row("guardian", Access.PERMITTED, "guardian", _AGES, guardian),
)
