"""Names of layers: the path of the module that made the value, as `named_modules` and feature extractors spell it.

A module that makes its value in one operation gives its path ("features.8", "layer1.0.conv1"); an operation written
in a module's own forward gives the path and the operation ("layer1.0.add", "classifier.relu"); repeated calls get "_1",
"_2". A container's path is another name for the last value made within it ("layer1").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

aten = torch.ops.aten

DROPPING = (aten.dropout.default, aten.feature_dropout.default, aten.alpha_dropout.default)
"""What passes on its input in evaluation mode."""

PASSED_ON = "convscope.passed_on"
"""Where the metadata of a node keeps the module stacks of what passes on its value."""


@dataclass(frozen=True)
class Origin:
    """Where an operation was written: module calls from the outermost in, each a (call key, path) pair."""

    calls: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, node: Any) -> Origin:
        """The origin of an FX node, from the module stack that export leaves in its metadata."""
        return cls.of_stack(node.meta.get("nn_module_stack") or {})

    @classmethod
    def of_stack(cls, stack: Mapping[str, Any]) -> Origin:
        """The origin that a module stack tells: (path, type) by call key, from the outermost in."""
        calls = [(key, _clean(path)) for key, (path, _) in stack.items() if not key.startswith("_empty")]
        return cls(tuple(calls))

    @property
    def innermost(self) -> tuple[str, str]:
        """(call key, path) of the module whose forward the operation stands in."""
        return self.calls[-1] if self.calls else ("", "")


def _clean(path: str) -> str:
    # Repeated calls carry "@1" in newer exports; the path of the module is what stands before.
    return path.split("@")[0].removeprefix("L['self'].").removeprefix("L__self__")


def assign_names(origins: Iterable[tuple[Origin, str]]) -> list[str]:
    """A unique name for each operation, given in execution order as (origin, operation)."""
    origins = list(origins)
    parents = {key for origin, _ in origins for key, _ in origin.calls[:-1]}
    last = {origin.innermost[0]: i for i, (origin, _) in enumerate(origins)}
    names: list[str | None] = []
    bases: list[str] = []
    taken: set[str] = set()
    for i, (origin, op) in enumerate(origins):
        key, path = origin.innermost
        leaf = key not in parents and last[key] == i and path != ""
        bases.append(path if leaf else f"{path}.{op}" if path else op)
        # A module's own path goes to its first call, also where an operation before it would be called the same.
        names.append(path if leaf and path not in taken else None)
        taken.update([path] if leaf else [])
    seen: dict[str, int] = {}
    return [name or _next(base, seen, taken) for name, base in zip(names, bases, strict=True)]


def _next(base: str, seen: dict[str, int], taken: set[str]) -> str:
    """The base, or the base with the first number that makes it a new name."""
    while True:
        count = seen.get(base, 0)
        seen[base] = count + 1
        name = base if count == 0 else f"{base}_{count}"
        if name not in taken:
            taken.add(name)
            return name


def container_names(origins: Iterable[tuple[Origin, int]], taken: Iterable[str]) -> dict[str, int]:
    """For each module path that is no operation's name: the last value made in the module's first call."""
    first_call: dict[str, str] = {}
    found: dict[str, int] = {}
    for origin, value in origins:
        for key, path in origin.calls:
            if path and first_call.setdefault(path, key) == key:
                found[path] = value
    names = set(taken)
    return {path: value for path, value in found.items() if path not in names}
