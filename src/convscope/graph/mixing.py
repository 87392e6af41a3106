"""Networks that mix the images of a batch (`x / x.max()`, `softmax(0)`): told by an image beside others."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from convscope.errors import TraceError
from convscope.graph.program import Program
from convscope.graph.randomness import own_generators
from convscope.graph.running import Runner
from convscope.settings import usual_settings

log = logging.getLogger(__name__)

_APART, _COARSE = 1e-4, 0.1  # more than rounding makes; where something is computed in half precision
_HALVES = (torch.float16, torch.bfloat16)
_LOUD = 10.0  # times the first image: what a maximum or a mean over both cannot miss


def refuse_mixing(network: str, program: Program) -> None:
    """Raises where an image's answer depends on which others are in the batch.

    What looks like it in single precision may be rounding that the network amplifies, and is asked again in double.

    Raises:
        TraceError: with what to do about it.
    """
    if not program.any_batch or program.random:
        return
    coarse = program.dtype in _HALVES or any(step.call.bind().get("dtype") in _HALVES for step in program.steps)
    bound = _COARSE if coarse else _APART
    try:
        mixes = _apart(program) > bound and (coarse or _apart(program.moved(_doubled, torch.float64)) > bound)
    except RuntimeError as error:  # what cannot be run, in this precision or in double, says so where it is
        log.info("whether %s mixes images was not tried: %s", network, error)
        return
    if mixes:
        raise TraceError(
            f"{network} mixes the images of a batch: its answer to one depends on which others are run with it, so "
            "that what is shown of it would, too. Reduce within each image (x.amax((1, 2, 3), keepdim=True) for "
            "x.max(), softmax(1) for softmax(0)), or export it for one image at a time (torch.export with a batch of "
            "1) and give that program"
        )


@usual_settings()
def _apart(program: Program) -> float:
    """How far an image's outputs beside one image are from those beside another, of the largest number; that of each
    of two, as it may be those before it, or after it, that count."""
    values = program.values
    outputs = {one.value for one in program.outputs if values[one.value].floating}
    by_image = {i: at for i in outputs if (at := values[i].batch_at) is not None and at[2] == 0}
    device = next((constant.device for constant in program.constants()), torch.device("cpu"))
    draw = torch.Generator("cpu").manual_seed(0)
    images = torch.randn(3, *program.input_shape, generator=draw, device="cpu").to(device, program.dtype)
    images[2] *= _LOUD
    with own_generators():  # pairs, as `squeeze()` takes the batch itself from one image
        runner = Runner(program, "", "none")
        usual, first, second = (runner.values(images[two], set(by_image), "none") for two in ([0, 1], [0, 2], [2, 1]))
    worst = 0.0
    for i, (dim, each, _) in by_image.items():
        for number, other in enumerate((first, second)):
            if usual[i].shape[dim] != 2 * each:
                return float("inf")
            one, two = (found[i].narrow(dim, number * each, each).double() for found in (usual, other))
            error = float((one - two).abs().max() / one.abs().max().clamp(min=1e-30)) if one.numel() else 0.0
            worst = max(worst, error if error == error else 0.0)
    return worst


def _doubled(tensor: Tensor) -> Tensor:
    if tensor.is_complex():
        return tensor.to(torch.complex128)
    return tensor.double() if tensor.is_floating_point() else tensor


__all__ = ["refuse_mixing"]
