"""How much faster is occlusion by recomputing what a square changes than running the network again for each position?

    python -m benchmarks.occlusion [--quick] [--models vgg16 ...] [--squares 16/4 50/5] [--part 64] [--repeats 2]
        [--without captum]

A 224 x 224 image, random weights; a square of 16 pixels every 4 (2,809 positions) and of 50 every 5 (1,296). Ours does
the whole grid. Against it, (a) the best whole re-inference in PyTorch on the same cores: channels last, inference mode,
the best of several batch sizes with PyTorch's own threads or one-thread workers, chosen before the timing; (b) captum's
`Occlusion` as it is by default and at its best `perturbations_per_eval`. These sides do the same work for every
position, so each is timed on a random part of the grid (`--part` positions) and taken for all of it. All sides run in
turn; medians. A case takes a minute or four, so the ten of them can be measured in as many calls.

`bound` is by how much fewer products there are when no product is made of an input that did not change: below it ours
would have to be less efficient than whole maps are. `max difference` is that of probabilities, on the timed part.

What was tried (milliseconds a position of AlexNet 16/4, CPU time of one core), on an AMD processor:
    2.85  boxes of changes, zero padding within oneDNN (products with padding are skipped), groups of one shape
    2.05  fully connected layers in oneDNN: MKL reaches half of its rate on AMD processors
    1.95  all positions that memory allows go together: more of them share a shape
    Not kept: recomputing values with their surroundings instead of changes (padding is then real work: a quarter
          slower); slices of the first fully connected layer's weight for the changed positions (copying them costs
          what they save).
On an Intel processor with AVX-512 (169 GFLOP/s a core in a matrix product), where all else runs faster, too:
    3.06  as it was. Of it convolutions take 1.57 and fully connected layers 0.75. Whole 13 x 13 maps are convolved at
          180 GFLOP/s a core, counting products that are made; boxes of 5 x 4 to 8 x 7 positions at 75 to 133, because a
          weight is used on fewer positions each time it is read. That is what lies between the ratio and the bound.
    Kept: fully connected layers in MKL where the processor is no AMD (166 against 153 GFLOP/s a core); at most 768
          positions go together: as fast as all that memory allows, and the first run, which touches its memory for the
          first time, does so for half as much (a page fault takes 20 us on this virtual machine: 2.5 of 7.2 s).
    Not kept: one matrix product of a box for all taps of a kernel, and each tap added where it belongs, so that no
          product of a zero is made: 1.0 to 1.7 times as fast alone for boxes below 40 positions and 192 channels or
          more, slower below, and no gain in the whole (0.35 against 0.30 ms for the third convolution). Weights in
          oneDNN's own order: 2 to 5 % alone, but the order depends on the size of the input, and in another's one
          convolution of AlexNet's takes eight times as long.
    2.80  changes go through ReLUs and max pooling in one compiled reading (all positions in 3.9 s, before in 4.05).
          And oneDNN keeps the code of 8,192 shapes, not of 1,024: little for AlexNet, but ResNet-18's occlusion runs
          through some 2,000 shapes, each generated again every time (a tenth of the time in perf, in system calls to
          map and protect memory, destructors, malloc): all positions in 14.1 s, before in 15.8.
    Not kept: collecting boxes in a compiled loop (they are written to memory that is in no cache: as fast as PyTorch's
          copies); groups of powers of two; 8 or 16 MB of output in a call.
    What was left before, one core: of AlexNet convolutions 60 %, fully connected layers 28 % (at 157 GFLOP/s), copies,
          sums and ReLUs of boxes 9 %; of ResNet-18 89 % and 8 %.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks._models import channels_last, model
from benchmarks.harness import Case, arguments, report
from convscope.graph import Network
from convscope.graph.extents import Extent, extents
from convscope.graph.steps.conv import Conv2d, Linear
from convscope.memory import keep_freed_memory
from convscope.methods.occlusion.occluders import OccluderGrid
from convscope.methods.occlusion.occlusion import occlude

MODELS = ("alexnet", "zfnet", "vgg16", "resnet18", "squeezenet1_1")
SQUARES = {"16/4": (16, 4), "50/5": (50, 5)}
QUICK = {"16/4": (16, 8), "50/5": (50, 10)}
WHOLE = {("vgg16", "16/4"): 8.5, ("alexnet", "16/4"): 3.3, ("resnet18", "16/4"): 2.6}
WHOLE |= {("vgg16", "50/5"): 4.5, ("zfnet", "50/5"): 3.3}
CAPTUM = {("alexnet", "16/4"): (11.0, 5.0)}
BATCHES = (8, 16, 32, 64)
_TUNED = 32  # positions on which the ways of running everything again are compared, at least


@dataclass(frozen=True)
class Subject:
    """A network, an image (1, 3, 224, 224), and the grid of positions."""

    name: str
    module: nn.Module
    net: Network
    image: Tensor
    grid: OccluderGrid


def products(subject: Subject) -> float:
    """By how much fewer products there are than in whole maps, if only those of changed inputs are made."""
    net, found = subject.net, extents(subject.net.steps, subject.net.values, subject.grid.boxes)
    ours = whole = 0.0
    for step in net.steps:
        if isinstance(step, Conv2d):
            area, taps = np.prod(step.call.result.size), np.prod(step.kernel)
            ours += step.operations() * _taps(step, found[step.inputs[0]]) / taps
            whole += step.operations() * float(area)
        elif isinstance(step, Linear):
            ours, whole = ours + step.operations(), whole + step.operations()
    return whole / ours


def _taps(step: Conv2d, changed: Extent) -> float:
    """How many pairs of an output position and a tap of the kernel read a changed input, on average over edits."""
    total: NDArray[np.int64] | int = 1
    for axis in range(2):
        starts = np.arange(step.call.result.size[axis])[:, None] * step.stride[axis] - step.before[axis]
        reads = np.sort((starts + np.arange(step.kernel[axis]) * step.dilation[axis]).ravel())
        total = total * (np.searchsorted(reads, changed.high[:, axis]) - np.searchsorted(reads, changed.low[:, axis]))
    return float(np.mean(total))


# -- the other sides: each runs the given positions and returns their probabilities -----------------------------------
Side = Callable[[NDArray[np.int64]], Tensor]


def whole(subject: Subject, *, batch: int, workers: int) -> Side:
    """Copies with their squares, through the module in batches."""
    image = subject.image.contiguous(memory_format=torch.channels_last)

    def one(rows: NDArray[np.int64]) -> Tensor:
        if workers > 1:
            torch.set_num_threads(1)
        with torch.inference_mode():
            copies = image.expand(len(rows), -1, -1, -1).clone(memory_format=torch.channels_last)
            for n, (y0, x0, y1, x1) in enumerate(subject.grid.boxes[rows].tolist()):
                copies[n, :, y0:y1, x0:x1] = 0
            return subject.module(copies).softmax(1)

    def run(rows: NDArray[np.int64]) -> Tensor:
        parts = [rows[i : i + batch] for i in range(0, len(rows), batch)]
        if workers == 1:
            return torch.cat([one(part) for part in parts])
        before = torch.get_num_threads()
        try:
            with ThreadPoolExecutor(workers) as pool:
                return torch.cat(list(pool.map(one, parts)))
        finally:
            torch.set_num_threads(before)

    return run


def captum(subject: Subject, *, perturbations: int) -> Callable[[int], int]:
    """captum's `Occlusion` over about so many positions, by a wider stride; it says how many it did."""
    from captum.attr import Occlusion

    explain = Occlusion(subject.module)
    height, width = subject.grid.image
    image = subject.image.contiguous(memory_format=torch.channels_last) if perturbations > 1 else subject.image

    def run(count: int) -> int:
        size = subject.grid.size[0]
        stride = max(1, min(size, round((height - size) / max(count**0.5 - 1, 1))))
        with torch.no_grad():
            explain.attribute(
                image,
                target=0,
                sliding_window_shapes=(3, size, size),
                strides=(3, stride, stride),
                perturbations_per_eval=perturbations,
            )
        return len(OccluderGrid((height, width), (size, size), (stride, stride)).boxes)

    return run


def per_position(run: Callable[[], int]) -> float:
    """Seconds for each of the positions that `run` says it did."""
    start = time.perf_counter()
    count = run()
    return (time.perf_counter() - start) / count


def best_whole(subject: Subject, rows: NDArray[np.int64], cores: int, batches: Sequence[int]) -> tuple[Side, str]:
    """The fastest way of running everything again, and what it is; chosen on as many positions as a way needs."""
    times: dict[tuple[int, int], float] = {}
    for batch in batches:
        for workers in sorted({1, cores}):
            if batch * workers <= len(rows):
                side, some = whole(subject, batch=batch, workers=workers), rows[: max(batch * workers, _TUNED)]
                side(rows[: 2 * workers])
                times[batch, workers] = per_position(lambda side=side, some=some: len(side(some)))
    batch, workers = min(times, key=lambda way: times[way])
    threads = "1-thread workers" if workers > 1 else "PyTorch's threads"
    return whole(subject, batch=batch, workers=workers), f"batches of {batch}, {threads}"


def best_captum(subject: Subject, count: int) -> tuple[Callable[[int], int], int]:
    """The fastest `perturbations_per_eval`."""
    ways = {n: captum(subject, perturbations=n) for n in BATCHES if n <= count // 2}
    times = {n: per_position(lambda run=run, n=n: run(min(2 * n, count))) for n, run in ways.items()}
    best = min(times, key=lambda n: times[n])
    return ways[best], best


# -- one case ---------------------------------------------------------------------------------------------------------
def measure(
    subject: Subject, square: str, *, part: int, repeats: int, batches: Sequence[int], with_captum: bool
) -> list[Case]:
    """The cases of one network and square, all sides in turn."""
    cores, grid, positions = torch.get_num_threads(), subject.grid, len(subject.grid.boxes)
    rows = np.sort(np.random.default_rng(0).choice(positions, min(part, positions), replace=False))
    rerun, how = best_whole(subject, rows, cores, batches)
    sides: dict[str, Callable[[], int]] = {}
    found: list[Tensor] = []

    def ours(stride: tuple[int, int] = grid.stride) -> int:
        made = occlude(subject.net, subject.image, size=grid.size, stride=stride, target=list(range(5)))
        found.append(torch.from_numpy(made.covered.probabilities[0]).flatten(1))
        return positions

    sides["ours"] = ours
    theirs: list[Tensor] = []

    def again() -> int:
        theirs.append(rerun(rows))
        return len(rows)

    sides["whole"] = again
    if with_captum:
        default, (best, perturbations) = captum(subject, perturbations=1), best_captum(subject, part)
        sides |= {"captum default": lambda: default(part), f"captum at {perturbations}": lambda: best(part)}
    ours((32, 32))  # a few positions, so that memory and threads are there
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            times[name].append(per_position(run))
    difference = float((found[-1][:, rows].T - theirs[-1][:, :5]).abs().max())
    middle = {name: statistics.median(t) for name, t in times.items()}
    spread = (max(times["ours"]) - min(times["ours"])) / middle["ours"]
    bound, cases = float(products(subject)), []
    for name in list(sides)[1:]:
        key = (subject.name, square)
        target = WHOLE.get(key) if name == "whole" else CAPTUM.get(key, (None, None))[name != "captum default"]
        note = f"{middle['ours'] * 1e3:.3g} against {middle[name] * 1e3:.3g} ms a position"
        against = f"whole re-inference, {how}" if name == "whole" else name
        ratio = middle[name] / middle["ours"]
        cases.append(
            Case(
                f"{subject.name}/{square}",
                against,
                ratio,
                target,
                bound,
                difference if name == "whole" else None,
                spread,
                note,
            )
        )
    return cases


def main() -> None:
    """Runs all cases and prints them."""
    parser = arguments(__doc__)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--squares", nargs="+", default=list(SQUARES), choices=list(SQUARES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without", choices=("captum",), help="a side to leave out, where time is short")
    parser.add_argument("--part", type=int, default=128, help="positions on which the other sides are timed")
    options = parser.parse_args()
    keep_freed_memory()
    cases: list[Case] = []
    for name in options.models:
        module = model(name)
        channels_last(module)
        net = Network.trace(module, (3, 224, 224), name=name)
        image = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
        for square in options.squares[:1] if options.quick else options.squares:
            size, stride = (QUICK if options.quick else SQUARES)[square]
            subject = Subject(name, module, net, image, OccluderGrid((224, 224), (size, size), (stride, stride)))
            part, repeats = (16, 1) if options.quick else (options.part, options.repeats)
            batches = (8,) if options.quick or options.part < _TUNED else BATCHES
            with_captum = (name == "alexnet" or not options.quick) and options.without != "captum"
            found = measure(subject, square, part=part, repeats=repeats, batches=batches, with_captum=with_captum)
            for case in found:  # at once: a run that is stopped has said what it knew
                sys.stderr.write(f"{case}\n")
            cases += found
    report("occlusion", cases, quick=options.quick)


if __name__ == "__main__":
    main()
