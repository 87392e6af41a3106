"""Are directions of a layer clearer than its units, by what can be measured?

    python -m benchmarks.directions MODEL IMAGES --directions FILE [FILE ...] [--images 1000] [--other LAYER,LAYER]
        [--tuning 150] [--effects 100] [--sanity 8]
    python -m benchmarks.directions --quick    # a small random network, gratings of four kinds: no figure of it counts

IMAGES are labelled, and none that the directions were learned from. Layers side by side: the units; *the same units
where they are among the strongest alone*, as many at a position as directions are, since what is rarer is counted as
more selective whatever it is; and the directions of each file. Of each image the spatial maximum counts.

selectivity   of a unit for the class that prefers it: (mean of the class - mean of the others) / (their sum). The class
              is chosen on one half of the images and measured on the other, and the other way round: chosen where it is
              measured it would be the largest of some noise, and larger the rarer a unit is active. Likewise the area
              under the curve, the share of pairs of an image of the class and another that the unit orders rightly,
              ties half.
agreement     of the nine strongest images among themselves: the mean cosine of another layer's features, means over
              positions, less those of all images, scaled to deviation one. Nine images at random: 0.
keeps, steady of `convscope tuning`: what survives of the activation when the strongest images are changed; and how
              well units' tuning on one half of the images says what it is on the other. `--tuning`: images changed of
              each half.
effects       of silencing, see `_clarity.of_effects`, on so many of the images, and on `--units` units of each layer
              that are drawn from those that nine images excite.
projections   how like they are to the same place's random signal and to other units'; the area under the unit as tiles
              of its field are covered in their order, and its margin over the hardest control (`convscope sanity`), on
              so many units, `--each` strongest and middling images of each, tiles of `--side` pixels.

Intervals: 95 %. Of selectivity and agreement units are drawn anew and images by halves, 500 times; of the others units
are drawn anew. Of differences from the units, the same draws.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import convscope as cs
from benchmarks import _clarity as clarity
from benchmarks._clarity import Floats, Measures
from benchmarks.harness import Case, arguments, report
from convscope.data.sources.select import limit
from convscope.models.dictionaries import read_dictionary

DRAWS = 500


@dataclass(frozen=True)
class Told:
    """A measure of a layer and its interval's half width, and the same of the difference from the units'."""

    layer: str
    measure: str
    mean: float
    spread: float
    more: float
    more_spread: float


def told(layers: Sequence[str], whole: Sequence[Measures], drawn: dict[tuple[str, str], Floats]) -> list[Told]:
    """Means and intervals, of what came out when units, or images, were drawn anew."""
    lines = []
    for layer, measures in zip(layers, whole, strict=True):
        for name, one in measures.items():
            mean, first = one.of(one.values), whole[0][name]
            spread, less = drawn[layer, name], drawn[layer, name] - drawn[layers[0], name]
            more = mean - first.of(first.values)
            lines.append(Told(layer, name, mean, 1.96 * float(spread.std()), more, 1.96 * float(less.std())))
    return lines


def of_units(layers: Sequence[str], whole: Sequence[Measures]) -> list[Told]:
    """With intervals by drawing units anew, as many of each layer as there are."""
    draw, drawn = np.random.default_rng(0), dict[tuple[str, str], list[float]]()
    for _ in range(DRAWS):
        for layer, measures in zip(layers, whole, strict=True):
            count = len(next(iter(measures.values())).values)
            units = draw.integers(0, count, count)
            for name, one in measures.items():
                drawn.setdefault((layer, name), []).append(one.of(one.values[units]))
    return told(layers, whole, {key: np.asarray(one) for key, one in drawn.items()})


def of_images(found: clarity.Responses, layers: Sequence[str], half: NDArray[np.bool_]) -> list[Told]:
    """Of selectivity and agreement, by drawing images and units anew.

    Images drawn twice would agree with themselves: halves of them without replacement stand for new draws, and units
    are drawn with replacement.
    """
    draw, every = np.random.default_rng(0), np.arange(len(found.labels))
    whole = [clarity.of_images(found, every, half, layer) for layer in layers]
    drawn = dict[tuple[str, str], list[float]]()
    for _ in range(DRAWS // 10):
        rows = np.sort(draw.choice(every, len(every) // 2, replace=False))
        for layer in layers:
            measures = clarity.of_images(found, rows, half, layer)
            for _ in range(10):
                count = found.maxima[layer].shape[1]
                units = draw.integers(0, count, count)
                for name, one in measures.items():
                    drawn.setdefault((layer, name), []).append(one.of(one.values[units]))
    return told(layers, whole, {key: np.asarray(one) for key, one in drawn.items()})


def printed(lines: Sequence[Told], layers: Sequence[str], digits: int = 3) -> list[Case]:
    """A row of a table for each measure, and what the last line of a benchmark says of it."""
    cases = []
    for name in dict.fromkeys(line.measure for line in lines):
        mine = {line.layer: line for line in lines if line.measure == name}
        values = [f"{mine[layer].mean:.{digits}f}" for layer in layers if layer in mine]
        others = [mine[layer] for layer in layers[1:] if layer in mine]
        more = [f"{line.more:+.{digits}f} ± {line.more_spread:.{digits}f}" for line in others]
        print(f"| {name} | {' | '.join(values)} | {' | '.join(more)} |", flush=True)
        cases += [
            Case(f"{line.layer} {name}", layers[0], round(line.more, 4), spread=round(line.more_spread, 4))
            for line in others
        ]
    return cases


def small(folder: Path) -> tuple[str, str, Path]:
    """What a quick run looks at: a network, a folder of gratings four ways, and directions learned on others."""
    draw, at = np.random.default_rng(0), np.arange(32)
    for part in ("learned", "seen"):
        for n in range(96):
            turn = np.pi * (n % 4) / 4
            wave = np.sin(0.8 * (np.cos(turn) * at + np.sin(turn) * at[:, None]) + draw.uniform(0, 6))
            pixels = 128 + 80 * wave[..., None] + draw.normal(0, 20, (32, 32, 3))
            path = folder / part / str(n % 4) / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    model, file = "zoo:tiny", folder / "small.safetensors"
    net, learned = cs.load(model), str(folder / "learned")
    cs.directions(net, learned, layer="block2.relu2", n=48, active=6, updates=100, match="index").write(file)
    return model, str(folder / "seen"), file


def main() -> None:
    """The table, and one JSON line."""
    parser = _arguments()
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.quick:
            asked.model, asked.source, file = small(Path(folder))
            asked.directions = [file]
        if None in (asked.model, asked.source, asked.directions):
            parser.error("give a model, images and --directions FILE, or --quick")
        compared(asked)


def compared(asked: argparse.Namespace) -> None:
    """Say how directions compare with the units of their layer."""
    made, plain = [read_dictionary(one) for one in asked.directions], cs.load(asked.model)
    layer, active = made[0].layer, made[0].active
    channels = plain.layers[layer].channels
    eye, none = np.eye(channels, dtype=np.float32), np.zeros(channels, np.float32)
    own = cs.Dictionary("strongest", layer, "sae", eye, none, eye, none, active)
    net = plain.with_directions([own, *made])
    layers = [layer, own.full_name, *(one.full_name for one in made)]
    source = cs.open_source(asked.source, limit=asked.limit)
    others = (asked.other or plain.output).split(",")
    found = clarity.responses(net, source, layers, others)
    half = np.random.default_rng(0).permutation(len(found.labels)) % 2 == 0
    print(f"| {' | '.join(['measure', *layers, *(f'{one} - units' for one in layers[1:])])} |")
    live = {one: np.flatnonzero((found.maxima[one] > 0).sum(0) >= 9) for one in layers}
    print(f"| looked at | {' | '.join(str(len(live[one])) for one in layers)} |", flush=True)
    cases = printed(of_images(found, layers, half), layers)
    if asked.tuning:
        cases += printed(of_units(layers, clarity.of_tuning(net, source, layers, half, asked.tuning)), layers)
    if asked.effects:
        some = limit(source, asked.effects)
        halves = np.random.default_rng(0).permutation(len(some)) % 2 == 0
        draw = np.random.default_rng(0)
        units = {one: np.sort(draw.permutation(live[one])[: asked.units]) for one in layers}
        effects = [clarity.of_effects(net, some, one, units[one], halves) for one in layers]
        cases += printed(of_units(layers, effects), layers)
    if asked.sanity:
        few = [one for one in layers if one != own.full_name]
        measures, verdicts = clarity.of_sanity(net, limit(source, 200), few, asked.sanity, asked.each, asked.side)
        print(*verdicts, sep="\n")
        cases += printed(of_units(few, measures), few)
    report("directions", cases)


def _arguments() -> argparse.ArgumentParser:
    parser = arguments(__doc__)
    parser.add_argument("model", nargs="?")
    parser.add_argument("source", nargs="?", metavar="images")
    parser.add_argument("--directions", type=Path, nargs="+")
    parser.add_argument("--images", dest="limit", type=int, default=1000)
    parser.add_argument("--other", default=None, help="layers whose features the nine agree by, separated by commas")
    parser.add_argument("--tuning", type=int, default=0)
    parser.add_argument("--effects", type=int, default=0)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--sanity", type=int, default=0)
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--side", type=int, default=16)
    return parser


if __name__ == "__main__":
    main()
