"""Is there a picture that says more of a unit than the deconvnet's? Seven kinds, judged by deletion and its controls.

    python -m benchmarks.pictures -o STORE --network zoo:squeezenet1_1 samples: features.4.cat,features.7.cat
    python -m benchmarks.pictures -o STORE --network MODEL IMAGES LAYERS [WEIGHTS] --network ...
    python -m benchmarks.pictures --quick    # a layer of the embedded network, too few units to tell anything

All are judged as `convscope sanity` judges projections (docs/sanity.md): tiles of a unit's field are covered in the
order of its picture, and of controls that know nothing of the unit; other units' pictures are of the same kind. A kind
is chosen on every second unit, by its least margin over all controls and fills, the mean over layers; and judged on the
other units, with p-values corrected (Holm) over layers. On three networks guided backpropagation was chosen, and did
not hold on the other units (docs/sanity.md). What is done is kept in STORE, so that it goes on where it was;
`--minutes` ends it early.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

import convscope as cs
from benchmarks.harness import Case, arguments, report
from convscope.graph import PullOptions, Unit
from convscope.graph.focusing import Focus
from convscope.methods.causes.tracing import causes
from convscope.methods.corrections import holm
from convscope.methods.sanity.cases import Excited, SanityCases, chosen_cases, drawn_units, responses
from convscope.methods.sanity.covering import FILLS, filled
from convscope.methods.sanity.judging import LEVEL, Margins, margins
from convscope.methods.sanity.looking import CaseLooking, LookedCases, Projecting, Tool, look_at_cases
from convscope.methods.sanity.orders import CONTROLS, Tiles
from convscope.stores.sanity import Parts
from convscope.studies.pictures import look_at

SIDE = 4  # of a tile, in pixels
AROUND = 1  # tiles that are covered with one on each side, of the wider occlusion
BESIDE = 6  # other units that are taken for a layer's mean
QUICK = ("zoo:squeezenet1_1", "samples:", "features.4.cat")
FOLLOWED = 200  # positions of an earlier layer that causes are followed to
Ints = NDArray[np.int64]


# -- kinds of pictures ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class GradientTimesInput:
    """The gradient times the input's difference to the image's mean colour, by tile; what lowers does not count."""

    def __call__(
        self, net: cs.Network, images: Tensor, layer: str, image: Ints, channel: Ints, position: Ints
    ) -> tuple[Tensor, Tensor]:
        """The pictures and their boxes."""
        gradient, boxes = Projecting(PullOptions(rule="gradient"))(net, images, layer, image, channel, position)
        made = torch.zeros(len(image), 1, *gradient.shape[2:], dtype=torch.float64)
        for n, (y0, x0, y1, x1) in enumerate(boxes.tolist()):
            whole = images[int(image[n])]
            inside = F.pad(
                whole - whole.mean((1, 2), keepdim=True), (-x0, x1 - whole.shape[2], -y0, y1 - whole.shape[1])
            )
            made[n, 0] = by_tile((gradient[n] * inside).sum(0).double(), boxes[n].numpy(), tuple(whole.shape[1:]))
        return in_colour(made, images), boxes


@dataclass(frozen=True)
class Contrast:
    """The projection less the mean of other units' at the place, all of length 1."""

    def __call__(
        self, net: cs.Network, images: Tensor, layer: str, image: Ints, channel: Ints, position: Ints
    ) -> tuple[Tensor, Tensor]:
        """The pictures and their boxes."""
        project, count = Projecting(), net.layers[layer].channels
        mine, boxes = project(net, images, layer, image, channel, position)
        others = np.linspace(0, count - 1, BESIDE).astype(np.int64)
        beside = [project(net, images, layer, image, np.full(len(image), one), position)[0] for one in others]
        return _unit_length(mine) - torch.stack([_unit_length(one) for one in beside]).mean(0), boxes


def _unit_length(pixels: Tensor) -> Tensor:
    return pixels / pixels.flatten(1).norm(dim=1).clamp_min(1e-30)[:, None, None, None]


@dataclass
class Occlusion:
    """How much the unit falls as each tile alone is covered, by the mean colour and by blur; with tiles `around` it."""

    around: int = 0
    known: dict[tuple[float, ...], tuple[Tensor, Tiles]] = field(default_factory=dict)
    plans: dict[tuple[int, str], Focus] = field(default_factory=dict)

    def __call__(
        self, net: cs.Network, images: Tensor, layer: str, image: Ints, channel: Ints, position: Ints
    ) -> tuple[Tensor, Tensor]:
        """The pictures and their boxes."""
        _, boxes = Projecting()(net, images, layer, image, channel, position)
        plan = self.plans.setdefault((id(net), layer), Focus.of(net, layer))
        made = []
        for n, box in enumerate(boxes.numpy()):
            pixels = images[int(image[n])]
            drops, tiles = self._drops(plan, pixels, position[n], box)
            falls = drops[:, int(channel[n])].clamp_min(0).double().numpy()
            counts = np.maximum(np.bincount(tiles.number[tiles.number >= 0], minlength=tiles.count), 1)
            shown = np.where(tiles.number >= 0, (falls / counts)[tiles.number], 0.0)
            made.append(torch.from_numpy(shown))
        return in_colour(torch.stack(made)[:, None], images), boxes

    def _drops(self, plan: Focus, image: Tensor, position: Ints, box: Ints) -> tuple[Tensor, Tiles]:
        """What all units at a position lose as each tile is covered, (tiles, channels), and the tiles on the field."""
        key = (float(image.double().sum()), float(id(plan)), *position.tolist())
        if key not in self.known:
            height, width = (box[2:] - box[:2]).tolist()
            size = (image.shape[1], image.shape[2])
            tiles = Tiles.of(box, box[:2], (height, width), size, SIDE)
            origin = plan.origins(position[None])[0]
            here = torch.from_numpy(Tiles.of(box, origin, plan.size, size, SIDE).number)
            fills = filled(image, image, (height, width))[:2]
            cut = plan.cut(torch.cat([image[None], fills]), np.arange(3), np.tile(position, (3, 1)))
            own = plan.read(cut[:1], position[None])
            lost = torch.zeros(tiles.count, own.shape[1])
            for fill in cut[1:]:
                for first in range(0, tiles.count, 64):
                    some = torch.arange(first, min(first + 64, tiles.count))
                    covers = self._covers(here, some)
                    found = plan.read(torch.where(covers, fill, cut[0]), np.tile(position, (len(some), 1)))
                    lost[some] += (own - found) / (len(cut) - 1)
            self.known[key] = lost, tiles
        return self.known[key]

    def _covers(self, number: Tensor, some: Tensor) -> Tensor:
        """What is covered with each of some tiles, (n, 1, h, w)."""
        covers = number[None, None] == some[:, None, None, None]
        if not self.around:
            return covers
        reach = SIDE * self.around
        return (F.max_pool2d(covers.float(), 2 * reach + 1, 1, reach) > 0) & (number >= 0)


@dataclass(frozen=True)
class Causes:
    """What positions of an earlier layer give to the unit (`convscope causes`), spread where each is in the image."""

    def __call__(
        self, net: cs.Network, images: Tensor, layer: str, image: Ints, channel: Ints, position: Ints
    ) -> tuple[Tensor, Tensor]:
        """The pictures and their boxes."""
        _, boxes = Projecting()(net, images, layer, image, channel, position)
        below = earlier(net, layer)
        seen = net.layers[below].field
        stride = (1.0, 1.0) if seen is None else seen.stride
        made = torch.zeros(len(image), 1, *(boxes[0, 2:] - boxes[0, :2]).tolist(), dtype=torch.float64)
        for n, box in enumerate(boxes.numpy()):
            unit = Unit(layer, int(channel[n]), (int(position[n, 0]), int(position[n, 1])))
            graph = causes(net, images[int(image[n])], unit, [below], most=FOLLOWED, nodes="positions", direction="for")
            for node in graph.of(below):
                at = np.array([node.unit.position])
                y, x = (net.crops(below, at)[0].reshape(2, 2).float().mean(0) - torch.from_numpy(box[:2])).tolist()
                rows = torch.arange(made.shape[2]) + 0.5 - y
                columns = torch.arange(made.shape[3]) + 0.5 - x
                spread = torch.exp(-0.5 * ((rows / stride[0])[:, None] ** 2 + (columns / stride[1]) ** 2))
                made[n, 0] += node.amount * spread.double()
        return in_colour(made, images), boxes


def earlier(net: cs.Network, layer: str) -> str:
    """The layer half way down to the image, of the rectified and pooled ones that it is computed from."""
    below = {step.index for step in net.cone(layer)} - {net.index_of(layer)}
    names = [one.name for one in net.layers if net.index_of(one.name) in below and one.op in ("relu", "max_pool2d")]
    return names[len(names) // 2]


@dataclass
class Responding:
    """A tool whose pictures of units that are silent at a place are of others that respond there: a blank one is none.

    own: by image and place, the unit that is looked at there, which takes no one's part.
    """

    tool: Tool
    own: Mapping[tuple[float, int, int], int]

    def __call__(
        self, net: cs.Network, images: Tensor, layer: str, image: Ints, channel: Ints, position: Ints
    ) -> tuple[Tensor, Tensor]:
        """The pictures and their boxes."""
        chosen = channel.copy()
        maps = net.run(images[torch.from_numpy(np.unique(image))], layers=[layer])[layer]
        rows = {int(one): at for at, one in enumerate(np.unique(image))}
        for n in range(len(image)):
            y, x = position[n].tolist()
            values = maps[rows[int(image[n])], :, y, x].clone()
            mine = self.own.get((float(images[int(image[n])].double().sum()), y, x), -1)
            if values[chosen[n]] > 0 or chosen[n] == mine:
                continue
            values[[mine] if mine >= 0 else []] = 0
            alive = torch.nonzero(values > 0).flatten()
            if len(alive):
                chosen[n] = int(alive[(n * 7919 + int(channel[n])) % len(alive)])
        return self.tool(net, images, layer, image, chosen, position)


def in_colour(picture: Tensor, images: Tensor) -> Tensor:
    """Pictures (n, 1, h, w) in equal parts on the channels of the images."""
    channels = images.shape[1]
    return (picture / channels).expand(-1, channels, -1, -1).to(images.dtype)


def by_tile(picture: Tensor, box: Ints, size: tuple[int, ...]) -> Tensor:
    """A picture (h, w) of a field, summed by tile and spread over it again, 0 where the sum is below."""
    tiles = Tiles.of(box, box[:2], (picture.shape[0], picture.shape[1]), (size[0], size[1]), SIDE)
    sums = np.maximum(tiles.sums(picture.numpy()), 0)
    counts = np.maximum(np.bincount(tiles.number[tiles.number >= 0], minlength=tiles.count), 1)
    return torch.from_numpy(np.where(tiles.number >= 0, (sums / counts)[tiles.number], 0.0))


def kinds() -> dict[str, Tool]:
    """Every kind of picture by its name."""
    return {
        "deconvnet": Projecting(),
        "guided": Projecting(PullOptions(rule="guided")),
        "gradient times input": GradientTimesInput(),
        "contrast with the layer": Contrast(),
        "causes": Causes(),
        "occlusion, a tile": Occlusion(),
        "occlusion, three tiles wide": Occlusion(AROUND),
    }


# -- the search -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Judged:
    """A kind of picture on a layer: its margins over controls on the units that choose, and on those that judge."""

    network: str
    layer: str
    kind: str
    cases: SanityCases
    looked: LookedCases

    def half(self, which: int) -> tuple[Margins, NDArray[np.float64], int, int]:
        """The margins of every second unit from the `which`th, their areas (fills, orders), how many units, images."""
        rows = np.isin(self.cases.unit, np.unique(self.cases.unit)[which::2])
        found, some = self.looked.deletion[rows], self.cases.at(np.flatnonzero(rows))
        made = margins(found[:, :, 1:] - found[:, :, :1], some.unit, some.image)
        return made, found.mean(0), len(np.unique(some.unit)), len(np.unique(some.image))


def judged(
    asked: Sequence[str], units: int, each: int, limit: int, store: Path, until: float
) -> tuple[list[Judged], bool]:
    """All kinds on the layers of a network, as far as the time goes; and whether all are there."""
    model, images, layers, *weights = asked
    net = cs.load(model, weights=weights[0] if weights else None)
    pictures = look_at(net, cs.open_source(images), limit=limit)
    named = [net.layers[one].name for one in layers.split(",")]
    found = responses(net, pictures.inputs, named)
    about = {"network": net.fingerprint, "images": [pictures.seen.collection, *pictures.seen.indices]}
    parts, made = Parts(store, about), []
    for layer in named:
        cases = _cases(found[layer], units, each)
        sums = pictures.inputs.double().flatten(1).sum(1)
        own = {
            (float(sums[i]), int(y), int(x)): int(unit)
            for unit, i, (y, x) in zip(cases.unit, cases.image, cases.position, strict=True)
        }
        for kind, tool in kinds().items():
            if time.monotonic() > until:
                return made, False
            began = time.monotonic()
            how = CaseLooking(PullOptions(), Responding(tool, own))
            arrays, there = parts.part(
                f"{layer}-{kind}",
                {"layer": layer, "kind": kind, "unit": cases.unit.tolist(), "image": cases.image.tolist()},
                lambda how=how, layer=layer, cases=cases: dict(
                    vars(look_at_cases(net, pictures.inputs, layer, cases, side=SIDE, how=how))
                ),
            )
            made.append(Judged(net.name, layer, kind, cases, LookedCases(**arrays)))
            if not there:
                print(f"# {net.name} {layer} {kind}: {time.monotonic() - began:.0f} s", flush=True)
    return made, True


def _cases(found: Excited, units: int, each: int) -> SanityCases:
    return chosen_cases(found, drawn_units(found, units, np.random.default_rng(0)), each)


def least(made: Margins) -> float:
    """The margin over the hardest control under the hardest fill."""
    return float(made.mean.min())


def told(found: Sequence[Judged]) -> list[Case]:
    """The table for people, the kind that is chosen, and whether it holds; and its cases for programs."""
    names = list(dict.fromkeys(one.kind for one in found))
    print(
        "| network | layer | kind | units, images | area | hardest control | margin, choosing | margin, judging | p |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for one in found:
        first, (second, areas, units, images) = one.half(0)[0], one.half(1)
        fill, control = np.unravel_index(int(second.mean.argmin()), second.mean.shape)
        ends = f"{second.low[fill, control]:+.3f} to {second.high[fill, control]:+.3f}"
        hardest = f"{CONTROLS[int(control)]} ({FILLS[int(fill)]}) {areas[fill, 1 + control]:.3f}"
        print(
            f"| {one.network} | {one.layer} | {one.kind} | {units}, {images} | {areas[fill, 0]:.3f} | {hardest} "
            f"| {least(first):+.3f} | {least(second):+.3f} ({ends}) | {second.p.max():.4f} |"
        )
    chosen = max(names, key=lambda name: np.mean([least(one.half(0)[0]) for one in found if one.kind == name]))
    mine = [one for one in found if one.kind == chosen]
    corrected = holm([float(one.half(1)[0].p.max()) for one in mine])
    for one, p in zip(mine, corrected, strict=True):
        says = "beats all controls" if p <= LEVEL else "does not beat all controls"
        print(f"chosen: {chosen}; on {one.network} {one.layer} it {says} (p {p:.4f})")
    return [
        Case(f"{one.network} {one.layer}", "the hardest control", _ratio(one), note=f"{chosen}, p {p:.4f}")
        for one, p in zip(mine, corrected, strict=True)
    ]


def _ratio(one: Judged) -> float:
    made, areas, _, _ = one.half(1)
    fill, control = np.unravel_index(int(made.mean.argmin()), made.mean.shape)
    return float(areas[fill, 1 + control] / areas[fill, 0])


def main(given: Sequence[str] | None = None) -> None:
    """The table, the choice and the verdict, and one JSON line."""
    parser = arguments(__doc__)
    parser.add_argument("-o", "--store", type=Path)
    parser.add_argument("--network", action="append", nargs="+", metavar="MODEL")
    parser.add_argument("--units", type=int, default=12)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        if asked.quick:
            asked.store, asked.network = asked.store or Path(folder), asked.network or [QUICK]
            asked.units, asked.each, asked.limit = 4, 1, 6
        if asked.store is None or asked.network is None:
            parser.error("give a --store and a --network, or --quick")
        search(asked.network, asked.units, asked.each, asked.limit, asked.store, 60 * asked.minutes)


def search(networks: Sequence[Sequence[str]], units: int, each: int, limit: int, store: Path, seconds: float) -> None:
    """Say what was found of all networks, or that there was no time for all."""
    until, found = time.monotonic() + seconds, list[Judged]()
    for one in networks:
        some, whole = judged(one, units, each, limit, store, until)
        found += some
        if not whole:
            print("not done: the same command goes on")
            return
    report("pictures", told(found))


if __name__ == "__main__":
    main()
