"""Decisions to remove what the log may no longer keep: who may do what, and when."""

from dataclasses import replace

import pytest

from broker.audit.removal_orders import (
    GOOD_FOR,
    OrderRefusal,
    OrderState,
    RemovalOrder,
    carried_out,
    decide,
    withdraw,
)

NOW = 1_800_000_000
ASKED = RemovalOrder("r1", "p-asta", NOW, (("access", 3), ("login", 2)))
DECIDED = decide(ASKED, "p-birk", NOW + 1)
DONE = carried_out(DECIDED, 5, NOW + 2)
WITHDRAWN = withdraw(ASKED, NOW + 1)


@pytest.mark.parametrize(
    ("order", "person", "at", "outcome"),
    [
        (ASKED, "p-birk", NOW + GOOD_FOR, OrderState.DECIDED),
        (ASKED, "p-birk", NOW + GOOD_FOR + 1, OrderRefusal.TOO_OLD),
        (ASKED, "p-asta", NOW + 1, OrderRefusal.SAME_PERSON),
        (DECIDED, "p-cilla", NOW + 2, OrderRefusal.NOT_WAITING),
        (DONE, "p-cilla", NOW + 3, OrderRefusal.NOT_WAITING),
        (WITHDRAWN, "p-birk", NOW + 3, OrderRefusal.NOT_WAITING),
    ],
)
def test_another_person_decides_while_it_waits(order, person, at, outcome):
    after = decide(order, person, at)
    assert (after if isinstance(outcome, OrderRefusal) else after.state) == outcome


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        (ASKED, OrderState.WITHDRAWN),
        (DECIDED, OrderState.WITHDRAWN),
        (DONE, OrderRefusal.NOT_WAITING),
        (WITHDRAWN, OrderRefusal.NOT_WAITING),
    ],
)
def test_it_is_withdrawn_until_it_is_done(order, outcome):
    after = withdraw(order, NOW + 9)
    assert (after if isinstance(outcome, OrderRefusal) else after.state) == outcome


def test_it_says_how_much_was_due_and_how_much_went():
    assert (ASKED.rows, DONE.removed, DONE.state) == (5, 5, OrderState.DONE)
    assert replace(DONE, removed=0).state is OrderState.DONE
