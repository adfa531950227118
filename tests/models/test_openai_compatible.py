"""Against a real server on this machine that misbehaves as told."""

import json
import socket
import time

import pytest

from erya.errors import ModelError, NotFoundError, UsageError
from erya.models import (
    ChatRequest,
    ModelCatalogue,
    ModelEntry,
    OpenAICompatibleChat,
    complete,
)
from erya.testing import ChatServer, Reply

ASK = ChatRequest.of("Be brief.", "?")


def chat(server: ChatServer, *, seconds: float = 10.0) -> OpenAICompatibleChat:
    return OpenAICompatibleChat(
        name="local", base_url=server.base_url, model="m", seconds=seconds
    )


def test_an_answer_is_streamed_and_its_cost_told():
    heard: list[str] = []
    with ChatServer(Reply(text="Twenty five days [1].")) as server:
        done = complete(chat(server), ASK, on_text=heard.append)

    assert done.text == "Twenty five days [1]."
    assert len(heard) == 4
    assert (done.usage.model, done.usage.input_tokens, done.usage.output_tokens) == (
        "local", 7, 4,
    )  # fmt: skip
    sent = server.requests[0]
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (sent["model"], sent["stream"]) == ("m", True)


def test_an_endpoint_that_does_not_stream_will_do():
    with ChatServer(Reply(text="At once.", streamed=False)) as server:
        assert complete(chat(server), ASK).text == "At once."


def test_too_many_requests_are_repeated_after_the_time_it_says():
    busy = Reply(status=429, body="{}", headers={"Retry-After": "1"})
    with ChatServer(busy, Reply(text="Now.")) as server:
        began = time.monotonic()
        done = complete(chat(server), ASK)

    assert done.text == "Now."
    assert time.monotonic() - began >= 1.0
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(status=401, body="{}"), "refused the key"),
        (Reply(status=404, body="{}"), "no such model or path"),
        (Reply(status=400, body="{}"), "refused the request"),
        (
            Reply(status=307, body="", headers={"Location": "http://127.0.0.1:9/v1"}),
            "redirects to another address",
        ),
        (
            Reply(body='{"choices": [{"finish_reason": "length", "message": {"content": "x"}}]}'),
            "reached its limit of tokens",
        ),
        (Reply(status=418, body="{}"), "the error 418"),
        (
            Reply(body="<html><title>Sign in</title>", headers={"Content-Type": "text/html"}),
            "sent text/html instead of an answer: '<html><title>Sign in",
        ),
        (Reply(body="{}"), "sent application/json instead of an answer"),
        (Reply(body='{"choices": []}'), "instead of an answer"),
        (Reply(text="Cut off in the middle", cut_after=2), "cut its answer off"),
        (Reply(text="x", drip=0.05), "did not answer within 1 s"),
        (Reply(text="Too late.", delay=5), "did not answer within 1 s"),
        (Reply(text="w " * 100, pause=0.2), "did not answer within 1 s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_whatever_goes_wrong_is_told_and_never_hangs(reply, message):
    with ChatServer(reply) as server:
        began = time.monotonic()
        with pytest.raises(ModelError, match=message) as caught:
            complete(chat(server, seconds=1.0), ASK)

    assert time.monotonic() - began < 8
    assert "'local'" in str(caught.value)


@pytest.mark.parametrize("when", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_longer_than_the_time_left_is_not_waited_for(when):
    with ChatServer(
        Reply(status=429, body="{}", headers={"Retry-After": when})
    ) as server:
        began = time.monotonic()
        with pytest.raises(ModelError, match="too many requests"):
            complete(chat(server, seconds=30), ASK)

    assert time.monotonic() - began < 10
    assert len(server.requests) == 1


def test_an_error_within_the_stream_is_told():
    event = 'data: {"error": {"message": "Overloaded, try later"}}\n\n'
    said = Reply(body=event, headers={"Content-Type": "text/event-stream"})
    with (
        ChatServer(said) as server,
        pytest.raises(ModelError, match="broke its answer off: 'Overloaded"),
    ):
        complete(chat(server), ASK)


def test_a_sign_in_two_halves_is_joined_and_a_half_alone_is_marked():
    def event(text):
        return f'data: {{"choices": [{{"delta": {{"content": "{text}"}}}}]}}\n\n'

    end = 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
    body = event("\\ud83d") + event("\\ude00") + event("\\ud83d") + end
    said = Reply(body=body, headers={"Content-Type": "text/event-stream"})
    with ChatServer(said) as server:
        assert complete(chat(server), ASK).text == "😀\ufffd"


def test_the_key_is_sent_and_a_query_of_the_address_stays():
    with ChatServer(Reply(text="Yes.")) as server:
        url = f"{server.base_url}/?api-version=2"
        keyed = OpenAICompatibleChat(name="a", base_url=url, model="m", api_key="k")
        complete(keyed, ASK)
        complete(chat(server), ASK)

    assert server.paths == [
        "/v1/chat/completions?api-version=2",
        "/v1/chat/completions",
    ]
    assert server.keys == ["Bearer k", None]


def test_a_proxy_that_is_none_is_told():
    model = OpenAICompatibleChat(
        name="a", base_url="http://127.0.0.1:9/v1", model="m", proxy="nonsense"
    )
    with pytest.raises(
        ModelError, match="through its proxy: nonsense.*Check the proxy's address"
    ):
        complete(model, ASK)


def test_quota_and_outage_are_told_after_some_tries():
    busy = Reply(status=429, body="{}", headers={"Retry-After": "0"})
    with (
        ChatServer(busy) as server,
        pytest.raises(ModelError, match="too many requests.*quota"),
    ):
        complete(chat(server), ASK)
    assert len(server.requests) > 1


def test_an_endpoint_that_is_down_is_told():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    model = OpenAICompatibleChat(
        name="local", base_url=f"http://127.0.0.1:{port}/v1", model="m", seconds=20
    )
    with pytest.raises(
        ModelError, match=rf"127\.0\.0\.1:{port}.* could not be reached"
    ):
        complete(model, ASK)


def test_models_are_kept_without_their_keys(tmp_path):
    catalogue = ModelCatalogue(tmp_path / "home")
    assert catalogue.all() == []
    entry = ModelEntry(
        name="a", base_url="https://x.example/v1", model="m", api_key_env="A_KEY"
    )
    catalogue.add(ModelEntry(name="b", base_url="http://localhost:1/v1", model="n"))
    catalogue.add(entry)

    again = ModelCatalogue(tmp_path / "home")
    assert [known.name for known in again.all()] == ["a", "b"]
    assert again.get("a") == entry
    again.remove("b")
    with pytest.raises(NotFoundError, match="no chat model 'b'. Models here: a."):
        again.get("b")


@pytest.mark.parametrize(
    "url", ["localhost:11434", "file:///etc/passwd", "", "http://", "http://u:p@x/v1"]
)
def test_a_base_url_must_be_one(tmp_path, url):
    with pytest.raises(UsageError, match="base URL must be"):
        ModelCatalogue(tmp_path).add(ModelEntry(name="a", base_url=url, model="m"))


def test_a_damaged_list_of_models_is_told(tmp_path):
    (tmp_path / "models.json").write_text("{")
    with pytest.raises(UsageError, match="models.json cannot be read"):
        ModelCatalogue(tmp_path).all()


def whole(message, finish="stop"):
    """Return an answer in one piece."""
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return Reply(
        body=json.dumps({"choices": [choice]}),
        headers={"Content-Type": "application/json"},
    )


@pytest.mark.parametrize(
    "said",
    [
        "<think>\nMaybe 900 [2]?\n</think>\n\nIt is 450 [1].",
        "<thinking>Maybe 900.</thinking>It is 450 [1].",
        "maybe 900.\n</think>\n\nIt is 450 [1].",
        [{"type": "text", "text": "It is "}, {"type": "text", "text": "450 [1]."}],
    ],
)
def test_what_a_model_thinks_is_no_answer_and_parts_are_one(said):
    with ChatServer(whole({"content": said})) as server:
        assert complete(chat(server), ASK).text == "It is 450 [1]."


def test_thinking_is_not_passed_on_as_it_comes():
    heard: list[str] = []
    with ChatServer(Reply(text="<think> maybe 900 </think>It is 450.")) as server:
        done = complete(chat(server), ASK, on_text=heard.append)

    assert done.text == "It is 450."
    assert "".join(heard) == "It is 450."


@pytest.mark.parametrize(
    ("message", "finish", "told"),
    [
        ({"content": None}, "stop", "sent no answer. "),
        ({"content": None, "reasoning_content": "so"}, "stop", "sent no answer. "),
        ({"content": ""}, "content_filter", "content_filter"),
        ({"content": None, "tool_calls": [{}]}, "tool_calls", "tool_calls"),
        ({"content": None, "refusal": "I cannot."}, "stop", "it declined: 'I cannot.'"),
        ({"content": "<think>and so on"}, "stop", "sent no answer. "),
    ],
)
def test_an_empty_answer_is_a_failed_model(message, finish, told):
    with (
        ChatServer(whole(message, finish)) as server,
        pytest.raises(ModelError) as failed,
    ):
        complete(chat(server), ASK)

    assert told in str(failed.value)


def refusal(said):
    return Reply(status=400, body=json.dumps({"error": {"message": said}}))


def test_what_an_endpoint_does_not_take_is_left_out_and_remembered():
    with ChatServer(
        refusal("'temperature' does not support 0 with this model."),
        refusal("System role not supported"),
        Reply(text="It is 450."),
    ) as server:
        model = chat(server)
        assert complete(model, ASK).text == "It is 450."
        assert complete(model, ASK).text == "It is 450."

    assert [len(each["messages"]) for each in server.requests] == [2, 2, 1, 1]
    assert ["temperature" in each for each in server.requests] == [
        True, False, False, False,
    ]  # fmt: skip
    assert server.requests[-1]["messages"] == [
        {"role": "user", "content": "Be brief.\n\n?"}
    ]


def test_a_refusal_is_told_in_the_words_of_the_server():
    with (
        ChatServer(refusal("Context length is\n512 tokens.")) as server,
        pytest.raises(ModelError, match=r"it says 'Context length is 512 tokens\.'"),
    ):
        complete(chat(server), ASK)


def test_a_tag_that_an_answer_tells_of_is_no_thinking():
    said = "Wrap it in `<thinking>` and `</thinking>` [1]."
    with ChatServer(whole({"content": said})) as server:
        assert complete(chat(server), ASK).text == said


def test_a_refusal_nested_without_end_and_one_of_other_words_are_told():
    with (
        ChatServer(Reply(status=400, body="[" * 15_000)) as server,
        pytest.raises(ModelError, match="refused the request"),
    ):
        complete(chat(server), ASK)
    with (
        ChatServer(refusal("upstream connect error in the system")) as server,
        pytest.raises(ModelError, match="upstream connect error"),
    ):
        complete(chat(server), ASK)


def test_an_answer_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr("erya.models.endpoint._MOST_BYTES", 2_000)
    for streamed in (True, False):
        endless = Reply(text="word " * 900, streamed=streamed)
        with (
            ChatServer(endless) as server,
            pytest.raises(ModelError, match="more than"),
        ):
            complete(chat(server), ASK)


def test_an_answer_that_is_packed_in_an_unknown_way_is_told():
    packed = Reply(body="x", headers={"Content-Encoding": "br"})
    with ChatServer(packed) as server, pytest.raises(ModelError, match="'br'"):
        complete(chat(server), ASK)


def test_a_number_of_many_digits_is_no_traceback():
    body = '{"choices": [], "usage": {"prompt_tokens": ' + "9" * 5_000 + "}}"
    wrong = Reply(body=body, headers={"Content-Type": "application/json"})
    with ChatServer(wrong) as server, pytest.raises(ModelError):
        complete(chat(server), ASK)
