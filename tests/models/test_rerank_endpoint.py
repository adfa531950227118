import json

import pytest

from erya.errors import ModelError
from erya.models import RerankEndpoint
from erya.testing import ChatServer, Reply


def reply(*rows):
    results = [{"index": at, "relevance_score": score} for at, score in rows]
    return Reply(body=json.dumps({"results": results}))


def model(server, **options):
    return RerankEndpoint(name="mine", base_url=server.base_url, model="bge", **options)


def test_scores_come_back_in_the_order_of_the_passages():
    with ChatServer(reply((1, 0.9), (0, -2.5))) as server:
        scores = model(server, api_key="secret").rerank("how?", ["one", "两"])

    assert scores == [-2.5, 0.9]
    assert server.paths == ["/v1/rerank"]
    assert server.keys == ["Bearer secret"]
    assert server.requests == [
        {"model": "bge", "query": "how?", "documents": ["one", "两"], "top_n": 2}
    ]


def test_many_passages_go_in_several_requests():
    with ChatServer(Reply()) as server:
        scores = model(server).rerank("b", ["a"] * 150 + ["b"] * 3)

    assert scores == [0.0] * 150 + [1.0] * 3
    assert [len(r["documents"]) for r in server.requests] == [100, 53]


def test_no_passage_asks_nobody():
    with ChatServer(reply()) as server:
        assert model(server).rerank("how?", []) == []
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply((0, 1.0)), "scored 1 passages of 2"),
        (reply((0, 1.0), (0, 2.0)), "scored 2 passages of 2"),
        (reply((0, 1.0), (2, 2.0)), "scored 2 passages of 2"),
        (reply((0, 1.0), (1, float("nan"))), "no number"),
        (Reply(body='{"data": []}'), "no list of scores"),
        (Reply(body="<html>Welcome</html>"), r"rerank model 'mine' at http://127"),
        (Reply(status=401, body="{}"), "refused the key"),
        (Reply(status=404, body="{}"), "no such model or path"),
    ],
)
def test_what_is_wrong_is_said(answer, said):
    with ChatServer(answer) as server, pytest.raises(ModelError, match=said):
        model(server).rerank("how?", ["one", "two"])
