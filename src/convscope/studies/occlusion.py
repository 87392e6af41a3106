"""Where a network looks, over a collection: figures as they come, tables, an entry in an atlas (Fig. 7)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import at_least, checked, expect_confidence
from convscope.atlas import Atlas
from convscope.atlas.experiments import IMAGES_LISTED
from convscope.data import Failure, Images, Preprocess, Source, load_image
from convscope.data.parts import Part
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network, Unit, UnitLike, several
from convscope.methods.inputs import are_planes, preprocess_of
from convscope.methods.occlusion import Border, Fill, OcclusionMaps, join_occlusions, one_of
from convscope.methods.occlusion import occlusion as occluding
from convscope.methods.occlusion.occluders import square_for
from convscope.methods.occlusion.readings import Reduction
from convscope.methods.occlusion.sweep import Method
from convscope.methods.targets import Target, units_among
from convscope.progress import Progress
from convscope.stores.occlusion import Covered, occlude_source
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network, targets_for
from convscope.studies.kept import context
from convscope.studies.marking import Marked
from convscope.studies.occlusion_figures import PARTS, Elsewhere, Figures, Photos, drawing, figure_name
from convscope.studies.occlusion_parts import PartsCovered, cover_parts, marked_for, subject_of
from convscope.studies.pictures import SeenImages, crop_of, look_at, none_readable, photo_picture, seen_in
from convscope.studies.questions import Question
from convscope.studies.scanning import Scan
from convscope.tables import TextTable, csv_of, without_nan

_GRIDS = 64
"""Images whose every position an atlas's page shows."""


@dataclass(eq=False, repr=False)
class Occlusion(Answer):
    """What covering parts of images does: `found` for all that could be read, in order.

    seen: these images. classes: the names of the network's. net, photos: what it was made with, which figures are drawn
    with, and the crop (H, W, C) of each image; None where it was loaded.
    """

    found: OcclusionMaps
    seen: SeenImages
    classes: tuple[str, ...] | None
    net: Network | None = context()
    photos: Photos | None = context()
    _elsewhere: Elsewhere | None = context()
    drawn: Mapping[str, Path] | None = context()
    """Figures that are in a folder already, by file name."""
    parts: PartsCovered | None = None
    """What covering parts costs, where that was asked."""

    def __len__(self) -> int:
        return len(self.seen)

    # -- what it says -------------------------------------------------------------------------------------------------
    def rows(self) -> list[Row]:
        """One row an image: its class, where covering takes most of it away, and the map that was followed."""
        found, rows = self.found, []
        for i, name in enumerate(self.seen.names):
            map_at = int(found.activation[i].argmin())
            rows.append(
                {
                    "image": name,
                    **self._of_subject(i),
                    "map": str(found.strongest[i]),
                    "activation": float(found.uncovered.activations[i]),
                    "least activation": float(found.activation[i].reshape(-1)[map_at]),
                    "map covered": self._box(map_at),
                    **self._of_others(i),
                }
            )
        return rows

    def _box(self, at: int) -> str:
        return ",".join(map(str, self.found.grid.boxes[at].tolist()))

    def _of_others(self, image: int) -> Row:
        """What a row says of all that was asked for besides: further classes, and units, each where it falls most."""
        found, said = self.found, {}
        for number in range(1, found.targets.shape[1]):
            name = f"class {number + 1}"
            before, after = (part[image] for part in found.measured("probability", target=number))
            said[name] = self._class(int(found.targets[image, number]), number)
            said |= self._falling(
                f"{'probability' if found.head and found.head.probable else 'value'} {number + 1}", before, after
            )
        for number in range(0 if found.subject != 0 else 1, len(found.units)):
            before, after = (part[image] for part in found.measured(number))
            said |= self._falling(str(found.units[number]), before, after)
        return said

    def _falling(self, name: str, before: Any, after: Any) -> Row:
        at = int((before - after).argmax())
        return {name: float(before), f"least {name}": float(after.reshape(-1)[at]), f"{name} covered": self._box(at)}

    def _of_subject(self, image: int) -> Row:
        """What a row says of the class, the value or the unit that was followed first."""
        found, of = self.found, self.found.subject
        if of == "activation":
            return {}
        before, after = (part[image] for part in found.measured(of))
        at, head = int((before - after).argmax()), found.head
        numbers = {"least": float(after.reshape(-1)[at]), "covered": self._box(at)}
        if head is None:
            return {"unit": str(found.units[0]), "value": float(before), **numbers}
        name = self._class(int(found.targets[image, 0]))
        if not head.probable:
            return {"output": name, "value": float(before), **numbers}
        return {"class": name, "probability": float(before), **numbers, "changed": float(found.changed[image].mean())}

    def _class(self, number: int, target: int = 0) -> str:
        head, region = self.found.head, self.found.regions[target]
        name = f"class {number}" if head is None else head.target_name(number, self.classes)
        return name if region is None else f"{name} at {region}"

    @property
    def lines(self) -> list[str]:
        """Each image's row in words."""
        return [f"{row['image']}: {self._in_words(row)}{self._others_in_words(row)}" for row in self.rows()]

    def _others_in_words(self, row: Row) -> str:
        names = [key.removeprefix("least ") for key in row if key.startswith("least ") and key != "least activation"]
        called = {
            one: row[f"class {one.partition(' ')[2]}"] for one in names if one.startswith(("probability ", "value "))
        }
        return "".join(
            f"; {called.get(one, one)} falls from {row[one]:.4g} to {row[f'least {one}']:.4g} where "
            f"{_place(row[f'{one} covered'])} are covered"
            for one in names
        )

    def _in_words(self, row: Row) -> str:
        followed = (
            f"map {row['map']} falls from {row['activation']:.4g} to {row['least activation']:.4g} where "
            f"{_place(row['map covered'])} are covered"
        )
        if "class" in row:
            return (
                f"{row['class']} {row['probability']:.3f}, "
                f"{row['least']:.3f} where {_place(row['covered'])} are covered; "
                f"another class is on top at {100 * row['changed']:.0f} % of the positions; {followed}"
            )
        if "value" in row:
            what = row.get("output", row.get("unit"))
            least = f"{row['least']:.4g} where {_place(row['covered'])} are covered"
            return f"{what} {row['value']:.4g}, {least}; {followed}"
        return followed

    @property
    def summary(self) -> str:
        """The first images in words, what the squares leave out, and how many images could not be read."""
        gaps = self.found.grid.gaps
        more = f"\n\n{len(self.seen.failures)} images could not be read." if self.seen.failures else ""
        gaps = [f"{gaps[0].upper()}{gaps[1:]}."] if gaps else []
        head = self.found.head
        tested = [] if self.parts is None else self.parts.lines
        return "\n\n".join([*tested, *self.lines[:9], *gaps, *filter(None, [head and head.remark])]) + more

    def to_json(self) -> dict[str, Any]:
        """What was asked, a row for each image with its figure's name, and what could not be read."""
        found = self.found
        figures = map(figure_name, self.seen.indices, self.seen.names)
        listed = [{**row, "figure": figure} for row, figure in zip(self.rows(), figures, strict=True)]
        asked = {"grid": found.grid.to_json(), "fill": found.fill, "layer": found.layer, "method": found.method}
        asked |= found.meaning
        if self.parts is not None:
            asked["parts"] = self.parts.to_json()
        return without_nan({**asked, "images": listed, "failures": self._failures()})

    def tables(self) -> Sequence[TextTable]:
        """What covering parts costs, as text."""
        return () if self.parts is None else (self.parts.table(),)

    def remarks(self) -> list[str]:
        """The images that were left out, how the rest was computed, and what the output was taken for."""
        head, gaps = self.found.head, self.found.grid.gaps
        return [*self.seen.remarks, self.found.method, *filter(None, [gaps, head and head.summary])]

    def _failures(self) -> list[dict[str, str]]:
        return [{"image": failure.name, "reason": failure.reason} for failure in self.seen.failures]

    # -- what is kept of it -------------------------------------------------------------------------------------------
    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every position as CSV and JSON, grids and attribution as arrays."""
        found, names = self.found, self.seen.names
        yield "occlusion.csv", csv_of({**row, "image": names[row["image"]]} for row in found.rows())
        document = {"images": names, "failures": self._failures(), **found.to_json()}
        yield "occlusion.json", json_bytes(without_nan(document))
        if self.parts is not None:
            yield "occlusion-parts.csv", csv_of(self.parts.rows())
        arrays = io.BytesIO()
        np.savez_compressed(
            arrays,
            images=np.array(names),
            boxes=found.grid.boxes.reshape(*found.grid.shape, 4),
            probability=found.measured(found.subject)[1],
            label=found.label,
            activation=found.activation,
            attribution=found.attribution(found.subject).astype(np.float32),
        )
        yield "occlusion.npz", arrays.getvalue()

    @property
    def can_draw(self) -> bool:
        """Whether it was just made: figures show the photos."""
        return self.net is not None

    def drawings(self) -> Mapping[str, Figure]:
        """One an image, as the paper's Fig. 7."""
        named = zip(self.seen.indices, self.seen.names, strict=True)
        return {
            figure_name(index, name): Figure(name, partial(self._draw, row)) for row, (index, name) in enumerate(named)
        }

    def written(self, folder: Path) -> Mapping[str, Path]:
        """The figures that were drawn there as the images were answered."""
        return {name: path for name, path in (self.drawn or {}).items() if path.parent == folder}

    def figure_of(self, row: int) -> Path | None:
        """Where an image's figure was written."""
        written = self.drawn or ({} if self.saved is None else self.saved.figures)
        return written.get(figure_name(self.seen.indices[row], self.seen.names[row]))

    def _draw(self, row: int) -> bytes:
        one = Covered(self.seen.indices[row], self.seen.names[row], one_of(self.found, row))
        if self.net is None or self.photos is None or self._elsewhere is None:
            raise UsageError("an answer that was loaded has the figures that were saved with it, and draws no others")
        return drawing(self.net, self.photos, self._elsewhere, one)

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """A row and a figure for each image; linked to the maps that were followed."""
        found, shown = self.found, {layer.name for layer in atlas.layers}
        images = self.seen.in_atlas(atlas)
        inside = [str(unit) for unit in found.strongest if unit.layer in shown]
        return AtlasEntry(
            "occlusion",
            f"Occlusion: {found.fill} square of {found.grid.size[0]}x{found.grid.size[1]} pixels",
            self.rows(),
            units=list(dict.fromkeys(inside)),
            # Of many images the pages of those lead here whose grids are shown.
            images=images if len(images) <= IMAGES_LISTED else images[:_GRIDS],
            settings={**found.grid.to_json(), "fill": found.fill, "layer": found.layer, **found.settings},
            data={"boxes": found.grid.boxes.tolist(), "shape": list(found.grid.shape), "images": self._grids(images)},
            pictures={} if images else self._pictures(),
        )

    def _pictures(self) -> dict[str, bytes]:
        """Pictures of the first images, which the atlas does not have; none of an answer that was loaded."""
        if self.photos is None or self.net is None:
            return {}
        recipe, first = preprocess_of(self.net), self.seen.indices[:_GRIDS]
        return {f"{row}.webp": photo_picture(recipe.shown(self.photos(index))) for row, index in enumerate(first)}

    def _grids(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """For the first images what was measured at every place: of the class, and of the map that was followed."""
        made, subject = [], self.found.subject
        for row in range(min(len(self), _GRIDS)):
            said = self._of_subject(row)
            named = str(said.get("class") or said.get("output") or said.get("unit") or "")
            measured = [
                (str(self.found.strongest[row]), "activation"),
                *([] if subject == "activation" else [(named, subject)]),
            ]
            grids = []
            for name, of in reversed(measured):
                before, after = (part[row] for part in self.found.measured(of))
                values = [_four(value) for value in after.ravel().tolist()]
                grids.append({"of": name, "before": _four(float(before)), "after": values})
            number = numbers[row] if row < len(numbers) else None
            made.append({"name": self.seen.names[row], "image": number, "grids": grids})
        return made


def _place(box: str) -> str:
    """A square in words."""
    y0, x0, y1, x1 = box.split(",")
    return f"rows {y0} to {y1}, columns {x0} to {x1}"


def _four(value: float) -> float | None:
    """Four significant digits; None for what is no number."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


@checked
def occlude(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    size: int | tuple[int, int] | None = None,
    stride: int | tuple[int, int] | None = None,
    fill: Fill | Sequence[float] = "grey",
    border: Border = "clip",
    target: Target = None,
    layer: str | None = None,
    strongest: Reduction = "sum",
    units: UnitLike | Sequence[UnitLike] = (),
    parts: Sequence[Part] | str | PathLike[str] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    scan: Scan | str | PathLike[str] | None = None,
    scan_images: Images | None = None,
    limit: int | None = None,
    method: Method = "auto",
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Occlusion:
    """What covering parts of images does to the class, to the strongest map of a layer, and to units (Fig. 7).

    Only what the square changes is recomputed, exactly.

    Args:
        net: the network; with preprocessing, unless the images are its input.
        images: images of any kind, see docs/grammar.md.
        store: a folder for figures and tables. Each image's answer is kept in its `parts`: a repeated call goes on.
        size, stride: of the square in pixels of the input, one number or (height, width); by default about a fifth of
            the image, 48 for 224 pixels, and a sixth of the square.
        fill: what covers: "grey" (the mean colour), "mean" (of the image), "blur" (the image blurred), or a colour.
        border: squares that reach over the right and bottom edge are clipped ("clip") or moved in ("inside").
        target: the classes to follow: numbers or names, "labels" for each image's own, or a tensor (n,) or (n, t);
            None for each image's most probable class, "none" for none. Of an output that is a map or a sequence a
            channel over all positions, or those that "3@5,7" (one) or "3@0,0,8,8" (a box) says. A unit, or a
            difference of two logits such as "classifier.1:281-282", is followed as one of `units` is.
        layer: whose strongest map is followed; None for the last complete map of the network.
        strongest: by what a map is the strongest in the uncovered image: the "sum" or the "max" of its positions.
        units: units to follow as well. Of a map without a position, the sum of its positions.
        parts: boxes of parts on some of the images, or the table (CSV) of them, see `read_parts`: tests whether
            covering each of them, the one called `object` too, costs more than boxes of its size at its distance from
            the image's centre do, paired over images.
        confidence, seed: of these tests' intervals, and of boxes and resampling.
        scan: a scan of the network, or its folder: figures then show what the followed map takes from its images.
            scan_images: the images that were scanned; by default those asked about.
        limit: at most so many images, evenly spread.
        method: "incremental" recomputes what changes, "whole" runs everything again; "auto" is incremental unless that
            gains nothing, and `found.method` says which it was.
        workers: threads, and into how many pieces work is cut, which decides last bits; by default one a core.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the number of positions done.

    Raises:
        UsageError: for options that make no sense. UnknownLayer: for layers or units that do not exist. ShapeError: for
            images of the wrong shape. ImageError: where no image could be read. SourceError: for a collection that
            cannot be opened. StoreError: where the folder holds answers to another question, or cannot be written.

    >>> import torch
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Flatten(), torch.nn.Linear(1568, 5))
    >>> answer = occlude(Network.trace(layers, (3, 16, 16)), torch.rand(2, 3, 16, 16), size=4, stride=4, layer="0")
    >>> len(answer), answer.found.probability.shape
    (2, (2, 4, 4))
    """
    expect_network(net)
    shown = atlas_of(atlas, net)
    square, step = square_for(net.input_shape[1:], size, stride)
    target, named = units_among(net, target)
    asked: dict[str, Any] = {"size": square, "stride": step, "fill": fill, "border": border, "layer": layer}
    asked |= {"strongest": strongest, "units": [*named, *_units(net, units)], "method": method, "workers": workers}
    asked |= {"progress": progress}
    expect_confidence(confidence)
    at_least(0, seed=seed)
    testing: dict[str, Any] = {"confidence": confidence, "seed": seed}
    if are_planes(images):
        if scan is not None and scan_images is None:
            raise UsageError("scan=: say which images were scanned as scan_images=")
        elsewhere = Elsewhere.of(net, scan, scan_images, shown)
        given = look_at(net, images, limit=limit)
        classes = targets_for(net, None, given.seen.indices, target)
        marked = marked_for(net, images, parts, seen=given)
        whole = _question(net, given.seen.collection, asked | _of_parts(marked, testing), classes)
        Occlusion.expect_place(store, whole)
        found = occluding.occlude(net, given.inputs, target=classes, **asked)
        at = {index: row for row, index in enumerate(given.seen.indices)}
        answer = Occlusion(found, given.seen, net.classes, net, lambda i: crop_of(net, given.inputs[at[i]]), elsewhere)
    else:
        source = collection(images, limit=limit)
        scanned = scan_images if scan_images is not None else collection(images) if scan is not None else None
        classes = targets_for(net, source, range(len(source)), target)
        elsewhere = Elsewhere.of(net, scan, scanned, shown)
        marked = marked_for(net, source, parts)
        whole = _question(net, source, asked | _of_parts(marked, testing), classes)
        answer = _each(net, source, elsewhere, store, {**asked, "target": classes})
    if marked is not None:
        subject = subject_of(answer.found.head, answer.found.units, answer.found.layer)
        shared = {key: asked[key] for key in ("size", "fill", "layer", "strongest", "units", "method", "workers")}
        answer.parts = cover_parts(net, marked, target=classes, subject=subject, progress=progress, **testing, **shared)
    return finished(answer, store=store, asked=whole, atlas=shown, name=name, progress=progress)


def _of_parts(marked: Marked | None, testing: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of parts, nothing where there are none."""
    return {} if marked is None else {"parts": marked.boxes, **testing}


def _question(net: Network, images: Source | str, asked: Mapping[str, Any], target: Target) -> Question:
    shared = ("workers", "progress", "scan", "atlas")
    deciding = {name: value for name, value in asked.items() if name not in shared}
    return question(net, images, target=target, **deciding)


def _units(net: Network, units: UnitLike | Sequence[UnitLike]) -> list[Unit]:
    return [net.unit(unit) for unit in several(units)]


def _each(
    net: Network, source: Source, elsewhere: Elsewhere, store: str | PathLike[str] | None, asked: dict[str, Any]
) -> Occlusion:
    """The answer for a collection, image by image; with a folder, answers are kept and figures drawn as they come."""
    photos = partial(_pixels, source, preprocess_of(net, source))
    figures = None if store is None else Figures(Path(store), net, source, photos, elsewhere)
    parts = None if store is None else Path(store) / PARTS
    covered, failures = [], []
    for one in occlude_source(net, source, store=parts, **asked):
        if isinstance(one, Failure):
            failures.append(one)
            continue
        covered.append(one)
        if figures is not None:
            figures.take(one)
    if not covered:
        raise none_readable(source, failures)
    seen = seen_in(source, [one.index for one in covered], failures)
    drawn = None if figures is None else figures.drawn
    return Occlusion(join_occlusions([one.found for one in covered]), seen, net.classes, net, photos, elsewhere, drawn)


def _pixels(source: Source, preprocess: Preprocess, index: int) -> NDArray[Any]:
    return load_image(source, index, preprocess)


__all__ = ["PARTS", "Elsewhere", "Occlusion", "occlude"]
