"""What publication costs, in signatures, XML read and questions to the database; figures, never seconds."""

import pytest

import metadata.publication
from metadata.wire import xml
from tests.architecture.test_costs_oidc import counting, statements
from tests.spec.mdq.test_metadata_query import A, Asking, service, whole

COUNT = 30
IDS = [f"https://s{number}.example/metadata" for number in range(COUNT)]
DOCUMENTS = ("/entities", "/metadata/services.xml", "/metadata/identity-providers.xml")


def register(**changes: object) -> dict[str, object]:
    return whole(*(service(f"s{number}", name, **changes.get(name, {})) for number, name in enumerate(IDS)))


@pytest.fixture
def asking(worlds):
    """A broker of which everything that is published has been asked for once."""
    made = Asking(worlds.make(register()))
    ask_for_all(made)
    return made


def ask_for_all(asking: Asking) -> None:
    for name in IDS:
        asking.entity(name)
    for path in DOCUMENTS:
        asking.get(path)


@pytest.fixture
def signed(monkeypatch):
    with counting(monkeypatch, metadata.publication, "signature_of") as calls:
        yield calls


@pytest.fixture
def parsed(monkeypatch):
    with counting(monkeypatch, xml.etree, "fromstring") as calls:
        yield calls


def test_a_warm_answer_costs_no_signature_no_xml_and_no_question_to_the_database(asking, signed, parsed, monkeypatch):
    assert statements(asking.world, monkeypatch, lambda: ask_for_all(asking)) == 0
    assert (signed, parsed) == ([], [])


def test_after_one_change_one_entity_is_read_and_it_and_the_documents_that_name_it_are_signed(asking, signed, parsed):
    asking.apply(register(**{IDS[7]: {"name": {"sv": "Ny"}}}))
    parsed.clear()

    ask_for_all(asking)

    assert len(parsed) == 1
    assert len(signed) == 3, "itself, all, and the services"


def test_a_change_of_what_is_not_published_signs_nothing(asking, signed):
    document = register()
    document["persons"] = [{"id": "cecilia", "givenName": "Cecilia"}]
    asking.apply(document)
    ask_for_all(asking)
    assert signed == []


def test_a_start_reads_and_signs_nothing_that_nobody_asked_for(worlds, monkeypatch):
    from broker.app import create_app

    world = worlds.make(register())
    world.app.close()
    with (
        counting(monkeypatch, xml.etree, "fromstring") as parsed,
        counting(monkeypatch, metadata.publication, "signature_of") as signed,
    ):
        app = create_app(world.settings, world.clock)
        world.app = app
        assert (parsed, signed) == ([], [])
        Asking(world).entity(IDS[3])
        assert (len(parsed), len(signed)) == (1, 1)


def test_an_unknown_name_costs_nothing(asking, signed, parsed, monkeypatch):
    unknown = [f"https://nobody{number}.example/" for number in range(50)]
    assert statements(asking.world, monkeypatch, lambda: [asking.entity(name) for name in (*unknown, A)]) == 0
    assert (signed, parsed) == ([], [])
