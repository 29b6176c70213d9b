"""The catalogue of causes is complete, plain and safe to show (REFEDS errorURL v1; the words of the pages)."""

import re
from dataclasses import fields

import pytest

from trust_framework.reasons import ERROR_CLASSES, REASONS, Kind, Reason, Refusal, Sentences, Way

FIRST_CATALOGUE = [
    "login-expired",
    "login-used",
    "other-browser",
    "cookies-off",
    "bookmarked",
    "user-cancelled",
    "eid-expired-order",
    "eid-in-progress",
    "eid-blocked",
    "eid-service-down",
    "cert-none",
    "cert-kind",
    "cert-issuer",
    "cert-expired",
    "cert-revoked",
    "cert-unknown",
    "level-too-low",
    "no-method",
    "no-commission",
    "attr-missing",
    "attr-not-allowed",
    "consent-refused",
    "blocked-member",
    "member-overdue",
    "blocked-service",
    "blocked-user",
    "not-member",
    "request-signature",
    "request-expired",
    "request-address",
    "request-unknown-service",
    "request-level",
    "upstream-error",
    "upstream-signature",
    "upstream-time",
    "upstream-refused",
    "directory-down",
    "represent-none",
    "represent-age",
    "represent-protected",
    "too-many",
    "maintenance",
    "internal",
]

NEEDED_BESIDE = [
    "request-malformed",
    "request-replayed",
    "request-unsupported",
    "passive-impossible",
    "login-required",
    "consent-required",
    "choice-required",
    "server-busy",
    "blocked-method",
    "upstream-level",
    "upstream-value",
]

NEVER_SHOWN = re.compile(r"\b(saml|idp|token|assertion|claim|metadata|attribut|klient|samling)", re.IGNORECASE)


def every_sentence():
    for reason in REASONS.values():
        for sentences in (reason.sv, reason.en):
            yield reason.code, sentences.what
            yield reason.code, sentences.todo


def lix(text: str) -> float:
    words = re.findall(r"[\w-]+", text)
    sentences = len(re.findall(r"[.!?:]", text))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


@pytest.mark.parametrize("code", [*FIRST_CATALOGUE, *NEEDED_BESIDE])
def test_every_cause_of_the_first_catalogue_has_a_row(code):
    assert REASONS[code].code == code


def test_a_row_is_found_under_its_own_code_and_no_code_stands_twice():
    assert all(code == reason.code for code, reason in REASONS.items())
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in REASONS)


@pytest.mark.spec("REFEDS errorURL", "v1")
def test_every_cause_has_one_of_the_four_error_classes():
    assert {reason.error_class for reason in REASONS.values()} == ERROR_CLASSES


def test_every_kind_has_a_cause():
    assert {reason.kind for reason in REASONS.values()} == set(Kind)


def test_no_cause_is_a_dead_end_and_every_way_is_used():
    assert all(reason.ways for reason in REASONS.values())
    assert {way for reason in REASONS.values() for way in reason.ways} == set(Way)
    assert all(len(set(reason.ways)) == len(reason.ways) for reason in REASONS.values())


@pytest.mark.parametrize(("code", "sentence"), list(every_sentence()))
def test_a_sentence_is_whole_without_blame_shouting_or_words_of_the_trade(code, sentence):
    assert sentence.endswith(".")
    assert "!" not in sentence
    assert not NEVER_SHOWN.search(sentence)
    assert set(re.findall(r"{(\w*)}", sentence)) <= {"service", "detail"}
    assert not re.search(r"du har skrivit fel|your fault|invalid", sentence, re.IGNORECASE)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_texts_are_easy_to_read(language):
    texts = {code: getattr(reason, language) for code, reason in REASONS.items()}
    assert all(lix(f"{text.what} {text.todo}") <= 40 for text in texts.values())


@pytest.mark.parametrize("reason", list(REASONS.values()), ids=list(REASONS))
def test_the_service_is_told_one_short_english_sentence_that_needs_no_filling(reason):
    assert re.fullmatch(r"[A-Z][A-Za-z0-9 ,'-]{5,100}\.", reason.service_text)


def test_sentences_are_filled_in_the_language_asked_for():
    missing = REASONS["attr-missing"]
    about = {"service": "Provportalen", "detail_sv": "E-post", "detail_en": "E-mail"}
    assert missing.told("sv", about).what == "En uppgift som Provportalen kräver saknas om dig: E-post."
    assert missing.told("en", about).what == "A detail that Provportalen requires is missing about you: E-mail."
    assert missing.told("de", about) == missing.told("en", about)


def test_what_is_not_known_is_said_in_words_and_a_sentence_begins_with_a_capital():
    told = REASONS["blocked-service"].told("sv", {})
    assert told == Sentences("Tjänsten är stoppad tills vidare.", "Fråga den som har hand om tjänsten.")
    assert REASONS["request-address"].told("en", {"service": ""}).what.startswith("The service asked us")


def test_a_hostile_value_is_put_in_as_it_is_and_never_read_as_a_pattern():
    told = REASONS["attr-missing"].told("sv", {"detail": "{service.__class__}", "service": "{detail}"})
    assert "{service.__class__}" in told.what
    assert "{detail}" in told.what


def test_a_refusal_carries_its_cause_and_copies_what_it_is_about():
    about = {"detail": "mail"}
    refusal = Refusal(REASONS["attr-missing"], "mail of p1", about)
    about.clear()
    assert (refusal.reason.code, refusal.detail, refusal.about) == ("attr-missing", "mail of p1", {"detail": "mail"})
    assert str(refusal) == "attr-missing: mail of p1"
    assert Refusal(REASONS["internal"]).about == {}


def test_a_new_cause_is_one_row(monkeypatch):
    row = Reason("made-up", Kind.REQUEST, "OTHER_ERROR", "Made up.", Sentences("A.", "B."), Sentences("A.", "B."), ())
    monkeypatch.setitem(REASONS, "made-up", row)
    assert REASONS["made-up"].told("sv", {}) == Sentences("A.", "B.")
    assert {f.name for f in fields(Reason)} == {"code", "kind", "error_class", "service_text", "sv", "en", "ways"}
