"""What resultText says: sentences that may be shown to care staff, in the contracts' language. They name no person."""

from collections.abc import Mapping
from typing import Final

_BY_CODE: Final[Mapping[str, str]] = {
    "INFO": "Utfört, men något i anropet kunde inte bedömas.",
    "ERROR": "Anropet kunde inte utföras. Försök igen.",
    "VALIDATION_ERROR": "En eller flera uppgifter i anropet är felaktiga. Inget har utförts.",
    "ACCESSDENIED": "Behörighet saknas för anropet. Inget har utförts.",
    "NOTFOUND": "Det som anges finns inte. Inget har utförts.",
    "ALREADYEXISTS": "Samma id finns redan med annat innehåll. Inget har utförts.",
    "INVALIDSTATE": "Det som anges är redan avslutat. Inget har utförts.",
}

_BY_REASON: Final[Mapping[str, str]] = {
    "rows": "Informationsresurs(er) innehåller valideringsfel",  # the contract's own words
    "consumer-unknown": "Systemets certifikat hör inte till en ansluten tjänstekonsument.",
    "no-contract": "Systemet är inte anslutet till tjänstekontraktet.",
    "foreign-address": "Systemet får inte anropa den logiska adressen.",
    "foreign-provider": "Systemet får inte anropa för vårdgivaren.",
    "unknown-provider": "Vårdgivaren finns inte bland de anslutna.",
    "commission-not-held": "Medarbetaren har inget sådant uppdrag i katalogen.",
    "licence-not-held": "Medarbetaren har ingen sådan legitimation i katalogen.",
    "unknown-unit": "Vårdenheten finns inte hos vårdgivaren.",
    "patient-number": "Patientens identitet är inte ett giltigt nummer av den angivna typen.",
    "real-number": "Numret kan vara en verklig persons. Den här miljön tar bara testnummer.",
    "hsa-id": "Ett HSA-id är felaktigt skrivet.",
    "in-the-future": "En tidpunkt ligger i framtiden.",
    "future": "En tidpunkt ligger i framtiden.",
    "no-instant": "En tidpunkt finns inte i kalendern.",
    "inverted-period": "Perioden slutar innan den börjar.",
    "already-over": "Tiden har redan gått ut.",
    "unit-missing": "En inre spärr ska ha en vårdenhet.",
    "unit-not-for-outer": "En yttre spärr får inte ha en vårdenhet.",
    "unknown-information-type": "Endast lak och upp får undantas från en spärr.",
    "not-this-providers-to-lift": "Spärren kan bara hävas hos den vårdgivare som den gäller.",
    "lift-too-long": "Den tillfälliga hävningen är längre än vårdgivaren tillåter.",
    "too-long": "Ett värde eller en tid är längre än tillåtet.",
    "too-many": "Anropet har fler rader än tillåtet.",
    "number": "Anropet har fler poster än tillåtet, eller inga.",
    "log-id-taken": "Ett logg-id är redan använt, eller finns två gånger i anropet.",
    "not-replicated": "Uppgiften är lagrad här men inte överförd till den nationella tjänsten.",
    "report": "Rapporten finns inte.",
    "report-waits": "Rapporten är inte klar. Fråga igen med dess id.",
    "some-reports": "Svaret saknar vårdgivare vars uppgifter är för många att hämta direkt. Fråga dem var för sig.",
    "max-query-result-exceeded": "Urvalet har fler loggposter än ett svar rymmer. Korta perioden.",
    "stale-copy": "Uppgifterna om andra vårdgivares spärrar är för gamla. Behandla informationen som spärrad.",
    "overtaken": "Uppgiften ändrades av någon annan samtidigt. Försök igen.",
}


def sentence(code: str, reason: str, field: str = "") -> str:
    """The sentence, with the field that was wrong."""
    text = _BY_REASON.get(reason) or _BY_CODE.get(code, "")
    return f"{text} ({field})" if field and text else text
