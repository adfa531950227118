"""Events of chat models, against a server on this machine."""

import json
import threading
import time

import httpx2
import pytest

from erya.config import Settings
from erya.errors import ModelError
from erya.models import (
    ChatRequest,
    Finished,
    ModelCatalogue,
    ModelEntry,
    ModelRegistry,
    OpenAICompatibleChat,
    ReasoningDelta,
    Sampling,
    TextDelta,
    TextRetracted,
    ToolSpec,
    complete,
)
from erya.models.connections import close_idle, give_back, take_connection
from erya.models.probing import probe_chat
from erya.models.replies import Speech, Spoken
from erya.models.text_tools import TextToolsChat
from erya.records import (
    ImagePart,
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    Usage,
)
from erya.testing import ChatServer, Reply, ScriptedChatModel

ASK = ChatRequest.of("Be brief.", "?")
TOOL = ToolSpec(
    name="leave_days",
    description="Days of leave.",
    parameters={"type": "object", "properties": {"person": {"type": "string"}}},
)
CALLING = ChatRequest(messages=ASK.messages, tools=(TOOL,))


def chat(server, *, seconds=10.0):
    return OpenAICompatibleChat(
        name="local", base_url=server.base_url, model="m", seconds=seconds
    )


def events_of(model, request=ASK):
    with model.stream(request) as events:
        return list(events)


def until(condition, *, seconds=5.0):
    """Wait for a condition; tell whether it came."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_the_cost_is_asked_for_and_not_known_where_nobody_says():
    with ChatServer(Reply(text="Yes."), Reply(text="Yes.", usage=False)) as server:
        known = complete(chat(server), ASK).usage
        unknown = complete(chat(server), ASK).usage

    assert server.requests[0]["stream_options"] == {"include_usage": True}
    assert known == Usage(model="local", input_tokens=7, output_tokens=1)
    assert unknown == Usage(model="local", input_tokens=None, output_tokens=None)


def test_an_endpoint_that_takes_no_stream_options_is_asked_without_them():
    refused = Reply(
        status=400, body=json.dumps({"error": {"message": "Unknown parameter: stream_options"}})
    )  # fmt: skip
    with ChatServer(refused, Reply(text="Yes.")) as server:
        assert complete(chat(server), ASK).text == "Yes."

    assert "stream_options" not in server.requests[-1]
    assert server.requests[-1]["stream"] is True


def test_a_schema_is_asked_for_as_llama_cpp_has_it_where_the_usual_way_is_refused():
    refused = Reply(
        status=422, body=json.dumps({"error": {"message": "response_format.type: Input should be 'text' or 'json_object'"}})
    )  # fmt: skip
    asked = ChatRequest(messages=ASK.messages, output_schema={"type": "object"})
    with ChatServer(refused, Reply(text="{}")) as server:
        assert complete(chat(server), asked).text == "{}"

    assert server.requests[-1]["response_format"] == {
        "type": "json_object", "schema": {"type": "object"},
    }  # fmt: skip


@pytest.mark.parametrize("streamed", [True, False])
def test_thinking_calls_and_text_are_told_apart(streamed):
    said = Reply(
        text="I will look.",
        reasoning="They want Ada.",
        calls=(("leave_days", '{"person": "Ada"}'), ("leave_days", "{}")),
        streamed=streamed,
    )
    with ChatServer(said) as server:
        done = complete(chat(server), CALLING)

    assert (done.text, done.reasoning) == ("I will look.", "They want Ada.")
    assert done.tool_calls == (
        ToolCall(id="c0", name="leave_days", arguments='{"person": "Ada"}'),
        ToolCall(id="c1", name="leave_days", arguments="{}"),
    )
    assert done.reason == "tools"
    assert server.requests[0]["tools"][0]["function"]["name"] == "leave_days"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", "stop"), ("content_filter", "filter"), ("eos", "unknown")],
)
def test_why_an_answer_ends_is_told(finish, reason):
    with ChatServer(Reply(text="So far", finish=finish)) as server:
        *_, end = events_of(chat(server))
        assert complete(chat(server), ASK).reason == reason

    assert isinstance(end, Finished)
    assert end.reason == reason


def test_an_answer_that_is_too_long_is_told_with_its_text_and_is_no_completion():
    with ChatServer(Reply(text="So far", finish="length")) as server:
        *said, end = events_of(chat(server))
        with pytest.raises(ModelError, match="its limit of tokens"):
            complete(chat(server), ASK)

    assert "".join(e.text for e in said if isinstance(e, TextDelta)) == "So far"
    assert isinstance(end, Finished)
    assert (end.reason, end.usage and end.usage.input_tokens) == ("length", 7)


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        (["<thin", "k>so</th", "ink>\n\nIt is ", "450."], [("reasoning", "so"), ("text", "It is 450.")]),
        (["  <think>never ends"], [("reasoning", "never ends")]),
        (["plain ", "text"], [("text", "plain text")]),
        (["<b>", "bold"], [("text", "<b>bold")]),
        (["so so\n</think>\n", "450."], [("text", "so so\n</think>\n450."), ("retracted", ""), ("text", "450.")]),
        (["<thin"], [("text", "<thin")]),
    ],
)  # fmt: skip
def test_thinking_in_tags_is_parted_as_it_comes(pieces, told):
    speech = Speech()
    came: list[Spoken] = []
    for piece in pieces:
        came += speech.add(piece)
    came += speech.end()

    joined: list[tuple[str, str]] = []
    for kind, text in came:
        if joined and joined[-1][0] == kind:
            joined[-1] = (kind, joined[-1][1] + text)
        else:
            joined.append((kind, text))
    assert joined == told
    assert speech.answer == next((t for k, t in reversed(told) if k == "text"), "")


def test_text_that_was_thinking_is_taken_back():
    said = Reply(text="maybe 900\n</think>\nIt is 450.")
    with ChatServer(said) as server:
        came = events_of(chat(server))
        done = complete(chat(server), ASK)

    at = next(i for i, e in enumerate(came) if isinstance(e, TextRetracted))
    assert came[at + 1] == TextDelta("It is 450.")
    assert done.text == "It is 450."
    assert "maybe 900" in done.reasoning


@pytest.mark.parametrize(
    "reply",
    [Reply(text="word " * 200, pause=0.05), Reply(text="late", delay=30)],
    ids=["within the answer", "before its first byte"],
)
def test_leaving_cancels_the_request_upstream_within_a_second(reply):
    with ChatServer(reply) as server:
        began = time.monotonic()
        with chat(server, seconds=60).stream(ASK) as events:
            if not reply.delay:
                next(events)
            assert until(lambda: server.requests)
        left = time.monotonic()

        assert until(lambda: server.left == 1, seconds=1.0)
    assert left - began < 5


def test_a_connection_is_used_again_and_a_cut_one_is_not():
    connections = set()

    class Counting(ChatServer):
        def _answer(self, handler, reply, request):
            connections.add(handler.client_address)
            if reply.delay:
                super()._answer(handler, reply, request)
                return
            handler.close_connection = False
            body = json.dumps(
                {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}
            ).encode()
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

    with Counting(Reply(), Reply(), Reply(delay=30), Reply()) as server:
        for _ in range(2):
            assert complete(chat(server), ASK).text == "Yes."
        assert len(connections) == 1
        with chat(server).stream(ASK):
            assert until(lambda: len(server.requests) == 3)
        assert complete(chat(server), ASK).text == "Yes."
        assert len(connections) == 2
        close_idle()


def test_a_request_is_sent_as_the_api_has_it():
    request = ChatRequest(
        messages=(
            Message.of("system", "Be brief."),
            Message(
                role="user",
                parts=(TextPart(text="What is it?"), ImagePart(media_type="image/png", data=b"x")),
            ),
            Message(role="assistant", parts=(ToolCall(id="1", name="look", arguments="{}"),)),
            Message(role="tool", parts=(ToolResult(call_id="1", text="a cat"),)),
        ),
        tools=(TOOL,),
        tool_choice="leave_days",
        output_schema={"type": "object"},
        sampling=Sampling(temperature=0.5, top_p=0.9, max_tokens=9, stop=("x",), seed=3, presence_penalty=1.0, frequency_penalty=-1.0),
    )  # fmt: skip
    with ChatServer(Reply(text="A cat.")) as server:
        complete(chat(server), request)

    sent = server.requests[0]
    assert [turn["role"] for turn in sent["messages"]] == [
        "system", "user", "assistant", "tool",
    ]  # fmt: skip
    assert sent["messages"][1]["content"][1]["image_url"]["url"] == (
        "data:image/png;base64,eA=="
    )
    assert sent["messages"][2]["tool_calls"][0]["function"]["name"] == "look"
    assert sent["messages"][3] == {"role": "tool", "tool_call_id": "1", "content": "a cat"}  # fmt: skip
    assert sent["tool_choice"]["function"] == {"name": "leave_days"}
    assert sent["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert {k: sent[k] for k in ("temperature", "top_p", "max_tokens", "stop", "seed", "presence_penalty", "frequency_penalty")} == {
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 9, "stop": ["x"], "seed": 3, "presence_penalty": 1.0, "frequency_penalty": -1.0,
    }  # fmt: skip


def test_a_limit_of_tokens_is_sent_by_its_later_name_where_the_first_is_refused():
    refused = Reply(
        status=400, body=json.dumps({"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}})
    )  # fmt: skip
    limited = ChatRequest(messages=ASK.messages, sampling=Sampling(max_tokens=9))
    with ChatServer(refused, Reply(text="Yes.")) as server:
        complete(chat(server), limited)

    assert server.requests[-1]["max_completion_tokens"] == 9
    assert "max_tokens" not in server.requests[-1]


@pytest.mark.parametrize(
    ("said", "text", "calls"),
    [
        ('<call>{"name": "leave_days", "arguments": {"person": "Ada"}}</call>', "", [("leave_days", '{"person": "Ada"}')]),
        ('I look. <call>{"name": "a"}</call>\n<call>{"name": "b", "arguments": {}}</call>', "I look.", [("a", "{}"), ("b", "{}")]),
        ("25 days, as 3 < 4.", "25 days, as 3 < 4.", []),
        ("<call>{no json}</call>", "<call>{no json}</call>", []),
        ("<call> never ends", "<call> never ends", []),
    ],
)  # fmt: skip
def test_calls_in_words_are_calls(said, text, calls):
    done = complete(TextToolsChat(ScriptedChatModel([said])), CALLING)

    assert done.text.strip() == text
    assert [(call.name, call.arguments) for call in done.tool_calls] == calls
    assert done.reason == ("tools" if calls else "stop")


def test_tools_and_their_results_are_put_in_words():
    inner = ScriptedChatModel(["25 days."])
    request = ChatRequest(
        messages=(
            Message.of("system", "Be brief."),
            Message.of("user", "How many?"),
            Message(role="assistant", parts=(ToolCall(id="1", name="leave_days", arguments="{}"),)),
            Message(role="tool", parts=(ToolResult(call_id="1", text="25"),)),
        ),
        tools=(TOOL,),
        tool_choice="required",
    )  # fmt: skip
    complete(TextToolsChat(inner), request)

    (asked,) = inner.requests
    assert not asked.tools
    assert [m.role for m in asked.messages] == ["system", "user", "assistant", "user"]
    assert "Be brief." in asked.messages[0].text
    assert '"name": "leave_days"' in asked.messages[0].text
    assert "at least one now" in asked.messages[0].text
    assert asked.messages[2].text.startswith('<call>{"name": "leave_days"')
    assert "returned:\n25" in asked.messages[3].text


def test_models_are_loaded_once_and_shared_between_threads(tmp_path):
    catalogue = ModelCatalogue(tmp_path)
    catalogue.add(ModelEntry(name="a", base_url="http://127.0.0.1:9/v1", model="m"))
    found: list[tuple[object, ...]] = []

    def look():
        registry = ModelRegistry(Settings(home=tmp_path))
        models = registry.chat("a"), registry.embedding("auto"), registry.reader()
        found.append(models)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, *others = found
    for other in others:
        assert all(a is b for a, b in zip(first, other, strict=True))


def test_a_model_that_was_found_without_tools_is_asked_in_words(tmp_path):
    catalogue = ModelCatalogue(tmp_path)
    entry = ModelEntry(
        name="a", base_url="http://127.0.0.1:9/v1", model="m", capabilities={"tools": False}
    )  # fmt: skip
    catalogue.add(entry)
    registry = ModelRegistry(Settings(home=tmp_path))

    assert isinstance(registry.chat("a"), TextToolsChat)
    assert isinstance(registry.chat("a", as_tested=False), OpenAICompatibleChat)
    assert catalogue.get("a") == entry


def test_a_scripted_model_counts_who_left_early():
    model = ScriptedChatModel(["one two three", "four"])
    with model.stream(ASK) as events:
        next(events)
    list(events_of(model))

    assert model.cancelled == 1


def test_thoughts_are_pieces_of_their_own():
    with ChatServer(Reply(text="Yes.", reasoning="Hm.")) as server:
        came = events_of(chat(server))

    assert came[0] == ReasoningDelta("Hm.")


class KeepingServer(ChatServer):
    """Streams as servers do: in chunks, on a connection that stays open."""

    def __init__(self, *replies):
        super().__init__(*replies)
        self.connections = set()

    def _answer(self, handler, reply, request):
        self.connections.add(handler.client_address)
        handler.close_connection = False
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        delta = {"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}
        for event in (json.dumps(delta), "[DONE]"):
            data = f"data: {event}\n\n".encode()
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        handler.wfile.write(b"0\r\n\r\n")


def test_a_stream_that_was_read_to_its_end_leaves_its_connection_open():
    with KeepingServer(Reply()) as server:
        for _ in range(5):
            assert complete(chat(server), ASK).text == "Yes."
        close_idle()

    assert len(server.connections) == 1


def test_who_comes_late_cuts_no_request_of_another():
    ended = take_connection("key", httpx2.Client)
    give_back("key", ended)
    other = take_connection("key", httpx2.Client)
    ended.cut()

    before = other.is_cut
    other.cut()
    assert (before, other.is_cut) == (False, True)
    assert other.release() is None
    other.client.close()


def test_calls_without_a_number_are_told_apart_by_their_ids():
    def piece(id_, arguments, name=""):
        call = {"id": id_, "function": {"name": name, "arguments": arguments}}
        return {"choices": [{"delta": {"tool_calls": [call]}}]}

    told = [
        piece("c1", '{"a":', "f"), piece("", "1}"), piece("c2", '{"b":2}', "g"),
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    ]  # fmt: skip
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in told)
    headers = {"Content-Type": "text/event-stream"}
    with ChatServer(Reply(body=body, headers=headers)) as server:
        *calls, _ = events_of(chat(server), CALLING)

    assert calls == [
        ToolCall(id="c1", name="f", arguments='{"a":1}'),
        ToolCall(id="c2", name="g", arguments='{"b":2}'),
    ]


def test_a_sign_in_two_halves_is_one_as_it_comes():
    told = [
        {"choices": [{"delta": {"content": "So \ud83d"}}]},
        {"choices": [{"delta": {"content": "\ude00. \ud83d"}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
    ]
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in told)
    headers = {"Content-Type": "text/event-stream"}
    with ChatServer(Reply(body=body, headers=headers)) as server:
        texts = [e.text for e in events_of(chat(server)) if isinstance(e, TextDelta)]

    assert "".join(texts) == "So \N{GRINNING FACE}. \N{REPLACEMENT CHARACTER}"


def test_a_turn_has_the_time_that_is_left():
    asked = ChatRequest(messages=ASK.messages, seconds=0.2)
    began = time.monotonic()
    with ChatServer(Reply(delay=30)) as server:
        with pytest.raises(ModelError, match=r"within 0\.2 s"):
            complete(chat(server), asked)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(("status", "tools"), [(401, None), (400, False)])
def test_what_fails_for_another_reason_is_not_taken_for_what_cannot_be(status, tools):
    ready = Reply(text="ready")
    replies = (ready, Reply(text="1, 2, 3"), Reply(text="{}"))
    refusal = Reply(status=status, body="{}")
    with ChatServer(*replies, refusal, Reply(body="{}")) as server:
        found = {each.name: each.works for each in probe_chat(chat(server))}

    assert found["tools"] is tools
    assert found["stream"] is True


def test_who_has_left_is_not_asked_for_again_after_a_pause():
    busy = Reply(status=503, headers={"Retry-After": "20"}, body="{}")
    with ChatServer(busy) as server:
        before = set(threading.enumerate())
        with chat(server, seconds=60).stream(ASK):
            assert until(lambda: len(server.requests) == 1)
            (asking,) = (
                each for each in set(threading.enumerate()) - before
                if each.name.endswith("(_exchange)")
            )  # fmt: skip
        asking.join(5)

        assert not asking.is_alive()
        assert len(server.requests) == 1


def test_connections_that_nobody_uses_are_closed(monkeypatch):
    close_idle()
    monkeypatch.setattr("erya.models.connections.IDLE_SECONDS", -1.0)
    connection = take_connection("idle", httpx2.Client)
    give_back("idle", connection)
    other = take_connection("idle", httpx2.Client)

    assert connection.client.is_closed
    assert other.client is not connection.client
    other.client.close()
