"""Whether the folder of a training is as it was written: what it is of, its state, its checkpoints, its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from convscope.errors import ConvscopeError, StoreError
from convscope.files import obstruction
from convscope.models.weights import has_checksum, read_weights
from convscope.training.ablation import RESULT, read_trial
from convscope.training.run import LOG, RUN, Run, read_log
from convscope.training.state import STATE
from convscope.verification import DamagedFile, SoundFile

__all__ = ["verify_training"]

_CHECKPOINT = "delete it: the epochs after it are not lost, and training again from the start makes it"
_STATE = "delete it with {run}, and the training begins again; the checkpoints can be kept"


def verify_training(folder: Path) -> Iterator[SoundFile | DamagedFile]:
    """What a training's folder holds; nothing where it is none."""
    if not (folder / RUN).is_file():
        if (folder / STATE).is_file() and (folder / LOG).is_file():
            problem = obstruction(folder / RUN) or "is missing beside the state of a training"
            yield DamagedFile(RUN, problem, "train again into another folder; the checkpoints can be kept")
        return
    try:
        run = Run.open(folder)
        yield SoundFile(RUN, f"training of {run.config.name}")
    except ConvscopeError:
        yield DamagedFile(RUN, "does not describe a training any more", "train again into another folder")
    for name in (STATE, RESULT, LOG):
        problem = obstruction(folder / name)
        if problem is not None:
            yield DamagedFile(name, problem, "delete it: the same command writes it again")
    if (folder / STATE).is_file():
        yield _weights(folder, STATE, _STATE.format(run=RUN))
    for path in sorted((folder / "checkpoints").glob("*.safetensors")):
        yield _weights(folder, f"checkpoints/{path.name}", _CHECKPOINT)
    if (folder / RESULT).is_file():
        try:
            yield SoundFile(RESULT, f"the trial of {read_trial(folder).variant}")
        except StoreError:
            yield DamagedFile(RESULT, "is not as it was written", "nothing: the same ablation makes it again")
    if (folder / LOG).is_file():
        try:
            yield SoundFile(LOG, f"{len(read_log(folder))} epochs; readable, without a checksum")
        except (StoreError, TypeError):
            yield DamagedFile(LOG, "is no log of a training", "delete it: the same command writes it again")


def _weights(folder: Path, name: str, remedy: str) -> SoundFile | DamagedFile:
    try:
        found = read_weights(folder / name)
    except ConvscopeError:
        return DamagedFile(name, "is not as it was written", remedy)
    said = "" if has_checksum(folder / name) else "; readable, without a checksum"
    return SoundFile(name, f"{len(found.state)} tensors{said}")
