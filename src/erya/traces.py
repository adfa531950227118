"""A span for each step, off until configured.

Spans follow OpenTelemetry and its GenAI names, and carry sizes, counts and times, never
the text of a document, a question or an answer. Until `configure` is called nothing is
recorded and no library is loaded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from erya.extras import require

__all__ = ["configure", "span", "trace_id"]

_FEATURE = "Writing traces"
_tracer: Any = None


def configure(file: Path) -> None:
    """Append each finished span to `file`, one JSON object a line.

    Raises:
        MissingExtraError: The extra `traces` is not installed.
        OSError: The file cannot be written.
    """
    global _tracer  # noqa: PLW0603 - a process has one trace provider, as in OpenTelemetry
    sdk = require("opentelemetry.sdk.trace", feature=_FEATURE, extra="traces")
    export = require("opentelemetry.sdk.trace.export", feature=_FEATURE, extra="traces")
    file.parent.mkdir(parents=True, exist_ok=True)
    exporter = export.ConsoleSpanExporter(
        out=file.open("a", encoding="utf-8"),
        formatter=lambda finished: finished.to_json(indent=None) + "\n",
    )
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    _tracer = provider.get_tracer("erya")


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[dict[str, Any]]:
    """Record the block as a span; put what is only known at its end into the dict."""
    late: dict[str, Any] = {}
    if _tracer is None:
        yield late
        return
    with _tracer.start_as_current_span(name, attributes=attributes) as current:
        yield late
        current.set_attributes(late)


def trace_id() -> str:
    """Return the id of the trace that is being recorded; empty while traces are off."""
    if _tracer is None:
        return ""
    api = require("opentelemetry.trace", feature=_FEATURE, extra="traces")
    context = api.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""
