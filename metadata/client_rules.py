"""What `metadata check` says of an OpenID Connect client's registration (RFC 7591, OpenID Connect Registration 1.0).

Owns the advice, and the way from the refusals of `metadata.oidc`, which come one at a time, to a list of all of them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from metadata.context import Context
from metadata.findings import Finding, Rule, Severity
from metadata.oidc import InvalidClientMetadata, InvalidRedirectUri, read_client
from metadata.redirect_uris import split_or_none
from metadata.wire.jwk import PRIVATE_MEMBERS
from trust_framework.attribute_sets import SCOPES

Members = Mapping[str, Any]
REFERENCES: Final = ("env:", "file:")
OTHER_SCOPES: Final = frozenset({"openid", "offline_access"})
_PLACEHOLDER: Final = "a secret that is kept elsewhere"
_STAND_INS: Final[Mapping[str, Members]] = {
    "client_id": {"client_id": "stand-in"},
    "redirect_uris": {"redirect_uris": ["https://stand-in.invalid/"]},
    "client_secret": {"client_secret": _PLACEHOLDER},
    "jwks": {"jwks_uri": "https://stand-in.invalid/jwks"},
}
"""What is put in the place of a member that is needed, so that its lack does not hide what else is wrong."""
_REFUSALS: Final = 20


def pointer(name: str) -> str:
    """A member as a JSON pointer (RFC 6901 section 3)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def refusals(members: Members, *, allow_http_loopback: bool) -> Iterator[Finding]:
    """Every reason why the registration would be refused: what is refused is mended, and the whole read again."""
    left, told, mended = dict(members), set[str](), set[str]()
    if _is_reference(left.get("client_secret")):
        left["client_secret"] = _PLACEHOLDER
    while len(told) < _REFUSALS:
        error = _refusal(left, members.get("redirect_uris", ()), allow_http_loopback=allow_http_loopback)
        if error is None or error.field in mended:
            return
        if error.field in told:  # what stands in for it is refused too, so it should not be there
            mended.add(error.field)
            left.pop(error.field, None)
            continue
        yield _refused_by(error, left).at(pointer(error.field), str(error))
        told.add(error.field)
        left.pop(error.field, None)
        left.update(_STAND_INS.get(error.field, {}))


def _refusal(left: Members, redirect_uris: Any, *, allow_http_loopback: bool) -> InvalidClientMetadata | None:
    try:
        read_client(
            left,
            allow_http_loopback=allow_http_loopback,
            hash_secret=str.encode,
            sector_redirect_uris=lambda _: (*redirect_uris, *_STAND_INS["redirect_uris"]["redirect_uris"]),
        )
    except InvalidClientMetadata as error:
        return error
    return None


def _refused_by(error: InvalidClientMetadata, left: Members) -> Rule[Members]:
    """The row that a refusal is told by."""
    if error.field == "jwks" and _holds_private_key(left.get("jwks")):
        return PRIVATE_KEY
    return REDIRECT_URI if isinstance(error, InvalidRedirectUri) else CLIENT_METADATA


def _holds_private_key(jwks: Any) -> bool:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    return any(isinstance(key, dict) and not PRIVATE_MEMBERS.isdisjoint(key) for key in keys or ())


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith(REFERENCES)


def _texts(members: Members, name: str) -> list[str]:
    value = members.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _secret_in_file(members: Members) -> Iterator[str]:
    if isinstance(members.get("client_secret"), str) and not _is_reference(members["client_secret"]):
        yield "/client_secret"


def _shared_secret(members: Members) -> Iterator[str]:
    if "client_secret" in members:
        yield "/token_endpoint_auth_method"


def _public_client(members: Members) -> Iterator[str]:
    if members.get("token_endpoint_auth_method") == "none" and members.get("application_type") != "native":
        yield "/token_endpoint_auth_method"


def _same_sub(members: Members) -> Iterator[str]:
    if members.get("subject_type") == "public":
        yield "/subject_type"


def _no_way_back(members: Members) -> Iterator[str]:
    if not {"initiate_login_uri", "client_uri"} & members.keys():
        yield "/client_uri"


def _no_name(members: Members) -> Iterator[str]:
    if not any(name.partition("#")[0] == "client_name" for name in members):
        yield "/client_name"


def _no_contact(members: Members) -> Iterator[str]:
    if not any("@" in each for each in _texts(members, "contacts")):
        yield "/contacts"


def _no_logout_address(members: Members) -> Iterator[str]:
    if not members.get("post_logout_redirect_uris"):
        yield "/post_logout_redirect_uris"


def _repeated(members: Members) -> Iterator[tuple[str, str]]:
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        seen = set[str]()
        for at, uri in enumerate(_texts(members, name)):
            if uri in seen:
                yield f"/{name}/{at}", uri
            seen.add(uri)


def _loopback_by_name(members: Members) -> Iterator[tuple[str, str]]:
    for at, uri in enumerate(_texts(members, "redirect_uris")):
        if uri.startswith(("http://localhost", "https://localhost")):
            yield f"/redirect_uris/{at}", uri


def _unknown_scope(members: Members) -> Iterator[tuple[str, str]]:
    scope = members.get("scope")
    for name in scope.split() if isinstance(scope, str) else ():
        if name not in SCOPES and name not in OTHER_SCOPES:
            yield "/scope", name


def _refresh_without_offline(members: Members) -> Iterator[str]:
    scope = members.get("scope")
    wants = "refresh_token" in _texts(members, "grant_types")
    if wants and isinstance(scope, str) and "offline_access" not in scope.split():
        yield "/scope"


def _keys_at_another_host(members: Members) -> Iterator[tuple[str, str]]:
    uri = members.get("jwks_uri")
    hosts = {_host(each) for each in _texts(members, "redirect_uris")}
    if isinstance(uri, str) and (host := _host(uri)) is not None and hosts and host not in hosts:
        yield "/jwks_uri", host


def _host(uri: str) -> str | None:
    parts = split_or_none(uri)
    return None if parts is None else parts.hostname


_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT
# fmt: off
REDIRECT_URI: Final[Rule[Members]] = Rule(
    "redirect-uri", _E, lambda _: (), "The address is one to which no answer may be sent.",
    "Use an https address without wildcard or fragment, compared as it is.", "RFC 9700 2.1; RFC 8252 7; RFC 7591 2",
         ("Adressen är en dit inget svar får skickas.",
          "Använd en https-adress utan jokertecken eller fragment; den jämförs som den är."))
CLIENT_METADATA: Final[Rule[Members]] = Rule(
    "client-metadata", _E, lambda _: (), "The member is missing, unknown, or not what it may be.",
    "See the section, and the reference of supported members.", "RFC 7591 2; OpenID Connect Registration 1.0 2",
         ("Fältet saknas, är okänt, eller är inte vad det får vara.", "Se avsnittet, och referensen över fält som stöds."))

PRIVATE_KEY: Final[Rule[Members]] = Rule(
    "private-jwk", _E, lambda _: (), "A private key stands among the public ones. It is no longer secret.",
    "Make a new key pair, and register its public half only.", "RFC 7517 4; RFC 7591 2",
         ("En privat nyckel står bland de publika. Den är inte hemlig längre.",
          "Skapa ett nytt nyckelpar, och registrera bara dess publika halva."))

ADVICE: Final[tuple[Rule[Members], ...]] = (
    Rule("secret-in-file", _W, _secret_in_file, "Whoever reads the file can be the client.",
         "Write env:NAME or file:PATH, or let the client use private_key_jwt.", "RFC 6749 2.3.1",
         ("Den som läser filen kan vara klienten.",
          "Skriv env:NAMN eller file:SÖKVÄG, eller låt klienten använda private_key_jwt.")),
    Rule("shared-secret", _H, _shared_secret, "The secret is known on both sides, and travels at each call.",
         "Use private_key_jwt.", "RFC 9700 2.5",
         ("Hemligheten är känd på båda sidor, och färdas med varje anrop.", "Använd private_key_jwt.")),
    Rule("public-client", _W, _public_client, "Anybody can use this client's name at the token endpoint.",
         'Give the client a key, or set application_type to "native" if it runs with the person.', "RFC 9700 2.5",
         ("Vem som helst kan använda klientens namn vid token-adressen.",
          'Ge klienten en nyckel, eller sätt application_type till "native" om den körs hos personen.')),
    Rule("public-subject", _W, _same_sub, "Services with this setting can tell between them who a person is.",
         "Leave subject_type out, unless services must share accounts.", "OpenID Connect Core 1.0 8",
         ("Tjänster med den här inställningen kan sinsemellan se vem en person är.",
          "Utelämna subject_type, om inte tjänsterna måste dela konton.")),
    Rule("no-way-back", _H, _no_way_back, "A person who is lost on the way cannot be shown back to the service.",
         "Add initiate_login_uri or client_uri.", "OpenID Connect Core 1.0 4; RFC 7591 2",
         ("Den som går vilse på vägen kan inte visas tillbaka till tjänsten.", "Lägg till initiate_login_uri eller client_uri.")),
    Rule("no-client-name", _H, _no_name, "People are shown a technical name.", "Add client_name and client_name#sv.",
         "RFC 7591 2.2",
         ("Användarna ser ett tekniskt namn.", "Lägg till client_name och client_name#sv.")),
    Rule("no-contact-address", _H, _no_contact, "There is nobody to turn to when something is wrong.",
         "Add contacts with the mailbox of a function.", "RFC 7591 2",
         ("Det finns ingen att vända sig till när något är fel.", "Lägg till contacts med en funktionsbrevlåda.")),
    Rule("no-logout-address", _H, _no_logout_address, "After logging out people stay on our page.",
         "Add post_logout_redirect_uris.", "OpenID Connect RP-Initiated Logout 1.0 3.1",
         ("Efter utloggning blir användarna kvar på vår sida.", "Lägg till post_logout_redirect_uris.")),
    Rule("repeated-uri", _W, _repeated, "The address is listed twice.", "List it once.", "RFC 7591 2",
         ("Adressen står två gånger.", "Ange den en gång.")),
    Rule("localhost", _W, _loopback_by_name, "This name may be made to lead elsewhere than to this machine.",
         "Use 127.0.0.1 or [::1] for a native client, and a real host otherwise.", "RFC 8252 8.3",
         ("Det här namnet kan fås att leda någon annanstans än till den här datorn.",
          "Använd 127.0.0.1 eller [::1] för en klient i datorn, och annars en riktig värd.")),
    Rule("unknown-scope", _H, _unknown_scope, "The scope asks for nothing here.", "Leave it out, or use claims.",
         "OpenID Connect Core 1.0 5.4",
         ("Detta scope begär ingenting här.", "Utelämna det, eller använd claims.")),
    Rule("refresh-without-offline", _W, _refresh_without_offline, "Without offline_access no refresh token is given.",
         "Add offline_access to scope.", "OpenID Connect Core 1.0 11",
         ("Utan offline_access ges ingen refresh token.", "Lägg till offline_access i scope.")),
    Rule("keys-elsewhere", _H, _keys_at_another_host, "The keys come from a host that none of the addresses is on.",
         "Make sure that the host is yours.", "RFC 7591 2",
         ("Nycklarna kommer från en värd som ingen av adresserna ligger på.", "Se till att värden är er.")),
)


def no_provider(context: Context) -> Rule[Members]:
    """The advice about who can serve the client, which only its surroundings tell."""
    unserved = context.served is not None and not context.served(frozenset())
    return Rule("client-no-provider", _W, lambda _: ("/",) if unserved else (),
                "No login method gives a level that this service takes.",
                "Take a level that a login method gives.", "OpenID Connect Core 1.0 5.5.1.1",
                ("Inget inloggningssätt ger en nivå som tjänsten godtar.",
                 "Godta en nivå som något inloggningssätt ger."), needs="served")
# fmt: on
