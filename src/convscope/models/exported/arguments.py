"""What an operation is called with, what its results are called, which modules it stands in: out of a file's JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from convscope.models.exported.fields import Refused, items, number, record, shown, tagged, text, truth, whole
from convscope.models.exported.operators import Operator
from convscope.models.exported.tensors import STRIDED, dtype_of

MOST_ARGUMENTS = 4096
"""The longest list in a call."""

_WORD = re.compile(r"[a-z_]{0,32}")
_MEMORY_FORMATS = {
    1: torch.contiguous_format,
    2: torch.channels_last,
    3: torch.channels_last_3d,
    4: torch.preserve_format,
}
_POSITIONAL, _KEYWORD = 1, 2


@dataclass(frozen=True)
class Ref:
    """A value that is used: the number of what made it, and which of several results it is."""

    maker: int
    pick: int | None = None


def module_stack(metadata: Any) -> tuple[tuple[str, str], ...]:
    """The modules that an operation stands in, from torch's "key,path,type;key,path,type"."""
    stack = record(metadata, "the metadata of an operation").get("nn_module_stack")
    if not stack:
        return ()
    calls = []
    for entry in text(stack, "the modules of an operation", 65_536).split(";"):
        parts = entry.split(",")
        if len(parts) < 3:
            raise Refused(f"the modules of an operation hold {shown(entry)}, which is no key, path and type")
        calls.append((parts[0], parts[1]))
    return tuple(calls)


def flat_results(value: Any) -> list[Any]:
    """The results of an operation, those of a list among them one by one."""
    found = items(value, "the results of an operation", MOST_ARGUMENTS)
    if len(found) == 1 and isinstance(found[0], dict) and "as_tensors" in found[0]:
        names = items(found[0]["as_tensors"], "the results of an operation", MOST_ARGUMENTS)
        return [{"as_tensor": name} for name in names]
    return found


def result_names(node: dict[str, Any], operator: Operator) -> list[str | None]:
    """The names of an operation's results, None for those that nothing can refer to."""
    results = [
        None if "as_none" in record(result, "a result") else name_given(result, "a result")
        for result in flat_results(node["outputs"])
    ]
    if operator.returns in ("one", "number") and len(results) != 1:
        raise Refused(f"an operation of one result names {len(results)}")
    return results


def name_given(value: Any, where: str) -> str:
    """The name that a result or an input is given."""
    kind, found = tagged(value, where, ("as_tensor", "as_sym_int", "as_sym_float", "as_sym_bool"))
    if kind == "as_tensor":
        return text(record(found, where, ("name",))["name"], f"the name of {where}")
    return text(tagged(found, where, ("as_name",))[1], f"the name of {where}")


def read_arguments(
    node: dict[str, Any], operator: Operator, names: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What an operator is called with, by position and by keyword, as the program was written."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for given in items(node["inputs"], "the arguments of an operation", MOST_ARGUMENTS):
        given = record(given, "an argument", ("name", "arg"))
        name, value = text(given["name"], "the name of an argument"), read_argument(given["arg"], names)
        if not operator.arguments:
            args.append(value)
            continue
        if name not in operator.arguments or name in kwargs:
            raise Refused(
                f"{operator.target} is given an argument {shown(name)}, which it does not take, or takes once"
            )
        by_keyword = given.get("kind") == _KEYWORD or (given.get("kind") != _POSITIONAL and name not in operator.needed)
        if by_keyword or name in operator.by_keyword:
            kwargs[name] = value
        elif operator.arguments.index(name) == len(args):
            args.append(value)
        else:
            raise Refused(f"{operator.target} is given the argument {shown(name)} out of its place")
    if missing := operator.needed - {*operator.arguments[: len(args)], *kwargs}:
        raise Refused(f"{operator.target} is not given {shown(min(missing))}")
    return tuple(args), kwargs


def read_argument(value: Any, names: Mapping[str, Any]) -> Any:
    """One argument: a plain value, a Ref to what has a name, or a list of these."""
    kind, found = tagged(value, "an argument", KINDS)
    return KINDS[kind](found, names)


def known_value(value: Any, names: Mapping[str, Any]) -> Any:
    """What has the name that is referred to; it must have been made before."""
    name = record(value, "a tensor that is used", ("name",))["name"]
    if not isinstance(name, str) or name not in names:
        raise Refused(f"it uses the value {shown(name)} before it makes it")
    return names[name]


def _symbolic(read: Callable[[Any, str], Any], plain: str) -> Callable[[Any, Mapping[str, Any]], Any]:
    """A reader of a number that is either written out or the result of an operation."""

    def of(value: Any, names: Mapping[str, Any]) -> Any:
        kind, found = tagged(value, "a size", ("as_name", plain))
        return known_value({"name": found}, names) if kind == "as_name" else read(found, "a size")

    return of


def _plain(read: Callable[[Any, str], Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    return lambda value, names: read(value, "an argument")


def _each(read: Callable[[Any, Mapping[str, Any]], Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    return lambda value, names: [read(item, names) for item in items(value, "an argument", MOST_ARGUMENTS)]


def _word(value: Any, where: str) -> str:
    """A mode ("bilinear", "same"), the one use of text in operators on tensors."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise Refused(f"{where} is the text {shown(value)}, which names no mode of an operator")
    return value


def _optional(value: Any, names: Mapping[str, Any]) -> Any:
    kind, found = tagged(value, "an argument", ("as_tensor", "as_none"))
    return None if kind == "as_none" else known_value(found, names)


def _memory_format(value: Any, where: str) -> torch.memory_format:
    code = whole(value, where)
    if code not in _MEMORY_FORMATS:
        raise Refused(f"{where} is the unknown memory format {code}")
    return _MEMORY_FORMATS[code]


def _layout(value: Any, where: str) -> torch.layout:
    if value != STRIDED:
        raise Refused(f"{where} is the layout {shown(value)}: dense tensors are read")
    return torch.strided


def _device(value: Any, where: str) -> torch.device:
    """The CPU, whichever device a program was exported on: Network.to moves it."""
    text(record(value, where, ("type",))["type"], where)
    return torch.device("cpu")


_int, _float, _bool = (
    _symbolic(read, plain) for read, plain in ((whole, "as_int"), (number, "as_float"), (truth, "as_bool"))
)
KINDS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "as_none": lambda value, names: None,
    "as_tensor": known_value,
    "as_tensors": _each(known_value),
    "as_optional_tensor": _optional,
    "as_optional_tensors": _each(_optional),
    "as_int": _plain(whole),
    "as_ints": _each(_plain(whole)),
    "as_float": _plain(number),
    "as_floats": _each(_plain(number)),
    "as_bool": _plain(truth),
    "as_bools": _each(_plain(truth)),
    "as_string": _plain(_word),
    "as_sym_int": _int,
    "as_sym_ints": _each(_int),
    "as_sym_float": _float,
    "as_sym_floats": _each(_float),
    "as_sym_bool": _bool,
    "as_sym_bools": _each(_bool),
    "as_scalar_type": _plain(dtype_of),
    "as_memory_format": _plain(_memory_format),
    "as_layout": _plain(_layout),
    "as_device": _plain(_device),
}
"""The kinds of arguments that are read; objects, operators, graphs and complex numbers are not among them."""
