"""Messages to the contracts that somebody has thought about: whatever comes, it is a request or a fault."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.protocols.rivta.contracts import BY_PATH
from broker.protocols.rivta.operation import SCHEMAS
from metadata.wire.soap import SoapRefused, check, fields, is_crowded, read
from tests.support.rivta import envelope

STORE = BY_PATH["/rivta/StoreLog/2"]
NAMES = f"xmlns:r='{STORE.namespace}' xmlns:t='{STORE.domain.types}'"
RECORD = "<r:log><t:logId>1</t:logId><t:system><t:systemId>SE1</t:systemId></t:system></r:log>"
GOOD = envelope(f"<r:StoreLog {NAMES}>{RECORD}</r:StoreLog>")


def looked_at(octets):
    """As the endpoint looks at it; None for a fault."""
    try:
        message = read(octets)
        if is_crowded(message, STORE.most):
            return None
        check(message, SCHEMAS / STORE.schema)
        return fields(message, frozenset({STORE.namespace, STORE.domain.types}))
    except SoapRefused:
        return None


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_message_with_anything_changed_is_read_or_a_fault(data):
    octets = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    looked_at(bytes(octets))


CROWDS = {
    "records that are wrong": RECORD * 60_000,
    "resources of one record": "<r:log>" + "<t:x/>" * 100_000 + "</r:log>",
    "namespaces": "".join(f"<x:a xmlns:x='urn:{number}'/>" for number in range(60_000)),
}


@pytest.mark.parametrize("what", CROWDS)
def test_what_is_wrong_with_each_of_very_many_is_not_looked_for(what):
    """To say it of 130,000 took two minutes of CPU: the list alone is refused, before a schema is asked."""
    message = read(envelope(f"<r:StoreLog {NAMES}>{CROWDS[what]}</r:StoreLog>"))
    assert is_crowded(message, STORE.most)


LARGE = {
    "records within records": ("<r:log>" + "<t:x/>" * 400 + "</r:log>") * 400,
    "attributes": "<r:log " + " ".join(f"a{number}='1'" for number in range(5_000)) + "/>",
    "text": "<r:log>" + "x" * 8_000_000 + "</r:log>",
    "a nest": "<r:log>" * 100_000 + "</r:log>" * 100_000,
}


@pytest.mark.parametrize("what", LARGE)
def test_a_large_message_that_is_wrong_is_a_fault(what):
    assert looked_at(envelope(f"<r:StoreLog {NAMES}>{LARGE[what]}</r:StoreLog>")) is None


def test_threads_that_check_at_once_are_told_of_their_own_message_alone():
    told = {}

    def look(number):
        lines = "\n" * number
        try:
            check(read(envelope(f"{lines}<r:StoreLog {NAMES}><r:x{number}/></r:StoreLog>")), SCHEMAS / STORE.schema)
        except SoapRefused as refused:
            told[number] = refused.sentence

    threads = [threading.Thread(target=look, args=(number,)) for number in range(24)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert told == {
        number: f"the request is not as its schema has it, line {number + 1}: x{number}" for number in range(24)
    }
