"""The deconvnet by modified autograd: an answer that shares no code with ours, from the unmodified module.

The module runs as it is; then the graph that autograd recorded is walked, and a hook on every node of an activation
replaces the gradient it would send down by the positive part of the signal that reached it. Nothing is replaced or
patched, so functional, in-place, renamed and reused activations are all found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

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


def _keep_positive(sent: tuple[Tensor | None, ...], arrived: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    signal = arrived[0]
    assert signal is not None
    # The operand that is not the constant receives the signal; all these nodes have but one of it.
    return tuple(signal.clamp(min=0) if g is not None and g.shape == signal.shape else g for g in sent)


class NodeOracle:
    """The projections of units of one module's layers on one image (1, C, H, W), by hooks on autograd's nodes.

    The image is run twice side by side: PyTorch's own backward of batch norm is wrong on a batch of one whose gradient
    arrives transposed (torch 2.13 on CPU: `bn(x).flatten(2).transpose(1, 2)` in LeViT is such a place).
    """

    def __init__(self, module: nn.Module, image: Tensor, layers: list[str]) -> None:
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
        self._hooks: list[Any] = []
        done: set[Any] = set()
        for root in (self.logits, *self.outputs.values()):
            for node in nodes(root.grad_fn):
                if node not in done and rectifies(node):
                    self.gated[node.name()] += 1
                    self._hooks.append(node.register_hook(_keep_positive))
                done.add(node)

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
    tensors = [t for t in torch.utils._pytree.tree_leaves(output) if isinstance(t, Tensor) and t.requires_grad]
    return next((t for t in tensors if t.dim() == 2), tensors[0])


def relative_error(found: Tensor, expected: Tensor) -> float:
    """|found - expected| / |expected| in L2, computed in float64; 0 where both are zero."""
    found, expected = found.detach().double(), expected.detach().double()
    size = float(expected.norm())
    difference = float((found - expected).norm())
    return difference / size if size > 0 else (0.0 if difference == 0 else float("inf"))
