"""How the claims of the paper's tables are measured: parts, ensembles, depth, and layers' worth for other images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.sources.select import limit, subset
from convscope.errors import UsageError
from convscope.generalisation import Learning
from convscope.generalisation.protocol import transfer_layers
from convscope.graph import Network
from convscope.methods.correspondence.results import FEWEST_PLACES
from convscope.methods.paper import statistics
from convscope.methods.paper.judging import MeasuredClaim
from convscope.methods.paper.table import BY_NAME, ClaimName
from convscope.methods.untrained import untrained
from convscope.studies.claims import AskedReport, ClaimDetail, ToldClaim, mean_of_known, there
from convscope.studies.correspondence import correspond
from convscope.studies.evaluation import evaluate
from convscope.studies.generalisation import transfer
from convscope.training import AblationTrials, ClassAccuracy
from convscope.training.ablation import BASE, read_ablation

PER_CLASS, JUDGED, FOLDS = 10, 20, 3
"""Images a class that classifiers learn from and are judged by at most, and how often these are drawn."""


def correspondence(asked: AskedReport) -> ToldClaim:
    """How much more alike features change where the same part is covered."""
    marked = asked.marked
    source = subset(there(marked.pictures.source), marked.rows)
    answer = correspond(
        asked.net, source, there(asked.parts), seeds=asked.seeds, seed=asked.seed, workers=asked.workers,
        store=asked.store("correspondence"), progress=asked.progress,
    )  # fmt: skip
    found = answer.found
    every = [found[found.primary, part] for part in found.parts]
    told = [one for one in every if one.disjoint >= FEWEST_PLACES and one.aligned and one.corrected is not None]
    random = [one for one in found.untrained if one.layer == found.primary and one.part in {own.part for own in told}]
    details = [
        ClaimDetail(
            f"{one.part}: {one.verdict}", np.nan if not one.aligned else 1 - one.mean / one.aligned,
            mean_of_known(1 - o.mean / o.aligned for o in random if o.part == one.part and o.aligned),
        )
        for one in every
    ]  # fmt: skip
    few = f"of no part are there {FEWEST_PLACES} places beside it that share nothing"
    measured = MeasuredClaim(np.nan, np.nan, np.nan, 0, lacking=few)
    if told:
        own = [(one.mean, one.low, one.high) for one in told]
        measured = statistics.parts_alike(
            own, [one.aligned or np.nan for one in told], [one.corrected or 0.0 for one in told],
            images=min(one.images for one in told), corrected=True,
        )  # fmt: skip
    seeds = sorted({one.seed for one in random})
    beside = [[one for one in random if one.seed == seed] for seed in seeds]
    return ToldClaim(
        measured, tuple(_untrained_parts(some, measured.count) for some in beside), "above",
        f"{len(answer.seen)} images, {found.primary}", "fewer signs that differ than elsewhere", tuple(details),
        **asked.drawn(answer, "correspondence.png"),
        note=f"without {FEWEST_PLACES} places, and so not counted: {', '.join(o.part for o in every if o not in told)}"
        if len(told) < len(every) else "",
    )  # fmt: skip


def _untrained_parts(some: Sequence[Any], images: int) -> MeasuredClaim:
    return statistics.parts_alike(
        [(one.mean, np.nan, np.nan) for one in some], [one.aligned or np.nan for one in some],
        [1.0 if one.aligned_p is None else one.aligned_p for one in some], images=images, corrected=False,
    )  # fmt: skip


def ensembles(asked: AskedReport) -> ToldClaim:
    """How many more images are answered rightly by several networks together."""
    source = limit(there(asked.classes), BY_NAME["ensembles"].looked)

    def of(nets: Sequence[Network], *names: str) -> tuple[MeasuredClaim, list[float]]:
        def right(some: Sequence[Network], *more: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
            store = asked.store("evaluation", *names, *more)
            found = evaluate(some, source, store=store, workers=asked.workers, progress=asked.progress).found
            if not isinstance(found, ClassAccuracy):
                raise UsageError(f"{asked.net.name} does not choose among classes, and errors are of such a choice")
            return found.predictions.images, found.predictions.answers == found.predictions.targets

        images, together = right(nets, "together")
        alone = [right([net], str(number)) for number, net in enumerate(nets)]
        if any(not np.array_equal(one[0], images) for one in alone):
            raise UsageError("not every network could be asked about the same images")
        rates = [float(one[1].mean()) for one in alone]
        return statistics.together(together, np.stack([one[1] for one in alone]), seed=asked.seed), rates

    nets = [asked.net, *asked.ensemble]
    own, rates = of(nets, "own")
    random = []
    for seed, first in zip(asked.each_seed, asked.random, strict=True):
        others = [untrained(net, asked.some_inputs(net), seed=seed + 1000 * n) for n, net in enumerate(nets) if n]
        random.append(of([first, *others], f"random-{seed}")[0])
    details = tuple(ClaimDetail(net.name, rate) for net, rate in zip(nets, rates, strict=True))
    looked = f"{own.count} images, {len(nets)} networks"
    return ToldClaim(own, tuple(random), "above", looked, "the share answered rightly", details)


def depth(asked: AskedReport) -> ToldClaim:
    """What leaving out both sections costs beyond what either does."""
    found = read_ablation(there(asked.ablation))
    errors = {name: _errors(found, name) for name in (BASE, "no-3-4", "no-6-7", "no-3-4-6-7")}
    seeds = sorted(set.intersection(*(set(one) for one in errors.values())))
    lacking = [name for name, one in errors.items() if not one]
    if lacking:
        raise UsageError(f"the ablation has no {lacking[0]}: train that variant, too")
    tables = [np.array([one[seed] for seed in seeds], np.float64) for one in errors.values()]
    details = tuple(
        ClaimDetail(row.variant.title, row.val[0] / 100) for row in found.rows() if row.variant.name in errors
    )
    figure = asked.drawn_by(partial(_draw_ablation, found), "Validation error of each variant, in per cent.")
    return ToldClaim(
        statistics.sections_together(*tables), (), "above", f"{found.config.name}, seeds {', '.join(map(str, seeds))}",
        "error of validation", details, **figure,
    )  # fmt: skip


def _errors(found: AblationTrials, variant: str) -> dict[int, float]:
    return {one.seed: one.val_error for one in found.trials if one.variant == variant}


def _draw_ablation(found: AblationTrials) -> bytes:
    from convscope.figures.style import rendered
    from convscope.figures.training import draw_ablation

    return rendered(draw_ablation(found))


def worth_elsewhere(asked: AskedReport) -> ToldClaim:
    """How much better classifiers on the last features are than on the first."""
    layers = [one for one in transfer_layers(asked.net) if one != asked.net.output]
    if len(layers) < 2:
        raise UsageError(f"{asked.net.name} has one layer of features before its output: two are compared")
    images = there(asked.target_set)

    def of(net: Network, name: str) -> Any:
        return transfer(
            net, images, layers=layers, per_class=[PER_CLASS], test=JUDGED, folds=FOLDS, seed=asked.seed,
            learning=Learning(("svm",), seed=asked.seed), store=asked.store("transfer", name), workers=asked.workers,
            progress=asked.progress,
        )  # fmt: skip

    own, random = of(asked.net, "own"), []
    for seed, net in zip(asked.each_seed, asked.random, strict=True):
        random.append(of(net, f"random-{seed}"))

    def values(answer: Any, layer: str) -> NDArray[np.float64]:
        return np.array([one.value for one in answer.found.scores if one.layer == layer], np.float64)

    details = tuple(
        ClaimDetail(
            one, mean_of_known(values(own, one)), mean_of_known(mean_of_known(values(other, one)) for other in random)
        )
        for one in layers
    )
    gains = [statistics.student(values(one, layers[-1]) - values(one, layers[0])) for one in (own, *random)]
    return ToldClaim(
        gains[0], tuple(gains[1:]), "above",
        f"{own.found.target}; {PER_CLASS} images a class to learn from, {FOLDS} folds; {layers[0]} and {layers[-1]}",
        "accuracy of a linear classifier", details, **asked.drawn(own, "layers.png"),
    )  # fmt: skip


BY_TABLES: Mapping[ClaimName, Callable[[AskedReport], ToldClaim]] = {
    "correspondence": correspondence,
    "ensembles": ensembles,
    "depth": depth,
    "transfer": worth_elsewhere,
}

__all__ = ["BY_TABLES"]
