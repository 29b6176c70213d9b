"""The first pages: numbers that equal what happened, and lists behind them."""

import re

import pytest

from broker.web.console import todo, waiting
from broker.web.console.start import percent
from tests.support.console import OTHER, Console, consoles, document, operator, owner, service
from tests.support.world import MEMBER, NOW, Worlds

pytest_plugins = ["tests.support.worlds"]
DAY = 24 * 3600


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def logins(console: Console, id: str, good: int = 0, cancelled: int = 0) -> None:
    """So many logins at a service, by the test method, and so many that were cancelled."""
    url = f"https://{id}.example.org/cb"
    for n in range(good + cancelled):
        hint = "test:anna" if n < good else "test:anna;result=cancelled"
        console.world.browser().get(console.world.authorize_url(id, redirect_uri=url, login_hint=hint))


def count(console: Console) -> None:
    """Seal the log and count it, as the jobs do."""
    jobs = {plan.job.name: plan.job for plan in console.world.app.jobs._plans}
    for name in ("seal", "counts"):
        jobs[name].run()


def row(page: str, name: str) -> list[str]:
    """The cells of the row that a name heads, without their markup."""
    found = next(r for r in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL) if name in r)
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", found, re.DOTALL)]


def test_the_portal_counts_the_logins_and_faults_of_seven_days(console: Console):
    logins(console, "rp", good=1)
    console.world.clock.now += 8 * DAY
    logins(console, "rp", good=3, cancelled=1)
    logins(console, "rp2", good=2)
    count(console)

    page = owner(console).get(f"/portal/{MEMBER}").text

    assert row(page, "Service rp")[1:] == ["produktion", "OpenID Connect", "publicerad", "3", "25 %"]


def test_a_service_nobody_has_used_has_no_share_of_faults(console: Console):
    assert row(owner(console).get(f"/portal/{MEMBER}").text, "Service rp")[4:] == ["0", "–"]


def test_counting_goes_on_where_it_stopped(console: Console):
    for _ in range(3):
        logins(console, "rp", good=1)
        count(console)

    assert console.world.store.logins_of("rp", NOW).good == 3
    assert console.world.store.count_logins() == 0


def test_the_dashboard_counts_what_its_lists_show(console: Console):
    logins(console, "rp", good=30, cancelled=2)
    count(console)

    page = operator(console).get("/admin").text

    assert '<a href="/admin/register/member">2<' in page
    assert '<a href="/admin/register/service">2<' in page
    assert '<a href="/admin/installningar">0<' in page
    assert '<a href="#metoder">2.0<' in page
    assert row(page, "/admin/register/method/test")[1:3] == ["30", "2 (6 %)"]
    assert row(page, "user-cancelled")[1:] == ["2", "0"]


def test_a_cause_is_set_beside_the_week_before(console: Console):
    logins(console, "rp", cancelled=3)
    console.world.clock.now += 8 * DAY
    logins(console, "rp2", cancelled=1)
    count(console)

    assert row(operator(console).get("/admin").text, "user-cancelled")[1:] == ["1", "3"]


def test_the_dashboard_says_where_the_log_stands(console: Console):
    browser = operator(console)
    before = browser.get("/admin").text
    count(console)
    after = browser.get("/admin").text

    assert "<dd>–</dd>" in before
    assert "<dd>–</dd>" not in after


def test_old_numbers_are_forgotten(console: Console):
    logins(console, "rp", good=1)
    count(console)
    console.world.clock.now += 3 * DAY
    console.world.store.expire(3600)
    assert console.world.store.logins_by_minute(NOW - DAY) == ()
    assert console.world.store.logins_of("rp", NOW).good == 1

    console.world.clock.now += 400 * DAY
    console.world.store.expire(3600)

    assert console.world.store.logins_of("rp", NOW).good == 0


def test_what_waits_is_asked_of_every_source_and_shown_with_its_button(console: Console, monkeypatch):
    def source(turn):
        yield todo.Todo({"sv": f"För {turn.org or 'alla'}"}, "/portal/x", {"sv": "Gör det"})

    monkeypatch.setattr(waiting, "SOURCES", (source,))

    assert f"För {MEMBER}" in owner(console).get(f"/portal/{MEMBER}").text
    assert "För alla" in operator(console).get("/admin").text


@pytest.mark.parametrize(
    ("share", "said"), [(None, ""), (0.0, "0 %"), (0.001, "< 1 %"), (0.25, "25 %"), (0.999, "100 %"), (1.0, "100 %")]
)
def test_a_share_is_told_as_people_read_it(share, said):
    assert percent(share) == said


def test_services_of_others_are_not_counted_among_the_own(worlds: Worlds):
    services = [service("a"), service("b"), service("c", OTHER)]
    console = consoles(worlds, {**document(agreements=[]), "services": services})

    assert "2 rader" in owner(console).get(f"/portal/{MEMBER}").text


# --- every number has its list


def test_behind_each_number_of_logins_and_faults_stand_the_services_that_make_it(console: Console):
    logins(console, "rp", good=3, cancelled=2)
    logins(console, "rp2", good=1, cancelled=1)
    count(console)
    dora = operator(console)
    start = dora.get("/admin").text

    for given, number, each in (
        ("lage=released&amp;metod=test", 4, ["3", "1"]),
        ("lage=fault&amp;metod=test", 3, ["2", "1"]),
        ("lage=user-cancelled", 3, ["2", "1"]),
    ):
        assert f'<a href="/admin/antal?{given}">{number}<' in start
        page = dora.get(f"/admin/antal?{given.replace('&amp;', '&')}")
        assert page.page == "tally"
        assert f"Sammanlagt {number}." in page.text
        assert [row(page.text, f"Service {s}")[2] for s in ("rp", "rp2")] == each
    theirs = dora.get(f"/portal/{MEMBER}/inloggningar/rp?lage=user-cancelled")
    assert "2 rader" in theirs.text
    assert f"/portal/{MEMBER}/inloggningar/rp?lage=user-cancelled" in dora.get("/admin/antal?lage=user-cancelled").text


@pytest.mark.parametrize(
    "given", ["", "lage=never", "metod=never", "lage=%00", "metod=" + "x" * 300, "lage='%20or%201"]
)
def test_a_list_of_nothing_is_empty_whatever_is_asked_for(console: Console, given: str):
    answer = operator(console).get(f"/admin/antal?{given}")
    assert answer.status in {200, 400}
    assert answer.status == 400 or "Ingen tjänst har haft" in answer.text


def test_who_may_not_see_logins_does_not_see_how_many_of_whom(console: Console):
    from trust_framework.roles import FEDERATION, Role

    assert console.browser("eva", (FEDERATION, Role.READER)).get("/admin/antal").page == "not-allowed"


def test_what_waits_for_approvers_is_counted_by_kind_and_each_leads_to_its_list(console: Console):
    from tests.console.test_proposals import APPLICATION, NAMES, proposed

    owner(console)
    careful = proposed(console, names=NAMES)
    dangerous = proposed(console, attributes=["givenName", "sn", "displayName", "mail"])
    carl = console.sign_on("carl")
    carl.post(*carl.get("/portal/ansok").fields(**APPLICATION))
    (application,) = (p.id for p in console.world.store.proposal_page("applications").proposals)
    dora = operator(console)
    page = dora.get("/admin").text

    for told, state, there in (
        ("Ansökningar om medlemskap som väntar på beslut: 1", "applications", application),
        ("Farliga ändringar som hålls i väntan på beslut: 1", "held", dangerous),
        ("Andra förslag som väntar på beslut: 1", "careful", careful),
    ):
        assert told in page
        shown = dora.get(f"/admin/forslag?lage={state}").text
        assert [id_ for id_ in (application, dangerous, careful) if id_ in shown] == [there]


def test_a_feed_that_fails_has_its_card_until_it_is_taken_in_again_or_is_gone(console: Console):
    from broker.federation.feeds import FeedState, KeepFeed
    from broker.federation.register import ChangeRegister, EntryChange
    from broker.login.effects import Effects

    store, dora = console.world.store, operator(console)
    store.commit(Effects((KeepFeed(FeedState("swamid", failing_since=NOW - DAY, error="fetch")),)))
    assert "swamid" not in dora.get("/admin").text
    entry = EntryChange("feed", "swamid", {"id": "swamid"}, "", "file")
    store.commit(Effects((ChangeRegister((entry,), NOW),)))
    page = dora.get("/admin").text
    assert "Flödet swamid går inte att ta in" in page
    assert "/admin/register/feed/swamid" in page
    store.commit(Effects((KeepFeed(FeedState("swamid")),)))
    assert "swamid" not in dora.get("/admin").text


def test_addresses_that_fail_are_counted_with_the_list_behind(console: Console, monkeypatch):
    from broker.federation.addresses import AddressPage

    store = type(console.world.store)
    asked: list[tuple] = []
    monkeypatch.setattr(store, "address_page", lambda _, *a, **m: asked.append(a) or AddressPage((), 3))
    page = operator(console).get("/admin").text
    assert "Adresser som inte går att hämta metadata eller nycklar från: 3" in page
    assert "/admin/adresser?lage=failing" in page
    assert ("", "", "failing") in asked


def test_the_dashboard_says_when_the_log_was_last_verified_and_what_that_came_to(console: Console):
    from broker.audit.verified import Verified

    dora = operator(console)
    assert "<dd>aldrig</dd>" in dora.get("/admin").text
    Verified(NOW, 0, 9, 0).keep(console.world.store)
    assert "oförändrad" in dora.get("/admin").text
    Verified(NOW, 0, 9, 2).keep(console.world.store)
    assert "inte som den signerades" in dora.get("/admin").text
