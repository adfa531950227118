"""For those who extend Erya: contract suites, one per protocol, and fakes of models.

A suite is a class of tests. Inherit from it in a test module, give the fixture that it
asks for, and pytest runs it against your implementation:

    class TestMyStore(StoreContract):
        @pytest.fixture
        def make_store(self, tmp_path):
            return lambda: MyStore(tmp_path / secrets.token_hex(4))
"""

from erya.testing.answering_contracts import AnswererContract, RetrieverContract
from erya.testing.chat_contract import ChatContract
from erya.testing.chat_server import ChatServer, Reply
from erya.testing.chunker_contract import ChunkerContract
from erya.testing.documents import chunked, document
from erya.testing.format_contract import FormatContract
from erya.testing.index_contracts import KeywordIndexContract, VectorIndexContract
from erya.testing.model_contracts import EmbeddingContract, RerankContract
from erya.testing.models import HashingEmbedding, OverlapReranking, ScriptedChatModel
from erya.testing.source_contract import SourceContract
from erya.testing.store_contract import StoreContract

__all__ = [
    "AnswererContract",
    "ChatContract",
    "ChatServer",
    "ChunkerContract",
    "EmbeddingContract",
    "FormatContract",
    "HashingEmbedding",
    "KeywordIndexContract",
    "OverlapReranking",
    "Reply",
    "RerankContract",
    "RetrieverContract",
    "ScriptedChatModel",
    "SourceContract",
    "StoreContract",
    "VectorIndexContract",
    "chunked",
    "document",
]
