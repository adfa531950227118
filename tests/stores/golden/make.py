"""Make the golden base of a release, once: `python tests/stores/golden/make.py 0.1.0`.

The archive is committed with the release and never made again: that a later build opens it
is the proof that upgrades lose nothing.
"""

import json
import sys
import tarfile
import tempfile
from pathlib import Path

from erya.records import Document, Principal
from erya.stores import Bases
from erya.testing import chunked, document

OWNER = Principal.owner("owner")
DOCUMENTS = (
    document("handbook/leave.md", "Everyone has 25 days of leave.\n\nAnna approves."),
    document("handbook/年假.txt", "工龄满十年的员工每年有十五天年假。", title="年假制度"),
    document("handbook/福利.txt", "同仁每年有一次健康檢查。", readers=("user:ada",)),
    document("products/hx-210.md", "The HX-210 follows GB/T 11643.", readers=("group:rd",)),
    document("products/old.md", "An old text that is replaced."),
    document("products/gone.md", "A document that is removed."),
)  # fmt: skip
FIRST = {
    "days of leave": "Everyone has 25 days of leave.\n\nAnna approves.",
    "十年 年假": "工龄满十年的员工每年有十五天年假。",
    "健康检查": "同仁每年有一次健康檢查。",
    "GB/T 11643": "The HX-210 follows GB/T 11643.",
    "replaced": "A new text in place of an old one, replaced.",
}


def main(release: str) -> None:
    """Write the archive beside this file."""
    with tempfile.TemporaryDirectory() as scratch:
        store = Bases(Path(scratch, "home")).open("golden", create=True)
        with store.writer(OWNER, purpose="golden") as writer:
            job = writer.begin_job("ingest", {"roots": ["handbook", "products"]})
            for given in DOCUMENTS:
                original = given.text.encode()
                writer.put(given, chunked(given), original=original, recipe="golden")
            writer.end_job(job, state="done", summary={"added": len(DOCUMENTS)})
        changed = document("products/old.md", FIRST["replaced"])
        with store.writer(OWNER, purpose="golden") as writer:
            original = changed.text.encode()
            writer.put(changed, chunked(changed), original=original, recipe="golden")
            writer.remove(Document.id_of("products/gone.md"))
        status = store.status(OWNER)
        expected = {
            "documents": status.documents,
            "chunks": status.chunks,
            "first": FIRST,
            "ada_reads": [d.source for d in store.documents(Principal(user="ada"))],
        }
        store.close()
        text = json.dumps(expected, ensure_ascii=False, indent=2)
        Path(scratch, "expected.json").write_text(text, encoding="utf-8")
        archive = Path(__file__).parent / f"{release}.tar.gz"
        if archive.exists():
            sys.exit(f"{archive} is there already and must stay as it is.")
        with tarfile.open(archive, "w:gz") as file:
            file.add(Path(scratch, "home"), "home")
            file.add(Path(scratch, "expected.json"), "expected.json")


if __name__ == "__main__":
    main(sys.argv[1])
