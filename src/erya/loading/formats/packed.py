"""Zip files and XML inside documents, read without trusting either."""

import io
import re
import zipfile
import zlib
from typing import Any, Final

from lxml import etree

from erya.errors import DocumentError

__all__ = ["DAMAGED", "Package", "read_xml"]

# What a damaged zip file, or XML in it, makes the libraries raise.
DAMAGED: Final = (
    KeyError, ValueError, zipfile.BadZipFile, zlib.error, etree.LxmlError, EOFError,
    NotImplementedError,
)  # fmt: skip
_MOST_BYTES: Final = 400_000_000  # of one document's parts together, unpacked
_MOST_PARTS: Final = 50_000
_HEAD: Final = 1_024
# Where documents of Office and OpenDocument say who wrote them and when.
_FACTS: Final = {
    "docProps/core.xml": {
        "title": "title",
        "author": "creator",
        "created": "created",
        "modified": "modified",
        "keywords": "keywords",
        "category": "category",
    },
    "meta.xml": {
        "title": "title",
        "author": "creator",
        "created": "creation-date",
        "modified": "date",
        "keywords": "keyword",
    },
}
_PROGRAMS: Final = frozenset(("python-docx", "openpyxl"))
_ENCODING: Final = re.compile(
    rb"\s{0,9}<\?xml[^<>]{0,100}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})"
)
# What programs declare, and the larger encoding that they write: a character of the
# larger one would else be an error, or lost.
_MEANT: Final = {
    b"gb2312": "gb18030", b"gbk": "gb18030", b"x-gbk": "gb18030", b"euc-cn": "gb18030",
    b"iso-8859-1": "windows-1252", b"latin1": "windows-1252",
}  # fmt: skip
_TYPED: Final = "xml_dtd_forbidden"


class Package:
    """A document that is a zip file of parts, as of Office or EPUB."""

    def __init__(self, data: bytes, *, called: str, office: bool = False) -> None:
        """Open it; nothing is unpacked yet.

        Args:
            data: The file.
            called: What it is, for an error.
            office: Whether it is of Office Open XML, which forbids document types.

        Raises:
            DocumentError: It declares XML entities, is damaged or encrypted, or would
                unpack to too much.
        """
        self._called = called
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except DAMAGED as error:
            raise DocumentError(
                _damage_message(called, error), code="damaged"
            ) from None
        parts = self._zip.infolist()
        size = sum(part.file_size for part in parts)
        if size > _MOST_BYTES or len(parts) > _MOST_PARTS:
            msg = (
                f"This {called} unpacks to {size:,} bytes in {len(parts):,} parts; "
                f"up to {_MOST_BYTES:,} bytes in {_MOST_PARTS:,} parts are read."
            )
            raise DocumentError(msg, code="archive_limit")
        if any(part.flag_bits & 1 for part in parts):
            msg = f"This {called} wants a password. Save it without one."
            raise DocumentError(msg, code="password_protected")
        self.names = frozenset(part.filename for part in parts)
        if office:
            self._forbid_types()

    def _forbid_types(self) -> None:
        """Look at the beginning of each XML part (ECMA-376, part 2, 8.1.4).

        Raises:
            DocumentError: A part declares a document type.
        """
        for name in self.names:
            if name.endswith((".xml", ".rels")):
                try:
                    with self._zip.open(name) as part:
                        head = part.read(_HEAD)
                except DAMAGED as error:
                    raise DocumentError(
                        _damage_message(self._called, error), code="damaged"
                    ) from None
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise DocumentError(_declares(self._called), code=_TYPED)

    def read(self, name: str) -> bytes:
        """Return a part.

        Raises:
            DocumentError: It is missing or damaged.
        """
        try:
            return self._zip.read(name)
        except DAMAGED as error:
            raise DocumentError(
                _damage_message(self._called, error), code="damaged"
            ) from None

    def xml(self, name: str) -> Any:
        """Return the root element of a part.

        Raises:
            DocumentError: It is missing, damaged, or declares entities.
        """
        return read_xml(self.read(name), called=self._called)

    def facts(self) -> dict[str, str]:
        """Return what an Office document says of its title, author, dates and tags."""
        part = next((p for p in _FACTS if p in self.names), "")
        if not part:
            return {}
        try:
            root = self.xml(part)
        except DocumentError:  # no reason not to read the text
            return {}
        facts = {
            fact: ", ".join(filter(None, _texts(root, name)))
            for fact, name in _FACTS[part].items()
        }
        if facts["author"] in _PROGRAMS:  # its template, and when that was made
            return {"title": facts["title"]}
        return facts


def _texts(root: Any, name: str) -> list[str]:
    """Return what elements of a name say; of keywords there may be several."""
    texts = [(each.text or "").strip() for each in root.iterfind(f".//{{*}}{name}")]
    return texts if name == "keyword" else texts[:1]


def read_xml(data: bytes, *, called: str) -> Any:
    """Return the root element. Nothing outside is read, and no entity is expanded.

    Raises:
        DocumentError: It is damaged, declares entities, or is nested without end.
    """
    declared = _ENCODING.match(data)
    meant = _MEANT.get(declared[1].lower()) if declared else None
    try:
        root = _root(data, meant)
    except (etree.LxmlError, ValueError) as error:
        if b"<!ENTITY" in data:
            raise DocumentError(_declares(called), code=_TYPED) from None
        root = _root_as_declared(data) if meant else None
        if root is None:
            raise DocumentError(
                _damage_message(called, error), code="damaged"
            ) from None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise DocumentError(_declares(called), code=_TYPED)
    return root


def _root_as_declared(data: bytes) -> Any:
    """Return the root element, or None: what is meant lacks some bytes (0x81)."""
    try:
        return _root(data, None)
    except (etree.LxmlError, ValueError):
        return None


def _root(data: bytes, encoding: str | None) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True, huge_tree=False,
        encoding=encoding,
    )  # fmt: skip
    return etree.fromstring(data, parser)


def _declares(called: str) -> str:
    return (
        f"This {called} declares XML entities, which no such document needs and bombs "
        "are made of. Save it anew with the program that it comes from."
    )


def _damage_message(called: str, error: Exception) -> str:
    return f"This {called} is damaged: {error}"
