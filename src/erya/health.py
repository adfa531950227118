"""Does this machine have what Erya needs?"""

import platform
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from erya.config import Settings
from erya.errors import EryaError, UsageError
from erya.loading import Limits, ParserPool
from erya.loading.sandbox.confinement import limits_hold
from erya.loading.sandbox.walls import standing_walls
from erya.models import LocalEmbedding, ModelCatalogue
from erya.opening import build_embedding
from erya.records import Item
from erya.stores import Finding

__all__ = ["check_machine"]

_LITTLE_SPACE = 1_000_000_000  # bytes
_WALLS = {
    "files": "read other files",
    "parent": "read Erya's memory and environment",
    "changes": "change or remove files",
    "network": "open a connection",
    "programs": "start a program",
}


def check_machine(settings: Settings) -> list[Finding]:
    """Look at limits on parsers, disk, libraries and models. Contacts nobody.

    Nothing is raised for what does not hold: that is a finding.
    """
    return [
        Finding(check="python", ok=True, detail=_python()),
        Finding(check="sqlite", ok=True, detail=sqlite3.sqlite_version),
        _limits(),
        _walls(),
        _parser(),
        _formats(),
        *_home(settings),
        _models(settings),
        _embedding(settings),
    ]


def _python() -> str:
    return f"{platform.python_version()} at {sys.executable}"


def _limits() -> Finding:
    """Say which limits on parsing processes this system enforces."""
    if limits_hold():
        detail = "time, memory, written bytes and open files of parsers are limited"
        return Finding(check="limits", ok=True, detail=detail)
    detail = (
        "only the time of parsers is limited on this system, not their memory; read "
        "files that you do not trust on Linux"
    )
    return Finding(check="limits", ok=True, detail=detail)


def _walls() -> Finding:
    """Try what a parser could do that a hostile file has taken over."""
    standing = standing_walls()
    missing = [what for wall, what in _WALLS.items() if wall not in standing]
    if not missing:
        detail = f"a parser that a file takes over cannot {_or(list(_WALLS.values()))}"
        return Finding(check="walls", ok=True, detail=detail)
    detail = (
        f"a parser that a file takes over could {_or(missing)}: this system lacks "
        "Landlock (Linux 5.13) or filters of system calls (seccomp), or a container "
        "forbids them; read files that you do not trust elsewhere"
    )
    return Finding(check="walls", ok=False, detail=detail)


def _or(acts: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(acts[:-1]), acts[-1]]))


def _parser() -> Finding:
    """Read a line of text through a parsing process."""
    item = Item(source="probe.md", data="# 探\n\nprobe".encode())
    with ParserPool(limits=Limits(seconds=20), workers=1) as pool:
        outcome = next(pool.parse_all([item]))
    if outcome.parsed is not None:
        return Finding(check="parser", ok=True, detail="reads files in a child process")
    detail = outcome.problem.message if outcome.problem else "gave nothing"
    return Finding(check="parser", ok=False, detail=detail)


def _formats() -> Finding:
    """Say which files can be read only with parts that may be missing."""
    with ParserPool(workers=1) as pool:
        there = pool.capabilities.split("+")
    words = {
        "ocr": "pictures and scans (pip install 'erya[ocr]')",
        "office": "doc, ppt and rtf (LibreOffice)",
        "layout": "columns, titles and tables of PDF by a model "
        "(pip install 'erya[layout]')",
    }
    told = [
        f"{what}: {'yes' if name in there else 'no'}" for name, what in words.items()
    ]
    return Finding(check="formats", ok=True, detail="; ".join(told))


def _home(settings: Settings) -> list[Finding]:
    """Ask whether the home folder can be written, and how much space is left."""
    there = settings.home
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        detail = f"{there} is no folder; choose another with --home or ERYA_HOME"
        return [Finding(check="home", ok=False, detail=detail)]
    free = shutil.disk_usage(there).free
    writable = _writable(there)
    advice = "" if writable else "; choose another with --home or ERYA_HOME"
    state = "can be written" if writable else "cannot be written"
    return [
        Finding(check="home", ok=writable, detail=f"{settings.home} {state}{advice}"),
        Finding(
            check="disk",
            ok=free > _LITTLE_SPACE,
            detail=f"{free / 1e9:.1f} GB free at {there}",
        ),
    ]


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _models(settings: Settings) -> Finding:
    try:
        chat = [entry.name for entry in ModelCatalogue(settings.home).all()]
        rerank = [e.name for e in ModelCatalogue(settings.home, kind="rerank").all()]
    except UsageError as error:
        return Finding(check="models", ok=False, detail=str(error))
    for setting, name, names in (
        ("chat_model", settings.chat_model, chat),
        ("rerank_model", settings.rerank_model, rerank),
    ):
        if name and name not in names:
            detail = f"{setting} is {name!r}, which was never added"
            return Finding(check="models", ok=False, detail=detail)
    used = settings.chat_model or "none; answers quote the documents"
    used += f"; reranked by {settings.rerank_model}" if settings.rerank_model else ""
    detail = f"{len(chat) + len(rerank)} added, in use: {used}"
    return Finding(check="models", ok=True, detail=detail)


def _embedding(settings: Settings) -> Finding:
    """Embed a text with the model that the settings name, if it runs here."""
    try:
        model = build_embedding(settings)
        if model is None:
            detail = "none: passages are found by their words alone"
        elif isinstance(model, LocalEmbedding):
            width = model.embed_query("probe").vectors.shape[1]
            detail = f"{model.name}, {width} numbers, by {model.runtime}"
        else:
            detail = f"{model.name}, at an endpoint that was not asked"
    except EryaError as error:
        return Finding(check="embedding", ok=False, detail=str(error))
    return Finding(check="embedding", ok=True, detail=detail)
