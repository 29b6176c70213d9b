"""Trust chains (OpenID Federation 1.0 sections 4 and 10.2): a list of statements that ends at an anchor, or is refused.

Pure: statements and the anchors' keys in, the subject's resolved metadata out. However the statements were come by, each
of them is checked here again. Fetching is `metadata.federation.resolving`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from metadata.federation import policy
from metadata.federation.constraints import ConstraintBroken
from metadata.federation.policy import Metadata, PolicyError
from metadata.federation.statement import Reader, Statement, StatementRefused
from metadata.wire.jwk import PublicKeySet

DEEPEST: Final = 10
"""Statements of a chain: the subject's own, the anchor's own, and eight between them."""

Anchors = Mapping[str, PublicKeySet]
"""The keys of each trust anchor, come by out of band, by its entity identifier."""


class ChainRefused(Exception):
    """There is no chain to be believed. `code` is one of section 8.9, `reason` for the log."""

    def __init__(self, reason: str, code: str = "invalid_trust_chain") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that holds. `metadata` is the subject's, under all policies; `statements` end with the anchor's own."""

    statements: tuple[Statement, ...] = field(repr=False)
    metadata: Metadata = field(repr=False)
    expires_at: int

    @property
    def subject(self) -> str:
        """Whom it is about."""
        return self.statements[0].subject

    @property
    def anchor(self) -> Statement:
        """The anchor's configuration."""
        return self.statements[-1]

    @property
    def superior(self) -> str:
        """The subject's immediate superior; an anchor is its own."""
        return self.statements[1].issuer if len(self.statements) > 1 else self.subject

    @property
    def tokens(self) -> tuple[str, ...]:
        """The statements as they were signed."""
        return tuple(each.token for each in self.statements)

    @property
    def subject_keys(self) -> PublicKeySet:
        """The subject's federation keys, as its superior says them."""
        return self.statements[1].keys if len(self.statements) > 1 else self.statements[0].keys


def validate(tokens: Sequence[str], anchors: Anchors, reader: Reader) -> Chain:
    """The chain of these statements, from the subject's configuration to an anchor's. Raises ChainRefused."""
    if not 0 < len(tokens) <= DEEPEST:
        raise ChainRefused("no statements, or more than a chain may have")
    try:
        return judge([reader.read(each) for each in tokens], anchors)
    except StatementRefused as error:
        raise ChainRefused(error.reason) from error


def judge(statements: Sequence[Statement], anchors: Anchors) -> Chain:
    """As `validate`, of statements that were read. Raises ChainRefused, StatementRefused."""
    own, top = statements[0], statements[-1]
    if not own.is_configuration or not top.is_configuration:
        raise ChainRefused("does not begin and end with configurations")
    if top.subject not in anchors:
        raise ChainRefused("ends at an anchor that is none of ours", "invalid_trust_anchor")
    _check_links(statements)
    own.check_signature(own.keys)
    for lower, upper in pairwise(statements):
        lower.check_signature(upper.keys)
    top.check_signature(anchors[top.subject])
    return Chain(tuple(statements), _metadata(statements), min(each.expires_at for each in statements))


def _check_links(statements: Sequence[Statement]) -> None:
    between = statements[1:-1]
    if any(each.is_configuration for each in between):
        raise ChainRefused("a configuration within the chain")
    subjects = [each.subject for each in statements[1:]]
    if len(set(subjects)) != len(subjects):
        raise ChainRefused("a loop")
    if len(statements) > 1 and not (between and between[0].subject == statements[0].subject):
        raise ChainRefused("no superior speaks of the subject")
    for lower, upper in pairwise(statements[1:]):
        if lower.issuer != upper.subject:
            raise ChainRefused("a statement that does not follow on the one below it")
    if between and between[0].issuer not in statements[0].texts("authority_hints"):
        raise ChainRefused("the subject does not name its superior")


def _metadata(statements: Sequence[Statement]) -> Metadata:
    """The subject's metadata as its superiors let it stand (sections 6.1.4 and 6.2). Raises ChainRefused."""
    below = statements[1:-1]
    metadata = statements[0].metadata
    try:
        if below:
            metadata = policy.override(metadata, below[0].metadata)
        for place, each in enumerate(below):
            each.constraints.check_path(place)
            each.constraints.check_names(lower.subject for lower in below[: place + 1])
            metadata = each.constraints.left_of(metadata)
    except ConstraintBroken as error:
        raise ChainRefused(str(error)) from error
    try:
        resolved = policy.resolve(
            (each.claims.get("metadata_policy"), each.texts("metadata_policy_crit")) for each in reversed(below)
        )
        return policy.apply(resolved, metadata)
    except PolicyError as error:
        raise ChainRefused(str(error), "invalid_metadata") from error
