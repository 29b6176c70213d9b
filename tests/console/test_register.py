"""The register in the console: lists, an entry with its history, versions in words, points in time, the whole as a file."""

import csv
import io
import json

import pytest

from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects
from tests.support.console import OTHER, Console, answered, consoles, document, operator, owner, service
from tests.support.world import MEMBER, NOW, SECRET, Browser, Worlds
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
DAY = 24 * 3600


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def change(console: Console, id: str = "rp", reason: str = "why", by: str = "", **changes) -> None:
    """Change a service in the portal, and see that the world takes it up."""
    entry = console.world.store.register_entry("service", id)
    content = {**entry.content, **changes}
    new = EntryChange("service", id, content, entry.org, "portal", by, reason, expected=entry.version)
    console.world.store.commit(Effects((ChangeRegister((new,), console.world.clock.now),)))
    console.world.app.snapshots.refresh()


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "there"), [("member", "Exempelkommunen"), ("service", "Service rp2"), ("agreement", "A-2")]
)
def test_a_list_has_every_entry_of_its_kind(console: Console, kind: str, there: str):
    page = operator(console).get(f"/admin/register/{kind}")

    assert page.page == "register-list"
    assert there in page.text
    assert "2 rader" in page.text


def test_a_list_is_searched_and_narrowed_and_says_when_nothing_fits(console: Console):
    browser = operator(console)

    assert "1 rad" in browser.get("/admin/register/member?q=kommun").text
    assert "0 rader" in browser.get("/admin/register/member?lage=left").text
    assert "Inget passar" in browser.get("/admin/register/member?q=zzz").text


def test_a_list_goes_on_where_it_stopped(worlds: Worlds):
    services = [service(f"s{n:03}") for n in range(120)]
    console = consoles(worlds, {**document(agreements=[]), "services": services})
    browser = operator(console)

    first = browser.get("/admin/register/service")
    second = browser.get(
        first.text.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    )

    assert "Service s049" in first.text
    assert "Service s050" not in first.text
    assert "Service s050" in second.text
    assert "Service s049" not in second.text


def test_a_list_is_saved_whole_and_without_formulas(worlds: Worlds):
    services = [service(f"s{n:03}", client_name=f"=cmd{n}") for n in range(60)]
    console = consoles(worlds, {**document(agreements=[]), "services": services})

    answer = operator(console).get("/admin/register/service?som=csv")

    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert answer.header("Content-Type").startswith("text/csv")
    assert len(rows) == 61
    assert rows[1][:2] == ["s000", "'=cmd0"]


@pytest.mark.parametrize("path", ["federation", "nothing", "service/none", "service/rp/version/99", "nothing/rp"])
def test_what_is_not_there_is_not_found(console: Console, path: str):
    assert operator(console).get(f"/admin/register/{path}").status == 404


def test_the_portal_lists_the_own_services_and_no_others(console: Console):
    page = owner(console).get(f"/portal/{MEMBER}")

    assert f'href="/portal/{MEMBER}/tjanster/rp"' in page.text
    assert "rp2" not in page.text


# --- an entry ---------------------------------------------------------------------------------------------------------


def test_an_entry_is_told_in_words_with_its_history(console: Console):
    console.world.clock.now += DAY
    change(console, reason="för att", by=console.person("dora"), levels=["http://id.elegnamnden.se/loa/1.0/loa3"])

    page = operator(console).get("/admin/register/service/rp")

    assert "https://rp.example.org/cb" in page.text
    assert "federationsfilen" in page.text
    assert "portalen · Dora Andersson" in page.text
    assert "för att" in page.text


def test_a_version_says_what_it_changed_and_how_dangerous_that_was(console: Console):
    change(console, state="suspended")

    page = operator(console).get("/admin/register/service/rp/version/2")

    assert page.page == "register-version"
    assert "farlig" in page.text
    assert "stoppad" in page.text


@pytest.mark.parametrize("path", ["/admin/register/service/rp", "/admin/register/service/rp/version/1"])
def test_no_secret_is_shown(console: Console, path: str):
    content = console.world.store.register_entry("service", "rp").content

    page = operator(console).get(path)

    assert content["oidc"]["client_secret_hash"] not in page.text
    assert SECRET not in page.text
    assert "•••" in page.text


def test_a_member_sees_the_own_service_as_it_is_and_was(console: Console):
    change(console, reason="ny nivå", information_url="https://rp.example.org/om")
    browser = owner(console)

    shown = browser.get(f"/portal/{MEMBER}/tjanster/rp")
    version = browser.get(f"/portal/{MEMBER}/tjanster/rp/version/2")

    assert (shown.page, version.page) == ("register-entry", "register-version")
    assert "ny nivå" in shown.text
    assert "https://rp.example.org/om" in version.text


def test_an_entry_that_has_gone_is_shown_as_it_last_was(console: Console):
    console.world.reapply({**document(agreements=[]), "services": [service("rp")]})

    page = operator(console).get("/admin/register/service/rp2")

    assert "borttagen" in page.text
    assert "Service rp2" in page.text or "rp2" in page.text
    assert operator(console).get("/admin/register/service/rp2/version/2").status == 200


def test_an_entry_that_this_release_cannot_read_is_shown_all_the_same(console: Console):
    change(console, future="thing")

    assert operator(console).get("/admin/register/service/rp").status == 200
    assert "future" in operator(console).get("/admin/register/service/rp/version/2").text


# --- a point in time ------------------------------------------------------------------------------------------------------


def test_the_register_is_shown_as_it_was_at_a_time(console: Console):
    console.world.clock.now += DAY
    console.world.reapply({**document(agreements=[]), "services": [service("rp"), service("rp2"), service("rp3")]})
    browser = operator(console)
    then = "2026-11-25T10:46"  # NOW is 10:46:40 in Stockholm

    at_first = browser.get("/admin/register?vid=2026-11-26T10:00").text
    before = browser.get(f"/admin/register?vid={then}").text

    assert "Version 1 gällde" in at_first
    assert "Version 0 gällde" in before
    assert NOW == 1_795_600_000


def test_what_a_version_counts_is_what_stood_then(console: Console):
    console.world.reapply({**document(agreements=[]), "services": [service("rp")]})
    store = console.world.store

    for version in (0, 1, 2):
        there = [entry.kind for entry in store.register_entries(version)]
        assert store.register_counts_at(version) == {kind: there.count(kind) for kind in set(there)}


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "99999-01-01T00:00", "0001-01-01T00:00", "<b>"])
def test_a_time_that_is_none_is_said_to_be_so_and_kept(console: Console, time: str):
    page = operator(console).get(f"/admin/register?vid={time}")

    assert page.status == 200
    assert 'role="alert"' in page.text or "Version 0" in page.text
    assert "<b>" not in page.text


# --- configuration ------------------------------------------------------------------------------------------------------


def test_every_setting_is_shown_with_where_it_comes_from(console: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TILLIT_CONTACT", "hjalp@example.org")

    page = operator(console).get("/admin/installningar")

    assert page.page == "O8"
    for name in ("TILLIT_BASE_URL", "TILLIT_ENV", "TILLIT_SIGN_ON_IDLE"):
        assert name in page.text
    assert "miljövariabel" in page.text
    assert "standardvärde" in page.text


def test_what_differs_from_the_file_is_listed_until_a_file_says_it(console: Console):
    browser = operator(console)
    assert "Registret är som filen säger." in browser.get("/admin/installningar").text

    change(console, information_url="https://rp.example.org/om")

    assert 'href="/admin/register/service/rp"' in browser.get("/admin/installningar").text


def test_what_is_listed_as_different_is_what_a_file_would_find_different(console: Console):
    store = console.world.store
    change(console, information_url="https://rp.example.org/om")
    change(console, "rp2", information_url="https://rp2.example.org/om")
    new = EntryChange("member", "5569813562", {"org": "5569813562", "name": {"sv": "Ny"}}, "5569813562", "api")
    store.commit(Effects((ChangeRegister((new,), console.world.clock.now),)))

    assert {(e.kind, e.id) for e in store.register_drifted(9)} == {(e.kind, e.id) for e in store.register_drift()}
    assert store.register_drifted_count(9) == len(store.register_drift()) == 3
    assert store.register_drifted_count(1) == 1


def test_a_file_that_says_what_stands_ends_the_difference(console: Console):
    store = console.world.store
    change(console, information_url="https://rp.example.org/om")
    assert store.register_drifted_count(9) == 1

    console.world.reapply(store.federation_document())

    assert store.register_drifted_count(9) == len(store.register_drift()) == 0
    assert store.register_entry("service", "rp").content["information_url"] == "https://rp.example.org/om"


@pytest.mark.spec("AD", "04")
def test_the_register_is_exported_after_a_step_up_and_reads_back_as_it_was(console: Console):
    browser = operator(console)
    console.world.clock.now += 5 * 60 + 1

    sent = browser.get("/admin/installningar/export")
    file = answered(browser, sent, "dora")

    assert sent.status == 303
    assert file.header("Content-Disposition") == 'attachment; filename="federation-1.yaml"'
    before = console.world.store.federation_document()
    console.world.reapply(json.loads(file.text))
    assert console.world.store.federation_document() == before
    assert console.world.store.register_since(1) == ()
    (event,) = console.world.events("register.exported")
    assert (event["version"], event["by"]) == (1, console.person("dora"))


def test_an_earlier_version_is_exported_too_and_a_later_is_not(console: Console):
    change(console, information_url="https://rp.example.org/om")
    browser = operator(console)

    first = json.loads(browser.get("/admin/installningar/export?version=1").text)
    second = json.loads(browser.get("/admin/installningar/export").text)

    assert "information_url" not in first["services"][0]
    assert second["services"][0]["information_url"] == "https://rp.example.org/om"
    for version in ("3", "-1", "x", "1" * 20):
        assert browser.get(f"/admin/installningar/export?version={version}").status == 404


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize(
    ("role", "path", "page"),
    [
        (Role.READER, "/admin/installningar", "not-allowed"),
        (Role.READER, "/admin/installningar/export", "not-allowed"),
        (Role.SECURITY_OFFICER, "/admin/installningar", "O8"),
        (Role.READER, "/admin/register", "register"),
    ],
)
def test_a_role_sees_what_it_may(console: Console, role: Role, path: str, page: str):
    assert console.browser("eva", (FEDERATION, role)).get(path).page == page


def test_a_reader_is_offered_no_page_that_is_closed_to_it(console: Console):
    browser: Browser = console.browser("eva", (FEDERATION, Role.READER))

    assert 'href="/admin/installningar"' not in browser.get("/admin").text
    assert 'href="/admin/register"' in browser.get("/admin").text


def test_another_members_service_is_not_found_even_in_its_old_versions(console: Console):
    change(console, "rp2", member=MEMBER)  # the content says so; whose entry it is does not change by that

    assert owner(console).get(f"/portal/{MEMBER}/tjanster/rp2").status == 404
    assert owner(console, "eva", OTHER).get(f"/portal/{OTHER}/tjanster/rp2/version/1").status == 200
