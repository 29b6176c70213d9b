"""What a federation asks of a document beyond its protocol's rules: whose it is, what it resembles, whom it names.

One table for SAML entities and OpenID clients. Many rows need the context (`metadata.context`): what the member is and may,
and what is registered. That a document may be read at all is `saml_rules`' and `metadata.oidc`'s affair.
"""

import unicodedata
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from metadata.findings import Rule, Severity
from metadata.handed import Handed, Told
from metadata.redirect_uris import origin_of, split_or_none
from metadata.validity import LONGEST, Dates, believable, made_later, rolled_back
from trust_framework.names import Held, Holding, Name, NameKind, alike, held

_LOCAL_ENDINGS: Final = (".local", ".localhost", ".internal", ".lan", ".intra", ".corp", ".home", ".test", ".invalid")
_PUBLIC_MAIL: Final = frozenset(
    {"gmail.com", "googlemail.com", "hotmail.com", "hotmail.se", "outlook.com", "live.se", "yahoo.com", "icloud.com"}
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})
_NAME_PARTS: Final = 2
CLIENT: Final = "client"
"""The role of what is no SAML entity."""

MOST_ADDRESSES: Final = 50
"""Addresses of one document that the register is asked about."""


# identifiers


def _wanted(handed: Handed, name: Name) -> Holding:
    context = handed.context
    return Holding(name, context.kind, context.entry, context.organisation or "")


def _held(handed: Handed, name: Name) -> Held | None:
    """What stands against the name, by the judgement that also guards publication."""
    register = handed.context.register
    others = register.register_holders(name) if register else ()
    return held(_wanted(handed, name), others, handed.context.now or 0)


def _taken(handed: Handed) -> Iterator[tuple[str, str]]:
    found = _held(handed, handed.name)
    if found is not None and found.until is None:
        yield handed.identifier.place, handed.name.value


def _quarantined(handed: Handed) -> Iterator[tuple[str, str]]:
    found = _held(handed, handed.name)
    if found is not None and found.until is not None:
        yield handed.identifier.place, handed.name.value


def _near(handed: Handed) -> tuple[Holding, ...]:
    register = handed.context.register
    return register.register_near(handed.name) if register else ()


def _looks_like_anothers(handed: Handed) -> Iterator[tuple[str, str]]:
    for each in alike(_wanted(handed, handed.name), _near(handed)):
        yield handed.identifier.place, each.name.value


def _looks_like_own(handed: Handed) -> Iterator[tuple[str, str]]:
    wanted = _wanted(handed, handed.name)
    for each in _near(handed):
        if each.org == wanted.org and each.entry != wanted.entry and each.name.key != wanted.name.key:
            yield handed.identifier.place, each.name.value


def _odd_spelling(handed: Handed) -> Iterator[tuple[str, str]]:
    """An identifier that invites a look-alike: a port, punycode, capitals in the host."""
    authority = handed.identifier.value.partition("://")[2].partition("/")[0]
    labels = authority.lower().split(".")
    if ":" in authority or authority != authority.lower() or any(label.startswith("xn--") for label in labels):
        yield handed.identifier.place, authority


def _addresses_taken(handed: Handed) -> Iterator[tuple[str, str]]:
    for told in handed.answers[:MOST_ADDRESSES]:
        if _held(handed, Name(NameKind.ADDRESS, told.value)) is not None:
            yield told.place, told.value


def _local(handed: Handed) -> Iterator[tuple[str, str]]:
    if handed.context.production:
        yield from ((told.place, host) for told in handed.addresses if _is_local(host := _host(told)))


def _unreached(handed: Handed) -> Iterator[tuple[str, str]]:
    """Each origin once, at the first address that has it."""
    reached = handed.context.reached
    first = {origin: told.place for told in reversed(handed.addresses) if (origin := origin_of(told.value))}
    for origin, why in reached.hosts.items() if reached else ():
        if why and origin in first:
            yield first[origin], f"{origin}: {why}"


def _keys_unreached(handed: Handed) -> Iterator[tuple[str, str]]:
    reached = handed.context.reached
    if reached and reached.keys and handed.keys_at:
        yield handed.keys_at.place, reached.keys


def _host(told: Told) -> str:
    parts = split_or_none(told.value)
    return (parts.hostname or "").lower() if parts is not None and parts.scheme in {"http", "https"} else ""


def _is_local(host: str) -> bool:
    """Whether nobody outside can reach it: a bare name, a local ending, an address that is not of the internet."""
    if not host:
        return False
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_ENDINGS)


# whose it is


def _rolled_back(handed: Handed) -> Iterator[str]:
    last, now = handed.context.registered or Dates(), handed.context.now
    if rolled_back(Dates(handed.valid_until, handed.created), last if now is None else believable(last, LONGEST, now)):
        yield handed.dated


def _made_later(handed: Handed) -> Iterator[str]:
    if made_later(Dates(created=handed.created), handed.context.now or 0):
        yield "/EntityDescriptor/Extensions/PublicationInfo/@creationInstant"


def _foreign_organisation(handed: Handed) -> Iterator[tuple[str, str]]:
    told = handed.organisation_number
    if told is not None and _digits(told.value) != handed.context.organisation:
        yield told.place, told.value


def _digits(number: str) -> str:
    """A number as the register writes it, without hyphen or the century of some notations."""
    return number.replace("-", "")[-10:]


def _other_name(handed: Handed) -> Iterator[tuple[str, str]]:
    names = {_plain(name) for name in handed.context.names or ()}
    told = handed.organisation_names
    if told and names.isdisjoint(_plain(each.value) for each in told):
        yield told[0].place, told[0].value


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _foreign_scopes(handed: Handed) -> Iterator[tuple[str, str]]:
    allowed = {scope.lower() for scope in handed.context.scopes or ()}
    yield from ((told.place, told.value) for told in handed.scopes if told.value.lower() not in allowed)


def _categories(handed: Handed) -> Iterator[tuple[str, str]]:
    allowed, governed = handed.context.categories or frozenset(), handed.context.governed
    for told in handed.categories:
        if told.value not in allowed and (governed is None or told.value in governed):
            yield told.place, told.value


def _keys_elsewhere(handed: Handed) -> Iterator[tuple[str, str]]:
    elsewhere = handed.context.keys_elsewhere or frozenset()
    yield from ((told.place, told.value) for told in handed.keys if told.value in elsewhere)


# words


def _control(handed: Handed) -> Iterator[tuple[str, str]]:
    for told in handed.texts:
        unseen = [letter for letter in " ".join(told.value.split()) if unicodedata.category(letter) in _UNSEEN]
        if unseen:
            yield told.place, ", ".join(f"U+{ord(letter):04X}" for letter in dict.fromkeys(unseen))


def _markup(handed: Handed) -> Iterator[tuple[str, str]]:
    yield from ((told.place, told.value[:100]) for told in handed.texts if {"<", ">"} & set(told.value))


def _formula(handed: Handed) -> Iterator[tuple[str, str]]:
    yield from ((told.place, told.value[:100]) for told in handed.texts if told.value.startswith(_FORMULA))


def _persons_mailbox(handed: Handed) -> Iterator[tuple[str, str]]:
    """An address of the form given.family, or one that a mail provider gives to persons."""
    for told in handed.mails:
        local, _, domain = told.value.lower().rpartition("@")
        parts = local.split(".")
        personal = len(parts) == _NAME_PARTS and all(part.isalpha() and len(part) > 1 for part in parts)
        if personal or domain in _PUBLIC_MAIL:
            yield told.place, told.value


_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT
_OURS: Final = "federation rules"

# fmt: off
RULES: Final[tuple[Rule[Handed], ...]] = (
    Rule("id-taken", _E, _taken, "Another entry of the register has this identifier.",
         "Choose an identifier of your own, or change the entry that has it.", "saml-metadata 2.3.2; RFC 7591 3.2.1",
         ("En annan post i registret har den här identiteten.", "Välj en egen identitet, eller ändra den post som har den."),
         "register"),
    Rule("id-look-alike", _W, _looks_like_anothers,
         "People may take this identifier for that of another organisation; it is approved only by who says why they will not.",
         "Choose one that differs in more than case, port, a slash or the shape of a letter.", "UTS 39 4",
         ("Identiteten kan tas för en annan organisations; den godkänns bara av den som säger varför den inte gör det.",
          "Välj en som skiljer sig i mer än versaler, port, ett snedstreck eller hur en bokstav ser ut."), "register"),
    Rule("id-near-own", _W, _looks_like_own, "The identifier is nearly that of another of your entries.",
         "Let them differ in a word, so that nobody mixes them up.", "UTS 39 4",
         ("Identiteten är nästan densamma som en annan av era poster.",
          "Låt dem skilja sig med ett ord, så att ingen blandar ihop dem."),
         "register"),
    Rule("id-quarantined", _E, _quarantined, "The identifier was released lately, and others may still trust it.",
         "Choose another, or wait until its quarantine ends.", _OURS,
         ("Identiteten släpptes nyligen, och andra kan lita på den än.", "Välj en annan, eller vänta tills karantänen är slut."),
         "register"),
    Rule("id-spelling", _W, _odd_spelling, "The host in the identifier has a port, capitals or punycode, easily imitated.",
         "Use the plain host in lower case. An identifier need not be an address that answers.", "UTS 39 4; RFC 3986 6.2.2",
         ("Identiteten har port, versaler eller punycode i värdnamnet, vilket är lätt att härma.",
          "Använd det vanliga värdnamnet med gemener. En identitet behöver inte vara en adress som svarar.")),
    Rule("address-taken", _E, _addresses_taken, "The address for answers is another organisation's, or was until lately.",
         "Use an address of your own.", "RFC 9700 2.1",
         ("Adressen för svar är en annan organisations, eller var det nyligen.", "Använd en egen adress."), "register"),
    Rule("address-local", _W, _local, "The host cannot be reached from outside its own network.",
         "Use a name that the internet knows, or register the service in the test environment.", _OURS,
         ("Värden kan inte nås utanför sitt eget nät.",
          "Använd ett namn som finns på internet, eller registrera tjänsten i testmiljön."), "production"),
    Rule("host-unreachable", _W, _unreached, "The host did not answer over TLS just now, as it would not answer us or people.",
         "Start the server, and let its name, its certificate and its firewall be in order; then try again.", "RFC 9110 4.3.4",
         ("Värden svarade inte med TLS just nu, och skulle inte svara oss eller användarna.",
          "Starta servern, och se till att namn, certifikat och brandvägg är i ordning; prova sedan igen."), "reached"),
    Rule("keys-unreachable", _W, _keys_unreached, "The client's keys could not be had at its address, so it cannot log in.",
         "Publish a JWK set with the public keys there, over https and without a login; then try again.", "RFC 7591 2",
         ("Klientens nycklar gick inte att hämta på adressen, så den kan inte logga in.",
          "Publicera en JWK-mängd med de publika nycklarna där, med https och utan inloggning; prova sedan igen."),
         "reached", CLIENT),
    Rule("rolled-back", _E, _rolled_back, "The document is older than the one that is registered.",
         "Fetch or generate it anew.", "Sweden Connect deployment profile 2.1",
         ("Dokumentet är äldre än det som är registrerat.", "Hämta eller skapa det på nytt."), "registered"),
    Rule("made-later", _E, _made_later, "The document says that it was made at a time that is yet to come.",
         "Set the clock of what makes it right, and generate it anew.", "SAML Metadata RPI 1.0 2.2",
         ("Dokumentet säger att det gjordes vid en tid som inte har varit än.",
          "Ställ klockan rätt där det görs, och skapa det på nytt."), "now"),
    Rule("wrong-organisation", _E, _foreign_organisation, "The organisation number is not that of the member.",
         "Write the member's own number, or let the organisation that it belongs to hand the document in.",
         "Sweden Connect technical rules 3.1",
         ("Organisationsnumret är inte medlemmens.",
          "Skriv medlemmens eget nummer, eller låt den organisation som numret gäller lämna in dokumentet."), "organisation"),
    Rule("organisation-name", _W, _other_name, "The organisation has another name here than in the member register.",
         "Write the name as it is registered, or change the register.", "saml-metadata 2.3.2.1",
         ("Organisationen heter något annat här än i medlemsregistret.",
          "Skriv namnet som det är registrerat, eller ändra registret."),
         "names"),
    Rule("foreign-scope", _E, _foreign_scopes, "The scope is not one that the member may use.",
         "Take it away, or show that it is yours.", "Sweden Connect deployment profile 2.1.3.1",
         ("Området (scope) är inte ett som medlemmen får använda.", "Ta bort det, eller visa att det är ert."), "scopes"),
    Rule("category-not-allowed", _E, _categories, "The entity category is not one that the entry is vouched for.",
         "Take it away, or apply for it among the entry's entity_categories.", "Sweden Connect entity categories 2",
         ("Entitetskategorin är inte en som federationen går i god för.",
          "Ta bort den, eller ansök om den bland postens entitetskategorier (entity_categories)."), "categories"),
    Rule("key-in-both", _W, _keys_elsewhere, "The same key is used in test and in production; a leak there is one here.",
         "Make a key pair for each environment.", _OURS,
         ("Samma nyckel används i test och i produktion, så en läcka i test är en i produktion.",
          "Skapa ett nyckelpar för varje miljö."), "keys_elsewhere"),
    Rule("text-unseen", _W, _control, "The text has letters that are not seen or that turn it around; they are left out.",
         "Write the text anew, without them.", "Unicode Technical Report 36 2.5",
         ("Texten har tecken som inte syns eller som vänder på den; de utelämnas.", "Skriv texten på nytt, utan dem.")),
    Rule("text-markup", _W, _markup, "The text has markup, which is shown as it stands.", "Write plain text.",
         "saml-metadata 2.2.4",
         ("Texten har märkkod, som visas som den står.", "Skriv vanlig text.")),
    Rule("text-formula", _W, _formula, "A spreadsheet would take the text for a formula.", "Begin with a letter or a digit.",
         "OWASP CSV injection",
         ("Ett kalkylark skulle ta texten för en formel.", "Börja med en bokstav eller en siffra.")),
    Rule("contact-person", _H, _persons_mailbox, "The contact looks like one person's mailbox, and people change their work.",
         "Give a mailbox of a function, such as it-drift@example.se.", _OURS,
         ("Kontakten ser ut som en enskild persons brevlåda, och personer byter arbete.",
          "Ange en funktionsbrevlåda, till exempel it-drift@example.se.")),
)
# fmt: on
