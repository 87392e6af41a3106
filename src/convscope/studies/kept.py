"""An answer as the bytes of one file, and back: every field by its type, arrays as arrays, nothing that runs code.

The file is safetensors, with what is no array as JSON beside it and a checksum, see `convscope.stores.sealing`.
Fields that an answer is only made with (a network, an open collection) are marked `context()` and left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_origin

import numpy as np
import torch
from cattrs import Converter, override
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Unit
from convscope.stores.sealing import Arrays

_ARRAY, _TENSOR, _FLOAT = "array", "tensor", "number"

T = TypeVar("T")


def context(default: Any = None) -> Any:
    """A field of an answer that is not kept with it: what it was made with."""
    return field(default=default, metadata={"kept": False}, repr=False)


def packed(value: Any) -> tuple[dict[str, Any], Arrays]:
    """A dataclass as plain values, with its arrays beside them by the names of the fields that lead to them.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Small:
    ...     name: str
    ...     values: np.ndarray
    >>> packed(Small("a", np.zeros(2)))
    ({'name': 'a', 'values': {'array': 'values'}}, {'values': array([0., 0.])})
    """
    found: list[NDArray[Any]] = []
    plain = _converter(found).unstructure(value)
    arrays: Arrays = {}
    return _named(plain, "", found, arrays), arrays


def unpacked(kind: type[T], plain: Mapping[str, Any], arrays: Arrays) -> T:
    """The dataclass that `packed` took apart.

    Raises:
        ValueError: where values and arrays do not fit the class.
    """
    try:
        return _converter([], arrays).structure(_with_numbers(plain), kind)
    except (BaseValidationError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"it does not hold a {kind.__name__} of this version: {_reasons(error)}") from error


def _with_numbers(plain: Any) -> Any:
    """The plain values with the numbers that JSON does not have."""
    if isinstance(plain, dict):
        if set(plain) == {_FLOAT}:
            return float(plain[_FLOAT])
        return {key: _with_numbers(one) for key, one in plain.items()}
    return [_with_numbers(one) for one in plain] if isinstance(plain, list) else plain


def _reasons(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _converter(found: list[NDArray[Any]], arrays: Mapping[str, NDArray[Any]] | None = None) -> Converter:
    """What takes dataclasses apart, adding their arrays to `found`, or puts them together, with those in `arrays`."""
    stored, made = arrays or {}, Converter()

    def array(value: NDArray[Any]) -> dict[str, int]:
        found.append(np.ascontiguousarray(value))
        return {_ARRAY: len(found) - 1}

    def tensor(value: Tensor) -> dict[str, int]:
        found.append(np.ascontiguousarray(value.detach().cpu().numpy()))
        return {_TENSOR: len(found) - 1}

    def number(value: float) -> Any:
        return value if math.isfinite(value) else {_FLOAT: str(value)}

    def any_value(value: Any) -> Any:
        return value.item() if isinstance(value, np.generic) else made.unstructure(value, unstructure_as=type(value))

    made.register_unstructure_hook_func(_is_array, array)
    made.register_unstructure_hook(Tensor, tensor)
    made.register_unstructure_hook(float, number)
    made.register_unstructure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, np.generic), any_value)
    made.register_unstructure_hook(Path, str)
    made.register_structure_hook_func(_is_array, lambda value, _: stored[value[_ARRAY]])
    made.register_structure_hook(Tensor, lambda value, _: torch.from_numpy(stored[value[_TENSOR]]))
    made.register_structure_hook(Path, lambda value, _: Path(value))
    made.register_unstructure_hook_factory(
        is_dataclass, lambda kind: make_dict_unstructure_fn(kind, made, **_left_out(kind))
    )
    made.register_structure_hook_factory(
        is_dataclass, lambda kind: make_dict_structure_fn(kind, made, **_left_out(kind))
    )
    made.register_unstructure_hook(Unit, str)
    made.register_structure_hook(Unit, lambda value, _: Unit.parse(value))
    return made


def _left_out(kind: type) -> dict[str, Any]:
    return {one.name: override(omit=True) for one in fields(kind) if not one.metadata.get("kept", True)}


def _is_array(kind: Any) -> bool:
    return kind is np.ndarray or get_origin(kind) is np.ndarray


def _named(plain: Any, path: str, found: list[NDArray[Any]], arrays: Arrays) -> Any:
    """The plain values with arrays called by where they are."""
    if isinstance(plain, dict):
        for mark in (_ARRAY, _TENSOR):
            if set(plain) == {mark}:
                arrays[path] = found[plain[mark]]
                return {mark: path}
        return {
            str(key): _named(one, f"{path}.{key}" if path else str(key), found, arrays) for key, one in plain.items()
        }
    if isinstance(plain, list | tuple):
        return [_named(one, f"{path}.{at}", found, arrays) for at, one in enumerate(plain)]
    return plain


__all__ = ["context", "packed", "unpacked"]
