"""What pictures of units are worth, decided by controls that can fail them: tables, figures, an entry in an atlas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from convscope.arguments import at_least, checked, expect_confidence
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network, PullOptions, Unit, UnitLike, several
from convscope.graph.options import Rule
from convscope.methods.corrections import benjamini_yekutieli, holm
from convscope.methods.inputs import chosen_layers
from convscope.methods.randomising import HOWS, stages, weighted
from convscope.methods.sanity.cases import Excited, SanityCases, chosen_cases, drawn_units, responses
from convscope.methods.sanity.covering import FILL_WORDS, FILLS
from convscope.methods.sanity.judging import CLAIM, MEANING, Verdict
from convscope.methods.sanity.layers import LayerSanity
from convscope.methods.sanity.looking import Cascade, CaseLooking, LookedCases, Tool, cascade, look_at_cases
from convscope.methods.sanity.orders import CONTROL_WORDS, CONTROLS
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.stores.sanity import Parts
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished
from convscope.studies.asking import atlas_of, expect_network
from convscope.studies.charting import median, of_sanity
from convscope.studies.pictures import ReadImages, SeenImages, look_at
from convscope.tables import TextTable, columns_of, counted, csv_of, without_nan

_CAPTIONS = {
    "deletion.png": "Deletion by layer, under each fill: the area under a unit's activation as its field's tiles are "
    "covered in the order of its projection and of controls, in shares of its strongest activation; less is better. "
    "Bars are the projection's margin over the hardest control, with its interval.",
    "likeness.png": "How like projections are (median cosine): to a random signal's from the same place, to other "
    "units' there, to the unit's own on another image; and to themselves while weights are randomised from the top and "
    "from the bottom: permuted within each tensor (solid), or newly drawn (dashed).",
}
_VERDICTS = (
    "layer",
    "rule",
    "units",
    "images",
    "deletion",
    "hardest control",
    "its area",
    "margin",
    "interval",
    "p",
    "verdict",
)
_ALONE = ("layer", "rule", *(f"{FILL_WORDS[fill]} alone" for fill in FILLS))
_LIKENESS = ("layer", "rule", "random signal", "other unit", "another image", *(f"weights {how}" for how in HOWS))


@dataclass(eq=False, repr=False)
class Sanity(Answer):
    """What was found of layers, each under each rule. p-values are corrected for how many of these there are."""

    network: str
    layers: tuple[LayerSanity, ...]
    seen: SeenImages
    side: int
    confidence: float
    seed: int

    @property
    def summary(self) -> str:
        """The verdict on each layer, in words."""
        said = [
            f"{one.layer} ({one.rule}): {MEANING[verdict]}"
            for one, verdict in zip(self.layers, self.verdicts, strict=True)
        ]
        return ". ".join(said) + "."

    @property
    def verdicts(self) -> list[Verdict]:
        """One a layer and rule, from p-values corrected after Holm."""
        corrected = zip(self.layers, self.p_every, holm([one.p_chance() for one in self.layers]), strict=True)
        return [one.verdict(every, chance) for one, every, chance in corrected]

    @property
    def p_every(self) -> list[float]:
        """Of each layer and rule, the corrected p-value against the hardest control."""
        return holm([one.p_every() for one in self.layers])

    def rows(self) -> list[Row]:
        """One row a layer and rule: likeness, areas of deletion (means over fills), the hardest control, verdicts."""
        told = zip(self.layers, self.p_every, self.verdicts, strict=True)
        return [_row(one, p, verdict) for one, p, verdict in told]

    def unit_rows(self) -> list[Row]:
        """One row a unit that a claim can be made about; none with fewer images than that takes."""
        found = [(one, unit, p) for one in self.layers for unit, p in one.claims(seed=self.seed).items()]
        corrected = benjamini_yekutieli(np.array([p for _, _, p in found])).tolist()
        return [
            {"layer": one.layer, "rule": one.rule, "unit": unit, "p": p, "corrected": more, "what": more <= 0.05}
            for (one, unit, p), more in zip(found, corrected, strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Rows, margins under every fill over every control, cascades, and claims about single units."""
        return without_nan(
            {
                "network": self.network,
                "side": self.side,
                "confidence": self.confidence,
                "fills": list(FILLS),
                "controls": list(CONTROLS),
                "layers": [{**row, **_details(one)} for row, one in zip(self.rows(), self.layers, strict=True)],
                "units": self.unit_rows(),
            }
        )

    def tables(self) -> Sequence[TextTable]:
        """Verdicts; what they would have been under one fill alone; likeness."""
        alone = [(one.layer, one.rule, *(one.under(fill) for fill in FILLS)) for one in self.layers]
        return [
            columns_of(_VERDICTS, map(_cells, self.rows()), left=2, title=f"deletion of tiles of {self.side} pixels"),
            columns_of(_ALONE, alone, left=5, title="verdicts under one fill alone, uncorrected"),
            columns_of(
                _LIKENESS, map(_likeness_cells, self.rows()), left=2, title="likeness of projections, median cosine"
            ),
        ]

    def remarks(self) -> list[str]:
        """The images that were left out, and whether single units can be spoken of."""
        if all(one.claims() for one in self.layers):
            return self.seen.remarks
        return [*self.seen.remarks, f"nothing is claimed of single units: that takes {CLAIM} images of each"]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Everything as JSON, the rows as CSV."""
        yield "sanity.json", json_bytes(self.to_json())
        yield "sanity.csv", csv_of(self.rows())
        if claimed := self.unit_rows():
            yield "units.csv", csv_of(claimed)

    def drawings(self) -> Mapping[str, Figure]:
        """Areas of deletion, and likeness."""
        return {name: Figure(caption, partial(self._draw, name)) for name, caption in _CAPTIONS.items()}

    def _draw(self, name: str) -> bytes:
        from convscope.figures.sanity import draw_deletion, draw_likeness
        from convscope.figures.style import rendered

        return rendered((draw_deletion if name == "deletion.png" else draw_likeness)(self.layers))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The rows, with the units that were looked at."""
        units = [f"{one.layer}:{unit}" for one in self.layers for unit in np.unique(one.cases.unit).tolist()]
        settings = {"side": self.side, "confidence": self.confidence, "seed": self.seed}
        return AtlasEntry(
            "sanity",
            "What projections are worth",
            self.rows(),
            units=list(dict.fromkeys(units)),
            settings=settings,
            charts=of_sanity(self.layers),
        )


def _row(one: LayerSanity, p: float, verdict: Verdict) -> Row:
    fill, control = one.worst
    at = FILLS.index(fill), CONTROLS.index(control)
    mean = one.areas().mean(0)
    row: dict[str, Any] = {
        "layer": one.layer,
        "rule": one.rule,
        "cases": len(one.cases),
        "units": one.units,
        "images": one.images,
    }
    row |= {name: median(getattr(one.looked, name)) for name in ("signal", "other", "elsewhere")}
    row |= {how: float(np.nanmean(one.cascade.median[h, :, -1])) for h, how in enumerate(HOWS) if one.cascade.stages}
    row |= {"projection": float(mean[0])} | {
        f"by_{name}": float(area) for name, area in zip(CONTROLS, mean[1:], strict=True)
    }
    row |= {"hardest": control, "hardest_fill": fill, "hardest_area": float(one.areas()[at[0], 1 + at[1]])}
    row |= dict(zip(("margin", "low", "high"), one.margin, strict=True))
    row |= {"own_area": float(one.areas()[at[0], 0]), "insertion_margin": float(one.insertion.mean.min())}
    return (
        row | {"p": one.p_every(), "p_corrected": p, "verdict": verdict} | {f"under_{f}": one.under(f) for f in FILLS}
    )


def _details(one: LayerSanity) -> dict[str, Any]:
    strong = one.cases.strong
    parts = {"strongest": strong, "middling": ~strong}
    return {
        "deletion": {name: getattr(one.deletion, name).tolist() for name in ("mean", "low", "high", "p")},
        "insertion": {name: getattr(one.insertion, name).tolist() for name in ("mean", "low", "high", "p")},
        "areas": {name: one.looked.deletion[rows].mean(0).tolist() for name, rows in parts.items() if rows.any()},
        "cascade": {"stages": [asdict(stage) for stage in one.cascade.stages], "median": one.cascade.median.tolist()},
    }


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (f"{row['own_area']:.3f}", _hardest(row), f"{row['hardest_area']:.3f}")
    margin = (f"{row['margin']:+.3f}", f"{row['low']:+.3f} to {row['high']:+.3f}", f"{row['p_corrected']:.4f}")
    return (row["layer"], row["rule"], str(row["units"]), str(row["images"]), *numbers, *margin, row["verdict"])


def _hardest(row: Row) -> str:
    return f"{CONTROL_WORDS[row['hardest']]} ({FILL_WORDS[row['hardest_fill']]})"


def _likeness_cells(row: Row) -> tuple[str, ...]:
    found = (row.get(name, float("nan")) for name in ("signal", "other", "elsewhere", *HOWS))
    return (row["layer"], row["rule"], *("-" if np.isnan(value) else f"{value:.2f}" for value in found))


# -- the study --------------------------------------------------------------------------------------------------------
@checked
@usual_settings()
def sanity(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    units: UnitLike | Sequence[UnitLike] | int = 12,
    rules: Sequence[Rule] = ("deconvnet",),
    side: int = 4,
    each: int = 9,
    seeds: int = 3,
    confidence: float = 0.95,
    options: PullOptions | None = None,
    seed: int = 0,
    limit: int | None = None,
    workers: int | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Sanity:
    """What projections of units are worth: whether they say anything of the unit that controls do not.

    Controls know nothing of the unit, among them random signals and weights (Mahendran & Vedaldi
    2016; Adebayo et al. 2018).

    Args:
        net: the network; with preprocessing, unless the images are its input.
        images: images of any kind, see docs/grammar.md.
        store: a folder for figures and tables. Layers that are done are kept in it: a repeated call goes on.
        layers: where units are; None for one layer of each spatial stage.
        units: which units, or how many of each layer, drawn with `seed` from those that images excite.
        rules: how signals go back, each judged by itself.
        side: of the tiles that are covered, in pixels.
        each: on how many of its strongest images each unit is looked at, and on how many of the middle of the others.
        seeds: how often weights are randomised.
        confidence: of the intervals, which resample units and images both.
        options: the other choices of how signals go back.
        seed: of what is drawn. limit: at most so many images, evenly spread.
        workers: threads, by default one a core.
        atlas: an atlas of the same network that is to show the answer, under `name`.
        progress: called with images run, and with a stage for each layer and rule.

    Raises:
        UsageError: for options that make no sense, and layers of which fewer than two units respond. UnknownLayer: for
            layers and units that do not exist. ImageError: where no image could be read. StoreError: where the folder
            cannot be written.

    >>> import torch
    >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 5), torch.nn.ReLU()), (3, 12, 12))
    >>> answer = sanity(net, torch.randn(12, 3, 12, 12), units=3, each=2, seeds=1)
    >>> [(row["layer"], row["units"], row["verdict"]) for row in answer.rows()]
    [('1', 3, 'cannot tell')]
    """
    expect_network(net)
    _check(rules, side=side, each=each, seeds=seeds, confidence=confidence)
    shown, report = atlas_of(atlas, net), progress or silent
    named = None if isinstance(units, int) else [net.unit(one) for one in several(units)]
    usual = net.layers.stages() if named is None else list(dict.fromkeys(unit.layer for unit in named))
    wanted = chosen_layers(net, layers, usual)
    pictures = look_at(net, images, limit=limit)
    if len(pictures) < 2:
        raise UsageError("one image alone says nothing: give two or more")
    found = responses(net, pictures.inputs, wanted, progress=report)
    about = {"network": net.fingerprint, "images": [pictures.seen.collection, *pictures.seen.indices], "seed": seed}
    parts = Parts(None if store is None else Path(store), about | {"dtype": str(net.dtype)})
    made = []
    for layer in wanted:
        cases = _cases(found[layer], layer, units if isinstance(units, int) else named or (), each, seed)
        for rule in rules:
            how = (options or PullOptions()).under(rule)
            one = _KeptLayer(net, pictures, layer, cases, how, side, seeds, seed, parts, report, workers)
            made.append(LayerSanity.of(layer, rule, cases, *one.found(), confidence=confidence, seed=seed))
    answer = Sanity(net.name, tuple(made), pictures.seen, side, confidence, seed)
    return finished(answer, store=store, atlas=shown, name=name, progress=progress)


def _check(rules: Sequence[Rule], *, side: int, each: int, seeds: int, confidence: float) -> None:
    if isinstance(rules, str) or not rules:
        raise UsageError(f"rules={rules!r}: give a list of rules, such as ['deconvnet', 'guided']")
    at_least(1, side=side, each=each, seeds=seeds)
    expect_confidence(confidence)


def _cases(found: Excited, layer: str, units: Sequence[Unit] | int, each: int, seed: int) -> SanityCases:
    if isinstance(units, int):
        chosen = drawn_units(found, units, np.random.default_rng(seed))
    else:
        chosen = np.unique(np.asarray([unit.channel for unit in units if unit.layer == layer], np.int64))
    if len(chosen) < 2:
        raise UsageError(
            f"layer '{layer}': {counted(len(chosen), 'unit')}, and units are compared: two or more that respond are "
            "needed"
        )
    return chosen_cases(found, chosen, each)


@dataclass(frozen=True, eq=False)
class _KeptLayer:
    """A layer under a rule, looked at in two parts that are kept."""

    net: Network
    pictures: ReadImages
    layer: str
    cases: SanityCases
    options: PullOptions
    side: int
    seeds: int
    seed: int
    parts: Parts
    progress: Progress
    workers: int | None = None
    tool: Tool | None = None

    def found(self) -> tuple[LookedCases, Cascade]:
        """Deletion, insertion and likeness; the cascades."""
        steps = stages(len(weighted(self.net, self.layer)))
        stage, total = f"{self.layer} {self.options.rule}", len(self.cases) + len(steps) * len(HOWS) * self.seeds
        done = 0

        def counting(more: int) -> None:
            nonlocal done
            done += more
            self.progress(stage, done, total)

        counting(0)
        said = {"layer": self.layer, "options": vars(self.options), "unit": self.cases.unit.tolist()}
        said |= {"image": self.cases.image.tolist()}
        how = CaseLooking(self.options, self.tool, self.seed, counting, self.workers)
        asked = (self.net, self.pictures.inputs, self.layer, self.cases)
        name = f"{self.layer}-{self.options.rule}"
        looked, there = self.parts.part(
            f"{name}-deletion",
            said | {"side": self.side},
            lambda: dict(vars(look_at_cases(*asked, side=self.side, how=how))),
        )
        if there:
            counting(len(self.cases))
        fallen, there = self.parts.part(
            f"{name}-cascade",
            said | {"seeds": self.seeds},
            lambda: {"median": cascade(*asked, seeds=self.seeds, how=how).median},
        )
        if there:
            counting(total - done)
        return LookedCases(**looked), Cascade(tuple(steps), fallen["median"])


__all__ = ["Sanity", "sanity"]
