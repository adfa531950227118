"""The request of a run that was cut off."""

from collections.abc import Mapping, Sequence
from typing import Any

from erya.errors import UsageError
from erya.records import Principal
from erya.sources import IngestRequest, TargetOptions, specs_of_targets
from erya.stores import Store

__all__ = ["unfinished_request"]


def unfinished_request(
    store: Store, *, over: Sequence[IngestRequest] = ()
) -> IngestRequest:
    """Return the request of the last run of ingesting that did not end.

    Args:
        store: The base that it was to fill.
        over: What the list of jobs knows; of these it tells what became of them.

    Raises:
        StoreError: The base is damaged.
        UsageError: Every run has ended, or the last read what is read once.
    """
    jobs = store.status(Principal.system()).jobs
    cut_off = (_request_of(job.arguments) for job in jobs if job.state == "running")
    request = next(cut_off, None)
    if request is None or request in over:
        msg = "No run was cut off. Name the paths to read: erya ingest PATH..."
        raise UsageError(msg)
    if any(each.kind == "stream" for each in request.sources):
        msg = "The run that was cut off read standard input: send that again."
        raise UsageError(msg)
    return request


def _request_of(arguments: Mapping[str, Any]) -> IngestRequest:
    if arguments.get("request"):
        return IngestRequest.from_json(arguments["request"])
    return _request_of_0_1(arguments)


def _request_of_0_1(arguments: Mapping[str, Any]) -> IngestRequest:
    """Read the words of a command line, as release 0.1 noted them.

    Raises:
        UsageError: They are others.
    """
    words = dict(arguments.get("asked") or {})
    targets = words.pop("targets", arguments.get("roots", ()))
    readers = arguments.get("readers")
    try:
        options = TargetOptions(**words)
    except TypeError as error:
        msg = (
            f"What the run that was cut off was asked for cannot be read: {error}. "
            "Name the paths to read: erya ingest PATH..."
        )
        raise UsageError(msg) from None
    return IngestRequest(
        sources=specs_of_targets(targets, options),
        readers=None if readers is None else frozenset(readers),
        force=bool(arguments.get("force")),
    )
