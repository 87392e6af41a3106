"""What the program of a module depends on, as the name that it is kept under: whatever changes, the name does.

The files of the packages that the module's classes come from, of ours that trace it, PyTorch's build, what of its
settings tracing looks at; and the module itself: its parts with all that they hold, and the code of their methods, so
that what was changed in this process (a method replaced, a flag set) counts as well. A module that holds anything else
has no name, and is traced each time.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convscope.files import read_whole

_OURS = ("graph", "models", "kernels")
"""The rooms whose code decides what a program is."""
_BASES = frozenset({"torch", "convscope"})
_LARGEST = 64 * 2**20
_HELD = frozenset({"_parameters", "_buffers", "_modules"})


class Unnamed(Exception):
    """A module that holds what cannot be told from something else."""


def program_name(module: nn.Module, package: str, asked: Mapping[str, Any]) -> str | None:
    """The name of the program that the module is traced to, and all that is `asked` of it; None where it has none.

    package: the one that made the module; a part of a class from elsewhere leaves it without a name.
    """
    allowed = _BASES | {package}
    try:
        said = {
            "schema": 1,
            "asked": dict(asked),
            "torch": [torch.__version__, str(torch.version.git_version), *_settings()],
            "python": [platform.machine(), sys.version],
            "files": {name: _files_of(name) for name in sorted({"convscope", package})},
            "module": _module(module, allowed),
        }
    except Unnamed:
        return None
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _settings() -> list[str]:
    """What of PyTorch's settings decides which operations a module is exported as."""
    cuda = torch.backends.cuda
    return [
        str(torch.are_deterministic_algorithms_enabled()),
        torch.backends.cpu.get_cpu_capability(),
        *(
            str(enabled())
            for enabled in (cuda.flash_sdp_enabled, cuda.mem_efficient_sdp_enabled, cuda.math_sdp_enabled)
        ),
    ]


# -- files ------------------------------------------------------------------------------------------------------------
def _files_of(package: str) -> str:
    """A digest of the package's code; of our own package that of the rooms that trace."""
    root = getattr(sys.modules.get(package), "__file__", None)
    if root is None:
        raise Unnamed
    digest = hashlib.sha256()
    for path in _code(Path(root).parent, _OURS if package == "convscope" else ()):
        content = hashlib.sha256(read_whole(path)).hexdigest()
        digest.update(f"{path.relative_to(Path(root).parent).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _code(root: Path, rooms: Sequence[str]) -> Iterator[Path]:
    for folder in [root / room for room in rooms] or [root]:
        yield from sorted(path for path in folder.rglob("*.py") if path.is_file())


# -- modules ----------------------------------------------------------------------------------------------------------
def _module(module: nn.Module, allowed: frozenset[str]) -> list[Any]:
    """Each part by its path: its class with the code of its methods, its tensors' shapes, and what else it holds."""
    classes: dict[type, Any] = {}
    found = []
    for path, part in module.named_modules(remove_duplicate=False):
        cls = type(part)
        if cls not in classes:
            classes[cls] = _class(cls, allowed)
        held = {name: _value(one, allowed) for name, one in vars(part).items() if name not in _HELD}
        tensors = [
            [name, None if one is None else _tensor(one), type(one).__name__]
            for group in (part._parameters, part._buffers)
            for name, one in group.items()
        ]
        found.append([path, f"{cls.__module__}.{cls.__qualname__}", tensors, held])
    return [found, {f"{cls.__module__}.{cls.__qualname__}": said for cls, said in classes.items()}, _shared(module)]


def _shared(module: nn.Module) -> list[list[str]]:
    """Which names stand for one tensor."""
    names: dict[int, list[str]] = {}
    for name, tensor in (
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    ):
        names.setdefault(id(tensor), []).append(name)
    return sorted(group for group in names.values() if len(group) > 1)


def _tensor(tensor: Tensor) -> list[Any]:
    return [list(tensor.shape), list(tensor.stride()), str(tensor.dtype), str(tensor.device), tensor.requires_grad]


def _class(cls: type, allowed: frozenset[str]) -> list[Any]:
    """The classes that a part is of, each with the code of what it defines."""
    found = []
    for base in cls.__mro__:
        if base in (object, nn.Module) or base.__module__ in ("abc", "typing", "collections"):
            continue
        _check(base, allowed)
        code = {name: _code_of(one) for name, one in vars(base).items() if callable(getattr(one, "__func__", one))}
        found.append([f"{base.__module__}.{base.__qualname__}", code])
    return found


def _code_of(function: Any) -> str:
    """A digest of a function's code and of the functions within it; "" of what has none."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return "" if code is None else hashlib.sha256(_bytes_of(code)).hexdigest()


def _bytes_of(code: types.CodeType) -> bytes:
    return b"\0".join(
        [code.co_filename.encode(), code.co_code, repr(code.co_names).encode(), _constant(code.co_consts)]
    )


def _constant(value: Any) -> bytes:
    """A constant of some code; sets are in another order in each process."""
    if isinstance(value, types.CodeType):
        return _bytes_of(value)
    if isinstance(value, tuple):
        return b"(" + b",".join(map(_constant, value)) + b")"
    if isinstance(value, frozenset):
        return b"{" + b",".join(sorted(map(_constant, value))) + b"}"
    return repr(value).encode()


def _check(thing: Any, allowed: frozenset[str]) -> None:
    if str(getattr(thing, "__module__", "")).partition(".")[0] not in allowed | {"builtins", "functools", "math"}:
        raise Unnamed


def _value(value: Any, allowed: frozenset[str], deep: int = 0) -> Any:
    """What a part holds, as JSON values that differ where it does."""
    if deep > 16:
        raise Unnamed
    if value is None or isinstance(value, bool | int | str):
        return [type(value).__name__, value if not isinstance(value, Enum) else str(value)]
    if isinstance(value, float | np.number):
        return [type(value).__name__, repr(value)]
    if isinstance(value, torch.dtype | torch.device | torch.Size | torch.memory_format | Enum):
        return [type(value).__name__, str(value)]
    if isinstance(value, Tensor):
        return ["tensor", _tensor(value)]
    if isinstance(value, nn.Module):
        return ["module", f"{type(value).__module__}.{type(value).__qualname__}"]
    if isinstance(value, Mapping):
        pairs = [[_value(key, allowed, deep + 1), _value(one, allowed, deep + 1)] for key, one in value.items()]
        return [type(value).__name__, pairs]
    if isinstance(value, list | tuple):
        return [type(value).__name__, [_value(one, allowed, deep + 1) for one in value]]
    if isinstance(value, set | frozenset):
        return [type(value).__name__, sorted(json.dumps(_value(one, allowed, deep + 1)) for one in value)]
    return _thing(value, allowed, deep)


def _thing(value: Any, allowed: frozenset[str], deep: int) -> Any:
    if isinstance(value, functools.partial):
        parts = [value.func, value.args, value.keywords]
        return ["partial", [_value(one, allowed, deep + 1) for one in parts]]
    if is_dataclass(value) and not isinstance(value, type):
        _check(type(value), allowed)
        held = [[one.name, _value(getattr(value, one.name), allowed, deep + 1)] for one in fields(value)]
        return [type(value).__qualname__, held]
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        _check(value, allowed)
        return ["code", f"{value.__module__}.{value.__qualname__}", _code_of(value)]
    raise Unnamed


__all__ = ["Unnamed", "program_name"]
