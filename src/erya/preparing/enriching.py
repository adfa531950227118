"""What a document is about, found by rules, by a list of names, or by a chat model.

Everything goes into its metadata, as text; the document itself is not changed.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from erya.errors import ModelError, UsageError
from erya.language import content_words, language_of
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Document

__all__ = ["ENRICHING", "Enrichment", "languages_of"]

_LOOKED_AT: Final = 200_000  # characters: what a text is about shows before its end
_MOST_KEYWORDS: Final = 10
_MOST_ENTITIES: Final = 30
_ABOVE: Final = 3  # times that a word in a title or heading counts
_LEAST: Final = 2  # times that a word stands in a text to be about it
_SHARE: Final = 0.02  # of a text's characters: less of a language is a quotation
_PDF_DATE: Final = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_ISO_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MAIL_DATE: Final = re.compile(r"(\d{1,2} [A-Z][a-z]{2} \d{4})")
_DATES: Final = ("date", "creationdate", "created", "modified")
_TAGS: Final = ("tags", "tag", "keywords", "keyword", "categories", "category")
# What has a form by which anybody knows it.
_FORMS: Final = (
    ("title", re.compile(r"《[^《》\n]{2,40}》")),
    ("date", re.compile(r"\d{4}年\d{1,2}月(?:\d{1,2}日)?|\b\d{4}-\d\d-\d\d\b")),
    (
        "money",
        re.compile(
            r"[¥￥$€£] ?\d[\d,.]{0,30}"
            r"|(?<![\d,.])\d[\d,.]{0,30} ?(?:万元|亿元|元|美元|EUR|USD|CNY)"
        ),
    ),
    (
        "organisation",
        re.compile(
            r"(?:(?<![\w&'-])[A-Z][\w&'-]{1,40} ){1,4}(?:Inc|Ltd|Corp|LLC|GmbH|AG"
            r"|University|Institute|Bank|Company|Group|Agency|Commission)\b"
        ),
    ),
    (
        "organisation",
        re.compile(
            "[\u4e00-\u9fff]{2,14}?(?:股份有限公司|有限责任公司|有限公司|集团公司|大学|银行"
            "|医院|研究院|委员会|人民法院|人民政府)"
        ),
    ),
)
_BEFORE: Final = re.compile(
    ".*(?:可以|应当|[由向在和对与的或经被把将至及、，])(?=.{4})"
)
_PROMPT_CHARACTERS: Final = 8_000  # characters of a document that a model reads
_ANSWER: Final = re.compile(
    r"^\s*(keywords|entities)\s*[:：]\s*(.+)$", re.MULTILINE | re.IGNORECASE
)
_COMMAS: Final = re.compile(r"\s*[,，、;；]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """Tells in a document's metadata what it is about.

    Attributes:
        steps: Names of steps, as `ENRICHING` has them.
        names: Names to look for, such as products and departments.
        model: Asked for keywords and entities in place of the rules, if there is one.
        model_name: What it is called: documents are enriched anew by another.
    """

    steps: tuple[str, ...] = ("facts", "languages")
    names: frozenset[str] = frozenset()
    model: ChatModel | None = None
    model_name: str = ""

    def __post_init__(self) -> None:
        """Check the steps.

        Raises:
            UsageError: There is no step of a name.
        """
        for name in self.steps:
            if name not in ENRICHING:
                there = ", ".join(ENRICHING)
                msg = f"There is no step {name!r} of enriching. There are: {there}."
                raise UsageError(msg)

    def enrich(self, document: Document) -> Document:
        """Return the document with more metadata; what is there already stays.

        A model that gives no usable answer leaves it to the rules.
        """
        metadata = dict(document.metadata)
        if self.model is not None and {"keywords", "entities"} & {*self.steps}:
            metadata = {**self._by_model(document), **metadata}
        for name in self.steps:
            if name not in metadata:
                metadata |= {
                    key: value
                    for key, value in ENRICHING[name](document, self.names).items()
                    if value
                }
        return replace(document, metadata=metadata)

    def _by_model(self, document: Document) -> dict[str, str]:
        if self.model is None:
            return {}
        text = f"{document.title}\n\n{document.text[:_PROMPT_CHARACTERS]}"
        try:
            done = complete(
                self.model, ChatRequest.of(load_prompt("enrich").fill(), text)
            )
        except ModelError:
            return {}
        return {
            key.lower(): ", ".join(filter(None, _COMMAS.split(value.strip())))
            for key, value in _ANSWER.findall(done.text)
            if key.lower() in self.steps
        }


def _facts(document: Document, _: frozenset[str]) -> dict[str, str]:
    """Bring a date to the form of ISO 8601, and name tags as such."""
    metadata = document.metadata
    date = next((_iso(metadata[key]) for key in _DATES if metadata.get(key)), "")
    tags = next((metadata[key] for key in _TAGS if metadata.get(key)), "")
    facts = {"date": date, "tags": ", ".join(filter(None, _COMMAS.split(tags.strip())))}
    return {k: v for k, v in facts.items() if v and metadata.get(k) != v}


def _iso(value: str) -> str:
    if match := _PDF_DATE.match(value):
        return "-".join(part for part in match.groups() if part)
    if match := _ISO_DATE.search(value):
        year, month, day = match.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    if match := _MAIL_DATE.search(value):
        try:
            moment = datetime.strptime(match[1], "%d %b %Y")  # noqa: DTZ007 - a day
        except ValueError:
            return ""
        return moment.date().isoformat()
    return ""


def languages_of(document: Document) -> list[str]:
    """Return the language of each block: `zh`, `en`, or empty if it is neither."""
    return [
        language_of(document.text[block.start : block.end]) for block in document.blocks
    ]


def _languages(document: Document, _: frozenset[str]) -> dict[str, str]:
    """Count the characters of blocks in each language, if there are several."""
    sizes: Counter[str] = Counter()
    for block, language in zip(document.blocks, languages_of(document), strict=True):
        sizes[language] += block.end - block.start
    del sizes[""]
    total = sizes.total()
    shares = [
        f"{language} {size / total:.0%}"
        for language, size in sizes.most_common()
        if size >= _SHARE * total
    ]
    return {"languages": ", ".join(shares)} if len(shares) > 1 else {}


def _keywords(document: Document, _: frozenset[str]) -> dict[str, str]:
    """Name the words that stand there most, those of titles and headings first."""
    counts = Counter(content_words(document.text[:_LOOKED_AT]))
    above = [document.title] + [
        document.text[b.start : b.end] for b in document.blocks if b.kind == "heading"
    ]
    for word in content_words("\n".join(above)[:_LOOKED_AT]):
        counts[word] += _ABOVE
    best = [w for w, n in counts.most_common(_MOST_KEYWORDS) if n >= _LEAST]
    return {"keywords": ", ".join(best)}


def _entities(document: Document, names: frozenset[str]) -> dict[str, str]:
    """Name what has a form that tells it, and the names of the list that occur."""
    text = document.text[:_LOOKED_AT]
    entities: dict[str, None] = dict.fromkeys(
        name for name in sorted(names) if name and name in text
    )
    for _, form in _FORMS:
        entities |= dict.fromkeys(_trim_name(m[0]) for m in form.finditer(text))
    return {"entities": ", ".join(list(entities)[:_MOST_ENTITIES])}


def _trim_name(name: str) -> str:
    """Leave out what stands before a Chinese name: a name has no such word in it."""
    return " ".join(_BEFORE.sub("", name).split())


# The steps by their names.
ENRICHING: Final[dict[str, Callable[[Document, frozenset[str]], dict[str, str]]]] = {
    "facts": _facts,
    "languages": _languages,
    "keywords": _keywords,
    "entities": _entities,
}
