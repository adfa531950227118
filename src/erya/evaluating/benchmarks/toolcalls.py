"""Function calls: the right function with the right arguments, or none at all.

After BFCL (Patil and others, "The Berkeley Function Calling Leaderboard", 2025), whose
rules for values are followed, and ACEBench (Chen and others, 2025), of whose special
kinds only that no call is made is measured. The functions stand in the prompt.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from erya.answering import GroundedAnswerer
from erya.errors import UsageError
from erya.evaluating.benchmarks.base import Measure, Setup, Task
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.runs import Progress, SampleResult, tokens_of
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Message

__all__ = ["calls_in", "calls_match", "read_toolcalls"]

# What BFCL takes out of texts before it compares them.
_IGNORED = re.compile(r"[ ,./\-_*^]")


class Call(NamedTuple):
    """A function and its arguments."""

    name: str
    arguments: Mapping[str, Any]


class _Item(NamedTuple):
    key: str
    category: str
    functions: Sequence[Any]
    messages: Sequence[Message]
    expected: Sequence[Mapping[str, Mapping[str, Sequence[Any]]]]
    more: str = ""


def read_toolcalls(folder: Path, setup: Setup) -> Task:
    """Read all `*.jsonl` of a folder, of BFCL's or ACEBench's form.

    Raises:
        UsageError: There is none, a line is not what it should be, or there is no
            chat model.
    """
    if not isinstance(setup.answerer, GroundedAnswerer):
        msg = "This benchmark measures chat models; name one with --model."
        raise UsageError(msg)
    model = setup.answerer.model
    files = sorted(folder.glob("*.jsonl"))
    items = [item for path in files for item in _items(path)]
    if not items:
        msg = f"There is no function call to make in {folder}."
        raise UsageError(msg)

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:  # noqa: ARG001 - no base
        yield lambda item: _measure_item(model, item)

    return Task(files, [(item.key, item) for item in items], open_task)


def calls_in(text: str) -> list[Call] | None:
    """Return the calls in a reply; None if it is no list of calls."""
    start = text.find("[")
    if start < 0:
        return None
    try:
        rows, _ = json.JSONDecoder().raw_decode(text[start:])
        return [Call(str(each["name"]), dict(each["arguments"])) for each in rows]
    except (LookupError, RecursionError, TypeError, ValueError):
        return None


def calls_match(
    calls: Sequence[Call],
    expected: Sequence[Mapping[str, Mapping[str, Sequence[Any]]]],
    functions: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """Tell whether calls are those expected, in any order.

    Args:
        calls: What was called.
        expected: For each call its function, and for each argument the values that will
            do; an empty text among them says that it may be left out.
        functions: What could be called. Arguments that they require may not be left
            out, and where they want a whole number, 5.0 is none.
    """
    parameters = {
        each["name"]: each.get("parameters") or each.get("arguments") or {}
        for each in functions
    }
    if len(calls) != len(expected):
        return False
    left = list(calls)
    for each in expected:
        ((name, allowed),) = each.items()
        schema = parameters.get(name, {})
        match = next(
            (c for c in left if c.name == name and _fits(c, allowed, schema)), None
        )
        if match is None:
            return False
        left.remove(match)
    return True


def _fits(
    call: Call, allowed: Mapping[str, Sequence[Any]], schema: Mapping[str, Any]
) -> bool:
    arguments = call.arguments
    kinds = schema.get("properties") or {}
    if any(name not in arguments for name in schema.get("required") or ()):
        return False
    return all(
        name in allowed and _is_of_kind(value, kinds.get(name) or {})
        for name, value in arguments.items()
    ) and all(
        _is_one_of(arguments[name], values) if name in arguments else "" in values
        for name, values in allowed.items()
    )


def _is_of_kind(value: Any, kind: Mapping[str, Any]) -> bool:
    """Tell whether a number is whole where a whole one is due, in lists, too."""
    if kind.get("type") == "integer":
        return not isinstance(value, float)
    if isinstance(value, list):
        return all(_is_of_kind(each, kind.get("items") or {}) for each in value)
    return True


def _is_one_of(value: Any, allowed: Sequence[Any]) -> bool:
    return any(_same(value, each) for each in allowed)


def _same(value: Any, allowed: Any) -> bool:
    """Compare a value with one that will do, as BFCL does."""
    if isinstance(value, bool) or isinstance(allowed, bool):
        return value is allowed
    if isinstance(value, str) and isinstance(allowed, str):
        return _bare(value) == _bare(allowed)
    if isinstance(value, list) and isinstance(allowed, list):
        return len(value) == len(allowed) and all(map(_same, value, allowed))
    if isinstance(value, dict) and isinstance(allowed, dict):
        return _same_object(value, allowed)
    return bool(value == allowed)


def _same_object(value: Mapping[str, Any], allowed: Mapping[str, Any]) -> bool:
    """Compare an object, each of whose members may have several values that will do."""
    if any(name not in allowed for name in value):
        return False
    for name, expected in allowed.items():
        values = expected if isinstance(expected, list) else [expected]
        if name not in value:
            if "" not in values:
                return False
        elif not (_is_one_of(value[name], values) or _same(value[name], expected)):
            return False
    return True


def _bare(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')


def _measure_item(model: ChatModel, item: _Item) -> SampleResult:
    prompt = load_prompt("call_functions").fill(
        functions=json.dumps(item.functions, ensure_ascii=False), more=item.more
    )
    turns = (Message.of("system", prompt), *item.messages)
    done = complete(model, ChatRequest(messages=turns))
    calls = calls_in(done.text)
    return SampleResult(
        id=item.key,
        scores={
            item.category: float(
                # Words in place of calls are right where no call is.
                calls_match(calls, item.expected, item.functions)
                if calls is not None
                else not item.expected
            ),
            "readable": float(calls is not None),
        },
        tokens=tokens_of(done.usage),
        detail={
            "question": item.messages[-1].text,
            "accepted": [
                json.dumps(each, ensure_ascii=False) for each in item.expected
            ],
            "answer": done.text,
        },
    )


def _items(path: Path) -> Iterator[_Item]:
    for number, row in json_rows(path, required=("id", "functions")):
        try:
            yield (
                _of_bfcl(path, row) if "messages" in row else _of_acebench(path, row)
            )
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            what = f"is no function call: {error}"
            raise UsageError(wrong(path, number, what)) from None


def _of_bfcl(path: Path, row: Mapping[str, Any]) -> _Item:
    turns = row["messages"]
    first = turns[0] if isinstance(turns[0], list) else turns
    return _Item(
        key=f"{path.stem}/{row['id']}",
        category=str(row.get("category") or path.stem),
        functions=row["functions"],
        messages=[Message.of(m["role"], m["content"]) for m in first],
        expected=row.get("answers") or [],
    )


def _of_acebench(path: Path, row: Mapping[str, Any]) -> _Item:
    """Read an item whose arguments have one value each and whose turns are a text."""
    category = str(row["category"])
    answers = row["answers"]
    expected = []
    if category.startswith("normal") and isinstance(answers, dict):
        functions = {str(each["name"]) for each in row["functions"]}
        for name, arguments in answers.items():
            # A second call of one function has a number at its end.
            plain = name if name in functions else re.sub(r"_\d+$", "", name)
            expected.append({plain: {k: [v] for k, v in arguments.items()}})
    return _Item(
        key=f"{path.stem}/{row['id']}",
        category=category,
        functions=row["functions"],
        messages=[Message.of("user", str(row["question"]))],
        expected=expected,
        more=f"\n{row['time']}" if row.get("time") else "",
    )
