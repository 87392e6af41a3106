"""What units are tuned to, over a collection: colour or shape, in tables, a figure, an entry in an atlas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from convscope.arguments import at_least, checked, expect_confidence
from convscope.atlas import Atlas
from convscope.data import Failure, Images, load_image
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network
from convscope.methods.inputs import chosen_layers, preprocess_of
from convscope.methods.tuning import KINDS, LayerTuning
from convscope.methods.tuning.summing import WORDS
from convscope.methods.tuning.surveying import MOST, CroppedPhotos, survey
from convscope.methods.workers import one_thread_workers
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.stores import scan as keeping
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network
from convscope.studies.charting import of_tuning
from convscope.studies.pictures import left_out
from convscope.tables import TextTable, columns_of, csv_of, without_nan

_SAID = 5  # units of a layer that are spoken of
_CAPTION = (
    "What survives of the units' activations on the images that excite them most, when these lose their colour, fine "
    "detail, arrangement, direction or place: the middle half of each layer's units, and the median."
)


@dataclass(eq=False, repr=False)
class Tuning(Answer):
    """What survives of units' activations under each change, by layer; `tuning["features.8"]` is a `LayerTuning`."""

    network: str
    layers: tuple[LayerTuning, ...]
    images: int
    confidence: float
    failures: tuple[Failure, ...]

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, layer: str) -> LayerTuning:
        for one in self.layers:
            if one.layer == layer:
                return one
        raise UsageError(f"layer '{layer}' was not asked about: {', '.join(one.layer for one in self.layers)} were")

    @property
    def summary(self) -> str:
        """Of each layer the medians, and how many units differ from them, in words."""
        return "\n".join(_in_words(one) for one in self.layers)

    def rows(self) -> list[Row]:
        """One row a unit: what survives under each change, its interval, and what the unit minds more or less."""
        return [_row(one, channel) for one in self.layers for channel in range(len(one.kept))]

    def to_json(self) -> dict[str, Any]:
        """The medians of layers, and the rows."""
        medians = {one.layer: dict(zip(KINDS, one.median.tolist(), strict=True)) for one in self.layers}
        return without_nan(
            {
                "network": self.network,
                "images": self.images,
                "confidence": self.confidence,
                "kinds": list(KINDS),
                "medians": medians,
                "units": self.rows(),
            }
        )

    def tables(self) -> Sequence[TextTable]:
        """The medians of layers, then the units that differ most from them."""
        head = ("layer", "units", *KINDS)
        medians = [(one.layer, str(len(one.kept)), *map(_percent, one.median)) for one in self.layers]
        most = [(f"{one.layer}:{u}", "; ".join(one.said(u))) for one in self.layers for u in _differing(one)[:_SAID]]
        return [
            columns_of(head, medians, title="what survives of half of the units, or less", left=1),
            columns_of(("unit", "and its layer"), most, title="units that differ most from their layer", left=2),
        ]

    def remarks(self) -> list[str]:
        """The images that were left out, and how many the units were looked at on."""
        return [*map(left_out, self.failures), f"changes were tried on {self.images:,} images"]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Everything as JSON, the rows as CSV."""
        yield "tuning.json", json_bytes(self.to_json())
        yield "tuning.csv", csv_of(self.rows())

    def drawings(self) -> Mapping[str, Figure]:
        """The layers' quartiles under each change."""
        return {"tuning.png": Figure(_CAPTION, self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.style import rendered
        from convscope.figures.tuning import draw

        return rendered(draw(self.layers))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The units that differ most from their layer, and the layers' figure."""
        chosen = [(one, unit) for one in self.layers for unit in _differing(one)[: 4 * _SAID]]
        units = [f"{one.layer}:{unit}" for one, unit in chosen]
        rows = [_row(one, unit) for one, unit in chosen]
        settings, charts = {"confidence": self.confidence}, of_tuning(self.layers)
        return AtlasEntry("tuning", "What units are tuned to", rows, units=units, settings=settings, charts=charts)


def _differing(one: LayerTuning) -> list[int]:
    """The units that differ from their layer, the most first by what they keep more or less of an activation."""
    gaps = np.abs(one.kept - one.median)
    found: dict[int, float] = {}
    for unit in range(len(gaps)):
        widest = [float(gaps[unit, KINDS.index(kind)]) for kind in one.stands_out(unit)]
        if widest:
            found[unit] = max(widest)
    return sorted(found, key=lambda unit: (-found[unit], unit))


def _in_words(one: LayerTuning) -> str:
    known = [column for column in range(len(KINDS)) if not np.isnan(one.median[column])]
    said = ", ".join(f"{_percent(one.median[column])} {WORDS[KINDS[column]][1]}" for column in known)
    if not said:
        return f"{one.layer}: no unit responds"
    return (
        f"{one.layer}: half of the units keep at most {said}; {len(_differing(one))} of {len(one.kept)} differ from it"
    )


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{100 * share:.0f} %"


def _row(one: LayerTuning, channel: int) -> Row:
    out = one.stands_out(channel)
    row: Row = {"unit": f"{one.layer}:{channel}", "images": int(one.cases[channel].max(initial=0))}
    for column, kind in enumerate(KINDS):
        row |= {kind: float(one.kept[channel, column])}
        row |= {f"{kind}_low": float(one.low[channel, column]), f"{kind}_high": float(one.high[channel, column])}
    more = [kind for kind, sign in out.items() if sign < 0]
    less = [kind for kind, sign in out.items() if sign > 0]
    return without_nan(row | {"minds_more": " ".join(more), "minds_less": " ".join(less)})


@checked
@usual_settings()
def tuning(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    k: int = 9,
    most_images: int = MOST,
    confidence: float = 0.95,
    batch: int = 32,
    workers: int | None = None,
    seed: int = 0,
    limit: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """What survives of units' activations when their strongest images lose colour, detail, arrangement or direction.

    The k images that excite a unit most are run again in grey, with colours turned, blurred, with squares shuffled,
    mirrored, turned and moved; what survives is the activation at the same place of the image over that before. Any
    change takes something of what was chosen for being the strongest: a unit is compared with its layer.

    Args:
        net: a network with preprocessing.
        images: a collection, or pixels of any kind, see docs/grammar.md.
        store: a folder for figure and tables.
        layers: by default one for each spatial stage.
        k: images of each unit, at most.
        most_images: how many are changed at most, chosen so that as many units as can be are seen on as many of them.
        confidence: of the intervals, by bootstrap over a unit's images, drawn with `seed`.
        batch, workers: images decoded together, and threads; they change nothing.
        limit: at most so many images are looked through, evenly spread.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the stages "scan" and "tuning".

    Raises:
        UsageError: for options that make no sense. UnknownLayer: for layers that do not exist. SourceError: if there is
            no image that can be read. StoreError: where the folder holds the answer to another question, or cannot be
            written.

    >>> from convscope.models import load
    >>> photos = [np.random.default_rng(i).integers(0, 256, (40, 40, 3), np.uint8) for i in range(4)]
    >>> found = tuning(load("zoo:tiny"), photos, layers=["relu1"], k=3)
    >>> found["relu1"].kept.shape, found.rows()[0]["unit"]
    ((16, 7), 'relu1:0')
    """
    expect_network(net)
    at_least(1, k=k, most_images=most_images)
    expect_confidence(confidence)
    shown, report = atlas_of(atlas, net), progress or silent
    source = collection(images, limit=limit, channels=net.input_shape[0])
    names = chosen_layers(net, layers, net.layers.stages())
    whole = question(net, source, layers=names, k=k, most_images=most_images, confidence=confidence, seed=seed)
    Tuning.expect_place(store, whole)
    scanned = keeping.scan(
        net, source, layers=names, k=k, batch=batch, workers=workers, statistics="none", progress=report
    )
    preprocess = preprocess_of(net, source)
    tops = {layer: scanned[layer].topk for layer in names}
    with one_thread_workers(net.device, workers) as team:
        found = survey(
            net,
            tops,
            CroppedPhotos(preprocess, lambda number: load_image(source, number, preprocess)),
            team=team,
            most=most_images,
            confidence=confidence,
            seed=seed,
            progress=report,
        )
    answer = Tuning(net.name, tuple(found.layers), found.images, confidence, tuple(scanned.failures))
    return finished(answer, store=store, asked=whole, atlas=shown, name=name)


__all__ = ["Tuning", "tuning"]
