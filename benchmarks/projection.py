"""How much faster are the top-9 projections of a network than one backward pass each?

    python -m benchmarks.projection [--quick] [--models zfnet vgg16 resnet18 efficientnet_b0]

Every convolutional layer's units, nine projections each, on 1,000 random images with random weights, forward passes
included on all sides: ZFNet 12,384 projections, VGG16 and ResNet-18 likewise. Ours runs each image forward once for the
projections of all layers that fall on it. Against (a) one full forward and modified backward for each, (b) captum's
`NeuronDeconvolution`, nine images in a call, each with its own unit, (c) the floating-point operations of the
transposed convolutions on boxes, at the fastest rate a dense kernel reaches; of products with zeros, too, which are not
made any more, so that (c) is no bound. All sides are timed on a fixed random
sample and extrapolated in proportion: ours on some of the images with all their projections, the others on some of
each layer's.

EfficientNet-B0 with its gates held is measured against the same with its gates exact, so that every unit sees the whole
image, as it did before gates could be held: pulling alone, at the ends of the third, fourth and fifth stage. At the
fifth a unit's field is larger than the image, and 1.3 times fewer operations are all that is to be gained.

What was tried, on two cores (ZFNet conv5, milliseconds a projection on one core, in order):
    12.1  boxes, NCHW
     8.3  conv1's adjoint as a convolution to 2 x 2 blocks of pixels (12 channels instead of 3 fill the vector units)
     5.9  channels last throughout: max pooling with switches is 15 times faster there, cutting boxes 5 times
     4.4  blocks of 8 instead of 64 projections: signals stay in the cache, allocations below the C library's
          threshold for returning memory
     3.8  as above with `keep_freed_memory`, any block size
Forward passes included, all of ZFNet's, seconds (another processor; --quick, one turn each):
    50    as above, PyTorch's response normalisation in the forward passes
    40    response normalisation by shifted sums
    34    and by one compiled loop (all three turns, 16 images)
    33    blocks of up to 56 MB instead of 14 (one core: 8.6 to 8.0 ms a projection of conv5), results in order by rows
    31    max pooling in the forward passes by a compiled loop; the code of more shapes kept by oneDNN changes nothing
    19    transposed convolutions multiply only what is not zero, 5 to 12 % below a max pooling and 35 to 50 % behind a
          ReLU: of conv5's 7.9 ms a projection on one core 4.3 are left; unpooling in a compiled loop that looks for the
          switches in the map itself, without cutting boxes from it: 3.5; boxes cut and cleared in compiled loops: 3.3.
          Then the other networks: VGG16 740 to 413, ResNet-18 451 to 280.
    Not kept: GEMM and fold (col2im costs more than it saves), sub-pixel form of conv2 (1.4 times the operations; as
          four convolutions 1.05 times as fast, with what they make still to be put together), unpooling in a compiled
          loop on boxes that were cut before (0.95 to 1.3 times as fast).
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

from benchmarks._models import convolutional_model, model
from benchmarks._oracles import nodes, rectifies
from benchmarks.harness import Case, arguments, probe_peak, report
from convscope.graph import Network, PullOptions
from convscope.graph.options import Gates
from convscope.graph.steps.conv import Conv2d
from convscope.memory import keep_freed_memory
from convscope.methods.deconv import ProjectedPixels, Selection, project_all
from convscope.methods.deconv.budget import box_sizes

TARGETS = {"zfnet": (20.0, 20.0), "vgg16": (13.0, 16.0), "resnet18": (None, None)}
PER_UNIT = 9
_SHORT = 3e-5  # seconds a projection, that cannot be told from the forward pass's own variation
RULES = PullOptions(lrn="gradient")
IMAGES = 1000  # the size of the collection that the winners are drawn from


@dataclass(frozen=True)
class Sample:
    """Some images of the collection, and the projections of every layer that fall on them."""

    images: Tensor
    requests: tuple[Selection, ...]
    totals: dict[str, int]

    @property
    def share(self) -> float:
        """What part of the collection, and so of all projections, the sample is."""
        return len(self.images) / IMAGES


def flops(net: Network, layer: str, options: PullOptions = RULES) -> float:
    """The operations of the transposed convolutions of one projection, on boxes clipped to the map."""
    sizes = box_sizes(net, layer, options)
    target, total = net.index_of(layer), 0.0
    for step in net.cone(layer, options):
        if isinstance(step, Conv2d) and step.index in sizes:
            height, width = sizes[step.index]
            weight = step.weight
            channels = 1 if step.index == target else weight.shape[0]
            total += 2.0 * height * width * channels * weight[0].numel()
    return total


def draw(net: Network, layers: list[str], count: int) -> Sample:
    """A fixed random sample: `count` of IMAGES images, and on each the projections that fall on it on average."""
    generator = np.random.default_rng(0)
    requests, totals = [], {}
    for layer in layers:
        shape = net.layers[layer]
        totals[layer] = shape.channels * PER_UNIT
        n = max(1, round(totals[layer] * count / IMAGES))
        rows = torch.from_numpy(generator.integers(0, count, n))
        positions = np.stack([generator.integers(0, extent, n) for extent in (shape.height, shape.width)], 1)
        channels = torch.from_numpy(generator.integers(0, shape.channels, n))
        requests.append(Selection(layer, rows, channels, positions, "one"))
    pixels = torch.randn(count, *net.input_shape, generator=torch.Generator().manual_seed(0))
    return Sample(pixels, tuple(requests), totals)


def ours(net: Network, sample: Sample) -> list[ProjectedPixels]:
    """The projections of all layers, forward passes included."""
    return project_all(net, sample.images, sample.requests, lrn="gradient")


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


def one_by_one(model: nn.Module, module: nn.Module, sample: Sample, request: Selection, count: int) -> Tensor:
    """One full forward and modified backward for each of the first `count`."""
    made = []
    for row, channel, at in list(zip(request.image, request.channel, cast(Any, request.position), strict=True))[:count]:
        image = sample.images[int(row)][None]
        made.append(modified_backward(model, module, image, int(channel), (int(at[0]), int(at[1]))))
    return torch.cat(made)


def _choose(maps: Tensor, at: tuple[Tensor, ...]) -> Tensor:
    return maps[at]


def captum_batched(model: nn.Module, module: nn.Module, sample: Sample, request: Selection, size: int) -> int:
    """How many projections captum's NeuronDeconvolution made: `size` images in a call, each with its own unit."""
    from captum.attr import NeuronDeconvolution

    rows, channels = cast(Tensor, request.image), cast(Tensor, request.channel)
    at = torch.arange(size) % len(rows)
    y, x = torch.from_numpy(cast(np.ndarray, request.position))[at].T
    choose = partial(_choose, at=(torch.arange(size), channels[at], y, x))
    pixels = sample.images[rows[at]].requires_grad_()
    return len(NeuronDeconvolution(model, module).attribute(pixels, cast(Any, choose)))


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result of one run."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def pull_rates(net: Network, sample: Sample) -> dict[str, float]:
    """Seconds a projection of each layer, without the forward pass: many on each image against one on each."""
    rates = {}
    images = len(sample.images)
    for request in sample.requests:
        channels, at = cast(Tensor, request.channel), cast(np.ndarray, request.position)
        copies = 1 + 4 * images // len(channels)
        rows = torch.arange(copies * len(channels)) % images
        many = Selection(request.layer, rows, channels.repeat(copies), np.tile(at, (copies, 1)), "one")
        few = Selection(
            request.layer, torch.arange(images), channels[:1].repeat(images), at[:1].repeat(images, 0), "one"
        )
        spent = {len(r.image): _fastest(net, sample.images, r) for r in (many, few)}
        rates[request.layer] = max(spent[len(rows)] - spent[images], 1e-9) / (len(rows) - images)
    return rates


def _fastest(net: Network, images: Tensor, request: Selection) -> float:
    return min(timed(lambda: project_all(net, images, [request], lrn="gradient"))[0] for _ in range(3))


def compare(name: str, *, quick: bool, repeats: int) -> tuple[list[Case], list[dict[str, Any]]]:
    """The cases of one network, and what was measured layer by layer."""
    model, layers = convolutional_model(name)
    net = Network.trace(model, (3, 224, 224), name=name)
    modules = dict(model.named_modules())
    peak = probe_peak(threads=torch.get_num_threads())
    sample = draw(net, layers, 8 if quick else 16)
    few = 1 if quick else 2
    seconds: dict[str, list[float]] = {"ours": [], "one": [], "captum": []}
    mine, differences = ours(net, sample), []
    for _ in range(repeats):
        spent, mine = timed(lambda: ours(net, sample))
        seconds["ours"].append(spent / sample.share)
        one = captum = 0.0
        for request, found in zip(sample.requests, mine, strict=True):
            module, total = modules[request.layer], sample.totals[request.layer]
            count = min(few, len(found))
            spent, theirs = timed(lambda m=module, r=request, n=count: one_by_one(model, m, sample, r, n))
            one += spent / count * total
            scale = theirs.abs().amax((1, 2, 3)).clamp(min=1e-30)
            differences += ((found.full()[:count] - theirs).abs().amax((1, 2, 3)) / scale).tolist()
            spent, made = timed(lambda m=module, r=request: captum_batched(model, m, sample, r, 9))
            captum += spent / made * total
        seconds["one"].append(one)
        seconds["captum"].append(captum)
    each = pull_rates(net, sample)
    rows = [
        {"layer": layer, "projections": total, "seconds_each": each[layer], "bound_each": flops(net, layer) / peak}
        for layer, total in sample.totals.items()
    ]
    return _cases(name, seconds, rows, differences), rows


#: Layers of EfficientNet-B0, and how many times as fast projecting is to be with gates held.
GATED = {"features.3": 20.0, "features.4": None, "features.5": 4.0}


def gated(*, quick: bool) -> list[Case]:
    """EfficientNet-B0's projections with gates held against gates exact."""
    net = Network.trace(model("efficientnet_b0"), (3, 224, 224), name="efficientnet_b0", copy=False)
    image = torch.randn(1, *net.input_shape, generator=torch.Generator().manual_seed(0))
    generator, found = np.random.default_rng(0), []
    for name, target in GATED.items():
        layer = net.layers[name]
        field = layer.field
        each: dict[Gates, list[float]] = {"held": [], "exact": []}
        for _ in range(2 if quick else 5):
            for gates, rates in each.items():
                count = (64 if quick else 128) if gates == "held" else 16
                at = np.stack([generator.integers(0, n, count) for n in (layer.height, layer.width)], 1)
                channels = torch.from_numpy(generator.integers(0, layer.channels, count))
                many = Selection(layer.name, torch.zeros(count, dtype=torch.long), channels, at, "one")
                one = Selection(layer.name, torch.zeros(1, dtype=torch.long), channels[:1], at[:1], "one")
                spent = [timed(lambda s=s, g=gates: project_all(net, image, [s], gates=g))[0] for s in (one, many)]
                rates.append(max(spent[1] - spent[0], 1e-9) / (count - 1))
        held, exact = (float(np.median(each[gates])) for gates in ("held", "exact"))
        size = "whole image" if field is None else f"field {field.size[0]} px"
        counted = [flops(net, layer.name, PullOptions(gates=gates)) for gates in ("exact", "held")]
        note = (
            f"{1e3 * held:.2f} against {1e3 * exact:.2f} ms each, {size}, operations {counted[0] / counted[1]:.1f} to 1"
        )
        spread = (max(each["held"]) - min(each["held"])) / held
        found.append(Case(f"efficientnet_b0/{name}", "gates exact", exact / held, target, spread=spread, note=note))
    return found


def _cases(
    name: str, seconds: dict[str, list[float]], rows: list[dict[str, Any]], differences: list[float]
) -> list[Case]:
    middle = {side: float(np.median(values)) for side, values in seconds.items()}
    count = sum(row["projections"] for row in rows)
    bound = sum(row["projections"] * row["bound_each"] for row in rows)
    pulls = sum(row["projections"] * row["seconds_each"] for row in rows)
    spread = (max(seconds["ours"]) - min(seconds["ours"])) / middle["ours"]
    label, (one, captum) = f"{name}/{count}", TARGETS[name]
    note = f"{middle['ours']:.0f} s for all against {middle['one']:.0f} and {middle['captum']:.0f} s"
    alike = f"{sum(d <= 1e-5 for d in differences)} of {len(differences)} compared differ by 1e-5 or less"
    first, second = middle["one"] / middle["ours"], middle["captum"] / middle["ours"]
    return [
        Case(label, "one forward + backward each", first, one, None, max(differences), spread, note),
        Case(label, "captum batched", second, captum, spread=spread, note=alike),
        Case(label, "counted operations at peak", bound / pulls, 0.6, note="pulling alone, zeros counted"),
    ]


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    names = [*TARGETS, "efficientnet_b0"]
    parser.add_argument("--models", nargs="+", default=names, choices=names)
    options = parser.parse_args()
    keep_freed_memory()  # for all sides: they share the process
    cases, layers = [], {}
    for name in (name for name in options.models if name in TARGETS):
        found, layers[name] = compare(name, quick=options.quick, repeats=1 if options.quick else 3)
        cases += found
    if "efficientnet_b0" in options.models:
        cases += gated(quick=options.quick)
    for name, rows in layers.items():
        for row in rows:
            each = row["seconds_each"]
            share = row["bound_each"] / each
            rate = f"{share:5.0%} of peak" if each > _SHORT else "too short to time"
            print(f"{name:9s} {row['layer']:24s} {1e3 * each:8.2f} ms a projection, {rate}")
    report("projection", cases, layers=layers)


if __name__ == "__main__":
    main()
