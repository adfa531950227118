"""Formats that other packages bring, read by an installation that has such a package."""

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import erya
from erya.loading import FORMATS, format_name
from erya.loading.registry import format_of, suffix_formats

PLUGIN = """
from erya.loading import Format
from erya.records import Block, Parsed

def parse_shout(data, name):
    text = data.decode().upper()
    block = Block(kind="paragraph", start=0, end=len(text))
    return Parsed(title=name, text=text, blocks=(block,), media_type="text/x-shout")

SHOUT = Format(
    name="shouts",
    media_types=("text/x-shout",),
    suffixes=(".shout", ".md"),
    parser="shouting:parse_shout",
)
BROKEN = "no format"
"""
READ = """
import json, sys
from erya.loading import ParserPool, format_name
from erya.records import Item
with ParserPool(workers=1) as pool:
    items = [Item(source=name, data=b"be quiet") for name in sys.argv[1:]]
    texts = [o.parsed.text if o.parsed else o.problem.message
             for o in pool.parse_all(items)]
print(json.dumps([texts, format_name("text/x-shout")]))
"""


@pytest.fixture
def installation(tmp_path):
    """Return what runs a program in an installation that has the package."""

    def install(names):
        folder = tmp_path / "venv"
        venv.create(folder, with_pip=False, symlinks=True)
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        packages = folder / "lib" / version / "site-packages"
        ours = [str(Path(erya.__file__).parents[1]), sysconfig.get_path("purelib")]
        (packages / "ours.pth").write_text("\n".join(ours))
        (packages / "shouting.py").write_text(PLUGIN)
        told = packages / "shouting-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n"
        )
        (told / "entry_points.txt").write_text(
            f"[erya.formats]\nshout = shouting:{names}\n"
        )
        return lambda *files: subprocess.run(
            [folder / "bin" / "python", "-c", READ, *files],
            capture_output=True,
            text=True,
            check=False,
        )

    return install


def test_a_format_of_another_package_is_read_behind_the_same_walls(installation):
    done = installation("SHOUT")("note.shout", "note.md", "note.txt")

    texts, name = json.loads(done.stdout)
    assert texts == ["BE QUIET", "be quiet", "be quiet"]  # ours keep their suffixes
    assert name == "shouts"


def test_what_is_no_format_is_told_with_its_entry_point(installation):
    done = installation("BROKEN")("note.shout")

    assert done.returncode
    assert "'shout' of erya.formats names shouting:BROKEN" in done.stderr + done.stdout


def test_every_media_type_and_every_suffix_has_one_format():
    kinds = [kind for each in FORMATS for kind in each.media_types]
    suffixes = [suffix for each in FORMATS for suffix in each.suffixes]

    assert len(set(kinds)) == len(kinds)
    assert len(set(suffixes)) == len(suffixes)
    assert suffix_formats(signed=True).keys().isdisjoint(suffix_formats(signed=False))


def test_what_is_converted_becomes_a_format_that_is_read():
    for each in FORMATS:
        if each.via:
            assert suffix_formats(signed=True)[f".{each.via}"].parser
        if each.parser:
            assert not each.via


def test_kinds_have_the_names_that_people_call_them_by():
    assert format_name("application/vnd.ms-outlook") == "msg"
    assert format_name("image/*") == "pictures"
    assert format_name("text/x-source") == "code"
    assert format_name("application/x-strange") == "x-strange"
    assert format_of("application/x-strange") is None
