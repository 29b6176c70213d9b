"""Login with a card: an X.509 certificate of the person, presented in a TLS handshake (SITHS, Efos and their like).

Owns what a certificate means: which issuers and policies count, whether it is revoked, and who the holder is. That the
browser holds the private key was proven by the handshake, in the card listener or in the proxy before it; the path is
`metadata.wire.x509`. The public documents leave parts of the SITHS and Efos profiles open: policy OIDs and the layout
of the subject are therefore configuration, with nothing assumed but that the subject's serialNumber names the holder.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from idp_adapters.base import Ask, AskCertificate, Authenticated, Failed, Inbound, Tools
from idp_adapters.revocation import RevocationCheck
from metadata.wire.egress import Fetches
from metadata.wire.revocation import RevocationUnknown, Revoked
from metadata.wire.x509 import (
    ANY_POLICY,
    BadCertificate,
    Chain,
    ChainRefused,
    extension,
    fingerprint,
    load_pem_or_der_certificate,
    policy_oids,
    public_bytes,
    subject_fields,
    validate_chain,
)
from trust_framework import loa
from trust_framework.identifiers import KINDS
from trust_framework.identity import Asserted, Attributes, Subject
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS, Refusal

MAXIMUM_CERTIFICATES: Final = 10
SHORT_FORM: Final = 2 + 127
USER_PRINCIPAL_NAME: Final = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
BY_ISSUER: Final = "issuer:"  # a level that follows from the issuer's name, not from a policy

# What each refusal of a path means to the person. A policy that is not ours is another kind of card, not a wrong choice
# among the certificates of one card.
_PAGES: Final = {
    "issuer": "cert-issuer",
    "weak": "cert-issuer",
    "policy": "cert-issuer",
    "kind": "cert-kind",
    "expired": "cert-expired",
    "not-yet-valid": "cert-expired",
}

# The certificate's own names, and those of the attribute catalogue
_ATTRIBUTES: Final = {
    "hsa-id": "employeeHsaId",
    "personnummer": "personalIdentityNumber",
    "samordningsnummer": "personalIdentityNumber",
    "subject.personnummer": "credentialPersonalIdentityNumber",
    "subject.samordningsnummer": "credentialPersonalIdentityNumber",
    "subject.givenName": "credentialGivenName",
    "subject.surname": "credentialSurname",
    "subject.commonName": "credentialDisplayName",
    "subject.organizationName": "credentialOrganizationName",
    "certificatePolicies": "credentialCertificatePolicies",
    "subject": "x509SubjectName",
    "issuer": "x509IssuerName",
}
_PERSONAL: Final = ("personnummer", "samordningsnummer")
_SHOWN: Final = ("givenName", "surname", "commonName", "organizationName")


def _known_level(uri: str) -> str:
    if not loa.known(uri):
        raise ValueError(f"{uri} is no level that may be given")
    return uri


def _named_policy(oid: str) -> str:
    if oid == ANY_POLICY:
        raise ValueError("anyPolicy names no level")
    return oid


Level = Annotated[str, AfterValidator(_known_level)]
PolicyOid = Annotated[
    str, StringConstraints(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$", max_length=128), AfterValidator(_named_policy)
]


class CardSettings(BaseModel):
    """Settings of a card method in the federation file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anchors: tuple[str, ...] = Field(
        min_length=1,
        description="Paths of PEM files, or PEM text: the roots and issuing CAs that are trusted.",
        json_schema_extra={"pem": True},
    )
    policies: dict[PolicyOid, Level] = Field(
        default_factory=dict,
        description="Certificate policy OID → level URI. A card with no policy of these is refused.",
    )
    issuers: dict[str, Level] = Field(
        default_factory=dict,
        description="Common name of the issuing CA → level URI, for cards that carry no certificate policy at all.",
    )
    subject: Literal["serialNumber", "userId", "dnQualifier", "commonName", "upn"] = Field(
        "serialNumber", description="The field that names the holder; `upn` takes what stands before its @."
    )
    identifiers: tuple[Literal["hsa-id", "personnummer", "samordningsnummer"], ...] = Field(
        ("hsa-id", "personnummer", "samordningsnummer"),
        min_length=1,
        description="Kinds of identity number that the field may hold.",
    )
    ceiling: Level | None = Field(None, description="Highest level; the highest of the tables when left out.")
    authn_methods: tuple[str, ...] = Field(
        ("sc", "pin"), description="RFC 8176 values that the issuer's policy vouches for; `swk` for keys in files."
    )
    ocsp: bool = Field(True, description="Ask the responder that the certificate names.")
    crl: bool = Field(True, description="Read the list that the certificate names, when no responder gave an answer.")
    nonce: bool = Field(True, description="Demand an OCSP answer made for this question; off for responders without.")
    names: dict[str, str] = Field(
        default_factory=lambda: {"sv": "Tjänstekort", "en": "Staff card"}, description="Name on the choice page."
    )

    @model_validator(mode="after")
    def _complete(self) -> "CardSettings":
        if not self.policies and not self.issuers:
            raise ValueError("without policies or issuers no card has a level")
        if not self.ocsp and not self.crl:
            raise ValueError("ocsp and crl cannot both be off: a revoked card would log in")
        return self

    def terms(self, method_id: str) -> ProviderTerms:
        """What a card may say: its policies' levels, and national identity numbers, so that its person is the person."""
        levels = self.policies | {f"{BY_ISSUER}{name}": uri for name, uri in self.issuers.items()}
        return ProviderTerms(
            id=method_id,
            names=self.names,
            ceiling=self.ceiling or max(levels.values(), key=loa.rank),
            levels=levels,
            attributes=_ATTRIBUTES,
            identifiers=frozenset({"employeeHsaId", "personalIdentityNumber"}),
        )

    def adapter(self, method_id: str, tools: Tools) -> "CardAdapter":  # noqa: ARG002  # the card knows no id
        """The method. Raises OSError or BadCertificate for an anchor that cannot be read."""
        return CardAdapter(self, tools.egress)


class CardAdapter:
    """The card method: refuses until a path, a policy, a holder and a good standing are all there."""

    def __init__(self, settings: CardSettings, egress: Fetches) -> None:
        self._settings = settings
        self._anchors = tuple(each for entry in settings.anchors for each in _read_anchors(entry))
        self._revocation = RevocationCheck(egress, ocsp=settings.ocsp, crl=settings.crl, nonce=settings.nonce)

    def start(self, ask: Ask, now: int) -> AskCertificate | Failed:  # noqa: ARG002  # the interface has it
        """Send the browser to the card listener, unless the person may not be asked anything."""
        if ask.passive:
            return Failed(REASONS["passive-impossible"], "a card asks for its code")
        return AskCertificate(json.dumps(ask.levels).encode())

    def resume(self, state: bytes, inbound: Inbound, now: int) -> Authenticated | Failed:
        """Who the certificates say that this is. Asks nothing of the network before the certificate itself holds."""
        try:
            return Authenticated(self._asserted(_read_state(state), inbound.certificates, now))
        except Refusal as refusal:
            return Failed(refusal.reason, refusal.detail)

    def _asserted(self, wanted: Sequence[str], certificates: Sequence[bytes], now: int) -> Asserted:
        when = datetime.fromtimestamp(now, UTC)
        leaf, *intermediates = _read_presented(certificates)
        chain = self._validated(leaf, intermediates, when)
        level = self._level(chain, wanted)
        kind, number = self._holder(leaf)
        evidence = self._evidence(chain, when)
        return Asserted(
            subject=Subject(_issuer_id(chain.issuer), kind, KINDS[kind].compare_form(number)),
            level=level,
            authenticated_at=now,
            attributes=_attributes(leaf, kind, number, level),
            authn_methods=self._settings.authn_methods,
            evidence=evidence,
        )

    def _validated(self, leaf: x509.Certificate, intermediates: Sequence[x509.Certificate], when: datetime) -> Chain:
        by_issuer = self._settings.issuers and not policy_oids(leaf)
        policies = None if by_issuer else self._settings.policies
        try:
            return validate_chain(leaf, intermediates, self._anchors, when, policies=policies)
        except ChainRefused as refused:
            raise Refusal(REASONS[_PAGES[refused.reason]], refused.reason) from refused  # its text may name the person

    def _level(self, chain: Chain, wanted: Sequence[str]) -> str:
        """The certificate's level in its own word: one that is wanted if it has several, else its highest."""
        table = self._settings.policies
        held = sorted((oid for oid in chain.policies if oid in table), key=lambda oid: (-loa.rank(table[oid]), oid))
        if held:
            return next((word for word in wanted if word in held), held[0])
        for name in chain.issuer.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
            if name.value in self._settings.issuers:
                return f"{BY_ISSUER}{name.value!s}"
        raise Refusal(REASONS["cert-issuer"], "no policy, and an issuer without a level")

    def _holder(self, leaf: x509.Certificate) -> tuple[str, str]:
        """(kind, number) from the agreed field and no other."""
        field = self._settings.subject
        try:
            value = _upn_name(leaf) if field == "upn" else subject_fields(leaf).get(field, "")
        except BadCertificate as bad:
            raise Refusal(REASONS["cert-identity"], str(bad)) from bad
        for kind in self._settings.identifiers:
            if KINDS[kind].valid(value):
                return kind, value
        raise Refusal(REASONS["cert-identity"], f"{field} holds no identity number of a kind that counts")

    def _evidence(self, chain: Chain, when: datetime) -> dict[str, str]:
        """Proof of good standing of the certificate and of each CA below the anchor (RFC 5280 section 6.3)."""
        evidence = {"certificate": base64.b64encode(public_bytes(chain.certificates[0])).decode()}
        for place, (certificate, issuer) in enumerate(zip(chain.certificates, chain.certificates[1:], strict=False)):
            try:
                standing = self._revocation.standing(certificate, issuer, when)
            except RevocationUnknown as unknown:
                raise Refusal(REASONS["cert-unknown"], unknown.reason) from unknown
            if isinstance(standing.status, Revoked):
                raise Refusal(REASONS["cert-revoked"], f"{standing.status.at.isoformat()} {standing.status.reason}")
            evidence |= {f"issuer{place}.{name}" if place else name: it for name, it in standing.evidence.items()}
        return evidence


def _read_state(state: bytes) -> list[str]:
    """The levels asked for, in the card's words."""
    try:
        levels = json.loads(state)
    except ValueError as error:
        raise Refusal(REASONS["login-failed"], "a state that this method did not write") from error
    if not isinstance(levels, list):
        raise Refusal(REASONS["login-failed"], "a state that this method did not write")
    return levels


def _read_anchors(entry: str) -> list[x509.Certificate]:
    pem = entry if entry.lstrip().startswith("-----BEGIN") else Path(entry).read_text("ascii")
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise BadCertificate("an anchor that is no PEM certificate") from error


def _read_presented(certificates: Sequence[bytes]) -> list[x509.Certificate]:
    if not certificates:
        raise Refusal(REASONS["cert-none"])
    if len(certificates) > MAXIMUM_CERTIFICATES:
        raise Refusal(REASONS["cert-issuer"], "too many certificates")
    try:
        return [load_pem_or_der_certificate(each) for each in certificates]
    except BadCertificate as bad:
        raise Refusal(REASONS["cert-issuer"], str(bad)) from bad


def _issuer_id(issuer: x509.Certificate) -> str:
    """The CA by name and certificate: two CAs may bear one name."""
    return f"{issuer.subject.rfc4514_string()} ({fingerprint(issuer)[:32]})"


def _attributes(leaf: x509.Certificate, kind: str, number: str, level: str) -> Attributes:
    """What stands in the certificate. Of several policies the one that gave the level: the attribute has one value."""
    fields = subject_fields(leaf)
    attributes = {f"subject.{name}": fields[name] for name in _SHOWN if name in fields}
    attributes |= {kind: number}
    if kind in _PERSONAL:
        attributes[f"subject.{kind}"] = number
    attributes |= {"subject": leaf.subject.rfc4514_string(), "issuer": leaf.issuer.rfc4514_string()}
    if not level.startswith(BY_ISSUER):
        attributes["certificatePolicies"] = level
    return {name: (value,) for name, value in attributes.items()}


def _upn_name(leaf: x509.Certificate) -> str:
    """The name before the @ of the one userPrincipalName among the subjectAltNames; empty when there is none."""
    names = extension(leaf, x509.SubjectAlternativeName) or ()
    values = [each.value for each in names if isinstance(each, x509.OtherName) and each.type_id == USER_PRINCIPAL_NAME]
    if len(values) > 1:
        raise BadCertificate("userPrincipalName twice")
    return _utf8_string(values[0]).partition("@")[0] if values else ""


def _utf8_string(der: bytes) -> str:
    """A short DER UTF8String (X.690 sections 8.1.3.4 and 8.23)."""
    if len(der) > SHORT_FORM or der[:2] != bytes([0x0C, len(der) - 2]):
        raise BadCertificate("userPrincipalName is no short UTF8String")
    try:
        return der[2:].decode()
    except UnicodeDecodeError as error:
        raise BadCertificate("userPrincipalName is not UTF-8") from error
