"""What a person who watches sees of work that takes time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from erya.cli.common import interactive, visible
from erya.records import Principal

if TYPE_CHECKING:
    from erya.assistant import Assistant
    from erya.indexing import IngestReport

__all__ = ["draft_shown", "existing", "ingest_with_progress"]


def ingest_with_progress(
    assistant: "Assistant",
    paths: Sequence[str | Path],
    *,
    principal: Principal,
    readers: frozenset[str] | None,
    force: bool = False,
    gone: bool = False,
    quiet: bool = False,
) -> "IngestReport":
    """Ingest `paths`; show count, rate and time left on a terminal.

    Args:
        assistant: Whose base to fill.
        paths: Files and folders.
        principal: Who ingests.
        readers: Who may read the documents; None as before, or the principal alone.
        force: Read unchanged files again.
        gone: Whether paths may be missing; their documents are then removed.
        quiet: Take the bar away at the end.

    Raises:
        UsageError: A path does not exist.
        StoreError: The base cannot be written.
    """
    from erya.loading import FolderSource  # noqa: PLC0415 - not for `--help`

    source = FolderSource(paths, file_bytes=assistant.limits.file_bytes, gone=gone)
    if not interactive():
        return assistant.ingest(
            source, principal=principal, readers=readers, force=force
        )
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True, text_format=""),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=quiet,
    ) as progress:
        task = progress.add_task("Reading", total=source.count(), rate="")

        def show(report: "IngestReport") -> None:
            done = report.added + report.updated + report.unchanged + len(report.failed)
            speed = progress.tasks[0].speed
            rate = f"{speed:,.0f} files/s" if speed else ""
            progress.update(task, completed=done, rate=rate)

        report = assistant.ingest(
            source, principal=principal, readers=readers, force=force, on_progress=show
        )
        progress.update(task, completed=progress.tasks[0].total)
    return report


def existing(paths: Sequence[str | Path]) -> None:
    """Check that every path is there, before a base is made for it.

    Raises:
        UsageError: One is not, or is empty.
    """
    from erya.loading import FolderSource  # noqa: PLC0415

    FolderSource(paths, file_bytes=1)


@contextmanager
def draft_shown(*, wanted: bool) -> Iterator[Callable[[str], None] | None]:
    """Show a model's text on a terminal as it is written, then take it away.

    What stays on the screen is the checked answer only.
    """
    if not (wanted and interactive()):
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    written = Text("…", style="dim")
    with Live(written, console=Console(stderr=True), transient=True) as live:

        def show(piece: str) -> None:
            written.append(visible(piece))
            live.refresh()

        yield show
