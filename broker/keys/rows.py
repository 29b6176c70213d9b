"""A key of the ring as it is kept: public part in clear, private part sealed."""

from dataclasses import dataclass, field

from broker.keys.ring import KeyState


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of the ring at rest. `private_key` is sealed PKCS #8, None once the key is removed."""

    kid: str
    use: str
    alg: str
    state: KeyState
    since: int
    public_key: bytes
    certificate: bytes | None = None
    private_key: bytes | None = field(default=None, repr=False)
