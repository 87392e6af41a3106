"""A traced network as it lies there: its layers and units, what they see of the image, what its output means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.errors import UsageError, WrongType, nearest
from convscope.graph.activations import activations
from convscope.graph.dictionary import MARK
from convscope.graph.fingerprint import fingerprint
from convscope.graph.heads import Head, Scores
from convscope.graph.layers import LayerList
from convscope.graph.listing import documents_of
from convscope.graph.meaning import Ends, choose, head_of
from convscope.graph.names import container_names
from convscope.graph.nonfinite import nonfinite
from convscope.graph.nouns import Layer, Unit, UnitLike, Value
from convscope.graph.options import Gates, PullOptions
from convscope.graph.placing import boxes_of, crops_of, reach_of
from convscope.graph.program import Program
from convscope.graph.pulling import cone
from convscope.graph.randomness import own_generators
from convscope.graph.running import Folding, Runner
from convscope.graph.sight import Sight
from convscope.graph.stages import stage_layers
from convscope.graph.steps import Step
from convscope.graph.steps.silencing import bare
from convscope.settings import usual_settings
from convscope.shown import Shown

RECIPES = ("imagenet", "unit")
"""What preprocessing may be called; what the names mean is known where images are."""
_NAMED = 3  # steps with weights that are no numbers


class Traced(Shown):
    """What is known of a network before it is run: `Network` is made, moved and run."""

    def __init__(
        self,
        program: Program,
        *,
        name: str = "network",
        preprocess: Any = None,
        classes: Sequence[str] | None = None,
        folding: Folding = "fold",
        output: str | int | None = None,
        scores: Scores = "auto",
        class_count: int | None = None,
    ) -> None:
        if not isinstance(program, Program):
            raise WrongType(
                f"program=<{type(program).__name__}>: a network is traced: "
                "Network.trace(module, (channels, height, width))"
            )
        if isinstance(preprocess, str) and preprocess not in RECIPES:
            close = nearest(preprocess, RECIPES)
            raise UsageError(f"no preprocessing '{preprocess}'{close} (by name there are {', '.join(RECIPES)})")
        self.program: Program = program  # whose output is settled below
        self.name = name
        self.preprocess = preprocess
        self.classes: tuple[str, ...] | None = None if classes is None else tuple(classes)
        self.folding: Folding = folding
        self.scores: Scores = scores
        self._class_count = len(self.classes) if self.classes else class_count
        self._asked_output = output
        self._taken, self._chosen = choose(
            program.outputs, program.values, asked=output, classes=self._class_count, layers=self._index, network=name
        )
        self.program = replace(program, output=self._taken.value)

    @usual_settings()
    def __repr__(self) -> str:
        return f"{self.summary}\n{self.layers!r}"

    @property
    def summary(self) -> str:
        """What it is, in a line; also where its weights are no numbers.

        >>> from convscope import Network
        >>> Network.trace(torch.nn.Conv2d(3, 8, 3), (3, 16, 16), name="small").summary
        'small: 1 layer, input 3x16x16, output conv2d'
        """
        count = f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}"
        said = f"{self.name}: {count}, input {'x'.join(map(str, self.input_shape))}, output {self.output}"
        return f"{said}; weights {self.broken}" if self.nonfinite else said

    @property
    def broken(self) -> str:
        """Where its weights are no numbers, in words; "" where all of them are."""
        named = ", ".join(map(repr, self.nonfinite[:_NAMED])) + (" ..." if len(self.nonfinite) > _NAMED else "")
        return f"hold NaN or infinite values, at {named}" if self.nonfinite else ""

    def to_json(self) -> dict[str, Any]:
        """What it is and its layers, as JSON values."""
        return {
            "name": self.name,
            "input_shape": list(self.input_shape),
            "output": self.output,
            "meaning": self.meaning,
            "fingerprint": self.fingerprint,
            "nonfinite": list(self.nonfinite),
            "layers": documents_of(self.layers, self.layers.stages()),
        }

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of its images."""
        return self.program.input_shape

    @property
    def steps(self) -> tuple[Step, ...]:
        """The operations in execution order."""
        return self.program.steps

    @property
    def values(self) -> tuple[Value, ...]:
        """What is known of every value; value 0 is the image."""
        return self.program.values

    @property
    def dtype(self) -> torch.dtype:
        """The floating dtype of its images."""
        return self.program.dtype

    @cached_property
    def device(self) -> torch.device:
        """The device of its weights."""
        return next((tensor.device for tensor in self.program.constants()), torch.device("cpu"))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {step.name: step.index for step in self.steps if self.values[step.index].addressable}

    @cached_property
    def activations(self) -> dict[int, Step]:
        """The steps that stand for others when signals are carried back, by the value they make: see `activations`."""
        like = torch.zeros((), dtype=self.dtype, device=self.device)
        outputs = {self.program.output, *(one.value for one in self.program.outputs)}
        return activations(self.steps, self.values, outputs, like)

    @cached_property
    def _pulled(self) -> list[Step]:
        return [self.activations.get(step.index, step) for step in self.steps]

    @cached_property
    def _sight(self) -> Sight:
        return Sight(self.program, self._pulled)

    @cached_property
    def layers(self) -> LayerList:
        """The layers whose units have names: all maps and vectors, in execution order."""
        names = {index: name for name, index in self._index.items()}
        origins = [(self.program.origins[i], i) for i in names]
        aliases = container_names(origins, self._index)
        aliases |= {k: v for k, v in self.program.aliases.items() if k not in self._index}
        readable = {alias: names[i] for alias, i in aliases.items() if i in names}
        readable |= {
            f"{alias}{MARK}{tap.name.partition(MARK)[2]}": tap.name
            for tap in self.program.taps
            for alias, i in aliases.items()
            if i == tap.source
        }
        layers = [self._sight.layer(step) for step in self.steps if step.index in names]
        return LayerList(layers, readable, self._stages(), self.name)

    def _stages(self) -> list[str]:
        """The layers to look at by default, those that are directions among them, and what these are directions of."""
        taps = {i: tap for tap in self.program.taps for i in (tap.linear, tap.code)}
        steps = [bare(step) for step in self._pulled if step.index not in taps]
        beside = [name for tap in self.program.taps for name in (self.steps[tap.source - 1].name, tap.name)]
        found = [*stage_layers(steps, self.values, self.program.output), *beside]
        return sorted(dict.fromkeys(found), key=lambda name: self._index.get(name, len(self.steps)))

    @property
    def gated(self) -> bool:
        """Whether it has gates, which may be held while signals are carried back."""
        return self._sight.gated

    @cached_property
    def output(self) -> str:
        """The name of what makes the output that is looked at: a classifier's logits. It need not be a listed layer."""
        return self.steps[self.program.output - 1].name

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of all outputs of the model: their keys or places, "" for one alone."""
        return tuple(output.name for output in self.program.outputs)

    @property
    def listed_output(self) -> tuple[str, ...]:
        """The output's name if it is a layer, with units that have names, else nothing."""
        return (self.output,) if self.output in self._index else ()

    @cached_property
    def head(self) -> Head:
        """What the output means: how its numbers become scores.

        Raises:
            UsageError: if it has no numbers for each image, or `scores` contradict what the network ends in.
        """
        like = torch.zeros((), dtype=self.dtype, device=self.device)
        ends = Ends([bare(step) for step in self.steps], self.values, like, lambda: self.activations, self._on_noise)
        return head_of(
            self._taken, self._chosen, ends=ends, scores=self.scores, classes=self._class_count, network=self.name
        )

    @usual_settings()
    def _on_noise(self, number: int) -> Tensor:
        """A value for one image of noise, always the same."""
        noise = torch.randn(1, *self.input_shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu")
        image = noise.to(self.device, self.dtype)
        with own_generators():
            return Runner(self.program, self.name, "none").values(image, {number}, "none")[number]

    @property
    def meaning(self) -> str:
        """What the output is taken for, in words, or why it has no meaning; and which outputs there are.

        >>> from convscope import Network
        >>> Network.trace(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1)), (3, 2, 2)).meaning
        'one output: taken as the logit of class 1 (sigmoid)'
        """
        others = f"; outputs: {', '.join(self.outputs)}" if len(self.outputs) > 1 else ""
        try:
            return self.head.summary + others
        except UsageError as error:
            return f"{error}{others}"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the operations, their arguments and the weights, as hexadecimal digits."""
        return fingerprint(self.program)

    @cached_property
    def nonfinite(self) -> tuple[str, ...]:
        """The names of the steps whose weights hold NaN or infinite values: nothing that comes of them says much."""
        return nonfinite(self.program)

    def index_of(self, layer: str) -> int:
        """The value that a layer's name, a container's name, or the output's stands for.

        Raises:
            UnknownLayer: if there is no such layer.
        """
        if layer == self.output and layer not in self._index:
            return self.program.output
        return self._index[self.layers[layer].name]

    def unit(self, unit: UnitLike) -> Unit:
        """The unit with its layer's full name, checked to exist.

        Raises:
            UsageError: if the text is not a unit.
            UnknownLayer: if the layer does not exist, or has no such channel or position.
        """
        return self.layers.unit(unit)

    def layer(self, name: str, *, gates: Gates = "held") -> Layer:
        """A layer as `layers` lists it, with the field that its units have where gates are held, or exact.

        Raises:
            UnknownLayer: if it does not exist.
        """
        return self._sight.layer(self.steps[self.index_of(name) - 1], gates)

    def boxes(self, layer: str, positions: Tensor | np.ndarray, *, gates: Gates = "held") -> Tensor:
        """The receptive fields (n, 4), y0 x0 y1 x1 in pixels, of `positions` (n, 2), y x, of a layer.

        Each has its own size, and may reach beyond the image if it is smaller than that; where the layer's field is not
        `exact`, it holds what is seen. With `gates` held it is what the trunk sees.
        """
        return self._sight.of(boxes_of, self.index_of(layer), positions, gates)

    def crops(self, layer: str, positions: Tensor | np.ndarray, *, gates: Gates = "held") -> Tensor:
        """Boxes (n, 4), y0 x0 y1 x1 in pixels, that hold the receptive fields of `positions` (n, 2): to be looked at.

        All of a layer have one size and may reach beyond the image; where a unit can see all of an axis, the box is
        that axis.
        """
        return self._sight.of(crops_of, self.index_of(layer), positions, gates)

    def reach(self, layer: str, positions: Tensor | np.ndarray, *, gates: Gates = "exact") -> Tensor:
        """The smallest boxes (n, 4), y0 x0 y1 x1, that hold all pixels which can influence `positions` (n, 2), y x.

        Unlike `boxes`, they lie within the image: near a border less of it is seen; and gates count. A position that
        sees nothing (between the kernels of a transposed convolution, say) has the empty box 0 0 0 0.
        """
        return self._sight.of(reach_of, self.index_of(layer), positions, gates)

    def cone(self, layer: str, options: PullOptions | None = None) -> list[Step]:
        """The steps that a signal at a layer goes back through, in execution order; past gates that `options` hold."""
        return cone(self.steps, self.index_of(layer), self.activations, options)


__all__ = ["Traced"]
