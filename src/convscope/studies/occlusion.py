"""Where a network looks, over a collection: figures as they come, tables, an entry in an atlas (Fig. 7)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas import Atlas
from convscope.data import Failure, Source, load_image
from convscope.errors import MissingExtra, UnknownLayer, UsageError
from convscope.files import json_bytes, write_bytes, write_json
from convscope.graph import Network, Unit
from convscope.methods.occlusion import Border, Fill, OcclusionMaps, join
from convscope.methods.occlusion.occluders import square_for
from convscope.methods.occlusion.readings import Reduction
from convscope.methods.occlusion.sweep import Method
from convscope.methods.targets import Target
from convscope.progress import Progress
from convscope.stores.occlusion import Covered, occlude_source, read_json
from convscope.stores.scan import Scan
from convscope.studies.answer import Answer, Entry, Figure, Row, finished
from convscope.studies.asking import atlas_of, collection, image_numbers, targets_for
from convscope.studies.pictures import file_name, left_out, none_readable, short_name
from convscope.studies.projected import photo_of
from convscope.tables import csv_of, without_nan

PARTS = "parts"
"""The folder that keeps the answer for each image, within that of the answer."""


@dataclass(frozen=True)
class Elsewhere:
    """Where a map's strongest projections in other images come from: a scan, an atlas, both or none."""

    scan: Scan | None = None
    atlas: Atlas | None = None

    @classmethod
    def of(
        cls, net: Network, scan: Scan | str | PathLike[str] | None, images: Source | Any, atlas: Atlas | None
    ) -> Elsewhere:
        """With a scan, or that in a folder, of those images; raises UsageError where it is of others."""
        if scan is None or isinstance(scan, Scan):
            return cls(scan, atlas)
        try:
            return cls(Scan.load(scan).with_images(net, images), atlas)
        except UsageError as error:
            raise UsageError(f"scan={str(scan)!r}: {error} (scan_images= names the collection)") from error

    @property
    def key(self) -> list[str]:
        """What decides the projections."""
        found = [] if self.scan is None else ["scan", *self.scan.identity.network, *self.scan.identity.source]
        return found + ([] if self.atlas is None else ["atlas", str(self.atlas.manifest["data"]["fingerprint"])])

    def in_atlas(self, unit: Unit, name: str) -> tuple[NDArray[np.uint8], ...]:
        """The unit's strongest projections in an atlas's images but the one of that name, where it has the layer."""
        if self.atlas is None or self.scan is not None:
            return ()
        try:
            found = self.atlas.unit(unit)
        except UnknownLayer:
            return ()
        return tuple(p for p, other in zip(found.projections, found.names, strict=True) if other != name)


@dataclass(eq=False)
class Occlusion(Answer):
    """What covering parts of the images of a collection does: `found` for all images that could be read, in order."""

    net: Network
    source: Source
    elsewhere: Elsewhere
    covered: list[Covered] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    drawn: dict[str, Path] = field(default_factory=dict)
    """Figures that are in a folder already, by file name."""

    @cached_property
    def found(self) -> OcclusionMaps:
        """The answers of all images as one."""
        return join([one.found for one in self.covered])

    @property
    def names(self) -> list[str]:
        """The names of the images that could be read."""
        return [one.name for one in self.covered]

    # -- what it says -------------------------------------------------------------------------------------------------
    def rows(self) -> list[Row]:
        """One row an image: its class, where covering takes most of it away, and the map that was followed."""
        found, rows = self.found, []
        drops = found.uncovered.probabilities[:, 0, None, None] - found.probability
        for i, name in enumerate(self.names):
            at, map_at = int(drops[i].argmax()), int(found.activation[i].argmin())
            rows.append(
                {
                    "image": name,
                    "class": self._class(int(found.targets[i, 0])),
                    "probability": float(found.uncovered.probabilities[i, 0]),
                    "least": float(found.probability[i].reshape(-1)[at]),
                    "covered": ",".join(map(str, found.grid.boxes[at].tolist())),
                    "changed": float(found.changed[i].mean()),
                    "map": str(found.strongest[i]),
                    "activation": float(found.uncovered.activations[i]),
                    "least activation": float(found.activation[i].reshape(-1)[map_at]),
                    "map covered": ",".join(map(str, found.grid.boxes[map_at].tolist())),
                }
            )
        return rows

    def _class(self, number: int) -> str:
        return self.net.classes[number] if self.net.classes else f"class {number}"

    @property
    def lines(self) -> list[str]:
        """Each image's row in words."""
        return [
            f"{row['image']}: {row['class']} {row['probability']:.3f}, {row['least']:.3f} where {row['covered']} is "
            f"covered; another class is on top at {100 * row['changed']:.0f} % of the positions; map {row['map']} "
            f"falls from {row['activation']:.4g} to {row['least activation']:.4g} where {row['map covered']} is"
            for row in self.rows()
        ]

    @property
    def summary(self) -> str:
        """The first images in words, and how many could not be read."""
        more = f"\n\n{len(self.failures)} images could not be read." if self.failures else ""
        return "\n\n".join(self.lines[:9]) + more

    def to_json(self) -> dict[str, Any]:
        """What was asked, a row for each image with its figure, and what could not be read."""
        found = self.found
        paths = [self.figure_of(one) for one in self.covered]
        listed = [{**row, "figure": path and str(path)} for row, path in zip(self.rows(), paths, strict=True)]
        asked = {"grid": found.grid.to_json(), "fill": found.fill, "layer": found.layer, "method": found.method}
        return without_nan({**asked, "images": listed, "failures": self._failures()})

    def remarks(self) -> list[str]:
        """The images that were left out, and how the rest was computed."""
        return [*map(left_out, self.failures), self.found.method]

    def _failures(self) -> list[dict[str, str]]:
        return [{"image": failure.name, "reason": failure.reason} for failure in self.failures]

    # -- what is kept of it -------------------------------------------------------------------------------------------
    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every position as CSV and JSON, grids and attribution as arrays."""
        found, names = self.found, self.names
        yield "occlusion.csv", csv_of({**row, "image": names[row["image"]]} for row in found.rows())
        document = {"images": names, "failures": self._failures(), **found.to_json()}
        yield "occlusion.json", json_bytes(without_nan(document))
        arrays = io.BytesIO()
        np.savez_compressed(
            arrays,
            images=np.array(names),
            boxes=found.grid.boxes.reshape(*found.grid.shape, 4),
            probability=found.probability,
            label=found.label,
            activation=found.activation,
            attribution=found.attribution().astype(np.float32),
        )
        yield "occlusion.npz", arrays.getvalue()

    def figures(self) -> Mapping[str, Figure]:
        """One an image, as the paper's Fig. 7."""
        return {_figure_name(one.index, one.name): Figure(one.name, partial(self.draw, one)) for one in self.covered}

    def written(self, folder: Path) -> Mapping[str, Path]:
        """The figures that were drawn there as the images were answered."""
        return {name: path for name, path in self.drawn.items() if path.parent == folder}

    def figure_of(self, one: Covered) -> Path | None:
        """Where an image's figure was written."""
        return self.drawn.get(_figure_name(one.index, one.name))

    def draw(self, one: Covered) -> bytes:
        """An image's figure; raises MissingExtra without matplotlib."""
        from convscope.figures.occlusion import draw
        from convscope.figures.style import rendered

        pixels = load_image(self.source, one.index, self.net.preprocess)
        others = self.elsewhere.in_atlas(one.found.strongest[0], one.name)
        name, scan = short_name(one.name), self.elsewhere.scan
        photo = photo_of(self.net, one.found, 0, pixels, name=name, scan=scan, others=others)
        return rendered(draw(one.found, [photo], classes=self.net.classes))

    def entry(self, atlas: Atlas) -> Entry:
        """A row and a figure for each image; linked to the maps that were followed."""
        found, shown = self.found, {layer.name for layer in atlas.layers}
        inside = [str(unit) for unit in found.strongest if unit.layer in shown]
        return Entry(
            "occlusion",
            f"Occlusion: {found.fill} square of {found.grid.size[0]}x{found.grid.size[1]} pixels",
            self.rows(),
            units=list(dict.fromkeys(inside)),
            images=image_numbers(atlas, self.source, [one.index for one in self.covered]),
            settings={**found.grid.to_json(), "fill": found.fill, "layer": found.layer, **found.settings},
        )


class _Figures:
    """The figures of a study in its folder, drawn as its images are answered, and not again in a repeated run."""

    def __init__(self, study: Occlusion, out: Path) -> None:
        self._study, self._out, self._fresh, self._drawing = study, out, True, True

    def take(self, one: Covered) -> None:
        """Draw an image's figure, unless a run before did."""
        if self._fresh:
            self._forget_others()
            self._fresh = False
        name = _figure_name(one.index, one.name)
        path = self._out / name
        if self._drawing and not (one.kept and path.is_file()):
            try:
                write_bytes(path, self._study.draw(one))
            except MissingExtra:
                self._drawing = False
        if path.is_file():
            self._study.drawn[name] = path

    def _forget_others(self) -> None:
        """Remove figures that show other projections than those asked for now."""
        note, source = self._out / PARTS / "figures.json", self._study.source
        if read_json(note) != self._study.elsewhere.key:
            for index in range(len(source)):
                (self._out / _figure_name(index, source.name(index))).unlink(missing_ok=True)
            write_json(note, self._study.elsewhere.key)


def _figure_name(index: int, name: str) -> str:
    return f"{file_name(index, name)}.png"


def occlude(
    net: Network,
    images: Source | Any,
    *,
    out: str | PathLike[str] | None = None,
    size: int | tuple[int, int] | None = None,
    stride: int | tuple[int, int] | None = None,
    fill: Fill | Sequence[float] = "grey",
    border: Border = "clip",
    target: Target = None,
    layer: str | None = None,
    strongest: Reduction = "sum",
    units: Sequence[str | Unit] = (),
    scan: Scan | str | PathLike[str] | None = None,
    scan_images: Source | Any | None = None,
    limit: int | None = None,
    method: Method = "auto",
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Occlusion:
    """What covering parts of the images of a collection does to the class, and to the strongest map of a layer.

    Args:
        net: a network with preprocessing, whose output is a vector of classes.
        images: a collection, or what `open_source` takes.
        out: a folder for figures and tables. Each image's answer is kept in its `parts`: a repeated call goes on.
        size, stride: of the square in pixels of the input, one number or (height, width); by default about a fifth of
            the image, and a sixth of the square.
        fill, border, layer, strongest, units, method, workers: as for `convscope.occlude`.
        target: classes to follow, by number or name; "labels" for each image's own.
        scan: a scan of the network, or its folder: figures then show what the followed map takes from its images.
            scan_images: the collection that was scanned; by default the images asked about.
        limit: at most so many images, evenly spread.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the positions that are done.

    Raises:
        UsageError: for options that make no sense. ImageError: where no image could be read. SourceError: for a
            collection that cannot be opened. StoreError: where the folder cannot be written.
    """
    shown, source = atlas_of(atlas, net), collection(images, limit=limit)
    scanned = scan_images if scan_images is not None else collection(images) if scan is not None else None
    square, step = square_for(net.input_shape[1:], size, stride)
    classes = targets_for(net, source, range(len(source)), target)
    study = Occlusion(net, source, Elsewhere.of(net, scan, scanned, shown))
    drawing = None if out is None else _Figures(study, Path(out))
    asked: dict[str, Any] = {"size": square, "stride": step, "fill": fill, "border": border, "layer": layer}
    asked |= {"strongest": strongest, "units": [net.unit(unit) for unit in units], "method": method, "workers": workers}
    store = None if out is None else Path(out) / PARTS
    for one in occlude_source(net, source, target=classes, store=store, progress=progress, **asked):
        if isinstance(one, Failure):
            study.failures.append(one)
            continue
        study.covered.append(one)
        if drawing is not None:
            drawing.take(one)
    if not study.covered:
        raise none_readable(source)
    return finished(study, out=out, atlas=shown, name=name)


__all__ = ["PARTS", "Elsewhere", "Occlusion", "occlude"]
