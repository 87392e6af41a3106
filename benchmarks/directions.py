"""Are directions of a layer clearer than its units, by what can be measured?

    python -m benchmarks.directions MODEL IMAGES --directions FILE [--images 1000] [--other classifier.1] [--sanity 12]
    python -m benchmarks.directions --quick    # a small random network, gratings of four kinds: no figure of it counts

IMAGES are labelled, and none that the directions were learned from. Three layers side by side: the units; *the same
units where they are among the strongest alone*, as many at a position as directions are, since what is rarer is
counted as more selective whatever it is; and the directions. Of each image the spatial maximum counts.

selectivity   of a unit for the class that prefers it: (mean of the class - mean of the others) / (their sum). The class
              is chosen on one half of the images and measured on the other, and the other way round: chosen where it is
              measured it would be the largest of some noise, and larger the rarer a unit is active. Likewise `auc`, the
              share of pairs of an image of the class and another that the unit orders rightly, ties half.
agreement     of the nine strongest images among themselves: the mean cosine of another layer's features, means over
              positions, less those of all images, scaled to deviation one. Nine images at random: 0.
signal, other how like a projection is to the same place's random signal, and to other units' (`convscope sanity`).

Intervals: 95 %, units and images drawn anew together, 500 times; of differences from the units, the same draws.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import convscope as cs
from benchmarks.harness import Case, arguments, report
from convscope.data import batches
from convscope.methods.inputs import preprocess_of
from convscope.models.dictionaries import read_dictionary

DRAWS = 500
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Responses:
    """The maxima (images, units) of each layer, features (images, f) of another, and labels (images,)."""

    maxima: Mapping[str, Floats]
    features: Floats
    labels: NDArray[np.int64]


def responses(net: cs.Network, source: cs.Source, layers: list[str], other: str) -> Responses:
    """What images make of the layers."""
    found: dict[str, list[Any]] = {name: [] for name in (*layers, other, "labels")}
    for part in batches(source, preprocess_of(net, source), size=32):
        inputs = preprocess_of(net, source).normalise(part.images, dtype=net.dtype)
        for name, maps in net.run(inputs, [*layers, other]).items():
            flat = maps.flatten(2) if maps.dim() == 4 else maps[:, :, None]
            found[name].append((flat.mean(2) if name == other else flat.amax(2)).numpy().astype(np.float64))
        found["labels"].append(part.labels)
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    features = joined[other] - joined[other].mean(0)
    features /= np.maximum(features.std(0), 1e-12)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    return Responses({name: joined[name] for name in layers}, features, joined["labels"])


def by_class(values: Floats, labels: NDArray[np.int64], classes: int) -> tuple[Floats, Floats]:
    """Means (classes, units) of each class, and of all others."""
    hot = np.eye(classes)[labels]
    inside, count = hot.T @ values, hot.sum(0)[:, None]
    return inside / np.maximum(count, 1), (values.sum(0) - inside) / np.maximum(len(values) - count, 1)


def selectivity(values: Floats, labels: NDArray[np.int64], half: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Index and area (units,), each class chosen on one half and measured on the other; means of both ways round."""
    classes, indices, areas = int(labels.max()) + 1, [], []
    for chosen in (half, ~half):
        means, others = by_class(values[chosen], labels[chosen], classes)
        best = (means - others).argmax(0)
        now, rest = by_class(values[~chosen], labels[~chosen], classes)
        pick = np.arange(values.shape[1])
        a, b = now[best, pick], rest[best, pick]
        indices.append(np.where(a + b > 0, (a - b) / np.maximum(a + b, 1e-300), np.nan))
        order = np.apply_along_axis(_ranks, 0, values[~chosen])
        mine = labels[~chosen][:, None] == best
        count = mine.sum(0)
        rank = np.where(mine, order, 0).sum(0)
        areas.append((rank - count * (count + 1) / 2) / np.maximum(count * (len(order) - count), 1))
    known = np.isfinite(indices)
    both = np.where(known, indices, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)
    return both, np.mean(areas, axis=0)


def _ranks(column: Floats) -> Floats:
    _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[inverse]


def agreement(values: Floats, features: Floats) -> Floats:
    """The mean cosine (units,) of features among the nine strongest images; NaN with fewer that excite the unit."""
    found = np.full(values.shape[1], np.nan)
    for unit in range(values.shape[1]):
        nine = np.argsort(-values[:, unit], kind="stable")[:9]
        if values[nine[-1], unit] > 0:
            total = features[nine].sum(0)
            found[unit] = (total @ total - 9) / 72
    return found


def measured(found: Responses, rows: NDArray[np.int64], half: NDArray[np.bool_], name: str) -> dict[str, Floats]:
    """Of a layer's units on some images."""
    values = found.maxima[name][rows]
    index, area = selectivity(values, found.labels[rows], half[rows])
    index[(values > 0).sum(0) < 9] = np.nan
    return {"selectivity": index, "auc": np.where(np.isnan(index), np.nan, area),
            "agreement": agreement(values, found.features[rows])}  # fmt: skip


def table(found: Responses, layers: list[str]) -> list[dict[str, Any]]:
    """Means with intervals, and differences from the first layer with theirs."""
    draw = np.random.default_rng(0)
    every, half = np.arange(len(found.labels)), draw.permutation(len(found.labels)) % 2 == 0
    whole = {name: measured(found, every, half, name) for name in layers}
    drawn: dict[tuple[str, str], list[float]] = {}
    # Images drawn twice would agree with themselves: halves of them without replacement stand for new draws, and units
    # are drawn with replacement.
    for _ in range(DRAWS // 10):
        rows = np.sort(draw.choice(every, len(every) // 2, replace=False))
        for name in layers:
            parts = measured(found, rows, half, name)
            for _ in range(10):
                units = draw.integers(0, found.maxima[name].shape[1], found.maxima[name].shape[1])
                for what, one in parts.items():
                    drawn.setdefault((name, what), []).append(float(np.nanmean(one[units])))
    lines = []
    for name in layers:
        line: dict[str, Any] = {"layer": name, "looked at": int((~np.isnan(whole[name]["selectivity"])).sum())}
        for what, one in whole[name].items():
            mean, spread = float(np.nanmean(one)), np.asarray(drawn[name, what])
            less = spread - np.asarray(drawn[layers[0], what])
            difference = mean - float(np.nanmean(whole[layers[0]][what]))
            line[what] = (mean, 1.96 * spread.std())
            line[f"{what} - units"] = (difference, 1.96 * less.std())
        lines.append(line)
    return lines


def looked_at(net: cs.Network, source: cs.Source, layers: list[str], units: int) -> list[dict[str, Any]]:
    """How like projections are to a random signal's and to others', and what silencing does."""
    worth = cs.sanity(net, source, layers=layers, units=units, each=3, seeds=1, limit=200)
    likeness = {row["layer"]: (row["signal"], row["other"]) for row in worth.rows()}
    return [{"layer": name, "signal": likeness[name][0], "other": likeness[name][1]} for name in layers]


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
    parser = arguments(__doc__)
    parser.add_argument("model", nargs="?")
    parser.add_argument("source", nargs="?", metavar="images")
    parser.add_argument("--directions", type=Path)
    parser.add_argument("--images", dest="limit", type=int, default=1000)
    parser.add_argument("--other", default=None)
    parser.add_argument("--sanity", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.quick:
            asked.model, asked.source, asked.directions = small(Path(folder))
        if None in (asked.model, asked.source, asked.directions):
            parser.error("give a model, images and --directions FILE, or --quick")
        compared(
            asked.model, cs.open_source(asked.source, limit=asked.limit), asked.directions, asked.other, asked.sanity
        )


def compared(model: str, source: cs.Source, file: Path, other: str | None, sanity: int) -> None:
    """Say how directions compare with the units of their layer."""
    made, plain = read_dictionary(file), cs.load(model)
    channels = plain.layers[made.layer].channels
    eye, none = np.eye(channels, dtype=np.float32), np.zeros(channels, np.float32)
    own = cs.Dictionary("strongest", made.layer, "sae", eye, none, eye, none, made.active)
    net = plain.with_directions([own, made])
    layers = [made.layer, own.full_name, made.full_name]
    torch.manual_seed(0)
    found = responses(net, source, layers, other or plain.output)
    lines, cases = table(found, layers), []
    for line in lines:
        print(line["layer"], "looked at:", line["looked at"])
        for what, pair in line.items():
            if isinstance(pair, tuple):
                print(f"    {what:24} {pair[0]:+.4f} +- {pair[1]:.4f}")
                if "-" in what and line["layer"] != layers[0]:
                    cases.append(Case(f"{line['layer']} {what}", layers[0], pair[0], spread=pair[1]))
    for row in looked_at(net, source, layers, sanity) if sanity else ():
        print(row)
    report("directions", cases)


if __name__ == "__main__":
    main()
