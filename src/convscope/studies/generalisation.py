"""How well classifiers on a network's features tell other images apart (Tables 4 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.data import Images, Preprocess
from convscope.errors import UsageError
from convscope.files import sealed_json
from convscope.generalisation import Fold, Learning, Pooling, TargetSet, TransferScores, measure_transfer, open_target
from convscope.generalisation.features import LIMIT, PoolingKind
from convscope.generalisation.protocol import transfer_layers
from convscope.generalisation.results import RESULT, MeanScore, WeightsKind
from convscope.generalisation.scratch import from_scratch, scratch_recipe
from convscope.generalisation.splits import PROTOCOLS, SPLITS, draw_folds, published_fold, save_splits
from convscope.generalisation.tables import tables
from convscope.graph import Network
from convscope.models import load
from convscope.progress import Progress
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, expect_network
from convscope.studies.charting import of_transfer
from convscope.tables import TextTable

Versus = Literal["random", "scratch"]

_CAPTIONS = {
    "layers.png": "Accuracy by layer; bars: one standard deviation over folds.",
    "sizes.png": "Accuracy by the number of images a class to learn from.",
}


@dataclass(eq=False, repr=False)
class Transfer(Answer):
    """All scores of an experiment."""

    found: TransferScores

    @property
    def summary(self) -> str:
        """The best mean, with its interval over images and draws."""
        best = max(self.found.rows(), key=lambda row: row.mean)
        where, (low, high) = f"{self.found.network} on {self.found.target}", best.interval
        within = "" if low != low else f" ({100 * low:.1f} to {100 * high:.1f} over images and draws)"
        return f"{where}. Best: {best.text()} %{within} by {best.classifier} on {best.layer}."

    def rows(self) -> list[Row]:
        """One row for each mean over folds."""
        return [
            {"weights": r.weights, "layer": r.layer, "classifier": r.classifier, "images a class": r.per_class}
            | {"folds": r.folds}
            | {name: None if value != value else round(value, 4) for name, value in _numbers(r).items()}
            for r in self.found.rows()
        ]

    def to_json(self) -> dict[str, Any]:
        """All scores, and their means with intervals."""
        return {**self.found.to_json(), "means": self.rows()}

    def tables(self) -> Sequence[TextTable]:
        """As the paper prints them, with its numbers beside ours."""
        return tables(self.found)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Everything as JSON, means and classes as CSV."""
        yield "transfer.csv", self.found.csv().encode()
        yield "classes.csv", self.found.csv_by_class().encode()
        yield RESULT, sealed_json(self.found.to_json())

    def drawings(self) -> Mapping[str, Figure]:
        """Accuracy by layer and by size of the training part, of what there is more than one of."""
        several = {"layers.png": len(self.found.layers) > 1, "sizes.png": len(self.found.sizes) > 1}
        return {name: Figure(_CAPTIONS[name], partial(self._draw, name)) for name, drawn in several.items() if drawn}

    def _draw(self, name: str) -> bytes:
        from convscope.figures.style import rendered
        from convscope.figures.transfer import layer_figure, size_figure

        return rendered(layer_figure(self.found) if name == "layers.png" else size_figure(self.found))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The means and the figures."""
        return AtlasEntry(
            "transfer",
            "Classifiers on the features of each layer",
            self.rows(),
            settings=dict(self.found.settings),
            charts=of_transfer(self.found),
        )


def _numbers(row: MeanScore) -> dict[str, float]:
    low, high = row.interval
    return {"mean": row.mean, "std": row.std, "low": low, "high": high}


@checked
def transfer(
    model: Network | str,
    images: TargetSet | Images,
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    limit: int | None = None,
    compare: Sequence[Versus] = (),
    per_class: Sequence[int] | None = None,
    test: int | Literal["all"] | None = None,
    folds: int | None = None,
    background: Literal["in", "out"] | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | PathLike[str] | None = None,
    sets: tuple[str, str] = ("train", "val"),
    learning: Learning | None = None,
    pooling: PoolingKind = "auto",
    features: int | None = None,
    scratch_size: int | None = None,
    scratch_changes: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    loading: Callable[..., Network] | None = None,
    device: str | torch.device | None = None,
    feature_store: str | PathLike[str] | None = None,
    workers: int | None = None,
    seed: int = 0,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    on_start: Callable[[Network, TargetSet, Sequence[Fold], Sequence[str]], None] | None = None,
) -> Transfer:
    """New classifiers on the features of each layer, judged as the paper does (Tables 4 to 7).

    Images of one class: mean of per-class accuracies of "softmax" and "svm". PASCAL VOC: average precision; "softmax"
    learns one exclusive label an image, as in the paper, "svm" each class against the rest with difficult images left
    out, and both are judged by all labels that are not difficult.

    Args:
        model: a network, or its spelling; comparing needs a spelling.
        images: a target set, its spelling (caltech101:DIR caltech256:DIR voc2012:DIR), or any images with labels.
        store: a folder for tables, figures, splits and kept features: a repeated call goes on from them.
        layers: default: one for each spatial stage, and the vectors. limit: at most so many images, evenly spread.
        compare: "random": features of random weights; "scratch": the network trained on each fold.
        per_class, test, folds: images a class to learn from, and to judge by at most, and draws; default: usual ones.
        background: whether the class that is no category takes part. sets: PASCAL VOC's, to learn from and judge by.
        max_pixels, max_bytes, root: what one image may cost, and where a list's paths begin, as for `open_source`.
        learning: how classifiers learn. pooling, features: how maps become numbers, and at most how many.
        scratch_size, scratch_changes: side of the input, and options of the recipe, when trained from scratch.
        weights: of the network, where it is spelled. loading: called as `load`, which is the default.
        device: for training from scratch. feature_store: a folder for features and scores; default: in `store`.
        workers: threads that run the network, and that train classifiers, one each; by default one a core.
        seed: of folds, random weights and classifiers.
        atlas: an atlas that is to show the answer, under `name`.
        progress: called with images whose features are made, and with classifiers trained.
        on_start: told network, target, folds and layers before the work starts.

    Raises:
        UsageError: for options that make no sense. UnknownLayer: for a layer that one of the networks has not.
            SourceError: where no image can be used. StoreError: where the folder holds the answer to another question
            (several answers share features through `feature_store`), or cannot be written.

    >>> import numpy as np
    >>> from convscope.data import wrap_dataset
    >>> items = [(np.full((40, 40, 3), 100 * (i % 2) + i, np.uint8), i % 2) for i in range(8)]
    >>> answer = transfer("zoo:tiny", wrap_dataset(items), layers=["fc"], per_class=[2], folds=1)
    >>> [row["layer"] for row in answer.rows()]
    ['fc', 'fc']
    """
    shown, find = atlas_of(atlas), loading or load
    recipe = scratch_recipe(scratch_changes or {}, seed=seed)
    target = images
    if not isinstance(target, TargetSet):
        costs = {"max_pixels": max_pixels, "max_bytes": max_bytes, "root": root}
        target = open_target(target, background=background, limit=limit, **costs)
    elif limit is not None:
        raise UsageError(f"limit={limit}: give it to open_target, which made these images")
    drawn = _folds(target, per_class, test, folds, sets, seed)
    net = find(model, weights=weights, seed=seed) if isinstance(model, str) else model
    expect_network(net)
    chosen = transfer_layers(net) if layers is None else [net.layers[layer].name for layer in layers]
    others = _others(model, compare, find, seed)
    how: dict[str, Any] = {"learning": learning or Learning(seed=seed), "pooling": Pooling(pooling, features or LIMIT)}
    asked = question(
        net, target.source, layers=chosen, folds=drawn, compare=compare, **how, seed=seed, weights=weights,
        scratch=[scratch_size, recipe] if "scratch" in compare else None,
    )  # fmt: skip
    Transfer.expect_place(store, asked)
    if on_start is not None:
        on_start(net, target, drawn, chosen)
    if store is not None:
        save_splits(drawn, Path(store) / SPLITS, target=target, seed=seed)
    work = feature_store if feature_store is not None or store is None else Path(store) / "features"
    found = measure_transfer(
        net, target, layers=chosen, folds=drawn, weights="random" if weights == "random" else "own",
        others=others, store=work, workers=workers, progress=progress, **how,
    )  # fmt: skip
    if "scratch" in compare and isinstance(model, str):
        prepared = net.preprocess if isinstance(net.preprocess, Preprocess) else None
        scores = from_scratch(
            model, target, drawn, recipe=recipe, size=scratch_size, store=work, seed=seed, images=prepared,
            device=str(device or "cpu"), progress=progress,
        )  # fmt: skip
        told = {"size": scratch_size, **recipe.to_json()}
        found = replace(found.plus(scores), settings={**found.settings, "scratch": told})
    return finished(Transfer(found), store=store, asked=asked, atlas=shown, name=name, progress=progress)


def _folds(
    target: TargetSet,
    per_class: Sequence[int] | None,
    test: int | Literal["all"] | None,
    folds: int | None,
    sets: tuple[str, str],
    seed: int,
) -> Sequence[Fold]:
    if target.sets:
        return [published_fold(target, train=sets[0], test=sets[1])]
    usual = PROTOCOLS[target.kind]
    most = usual.test if test is None else None if test == "all" else test
    return draw_folds(target, per_class=per_class or usual.per_class, folds=folds or usual.folds, test=most, seed=seed)


def _others(
    model: Network | str, compare: Sequence[Versus], find: Callable[..., Network], seed: int
) -> dict[WeightsKind, Network]:
    """The network again with random weights, where that is asked for."""
    if compare and not isinstance(model, str):
        raise UsageError(f"compare={list(compare)}: give the network by its name, such as zoo:squeezenet1_1")
    if "random" not in compare or not isinstance(model, str):
        return {}
    if model.partition(":")[0] in ("pt2", "file", "py"):
        raise UsageError(f"compare='random' needs an architecture by name (zoo:, torchvision:, timm:), not {model}")
    return {"random": find(model.partition("@")[0], weights="random", seed=seed + 1)}


__all__ = ["Transfer", "Versus", "transfer"]
