"""Notebooks (ipynb): prose, code and what it printed."""

import json
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import clean, decode
from erya.loading.formats.html import add_html
from erya.loading.formats.markdown import add_markdown
from erya.records import Parsed

__all__ = ["parse_notebook"]

# What stands for something that is shown in another form.
_OBJECT: Final = re.compile(r"\s*<IPython\.\S{1,80} object>\s*$")
_LONGEST_OUTPUT: Final = 2_000  # characters; more is a log, not an explanation


def parse_notebook(data: bytes, name: str) -> Parsed:
    """Read the cells in their order; of outputs the beginning, and no pictures.

    Raises:
        DocumentError: It is no notebook.
    """
    try:
        notebook = json.loads(decode(data))
        cells = notebook["cells"] if "cells" in notebook else [
            cell for sheet in notebook["worksheets"] for cell in sheet["cells"]
        ]  # fmt: skip
        builder = TextBuilder()
        cut = sum(_add(builder, cell) for cell in cells)
        kernel = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"This is no notebook that can be read: {type(error).__name__}: {error}"
        raise DocumentError(msg, code="malformed") from None
    if cut:
        message = f"Of long outputs only the beginning was read: {cut}."
        builder.notice("outputs_cut", message)
    parsed = builder.parsed(
        title="", media_type="application/x-ipynb+json", programming_language=kernel
    )
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def _add(builder: TextBuilder, cell: dict[str, Any]) -> int:
    """Add a cell; return how many outputs of it were cut."""
    source = _join(cell.get("source", cell.get("input", "")))
    kind = cell.get("cell_type")
    if kind in {"markdown", "heading"}:
        mark = "#" * int(cell.get("level", 1)) + " " if kind == "heading" else ""
        add_markdown(builder, mark + source)
    elif kind == "raw":
        builder.paragraph(source)
    else:
        builder.code(source)
        return sum(_add_output(builder, output) for output in cell.get("outputs", ()))
    return 0


def _add_output(builder: TextBuilder, output: dict[str, Any]) -> bool:
    """Add what a cell has printed or shown; return whether it was cut."""
    if "ename" in output:
        error = f"{output['ename']}: {output.get('evalue', '')}"
        text = "\n".join((error, *map(str, output.get("traceback", ()))))
        return _add_code(builder, text)
    data = output.get("data") or output

    def text_of(kind: str) -> str:  # earlier versions have shorter names
        return _join(data.get(f"text/{kind}") or data.get(kind) or "")

    if text_of("markdown"):
        add_markdown(builder, text_of("markdown"))
        return False
    text = _join(output.get("text") or "") or text_of("plain")
    if text and not _OBJECT.match(text):
        return _add_code(builder, text)
    if text_of("html"):
        add_html(builder, text_of("html"))
        return False
    return _add_code(builder, text_of("latex") or text)


def _add_code(builder: TextBuilder, text: str) -> bool:
    builder.code(clean(text)[:_LONGEST_OUTPUT])
    return len(text) > _LONGEST_OUTPUT


def _join(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
