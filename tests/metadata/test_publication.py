"""What is published of a register: signed, whole, made once, and never lost because something new cannot be made."""

import gzip
import threading
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata import publication
from metadata.entity_form import Approved, published_form
from metadata.publication import AUDIENCES, DAY, HOUR, Candidate, Publication, Terms, sha1
from metadata.validate import Context, check
from metadata.wire.pysaml2_tables import objection
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE, Registration, md
from metadata.wire.signing import Signer, signer
from metadata.wire.xml import XmlRefused, canonical, parse
from metadata.wire.xmldsig import verify
from tests.support import saml_metadata as make
from tests.support.saml import rsa_key, xmlsec_accepts

NOW = make.NOW
HERE = "https://federation.example"
TERMS = Terms(HERE)
spec = pytest.mark.spec


@dataclass
class Signing:
    """A signer that counts, and may be broken."""

    kid: str = "k1"
    count: int = 0
    broken: bool = False
    key: str = "publisher"

    def signer(self) -> Signer:
        inner = signer(rsa_key(self.key), kid=self.kid, alg="RS256", certificate=make.certificate(rsa_key(self.key)))

        def sign(octets: bytes) -> bytes:
            self.count += 1
            if self.broken:
                raise OSError("the token is gone")
            return inner.sign(octets)

        return replace(inner, sign=sign)


@dataclass
class Noted:
    """What was reported."""

    seen: list[str] = field(default_factory=list)

    def __call__(self, what: str, error: Exception) -> None:
        self.seen.append(f"{what}: {type(error).__name__}")


@dataclass
class Register:
    """Entities by their ids; their forms are counted as they are made."""

    documents: dict[str, bytes] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def put(self, name: str, document: bytes | None = None, role: str = SP_ROLE) -> str:
        entity_id = f"https://{name}.example/metadata"
        default = make.entity(make.sp_role() if role == SP_ROLE else make.idp_role(), entity_id=entity_id)
        self.documents[entity_id] = default if document is None else document
        self.versions[entity_id] = self.versions.get(entity_id, 0) + 1
        self.roles[entity_id] = role
        return entity_id

    def candidates(self) -> list[Candidate]:
        return [self._candidate(each) for each in self.documents]

    def _candidate(self, entity_id: str) -> Candidate:
        def form():
            self.made.append(entity_id)
            role, document = self.roles[entity_id], self.documents[entity_id]
            return published_form(Approved(document, role, Registration(HERE, NOW)))

        version = self.versions[entity_id]
        return Candidate(entity_id, frozenset({self.roles[entity_id]}), str(version), NOW - 100 + version, form)


class Federation:
    """A register, a key and what is published of them."""

    def __init__(self, *names: str) -> None:
        self.register, self.signing, self.noted = Register(), Signing(), Noted()
        for name in names:
            self.register.put(name)
        self.published: Publication | None = None
        self.publish()

    def publish(self) -> None:
        self.published = Publication(
            self.register.candidates(), self.signing.signer(), TERMS, self.noted, self.published
        )

    def entity(self, name: str = "a", now: int = NOW) -> bytes | None:
        answer = self.published.entity(f"https://{name}.example/metadata", now)
        return None if answer is None else b"".join(answer.document.plain())

    def group(self, audience: str = "all", now: int = NOW) -> bytes:
        return b"".join(self.published.group(audience, now).document.plain())

    def named(self, audience: str = "all", now: int = NOW) -> list[str]:
        return [each.get("entityID").split("/")[2].split(".")[0] for each in entities(self.group(audience, now))]


def entities(document: bytes):
    return list(parse(document, limit=2**24).iter(md("EntityDescriptor")))


KEY = rsa_key("publisher").public_key()


# --- the signature, by our own verifier and by another


def test_an_answer_about_one_entity_is_signed_over_all_of_it():
    document = Federation("a").entity()

    assert canonical(parse(document)) == document, "the octets that were signed are the octets sent"
    assert verify(parse(document), [KEY])
    assert xmlsec_accepts(document, [KEY])
    assert read_entity(document).entity_id == "https://a.example/metadata"


def test_a_document_of_many_is_signed_over_all_of_it():
    document = Federation("a", "b", "c").group()

    assert canonical(parse(document)) == document
    assert verify(parse(document), [KEY])
    assert xmlsec_accepts(document, [KEY])
    assert [each.get("entityID") for each in entities(document)] == [f"https://{n}.example/metadata" for n in "abc"]


@pytest.mark.parametrize(
    "change", [(b"a.example/metadata", b"e.example/metadata"), (b"/acs", b"/bcs"), (b"2026", b"2036")]
)
def test_one_octet_changed_and_the_signature_fails(change):
    federation = Federation("a", "b")
    for document in (federation.entity(), federation.group()):
        root = parse(document.replace(*change))
        with pytest.raises(XmlRefused):
            verify(root, [KEY])


@pytest.mark.parametrize(
    "document",
    [make.shibboleth_sp(), make.pysaml2_sp(), make.entity(make.sp_role(extensions="<mdui:UIInfo/>"))],
    ids=["shibboleth", "pysaml2", "empty"],
)
def test_documents_of_well_known_services_are_published_in_a_form_that_others_read(document):
    federation = Federation()
    entity_id = read_entity(document).entity_id
    federation.register.documents[entity_id] = document
    federation.register.versions[entity_id], federation.register.roles[entity_id] = 1, SP_ROLE
    federation.publish()

    published = b"".join(federation.published.entity(entity_id, NOW).document.plain())

    assert xmlsec_accepts(published, [KEY])
    assert objection(published.decode()) is None
    assert not check(published, Context(now=NOW)).refuses
    assert verify(parse(federation.group()), [KEY])


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=40
    )
)
def test_any_text_is_carried_by_parts_and_signature(text):
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "")
    interface = f'<mdui:UIInfo><mdui:Description xml:lang="sv">{shown}</mdui:Description></mdui:UIInfo>'
    entity_id = "https://a.example/metadata"
    federation = Federation("a")
    federation.register.put("a", make.entity(make.sp_role(extensions=interface), entity_id=entity_id))
    federation.publish()

    assert federation.noted.seen == []
    for document in (federation.entity(), federation.group()):
        assert verify(parse(document), [KEY]) == _unsigned(document)


def _unsigned(document: bytes) -> bytes:
    root = parse(document)
    root.remove(root[0])
    return canonical(root)


def test_the_gzip_form_is_the_same_document():
    federation = Federation("a", "b")
    for answer in (
        federation.published.entity("https://a.example/metadata", NOW),
        federation.published.group("all", NOW),
    ):
        plain, packed = b"".join(answer.document.plain()), b"".join(answer.document.gzip())
        assert gzip.decompress(packed) == plain
        assert (len(plain), len(packed)) == (answer.document.length, answer.document.gzip_length)


# --- names, times, who is told of whom


@spec("SAML profile of MDQ", "2.1.1")
def test_an_entity_is_found_by_its_entity_id_and_by_that_ones_digest():
    federation = Federation("a", "b")
    entity_id = "https://a.example/metadata"

    answers = [federation.published.entity(name, NOW) for name in (entity_id, "{sha1}" + sha1(entity_id))]

    assert answers[0] is answers[1]
    assert federation.signing.count == 1


@pytest.mark.parametrize(
    "name",
    ["", "https://b.example/metadata", "https://A.example/metadata", "https://a.example/metadata/", "{sha1}", "{sha1}00",
     "{sha256}" + "0" * 64, "x" * 10_000, "../a", "\ud800", "{sha1}" + sha1("https://a.example/metadata").upper()],
)  # fmt: skip
def test_any_other_name_is_nobodys(name):
    assert Federation("a").published.entity(name, NOW) is None


@spec("saml-metadata", "2.3.2")
def test_every_document_says_how_long_it_holds_and_may_be_kept():
    federation = Federation("a")
    for document in (federation.entity(), federation.group()):
        root = parse(document)
        end = publication.instant_text(NOW)
        assert end < root.get("validUntil")
        assert root.get("cacheDuration") == f"PT{HOUR}S"
        assert root.get("ID").startswith("_")
    assert read_entity(federation.entity()).valid_until - NOW > 6 * DAY
    assert read_entity(federation.entity()).valid_until - NOW <= 7 * DAY


def test_only_the_document_itself_has_an_end():
    (root, *inner) = parse(Federation("a", "b").group()).iter("{*}EntitiesDescriptor", "{*}EntityDescriptor")
    assert root.get("validUntil")
    assert [dict(each.attrib).keys() for each in inner] == [{"entityID"}, {"entityID"}]


def test_a_document_of_many_says_who_published_it_and_when_it_changed():
    federation = Federation("a", "b")
    federation.register.put("b")
    federation.publish()
    root = parse(federation.group())
    (info,) = root.iter("{urn:oasis:names:tc:SAML:metadata:rpi}PublicationInfo")

    changed_at = federation.published.group("all", NOW).changed_at

    assert root.get("Name") == f"{HERE}/metadata/all.xml"
    assert dict(info.attrib) == {"publisher": HERE, "creationInstant": publication.instant_text(changed_at)}
    assert NOW - DAY < changed_at <= NOW


def test_each_audience_is_told_of_its_own():
    federation = Federation("a", "b")
    federation.register.put("idp", role=IDP_ROLE)
    federation.publish()

    assert {name: federation.named(name) for name in AUDIENCES} == {
        "all": ["a", "b", "idp"],
        "services": ["a", "b"],
        "identity-providers": ["idp"],
    }


def test_an_audience_of_nobody_gets_a_document_that_says_so_and_is_signed():
    assert verify(parse(Federation("a").group("identity-providers")), [KEY])


# --- what is made, and what is made again


def test_what_was_made_is_not_made_again():
    federation = Federation("a", "b")
    first = federation.entity(), federation.group()
    count = federation.signing.count

    federation.publish()
    again = federation.entity(), federation.group()

    assert again == first
    assert (federation.signing.count, sorted(federation.register.made)) == (
        count,
        [f"https://{n}.example/metadata" for n in "ab"],
    )


def test_after_one_change_that_entity_alone_is_written_and_signed_again():
    federation = Federation(*"abcdefgh")
    for name in "abcdefgh":
        federation.entity(name)
    federation.group()
    federation.register.made.clear()
    federation.signing.count = 0

    federation.register.put(
        "c", make.entity(make.sp_role(make.acs("https://c.example/new")), entity_id="https://c.example/metadata")
    )
    federation.publish()
    for name in "abcdefgh":
        federation.entity(name)
    document = federation.group()

    assert federation.register.made == ["https://c.example/metadata"]
    assert federation.signing.count == 2, "the entity, and the document of all"
    assert b"https://c.example/new" in document
    assert verify(parse(document), [KEY])


def test_what_is_not_asked_for_is_not_made():
    federation = Federation(*"abcdefgh")
    federation.entity("c")
    assert (federation.register.made, federation.signing.count) == (["https://c.example/metadata"], 1)


def test_an_entity_that_stops_is_gone_at_once_and_comes_back_whole():
    federation = Federation("a", "b")
    federation.entity(), federation.group()
    kept = federation.register.documents.pop("https://a.example/metadata")

    federation.publish()
    assert federation.entity() is None
    assert federation.named() == ["b"]

    federation.register.documents["https://a.example/metadata"] = kept
    federation.publish()
    assert federation.entity() is not None
    assert sorted(federation.named()) == ["a", "b"]


def test_each_period_is_signed_anew_before_the_last_one_ends_and_nothing_is_written_again():
    federation = Federation("a", "b")
    federation.entity(), federation.group()
    federation.register.made.clear()

    for day in range(1, 30):
        now = NOW + day * DAY
        assert read_entity(federation.entity(now=now)).valid_until > now + 6 * DAY - 1
        assert parse(federation.group(now=now)).get("validUntil") > publication.instant_text(now + 6 * DAY - 1)

    assert federation.register.made == []
    assert federation.signing.count == 2 * 30


def test_periods_of_entities_begin_apart():
    federation = Federation(*[f"s{number}" for number in range(40)])
    ends = {read_entity(federation.entity(f"s{number}")).valid_until % DAY for number in range(40)}
    assert len(ends) == 40


def test_within_a_period_the_answer_and_its_tag_are_the_same():
    federation = Federation("a")
    answer = federation.published.entity("https://a.example/metadata", NOW)
    end = answer.valid_until - TERMS.valid_for + TERMS.period
    assert federation.published.entity("https://a.example/metadata", end - 1) is answer
    assert federation.published.entity("https://a.example/metadata", end).tag != answer.tag


def test_a_new_key_signs_everything_again_and_a_peer_tells_the_documents_apart():
    federation = Federation("a")
    before = federation.published.entity("https://a.example/metadata", NOW), federation.published.group("all", NOW)
    federation.signing.kid, federation.signing.key = "k2", "next"

    federation.publish()
    after = federation.published.entity("https://a.example/metadata", NOW), federation.published.group("all", NOW)

    assert all(old.tag != new.tag for old, new in zip(before, after, strict=True))
    for answer in after:
        assert verify(parse(b"".join(answer.document.plain())), [rsa_key("next").public_key()])


def test_two_nodes_publish_the_same_octets():
    one, other = Federation("a", "b"), Federation("a", "b")
    assert (one.entity(), one.group()) == (other.entity(), other.group())


def test_threads_that_ask_at_once_get_one_document_signed_once():
    federation = Federation(*"abcdefgh")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(federation.group())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 1
    assert federation.signing.count == 1


# --- what cannot be made


BAD = make.entity(make.sp_role(make.acs("http://plain.example/acs")), entity_id="https://a.example/metadata")


def test_an_entity_that_cannot_be_made_stays_as_it_was_and_the_others_go_on():
    federation = Federation("a", "b")
    good = federation.entity()
    federation.register.put("a", BAD)
    federation.register.put(
        "b", make.entity(make.sp_role(make.acs("https://b.example/new")), entity_id="https://b.example/metadata")
    )

    federation.publish()

    assert federation.entity() == good
    assert b"https://b.example/new" in federation.group()
    assert sorted(federation.named()) == ["a", "b"]
    assert federation.noted.seen == ["https://a.example/metadata: MetadataRefused"], "once, not at each request"


def test_an_entity_that_never_could_be_made_is_not_published_and_the_others_are():
    federation = Federation("a", "b")
    federation.register.put("a", BAD)
    federation.publish()

    assert federation.entity() is None
    assert federation.named() == ["b"]


def test_an_entity_that_is_mended_is_published_again():
    federation = Federation("a")
    federation.register.put("a", BAD)
    federation.publish()
    assert federation.entity() is None

    federation.register.put("a")
    federation.publish()

    assert federation.entity() is not None


def test_when_nothing_can_be_signed_the_last_answers_stay_as_long_as_they_hold():
    federation = Federation("a", "b")
    good = federation.entity(), federation.group()
    federation.signing.broken = True
    federation.publish()

    later = NOW + 2 * DAY
    assert (federation.entity(now=later), federation.group(now=later)) == good
    assert federation.noted.seen == ["https://a.example/metadata: OSError", "all: OSError"]

    with pytest.raises(OSError, match="gone"):
        federation.entity(now=NOW + 8 * DAY)
    with pytest.raises(OSError, match="gone"):
        federation.group(now=NOW + 8 * DAY)


def test_what_was_never_signed_is_not_made_up():
    federation = Federation("a")
    federation.signing.broken = True
    federation.publish()
    with pytest.raises(OSError, match="gone"):
        federation.entity()
    with pytest.raises(OSError, match="gone"):
        federation.group()


def test_a_database_that_does_not_answer_is_no_reason_to_forget_an_entity():
    federation = Federation("a", "b")
    good = federation.group()
    federation.register.put("a")
    federation.publish()
    document = federation.register.documents.pop("https://a.example/metadata")

    assert federation.group() == good, "the last one"
    with pytest.raises(KeyError):
        federation.entity()

    federation.register.documents["https://a.example/metadata"] = document
    assert sorted(federation.named()) == ["a", "b"]
    assert federation.entity() is not None
