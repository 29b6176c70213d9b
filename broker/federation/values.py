"""What one value of the federation file may be: texts, numbers of organisations, levels, days, names by language.

Owns the kinds of values and the base of all entries. Which of them stands under which key is `schema`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from trust_framework import identifiers, loa
from trust_framework.attribute_sets import ATTRIBUTE_SETS
from trust_framework.attributes import CATALOGUE, MADE_HERE
from trust_framework.providers import RESERVED
from trust_framework.values import MAIL

MAXIMUM_TEXT: Final = 1024
LANGUAGES: Final = ("sv", "en")
ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
PERSON_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has a control or direction character, or a line break")
    return value


def _lines(value: str) -> str:
    for line in value.split("\n"):
        _printable(line)
    return value


def _mail(value: str) -> str:
    if len(value) > MAIL.max_length or not (value.isprintable() and MAIL.valid and MAIL.valid(value)):
        raise ValueError("is no mail address")
    return value


def _level(uri: str) -> str:
    if loa.retired(uri):
        raise ValueError(f"{uri} is withdrawn and may not be used any more")
    if not loa.known(uri):
        raise ValueError(f"{uri} is no level of assurance known here")
    return uri


def _attribute(name: str) -> str:
    if name not in CATALOGUE:
        raise ValueError(f"{name} is not in the attribute catalogue")
    return name


def _attribute_set(uri: str) -> str:
    if uri not in ATTRIBUTE_SETS:
        raise ValueError(f"{uri} is no attribute set known here")
    return uri


def _assertable(name: str) -> str:
    if name in RESERVED or CATALOGUE[_attribute(name)].source in MADE_HERE:
        raise ValueError(f"{name} is made by the broker itself; nobody may assert it")
    return name


def _organisation(number: str) -> str:
    if not identifiers.organisation_number(number):
        raise ValueError("is no organisation number: ten digits without hyphen, the last a check digit")
    return number


def _hsa_id(value: str) -> str:
    if not identifiers.hsa_id(value):
        raise ValueError("is no HSA-id")
    return value


def _web_address(value: str) -> str:
    from metadata.redirect_uris import UnfitUri, check_https_uri

    try:
        check_https_uri(value)
    except UnfitUri as error:
        raise ValueError(f"is no https address: {error}") from error
    return value


def _logo(value: str) -> str:
    """A picture as text, as it is kept; anything else is a path, which is brought in before anybody uses it."""
    from metadata.logos import logo_of

    return logo_of(value).text if value.startswith("data:") else _printable(value)


def _category(value: str) -> str:
    scheme, colon, rest = value.partition(":")
    if not (scheme.isalpha() and colon and rest and value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("is no URI of an entity category")
    return value


def _languages(value: Any) -> Any:
    if isinstance(value, Mapping) and (unknown := sorted(str(key) for key in value if key not in LANGUAGES)):
        raise ValueError(f"{unknown[0]} is no language of the pages; those are {', '.join(LANGUAGES)}")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str) and not identifiers.real_date(value):
        raise ValueError("is not a day written YYYY-MM-DD")
    return value


def several(value: Any) -> Any:
    """A list, where one text stands for a list of one."""
    return [value] if isinstance(value, str) else value


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=MAXIMUM_TEXT, strip_whitespace=True), AfterValidator(_printable)
]
Note = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True), AfterValidator(_lines)]
MailAddress = Annotated[str, AfterValidator(_mail)]
Id = Annotated[str, StringConstraints(pattern=ID)]
Level = Annotated[str, AfterValidator(_level)]
AttributeName = Annotated[str, AfterValidator(_attribute)]
AttributeSet = Annotated[str, AfterValidator(_attribute_set)]
AssertedName = Annotated[str, AfterValidator(_assertable)]
OrganisationNumber = Annotated[str, AfterValidator(_organisation)]
HsaId = Annotated[str, AfterValidator(_hsa_id)]
Day = Annotated[date, BeforeValidator(_day)]
CategoryUri = Annotated[str, AfterValidator(_category)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Logo = Annotated[str, StringConstraints(min_length=1), AfterValidator(_logo)]
Names = Annotated[Mapping[str, Text], BeforeValidator(_languages), Field(min_length=1)]
Values = Annotated[tuple[str, ...], BeforeValidator(several)]


def named(description: str, **more: Any) -> Any:
    """A field for names by language; `name` is the word, `names` is understood."""
    return Field(validation_alias=AliasChoices("name", "names"), description=description, **more)


class Entry(BaseModel):
    """Whatever stands in the file: unchangeable, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)
