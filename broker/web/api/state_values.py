"""What the API gives of how the federation fares: addresses, chains, keys, settings and drift, as models."""

from broker.web.api.values import Model, Named


class Address(Model):
    """Where an entry publishes its metadata, or a client its keys, and how that has fared. `error` is empty when it is well."""

    kind: str
    id: str
    org: str
    url: str
    checked_at: int
    good_at: int
    failing_since: int
    error: str
    proposal: str


class AddressList(Model):
    """Some addresses; `next` is given as `after` for the next ones."""

    addresses: tuple[Address, ...]
    total: int
    next: str | None = None


class Chain(Model):
    """A service that came by a trust chain: by which anchor and superior, how, and until when."""

    entity_id: str
    anchor: str
    superior: str
    way: str
    trust_marks: tuple[str, ...]
    checked_at: int
    expires_at: int


class ChainList(Model):
    """Some of them; `next` is given as `after` for the next ones."""

    services: tuple[Chain, ...]
    total: int
    next: str | None = None


class Setting(Model):
    """A setting: its value (a secret is never shown), and where it comes from."""

    name: str
    value: str
    origin: str


class State(Model):
    """The version of the register, the settings, and the first entries (of `drifted`) that differ from the last applied file."""

    version: int
    settings: tuple[Setting, ...]
    drifted: int
    drift: tuple[Named, ...]


class Held(Model):
    """Whether a service has our newest keys: by document its last known fetch. `how` it is known is told in docs."""

    service: str
    document: str
    at: int | None
    newest: bool
    how: str


class HeldList(Model):
    """For some of a member's services; `next` is given as `after` for the next ones."""

    held: tuple[Held, ...]
    next: str | None = None
