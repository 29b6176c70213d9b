"""Who asks too often is slowed down: by browser and by source, never by person, in a bounded memory."""

from broker.web.throttle import LIMITS, Limit, Throttle
from tests.support.world import SECRET, Worlds, client, federation

CHOICE = {"login_hint": None}
TWO = (Limit("step", "source", 4), Limit("step", "browser", 2))


class Minutes:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def asked(throttle: Throttle, browser: str, source: str) -> bool:
    return throttle.allows("step", {"browser": browser, "source": source})


def test_a_browser_has_its_share_and_another_behind_the_same_address_has_its_own():
    throttle = Throttle(TWO)
    assert [asked(throttle, "a", "nat") for _ in range(3)] == [True, True, False]
    assert asked(throttle, "b", "nat")


def test_a_source_has_its_share_however_many_browsers_it_makes_up():
    throttle = Throttle(TWO)
    assert [asked(throttle, f"b{n}", "nat") for n in range(6)] == [True] * 4 + [False] * 2
    assert asked(throttle, "b0", "elsewhere")


def test_the_share_comes_back_with_the_next_window():
    clock = Minutes()
    throttle = Throttle(TWO, clock)
    assert [asked(throttle, "a", "nat") for _ in range(3)][-1] is False
    clock.at += 60
    assert asked(throttle, "a", "nat")


def test_a_flood_of_names_leaves_no_more_counters_than_are_kept():
    throttle = Throttle((Limit("step", "browser", 2),), kept=50)
    for n in range(10_000):
        throttle.allows("step", {"browser": f"{n}" * 50})
    assert len(throttle._counts) <= 50


def test_a_look_counts_nothing():
    throttle = Throttle(TWO)
    who = {"browser": "a", "source": "nat"}
    assert not any(throttle.spent("step", who) or throttle.seen("step", "source", "nat") for _ in range(9))
    asked(throttle, "a", "nat")
    asked(throttle, "a", "nat")
    assert throttle.spent("step", who)
    assert throttle.seen("step", "source", "nat")
    assert not throttle.seen("step", "source", "elsewhere")


def test_of_a_kind_the_limit_of_the_source_stands_before_the_narrower_and_is_the_wider():
    kinds = {limit.kind for limit in LIMITS}
    for kind in kinds:
        rows = [limit for limit in LIMITS if limit.kind == kind]
        assert rows[0].by == "source"
        assert [limit.most for limit in rows] == sorted((limit.most for limit in rows), reverse=True)


def test_a_browser_that_starts_methods_without_end_gets_a_page_that_says_when_to_come_back(worlds: Worlds):
    world = worlds.make(federation(client()))
    browser, other = world.browser(), world.browser()
    answers = []
    for who in [browser] * 31 + [other]:
        page = who.follow(who.get(world.authorize_url(**CHOICE) + "&prompt=login"))
        answers.append(who.post(*_start(page)))
    statuses = [answer.status for answer in answers]
    assert statuses == [303] * 30 + [429] + [303]
    assert (answers[30].cause, answers[30].page) == ("too-many", "U10")
    assert answers[30].header("Retry-After") == "60"


def _start(answer):
    """Start the test method, whichever page the login is at."""
    action, fields = answer.form("/login/")
    login = action.split("/")[2].partition("?")[0]
    return f"/login/{login}", {"csrf": fields["csrf"], "method": "test"}


def test_a_client_that_fails_too_often_is_not_looked_at_and_the_same_client_elsewhere_is(worlds: Worlds):
    world = worlds.make(federation(client()))
    grant = {"grant_type": "client_credentials", "scope": "profile"}
    wrong = [world.token(secret="wrong", **grant) for _ in range(121)]
    assert [answer.status for answer in wrong] == [401] * 120 + [429]
    assert wrong[-1].header("Retry-After") == "60"
    assert wrong[-1].json["error"] == "temporarily_unavailable"
    assert world.token(secret=SECRET, **grant).status == 429
    elsewhere = worlds.make(federation(client()), trusted_proxy="127.0.0.1")
    for _ in range(121):
        elsewhere.request("POST", "/oidc/token", {**grant, "client_id": "rp"}, X_Forwarded_For="192.0.2.1")
    assert elsewhere.token(secret=SECRET, **grant).status != 429


def test_what_names_no_client_is_counted_for_its_source_alone(worlds: Worlds):
    world = worlds.make()
    for headers in ({"Authorization": "Basic !!!"}, {"Authorization": "Basic /w=="}, {}):
        answer = world.request("POST", "/oidc/token", {"grant_type": "client_credentials"}, **headers)
        assert answer.status == 401
    assert world.request("POST", "/oidc/token", b"x", Content_Type="text/plain").status == 400
