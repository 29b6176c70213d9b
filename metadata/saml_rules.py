"""When an entity's metadata may be relied upon: the rules that reading it enforces, one row each.

Owns every refusal (severity error) and every part that is left out while the rest is taken (warning). What would only be
better otherwise is `metadata.saml_advice`; the form of the document is `metadata.wire.saml_metadata`'s. Nothing in a
document lowers what it declares, and no certificate is refused for its dates or issuer (Metadata Interoperability
Profile 1.0 section 2.6.1).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from metadata.context import NOTHING_KNOWN, Context
from metadata.findings import Rule, Severity
from metadata.redirect_uris import MAXIMUM_URI, UnfitUri, check_https_uri, is_plain_https, split_or_none
from metadata.register import POST, REDIRECT
from metadata.wire.saml_metadata_values import ACS, SP_ROLE, SSO, Entity, Key, Localized, Requested, Role
from metadata.wire.x509 import is_strong_key
from metadata.wire.xmldsig import DIGEST_ALGORITHMS, SIGNATURE_ALGORITHMS
from trust_framework.attributes import by_saml_name

MAXIMUM_ENTITY_ID: Final = 1024
_UNSAFE_IN_PAGES: Final = frozenset("\"'<>\\^`{|} ")
_REFUSED_SCHEMES: Final = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity in one of its roles, and what is known around it."""

    entity: Entity
    role: Role
    context: Context = NOTHING_KNOWN

    @property
    def now(self) -> int | None:
        """The time in epoch seconds; None: whatever the time."""
        return self.context.now


def for_signing(role: Role) -> tuple[Key, ...]:
    """The keys that its signatures may be made with: a key without `use` is for both (saml-metadata 2.4.1.1)."""
    return tuple(key for key in role.keys if key.use in {None, "signing"} and key.key is not None)


def for_encryption(role: Role) -> tuple[Key, ...]:
    """The keys that we can encrypt to: RSA, as RSA-OAEP is the key transport that all can read."""
    return tuple(key for key in role.keys if key.use in {None, "encryption"} and isinstance(key.key, rsa.RSAPublicKey))


def is_page(url: str) -> bool:
    """Whether people may be sent to this address of the web: http or https, a host, nothing that ends an attribute."""
    if not (0 < len(url) <= MAXIMUM_URI and url.isascii() and url.isprintable() and _UNSAFE_IN_PAGES.isdisjoint(url)):
        return False
    parts = split_or_none(url)
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def pages(subject: Subject) -> Iterator[Localized]:
    """Every address that a person may be sent to."""
    shown, organization = subject.role.interface, subject.entity.organization
    yield from (*shown.information_urls, *shown.privacy_urls)
    yield from () if organization is None else organization.urls
    if subject.role.error_url is not None:
        yield Localized("", subject.role.error_url, f"{subject.role.place}/@errorURL")


def _entity_id(subject: Subject) -> Iterator[str]:
    """A URI of at most 1024 characters (saml-metadata 2.3.2, saml-core 8.3.6)."""
    value = subject.entity.entity_id
    plain = value.isascii() and value.isprintable() and _UNSAFE_IN_PAGES.isdisjoint(value)
    scheme = value.partition(":")[0].lower()
    if not plain or not 0 < len(value) <= MAXIMUM_ENTITY_ID or scheme in _REFUSED_SCHEMES:
        yield "/EntityDescriptor/@entityID"


def _expired(subject: Subject) -> Iterator[str]:
    ends = ((subject.entity.valid_until, subject.entity.place), (subject.role.valid_until, subject.role.place))
    for end, place in ends:
        if end is not None and subject.now is not None and end <= subject.now:
            yield f"{place}/@validUntil"


def _several_roles(subject: Subject) -> Iterator[str]:
    yield from (
        role.place
        for role in subject.entity.roles
        if role.kind == subject.role.kind and role.place != subject.role.place
    )


def _addresses(subject: Subject) -> Iterator[tuple[str, str]]:
    for location in subject.role.locations:
        for name, url in (("Location", location.url), ("ResponseLocation", location.response_url)):
            if url is not None and (why := _unfit(url, subject.context.allow_http_loopback)):
                yield f"{location.place}/@{name}", why


def _unfit(url: str, allow_http_loopback: bool) -> str:
    if is_plain_https(url):
        return ""
    try:
        check_https_uri(url, allow_http_loopback=allow_http_loopback)
    except UnfitUri as error:
        return str(error)
    return ""


def _pages(subject: Subject) -> Iterator[str]:
    yield from (each.place for each in pages(subject) if not is_page(each.value))


def _no_acs(subject: Subject) -> Iterator[str]:
    """Answers go by POST alone (saml-profiles 4.1.2; deployment profile 5.2)."""
    if subject.role.kind == SP_ROLE and not any(each.binding == POST for each in subject.role.at(ACS)):
        yield f"{subject.role.place}/{ACS}"


def _no_sso(subject: Subject) -> Iterator[str]:
    usable = {each.binding for each in subject.role.at(SSO)} & {REDIRECT, POST}
    if subject.role.kind != SP_ROLE and not usable:
        yield f"{subject.role.place}/{SSO}"


def _indexes(subject: Subject) -> Iterator[str]:
    for group in (subject.role.at(ACS), subject.role.attribute_services):
        counted = Counter(each.index for each in group)
        yield from (f"{each.place}/@index" for each in group if counted[each.index] > 1)


def _defaults(subject: Subject) -> Iterator[str]:
    for group in (subject.role.at(ACS), subject.role.attribute_services):
        defaults = [each.place for each in group if each.is_default]
        yield from (f"{place}/@isDefault" for place in defaults[1:])


def _private_key(subject: Subject) -> Iterator[str]:
    yield from (key.place for key in subject.role.keys if key.flaw == "private-key")


def _certificate(subject: Subject) -> Iterator[str]:
    yield from (key.place for key in subject.role.keys if key.flaw == "certificate")


def _weak_key(subject: Subject) -> Iterator[str]:
    yield from (key.place for key in subject.role.keys if key.key is not None and not is_strong_key(key.key))


def _no_signing_key(subject: Subject) -> Iterator[str]:
    role = subject.role
    if (role.signs or role.kind != SP_ROLE) and not for_signing(role):
        yield role.place


def _no_usable_encryption_key(subject: Subject) -> Iterator[str]:
    """Who gives a key for encryption alone must not be answered in the clear."""
    if not for_encryption(subject.role):
        yield from (key.place for key in subject.role.keys if key.use == "encryption")


def _weak_algorithms(subject: Subject) -> Iterator[str]:
    """A service that can only verify SHA-1 cannot be answered (deployment profile 8)."""
    entity, role = subject.entity, subject.role
    for known, own, general in (
        (SIGNATURE_ALGORITHMS, role.signing_methods, entity.signing_methods),
        (DIGEST_ALGORITHMS, role.digest_methods, entity.digest_methods),
    ):
        declared = own or general
        if declared and not any(algorithm in known for algorithm in declared):
            yield f"{role.place if own else entity.place}/Extensions"


def _key_by_name_only(subject: Subject) -> Iterator[str]:
    yield from (key.place for key in subject.role.keys if key.flaw == "no-key")


def _further_certificates(subject: Subject) -> Iterator[str]:
    yield from (key.place for key in subject.role.keys if key.further)


def _other_encryption_key(subject: Subject) -> Iterator[str]:
    """A key that we cannot encrypt to, beside one that we can, or one that is there for signing too."""
    usable = for_encryption(subject.role)
    for key in subject.role.keys:
        if key.key is not None and key.use != "signing" and key not in usable and (usable or key.use is None):
            yield key.place


def unknown_attributes(subject: Subject) -> Iterator[Requested]:
    """The requested attributes that are in no row of the catalogue."""
    for service in subject.role.attribute_services:
        yield from (each for each in service.requested if by_saml_name(each.name) is None)


def _unknown_attributes(subject: Subject) -> Iterator[tuple[str, str]]:
    yield from ((f"{each.place}/@Name", each.name) for each in unknown_attributes(subject))


def _scope_patterns(subject: Subject) -> Iterator[str]:
    yield from (each.place for each in (*subject.entity.scopes, *subject.role.scopes) if each.is_pattern)


def _relative_entity_id(subject: Subject) -> Iterator[str]:
    parts = split_or_none(subject.entity.entity_id)
    if parts is None or not parts.scheme:
        yield "/EntityDescriptor/@entityID"


_E, _W = Severity.ERROR, Severity.WARNING
_MD, _PROFILE, _IOP = "saml-metadata", "Sweden Connect deployment profile", "SAML Metadata Interoperability Profile 1.0"

RULES: Final[tuple[Rule[Subject], ...]] = (
    Rule("entity-id", _E, _entity_id, "The entityID is not a plain identifier of 1 to 1024 characters.",
         "Give the entity one URI, without spaces, quotes or brackets.", f"{_MD} 2.3.2",
         ("entityID är inte en ren identitet på 1 till 1024 tecken.",
          "Ge entiteten en URI, utan blanksteg, citattecken eller klamrar.")),
    Rule("expired", _E, _expired, "The document says itself that it is no longer valid.",
         "Fetch or generate the metadata anew.", f"{_MD} 2.3.2",
         ("Dokumentet säger självt att det inte gäller längre.", "Hämta eller skapa metadata på nytt."), "now"),
    Rule("several-roles", _E, _several_roles, "There are two descriptors of the same role; which is meant is unclear.",
         "Keep one descriptor a role, or give each its own entityID.", f"{_MD} 2.4",
         ("Det finns två beskrivningar av samma roll; det är oklart vilken som avses.",
          "Behåll en beskrivning per roll, eller ge var och en sitt eget entityID.")),
    Rule("private-key", _E, _private_key, "A private key stands where the certificate belongs. It is no longer secret.",
         "Make a new key pair, and publish its certificate only.", f"{_IOP} 2.6.1",
         ("En privat nyckel står där certifikatet ska stå. Den är inte hemlig längre.",
          "Skapa ett nytt nyckelpar, och publicera bara dess certifikat.")),
    Rule("certificate", _E, _certificate, "The certificate cannot be read, or holds a key of a kind nobody signs with.",
         "Put the certificate there as base64 of its DER, without BEGIN and END lines.", f"{_IOP} 2.6.1",
         ("Certifikatet kan inte läsas, eller har en nyckel av ett slag som ingen signerar med.",
          "Lägg in certifikatet som base64 av dess DER, utan raderna BEGIN och END.")),
    Rule("weak-key", _E, _weak_key, "The key is too weak: RSA under 2048 bits or with a small exponent, or an odd curve.",
         "Use RSA of at least 2048 bits (3072 is better) or P-256, P-384, P-521.", f"{_PROFILE} 8",
         ("Nyckeln är för svag: RSA under 2048 bitar eller med liten exponent, eller en ovanlig kurva.",
          "Använd RSA med minst 2048 bitar (hellre 3072) eller P-256, P-384, P-521.")),
    Rule("no-signing-key", _E, _no_signing_key, "Messages are said to be signed, but no key is given to verify them with.",
         'Add a KeyDescriptor with use="signing" and a certificate.', f"{_MD} 2.4.1.1",
         ("Meddelanden sägs vara signerade, men det finns ingen nyckel att kontrollera dem med.",
          'Lägg till KeyDescriptor med use="signing" och ett certifikat.')),
    Rule("encryption-key", _E, _no_usable_encryption_key, "No key given for encryption is one that we can encrypt to.",
         "Add an RSA certificate for encryption.", f"{_PROFILE} 8",
         ("Ingen nyckel för kryptering är en som vi kan kryptera till.", "Lägg till ett RSA-certifikat för kryptering.")),
    Rule("weak-algorithms", _E, _weak_algorithms, "Every algorithm declared is one that is no longer used, such as SHA-1.",
         "Declare rsa-sha256 or ecdsa-sha256, and sha256, or declare nothing.", f"{_PROFILE} 8; SAML algsupport 2",
         ("Alla algoritmer som anges är sådana som inte används längre, som SHA-1.",
          "Ange rsa-sha256 eller ecdsa-sha256, och sha256, eller ange inga.")),
    Rule("no-acs", _E, _no_acs, "There is no address to which an answer can be posted.",
         "Add an AssertionConsumerService with the HTTP-POST binding.", "saml-profiles 4.1.2",
         ("Det finns ingen adress dit ett svar kan skickas med POST.",
          "Lägg till AssertionConsumerService med bindningen HTTP-POST.")),
    Rule("no-sso", _E, _no_sso, "There is no address to which a request can be sent by redirect or POST.",
         "Add a SingleSignOnService with the HTTP-Redirect or HTTP-POST binding.", f"{_MD} 2.4.3",
         ("Det finns ingen adress dit en begäran kan skickas med redirect eller POST.",
          "Lägg till SingleSignOnService med bindningen HTTP-Redirect eller HTTP-POST.")),
    Rule("address", _E, _addresses, "The address is not a plain https address.",
         "Use https, a host name, no user, no fragment.", f"{_PROFILE} 5.2",
         ("Adressen är inte en ren https-adress.", "Använd https, ett värdnamn, ingen användare, inget fragment.")),
    Rule("page-address", _E, _pages, "The address is one that no person may be sent to.",
         "Use an http or https address of a page.", "SAML MDUI 2.1",
         ("Adressen är en som ingen person får skickas till.", "Använd en sidas http- eller https-adress.")),
    Rule("duplicate-index", _E, _indexes, "Two elements have the same index, so a request that names it is ambiguous.",
         "Number them apart.", f"{_MD} 2.2.3",
         ("Två element har samma index, så en begäran som nämner det är tvetydig.", "Ge dem olika nummer.")),
    Rule("several-defaults", _E, _defaults, "More than one element says that it is the default.",
         'Keep one isDefault="true".', f"{_MD} 2.2.3",
         ("Mer än ett element säger att det är förvalt.", 'Behåll en isDefault="true".')),
    Rule("entity-id-relative", _W, _relative_entity_id, "The entityID is not an absolute URI; another may choose the same.",
         "Use an address under a domain of your own.", "saml-core 1.3.2",
         ("entityID är ingen absolut URI; någon annan kan välja samma.", "Använd en adress under en egen domän.")),
    Rule("key-by-name", _W, _key_by_name_only, "A key without a certificate or key value is left out.",
         "Put the certificate into the KeyDescriptor.", f"{_IOP} 2.6.1",
         ("En nyckel utan certifikat eller nyckelvärde utelämnas.", "Lägg in certifikatet i KeyDescriptor.")),
    Rule("further-certificates", _W, _further_certificates, "Only the first certificate of a KeyDescriptor gives a key.",
         "Give each key a KeyDescriptor of its own, and leave issuers out.", f"{_IOP} 2.6.1",
         ("Bara det första certifikatet i en KeyDescriptor ger en nyckel.",
          "Ge varje nyckel en egen KeyDescriptor, och utelämna utgivarnas certifikat.")),
    Rule("encryption-key-unused", _W, _other_encryption_key, "This key is not encrypted to: only RSA keys are.",
         'Mark it use="signing", and give an RSA key for encryption.', f"{_PROFILE} 8",
         ("Den här nyckeln krypteras det inte till: det görs bara till RSA-nycklar.",
          'Märk den use="signing", och ange en RSA-nyckel för kryptering.')),
    Rule("unknown-attribute", _W, _unknown_attributes, "The requested attribute is not known, and will not be released.",
         "Ask for it by a name in the attribute reference.", "Sweden Connect attribute specification 3.1",
         ("Den begärda uppgiften är okänd, och lämnas inte.", "Begär den med ett namn i attributreferensen.")),
    Rule("scope-pattern", _W, _scope_patterns, "A scope that is a pattern is left out: scopes are compared as they are.",
         "List the scopes one by one.", "Shibboleth metadata extensions",
         ("Ett område (scope) som är ett mönster utelämnas: områden jämförs som de är.", "Räkna upp områdena ett i taget.")),
)  # fmt: skip
