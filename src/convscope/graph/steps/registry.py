"""Which class stands for which ATen operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from convscope.graph.steps.base import Call, Step

_RULES: dict[Any, list[type[Step]]] = {}
S = TypeVar("S", bound=type[Step])


def rule(*targets: Any) -> Callable[[S], S]:
    """Registers a step class for ATen overloads, or kinds of them; of several, the last registered that accepts a call
    wins."""

    def register(cls: S) -> S:
        for target in targets:
            _RULES.setdefault(target, []).append(cls)
        return cls

    return register


def make_step(index: int, name: str, call: Call) -> Step:
    """The step for a call: of the first class that has a rule for its operation, or its kind, else the exact fallback.

    Rules are those of real numbers.
    """
    if call.result.complex or any(value.complex for value in call.sources):
        return Step(index, name, call)
    for cls in (*reversed(_RULES.get(call.target, [])), *reversed(_RULES.get(type(call.target), []))):
        if cls.accepts(call):
            return cls(index, name, call)
    return Step(index, name, call)
