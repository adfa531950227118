"""Mails (eml, msg), saved web pages (mhtml) and mailboxes (mbox)."""

import email
import email.policy
import io
import mimetypes
import re
from collections.abc import Callable, Iterator, Sequence
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import EmailMessage, Message
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.language import HAN
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.calendars import appointments
from erya.loading.formats.html import add_html, parse_html
from erya.loading.formats.signed_data import signed_content
from erya.loading.formats.tnef import is_tnef, tnef_parts
from erya.records import Notice, Parsed, Part

__all__ = [
    "mailbox_parts",
    "parse_mail",
    "parse_mhtml",
    "read_mail",
    "read_mailbox",
    "read_msg",
]

_SOFT_END: Final = re.compile(r"(?<!\n--) \n(?=[^\n>])")
_SOFT_END_CHINESE: Final = re.compile("(?<=[\u2e80-\uffef]) \n(?=[\u2e80-\uffef])")
_SHOWN_HEADERS: Final = ("From", "To", "Cc", "Date")
_LONGEST_HEADER: Final = 2_000  # characters
_DEEPEST: Final = 20  # messages and multiparts inside each other
_MOST_PARTS: Final = 1_000
# What parts two mails: a sender and a date (asctime), with a header below. A line of a
# text may begin with From as well.
_FROM_LINE: Final = re.compile(
    rb"(?:\A|(?<=\n))From ([^\n]{1,300})\n(?=[!-9;-~]{1,76}:[ \t\r\n]|>From )"
)
_CLOCK: Final = re.compile(rb"\d\d:\d\d")
_WEEKDAY: Final = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}[ ,]")
_SUFFIXES: Final = {
    "text/markdown": ".md", "text/rtf": ".rtf", "application/rtf": ".rtf",
    "text/csv": ".csv", "application/ics": ".ics", "text/x-vcard": ".vcf",
}  # fmt: skip
_STUB: Final = 0.5  # of the other's words: a plain text with fewer says something else
_WORDS: Final = re.compile(rf"[{HAN}]|[^\W{HAN}]+")
_PARAGRAPHS: Final = re.compile(r"\n\s*\n")
_LINK: Final = re.compile(r"https?://\S+")
_ENCODED_WORD: Final = re.compile(
    r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]{0,2000}\?=(?:\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?))?"
)
# Parts that are no text and no file: signatures, keys, reports for programs.
_FOR_PROGRAMS: Final = frozenset(
    ("application/pgp-signature", "application/pkcs7-signature",
     "application/x-pkcs7-signature", "application/pgp-encrypted",
     "application/pgp-keys")
)  # fmt: skip
_PKCS7: Final = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))


def read_mail(data: bytes, name: str, *, on_part: Callable[[Part], None]) -> Parsed:
    """Read a mail, and pass on what is attached to it.

    Raises:
        DocumentError: It cannot be read.
    """
    return _pass_on(parse_mail(data, name), on_part)


def read_msg(data: bytes, name: str, *, on_part: Callable[[Part], None]) -> Parsed:
    """Read a mail of Outlook, and pass on what is attached to it.

    Raises:
        DocumentError: It is damaged.
    """
    return _pass_on(_parse_msg(data, name), on_part)


def read_mailbox(
    data: bytes, _name: str, *, on_part: Callable[[Part], None]
) -> list[Notice]:
    """Pass on each mail of a mailbox."""
    for part in mailbox_parts(data):
        on_part(part)
    return []


def _pass_on(
    read: tuple[Parsed, list[Part]], on_part: Callable[[Part], None]
) -> Parsed:
    parsed, parts = read
    for part in parts:
        on_part(part)
    return parsed


def parse_mail(data: bytes, name: str) -> tuple[Parsed, list[Part]]:
    """Read a mail: its subject as title, who wrote to whom and when, its text.

    Returns:
        The mail, and what is attached to it.

    Raises:
        DocumentError: It is nested without end, or encrypted.
    """
    message = _message(data)
    builder = TextBuilder()
    headers = {each: _header(message, each) for each in (*_SHOWN_HEADERS, "Subject")}
    builder.heading(headers["Subject"], level=1)
    lines = (f"{each}: {headers[each]}" for each in _SHOWN_HEADERS if headers[each])
    builder.paragraph("\n".join(lines), pairs=False)
    parts: list[Part] = []
    _add_body(builder, message, parts)
    parsed = builder.parsed(
        title=headers["Subject"] or PurePosixPath(name).stem,
        media_type="message/rfc822",
        author=headers["From"],
        date=headers["Date"],
    )
    return parsed, parts


def parse_mhtml(data: bytes, name: str) -> Parsed:
    """Read the page of a saved web page; its pictures and styles are left out.

    Raises:
        DocumentError: There is no page in it.
    """
    message = _message(data)
    builder = TextBuilder()
    leaves = islice(_walk(message), _MOST_PARTS)
    pages = [_text(leaf) for leaf in leaves if leaf.get_content_type() == "text/html"]
    if not pages:
        msg = "This saved web page has no page in it."
        raise DocumentError(msg, code="damaged")
    # Excel saves each sheet as a page, in the frame of the first.
    framed = "<frameset" in pages[0].lower()
    for page in pages if framed else pages[:1]:
        add_html(builder, page)
    return builder.parsed(
        title=_header(message, "Subject") or PurePosixPath(name).stem,
        media_type="multipart/related",
        url=_header(message, "Snapshot-Content-Location"),
    )


def _message(data: bytes) -> EmailMessage:
    """Read a message with what its headers say of encodings.

    Raises:
        DocumentError: It is nested without end.
    """
    try:
        return email.message_from_bytes(data, policy=email.policy.default)
    except (RecursionError, ValueError, LookupError, TypeError) as error:
        msg = f"This mail is damaged: {error}"
        raise DocumentError(msg, code="damaged") from None


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message[name] or "")
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        # The standard library fails on some headers that mail programs write.
        value = _raw(message, name)
    raw = _raw(message, name)
    if not raw.isascii():
        # Bytes without a word of their encoding, as old programs write them.
        value = _ENCODED_WORD.sub(_word, _bare_text(raw, message))
    return " ".join(value.split())[:_LONGEST_HEADER]


def _bare_text(raw: str, message: EmailMessage) -> str:
    """Return a header that is written in bytes, by what its mail says or they look."""
    bare = raw.encode("utf-8", "surrogateescape")
    charsets = (part.get_content_charset() for part in message.walk())
    declared = next(filter(None, islice(charsets, _MOST_PARTS)), None)
    try:
        return decode(bare, declared=declared)
    except DocumentError:  # too short to look like anything: the mail is read
        return bare.decode("utf-8", "replace")


def _word(match: re.Match[str]) -> str:
    """Return an encoded word (RFC 2047); as it is if it is none."""
    try:
        [(word, charset)] = decode_header(match[0].strip())
        return decode(word, declared=charset) if isinstance(word, bytes) else word
    except (ValueError, LookupError, HeaderParseError, DocumentError):
        return match[0]


def _raw(message: EmailMessage, name: str) -> str:
    fields = {key.lower(): value for key, value in message.raw_items()}
    return str(fields.get(name.lower(), ""))


def _walk(message: Any, depth: int = 0) -> Iterator[EmailMessage]:
    """Yield every part that is not made of parts.

    Raises:
        DocumentError: Parts are inside each other without end.
    """
    if depth > _DEEPEST:
        msg = f"The parts of this mail are more than {_DEEPEST} deep inside each other."
        raise DocumentError(msg, code="too_deep")
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.iter_parts():
            yield from _walk(part, depth + 1)
    else:
        yield message


def _add_body(builder: TextBuilder, message: EmailMessage, parts: list[Part]) -> None:
    leaves = list(islice(_walk(message), _MOST_PARTS + 1))
    if len(leaves) > _MOST_PARTS:
        notice = f"The mail has more than {_MOST_PARTS:,} parts; the rest is left out."
        builder.notice("too_many", notice)
    if any(map(_is_encrypted, leaves)):
        builder.notice("password_protected", "The mail, or a part of it, is encrypted.")
    bodies = set(map(id, _bodies(message, whole=message)))
    versions = _versions(message)
    for leaf in leaves[:_MOST_PARTS]:
        named = leaf.get_filename() or leaf.get_content_disposition()
        is_version = id(leaf) in versions and leaf.get_content_type() != "text/calendar"
        if id(leaf) in bodies or named or not is_version:
            _add_leaf(builder, leaf, parts, is_shown=id(leaf) in bodies)


def _add_leaf(
    builder: TextBuilder, leaf: EmailMessage, parts: list[Part], *, is_shown: bool
) -> None:
    """Add a part to the text if it `is_shown` there, or take it as a file."""
    if is_shown and leaf.get_content_subtype() == "html":
        add_html(builder, _text(leaf))
    elif is_shown:
        add_mail_text(builder, _text(leaf))
    elif leaf.get_content_type() == "text/calendar":
        for text in appointments(_text(leaf)):
            add_mail_text(builder, text)
    elif leaf.get_content_maintype() == "message" and leaf.is_multipart():
        _add_message(builder, leaf, parts)
    elif leaf.get_content_type() in _PKCS7:
        _add_signed(builder, leaf, parts)
    else:
        parts += _attached_parts(leaf, len(parts) + 1)


def _is_encrypted(leaf: EmailMessage) -> bool:
    kind = leaf.get_content_type()
    return "encrypted" in kind or (
        kind in _PKCS7 and leaf.get_param("smime-type") != "signed-data"
    )


def _add_signed(builder: TextBuilder, leaf: EmailMessage, parts: list[Part]) -> None:
    """Add a mail that stands inside of its signature."""
    if content := signed_content(_bytes(leaf)):
        inner = _message(content)
        if any(part.get_content_type() in _PKCS7 for part in inner.walk()):
            parts.append(Part(f"message-{len(parts) + 1}.eml", content))
        else:
            _add_body(builder, inner, parts)
    elif not _is_encrypted(leaf):
        message = (
            "The mail is signed in a form that hides its text (PKCS #7), and cannot be "
            "read. Open it, and save it as text."
        )
        builder.notice("damaged", message)


def _versions(message: Any) -> set[int]:
    """Return the ids of parts of which others say the same."""
    return {
        id(version)
        for part in islice(message.walk(), _MOST_PARTS)
        if part.get_content_type() == "multipart/alternative"
        for version in islice(part.iter_parts(), _MOST_PARTS)
    }


def _add_message(builder: TextBuilder, leaf: EmailMessage, parts: list[Part]) -> None:
    """Take a mail inside as a file, and add what tells what became of one."""
    if leaf.get_content_type() == "message/rfc822":
        # Not by its subject, which may tell what is masked in its text.
        inner = leaf.get_content()
        parts.append(Part(f"message-{len(parts) + 1}.eml", inner.as_bytes()))
        return
    inside: Iterator[Any] = leaf.iter_parts()
    for part in inside:
        fields = [f"{name}: {value}" for name, value in part.raw_items()]
        add_mail_text(builder, "\n".join(fields))
        add_mail_text(builder, _text(part))


def _attached_parts(leaf: EmailMessage, number: int) -> Iterator[Part]:
    data = _bytes(leaf)
    if is_tnef(data):
        yield from tnef_parts(data)
    elif name := _attachment_name(leaf, number):
        yield Part(name, data)


def _attachment_name(leaf: EmailMessage, number: int) -> str:
    """Return the name of an attachment; empty for what is none."""
    if name := _file_name(leaf):
        return name
    kind = leaf.get_content_type()
    if leaf.get_content_disposition() != "attachment" and (
        kind in _FOR_PROGRAMS
        or leaf.get_content_maintype() in {"image", "audio", "video"}
        or kind in {"text/plain", "text/html"}
    ):
        return ""
    text = leaf.get_content_maintype() == "text"
    suffix = _SUFFIXES.get(kind) or mimetypes.guess_extension(kind)
    return f"attachment-{number}{suffix or ('.txt' if text else '')}"


def _file_name(leaf: EmailMessage) -> str:
    """Return the name that a part gives its file, also in bytes of any encoding."""
    for header, key in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        raw = _raw(leaf, header)
        if not raw.isascii():
            bare = Message()
            bare[header] = _ENCODED_WORD.sub(_word, _bare_text(raw, leaf))
            file_name = bare.get_param(key, header=header.lower())
            if isinstance(file_name, str) and file_name:
                return file_name
    return leaf.get_filename() or ""


def _bodies(part: Any, *, whole: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that are the mail's text: of alternatives the plainer."""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        inner = [list(_bodies(each, whole=whole)) for each in part.iter_parts()]
        if part.get_content_subtype() == "alternative":
            inner = [_plainest(inner)]
        yield from chain.from_iterable(inner)
    elif (
        part.get_content_type() in {"text/plain", "text/html"}
        and part.get_content_disposition() != "attachment"
        and (part.get_filename() is None or part is whole)
    ):
        yield part


def _plainest(alternatives: Sequence[list[EmailMessage]]) -> list[EmailMessage]:
    """Return the first that is plain and says as much; else the last (RFC 2046).

    Some programs send a plain text that only says that there is another, or that lacks
    numbers of it. Where each has numbers that the other lacks, both are returned.
    """
    last: list[EmailMessage] = next(filter(None, reversed(alternatives)), [])
    last_words = _words_of(last)
    for bodies in alternatives:
        plain = all(body.get_content_subtype() == "plain" for body in bodies)
        words = _words_of(bodies) if plain else frozenset()
        if not words or len(words & last_words) < _STUB * len(last_words):
            continue
        if not _numbers(last_words - words):
            return bodies
        return [*bodies, *last] if _numbers(words - last_words) else last
    return last


def _numbers(words: frozenset[str]) -> list[str]:
    return [word for word in words if any(map(str.isdigit, word))]


def _words_of(bodies: Sequence[EmailMessage]) -> frozenset[str]:
    """Return the words that a reader sees in bodies, Chinese as characters."""
    seen = ""
    for body in bodies:
        data = _bytes(body)
        html = body.get_content_subtype() == "html"
        seen += f"{parse_html(data, '').text if html and data else _text(body)}\n"
    return frozenset(_WORDS.findall(_LINK.sub(" ", seen).casefold()))


def add_mail_text(builder: TextBuilder, text: str) -> None:
    """Add plain text as people write mails: paragraphs between blank lines."""
    for paragraph in _PARAGRAPHS.split(text):
        builder.paragraph(paragraph)


def _bytes(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: EmailMessage) -> str:
    """Return a part's text. What it declares of its encoding is often wrong."""
    data = _bytes(part)
    if not data:
        return ""
    text = decode(data, declared=part.get_content_charset())
    if part.get_param("format", "") == "flowed":
        return _unflow(text)
    return text


def _unflow(text: str) -> str:
    """Join lines that were cut behind a blank, but for a signature's (RFC 3676)."""
    plain = text.replace("\r\n", "\n")
    return _SOFT_END.sub(" ", _SOFT_END_CHINESE.sub("", plain))


def _parse_msg(data: bytes, name: str) -> tuple[Parsed, list[Part]]:
    """Read a mail of Outlook.

    Raises:
        DocumentError: It is damaged.
    """
    import oxmsg  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        message = oxmsg.Message.load(io.BytesIO(data))
        subject = message.subject or ""
        sent = message.sent_date
        headers = {
            "From": message.sender or "",
            "To": ", ".join(
                f"{r.name} <{r.email_address}>" for r in message.recipients
            ),
            "Date": sent.isoformat(sep=" ") if sent else "",
        }
        text, html = message.body or "", message.html_body or ""
        parts = [
            Part(each.file_name or f"attachment-{number}", each.file_bytes or b"")
            for number, each in enumerate(message.attachments, start=1)
        ]
    except Exception as error:  # noqa: BLE001 - the library declares none of its own
        msg = f"This mail is damaged: {type(error).__name__}: {error}"
        raise DocumentError(msg, code="damaged") from None
    builder = TextBuilder()
    builder.heading(subject, level=1)
    builder.paragraph(
        "\n".join(f"{key}: {value}" for key, value in headers.items() if value),
        pairs=False,
    )
    if text.strip():
        add_mail_text(builder, text)
    elif html:
        add_html(builder, html)
    parsed = builder.parsed(
        title=subject or PurePosixPath(name).stem,
        media_type="application/vnd.ms-outlook",
        author=headers["From"],
        date=headers["Date"],
    )
    return parsed, parts


def mailbox_parts(data: bytes) -> Iterator[Part]:
    """Yield each mail of a mailbox (mbox, RFC 4155) as a file of its own."""
    starts = [
        match.span()
        for match in _FROM_LINE.finditer(data)
        if not match.start() or (_CLOCK.search(match[1]) and _WEEKDAY.search(match[1]))
    ]
    for number, (_, begin) in enumerate(starts, start=1):
        end = starts[number][0] if number < len(starts) else len(data)
        # A line of the text that begins with From was given a mark.
        message = re.sub(rb"(?m)^>(>*From )", rb"\1", data[begin:end])
        yield Part(f"{number:05}.eml", message)
