import json
from dataclasses import replace

import pytest

from erya.assistant import Assistant
from erya.errors import NotFoundError, UsageError
from erya.evaluating import evaluate_answers, read_examples, read_retrieval_set
from erya.evaluating.questions import (
    Feedback,
    add_feedback,
    export_examples,
    import_examples,
    make_questions,
    restore,
    save,
    versions_of,
)
from erya.evaluating.questions.rules import drafts
from erya.evaluating.runs import Runs
from erya.loading import FolderSource
from erya.records import Chunk, Example, Principal, Quote
from erya.stores import Bases
from erya.testing import ScriptedChatModel

OWNER = Principal.owner("tester")


def chunk(text, *headings):
    return Chunk(
        id="c",
        document_id="d",
        start=0,
        end=len(text),
        text=text,
        source="s.md",
        title="Handbook",
        headings=headings,
    )


@pytest.mark.parametrize(
    ("text", "kind", "question", "answer"),
    [
        ("A retainer is a fee paid in advance.", "definition", "What is a retainer?", "a fee paid in advance"),
        ("Force majeure means any event beyond control.", "definition", "What does “Force majeure” mean?", "any event beyond control"),
        ("代理是指代理人以被代理人名义实施民事法律行为。", "definition", "什么是代理？", "代理人以被代理人名义实施民事法律行为"),
        ("- Every employee has 25 days of leave.", "number", "What belongs in the gap in “Leave”: “Every employee has ____ days of leave.”?", "25"),
        ("工龄满十年的员工每年有 15 天年假。", "number", "在“Leave”中，“工龄满十年的员工每年有 ____ 天年假。”空格处应填什么？", "15"),
        ("Requests are approved by Anna Berg.", "name", "What belongs in the gap in “Leave”: “Requests are approved by ____.”?", "Anna Berg"),
        ("Staff may rest whenever they like.", "heading", "What do the documents say about “Leave”?", "Staff may rest whenever they like."),
    ],
)  # fmt: skip
def test_a_sentence_gives_a_question_that_it_answers(text, kind, question, answer):
    found = {draft.kind: draft for draft in drafts(chunk(text, "Leave"))}

    assert (found[kind].question, found[kind].answer) == (question, answer)
    assert found[kind].quote in text


def test_a_heading_that_asks_is_the_question():
    (draft,) = drafts(chunk("Staff may rest whenever they like.", "May I rest?"))

    assert draft[:3] == (
        "question",
        "May I rest?",
        "Staff may rest whenever they like.",
    )


def test_a_part_of_a_time_or_the_number_of_a_rule_is_no_gap():
    told = drafts(
        chunk("1 the lessons take place from 16:30 to 18:00 in the hall.", "Rules")
    )

    assert [draft.answer for draft in told if draft.kind in {"number", "name"}] == []


def test_feedback_waits_for_review(tmp_path):
    queue = tmp_path / "deep" / "queue.jsonl"
    add_feedback(queue, Feedback(question="Good?", answer="25", thumb="up", user="ada"))
    add_feedback(
        queue, Feedback(question="Bad?", answer="25", thumb="down", reason="old")
    )
    add_feedback(
        queue, Feedback(question="Fixed?", answer="25", thumb="down", corrected="30")
    )

    good, bad, fixed = read_examples(queue).examples
    assert (good.answers, bad.answers, fixed.answers) == (("25",), (), ("30",))
    assert not bad.answerable
    assert bad.metadata["reason"] == "old"
    assert {e.metadata["review"] for e in (good, bad, fixed)} == {"pending"}
    with pytest.raises(UsageError, match="needs the question"):
        add_feedback(queue, Feedback(question=" ", answer="", thumb="up"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Too short.",
        "Is it a question that is a trap?",
        "It is a thing of beauty.",
        "其是指某种东西或者别的东西。",
        "a | b | 25 apples",
        "The rules are as follows, with 3 of them:",
    ],
)
def test_fragments_questions_and_pronouns_give_none(text):
    assert [draft for draft in drafts(chunk(text)) if draft.kind != "heading"] == []


@pytest.fixture
def assistant(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    for number, name in enumerate(("leave", "hotels", "phones", "visas", "parking")):
        (docs / f"{name}.md").write_text(
            f"# About {name}\n\n## Rules\n\nThe limit for {name} is set to {number + 11} units a year.\n", "utf-8",
        )  # fmt: skip
    store = Bases(tmp_path / "bases").open("docs", create=True)
    with Assistant(store=store) as made:
        made.ingest(FolderSource([docs], file_bytes=10**6), principal=OWNER)
        yield made


def test_a_base_gives_questions_that_it_answers_and_some_that_it_cannot(
    assistant, tmp_path
):
    made = make_questions(assistant, principal=OWNER, count=5, unanswerable=0.4, seed=2)

    assert len({example.question for example in made.examples}) == 5
    assert [example.answerable for example in made.examples].count(False) == 2
    assert made == make_questions(
        assistant, principal=OWNER, count=5, unanswerable=0.4, seed=2
    )
    run = evaluate_answers(
        assistant,
        made.examples,
        Runs(tmp_path).begin({"kind": "a", "about": "b"}),
        principal=OWNER,
    )
    scores = {item.id: item.scores for item in run.items}
    for example in made.examples:
        if example.answerable:
            assert scores[example.id]["evidence_recall"] == 1.0
        else:
            item = next(item for item in run.items if item.id == example.id)
            held = " ".join(passage["text"] for passage in item.detail["evidence"])
            assert not any(words in held for words in example.metadata["without"])


def test_what_a_reader_may_not_read_is_not_asked_about(assistant):
    stranger = Principal(user="stranger")

    assert make_questions(assistant, principal=stranger, count=5).examples == []


def test_a_model_writes_and_what_it_makes_up_is_left_out(assistant):
    def reply(**said):
        return json.dumps(
            {
                "question": "What is the limit?",
                "answer": "x",
                "quote": "nowhere",
                **said,
            }
        )

    replies = [reply(), "no json", reply(question=""), *(
        reply(question=f"What is the yearly limit for {name}?", answer="14", quote=f"The limit for {name} is set to")
        for name in ("leave", "hotels", "phones", "visas", "parking")
    )]  # fmt: skip
    model = ScriptedChatModel(replies)

    made = make_questions(
        assistant, principal=OWNER, count=9, unanswerable=0.0, model=model, seed=1
    )

    assert made.unusable >= 3
    assert made.tried == len(model.asked) == 5
    assert all(example.metadata["made_by"] == "model" for example in made.examples)
    assert "no authority" in model.asked[0][0].content


EXAMPLES = [
    Example(id="a", question="How many?", answers=("25", "25 days"), evidence=(Quote("leave.md", "25 days"),), split="test"),
    Example(id="b", question="谁？", answerable=False),
]  # fmt: skip


def test_a_table_comes_back_as_it_went(tmp_path):
    path = tmp_path / "q.csv"
    export_examples(EXAMPLES, path)

    assert import_examples(path).examples == EXAMPLES
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_table_of_others_is_read_and_its_mistakes_have_lines(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("question,answer\nWho?,Ada\nWhen?,\n", "utf-8")
    who, when = import_examples(path).examples
    assert (who.answers, when.answerable) == (("Ada",), False)

    for content, said in (
        ("question,answers\n,x\n", "line 2, has no question"),
        ("question,answerable\nWho?,maybe\n", "line 2, has 'maybe' as answerable"),
        ("question,answerable\nWho?,true\n", "line 2, is answerable and has no answer"),
        ("question\n", "has no questions"),
        ("q,a\nx,y\n", "no column `question`; its columns are: q, a"),
        ("", "its columns are: none"),
    ):
        path.write_text(content, "utf-8")
        with pytest.raises(UsageError, match=said):
            import_examples(path)


def test_beirs_layout_holds_all_documents(assistant, tmp_path):
    made = make_questions(assistant, principal=OWNER, count=3, unanswerable=0.0)
    documents = [
        assistant.store.document(OWNER, each.id)
        for each in assistant.store.documents(OWNER)
    ]

    export_examples(made.examples, tmp_path / "beir", documents=documents)

    data = read_retrieval_set(tmp_path / "beir")
    assert len(data.questions) == 3
    assert {p.id for p in data.corpus} == {each.id for each in documents}
    judged = {key for gains in data.relevant.values() for key in gains}
    assert judged < {p.id for p in data.corpus}
    assert data.notes == []
    with pytest.raises(UsageError, match="name the base"):
        export_examples(made.examples, tmp_path / "other")


def test_every_state_of_a_file_can_be_had_again(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text(
        json.dumps({"question": "By hand?", "answers": ["yes"]}) + "\n", "utf-8"
    )

    assert save(path, EXAMPLES) == 2
    assert save(path, EXAMPLES[:1]) == 3
    assert [(v.number, v.questions) for v in versions_of(path)] == [
        (1, 1),
        (2, 2),
        (3, 1),
    ]
    assert restore(path, 1) == 4
    assert read_examples(path).examples[0].question == "By hand?"
    with pytest.raises(NotFoundError, match="no version 9"):
        restore(path, 9)


def test_made_questions_hold_where_the_folder_is_moved(assistant):
    made = make_questions(assistant, principal=OWNER, count=5, unanswerable=0.0)

    sources = [each.source for e in made.examples for each in e.evidence]
    held = [each.source for each in assistant.store.documents(OWNER)]
    assert sources
    assert all(not source.startswith("/") for source in sources)
    assert all(any(h.endswith(f"/{s}") or h == s for h in held) for s in sources)


def test_a_table_keeps_what_was_reviewed(tmp_path):
    example = replace(EXAMPLES[0], metadata={"review": "kept", "made_by": "number"})

    export_examples([example], tmp_path / "q.csv")

    (back,) = import_examples(tmp_path / "q.csv").examples
    assert back.metadata == example.metadata
