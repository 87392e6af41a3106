"""The traced network: what all methods look at instead of the user's module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from convscope.arguments import checked
from convscope.errors import ShapeError, TraceError, UnknownLayer, UsageError
from convscope.graph.dictionary import Dictionary
from convscope.graph.directions import fits, spliced, tapped, taps_for, untapped
from convscope.graph.fingerprint import fingerprint
from convscope.graph.heads import Scores
from convscope.graph.layers import LayerList
from convscope.graph.nouns import Unit, UnitLike, several
from convscope.graph.program import Program
from convscope.graph.randomness import Randomness
from convscope.graph.refusals import refusal
from convscope.graph.running import Folding, Runner, as_map
from convscope.graph.steps import Step
from convscope.graph.steps.silencing import silencing
from convscope.graph.traced import Traced
from convscope.kernels.order import laid_out
from convscope.kernels.reduction import Asked, Reduced
from convscope.processes import usable_device
from convscope.settings import each_in_usual_settings, usual_settings
from convscope.tables import counted

if TYPE_CHECKING:
    from torch.export import ExportedProgram


class Network(Traced):
    """A CNN traced into steps, with its weights; independent of the module it came from.

    The network is always in eval mode: dropout passes on, batch norm uses its running statistics.

    Methods are made of its `program`, `steps`, `values`, `activations`, `cone`, `replaced` and `reduce`, and of what
    these give, in `convscope.graph` and `convscope.kernels`: unlike all else they may change in any release.
    """

    # -- making -------------------------------------------------------------------------------------------------------
    @classmethod
    @checked
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
            UsageError: if there is no such output, it has another number of `classes`, or no such preprocessing.
            TraceError: if torch.export cannot follow the model, it is not a function of one batch of images, or it is
                random.

        >>> import torch
        >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()), (3, 9, 9))
        >>> [(layer.name, layer.op, layer.shape) for layer in net.layers]
        [('0', 'conv2d', (8, 7, 7)), ('1', 'relu', (8, 7, 7))]
        """
        if not isinstance(module, nn.Module):
            raise UsageError(f"a torch.nn.Module is needed, not {type(module).__name__}")
        from convscope.graph.tracing import traced

        name = name or type(module).__name__
        return of_program(
            traced(module, input_shape, name, randomness), module, name=name, preprocess=preprocess, classes=classes,
            copy=copy, folding=folding, output=output, scores=scores,
        )  # fmt: skip

    @classmethod
    @checked
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
        from convscope.graph.tracing import exported

        return of_program(
            exported(program, name, randomness), None, name=name, preprocess=preprocess, classes=classes, copy=False,
            output=output, scores=scores,
        )  # fmt: skip

    def _check_classes(self) -> None:
        """Raises where there are names of classes, and another number of outputs."""
        try:
            head = self.head
        except UsageError:  # it has no meaning, and says so where it is asked
            return
        known = len(self.classes or ())
        fitting = (head.channels, head.classes, 1) if head.kind == "binary" else (head.channels, head.classes)
        if self.classes and head.kind != "values" and known not in fitting:
            sizes = ", ".join(f"'{one.name}' {self.values[one.value].shape}" for one in self.program.outputs)
            others = f" (its outputs: {sizes})" if len(self.outputs) > 1 else ""
            raise UsageError(
                f"{self.name} has {counted(head.channels, 'output')}, and classes= names {known}{others}: give a name "
                "for each, or the output that has so many (output=)"
            )

    @checked
    def to(self, device: torch.device | str | None = None, *, dtype: torch.dtype | None = None) -> Network:
        """The same network on another device or with another floating dtype.

        Raises:
            UsageError: for a device that is not there, and for numbers that are not floating point.

        >>> net = Network.trace(torch.nn.Conv2d(3, 2, 3), (3, 5, 5))
        >>> net.to("cpu", dtype=torch.float64).dtype
        torch.float64
        """
        if dtype is not None and not dtype.is_floating_point:
            raise UsageError(f"dtype={dtype}: give a floating-point one, such as torch.float64")
        device = device if device is None else usable_device(device)

        def move(tensor: Tensor) -> Tensor:
            kind = dtype if tensor.is_floating_point() else None
            if dtype is not None and tensor.is_complex():
                kind = dtype.to_complex()
            return laid_out(tensor.to(device=device, dtype=kind))

        return self._with(self.program.moved(move, dtype, device))

    def replaced(self, steps: Mapping[int, Step]) -> Network:
        """The same network with other steps for those that make the values of these numbers, such as other weights."""
        made = self._with(replace(self.program, steps=tuple(steps.get(s.index, s) for s in self.program.steps)))
        for name in ("_sight", "layers"):  # which weights do not change
            if name in self.__dict__:
                made.__dict__[name] = self.__dict__[name]
        return made

    @checked
    def silenced(self, units: UnitLike | Iterable[UnitLike]) -> Network:
        """The same network, its weights shared, with units of any layers set to zero: whole maps, or the one position
        that a unit names.

        What follows is computed from that, in whatever is asked of it; no signal goes back through what is silenced.

        Raises:
            UsageError: for a difference of units. UnknownLayer: for a unit that does not exist.

        >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.ReLU()), (3, 5, 5))
        >>> net.silenced(["0:0", "1:1"]).run(torch.ones(1, 3, 5, 5))["1"].any().item()
        False
        """
        by_value: dict[int, list[Unit]] = {}
        for unit in map(self.unit, several(units)):
            by_value.setdefault(self.index_of(unit.layer), []).append(unit.alone("single units are silenced"))
        return self.replaced(silencing(self.steps, by_value, self.device)) if by_value else self

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

    # -- directions ---------------------------------------------------------------------------------------------------
    @checked
    def with_directions(self, dictionaries: Dictionary | Sequence[Dictionary]) -> Network:
        """The same network with the directions of a dictionary, or several, as layers of their own.

        `layer~name` is such a layer, right after its own, and `layer~name:12` a unit like any other. What was there is
        as it was.

        Raises:
            UnknownLayer: if there is no layer that a dictionary is of. UsageError: where it does not fit the layer, was
                learned on another network, or there are directions of that name already.

        >>> import numpy as np
        >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.ReLU()), (3, 9, 9))
        >>> eye, none = np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
        >>> more = net.with_directions(Dictionary("own", "1", "sae", eye, none, eye, none, active=1))
        >>> more.layers.names, more.unit("1~own:1").channel
        (('0', '1', '1~own.conv2d', '1~own'), 1)
        """
        net = self
        for dictionary in [dictionaries] if isinstance(dictionaries, Dictionary) else dictionaries:
            net = net._with(net._tapped(dictionary))
        return net

    def _tapped(self, dictionary: Dictionary) -> Program:
        full = dictionary.full_name
        if dictionary.layer not in self.layers:
            raise UnknownLayer(
                f"'{full}' are directions of another network: {self.name} has no layer '{dictionary.layer}'"
            )
        layer = self.layers[dictionary.layer]
        value = self.values[source := self.index_of(layer.name)]
        if layer.channels != dictionary.encoder.shape[1] or not fits(value):
            raise UsageError(
                f"'{full}' are directions in {dictionary.encoder.shape[1]} channels, and layer '{layer.name}' of "
                f"{self.name} has {layer.channels}"
                + ("" if fits(value) else ", whose place among its dimensions no directions fit")
            )
        if full in self.layers:
            raise UsageError(
                f"there is a layer '{full}' already: learn one of the two under another name (name=), or rename it "
                "(dataclasses.replace(dictionary, name=...))"
            )
        if dictionary.network not in (None, self.plain_fingerprint):
            raise UsageError(
                f"'{full}' was learned on another network than {self.name}, or on it with other weights or at another "
                f"size of its input than {' x '.join(map(str, self.input_shape))}: learn directions on this one, or "
                "leave out what the dictionary says of its network (dataclasses.replace(dictionary, network=None))"
            )
        return tapped(self.program, replace(dictionary, layer=layer.name), source, self.device)

    @cached_property
    def plain_fingerprint(self) -> str:
        """The fingerprint of the network without its directions, in single precision: what a dictionary is of."""
        plain = untapped(self.program) if self.program.taps else self.program
        return fingerprint(plain.moved(lambda t: t.float() if t.is_floating_point() else t, torch.float32))

    @property
    def directions(self) -> tuple[str, ...]:
        """The names of the layers that are directions."""
        return tuple(tap.name for tap in self.program.taps)

    def through(self, layers: Iterable[str]) -> Network:
        """The network in which what follows is computed from those of the layers that are directions; itself where
        none are.

        What directions leave of their layer is added to what they make of it, and does not change when one is set to
        something else. The answers are the same but for rounding.

        Raises:
            UsageError: for two sets of directions of one layer.
        """
        names = frozenset(taps_for(self.program, list(layers)))
        if not names:
            return self
        if names not in self._spliced:
            self._spliced[names] = self._with(spliced(self.program, sorted(names)))
        return self._spliced[names]

    @cached_property
    def _spliced(self) -> dict[frozenset[str], Network]:
        return {}

    # -- running ------------------------------------------------------------------------------------------------------
    def answers(self, images: Tensor) -> Tensor:
        """The output's numbers (n, channels, positions...) for normalised images (n, C, H, W), before they are scores.

        Raises:
            ShapeError: if the images have the wrong shape. UsageError: as `head`.
        """
        head = self.head
        return head.channels_first(
            self.run_values(self.check_images(images), {self.program.output})[self.program.output]
        )

    def check_images(self, images: Tensor) -> Tensor:
        """The images (n, channels, height, width) on the network's device and with its dtype; (C, H, W) is one.

        Raises:
            UsageError: if they are no tensor.
            ShapeError: if they have another shape, or are not floating point.
        """
        if not isinstance(images, Tensor):
            raise UsageError(
                f"images must be a torch.Tensor (n, C, H, W), not {type(images).__name__}: "
                "convscope.methods.inputs.images_for(net, images) makes one of files, pictures and arrays"
            )
        if images.dim() == 3 and tuple(images.shape) == self.input_shape:
            images = images[None]
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
        return laid_out(images.to(device=self.device, dtype=self.dtype))

    @usual_settings()
    def run(self, images: Tensor, layers: Iterable[str] | None = None) -> dict[str, Tensor]:
        """The outputs of `layers` (default: the model's output) for normalised images (n, C, H, W), or one (C, H, W).

        Maps are (n, channels, height, width), vectors (n, channels). Nothing is run that the layers do not need.

        Raises:
            ShapeError: if the images have the wrong shape.
            UnknownLayer: if a layer does not exist.
        """
        if isinstance(layers, str):
            raise UsageError(f"layers={layers!r}: give a list of names, such as [{layers!r}]")
        asked = [self.output] if layers is None else list(layers)
        indices = [self.index_of(name) for name in asked]
        found = self.run_values(self.check_images(images), set(indices))
        return {name: as_map(self.values[i], found[i]) for name, i in zip(asked, indices, strict=True)}

    def stream(self, images: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """The outputs of `layers` one by one, each as soon as it is computed, for normalised images (n, C, H, W).

        The same tensors as from `run`, in execution order and without holding all at once: what is yielded may be
        freed or overwritten when the next is asked for.

        Raises:
            ShapeError: if the images have the wrong shape.
            UnknownLayer: if a layer does not exist.
        """
        return each_in_usual_settings(lambda: self._runner.stream(self.check_images(images), self._by_index(layers)))

    def reduce(self, images: Tensor, asked: Mapping[str, Asked]) -> Iterator[tuple[str, Reduced]]:
        """What is asked of the outputs of layers, by their names, one after the other in execution order, for
        normalised images (n, C, H, W): maxima and where they are, sums, counts.

        An output is read once, and what the network does to it next is done in the same reading where it can be: all
        convolutions' maxima cost little more than running the network.

        Raises:
            ShapeError: if the images have the wrong shape.
            UnknownLayer: if a layer does not exist.
        """
        return each_in_usual_settings(
            lambda: self._runner.reduce(self.check_images(images), self._by_index(asked), asked)
        )

    def _by_index(self, layers: Iterable[str]) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        for name in layers:
            names.setdefault(self.index_of(name), []).append(name)
        return names

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.program, self.name, self.folding)

    @usual_settings()
    def run_values(self, images: Tensor, wanted: set[int], *, folding: Folding | None = None) -> dict[int, Tensor]:
        """The wanted values for images (n, C, H, W); intermediate results are freed as soon as they are used up.

        `folding` overrides the network's: where switches of pooling are read off the values, rounding may decide a tie.
        """
        return self._runner.values(images, wanted, folding or self.folding)


def of_program(program: Program, module: nn.Module | None, *, copy: bool, **about: Any) -> Network:
    """The network of a program that a module was traced to, None for one without a module; `about` as `Network` has it.

    Raises:
        UsageError, TraceError: as `Network.trace`, but for what tracing itself raises.
    """
    net = Network(program, **about)
    if module is not None and not len(net.layers) and (why := refusal(module)) is not None:
        # PyTorch takes a batch of one channel's images for a single volume.
        raise TraceError(why)
    net._check_classes()
    return net._with(net.program.moved(lambda tensor: laid_out(tensor.clone() if copy else tensor)))


__all__ = ["LayerList", "Network", "of_program"]
