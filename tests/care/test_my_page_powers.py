"""Powers of attorney that a person gives on My page: to whom, for what, until when; who sees them, and who does not."""

import html
import re

import pytest

from broker.login.effects import Overtaken, PersonKey
from broker.login.person import GiveRepresentation
from broker.web.console.mine import giving
from tests.support.console import NUMBERS, answered, consoles, service
from tests.support.effects import code_issued
from tests.support.mine_world import BO, Family, family
from tests.support.world import LEVEL2, MEMBER, Answer, Browser
from trust_framework.representation import Deed

pytest_plugins = ["tests.support.worlds"]

NEW = "/min-sida/ombud/ny"
UNKNOWN = "195006262546"
TAKING = {
    **service("errands", attributes=["representedName", "representedRelation"]),
    "names": {"sv": "Ärenden", "en": "Errands"},
    "on_behalf_of": ["power"],
}
CHILDREN_ONLY = {**service("childrens"), "names": {"sv": "Barnen"}, "on_behalf_of": ["guardian"]}


def with_services(*more: dict[str, object]) -> dict[str, object]:
    whole = family()
    whole["services"] = [*whole["services"], TAKING, CHILDREN_ONLY, *more]
    return whole


@pytest.fixture(scope="module")
def shared(lasting_worlds) -> Family:
    """A family that nobody changes."""
    return Family(consoles(lasting_worlds, with_services()))


@pytest.fixture
def home(worlds) -> Family:
    """A family of one test."""
    return Family(consoles(worlds, with_services()))


def said(answer: Answer) -> str:
    """The words of a page, on one line."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def filled(browser: Browser, **changes: object) -> Answer:
    """The form, sent with these; a field given as None is left out."""
    page = browser.get(NEW)
    assert page.page == "U11-give", (page.status, page.cause)
    typed = {"number": UNKNOWN, "name": "Bror Ek", "services": "errands", "last": "2027-03-01", **changes}
    action, fields = page.form("/ombud/ny", **{name: value for name, value in typed.items() if value is not None})
    return browser.follow(browser.post(action, fields))


def give(browser: Browser, **changes: object) -> Answer:
    """The form and the question after it, both answered."""
    sure = filled(browser, **changes)
    assert sure.page == "U11-sure", said(sure)
    return browser.follow(browser.post(*repeated(sure)))


def repeated(sure: Answer) -> tuple[str, dict[str, object]]:
    """The form of the question, whose fields may stand more than once."""
    action, fields = sure.form("/ombud/ny")
    many = re.findall(r'<input type="hidden" name="services" value="([^"]*)"', sure.text)
    return action, {**fields, **({"services": many} if many else {})}


def held(home: Family, number: str) -> list[object]:
    """What the store has of a number's person."""
    found = home.store.persons_by_keys((PersonKey("personalIdentityNumber", number),))
    return [one for person in found for one in home.store.representations_of(person) if one.representative == person]


def changes(home: Family) -> list[dict[str, object]]:
    return [one for one in home.world.events("representation.changed") if one["by"] != "file"]


# --- giving


def test_a_power_is_given_after_a_page_that_says_what_it_means(home: Family):
    anna = home.open()
    sure = filled(anna, care="y")
    assert "Ge Bror Ek fullmakt?" in said(sure)
    assert f"Den som har personnummer {UNKNOWN}" in said(sure)
    assert "Läsa det som vården har om dig" in said(sure)
    assert "Företräda dig i Ärenden." in said(sure)
    assert "till och med 2027-03-01" in said(sure)
    assert not changes(home), "nothing is given before the question is answered"

    listed = anna.follow(anna.post(*repeated(sure)))

    assert "Fullmakten gäller nu." in said(listed)
    assert f"Bror Ek ({UNKNOWN}) Fullmakt: fråga vården, läsa I tjänsterna: Ärenden Gäller" in said(listed)
    (one,) = held(home, UNKNOWN)
    assert (one.lets, one.services) == ({Deed.READ, Deed.ASK}, {"errands"})
    (event,) = changes(home)
    assert (event["act"], event["person"], event["by"]) == ("given", home.person("anna"), home.person("anna"))
    assert (event["services"], event["deeds"]) == (["errands"], ["ask", "read"])
    assert UNKNOWN not in str(event)
    assert "Bror" not in str(event)


def test_the_receiver_sees_it_once_they_log_in_known_before_or_not(home: Family):
    anna = home.open()
    give(anna, number=NUMBERS["dora"], care="y")

    dora = home.open("dora")

    words = said(dora.get("/min-sida/ombud"))
    assert "Anna Andersson Fullmakt: fråga vården, läsa I tjänsterna: Ärenden Gäller" in words
    assert "Med fullmakt: Anna Andersson" in said(dora.get("/min-sida/vem"))
    assert dora.get(f"/min-sida/for/{held(home, NUMBERS['dora'])[0].id}").page == "U11"


def test_a_power_for_services_alone_opens_nothing_of_care(home: Family):
    anna = home.open()
    give(anna, number=NUMBERS["dora"])
    dora = home.open("dora")

    assert dora.get("/min-sida/vem").page == "U6"
    assert "Anna" not in "".join(re.findall(r"Med fullmakt: \w+", said(dora.get("/min-sida/vem"))))
    assert dora.get(f"/min-sida/for/{held(home, NUMBERS['dora'])[0].id}").cause == "not-found"


def test_the_giver_takes_it_back_and_it_ends_at_once(home: Family):
    anna, dora = home.open(), home.open("dora")
    give(anna, number=NUMBERS["dora"], care="y")
    (one,) = held(home, NUMBERS["dora"])

    sure = anna.get(f"/min-sida/ombud/{one.id}")
    assert f"Återkalla fullmakten för Bror Ek ({NUMBERS['dora']})?" in said(sure)
    anna.follow(anna.post(*sure.form("/ombud/")))

    assert [event["act"] for event in changes(home)] == ["given", "revoked"]
    assert dora.get(f"/min-sida/for/{one.id}").cause == "not-found"
    assert anna.get(f"/min-sida/ombud/{one.id}").cause == "not-found"


def test_a_file_applied_again_leaves_powers_that_persons_gave(home: Family):
    anna = home.open()
    give(anna)
    home.world.reapply(with_services())
    assert [one.revoked_at for one in held(home, UNKNOWN)] == [None]


def test_nothing_tells_whether_the_register_knows_a_number(home: Family):
    """Same pages, same words, for somebody of the register, for a protected person, and for nobody."""
    anna = home.open()
    told = set()
    for number in (NUMBERS["dora"], "201806152391", UNKNOWN):
        sure = filled(anna, number=number)
        listed = said(anna.follow(anna.post(*repeated(sure))))
        card = listed[listed.index(f"Bror Ek ({number})") :].partition("Återkalla")[0]
        told.add((said(sure).replace(number, "…"), card.replace(number, "…")))
    assert len(told) == 1


def test_who_is_forgotten_takes_what_they_gave_along(home: Family):
    anna = home.open()
    give(anna)
    assert held(home, UNKNOWN)[0].given.number == UNKNOWN
    home.store.forget_person(home.person("anna"))
    assert held(home, UNKNOWN) == []


def test_the_copy_of_everything_has_what_the_person_wrote_and_not_who_it_is(home: Family):
    anna = home.open()
    give(anna)
    copied = anna.get("/min-sida/mina-uppgifter.json").json["representations"]
    (mine,) = [one for one in copied if "to" in one]
    assert (mine["to"], mine["services"]) == ({"number": UNKNOWN, "name": "Bror Ek"}, ["errands"])
    assert "to" not in home.open("dora").get("/min-sida/mina-uppgifter.json").json.get("representations", {})


# --- who may, and what is wrong


def test_giving_asks_for_level_3_and_a_login_of_just_now(shared: Family):
    assert shared.open(level=LEVEL2).get(NEW).status == 303
    anna = shared.open()
    assert anna.get(NEW).page == "U11-give"
    shared.world.clock.now += 301
    try:
        assert anna.get(NEW).status == 303
    finally:
        shared.world.clock.now -= 301


def test_a_child_gives_nothing(shared: Family):
    tim = shared.world.browser()
    answered(tim, tim.get("/min-sida"), "tim")
    assert tim.get(NEW).cause == "not-found"
    assert "Ge en fullmakt" not in said(tim.get("/min-sida/ombud"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"number": ""}, "fyllas i"),
        ({"number": "195006262547"}, "Det är inget personnummer"),
        ({"number": "5006262546"}, "Det är inget personnummer"),
        ({"number": MEMBER}, "Det är inget personnummer"),
        ({"number": "anna"}, "Det är inget personnummer"),
        ({"number": "195013326254"}, "Det är inget personnummer"),
        ({"number": "19121212-1212"}, "Det är ditt eget nummer"),
        ({"number": " 1912 1212 1212"}, "Det är ditt eget nummer"),
        ({"number": "1" * 21}, "för lång"),
        ({"name": ""}, "fyllas i"),
        ({"name": "   "}, "fyllas i"),
        ({"name": "x" * 101}, "för lång"),
        ({"services": None}, "Välj vad fullmakten gäller."),
        ({"services": "childrens"}, "Välj"),
        ({"services": "rp"}, "Välj"),
        ({"services": "no-such"}, "Välj"),
        ({"services": "tillit-min-sida"}, "Välj"),
        ({"last": ""}, "fyllas i"),
        ({"last": "2026-11-24"}, "Välj en dag från i dag"),
        ({"last": "2036-11-26"}, "Välj en dag från i dag"),
        ({"last": "9999-12-31"}, "Välj en dag från i dag"),
        ({"last": "2026-02-30"}, ""),
        ({"kind": "guardian"}, ""),
        ({"deeds": "block"}, ""),
    ],
)
def test_a_form_that_will_not_do_says_why_and_keeps_what_was_typed(shared: Family, changes, fault):
    answer = filled(shared.open(), **changes)
    assert answer.page == "U11-give", said(answer)
    assert fault.lower() in said(answer).lower()
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("last", ["2026-11-25", "2036-11-25"])
def test_the_first_and_the_last_day_that_will_do(shared: Family, last):
    assert filled(shared.open(), last=last).page == "U11-sure"


def test_the_question_cannot_be_jumped_over_with_something_else(home: Family):
    anna = home.open()
    sure = filled(anna)
    action, fields = repeated(sure)
    for forged in ({"services": "rp"}, {"number": "191212121212"}, {"last": "2020-01-01"}):
        assert anna.post(action, {**fields, **forged}).page == "U11-give"
    assert anna.post(action, {**fields, "csrf": "x"}).cause == "form-stale"
    assert not changes(home)


def test_there_is_a_most_of_powers_that_stand(home: Family, monkeypatch):
    monkeypatch.setattr(giving, "MOST_GIVEN", 1)
    anna = home.open()
    give(anna)
    assert "Du har redan" in said(filled(anna, number=BO))
    (one,) = held(home, UNKNOWN)
    sure = anna.get(f"/min-sida/ombud/{one.id}")
    anna.follow(anna.post(*sure.form("/ombud/")))
    assert filled(anna, number=BO).page == "U11-sure"


def test_a_power_that_is_given_in_another_window_meanwhile_counts(home: Family, monkeypatch):
    monkeypatch.setattr(giving, "MOST_GIVEN", 1)
    anna, elsewhere = home.open(), home.open()
    other = repeated(filled(elsewhere, number=BO))
    mine = repeated(filled(anna))
    commit, waiting = type(home.store).commit, [other]

    def meanwhile(store, effects):
        """The other window is a little faster."""
        if waiting and any(isinstance(each, GiveRepresentation) for each in effects.changes):
            elsewhere.post(*waiting.pop())
        commit(store, effects)

    monkeypatch.setattr(type(home.store), "commit", meanwhile)

    answer = anna.post(*mine)

    assert (answer.page, "Du har redan" in said(answer)) == ("U11-give", True)
    assert (len(held(home, BO)), len(held(home, UNKNOWN))) == (1, 0)
    assert [event["act"] for event in changes(home)] == ["given"]


def test_what_changes_all_the_time_is_not_done_and_says_so(home: Family, monkeypatch):
    anna = home.open()
    mine = repeated(filled(anna))

    def overtaken(store, effects):
        if any(isinstance(each, GiveRepresentation) for each in effects.changes):
            raise Overtaken("representation")
        return commit(store, effects)

    commit = type(home.store).commit
    monkeypatch.setattr(type(home.store), "commit", overtaken)
    assert anna.post(*mine).status == 303
    assert changes(home) == []


def test_who_was_given_it_declines_it_and_the_giver_sees_that_they_did(home: Family):
    anna, dora = home.open(), home.open("dora")
    give(anna, number=NUMBERS["dora"], care="y")
    (one,) = held(home, NUMBERS["dora"])
    assert f"/min-sida/ombud/{one.id}/avboj" not in anna.get("/min-sida/ombud").text
    assert anna.get(f"/min-sida/ombud/{one.id}/avboj").cause == "not-found"

    sure = dora.get(f"/min-sida/ombud/{one.id}/avboj")
    assert "Avböj fullmakten från Anna" in said(sure)
    assert "ser att du har avböjt" in said(sure)
    assert "Fullmakten är avböjd" in said(dora.follow(dora.post(*sure.form("/avboj"))))

    assert [(event["act"], event["by"]) for event in changes(home)][1:] == [("declined", home.person("dora"))]
    assert dora.get(f"/min-sida/for/{one.id}").cause == "not-found"
    for browser in (anna, dora):
        assert "Avböjd av ombudet" in said(browser.get("/min-sida/ombud"))
    for path in (f"/min-sida/ombud/{one.id}/avboj", f"/min-sida/ombud/{one.id}"):
        assert dora.get(path).cause == anna.get(path).cause == "not-found"
    action, fields = sure.form("/avboj")
    assert dora.post(action, fields).cause == "not-found"


def used(home: Family, representation: str, name: str, **more: object) -> None:
    """Somebody has logged in to a service for another."""
    given = {"at": home.world.clock.now, "service": "errands", "person": home.person(name), "on_behalf": representation}
    home.store.append((code_issued(**{"decision": "Released", "reference": "ABCD-2345", **given, **more}),))


def test_who_logged_in_for_one_when_at_which_service_and_as_what_is_shown(home: Family):
    anna = home.open()
    give(anna, number=NUMBERS["dora"])
    (one,) = held(home, NUMBERS["dora"])
    at = f"/min-sida/ombud/{one.id}/inloggningar"
    assert at in anna.get("/min-sida/ombud").text
    assert "Ingen har loggat in för dig så." in said(anna.get(at))
    used(home, one.id, "dora", at=home.world.clock.now - 91 * 86_400)
    used(home, one.id, "dora", at=home.world.clock.now - 3600)
    used(home, "another", "dora", service="rp")
    home.seal()
    used(home, one.id, "dora", decision="Refused", reason="represent-none")

    page = anna.get(at)

    assert page.page == "U11-used"
    assert "Bror Ek" in said(page)
    assert "Gjordes som: Fullmakt" in said(page)
    assert page.text.count("<tr><th") == 3
    assert page.text.count(">Ärenden<") == 2
    assert "Gick bra" in said(page)
    assert "2 rader" in said(page)
    assert NUMBERS["dora"] not in page.text.partition("</title>")[0]
    read = home.world.events("own.logins-read")[-1]
    assert (read["person"], read["sought"]) == (home.person("anna"), one.id)


def test_nobody_else_sees_who_logged_in_for_one(home: Family):
    anna = home.open()
    give(anna, number=NUMBERS["dora"])
    (one,) = held(home, NUMBERS["dora"])
    for name in ("dora", "eva"):
        assert home.open(name).get(f"/min-sida/ombud/{one.id}/inloggningar").cause == "not-found"
    assert anna.get("/min-sida/ombud/none/inloggningar").cause == "not-found"
    assert f"/min-sida/ombud/{home.about('alva')}/inloggningar" not in anna.get("/min-sida/ombud").text


def test_many_logins_for_one_are_paged(home: Family):
    anna = home.open()
    give(anna, number=NUMBERS["dora"])
    (one,) = held(home, NUMBERS["dora"])
    for n in range(52):
        used(home, one.id, "dora", at=home.world.clock.now - n)
    home.seal()
    page = anna.get(f"/min-sida/ombud/{one.id}/inloggningar")
    assert "52 rader" in said(page)
    following = html.unescape(re.search(r'href="([^"]*efter=[^"]+)"', page.text)[1])
    assert anna.get(following).text.count("<tr><th") == 3


def test_guardianship_is_not_declined_here(shared: Family):
    anna = shared.open()
    assert "Avböj" in said(anna.get("/min-sida/ombud"))
    assert anna.get(f"/min-sida/ombud/{shared.about('alva')}/avboj").cause == "not-found"
    assert anna.get(f"/min-sida/ombud/{shared.about('bo')}/avboj").page == "U11-sure"


def test_giving_and_taking_back_again_and_again_ends_for_the_day(home: Family, monkeypatch):
    monkeypatch.setattr(giving, "MOST_A_DAY", 1)
    anna = home.open()
    give(anna)
    (one,) = held(home, UNKNOWN)
    sure = anna.get(f"/min-sida/ombud/{one.id}")
    anna.follow(anna.post(*sure.form("/ombud/")))
    assert "Fortsätt i morgon" in said(filled(anna, number=BO))
    home.world.clock.now += 24 * 3600
    anna = home.open()
    assert filled(anna, number=BO).page == "U11-sure"


def test_of_many_services_those_searched_for_are_shown(shared: Family, monkeypatch):
    anna = shared.open()
    assert 'role="search"' not in anna.get(NEW).text
    monkeypatch.setattr(giving, "MOST_SHOWN", 1)
    assert 'role="search"' in anna.get(NEW).text
    assert "Ärenden" in said(anna.get(f"{NEW}?q=%C3%A4rend"))
    nothing = anna.get(f"{NEW}?q=%25")
    assert "Ingen tjänst tar emot fullmakter" in said(nothing)
    assert "Barnen" not in said(anna.get(NEW))
