"""What is in a file of weights, for people who have one and not the network's name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from convscope.errors import ConvscopeError, WeightsError
from convscope.files import kind_of
from convscope.models.fitting import is_averaged, is_optimiser, places
from convscope.models.from_torchvision import import_torchvision
from convscope.models.reparametrised import computed, refused
from convscope.models.stored import Contents, Stored, read_tensor
from convscope.models.weights import likeliest, marked, read_contents
from convscope.models.zoo import ZOO
from convscope.tables import TextTable

# A name that a family of torchvision's networks has, with what their own names begin with.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "layer1.0.conv1.weight": ("resnet", "resnext", "wide_resnet"),
    "features.0.weight": ("alexnet", "vgg", "squeezenet"),
    "features.conv0.weight": ("densenet",),
    "features.0.0.weight": ("convnext", "efficientnet", "mobilenet", "swin"),
    "Conv2d_1a_3x3.conv.weight": ("inception",),
    "inception3a.branch1.conv.weight": ("googlenet",),
    "layers.0.weight": ("mnasnet",),
    "conv1.0.weight": ("shufflenet",),
    "stem.0.weight": ("regnet",),
    "stem.0.0.weight": ("maxvit",),
    "conv_proj.weight": ("vit",),
}
_POSITIONS = re.compile(r"(^|[._])pos(ition)?_embed(ding|dings)?$|(^|\.)position_embeddings$")
_HEAD = ("dictionary", "tensors", "numbers", "what", "names begin with", "first", "last")
_MOST_OUTPUTS = 100_000  # networks are laid out with as many
_MOST_CHANNELS = 256  # the same, of the input
_AUXILIARY: Mapping[str, Any] = {"init_weights": False, "aux_logits": True}


@dataclass(frozen=True)
class Tensors:
    """A dictionary of tensors in a file: its place, as it is asked for after #, and what it holds.

    `first` and `last` are the first and the last weights of more than one axis, with their shapes; `starts` what names
    in it begin with, where that is one of a few.
    """

    key: str
    what: str
    tensors: int
    numbers: int
    first: str
    last: str
    starts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """A known network that the weights fit: how it is named, where in the file they are, and how many outputs."""

    model: str
    key: str
    outputs: int | None


@dataclass(frozen=True)
class FileContents:
    """What a file of weights holds; `axes` are those of its first convolution's kernel: 2 for images.

    `side` is that of its images, where the weights decide it, as embeddings of positions do. `computed` says which
    weights it holds in parts, from which they are computed; `refused` what to do about those that no parts determine.
    """

    path: str
    kind: str
    parts: tuple[Tensors, ...]
    values: Mapping[str, str]
    modules: Mapping[str, str]
    fits: tuple[Fit, ...]
    axes: int | None
    channels: int | None
    side: int | None = None
    computed: str = ""
    refused: str = ""

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**asdict(self), "values": dict(self.values), "modules": dict(self.modules)}

    def table(self) -> TextTable:
        """A row for each dictionary of tensors."""
        rows = [
            (f"#{p.key}" if p.key else "(the file)", str(p.tensors), f"{p.numbers:,}", p.what, ", ".join(p.starts),
             p.first, p.last)
            for p in self.parts
        ]  # fmt: skip
        return TextTable("", _HEAD, tuple(rows))


def is_weights_file(spec: str) -> bool:
    """Whether the text that names a network names a file instead, perhaps with a key after #."""
    return kind_of(marked(spec)[0]) == "file"


def describe_file(spec: str | Path) -> FileContents:
    """What is in a file of weights: its dictionaries, what else it holds, and the known networks that it fits.

    Known are the zoo's networks and, where it is installed, torchvision's (but RegNet, which cannot be laid out
    without making its weights).

    Raises:
        WeightsError: for a file that is none, with what to do.
    """
    place, key = marked(spec)
    contents, metadata = read_contents(place)
    contents = contents.within(key) if key else contents
    whole = computed(contents.stored)
    plain = replace(contents, stored=whole.stored)
    fits = [Fit(f"file:{place}", "", None)] if "architecture" in metadata else []
    fits += _known(plain)
    group = likeliest(plain) if contents.stored else {}
    kernel = next((one.shape for one in group.values() if len(one.shape) > 2), None)
    return FileContents(
        str(place),
        contents.kind,
        tuple(_parts(contents)),
        {} if "" in contents.modules else {**contents.values, **_numbers(contents, str(place))},
        contents.modules,
        tuple(Fit(one.model, ".".join(part for part in (key, one.key) if part), one.outputs) for one in fits),
        None if kernel is None else len(kernel) - 2,
        None if kernel is None else kernel[1],
        _side(group),
        whole.said,
        refused(plain.stored, "") or "",
    )


def _side(group: Mapping[str, Stored]) -> int | None:
    """The side of a network's images, by its embeddings of the positions of square patches; None without them."""
    kernel = next((one.shape for one in group.values() if len(one.shape) == 4), None)
    embedded = next((one.shape for name, one in group.items() if _POSITIONS.search(name) and len(one.shape) == 3), None)
    if kernel is None or embedded is None or kernel[2] != kernel[3]:
        return None
    for extra in (0, 1, 2):  # positions of a class and of a teacher
        rows = math.isqrt(max(embedded[1] - extra, 0))
        if rows > 1 and rows * rows == embedded[1] - extra:
            return rows * kernel[2]
    return None


def _parts(contents: Contents) -> Iterator[Tensors]:
    """The dictionaries, those of an optimiser together as one."""
    moments: dict[str, Stored] = {}
    for key, group in contents.groups().items():
        if _is_beside(group):
            continue
        if is_optimiser(key):
            moments |= {f"{key}.{name}": one for name, one in group.items()}
        else:
            yield _part(key, "an average" if is_averaged(key) else "weights", group)
    if moments:
        yield _part(next(iter(moments)).partition(".")[0], "an optimiser's numbers", moments)


def _is_beside(group: Mapping[str, Stored]) -> bool:
    """Whether a dictionary has single numbers alone, as metrics are, and so no weights."""
    return not any(one.shape for one in group.values())


def _numbers(contents: Contents, source: str) -> dict[str, str]:
    """The single numbers of dictionaries that have nothing else, by their path."""
    found = {}
    for key, group in contents.groups().items():
        if _is_beside(group) and not is_optimiser(key):
            for name, one in group.items():
                found[f"{key}.{name}" if key else name] = _value(one, name, source)
    return found


def _value(one: Stored, name: str, source: str) -> str:
    try:
        value = read_tensor(one, name, source).item()
    except WeightsError:
        return "a number"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _part(key: str, what: str, group: Mapping[str, Stored]) -> Tensors:
    layers = [f"{name} {one}" for name, one in group.items() if len(one.shape) > 1] or [next(iter(group))]
    numbers = sum(math.prod(one.shape) for one in group.values())
    starts = tuple(dict.fromkeys(name.partition(".")[0] for name in group if "." in name))
    few = starts if 1 <= len(starts) <= 3 and not starts[0].isdigit() else ()
    return Tensors(key, what, len(group), numbers, layers[0], layers[-1], few)


# -- known networks ---------------------------------------------------------------------------------------------------
def _known(contents: Contents) -> Iterator[Fit]:
    """The networks of the zoo and of torchvision whose names and shapes are all in a file."""
    if not contents.stored:
        return
    outputs = _outputs(likeliest(contents))
    if outputs is None or outputs > _MOST_OUTPUTS:
        return
    kernel = next((one.shape for one in likeliest(contents).values() if len(one.shape) == 4), ())
    channels = kernel[1] if kernel and 1 <= kernel[1] <= _MOST_CHANNELS else 3
    for name, module in (*_zoo(outputs, channels), *_torchvision(contents, outputs)):
        wanted = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
        found = places(contents.stored, wanted)
        if found and found[0].fits:
            yield Fit(name, found[0].key, outputs)


def _outputs(group: Mapping[str, Stored]) -> int | None:
    """How many outputs a network has, by the last weight of more than one axis."""
    return next((one.shape[0] for one in reversed(list(group.values())) if len(one.shape) > 1 and one.shape[0]), None)


def _zoo(outputs: int, channels: int) -> Iterator[tuple[str, nn.Module]]:
    for name, entry in ZOO.items():
        yield f"zoo:{name}", entry.build(outputs, None, None, channels)


def _torchvision(contents: Contents, outputs: int) -> Iterator[tuple[str, nn.Module]]:
    starts = [start for sign, names in _FAMILIES.items() if _has(contents, sign) for start in names]
    models = _models() if starts else None
    if models is None:
        return
    for name in models.list_models(module=models):
        if name.startswith(tuple(starts)):
            extra = _AUXILIARY if name in ("googlenet", "inception_v3") else {}
            with suppress(NotImplementedError), torch.device("meta"):
                yield f"torchvision:{name}", models.get_model(name, weights=None, num_classes=outputs, **extra)


def _has(contents: Contents, sign: str) -> bool:
    return any(name == sign or name.endswith(f".{sign}") for name in contents.stored)


def _models() -> ModuleType | None:
    """torchvision's models; None where it is not there or does not fit this torch."""
    try:
        return import_torchvision("look for a network that fits").models
    except ConvscopeError:
        return None


__all__ = ["FileContents", "Fit", "Tensors", "describe_file", "is_weights_file"]
