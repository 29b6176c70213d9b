"""What of an entry runs out, and when: certificates, validity of metadata, agreements, declarations, delegations.

Tolerant by intent: what cannot be read has no end here, since other parts refuse it. Keys outlive their certificates (SAML
Metadata Interoperability Profile 1.0), but many products stop at them, so that people want to know.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from metadata.described_keys import DescribedKey, of_metadata
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_keys import not_after
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE
from metadata.wire.xml import XmlRefused
from trust_framework.days import day_after

ROLES: Final = {"service": SP_ROLE, "identity_provider": IDP_ROLE}


@dataclass(frozen=True, slots=True)
class RunsOut:
    """Something that ends at `at` (epoch seconds). `what` says what it is, `detail` which of several."""

    what: str
    at: int
    detail: str = ""

    @property
    def name(self) -> str:
        """What tells it from others of the entry."""
        return f"{self.what}:{self.detail}" if self.detail else self.what


def of_entry(kind: str, content: Mapping[str, Any]) -> tuple[RunsOut, ...]:
    """Everything of an entry that ends, the soonest first."""
    readers = {"member": _of_member, "agreement": _of_agreement}
    found = readers[kind](content) if kind in readers else _of_party(kind, content)
    return tuple(sorted(set(found), key=lambda each: (each.at, each.name)))


def _of_party(kind: str, content: Mapping[str, Any]) -> Iterator[RunsOut]:
    role, saml, oidc = ROLES.get(kind, ""), content.get("saml"), content.get("oidc")
    if role and isinstance(saml, Mapping):
        yield from _of_metadata(str(saml.get("metadata_xml") or ""), role)
    if role and isinstance(oidc, Mapping) and isinstance(oidc.get("jwks"), Mapping):
        yield from _of_keys(oidc["jwks"].get("keys"))


def _of_metadata(xml: str, kind: str) -> Iterator[RunsOut]:
    try:
        entity = read_entity(xml.encode())
    except XmlRefused:
        return
    role = entity.role(kind)
    if entity.valid_until is not None:
        yield RunsOut("metadata", entity.valid_until)
    yield from _of_described(of_metadata(role.keys) if role else ())


def _of_described(keys: Iterable[DescribedKey]) -> Iterator[RunsOut]:
    for key in keys:
        if key.valid_until is not None:
            yield RunsOut(f"certificate-{key.use}" if key.use else "certificate", key.valid_until, key.short)


def _of_keys(keys: Any) -> Iterator[RunsOut]:
    """Keys of a JWKS that come with a certificate (RFC 7517 section 4.7)."""
    for key in _objects(keys):
        chain = key.get("x5c")
        if isinstance(chain, list | tuple) and chain:
            try:
                yield RunsOut(
                    "certificate", not_after(b64decode(chain[0], validate=True)), str(key.get("kid", ""))[:64]
                )
            except (NotBase64, ValueError, TypeError):
                continue


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """What of a list is an object: an entry of a draft may hold anything."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def _of_agreement(content: Mapping[str, Any]) -> Iterator[RunsOut]:
    newest = (_objects(content.get("versions")) or [content])[-1]
    yield from _day("agreement", newest.get("until") or newest.get("valid_until"))
    yield from _day("review", newest.get("review"))


def _of_member(content: Mapping[str, Any]) -> Iterator[RunsOut]:
    for declaration in _objects(content.get("trust_declarations")):
        yield from _day("declaration", declaration.get("expires"), str(declaration.get("level", "")))
    assessment = content.get("risk_assessment")
    if isinstance(assessment, Mapping):
        yield from _day("risk-assessment", assessment.get("again"))
    for agent in _objects(content.get("agents")):
        yield from _day("agent", agent.get("until"), str(agent.get("org", "")))


def _day(what: str, last: Any, detail: str = "") -> Iterator[RunsOut]:
    """The last day is included."""
    try:
        yield RunsOut(what, day_after(last if isinstance(last, date) else date.fromisoformat(str(last))), detail)
    except ValueError:
        return
