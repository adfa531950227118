"""A tool from a typed Python function: its schema from its signature and docstring."""

import contextlib
import inspect
import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import (
    Any,
    Final,
    Literal,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import override

from erya.models import ToolSpec
from erya.tools.base import (
    Permission,
    Tool,
    ToolContext,
    ToolError,
    ToolLimits,
    ToolResultData,
)

__all__ = ["FunctionTool"]

_SCALARS: Final[Mapping[type, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
}
_ARGUMENTS: Final = re.compile(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)
_ARGUMENT: Final = re.compile(r"^ {4}(\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)
_SHOWN: Final = 80  # characters of a wrong value in an error


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTool(Tool):
    """Calls a Python function with what a model says.

    Attributes:
        function: What is called. A parameter that is a `ToolContext` is given it, and
            is nothing that the model is told of.
        spec: What the model is told.
        permissions: What a call may do.
        limits: What a call may cost.
    """

    function: Callable[..., Any]
    spec: ToolSpec
    permissions: frozenset[Permission] = frozenset()
    limits: ToolLimits = field(default_factory=ToolLimits)

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        *permissions: Permission,
        name: str = "",
        limits: ToolLimits | None = None,
    ) -> Self:
        """Return the tool that a function is.

        Its parameters are text, numbers, booleans, `Literal`, lists, tables with text
        as keys, dataclasses of those, and any of them or None. It returns a text, a
        `ToolResultData`, or what JSON can hold.

        Args:
            function: With a docstring in the style of Google: the text before `Args:`
                is the description, the entries below it those of the parameters.
            permissions: What a call may do; none if it only computes.
            name: What it is called; by default as the function is.
            limits: What a call may cost.

        Raises:
            TypeError: A parameter has no type, or one of another kind.
        """
        description, told = _documented(inspect.getdoc(function) or "")
        return cls(
            function=function,
            spec=ToolSpec(
                name=name or function.__name__,
                description=description,
                parameters=_object_schema(_parameters(function), told),
            ),
            permissions=frozenset(permissions),
            limits=limits or ToolLimits(),
        )

    @override
    def call(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResultData:
        values = _checked_object(arguments, _parameters(self.function), "The call")
        given = {
            name: context
            for name, annotation in get_type_hints(self.function).items()
            if annotation is ToolContext
        }
        returned = self.function(**values, **given)
        if isinstance(returned, ToolResultData):
            return returned
        if not isinstance(returned, str):
            returned = json.dumps(returned, ensure_ascii=False, default=str)
        return ToolResultData(text=returned)


# Name to type, and what it is where the model says nothing; `inspect.Parameter.empty`
# where it has to.
_Parameters = Mapping[str, tuple[Any, Any]]


def _parameters(function: Callable[..., Any]) -> _Parameters:
    """Return what a model may say.

    Raises:
        TypeError: A parameter has no type.
    """
    hints = get_type_hints(function)
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in hints:
            msg = f"the parameter {name!r} of {function.__name__} has no type"
            raise TypeError(msg)
        if hints[name] is not ToolContext:
            found[name] = hints[name], parameter.default
    return found


def _documented(docstring: str) -> tuple[str, dict[str, str]]:
    """Return the description in a docstring, and those of its arguments."""
    match = _ARGUMENTS.search(docstring)
    before = docstring[: match.start()] if match else docstring
    description = before.partition("\nRaises:")[0].partition("\nReturns:")[0]
    entries = _ARGUMENT.findall(match[1]) if match else []
    return " ".join(description.split()), {
        name: " ".join(text.split()) for name, text in entries
    }


def _object_schema(
    parameters: _Parameters, descriptions: Mapping[str, str]
) -> dict[str, Any]:
    properties = {
        name: _schema(annotation)
        | ({"description": descriptions[name]} if name in descriptions else {})
        for name, (annotation, _) in parameters.items()
    }
    empty = inspect.Parameter.empty
    return {
        "type": "object",
        "properties": properties,
        "required": [n for n, (_, default) in parameters.items() if default is empty],
        "additionalProperties": False,
    }


def _schema(annotation: Any) -> dict[str, Any]:
    """Return the JSON schema of a type.

    Raises:
        TypeError: It is none that a tool may have.
    """
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation]}
    origin, arguments = get_origin(annotation), get_args(annotation)
    schema: dict[str, Any] = {}
    if origin is Literal:
        schema = {"type": _SCALARS[type(arguments[0])], "enum": list(arguments)}
    elif origin is list:
        schema = {"type": "array", "items": _schema(arguments[0])}
    elif origin is dict and arguments[0] is str:
        schema = {"type": "object", "additionalProperties": _schema(arguments[1])}
    elif origin in {Union, types.UnionType}:
        kinds = [_schema(each) for each in arguments if each is not type(None)]
        schema = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    elif is_dataclass(annotation):
        schema = _object_schema(_fields(annotation), {})
    if schema:
        return schema
    msg = f"a parameter of a tool cannot be {annotation!r}"
    raise TypeError(msg)


def _fields(kind: Any) -> _Parameters:
    hints = get_type_hints(kind)
    return {
        each.name: (
            hints[each.name],
            inspect.Parameter.empty if _is_required(each) else each.default,
        )
        for each in fields(kind)
    }


def _is_required(each: Any) -> bool:
    return type(each.default).__name__ == "_MISSING_TYPE"


def _checked_object(given: Any, parameters: _Parameters, where: str) -> dict[str, Any]:
    """Return arguments as a function takes them.

    Raises:
        ToolError: One is missing, unknown, or not what it has to be.
    """
    if not isinstance(given, Mapping):
        msg = f"{where} takes an object with {', '.join(parameters) or 'nothing'}."
        raise ToolError(msg)
    unknown = sorted(given.keys() - parameters.keys())
    empty = inspect.Parameter.empty
    missing = [
        name
        for name, (_, default) in parameters.items()
        if default is empty and name not in given
    ]
    if unknown or missing:
        problems = [f"there is no argument {name!r}" for name in unknown]
        problems += [f"the argument {name!r} is missing" for name in missing]
        msg = f"{where} is wrong: {'; '.join(problems)}."
        raise ToolError(msg)
    return {
        name: _checked(value, parameters[name][0], f"The argument {name!r}")
        for name, value in given.items()
    }


def _checked(value: Any, annotation: Any, where: str) -> Any:
    """Return a value as a type says.

    Raises:
        ToolError: It is of another.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _checked_union(value, arguments, where)
    if origin is Literal:
        return _checked_choice(value, arguments, where)
    if is_dataclass(annotation) and isinstance(annotation, type):
        return annotation(**_checked_object(value, _fields(annotation), where))
    if origin in {list, dict} and isinstance(value, origin):
        return _checked_items(value, arguments[-1], where)
    return _checked_scalar(value, annotation, where)


def _checked_items(value: list[Any] | dict[Any, Any], kind: Any, where: str) -> Any:
    if isinstance(value, list):
        return [_checked(each, kind, where) for each in value]
    return {str(key): _checked(each, kind, where) for key, each in value.items()}


def _checked_choice(value: Any, choices: tuple[Any, ...], where: str) -> Any:
    """Return a value that is one of several.

    Raises:
        ToolError: It is none.
    """
    if value not in choices:
        told = ", ".join(map(repr, choices))
        raise ToolError(_wrong(where, value, f"one of {told}"))
    return value


def _checked_union(value: Any, kinds: tuple[Any, ...], where: str) -> Any:
    """Return a value as the first of some types that takes it.

    Raises:
        ToolError: None does.
    """
    if value is None and type(None) in kinds:
        return None
    *others, last = [kind for kind in kinds if kind is not type(None)]
    for kind in others:
        try:
            return _checked(value, kind, where)
        except ToolError:
            continue
    return _checked(value, last, where)


def _checked_scalar(value: Any, kind: Any, where: str) -> Any:
    """Return text, a number or a boolean. Models write 3.0 for 3, and "3", too.

    Raises:
        ToolError: It is none of the kind.
    """
    if kind in {int, float} and isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = float(value) if kind is float else int(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise ToolError(_wrong(where, value, _SCALARS.get(kind, "of another kind")))
    return value


def _wrong(where: str, value: Any, wanted: str) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)[:_SHOWN]
    return f"{where} has to be {wanted}, got {shown}."
