"""How much faster are the effects of all units of a layer than running again what follows it for each unit?

    python -m benchmarks.effects [--quick] [--images 4] [--part 64] [--repeats 3] [--layers squeezenet1_1 ...]

Beside it how long the causes of a logit of SqueezeNet take, through three layers, 31 nodes, the forward pass included:
`ratio` is the budget of 0.1 s over the median.

Photographs of `samples:`; every unit of the layer set to zero, and to its mean, one after the other. Both
sides begin with what one forward pass gave of an image; the note says what it adds to ours, shared by all units. Ours
does all units. Against it, what follows the layer is run again on copies of the
layer (channels last): by PyTorch, operation after operation, and as the network itself runs it (batch norm and ReLU
within oneDNN's convolutions); each in the best of several batches, on one thread or one-thread workers, chosen before
the timing. And the whole network in batches. These do the same work for every unit, so each is timed on `--part` units
and taken for all. All sides run in turn; medians. SqueezeNet has its trained weights, where most of a late layer is
zero; the others random ones.

`bound` is by how much fewer products there are when one channel goes into the next convolution; for a layer whose zeros
are left out there is none. `max difference` is that of scores, relative to the largest.

What was tried (milliseconds a unit and image of SqueezeNet's last layer, CPU time of one core, the loop alone):
    0.074 zero, 0.083 mean   PyTorch, blocks of units that fit the cache
    0.0059, 0.0134           one loop: zeros left out, positions two at a time, 512 columns at a time
    0.0067, 0.0079           where all positions change four at a time, what was before taken off once
    Not kept: slices of columns of two-dimensional arrays, which the compiler does not make vectors of: 0.022, 0.064.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmarks._models import model
from benchmarks.harness import Case, arguments, report
from convscope import load, open_source
from convscope.data import Preprocess, batches
from convscope.graph import Network
from convscope.memory import keep_freed_memory
from convscope.methods.causes import causes
from convscope.methods.effects.silencing import Silencer, _after
from convscope.methods.inputs import preprocess_of
from convscope.methods.workers import Workers, cores, one_thread_workers

LAYERS = {"squeezenet1_1": "features.12.cat", "resnet18": "layer3", "alexnet": "features.6"}
TARGETS = {("squeezenet1_1", "zero"): 100.0, ("squeezenet1_1", "mean"): 60.0}
BUDGET = 0.1  # seconds of the causes of a logit
SHARE = 1.3  # of the counted ratio, within which the others should be
BATCHES = (8, 16, 32, 64)


@dataclass(frozen=True)
class Subject:
    """A network, a layer of it, and images (n, 3, h, w)."""

    name: str
    net: Network
    silencer: Silencer
    images: Tensor

    @classmethod
    def of(cls, name: str, count: int) -> Subject:
        """The network and photographs by name."""
        net = (
            load("zoo:squeezenet1_1")
            if name == "squeezenet1_1"
            else Network.trace(model(name), (3, 224, 224), preprocess=Preprocess(224, 224))
        )
        recipe = preprocess_of(net)
        part = next(iter(batches(open_source("samples:", limit=count), recipe, size=count)))
        return cls(name, net, Silencer(net, LAYERS[name]), net.check_images(recipe.normalise(part.images)))

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return self.net.layers[self.silencer.layer].channels

    def bound(self) -> float:
        """Products of all that follows, over those with one channel into the first convolutions."""
        again = ours = 0.0
        for step in self.silencer._steps:
            result = step.call.result
            products = step.operations() * (result.size[0] * result.size[1] if result.layout else 1)
            again += products
            narrow = step in self.silencer._narrow and step.op in ("conv2d", "linear")
            ours += products / step.call.sources[0].shape[0] if narrow else products
        return again / ours


def values_of(base: Mapping[int, Tensor], start: int, level: Tensor, units: Tensor) -> Tensor:
    """What the units of an image become, (n, h, w)."""
    height, width = base[start].shape[2:]
    return level[units][:, None, None].expand(len(units), height, width)


def ours(subject: Subject, level: Tensor, team: Workers) -> Callable[[], Tensor]:
    """All units of all images, from what their forward passes gave."""
    silencer, pieces = subject.silencer, torch.arange(subject.units).chunk(team.shares)

    together = subject.net.run_values(subject.images, silencer.base)

    def run() -> Tensor:
        found = []
        for row in range(len(subject.images)):
            base = {number: one[row : row + 1] for number, one in together.items()}
            found.append(
                torch.cat(
                    team.map(lambda u, b=base: silencer.outputs(b, u, values_of(b, silencer.start, level, u)), pieces)
                )
            )
        return torch.stack(found)

    return run


def again(
    subject: Subject, level: Tensor, part: Tensor, batch: int, team: Workers, *, fused: bool
) -> Callable[[], Tensor]:
    """What follows the layer, for some units of one image."""
    silencer = subject.silencer
    base = subject.net.run_values(subject.images[:1], silencer.base_of_groups)

    def piece(units: Tensor) -> Tensor:
        copies = base[silencer.start].expand(len(units), -1, -1, -1).clone(memory_format=torch.channels_last)
        copies[torch.arange(len(units)), units] = values_of(base, silencer.start, level, units)
        if fused:
            return silencer.outputs_of_groups(base, copies)
        alive = {n: one.expand(len(units), *one.shape[1:]) for n, one in base.items()} | {silencer.start: copies}
        with torch.inference_mode():
            for step in steps:
                alive[step.index] = step.run([alive[n] for n in step.inputs])
        return alive[silencer.output]

    steps = _after(subject.net, silencer.start)
    return lambda: torch.cat(team.map(piece, part.split(batch)))


def everything(subject: Subject, count: int) -> Callable[[], Tensor]:
    """The whole network on so many copies of an image."""
    copies = subject.images[:1].expand(count, -1, -1, -1).clone(memory_format=torch.channels_last)
    return lambda: subject.net.answers(copies)


def best(
    subject: Subject, level: Tensor, part: Tensor, workers: Workers, *, fused: bool
) -> tuple[Callable[[], Tensor], str]:
    """The fastest way of running again what follows."""
    ways = {
        f"batches of {batch}, {'1-thread workers' if team.pool else 'one thread'}": again(
            subject, level, part, batch, team, fused=fused
        )
        for batch in BATCHES
        for team in (workers, Workers.none())
    }
    times = {name: min(timed(run), timed(run)) for name, run in ways.items()}
    name = min(times, key=lambda name: times[name])
    return ways[name], name


def timed(run: Callable[[], object]) -> float:
    """The seconds of one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(subject: Subject, to: str, part: int, repeats: int, team: Workers) -> list[Case]:
    """One layer, all units set to zero or to their mean, against both."""
    maps = subject.net.run(subject.images, [subject.silencer.layer])[subject.silencer.layer]
    level = torch.zeros(subject.units) if to == "zero" else maps.mean((0, 2, 3))
    some = torch.linspace(0, subject.units - 1, min(part, subject.units)).long()
    mine = ours(subject, level, team)
    other, how = best(subject, level, some, team, fused=False)
    fused, how_fused = best(subject, level, some, team, fused=True)
    whole = everything(subject, 16)
    sides: dict[str, tuple[Callable[[], Tensor], int]] = {
        "ours": (mine, subject.units * len(subject.images)),
        "what follows again": (other, len(some)),
        "what follows again, fused": (fused, len(some)),
        "the whole network again": (whole, 16),
    }
    difference = float((mine()[0][some] - other()).abs().max() / other().abs().max())
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, (run, count) in sides.items():
            seconds[name].append(timed(run) / count)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    bound = subject.bound()
    counted = None if subject.silencer._head is not None else bound
    target = TARGETS.get((subject.name, to), bound / SHARE)
    name = f"{subject.name}/{subject.silencer.layer}/{to}"
    forward = timed(lambda: subject.net.run_values(subject.images, subject.silencer.base)) / sides["ours"][1]
    note = f"{1e3 * median['ours']:.4f} ms a unit and image, the forward pass {1e3 * forward:.4f} more; {how}"
    return [
        Case(name, "what follows again", median["what follows again"] / median["ours"], target, counted, difference,
             float(np.ptp(seconds["ours"]) / median["ours"]), note),
        Case(name, "what follows again, fused", median["what follows again, fused"] / median["ours"], note=how_fused),
        Case(name, "the whole network again", median["the whole network again"] / median["ours"]),
    ]  # fmt: skip


def causes_of_a_logit(repeats: int) -> Case:
    """How long the causes of a logit through three layers take, images in turn."""
    subject = Subject.of("squeezenet1_1", 4)
    layers = ["features.12.cat", "features.9.cat", "features.6.cat"]
    nodes, seconds = 0, list[float]()
    for image in list(subject.images) * (repeats + 1):
        start = time.perf_counter()
        nodes = len(causes(subject.net, image, "classifier.1:281", layers).nodes)
        seconds.append(time.perf_counter() - start)
    seconds = seconds[len(subject.images) :]  # the first of each shape compiles
    median = statistics.median(seconds)
    note = f"{nodes} nodes, median {1e3 * median:.0f} ms, worst of {len(seconds)} {1e3 * max(seconds):.0f}"
    return Case("squeezenet1_1/causes of a logit", "budget", BUDGET / median, 1.0, note=note)


def main() -> None:
    """Measure and report."""
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--part", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--layers", nargs="+", choices=tuple(LAYERS), default=list(LAYERS))
    asked = parser.parse_args()
    images, repeats = (2, 1) if asked.quick else (asked.images, asked.repeats)
    keep_freed_memory()
    cases = [causes_of_a_logit(1 if asked.quick else 5)] if "squeezenet1_1" in asked.layers else []
    with one_thread_workers(torch.device("cpu"), cores()) as team:
        for name in asked.layers:
            subject = Subject.of(name, images)
            for to in ("zero", "mean"):
                cases += measure(subject, to, asked.part, repeats, team)
    report("effects", cases, units={name: layer for name, layer in LAYERS.items() if name in asked.layers})


if __name__ == "__main__":
    main()
