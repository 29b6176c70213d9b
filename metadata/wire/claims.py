"""Claims of a verified token, checked by their names (RFC 7519 section 4.1).

Owns times, audience and issuer. Every check fails when the claim is missing: an absent claim is never a passed check.
Only claims that `metadata.wire.jose.verify` returned belong here.
"""

from collections.abc import Collection, Mapping
from typing import Any

SKEW = 60
_LAST_SECOND = 253402300799
"""The end of the year 9999: later times do not fit where times are kept."""


class JoseRefused(Exception):
    """The one error of every token that is not accepted. `reason` is for the log and for tests, not for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_times(
    claims: Mapping[str, Any],
    now: int,
    *,
    skew: int = SKEW,
    max_age: int | None = None,
    required: Collection[str] = ("exp", "iat"),
) -> None:
    """`exp`, `nbf`, `iat` (RFC 7519 sections 4.1.4 to 4.1.6) as whole seconds; those in `required` must be there.

    `max_age` is the longest time since `iat`; it makes `iat` required. Raises JoseRefused.
    """
    times = {name: _time(claims, name) for name in ("exp", "nbf", "iat") if name in claims}
    if missing := sorted({*required, *(("iat",) if max_age is not None else ())} - times.keys()):
        raise JoseRefused(f"no {missing[0]}")
    if "exp" in times and now >= times["exp"] + skew:
        raise JoseRefused("expired")
    if "nbf" in times and now < times["nbf"] - skew:
        raise JoseRefused("not yet valid")
    if "iat" in times and now < times["iat"] - skew:
        raise JoseRefused("issued in the future")
    if max_age is not None and now > times["iat"] + max_age + skew:
        raise JoseRefused("too old")


def _time(claims: Mapping[str, Any], name: str) -> int:
    value = claims[name]
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:  # a bool is an int, and no time
        raise JoseRefused(f"{name} is no time")
    return value


def check_audience(claims: Mapping[str, Any], expected: str | Collection[str], *, single: bool = False) -> None:
    """`aud` (RFC 7519 section 4.1.3) names one of `expected`. With `single` it must be one string, not an array: what a
    client assertion wants since audience injection (FAPI 2.0 section 5.3.2.1). Raises JoseRefused.
    """
    accepted = {expected} if isinstance(expected, str) else set(expected)
    audience = claims.get("aud")
    if isinstance(audience, str):
        audience = [audience]
    elif single:
        raise JoseRefused("aud is not one string")
    if not isinstance(audience, list) or not all(isinstance(each, str) for each in audience):
        raise JoseRefused("no aud")
    if accepted.isdisjoint(audience):
        raise JoseRefused("another audience")


def check_issuer(claims: Mapping[str, Any], expected: str) -> None:
    """`iss` (RFC 7519 section 4.1.1) is exactly `expected`. Raises JoseRefused."""
    if claims.get("iss") != expected:
        raise JoseRefused("another issuer")
