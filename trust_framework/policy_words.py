"""Release policies as sentences, made from their data, so that what is read is what is decided by."""

from collections.abc import Iterable, Mapping
from typing import Final

from trust_framework.attributes import CATALOGUE
from trust_framework.policies import Audience, Effect, Needs, Rule

Names = Mapping[str, Mapping[str, str]]
"""Names by language, by id of a service or member; what is not there is called by its id."""

_LAST: Final = {"sv": "och", "en": "and"}
_ALLOW: Final = {"sv": "Släpp {what} till {whom}{needs}.", "en": "Let {whom} have {what}{needs}."}
_DENY: Final = {"sv": "Släpp inte {what} till {whom}.", "en": "Do not let {whom} have {what}."}
_IF: Final = {"sv": " om {needs}", "en": " if {needs}"}
_EVERYONE: Final = {"sv": "alla tjänster", "en": "every service"}
_WHOM: Final = {
    "services": {"sv": "{names}", "en": "{names}"},
    "categories": {"sv": "tjänster i kategori {names}", "en": "services of category {names}"},
    "members": {"sv": "tjänster hos {names}", "en": "services of {names}"},
    "member_types": {"sv": "tjänster hos medlemmar av slaget {names}", "en": "services of members that are {names}"},
}
_SET: Final = {"sv": "uppsättningen {name}", "en": "the set {name}"}
_LEVEL: Final = {"sv": "nivån är {level} eller högre", "en": "the level is {level} or higher"}
_AGREEMENT: Final = {"sv": "ett avtal om uppgiften gäller", "en": "an agreement about the detail is in force"}
_CONSENT: Final = {"sv": "personen säger ja", "en": "the person says yes"}
_PROFILE: Final = {"sv": "tjänsten följer profilen {profile}", "en": "the service follows the profile {profile}"}


def sentence(rule: Rule, language: str, names: Names | None = None) -> str:
    """The rule in one sentence."""
    lang = "sv" if language == "sv" else "en"
    what, whom = _details(rule, lang), _audience(rule.audience, lang, names or {})
    words = _ALLOW if rule.effect is Effect.ALLOW else _DENY
    needs = _listed(_needs(rule.needs, lang), lang)
    return words[lang].format(what=what, whom=whom, needs=_IF[lang].format(needs=needs) if needs else "")


def _details(rule: Rule, lang: str) -> str:
    labels = [CATALOGUE[name].label(lang).lower() for name in sorted(rule.attributes)]
    sets = [_SET[lang].format(name=_short(uri)) for uri in sorted(rule.sets)]
    return _listed((*labels, *sets), lang)


def _audience(to: Audience, lang: str, names: Names) -> str:
    if to.everyone:
        return _EVERYONE[lang]
    found = []
    for kind, words in _WHOM.items():
        ids = sorted(getattr(to, kind))
        if ids:
            called = [_called(id_, lang, names) if kind in {"services", "members"} else _short(id_) for id_ in ids]
            found.append(words[lang].format(names=_listed(called, lang)))
    return _listed(found, lang)


def _needs(needs: Needs, lang: str) -> list[str]:
    found = []
    if needs.level:
        found.append(_LEVEL[lang].format(level=needs.level))
    if needs.agreement:
        found.append(_AGREEMENT[lang])
    if needs.consent:
        found.append(_CONSENT[lang])
    if needs.profile is not None:
        found.append(_PROFILE[lang].format(profile=needs.profile.value))
    return found


def _called(id_: str, lang: str, names: Names) -> str:
    told = names.get(id_, {})
    return told.get(lang) or next(iter(told.values()), id_)


def _short(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]


def _listed(words: Iterable[str], lang: str) -> str:
    kept = list(words)
    return f" {_LAST[lang]} ".join([", ".join(kept[:-1]), kept[-1]]) if len(kept) > 1 else "".join(kept)
