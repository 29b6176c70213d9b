"""Trust chains, found and kept: the way up, its budget, what is fetched again, who is asked no more (section 10)."""

import itertools
import threading

import pytest

from metadata.federation import resolving, walking
from metadata.federation.chain import DEEPEST, ChainRefused
from metadata.federation.resolving import AT_ONCE, RESTING, Resolver
from metadata.federation.walking import KEPT, MOST_FETCHES, MOST_HINTS, SECONDS, Unreachable
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from tests.support.oidfed import (
    ANCHOR,
    DAY,
    LEAF,
    MIDDLE,
    NOW,
    Entities,
    Party,
    key,
    keys_of,
    statement,
    three,
)

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "10.1")

WELL_KNOWN = "/.well-known/openid-federation"


class Asking:
    """A resolver among entities, with a clock of its own."""

    def __init__(self, entities, *anchors):
        self.seconds = 0.0
        self.entities = entities
        self.anchors = entities.anchors(*(anchors or (ANCHOR,)))
        self.resolver = Resolver(entities.egress, clock=lambda: self.seconds)

    def resolve(self, subject=LEAF, now=NOW):
        return self.resolver.resolve(subject, self.anchors, now)

    def refused(self, subject=LEAF, now=NOW):
        with pytest.raises(ChainRefused) as caught:
            self.resolve(subject, now)
        return caught.value

    @property
    def calls(self):
        return len(self.entities.egress.calls)

    def silence(self, url, error=None):
        self.entities.egress.answers["GET", url] = error or EgressFailed("nobody there", url)


def test_the_way_leads_by_authority_hints_to_the_anchor():
    world = Asking(three())
    found = world.resolve()
    assert [each.subject for each in found.statements] == [LEAF, LEAF, MIDDLE, ANCHOR]
    assert world.entities.fetched == [
        LEAF + WELL_KNOWN,
        MIDDLE + WELL_KNOWN,
        f"{MIDDLE}/fetch?sub=https%3A%2F%2Frp.example",
        ANCHOR + WELL_KNOWN,
        f"{ANCHOR}/fetch?sub=https%3A%2F%2Fmiddle.example",
    ]
    assert {call.purpose for call in world.entities.egress.calls} == {"federation"}


def test_an_anchor_resolves_to_itself():
    assert Asking(three()).resolve(ANCHOR).subject == ANCHOR


def test_a_fetch_endpoint_may_have_a_query():
    entities = Entities(Party(LEAF, (ANCHOR,)), Party(ANCHOR, superior=True))
    entities[ANCHOR].metadata = {"federation_entity": {}}
    anchor = entities[ANCHOR]
    anchor.superior, endpoint = False, f"{ANCHOR}/fetch?tenant=1"
    anchor.metadata = {"federation_entity": {"federation_fetch_endpoint": endpoint}}
    world = Asking(entities)
    world.resolve()
    assert world.entities.fetched[-1] == f"{endpoint}&sub=https%3A%2F%2Frp.example"


def diamond():
    """Two ways: a short one directly, and a long one over an intermediate."""
    return Entities(
        Party(LEAF, (MIDDLE, ANCHOR)), Party(MIDDLE, (ANCHOR,), superior=True), Party(ANCHOR, superior=True)
    )


@pytest.mark.spec("OpenID Federation 1.0", "10.3")
def test_the_shorter_of_two_chains_is_chosen():
    assert len(Asking(diamond()).resolve().statements) == 3


@pytest.mark.spec("OpenID Federation 1.0", "10.3")
@pytest.mark.parametrize("about", [{"constraints": {"naming_constraints": {"permitted": [".org"]}}}, {"jwks": None}])
def test_a_longer_chain_serves_when_the_shorter_one_does_not_hold(about):
    entities = diamond()
    entities[ANCHOR].about[LEAF] = about
    assert len(Asking(entities).resolve().statements) == 4


def test_hints_that_lead_nowhere_are_passed_over():
    nobody, lonely = "https://nobody.example", "https://lonely.example"
    entities = Entities(
        Party(LEAF, (nobody, lonely, ANCHOR)), Party(lonely, superior=True), Party(ANCHOR, superior=True)
    )
    assert Asking(entities).resolve().superior == ANCHOR


# --- no chain


def test_an_entity_that_nobody_vouches_for_is_refused():
    assert Asking(Entities(Party(LEAF), Party(ANCHOR))).refused().code == "invalid_trust_anchor"


def test_a_superior_that_does_not_know_the_entity_is_refused():
    entities = three()
    entities.egress.answers["GET", f"{MIDDLE}/fetch"] = Response(404, {"content-type": "application/json"}, b"{}")
    assert not isinstance(Asking(entities).refused(), Unreachable)


def test_a_superior_without_fetch_endpoint_is_refused():
    entities = Entities(Party(LEAF, (ANCHOR,)), Party(ANCHOR))
    assert "federation_fetch_endpoint" in Asking(entities).refused().reason


def answering(body=b"", status=200, media_type="application/entity-statement+jwt"):
    return Response(status, {"content-type": media_type}, body)


@pytest.mark.parametrize(
    ("answer", "later"),
    [
        (answering(b"x.y.z"), False),
        (answering("é.y.z".encode()), False),
        (answering(three()[LEAF].configuration().encode(), media_type="application/jwt"), False),
        (answering(three()[LEAF].configuration().encode(), media_type="text/plain"), False),
        (answering(three()[LEAF].configuration().encode(), status=201), False),
        (answering(three()[MIDDLE].configuration().encode()), False),
        (answering(three()[LEAF].configuration(signed_by=key("stranger")).encode()), False),
        (answering(three()[LEAF].configuration(exp=NOW - 61).encode()), False),
        (answering(three()[LEAF].configuration(typ="JWT").encode()), False),
        (answering(status=404), False),
        (answering(status=302), False),
        (answering(status=500), True),
        (answering(status=503), True),
        (EgressFailed("time"), True),
        (EgressRefused("address"), False),
    ],
)
def test_an_entity_that_answers_wrongly_is_refused_and_one_that_fails_may_be_asked_later(answer, later):
    world = Asking(three())
    world.entities.egress.answers["GET", LEAF + WELL_KNOWN] = answer
    refused = world.refused()
    assert isinstance(refused, Unreachable) == later
    assert (refused.code == "temporarily_unavailable") == later


def test_a_statement_about_somebody_else_is_refused():
    entities = three()
    other = Party("https://other.example", (MIDDLE,))
    entities.egress.answers["GET", f"{MIDDLE}/fetch"] = statement(entities[MIDDLE].says(other))
    assert "another statement" in Asking(entities).refused().reason


def test_a_statement_of_somebody_else_is_refused():
    entities = three()
    entities.egress.answers["GET", f"{MIDDLE}/fetch"] = statement(entities[ANCHOR].says(entities[LEAF]))
    assert "another statement" in Asking(entities).refused().reason


def test_a_statement_signed_with_the_wrong_key_is_no_chain():
    entities = three()
    forged = entities[MIDDLE].says(entities[LEAF], signed_by=key("stranger"))
    entities.egress.answers["GET", f"{MIDDLE}/fetch"] = statement(forged)
    assert Asking(entities).refused().reason.startswith("signature")


def test_an_anchor_whose_configuration_is_not_signed_with_our_key_is_no_anchor():
    world = Asking(three())
    world.anchors = {ANCHOR: keys_of(key("stranger"))}
    assert world.refused().reason.startswith("signature")


# --- bounds


def test_a_loop_of_superiors_ends():
    a, b = "https://a.example", "https://b.example"
    entities = Entities(Party(LEAF, (a,)), Party(a, (b,), superior=True), Party(b, (a,), superior=True), Party(ANCHOR))
    world = Asking(entities)
    world.refused()
    assert world.calls < 8


def test_an_entity_that_is_its_own_superior_ends():
    world = Asking(Entities(Party(LEAF, (LEAF,), superior=True)))
    world.refused()
    assert world.calls == 1


def test_a_way_longer_than_a_chain_may_be_is_not_followed():
    ids = [f"https://m{n}.example" for n in range(DEEPEST + 5)]
    parties = [Party(one, (two,), superior=True) for one, two in itertools.pairwise(ids)]
    world = Asking(Entities(*parties, Party(ids[-1])))
    assert "too long" in world.refused(ids[0]).reason
    assert world.calls <= 2 * DEEPEST


def test_of_many_hints_the_anchors_come_first_and_the_rest_is_bounded():
    crowd = tuple(f"https://m{n:02}.example" for n in range(30))
    world = Asking(Entities(Party(LEAF, (*crowd, ANCHOR)), Party(ANCHOR, superior=True)))
    assert world.resolve().superior == ANCHOR
    world = Asking(Entities(Party(LEAF, crowd)))
    world.refused()
    assert world.calls == 1 + MOST_HINTS


def test_a_walk_makes_a_bounded_number_of_fetches():
    """Each superior has eight more superiors: without a bound that would be millions of fetches."""

    def hints(id):
        name = id.removeprefix("https://").partition(".")[0]
        return tuple(f"https://{name}{n}.example" for n in range(MOST_HINTS))

    class Crowd(dict):
        def get(self, id, default=None):
            return Party(id, hints(id), superior=True)

        __getitem__ = get

    entities = Entities()
    entities.parties = Crowd()

    class Everybody(dict):
        def get(self, where, default=None):
            url = where[1]
            party = entities.parties[url.removesuffix(WELL_KNOWN).removesuffix("/fetch")]
            return entities._configuration(party) if url.endswith(WELL_KNOWN) else entities._fetch(party)

    entities.egress.answers = Everybody()
    world = Asking(entities)
    assert "too many" in world.refused("https://m.example").reason
    assert world.calls == MOST_FETCHES


def test_a_walk_that_takes_too_long_ends():
    world = Asking(three())
    real = world.entities.egress.answers["GET", LEAF + WELL_KNOWN]

    def slow(outbound):
        world.seconds += SECONDS + 1
        return real(outbound)

    world.entities.egress.answers["GET", LEAF + WELL_KNOWN] = slow
    assert isinstance(world.refused(), Unreachable)
    assert world.calls == 1


def test_only_a_few_walks_go_on_at_once():
    world = Asking(three())
    inside, go = threading.Barrier(AT_ONCE + 1), threading.Event()

    def waiting(outbound):
        inside.wait(10)
        go.wait(10)
        return Response(500, {}, b"")

    for n in range(AT_ONCE):
        world.entities.egress.answers["GET", f"https://slow{n}.example{WELL_KNOWN}"] = waiting

    def ask(n):
        with pytest.raises(Unreachable):
            world.resolve(f"https://slow{n}.example")

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    assert "too many chains" in world.refused().reason
    go.set()
    for thread in threads:
        thread.join()
    world.seconds += RESTING
    assert world.resolve().subject == LEAF


# --- kept


def test_a_chain_is_kept_for_a_while_and_then_looked_at_again():
    world = Asking(three())
    first = world.resolve()
    calls = world.calls
    world.seconds = KEPT - 1
    assert world.resolve() is first
    assert world.calls == calls
    world.seconds = KEPT
    assert world.resolve() is not first
    assert world.calls == 2 * calls


def test_superiors_that_many_share_are_fetched_once():
    entities = three()
    entities.parties["https://two.example"] = Party("https://two.example", (MIDDLE,))
    two = entities["https://two.example"]
    entities.egress.answers["GET", two.id + WELL_KNOWN] = statement(two.configuration())
    world = Asking(entities)
    world.resolve()
    before = world.calls
    world.resolve(two.id)
    assert world.calls == before + 2


def test_a_statement_that_was_kept_and_has_expired_is_fetched_anew():
    world = Asking(three(life=100))
    world.resolve()
    later = NOW + 200
    world.entities.now = later
    assert world.resolve(now=later).expires_at == later + 100


@pytest.mark.spec("OpenID Federation 1.0", "10.4")
def test_the_last_good_chain_stays_until_it_expires_when_somebody_does_not_answer():
    world = Asking(three(life=3600))
    first = world.resolve()
    world.silence(LEAF + WELL_KNOWN)
    world.seconds = KEPT
    assert world.resolve(now=NOW + 3000) is first
    world.seconds = 2 * KEPT
    assert isinstance(world.refused(now=NOW + 3661), Unreachable)


def test_an_entity_that_its_superior_no_longer_knows_is_refused_at_the_next_look():
    world = Asking(three())
    world.resolve()
    world.entities.egress.answers["GET", f"{MIDDLE}/fetch"] = answering(status=404)
    world.seconds = KEPT
    assert not isinstance(world.refused(), Unreachable)


def test_what_failed_rests_before_it_is_tried_again():
    world = Asking(three())
    real = world.entities.egress.answers["GET", LEAF + WELL_KNOWN]
    world.silence(LEAF + WELL_KNOWN)
    world.refused()
    calls = world.calls
    world.entities.egress.answers["GET", LEAF + WELL_KNOWN] = real
    world.seconds = RESTING - 1
    world.refused()
    assert world.calls == calls
    world.seconds = RESTING
    assert world.resolve().subject == LEAF


def test_what_was_found_under_other_anchors_counts_no_more():
    world = Asking(three())
    world.resolve()
    world.anchors = {ANCHOR: keys_of(key("stranger"))}
    world.refused()
    world.anchors = {}
    assert world.refused().code == "invalid_trust_anchor"


def test_caches_are_bounded(monkeypatch):
    monkeypatch.setattr(resolving, "MOST_CHAINS", 1)
    monkeypatch.setattr(walking, "MOST_KEPT", 1)
    world = Asking(three())
    world.resolve()
    world.resolve(MIDDLE)
    before = world.calls
    world.resolve()
    assert world.calls > before


def test_a_configuration_that_was_handed_over_is_not_fetched():
    world = Asking(three())
    own = world.resolver.reader(NOW).read(world.entities[LEAF].configuration(jti="handed over"))
    found = world.resolver.walk(LEAF, world.anchors, NOW, own)
    assert found.statements[0] is own
    assert LEAF + WELL_KNOWN not in world.entities.fetched


def test_everything_may_be_asked_for_at_a_day_far_ahead_only_with_new_statements():
    world = Asking(three())
    world.resolve()
    world.seconds = KEPT
    assert world.refused(now=NOW + DAY + 61).reason
