"""Tools within one folder that the caller has granted."""

import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from erya.loading import Limits
from erya.records import Item, is_under
from erya.tools.base import Tool, ToolError, ToolLimits
from erya.tools.functions import FunctionTool
from erya.tools.reading import parse_item

__all__ = ["file_tools"]

_MOST_LISTED: Final = 200
_NEW_FILE: Final = 0o644
_MOST_BYTES: Final = 5_000_000
_LIMITS: Final = ToolLimits(seconds=60.0)


def file_tools(folder: Path, *, limits: Limits | None = None) -> list[Tool]:
    """Return the tools that list, read and write the files of a folder.

    Args:
        folder: The one that is granted, with all below it; nothing beside it can be
            reached, by `..` or by links.
        limits: What parsing a file may cost.
    """
    tools = _FileTools(Path(os.path.realpath(folder)), limits or Limits())
    return [
        FunctionTool.of(tools.list_files, "read"),
        FunctionTool.of(tools.read_file, "read", limits=_LIMITS),
        FunctionTool.of(tools.write_file, "write"),
    ]


@dataclass(frozen=True, slots=True)
class _FileTools:
    folder: Path
    limits: Limits = field(default_factory=Limits)

    def list_files(self, folder: str = ".") -> str:
        """List the files and folders in a folder.

        Args:
            folder: Its path, from the folder that was granted.

        Raises:
            ToolError: There is none.
        """
        place = self._place(folder)
        if not _is(place, "dir"):
            msg = f"{folder!r:.200} is no folder."
            raise ToolError(msg)
        names = sorted(f"{e.name}/" if e.is_dir() else e.name for e in place.iterdir())
        more = "\n(There are more.)" if len(names) > _MOST_LISTED else ""
        return "\n".join(names[:_MOST_LISTED]) + more or "The folder is empty."

    def read_file(self, path: str) -> str:
        """Read a file as text, whatever its format.

        Args:
            path: Its path, from the folder that was granted.

        Raises:
            ToolError: There is none, it is too large, or has no text.
        """
        place = self._place(path)
        if not _is(place, "file"):
            msg = f"There is no file {path!r:.200}."
            raise ToolError(msg)
        if place.stat().st_size > _MOST_BYTES:
            msg = f"{path!r:.200} has more than {_MOST_BYTES:,} bytes."
            raise ToolError(msg)
        item = Item(source=str(place), data=place.read_bytes())
        return parse_item(item, limits=self.limits).text

    def write_file(self, path: str, text: str, *, overwrite: bool = False) -> str:
        """Write a text file.

        Args:
            path: Its path, from the folder that was granted.
            text: What stands in it.
            overwrite: Whether a file that is there may be written over.

        Raises:
            ToolError: It cannot be written.
        """
        place = self._place(path)
        if len(text.encode("utf-8", "replace")) > _MOST_BYTES:
            msg = f"The text has more than {_MOST_BYTES:,} bytes."
            raise ToolError(msg)
        if _is(place, "dir") or (_is(place, "") and not overwrite):
            msg = f"{path!r:.200} is there already."
            raise ToolError(msg)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            # A name of its own, which is no link that somebody has laid there.
            handle, draft = tempfile.mkstemp(dir=place.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                    file.write(text)
                mode = place.stat().st_mode if place.exists() else _NEW_FILE
                Path(draft).chmod(stat.S_IMODE(mode))
                if overwrite:
                    Path(draft).replace(place)
                else:
                    os.link(draft, place)  # fails where there is one by now
            finally:
                Path(draft).unlink(missing_ok=True)
        except OSError as error:
            msg = f"{path!r:.200} cannot be written: {error.strerror}."
            raise ToolError(msg) from None
        return f"Written: {path}"

    def _place(self, path: str) -> Path:
        """Return where a path leads.

        Raises:
            ToolError: Out of the folder, or it cannot be a path.
        """
        try:
            place = os.path.realpath(self.folder / path)
        except (ValueError, OSError):  # a NUL in it, or too long
            msg = f"{path!r:.200} is no path."
            raise ToolError(msg) from None
        if not is_under(place, str(self.folder)):
            msg = f"{path!r:.200} is outside of the folder that was granted."
            raise ToolError(msg)
        return Path(place)


def _is(place: Path, kind: str) -> bool:
    """Tell whether a file or folder is there; a name too long for the disk is none."""
    try:
        return {"file": place.is_file, "dir": place.is_dir}.get(kind, place.exists)()
    except OSError:
        return False
