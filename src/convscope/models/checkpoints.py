"""What torch.save and pickle.dump write, read as data: tensors by the names of dictionaries, the rest in words.

Nothing of torch's own reading is used: its `weights_only` refuses a file for one NumPy number, date or Namespace beside
the tensors. Here the pickle is followed by a machine that cannot call anything (`convscope.models.unpickling`), and of
what it describes, tensors alone are made, from their bytes and with their bounds checked.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from pickle import UnpicklingError
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from convscope.errors import WeightsError
from convscope.models.stored import REPEATED, Contents, Stored
from convscope.models.unpickling import (
    DAMAGE,
    Made,
    Named,
    Persistent,
    array_of,
    array_parts,
    bytes_of,
    dtype_of,
    read_pickle,
)

_MOST = 4_000_000  # instructions: a list of a million numbers beside the weights is one's own matter
_DEEPEST = 12
_VISITED = 1_000_000
_LONGEST = 1000  # characters of a path: a long key over many tensors would be repeated for each
_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of what torch.save wrote before its release 1.6
_SWAPPED = "its numbers are in another order of bytes than this machine's"
_NESTED = Named("torch.storage", "_load_from_bytes")

_DTYPES: Mapping[str, torch.dtype] = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "UntypedStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "QUInt8Storage": torch.uint8,
    "QInt8Storage": torch.int8,
    "QInt32Storage": torch.int32,
}

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


# -- storages ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Span:
    """The numbers of a storage: their type, how many there are, and `read` for bytes from a place on."""

    dtype: torch.dtype
    elements: int
    read: Callable[[int, int], bytearray]


Find = Callable[[Any], Span]
"""Finds the storage that a pickle refers to; raises UnpicklingError where there is none."""


def _storage_key(what: Any) -> tuple[str, torch.dtype, int]:
    """The name, type and length of a storage as a pickle refers to it."""
    if isinstance(what, tuple) and len(what) >= 5 and what[0] in ("storage", b"storage"):
        _, kind, key, _, elements = what[:5]
        dtype = _DTYPES.get(kind.name) if isinstance(kind, Named) and kind.module.startswith("torch") else None
        if dtype is not None and isinstance(key, str | int) and isinstance(elements, int) and elements >= 0:
            return str(key), dtype, elements
    raise UnpicklingError("it refers to a storage in a way that torch.save does not")


def _bytes_at(path: Path, start: int, count: int) -> bytearray:
    content = bytearray(count)
    with path.open("rb") as file:
        file.seek(start)
        if file.readinto(content) != count:
            raise EOFError("the file ends before its numbers do")
    return content


# -- files ------------------------------------------------------------------------------------------------------------
def read_archive(path: Path) -> Contents:
    """What is in a file of torch.save, as it writes them since release 1.6.

    Raises:
        WeightsError: where it is damaged, out of proportion, or names what a hostile file alone names.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, path)
            members = {member.filename: member for member in archive.infolist()}
            place = min((name for name in members if name.endswith("data.pkl")), key=len)
            root = place.removesuffix("data.pkl")
        order = members.get(f"{root}byteorder")
        if order is not None and _member(path, order).decode() != sys.byteorder:
            raise ValueError(_SWAPPED)
        held = read_pickle(io.BytesIO(_member(path, members[place])), most=_MOST)

        def find(what: Any) -> Span:
            key, dtype, elements = _storage_key(what)
            member = members.get(f"{root}data/{key}")
            if member is None or member.file_size < elements * dtype.itemsize:
                raise UnpicklingError(f"its storage {key} is not there")
            return Span(dtype, elements, lambda start, count: _bytes_at(path, _begin(path, member) + start, count))

        return _Tree(find).contents(held, "a checkpoint of torch.save")
    except (*DAMAGE, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, error) from error


def _member(path: Path, member: zipfile.ZipInfo) -> bytes:
    """A small member whole; zipfile would refuse one whose checksum was never made."""
    return bytes(_bytes_at(path, _begin(path, member), member.file_size))


def _begin(path: Path, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member that is not compressed begin: after its header, its name and what is beside it."""
    header = _bytes_at(path, member.header_offset, 30)
    return member.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")


def _check_archive(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise ValueError for an archive that inflates, BadZipFile for one that is not as it was written.

    torch.save does not compress, so its files are their own bound. It writes checksums that torch.load does not look
    at; without them (torch.serialization.set_crc32_options) they are 0.
    """
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > path.stat().st_size:
            raise ValueError(f"its part {member.filename} is compressed, which torch.save never does")
    for member in archive.infolist():
        if member.CRC:
            with archive.open(member) as file:
                while file.read(1 << 20):
                    pass


def read_pickled(path: Path) -> Contents:
    """What is in a file of pickle.dump, or of torch.save before its release 1.6; raises as `read_archive`."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in texts of Python 2
            held = read_pickle(file, most=_MOST)
            if held != _MAGIC:
                return _Tree(_nothing).contents(held, "a pickle")
            return _Tree(*_old(file, lambda start, count: _bytes_at(path, start, count))).contents(
                None, "a checkpoint of torch.save, in its form before release 1.6"
            )
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def _nothing(what: Any) -> Span:
    raise UnpicklingError(f"it refers to a storage beside it ({what!r:.40}), and there is none")


def _old(file: IO[bytes], read: Callable[[int, int], bytearray]) -> tuple[Find, Any]:
    """The storages of a file before release 1.6, and what its pickle holds; the first pickle was read."""
    read_pickle(file)  # the protocol
    system = read_pickle(file)
    if isinstance(system, dict) and system.get("little_endian", True) != (sys.byteorder == "little"):
        raise ValueError(_SWAPPED)
    held = read_pickle(file, most=_MOST)
    keys = read_pickle(file)
    places: dict[str, tuple[int, int]] = {}
    kinds = _kinds(held)
    for key in keys if isinstance(keys, list) else ():
        elements = int.from_bytes(file.read(8), "little")
        start = file.tell()
        size = elements * kinds.get(str(key), torch.uint8).itemsize
        places[str(key)] = start, size
        if size > file.seek(0, os.SEEK_END) - start:
            raise EOFError("the file ends before its numbers do")
        file.seek(start + size)

    def find(what: Any) -> Span:
        key, dtype, elements = _storage_key(what)
        view = what[5] if len(what) > 5 else None
        begin, size = places[key]
        if isinstance(view, tuple):  # part of the storage
            _, first, elements = view
            begin, size = begin + first * dtype.itemsize, size - first * dtype.itemsize
        if not 0 <= elements * dtype.itemsize <= size:
            raise UnpicklingError(f"its storage {key} is not there")
        return Span(dtype, elements, lambda start, count: read(begin + start, count))

    return find, held


def _kinds(held: Any) -> dict[str, torch.dtype]:
    """The types of all storages that a pickle refers to, by their names."""
    found: dict[str, torch.dtype] = {}
    for part in _everything(held):
        if isinstance(part, Persistent):
            key, dtype, _ = _storage_key(part.what)
            found[key] = dtype
    return found


def _everything(held: Any) -> Iterator[Any]:
    """All parts of what a pickle held, each once."""
    seen: set[int] = set()
    left = [held]
    while left:
        part = left.pop()
        if id(part) in seen or isinstance(part, str | int | float | bytes):
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list | tuple):
            left += part
        elif isinstance(part, Made):
            left += [part.arguments, part.state, part.items, part.pairs]


def _unreadable(path: Path, error: BaseException) -> WeightsError:
    first = next((line for line in str(error).splitlines() if line), type(error).__name__)
    return WeightsError(
        f"cannot read '{path}' as a torch checkpoint or a pickle of tensors: {first}; is it a complete file, written "
        "by torch.save or pickle.dump?"
    )


# -- what is in them --------------------------------------------------------------------------------------------------
@dataclass
class _Tree:
    """The dictionaries of a file, and the tensors in them."""

    find: Find
    held: Any = None
    stored: dict[str, Stored] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    visited: int = 0

    def contents(self, held: Any, kind: str) -> Contents:
        held = self.held if held is None else held
        self.walk(held, "", (), 0)
        top = mapping_of(held)
        words = {} if top is None else {str(key): said(value) for key, value in top.items()}
        if top is None:
            words = {"": said(held)}
        groups = {name.partition(".")[0] for name in (*self.stored, *self.modules)}
        return Contents(
            kind, self.stored, {key: text for key, text in words.items() if key not in groups}, self.modules
        )

    def walk(self, node: Any, path: str, above: tuple[int, ...], depth: int) -> None:
        """Note the tensors of a dictionary, and of those in it."""
        if depth > _DEEPEST or id(node) in above:
            return
        if is_module(node):
            self.modules[path] = str(node)
            return
        items = _items(node)
        for key, value in items:
            self.visited += 1
            if self.visited > _VISITED:
                raise UnpicklingError(f"it holds more than {_VISITED} values, some of them many times over")
            name = f"{path}.{key}" if path else str(key)
            if len(name) > _LONGEST:
                raise UnpicklingError(f"it holds something under a name of {len(name)} characters")
            tensor = None if isinstance(node, list | tuple) else self.tensor(value)
            if tensor is not None:
                if isinstance(key, str):
                    self.stored[name] = replace(tensor, group=path)
            elif isinstance(value, dict | list | tuple | Made):
                self.walk(value, name, (*above, id(node)), depth + 1)

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
        whole = all(isinstance(n, int) and 0 <= n < 2**62 for n in (offset, *size, *stride))
        if not whole or len(size) != len(stride) or len(size) > 32:
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

    def span(self, storage: Any) -> Span:
        """The storage that a tensor refers to, in this file or, as pickle.dump writes it, in a file within it."""
        if isinstance(storage, Made) and storage.maker == _NESTED:
            content = bytes_of(storage.arguments[0]) or b""
            file = io.BytesIO(content)
            if read_pickle(file) != _MAGIC:
                raise UnpicklingError("it holds a storage in a form that torch does not write")
            find, held = _old(file, lambda start, count: bytearray(content[start : start + count]))
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
    size, flat = tuple(_listed(shape)), bytes_of(content)
    if flat is None or not all(isinstance(n, int) and n >= 0 for n in size):
        raise UnpicklingError("an array in it is not made of bytes, a type and a shape that fit")
    return Stored(size, like.dtype, lambda: torch.from_numpy(array_of(flat, dtype, shape, order)))


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


# -- in words ---------------------------------------------------------------------------------------------------------
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


def _items(node: Any) -> list[tuple[Any, Any]]:
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
