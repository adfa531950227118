"""Models by their names; each is loaded once per process, and shared."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar, cast

from erya.config import AUTO_MODEL, Settings, secret
from erya.errors import UsageError
from erya.models.base import EmbeddingModel, ReaderModel, RerankModel
from erya.models.catalogue import ModelCatalogue, ModelEntry
from erya.models.local_embedding import CARD
from erya.models.offline import OFFLINE_MODEL, open_local, open_reader
from erya.models.openai_compatible import OpenAICompatibleChat
from erya.models.openai_compatible_embedding import OpenAICompatibleEmbedding
from erya.models.requests import ChatModel
from erya.models.rerank_endpoint import RerankEndpoint
from erya.models.text_tools import TextToolsChat

__all__ = ["ModelRegistry"]

_Model = TypeVar("_Model")
_LOADED: Final[dict[Hashable, tuple[Hashable, Any]]] = {}
_LOADING: Final = threading.Lock()


class ModelRegistry:
    """The models that a home folder knows, and those that travel with Erya."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings of this machine; nothing is loaded yet.

        Args:
            settings: Where models are noted, how long they may take, through which
                proxies they are reached, and how many threads a local one may use.
        """
        self._settings = settings

    def chat(self, name: str, *, as_tested: bool = True) -> ChatModel:
        """Return the chat model called `name`.

        One that was tested and cannot call tools is asked for calls in words.

        Args:
            name: What the user calls it.
            as_tested: Whether the results of its test count.

        Raises:
            NotFoundError: It was never added.
            UsageError: The variable that holds its key is not set.
        """
        entry = ModelCatalogue(self._settings.home).get(name)
        model: ChatModel = _share(
            OpenAICompatibleChat(
                name=entry.name,
                base_url=entry.base_url,
                model=entry.model,
                api_key=_key_of(entry),
                seconds=self._settings.chat_seconds,
                proxy=self._settings.chat_proxy,
            )
        )
        if as_tested and entry.capabilities.get("tools") is False:
            return TextToolsChat(model)
        return model

    def embedding(self, name: str) -> EmbeddingModel:
        """Return the embedding model called `name`; `auto` is the offline one.

        Raises:
            NotFoundError: It was never added.
            UsageError: The variable that holds its key is not set.
        """
        settings = self._settings
        name = OFFLINE_MODEL if name == AUTO_MODEL else name
        catalogue = ModelCatalogue(settings.home, kind="embedding")
        entry = next((each for each in catalogue.all() if each.name == name), None)
        if entry is None:
            return self._local_embedding(name)
        return _share(
            OpenAICompatibleEmbedding(
                name=entry.name,
                base_url=entry.base_url,
                model=entry.model,
                api_key=_key_of(entry),
                query_prefix=entry.query_prefix,
                passage_prefix=entry.passage_prefix,
                seconds=settings.embedding_seconds,
                proxy=settings.embedding_proxy,
            )
        )

    def _local_embedding(self, name: str) -> EmbeddingModel:
        threads = self._settings.workers
        model = open_local(self._settings.home, name, threads=threads)
        # A model that was added anew under the same name is another one.
        version = (model.folder / CARD).stat().st_mtime_ns
        return _once((model.folder, threads), lambda: model, version=version)

    def rerank(self, name: str) -> RerankModel:
        """Return the rerank model called `name`.

        Raises:
            NotFoundError: It was never added.
            UsageError: The variable that holds its key is not set.
        """
        entry = ModelCatalogue(self._settings.home, kind="rerank").get(name)
        return _share(
            RerankEndpoint(
                name=entry.name,
                base_url=entry.base_url,
                model=entry.model,
                api_key=_key_of(entry),
                seconds=self._settings.rerank_seconds,
                proxy=self._settings.rerank_proxy,
            )
        )

    def reader(self) -> ReaderModel:
        """Return the reader that travels with Erya.

        Raises:
            NotFoundError: It is not in this installation.
        """
        threads = self._settings.workers
        return _once(("reader", threads), lambda: open_reader(threads=threads))


def _share(model: _Model) -> _Model:
    """Return the model of this process that is equal to `model`."""
    return _once(cast("Hashable", model), lambda: model)


def _once(
    key: Hashable, load: Callable[[], _Model], *, version: Hashable = None
) -> _Model:
    """Return what was loaded under `key`, unless it is of another version."""
    with _LOADING:
        if key not in _LOADED or _LOADED[key][0] != version:
            _LOADED[key] = (version, load())
        return cast("_Model", _LOADED[key][1])


def _key_of(entry: ModelEntry) -> str:
    """Return the key of a model.

    Raises:
        UsageError: The variable that holds it is not set.
    """
    key = secret(entry.api_key_env) if entry.api_key_env else ""
    if key is None:
        msg = (
            f"The key of the model {entry.name!r} is read from the variable "
            f"{entry.api_key_env}, which is not set. "
            f"Set it with: export {entry.api_key_env}=…"
        )
        raise UsageError(msg)
    return key
