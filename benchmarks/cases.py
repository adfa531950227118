"""Small inputs that once failed: a line for each, with what it gives.

    python benchmarks/cases.py ../shared/cases

Each case is run as a user runs it, through the program, in a home of its own. Exits
with 1 if one fails. Endpoints and web sites are the scripts that lie beside the cases.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

_PROGRAM: Final = (sys.executable, "-m", "erya")
_BEGIN_SECONDS: Final = 1.0  # that a server takes to listen


class _Try(NamedTuple):
    """A command and what must and must not stand in what it prints.

    Attributes:
        command: Commands of the program, `; ` between them.
        right: Regular expressions, ` && ` between them.
        wrong: One that must not be found.
        server: A script that serves what the case needs.
        more: A text that lies beside the inputs.
    """

    command: str
    right: str
    wrong: str = ""
    server: str = ""
    more: str = ""


def _chat(model: str, right: str, wrong: str = "900") -> _Try:
    add = f"models add chat {model} --base-url http://127.0.0.1:8765/v1 --model {model}"
    ask = f"ask 'What is the limit for taxis?' --kb k --model {model}"
    return _Try(f"ingest . --kb k; {add}; {ask}", right, wrong, "../mock.py")


def _embedding(model: str, right: str) -> _Try:
    add = "models add embedding e --base-url http://127.0.0.1:8765/v1 --model"
    command = f"{add} {model}; reembed-ingest . --kb e"
    refused = "# Unit 7\n\nThe relay of unit 7 needs oil.\n"
    return _Try(command, right, "Traceback", "../mock.py", refused)


def _site(port: int) -> _Try:
    address = f"http://127.0.0.1:{port}/"
    return _Try(
        f"ingest {address} --kb w --private --delay 0", "2 added", "", "web2.py"
    )


_CASES: Final[dict[str, tuple[_Try, ...]]] = {
    "ansi_log": (_Try("ingest h_app.log --kb l; search WARN --kb l --explain", "keyword +rank"),),
    "article_numbers": (
        _Try("ask 第21条规定了什么？ rules.txt", "二十一条 && 印章", "第20条|第22条"),
        _Try("ask 第二十一条规定了什么？ 办法.md", "第二十一条", "第二十条|第二十二条"),
        _Try("ask 第五十条规定了什么？ rules.txt", "没有"),
    ),
    "content_parts": (_chat("parts", r"The limit is 450 euro\. \[1\]"),),
    "csv_delimiters": (
        _Try("inspect x15d_pipe.csv --text", "id . title . qty && Bolt, hex"),
    ),
    "dehyphenated": (_Try("inspect f09_hyph.pdf --text", "long-term plan e-mail 5599"),),
    "diacritics": (
        _Try("ingest . --kb p; search Lodz --kb p --explain", "Łódź && keyword +rank"),
        _Try("ingest . --kb p; ask 'Who leads Lodz?' --kb p", "Łukasz leads Łódź"),
    ),
    "docx_parts": (_Try("inspect d13_altchunk.docx --text", "altchunk 9090"),),
    "docx_sym": (
        _Try("inspect d30_sym.docx --text", "±5 mm && 10 kΩ && ≤ 40"),
        _Try("inspect d01_sdt.docx --text", "☑|☒|✓"),
    ),
    "embedding_batch": (
        _embedding("b10", "added"), _embedding("b413", "added"),
        _embedding("poison", "added && refuses"), _embedding("noencfmt", "added"),
        _Try(
            "models add embedding e --base-url http://127.0.0.1:8765/v1 --model dimchange;"
            " reembed-ingest . --kb e", "numbers|added", "Traceback", "../mock.py",
        ),
    ),
    "file_names": (_Try("ingest . --kb n; search HT-2024-0099 --kb n", "^.*HT-2024-0099"),),
    "formulas": (_Try("inspect h17_math.html --text", r"mc\^?2|mc² && k ?= ?42"),),
    "hidden_pdf_text": (
        _Try("ask 'What is the correction of the grant for 2025?' g2_white.pdf", ".", "1 euro"),
        _Try("ask 'What is the correction of the grant for 2025?' g4_cover.pdf", ".", "1 euro"),
        _Try("inspect g2_white.pdf", "hidden_text"),
    ),
    "html_alt_forms": (
        _Try("inspect h16_img.html --text", "1616 && 1717 && 1818"),
        _Try("inspect h04_form.html --text", "1212 && 1414 && 1313"),
    ),
    "json_values": (_Try("inspect o07.jsonl --text", r"n: 1\.50 && 12345678901234567890"),),
    "judge_first_json": (
        _Try(
            "ingest . --kb k3; models add chat j_two --base-url http://127.0.0.1:8765/v1"
            " --model j_two; evaluate answers k3 one.jsonl --judge j_two --json",
            '"correctness": (5|1)', "", "../mock.py",
        ),
    ),
    "mail_alternative": (_Try("inspect k05_alt.eml --text", "4141"),),
    "mail_parts": (
        _Try("inspect k03_nocharset8.eml --text", "裸中文主题"),
        _Try("inspect k07_att.eml --text", "Cal event 4444"),
    ),
    "mdx": (_Try("inspect m06_mdx.mdx --blocks", "h1 +Mdx head", "import "),),
    "null_content": tuple(
        _chat(model, "450 euro && Note: The chat model", "do not say")
        for model in ("nullcontent", "reasoncontent", "filter", "refusal", "toolcall")
    ),
    "office_package": (
        _Try("inspect d14_strict.docx --text", "Strict heading && 7171"),
        _Try("ingest d15_document2.docx --kb d", "1 files into"),
        _Try("inspect p02_strict.pptx --text", "2222"),
        _Try("inspect x11c_backslash.xlsx --text", "4141"),
    ),
    "pdf_forms_annots": (
        _Try("inspect f01_form.pdf --text", "Lindqvist 1111 && Norway 2222 && ☑"),
        _Try("inspect f02_annots.pdf --text", "3333 && 4444 && 5555"),
    ),
    "pdf_leading_junk": (
        _Try("inspect f23_bom.pdf", "pages: 3"), _Try("inspect f23_junk_nl.pdf", "pages: 3"),
    ),
    "quality_drop": (
        _Try("ingest . --kb q; ask 'What does a club sandwich cost?' --kb q", r"7\.90"),
        _Try("ingest . --kb q; ask 'Who holds the permit for zone K7?' --kb q", "Ada Lind"),
    ),
    "ruby": (_Try("inspect h02_ruby.html --text", "東京支店 && 光寰路"),),
    "sitemaps": tuple(map(_site, range(8771, 8776))),
    "soft_hyphen": (
        _Try("ask 'How long does a refund take?' c.txt", "9 days"),
        _Try("ingest . --kb s; search Donaudampfschiff --kb s --explain", "keyword +rank"),
    ),
    "steps_cut": (
        _Try("ask 'How do I replace the filter?' steps.md", "(?s)7|…"),
        _Try("ask 怎么更换机油？ steps.md", "(?s)6|…"),
    ),
    "superscript": (
        _Try("inspect h01_sup.html --text", r"10⁶|10\^6 && m²|m\^2", "2501"),
        _Try("inspect d07_inline.docx --text", r"10⁶|10\^6", "2501"),
    ),
    "temperature": (_chat("notemp", r"450 euro\. \[1\]"), _chat("nosys", r"450 euro\. \[1\]")),
    "think_tags": (
        _chat("think", r"^The limit is 450 euro\. \[1\]"),
        _chat("thinkopen", r"^The limit is 450 euro\. \[1\]"),
        _chat("thinkunclosed", "450 euro"),
    ),
    "web_pages": (
        _Try(
            "ingest http://127.0.0.1:8766/docs/ --kb web --private --delay 0;"
            " kb show web --all", "docs/gz && docs/deflate && metatarget && framed", "gz/gz",
            "web.py",
        ),
    ),
    "wrong_rows": (
        _Try("ingest . --kb k; ask 'What is the power of the ZX-200?' --kb k", "ZX-200"),
        _Try("ingest . --kb k; ask 'What is the budget of Salzburg?' --kb k", "No document|do not"),
        _Try("ingest . --kb k; ask 'Who leads Paris?' --kb k", "No document|do not"),
    ),
    "xls_disguised": (_Try("inspect x13b_frag.xls --text", r"DD-5502 && 388\.50"),),
    "xls_ods_formats": (
        _Try("inspect x30.xls --text", r"47\.5%|47\.50% && 1,234\.50 && 00007 && \(1,200\)"),
    ),
}  # fmt: skip


@contextmanager
def _serving(folder: Path, script: str) -> Iterator[None]:
    if not script:
        yield
        return
    with tempfile.TemporaryDirectory() as scratch:  # they write logs where they stand
        command = (sys.executable, str((folder / script).resolve()))
        with subprocess.Popen(
            command, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            time.sleep(_BEGIN_SECONDS)
            try:
                yield
            finally:
                server.terminate()


def _printed(folder: Path, given: _Try) -> str:
    """Run the commands one after the other; return what the last one prints.

    They run beside copies of the inputs: what tells of a case is none.
    """
    shown = ""
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as beside,
    ):
        for path in folder.iterdir():
            if path.suffix != ".py" and not path.name.startswith("README"):
                shutil.copy(path, beside)
        if given.more:
            (Path(beside) / "more.md").write_text(given.more, "utf-8")
        environment = os.environ | {"ERYA_HOME": home}
        for each in given.command.split("; "):
            words = shlex.split(each)
            if words[0] == "reembed-ingest":
                words[0] = "ingest"
                environment |= {"ERYA_EMBEDDING_MODEL": "e"}
            done = subprocess.run(
                [*_PROGRAM, *words], cwd=beside, env=environment, text=True,
                capture_output=True, check=False, timeout=300,
            )  # fmt: skip
            shown = done.stdout + done.stderr
    return shown


def _fails(given: _Try, folder: Path) -> str:
    """Return what is wrong with what a command prints; empty if nothing."""
    with _serving(folder, given.server):
        shown = _printed(folder, given)
    for form in given.right.split(" && "):
        if not re.search(form, shown, re.MULTILINE):
            return f"no {form!r} in {' '.join(shown.split())[:160]!r}"
    found = re.search(given.wrong, shown) if given.wrong else None
    return f"{found[0]!r} is in it" if found else ""


def main() -> None:
    """Try each case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="cases with this in their names")
    options = parser.parse_args()
    failed = 0
    for name, tries in _CASES.items():
        folder = options.folder / name
        if options.only not in name or not folder.is_dir():
            continue
        for given in tries:
            wrong = _fails(given, folder)
            failed += bool(wrong)
            state = f"FAILS ({wrong})" if wrong else "right"
            print(
                f"{name}: {state}: erya {given.command.rpartition('; ')[2]}", flush=True
            )
    unknown = {p.name for p in options.folder.iterdir() if p.is_dir()} - _CASES.keys()
    for name in sorted(unknown):
        print(f"{name}: not known here")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
