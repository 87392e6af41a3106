"""Modules that are no functions of one batch of images, told apart by what they are, each with what to do.

They are looked at where torch.export failed, and not before: a wrapper that makes an image a signal or a volume has
such layers as well, and is fine.
"""

from __future__ import annotations

import inspect

from torch import nn

_PLAIN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def refusal(module: nn.Module) -> str | None:
    """What keeps a module from being a network on images, and what to do about it; None where nothing known does.

    >>> refusal(nn.Conv1d(1, 2, 3)).split(":")[0]
    'Conv1d is one-dimensional (its first convolution is a Conv1d), and networks on images are two-dimensional'
    """
    return _inputs(module) or _dimensions(module)


def _inputs(module: nn.Module) -> str | None:
    """What to say of a module that needs more than one input."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):  # a forward that Python cannot look into
        return None
    needed = [one.name for one in parameters if one.kind in _PLAIN and one.default is one.empty]
    needed += [one.name for one in parameters if one.kind is one.KEYWORD_ONLY and one.default is one.empty]
    if len(needed) < 2:
        return None
    name, (image, *others) = type(module).__name__, needed
    rest = ", ".join(f"{other}=self.{other}" for other in others)
    return (
        f"{name} takes {len(needed)} inputs ({', '.join(needed)}), and a network on images takes one: wrap it in a "
        f"module that holds the others, `class One(nn.Module): ... def forward(self, {image}): return "
        f"self.net({image}, {rest})`, with {_listed(others)} as buffers for one image, expanded to the batch, and give "
        "that"
    )


def _dimensions(module: nn.Module) -> str | None:
    """What to say of a network on signals or on volumes."""
    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    convolutions = [(name, part) for name, part in module.named_modules() if isinstance(part, kinds)]
    if not convolutions or any(isinstance(part, nn.Conv2d) for _, part in convolutions):
        return None
    place, first = convolutions[0]
    where = f"its first convolution{f', {place},' if place else ''} is a {type(first).__name__}"
    network = type(module).__name__
    if isinstance(first, nn.Conv3d):
        return (
            f"{network} is three-dimensional ({where}), and networks on images are two-dimensional: volumes are not "
            "looked at; a network on single slices, with neighbouring slices as its channels, is"
        )
    return (
        f"{network} is one-dimensional ({where}), and networks on images are two-dimensional: give it as one on images "
        f"of height 1, (C, 1, W), in which each Conv1d(a, b, k) is a Conv2d(a, b, (1, k)) that has its weights as "
        "weight[:, :, None], and so with batch norms and pools; docs/usage.md has the wrapper that does it"
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


__all__ = ["refusal"]
