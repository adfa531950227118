"""Tools over the bases of an assistant, as whoever calls them may read them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from erya.assistant import Assistant
from erya.filters import AllOf, Filter, Is, Under, parse_filter
from erya.records import Hit, Principal
from erya.stores import StoredDocument
from erya.tools.base import Tool, ToolContext, ToolError, ToolResultData
from erya.tools.functions import FunctionTool

__all__ = ["document_tools"]

_MOST_PASSAGES: Final = 20
_READ_AT_ONCE: Final = 8
_MOST_LISTED: Final = 100


def document_tools(assistant: Assistant) -> list[Tool]:
    """Return the tools that search, read and list documents."""
    tools = _DocumentTools(assistant)
    functions = (tools.search_documents, tools.read_document, tools.list_documents)
    return [FunctionTool.of(function, "read") for function in functions]


@dataclass(frozen=True, slots=True)
class _DocumentTools:
    assistant: Assistant

    def search_documents(
        self, context: ToolContext, query: str, *, limit: int = 5, where: str = ""
    ) -> ToolResultData:
        """Find the passages of the documents that are nearest to a query.

        Args:
            context: Of the call.
            query: What to look for, in words that the documents may use.
            limit: How many passages, 1 to 20.
            where: A filter such as `under=hr/ and type=pdf`; empty is everywhere.
        """
        evidence = self.assistant.search(
            query,
            principal=context.principal,
            limit=min(max(limit, 1), _MOST_PASSAGES),
            where=parse_filter(where) if where.strip() else None,
        )
        if not evidence.hits:
            return ToolResultData(text="No document says anything near to that.")
        return ToolResultData(text="Passages found:", passages=evidence.hits)

    def read_document(
        self, context: ToolContext, source: str, start: int = 1
    ) -> ToolResultData:
        """Read a document, eight passages at a time.

        Args:
            context: Of the call.
            source: Where it comes from, as search_documents and list_documents name it.
            start: The number of the first passage, from 1.

        Raises:
            ToolError: There is none, or no such passage.
        """
        base, stored = self._stored(source, context.principal)
        chunks = base.store.chunks(context.principal, stored.id)
        first = max(start, 1) - 1
        part = chunks[first : first + _READ_AT_ONCE]
        if not part:
            msg = f"{source} has {len(chunks)} passages; there is none from {start} on."
            raise ToolError(msg)
        named = base.name if self.assistant.beside else ""
        hits = tuple(
            Hit(chunk=replace(chunk, base=named), score=0.0, ranks={}) for chunk in part
        )
        last = first + len(part)
        text = f"Passages {first + 1} to {last} of {len(chunks)} of {source}:"
        return ToolResultData(text=text, passages=hits)

    def list_documents(self, context: ToolContext, under: str = "") -> str:
        """List the documents that can be read, by where they come from.

        Args:
            context: Of the call.
            under: Only those below this folder or address; empty is all.
        """
        where = Under((under,)) if under.strip() else None
        stored = list(islice(self._all(context.principal, where), _MOST_LISTED + 1))
        lines = [f"{each.source}\t{each.title}" for each in stored[:_MOST_LISTED]]
        if len(stored) > _MOST_LISTED:
            lines.append("(There are more; name a folder.)")
        return "\n".join(lines) or "There is no document."

    def _all(
        self, principal: Principal, where: Filter | None
    ) -> Iterator[StoredDocument]:
        for base in (self.assistant, *self.assistant.beside):
            parts = tuple(each for each in (base.where, where) if each is not None)
            yield from base.store.documents(
                principal, where=AllOf(parts) if parts else None
            )

    def _stored(
        self, source: str, principal: Principal
    ) -> tuple[Assistant, StoredDocument]:
        """Return a document and the assistant of its base.

        Raises:
            ToolError: There is none, or the caller may not read it.
        """
        for base in (self.assistant, *self.assistant.beside):
            parts = tuple(f for f in (base.where, Is("source", (source,))) if f)
            for stored in base.store.documents(principal, where=AllOf(parts)):
                return base, stored
        msg = f"There is no document {source!r:.200}. List them with list_documents."
        raise ToolError(msg)
