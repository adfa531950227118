"""Questions that an English sentence answers, as somebody asks who has not read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from erya.evaluating.questions.drafts import Draft, Setting
from erya.evaluating.questions.patterns import (
    Build,
    QuestionAnswer,
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
        match = rule.pattern.search(bare if r"\(" in rule.pattern.pattern else plain)
        pair = _form_question(rule, match) if match else None
        if pair is None or pair.answers[-1] not in line:
            continue
        alone = _is_name(pair.question)
        draft = setting.draft(
            rule.kind, pair.question, answers=pair.answers, quotes=[sentence],
            alone=alone or rule.kind == "abbreviation",
        )  # fmt: skip
        if draft:
            yield draft


def ask_list(intro: str) -> str:
    """Return what a list answers, from the line that leads to it; empty if nothing."""
    bare = _LEAD.sub("", intro).rstrip(": ：")
    for rule in _LISTS:
        match = rule.pattern.search(bare)
        if match and not _is_broken(match.groupdict().get("s") or "any"):
            parts = {name: _low(part) for name, part in match.groupdict().items()}
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


def _form_question(rule: Rule, match: re.Match[str]) -> QuestionAnswer | None:
    """Return the question, unless its subject is no whole one."""
    if rule.question.startswith("@"):
        return _BUILT[rule.question](match)
    parts = {name: part or "" for name, part in match.groupdict().items()}
    if "s" in parts and _is_broken(parts["s"]):
        return None
    fields = {name: part if name == "a" else _low(part) for name, part in parts.items()}
    fields["base"] = _VERBS.get(fields.get("v", ""), "")
    return QuestionAnswer(rule.question.format(**fields), (parts["a"],))


def _amount(match: re.Match[str]) -> QuestionAnswer | None:
    subject = match["s"]
    if _is_broken(subject) or len(subject) < 6:
        return None
    return QuestionAnswer(
        f"What did {_low(subject)} amount to{match['r']}?", (match["a"],)
    )


def _polar(match: re.Match[str]) -> QuestionAnswer | None:
    subject, modal, rest = match["s"], match["m"].lower(), match["r"]
    personal = _PERSONS.search(subject) or (
        subject.startswith(("The ", "All ", "Each ", "Every "))
        and re.match(r"be \w+ed\b", rest)
    )
    if (_is_broken(subject) and subject.lower() != "you") or not personal:
        return None
    who = "I" if subject.lower() == "you" else _low(subject)
    quote = f"{match['m']} {rest}"
    rest = _to_asker(rest)
    if modal in {"must", "should", "shall"}:
        who = "me" if who == "I" else who
        return QuestionAnswer(f"Is it mandatory for {who} to {rest}?", ("Yes", quote))
    denied = "not" in modal
    return QuestionAnswer(f"Can {who} {rest}?", ("No" if denied else "Yes", quote))


def _abbreviation(match: re.Match[str]) -> QuestionAnswer | None:
    """Find the words whose initials are the abbreviation."""
    short = match["s"].removesuffix("s")
    words = match["w"].split()
    for count in range(2, len(words) + 1):
        last = words[-count:]
        parts = [part for word in last for part in re.split(r"[-/]", word) if part]
        initials = [part[0] for part in parts if part.lower() not in _SMALL]
        if "".join(initials).upper() == short.upper().replace("-", "").replace("&", ""):
            return QuestionAnswer(f"What does {short} stand for?", (" ".join(last),))
    return None


_SMALL: Final = frozenset(("of", "the", "and", "for", "in", "to", "on", "a"))


def _count(match: re.Match[str]) -> QuestionAnswer | None:
    if _is_broken(match["s"]):
        return None
    do = "do" if re.search(r"[^s]s$", match["s"]) else "does"
    return QuestionAnswer(
        f"How many {match['n']} {do} {_low(match['s'])} have?", (match["a"],)
    )


def _condition(match: re.Match[str]) -> QuestionAnswer | None:
    condition = _to_asker(match["s"])
    if _NO_SUBJECT.match(condition) and not condition.startswith("I "):
        return None
    clause = condition if condition.startswith("I ") else _low(condition)
    return QuestionAnswer(f"What should I do if {clause}?", (match["a"],))


def _how(match: re.Match[str]) -> QuestionAnswer | None:
    if match["a"].startswith("we "):
        return QuestionAnswer(f"How did the authors {match['s']}?", (match["a"],))
    return QuestionAnswer(f"How do I {_to_asker(match['s'])}?", (match["a"],))


_BUILT: Final[Mapping[str, Build]] = {
    "@amount": _amount,
    "@polar": _polar,
    "@abbreviation": _abbreviation,
    "@count": _count,
    "@condition": _condition,
    "@how": _how,
}
_RULES, _LISTS = read_rules("english.txt", {"VERBS": "|".join(_VERBS)})
