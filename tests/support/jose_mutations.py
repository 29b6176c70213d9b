"""Forty and more ways to spoil a JWT, for every place that reads one (RFC 8725, RFC 7515).

A `Case` is a token that would be accepted; each row of `MUTATIONS` makes another that must not be. Most rows are signed with
the right key, as a hostile but registered sender would: only what is wrong with them is wrong.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization

from metadata.wire.jose import public_jwk
from metadata.wire.signing import Signer


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Case:
    """A good token in parts: `signer` is the registered key (ES256 in most tests), `stranger` another of the same kind."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signer: Signer
    stranger: Signer

    def token(
        self,
        header: Mapping[str, Any] | bytes | None = None,
        payload: Mapping[str, Any] | bytes | None = None,
        signer: Signer | None = None,
    ) -> str:
        """Signed as given; bytes are taken as they are, so that text which is no good JSON can be signed too."""
        head = self.header if header is None else header
        body = self.claims if payload is None else payload
        first = b64(head if isinstance(head, bytes) else dump(head))
        second = b64(body if isinstance(body, bytes) else dump(body))
        return self.sealed(first, second, signer)

    def sealed(self, first: str, second: str, signer: Signer | None = None) -> str:
        data = f"{first}.{second}"
        return f"{data}.{b64((signer or self.signer).sign(data.encode()))}"

    def with_header(self, **members: Any) -> str:
        return self.token({**self.header, **members})

    def without_header(self, name: str) -> str:
        return self.token({key: value for key, value in self.header.items() if key != name})

    def parts(self) -> list[str]:
        return self.token().split(".")

    def member(self, text: str) -> bytes:
        """The claims with one raw member more."""
        return dump(self.claims)[:-1] + b"," + text.encode() + b"}"


Mutation = Callable[[Case], str | bytes]
MUTATIONS: dict[str, Mutation] = {}


def _row(name: str) -> Callable[[Mutation], Mutation]:
    def add(mutation: Mutation) -> Mutation:
        MUTATIONS[name] = mutation
        return mutation

    return add


def _pem(case: Case) -> bytes:
    return case.signer.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _hmac(case: Case, alg: str, key: bytes) -> str:
    data = f"{b64(dump({**case.header, 'alg': alg}))}.{b64(dump(case.claims))}"
    return f"{data}.{b64(hmac.digest(key, data.encode(), getattr(hashlib, 'sha' + alg[2:])))}"


def _unsigned(case: Case, alg: str, signature: str = "") -> str:
    return f"{b64(dump({**case.header, 'alg': alg}))}.{b64(dump(case.claims))}.{signature}"


def _stranger_with(case: Case, **members: Any) -> str:
    return case.token({**case.header, **members}, signer=case.stranger)


def _flipped(segment: str, index: int = 5) -> str:
    return segment[:index] + ("A" if segment[index] != "A" else "B") + segment[index + 1 :]


def _respelled(segment: str) -> str:
    """The same bytes, spelled with bits that no byte uses (RFC 4648 section 3.5)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) ^ 1]


def _padded_to_spare_bits(case: Case) -> str:
    header = dump(case.header)
    while len(header) % 3 == 0:
        header += b" "
    return _respelled(b64(header))


# no signature, or none that counts
_row("alg none, no signature")(lambda c: _unsigned(c, "none"))
_row("alg None in another case")(lambda c: _unsigned(c, "NoNe"))
_row("alg none with the old signature")(lambda c: _unsigned(c, "none", c.parts()[2]))
_row("signature left out")(lambda c: ".".join(c.parts()[:2]) + ".")
_row("only two parts")(lambda c: ".".join(c.parts()[:2]))
_row("zero signature")(lambda c: ".".join(c.parts()[:2]) + "." + b64(bytes(64)))
_row("signature of r alone")(lambda c: ".".join(c.parts()[:2]) + "." + b64(c.signer.sign(b"x")[:32]))
_row("signature over other claims")(lambda c: ".".join(c.parts()[:2]) + "." + c.token(payload={"a": 1}).split(".")[2])
_row("signature with a byte more")(lambda c: c.token() + "AA")
_row("a bit of the signature flipped")(lambda c: ".".join([*c.parts()[:2], _flipped(c.parts()[2])]))
_row("a bit of the claims flipped")(lambda c: ".".join([c.parts()[0], _flipped(c.parts()[1], 8), c.parts()[2]]))

# the wrong algorithm
_row("HS256 with the public key as PEM")(lambda c: _hmac(c, "HS256", _pem(c)))
_row("HS384 with the public key as PEM")(lambda c: _hmac(c, "HS384", _pem(c)))
_row("HS256 with the public key as JWK")(lambda c: _hmac(c, "HS256", dump(public_jwk(c.signer))))
_row("HS256 with an empty key")(lambda c: _hmac(c, "HS256", b""))
_row("alg of another family over the same key")(lambda c: c.with_header(alg="RS256"))
_row("alg of another curve over the same key")(lambda c: c.with_header(alg="ES384"))
_row("alg unknown")(lambda c: c.with_header(alg="ES256K"))
_row("alg in another case")(lambda c: c.with_header(alg=c.signer.alg.swapcase()))
_row("alg missing")(lambda c: c.without_header("alg"))
_row("alg a list")(lambda c: c.with_header(alg=[c.signer.alg]))
_row("alg null")(lambda c: c.with_header(alg=None))

# the wrong key
_row("another key, same kid")(lambda c: c.token(signer=c.stranger))
_row("header jwk of another key")(lambda c: _stranger_with(c, jwk=public_jwk(c.stranger)))
_row("header jwk of another key, its kid")(lambda c: _stranger_with(c, jwk=public_jwk(c.stranger), kid=c.stranger.kid))
_row("header jwk, no kid")(
    lambda c: c.token(
        {**{k: v for k, v in c.header.items() if k != "kid"}, "jwk": public_jwk(c.stranger)}, signer=c.stranger
    )
)
_row("header jwk with a private member")(lambda c: c.with_header(jwk={**public_jwk(c.signer), "d": "AAAA"}))
_row("header jwk with a shared key")(lambda c: c.with_header(jwk={"kty": "oct", "k": "AAAA"}))
_row("header jwk that is text")(lambda c: c.with_header(jwk="key"))
_row("header jku")(lambda c: _stranger_with(c, jku="https://attacker.example/jwks"))
_row("header x5u")(lambda c: _stranger_with(c, x5u="https://attacker.example/cert"))
_row("header x5c")(lambda c: _stranger_with(c, x5c=["MIIB"]))
_row("kid a path")(lambda c: c.with_header(kid="../../../../dev/null"))
_row("kid SQL")(lambda c: c.with_header(kid="x' UNION SELECT 'key';--"))
_row("kid an address")(lambda c: c.with_header(kid="http://127.0.0.1/key"))
_row("kid a number")(lambda c: c.with_header(kid=1))
_row("kid a list")(lambda c: c.with_header(kid=[c.signer.kid]))
_row("kid empty")(lambda c: c.with_header(kid=""))

# extensions
_row("crit unknown")(lambda c: c.with_header(crit=["exp"], exp=1))
_row("crit empty")(lambda c: c.with_header(crit=[]))
_row("crit that names a parameter which is not there")(lambda c: c.with_header(crit=["bork"]))
_row("crit that names alg")(lambda c: c.with_header(crit=["alg"]))
_row("crit null")(lambda c: c.with_header(crit=None))
_row("b64 false")(lambda c: c.with_header(b64=False, crit=["b64"]))
_row("b64 false, not critical")(lambda c: c.with_header(b64=False))
_row("b64 true")(lambda c: c.with_header(b64=True))


@_row("b64 false over the raw payload")
def _unencoded(case: Case) -> str:
    data = f"{b64(dump({**case.header, 'b64': False, 'crit': ['b64']}))}.payload"
    return f"{data}.{b64(case.signer.sign(data.encode()))}"


# typ
_row("typ of no use we know")(lambda c: c.with_header(typ="bork+jwt"))
_row("typ a number")(lambda c: c.with_header(typ=1))
_row("typ null")(lambda c: c.with_header(typ=None))

# the JSON inside
_row("header member twice")(lambda c: c.token(dump(c.header)[:-1] + b',"alg":' + dump(c.header["alg"]) + b"}"))
_row("header an array")(lambda c: c.token(dump([c.header])))
_row("header text")(lambda c: c.token(b'"alg"'))
_row("header empty")(lambda c: c.token(b"{}"))
_row("header no JSON")(lambda c: c.token(b"alg=ES256"))
_row("header not UTF-8")(lambda c: c.token(dump(c.header)[:-1] + b',"a":"\xff"}'))
_row("header UTF-16")(lambda c: c.token(json.dumps(dict(c.header)).encode("utf-16")))
_row("header with a byte order mark")(lambda c: c.token(b"\xef\xbb\xbf" + dump(c.header)))
_row("header nested")(lambda c: c.with_header(ext={"a": 1}))
_row("claims an array")(lambda c: c.token(payload=dump([c.claims])))
_row("claims text")(lambda c: c.token(payload=b'"sub"'))
_row("claims null")(lambda c: c.token(payload=b"null"))
_row("claims a number")(lambda c: c.token(payload=b"1"))
_row("claims no JSON")(lambda c: c.token(payload=b"sub=1"))
_row("claims followed by more")(lambda c: c.token(payload=dump(c.claims) + b"{}"))
_row("claim twice")(lambda c: c.token(payload=c.member('"x":1,"x":1')))
_row("claim twice, further in")(lambda c: c.token(payload=c.member('"x":{"y":1,"y":2}')))
_row("claim NaN")(lambda c: c.token(payload=c.member('"x":NaN')))
_row("claim Infinity")(lambda c: c.token(payload=c.member('"x":-Infinity')))
_row("claim a number past the end")(lambda c: c.token(payload=c.member('"x":1e999')))
_row("claim a number of 5000 digits")(lambda c: c.token(payload=c.member(f'"x":{"9" * 5000}')))
_row("claim with a lone surrogate")(lambda c: c.token(payload=c.member('"x":"\\ud800"')))
_row("claim with NUL")(lambda c: c.token(payload=c.member('"x":"a\\u0000b"')))
_row("claims nested 5000 deep")(lambda c: c.token(payload=c.member('"x":' + "[" * 5000 + "]" * 5000)))
_row("claims nested 17 deep")(lambda c: c.token(payload=c.member('"x":' + "[" * 17 + "]" * 17)))
_row("claims with a comment")(lambda c: c.token(payload=dump(c.claims)[:-1] + b"/* */}"))
_row("claims with a comma at the end")(lambda c: c.token(payload=dump(c.claims)[:-1] + b",}"))

# the serialization
_row("respelled header")(lambda c: c.sealed(_padded_to_spare_bits(c), b64(dump(c.claims))))
_row("respelled signature")(lambda c: ".".join([*c.parts()[:2], _respelled(c.parts()[2])]))
_row("padded with =")(lambda c: c.token() + "==")
_row("standard alphabet")(lambda c: c.sealed(b64(dump(c.header)), b64(dump(c.claims))[:-1] + "+"))
_row("a segment of impossible length")(lambda c: c.sealed(b64(dump(c.header)), "AAAAA"))
_row("white space before")(lambda c: " " + c.token())
_row("line end after")(lambda c: c.token() + "\n")
_row("line end inside")(lambda c: c.token()[:10] + "\n" + c.token()[10:])
_row("NUL after")(lambda c: c.token() + "\0")
_row("not ASCII")(lambda c: c.token() + "é")
_row("bytes that are not ASCII")(lambda c: c.token().encode() + b"\xff")
_row("four parts")(lambda c: c.token() + ".AAAA")
_row("five parts")(lambda c: c.token() + ".AAAA.AAAA")
_row("JSON serialization, flattened")(
    lambda c: json.dumps(dict(zip(("protected", "payload", "signature"), c.parts(), strict=True)))
)
_row("JSON serialization, general")(
    lambda c: json.dumps(
        {"payload": c.parts()[1], "signatures": [{"protected": c.parts()[0], "signature": c.parts()[2]}]}
    )
)
_row("empty")(lambda _: "")
_row("three empty parts")(lambda _: "..")
_row("over 16 KiB")(lambda c: c.token(payload={**c.claims, "x": "x" * 16384}))
_row("a header over 16 KiB")(lambda c: c.with_header(x="x" * 16384))
