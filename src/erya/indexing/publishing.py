"""Gather what a run changes, and store it under the writer's lock for a moment only.

Reading, cutting and embedding take long and need nobody's leave; while they go on,
others may write. What has gathered is stored in one commit, as a single writer would.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from typing_extensions import override

from erya.errors import UsageError
from erya.language import WrittenTerms
from erya.records import Chunk, Document, Fingerprint, Principal
from erya.stores import DocumentWriter, Embedding, Store, StoredItem, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WAIT_SECONDS", "BaseRules", "Publisher", "base_rules", "check_rules"]

WAIT_SECONDS: Final = 600.0  # for somebody else's commits; each takes a moment


class BaseRules(NamedTuple):
    """What everything in a base has to be read, cut and masked by.

    Attributes:
        profile: What the base keeps of settings.
        chunker: The recipe of the chunker that searches were switched to; empty where
            they were not.
    """

    profile: Mapping[str, Any]
    chunker: str


def base_rules(store: Store) -> BaseRules:
    """Return the rules of a base as they are now."""
    profile = store.profile(Principal.system())
    kept = {name: value for name, value in profile.items() if name != "sources"}
    return BaseRules(kept, store.chunker(Principal.system()))


def check_rules(store: Store, rules: BaseRules) -> None:
    """Refuse to go on where the rules of a base are others by now.

    Raises:
        UsageError: They are.
    """
    if base_rules(store) != rules:
        msg = (
            "How the base is read, cut or masked was changed since it was opened, so "
            "nothing more was stored. Open it again: run the same command again."
        )
        raise UsageError(msg)


class Publisher(DocumentWriter):
    """Gathers changes, and stores them in order when it commits."""

    def __init__(
        self,
        store: Store,
        principal: Principal,
        *,
        purpose: str,
        wait: float = WAIT_SECONDS,
        rules: BaseRules | None = None,
    ) -> None:
        """Gather nothing yet.

        Args:
            store: Where to store.
            principal: Who writes.
            purpose: What for, to tell others.
            wait: Seconds to wait for the lock at each commit.
            rules: What has to hold for the base all the time; None takes what holds
                now.
        """
        self._store = store
        self._principal = principal
        self._purpose = purpose
        self._wait = wait
        self._acts: list[Callable[[Writer], object]] = []
        self._fingerprint: Fingerprint | None = None
        self._rules = base_rules(store) if rules is None else rules

    @contextmanager
    def _writer(self) -> Iterator[Writer]:
        with self._store.writer(
            self._principal, purpose=self._purpose, wait=self._wait
        ) as writer:
            check_rules(self._store, self._rules)
            if self._fingerprint is not None:
                writer.use_embedder(self._fingerprint)
            yield writer

    @override
    def use_embedder(self, fingerprint: Fingerprint) -> None:
        """Name the model of all that follows; refused now if the base has another.

        Raises:
            OtherModelError: The base holds vectors of another model.
        """
        with self._writer() as writer:
            writer.use_embedder(fingerprint)
        self._fingerprint = fingerprint

    @override
    def put(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        original: bytes | None,
        recipe: str,
        embeddings: Sequence[Embedding] | None = None,
        terms: Sequence[WrittenTerms] | None = None,
    ) -> None:
        """Store a document with its chunks at the next commit."""
        self._acts.append(
            lambda writer: writer.put(
                document,
                chunks,
                original=original,
                recipe=recipe,
                embeddings=embeddings,
                terms=terms,
            )
        )

    @override
    def relabel(self, document_id: str, readers: frozenset[str]) -> None:
        """Give a document other readers at the next commit."""
        self._acts.append(lambda writer: writer.relabel(document_id, readers))

    @override
    def remove(self, document_id: str) -> None:
        """Remove a document at the next commit."""
        self._acts.append(lambda writer: writer.remove(document_id))

    @override
    def note(self, item: StoredItem) -> None:
        """Note what became of a file at the next commit."""
        self._acts.append(lambda writer: writer.note(item))

    @override
    def forget(self, source: str) -> None:
        """Drop what was noted of a file at the next commit."""
        self._acts.append(lambda writer: writer.forget(source))

    @override
    def embed(self, embeddings: Mapping[str, Embedding]) -> None:
        """Give chunks their vectors at the next commit."""
        self._acts.append(lambda writer: writer.embed(embeddings))

    @override
    def unembedded(self, *, limit: int) -> list[Chunk]:
        """Return chunks that have no vector as the base is now.

        Raises:
            BusyError: Somebody else kept the lock for the whole wait.
        """
        with self._writer() as writer:
            return writer.unembedded(limit=limit)

    @override
    def commit(self) -> None:
        """Store all that has gathered, in its order, in one commit.

        Raises:
            BusyError: Somebody else kept the lock for the whole wait.
            StoreError: Nothing of it was stored; what was committed before still is.
        """
        acts, self._acts = self._acts, []
        if not acts:
            return
        with self._writer() as writer:
            for act in acts:
                act(writer)

    def begin_job(self, kind: str, arguments: Mapping[str, Any]) -> int:
        """Note in the base that a run begins, and return its number.

        Raises:
            BusyError: Somebody else kept the lock for the whole wait.
            NotAllowedError: The principal may not write.
        """
        with self._writer() as writer:
            return writer.begin_job(kind, arguments)

    def end_job(
        self,
        number: int,
        *,
        state: Literal["done", "failed"],
        summary: Mapping[str, Any],
    ) -> None:
        """Note in the base that a run has ended.

        Raises:
            BusyError: Somebody else kept the lock for the whole wait.
        """
        with self._writer() as writer:
            writer.end_job(number, state=state, summary=summary)
