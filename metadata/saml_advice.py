"""What would be better in an entity's metadata though it can be used: the advice of `metadata check`, one row each.

Owns warnings and hints about any readable entity; those for one role are in `metadata.saml_role_advice`, and what is refused
or left out in `metadata.saml_rules`. Many rules are those of the Swedish federations; who is in none of them may let the
hints be.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from metadata.findings import Rule, Severity
from metadata.register import POST, REDIRECT
from metadata.saml_role_advice import ROLE_ADVICE
from metadata.saml_rules import Subject, pages
from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT
from metadata.wire.saml_metadata_keys import not_after, signed_with_sha1
from metadata.wire.saml_metadata_values import SLO, Localized
from metadata.wire.xml import XENC
from metadata.wire.xmldsig import DIGEST_ALGORITHMS, SIGNATURE_ALGORITHMS
from metadata.wire.xmlenc import AES_128_GCM, AES_256_CBC, AES_256_GCM

DAY: Final = 86400
SOON: Final = 7 * DAY
FAR: Final = 366 * DAY
MONTH: Final = 30 * DAY
ORGANISATION_DIGITS: Final = 10

_BLOCK_CIPHERS: Final = frozenset({AES_256_GCM, AES_128_GCM, AES_256_CBC, XENC + "aes128-cbc"})
_NAME_IDS: Final = frozenset({PERSISTENT, TRANSIENT, "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"})
_PEOPLE: Final = frozenset({"technical", "support"})


def _no_logout(subject: Subject) -> Iterator[str]:
    if not any(each.binding in {REDIRECT, POST} for each in subject.role.at(SLO)):
        yield f"{subject.role.place}/{SLO}"


def _name_id_formats(subject: Subject) -> Iterator[tuple[str, str]]:
    formats = subject.role.name_id_formats
    if formats and _NAME_IDS.isdisjoint(formats):
        yield f"{subject.role.place}/NameIDFormat", ", ".join(formats)


def _no_display_name(subject: Subject) -> Iterator[str]:
    if not subject.role.interface.names:
        yield f"{subject.role.place}/Extensions/UIInfo/DisplayName"


def _languages(texts: tuple[Localized, ...]) -> set[str]:
    return {each.language.partition("-")[0].lower() for each in texts}


def _no_swedish_name(subject: Subject) -> Iterator[str]:
    names = subject.role.interface.names
    if names and "sv" not in _languages(names):
        yield f"{subject.role.place}/Extensions/UIInfo/DisplayName"


def _no_english_name(subject: Subject) -> Iterator[str]:
    names = subject.role.interface.names
    if names and "en" not in _languages(names):
        yield f"{subject.role.place}/Extensions/UIInfo/DisplayName"


def _no_description(subject: Subject) -> Iterator[str]:
    if "sv" not in _languages(subject.role.interface.descriptions):
        yield f"{subject.role.place}/Extensions/UIInfo/Description"


def _no_logo(subject: Subject) -> Iterator[str]:
    if not subject.role.interface.logos:
        yield f"{subject.role.place}/Extensions/UIInfo/Logo"


def _odd_logo(subject: Subject) -> Iterator[tuple[str, str]]:
    place = f"{subject.role.place}/Extensions/UIInfo/Logo"
    for number, logo in enumerate(subject.role.interface.logos, 1):
        if not logo.url.startswith(("https://", "data:image/")):
            yield f"{place}[{number}]", logo.url[:100]


def _no_page(subject: Subject) -> Iterator[str]:
    organization = subject.entity.organization
    if not subject.role.interface.information_urls and (organization is None or not organization.urls):
        yield f"{subject.role.place}/Extensions/UIInfo/InformationURL"


def _plain_http_page(subject: Subject) -> Iterator[tuple[str, str]]:
    yield from ((each.place, each.value) for each in pages(subject) if each.value.lower().startswith("http://"))


def _no_organization(subject: Subject) -> Iterator[str]:
    if subject.entity.organization is None:
        yield "/EntityDescriptor/Organization"


def _no_organization_number(subject: Subject) -> Iterator[str]:
    organization = subject.entity.organization
    if organization is not None and organization.number is None:
        yield f"{organization.place}/Extensions/OrganizationNumber"


def _odd_organization_number(subject: Subject) -> Iterator[tuple[str, str]]:
    organization = subject.entity.organization
    number = None if organization is None else organization.number
    if number is not None and not (number.isascii() and number.isdigit() and len(number) == ORGANISATION_DIGITS):
        yield "/EntityDescriptor/Organization/Extensions/OrganizationNumber", number


def _no_contact(subject: Subject) -> Iterator[str]:
    if _PEOPLE.isdisjoint(each.kind for each in subject.entity.contacts if each.mails):
        yield "/EntityDescriptor/ContactPerson"


def _odd_mail(subject: Subject) -> Iterator[tuple[str, str]]:
    for number, contact in enumerate(subject.entity.contacts, 1):
        for mail in contact.mails:
            if mail.count("@") != 1 or any(letter.isspace() for letter in mail):
                yield f"/EntityDescriptor/ContactPerson[{number}]/EmailAddress", mail


def _key_without_use(subject: Subject) -> Iterator[str]:
    yield from (key.place for key in subject.role.keys if key.use is None and key.key is not None)


def _certificate_ended(subject: Subject) -> Iterator[str]:
    for key in subject.role.keys:
        readable = key.key is not None and key.certificate is not None
        if readable and subject.now is not None and not_after(key.certificate or b"") < subject.now:
            yield key.place


def _certificate_ends(subject: Subject) -> Iterator[tuple[str, str]]:
    for key in subject.role.keys:
        readable = key.key is not None and key.certificate is not None
        if readable and subject.now is not None:
            end = not_after(key.certificate or b"")
            if subject.now <= end < subject.now + MONTH:
                yield key.place, f"{datetime.fromtimestamp(end, UTC):%Y-%m-%d} ({(end - subject.now) // DAY} d)"


def _certificate_sha1(subject: Subject) -> Iterator[str]:
    for key in subject.role.keys:
        if key.key is not None and key.certificate is not None and signed_with_sha1(key.certificate):
            yield key.place


def _old_algorithms(subject: Subject) -> Iterator[tuple[str, str]]:
    entity, role = subject.entity, subject.role
    for place, digests, signatures in (
        (entity.place, entity.digest_methods, entity.signing_methods),
        (role.place, role.digest_methods, role.signing_methods),
    ):
        old = [each for each in digests if each not in DIGEST_ALGORITHMS and each.endswith(("sha1", "md5"))]
        old += [each for each in signatures if each not in SIGNATURE_ALGORITHMS and each.endswith(("sha1", "md5"))]
        yield from ((f"{place}/Extensions", algorithm) for algorithm in old)


def _other_ciphers(subject: Subject) -> Iterator[tuple[str, str]]:
    for key in subject.role.keys:
        ciphers = [method for method in key.methods if method.endswith(("-gcm", "-cbc"))]
        if ciphers and _BLOCK_CIPHERS.isdisjoint(ciphers):
            yield f"{key.place}/EncryptionMethod", ", ".join(ciphers)


def _never_ends(subject: Subject) -> Iterator[str]:
    if subject.entity.valid_until is None and subject.role.valid_until is None:
        yield "/EntityDescriptor/@validUntil"


def _ends_far_off(subject: Subject) -> Iterator[str]:
    end = subject.entity.valid_until
    if end is not None and subject.now is not None and end > subject.now + FAR:
        yield "/EntityDescriptor/@validUntil"


def _ends_soon(subject: Subject) -> Iterator[str]:
    end = subject.entity.valid_until
    if end is not None and subject.now is not None and subject.now < end < subject.now + SOON:
        yield "/EntityDescriptor/@validUntil"


_W, _H = Severity.WARNING, Severity.HINT
_MD, _IOP = "saml-metadata", "SAML Metadata Interoperability Profile 1.0"
_PROFILE, _RULES = "Sweden Connect deployment profile", "Sweden Connect technical rules"

# fmt: off
ADVICE: Final[tuple[Rule[Subject], ...]] = (
    *ROLE_ADVICE,
    Rule("no-logout", _H, _no_logout, "Logging out elsewhere cannot reach this entity through the browser.",
         "Add a SingleLogoutService with HTTP-Redirect or HTTP-POST.", "saml-profiles 4.4",
         ("Den som loggar ut på annat håll kan inte nå den här entiteten genom webbläsaren.",
          "Lägg till SingleLogoutService med HTTP-Redirect eller HTTP-POST.")),
    Rule("name-id-format", _W, _name_id_formats, "None of the formats is one that we give; a persistent one is sent.",
         "List persistent or transient, and take e-mail and the like from attributes.", f"{_PROFILE} 3",
         ("Inget av formaten är ett som vi ger; ett persistent skickas.",
          "Ange persistent eller transient, och ta e-post och liknande ur uppgifterna.")),
    Rule("no-display-name", _W, _no_display_name, "People are shown a technical name.",
         "Add mdui:DisplayName in Swedish and English.", f"{_PROFILE} 2.1.1.1; SAML MDUI 2.1.1",
         ("Användarna ser ett tekniskt namn.", "Lägg till mdui:DisplayName på svenska och engelska.")),
    Rule("no-swedish-name", _H, _no_swedish_name, "There is no name in Swedish.",
         'Add mdui:DisplayName with xml:lang="sv".', f"{_PROFILE} 2.1.1.1",
         ("Det finns inget namn på svenska.", 'Lägg till mdui:DisplayName med xml:lang="sv".')),
    Rule("no-english-name", _H, _no_english_name, "There is no name in English.",
         'Add mdui:DisplayName with xml:lang="en".', f"{_PROFILE} 2.1.1.1",
         ("Det finns inget namn på engelska.", 'Lägg till mdui:DisplayName med xml:lang="en".')),
    Rule("no-description", _H, _no_description, "There is no description in Swedish.",
         'Add mdui:Description with xml:lang="sv".', f"{_PROFILE} 2.1.1.1",
         ("Det finns ingen beskrivning på svenska.", 'Lägg till mdui:Description med xml:lang="sv".')),
    Rule("no-logo", _H, _no_logo, "There is no logo.", "Add an mdui:Logo.", f"{_PROFILE} 2.1.1.1",
         ("Det finns ingen logotyp.", "Lägg till mdui:Logo.")),
    Rule("logo-address", _W, _odd_logo, "The logo will not be shown: it is neither https nor an image in the document.",
         "Use an https address.", "SAML MDUI 2.1.4",
         ("Logotypen visas inte: den är varken https eller en bild i dokumentet.", "Använd en https-adress.")),
    Rule("no-page", _H, _no_page, "A person who is lost on the way cannot be shown back to the service.",
         "Add mdui:InformationURL.", "SAML MDUI 2.1.5",
         ("Den som går vilse på vägen kan inte visas tillbaka till tjänsten.", "Lägg till mdui:InformationURL.")),
    Rule("page-http", _H, _plain_http_page, "The page is not reached over TLS.", "Use https.", "SAML MDUI 2.1",
         ("Sidan nås inte över TLS.", "Använd https.")),
    Rule("no-organization", _W, _no_organization, "It is not told who answers for the entity.",
         "Add md:Organization with name, display name and page.", f"{_PROFILE} 2.1.1.1",
         ("Det framgår inte vem som ansvarar för entiteten.", "Lägg till md:Organization med namn, visningsnamn och sida.")),
    Rule("no-organization-number", _H, _no_organization_number, "The organisation's number is not told.",
         "Add mdorgext:OrganizationNumber.", f"{_RULES} 3.1",
         ("Organisationsnumret framgår inte.", "Lägg till mdorgext:OrganizationNumber.")),
    Rule("organization-number", _W, _odd_organization_number, "An organisation number has ten digits and no hyphen.",
         "Write it as 2021001234.", f"{_RULES} 3.1",
         ("Ett organisationsnummer har tio siffror och inget bindestreck.", "Skriv det som 2021001234.")),
    Rule("no-contact", _H, _no_contact, "There is nobody to turn to when something is wrong.",
         "Add a technical or support ContactPerson with a mail address.", f"{_MD} 2.3.2.2",
         ("Det finns ingen att vända sig till när något är fel.",
          "Lägg till en ContactPerson av slaget technical eller support med e-postadress.")),
    Rule("contact-mail", _W, _odd_mail, "This is no mail address.", "Write mailto: and one address.", f"{_MD} 2.3.2.2",
         ("Det här är ingen e-postadress.", "Skriv mailto: och en adress.")),
    Rule("key-for-both", _H, _key_without_use, "One key is for signing and encryption, which makes changing it harder.",
         "Give each use a key of its own.", f"{_PROFILE} 2.1.1.2",
         ("En nyckel är för både signering och kryptering, vilket gör den svårare att byta.",
          "Ge varje användning en egen nyckel.")),
    Rule("certificate-ended", _H, _certificate_ended, "The certificate has ended. The key is used all the same.",
         "Change the key when it suits, announcing the new one first.", f"{_IOP} 2.6.1; {_PROFILE} 2.1.1.2",
         ("Certifikatet har gått ut. Nyckeln används ändå.", "Byt nyckel när det passar, och tillkännage den nya först."), "now"),
    Rule("certificate-ends", _W, _certificate_ends, "The certificate ends within a month.",
         "Announce the next key now, and change to it before that day.", f"{_PROFILE} 2.1.1.2",
         ("Certifikatet går ut inom en månad.", "Tillkännage nästa nyckel nu, och byt till den före den dagen."), "now"),
    Rule("certificate-sha1", _H, _certificate_sha1, "The certificate is signed with SHA-1. Only its key counts here.",
         "Make a certificate with SHA-256, with the same key if you like.", f"{_PROFILE} 8; {_IOP} 2.6.1",
         ("Certifikatet är signerat med SHA-1. Bara dess nyckel räknas här.",
          "Skapa ett certifikat med SHA-256, gärna med samma nyckel.")),
    Rule("old-algorithm", _H, _old_algorithms, "An algorithm is declared that must not be used.", "Leave it out.",
         f"{_PROFILE} 8",
         ("En algoritm anges som inte får användas.", "Utelämna den.")),
    Rule("encryption-methods", _W, _other_ciphers, "None of the ciphers declared is one that we use; AES-256-GCM is used.",
         "Declare aes256-gcm, or aes256-cbc.", f"{_PROFILE} 8",
         ("Inget av chiffren som anges är ett som vi använder; AES-256-GCM används.", "Ange aes256-gcm, eller aes256-cbc.")),
    Rule("never-ends", _H, _never_ends, "A copy of this document is good for ever, with whatever keys it has.",
         "Set validUntil, and publish the document anew before it.", f"{_MD} 2.3.2; {_PROFILE} 2.1",
         ("En kopia av det här dokumentet gäller för alltid, med de nycklar den har.",
          "Ange validUntil, och publicera dokumentet på nytt före det.")),
    Rule("ends-far-off", _H, _ends_far_off, "The document is good for more than a year.",
         "Set validUntil some days or weeks ahead, and publish the document anew before it.", f"{_PROFILE} 2.1",
         ("Dokumentet gäller i mer än ett år.",
          "Sätt validUntil några dagar eller veckor framåt, och publicera dokumentet på nytt före det."), "now"),
    Rule("ends-soon", _W, _ends_soon, "Within a week the document must not be used any more.",
         "Fetch or generate it anew.", f"{_MD} 2.3.2",
         ("Inom en vecka får dokumentet inte användas längre.", "Hämta eller skapa det på nytt."), "now"),
)
# fmt: on
