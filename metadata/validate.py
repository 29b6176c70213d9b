"""`tillit metadata check`: one engine for the files that members hand in, SAML metadata and OpenID Connect clients.

Owns the way from a file to its findings, and how they are written out. The rules are in tables: `document_rules`,
`saml_rules`, `saml_advice`, `client_rules`. Nothing is fetched and nothing is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from metadata import client_rules, document_rules, saml_advice, saml_rules
from metadata.findings import Finding, Rule, Severity, broken
from metadata.wire.saml_metadata import DOCUMENT_LIMIT
from metadata.wire.saml_metadata_document import Part, take_apart
from metadata.wire.strict_json import BadJson, read_object
from metadata.wire.xml import XmlRefused

__all__ = ["Finding", "Severity", "check", "format_findings", "refuses"]

_ORDER = tuple(Severity)
_JSON: Final[Rule[object]] = Rule(
    "json", Severity.ERROR, lambda _: (), "The file is neither XML nor one JSON object with each member once.",
    "Hand in SAML metadata, or a client as in RFC 7591.", "RFC 8259; RFC 7591 2",
)  # fmt: skip
_NO_ROLE: Final[Rule[object]] = Rule(
    "no-role", Severity.ERROR, lambda _: (), "The entity is neither a service nor an identity provider of SAML 2.0.",
    "Add an SPSSODescriptor or IDPSSODescriptor with SAML 2.0 among its protocols.", "saml-metadata 2.4.1",
)  # fmt: skip


def check(document: bytes, *, now: int | None = None, allow_http_loopback: bool = False) -> tuple[Finding, ...]:
    """Everything to be said about a file, errors first. A file without errors is one that will be taken.

    `now` in epoch seconds: without it nothing is said about times. `allow_http_loopback` as when reading it.
    """
    if document.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<"):
        found = _saml(document, now, allow_http_loopback)
    else:
        found = _client(document, allow_http_loopback)
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def refuses(findings: Iterable[Finding]) -> bool:
    """Whether the file would not be taken."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _saml(document: bytes, now: int | None, allow_http_loopback: bool) -> Iterator[Finding]:
    try:
        taken = take_apart(document)
    except XmlRefused as error:
        yield document_rules.form_finding(error.reason, "/", error.detail)
        return
    for part in taken.parts:
        for finding in _entity(part, now, allow_http_loopback):
            yield replace(
                finding, place=finding.place.replace("/EntityDescriptor", part.place or "/EntityDescriptor", 1)
            )
    yield from broken(document_rules.WHOLE, document_rules.Whole(taken))


def _entity(part: Part, now: int | None, allow_http_loopback: bool) -> Iterator[Finding]:
    try:
        entity = part.read()
    except XmlRefused as error:
        yield document_rules.form_finding(error.reason, "/EntityDescriptor", error.detail)
        return
    if not entity.roles:
        yield _NO_ROLE.at("/EntityDescriptor")
    seen = set[tuple[str, str, str]]()
    for role in entity.roles:
        subject = saml_rules.Subject(entity, role, now, allow_http_loopback)
        for finding in broken((*saml_rules.RULES, *saml_advice.ADVICE), subject):
            mark = (finding.id, finding.place, finding.detail)
            if mark not in seen:
                yield finding
            seen.add(mark)


def _client(document: bytes, allow_http_loopback: bool) -> Iterator[Finding]:
    try:
        members = read_object(document[: DOCUMENT_LIMIT + 1])  # one that is longer is cut, and no object any more
    except BadJson as error:
        yield _JSON.at("", str(error))
        return
    yield from client_rules.refusals(members, allow_http_loopback=allow_http_loopback)
    yield from broken(client_rules.ADVICE, members)


def format_findings(findings: Iterable[Finding]) -> str:
    """The findings as text for a terminal: what, where, why, and what to do. Control characters are made visible."""
    kept = list(findings)
    blocks = ["".join(f"{line}\n" for line in _lines(finding)) for finding in kept]
    counted = ", ".join(f"{sum(f.severity is severity for f in kept)} {severity}s" for severity in Severity)
    return "\n".join((*blocks, counted)) + "\n"


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity} {finding.id} at {_printable(finding.place) or 'the document'}"
    if finding.detail:
        yield f"    found: {_printable(finding.detail)}"
    yield f"    why:   {finding.why}"
    yield f"    do:    {finding.remedy}"
    yield f"    rule:  {finding.rule}"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
