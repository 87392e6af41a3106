"""What does Table 7 cost: features of some thousand images from five layers, and the classifiers on them?

    python -m benchmarks.transfer [--quick] [--images PACK]

SqueezeNet 1.1 with its ImageNet weights on a pack of labelled images (default: the development pack of Caltech-101).

rate    extraction of features from five layers against a scan of the same layers, same files, interleaved;
        asked: at least 0.9 of the scan's rate
table   features, then softmax and SVM on every layer of one fold at 30 images a class (C cross-validated), with time
        and peak memory; the whole Table 7 is five such folds

History (two cores of an AVX-512 machine): ten classifiers of a fold in 117 s; side by side, to a thousandth of the
objective, 35 s.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import convscope as cs
from benchmarks.harness import Case, arguments, interleaved, peak_memory, report
from convscope.data import limit
from convscope.generalisation import draw_folds, extract, measure_transfer, open_target
from convscope.memory import keep_freed_memory

LAYERS = ["features.1", "features.4", "features.7", "features.9", "features.12"]


def rate(net: cs.Network, source: cs.Source, repeats: int) -> Case:
    """Extraction against a scan."""
    images = len(source)

    def features() -> None:
        with tempfile.TemporaryDirectory() as store:
            extract(net, source, LAYERS, store=store)

    times = interleaved(
        {"scan": lambda: cs.scan(net, source, layers=LAYERS), "features": features}, repeats=repeats, warmup=repeats > 1
    )
    scan, ours = times["scan"].median, times["features"].median
    note = f"{images} images: {images / ours:.1f} against {images / scan:.1f} images/s"
    return Case("extraction", "scan of the same layers", scan / ours, 0.9, spread=times["features"].spread, note=note)


def table(net: cs.Network, pack: Path, size: int) -> list[Case]:
    """Features and classifiers of one fold."""
    target = open_target(f"npz:{pack}")
    folds = draw_folds(target, per_class=(size,), folds=1, test=50 if size == 30 else 5)
    with tempfile.TemporaryDirectory() as store:
        start = time.perf_counter()
        indices = [i for fold in folds for part in (fold.train, fold.test) for i in part.tolist()]
        extract(net, target.source, LAYERS, store=store, indices=indices)  # pyright: ignore[reportArgumentType]
        middle = time.perf_counter()
        result = measure_transfer(net, target, layers=LAYERS, folds=folds, store=store)
        end = time.perf_counter()
    best = max(result.rows(), key=lambda row: row.mean)
    note = f"{len(indices)} images in {middle - start:.0f} s; peak {peak_memory():.0f} MiB"
    learned = f"{len(result.scores)} classifiers at {size} a class in {end - middle:.0f} s; best {best.text()} %"
    return [Case("features of 5 layers", "", None, note=note), Case("classifiers, one fold", "", None, note=learned)]


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    data = Path(os.environ.get("CONVSCOPE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--images", type=Path, default=data / "caltech101_max256_30plus50.npz")
    options = parser.parse_args()
    keep_freed_memory()
    net = cs.load("zoo:squeezenet1_1")
    source = limit(cs.open_source(f"npz:{options.images}"), 160 if options.quick else 1200)
    cases = [rate(net, source, 1 if options.quick else 3), *table(net, options.images, 2 if options.quick else 30)]
    report("transfer", cases)


if __name__ == "__main__":
    main()
