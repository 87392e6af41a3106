"""The deconvnet by modified autograd: an answer that shares no code with ours, from the unmodified module.

The module runs as it is; then the graph that autograd recorded is walked, and a hook on every node of an activation
replaces the gradient it would send down by the positive part of the signal that reached it. Nothing is replaced or
patched, so functional, in-place, renamed and reused activations are all found. Gates are held in the same way: what
autograd would send to the factor that ends in a sigmoid, or to a global context, is replaced by zeros.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

#: Activations that are no ReLU but are rectified like one (the option smooth="rectify").
SMOOTH = {"Silu", "Gelu", "Hardswish", "LeakyRelu", "PreluKernel", "Elu", "Celu", "Mish", "Softplus", "RreluWithNoise"}


def nodes(root: Any) -> Iterator[Any]:
    """Every node of the autograd graph below a `grad_fn`, once."""
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        waiting.extend(n for n, _ in node.next_functions)


def rectifies(node: Any) -> bool:
    """Whether the node is a ReLU, under any of its names: clamp(min=0), ReLU6, threshold(0, 0), maximum(x, 0)."""
    # In-place and out-of-place forms of one function are numbered differently (LeakyReluBackward0, LeakyReluBackward1).
    name, _, form = node.name().partition("Backward")
    if name == "Relu" or name in SMOOTH:
        return True
    if name == "Hardtanh":
        return node._saved_min_val == 0
    if name == "Threshold":
        return node._saved_threshold == 0
    if name == "ClampMin" and form == "0":
        return node._saved_min == 0
    if name == "Clamp" and form == "1":
        return node._saved_min == 0 and (node._saved_max is None or node._saved_max > 0)
    if name == "Maximum":
        return any(not t.requires_grad and not t.any() for t in (node._saved_self, node._saved_other))
    return False


#: What moves a value about, repeats or resamples it.
_MOVES = (
    *("View", "UnsafeView", "ReshapeAlias", "Expand", "Unsqueeze", "Squeeze", "Slice", "Select", "Permute", "T"),
    *("Transpose", "Clone", "Split", "SplitWithSizes", "Unbind", "Repeat", "Index", "ToCopy", "UpsampleNearest2D"),
    *("UpsampleBilinear2D", "UpsampleNearestExact2D", "Alias"),
)
_GATES = ("Sigmoid", "Hardsigmoid", "Softmax")


def _kind(node: Any) -> str:
    return node.name().partition("Backward")[0].strip("_")


def ends_in_gate(node: Any) -> bool:
    """Whether the value that a node made is a sigmoid's, hard sigmoid's or softmax's, moved about or not."""
    while node is not None and _kind(node) in _MOVES:
        node = node.next_functions[0][0]
    return node is not None and _kind(node) in _GATES


def _of_itself(node: Any, other: tuple[Any, int]) -> bool:
    """Whether a sigmoid is of the other factor itself, perhaps scaled or shifted: an activation written out."""
    while node is not None and _kind(node) in (*_GATES, *_MOVES, "Mul", "Add", "Neg", "Div"):
        below = [n for n in node.next_functions if n[0] is not None]
        if len(below) != 1:
            return False
        if below[0] == other:
            return True
        node = below[0][0]
    return False


def _shape(node: Any, number: int) -> tuple[int, ...]:
    return tuple(node._input_metadata[number].shape)


def _global(shape: tuple[int, ...]) -> bool:
    return shape[-2:] == (1, 1) if len(shape) == 4 else len(shape) < 4


def _layer_on_global(node: Any) -> bool:
    """Whether a convolution or fully connected layer of something global lies on the way to a global value."""
    waiting, known = [node], set()
    while waiting:
        node = waiting.pop()
        if node in known or not node._input_metadata or not _global(_shape(node, 0)):
            continue
        known.add(node)
        below = [(n, i) for n, i in node.next_functions if n is not None and n._input_metadata]
        inputs = [_shape(n, i) for n, i in below if _kind(n) != "torch::autograd::AccumulateGrad"]
        if _kind(node) in ("Convolution", "Addmm", "Mm") and inputs and _global(inputs[0]):
            return True
        waiting.extend(n for n, _ in below)
    return False


def held_operand(node: Any) -> int | None:
    """Which operand of a product or sum is a gate or a context, None where none is, or all are."""
    below = node.next_functions
    if _kind(node) in ("Mul", "Addcmul") and len(below) > 1:  # a product with a number has one
        one, other = below[-2:]
        found = [ends_in_gate(n) for n, _ in (one, other)]
        if sum(found) != 1 or one == other or None in (one[0], other[0]):
            return None
        gate, rest = (one, other) if found[0] else (other, one)
        return None if _of_itself(gate[0], rest) else len(below) - 2 + found.index(True)
    if _kind(node) not in ("Add", "Sub") or len(below) != 2 or None in (below[0][0], below[1][0]):
        return None
    shapes = [_shape(n, i) for n, i in below]
    if any(len(shape) < 4 for shape in shapes):
        return None  # a scalar bias, say, and no map
    small = [_global(shape) for shape in shapes]
    return small.index(True) if sum(small) == 1 and _layer_on_global(below[small.index(True)][0]) else None


def _hold(operand: int) -> Any:
    def hook(sent: tuple[Tensor | None, ...], _arrived: Any) -> tuple[Tensor | None, ...]:
        return tuple(torch.zeros_like(g) if i == operand and g is not None else g for i, g in enumerate(sent))

    return hook


def _hold_second_half(node: Any) -> Any:
    dim = node._saved_dim

    def hook(sent: tuple[Tensor | None, ...], _arrived: Any) -> tuple[Tensor | None, ...]:
        first, second = sent[0].chunk(2, dim)  # type: ignore[union-attr]
        return (torch.cat([first, torch.zeros_like(second)], dim),)

    return hook


def _keep_positive(sent: tuple[Tensor | None, ...], arrived: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    signal = arrived[0]
    assert signal is not None
    # The operand that is not the constant receives the signal; all these nodes have but one of it.
    return tuple(signal.clamp(min=0) if g is not None and g.shape == signal.shape else g for g in sent)


class NodeOracle:
    """The projections of units of one module's layers on one image (1, C, H, W), by hooks on autograd's nodes.

    The image is run twice side by side: PyTorch's own backward of batch norm is wrong on a batch of one whose gradient
    arrives transposed (torch 2.13 on CPU: `bn(x).flatten(2).transpose(1, 2)` in LeViT is such a place).

    rectify: whether activations are; else what is found is the gradient. hold: whether gates are held.
    """

    def __init__(
        self, module: nn.Module, image: Tensor, layers: list[str], *, rectify: bool = True, hold: bool = True
    ) -> None:
        self.image = image.detach().repeat(2, 1, 1, 1).requires_grad_()
        self.outputs: dict[str, Tensor] = {}
        handles = [module.get_submodule(name).register_forward_hook(self._keeper(name)) for name in layers]
        try:
            with torch.enable_grad():
                found = module(self.image)
        finally:
            for handle in handles:
                handle.remove()
        self.logits = first_vector(found)
        self.gated: Counter[str] = Counter()
        self.held = 0
        self._hooks: list[Any] = []
        done: set[Any] = set()
        for root in (self.logits, *self.outputs.values()):
            for node in nodes(root.grad_fn):
                if node not in done and hold:
                    self._hold_gates(node)
                if node not in done and rectify and rectifies(node):
                    self.gated[node.name()] += 1
                    self._hooks.append(node.register_hook(_keep_positive))
                done.add(node)

    def _hold_gates(self, node: Any) -> None:
        operand = held_operand(node)
        if operand is not None:
            self.held += 1
            self._hooks.append(node.register_hook(_hold(operand)))
        elif _kind(node) == "Glu":
            self.held += 1
            self._hooks.append(node.register_hook(_hold_second_half(node)))

    def _keeper(self, name: str) -> Any:
        def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
            # A clone: an in-place activation that follows would overwrite the output, and its node become this one's.
            if isinstance(output, Tensor) and name not in self.outputs:
                self.outputs[name] = output.clone()

        return keep

    def project(self, output: Tensor, index: tuple[int, ...]) -> Tensor:
        """The projection (C, H, W) of the unit at `index` of a (1, ...) output, seeded with its activation."""
        value = output[(0, *index)]
        (signal,) = torch.autograd.grad(value, self.image, value.detach(), retain_graph=True, allow_unused=True)
        return torch.zeros_like(self.image[0]) if signal is None else signal[0]


def first_vector(output: Any) -> Tensor:
    """The logits of what a model returned: the first (n, C) tensor, or else the first tensor, of any container."""
    tensors = [t for t in tree_leaves(output) if isinstance(t, Tensor) and t.requires_grad]
    return next((t for t in tensors if t.dim() == 2), tensors[0])


def strongest(oracle: NodeOracle, output: Tensor) -> tuple[tuple[int, ...], Tensor]:
    """The strongest unit of an output that has a projection at all, and that projection."""
    maps = output[0].detach().reshape(output.shape[1], -1)
    for channel in maps.amax(1).argsort(descending=True)[:32].tolist():
        at = int(maps[channel].argmax())
        index = (channel,) if output.dim() == 2 else (channel, *divmod(at, output.shape[3]))
        projection = oracle.project(output, index)
        if projection.any():
            return index, projection
    raise RuntimeError("none of the strongest units has a projection: the random weights are no good")


def relative_error(found: Tensor, expected: Tensor) -> float:
    """|found - expected| / |expected| in L2, computed in float64; 0 where both are zero."""
    found, expected = found.detach().double(), expected.detach().double()
    size = float(expected.norm())
    difference = float((found - expected).norm())
    return difference / size if size > 0 else (0.0 if difference == 0 else float("inf"))
