"""Checks that ask others: whether upstream providers answer, and what time it is there."""

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from broker.app import egress_policy
from broker.commands.checks.finding import Finding, Patient, fault, ok, warning
from broker.federation import entries
from broker.federation.schema import FederationFile
from metadata.register import OidcProvider, SamlProvider
from metadata.wire.egress import Egress, EgressFailed, EgressRefused, Outbound, Response, TlsIdentity

SKEW: Final = 60
MEND: Final = "see whether the address is right and the network lets us through; TILLIT_CA_FILE for private roots"


def upstreams(patient: Patient) -> Iterator[Finding]:
    """Every upstream answers, whatever it answers, and its clock agrees with ours."""
    if patient.storage is None or patient.federation is None:
        return
    egress = Egress(egress_policy(patient.settings))
    try:
        for name, call in _calls(patient):
            yield from _asked(name, call, egress, patient.now)
    finally:
        egress.close()


def _asked(name: str, call: Outbound, egress: Egress, now: int) -> Iterator[Finding]:
    try:
        answer = egress.fetch(call)
    except (EgressFailed, EgressRefused) as error:
        yield fault(f"upstream {name}", f"{call.url}: {error}", MEND)
        return
    yield from _clock(name, answer, now)
    yield ok(f"upstream {name}", f"answers ({answer.status})")


def _clock(name: str, answer: Response, now: int) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return
    if abs(theirs - now) > SKEW:
        text = f"ours is {abs(round(now - theirs))} seconds {'ahead of' if theirs < now else 'behind'} that of {name}"
        yield warning("clock", text, "set the clock: NTP")


def _calls(patient: Patient) -> Iterator[tuple[str, Outbound]]:
    """A harmless question for each upstream: its discovery document, or its front door."""
    document = patient.storage.federation_document() if patient.storage else {}
    file = FederationFile.model_validate(document or {"tillit": "1"})
    at = entries.when(patient.settings)
    for entry in file.identity_providers:
        provider = getattr(entries.upstream(entry, at).settings, "provider", None)
        if isinstance(provider, OidcProvider):
            issuer = provider.issuer.removesuffix("/")
            yield entry.id, Outbound("GET", f"{issuer}/.well-known/openid-configuration")
        elif isinstance(provider, SamlProvider):
            yield entry.id, Outbound("GET", provider.single_sign_on_services[0].url)
    for name, given in file.methods.items():
        if "url" in given:
            yield name, Outbound("GET", str(given["url"]), tls=_identity(given))


def _identity(given: Mapping[str, Any]) -> TlsIdentity:
    """Who we are towards the method's service, from the PEM of its settings."""
    pem = {name: str(given[name]).encode() for name in ("cert", "key", "ca") if name in given}
    return TlsIdentity(pem.get("cert"), pem.get("key"), pem.get("ca"))
