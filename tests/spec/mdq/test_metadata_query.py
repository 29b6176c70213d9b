"""The metadata query protocol over HTTP: one entity or all, validators, encodings, and what a stranger may ask for."""

import gzip
import io
import sys
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

import pytest

from metadata.publication import sha1
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE, md
from metadata.wire.xml import canonical, parse
from metadata.wire.xmldsig import verify
from tests.support import saml_metadata as make
from tests.support.world import LEVEL3, MEMBER, Answer, World, federation

spec = pytest.mark.spec
OTHER = "2120000142"
A, B, IDP = (f"https://{name}.example/metadata" for name in ("a", "b", "idp"))
TYPE = "application/samlmetadata+xml"


def service(id: str, entity_id: str, **more: object) -> dict[str, object]:
    xml = make.entity(make.sp_role(make.acs(f"{entity_id}/acs")), entity_id=entity_id).decode()
    return {
        "id": id,
        "member": MEMBER,
        "levels": [LEVEL3],
        "attributes": ["givenName"],
        "saml": {"metadata_xml": xml},
        **more,
    }


def provider(**more: object) -> dict[str, object]:
    xml = make.entity(make.idp_role(), entity_id=IDP).decode()
    levels = {"urn:password": LEVEL3}
    return {"id": "idp", "saml": {"metadata_xml": xml}, "ceiling": LEVEL3, "levels": levels, **more}


def member(**more: object) -> dict[str, object]:
    return {"org": OTHER, "name": {"sv": "Åsö kommun"}, **more}


def whole(*services: dict[str, object], **parts: object) -> dict[str, object]:
    first = federation()["members"]
    return federation(*(services or (service("a", A), service("b", B))), members=[*first, member()], **parts)


@dataclass
class Asking:
    """A broker, asked as a server hands requests on: the path decoded once, octets as Latin-1."""

    world: World
    sent: list[str] = field(default_factory=list)

    def get(self, raw_path: str, method: str = "GET", **headers: str) -> Answer:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
            "QUERY_STRING": "",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        seen = {}
        body = b"".join(self.world.app(environ, lambda status, sent: seen.update(status=int(status[:3]), headers=sent)))
        return Answer(seen["status"], seen["headers"], body)

    def apply(self, document: dict[str, object]) -> None:
        """Another federation file, and the node looks once more, as it does each second."""
        self.world.reapply(document)
        self.world.app.jobs.tick()

    def entity(self, entity_id: str = A, **headers: str) -> Answer:
        return self.get(f"/entities/{quote(entity_id, safe='')}", **headers)

    def named(self, path: str = "/entities") -> list[str]:
        return [each.get("entityID") for each in parse(self.get(path).body, limit=2**24).iter(md("EntityDescriptor"))]

    @property
    def keys(self):
        return [self.world.app.snapshots.keys.signer("saml-metadata", "RS256").public_key]


@pytest.fixture
def asking(worlds):
    return Asking(worlds.make(whole()))


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return Asking(lasting_worlds.make(whole()))


# --- one entity


@spec("Metadata Query Protocol", "3.2")
def test_one_entity_is_found_by_its_id_percent_encoded(shared):
    answer = shared.entity()

    assert (answer.status, answer.header("Content-Type")) == (200, TYPE)
    assert verify(parse(answer.body), shared.keys)
    assert canonical(parse(answer.body)) == answer.body
    assert read_entity(answer.body).entity_id == A


@spec("SAML profile of MDQ", "2.1.1")
@pytest.mark.parametrize("braces", ["{{sha1}}{}", "%7Bsha1%7D{}", "%7bsha1%7d{}"])
def test_one_entity_is_found_by_the_digest_of_its_id(shared, braces):
    assert shared.get("/entities/" + braces.format(sha1(A))).body == shared.entity().body


@spec("Metadata Query Protocol", "3.2")
def test_an_unknown_entity_is_404_in_plain_words(shared):
    answer = shared.entity("https://nobody.example/metadata")
    assert (answer.status, answer.header("Content-Type")) == (404, "text/plain; charset=utf-8")
    assert answer.header("Cache-Control") == "no-store"


@pytest.mark.parametrize(
    "raw",
    ["", "/", "%", "%FF%FE", "%00", "%0d%0aSet-Cookie:%20x=1", "..%2f..%2fetc%2fpasswd", "../saml/metadata", "{sha1}",
     "{sha1}" + "0" * 40, "{sha256}" + "0" * 64, "%252e%252e", "x" * 10_240, "%C3%A5", "%ED%A0%80", quote(A, safe="") + "%20",
     quote(A, safe="") + "?x", quote(A.upper(), safe=""), "<script>", "a'%20or%201=1--", "all.xml"],
)  # fmt: skip
def test_no_odd_name_finds_anything_or_breaks_anything(shared, raw):
    answer = shared.get("/entities/" + raw)
    assert (answer.status, answer.body) == (404, b"No such entity is published.\n")
    assert [name for name, _ in answer.headers if name == "Set-Cookie"] == []


def test_names_are_not_counted_each_for_itself(shared):
    shared.entity()
    shared.entity("https://nobody.example/metadata")
    exposition = shared.world.app.on.metrics.exposition().decode()
    assert 'route="/entities/",status="200"' in exposition
    assert "nobody" not in exposition


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/entities", "/entities/x", "/metadata/all.xml", "/metadata/certificates.pem"])
def test_it_is_for_reading_only(shared, method, path):
    assert shared.get(path, method).status == 405


# --- all of them


@spec("Metadata Query Protocol", "3.1")
def test_all_entities_and_the_aggregate_are_one_document(shared):
    everything, aggregate = shared.get("/entities"), shared.get("/metadata/all.xml")

    assert everything.body == aggregate.body
    assert everything.header("Content-Type") == TYPE
    assert verify(parse(everything.body), shared.keys)


def test_the_running_broker_is_among_them_with_both_its_roles(shared):
    own = shared.world.settings.entity_id

    assert shared.named() == [own, A, B]
    entity = read_entity(shared.entity(own).body)
    assert {role.kind for role in entity.roles} == {IDP_ROLE, SP_ROLE}
    assert entity.registration.authority == shared.world.base


def test_each_audience_has_its_document(asking):
    asking.apply(whole(identity_providers=[provider()]))
    own = asking.world.settings.entity_id

    assert asking.named("/metadata/services.xml") == [own, A, B]
    assert asking.named("/metadata/identity-providers.xml") == [own, IDP]
    assert asking.named("/metadata/all.xml") == [own, A, B, IDP]


def test_the_certificates_that_verify_it_can_be_fetched(shared):
    answer = shared.get("/metadata/certificates.pem")
    assert answer.header("Content-Type") == "application/x-pem-file"
    assert answer.body.count(b"-----BEGIN CERTIFICATE-----\n") == 1
    assert max(map(len, answer.body.splitlines())) == 64, "RFC 7468 section 2"
    from cryptography import x509

    assert x509.load_pem_x509_certificate(answer.body).public_key() == shared.keys[0]


# --- validators and encodings


@spec("RFC 9110", "13.1.2")
def test_who_has_it_already_is_told_so(shared):
    for path in (f"/entities/{quote(A, safe='')}", "/entities"):
        tag = shared.get(path).header("ETag")
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*", tag[:-1] + '-gzip"'):
            answer = shared.get(path, if_none_match=known)
            assert (answer.status, answer.body, answer.header("ETag")) == (304, b"", tag)
            assert answer.header("Content-Length") == ""
        assert shared.get(path, if_none_match='"x"').status == 200


@spec("RFC 9110", "13.1.3")
def test_a_time_counts_when_there_is_no_tag(shared):
    modified = shared.entity().header("Last-Modified")
    assert shared.entity(if_modified_since=modified).status == 304
    assert shared.entity(if_modified_since="Wed, 21 Oct 2015 07:28:00 GMT").status == 200
    assert shared.entity(if_modified_since=modified, if_none_match='"x"').status == 200
    for odd in ("yesterday", "Wed, 99 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 99999 07:28:00 GMT", "\x00"):
        assert shared.entity(if_modified_since=odd).status == 200


@spec("RFC 9110", "12.5.3")
@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("identity, *;q=0.1", True), ("gzip;q=0.001", True), ("", False),
     ("br", False), ("gzip;q=0", False), ("gzip; q=0.000", False), ("*;q=0", False), ("gzip;q=0, *", False), ("x-gzip", False)],
)  # fmt: skip
def test_it_is_packed_for_those_who_take_it(shared, accepted, packed):
    for path in (f"/entities/{quote(A, safe='')}", "/metadata/all.xml"):
        plain, answer = shared.get(path), shared.get(path, accept_encoding=accepted)
        assert answer.header("Vary") == plain.header("Vary") == "Accept-Encoding"
        assert int(answer.header("Content-Length")) == len(answer.body)
        if packed:
            assert answer.header("Content-Encoding") == "gzip"
            assert gzip.decompress(answer.body) == plain.body
            assert answer.header("ETag") != plain.header("ETag")
        else:
            assert (answer.body, answer.header("Content-Encoding")) == (plain.body, "")


def test_no_cache_goes_on_giving_what_was_stopped(shared):
    assert shared.entity().header("Cache-Control") == "public, no-cache"


def test_head_is_get_without_the_document(shared):
    for path in (f"/entities/{quote(A, safe='')}", "/entities", "/metadata/services.xml"):
        got, head = shared.get(path), shared.get(path, "HEAD")
        assert (head.status, head.headers, head.body) == (200, got.headers, b"")


# --- who is published


@pytest.mark.parametrize(
    "stopped",
    [
        whole(service("a", A, state="suspended"), service("b", B)),
        whole(service("a", A, state="test"), service("b", B)),
        whole(service("b", B)),
    ],
    ids=["suspended", "in test", "gone"],
)
def test_a_service_that_stops_vanishes_at_once(asking, stopped):
    assert asking.entity().status == 200
    asking.named()

    asking.apply(stopped)

    assert asking.entity().status == 404
    assert asking.get("/entities/{sha1}" + sha1(A)).status == 404
    assert all(A not in asking.named(path) for path in ("/entities", "/metadata/all.xml", "/metadata/services.xml"))
    assert asking.entity(B).status == 200


def test_a_suspended_member_takes_its_services_with_it(worlds):
    with_other = [service("a", A, member=OTHER), service("b", B)]
    asking = Asking(worlds.make(whole(*with_other)))
    assert asking.entity().status == 200

    document = whole(*with_other)
    document["members"][1]["state"] = "suspended"
    asking.apply(document)

    assert (asking.entity().status, asking.entity(B).status) == (404, 200)
    assert A not in asking.named()


def test_a_suspended_provider_is_not_published(worlds):
    asking = Asking(worlds.make(whole(identity_providers=[provider()])))
    assert asking.entity(IDP).status == 200

    asking.apply(whole(identity_providers=[provider(state="suspended")]))

    assert asking.entity(IDP).status == 404


def test_a_provider_of_a_member_is_published_under_the_members_name_while_that_is_active(worlds):
    asking = Asking(worlds.make(whole(identity_providers=[provider(member=OTHER)])))
    organization = read_entity(asking.entity(IDP).body).organization
    assert (organization.number, organization.names[0].value) == (OTHER, "Åsö kommun")

    document = whole(identity_providers=[provider(member=OTHER)])
    document["members"][1]["state"] = "suspended"
    asking.apply(document)

    assert asking.entity(IDP).status == 404


def test_services_without_metadata_of_saml_are_not_there(worlds):
    from tests.support.world import client

    asking = Asking(worlds.make(federation(client(), service("a", A))))
    assert asking.named() == [asking.world.settings.entity_id, A]


def test_what_another_federation_publishes_is_not_published_here(asking):
    from broker.federation.register import ChangeRegister, EntryChange
    from broker.login.effects import Effects

    change = EntryChange("service", "c", service("c", "https://c.example/metadata"), MEMBER, "feed:other")
    asking.world.store.commit(Effects((ChangeRegister((change,), asking.world.clock.now),)))
    asking.world.app.jobs.tick()

    assert asking.entity("https://c.example/metadata").status == 404


def test_a_proposal_is_no_part_of_it_and_a_version_is_when_it_stands(asking):
    from broker.federation.register import ChangeRegister, EntryChange
    from broker.login.effects import Effects

    changed = service("a", A)
    changed["saml"]["metadata_xml"] = changed["saml"]["metadata_xml"].replace(f"{A}/acs", f"{A}/moved")
    assert b"/moved" not in asking.entity().body

    change = EntryChange("service", "a", changed, MEMBER, "portal", "somebody", "moved")
    asking.world.store.commit(Effects((ChangeRegister((change,), asking.world.clock.now + 60),)))
    assert b"/moved" not in asking.entity().body, "until the node has looked"
    asking.world.app.jobs.tick()

    answer = asking.entity()
    assert b"/moved" in answer.body
    assert verify(parse(answer.body), asking.keys)


def test_what_the_register_says_of_an_entity_is_published_with_it(worlds):
    category = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
    listed = [service("a", A, entity_categories=[category], name={"sv": "Provtjänsten"})]
    asking = Asking(worlds.make(whole(*listed, identity_providers=[provider(scopes=["2120000142"])])))

    a, idp = read_entity(asking.entity().body), read_entity(asking.entity(IDP).body)

    assert a.attributes == {"http://macedir.org/entity-category": (category,)}
    assert [text.value for text in a.roles[0].interface.names] == ["Provtjänsten"]
    assert (a.organization.number, a.registration.instant) == (MEMBER, asking.world.clock.now)
    assert idp.attributes == {"urn:oasis:names:tc:SAML:attribute:assurance-certification": ("urn:password",)}
    assert [scope.value for scope in idp.roles[0].scopes] == ["2120000142"]


def test_an_entity_that_is_service_and_provider_is_one_entity(worlds):
    xml = make.entity(make.sp_role(make.acs(f"{IDP}/acs")) + make.idp_role(), entity_id=IDP).decode()
    both = {"id": "proxy", "member": MEMBER, "levels": [LEVEL3], "saml": {"metadata_xml": xml}}
    asking = Asking(worlds.make(whole(both, identity_providers=[provider()])))

    assert asking.named().count(IDP) == 1
    assert {role.kind for role in read_entity(asking.entity(IDP).body).roles} == {SP_ROLE, IDP_ROLE}


# --- what fails


def test_a_failure_is_counted_and_the_last_good_document_stays(asking, monkeypatch):
    good = asking.entity().body, asking.get("/entities").body
    app = asking.world.app

    def broken(*_):
        raise OSError("no token")

    monkeypatch.setattr("metadata.publication.signature_of", broken)
    asking.world.clock.now += 2 * 24 * 3600

    assert (asking.entity().body, asking.get("/entities").body) == good
    assert 'tillit_failures_total{what="publication"} 2.0' in app.on.metrics.exposition().decode()
