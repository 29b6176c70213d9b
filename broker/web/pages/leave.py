"""Pages on which a person leaves: back to the service, or logging out."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.pages.frame import Action, Names, Page, ServiceView


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnToService(Page):
    """U9. A form that a small script sends at once, and a button when scripts are off.

    Serves every answer by form: SAML POST binding, `response_mode=form_post`, and requests to an upstream provider, for
    which `service` is the provider.
    """

    template: ClassVar[str] = "return.html"
    mark: ClassVar[str] = "U9"
    scripted: ClassVar[bool] = True
    repeatable: ClassVar[bool] = False
    service: ServiceView
    action: str
    fields: tuple[tuple[str, str], ...]

    @property
    def posts_to(self) -> tuple[str, ...]:
        return (self.action,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOutAsk(Page):
    """U12, the question. Posts `csrf` to `action`. `services` are those that the sign-on has served."""

    template: ClassVar[str] = "log_out_ask.html"
    mark: ClassVar[str] = "U12-ask"
    action: str
    csrf: str
    services: tuple[Names, ...] = ()
    service: ServiceView | None = None
    stay: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLeft:
    """A service of the ended sign-on, and whether it is known that the person is logged out there."""

    names: Names
    out: bool
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(Page):
    """U12. Complete when every service said so. `card`: the person used a card, which must be taken out."""

    template: ClassVar[str] = "logged_out.html"
    mark: ClassVar[str] = "U12"
    services: tuple[ServiceLeft, ...] = ()
    card: bool = False
    service: ServiceView | None = None
    again: str | None = None

    @property
    def complete(self) -> bool:
        return all(service.out for service in self.services)
