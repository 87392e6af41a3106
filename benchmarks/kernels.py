"""What are the compiled loops worth?

    python -m benchmarks.kernels [--quick] [--jobs scan deconv occlude ...]

Each job with compiled loops against the same with `kernels.switched("off")`, in turn in one run: a scan of all
convolutions with statistics, the projections that fall on some images on average (as in `benchmarks.projection`), the
occlusion of an image. Then single kernels, on one thread and on as many as there are cores, which is what the gate
`machine.loops_win`, and what `edits` accepts, are set by; and listing what is not zero by vectors against
one by one, which is what `machine.lists_by_vectors` is set by. For code without AVX-512:

    export NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=+avx2 ONEDNN_MAX_CPU_ISA=AVX2
    python -m benchmarks.kernels --jobs listing

Both sides agree up to float32's rounding; the difference is the largest, relative to the largest value.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks._models import convolutional_model, model
from benchmarks.harness import Case, Timing, arguments, interleaved, report
from benchmarks.projection import draw, ours
from convscope import kernels
from convscope.data import IMAGENET_MEAN, IMAGENET_STD, Preprocess
from convscope.graph import Network
from convscope.kernels import State, cutting, edits, machine, pooling, response, silencing
from convscope.kernels.pooling import MaxPooling
from convscope.kernels.response import Response
from convscope.kernels.transposing import Transposed, transpose
from convscope.memory import keep_freed_memory
from convscope.methods.occlusion import occlude
from convscope.methods.scan import scan

RECIPE = Preprocess(224, 224, resize=224, mean=IMAGENET_MEAN, std=IMAGENET_STD)
JOBS = ("scan", "deconv", "occlude", "pooling", "response", "unpooling", "cutting", "silencing", "edits", "listing")


# -- whole jobs -------------------------------------------------------------------------------------------------------
def scan_job(name: str, images: int) -> Callable[[], Any]:
    """A scan of all convolutions with statistics."""
    module, layers = convolutional_model(name)
    net = Network.trace(module, (3, 224, 224), name=name, preprocess=RECIPE)
    pixels = np.random.default_rng(0).integers(0, 256, (images, 224, 224, 3), dtype=np.uint8)
    source = [(p, 0) for p in pixels]

    def run() -> list[Tensor]:
        found = scan(net, source, layers=layers, k=9, statistics="units")
        return [torch.from_numpy(found[layer].values) for layer in layers]

    return run


def deconv_job(name: str, images: int) -> Callable[[], Any]:
    """The projections of all convolutions' units that fall on some images on average, forward passes included."""
    module, layers = convolutional_model(name)
    net = Network.trace(module, (3, 224, 224), name=name)
    sample = draw(net, layers, images)
    return lambda: [made.pixels for made in ours(net, sample)]


def occlude_job(name: str, stride: int) -> Callable[[], Any]:
    """The occlusion of an image by squares of 16 pixels."""
    net = Network.trace(model(name), (3, 224, 224), name=name)
    image = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))

    def run() -> list[Tensor]:
        return [torch.from_numpy(occlude(net, image, size=16, stride=stride, target=[0]).covered.logits)]

    return run


def compare(job: str, name: str, run: Callable[[], list[Tensor]], repeats: int) -> Case:
    """A job with compiled loops against the same without."""
    found: dict[str, list[Tensor]] = {}

    def side(state: State) -> Callable[[], None]:
        def once() -> None:
            with kernels.switched(state):
                found[state] = run()

        return once

    times = interleaved({"on": side("on"), "off": side("off")}, repeats=repeats)
    worst = max(_difference(a, b) for a, b in zip(found["on"], found["off"], strict=True))
    return _case(f"{job} {name}", times, ("on", "off"), worst)


def _difference(one: Tensor, other: Tensor) -> float:
    scale = float(other.abs().max()) if other.numel() else 0.0
    return float((one - other).abs().max()) / scale if scale else 0.0


def _case(name: str, times: dict[str, Timing], sides: tuple[str, str], difference: float | None = None) -> Case:
    one, other = (times[side] for side in sides)
    ratios = [b / a for a, b in zip(one.seconds, other.seconds, strict=True)]
    note = f"{one.median * 1e3:.4g} against {other.median * 1e3:.4g} ms"
    return Case(name, sides[1], statistics.median(ratios), max_difference=difference, spread=one.spread, note=note)


# -- single kernels ---------------------------------------------------------------------------------------------------
@contextmanager
def threads(count: int) -> Iterator[None]:
    """PyTorch's operations shared out over so many."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def maps(*shape: int, share: float = 1.0) -> Tensor:
    """Numbers, channels last, of which about a share is not zero."""
    return (torch.randn(shape) * (torch.rand(shape) < share)).contiguous(memory_format=torch.channels_last)


def single(name: str, kernel: kernels.Kernel[..., Tensor], given: tuple[Any, ...], repeats: int) -> Iterator[Case]:
    """A kernel's two ways, on one thread and on all."""
    for count in sorted({1, torch.get_num_threads()}):
        with threads(count), torch.no_grad():
            ways = {"compiled": lambda: kernel.compiled(*given), "plain": lambda: kernel.plain(*given)}
            times = interleaved(ways, repeats=repeats)
            worst = _difference(kernel.compiled(*given), kernel.plain(*given))
        yield _case(f"{name}, {count} threads", times, ("compiled", "plain"), worst)


def pooling_cases(repeats: int) -> Iterator[Case]:
    """Max pooling of AlexNet's and VGG16's first maps."""
    for name, windows, shape in (
        ("3/2", MaxPooling((3, 3), (2, 2)), (16, 64, 55, 55)),
        ("2/2", MaxPooling((2, 2), (2, 2)), (16, 64, 112, 112)),
    ):
        yield from single(f"pooling {name}", pooling.largest, (maps(*shape), windows), repeats)


def response_cases(repeats: int) -> Iterator[Case]:
    """Response normalisation of ZFNet's first maps."""
    given = maps(16, 96, 55, 55), Response(5, 1e-4, 0.75, 2.0)
    yield from single("response", response.normalise, given, repeats)
    yield from single("its gradient", response.gradient, (given[0], given[0], given[1]), repeats)


def unpooling_cases(repeats: int) -> Iterator[Case]:
    """Signals of boxes of 13 x 13 windows put back on ZFNet's second maps."""
    below, image = maps(4, 256, 26, 26).relu_(), torch.arange(32) % 4
    given = maps(32, 256, 9, 9), below, image, np.zeros((32, 2), np.int64), MaxPooling((3, 3), (2, 2))
    yield from single("unpooling", pooling.put_back, given, repeats)


def cutting_cases(repeats: int) -> Iterator[Case]:
    """Boxes cut from ZFNet's second maps, some reaching beyond them, where it is zero."""
    for size, count in ((3, 512), (17, 64)):
        image, origin = torch.arange(count) % 4, np.random.default_rng(0).integers(-4, 14, (count, 2))
        given = maps(4, 256, 26, 26), image, (2, 3), origin, (size, size)
        yield from single(f"cutting {size} x {size}", cutting.cut, given, repeats)


def silencing_cases(repeats: int) -> Iterator[Case]:
    """What 64 units, of whose 13 x 13 positions a third change something, do to 1000 rectified sums."""
    change = torch.randn(64, 169) * (torch.rand(64, 169) < 0.33)
    given = torch.randn(169, 1000), torch.randn(64, 1000), change
    yield from single("silencing", silencing.rectified_changes, given, repeats)


def edits_cases(repeats: int) -> Iterator[Case]:
    """Changes of boxes of 12 x 12 in VGG16's second maps: rectified."""
    known = _Known(maps(1, 128, 112, 112), np.zeros(256, np.int64))
    places = np.stack(np.meshgrid(np.arange(0, 96, 6), np.arange(0, 96, 6)), -1).reshape(-1, 2)
    change = maps(256, 128, 12, 12)

    def way(run: Callable[..., None]) -> Callable[..., Tensor]:
        def once() -> Tensor:
            moved = change.clone(memory_format=torch.channels_last)
            run(moved, places, known, (2, 3))
            return moved

        return once

    both = kernels.Kernel(lambda: True, way(edits.rectify.compiled), way(edits.rectify.plain))
    yield from single("rectifying changes", both, (), repeats)


class _Known:
    """What is known of maps that are not edited."""

    def __init__(self, known: Tensor, image: np.ndarray) -> None:
        self.maps, self.image, self._made = known, image, dict[str, Tensor]()

    def derived(self, name: str, make: Callable[[Tensor], Tensor]) -> Tensor:
        """Made once."""
        if name not in self._made:
            self._made[name] = make(self.maps)
        return self._made[name]


def listing_cases(repeats: int) -> Iterator[Case]:
    """Transposed convolutions by listing 16 numbers at a time, one by one, and by oneDNN on all entries; one thread."""
    vectors: tuple[machine.VectorWidth, ...] = ("avx512", "narrow")
    for share in (0.05, 0.12, 0.45):
        for channels, few, size in ((256, 256, 13), (128, 64, 30), (64, 64, 56)):
            transposed = Transposed(torch.randn(channels, few, 3, 3), (1, 1), (1, 1), 1)
            given = maps(8, channels, size, size, share=share), transposed, share

            def listed(kind: machine.VectorWidth, given: tuple[Any, ...] = given) -> Tensor:
                with machine.pretend(vectors=kind):
                    return transpose.compiled(*given)

            with threads(1), torch.no_grad():
                sides: dict[str, Callable[[], Any]] = {
                    name: (lambda kind=kind: listed(kind))
                    for name, kind in zip(("by vectors", "one by one"), vectors, strict=True)
                }
                sides["oneDNN"] = lambda given=given: transpose.plain(*given)
                times = interleaved(sides, repeats=repeats)
            where = f"listing {share:.0%} of {channels} to {few}, {size} x {size}"
            yield _case(where, times, ("by vectors", "one by one"))
            yield _case(where, times, ("one by one", "oneDNN"))


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=JOBS)
    options = parser.parse_args()
    keep_freed_memory()
    torch.manual_seed(0)
    repeats, many = (2, 5) if options.quick else (5, 30)
    cases: list[Case] = []
    whole = {
        "scan": (
            scan_job,
            {"alexnet": 48, "resnet18": 32}
            if options.quick
            else {"alexnet": 384, "resnet18": 128, "squeezenet1_1": 256},
        ),
        "deconv": (deconv_job, {"zfnet": 2} if options.quick else {"zfnet": 8, "resnet18": 4}),
        "occlude": (occlude_job, {"alexnet": 16} if options.quick else {"alexnet": 8, "resnet18": 12}),
    }
    for job, (make, sizes) in whole.items():
        if job in options.jobs:
            cases += [compare(job, name, make(name, size), repeats) for name, size in sizes.items()]
    single_kernels = {
        "pooling": pooling_cases,
        "response": response_cases,
        "unpooling": unpooling_cases,
        "cutting": cutting_cases,
        "silencing": silencing_cases,
        "edits": edits_cases,
        "listing": listing_cases,
    }
    for job, made in single_kernels.items():
        if job in options.jobs:
            cases += made(many)
    report("kernels", cases, vectors=machine.vectors(), vendor=machine.vendor())


if __name__ == "__main__":
    main()
