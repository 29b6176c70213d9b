"""The card CA of the demo and the cards in its folder: made at first start, the same ever after.

Owns which card is made for whom (`people.CARDS`) and the files of each: `cards/NAME.p12` for a browser, `cards/NAME.pem`
for the self-check. What a card looks like is the CA simulator's.
"""

import time
from collections.abc import Callable
from typing import Final

from broker.demo.keys import write_private
from broker.demo.people import CARDS, PERSONAS, RECORD_SYSTEM, STAFF_ID, CardRow
from broker.demo.places import CARD_PASSWORD, LOA, Places
from idp_adapters.simulators.ca import Card, Holder, TestCa

ORGANISATION: Final = "Region Exempel"
LEVELS: Final = {
    "person-hsa-4": f"{LOA}4",
    "person-hsa-3": f"{LOA}3",
    "person-id-3": f"{LOA}3",
    "person-hsa-2": f"{LOA}2",
}
"""Id of an issuing CA → the level that its policy gives."""


def now() -> int:
    """The time by the CA's clock."""
    return int(time.time())


def card_ca(places: Places) -> TestCa:
    """The CA whose root is `ca.pem`, made when it is not there."""
    return TestCa(places.folder, places.status, now)


def make_certificate(places: Places, ca: TestCa) -> None:
    """The servers' common certificate, when it is not there."""
    if not places.key("server").exists():
        chain, key = ca.server_certificate(("localhost", "127.0.0.1"))
        write_private(places.key("server"), key)
        places.certificate("server").write_bytes(chain)


def make_system(places: Places, ca: TestCa) -> None:
    """The record system's certificate, when it is not there."""
    if not places.system.exists():
        chain, key = ca.client_certificate("record-system.region.example", RECORD_SYSTEM)
        write_private(places.system, chain + key)


def make_cards(places: Places, ca: TestCa) -> None:
    """Every card that is not there yet."""
    for row in CARDS:
        if not places.card(row.name).exists():
            card = _MAKERS[row.flaw](ca, row, holder(row))
            write_private(places.card_pem(row.name), card.pem() + card.key_pem())
            ca.write_card(card, row.name, CARD_PASSWORD)


def holder(row: CardRow) -> Holder:
    """Who stands on the card."""
    persona = PERSONAS[row.person]
    identifier = persona.number if row.by_number else STAFF_ID[row.person]
    return Holder(identifier, persona.given_name, persona.surname, ORGANISATION)


_Maker = Callable[[TestCa, CardRow, Holder], Card]

_MAKERS: Final[dict[str, _Maker]] = {
    "": lambda ca, row, whose: ca.issue_card(whose, row.issuer, key=row.key),
    "signing": lambda ca, row, whose: ca.issue_card(whose, row.issuer, key=row.key, signing=True),
    "revoked": lambda ca, row, whose: ca.revoked_card(whose, key=row.key),
    "expired": lambda ca, row, whose: ca.expired_card(whose, key=row.key),
    "stranger": lambda ca, row, whose: ca.stranger_card(whose, key=row.key),
}
