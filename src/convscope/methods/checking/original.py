"""The module that a network was traced from, run as it is: its outputs, its layers, its gradients."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.utils import _pytree as pytree

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.graph.export import evaluating
from convscope.graph.outside import python_draws
from convscope.graph.randomness import own_generators

log = logging.getLogger(__name__)

Original = nn.Module | ExportedProgram

#: What a module's own code raises where it cannot be copied, converted, or run on these images.
_REFUSALS = (RuntimeError, TypeError, ValueError, AttributeError, LookupError, NotImplementedError)


class OriginalRun:
    """A copy of a module in evaluation mode, beside the network that was traced from it; the module is left as it was.

    net, images: the network and normalised images (n, C, H, W) in the precision that both are compared in: double where
    the module runs so, else the network's own.

    Raises:
        UsageError: where the module does not run on such images.
    """

    def __init__(self, original: Original, net: Network, images: Tensor) -> None:
        self._program = isinstance(original, ExportedProgram)
        self._outputs_asked = tuple(output.name for output in net.program.outputs)
        wide = [] if _casts(net) else [(net.to(dtype=torch.float64), images.double())]
        reasons: list[str] = []
        for self.net, self.images in (*wide, (net, images)):
            self._module = _copied(original, self.net)
            for self._channels_last in (False, True):
                try:
                    found = self.outputs(self.images[:1])
                    self._expect_sizes(found)
                except _REFUSALS as error:
                    reasons.append(str(error).strip().partition("\n")[0] or type(error).__name__)
                    continue
                if self.net is net or all(one.dtype == torch.float64 for one in found.values()):
                    return
        raise UsageError(
            f"the module does not run on the images of {net.name}, of shape {tuple(images.shape)} ({reasons[-2]}): "
            "give the very module that it was traced from"
        )

    def _expect_sizes(self, found: dict[str, Tensor]) -> None:
        """Raises ValueError where the outputs have not as many numbers as the network's."""
        places = {output.name: output.value for output in self.net.program.outputs}
        made = self.net.run_values(self.images[:1], set(places.values()))
        for name, value in places.items():
            if found[name].numel() != made[value].numel():
                raise ValueError(f"it gives {tuple(found[name].shape)}, and the network {tuple(made[value].shape)}")

    @contextmanager
    def _as_it_is(self) -> Iterator[list[str]]:
        """A block in which the module is evaluated; random numbers come from where they are and stay there.

        Its list says at its end which generators outside of PyTorch were drawn from.
        """
        mode = nullcontext() if self._program else evaluating(self._module)  # a program's mode is a part of it
        with python_draws() as drawn, own_generators(), mode:
            yield drawn

    # -- outputs ------------------------------------------------------------------------------------------------------
    def outputs(self, images: Tensor) -> dict[str, Tensor]:
        """The outputs (n, ...), by the names that the network has for them."""
        with self._as_it_is(), torch.no_grad():
            return self._run(images)

    def _run(self, images: Tensor) -> dict[str, Tensor]:
        given = images.clone()  # which the module may write into
        given = given.permute(0, 2, 3, 1) if self._channels_last else given
        batches = [given] if self.net.program.any_batch else given.split(1)
        parts = [self._named(self._module(batch)) for batch in batches]
        return {key: torch.cat([part[key] for part in parts]) for key in self._outputs_asked}

    def _named(self, made: Any) -> dict[str, Tensor]:
        paths = pytree.tree_flatten_with_path(made)[0]
        named = {".".join(map(_key, path)): leaf for path, leaf in paths}
        if not set(self._outputs_asked) <= set(named):  # a program that does not say more names them by their places
            named = {str(number): leaf for number, (_, leaf) in enumerate(paths)}
        found = {key: leaf for key, leaf in named.items() if key in self._outputs_asked and isinstance(leaf, Tensor)}
        if len(found) != len(self._outputs_asked):
            raise ValueError(f"it gives {sorted(named)}, and the network {list(self._outputs_asked)}")
        return found

    def draws(self) -> list[str]:
        """What differs between three runs on the same images, and the generators outside of PyTorch that are drawn
        from."""
        with self._as_it_is() as drawn, torch.no_grad():
            first, *others = (self._run(self.images) for _ in range(3))
        different = [key for key in first if not all(alike(first[key], other[key]) for other in others)]
        return [*drawn, *(f"the module's output{f' {key!r}' if key else ''}" for key in different)]

    # -- layers -------------------------------------------------------------------------------------------------------
    def layers(self, names: Sequence[str]) -> dict[str, Tensor]:
        """What the modules of these names give (n, ...), where they are called once and give a tensor."""
        with torch.no_grad():
            return self._watched(self.images, names)[0]

    def differentiable(self, names: Sequence[str]) -> tuple[Tensor, dict[str, Tensor], dict[str, Tensor]]:
        """Images to take gradients for, the layers of these names, and all outputs.

        PyTorch's backward of batch norm is wrong on one image whose gradient arrives transposed (2.13): an image that
        is alone is run twice.
        """
        images = self.images if self.net.program.any_batch else self.images[:1]
        images = images.repeat(2, 1, 1, 1) if len(images) == 1 and self.net.program.any_batch else images
        leaf = images.detach().clone().requires_grad_()
        with torch.enable_grad():
            return leaf, *self._watched(leaf, names)

    def _watched(self, images: Tensor, names: Sequence[str]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        found: dict[str, list[Any]] = {}
        grad = torch.is_grad_enabled()

        def keep(name: str, _module: nn.Module, _inputs: Any, made: Any) -> None:
            # A clone: what follows may overwrite it.
            found.setdefault(name, []).append(made.clone() if isinstance(made, Tensor) else None)

        parts = {} if self._program else dict(self._module.named_modules())
        handles = [parts[name].register_forward_hook(partial(keep, name)) for name in set(names) if name in parts]
        try:
            with self._as_it_is(), torch.set_grad_enabled(grad):
                outputs = self._run(images)
        finally:
            for handle in handles:
                handle.remove()
        once = 1 if self.net.program.any_batch else len(images)
        told = {name: made for name, made in found.items() if len(made) == once and all(m is not None for m in made)}
        return {name: torch.cat(made) for name, made in told.items()}, outputs


def alike(one: Tensor, other: Tensor) -> bool:
    """Whether two answers are one, but for the rounding of sums that threads share."""
    return bool(torch.allclose(one.double(), other.double(), rtol=1e-5, atol=1e-8, equal_nan=True))


def _copied(original: Original, net: Network) -> nn.Module:
    """The module where and as precise as the network is; itself where it cannot be copied."""
    module = original.module() if isinstance(original, ExportedProgram) else original
    try:
        return copy.deepcopy(module).to(device=net.device, dtype=net.dtype).requires_grad_(False)
    except _REFUSALS as error:
        log.info("a module that cannot be copied is run itself: %s", error)
        return module


def _casts(net: Network) -> bool:
    """Whether a network computes in another precision than its own somewhere."""
    return any(step.op in ("to_copy", "to", "type_as") for step in net.steps)


def _key(part: Any) -> str:
    return str(next(getattr(part, name) for name in ("key", "idx", "name") if hasattr(part, name)))


__all__ = ["Original", "OriginalRun", "alike"]
