"""Subtitles (srt, vtt): what is said, and when."""

import html
import re
from collections.abc import Iterator
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
# Tags of both formats, times inside of lines, and what players take for a place.
_MARKUP: Final = re.compile(
    r"</?(?:[ibuscv]|lang|ruby|rt|font)(?:[. \t][^<>\n]{0,200})?>"
    r"|<(?:\d{1,3}:)?\d\d:\d\d[.,]\d{1,3}>|\{\\[^{}\n]{0,200}\}",
    re.IGNORECASE,
)
_VOICE: Final = re.compile(r"<v(?:\.[^ \t<>\n]{0,200})?[ \t]+([^<>\n]{1,200})>|</v>")
_NOT_SPEECH: Final = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_APART: Final = re.compile(r"\n[^\S\n]*\n")
_ENDS: Final = re.compile(r"[.!?。！？…][\"'”’）)]*$")
_LONGEST: Final = 400  # characters of a paragraph


def parse_subtitles(data: bytes, name: str) -> Parsed:
    """Read the cues: those of one sentence together, behind the time of the first.

    Raises:
        DocumentError: There is no cue in it.
    """
    builder = TextBuilder()
    speech, since, speaker, now = "", "", "", ""
    for block in _APART.split(decode(data).strip()):
        times = _TIMES.search(block)
        if _NOT_SPEECH.match(block) or not (times or (now and not block.isdecimal())):
            continue
        cue = block
        if times:
            now = f"{int(times[1] or 0):02}:{times[2]}:{times[3]}"
            cue = block[times.end() :].partition("\n")[2]
        for named, text in _voices(cue):
            ended = named != speaker or _ENDS.search(speech) or len(speech) > _LONGEST
            if speech and ended:
                builder.paragraph(_line(since, speaker, speech), pairs=False)
                speech = ""
            since = since if speech else now
            speaker = named
            speech = f"{speech} {text}".strip()
    if speech:
        builder.paragraph(_line(since, speaker, speech), pairs=False)
    parsed = builder.parsed(title=PurePosixPath(name).stem, media_type="text/vtt")
    if not parsed.blocks:
        msg = "There is no cue with a text in these subtitles."
        raise DocumentError(msg, code="empty")
    return parsed


def _voices(cue: str) -> Iterator[tuple[str, str]]:
    """Yield who speaks, where the cue names them, and what is said."""
    start, speaker = 0, ""
    for voice in _VOICE.finditer(cue):
        if text := _plain(cue[start : voice.start()]):
            yield speaker, text
        start, speaker = voice.end(), _plain(voice[1] or "")
    if text := _plain(cue[start:]):
        yield speaker, text


def _plain(text: str) -> str:
    return " ".join(html.unescape(_MARKUP.sub("", text)).split())


def _line(since: str, speaker: str, speech: str) -> str:
    return f"[{since}] " + (f"{speaker}: {speech}" if speaker else speech)
