"""The test method with three personas."""

from idp_adapters.base import Ask, Inbound
from idp_adapters.methods import test as method
from tests.support.adapters import NOW, UnderTest

PERSONS = {
    "kalle": {"personalIdentityNumber": "191212121212", "givenName": "Kalle", "sn": "Prov"},
    "astrid": {
        "personalIdentityNumber": "195006262546",
        "givenName": "Astrid",
        "sn": "Exempelberg",
        "mail": ["a@x.se", "b@x.se"],
    },
    "bo.b@example.se": {},
}


def settings(**changes) -> method.TestSettings:
    return method.TestSettings(**{"environment": "test", "persons": PERSONS, **changes})


def adapter(**changes) -> method.TestMethod:
    return settings(**changes).adapter("test", None)


def under_test() -> UnderTest:
    made = adapter()

    def completing(ask: Ask) -> tuple[bytes, Inbound, int]:
        return made.start(ask, NOW).state, Inbound({"username": "kalle"}), NOW + 5

    return UnderTest(made, settings().terms("test"), completing)
