"""What the program of a module depends on, as the name that it is kept under: whatever changes, the name does.

The version and files of the package that the module's classes come from, and of ours that trace it, PyTorch's build,
what of its settings tracing looks at; and the module itself: its parts with all that they hold, their classes with the
code of their methods and what else they hold, and the functions, classes and constants that this code names, so that
what was changed in this process (a method replaced, a flag set, a function put in another's place) counts as well. Of
PyTorch's own functions those count that the package's code names itself. A module that holds anything else has no
name, and is traced each time.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convscope.files import read_whole

_OURS = ("graph", "models", "data", "kernels")
"""The rooms whose code decides what a program is, with the modules beside them."""
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
            "versions": [_version_of("convscope"), _version_of(package), importlib.metadata.version("sympy")],
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


def _version_of(package: str) -> str:
    return str(getattr(sys.modules.get(package), "__version__", ""))


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
    if rooms:
        yield from sorted(root.glob("*.py"))


# -- modules ----------------------------------------------------------------------------------------------------------
def _module(module: nn.Module, allowed: frozenset[str]) -> list[Any]:
    """Each part by its path: its class with the code of its methods, its tensors' shapes, and what else it holds."""
    classes: dict[type, Any] = {}
    found = []
    for path, part in module.named_modules(remove_duplicate=False):
        cls = type(part)
        if cls not in classes:
            classes[cls] = _class(cls, allowed)
        held = {name: _held(one, allowed) for name, one in vars(part).items() if name not in _HELD}
        tensors = [
            [name, None if one is None else _tensor(one), type(one).__name__]
            for group in (part._parameters, part._buffers)
            for name, one in group.items()
        ]
        found.append([path, f"{cls.__module__}.{cls.__qualname__}", tensors, held])
    return [found, {f"{cls.__module__}.{cls.__qualname__}": said for cls, said in classes.items()}, _shared(module)]


def _held(value: Any, allowed: frozenset[str]) -> Any:
    """What a part holds; of a function with all that its code names."""
    said = _value(value, allowed)
    follows = isinstance(value, types.FunctionType | types.MethodType | functools.partial)
    return [said, Code(allowed).of(value)] if follows else said


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
    found, code = [], Code(allowed)
    for base in cls.__mro__:
        if base in (object, nn.Module) or base.__module__ in ("abc", "typing", "collections"):
            continue
        _check(base, allowed)
        found.append([f"{base.__module__}.{base.__qualname__}", code.of_class(base)])
    return found


@dataclass
class Code:
    """What code is, with all that it names: digests, in which a thing stands once, however often it is named."""

    allowed: frozenset[str]
    met: set[int] = field(default_factory=set)

    def of_class(self, cls: type) -> dict[str, str]:
        """What a class itself defines: its methods, properties and constants."""
        self.met.add(id(cls))
        return {name: self.of(one) for name, one in vars(cls).items() if name not in _EVERY_CLASS}

    def of(self, thing: Any) -> str:
        """A digest of a function, class, constant, or of what holds such; the name of the kind of anything else."""
        thing = getattr(thing, "__func__", thing)
        if not isinstance(thing, types.FunctionType | type):
            thing = getattr(thing, "__wrapped__", thing)  # of a cache around it
        if isinstance(thing, property | functools.cached_property):
            parts = (thing.fget, thing.fset) if isinstance(thing, property) else (thing.func,)
            return " ".join(map(self.of, parts))
        if isinstance(thing, functools.partial):
            return self._digest("partial", *map(self.of, (thing.func, *thing.args, *thing.keywords.values())))
        if isinstance(thing, types.FunctionType):
            return self._function(thing)
        if isinstance(thing, type):
            return self._type(thing)
        try:
            return json.dumps(_value(thing, self.allowed))
        except Unnamed:
            return type(thing).__qualname__

    def _function(self, function: types.FunctionType) -> str:
        if id(function) in self.met:
            return function.__qualname__
        self.met.add(id(function))
        code = function.__code__
        parts = [_bytes_of(code).hex()]
        if not _is_of(function, self.allowed - {"torch"}):
            return self._digest(*parts)  # of others' functions the code alone
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_full(cell)]
        held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *cells]
        named = self._named(code, function.__globals__)
        return self._digest(*parts, *map(self.of, held), *(f"{name} {self.of(one)}" for name, one in named))

    def _type(self, cls: type) -> str:
        name = f"{cls.__module__}.{cls.__qualname__}"
        if id(cls) in self.met or not _is_of(cls, self.allowed - {"torch"}):
            return name
        return self._digest(name, *(f"{key} {said}" for key, said in self.of_class(cls).items()))

    def _named(self, code: types.CodeType, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The globals that some code names, and of modules among them what it names of these."""
        yield from _parts(code.co_names, known, ())
        for one in code.co_consts:
            if isinstance(one, types.CodeType):
                yield from self._named(one, known)

    @staticmethod
    def _digest(*parts: str) -> str:
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _parts(
    names: Sequence[str], known: Mapping[str, Any], within: tuple[types.ModuleType, ...]
) -> Iterator[tuple[str, Any]]:
    """What is known by some of the names, and of modules among it what these know by them."""
    for name in names:
        if name not in known:
            continue
        one = known[name]
        if not isinstance(one, types.ModuleType):
            yield name, one
        elif one not in within:
            yield from ((f"{name}.{part}", inner) for part, inner in _parts(names, vars(one), (*within, one)))


_EVERY_CLASS = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__firstlineno__"})


def _is_full(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _is_of(thing: Any, packages: frozenset[str]) -> bool:
    """Whether something comes from one of these packages."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] in packages


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
