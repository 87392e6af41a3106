"""The training loop: plain PyTorch, meant to be read from top to bottom.

train -> _Training.run -> for each epoch: _epoch (updates), _validate, _finish (log, checkpoint, state)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.data import Preprocess, Source, settled
from convscope.errors import StoreError, UsageError
from convscope.files import kind_of
from convscope.models import build
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.training.config import Config
from convscope.training.feeding import Feed
from convscope.training.logs import Board
from convscope.training.modules import use_training_modules
from convscope.training.pictures import Keep, Pixels, TrainingImages, mean_picture, open_pictures
from convscope.training.processes import Team, team
from convscope.training.recipe import Recipe
from convscope.training.renormalise import conv_weights, renormalise
from convscope.training.run import RUN, Run
from convscope.training.schedule import epoch_rate, update_rate
from convscope.training.state import STATE, EpochLog, Position, load_state, save_state

OnEpoch = Callable[[EpochLog], None]


@dataclass(frozen=True)
class Trained:
    """A finished training: its folder, its epochs, and the network with its last weights, in evaluation mode."""

    run: Run
    history: list[EpochLog]
    module: nn.Module
    leads: bool = True
    """Whether this process is the one that wrote the folder."""


@usual_settings()
def train(
    config: Config,
    source: Source,
    run: str | Path,
    *,
    validation: Source | None = None,
    device: str | None = None,
    keep: Keep = "auto",
    threads: int = 2,
    save_every: int = 1000,
    board: bool = True,
    progress: Progress = silent,
    on_epoch: OnEpoch | None = None,
) -> Trained:
    """The network of a configuration, trained on a source's images; the folder `run` holds its log and checkpoints.

    A training that was interrupted goes on from its last saved state, and ends with the same weights as one that was
    not. Under torchrun the processes share each batch.

    Args:
        validation: images whose error is measured after epochs, and decides when the rate falls on a plateau.
        device: such as "cuda"; by default CUDA where there is some.
        keep: training images decoded once into "memory" (each process has its own) or anew each epoch ("stream").
        threads: that make batches ahead of the network.
        save_every: updates of an epoch between saved states; each epoch ends with one anyway.
        board: write TensorBoard's event files where it is installed.
        on_epoch: told of each epoch when it ends.

    Raises:
        UsageError: for a configuration that cannot be followed. SourceError: for images without classes.
        StoreError: if the folder holds another training.
    """
    with team(device) as members:
        recipe, folder = config.recipe, Path(run)
        _check(recipe, members, source, validation)
        side = recipe.shortest_side(config.network.architecture(2).input_size)
        begun, pictures, mean = _begun(config, source, folder), None, None
        like = begun.preprocess if begun is not None else settled(config.network.pictures(), source)
        opened = partial(open_pictures, threads=threads, like=like, progress=progress)
        decode = partial(opened, source, side, crop_source=recipe.crop_source, keep=keep)
        if begun is None:
            pictures = decode()
            begun, mean = _new(config, source, folder, pictures, like, progress)
        training = _Training(begun, mean, members, threads, save_every)
        if not training.finished:
            training.take(pictures or decode())
            if validation is not None:
                training.validation = opened(validation, side)
            training.board = Board(folder) if board and members.leads else None
            training.go(progress if members.leads else silent, on_epoch)
            members.wait()
        return Trained(begun, training.position.history, training.module.eval(), members.leads)


def _check(recipe: Recipe, members: Team, source: Source, validation: Source | None) -> None:
    if recipe.batch % members.world:
        raise UsageError(
            f"a batch of {recipe.batch} cannot be divided among {members.world} processes: change their number or batch"
        )
    if recipe.schedule == "plateau" and validation is None:
        raise UsageError(
            "the learning rate falls when the validation error stops falling, and there are no validation images: name "
            "some with validation=, or choose the schedule 'steps' or 'cosine'"
        )
    if not source.classes:
        raise UsageError(f"training needs classes with names, and there are none: {source.describe()}")
    if validation is not None and tuple(validation.classes) != tuple(source.classes):
        raise UsageError(
            f"training and validation images have different classes: {source.describe()}; {validation.describe()}"
        )


def _begun(config: Config, source: Source, folder: Path) -> Run | None:
    """The training of a folder, if it is this one and has a state to go on from; None where it has yet to begin."""
    if kind_of(folder / RUN) != "nothing":
        begun = Run.open(folder)
        begun.check(config, source.fingerprint())
        return begun if (folder / STATE).exists() else None
    if kind_of(folder) == "folder" and any(folder.iterdir()):
        raise StoreError(f"{folder} is not empty and holds no training: choose another folder with store=")
    return None


def _new(
    config: Config, source: Source, folder: Path, pictures: TrainingImages, like: Preprocess, progress: Progress
) -> tuple[Run, Tensor]:
    """A training that begins, and the mean image, less its mean colour, in units of the network's input."""
    recipe = config.recipe
    architecture = config.network.architecture(len(source.classes))
    size = architecture.input_size
    mean = mean_picture(pictures, size, images=recipe.mean_images, progress=progress)
    colour = mean.mean(dim=(1, 2))
    if recipe.mean == "image":
        architecture = replace(architecture, mean_image=True)
    preprocess = Preprocess(
        size,
        size,
        resize=recipe.shortest_side(size),
        scale=1.0,
        mean=tuple(colour.tolist()),
        std=(recipe.std,) * len(colour),
        range=like.range,
    )
    rest = (mean - colour[:, None, None]) / recipe.std
    return Run(folder, config, architecture, preprocess, tuple(source.classes), source.fingerprint()), rest


class _Training:
    """One process's part of a training."""

    feed: Feed

    def __init__(self, run: Run, mean: Tensor | None, members: Team, threads: int, save_every: int) -> None:
        """`mean`: the mean image of a training that begins; one that goes on has it among its weights."""
        recipe = run.config.recipe
        self.recipe, self.folder, self.members = recipe, run, members
        self.threads, self.save_every = threads, save_every
        self.validation: TrainingImages | None = None
        self.board: Board | None = None
        module = build(run.architecture, init=recipe.init, seed=recipe.seed)
        if run.architecture.mean_image and mean is not None:
            module.get_submodule("mean").get_buffer("image").copy_(mean)
        self.module = use_training_modules(module).to(members.device)
        for weight in conv_weights(self.module):
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        self.filters = conv_weights(self.module)
        self.optimiser = self._optimiser()
        self.position = Position()
        if (run.folder / STATE).exists():
            self.position = load_state(run.folder, self.module, self.optimiser)
        elif members.leads:
            run.write()
        self.wrapped = members.wrapped(self.module)

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self.position.epoch > self.recipe.epochs

    def take(self, pictures: TrainingImages) -> None:
        """Train on these pictures."""
        to, members = self.folder.preprocess, self.members
        self.feed = Feed(pictures, self.recipe, to.height, to.mean_colour, members.rank, members.world)

    def _optimiser(self) -> torch.optim.SGD:
        weights = [parameter for parameter in self.module.parameters() if parameter.ndim > 1]
        biases = [parameter for parameter in self.module.parameters() if parameter.ndim <= 1]
        groups = [
            {"params": weights, "weight_decay": self.recipe.weight_decay},
            {"params": biases, "weight_decay": 0.0},
        ]
        return torch.optim.SGD(groups, lr=self.recipe.learning_rate, momentum=self.recipe.momentum)

    def go(self, progress: Progress, on_epoch: OnEpoch | None) -> None:
        """Train to the end, from where the training is."""
        at, recipe = self.position, self.recipe
        with torch.random.fork_rng(devices=[] if self.members.device.type == "cpu" else None):
            while not self.finished:
                rate = epoch_rate(recipe, at.epoch, at.errors)
                self._epoch(rate, progress)
                log = self._log(rate, self._validate() if recipe.validates(at.epoch) else None)
                self._finish(log)
                if on_epoch is not None and self.members.leads:
                    on_epoch(log)
        if self.board is not None:
            self.board.close()

    def _epoch(self, rate: float, progress: Progress) -> None:
        """All updates of an epoch that are not done yet."""
        at, recipe, device = self.position, self.recipe, self.members.device
        self.module.train()
        total = recipe.epochs * self.feed.steps * recipe.batch
        sums = torch.zeros(2, device=device, dtype=torch.float64)
        began = time.monotonic()
        for images, labels in self.feed.epoch(
            at.epoch, start=at.step, threads=self.threads, pinned=device.type == "cuda"
        ):
            done = at.epoch - 1 + at.step / self.feed.steps
            for group in self.optimiser.param_groups:
                group["lr"] = update_rate(recipe, rate, done)
            sums += self._update(images.to(device, non_blocking=True), labels.to(device, non_blocking=True))
            at.step += 1
            at.seen += len(labels) * self.members.world
            progress("training", ((at.epoch - 1) * self.feed.steps + at.step) * recipe.batch, total)
            if at.step % self.save_every == 0 and at.step < self.feed.steps:
                self._add(sums, time.monotonic() - began)
                if self.members.leads:
                    self.folder.expect_kept()
                    save_state(self.folder.folder, self.module, self.optimiser, at)
                began = time.monotonic()
        self._add(sums, time.monotonic() - began)

    def _update(self, images: Tensor, labels: Tensor) -> Tensor:
        """One step of SGD on this process's share of a batch: its summed loss and wrong answers."""
        # Dropout's random numbers follow from the update's number, so that nothing of them needs to be restored.
        at = self.position
        _start_random(_seed(self.recipe.seed, at.epoch, at.step, self.members.rank), self.members.device)
        logits = self._forward(self.wrapped, images)
        loss = F.cross_entropy(logits, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        if self.recipe.renormalise:
            renormalise(self.filters, self.recipe.renormalise)
        with torch.no_grad():
            wrong = (logits.argmax(1) != labels).sum()
            return torch.stack([loss.double() * len(labels), wrong.double()])

    def _forward(self, module: nn.Module, images: Tensor) -> Tensor:
        """Logits of uint8 images, in float32 whatever the network computed with."""
        x = self.folder.preprocess.normalise(images)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            return module(x).float()

    def _add(self, sums: Tensor, seconds: float) -> None:
        """Add what was summed since the last time, over all processes, to the epoch's."""
        loss, wrong = self.members.summed(sums).tolist()
        sums.zero_()
        at = self.position
        at.loss, at.wrong, at.seconds = at.loss + loss, at.wrong + round(wrong), at.seconds + seconds

    @torch.no_grad()
    def _validate(self) -> tuple[float, float, float] | None:
        """Loss, top-1 and top-5 error on the central crops of the validation images, divided among the processes."""
        if self.validation is None:
            return None
        self.module.eval()
        pictures, size, device = self.validation, self.feed.size, self.members.device
        mine = range(self.members.rank, len(pictures), self.members.world)
        sums = torch.zeros(3, device=device, dtype=torch.float64)
        for start in range(0, len(mine), 128):
            rows = list(mine[start : start + 128])
            crops = torch.stack([torch.from_numpy(_central(pictures.read(row), size)) for row in rows])
            labels = torch.from_numpy(pictures.labels[rows]).to(device)
            logits = self._forward(self.module, crops.permute(0, 3, 1, 2).to(device))
            best = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]
            loss = F.cross_entropy(logits, labels, reduction="sum")
            sums += torch.stack([loss.double(), (~best[:, 0]).sum().double(), (~best.any(1)).sum().double()])
        loss, wrong, wrong5 = (self.members.summed(sums) / len(pictures)).tolist()
        return loss, wrong, wrong5

    def _log(self, rate: float, validated: tuple[float, float, float] | None) -> EpochLog:
        at, limit = self.position, self.recipe.renormalise
        limited = sum(int((weight.square().flatten(1).mean(1).sqrt() > 0.999 * limit).sum()) for weight in self.filters)
        return EpochLog(
            at.epoch,
            rate,
            at.loss / at.seen,
            at.wrong / at.seen,
            *(validated or (None, None, None)),
            limited if limit else 0,
            at.seen / max(at.seconds, 1e-9),
            at.seconds,
        )

    def _finish(self, log: EpochLog) -> None:
        """Close an epoch: what it left is on disk before the next one begins."""
        at = self.position
        at.history.append(log)
        at.epoch, at.step, at.loss, at.wrong, at.seen, at.seconds = at.epoch + 1, 0, 0.0, 0, 0, 0.0
        if not self.members.leads:
            return
        self.folder.expect_kept()
        if self.recipe.keeps(log.epoch):
            self.folder.save_checkpoint(self.module, log, dtype=self.recipe.checkpoint_dtype)
        self.folder.write_log(at.history)
        if self.board is not None:
            self.board.write(log)
        # Last: an epoch is done where all that it leaves is there.
        save_state(self.folder.folder, self.module, self.optimiser, at)


def _seed(*numbers: int) -> int:
    """A seed that differs where any of the numbers does."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _start_random(seed: int, device: torch.device) -> None:
    """Seed the numbers that dropout draws on a device."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` asks for other devices too: 1 ms each time
    else:
        torch.manual_seed(seed)


def _central(image: Pixels, size: int) -> Pixels:
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size]
