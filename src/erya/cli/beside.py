"""What `erya kb reembed` and `erya kb rechunk` share."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from erya.cli.common import echo
from erya.cli.measured import show_comparison, watching
from erya.cli.principals import principal_for
from erya.config import AUTO_CHUNKER, AUTO_MODEL, Settings
from erya.evaluating import (
    RETRIEVAL_METRICS,
    Data,
    Experiment,
    RunOptions,
    Scorers,
    System,
    compare,
    run_experiment,
)
from erya.evaluating.scratch import scratch_home
from erya.opening import bases_of
from erya.shapes import comparison_shape
from erya.stores import Bases, Store

__all__ = ["compare_with_copy"]


def compare_with_copy(
    settings: Settings,
    name: str,
    change: Callable[[Store], None],
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
    principal = principal_for(settings, None)
    own = replace(settings, kb=name, embedding_model=AUTO_MODEL, chunker=AUTO_CHUNKER)
    with scratch_home() as home:
        bases_of(settings).copy(principal, name, home)
        copies = Bases(home)
        copied = copies.open(name)
        try:
            change(copied)
        finally:
            copied.close()
        with watching(resumes=False) as watcher:
            runs = [
                run_experiment(
                    Experiment(
                        kind="retrieval-base",
                        data=Data(path=questions),
                        system=System(settings=own, kb=name, bases=bases),
                        scorers=Scorers(metrics=tuple(RETRIEVAL_METRICS)),
                    ),
                    RunOptions(watcher=watcher),
                )
                for bases in (None, copies)
            ]
    compared = compare(*runs, metrics=RETRIEVAL_METRICS)
    if not as_json:
        show_comparison(compared)
        echo("")
    return comparison_shape(compared)
