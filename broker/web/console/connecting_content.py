"""From the fields of a step to the content of the entry, and back (M2).

Owns what each field means in the entry. A step changes what it asks for and leaves the rest of the entry as it is, what only a
federation file can say among it. What is empty is left out.
"""

import json
from typing import Any, Final

from broker.federation.entries import SECRET_HASH
from broker.web.console.connecting_forms import MACHINE, REQUIRED
from metadata.client_fields import acts_alone
from trust_framework import loa
from trust_framework.members import ConsentPolicy, Profile

Content = dict[str, Any]
CLIENT_CREDENTIALS: Final = "client_credentials"
_LISTS: Final = ("redirect_uris", "post_logout_redirect_uris")
_LANGUAGES: Final = ("sv", "en")


def filled(content: Content) -> Content:
    """What says something."""
    return {name: value for name, value in content.items() if value not in ("", None, [], {}, False)}


def _typed(field: Any) -> str:
    return (field.data or "").strip()


def _one_line(field: Any) -> str:
    return " ".join((field.data or "").split())


# --- about the service


def about_data(content: Content) -> dict[str, Any]:
    """What the form begins with."""
    names, contact, told = (content.get(name) or {} for name in ("names", "contact", "description"))
    return {
        "name_sv": names.get("sv", ""),
        "name_en": names.get("en", ""),
        "mail": contact.get("mail", ""),
        "information_url": content.get("information_url", ""),
        "description_sv": told.get("sv", ""),
        "description_en": told.get("en", ""),
        "used_by": list(content.get("used_by", ())),
        "privacy_url": content.get("privacy_url", ""),
        "support_url": contact.get("url", ""),
        "phone": contact.get("phone", ""),
    }


def begun(form: Any, content: Content) -> Content:
    """The entry with a name and whom to ask."""
    names = {language: _typed(form[f"name_{language}"]) for language in _LANGUAGES}
    contact = {**(content.get("contact") or {}), "mail": _typed(form.mail)}
    said = {"names": names, "contact": contact, "information_url": _typed(form.information_url)}
    return _saying(content, said)


def about(form: Any, content: Content) -> Content:
    """The entry with all that people are told of it."""
    made = begun(form, content)
    description = filled({language: _one_line(form[f"description_{language}"]) for language in _LANGUAGES})
    contact = filled({**made["contact"], "url": _typed(form.support_url), "phone": _typed(form.phone)})
    said = {
        "contact": contact,
        "description": description,
        "used_by": list(form.used_by.data or ()),
        "privacy_url": _typed(form.privacy_url),
        "logo": _logo(form, content),
    }
    return _saying(made, said)


def _logo(form: Any, content: Content) -> Any:
    """The picture that was sent, else the one that there is, unless it is to go."""
    if form.picture:
        return form.picture.text
    return "" if "no_logo" in form and form.no_logo.data else content.get("logo")


def _saying(content: Content, said: Content) -> Content:
    """The content with what is said now, and without what is no longer said."""
    return {**{name: value for name, value in content.items() if name not in said}, **filled(said)}


# --- how it is reached


def technical_data(content: Content) -> dict[str, Any]:
    """What the form begins with. Keys are shown as they are kept."""
    oidc, saml = content.get("oidc") or {}, content.get("saml") or {}
    return {
        "protocol": "oidc" if oidc else "saml",
        "metadata": saml.get("metadata_xml", ""),
        "metadata_url": saml.get("metadata_url", ""),
        "metadata_certificate": saml.get("metadata_certificate", ""),
        **{name: "\n".join(oidc.get(name, ())) for name in _LISTS},
        "application_type": MACHINE if acts_alone(oidc) else oidc.get("application_type", "web"),
        "jwks_uri": oidc.get("jwks_uri", ""),
        "jwks": _keys_as_text(oidc.get("jwks")),
        "initiate_login_uri": oidc.get("initiate_login_uri", ""),
        "grant_types": [each for each in oidc.get("grant_types", ()) if each != "authorization_code"],
        "scope": oidc.get("scope", ""),
        "subject_type": oidc.get("subject_type", "pairwise"),
    }


def _keys_as_text(jwks: Any) -> str:
    return json.dumps(jwks, indent=1, ensure_ascii=False) if jwks else ""


def technical(form: Any, content: Content) -> Content:
    """The entry with its metadata, or its registration."""
    rest = {name: value for name, value in content.items() if name not in {"saml", "oidc"}}
    if form.saml:
        return {**rest, "saml": filled({"metadata_xml": form.document, **published_at(form)})}
    return {**rest, "oidc": _registration(form, content)}


def published_at(form: Any) -> Content:
    """Where the metadata is published, and whose key signs it there."""
    url, certificate = _typed(form.metadata_url), _typed(form.metadata_certificate)
    return {"metadata_url": url, "metadata_certificate": certificate if url else ""}


def _registration(form: Any, content: Content) -> Content:
    """No shared secret: a client that has keys proves itself by them, one without is public and has PKCE alone. One that was
    given a secret elsewhere keeps it as long as it has no keys.
    """
    had = content.get("oidc") or {}
    said = {
        "client_id": had.get("client_id") or content["id"],
        "jwks_uri": _typed(form.jwks_uri),
        "jwks": dict(form.keys or {}),
        "scope": " ".join((form.scope.data or "").split()),
        **(_alone() if form.machine else _with_people(form)),
    }
    if said["jwks_uri"] or said["jwks"]:
        said["token_endpoint_auth_method"] = "private_key_jwt"
    elif SECRET_HASH not in had:
        said["token_endpoint_auth_method"] = "none"
    return _saying(had, said)


def _alone() -> Content:
    """A client that nobody logs in to."""
    nothing = dict.fromkeys((*_LISTS, "application_type", "initiate_login_uri", "subject_type"), "")
    return {**nothing, "grant_types": [CLIENT_CREDENTIALS]}


def _with_people(form: Any) -> Content:
    """A client that people log in to. What is so by itself is left out."""
    more = list(form.grant_types.data or ())
    return {
        **{name: (form[name].data or "").split() for name in _LISTS},
        "application_type": form.application_type.data,
        "initiate_login_uri": _typed(form.initiate_login_uri),
        "grant_types": ["authorization_code", *more] if more else [],
        "subject_type": "public" if form.subject_type.data == "public" else "",
    }


# --- what it gets


def details_data(content: Content) -> dict[str, Any]:
    """What the form begins with."""
    reasons = content.get("reasons") or {}
    return {
        "attributes": content.get("attributes", []),
        "why": next(iter(reasons.values()), ""),
        "legal_basis": content.get("legal_basis", ""),
        "on_behalf_of": list(content.get("on_behalf_of", ())),
        "entity_categories": list(content.get("entity_categories", ())),
    }


def details(form: Any, content: Content) -> Content:
    """The entry with the details that are chosen; the reason is that of each detail that has no reason of its own."""
    chosen, had = list(form.attributes.data), content.get("reasons") or {}
    why, before = form.why.data.strip(), details_data(content)["why"]
    said = {
        "attributes": chosen,
        "required": [name for name in content.get("required", ()) if name in chosen],
        "reasons": {name: had[name] if name in had and why == before else why for name in chosen},
        "legal_basis": _typed(form.legal_basis),
        "on_behalf_of": list(form.on_behalf_of.data or ()),
        "entity_categories": list(form.entity_categories.data or ()),
    }
    return _saying(content, said)


def why_data(content: Content) -> dict[str, Any]:
    """What the form begins with."""
    return {**(content.get("reasons") or {}), REQUIRED: list(content.get("required", ()))}


def why(form: Any, content: Content) -> Content:
    """The entry with a reason for each detail, and those that it cannot do without."""
    reasons = {name: form[name].data.strip() for name in content.get("attributes", ()) if name in form}
    return _saying(content, {"reasons": reasons, "required": list(form[REQUIRED].data or ())})


# --- how sure it must be


def level_data(content: Content) -> dict[str, Any]:
    """What the form begins with."""
    return {
        "levels": list(content.get("levels", ())),
        "consent": content.get("consent", ConsentPolicy.NEVER.value),
        "methods": list(content.get("methods", ())),
        "accepts_coordination_number": bool(content.get("accepts_coordination_number")),
        "profile": content.get("profile", Profile.DEFAULT.value),
    }


def level(form: Any, content: Content) -> Content:
    """The strongest level first: it is the one wanted most."""
    said = {
        "levels": sorted(form.levels.data, key=loa.rank, reverse=True),
        "consent": form.consent.data,
        "methods": list(form.methods.data or ()),
        "accepts_coordination_number": bool(form.accepts_coordination_number.data),
        "profile": "" if form.profile.data == Profile.DEFAULT.value else form.profile.data,
    }
    return _saying(content, said)
