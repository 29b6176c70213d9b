"""Trust marks of others are asked about at their issuer (OpenID Federation sections 8.3 and 8.4)."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest

from metadata.federation.resolving import RESTING
from metadata.federation.walking import KEPT
from metadata.wire.egress import EgressFailed, EgressRefused, Response
from metadata.wire.jose import issue
from tests.support.oidfed import ANCHOR, LEAF, Entities, Party, key
from tests.support.oidfed_world import RESOLVE, anchor, opened, reaching
from tests.support.world import NOW, client, federation

pytestmark = pytest.mark.spec("OpenID Federation 1.0", "8.4")

ISSUER, KIND = "https://marks.example", "https://federation.example/marks/member"
STATUS = f"{ISSUER}/status"
MARK = issue(
    {"iss": ISSUER, "sub": LEAF, "trust_mark_type": KIND, "iat": NOW, "exp": NOW + 9000},
    key(ISSUER),
    typ="trust-mark+jwt",
)


class Asking:
    """A leaf of ours that resolves an entity with a mark of another issuer, which answers as the test says."""

    def __init__(self, worlds, answer, endpoint=STATUS):
        document = federation(client(), openid_federation={"authority_hints": [ANCHOR], "trust_anchors": [anchor()]})
        self.world = worlds.make(document)
        self.entities = Entities(
            Party(LEAF, (ANCHOR,), claims={"trust_marks": [{"trust_mark_type": KIND, "trust_mark": MARK}]}),
            Party(
                ISSUER, (ANCHOR,), metadata={"federation_entity": {"federation_trust_mark_status_endpoint": endpoint}}
            ),
            Party(ANCHOR, superior=True, claims={"trust_mark_issuers": {KIND: [ISSUER]}}),
            now=NOW,
        )
        self.entities.egress.answers["POST", STATUS] = answer
        reaching(self.world, self.entities)
        self.seconds = 0.0
        resolver = self.world.app.on.services.resolver
        resolver._clock = resolver._cache.clock = lambda: self.seconds

    def told(self):
        answer = self.world.request("GET", f"{RESOLVE}?{urlencode({'sub': LEAF, 'trust_anchor': ANCHOR})}")
        said = opened(answer, "resolve-response+jwt", self.world)
        return [each["trust_mark_type"] for each in said.get("trust_marks", [])]

    @property
    def asked(self):
        return [call for call in self.entities.egress.calls if call.method == "POST"]


def status(signed_by=None, typ="trust-mark-status-response+jwt", http=200, **changes):
    made = {"iss": ISSUER, "iat": NOW, "trust_mark": MARK, "status": "active", **changes}
    token = issue({n: v for n, v in made.items() if v is not None}, signed_by or key(ISSUER), typ=typ)
    return Response(http, {"content-type": f"application/{typ}"}, token.encode())


def test_a_mark_that_its_issuer_calls_active_is_told(worlds):
    at = Asking(worlds, status())
    assert at.told() == [KIND]
    (call,) = at.asked
    assert parse_qs(call.body.decode()) == {"trust_mark": [MARK]}


@pytest.mark.parametrize(
    "answer",
    [
        status(status="revoked"),
        status(status="expired"),
        status(status="invalid"),
        status(status="Active"),
        status(status=None),
        status(status=["active"]),
        status(trust_mark="x"),
        status(trust_mark=None),
        status(iss=ANCHOR),
        status(iat=NOW - 400),
        status(iat=NOW + 100),
        status(iat=None),
        status(typ="JWT"),
        status(typ=None),
        status(signed_by=key("stranger")),
        status(signed_by=replace(key(ISSUER), kid="")),
        status(http=404),
        Response(200, {}, b"active"),
        EgressFailed("time"),
        EgressRefused("address"),
    ],
)
def test_a_mark_whose_status_is_another_or_cannot_be_had_is_not(worlds, answer):
    assert Asking(worlds, answer).told() == []


def test_an_issuer_that_answers_for_no_mark_is_believed_by_its_signature(worlds):
    at = Asking(worlds, status(), endpoint="none")
    at.entities[ISSUER].metadata = {}
    assert at.told() == [KIND]
    assert at.asked == []


def test_an_endpoint_that_is_none_answers_nothing(worlds):
    assert Asking(worlds, status(), endpoint=7).told() == []


def test_the_issuer_is_asked_once_in_a_while(worlds):
    at = Asking(worlds, status())
    for at.seconds in (0, KEPT - 1):
        assert at.told() == [KIND]
    assert len(at.asked) == 1
    at.entities.egress.answers["POST", STATUS] = status(status="revoked")
    at.seconds = KEPT
    assert at.told() == []
    at.entities.egress.answers["POST", STATUS] = status()
    at.seconds += RESTING - 1
    assert at.told() == []
    at.seconds += 1
    assert at.told() == [KIND]
