"""From an exported program to steps: constants folded, identities dropped, batch-dependent sizes made symbolic."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

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
from convscope.graph.layouts import layout_of
from convscope.graph.masking import without_masks
from convscope.graph.names import DROPPING, PASSED_ON, Origin, assign_names
from convscope.graph.nouns import Value
from convscope.graph.program import Program
from convscope.graph.randomness import differs, may_draw, own_generators, random_steps
from convscope.graph.sizes import Batching, alike, of_pixels
from convscope.graph.steps import BatchSize, Call, Slot, make_step
from convscope.graph.steps.normalisation import match_lrn
from convscope.graph.steps.reshaping import PERMUTATIONS, VIEWS, permutation
from convscope.graph.steps.unpooling import unpooled

aten = torch.ops.aten

_IDENTITIES = {
    aten.clone.default,
    aten.alias.default,
    aten.detach.default,
    aten.contiguous.default,
    aten.lift_fresh_copy.default,
    *DROPPING,
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
_CHECKS = ("_assert", "sym_constrain", "_guards", "assert_")


def lower(program: ExportedProgram) -> Program:
    """The steps of an exported, functional program with one image input.

    Raises:
        TraceError: if it has no or several inputs, or no tensor among its outputs.
    """
    without_masks(program)
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
        self.batch = Batching(shape[0])
        if not self.batch.any and int(shape[0]) != 1:
            raise TraceError(
                f"the program was exported for batches of exactly {shape[0]}: export it with a dynamic batch "
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
        images = (2 if self.batch.any else 1, *shape)
        drawing = random_steps(steps, lambda: torch.rand(images, dtype=self.dtype, device=self.device))
        random, values = tuple(dict.fromkeys([*self.drawn, *drawing])), tuple(self.values)
        return Program(
            steps, values, origins, aliases, outputs, outputs[0].value, shape, self.batch.any, self.dtype, random
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
            self.env[node] = value if of_pixels(value) else self.batch.number(value)
            return
        if isinstance(value, list | tuple):
            self.env[node] = _Several(node)
            if not self._image_dependent(node):
                self.env[node] = self._fold(node)
            return
        if node.target is operator.getitem:
            self._pick(node)
            return
        if node.target is aten.copy.default and alike(node.args[1].meta["val"], value):
            self.env[node] = self.env[node.args[1]]  # what is overwritten does not count
        elif node.target is aten.slice_scatter.default and alike(node.args[1].meta["val"], value):
            self.env[node] = self.env[node.args[1]]  # a slice that is all there is
        elif not self._image_dependent(node) and not self._batch_dependent(node):
            self.env[node] = self._fold(node)
        elif self._is_identity(node):
            source = self.env[node.args[0]]
            self.env[node] = source
            self.dropped.append((Origin.of(node), source.number))
        else:
            self._add(node, *self._recognise(node))
        if isinstance(made := self.env.get(node), Slot):
            stacks = node.meta.get("custom", {}).get(PASSED_ON, ())
            self.dropped += [(Origin.of_stack(stack), made.number) for stack in stacks]

    def _recognise(self, node: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """The call to record for a node; a local response norm is told by the chain it ends."""
        if node.target is aten.div.Tensor and isinstance(node.args[1], torch.fx.Node):
            found = match_lrn(*node.args[:2])
            if found is not None:
                return F.local_response_norm, (node.args[0],), found
        if node.target is aten.max_unpool2d.default and (pool := _pool_of(node.args[1])) is not None:
            given = (*pool.args[1:], *_NO_WINDOWS[len(pool.args) - 1 :])[:4]
            return unpooled, (*node.args, *given), {}
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
            return self.batch.number(known) if isinstance(known, torch.SymInt) else known

        args, kwargs = _deep_resolve(tuple(args), resolve), _deep_resolve(dict(kwargs), resolve)
        constant = not slots
        if constant:
            # A class token repeated for every image, say: it reads nothing of the images but how many there are.
            slots[0] = Slot(0)
        sources = tuple(self.values[i] for i in slots)
        value = self._describe(node.meta["val"], target, sources)
        call = Call(target, args, kwargs, tuple(slots), sources, value, pick)
        if value.batched:
            value = replace(value, layout=layout_of(call, node.users))
        call = replace(call, result=replace(value, depends=value.depends and not constant))
        _refuse_batch_statistics(call)
        self.values.append(call.result)
        self.pending.append((call, Origin.of(node)))
        self.env[node] = Slot(len(self.values) - 1)

    def _describe(self, tensor: Any, target: Any, sources: Sequence[Value]) -> Value:
        """What is known of a tensor, but for where its rows and columns are."""
        shape = tuple(int(s) if isinstance(s, int) or s.node.is_constant() else -1 for s in tensor.shape[1:])
        batched = tensor.dim() > 0 and self.batch.counts(tensor.shape[0]) and -1 not in shape
        depends = target not in _SHAPE_ONLY and any(v.depends for v in sources)
        batch_at = (0, 1, 0) if batched else self.batch.within(tensor)
        return Value(shape, None, batched, depends, tensor.is_floating_point(), batch_at, tensor.is_complex())

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
        same = alike(before, after)
        if node.target is aten.detach.default and self._added_to_what_passes(node):
            return False
        if node.target is aten.slice.Tensor:
            return same
        if node.target in (aten._to_copy.default, aten.to.dtype, aten.type_as.default, *VIEWS, aten.expand.default):
            return same
        if node.target is aten.adaptive_avg_pool2d.default:
            return same
        on = node.target in DROPPING and (node.args[2] if len(node.args) > 2 else node.kwargs.get("train", True))
        return same and node.target in _IDENTITIES and not on

    def _added_to_what_passes(self, node: Any) -> bool:
        """Whether a detached value is added to another that depends on the image: there autograd has a way beside it,
        and to go through it as well would be another gradient. A trunk that is detached as a whole is looked through.
        """

        def passes(user: Any) -> bool:
            others = [one for one in user.all_input_nodes if one is not node]
            return user.target is aten.add.Tensor and any(isinstance(self.env.get(one), Slot) for one in others)

        return bool(node.users) and all(map(passes, node.users))


class _Several:
    """Stands for the results of an operation that returns several tensors."""

    def __init__(self, node: Any) -> None:
        self.node = node


_NO_WINDOWS: tuple[Any, ...] = ((), (), (0, 0), (1, 1))  # a pooling's kernel, stride, padding and dilation left out


def _pool_of(switches: Any) -> torch.fx.Node | None:
    """The pooling that switches are of; None where they come from elsewhere."""
    if not isinstance(switches, torch.fx.Node) or switches.target is not operator.getitem:
        return None
    pool = switches.args[0]
    if not isinstance(pool, torch.fx.Node) or pool.target is not aten.max_pool2d_with_indices.default or pool.kwargs:
        return None
    return pool


def _key(part: Any) -> str:
    """A part of a path in what a model returns: a key, a number, or a name."""
    return str(next(getattr(part, name) for name in ("key", "idx", "name") if hasattr(part, name)))


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


def _to_channels_first(call: Call) -> bool:
    return call.target in PERMUTATIONS and permutation(call) == [0, 3, 1, 2]


def _refuse_batch_statistics(call: Call) -> None:
    training = call.target is aten.batch_norm.default and call.bind().get("training")
    if training or "_native_batch_norm_legit.no_stats" in str(call.target):
        raise TraceError(
            "a batch norm without running statistics normalises over the batch: an image's activations would depend on "
            "its neighbours. Give it running statistics (track_running_stats=True) before tracing"
        )
