"""Kill an ingest at random moments, and see what is left of the base.

    python benchmarks/crashes.py --rounds 100 --writers 2

Each round starts `erya ingest` over a folder, or several over a folder each of which
writes to the same base, kills each with SIGKILL after a random
time, opens the base without any manual step, and checks: every document that an earlier
run had acknowledged is there, every document there is whole, chunk ids never change,
and after the next complete run `verify` finds nothing, in the vectors either, and every
chunk has its vector. The last line counts what went wrong.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from erya.records import Principal
from erya.retrieving import search_store
from erya.stores import Bases, Store

OWNER = Principal.owner("crash")
ENGLISH = ["sensor", "leave", "travel", "price", "alarm"]
WORDS = [*ENGLISH, "年假", "差旅", "温度", "报警", "预算"]


class Counts(NamedTuple):
    """What went wrong, over all rounds."""

    lost: int = 0
    half: int = 0
    changed: int = 0
    unclean: int = 0


def main() -> int:
    """Run the rounds; return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--writers", type=int, default=1, help="processes at once")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch, "docs"), Path(scratch, "home")
        texts = write_files(folder, given.files, dice, parts=given.writers)
        folders = sorted(folder.iterdir())
        wrong, moments = run_rounds(
            folders, home, texts, rounds=given.rounds, dice=dice
        )
    share = sum(0 < done < given.files for done in moments) / max(len(moments), 1)
    print(
        f"{given.rounds} rounds, {given.writers} writers killed in each, over "
        f"{given.files} files, seed {given.seed}; "
        f"{share:.0%} of them struck with part of the documents stored"
    )
    print(
        f"{wrong.lost} lost, {wrong.half} half, {wrong.changed} changed, "
        f"{wrong.unclean} unclean"
    )
    return int(any(wrong))


def write_files(
    folder: Path, count: int, dice: random.Random, *, parts: int
) -> dict[str, str]:
    """Write text files into as many folders as there are writers; return the texts."""
    texts: dict[str, str] = {}
    for part in range(parts):
        (folder / str(part)).mkdir(parents=True)
    for i in range(count):
        # Every other file is English: the offline model embeds it.
        words = dice.choices(WORDS if i % 2 else ENGLISH, k=60)
        text = f"File {i}. " + " ".join(words) + "."
        path = folder / str(i % parts) / f"{i:05}.txt"
        path.write_text(text, encoding="utf-8")
        texts[str(path)] = text
    return texts


def run_rounds(
    folders: list[Path],
    home: Path,
    texts: dict[str, str],
    *,
    rounds: int,
    dice: random.Random,
) -> tuple[Counts, list[int]]:
    """Kill and look, again and again; a finished base is begun anew."""
    wrong, moments = Counts(), []
    acknowledged: set[str] = set()
    ids: dict[str, list[str]] = {}
    begin = time.monotonic()
    run_ingests(folders, home)
    whole = time.monotonic() - begin
    shutil.rmtree(home)
    for _ in range(rounds):
        kill_ingests(folders, home, within=whole * 1.1, dice=dice)
        found = look(home, texts, ids)
        if found is None:
            continue  # killed before there was a base
        sources, half, changed = found
        wrong = wrong._replace(
            lost=wrong.lost + len(acknowledged - sources),
            half=wrong.half + half,
            changed=wrong.changed + changed,
        )
        acknowledged |= sources
        moments.append(len(sources))
        if len(sources) == len(texts):
            run_ingests(folders, home)
            wrong = wrong._replace(unclean=wrong.unclean + unclean(home))
            shutil.rmtree(home)
            acknowledged.clear()
    run_ingests(folders, home)
    return wrong._replace(unclean=wrong.unclean + unclean(home)), moments


def command(folder: Path, home: Path) -> list[str]:
    """Return the command of one ingest, with commits so small that kills part them."""
    program = (
        "import erya.indexing.ingestion as i; i._COMMIT_DOCUMENTS = 25\n"
        "from erya.cli.main import main; main()"
    )
    return [
        sys.executable, "-c", program,
        "ingest", str(folder), "--kb", "crash", "--home", str(home),
    ]  # fmt: skip


def run_ingests(folders: list[Path], home: Path) -> None:
    """Ingest to the end, all folders at once: runs on one base wait for each other."""
    begun = [
        subprocess.Popen(command(folder, home), stdout=subprocess.DEVNULL)
        for folder in folders
    ]
    for process in begun:
        if process.wait():
            msg = f"an ingest ended with {process.returncode}"
            raise RuntimeError(msg)


def kill_ingests(
    folders: list[Path], home: Path, *, within: float, dice: random.Random
) -> None:
    """Begin an ingest of each folder, and kill each at a moment of its own."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begin = time.monotonic()
    begun = [subprocess.Popen(command(each, home), **quiet) for each in folders]
    moments = sorted((dice.uniform(0.1, within), n) for n in range(len(begun)))
    for moment, number in moments:
        time.sleep(max(begin + moment - time.monotonic(), 0))
        begun[number].send_signal(signal.SIGKILL)
        begun[number].wait()


def look(
    home: Path, texts: dict[str, str], ids: dict[str, list[str]]
) -> tuple[set[str], int, int] | None:
    """Open the base; return its sources, and how many are half or changed ids."""
    bases = Bases(home)
    if "crash" not in bases.names():
        return None
    store = bases.open("crash")
    half = changed = 0
    sources = set()
    for stored in list(store.documents(OWNER)):
        sources.add(stored.source)
        chunks = store.chunks(OWNER, stored.id)
        whole = store.document(OWNER, stored.id).text == texts[stored.source]
        half += not (whole and len(chunks) == stored.chunks and chunks)
        found = [chunk.id for chunk in chunks]
        changed += ids.setdefault(stored.source, found) != found
    half += searched_wrongly(store, sources)
    store.close()
    return sources, half, changed


def searched_wrongly(store: Store, sources: set[str]) -> int:
    """Search for each of some documents; count those that are not found."""
    wrong = 0
    for source in sorted(sources)[:: max(len(sources) // 10, 1)]:
        number = int(Path(source).stem)
        hits = search_store(store, OWNER, f"File {number}", limit=50).hits
        wrong += source not in {hit.chunk.source for hit in hits}
    return wrong


def unclean(home: Path) -> int:
    """Count what `verify` finds."""
    store = Bases(home).open("crash")
    findings = [finding for finding in store.verify(OWNER) if not finding.ok]
    with store.writer(OWNER, purpose="look for chunks without a vector") as writer:
        bare = writer.unembedded(limit=1)
    store.close()
    if bare:
        print(f"{bare[0].source} has no vector")
    for finding in findings:
        print(finding)
    return len(findings) + len(bare)


if __name__ == "__main__":
    raise SystemExit(main())
