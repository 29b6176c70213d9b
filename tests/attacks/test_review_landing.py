"""What a stranger can make the broker keep at the assertion consumer service: bounded in octets, not only in number."""

from dataclasses import replace
from urllib.parse import urlsplit

from broker.web.landings import USUAL_LENGTH
from broker.web.throttle import Limit, Throttle


def test_long_answers_use_up_a_source_as_the_many_that_they_are(world):
    browser = world.browser()
    at = browser.get(world.authorize_url(login_hint=None)).location
    login = urlsplit(at).path.split("/")[2]
    throttle = Throttle((Limit("landing", "source", 20),))
    on = replace(world.app.on, throttle=throttle)
    front = replace(world.app.front, on=on)
    world.app = replace(world.app, front=front, on=on)

    def posted(length):
        return world.browser().post("/saml/acs", {"SAMLResponse": "A" * length, "RelayState": login})

    assert [posted(100).status for _ in range(4)] == [303] * 4
    assert posted(8 * USUAL_LENGTH).status == 303
    assert [posted(8 * USUAL_LENGTH).status for _ in range(2)] == [429, 429]
