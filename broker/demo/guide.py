"""How a person tries the demo: printed at the start, and the help page of the sample services.

Owns the text. What is where comes from `places` and `people`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.demo.people import CARDS, FOR_OTHERS, PERSONAS
from broker.demo.places import CARD_PASSWORD, Places

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a sentence, steps in order, and a table."""

    title: Text
    text: Text | None = None
    steps: Sequence[Text] = ()
    rows: Sequence[tuple[Text, Text]] = ()


def both(sv: str, en: str) -> Text:
    """A text in both languages."""
    return {"sv": sv, "en": en}


def guide(places: Places) -> tuple[Section, ...]:
    """Everything, in the order in which it is needed."""
    return (
        _certificates(places),
        _mobile(places),
        _card(places),
        _care(places),
        _more(places),
        _addresses(places),
        _cards(places),
    )


def _certificates(places: Places) -> Section:
    return Section(
        both("Certifikaten", "The certificates"),
        both(
            f"Alla servrar har certifikat från en egen utfärdare: {places.ca}. Lägg till den i webbläsaren som betrodd "
            "utfärdare av webbplatser, eller godkänn varningen för varje adress.",
            f"All servers have certificates of an authority of their own: {places.ca}. Add it to your browser as an "
            "authority for websites, or accept the warning for each address.",
        ),
        (
            both(
                f'Firefox: Inställningar, sök "certifikat", Visa certifikat, Utfärdare, Importera {places.ca.name}.',
                f'Firefox: Settings, search for "certificates", View Certificates, Authorities, Import {places.ca.name}.',
            ),
            both(
                f"Chromium: chrome://certificate-manager, Lokala certifikat, Importera {places.ca.name}.",
                f"Chromium: chrome://certificate-manager, Local certificates, Import {places.ca.name}.",
            ),
            both(
                "Från kommandoraden (paketet libnss3-tools): finns ingen databas, gör en med "
                "mkdir -p $HOME/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -N --empty-password",
                "By command (package libnss3-tools): if there is no database yet, make one with "
                "mkdir -p $HOME/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -N --empty-password",
            ),
            both(
                f'Chromium från kommandoraden: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n tillit-demo -i "{places.ca}"',
                f'Chromium by command: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n tillit-demo -i "{places.ca}"',
            ),
        ),
    )


def _mobile(places: Places) -> Section:
    return Section(
        both("Logga in med mobil e-legitimation", "Log in with a mobile e-ID"),
        None,
        (
            both(f"Öppna {places.oidc_service}/booking och välj Logga in.", f"Open {places.oidc_service}/booking, press Log in."),
            both("Välj Mobil e-legitimation på en annan enhet.", "Choose Mobile e-ID on another device."),
            both(
                f"Telefonen är en sida: öppna {places.phone}/phone i en annan flik, och öppna den väntande förfrågan där.",
                f"The phone is a page: open {places.phone}/phone in another tab, and open the waiting request there.",
            ),
            both("Välj vem du är och tryck Legitimera.", "Choose who you are and press Identify."),
        ),
    )  # fmt: skip


def _card(places: Places) -> Section:
    card = places.card("tolvan")
    return Section(
        both("Logga in med kort", "Log in with a card"),
        both(
            f"Korten är filer, lösenordet är {CARD_PASSWORD}.",
            f"The cards are files; the password is {CARD_PASSWORD}.",
        ),
        (
            both(
                f"Firefox: Inställningar, Visa certifikat, Dina certifikat, Importera {card}.",
                f"Firefox: Settings, View Certificates, Your Certificates, Import {card}.",
            ),
            both(
                f"Chromium: chrome://certificate-manager, Dina certifikat, Importera {card}.",
                f"Chromium: chrome://certificate-manager, Your certificates, Import {card}.",
            ),
            both(
                f'Chromium från kommandoraden: pk12util -d sql:$HOME/.pki/nssdb -W {CARD_PASSWORD} -i "{card}"',
                f'Chromium by command: pk12util -d sql:$HOME/.pki/nssdb -W {CARD_PASSWORD} -i "{card}"',
            ),
            both(
                f"Öppna {places.saml_service}/, välj Logga in och Tjänstekort, och tryck Fortsätt.",
                f"Open {places.saml_service}/, press Log in, choose Staff card, and press Continue.",
            ),
            both(
                "Byta kort: stäng alla webbläsarens fönster först, den minns sitt val.",
                "To change cards, close all windows of the browser first: it remembers its choice.",
            ),
        ),
    )


def _care(places: Places) -> Section:
    return Section(
        both("Vården", "Care"),
        both(
            "Bara det sista steget kräver ett kort. Byt person genom att logga ut, eller ta ett privat fönster för var och en.",
            "The last step alone needs a card. To be somebody else, log out, or take a private window for each of them.",
        ),
        (
            both(
                f"Vårdens sidor, {places.broker}/vard. Logga in som Astrid, sjuksköterska på Akuten (Region Exempels inloggning, "
                "nivå 3), sök Cecilia (19890605-9483), och registrera under Relationer att Akuten vårdar henne.",
                f"The pages of care staff, {places.broker}/vard. Log in as Astrid, a nurse at Akuten (Region Example's login, "
                "level 3), find Cecilia (19890605-9483), and register under Relations that Akuten cares for her.",
            ),
            both(
                f"Journalöversikten, {places.oidc_service}/record. Välj Cecilia: regionens anteckningar visas; Närvårdens "
                "kräver samtycke.",
                f"The record overview, {places.oidc_service}/record. Choose Cecilia: the region's notes are shown; Närvården's "
                "need consent.",
            ),
            both(
                f"Cecilia spärrar Medicinmottagningens uppgifter på {places.broker}/min-sida (Exempelbolagets inloggning).",
                f"Cecilia blocks what Medicinmottagningen has, at {places.broker}/min-sida (Example Company's login).",
            ),
            both(
                "Astrid trycker Läs på nytt: anteckningen är spärrad.",
                "Astrid presses Read again: the note is blocked.",
            ),
            both(
                "Astrid öppnar i nödläge på Vårdens sidor och läser på nytt: allt visas.",
                "Astrid opens in an emergency at the pages of care staff, and reads again: all is shown.",
            ),
            both(
                f"Bo granskar nödöppningen på {places.broker}/granskning (Region Exempels inloggning).",
                f"Bo reviews the emergency access at {places.broker}/granskning (Region Example's login).",
            ),
            both(
                f"Cecilia ser varje läsning på {places.broker}/min-sida/atkomst.",
                f"Cecilia sees each reading at {places.broker}/min-sida/atkomst.",
            ),
            both(
                "Gunnel (kortet gunnel) registrerar spärrar åt patienter som inte kan göra det själva.",
                "Gunnel (the card gunnel) registers blocks for patients who cannot do it themselves.",
            ),
        ),
    )  # fmt: skip


def _more(places: Places) -> Section:
    return Section(
        both("Prova också", "Try also"),
        None,
        (
            both(
                f"Gå till {places.oidc_service}/booking när du är inloggad: inga frågor ställs.",
                f"Go to {places.oidc_service}/booking when you are logged in: nothing is asked.",
            ),
            both(
                f"Hälsoenkäten, {places.oidc_service}/survey, frågar om lov först.",
                f"The health survey, {places.oidc_service}/survey, asks for consent first.",
            ),
            both(
                f"Valvet, {places.oidc_service}/vault, kräver kort med nivå 4 (tolvan-4).",
                f"The vault, {places.oidc_service}/vault, wants a card of level 4 (tolvan-4).",
            ),
            both(
                f"Familjens ärenden, {places.oidc_service}/{FOR_OTHERS}. Logga in som Cecilia och välj vem det gäller, hon "
                f"själv, hennes barn Alva, Tolvan som gav henne fullmakt, eller hennes bolag. På {places.broker}/min-sida/vem "
                f"väljer hon barnet, och på {places.broker}/min-sida/ombud ger hon en egen fullmakt.",
                f"Family errands, {places.oidc_service}/{FOR_OTHERS}. Log in as Cecilia and choose whom it is about, herself, "
                f"her child Alva, Tolvan who gave her a power of attorney, or her company. At {places.broker}/min-sida/vem she "
                f"chooses the child, and at {places.broker}/min-sida/ombud she gives a power of her own.",
            ),
            both(
                "Logga in som personal i Journalen: Tolvan har flera uppdrag och får välja.",
                "Log in as staff at The record: Tolvan has several assignments, and chooses.",
            ),
            both(
                f"Nya tjänsten, {places.oidc_service}/trial, är i test: välj en påhittad person, eller ett fel svar.",
                f"The new service, {places.oidc_service}/trial, is in test: choose a made-up person, or a wrong answer.",
            ),
            both(
                f"Portalen, {places.broker}/portal. Logga in som Cecilia (Exempelbolagets inloggning), anslut en tjänst och "
                f"skicka in den. Godkänn den i federationens konsol, {places.broker}/admin, som Astrid och sedan som Bo "
                "(Region Exempels inloggning).",
                f"The portal, {places.broker}/portal. Log in as Cecilia (Example Company's login), connect a service and "
                f"send it in. Approve it in the federation's console, {places.broker}/admin, as Astrid and then as Bo "
                "(Region Example's login).",
            ),
        ),
    )


def _addresses(places: Places) -> Section:
    return Section(
        both("Adresser", "Addresses"),
        rows=[
            (name, both(address, address))
            for name, address in (
                (both("tillit", "tillit"), f"{places.broker}/"),
                (both("tillit, kort", "tillit, cards"), f"{places.cards}/"),
                (both("Telefon", "Phone"), f"{places.phone}/phone"),
                (both("Regionens inloggning (SAML)", "The region's login (SAML)"), f"{places.saml_idp}/metadata"),
                (
                    both("Bolagets inloggning (OpenID)", "The company's login (OpenID)"),
                    f"{places.openid_provider}/.well-known/openid-configuration",
                ),
                (both("Journalen (SAML)", "The record (SAML)"), f"{places.saml_service}/"),
                (both("Bolagets tjänster (OpenID)", "The company's services (OpenID)"), f"{places.oidc_service}/"),
                (both("API", "API"), f"{places.api}/"),
                (both("Tjänstekontrakt (SOAP)", "Contracts (SOAP)"), f"{places.contracts}/rivta/CheckBlocks/4?wsdl"),
                (both("Korts status (OCSP, CRL)", "Status of cards (OCSP, CRL)"), f"{places.status}/"),
            )
        ],
    )


def _cards(places: Places) -> Section:
    rows = []
    for card in CARDS:
        whose = PERSONAS[card.person].name
        rows.append((both(card.name, card.name), both(f"{whose}: {card.sv}", f"{whose}: {card.en}")))
    text = f"{places.card('*')}, {{}} {CARD_PASSWORD}"
    return Section(both("Kort", "Cards"), both(text.format("lösenord"), text.format("password")), rows=rows)


def printed(places: Places) -> str:
    """The whole in English, for a terminal; the first line is where to begin."""
    lines = [f"Open {places.oidc_service}/help", ""]
    for section in guide(places):
        lines.append(section.title["en"])
        lines += [f"  {section.text['en']}"] if section.text else []
        lines += [f"  {number}. {step['en']}" for number, step in enumerate(section.steps, 1)]
        width = max((len(name["en"]) for name, _ in section.rows), default=0)
        lines += [f"  {name['en']:<{width}}  {value['en']}" for name, value in section.rows]
        lines.append("")
    lines += [f"Settings for other commands: TILLIT_CONFIG={places.config}", "Ctrl-C stops everything."]
    return "\n".join(lines)
