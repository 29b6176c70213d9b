"""What a client may register (RFC 7591, OpenID Connect Registration 1.0), and what an upstream may publish of itself."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.client_fields import InvalidClientMetadata, InvalidRedirectUri
from metadata.oidc import BadDiscovery, read_client, read_discovery
from metadata.redirect_uris import UnfitUri, check_redirect_uri
from metadata.register import Register, Service, UnknownService, UnprovenAddress, redirect_address
from metadata.wire.jose import public_jwk
from tests.support.upstream import signer
from trust_framework import patient_context

CALLBACK = "https://rp.example/cb"
SECRET = "a-secret-of-good-length"
KEY = signer("client", "ES256")


def hashed(secret):
    return sha256(secret.encode()).digest()


def registration(**members):
    """A good registration, with only what the test says changed; None takes a member away."""
    good = {"client_id": "rp", "redirect_uris": [CALLBACK], "client_secret": SECRET}
    return {name: value for name, value in (good | members).items() if value is not None}


def read(members, **options):
    return read_client(members, **({"hash_secret": hashed} | options))


# --- redirect URIs: for a web client, in production

GOOD_FOR_THE_WEB = [
    "https://rp.example/cb",
    "https://rp.example",
    "https://rp.example/",
    "https://rp.example:8443/cb",
    "https://rp.example/cb?tenant=1",
    "https://rp.example/cb?next=%2Fhome",
    "https://xn--rksmrgs-5wao1o.example/cb",
    "https://192.0.2.1/cb",
    "https://[2001:db8::1]/cb",
    "https://localhost:8440/cb",
    "https://rp.example/a%20b",
    "https://rp.example/cb;v=1",
    "https://under_score.example/cb",
    "HTTPS://rp.example/cb",
]

BAD_FOR_THE_WEB = {
    "no TLS": "http://rp.example/cb",
    "no TLS, loopback": "http://127.0.0.1/cb",
    "no TLS, loopback by name": "http://localhost/cb",
    "no TLS, another case": "HTTP://rp.example/cb",
    "fragment": "https://rp.example/cb#f",
    "empty fragment": "https://rp.example/cb#",
    "user": "https://rp.example@evil.example/cb",
    "user and password": "https://rp:x@evil.example/cb",
    "empty user": "https://@rp.example/cb",
    "user that looks like loopback": "http://127.0.0.1@evil.example/cb",
    "wildcard host": "https://*.rp.example/cb",
    "wildcard path": "https://rp.example/*",
    "wildcard escaped": "https://rp.example/%2A",
    "javascript": "javascript:alert(1)",
    "javascript in another case": "JaVaScRiPt:alert(1)",
    "javascript that looks like an address": "javascript://rp.example/%0aalert(1)",
    "data": "data:text/html,x",
    "DATA": "DATA:text/html;base64,eA==",
    "file": "file:///etc/passwd",
    "vbscript": "vbscript:x",
    "VbScript": "VbScript:x",
    "blob": "blob:https://rp.example/1",
    "about": "about:blank",
    "ftp": "ftp://rp.example/cb",
    "ws": "wss://rp.example/cb",
    "urn": "urn:ietf:wg:oauth:2.0:oob",
    "private-use scheme": "com.example.app:/cb",
    "no scheme": "rp.example/cb",
    "scheme-relative": "//rp.example/cb",
    "path alone": "/cb",
    "no host": "https:///cb",
    "one slash": "https:/rp.example/cb",
    "no slash": "https:rp.example/cb",
    "host of dots": "https://../cb",
    "empty label": "https://rp..example/cb",
    "trailing dot": "https://rp.example./cb",
    "label with a dash first": "https://-rp.example/cb",
    "host too long": "https://" + "a." * 127 + "example/cb",
    "label too long": "https://" + "a" * 64 + ".example/cb",
    "IDN": "https://räksmörgås.example/cb",
    "full-width letters": "https://\uff52p.example/cb",
    "escape in the host": "https://rp%2eexample/cb",
    "escaped user sign": "https://rp.example%40evil.example/cb",
    "backslash before the host": "https:\\\\rp.example\\cb",
    "backslash after the host": "https://rp.example\\@evil.example/cb",
    "backslash escaped": "https://rp.example/%5C..%5Ccb",
    "dot segments": "https://rp.example/a/../cb",
    "a dot segment": "https://rp.example/./cb",
    "dot segment at the end": "https://rp.example/a/..",
    "dot segment with a parameter": "https://rp.example/..;/cb",
    "dot segments escaped": "https://rp.example/%2e%2e/cb",
    "dot segments escaped twice": "https://rp.example/%252e%252e/cb",
    "slash escaped": "https://rp.example/a%2Fcb",
    "bad escape": "https://rp.example/%zz",
    "cut escape": "https://rp.example/%2",
    "space": "https://rp.example/c b",
    "space before": " https://rp.example/cb",
    "tab": "https://rp.example/c\tb",
    "tab in the scheme": "java\tscript:alert(1)",
    "line feed": "https://rp.example/cb\nX: y",
    "carriage return": "https://rp.example/cb\rX",
    "line feed escaped": "https://rp.example/cb%0d%0aX:y",
    "NUL": "https://rp.example/cb\0",
    "NUL escaped": "https://rp.example/cb%00",
    "DEL escaped": "https://rp.example/cb%7f",
    "quote": 'https://rp.example/cb"',
    "angle brackets": "https://rp.example/<cb>",
    "braces": "https://rp.example/{cb}",
    "port 0": "https://rp.example:0/cb",
    "port empty": "https://rp.example:/cb",
    "port too high": "https://rp.example:65536/cb",
    "port no number": "https://rp.example:443x/cb",
    "port twice": "https://rp.example:443:443/cb",
    "IPv4 in hexadecimal": "https://0x7f.0.0.1/cb",
    "IPv4 as hexadecimal": "https://0x7f000001/cb",
    "IPv4 in octal": "https://0177.0.0.01/cb",
    "IPv4 as a number": "https://2130706433/cb",
    "IPv4 short": "https://127.1/cb",
    "IPv4 too large": "https://256.1.1.1/cb",
    "IPv6 with a zone": "https://[fe80::1%25eth0]/cb",
    "IPv6 broken": "https://[::1/cb",
    "IPv6 future": "https://[v1.x]/cb",
    "IPv6 nonsense": "https://[rp.example]/cb",
    "our own parameter code": "https://rp.example/cb?code=x",
    "our own parameter state": "https://rp.example/cb?a=1&state=x",
    "our own parameter iss": "https://rp.example/cb?iss",
    "our own parameter escaped": "https://rp.example/cb?c%6Fde=x",
    "empty": "",
    "too long": "https://rp.example/" + "a" * 2000,
}


@pytest.mark.spec("RFC 9700", "2.1")
@pytest.mark.parametrize("uri", GOOD_FOR_THE_WEB)
def test_a_web_client_registers_an_https_address_as_it_is(uri):
    client = read(registration(redirect_uris=[uri]))

    assert client.redirect_uris == (uri,)


@pytest.mark.spec("RFC 9700", "2.1")
@pytest.mark.parametrize("uri", BAD_FOR_THE_WEB.values(), ids=BAD_FOR_THE_WEB.keys())
def test_a_web_client_registers_no_address_that_could_mean_another_place(uri):
    with pytest.raises(InvalidClientMetadata) as refused:
        read(registration(redirect_uris=[uri]))

    assert refused.value.field == "redirect_uris"


@pytest.mark.spec("RFC 9700", "2.1")
@pytest.mark.parametrize("uri", BAD_FOR_THE_WEB.values(), ids=BAD_FOR_THE_WEB.keys())
def test_no_variant_of_a_bad_address_is_a_way_back_to_a_registered_client(uri):
    service = Service("rp", oidc=read(registration()))
    Register([service])

    with pytest.raises(UnprovenAddress):
        redirect_address(service, uri)


@pytest.mark.spec("RFC 8252", "7.1")
@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:51004/cb",
        "http://[::1]/cb",
        "com.example.app:/cb",
        "com.example.app://login/cb",
        "com.example.app://login",
        "https://app.example/claimed",
    ],
)
def test_a_native_client_registers_loopback_literals_and_private_use_schemes(uri):
    client = read(registration(application_type="native", redirect_uris=[uri]))

    assert client.redirect_uris == (uri,)


@pytest.mark.spec("RFC 8252", "8.3")
@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost/cb",
        "http://127.0.0.2/cb",
        "http://0.0.0.0/cb",
        "http://rp.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "myapp:/cb",
        "myapp://cb",
        "com.example.app:cb",
        "com.example.app://user@login/cb",
        "javascript:/cb",
        "file:///cb",
        "com..app:/cb",
    ],
)
def test_a_native_client_registers_nothing_else(uri):
    with pytest.raises(InvalidRedirectUri):
        read(registration(application_type="native", redirect_uris=[uri]))


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9999/cb", "http://localhost:9999/cb", "http://[::1]:9999/cb"])
def test_in_a_test_system_a_web_client_may_use_http_on_loopback(uri):
    client = read(registration(redirect_uris=[uri]), allow_http_loopback=True)

    assert client.redirect_uris == (uri,)


@pytest.mark.parametrize("uri", ["http://rp.example/cb", "http://127.0.0.1.evil.example/cb", "ftp://127.0.0.1/cb"])
def test_in_a_test_system_http_still_ends_at_loopback(uri):
    with pytest.raises(InvalidRedirectUri):
        read(registration(redirect_uris=[uri]), allow_http_loopback=True)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_either_refused_or_an_https_address(text):
    for uri in (text, f"https://{text}", f"https://rp.example/{text}", f"{text}://rp.example/"):
        try:
            parts = check_redirect_uri(uri, native=False)
        except UnfitUri:
            continue
        assert parts.scheme == "https"
        assert parts.hostname
        assert parts.username is None
        assert not parts.fragment


def test_an_address_has_a_length():
    check_redirect_uri("https://rp.example/".ljust(2000, "a"), native=False)

    with pytest.raises(UnfitUri, match="longer"):
        check_redirect_uri("https://rp.example/".ljust(2001, "a"), native=False)


# --- what is assumed when nothing is said


@pytest.mark.spec("RFC 7591", "2")
def test_a_client_with_a_secret_authenticates_with_basic_and_uses_codes():
    client = read(registration())

    assert client.token_endpoint_auth_method == "client_secret_basic"
    assert client.grant_types == {"authorization_code"}
    assert client.scope == {"openid"}
    assert client.secret_hash == hashed(SECRET)
    assert (client.application_type, client.subject_type) == ("web", "pairwise")
    assert client.id_token_signed_response_alg == "ES256"
    assert client.userinfo_signed_response_alg is None


def test_a_client_with_keys_alone_authenticates_with_them():
    client = read(registration(client_secret=None, jwks={"keys": [public_jwk(KEY)]}))

    assert client.token_endpoint_auth_method == "private_key_jwt"
    assert client.jwks.keys[0].kid == "client"


def test_a_client_may_publish_its_keys_itself():
    client = read(registration(client_secret=None, jwks_uri="https://rp.example/jwks"))

    assert client.jwks_uri == "https://rp.example/jwks"
    assert client.jwks is None


def test_a_client_without_authentication_says_so():
    client = read(registration(client_secret=None, token_endpoint_auth_method="none"))

    assert client.token_endpoint_auth_method == "none"
    assert client.secret_hash is None


def test_a_client_that_may_refresh_may_ask_for_offline_access():
    client = read(registration(grant_types=["authorization_code", "refresh_token"]))

    assert client.scope == {"openid", "offline_access"}


def test_a_client_for_itself_needs_no_address_and_asks_for_no_person():
    client = read(registration(redirect_uris=None, grant_types=["client_credentials"], scope=None))

    assert client.redirect_uris == ()
    assert client.scope == frozenset()


def test_every_member_is_read_also_when_its_scalars_are_text():
    members = registration(
        token_endpoint_auth_method="client_secret_post",
        response_types=["code"],
        scope="openid profile",
        subject_type="public",
        id_token_signed_response_alg="RS256",
        userinfo_signed_response_alg="ES256",
        token_endpoint_auth_signing_alg="ES256",
        default_max_age="300",
        require_auth_time="true",
        default_acr_values=["loa3"],
        initiate_login_uri="https://rp.example/start",
        client_uri="https://rp.example/",
        post_logout_redirect_uris=["https://rp.example/bye"],
        assertion_audience="token_endpoint",
        authorization_details_types=[patient_context.TYPE],
        client_name="RP",
        **{"client_name#sv": "Tjänsten", "logo_uri#sv": "https://rp.example/logo"},
    )

    client = read(members)

    assert client.scope == {"openid", "profile"}
    assert (client.default_max_age, client.require_auth_time) == (300, True)
    assert client.default_acr_values == ("loa3",)
    assert client.authorization_details_types == {patient_context.TYPE}
    assert client.post_logout_redirect_uris == ("https://rp.example/bye",)
    assert client.initiate_login_uri == "https://rp.example/start"
    assert client.assertion_audience == "token_endpoint"
    assert client.id_token_signed_response_alg == "RS256"


def test_numbers_and_flags_may_be_numbers_and_flags():
    client = read(registration(default_max_age=0, require_auth_time=False))

    assert (client.default_max_age, client.require_auth_time) == (0, False)


# --- what is refused, and under which name

REFUSED = {
    "no client_id": ("client_id", {"client_id": None}),
    "client_id not ASCII": ("client_id", {"client_id": "tjänst"}),
    "client_id too long": ("client_id", {"client_id": "a" * 256}),
    "client_id a number": ("client_id", {"client_id": 7}),
    "client_id empty": ("client_id", {"client_id": ""}),
    "client_id with a line end": ("client_id", {"client_id": "a\nb"}),
    "no redirect URI": ("redirect_uris", {"redirect_uris": None}),
    "redirect URI as text": ("redirect_uris", {"redirect_uris": CALLBACK}),
    "redirect URI a number": ("redirect_uris", {"redirect_uris": [1]}),
    "redirect URI empty": ("redirect_uris", {"redirect_uris": [""]}),
    "too many redirect URIs": ("redirect_uris", {"redirect_uris": [CALLBACK] * 51}),
    "logout address unfit": ("post_logout_redirect_uris", {"post_logout_redirect_uris": ["http://rp.example/"]}),
    "grant implicit": ("grant_types", {"grant_types": ["implicit"]}),
    "grant password": ("grant_types", {"grant_types": ["password"]}),
    "refresh alone": ("grant_types", {"grant_types": ["refresh_token"]}),
    "grant types as text": ("grant_types", {"grant_types": "authorization_code"}),
    "client credentials without authentication": (
        "grant_types",
        {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none", "client_secret": None},
    ),
    "response type token": ("response_types", {"response_types": ["token"]}),
    "response type hybrid": ("response_types", {"response_types": ["code id_token"]}),
    "response type code without its grant": (
        "response_types",
        {"response_types": ["code"], "grant_types": ["client_credentials"]},
    ),
    "method unknown": ("token_endpoint_auth_method", {"token_endpoint_auth_method": "client_secret_jwt"}),
    "method by certificate": ("token_endpoint_auth_method", {"token_endpoint_auth_method": "tls_client_auth"}),
    "secret method without secret": ("client_secret", {"client_secret": None}),
    "secret with none": ("client_secret", {"token_endpoint_auth_method": "none"}),
    "secret with keys": (
        "client_secret",
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [public_jwk(KEY)]}},
    ),
    "secret short": ("client_secret", {"client_secret": "short"}),
    "keys and their address": ("jwks", {"jwks": {"keys": [public_jwk(KEY)]}, "jwks_uri": "https://rp.example/jwks"}),
    "private_key_jwt without keys": (
        "jwks",
        {"token_endpoint_auth_method": "private_key_jwt", "client_secret": None},
    ),
    "keys as text": ("jwks", {"jwks": "keys"}),
    "no keys": ("jwks", {"jwks": {"keys": []}}),
    "keys of no use": ("jwks", {"jwks": {"keys": [{"kty": "oct2"}]}}),
    "private key": ("jwks", {"jwks": {"keys": [{**public_jwk(KEY), "d": "AAAA"}]}}),
    "keys over http": ("jwks_uri", {"jwks_uri": "http://rp.example/jwks"}),
    "keys in a file": ("jwks_uri", {"jwks_uri": "file:///etc/jwks"}),
    "application type": ("application_type", {"application_type": "desktop"}),
    "subject type": ("subject_type", {"subject_type": "ephemeral"}),
    "ID token unsigned": ("id_token_signed_response_alg", {"id_token_signed_response_alg": "none"}),
    "ID token by HMAC": ("id_token_signed_response_alg", {"id_token_signed_response_alg": "HS256"}),
    "userinfo by HMAC": ("userinfo_signed_response_alg", {"userinfo_signed_response_alg": "HS256"}),
    "assertion by HMAC": ("token_endpoint_auth_signing_alg", {"token_endpoint_auth_signing_alg": "HS256"}),
    "ID token encrypted": ("id_token_encrypted_response_alg", {"id_token_encrypted_response_alg": "RSA-OAEP"}),
    "request objects": ("request_uris", {"request_uris": ["https://rp.example/request"]}),
    "a slip of the pen": ("redirect_uri", {"redirect_uri": CALLBACK}),
    "age no number": ("default_max_age", {"default_max_age": "soon"}),
    "age negative": ("default_max_age", {"default_max_age": -1}),
    "age a flag": ("default_max_age", {"default_max_age": True}),
    "age in other digits": ("default_max_age", {"default_max_age": "٣"}),
    "age without end": ("default_max_age", {"default_max_age": "9" * 10}),
    "age a list": ("default_max_age", {"default_max_age": [1]}),
    "flag no flag": ("require_auth_time", {"require_auth_time": "yes"}),
    "flag a number": ("require_auth_time", {"require_auth_time": 1}),
    "scopes as a list": ("scope", {"scope": ["openid"]}),
    "too many scopes": ("scope", {"scope": " ".join(f"s{i}" for i in range(51))}),
    "start address": ("initiate_login_uri", {"initiate_login_uri": "javascript:x"}),
    "home address": ("client_uri", {"client_uri": "http://rp.example/"}),
    "details of another type": ("authorization_details_types", {"authorization_details_types": ["urn:other"]}),
    "details as text": ("authorization_details_types", {"authorization_details_types": patient_context.TYPE}),
    "details of a client by itself": (
        "authorization_details_types",
        {
            "authorization_details_types": [patient_context.TYPE],
            "grant_types": ["client_credentials"],
            "redirect_uris": None,
        },
    ),
    "levels as text": ("default_acr_values", {"default_acr_values": "loa3"}),
    "audience": ("assertion_audience", {"assertion_audience": "any"}),
    "several hosts": ("sector_identifier_uri", {"redirect_uris": [CALLBACK, "https://other.example/cb"]}),
    "sector not provable": ("sector_identifier_uri", {"sector_identifier_uri": "https://rp.example/sector"}),
    "sector over http": ("sector_identifier_uri", {"sector_identifier_uri": "http://rp.example/sector"}),
}


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(("field", "members"), REFUSED.values(), ids=REFUSED.keys())
def test_a_registration_is_refused_under_the_name_of_the_member(field, members):
    with pytest.raises(InvalidClientMetadata) as refused:
        read(registration(**members))

    assert refused.value.field == field
    assert refused.value.code in {"invalid_client_metadata", "invalid_redirect_uri"}


def test_a_secret_that_cannot_be_hashed_is_not_taken():
    with pytest.raises(InvalidClientMetadata, match="cannot be kept"):
        read_client(registration())


def test_a_test_system_takes_a_short_secret():
    assert read(registration(client_secret="short"), allow_http_loopback=True).secret_hash == hashed("short")


# --- the sector within which a person has one sub


@pytest.mark.spec("OIDC Core", "8.1")
@pytest.mark.parametrize(
    ("sector", "members"),
    [
        ("rp.example", {}),
        ("rp.example", {"redirect_uris": ["https://RP.example/a", "https://rp.example:8443/b"]}),
        ("client:rp", {"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"]}),
        ("client:rp", {"application_type": "native", "redirect_uris": ["https://127.0.0.1/cb"]}),
        ("client:rp", {"application_type": "native", "redirect_uris": ["com.example.app:/cb"]}),
        ("app.example", {"application_type": "native", "redirect_uris": ["com.app:/cb", "https://app.example/cb"]}),
        ("client:rp", {"redirect_uris": None, "grant_types": ["client_credentials"]}),
        ("client:rp", {"redirect_uris": [CALLBACK, "https://other.example/cb"], "subject_type": "public"}),
    ],
)
def test_the_sector_is_the_host_that_the_redirect_uris_prove(sector, members):
    assert read(registration(**members)).sector_identifier == sector


@pytest.mark.spec("OIDC Core", "8.1")
def test_several_hosts_share_a_sector_that_lists_them():
    uris = [CALLBACK, "https://other.example/cb"]
    members = registration(redirect_uris=uris, sector_identifier_uri="https://group.example/sector")

    client = read(members, sector_redirect_uris=lambda _: uris)

    assert client.sector_identifier == "group.example"


@pytest.mark.spec("OIDC Registration", "5")
def test_a_sector_that_does_not_list_every_redirect_uri_is_refused():
    members = registration(sector_identifier_uri="https://group.example/sector")

    with pytest.raises(InvalidClientMetadata, match="sector_identifier_uri"):
        read(members, sector_redirect_uris=lambda _: ["https://other.example/cb"])


# --- discovery documents of upstreams

ISSUER = "https://op.example"


def discovery(**members):
    good = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return {name: value for name, value in (good | members).items() if value is not None}


@pytest.mark.spec("OIDC Discovery", "3")
def test_the_endpoints_and_abilities_of_an_issuer_are_read():
    found = read_discovery(
        discovery(
            userinfo_endpoint=f"{ISSUER}/userinfo",
            end_session_endpoint=f"{ISSUER}/logout",
            authorization_response_iss_parameter_supported=True,
            claims_parameter_supported=True,
        ),
        ISSUER,
    )

    assert found.token_endpoint == f"{ISSUER}/token"
    assert found.userinfo_endpoint == f"{ISSUER}/userinfo"
    assert found.end_session_endpoint == f"{ISSUER}/logout"
    assert found.iss_in_response
    assert found.claims_parameter
    assert not found.original_client_id


def test_an_ability_is_not_assumed_from_anything_but_true():
    found = read_discovery(discovery(authorization_response_iss_parameter_supported="true"), ISSUER)

    assert not found.iss_in_response


@pytest.mark.spec("OIDC Discovery", "4.3")
@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("issuer", {"issuer": f"{ISSUER}/"}),
        ("issuer", {"issuer": "https://OP.example"}),
        ("issuer", {"issuer": "https://evil.example"}),
        ("issuer", {"issuer": None}),
        ("authorization_endpoint", {"authorization_endpoint": None}),
        ("token_endpoint", {"token_endpoint": None}),
        ("jwks_uri", {"jwks_uri": None}),
        ("jwks_uri", {"jwks_uri": "http://op.example/jwks"}),
        ("jwks_uri", {"jwks_uri": "file:///etc/jwks"}),
        ("token_endpoint", {"token_endpoint": 1}),
        ("authorization_endpoint", {"authorization_endpoint": "javascript:alert(1)"}),
        ("userinfo_endpoint", {"userinfo_endpoint": "http://op.example/userinfo"}),
        ("response_types_supported", {"response_types_supported": None}),
        ("response_types_supported", {"response_types_supported": ["id_token"]}),
        ("response_types_supported", {"response_types_supported": "code"}),
        ("subject_types_supported", {"subject_types_supported": None}),
        ("id_token_signing_alg_values_supported", {"id_token_signing_alg_values_supported": []}),
        ("id_token_signing_alg_values_supported", {"id_token_signing_alg_values_supported": [1]}),
    ],
)
def test_a_discovery_document_that_is_not_the_issuers_or_lacks_something_is_refused(field, members):
    with pytest.raises(BadDiscovery) as refused:
        read_discovery(discovery(**members), ISSUER)

    assert refused.value.field == field


def test_a_test_system_reads_an_upstream_on_http_loopback():
    local = "http://127.0.0.1:9000"
    document = discovery(
        issuer=local, authorization_endpoint=f"{local}/a", token_endpoint=f"{local}/t", jwks_uri=f"{local}/j"
    )

    assert read_discovery(document, local, allow_http_loopback=True).jwks_uri == f"{local}/j"


# --- the register, and clients that are found further


def test_an_extended_register_finds_further_clients_by_name_and_lists_only_its_own():
    known = Service("rp", oidc=read(registration()))
    other = Service("https://other.example", oidc=read(registration(client_id="https://other.example")))
    register = Register([known]).extended(lambda name: other if name == other.id else None)
    assert register.by_client_id("rp") is known
    assert register.by_client_id(other.id) is register.services[other.id] is other
    assert (list(register.services), len(register.services)) == (["rp"], 1)
    assert other.id in register.services
    assert "nobody" not in register.services
    assert register.services.get("nobody", known) is known
    assert register.has_client("rp")
    assert not register.has_client(other.id)
    with pytest.raises(UnknownService):
        register.by_client_id("nobody")
