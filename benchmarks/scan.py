"""What does scanning cost on top of running the network?

    python -m benchmarks.scan [--quick] [--models alexnet vgg16 resnet18]

All convolutional layers' units, k = 9, against the bare forward of the same trunk (up to the last of these layers) on
the same batches: PyTorch's own module in eager mode, channels last, which is its faster format here. Both sides have
the same threads, one worker with one thread for each core, as a scan has, taking whole micro-batches in turn; and both
are given the same decoded uint8 batches, in memory, and normalise them.

Cases: top-k values and positions alone; and with statistics (mean, fraction active, maximum, histogram) and the
winners' crops kept. Winners are common among few images and rare among many, so the first images of a collection cost
more than this says, and the rest less.

What was tried, on two cores (SqueezeNet's four layers, images a second on two threads without decoding):
    171   large maps two images at a time through their layers, reduced while in the cache
    205   whole batches, statistics in tiles of 768 KiB; maxima alone 279, no reading 300
AlexNet's and ResNet-18's convolutions, times the bare forward's time, without and with statistics:
    1.14, 1.25; 1.24, 1.39   as above
    1.09, 1.12; 1.12, 1.14   all reductions in one compiled reading, winners' positions too, ReLUs and sums in place
    1.04, 1.06; 1.00, 1.01   positions, and the batch norm, sum and ReLU that follow, in the same reading; memory asked
                             for 8 KB ahead (a core then reads 15 to 18 GB/s, not 10); one call of few arguments for a
                             layer, and winners of all layers together: after a convolution neither Python's nor
                             Numba's code is in a cache, and what takes 20 us in a loop took 440.
    1.03, 1.06; 0.99, 0.99   max pooling in the same reading
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks._models import channels_last, convolutional_model
from benchmarks.harness import Case, arguments, interleaved, report
from convscope.data import IMAGENET_MEAN, IMAGENET_STD, Preprocess
from convscope.graph import Network
from convscope.memory import keep_freed_memory
from convscope.methods.scan.crops import Crops
from convscope.methods.scan.run import MICRO_BATCH
from convscope.stores.scan import scan

RECIPE = Preprocess(224, 224, resize=224, mean=IMAGENET_MEAN, std=IMAGENET_STD)


class Stop(Exception):
    """Ends a forward pass at the last layer asked for."""


def trunk(model: nn.Module, last: str) -> Callable[[Tensor], None]:
    """The module's forward up to the module `last`, which a hook ends."""

    def stop(*_: Any) -> None:
        raise Stop

    model.get_submodule(last).register_forward_hook(stop)

    def forward(images: Tensor) -> None:
        try:
            with torch.no_grad():
                model(images)
        except Stop:
            return

    return forward


def bare(forward: Callable[[Tensor], None], chunks: list[Tensor], workers: int) -> None:
    """Normalising and forward passes alone, on as many one-thread workers as a scan has."""

    def run(chunk: Tensor) -> None:
        forward(RECIPE.normalise(chunk.contiguous(memory_format=torch.channels_last)))

    before = torch.get_num_threads()
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(run, chunks))
    torch.set_num_threads(before)


def compare(name: str, images: int, repeats: int) -> list[Case]:
    """The cases of one network."""
    model, layers = convolutional_model(name)
    net = Network.trace(model, (3, 224, 224), name=name, preprocess=RECIPE)
    channels_last(model)
    pixels = np.random.default_rng(0).integers(0, 256, (images, 224, 224, 3), dtype=np.uint8)
    size = MICRO_BATCH["cpu"]
    source = [(p, 0) for p in pixels]
    chunks = [torch.from_numpy(pixels[i : i + size]).permute(0, 3, 1, 2) for i in range(0, images, size)]
    forward = trunk(model, layers[-1])
    workers = torch.get_num_threads()
    common = {"layers": layers, "k": 9, "workers": workers}
    sides: dict[str, Callable[[], Any]] = {
        "bare": lambda: bare(forward, chunks, workers),
        "values and positions": lambda: scan(net, source, statistics="none", **common),
        "with statistics and crops": lambda: scan(net, source, statistics="units", crops=Crops(), **common),
    }
    times = interleaved(sides, repeats=repeats)
    cases = []
    for side, limit in (("values and positions", 1.05), ("with statistics and crops", 1.10)):
        ratio = times["bare"].median / times[side].median
        rate = f"{images / times[side].median:.1f} images/s; {1 / ratio:.3f} of its time, at most {limit} asked"
        cases.append(
            Case(f"{name}/{side}", "bare forward", ratio, 1 / limit, 1 / 1.02, spread=times[side].spread, note=rate)
        )
    return cases


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument("--models", nargs="+", default=["alexnet", "vgg16", "resnet18"])
    options = parser.parse_args()
    keep_freed_memory()
    cases = []
    for name in options.models:
        images = {"vgg16": 32}.get(name, 64) if options.quick else {"vgg16": 128, "alexnet": 1536}.get(name, 512)
        cases += compare(name, images, repeats=2 if options.quick else 5)
    report("scan", cases)


if __name__ == "__main__":
    main()
