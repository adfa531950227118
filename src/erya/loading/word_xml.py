"""Texts that Word has written as XML by itself (Word 2003 XML, WordprocessingML)."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.packed import read_xml
from erya.loading.xml_encodings import widened
from erya.records import Parsed

__all__ = ["parse_word_xml"]

_HEADING: Final = "heading"
_BREAKS: Final = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_LEVELS: Final = 6


def parse_word_xml(data: bytes, name: str) -> Parsed:
    """Read headings, paragraphs and tables; tables inside of tables as their text.

    Raises:
        DocumentError: It is damaged, or declares entities.
    """
    root = read_xml(widened(data), called="Word document")
    levels = {
        _value(style, "styleId"): _level(style.find("{*}name"))
        for style in root.iter("{*}style")
    }
    builder = TextBuilder()
    hidden = sum(1 for _ in root.iter("{*}vanish"))
    for element in _blocks(root.find("{*}body")):
        if _local(element) == "p":
            style = element.find("{*}pPr/{*}pStyle")
            level = levels.get(_value(style, "val"), 0) if style is not None else 0
            if level:
                builder.heading(_text(element), level=level)
            else:
                builder.paragraph(_text(element))
            continue
        rows = [
            ["\n".join(map(_text, cell.iter("{*}p"))) for cell in row.iterfind("{*}tc")]
            for row in element.iterfind("{*}tr")
        ]
        builder.table(rows, header=True)
    if hidden:
        message = "Some text is hidden from a reader; it is not searched."
        builder.notice("hidden_text", message)
    return builder.parsed(title=PurePosixPath(name).stem, media_type="application/xml")


def _blocks(body: Any) -> Iterator[Any]:
    """Yield paragraphs and tables, also those in sections."""
    stack = list(reversed(body)) if body is not None else []
    while stack:
        element = stack.pop()
        if _local(element) in {"p", "tbl"}:
            yield element
        else:
            stack.extend(reversed(element))


def _text(paragraph: Any) -> str:
    """Return the text of a paragraph, signs off the line written as such."""
    text = ""
    for run in paragraph.iter("{*}r"):
        if run.find("{*}rPr/{*}vanish") is not None:
            continue
        told = "".join(
            (each.text or "") if _local(each) == "t" else _BREAKS.get(_local(each), "")
            for each in run
        )
        stands = run.find("{*}rPr/{*}vertAlign")
        write = STANDING.get(_value(stands, "val")) if stands is not None else None
        text += write(told, before=text) if write is not None and told else told
    return text


def _level(name: Any) -> int:
    """Return the level of a heading, by the name of its style; 0 if it is none."""
    told = _value(name, "val").lower() if name is not None else ""
    digit = told.removeprefix(_HEADING).strip()
    return (
        min(int(digit), _LEVELS) if told != digit and digit in set("123456789") else 0
    )


def _value(element: Any, name: str) -> str:
    told = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(told, "")


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
