"""What a run would do, without doing it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from erya.indexing.ingestion import PipelineVersion, Stored, is_unchanged
from erya.records import Item, Problem, Unchanged, is_under

__all__ = ["Plan", "plan_of_new_base", "planned"]


@dataclass(slots=True)
class Plan:
    """What a run would do.

    Attributes:
        added: Files that would be read for the first time.
        updated: Files that would be read again, or be given other readers.
        unchanged: How many would be left as they are.
        removed: Documents that would go, as their files are gone.
        problems: What would be passed over, or cannot be read.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def planned(
    offered: Iterable[Item | Problem | Unchanged],
    stored: Stored,
    *,
    recipe: PipelineVersion,
    force: bool,
    readers: frozenset[str] | None = None,
    roots: Callable[[], Sequence[str]],
) -> Plan:
    """Compare what a source offers with what a base holds.

    Args:
        offered: What the source offers; it is read to its end.
        stored: What the base holds.
        recipe: How files would be read.
        force: Whether unchanged files would be read again.
        readers: Who would be allowed to read what is offered; None keeps those who are.
        roots: Returns, at the end, the roots that were seen completely.
    """
    plan = Plan()
    documents = {document.source: document for document in stored.documents}
    items = {item.source: item for item in stored.items}
    seen: list[str] = []
    removed: set[str] = set()
    for item in offered:
        if isinstance(item, Problem):
            plan.problems.append(item)
            if item.gone:
                removed.add(item.source)
            if item.failed:  # what was stored of it stays
                seen.append(item.source)
            continue
        seen.append(item.source)
        noted, old = items.get(item.source), documents.get(item.source)
        relabelled = old is not None and readers not in {None, old.readers}
        if isinstance(item, Unchanged):
            if relabelled:
                plan.updated.append(item.source)
            plan.unchanged += not relabelled
            continue
        if noted is None and old is None:
            plan.added.append(item.source)
            continue
        same = is_unchanged(item, noted=noted, stored=old, version=recipe)
        if same and not force and not relabelled:
            plan.unchanged += 1
        else:
            plan.updated.append(item.source)
    whole = roots()
    offers = set(seen)
    plan.removed = sorted(
        source
        for source in documents
        if source in removed
        or (
            any(is_under(source, root) for root in whole)
            and not _is_offered(source, offers)
        )
    )
    return plan


def _is_offered(source: str, offered: set[str]) -> bool:
    """Tell whether a file, or one that it is inside of, is offered."""
    while source:
        if source in offered:
            return True
        source = source.rpartition("/")[0]
    return False


def plan_of_new_base(offered: Iterable[Item | Problem | Unchanged]) -> Plan:
    """Return what a run into a base would do that is not there yet."""
    nothing = Stored((), ())
    return planned(
        offered,
        nothing,
        recipe=PipelineVersion(""),
        force=False,
        roots=lambda: (),
    )
