"""Everything that must be on disk before the demo starts: CA, cards, keys, metadata, settings, the federation file.

Owns what is made once (keys, cards, the federation file, which may be edited) and what is written anew at each start
(metadata, settings). A folder belongs to one block of ports, since addresses stand in its certificates.
"""

import json
import time
from pathlib import Path
from typing import Final

from broker.demo import cards, federation, keys, saml_metadata
from broker.demo.places import Places
from broker.demo.simulators import saml_idp

MARK: Final = "demo.json"
LIFETIME: Final = 300 * 86400
"""Certificates of servers and cards last a year; a folder is given up in good time."""


class UnfitFolder(Exception):
    """The folder is another demo's, or too old. Its text is for a person."""


def prepare(places: Places) -> None:
    """Make what is missing. Raises UnfitFolder."""
    _check_mark(places)
    places.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca = cards.card_ca(places)
    cards.make_certificate(places, ca)
    cards.make_system(places, ca)
    cards.make_cards(places, ca)
    keys.make_all(places)
    _write_metadata(places)
    _write_settings(places, ca.function_ca)
    if not places.federation.exists():
        federation.write(places, ca)
    if not (places.folder / MARK).exists():
        (places.folder / MARK).write_text(json.dumps({"port": places.port, "made": int(time.time())}))


def _check_mark(places: Places) -> None:
    mark = places.folder / MARK
    if not mark.exists():
        return
    made = json.loads(mark.read_text())
    if made["port"] != places.port:
        raise UnfitFolder(
            f"{places.folder} was made for ports from {made['port']}; its certificates name them. "
            f"Use --port {made['port']}, or another folder with --data DIR."
        )
    if time.time() > made["made"] + LIFETIME:
        raise UnfitFolder(f"the certificates in {places.folder} are too old. Remove the folder, and start again.")


def _write_metadata(places: Places) -> None:
    documents = {"saml-idp": saml_idp(places, lambda _: None).metadata(), "saml-service": saml_metadata.write(places)}
    for name, document in documents.items():
        places.metadata(name).parent.mkdir(parents=True, exist_ok=True)
        places.metadata(name).write_bytes(document)


def _write_settings(places: Places, function_ca: Path) -> None:
    """For `TILLIT_CONFIG`: the broker's settings, also for commands that a person gives."""
    folder = places.folder.absolute()
    settings = {
        "base_url": places.broker,
        "TILLIT_ENV": "demo",
        "data_dir": str(folder / places.data.name),
        "card_url": places.cards,
        "rivta_url": places.contracts,
        "rivta_ca": str(function_ca.absolute()),
        "rivta_ocsp": "on",
        "tls_cert": str(folder / "services" / places.certificate("server").name),
        "tls_key": str(folder / "services" / places.key("server").name),
        "ca_file": str(folder / places.ca.name),
        "checkpoint_file": str(folder / places.checkpoints.name),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    places.config.write_text(
        "# The broker of `tillit demo`. TILLIT_CONFIG names this file.\n" + "\n".join(lines) + "\n"
    )
