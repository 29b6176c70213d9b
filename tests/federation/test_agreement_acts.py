"""What parties do with an agreement: each act leads to content that reads, and those that may not be done say why not."""

import copy

import pytest

from broker.federation import agreements as acts
from broker.federation.agreements import By, NotNow
from tests.support import federation as good
from tests.support.trust import LOA2, LOA3
from trust_framework.agreements import Standing
from trust_framework.days import DAY, day_of

NOW = good.NOW
GIVER, RECEIVER, THIRD = good.GIVER, good.ORG, "2021005489"
US, THEM = By(GIVER, "p1", "Eva", LOA3), By(RECEIVER, "-_p2", "Bo", LOA3)


def content(**changes):
    made = copy.deepcopy(dict(good.IN_FULL))
    terms = made["versions"][0]
    terms |= {"from": day_of(NOW - DAY).isoformat(), "review": day_of(NOW + 300 * DAY).isoformat(), **changes}
    for contact in made["contacts"]:
        contact["confirmed"] = day_of(NOW - DAY).isoformat()
    return made


def sign(made, *who):
    for by in who:
        made = acts.signed(made, by, acts.read(made).proposed.digest, NOW)
    return made


def standing(made):
    return acts.read(made).standing(NOW)


def refused(code, act, *given):
    with pytest.raises(NotNow) as why:
        act(*given)
    assert why.value.code == code


def test_it_holds_when_all_have_signed():
    half = sign(content(), US)
    assert standing(half) is Standing.UNSIGNED
    assert standing(sign(half, THEM)) is Standing.ACTIVE


def test_a_signature_is_over_what_was_shown_at_level_three_and_once():
    shown = acts.read(content()).proposed.digest
    refused("changed", acts.signed, content(purpose="annat"), US, shown, NOW)
    refused("level", acts.signed, content(), By(GIVER, "p1", "Eva", LOA2), shown, NOW)
    refused("nothing-to-sign", acts.signed, content(), By(THIRD, "p", "X", LOA3), shown, NOW)
    refused("nothing-to-sign", acts.signed, sign(content(), US), US, shown, NOW)
    refused("nothing-to-sign", acts.signed, sign(content(), US, THEM), US, shown, NOW)
    refused("incomplete", acts.signed, content(purpose=""), US, acts.read(content(purpose="")).proposed.digest, NOW)


def test_a_signature_over_an_older_draft_is_replaced():
    made = sign(content(), US)
    made["versions"][0]["purpose"] = "annat"
    again = acts.signed(made, US, acts.read(made).proposed.digest, NOW)
    assert len(again["versions"][0]["signatures"]) == 1


def test_what_is_no_agreement_in_full_is_not_acted_upon():
    refused("short-form", acts.read, good.CONTENT["agreements"][0])
    refused("malformed", acts.read, {"id": "x"})
    assert acts.parties(good.CONTENT["agreements"][0]) == frozenset()
    assert acts.parties(content()) == {GIVER, RECEIVER}


# --- drafts


def test_a_draft_is_version_one_and_the_next_follows_what_was_signed():
    whole = content()
    terms = {name: value for name, value in whole["versions"][0].items() if name != "version"}
    head = {"id": "avtal-2", "contacts": whole["contacts"]}
    first = acts.drafted(None, terms, head, US)
    assert first["versions"][0]["version"] == 1
    second = acts.drafted(sign(first, US, THEM), {**terms, "purpose": "annat"}, {}, US)
    assert [each["version"] for each in second["versions"]] == [1, 2]
    assert acts.read(second).in_force(NOW).version == 1
    replaced = acts.drafted(second, {**terms, "purpose": "ännu ett"}, {}, THEM)
    assert [each["purpose"] for each in replaced["versions"]] == [terms["purpose"], "ännu ett"]


def test_only_a_party_drafts():
    terms = {name: value for name, value in content()["versions"][0].items() if name != "version"}
    outsider = By(THIRD, "p", "X", LOA3)
    refused("no-party", acts.drafted, None, terms, {"id": "x"}, outsider)
    intruding = [*terms["parties"], {"org": THIRD, "role": "receiver"}]
    refused("no-party", acts.drafted, sign(content(), US, THEM), {**terms, "parties": intruding}, {}, outsider)


# --- stops


@pytest.mark.parametrize("by", [US, THEM, By("federation", "op", "Operatör", LOA3)])
def test_anybody_concerned_stops_it_and_who_stopped_lets_it_go_on(by):
    stopped = acts.suspended(sign(content(), US, THEM), by, "intrång", NOW)
    assert standing(stopped) is Standing.SUSPENDED
    other = US if by is THEM else THEM
    refused("not-stopped", acts.resumed, stopped, other, "x", NOW)
    assert standing(acts.resumed(stopped, by, "åtgärdat", NOW)) is Standing.ACTIVE


def test_it_is_stopped_once_by_each():
    stopped = acts.suspended(sign(content(), US, THEM), US, "intrång", NOW)
    refused("stopped-already", acts.suspended, stopped, US, "igen", NOW)
    refused("not-stopped", acts.resumed, content(), US, "x", NOW)


# --- leaving


def wide():
    made = content()
    made["versions"][0]["parties"].append({"org": THIRD, "role": "giver"})
    made["versions"][0]["data"].append({"attribute": "sn", "giver": THIRD, "receiver": RECEIVER, "definition": "x"})
    made["contacts"].append({"org": THIRD, "name": "A", "mail": "a@b.se", "confirmed": day_of(NOW - DAY).isoformat()})
    return sign(made, US, THEM, By(THIRD, "p3", "Ceb", LOA3))


def test_one_who_has_decided_everything_has_left_and_the_rest_goes_on():
    third = By(THIRD, "p3", "Ceb", LOA3)
    going = acts.leaving(wide(), third, NOW)
    refused("no-party", acts.leaving, going, third, NOW)
    gone = acts.left(going, third, "raderas", "inget", NOW)
    found = acts.read(gone)
    assert (found.in_force(NOW).version, found.standing(NOW)) == (2, Standing.ACTIVE)
    assert found.in_force(NOW).orgs == (GIVER, RECEIVER)
    refused("not-leaving", acts.left, gone, third, "x", "y", NOW)


def test_a_draft_that_waits_goes_with_one_who_leaves():
    third = By(THIRD, "p3", "Ceb", LOA3)
    base = wide()
    terms = {name: value for name, value in base["versions"][0].items() if name not in {"version", "signatures"}}
    drafted = acts.drafted(base, {**terms, "purpose": "annat"}, {}, US)
    gone = acts.left(acts.leaving(drafted, third, NOW), third, "raderas", "inget", NOW)
    assert [each["purpose"] for each in gone["versions"]] == [terms["purpose"]] * 2


def test_when_one_of_two_leaves_it_has_ended():
    going = acts.leaving(sign(content(), US, THEM), US, NOW)
    assert standing(going) is Standing.ENDED
    assert standing(acts.left(going, US, "raderas", "inget", NOW)) is Standing.ENDED
    assert len(acts.left(going, US, "raderas", "inget", NOW)["versions"]) == 1


# --- the rest


def test_a_contact_is_confirmed_and_a_review_made():
    made = acts.confirmed(content(), US, {"name": "Ny", "mail": "ny@example.se"}, NOW)
    contacts = {one.org: one for one in acts.read(made).contacts}
    assert (contacts[GIVER].name, day_of(contacts[GIVER].confirmed_at)) == ("Ny", day_of(NOW))
    assert len(contacts) == 2
    assert acts.read(acts.reviewed(made, US, "oförändrat", NOW)).reviews[0].note == "oförändrat"


def test_an_extra_detail_goes_for_a_month_at_most():
    made = acts.granted_extra(sign(content(), US, THEM), US, "sn", "boka", "utredning", 30, NOW)
    assert acts.read(made).extras[0].goes(NOW)
    refused("too-long", acts.granted_extra, content(), US, "sn", "boka", "utredning", 32, NOW)


def test_an_act_is_a_version_of_the_register_with_its_event():
    made = acts.effects("avtal-2", sign(content(), US), acts.What.SIGNED, US, NOW, "portal", 3)
    (change,), (event,) = made.changes, made.events
    assert (change.changes[0].id, change.changes[0].expected, change.changes[0].actor) == ("avtal-2", 3, "p1")
    assert (event.agreement, event.act, event.org, event.person, event.level) == (
        "avtal-2",
        "signed",
        GIVER,
        "p1",
        LOA3,
    )
