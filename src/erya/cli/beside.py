"""What `erya kb reembed` and `erya kb rechunk` share."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erya.cli.common import echo, principal_for
from erya.config import AUTO_CHUNKER, AUTO_MODEL

if TYPE_CHECKING:
    from erya.config import Settings
    from erya.stores import Store

__all__ = ["compare_with_copy"]


def compare_with_copy(
    settings: "Settings",
    name: str,
    change: Callable[["Store"], None],
    *,
    questions: Path,
    as_json: bool,
) -> dict[str, Any]:
    """Ask a base as it is, and a copy of it that was changed; show what differs.

    Args:
        settings: Where the base is, and how it is asked; its own model and chunker are
            taken.
        name: The base.
        change: Changes the copy.
        questions: What is asked.
        as_json: Return the comparison alone.

    Raises:
        NotFoundError: There is no such base.
        UsageError: The questions cannot be read.
    """
    from erya.cli.measured import comparison_json, show_comparison  # noqa: PLC0415
    from erya.cli.measuring import measure_base  # noqa: PLC0415
    from erya.evaluating import RETRIEVAL_METRICS, compare  # noqa: PLC0415
    from erya.evaluating.scratch import scratch_home  # noqa: PLC0415
    from erya.stores import Bases  # noqa: PLC0415

    principal = principal_for(settings, None)
    own = replace(settings, kb=name, embedding_model=AUTO_MODEL, chunker=AUTO_CHUNKER)
    with scratch_home() as home:
        Bases(settings.home).copy(principal, name, home)
        copies = Bases(home)
        copied = copies.open(name)
        try:
            change(copied)
        finally:
            copied.close()
        runs = [
            measure_base(
                own,
                questions,
                principal=principal,
                metrics=RETRIEVAL_METRICS,
                bases=bases,
            ).run
            for bases in (None, copies)
        ]
    compared = compare(*runs, metrics=RETRIEVAL_METRICS)
    if not as_json:
        show_comparison(compared)
        echo("")
    return comparison_json(compared)
