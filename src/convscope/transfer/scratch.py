"""The comparison that shows what pretraining is worth: the same network from random weights, trained on a fold alone.

A plain loop, AdamW with a warm-up and a cosine: the point is a fair attempt within the time at hand, for any network
that `convscope.load` finds. The paper's own recipe, for the paper's own networks, is in `convscope.training`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import ExportedProgram

from convscope.data import IMAGENET_MEAN, IMAGENET_STD, Preprocess, batches
from convscope.errors import SourceError, UsageError
from convscope.models.loading import SCHEMES, split_spec
from convscope.models.request import Request, resized
from convscope.progress import Progress, silent
from convscope.transfer.datasets import Target
from convscope.transfer.measures import class_accuracies
from convscope.transfer.results import Score
from convscope.transfer.splits import Fold

logger = logging.getLogger(__name__)

_MARGIN = 8 / 7  # training images are this much larger than the input, as 256 is to 224


@dataclass(frozen=True)
class ScratchRecipe:
    """How a network is trained from scratch; `size`: side of its input, by default what the network was made for."""

    epochs: int = 30
    batch: int = 16
    rate: float = 5e-4
    decay: float = 0.05
    warm_up: int = 1
    size: int | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 2 or not self.rate > 0:
            raise UsageError(f"{self}: at least one epoch, two images a batch, and a positive rate")

    def factor(self, update: int, updates: int) -> float:
        """What the rate is multiplied by at an update: a line up over the warm-up, then a cosine down to 0."""
        warm = max(1, updates * self.warm_up // self.epochs)
        if update < warm:
            return (update + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (update - warm) / max(1, updates - warm)))


def from_scratch(
    spec: str,
    target: Target,
    folds: Iterable[Fold],
    *,
    recipe: ScratchRecipe | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: Progress | None = None,
) -> list[Score]:
    """The scores of the network `spec` trained from random weights on each fold's training part.

    Trained on random crops and mirror images, judged by the centre crop. `target` is one of images with one class.

    Raises:
        UsageError: for a network that cannot be had with random weights, or a target of several classes an image.
    """
    if target.presence is not None:
        raise UsageError("training from scratch takes images of one class: PASCAL VOC's have several")
    how, tell, drawn = recipe or ScratchRecipe(), progress or silent, list(folds)
    scores = []
    for done, fold in enumerate(drawn):
        module, preprocess = random_module(spec, len(target.classes), how.size, seed=seed + fold.number)
        train = _Pixels.read(target, fold.train, _larger(preprocess))
        stage = f"from scratch, {fold.name}"
        _train(module.to(device), train, preprocess, how, seed=seed + fold.number, tell=tell, stage=stage)
        test = _Pixels.read(target, fold.test, preprocess)
        found = _classify(module, test, preprocess)
        by_class = class_accuracies(found, test.labels, len(target.classes))
        right = float((found == test.labels).mean())
        value = float(np.nanmean(by_class))
        sizes = (len(train.labels), len(test.labels))
        scores.append(
            Score(
                *("scratch", "", "softmax", fold.per_class, fold.number),
                *(value, right, math.nan, *sizes, tuple(by_class.tolist())),
            )
        )
        logger.info("%s of %d: %.4f", stage, len(drawn), value)
        tell("networks from scratch", done + 1, len(drawn))
    return scores


def random_module(spec: str, outputs: int, size: int | None, *, seed: int) -> tuple[nn.Module, Preprocess]:
    """The network that `spec` names as a module with random weights and so many outputs, and what its images need.

    Raises:
        UsageError: where the scheme cannot give that.
    """
    scheme, name = split_spec(spec)
    request = Request(
        scheme,
        name.partition("@")[0],
        weights="random" if scheme in ("zoo", "torchvision", "timm", "hf") else None,
        input_size=None if size is None else (size, size),
        outputs=outputs,
        seed=seed,
    )
    if scheme in ("pt2", "file"):
        raise UsageError(f"{spec} is a trained network; name its architecture (zoo:, torchvision:, timm:) instead")
    found = SCHEMES[scheme].find(request)
    if isinstance(found.module, ExportedProgram) or found.preprocess is None:
        raise UsageError(f"{spec} cannot be trained: it does not say how images become its input")
    _begin(found.module, outputs, seed)
    # Colours of the order of one, whatever the trained network takes: some take 0 to 255, which no fresh weights fit.
    standard = replace(found.preprocess, scale=1 / 255, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    return found.module, resized(standard, request.input_size)


def _begin(module: nn.Module, outputs: int, seed: int) -> None:
    """Fresh weights by the rule of He et al. (2015), whose signals neither fade nor grow; the last layer near zero.

    Large first errors kill networks that end in a ReLU, as SqueezeNet does: its outputs become zero and stay so.
    """
    random = torch.Generator().manual_seed(seed)
    learned = [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    ends = [m for m in learned if m.weight.shape[0] == outputs]
    with torch.no_grad():
        for one in learned:
            nn.init.kaiming_normal_(one.weight, nonlinearity="relu", generator=random)
            if one.bias is not None:
                one.bias.zero_()
        if ends:
            ends[-1].weight.mul_(0.01 / ends[-1].weight.std())
            if ends[-1].bias is not None:
                ends[-1].bias.fill_(0.1)


def _larger(preprocess: Preprocess) -> Preprocess:
    """What training images are kept as: the shortest side as ever, a larger centre crop to cut from."""
    height, width = round(preprocess.height * _MARGIN), round(preprocess.width * _MARGIN)
    return replace(preprocess, height=height, width=width, resize=max(height, width))


@dataclass(frozen=True, eq=False)
class _Pixels:
    """Decoded images (n, 3, H, W) uint8 and their labels, kept in memory."""

    images: Tensor
    labels: NDArray[np.int64]

    @classmethod
    def read(cls, target: Target, rows: NDArray[np.int64], preprocess: Preprocess) -> _Pixels:
        found = [batch for batch in batches(target.source, preprocess, indices=rows, size=64) if len(batch)]
        if not found:
            raise SourceError("none of the images could be read")
        indices = np.concatenate([batch.indices for batch in found])
        return cls(torch.cat([batch.images for batch in found]), target.labels[indices])


def _train(
    module: nn.Module,
    data: _Pixels,
    preprocess: Preprocess,
    how: ScratchRecipe,
    *,
    seed: int,
    tell: Progress,
    stage: str,
) -> None:
    """Train the module in place."""
    random = np.random.default_rng(seed)
    module.train()
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(module.parameters(), lr=how.rate, weight_decay=how.decay)
    count = max(1, len(data.labels) // how.batch)
    updates = how.epochs * count
    labels, order = torch.from_numpy(data.labels), np.arange(0)
    for update in range(updates):
        if update % count == 0:
            order = random.permutation(len(labels))
        rows = order[update % count * how.batch :][: how.batch]
        images = _augmented(data.images[rows], preprocess, random)
        for group in optimiser.param_groups:
            group["lr"] = how.rate * how.factor(update, updates)
        device = next(module.parameters()).device
        scores = module(preprocess.normalise(images.to(device)))
        loss = F.cross_entropy(scores, labels[rows].to(device))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 5.0)
        optimiser.step()
        tell(stage, update + 1, updates)
    module.eval()


def _augmented(images: Tensor, preprocess: Preprocess, random: np.random.Generator) -> Tensor:
    """One random crop and perhaps its mirror image of each, at the network's size, channels last."""
    high, wide = images.shape[2] - preprocess.height + 1, images.shape[3] - preprocess.width + 1
    pieces = []
    for image in images:
        y, x = int(random.integers(high)), int(random.integers(wide))
        piece = image[:, y : y + preprocess.height, x : x + preprocess.width]
        pieces.append(piece.flip(2) if random.random() < 0.5 else piece)
    return torch.stack(pieces).contiguous(memory_format=torch.channels_last)


def _classify(module: nn.Module, data: _Pixels, preprocess: Preprocess) -> NDArray[np.int64]:
    """The class found for each image."""
    device = next(module.parameters()).device
    with torch.no_grad():
        found: Sequence[Tensor] = [
            module(preprocess.normalise(piece.to(device))).argmax(1).cpu() for piece in data.images.split(64)
        ]
    return torch.cat(list(found)).numpy()


__all__ = ["ScratchRecipe", "from_scratch", "random_module"]
