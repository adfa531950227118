"""Subtitles (srt, vtt): what is said, and when."""

import re
from pathlib import PurePosixPath
from typing import Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.records import Parsed

__all__ = ["parse_subtitles"]

_TIMES: Final = re.compile(
    r"(?:(\d{1,3}):)?(\d\d):(\d\d)[.,]\d{1,3}[ \t]*-->[ \t]*(?:\d{1,3}:)?\d\d:\d\d"
)
_MARKUP: Final = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_VOICE: Final = re.compile(r"<v(?:\.[^ >]*)?[ \t]+([^>\n]{1,80})>")
_APART: Final = re.compile(r"\n[^\S\n]*\n")
_ENDS: Final = re.compile(r"[.!?。！？…][\"'”’）)]*$")
_LONGEST: Final = 400  # characters of a paragraph


def parse_subtitles(data: bytes, name: str) -> Parsed:
    """Read the cues: those of one sentence together, behind the time of the first.

    Raises:
        DocumentError: There is no cue in it.
    """
    builder = TextBuilder()
    said, since, speaker = "", "", ""
    for block in _APART.split(decode(data).strip()):
        times = _TIMES.search(block)
        if times is None or block.startswith(("NOTE", "STYLE", "REGION")):
            continue
        voice = _VOICE.search(block)
        text = " ".join(
            _MARKUP.sub("", block[times.end() :].partition("\n")[2]).split()
        )
        named = voice[1].strip() if voice else ""
        if said and (named != speaker or _ENDS.search(said) or len(said) > _LONGEST):
            builder.paragraph(_line(since, speaker, said), pairs=False)
            said = ""
        if not said:
            since = f"{int(times[1] or 0):02}:{times[2]}:{times[3]}"
        speaker = named
        said = f"{said} {text}".strip()
    if said:
        builder.paragraph(_line(since, speaker, said), pairs=False)
    parsed = builder.parsed(title=PurePosixPath(name).stem, media_type="text/vtt")
    if not parsed.blocks:
        msg = "There is no cue with a text in these subtitles."
        raise DocumentError(msg, code="empty")
    return parsed


def _line(since: str, speaker: str, said: str) -> str:
    return f"[{since}] " + (f"{speaker}: {said}" if speaker else said)
