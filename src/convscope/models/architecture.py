"""AlexNet and ZFNet as Zeiler & Fergus trained them, and every variant of their Table 3, from one builder.

Published ports of these networks differ in padding, pooling, and the place of normalisation. Here the sizes follow the
rule of the code that the paper was built on (cuda-convnet: outputs = 1 + ceil((2 * padding + input - kernel) /
stride), windows overhanging on the right and bottom only), which gives the paper's 224 -> 110 -> 55 -> 26 -> 13 -> 6
without padding in ZFNet's first two layers. PyTorch's convolutions round down, so the overhang becomes an explicit
zero pad (`pad1`) of the right and bottom edges; pools use `ceil_mode`. Window i of conv1 therefore starts at pixel 2i
exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from convscope.errors import UsageError

NormOrder = Literal["pool-norm", "norm-pool"]
_LARGEST = 1 << 20  # maps, units and pixels: larger layers than anybody computes
_WIDEST = 64


@dataclass(frozen=True)
class Conv:
    """One convolutional layer: convolution, ReLU, then 3x3/2 max pool and normalisation where `pool` and `norm` say so.

    `number` is the layer's number in the paper; it names the modules (conv3, relu3) and stays when others are removed.
    """

    number: int
    maps: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    pool: bool = False
    norm: bool = False


@dataclass(frozen=True)
class Full:
    """One hidden fully connected layer: linear map, ReLU, dropout."""

    number: int
    width: int


@dataclass(frozen=True)
class Norm:
    """Local response normalisation across maps: x / (k + alpha / size * sum of squares over `size` maps) ** beta.

    alpha is divided by size, as in cuda-convnet, Caffe and PyTorch. AlexNet's printed formula does not divide:
    `Norm(alpha=5e-4)`.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0


@dataclass(frozen=True)
class Architecture:
    """A network of the paper's family: what `build` needs, and nothing else. All changes give a new value.

    >>> ZFNET.without(3, 4).scaled(input_size=128, width=0.5).describe()
    '48c7/2-128c5/2-128c3-2048-2048-1000 from 128x128'
    """

    name: str
    convs: tuple[Conv, ...]
    fulls: tuple[Full, ...]
    outputs: int = 1000
    input_size: int = 224
    channels: int = 3
    norm: Norm | None = Norm()
    order: NormOrder = "pool-norm"
    dropout: float = 0.5
    mean_image: bool = False
    """Whether the network itself subtracts an image from its input, in a first layer `mean`: see `MeanImage`."""

    def __post_init__(self) -> None:
        parts = {"input_size": self.input_size, "outputs": self.outputs, "channels": self.channels}
        for layer in (*self.convs, *self.fulls):
            parts |= {f"{name} of layer {layer.number!r}": value for name, value in vars(layer).items()}
        for name, value in parts.items():
            zero = name.startswith(("padding", "pool", "norm"))
            if not isinstance(value, int) or not (0 if zero else 1) <= value <= _LARGEST:
                raise UsageError(f"an architecture's {name} is a whole number from 1 to {_LARGEST}, found {value!r}")

    def without(self, *numbers: int) -> Self:
        """The network less the layers of these numbers, all else unchanged (Table 3: 3, 4; 7; 6, 7; 3, 4, 6, 7).

        Raises:
            UsageError: if a layer of such a number does not exist or is the output layer.
        """
        self._check_numbers(numbers)
        convs = tuple(conv for conv in self.convs if conv.number not in numbers)
        if not convs:
            raise UsageError(
                f"{self.name} without layers {', '.join(map(str, numbers))} has no convolution left: keep one"
            )
        fulls = tuple(full for full in self.fulls if full.number not in numbers)
        return replace(self, name="_".join([self.name, "without", *map(str, numbers)]), convs=convs, fulls=fulls)

    def with_widths(self, widths: Mapping[int, int], *, name: str | None = None) -> Self:
        """The network with so many maps or units in the layers of these numbers.

        >>> ZFNET.with_widths({3: 512, 4: 1024, 5: 512}).describe()
        '96c7/2-256c5/2-512c3-1024c3-512c3-4096-4096-1000 from 224x224'
        """
        self._check_numbers(widths)
        convs = tuple(replace(conv, maps=widths.get(conv.number, conv.maps)) for conv in self.convs)
        fulls = tuple(replace(full, width=widths.get(full.number, full.width)) for full in self.fulls)
        label = "_".join(f"{number}x{width}" for number, width in sorted(widths.items()))
        return replace(self, name=name or f"{self.name}_{label}", convs=convs, fulls=fulls)

    def scaled(
        self,
        *,
        input_size: int | None = None,
        width: float = 1.0,
        outputs: int | None = None,
        channels: int | None = None,
    ) -> Self:
        """The network for another input size, for another number of classes, or with `width` times the maps and units.

        `channels` are those of its input.

        Widths are rounded to multiples of 8, which keeps them divisible by the groups and quick to compute.

        Raises:
            UsageError: if width is not positive, or the input is so small that a layer has no position left.
        """
        if not 0 < width <= _WIDEST:
            raise UsageError(f"width={width} asked for: give a positive factor up to {_WIDEST}, such as 0.5")

        def scale(count: int) -> int:
            return count if width == 1 else max(8, 8 * round(count * width / 8))

        size = self.input_size if input_size is None else input_size
        scaled = replace(
            self,
            convs=tuple(replace(conv, maps=scale(conv.maps)) for conv in self.convs),
            fulls=tuple(replace(full, width=scale(full.width)) for full in self.fulls),
            input_size=size,
            outputs=self.outputs if outputs is None else outputs,
            channels=self.channels if channels is None else channels,
            name=self.name + ("" if size == self.input_size else f"_{size}px") + ("" if width == 1 else f"_x{width:g}"),
        )
        scaled.sizes()
        return scaled

    def ungrouped(self) -> Self:
        """The network with every map connected to every map below it, as the paper made ZFNet."""
        return replace(self, name=f"{self.name}_dense", convs=tuple(replace(conv, groups=1) for conv in self.convs))

    def sizes(self) -> dict[str, int]:
        """Height (and width) of every spatial layer's maps, by layer name, in order.

        >>> list(ZFNET.sizes().values())
        [110, 55, 26, 13, 13, 13, 13, 6]
        """
        sizes: dict[str, int] = {}
        size = self.input_size
        for conv in self.convs:
            size = self._output(size, conv.kernel, conv.stride, conv.padding, f"conv{conv.number}")
            sizes[f"conv{conv.number}"] = size
            if conv.pool:
                size = self._output(size, 3, 2, 0, f"pool{conv.number}")
                sizes[f"pool{conv.number}"] = size
        return sizes

    def describe(self) -> str:
        """One line: maps, kernel and stride of the convolutions, widths of the rest, and the input."""
        convs = [f"{c.maps}c{c.kernel}" + (f"/{c.stride}" if c.stride > 1 else "") for c in self.convs]
        widths = [str(width) for width in (*(full.width for full in self.fulls), self.outputs)]
        depth = "" if self.channels == 3 else f"x{self.channels}"
        return f"{'-'.join(convs + widths)} from {self.input_size}x{self.input_size}{depth}"

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values, for checkpoints and manifests."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The architecture that `to_json` wrote."""
        try:
            convs = tuple(Conv(**conv) for conv in fields["convs"])
            fulls = tuple(Full(**full) for full in fields["fulls"])
            norm = None if fields["norm"] is None else Norm(**fields["norm"])
            return cls(**{**fields, "convs": convs, "fulls": fulls, "norm": norm})
        except (KeyError, TypeError, OverflowError, AttributeError) as error:
            raise UsageError(f"not the description of an architecture: {error}") from error

    def _check_numbers(self, numbers: Mapping[int, int] | tuple[int, ...]) -> None:
        known = [layer.number for layer in (*self.convs, *self.fulls)]
        for number in numbers:
            if number not in known:
                raise UsageError(
                    f"{self.name} has no hidden layer {number}: its layers are {', '.join(map(str, known))}"
                )

    def _output(self, size: int, kernel: int, stride: int, padding: int, layer: str) -> int:
        if size + 2 * padding < kernel:
            raise UsageError(
                f"{self.name} cannot take {self.input_size}x{self.input_size} inputs: {layer} slides a "
                f"{kernel}x{kernel} window and is left with {size}x{size}; use a larger input_size"
            )
        return ceil_size(size, kernel, stride, padding)


def ceil_size(size: int, kernel: int, stride: int, padding: int = 0) -> int:
    """Outputs of a sliding window by cuda-convnet's rule, which lets the last window overhang the input.

    >>> ceil_size(224, 7, 2), ceil_size(224, 11, 4)
    (110, 55)
    """
    return 1 - (-(2 * padding + size - kernel) // stride)


ZFNET = Architecture(
    name="zfnet",
    convs=(
        Conv(1, 96, kernel=7, stride=2, pool=True, norm=True),
        Conv(2, 256, kernel=5, stride=2, pool=True, norm=True),
        Conv(3, 384, kernel=3, padding=1),
        Conv(4, 384, kernel=3, padding=1),
        Conv(5, 256, kernel=3, padding=1, pool=True),
    ),
    fulls=(Full(6, 4096), Full(7, 4096)),
)
"""The paper's Fig. 3: 62,357,608 parameters."""

# The paper calls its replication "the exact architecture" of Krizhevsky et al., and lists dense connections as
# something that its own network changed: so the replication has the two-GPU groups (layers 2, 4, 5).
# `ALEXNET.ungrouped()` is the other reading.
ALEXNET = Architecture(
    name="alexnet",
    convs=(
        Conv(1, 96, kernel=11, stride=4, pool=True, norm=True),
        Conv(2, 256, kernel=5, padding=2, groups=2, pool=True, norm=True),
        Conv(3, 384, kernel=3, padding=1),
        Conv(4, 384, kernel=3, padding=1, groups=2),
        Conv(5, 256, kernel=3, padding=1, groups=2, pool=True),
    ),
    fulls=(Full(6, 4096), Full(7, 4096)),
    order="norm-pool",
)
"""The paper's replication of Krizhevsky et al. 2012, from 224x224 crops: 60,965,224 parameters."""


def _variants(base: Architecture) -> dict[str, Architecture]:
    """The base and its variants in the paper's Table 3, by name; the paper trained some for one base only."""
    wide_name = f"{base.name}_512_1024_512"
    wide = base.with_widths({3: 512, 4: 1024, 5: 512}, name=wide_name)
    variants = [
        base,
        base.without(3, 4),
        base.without(7),
        base.without(6, 7),
        base.without(3, 4, 6, 7),
        base.with_widths({6: 2048, 7: 2048}, name=f"{base.name}_fc2048"),
        base.with_widths({6: 8192, 7: 8192}, name=f"{base.name}_fc8192"),
        wide,
        wide.with_widths({6: 8192, 7: 8192}, name=f"{wide_name}_fc8192"),
    ]
    return {variant.name: variant for variant in variants}


VARIANTS: dict[str, Architecture] = {**_variants(ALEXNET), **_variants(ZFNET)}
"""Both networks with every change of Table 3, by name, such as zfnet_512_1024_512 or alexnet_without_3_4."""
