"""Names of OpenDocument's XML that its readers share."""

from typing import Final

__all__ = [
    "CHART",
    "DRAW",
    "FO",
    "FORM",
    "NUMBER",
    "OFFICE",
    "PRESENTATION",
    "STYLE",
    "SVG",
    "TABLE",
    "TEXT",
    "XLINK",
]

_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
CHART: Final = f"{{{_OASIS}chart:1.0}}"
DRAW: Final = f"{{{_OASIS}drawing:1.0}}"
FO: Final = f"{{{_OASIS}xsl-fo-compatible:1.0}}"
FORM: Final = f"{{{_OASIS}form:1.0}}"
NUMBER: Final = f"{{{_OASIS}datastyle:1.0}}"
OFFICE: Final = f"{{{_OASIS}office:1.0}}"
PRESENTATION: Final = f"{{{_OASIS}presentation:1.0}}"
STYLE: Final = f"{{{_OASIS}style:1.0}}"
SVG: Final = f"{{{_OASIS}svg-compatible:1.0}}"
TABLE: Final = f"{{{_OASIS}table:1.0}}"
TEXT: Final = f"{{{_OASIS}text:1.0}}"
XLINK: Final = "{http://www.w3.org/1999/xlink}"
