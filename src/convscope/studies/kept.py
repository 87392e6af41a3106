"""An answer as the bytes of one file, and back: every field by its type, arrays as arrays, nothing that runs code.

The file is safetensors, with what is no array as JSON beside it and a checksum, see `convscope.stores.sealing`. In that
JSON `{"$array": NAME}` stands for an array; a key that begins with "$" has one more, since layers have any name; and
mappings in another order than that of the alphabet, which the JSON has, are lists of pairs. Fields that an answer is
only made with (a network, an open collection) are marked `context()` and left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np
import torch
from cattrs import Converter, override
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import unaliased
from convscope.errors import ConvscopeError
from convscope.graph import Unit
from convscope.stores.sealing import Arrays

_ARRAY, _TENSOR, _NUMBER, _ITEMS = "$array", "$tensor", "$number", "$items"
_HALF = "bfloat16"  # which NumPy does not have: kept as the same bits

# What values of another shape than a class's make of being put into it; RuntimeError also where they are too deep.
UNFIT = (
    BaseValidationError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError,
    MemoryError, ConvscopeError,
)  # fmt: skip

T = TypeVar("T")


def context(default: Any = None) -> Any:
    """A field of an answer that is not kept with it: what it was made with."""
    return field(default=default, metadata={"kept": False}, repr=False)


@dataclass(frozen=True, eq=False)
class _Block:
    """An array that stands among plain values, and what it is there: an array, a tensor, one that NumPy has not."""

    mark: str
    values: NDArray[Any]
    kind: str | None = None


class _Fields(dict[str, Any]):
    """The fields of a dataclass, whose order means nothing."""


@dataclass(frozen=True)
class _Number:
    """A number that JSON does not have."""

    text: str


def packed(value: Any) -> tuple[dict[str, Any], Arrays]:
    """A dataclass as plain values, with its arrays beside them by the names of the fields that lead to them.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Small:
    ...     name: str
    ...     values: np.ndarray
    >>> packed(Small("a", np.zeros(2)))
    ({'name': 'a', 'values': {'$array': 'values'}}, {'values': array([0., 0.])})
    """
    arrays: Arrays = {}
    return _plain(_converter().unstructure(value), "", arrays), arrays


def unpacked(kind: type[T], plain: Mapping[str, Any], arrays: Arrays) -> T:
    """The dataclass that `packed` took apart.

    Raises:
        ValueError: where values and arrays do not fit the class.
    """
    try:
        return _converter().structure(_whole(dict(plain), arrays), kind)
    except UNFIT as error:
        raise ValueError(f"it does not hold a {kind.__name__} of this version: {_reasons(error)}") from error


def _reasons(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _converter() -> Converter:
    """What takes dataclasses apart into plain values, blocks and numbers, and puts them together from arrays."""
    made = Converter()

    def any_value(value: Any) -> Any:
        return value.item() if isinstance(value, np.generic) else made.unstructure(value, unstructure_as=type(value))

    made.register_unstructure_hook_func(_is_array, lambda value: _Block(_ARRAY, value))
    made.register_unstructure_hook(Tensor, _block_of)
    made.register_unstructure_hook(float, lambda value: value if math.isfinite(value) else _Number(str(value)))
    made.register_unstructure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, np.generic), any_value)
    made.register_structure_hook_func(_is_array, _expected_array)
    made.register_structure_hook(Tensor, partial(_expected, Tensor))
    made.register_structure_hook(str, partial(_expected, str))
    made.register_unstructure_hook(Path, str)
    made.register_structure_hook_func(
        _is_plain_union, lambda value, _: tuple(value) if isinstance(value, list) else value
    )
    made.register_structure_hook(Path, lambda value, _: Path(value))
    made.register_unstructure_hook_factory(is_dataclass, partial(_taking_apart, made))
    made.register_structure_hook_factory(
        is_dataclass, lambda kind: make_dict_structure_fn(kind, made, **_left_out(kind))
    )
    made.register_unstructure_hook(Unit, str)
    made.register_structure_hook(Unit, lambda value, _: Unit.parse(value))
    return made


def _taking_apart(made: Converter, kind: type) -> Callable[[Any], _Fields]:
    take = make_dict_unstructure_fn(kind, made, **_left_out(kind))
    return lambda value: _Fields(take(value))


def _expected(kind: type, value: Any, _: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value


def _kind(numbers: type[Any]) -> type[Any]:
    """Numbers of any size of that kind; of pixels, only these."""
    kinds = {"f": np.floating, "i": np.integer}
    return kinds.get(np.dtype(numbers).kind, numbers)


def _expected_array(value: Any, kind: Any) -> NDArray[Any]:
    """The array, of numbers of the kind that is asked for, however many bits they have."""
    found = _expected(np.ndarray, value, kind)
    numbers = [
        one
        for part in get_args(unaliased(kind))[1:]
        for one in get_args(part)
        if isinstance(one, type) and issubclass(one, np.generic)
    ]
    if numbers and not any(np.issubdtype(found.dtype, _kind(one)) for one in numbers):
        raise ValueError(f"an array of {found.dtype} is none of {np.dtype(numbers[0])}")
    return found


def _block_of(tensor: Tensor) -> _Block:
    value = tensor.detach().cpu()
    if value.dtype == torch.bfloat16:
        return _Block(_TENSOR, value.contiguous().view(torch.int16).numpy(), _HALF)
    return _Block(_TENSOR, value.numpy())


def _left_out(kind: type) -> dict[str, Any]:
    return {one.name: override(omit=True) for one in fields(kind) if not one.metadata.get("kept", True)}


def _is_plain_union(kind: Any) -> bool:
    """Whether a value is numbers, text or None, or a tuple of such: what JSON holds tells which, but for the tuple."""
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    plain = (int, float, str, bool, type(None))
    tuples = [one for one in kinds if get_origin(one) is tuple and all(each in plain for each in get_args(one))]
    return bool(tuples) and all(one in plain or one in tuples or get_origin(one) is Literal for one in kinds)


def _is_array(kind: Any) -> bool:
    return kind is np.ndarray or get_origin(unaliased(kind)) is np.ndarray


def _plain(value: Any, path: str, arrays: Arrays) -> Any:
    """A value as JSON has it; arrays are put beside it, called by where they are."""
    if isinstance(value, _Block):
        name = path
        while name in arrays:
            name += "'"
        arrays[name] = np.array(value.values, order="C")
        return {value.mark: name} if value.kind is None else {value.mark: name, "kind": value.kind}
    if isinstance(value, _Number):
        return {_NUMBER: value.text}
    if isinstance(value, dict):
        found = {str(key): _plain(one, f"{path}.{key}" if path else str(key), arrays) for key, one in value.items()}
        if not isinstance(value, _Fields) and list(found) != sorted(found):
            return {_ITEMS: [[key, one] for key, one in found.items()]}
        return {f"${key}" if key.startswith("$") else key: one for key, one in found.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, f"{path}.{at}", arrays) for at, one in enumerate(value)]
    return value


def _whole(plain: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The value that `_plain` made plain, with its arrays in it."""
    if isinstance(plain, list):
        return [_whole(one, arrays) for one in plain]
    if not isinstance(plain, dict):
        return plain
    if _ARRAY in plain:
        return arrays[plain[_ARRAY]]
    if _TENSOR in plain:
        found = torch.from_numpy(arrays[plain[_TENSOR]])
        return found.view(torch.bfloat16) if plain.get("kind") == _HALF else found
    if _NUMBER in plain:
        return float(plain[_NUMBER])
    if _ITEMS in plain:
        return {key: _whole(one, arrays) for key, one in plain[_ITEMS]}
    return {key.removeprefix("$"): _whole(one, arrays) for key, one in plain.items()}


__all__ = ["UNFIT", "context", "packed", "unpacked"]
