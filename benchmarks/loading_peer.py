"""A peer that reads files, for `loading.py`: runs in an environment of its own.

    python loading_peer.py markitdown < PATHS

Prints a line of JSON for each path: the text, empty where it failed, and CPU seconds.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable


def reader(name: str) -> Callable[[str], str]:
    """Return a function from a path to a text."""
    if name == "pypdf":
        import pypdf

        return lambda path: "\n".join(
            page.extract_text() or "" for page in pypdf.PdfReader(path).pages
        )
    if name == "pdfplumber":
        return tables
    import markitdown

    converter = markitdown.MarkItDown(enable_plugins=False)
    return lambda path: converter.convert(path).text_content


def tables(path: str) -> str:
    """Return the tables that pdfplumber finds in a PDF, in Markdown."""
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        found = [table for page in pdf.pages for table in page.extract_tables()]
    return "\n\n".join(
        "\n".join(
            f"| {' | '.join(' '.join((cell or '').split()) for cell in row)} |"
            for row in table
        )
        for table in found
    )


def main() -> None:
    """Read what is named on standard input."""
    warnings.simplefilter("ignore")
    read = reader(sys.argv[1])
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        began = time.process_time()
        try:
            text = read(line.rstrip("\n"))
        except Exception as error:  # noqa: BLE001 - whatever it is, it gave no text
            print(f"{line.strip()}: {type(error).__name__}", file=sys.stderr)
            text = ""
        spent = time.process_time() - began
        out.write(json.dumps({"text": text, "cpu": spent}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
