"""Drafts of letters to persons about what they asked for, in Swedish and in English."""

from collections.abc import Mapping
from typing import Final

from trust_framework.days import day_of
from trust_framework.subject_requests import RequestKind, SubjectRequest

_KINDS: Final[Mapping[str, Mapping[RequestKind, str]]] = {
    "sv": {
        RequestKind.LOG_EXTRACT: "ett utdrag ur loggen: vilka som har läst om dig",
        RequestKind.ACCESS: "tillgång till dina uppgifter",
        RequestKind.CORRECTION: "rättelse av dina uppgifter",
        RequestKind.ERASURE: "radering av dina uppgifter",
    },
    "en": {
        RequestKind.LOG_EXTRACT: "an extract of the log: who has read about you",
        RequestKind.ACCESS: "access to your data",
        RequestKind.CORRECTION: "correction of your data",
        RequestKind.ERASURE: "erasure of your data",
    },
}
_LETTERS: Final = {
    "sv": """{name}
{today}

Ärende {id}

Du bad {received} om {kind}.

{what}
{files}
Är du inte nöjd kan du klaga hos tillsynsmyndigheten.
""",
    "en": """{name}
{today}

Case {id}

On {received} you asked for {kind}.

{what}
{files}
If you are not content you can complain to the supervisory authority.
""",
}
_WHAT: Final[Mapping[str, Mapping[str, str]]] = {
    "sv": {
        "waiting": "Vi svarar senast {due}.{reason}",
        "answered": "Svaret finns med det här brevet.\n\n{words}",
        "erased": "Dina uppgifter är raderade. Det som fanns krypterat om dig går inte längre att läsa, för någon.\n\n{words}",
        "refused": "Vi lämnar inte ut det. Skälet är:\n\n{words}",
    },
    "en": {
        "waiting": "We answer by {due}.{reason}",
        "answered": "The answer is with this letter.\n\n{words}",
        "erased": "Your data are erased. What was kept encrypted about you can no longer be read, by anybody.\n\n{words}",
        "refused": "We do not give it out. The reason is:\n\n{words}",
    },
}
_LATER: Final = {"sv": " Det tar längre tid än en månad: {words}", "en": " It takes more than a month: {words}"}

_MADE: Final = {"sv": "Med brevet följer:", "en": "With this letter come:"}


def letter(request: SubjectRequest, name: str, language: str, now: int) -> str:
    """The draft: that it was received and when it is answered, or the answer, as the case stands."""
    ended = request.acts[-1].what if request.done else "waiting"
    reason = _LATER[language].format(words=_words(request, "put-off")) if request.put_off else ""
    what = _WHAT[language][ended].format(
        due=day_of(request.due - 1).isoformat(), reason=reason, words=_words(request, ended)
    )
    return _LETTERS[language].format(
        name=name,
        today=day_of(now).isoformat(),
        id=request.id,
        received=day_of(request.received_at).isoformat(),
        kind=_KINDS[language][request.kind],
        what=what,
        files=_files(request, language),
    )


def _files(request: SubjectRequest, language: str) -> str:
    """The files that were made for the person, each with its digest, by which anybody can see that it is the one."""
    made = [f"- {act.note}" for act in request.acts if act.what == "extracted"]
    return "\n".join(("", _MADE[language], *made, "")) if made else ""


def _words(request: SubjectRequest, act: str) -> str:
    return next((each.note for each in reversed(request.acts) if each.what == act), "")
