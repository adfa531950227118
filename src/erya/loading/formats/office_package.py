"""Packages of Office Open XML (ECMA-376) as some programs write them, made usual.

Names with backslashes, the namespaces of its strict form, and main parts of templates
and of files with macros are what the libraries that read them do not know.
"""

import io
import re
import zipfile
from typing import Final

from erya.loading.formats.packed import Package

__all__ = ["usual_package"]

_RELATIONS: Final = "_rels/.rels"
_TYPES: Final = "[Content_Types].xml"
_STRICT: Final = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_HYPHENED: Final = re.compile(rb"(officeDocument/2006/(?:custom|extended))Properties")
_UNUSUAL: Final = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument\.wordprocessingml\.template"
    rb"|ms-word\.\w+\.macroEnabled\w*)\.main\+xml"
)
_DOCUMENT: Final = (
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
)
_SLIDES: Final = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument\.presentationml\."
    rb"(?:template|slideshow)|ms-powerpoint\.\w+\.macroEnabled\w*)\.main\+xml"
)
_PRESENTATION: Final = (
    b"application/vnd.openxmlformats-officedocument.presentationml."
    b"presentation.main+xml"
)


_MAIN: Final = re.compile(
    rb"<Relationship\b(?=[^>]*/officeDocument\")[^>]*\bTarget=\"/?([^\"]+)\""
)
_USUAL: Final = {
    "word": "word/document.xml",
    "ppt": "ppt/presentation.xml",
    "xl": "xl/workbook.xml",
}


def usual_package(data: bytes, *, called: str) -> bytes:
    """Return a package with usual names and namespaces; most come back as they are.

    Args:
        data: A package of Office.
        called: What it is, for an error.

    Raises:
        DocumentError: It declares XML entities, is damaged or encrypted, or would
            unpack to too much.
    """
    package = Package(data, called=called, office=True)
    named = {
        name: name.replace("\\", "/").lstrip("/")
        for name in package.names
        if not name.endswith(("/", "\\"))
    }
    at = {usual: name for name, usual in named.items()}
    types = package.read(at[_TYPES]) if _TYPES in at else b""
    related = package.read(at[_RELATIONS]) if _RELATIONS in at else b""
    main = _main_part(related)
    usual_main = _USUAL.get(main.partition("/")[0], main)
    if main != usual_main and usual_main not in at:
        moved = {main: usual_main, _relations_of(main): _relations_of(usual_main)}
        named = {name: moved.get(usual, usual) for name, usual in named.items()}
    if (
        all(name == usual for name, usual in named.items())
        and not _STRICT.search(types + related)
        and not _UNUSUAL.search(types)
        and not _SLIDES.search(types)
    ):
        return data
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, usual in sorted(named.items()):
            part = package.read(name)
            if usual.endswith((".xml", ".rels")):
                part = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", part)
                part = _HYPHENED.sub(rb"\1-properties", part)
            if usual in {_TYPES, _RELATIONS}:
                part = part.replace(main.encode(), usual_main.encode())
            if usual == _TYPES:
                part = _SLIDES.sub(_PRESENTATION, _UNUSUAL.sub(_DOCUMENT, part))
            archive.writestr(usual, part)
    return buffer.getvalue()


def _main_part(relations: bytes) -> str:
    """Return the name of the main part, as the relations of a package tell."""
    match = _MAIN.search(relations)
    return match[1].decode("utf-8", "replace").replace("\\", "/") if match else ""


def _relations_of(part: str) -> str:
    folder, _, stem = part.rpartition("/")
    return f"{folder}/_rels/{stem}.rels"
