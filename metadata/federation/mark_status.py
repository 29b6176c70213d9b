"""Whether a trust mark is still active, by the word of who issued it (OpenID Federation 1.0 section 8.4)."""

from typing import Final
from urllib.parse import urlencode

from metadata.federation.chain import Chain, ChainRefused
from metadata.federation.constraints import FEDERATION_ENTITY
from metadata.federation.documents import MARK_STATUS
from metadata.federation.statement import LONGEST
from metadata.federation.walking import Unreachable
from metadata.wire.claims import JoseRefused, check_issuer, check_times
from metadata.wire.egress import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.jose import unverified, verify
from metadata.wire.signing import ALGORITHMS

ENDPOINT: Final = "federation_trust_mark_status_endpoint"
LONGEST_AGE: Final = 300
_FORM: Final = "application/x-www-form-urlencoded"


def check_active(token: str, issuer: Chain, egress: Fetches, now: int) -> None:
    """Return when the issuer says that the mark is active, or answers for none of its marks. Raises ChainRefused."""
    url = issuer.metadata.get(FEDERATION_ENTITY, {}).get(ENDPOINT)
    if url is None:
        return
    if not isinstance(url, str):
        raise ChainRefused(f"{ENDPOINT} is no address")
    status = _asked(url, token, issuer, egress, now)
    if status != "active":
        raise ChainRefused(f"the trust mark is {status:.50}")


def _asked(url: str, token: str, issuer: Chain, egress: Fetches, now: int) -> str:
    body = urlencode({"trust_mark": token}).encode()
    try:
        response = egress.fetch(Outbound("POST", url, {"Content-Type": _FORM}, body, purpose="federation"))
    except EgressFailed as error:
        raise Unreachable(str(error)) from error
    except EgressRefused as error:
        raise ChainRefused(str(error)) from error
    if response.status != 200:  # noqa: PLR2004
        raise ChainRefused(f"{url} answers {response.status}")
    try:
        return _said(response.body, token, issuer, now)
    except JoseRefused as error:
        raise ChainRefused(f"the status of a trust mark is refused: {error.reason}") from error


def _said(answer: bytes, token: str, issuer: Chain, now: int) -> str:
    header, _ = unverified(answer, longest=LONGEST)
    if not header.get("kid"):
        raise JoseRefused("no kid")
    keys = issuer.subject_keys
    claims = verify(answer, keys, algorithms=tuple(ALGORITHMS), typ=(MARK_STATUS,), longest=LONGEST).claims
    check_issuer(claims, issuer.subject)
    check_times(claims, now, required=("iat",), max_age=LONGEST_AGE)
    status = claims.get("status")
    if claims.get("trust_mark") != token or not isinstance(status, str):
        raise JoseRefused("of another mark, or without status")
    return status
