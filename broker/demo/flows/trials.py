"""Flows: a service in test at the test issuer. It logs made-up persons in, and refuses what is wrong on purpose."""

from typing import Final

from broker.demo.browser import Page
from broker.demo.flows import Stage
from broker.demo.person import Person, expect, hold
from broker.demo.places import LOA

REFUSED: Final = ("wrong-signature", "expired", "wrong-audience", "replayed")
"""Answers that any client must refuse (OpenID Connect Core section 3.1.3.7). A level too low, and a detail that is missing, are
for the service itself to see.
"""


def _answered(person: Person, answer: str) -> Page:
    page = person.choose(person.at_oidc("trial"), "card")
    expect(page, "test-choice")
    return person.press(page, "/test", person="anna", level=f"{LOA}3", answer=answer)


def test_login(stage: Stage) -> None:
    """A made-up person is logged in, at the level that was chosen."""
    page = expect(_answered(Person(stage.places), "succeeded"), "oidc-service", state="in")
    hold(page.field("family_name") == "Provlund", f"expected Anna Provlund, got {page}")
    hold(page.field("level") == f"{LOA}3", f"expected level 3, got {page}")


def wrong_answers(stage: Stage) -> None:
    """The service logs nobody in by an answer that is wrong on purpose, and is told of a login that was cancelled."""
    for answer in REFUSED:
        person = Person(stage.places)
        expect(_answered(person, answer), "failed", what="not-accepted")
        expect(person.browser.get(f"{stage.places.oidc_service}/trial"), "oidc-service", state="out")
    expect(_answered(Person(stage.places), "cancelled"), "failed", what="refused")


def not_in_production(stage: Stage) -> None:
    """Neither issuer knows a service of the other."""
    person, ours = Person(stage.places), stage.places.oidc_service
    asked = "response_type=code&scope=openid&state=x&client_id=demo-"
    for base, name in ((stage.places.broker, "trial"), (f"{stage.places.broker}/test", "booking")):
        page = person.browser.get(f"{base}/oidc/authorize?{asked}{name}&redirect_uri={ours}/{name}/callback")
        expect(page, "U10", cause="request-unknown-service")
