"""What can change about an entry of the register, row by row: what it is called, and how dangerous each direction is.

Owns the classes (harmless, careful, dangerous) of changes: dangerous is what lets somebody in, lets more details out, weakens
how somebody is known, or stops people who log in today. Entity categories do so both ways, for they bound who serves whom.
How a change is told is `wording`, what an entry holds `described`.
An aspect without a row is careful, or dangerous in an entry that is nothing but terms: nobody judged it yet.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from metadata.described_keys import DescribedKey
from trust_framework import loa
from trust_framework.danger import Danger, worst

Word = str | DescribedKey
Words = frozenset[Word]
Facts = Mapping[str, Words]
"""An entry as aspects, each with the words that it holds."""

YES: Final = "yes"
"""The one word of something that is on; what is off has none."""


class Form(Enum):
    """How an aspect's words are told. An ADDRESS at a host that was none of the entry's is dangerous, whatever its row says; a
    PAGE is an address that only people follow (`hosts`).
    """

    SET = auto()
    VALUE = auto()
    SWITCH = auto()
    SECRET = auto()
    ADDRESS = auto()
    PAGE = auto()
    KEY = auto()


Judge = Callable[[Words, Words], Danger]
"""The class of a change from some words to others, where the direction alone does not tell it."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """A row. `sv` and `en` are what it is called in a sentence; `judge` has the last word where there is one."""

    kind: str
    name: str
    form: Form
    sv: str
    en: str
    added: Danger
    removed: Danger
    judge: Judge | None = None

    def danger(self, before: Words, after: Words) -> Danger:
        """The class of a change of its words."""
        if self.judge is not None:
            return self.judge(before, after)
        return worst([*([self.added] if after - before else []), *([self.removed] if before - after else [])])

    @property
    def harmless(self) -> bool:
        """Whether no change of it is more than a matter of looks."""
        return self.judge is None and {self.added, self.removed} == {Danger.HARMLESS}


_H, _C, _D = Danger.HARMLESS, Danger.CAREFUL, Danger.DANGEROUS


_ANY_AGE: Final = 10**10


def _ranks(words: Words) -> list[int]:
    return [loa.rank(str(word).rpartition(" → ")[2]) for word in words]


def weaker_is_dangerous(before: Words, after: Words) -> Danger:
    """A service that takes a level weaker than all it took, or one whose strength is not known."""
    strongest_floor = min(_ranks(before), default=0)
    new = _ranks(after - before)
    return _D if any(rank == 0 or rank < strongest_floor for rank in new) else _C


def higher_is_dangerous(before: Words, after: Words) -> Danger:
    """A provider that may give a stronger level than it could, one whose strength is not known, or any."""
    ranks = _ranks(after)
    return _D if not ranks or 0 in ranks or max(ranks) > max(_ranks(before), default=0) else _C


def weaker_consent_is_dangerous(_before: Words, after: Words) -> Danger:
    """People who were asked are asked no more."""
    return _D if "never" in after else _C


def weaker_default_is_dangerous(before: Words, after: Words) -> Danger:
    """Levels asked for where a request names none: gone, or weaker than all that there were, so that any or less will do."""
    return _D if not after else weaker_is_dangerous(before, after)


def longer_is_dangerous(before: Words, after: Words) -> Danger:
    """How old a login may be, in seconds: older ones will do, or any."""
    limits = [min((int(str(word)) for word in words), default=_ANY_AGE) for words in (before, after)]
    return _D if limits[1] > limits[0] else _C


def none_left_is_dangerous(before: Words, after: Words) -> Danger:
    """Trust declarations: one that comes, and the last that goes, since no day bounds the providers of a member without any."""
    return _D if after - before or not after else _C


def another_key_is_dangerous(before: Words, after: Words) -> Danger:
    """A certificate that is only issued anew holds the key that was there (Metadata Interoperability Profile 2.6.1)."""
    ids = [{word.id if isinstance(word, DescribedKey) else word for word in words} for words in (before, after)]
    return _C if ids[0] == ids[1] else _D


SERVICE, PROVIDER, METHOD = "service", "identity_provider", "method"
MEMBER, AGREEMENT, POLICY, FEDERATION, FEED = "member", "agreement", "policy", "federation", "feed"
CARE_PROVIDER, CARE_CONSUMER = "care_provider", "care_consumer"

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    FEDERATION: ("federationen", "the federation"),
    MEMBER: ("medlem", "member"),
    SERVICE: ("tjänst", "service"),
    PROVIDER: ("identitetsutfärdare", "identity provider"),
    METHOD: ("inloggningssätt", "login method"),
    AGREEMENT: ("överenskommelse", "agreement"),
    POLICY: ("policy", "policy"),
    FEED: ("flöde", "feed"),
    CARE_PROVIDER: ("vårdgivare", "care provider"),
    CARE_CONSUMER: ("vårdsystem", "care system"),
}
"""What each kind of entry is called."""

_TERMS: Final = frozenset({AGREEMENT, POLICY, FEED, CARE_PROVIDER, CARE_CONSUMER})

REST: Final = "rest"
"""What differs in a document though no row tells it."""

_V, _S, _K, _A, _P, _Y, _X = Form.VALUE, Form.SET, Form.KEY, Form.ADDRESS, Form.PAGE, Form.SWITCH, Form.SECRET

# fmt: off
_ROWS: Final = (
    Aspect(FEDERATION, "name", _S, "namn", "name", _C, _C),
    Aspect(FEDERATION, "software_statement_issuers", _S, "utfärdare av programvaruintyg",
           "issuer of software statements", _D, _C),
    Aspect(FEDERATION, "entity_categories", _S, "uppgifter som hör till en entitetskategori",
           "details that belong to an entity category", _D, _D),
    Aspect(FEDERATION, "declaration_grace_days", _V, "dagar som en tillitsdeklaration gäller efter sin sista dag",
           "days that a trust declaration counts after its last", _D, _D),
    Aspect(FEDERATION, "openid_federation", _S, "OpenID Federation", "OpenID Federation", _D, _D),
    # members
    Aspect(MEMBER, "openid_federation", _S, "entitet i OpenID Federation", "entity in the OpenID Federation", _D, _D),
    Aspect(MEMBER, "name", _S, "namn", "name", _C, _C),
    Aspect(MEMBER, "state", _V, "läge", "state", _D, _D),
    Aspect(MEMBER, "type", _V, "slag av organisation", "kind of organisation", _D, _D),
    Aspect(MEMBER, "roles", _S, "roll i federationen", "role in the federation", _D, _C),
    Aspect(MEMBER, "trust_declarations", _S, "tillitsdeklaration", "trust declaration", _D, _C,
           none_left_is_dangerous),
    Aspect(MEMBER, "risk_assessment", _S, "riskbedömning", "risk assessment", _C, _D),
    Aspect(MEMBER, "agents", _S, "ombud", "agent", _D, _C),
    Aspect(MEMBER, "reason", _V, "skäl till läget", "reason for the state", _C, _C),
    Aspect(MEMBER, "contact", _S, "kontakt", "contact", _H, _H),
    Aspect(MEMBER, "contacts", _S, "kontakter", "contacts", _H, _H),
    # services, whichever protocol
    Aspect(SERVICE, "member", _V, "ägare", "owner", _D, _D),
    Aspect(SERVICE, "state", _V, "läge", "state", _D, _D),
    Aspect(SERVICE, "reason", _V, "skäl till läget", "reason for the state", _C, _C),
    Aspect(SERVICE, "reasons", _S, "skäl till en uppgift", "reason for an attribute", _C, _C),
    Aspect(SERVICE, "legal_basis", _V, "rättslig grund", "legal basis", _C, _C),
    Aspect(SERVICE, "name", _S, "namn", "name", _C, _C),
    Aspect(SERVICE, "levels", _S, "tillitsnivå som godtas", "level of assurance accepted", _D, _C, weaker_is_dangerous),
    Aspect(SERVICE, "methods", _S, "tillåtet inloggningssätt", "login method allowed", _D, _D),
    Aspect(SERVICE, "attributes", _S, "uppgift som får lämnas", "attribute that may be released", _D, _C),
    Aspect(SERVICE, "required", _S, "uppgift som krävs", "attribute that is required", _C, _D),
    Aspect(SERVICE, "consent", _V, "samtycke", "consent", _D, _D, weaker_consent_is_dangerous),
    Aspect(SERVICE, "profile", _V, "regelprofil", "profile of rules", _D, _D),
    Aspect(SERVICE, "accepts_coordination_number", _Y, "tar emot samordningsnummer", "accepts coordination numbers", _D, _D),
    Aspect(SERVICE, "on_behalf_of", _S, "sätt att företräda andra", "way to act for others", _D, _C),
    Aspect(SERVICE, "contact", _S, "kontakt", "contact", _H, _H),
    Aspect(SERVICE, "contact persons", _S, "kontakt", "contact", _H, _H),
    Aspect(SERVICE, "description", _S, "beskrivning", "description", _C, _C),
    Aspect(SERVICE, "logo", _S, "logotyp", "logo", _C, _C),
    Aspect(SERVICE, "used_by", _S, "vem som använder den", "who uses it", _C, _C),
    Aspect(SERVICE, "privacy_url", _P, "adress till hur personuppgifter behandlas",
           "address of how personal data are treated", _C, _C),
    Aspect(SERVICE, "information_url", _P, "adress till information", "address of information", _C, _C),
    Aspect(SERVICE, "entity_categories", _S, "entitetskategori som federationen går i god för",
           "entity category that the federation vouches for", _D, _D),
    Aspect(SERVICE, "openid_federation", _S, "entitet i OpenID Federation", "entity in the OpenID Federation", _D, _D),
    # SAML services
    Aspect(SERVICE, "entityID", _V, "entityID", "entityID", _D, _D),
    Aspect(SERVICE, "metadata_url", _A, "adress där metadata hämtas", "address that metadata is fetched from", _D, _C),
    Aspect(SERVICE, "metadata_certificate", _K, "hämtade metadata", "metadata that is fetched", _D, _D,
           another_key_is_dangerous),
    Aspect(SERVICE, "assertion consumer service", _A, "adress för svar", "address for answers", _D, _C),
    Aspect(SERVICE, "single logout service", _A, "adress för utloggning", "address for logout", _D, _C),
    Aspect(SERVICE, "other addresses", _A, "övrig adress i metadata", "further address in the metadata", _C, _C),
    Aspect(SERVICE, "signing key", _K, "signering", "signing", _D, _D, another_key_is_dangerous),
    Aspect(SERVICE, "encryption key", _K, "kryptering", "encryption", _D, _D, another_key_is_dangerous),
    Aspect(SERVICE, "signs its requests", _Y, "signerar sin begäran", "signs its requests", _C, _D),
    Aspect(SERVICE, "wants assertions signed", _Y, "vill ha signerade intyg", "wants assertions signed", _C, _D),
    Aspect(SERVICE, "asks for", _S, "begärd uppgift", "attribute asked for", _C, _C),
    Aspect(SERVICE, "entity categories", _S, "entitetskategori", "entity category", _D, _D),
    Aspect(SERVICE, "description in metadata", _S, "beskrivning i metadata", "description in the metadata", _H, _H),
    Aspect(SERVICE, "logo in metadata", _S, "logotyp i metadata", "logo in the metadata", _H, _H),
    Aspect(SERVICE, "display name", _S, "visningsnamn", "display name", _C, _C),
    Aspect(SERVICE, "organisation", _S, "organisation i metadata", "organisation in the metadata", _C, _C),
    Aspect(SERVICE, "pages", _P, "adress till sida för användare", "address of a page for people", _C, _C),
    # OpenID clients
    Aspect(SERVICE, "client_id", _V, "client_id", "client_id", _D, _D),
    Aspect(SERVICE, "redirect_uris", _A, "adress för svar", "address for answers", _D, _C),
    Aspect(SERVICE, "post_logout_redirect_uris", _A, "adress efter utloggning", "address after logout", _D, _C),
    Aspect(SERVICE, "initiate_login_uri", _A, "adress som börjar en inloggning", "address that begins a login", _C, _C),
    Aspect(SERVICE, "sector_identifier_uri", _A, "adress till domänens adresser för svar",
           "address of the addresses for answers of the domain", _D, _D),
    Aspect(SERVICE, "client_uri", _P, "adress till tjänstens sida", "address of the service's page", _C, _C),
    Aspect(SERVICE, "policy_uri", _P, "adress till integritetspolicy", "address of the privacy policy", _C, _C),
    Aspect(SERVICE, "tos_uri", _P, "adress till användarvillkor", "address of the terms of use", _C, _C),
    Aspect(SERVICE, "jwks", _K, "klientens signaturer", "the client's signatures", _D, _D, another_key_is_dangerous),
    Aspect(SERVICE, "jwks_uri", _A, "adress till klientens nycklar", "address of the client's keys", _D, _D),
    Aspect(SERVICE, "client_secret", _X, "klientens hemlighet", "the client's secret", _D, _D),
    Aspect(SERVICE, "token_endpoint_auth_method", _V, "klientens legitimering", "client authentication", _D, _D),
    Aspect(SERVICE, "token_endpoint_auth_signing_alg", _V, "signeringsalgoritm för klientens legitimering",
           "signing algorithm of client authentication", _D, _D),
    Aspect(SERVICE, "assertion_audience", _V, "mottagare i klientens legitimering", "audience of client authentication",
           _D, _D),
    Aspect(SERVICE, "require_signed_request_object", _Y, "begäran måste vara signerad", "the request must be signed", _C, _D),
    Aspect(SERVICE, "request_object_signing_alg", _V, "signeringsalgoritm för begäran", "signing algorithm of requests",
           _D, _D),
    Aspect(SERVICE, "id_token_signed_response_alg", _V, "signeringsalgoritm för ID-token", "signing algorithm of ID tokens",
           _D, _D),
    Aspect(SERVICE, "userinfo_signed_response_alg", _V, "signeringsalgoritm för userinfo", "signing algorithm of userinfo",
           _D, _D),
    Aspect(SERVICE, "require_auth_time", _Y, "tidpunkten för inloggningen måste lämnas", "the time of the login must be told",
           _C, _D),
    Aspect(SERVICE, "default_max_age", _V, "äldsta inloggning som duger, i sekunder", "oldest login that will do, in seconds",
           _D, _D, longer_is_dangerous),
    Aspect(SERVICE, "default_acr_values", _S, "tillitsnivå som begärs om inget sägs",
           "level of assurance asked for when nothing is said", _C, _D, weaker_default_is_dangerous),
    Aspect(SERVICE, "grant_types", _S, "grant_type", "grant type", _D, _C),
    Aspect(SERVICE, "scope", _S, "scope", "scope", _D, _C),
    Aspect(SERVICE, "authorization_details_types", _S, "slag av behörighet i token (RFC 9396)",
           "type of authorization details (RFC 9396)", _D, _C),
    Aspect(SERVICE, "application_type", _V, "klientens slag", "kind of client", _D, _D),
    Aspect(SERVICE, "subject_type", _V, "användarens id hos tjänsten (pairwise: eget, public: gemensamt)",
           "the person's id at the service (pairwise: its own, public: shared)", _D, _D),
    Aspect(SERVICE, "sector_identifier", _V, "domän för användarens id", "domain of the person's id", _D, _D),
    Aspect(SERVICE, "client_name", _S, "namn", "name", _C, _C),
    Aspect(SERVICE, "client_name#sv", _S, "namn på svenska", "name in Swedish", _C, _C),
    Aspect(SERVICE, "client_name#en", _S, "namn på engelska", "name in English", _C, _C),
    Aspect(SERVICE, "contacts", _S, "kontakt", "contact", _H, _H),
    Aspect(SERVICE, "logo_uri", _S, "logotyp", "logo", _H, _H),
    Aspect(SERVICE, "software_id", _S, "programvara", "software", _H, _H),
    Aspect(SERVICE, "software_version", _S, "programvarans version", "version of the software", _H, _H),
    Aspect(SERVICE, REST, _X, "annat i dokumentet", "something else in the document", _C, _C),
    # upstream providers
    Aspect(PROVIDER, "state", _V, "läge", "state", _D, _D),
    Aspect(PROVIDER, "member", _V, "ägare", "owner", _D, _D),
    Aspect(PROVIDER, "reason", _V, "skäl till läget", "reason for the state", _C, _C),
    Aspect(PROVIDER, "name", _S, "namn", "name", _C, _C),
    Aspect(PROVIDER, "contact", _S, "kontakt", "contact", _H, _H),
    Aspect(PROVIDER, "contact persons", _S, "kontakt", "contact", _H, _H),
    Aspect(PROVIDER, "description in metadata", _S, "beskrivning i metadata", "description in the metadata", _H, _H),
    Aspect(PROVIDER, "logo in metadata", _S, "logotyp i metadata", "logo in the metadata", _H, _H),
    Aspect(PROVIDER, "entityID", _V, "entityID", "entityID", _D, _D),
    Aspect(PROVIDER, "issuer", _V, "utfärdare", "issuer", _D, _D),
    Aspect(PROVIDER, "client_id", _V, "vårt client_id", "our client_id", _D, _D),
    Aspect(PROVIDER, "client_secret", _X, "vår hemlighet", "our secret", _D, _D),
    Aspect(PROVIDER, "metadata_url", _A, "adress där metadata hämtas", "address that metadata is fetched from", _D, _C),
    Aspect(PROVIDER, "metadata_certificate", _K, "hämtade metadata", "metadata that is fetched", _D, _D,
           another_key_is_dangerous),
    Aspect(PROVIDER, "single sign-on service", _A, "adress för begäran", "address for requests", _D, _C),
    Aspect(PROVIDER, "single logout service", _A, "adress för utloggning", "address for logout", _D, _C),
    Aspect(PROVIDER, "other addresses", _A, "övrig adress i metadata", "further address in the metadata", _C, _C),
    Aspect(PROVIDER, "origins", _A, "ursprung som webbläsaren skickas via", "origin through which the browser is sent", _D, _C),
    Aspect(PROVIDER, "token_endpoint_auth_method", _V, "vår legitimering", "our client authentication", _D, _D),
    Aspect(PROVIDER, "assertion_alg", _V, "signeringsalgoritm för vår legitimering",
           "signing algorithm of our client authentication", _D, _D),
    Aspect(PROVIDER, "assertion_audience", _V, "mottagare i vår legitimering", "audience of our client authentication", _D, _D),
    Aspect(PROVIDER, "signing_alg", _V, "signeringsalgoritm för vår begäran", "signing algorithm of our requests", _D, _D),
    Aspect(PROVIDER, "name_id_format", _V, "slag av NameID som begärs", "NameID format asked for", _D, _D),
    Aspect(PROVIDER, "acr", _V, "sätt att begära tillitsnivå", "way to ask for a level of assurance", _C, _C),
    Aspect(PROVIDER, "scope", _S, "scope som begärs", "scope asked for", _C, _D),
    Aspect(PROVIDER, "userinfo", _V, "när userinfo hämtas", "when userinfo is fetched", _D, _D),
    Aspect(PROVIDER, "login_hint", _Y, "vem som väntas lämnas ut", "who is expected is told", _D, _C),
    Aspect(PROVIDER, "signing key", _K, "signering", "signing", _D, _D, another_key_is_dangerous),
    Aspect(PROVIDER, "ceiling", _V, "högsta tillitsnivå", "highest level of assurance", _D, _D, higher_is_dangerous),
    Aspect(PROVIDER, "levels", _S, "tillitsnivå som översätts", "level of assurance translated", _D, _C),
    Aspect(PROVIDER, "attributes", _S, "uppgift som tas emot", "attribute that is taken", _D, _C),
    Aspect(PROVIDER, "entity_categories", _S, "entitetskategori som federationen går i god för",
           "entity category that the federation vouches for", _D, _D),
    Aspect(PROVIDER, "entity categories", _S, "entitetskategori", "entity category", _D, _D),
    Aspect(PROVIDER, "certified for", _S, "tillitsnivå som metadata säger", "level of assurance in the metadata", _C, _C),
    Aspect(PROVIDER, "scopes of its metadata", _S, "område i metadata", "scope in the metadata", _C, _C),
    Aspect(PROVIDER, "display name", _S, "visningsnamn", "display name", _C, _C),
    Aspect(PROVIDER, "organisation", _S, "organisation i metadata", "organisation in the metadata", _C, _C),
    Aspect(PROVIDER, "pages", _P, "adress till sida för användare", "address of a page for people", _C, _C),
    Aspect(PROVIDER, "scopes", _S, "område som den får intyga", "scope that it may assert", _D, _C),
    Aspect(PROVIDER, "identifiers", _S, "identitetsnummer som den får intyga", "identity number that it may assert", _D, _C),
    Aspect(PROVIDER, "subject", _V, "uppgift som är nyckel till personen", "attribute that is the key to the person", _D, _D),
    Aspect(PROVIDER, "id_token_signed_response_alg", _V, "signeringsalgoritm", "signing algorithm", _D, _D),
    Aspect(PROVIDER, "want_assertions_signed", _Y, "intyget måste vara signerat", "the assertion must be signed", _C, _D),
    Aspect(PROVIDER, REST, _X, "annat i dokumentet", "something else in the document", _C, _C),
    Aspect(PROVIDER, "openid_federation", _S, "entitet i OpenID Federation", "entity in the OpenID Federation", _D, _D),
    # the broker's own methods
    Aspect(METHOD, "state", _V, "läge", "state", _D, _D),
    Aspect(METHOD, "reason", _V, "skäl till läget", "reason for the state", _C, _C),
    Aspect(METHOD, "kind", _V, "slag", "kind", _D, _D),
    Aspect(METHOD, "anchors", _K, "kortutgivare", "card issuers", _D, _D, another_key_is_dangerous),
    Aspect(METHOD, "ca", _K, "motpartens server", "the peer's server", _D, _D, another_key_is_dangerous),
    Aspect(METHOD, "cert", _K, "vårt anrop", "our calls", _D, _D, another_key_is_dangerous),
    Aspect(METHOD, "key", _X, "vår nyckel", "our key", _D, _D),
    Aspect(METHOD, "url", _V, "adress", "address", _D, _D),
    Aspect(METHOD, "policies", _S, "certifikatspolicy med nivå", "certificate policy with level", _D, _D),
    Aspect(METHOD, "issuers", _S, "utgivare med nivå", "issuer with level", _D, _D),
    Aspect(METHOD, "subject", _V, "fält som nämner innehavaren", "field that names the holder", _D, _D),
    Aspect(METHOD, "identifiers", _S, "slag av identitetsnummer", "kind of identity number", _D, _C),
    Aspect(METHOD, "ceiling", _V, "högsta tillitsnivå", "highest level of assurance", _D, _D, higher_is_dangerous),
    Aspect(METHOD, "level", _V, "tillitsnivå", "level of assurance", _D, _D, higher_is_dangerous),
    Aspect(METHOD, "ocsp", _Y, "spärrkontroll med OCSP", "revocation check by OCSP", _C, _D),
    Aspect(METHOD, "crl", _Y, "spärrkontroll med CRL", "revocation check by CRL", _C, _D),
    Aspect(METHOD, "nonce", _Y, "OCSP-svar bara för vår fråga", "OCSP answer for our question alone", _C, _D),
    Aspect(METHOD, "certificatePolicies", _S, "slag av e-legitimation", "kind of e-ID", _D, _D),
    Aspect(METHOD, "highest_risk", _V, "högsta risk", "highest risk", _D, _D),
    Aspect(METHOD, "require_return", _Y, "samma webbläsare krävs", "the same browser is needed", _C, _D),
    Aspect(METHOD, "name", _S, "namn", "name", _C, _C),
    Aspect(METHOD, "name_sv", _V, "namn på svenska", "name in Swedish", _C, _C),
    Aspect(METHOD, "name_en", _V, "namn på engelska", "name in English", _C, _C),
    # agreements
    Aspect(AGREEMENT, "services", _S, "tjänst som omfattas", "service covered", _D, _D),
    Aspect(AGREEMENT, "attributes", _S, "uppgift som omfattas", "attribute covered", _D, _D),
    Aspect(AGREEMENT, "from", _V, "första dag", "first day", _D, _D),
    Aspect(AGREEMENT, "until", _V, "sista dag", "last day", _D, _D),
    Aspect(AGREEMENT, "name", _S, "namn", "name", _H, _H),
    Aspect(AGREEMENT, "versions", _S, "villkor", "terms", _D, _D),
    Aspect(AGREEMENT, "reviews", _S, "genomgång", "review", _D, _D),
    Aspect(AGREEMENT, "suspensions", _S, "stopp", "stop", _D, _D),
    Aspect(AGREEMENT, "leaves", _S, "utträde", "leave", _D, _D),
    Aspect(AGREEMENT, "extras", _S, "enstaka uppgift", "single extra detail", _D, _D),
    # release policies
    Aspect(POLICY, "name", _S, "namn", "name", _H, _H),
    Aspect(POLICY, "effect", _V, "verkan", "effect", _D, _D),
    Aspect(POLICY, "to", _S, "tjänster", "services", _D, _D),
    Aspect(POLICY, "attributes", _S, "uppgift", "attribute", _D, _D),
    Aspect(POLICY, "sets", _S, "uppsättning uppgifter", "attribute set", _D, _D),
    Aspect(POLICY, "needs", _S, "krav", "need", _D, _D),
    Aspect(POLICY, "version", _V, "version", "version", _D, _D),
    Aspect(POLICY, "from", _V, "första dag", "first day", _D, _D),
    Aspect(POLICY, "next", _S, "kommande version", "coming version", _D, _D),
    # care providers and the systems that call for them
    Aspect(CARE_PROVIDER, "member", _V, "medlem", "member", _D, _D),
    Aspect(CARE_PROVIDER, "name", _S, "namn", "name", _C, _C),
    Aspect(CARE_PROVIDER, "units", _S, "vårdenhet", "care unit", _C, _D),
    Aspect(CARE_PROVIDER, "switches", _S, "vårdgivarens val", "choice of the provider", _D, _D),
    Aspect(CARE_PROVIDER, "rules", _V, "regelverk", "rule set", _D, _D),
    Aspect(CARE_PROVIDER, "registrars", _S, "systemroll som får registrera spärrar",
           "system role that may enter blocks", _D, _C),
    Aspect(CARE_PROVIDER, "review_contact", _V, "adress till logguppföljningen", "address of the log review", _D, _D),
    Aspect(CARE_PROVIDER, "authority", _Y, "myndighet i sitt regelverk", "authority of its rule set", _D, _D),
    Aspect(CARE_CONSUMER, "member", _V, "medlem", "member", _D, _D),
    Aspect(CARE_CONSUMER, "service", _V, "klient i JSON-gränssnittet", "client of the JSON API", _D, _D),
    Aspect(CARE_CONSUMER, "contracts", _S, "tjänstekontrakt", "service contract", _D, _C),
    Aspect(CARE_CONSUMER, "copies", _Y, "får läsa allas spärrar", "may read the blocks of all", _D, _D),
    Aspect(CARE_CONSUMER, "providers", _S, "vårdgivare", "care provider", _D, _C),
    Aspect(AGREEMENT, "contact", _S, "kontakt", "contact", _H, _H),
    Aspect(AGREEMENT, "contacts", _S, "kontakt", "contact", _H, _H),
)
# fmt: on

ASPECTS: Final[Mapping[tuple[str, str], Aspect]] = {(row.kind, row.name): row for row in _ROWS}


def aspect_of(kind: str, name: str) -> Aspect:
    """The row, that of the name without its language tag (RFC 7591 section 2.2), or one for what has none."""
    unjudged = _D if kind in _TERMS else _C
    row = ASPECTS.get((kind, name)) or ASPECTS.get((kind, name.partition("#")[0]))
    return row or Aspect(kind, name, _S, name, name, unjudged, unjudged)


def harmless_names(kind: str) -> frozenset[str]:
    """Aspects of a kind of entry whose changes are published at once."""
    return frozenset(row.name for row in _ROWS if row.kind == kind and row.harmless)


def in_order(kind: str, names: Iterable[str]) -> list[str]:
    """Names of aspects as the rows stand, those without a row last."""
    places = {row.name: place for place, row in enumerate(_ROWS) if row.kind == kind}
    return sorted(names, key=lambda name: (places.get(name, len(_ROWS)), name))
