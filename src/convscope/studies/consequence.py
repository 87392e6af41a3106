"""What silencing units does to a network's scores and answers over a collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import checked, expected
from convscope.atlas import Atlas
from convscope.data import Failure, Images, Source
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network, Unit, UnitLike, several
from convscope.methods.effects import LayerEffects, Level, Measured, Silencing
from convscope.methods.inputs import chosen_layers
from convscope.progress import Progress
from convscope.stores import effects as keeping
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network
from convscope.studies.charting import of_effects
from convscope.studies.effects_shown import HELD, TestOutcome, by_channel, in_turn, told, verdict_of
from convscope.studies.pictures import left_out, numbers_in
from convscope.studies.questions import Question, refuse_another
from convscope.tables import TextTable, columns_of, counted, csv_of, without_nan
from convscope.training.matching import Match, Matched, in_words, match_classes, match_one

Own = Literal["auto", "labels", "answers"]
"""Which images are a class's own: those labelled so, or those that the network takes for it; labels where they fit."""

_STRONGEST = 5
_LISTED = 20
_SHOWN = ("change", "control")
"""What an atlas's pages of units and classes say of a pair."""


@dataclass(eq=False, repr=False)
class Effects(Answer):
    """What silencing units of some layers does: `layers`, one after the other; `own`: whose images a class's are.

    shard: (i, n), where it is of the i-th of n parts of the images, which `merge`. order: which output was taken for
    which class by its order, in words; nothing where names decided.
    """

    layers: tuple[LayerEffects, ...]
    own: Literal["labels", "answers"]
    classes: tuple[str, ...] | None
    failures: tuple[Failure, ...]
    indices: tuple[int, ...]
    collection: str
    shard: tuple[int, int] = (0, 1)
    order: tuple[str, ...] = ()

    def __getitem__(self, layer: str) -> LayerEffects:
        """The effects of a layer's units; raises UsageError where it was not looked at."""
        for one in self.layers:
            if one.layer == layer:
                return one
        raise UsageError(f"layer '{layer}' was not silenced: {', '.join(self)} were")

    def __iter__(self) -> Iterator[str]:
        return (one.layer for one in self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def _class(self, number: int) -> str:
        return self.classes[number] if self.classes else str(number)

    @property
    def summary(self) -> str:
        """Of each layer the units without which most answers are lost, and how many tests held."""
        said = [] if self.complete else [self._part]
        return "\n".join([*said, *map(self._in_words, self.layers)])

    @property
    def complete(self) -> bool:
        """Whether it is of all images, and no shard."""
        return self.shard[1] == 1

    @property
    def _part(self) -> str:
        i, n = self.shard
        count = counted(self.layers[0].images, "image")
        return f"shard {i}/{n}, {count} of {len(self.indices)}: merge the {n} shards when all are done"

    def _in_words(self, found: LayerEffects) -> str:
        change, spelled = found.outcomes()[:, 0], "{} ({:+.2f} %)" if found.answered else "{} ({:+.4g})"
        units = ", ".join(spelled.format(found.silenced[n], change[n]) for n in found.worst[:_STRONGEST])
        held = sum(pair.adjusted < HELD for pair in found.tested)
        tests = (
            f"{held} of {len(found.tested)} pairs of a unit and a class, chosen on one half of the images, differ from "
            "their controls on the other (Benjamini-Yekutieli, 0.05)"
            if found.tested
            else "nothing was tested: there are too few images, or no controls"
            if self.complete
            else "pairs are chosen and tested when the shards are merged"
        )
        return (
            f"{found.layer} on {counted(found.images, 'image')}, {len(found.silenced)} silenced (set to {found.to}): "
            f"{self._counted} change most without {units}; {tests}"
        )

    @property
    def _counted(self) -> str:
        """The answers that are counted: right ones by labels, or those that the whole network gives."""
        if not self.layers[0].answered:
            return "scores"
        return "right answers" if self.own == "labels" else "answers as before"

    def rows(self) -> list[Row]:
        """One row for each unit or group that was silenced."""
        return [row for found in self.layers for row in self._rows(found)]

    def _rows(self, found: LayerEffects) -> list[Row]:
        low, high = found.accuracy_interval().T
        rows: list[Row] = []
        for n, unit in enumerate(found.silenced):
            at = int(found.change[n].argmin())
            reach = _interval(found, n, at)
            rows.append(
                {
                    "unit": unit,
                    "squares": float(found.squares[n]),
                    "accuracy": float(found.accuracy[n]),
                    "accuracy_low": float(low[n]),
                    "accuracy_high": float(high[n]),
                    "lost": int(found.lost[n].sum()),
                    "gained": int(found.gained[n].sum()),
                    "class": self._class(at),
                    "change": float(found.change[n, at]),
                    "change_low": float(reach[0]),
                    "change_high": float(reach[1]),
                    "control": float(found.control[n, at]),
                }
            )
        return rows

    def pairs(self, *, most: int = _STRONGEST) -> list[Row]:
        """For each unit the classes that need it most, and for each class the units that it needs most; with what came
        of the test of those that were tested."""
        rows: list[Row] = []
        verdicts = self._verdicts()
        for found in self.layers:
            chosen = {(n, k) for n in range(len(found.silenced)) for k, _ in found.needed_by(n, most=most)}
            chosen |= {(n, k) for k in range(found.change.shape[1]) for n, _ in found.needs(k, most=most)}
            ends = found.change.shape[1]  # of the last classes: a single score is that of class 1
            for n, k in sorted(chosen, key=lambda pair: (float(found.change[pair]), pair)):
                low, high = _interval(found, n, k)
                rows.append(
                    {
                        "unit": found.silenced[n], "class": self._class(k), "change": float(found.change[n, k]),
                        "low": low, "high": high, "control": float(found.control[n, k]),
                        "own": float(found.own[n, k]), "own_control": float(found.own_control[n, k]),
                        "lost": int(found.lost[n, k - ends]), "gained": int(found.gained[n, k - ends]),
                        "of": int(found.shown[k - ends]),
                        "tested": verdicts.get((found.silenced[n], self._class(k))),
                    }
                )  # fmt: skip
        return rows

    def tested(self) -> list[Row]:
        """The pairs that were chosen on one half of the images, and what the other half says of them."""
        return [{**vars(pair), "class": self._class(pair.number)} for found in self.layers for pair in found.tested]

    def to_json(self) -> dict[str, Any]:
        """Of every layer what was asked, the units, and the tests."""
        failures = [{"image": failure.name, "reason": failure.reason} for failure in self.failures]
        classes = None if self.classes is None else list(self.classes)
        layers = [found.to_json() for found in self.layers]
        part: dict[str, Any] = {} if self.complete else {"shard": list(self.shard)}
        part |= {"order": list(self.order)} if self.order else {}
        return without_nan({**part, "own": self.own, "classes": classes, "layers": layers, "failures": failures})

    def tables(self) -> Sequence[TextTable]:
        """Of each layer the units that most answers are lost without."""
        head = ("unit", "answers", "interval", "class that needs it most", "change", "controls")
        made = []
        for found in self.layers:
            first = "accuracy" if found.answered else "change"
            rows = sorted(self._rows(found), key=lambda row, first=first: (row[first], row["change"]))[:_LISTED]
            lines = [
                (str(row["unit"]), f"{100 * row['accuracy']:+.2f} %",
                 f"{100 * row['accuracy_low']:+.2f} to {100 * row['accuracy_high']:+.2f}", str(row["class"]),
                 f"{row['change']:+.4g}", "-" if np.isnan(row["control"]) else f"{row['control']:+.4g}")
                for row in rows
            ]  # fmt: skip
            if not found.answered:
                lines = [(line[0], *line[3:]) for line in lines]
            made.append(columns_of(head if found.answered else (head[0], *head[3:]), lines, title=found.layer, left=1))
        return made

    def remarks(self) -> list[str]:
        """The images that were left out, and whose images a class's own are."""
        own = {
            "labels": "a class's own images are those labelled so",
            "answers": "a class's own images are those that the network takes for it, not those that are labelled so",
        }
        if not self.layers[0].answered:
            return [*map(left_out, self.failures), "no answer is right or wrong: what is told is how scores change"]
        return [*in_words(self.order), *map(left_out, self.failures), own[self.own]]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Units, pairs of units and classes, and tests, as CSV; everything that is said as JSON."""
        yield "effects.csv", csv_of(self.rows())
        yield "pairs.csv", csv_of(self.pairs())
        yield "tested.csv", csv_of(self.tested())
        yield "effects.json", json_bytes(self.to_json())

    def drawings(self) -> Mapping[str, Figure]:
        """For each layer how many answers are lost without each unit, by how active it is."""
        plain = ["".join(c if c.isalnum() or c in "-._" else "_" for c in found.layer) for found in self.layers]
        return {
            f"{number:02}-{name}.png": Figure(
                f"What silencing units of {found.layer} does.", partial(_draw, found, self._counted)
            )
            for number, (name, found) in enumerate(zip(plain, self.layers, strict=True))
        }

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The pairs of units and classes, and the figures; linked to the units that the atlas shows."""
        shown = {layer.name for layer in atlas.layers}
        worst = [f.silenced[n] for f in self.layers if f.layer in shown for n in f.worst[:_LISTED]]
        alone = [unit for unit in worst if "+" not in unit and "@" not in unit]
        images = numbers_in(atlas, self.collection, self.indices, len(self.indices) + len(self.failures))
        settings = {"layers": [f.layer for f in self.layers], "to": self.layers[0].to, "own": self.own}
        title = f"Units of {', '.join(f.layer for f in self.layers)} silenced"
        rows = in_turn(self.pairs())
        data = {
            "pairs": list(self._pairs_told(rows)),
            "layers": {found.layer: by_channel(found) for found in self.layers},
        }
        shared = {"settings": settings, "data": data, "charts": of_effects(self.layers, self._counted)}
        return AtlasEntry("effects", title, rows, units=alone, images=images, **shared)

    def _verdicts(self) -> dict[tuple[str, str], TestOutcome]:
        """What came of the tests, by unit and class."""
        return {(pair.unit, self._class(pair.number)): verdict_of(pair) for one in self.layers for pair in one.tested}

    def _pairs_told(self, rows: Sequence[Row]) -> Iterator[list[Any]]:
        """Of pairs what pages say: unit, class, change and that of the controls, and what came of the test; the pairs
        of a table first, then all others that were tested."""
        verdicts = self._verdicts()
        for row in rows:
            pair = str(row["unit"]), str(row["class"])
            verdicts.pop(pair, None)
            yield [*pair, *(told(row[key]) for key in _SHOWN), row["tested"]]
        for one in self.layers:
            for pair in one.tested:
                name = self._class(pair.number)
                if (verdict := verdicts.pop((pair.unit, name), None)) is not None:
                    at = one.silenced.index(pair.unit), pair.number
                    yield [pair.unit, name, told(float(one.change[at])), told(float(one.control[at])), verdict]


def _interval(found: LayerEffects, unit: int, number: int) -> tuple[float, float]:
    middle, reach = float(found.change[unit, number]), found.reach * float(found.error[unit, number])
    return middle - reach, middle + reach


def _draw(found: LayerEffects, counted: str) -> bytes:
    from convscope.figures.effects import draw
    from convscope.figures.style import rendered

    return rendered(draw(found, counted))


@checked
def effects(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    units: UnitLike | Sequence[UnitLike] = (),
    groups: Sequence[Sequence[UnitLike]] = (),
    to: Level = "zero",
    measure: Measured = "logit",
    own: Own = "auto",
    match: Match = "name",
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    batch: int = 32,
    workers: int | None = None,
    seed: int = 0,
    shard: tuple[int, int] = (0, 1),
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Effects:
    """What silencing units does to the scores and answers of a network, over a collection; exactly.

    Each unit of the layers is silenced by itself and its change pushed to the scores. Beside each stand its controls:
    the 20 units of the layer nearest to it in mean squared activation on the same images. P-values of the pairs that
    stand out are corrected whatever they share (Benjamini & Yekutieli 2001).

    Args:
        net: the network; with preprocessing, and a vector of scores at its end.
        images: a collection, see docs/grammar.md: of pixels.
        store: a folder for tables and figures. The sums are kept in its `parts`: a repeated call goes on.
        layers: whose units; None for those of `units` and `groups`, or else the last stage that the output is
            computed from.
        units: these alone, also positions ("features.8:174@3,5").
        groups: units of one layer each, silenced together.
        to: what a unit is set to: "zero", its "mean" over all images and positions, or its value in "another" image.
        measure: the "logit" of each class, or its "probability".
        own: which images are a class's own: by their "labels", by what the network "answers"; "auto": labels where
            there are some of its classes. match: how labels and scores belong together, by "name" or by "index".
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        batch: images that are taken together. workers: threads; by default one a core.
        seed: of the halves of the images, by which pairs are chosen and tested, and of which other image is taken.
        shard: (i, n) looks at the i-th of n parts of the images, after a first look at all of them, for means; the n
            results `merge` to the whole. Its folder keeps sums alone.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with the number of images done.

    Raises:
        UsageError: for layers that the output does not depend on, options that make no sense, labels that do not fit.
            UnknownLayer: for layers or units that do not exist. ImageError: where no image could be read. StoreError:
            where the folder holds the answer to another question, or cannot be written.

    >>> from convscope.data import Preprocess
    >>> from torch import nn
    >>> layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1568, 5))
    >>> net = Network.trace(layers, (3, 16, 16), preprocess=Preprocess(16, 16))
    >>> answer = effects(net, [np.full((16, 16, 3), value, np.uint8) for value in (10, 99, 200)], layers=["1"])
    >>> answer["1"].change.shape, answer.own
    ((8, 5), 'answers')
    """
    expect_network(net)
    if shard[1] != 1 and atlas is not None:
        raise UsageError(f"shard={shard}: an atlas shows whole answers: merge the shards, and call the answer's add_to")
    shown = atlas_of(atlas, net)
    source = collection(images, limit=limit, cache=cache, channels=net.input_shape[0])
    silenced = _silenced(net, units, groups)
    below = {step.name for step in net.cone(net.output)} - {net.output}
    usual = list(silenced) or [stage for stage in net.layers.stages() if stage in below][-1:]
    chosen = list(dict.fromkeys([*chosen_layers(net, layers, usual), *silenced]))
    truths = right_scores(net, source, own, match)
    deciding = {"to": to, "measure": measure, "truths": truths, "batch": batch, "seed": seed}
    listed = [one for layer in silenced.values() for one in layer]
    whole = question(net, source, layers=chosen, silenced=listed, **deciding)
    Effects.expect_place(store, whole)
    expect_shards_of(store, whole)
    matched = Matched(net.classes, ()) if truths is None else Matched.of(net, source, match)
    names = net.head.names(matched.classes)
    about = {"question": whole, "words": whole.words, "own": "answers" if truths is None else "labels",
             "classes": None if names is None else list(names), "images": len(source),
             "collection": source.fingerprint(), "order": list(matched.order)}  # fmt: skip
    found, failures = [], list[Failure]()
    for layer in chosen:
        asked = Silencing(layer, tuple(silenced.get(layer, ())), to, measure, truths, batch, seed, shard)
        one, failures = keeping.effects(
            net, source, asked, store=store, about=about, workers=workers, progress=progress
        )  # fmt: skip
        found.append(one)
    answer = effects_from(found, failures, about, shard)
    if not answer.complete:
        answer.question = whole
        return answer
    return finished(answer, store=store, asked=whole, atlas=shown, name=name, progress=progress)


def effects_from(
    found: Sequence[LayerEffects], failures: Sequence[Failure], about: Mapping[str, Any], shard: tuple[int, int]
) -> Effects:
    """The answer, of what was found of each layer, and what is told about the question."""
    unread, classes = {failure.index for failure in failures}, about["classes"]
    return Effects(
        layers=tuple(found),
        own=about["own"],
        classes=None if classes is None else tuple(classes),
        failures=tuple(failures),
        indices=tuple(i for i in range(about["images"]) if i not in unread),
        collection=about["collection"],
        shard=shard,
        order=tuple(about.get("order", ())),
    )


def expect_shards_of(store: str | PathLike[str] | None, asked: Question) -> None:
    """Raise StoreError where a folder holds shards of the answer to another question."""
    for shard in () if store is None else keeping.shards_in(store):
        about = shard.said["about"]
        refuse_another(Path(store or ""), asked, Question(about["question"], about["words"]))


def _silenced(
    net: Network, units: UnitLike | Sequence[UnitLike], groups: Sequence[Sequence[UnitLike]]
) -> dict[str, list[tuple[Unit, ...]]]:
    """What is silenced of each layer that units were named of."""
    listed = several(units)
    together = [tuple(net.unit(unit) for unit in one) for one in [*([unit] for unit in listed), *groups]]
    found: dict[str, list[tuple[Unit, ...]]] = {}
    for one in together:
        if not one:
            raise UsageError("groups: a group without units was given")
        found.setdefault(one[0].layer, []).append(one)
    return found


def right_scores(
    net: Network, source: Source, own: Own, match: Match, *, unlabelled: Literal["none", "skipped"] = "none"
) -> NDArray[np.int64] | None:
    """The score that is right for each image, by its label; None for what the network answers.

    unlabelled: where some images have no label, "none" is right, or they are "skipped", and theirs is -1.
    """
    expected("own", own, Own)
    head = net.head
    if own == "answers" or head.kind == "values":
        return None
    labels = np.array([source.label(index) for index in range(len(source))], np.int64)
    if (labels < 0).all() or (unlabelled == "none" and (labels < 0).any()):
        if own == "labels":
            raise UsageError(f"own='labels': some images have no class in {source.describe()}")
        return None
    try:
        if head.kind == "binary":
            found = match_one(source, net.classes, match).astype(np.int64)[labels]
            return np.where(labels < 0, -1, found)
        outputs = match_classes(source, head.names(net.classes), head.classes, match)
    except UsageError:
        if own == "labels":
            raise
        return None
    return np.where(labels < 0, -1, outputs[labels] + head.first)


__all__ = ["Effects", "Own", "effects", "effects_from", "right_scores"]
