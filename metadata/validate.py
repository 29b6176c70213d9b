"""The validator: one engine for the files that members hand in, SAML metadata and OpenID Connect clients.

Behind `tillit metadata check`, `POST /api/v1/validate` and the portal. Owns the way from a file to its report, and how that is
written out. The rules are in tables: `document_rules`, `saml_rules`, `saml_advice`, `client_rules`, `federation_rules`. Nothing
is fetched and nothing is kept; what is known around the file comes in as a `Context`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from metadata import client_rules, document_rules, federation_rules, handed, saml_advice, saml_rules
from metadata.context import NOTHING_KNOWN, Context
from metadata.findings import Finding, Report, Rule, Severity, Subject, broken
from metadata.private_keys import private_key_at
from metadata.wire.json_lines import lines_of
from metadata.wire.saml_metadata import DOCUMENT_LIMIT
from metadata.wire.saml_metadata_document import Part, take_apart
from metadata.wire.saml_metadata_values import Entity
from metadata.wire.strict_json import BadJson, read_object
from metadata.wire.xml import XmlRefused

__all__ = ["Context", "Finding", "Report", "Severity", "check", "format_report"]

CLIENT_LIMIT: Final = 256 * 1024
ENTITY: Final = "/EntityDescriptor"
_ORDER = tuple(Severity)
_JSON: Final[Rule[object]] = Rule(
    "json", Severity.ERROR, lambda _: (), "The file is neither XML nor one JSON object with each member once.",
    "Hand in SAML metadata, or a client as in RFC 7591.", "RFC 8259; RFC 7591 2",
    ("Filen är varken XML eller ett JSON-objekt med varje fält en gång.",
     "Lämna in SAML-metadata, eller en klient enligt RFC 7591."),
)  # fmt: skip
_NO_ROLE: Final[Rule[object]] = Rule(
    "no-role", Severity.ERROR, lambda _: (), "The entity is neither a service nor an identity provider of SAML 2.0.",
    "Add an SPSSODescriptor or IDPSSODescriptor with SAML 2.0 among its protocols.", "saml-metadata 2.4.1",
    ("Entiteten är varken tjänst eller identitetsutfärdare i SAML 2.0.",
     "Lägg till SPSSODescriptor eller IDPSSODescriptor med SAML 2.0 bland protokollen."),
)  # fmt: skip
FIXED: Final = (_JSON, _NO_ROLE)
"""Rules that stand in no table: what they look at is the way into the engine."""


@dataclass(slots=True)
class _Look:
    """One look at a file: what was found so far, which rules were run, and which could not be."""

    context: Context
    found: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    ran: dict[str, None] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)

    def add(self, findings: Iterable[Finding], within: str = ENTITY) -> None:
        """Note findings, each once; `within` is the place of the entity in its document."""
        for each in findings:
            placed = replace(each, place=each.place.replace(ENTITY, within, 1))
            self.found.setdefault((placed.id, placed.place, placed.detail), placed)

    def hold(self, *names: str) -> None:
        """Note rules that were looked at."""
        self.ran.update(dict.fromkeys(names))

    def run(self, rules: Sequence[Rule[Subject]], subject: Subject, within: str = ENTITY, role: str = "") -> None:
        """Try the rules that are about this role and need nothing that is not known."""
        fitting = [rule for rule in rules if rule.only in {"", role}]
        known = [rule for rule in fitting if self.context.knows(rule.needs)]
        self.not_run.update({rule.id: rule.needs for rule in fitting if not self.context.knows(rule.needs)})
        self.hold(*(rule.id for rule in known))
        self.add(broken(known, subject), within)

    def report(self) -> Report:
        """What came of it, errors first."""
        findings = sorted(self.found.values(), key=lambda finding: _ORDER.index(finding.severity))
        broken_ids = {finding.id for finding in findings}
        return Report(tuple(findings), tuple(name for name in self.ran if name not in broken_ids), dict(self.not_run))


def check(document: bytes, context: Context = NOTHING_KNOWN) -> Report:
    """Everything to be said about a file. One without errors is one that will be taken."""
    look = _Look(context)
    if document.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<"):
        _saml(document, look)
        look.add(_leaked(document, look, "/"))
    else:
        _client(document, look)
        look.add(_leaked(document, look, ""))
    return look.report()


def _leaked(document: bytes, look: _Look, place: str) -> Iterator[Finding]:
    """A private key that stands where no rule looks for one: in a comment, in a text, in a member of another meaning."""
    told = {finding.id for finding in look.found.values()}
    if len(document) > DOCUMENT_LIMIT or told & {document_rules.PRIVATE_KEY, client_rules.PRIVATE_KEY.id}:
        return
    text = document.decode(errors="replace")
    if (at := private_key_at(text)) is not None:
        error = XmlRefused(document_rules.PRIVATE_KEY, line=text.count("\n", 0, at) + 1)
        yield document_rules.form_finding(error, place)


def _saml(document: bytes, look: _Look) -> None:
    try:
        taken = take_apart(document)
    except XmlRefused as error:
        look.add([document_rules.form_finding(error, "/")])
        return
    look.hold(*document_rules.FORMS)
    for part in taken.parts:
        _entity(part, look)
    look.run(document_rules.WHOLE, document_rules.Whole(taken))
    for mark, finding in look.found.items():
        look.found[mark] = replace(finding, line=finding.line or taken.line(finding.place))


def _entity(part: Part, look: _Look) -> None:
    within = part.place or ENTITY
    try:
        entity = part.read()
    except XmlRefused as error:
        line = error.line if not part.place else None  # within an aggregate it is not that of the file
        look.add([replace(document_rules.form_finding(error, ENTITY), line=line)], within)
        return
    look.hold(_NO_ROLE.id)
    look.add([] if entity.roles else [_NO_ROLE.at(ENTITY)], within)
    _roles(entity, within, look)
    look.run(federation_rules.RULES, handed.of_entity(entity, look.context), within)


def _roles(entity: Entity, within: str, look: _Look) -> None:
    for role in entity.roles:
        subject = saml_rules.Subject(entity, role, look.context)
        look.run(saml_rules.RULES, subject, within, role.kind)
        look.run(saml_advice.ADVICE, subject, within, role.kind)


def _client(document: bytes, look: _Look) -> None:
    look.hold(_JSON.id)
    try:
        members = read_object(document[: CLIENT_LIMIT + 1])  # one that is longer is cut, and no object any more
    except BadJson as error:
        look.add([_JSON.at("", str(error))])
        return
    look.hold(client_rules.REDIRECT_URI.id, client_rules.CLIENT_METADATA.id, client_rules.PRIVATE_KEY.id)
    look.hold(document_rules.PRIVATE_KEY)
    look.add(client_rules.refusals(members, allow_http_loopback=look.context.allow_http_loopback))
    look.run((*client_rules.ADVICE, client_rules.no_provider(look.context)), members)
    look.run(federation_rules.RULES, handed.of_client(members, look.context), role=federation_rules.CLIENT)
    lines = lines_of(document.decode())
    for mark, finding in look.found.items():
        look.found[mark] = replace(finding, line=_line(lines, finding.place))


def _line(lines: dict[str, int], place: str) -> int | None:
    """The line of a JSON pointer, or of the nearest thing around it that is there."""
    while place and place not in lines:
        place = place.rpartition("/")[0]
    return lines.get(place)


_WORDS: Final = {
    "en": ("found:", "why:", "do:", "rule:", "line", "the document", ("error", "warning", "hint")),
    "sv": ("står:", "varför:", "gör:", "regel:", "rad", "dokumentet", ("fel", "varning", "tips")),
}
_COUNTED: Final = {
    "en": "{0} errors, {1} warnings, {2} hints; {3} checks passed, {4} not run",
    "sv": "{0} fel, {1} varningar, {2} tips; {3} kontroller godkända, {4} inte gjorda",
}


def format_report(report: Report, language: str = "en") -> str:
    """The report as text for a terminal: what, where, why, what to do. Control characters are made visible."""
    blocks = ["".join(f"{line}\n" for line in _lines(finding, language)) for finding in report.findings]
    counts = (*(report.count(severity) for severity in Severity), len(report.passed), len(report.not_run))
    return "\n".join((*blocks, _COUNTED[language].format(*counts))) + "\n"


def _lines(finding: Finding, language: str) -> Iterator[str]:
    found, why, do, rule, line, whole, severities = _WORDS[language]
    told, remedy = finding.told(language)
    where = f", {line} {finding.line}" if finding.line else ""
    yield f"{severities[_ORDER.index(finding.severity)]} {finding.id} at {_printable(finding.place) or whole}{where}"
    if finding.detail:
        yield f"    {found:<7}{_printable(finding.detail)}"
    yield f"    {why:<7}{told}"
    yield f"    {do:<7}{remedy}"
    yield f"    {rule:<7}{finding.rule}"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
