"""The images that a network answers wrongly, worst first, and why: what somebody with a failing network asks first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.data import Failure, Images, Source, load_image
from convscope.errors import ImageError, UsageError
from convscope.files import json_bytes
from convscope.generalisation.features import Pooling, extract
from convscope.graph import Network, Unit
from convscope.methods.causes import cause_layers
from convscope.methods.inputs import chosen_layers, preprocess_of
from convscope.methods.mistakes import Explaining, names_of
from convscope.methods.occlusion import Fill, OccluderGrid
from convscope.methods.occlusion.occluders import describe_fill, square_for
from convscope.progress import Progress, silent
from convscope.stores.sanity import Parts
from convscope.studies import mistakes_page
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, Saved, finished, question
from convscope.studies.asking import atlas_of, collection, expect_network
from convscope.studies.kept import context
from convscope.studies.misclassified import answered, expect_answers, known_in, truths_of, worst_of
from convscope.studies.mistakes_cases import Cases
from convscope.studies.mistakes_found import MistakeCase, MistakesFound, in_words
from convscope.studies.mistakes_page import Painter
from convscope.studies.pictures import file_name, left_out, none_readable
from convscope.studies.vouched import Vouched, digest_of
from convscope.tables import TextTable, columns_of, counted, csv_of, without_nan
from convscope.training.matching import Match, Matched
from convscope.training.matching import in_words as by_order
from convscope.training.truths import Truth

DRAWN = 9
"""Mistakes that have a figure: the worst of those that are explained."""
_LISTED = 20
_PAIRS = "pairs.png"


@dataclass(eq=False, repr=False)
class Mistakes(MistakesFound, Answer):
    """The mistakes of a network, worst first, and why those in `cases` were made; `MistakesFound` has its fields."""

    net: Network | None = context()
    source: Source | None = context()
    shown_in: Atlas | None = context()
    tell: Progress | None = context()

    # -- what it says -------------------------------------------------------------------------------------------------
    @property
    def summary(self) -> str:
        """How many mistakes there are, of which pairs, and what silencing and covering does to those looked at."""
        low, high = self.interval
        said = {
            "labels": f"{self.accuracy:.2%} right ({low:.1%} to {high:.1%}): {len(self)} of {self.asked} answers about "
            f"labels of {counted(self.images, 'image')} are wrong",
            "values": f"{len(self)} of {self.asked} values of {counted(self.images, 'image')} are further off than on "
            f"average ({', '.join(f'{off:.4g}' for off in self._usual)})",
        }.get(
            self.kind,
            f"{self.accuracy:.2%} right ({low:.1%} to {high:.1%}): {len(self)} of {self.images} images are answered "
            "wrongly",
        )
        if not len(self):
            return said
        pairs = ", ".join(f"{count} of {self.answers[t]} as {self.answers[a]}" for t, a, count in self.pairs[:3])
        if self.kind == "values":
            pairs = ", ".join(f"{count} are {self.answers[a]}" for _, a, count in self.pairs[:3])
        return "; ".join([f"{said}{':' if self.kind == 'values' else ', most often'} {pairs}", *self._of_cases()])

    @property
    def _usual(self) -> list[float]:
        """The usual error of each value of which some are further off."""
        return list(dict.fromkeys(self.found.scores[np.argsort(self.found.truth, kind="stable"), 1].tolist()))

    def _of_cases(self) -> list[str]:
        count = len(self.cases)
        if not count:
            return []
        covered = sum(bool((case.explained.covered_answers == self.truth_of(case)).any()) for case in self.cases)
        told = [f"of {count} looked at in full, covering a square of {self._square} brings back {covered}"]
        first = (row for row in self.silencing() if (row["layer"], row["units"]) == (self.layers[0], "first"))
        return told + [
            f"silencing the unit of {row['layer']} that gives most changes the answer of {row['changed']:.0%}, units "
            f"as active that of {row['control_changed']:.0%}"
            for row in first
        ]

    @property
    def _square(self) -> str:
        return "x".join(map(str, self.grid.size))

    @property
    def lines(self) -> list[str]:
        """The mistakes that were looked at, in words."""
        return [in_words(self, case) for case in self.cases]

    def rows(self) -> list[Row]:
        """One row a mistake, worst first; of those that were not looked at in full, the last columns are None."""
        by_row = {case.row: case for case in self.cases}
        return [self._row(row, by_row.get(row)) for row in range(len(self))]

    def _row(self, row: int, case: MistakeCase | None) -> Row:
        found = self.found
        said: dict[str, Any] = {
            "image": self.names[row],
            "index": int(found.images[row]),
            "label": self.answers[found.truth[row]],
            "answer": self.answers[found.answer[row]],
            "contrast": float(found.contrast[row]),
            **self._numbers(row),
        }
        last = ("covered", "covered_contrast", "covered_answer", "unit", "amount", "silenced", "silenced_answer")
        return said | (dict[str, Any].fromkeys(last) if case is None else self._why(case))

    def _numbers(self, row: int) -> dict[str, float | int]:
        (first, second), (score, other) = self.found.numbers[row].tolist(), self.found.scores[row].tolist()
        if self.kind == "values":
            return {"value": first, "true": second, "times_usual": score, "usual": other}
        both = {"answer_logit": first, "label_logit": second, "answer_score": score, "label_score": other}
        return both | {"rank": int(self.found.rank[row])}

    def _why(self, case: MistakeCase) -> dict[str, Any]:
        why = case.explained
        place = self.place_of(case)
        said: dict[str, Any] = {
            "covered": ",".join(map(str, self.box_of(case))),
            "covered_contrast": float(why.covered[place]),
            "covered_answer": self.answers[why.covered_answers[place]],
        }
        if not len(why):
            return said | dict.fromkeys(("unit", "amount", "silenced", "silenced_answer"))
        return said | {
            "unit": str(why.unit(0, self.layers)),
            "amount": float(why.amount[0]),
            "silenced": float(why.silenced[0]),
            "silenced_answer": self.answers[why.silenced_answers[0]],
        }

    def causes(self) -> list[Row]:
        """One row a unit of each mistake looked at: what it gives to the contrast, and what silencing it does."""
        return [row for case in self.cases for row in self._causes(case)]

    def _causes(self, case: MistakeCase) -> Iterator[Row]:
        why, answers = case.explained, self.answers
        for n in range(len(why)):
            yield {
                "image": self.names[case.row],
                "label": answers[self.truth_of(case)],
                "answer": answers[self.found.answer[case.row]],
                "contrast": float(why.contrast),
                "unit": str(why.unit(n, self.layers)),
                "value": float(why.value[n]),
                "amount": float(why.amount[n]),
                "silenced": float(why.silenced[n]),
                "silenced_answer": answers[why.silenced_answers[n]],
                "controls": int(why.controls[n]),
                "control": float(why.control[n]),
                "control_changed": float(why.control_changed[n]),
                "control_repaired": float(why.control_repaired[n]),
            }

    def to_json(self) -> dict[str, Any]:
        """What was asked, the pairs, every mistake, and of those looked at in full all there is."""
        failures = [{"image": failure.name, "reason": failure.reason} for failure in self.failures]
        pairs = [{"label": self.answers[t], "answer": self.answers[a], "count": n} for t, a, n in self.pairs]
        asked = {"layers": list(self.layers), "layer": self.layer, "grid": self.grid.to_json(), "fill": self.fill}
        low, high = self.interval
        return without_nan(
            {
                "network": self.network,
                "kind": self.kind,
                "images": self.images,
                "accuracy": self.accuracy,
                "accuracy_interval": [low, high],
                "settings": asked | {"most": self.most},
                **({"order": list(self.order)} if self.order else {}),
                "pairs": pairs,
                "mistakes": self.rows(),
                "causes": self.causes(),
                "units": self.units(),
                "silencing": self.silencing(),
                "failures": failures,
            }
        )

    def tables(self) -> Sequence[TextTable]:
        """The most frequent pairs, and the units that cause most mistakes."""
        pairs = ((self.answers[t], self.answers[a], str(n)) for t, a, n in self.pairs[:_LISTED])
        made = [columns_of(("label", "answered", "images"), pairs, title="Confused pairs", left=2)]
        units = (
            (str(r["unit"]), str(r["mistakes"]), str(r["changed"]), str(r["repaired"]), f"{r['amount']:.3g}")
            for r in self.units()[:_LISTED]
        )
        head = ("unit", "mistakes", "changed without it", "repaired", "mean amount")
        return [*made, columns_of(head, units, title="Units that cause them")] if self.cases else made

    def remarks(self) -> list[str]:
        """How classes were matched where that was not by name, and the images that were left out."""
        return [*by_order(self.order), *map(left_out, self.failures)]

    # -- what is kept of it -------------------------------------------------------------------------------------------
    def files(self) -> Iterator[tuple[str, bytes]]:
        """Mistakes, their causes, units and how often silencing helps as CSV; everything as JSON."""
        yield "mistakes.csv", csv_of(self.rows())
        yield "causes.csv", csv_of(self.causes())
        yield "units.csv", csv_of(self.units())
        yield "silencing.csv", csv_of(self.silencing())
        yield "mistakes.json", json_bytes(self.to_json())

    @property
    def page(self) -> Path:
        """The page that shows it, in the folder where it is kept; raises StoreError where it is not."""
        return self.kept.folder / "index.html"

    @checked
    def save(self, folder: str | PathLike[str], *, progress: Progress | None = None) -> Saved:
        """Write it, its files and figures into a folder, and the page that shows it (`index.html`).

        The page's pictures are those of the folder it was saved in before, where the images are not at hand. progress:
        called with the figures that are drawn, and the page's pictures.

        Raises:
            StoreError: where the folder holds an answer of this kind to another question, or cannot be written.
        """
        before = None if self.saved is None else self.saved.folder
        saved = super().save(folder, progress=progress)
        link = mistakes_page.atlas_link(self.shown_in, saved.folder)
        of = self.question or digest_of(json_bytes(self.to_json()))
        there = None if before is None else Vouched.there(before, mistakes_page.NOTE)
        pictures = mistakes_page.Pictures(Vouched(saved.folder, mistakes_page.NOTE, of), self._painter, there)
        mistakes_page.write(self, pictures, link, progress or self.tell or silent)
        return saved

    @property
    def _painter(self) -> Painter | None:
        if self.net is None or self.source is None:
            return None
        return Painter(self.net, self.source)

    @property
    def can_draw(self) -> bool:
        """Whether it was just made: figures show the photos."""
        return self._painter is not None

    def drawings(self) -> Mapping[str, Figure]:
        """The confused pairs, and the worst mistakes that were looked at."""
        found = {_PAIRS: Figure("Which classes were taken for which, most often.", partial(self._draw, None))}
        for case in self.cases[:DRAWN]:
            name = file_name(int(self.found.images[case.row]), self.names[case.row])
            _, _, answer = self.key_of(case.row).partition("-")
            found[f"{name}-{answer}.png" if answer else f"{name}.png"] = Figure(
                in_words(self, case), partial(self._draw, case)
            )
        return dict(sorted(found.items()))

    def _pair(self, truth: int, answer: int) -> str:
        """What was taken for what, in a few words; of a value how it is off."""
        label, said = self.answers[truth][:24], self.answers[answer]
        return said[:48] if self.kind == "values" else f"{label} as {said[:24]}"

    def _draw(self, case: MistakeCase | None) -> bytes:
        from convscope.figures.mistakes import draw_case, draw_pairs
        from convscope.figures.style import rendered

        if case is None:
            return rendered(draw_pairs([(self._pair(t, a), n) for t, a, n in self.pairs]))
        if self._painter is None:
            raise UsageError("an answer that was loaded has the figures that were saved with it, and draws no others")
        names = [str(case.explained.unit(n, self.layers)) for n in range(len(case.explained))]
        photo, taken = self._painter.photo(self, case), self._painter.projection(self, case)
        truth = self.truth_of(case)
        return rendered(draw_case(case.explained, photo, taken, self.grid, names, truth, in_words(self, case)))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The mistakes and the figures; linked to the units that cause them and to their images."""
        shown = {layer.name for layer in atlas.layers}
        units = [str(row["unit"]) for row in self.units() if Unit.parse(str(row["unit"])).layer in shown]
        same = atlas.manifest["data"]["fingerprint"] == self.collection
        images = self.found.images[[case.row for case in self.cases]].tolist() if same and self.cases else []
        settings = {"layers": list(self.layers), "layer": self.layer, "fill": self.fill, **self.grid.to_json()}
        title = f"Mistakes of {self.network}"
        return AtlasEntry("mistakes", title, self.rows(), units=units[:_LISTED],
                     images=list(dict.fromkeys(images)), settings=settings)  # fmt: skip


@checked
def mistakes(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    explain: int = 24,
    layers: Sequence[str] | None = None,
    layer: str | None = None,
    most: int = 10,
    size: int | tuple[int, int] | None = None,
    stride: int | tuple[int, int] | None = None,
    fill: Fill | Sequence[float] = "grey",
    match: Match = "name",
    truth: Truth | None = None,
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Mistakes:
    """The images that a network answers wrongly, worst first, and why; with a page that shows them.

    What is asked is the contrast, the logit of the answer less that of the label (of one logit, or of one of several
    labels, the logit itself; of a value by how much it is off, which is a mistake where it is more than on average):
    where covering takes it away, which units feed it, what becomes of the answer without each of these and without
    units that are as active on the image, and which images of the collection are most like it.

    Args:
        net: the network; with preprocessing, and a vector of scores or values at its end.
        images: a collection with labels, or with `truth`, see docs/grammar.md: of pixels.
        store: a folder for the page (`index.html`), tables and figures. Work is kept in its `parts`: a repeated call
            goes on from it, also to explain more.
        explain: how many mistakes are looked at in full: a third are the worst of all, the others are shared among the
            confused pairs by how frequent they are, the worst of each first. All are listed.
        layers: those whose units are causes; None: the last three stages.
        layer: the one whose features, averaged over positions, say which images are alike; None: the last of `layers`.
        most: how many units of each layer are named and silenced.
        size, stride, fill: of the covering square, as for `occlude`.
        match: how labels and answers belong together, by "name" or by "index".
        truth: of several labels, of one or of values what is true, as for `evaluate`: a CSV file, or numbers.
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        workers: threads; by default one a core.
        atlas: an atlas of the same network that is to show the answer, under `name`, and that the page links units to.
        progress: called with images answered, mistakes explained, and pictures made.

    Raises:
        UsageError: for networks that answer with a map, labels that do not fit, and options that make no sense.
            UnknownLayer: for layers that do not exist. SourceError: where no image has a label. ImageError: where none
            could be read. StoreError: where the folder holds the answer to another question, or cannot be written.

    >>> from convscope.data import wrap_dataset
    >>> from convscope.models import load
    >>> items = [(np.full((40, 40, 3), 60 * i, np.uint8), i) for i in range(3)]
    >>> answer = mistakes(load("zoo:tiny"), wrap_dataset(items), match="index", explain=1, most=2, layers=["relu1"])
    >>> len(answer) + round(answer.accuracy * answer.images), len(answer.cases)
    (3, 1)
    """
    expect_network(net)
    logits = expect_answers(net)
    if explain < 0:
        raise UsageError(f"explain={explain}: look at no mistakes in full, or at some")
    shown = atlas_of(atlas, net)
    source = collection(images, limit=limit, cache=cache, channels=net.input_shape[0])
    square, step = square_for(net.input_shape[1:], size, stride)
    grid = OccluderGrid(net.input_shape[1:], square, step)
    named = chosen_layers(net, layers, () if layers else cause_layers(net, Unit(logits, 0)))
    explaining = Explaining(net, named, most, square, step, fill, workers)
    like = net.layers[explaining.layers[0] if layer is None else layer].name
    truths = truths_of(net, source, match, truth)
    deciding = {"layers": explaining.layers, "layer": like, "most": most, "size": square, "stride": step, "fill": fill}
    whole = question(net, source, **deciding, truths=truths)
    Mistakes.expect_place(store, whole)
    place = None if store is None else Path(store)
    with _room(place) as room:
        labelled = known_in(truths)
        how: dict[str, Any] = {"indices": labelled, "pooling": Pooling("mean", precision="network"), "workers": workers}
        tables = extract(net, source, [net.output, like], store=room, progress=progress, **how)
        readable = labelled[tables[net.output].readable[labelled]]
        failures = _failures(net, source, sorted({*labelled.tolist()} - {*readable.tolist()}))
        if not len(readable):
            raise none_readable(source, failures)
        known = answered(net.head, tables[net.output], readable, truths[readable])
        found, parts = worst_of(net.head, known), Parts(place, {"question": whole})
        cases = Cases(net, source, explaining, parts, progress or silent).of(found, known, tables, like, explain)
    right, matched = np.concatenate([one.truth for one in known]), Matched.of(net, source, match)
    called = names_of(net.head, matched.classes)
    answer = Mistakes(
        net.name, source.describe(), net.head.kind, len(readable), found,
        tuple(source.name(int(i)) for i in found.images), called, _counts(called, right),
        _counts(called, found.truth), cases, tuple(explaining.layers), like, grid, describe_fill(fill), most, failures,
        source.fingerprint(), matched.order, net, source, shown, progress,
    )  # fmt: skip
    return finished(answer, store=store, asked=whole, atlas=shown, name=name)


@contextmanager
def _room(store: Path | None) -> Iterator[Path]:
    """Where answers and features of all images are kept: in the store, else for as long as they are needed."""
    if store is not None:
        yield store / "parts"
        return
    with TemporaryDirectory(prefix="convscope-", ignore_cleanup_errors=True) as room:
        yield Path(room)


def _counts(answers: Sequence[str], truth: Any) -> tuple[int, ...]:
    return tuple(np.bincount(truth, minlength=len(answers)).tolist())


def _failures(net: Network, source: Source, indices: Sequence[int]) -> tuple[Failure, ...]:
    """Why images cannot be read."""
    found = []
    for index in indices:
        try:
            load_image(source, index, preprocess_of(net, source))
        except ImageError as error:
            found.append(Failure(index, source.name(index), str(error)))
    return tuple(found)


__all__ = ["DRAWN", "Mistakes", "mistakes"]
