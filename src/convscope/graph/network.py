"""The traced network: what all methods look at instead of the user's module."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

from convscope.errors import ShapeError, UnknownLayer, UsageError, nearest
from convscope.graph.activations import activations
from convscope.graph.export import export_module, functional
from convscope.graph.fusing import Action, plan
from convscope.graph.heads import Head, Scores, choose, head_of
from convscope.graph.listing import documents_of, rows_of, table_of
from convscope.graph.lower import Program, lower
from convscope.graph.names import container_names
from convscope.graph.nouns import Layer, Unit, Value
from convscope.graph.options import Gates, PullOptions
from convscope.graph.outside import python_draws
from convscope.graph.placing import Seen, boxes_of, crops_of, field_of, reach_of, seen
from convscope.graph.pulling import cone
from convscope.graph.randomness import Randomness, refuse
from convscope.graph.running import Running, as_map
from convscope.graph.stages import stage_layers
from convscope.graph.steps import Step
from convscope.kernels import reduction
from convscope.kernels.reduction import Asked, Reduced
from convscope.settings import each_in_usual_settings, usual_settings
from convscope.shown import Shown

Folding = Literal["fold", "none"]


class LayerList(Shown):
    """The addressable layers of a network in execution order, a table; looked up by number or by name."""

    def __init__(self, layers: Iterable[Layer], aliases: dict[str, str], stages: Sequence[str], model: str) -> None:
        self._layers = tuple(layers)
        self._by_name = {layer.name: layer for layer in self._layers}
        self._aliases = aliases
        self._stages = tuple(stages)
        self._model = model

    def __len__(self) -> int:
        return len(self._layers)

    @overload
    def __getitem__(self, key: str) -> Layer: ...
    @overload
    def __getitem__(self, key: int) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Layer, ...]: ...
    def __getitem__(self, key: str | int | slice) -> Layer | tuple[Layer, ...]:
        """The layer of a name (a container's name is that of its last layer), a number, or a slice of layers.

        Raises:
            UnknownLayer: if there is no layer of that name; the message names the nearest.
        """
        if not isinstance(key, str):
            return self._layers[key]
        found = self._by_name.get(self._aliases.get(key, key))
        if found is None:
            close = nearest(key, (*self._by_name, *self._aliases))
            raise UnknownLayer(
                f"layer '{key}' is not in {self._model}{close} ({len(self)} layers: run `convscope layers MODEL`)"
            )
        return found

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __contains__(self, key: object) -> bool:
        return key in self._by_name or key in self._aliases or key in self._layers

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all layers, in execution order."""
        return tuple(self._by_name)

    def rows(self) -> list[dict[str, Any]]:
        """One row a layer: name, op, channels, height, width, and size, stride and offset of its receptive field."""
        return rows_of(self._layers)

    def __repr__(self) -> str:
        return table_of(self._layers).text()

    def stages(self) -> tuple[str, ...]:
        """The names of the layers to look at by default: the last complete one of each map size, in execution order."""
        return self._stages


class Network(Shown):
    """A CNN traced into steps, with its weights; independent of the module it came from.

    The network is always in eval mode: dropout passes on, batch norm uses its running statistics.
    """

    def __init__(
        self,
        program: Program,
        *,
        name: str,
        preprocess: Any = None,
        classes: Sequence[str] | None = None,
        folding: Folding = "fold",
        output: str | int | None = None,
        scores: Scores = "auto",
        class_count: int | None = None,
    ) -> None:
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
        self._plans: dict[tuple[frozenset[int], Folding, bool], list[Action]] = {}

    # -- making -------------------------------------------------------------------------------------------------------
    @classmethod
    @usual_settings("as set")
    def trace(
        cls,
        module: nn.Module,
        input_shape: tuple[int, int, int],
        *,
        name: str | None = None,
        preprocess: Any = None,
        classes: Sequence[str] | None = None,
        copy: bool = True,
        folding: Folding = "fold",
        randomness: Randomness = "refuse",
        output: str | int | None = None,
        scores: Scores = "auto",
    ) -> Network:
        """The network that `module` is in eval mode, for images of `input_shape` (channels, height, width).

        The module itself is left exactly as it was, its train or eval mode included. With `copy` the network has
        weights of its own; without, it shares the module's, and is valid until they change. `folding`: "fold" runs
        batch norm within the convolution before it where nobody asks for what is between (equal up to rounding),
        "none" does not. `randomness`: "refuse" a network that gives another answer each time (dropout left on), or
        "allow" it. `output`: which of several outputs is looked at, by its key, its place, or a layer's name; by
        default the last vector with a number for each of `classes`, else the first vector. `scores`: what its numbers
        are, "softmax" (logits of classes that exclude each other), "sigmoid" (of classes each there or not), "none"
        (values); by default what the network ends in, else a logit or logits. `Network.head` says what was taken.

        Raises:
            ShapeError: if `input_shape` is not three positive integers.
            UsageError: if there is no such output.
            TraceError: if torch.export cannot follow the model, it is not a function of one batch of images, or it is
                random.

        >>> import torch
        >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()), (3, 9, 9))
        >>> [(layer.name, layer.op, layer.shape) for layer in net.layers]
        [('0', 'conv2d', (8, 7, 7)), ('1', 'relu', (8, 7, 7))]
        """
        if not isinstance(module, nn.Module):
            raise UsageError(f"a torch.nn.Module is needed, not {type(module).__name__}")
        with python_draws() as drawn:
            exported = export_module(module, input_shape)
        program, name = lower(exported), name or type(module).__name__
        refuse(randomness, name, program.random, drawn)
        net = cls(
            program, name=name, preprocess=preprocess, classes=classes, folding=folding, output=output, scores=scores
        )
        return net._moved(lambda tensor: _laid_out(tensor.clone() if copy else tensor))

    @classmethod
    @usual_settings("as set")
    def from_export(
        cls,
        program: ExportedProgram,
        *,
        name: str = "exported program",
        preprocess: Any = None,
        classes: Sequence[str] | None = None,
        randomness: Randomness = "refuse",
        output: str | int | None = None,
        scores: Scores = "auto",
    ) -> Network:
        """The network of a program made by torch.export (in eval mode), such as one read from a .pt2 file.

        `randomness`, `output` and `scores` are those of `trace`.

        Raises:
            TraceError: if it is not a function of one batch of images, was exported for a fixed batch above one, or is
                random.
        """
        lowered = lower(functional(program))
        refuse(randomness, name, lowered.random, ())
        net = cls(lowered, name=name, preprocess=preprocess, classes=classes, output=output, scores=scores)
        return net._moved(_laid_out)

    @usual_settings()
    def __repr__(self) -> str:
        return f"{self.summary}\n{self.layers!r}"

    @property
    def summary(self) -> str:
        """What it is, in a line.

        >>> Network.trace(torch.nn.Conv2d(3, 8, 3), (3, 16, 16), name="small").summary
        'small: 1 layer, input 3x16x16, output conv2d'
        """
        count = f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}"
        return f"{self.name}: {count}, input {'x'.join(map(str, self.input_shape))}, output {self.output}"

    def to_json(self) -> dict[str, Any]:
        """What it is and its layers, as JSON values."""
        return {
            "name": self.name,
            "input_shape": list(self.input_shape),
            "output": self.output,
            "meaning": self.meaning,
            "fingerprint": self.fingerprint,
            "layers": documents_of(self.layers, self.layers.stages()),
        }

    def to(self, device: torch.device | str | None = None, *, dtype: torch.dtype | None = None) -> Network:
        """The same network on another device or with another floating dtype."""

        def move(tensor: Tensor) -> Tensor:
            return _laid_out(tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else None))

        return self._moved(move, dtype, device)

    def _moved(
        self,
        move: Callable[[Tensor], Tensor],
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Network:
        memo: dict[int, Tensor] = {}

        def once(leaf: Tensor | torch.dtype | torch.device) -> Tensor | torch.dtype | torch.device:
            # Operations that make tensors name a device and a dtype: theirs are the network's.
            if isinstance(leaf, torch.device):
                return leaf if device is None else torch.device(device)
            if isinstance(leaf, torch.dtype):
                return dtype if dtype is not None and leaf == self.dtype else leaf
            if id(leaf) not in memo:
                memo[id(leaf)] = move(leaf)
            return memo[id(leaf)]

        steps = tuple(step.moved(once) for step in self.program.steps)
        program = replace(self.program, steps=steps, dtype=dtype or self.program.dtype)
        return self._with(program)

    def _with(self, program: Program, **changed: Any) -> Network:
        """The same network with another program, or with what is changed."""
        about: dict[str, Any] = {
            "name": self.name,
            "preprocess": self.preprocess,
            "classes": self.classes,
            "folding": self.folding,
            "output": self._asked_output,
            "scores": self.scores,
            "class_count": self._class_count,
        }
        return Network(program, **(about | changed))

    def reading(
        self, output: str | int | None = None, *, scores: Scores | None = None, class_count: int | None = None
    ) -> Network:
        """The same network, its weights shared, with another output looked at or taken for other scores.

        None leaves the one that is looked at, or the scores, as they are. class_count: by how many numbers the output
        is found, where classes have no names.

        Raises:
            UsageError: if there is no such output.

        >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Sigmoid()), (3, 5, 5))
        >>> net.head.kind, net.reading(scores="none").head.kind
        ('labels', 'values')
        """
        return self._with(
            self.program,
            output=self._asked_output if output is None else output,
            scores=scores or self.scores,
            class_count=class_count or self._class_count,
        )

    # -- what it is ---------------------------------------------------------------------------------------------------
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
        for tensor in self._constants():
            return tensor.device
        return torch.device("cpu")

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
    def _seen(self) -> dict[Gates, list[Seen]]:
        exact = seen(self._pulled, self.values)
        gated = any(step.call.held for step in self._pulled)
        return {"exact": exact, "held": seen(self._pulled, self.values, held=True) if gated else exact}

    @cached_property
    def _gated(self) -> tuple[set[int], set[int]]:
        """The values that gates lie below, and those that are but parts of gates."""
        above: set[int] = set()
        for step in self._pulled:
            through = [number for slot, number in enumerate(step.inputs) if slot not in step.call.held]
            if step.call.held or above.intersection(through):
                above.add(step.index)
        trunk = {s.index for s in cone(self._pulled, self.program.output, options=PullOptions(gates="held"))}
        return above, {s.index for s in cone(self._pulled, self.program.output)} - trunk

    @cached_property
    def layers(self) -> LayerList:
        """The layers whose units have names: all maps and vectors, in execution order."""
        names = {index: name for name, index in self._index.items()}
        origins = [(self.program.origins[i], i) for i in names]
        aliases = container_names(origins, self._index)
        aliases |= {k: v for k, v in self.program.aliases.items() if k not in self._index}
        readable = {alias: names[i] for alias, i in aliases.items() if i in names}
        layers = [self._layer(step) for step in self.steps if step.index in names]
        return LayerList(layers, readable, stage_layers(self._pulled, self.values, self.program.output), self.name)

    def _layer(self, step: Step, treated: Gates = "held") -> Layer:
        value = self.values[step.index]
        channels, what = value.shape[(value.channel_dim or 1) - 1], self._seen[treated][step.index]
        above, parts = self._gated
        gates = "part" if step.index in parts else treated if step.index in above else "none"
        size = (1, 1) if value.layout is None else value.size
        field = field_of(what, self.input_shape[1:])
        if gates == "part" and size == (1, 1) and what.whole(self.input_shape[1:]):
            field = None
        return Layer(step.name, step.op, channels, *size, value.layout is not None, field, what.exact, gates)

    @property
    def gated(self) -> bool:
        """Whether it has gates, which may be held while signals are carried back."""
        return any(step.call.held for step in self._pulled)

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
        return head_of(
            self._taken, self._chosen, steps=self.steps, values=self.values, scores=self.scores,
            classes=self._class_count, network=self.name,
        )  # fmt: skip

    @property
    def meaning(self) -> str:
        """What the output is taken for, in words, or why it has no meaning; and which outputs there are.

        >>> Network.trace(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1)), (3, 2, 2)).meaning
        'one output: taken as the logit of class 1 (sigmoid)'
        """
        others = f"; outputs: {', '.join(self.outputs)}" if len(self.outputs) > 1 else ""
        try:
            return self.head.summary + others
        except UsageError as error:
            return f"{error}{others}"

    def answers(self, images: Tensor) -> Tensor:
        """The output's numbers (n, channels, positions...) for normalised images (n, C, H, W), before they are scores.

        Raises:
            ShapeError: if the images have the wrong shape. UsageError: as `head`.
        """
        head = self.head
        return head.channels_first(
            self.run_values(self.check_images(images), {self.program.output})[self.program.output]
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the operations, their arguments and the weights, as hexadecimal digits."""
        digest = hashlib.sha256(repr((self.input_shape, self.program.output)).encode())
        for step in self.steps:
            digest.update(f"{step.op} {_target(step.call.target)} {step.inputs} {step.call.pick}".encode())
            _digest(digest, (step.call.args, step.call.kwargs))
        return digest.hexdigest()

    def _constants(self) -> Iterable[Tensor]:
        for step in self.steps:
            yield from _tensors((step.call.args, step.call.kwargs))

    def index_of(self, layer: str) -> int:
        """The value that a layer's name, a container's name, or the output's stands for.

        Raises:
            UnknownLayer: if there is no such layer.
        """
        if layer == self.output and layer not in self._index:
            return self.program.output
        return self._index[self.layers[layer].name]

    def unit(self, unit: str | Unit) -> Unit:
        """The unit with its layer's full name, checked to exist.

        Raises:
            UsageError: if the text is not a unit.
            UnknownLayer: if the layer does not exist, or has no such channel or position.
        """
        unit = Unit.parse(unit) if isinstance(unit, str) else unit
        layer = self.layers[unit.layer]
        if not 0 <= unit.channel < layer.channels:
            raise UnknownLayer(
                f"unit '{unit}' does not exist: layer '{layer.name}' has {layer.channels} units, "
                f"0 to {layer.channels - 1}"
            )
        if unit.position is not None:
            if not layer.spatial:
                raise UnknownLayer(f"unit '{unit}' names a position, but layer '{layer.name}' is a vector")
            if not (0 <= unit.position[0] < layer.height and 0 <= unit.position[1] < layer.width):
                raise UnknownLayer(
                    f"unit '{unit}' does not exist: the map of layer '{layer.name}' is {layer.height} x {layer.width}"
                )
        return Unit(layer.name, unit.channel, unit.position)

    def layer(self, name: str, *, gates: Gates = "held") -> Layer:
        """A layer as `layers` lists it, with the field that its units have where gates are held, or exact.

        Raises:
            UnknownLayer: if it does not exist.
        """
        return self._layer(self.steps[self.index_of(name) - 1], gates)

    def boxes(self, layer: str, positions: Tensor | np.ndarray, *, gates: Gates = "held") -> Tensor:
        """The receptive fields (n, 4), y0 x0 y1 x1 in pixels, of `positions` (n, 2), y x, of a layer.

        Each has its own size, and may reach beyond the image if it is smaller than that; where the layer's field is not
        `exact`, it holds what is seen. With `gates` held it is what the trunk sees.
        """
        at = np.asarray(positions, dtype=np.int64).reshape(-1, 2)
        return torch.from_numpy(boxes_of(self._seen[gates][self.index_of(layer)], at, self.input_shape[1:]))

    def crops(self, layer: str, positions: Tensor | np.ndarray, *, gates: Gates = "held") -> Tensor:
        """Boxes (n, 4), y0 x0 y1 x1 in pixels, that hold the receptive fields of `positions` (n, 2): to be looked at.

        All of a layer have one size and may reach beyond the image; where a unit can see all of an axis, the box is
        that axis.
        """
        at = np.asarray(positions, dtype=np.int64).reshape(-1, 2)
        return torch.from_numpy(crops_of(self._seen[gates][self.index_of(layer)], at, self.input_shape[1:]))

    def reach(self, layer: str, positions: Tensor | np.ndarray, *, gates: Gates = "exact") -> Tensor:
        """The smallest boxes (n, 4), y0 x0 y1 x1, that hold all pixels which can influence `positions` (n, 2), y x.

        Unlike `boxes`, they lie within the image: near a border less of it is seen; and gates count. A position that
        sees nothing (between the kernels of a transposed convolution, say) has the empty box 0 0 0 0.
        """
        at = np.asarray(positions, dtype=np.int64).reshape(-1, 2)
        return torch.from_numpy(reach_of(self._seen[gates][self.index_of(layer)], at, self.input_shape[1:]))

    # -- running ------------------------------------------------------------------------------------------------------
    def check_images(self, images: Tensor) -> Tensor:
        """The images (n, channels, height, width) on the network's device and with its dtype.

        Raises:
            UsageError: if they are no tensor.
            ShapeError: if they have another shape, or are not floating point.
        """
        if not isinstance(images, Tensor):
            raise UsageError(f"images must be a torch.Tensor (n, C, H, W), not {type(images).__name__}")
        if images.dim() != 4 or tuple(images.shape[1:]) != self.input_shape:
            raise ShapeError(
                f"{self.name} takes images of shape (n, {', '.join(map(str, self.input_shape))}), found "
                f"{tuple(images.shape)}: resize them, or trace the network for another input shape"
            )
        if not images.is_floating_point():
            raise ShapeError(
                f"images are {images.dtype}, not floating point: normalise them first (net.preprocess.normalise)"
            )
        if images.is_inference():  # what is differentiated may not be
            images = images.clone()
        return _laid_out(images.to(device=self.device, dtype=self.dtype))

    @usual_settings()
    def run(self, images: Tensor, layers: Iterable[str] | None = None) -> dict[str, Tensor]:
        """The outputs of `layers` (default: the model's output) for normalised images (n, C, H, W).

        Maps are (n, channels, height, width), vectors (n, channels). Nothing is run that the layers do not need.

        Raises:
            ShapeError: if the images have the wrong shape.
            UnknownLayer: if a layer does not exist.
        """
        asked = [self.output] if layers is None else list(layers)
        indices = [self.index_of(name) for name in asked]
        found = self.run_values(self.check_images(images), set(indices))
        return {name: self._as_map(i, found[i]) for name, i in zip(asked, indices, strict=True)}

    def stream(self, images: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """The outputs of `layers` one by one, each as soon as it is computed, for normalised images (n, C, H, W).

        The same tensors as from `run`, in execution order and without holding all at once: what is yielded may be
        freed or overwritten when the next is asked for.

        Raises:
            ShapeError: if the images have the wrong shape.
            UnknownLayer: if a layer does not exist.
        """
        return each_in_usual_settings(lambda: self._stream(images, layers))

    def _stream(self, images: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        images, names = self.check_images(images), self._asked_by_name(layers)
        if not self.program.any_batch and len(images) != 1:
            found = self.run_values(images, set(names))
            yield from ((name, self._as_map(i, found[i])) for i in sorted(names) for name in names[i])
            return
        yield from self._running(names).stream(images)

    def reduce(self, images: Tensor, asked: Mapping[str, Asked]) -> Iterator[tuple[str, Reduced]]:
        """What is asked of the outputs of layers, by their names, one after the other in execution order, for
        normalised images (n, C, H, W): maxima and where they are, sums, counts.

        An output is read once, and what the network does to it next is done in the same reading where it can be: all
        convolutions' maxima cost little more than running the network.

        Raises:
            ShapeError: if the images have the wrong shape.
            UnknownLayer: if a layer does not exist.
        """
        return each_in_usual_settings(lambda: self._reduce(images, asked))

    def _reduce(self, images: Tensor, asked: Mapping[str, Asked]) -> Iterator[tuple[str, Reduced]]:
        images, names = self.check_images(images), self._asked_by_name(asked)
        if not self.program.any_batch and len(images) != 1:
            for name, output in self.stream(images, asked):
                yield name, reduction.reduce([output], asked[name], None).reduced
            return
        yield from self._running(names).reduce(images, asked)

    def _asked_by_name(self, layers: Iterable[str]) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        for name in layers:
            names.setdefault(self.index_of(name), []).append(name)
        return names

    def _running(self, names: Mapping[int, Sequence[str]]) -> Running:
        return Running(self._plan(frozenset(names), self.folding, keep=False), names, self.values)

    def _as_map(self, index: int, tensor: Tensor) -> Tensor:
        return as_map(self.values[index], tensor)

    @usual_settings()
    def run_values(self, images: Tensor, wanted: set[int], *, folding: Folding | None = None) -> dict[int, Tensor]:
        """The wanted values for images (n, C, H, W); intermediate results are freed as soon as they are used up.

        `folding` overrides the network's: where switches of pooling are read off the values, rounding may decide a tie.
        """
        if self.program.any_batch or len(images) == 1:
            return self._run_batch(images, wanted, folding or self.folding)
        parts = [self._run_batch(images[i : i + 1], wanted, folding or self.folding) for i in range(len(images))]
        if not parts:
            raise ShapeError(f"{self.name} was exported for one image at a time and was given none")
        return {i: torch.cat([p[i] for p in parts]) for i in wanted}

    def _run_batch(self, images: Tensor, wanted: set[int], folding: Folding) -> dict[int, Tensor]:
        alive: dict[int, Tensor] = {0: images}
        with torch.no_grad():
            for action in self._plan(frozenset(wanted), folding):
                alive[action.index] = action.run([alive[i] for i in action.inputs])
                for i in action.spent:
                    del alive[i]
        return {i: alive[i] for i in wanted}

    def _plan(self, wanted: frozenset[int], folding: Folding, *, keep: bool = True) -> list[Action]:
        """What to run for the wanted values, made once for each set of them."""
        key = (wanted, folding, keep)
        if key not in self._plans:
            self._plans[key] = plan(self.steps, wanted, fold=folding == "fold", keep=keep)
        return self._plans[key]

    def cone(self, layer: str, options: PullOptions | None = None) -> list[Step]:
        """The steps that a signal at a layer goes back through, in execution order; past gates that `options` hold."""
        return cone(self.steps, self.index_of(layer), self.activations, options)


def _laid_out(tensor: Tensor) -> Tensor:
    """The tensor channels last if it has four dimensions: pooling, cutting boxes and convolution are faster so."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def _target(target: Callable[..., Any]) -> str:
    """An operation's name, the same in every process: that of a Python function would hold its address in memory."""
    name = getattr(target, "__qualname__", None) if inspect.isfunction(target) else None
    return str(target) if name is None else f"{target.__module__}.{name}"


def _tensors(tree: Any) -> Iterable[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from _tensors(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from _tensors(item)


def _digest(digest: Any, tree: Any) -> None:
    if isinstance(tree, Tensor):
        digest.update(f"{tree.dtype} {tuple(tree.shape)}".encode())
        digest.update(tree.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    elif isinstance(tree, list | tuple):
        for item in tree:
            _digest(digest, item)
    elif isinstance(tree, dict):
        for key in sorted(tree):
            digest.update(str(key).encode())
            _digest(digest, tree[key])
    else:
        digest.update(repr(tree).encode())
