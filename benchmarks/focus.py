"""One position of a layer for many covered images: on the boxes that it reads, against running to the layer.

The sweep that judges projections (`convscope sanity`) asks for one position again and again. Both sides compute 64
images on one thread; the bound is what counting promises.
"""

from __future__ import annotations

import numpy as np
import torch

import convscope as cs
from benchmarks import harness
from convscope.graph.focusing import Focus

LAYERS = ("features.3.cat", "features.4.cat", "features.6.cat", "features.7.cat", "features.9.cat")
ROWS = 64


def measured(net: cs.Network, layer: str, repeats: int) -> harness.Case:
    """The middle position of a layer."""
    plan, shape = Focus.of(net, layer), net.layers[layer]
    images = torch.randn(ROWS, *net.input_shape, generator=torch.Generator().manual_seed(0))
    positions = np.tile([shape.height // 2, shape.width // 2], (ROWS, 1))
    y, x = positions[0]
    cut = plan.cut(images, np.arange(ROWS), positions)
    timed = harness.interleaved(
        {"boxes": lambda: plan.read(cut, positions), "whole": lambda: net.run(images, [layer])}, repeats=repeats
    )
    expected = net.run(images, [layer])[layer][:, :, y, x]
    ours, theirs = timed["boxes"], timed["whole"]
    boxes, whole = plan.operations()
    return harness.Case(
        layer, "running to the layer", theirs.median / ours.median, bound=whole / boxes,
        max_difference=float((plan.read(cut, positions) - expected).abs().max()),
        spread=max(ours.spread, theirs.spread),
        note=f"{1000 * ours.median / ROWS:.3g} against {1000 * theirs.median / ROWS:.3g} ms an image",
    )  # fmt: skip


def main() -> None:
    """Measures and prints the table."""
    asked = harness.arguments(__doc__).parse_args()
    torch.set_num_threads(1)
    net = cs.load("zoo:squeezenet1_1")
    layers = LAYERS[::2] if asked.quick else LAYERS
    harness.report("focus", [measured(net, layer, 3 if asked.quick else 7) for layer in layers])


if __name__ == "__main__":
    main()
