"""From bytes to text, whatever the encoding."""

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

from erya.errors import DocumentError
from erya.loading.likely_encoding import LATIN, likely_encoding

__all__ = ["clean", "decode", "unmarked_utf16"]

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OFFICES: Final = ["cp1252", "cp1250"]
# What declared encodings are in use, as browsers have it (WHATWG Encoding, 4.2): GB
# 2312 is what pages declare, GB 18030, its superset, is what they use.
_WIDENED: Final = {
    "ascii": "cp1252", "iso8859_1": "cp1252", "iso8859_9": "cp1254",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "euc_kr": "cp949",
    "tis_620": "cp874", "iso8859_11": "cp874", "iso2022_jp": "iso2022_jp_ext",
}  # fmt: skip
# Not encodings of files: names of the net, escapes of programs.
_NEVER: Final = frozenset(
    ("idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "mbcs",
     "oem")
)  # fmt: skip
_SAMPLE = 200_000  # bytes looked at; the whole file is then decoded strictly
# Controls, signs without a width, marks of direction, and tags: a reader cannot see
# them, and a model reads what is written with them. Joiners stay: scripts need them.
_GONE: Final = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\u200b\u200e\u200f\u2060-\u2064\u061c"
    "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
)
_ENDS: Final = "\r\u2028\u2029\x0b\x0c\x85"
_UNSEEN: Final = re.compile(f"[{_GONE}]+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINES = re.compile(f"[{_ENDS}]")
_ODD: Final = re.compile(f"[{_GONE}{_ENDS}\ud800-\udfff]")
_BLANKS: Final = "\n\t\xa0\u2002\u2003\u3000"  # what text has, and does not print
_ZEROS: Final = 10  # more than one NUL in ten characters: not UTF-8, but UTF-16
_OFFICE = re.compile(
    "[\t\n\r -~\u00b7\u2010-\u2026\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
)
_PRINTED = re.compile(rb"[\t\n\r -~]")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LATIN: Final = 0.65  # of the bytes: UTF-16 of Chinese has about half of them
_SURE: Final = 64  # bytes: as many without a control are no UTF-16
# What Western text does not have: Polish is read as signs inside of words then, and
# Czech, Croatian, Romanian and Japanese as letters where they do not stand.
_CENTRAL = re.compile(
    "[a-z][\u00a1-\u00ac\u00ae-\u00b6\u00b8-\u00bf]+[a-z]|[\u0160\u0161\u017d\u017e]"
    "|£[à-ÿ]|£[a-z]{3}|ª[a-zà-ÿ]|[a-zà-ÿ]Ÿ|Æ[cjkmpwz]|\\bè[a-qt-z]|ã[b-df-np-rt-z]|[a-z]þ|þ[a-z]"
    "|ƒ[@-~]"
)
# What programs send to a terminal for colours, titles and links.
_TERMINAL = re.compile(
    r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]"
    r"|\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\)|[ -/]{1,4}[0-~]|[78=>@-Z\\^_])"
)
_LINE: Final = re.compile(r"[^\r\n]+")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
# A Chinese character of level 1 of GB 2312, the 3,755 that most text is of.
_LEVEL_1: Final = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
# Letters of Latin, Cyrillic, Armenian and Hebrew that few texts have, behind none of
# ASCII, and how many of them may be Chinese.
_FEW: Final = 8
_ODD_LETTER: Final = re.compile(
    "(?<![A-Za-z])[\u0180-\u036f\u0460-\u058f\u0591-\u05cf]"
)
_IN_ASCII: Final = frozenset(
    ("hz", "utf_7", "iso2022_jp_ext", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3",
     "iso2022_jp_2004", "iso2022_kr")
)  # fmt: skip
_ISO_2022: Final = re.compile(rb"\x1b\$[@B][\x21-\x7e]{2,400}\x1b\([BJ]")
_HZ: Final = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e]){1,400}~\}")
_LEVEL_1_OF_HZ: Final = range(0x30, 0x58)  # first bytes of `_LEVEL_1`, in ASCII
_FEWEST_OF_HZ: Final = 4  # characters
# Letters of Polish, which are signs between letters in the encoding of Windows.
_POLISH: Final = re.compile(rb"[a-z][\xb1\xb6]|[\xb1\xb6][a-z]")
_PRINTED_BY_WINDOWS: Final = re.compile(rb"[\x80-\x9f]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


def decode(data: bytes, *, declared: str | None = None) -> str:
    """Return the text of `data`, cleaned.

    A byte order mark decides, then signs that switch between alphabets, then strict
    UTF-8, then the encoding that the document declares of itself, then a guess among
    the encodings of Chinese and Western offices.

    Raises:
        DocumentError: No encoding reads the bytes as text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    declared_codec = _safe_encoding(declared)
    if (
        declared_codec
        and declared_codec.startswith(("utf_16", "utf_32"))
        and b"\x00" not in data
    ):
        declared_codec = None  # not UTF-16: any bytes would be text in it
    candidates = (_switching(data, declared_codec), "utf-8", declared_codec)
    for candidate in filter(None, candidates):
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if candidate == "utf-8" and _is_short_chinese(text, data):
            return data.decode("gb18030")
        if text.count("\x00") * _ZEROS <= len(text) and not (
            candidate == "cp1252" and _is_misdeclared(data)
        ):
            return clean(text)
    return _strict(data, _guess(data))


def _switching(data: bytes, declared: str | None) -> str | None:
    """Return an encoding that writes other alphabets in ASCII, behind signs for it."""
    if declared in _IN_ASCII:
        return declared
    if _ISO_2022.search(data):
        return "iso2022_jp_ext"
    return "hz" if data.isascii() and _is_hz(data) else None


def _is_hz(data: bytes) -> bool:
    """Tell whether what stands between the signs of HZ is mostly Chinese.

    Programs have such signs for names as well: `~{name~}`.
    """
    stretches = [match[0][2:-2] for match in _HZ.finditer(data)]
    count = sum(map(len, stretches)) // 2
    usual = sum(byte in _LEVEL_1_OF_HZ for each in stretches for byte in each[::2])
    return count >= _FEWEST_OF_HZ and usual * 2 > count


def _is_short_chinese(text: str, data: bytes) -> bool:
    """Tell whether what reads as UTF-8 is rather a Chinese character or two.

    Letters that stand alone, and that hardly any text has, are then a pair of bytes of
    GBK: 元 behind a number is one.
    """
    odd = _ODD_LETTER.findall(text)
    return (
        0 < len(odd) <= _FEW
        and len(odd) == len(_NOT_ASCII.findall(text))
        and len(odd) == len(_LEVEL_1.findall(data))
    )


def _is_misdeclared(data: bytes) -> bool:
    """Tell whether bytes are Chinese, though a server calls them Western as all."""
    return len(_LEVEL_1.findall(data)) * 3 > len(_HIGH.findall(data)) and (
        likely_encoding(data) in {"gb18030", "big5hkscs"}
    )


def _guess(data: bytes) -> str:
    """Return the encoding that bytes are most likely in.

    Raises:
        DocumentError: None reads them as text.
    """
    if _is_utf8_with_flaws(data):
        return "utf-8"
    encoding = likely_encoding(data)
    return _latin(data) if encoding == LATIN else encoding


def _latin(data: bytes) -> str:
    """Return the encoding of text in Latin letters.

    Raises:
        DocumentError: None reads them as text.
    """
    head = data[:_SAMPLE]
    if _is_western(head):
        return "cp1252"
    if _POLISH.search(head) and not _PRINTED_BY_WINDOWS.search(head):
        return "iso8859_2"
    best = from_bytes(
        _sample(data), cp_isolation=_OFFICES, enable_fallback=False
    ).best()
    if best is None:
        msg = (
            "No encoding reads these bytes as text. Save the file as UTF-8, "
            "or leave it out if it is not a text."
        )
        raise DocumentError(msg, code="unknown_encoding")
    return best.encoding


def _sample(data: bytes) -> bytes:
    """Return the beginning of `data`, cut at the end of a line."""
    if len(data) <= _SAMPLE:
        return data
    end = data.rfind(b"\n", 0, _SAMPLE)
    return data[: end if end > 0 else _SAMPLE]


def unmarked_utf16(head: bytes) -> str | None:
    """Return `utf-16-le` or `utf-16-be` if `head` is such text without a mark, or None.

    Nearly every character must then be ASCII, Chinese, or Chinese punctuation: read the
    wrong way round, or from another encoding, most are not. Pairs of Latin letters look
    Chinese as well, but other encodings have no control among their bytes, and UTF-16
    of Chinese has: in each comma, full stop, blank and ASCII letter.
    """
    head = head[: len(head) // 2 * 2]
    latin = len(_PRINTED.findall(head)) > _LATIN * len(head)
    if (latin or len(head) >= _SURE) and not _CONTROL.search(head):
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = head.decode(encoding, "replace")
        if text and len(_OFFICE.findall(text)) * 20 >= len(text) * 19:
            return encoding
    return None


def _is_utf8_with_flaws(data: bytes) -> bool:
    """Tell whether `data` is UTF-8 but for a few bytes, as after a cut."""
    text = data.decode("utf-8", "replace")
    flaws = text.count("\ufffd")
    other = len(_NOT_ASCII.findall(text)) - flaws
    return other > 4 * flaws


def _is_western(head: bytes) -> bool:
    """Tell whether bytes are rather Western than Central European, if one of them.

    Both give letters for nearly all bytes; what other languages become then is
    recognised by what no Western one has.
    """
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        return False
    hungarian = "õ" in text and "ã" not in text
    czech = "ø" in text and any(letter in text for letter in "íìùýò")
    odd = _CONTROL.search(head) or _CENTRAL.search(text)
    return not (hungarian or czech or odd)


def clean(text: str) -> str:
    r"""Return `text` with `\n` line ends and without what no reader can see.

    Control characters and byte order marks go, lone surrogates become U+FFFD: the store
    and every program that reads `--json` can then hold the text as it is.
    """
    if "\x1b" in text:
        text = _TERMINAL.sub("", text)
    if "\b" in text:
        text = _LINE.sub(_replace_struck, text)
    usual = text
    for blank in _BLANKS:
        usual = usual.replace(blank, "")
    # As nearly always, and quickly decided.
    if usual.isprintable() or not _ODD.search(text):
        return text
    text = _UNSEEN.sub("", _NEWLINES.sub("\n", text.replace("\r\n", "\n")))
    return _LONE_SURROGATE.sub("\ufffd", text)


def _replace_struck(line: re.Match[str]) -> str:
    """Return a line as a terminal shows it: what is struck over is replaced.

    A letter may be struck twice to be bold, and a line below it before or behind it.
    """
    if "\b" not in line[0]:
        return line[0]
    signs: list[str] = []
    at = 0
    for sign in line[0]:
        if sign == "\b":
            at = max(at - 1, 0)
            continue
        if at == len(signs):
            signs.append(sign)
        elif sign != "_":
            signs[at] = sign
        at += 1
    return "".join(signs)


def _safe_encoding(encoding: str | None) -> str | None:
    """Return a declared encoding under which text is safe to read, or None."""
    if not encoding:
        return None
    try:
        codec = codecs.lookup(encoding.strip())
    except (LookupError, ValueError):
        return None
    name = codec.name.replace("-", "_")
    if not codec._is_text_encoding:  # noqa: SLF001 - as `bytes.decode` does
        return None
    return _WIDENED.get(name, name) if name not in _NEVER else None


def _strict(data: bytes, encoding: str) -> str:
    """Decode all of `data`; a few bad bytes in a long file become U+FFFD.

    Raises:
        DocumentError: More than a few are bad.
    """
    text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    if bad * 200 > len(text) + 200:
        msg = (
            f"The text looks like {encoding}, but {bad} of its {len(text)} characters "
            "are damaged. Save the file as UTF-8."
        )
        raise DocumentError(msg, code="unknown_encoding")
    return clean(text)
