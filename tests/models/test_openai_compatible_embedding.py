import json

import numpy as np
import pytest

from erya.errors import ModelError
from erya.models import OpenAICompatibleEmbedding
from erya.testing import ChatServer, Reply


def reply(*vectors, order=None):
    rows = [
        {
            "object": "embedding",
            "index": i if order is None else order[i],
            "embedding": list(v),
        }
        for i, v in enumerate(vectors)
    ]
    return Reply(
        body=json.dumps(
            {
                "object": "list",
                "model": "x",
                "data": rows,
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            }
        )
    )


def model(server, **options):
    return OpenAICompatibleEmbedding(
        name="mine", base_url=server.base_url, model="bge", **options
    )


def test_vectors_come_back_in_order_and_of_length_one():
    with ChatServer(reply([3.0, 4.0], [0.0, 2.0])) as server:
        embedded = model(server, passage_prefix="passage: ").embed_passages(["one", ""])

    assert embedded.vectors.dtype == np.float32
    assert embedded.vectors.tolist() == [pytest.approx([0.6, 0.8]), [0.0, 1.0]]
    assert embedded.cut == (0, 0)
    assert model(server).token_coverage(["one", "两"]) == [1.0, 1.0]
    assert server.requests[0]["input"] == ["passage: one", "passage: "]
    assert server.requests[0]["model"] == "bge"


def test_a_question_gets_the_prefix_of_questions():
    with ChatServer(reply([1.0, 0.0])) as server:
        model(server, query_prefix="query: ").embed_query("how many")
    assert server.requests[0]["input"] == ["query: how many"]


def test_many_texts_go_in_several_requests():
    with ChatServer(reply(*[[1.0, 0.0]] * 64), reply(*[[0.0, 1.0]] * 6)) as server:
        embedded = model(server).embed_passages(["text"] * 70)
    assert [len(r["input"]) for r in server.requests] == [64, 6]
    assert embedded.vectors[63].tolist() == [1.0, 0.0]
    assert embedded.vectors[64].tolist() == [0.0, 1.0]


def test_no_text_asks_nobody():
    with ChatServer(reply()) as server:
        assert len(model(server).embed_passages([]).vectors) == 0
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply([1.0, 0.0]), r"numbered \[0\].* for texts 0 to 1"),
        (reply([1.0, 0.0], [0.0, 1.0], order=[1, 0]), r"numbered \[1, 0\]"),
        (reply([1.0, 0.0], [float("nan"), 1.0]), "NaN"),
        (reply([1.0, 0.0], [0.0, 0.0]), "length 0"),
        (reply([1.0, 0.0], [1.0]), "no list of vectors"),
        (Reply(body="<html>Welcome</html>"), r"'mine' at http://127"),
        (Reply(status=401, body="{}"), "refused the key"),
        (Reply(status=404, body="{}"), "no such model"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(answer, said):
    with ChatServer(answer) as server, pytest.raises(ModelError, match=said):
        model(server).embed_passages(["one", "two"])


def test_a_reply_that_drips_is_given_up():
    with (
        ChatServer(Reply(drip=0.05)) as server,
        pytest.raises(ModelError, match=r"within 0.5 s.*embedding_seconds"),
    ):
        model(server, seconds=0.5).embed_query("x")


def test_vectors_of_another_width_in_a_later_request_are_refused():
    with (
        ChatServer(reply(*[[1.0, 0.0]] * 64), reply([1.0, 0.0, 0.0])) as server,
        pytest.raises(ModelError, match=r"\[2, 3\] numbers"),
    ):
        model(server).embed_passages(["text"] * 65)


def test_fewer_texts_are_sent_where_an_endpoint_refuses_many_and_it_is_remembered():
    eight = reply(*[[1.0, 0.0]] * 8)
    refused = (Reply(status=413, body="{}"), Reply(status=400, body="{}"))
    with ChatServer(*refused, *[eight] * 4, reply([1.0, 0.0]), eight) as server:
        embedding = model(server)
        assert embedding.embed_passages(["text"] * 33).vectors.shape == (33, 2)
        embedding.embed_passages(["text"] * 16)

    assert [len(each["input"]) for each in server.requests] == [
        33, 16, 8, 8, 8, 8, 1, 8, 8,
    ]  # fmt: skip


def test_a_text_that_is_refused_alone_is_an_error():
    with (
        ChatServer(Reply(status=400, body='{"error": "bad text"}')) as server,
        pytest.raises(ModelError, match="it says 'bad text'"),
    ):
        model(server).embed_passages(["text"] * 3)


def test_a_format_that_is_refused_is_left_out():
    said = '{"error": {"message": "encoding_format is not supported"}}'
    with ChatServer(Reply(status=400, body=said), reply([1.0, 0.0])) as server:
        embedding = model(server)
        embedding.embed_query("a")
        embedding.embed_query("b")

    assert ["encoding_format" in each for each in server.requests] == [
        True, False, False,
    ]  # fmt: skip


def test_one_text_that_is_refused_stops_no_other():
    bad = Reply(status=400, body='{"error": "bad text"}')
    one, two = reply([1.0, 0.0]), reply([1.0, 0.0], [0.0, 1.0])
    # Four at once are refused, the first two taken, the fourth alone; "." is not.
    with ChatServer(bad, two, bad, one, bad, one, two) as server:
        embedding = model(server)
        found = embedding.embed_passages(["a", "b", "c", "poison"])
        embedding.embed_passages(["e", "f"])

    assert found.vectors.tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    assert list(found.refused) == [3]
    assert "bad text" in found.refused[3]
    assert [len(each["input"]) for each in server.requests] == [
        4, 2, 2, 1, 1, 1, 2,
    ]  # fmt: skip
