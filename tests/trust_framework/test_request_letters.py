"""Letters about what persons asked for: received, put off, answered, refused."""

from dataclasses import replace

import pytest

from tests.trust_framework.test_subject_requests import NOW, REQUEST
from trust_framework.request_letters import letter
from trust_framework.subject_requests import (
    RequestKind,
    answer,
    decide_erasure,
    erase,
    extracted,
    put_off,
    refuse,
)

LATER = put_off(REQUEST, "p-asta", "Många uppgifter.", NOW)
MADE = extracted(REQUEST, "p-asta", "utdrag.pdf · SHA-256 ab", NOW)
DECIDED = decide_erasure(replace(REQUEST, kind=RequestKind.ERASURE), "p-asta", "Inget hindrar.", NOW)
CASES = {
    "received": (REQUEST, ("2026-12-24", "2026-11-24", "s-1")),
    "put off": (LATER, ("2027-02-24", "Många uppgifter.")),
    "answered": (answer(REQUEST, "p-asta", "Fyra sidor.", NOW), ("Fyra sidor.",)),
    "with a file": (answer(MADE, "p-asta", "Fyra sidor.", NOW), ("Fyra sidor.", "- utdrag.pdf · SHA-256 ab")),
    "erased": (erase(DECIDED, "p-birk", "Gjort.", NOW), ("Gjort.",)),
    "refused": (refuse(REQUEST, "p-asta", "Inga uppgifter finns.", NOW), ("Inga uppgifter finns.",)),
}


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("case", CASES)
def test_a_letter_says_where_the_request_is_and_why(case, language):
    request, said = CASES[case]
    told = letter(request, "Region {Exempel}", language, NOW)
    assert all(each in told for each in ("Region {Exempel}", *said))


@pytest.mark.parametrize("kind", RequestKind)
def test_each_kind_is_named_in_both_languages(kind):
    letters = {letter(replace(REQUEST, kind=kind), "R", language, NOW) for language in ("sv", "en")}
    assert len(letters) == 2
