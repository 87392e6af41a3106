"""A name for what a network computes: equal for equal operations and weights, in every process."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from convscope.graph.program import Program


def fingerprint(program: Program) -> str:
    """SHA-256 over the operations, their arguments and the weights, as hexadecimal digits."""
    digest = hashlib.sha256(repr((program.input_shape, program.output)).encode())
    for step in program.steps:
        digest.update(f"{step.op} {_target(step.call.target)} {step.inputs} {step.call.pick}".encode())
        _digest(digest, (step.call.args, step.call.kwargs))
    for tap in program.taps:  # whose steps are among the others: what they stand for is not
        digest.update(f"{tap.name} {tap.source} {tap.code}".encode())
        _digest(digest, (tap.decoder, tap.offset))
    return digest.hexdigest()


def _target(target: Callable[..., Any]) -> str:
    """An operation's name, the same in every process: that of a Python function would hold its address in memory."""
    name = getattr(target, "__qualname__", None) if inspect.isfunction(target) else None
    return str(target) if name is None else f"{target.__module__}.{name}"


def _digest(digest: Any, tree: Any) -> None:
    if isinstance(tree, Tensor):
        digest.update(f"{tree.dtype} {tuple(tree.shape)}".encode())
        digest.update(tree.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    elif isinstance(tree, list | tuple):
        for item in tree:
            _digest(digest, item)
    elif isinstance(tree, dict):
        for key in sorted(tree):
            digest.update(str(key).encode())
            _digest(digest, tree[key])
    else:
        digest.update(repr(tree).encode())


__all__ = ["fingerprint"]
