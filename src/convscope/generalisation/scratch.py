"""The comparison that shows what pretraining is worth: the same network from random weights, trained on a fold alone.

The recipe and its parts (crops and their order, schedule, quick normalisations) are those of `convscope.training`,
whose loop trains the paper's networks. This one takes any network that `convscope.load` finds with random weights, and
differs in two things without which networks that have no normalisation, such as SqueezeNet, hardly leave chance within
the updates that a few thousand images give: AdamW instead of SGD, and a last layer whose scores begin far above zero.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import ExportedProgram

from convscope.data import IMAGENET_MEAN, IMAGENET_STD, Failure, Preprocess, batches, settled, subset
from convscope.data.loading import first_reasons
from convscope.errors import SourceError, UsageError
from convscope.generalisation.datasets import TargetSet
from convscope.generalisation.journal import fold_key, journal_of, kept_in
from convscope.generalisation.measures import accuracy_deviation, class_accuracies
from convscope.generalisation.results import FoldScore
from convscope.generalisation.splits import Fold
from convscope.models.initial import initialise
from convscope.models.loading import SCHEMES, split_spec
from convscope.models.request import ModelRequest, resized
from convscope.processes import usable_device
from convscope.progress import Progress, silent
from convscope.settings import float32_by_default, usual_settings
from convscope.training import Recipe, renormalise
from convscope.training.feeding import Feed
from convscope.training.modules import use_training_modules
from convscope.training.pictures import InMemory, Streamed, TrainingImages, open_pictures
from convscope.training.renormalise import conv_weights
from convscope.training.schedule import epoch_rate, update_rate

logger = logging.getLogger(__name__)

SCRATCH = Recipe(
    epochs=60,
    batch=16,
    learning_rate=8e-4,
    weight_decay=0.05,
    schedule="cosine",
    warmup=1.0,
    init="he",
    renormalise=0.0,
    mean="colour",
    crops="random",
    crop_source="whole",
    checkpoints=(),
)
"""How networks are trained from scratch unless something else is asked for. `momentum` is AdamW's first beta; there is
no validation, so the schedule is "cosine" or "steps"; `mean`, `std` and `padding` are not used."""

_LIFT = 10.0
_CLIP = 5.0  # norm of a gradient


@usual_settings()
def from_scratch(
    spec: str,
    target: TargetSet,
    folds: Iterable[Fold],
    *,
    recipe: Recipe = SCRATCH,
    size: int | None = None,
    store: str | PathLike[str] | None = None,
    seed: int = 0,
    images: Preprocess | None = None,
    device: str | torch.device = "cpu",
    threads: int = 1,
    progress: Progress | None = None,
) -> list[FoldScore]:
    """The scores of the network `spec` trained from random weights on each fold's training part.

    Trained on random crops and mirror images of whole images, judged by the centre crop. `target` is one of images with
    one class. size: side of the input, by default what the network was made for. store: folder that keeps scores, as
    for `measure_transfer`. images: what becomes of images, where a network does not say it, or has other channels than
    RGB. threads: that make batches ahead of the network.

    Raises:
        UsageError: for a network that cannot be had with random weights, a schedule that needs validation, or a target
            of several classes an image.
    """
    if target.presence is not None:
        raise UsageError("training from scratch takes images of one class: PASCAL VOC's have several")
    _check(recipe)
    tell, drawn, scores = progress or silent, list(folds), list[FoldScore]()
    with kept_in(store) as folder:
        for fold in drawn:
            how = replace(recipe, seed=seed + fold.number)
            asked = {"scratch": spec, "size": size, "recipe": how.to_json(), **fold_key(target, fold)}
            if images is not None and (images.channels != 3 or images.range is not None):
                asked["images"] = images.to_json()

            def make(how: Recipe = how, fold: Fold = fold) -> FoldScore:
                begun = random_module(spec, len(target.classes), size, recipe=how, images=images)
                return _score(begun, target, fold, how, usable_device(device), threads, tell)

            scores.append(journal_of(folder).score(asked, make))
            logger.info("from scratch, %s of %d: %.4f", fold.name, len(drawn), scores[-1].value)
            tell("networks from scratch", len(scores), len(drawn))
    return scores


def _check(recipe: Recipe) -> Recipe:
    if recipe.schedule == "plateau":
        raise UsageError("training from scratch has no validation images: choose the schedule 'cosine' or 'steps'")
    return recipe


def _score(
    begun: tuple[nn.Module, Preprocess],
    target: TargetSet,
    fold: Fold,
    recipe: Recipe,
    device: torch.device,
    threads: int,
    tell: Progress,
) -> FoldScore:
    """The score of one fold, of a module and what its images need."""
    module, preprocess = begun[0], settled(begun[1], target.source)
    pictures = _pictures(target, fold.train, preprocess, recipe, threads)
    stage = f"from scratch, {fold.name}"
    fit(module.to(device), pictures, preprocess, recipe, threads=threads, progress=tell, stage=stage)
    found, labels = _classify(module, target, fold.test, preprocess)
    by_class = class_accuracies(found, labels, len(target.classes))
    value, right = float(np.nanmean(by_class)), float((found == labels).mean())
    return FoldScore(
        *("scratch", "", "softmax", fold.per_class, fold.number),
        *(value, right, math.nan, len(pictures), len(labels), tuple(by_class.tolist())),
        accuracy_deviation(by_class, np.bincount(labels, minlength=len(by_class))),
    )


@usual_settings()
def random_module(
    spec: str, outputs: int, size: int | None, *, recipe: Recipe = SCRATCH, images: Preprocess | None = None
) -> tuple[nn.Module, Preprocess]:
    """The network that `spec` names as a module with random weights and so many outputs, and what its images need.

    images: what is done to images where the network does not say it or has other channels than RGB, and their range.

    Raises:
        UsageError: where the scheme cannot give that.
    """
    scheme, name = split_spec(spec)
    if scheme in ("pt2", "file"):
        raise UsageError(f"{spec} is a trained network; name its architecture (zoo:, torchvision:, timm:) instead")
    request = ModelRequest(
        scheme,
        name.partition("@")[0],
        weights="random" if scheme in ("zoo", "torchvision", "timm", "hf") else None,
        input_size=None if size is None else (size, size),
        outputs=outputs,
        seed=recipe.seed,
        in_channels=None if images is None or images.channels == 3 else images.channels,
    )
    with float32_by_default():
        found = SCHEMES[scheme].find(request)
    standard = _standard(found.preprocess, images)
    if isinstance(found.module, ExportedProgram) or standard is None:
        raise UsageError(f"{spec} cannot be trained: it does not say how images become its input")
    preprocess = resized(standard, request.input_size)
    if preprocess.height != preprocess.width:
        raise UsageError(f"{spec} takes inputs of {preprocess.height}x{preprocess.width}: name a size, for square ones")
    module = _begin(found.module, recipe)
    if (given := _last(module).weight.shape[0]) < outputs:
        raise UsageError(f"{spec} has {given} outputs, and there are {outputs} classes to learn: give it as many")
    return module, preprocess


def _last(module: nn.Module) -> nn.Conv2d | nn.Linear:
    """What gives the scores: the last module of those that may."""
    return [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)][-1]


def _standard(own: Preprocess | None, images: Preprocess | None) -> Preprocess | None:
    """What is done to images before a network learns from random weights."""
    if images is not None and (own is None or images.channels != 3):
        return images
    if own is None or own.channels != 3:
        return own
    # Colours of the order of one, whatever the trained network takes: some take 0 to 255, which no fresh weights fit.
    spread = images.range if images is not None and images.range is not None else own.range
    return replace(own, scale=1 / 255, mean=IMAGENET_MEAN, std=IMAGENET_STD, range=spread)


def _begin(module: nn.Module, recipe: Recipe) -> nn.Module:
    """The module with the recipe's initial weights, and scores that all begin at `_LIFT`.

    A softmax does not see what all scores have in common. But where a ReLU makes the scores, as in SqueezeNet, classes
    whose scores begin near zero are soon below it for every image, have no gradient any more, and stay there.
    """
    initialise(module, init=recipe.init, seed=recipe.seed)
    bias = _last(module).bias
    if bias is not None:
        nn.init.constant_(bias, _LIFT)
    return module


def _pictures(
    target: TargetSet, rows: NDArray[np.int64], like: Preprocess, recipe: Recipe, threads: int
) -> TrainingImages:
    """The images `rows` with the target's labels, which count other classes than the source's where some are out."""
    source = subset(target.source, rows.tolist())
    side = recipe.shortest_side(like.height)
    pictures = open_pictures(source, side, crop_source=recipe.crop_source, threads=threads, like=like)
    number = {target.source.label(int(row)): int(target.labels[row]) for row in rows}
    labels = np.array([number[label] for label in pictures.labels.tolist()], np.int64)
    if isinstance(pictures, InMemory | Streamed):
        return replace(pictures, labels=labels)
    raise SourceError(f"these images cannot be numbered anew: {target.source.describe()}")


@usual_settings()
def fit(
    module: nn.Module,
    pictures: TrainingImages,
    preprocess: Preprocess,
    recipe: Recipe,
    *,
    threads: int = 1,
    progress: Progress = silent,
    stage: str = "training",
) -> nn.Module:
    """The module, trained in place by the recipe on crops of the pictures, in evaluation mode."""
    feed = Feed(pictures, recipe, preprocess.height, preprocess.mean_colour)
    device = next(module.parameters()).device
    use_training_modules(module).requires_grad_(True).train()
    module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    filters = conv_weights(module)
    optimiser = torch.optim.AdamW(_groups(module, recipe), lr=recipe.learning_rate, betas=(recipe.momentum, 0.999))
    with torch.random.fork_rng(devices=[] if device.type == "cpu" else None):
        torch.manual_seed(recipe.seed)  # of dropout
        for epoch in range(1, recipe.epochs + 1):
            rate = epoch_rate(recipe, epoch, ())
            for step, (images, labels) in enumerate(feed.epoch(epoch, threads=threads)):
                for group in optimiser.param_groups:
                    group["lr"] = update_rate(recipe, rate, epoch - 1 + step / feed.steps)
                x = preprocess.normalise(images.to(device))
                with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
                    scores = module(x)
                loss = F.cross_entropy(scores.float(), labels.to(device))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(module.parameters(), _CLIP)
                optimiser.step()
                if recipe.renormalise:
                    renormalise(filters, recipe.renormalise)
                progress(stage, (epoch - 1) * feed.steps + step + 1, recipe.epochs * feed.steps)
    return module.eval()


def _groups(module: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """WeightsKind, which decay, and biases, which do not."""
    weights = [parameter for parameter in module.parameters() if parameter.ndim > 1]
    biases = [parameter for parameter in module.parameters() if parameter.ndim <= 1]
    return [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]


def _classify(
    module: nn.Module, target: TargetSet, rows: NDArray[np.int64], preprocess: Preprocess
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The classes found for those of the images `rows` that can be read, by their centre crops, and the true ones."""
    device, found, known = next(module.parameters()).device, list[Tensor](), list[NDArray[np.int64]]()
    failures = list[Failure]()
    with torch.no_grad():
        for batch in batches(target.source, preprocess, indices=rows, size=64):
            failures += batch.failures
            if len(batch):
                found.append(module(preprocess.normalise(batch.images.to(device))).argmax(1).cpu())
                known.append(target.labels[batch.indices])
    if not found:
        raise SourceError(f"none of the images can be read: {target.source.describe()}; {first_reasons(failures)}")
    return torch.cat(found).numpy(), np.concatenate(known)


def scratch_recipe(changes: Mapping[str, Any], *, seed: int = 0) -> Recipe:
    """The recipe `SCRATCH` with changes; raises UsageError for what a recipe does not know, or cannot be here.

    >>> scratch_recipe({"epochs": 5}).epochs
    5
    """
    return _check(Recipe.from_json({**SCRATCH.to_json(), "seed": seed, **changes}))


__all__ = ["SCRATCH", "fit", "from_scratch", "random_module", "scratch_recipe"]
