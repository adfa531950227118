import json

import pytest

from erya.config import Settings
from erya.evaluating import CachedChat
from erya.models import (
    Finished,
    ModelRegistry,
    OpenAICompatibleChat,
    OpenAICompatibleEmbedding,
    RerankEndpoint,
)
from erya.models.text_tools import TextToolsChat
from erya.records import ToolCall
from erya.testing import (
    ChatContract,
    ChatServer,
    EmbeddingContract,
    HashingEmbedding,
    OverlapReranking,
    Reply,
    RerankContract,
    ScriptedChatModel,
)

SAID = "One, two, three and on " * 8


def reached(server):
    return OpenAICompatibleChat(name="local", base_url=server.base_url, model="m")


CALL = ToolCall(id="c1", name="leave_days", arguments='{"person": "Ada"}')


def scripted_call():
    return ScriptedChatModel([[CALL, Finished(reason="tools", usage=None)]])


class TestScriptedChat(ChatContract):
    @pytest.fixture
    def model(self):
        return ScriptedChatModel([SAID] * 4)

    @pytest.fixture
    def calling_model(self):
        return scripted_call()


class TestOpenAICompatibleChat(ChatContract):
    @pytest.fixture
    def model(self):
        with ChatServer(Reply(text=SAID, pause=0.01)) as server:
            yield reached(server)

    @pytest.fixture
    def calling_model(self):
        with ChatServer(Reply(calls=((CALL.name, CALL.arguments),))) as server:
            yield reached(server)


class TestChatInOnePiece(ChatContract):
    @pytest.fixture
    def model(self):
        with ChatServer(Reply(text=SAID, streamed=False, usage=False)) as server:
            yield reached(server)

    @pytest.fixture
    def calling_model(self):
        calls = ((CALL.name, CALL.arguments),)
        with ChatServer(Reply(calls=calls, streamed=False)) as server:
            yield reached(server)


class TestCachedChat(ChatContract):
    @pytest.fixture
    def model(self, tmp_path):
        scripted = ScriptedChatModel([SAID] * 9)
        return CachedChat(scripted, identity="m", file=tmp_path / "calls.sqlite3")

    @pytest.fixture
    def calling_model(self, tmp_path):
        file = tmp_path / "calls.sqlite3"
        return CachedChat(scripted_call(), identity="m", file=file)


class TestChatWithToolsInWords(ChatContract):
    @pytest.fixture
    def model(self):
        return TextToolsChat(ScriptedChatModel([SAID] * 4))

    @pytest.fixture
    def calling_model(self):
        said = f'<call>{{"name": "{CALL.name}", "arguments": {CALL.arguments}}}</call>'
        return TextToolsChat(ScriptedChatModel([said]))


class TestHashingEmbedding(EmbeddingContract):
    @pytest.fixture
    def model(self):
        return HashingEmbedding()


class TestOfflineEmbedding(EmbeddingContract):
    @pytest.fixture
    def model(self):
        return ModelRegistry(Settings()).embedding("auto")


class EmbeddingServer(ChatServer):
    """Embeds by the hashes of words."""

    def _next(self, request):
        self.requests.append(request)
        vectors = HashingEmbedding().embed_passages(request["input"]).vectors
        rows = [
            {"index": at, "embedding": row.tolist()} for at, row in enumerate(vectors)
        ]
        return Reply(body=json.dumps({"data": rows}))


class TestReachedEmbedding(EmbeddingContract):
    @pytest.fixture
    def model(self):
        with EmbeddingServer() as server:
            yield OpenAICompatibleEmbedding(
                name="far", base_url=server.base_url, model="m"
            )


class TestOverlapReranking(RerankContract):
    @pytest.fixture
    def model(self):
        return OverlapReranking()


class TestReachedReranking(RerankContract):
    @pytest.fixture
    def model(self):
        with ChatServer(Reply()) as server:
            yield RerankEndpoint(name="far", base_url=server.base_url, model="m")
