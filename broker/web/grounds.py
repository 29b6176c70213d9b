"""What a release rested on, read from the register as it was: the service at the version that decided, agreements whole."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from broker.federation.register import Entry
from trust_framework.grounds import NOTHING, Registered


class Histories(Protocol):
    """Where the versions of an entry are read."""

    def register_history(self, kind: str, id: str) -> tuple[Entry, ...]: ...


def registered(service: str, version: int, store: Histories) -> Registered:
    """What a service was registered with at a version of the register; now, for 0."""
    return told_by(_at(store.register_history("service", service), version))


def told_by(found: Mapping[str, Any]) -> Registered:
    """What a content of a service says of it."""
    reasons = found.get("reasons")
    told = dict(reasons) if isinstance(reasons, Mapping) else {}
    return Registered(told, str(found.get("legal_basis") or "")) if found else NOTHING


def _at(versions: Iterable[Entry], version: int) -> Mapping[str, Any]:
    """The content that stood then, from versions that come the newest first."""
    return next((each.content or {} for each in versions if not version or each.version <= version), {})
