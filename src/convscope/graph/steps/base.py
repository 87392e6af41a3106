"""A step: one operation of the traced graph and its five motions, with rules that are exact for any operation.

`Step` itself is the fallback: it runs as it is, pulls by its own vector-Jacobian product and sees whole maps. A
family's
class replaces what it can do better. `Positionwise` is the common case between: an operation that treats every position
alike and alone, so that its vector-Jacobian product works on boxes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, whole, whole_origin
from convscope.graph.changes import Change, Place, PushBase, add, gather, whole_inputs, widen
from convscope.graph.nouns import Span, Value
from convscope.graph.options import PullOptions, Report


@dataclass(frozen=True)
class Slot:
    """Stands in a call's arguments for the step's i-th input."""

    number: int


@dataclass(frozen=True)
class BatchSize:
    """Stands in a call's arguments for `factor * batch + offset`, which is known only when the graph runs."""

    factor: int
    offset: int = 0

    def resolve(self, batch: int) -> int:
        """The number, for a batch of `batch` images."""
        return self.factor * batch + self.offset


@dataclass(frozen=True)
class Call:
    """One operation as exported: its ATen target and arguments, with slots for inputs, and what flows in and out.

    `held` are the slots of gates, which `gates.with_gates` finds: where gates are held they receive no signal.
    """

    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: tuple[int, ...]
    sources: tuple[Value, ...]
    result: Value
    pick: int | None = None
    held: tuple[int, ...] = ()

    @property
    def op(self) -> str:
        """The operation's plain name: 'conv2d', 'relu'."""
        return getattr(self.target, "_opname", getattr(self.target, "__name__", str(self.target))).strip("_")

    def bind(self) -> dict[str, Any]:
        """The arguments by the names of the operator's schema, defaults filled in."""
        schema = getattr(self.target, "_schema", None)
        if schema is None:
            return dict(enumerate(self.args)) | self.kwargs  # type: ignore[arg-type]
        bound: dict[str, Any] = {}
        for i, argument in enumerate(schema.arguments):
            if i < len(self.args):
                bound[argument.name] = self.args[i]
            elif argument.name in self.kwargs:
                bound[argument.name] = self.kwargs[argument.name]
            elif argument.has_default_value():
                bound[argument.name] = argument.default_value
        return bound


class PullContext(Protocol):
    """What a step may ask for while it pulls: the options, and forward values of its inputs for every projection."""

    options: PullOptions
    report: Report

    def forward(self, value: int) -> Tensor:
        """The value of every projection's image, whole, (n, ...)."""
        ...

    def maps(self, value: int) -> tuple[Tensor, Tensor]:
        """The value of all images (b, ...), and which of them each projection is on (n,)."""
        ...

    def forward_on(self, value: int, origin: np.ndarray, size: tuple[int, int], fill: float = 0.0) -> Tensor:
        """The value on a box per projection, `fill` beyond the map."""
        ...


@dataclass
class Step:
    """One operation; `index` is the value it produces, `call.inputs` the values it reads."""

    index: int
    name: str
    call: Call
    op: str = field(init=False)

    #: Whether the step is linear in its inputs, so that its vector-Jacobian product does not need them.
    linear: ClassVar[bool] = False
    #: Whether it is a curve of one value that is no activation known by name; set on the copies that are pulled.
    unnamed: bool = field(default=False, init=False)
    #: Whether outputs read all of what `place` says that they read; else it may be less.
    exact: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.op = self.call.op

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Whether this rule holds for the call; calls that no rule accepts fall back to `Step`."""
        return True

    @property
    def inputs(self) -> tuple[int, ...]:
        """The values the step reads."""
        return self.call.inputs

    def held(self, options: PullOptions) -> tuple[int, ...]:
        """The slots that are taken for constants of the image under these options."""
        return self.call.held if options.holds else ()

    # -- run ----------------------------------------------------------------------------------------------------------
    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """The step's output for its inputs (b, ...)."""
        counts = (v.batch_of(t.shape) for t, v in zip(inputs, self.call.sources, strict=True) if v.batch_at)
        batch = next(counts, 1)
        args, kwargs = fill(self.call.args, inputs, batch), fill(self.call.kwargs, inputs, batch)
        out = self.call.target(*args, **kwargs)
        return out if self.call.pick is None else out[self.call.pick]

    def rerun(self, inputs: Sequence[Tensor]) -> Tensor:
        """The same for many copies of one image; free to be faster and to round otherwise."""
        return self.run(inputs)

    # -- place --------------------------------------------------------------------------------------------------------
    def place(self, slot: int, axis: int) -> Span | None:
        """Which positions of input `slot` each output position reads on an axis (0: y, 1: x); None: all of
        the input."""
        return None

    @property
    def reads_all(self) -> bool:
        """Whether every entry of the output reads all of the input where `place` says nothing."""
        return False

    # -- pull ---------------------------------------------------------------------------------------------------------
    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """The input slots whose forward values `pull` will ask for."""
        shapes_known = all(v.batched for v in self.call.sources)
        return () if self.linear and shapes_known else tuple(range(len(self.inputs)))

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal at each input slot that a signal at the output causes. A returned tensor whose box was
        moved is a copy."""
        if not self.linear:
            self.note(context.report)
        gradient = whole(signal, self.call.result)
        inputs = [self._template(slot, gradient, context) for slot in range(len(self.inputs))]
        return {
            slot: _whole_signal(g, self.call.sources[slot])
            for slot, g in vector_jacobian(self.run, inputs, gradient, self.held(context.options)).items()
        }

    def note(self, report: Report) -> None:
        """Notes in the report what `pull` does here."""
        (report.unnamed if self.unnamed else report.fallback)[self.op] += 1

    def _template(self, slot: int, gradient: Tensor, context: PullContext) -> Tensor:
        if not self.linear or not self.call.sources[slot].batched:
            return context.forward(self.inputs[slot])
        result = self.call.result
        count = len(gradient) if result.batched else result.batch_of(gradient.shape)
        return gradient.new_zeros(()).expand(count, *self.call.sources[slot].shape)

    # -- push ---------------------------------------------------------------------------------------------------------
    def operations(self) -> float:
        """About how many arithmetic operations one position of the output takes (all of it where it is no map)."""
        result = self.call.result
        entries = math.prod(result.shape)
        return float(entries / math.prod(result.size) if result.layout else entries)

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The change at the output, on the boxes at `place`, that changes of the inputs (by slot) cause.

        Here by running on whole maps. Rules that know better work on the boxes.
        """
        out = self.run(whole_inputs(self.inputs, changes, base))
        if not place.is_whole(self.call.result):
            assert self.call.result.layout is not None
            out = gather(out, self.call.result.layout, np.arange(len(out)), place)
        return Change(out, place, True)

    # -- focus --------------------------------------------------------------------------------------------------------
    #: What stands beyond the map in the boxes that `focus` is given.
    beyond: ClassVar[float] = 0.0

    @property
    def focuses(self) -> bool:
        """Whether `focus` works on boxes; a step that does not runs on whole maps."""
        return False

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The output on boxes (n, ...) of `size` at `origin` (n, 2), for the boxes of each input that it reads.

        What the inputs are beyond their maps is `beyond`; what comes out beyond the map does not matter. An input with
        a single position for all is given as it is.
        """
        raise NotImplementedError(f"{self.op} has no rule for boxes")

    def moved(self, move: Callable[[Any], Any]) -> Step:
        """The same step with every constant tensor, and every device and dtype it names, passed through `move`."""
        args, kwargs = map_leaves(self.call.args, move), map_leaves(self.call.kwargs, move)
        return type(self)(self.index, self.name, replace(self.call, args=args, kwargs=kwargs))


class Positionwise(Step):
    """A step that treats every position of its maps alike and alone: its vector-Jacobian product works on boxes."""

    exact = True

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p; of an input with a single position, that one."""
        source, result = self.call.sources[slot], self.call.result
        if source.layout is None or result.layout is None:
            return None
        if source.size[axis] == 1 and result.size[axis] > 1:
            return Span.everything(result.size[axis], 1)
        return Span.regular(result.size[axis], 1, 0, 1)

    def run_on(self, inputs: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """The step's output for inputs that are boxes of `size`."""
        return self.run(inputs)

    def operand(self, slot: int, signal: Signal, context: PullContext) -> Tensor:
        """The forward value of an input where the signal is; single positions stay single."""
        value, result = self.call.sources[slot], self.call.result
        if result.layout is None or signal.origin is None:
            return context.forward(self.inputs[slot])
        at, extent = _box_on(value, result, signal.origin, signal.size(result.layout))
        return context.forward(self.inputs[slot]) if at is None else context.forward_on(self.inputs[slot], at, extent)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the vector-Jacobian product on the boxes; inputs with a single position receive the sum over all."""
        result = self.call.result
        if result.layout is None or signal.origin is None:
            gradient = signal.tensor
            inputs = [self._template(slot, gradient, context) for slot in range(len(self.inputs))]
            grads = vector_jacobian(self.run, inputs, gradient, self.held(context.options))
            return {slot: _whole_signal(g, self.call.sources[slot]) for slot, g in grads.items()}
        size, origin = signal.size(result.layout), signal.origin
        inputs, origins = [], []
        for slot, number in enumerate(self.inputs):
            value = self.call.sources[slot]
            at, extent = _box_on(value, result, origin, size)
            origins.append(at)
            if self.linear:
                inputs.append(_zeros_like_box(signal.tensor, value, extent))
            elif at is None:
                inputs.append(context.forward(number))
            else:
                inputs.append(context.forward_on(number, at, extent))
        held = self.held(context.options)
        grads = vector_jacobian(lambda xs: self.run_on(xs, size), inputs, signal.tensor, held)
        return {slot: Signal(g, origins[slot], owned=False) for slot, g in grads.items()}

    # -- focus --------------------------------------------------------------------------------------------------------
    @property
    def focuses(self) -> bool:
        """Where all operands lie alike, and constants are alike at every position."""
        return constants_fit(self.call)

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """By running on the boxes."""
        return self.run_on(boxes, size)

    # -- push ---------------------------------------------------------------------------------------------------------
    @property
    def keeps_place(self) -> bool:
        """Whether output boxes are the input boxes."""
        result = self.call.result
        return all(v.layout is not None and v.size == result.size for v in self.call.sources if result.layout)

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """By running on the boxes; what is not changed is taken from the unedited values."""
        if place.origin is None or place.size is None or any(c.absolute for c in changes.values()):
            return super().push(changes, place, base)
        inputs = []
        for slot, number in enumerate(self.inputs):
            value = self.call.sources[slot]
            at, size = _box_on(value, self.call.result, place.origin, place.size)
            if value.layout is None or at is None:
                return super().push(changes, place, base)
            box = gather(base.value(number), value.layout, base.image, Place(at, size))
            if slot in changes:
                add(box, widen(changes[slot], value.layout, Place(at, size)))
            inputs.append(box)
        return Change(self.run_on(inputs, place.size), place, True)


def constants_fit(call: Call) -> bool:
    """Whether an operation over maps can be done box by box: one orientation, and constants alike at every position."""
    layouts = {(v.layout, len(v.shape)) for v in call.sources}
    if call.result.layout is None:
        return True
    if layouts != {(call.result.layout, len(call.result.shape))}:
        return False
    rank = len(call.result.shape) + 1
    for constant in (a for a in (*call.args, *call.kwargs.values()) if isinstance(a, Tensor)):
        for dim in call.result.layout:
            at = dim - rank + constant.dim()
            if at >= 0 and constant.shape[at] > 1:
                return False
    # A map that broadcasts in a dimension other than the positions is summed over by autograd itself.
    return True


def _box_on(
    value: Value, result: Value, origin: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray | None, tuple[int, int]]:
    """The box of an operand that broadcasts against the result: single positions stay single."""
    if value.layout is None:
        return None, (0, 0)
    single = np.asarray([v == 1 and r > 1 for v, r in zip(value.size, result.size, strict=True)])
    return np.where(single, 0, origin), (1 if single[0] else size[0], 1 if single[1] else size[1])


def _zeros_like_box(like: Tensor, value: Value, size: tuple[int, int]) -> Tensor:
    shape = [len(like), *value.shape]
    if value.layout is not None:
        shape[value.layout[0]], shape[value.layout[1]] = size
    return like.new_zeros(()).expand(shape)


def _whole_signal(tensor: Tensor, value: Value) -> Signal:
    return Signal(tensor, whole_origin(len(tensor)) if value.layout else None, owned=False)


def fill(tree: Any, inputs: Sequence[Tensor], batch: int) -> Any:
    """An argument with its placeholders replaced by what they stand for."""
    if isinstance(tree, Slot):
        return inputs[tree.number]
    if isinstance(tree, BatchSize):
        return tree.resolve(batch)
    if isinstance(tree, list | tuple):
        return [fill(v, inputs, batch) for v in tree]
    if isinstance(tree, dict):
        return {key: fill(v, inputs, batch) for key, v in tree.items()}
    return tree


def map_leaves(tree: Any, move: Callable[[Any], Any]) -> Any:
    """Nested arguments with every tensor, dtype and device passed through `move`."""
    if isinstance(tree, Tensor | torch.dtype | torch.device):
        return move(tree)
    if isinstance(tree, list | tuple):
        return type(tree)(map_leaves(v, move) for v in tree)
    if isinstance(tree, dict):
        return {k: map_leaves(v, move) for k, v in tree.items()}
    return tree


def tensors_in(tree: Any) -> list[Tensor]:
    """The tensors of nested arguments, in their order."""
    if isinstance(tree, Tensor):
        return [tree]
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else ()
    return [tensor for part in parts for tensor in tensors_in(part)]


def vector_jacobian(
    function: Callable[[Sequence[Tensor]], Tensor],
    inputs: Sequence[Tensor],
    gradient: Tensor,
    constant: Sequence[int] = (),
) -> dict[int, Tensor]:
    """The gradients of <function(inputs), gradient> with respect to the real or complex inputs that matter, by slot.

    Of complex numbers they are conjugate, as PyTorch's, so that what arrives at real ones is their gradient. Inputs at
    `constant` slots do not matter. They may share memory with each other and with `gradient`.
    """
    with torch.enable_grad():
        leaves = [
            t.detach().requires_grad_() if (t.is_floating_point() or t.is_complex()) and slot not in constant else t
            for slot, t in enumerate(inputs)
        ]
        output = function(leaves)
        wanted = [slot for slot, t in enumerate(leaves) if t.requires_grad]
        if not output.requires_grad:
            return {}
        arrived = gradient.to(output.dtype)  # with autocast, signals may be in another than the maker's
        grads = torch.autograd.grad(output, [leaves[s] for s in wanted], arrived, allow_unused=True)
    return {slot: g for slot, g in zip(wanted, grads, strict=True) if g is not None}
