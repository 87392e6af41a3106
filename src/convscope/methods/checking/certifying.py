"""Whether a traced network is the module that it was traced from, and what is said of its units is so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.graph import Network, PullOptions
from convscope.graph.nouns import Value
from convscope.graph.options import Gates
from convscope.graph.randomness import own_generators
from convscope.graph.running import as_map
from convscope.methods.checking.assumed import assumptions, suspicions
from convscope.methods.checking.certificate import Certificate, Compared, Evidence
from convscope.methods.checking.covering import coverings
from convscope.methods.checking.literal import Literal, within
from convscope.methods.checking.original import Original, OriginalRun, alike
from convscope.methods.deconv import Selection, project_all
from convscope.methods.inputs import chosen_layers
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

LAYERS = 8
"""How many layers are looked at where none are named."""

_UNITS, _PLACES = 2, 3  # units projected, and positions whose fields are looked at, of each layer
_ROUNDING = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""How far apart two ways to compute the same may be, relative to it. A switch of pooling may turn on the last bit."""

_PARTIAL = {
    *("slice", "select", "index", "index_select", "split", "split_with_sizes", "chunk", "unbind", "narrow"),
    *("upsample_bilinear2d", "upsample_bicubic2d"),
    *("amax", "amin", "max", "min", "median", "mode", "sort", "topk", "kthvalue", "adaptive_max_pool2d", "where"),
    *("maximum", "minimum", "gather", "scatter", "masked_fill", "index_put", "clamp", "clamp_min", "clamp_max"),
    *("round", "floor", "ceil", "sign", "gt", "lt", "ge", "le", "fmax", "fmin", "threshold", "hardsigmoid", "hardtanh"),
}
"""Operations whose gradient on one image need not reach all that their boxes hold: what is not the largest, channels of
other boxes, neighbours of weight zero."""


@dataclass(frozen=True)
class _Place:
    """A unit of a layer, by its number, on an image."""

    layer: str
    channel: int
    position: tuple[int, int] | None
    image: int = 0

    @property
    def at(self) -> tuple[int, ...]:
        return (self.channel, *(self.position or ()))

    def __str__(self) -> str:
        at = "" if self.position is None else f"@{self.position[0]},{self.position[1]}"
        return f"{self.layer}:{self.channel}{at} on image {self.image}"


@usual_settings()
def certify(
    net: Network,
    images: Tensor | None = None,
    *,
    module: Original | None = None,
    layers: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Certificate:
    """The evidence that a traced network is its module, and that its projections and fields are autograd's.

    Everything is compared in double precision where the module runs in it. Projections of units drawn at random are
    held against autograd over the steps, with the rules written out (`literal`), and the gradient's against autograd
    over the module itself; fields against the support of the gradient.

    Args:
        net: the network.
        images: normalised images (n, C, H, W), of which a few are enough; None for noise.
        module: what it was traced from; without it nothing is said of the network's being that module.
        layers: where units are drawn; None for some from the first to the last.
        seed: of units, positions, and noise.
        progress: called with the kinds of evidence that are done.

    Raises:
        UsageError: for a module that does not run on such images. UnknownLayer: for a layer that does not exist.
            ShapeError: for images of another shape.
    """
    draw = torch.Generator().manual_seed(seed)
    shown = "noise" if images is None else f"{len(images)} image{'s' * (len(images) != 1)}"
    noise = torch.randn(2, *net.input_shape, generator=draw, dtype=torch.float32) if images is None else images
    batch = net.check_images(noise)
    found = _Checking(net, batch, module, chosen_layers(net, layers, _spread_over(net, draw)), draw)
    evidence = []
    for done, one in enumerate(found.evidence(), 1):
        evidence.append(one)
        progress("check", done, max(done, found.kinds))
    found.remarks += suspicions(net)
    return Certificate(
        net.name, net.fingerprint, shown, seed, tuple(evidence), tuple(found.compared), assumptions(net),
        tuple(found.remarks),
    )  # fmt: skip


def _spread_over(net: Network, draw: torch.Generator) -> list[str]:
    """Layers from the first to the last, one drawn from each stretch, and the last."""
    names = list(net.layers.names)
    parts = np.array_split(np.arange(len(names)), min(LAYERS, max(len(names), 1)))
    chosen = [int(part[int(torch.randint(len(part), (), generator=draw))]) for part in parts if len(part)]
    return [names[i] for i in dict.fromkeys([*chosen[:-1], len(names) - 1])] if names else []


class _Checking:
    """The comparisons one after the other; what each compared is kept."""

    def __init__(
        self, net: Network, images: Tensor, module: Original | None, layers: Sequence[str], draw: torch.Generator
    ) -> None:
        self._native, self._native_images, self._layers, self._draw = net, images, layers, draw
        self._original = None if module is None else OriginalRun(module, net, images)
        self.net = net.to(dtype=torch.float64) if self._original is None else self._original.net
        self.images = images.to(self.net.dtype)
        self.bound = max(_ROUNDING[dtype] for dtype in (self.net.dtype, *_precisions(self.net)))
        self.places = list(self._drawn_places(layers))
        self.compared: list[Compared] = []
        self.remarks: list[str] = []

    @property
    def kinds(self) -> int:
        """How many kinds of evidence there are."""
        return 1 + len(self._compared_with)

    def evidence(self) -> Iterator[Evidence]:
        """One kind after the other; where answers differ from run to run nothing else can be compared."""
        random = self._randomness()
        yield random
        if random.verdict == "fails":
            why = "answers differ from run to run"
            yield from (Evidence.untried(name, what, why) for name, what in self._compared_with.items())
            return
        yield self._outputs()
        yield self._layers_of_the_module()
        yield self._as_it_runs()
        yield self._alone()
        yield self._gradients()
        yield from self._projections()
        yield self._coverings()
        yield from self._fields()

    @cached_property
    def _compared_with(self) -> dict[str, str]:
        """What is held against what, by the name of the evidence, in the order in which it is."""
        native = f"outputs as they are run, in {_said(self._native.dtype)}, against double precision"
        rules = [_rule(options, self.net) for options in self._treatments()]
        return {
            "outputs": f"outputs against the module's, in {_said(self.net.dtype)}",
            "layers": "layers against the modules of their names",
            "precision": native,
            "images": "the answer to an image, whatever others are run with it",
            "gradients": "projections by the gradient's rule against autograd over the module",
            **{name: f"projections by {name} against autograd over the steps" for name in rules},
            "covering": "what covering a square changes, by what changes alone against running everything again",
            **{self._fields_of(gates): "boxes of pixels against the gradient's support" for gates in self._ways()},
        }

    # -- runs ---------------------------------------------------------------------------------------------------------
    def _randomness(self) -> Evidence:
        """Whether three runs give one answer."""
        what = "answers of three runs"
        with own_generators():
            first, *others = (self._all_outputs(self.net, self.images) for _ in range(3))
        different = [name for name in first if not all(alike(first[name], other[name]) for other in others)]
        drawn = [f"output{f' {name!r}' if name else ''}" for name in different]
        drawn += [] if self._original is None else self._original.draws()
        if drawn:
            places = ", ".join(map(repr, self.net.program.random))
            steps = (
                f"numbers are drawn at {places}"
                if places
                else "no step is known to draw numbers (what does the module's forward draw?)"
            )
            said = f"random: {steps}; {' and '.join(drawn)} differ{'s' * (len(drawn) == 1)} from run to run"
            return Evidence("randomness", what, "fails", note=said)
        return Evidence("randomness", what, "holds", note="three runs give the same answer")

    def _outputs(self) -> Evidence:
        """The network's outputs against the module's."""
        name, what = "outputs", self._compared_with["outputs"]
        if self._original is None:
            return Evidence.untried(name, what, "no module was given")
        theirs, ours = self._original.outputs(self.images), self._all_outputs(self.net, self.images)
        return self._evidence(
            name,
            what,
            [
                self._difference(name, f"output {key or self.net.output} of image {i}", ours[key][i], theirs[key][i])
                for key in ours
                for i in range(len(self.images))
            ],
        )

    def _layers_of_the_module(self) -> Evidence:
        """The network's layers against what the modules of their names give."""
        name, what = "layers", self._compared_with["layers"]
        if self._original is None:
            return Evidence.untried(name, what, "no module was given")
        theirs = self._original.layers(self.net.layers.names)
        ours = self.net.run(self.images, list(theirs)) if theirs else {}
        found, others = [], []
        for key, tensor in theirs.items():
            mine = as_map(self.net.values[self.net.index_of(key)], tensor) if tensor.dim() > 2 else tensor
            if mine.shape == ours[key].shape and alike(ours[key], mine):
                found.append(self._difference(name, key, ours[key], mine))
            else:
                others.append(key)
        if others:
            self.remarks.append(
                f"{len(others)} layers are not what the modules of their names give, as these end in other operations: "
                f"{', '.join(others[:3])}"
            )
        self._same = set(theirs) - set(others)
        return self._evidence(name, what, found)

    def _as_it_runs(self) -> Evidence:
        """The outputs as they are computed usually, against those in double precision."""
        name, what = "precision", self._compared_with["precision"]
        if self.net.dtype == self._native.dtype:
            return Evidence.untried(name, what, "they are computed in one precision only")
        ours = self._all_outputs(self._native, self._native_images)
        exact = self._all_outputs(self.net, self.images)
        found = [self._difference(name, key or self.net.output, ours[key], exact[key]) for key in ours]
        return self._evidence(name, what, found, _ROUNDING[self._native.dtype])

    def _alone(self) -> Evidence:
        """Whether an image's answer depends on which others are run with it."""
        name, what = "images", self._compared_with["images"]
        if not self.net.program.any_batch:
            return Evidence.untried(name, what, "the network takes one image at a time")
        pair = torch.cat([self.images[:1], -self.images[-1:]])
        together, alone = (self._all_outputs(self.net, some) for some in (pair, pair[:1]))
        found = [
            self._difference(
                name, output.name or self.net.output, _first(value, together[output.name]), alone[output.name]
            )
            for output in self.net.program.outputs
            if _by_image(value := self.net.values[output.value])
        ]
        return self._evidence(name, what, found) if found else Evidence.untried(name, what, "no output is by image")

    @staticmethod
    def _all_outputs(net: Network, images: Tensor) -> dict[str, Tensor]:
        found = net.run_values(images, {output.value for output in net.program.outputs})
        return {output.name: found[output.value] for output in net.program.outputs}

    # -- signals ------------------------------------------------------------------------------------------------------
    def _drawn_places(self, layers: Sequence[str]) -> Iterator[_Place]:
        """Units and positions drawn for each layer, on one image after the other."""
        for layer in (self.net.layers[name] for name in dict.fromkeys(layers)):
            for image in range(_UNITS):
                channel, y, x = (self._number(n) for n in (layer.channels, layer.height, layer.width))
                yield _Place(layer.name, channel, (y, x) if layer.spatial else None, image % len(self.images))

    def _number(self, count: int) -> int:
        return int(torch.randint(count, (), generator=self._draw))

    def _gradients(self) -> Evidence:
        """The gradient's projections against autograd over the module."""
        name, what = "gradients", self._compared_with["gradients"]
        if self._original is None:
            return Evidence.untried(name, what, "no module was given")
        own = [name for name in self.net.layers.names if name in self._same]
        chosen = [own[i] for i in np.unique(np.linspace(0, len(own) - 1, LAYERS).round().astype(int))] if own else []
        places = list(self._drawn_places([*chosen, *self.net.listed_output]))
        images, layers, outputs = self._original.differentiable([place.layer for place in places])
        if not any(one.requires_grad for one in outputs.values()):
            return Evidence.untried(name, what, "the module passes no gradient")
        taken = next((one.name for one in self.net.program.outputs if one.value == self.net.program.output), None)
        if taken is not None:
            layers[self.net.output] = outputs[taken]
        options = PullOptions("gradient", gates="exact")
        places = [place for place in places if place.layer in layers and place.image < len(images)]
        found = []
        for place, ours in zip(places, self._ours(places, options), strict=True):
            value = as_map(self.net.values[self.net.index_of(place.layer)], layers[place.layer])
            theirs = _gradient(value[(place.image, *place.at)], images)[place.image]
            found.append(self._difference(name, str(place), ours, theirs))
        return self._evidence(name, what, found, note="" if found else "no unit that was drawn is the module's own")

    def _treatments(self) -> list[PullOptions]:
        """The rules that are tried, with gates held and exact where there are any."""
        rules = [PullOptions("deconvnet"), PullOptions("gradient"), PullOptions("guided")]
        return [*rules, PullOptions("gradient", gates="held")] if self.net.gated else rules

    def _projections(self) -> Iterator[Evidence]:
        """Projections by each rule against autograd over the steps."""
        treatments = self._treatments()
        found: dict[int, list[Compared]] = {number: [] for number in range(len(treatments))}
        wanted = {self.net.index_of(place.layer) for place in self.places}
        for image in sorted({place.image for place in self.places}):
            mine = [place for place in self.places if place.image == image]
            literal = Literal(self.net, self.images[image : image + 1], wanted)
            for number, options in enumerate(treatments):
                ours = self._ours(mine, options)
                for place, one in zip(mine, ours, strict=True):
                    theirs = literal.signal(options, self.net.index_of(place.layer), place.at)
                    found[number].append(self._difference(_rule(options, self.net), str(place), one, theirs))
        for number, options in enumerate(treatments):
            name = _rule(options, self.net)
            yield self._evidence(name, self._compared_with[name], found[number])

    def _ours(self, places: Sequence[_Place], options: PullOptions) -> list[Tensor]:
        """The projections of units, as whole images."""
        about: dict[str, Any] = {"rule": options.rule, "lrn": options.lrn, "gates": options.gates}
        asked = [
            Selection(
                place.layer,
                [place.image],
                [place.channel],
                None if place.position is None else np.asarray([place.position]),
                "one",
            )
            for place in places
        ]
        return [found.full()[0] for found in project_all(self.net, self.images, asked, **about)]

    def _coverings(self) -> Evidence:
        """What covering squares changes, as `occlude` finds it, against whole runs."""
        name, what = "covering", self._compared_with["covering"]
        both = coverings(self.net, self.images, self._layers, self._draw)
        found = [self._difference(name, said, ours, theirs) for said, ours, theirs in both]
        why = "covering changes nothing, or everything is run again in any case"
        return self._evidence(name, what, found) if found else Evidence.untried(name, what, why)

    # -- fields -------------------------------------------------------------------------------------------------------
    def _fields(self) -> Iterator[Evidence]:
        """The boxes that positions are said to see, against those around all pixels that reach them."""
        image = (
            torch.rand(1, *self.net.input_shape, generator=self._draw, dtype=torch.float64).to(self.net.device) + 0.5
        )
        indices = {self.net.index_of(name) for name in self._layers}
        literal = Literal(self.net, image.to(self.net.dtype), indices, structure=self._draw)
        for gates in self._ways():
            name = self._fields_of(gates)
            found = [self._field(name, literal, layer, gates) for layer in self._layers for _ in range(_PLACES)]
            yield self._evidence(name, self._compared_with[name], found, 0.0)

    def _ways(self) -> list[Gates]:
        return ["held", "exact"] if self.net.gated else ["exact"]

    def _fields_of(self, gates: Gates) -> str:
        return f"fields{f' (gates {gates})' if self.net.gated else ''}"

    def _field(self, name: str, literal: Literal, named: str, gates: Gates) -> Compared:
        """How many rows and columns a box is off: what is seen beyond it, or, where it is said to be exact, less."""
        layer, index = self.net.layer(named, gates=gates), self.net.index_of(named)
        position = (self._number(layer.height), self._number(layer.width)) if layer.spatial else None
        options = PullOptions(gates=gates)
        seen = np.asarray(literal.support(options, index, position))
        said = self.net.reach(named, np.asarray([position or (0, 0)]), gates=gates).numpy()[0]
        no_larger = layer.exact and self._fills(named, options)
        if not seen.any():
            return Compared(name, f"{named} at {position}", float(no_larger and said.any()), empty=True)
        off = np.concatenate([said[:2] - seen[:2], seen[2:] - said[2:]])
        if no_larger:
            off = np.abs(off)
        return Compared(name, f"{named} at {position}" if position else named, float(off.max(initial=0).clip(0)))

    def _fills(self, named: str, options: PullOptions) -> bool:
        """Whether each operation passes all that it reads to the gradient, so that its support is what can be seen."""
        cone = self.net.cone(named, options)
        standing = {
            i
            for step in cone  # one that stands for others; those of it are steps like any other to a unit among them
            if step is self.net.activations.get(step.index) and not step.unnamed
            for i in within(self.net, step.index)
        }
        return not any(step.op in _PARTIAL and step.index not in standing for step in cone)

    # -- comparing ----------------------------------------------------------------------------------------------------
    def _difference(self, name: str, what: str, found: Tensor, expected: Tensor) -> Compared:
        """|found - expected| / |expected|; infinite where one alone is zero, or they have other shapes."""
        ours, theirs = found.detach().double(), expected.detach().double()
        if ours.shape != theirs.shape:
            return Compared(name, what, float("inf"))
        size, off = float(theirs.norm()), float((ours - theirs).norm())
        error = off / size if size > 0 else 0.0 if off == 0 else float("inf")
        return Compared(name, what, error, empty=size == 0 and off == 0)

    def _evidence(
        self, name: str, what: str, found: list[Compared], bound: float | None = None, note: str = ""
    ) -> Evidence:
        self.compared += found
        return Evidence.of(name, what, found, self.bound if bound is None else bound, note)


def _by_image(value: Value) -> bool:
    """Whether a value has a part for each image, in whichever dimension."""
    return value.batch_at is not None and value.batch_at[2] == 0


def _first(value: Value, made: Tensor) -> Tensor:
    """The first image's part."""
    dim, each, _ = value.batch_at or (0, 1, 0)
    return made.narrow(dim, 0, each)


def _gradient(number: Tensor, images: Tensor) -> Tensor:
    if not number.requires_grad:
        return torch.zeros_like(images)
    (found,) = torch.autograd.grad(number, images, retain_graph=True, allow_unused=True)
    return torch.zeros_like(images) if found is None else found


def _precisions(net: Network) -> list[torch.dtype]:
    """In which a network computes besides its own."""
    kinds = [step.call.bind().get("dtype") for step in net.steps if step.op in ("to_copy", "to")]
    return [kind for kind in kinds if kind in _ROUNDING]


def _rule(options: PullOptions, net: Network) -> str:
    return f"{options.rule}{f' (gates {options.treated})' if net.gated else ''}"


def _said(dtype: torch.dtype) -> str:
    return {torch.float64: "double precision", torch.float32: "single precision"}.get(dtype, str(dtype)[6:])


__all__ = ["LAYERS", "certify"]
