"""Questions from lists and headings."""

import re
from collections.abc import Iterator
from typing import Final

from erya.evaluating.questions import chinese, english
from erya.evaluating.questions.drafts import Draft, Setting
from erya.records import Chunk

__all__ = ["ask_heading", "ask_lists"]

_SHORTEST_ANSWER: Final = 12  # characters of what a heading is answered by
_GERUND: Final = re.compile(
    r"^(?P<v>[A-Z][a-z]+ing) (?P<r>(?:an?|the|your|to|[a-z]+s?)(?: [a-z][\w-]*){0,6})$"
)
_HOW: Final = re.compile(r"^How to (?P<r>[a-z][\w ,'’/-]{3,60})$", re.IGNORECASE)
_HOW_ZH: Final = re.compile(r"^(?:如何|怎样|怎么)(?P<r>[^，。？]{2,20})$")
_WAY_ZH: Final = re.compile(r"^(?P<r>[^，。？、\d]{2,14})的?(?:流程|步骤|方法|办法)$")
_LONGEST_LIST: Final = 700  # characters
_MARK: Final = r"(?:[-*•●]|[（(]?[\d一二三四五六七八九十a-z]{1,3}[)）.、．])"
_LIST: Final = re.compile(
    r"(?:^|\n|。)(?P<intro>[^\n。]{6,120}[:：])[ ]*\n+"
    rf"(?P<items>(?:[ ]*{_MARK}[ ]*[^\n]+(?:\n+|$)){{2,}})"
)


def ask_lists(chunk: Chunk, setting: Setting) -> Iterator[Draft]:
    """Yield what lists answer that end within the chunk."""
    ask = chinese.ask_list if setting.language == "zh" else english.ask_list
    text = chunk.text
    for match in _LIST.finditer(text):
        items = match["items"].strip()
        closed = match.end() < len(text.rstrip()) or items.endswith((".", "。"))
        if not closed or len(items) > _LONGEST_LIST:
            continue
        whole = text[match.start("intro") : match.start("items") + len(items)]
        question = ask(match["intro"].strip())
        draft = setting.draft("list", question, answers=[items], quotes=[whole])
        if draft:
            yield draft


def ask_heading(chunk: Chunk, sentence: str, setting: Setting) -> Draft | None:
    """Return what a heading asks that the sentence below it answers."""
    heading = chunk.headings[-1] if chunk.headings else ""
    heading = re.sub(r"^(?:[\d.]+|[一二三四五六七八九十]+、)\s*", "", heading).strip()
    if heading.endswith(("?", "？")):
        return setting.draft(
            "faq", heading, answers=[sentence], quotes=[sentence],
            alone=True, reword=False,
        )  # fmt: skip
    question = _turn_heading(heading, setting)
    if len(sentence) < _SHORTEST_ANSWER:
        return None
    return setting.draft("heading", question, answers=[sentence], quotes=[sentence])


def _turn_heading(heading: str, setting: Setting) -> str:
    if setting.language == "zh":
        match = _HOW_ZH.match(heading) or _WAY_ZH.match(heading)
        return f"应该怎么{match['r']}？" if match else ""
    match = _HOW.match(heading)
    if match:
        return f"How do I {match['r']}?".replace(" your ", " my ")
    match = _GERUND.match(heading)
    gerund = match[0][0].lower() + match[0][1:] if match else ""
    return f"How does one go about {gerund}?" if gerund else ""
