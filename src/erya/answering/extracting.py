"""Typed values out of passages, by a JSON schema; each with the span that has it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from erya.answering.grounded import passages_text
from erya.errors import ModelError, UsageError
from erya.extras import require
from erya.language import normal_text, sentences
from erya.models import ChatModel, ChatRequest, complete
from erya.prompts import load_prompt
from erya.records import Citation, Hit, Message, Span, Usage

__all__ = ["ExtractedValue", "Extraction", "check_schema", "extract_values"]

_FEATURE: Final = "Extracting by a schema"
_FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_NUMBER: Final = re.compile(
    r"(?<![\d.])[-−]?(?:\d{1,3}(?:[,' \u00a0\u2009]\d{3})+|\d+)(?:\.\d+)?"
)
_MOST_DIGITS: Final = 100
_SHOWN: Final = 200  # characters of what is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedValue:
    """One value.

    Attributes:
        path: Where it stands in the data, as a JSON pointer: `/items/0/price`.
        value: A text or a number; booleans and null are nothing that a span has.
        citation: The span of a passage that has it; None where none does.
    """

    path: str
    value: str | float
    citation: Citation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What was read out of passages.

    Attributes:
        data: It keeps the schema.
        values: The texts and numbers in it.
        usage: What the model took.
    """

    data: Any
    values: tuple[ExtractedValue, ...]
    usage: Usage


def check_schema(schema: Any) -> None:
    """Refuse what is no JSON schema of an object.

    Raises:
        MissingExtraError: The extra `agents` is not installed.
        UsageError: It is none.
    """
    jsonschema = require("jsonschema", feature=_FEATURE, extra="agents")
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        msg = f"The schema is no JSON schema: {error.message[:_SHOWN]}"
        raise UsageError(msg) from None
    try:
        list(_validator(jsonschema, schema).iter_errors({}))
    except Exception as error:  # noqa: BLE001 - of a library below the library
        msg = f"The schema points to what is not in it: {str(error)[:_SHOWN]}"
        raise UsageError(msg) from None
    if not isinstance(schema, dict) or schema.get("type") != "object":
        msg = 'The schema has to be of an object: {"type": "object", "properties": …}.'
        raise UsageError(msg)


def extract_values(
    question: str,
    hits: Sequence[Hit],
    schema: Mapping[str, Any],
    *,
    model: ChatModel,
    seconds: float | None = None,
) -> Extraction:
    """Let a model read values out of passages, with one try to mend them.

    Args:
        question: What is wanted.
        hits: The passages.
        schema: A JSON schema of an object, as `check_schema` lets pass.
        model: Reads them.
        seconds: The longest that each of its turns may take.

    Raises:
        MissingExtraError: The extra `agents` is not installed.
        ModelError: The model cannot be reached, or what it says keeps the schema not
            even at the second try.
    """
    prompt = load_prompt("extract").fill(schema=json.dumps(schema, ensure_ascii=False))
    user = f"Passages:\n\n{passages_text(hits)}\n\nWanted: {question}"
    messages = [Message.of("system", prompt), Message.of("user", user)]
    usage = Usage()
    problem = ""
    for _ in range(2):
        request = ChatRequest(messages=messages, output_schema=schema, seconds=seconds)
        done = complete(model, request)
        usage += done.usage
        data, problem = _parsed(done.text, schema)
        if not problem:
            values = tuple(_values(data, hits))
            return Extraction(data=data, values=values, usage=usage)
        told = load_prompt("extract_repair").fill(problem=problem)
        messages += [Message.of("assistant", done.text), Message.of("user", told)]
    what = f"The chat model {model.name!r} gave no values that keep the schema."
    msg = f"{what} {problem}"
    raise ModelError(msg, reader_message=what)


def _parsed(text: str, schema: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the JSON in a text, and what is wrong with it; empty if nothing is."""
    jsonschema = require("jsonschema", feature=_FEATURE, extra="agents")
    fenced = _FENCE.search(text)
    body = (fenced[1] if fenced else text).strip()
    start = body.find("{")
    try:
        decoder = json.JSONDecoder(parse_constant=_refuse, parse_int=_whole)
        data, _ = decoder.raw_decode(body[max(start, 0) :])
        validator = _validator(jsonschema, schema)
        wrong = next(iter(validator.iter_errors(data)), None)
    except (ValueError, RecursionError) as error:
        return None, f"it is no JSON ({error})"
    if wrong is None:
        return data, ""
    where = "/".join(map(str, wrong.absolute_path)) or "the object"
    return data, f"{where}: {wrong.message[:_SHOWN]}"


def _validator(jsonschema: Any, schema: Any) -> Any:
    """Return what checks data; it fetches nothing that a schema points to."""
    registry = require("referencing", feature=_FEATURE, extra="agents").Registry()
    return jsonschema.Draft202012Validator(schema, registry=registry)


def _refuse(constant: str) -> float:
    """Take no NaN and no infinity.

    Raises:
        ValueError: Always.
    """
    msg = f"{constant} is no number"
    raise ValueError(msg)


def _whole(digits: str) -> int:
    """Return a whole number of a usual size.

    Raises:
        ValueError: It has more digits than any that documents name.
    """
    if len(digits) > _MOST_DIGITS:
        msg = f"a number has {len(digits)} digits"
        raise ValueError(msg)
    return int(digits)


def _values(data: Any, hits: Sequence[Hit]) -> Iterator[ExtractedValue]:
    numbers: dict[tuple[str, Span], int] = {}
    for path, value in _leaves(data, ""):
        found = _place_of(value, hits)
        citation = None
        if found is not None:
            hit, span = found
            number = numbers.setdefault((hit.chunk.id, span), len(numbers) + 1)
            start = hit.chunk.start
            citation = Citation(
                number=number,
                chunk=hit.chunk,
                start=start + span.start,
                end=start + span.end,
                quote=hit.chunk.text[span.start : span.end],
            )
        yield ExtractedValue(path=path, value=value, citation=citation)


def _leaves(data: Any, path: str) -> Iterator[tuple[str, str | float]]:
    if isinstance(data, dict):
        for key, value in data.items():
            name = key.replace("~", "~0").replace("/", "~1")  # RFC 6901
            yield from _leaves(value, f"{path}/{name}")
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _leaves(value, f"{path}/{number}")
    elif isinstance(data, (str, int, float)) and not isinstance(data, bool):
        yield path, data


def _place_of(value: str | float, hits: Sequence[Hit]) -> tuple[Hit, Span] | None:
    """Return the first sentence or row that has a value."""
    wanted = normal_text(value).strip() if isinstance(value, str) else ""
    if isinstance(value, str) and not wanted:
        return None
    for hit in hits:
        text = hit.chunk.text
        for span in sentences(text) or [Span(0, len(text))]:
            part = text[span.start : span.end]
            if isinstance(value, str):
                has = _has_words(normal_text(part), wanted)
            else:
                has = value in _numbers_in(part)
            if has:
                return hit, span
    return None


def _has_words(text: str, wanted: str) -> bool:
    """Tell whether a text has some words, and not as a part of others."""
    before = r"(?<![a-z0-9])" if wanted[0].isascii() else ""
    after = r"(?![a-z0-9])" if wanted[-1].isascii() else ""
    return re.search(before + re.escape(wanted) + after, text) is not None


def _numbers_in(text: str) -> set[float]:
    plain = normal_text(text)
    found = set[float]()
    for match in _NUMBER.finditer(plain):
        digits = re.sub(r"[,' \u00a0\u2009]", "", match[0]).replace("−", "-")
        found |= {float(digits), abs(float(digits))}  # 3-5 is a range as often
    return found
