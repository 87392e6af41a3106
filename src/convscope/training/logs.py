"""TensorBoard's event files, where TensorBoard is installed; the log in CSV is always written."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from convscope.training.state import EpochLog


class Board:
    """Event files in the folder `tensorboard` of a run; without the package nothing is written."""

    def __init__(self, folder: Path) -> None:
        self._writer = None
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder / "tensorboard"))

    def write(self, log: EpochLog) -> None:
        """Add an epoch's numbers."""
        if self._writer is None:
            return
        numbers = {
            "loss/training": log.loss,
            "loss/validation": log.val_loss,
            "error/training": log.error,
            "error/validation": log.val_error,
            "error/validation top-5": log.val_error5,
            "learning rate": log.learning_rate,
            "filters at the limit": log.limited,
            "images per second": log.images_per_second,
        }
        for name, value in numbers.items():
            if value is not None:
                self._writer.add_scalar(name, value, log.epoch)
        self._writer.flush()
