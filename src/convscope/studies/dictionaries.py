"""Directions of a layer: learned over a collection, held against images that they were not learned from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from convscope.arguments import at_least, checked
from convscope.atlas import Atlas
from convscope.data import Images, Source
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Dictionary, Network
from convscope.graph.dictionary import DictionaryKind, expect_name
from convscope.methods.directions import DictionaryLearning, LearnedDirections
from convscope.models.dictionaries import FILE, dictionary_bytes, expect_free, write_dictionary
from convscope.progress import Progress, silent
from convscope.stores.directions import Work
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network
from convscope.studies.charting import of_directions
from convscope.studies.consequence import right_scores
from convscope.studies.questions import Question
from convscope.studies.vouched import digest_of
from convscope.tables import TextTable, columns_of, csv_of, without_nan
from convscope.training.matching import Match, Matched, in_words

_HELD_OUT = 10  # one image of so many, where no others are given
_NEAREST, _LISTED = 5, 20


@dataclass(eq=False, repr=False)
class Directions(Answer):
    """What was learned, and how it does: `found`. network: where."""

    network: str
    found: LearnedDirections
    asked: str | None = None
    """The layer's name as it was given, where that is another: of a container, whose last layer it is."""
    order: tuple[str, ...] = ()
    """Which output was taken for which class of the held-out images by its order, in words."""

    @property
    def dictionary(self) -> Dictionary:
        """The directions themselves, for `Network.with_directions`."""
        return self.found.dictionary

    @property
    def summary(self) -> str:
        """How much of the layer the directions hold, beside components and units; how many are dead, copies, stable."""
        found, made = self.found, self.dictionary
        first, *others = found.compared
        beside = ", ".join(f"{_number(one.explained)} by {one.name}" for one in others)
        return (
            f"{len(made)} directions ({made.kind}) of {made.layer}, from {found.positions} positions of {found.images} "
            f"images: on {found.held[1]} others they explain {_number(first.explained)} of the variance by "
            f"{first.active:.1f} at a position; as many explain {beside}. {found.dead} are dead, {found.copies()} have "
            f"a copy, {100 * found.found_again():.0f} % are found again with another {self._again}"
            + (
                f"; with the layer rebuilt {_share(first.agreement)} of the answers stay"
                if first.agreement is not None
                else ""
            )
        )

    @property
    def _again(self) -> str:
        """What is another where directions are found again: of components, which no seed decides, the draw."""
        return "draw of the same positions" if self.dictionary.kind == "pca" else "seed"

    def remarks(self) -> list[str]:
        """Which layer was taken, where a container was named; where there is too little, and what stands not beside."""
        found, made = self.found, self.dictionary
        said = [] if self.asked is None else [f"'{self.asked}' is of several layers: its last is taken, {made.layer}"]
        said += in_words(self.order)
        if len(made) > found.positions:
            said.append(f"n={len(made)} directions were learned from {found.positions} positions: give more images")
        if np.isnan(found.compared[0].explained):
            said.append(f"the {found.held[0]} held-out positions do not vary: no share of them is explained")
        if 0 < found.labelled < found.held[1]:
            said.append(f"{found.labelled} of {found.held[1]} held-out images have labels: what is right is of these")
        if found.without is not None:
            said.append(f"no non-negative factors stand beside: {found.without}")
        return said

    def rows(self) -> list[Row]:
        """One row for each direction: how often and how strongly it is active, its likest, and its closest units."""
        found, rows = self.found, list[Row]()
        for n, units in enumerate(self.dictionary.nearest(_NEAREST)):
            row = {
                "direction": f"{self.dictionary.full_name}:{n}",
                "often": float(found.often[n]),
                "strength": float(found.strength[n]),
                "copy": float(found.copy[n]),
                "again": float(found.again[n]),
            }
            for place, (unit, part) in enumerate(units, 1):
                row |= {f"unit_{place}": f"{self.dictionary.layer}:{unit}", f"part_{place}": part}
            rows.append(row)
        return rows

    def comparison(self) -> list[Row]:
        """The layer rebuilt from directions, and from as many components and units."""
        own = self.found.accuracy
        return [{**vars(one), "own_accuracy": own} for one in self.found.compared]

    def to_json(self) -> dict[str, Any]:
        """The comparison, the counts, and every direction; not the numbers of the directions themselves."""
        found, made = self.found, self.dictionary
        said = {name: getattr(made, name) for name in ("name", "layer", "kind", "active", "network")}
        counts = {"dead": found.dead, "copies": found.copies(), "found_again": found.found_again()}
        learned = {"positions": found.positions, "images": found.images, "labelled": found.labelled}
        held = dict(zip(("held_positions", "held_images"), found.held, strict=True))
        compared: dict[str, Any] = {"compared": self.comparison(), "directions": self.rows()}
        compared |= {"order": list(self.order)} if self.order else {}
        return without_nan({**said, "n": len(made), **learned, **held, **counts, **compared})

    def tables(self) -> Sequence[TextTable]:
        """The comparison, and the directions that are active most often."""
        compared = [
            (one.name, _number(one.explained), f"{one.active:.1f}", _share(one.agreement), _share(one.accuracy))
            for one in self.found.compared
        ]
        rows = sorted(self.rows(), key=lambda row: -row["often"])[:_LISTED]
        most = [
            (str(row["direction"]), _share(row["often"]), f"{row['strength']:.3g}", f"{row['again']:.2f}", _units(row))
            for row in rows
        ]
        accuracy = _share(self.found.accuracy)
        head = ("rebuilt from", "explained", "active", "answers kept", f"right (of {accuracy})")
        names = ("direction", "active at", "strength", "found again", "closest units")
        return [
            columns_of(
                head, compared, left=1, title=f"{self.dictionary.layer} on {self.found.held[1]} held-out images"
            ),
            columns_of(names, most, left=1, title="most often active"),
        ]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The dictionary, by itself; the comparison and the directions as CSV; everything that is said as JSON."""
        yield FILE, dictionary_bytes(self.dictionary)
        yield "comparison.csv", csv_of(self.comparison())
        yield "directions.csv", csv_of(self.rows())
        yield "directions.json", json_bytes(self.to_json())

    def drawings(self) -> Mapping[str, Figure]:
        """How often directions are active, and how surely they are found again."""
        return {
            "directions.png": Figure(f"Directions of {self.dictionary.layer}: how often, and found again.", self._draw)
        }

    def _draw(self) -> bytes:
        from convscope.figures.directions import draw
        from convscope.figures.style import rendered

        return rendered(draw(self.found))

    def write(self, path: str | PathLike[str]) -> Path:
        """The path of the file that the dictionary was written to, for `load(..., directions=)`.

        Raises:
            StoreError: where it cannot be written, or there is another file, or one of directions that answer another
                question.
        """
        place, asked = Path(path), None if self.question is None else _digest(self.question)
        expect_free(place, asked)
        write_dictionary(place, self.dictionary, asked)
        return place

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The directions by how often they are active, with those that the atlas shows."""
        made, shown = self.dictionary, {layer.name for layer in atlas.layers}
        rows = sorted(self.rows(), key=lambda row: -row["often"])
        units = [str(row["direction"]) for row in rows[:_LISTED]] if made.full_name in shown else []
        settings = {"layer": made.layer, "kind": made.kind, "n": len(made), "active": made.active}
        return AtlasEntry(
            "directions",
            f"Directions of {made.layer}",
            rows,
            units=units,
            settings=settings,
            charts=of_directions(self.found),
        )


def _digest(asked: Question) -> str:
    """What a file of directions says of the question that they answer."""
    return digest_of(json.dumps(asked, sort_keys=True).encode())


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _units(row: Row) -> str:
    units = [(str(row[f"unit_{n}"]).rpartition(":")[2], row[f"part_{n}"]) for n in range(1, 4) if f"unit_{n}" in row]
    return ", ".join(f"{unit} ({part:+.2f})" for unit, part in units)


@checked
def directions(
    net: Network,
    images: Images,
    *,
    layer: str,
    kind: DictionaryKind = "sae",
    n: int = 512,
    active: int | None = 16,
    penalty: float = 0.03,
    updates: int = 4000,
    positions: int = 160_000,
    validation: Images | None = None,
    beside: Sequence[DictionaryKind] | None = None,
    out: str | PathLike[str] | None = None,
    store: str | PathLike[str] | None = None,
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    match: Match = "name",
    batch: int = 32,
    seed: int = 0,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Directions:
    """Directions of a layer, learned on what its positions are over a collection, and held against other images.

    `net.with_directions(answer.dictionary)` has them as the layer `layer~name`, whose units are scanned, projected and
    silenced like any. Beside how much of the layer they explain stand as many principal components, non-negative
    factors and units of the layer's own, as many on average: of a rectified layer units are a strong rival.

    Args:
        net: the network, with preprocessing.
        images: a collection, see docs/grammar.md: of pixels. Positions are drawn evenly from them.
        layer: whose positions; before or after its ReLU (for "nmf" after).
        kind: "sae", an autoencoder (Makhzani & Frey 2013; Gao et al. 2024); "nmf", non-negative factors by
            scikit-learn, with an encoder learned for them; "pca", principal components, which have both signs.
        n: how many directions. active: how many of them, at most, are left at a position, the strongest; None: all
            above zero, each at the price `penalty` (of "sae").
        updates: of the autoencoder, or the encoder. positions: learned from, at most; four bytes a channel each are
            kept, in memory or in `store`.
        validation: images that are held out; None: a tenth of `images`, drawn. Give others where several images of a
            collection are crops of one.
        beside: other kinds that are learned, too, and compared; None: factors, 512 at most, where scikit-learn is there
            and the layer has no negative values. Principal components and the layer's units always are.
        out: a file that the directions are written to, for `load(..., directions=)`.
        store: a folder for the directions, tables and figures. Positions and what is learned are kept in its `parts`: a
            repeated call goes on.
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        match: how labels and scores belong together, by "name" or by "index", where there are labels.
        batch: images that are taken together. seed: of all that is drawn; a second set is learned with the next one.
        atlas: an atlas of the same network that is to show the answer. name: what the directions are called on their
            layer, and the answer in the atlas; None: as their kind, and "directions".
        progress: called with images run and updates made.

    Raises:
        UsageError: for options that make no sense, or a layer that directions cannot be learned of. UnknownLayer: for
            one that does not exist. ImageError: where no image could be read. MissingExtra: for "nmf" without
            scikit-learn. StoreError: where the folder, or the file, holds the answer to another question, or something
            else, or cannot be written.

    >>> from convscope.data import Preprocess
    >>> from torch import nn
    >>> layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1568, 5))
    >>> net = Network.trace(layers, (3, 16, 16), preprocess=Preprocess(16, 16))
    >>> pictures = [np.random.default_rng(i).integers(0, 256, (16, 16, 3), np.uint8) for i in range(10)]
    >>> answer = directions(net, pictures, layer="1", n=12, active=3, updates=20)
    >>> net.with_directions(answer.dictionary).directions
    ('1~sae',)
    """
    expect_network(net)
    shown, source = atlas_of(atlas, net), collection(images, limit=limit, cache=cache, channels=net.input_shape[0])
    others = None if validation is None else collection(validation, cache=cache, channels=net.input_shape[0])
    at_least(1, batch=batch)
    at_least(2, positions=positions)
    if needless := [one for one in beside or () if one in (kind, "pca")]:
        raise UsageError(
            f"beside={list(beside or ())!r}: '{needless[0]}' stands there anyway; 'sae' and 'nmf' can be added"
        )
    left = None if active is None else min(active, n)
    learning = DictionaryLearning(kind, n, left, penalty, updates, seed=seed)
    train, held_source, held = _parted(source, others, seed)
    full = net.layers[layer].name
    truths = right_scores(net, held_source, "auto", match, unlabelled="skipped")
    called = expect_name(kind if name is None else name)
    deciding: dict[str, Any] = {
        "layer": full,
        "learning": learning,
        "positions": positions,
        "truths": truths,
        "batch": batch,
        "beside": None if beside is None else list(beside),
        "called": called,
    }
    whole = question(net, source, validation=others, **deciding)
    Directions.expect_place(store, whole)
    if out is not None:
        expect_free(Path(out), _digest(whole))
    work = Work(net, source, train, held_source, held, full, learning, called, positions, truths, batch, beside)
    found = work.learn(None if store is None else Path(store), progress or silent)
    order = () if truths is None else Matched.of(net, held_source, match).order
    answer = Directions(net.name, found, None if layer == full else layer, order)
    finished(answer, store=store, asked=whole, atlas=shown, name=name)
    if out is not None:
        answer.write(out)
    return answer


def _parted(source: Source, others: Source | None, seed: int) -> tuple[Sequence[int], Source, Sequence[int]]:
    """The images to learn from, and the source and the numbers of those that are held out."""
    if others is not None:
        return range(len(source)), others, range(len(others))
    if len(source) < 2:
        raise UsageError("one image alone says nothing of others: give two or more, or validation=")
    order = np.random.default_rng(seed).permutation(len(source))
    count = max(1, len(source) // _HELD_OUT)
    return np.sort(order[count:]).tolist(), source, np.sort(order[:count]).tolist()


__all__ = ["Directions", "directions"]
