"""What `metadata check` says of a document as a whole: its form, its signature, what another implementation makes of it.

Owns the words for every reason with which the XML boundary refuses a document. What the entities in it say is
`metadata.saml_rules` and `metadata.saml_advice`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metadata.findings import Finding, Rule, Severity
from metadata.wire import pysaml2_tables
from metadata.wire.saml_metadata_document import Taken
from metadata.wire.xml import XmlRefused

_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT
_MD, _XML = "saml-metadata", "XML 1.0"

PRIVATE_KEY: Final = "private-key"

# fmt: off
FORMS: Final[dict[str, tuple[str, str, str, tuple[str, str]]]] = {
    "size": ("The document is larger than 8 MiB.", "Hand in the one entity that is meant.", f"{_MD} 2.3",
        ("Dokumentet är större än 8 MiB.", "Lämna in den enda entitet som avses.")),
    "too-many-nodes": ("The document has far more elements than text.", "Hand in the one entity that is meant.", _XML,
        ("Dokumentet har långt fler element än text.", "Lämna in den enda entitet som avses.")),
    "too-many-entities": ("There are too many entities in the document to look at.",
                          "Hand in the one entity that is meant.", f"{_MD} 2.3.1",
        ("Det finns för många entiteter i dokumentet för att granskas.", "Lämna in den enda entitet som avses.")),
    "depth": ("The elements are nested deeper than any metadata is.", "Generate the document anew.", _XML,
        ("Elementen är djupare nästlade än i någon metadata.", "Skapa dokumentet på nytt.")),
    "not-well-formed": ("The document is no well-formed XML in UTF-8.", "Save the file as it was generated.", f"{_XML} 2.1",
        ("Dokumentet är inte välformad XML i UTF-8.", "Spara filen som den skapades.")),
    "doctype": ("The document has a DOCTYPE or an entity, by which it could read other files.", "Take it away.",
                "saml-bindings 3.5; OWASP XXE",
        ("Dokumentet har en DOCTYPE eller en entitet, som kan läsa andra filer.", "Ta bort den.")),
    "declaration": ("The XML declaration names another version or encoding than 1.0 and UTF-8.",
                    "Save the file as UTF-8.", f"{_XML} 2.8",
        ("XML-deklarationen nämner en annan version eller kodning än 1.0 och UTF-8.", "Spara filen som UTF-8.")),
    "processing-instruction": ("There is a processing instruction, which readers understand differently.",
                               "Take it away.", f"{_XML} 2.6",
        ("Det finns en bearbetningsinstruktion, som läsare förstår olika.", "Ta bort den.")),
    "mixed-content": ("There is a comment or an element within a value, which readers understand differently.",
                      "Take it away.", "CVE-2017-11427",
        ("Det finns en kommentar eller ett element inuti ett värde, som läsare förstår olika.", "Ta bort den.")),
    "id-name": ("An attribute looks like an ID and is none, which can lead a signature astray.", "Rename it.",
                "saml-core 5.4.2",
        ("Ett attribut ser ut som ett ID och är inget, vilket kan leda en signatur fel.", "Byt namn på det.")),
    "duplicate-id": ("Two elements have the same ID, which can lead a signature astray.", "Number them apart.",
                     "saml-core 1.3.4",
        ("Två element har samma ID, vilket kan leda en signatur fel.", "Ge dem olika nummer.")),
    "schema": ("The document does not follow the schema of SAML metadata.", "Put right the element that is named.",
               f"{_MD} 1.1",
        ("Dokumentet följer inte schemat för SAML-metadata.", "Rätta det element som nämns.")),
    "not-metadata": ("This is some other XML document.", "Hand in an EntityDescriptor.", f"{_MD} 2.3",
        ("Det här är något annat XML-dokument.", "Lämna in en EntityDescriptor.")),
    PRIVATE_KEY: ("A private key stands in the document. It is no longer secret.",
                    "Make a new key pair, and publish its certificate only.", "SAML Metadata Interoperability Profile 1.0 2.6.1",
        ("En privat nyckel står i dokumentet. Den är inte hemlig längre.",
         "Skapa ett nytt nyckelpar, och publicera bara dess certifikat.")),
    "valid-until": ("validUntil is no time that can be read.", "Write it as 2030-01-31T12:00:00Z.", "saml-core 1.3.3",
        ("validUntil är ingen tid som kan läsas.", "Skriv det som 2030-01-31T12:00:00Z.")),
}
# fmt: on


def form_finding(error: XmlRefused, place: str) -> Finding:
    """The finding for a refusal of the XML boundary. A reason without a row of its own is one that only messages meet."""
    why, remedy, source, sv = FORMS.get(error.reason, FORMS["schema"])
    return Finding(error.reason, _E, place, why, remedy, source, error.detail, sv, error.line)


@dataclass(frozen=True, slots=True)
class Whole:
    """A document that could be taken apart."""

    taken: Taken


def _no_entity(whole: Whole) -> Iterator[str]:
    if not whole.taken.parts:
        yield "/EntitiesDescriptor"


def _duplicates(whole: Whole) -> Iterator[tuple[str, str]]:
    yield from (("/EntitiesDescriptor//EntityDescriptor/@entityID", name) for name in whole.taken.duplicates)


def _unsigned(whole: Whole) -> Iterator[str]:
    if whole.taken.signature == "none":
        yield "/*/Signature"


def _signature_unknown(whole: Whole) -> Iterator[str]:
    if whole.taken.signature == "unknown":
        yield "/*/Signature/KeyInfo"


def _signature_broken(whole: Whole) -> Iterator[tuple[str, str]]:
    if whole.taken.signature not in {"none", "unknown", "holds", "signature-algorithm"}:
        yield "/*/Signature", whole.taken.signature


def _signature_old(whole: Whole) -> Iterator[str]:
    if whole.taken.signature == "signature-algorithm":
        yield "/*/Signature/SignedInfo/SignatureMethod"


def _second_reader(whole: Whole) -> Iterator[tuple[str, str]]:
    for part in whole.taken.parts:
        objection = pysaml2_tables.objection(part.octets.decode("utf-8-sig"))
        if objection is not None:
            yield part.place or "/EntityDescriptor", objection


# fmt: off
WHOLE: Final[tuple[Rule[Whole], ...]] = (
    Rule("no-entity", _E, _no_entity, "There is no entity in the document.", "Hand in an EntityDescriptor.", f"{_MD} 2.3.1",
         ("Det finns ingen entitet i dokumentet.", "Lämna in en EntityDescriptor.")),
    Rule("duplicate-entity", _E, _duplicates, "Several entities bear the same entityID; which is meant is unclear.",
         "Keep one of them.", f"{_MD} 2.3.2",
         ("Flera entiteter har samma entityID; det är oklart vilken som avses.", "Behåll en av dem.")),
    Rule("unsigned", _H, _unsigned, "Whoever fetches the document cannot tell whether it was changed on the way.",
         "Sign it, and tell peers the key.", f"{_MD} 3",
         ("Den som hämtar dokumentet kan inte se om det har ändrats på vägen.",
          "Signera det, och tala om nyckeln för motparterna.")),
    Rule("signature-unknown", _H, _signature_unknown, "The signature names no certificate, so it was not looked at.",
         "Compare it with the publisher's key.", f"{_MD} 3",
         ("Signaturen nämner inget certifikat, så den har inte kontrollerats.", "Jämför den med utgivarens nyckel.")),
    Rule("signature-broken", _W, _signature_broken, "The signature does not hold: the document was changed after signing.",
         "Fetch it anew, byte for byte.", f"{_MD} 3",
         ("Signaturen håller inte: dokumentet har ändrats efter signeringen.", "Hämta det på nytt, byte för byte.")),
    Rule("signature-old", _W, _signature_old, "The document is signed with an algorithm that is no longer used.",
         "Sign it with rsa-sha256 or ecdsa-sha256.", "Sweden Connect deployment profile 8",
         ("Dokumentet är signerat med en algoritm som inte används längre.", "Signera det med rsa-sha256 eller ecdsa-sha256.")),
    Rule("second-reader", _W, _second_reader, "Another implementation does not take the entity as it stands.",
         "Put right what it objects to.", "saml-core 1.3",
         ("En annan implementation tar inte emot entiteten som den är.", "Rätta det som den invänder mot.")),
)
# fmt: on
