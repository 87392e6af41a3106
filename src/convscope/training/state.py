"""All that a training needs to go on where it was, in one file that is written whole or not at all.

Weights and momentum are tensors of a safetensors file; the rest (epoch, update, sums, the log) is text beside them. No
random numbers are kept: order, crops and dropout follow from the seed and the number of the update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from convscope.errors import StoreError
from convscope.models import read_weights, save_weights

STATE = "state.safetensors"
_MOMENTUM = "momentum_buffer"


@dataclass(frozen=True)
class EpochLog:
    """What is said of an epoch: means over its training batches (with dropout and crops) and, where it was validated,
    over the validation images' central crops. Errors are fractions; `limited` counts the filters whose root mean square
    is at the limit after the epoch."""

    epoch: int
    learning_rate: float
    loss: float
    error: float
    val_loss: float | None
    val_error: float | None
    val_error5: float | None
    limited: int
    images_per_second: float
    seconds: float


@dataclass
class Position:
    """How far a training is: `epoch` counted from 1, `step` updates of it done, sums over those, finished epochs."""

    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    wrong: int = 0
    seen: int = 0
    seconds: float = 0.0
    history: list[EpochLog] = field(default_factory=list)

    @property
    def errors(self) -> list[float]:
        """The validation errors so far, for the schedule."""
        return [log.val_error for log in self.history if log.val_error is not None]


def save_state(run: Path, module: nn.Module, optimiser: torch.optim.SGD, position: Position) -> None:
    """Write the state of a training into its folder."""
    tensors = {f"weights.{name}": tensor for name, tensor in module.state_dict().items()}
    for name, parameter in module.named_parameters():
        momentum = optimiser.state[parameter].get(_MOMENTUM) if parameter in optimiser.state else None
        if momentum is not None:
            tensors[f"momentum.{name}"] = momentum
    said = asdict(position)
    save_weights(run / STATE, tensors, {"position": said})


def load_state(run: Path, module: nn.Module, optimiser: torch.optim.SGD) -> Position:
    """The position of a training whose state is put back into the module and the optimiser.

    Raises:
        StoreError: if the file is not such a state. WeightsError: if it cannot be read.
    """
    stored = read_weights(run / STATE)
    try:
        said: Mapping[str, Any] = stored.metadata["position"]
        history = [EpochLog(**log) for log in said["history"]]
        position = Position(**{**said, "history": history})
        weights = {name.removeprefix("weights."): t for name, t in stored.state.items() if name.startswith("weights.")}
        module.load_state_dict(weights, strict=True)
    except (KeyError, TypeError, RuntimeError) as error:
        raise StoreError(f"{run / STATE} is no state of this training ({error}): choose another folder") from error
    for name, parameter in module.named_parameters():
        momentum: Tensor | None = stored.state.get(f"momentum.{name}")
        if momentum is not None:
            # The parameter's own memory format: a sum in another order could differ in its last bit.
            kept = torch.empty_like(parameter, requires_grad=False)
            optimiser.state[parameter][_MOMENTUM] = kept.copy_(momentum)
    return position
