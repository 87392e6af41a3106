"""What a model does to the numbers that a mask picks, done to all of them and then chosen: tensors of one size again.

`x[x < 0] *= 0.1` is exported as the masked numbers, however many there are, their product, and a writing of it where
the mask is. The product of all numbers, chosen by the mask, is the same, as in `torch.where(x < 0, 0.1 * x, x)`.
Only operations are moved that have a finite value and slope for every number: what is not chosen must not do harm.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.fx import Node

aten = torch.ops.aten

_MOVED = {
    *(aten.mul.Tensor, aten.mul.Scalar, aten.add.Tensor, aten.add.Scalar, aten.sub.Tensor, aten.sub.Scalar),
    *(aten.div.Scalar, aten.rsub.Scalar, aten.neg.default, aten.tanh.default, aten.sigmoid.default, aten.abs.default),
    *(aten.relu.default, aten.clone.default),
}
_CHECKS = ("sym_size", "_assert", "sym_constrain", "sym_numel")


def without_masks(program: ExportedProgram) -> None:
    """Rewrites the masked writings of a program's graph that can be choices; others stay as they are."""
    graph = program.graph_module.graph
    for node in list(graph.nodes):
        if node.target is aten.index_put.default and _is_masked(node):
            base, where, new = _arguments(node)
            chain = _chain(new, base, where[0]) if isinstance(new, Node) else None
            if chain:
                _choose(graph, node, chain)


def _arguments(node: Node) -> tuple[Any, ...]:
    """The first arguments of a writing or a picking: a tensor, the list of masks, and what is written."""
    return tuple(node.args[:3])


def _is_masked(node: Node) -> bool:
    """Whether a writing is `base[mask] = ...` with a mask of the base's shape."""
    base, where, _ = _arguments(node)
    if len(node.args) > 3 or node.kwargs or not (isinstance(base, Node) and isinstance(where, list | tuple)):
        return False
    if len(where) != 1 or not isinstance(where[0], Node):
        return False
    mask, value = where[0].meta["val"], base.meta["val"]
    return mask.dtype == torch.bool and [str(n) for n in mask.shape] == [str(n) for n in value.shape]


def _chain(new: Node, base: Node, mask: Node) -> list[Node] | None:
    """The nodes from what the mask picks of tensors to what is written, in execution order; None for another origin."""
    found: dict[Node, None] = {}
    waiting = [new]
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        found[node] = None
        if node.target is aten.index.Tensor:
            source, where = _arguments(node)
            alike = isinstance(source, Node) and _alike(source.meta["val"], base.meta["val"])
            if not alike or len(where) != 1 or not _same(where[0], mask):
                return None
        elif node.target in _MOVED and node.meta["val"].dtype == base.meta["val"].dtype:
            waiting += [one for one in node.all_input_nodes if not _is_constant(one)]
        else:
            return None
    order = {node: place for place, node in enumerate(new.graph.nodes)}
    return sorted(found, key=order.__getitem__)


def _same(one: Any, other: Node) -> bool:
    """Whether two masks are one, made once or twice."""
    made = isinstance(one, Node) and one.op == other.op == "call_function"
    return one is other or (made and (one.target, one.args, one.kwargs) == (other.target, other.args, other.kwargs))


def _is_constant(node: Node) -> bool:
    """Whether a node is one number, whatever the image."""
    value = node.meta.get("val")
    return node.op in ("placeholder", "get_attr") and isinstance(value, torch.Tensor) and value.dim() == 0


def _alike(one: Any, other: Any) -> bool:
    return one.dtype == other.dtype and [str(n) for n in one.shape] == [str(n) for n in other.shape]


def _choose(graph: torch.fx.Graph, writing: Node, chain: list[Node]) -> None:
    """Puts a choice in the place of a writing, and takes away what it no longer needs."""
    base, (mask,), new = _arguments(writing)
    whole: dict[Node, Any] = {}
    with graph.inserting_before(writing):
        for node in chain:
            if node.target is aten.index.Tensor:
                whole[node] = _arguments(node)[0]
                continue
            made = graph.node_copy(node, lambda one: whole.get(one, one))
            made.meta = {**node.meta, "val": base.meta["val"]}
            whole[node] = made
        chosen = graph.call_function(aten.where.self, (mask, whole[new], base))
        chosen.meta = dict(writing.meta)
    writing.replace_all_uses_with(chosen)
    graph.erase_node(writing)
    for node in reversed(chain):  # reads of what is in the mask would be refused
        idle = list(_only_checked(node))
        if len(idle) == len({*idle, *node.users}):
            for one in reversed(idle):
                graph.erase_node(one)
            graph.erase_node(node)


def _only_checked(node: Node) -> Iterator[Node]:
    """The nodes that only see whether a size makes sense, of all that read a node, in execution order."""
    order = {one: place for place, one in enumerate(node.graph.nodes)}
    found: set[Node] = set()
    waiting = list(node.users)
    while waiting:
        one = waiting.pop()
        name = str(one.target)
        if one not in found and (any(part in name for part in _CHECKS) or one.target in vars(operator).values()):
            found.add(one)
            waiting += one.users
    yield from sorted(found, key=order.__getitem__)


__all__ = ["without_masks"]
