"""The federation file as its reference: JSON Schema for editors, and a page for people. Both are made from the models."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from enum import Enum
from importlib.resources import files
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from broker.federation import care_entries, feed_entry, openid_schema, schema, sharing_schema
from broker.federation.entries import TEST, UPSTREAM_KINDS
from idp_adapters.catalogue import METHODS, settings_class
from metadata.oidc import AUTH_METHODS, GRANT_TYPES
from metadata.register import OidcProvider

SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

SECTIONS: Final[tuple[tuple[str, type[schema.Entry]], ...]] = (
    ("The file", schema.FederationFile),
    ("members", schema.MemberEntry),
    ("services", schema.ServiceEntry),
    ("services: saml", schema.SamlEntry),
    ("services: contact", schema.ContactEntry),
    ("identity_providers", schema.ProviderEntry),
    ("persons", schema.PersonEntry),
    ("staff", schema.StaffMember),
    ("staff: commissions", schema.CommissionEntry),
    ("representations", schema.RepresentationEntry),
    ("agreements", schema.AgreementEntry),
    ("software_statement_issuers", openid_schema.SoftwareStatementIssuerEntry),
    ("openid_federation", openid_schema.OpenIdFederationEntry),
    ("openid_federation: trust_anchors", openid_schema.TrustAnchorEntry),
    ("openid_federation: trust_anchors: services", openid_schema.ChainTermsEntry),
    ("openid_federation: trust_marks", openid_schema.OwnTrustMarkEntry),
    ("openid_federation: trust_mark_types", openid_schema.TrustMarkTypeEntry),
    ("openid_federation: trust_mark_owners", openid_schema.TrustMarkOwnerEntry),
    ("openid_federation: constraints", openid_schema.ConstraintsEntry),
    ("openid_federation: constraints: naming_constraints", openid_schema.NamingConstraintsEntry),
    ("members, services, identity_providers: openid_federation", openid_schema.SubordinateEntry),
    ("entity_categories", sharing_schema.CategoryEntry),
    ("feeds", feed_entry.FeedEntry),
    ("feeds: services", feed_entry.FeedServices),
    ("feeds: identity_providers", feed_entry.FeedProviders),
    ("agreements: versions", sharing_schema.TermsEntry),
    ("agreements: versions: parties", sharing_schema.PartyEntry),
    ("agreements: versions: data", sharing_schema.DataEntry),
    ("agreements: versions: signatures", sharing_schema.SignatureEntry),
    ("agreements: contacts", sharing_schema.PartyContactEntry),
    ("agreements: reviews", sharing_schema.ReviewEntry),
    ("agreements: suspensions", sharing_schema.SuspensionEntry),
    ("agreements: leaves", sharing_schema.LeaveEntry),
    ("agreements: extras", sharing_schema.ExtraEntry),
    ("care_providers", care_entries.CareProviderEntry),
    ("care_providers: units", care_entries.CareUnitEntry),
    ("care_providers: switches", care_entries.SwitchesEntry),
    ("care_consumers", care_entries.CareConsumerEntry),
    ("policies", schema.PolicyEntry),
    ("policies: to", sharing_schema.AudienceEntry),
    ("policies: needs", sharing_schema.NeedsEntry),
)
_OF_ENTRY: Final = frozenset({"provider", "names", "ceiling", "levels", "attributes", "scopes", "identifiers"})


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file. Settings of methods and registrations of clients are checked when the file is read."""
    made: dict[str, Any] = _as_yaml(schema.FederationFile.model_json_schema())
    made["properties"]["tillit"]["enum"] = [1, "1"]
    del made["properties"]["tillit"]["const"]
    return {"$schema": SCHEMA_DIALECT, **made}


def _as_yaml(part: Any) -> Any:
    """Scalars as YAML without quotes has them in an editor: a number there is a text here."""
    if isinstance(part, list):
        return [_as_yaml(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: _as_yaml(each) for name, each in part.items()}
    if made.get("type") == "string" and "enum" not in made:
        made["type"] = ["string", "number", "boolean"]
    return made


def example() -> str:
    """A complete file, with comments."""
    return files("broker.federation").joinpath("example.yaml").read_text("utf-8")


def page() -> str:
    """`docs/federation-file.md`."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from _OPENING
    for title, model in SECTIONS:
        yield from ("", f"## {title}", "", model.__doc__ or "", "")
        yield from key_table(model.model_fields)
    yield from _client()
    for kind in UPSTREAM_KINDS:
        upstream = cast("type[BaseModel]", settings_class(kind))
        own = {name: field for name, field in upstream.model_fields.items() if name not in _OF_ENTRY}
        yield from ("", f"## identity_providers: {kind}", "", _UPSTREAM[kind], "")
        yield from key_table(own, _registered() if kind == "oidc" else _METADATA_KEYS)
    for kind in sorted(METHODS.keys() - {*UPSTREAM_KINDS, TEST}):
        method = cast("type[BaseModel]", settings_class(kind))
        yield from ("", f"## methods: {kind}", "", f"Settings of a method of kind `{kind}`.", "")
        yield from key_table(method.model_fields)
    yield from ("", "## A complete file", "", "```yaml", example().rstrip(), "```")


_OPENING: Final = (
    "# The federation file",
    "",
    "Everything that the broker knows of its members, services, login methods and people, in one YAML file. `tillit plan FILE`",
    "tells what it would change, `tillit apply FILE` makes it the register. This page is made from the models that read the file",
    "(`tillit reference`).",
    "",
    "- Every value is text: numbers need no quotes to keep their zeros, and `no` is a word.",
    "- A key that is not known is refused, as is one that stands twice. All faults are told at once, with their lines.",
    "- Paths are relative to the file. What they lead to is stored with the register, so other nodes need no files.",
    "- A secret is written as it is, as `env:NAME` or as `file:PATH`. Of a client's secret only a keyed hash is kept.",
    "- Persons, staff and representations go to the directory, what is known of a person sealed under the person's own key, and",
    "  are in no version of the register; only with `TILLIT_ENV=test` do persons also stay in it, as personas of the test",
    "  method.",
    "- Names by language have the keys `sv` and `en`; `names` is understood where `name` stands here.",
    "- A level is a URI known to tillit and not withdrawn, an attribute a name of the attribute catalogue.",
)  # fmt: skip
_UPSTREAM: Final[Mapping[str, str]] = {
    "saml": "What stands under `saml`, beside the keys of every identity provider.",
    "oidc": "What stands under `oidc`: what we registered with the provider, and settings.",
}
_METADATA_KEYS: Final = (
    "| `metadata` | – | Path of its SAML metadata. |",
    "| `metadata_xml` | – | The SAML metadata itself, instead of a path. |",
    "| `metadata_url` | – | Where it is published: looked at each hour, and what has changed there is proposed. |",
    "| `metadata_certificate` | – | PEM of the certificate whose key signs it there: a path, `env:NAME` or the text. |",
)
_REGISTERED: Final[Mapping[str, str]] = {
    "issuer": "The provider's issuer; its endpoints are those of its discovery document.",
    "client_id": "What it calls us.",
    "client_secret": "Our secret: itself, `env:NAME` or `file:PATH`.",
    "token_endpoint_auth_method": "How we prove who we are; `client_secret_basic` when there is a secret.",
    "id_token_signed_response_alg": "The algorithm that its ID tokens must have.",
    "scope": "What we ask for, separated by spaces.",
}


def _registered() -> Iterator[str]:
    for field in fields(OidcProvider):
        default = "required" if field.default is MISSING else _shown(field.default)
        yield f"| `{field.name}` | {default} | {_REGISTERED[field.name]} |"


def _client() -> Iterator[str]:
    yield from (
        "",
        "## services: oidc",
        "",
        "A client's registration, in the words of RFC 7591 section 2 and OpenID Connect",
    )
    yield from (
        "Dynamic Client Registration 1.0 section 2. What is not known, or not supported, is refused by name.",
        "",
    )
    yield from ("| key | meaning |", "|---|---|")
    yield from (f"| `{name}` | {text} |" for name, text in _CLIENT.items())


_CLIENT: Final[Mapping[str, str]] = {
    "client_id": "Required.",
    "redirect_uris": "Required with `authorization_code`; compared as exact strings.",
    "client_secret": "At least 16 characters (shorter ones in test only), or `env:NAME`, `file:PATH`.",
    "token_endpoint_auth_method": f"One of {', '.join(f'`{name}`' for name in AUTH_METHODS)}.",
    "token_endpoint_auth_signing_alg": "The one algorithm of its assertions.",
    "jwks, jwks_uri": "Its public keys, by value or by address; either.",
    "grant_types": f"Of {', '.join(f'`{name}`' for name in GRANT_TYPES)}; the first when left out.",
    "response_types": "`code`, when it stands here.",
    "scope": "The most that it may ask for, separated by spaces.",
    "authorization_details_types": "Types of RFC 9396 that it may ask for; see `patient-context.md`.",
    "application_type": "`web` or `native`.",
    "subject_type, sector_identifier_uri": "`pairwise` (default) or `public`; the second cannot be proven and is refused.",
    "id_token_signed_response_alg": "`ES256` (default) or `RS256`.",
    "userinfo_signed_response_alg": "`ES256` or `RS256`; userinfo is JSON when left out.",
    "post_logout_redirect_uris": "Where people may be sent after logging out.",
    "default_max_age, require_auth_time, default_acr_values": "As in Dynamic Client Registration.",
    "initiate_login_uri, client_uri": "Where somebody who got lost is sent, the first of them that there is.",
    "assertion_audience": "`issuer` (default) or `token_endpoint`: the audience of its assertions.",
    "request_object_signing_alg": "The one algorithm of its request objects.",
    "require_signed_request_object": "Whether it always sends one.",
    "client_name, client_name#en": "Name on pages, when the service has none in this file.",
    "logo_uri, contacts, tos_uri, policy_uri, software_id, software_version": "Known, and of no weight.",
}


def key_table(of: Mapping[str, FieldInfo], before: Any = ()) -> Iterator[str]:
    """Keys with defaults and sentences, as Markdown."""
    yield from ("| key | default | meaning |", "|---|---|---|")
    yield from before
    for name, field in of.items():
        default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
        yield f"| `{_written_as(name, field)}` | {default} | {(field.description or '').replace('|', chr(92) + '|')} |"


def _written_as(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias or field.alias
    first = getattr(alias, "choices", [alias])[0]
    return str(first or name)


def _shown(value: Any) -> str:
    if value is None or value in ("", (), {}, frozenset()):
        return "–"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"`{key}: {each}`" for key, each in value.items())
    if isinstance(value, tuple | frozenset):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{value}`"
