"""pyFF takes what we publish, all of it or one entity, and only with our signature."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import yaml

from metadata.publication import sha1
from tests.support import broker_process, pki, pyff
from tests.support import saml_metadata as make
from tests.support.broker_process import BrokerProcess
from tests.support.mellon import document
from tests.support.world import LEVEL3, MEMBER

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(bool(pyff.missing()), reason=pyff.missing()),
]
SHIBBOLETH, PLAIN, IN_TEST = (
    "https://shib.example/shibboleth",
    "https://sp.example/metadata",
    "https://test.example/metadata",
)
ALL = "metadata/all.xml"


def service(id: str, document: bytes, **more: object) -> dict[str, object]:
    return {"id": id, "member": MEMBER, "levels": [LEVEL3], "saml": {"metadata_xml": document.decode()}, **more}


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerProcess]:
    services = [
        service("shib", make.shibboleth_sp()),
        service("plain", make.entity()),
        service("test", make.entity(entity_id=IN_TEST), state="test"),
    ]
    federation = {"tillit": "1", "members": [{"org": MEMBER, "name": {"sv": "Region Exempel"}}], "services": services}
    with broker_process.running() as started:
        (started.folder / "federation.yaml").write_text(yaml.safe_dump(federation))
        started.command("apply", str(started.folder / "federation.yaml"))
        while SHIBBOLETH.encode() not in document(f"{started.base}/{ALL}"):
            time.sleep(0.1)
        yield started


def certificate(broker: BrokerProcess) -> bytes:
    return document(f"{broker.base}/metadata/certificates.pem")


def test_it_takes_the_document_of_all_and_finds_every_entity_in_it(broker: BrokerProcess, tmp_path):
    fed = pyff.feed(f"{broker.base}/{ALL}", certificate(broker), tmp_path)

    assert fed.code == 0, fed.said
    assert set(fed.entities) == {f"{broker.base}/saml/metadata", SHIBBOLETH, PLAIN}


@pytest.mark.parametrize(
    "name", [quote(SHIBBOLETH, safe=""), "%7Bsha1%7D" + sha1(SHIBBOLETH)], ids=["entityID", "sha1"]
)
def test_it_takes_one_entity_by_query(broker: BrokerProcess, tmp_path, name):
    fed = pyff.feed(f"{broker.base}/entities/{name}", certificate(broker), tmp_path)

    assert (fed.code, fed.entities) == (0, (SHIBBOLETH,)), fed.said


@pytest.mark.parametrize("path", [ALL, f"entities/{quote(SHIBBOLETH, safe='')}"])
def test_it_takes_nothing_that_another_key_should_have_signed(broker: BrokerProcess, tmp_path, path):
    stranger = pki.Authority.root("stranger", key=pki.rsa_key(3072))

    fed = pyff.feed(f"{broker.base}/{path}", stranger.pem, tmp_path)

    assert fed.code != 0
    assert fed.entities == ()


def test_what_is_not_published_is_not_there(broker: BrokerProcess, tmp_path):
    fed = pyff.feed(f"{broker.base}/entities/{quote(IN_TEST, safe='')}", certificate(broker), tmp_path)
    assert fed.entities == ()
