"""Entity statements: what makes one, long list of what does not (OpenID Federation section 3.2)."""

import json
from base64 import urlsafe_b64encode

import pytest

from metadata.federation.constraints import Constraints
from metadata.federation.entity_id import configuration_url, is_entity_id
from metadata.federation.statement import LONGEST, Reader, StatementRefused
from metadata.wire.jose import issue
from tests.support.oidfed import ANCHOR, LEAF, MIDDLE, NOW, TYP, jwks, key, three

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "3.2")

READER = Reader(NOW)
MARK = issue({"trust_mark_type": "https://marks.example/a"}, key("marks"), typ="trust-mark+jwt")


def own(**more):
    return three()[LEAF].configuration(**more)


def said(**more):
    entities = three()
    return entities[MIDDLE].says(entities[LEAF], **more)


def refused(token, reader=READER):
    with pytest.raises(StatementRefused) as caught:
        reader.read(token)
    return caught.value.reason


def test_a_configuration_is_read_with_what_it_says():
    read = READER.read_configuration(own(constraints=None), LEAF)
    assert (read.issuer, read.subject, read.is_configuration) == (LEAF, LEAF, True)
    assert read.texts("authority_hints") == (MIDDLE,)
    assert read.metadata == {"openid_relying_party": {"redirect_uris": [f"{LEAF}/cb"]}}
    assert read.constraints == Constraints()
    assert read.endpoint("federation_fetch_endpoint") is None


def test_a_subordinate_statement_is_read_with_its_constraints():
    limits = {"max_path_length": 1, "naming_constraints": {"permitted": [".example"], "excluded": ["x.example"]}}
    read = READER.read(said(constraints={**limits, "allowed_entity_types": ["openid_provider"], "unknown": 1}))
    assert not read.is_configuration
    assert read.constraints == Constraints(1, (".example",), ("x.example",), frozenset({"openid_provider"}))


# --- identifiers


@pytest.mark.spec("OpenID Federation 1.0", "1.2")
@pytest.mark.parametrize("good", ["https://a.example", "https://a.example/", "https://a.example:8443/x/y"])
def test_an_https_url_with_a_host_is_an_entity_identifier(good):
    assert is_entity_id(good)


@pytest.mark.spec("OpenID Federation 1.0", "1.2")
@pytest.mark.parametrize(
    "bad",
    [
        "http://a.example",
        "https://a.example?x=1",
        "https://a.example?",
        "https://a.example#x",
        "https://user@a.example",
        "https://",
        "https:///x",
        "a.example",
        "urn:x",
        "javascript:alert(1)",
        "https://a.example/../b",
        "https://a example",
        "",
        None,
        7,
        ["https://a.example"],
    ],
)
def test_nothing_else_is(bad):
    assert not is_entity_id(bad)
    assert refused(own(iss=bad, sub=bad)) == "iss or sub is no entity identifier"


def test_http_on_loopback_is_for_test_systems():
    assert is_entity_id("http://127.0.0.1:8080", allow_http_loopback=True)
    assert not is_entity_id("http://127.0.0.1:8080")


@pytest.mark.spec("OpenID Federation 1.0", "9")
@pytest.mark.parametrize(
    ("entity", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/openid-federation"),
        ("https://a.example/", "https://a.example/.well-known/openid-federation"),
        ("https://a.example/x", "https://a.example/x/.well-known/openid-federation"),
    ],
)
def test_the_path_of_the_configuration_is_appended(entity, url):
    assert configuration_url(entity) == url


# --- the header


@pytest.mark.parametrize(
    "typ", [None, "JWT", "jwt", "application/entity-statement+jwt", "trust-mark+jwt", "jwk-set+jwt"]
)
def test_another_typ_is_refused(typ):
    assert refused(own(typ=typ)) == "another typ"


def with_header(token, **changes):
    head, payload, signature = token.split(".")
    header = json.loads(_decoded(head)) | changes
    return ".".join([_encoded({n: v for n, v in header.items() if v is not None}), payload, signature])


def _decoded(part):
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(value):
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("changes", [{"kid": None}, {"kid": ""}])
def test_a_statement_without_kid_is_refused(changes):
    assert refused(with_header(own(), **changes)) == "no kid"


@pytest.mark.parametrize("name", ["trust_chain", "peer_trust_chain"])
def test_a_statement_that_carries_a_chain_is_refused_except_to_register(name):
    token = with_header(own(), **{name: ["x.y.z"]})
    assert refused(token) == "a chain within a statement"
    assert Reader(NOW, registering=True).read(token).subject == LEAF


@pytest.mark.parametrize("changes", [{"crit": ["x"]}, {"b64": False}, {"kid": 7}, {"alg": 1}])
def test_a_header_that_is_odd_is_refused(changes):
    refused(with_header(own(), **changes))


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "a.b.c.d.e", "é.b.c", '{"payload":""}'])
def test_what_is_no_signed_jwt_is_refused(token):
    refused(token)


def test_a_statement_that_is_too_long_is_refused():
    assert refused(own(metadata={"x": {"y": "z" * LONGEST}})) == "too long"


# --- times


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, "no exp"),
        ({"iat": None}, "no iat"),
        ({"exp": NOW - 61}, "expired"),
        ({"iat": NOW + 61}, "issued in the future"),
        ({"nbf": NOW + 61}, "not yet valid"),
        ({"exp": "soon"}, "exp is no time"),
        ({"exp": float(NOW + 10)}, "exp is no time"),
        ({"iat": True}, "iat is no time"),
        ({"exp": -1}, "exp is no time"),
    ],
)
def test_a_statement_outside_its_time_is_refused(claims, reason):
    assert refused(own(**claims)) == reason


def test_a_minute_of_skew_is_allowed():
    assert READER.read(own(iat=NOW + 59, exp=NOW + 3600)).issuer == LEAF


# --- keys

ONE = jwks(key(LEAF))["keys"][0]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"keys": []},
        {"keys": [{**ONE, "kid": ""}]},
        {"keys": [{name: value for name, value in ONE.items() if name != "kid"}]},
        {"keys": [ONE, ONE]},
        {"keys": [ONE, {**jwks(key("other"))["keys"][0], "kid": ONE["kid"]}]},
        {"keys": [{**ONE, "d": "private"}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}]},
        {"keys": [{**ONE, "use": "enc"}]},
        {"keys": "many"},
        {"keys": [7]},
        {"keys": [{**ONE, "x": "AA"}]},
        {"keys": [{**ONE, "kid": str(n)} for n in range(21)]},
    ],
)
def test_keys_that_cannot_be_used_or_told_apart_are_refused(document):
    assert "jwks" in refused(own(jwks=document))


# --- claims in their place

MISPLACED = [
    *((own, {name: value}) for name, value in {
        "constraints": {},
        "metadata_policy": {},
        "metadata_policy_crit": ["x"],
        "source_endpoint": "https://a.example/fetch",
        "aud": "https://op.example",
        "trust_anchor": ANCHOR,
    }.items()),
    *((said, {name: value}) for name, value in {
        "authority_hints": [ANCHOR],
        "trust_anchor_hints": [ANCHOR],
        "trust_marks": [],
        "trust_mark_issuers": {},
        "trust_mark_owners": {},
        "aud": "https://op.example",
        "trust_anchor": ANCHOR,
    }.items()),
]  # fmt: skip


@pytest.mark.parametrize(("make", "claims"), MISPLACED)
def test_a_claim_of_another_kind_of_statement_is_refused(make, claims):
    assert refused(make(**claims)) == f"{next(iter(claims))} does not belong in this statement"


MALFORMED = [
    *((own, name, value) for name, value in [
        ("authority_hints", []),
        ("authority_hints", MIDDLE),
        ("authority_hints", ["http://m.example"]),
        ("authority_hints", [7]),
        ("authority_hints", [f"https://{n}.example" for n in range(65)]),
        ("trust_anchor_hints", []),
        ("crit", ["jti"]),
        ("crit", ["exp"]),
        ("crit", []),
        ("crit", "jti"),
        ("metadata", []),
        ("metadata", {"openid_relying_party": []}),
        ("metadata", {"openid_relying_party": {"redirect_uris": None}}),
        ("metadata", {"openid_relying_party": None}),
        ("trust_marks", {}),
        ("trust_marks", ["mark"]),
        ("trust_marks", [{"trust_mark": MARK}]),
        ("trust_marks", [{"trust_mark": MARK, "trust_mark_type": "https://marks.example/b"}]),
        ("trust_marks", [{"trust_mark": "x.y", "trust_mark_type": "https://marks.example/a"}]),
        ("trust_marks", [{"trust_mark": 7, "trust_mark_type": "https://marks.example/a"}]),
        ("trust_mark_issuers", []),
        ("trust_mark_issuers", {"t": ANCHOR}),
        ("trust_mark_issuers", {"t": ["x"]}),
        ("trust_mark_owners", []),
        ("trust_mark_owners", {"t": []}),
        ("trust_mark_owners", {"t": {"sub": "x", "jwks": {}}}),
        ("trust_mark_owners", {"t": {"sub": ANCHOR}}),
    ]),
    *((said, name, value) for name, value in [
        ("metadata_policy", []),
        ("metadata_policy_crit", []),
        ("metadata_policy_crit", "regexp"),
        ("metadata_policy_crit", [7]),
        ("source_endpoint", "fetch"),
        ("source_endpoint", 7),
        ("crit", ["jti"]),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "name", "value"), MALFORMED)
def test_a_malformed_claim_is_refused(make, name, value):
    assert refused(make(**{name: value})) == f"{name} is not what it must be"


@pytest.mark.spec("OpenID Federation 1.0", "6.2")
@pytest.mark.parametrize(
    "constraints",
    [
        [],
        "none",
        {"max_path_length": -1},
        {"max_path_length": "1"},
        {"max_path_length": True},
        {"max_path_length": 1.0},
        {"naming_constraints": []},
        {"naming_constraints": {"permitted": ".example"}},
        {"naming_constraints": {"excluded": [7]}},
        {"naming_constraints": {"permitted": [""]}},
        {"allowed_entity_types": "openid_provider"},
        {"allowed_entity_types": ["federation_entity"]},
    ],
)
def test_malformed_constraints_are_refused(constraints):
    refused(said(constraints=constraints))


def test_trust_marks_in_their_place_are_read():
    shown = [{"trust_mark": MARK, "trust_mark_type": "https://marks.example/a"}]
    assert READER.read(own(trust_marks=shown)).claims["trust_marks"] == shown


def test_a_member_twice_is_refused():
    head, _, signature = own().split(".")
    payload = urlsafe_b64encode(b'{"iss":"https://a.example","iss":"https://b.example"}').rstrip(b"=").decode()
    assert refused(f"{head}.{payload}.{signature}") == "not one JSON object"


def test_an_endpoint_with_a_query_may_be_the_source():
    assert READER.read(said(source_endpoint=f"{MIDDLE}/fetch?x=1")).issuer == MIDDLE


# --- who signed it


def test_a_configuration_must_be_signed_with_a_key_that_it_lists():
    with pytest.raises(StatementRefused, match="signature"):
        READER.read_configuration(own(signed_by=key("stranger")), LEAF)


def test_a_configuration_must_be_that_of_the_entity_asked_for():
    with pytest.raises(StatementRefused, match="not the configuration"):
        READER.read_configuration(own(), MIDDLE)
    with pytest.raises(StatementRefused, match="not the configuration"):
        READER.read_configuration(said(), LEAF)


def test_a_key_of_the_same_name_with_other_numbers_did_not_sign_it():
    from dataclasses import replace

    imposter = replace(key("stranger"), kid=key(LEAF).kid)
    with pytest.raises(StatementRefused, match="signature"):
        READER.read_configuration(own(signed_by=imposter), LEAF)


def test_the_published_example_is_refused_for_its_critical_extension_only():
    """The example of section 3.3 has a critical claim `jti` and a critical operator `regexp`, neither of which is known here."""
    example = {
        "iss": "https://feide.no",
        "sub": "https://ntnu.no",
        "iat": NOW,
        "exp": NOW + 604800,
        "jwks": jwks(key("ntnu")),
        "metadata": {"openid_provider": {"issuer": "https://ntnu.no", "organization_name": "NTNU"}},
        "metadata_policy": {
            "openid_provider": {
                "id_token_signing_alg_values_supported": {"subset_of": ["RS256", "RS384", "RS512"]},
                "op_policy_uri": {"regexp": r"^https:\/\/[\w-]+\.example\.com\/[\w-]+\.html"},
            },
        },
        "constraints": {"max_path_length": 2},
        "crit": ["jti"],
        "metadata_policy_crit": ["regexp"],
        "source_endpoint": "https://feide.no/federation_api/fetch",
        "jti": "7l2lncFdY6SlhNia",
    }
    assert refused(issue(example, key("feide"), typ=TYP)) == "crit is not what it must be"
    del example["crit"]
    assert READER.read(issue(example, key("feide"), typ=TYP)).constraints.max_path_length == 2
