"""Source code: one block for each definition at the top of a file."""

import re
from pathlib import PurePosixPath
from typing import Final

from erya.loading.encodings import decode
from erya.records import Block, Parsed

__all__ = ["LANGUAGES", "parse_code"]

# Suffix → language, as GitHub names it.
LANGUAGES: Final = {
    ".py": "Python", ".pyi": "Python", ".js": "JavaScript", ".mjs": "JavaScript",
    ".jsx": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript", ".java": "Java",
    ".kt": "Kotlin", ".scala": "Scala", ".go": "Go", ".rs": "Rust", ".c": "C",
    ".h": "C", ".cc": "C++", ".cpp": "C++", ".cxx": "C++", ".hpp": "C++",
    ".cs": "C#", ".swift": "Swift", ".m": "Objective-C", ".rb": "Ruby", ".php": "PHP",
    ".pl": "Perl", ".lua": "Lua", ".r": "R", ".jl": "Julia", ".sh": "Shell",
    ".bash": "Shell", ".ps1": "PowerShell", ".bat": "Batchfile", ".sql": "SQL",
    ".proto": "Protocol Buffer", ".graphql": "GraphQL", ".tf": "HCL", ".toml": "TOML",
    ".yaml": "YAML", ".yml": "YAML", ".ini": "INI", ".cfg": "INI", ".css": "CSS",
    ".scss": "SCSS", ".vue": "Vue", ".dart": "Dart", ".ex": "Elixir", ".erl": "Erlang",
    ".hs": "Haskell", ".ml": "OCaml", ".clj": "Clojure", ".groovy": "Groovy",
    ".cmake": "CMake", ".mk": "Makefile", ".tex": "TeX",
}  # fmt: skip
# A line at the left margin that begins something: a block begins with the comments and
# decorators above it.
_BEGINS: Final = re.compile(r"[^\s#/*@})\]\-].*")
_ABOVE: Final = re.compile(r"(?:#|//|/\*|\*|@|--|\[|\"\"\"|''\')")
_LEAST: Final = 5  # lines: smaller definitions stay together


def parse_code(data: bytes, name: str) -> Parsed:
    """Read source code; its text is kept as it is.

    Blocks are runs of lines from one definition at the left margin to the next.
    """
    text = decode(data)
    blocks: list[Block] = []
    start = 0
    lines = 0
    blank = above = None  # where the last blank line ended; where comments above began
    position = 0
    for line in text.splitlines(keepends=True):
        if not line.strip():
            blank, above = position + len(line), None
        elif _ABOVE.match(line) and above is None and blank == position:
            above = position
        elif _BEGINS.match(line) and (blank == position or above is not None):
            cut = above if above is not None else position
            if lines >= _LEAST and text[start:cut].strip():
                blocks.append(_block(text, start, cut))
                start, lines = cut, 0
            above = None
        elif not _ABOVE.match(line):
            above = None
        position += len(line)
        lines += 1
    if text[start:].strip():
        blocks.append(_block(text, start, len(text)))
    path = PurePosixPath(name)
    return Parsed(
        title=path.name,
        text=text,
        blocks=tuple(blocks),
        media_type="text/x-source",
        metadata={"programming_language": LANGUAGES.get(path.suffix.lower(), "")},
    )


def _block(text: str, start: int, end: int) -> Block:
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip("\n"))
    return Block(kind="code", start=start, end=start + len(text[start:end].rstrip()))
