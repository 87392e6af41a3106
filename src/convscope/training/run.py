"""The folder of a training: what it is of, its log, its checkpoints, and whether another command may go on with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

import convscope
from convscope.data import Preprocess
from convscope.errors import StoreError
from convscope.files import read_sealed_json, read_whole, write_bytes, write_sealed_json
from convscope.models import Architecture, save_weights
from convscope.training.config import Config
from convscope.training.state import EpochLog

RUN = "run.json"
LOG = "log.csv"
FORMAT = 1


@dataclass(frozen=True)
class Run:
    """A training's folder and what it is of. Made by the trainer, read by `Run.open`."""

    folder: Path
    config: Config
    architecture: Architecture
    preprocess: Preprocess
    classes: tuple[str, ...]
    images: str
    """Fingerprint of the training images."""

    def write(self) -> None:
        """Write `run.json`."""
        write_sealed_json(
            self.folder / RUN,
            {
                "format": FORMAT,
                "convscope": convscope.__version__,
                "torch": torch.__version__,
                "config": self.config.to_json(),
                "architecture": self.architecture.to_json(),
                "preprocess": self.preprocess.to_json(),
                "classes": list(self.classes),
                "images": self.images,
            },
        )

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The training of a folder; raises StoreError where it is none."""
        try:
            said: Mapping[str, Any] = read_sealed_json(folder / RUN, unsealed="allow")
            return cls(
                folder,
                Config.from_json(said["config"]),
                Architecture.from_json(said["architecture"]),
                Preprocess.from_json(said["preprocess"]),
                tuple(said["classes"]),
                said["images"],
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise StoreError(f"{folder / RUN} does not describe a training ({error}): choose another folder") from error

    def expect_kept(self) -> None:
        """Raise StoreError where the folder, or what it is of, was removed since the training began.

        What is written into it then could be gone on with by nobody.
        """
        if not (self.folder / RUN).is_file():
            raise StoreError(
                f"{self.folder / RUN} was removed while the training went on: train again, and leave its folder alone"
            )

    def check(self, config: Config, images: str) -> None:
        """Raise StoreError unless this is the training of that configuration on those images."""
        if self.images != images:
            raise StoreError(f"{self.folder} holds a training on other images: choose another folder with store=")
        here, asked = self.config.to_json(), config.to_json()
        for table in ("network", "recipe"):
            for name, value in asked[table].items():
                if here[table].get(name) != value:
                    raise StoreError(
                        f"{self.folder} holds a training with {name} = {here[table].get(name)!r}, and {value!r} is "
                        "asked for: choose another folder with store="
                    )

    def write_log(self, history: list[EpochLog]) -> None:
        """Write `log.csv`, one line an epoch."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([field.name for field in fields(EpochLog)])
        for log in history:
            writer.writerow(["" if value is None else value for value in asdict(log).values()])
        write_bytes(self.folder / LOG, text.getvalue().encode())

    def checkpoint(self, epoch: int) -> Path:
        """Where the weights after this epoch are kept."""
        return self.folder / "checkpoints" / f"epoch-{epoch:04}.safetensors"

    def save_checkpoint(self, module: nn.Module, log: EpochLog, *, dtype: str) -> Path:
        """The file with the weights after an epoch, which `convscope.load("file:...")` reads as a whole network."""
        path = self.checkpoint(log.epoch)
        kept = {name: tensor.to(getattr(torch, dtype)) for name, tensor in module.state_dict().items()}
        metadata = {
            "architecture": self.architecture.to_json(),
            "preprocess": self.preprocess.to_json(),
            "classes": list(self.classes),
            "training": {"name": self.config.name, "recipe": self.config.recipe.to_json(), "images": self.images},
            "log": asdict(log),
        }
        save_weights(path, kept, metadata)
        return path

    def checkpoints(self) -> dict[int, Path]:
        """The kept weights by epoch, in order."""
        return checkpoints_in(self.folder)


def checkpoints_in(folder: Path) -> dict[int, Path]:
    """The kept weights in the folder of a training by epoch, in order."""
    found = (folder / "checkpoints").glob("epoch-*.safetensors")
    return {int(path.stem.removeprefix("epoch-")): path for path in sorted(found)}


def read_log(path: str | Path) -> list[EpochLog]:
    """The epochs of a training's folder or of its `log.csv`; raises StoreError where there is none."""
    path = Path(path)
    path = path / LOG if path.is_dir() else path
    try:
        text = read_whole(path).decode()
        return [_epoch(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, csv.Error) as error:
        raise StoreError(f"{path} is no log of a training: {error}") from error


def _epoch(row: Mapping[str, str]) -> EpochLog:
    whole = ("epoch", "limited")
    values: dict[str, Any] = {}
    for item in fields(EpochLog):
        text = row[item.name]
        values[item.name] = None if text == "" else int(text) if item.name in whole else float(text)
    return EpochLog(**values)
