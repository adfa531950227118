"""Whether a passage is of the law, the rules or the paper that a question names."""

import re
from pathlib import PurePath
from typing import Final

from erya.language import normal_text, terms
from erya.records import Chunk

__all__ = ["bare_name", "is_of_paper", "is_of_work"]

# What rules are called, the longest first: two of other kinds are two works.
_KIND: Final = re.compile(
    "(?:实施条例|实施细则|实施办法|管理办法|管理规定|暂行条例|暂行办法|若干规定|的?解释|条例|细则"
    "|规定|办法|准则|规则|制度|手册|指引|规程|章程|公约|意见|决定|通知|批复|法|典)$"
)
_PLAIN: Final = re.compile("(?:实施|管理|暂行|若干|的)")
# Behind a title: when it was made, which release it is.
_BEHIND: Final = re.compile(r"[（(【\[][^（()）】\]]*[)）】\]]$|[\d._ -]+$|v\d+$")
_SHORTEST: Final = 2


def bare_name(name: str) -> str:
    """Return a name as it is compared: without blanks and the state's name."""
    return "".join(normal_text(name).split()).replace("中华人民共和国", "")


def is_of_work(chunk: Chunk, work: str) -> bool:
    """Tell whether a passage's title, or its file's name, is of a work.

    民间借贷规定 is 关于审理民间借贷案件适用法律若干问题的规定; 劳动合同法 is not
    劳动合同法实施条例. What a person says before the name may be part of `work`.
    """
    named = bare_name(work)
    titles = (chunk.title, PurePath(chunk.source).stem, *chunk.headings[:1])
    return any(_is_called(_trimmed(title), named) for title in titles)


def is_of_paper(chunk: Chunk, paper: str) -> bool:
    """Tell whether a passage's title, or its file's name, has all words of a name."""
    return terms(paper) <= terms(f"{chunk.title} {PurePath(chunk.source).stem}")


def _trimmed(title: str) -> str:
    name, before = bare_name(title).strip("《》"), ""
    while name != before:
        before, name = name, _BEHIND.sub("", name).strip("《》")
    return name


def _is_called(title: str, named: str) -> bool:
    if len(title) < _SHORTEST:
        return False
    if title.endswith(named) or named.endswith(title):
        return True
    kind, other = _KIND.search(named), _KIND.search(title)
    if kind is None or other is None or kind[0] in {"法", "典"}:
        return False
    if _PLAIN.sub("", kind[0]) != _PLAIN.sub("", other[0]):
        return False
    core = named[: kind.start()]
    return len(core) >= _SHORTEST and core in title
