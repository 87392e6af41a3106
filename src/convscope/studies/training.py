"""A training by a configuration on a collection: its curves and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from convscope.arguments import checked
from convscope.data import Images, Source
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, Figure, Row, finished
from convscope.studies.asking import threads_of
from convscope.studies.kept import context
from convscope.training import Config, EpochLog, Trained
from convscope.training.config import configured
from convscope.training.logs import BOARD, board_installed
from convscope.training.pictures import Keep
from convscope.training.run import checkpoints_in
from convscope.training.splits import open_splits
from convscope.training.trainer import OnEpoch
from convscope.training.trainer import train as fit

OnStart = Callable[[Config, Source, Source | None], None]
"""Told what is trained on which images, and validated on which, before the work starts."""


@dataclass(eq=False, repr=False)
class Training(Answer):
    """A finished training."""

    network: str
    history: tuple[EpochLog, ...]
    _done: Trained | None = context()
    """The trained network with its folder; None for an answer that was loaded."""

    @property
    def leads(self) -> bool:
        """Whether this is the process that tells what came of it, of those that trained together."""
        return self._done is None or self._done.leads

    @property
    def summary(self) -> str:
        """The last epoch, and the best validation error."""
        best = min((log.val_error for log in self.history if log.val_error is not None), default=None)
        last = epoch_line(self.history[-1], self.history[-1].epoch)
        return last if best is None else f"{last}\nbest validation error {best:.1%}"

    def rows(self) -> list[Row]:
        """One row an epoch."""
        return [asdict(log) for log in self.history]

    @property
    def folder(self) -> Path:
        """The folder of the training."""
        return self.kept.folder if self._done is None else self._done.run.folder

    @property
    def checkpoints(self) -> dict[int, Path]:
        """The weights files by epoch."""
        return checkpoints_in(self.folder)

    def to_json(self) -> dict[str, Any]:
        """Its network, epochs, and its files by their names in its folder."""
        folder = self.folder
        return {
            "network": self.network,
            "epochs": self.rows(),
            "checkpoints": {epoch: path.relative_to(folder).as_posix() for epoch, path in self.checkpoints.items()},
            "tensorboard": BOARD if (folder / BOARD).is_dir() else None,
        }

    def remarks(self) -> list[str]:
        """What is missing for more."""
        return [] if board_installed() else ["no event files for TensorBoard: install 'convscope[tensorboard]'"]

    def drawings(self) -> Mapping[str, Figure]:
        """The curves of loss and error."""
        return {"curves.png": Figure("Loss and error by epoch.", self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.style import rendered
        from convscope.figures.training import draw_curves

        return rendered(draw_curves(list(self.history)))


class Told:
    """Says of a training, in lines, what is trained on what and how each epoch ended: `on_start` and `on_epoch`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._epochs = say, 0

    def start(self, config: Config, source: Source, validation: Source | None) -> None:
        """Say what is trained on what."""
        self._epochs = config.recipe.epochs
        self._say(f"{config.name}: {config.network.architecture(len(source.classes) or 1).describe()}")
        self._say(f"on {source.describe()}")
        self._say("no validation images" if validation is None else f"validated on {validation.describe()}")

    def epoch(self, log: EpochLog) -> None:
        """Say how an epoch ended."""
        self._say(epoch_line(log, self._epochs))


def epoch_line(log: EpochLog, epochs: int) -> str:
    """What is said of an epoch when it ends."""
    validated = "" if log.val_error is None else f", validation {log.val_error:.1%}"
    return (
        f"epoch {log.epoch}/{epochs}: loss {log.loss:.3f}, error {log.error:.1%}{validated}, rate "
        f"{log.learning_rate:.2g}, {log.images_per_second:.0f} images/s"
    )


@checked
def train(
    config: Config | str | PathLike[str],
    images: Images,
    store: str | PathLike[str],
    *,
    validation: Images | None = None,
    hold_out: float | None = None,
    changes: Mapping[str, Any] | None = None,
    limit: int | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | PathLike[str] | None = None,
    keep: Keep = "auto",
    workers: int | None = None,
    save_every: int = 1000,
    device: str | torch.device | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    on_epoch: OnEpoch | None = None,
    on_start: OnStart | None = None,
) -> Training:
    """A network trained by a configuration on images with parts for training and validation (section 3).

    A training that was interrupted goes on from its last saved state, and ends with the same weights as one that was
    not. Under torchrun the processes share each batch.

    Args:
        config: a configuration, the name of a packaged one, or a TOML file. changes: options of its recipe or network
            by name; seed: of the recipe, unless it is 0.
        images: a collection; of a pack, or a folder with sub-folders train and val, its two parts.
        store: the folder of the training: log, checkpoints, state, curves. A repeated call goes on from it.
        validation: images whose error is measured after epochs, and decides when the rate falls on a plateau.
        hold_out: the share of each class that is validated on instead, evenly spread.
        limit: at most so many images of either part, evenly spread.
        max_pixels, max_bytes, root: what one image may cost, and where a list's paths begin, as for `open_source`.
        keep: training images decoded once into "memory" (each process has its own) or anew each epoch ("stream").
        workers: threads that make batches ahead of the network.
        save_every: updates of an epoch between saved states; each epoch ends with one anyway.
        device: such as "cuda"; by default CUDA where there is some.
        progress: called with images trained on, as "training".
        on_epoch: told of each epoch when it ends. on_start: told the configuration and both collections before.

    Raises:
        UsageError: for a configuration that cannot be followed, or where validation and hold_out are both given.
            SourceError: for images without classes. StoreError: if the folder holds another training.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.data import wrap_dataset
    >>> items = [(np.full((72, 72, 3), 60 * (i % 2), np.uint8), i % 2) for i in range(8)]
    >>> small = {"epochs": 1, "width": 0.02, "batch": 4}
    >>> images = wrap_dataset(items, classes=["dark", "light"])
    >>> done = train("imagenette-zfnet", images, tempfile.mkdtemp(), changes=small, device="cpu")
    >>> len(done.history), list(done.checkpoints)
    (1, [1])
    """
    wanted = configured(config, changes or {}, seed=seed)
    source, held = open_splits(
        images,
        validation=validation,
        hold_out=hold_out,
        limit=limit,
        max_pixels=max_pixels,
        max_bytes=max_bytes,
        root=root,
    )
    if on_start is not None:
        on_start(wanted, source, held)
    done = fit(
        wanted,
        source,
        Path(store),
        validation=held,
        device=None if device is None else str(device),
        keep=keep,
        threads=threads_of(workers),
        save_every=save_every,
        progress=progress or silent,
        on_epoch=on_epoch,
    )
    # Of several processes the first writes.
    return finished(
        Training(done.run.architecture.describe(), tuple(done.history), done), store=store if done.leads else None
    )


__all__ = ["OnStart", "Told", "Training", "epoch_line", "train"]
