"""The forms of connecting a service (M2): one a step, none with more than what that step is about."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Self

from wtforms import FileField, StringField, TextAreaField, ValidationError
from wtforms.fields import RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import Optional

from broker.web.bench import Option
from broker.web.console.forms import ConsoleForm, line, longest, required, written
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from metadata.redirect_uris import UnfitUri, check_https_uri

LONGEST_METADATA: Final = 2 * 1024 * 1024
NAME, TEXT, LIST = longest(200), longest(1000), longest(20_000)


def address(form: Any, field: StringField) -> None:  # noqa: ARG001  # WTForms calls with both
    """An https address, where anything stands."""
    try:
        check_https_uri((field.data or "").strip(), allow_http_loopback=True)
    except UnfitUri as error:
        raise ValidationError("form.address") from error


class AboutForm(ConsoleForm):
    """What it is called, and whom people may ask."""

    name_sv = StringField("connect.name-sv", [required(), NAME, line])
    name_en = StringField("connect.name-en", [required(), NAME, line])
    mail = StringField("connect.mail", [required(), NAME, line])
    information_url = StringField("connect.information-url", [Optional(), NAME, line, address])

    def validate_mail(self, field: StringField) -> None:
        """One address."""
        if (field.data or "").count("@") != 1:
            raise ValidationError("form.mail")


def needed_with(protocol: str) -> Callable[[ConsoleForm, Any], None]:
    """A field that one of the two protocols cannot do without."""

    def check(form: ConsoleForm, field: Any) -> None:
        if form["protocol"].data == protocol and not (field.data or "").strip():
            raise ValidationError("form.required")

    return check


class TechnicalForm(ConsoleForm):
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
    redirect_uris = TextAreaField("connect.redirect-uris", [LIST, needed_with("oidc")])
    application_type = RadioField(
        "connect.kind",
        choices=[SelectChoice("web", "connect.kind.web"), SelectChoice("native", "connect.kind.native")],
        default="web",
    )
    jwks_uri = StringField("connect.jwks-uri", [Optional(), NAME, line, address])

    def validate_metadata(self, field: TextAreaField) -> None:
        """For SAML: in the field, as a file, or where it is published."""
        given = (field.data or "").strip() or self.file.data or (self.metadata_url.data or "").strip()
        if self.protocol.data == "saml" and not given:
            raise ValidationError("form.required")


class DetailsForm(ConsoleForm):
    """Which details it needs, and why."""

    attributes = SelectMultipleField("connect.attributes", [required()])
    why = TextAreaField("connect.why", [required(), TEXT, written])
    legal_basis = StringField("connect.legal-basis", [longest(500), line])

    @classmethod
    def choosing(cls, turn: ConsoleTurn, data: dict[str, Any], options: Iterable[Option]) -> Self:
        """The form over the catalogue."""
        form = cls.of(turn, data)
        form.attributes.choices = [SelectChoice(each.value, each.names) for each in options]
        return form


def why_form(names: Mapping[str, Names]) -> type[ConsoleForm]:
    """The form that asks of each detail, by its names, why just that one is needed."""
    fields = {attribute: TextAreaField(told, [required(), TEXT, written]) for attribute, told in names.items()}
    return type("WhyForm", (ConsoleForm,), fields)


class AcceptedForm(ConsoleForm):
    """How sure it must be of who the person is, and whether the person is asked."""

    levels = SelectMultipleField("connect.levels", [required()])
    consent = RadioField(
        "connect.consent",
        choices=[SelectChoice("never", "connect.consent.never"), SelectChoice("ask", "connect.consent.ask")],
        default="never",
    )

    @classmethod
    def choosing(
        cls, turn: ConsoleTurn, data: dict[str, Any], levels: Iterable[str], names: Callable[[str], Any]
    ) -> Self:
        """The form over the levels that a service may accept."""
        form = cls.of(turn, data)
        form.levels.choices = [SelectChoice(each, names(each)) for each in levels]
        return form


class SendForm(ConsoleForm):
    """Why it is sent in. A new service says what it is for already; a change says why it is made."""

    reason = TextAreaField("connect.reason", [TEXT])

    @classmethod
    def about(cls, turn: ConsoleTurn, *, change: bool) -> Self:
        """The form of a new service, or of a change."""
        form = cls.of(turn)
        if change:
            form.reason.validators = [required(), TEXT, written]
        return form
