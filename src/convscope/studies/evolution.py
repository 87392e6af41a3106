"""How units came to respond to what they respond to, from the checkpoints in a folder (Fig. 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.errors import WeightsError
from convscope.files import json_bytes, kind_of
from convscope.graph import Network, Unit, UnitLike, several
from convscope.methods.evolution import FeatureHistory
from convscope.methods.inputs import preprocess_of
from convscope.models import load
from convscope.progress import Progress
from convscope.stores import evolution as keeping
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network
from convscope.studies.charting import of_evolution
from convscope.studies.epochs import EpochPhotos, epochs_of
from convscope.studies.kept import context
from convscope.tables import TextTable, columns_of, csv_of, without_nan

_ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt", ".npz")
_CAPTIONS = {
    "settling.png": "Likeness of each layer's responses to those at the last checkpoint (dotted: between different "
    "units; dots: settled) and at the one before; share of units whose strongest image is already the final one.",
    "units.png": "The strongest response of some units at each epoch, projected to pixels; a bar marks that another "
    "image took over.",
}


@dataclass(eq=False, repr=False)
class Evolution(Answer):
    """What was found over the checkpoints of a training."""

    found: FeatureHistory
    collection: str = ""
    """The fingerprint of the images, of which there are `count`, seen in `size` (height, width)."""
    count: int = 0
    size: tuple[int, int] = (0, 0)
    _photos: EpochPhotos | None = context()

    @property
    def summary(self) -> str:
        """When the layers settle, and whether later ones do later. One that settles last was still changing."""
        settled = ", ".join(f"{one.layer} at {self._settled(one.layer)}" for one in self.found.layers)
        trend = self.found.trend.said
        said = f"Features settle (correlation {self.found.threshold:g} with the last checkpoint): {settled}."
        return f"{said} By epochs that units settle at, {trend}."

    def _settled(self, layer: str) -> str:
        epoch = self.found.settled(layer)
        return f"{epoch} (still changing)" if epoch == self.found.epochs[-1] else str(epoch)

    def rows(self) -> list[Row]:
        """One row a layer and checkpoint; with when the layer's units settle, and its interval over them."""
        return list(self.found.rows())

    def to_json(self) -> dict[str, Any]:
        """Everything but the pixels."""
        return without_nan(self.found.to_json())

    def tables(self) -> Sequence[TextTable]:
        """One row a layer: its likeness to the last checkpoint, epoch by epoch."""
        head = (
            "layer",
            "units",
            "settled at",
            "units settle at",
            *(f"epoch {epoch}" for epoch in self.found.epochs),
            "jumped last",
        )
        title = "likeness of responses to those at the last checkpoint"
        return [columns_of(head, (self._cells(one.layer) for one in self.found.layers), title=title)]

    def _cells(self, layer: str) -> tuple[str, ...]:
        one = self.found[layer]
        likeness = (f"{value:.2f}" for value in one.settling.final)
        units = self.found.settled_units(layer)
        within = "" if units.low != units.low else f" ({units.low:.1f} to {units.high:.1f})"
        settle = f"{units.mean:.1f}{within}" if units.units else "-"
        settled = (str(one.images.shape[1]), str(self.found.settled(layer)), settle)
        return (layer, *settled, *likeness, f"{one.jumped[-1]:.0%}")

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Everything as JSON, the curves as CSV."""
        yield "evolution.json", json_bytes(self.to_json())
        yield "layers.csv", csv_of(self.rows())

    def drawings(self) -> Mapping[str, Figure]:
        """When layers settle; and the units' strongest responses over the epochs, where some were followed."""
        names = ("settling.png", "units.png") if self.found.units else ("settling.png",)
        return {name: Figure(_CAPTIONS[name], partial(self._draw, name)) for name in names}

    def _draw(self, name: str) -> bytes:
        from convscope.figures.evolution import draw_settling, draw_units
        from convscope.figures.style import rendered

        return rendered(draw_settling(self.found) if name == "settling.png" else draw_units(self.found))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The curves, what excites each unit epoch by epoch, and the units that were followed."""
        found = self.found
        asked = {"photos": self._photos, "collection": self.collection, "count": self.count, "size": self.size}
        seen = epochs_of(found, atlas, **asked)
        return AtlasEntry(
            "evolution",
            "How features come about",
            self.rows(),
            units=[str(one.unit) for one in found.units],
            settings={
                "epochs": list(found.epochs),
                "sample": found.sample,
                "threshold": found.threshold,
                "layers": [one.layer for one in found.layers],
            },
            data=seen.data,
            charts=of_evolution(found),
            parts=seen.parts,
            pictures=seen.pictures,
        )


@checked
def evolve(
    run: str | PathLike[str],
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    units: UnitLike | Sequence[UnitLike] | int = 6,
    epochs: Sequence[int] | None = None,
    limit: int | None = None,
    sample: int = 1000,
    threshold: float = 0.9,
    cache: str | PathLike[str] | None = None,
    model: str | None = None,
    loading: Callable[..., Network] | None = None,
    seed: int = 0,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Evolution:
    """How units came to respond to what they respond to, from the weights files in the folder of a training (Fig. 4).

    Args:
        run: the folder of a training, or of its checkpoints.
        images: a collection, or pixels of any kind, see docs/grammar.md; the paper takes the training images.
        store: a folder for figures and tables. What each checkpoint showed is kept in it: a repeated call goes on.
        layers: None for the rectified maps, if there are at most eight, else one for each stage.
        units: which units to project, or how many of each layer, drawn with `seed`.
        epochs: those to look at; default: all that have a checkpoint.
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        sample: images, evenly spread, on which responses are compared; memory and disk take 4 * sample bytes a unit and
            checkpoint.
        threshold: correlation from which features count as settled.
        model: the network that the checkpoints are weights of, where they do not say so themselves.
        loading: called as `load`, which is the default. seed: of what is drawn.
        atlas: an atlas that is to show the answer, under `name`.
        progress: called with images scanned, a stage for each checkpoint.

    Raises:
        WeightsError: where there are no checkpoints, or they cannot be loaded. UsageError: if there are fewer than two,
            or their networks differ in layers. UnknownLayer: for layers and units that do not exist. StoreError: where
            the folder holds the answer to another question, or cannot be written; further epochs are the same one.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.models.tiny import random_tiny
    >>> from convscope.models.weights import save_weights
    >>> run = Path(tempfile.mkdtemp())
    >>> for epoch in (1, 2):
    ...     save_weights(run / f"epoch-{epoch}.safetensors", random_tiny(seed=epoch).state_dict())
    >>> photos = [np.full((40, 40, 3), value, np.uint8) for value in (20, 90, 200)]
    >>> evolve(run, photos, model="zoo:tiny", layers=["relu1"], units=2).found.epochs
    (1, 2)
    """
    shown, files, load_one = atlas_of(atlas), checkpoints(run, epochs), loading or load
    seen: dict[str, Any] = {}

    def network(path: Path) -> Network:
        spec, weights = (f"file:{path}", None) if model is None else (model, str(path))
        net = load_one(spec, weights=weights, seed=seed)
        expect_network(net)
        if not seen:
            seen.update(size=net.input_shape[1:], recipe=preprocess_of(net, source))
        return net

    source = collection(images, limit=limit, cache=cache)
    deciding: dict[str, Any] = {
        "layers": layers,
        "units": units if isinstance(units, int) else [Unit.of(one) for one in several(units)],
        "sample": sample,
        "threshold": threshold,
        "seed": seed,
    }
    asked = question(None, source, model=model, **deciding)
    Evolution.expect_place(store, asked)
    found = keeping.evolution(
        [(epoch, partial(network, path)) for epoch, path in files.items()],
        source,
        **deciding,
        store=None if store is None else Path(store) / "checkpoints",
        progress=progress,
    )
    height, width = (int(side) for side in seen["size"])
    shared = {"collection": source.fingerprint(), "count": len(source), "size": (height, width)}
    answer = Evolution(found, **shared, _photos=EpochPhotos(source, seen["recipe"]))
    return finished(answer, store=store, asked=asked, atlas=shown, name=name, progress=progress)


def checkpoints(run: str | PathLike[str], wanted: Sequence[int] | None = None) -> dict[int, Path]:
    """The files of weights in the folder of a training, or of its checkpoints, by epoch, in order.

    The epoch is the last number in a file's name, as in epoch-0012.safetensors.

    Raises:
        WeightsError: if there are none, two of one epoch, or none of a wanted epoch.
    """
    place = Path(run)
    folder = place / "checkpoints" if kind_of(place / "checkpoints") == "folder" else place
    if kind_of(folder) != "folder":
        raise WeightsError(f"{run} is no folder: give the folder of a training, or of its checkpoints")
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        number = re.search(r"(\d+)(?!.*\d)", path.stem)
        if path.suffix.lower() in _ENDINGS and number is not None:
            epoch = int(number[1])
            if epoch in found:
                raise WeightsError(
                    f"{found[epoch].name} and {path.name} in {folder} are both of epoch {epoch}: keep one"
                )
            found[epoch] = path
    if not found:
        raise WeightsError(
            f"no checkpoint in {folder}: files of weights whose names end in their epoch are needed, such as "
            "epoch-0012.safetensors"
        )
    missing = [epoch for epoch in wanted or () if epoch not in found]
    if missing:
        raise WeightsError(
            f"no checkpoint of epoch {missing[0]} in {folder} (there are {', '.join(map(str, sorted(found)))})"
        )
    return {epoch: found[epoch] for epoch in sorted(found) if wanted is None or epoch in wanted}


__all__ = ["Evolution", "checkpoints", "evolve"]
