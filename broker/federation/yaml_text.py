"""YAML as plain values: mappings, lists and texts, with the line of each, within bounds.

Owns everything about the notation: nothing but text is ever made of a scalar (a personal number keeps its zeros, `no` is
a word), tags are refused, a key stands once, and neither nesting nor aliases make more of a file than its size.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from broker.federation.faults import BadFederation, Fault, Place

MAXIMUM_OCTETS: Final = 8 * 1024 * 1024
MAXIMUM_DEPTH: Final = 20
MAXIMUM_VALUES: Final = 500_000
"""Values with every alias counted each time it is used."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Read:
    """A file's content, and on which line each place of it begins."""

    content: Any
    lines: dict[Place, int]


def read_yaml(octets: bytes) -> Read:
    """The one document of a file. Raises BadFederation."""
    if len(octets) > MAXIMUM_OCTETS:
        raise BadFederation([Fault((), f"the file is larger than {MAXIMUM_OCTETS >> 20} MiB")])
    try:
        return _Builder(yaml.parse(octets.decode("utf-8-sig"), Loader=_LOADER)).document()
    except UnicodeDecodeError as error:
        raise BadFederation([Fault((), "the file is not UTF-8")]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadFederation([Fault((), f"not YAML: {error.problem}", line)]) from error
    except yaml.YAMLError as error:
        raise BadFederation([Fault((), f"not YAML: {error}")]) from error


@dataclass(slots=True)
class _Builder:
    """Builds values from parse events, so that bounds are met before anything is made."""

    events: Iterator[Event]
    lines: dict[Place, int] = field(default_factory=dict)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    values: int = 0

    def document(self) -> Read:
        content: Any = {}
        documents = 0
        while not isinstance(event := next(self.events), StreamEndEvent):
            if isinstance(event, StreamStartEvent | DocumentEndEvent):
                continue
            if not isinstance(event, DocumentStartEvent) or documents:
                raise _fault((), event, "more than one document")
            documents = 1
            content = self.value(next(self.events), ())
        return Read(content, self.lines)

    def value(self, event: Event, place: Place) -> Any:
        """The value that begins with an event."""
        self.lines.setdefault(place, _line(event))
        if len(place) > MAXIMUM_DEPTH:
            raise _fault(place[:MAXIMUM_DEPTH], event, "is nested too deeply")
        if isinstance(event, AliasEvent):
            return self._alias(event, place)
        before = self.values
        self._count(1, event, place)
        _refuse_tag(event, place)
        made = self._made(event, place)
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = made, self.values - before
        return made

    def _made(self, event: Event, place: Place) -> Any:
        if isinstance(event, MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(place)
        return _text(event, place)

    def _alias(self, event: AliasEvent, place: Place) -> Any:
        if event.anchor not in self.anchors:
            raise _fault(place, event, "an alias of something that is not complete, or not there")
        made, values = self.anchors[event.anchor]
        self._count(values, event, place)
        return made

    def _count(self, values: int, event: Event, place: Place) -> None:
        self.values += values
        if self.values > MAXIMUM_VALUES:
            raise _fault(place, event, "more values than a federation file may hold, aliases counted")

    def _sequence(self, place: Place) -> list[Any]:
        made: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            made.append(self.value(event, (*place, len(made))))
        return made

    def _mapping(self, place: Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise _fault(place, event, "a key that is not a text")
            _refuse_tag(event, place)
            self._count(1, event, place)
            key = str(event.value)
            if key in made:
                raise _fault((*place, key), event, "stands twice")
            self.lines[*place, key] = _line(event)
            made[key] = self.value(next(self.events), (*place, key))
        return made


def _text(event: Event, place: Place) -> str:
    if not isinstance(event, ScalarEvent):
        raise _fault(place, event, "is no value")
    if event.value == "" and not event.style:
        raise _fault(place, event, "has no value; leave the key out")
    return str(event.value)


def _refuse_tag(event: Event, place: Place) -> None:
    tag = getattr(event, "tag", None)
    if tag not in {None, "!"}:
        raise _fault(place, event, f"a tag ({tag})")


def _fault(place: Place, event: Event, why: str) -> BadFederation:
    return BadFederation([Fault(place, why, _line(event))])


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
