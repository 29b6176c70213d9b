"""What would be better in a service's or an identity provider's metadata, each in its own role: advice, one row each.

Owns the advice that makes sense for one of the two roles only; the rest is `metadata.saml_advice`.
"""

from collections.abc import Iterator
from typing import Final

from metadata.findings import Rule, Severity
from metadata.register import POST
from metadata.saml_rules import Subject, for_encryption, unknown_attributes
from metadata.wire import pysaml2_tables
from metadata.wire.saml_messages.vocabulary import NAME_FORMAT_URI
from metadata.wire.saml_metadata_values import (
    ACS,
    ASSURANCE_CERTIFICATION,
    ENTITY_CATEGORY,
    IDP_ROLE,
    SP_ROLE,
    Requested,
)
from trust_framework.attribute_sets import ENTITY_CATEGORIES
from trust_framework.attributes import by_saml_name
from trust_framework.service_matching import type_of

_SIGNATURE_SERVICE: Final = "http://id.elegnamnden.se/st/1.0/sigservice"
_SWEDISH: Final = ("http://id.elegnamnden.se/", "http://id.swedenconnect.se/")
_DEPRECATED: Final = "http://id.swedenconnect.se/ec/sc/uncertified-loa3-pnr"


def _categories(subject: Subject) -> tuple[str, ...]:
    return subject.entity.attributes.get(ENTITY_CATEGORY, ())


def _category_place(category: str) -> str:
    return f"/EntityDescriptor/Extensions/EntityAttributes/Attribute/AttributeValue[.='{category}']"


def _requested(subject: Subject) -> Iterator[Requested]:
    for service in subject.role.attribute_services:
        yield from service.requested


# services


def _no_encryption_key(subject: Subject) -> Iterator[str]:
    if not for_encryption(subject.role):
        yield subject.role.place


def _requests_unsigned(subject: Subject) -> Iterator[str]:
    if not subject.role.signs and _SIGNATURE_SERVICE not in _categories(subject):
        yield f"{subject.role.place}/@AuthnRequestsSigned"


def _signature_service_unsigned(subject: Subject) -> Iterator[str]:
    if not subject.role.signs and _SIGNATURE_SERVICE in _categories(subject):
        yield f"{subject.role.place}/@AuthnRequestsSigned"


def _assertions_unsigned(subject: Subject) -> Iterator[str]:
    if not subject.role.wants_signed:
        yield f"{subject.role.place}/@WantAssertionsSigned"


def _asks_nothing(subject: Subject) -> Iterator[str]:
    by_category = any(category in ENTITY_CATEGORIES for category in _categories(subject))
    by_name = any(by_saml_name(each.name) for each in _requested(subject))
    if not by_category and not by_name:
        yield subject.role.place


def _no_default_acs(subject: Subject) -> Iterator[str]:
    usable = [each for each in subject.role.at(ACS) if each.binding == POST]
    if len(usable) > 1 and not any(each.is_default for each in usable):
        yield f"{subject.role.place}/{ACS}"


def _unused_acs(subject: Subject) -> Iterator[tuple[str, str]]:
    yield from ((each.place, each.binding) for each in subject.role.at(ACS) if each.binding != POST)


def _other_name_format(subject: Subject) -> Iterator[tuple[str, str]]:
    for each in _requested(subject):
        if by_saml_name(each.name) and each.name_format not in {None, NAME_FORMAT_URI}:
            yield f"{each.place}/@NameFormat", each.name_format or ""


def _attribute_by_other_name(subject: Subject) -> Iterator[tuple[str, str]]:
    for each in unknown_attributes(subject):
        name = pysaml2_tables.uri_name(each.name)
        if name is not None and (row := by_saml_name(name)) is not None:
            yield f"{each.place}/@Name", f"{row.name} is {name}"


def _foreign_category(subject: Subject) -> Iterator[tuple[str, str]]:
    for category in _categories(subject):
        asked = None if category.startswith(_SWEDISH) else pysaml2_tables.asked_by_category(category)
        if asked is not None:
            yield _category_place(category), ", ".join(sorted(asked)) or "no attributes"


def _category_without_name(subject: Subject) -> Iterator[tuple[str, str]]:
    """Who asks for more than the name at a level supports the name alone at it too (technical rules 3.3)."""
    declared = set(_categories(subject))
    for category in sorted(declared):
        head, _, level_set = category.rpartition("/")
        level, _, kind = level_set.partition("-")
        wanted = f"http://id.swedenconnect.se/ec/1.0/{level}-name"
        if kind in {"pnr", "orgid"} and head.endswith("/ec/1.0") and wanted not in declared:
            yield _category_place(category), wanted


def _nobody_serves(subject: Subject) -> Iterator[tuple[str, str]]:
    """No login method has a level that the service takes and fits its categories (Sweden Connect entity categories 2)."""
    served, declared = subject.context.served, frozenset(_categories(subject))
    if served is not None and not served(declared):
        yield subject.role.place, ", ".join(sorted(each for each in declared if type_of(each)))


def _deprecated_category(subject: Subject) -> Iterator[str]:
    yield from (_category_place(each) for each in _categories(subject) if each == _DEPRECATED)


# identity providers


def _no_assurance(subject: Subject) -> Iterator[str]:
    if not subject.entity.attributes.get(ASSURANCE_CERTIFICATION):
        yield "/EntityDescriptor/Extensions/EntityAttributes"


def _no_scope(subject: Subject) -> Iterator[str]:
    if not (*subject.entity.scopes, *subject.role.scopes):
        yield f"{subject.role.place}/Extensions"


def _no_error_url(subject: Subject) -> Iterator[str]:
    if subject.role.error_url is None:
        yield f"{subject.role.place}/@errorURL"


def _no_placeholders(subject: Subject) -> Iterator[str]:
    if subject.role.error_url is not None and "ERRORURL_CODE" not in subject.role.error_url:
        yield f"{subject.role.place}/@errorURL"


def _takes_unsigned(subject: Subject) -> Iterator[str]:
    if not subject.role.wants_signed:
        yield f"{subject.role.place}/@WantAuthnRequestsSigned"


_W, _H = Severity.WARNING, Severity.HINT
_MD, _PROFILE, _RULES = "saml-metadata", "Sweden Connect deployment profile", "Sweden Connect technical rules"

# fmt: off
ROLE_ADVICE: Final[tuple[Rule[Subject], ...]] = (
    Rule("no-encryption-key", _W, _no_encryption_key, "Without a key the answers to this service are not encrypted.",
         'Add a KeyDescriptor with use="encryption" and an RSA certificate.', f"{_PROFILE} 6.1",
         ("Utan nyckel krypteras inte svaren till tjänsten.",
          'Lägg till KeyDescriptor med use="encryption" och ett RSA-certifikat.'), only=SP_ROLE),
    Rule("requests-unsigned", _H, _requests_unsigned, "Anybody can start a login in the name of this service.",
         'Sign requests and set AuthnRequestsSigned="true".', f"{_PROFILE} 2.1",
         ("Vem som helst kan börja en inloggning i tjänstens namn.",
          'Signera begäran och sätt AuthnRequestsSigned="true".'), only=SP_ROLE),
    Rule("signature-service", _W, _signature_service_unsigned, "A signature service must sign its requests.",
         'Set AuthnRequestsSigned="true".', f"{_PROFILE} 2.1.4",
         ("En underskriftstjänst måste signera sin begäran.", 'Sätt AuthnRequestsSigned="true".'), only=SP_ROLE),
    Rule("assertions-unsigned", _H, _assertions_unsigned, "Only the response around the assertion will be signed.",
         'Set WantAssertionsSigned="true" if assertions are kept or passed on.', f"{_PROFILE} 6.1",
         ("Bara svaret runt intyget signeras.",
          'Sätt WantAssertionsSigned="true" om intyg sparas eller skickas vidare.'), only=SP_ROLE),
    Rule("asks-nothing", _W, _asks_nothing, "No attribute is asked for that we know, so only a pseudonym is released.",
         "Declare an entity category, or an AttributeConsumingService.", f"{_PROFILE} 2.1.3; {_MD} 2.4.4.1",
         ("Ingen uppgift som vi känner till begärs, så bara en pseudonym lämnas.",
          "Ange en entitetskategori, eller en AttributeConsumingService."), only=SP_ROLE),
    Rule("no-default-acs", _H, _no_default_acs, "With several addresses and no default the lowest index is used.",
         'Mark one with isDefault="true".', f"{_MD} 2.2.3",
         ("Med flera adresser och ingen förvald används den med lägst index.", 'Märk en med isDefault="true".'), only=SP_ROLE),
    Rule("acs-unused", _H, _unused_acs, "Answers are never sent with this binding.", "Leave the endpoint out.",
         f"{_PROFILE} 5.2",
         ("Svar skickas aldrig med den här bindningen.", "Utelämna adressen."), only=SP_ROLE),
    Rule("attribute-name-format", _H, _other_name_format, "The attribute is released with a name of URI format.",
         f'Set NameFormat="{NAME_FORMAT_URI}".', "Sweden Connect attribute specification 3.1",
         ("Uppgiften lämnas med ett namn i URI-format.", f'Sätt NameFormat="{NAME_FORMAT_URI}".'), only=SP_ROLE),
    Rule("attribute-other-name", _H, _attribute_by_other_name, "The attribute is known by another name.",
         "Ask for it by that name.", "Sweden Connect attribute specification 3.1",
         ("Uppgiften är känd under ett annat namn.", "Begär den med det namnet."), only=SP_ROLE),
    Rule("category-foreign", _H, _foreign_category, "This category of another federation does not release attributes here.",
         "Ask for the attributes in an AttributeConsumingService.", "Sweden Connect entity categories 2",
         ("Den här kategorin från en annan federation ger inga uppgifter här.",
          "Begär uppgifterna i en AttributeConsumingService.")),
    Rule("category-without-name", _W, _category_without_name, "Who supports this category must support the name alone too.",
         "Add the category with -name of the same level.", f"{_RULES} 3.3",
         ("Den som stöder den här kategorin måste stödja enbart namnet också.",
          "Lägg till kategorin med -name på samma nivå."), only=IDP_ROLE),
    Rule("no-provider", _W, _nobody_serves,
         "No login method gives a level that this service takes and fits its entity categories.",
         "Take a level that a login method gives, or declare a category that an identity provider has.",
         "Sweden Connect entity categories 2",
         ("Inget inloggningssätt ger en nivå som tjänsten godtar och passar dess entitetskategorier.",
          "Godta en nivå som något inloggningssätt ger, eller ange en kategori som någon identitetsutfärdare har."),
         needs="served", only=SP_ROLE),
    Rule("category-deprecated", _W, _deprecated_category, "The category is on its way out.",
         "Replace it by loa3-pnr.", "Sweden Connect registry 3.1.3",
         ("Kategorin är på väg bort.", "Ersätt den med loa3-pnr.")),
    Rule("no-assurance", _W, _no_assurance, "No level of assurance is declared, so none can be relied upon.",
         f"Add the entity attribute {ASSURANCE_CERTIFICATION}.", f"{_PROFILE} 2.1.3",
         ("Ingen tillitsnivå anges, så ingen kan man lita på.",
          f"Lägg till entitetsattributet {ASSURANCE_CERTIFICATION}."), only=IDP_ROLE),
    Rule("no-scope", _H, _no_scope, "Scoped values from this provider are dropped.",
         "Add a shibmd:Scope for each scope that it may use.", f"{_PROFILE} 2.1.3.1",
         ("Uppgifter med område (scope) från den här utfärdaren kastas.",
          "Lägg till shibmd:Scope för varje område som den får använda."), only=IDP_ROLE),
    Rule("no-error-url", _H, _no_error_url, "Services have nowhere to send a person whom they cannot let in.",
         "Add errorURL with the placeholders.", "REFEDS SAML errorURL specification 1.0",
         ("Tjänster har ingenstans att skicka den som de inte kan släppa in.",
          "Lägg till errorURL med platshållarna."), only=IDP_ROLE),
    Rule("error-url-placeholders", _H, _no_placeholders, "The address has no placeholders, so it cannot tell what was wrong.",
         "Add ERRORURL_CODE, ERRORURL_TS, ERRORURL_RP, ERRORURL_TID and ERRORURL_CTX.", "REFEDS SAML errorURL specification 1.0",
         ("Adressen har inga platshållare, så den kan inte säga vad som var fel.",
          "Lägg till ERRORURL_CODE, ERRORURL_TS, ERRORURL_RP, ERRORURL_TID och ERRORURL_CTX."), only=IDP_ROLE),
    Rule("unsigned-requests-taken", _H, _takes_unsigned, "Requests that nobody signed are taken; ours are signed anyway.",
         'Set WantAuthnRequestsSigned="true".', f"{_MD} 2.4.3",
         ("Begäran som ingen har signerat tas emot; vår är signerad ändå.",
          'Sätt WantAuthnRequestsSigned="true".'), only=IDP_ROLE),
)
# fmt: on
