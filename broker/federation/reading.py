"""From a federation file on disk to a document that storage keeps and any node can load: complete, checked, self-contained.

Everything is checked before anything is stored, and what is wrong is told at once, each with its place. Metadata and PEM
are brought in as text. Of a client's secret only its keyed hash goes on; secrets that we must present ourselves stay in the
document, which storage seals. Persons and staff leave the document: they are the directory's, where a person can be
forgotten, and so do roles. Only where the test method is on do the personas stay.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from broker.federation import checks, directory, entries
from broker.federation.bringing import Bringing
from broker.federation.directory import Listed
from broker.federation.entries import TEST, BadEntry, ReadEntry, Upstream, When
from broker.federation.faults import BadFederation, Fault, Faults, Place
from broker.federation.outside import Outside
from broker.federation.schema import FederationFile
from broker.federation.snapshot import load
from broker.federation.yaml_text import MAXIMUM_OCTETS, read_yaml
from broker.login.ports import Federation
from broker.settings import Environment, Settings
from idp_adapters.base import Tools
from idp_adapters.catalogue import MethodSettings, UnknownMethod
from metadata.wire.egress import Egress
from metadata.wire.signing import Signer

T = TypeVar("T")
HashSecret = Callable[[str], bytes]

_WORDS: Final[Mapping[str, str]] = {
    "extra_forbidden": "is not a key that may stand here",
    "unexpected_keyword_argument": "is not a key that may stand here",
    "missing": "is missing",
    "missing_argument": "is missing",
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must have keys and values",
    "mapping_type": "must have keys and values",
    "model_type": "must have keys and values",
    "model_attributes_type": "must have keys and values",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A federation file, read. `content` is JSON and complete; `listed` is the directory; `warnings` do not stop it."""

    content: Mapping[str, Any] = field(repr=False)
    digest: str
    listed: tuple[Listed, ...] = field(repr=False)
    warnings: tuple[Fault, ...] = ()


def read_file(path: Path, settings: Settings, hash_secret: HashSecret, now: int) -> Document:
    """The file, with everything that it refers to. Raises BadFederation with every fault found.

    `hash_secret` makes what is kept of a client's secret (`broker.keys.sealing.secret_hash` with the store's vault).
    """
    try:
        with path.open("rb") as file:
            octets = file.read(MAXIMUM_OCTETS + 1)
    except OSError as error:
        raise BadFederation([Fault((), f"{path}: {error.strerror}")]) from error
    return read_text(octets, Outside(path.parent), settings, hash_secret, now)


def read_text(octets: bytes, outside: Outside, settings: Settings, hash_secret: HashSecret, now: int) -> Document:
    """As `read_file`, from the file's octets."""
    in_test = settings.environment is Environment.TEST
    read = read_yaml(octets)
    faults = Faults(read.lines)
    _shape(read.content, faults)
    content = Bringing(outside, faults, hash_secret, short_secrets=in_test).bring(read.content)
    faults.stop_if_any()
    understood = _understood(FederationFile.model_validate(content), entries.when(settings, now), settings, faults)
    checks.check(understood, settings, faults)
    listed = directory.listed(understood.file, faults, test_method=TEST if in_test else None)
    faults.stop_if_any()
    kept = {name: value for name, value in content.items() if name not in of_people(in_test=in_test)}
    federation = loaded(kept, settings)
    warned = Faults(read.lines)
    for place, why in (
        *checks.warnings(understood, federation.providers, settings),
        *directory.warnings(understood.file),
    ):
        warned.add(place, why)
    return Document(kept, digest(kept), listed, tuple(warned.found))


def of_people(*, in_test: bool) -> frozenset[str]:
    """Keys that do not stay in the document. Personas of the test method do, where it is on."""
    always = {"staff", "roles", "representations"}
    return frozenset(always if in_test else {*always, "persons"})


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the document in one fixed notation."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def loaded(content: Mapping[str, Any], settings: Settings) -> Federation:
    """The document as a snapshot to look at: its methods cannot sign."""
    return load(content, 0, only_to_look_at(settings), settings)


def only_to_look_at(settings: Settings) -> Tools:
    """Tools with which methods can be made, and do nothing."""
    return Tools(settings.base_url, settings.entity_id, Egress(), _no_signer, tuple)


def _no_signer(use: str, alg: str) -> Signer:
    raise KeyError((use, alg))


def _shape(content: Any, faults: Faults) -> None:
    """Every key known, every value one that may stand there."""
    if not isinstance(content, dict):
        raise BadFederation([Fault((), "is not a federation file: it has no keys", 1)])
    _tried(lambda: FederationFile.model_validate(content), (), faults)
    faults.stop_if_any()


def _understood(file: FederationFile, at: When, settings: Settings, faults: Faults) -> checks.ReadFile:
    """Every entry read by itself, and every method made once."""
    tools = only_to_look_at(settings)
    services: dict[int, ReadEntry] = {}
    for place, entry in enumerate(file.services):
        if read := _tried(partial(entries.service, entry, at), ("services", place), faults):
            services[place] = read
    upstreams: dict[int, Upstream] = {}
    for place, provider in enumerate(file.identity_providers):
        within = ("identity_providers", place)
        if upstream := _tried(partial(entries.upstream, provider, at), within, faults):
            upstreams[place] = upstream
            _makes(upstream.settings, provider.id, tools, within, faults)
    for name, given in file.methods.items():
        if method := _tried(partial(entries.method, name, given), ("methods", name), faults):
            _makes(method, name, tools, ("methods", name), faults)
    return checks.ReadFile(file, services, upstreams)


def _makes(settings: MethodSettings, name: str, tools: Tools, place: Place, faults: Faults) -> None:
    try:
        settings.terms(name)
        settings.adapter(name, tools)
    except Exception as error:  # noqa: BLE001  # a method raises what it likes; none may be stored that cannot be made
        faults.add(place, f"cannot be used: {type(error).__name__}: {error}")


def _tried(make: Callable[[], T], place: Place, faults: Faults) -> T | None:
    try:
        return make()
    except BadEntry as error:
        faults.add((*place, *error.place), error.why)
    except UnknownMethod:
        return None  # told by checks, with the kinds that there are
    except ValidationError as error:
        for within, why in told(error):
            faults.add((*place, *within), why)
    return None


def told(error: ValidationError) -> list[tuple[Place, str]]:
    """Pydantic's errors in the words of this program, without the values that were given."""
    return [
        (
            tuple(part for part in each["loc"] if part != "[key]"),
            _WORDS.get(each["type"]) or each["msg"].removeprefix("Value error, "),
        )
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
