"""The public doors look at what they are given: an argument of another kind is refused by its name, in words.

`checked` goes around a public function and reads its annotations, so that what a function says it takes is what it
takes. What annotations cannot say (a number's range, what belongs together) functions look at themselves.
"""

from __future__ import annotations

import inspect
import operator
import os
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, wraps
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, overload

from convscope.errors import NoSuchItem, UsageError, WrongType, nearest

P = ParamSpec("P")
R = TypeVar("R")

_SHOWN = 40  # characters of a value that a message repeats
_USUAL = ("limit", "batch", "workers", "seed", "progress")  # arguments that are hardly ever meant by place
_ALSO = 3  # further arguments that a value may be meant for
_LISTED = 64  # items of a list that are looked at: functions see them all
_PLAIN = {int: "a whole number", float: "a number", str: "text", bool: "True or False", type(None): "None"}
_MANY = {int: "whole numbers", float: "numbers", str: "names"}
_COUNTS = {1: "one of", 2: "two", 3: "three", 4: "four"}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which refuses arguments that its annotations do not admit; NumPy's numbers are taken for Python's.

    Raises, when it is called:
        WrongType: for an argument of another kind. UsageError: for none of the choices there are.

    >>> @checked
    ... def doubled(value: int, *, times: Literal["once", "twice"] = "once") -> int:
    ...     return value * 2
    >>> doubled("3")
    Traceback (most recent call last):
    convscope.errors.WrongType: value='3': give a whole number, not text
    >>> doubled(3, times="twise")
    Traceback (most recent call last):
    convscope.errors.UsageError: times='twise' is not a choice; choose one of 'once', 'twice'; did you mean 'twice'?
    """
    signature = inspect.signature(function)

    @wraps(function)
    def looking(*args: P.args, **kwargs: P.kwargs) -> R:
        given = _bound(function, signature, args, kwargs)
        kinds = _kinds(function)
        for name, value in given.arguments.items():
            if name in kinds:
                try:
                    given.arguments[name] = expected(name, value, kinds[name])
                except WrongType as error:
                    by_place = any(value is one for one in args)
                    raise WrongType(f"{error}{_meant(function, value, given.arguments) if by_place else ''}") from None
        return function(*given.args, **given.kwargs)

    return looking


def _bound(
    function: Callable[..., Any], signature: inspect.Signature, args: Any, kwargs: dict[str, Any]
) -> inspect.BoundArguments:
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        unknown = [name for name in kwargs if name not in signature.parameters]
        said = f"has no argument {unknown[0]!r}{nearest(unknown[0], signature.parameters)}" if unknown else error
        said = _beyond(function, signature, args, kwargs) or said
        raise WrongType(f"{function.__name__}() {said}") from None


def _meant(function: Callable[..., Any], value: Any, given: Collection[str]) -> str:
    """What is said of a value that was given by place, and fits one argument that was left out and no other."""
    kinds = _kinds(function)
    left = [name for name in inspect.signature(function).parameters if name not in {*given, *_USUAL}]
    fitting = [name for name in left if kinds.get(name, Any) is not Any and fits(value, kinds[name])]
    if isinstance(value, str) or len(fitting) != 1:
        return ""
    said = _said(value)
    return f"; write {function.__name__}({fitting[0]}={'...' if said.startswith('<') else said})"


def _beyond(
    function: Callable[..., Any], signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> str | None:
    """What is said of an argument beyond those that go by place: which was meant, and how the call is spelled.

    None where there are no such arguments.
    """
    parameters = signature.parameters.values()
    places = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if len(args) <= len(places):
        return None
    value, kinds = args[len(places)], _kinds(function)
    free = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY and one.name not in kwargs]
    fitting = [name for name in free if kinds.get(name, Any) is not Any and fits(value, kinds[name])]
    fitting.sort(key=lambda name: value not in _choices(kinds[name]) if isinstance(value, str) else False)
    shown, said = [name for name in places if name not in ("self", "cls")], _said(value)
    if isinstance(value, str) and "layers" in free and value in getattr(args[0], "layers", ()):
        fitting, said = ["layers"], f"[{said}]"
    first, *others = [name for name in fitting if name not in _USUAL] or fitting or [f"NAME, one of {', '.join(free)},"]
    call = ", ".join([*shown, f"{first}={'...' if said.startswith('<') else said}"])
    more = f" (or {', '.join(f'{name}=' for name in others[:_ALSO])})" if others else ""
    by_place = " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
    return (
        f"takes {by_place or 'nothing'} by place and all else by name, and {_said(value)} is one too many: "
        f"write {function.__name__}({call}){more}"
    )


def expected(name: str, value: Any, kind: Any) -> Any:
    """The value of the argument of that name, where it is of a kind, given as an annotation.

    Raises:
        WrongType: where it is not. UsageError: for none of the choices.
    """
    if not fits(value, kind):
        choices = _choices(kind) if isinstance(value, str) else []
        if choices:
            said = f"choose one of {words(kind)}{nearest(value, choices)}"
            raise UsageError(f"{name}={_said(value)} is not a choice; {said}")
        strange, choices = _strange(value, kind)
        if strange is not None:
            said = f"choose among {', '.join(map(repr, choices))}{nearest(strange, choices)}"
            raise UsageError(f"{name}={_said(value)}: {strange!r} is not a choice; {said}")
        raise WrongType(f"{name}={_said(value)}: {_refusal(value, kind)}")
    number = getattr(value, "item", None) if isinstance(value, Real) else None
    return value if number is None else number()


def at_least(least: int, **given: int | None) -> None:
    """Nothing, where each of these arguments is that or more, or None.

    Raises:
        UsageError: where one is less.

    >>> at_least(1, batch=0, workers=None)
    Traceback (most recent call last):
    convscope.errors.UsageError: batch=0: give 1 or more
    """
    for name, value in given.items():
        if value is not None and value < least:
            raise UsageError(f"{name}={value}: give {least} or more")


def expect_confidence(confidence: float) -> None:
    """Raise UsageError for what is no confidence of intervals."""
    if not 0.5 <= confidence < 1:
        raise UsageError(f"confidence={confidence}: give a share from 0.5 to 1, such as 0.95")


@cache
def _kinds(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function's arguments; how a network is refused, verbs say themselves: what to do with it."""
    hints = typing.get_type_hints(inspect.unwrap(function), localns=_Later())
    return {name: kind for name, kind in hints.items() if name not in ("return", "net", "nets")}


class _Later(dict[str, Any]):
    """What annotations name and modules import for type checkers alone, as it takes long to import."""

    def __missing__(self, name: str) -> Any:
        if name != "ExportedProgram":
            raise KeyError(name)
        from torch.export import ExportedProgram

        return ExportedProgram


def unaliased(kind: Any) -> Any:
    """What an annotation stands for that has a name of its own, such as NumPy 2.5's NDArray[...], on Python 3.12."""
    while (value := getattr(get_origin(kind), "__value__", None)) is not None:
        kind = value[get_args(kind)]
    return kind


def fits(value: Any, kind: Any) -> bool:
    """Whether an annotation admits a value. Of lists the first items are looked at; text is no list of names.

    >>> fits((8, 8), int | tuple[int, int]), fits("conv1", Sequence[str]), fits(True, int)
    (True, False, False)
    """
    kind = unaliased(kind)
    parts, origin = get_args(kind), get_origin(kind)
    if kind is None or kind is type(None):
        return value is None
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in parts)
    if origin is typing.Annotated:
        return fits(value, parts[0])
    if origin is Literal:
        return any(isinstance(value, type(one)) and value == one for one in parts)
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    if origin is tuple:
        return _is_tuple(value, parts)
    if origin in (Sequence, Iterable, Collection, list):
        return _is_list(value, parts[0], lazy=origin is Iterable)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            fits(key, parts[0]) and fits(one, parts[1]) for key, one in _first(value.items())
        )
    if origin is Callable:
        return callable(value)
    return _is_of(value, origin or kind)


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value is of a class; of what is none (a variable, any value) all are."""
    kind = getattr(kind, "array_type", kind)  # of jaxtyping's, whose shapes functions look at
    try:
        return isinstance(value, kind)
    except TypeError:
        return True


def _is_tuple(value: Any, parts: Sequence[Any]) -> bool:
    if not isinstance(value, list | tuple):
        return False
    if parts[-1:] == (Ellipsis,):
        return all(fits(one, parts[0]) for one in _first(value))
    return len(value) == len(parts) and all(map(fits, value, parts))


def _is_list(value: Any, kind: Any, *, lazy: bool) -> bool:
    if isinstance(value, str | bytes | Mapping):
        return False
    if not isinstance(value, Collection):  # what is gone once it is looked at
        return isinstance(value, Iterable) if lazy else hasattr(value, "__len__") and hasattr(value, "__getitem__")
    numbers = getattr(value, "tolist", None)  # an array's
    return all(fits(one, kind) for one in _first(numbers() if numbers else value))


def _first(values: Iterable[Any]) -> Iterator[Any]:
    return (one for one, _ in zip(values, range(_LISTED), strict=False))


@overload
def item(items: Sequence[R], key: int, of: str) -> R: ...
@overload
def item(items: Sequence[R], key: slice, of: str) -> Sequence[R]: ...
def item(items: Sequence[R], key: Any, of: str) -> R | Sequence[R]:
    """The item of a number, or those of a slice.

    Raises:
        WrongType: for what is neither. NoSuchItem: beyond the last; `of` says of what.

    >>> item("abc", -1, "letters"), item("abc", slice(2), "letters")
    ('c', 'ab')
    >>> item("abc", 3.0, "letters")
    Traceback (most recent call last):
    convscope.errors.WrongType: letters[3.0]: give a whole number or a slice, not a float
    """
    if isinstance(key, slice):
        return items[key]
    try:
        return items[operator.index(key)]
    except TypeError:
        raise WrongType(f"{of}[{_said(key)}]: give a whole number or a slice, not {kind_of_value(key)}") from None
    except IndexError:
        there = f"there are {len(items)}, 0 to {len(items) - 1}" if len(items) > 1 else f"there are {len(items)}"
        raise NoSuchItem(f"{of}[{key}]: {there}") from None


# -- in words ---------------------------------------------------------------------------------------------------------
def _refusal(value: Any, kind: Any) -> str:
    kinds = list(_alternatives(kind))
    said = f"give {words(kind)}"
    if isinstance(value, str) and any(get_origin(one) is Sequence and fits([value], one) for one in kinds):
        return f"{said}, such as [{_said(value)}]"
    if any(base.__module__.startswith("torch.nn") for base in type(value).__mro__):
        return f"{said}: a module is traced first, as in Network.trace(module, (channels, height, width))"
    return f"{said}, not {kind_of_value(value)}"


def _choices(kind: Any) -> list[str]:
    """The words that an annotation names."""
    return [str(one) for each in _alternatives(kind) if get_origin(each) is Literal for one in get_args(each)]


def _strange(value: Any, kind: Any) -> tuple[str | None, list[str]]:
    """The first text in a list that is none of the words that its annotation names, and these."""
    for one in _alternatives(kind):
        named = _choices(get_args(one)[0]) if get_origin(one) is Sequence else []
        if named and isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
            return next((word for word in value if word not in named), None), named
    return None, []


def words(kind: Any) -> str:
    """What an annotation admits, in words.

    >>> words(int | tuple[int, int] | None), words(str | os.PathLike[str]), words(Literal["a", "b"] | float)
    ('a whole number, two whole numbers or None', 'a path', "'a', 'b' or a number")
    """
    kinds = list(_alternatives(kind))
    if os.PathLike in [get_origin(one) or one for one in kinds]:
        kinds = [one for one in kinds if one is not str]
    said = list(dict.fromkeys(word for one in kinds for word in _words(one)))
    if len(said) == 1 or all(word.startswith("'") for word in said):
        return ", ".join(said)
    return f"{', '.join(said[:-1])} or {said[-1]}"


def _alternatives(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, types.UnionType):
        for one in get_args(kind):
            yield from _alternatives(one)
    else:
        yield kind


def _words(kind: Any) -> Iterator[str]:
    kind = unaliased(kind)
    parts, origin = get_args(kind), get_origin(kind)
    if kind in _PLAIN:
        yield _PLAIN[kind]
    elif origin is Literal:
        yield from map(repr, parts)
    elif origin is tuple and len(set(parts)) > 1 and Ellipsis not in parts:
        yield " with ".join(map(words, parts))
    elif origin is tuple and parts[-1:] != (Ellipsis,):
        yield f"{_COUNTS.get(len(parts), len(parts))} {_several(parts[0])}"
    elif origin is Mapping:
        yield "a mapping" + ("" if Any in parts else f" of {_several(parts[0])} to {words(parts[1])}")
    elif origin is Callable:
        yield "a function"
    elif origin in (Sequence, Iterable, Collection, list, tuple):
        yield f"a list of {_several(parts[0])}"
    elif (origin or kind) is os.PathLike or kind is Path:
        yield "a path"
    else:
        yield _class(origin or kind)


def _several(kind: Any) -> str:
    """What a list is of."""
    kinds = [one for one in _alternatives(kind) if one is not type(None)]
    names = [_MANY.get(one) or _plural(one.__name__) for one in kinds if isinstance(one, type) and one is not Any]
    choices = [repr(one) for each in kinds if get_origin(each) is Literal for one in get_args(each)]
    return " or ".join([*names, *choices]) or "values"


def _plural(name: str) -> str:
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def kind_of_value(value: Any) -> str:
    """What kind of thing a value is, in words.

    >>> kind_of_value("a"), kind_of_value([1, "a"]), kind_of_value(None), kind_of_value(3)
    ('text', 'a list of 2 (int, str)', 'None', 'an int')
    """
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple) and value:
        inside = list(dict.fromkeys(type(one).__name__ for one in _first(value)))
        return f"{_class(type(value))} of {len(value)} ({', '.join(inside)})"
    return "None" if value is None else _class(type(value))


def _class(kind: Any) -> str:
    name = getattr(kind, "__name__", str(kind))
    room = {"torch": "torch.", "torch.nn.modules.module": "torch.nn."}.get(getattr(kind, "__module__", ""), "")
    name = room + name
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _said(value: Any) -> str:
    """A value for a message: short, and never an array."""
    if value is None or isinstance(value, str | bytes | Real | list | tuple | dict | os.PathLike):
        text = repr(value)
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
    if type(value).__module__ == "torch" and type(value).__name__ in ("dtype", "device"):
        return str(value)
    return f"<{type(value).__name__}>"


__all__ = [
    "at_least",
    "checked",
    "expect_confidence",
    "expected",
    "fits",
    "item",
    "kind_of_value",
    "unaliased",
    "words",
]
