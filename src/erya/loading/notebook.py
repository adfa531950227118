"""Notebooks (ipynb): prose, code and what it printed."""

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.markdown import add_markdown
from erya.records import Parsed

__all__ = ["parse_notebook"]

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
        for cell in cells:
            _add(builder, cell)
        kernel = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"This is no notebook that can be read: {type(error).__name__}: {error}"
        raise DocumentError(msg, code="malformed") from None
    parsed = builder.parsed(
        title="", media_type="application/x-ipynb+json", programming_language=kernel
    )
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def _add(builder: TextBuilder, cell: dict[str, Any]) -> None:
    source = _joined(cell.get("source", cell.get("input", "")))
    kind = cell.get("cell_type")
    if kind in {"markdown", "heading"}:
        mark = "#" * int(cell.get("level", 1)) + " " if kind == "heading" else ""
        add_markdown(builder, mark + source)
    elif kind == "raw":
        builder.paragraph(source)
    else:
        builder.code(source)
        for output in cell.get("outputs", ()):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            builder.code(_joined(text)[:_LONGEST_OUTPUT])


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
