"""What the demo writes before it starts: the same folder serves again, another demo's folder does not."""

import json
import stat
import time

import pytest
import yaml

from broker.demo import material, running
from broker.demo.material import UnfitFolder, prepare
from broker.demo.people import CARDS, PERSONAS
from broker.demo.places import Places
from trust_framework import identifiers


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    places = Places(tmp_path_factory.mktemp("demo"), 12340)
    prepare(places)
    return places


def test_a_second_preparation_changes_no_card_no_key_and_no_edited_federation_file(places):
    kept = [*places.folder.glob("cards/*"), *places.folder.glob("services/*"), places.ca]
    before = {path: path.read_bytes() for path in kept}
    places.federation.write_text(places.federation.read_text() + "# mine\n")

    prepare(places)

    assert {path: path.read_bytes() for path in kept} == before
    assert places.federation.read_text().endswith("# mine\n")


def test_keys_and_cards_are_for_their_owner_alone(places):
    private = [
        *places.folder.glob("services/*.key"),
        *places.folder.glob("services/*.secret"),
        *places.folder.glob("cards/*"),
    ]

    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_a_folder_of_other_ports_is_refused_with_what_to_do(places):
    with pytest.raises(UnfitFolder, match="--port 12340"):
        prepare(Places(places.folder, 13000))


def test_a_folder_whose_certificates_soon_end_is_refused(tmp_path, monkeypatch):
    (tmp_path / material.MARK).write_text(json.dumps({"port": 12340, "made": int(time.time()) - material.LIFETIME - 1}))

    with pytest.raises(UnfitFolder, match="too old"):
        prepare(Places(tmp_path, 12340))


def test_every_card_is_there_twice(places):
    names = {card.name for card in CARDS}

    assert {path.stem for path in places.folder.glob("cards/*.p12")} == names
    assert {path.stem for path in places.folder.glob("cards/*.pem")} == names


def test_the_federation_has_only_official_test_numbers_and_organisations_with_a_check_digit(places):
    federation = yaml.safe_load(places.federation.read_text())
    official = {"191212121212", "195006262546", "197309069289", "198906059483", "197010632391"}

    numbers = {
        person["personalIdentityNumber"] for person in federation["persons"] if "personalIdentityNumber" in person
    }
    assert numbers <= official
    assert len(federation["persons"]) == len(PERSONAS)
    assert all(identifiers.organisation_number(member["org"]) for member in federation["members"])


def test_the_federation_shows_what_a_federation_can_hold(places):
    federation = yaml.safe_load(places.federation.read_text())

    commissions = sorted(len(employment.get("commissions", [])) for employment in federation["staff"])
    assert commissions[0] == 0
    assert 1 in commissions
    assert commissions[-1] > 1
    assert len(federation["members"]) == 3
    assert [len(provider["units"]) for provider in federation["care_providers"]] == [2, 1]
    assert {service.get("consent", "never") for service in federation["services"]} == {"never", "ask"}
    assert ["card"] in [service.get("methods") for service in federation["services"]]


def test_only_the_folder_of_an_earlier_check_is_taken_away(tmp_path):
    earlier, mine = tmp_path / "earlier", tmp_path / "mine"
    for folder in (earlier, mine):
        folder.mkdir()
    (earlier / material.MARK).write_text("{}")

    running._emptied(earlier)
    running._emptied(mine)

    assert not earlier.exists()
    assert mine.exists()
