"""Keys and passwords stay where they were put."""

import pytest

from erya.addresses import cover_secrets
from erya.config import secret
from erya.errors import ModelError
from erya.models import ChatRequest, OpenAICompatibleChat, complete
from erya.records import Message
from erya.testing import ChatServer, Reply

_KEY = "sk-verysecret-4711"


def _ask(url, key):
    model = OpenAICompatibleChat(
        name="m", base_url=url, model="x", api_key=key, seconds=5.0
    )
    return complete(model, ChatRequest(messages=(Message.of("user", "?"),)))


@pytest.mark.parametrize("around", ["{}\n", " {}", "{}\r\n"])
def test_blanks_and_line_ends_around_a_key_are_left_out(monkeypatch, around):
    monkeypatch.setenv("A_KEY", around.format(_KEY))
    assert secret("A_KEY") == _KEY

    with ChatServer(Reply(text="Yes.")) as server:
        _ask(server.base_url, around.format(_KEY))
    assert server.keys == [f"Bearer {_KEY}"]


@pytest.mark.parametrize("key", [f"{_KEY}\nX-Other: 1", f"{_KEY} b", f"钥匙{_KEY}"])
def test_a_key_that_no_header_carries_is_refused_without_being_repeated(key):
    with pytest.raises(ModelError, match="no header carries") as error:
        _ask("http://127.0.0.1:9/v1", key)
    assert _KEY not in str(error.value) + error.value.reader_message


def test_what_a_server_says_of_a_key_reaches_no_reader_and_names_no_key():
    body = f'{{"error": {{"message": "Incorrect API key: {_KEY}"}}}}'
    refusal = Reply(status=401, body=body, headers={"Content-Type": "application/json"})
    with ChatServer(refusal) as server, pytest.raises(ModelError) as error:
        _ask(server.base_url, _KEY)
    assert "Incorrect API key: ***" in str(error.value)
    assert error.value.reader_message == "The chat model 'm' refused the key."


def test_an_error_for_readers_names_no_machine():
    with pytest.raises(ModelError, match="127") as error:
        _ask("http://127.0.0.1:9/v1", "")
    assert error.value.reader_message == "The chat model 'm' could not be reached."


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://ada:geheim@proxy.example:3128", "http://***@proxy.example:3128"),
        ("https://a.example/v1?api-key=1&b=2#c", "https://a.example/v1?api-key=***&b=***#c"),
        ("https://a.example/v1", "https://a.example/v1"),
        ("http://ada:a@b/c#d@proxy.example", "http://***@proxy.example"),
        ("ada:geheim@proxy.example:3128", "***@proxy.example:3128"),
        ("https://a.example/#access_token=abc", "https://a.example/#access_token=***"),
        ("no address? a=1", "no address? a=1"),
    ],
)  # fmt: skip
def test_passwords_and_values_of_queries_are_covered(address, shown):
    assert cover_secrets(address) == shown


def test_settings_and_lists_of_models_cover_them_too(erya, monkeypatch):
    erya(
        "models", "add", "chat", "m", "--base-url",
        f"https://a.example/v1?api-key={_KEY}", "--model", "x",
    )  # fmt: skip
    proxy = f"http://ada:{_KEY}@proxy.example:3128"
    monkeypatch.setenv("ERYA_CHAT_PROXY", proxy)
    for shown in (
        erya("models", "list"),
        erya("models", "list", "--json"),
        erya("config", "show"),
        erya("config", "show", "--json"),
    ):
        assert "***" in shown.out
        assert _KEY not in shown.out + shown.err


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401, body='{"error": "' + "x" * 185 + _KEY + '"}'),
        Reply(body='{"choices": [{"message": {"refusal": "' + _KEY + '"}}]}'),
        Reply(body='{"note": "' + "x" * 60 + _KEY + '"}'),
        Reply(body="x", headers={"Content-Encoding": _KEY}),
    ],
)
def test_no_part_of_a_key_that_a_server_repeats_is_shown(reply):
    with ChatServer(reply) as server, pytest.raises(ModelError) as error:
        _ask(server.base_url, _KEY)

    told = str(error.value) + error.value.reader_message
    assert _KEY[:8] not in told
