"""From an exported program to steps: constants folded, identities dropped, batch-dependent sizes made symbolic."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import sympy
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.utils import _pytree as pytree

from convscope.errors import TraceError
from convscope.graph.chaining import joined
from convscope.graph.gates import with_gates
from convscope.graph.heads import Output
from convscope.graph.names import Origin, assign_names
from convscope.graph.nouns import Value
from convscope.graph.randomness import differs, may_draw, own_generators, random_steps
from convscope.graph.steps import BatchSize, Call, Slot, Step, make_step
from convscope.graph.steps.normalisation import match_lrn
from convscope.graph.steps.structure import PERMUTATIONS, VIEWS, permutation, permuted_layout, reshaped_layout

aten = torch.ops.aten

_DROPPING = (aten.dropout.default, aten.feature_dropout.default, aten.alpha_dropout.default)
_IDENTITIES = {
    aten.clone.default,
    aten.alias.default,
    aten.detach.default,
    aten.contiguous.default,
    aten.lift_fresh_copy.default,
    *_DROPPING,
}
_SHAPE_ONLY = {
    aten.new_zeros.default,
    aten.new_ones.default,
    aten.new_full.default,
    aten.new_empty.default,
    aten.zeros_like.default,
    aten.ones_like.default,
    aten.full_like.default,
    aten.empty_like.default,
    aten.fill.Scalar,
}
_CHANNELS_FIRST = {
    aten.conv2d.default,
    aten.conv2d.padding,
    aten.convolution.default,
    aten.conv_transpose2d.input,
    aten.max_pool2d.default,
    aten.avg_pool2d.default,
    aten.adaptive_avg_pool2d.default,
    aten.adaptive_max_pool2d.default,
}
_CHECKS = ("_assert", "sym_constrain", "_guards", "assert_")


@dataclass(frozen=True)
class Program:
    """The traced graph: value 0 is the image, step i makes value steps[i].index.

    random: the names of what draws random numbers whenever the network runs, or drew them while it was traced.
    """

    steps: tuple[Step, ...]
    values: tuple[Value, ...]
    origins: dict[int, Origin]
    aliases: dict[str, int]
    outputs: tuple[Output, ...]
    output: int
    input_shape: tuple[int, int, int]
    any_batch: bool
    dtype: torch.dtype
    random: tuple[str, ...] = ()


def lower(program: ExportedProgram) -> Program:
    """The steps of an exported, functional program with one image input.

    Raises:
        TraceError: if it has no or several inputs, or no tensor among its outputs.
    """
    return _Lowering(program).result()


class _Lowering:
    def __init__(self, program: ExportedProgram) -> None:
        self.program = program
        self.graph = program.graph
        self.env: dict[Any, Any] = {}
        self.values: list[Value] = []
        self.pending: list[tuple[Call, Origin]] = []
        self.dropped: list[tuple[Origin, int]] = []
        self.outputs: list[Output] = []
        self.drawn: list[str] = []
        self._bind_inputs()

    def _bind_inputs(self) -> None:
        nodes = {n.name: n for n in self.graph.nodes if n.op == "placeholder"}
        images = []
        for spec in self.program.graph_signature.input_specs:
            node = nodes[spec.arg.name]
            if spec.kind == InputKind.USER_INPUT:
                images.append(node)
            elif spec.kind in (InputKind.PARAMETER, InputKind.BUFFER):
                state = self.program.state_dict if spec.target in self.program.state_dict else self.program.constants
                self.env[node] = cast(Tensor, state[str(spec.target)]).detach()
            else:
                self.env[node] = self.program.constants.get(str(spec.target))
        images = [n for n in images if isinstance(n.meta.get("val"), Tensor)]
        if len(images) != 1:
            raise TraceError(
                f"the model takes {len(images)} tensor inputs; convscope looks at models of one image batch"
            )
        shape = images[0].meta["val"].shape
        if len(shape) != 4:
            raise TraceError(
                f"the model's input has {len(shape)} dimensions; images are (batch, channels, height, width)"
            )
        self.batch = shape[0]
        self.any_batch = not isinstance(self.batch, int)
        if not self.any_batch and int(self.batch) != 1:
            raise TraceError(
                f"the program was exported for batches of exactly {self.batch}: export it with a dynamic batch "
                "dimension, or for batches of 1"
            )
        self.input_shape = (int(shape[1]), int(shape[2]), int(shape[3]))
        self.dtype, self.device = images[0].meta["val"].dtype, images[0].meta["val"].device
        self.env[images[0]] = Slot(0)
        self.values.append(Value(self.input_shape, (2, 3)))

    def result(self) -> Program:
        for node in self.graph.nodes:
            if node.op == "call_function":
                self._lower(node)
            elif node.op == "get_attr":
                self.env[node] = getattr(self.program.graph_module, node.target)
            elif node.op == "output":
                self._output(node)
        if not self.outputs:
            raise TraceError("the model returns no tensor that depends on the image")
        self.pending = joined(self.pending, self.values)
        self._enter_channels_first()
        self._prune()
        names = assign_names([(origin, call.op) for call, origin in self.pending])
        steps = tuple(make_step(i + 1, names[i], call) for i, (call, _) in enumerate(self.pending))
        names = assign_names([(origin, step.op) for step, (_, origin) in zip(steps, self.pending, strict=True)])
        for step, name in zip(steps, names, strict=True):
            step.name = name
        origins = {i + 1: origin for i, (_, origin) in enumerate(self.pending)}
        aliases = self._aliases(set(names))
        steps = with_gates(steps, self.values)
        shape, outputs = self.input_shape, tuple(self.outputs)
        images = (2 if self.any_batch else 1, *shape)
        drawing = random_steps(steps, lambda: torch.rand(images, dtype=self.dtype, device=self.device))
        random, values = tuple(dict.fromkeys([*self.drawn, *drawing])), tuple(self.values)
        return Program(
            steps, values, origins, aliases, outputs, outputs[0].value, shape, self.any_batch, self.dtype, random
        )

    def _enter_channels_first(self) -> None:
        """Takes images channels first where all the model does with them is permute them so, as Keras's models do."""
        door = [number for number, (call, _) in enumerate(self.pending, 1) if 0 in call.inputs]
        calls = [self.pending[number - 1][0] for number in door]
        height, width, channels = self.input_shape
        if not calls or channels > min(height, width) or not all(map(_to_channels_first, calls)):
            return
        self.input_shape = (channels, height, width)
        self.values[0] = Value(self.input_shape, (2, 3))
        self.pending = [
            (replace(call, inputs=tuple(0 if i in door else i for i in call.inputs)), origin)
            for call, origin in self.pending
        ]

    def _prune(self) -> None:
        """Drops steps that no output needs (the chain a local response norm was told by)."""
        live = {0, *(output.value for output in self.outputs)}
        for number in range(len(self.pending), 0, -1):
            if number in live:
                live.update(self.pending[number - 1][0].inputs)
        renumbered = {old: new for new, old in enumerate(sorted(live))}
        self.pending = [
            (replace(call, inputs=tuple(renumbered[i] for i in call.inputs)), origin)
            for number, (call, origin) in enumerate(self.pending, 1)
            if number in live
        ]
        self.values = [value for number, value in enumerate(self.values) if number in live]
        self.dropped = [(origin, renumbered[v]) for origin, v in self.dropped if v in live]
        self.outputs = [replace(output, value=renumbered[output.value]) for output in self.outputs]

    def _aliases(self, taken: set[str]) -> dict[str, int]:
        """Modules that only pass on their input (dropout, identities) name the value they pass on."""
        return {o.innermost[1]: v for o, v in self.dropped if o.innermost[1] and o.innermost[1] not in taken}

    def _output(self, node: Any) -> None:
        mutated = len(self.program.graph_signature.buffers_to_mutate)
        leaves = pytree.tree_leaves(node.args[0])[mutated:]
        for name, leaf in zip(self._output_names(len(leaves)), leaves, strict=True):
            if isinstance(self.env.get(leaf), Slot):
                self.outputs.append(Output(name, self.env[leaf].number))

    def _output_names(self, count: int) -> list[str]:
        """The paths of keys and numbers to what the model returns, "" for a tensor alone."""
        spec = self.program.call_spec.out_spec
        if spec is None or spec.num_leaves != count:
            return [str(number) for number in range(count)]
        tree = pytree.tree_unflatten(list(range(count)), spec)
        return [".".join(map(_key, path)) for path, _ in pytree.tree_flatten_with_path(tree)[0]]

    def _value(self, node: Any) -> Value:
        return self.values[self.env[node].number]

    # -- one node -----------------------------------------------------------------------------------------------------
    def _lower(self, node: Any) -> None:
        value = node.meta.get("val")
        name = str(node.target)
        if any(part in name for part in _CHECKS) or value is None:
            return
        if isinstance(value, torch.SymInt | int | float | bool | torch.SymFloat | torch.SymBool):
            # A size that pixels decide is refused where it is used: it may serve a check alone.
            self.env[node] = value if _of_pixels(value) else self._number(value)
            return
        if isinstance(value, list | tuple):
            self.env[node] = _Several(node)
            if not self._image_dependent(node):
                self.env[node] = self._fold(node)
            return
        if node.target is operator.getitem:
            self._pick(node)
            return
        if node.target is aten.copy.default and _alike(node.args[1].meta["val"], value):
            self.env[node] = self.env[node.args[1]]  # what is overwritten does not count
        elif node.target is aten.slice_scatter.default and _alike(node.args[1].meta["val"], value):
            self.env[node] = self.env[node.args[1]]  # a slice that is all there is
        elif not self._image_dependent(node) and not self._batch_dependent(node):
            self.env[node] = self._fold(node)
        elif self._is_identity(node):
            source = self.env[node.args[0]]
            self.env[node] = source
            self.dropped.append((Origin.of(node), source.number))
        else:
            self._add(node, *self._recognise(node))

    def _recognise(self, node: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """The call to record for a node; a local response norm is told by the chain it ends."""
        if node.target is aten.div.Tensor and isinstance(node.args[1], torch.fx.Node):
            found = match_lrn(*node.args[:2])
            if found is not None:
                return F.local_response_norm, (node.args[0],), found
        if node.target in (aten.view.default, aten._unsafe_view.default):
            # Copies that made memory contiguous are dropped, and maps may be channels last: reshape copes with both.
            return aten.reshape.default, node.args, node.kwargs
        return node.target, node.args, node.kwargs

    def _pick(self, node: Any) -> None:
        """An item of an operation with several results: recorded as the operation with a pick, chunks as slices."""
        source, item = node.args
        if not isinstance(self.env[source], _Several):
            self.env[node] = self.env[source][item]
            return
        if source.target in (aten.split.Tensor, aten.split_with_sizes.default, aten.chunk.default):
            sizes = [v.shape[self._split_dim(source)] for v in source.meta["val"]]
            if all(isinstance(s, int) for s in sizes):
                start = sum(sizes[:item])
                args = (source.args[0], self._split_dim(source), start, start + sizes[item], 1)
                self._add(node, aten.slice.Tensor, args, {})
                return
        self._add(node, source.target, source.args, source.kwargs, pick=item)

    @staticmethod
    def _split_dim(node: Any) -> int:
        dim = node.args[2] if len(node.args) > 2 else node.kwargs.get("dim", 0)
        return int(dim) % len(node.meta["val"][0].shape)

    def _add(self, node: Any, target: Any, args: Any, kwargs: Any, pick: int | None = None) -> None:
        slots: dict[int, Slot] = {}

        def resolve(leaf: Any) -> Any:
            known = self.env.get(leaf, leaf) if isinstance(leaf, torch.fx.Node) else leaf
            if isinstance(known, Slot):
                return slots.setdefault(known.number, Slot(len(slots)))
            return self._number(known) if isinstance(known, torch.SymInt) else known

        args, kwargs = _deep_resolve(tuple(args), resolve), _deep_resolve(dict(kwargs), resolve)
        constant = not slots
        if constant:
            # A class token repeated for every image, say: it reads nothing of the images but how many there are.
            slots[0] = Slot(0)
        sources = tuple(self.values[i] for i in slots)
        value = self._describe(node, target, args, kwargs, sources)
        if constant:
            value = replace(value, depends=False)
        call = Call(target, args, kwargs, tuple(slots), sources, value, pick)
        _refuse_batch_statistics(call)
        self.values.append(value)
        self.pending.append((call, Origin.of(node)))
        self.env[node] = Slot(len(self.values) - 1)

    def _describe(self, node: Any, target: Any, args: Any, kwargs: Any, sources: Sequence[Value]) -> Value:
        tensor = node.meta["val"]
        batched = tensor.dim() > 0 and self._is_batch(tensor.shape[0])
        shape = tuple(int(s) if isinstance(s, int) or s.node.is_constant() else -1 for s in tensor.shape[1:])
        batched = batched and -1 not in shape
        depends = target not in _SHAPE_ONLY and any(v.depends for v in sources)
        floating = tensor.is_floating_point()
        value = Value(shape, None, batched, depends, floating, (0, 1, 0) if batched else self._batch_at(tensor))
        if not batched:
            return value
        layout = (2, 3) if len(shape) == 3 else None
        source = sources[0] if sources else None
        if source is not None and target in VIEWS:
            layout = reshaped_layout(source.shape, source.layout, shape) or layout
            tokens = source.layout is None and source.shape[-1:] == shape[-1:] and source.shape[:1] != shape[:1]
            if tokens and layout and not any(user.target in _CHANNELS_FIRST for user in node.users):
                layout = (1, 2)  # tokens or windows (..., c) become a map (h, w, c)
        elif source is not None and target in PERMUTATIONS:
            layout = permuted_layout(Call(target, args, kwargs, (0,), (source,), value)) or layout
        elif target is aten.select.int:
            layout = _without(source, [int(args[1])]) if source else None
        elif target is aten.stack.default and source is not None:
            layout = _stacked_layout(sources, int(Call(target, args, kwargs, (0,), (source,), value).bind()["dim"]))
        elif source is not None and len(shape) < len(source.shape) and "dim" in _arguments(target):
            dims: Any = Call(target, args, kwargs, (0,), (source,), value).bind()["dim"]
            layout = _without(source, [dims] if isinstance(dims, int) else dims or []) or layout
        elif target not in _CHANNELS_FIRST and source is not None and len(source.shape) == len(shape):
            layout = _common_layout(sources, shape) or layout
        return Value(shape, layout, True, value.depends, value.floating)

    def _batch_at(self, tensor: Any) -> tuple[int, int, int] | None:
        numbers = [self._number(length) for length in tensor.shape]
        found = [(dim, n.factor, n.offset) for dim, n in enumerate(numbers) if isinstance(n, BatchSize)]
        return next((at for at in found if at[1]), None)

    # -- what a node depends on ---------------------------------------------------------------------------------------
    def _leaves(self, node: Any) -> list[Any]:
        return [self.env.get(n) for n in node.all_input_nodes]

    def _image_dependent(self, node: Any) -> bool:
        return any(isinstance(leaf, Slot | _Several) for leaf in self._leaves(node))

    def _batch_dependent(self, node: Any) -> bool:
        return any(isinstance(leaf, BatchSize) for leaf in self._leaves(node))

    def _fold(self, node: Any) -> Any:
        args, kwargs = _deep_resolve(
            (node.args, node.kwargs), lambda v: self.env.get(v, v) if isinstance(v, torch.fx.Node) else v
        )
        if not may_draw(node.target):
            with torch.no_grad():
                return node.target(*args, **kwargs)
        with own_generators():
            drawn = node.target(*args, **kwargs)
        if differs(lambda: node.target(*args, **kwargs)):
            path = Origin.of(node).innermost[1]
            self.drawn.append(f"{path}.{_plain(node.target)}" if path else _plain(node.target))
        return drawn

    def _is_identity(self, node: Any) -> bool:
        first = node.args[0] if node.args else None
        if not isinstance(self.env.get(first), Slot):
            return False
        before, after = cast(Any, first).meta["val"], node.meta["val"]
        same = _alike(before, after)
        if node.target is aten.slice.Tensor:
            return same
        if node.target in (aten._to_copy.default, aten.to.dtype, aten.type_as.default, *VIEWS, aten.expand.default):
            return same
        if node.target is aten.adaptive_avg_pool2d.default:
            return same
        on = node.target in _DROPPING and (node.args[2] if len(node.args) > 2 else node.kwargs.get("train", True))
        return same and node.target in _IDENTITIES and not on

    def _is_batch(self, size: Any) -> bool:
        if not self.any_batch:
            return int(size) == 1
        return not isinstance(size, int) and size.node.expr == self.batch.node.expr

    def _number(self, value: Any) -> Any:
        """A number, or how it depends on the batch size."""
        if isinstance(value, BatchSize) or not isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool):
            return value
        expr = sympy.sympify(value.node.expr)
        if not expr.free_symbols:
            return int(expr)
        if _of_pixels(value):
            raise TraceError(
                "the size of a tensor in the model depends on what is in the images (x[x > 0], torch.nonzero, "
                "int(x.sum())): write it for tensors of one size, with torch.where for x[mask]"
            )
        symbol = self.batch.node.expr
        offset, factor = expr.subs(symbol, 0), sympy.diff(expr, symbol)
        if expr.free_symbols != {symbol} or not (offset.is_Integer and factor.is_Integer):
            raise TraceError(f"a size in the model depends on the batch in a way that is not linear: {expr}")
        return BatchSize(int(factor), int(offset))


class _Several:
    """Stands for the results of an operation that returns several tensors."""

    def __init__(self, node: Any) -> None:
        self.node = node


def _key(part: Any) -> str:
    """A part of a path in what a model returns: a key, a number, or a name."""
    return str(next(getattr(part, name) for name in ("key", "idx", "name") if hasattr(part, name)))


def _alike(a: Any, b: Any) -> bool:
    """Whether two values have one shape and dtype; sizes that pixels decide are alike where they are the same one."""
    return a.dtype == b.dtype and [_spelled(n) for n in a.shape] == [_spelled(n) for n in b.shape]


def _spelled(size: Any) -> Any:
    return size if isinstance(size, int) else size.node.expr


def _of_pixels(value: Any) -> bool:
    """Whether a number depends on what is in the images, as the count of positive pixels does."""
    symbolic = isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool)
    return symbolic and any(
        str(symbol).startswith(("u", "zuf")) for symbol in sympy.sympify(value.node.expr).free_symbols
    )


def _plain(target: Any) -> str:
    return getattr(target, "_opname", str(target)).strip("_")


def _deep_resolve(tree: Any, resolve: Any) -> Any:
    """Like tree_map, through the immutable lists and dicts of FX as well."""
    if isinstance(tree, tuple):
        return tuple(_deep_resolve(v, resolve) for v in tree)
    if isinstance(tree, list):
        return [_deep_resolve(v, resolve) for v in tree]
    if isinstance(tree, dict):
        return {k: _deep_resolve(v, resolve) for k, v in tree.items()}
    return resolve(tree)


def _common_layout(sources: Sequence[Value], shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The layout that operands of the result's rank share; of several, that of the largest."""
    found = [v for v in sources if v.layout is not None and len(v.shape) == len(shape)]
    return max(found, key=lambda v: v.size[0] * v.size[1]).layout if found else None


def _arguments(target: Any) -> set[str]:
    """The names of an operator's arguments."""
    return {argument.name for argument in getattr(getattr(target, "_schema", None), "arguments", ())}


def _without(source: Value, dims: Sequence[int]) -> tuple[int, int] | None:
    """The layout when dimensions are gone; None if positions or the batch are among them."""
    gone = {int(dim) % (len(source.shape) + 1) for dim in dims}
    if source.layout is None or gone & {0, *source.layout}:
        return None
    y, x = (d - sum(g < d for g in gone) for d in source.layout)
    return (y, x)


def _stacked_layout(sources: Sequence[Value], dim: int) -> tuple[int, int] | None:
    """The layout of maps of one layout that are stacked along a new dimension."""
    layouts = {v.layout for v in sources}
    if len(layouts) != 1 or None in layouts:
        return None
    dim %= len(sources[0].shape) + 2
    y, x = (d + (d >= dim) for d in sources[0].layout or ())
    return (y, x) if dim > 0 else None


def _to_channels_first(call: Call) -> bool:
    return call.target in PERMUTATIONS and permutation(call) == [0, 3, 1, 2]


def _refuse_batch_statistics(call: Call) -> None:
    training = call.target is aten.batch_norm.default and call.bind().get("training")
    if training or "_native_batch_norm_legit.no_stats" in str(call.target):
        raise TraceError(
            "a batch norm without running statistics normalises over the batch: an image's activations would depend on "
            "its neighbours. Give it running statistics (track_running_stats=True) before tracing"
        )
