"""The forms of connecting a service (M2): one a step, none with more than what that step is about.

What must be filled in stands first; what may be left out is folded, in groups (`Group`). A form says what one field may hold;
what the fields mean together for the entry is `connecting_content`'s.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from wtforms import FileField, StringField, TextAreaField, ValidationError
from wtforms.fields import BooleanField, RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import Optional

from broker.federation import own_keys
from broker.web.bench import Option
from broker.web.console.forms import ConsoleForm, line, longest, required, written
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from metadata.logos import LARGEST, LogoImage, UnfitLogo, read_logo
from metadata.private_keys import private_key_at
from metadata.redirect_uris import UnfitUri, check_https_uri
from trust_framework.members import Profile
from trust_framework.representation import AT_SERVICES

LONGEST_METADATA: Final = 2 * 1024 * 1024
NAME, TEXT, LIST = longest(200), longest(1000), longest(20_000)
MACHINE: Final = "machine"
"""The kind of a client that nobody logs in to."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under a title (a text); what is `folded` may be left out."""

    title: str
    fields: tuple[str, ...]
    folded: bool = False


class StepForm(ConsoleForm):
    """A form of a step. Fields in no group stand first."""

    GROUPS: ClassVar[tuple[Group, ...]] = ()

    @property
    def first(self) -> tuple[Any, ...]:
        """The fields in no group."""
        grouped = {name for group in self.GROUPS for name in group.fields}
        return tuple(field for field in self if field.short_name not in {*grouped, "csrf"})

    @property
    def groups(self) -> tuple[tuple[Group, tuple[Any, ...], bool], ...]:
        """Each group with its fields, and whether it is open: where something stands in it, or is wrong."""
        return tuple(
            (group, fields, not group.folded or any(_told(field) for field in fields))
            for group in self.GROUPS
            if (fields := tuple(self[name] for name in group.fields if name in self))
        )


def _told(field: Any) -> bool:
    """Whether a field says something else than it does by itself."""
    return bool(field.errors) or (field.data not in (None, "", [], False) and field.data != field.default)


def address(form: Any, field: StringField) -> None:  # noqa: ARG001  # WTForms calls with both
    """An https address, where anything stands."""
    try:
        check_https_uri((field.data or "").strip(), allow_http_loopback=True)
    except UnfitUri as error:
        raise ValidationError("form.address") from error


class BeginForm(StepForm):
    """What it is called, and whom people may ask."""

    name_sv = StringField("connect.name-sv", [required(), NAME, line])
    name_en = StringField("connect.name-en", [required(), NAME, line])
    mail = StringField("connect.mail", [required(), NAME, line])
    information_url = StringField("connect.information-url", [Optional(), NAME, line, address])

    def validate_mail(self, field: StringField) -> None:
        """One address."""
        if (field.data or "").count("@") != 1:
            raise ValidationError("form.mail")


class AboutForm(BeginForm):
    """That, and what else people are told of it."""

    description_sv = TextAreaField("connect.description-sv", [TEXT])
    description_en = TextAreaField("connect.description-en", [TEXT])
    used_by = SelectMultipleField(
        "connect.used-by",
        choices=[SelectChoice("staff", "connect.used-by.staff"), SelectChoice("citizens", "connect.used-by.citizens")],
    )
    privacy_url = StringField("connect.privacy-url", [Optional(), NAME, line, address])
    support_url = StringField("connect.support-url", [Optional(), NAME, line, address])
    phone = StringField("connect.phone", [NAME, line])
    logo = FileField("connect.logo")
    no_logo = BooleanField("connect.no-logo")
    picture: LogoImage | None = None
    """What was sent as a logo, when it can be one."""

    GROUPS = (
        Group("connect.group.told", ("description_sv", "description_en", "used_by"), folded=True),
        Group("connect.group.pages", ("privacy_url", "support_url", "phone"), folded=True),
        Group("connect.group.logo", ("logo", "no_logo"), folded=True),
    )

    def validate_logo(self, field: FileField) -> None:
        """A picture that can be one, where a file was sent."""
        if not field.data:
            return
        try:
            self.picture = read_logo(field.data.read(LARGEST + 1))
        except UnfitLogo as error:
            raise ValidationError("form.logo." + error.fault) from error


class TechnicalForm(StepForm):
    """How it is reached: SAML metadata, or what an OpenID client registers."""

    protocol = RadioField(
        "connect.protocol",
        choices=[SelectChoice("saml", "protocol.saml"), SelectChoice("oidc", "protocol.oidc")],
        default="saml",
    )
    file = FileField("connect.file")
    metadata_url = StringField("connect.metadata-url", [Optional(), NAME, line, address])
    metadata_certificate = TextAreaField("connect.metadata-certificate", [LIST])
    metadata = TextAreaField("connect.metadata", [longest(LONGEST_METADATA)])
    application_type = RadioField(
        "connect.kind",
        choices=[SelectChoice(kind, "connect.kind." + kind) for kind in ("web", "native", MACHINE)],
        default="web",
    )
    redirect_uris = TextAreaField("connect.redirect-uris", [LIST])
    jwks_uri = StringField("connect.jwks-uri", [Optional(), NAME, line, address])
    jwks_file = FileField("connect.jwks-file")
    jwks = TextAreaField("connect.jwks", [LIST])
    post_logout_redirect_uris = TextAreaField("connect.post-logout-redirect-uris", [LIST])
    initiate_login_uri = StringField("connect.initiate-login-uri", [Optional(), NAME, line, address])
    grant_types = SelectMultipleField(
        "connect.grant-types",
        choices=[SelectChoice(each, "connect.grant-types." + each) for each in ("refresh_token", "client_credentials")],
    )
    scope = StringField("connect.scope", [TEXT, line])
    subject_type = RadioField(
        "connect.subject-type",
        choices=[SelectChoice(each, "connect.subject-type." + each) for each in ("pairwise", "public")],
        default="pairwise",
    )
    document: str = ""
    """The metadata: the file where one was sent, else what was pasted."""
    keys: Mapping[str, Any] | None = None
    """The keys of the client, as a JWK Set, where they were sent or pasted."""

    GROUPS = (
        Group("protocol.saml", ("file", "metadata_url", "metadata")),
        Group("connect.group.fetched", ("metadata_certificate",), folded=True),
        Group("protocol.oidc", ("application_type", "redirect_uris", "jwks_uri", "jwks_file", "jwks")),
        Group(
            "connect.group.client",
            ("post_logout_redirect_uris", "initiate_login_uri", "grant_types", "scope", "subject_type"),
            folded=True,
        ),
    )

    @property
    def saml(self) -> bool:
        return bool(self.protocol.data == "saml")

    @property
    def machine(self) -> bool:
        return bool(self.application_type.data == MACHINE)

    def validate_file(self, field: FileField) -> None:
        """What is not UTF-8 is kept so that the report can say so; a private key is not kept."""
        self.document = _text(field)
        if private_key_at(self.document) is not None:
            raise ValidationError("form.private-key")

    def validate_metadata(self, field: TextAreaField) -> None:
        """For SAML: in the field, as a file, or where it is published."""
        self.document = self.document or str(field.data or "")
        if self.saml and not (self.document.strip() or self.file.data or (self.metadata_url.data or "").strip()):
            raise ValidationError("form.required")

    def validate_redirect_uris(self, field: TextAreaField) -> None:
        """For a client that people log in to."""
        if not (self.saml or self.machine or (field.data or "").strip()):
            raise ValidationError("form.required")

    def validate_jwks(self, field: TextAreaField) -> None:
        """Public keys, in one place; a client that acts alone cannot do without."""
        pasted, elsewhere = _text(self.jwks_file) or str(field.data or ""), (self.jwks_uri.data or "").strip()
        if self.saml:
            return
        if pasted.strip() and elsewhere:
            raise ValidationError("form.keys-twice")
        if not (pasted.strip() or elsewhere) and self._proves_itself():
            raise ValidationError("form.keys-needed")
        if pasted.strip():
            self.keys = self._key_set(pasted)

    def _proves_itself(self) -> bool:
        return self.machine or "client_credentials" in (self.grant_types.data or ())

    def _key_set(self, pasted: str) -> Mapping[str, Any]:
        try:
            return own_keys.key_set(pasted)
        except own_keys.Unfit as error:
            raise ValidationError("own-keys.fault." + error.fault) from error


def _text(field: FileField) -> str:
    octets = field.data.read(LONGEST_METADATA + 1) if field.data else b""
    return str(octets.decode("utf-8-sig", "replace"))


class DetailsForm(StepForm):
    """Which details it needs, and why."""

    attributes = SelectMultipleField("connect.attributes", [required()])
    why = TextAreaField("connect.why", [required(), TEXT, written])
    legal_basis = StringField("connect.legal-basis", [longest(500), line])
    on_behalf_of = SelectMultipleField(
        "connect.on-behalf-of",
        choices=[SelectChoice(kind.value, "connect.on-behalf-of." + kind) for kind in sorted(AT_SERVICES)],
    )
    entity_categories = SelectMultipleField("connect.entity-categories")

    GROUPS = (
        Group("connect.group.for-others", ("on_behalf_of",), folded=True),
        Group("connect.group.categories", ("entity_categories",), folded=True),
    )

    @classmethod
    def choosing(
        cls, turn: ConsoleTurn, data: dict[str, Any], options: Iterable[Option], categories: Iterable[str] = ()
    ) -> Self:
        """The form over the catalogue, and the entity categories that are known."""
        form = cls.of(turn, data)
        form.attributes.choices = [SelectChoice(each.value, each.names) for each in options]
        form.entity_categories.choices = [SelectChoice(each, {"sv": each}) for each in categories]
        return form


REQUIRED: Final = "required"


def why_form(names: Mapping[str, Names]) -> type[StepForm]:
    """The form that asks of each detail, by its names, why just that one is needed, and which it cannot do without."""
    reasons = {attribute: TextAreaField(told, [required(), TEXT, written]) for attribute, told in names.items()}
    choices = [SelectChoice(attribute, told) for attribute, told in names.items()]
    needed = {REQUIRED: SelectMultipleField("connect.required", choices=choices)}
    return type("WhyForm", (StepForm,), {**reasons, **needed})


class AcceptedForm(StepForm):
    """How sure it must be of who the person is, by which methods, and whether the person is asked."""

    levels = SelectMultipleField("connect.levels", [required()])
    consent = RadioField(
        "connect.consent",
        choices=[SelectChoice("never", "connect.consent.never"), SelectChoice("ask", "connect.consent.ask")],
        default="never",
    )
    methods = SelectMultipleField("connect.methods")
    accepts_coordination_number = BooleanField("connect.accepts-coordination-number")
    profile = RadioField(
        "connect.profile",
        choices=[SelectChoice(each.value, "connect.profile." + each.value) for each in Profile],
        default=Profile.DEFAULT.value,
    )

    GROUPS = (
        Group("connect.group.methods", ("methods",), folded=True),
        Group("connect.group.strict", ("accepts_coordination_number", "profile"), folded=True),
    )

    @classmethod
    def choosing(
        cls,
        turn: ConsoleTurn,
        data: dict[str, Any],
        levels: Iterable[str],
        names: Callable[[str], Any],
        methods: Mapping[str, Names] | None = None,
    ) -> Self:
        """The form over the levels that a service may accept, and the methods that the federation has."""
        form = cls.of(turn, data)
        form.levels.choices = [SelectChoice(each, names(each)) for each in levels]
        form.methods.choices = [SelectChoice(each, told) for each, told in (methods or {}).items()]
        return form


class SendForm(StepForm):
    """Why it is sent in. A new service says what it is for already; a change says why it is made."""

    reason = TextAreaField("connect.reason", [TEXT])

    @classmethod
    def about(cls, turn: ConsoleTurn, *, change: bool) -> Self:
        """The form of a new service, or of a change."""
        form = cls.of(turn)
        if change:
            form.reason.validators = [required(), TEXT, written]
        return form


FIELD_OF: Final[Mapping[str, tuple[str, str]]] = {
    "client_name": ("om", "name_sv"),
    "contacts": ("om", "mail"),
    "client_uri": ("om", "information_url"),
    "policy_uri": ("om", "privacy_url"),
    "logo_uri": ("om", "logo"),
    "initiate_login_uri": ("teknik", "initiate_login_uri"),
    "redirect_uris": ("teknik", "redirect_uris"),
    "post_logout_redirect_uris": ("teknik", "post_logout_redirect_uris"),
    "application_type": ("teknik", "application_type"),
    "grant_types": ("teknik", "grant_types"),
    "scope": ("teknik", "scope"),
    "subject_type": ("teknik", "subject_type"),
    "sector_identifier_uri": ("teknik", "redirect_uris"),
    "jwks": ("teknik", "jwks"),
    "jwks_uri": ("teknik", "jwks_uri"),
    "token_endpoint_auth_method": ("teknik", "jwks"),
    "client_secret": ("teknik", "jwks"),
}
"""By member of a registration (RFC 7591 section 2): the step and the field where a team says it. A secret is replaced by a key,
and who has keys proves itself by them.
"""
