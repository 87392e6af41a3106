"""How much faster are the top-9 projections of a network than one backward pass each?

    python -m benchmarks.projection [--quick] [--models zfnet vgg16 resnet18]

Every convolutional layer's units, nine projections each, on random images with random weights, forward passes included
on all sides: ZFNet 12,384, VGG16 and ResNet-18 likewise. Images are grouped, so that each of a layer's distinct images
is run forward once. Against (a) one full forward and modified backward for each, (b) captum's `NeuronDeconvolution` in
batches, (c) the floating-point operations of the transposed convolutions on boxes, at the fastest rate a dense kernel
reaches. The slow sides, and ours in proportion, are timed on a fixed random subset of every layer and extrapolated to
all of its units: the same subset for all, in turn.

What was tried, on two cores (ZFNet conv5, milliseconds a projection on one core, in order):
    12.1  boxes, NCHW
     8.3  conv1's adjoint as a convolution to 2 x 2 blocks of pixels (12 channels instead of 3 fill the vector units)
     5.9  channels last throughout: max pooling with switches is 15 times faster there, cutting boxes 5 times
     4.4  blocks of 8 instead of 64 projections: signals stay in the cache, allocations below the C library's
          threshold for returning memory
     3.8  as above with `keep_freed_memory`, any block size
    Not kept: GEMM and fold (col2im costs more than it saves), sub-pixel form of conv2 (1.4 times the operations).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks._models import convolutional_model
from benchmarks._oracles import nodes, rectifies
from benchmarks.harness import Case, arguments, probe_peak, report
from convscope.graph import Network
from convscope.graph.steps.conv import Conv2d
from convscope.memory import keep_freed_memory
from convscope.methods.budget import box_sizes
from convscope.methods.deconv import project

TARGETS = {"zfnet": (20.0, 20.0), "vgg16": (13.0, 16.0), "resnet18": (None, None)}
PER_UNIT = 9
IMAGES = 1000  # the size of the collection that the winners are drawn from


@dataclass(frozen=True)
class Sample:
    """The projections of a layer that are timed: rows of `images`, channels, positions."""

    layer: str
    images: Tensor
    rows: Tensor
    channels: Tensor
    positions: np.ndarray
    total: int


def flops(net: Network, layer: str) -> float:
    """The operations of the transposed convolutions of one projection, on boxes clipped to the map."""
    sizes = box_sizes(net, layer)
    target, total = net.index_of(layer), 0.0
    for step in net.cone(layer):
        if isinstance(step, Conv2d):
            height, width = sizes[step.index]
            weight = step.weight
            channels = 1 if step.index == target else weight.shape[0]
            total += 2.0 * height * width * channels * weight[0].numel()
    return total


def draw(net: Network, layer: str, count: int, seed: int) -> Sample:
    """A fixed random subset of a layer's top-9 projections, as a scan of IMAGES random images would give them."""
    shape = net.layers[layer]
    total = shape.channels * PER_UNIT
    generator = np.random.default_rng(seed)
    # As many distinct images as that many winners out of IMAGES share, in the proportion of the subset.
    distinct = IMAGES * (1 - (1 - 1 / IMAGES) ** total)
    images = max(1, round(count * distinct / total))
    rows = np.sort(generator.permutation(np.resize(np.arange(images), count)))
    positions = np.stack([generator.integers(0, n, count) for n in (shape.height, shape.width)], 1)
    channels = generator.integers(0, shape.channels, count)
    pixels = torch.randn(images, *net.input_shape, generator=torch.Generator().manual_seed(seed))
    return Sample(layer, pixels, torch.from_numpy(rows), torch.from_numpy(channels), positions, total)


def ours(net: Network, sample: Sample) -> Tensor:
    """The projections, forward passes included."""
    at = {"image": sample.rows, "channel": sample.channels, "position": sample.positions}
    return project(net, sample.images, sample.layer, **at, seed="one", lrn="gradient").full()


def modified_backward(model: nn.Module, module: nn.Module, image: Tensor, channel: int, at: tuple[int, int]) -> Tensor:
    """One projection (1, C, H, W) as a practitioner computes it: forward through the model, backward from the unit with
    every ReLU's gradient replaced by the positive part of what arrives."""
    pixels, kept = image.clone().requires_grad_(), []
    handle = module.register_forward_hook(lambda _module, _inputs, output: kept.append(output.clone()))
    model(pixels)
    handle.remove()
    unit = kept[0][0, channel, at[0], at[1]]
    for node in nodes(unit.grad_fn):
        if rectifies(node):
            node.register_hook(lambda sent, arrived: (arrived[0].clamp(min=0), *sent[1:]))
    return torch.autograd.grad(unit, pixels)[0]


def one_by_one(model: nn.Module, module: nn.Module, sample: Sample, count: int) -> Tensor:
    """One full forward and modified backward for each of the first `count`."""
    made = []
    for row, channel, (y, x) in zip(sample.rows[:count], sample.channels, sample.positions, strict=False):
        made.append(modified_backward(model, module, sample.images[row][None], int(channel), (int(y), int(x))))
    return torch.cat(made)


def _choose(maps: Tensor, at: tuple[Tensor, ...]) -> Tensor:
    return maps[at]


def captum_batched(model: nn.Module, module: nn.Module, sample: Sample, count: int, size: int) -> Tensor:
    """captum's NeuronDeconvolution, `size` images a call, each with its own unit."""
    from captum.attr import NeuronDeconvolution

    method, made = NeuronDeconvolution(model, module), []
    for first in range(0, count, size):
        part = slice(first, min(first + size, count))
        c, y, x = sample.channels[part], *torch.from_numpy(sample.positions[part]).T
        pixels = sample.images[sample.rows[part]].requires_grad_()
        choose = partial(_choose, at=(torch.arange(len(c)), c, y, x))
        made.append(method.attribute(pixels, cast(Any, choose)).detach())
    return torch.cat(made)


def timed(run: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Seconds and result of one run."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def compare(name: str, *, quick: bool, repeats: int) -> tuple[list[Case], list[dict[str, object]]]:
    """The cases of one network, and what was measured layer by layer."""
    model, layers = convolutional_model(name)
    net = Network.trace(model, (3, 224, 224), name=name)
    modules = dict(model.named_modules())
    peak = probe_peak(threads=torch.get_num_threads())
    few = 4 if quick else 9
    rows, worst = [], 0.0
    for number, layer in enumerate(layers):
        many = draw(net, layer, 16 if quick else 72, seed=number)
        ours(net, many)
        seconds: dict[str, list[float]] = {"ours": [], "one": [], "captum": []}
        mine = theirs = torch.zeros(())
        for _ in range(repeats):
            spent, mine = timed(lambda many=many: ours(net, many))
            seconds["ours"].append(spent / len(many.rows))
            spent, theirs = timed(lambda many=many, m=modules[layer]: one_by_one(model, m, many, few))
            seconds["one"].append(spent / few)
            spent, _ = timed(lambda many=many, m=modules[layer]: captum_batched(model, m, many, 2 * few, 9))
            seconds["captum"].append(spent / (2 * few))
        scale = theirs.abs().amax((1, 2, 3)).clamp(min=1e-30)
        worst = max(worst, float(((mine[:few] - theirs).abs().amax((1, 2, 3)) / scale).max()))
        middle = {side: float(np.median(values)) for side, values in seconds.items()}
        bound = flops(net, layer) / peak
        rows.append({"layer": layer, "projections": many.total, "seconds_each": middle, "bound_each": bound})
    return _cases(name, rows, worst), rows


def _cases(name: str, rows: list[dict], worst: float) -> list[Case]:
    def total(side: str) -> float:
        return sum(r["projections"] * r["seconds_each"][side] for r in rows)

    count, mine = sum(r["projections"] for r in rows), total("ours")
    bound = sum(r["projections"] * r["bound_each"] for r in rows)
    label = f"{name}/{count}"
    one, captum = TARGETS[name]
    note = f"ours {mine:.0f} s for all"
    return [
        Case(label, "one forward + backward each", total("one") / mine, one, max_difference=worst, note=note),
        Case(label, "captum batched", total("captum") / mine, captum),
        Case(label, "counted operations at peak", bound / mine, 0.6, 1.0, note="efficiency, forward passes included"),
    ]


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--models", nargs="+", default=["zfnet", "vgg16", "resnet18"], choices=list(TARGETS))
    options = parser.parse_args()
    keep_freed_memory()  # for all sides: they share the process
    cases, layers = [], {}
    for name in options.models:
        found, layers[name] = compare(name, quick=options.quick, repeats=1 if options.quick else 3)
        cases += found
    for name, rows in layers.items():
        for row in rows:
            each = row["seconds_each"]["ours"]
            share = row["bound_each"] / each
            print(f"{name:9s} {row['layer']:24s} {1e3 * each:8.2f} ms a projection, {share:5.0%} of peak")
    report("projection", cases, layers=layers)


if __name__ == "__main__":
    main()
