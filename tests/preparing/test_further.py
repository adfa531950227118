"""What is done with a text in the process that read it, and what comes back."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from erya.assistant import Assistant
from erya.chunking import CHUNKERS, chunker_of
from erya.errors import UsageError
from erya.guarding import Masking, PersonalDataDetector, PersonalDataRules
from erya.loading import Limits, ParserPool
from erya.loading import pool as pool_module
from erya.preparing import Enrichment, Preparation, further, further_work
from erya.records import Item, Principal
from erya.sources import FolderSource
from erya.stores import Bases

ME = Principal.owner("me")
HANDBOOK = """# Travel

Ask Ada, ada@example.com or 13800138000, before you book. Hotels may cost EUR 130.

| City | Limit |
| ---- | ----- |
| 上海 | 800 元 |
| Łódź | 90 EUR |

## 出差

出差须提前三个工作日申请。住宿标准见上表，超出部分自理。

出差须提前三个工作日申请。住宿标准见上表，超出部分自理。
"""


class OtherRules(PersonalDataDetector):
    """Finds the same, but is none of ours: it stays in the main process."""

    @override
    def find(self, text):
        return PersonalDataRules().find(text)


def stored(home, folder, *, name, chunker, detector, limits=None):
    store = Bases(home).open(name, create=True)
    with Assistant(
        store=store,
        workers=1,
        chunker=chunker,
        limits=limits or Limits(),
        preparation=Preparation(
            masking=Masking(detector=detector),
            enrichment=Enrichment(steps=("facts", "languages", "keywords")),
        ),
    ) as assistant:
        source = FolderSource([folder], file_bytes=1_000_000)
        report = assistant.ingest(source, principal=ME)
        documents = [store.document(ME, d.id) for d in store.documents(ME)]
        chunks = [c for d in documents for c in store.chunks(ME, d.id)]
        found = [
            [
                (hit.chunk.id, hit.score)
                for hit in assistant.search(q, principal=ME).hits
            ]
            for q in ("hotel limit", "出差申请", "lodz", "travel")
        ]
        return report, documents, chunks, found


@pytest.mark.parametrize("name", [name for name in CHUNKERS if name != "semantic"])
def test_it_is_the_same_wherever_it_is_done(home, folder, name):
    (folder / "handbook.md").write_text(HANDBOOK)
    chunker = chunker_of(name, max_tokens=24)

    _, *there = stored(
        home, folder, name="there", chunker=chunker, detector=PersonalDataRules()
    )
    _, *here = stored(home, folder, name="here", chunker=chunker, detector=OtherRules())

    assert there == here
    assert any(document.masked for document in there[0])
    assert any(document.metadata.get("keywords") for document in there[0])
    assert all(there[2])


@dataclass(frozen=True)
class Own:
    """A chunker that a program brought along."""

    recipe: str = "own-1:64"

    def chunk(self, document):
        return chunker_of("structure", max_tokens=64).chunk(document)

    def widen(self, document, chunks):
        del document
        return list(chunks)


def test_only_what_is_ours_and_asks_no_model_goes_along():
    structure = chunker_of("structure", max_tokens=64)
    own_detector = Preparation(masking=Masking(detector=OtherRules()))

    assert further_work(Preparation(), structure)
    assert further_work(Preparation(), Own()) is None
    assert further_work(own_detector, structure) is None


def test_a_step_that_there_is_not_is_told_before_a_file_is_read():
    with pytest.raises(UsageError, match="no step 'polish'"):
        further_work(
            Preparation(cleaning=("polish",)), chunker_of("fixed", max_tokens=64)
        )


@pytest.fixture
def hostile(monkeypatch):
    """Have texts prepared by a process that does what its text says."""
    stub = str(Path(__file__).with_name("stub_further.py"))
    monkeypatch.setattr(pool_module, "_WORKER", (sys.executable, "-B", stub))
    monkeypatch.setattr(further, "_WORKER", stub)


def offered(*texts):
    return [
        Item(source=f"/docs/{at}.txt", data=text.encode())
        for at, text in enumerate(texts)
    ]


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("text", "code"),
    [("hang", "timeout"), ("allocate", "too_large"), ("endless text", "too_large")],
)
def test_what_follows_reading_is_under_the_file_s_limits(text, code):
    limits = Limits(seconds=1.5, text_characters=1_000_000)
    work = further_work(Preparation(), chunker_of("structure", max_tokens=64))

    with ParserPool(limits=limits, workers=1, further=work) as pool:
        first, second = pool.parse_all(offered(text, "A fine text."))

    assert first.problem
    assert first.problem.code == code
    assert second.made
    assert second.parsed
    assert second.parsed.text == "A fine text."


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("lie", "code"),
    [
        *(
            (lie, "forbidden")
            for lie in (
                "outside",
                "twice",
                "negative",
                "numbers",
                "short",
                "masked",
                "often",
                "paged",
            )
        ),
        ("nothing", "parser_crashed"),
        ("number", "parser_crashed"),
    ],
)
def test_a_process_that_lies_costs_its_own_file_alone(home, folder, lie, code):
    (folder / "lie.txt").write_text(f"{lie} and more")

    report, documents, _, _ = stored(
        home,
        folder,
        name="lies",
        chunker=chunker_of("structure", max_tokens=64),
        detector=PersonalDataRules(),
    )

    (problem,) = report.failed
    assert problem.code == code
    assert problem.source.endswith("lie.txt")
    assert len(documents) == 3
