"""Staff and their commissions (medarbetaruppdrag), as the directory (identitetsdatalager, HSA) holds them."""

from dataclasses import dataclass, field

from trust_framework.identity import Attributes


@dataclass(frozen=True, slots=True)
class Commission:
    """A commission. `attributes` have catalogue names (commissionHsaId, commissionName, commissionPurpose, …)."""

    hsa_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """One employment of a person: an employeeHsaId with zero or more commissions."""

    hsa_id: str
    attributes: Attributes = field(default_factory=dict)
    commissions: tuple[Commission, ...] = ()
