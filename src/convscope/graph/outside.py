"""What tracing a forward pass would leave behind outside of the module, put back: caches, generators.

While a module is exported its tensors are stand-ins without numbers. A function with a cache (`functools.lru_cache`
around position ramps or anchors, say), or a dictionary beside a class, would keep what it made of them, and give it to
whoever asks next, the module's owner among them. And a number drawn from Python's or NumPy's generator would stand in
the program for good.
"""

from __future__ import annotations

import functools
import gc
import random
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np
from torch import Tensor, nn

_CACHED = type(functools.lru_cache(lambda: None))
#: Whose caches are no concern of a module's: they hold nothing made of its tensors, and are slow to fill.
_OTHERS = frozenset({"torch", "sympy", "mpmath", "numpy", "numba", "llvmlite", "convscope"}) | sys.stdlib_module_names


@contextmanager
def caches_kept(module: nn.Module) -> Iterator[None]:
    """A block after which cached functions that the module may call hold what they held before, and nothing more."""
    before = [(function, cache, set(cache)) for function, cache in _caches(module)]
    known = {id(function) for function, _, _ in before}
    try:
        yield
    finally:
        for function, cache in _caches(module):  # of a package that forward imported, too
            if id(function) not in known:
                before.append((function, cache, set()))
        for function, cache, held in before:
            if not held and cache:
                function.cache_clear()
            for key in [key for key in cache if key not in held]:
                del cache[key]


def _caches(module: nn.Module) -> list[tuple[Any, MutableMapping[Any, Any]]]:
    """The cached functions in reach, each with its cache."""
    found: dict[int, Any] = {}
    for name, loaded in list(sys.modules.items()):
        if name.partition(".")[0] not in _OTHERS and isinstance(loaded, ModuleType):
            _note(list(vars(loaded).values()), name, found)
    for part in module.modules():
        for cls in type(part).__mro__:
            if cls.__module__.partition(".")[0] not in _OTHERS:
                _note(list(vars(cls).values()), cls.__module__, found)
        _note(list(vars(part).values()), "", found)
    caches = ((function, _cache_of(function)) for function in found.values())
    return [(function, cache) for function, cache in caches if cache is not None]


def _note(candidates: list[Any], place: str, found: dict[int, Any]) -> None:
    """Adds the cached functions among what a module or a class holds, its classes, and functions close over."""
    for one in candidates:
        one = getattr(one, "__func__", one) if isinstance(one, staticmethod | classmethod) else one
        if isinstance(one, _CACHED):
            found[id(one)] = one
        elif isinstance(one, type) and one.__module__ == place:
            _note([v for v in vars(one).values() if not isinstance(v, type)], place, found)
        elif isinstance(one, FunctionType) and one.__closure__:
            _note([held for cell in one.__closure__ if isinstance(held := _contents(cell), _CACHED)], place, found)


@contextmanager
def variables_kept(module: nn.Module) -> Iterator[None]:
    """A block after which no variable of the packages and classes that the module is written in holds a stand-in, and
    no list or dictionary there."""
    before = [(owner, dict(vars(owner))) for owner in _owners(module)]
    try:
        yield
    finally:
        seen = set[int]()
        for owner, held in before:
            for name, value in list(vars(owner).items()):
                if not _stands_in(value):
                    _clear(value, seen)
                elif name in held:
                    setattr(owner, name, held[name])
                else:
                    delattr(owner, name)


def _owners(module: nn.Module) -> list[ModuleType | type]:
    classes = {cls for part in module.modules() for cls in type(part).__mro__}
    own = [cls for cls in classes if cls.__module__.partition(".")[0] not in _OTHERS]
    packages = {cls.__module__.partition(".")[0] for cls in own}
    loaded = list(sys.modules.items())
    return [one for name, one in loaded if name.partition(".")[0] in packages and isinstance(one, ModuleType)] + own


def _stands_in(value: Any) -> bool:
    """Whether a value is a stand-in, or a tuple with one."""
    if isinstance(value, tuple):
        return any(map(_stands_in, value))
    return isinstance(value, Tensor) and type(value).__module__.startswith("torch._subclasses.")


def _clear(value: Any, seen: set[int]) -> None:
    """Takes stand-ins out of a dictionary, a list, and of those within, but for what has been `seen`."""
    if type(value) not in (dict, list, OrderedDict, defaultdict) or id(value) in seen:
        return
    seen.add(id(value))
    keyed = isinstance(value, dict)
    for key, one in list(value.items() if keyed else enumerate(value))[::-1]:
        if _stands_in(one):
            del value[key]
        else:
            _clear(one, seen)


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return None


def _cache_of(function: Any) -> MutableMapping[Any, Any] | None:
    """The dictionary in which a function keeps its results; None where it keeps none."""
    mine = getattr(function, "__dict__", None)
    return next((one for one in gc.get_referents(function) if isinstance(one, dict) and one is not mine), None)


@contextmanager
def python_draws() -> Iterator[list[str]]:
    """A block whose list says, at its end, from which generators outside of PyTorch numbers were drawn within it.

    The generators are put back to where they were.
    """
    drawn: list[str] = []
    generators: list[tuple[str, Callable[[], Any], Callable[[Any], None]]] = [
        ("Python's random", random.getstate, random.setstate),
        ("numpy.random", np.random.get_state, np.random.set_state),
    ]
    before = [read() for _, read, _ in generators]
    yield drawn
    for (name, read, write), state in zip(generators, before, strict=True):
        if _differ(read(), state):
            drawn.append(name)
            write(state)


def _differ(one: Any, other: Any) -> bool:
    return any(
        not np.array_equal(a, b) if isinstance(a, np.ndarray) else a != b for a, b in zip(one, other, strict=True)
    )
