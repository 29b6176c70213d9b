"""The other node by the contracts: two stores and real mutual TLS between them, and a node that is down or lies."""

from dataclasses import replace

import pytest

from broker.care import block_changes, block_lifts, blocks
from broker.care.acts import ActWish
from broker.care.block_changes import Unread
from broker.care.calling import CareServices, carried_out
from broker.jobs.care_copy import copy
from broker.jobs.care_node import care_node_jobs, tell
from broker.jobs.care_node_soap import RivtaNode
from broker.jobs.node import NodeFailed
from broker.protocols.rivta.asking import get_blocks, told
from broker.settings import Settings
from broker.storage.opening import open_storage
from metadata.wire.egress import Egress, EgressPolicy
from metadata.wire.outbound import EgressFailed, Response, TlsIdentity
from tests.support import care_values as a
from tests.support.databases import NOW, sqlite_settings
from tests.support.rivta import NATIONAL, NODE, certificate, running
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import Period
from trust_framework.care_register import CareRegister


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = running(tmp_path_factory.mktemp("national"))
    yield server
    server.stop()


class Local:
    """A node of the first care provider; the server is the national one."""

    def __init__(self, folder, server):
        self.store = open_storage(sqlite_settings(folder), clock=lambda: server.clock.now)
        self.server, self.egress = server, Egress(EgressPolicy(loopback=True))
        self.on = CareServices(self.store, CareRegister({a.PROVIDER: a.provider()}), stale_after=900)
        issued = certificate(NODE)
        identity = TlsIdentity(issued.pem, issued.key_pem, (server.folder / "ca.pem").read_bytes())
        url = f"{server.base}/rivta/{{operation}}/4"
        self.node = RivtaNode(url, NATIONAL, identity, self.egress, lambda: server.clock.now)

    def __call__(self, function, *arguments):
        who = a.client(a.PROVIDER)
        return carried_out(lambda: function(*arguments, who, self.on, self.server.clock.now), self.store).result

    def block(self, **changes):
        wish = blocks.BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
        return self(blocks.register, replace(wish, **changes))

    def lift(self, block):
        wish = block_lifts.LiftWish(
            a.new_id(), block.id, NOW + 3600, a.OTHER_UNIT, LiftReason.PATIENTS_CONSENT, a.DOCTOR, a.entered()
        )
        return self(block_lifts.lift, wish).lifts[-1]

    def tell(self):
        tell(self.store, self.node)

    def there(self, block):
        return self.server.store.block(block.id)[0]


@pytest.fixture
def here(server, tmp_path):
    node = Local(tmp_path / "here", server)
    yield node
    node.egress.close()
    node.store.close()


def test_a_block_its_lift_and_their_ends_reach_the_other_node(here):
    block = here.block(information=Period(NOW - 99, NOW), excluded=frozenset({"lak", "upp"}))
    here.tell()
    there = here.there(block)
    told_of = ("id", "type", "patient", "provider", "unit", "information", "excluded")
    assert [getattr(there, name) for name in told_of] == [getattr(block, name) for name in told_of]
    assert (there.local, there.owner) == (False, NODE)
    lift = here.lift(block)
    here.tell()
    (lifted,) = here.there(block).lifts
    assert (lifted.id, lifted.until, lifted.unit, lifted.employee) == (lift.id, lift.until, lift.unit, lift.employee)
    here(block_lifts.cancel, lift.id, a.entered())
    here.tell()
    assert here.there(block).lifts[0].cancelled is not None
    here(blocks.revoke, block.id, a.entered())
    here.tell()
    assert not here.there(block).stands
    assert here.store.blocks_due(9) == ()


def test_the_other_nodes_blocks_are_copied_and_their_ends_seen(here, server):
    who, on = a.client(a.OTHER_PROVIDER), CareServices(server.store, server.federation.care)

    def far(function, *arguments):
        return carried_out(lambda: function(*arguments, who, on, server.clock.now), server.store).result

    wish = blocks.BlockWish(
        a.new_id(),
        BlockType.OUTER,
        a.OTHER_PATIENT,
        a.OTHER_PROVIDER,
        entered=ActWish(registered_by=a.staff(a.FAR_DOCTOR)),
    )
    theirs = far(blocks.register, wish)
    lift = block_lifts.LiftWish(
        a.new_id(), theirs.id, NOW + 60, a.FAR_UNIT, LiftReason.PATIENTS_CONSENT, entered=a.entered(a.FAR_DOCTOR)
    )
    lifted = far(block_lifts.lift, lift).lifts
    copy(here.store, here.node, lambda: here.on)
    mine, _ = here.store.block(theirs.id)
    assert (mine.local, mine.type, mine.patient, mine.stands) == (False, BlockType.OUTER, a.OTHER_PATIENT, True)
    assert [(one.id, one.until, one.unit) for one in mine.lifts] == [(lifted[0].id, NOW + 60, a.FAR_UNIT)]
    copy(here.store, here.node, lambda: here.on)
    server.clock.now += 1
    far(blocks.revoke, theirs.id, a.entered(a.FAR_DOCTOR))
    copy(here.store, here.node, lambda: here.on)
    assert not here.store.block(theirs.id)[0].stands


def test_everything_is_read_by_the_contract_in_pages(here, server, monkeypatch):
    monkeypatch.setattr(block_changes, "PAGE", 2)
    who, on = a.client(a.OTHER_PROVIDER), CareServices(server.store, server.federation.care)
    made, entered = [], ActWish(registered_by=a.staff(a.FAR_DOCTOR))
    for second in range(7):
        monkeypatch.setattr(server.clock, "now", NOW + second)
        wish = blocks.BlockWish(a.new_id(), BlockType.OUTER, a.OTHER_PATIENT, a.OTHER_PROVIDER, entered=entered)
        carried_out(lambda wish=wish: blocks.register(wish, who, on, server.clock.now), server.store)
        made.append(wish.id)
    monkeypatch.setattr(server.clock, "now", NOW + 100)
    asked, changes = [], here.node.changes
    monkeypatch.setattr(here.node, "changes", lambda since: asked.append(since) or changes(since))
    copy(here.store, here.node, lambda: here.on)
    assert {here.store.block(id_)[0].stands for id_ in made} == {True}
    assert len(asked) > 4


def test_what_the_other_node_refuses_is_a_failure_that_keeps_back_nobody(here, server):
    stranger = here.block()
    before = server.federation.care
    server.federation.care = replace(before, consumers={})
    with pytest.raises(NodeFailed, match="RegisterBlock ACCESSDENIED") as found:
        here.node.put(stranger)
    assert found.value.refused
    with pytest.raises(NodeFailed, match="GetBlocks ACCESSDENIED"):
        here.node.changes(None)
    server.federation.care = before


# --- a node that is down or lies


class Wire:
    def __init__(self, *answers):
        self.answers, self.calls = list(answers), []

    def fetch(self, outbound):
        self.calls.append(outbound)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def node(*answers):
    wire = Wire(*answers)
    return RivtaNode("https://national.example/{operation}", NATIONAL, TlsIdentity(), wire, lambda: NOW), wire


def reply(operation, content, status=200):
    namespace = f"urn:riv:informationsecurity:authorization:blocking:{operation}Responder:4"
    body = (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r:{operation}Response '
        f'xmlns:r="{namespace}" xmlns:t="urn:riv:informationsecurity:authorization:blocking:4">{content}'
        f"</r:{operation}Response></s:Body></s:Envelope>"
    )
    return Response(status, {}, body.encode())


def result(code):
    return f"<r:result><t:resultCode>{code}</t:resultCode></r:result>"


FAULT = Response(
    500,
    {},
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    b"<faultstring>x</faultstring></s:Fault></s:Body></s:Envelope>",
)
WRONG = {
    "it is down": (EgressFailed("connection", "national.example"), "connection", False),
    "a page": (Response(200, {}, b"<html/>"), "no answer", False),
    "a fault": (FAULT, "fault", False),
    "another status": (Response(403, {}, b""), "status 403", False),
    "another answer": (reply("GetBlocks", ""), "another answer", False),
    "no result": (reply("RegisterBlock", ""), "RegisterBlock ", False),
    "an error": (reply("RegisterBlock", result("ERROR")), "RegisterBlock ERROR", False),
    "what it will not have": (reply("RegisterBlock", result("VALIDATIONERROR")), "RegisterBlock VALIDATIONERROR", True),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_call_that_is_not_done_fails_with_its_reason(what):
    answer, why, refused = WRONG[what]
    other, wire = node(answer)
    with pytest.raises(NodeFailed) as found:
        other.put(a.block())
    assert (found.value.why, found.value.refused, len(wire.calls)) == (why, refused, 1)


@pytest.mark.parametrize("code", ["OK", "INFO", "ALREADYEXISTS"])
def test_what_it_has_already_is_done(code):
    other, wire = node(reply("RegisterBlock", result(code)))
    other.put(a.block())
    (call,) = wire.calls
    assert (call.url, call.purpose) == ("https://national.example/RegisterBlock", "care")
    assert call.headers["SOAPAction"].endswith(':RegisterBlockResponder:4:RegisterBlock"')


def test_what_it_never_had_has_ended():
    other, _ = node(reply("UnregisterBlock", result("NOTFOUND")))
    other.put(a.block(revoked=a.act()))


def test_a_lift_that_is_over_is_not_told():
    block = a.block()
    over, held, gone = a.lift(block, until=NOW), a.lift(block), a.lift(block, cancelled=a.act())
    calls = [each.operation for each in told(replace(block, lifts=(over, held, gone)), NOW)]
    assert calls == ["RegisterBlock", "RegisterTemporaryRevoke", "UnregisterTemporaryRevoke"]


HEADER = "<r:blockHeader><t:result><t:resultCode>OK</t:resultCode></t:result>%s</r:blockHeader>"
INSTANTS = (
    "<t:nextCreatedOnOrAfter>2027-01-15T08:00:00Z</t:nextCreatedOnOrAfter>"
    "<t:latestCancellation>2027-01-15T08:00:00Z</t:latestCancellation>"
)
LIES = {
    "no header": "",
    "no instants": HEADER % "",
    "an instant that is none": HEADER % "<t:nextCreatedOnOrAfter>soon</t:nextCreatedOnOrAfter>",
    "a block of nobody": HEADER % (INSTANTS + "<t:blocks><t:blockType>Middle</t:blockType></t:blocks>"),
    "not done": "<r:blockHeader><t:result><t:resultCode>ERROR</t:resultCode></t:result></r:blockHeader>",
}


@pytest.mark.parametrize("lie", LIES)
def test_changes_that_are_none_are_a_failure(lie):
    other, _ = node(reply("GetBlocks", LIES[lie]))
    with pytest.raises(NodeFailed):
        other.changes(NOW)


NOBODY, ANNA = (
    "",
    "<t:patientId><t:root>1.2.752.129.2.1.3.1</t:root><t:extension>191212121212</t:extension></t:patientId>",
)


@pytest.mark.parametrize(
    ("says", "patient"),
    [
        (NOBODY, None),
        (ANNA, a.PATIENT),
        ("<t:blockType>Inner</t:blockType><t:informationStartDate>soon</t:informationStartDate>" + ANNA, a.PATIENT),
    ],
)
def test_a_block_that_cannot_be_read_tells_whom_it_is_about(says, patient):
    block = f"<t:blocks><t:blockId>B1</t:blockId>{says}<t:informationCareProviderId>SE1</t:informationCareProviderId></t:blocks>"
    other, _ = node(reply("GetBlocks", HEADER % (INSTANTS + block)))
    found = other.changes(NOW)
    assert (found.blocks, found.unread) == ((), (Unread("B1", "SE1", patient),))


def test_all_is_asked_for_without_an_instant():
    assert get_blocks(NOW).content == (("createdOnOrAfter", "2027-01-15T08:00:00Z"),)


# --- settings


def test_an_address_with_a_place_for_the_operation_means_contracts(tmp_path):
    given = {"base_url": "https://localhost:1", "care_node_url": "https://national.example/{operation}/4"}
    with pytest.raises(ValueError, match="TILLIT_CARE_NODE_CERT"):
        Settings(**given)
    issued = certificate(NODE)
    (tmp_path / "cert.pem").write_bytes(issued.pem)
    (tmp_path / "key.pem").write_bytes(issued.key_pem)
    whole = Settings(**given, care_node_cert=tmp_path / "cert.pem", care_node_key=tmp_path / "key.pem")

    class Store:
        def clock(self):
            return NOW

    jobs = care_node_jobs(Store(), Wire(), whole, lambda: None)
    assert [job.name for job in jobs] == ["care-tell", "care-copy"]
