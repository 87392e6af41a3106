"""TensorBoard's event files, where TensorBoard is installed; the log in CSV is always written."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from convscope.files import writing
from convscope.training.state import EpochLog

BOARD = "tensorboard"


def board_installed() -> bool:
    """Whether event files can be written."""
    return find_spec("tensorboard") is not None


class Board:
    """Event files in the folder `tensorboard` of a run; without the package nothing is written.

    A training that goes on begins another file beside the first: TensorBoard shows both as one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._writer = folder / BOARD, None
        if board_installed():
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder))

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
        with writing(self._folder):
            for name, value in numbers.items():
                if value is not None:
                    self._writer.add_scalar(name, value, log.epoch)
            self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
