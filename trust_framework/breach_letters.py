"""Drafts of what a breach is told with: to the authority (GDPR 33.3) and to the persons (34.2), in Swedish and in English.

A draft is for somebody to read and send. What is not known yet is said to be missing; it is never left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from trust_framework.breaches import Breach
from trust_framework.days import ZONE

LANGUAGES: Final = ("sv", "en")
LETTERS: Final = ("authority", "persons")

_MISSING: Final = {"sv": "[saknas ännu]", "en": "[not known yet]"}
_RISKS: Final[Mapping[str, Mapping[str, str]]] = {
    "sv": {"unknown": "[saknas ännu]", "unlikely": "osannolik", "risk": "risk", "high": "hög risk"},
    "en": {"unknown": "[not known yet]", "unlikely": "unlikely", "risk": "risk", "high": "high risk"},
}
_AUTHORITY: Final = {
    "sv": """Anmälan av personuppgiftsincident (artikel 33 i dataskyddsförordningen)

Personuppgiftsansvarig: {name}, organisationsnummer {org}
Ärende: {id}
Kontakt: {contact}

Incidenten upptäcktes: {known_at}
Incidenten inträffade: {happened_at}
Anmälan ska senast vara gjord: {due}
Skäl till försening: {delay}

Vad som har hänt
{what}

Kategorier av registrerade och uppgifter
{kinds}
Ungefärligt antal registrerade: {about}
Ungefärligt antal personuppgiftsposter: {records}

Sannolika konsekvenser
{consequences}
Risk för de registrerade: {risk}

Åtgärder som vidtagits eller föreslås
{measures}
De registrerade har underrättats: {informed}

Uppgifter som saknas lämnas så snart de är kända (artikel 33.4).
""",
    "en": """Notification of a personal data breach (Article 33 of the General Data Protection Regulation)

Controller: {name}, organisation number {org}
Case: {id}
Contact: {contact}

Became aware: {known_at}
Happened: {happened_at}
To be notified by: {due}
Reason for delay: {delay}

What happened
{what}

Categories of data subjects and of data
{kinds}
Approximate number of data subjects: {about}
Approximate number of records: {records}

Likely consequences
{consequences}
Risk to the data subjects: {risk}

Measures taken or proposed
{measures}
The data subjects have been told: {informed}

What is missing follows as soon as it is known (Article 33(4)).
""",
}
_PERSONS: Final = {
    "sv": """Information om en händelse som rör dina personuppgifter

{name} är ansvarig för dina uppgifter. Det här har hänt:

{what}

Det kan leda till följande:

{consequences}

Det här har vi gjort, och det här kan du göra:

{measures}

Har du frågor? Kontakta {contact}.
Du kan också klaga hos tillsynsmyndigheten.
Ärende: {id}
""",
    "en": """About something that has happened to your personal data

{name} is responsible for your data. This is what has happened:

{what}

It may lead to this:

{consequences}

This is what we have done, and what you can do:

{measures}

Do you have questions? Contact {contact}.
You can also complain to the supervisory authority.
Case: {id}
""",
}
_TEMPLATES: Final = {"authority": _AUTHORITY, "persons": _PERSONS}


def letter(kind: str, breach: Breach, name: str, language: str) -> str:
    """The draft, with everything that is known filled in. `name` is what the member is called."""
    facts, missing = breach.facts, _MISSING[language]
    told = {
        "name": name, "org": breach.org, "id": breach.id, "contact": facts.contact, "what": facts.what,
        "kinds": facts.kinds, "consequences": facts.consequences, "measures": facts.measures,
        "about": _number(facts.about), "records": _number(facts.records),
        "known_at": _moment(breach.known_at), "happened_at": _moment(facts.happened_at), "due": _moment(breach.due),
        "risk": _RISKS[language][facts.risk],
    }  # fmt: skip
    filled = {key: value.strip() or missing for key, value in told.items()}
    return _TEMPLATES[kind][language].format(
        **filled, delay=_delay(breach) or "–", informed=_moment(breach.at("informed")) or "–"
    )


def _delay(breach: Breach) -> str:
    """Why the authority was told late, as who told it wrote; nothing when it was told in time."""
    return next((act.note for act in breach.acts if act.what == "notified" and act.at > breach.due), "")


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _moment(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, ZONE).strftime("%Y-%m-%d %H:%M")
