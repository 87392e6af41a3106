"""What a pickle described, looked through: the tensors in its dictionaries by name, and the rest in words.

Of what the machine of `convscope.models.unpickling` describes, tensors alone are made, from their bytes and with their
bounds checked.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.models.storages import MAGIC, Find, StorageSpan, read_old
from convscope.models.stored import REPEATED, Contents, Stored
from convscope.models.unpickling import Made, Named, Persistent, array_of, array_parts, bytes_of, dtype_of, read_pickle

_DEEPEST = 12
_VISITED = 1_000_000
_AXES = 32
_LONGEST = 1000  # characters of a path: a long key over many tensors would be repeated for each
_NESTED = Named("torch.storage", "_load_from_bytes")

_WRAPPED = (
    "_rebuild_parameter",
    "_rebuild_parameter_with_state",
    "_rebuild_device_tensor_from_numpy",
    "_rebuild_device_tensor_from_cpu_tensor",
)
"""What is called with a tensor, and gives it again."""
_FLOAT = "take the network in floating point, as it was before"
_PROBLEMS: Mapping[str, str] = {
    "_rebuild_qtensor": f"is quantised: {_FLOAT} it was quantised, or save it dequantised",
    "_rebuild_sparse_tensor": "is sparse: save it as tensor.to_dense()",
    "_rebuild_meta_tensor_no_storage": "is on the meta device and has no numbers: save the weights once they are there",
    "_rebuild_nested_tensor": "is a nested tensor: save its parts as tensors of their own",
    "_rebuild_wrapper_subclass": "is of a class of its own: save the plain tensor in it (a DTensor's full_tensor())",
}


@dataclass
class Tree:
    """The dictionaries of a file, and the tensors in them."""

    find: Find
    held: Any = None
    stored: dict[str, Stored] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    visited: int = 0
    held_at: set[str] = field(default_factory=set)
    """Keys at the top that tensors or modules stand under."""
    known: dict[int, Stored | None] = field(default_factory=dict)
    """What was made of a description, by its identity: a pickle may hold one many times."""
    spans: dict[int, StorageSpan] = field(default_factory=dict)

    def contents(self, held: Any, kind: str) -> Contents:
        """The tensors of what a pickle held (None: of what is `held`), and the rest of its entries in words."""
        held = self.held if held is None else held
        self.walk(held, "", (), 0)
        top = mapping_of(held)
        words = {} if top is None else {str(key): said(value) for key, value in top.items()}
        if top is None:
            words = {"": said(held)}
        words = {key: text for key, text in words.items() if key not in self.held_at}
        return Contents(kind, self.stored, words, self.modules)

    def walk(self, node: Any, path: str, above: tuple[int, ...], depth: int) -> None:
        """Note the tensors of a dictionary, and of those in it."""
        if depth > _DEEPEST or id(node) in above:
            return
        if is_module(node):
            self.modules[path] = str(node)
            return
        self.visited += 1 + width_of(node)
        if self.visited > _VISITED:
            raise UnpicklingError(f"it holds more than {_VISITED} values, some of them many times over")
        for key, value in items_of(node):
            name = f"{path}.{key}" if path else str(key)
            if len(name) > _LONGEST:
                raise UnpicklingError(f"it holds something under a name of {len(name)} characters")
            before = len(self.stored) + len(self.modules)
            tensor = None if isinstance(node, list | tuple) else self.noted(value)
            if tensor is not None:
                if isinstance(key, str):
                    self.stored[name] = replace(tensor, group=path)
            elif isinstance(value, dict | list | tuple | Made):
                self.walk(value, name, (*above, id(node)), depth + 1)
            if not path and len(self.stored) + len(self.modules) > before:
                self.held_at.add(name)

    def noted(self, node: Any) -> Stored | None:
        """The tensor that is described, made once; None for what is none."""
        if not isinstance(node, Made):
            return None
        if id(node) not in self.known:
            self.known[id(node)] = self.tensor(node)
        return self.known[id(node)]

    def tensor(self, node: Any, depth: int = 0) -> Stored | None:
        """The tensor that is described; None for what is none."""
        if not isinstance(node, Made) or depth > _DEEPEST:
            return None
        parts = array_parts(node)
        if parts is not None:
            content, dtype, shape, order = parts
            return _array(content, dtype, shape, order)
        maker, arguments = node.maker, node.arguments
        if not isinstance(maker, Named) or not isinstance(arguments, tuple) or not maker.module.startswith("torch"):
            return None
        if maker.name in _WRAPPED:
            return self.tensor(arguments[0], depth + 1)
        if maker.name == "_rebuild_from_type_v2":
            return self.tensor(Made(arguments[0], arguments[2]), depth + 1)
        if maker.name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"):
            dtype = arguments[6] if maker.name.endswith("v3") else None
            storage, offset, size, stride = arguments[:4]
            return self.plain(storage, offset, size, stride, None if dtype is None else _dtype(dtype))
        problem = _PROBLEMS.get(maker.name)
        return None if problem is None else Stored(_shape_said(arguments), torch.uint8, _never, problem=problem)

    def plain(self, storage: Any, offset: Any, size: Any, stride: Any, dtype: torch.dtype | None) -> Stored:
        """A tensor of numbers in a storage, its bounds checked."""
        span, size = self.span(storage), tuple(_listed(size))
        kind, stride = dtype or span.dtype, tuple(_listed(stride))
        elements = span.elements * span.dtype.itemsize // kind.itemsize
        whole = all(type(n) is int and 0 <= n < 2**62 for n in (offset, *size, *stride))  # no truth values
        if not whole or len(size) != len(stride) or len(size) > _AXES:
            raise UnpicklingError("it holds a tensor of no shape that there is")
        count = 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if prod(size) else 0
        if offset + count > elements:
            raise UnpicklingError("it holds a tensor that reaches beyond its storage")
        total = prod(size) * kind.itemsize
        if total > max(elements * kind.itemsize, REPEATED):
            problem = f"repeats a few numbers to {total} bytes; save it with tensor.contiguous()"
            return Stored(size, kind, _never, problem=problem)

        def read() -> Tensor:
            if not count:
                return torch.empty(size, dtype=kind, device="cpu")
            flat = torch.frombuffer(span.read(offset * kind.itemsize, count * kind.itemsize), dtype=kind)
            return flat.as_strided(size, stride)

        return Stored(size, kind, read)

    def span(self, storage: Any) -> StorageSpan:
        """The storage that a tensor refers to, in this file or, as pickle.dump writes it, in a file within it."""
        if id(storage) not in self.spans:
            self.spans[id(storage)] = self._span(storage)
        return self.spans[id(storage)]

    def _span(self, storage: Any) -> StorageSpan:
        if isinstance(storage, Made) and storage.maker == _NESTED:
            content = bytes_of(storage.arguments[0]) or b""
            file = io.BytesIO(content)
            if read_pickle(file) != MAGIC:
                raise UnpicklingError("it holds a storage in a form that torch does not write")
            find, held = read_old(file, lambda start, count: bytearray(content[start : start + count]))
            return find(held.what if isinstance(held, Persistent) else held)
        if isinstance(storage, Made) and isinstance(storage.arguments, tuple):  # TypedStorage of an untyped one
            inner = next((part for part in (storage.state, *storage.arguments) if isinstance(part, Persistent)), None)
            storage = inner or storage
        return self.find(storage.what if isinstance(storage, Persistent) else storage)


def _never() -> Tensor:
    raise ValueError("it has no plain numbers")


def _array(content: Any, dtype: Any, shape: Any, order: Any) -> Stored | None:
    """A NumPy array; None for one of texts or objects, which are no weights. It is made when it is read."""
    try:
        like = torch.from_numpy(np.empty(0, dtype_of(dtype).newbyteorder("=")))
    except (UnpicklingError, TypeError):  # a type that torch does not have, or none of numbers
        return None
    size = tuple(_listed(shape))
    whole = len(size) <= _AXES and all(type(n) is int and 0 <= n < 2**62 for n in size)
    if not whole or not isinstance(content, bytes | bytearray | str | Made):
        raise UnpicklingError("an array in it is not made of bytes, a type and a shape that fit")
    # Its bytes may have to be made from text, which thousands of arrays may share: when it is read.
    return Stored(size, like.dtype, lambda: torch.from_numpy(array_of(content, dtype, shape, order)))


_TYPES: Mapping[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)
}


def _dtype(value: Any) -> torch.dtype:
    found = _TYPES.get(value.name) if isinstance(value, Named) and value.module == "torch" else None
    if found is None:
        raise UnpicklingError(f"it holds a tensor of type {value}, which this torch does not have")
    return found


def _listed(value: Any) -> tuple[Any, ...] | list[Any]:
    """A size as it is pickled: a tuple, or torch.Size of one."""
    if isinstance(value, Made) and isinstance(value.arguments, tuple) and len(value.arguments) == 1:
        value = value.arguments[0]
    if not isinstance(value, tuple | list):
        raise UnpicklingError("it holds a tensor of no shape that there is")
    return value


def _shape_said(arguments: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape among the arguments of what is no plain tensor, where one is; only to be shown."""
    sizes = (one for one in arguments if isinstance(one, tuple) and all(isinstance(n, int) for n in one))
    return tuple(next(sizes, ()))


def mapping_of(node: Any) -> Mapping[Any, Any] | None:
    """The entries of a dictionary, of one of its kin (OrderedDict, defaultdict, a configuration), or of an object."""
    if isinstance(node, dict):
        return node
    if not isinstance(node, Made):
        return None
    if node.pairs:
        return node.pairs
    first = next(iter(node.arguments), None) if isinstance(node.arguments, tuple) else None
    if isinstance(first, dict) and first:
        return first
    if isinstance(first, list) and first and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in first):
        pairs = [(key, value) for key, value in first if isinstance(key, str)]  # as Python 2 wrote an OrderedDict
        return dict(pairs)
    if str(node.maker).rpartition(".")[2].endswith("Dict"):
        return {}
    return node.state if isinstance(node.state, dict) else None


def width_of(node: Any) -> int:
    """How many entries are looked at to find those of a node."""
    if isinstance(node, Made):
        first = next(iter(node.arguments), None) if isinstance(node.arguments, tuple) else None
        held = (node.pairs, first, node.state)
        return sum(len(part) for part in held if isinstance(part, dict | list))
    return len(node) if isinstance(node, dict) or (isinstance(node, list | tuple) and len(node) <= 1000) else 0


def items_of(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, list | tuple):
        return list(enumerate(node)) if len(node) <= 1000 else []
    found = mapping_of(node)
    return [] if found is None else [(key, value) for key, value in found.items() if isinstance(key, str | int)]


def is_module(node: Any) -> bool:
    """Whether something is a whole torch.nn.Module, by what it would have been given."""
    return isinstance(node, Made) and isinstance(node.state, dict) and {"_modules", "_parameters"} <= set(node.state)


def said(value: Any) -> str:
    """What something is, in a few words.

    >>> said(3), said({"a": 1}), said(Made(Named("argparse", "Namespace")))
    ('3', 'a dictionary of 1', 'argparse.Namespace')
    """
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "...")
    if isinstance(value, dict):
        return f"a dictionary of {len(value)}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Made) and str(value.maker).startswith("torch._utils._rebuild"):
        return "a tensor"
    return str(value) if isinstance(value, Made | Named) else type(value).__name__


__all__ = ["Tree", "said"]
