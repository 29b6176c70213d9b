"""`tillit invite`: black box on SQLite."""

import pytest

from tests.support import federation as good
from tests.support.command_line import tillit

__all__ = ["tillit"]

LEVEL = "http://id.elegnamnden.se/loa/1.0/loa3"
ORG = good.CONTENT["members"][0]["org"]


@pytest.fixture
def ready(tillit):
    tillit.done("apply", tillit.folder / "federation" / "federation.yaml")
    return tillit


def test_a_token_is_shown_once_with_whom_it_is_for_and_until_when(ready):
    told = ready.json("invite", ORG, "--level", LEVEL, "--attribute", "givenName")
    assert told["member"] == ORG
    assert len(told["initial_access_token"]) >= 40
    assert f"member: {ORG}" in ready.done("invite", ORG, "--level", LEVEL)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["5560360793", "--level", LEVEL], "no member"),
        ([ORG, "--level", "x"], "no level of assurance"),
        ([ORG, "--level", LEVEL, "--attribute", "x"], "catalogue"),
        ([ORG], "--level"),
        ([ORG, "--level", LEVEL, "--hours", "0"], "hours"),
    ],
)
def test_what_cannot_be_promised_is_refused(ready, arguments, why):
    result = ready("invite", *arguments)
    assert result.exit_code == 2
    assert why in result.stderr
