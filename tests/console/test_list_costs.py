"""No page of the console, the portal, log review or care staff costs more because there is more in the federation.

What a page costs is counted in statements to the database, and in rows that these give: with sixty more of everything, and
more than a page of each either way, both are nearly as before. `tests.bench.consoles` tells the times with ten thousand.
"""

from collections import Counter

import pytest

from broker.storage.database import Database, Kept, Values
from tests.support import ward
from tests.support.console import Console, consoles, document
from tests.support.crowd import Crowd, crowded
from tests.support.world import Worlds

pytest_plugins = ["tests.support.worlds"]

FEW, MANY = 60, 120
WHOLE = ("/kalender", "/export", "/gallring/beslut")
"""What is saved as a file is all of it, and what is decided about the log is counted in all of it."""

SPARE = 40
"""How much more it may be for what there are few of: open drafts, of which the test issuer reads the versions."""

WIDER = {"/admin/nycklar": 200, "/portal/<org>": 100}
"""Pages that show up to so many at once."""

MOST = 300
"""Statements of a page: some for each of fifty rows, and what stands around them."""


@pytest.fixture(scope="module")
def crowds(lasting_worlds: Worlds) -> tuple[Crowd, Crowd]:
    """The same federation twice, one with twice as many of everything."""

    def world() -> Console:
        return consoles(lasting_worlds, document(staff=ward.staff(), care_providers=ward.care_providers()))

    return crowded(world(), FEW, 1), crowded(world(), MANY, 1)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Statements, and the rows that they gave, while a test runs."""
    spent: Counter[str] = Counter()
    rows = Database.rows

    def counting(self: Database, statement: Kept, values: Values) -> list[object]:
        found = rows(self, statement, values)
        spent.update(statements=1, rows=len(found))
        return found

    monkeypatch.setattr(Database, "rows", counting)
    return spent


def test_every_page_costs_the_same_with_twice_as_many_of_everything(crowds, counted):
    wrong: dict[str, object] = {}
    for (row, few_at), (_, many_at) in zip(*(crowd.places() for crowd in crowds), strict=True):
        if row.rule.endswith(WHOLE):
            continue
        costs = []
        for crowd, at in zip(crowds, (few_at, many_at), strict=True):
            crowd.browser.get(at)
            counted.clear()
            answer = crowd.browser.get(at)
            costs.append((answer.status, counted["statements"], counted["rows"]))
        (status, statements, rows), (again, more, longer) = costs
        if (
            again != status
            or status >= 500
            or more > min(statements + SPARE, MOST)
            or longer > rows + WIDER.get(row.rule, SPARE)
        ):
            wrong[few_at] = costs
    assert not wrong, "\n".join(f"{at} {costs}" for at, costs in wrong.items())
