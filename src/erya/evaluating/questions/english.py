"""Questions that an English sentence answers, as somebody asks who has not read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from erya.evaluating.questions.drafts import Draft, Setting
from erya.evaluating.questions.patterns import (
    Asked,
    Build,
    Rule,
    read_rules,
    read_words,
)

__all__ = ["ask_list", "ask_sentence"]

_PERSONS: Final = re.compile(
    r"\b(?:you|employees?|staff|users?|customers?|members?|students?|trustees?|parties"
    r"|managers?|owners?|visitors?|patients?|debtors?|guests?|contractors?|suppliers?"
    r"|teachers?|applicants?|holders?|tenants?|children|players?|everyone|nobody)\b",
    re.IGNORECASE,
)
_NO_SUBJECT: Final = re.compile(
    r"^(?:it|th(?:is|at|ese|ose|ere|ey|en|us)|here|s?he|we|i|you|wh\w+|one|each|such|both"
    r"|if|how|some|many|most|as|but|and|or|nor|in|on|at|for|to|by|from|with|since|after"
    r"|before|while|also|our|his|her|their|its|another|other|however|results?|what"
    r"|nothing|only|no|not|of|although|because|during|under|two|three|more|much)\b"
    r"|\b(?:is|are|was|were|has|have|had|that|which|who|be|been|can|may|must|should|will"
    r"|could|would|not|if|when|than|because|did|does|do|said|says|\w+n['’]t)\b"
    r"| (?-i:A|An|The) |\b(\w{5,})\b.*\b\1\b"
    r"|\b(?:of|the|and|or|a|to|in|for|with|not|also|then)$",
    re.IGNORECASE,
)
_LEAD: Final = re.compile(
    r"^(?:[-*•·●▪–]\s*|[(]?\d{1,2}[.)]\s+|(?:however|in addition|additionally|moreover"
    r"|furthermore|therefore|finally|for example|note that|note:),?\s+)+",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(r"\s*\[\d+(?:[,-]\s?\d+)*\]|\(\d\)|[¹²³⁴⁵†‡*]")
_ASIDE: Final = re.compile(r"\s\([^()]{1,80}\)")
_VERBS: Final = read_words("verbs.txt")  # of a past form: the base
_NAMED: Final = re.compile(
    r"(?<=[a-z] )(?:[A-Z][\w’'-]+ ){1,4}[A-Z]\w+"
    r"|\b(?=\w*[A-Z]\w*[A-Z])(?!EBIT|EPS)[\w-]{3,}|\bwhat does [A-Z]"
)


def ask_sentence(sentence: str, setting: Setting) -> Iterator[Draft]:
    """Yield what a sentence answers; it is the evidence."""
    line = " ".join(sentence.split())
    bare = _NOTE.sub("", _LEAD.sub("", line)).strip().rstrip(".;")
    plain = _ASIDE.sub("", bare)
    for rule in _RULES:
        found = rule.pattern.search(bare if r"\(" in rule.pattern.pattern else plain)
        asked = _asked(rule, found) if found else None
        if asked is None or asked.answers[-1] not in line:
            continue
        alone = _is_name(asked.question)
        draft = setting.draft(
            rule.kind, asked.question, answers=asked.answers, quotes=[sentence],
            alone=alone or rule.kind == "abbreviation",
        )  # fmt: skip
        if draft:
            yield draft


def ask_list(intro: str) -> str:
    """Return what a list answers, from the line that leads to it; empty if nothing."""
    bare = _LEAD.sub("", intro).rstrip(": ：")
    for rule in _LISTS:
        found = rule.pattern.search(bare)
        if found and not _is_broken(found.groupdict().get("s") or "any"):
            parts = {name: _low(part) for name, part in found.groupdict().items()}
            return rule.question.format(**parts)
    return ""


def _is_name(question: str) -> bool:
    """Tell whether a question names what it is about: a name of two words or a code."""
    return _NAMED.search(question) is not None


def _is_broken(subject: str) -> bool:
    return _NO_SUBJECT.search(subject) is not None


def _low(subject: str) -> str:
    """Return words as they stand within a sentence: names keep their capital."""
    first, _, rest = subject.partition(" ")
    article = first in {"A", "An"} and not rest.partition(" ")[0].istitle()
    if article or first in {"The", "All", "Each", "Every"}:
        return subject[:1].lower() + subject[1:]
    plain = first.istitle() and (rest.islower() if rest else first.endswith("s"))
    return subject[:1].lower() + subject[1:] if plain else subject


def _to_asker(words: str) -> str:
    """Return words that speak to the reader as the reader says them."""
    words = re.sub(r"\byours?elf\b", "myself", words)
    words = re.sub(r"\byour\b", "my", words)
    words = re.sub(r"\byou are\b", "I am", words)
    return re.sub(r"\byou\b", "I", words)


def _asked(rule: Rule, found: re.Match[str]) -> Asked | None:
    """Return the question, unless its subject is no whole one."""
    if rule.question.startswith("@"):
        return _BUILT[rule.question](found)
    parts = {name: part or "" for name, part in found.groupdict().items()}
    if "s" in parts and _is_broken(parts["s"]):
        return None
    said = {name: part if name == "a" else _low(part) for name, part in parts.items()}
    said["base"] = _VERBS.get(said.get("v", ""), "")
    return Asked(rule.question.format(**said), (parts["a"],))


def _amount(found: re.Match[str]) -> Asked | None:
    subject = found["s"]
    if _is_broken(subject) or len(subject) < 6:
        return None
    return Asked(f"What did {_low(subject)} amount to{found['r']}?", (found["a"],))


def _polar(found: re.Match[str]) -> Asked | None:
    subject, modal, rest = found["s"], found["m"].lower(), found["r"]
    personal = _PERSONS.search(subject) or (
        subject.startswith(("The ", "All ", "Each ", "Every "))
        and re.match(r"be \w+ed\b", rest)
    )
    if (_is_broken(subject) and subject.lower() != "you") or not personal:
        return None
    who = "I" if subject.lower() == "you" else _low(subject)
    said = f"{found['m']} {rest}"
    rest = _to_asker(rest)
    if modal in {"must", "should", "shall"}:
        who = "me" if who == "I" else who
        return Asked(f"Is it mandatory for {who} to {rest}?", ("Yes", said))
    denied = "not" in modal
    return Asked(f"Can {who} {rest}?", ("No" if denied else "Yes", said))


def _abbreviation(found: re.Match[str]) -> Asked | None:
    """Find the words whose initials are the abbreviation."""
    short = found["s"].removesuffix("s")
    words = found["w"].split()
    for count in range(2, len(words) + 1):
        last = words[-count:]
        parts = [part for word in last for part in re.split(r"[-/]", word) if part]
        initials = [part[0] for part in parts if part.lower() not in _SMALL]
        if "".join(initials).upper() == short.upper().replace("-", "").replace("&", ""):
            return Asked(f"What does {short} stand for?", (" ".join(last),))
    return None


_SMALL: Final = frozenset(("of", "the", "and", "for", "in", "to", "on", "a"))


def _count(found: re.Match[str]) -> Asked | None:
    if _is_broken(found["s"]):
        return None
    do = "do" if re.search(r"[^s]s$", found["s"]) else "does"
    return Asked(f"How many {found['n']} {do} {_low(found['s'])} have?", (found["a"],))


def _condition(found: re.Match[str]) -> Asked | None:
    condition = _to_asker(found["s"])
    if _NO_SUBJECT.match(condition) and not condition.startswith("I "):
        return None
    told = condition if condition.startswith("I ") else _low(condition)
    return Asked(f"What should I do if {told}?", (found["a"],))


def _how(found: re.Match[str]) -> Asked | None:
    if found["a"].startswith("we "):
        return Asked(f"How did the authors {found['s']}?", (found["a"],))
    return Asked(f"How do I {_to_asker(found['s'])}?", (found["a"],))


_BUILT: Final[Mapping[str, Build]] = {
    "@amount": _amount,
    "@polar": _polar,
    "@abbreviation": _abbreviation,
    "@count": _count,
    "@condition": _condition,
    "@how": _how,
}
_RULES, _LISTS = read_rules("english.txt", {"VERBS": "|".join(_VERBS)})
