"""The words: complete in both languages, none in the templates, plain, and none of the words that only experts know."""

import io
import re
from importlib.resources import files
from string import Formatter

import html5lib
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from broker.settings import Environment
from broker.web.pages.frame import clean, in_language
from broker.web.pages.progress import MESSAGES, sentence, status_reply
from broker.web.pages.render import Pages
from broker.web.pages.texts import LANGUAGES, texts
from idp_adapters.methods import bankid
from tests.support.page_samples import frame, samples
from trust_framework.reasons import REASONS

WEB = files("broker.web")
TEMPLATES = {file.name: file.read_text() for file in (WEB / "templates").iterdir() if file.name.endswith(".html")}
EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
QUOTED = re.compile(r"""["']([a-z][a-zA-Z_-]*(?:\.[a-zA-Z_-]*[0-9]?)+)["']""")
END_USERS, CONSOLES = "[mo][ew]*.po", "[!m]*.po"
"""The words of end users are plain; members' teams and operators know what SAML is."""

FILES = (".html", ".css", ".js", ".svg")
FORBIDDEN = re.compile(
    r"\b(saml|oidc|idp|sp|rp|token|assertion|claims?|metadata|attribut\w*|loa|sso|slo|session)\b", re.IGNORECASE
)
PAGES = Pages(Environment.PRODUCTION)
END_USER = sorted(name for name in samples() if not name.startswith("test-"))
MOST_LIX = 40
LONG_WORD = 6
RUNNING_TEXT = 30


def catalogues(language: str, names: str = "*.po") -> list[Catalog]:
    """One an area of pages."""
    sources = sorted((WEB / "translations" / language / "LC_MESSAGES").glob(names))
    return [read_po(io.BytesIO(source.read_bytes()), locale=language, abort_invalid=True) for source in sources]


def keys(language: str, names: str = "*.po") -> dict[str, object]:
    messages = [message for catalogue in catalogues(language, names) for message in catalogue if message.id]
    found = {(m.id if isinstance(m.id, str) else m.id[0]): m for m in messages}
    assert len(found) == len(messages), "a key stands twice"
    return found


def keys_used() -> set[str]:
    """Keys named in templates, those built of a prefix (which ends with a dot) and an ending among them; and those that
    the code of the consoles names: labels and faults of forms, what waits.
    """
    expressions = " ".join(found for text in TEMPLATES.values() for found in EXPRESSION.findall(text))
    code = " ".join(file.read_text() for file in (WEB / "console").rglob("*.py"))
    known = set(keys("sv", CONSOLES))
    named = {key for key in QUOTED.findall(expressions) if not key.endswith(FILES)}
    begun = {key[: at + 1] for key in known for at, letter in enumerate(key) if letter == "."}
    named |= {key for key in QUOTED.findall(code) if key in known | begun}
    prefixes = tuple(key for key in named if key.endswith("."))
    built = {key for key in keys("sv") if key.startswith(prefixes)}
    return named - set(prefixes) | built | {f"progress.{key}" for key in (*MESSAGES, "waiting")}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_text_is_missing_or_doubtful(language: str):
    for key, message in keys(language).items():
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(said), key
        assert not message.fuzzy, key
        assert "%%" not in "".join(said), key


def test_both_languages_have_the_same_texts_with_the_same_gaps():
    gap = re.compile(r"%\((\w+)\)s")
    swedish, english = keys("sv"), keys("en")
    assert set(swedish) == set(english)
    for key, message in swedish.items():
        assert set(gap.findall(str(message.string))) == set(gap.findall(str(english[key].string))), key


def test_every_text_that_is_used_exists_and_every_text_that_exists_is_used():
    counted = {key for key in keys_used() if key.endswith(".many")}
    assert keys_used() - counted == set(keys("sv"))


def test_keys_that_are_built_have_every_ending():
    sv = keys("sv")
    wanted = [f"choose.hidden.{why}" for why in ("level", "service", "federation")]
    wanted += [f"method.{variant}" for variant in ("here", "elsewhere")]
    wanted += [f"way.{way.value}" for reason in REASONS.values() for way in reason.ways]
    wanted += [f"error-url.{error}" for error in {reason.error_class for reason in REASONS.values()}]
    wanted += [f"error.{detail}" for detail in ("method", "asked", "got", "missing")]
    wanted += [f"frame.theme.{theme}" for theme in ("light", "dark", "system")]
    assert not set(wanted) - set(sv)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_holds_no_words_of_its_own(name: str):
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", TEMPLATES[name], flags=re.DOTALL)
    words = re.sub(r"<[^>]*>| data-[a-z]+=", " ", bare)
    assert not re.search(r"[^\W\d_]", words), words
    for attribute in re.findall(r'(?:alt|title|aria-label|placeholder|value)="([^"]*)"', bare):
        assert attribute.strip() in {"", "yes", "no"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("message", bankid.MESSAGES)
def test_every_message_of_a_method_has_its_sentence(message: str, language: str):
    assert message in MESSAGES
    said = sentence(message, language, "BankID & <b>")
    assert said.endswith((".", "…"))
    assert not said.startswith("progress.")
    assert "&amp;" not in said


def test_an_unknown_message_says_that_we_wait():
    assert sentence("other.thing", "sv", "x") == "Väntar …"
    assert sentence("eid.scan", "xx", "x") == "Väntar på att du läser av koden …"


def test_the_answer_to_the_script_holds_the_sentence_the_code_and_the_way_on():
    import json

    reply = status_reply("eid.scan", "sv", "BankID", qr_text="bankid.a.0.b")
    assert json.loads(reply.body) == {"text": "Väntar på att du läser av koden …", "qr": "bankid.a.0.b", "go": None}
    assert len(reply.body) < 400
    assert dict(reply.headers)["Cache-Control"] == "no-store"
    assert json.loads(status_reply("eid.done", "en", "BankID", go="/login/1").body)["go"] == "/login/1"


def visible(name: str, language: str) -> list[str]:
    """The sentences of a page's main part: paragraphs, list items and cells."""
    page = PAGES.render(samples()[name], frame(language=language)).body.decode()
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    main = next(iter(tree.iter("main")), tree)
    return [
        " ".join("".join(e.itertext()).split()) for e in main.iter() if e.tag in {"p", "li", "h1", "h2", "h3", "legend"}
    ]


@pytest.mark.parametrize("name", END_USER)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_word_that_only_experts_know_stands_on_a_page(name: str, language: str):
    assert not [said for said in visible(name, language) if FORBIDDEN.search(said)]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_word_that_only_experts_know_stands_in_a_text_or_a_cause(language: str):
    said = {key: str(message.string) for key, message in keys(language, END_USERS).items()}
    told = {code: getattr(reason, language) for code, reason in REASONS.items()}
    said |= {code: f"{sentences.what} {sentences.todo}" for code, sentences in told.items()}
    assert not {key: text for key, text in said.items() if FORBIDDEN.search(text)}


def lix(sentences: list[str]) -> float:
    """Läsbarhetsindex: words a sentence, and the share of words longer than six letters."""
    text = " ".join(s if s.endswith((".", "?", "…", ":")) else f"{s}." for s in sentences)
    words = re.findall(r"[\w-]+", text)
    count = len(re.findall(r"[.?:…]+(?:\s|$)", text))
    return len(words) / count + 100 * sum(len(word) > LONG_WORD for word in words) / len(words)


def test_lix_is_counted_as_its_author_did():
    assert lix(["Jag är här.", "Personnumret saknas."]) == pytest.approx(5 / 2 + 100 / 5)


def test_swedish_texts_are_easy_to_read():
    said = [
        str(m.string)
        for key, m in keys("sv", END_USERS).items()
        if isinstance(m.string, str) and m.string.endswith((".", "?", "…"))
    ]
    filled = [re.sub(r"%\(\w+\)s", "den", text) for text in said]
    assert lix(filled) <= MOST_LIX


def test_swedish_causes_are_easy_to_read():
    told = [reason.told("sv", {"service": "tjänsten", "detail": "namn"}) for reason in REASONS.values()]
    assert lix([text for t in told for text in (t.what, t.todo)]) <= MOST_LIX


@pytest.mark.parametrize("name", END_USER)
def test_each_swedish_page_is_easy_to_read(name: str):
    """The index is made for running text: a page of a few words says nothing about itself."""
    sentences = [said for said in visible(name, "sv") if said.endswith((".", "?"))]
    assert sum(len(said.split()) for said in sentences) < RUNNING_TEXT or lix(sentences) <= MOST_LIX


def test_a_text_escapes_what_is_filled_in_and_counts():
    assert str(texts("sv").get("choose.title", service="<b>")) == "Logga in på &lt;b&gt;"
    assert str(texts("en").count("search.hits", "search.hits.many", 1, query="a")) == "1 match for “a”"
    assert str(texts("sv").count("search.hits", "search.hits.many", 3, query="<")) == "3 träffar på ”&lt;”"


@pytest.mark.parametrize(
    ("names", "language", "name"),
    [
        ({"sv": "A", "en": "B"}, "en", "B"),
        ({"sv": "A", "en": "B"}, "fi", "A"),
        ({"en": "B", "fi": "C"}, "sv", "B"),
        ({"fi": "C"}, "sv", "C"),
        ({"sv": "", "de": "D"}, "sv", "D"),
        ({}, "sv", ""),
    ],
)
def test_a_name_is_taken_in_the_readers_language_then_swedish_english_or_any(
    names: dict[str, str], language: str, name: str
):
    assert in_language(names, language) == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("Å ä\tö\n x", "Å ä ö x"),
        ("a\u202eb\u2066c", "abc"),
        ("\x00\x1b[31mred", "[31mred"),
        ("x" * 600, "x" * 499 + "…"),
        ("שלום", "\u2068שלום\u2069"),
        ("👩‍⚕️", "👩‍⚕️"),
    ],
)
def test_a_name_is_cleaned_of_what_could_disturb_a_line(given: str, kept: str):
    assert clean(given) == kept


def test_texts_have_whole_gaps():
    for reason in REASONS.values():
        for sentences in (reason.sv, reason.en):
            named = {
                name for text in (sentences.what, sentences.todo) for _, name, _, _ in Formatter().parse(text) if name
            }
            assert named <= {"service", "detail"}
