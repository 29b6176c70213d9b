"""What an identity provider or login method is trusted with, and the one place where its word becomes ours."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from trust_framework import loa
from trust_framework.attributes import CATALOGUE, MADE_HERE, Attribute, Scope, clean
from trust_framework.identifiers import hsa_compare_form
from trust_framework.identity import Asserted, Identity, Subject
from trust_framework.members import Declaration, State
from trust_framework.reasons import REASONS, Refusal
from trust_framework.values import BadValue, cleaned

# Names that decide something here. No provider's word is ever put under one of them, catalogue row or not.
RESERVED: Final = frozenset(
    {"acr", "admin", "amr", "authorities", "iss", "level", "loa", "role", "roles", "scope", "sub"}
)

_HSA_SCOPE: Final = re.compile(r"(SE|TST)[0-9]", re.IGNORECASE)
MAX_SUBJECT: Final = 512
MAX_NOTES: Final = 16


@dataclass(frozen=True, slots=True)
class ProviderTerms:
    """Terms of one provider or method (each is a login method with that id).

    `ceiling` is the highest level URI it may give; `levels` maps its words to our level URIs, and what is not in it gives
    nothing; `attributes` maps its attribute names to catalogue names, and what is not in it is dropped; `scopes` are the
    scopes (organisation numbers, HSA prefixes, mail domains) it may assert in scoped attributes; `identifiers` are the
    catalogue names of national identifiers it is authorised to assert, so that its person is *the* person; `categories` the
    entity categories that it declares or supports. `declared` are the trust declarations of its owner, each until it counts
    no more here; none: none has been recorded, and no day bounds it. Of one that is stopped, `reason` is what was given for that,
    which who logs in may read, and `since` when (epoch seconds, None where that is not known).
    """

    id: str
    names: Mapping[str, str]
    ceiling: str
    levels: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    state: State = State.ACTIVE
    categories: frozenset[str] = frozenset()
    declared: tuple[Declaration, ...] = ()
    reason: str = ""
    since: int | None = None
    _gives: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ours = (loa.relabel(level) for level in self.levels.values())
        able = tuple(dict.fromkeys(level for level in ours if loa.within(level, self.ceiling)))
        object.__setattr__(self, "_gives", able)

    def gives(self) -> tuple[str, ...]:
        """The level URIs that this provider can give, within its ceiling. Asked at every decision, so worked out once."""
        return self._gives

    def gives_at(self, now: int) -> tuple[str, ...]:
        """Those of them that a trust declaration of its owner carries at a time (FR-07)."""
        if not self.declared:
            return self._gives
        carrying = [each.level for each in self.declared if now < each.until]
        return tuple(level for level in self._gives if any(loa.within(level, each) for each in carrying))

    def overdue_since(self, now: int) -> int | None:
        """Since when it lacks a level that it had, for want of a trust declaration; None when it lacks none."""
        lacking = set(self._gives) - set(self.gives_at(now))
        over = (each.until for each in self.declared if any(loa.within(level, each.level) for level in lacking))
        return max(over, default=None)

    def in_its_words(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Our level URIs translated to the provider's words, order kept; what it cannot give is left out."""
        able = self.gives()
        return tuple(
            dict.fromkeys(
                word
                for level in levels
                if level in able
                for word, ours in self.levels.items()
                if loa.relabel(ours) == level
            )
        )


def gone(id: str) -> ProviderTerms:
    """The terms of a provider that the register no longer has: none, so what it once said counts no more."""
    return ProviderTerms(id, names={}, ceiling="", levels={}, state=State.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Dropped:
    """An attribute value that the provider may not assert, with the rule that dropped it."""

    attribute: str
    rule: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The identity in our words, and what was dropped on the way."""

    identity: Identity
    dropped: tuple[Dropped, ...] = ()


def accept(asserted: Asserted, terms: ProviderTerms) -> Accepted:
    """Map and bound what a provider asserted. Raises Refusal (level unmapped or above the ceiling, bad values).

    A bad value of a national identifier that the provider is authorised for refuses the login, since it would say who
    the person is; any other bad value is dropped.
    """
    if terms.state is not State.ACTIVE:
        raise Refusal(REASONS["blocked-method"], f"{terms.id} is {terms.state.value}")
    level = _level(asserted.level, terms)
    attributes, dropped = _attributes(asserted, terms, level)
    identity = Identity(
        method=terms.id,
        subject=_subject(asserted.subject),
        level=level,
        authenticated_at=asserted.authenticated_at,
        attributes=attributes,
        authn_methods=_notes(asserted.authn_methods),
        authorities=_notes(asserted.authorities),
        dated=asserted.dated,
    )
    return Accepted(identity, tuple(dropped))


def _level(word: str, terms: ProviderTerms) -> str:
    """The level in our words: mapped, relabelled as a proxy must, and within the ceiling; never a default."""
    mapped = terms.levels.get(word)
    if mapped is None:
        raise Refusal(REASONS["level-too-low"], f"{terms.id}: level not mapped: {cleaned(word)[:100]}")
    level = loa.relabel(mapped)
    if not loa.within(level, terms.ceiling):
        raise Refusal(REASONS["upstream-level"], f"{terms.id}: {level} is above the ceiling {terms.ceiling}")
    return level


def _subject(subject: Subject) -> Subject:
    """The subject as it is: it is a key, so nothing in it is repaired."""
    for part in (subject.issuer, subject.format, subject.value):
        if len(part) > MAX_SUBJECT or cleaned(part) != part:
            raise Refusal(REASONS["upstream-value"], "the subject has characters or a length that no key has")
    if not subject.issuer or not subject.value:
        raise Refusal(REASONS["upstream-value"], "the subject is empty")
    return subject


def _notes(words: tuple[str, ...]) -> tuple[str, ...]:
    """Methods and authorities: short, few, clean."""
    return tuple(cleaned(word)[:MAX_SUBJECT] for word in words[:MAX_NOTES])


def _attributes(
    asserted: Asserted, terms: ProviderTerms, level: str
) -> tuple[dict[str, tuple[str, ...]], list[Dropped]]:
    kept: dict[str, tuple[str, ...]] = {}
    dropped: list[Dropped] = []
    for name, values in _by_our_names(asserted, terms, dropped).items():
        row = CATALOGUE[name]
        if row.swedish_number and loa.nonresident(level):
            dropped.append(Dropped(name, "nonresident"))
            continue
        try:
            checked = clean(name, values)
        except BadValue as bad:
            if name in terms.identifiers:
                about = {"detail_sv": row.sv, "detail_en": row.en}
                raise Refusal(REASONS["upstream-value"], f"{name}: {bad.rule}", about) from bad
            dropped.append(Dropped(name, bad.rule))
            continue
        inside = tuple(value for value in checked if _in_scope(value, row, terms.scopes))
        if len(inside) < len(checked):
            dropped.append(Dropped(name, "scope"))
        if inside:
            kept[name] = inside
    return kept, dropped


def _by_our_names(asserted: Asserted, terms: ProviderTerms, dropped: list[Dropped]) -> dict[str, tuple[str, ...]]:
    """The asserted values under catalogue names; two of its names may be one of ours."""
    ours: dict[str, tuple[str, ...]] = {}
    for theirs, values in asserted.attributes.items():
        name = terms.attributes.get(theirs)
        rule = "unmapped" if name is None else _unassertable(name)
        if name is None or rule:
            dropped.append(Dropped(cleaned(theirs)[:100], rule))
        else:
            ours[name] = ours.get(name, ()) + tuple(values)
    return ours


def _unassertable(name: str) -> str:
    """The rule that keeps anybody from asserting a catalogue name, or nothing."""
    if name in RESERVED:
        return "reserved"
    row = CATALOGUE.get(name)
    if row is None:
        return "not-in-catalogue"
    return "reserved" if row.source in MADE_HERE else ""


def _in_scope(value: str, row: Attribute, scopes: frozenset[str]) -> bool:
    """Whether a scoped value is within the provider's scopes (Sweden Connect deployment profile 6.2.1)."""
    return row.scope is None or _BOUNDS[row.scope](value, scopes)


def _in_organisation(value: str, scopes: frozenset[str]) -> bool:
    return value.rpartition("@")[2] in scopes


def _under_hsa_prefix(value: str, scopes: frozenset[str]) -> bool:
    prefixes = tuple(hsa_compare_form(s) for s in scopes if _HSA_SCOPE.match(s))
    return not prefixes or hsa_compare_form(value).startswith(prefixes)


def _in_mail_domain(value: str, scopes: frozenset[str]) -> bool:
    domains = {s.lower() for s in scopes if "." in s}  # no organisation number or HSA-id has a dot
    return not domains or value.rpartition("@")[2].lower() in domains


_BOUNDS: Final[Mapping[Scope, Callable[[str, frozenset[str]], bool]]] = {
    Scope.ORGANISATION: _in_organisation,
    Scope.HSA: _under_hsa_prefix,
    Scope.MAIL: _in_mail_domain,
}
