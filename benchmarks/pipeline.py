"""How close is a scan from JPEG files to what decoding and the network allow, and to what people write by hand?

    python -m benchmarks.pipeline [--quick] [--images FOLDER]

SqueezeNet 1.1, default layers, from a folder of JPEG files (default: the development images). Ours is the whole `scan`:
files to finished tables. Against
  loop    a DataLoader with the best of 0, 1 and 2 worker processes, Pillow, torch's eager module, amax and topk of the
          same layers by forward hooks; what a careful user writes (values only, no positions, no statistics);
  bound   2 / (1/f + 1/d) images per second, f and d the rates of one core at the forward pass and at decoding.

What was tried, on two cores, against the loop and the bound:
    1.19, 0.66   convolutions with ReLU in one call; maxima, then statistics in tiles
    1.46, 0.82   all reductions in one compiled reading (of the time of both cores, which are busy for 95 % of it, 78 %
                 are forward passes, 9 % reductions, 7 % decoding)
    1.51, 0.80   maps that are concatenated for a narrow convolution go through it in parts
    1.57, 0.84   positions in the same reading, memory asked for ahead
    1.67, 0.82   max pooling in a compiled loop that asks ahead; one that does not waits for memory as PyTorch's
                 does. The bound, which is from our own forward pass, rises from 294 to 314. Reductions take 7 %,
                 decoding 7 %, normalising pixels 2 %, tables 1 %; the cores are idle for 4 %.
    1.86, 0.89   max pooling in the reading that reduces, maps that are concatenated left in parts for it, and windows
                 read in one go, which raises the bound to 334
    No change: one decoding thread instead of two; Python threads that take turns every 0.1 ms instead of every 5.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks._models import channels_last
from benchmarks._models import model as make_model
from benchmarks.harness import Case, arguments, interleaved, report
from convscope.data import IMAGENET_MEAN, IMAGENET_STD, Preprocess, decode, open_source
from convscope.graph import Network
from convscope.memory import keep_freed_memory
from convscope.stores.scan import scan

RECIPE = Preprocess(224, 224, resize=256, mean=IMAGENET_MEAN, std=IMAGENET_STD)


class Photos(Dataset):
    """The same files by Pillow, with the same geometry and normalisation."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensor:
        with Image.open(self.files[index]) as image:
            pixels = RECIPE.crop(np.asarray(image.convert("RGB")))
        return RECIPE.normalise(torch.from_numpy(pixels).permute(2, 0, 1)[None])[0]


def loop(module: nn.Module, layers: list[str], files: list[Path], processes: int) -> None:
    """A DataLoader, the eager module, and the nine largest maxima of every channel."""
    kept: dict[str, list[Tensor]] = {layer: [] for layer in layers}

    def keeper(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda _module, _inputs, output: kept[name].append(output.amax((2, 3)))

    handles = [module.get_submodule(layer).register_forward_hook(keeper(layer)) for layer in layers]
    with torch.no_grad():
        for batch in DataLoader(Photos(files), batch_size=32, num_workers=processes):
            module(batch.contiguous(memory_format=torch.channels_last))
    for handle in handles:
        handle.remove()
    for maxima in kept.values():
        torch.cat(maxima).topk(min(9, len(files)), dim=0)


def one_core_rates(net: Network, layers: list[str], files: list[Path]) -> tuple[float, float]:
    """Images per second that one core runs forward, and that it reads, decodes and crops."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    images = torch.randn(16, *net.input_shape).contiguous(memory_format=torch.channels_last)

    def forward() -> None:
        for _ in net.stream(images, layers):
            pass

    forward()
    start = time.perf_counter()
    for _ in range(4):
        forward()
    f = 64 / (time.perf_counter() - start)
    some = files[:200]
    start = time.perf_counter()
    for file in some:
        RECIPE.crop(decode(file.read_bytes()))
    d = len(some) / (time.perf_counter() - start)
    torch.set_num_threads(before)
    return f, d


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    data = Path(os.environ.get("CONVSCOPE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--images", type=Path, default=data / "imagenet_samples" / "images")
    options = parser.parse_args()
    keep_freed_memory()
    files = sorted(options.images.glob("*.jpg"))[: 200 if options.quick else 1000]
    module = make_model("squeezenet1_1")
    net = Network.trace(module, (3, 224, 224), name="squeezenet1_1", preprocess=RECIPE)
    channels_last(module)
    layers = [f"features.{i}" for i in (1, 4, 7, 12)]
    source = open_source(f"folder:{options.images}", limit=len(files))
    sides: dict[str, Callable[[], Any]] = {"ours": lambda: scan(net, source, layers=layers)}
    for processes in (0, 1, 2):
        sides[f"loop/{processes}"] = lambda processes=processes: loop(module, layers, files, processes)
    times = interleaved(sides, repeats=1 if options.quick else 3)
    f, d = one_core_rates(net, layers, files)
    ours = len(files) / times["ours"].median
    best = min((name for name in sides if name != "ours"), key=lambda name: times[name].median)
    bound = torch.get_num_threads() / (1 / f + 1 / d)
    rates = f"{ours:.0f} against {len(files) / times[best].median:.0f} images/s"
    ratio, spread = times[best].median / times["ours"].median, times["ours"].spread
    cores = f"one core: forward {f:.0f}, decoding {d:.0f} images/s; bound {bound:.0f}"
    cases = [
        Case("squeezenet1_1", f"DataLoader loop ({best[-1]} processes)", ratio, 1.5, spread=spread, note=rates),
        Case("squeezenet1_1", "bound of decoding and forward", ours / bound, 0.9, 1.0, note=cores),
    ]
    report("pipeline", cases, images=len(files), seconds={name: t.median for name, t in times.items()})


if __name__ == "__main__":
    main()
