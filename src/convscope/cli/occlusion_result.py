"""What `convscope occlude` makes of its answers: figures as they come, tables at the end, an entry in an atlas."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.cli.results import file_name, image_numbers, short_name, without_nan, write_figures, write_table
from convscope.cli.terminal import Terminal
from convscope.errors import ImageError, UnknownLayer, UsageError

if TYPE_CHECKING:
    from convscope.atlas import Atlas
    from convscope.data import Failure, Source
    from convscope.graph import Network, Unit
    from convscope.methods.occlusion.occlusion import Occlusion
    from convscope.stores.occlusion import Covered
    from convscope.stores.scan import Scan

PARTS = "parts"
"""The folder that keeps the answer for each image, within the command's own."""


@dataclass(frozen=True)
class Elsewhere:
    """Where a map's strongest projections in other images come from: a scan, an atlas, both or none."""

    scan: "Scan | None" = None
    atlas: "Atlas | None" = None

    @classmethod
    def of(cls, net: "Network", scan: Path | None, images: "Source | str | None", atlas: "Atlas | None") -> "Elsewhere":
        """With the scan in a folder, of that collection; raises UsageError where it is of others."""
        from convscope.stores.scan import Scan

        if scan is None:
            return cls(None, atlas)
        try:
            return cls(Scan.load(scan).with_images(net, images), atlas)
        except UsageError as error:
            raise UsageError(f"--scan {scan}: {error} (--scan-images names the collection)") from error

    @property
    def key(self) -> list[str]:
        """What decides the projections."""
        found = [] if self.scan is None else ["scan", *self.scan.identity.network, *self.scan.identity.source]
        return found + ([] if self.atlas is None else ["atlas", str(self.atlas.manifest["data"]["fingerprint"])])

    def in_atlas(self, unit: "Unit", name: str) -> "tuple[np.ndarray, ...]":
        """The unit's strongest projections in an atlas's images but the one of that name, where it has the layer."""
        if self.atlas is None or self.scan is not None:
            return ()
        try:
            found = self.atlas.unit(unit)
        except UnknownLayer:
            return ()
        return tuple(p for p, other in zip(found.projections, found.names, strict=True) if other != name)


@dataclass
class Answer:
    """What was found of the images of a collection so far, with their figures."""

    net: "Network"
    source: "Source"
    out: Path
    elsewhere: Elsewhere
    terminal: Terminal
    covered: "list[Covered]" = field(default_factory=list)
    failures: "list[Failure]" = field(default_factory=list)
    figures: dict[int, Path] = field(default_factory=dict)
    _drawing: bool = True

    def take(self, one: "Covered | Failure") -> None:
        """Take in an image's answer and draw its figure, unless a run before did."""
        from convscope.stores.occlusion import Covered

        if not isinstance(one, Covered):
            self.failures.append(one)
            self.terminal.remark(f"left out {one.name}: {one.reason}")
            return
        if not self.covered:
            self._forget_figures()
        self.covered.append(one)
        path = self.out / self._file(one.index, one.name)
        if self._drawing and not (one.kept and path.is_file()):
            self._drawing = bool(write_figures(lambda: self._figure(one), self.out, self.terminal))
        if path.is_file():
            self.figures[one.index] = path

    @staticmethod
    def _file(index: int, name: str) -> str:
        return f"{file_name(index, name)}.png"

    def _forget_figures(self) -> None:
        """Remove figures that show other projections than those asked for now."""
        from convscope.files import write_json
        from convscope.stores.occlusion import read_json

        note = self.out / PARTS / "figures.json"
        if read_json(note) != self.elsewhere.key:
            for index in range(len(self.source)):
                (self.out / self._file(index, self.source.name(index))).unlink(missing_ok=True)
            write_json(note, self.elsewhere.key)

    def _figure(self, one: "Covered") -> dict[str, bytes]:
        """An image's figure by the name of its file; raises MissingExtra without matplotlib."""
        from convscope.data import load_image
        from convscope.figures.occlusion import draw
        from convscope.figures.projected import photo_of
        from convscope.figures.style import rendered

        pixels = load_image(self.source, one.index, self.net.preprocess)
        others = self.elsewhere.in_atlas(one.found.strongest[0], one.name)
        name, scan = short_name(one.name), self.elsewhere.scan
        photo = photo_of(self.net, one.found, 0, pixels, name=name, scan=scan, others=others)
        return {self._file(one.index, one.name): rendered(draw(one.found, [photo], classes=self.net.classes))}

    # -- in the end ---------------------------------------------------------------------------------------------------
    def finish(self) -> "Finished":
        """All of it, with the tables written; raises ImageError where no image could be read."""
        from convscope.methods.occlusion.occlusion import join

        if not self.covered:
            raise ImageError(f"none of the {len(self.source)} images could be read ({self.source.describe()})")
        return Finished(self, join([one.found for one in self.covered]))


@dataclass(frozen=True)
class Finished:
    """The answers of all images as one."""

    answer: Answer
    found: "Occlusion"

    @property
    def names(self) -> list[str]:
        """The names of the images that could be read."""
        return [one.name for one in self.answer.covered]

    def summary(self) -> list[dict[str, Any]]:
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

    @staticmethod
    def line(row: dict[str, Any]) -> str:
        """A row of the summary in words."""
        return (
            f"{row['image']}: {row['class']} {row['probability']:.3f}, {row['least']:.3f} where {row['covered']} is "
            f"covered; another class is on top at {100 * row['changed']:.0f} % of the positions; map {row['map']} "
            f"falls from {row['activation']:.4g} to {row['least activation']:.4g} where {row['map covered']} is"
        )

    def _class(self, number: int) -> str:
        classes = self.answer.net.classes
        return classes[number] if classes else f"class {number}"

    def write(self) -> None:
        """Write the tables: every position as CSV and JSON, grids and attribution as arrays."""
        from convscope.files import write_bytes, write_json

        found, names, out = self.found, self.names, self.answer.out
        write_table(out / "occlusion.csv", ({**row, "image": names[row["image"]]} for row in found.rows()))
        document = {"images": names, "failures": self._failures(), **found.to_json()}
        write_json(out / "occlusion.json", without_nan(document))
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
        write_bytes(out / "occlusion.npz", arrays.getvalue())

    def _failures(self) -> list[dict[str, str]]:
        return [{"image": failure.name, "reason": failure.reason} for failure in self.answer.failures]

    def add(self, atlas: "Atlas", name: str) -> None:
        """Show it in an atlas."""
        from convscope.atlas.experiments import add_experiment

        found, rows, answer = self.found, self.summary(), self.answer
        inside = [unit for unit in found.strongest if unit.layer in {layer.name for layer in atlas.layers}]
        drawn = [(path, one.name) for one in answer.covered if (path := answer.figures.get(one.index)) is not None]
        left_out = f"\n\n{len(answer.failures)} images could not be read." if answer.failures else ""
        add_experiment(
            atlas.path,
            name,
            title=f"Occlusion: {found.fill} square of {found.grid.size[0]}x{found.grid.size[1]} pixels",
            kind="occlusion",
            summary="\n\n".join(self.line(row) for row in rows[:9]) + left_out,
            figures={path.name: path for path, _ in drawn},
            captions={path.name: image for path, image in drawn},
            table=rows,
            units=[str(unit) for unit in dict.fromkeys(inside)],
            images=image_numbers(atlas, answer.source, [one.index for one in answer.covered]),
            settings={**found.grid.to_json(), "fill": found.fill, "layer": found.layer, **found.settings},
        )

    def report(self) -> None:
        """Say what came out: all positions are in the files."""
        rows, found, answer = self.summary(), self.found, self.answer
        paths = [answer.figures.get(one.index) for one in answer.covered]
        listed = [{**row, "figure": path and str(path)} for row, path in zip(rows, paths, strict=True)]
        answer.terminal.result(
            without_nan(
                {"out": str(answer.out), "grid": found.grid.to_json(), "fill": found.fill, "layer": found.layer}
                | {"method": found.method, "images": listed, "failures": self._failures()}
            )
        )
        for row, path in zip(rows, paths, strict=True):
            answer.terminal.say(self.line(row))
            if path is not None:
                answer.terminal.say(f"    {path}")
        if answer.failures:
            answer.terminal.say(f"{len(rows)} images, {len(answer.failures)} left out that could not be read")
